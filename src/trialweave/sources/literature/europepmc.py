"""Europe PMC in JSON, as its search answers with ``resultType=core`` or ``lite``."""

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
from trialweave.sources._source import Source
from trialweave.sources.literature import _known
from trialweave.sources.literature._document import clean, named
from trialweave.sources.literature._parts import parts_of
from trialweave.sources.literature._works import Form, Work, holds, read_works

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "europepmc"
_FORM = Form((("resultList", "result"), ("result",)), frozenset(("id", "source")), ("hitCount",))
_GENERIC = frozenset(("journal article", "research support, non-u.s. gov't", "research-article"))


def recognise(received: Received) -> bool:
    """Whether the document holds results of Europe PMC."""
    if not holds(received.data, _FORM):
        return False
    return b'"authorString"' in received.data or b'"resultList"' in received.data


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The articles, an error in the place of each that cannot be taken."""
    return read_works(received, _FORM, _article)


def _article(work: Work, start: int, end: int) -> Draft:
    work = work.of(_NAME)
    doi = work.number("doi", "doi", "doi")
    pmid = work.number("pmid", "pmid", "pmid")
    if not pmid and work.string("source") == "MED":
        pmid = work.number("pmid", "pmid", "id")
    pmcid = clean(work.string("pmcid"))
    own = f"{work.string('source')}:{work.string('id')}" if work.string("id") else ""
    body = Publication(
        title=work.words("title", "title"),
        doi=doi,
        pmid=pmid,
        kind=_kind(work),
        authors=work.listed("authors", "authorList.author", _authors(work)),
        journal=work.words(
            "journal", "journalInfo.journal.title", "journalTitle", "bookOrReportDetails.publisher"
        ),
        volume=work.words("volume", "journalInfo.volume", "journalVolume"),
        published=work.date(
            "published",
            *("firstPublicationDate", "electronicPublicationDate"),
            *("journalInfo.printPublicationDate", "journalInfo.dateOfPublication", "pubYear"),
        ),
        registrations=work.gathered("registrations", "abstractText", _numbers(work)),
        relations=work.gathered(
            "relations", "commentCorrectionList.commentCorrection", tuple(_relations(work))
        ),
        sections=_abstract(work),
        trial=Trial(
            keywords=work.listed(
                "keywords",
                "keywordList.keyword",
                (work.words("keywords", path) for path in work.each("keywordList.keyword")),
            )
        ),
        other=tuple(_other(work)),
    )
    known = named(doi, pmid, pmcid or own, work.name, "a result")
    stated = work.date("", "dateOfRevision").content
    return Draft(_NAME, known, body, start, end, stated)


def _kind(work: Work) -> Value[str]:
    path = "pubTypeList.pubType"
    types = [clean(work.string(each)) for each in work.each(path)]
    if not types:
        return work.words("kind", path, "pubType")
    telling = [kind for kind in types if kind and kind.lower() not in _GENERIC] or types[:1]
    return work.value("kind", "; ".join(telling), path)


def _authors(work: Work) -> Iterator[Value[str]]:
    for path in work.each("authorList.author"):
        first, last = (clean(work.string(f"{path}.{name}")) for name in ("firstName", "lastName"))
        if first and last:
            yield work.value("authors", f"{first} {last}", path)
        else:
            yield work.words("authors", f"{path}.fullName", f"{path}.collectiveName")
    if not work.size("authorList.author"):
        yield work.words("authors", "authorString")


def _numbers(work: Work) -> tuple[RegistryNumber, ...]:
    return (*work.mentioned("title", "title"), *work.mentioned("abstract", "abstractText"))


def _relations(work: Work) -> Iterator[Related]:
    for path in work.each("commentCorrectionList.commentCorrection"):
        pmid = Value[str]()
        if work.string(f"{path}.source") == "MED":
            pmid = work.number("relations", "pmid", f"{path}.id")
        text = work.words("relations", f"{path}.reference", f"{path}.id")
        yield Related(work.string(f"{path}.type"), Value(), pmid, text)


def _abstract(work: Work) -> Value[tuple[Section, ...]]:
    """The abstract by its headings, which stand in it as markup."""
    received = work.string("abstractText")
    sections = tuple(
        Section(label, work.value("sections", told, "abstractText"), part="abstract")
        for label, told in parts_of(received)
    )
    return work.gathered("sections", "abstractText", sections)


def _other(work: Work) -> Iterator[Labelled]:
    for label, path in (
        ("PMC number", "pmcid"),
        ("Source", "source"),
        ("Issue", "journalInfo.issue"),
        ("Pages", "pageInfo"),
        ("Language", "language"),
        ("Licence", "license"),
        ("Open access", "isOpenAccess"),
        ("Times cited", "citedByCount"),
        ("Version", "versionNumber"),
    ):
        if value := work.words("other", path):
            yield Labelled(label, value)
    for path in work.each("meshHeadingList.meshHeading"):
        if value := work.words("other", f"{path}.descriptorName"):
            yield Labelled("MeSH heading", value)
    for path in work.each("grantsList.grant"):
        if value := work.words("other", f"{path}.agency"):
            yield Labelled("Funder", value)


SOURCE = Source(
    name=_NAME,
    title="Europe PMC",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=lambda received: _known.survey_works(_NAME, _known.europepmc(), received, _FORM),
    volatile=r'"citedByCount":\d+',
)
