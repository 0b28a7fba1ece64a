"""Small things that tell one trial from its like: its short name, ages, doses, first outcomes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from trialweave.model import Missingness, Trial, Value
from trialweave.records.places import normalise_country
from trialweave.studies.words import words

__all__ = ["acronyms_of", "ages_of", "doses_of", "outcome_words"]

_TITLE: Final = 600  # characters of a title that are looked at
# Where a title gives its trial's short name: in brackets, after a dash at the end, before a colon,
# before the word "trial" or "study".
_SHORT: Final = re.compile(
    r"[(\[]([^()\[\]\s]{3,20}(?: \S{1,8})?)[)\]]"
    r"|[ \u2013\u2014-] ?- ([^()]{3,24})$"
    r"|^([^\s:]{3,20}(?: \S{1,8})?):"
    r"|\b([A-Z]\S{2,18}(?: ?-?\d{1,2})?) (?:[Mm]ulticent\w{1,3} )?"
    r"(?:[Tt]rial|TRIAL|[Ss]tudy|STUDY)\b"
)
_TAIL: Final = re.compile(r"\b(?:trial|study|clinical)\b|[^a-z0-9]+", re.I)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_NUMERAL: Final = re.compile(r"[ivab]+")
# Abbreviations of things that every other title of the field carries; the records correct it.
_LISTED: Final = """
covid covid19 sarscov2 sars cov2 ncov ards msc mscs ucmsc ucmscs hucmscs bmmsc ivig icu rct pcr mri
hiv copd bcg hcw hcws il6 il1 usa who cpap ecmo gvhd soc pilot the this clinical randomized
randomised controlled phase protocol observational prospective retrospective multicenter
multicentre placebo labelled label cohort cross feasibility notapplicable none nil
"""
_THINGS: Final = frozenset(_LISTED.split())


def _named(text: str, before: str = "") -> str:
    """A short name without marks and case; "" where it only abbreviates the words before it."""
    name = _TAIL.sub("", text).casefold()
    letters = "".join(_LETTERS.findall(name))
    if len(letters) < 3 or len(name) > 20 or name in _THINGS or letters in _THINGS:
        return ""
    if _NUMERAL.fullmatch(name):
        return ""
    words_before = [word.casefold() for word in _LETTERS.findall(before)[-len(letters) :]]
    initials = "".join(word[0] for word in words_before)
    written_out = bool(words_before) and _within(letters, words_before[-1])
    return "" if initials == letters or written_out else name


def _within(letters: str, word: str) -> bool:
    """Whether a word begins like an abbreviation and has its other letters in their order."""
    rest = iter(word)
    return word[0] == letters[0] and all(letter in rest for letter in letters)


def _called(text: str) -> bool:
    """Written as a name: a part with more capitals or digits than a plain word has."""
    return any(
        sum(mark.isupper() or mark.isdigit() for mark in part) > 1
        for part in re.split(r"[^\w]+", text)
    )


def acronyms_of(about: Trial, titles: Iterable[str | None]) -> frozenset[str]:
    """Short names of the trial: as stated, or where a title gives one."""
    found = {_named((about.acronym.content or "")[:40])}
    for title in titles:
        text = " ".join((title or "")[:_TITLE].split())
        for match in _SHORT.finditer(text):
            short = next(filter(None, match.groups()))
            tail = match.group(2) is not None
            if tail or (_called(short) and not text.isupper()):
                found.add(_named(short, text[max(match.start() - 200, 0) : match.start()]))
                found.add(_without_country(short))
    return frozenset(found - {""})


def _without_country(short: str) -> str:
    """The name of a programme in that of its national part ("THAW-ICELAND"); else ""."""
    parts = re.split(r"[\s/_\u2013-]+", short)
    named = [part for part in parts if len(part) < 4 or not normalise_country(part)]
    own = [part for part in named if part.casefold() not in _THINGS]
    return _named("-".join(own)) if own and len(named) < len(parts) else ""


def ages_of(about: Trial) -> str:
    """Least and greatest age in years, "" where either is not known: "18-75", "18-"."""
    least, most = about.minimum_age, about.maximum_age
    if least.content is None:
        return ""
    if most.content is not None:
        return f"{least.content:g}-{most.content:g}"
    return f"{least.content:g}-" if most.missingness is Missingness.NOT_APPLICABLE else ""


_DOSE: Final = re.compile(
    r"(?<![\w.,])(\d{1,7}(?:[.,]\d{1,4})?) ?"
    r"(mg/kg|mg|mcg|\u00b5g|\u03bcg|ug|g/kg|g|ml/kg|ml|iu/kg|iu|units?|ppm|gy)(?![\w/])",
    re.I,
)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2},\d{3}")
_UNITS: Final = {"\u00b5g": "mcg", "\u03bcg": "mcg", "ug": "mcg", "unit": "iu", "units": "iu"}
_DESCRIBED: Final = 600


def doses_of(about: Trial) -> frozenset[str]:
    """Amounts with their units as interventions and arms state them: "400 mg", "0.5 mg/kg"."""
    texts: list[Value[str]] = []
    for item in (about.interventions.content or ())[:20]:
        texts += [item.name, item.description]
    texts += [arm.description for arm in (about.arms.content or ())[:10]]
    found: set[str] = set()
    for text in texts:
        for amount, unit in _DOSE.findall((text.content or "")[:_DESCRIBED]):
            number = float(amount.replace(",", "" if _THOUSANDS.fullmatch(amount) else "."))
            unit = _UNITS.get(unit.casefold(), unit.casefold())
            if unit == "g":
                number, unit = number * 1000, "mg"
            found.add(f"{number:g} {unit}")
    return frozenset(sorted(found)[:30])


def outcome_words(about: Trial) -> frozenset[str]:
    """Telling words of what the primary outcomes measure."""
    measures = [each.measure.content for each in (about.primary_outcomes.content or ())[:3]]
    said = words(" . ".join(filter(None, measures)), limit=500)
    return frozenset(word for word in said if not word.isdigit())
