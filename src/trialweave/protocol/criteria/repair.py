"""Damage that registers' exports did to criteria, and what was probably meant: always flagged.

Old exports wrote the signs ≥ and ≤, which their character set lacked, as "=", so that "SpO2 ≤ 93%"
reads "SpO2 = 93%". An operator is repaired only where the text itself shows the loss: it holds an
"=" before a number and not one intact ≥ or ≤. The side then follows from what trials ask for of
that measure in that section (`Concept.direction`); where it does not follow, the operator stays
as received and is flagged as ambiguous.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.criteria import units
from trialweave.protocol.criteria.concepts import Concept
from trialweave.protocol.criteria.fitting import plausible

__all__ = ["Damage", "Repaired", "damage", "intended", "likely_unit"]

_INTACT: Final = re.compile("[≥≤≧≦⩾⩽]")
_EQUALS: Final = re.compile(r"(?<![<>=!/\\≥≤])=(?![<>=/≥≤])\s{0,3}\d|(?<=\s)\?\s?\d")
_KEEP: Final = re.compile(r"\b(?:maintain|keep|target|achiev|reach)\w{0,3}\b[^.;]{0,60}\Z")
_RISKS: Final = frozenset(("age", "bmi"))
_RISK: Final = re.compile(r"risk|obes|overweight|comorbid|co-morbid|one\s+of\s+the\s+following")
_SWAPS: Final = {
    "mmol/L": ("umol/L", "mg/dL"), "umol/L": ("mmol/L",), "g/L": ("g/dL", "mg/dL"),
    "mg/dL": ("mmol/L", "umol/L", "mg/L", "g/dL"), "g/dL": ("g/L",), "mg/L": ("mg/dL",),
    "mg/mL": ("mg/dL",), "mg/d": ("g/d",), "g/d": ("mg/d",), "10*3/mm3": ("/mm3",),
    "10*9/L": ("/uL", "10*6/L"), "/mm3": ("10*3/mm3", "10*9/L"), "/uL": ("10*3/uL",),
    "/L": ("10*9/L",), "ng/mL": ("ng/dL", "ug/mL", "ng/L"), "ng/dL": ("ng/mL",),
    "kPa": ("mm[Hg]",), "mm[Hg]": ("kPa",), "Cel": ("[degF]",), "ug/L": ("mg/L",), "mg/g": ("g/g",),
    "%": ("1",),
    "/mL": ("/uL",), "10*3/uL": ("/uL",), "nmol/L": ("ng/dL",), "ug/mL": ("ng/mL",), "mL": ("L",),
    "cm": ("mm", "m"), "mm": ("cm",), "pg/mL": ("ng/mL",), "10*6/L": ("10*9/L",), "g/g": ("mg/g",),
}  # fmt: skip


class Damage(NamedTuple):
    """Whether a text lost its signs, and what says so."""

    operators: bool
    reason: str


class Repaired(NamedTuple):
    """The operator probably meant; "" where it cannot be told."""

    sign: str
    reason: str


def damage(text: str) -> Damage:
    """What the whole eligibility text shows of damage to its signs."""
    if _INTACT.search(text):
        return Damage(False, "the text holds intact ≥ or ≤")
    count = 0
    for _ in _EQUALS.finditer(text):
        count += 1
    if not count:
        return Damage(False, "the text has no '=' before a number")
    return Damage(
        True, f"'=' stands before a number in {count} places, and no ≥ or ≤ is left in the text"
    )


def intended(
    concept: Concept, value: float, unit: str, section: str, before: str = "", after: str = ""
) -> Repaired:
    """The operator behind an "=" that stands for ≥ or ≤, from the measure and the section.

    `before` and `after` are the plain text around it: what is to be maintained is a lower bound,
    what is named as a risk is a high age or weight.
    """
    if section not in ("inclusion", "exclusion"):
        return Repaired("", "the section is not known")
    inside = section == "inclusion"
    side, _, bounds = concept.direction.partition(":")
    if unit == "{xLLN}" or (unit == "{xULN}" and side != "high"):
        side = "ge" if unit == "{xLLN}" else "le"
    said = f"({concept.name}, {section})"
    if side == "ge":
        return Repaired(">=" if inside else "<=", f"trials ask for at least so much {said}")
    if side == "le":
        return Repaired("<=" if inside else ">=", f"trials ask for at most so much {said}")
    if side == "high" and bounds and inside and value < float(bounds):
        return Repaired("<=", f"trials ask for at most so much {said}")
    if side == "high":
        return Repaired(">=", f"high values are the condition {said}")
    if side == "low":
        kept = _KEEP.search(before) is not None
        healthy = inside and (kept or (bool(bounds) and value > float(bounds)))
        reason = "trials ask for at least so much" if healthy else "low values are the condition"
        return Repaired(">=" if healthy else "<=", f"{reason} {said}")
    here = _canonical(concept, value, unit)
    if side not in ("mid", "brief") or here is None:
        return Repaired("", f"either side can be meant {said}")
    if side == "brief":
        return Repaired("<=" if (here <= float(bounds)) == inside else ">=", f"its length {said}")
    pivot, low, high, *severe = (float(one) for one in bounds.split(":"))
    if not inside:
        return Repaired("<=" if here < pivot else ">=", f"the side of the value {said}")
    if (severe and here >= severe[0]) or (concept.name in _RISKS and _RISK.search(before + after)):
        return Repaired(">=", f"high values are the condition {said}")
    if low < here < high:
        return Repaired("", f"either side can be meant {said}")
    return Repaired(">=" if here <= low else "<=", f"the side of the value {said}")


def _canonical(concept: Concept, value: float, unit: str) -> float | None:
    if not unit:
        return value
    return units.convert(value, unit, concept.unit, concept.molar_mass, concept.valence)


def likely_unit(concept: Concept, values: tuple[float, ...], unit: str) -> str:
    """Another unit in which all values can be a person's; "" where there is none."""
    for other in _SWAPS.get(unit, ()):
        if all(plausible(concept, value, other) for value in values):
            return other
    return ""
