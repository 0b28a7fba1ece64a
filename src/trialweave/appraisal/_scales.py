"""What an outcome's wording tells of the numbers that single patients can have.

Bounds and wholeness are taken only where the wording states them or names an instrument whose
total score is a sum of whole points. Nothing is guessed: a missed instrument costs a check, a
wrong one a false alarm.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from trialweave.model import Finding

__all__ = ["Scale", "is_change", "is_scored", "scale_of", "zero_or_one"]

_LONGEST = 2_000

# Name, least and largest total score. All are sums or single ratings in whole points.
_INSTRUMENTS: tuple[tuple[str, int, int], ...] = (
    (r"glasgow coma (?:scale|score)|\bgcs score", 3, 15),
    (r"\bapgar\b", 0, 10),
    (r"modified rankin", 0, 6),
    (r"\bnihss\b|nih stroke scale|national institutes? of health stroke scale", 0, 42),
    (r"\bphq-?9\b", 0, 27),
    (r"\bgad-?7\b", 0, 21),
    (r"insomnia severity index", 0, 28),
    (r"pittsburgh sleep quality index|\bpsqi\b", 0, 21),
    (r"epworth sleepiness", 0, 24),
    (r"\bmmse\b|(?<!modified )mini-?mental", 0, 30),
    (r"\bmoca\b|montreal cognitive", 0, 30),
    (r"\bmadrs\b|montgomery-?.?sberg", 0, 60),
    (r"\bbdi-?(?:ii|2)\b|beck depression inventory-?\s?(?:ii|2)\b", 0, 63),
    (r"\bhamd-?17\b|\bham-d-?17\b|\bhdrs-?17\b", 0, 52),
    (r"\bymrs\b|young mania rating", 0, 60),
    (r"edinburgh postnatal depression", 0, 30),
    (r"\bpanss total", 30, 210),
    (r"\bcgi-?s\b|clinical global impression.{0,3}severity", 1, 7),
    (r"\bsofa (?:score|total)|sequential organ failure", 0, 24),
    (r"\bapache[- ]?ii\b", 0, 71),
    (
        r"(?:\bmmrc\b|modified medical research council).{0,40}dyspn|"
        r"\bdyspn.{0,40}(?:\bmmrc\b|modified medical research council)",
        0,
        4,
    ),
    (r"copd assessment test", 0, 40),
    (r"international prostate symptom score", 0, 35),
    (r"roland-?.?morris", 0, 24),
    (r"dermatology life quality index|\bdlqi\b", 0, 30),
    (r"\buas7\b", 0, 42),
    (r"berg balance", 0, 56),
    (r"short physical performance battery|\bsppb\b", 0, 12),
    (r"fugl-?.?meyer.{0,40}upper|\bfma-ue\b", 0, 66),
    (r"action research arm test|\barat\b", 0, 57),
    (r"functional independence measure(?!.{0,60}\bcognit)", 18, 126),
    (r"barthel", 0, 100),
    (r"child-?.?pugh score", 5, 15),
)
_TABLE = tuple((re.compile(pattern), low, high) for pattern, low, high in _INSTRUMENTS)

# Wordings under which a score is no longer a sum of whole points, or not the whole one.
_DERIVED = re.compile(
    r"z[- ]?scores?\b|t[- ]?scores?\b|standardi[sz]ed|\bpercent|%|\blog|ratio|adjusted|"
    r"least[- ]squares?|\bls\b|model|\brate|\bper\b|/|\bmotor\b|sub-?scale|sub-?score|domain|"
    r"\bitems?\b|\bauc\b|area under|time[- ]weighted|\baverage|\bdaily\b|\bweekly\b|\bmonthly\b|"
    r"annuali[sz]ed|response|improvement|index of|mean of",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:number|count) of (?!days|hours|weeks|months|years|minutes|copies|cells|units|steps)"
    r"(?:\w+[- ]){0,3}(?:lesions|joints|teeth|oocytes|embryos|follicles|episodes|attacks|seizures|"
    r"exacerbations|polyps|fractures|infections|hospitali[sz]ations|admissions|visits|children|"
    r"pregnancies|births|injections|infusions|cigarettes|drinks|falls)\b",
    re.IGNORECASE,
)
_AVERAGED = re.compile(
    r"(?:mean|average) (?:of|over) (\d{1,2}) items|(\d{1,2})-item (?:mean|average)"
)
_NUMBER = r"(-?\d{1,4})"
_ENDS = rf"{_NUMBER}\s?(?:-|–|to|through|and)\s?{_NUMBER}"
_NO_TIME = r"(?![\d.])(?!\s?(?:h|hours?|d|days?|wks?|weeks?|months?|mo|years?|y|min\w*)\b)(?!\s?%)"
_STATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:range[sd]?|ranging)(?: of scores?)?:?\s(?:is\s|are\s)?(?:from\s|between\s|of\s)?"
        rf"{_ENDS}{_NO_TIME}",
        rf"\b(?:scale|score[ds]?) (?:of|from) {_ENDS}{_NO_TIME}",
        rf"\b(?:scale|score|vas|nrs|index)\s?\({_ENDS}(?:\spoints?|\scm|\smm)?\)",
        rf"(?<![\d.-]){_ENDS}[- ](?:points? )?(?:scale|vas|nrs|numeric rating|visual analog\w*)",
    )
)
_SCORED = re.compile(
    r"\b(?:scores?|scored|scale|points?|questionnaire|vas|nrs|index|rating)\b", re.I
)
_MAY_BE_WHOLE = re.compile(r"\b(?:scores?|points?|number of|count of)\b", re.IGNORECASE)
_NOT_ENDS = re.compile(r"normal|reference|interquartile|\biqr\b|\bage\b|limits", re.IGNORECASE)
_CHANGE = re.compile(
    r"\bchang|\bdelta\b|Δ|\breduc|\bdecreas|\bincreas|\bdifferen|\bimprov|\bgain|\bdeclin|\bdrop",
    re.IGNORECASE,
)
_BINARY = re.compile(
    r"\b(?:binary|dichotomous|indicator)\b|\b0\s?=\s?no\b|\b1\s?=\s?yes\b|\bcoded (?:as )?0\b"
    r"|\b0\s?/\s?1\b|\byes\s?/\s?no\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scale:
    """What is known of single patients' numbers: bounds, and whether they are whole.

    `items` are those a whole score is averaged over. `source` says how it is known.
    """

    source: str
    low: int | None = None
    high: int | None = None
    whole: bool = False
    items: int = 1


def _said(finding: Finding) -> str:
    return f"{finding.outcome} {finding.unit} {finding.note}"[:_LONGEST]


def scale_of(finding: Finding) -> Scale | None:
    """What the finding's outcome and unit tell of single values; None where nothing."""
    return _scale_said(_said(finding))


