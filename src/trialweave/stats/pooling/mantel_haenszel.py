"""Common-effect synthesis of 2x2 tables without a variance per study: Mantel-Haenszel and Peto.

Both need no correction for zero cells as long as each arm has an event somewhere, which makes
them the choice for rare events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    Tables,
    proportion_of_one,
    tables,
)
from trialweave.stats.effects import Effects, effect

__all__ = ["Stratified", "mantel_haenszel", "peto"]

NOT_ESTIMABLE = "{} of all studies together is not defined: an arm has no event, or only events."


@dataclass(frozen=True, eq=False)
class Stratified:
    """A common effect over tables; arrays have the shape of the input without its last axis.

    `estimate`, `low`, `high` are natural logarithms for OR, RR and Peto. `k` counts the tables
    with patients in both arms that were not dropped; `weights` are percentages, shaped like the
    input. `q`, on `q_df` degrees of freedom, is the inverse-variance Q about this estimate over
    the studies that have an effect (0.5 added to tables with a zero cell, those without any event
    or with events only left out), and `i2` follows from it. NaN where undefined; see `notes`.
    """

    measure: str
    level: float
    k: IntArray
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    weights: FloatArray
    q: FloatArray
    q_df: IntArray
    q_p: FloatArray
    i2: FloatArray

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be computed, in words; for several syntheses, if it holds for any."""
        if np.all(np.isfinite(self.estimate)):
            return ()
        return (NOT_ESTIMABLE.format(self.measure),)


class _Sums(NamedTuple):
    estimate: FloatArray
    variance: FloatArray
    weights: FloatArray


def mantel_haenszel(
    measure: Literal["OR", "RR", "RD"],
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    drop00: bool = False,
    level: float = 0.95,
) -> Stratified:
    """Mantel-Haenszel estimate over tables along the last axis (NaN as padding), uncorrected.

    OR: Mantel & Haenszel, JNCI 1959;22:719-748, variance of Robins, Breslow & Greenland,
    Biometrics 1986;42:311-323. RR: Greenland & Robins, Biometrics 1985;41:55-68. RD: the same,
    with the variance of Sato, Greenland & Robins, Biometrics 1989;45:1323-1324.
    `drop00` leaves out tables without any event or with events only; without it they carry weight
    in RD (and those with events only in RR). Errors as for `effects.effect`.
    """
    if measure not in _ESTIMATORS:
        raise ValueError(f"no Mantel-Haenszel estimate for {measure!r}")
    table, used = _used(tables(a, n1, c, n2, whole=False), drop00)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = _ESTIMATORS[measure](table)
    yi, vi = effect(measure, a, n1, c, n2, drop00=True)
    return _result(measure, used, sums, Effects(yi, vi), level)


def peto(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Stratified:
    """Peto's one-step odds ratio over tables along the last axis (NaN as padding).

    Yusuf, Peto et al., Prog Cardiovasc Dis 1985;27:335-371: Σ(O - E)/ΣV with hypergeometric V.
    Biased where arms are of very unequal size or effects are large (Greenland & Salvan 1990).
    """
    table, used = _used(tables(a, n1, c, n2, whole=False), drop00=False)
    total, events = table.n1 + table.n2, table.a + table.c
    excess = table.a - events * table.n1 / total
    v = table.n1 * table.n2 * events * (total - events)
    v = v / (total**2 * np.maximum(total - 1.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        all_v = _sum(v)
        sums = _Sums(_sum(excess) / all_v, 1.0 / all_v, v)
    return _result("PETO", used, sums, effect("PETO", a, n1, c, n2), level)


def _used(table: Tables, drop00: bool) -> tuple[Tables, BoolArray]:
    """The tables to sum over, NaN where one is not used, and which are used."""
    a, n1, c, n2 = (np.atleast_1d(array) for array in table)
    used = (n1 > 0) & (n2 > 0)
    if drop00:
        used &= ~(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))
    return Tables(*(np.where(used, array, np.nan) for array in (a, n1, c, n2))), used


def _sum(values: FloatArray) -> FloatArray:
    return np.asarray(np.nansum(values, axis=-1))


def _odds_ratio(t: Tables) -> _Sums:
    b, d, n = t.n1 - t.a, t.n2 - t.c, t.n1 + t.n2
    r, s = t.a * d / n, b * t.c / n
    p, q = (t.a + d) / n, (b + t.c) / n
    all_r, all_s = _sum(r), _sum(s)
    variance = (
        _sum(p * r) / all_r**2
        + _sum(p * s + q * r) / (all_r * all_s)
        + _sum(q * s) / all_s**2
    ) / 2.0  # fmt: skip
    return _Sums(np.log(all_r / all_s), variance, s)


def _risk_ratio(t: Tables) -> _Sums:
    n = t.n1 + t.n2
    r, s = t.a * t.n2 / n, t.c * t.n1 / n
    all_r, all_s = _sum(r), _sum(s)
    spread = (t.n1 * t.n2 * (t.a + t.c) - t.a * t.c * n) / n**2
    return _Sums(np.log(all_r / all_s), _sum(spread) / (all_r * all_s), s)


def _risk_difference(t: Tables) -> _Sums:
    n = t.n1 + t.n2
    w = t.n1 * t.n2 / n
    all_w = _sum(w)
    estimate = _sum((t.a * t.n2 - t.c * t.n1) / n) / all_w
    p = (t.n1**2 * t.c - t.n2**2 * t.a + w * n * (t.n2 - t.n1) / 2.0) / n**2
    q = (t.a * (t.n2 - t.c) + t.c * (t.n1 - t.a)) / (2.0 * n)
    return _Sums(estimate, (estimate * _sum(p) + _sum(q)) / all_w**2, w)


_ESTIMATORS: Mapping[str, Callable[[Tables], _Sums]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
}


def _result(
    measure: str, used: BoolArray, sums: _Sums, effects: Effects, level: float
) -> Stratified:
    """Test, interval and heterogeneity about the estimate."""
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    defined = np.isfinite(sums.estimate) & (sums.variance > 0.0)
    estimate = np.where(defined, sums.estimate, np.nan)
    se = np.sqrt(np.where(defined, sums.variance, np.nan))
    statistic = estimate / se
    yi, vi = (np.atleast_1d(array) for array in effects)
    q_df = np.maximum(np.isfinite(yi).sum(axis=-1) - 1, 0)
    q = np.where(defined, _sum((yi - np.expand_dims(estimate, -1)) ** 2 / vi), np.nan)
    excess = np.where(q > q_df, (q - q_df) / np.where(q > 0.0, q, 1.0), 0.0)
    all_weights = np.expand_dims(_sum(sums.weights), -1)
    return Stratified(
        measure=measure,
        level=level,
        k=used.sum(axis=-1),
        estimate=estimate,
        se=se,
        low=estimate - z * se,
        high=estimate + z * se,
        statistic=statistic,
        p=np.asarray(2.0 * special.ndtr(-np.abs(statistic))),
        weights=100.0 * sums.weights / np.where(all_weights > 0.0, all_weights, np.nan),
        q=q,
        q_df=q_df,
        q_p=np.where(q_df > 0, special.chdtrc(np.maximum(q_df, 1), q), 1.0),
        i2=np.where(defined, 100.0 * excess, np.nan),
    )
