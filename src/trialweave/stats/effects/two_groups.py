"""Effect sizes of two groups from their counts."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, Tables
from trialweave.stats._arrays import tables as checked
from trialweave.stats.effects._common import (
    CorrectedWhere,
    Effects,
    one_of,
    only,
    where_corrected,
)

__all__ = ["Convention", "CorrectedWhere", "Measure", "Share", "effect"]

Measure = Literal["OR", "RR", "RD", "PETO", "AS"]
Share = Literal["equal", "arm size"]
Convention = Literal["metafor", "meta", "RevMan 5"]

_UNCORRECTED = ("PETO", "AS")


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
    share: Share = "equal",
    convention: Convention = "metafor",
    every_measure: bool = False,
) -> Effects:
    """Compare `a` events of `n1` with `c` of `n2`; a value below 0 means fewer in the first arm.

    `measure`: "OR" log odds ratio (variance: Woolf, Ann Hum Genet 1955;19:251-253), "RR" log risk
    ratio (Katz et al., Biometrics 1978;34:469-474), "RD" risk difference, "PETO" one-step log odds
    ratio (Yusuf et al., Prog Cardiovasc Dis 1985;27:335-371), "AS" difference of arcsines of square
    roots (Rücker et al., Stat Med 2009;28:721-738).

    `add` goes to all four cells (so twice that to each size) of the studies that `to` says:
    "only0" those with a zero cell, "all" every study, "if0all" every study of a set (last axis)
    in which one study has a zero cell, "none". With `share` "arm size" the arms share 2·`add` in
    proportion to their sizes instead: the treatment-arm correction of Sweeting, Sutton & Lambert
    (Stat Med 2004;23:1351-1375), which leaves a study without events at a ratio of 1.
    PETO and AS need no correction and get none, unless `every_measure`.
    `drop00` makes studies without any event, or with events only, NaN: they hold no information
    on a ratio. They stay in by default, with the estimate that the correction gives.

    `convention` says how a correction enters. "metafor": estimate and variance are computed from
    the corrected cells. "RevMan 5": so they are for ratios, but the estimate of RD is left
    uncorrected and only its variance corrected. "meta" (the R package): RD as in RevMan 5; RR adds
    `add` to the events and once (not twice) to the size, and where both arms have events only the
    variance takes the events uncorrected (Hartung & Knapp, Stat Med 2001;20:3875-3889, formula
    18). With these two, `drop00` keeps studies with events only for RR, as R's meta does.

    An empty arm gives NaN; so does a ratio with a zero cell that `to` leaves alone. Raises
    ValueError for unknown choices, negative or infinite counts, more events than patients,
    negative or infinite `add`.
    """
    one_of(measure, Measure, "measure")
    one_of(share, Share, "way to share a correction")
    one_of(convention, Convention, "convention")
    table = checked(a, n1, c, n2, whole=False)
    usable = np.asarray((table.n1 > 0) & (table.n2 > 0))
    none = (table.a == 0) & (table.c == 0)
    full = (table.a == table.n1) & (table.c == table.n2)
    zero = (table.a == 0) | (table.c == 0) | (table.a == table.n1) | (table.c == table.n2)
    if drop00:
        keeps_full = convention != "metafor" and measure == "RR"
        usable &= ~none if keeps_full else ~(none | full)
    whole = where_corrected(zero & usable, add, to)
    if measure in _UNCORRECTED and not every_measure:
        whole = np.zeros_like(whole)
    if not whole.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            yi, vi = _MEASURES[measure](table)
    else:
        extra = _shared(table, whole, share)
        yi, vi = _with_correction(measure, table, extra, convention, full)
    return only(usable & np.isfinite(yi) & np.isfinite(vi), yi, vi)


_Pair = tuple[FloatArray, FloatArray]


def _shared(table: Tables, whole: FloatArray, share: Share) -> _Pair:
    """What each arm's cells get of a correction of `whole` on average."""
    if share == "equal":
        return whole, whole
    total = table.n1 + table.n2
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2.0 * whole * table.n1 / total, 2.0 * whole * table.n2 / total


def _with_correction(
    measure: Measure, table: Tables, extra: _Pair, convention: Convention, full: BoolArray
) -> _Pair:
    (a, n1, c, n2), (first, second) = table, extra
    both = Tables(a + first, n1 + 2.0 * first, c + second, n2 + 2.0 * second)
    with np.errstate(divide="ignore", invalid="ignore"):
        if convention == "meta" and measure == "RR":
            once = Tables(a + first, n1 + first, c + second, n2 + second)
            rest = once._replace(a=np.where(full, a, once.a), c=np.where(full, c, once.c))
            return _risk_ratio(once)[0], _risk_ratio(rest)[1]
        yi, vi = _MEASURES[measure](both)
        if measure == "RD" and convention != "metafor":
            yi = _risk_difference(table)[0]
    return yi, vi


def _odds_ratio(t: Tables) -> _Pair:
    b, d = t.n1 - t.a, t.n2 - t.c
    return np.log(t.a * d / (t.c * b)), 1 / t.a + 1 / b + 1 / t.c + 1 / d


def _risk_ratio(t: Tables) -> _Pair:
    return (
        np.log(t.a * t.n2 / (t.c * t.n1)),
        (t.n1 - t.a) / (t.a * t.n1) + (t.n2 - t.c) / (t.c * t.n2),
    )


def _risk_difference(t: Tables) -> _Pair:
    p1, p2 = t.a / t.n1, t.c / t.n2
    return p1 - p2, p1 * (1 - p1) / t.n1 + p2 * (1 - p2) / t.n2


def _peto(t: Tables) -> _Pair:
    total, events = t.n1 + t.n2, t.a + t.c
    expected = events * t.n1 / total
    variance = t.n1 * t.n2 * events * (total - events) / (total**2 * (total - 1.0))
    return (t.a - expected) / variance, 1.0 / variance


def _arcsine(t: Tables) -> _Pair:
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
