"""What the records of a study say of it beside results: allocation, products, a short name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from trialweave.model import Record, Study
from trialweave.studies.words import severities, words

__all__ = [
    "Allocation",
    "allocation_of",
    "label_of",
    "mentions",
    "population_texts",
    "severities_of",
    "tokens",
]

_LONGEST = 2000  # characters of a text

Allocation = Literal["randomised", "non-randomised", "not applicable", ""]

_RANDOMISED = re.compile(r"(?<![\w-])(?<!non )(?<!not )randomi[sz]ed\b", re.IGNORECASE)


def allocation_of(records: Sequence[Record]) -> tuple[Allocation, str]:
    """How patients were allocated, and who says so.

    A reviewer's extraction counts before the register, the register before a text about the trial;
    where nothing is said in a field of its own, a title that says "randomised" counts.
    """
    ranked = sorted(
        records,
        key=lambda one: 0 if one.source == "extraction" else 1 if one.kind == "trial" else 2,
    )
    said = [
        (record.about.allocation.content, record)
        for record in ranked
        if record.about.allocation.content is not None
    ]
    if said:
        allocation, record = said[0]
        others = sorted({other for other, _ in said if other != allocation})
        dissent = f"; other records say {', '.join(others)}" if others else ""
        return allocation, f"{record.record_id}{dissent}"
    for record in ranked:
        about = record.about
        texts = [about.study_design, about.scientific_title, about.public_title]
        if record.publication is not None:
            texts.append(record.publication.title)
        if any(_RANDOMISED.search(text.content[:2000]) for text in texts if text.content):
            return "randomised", f"{record.record_id}, title or design"
    return "", ""


_FUNCTION = frozenset(("of", "the", "and", "or", "with", "for", "in", "to", "a", "an"))
_TOKEN = re.compile(r"[^\W_]+")
_GRADES = re.compile(r"\b(?:mild|moderate|severe|critical)(?:ly)?(?: ill)?\b", re.IGNORECASE)


def mentions(texts: Sequence[str], wanted: str) -> bool:
    """Whether texts taken together say all the words wanted, whatever their number and spelling.

    "stem cells" is found in "stem cell", "COVID-19" in "coronavirus disease", a degree of severity
    only where it is one: "severe acute respiratory syndrome" says nothing of how ill people are.
    """
    said = " . ".join(text[:_LONGEST] for text in texts)
    degrees = severities(wanted)
    rest = _GRADES.sub(" ", wanted) if degrees else wanted
    if not degrees <= severities_of(texts):
        return False
    if tokens(rest) - _FUNCTION <= tokens(said):
        return True
    telling = set(words(rest))
    return bool(telling) and telling <= set(words(said, limit=len(said)))


def severities_of(texts: Sequence[str]) -> frozenset[str]:
    """The degrees of severity that any of the texts names."""
    return frozenset(degree for text in texts for degree in severities(text))


def tokens(text: str) -> frozenset[str]:
    """The words of a text in lower case and the singular, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return frozenset(_singular(word) for word in _TOKEN.findall(plain))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def population_texts(records: Sequence[Record]) -> list[str]:
    """Conditions, severity and titles of a study's records."""
    found: list[str | None] = []
    for record in records:
        about = record.about
        for listed in (about.conditions, about.condition_terms):
            found += [item.content for item in (listed.content or ())[:50]]
        found += [
            about.severity.content,
            about.public_title.content,
            about.scientific_title.content,
        ]
        if record.publication is not None:
            found.append(record.publication.title.content)
    return [text for text in found if text]


def label_of(study: Study, records: Sequence[Record]) -> tuple[str, int | None]:
    """A short label for plots, as reviews use it ("Author 2021"), and the year to sort by.

    The year is that of the study's first publication, else of its start.
    """
    main = [
        record.publication
        for record in records
        if record.publication is not None and not record.publication.report_of
    ]
    dated = [p.published.content.year for p in main if p.published.content is not None]
    starts = [r.about.start_date.content for r in records if r.about.start_date.content]
    year = min(dated) if dated else min((date.year for date in starts), default=None)
    for record in records:
        publication = record.publication
        if publication is None or publication.report_of:
            continue
        if record.source == "extraction" and publication.citation.content:
            return publication.citation.content, year
    for publication in main:
        authors = publication.authors.content
        if authors and authors[0].content:
            surname = authors[0].content.split(",")[0].split()[-1]
            return (f"{surname} {year}" if year else surname), year
    names: Mapping[str, str | None] = {r.record_id: r.about.acronym.content for r in records}
    return next((text for text in names.values() if text), study.study_id), year
