"""Effect sizes of single studies with their sampling variances.

Ratios (OR, RR, PETO) are natural logarithms. Everything broadcasts; a study whose effect is not
defined gets NaN for estimate and variance together. Conventions for zero cells are those of the
function `escalc` of the R package metafor, so that numbers can be compared.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, Tables, floats, proportion_of_one
from trialweave.stats._arrays import tables as checked
from trialweave.stats.intervals import Interval

__all__ = [
    "CorrectedWhere",
    "Effects",
    "Measure",
    "back_transform",
    "effect",
    "is_ratio",
    "mean_difference",
    "smd",
    "wald_interval",
]

Measure = Literal["OR", "RR", "RD", "PETO", "AS"]
CorrectedWhere = Literal["only0", "all", "if0all", "none"]

_RATIOS = ("OR", "RR", "PETO")


class Effects(NamedTuple):
    """Estimates and sampling variances, arrays of one shape."""

    yi: FloatArray
    vi: FloatArray


def is_ratio(measure: str) -> bool:
    """Whether estimates of the measure are held as natural logarithms."""
    return measure in _RATIOS


def effect(
    measure: Measure,
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    add: float = 0.5,
    to: CorrectedWhere = "only0",
    drop00: bool = False,
) -> Effects:
    """Compare `a` events of `n1` with `c` of `n2`; a value below 0 means fewer in the first arm.

    `measure`: "OR" log odds ratio (variance: Woolf 1955), "RR" log risk ratio (Katz 1978), "RD"
    risk difference, "PETO" one-step log odds ratio (Yusuf 1985), "AS" difference of arcsines of
    square roots (Rücker 2009).
    `add` goes to all four cells (so twice that to each size) of the studies that `to` says:
    "only0" those with a zero cell, "all" every study, "if0all" every study of a set (last axis)
    in which one study has a zero cell, "none". As in metafor, estimate and variance of RD are
    computed from the corrected cells too; PETO and AS need none and get none.
    `drop00` makes studies without any event, or with events only, NaN: they hold no information
    on a ratio. They stay in by default, with the estimate that the correction gives.

    An empty arm gives NaN; so does a ratio with a zero cell that `to` leaves alone. Raises
    ValueError for unknown measures and `to`, negative or infinite counts, more events than
    patients, negative or infinite `add`.
    """
    if measure not in get_args(Measure):
        raise ValueError(f"no measure is called {measure!r}; there are {get_args(Measure)}")
    if to not in get_args(CorrectedWhere):
        raise ValueError(f"no such choice of studies to correct: {to!r}")
    if not 0.0 <= add < np.inf:
        raise ValueError(f"a correction must be finite and not negative, not {add:g}")
    table = checked(a, n1, c, n2, whole=False)
    usable = np.asarray((table.n1 > 0) & (table.n2 > 0))
    if drop00:
        none = (table.a == 0) & (table.c == 0)
        usable &= ~(none | ((table.a == table.n1) & (table.c == table.n2)))
    if measure not in ("PETO", "AS"):
        table = _corrected(table, usable, add, to)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = _MEASURES[measure](table)
    return _only(usable & np.isfinite(yi) & np.isfinite(vi), yi, vi)


def _corrected(table: Tables, usable: BoolArray, add: float, to: CorrectedWhere) -> Tables:
    a, n1, c, n2 = table
    zero = ((a == 0) | (c == 0) | (a == n1) | (c == n2)) & usable
    if to == "all":
        where = np.ones_like(zero)
    elif to == "if0all":
        where = np.broadcast_to(np.any(zero, axis=-1, keepdims=zero.ndim > 0), zero.shape)
    else:
        where = zero & (to == "only0")
    if not where.any():
        return table
    extra = np.where(where, add, 0.0)
    return Tables(a + extra, n1 + 2.0 * extra, c + extra, n2 + 2.0 * extra)


def _odds_ratio(t: Tables) -> tuple[FloatArray, FloatArray]:
    b, d = t.n1 - t.a, t.n2 - t.c
    return np.log(t.a * d / (t.c * b)), 1 / t.a + 1 / b + 1 / t.c + 1 / d


def _risk_ratio(t: Tables) -> tuple[FloatArray, FloatArray]:
    return (
        np.log(t.a * t.n2 / (t.c * t.n1)),
        (t.n1 - t.a) / (t.a * t.n1) + (t.n2 - t.c) / (t.c * t.n2),
    )


def _risk_difference(t: Tables) -> tuple[FloatArray, FloatArray]:
    p1, p2 = t.a / t.n1, t.c / t.n2
    return p1 - p2, p1 * (1 - p1) / t.n1 + p2 * (1 - p2) / t.n2


def _peto(t: Tables) -> tuple[FloatArray, FloatArray]:
    total, events = t.n1 + t.n2, t.a + t.c
    expected = events * t.n1 / total
    variance = t.n1 * t.n2 * events * (total - events) / (total**2 * (total - 1.0))
    return (t.a - expected) / variance, 1.0 / variance


def _arcsine(t: Tables) -> tuple[FloatArray, FloatArray]:
    return (
        np.arcsin(np.sqrt(t.a / t.n1)) - np.arcsin(np.sqrt(t.c / t.n2)),
        1 / (4 * t.n1) + 1 / (4 * t.n2),
    )


_MEASURES = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "PETO": _peto,
    "AS": _arcsine,
}


def _groups(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> tuple[FloatArray, ...]:
    arrays = np.broadcast_arrays(*(floats(values) for values in (m1, sd1, n1, m2, sd2, n2)))
    if any(np.any(array < 0) for array in (arrays[1], arrays[2], arrays[4], arrays[5])):
        raise ValueError("standard deviations and sizes must not be negative")
    return tuple(arrays)


def _finite(yi: FloatArray, vi: FloatArray) -> Effects:
    return _only(np.isfinite(yi) & np.isfinite(vi), yi, vi)


def _only(usable: BoolArray, yi: FloatArray, vi: FloatArray) -> Effects:
    """The effects that are usable, NaN for the others."""
    if usable.all():
        return Effects(yi, vi)
    return Effects(np.where(usable, yi, np.nan), np.where(usable, vi, np.nan))


def mean_difference(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> Effects:
    """Difference of means with variance sd1²/n1 + sd2²/n2 (variances not pooled).

    NaN for an empty group. Raises ValueError for negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _finite(m1 - m2, sd1**2 / n1 + sd2**2 / n2)


