"""What is searched of a record, and of a study: its wordings, its facets, and what a hit shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from trialweave.model import Record, Study
from trialweave.records.concepts import leaves, text_of
from trialweave.records.places import normalise_country
from trialweave.store.index import StudyDocument

__all__ = ["Searched", "document_of", "searched"]

_SHOWN = ("overall_status", "phase", "enrollment")


class Searched(msgspec.Struct, frozen=True, array_like=True):
    """What of one record is searched, counted and shown; `texts` titles and questions first."""

    source: str
    texts: tuple[str, ...]
    phases: tuple[str, ...]
    statuses: tuple[str, ...]
    countries: tuple[str, ...]
    years: tuple[int, ...]
    shown: dict[str, str]


def searched(record: Record) -> Searched:
    """Read off a record what is searched of it."""
    about = record.about
    countries = (country.content for country in about.countries.content or ())
    return Searched(
        source=record.source,
        texts=tuple(dict.fromkeys(_texts(record))),
        phases=tuple(about.phase.content or ()),
        statuses=tuple(filter(None, [about.overall_status.content])),
        countries=tuple(normalise_country(name) or name for name in countries if name),
        years=(about.start_date.content.year,) if about.start_date.content else (),
        shown={name: text_of(value) for name in _SHOWN if (value := getattr(about, name))},
    )


def _texts(record: Record) -> Iterator[str]:
    return (text_of(leaf.value) for leaf in leaves(record) if leaf.value)


def document_of(study: Study, records: Sequence[Searched], *, flagged: bool) -> StudyDocument:
    """The document of a study: what its records say, each wording once.

    Of what a hit shows, the first record that states it tells, best-identified first.
    """
    shown: dict[str, str] = {}
    for record in records:
        shown = record.shown | shown
    return StudyDocument(
        study_id=study.study_id,
        title=study.title,
        identifiers=study.identifiers,
        text="\n".join(dict.fromkeys(text for record in records for text in record.texts)),
        sources=_all(record.source for record in records),
        phases=_all(phase for record in records for phase in record.phases),
        statuses=_all(status for record in records for status in record.statuses),
        countries=_all(country for record in records for country in record.countries),
        years=tuple(sorted({year for record in records for year in record.years})),
        has_flags=flagged,
        shown=shown,
    )


def _all(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
