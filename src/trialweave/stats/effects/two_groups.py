"""Effect sizes of two groups from their counts."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, Tables
from trialweave.stats._arrays import tables as checked
from trialweave.stats.effects._common import Effects, only

__all__ = ["CorrectedWhere", "Measure", "effect"]

Measure = Literal["OR", "RR", "RD", "PETO", "AS"]
CorrectedWhere = Literal["only0", "all", "if0all", "none"]


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
    return only(usable & np.isfinite(yi) & np.isfinite(vi), yi, vi)


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
