"""Doses made comparable: per dose, per kg of body weight, and in total; or why that cannot be."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.durations import folded
from trialweave.protocol.interventions.component import Component

__all__ = ["NormalDose", "normal_dose", "stated_weight"]

Range = tuple[float, float]

_SCALES: Final = {"g": ("mg", 1000.0), "ug": ("mg", 1e-3), "ng": ("mg", 1e-6)}
_WEIGHT: Final = re.compile(
    r"\b(?:weigh(?:ing|s)|(?:body[\s-]?)?weight)\s?(?:of|is|=|:|about|approximately|assumed|to"
    r"|be)*\s?(?:about\s"
    r"|approximately\s|of\s|a\s)*(?P<kg>[0-9]{2,3}(?:\.[0-9])?)\s?kg\b"
    r"|\b(?P<per>[0-9]{2,3})[\s-]?kg\s(?:adult|person"
    r"|patient|body|man|weight)",
    re.IGNORECASE,
)


class NormalDose(NamedTuple):
    """A dose on common scales; low and high, equal where one dose is told, None where unknown.

    `unit` is "cells", "particles", "mg", "mL", "IU" … `whys` says for each scale that is None what
    is missing, and which assumption was made for those that are not.
    """

    unit: str
    per_dose: Range | None
    per_kg: Range | None
    total: Range | None
    whys: tuple[str, ...]


def stated_weight(text: str) -> float | None:
    """The body weight in kg that a text names as the one reckoned with; None without, or with two.

    >>> stated_weight("prescribed for an adult weighing about 70 kg")
    70.0
    """
    plain = folded(text[:20_000])
    told = {float(match["kg"] or match["per"]) for match in _WEIGHT.finditer(plain)}
    return told.pop() if len(told) == 1 else None


def normal_dose(component: Component, weight: float | None = None) -> NormalDose | None:
    """The dose of a component on each scale; None where it states none.

    `weight` in kg is what the record itself reckons with; none is assumed. A maximum of the record
    limits what weight gives. The total is the dose times the number of doses: as stated, else of
    the days listed, else of times a day for a duration.
    """
    if component.dose_low is None or component.dose_unit is None:
        return None
    whys: list[str] = []
    unit, _, basis = component.dose_unit.partition("/")
    unit, factor = _SCALES.get(unit, (unit, 1.0))
    low = component.dose_low * factor
    high = (component.dose_high or component.dose_low) * factor
    per_dose: Range | None = None
    per_kg: Range | None = None
    if component.operator not in ("=", "~", None):
        whys.append(f"stated as {component.operator}")
    if component.basis in ("hour", "minute"):
        whys.append(f"per dose unknown: given per {component.basis}")
        return NormalDose(unit, None, None, None, tuple(whys))
    if basis == "kg":
        per_kg = (low, high)
        if weight:
            limit = component.maximum * factor if component.maximum else float("inf")
            per_dose = (min(low * weight, limit), min(high * weight, limit))
            whys.append(f"per dose at the stated weight of {weight:g} kg")
        else:
            whys.append("per dose unknown: given per kg, and no weight is stated")
    elif basis:
        whys.append(f"per dose and per kg unknown: given per {basis}")
    else:
        per_dose = (low, high)
        if weight:
            per_kg = (low / weight, high / weight)
            whys.append(f"per kg at the stated weight of {weight:g} kg")
        else:
            whys.append("per kg unknown: given whole, and no weight is stated")
    total = _total(component, per_dose, factor, whys)
    return NormalDose(unit, per_dose, per_kg, total, tuple(whys))


def _total(
    component: Component, per_dose: Range | None, factor: float, whys: list[str]
) -> Range | None:
    if component.total_dose is not None:
        whys.append("total as stated")
        return component.total_dose * factor, component.total_dose * factor
    if per_dose is None:
        whys.append("total unknown: the dose of one administration is")
        return None
    if component.phases:
        whys.append("total unknown: several doses")
        return None
    if component.basis == "day":
        number = component.duration_days
        how = "days"
    elif component.doses_total is not None:
        number, how = component.doses_total, "doses"
    elif component.days:
        number, how = float(len(component.days)), "days listed"
    elif component.times_per_day is not None and component.duration_days is not None:
        times, days = _pair(component.times_per_day), _pair(component.duration_days)
        number, how = (times[0] * days[0], times[1] * days[1]), "times a day for the duration"
    else:
        number, how = None, ""
    if number is None:
        whys.append("total unknown: the number of doses is not stated")
        return None
    low, high = _pair(number)
    whys.append(f"total of {low:g} {how}" if low == high else f"total of {low:g} to {high:g} {how}")
    return per_dose[0] * low, per_dose[1] * high


def _pair(number: float | tuple[float, ...]) -> Range:
    if isinstance(number, tuple):
        return number[0], number[-1]
    return number, number