def _hedges_correction(m: FloatArray) -> FloatArray:
    """J(m) for m >= 2; for large m by the series of log Γ(w + 1/2)/Γ(w), where Γ would lose digits.

    The series' first omitted term is below 1e-14 from w = 20 on.
    """
    w = (m - 1.0) / 2.0
    x = 1.0 / np.maximum(w, 20.0)
    series = x * (-1 / 8 + x**2 * (1 / 192 + x**2 * (-1 / 640 + x**2 * (17 / 14336))))
    small = np.minimum(w, 20.0)
    ratio = special.gamma(small + 0.5) / (special.gamma(small) * np.sqrt(small))
    return np.asarray(np.where(w < 20.0, ratio, np.exp(series)) * np.sqrt(w / (w + 0.5)))


def smd(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> Effects:
    """Standardised mean difference, Hedges' g with the exact correction (Hedges 1981).

    g = J·(m1 - m2)/sd, sd pooled over both groups, J = Γ(m/2) / (√(m/2)·Γ((m-1)/2)), m = n1+n2-2;
    variance in large samples 1/n1 + 1/n2 + g²/(2(n1+n2)) (metafor's vtype "LS").
    NaN where it is not defined: an empty group, fewer than four in all, a pooled sd of 0. Raises
    ValueError for negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    freedom = n1 + n2 - 2.0
    enough = freedom >= 2.0
    exact = _hedges_correction(np.where(enough, freedom, 2.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pooled = np.sqrt(((n1 - 1.0) * sd1**2 + (n2 - 1.0) * sd2**2) / freedom)
        g = np.where(enough, exact, np.nan) * (m1 - m2) / pooled
        return _finite(g, 1.0 / n1 + 1.0 / n2 + g**2 / (2.0 * (n1 + n2)))


def back_transform(measure: str, x: npt.ArrayLike) -> FloatArray:
    """The number as printed: exp(x) for OR, RR and PETO, x itself for every other measure."""
    values = floats(x)
    if not is_ratio(measure):
        return values
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(values))


def wald_interval(yi: npt.ArrayLike, vi: npt.ArrayLike, level: float = 0.95) -> Interval:
    """yi ± z·√vi on the scale of `yi`; NaN where `vi` is negative or missing."""
    estimate, variance = np.broadcast_arrays(floats(yi), floats(vi))
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    half = z * np.sqrt(np.where(variance >= 0, variance, np.nan))
    return Interval(estimate - half, estimate + half)
