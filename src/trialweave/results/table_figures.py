"""What the figures of a comparison are: counts, means, medians, by what the headings say of them.

The nearest words tell: those of the row, then of the headings over the column, then of the caption,
then of the footnotes. Where they leave it open, counts are known by their percentages, if these fit
the sizes of all groups; anything else stays unanswered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from trialweave.model import ArmResult
from trialweave.results.table_arms import (
    Entry,
    Said,
    between,
    count_of,
    mean_of,
    median_of,
    share_of,
    with_size,
)
from trialweave.results.table_cells import Figure
from trialweave.results.table_kinds import (
    COUNTS,
    LIMITS,
    SPREADS,
    Kind,
    alone,
    bracket,
    bracketed_range,
    nobody,
    plus_minus,
)

__all__ = ["figures_of"]


def figures_of(
    entries: Sequence[Entry],
    *,
    persons: bool,
    counted: bool,
    modelled: bool = False,
    estimated: bool = False,
) -> tuple[Literal["count", "continuous"], tuple[ArmResult, ...]] | None:
    """The arms of a comparison; None where it is not clear what the figures are.

    `persons`: lone percentages are of persons; `counted`: lone whole numbers count persons;
    `modelled`: figures come from a model of means, so that those without any word are means;
    `estimated`: percentages are estimated from times to event, and no shares of the groups.
    """
    if any("geometric" in words for entry in entries for _, _, told in entry.cells
           for words in told):  # fmt: skip
        return None  # no arithmetic mean
    arms = _columns(entries) if any(len(e.cells) > 1 for e in entries) else None
    if arms is None:
        if any(len(entry.cells) != 1 for entry in entries):
            return None
        arms = _single(entries, persons=persons, counted=counted, modelled=modelled)
    if arms is None:
        return None
    if estimated:
        arms = [with_size(arm, entry) for arm, entry in zip(arms, entries, strict=True)]
    kind: Literal["count", "continuous"] = (
        "count" if any(arm.events is not None or arm.percent for arm in arms) else "continuous"
    )
    return kind, tuple(arms)


# --- one cell a group -----------------------------------------------------------------------------


def _single(
    entries: Sequence[Entry], *, persons: bool, counted: bool, modelled: bool
) -> list[ArmResult] | None:
    figures = [entry.cells[0][1] for entry in entries]
    forms = {figure.form for figure in figures if not (figure.form == "a" and figure.a == "0")}
    if not forms:
        return _as(nobody(entries[0].cells[0][2]), entries, figures)
    if len(forms) != 1:
        return None
    form = forms.pop()
    said = entries[0].cells[0][2]
    if form == "a/b":
        return _shares(entries, figures)
    if form == "a ± b":
        kind = plus_minus(said)
    elif form == "a (b)":
        kind = bracket(entries, figures, said)
    elif form == "a (b-c)":
        kind = bracketed_range(said)
    elif form == "a":
        kind = alone(figures, said, persons=persons, counted=counted)
        if modelled and not any(said) and not any(figure.percent_a for figure in figures):
            kind = Kind("mean")
    else:
        return None
    return _as(kind, entries, figures)


def _as(kind: Kind, entries: Sequence[Entry], figures: Sequence[Figure]) -> list[ArmResult] | None:
    arms: list[ArmResult] = []
    for entry, figure in zip(entries, figures, strict=True):
        arm: ArmResult | None
        if kind.name == "count":
            arm = count_of(entry, figure.a, figure.b, entry.n, own=False)
        elif kind.name == "percent":
            arm = share_of(entry, figure.a)
        elif kind.name == "mean":
            spread = figure.spread or kind.spread
            if figure.form == "a" and figures[0].form != "a":
                return None
            arm = mean_of(entry, figure.a, "" if figure.c else figure.b, spread, entry.n, False)
            if figure.c:
                arm = between(arm, figure.b, figure.c, kind.limits)
        elif kind.name == "median":
            arm = median_of(entry, figure.a, entry.n)
            if figure.c:
                arm = between(arm, figure.b, figure.c, kind.limits)
        else:
            return None
        if arm is None:
            return None
        arms.append(arm)
    return _of_fewer(arms) if kind.name == "count" else arms


def _of_fewer(arms: list[ArmResult]) -> list[ArmResult]:
    """The arms, zeros without a size where a percentage beside them speaks of another size."""
    if not any(arm.events and arm.percent and arm.n is None for arm in arms):
        return arms
    return [
        msgspec.structs.replace(arm, n=None, n_origin="", recovery="") if arm.events == 0 else arm
        for arm in arms
    ]


def _shares(entries: Sequence[Entry], figures: Sequence[Figure]) -> list[ArmResult] | None:
    """ "12/30 (40)": as printed, where the sizes allow it."""
    arms = []
    for entry, figure in zip(entries, figures, strict=True):
        if figure.form != "a/b":
            return None
        size = int(figure.b)
        if not size or int(figure.a) > size or (entry.n is not None and size > entry.n):
            return None
        arm = count_of(entry, figure.a, figure.c, size, own=True)
        if arm is None:
            return None
        arms.append(arm)
    return arms


# --- a column each for count and percentage, for mean and spread ----------------------------------


def _columns(entries: Sequence[Entry]) -> list[ArmResult] | None:
    arms = []
    for entry in entries:
        arm = _combined(entry)
        if arm is None:
            return None
        arms.append(arm)
    return arms


def _slot(figure: Figure, said: Said) -> str:
    """What one of several cells of a group is; "" where its own headings do not tell."""
    for words in said[:-2]:
        if not words:
            continue
        if words >= COUNTS:
            return "n%" if figure.form == "a (b)" else ""
        if words & {"mean", "median"}:
            name = "mean" if "mean" in words else "median"
            if {"mean", "median"} <= words:
                return ""
            return name
        for name in ("n", "%", "sd", "se", "iqr", "range", "ci"):
            if name in words and len(words) == 1:
                return name
        return ""
    return ""


def _combined(entry: Entry) -> ArmResult | None:
    slots: dict[str, tuple[Figure, Said]] = {}
    for _, figure, said in entry.cells:
        slot = _slot(figure, said)
        if not slot or slot in slots:
            return None
        slots[slot] = (figure, said)
    n, own = entry.n, False
    if "n" in slots and slots.keys() & {"mean", "median", "n%"}:
        size = slots["n"][0]
        if size.form != "a" or not size.whole or not int(size.a):
            return None
        n, own = int(size.a), True
    if "n%" in slots and slots.keys() <= {"n", "n%"}:
        figure = slots["n%"][0]
        return count_of(entry, figure.a, figure.b, n, own=own)
    if slots.keys() == {"n", "%"}:
        count, percent = slots["n"][0], slots["%"][0]
        if count.form == "a/b" and percent.form in ("a", "(a)"):
            return count_of(entry, count.a, percent.a, int(count.b), own=True)
        if count.form != "a" or percent.form not in ("a", "(a)"):
            return None
        return count_of(entry, count.a, percent.a, n, own=False)
    if "mean" in slots and slots.keys() <= {"n", "mean", "sd", "se"}:
        return _mean_of(entry, slots, n, own)
    if slots.keys() - {"n"} in ({"mean", "ci"}, {"median", "iqr"}, {"median", "range"},
                                {"median"}):  # fmt: skip
        return _middle(entry, slots, n, own)
    return None


def _mean_of(
    entry: Entry, slots: dict[str, tuple[Figure, Said]], n: int | None, own: bool
) -> ArmResult | None:
    figure, said = slots["mean"]
    spreads = slots.keys() & SPREADS
    if len(spreads) == 1 and figure.form == "a":
        name = spreads.pop()
        behind = slots[name][0]
        if behind.form not in ("a", "(a)") or behind.a.startswith("-"):
            return None
        return mean_of(entry, figure.a, behind.a, name, n, own)
    if spreads:
        return None
    if figure.form == "a ± b":
        return mean_of(entry, figure.a, figure.b, plus_minus(said).spread, n, own)
    if figure.form == "a (b)":
        kind = bracket([entry], [figure], said)
        spread = figure.spread or kind.spread
        return mean_of(entry, figure.a, figure.b, spread, n, own) if kind.name == "mean" else None
    if figure.form == "a":
        return mean_of(entry, figure.a, "", "", n, own)
    return None


def _middle(
    entry: Entry, slots: dict[str, tuple[Figure, Said]], n: int | None, own: bool
) -> ArmResult | None:
    name = "mean" if "mean" in slots else "median"
    figure, said = slots[name]
    if name == "mean":
        arm = mean_of(entry, figure.a, "", "", n, own)
    else:
        arm = median_of(entry, figure.a, n, own=own)
    behind = next((key for key in LIMITS if key in slots), "")
    if behind and figure.form == "a" and slots[behind][0].form == "(b-c)":
        span = slots[behind][0]
        return between(arm, span.b, span.c, LIMITS[behind])
    if not behind and figure.form == "a (b-c)":
        return between(arm, figure.b, figure.c, bracketed_range(said).limits)
    return arm if figure.form == "a" and not behind else None
