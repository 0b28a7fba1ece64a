"""Comparisons: linked quantities and grades as leaves of the tree, with what has to be flagged."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.criteria.concepts import Concept, Mention, concepts
from trialweave.protocol.criteria.fitting import plausible, reading, unit_of
from trialweave.protocol.criteria.grades import Grades
from trialweave.protocol.criteria.link import Linked
from trialweave.protocol.criteria.quantities import Quantity
from trialweave.protocol.criteria.repair import Damage, intended, likely_unit
from trialweave.protocol.criteria.tree import Compare, Flag, InSet, Leaf, Made

__all__ = ["Source", "compared", "graded"]

_CHANGE: Final = re.compile(
    r"\b(?:(?P<rise>increas(?:e|es|ed|ing)|rises?|rising|increments?)"
    r"|(?P<fall>decreas(?:e|es|ed|ing)|falls?|falling|drops?|declin(?:e|es|ed|ing)"
    r"|reductions?|reduced|fell))\b"
)
_DAY: Final = re.compile(r"\b24\s?-?\s?h|\bdaily\b|\bday\b")
_AT: Final = (
    ("worst", "worst"),
    ("highest", "worst"),
    ("latest", "latest"),
    ("most recent", "latest"),
    ("baseline", "baseline"),
)
_RESTING: Final = re.compile(r"\b(?:at\s+rest|resting\s+state|room\s+air|on\s+exertion)\b")
_ONSET: Final = re.compile(
    r"\b(?:onset|diagnos\w{2,4}|debut|began|begun|start\w{0,3})\b[^.;,]{0,45}\b(?:after|before"
    r"|at|by|prior\s+to|under|over|older"
    r"|younger)\s+(?:than\s+)?(?:the\s+)?(?:age\s+)?(?:of\s+)?\Z"
)


class Source(NamedTuple):
    """A criterion's text, plain and as received, with its section and what is known of damage."""

    plain: str
    received: str
    section: str
    damage: Damage


def compared(linked: Linked, source: Source, since: int = 0) -> list[Made]:
    """The comparisons of one linked quantity: one for each concept, two for "160/100".

    A concept named before `since`, where the last quantity ends, is among its characters.
    """
    made: list[Made] = []
    one = linked.quantity
    for i, mention in enumerate(linked.mentions):
        start, end = _extent(linked, mention, i, i == len(linked.mentions) - 1)
        if mention.start < since:
            start, end = one.first, one.end
        pairs = [(mention.concept, one)]
        if mention.concept.name == "systolic_diastolic":
            pairs = _pressures(one)
        for concept, quantity in pairs:
            made.append(_compare(linked._replace(quantity=quantity), concept, start, end, source))
    return made


def _pressures(one: Quantity) -> list[tuple[Concept, Quantity]]:
    table = concepts()
    systolic = (table["sbp"], one._replace(over=None))
    if one.over is None:
        return [systolic]
    return [systolic, (table["dbp"], one._replace(low=one.over, over=None))]


def _extent(linked: Linked, mention: Mention, i: int, last: bool) -> tuple[int, int]:
    one = linked.quantity
    if mention.start >= one.first:
        return min(one.first, mention.start), max(mention.end, one.end)
    if last:
        return mention.start, one.end
    return mention.start, linked.mentions[i + 1].start


class _Quote(NamedTuple):
    """The words a comparison was read from, and the flags raised about them so far."""

    text: str
    start: int
    end: int
    flags: list[Flag]

    def flag(self, name: str, reason: str, suggested: str = "") -> None:
        self.flags.append(Flag(name, reason, self.start, self.end, self.text, suggested))


def _compare(linked: Linked, concept: Concept, start: int, end: int, source: Source) -> Made:
    one = linked.quantity
    quote = _Quote(source.received[one.first : one.end], one.first, one.end, [])
    unit = unit_of(concept, one, source.received)
    low, high = _limits(one, concept, unit, quote)
    concept = _meant(concept, one, low, unit, start, source.plain)
    if one.repaired:
        reason = "raised digits of a power of ten stand lowered"
        quote.flag("superscript_repaired", reason, unit or f"{low:g}")
    sign = _sign(linked, concept, low, unit, source, quote)
    unit, assumed, scale = _unit(concept, low, high, unit, source.plain[max(0, start - 20) : end])
    low, high = low / scale, None if high is None else high / scale
    _doubts(concept, low, high, unit, assumed, quote)
    leaf = Compare(
        concept.name, sign or "=", low, start, end, high, one.inclusive, unit, assumed,
        _at(source.plain, start, end), None, _qualifier(concept, source.plain, start), quote.text,
        tuple(dict.fromkeys(flag.name for flag in quote.flags)),
    )  # fmt: skip
    return Made(leaf, tuple(quote.flags))


def _limits(
    one: Quantity, concept: Concept, unit: str, quote: _Quote
) -> tuple[float, float | None]:
    """The values of a quantity in the readings that a person can have."""
    low, again = reading(concept, one.low, one.other[0], unit)
    high, again_high = one.high, False
    if one.high is not None:
        high, again_high = reading(concept, one.high, one.other[1], unit)
        if again and not again_high and one.other[1] is None and low > one.high:
            low, again = one.low, False
    if again or again_high:
        read = f"{low:g}" if high is None else f"{low:g} to {high:g}"
        quote.flag("number_reread", f"the other reading is no value of {concept.name}", read)
    return low, high


