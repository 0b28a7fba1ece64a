"""What one record states for each row of a comparison, with its key and its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.model import Record, Trial, Value
from trialweave.protocol import interventions, outcomes
from trialweave.protocol.interventions import Component, Given, normal_dose, stated_weight
from trialweave.protocol.outcomes import Registered, outcome_family
from trialweave.records.concepts import text_of

__all__ = ["ROWS", "ReadRecord", "Stated", "read_record", "tested"]


class Stated(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement of one record: in words, its key for comparing, and where it stands."""

    text: str
    key: str
    record_id: str
    address: str
    note: str = ""


class ReadRecord(NamedTuple):
    """A record's trial with what was read of it."""

    record: Record
    trial: Trial
    given: tuple[Given, ...]
    outcomes: tuple[tuple[str, str, Registered], ...]
    weight: float | None


def read_record(record: Record) -> ReadRecord:
    trial = record.about
    texts = [
        text.content
        for item in trial.interventions.content or ()
        for text in (item.name, item.description)
        if text.content
    ]
    return ReadRecord(
        record,
        trial,
        interventions.of_trial(trial),
        outcomes.of_trial(trial),
        stated_weight(" ".join(texts)),
    )


def _field(concept: str) -> Callable[[ReadRecord], list[Stated]]:
    def state(one: ReadRecord) -> list[Stated]:
        value: Value[Any] = getattr(one.trial, concept)
        if not value:
            return []
        text = text_of(value)
        return [Stated(text, text.casefold(), one.record.record_id, concept)]

    return state


def tested(one: ReadRecord) -> list[Given]:
    """What is tested; without roles, everything that is neither comparator nor background."""
    tested = [given for given in one.given if given.role == "tested"]
    return tested or [given for given in one.given if given.role == ""]


def _of_components(
    tell: Callable[[Component], tuple[str, str] | None],
    slot: str,
    role: str = "tested",
) -> Callable[[ReadRecord], list[Stated]]:
    def state(one: ReadRecord) -> list[Stated]:
        held = tested(one) if role == "tested" else [g for g in one.given if g.role == role]
        found: dict[str, Stated] = {}
        for given in held:
            told = tell(given.component)
            if told is not None:
                text, key = told
                found.setdefault(
                    key,
                    Stated(text, key, one.record.record_id, _address(given, slot),
                           _note(given.component, slot)),
                )  # fmt: skip
        return list(found.values())

    return state


def _note(component: Component, slot: str) -> str:
    """Repairs beside the dose; beside all else only where it was read from."""
    told = [flag for flag in component.flags if slot == "dose" or "read from" in flag]
    return "; ".join(told)


def _address(given: Given, slot: str) -> str:
    place = given.component.place(slot)
    if place is not None and place.field == "name":
        return given.name
    return given.text or given.name


def _plain(name: str) -> Callable[[Component], tuple[str, str] | None]:
    def tell(component: Component) -> tuple[str, str] | None:
        value = getattr(component, name)
        return (str(value), str(value).casefold()) if value else None

    return tell


def _dose(component: Component) -> tuple[str, str] | None:
    if component.dose_low is None:
        return None
    if component.phases:
        parts = [
            _amount(phase.dose_low, phase.dose_high, phase.dose_unit) for phase in component.phases
        ]
        text = ", then ".join(part for part in parts if part)
        return text, text
    sign = component.operator if component.operator not in ("=", None) else ""
    text = f"{sign}{_amount(component.dose_low, component.dose_high, component.dose_unit)}"
    return (f"{text} a day", f"{text} a day") if component.basis == "day" else (text, text)


def _amount(low: float | None, high: float | None, unit: str | None) -> str:
    if low is None:
        return ""
    told = _number(low) if high is None else f"{_number(low)} to {_number(high)}"
    return f"{told} {unit or ''}".strip()


def _number(value: float) -> str:
    if value < 1e5:
        return f"{value:g}"
    digits, power = f"{value:.3e}".split("e")
    return f"{float(digits):g}e{int(power)}"


def _normalised(scale: str) -> Callable[[ReadRecord], list[Stated]]:
    """A dose on one scale; where it cannot be told, the note says why and no key is compared."""

    def state(one: ReadRecord) -> list[Stated]:
        found: list[Stated] = []
        for given in tested(one):
            dose = normal_dose(given.component, one.weight)
            if dose is None:
                continue
            ends = getattr(dose, scale)
            unit = f"{dose.unit}/kg" if scale == "per_kg" else dose.unit
            words = scale.replace("_", " ")
            why = "; ".join(
                why for why in dose.whys if why.startswith((words, "stated as", "per dose and"))
            )
            text = ""
            if ends is not None:
                text = _amount(ends[0], ends[1] if ends[1] > ends[0] else None, unit)
            address = _address(given, "dose")
            found.append(Stated(text or "unknown", text, one.record.record_id, address, why))
        return list({(one.text, one.note): one for one in found}.values())

    return state


