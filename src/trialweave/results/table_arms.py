"""The arms of a comparison out of an article's table, made of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from trialweave.model import ArmResult, Passage, TableCell
from trialweave.results.table_cells import Figure
from trialweave.results.table_groups import Group
from trialweave.stats.rounding import counts_for_percent

__all__ = [
    "HEADING_STATES", "Entry", "Limits", "Said", "between", "count_of", "fits", "mean_of",
    "median_of", "share_of", "with_size",
]  # fmt: skip

Limits: TypeAlias = Literal["", "IQR", "range", "CI"]
HEADING_STATES = "the heading states"
"""In `recovery`: the heading over a count has a size that its percentage cannot be of."""

Said = Sequence[frozenset[str]]
"""Statistics that the words about a figure name, nearest words first."""


@dataclass(slots=True)
class Entry:
    """The cells of one group in one comparison, each with what its headings say."""

    group: Group
    n: int | None
    n_elsewhere: bool
    n_how: str = ""  # how the size is known, where no heading states it
    cells: list[tuple[TableCell, Figure, Said]] = field(default_factory=list)


def _passage(entry: Entry) -> Passage:
    return Passage(
        min(cell.start for cell, _, _ in entry.cells), max(cell.end for cell, _, _ in entry.cells)
    )


def _arm(entry: Entry, n: int | None, *, own: bool = False) -> ArmResult:
    recovery = ""
    if n is not None and not own:
        recovery = entry.n_how
        if entry.n_elsewhere and not recovery:
            recovery = f"the record states {n} patients in this group elsewhere"
    return ArmResult(
        label=entry.group.label,
        role=entry.group.role,
        n=n,
        n_origin="" if n is None else "recovered" if recovery and entry.n_how else "stated",
        recovery=recovery,
        passage=_passage(entry),
    )


def fits(events: int, percent: str, n: int) -> bool:
    """Whether a percentage is that of a count of `n`, by any usual way of rounding."""
    try:
        return any(count.count == events for count in counts_for_percent(percent, n))
    except ValueError:
        return False


def count_of(
    entry: Entry, events: str, percent: str, n: int | None, *, own: bool
) -> ArmResult | None:
    """An arm with a count, and the size that it can be of; `own`: the size stands beside it.

    None where it is no count: a sign, a decimal, more than the group has.
    """
    if not events.isdigit() or len(events) > 7 or percent.startswith("-"):
        return None
    number = int(events)
    if percent and float(percent) > 100:
        return None
    if n is not None and number > n:
        return None
    if percent and n is not None and not own and not fits(number, percent, n):
        # of fewer than the whole group; a size over the very figures leaves open which holds
        arm = _arm(entry, None)
        if not entry.n_elsewhere and not entry.n_how:
            said = f"{HEADING_STATES} {n}"
            arm = msgspec.structs.replace(arm, recovery=said)
        return msgspec.structs.replace(arm, events=number, events_origin="stated", percent=percent)
    return msgspec.structs.replace(
        _arm(entry, n, own=own), events=number, events_origin="stated", percent=percent
    )


def share_of(entry: Entry, percent: str) -> ArmResult | None:
    """A percentage alone; the group's size stands with it where it can be a share of that."""
    if percent.startswith("-") or float(percent) > 100:
        return None
    try:
        fitting = entry.n is not None and bool(counts_for_percent(percent, entry.n))
    except ValueError:
        return None
    return msgspec.structs.replace(_arm(entry, entry.n if fitting else None), percent=percent)


def mean_of(entry: Entry, mean: str, b: str, spread: str, n: int | None, own: bool) -> ArmResult:
    """An arm with a mean, and with its spread where that is told to be "sd" or "se"."""
    arm = msgspec.structs.replace(_arm(entry, n, own=own), mean=float(mean), mean_printed=mean)
    if spread == "sd" and b:
        return msgspec.structs.replace(arm, sd=float(b), sd_printed=b)
    if spread == "se" and b:
        return msgspec.structs.replace(arm, se=float(b), se_printed=b)
    return arm


def between(arm: ArmResult, low: str, high: str, limits: Limits) -> ArmResult:
    """The arm with limits, where the lower is not above the upper."""
    if float(low) > float(high):
        return arm
    return msgspec.structs.replace(arm, lower=float(low), upper=float(high), limits=limits)


def with_size(arm: ArmResult, entry: Entry) -> ArmResult:
    """The arm with its group's size, and without the percentage, which does not speak of it."""
    if arm.events is None:
        return arm
    n = entry.n if entry.n is None or arm.events <= entry.n else None
    told = _arm(entry, n)
    return msgspec.structs.replace(
        arm, n=told.n, n_origin=told.n_origin, recovery=told.recovery, percent=""
    )


def median_of(entry: Entry, median: str, n: int | None, *, own: bool = False) -> ArmResult:
    """An arm with a median."""
    return msgspec.structs.replace(_arm(entry, n, own=own), median=float(median))
