"""Slots of one component out of its amounts and what is said of its schedule."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from trialweave.protocol.interventions.amounts import Amount
from trialweave.protocol.interventions.component import Phase, Place
from trialweave.protocol.interventions.naming import Name
from trialweave.protocol.interventions.schedule import Said

__all__ = ["Draft", "fill"]

_THEN: Final = re.compile(
    r"\b(?:and\sthen|then|followed\sby|thereafter|afterwards|subsequently|after\sthat)\b",
    re.IGNORECASE,
)
_JOINT: Final = (
    _THEN,
    re.compile(r"\b(?:and|or|versus|vs)\b", re.IGNORECASE),
    re.compile(r"[;.\n](?=\s)"),
    re.compile(r","),
)
_AGREED: Final = ("times_per_day", "times_per_week", "interval_days", "infusion_minutes", "days",
                  "doses_total")  # fmt: skip
_CLOSE: Final = 30  # characters between two mentions of days that are one list
_SEPARATE: Final = re.compile(
    r"[\s,;/]*(?:and|&|,|then|or)?[\s(]*(?:on|at|the|again|study)?[\s(]*\Z", re.I
)


class Role(Protocol):
    """An amount with what it is."""

    @property
    def amount(self) -> Amount: ...
    @property
    def role(self) -> str: ...
    @property
    def operator(self) -> str: ...


class Draft(NamedTuple):
    """A component before its slots are filled; places count in `text`."""

    text: str
    start: int
    end: int
    product: Name | None
    amounts: Sequence[Role]
    said: list[Said]
    shared_start: int = -1  # of a neighbour's part whose schedule holds here too
    shared_end: int = 0


def fill(draft: Draft) -> tuple[dict[str, Any], list[Place], list[str]]:
    """Slots by name, their places, and flags."""
    slots: dict[str, Any] = {}
    places: list[Place] = []
    flags: list[str] = []
    doses = [one for one in draft.amounts if one.role == "dose"]
    for one in draft.amounts:
        flags += one.amount.flags
        _amount(one, doses, slots, places)
    parts = _parts(draft, doses)
    if len(parts) > 1:
        read = [_schedule(draft.text, part) for part in parts]
        phases = [_phase(dose, told) for dose, (told, _) in zip(doses, read, strict=True)]
        slots["phases"] = tuple(phases)
        flags.append("several doses")
        for name, value, place in _of_phases(phases, read):
            slots[name] = value
            places += place
    else:
        told, found = _schedule(draft.text, draft.said)
        slots |= told
        places += found
        if doses and doses[0].amount.either and doses[0].amount.high is not None:
            amount = doses[0].amount
            unit = slots.get("dose_unit")
            slots["phases"] = tuple(
                Phase(dose_low=low, dose_unit=unit) for low in (amount.low, amount.high)
            )
            flags.append("alternative doses")
    return slots, places, list(dict.fromkeys(flags))


def _amount(one: Role, doses: list[Role], slots: dict[str, Any], places: list[Place]) -> None:
    amount = one.amount
    span = (amount.start, amount.end)
    high = amount.high if not amount.either else None
    if one.role == "dose" and one is doses[0]:
        slots["dose_low"], slots["dose_unit"] = amount.low, _unit(amount)
        if high is not None:
            slots["dose_high"] = high
        slots["operator"] = one.operator
        slots["basis"] = next((one for one in ("hour", "day") if one in amount.bases), "dose")
        if "minute" in amount.bases:
            slots["basis"] = "minute"
        places.append(Place("dose", "text", *span))
    elif one.role == "maximum" and "maximum" not in slots:
        slots["maximum"] = amount.low
        places.append(Place("maximum", "text", *span))
    elif one.role == "volume" and "volume_ml" not in slots:
        slots["volume_ml"] = amount.low if high is None else (amount.low, high)
        places.append(Place("volume_ml", "text", *span))
    elif one.role == "total" and "total_dose" not in slots:
        slots["total_dose"] = amount.low
        places.append(Place("total_dose", "text", *span))


def _unit(amount: Amount) -> str:
    basis = next((basis for basis in amount.bases if basis in ("kg", "m2")), "")
    return f"{amount.unit}/{basis}" if basis else amount.unit


def _parts(draft: Draft, doses: list[Role]) -> list[list[Said]]:
    """What is said of each dose, where several follow one another."""
    if len(doses) < 2:
        return [draft.said]
    cuts = [draft.start]
    for before, after in itertools.pairwise(doses):
        cuts.append(_cut(draft.text, before.amount.end, after.amount.start))
    cuts.append(max(draft.end, draft.shared_end) + 1)
    return [
        [one for one in draft.said if low <= one.start < high]
        for low, high in itertools.pairwise(cuts)
    ]


def _cut(text: str, start: int, end: int) -> int:
    """Where the second of two doses begins: at "then", else the last joint before it."""
    for pattern in _JOINT:
        found = list(pattern.finditer(text, start, end))
        if found:
            return found[-1].start()
    return end


def _phase(dose: Role, told: dict[str, Any]) -> Phase:
    amount = dose.amount
    names = ("days", "times_per_day", "times_per_week", "interval_days", "duration_days",
             "doses_total")  # fmt: skip
    kept = {name: told[name] for name in names if name in told}
    high = amount.high if not amount.either else None
    return Phase(dose_low=amount.low, dose_high=high, dose_unit=_unit(amount), **kept)


def _of_phases(
    phases: list[Phase], read: list[tuple[dict[str, Any], list[Place]]]
) -> list[tuple[str, Any, list[Place]]]:
    """Slots of the whole: what all phases agree on; how often a day the first that tells does;
    the last phase's duration."""
    found: list[tuple[str, Any, list[Place]]] = []
    for name in _AGREED:
        told = [(one[name], places) for one, places in read if one.get(name)]
        if not told:
            continue
        whole = len(told) == len(read) or name == "infusion_minutes"
        agreed = whole and len({str(value) for value, _ in told}) == 1
        if agreed or name == "times_per_day":
            found.append((name, told[0][0], [p for p in told[0][1] if p.slot == name]))
    last = [(one["duration_days"], places) for one, places in read if one.get("duration_days")]
    if last:
        value, places = last[-1]
        found.append(("duration_days", value, [p for p in places if p.slot == "duration_days"]))
    return found


