"""Tests and intervals of coefficients, alone and together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special, stats

from trialweave.stats._arrays import FloatArray
from trialweave.stats.regression.design import INTERCEPT, Design

__all__ = ["Coefficients", "Omnibus", "coefficients", "quantile", "two_sided", "wald"]


class Coefficients(NamedTuple):
    """Coefficients with their tests against 0; arrays of shape (p,), `df` inf for normal tests."""

    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray


class Omnibus(NamedTuple):
    """Test that several coefficients are all 0: chi-square (`df2` inf) or F on `df1` and `df2`."""

    statistic: float
    df1: int
    df2: float
    p: float


def quantile(df: FloatArray, level: float) -> FloatArray:
    """Upper quantile of a two-sided interval; NaN where `df` is NaN or not positive."""
    share = 0.5 + level / 2.0
    result = np.where(np.isinf(df), special.ndtri(share), np.nan)
    finite = np.isfinite(df) & (df > 0.0)
    result[finite] = special.stdtrit(df[finite], share)
    return np.asarray(result)


def two_sided(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """P of |statistic|: Student's t, normal for inf; NaN where `df` is NaN or not positive."""
    tail = np.where(np.isinf(df), special.ndtr(-np.abs(statistic)), np.nan)
    finite = np.isfinite(df) & (df > 0.0)
    tail[finite] = special.stdtr(df[finite], -np.abs(statistic[finite]))
    return np.asarray(2.0 * tail)


def coefficients(
    names: tuple[str, ...],
    estimate: FloatArray,
    covariance: FloatArray,
    df: FloatArray,
    level: float,
) -> Coefficients:
    """Tests against 0 and intervals of coefficients; without width, a test is NaN."""
    se = np.sqrt(np.diag(covariance))
    statistic = np.where(se > 0.0, estimate / np.where(se > 0.0, se, 1.0), np.nan)
    half = quantile(df, level) * se
    p = two_sided(statistic, df)
    return Coefficients(names, estimate, se, statistic, p, estimate - half, estimate + half, df)


def wald(
    design: Design, estimate: FloatArray, covariance: FloatArray, df2: float
) -> dict[str, Omnibus]:
    """Tests of all moderators (under "") and of each; of the intercept where nothing else is."""
    several = [i for i, name in enumerate(design.names) if name != INTERCEPT]
    groups = {"": several or [0]}
    for position in several:
        groups.setdefault(design.terms[position], []).append(position)
    return {
        name: _together(estimate[which], covariance[np.ix_(which, which)], df2)
        for name, which in groups.items()
    }


def _together(b: FloatArray, covariance: FloatArray, df2: float) -> Omnibus:
    size = np.sqrt(np.diag(covariance))
    if not np.all(size > 0.0):
        return Omnibus(np.nan, b.size, df2, np.nan)
    correlation = covariance / np.outer(size, size)
    z = b / size
    statistic = float(z @ np.linalg.solve(correlation, z))
    if np.isinf(df2):
        return Omnibus(statistic, b.size, df2, float(special.chdtrc(b.size, statistic)))
    statistic /= b.size
    return Omnibus(statistic, b.size, df2, float(stats.f.sf(statistic, b.size, df2)))