@functools.lru_cache(maxsize=256)  # several checks ask of one finding
def _scale_said(said: str) -> Scale | None:
    low_case = said.lower()
    if not low_case.isascii():
        low_case = low_case.replace("‐", "-").replace("‑", "-").replace("–", "-")
    averaged = _AVERAGED.search(low_case)
    if averaged:
        items = int(averaged[1] or averaged[2])
        if 1 < items <= 60:
            return Scale(f"a mean over {items} items", whole=True, items=items)
    stated = _stated(said)
    if _DERIVED.search(said):
        return stated
    for pattern, low, high in _TABLE:
        if match := pattern.search(low_case):
            if stated is not None and (stated.low, stated.high) != (low, high):
                return stated  # a version of it with other bounds
            return Scale(f"{match[0]}: whole points from {low} to {high}", low, high, whole=True)
    if _COUNTED.search(said):
        return Scale("a number of things counted", low=0, whole=True)
    return stated


def _stated(said: str) -> Scale | None:
    """Ends of a score's scale that the wording states, if it states one pair.

    What may be a range of observed or normal values is left out.
    """
    if not _SCORED.search(said) or _NOT_ENDS.search(said):
        return None
    found = set()
    for pattern in _STATED:
        for match in pattern.finditer(said):
            low, high = int(match[1]), int(match[2])
            # from 0 or 1, symmetrical, or so many items of 1 or more points each
            if low < high and (low in (0, 1, -high) or (low > 1 and high % low == 0)):
                found.add((low, high))
    if len(found) != 1:
        return None
    ((low, high),) = found
    return Scale(f"a scale stated to run from {low} to {high}", low, high)


def is_change(finding: Finding) -> bool:
    """Whether the numbers are, or by the wording may be, differences of two values."""
    return finding.change or bool(_CHANGE.search(finding.outcome[:_LONGEST]))


def is_scored(finding: Finding) -> bool:
    """Whether the outcome is a score, or a number of something, whose values may be whole."""
    return bool(_MAY_BE_WHOLE.search(finding.outcome[:_LONGEST]))


def zero_or_one(finding: Finding) -> bool:
    """Whether the wording says that the numbers averaged are zeros and ones."""
    return bool(_BINARY.search(_said(finding)))
