"""What registers' words for phase, age, sex, status and sample size mean, whichever register.

Each function takes a field's text and gives the content, or the `Missingness` that says why there
is none: NOT_REPORTED where the field leaves it open ("Not selected", "-"), NOT_APPLICABLE where it
says that nothing applies ("no limit"), UNREADABLE where no meaning is known. A word is looked up
by its letters and digits alone. All patterns are linear in the length of the text.
"""

from __future__ import annotations

import functools
import re
from typing import Literal, NamedTuple

from trialweave.model import PHASES, Missingness

__all__ = [
    "LONGEST",
    "MOST",
    "GroupSize",
    "Sex",
    "age_years",
    "group_sizes",
    "phase_set",
    "plain",
    "sex_of",
    "status_of",
]

LONGEST = 600  # characters; no phase, age, sex or status is worded at greater length
MOST = 2**31 - 1  # a count beyond it is no number of participants

Sex = Literal["all", "female", "male"]

_OPEN = Missingness.NOT_REPORTED
_NONE = Missingness.NOT_APPLICABLE
_UNREADABLE = Missingness.UNREADABLE

_LETTERS = re.compile(r"[^0-9a-z]+")
_BREAK = re.compile(r"<br\s{0,3}/?\s{0,3}>", re.IGNORECASE)

# Ways to leave a field open, in any field
_BLANKS = frozenset(
    {
        *("", "notselected", "notspecified", "notentered", "notprovided", "notreported"),
        *("notavailable", "notstated", "unspecified", "unknown", "nd", "nodata", "noentry"),
        *("null", "tbd", "undefined"),
    }
)
# "N/" is "N/A" cut short; blanks and signs are gone before these are compared
_INAPPLICABLE = frozenset({"na", "notapplicable", "nonapplicable", "notaplicable"})


def plain(text: str) -> str:
    """A word for looking up: small letters and digits alone."""
    return _LETTERS.sub("", text.casefold())


# --- Phase ---------------------------------------------------------------------------------------

_DIGIT = {"i": "1", "ii": "2", "iii": "3", "iv": "4", **{digit: digit for digit in "1234"}}
_PHASE_WORDS: dict[str, tuple[str, ...] | Missingness] = {
    "postmarket": ("4",),
    "postmarketing": ("4",),
    "postmarketingsurveillance": ("4",),
    "pms": ("4",),
    # ClinicalTrials.gov called it so until 2017
    "0": ("early1",),
    "n": ("not applicable",),
    # Kinds of study that some registers offer in the field for the phase
    **dict.fromkeys(
        (
            *("pilotstudy", "other", "others", "bioequivalence", "babe", "exploratory"),
            *("exploratorytrials", "0exploratorytrials", "0exploratorystudy"),
            *("newtreatmentmeasureclinicalstudy", "newtreatmentmeasureclincalstudy"),
            *("diagnosticnewtechniqueclinicalstudy", "diagnosticnewtechniqueclincalstudy"),
            *("retrospectivestudy", "prospectivestudy", "basicscience", "observational"),
        ),
        _NONE,
    ),
}
# Registers that offer "0" for exploratory research and pre-tests, which is no phase at all
_ZERO_IS_EXPLORATORY = frozenset({"chictr", "itmctr"})

_FLAG = re.compile(
    r"\(\s{0,4}phase\s{1,4}(?P<number>iv|i{1,3})\s{0,4}\)\s{0,4}:(?:[ \t]|\\n){0,8}"
    r"(?P<flag>yes|no)?",
    re.IGNORECASE,
)
_GLOSS = re.compile(r"\([^()]{0,80}\)+")
_PHASE_WORD = re.compile(r"\bphases?(?=[\s:/\-0-9]|i{1,3}\b|iv\b|$)|\btrials?\b|\bstud(?:y|ies)\b")
_BETWEEN = re.compile(r"[/,;&+|–—-]|\band\b|\bor\b|\bto\b")
_ONE = re.compile(r"(?P<early>early|pre)?\s{0,4}(?P<number>[0-4]|iv|i{1,3})\s?[abc]?")
_MENTION = re.compile(
    r"\b(?P<early>early\s{1,4})?phase\s{0,4}[-:]?\s{0,4}(?P<number>[0-4]|iv|i{1,3})[abc]?\b",
    re.IGNORECASE,
)


