"""Tests over strata: is there an association at all, and is its odds ratio the same everywhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, IntArray, Tables
from trialweave.stats._arrays import tables as checked
from trialweave.stats.pooling.mantel_haenszel import sums_of, total
from trialweave.stats.pooling.rates import Rates, rates
from trialweave.stats.pooling.zero_cells import UNCORRECTED, Correction, corrected

__all__ = [
    "Association",
    "Homogeneity",
    "breslow_day",
    "cochran_mantel_haenszel",
    "mantel_haenszel_rate_test",
]


class Association(NamedTuple):
    """Chi-square statistic on one degree of freedom and its P; NaN without any variation."""

    statistic: FloatArray
    p: FloatArray


class Homogeneity(NamedTuple):
    """Breslow & Day's statistic, Tarone's correction of it, their P on `df` degrees of freedom.

    NaN where the Mantel-Haenszel odds ratio is not defined; P is NaN for a single table.
    """

    breslow_day: FloatArray
    breslow_day_p: FloatArray
    tarone: FloatArray
    tarone_p: FloatArray
    df: IntArray


def cochran_mantel_haenszel(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    continuity: bool = True,
    correction: Correction = UNCORRECTED,
) -> Association:
    """Test of no association in any table, over tables along the last axis (NaN as padding).

    (|Σ(a - E)| - ½)²/ΣV with the moments of the hypergeometric distribution; ½ with `continuity`
    only. Cochran, Biometrics 1954;10:417-451; Mantel & Haenszel, JNCI 1959;22:719-748. ½ is taken
    off as it is, as in metafor; R's ``mantelhaen.test`` takes off no more than |Σ(a - E)|.
    """
    a, n1, c, n2 = _tables(a, n1, c, n2, correction)
    n, events = n1 + n2, a + c
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = total(a - events * n1 / n)
        variance = total(n1 * n2 * events * (n - events) / (n**2 * np.where(n > 1.0, n - 1.0, 1)))
    return _association(excess, variance, continuity)


def mantel_haenszel_rate_test(
    x1: npt.ArrayLike,
    t1: npt.ArrayLike,
    x2: npt.ArrayLike,
    t2: npt.ArrayLike,
    *,
    continuity: bool = True,
) -> Association:
    """Test of equal rates in every study: events of the first arm are binomial given their sum.

    (|Σ(x1 - E)| - ½)²/Σ(x1 + x2)·t1·t2/(t1 + t2)². Rothman, Greenland & Lash 2008, ch. 15.
    """
    r = Rates(*(np.atleast_1d(array) for array in rates(x1, t1, x2, t2)))
    share = r.t1 / (r.t1 + r.t2)
    events = r.x1 + r.x2
    return _association(
        total(r.x1 - events * share), total(events * share * (1.0 - share)), continuity
    )


def breslow_day(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    drop00: bool = False,
    correction: Correction = UNCORRECTED,
) -> Homogeneity:
    """Tests of one odds ratio in all tables along the last axis, about the Mantel-Haenszel one.

    Breslow & Day, Statistical methods in cancer research I, IARC 1980, p. 142: Σ(a - E)²/V where
    the counts E keep the margins and have that odds ratio, and 1/V is the sum of their inverses.
    Tarone, Biometrika 1985;72:91-95, subtracts (Σ(a - E))²/ΣV, as the estimate is not efficient.
    `df` is the number of tables with patients in both arms less 1; `drop00` leaves out those
    without any event or with events only, which add nothing to the statistics.
    """
    raw = _tables(a, n1, c, n2, UNCORRECTED)
    used = np.isfinite(raw.a)
    if drop00:
        used &= ~(((raw.a == 0) & (raw.c == 0)) | ((raw.a == raw.n1) & (raw.c == raw.n2)))
    table = corrected(Tables(*(np.where(used, each, np.nan) for each in raw)), correction)
    log_ratio = sums_of("OR", table).estimate
    ratio = np.exp(np.where(np.isfinite(log_ratio), log_ratio, np.nan))[..., None]
    expected = _expected(table, ratio)
    rest1, rest2 = table.n1 - expected, table.n2 - (table.a + table.c - expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = 1 / expected + 1 / rest1 + 1 / (table.a + table.c - expected) + 1 / rest2
        # all patients, or none, with an event: the margins leave one table, which rounding hides
        events = table.a + table.c
        fixed = (events == 0.0) | (events == table.n1 + table.n2)
        variance = np.where(fixed, 0.0, 1.0 / precision)
        excess = table.a - expected
        terms = np.where(variance > 0.0, excess**2 / variance, 0.0)
        day = np.where(np.isfinite(log_ratio), total(terms), np.nan)
        spread = total(variance)
        tarone = day - np.where(spread > 0.0, total(excess) ** 2 / spread, 0.0)
    df = np.maximum(used.sum(axis=-1) - 1, 0)

    def p(statistic: FloatArray) -> FloatArray:
        upper = special.chdtrc(np.maximum(df, 1), np.maximum(statistic, 0.0))
        return np.asarray(np.where(df > 0, upper, np.nan))

    return Homogeneity(day, p(day), tarone, p(tarone), df)


def _tables(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    correction: Correction,
) -> Tables:
    """Checked tables with a last axis, NaN for those with an empty arm, corrected."""
    raw = Tables(*(np.atleast_1d(array) for array in checked(a, n1, c, n2, whole=False)))
    used = (raw.n1 > 0) & (raw.n2 > 0)
    return corrected(Tables(*(np.where(used, array, np.nan) for array in raw)), correction)


def _association(excess: FloatArray, variance: FloatArray, continuity: bool) -> Association:
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (np.abs(excess) - (0.5 if continuity else 0.0)) ** 2 / variance
    statistic = np.where(variance > 0.0, statistic, np.nan)
    return Association(statistic, np.asarray(special.chdtrc(1, statistic)))


def _expected(t: Tables, ratio: FloatArray) -> FloatArray:
    """Events of the first arm under the margins and an odds ratio: the root between its bounds.

    x·(n2 - m + x) = ratio·(n1 - x)·(m - x) with m events in all, solved without cancellation:
    (1 - r)x² + (n2 - m + r(n1 + m))x - r·n1·m = 0, whose other root lies outside the bounds.
    """
    m = t.a + t.c
    square, product = 1.0 - ratio, ratio * t.n1 * m
    linear = t.n2 - m + ratio * (t.n1 + m)
    root = np.sqrt(np.maximum(linear**2 + 4.0 * square * product, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = 2.0 * product / (linear + root)
        other = (root - linear) / (2.0 * square)
    return np.asarray(np.where(linear >= 0.0, plain, other))
