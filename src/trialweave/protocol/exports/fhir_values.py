"""A leaf as FHIR says it in every release: a code and a value, and what of it is lost."""

from __future__ import annotations

import re
from typing import Any, Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Window
from trialweave.protocol.exports.common import (
    Losses,
    clean,
    cut,
    loinc_of,
    lost_sign,
    shown,
    title_of,
)

__all__ = ["after", "code_of", "date_of", "quantity", "reach", "string", "typed"]

_UCUM: Final = "http://unitsofmeasure.org"
_LOINC: Final = "http://loinc.org"
_LIMITS: Final = {
    "{xULN}": "times the upper limit of normal",
    "{xLLN}": "times the lower limit of normal",
}
_DATE: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_SIGNED: Final = ("<", "<=", ">", ">=")

Element = dict[str, Any]


def string(text: str) -> str:
    """A FHIR string: never empty."""
    return clean(text).strip() or "(no text)"


def date_of(text: str) -> Element:
    """The element `date`, where the day is known."""
    return {"date": text} if _DATE.fullmatch(text) else {}


def code_of(name: str) -> Element:
    """A CodeableConcept of what is measured or happens, with LOINC codes where they are known."""
    coding = [{"system": _LOINC, "code": code} for code in loinc_of(name)]
    text = title_of(name)
    return {"coding": coding, "text": text} if coding else {"text": text}


def quantity(value: float, unit: str, operator: str = "") -> Element:
    """A FHIR Quantity. A multiple of a limit of normal is no unit of UCUM and stays a text."""
    made: Element = {"value": int(value) if value.is_integer() and abs(value) < 1e15 else value}
    if operator in _SIGNED:
        made["comparator"] = operator
    if unit in _LIMITS:
        made["unit"] = _LIMITS[unit]
    elif unit:
        made |= {"unit": unit, "system": _UCUM, "code": unit}
    return made


def typed(leaf: Leaf, one: Criterion, losses: Losses) -> tuple[Element, Element]:
    """The code of a leaf, and its value under the name of its type.

    What is not there, and not understood, is said with `valueBoolean`.
    """
    if isinstance(leaf, tree.Compare):
        return code_of(leaf.concept), _measured(leaf, one, losses)
    if isinstance(leaf, tree.InSet):
        if leaf.qualifier:
            losses.note(one, f"how it is measured: {leaf.qualifier}", "however measured", leaf)
        values = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in leaf.values)
        return code_of(leaf.concept), {"valueCodeableConcept": {"text": string(values)}}
    if isinstance(leaf, tree.Event):
        losses.note(one, f"which codes “{cut(leaf.concept)}” has", "its name as text", leaf)
        if leaf.present:
            value = {"text": title_of(leaf.concept)}
            return {"text": title_of(leaf.kind)}, {"valueCodeableConcept": value}
        return code_of(leaf.concept), {"valueBoolean": False}
    losses.note(one, f"not understood: “{cut(leaf.text)}”", "its words", leaf)
    return {"text": string(leaf.text)}, {"valueBoolean": True}


def _measured(leaf: tree.Compare, one: Criterion, losses: Losses) -> Element:
    if lost_sign(leaf):
        losses.note(one, f"on which side of its bound {leaf.concept} is", "its words", leaf)
        text = leaf.written or shown(leaf)
        return {"valueCodeableConcept": {"text": string(text)}}
    if leaf.at != "any":
        losses.note(one, f"of several results the {leaf.at} one", "any result", leaf)
    if leaf.qualifier:
        losses.note(one, f"how it is measured: {leaf.qualifier}", "however measured", leaf)
    if not leaf.unit and leaf.assumed_unit:
        losses.note(one, "no unit is written", f"the common one, {leaf.assumed_unit}", leaf)
    unit = leaf.unit or leaf.assumed_unit
    if unit in _LIMITS:
        losses.note(one, "a multiple of a limit of normal", "its name as the unit", leaf)
    if leaf.high is None:
        return {"valueQuantity": quantity(leaf.low, unit, leaf.operator)}
    if leaf.high < leaf.low:
        losses.note(one, "the upper bound lies below the lower one", "its words", leaf)
        return {"valueCodeableConcept": {"text": string(leaf.written or shown(leaf))}}
    if leaf.inclusive != (True, True):
        losses.note(one, "an end of the range does not belong to it", "a range with both", leaf)
    return {"valueRange": {"low": quantity(leaf.low, unit), "high": quantity(leaf.high, unit)}}


def after(window: Window) -> Element | None:
    """What a window is counted from, as a CodeableConcept; None where it is not written."""
    return {"text": window.anchor.replace("_", " ")} if window.anchor else None


def reach(window: Window, one: Criterion, losses: Losses, leaf: Leaf) -> Element | None:
    """A window as a Range of times from its event, negative before it; None where it is none."""
    length = window.value if window.high is None else window.high
    if window.high is not None and window.relation in ("within_past", "within_next"):
        losses.note(one, "the shorter of two times", "the longer one", leaf)
    before, now = quantity(-length, window.unit), quantity(0.0, window.unit)
    spans: dict[str, Element] = {
        "within_past": {"low": before, "high": now},
        "within_next": {"low": now, "high": quantity(length, window.unit)},
        "at_least_before": {"high": before},
    }
    return spans.get(window.relation)
