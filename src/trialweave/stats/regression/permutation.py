"""Permutation test of meta-regression."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.pooling import Method
from trialweave.stats.regression._gls import Fit, Rows, between_variance, fit
from trialweave.stats.regression._studies import scaled, usable
from trialweave.stats.regression.design import INTERCEPT, Design, NotEstimable
from trialweave.stats.regression.mixed_effects import Test, regress

__all__ = ["PermutationTest", "permutation_test"]

_CELLS = 1 << 18  # numbers worked on at once
_TIE = 1e-9  # statistics closer than this share are one value, reached by another way


class PermutationTest(NamedTuple):
    """P of each moderator coefficient (named, shape (p,)), and of all of them together.

    `exact` says that every distinct arrangement was tried; else `arrangements` were drawn at
    random, and `error` and `omnibus_error` are the Monte Carlo standard errors of the P values.
    `statistic` and `omnibus_statistic` are those of the data as they are. `unsettled` counts the
    arrangements whose τ² did not converge or whose statistic is undefined; they count as extreme.
    """

    names: tuple[str, ...]
    statistic: FloatArray
    p: FloatArray
    error: FloatArray
    omnibus_statistic: float
    omnibus_p: float
    omnibus_error: float
    exact: bool
    arrangements: int
    unsettled: int
    notes: tuple[str, ...]


def permutation_test(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    design: Design,
    *,
    tau2: Method = "REML",
    test: Test | None = None,
    draws: int = 5000,
    seed: int = 1,
) -> PermutationTest | NotEstimable:
    """Test moderators by arranging their rows anew among the studies (k,), with τ² fitted anew.

    Under the hypothesis that no moderator matters, each arrangement is as likely as the one found
    (Higgins & Thompson, Statistics in Medicine 2004;23:1663-1682; Follmann & Proschan, Biometrics
    1999;55:732-737). P is the share of arrangements whose statistic is at least as extreme: |b/se|
    of a coefficient, and QM of all together. Where there are at most `draws` distinct
    arrangements all are tried; else `draws` are drawn by `seed`, and P = (extreme + 1)/(draws + 1).
    Other arguments as in `regress`, which also says when nothing can be fitted.

    Raises ValueError for a design without moderators, without an intercept (then an arrangement
    would also move the mean), and for fewer than 99 draws.
    """
    if not design.intercept or len(design.names) < 2:
        raise ValueError("a permutation test needs moderators beside an intercept")
    if draws < 99:
        raise ValueError(f"at least 99 draws are needed for a useful P, not {draws}")
    whole = regress(yi, vi, design, tau2=tau2, test=test)
    if isinstance(whole, NotEstimable):
        return whole
    y, v = floats(yi), floats(vi)
    used = usable(y, v, design.x)
    first = [design.names.index(INTERCEPT)]
    order = first + [i for i in range(len(design.names)) if i not in first]
    x = design.x[used][:, order]
    mean = scaled(y[used], v[used], np.ones((x.shape[0], 1)))
    centred = mean.rows
    # effects on a line leave residuals that are nothing but their own rounding
    noise = float((8.0 * np.finfo(np.float64).eps * np.max(np.abs(y[used])) / mean.unit) ** 2)
    columns = scaled(y[used], v[used], x).columns
    patterns, label = np.unique(x / columns, axis=0, return_inverse=True)
    count = _arrangements(label.reshape(-1))
    exact = count <= draws
    if exact:
        labels = np.array(list(_all_arrangements(label.reshape(-1))))
    else:
        random = np.random.default_rng(seed)
        labels = random.permuted(np.tile(label.reshape(1, -1), (draws, 1)), axis=1)
    step = max(1, _CELLS // x.size)
    parts = [
        _statistics(centred, patterns[labels[start : start + step]], tau2, whole.test, noise)
        for start in range(0, labels.shape[0], step)
    ]
    found, settled = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    own = _statistics(centred, (x / columns)[None], tau2, whole.test, noise)[0][0]
    with np.errstate(invalid="ignore"):
        extreme = ~settled[:, None] | ~(found < own * (1.0 - _TIE))
    size = labels.shape[0]
    hits = extreme.sum(axis=0)
    p = hits / size if exact else (hits + 1.0) / (size + 1.0)
    error = np.zeros_like(p) if exact else np.sqrt(p * (1.0 - p) / size)
    undefined = np.isnan(own)
    p, error = np.where(undefined, np.nan, p), np.where(undefined, np.nan, error)
    unsettled = int((~settled | np.isnan(found).any(axis=1)).sum())
    least = 1.0 / (size if exact else size + 1.0)
    notes = []
    if exact:
        notes.append(f"All {size} distinct arrangements were tried.")
    if least > 0.05:
        notes.append(f"With so few studies P cannot be less than {least:.2g}.")
    if unsettled:
        notes.append(
            f"In {unsettled} of {size} arrangements the statistic could not be computed; they are "
            "counted as at least as extreme."
        )
    if undefined.any():
        notes.append("The statistic of the data themselves is undefined: there is no P.")
    return PermutationTest(
        tuple(design.names[i] for i in order[1:]),
        own[1:],
        p[1:],
        error[1:],
        float(own[0]),
        float(p[0]),
        float(error[0]),
        exact,
        size,
        unsettled,
        tuple(notes),
    )


def _statistics(
    whole: Rows, x: FloatArray, method: Method, test: Test, noise: float
) -> tuple[FloatArray, BoolArray]:
    """QM and each |b/se|, (m, 1 + moderators), of designs (m, k, p); and convergence."""
    m = x.shape[0]
    wide = (m, whole.y.shape[1])
    rows = Rows(
        np.broadcast_to(whole.y, wide),
        np.broadcast_to(whole.v, wide),
        x,
        np.ones(wide, dtype=bool),
        np.broadcast_to(whole.spread, m),
    )
    found = between_variance(rows, method)
    now = fit(rows, found.tau2)
    scale = _factor(now, test, wide[1] - x.shape[2], noise)
    inverse = now.inverse
    with np.errstate(divide="ignore", invalid="ignore"):
        omnibus = np.einsum("mp,mp->m", now.along[:, 1:], now.along[:, 1:]) / scale
        se = np.sqrt(np.einsum("mpq,mpq->mp", inverse, inverse) * scale[:, None])
        each = np.abs(np.einsum("mpq,mq->mp", inverse, now.along) / se)[:, 1:]
    statistics = np.concatenate([omnibus[:, None], each], axis=1)
    statistics[scale == 0.0] = np.nan
    return statistics, found.converged


def _factor(now: Fit, test: Test, df: int, noise: float) -> FloatArray:
    q = np.where(now.q <= noise * now.w.sum(axis=1), 0.0, now.q) / df
    if test == "KH":
        return np.asarray(q)
    if test == "KH-adhoc":
        return np.asarray(np.maximum(q, 1.0))
    return np.ones_like(q)


def _arrangements(label: npt.NDArray[np.int64]) -> int:
    """In how many distinct ways the labels can be dealt out."""
    total = math.factorial(label.size)
    for repeated in Counter(label.tolist()).values():
        total //= math.factorial(repeated)
    return total


def _all_arrangements(label: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """Every distinct order of the labels, in lexical order (Knuth's algorithm L, TAOCP 7.2.1.2)."""
    now = sorted(label.tolist())
    while True:
        yield now.copy()
        rising = [j for j in range(len(now) - 1) if now[j] < now[j + 1]]
        if not rising:
            return
        j = rising[-1]
        last = max(i for i in range(len(now)) if now[i] > now[j])
        now[j], now[last] = now[last], now[j]
        now[j + 1 :] = reversed(now[j + 1 :])
