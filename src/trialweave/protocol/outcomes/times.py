"""When an outcome is measured: days, windows, recurrences, and events that days count from.

Days are counted from the start (baseline, randomisation, the first treatment); baseline and what
comes before it is day 0. What is counted from another event (discharge, each infusion, the last
dose) is no day of the trial and stays with its event. Bare numbers are never times.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from trialweave.protocol.durations import folded
from trialweave.protocol.outcomes._phrases import Phrase, anchors, baselines, events, recurrences
from trialweave.protocol.outcomes._tokens import Run, runs

__all__ = ["Event", "Span", "Times", "read_times"]

_LONGEST: Final = 4000  # characters that are read for times
_BESIDE: Final = 3  # characters between baseline and its day
_MOST: Final = 60  # points or events


class Span(NamedTuple):
    """A place in the text, end exclusive."""

    start: int
    end: int


class Event(NamedTuple):
    """A time told by an event: "21 days after discharge" is ("discharge", 21)."""

    event: str
    offset_days: float
    start: int
    end: int


class Times(NamedTuple):
    """What a text says of time; days, None or empty where it says nothing.

    `spans` names places: "point", "window", "recurring", "anchor", each as often as it was read.
    `unread` are numbers and units that were not understood as times.
    """

    points: tuple[float, ...] = ()
    window: tuple[float, float] | None = None
    recurring: float | None = None
    events: tuple[Event, ...] = ()
    anchor: str | None = None
    spans: tuple[tuple[str, Span], ...] = ()
    unread: tuple[Span, ...] = ()
    truncated: bool = False

    def __bool__(self) -> bool:
        """Whether anything was read."""
        return bool(self.points or self.window or self.recurring or self.events)


class _Item(NamedTuple):
    kind: str  # run, baseline, event, every
    name: str
    days: tuple[float, ...]
    start: int
    end: int
    dated: bool = False
    is_range: bool = False


_AFTER: Final = re.compile(
    r"\s*\)?,?\s*(?:[(]\s*)?(?:(?!and|or|at|day|time|the)\w+\s){0,2}?(?:after|post|following|since"
    r"|from|of)[\s-]*"
    r"(?:the\s|their\s|start of\s|time of\s|day of\s|date of\s|hospital\s|study\s)*\Z",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(r"\s*(?:before|prior to|preceding)\s(?:the\s)?", re.IGNORECASE)
_RANGE: Final = re.compile(
    r"\s*\)?,?\s*(?:\([^()]{0,30}\)\s*)?(?:visit\s|assessment\s)?(?:up\s)?"
    r"(?:-+|~|to|through|thru|until|till|til|unto|upto)\s*"
    r"(?:the\s|end of\s|at\s|day of\s|time of\s|up to\s|on\s|approximately\s|about\s|an?\s"
    r"|maximum\s|expected\s|mean\s|total\s|of\s|average\s)*\Z",
    re.IGNORECASE,
)
_FILL: Final = (
    r"(?:the|an?|first|next|following|initial|subsequent|approximately|approx\.?|about|around"
    r"|period"
    r"|course|average|expected|mean|median|maximum|max\.?|total|end|whole|entire|at|to|up|of|is|was"
    r"|least"
    r"|another|further|additional|average|study|treatment|hospital|stay|anticipated|estimated"
    r"|follow|observation)"
)
_WITHIN: Final = re.compile(
    r"(?:\b(?P<word>within|with in|during|over|throughout|through|thru|until|untill|till|til|upto"
    r"|up to"
    r"|up-to|up until|up till|by|for|in|maximum of|max|average of|mean of|to|first|next|less than"
    r"|lasting)"
    rf"|[<≤])[\s(~≈-]*(?P<fill>(?:{_FILL}[\s-]+)*)\Z",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"\b(?:maintain\w*|sustain\w*|lasting|lasts?|lasted|persist\w*|remain\w*|stable|consecutive"
    r"|steady"
    r"|held|continu(?:ed|es)|defined as [^.;]{0,40})\s(?:for|over|during|at least)?[^.;]{0,20}\Z"
    r"|\b(?:at least|more than|longer than|greater than|minimum of|a minimum"
    r"|for at least)\s?(?:an?\s)?\Z"
    r"|(?<![<])[>≥]=?\s*\Z|\b(?:aged?|older than|younger than|ages?)\s(?:of\s|over\s|under\s|>"
    r"|≥)?\s*\Z",
    re.IGNORECASE,
)
_AGE: Final = re.compile(
    r"[\s-]*(?:old\b|of age\b|or (?:older|younger|above|over)\b|and (?:older|over|above)\b"
    r"|(?:(?:corrected|gestational|post-?menstrual|postnatal)\s){1,2}age\b)",
    re.IGNORECASE,
)
_PERIOD: Final = re.compile(
    r"[\s-]*(?:of\s(?:the\s)?)?(?:study\s|treatment\s|follow-?\s?up\s|observation\s|evaluation\s"
    r"|consecutive\s|hospital\s)*(?:period|duration|course|window)\b",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\bbetween\s(?:the\s)?\Z", re.IGNORECASE)
_AND: Final = re.compile(r"\s*(?:visit\s)?and\s(?:at\s|the\s)*", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(?<![\w.])[0-9]+(?:\.[0-9]+)?|\b(?:days?|weeks?|months?|years?)\b", re.I
)


@functools.lru_cache(maxsize=1 << 12)
def read_times(text: str) -> Times:
    """The times in a text; reads its first 4000 characters and says where there were more.

    >>> read_times("Baseline, days 7 and 14, and 21 days after discharge").points
    (0.0, 7.0, 14.0)
    >>> read_times("up to 28 days").window
    (0.0, 28.0)
    """
    plain = folded(text[:_LONGEST])
    items = _items(plain)
    reading = _Reading(plain, items)
    for at in range(len(items)):
        reading.take(at)
    return reading.told(truncated=len(text) > _LONGEST)


def _items(text: str) -> list[_Item]:
    """What stands in a text, in order, without what lies inside something longer."""
    found = [_Item("every", p.name, (p.days,), p.start, p.end) for p in recurrences(text)]
    times = [_of_run(run) for run in runs(text)]
    named = [_Item("event", p.name, (0.0,), p.start, p.end) for p in events(text)]
    base = [_Item("baseline", p.name, (0.0,), p.start, p.end) for p in baselines(text)]
    taken: list[_Item] = []
    ends: list[tuple[int, int]] = []
    for item in (*found, *times, *sorted((*named, *base), key=lambda one: one.start - one.end)):
        if not any(item.start < end and item.end > start for start, end in ends):
            taken.append(item)
            ends.append((item.start, item.end))
        if len(taken) >= 4 * _MOST:
            break
    return sorted(taken, key=lambda one: one.start)


def _of_run(run: Run) -> _Item:
    return _Item("run", "", run.days, run.start, run.end, run.dated, run.is_range)


class _Reading:
    """Points, windows and events gathered while the items of one text are taken in order."""

    def __init__(self, text: str, items: list[_Item]) -> None:
        self.text = text
        self.items = items
        self.points: dict[float, Span] = {}
        self.windows: list[tuple[float, float, Span]] = []
        self.recurring: tuple[float, Span] | None = None
        self.events: list[Event] = []
        self.anchor: tuple[str, Span] | None = None
        self.used: list[Span] = []
        self.open_start: int = -1  # the item that a range may begin with

    def take(self, at: int) -> None:
        item = self.items[at]
        self.used.append(Span(item.start, item.end))
        if item.kind == "every":
            if self.recurring is None:
                self.recurring = item.days[0], Span(item.start, item.end)
        elif item.kind == "baseline":
            self._baseline(at, item)
        elif item.kind == "event":
            self._event(at, item)
        else:
            self._run(at, item)

    def _gap(self, at: int) -> str:
        start = self.items[at - 1].end if at else 0
        return self.text[max(start, self.items[at].start - 120) : self.items[at].start]

    def _baseline(self, at: int, item: _Item) -> None:
        before = self.items[at - 1] if at else None
        if before is not None and before.kind == "run" and _AFTER.match(self._gap(at)):
            return  # "12 weeks post baseline": what the weeks are counted from
        if before is not None and before.kind == "run" and not self._gap(at).strip():
            return  # "5 days before surgery"
        if self._begins_range(at):
            self.open_start = at
            return
        self.points.setdefault(0.0, Span(item.start, item.end))

    def _begins_range(self, at: int) -> bool:
        """Whether "to" and one single time follow."""
        if at + 1 >= len(self.items):
            return False
        after = self.items[at + 1]
        single = after.kind == "run" and len(after.days) == 1
        if self.items[at].kind == "baseline":  # "randomisation to day 2, day 4, day 6": a list
            single = single and not self._listed(at + 1)
        if single and _BETWEEN.search(self._gap(at)):
            return bool(_AND.fullmatch(self._gap(at + 1)))  # "between day 2 and day 9"
        return single and bool(_RANGE.fullmatch(self._gap(at + 1)))

    def _listed(self, at: int) -> bool:
        """Whether a further time of the same kind follows behind a comma or "and"."""
        if at + 1 >= len(self.items) or self.items[at + 1].kind != "run":
            return False
        if self.items[at + 1].days[0] <= self.items[at].days[-1]:
            return False  # "up to 9 days, 4 days after discharge"
        return bool(re.fullmatch(r"\s*(?:,|and|&|/|,\s*and)\s*", self._gap(at + 1), re.IGNORECASE))

    def _event(self, at: int, item: _Item) -> None:
        before = self.items[at - 1] if at else None
        gap = self._gap(at)
        if before is not None and before.kind == "run" and self.open_start != at - 1:
            if _AFTER.match(gap) and not re.match(r"\s*,", gap):
                self._offset(before, item, 1.0)
                return
            if _BEFORE.fullmatch(gap):
                self._offset(before, item, -1.0)
                return
        self.events.append(Event(item.name, 0.0, item.start, item.end))

    def _offset(self, run: _Item, event: _Item, sign: float) -> None:
        """What was taken as days of the trial is counted from an event."""
        span = Span(run.start, run.end)
        for day in [day for day, where in self.points.items() if where == span]:
            del self.points[day]
        self.windows = [window for window in self.windows if window[2].end != span.end]
        for day in run.days:
            self.events.append(Event(event.name, sign * day, run.start, event.end))

    def _run(self, at: int, item: _Item) -> None:
        gap = self._gap(at)
        if _CONDITION.search(gap) or _AGE.match(self.text, item.end):
            return
        span = Span(item.start, item.end)
        if self.open_start == at - 1 and at and self.open_start >= 0:
            start = self.items[at - 1]
            self._window(start.days[0], item.days[0], Span(start.start, item.end))
        elif item.is_range or (len(item.days) == 2 and _BETWEEN.search(gap)):
            self._window(item.days[0], item.days[1], span)
        elif len(item.days) == 1 and self._begins_range(at):
            self.open_start = at
        elif len(item.days) > 1 or self._listed(at) or self._listed_before(at):
            self._add(item, span)
        elif (within := _WITHIN.search(gap)) and self._is_within(within, item):
            self._window(0.0, item.days[0], Span(item.start - len(within[0]), item.end))
        elif _PERIOD.match(self.text, item.end) and not item.dated:
            self._window(0.0, item.days[0], span)
        elif _BEFORE.match(self.text, item.end) and item.days[0] > 0:
            self.points.setdefault(-item.days[0], span)
        else:
            self._add(item, span)

    def _listed_before(self, at: int) -> bool:
        if at == 0 or self.items[at - 1].kind != "run":
            return False
        return bool(re.fullmatch(r"\s*(?:,|and|&|/|,\s*and)\s*", self._gap(at), re.IGNORECASE))

    def _is_within(self, within: re.Match[str], item: _Item) -> bool:
        word = (within["word"] or "").lower()
        if word in ("in", "for", "first", "next", "over", "during"):
            return not item.dated
        return True

    def _add(self, item: _Item, span: Span) -> None:
        for day in item.days:
            self.points.setdefault(day, span)

    def _window(self, low: float, high: float, span: Span) -> None:
        if low < high:
            base = self.points.get(0.0)
            if low == 0 and base is not None and 0 <= span.start - base.end <= _BESIDE:
                del self.points[0.0]  # "baseline (week 0) to week 12"
            self.windows.append((low, high, span))
        else:
            self.points.setdefault(high, span)

    def told(self, *, truncated: bool) -> Times:
        spans = [("point", span) for span in dict.fromkeys(self.points.values())]
        window = None
        if self.windows:
            low, high, span = self.windows[0]
            window = (low, high)
            spans.append(("window", span))
            for _, end, place in self.windows[1:]:  # further windows: their ends are times too
                if end != high:
                    self.points.setdefault(end, place)
                    spans.append(("point", place))
        if self.recurring is not None:
            spans.append(("recurring", self.recurring[1]))
        anchor = self._anchor()
        if anchor is not None:
            spans.append(("anchor", Span(anchor.start, anchor.end)))
            self.used.append(Span(anchor.start, anchor.end))
        return Times(
            tuple(sorted(self.points))[:_MOST],
            window,
            self.recurring[0] if self.recurring is not None else None,
            tuple(dict.fromkeys(self.events))[:_MOST],
            anchor.name if anchor is not None else None,
            tuple(spans),
            tuple(self._unread()),
            truncated,
        )

    def _anchor(self) -> Phrase | None:
        """What the days are counted from: what stands behind a time, else what is told first."""
        found = list(anchors(self.text))
        ends = {item.end for item in self.items if item.kind == "run"}
        for phrase in found:
            if any(0 <= phrase.start - end <= 30 for end in ends):
                return phrase
        return found[0] if found else None

    def _unread(self) -> list[Span]:
        """Numbers and units outside of what was taken, tolerances apart."""
        found = []
        for match in _NUMBER.finditer(self.text):
            inside = any(start <= match.start() < end for start, end in self.used)
            tolerance = re.search(
                r"(?:±|\+\s?/?\s?-|\+|plus or minus)\s*[0-9.]*\s*\Z",
                self.text[max(match.start() - 24, 0) : match.start()],
            )
            if not inside and not tolerance:
                found.append(Span(*match.span()))
        return found[:_MOST]