def _schedule(text: str, said: list[Said]) -> tuple[dict[str, Any], list[Place]]:
    """Slots of a schedule; the first mention of each counts, lists of days are joined."""
    told: dict[str, Any] = {}
    places: list[Place] = []
    for one in said:
        if one.slot == "days":
            _days(text, one, told, places)
        elif one.slot not in told:
            told[one.slot] = one.value
            places.append(Place(one.slot, "text", one.start, one.end))
    _of_range(told)
    _of_courses(told)
    _of_several_totals(said, told, places)
    often = told.get("times_per_day", 1.0)
    lasting = "duration_days" in told or "interval_days" in told
    if "doses_total" not in told and told.get("days") and not lasting and often in (1.0, 2.0, 3.0):
        told["doses_total"] = len(told["days"]) * often
        places += [Place("doses_total", "text", p.start, p.end) for p in places if p.slot == "days"]
    for name in ("from_day", "day_range", "until_day", "per_course", "courses", "days_per_course"):
        told.pop(name, None)
    kept = ("infusion_minutes", "days", "days_as_written", "interval_days", "times_per_day",
            "times_per_week", "duration_days", "doses_total")  # fmt: skip
    told = {name: told[name] for name in kept if name in told}
    return told, [place for place in places if place.slot in told]


def _days(text: str, one: Said, told: dict[str, Any], places: list[Place]) -> None:
    days = one.value if isinstance(one.value, tuple) else (one.value,)
    if "days" not in told:
        told["days"] = days
        told["days_as_written"] = " ".join(text[one.start : one.end].split())
        places.append(Place("days", "text", one.start, one.end))
        return
    last = next(place for place in reversed(places) if place.slot == "days")
    between = text[last.end : one.start]
    if len(between) <= _CLOSE and _SEPARATE.fullmatch(between) and days[0] > told["days"][-1]:
        told["days"] = (*told["days"], *days)
        told["days_as_written"] = " ".join(text[last.start : one.end].split())
        places.append(Place("days", "text", one.start, one.end))


def _of_range(told: dict[str, Any]) -> None:
    """ "days 1-5" is a duration where something is given daily, else the days themselves."""
    if "day_range" not in told:
        return
    low, high = told["day_range"]
    if "days" in told:
        return
    if "times_per_day" in told or high - low > 6:
        told.setdefault("duration_days", high - low + 1)
    else:
        told["days"] = tuple(float(day) for day in range(int(low), int(high) + 1))


def _of_several_totals(said: list[Said], told: dict[str, Any], places: list[Place]) -> None:
    """Of several numbers of doses, the one that the days bear out."""
    days = len(told.get("days", ()))
    for one in said:
        if one.slot == "doses_total" and days > 1 and one.value == days != told["doses_total"]:
            told["doses_total"] = one.value
            places[:] = [place for place in places if place.slot != "doses_total"]
            places.append(Place("doses_total", "text", one.start, one.end))
            return


def _of_courses(told: dict[str, Any]) -> None:
    """Two courses of two doses are four; seven days a course twice are fourteen."""
    courses = told.get("courses", 1.0)
    if "per_course" in told:
        told.setdefault("doses_total", told["per_course"] * courses)
    if "days_per_course" in told:
        days = told["days_per_course"] * courses
        told.setdefault("duration_days", days)
        if isinstance(told.get("times_per_day"), float):
            told.setdefault("doses_total", told["times_per_day"] * days)