@functools.lru_cache(4096)
def phase_set(text: str, register: str = "") -> tuple[str, ...] | Missingness:
    """The phases that a field names: a sorted subset of `model.PHASES`.

    "N/A" is ("not applicable",), which is a phase that registers state. A kind of study in the
    field for the phase, and ChiCTR's "0", which stands for exploratory research, are
    NOT_APPLICABLE. `register` is the scheme of the record's number, a key of
    `model.identifiers.SCHEMES`. Subdivisions ("2a") are dropped.
    """
    if len(text) > LONGEST:
        return _UNREADABLE
    flags = list(_FLAG.finditer(text))
    if len(flags) > 1 or (flags and flags[0]["flag"]):
        found = {_DIGIT[f["number"].lower()] for f in flags if (f["flag"] or "").lower() == "yes"}
        return _sorted(found) if found else _OPEN
    small = text.casefold().replace("\\", "/").strip(" \t\r\n.;:")
    word = plain(small)
    if word in _BLANKS:
        return ("not applicable",) if small == "n/" else _OPEN
    if word in _INAPPLICABLE:
        return ("not applicable",)
    if word in ("0", "phase0") and register in _ZERO_IS_EXPLORATORY:
        return _NONE
    if known := _PHASE_WORDS.get(word):
        return known
    return _listed(_GLOSS.sub(" ", small)) or _listed(small) or _mentioned(text)


def _listed(small: str) -> tuple[str, ...] | None:
    """ "phase i/ii", "2-3", "iib", "phase-3": nothing but numbers and what joins them."""
    found: set[str] = set()
    for part in _BETWEEN.split(_PHASE_WORD.sub(" ", small)):
        bare = part.strip()
        if not bare:
            continue
        match = _ONE.fullmatch(bare)
        if match is None or (match["early"] and match["number"] not in ("1", "i")):
            return None
        early = match["early"] or match["number"] == "0"
        found.add("early1" if early else _DIGIT[match["number"]])
    return _sorted(found) if found else None


def _mentioned(text: str) -> tuple[str, ...] | Missingness:
    """ "Human pharmacology (Phase I) - First administration to humans"."""
    found = set()
    for match in _MENTION.finditer(text):
        number = match["number"].lower()
        if match["early"] and number not in ("1", "i"):
            return _UNREADABLE
        found.add("early1" if match["early"] or number == "0" else _DIGIT[number])
    return _sorted(found) if found else _UNREADABLE


def _sorted(found: set[str]) -> tuple[str, ...]:
    return tuple(phase for phase in PHASES if phase in found)


# --- Age -----------------------------------------------------------------------------------------

# Days of a year and a month as in the Gregorian mean (365.2425 days; a twelfth of it)
_YEARS = {
    "y": 1.0,
    "m": 1 / 12,
    "w": 7 / 365.2425,
    "d": 1 / 365.2425,
    "h": 1 / (365.2425 * 24),
    "minute": 1 / (365.2425 * 24 * 60),
}
_AGE = re.compile(
    r"(?:[<>≥≤=]{1,2}|more than|less than|older than|over|under|at least|up to)?\s{0,4}"
    r"(?P<number>\d{1,5}(?:\.\d{1,3})?)\s{0,4}[-(]?\s{0,2}"
    r"(?P<unit>y(?:ea)?rs?|years?|age|y|months?|mon|m|weeks?|w|days?|d|hours?|h|minutes?|min)?"
    r"\s{0,4}(?:\(s\)|\))?[-\s]{0,4}(?:old|of age)?\.?\s{0,4}"
    r"(?:(?:(?:and|or) )?(?:older|above|over|more|elder|younger|under|below|less)|or more)?\.?",
    re.IGNORECASE,
)
_UNIT_ONLY = frozenset({"y", "year", "years", "month", "months", "week", "weeks", "day", "days"})
_NO_LIMIT = frozenset(
    {
        *("none", "nolimit", "nolimits", "notlimited", "unlimited", "0nanolimit", "nanolimit"),
        *("nolimitation", "norestriction", "norestrictions", "nominimumage", "nomaximumage"),
        *("nolowerlimit", "noupperlimit", "noagelimit", "noagelimits", "no"),
    }
)
_OLDEST = 200  # years; nobody is older, so a number beyond it is something else


