"""ClinicalTrials.gov's enumerations, in the spelling of any of its forms, as our words.

``PHASE2``, ``Phase 2`` and ``phase-2`` are one entry: spellings are compared by letters, digits
and slashes alone. A word that is in no table stays as it is, in small letters, where our concept
is free text; where it is a closed list, the answer is None and the value is unreadable.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Literal

from trialweave.model import PartialDate, parse_date

__all__ = [
    "CONTROL",
    "TREATMENT",
    "age",
    "allocation",
    "count",
    "date",
    "date_type",
    "dispersion",
    "masking",
    "number",
    "parameter",
    "phase",
    "reference_kind",
    "secondary_id_kind",
    "sex",
    "sponsor_class",
    "status",
    "word",
    "yes_no",
]

MOST = 2**31 - 1  # a count beyond it is no number of participants

_PLAIN = re.compile(r"[^0-9a-z/]+")
_NUMBER = re.compile(r"[-+]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3}){1,9}(?:\.\d{1,30})?", re.ASCII)
_AGE = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s?([A-Za-z]{1,10})", re.ASCII)

# Days of a year and a month as in the Gregorian mean (365.2425 days; a twelfth of it).
_YEARS = {
    "year": 1.0,
    "month": 1 / 12,
    "week": 7 / 365.2425,
    "day": 1 / 365.2425,
    "hour": 1 / (365.2425 * 24),
    "minute": 1 / (365.2425 * 24 * 60),
}

_PHASES = {
    "earlyphase1": ("early1",),
    "phase0": ("early1",),  # what the register called it until 2017
    "phase1": ("1",),
    "phase1/phase2": ("1", "2"),
    "phase2": ("2",),
    "phase2/phase3": ("2", "3"),
    "phase3": ("3",),
    "phase4": ("4",),
    "na": ("not applicable",),
    "n/a": ("not applicable",),
    "notapplicable": ("not applicable",),
}
_STATUSES = {
    "notyetrecruiting": "planned",
    "recruiting": "recruiting",
    "enrollingbyinvitation": "enrolling by invitation",
    "activenotrecruiting": "active, closed",
    "suspended": "suspended",
    "completed": "completed",
    "terminated": "terminated",
    "withdrawn": "withdrawn",
    "nolongeravailable": "no longer available",
    "unknown": "unknown",
    "unknownstatus": "unknown",
    # Expanded access, which recruits nobody, and records that the register keeps back
    "available": "other",
    "temporarilynotavailable": "other",
    "approvedformarketing": "other",
    "withheld": "other",
}
_MASKINGS = {
    "none": "none",
    "noneopenlabel": "none",
    "openlabel": "none",
    "single": "single",
    "double": "double",
    "triple": "triple",
    "quadruple": "quadruple",
}
_ALLOCATIONS: dict[str, Literal["randomised", "non-randomised", "not applicable"]] = {
    "randomized": "randomised",
    "nonrandomized": "non-randomised",
    "na": "not applicable",
    "n/a": "not applicable",
}
_SEXES: dict[str, Literal["all", "female", "male"]] = {
    "all": "all",
    "both": "all",
    "female": "female",
    "male": "male",
}
_DATE_TYPES: dict[str, Literal["actual", "estimated"]] = {
    "actual": "actual",
    "estimated": "estimated",
    "estimate": "estimated",
    "anticipated": "estimated",
}
_YES_NO = {
    "true": True,
    "yes": True,
    "acceptshealthyvolunteers": True,
    "false": False,
    "no": False,
}
_SPONSORS = {
    "industry": "industry",
    "nih": "US National Institutes of Health",
    "fed": "US federal agency",
    "usfed": "US federal agency",
    "othergov": "government",
    "indiv": "individual",
    "network": "network",
    "ambig": "ambiguous",
    "other": "other",
    "unknown": "unknown",
}
_ID_KINDS = {
    "nih": "U.S. NIH grant or contract",
    "usnihgrant/contract": "U.S. NIH grant or contract",
    "fda": "U.S. FDA grant or contract",
    "va": "U.S. Veterans Affairs grant or contract",
    "cdc": "U.S. CDC grant or contract",
    "ahrq": "U.S. AHRQ grant or contract",
    "samhsa": "U.S. SAMHSA grant or contract",
    "othergrant": "other grant or funding number",
    "othergrant/fundingnumber": "other grant or funding number",
    "eudractnumber": "EudraCT number",
    "ctis": "CTIS number",
    "eutrialctisnumber": "CTIS number",
    "registry": "registry identifier",
    "registryidentifier": "registry identifier",
    "other": "other identifier",
    "otheridentifier": "other identifier",
}
# Where version 2 leaves out a word that the older forms have, or spells it otherwise
_WORDS = {
    "parallelassignment": "parallel",
    "singlegroupassignment": "single group",
    "singlegroup": "single group",
    "crossoverassignment": "crossover",
    "factorialassignment": "factorial",
    "sequentialassignment": "sequential",
    "basicscience": "basic science",
    "ect": "educational/counselling/training",
    "educational/counseling/training": "educational/counselling/training",
    "behavioral": "behavioural",
    "combinationproduct": "combination product",
    "dietarysupplement": "dietary supplement",
    "nonprobabilitysample": "non-probability sample",
    "caseonly": "case-only",
    "casecontrol": "case-control",
    "casecrossover": "case-crossover",
    "crosssectional": "cross-sectional",
    "otherprespecified": "other pre-specified",
    "posthoc": "post-hoc",
    "expandedaccess": "expanded access",
}
_PARAMETERS = {
    "countofparticipants": "Count of Participants",
    "countofunits": "Count of Units",
    "mean": "Mean",
    "median": "Median",
    "number": "Number",
    "leastsquaresmean": "Least Squares Mean",
    "geometricmean": "Geometric Mean",
    "geometricleastsquaresmean": "Geometric Least Squares Mean",
    "logmean": "Log Mean",
}
_DISPERSIONS = {
    "standarddeviation": "SD",
    "standarderror": "SE",
    "interquartilerange": "IQR",
    "fullrange": "range",
    "geometriccoefficientofvariation": "geometric CV",
}
_INTERVAL = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)\s?%\s?confidence interval", re.IGNORECASE)
_INTERVAL_CODE = re.compile(r"CONFIDENCE_(\d{2})")

TREATMENT = frozenset({"experimental"})
CONTROL = frozenset(
    {"placebo comparator", "sham comparator", "no intervention", "active comparator"}
)


@functools.lru_cache(4096)
def _plain(text: str) -> str:
    return _PLAIN.sub("", text.casefold())


@functools.lru_cache(1024)
def phase(text: str) -> tuple[str, ...] | None:
    """Members of `model.PHASES`."""
    return _PHASES.get(_plain(text))


@functools.lru_cache(1024)
def status(text: str) -> str | None:
    """One of `model.STATUSES`."""
    return _STATUSES.get(_plain(text))


@functools.lru_cache(1024)
def masking(text: str) -> str | None:
    """One of `model.MASKINGS`."""
    return _MASKINGS.get(_plain(text))


@functools.lru_cache(1024)
def allocation(text: str) -> Literal["randomised", "non-randomised", "not applicable"] | None:
    """How participants come into arms."""
    return _ALLOCATIONS.get(_plain(text))


@functools.lru_cache(1024)
def sex(text: str) -> Literal["all", "female", "male"] | None:
    """Who may take part."""
    return _SEXES.get(_plain(text))


@functools.lru_cache(1024)
def date_type(text: str) -> Literal["actual", "estimated"] | None:
    """Whether a date or a number is what happened, or what was planned ("Anticipated")."""
    return _DATE_TYPES.get(_plain(text))


def yes_no(flag: bool | str) -> bool | None:
    """Version 2 has true and false, the older forms words."""
    return flag if isinstance(flag, bool) else _YES_NO.get(_plain(flag))


@functools.lru_cache(1024)
def sponsor_class(text: str) -> str:
    """The register's kinds of organisation in words."""
    return _SPONSORS.get(_plain(text), word(text))


