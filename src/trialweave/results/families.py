"""What an outcome's wording is about, and when it was measured: two plain tables of patterns.

A family is the name under which outcomes may be compared and pooled. A wording that mixes several
("death or intubation"), narrows one ("cardiovascular death") or says none gets another name, or "":
a missing family costs a comparison, a wrong one spoils a pooled result.
"""

from __future__ import annotations

import re

from trialweave.results.family_table import FAMILIES as _FIRST
from trialweave.results.family_table import FURTHER, MEASURED

__all__ = [
    "DEATH_COMPLEMENT",
    "FAMILIES",
    "MEASURED",
    "SAFETY",
    "counts_events",
    "family_of",
    "is_estimate",
    "names_outcome",
    "time_days",
]

FAMILIES = (*_FIRST, *FURTHER)
"""All rows: a family's name and its pattern."""

DEATH_COMPLEMENT = {"survival": "mortality"}
"""Families whose events are the others of another family's: survivors and deaths add up to n."""

SAFETY = frozenset(
    {
        "serious adverse events",
        "severe adverse events",
        "adverse events",
        "related adverse events",
    }
)
"""Families of harms, for which "none" is a result."""

_TABLES = tuple(
    tuple((name, re.compile(pattern)) for name, pattern in rows) for rows in (_FIRST, FURTHER)
)
_JOINED = re.compile(
    r"\bor\b|\band/or\b|/|\bcomposite\b|\bcombined (?:end|outcome)|,|\band\b|\+|\bplus\b"
)
_OUTCOME_OR = re.compile(r"\b(?:or|and/or)\b|[/,]")
_POPULATION = re.compile(
    r"\s*(?:rates?\s|events?\s)?(?:in|among|of|for|with|between|by|at|from|on|after|during|within)\b"
)
_NEGATED = re.compile(
    r"\b(?:no|did not|didn't|not|without|free (?:of|from)|freedom from|absence of|"
    r"no need for|never|avoided|avoidance of|free)\s+"
    r"(?:(?:be|being|been|require|requiring|need|needing|the need for|have|had|any|develop|"
    r"experience|receive|undergo)\s+){0,3}$"
)
_FREE = re.compile(r"[- ]free\b(?!\s(?:days?|survival))")
_MAX_TEXT = 2_000


def family_of(text: str) -> str:
    """The family that a wording names; "" where it names none, several at once, or a negation.

    >>> family_of("all-cause mortality at longest follow-up")
    'mortality'
    >>> family_of("death or invasive ventilation")
    ''
    """
    text = _plain(text)
    hits = _hits(text)
    if not hits:
        return ""
    start, end, name = hits[0]
    if _NEGATED.search(text[max(0, start - 60) : start]) or _FREE.match(text, end):
        return ""
    for next_start, next_end, other in hits[1:]:
        between = text[end:next_start]
        if other != name:
            if _JOINED.search(between):
                return ""
            if not _POPULATION.match(between):
                return ""
            break  # "mortality in ventilated patients": the second names the population
        end = next_end
    if name in ("mortality", "survival") and _composite(text, start, end):
        return ""
    return name


_ESTIMATED = re.compile(
    r"\bkaplan|\bkm\b|\bcumulative (?:incidence|probability)|\bactuarial|\blife[- ]table|"
    r"\bprobability of|\bestimated (?:\w+ )?(?:survival|rate|incidence|probability)|"
    r"\b(?:\d{1,2}|one|two|three|four|five|ten)[- ]year (?:\w+[- ]){0,3}survival|"
    r"\b(?:event|progression|disease|relapse|recurrence|metastasis|failure)[- ]free\b",
    re.IGNORECASE,
)


def is_estimate(text: str) -> bool:
    """Whether a wording says that a percentage is estimated from times to event, not counted."""
    return bool(_ESTIMATED.search(text[:_MAX_TEXT]))


_EVENTS_COUNTED = re.compile(
    r"\bnumber of (?:(?!participants|patients|subjects|persons|people|individuals|with)\w+ ){0,3}"
    r"(?:events|episodes)\b|\bevents,? (?:and )?not (?:patients|persons)\b"
    r"|\b(?:number of )?episodes of\b|\bevents per\b",
    re.IGNORECASE,
)


def counts_events(text: str) -> bool:
    """Whether a wording says that events were counted, of which one person may have several."""
    return bool(_EVENTS_COUNTED.search(text[:_MAX_TEXT]))