def _schedule(component: Component) -> tuple[str, str] | None:
    parts = []
    if component.doses_total is not None:
        parts.append(f"{_told(component.doses_total)} doses")
    if component.days:
        parts.append("days " + ", ".join(f"{day:g}" for day in component.days))
    if component.interval_days is not None:
        parts.append(f"every {_told(component.interval_days)} days")
    if component.times_per_day is not None:
        parts.append(f"{_told(component.times_per_day)} times a day")
    if component.times_per_week is not None and component.interval_days is None:
        parts.append(f"{_told(component.times_per_week)} times a week")
    if component.duration_days is not None:
        parts.append(f"for {_told(component.duration_days)} days")
    text = "; ".join(parts)
    return (text, text) if text else None


def _told(value: float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return " to ".join(f"{one:g}" for one in value)
    return f"{value:g}"


def _arms(one: ReadRecord) -> list[Stated]:
    arms = one.trial.arms.content or ()
    if not arms:
        return []
    labels = ", ".join(arm.label.content or arm.type.content or "not named" for arm in arms)
    text = f"{len(arms)}: {labels}"
    return [Stated(text, str(len(arms)), one.record.record_id, "arms")]


def _registered(kind: str) -> Callable[[ReadRecord], list[Stated]]:
    def state(one: ReadRecord) -> list[Stated]:
        return [
            Stated(_outcome(told), outcome_family(told) or told.measure.casefold(),
                   one.record.record_id, address)
            for own, address, told in one.outcomes
            if own == kind
        ]  # fmt: skip

    return state


def _outcome(told: Registered) -> str:
    parts = [told.measure]
    if told.instrument:
        version = f" {told.instrument_version}" if told.instrument_version else ""
        parts.append(f"{told.instrument}{version}")
    return "; ".join(part for part in (*parts, _times(told)) if part)


def _times(told: Registered) -> str:
    parts = []
    if told.timepoints_days:
        parts.append("days " + ", ".join(f"{day:g}" for day in told.timepoints_days))
    if told.window_days is not None:
        parts.append(f"from day {told.window_days[0]:g} to {told.window_days[1]:g}")
    if told.recurring_every_days is not None:
        parts.append(f"every {told.recurring_every_days:g} days")
    parts += [
        f"{event.offset_days:g} days after {event.event}"
        if event.offset_days
        else f"at {event.event}"
        for event in told.events
    ]
    return ", ".join(parts)


def _time_points(one: ReadRecord) -> list[Stated]:
    found: dict[str, Stated] = {}
    for kind, address, told in one.outcomes:
        text = _times(told)
        if kind == "primary" and text:
            found.setdefault(
                text, Stated(text, text, one.record.record_id, f"{address}.time_frame")
            )
    return list(found.values())


ROWS: Final[tuple[tuple[str, str, Callable[[ReadRecord], list[Stated]]], ...]] = (
    ("product", "Product", _of_components(_plain("product"), "product")),
    ("kind", "Kind of product", _of_components(_plain("kind"), "kind")),
    ("cell_source", "Source of cells", _of_components(_plain("cell_source"), "cell_source")),
    ("donor", "Donor", _of_components(_plain("donor"), "donor")),
    ("dose", "Dose", _of_components(_dose, "dose")),
    ("dose_per_dose", "Dose of one administration", _normalised("per_dose")),
    ("dose_per_kg", "Dose per kg of body weight", _normalised("per_kg")),
    ("dose_total", "Total dose", _normalised("total")),
    ("route", "Route", _of_components(_plain("route"), "route")),
    ("schedule", "Schedule", _of_components(_schedule, "days")),
    ("comparator", "Comparator", _of_components(_plain("product"), "product", "comparator")),
    ("background", "Given to all", _of_components(_plain("product"), "product", "background")),
    ("arms", "Arms", _arms),
    ("allocation", "Allocation", _field("allocation")),
    ("masking", "Masking", _field("masking")),
    ("enrollment", "Participants", _field("enrollment")),
    ("phase", "Phase", _field("phase")),
    ("conditions", "Condition", _field("conditions")),
    ("severity", "Severity", _field("severity")),
    ("minimum_age", "Youngest age", _field("minimum_age")),
    ("maximum_age", "Oldest age", _field("maximum_age")),
    ("sex", "Sex", _field("sex")),
    ("primary_outcomes", "Primary outcomes", _registered("primary")),
    ("time_points", "Time points of primary outcomes", _time_points),
    ("secondary_outcomes", "Secondary outcomes", _registered("secondary")),
)
