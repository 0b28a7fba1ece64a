"""The schedule of a trial as plain data: what is given and measured on which day, by arm.

A face draws it; nothing here knows how. Days are those of the record. Where only an interval and
a number of doses are stated, days are counted from the first dose as day 0, and marked so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from trialweave.model import Trial
from trialweave.protocol import interventions, outcomes
from trialweave.protocol.interventions import Component, Given, Phase
from trialweave.protocol.outcomes import Registered

__all__ = ["Lane", "Mark", "Timeline", "timeline"]

_MOST: Final = 120  # marks of a lane
_DAILY: Final = 1.0


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a lane from `start` to `end`, in days, equal where it is one day.

    `kind` is "dose", "treatment" (given throughout), "measurement", "observation" (a window) or
    "event" (a day that is told by an event alone; start and end are its offset from it).
    `reckoned` where days are counted from a first dose whose day the record does not state.
    `address` is the value it was read from, as `why` takes it.
    """

    kind: str
    label: str
    start: float
    end: float
    address: str = ""
    reckoned: bool = False


class Lane(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row: an arm with what it is given (`kind` "arm"), or an outcome (`kind` "outcome")."""

    label: str
    kind: str
    role: str = ""
    marks: tuple[Mark, ...] = ()
    untimed: tuple[str, ...] = ()  # what the record gives no day for


class Timeline(msgspec.Struct, frozen=True):
    """All lanes of a trial; `first` and `last` are the days that its marks span."""

    lanes: tuple[Lane, ...]
    first: float
    last: float


def timeline(trial: Trial) -> Timeline:
    """The schedule of one record: arms first, then outcomes in their order."""
    lanes = [*_arms(interventions.of_trial(trial)), *_outcomes(outcomes.of_trial(trial))]
    days = [
        day for lane in lanes for mark in lane.marks if mark.kind != "event"
        for day in (mark.start, mark.end)
    ]  # fmt: skip
    return Timeline(tuple(lanes), min(days, default=0.0), max(days, default=0.0))


def _arms(given: Sequence[Given]) -> Iterator[Lane]:
    labels = list(dict.fromkeys((one.arm, one.arm_index) for one in given))
    for label, index in labels:
        own = [one for one in given if (one.arm, one.arm_index) == (label, index)]
        marks: list[Mark] = []
        untimed: list[str] = []
        for one in own:
            found = list(_doses(one.component, one.text))
            marks += found
            if not found:
                untimed.append(_name(one.component))
        roles = list(dict.fromkeys(one.role for one in own if one.role != "background"))
        yield Lane(
            label or "", "arm", roles[0] if len(roles) == 1 else "",
            tuple(sorted(marks, key=lambda mark: (mark.start, mark.end)))[:_MOST],
            tuple(dict.fromkeys(untimed)),
        )  # fmt: skip


def _name(component: Component) -> str:
    return component.product or component.kind or "not named"


def _doses(component: Component, address: str) -> Iterator[Mark]:
    if component.phases:
        start = 0.0
        for phase in component.phases:
            yield from _phase(component, phase, start, address)
            start += _last(phase.duration_days) or 0.0
        return
    label = _label(component, component.dose_low, component.dose_high, component.dose_unit)
    yield from _given(
        label, component.days, component.interval_days, component.doses_total,
        component.times_per_day, component.duration_days, 0.0, address,
    )  # fmt: skip


def _phase(component: Component, phase: Phase, start: float, address: str) -> Iterator[Mark]:
    label = _label(component, phase.dose_low, phase.dose_high, phase.dose_unit)
    yield from _given(
        label, phase.days, phase.interval_days, phase.doses_total, phase.times_per_day,
        phase.duration_days, start, address,
    )  # fmt: skip


def _given(
    label: str,
    days: tuple[float, ...],
    interval: float | tuple[float, ...] | None,
    number: float | tuple[float, ...] | None,
    times: float | tuple[float, ...] | None,
    duration: float | tuple[float, ...] | None,
    start: float,
    address: str,
) -> Iterator[Mark]:
    """Marks of one schedule: single days where they are told, else the stretch of treatment."""
    if days:
        for day in days[:_MOST]:
            yield Mark("dose", label, day, day, address)
        return
    every, doses, length = _first(interval), _last(number), _last(duration)
    if every and doses and doses <= _MOST:
        for at in range(int(doses)):
            yield Mark("dose", label, start + at * every, start + at * every, address, True)
    elif every and length and length / every <= _MOST:
        for at in range(int(length // every) or 1):
            yield Mark("dose", label, start + at * every, start + at * every, address, True)
    elif length:
        yield Mark("treatment", label, start, start + max(length - 1, 0.0), address, True)
    elif doses == 1:
        yield Mark("dose", label, start, start, address, True)
    elif times and doses and doses / (_first(times) or _DAILY) <= _MOST:
        yield Mark(
            "treatment", label, start, start + max(doses / (_first(times) or _DAILY) - 1, 0.0),
            address, True,
        )  # fmt: skip


def _first(value: float | tuple[float, ...] | None) -> float | None:
    return value[0] if isinstance(value, tuple) else value


def _last(value: float | tuple[float, ...] | None) -> float | None:
    return value[-1] if isinstance(value, tuple) else value


def _label(component: Component, low: float | None, high: float | None, unit: str | None) -> str:
    if low is None:
        return _name(component)
    amount = f"{low:g}" if high is None else f"{low:g} to {high:g}"
    return f"{_name(component)}, {amount} {unit or ''}".rstrip()


def _outcomes(found: Sequence[tuple[str, str, Registered]]) -> Iterator[Lane]:
    for kind, address, outcome in found:
        marks = [
            Mark("measurement", f"day {day:g}", day, day, address)
            for day in outcome.timepoints_days[:_MOST]
        ]
        if outcome.window_days is not None:
            low, high = outcome.window_days
            marks.append(Mark("observation", f"day {low:g} to {high:g}", low, high, address))
        marks += [
            Mark("event", event.event, event.offset_days, event.offset_days, address)
            for event in outcome.events[:_MOST]
        ]
        untimed = () if marks else (outcome.measure,)
        yield Lane(outcome.measure, "outcome", kind, tuple(marks), untimed)