@functools.lru_cache(4096)
def age_years(text: str, *, maximum: bool = False) -> float | Missingness:
    """A limit of age in years: "6 Months" is 0.5. A number without unit counts years.

    NOT_APPLICABLE is no limit, which is not the same as NOT_REPORTED. As `maximum`, "0" is no
    limit: that is how registers store an open field, and no trial ends at birth.
    """
    if len(text) > LONGEST:
        return _UNREADABLE
    word = plain(text)
    if word in _NO_LIMIT or word in _INAPPLICABLE:
        return _NONE
    if word in _BLANKS or word in _UNIT_ONLY:
        return _OPEN if "?" not in text or not word else _UNREADABLE
    match = _AGE.fullmatch(text.strip())
    if match is None:
        return _UNREADABLE
    number, unit = float(match["number"]), (match["unit"] or "y").lower()
    unit = "minute" if unit.startswith("min") else "y" if unit == "age" else unit[0]
    if maximum and not number:
        return _NONE
    years = round(number * _YEARS[unit], 6)
    return years if years <= _OLDEST else _UNREADABLE


# --- Sex -----------------------------------------------------------------------------------------

_SEXES: dict[str, Sex] = {
    **dict.fromkeys(
        (
            *("all", "both", "any", "allgenders", "allsexes", "bothgenders", "bothsexes"),
            *("bothmaleandfemale", "bothmalesandfemales", "bothfemaleandmale", "maleandfemale"),
            *("malesandfemales", "femaleandmale", "femalesandmales", "malefemale", "femalemale"),
            *("femaleyesmaleyes", "maleyesfemaleyes", "mf", "fm", "b", "menandwomen"),
        ),
        "all",
    ),
    **dict.fromkeys(
        ("female", "females", "f", "women", "femaleyesmaleno", "malenofemaleyes", "femaleonly"),
        "female",
    ),
    **dict.fromkeys(
        ("male", "males", "m", "men", "femalenomaleyes", "maleyesfemaleno", "maleonly"), "male"
    ),
}


@functools.lru_cache(1024)
def sex_of(text: str) -> Sex | Missingness:
    """Who may take part; EUCTR's two flags ("Female: yes, Male: no") are one answer."""
    if len(text) > LONGEST:
        return _UNREADABLE
    word = plain(_BREAK.sub(" ", text))
    return _OPEN if word in _BLANKS else _SEXES.get(word, _UNREADABLE)


# --- Status --------------------------------------------------------------------------------------

