"""Common-effect synthesis of 2x2 tables without a variance per study: Mantel-Haenszel and Peto.

Both need no correction for zero cells as long as each arm has an event somewhere, which makes
them the choice for rare events. Tests that go with them are in `homogeneity`, their forms for
events per person-time in `rates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

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
from trialweave.stats.pooling.zero_cells import UNCORRECTED, Correction, corrected

__all__ = [
    "STRATIFIED_FLAGS",
    "RiskDifferenceVariance",
    "Stratified",
    "Sums",
    "mantel_haenszel",
    "peto",
    "peto_sums",
    "sums_of",
    "total",
    "with_tests",
]

NOT_ESTIMABLE = "{} of all studies together is not defined: an arm has no event, or only events."

RiskDifferenceVariance = Literal["Sato", "Greenland-Robins"]

# "{}" is the measure
STRATIFIED_FLAGS: Mapping[str, str] = {
    "no studies": "No study has patients in both arms: nothing can be pooled.",
    "not estimable": NOT_ESTIMABLE,
    "one study": "There is one study: its own {} is given, and heterogeneity cannot be judged.",
    "no width": (
        "The variance of the pooled {} is 0, as every arm has no event or only events: no estimate "
        "is given."
    ),
}


@dataclass(frozen=True, eq=False)
class Stratified:
    """A common effect over tables; arrays have the shape of the input without its last axis.

    `estimate`, `low`, `high` are natural logarithms for OR, RR and Peto. `k` counts the tables
    with patients in both arms that were not dropped; `weights` are percentages, shaped like the
    input. `q`, on `q_df` degrees of freedom, is the inverse-variance Q about this estimate over
    the studies that have an effect (0.5 added to tables with a zero cell, those without any event
    or with events only left out), and `i2` follows from it. NaN where undefined; `flags` has a
    boolean array per key of `STRATIFIED_FLAGS`, `notes` the sentences.
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
    flags: Mapping[str, BoolArray] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be computed, in words; for several syntheses, if it holds for any."""
        return tuple(
            text.format(self.measure)
            for name, text in STRATIFIED_FLAGS.items()
            if np.any(self.flags[name])
        )


class Sums(NamedTuple):
    """A pooled estimate with its variance, and the weights (any unit) of the studies in it."""

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
    correction: Correction = UNCORRECTED,
    drop00: bool = False,
    q_drop00: bool = True,
    variance: RiskDifferenceVariance = "Sato",
    level: float = 0.95,
) -> Stratified:
    """Mantel-Haenszel estimate over tables along the last axis (NaN as padding).

    OR: Mantel & Haenszel, JNCI 1959;22:719-748, variance of Robins, Breslow & Greenland,
    Biometrics 1986;42:311-323. RR: Greenland & Robins, Biometrics 1985;41:55-68. RD: the same,
    with the `variance` of Sato, Greenland & Robins, Biometrics 1989;45:1323-1324 ("Sato", as
    metafor) or of Greenland & Robins 1985 ("Greenland-Robins", as RevMan and R's meta; it is
    consistent with many patients per study only).
    `correction`: what is added in pooling; by default nothing, which the method does not need.
    RevMan and R's meta add 0.5 to tables with a zero cell (`Correction()`).
    `drop00` leaves out tables without any event or with events only; without it they carry weight
    in RD (and those with events only in RR), and in every measure once corrected. `q_drop00` does
    so in `q` alone. Errors as for `effects.effect`.
    """
    if measure not in _ESTIMATORS:
        raise ValueError(f"no Mantel-Haenszel estimate for {measure!r}")
    table, used = _used(tables(a, n1, c, n2, whole=False), drop00)
    sums = sums_of(measure, corrected(table, correction), variance)
    yi, vi = effect(measure, a, n1, c, n2, drop00=q_drop00)
    return with_tests(measure, used, sums, Effects(yi, vi), level)


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
    sums = peto_sums(table)
    return with_tests("PETO", used, sums, effect("PETO", a, n1, c, n2), level)


def _used(table: Tables, drop00: bool) -> tuple[Tables, BoolArray]:
    """The tables to sum over, NaN where one is not used, and which are used."""
    a, n1, c, n2 = (np.atleast_1d(array) for array in table)
    used = (n1 > 0) & (n2 > 0)
    if drop00:
        used &= ~(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))
    return Tables(*(np.where(used, array, np.nan) for array in (a, n1, c, n2))), used


def total(values: FloatArray) -> FloatArray:
    """The sum over the studies that are there."""
    return np.asarray(np.nansum(values, axis=-1))


def peto_sums(table: Tables) -> Sums:
    """Peto's estimate of tables, as they stand; NaN throughout are left out."""
    n, events = table.n1 + table.n2, table.a + table.c
    excess = table.a - events * table.n1 / n
    v = table.n1 * table.n2 * events * (n - events)
    v = v / (n**2 * np.maximum(n - 1.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        all_v = total(v)
        return Sums(total(excess) / all_v, 1.0 / all_v, v)


def sums_of(measure: str, table: Tables, variance: RiskDifferenceVariance = "Sato") -> Sums:
    """The Mantel-Haenszel estimate of tables, as they stand; NaN throughout are left out."""
    if variance not in get_args(RiskDifferenceVariance):
        raise ValueError(f"no such variance of a risk difference: {variance!r}")
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "RD" and variance == "Greenland-Robins":
            return _risk_difference(table)._replace(variance=_greenland_robins(table))
        return _ESTIMATORS[measure](table)


def _odds_ratio(t: Tables) -> Sums:
    b, d, n = t.n1 - t.a, t.n2 - t.c, t.n1 + t.n2
    r, s = t.a * d / n, b * t.c / n
    p, q = (t.a + d) / n, (b + t.c) / n
    all_r, all_s = total(r), total(s)
    variance = (
        total(p * r) / all_r**2
        + total(p * s + q * r) / (all_r * all_s)
        + total(q * s) / all_s**2
    ) / 2.0  # fmt: skip
    return Sums(np.log(all_r / all_s), variance, s)


def _risk_ratio(t: Tables) -> Sums:
    n = t.n1 + t.n2
    r, s = t.a * t.n2 / n, t.c * t.n1 / n
    all_r, all_s = total(r), total(s)
    spread = (t.n1 * t.n2 * (t.a + t.c) - t.a * t.c * n) / n**2
    return Sums(np.log(all_r / all_s), total(spread) / (all_r * all_s), s)


def _risk_difference(t: Tables) -> Sums:
    n = t.n1 + t.n2
    w = t.n1 * t.n2 / n
    all_w = total(w)
    estimate = total((t.a * t.n2 - t.c * t.n1) / n) / all_w
    p = (t.n1**2 * t.c - t.n2**2 * t.a + w * n * (t.n2 - t.n1) / 2.0) / n**2
    q = (t.a * (t.n2 - t.c) + t.c * (t.n1 - t.a)) / (2.0 * n)
    return Sums(estimate, (estimate * total(p) + total(q)) / all_w**2, w)


def _greenland_robins(t: Tables) -> FloatArray:
    """Σ(a·b·n2³ + c·d·n1³)/(n1·n2·n²), over the square of the sum of weights."""
    n = t.n1 + t.n2
    spread = t.a * (t.n1 - t.a) * t.n2**3 + t.c * (t.n2 - t.c) * t.n1**3
    return total(spread / (t.n1 * t.n2 * n**2)) / total(t.n1 * t.n2 / n) ** 2


_ESTIMATORS: Mapping[str, Callable[[Tables], Sums]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
}


def with_tests(
    measure: str,
    used: BoolArray,
    sums: Sums,
    effects: Effects,
    level: float,
    centre: FloatArray | None = None,
) -> Stratified:
    """Test and interval of a common effect, and the heterogeneity of the effects about `centre`.

    That is the estimate itself unless another one is given.
    """
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    defined = np.isfinite(sums.estimate) & (sums.variance > 0.0)
    some, k = used.any(axis=-1), used.sum(axis=-1)
    exact = np.isfinite(sums.estimate) & (sums.variance == 0.0)
    flags = {
        "no studies": ~some,
        "not estimable": some & ~defined & ~exact,
        "one study": defined & (k == 1),
        "no width": exact,
    }
    estimate = np.where(defined, sums.estimate, np.nan)
    se = np.sqrt(np.where(defined, sums.variance, np.nan))
    statistic = estimate / se
    yi, vi = (np.atleast_1d(array) for array in effects)
    q_df = np.maximum(np.isfinite(yi).sum(axis=-1) - 1, 0)
    middle = estimate if centre is None else centre
    q = np.where(defined, total((yi - np.expand_dims(middle, -1)) ** 2 / vi), np.nan)
    excess = np.where((q > q_df) & (q_df > 0), (q - q_df) / np.where(q > 0.0, q, 1.0), 0.0)
    all_weights = np.expand_dims(total(sums.weights), -1)
    return Stratified(
        measure=measure,
        level=level,
        k=k,
        flags=flags,
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
