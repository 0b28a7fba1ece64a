"""The numbers of the two groups that a study's effect is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = ["Group", "Kind", "Stated", "counts", "together"]

Kind = Literal["count", "continuous", "effect"]


class Group(msgspec.Struct, frozen=True):
    """One group: events of n for counts, mean and SD of n for what is measured.

    What a kind of outcome does not have, or no record tells, is None. `mean` and `sd` are in the
    unit of the outcome.
    """

    label: str = ""
    n: int | None = None
    events: int | None = None
    mean: float | None = None
    sd: float | None = None


class Stated(msgspec.Struct, frozen=True):
    """An effect as reported, with its interval at `level`; ratios as ratios."""

    measure: str
    estimate: float
    low: float
    high: float
    level: float = 0.95


def counts(treatment: Group, control: Group) -> tuple[int, int, int, int]:
    """Events and sizes of both groups. Raises ValueError where one is missing."""
    numbers = (treatment.events, treatment.n, control.events, control.n)
    a, n1, c, n2 = numbers
    if a is None or n1 is None or c is None or n2 is None:
        raise ValueError(f"no counts: {numbers}")
    return a, n1, c, n2


def together(groups: Sequence[Group]) -> Group:
    """Events and sizes of groups added up; None where any of them is not told."""
    sizes = [group.n for group in groups if group.n is not None]
    events = [group.events for group in groups if group.events is not None]
    return Group(
        n=sum(sizes) if len(sizes) == len(groups) else None,
        events=sum(events) if len(events) == len(groups) else None,
    )
