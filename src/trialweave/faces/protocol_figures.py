"""The figures of protocols as numbers that a template draws: a cohort's funnel, a schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from trialweave.faces.protocol_words import MARK_WORDS, mark_text
from trialweave.protocol.patients.screening import Screening
from trialweave.protocol.timeline import Mark, Timeline
from trialweave.publish.text import cut, fold

__all__ = ["Bar", "Drawn", "Funnel", "Lane", "Place", "Tick", "funnel", "schedules"]

_BARS: Final = 40  # criteria of a funnel; its table has all
_WIDE: Final = 460  # of the widest bar
_LANES: Final = 24  # lanes of one study
_LEFT: Final = 210  # where the axis of a schedule begins
_RIGHT: Final = 700
_APART: Final = 34  # between two ticks at least
_DAYS: Final = (0, 1, 3, 7, 14, 28, 60, 90, 180, 365, 730, 1825, 3650, 7300)


class Bar(NamedTuple):
    """One criterion: how wide the bar of those left is, and of those that it bars of them."""

    y: int
    left: float
    lost: float
    number: int
    label: str
    said: str


class Funnel(NamedTuple):
    """A cohort from all to those whom nothing bars; `more` criteria are in the table alone."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    more: int


class Place(NamedTuple):
    """A mark of a schedule: where it is drawn, its kind, and its words."""

    x: float
    width: float
    kind: str
    reckoned: bool
    said: str


class Tick(NamedTuple):
    """A day of the axis."""

    x: float
    day: int


class Lane(NamedTuple):
    """A row: an arm or an outcome."""

    y: int
    label: str
    whole: str
    kind: str
    places: tuple[Place, ...]
    rows: tuple[tuple[str, str], ...]


class Drawn(NamedTuple):
    """The schedule of one study; `untimed` is what is given or measured on no stated day."""

    study_id: str
    title: str
    height: int
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    untimed: tuple[str, ...]
    more: int


def funnel(found: Screening) -> Funnel:
    """The bars, top down; the first is everybody."""
    scale = _WIDE / max(found.total, 1)
    bars = [Bar(22, found.total * scale, 0.0, -1, "all", f"all: {found.total}")]
    before = found.total
    for place, row in enumerate(found.funnel[:_BARS], 1):
        lost = before - row.left
        label = f"{row.criterion.section[:2]}. {row.criterion.number + 1}"
        said = f"{cut(fold(row.criterion.text), 120)}: {row.left} left, {lost} fewer"
        bars.append(
            Bar(22 + place * 22, row.left * scale, lost * scale, row.criterion.number, label, said)
        )
        before = row.left
    more = max(0, len(found.funnel) - _BARS)
    return Funnel(_WIDE + 190, 22 * len(bars) + 12, tuple(bars), more)


def schedules(
    names: Sequence[str], titles: Sequence[str], timelines: Sequence[Timeline]
) -> tuple[Drawn, ...]:
    """Schedules on one axis, which is as the logarithm of the day, so that first days part."""
    days = [
        day
        for timeline in timelines
        for lane in timeline.lanes
        for mark in lane.marks
        if mark.kind != "event"
        for day in (mark.start, mark.end)
        if math.isfinite(day)
    ]
    first, last = min(0.0, min(days, default=0.0)), max(7.0, max(days, default=0.0))
    low, high = _pressed(first), _pressed(last)

    def at(day: float) -> float:
        inside = min(max(_pressed(day), low), high)
        return round(_LEFT + (inside - low) / (high - low) * (_RIGHT - _LEFT), 1)

    ticks = tuple(_ticks(first, last, at))
    return tuple(
        _drawn(name, title, timeline, ticks, at)
        for name, title, timeline in zip(names, titles, timelines, strict=True)
    )


def _pressed(day: float) -> float:
    return math.copysign(math.log1p(abs(day)), day)


def _ticks(first: float, last: float, at: Callable[[float], float]) -> Iterator[Tick]:
    before = -math.inf
    for day in sorted({*(-each for each in _DAYS), *_DAYS}):
        if first <= day <= last:
            x = at(float(day))
            if x - before >= _APART:
                before = x
                yield Tick(x, day)


def _drawn(
    name: str, title: str, timeline: Timeline, ticks: tuple[Tick, ...], at: Callable[[float], float]
) -> Drawn:
    timed = [lane for lane in timeline.lanes if lane.marks]
    lanes = []
    for place, lane in enumerate(timed[:_LANES]):
        whole = fold(lane.label) or ("arm not named" if lane.kind == "arm" else "not named")
        lanes.append(
            Lane(
                16 + place * 24,
                cut(whole, 30),
                whole,
                lane.kind,
                tuple(_place(mark, at) for mark in lane.marks if mark.kind != "event"),
                tuple(
                    dict.fromkeys(
                        (MARK_WORDS.get(m.kind, m.kind), mark_text(m)) for m in lane.marks
                    )
                ),
            )
        )
    untimed = dict.fromkeys(fold(each) for lane in timeline.lanes for each in lane.untimed if each)
    return Drawn(
        name, title, 24 * len(lanes) + 34, tuple(lanes), ticks, tuple(untimed),
        max(0, len(timed) - _LANES),
    )  # fmt: skip


def _place(mark: Mark, at: Callable[[float], float]) -> Place:
    start, end = at(mark.start), at(mark.end)
    return Place(
        start, round(max(end - start, 0.0), 1), mark.kind, mark.reckoned, cut(mark_text(mark), 160)
    )