_STATUSES: dict[str, tuple[str, ...]] = {
    "planned": (
        *("notyetrecruiting", "pending", "preinitiation", "planned", "notstarted"),
        *("recruitmentpending", "authorisedrecruitmentpending", "openforrecruitmentsoon"),
        *("recruitingplanned", "tobestarted", "notyetstarted", "underevaluation"),
        *("recruitingplannednotyetstarted", "approvedforenrolment"),
    ),
    "recruiting": (
        *("recruiting", "opentorecruitment", "openpublicrecruiting", "ongoingrecruiting"),
        *("authorisedrecruiting", "recruitingongoing", "inenrollment", "nowrecruiting", "open"),
        *("recruitmentongoing", "restarted", "enrolling"),
    ),
    "enrolling by invitation": ("enrollingbyinvitation", "recruitingbyinvitation"),
    "active, closed": (
        *("activenotrecruiting", "recruitmentcomplete", "recruitmentcompleted", "complete"),
        *("closedtorecruitmentofparticipants", "closedtorecruitment", "nolongerrecruiting"),
        *("recruitingcompletefollowupcontinuing", "closedtorecruitmentfollowupcontinuing"),
        *("recruitingcompletefollowupongoing", "recruitmentclosed", "closedfollowupcontinuing"),
        *("inclusionstoppedfollowup", "ongoingrecruitmentended", "enrollmentcompleted"),
        *("closedfollowupcontinuing", "activenotyetcompleted", "finishedenrollment"),
    ),
    "suspended": ("suspended", "suspending", "temporarilyhalted", "temporarilysuspended", "halted"),
    "completed": (
        *("completed", "completedhasresults", "ended", "finished", "studycomplete"),
        *("recruitingcompletestudycomplete", "mainresultsalreadypublished", "trialcompleted"),
        *("recruitingcompletefollowupcomplete", "closedfollowupcomplete", "completedstudy"),
        *("closedtorecruitmentfollowupcomplete", "inclusionstoppedfollowupcompleted"),
    ),
    "terminated": (
        *("terminated", "stoppedearly", "prematurelyended", "otherterminated", "stopped"),
        *("recruitingstoppedafterrecruitingstarted", "endedprematurely", "stoppedprematurely"),
        *("discontinued", "closedtorecruitmentterminated"),
    ),
    "withdrawn": (
        *("withdrawn", "cancelled", "canceled", "revoked", "recruitingwithdrawnbeforestart"),
        *("recruitingwithdrawnbeforerecruitingstarted", "nevercommenced", "neverstarted"),
    ),
    "no longer available": ("nolongeravailable",),
    "unknown": ("unknown", "unknownstatus"),
    "not authorised": ("notauthorised", "notauthorized", "prohibitedbyca", "expired"),
    # The WHO's platform has "not recruiting" for all that is before, after or between
    "other": ("notrecruiting", "authorised", "authorized", "other", "notongoing", "approved"),
}
_STATUS = {word: status for status, words in _STATUSES.items() for word in words}
# The WHO's "Complete" is that nobody is recruited any more; here it is the study that has ended
_STATUS_OF: dict[tuple[str, str], str] = {("jrct", "complete"): "completed"}


@functools.lru_cache(1024)
def status_of(text: str, register: str = "") -> str | Missingness:
    """One of `model.STATUSES`. `register` is the scheme of the record's number.

    "Not recruiting", all that the WHO's platform says of what does not recruit, is "other".
    """
    if len(text) > LONGEST:
        return _UNREADABLE
    word = plain(text)
    if word in _BLANKS and word not in _STATUS:
        return _OPEN
    return _STATUS_OF.get((register, word)) or _STATUS.get(word, _UNREADABLE)


# --- Sample size ---------------------------------------------------------------------------------


class GroupSize(NamedTuple):
    """One group of a sample size: its label at characters `start` to `end`, and its size."""

    label: str
    size: int
    start: int
    end: int


_SEGMENT = re.compile(r"[^;；\n]*+")
_SIZE = re.compile(r"[:：]\s{0,8}(?P<size>\d{1,10})\s{0,8}$")


def group_sizes(text: str) -> tuple[GroupSize, ...] | None:
    """The groups of "experimental group :100;control group :100;"; None where it is not such.

    Nothing but groups may stand there: the sum of a part would be a wrong number. A label may
    hold semicolons of its own. A size of 0 counts, as in a diagnostic study's "Target
    condition:200;Difficult condition:0".
    """
    groups = []
    position = opened = 0
    while position <= len(text):
        segment = _SEGMENT.match(text, position)
        assert segment is not None  # it may be empty
        position = segment.end() + 1
        if size := _SIZE.search(segment.group()[-40:]):
            label = text[opened : segment.end() - len(size.group())]
            start = opened + len(label) - len(label.lstrip())
            groups.append(GroupSize(label.strip(" :"), int(size["size"]), start, segment.end()))
            opened = position
    return tuple(groups) if groups and not text[opened:].strip(" ;\n\t\r；") else None
