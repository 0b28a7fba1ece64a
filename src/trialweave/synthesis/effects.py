"""The effects of the chosen comparisons on any measure, and why one has none.

Counts give risk ratios, odds ratios and risk differences; means give differences, standardised
differences and ratios of means; an effect as reported stands for itself, on its own measure alone.
Rows of both kinds mix in one synthesis where they are estimates of one measure with a variance: a
ratio computed from counts beside a ratio as reported. What needs the four numbers of a table
(Mantel-Haenszel, Peto) takes rows with counts only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray
from trialweave.synthesis.answer import Effect
from trialweave.synthesis.groups import Group, Stated

__all__ = [
    "COUNT_MEASURES",
    "MEAN_MEASURES",
    "Computed",
    "Contrasted",
    "Counts",
    "computed",
    "count_table",
    "is_ratio",
    "kin",
    "natural",
    "number",
    "study_effects",
]

COUNT_MEASURES = ("RR", "OR", "RD")
MEAN_MEASURES = ("MD", "SMD", "ROM")
_RATIOS = ("RR", "OR", "HR", "ROM")

_DOUBLE_ZERO = "not estimable: no events, or only events, in both groups"
_ADDED = {
    "only0": "zero cell: 0.5 added to each cell",
    "treatment-arm": "zero cell: 1 added over both groups, in proportion to their sizes",
}


_WHERE = {"treatment-arm": "only0"}
_NO_MEANS = {
    "MD": "not estimable: a group is empty, or its numbers do not vary",
    "SMD": "not estimable: a group is empty, too small, or its numbers do not vary",
    "ROM": "not estimable: a ratio needs two means of one sign, not 0, in groups that vary",
}


class Contrasted(Protocol):
    """What an effect is computed from: a chosen comparison, or a row of a table of one's own."""

    @property
    def treatment(self) -> Group: ...

    @property
    def control(self) -> Group: ...

    @property
    def stated(self) -> Stated | None: ...


class Counts(NamedTuple):
    """Events and sizes of both groups, NaN where a comparison has no counts; arrays (k,)."""

    a: FloatArray
    n1: FloatArray
    c: FloatArray
    n2: FloatArray


class Computed(NamedTuple):
    """Effects and variances on the model's scale, NaN together where not estimable; arrays (k,).

    `notes` says of each what was added to it, or why it has no effect; "" where neither.
    """

    yi: FloatArray
    vi: FloatArray
    notes: tuple[str, ...]


def is_ratio(measure: str) -> bool:
    """Whether a measure is pooled as natural logarithms, and 1 means no effect."""
    return measure in _RATIOS


def kin(measure: str) -> tuple[str, ...]:
    """The measures that the same numbers give, shown beside each other; the measure among them."""
    for family in (COUNT_MEASURES, MEAN_MEASURES):
        if measure in family:
            return family
    return (measure,)


def number(value: object) -> float | None:
    """A plain float, None where not finite."""
    as_float = float(value)  # type: ignore[arg-type]
    return as_float if math.isfinite(as_float) else None


def natural(measure: str, value: object) -> float | None:
    """A number of the model's scale as it is printed: e to its power, for ratios."""
    found = number(value)
    if found is None or not is_ratio(measure):
        return found
    with np.errstate(over="ignore", under="ignore"):
        return number(np.exp(found))


def count_table(chosen: Sequence[Contrasted]) -> Counts:
    """The counts of the comparisons that have all four, NaN throughout for the others."""
    cells = np.full((4, len(chosen)), np.nan)
    for i, one in enumerate(chosen):
        told = (one.treatment.events, one.treatment.n, one.control.events, one.control.n)
        if one.stated is None and None not in told:
            cells[:, i] = told
    return Counts(*cells)


def computed(measure: str, chosen: Sequence[Contrasted], zero_cells: str = "only0") -> Computed:
    """The effect of each comparison on one measure.

    `zero_cells` is the correction of tables with a zero cell: "only0" adds 0.5 to the four cells
    of such a table, "all" to those of every table, "treatment-arm" n₁/(n₁ + n₂) to the cells of the
    first group and n₂/(n₁ + n₂) to those of the second (Sweeting, Sutton & Lambert, Stat Med
    2004;23:1351-1375), "none" nothing. For ratios, a study without events in both groups, or with
    events only, is left out under each: it says nothing of a ratio (Cochrane Handbook, section
    10.4.4); for the risk difference it stays. An effect as reported is pooled on its own measure,
    its standard error from its interval.
    """
    size = len(chosen)
    yi, vi = np.full(size, np.nan), np.full(size, np.nan)
    notes = [_lacking(measure, one) for one in chosen]
    if measure in COUNT_MEASURES:
        _from_counts(measure, count_table(chosen), zero_cells, yi, vi, notes)
    if measure in MEAN_MEASURES:
        _from_means(measure, chosen, yi, vi, notes)
    for i, one in enumerate(chosen):
        if one.stated is not None and one.stated.measure == measure:
            yi[i], vi[i], notes[i] = _from_interval(one.stated)
    return Computed(yi, vi, tuple(notes))


