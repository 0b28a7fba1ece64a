"""PubMed in XML, as its efetch gives it: ``<PubmedArticleSet>`` of ``<PubmedArticle>``.

Registry numbers stand in the data bank list, which PubMed's indexers fill, and in the abstract.
Retractions, errata and preprints are the ``CommentsCorrections``. Books are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trialweave.errors import InputError
from trialweave.model import (
    Draft,
    Labelled,
    PartialDate,
    Publication,
    Received,
    Related,
    Section,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.identifiers import normalise
from trialweave.sources import _xml
from trialweave.sources._source import Source
from trialweave.sources._xml import Node
from trialweave.sources.literature._document import Document, Numbers, elements, named
from trialweave.sources.literature._flow import flow
from trialweave.sources.literature._known import survey_pubmed

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "pubmed"
_LONGEST_NAME = 100  # characters of a data bank's name
_RECORD = "PubmedArticle"
# Types that most articles have and that say nothing of the kind of article
_GENERIC = re.compile(
    r"journal article|english abstract|research support.*|video-audio media", re.I
)
_LANGUAGE_BRACKETS = re.compile(r"\[(.+?)\]?\.?$", re.DOTALL)


def recognise(received: Received) -> bool:
    """Whether the document is PubMed's XML."""
    return _xml.root_name(received.data) in ("PubmedArticleSet", _RECORD)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The articles, an error in the place of each that cannot be taken."""
    return elements(received, _NAME, _RECORD, _article)


def _article(document: Document, node: Node, start: int, end: int, where: str) -> Draft:
    citation = node.child("MedlineCitation") or Node("MedlineCitation", {}, 0, 0)
    article = citation.child("Article") or Node("Article", {}, 0, 0)
    pmid = _number(document, citation.child("PMID"))
    doi = _doi(document, node, article)
    pmcid = _own_id(node, "pmc")
    numbers = Numbers(document)
    banked: list[Labelled] = []
    for bank in article.iter("DataBank"):
        named_so = bank.child("DataBankName")
        # Said once for each number, so it must not be as long as what holds them all
        name = flow(named_so).text[:_LONGEST_NAME] if named_so is not None else "a data bank"
        for number in bank.iter("AccessionNumber"):
            text = flow(number).text
            if text and not numbers.stated(text, name, "DataBankList", number.inner, number.stop):
                banked.append(Labelled(f"Data in {name}", document.element("other", number)))
    title = article.child("ArticleTitle")
    if title is not None:
        numbers.flow(flow(title), "title")
    sections = list(_abstract(document, article, numbers))
    known = named(
        doi, pmid, flow(pmcid).text if pmcid else "", where, f"an article in it ({pmid.raw or '?'})"
    )
    body = Publication(
        title=_title(document, article),
        doi=doi,
        pmid=pmid,
        kind=_kind(document, article),
        authors=document.listed("authors", list(_authors(document, article))),
        journal=document.element("journal", _journal(article, citation)),
        volume=document.element("volume", article.child("Journal", "JournalIssue", "Volume")),
        published=_published(document, article),
        registrations=numbers.value,
        relations=_relations(document, citation),
        sections=document.sections(sections),
        trial=Trial(
            keywords=document.listed(
                "keywords",
                [
                    document.element("keywords", keyword)
                    for keyword in citation.iter("Keyword")
                    if flow(keyword).text
                ],
            )
        ),
        other=(*_other(document, node, citation, article, pmcid), *banked),
    )
    revised = citation.child("DateRevised") or citation.child("DateCompleted")
    stated = _date(revised) if revised is not None else None
    return Draft(_NAME, known, body, start, end, stated)


def _number(document: Document, node: Node | None) -> Value[str]:
    known = normalise(flow(node).text, "pmid") if node is not None else None
    if node is None or known is None:
        return document.silent("pmid")
    return document.element("pmid", node, known.value)


def _own_id(node: Node, kind: str) -> Node | None:
    """The article's own number: the list of references repeats the same elements further down."""
    listed = node.child("PubmedData", "ArticleIdList")
    for each in listed.children("ArticleId") if listed is not None else ():
        if each.attrib.get("IdType") == kind and flow(each).text:
            return each
    return None


def _doi(document: Document, node: Node, article: Node) -> Value[str]:
    places = [each for each in (_own_id(node, "doi"),) if each is not None]
    places += [
        each
        for each in article.children("ELocationID")
        if each.attrib.get("EIdType") == "doi" and each.attrib.get("ValidYN") != "N"
    ]
    for place in places:
        known = normalise(flow(place).text, "doi")
        if known is not None:
            return document.element("doi", place, known.value)
    return document.silent("doi")


def _title(document: Document, article: Node) -> Value[str]:
    """The title; PubMed's brackets around translated ones are not part of it."""
    node = article.child("ArticleTitle")
    text = flow(node).text if node is not None else ""
    if not text or text.casefold() in ("[not available].", "not available"):
        return document.element("title", article.child("VernacularTitle"))
    match = _LANGUAGE_BRACKETS.fullmatch(text) if text.startswith("[") else None
    return document.element("title", node, match[1] if match else text)


def _journal(article: Node, citation: Node) -> Node | None:
    return (
        article.child("Journal", "Title")
        or article.child("Journal", "ISOAbbreviation")
        or citation.child("MedlineJournalInfo", "MedlineTA")
    )


