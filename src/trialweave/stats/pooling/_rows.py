"""Meta-analyses as rows of arrays, in a unit and about a centre that keep their digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray
from trialweave.stats.pooling.tau2 import quantiles_by_k, take

__all__ = ["Rows", "scaled", "student", "two_sided", "vanishes"]

_EXTREME = 1e40  # beside the least variance (or its root); beyond, products would overflow
_VARIANCES = (1e-250, 1e250)
_FEW, _FAR_OUT = 1.0, -37.0  # degrees of freedom; log(x) at which a second term is below rounding


class Rows(NamedTuple):
    """Meta-analyses ready for the estimators: absent studies have effect 0, variance +inf.

    Effects are differences from `centre`, the effect of the study with the least variance, so that
    a residual far smaller than the effect itself keeps its digits.
    """

    y: FloatArray
    v: FloatArray
    present: BoolArray
    centre: FloatArray

    def only(self, rows: IntArray | slice) -> Rows:
        """The chosen rows; a slice means all of them, and copies nothing."""
        if isinstance(rows, slice):
            return self
        y, v = take(self.y, rows), take(self.v, rows)
        return Rows(y, v, take(self.present, rows), self.centre[rows])


def scaled(y: FloatArray, v: FloatArray) -> tuple[Rows, FloatArray]:
    """The studies that can be used, in a unit that brings each row's least variance near 1.

    The unit is a power of two, so that scaling there and back rounds nothing. Arrays are laid out
    study by study, which makes sums over few studies of many rows five times as fast.
    """
    y, v = np.asfortranarray(y), np.asfortranarray(v)
    usable = np.isfinite(y) & (v >= _VARIANCES[0]) & (v <= _VARIANCES[1])
    smallest = np.min(np.where(usable, v, np.inf), axis=1, initial=np.inf)
    unit = np.exp2(np.round(np.log2(np.where(np.isfinite(smallest), smallest, 1.0)) / 2.0))
    with np.errstate(over="ignore", invalid="ignore"):
        per_unit = (1.0 / unit)[:, None]
        y, v = y * per_unit, v * per_unit * per_unit
        usable &= (np.abs(y) < _EXTREME) & (v < _EXTREME)
    v = np.where(usable, v, np.inf)
    most_precise = v.argmin(axis=1) if v.shape[1] else np.zeros(0, dtype=np.int64)
    centre = np.zeros(y.shape[0])
    some = np.flatnonzero(usable.any(axis=1))
    centre[some] = y[some, most_precise[some]]
    return Rows(np.where(usable, y - centre[:, None], 0.0), v, usable, centre), unit


def vanishes(squares: FloatArray, sw: FloatArray, centre: FloatArray) -> BoolArray:
    """Whether weighted squared residuals are nothing but rounding of effects near `centre`."""
    return np.asarray(squares <= sw * (8.0 * np.finfo(np.float64).eps * centre) ** 2)


def student(df: FloatArray, level: float) -> FloatArray:
    """Upper quantile of a two-sided interval: Student's t, normal where `df` is infinite."""
    return quantiles_by_k(df, lambda d: _student(d, 0.5 + level / 2.0))


def _student(df: FloatArray, share: float) -> FloatArray:
    finite = np.isfinite(df)
    result = np.where(np.isinf(df), special.ndtri(share), np.nan)
    result[finite] = special.stdtrit(df[finite], share)
    few = np.flatnonzero(df < _FEW)
    if few.size:
        # scipy's search gives up here; far out P(T > t) is the first term of its series in
        # x = df/(df + t²), and beyond the largest number the quantile is inf
        half = df[few] / 2.0
        log_x = np.log(2.0 * (1.0 - share) * half * special.beta(half, 0.5)) / half
        with np.errstate(over="ignore"):
            far = np.sqrt(df[few]) * np.exp(-log_x / 2.0)
        result[few] = np.where(log_x < _FAR_OUT, far, result[few])
    return np.asarray(result)


def two_sided(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """P of |statistic|; Student's t, normal where `df` is infinite."""
    tail = np.asarray(special.ndtr(-np.abs(statistic)))
    finite = np.isfinite(df)
    tail[finite] = special.stdtr(df[finite], -np.abs(statistic[finite]))
    return 2.0 * tail
