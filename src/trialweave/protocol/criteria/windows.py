"""Stretches of time: "within the past 6 months", "for at least 3 weeks before surgery"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from trialweave.protocol.criteria.quantities import TIME, Quantity
from trialweave.protocol.criteria.tree import Window

__all__ = ["windows"]

_PAST: Final = r"(?:past|last|previous|preceding|prior|recent|latest|most\s+recent)"
_BEFORE_PAST: Final = re.compile(rf"\b{_PAST}\s*(?:\(|of\s|at\s+least\s|about\s)?\s*\Z")
_BEFORE_WITHIN: Final = re.compile(
    r"\b(?:within|inside|in|during|with\s?in|<|less\s+than)\s+(?:\(?\s?(?:the|a|an|at\s+least"
    r"|about|approximately|first|initial|up\s+to|period\s+of|=|or\s+equal\s+to)\s*){0,3}\Z"
)
_BEFORE_NEXT: Final = re.compile(r"\b(?:next|following|coming|subsequent|upcoming)\s*\Z")
_BEFORE_FOR: Final = re.compile(
    r"\b(?:for|lasting|lasts?|lasted|persist\w{0,3}|duration(?:\s+(?:of|is))?|continu\w{1,5}"
    r"|stable|since|history\s+of|at\s+least|throughout)\s*(?:\(?\s?(?:a|an|the|at|least"
    r"|more\s+than|of|period\s+of|total\s+of|minimum\s+of|duration\s+of|longer\s+than|about"
    r"|approximately)\s*){0,4}\Z"
)
_BEFORE_OVER: Final = re.compile(
    r"\b(?:over|in|across|per|every)\s+(?:a|an|any|the|each|one)?\s*(?:period\s+of\s+"
    r"|course\s+of\s+)?\Z"
)
_AFTER_PAST: Final = re.compile(
    r"\W{0,3}(?:\([^()]{0,40}\)\s*)?(?:(?:or|and|period|immediately|interval|directly|window"
    r"|just|time|at\s+least|duration)\s+){0,2}"
    r"(?:prior|before|preceding|ago|pre-|previous|earlier|in\s+advance|previously|leading\s+up"
    r"|of\s+(?:the\s+|first\s+|study\s+|initial\s+|initiation|start|planned\s+|trial\s+"
    r"|their\s+|signing\s+|informed\s+|receiving\s+|day\s+)*(?:screen|enrol|inclusion|random"
    r"|study|baseline|registr|entry|visit|dos|treat|admin|trial|start|initiat|recruit|consent"
    r"|surgery|procedure|first|drug|medic|inject|infus|vaccin|day|beginning|informed|cycle"
    r"|anticipat|leukapher|transplant|therapy))"
)
_AFTER_NEXT: Final = re.compile(
    r"\W{0,3}(?:\([^()]{0,40}\)\s*)?(?:after|following|from|post|since|of|subsequent\s+to|later"
    r"|thereafter|beyond|upon)\b"
)
_FUTURE: Final = re.compile(
    r"\b(?:plan\w{0,4}|expect\w{0,3}|schedul\w{0,3}|anticipat\w{0,3}|will|intend\w{0,3}"
    r"|intention|likely|wish\w{0,3}|require[sd]?\s+within|imminent\w{0,2}"
    r"|desir\w{0,3})\b[^.;]{0,80}\Z"
)
_ONE: Final = re.compile(
    rf"\b(?:within|in|during|over|for|throughout)?\s*(?:the\s+|a\s+)?{_PAST}\s+(?P<unit>year"
    rf"|month|week|day|24\s?-?h(?:ours?|rs?)?)\b"
    r"|\bwithin\s+(?:a|an|one|the)\s+(?P<unit2>year|month|week|day)\b"
)
_LEAD: Final = re.compile(
    rf"(?:\(?\s*\b(?:with\s?in|in|during|over|for|throughout|since|at|least|the|a|an|past|last"
    rf"|previous|preceding|prior|recent|most|next|following|of|than|less|more|period|first|to"
    rf"|up|about|approximately|minimum)\b[\s(]*){{1,7}}\Z|{_PAST}\s*\Z"
)
_TAIL: Final = re.compile(
    r"\s*\)?\s*(?:period|interval|time)?\s*(?:immediately\s+)?(?:(?:prior|preceding"
    r"|previous)(?:\s+to)?|before|ago|previously|earlier|of|after|following|from|post"
    r"|since)?(?![a-z])\s*"
    r"(?:(?:the|a|an|first|study|initial|planned|start|of|trial|their|initiation|signing"
    r"|receiving|day|to|date|time|drug|medication|treatment|entry|visit|screening|baseline"
    r"|randomi[sz]ation|enrol\w{0,6}|inclusion|registration|administration|dose|dosing"
    r"|day\s?[01]|informed|consent|surgery|procedure|recruitment|entering|inclusion|beginning"
    r"|investigational|product|therapy|infusion|vaccination|being|randomi[sz]ed|enrolled|in"
    r"|into|current|present|this)\b\s*){0,9}"
)
_ANCHORS: Final = (
    ("screening", "screen"),
    ("randomisation", "random"),
    ("first_dose", "dos"),
    ("first_dose", "drug"),
    ("first_dose", "treatment"),
    ("first_dose", "administration"),
    ("baseline", "baseline"),
    ("consent", "consent"),
    ("surgery", "surgery"),
    ("enrolment", "enrol"),
    ("enrolment", "inclusion"),
    ("enrolment", "study"),
    ("enrolment", "registration"),
    ("enrolment", "trial"),
)
_UNITS: Final = {"year": "a", "month": "mo", "week": "wk", "day": "d"}


def _relation(plain_text: str, one: Quantity) -> str:
    before = plain_text[max(0, one.first - 60) : one.first]
    after = plain_text[one.end : one.end + 90]
    past_after = _AFTER_PAST.match(after) is not None
    at_least = one.sign in (">", ">=")
    if _BEFORE_PAST.search(before):
        return "within_past"
    if _BEFORE_NEXT.search(before):
        return "within_next"
    if _BEFORE_FOR.search(before) and one.sign not in ("<", "<="):
        return "for_at_least"
    if _BEFORE_WITHIN.search(before):
        if past_after:
            return "within_past"
        if _AFTER_NEXT.match(after):
            return "within_next"
        return "within_next" if _FUTURE.search(before) else "within_past"
    if past_after:
        return "at_least_before" if at_least else "within_past"
    if _BEFORE_OVER.search(before):
        return "over"
    if one.sign in ("<", "<=") and _AFTER_NEXT.match(after):
        return "within_next"
    if at_least and _AFTER_NEXT.match(after):
        return "for_at_least" if after.lstrip().startswith("of ") else "at_least_before"
    if at_least:
        return "for_at_least"
    if one.sign in ("<", "<="):
        return "within_past"
    return ""


def windows(plain_text: str, found: Sequence[Quantity]) -> list[tuple[Window, Quantity | None]]:
    """The windows among the quantities that measure nothing else, and those without a number."""
    read: list[tuple[Window, Quantity | None]] = []
    for one in found:
        if one.unit not in TIME or one.unit in ("ms", "s"):
            continue
        relation = _relation(plain_text, one)
        if not relation:
            continue
        start, end = _extent(plain_text, one.first, one.end)
        read.append(
            (
                Window(
                    relation,
                    one.low,
                    one.unit,
                    start,
                    end,
                    one.high,
                    _anchor(plain_text[one.end : end + 20]),
                ),
                one,
            )
        )
    for match in _ONE.finditer(plain_text):
        if any(one.start <= match.end() and match.start() <= one.end for one, _ in read):
            continue
        unit = _UNITS.get(match["unit"] or match["unit2"], "")
        value = 1.0
        if not unit:
            unit, value = "h", 24.0
        _, end = _extent(plain_text, match.start(), match.end())
        read.append((Window("within_past", value, unit, match.start(), end), None))
    return sorted(read, key=lambda pair: pair[0].start)


def _extent(plain_text: str, first: int, end: int) -> tuple[int, int]:
    """The window with the words that belong to it before and after."""
    begin = max(0, first - 60)
    lead = _LEAD.search(plain_text[begin:first])
    start = begin + lead.start() if lead else first
    tail = _TAIL.match(plain_text, end, min(len(plain_text), end + 120))
    stop = tail.end() if tail else end
    while stop > end and plain_text[stop - 1].isspace():
        stop -= 1
    while start < first and plain_text[start].isspace():
        start += 1
    return start, stop


def _anchor(words: str) -> str:
    places = [(at, name) for name, part in _ANCHORS if (at := words.find(part)) >= 0]
    return min(places)[1] if places else ""
