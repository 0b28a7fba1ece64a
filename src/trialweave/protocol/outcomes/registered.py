"""A registered outcome read whole: what is measured, with what, when, and how it is summed up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from trialweave.model import Outcome, Trial
from trialweave.protocol.outcomes.instruments import instruments_in, named_method
from trialweave.protocol.outcomes.times import Event, Times, read_times

__all__ = ["Place", "Registered", "of_trial", "read_outcome", "split_outcome"]

_LONGEST: Final = 20_000


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a slot was read: a span of one of "measure", "time_frame", "description", "method"."""

    slot: str
    field: str
    start: int
    end: int


class Registered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One registered outcome. Days count from the start; None and () mean "not stated".

    `instrument` joins several with "|". `events` are times told by an event, with the days after
    it (before it where negative). `flags` say what was done that the reader should know: where
    times were read from when there was no time frame, that a text was too long, that a part of
    the time frame was not understood (`unread`, in its own words).
    """

    measure: str
    instrument: str | None = None
    instrument_version: str | None = None
    timepoints_days: tuple[float, ...] = ()
    window_days: tuple[float, float] | None = None
    recurring_every_days: float | None = None
    events: tuple[Event, ...] = ()
    aggregation: str | None = None
    anchor: str | None = None
    unread: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


class _Part(NamedTuple):
    """A text, the argument it is part of, and where it begins there."""

    field: str
    text: str
    offset: int = 0


_LABEL: Final = re.compile(
    r"(?P<time>\[?\s?(?:\b|(?<=[a-z0-9]))(?:Time\s?points?"
    r"(?:\(s\) of evaluation of this end\s?point)?"
    r"|Time\s?-?frames?|Measurement time|Time of measurement|Time)\s?:\s?|\bTime\s?point\s?-\s?"
    r"|\[\s?Time\s?frame\s)"
    r"|(?P<method>\b(?:Methods? of measurements?|Measurement method|Measured by|Method)\s?:\s?)"
    r"|(?P<measure>\b(?:Measure|Outcome(?: measure)?|(?:Primary|Secondary) (?:outcome"
    r"|end ?point\(?s?\)?)"
    r")\s?:\s?)"
    r"|(?P<description>\bDescription\s?:\s?)",
)
_BRACKET: Final = re.compile(r"\[(?P<in>[^\[\]]{1,400})\]\s*\.?\s*\Z")
_AGGREGATIONS: Final = tuple(
    (name, re.compile(rf"\b(?:{pattern})", re.IGNORECASE))
    for name, pattern in (
        ("area under curve", r"area under|AUC\b"),
        ("time to event", r"time (?:to|until|from|taken|in hours|in days)\b|days? (?:to|until)\b"),
        ("hazard ratio", r"hazard ratio"),
        ("odds ratio", r"odds (?:of )?ratios?"),
        ("cumulative incidence", r"cumulative (?:incidence|probability)"),
        ("mean "
         "change", r"(?:mean|average|absolute|percent(?:age)?)?\s?(?:change|difference|improvement"
         r"|increase|reduction|decrease)s? (?:from|in|of|over|between|compared|to)\b"
         r"|change\b"),
        ("proportion", r"proportions?|percent(?:age)?s?|rates? (?:of|for)\b|(?:mortality|survival"
                       r"|response|success|remission|cure|conversion|event|recurrence|relapse"
         r"|infection|admission|discharge|fatality|detection|negative|positive|complication"
         r"|incidence"
         r"|healing|closure|pregnancy|birth|rejection|failure|progression) rate|fraction of"
         r"|share of|probability|odds"),
        ("count", r"numbers? of|counts? of|frequency|incidence|occurrence|how many"),
        ("duration", r"duration|length of|days (?:of|on|alive|free|without|with)\b|\w+-free days"),
        ("median", r"median"),
        ("mean", r"mean|average"),
    )
)  # fmt: skip


def read_outcome(
    measure: str, time_frame: str = "", description: str = "", *, method: str = ""
) -> Registered:
    """Read one outcome from the fields in which a register keeps it.

    Where all stands in one text ("… Timepoint: … Method of measurement: …"), it is taken apart by
    these labels first. Without a time frame, times are taken from the measure, else from the
    description, and a flag says so. Never raises; texts beyond 20,000 characters are cut, flagged.
    """
    flags: list[str] = []
    if max(len(measure), len(time_frame), len(description)) > _LONGEST:
        flags.append("text cut")
    parts = _parts(measure[:_LONGEST], time_frame[:_LONGEST], description[:_LONGEST])
    if method.strip():
        parts["method"] = _Part("method", method[:_LONGEST])
    name = parts["measure"]
    times, where = _times(parts, flags)
    places = [Place(slot, where.field, where.offset + span.start, where.offset + span.end)
              for slot, span in times.spans]  # fmt: skip
    places += [
        Place("event", where.field, where.offset + event.start, where.offset + event.end)
        for event in times.events
    ]
    instrument, version = _instrument(parts, places)
    aggregation = _aggregation(parts, places)
    if times.truncated:
        flags.append("text cut")
    return Registered(
        " ".join(name.text.split()).strip(" .;"),
        instrument,
        version,
        times.points,
        times.window,
        times.recurring,
        times.events,
        aggregation,
        times.anchor,
        _unread(times, where),
        tuple(dict.fromkeys(flags)),
        tuple(places),
    )


def _unread(times: Times, where: _Part) -> tuple[str, ...]:
    """Numbers and units that are no time read; those of an instrument's name are understood."""
    named = instruments_in(where.text) if times.unread else ()
    return tuple(
        dict.fromkeys(
            where.text[start:end]
            for start, end in times.unread
            if not any(one.start <= start < one.end for one in named)
        )
    )