@functools.lru_cache(1024)
def secondary_id_kind(text: str) -> str:
    """What kind of number a secondary number is said to be."""
    return _ID_KINDS.get(_plain(text), word(text))


@functools.lru_cache(1024)
def reference_kind(text: str) -> str | None:
    """Why a publication is cited: for the trial's results, as background, or found by NLM."""
    plain = _plain(text)
    return plain if plain in ("result", "background", "derived") else None


@functools.lru_cache(4096)
def word(text: str) -> str:
    """Any other enumeration, in small letters: ``ACTIVE_COMPARATOR`` is "active comparator"."""
    return _WORDS.get(_plain(text)) or text.replace("_", " ").strip().lower()


@functools.lru_cache(1024)
def parameter(text: str) -> str:
    """What a posted number is, in the words of the register's site."""
    return _PARAMETERS.get(_plain(text), text)


@functools.lru_cache(1024)
def dispersion(text: str) -> str:
    """What a posted spread is: "SD", "SE", "IQR", "range", "95% CI"; else as the record says."""
    if match := _INTERVAL.fullmatch(text.strip()) or _INTERVAL_CODE.fullmatch(text.strip()):
        return f"{match[1]}% CI"
    return _DISPERSIONS.get(_plain(text), text)


@functools.lru_cache(8192)
def date(text: str) -> PartialDate | None:
    """A date of the record, as precise as it was stated."""
    return parse_date(text)


@functools.lru_cache(1024)
def age(text: str) -> float | None:
    """An age in years: "6 Months" is 0.5."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        return None
    years = _YEARS.get(match[2].casefold().removesuffix("s"))
    return None if years is None else round(float(match[1]) * years, 6)


def number(content: float | str) -> float | None:
    """A posted number. "1,234" has a thousands separator; "7,31" and "<5" cannot be read."""
    if isinstance(content, str):
        content = content.strip()
        if _THOUSANDS.fullmatch(content):
            content = content.replace(",", "")
        elif not _NUMBER.fullmatch(content):
            return None
    try:
        value = float(content)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    return value if math.isfinite(value) else None


def count(content: float | str) -> int | None:
    """A number of participants: whole, not negative, and not absurdly large."""
    if isinstance(content, int):
        return content if 0 <= content <= MOST else None
    value = number(content)
    return int(value) if value is not None and value.is_integer() and 0 <= value <= MOST else None
