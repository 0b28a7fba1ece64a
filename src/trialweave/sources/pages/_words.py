"""The words in which trial portals state design facts, and what each means in the model."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from trialweave.model import MASKINGS, Missingness

__all__ = [
    "INTERVENTION_TYPE",
    "Ages",
    "ages",
    "allocation",
    "count",
    "healthy_volunteers",
    "masking",
    "missing",
    "sex",
    "status",
]

_MISSING = re.compile(
    r"(?:(?:information |data )?(?:is |are |was |were )?not (?:yet )?"
    r"(?:available|specified|provided|reported|stated|given|recorded|disclosed|entered|known)"
    r"|none (?:provided|specified|stated|reported|given)"
    r"|no (?:data|information|description|summary)(?: (?:available|provided|given|entered))?"
    r"|unspecified|unavailable|null|undefined|nan|[-–—_.]{1,3})\.?",
    re.IGNORECASE,
)
_NOT_APPLICABLE = re.compile(r"(?:n\.?\s?/\s?a\.?|not applicable)\.?", re.IGNORECASE)

# The types of ClinicalTrials.gov, as they stand before an intervention's name.
INTERVENTION_TYPE = (
    r"(?:Drug|Device|Biological|Procedure|Radiation|Behavioral|Behavioural|Genetic"
    r"|Dietary Supplement|Combination Product|Diagnostic Test|Other)"
)

_STATUS = {
    "planned": (
        "not yet recruiting",
        "not yet enrolling",
        "not yet open",
        "not yet started",
        "planned",
        "pending",
        "not started",
        "in preparation",
    ),
    "recruiting": (
        "recruiting",
        "enrolling",
        "now recruiting",
        "open to recruitment",
        "open for recruitment",
        "open",
        "open public recruiting",
        "authorised recruiting",
        "ongoing recruiting",
    ),
    "enrolling by invitation": ("enrolling by invitation", "invitation only", "by invitation"),
    "active, closed": (
        "active not recruiting",
        "active not enrolling",
        "active closed",
        "recruitment complete",
        "recruitment completed",
        "enrollment complete",
        "enrollment completed",
        "enrolment completed",
        "recruitment closed",
        "closed to recruitment",
        "closed to recruitment of participants",
        "closed follow up continuing",
        "ongoing recruitment ended",
        "no longer recruiting",
    ),
    "suspended": (
        "suspended",
        "temporarily suspended",
        "temporarily halted",
        "temporarily closed",
        "enrollment suspended",
        "recruitment suspended",
        "temporary halt",
    ),
    "completed": (
        "completed",
        "complete",
        "study completed",
        "trial completed",
        "study complete",
        "finished",
        "ended",
        "complete follow up complete",
        "completed follow up complete",
        "main results already published",
    ),
    "terminated": (
        "terminated",
        "stopped",
        "stopped early",
        "prematurely ended",
        "halted prematurely",
        "terminated halted prematurely",
        "discontinued",
        "early termination",
    ),
    "withdrawn": ("withdrawn", "withdrawn prior to enrolment", "cancelled", "canceled"),
    "no longer available": ("no longer available",),
    "unknown": ("unknown", "unknown status", "status unknown", "recruitment status unknown"),
    "not authorised": ("not authorised", "not authorized"),
    "other": (
        "available",
        "temporarily not available",
        "approved for marketing",
        "authorised",
        "authorized",
        "ongoing",
        "not recruiting",
        "other",
    ),
}
_STATUS_OF = {words: status for status, all_words in _STATUS.items() for words in all_words}
_BEGINS = re.compile(r"begins? (?:enrol|recruit)", re.IGNORECASE)

# "Single group" and "double dummy" are not about who knows
_MASKING_WORD = re.compile(
    r"\b(single|double|triple|quadruple)\b(?![\s-]?(?:arm|group|cent|site|dummy|dose))",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"^(?:none|open|no masking|no blinding|unblinded|unmasked|not blinded)\b", re.IGNORECASE
)

_NEGATED = frozenset(("no", "non", "not", "none", "without", "excluded"))
_COUNT = re.compile(r"(?<!\d)(?<!\d[.,])(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+|\d{1,9})(?!\d|[.,]\d)")
_FROM_TO = re.compile(r"\d\s?(?:to|or|[-–—])\s?\d")
_PEOPLE = re.compile(
    r"\s(?:participants?|patients?|subjects?|people|persons?|volunteers?)\b(?! (?:group|arm)s?\b)",
    re.I,
)

_AGE = r"(\d{1,3}(?:\.\d{1,2})?)"
_UNIT = r"(?:(years?|yrs?|months?|mos?|weeks?|wks?|days?|hours?|minutes?|y|m|w|d)\b\.?)"
_RANGE = re.compile(
    rf"(?:from\s+)?{_AGE}\s*{_UNIT}?\s*(?:old\s+)?(?:to|-|–|—|and|through)\s*{_AGE}\s*{_UNIT}?"
    r"(?:\s*old)?",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    rf"(?:(?:≥|>=|at least|over|above|older than|from)\s*{_AGE}\s*{_UNIT}?(?:\s*old)?"
    rf"|{_AGE}\s*\+\s*{_UNIT}?(?:\s*old)?"
    rf"|{_AGE}\s*{_UNIT}?\s*(?:old\s*)?(?:and|or|&)\s*(?:older|over|above|up|more|n/a|no limit))",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    rf"(?:(?:≤|<=|<|up to|under|below|younger than|at most)\s*{_AGE}\s*{_UNIT}?(?:\s*old)?"
    rf"|{_AGE}\s*{_UNIT}?\s*(?:old\s*)?(?:and|or|&)\s*(?:younger|under|below|less))",
    re.IGNORECASE,
)
_ANY_AGE = re.compile(
    r"(?:all|any)(?:\s+ages?)?|(?:no|without) (?:age )?limits?|n/a", re.IGNORECASE
)
# Units in a mean Gregorian year.
_PER_YEAR = {"y": 1.0, "m": 12.0, "w": 365.2425 / 7, "d": 365.2425, "h": 365.2425 * 24}
_PER_YEAR["minute"] = 365.2425 * 24 * 60


def missing(text: str) -> Missingness | None:
    """Why nothing is stated, where the words say that nothing is; else None."""
    if _MISSING.fullmatch(text):
        return Missingness.NOT_REPORTED
    if _NOT_APPLICABLE.fullmatch(text):
        return Missingness.NOT_APPLICABLE
    return None


def status(text: str) -> str | None:
    """The recruitment status that words mean; None where they are not known as one."""
    words = " ".join(re.sub(r"[^a-z]+", " ", text.casefold()).split())
    if _BEGINS.match(words):
        return "planned"
    return _STATUS_OF.get(words)


def sex(text: str) -> Literal["all", "female", "male"] | None:
    """Who may take part; None where the words are not understood."""
    words = set(re.findall(r"[a-z]+", text.casefold()))
    if words & _NEGATED:
        return None
    women = bool(words & {"female", "females", "women", "woman"})
    men = bool(words & {"male", "males", "men", "man"})
    if women != men:  # "women of any age"
        return "female" if women else "male"
    return "all" if women or words & {"all", "both", "any"} else None


def masking(text: str) -> str | None:
    """One of `MASKINGS`; None where the words are not understood."""
    if match := _MASKING_WORD.search(text):
        return match.group(1).lower()
    return MASKINGS[0] if _OPEN.match(text.strip()) else None


def allocation(text: str) -> Literal["randomised", "non-randomised", "not applicable"] | None:
    """How participants come to their arms; None where the words are not understood."""
    words = text.casefold()
    if re.search(r"\bnon?[- ]?randomi|not randomi", words):
        return "non-randomised"
    if "randomi" in words:
        return "randomised"
    return "not applicable" if _NOT_APPLICABLE.fullmatch(words.strip()) else None


def healthy_volunteers(text: str) -> bool | None:
    """Whether healthy people may take part; None where the words are not understood."""
    words = text.casefold()
    if re.match(r"(?:no\b|not\b|does not)", words):
        return False
    if re.match(r"(?:yes\b|accepts?\b|healthy)", words):
        return None if _NEGATED.intersection(words.split()) else True
    return None


def count(text: str) -> int | None:
    """The one number of people that a text states, with or without thousands separators."""
    if _FROM_TO.search(text):
        return None
    numbers = list(_COUNT.finditer(text))
    told = [each for each in numbers if _PEOPLE.match(text, each.end())] or numbers
    found = {int(re.sub(r"\D", "", each.group())) for each in told}
    return found.pop() if len(found) == 1 else None


class Ages(NamedTuple):
    """Limits of age in years; None is no limit."""

    minimum: float | None
    maximum: float | None


def _years(number: str, unit: str | None) -> float:
    letters = (unit or "years").lower()
    key = "minute" if letters.startswith("mi") else letters[0]
    return round(float(number) / _PER_YEAR[key], 6)


def ages(text: str) -> Ages | None:
    """The limits of age that a phrase states; None where it is not understood."""
    text = " ".join(text.split())
    if match := _RANGE.fullmatch(text):
        low, low_unit, high, high_unit = match.groups()
        return Ages(_years(low, low_unit or high_unit), _years(high, high_unit or low_unit))
    if match := _AT_LEAST.fullmatch(text):
        number, unit = _first(match)
        return Ages(_years(number, unit), None)
    if match := _AT_MOST.fullmatch(text):
        number, unit = _first(match)
        return Ages(None, _years(number, unit))
    return Ages(None, None) if _ANY_AGE.fullmatch(text) else None


def _first(match: re.Match[str]) -> tuple[str, str | None]:
    """The number and unit of whichever alternative matched."""
    groups = match.groups()
    at = next(i for i in range(0, len(groups), 2) if groups[i] is not None)
    return groups[at], groups[at + 1]
