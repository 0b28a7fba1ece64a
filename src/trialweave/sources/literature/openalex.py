"""OpenAlex in JSON: one work, a page of works, a list, or one work on each line.

The abstract comes as an inverted index, each word with its places, and is put in order again.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.errors import InputError
from trialweave.model import (
    Draft,
    Labelled,
    Publication,
    Received,
    RegistryNumber,
    Related,
    Section,
    Trial,
    Value,
)
from trialweave.model.identifiers import find
from trialweave.sources._source import Source
from trialweave.sources.literature import _known
from trialweave.sources.literature._document import clean, named
from trialweave.sources.literature._works import Form, Work, holds, read_works

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "openalex"
_FORM = Form((("results",),), frozenset(("id", "display_name", "publication_year")), ("per_page",))
_INDEX = "abstract_inverted_index"
_LONGEST = 20_000  # words of an abstract


def recognise(received: Received) -> bool:
    """Whether the document holds works of OpenAlex."""
    if not holds(received.data, _FORM):
        return False
    return b"openalex.org" in received.data or b'"per_page"' in received.data


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The works, an error in the place of each that cannot be taken."""
    return read_works(received, _FORM, _work)


def _work(work: Work, start: int, end: int) -> Draft:
    work = work.of(_NAME)
    doi = work.number("doi", "doi", "doi", "ids.doi")
    pmid = work.number("pmid", "pmid", "ids.pmid")
    own = clean(work.string("id")).rpartition("/")[2]
    abstract = _abstract(work)
    body = Publication(
        title=work.words("title", "title", "display_name"),
        doi=doi,
        pmid=pmid,
        kind=_kind(work),
        authors=work.listed(
            "authors",
            "authorships",
            (
                work.words("authors", f"{path}.author.display_name", f"{path}.raw_author_name")
                for path in work.each("authorships")
            ),
        ),
        journal=work.words(
            "journal", "primary_location.source.display_name", "host_venue.display_name"
        ),
        volume=work.words("volume", "biblio.volume"),
        published=work.date("published", "publication_date", "publication_year"),
        url=work.words("url", "primary_location.landing_page_url"),
        registrations=work.gathered(
            "registrations",
            _INDEX,
            (*work.mentioned("title", "title"), *_numbers(work, abstract.content or "")),
        ),
        relations=_retracted(work),
        sections=work.value("sections", (Section("", abstract, part="abstract"),), _INDEX)
        if abstract
        else work.silent("sections"),
        trial=Trial(
            keywords=work.listed(
                "keywords",
                "keywords",
                (
                    work.words("keywords", f"{path}.display_name", f"{path}.keyword")
                    for path in work.each("keywords")
                ),
            )
        ),
        other=tuple(_other(work)),
    )
    known = named(doi, pmid, own, work.name, "a work")
    return Draft(_NAME, known, body, start, end, work.date("", "updated_date").content)


def _kind(work: Work) -> Value[str]:
    """The type; that the work is retracted is part of what it is."""
    kind = work.words("kind", "type", "type_crossref")
    if work.at("is_retracted") is True:
        told = f"{kind.content}; retracted" if kind else "retracted"
        return work.value("kind", told, "is_retracted", "true")
    return kind


def _retracted(work: Work) -> Value[tuple[Related, ...]]:
    if work.at("is_retracted") is not True:
        return work.silent("relations")
    told = work.value("relations", "the work is marked as retracted", "is_retracted", "true")
    return work.value("relations", (Related("retracted", text=told),), "is_retracted")


def _abstract(work: Work) -> Value[str]:
    """The words in the order of their places."""
    index = work.at(_INDEX)
    placed: dict[int, str] = {}
    for word, places in index.items() if isinstance(index, dict) else ():
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < _LONGEST:
                placed[place] = word
    told = clean(" ".join(placed[place] for place in sorted(placed)))
    return work.value("sections", told, _INDEX) if told else work.silent("sections")


def _numbers(work: Work, abstract: str) -> Iterator[RegistryNumber]:
    """The numbers in the abstract; a word that comes twice has one place in the record."""
    seen = set()
    for mention in find(abstract):
        known = mention.identifier
        if known.scheme not in ("doi", "pmid") and known not in seen:
            seen.add(known)
            value = work.value("registrations", known.value, _INDEX)
            yield RegistryNumber(value, known.scheme, "abstract")


def _other(work: Work) -> Iterator[Labelled]:
    for label, path in (
        ("OpenAlex number", "id"),
        ("PMC number", "ids.pmcid"),
        ("Issue", "biblio.issue"),
        ("First page", "biblio.first_page"),
        ("Last page", "biblio.last_page"),
        ("Language", "language"),
        ("Licence", "primary_location.license"),
        ("Times cited", "cited_by_count"),
    ):
        if value := work.words("other", path):
            yield Labelled(label, value)


SOURCE = Source(
    name=_NAME,
    title="OpenAlex",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=lambda received: _known.survey_works(_NAME, _known.openalex(), received, _FORM),
    volatile=(
        r'"(?:cited_by_count|relevance_score|fwci)":[\d.]+|"counts_by_year":\[[^\]]*\]'
        r'|"(?:cited_by_percentile_year|citation_normalized_percentile)":\{[^}]*\}'
        r'|"updated_date":"[^"]*"'
    ),
)
