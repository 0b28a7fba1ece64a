"""The data types of FHIR as plain values: dates, quantities, concepts. Nothing here raises."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from trialweave.model import PartialDate
from trialweave.protocol.criteria.units import measure, ucum
from trialweave.protocol.patients.codes import answer_of, system_of
from trialweave.protocol.patients.facts import Code, Range

__all__ = [
    "Coded", "Held", "Quantity", "Times", "coded", "date_of", "held", "items", "normal_of",
    "quantity", "text", "times",
]  # fmt: skip

_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)[^T]{0,20})?)?)?", re.ASCII
)
_UCUM: Final = "http://unitsofmeasure.org"
_LONGEST: Final = 500  # characters of a text that is kept
_COMPARATORS: Final = ("<", "<=", ">", ">=")


class Times(NamedTuple):
    """From when to when; `clock` is the time of day of the start."""

    start: PartialDate | None = None
    end: PartialDate | None = None
    clock: str = ""
    open_ended: bool = False  # a period that began and states no end


class Coded(NamedTuple):
    """A CodeableConcept: its text for people, and its codes."""

    label: str
    codes: tuple[Code, ...]


class Quantity(NamedTuple):
    """A number with its unit in UCUM, and < <= > >= where it is a bound."""

    value: float
    unit: str
    comparator: str


class Held(NamedTuple):
    """What a value[x] states: a number, a text, yes or no; and the name of its element."""

    value: float | str | bool
    unit: str = ""
    comparator: str = ""
    element: str = ""


def text(value: object) -> str:
    """A text, shortened; "" where it is none."""
    return " ".join(value[: 4 * _LONGEST].split())[:_LONGEST] if isinstance(value, str) else ""


def items(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, or the one object that stands where a list should."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def date_of(value: object) -> tuple[PartialDate | None, str]:
    """A FHIR date, dateTime or instant: the date as precise as stated, and the time of day."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 60 else None
    if found is None:
        return None, ""
    year, month, day, clock = found.groups()
    try:
        return PartialDate(int(year), int(month or 0), int(day or 0)), clock or ""
    except ValueError:
        return None, ""


def times(resource: Mapping[str, Any], *stems: str) -> Times:
    """The time of a resource from the first of its elements that states one: effective[x] …"""
    for stem in stems:
        for suffix in ("DateTime", "Instant", "Date", ""):
            start, clock = date_of(resource.get(stem + suffix))
            if start is not None:
                return Times(start, None, clock)
        period = resource.get(f"{stem}Period")
        if isinstance(period, dict):
            start, clock = date_of(period.get("start"))
            end, _ = date_of(period.get("end"))
            if start is not None or end is not None:
                return Times(start, end, clock, end is None)
    return Times()


def coded(value: object) -> Coded:
    """A CodeableConcept, or a CodeableReference of R5."""
    if not isinstance(value, dict):
        return Coded("", ())
    if isinstance(value.get("concept"), dict):
        return coded(value["concept"])
    codes: list[Code] = []
    displays: list[str] = []
    for each in items(value.get("coding")):
        if len(codes) >= 50:
            break
        code = text(each.get("code"))
        if code:
            codes.append(Code(system_of(text(each.get("system"))), code))
        displays.append(text(each.get("display")))
    label = text(value.get("text")) or next(filter(None, displays), "")
    return Coded(label or (codes[0].code if codes else ""), tuple(codes))


def quantity(value: object) -> Quantity | None:
    """A Quantity; None without a finite number, or with a comparator that is none."""
    if not isinstance(value, dict):
        return None
    number = value.get("value")
    comparator = value.get("comparator") or ""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if not math.isfinite(number) or comparator not in ("", *_COMPARATORS):
        return None
    return Quantity(float(number), _unit(value), comparator)


def _unit(value: Mapping[str, Any]) -> str:
    code, written = text(value.get("code")), text(value.get("unit"))
    if code and text(value.get("system")) in ("", _UCUM):
        return code if measure(code) is not None else ucum(code) or ucum(written) or code
    return ucum(written) or written or code


def held(resource: Mapping[str, Any]) -> Held | None:
    """What value[x] states; None where it states nothing that can be used."""
    found = quantity(resource.get("valueQuantity"))
    if found is not None:
        return Held(found.value, found.unit, found.comparator, "valueQuantity")
    if isinstance(resource.get("valueCodeableConcept"), dict):
        told = coded(resource["valueCodeableConcept"])
        answer = answer_of(told.codes, told.label)
        if answer is not None:
            return Held(answer, element="valueCodeableConcept")
        return Held(told.label, element="valueCodeableConcept") if told.label else None
    for name in ("valueBoolean", "valueInteger", "valueString"):
        value = resource.get(name)
        if isinstance(value, bool):
            return Held(value, element=name)
        if isinstance(value, int):
            return Held(float(value), element=name)
        if isinstance(value, str) and text(value):
            answer = answer_of((), value)
            return Held(text(value) if answer is None else answer, element=name)
    return _ratio(resource.get("valueRatio"))


def _ratio(value: object) -> Held | None:
    """A ratio, as a number where its denominator is not 0: 200 to 0.8 is 250."""
    if not isinstance(value, dict):
        return None
    above, below = quantity(value.get("numerator")), quantity(value.get("denominator"))
    if above is None or below is None or not below.value or above.comparator or below.comparator:
        return None
    number = above.value / below.value
    unit = (
        above.unit if not below.unit or below.unit == above.unit else f"{above.unit}/{below.unit}"
    )
    same = "" if below.unit and below.unit == above.unit else unit
    return Held(number, same, element="valueRatio") if math.isfinite(number) else None


def normal_of(resource: Mapping[str, Any], unit: str) -> Range | None:
    """The limits of normal, where they are of all people and in the result's own unit."""
    for each in items(resource.get("referenceRange")):
        kind = coded(each.get("type"))
        if kind.codes and kind.codes[0].code != "normal":
            continue
        low, high = quantity(each.get("low")), quantity(each.get("high"))
        if any(one is not None and one.unit not in ("", unit) for one in (low, high)):
            continue
        if low is not None or high is not None:
            return Range(low.value if low else None, high.value if high else None)
    return None