def _kind(document: Document, article: Node) -> Value[str]:
    listed = article.child("PublicationTypeList")
    types = [flow(each).text for each in listed.children("PublicationType")] if listed else []
    types = [each for each in types if each]
    telling = [each for each in types if not _GENERIC.fullmatch(each)]
    return document.element("kind", listed, "; ".join(telling or types[:1]))


def _authors(document: Document, article: Node) -> Iterator[Value[str]]:
    listed = article.child("AuthorList")
    for author in listed.children("Author") if listed is not None else ():
        collective = author.child("CollectiveName")
        last = author.child("LastName")
        if collective is not None:
            yield document.element("authors", collective)
        elif last is not None:
            first = author.child("ForeName") or author.child("Initials")
            name = f"{flow(first).text} {flow(last).text}" if first else flow(last).text
            ends = [each for each in (last, first) if each is not None]
            begin, stop = min(e.inner for e in ends), max(e.stop for e in ends)
            if name.strip():
                yield document.value("authors", name.strip(), begin, stop)


def _date(node: Node) -> PartialDate | None:
    """Year, month and day in elements, or the free text of a MEDLINE date."""
    free = node.child("MedlineDate")
    if free is not None:
        match = re.match(r"\d{4}(?: [A-Z][a-z]{2}(?: \d{1,2})?(?![\d-]))?", flow(free).text)
        return (parse_date(match.group()) or parse_date(match.group()[:4])) if match else None
    parts = [flow(each).text for each in (node.child(n) for n in ("Year", "Month", "Day")) if each]
    while parts:
        numeric = all(part.isdigit() for part in parts)
        found = parse_date(("-" if numeric else " ").join(parts))
        if found is not None:
            return found
        parts.pop()
    return None


def _published(document: Document, article: Node) -> Value[PartialDate]:
    """The issue's date, or the electronic one where it is more precise or the only one."""
    dates = [article.child("Journal", "JournalIssue", "PubDate"), article.child("ArticleDate")]
    found = [(node, _date(node)) for node in dates if node is not None]
    read = [(node, date) for node, date in found if date is not None]
    if not read:
        return (
            document.unreadable("published", found[0][0].inner, found[0][0].stop)
            if found and found[0][0].parts
            else document.silent("published")
        )
    node, date = read[0]
    if date.precision == "year" and len(read) > 1 and read[1][1].year == date.year:
        node, date = read[1]
    return document.element("published", node, date)


def _abstract(document: Document, article: Node, numbers: Numbers) -> Iterator[Section]:
    abstract = article.child("Abstract")
    for part in abstract.children("AbstractText") if abstract is not None else ():
        told = flow(part)
        if told.text:
            numbers.flow(told, "abstract")
            label = part.attrib.get("Label") or part.attrib.get("NlmCategory", "").capitalize()
            label = "" if label.upper() in ("UNLABELLED", "UNASSIGNED") else label
            yield document.section(label, told.text, part, "abstract")


def _relations(document: Document, citation: Node) -> Value[tuple[Related, ...]]:
    found = []
    for each in citation.iter("CommentsCorrections"):
        source = each.child("RefSource")
        text = flow(source).text if source is not None else ""
        doi = (
            normalise(text[text.lower().find("doi:") :], "doi") if "doi:" in text.lower() else None
        )
        found.append(
            Related(
                kind=each.attrib.get("RefType", ""),
                doi=document.element("relations", source, doi.value if doi else None)
                if doi
                else Value(),
                pmid=_related_number(document, each),
                text=document.element("relations", source),
            )
        )
    return document.gathered(
        "relations", tuple(found), [(each.pmid.passage or each.text.passage) for each in found]
    )


def _related_number(document: Document, node: Node) -> Value[str]:
    place = node.child("PMID")
    known = normalise(flow(place).text, "pmid") if place is not None else None
    return document.element("relations", place, known.value) if known else Value()


def _other(
    document: Document, node: Node, citation: Node, article: Node, pmcid: Node | None
) -> Iterable[Labelled]:
    if pmcid is not None:
        yield Labelled("PMC number", document.element("other", pmcid))
    for label, tag in (("MeSH headings", "MeshHeadingList"), ("Substances", "ChemicalList")):
        listed = citation.child(tag)
        if listed is None:
            continue
        names = [flow(name).text for name in listed.iter("DescriptorName", "NameOfSubstance")]
        yield Labelled(label, document.element("other", listed, "; ".join(names)))
    for label, place in (
        ("Original title", article.child("VernacularTitle")),
        ("Language", article.child("Language")),
        ("Issue", article.child("Journal", "JournalIssue", "Issue")),
        ("Pages", article.child("Pagination", "MedlinePgn")),
        ("Country of the journal", citation.child("MedlineJournalInfo", "Country")),
        ("Conflict of interest", citation.child("CoiStatement")),
        ("Status", node.child("PubmedData", "PublicationStatus")),
    ):
        if place is not None and flow(place).text:
            yield Labelled(label, document.element("other", place))
    for abstract in citation.children("OtherAbstract"):
        told = flow(abstract).text
        if told:
            language = abstract.attrib.get("Language", "")
            label = f"Other abstract ({language})" if language else "Other abstract"
            yield Labelled(label, document.element("other", abstract))


SOURCE = Source(
    name=_NAME,
    title="PubMed",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=survey_pubmed,
)
