"""Wordings of time without a number: baseline, events, recurrences, what days are counted from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from trialweave.protocol.durations import NUMBER_WORD, days_in, length, small_number

__all__ = ["ANCHOR", "Phrase", "anchors", "baselines", "events", "recurrences"]

_DONE: Final = (
    r"treatments?|interventions?|infusions?|injections?|administrations?|doses?|dosing|therapy"
    r"|transplant(?:ation)?s?|implantations?|surger(?:y|ies)|operations?|procedures?|vaccinations?"
    r"|medications?|drugs?|inclusion|exposure|catheteri[sz]ation|transfusions?|cell therapy"
    r"|applications?|prescription|intubation|training|exercise|sessions?|biopsy|chemotherapy"
    r"|radiotherapy"
)
_GIVEN: Final = rf"(?:{_DONE}|study|trial|test|experiment|protocol|project)"
_ENTRY: Final = (
    r"(?:(?:hospital |icu |study |trial |patient |subject )?(?:admission|enrol?l?ment|inclusion"
    r"|recruitment|randomi[sz]ation|entry|registration|presentation|consent|hospitali[sz]ation))"
)
_FEW: Final = (
    r"(?:(?!(?:and|or|after|until|till|to|at|on|day|week|month|second|third|last|final"
    r"|each|every)\b)[\w/+-]+\s){0,4}?"
)

_BASELINE: Final = re.compile(
    r"(?<!post[- ])\bbase[- ]?lines?\b(?:\s(?:visit|assessment|evaluation))?"
    rf"|\b(?:immediately |just |right |shortly |directly )?(?:before|prior to|preceding)\s"
    rf"(?:and after\s)?(?:the\s|any\s|starting\s|start of\s|beginning\s)*{_FEW}(?:start of\s)?"
    rf"(?:{_GIVEN}|{_ENTRY}|starting)\b"
    r"|\bbefore\b(?=\s?(?:,|and\b|&|/|\Z))"
    r"|\bpre-?\s?(?:treatment|intervention|infusion|op(?:erati(?:ve(?:ly)?|on))?"
    r"|transplant(?:ation)?"
    r"|dos(?:e|ing)|injection|procedur(?:e|al)|surg(?:ery|ical)|implantation|study|therapy|test"
    r"|vaccination|administration|medication|biopsy|randomi[sz]ation|training)\b"
    r"|\bscreening(?: visit)?\b|\bpre\b(?=\s?(?:,|and\b|-?\s?post|/))"
    rf"|\b(?:at|on|upon|in)\s(?:the\s)?(?:(?:time|day|date|moment)\sof\s)?(?:the\s)?{_ENTRY}\b"
    rf"|\b(?<!last )(?<!final )(?:time|day|date)\sof\s(?:the\s)?{_ENTRY}\b"
    rf"|\b(?:start|beginning|onset|initiation|commencement|outset|begin)\sof\s(?:the\s)?{_FEW}"
    rf"(?:{_GIVEN}|{_ENTRY}|clinical trial)\b"
    rf"|\b(?:study|trial|treatment|therapy)\s(?:start|entry|onset|initiation)\b"
    r"|(?:\A|(?<=[,;:.]))\s*(?:(?:at|in)\s)?(?:the\s)?(?:first|initially|initial|beginning|start"
    r"|outset|immediately|enrol?l?ment|inclusion|admission|randomi[sz]ation)"
    r"(?=\s?(?:,|;|&|/|\band\b|\bto\b|\bthrough\b|\buntil\b|-))"
    r"|\b(?:at|on)\sthe\s(?:beginning|start|outset)\b|\bday\sof\s(?:first\s)?"
    r"(?:infusion|treatment|injection|surgery|dosing)\b|\bat\s(?:first|initial)\s(?:visit|dose"
    r"|infusion"
    r"|injection|transplantation|administration)\b|\btime\s?zero\b",
    re.IGNORECASE,
)
# What may come at another day in every participant, or is given more than once.
_EVENTS: Final = (
    ("discharge", r"(?:hospital |icu )?discharge(?:d|from)?(?: from (?:the )?(?:hospital|icu))?"),
    ("death", r"death|dying|died"),
    (r"each {g}", r"(?:each|every)\s(?:\w+\s){0,2}?(?P<g>#|visits?|cycles?|follow-?\s?up)"),
    (r"last {g}", r"(?:last|final)\s(?:\w+\s){0,3}?(?P<g>#)"),
    (r"{o} {g}", r"(?P<o>second|third|fourth|fifth|2nd|3rd|4th|5th)\s(?:\w+\s){0,2}?(?P<g>#)"),
    (
        "end of {g}",
        r"(?:end|completion|conclusion|cessation|discontinuation|termination"
        r"|finish(?:ing)?)\s(?:of\s)"
        r"(?:the\s|all\s|each\s|assigned\s)*(?:[\w-]+\s){0,3}?(?P<g>@|follow-?\s?up"
        r"|hospitali[sz]ation|"
        r"course|quarantine|hospital stay|stay|treatment period)",
    ),
    ("end of {g}", r"(?P<g>study|treatment|trial|therapy|intervention)\s(?:completion|end\b)"),
    ("end of {g}", r"(?:completing|finishing)\s(?:the\s)?(?P<g>@)"),
    ("end", r"(?:at|to|until)\s(?:the\s)?end\b(?!\sof)"),
    ("intubation", r"(?:re)?intubation"),
    ("extubation", r"(?:extubation|weaning|liberation from (?:the )?ventilator)"),
    ("transfer", r"(?:transfer(?:red)?)(?: (?:from|to|out of) (?:the )?icu)?"),
    ("ICU admission", r"(?:admission|admitted) to (?:the )?(?:icu|intensive care(?: unit)?)"),
    ("ICU stay", r"(?:icu|intensive care(?: unit)?) (?:stay|length of stay)"),
    ("hospital stay", r"(?:hospitali[sz]ation(?: period)?|hospital stay|in-?hospital stay|admission"
     r" period|inpatient stay)"),
    ("birth", r"(?<!live )(?:birth|delivery)(?! rate| weight)"),
    ("recovery", r"(?:recovery|clinical improvement|negative (?:pcr|conversion|test))"),
    ("relapse", r"(?:relapse|recurrence|progression)"),
    ("follow-up", r"(?:last|final|end of) follow-?\s?up"),
)  # fmt: skip
_EVENT: Final = tuple(
    (name, re.compile(rf"\b{pattern.replace('@', _GIVEN).replace('#', _DONE)}\b", re.IGNORECASE))
    for name, pattern in _EVENTS
)

_NUMBER: Final = rf"(?P<n>[0-9]{{1,3}}(?:\.[0-9])?|{NUMBER_WORD}|half)"
_SPAN: Final = r"(?P<u>minutes?|mins?|hours?|hrs?|h|days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_EVERY: Final = (
    re.compile(
        rf"\b(?:every|each)[\s-](?P<other>other\s|second\s|alternate\s)?(?:{_NUMBER}"
        rf"(?:\s?(?:-|to|or)\s?[0-9]{{1,3}})?[\s-]{{0,2}})?{_SPAN}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_NUMBER}[\s-]?(?P<h>hourly)\b|\b(?P<hh>hourly)\b", re.IGNORECASE),
    re.compile(
        rf"\b(?:at\s)?(?:intervals?\sof\s{_NUMBER}[\s-]{{0,2}}{_SPAN}\b"
        rf"|{_NUMBER.replace('<n>', '<n2>')}[\s-]{{0,2}}{_SPAN.replace('<u>', '<u2>')}"
        r"\sintervals?\b)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:(?P<times>twice|two times|three times|2 times|3 times|once)\s)?"
        r"(?P<ly>daily|everyday|weekly|fortnightly|biweekly|bi-weekly|monthly|quarterly|yearly"
        r"|annual(?:ly)?)\b"
        r"(?!\s(?:living|life|activit|dose|fluctu))",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?P<times>twice|two times|three times|2 times|3 times|once)\s(?:an?|per|every|each"
        r"|/)\s?"
        r"(?P<ly>day|week|month|year)\b",
        re.IGNORECASE,
    ),
)
_LY: Final = {
    "daily": 1.0, "everyday": 1.0, "weekly": 7.0, "fortnightly": 14.0,
    "biweekly": 14.0, "bi-weekly": 14.0,
    "monthly": 30.4375, "quarterly": 91.3125, "yearly": 365.25, "annual": 365.25,
    "annually": 365.25, "day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25,
}  # fmt: skip
_TIMES: Final = {"twice": 2, "two times": 2, "2 times": 2, "three times": 3, "3 times": 3}

ANCHOR: Final = re.compile(
    r"\b(?:after|post|following|since|from|upon)[\s-]*(?:the\s|their\s|start of\s|starting\s"
    r"|beginning of\s|initiation of\s|time of\s|day of\s|date of\s|onset of\s|administration of\s)*"
    rf"(?P<what>(?P<first>first|1st|initial|second|2nd|last|final)?\s?(?:[\w-]+\s){{0,4}}?"
    rf"(?:(?P<given>{_GIVEN})|(?P<entry>{_ENTRY})|(?P<base>baseline)"
    rf"|(?P<symptom>symptoms?(?: onset)?"
    r"|onset|diagnosis)))\b",
    re.IGNORECASE,
)
_NAMES: Final = (
    ("randomisation", "randomi"), ("enrolment", "enrol"), ("enrolment", "inclusion"),
    ("enrolment", "recruit"), ("enrolment", "entry"), ("enrolment", "consent"),
    ("enrolment", "registration"), ("enrolment", "study"), ("enrolment", "trial"),
    ("admission", "admission"), ("admission", "hospitali"), ("admission", "presentation"),
    ("baseline", "baseline"), ("symptom onset", "symptom"), ("symptom onset", "onset"),
    ("diagnosis", "diagnosis"), ("surgery", "surg"), ("surgery", "operation"),
    ("surgery", "procedure"), ("transplantation", "transplant"),
    ("transplantation", "implantation"), ("vaccination", "vaccin"),
)  # fmt: skip


class Phrase(NamedTuple):
    """One wording: its name, its number of days where it has one, and its place."""

    name: str
    days: float
    start: int
    end: int


def baselines(text: str) -> Iterator[Phrase]:
    """Wordings of the time before anything is done; it is day 0."""
    for match in _BASELINE.finditer(text):
        lead = len(match[0]) - len(match[0].lstrip())
        yield Phrase("baseline", 0.0, match.start() + lead, match.end())


def events(text: str) -> Iterator[Phrase]:
    """Events that happen at another day in every participant, or several times."""
    for name, pattern in _EVENT:
        for match in pattern.finditer(text):
            named = match.groupdict()
            given = _singular((named.get("g") or "").lower())
            told = name.format(g=given, o=(named.get("o") or "").lower())
            yield Phrase(told, 0.0, *match.span())


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def recurrences(text: str) -> Iterator[Phrase]:
    """Wordings of what comes again: "every 24 hours", "daily", "at 3-month intervals"."""
    for pattern in _EVERY:
        for match in pattern.finditer(text):
            days = _period({key: value or "" for key, value in match.groupdict().items()})
            if days > 0:
                yield Phrase("every", days, *match.span())


def _period(said: dict[str, str]) -> float:
    if ly := said.get("ly", "").lower():
        return _LY[ly] / _TIMES.get(said.get("times", "").lower(), 1)
    if said.get("hh"):
        return 1 / 24
    number = small_number(said.get("n") or said.get("n2") or "") or 1.0
    if said.get("h"):
        return round(number / 24, 6)
    unit = said.get("u") or said.get("u2") or ""
    if said.get("other"):
        return 2 * days_in(unit)
    return number * days_in(unit) if days_in(unit) > 7 else length(number, unit)


def anchors(text: str) -> Iterator[Phrase]:
    """What days are counted from: "after the first infusion", "post randomisation"."""
    for match in ANCHOR.finditer(text):
        what = match["what"].lower()
        name = next((name for name, part in _NAMES if part in what), "")
        if not name:
            given = _singular((match["given"] or "").lower())
            which = {"1st": "first", "initial": "first", "2nd": "second", "final": "last"}
            first = (match["first"] or "").lower()
            name = f"{which.get(first, first)} {given}".strip()
        yield Phrase(name, 0.0, *match.span())
