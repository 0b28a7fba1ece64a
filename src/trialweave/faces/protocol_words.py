"""What is given, when, and what is measured, in words: the same for terminal and page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialweave.protocol.compare import Cell
    from trialweave.protocol.interventions import Component
    from trialweave.protocol.timeline import Mark
    from trialweave.publish.comparing import DoseScale, OutcomeRow

__all__ = [
    "DIFFERENCE_WORDS",
    "MARK_WORDS",
    "amount_text",
    "dose_text",
    "given_lines",
    "mark_text",
    "outcome_lines",
    "told_in_cell",
]

DIFFERENCE_WORDS: Final = {True: "differs", False: "same", None: "cannot be told"}
MARK_WORDS: Final = {
    "dose": "dose", "treatment": "given throughout", "measurement": "measured",
    "observation": "observed throughout", "event": "at an event",
}  # fmt: skip
_SCALES: Final = (("per_dose", "one dose"), ("per_kg", "per kg"), ("total", "in total"))

Number = float | tuple[float, ...]


def told_in_cell(cell: Cell) -> list[str]:
    """The distinct statements of a cell, each with the notes of those who make it."""
    notes: dict[str, dict[str, None]] = {}
    for one in cell.stated:
        notes.setdefault(one.text, {}).update({one.note: None} if one.note else {})
    return [f"{text} ({'; '.join(told)})" if told else text for text, told in notes.items()]


def amount_text(value: float) -> str:
    """A number for people: ``5e7``, ``400``."""
    if abs(value) < 1e5:
        return f"{value:g}"
    digits, power = f"{value:.3e}".split("e")
    return f"{float(digits):g}e{int(power)}"


def given_lines(one: Component) -> Iterator[tuple[str, str]]:
    """What a component states, slot by slot; what it does not state is not there."""
    if one.kind:
        yield "kind", one.kind
    source = ", ".join(part for part in (one.cell_source, one.donor) if part)
    if source:
        yield "source", source
    if one.dose_low is not None:
        yield "dose", _dose(one)
    if one.volume_ml is not None:
        yield "volume", f"{_ends(one.volume_ml)} mL"
    if one.route:
        yield "route", one.route
    schedule = "; ".join(_schedule(one))
    if schedule:
        yield "schedule", schedule
    for number, phase in enumerate(one.phases, 1):
        if phase.dose_low is not None:
            days = f", days {_listed(phase.days)}" if phase.days else ""
            low = _range(phase.dose_low, phase.dose_high)
            yield f"part {number}", f"{low} {phase.dose_unit or ''}{days}".strip()
    if one.flags:
        yield "note", "; ".join(one.flags)


def _dose(one: Component) -> str:
    sign = one.operator if one.operator not in ("=", None) else ""
    told = f"{sign}{_range(one.dose_low or 0.0, one.dose_high)} {one.dose_unit or ''}".strip()
    if one.basis == "day":
        told += " a day"
    return told + (f", at most {amount_text(one.maximum)}" if one.maximum is not None else "")


def _schedule(one: Component) -> Iterator[str]:
    if one.doses_total is not None:
        yield f"{_ends(one.doses_total)} {'dose' if one.doses_total == 1 else 'doses'}"
    if one.days:
        yield f"days {_listed(one.days)}"
    if one.interval_days is not None:
        yield f"every {_ends(one.interval_days)} days"
    if one.times_per_day is not None:
        yield f"{_ends(one.times_per_day)} times a day"
    if one.times_per_week is not None and one.interval_days is None:
        yield f"{_ends(one.times_per_week)} times a week"
    if one.duration_days is not None:
        yield f"for {_ends(one.duration_days)} days"
    if one.infusion_minutes is not None:
        yield f"over {_ends(one.infusion_minutes)} minutes"


def dose_text(dose: DoseScale) -> Iterator[tuple[str, str]]:
    """The scales that are known; then what was assumed, and why others are not."""
    for name, words in _SCALES:
        ends: tuple[float, float] | None = getattr(dose, name)
        if ends is not None:
            unit = f"{dose.unit}/kg" if name == "per_kg" else dose.unit
            yield words, f"{_range(*ends)} {unit}"
    if dose.whys:
        yield "reckoned", "; ".join(dose.whys)


def outcome_lines(row: OutcomeRow) -> Iterator[tuple[str, str]]:
    """What was read of an outcome besides its measure."""
    told = row.outcome
    if row.family:
        yield "family", row.family
    if told.instrument:
        version = f" {told.instrument_version}" if told.instrument_version else ""
        yield "instrument", f"{told.instrument}{version}"
    times = []
    if told.timepoints_days:
        times.append(f"days {_listed(told.timepoints_days)}")
    if told.window_days is not None:
        times.append(f"day {told.window_days[0]:g} to {told.window_days[1]:g}")
    if told.recurring_every_days is not None:
        times.append(f"every {told.recurring_every_days:g} days")
    times += [_event(event.event, event.offset_days) for event in told.events]
    if times:
        yield "when", "; ".join(times)
    if told.aggregation:
        yield "summed up as", told.aggregation
    if told.unread:
        yield "not understood", "; ".join(told.unread)
    if told.flags:
        yield "note", "; ".join(told.flags)


def _event(name: str, offset: float) -> str:
    if not offset:
        return f"at {name}"
    return f"{abs(offset):g} days {'after' if offset > 0 else 'before'} {name}"


def mark_text(mark: Mark) -> str:
    """One event of a schedule: ``day 0: 5e7 cells``."""
    if mark.kind == "event":
        return _event(mark.label, mark.start)
    one_day = mark.start == mark.end
    days = f"day {mark.start:g}" if one_day else f"day {mark.start:g} to {mark.end:g}"
    label = "" if mark.kind in ("measurement", "observation") else f": {mark.label}"
    return f"{days}{label}{' (reckoned)' if mark.reckoned else ''}"


def _range(low: float, high: float | None) -> str:
    same = high is None or high == low
    return amount_text(low) if same else f"{amount_text(low)} to {amount_text(high or 0.0)}"


def _ends(value: Number) -> str:
    if isinstance(value, tuple):
        return " to ".join(f"{each:g}" for each in value)
    return f"{value:g}"


def _listed(days: tuple[float, ...]) -> str:
    shown = ", ".join(f"{day:g}" for day in days[:20])
    return shown + (f" and {len(days) - 20} more" if len(days) > 20 else "")
