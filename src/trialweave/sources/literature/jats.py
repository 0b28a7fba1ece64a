"""Full text in JATS or its forerunner, the NLM archiving DTD, as PMC and Europe PMC give it.

A document is one ``<article>`` or a set of them. Each paragraph of abstract and body is a section
with its headings, so that a place inside is never wider than a paragraph. Registry numbers come
with the part of the article in which they stand: one that stands only in the introduction, the
discussion or the references is seldom the article's own. Tables are kept as text with their place,
and laid out in cells; a table that is a picture is said to be unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.errors import InputError
from trialweave.model import (
    Draft,
    Labelled,
    PartialDate,
    Publication,
    Received,
    Related,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.identifiers import normalise
from trialweave.sources import _xml
from trialweave.sources._source import Source
from trialweave.sources._xml import Node
from trialweave.sources.literature import _jats_text
from trialweave.sources.literature._document import Document, Numbers, elements, named
from trialweave.sources.literature._flow import flow
from trialweave.sources.literature._jats_tables import article_tables
from trialweave.sources.literature._known import survey_jats

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "jats"
_RECORD = "article"
_SETS = ("pmc-articleset", "articles", "records", "OAI-PMH")


def recognise(received: Received) -> bool:
    """Whether the document is an article's full text in JATS, or a set of them."""
    data = received.data
    root = _xml.root_name(data)
    if root != _RECORD and root not in _SETS:
        return False
    return b"article-meta" in data and (root != "OAI-PMH" or b"<article" in data)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The articles, an error in the place of each that cannot be taken."""
    return elements(received, _NAME, _RECORD, _article)


def _article(document: Document, node: Node, start: int, end: int, where: str) -> Draft:
    front = node.child("front") or Node("front", {}, 0, 0)
    meta = front.child("article-meta") or Node("article-meta", {}, 0, 0)
    journal = front.child("journal-meta") or Node("journal-meta", {}, 0, 0)
    doi, pmid = _id(document, meta, "doi"), _id(document, meta, "pmid")
    pmc = next((e for e in _ids(meta) if e.attrib.get("pub-id-type") in ("pmc", "pmcid")), None)
    number = flow(pmc).text if pmc is not None else ""
    pmcid = f"PMC{number}" if number.isdigit() else number
    known = named(doi, pmid, pmcid, where, "the article")
    numbers = Numbers(document)
    numbers.linked(node)
    title = meta.child("title-group", "article-title")
    subtitle = meta.child("title-group", "subtitle")
    titles = [each for each in (title, subtitle) if each is not None]
    for each in titles:
        numbers.flow(flow(each), "title")
    _jats_text.meta_numbers(meta, numbers)
    sections = list(_jats_text.abstract(document, meta, numbers))
    body = node.child("body")
    if body is not None:
        sections += _jats_text.body(document, body, numbers)
    _jats_text.back_numbers(node, numbers)
    date, published = _published(meta)
    publication = Publication(
        title=_title(document, title, subtitle),
        doi=doi,
        pmid=pmid,
        kind=_kind(document, node, meta),
        authors=document.listed("authors", list(_authors(document, meta))),
        journal=document.element(
            "journal",
            journal.child("journal-title-group", "journal-title")
            or journal.child("journal-title")
            or journal.child("journal-id"),
        ),
        volume=document.element("volume", meta.child("volume")),
        published=document.element("published", date, published)
        if published
        else document.silent("published"),
        registrations=numbers.value,
        relations=_relations(document, meta),
        sections=document.sections(sections),
        tables=article_tables(document, node),
        trial=Trial(
            keywords=document.listed(
                "keywords",
                [
                    document.element("keywords", each)
                    for group in meta.children("kwd-group")
                    for each in group.iter("kwd")
                    if flow(each).text
                ],
            )
        ),
        other=tuple(_other(document, node, meta, pmc)),
    )
    return Draft(_NAME, known, publication, start, end)


def _title(document: Document, title: Node | None, subtitle: Node | None) -> Value[str]:
    """Title and subtitle, as one passage."""
    told = flow(title).text.rstrip("* ") if title is not None else ""
    if title is None or not told:
        return document.silent("title")
    if subtitle is not None and (below := flow(subtitle).text):
        return document.value("title", f"{told}: {below}", title.inner, subtitle.stop)
    return document.element("title", title, told)


def _ids(meta: Node) -> Iterator[Node]:
    yield from meta.children("article-id")


def _id(document: Document, meta: Node, kind: str) -> Value[str]:
    for node in _ids(meta):
        if node.attrib.get("pub-id-type") == kind:
            known = normalise(flow(node).text, kind)
            if known is not None:
                return document.element(kind, node, known.value)
    return document.silent(kind)


def _kind(document: Document, node: Node, meta: Node) -> Value[str]:
    """The type in the article's own attribute, else the heading of the journal's issue."""
    kind = node.attrib.get("article-type", "")
    if kind and kind != "other":
        return document.attribute("kind", node, "article-type", kind.replace("-", " "))
    return document.element("kind", meta.child("article-categories", "subj-group", "subject"))


def _authors(document: Document, meta: Node) -> Iterator[Value[str]]:
    for group in meta.children("contrib-group"):
        for contrib in group.children("contrib"):
            if contrib.attrib.get("contrib-type", "author") != "author":
                continue
            collab = contrib.child("collab")
            name = contrib.child("name") or contrib.child("name-alternatives", "name")
            if name is not None:
                given, last = name.child("given-names"), name.child("surname")
                told = " ".join(flow(part).text for part in (given, last) if part is not None)
                if told:
                    yield document.element("authors", name, told)
            elif collab is not None:
                inner = Node("collab", {}, collab.inner, collab.stop)
                inner.parts = [
                    part
                    for part in collab.parts
                    if not (isinstance(part, Node) and part.tag in ("contrib-group", "xref"))
                ]
                if told := flow(inner).text:
                    yield document.element("authors", collab, told)
            elif (string := contrib.child("string-name")) is not None and flow(string).text:
                yield document.element("authors", string)


def _date(node: Node) -> PartialDate | None:
    parts = [flow(e).text for e in (node.child(n) for n in ("year", "month", "day")) if e]
    while parts:
        joined = ("-" if all(part.isdigit() for part in parts) else " ").join(parts)
        if found := parse_date(joined):
            return found
        parts.pop()
    return None


_DATES = {"ppub": 3, "epub-ppub": 3, "epub": 2, "pub": 2, "collection": 1}


def _published(meta: Node) -> tuple[Node | None, PartialDate | None]:
    """The earliest of the dates of publication; a vaguer one only where none is more precise."""
    read = []
    for node in meta.children("pub-date"):
        kind = node.attrib.get("pub-type") or node.attrib.get("date-type") or "pub"
        date = _date(node)
        if date is not None and kind in _DATES:
            read.append((date.precision != "day", date.precision == "year", date, node))
    if not read:
        return None, None
    best = min(read, key=lambda each: each[:3])
    return best[3], best[2]


def _relations(document: Document, meta: Node) -> Value[tuple[Related, ...]]:
    found = []
    for node in meta.children("related-article"):
        target = node.attrib.get("href", "")
        scheme = node.attrib.get("ext-link-type", "")
        doi = normalise(target, "doi")
        pmid = normalise(target, "pmid") if scheme in ("pubmed", "pmid") else None
        text = flow(node).text
        found.append(
            Related(
                kind=node.attrib.get("related-article-type", ""),
                doi=document.attribute("relations", node, "href", doi.value) if doi else Value(),
                pmid=document.attribute("relations", node, "href", pmid.value) if pmid else Value(),
                text=document.element("relations", node)
                if text
                else document.value("relations", target, node.start, node.end),
            )
        )
    return document.gathered("relations", tuple(found), [each.text.passage for each in found])


def _other(document: Document, node: Node, meta: Node, pmc: Node | None) -> Iterator[Labelled]:
    if pmc is not None:
        yield Labelled("PMC number", document.element("other", pmc))
    if language := node.attrib.get("lang"):
        yield Labelled("Language", document.attribute("other", node, "lang", language))
    for label, tag in (
        ("Issue", "issue"),
        ("First page", "fpage"),
        ("Article number", "elocation-id"),
    ):
        place = meta.child(tag)
        if place is not None and flow(place).text:
            yield Labelled(label, document.element("other", place))
    licence = meta.child("permissions", "license")
    if licence is not None and flow(licence).text:
        yield Labelled("Licence", document.element("other", licence))
    for group in meta.children("funding-group"):
        if told := flow(group).text:
            yield Labelled("Funding", document.element("other", group, told))
    own = _jats_text.own_abstracts(meta)
    for abstract in meta.children("abstract", "trans-abstract"):
        if any(abstract is each for each in own):
            continue
        kind = abstract.attrib.get("abstract-type") or abstract.attrib.get("lang") or "other"
        if told := flow(abstract).text:
            yield Labelled(f"Abstract ({kind.replace('-', ' ')})",
                           document.element("other", abstract, told))  # fmt: skip
    for table in node.iter("table-wrap"):
        yield _table(document, table)


def _table(document: Document, wrap: Node) -> Labelled:
    """A table as text: a line for each row, cells between bars."""
    label, caption = wrap.child("label"), wrap.child("caption")
    name = flow(label).text.rstrip(".: ") if label is not None else ""
    rows = [
        " | ".join(flow(cell).text for cell in row.children("th", "td", "entry"))
        for row in wrap.iter("tr", "row")
    ]
    if not any(rows):
        return Labelled(
            f"{name or 'Table'} (a picture)", document.unreadable("tables", wrap.start, wrap.end)
        )
    head = flow(caption).text if caption is not None else ""
    foot = [flow(each).text for each in wrap.children("table-wrap-foot")]
    told = "\n".join(line for line in (head, *rows, *foot) if line)
    value = document.value("tables", told, wrap.inner, wrap.stop)
    return Labelled(name or "Table", value)


SOURCE = Source(
    name=_NAME,
    title="Article, full text (JATS)",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=survey_jats,
)
