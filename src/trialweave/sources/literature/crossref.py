"""Crossref in JSON: the answer to one DOI, a page of works, a list, or one work on each line.

Updates (retractions, corrections) stand in ``update-to`` of the notice and, since 2025, in
``updated-by`` of the article; few publishers deposit ``clinical-trial-number``.
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
    Value,
)
from trialweave.model.identifiers import normalise
from trialweave.sources._source import Source
from trialweave.sources.literature import _known
from trialweave.sources.literature._document import clean, named
from trialweave.sources.literature._parts import parts_of
from trialweave.sources.literature._works import Form, Work, holds, read_works

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "crossref"
_FORM = Form(
    (("message", "items"), ("message",), ("items",)),
    frozenset(("DOI", "type", "prefix")),
    ("message-type",),
)


def recognise(received: Received) -> bool:
    """Whether the document holds works of Crossref."""
    return holds(received.data, _FORM)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The works, an error in the place of each that cannot be taken."""
    return read_works(received, _FORM, _work)


def _work(work: Work, start: int, end: int) -> Draft:
    work = work.of(_NAME)
    doi = work.number("doi", "doi", "DOI")
    body = Publication(
        title=work.words("title", "title[0]", "title", "short-title[0]"),
        doi=doi,
        kind=_kind(work),
        authors=work.listed("authors", "author", _authors(work)),
        journal=work.words("journal", "container-title[0]", "institution[0].name"),
        volume=work.words("volume", "volume"),
        published=work.date(
            "published",
            *(f"{name}.date-parts[0]" for name in ("published", "published-online")),
            *(f"{name}.date-parts[0]" for name in ("published-print", "issued", "posted")),
        ),
        publisher=work.words("publisher", "publisher"),
        url=work.words("url", "URL", "resource.primary.URL"),
        registrations=work.gathered("registrations", "clinical-trial-number", _numbers(work)),
        relations=work.gathered("relations", "relation", tuple(_relations(work))),
        sections=_abstract(work),
        other=tuple(_other(work)),
    )
    known = named(doi, Value(), "", work.name, "a work")
    stated = work.date("", "deposited.date-time", "deposited.date-parts[0]").content
    return Draft(_NAME, known, body, start, end, stated)


def _kind(work: Work) -> Value[str]:
    subtype = work.words("kind", "subtype")
    kind = subtype if subtype else work.words("kind", "type")
    return (
        work.value("kind", kind.content.replace("-", " "), kind.passage.path, kind.content)
        if kind.content and kind.passage
        else kind
    )


def _authors(work: Work) -> Iterator[Value[str]]:
    for path in work.each("author"):
        parts = [clean(work.string(f"{path}.{name}")) for name in ("given", "family", "suffix")]
        told = " ".join(part for part in parts if part)
        if told:
            yield work.value("authors", told, path)
        elif name := work.words("authors", f"{path}.name"):
            yield name


def _numbers(work: Work) -> tuple[RegistryNumber, ...]:
    """The deposited numbers with the stage of the trial that the article reports, then others."""
    found = []
    for path in work.each("clinical-trial-number"):
        place = f"{path}.clinical-trial-number"
        received = work.string(place)
        known = normalise(received)
        if known is not None and known.scheme in ("doi", "pmid"):
            known = None
        content = known.value if known else clean(received)
        stage = clean(work.string(f"{path}.type"))
        kind = f"clinical-trial-number ({stage})" if stage else "clinical-trial-number"
        if content:
            value = work.value("registrations", content, place, received)
            found.append(RegistryNumber(value, known.scheme if known else "", kind))
    titles = [*work.each("title"), *work.each("subtitle"), "title"]
    return (*found, *work.mentioned("title", *titles), *work.mentioned("abstract", "abstract"))


def _relations(work: Work) -> Iterator[Related]:
    for name, ends in (("update-to", "of"), ("updated-by", "in")):
        for path in work.each(name):
            kind = work.string(f"{path}.type") or work.string(f"{path}.update-type")
            label = work.string(f"{path}.label")
            doi = work.number("relations", "doi", f"{path}.DOI")
            told = work.words("relations", f"{path}.label", f"{path}.type", f"{path}.DOI")
            yield Related(f"{kind or label} {ends}".strip(), doi, Value(), told)
    relation = work.at("relation")
    for kind in relation if isinstance(relation, dict) else ():
        if not isinstance(kind, str) or set(kind) & set(".[]"):
            continue
        for path in work.each(f"relation.{kind}"):
            text = work.words("relations", f"{path}.id")
            doi = work.number("relations", "doi", f"{path}.id")
            is_doi = work.string(f"{path}.id-type").lower() == "doi"
            yield Related(kind, doi if is_doi and doi else Value(), Value(), text)


def _abstract(work: Work) -> Value[tuple[Section, ...]]:
    """The abstract by its headings, which stand in it as markup of JATS."""
    sections = tuple(
        Section(label, work.value("sections", told, "abstract"), part="abstract")
        for label, told in parts_of(work.string("abstract"))
    )
    return work.gathered("sections", "abstract", sections)


def _other(work: Work) -> Iterator[Labelled]:
    for label, path in (
        ("Issue", "issue"),
        ("Pages", "page"),
        ("Article number", "article-number"),
        ("Language", "language"),
        ("Subtitle", "subtitle[0]"),
        ("Licence", "license[0].URL"),
        ("Times cited", "is-referenced-by-count"),
    ):
        if value := work.words("other", path):
            yield Labelled(label, value)
    for path in work.each("funder"):
        if value := work.words("other", f"{path}.name"):
            yield Labelled("Funder", value)


SOURCE = Source(
    name=_NAME,
    title="Crossref",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=lambda received: _known.survey_works(_NAME, _known.crossref(), received, _FORM),
    volatile=r'"(?:is-referenced-by-count|score)":[\d.]+|"indexed":\{[^}]*\}',
)