def _meant(
    concept: Concept, one: Quantity, low: float, unit: str, start: int, plain_text: str
) -> Concept:
    """The concept that is meant where the words around the quantity say more than its name."""
    if concept.name == "age" and _ONSET.search(plain_text, max(0, one.first - 60), one.start):
        return concepts()["age_at_onset"]
    if concept.name == "oxygenation_index" and (unit in ("mm[Hg]", "kPa") or low >= 60):
        return concepts()["pf_ratio"]  # which many trials call so
    if unit == "%" and concept.unit != "%" and (change := _changes(plain_text, start, one)):
        # "a fall of more than 50% in the eGFR" says nothing of its level
        return concept._replace(name=f"{concept.name}_{change}", unit="%", direction="", high=0)
    return concept


def _changes(plain_text: str, start: int, one: Quantity) -> str:
    """ "rise" or "fall", where the words around a percentage say that it is one."""
    around = plain_text[max(0, min(start, one.first) - 30) : one.end + 40]
    found = _CHANGE.search(around)
    return ("rise" if found["rise"] else "fall") if found else ""


def _sign(
    linked: Linked, concept: Concept, low: float, unit: str, source: Source, quote: _Quote
) -> str:
    """The operator, told from the measure where an export took it."""
    one = linked.quantity
    sign = one.behind if linked.flipped else one.sign
    if not sign and one.high is None and concept.kind != "score":
        quote.flag("operator_ambiguous", "no operator is written")
    if one.written[:1] in ("≥", "≤") and source.received[one.first] in "³£":
        reason = "a sign of a symbol font came out as a letter"
        quote.flag("operator_repaired", reason, f"{sign} {low:g}")
    lost = one.written.strip() in ("=", "?") or linked.flipped
    if sign != "=" or one.high is not None or not lost:
        return sign
    if concept.name == "fio2" and low in (0.21, 21):
        return sign  # room air
    before = source.plain[max(0, one.first - 120) : one.first]
    after = source.plain[one.end : one.end + 60]
    found = intended(concept, low, unit, source.section, before, after)
    damage = source.damage
    if damage.operators and found.sign:
        reason = f"{damage.reason}; {found.reason}"
        quote.flag("operator_repaired", reason, f"{found.sign} {low:g}")
        return found.sign
    if concept.kind != "score" or damage.operators:
        reason = found.reason if damage.operators else "an exact value of a measure is unlikely"
        quote.flag("operator_ambiguous", f"{damage.reason}; {reason}")
    return sign


def _unit(
    concept: Concept, low: float, high: float | None, unit: str, around: str
) -> tuple[str, str, float]:
    """The unit, what is assumed where none is written, and what the values are divided by."""
    if unit in ("g", "mg") and concept.unit.endswith("/d") and concept.kind == "lab":
        return (f"{unit}/d" if _DAY.search(around) else unit), "", 1.0
    if unit == "{score}" and concept.kind == "score":
        return (concept.unit if concept.unit in ("", "{score}") else unit), "", 1.0
    if unit or not concept.unit or concept.unit == "{xULN}":
        return unit, "", 1.0
    if concept.name in ("age", "age_at_onset"):
        return "a", "", 1.0
    if concept.kind == "score":
        return concept.unit, "", 1.0
    if concept.unit == "10*9/L" and low >= 1e8:  # "0.5 x 10^9" with the litre left out
        return concept.unit, "", 1e9
    values = (low,) if high is None else (low, high)
    if all(plausible(concept, value, concept.unit) is not False for value in values):
        return "", concept.unit, 1.0
    return "", likely_unit(concept, values, concept.unit) or concept.unit, 1.0


def _doubts(
    concept: Concept, low: float, high: float | None, unit: str, assumed: str, quote: _Quote
) -> None:
    """Flags a unit left out, a unit or value that nobody has, and bounds the wrong way round."""
    if assumed:
        reason = f"no unit is written; {concept.name} of such a size is commonly in {assumed}"
        quote.flag("unit_assumed", reason, assumed)
    values = (low,) if high is None else (low, high)
    if any(plausible(concept, value, unit or assumed) is False for value in values):
        other = likely_unit(concept, values, unit) if unit else ""
        if other:
            reason = f"no value of {concept.name} in {unit}; {other} fits"
            quote.flag("unit_suspect", reason, other)
        else:
            here = unit or assumed or "its unit"
            quote.flag("value_implausible", f"no value of {concept.name} in {here}")
    if high is not None and high < low:
        quote.flag("bounds_contradict", "the upper bound lies below the lower one")


def _at(plain_text: str, start: int, end: int) -> str:
    around = plain_text[max(0, start - 25) : end + 25]
    for word, name in _AT:
        if word in around:
            return name
    return "any"


def _qualifier(concept: Concept, plain_text: str, start: int) -> str:
    if concept.name in ("spo2", "pao2", "resp_rate", "heart_rate"):
        found = _RESTING.search(plain_text, max(0, start - 40), min(len(plain_text), start + 120))
        return found[0] if found else ""
    return ""


def graded(one: Grades, source: Source) -> Made:
    """A set of grades, or a bound on them, as a leaf."""
    concept = one.mention.concept
    if one.sign and isinstance(value := one.values[0], float):
        written = source.received[one.start : one.end]
        sign = one.sign
        flags: tuple[Flag, ...] = ()
        if (
            sign == "="
            and source.damage.operators
            and (found := intended(concept, value, "", source.section)).sign
        ):
            sign = found.sign
            reason = f"{source.damage.reason}; {found.reason}"
            told = f"{sign} {value:g}"
            flags = (Flag("operator_repaired", reason, one.start, one.end, written, told),)
        leaf: Leaf = Compare(
            concept.name, sign, value, one.start, one.end, unit=concept.unit, written=written,
            flags=tuple(flag.name for flag in flags),
        )  # fmt: skip
        return Made(leaf, flags)
    lettered = concept.name == "child_pugh" and isinstance(one.values[0], str)
    name = "child_pugh_class" if lettered else concept.name
    return Made(InSet(name, one.values, one.start, one.end), ())
