"""The unit of a measured outcome, in one spelling, and which unit a synthesis is in.

Differences of means are pooled in one unit, that of most studies; numbers are never converted from
one unit to another, since what was measured may differ too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeVar

from trialweave.model import Finding
from trialweave.synthesis.contrast import Contrast

__all__ = ["Wanted", "unit_of", "wanted_of"]

_SPELLINGS: Final = {
    "d": "days", "day": "days", "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours",
    "min": "minutes", "mins": "minutes", "minute": "minutes", "wk": "weeks", "wks": "weeks",
    "week": "weeks", "mo": "months", "month": "months", "yr": "years", "yrs": "years",
    "year": "years", "percent": "%", "per cent": "%", "percentage": "%", "percentage points": "%",
    "point": "points", "pts": "points", "score": "points", "scores": "points",
    "units on a scale": "points", "score on a scale": "points", "scores on a scale": "points",
    "mm hg": "mmHg", "mmhg": "mmHg", "mm of mercury": "mmHg", "meter": "m", "metre": "m",
    "meters": "m", "metres": "m", "kilogram": "kg", "kilograms": "kg", "liter": "L",
    "litre": "L", "liters": "L", "litres": "L", "gram": "g", "grams": "g", "kpa": "kPa",
    "milligrams per liter": "mg/L", "milligrams per litre": "mg/L",
    "milligrams per deciliter": "mg/dL", "nanograms per milliliter": "ng/mL",
    "picograms per milliliter": "pg/mL",
}  # fmt: skip
# Where an outcome's own words end with its unit: "hospital stay (days)", "CRP, mg/L".
_AT_END: Final = re.compile(
    r"(?:[(\[,]|\bin)\s*(?:[^()\[\],]{0,20}\s)?"
    r"(days|hours|minutes|weeks|months|years|%|points|mm ?Hg|kPa|kg|cm"
    r"|[kmµunp]?(?:g|mol|U|IU)/(?:[mdµu]?L|kg|h))\s*[)\]]*\s*$",
    re.IGNORECASE,
)
_WRITTEN: Final = (
    (re.compile(r"\s*(?:/|\bper\b)\s*"), "/"),
    (re.compile(r"(?<![\w/])(?:ug|mcg)\b"), "µg"),
    (re.compile(r"μ"), "µ"),  # the Greek letter, which folding case makes of the sign
    (re.compile(r"(?<![a-z])([mdnpfkµ]?)l\b"), r"\1L"),
    (re.compile(r"(?<![a-z])([mkµ]?)(i?)u\b"), lambda match: f"{match[1]}{match[2].upper()}U"),
    (re.compile(r"\bh2o\b"), "H2O"),
    (re.compile(r"\bkpa\b"), "kPa"),
    (re.compile(r"\bmm ?hg\b"), "mmHg"),
)


def unit_of(finding: Finding) -> str:
    """The unit that a finding states, or that its outcome's words end with; "" where neither."""
    match = _AT_END.search(finding.outcome[:300])
    printed = finding.unit or (match[1] if match else "")
    return _spelt(printed)


def _spelt(printed: str) -> str:
    folded = " ".join(printed.casefold().split()).strip(" .()[]")
    if folded in _SPELLINGS:
        return _SPELLINGS[folded]
    for pattern, written in _WRITTEN:
        folded = pattern.sub(written, folded)
    return folded


T = TypeVar("T")


class Wanted(NamedTuple):
    """What the means of a synthesis have in common: unit and quantity, or whether they are changes;
    None where every one will do.
    """

    unit: str | None = None
    quantity: str | None = None
    change: bool | None = None

    def why_not(self, one: Contrast) -> tuple[Literal["unit", "change"], str] | None:
        """Why a comparison does not belong with the others; None where it does."""
        if self.unit is not None and one.unit != self.unit:
            has = f"in {one.unit}" if one.unit else "in a unit that is not told"
            wanted = f"in {self.unit}" if self.unit else "told without a unit"
            return "unit", f"means {has}, most studies' {wanted}"
        if self.quantity is not None and one.quantity != self.quantity:
            return "unit", f"measures {one.quantity or one.outcome}, most studies {self.quantity}"
        if self.change is not None and one.change != self.change:
            has, wanted = ("changes", "final values") if one.change else ("final values", "changes")
            why = f"{has}, which standardised differences do not mix with {wanted} of most studies"
            return "change", f"{why} (Cochrane Handbook 5.1, section 9.4.5.2)"
        return None


def wanted_of(measure: str, found: Iterable[Sequence[Contrast]]) -> Wanted:
    """What most studies' means have in common, of those that must agree for the measure.

    `found` holds each study's comparisons. For MD that is unit and quantity, a told unit before an
    untold one; for SMD final values or changes, final values where as many studies give either
    (Cochrane Handbook 5.1, section 9.4.5.2). Of equal numbers the first in order of the alphabet.
    """
    studies = list(found)
    if measure == "MD":
        keys = _votes([{(one.unit, one.quantity) for one in some} for some in studies])
        if not keys:
            return Wanted()
        unit, quantity = min(keys, key=lambda key: (-keys[key], not key[0], key))
        return Wanted(unit, quantity)
    if measure == "SMD":
        changes = _votes([{one.change for one in some} for some in studies])
        if not changes:
            return Wanted()
        return Wanted(change=changes[True] > changes[False])
    return Wanted()


def _votes(studies: Iterable[Collection[T]]) -> Counter[T]:
    """How many studies have each; a study has each but once."""
    return Counter(key for keys in studies for key in set(keys))