def names_outcome(text: str) -> bool:
    """Whether any pattern of the table occurs, also where `family_of` gives "" (composites)."""
    return bool(_hits(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(text[:_MAX_TEXT].lower().replace("‐", "-").replace("‑", "-").split())


def _hits(text: str) -> list[tuple[int, int, str]]:
    """Start, end and family of every wording in the text, in order; narrower rows win."""
    for table in _TABLES:
        hits: list[tuple[int, int, str]] = []
        for name, pattern in table:
            for match in pattern.finditer(text):
                start, end = match.span()
                if all(end <= s or start >= e for s, e, _ in hits):
                    hits.append((start, end, name))
        if hits:
            break
    return sorted(hits)


def _composite(text: str, start: int, end: int) -> bool:
    """Whether "or", a slash or a list joins the word to another outcome beside it."""
    after = re.match(r"\s*(?:\([^()]{0,40}\)\s*)?(,|/|or\b|and/or\b)\s*(\S*)", text[end : end + 60])
    if after and not (after[1] == "," and not _OUTCOME_OR.search(text[end + 1 :])):
        return True
    return bool(
        re.search(r"(?:\bor|\band/or|/)\s*(?:\w+[- ]){0,2}$", text[max(0, start - 40) : start])
    )


_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 365 / 12, "y": 365.0}
_NUMBER_WORDS = {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "twelve": 12.0, "a": 1.0,
}  # fmt: skip
_AMOUNT = r"(\d{1,4}(?:\.\d{1,2})?|" + "|".join(word for word in _NUMBER_WORDS if word != "a") + ")"
_UNIT = r"(h|hrs?|hours?|d|days?|wks?|weeks?|mo|mos|months?|y|yrs?|years?)\b"
_LAST = r"(?:\d{1,4}(?:\.\d)?\s?(?:-|–|—|to)\s?)?"
_AFTER_NUMBER = re.compile(
    rf"(?<![\w./,-]){_LAST}{_AMOUNT}[\s-]?{_UNIT}"
    r"(?![\s-]?(?:of age|old\b|(?:or|and) (?:older|younger|over|above)\b|/\s?[dwmy]))"
)
_BEFORE_NUMBER = re.compile(r"\b(day|week|month|year|d)s?\s?0?(\d{1,4})\b")
_TO = re.compile(r"\s?(?:-|–|—|to|through)\s?(?:0?\d{1,4}\b(?!\s?(?:h|d|w|m|y)))?")
_SEVERAL = re.compile(r"\b(?:days?|weeks?|months?|years?)\s?\d+(?:\s?,\s?\d+)+|\d+(?:\s?,\s?\d+)+"
                      r"(?:\s?,?\s?and\s\d+)?\s(?:days?|weeks?|months?|years?)"
                      r"|\b(?:days?|weeks?|months?|years?)\s\d+\s(?:and|or)\s\d+"
                      r"|\b\d+\s(?:and|or)\s\d+\s(?:hour|day|week|month|year)s?\b")  # fmt: skip
_CUE = re.compile(r"\b(?:within|at|by|to|through|until|over|after)\s(?:the\s|a\s|first\s|day\s)*$")
_SINCE = re.compile(r"\b(?:after|since|before|beyond)\s(?:the\s)?$")
_AGE = re.compile(
    r"\b(?:(?:older|younger) than|aged|age(?: of)?)\s(?:over |under |above |below )?$"
)
_INTERVAL = re.compile(r"\b(?:every|per|each|for)\s(?:the\s)?$")


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_ORDINAL = re.compile(
    r"\b(?P<end>(?:end of|on|at|by) (?:the )?)(?:(?P<number>\d{1,2})(?:st|nd|rd|th)|"
    rf"(?P<word>{'|'.join(_ORDINALS)}))[- ](?:\w{{1,14}} )?(?P<unit>day|week|month|year)s?\b"
)


def _cardinal(match: re.Match[str]) -> str:
    """ "at the end of the second year" as "at year 2"."""
    number = match["number"] or str(_ORDINALS.index(match["word"]) + 1)
    return f"at {match['unit']} {number}"


def time_days(text: str) -> float | None:
    """The one time point that a wording names, in days; None where none or several are named.

    A range counts as its end ("Day 1 to Day 30" is 30). A month is 365/12 days and a year 365, so
    that twelve months are one year. Of several times the one after "within", "at", "by" or "up to"
    is taken if it is the only such; "every 2 days" and ages are not time points.

    >>> time_days("Within 28 days"), time_days("72 h"), time_days("at 1 year")
    (28.0, 3.0, 365.0)
    """
    text = _ORDINAL.sub(_cardinal, text[:_MAX_TEXT].lower())
    if _SEVERAL.search(text):
        return None
    named: list[tuple[int, int, float, bool]] = []
    for match in _BEFORE_NUMBER.finditer(text):
        start, end = match.span()
        number, unit = match[2], _DAYS[match[1][0]]
        if (to := _TO.match(text, end)) and (last := to[0].lstrip(" -–—tohrug")):
            number, end = last, to.end()  # "day 1 to 30"
        if not _SINCE.search(text[max(0, start - 16) : start]):
            named.append((start, end, float(number) * unit, True))
    for match in _AFTER_NUMBER.finditer(text):
        start, end = match.start(1), match.end()
        before = text[max(0, match.start() - 24) : match.start()]
        skipped = _INTERVAL.search(before) or _AGE.search(before)
        if skipped or any(start < e and end > s for s, e, *_ in named):
            continue
        number = _NUMBER_WORDS.get(match[1]) or float(match[1])
        cue = bool(_CUE.search(before)) or text[match.end(1)] == "-"
        named.append((start, end, number * _DAYS[match[2][0]], cue))
    named.sort()
    points: list[tuple[float, bool]] = []
    last_end = -1
    for start, end, days, cue in named:
        if points and _TO.fullmatch(text[last_end:start]):
            points.pop()  # "day 1 to day 30": the end of the range
        points.append((days, cue))
        last_end = end
    for wanted in (points, [point for point in points if point[1]]):
        distinct = {round(days, 6) for days, _ in wanted}
        if len(distinct) == 1:
            return distinct.pop()
    return None
