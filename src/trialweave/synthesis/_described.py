"""What the records of a study say of it beside results: allocation, products, a short name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from trialweave.model import Record, Study

__all__ = ["Allocation", "allocation_of", "label_of", "mentions"]

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


def mentions(records: Sequence[Record], product: str) -> bool:
    wanted = product.casefold()
    for record in records:
        for item in record.about.interventions.content or ():
            names = (item.name.content, item.description.content, *(item.other_names.content or ()))
            if any(wanted in text.casefold() for text in names if text):
                return True
    return False


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
