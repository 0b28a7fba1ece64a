"""Facts of a trial's design as an article's prose states them, each with its passage.

English only, and precise before complete: what is said of other studies, of studies still to be
done, or of one group is left out, and so is a number of participants on which sentences differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from trialweave.model import Labelled, Trial, Value
from trialweave.records._products import (
    condition_in_text,
    conditions_in_title,
    interventions,
    treatment_details,
)
from trialweave.records._sentences import (
    NUMBER,
    Piece,
    Sentence,
    is_own,
    number,
    sentences,
    value,
)
from trialweave.sources.pages.phases import mentions

__all__ = ["Piece", "describe"]

_RANDOM = re.compile(
    r"\b(?:(?P<no>non-?\s?randomi[sz]ed|not randomi[sz]ed|without randomi[sz]ation)"
    r"|randomi[sz]ed|randomly (?:assigned|allocated|divided)|randomi[sz]ation)\b",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<![\d:.])(\d{1,2}(?:\s?:\s?\d{1,2}){1,4})(?![\d:.])")
_BLIND = re.compile(
    r"\b(?P<times>single|double|triple|quadruple)[\s-]?(?:blind|mask)(?:ed|ing)?\b"
    r"|\b(?P<open>open[\s-]label|unblinded|unmasked|non-?blinded)\b",
    re.IGNORECASE,
)

_ADJECTIVE = (
    r"(?:prospective|retrospective|non-?randomi[sz]ed|randomi[sz]ed|uncontrolled"
    r"|(?:placebo|sham|active|vehicle)[\s-]controlled|controlled"
    r"|(?:single|double|triple|quadruple)[\s-]?(?:blind|mask)(?:ed)?|open[\s-]label|unblinded"
    r"|(?:single|two|three|parallel|multi)[\s-](?:arm|group)|multi-?cent(?:er|re|ric)"
    r"|single[\s-]cent(?:er|re)|pilot|parallel|cross-?over|cohort|observational|interventional"
    r"|proof[\s-]of[\s-]concept|dose[\s-]escalation|first[\s-]in[\s-]human|feasibility"
    r"|investigator-initiated|adaptive|exploratory|case[\s-]control|clinical"
    r"|phase [0-4iv]{1,3}(?:[ab])?(?:[/-][0-4iv]{1,3}[ab]?)?)"
)
_DESIGN = re.compile(
    rf"\b(?:{_ADJECTIVE}(?:,\s+and\s+|,\s*|\s+and\s+|\s+)){{1,12}}"
    r"(?:trial|study|case series|series)\b",
    re.IGNORECASE,
)
_PLACEBO = re.compile(r"\bplacebo(?:[\s-]controlled)?\b", re.IGNORECASE)
_NO_CONTROL = re.compile(
    r"\b(?:single[\s-]arm|uncontrolled|without (?:a )?(?:control|comparison) group"
    r"|no (?:control|comparison) group)\b",
    re.IGNORECASE,
)
_USUAL = re.compile(
    r"\b(?:standard (?:of )?(?:care|treatment|therapy)|usual care|routine (?:care|treatment))\b"
    r"(?! (?:failed|was ineffective))",
    re.IGNORECASE,
)
_AS_CONTROL = re.compile(r"\b(?:controls?|versus|vs|compar\w+|alone)\b", re.IGNORECASE)

_PEOPLE = (
    r"(?:patients?|participants?|subjects?|volunteers?|individuals?|adults?|children|infants?"
    r"|cases|persons?|people|women|men)"
)
_BETWEEN = r"(?:(?!and\b|or\b|of\b|to\b)[\w-]{1,25}\s+){0,5}?"
_JOINED = r"(?:enrolled|recruited|included|randomi[sz]ed)"
_ENROLLED = (
    re.compile(
        rf"\b(?P<n>{NUMBER})\s+{_BETWEEN}{_PEOPLE}\b(?!\s*\(\d)[^.;:]{{0,60}}?\s"
        rf"(?P<be>were|was|will be|have been|had been)\s+(?:\w{{1,15}}\s+)?{_JOINED}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:enrolled|recruited|included|involved|enrolling|recruiting|involving|including)\s+"
        rf"(?:a total of\s+)?(?P<n>{NUMBER})\s+{_BETWEEN}{_PEOPLE}\b(?!\s*\(\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:series|study|trial|cohort)\s+(?:of|in|with|on|comprising)\s+(?P<n>{NUMBER})\s+"
        rf"{_BETWEEN}{_PEOPLE}\b(?!\s*\(\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\A(?:participants?|patients?|population|subjects|sample(?: size)?)\s?:\s*"
        rf"(?P<n>{NUMBER})\s+{_BETWEEN}{_PEOPLE}\b",
        re.IGNORECASE,
    ),
)
_SUBSET = re.compile(
    r"\b(?:\d+\s+of\s+the|out of|(?:control|treatment|placebo|intervention|each|per|study)\s"
    r"(?:group|arm)|per (?:group|arm)|each (?:group|arm)|screened|excluded|died|respectively"
    r"|to (?:the )?(?:control|treatment|placebo|intervention)\b(?! or))",
    re.IGNORECASE,
)
_OF_NUMBER = re.compile(
    rf"(?:\bthe first|/)\s*$|(?:%|\b(?:{NUMBER}|half|third|quarter|most|all|none|some|any|each"
    r"|both))\s+of\s*$",
    re.IGNORECASE,
)

_DURATION = rf"(?P<n>{NUMBER})[\s-](?P<unit>hours?|days?|weeks?|months?|years?)\b"
_FOLLOWED = (
    re.compile(
        rf"\b(?:follow(?:ed|ing)?[\s-]?up|followed|monitored|observed|surveillance|observation)\b"
        rf"[^.;]{{0,80}}?\b(?:for|of|up to|over|until|through|was|period)\s+"
        rf"(?:at least\s+)?{_DURATION}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_DURATION}\s+(?:of\s+)?follow[\s-]?up\b", re.IGNORECASE),
)
_WITHIN = re.compile(
    rf"\bwithin\s+{_DURATION}\s+(?:after|of|post|following|from)\s+(?:the\s+)?(?:first\s+|last\s+)?"
    r"(?:enrol|randomi|treatment|infusion|injection|admission|inclusion|transplant)",
    re.IGNORECASE,
)
# Days of a mean Gregorian month and year.
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.436875, "y": 365.2425}


def describe(pieces: Sequence[Piece]) -> Trial:
    """What the text states of the trial: a `Trial` with the concepts that were found.

    `pieces` are the title (label "title") and the labelled sections in order, with the character
    at which each stands in the received text; all passages count from there.
    """
    all_sentences = list(sentences(pieces))
    own = [sentence for sentence in all_sentences if is_own(sentence)]
    found: dict[str, Any] = {
        "phase": _phase(own),
        "allocation": _allocation(own),
        "masking": _masking(own),
        "study_design": _design(own),
        "follow_up_days": _follow_up(own),
        **_enrollment(own),
        **(conditions_in_title(own) or condition_in_text(own)),
        "interventions": interventions(own),
    }
    return Trial(
        other=(*_ratio(own), *_control(own), *treatment_details(own)),
        **{name: item for name, item in found.items() if item},
    )


def _phase(own: Sequence[Sentence]) -> Value[tuple[str, ...]]:
    """The first phase named, titles before all else."""
    for sentence in sorted(own, key=lambda s: s.label != "title"):
        for phases, start, end in mentions(sentence.text):
            if "not applicable" not in phases:
                return value(phases, "phase", sentence, start, end)
    return Value()


def _allocation(own: Sequence[Sentence]) -> Value[str]:
    for sentence in own:
        if match := _RANDOM.search(sentence.text):
            content = "non-randomised" if match["no"] else "randomised"
            return value(content, "allocation", sentence, *match.span())
    return Value()


def _masking(own: Sequence[Sentence]) -> Value[str]:
    for sentence in own:
        if match := _BLIND.search(sentence.text):
            content = "none" if match["open"] else match["times"].lower()
            return value(content, "masking", sentence, *match.span())
    return Value()


def _design(own: Sequence[Sentence]) -> Value[str]:
    """The longest run of words that describes the design."""
    best: Value[str] = Value()
    for sentence in own:
        for match in _DESIGN.finditer(sentence.text):
            if len(match.group()) > len(best.content or ""):
                best = value(match.group(), "study_design", sentence, *match.span())
    return best


def _ratio(own: Sequence[Sentence]) -> list[Labelled]:
    for sentence in own:
        if _RANDOM.search(sentence.text) and (match := _RATIO.search(sentence.text)):
            return [
                Labelled("allocation ratio", value(match[1], "ratio", sentence, *match.span(1)))
            ]
    return []


def _control(own: Sequence[Sentence]) -> list[Labelled]:
    """What the treatment is held against: placebo, usual care, or nothing."""
    for pattern, needs in ((_PLACEBO, None), (_NO_CONTROL, None), (_USUAL, _AS_CONTROL)):
        for sentence in own:
            match = pattern.search(sentence.text)
            if match and (needs is None or needs.search(sentence.text)):
                return [
                    Labelled("control", value(match.group(), "control", sentence, *match.span()))
                ]
    return []


def _enrollment(own: Sequence[Sentence]) -> dict[str, Value[Any]]:
    """How many took part, where all sentences that say so agree."""
    found: list[tuple[int, Value[int], Value[str]]] = []
    for sentence in own:
        for pattern in _ENROLLED:
            match = pattern.search(sentence.text)
            if not match or _SUBSET.search(sentence.text):
                continue
            if _OF_NUMBER.search(sentence.text[: match.start("n")][-40:]):
                continue
            count = number(match["n"])
            planned: Value[str] = Value()
            if (match.groupdict().get("be") or "").lower() == "will be":
                planned = value("estimated", "enrollment_type", sentence, *match.span("be"))
            found.append((count, value(count, "enrollment", sentence, *match.span("n")), planned))
            break
    if len({count for count, _, _ in found}) != 1:
        return {}
    _, enrollment, planned = found[0]
    return {"enrollment": enrollment, "enrollment_type": planned}


def _follow_up(own: Sequence[Sentence]) -> Value[float]:
    """The longest stated follow-up; else the one period within which outcomes were counted."""
    stated: list[Value[float]] = []
    within: list[Value[float]] = []
    for sentence in own:
        for pattern, into in ((_FOLLOWED[0], stated), (_FOLLOWED[1], stated), (_WITHIN, within)):
            for match in pattern.finditer(sentence.text):
                days = round(number(match["n"]) * _DAYS[match["unit"][0].lower()], 1)
                span = match.start("n"), match.end("unit")
                into.append(value(days, "follow_up_days", sentence, *span))
    if stated:
        return max(stated, key=lambda item: item.content or 0.0)
    if within and len({item.content for item in within}) == 1:
        return within[0]
    return Value()