def study_effects(measure: str, found: Computed, level: float) -> list[Effect]:
    """Each study's effect with its Wald interval, as printed."""
    z = float(special.ndtri(0.5 + level / 2.0))
    half = z * np.sqrt(found.vi)
    return [
        Effect(measure, natural(measure, y), natural(measure, y - h), natural(measure, y + h))
        for y, h in zip(found.yi.tolist(), half.tolist(), strict=True)
    ]


def _lacking(measure: str, one: Contrasted) -> str:
    """Why a comparison has no effect on the measure, where it has none by its kind."""
    if one.stated is not None:
        return f"not estimable: the study reports a {one.stated.measure}, not a {measure}"
    if measure in COUNT_MEASURES:
        return "not estimable: events and sizes of both groups are not reported"
    if measure in MEAN_MEASURES:
        return "not estimable: means, standard deviations and sizes are not reported"
    return f"not estimable: no {measure} with an interval is reported"


def _from_counts(
    measure: str,
    table: Counts,
    zero_cells: str,
    yi: FloatArray,
    vi: FloatArray,
    notes: list[str],
) -> None:
    from trialweave.stats.effects import effect

    a, n1, c, n2 = table
    ratio = is_ratio(measure)
    found = effect(
        cast("Any", measure),
        *table,
        to=cast("Any", _WHERE.get(zero_cells, zero_cells)),
        share="arm size" if zero_cells == "treatment-arm" else "equal",
        drop00=ratio,
    )
    usable = np.isfinite(found.yi) & (found.vi > 0)
    yi[usable], vi[usable] = found.yi[usable], found.vi[usable]
    for i in np.flatnonzero(~np.isnan(a)).tolist():
        zero = 0 in (a[i], c[i], n1[i] - a[i], n2[i] - c[i])
        if n1[i] == 0 or n2[i] == 0:
            notes[i] = "not estimable: a group is empty"
        elif ratio and (a[i] + c[i] == 0 or a[i] + c[i] == n1[i] + n2[i]):
            notes[i] = _DOUBLE_ZERO
        elif not usable[i]:
            notes[i] = "not estimable: a zero cell, and nothing is added"
        else:
            notes[i] = _ADDED.get(zero_cells, "") if zero else ""


def _from_means(
    measure: str,
    chosen: Sequence[Contrasted],
    yi: FloatArray,
    vi: FloatArray,
    notes: list[str],
) -> None:
    from trialweave.stats.effects import mean_difference, means, smd

    cells = np.full((6, len(chosen)), np.nan)
    for i, one in enumerate(chosen):
        first, second = one.treatment, one.control
        told = (first.mean, first.sd, first.n, second.mean, second.sd, second.n)
        if one.stated is None and None not in told:
            cells[:, i] = told
            notes[i] = _NO_MEANS[measure]
    possible = np.isfinite(cells).all(axis=0) & (cells[[1, 2, 4, 5]] >= 0).all(axis=0)
    cells = np.where(possible, cells, np.nan)
    if measure == "MD":
        found = mean_difference(*cells)
    else:
        found = smd(*cells) if measure == "SMD" else means.ratio_of_means(*cells)
    for i in np.flatnonzero(np.isfinite(found.yi) & (found.vi > 0)).tolist():
        yi[i], vi[i], notes[i] = found.yi[i], found.vi[i], ""


def _from_interval(stated: Stated) -> tuple[float, float, str]:
    """An effect as reported: se = (upper - lower)/(2z) on the model's scale."""
    numbers = [stated.estimate, stated.low, stated.high]
    ratio = is_ratio(stated.measure)
    if not all(map(math.isfinite, numbers)) or (ratio and min(numbers) <= 0):
        return math.nan, math.nan, "not estimable: the effect reported is not a finite number"
    y, low, high = map(math.log, numbers) if ratio else numbers
    if not low <= y <= high or low == high:
        return math.nan, math.nan, "not estimable: the estimate lies outside its own interval"
    se = (high - low) / (2.0 * float(special.ndtri(0.5 + stated.level / 2.0)))
    return y, se * se, "as reported: its variance from its interval"