def split_outcome(text: str) -> dict[str, tuple[int, int]]:
    """Where measure, time frame, method and description stand in one text, by their labels."""
    marks = list(_LABEL.finditer(text))
    found: dict[str, tuple[int, int]] = {}
    if not marks:
        bracket = _BRACKET.search(text)
        if bracket is not None and read_times(bracket["in"]):
            return {"measure": (0, bracket.start()), "time": bracket.span("in")}
        return {"measure": (0, len(text))}
    if text[: marks[0].start()].strip():
        found["measure"] = (0, marks[0].start())
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        end = after.start() if after is not None else len(text)
        name = str(mark.lastgroup)
        if mark[0].lstrip().startswith("[") and (close := text.find("]", mark.end(), end)) >= 0:
            end = close
        if name not in found and text[mark.end() : end].strip():
            found[name] = (mark.end(), end)
    return found


def _parts(measure: str, time_frame: str, description: str) -> dict[str, _Part]:
    """The texts by what they tell: "measure", "time", "method", "description"."""
    spans = split_outcome(measure) if not time_frame.strip() else {"measure": (0, len(measure))}
    parts = {
        name: _Part("measure", measure[start:end], start) for name, (start, end) in spans.items()
    }
    if time_frame.strip():
        parts["time"] = _Part("time_frame", time_frame)
    if description.strip():
        parts.setdefault("description", _Part("description", description))
    if "measure" not in parts:
        told = parts.get("description") or parts.get("method") or _Part("measure", measure)
        parts["measure"] = told
    return parts


def _times(parts: dict[str, _Part], flags: list[str]) -> tuple[Times, _Part]:
    """The times of the first text that tells any: time frame, measure, description, method."""
    first = parts.get("time")
    for name in ("time", "measure", "description", "method"):
        part = parts.get(name)
        if part is None:
            continue
        times = read_times(part.text)
        if name != "time":
            times = _certain(times)
        if times:
            if name != "time":
                flags.append(f"times read from the {name}")
            return times, part
    if first is not None:
        return read_times(first.text), first
    return _certain(read_times(parts["measure"].text)), parts["measure"]


def _certain(times: Times) -> Times:
    """Of a measure's wording, without events and baselines that only say what is measured.

    "Time from randomisation to death" names no day on which anything is looked at.
    """
    events = tuple(event for event in times.events if event.offset_days)
    points = () if times.points == (0.0,) and not times.window else times.points
    return times._replace(events=events, points=points, unread=())


def _instrument(parts: dict[str, _Part], places: list[Place]) -> tuple[str | None, str | None]:
    """The instruments that method, measure or description name; else the method's own words."""
    for name in ("method", "measure", "description", "time"):
        part = parts.get(name)
        if part is None:
            continue
        found = instruments_in(part.text)
        if found:
            places += [
                Place("instrument", part.field, part.offset + one.start, part.offset + one.end)
                for one in found
            ]
            version = next((one.version for one in found if one.version), None)
            return "|".join(one.name for one in found), version
        if name == "method" and (named := named_method(part.text)) is not None:
            said, start, end = named
            places.append(Place("instrument", part.field, part.offset + start, part.offset + end))
            return said, None
    return None, None


def _aggregation(parts: dict[str, _Part], places: list[Place]) -> str | None:
    for name in ("measure", "method", "description"):
        part = parts.get(name)
        if part is None:
            continue
        found = [
            (match.start(), match.end(), told)
            for told, pattern in _AGGREGATIONS
            if (match := pattern.search(part.text))
        ]
        if found:  # what is named first: "proportion with a reduction of 2 points"
            start, end, told = min(found, key=lambda hit: hit[0])
            places.append(Place("aggregation", part.field, part.offset + start, part.offset + end))
            return told
    return None


def of_trial(trial: Trial) -> tuple[tuple[str, str, Registered], ...]:
    """Each registered outcome: "primary", "secondary" or "other", its address, and the reading."""
    return tuple(_each(trial))


def _each(trial: Trial) -> Iterator[tuple[str, str, Registered]]:
    for kind in ("primary", "secondary", "other"):
        concept = f"{kind}_outcomes"
        outcomes: tuple[Outcome, ...] = getattr(trial, concept).content or ()
        for index, outcome in enumerate(outcomes):
            read = read_outcome(
                outcome.measure.content or "",
                outcome.time_frame.content or "",
                outcome.description.content or "",
                method=outcome.method.content or "",
            )
            yield kind, f"{concept}[{index}]", read
