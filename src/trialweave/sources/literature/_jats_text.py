"""What a full text says, paragraph by paragraph, and the registry numbers on the way."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.model import Section
from trialweave.sources._xml import Node
from trialweave.sources.literature._document import Document, Numbers, part_of
from trialweave.sources.literature._flow import flow

__all__ = ["abstract", "back_numbers", "body", "meta_numbers", "own_abstracts"]

# Abstracts that retell the article for other readers, or show no text
_RETOLD = frozenset(
    (
        *("graphical", "teaser", "short", "toc", "editor", "author-highlights", "highlights"),
        *("key-points", "web-summary", "plain-language-summary", "lay-summary", "summary"),
        *("video", "stereochemical-structure", "precis"),
    )
)
_SECTION_TYPES = {
    "intro": "Introduction",
    "introduction": "Introduction",
    "background": "Background",
    "methods": "Methods",
    "materials": "Methods",
    "materials|methods": "Methods",
    "materials and methods": "Methods",
    "subjects": "Methods",
    "results": "Results",
    "discussion": "Discussion",
    "conclusions": "Conclusions",
    "conclusion": "Conclusions",
}
_PARAGRAPHS = ("p", "list", "def-list", "disp-quote", "verse-group", "speech")
_FLOATS = ("table-wrap", "fig")
_NOTHING: frozenset[str] = frozenset()


def abstract(document: Document, meta: Node, numbers: Numbers) -> Iterator[Section]:
    """The paragraphs of the article's own abstract."""
    for abstract in own_abstracts(meta):
        own = abstract.child("title")
        yield from _parts(document, abstract, "", (), "abstract", numbers, own)


def own_abstracts(meta: Node) -> list[Node]:
    """The abstracts in the article's own language that are not made for other readers."""
    listed = list(meta.children("abstract"))
    plain = [each for each in listed if not each.attrib.get("abstract-type")]
    return plain or [e for e in listed if e.attrib.get("abstract-type") not in _RETOLD][:1]


def body(document: Document, body: Node, numbers: Numbers) -> Iterator[Section]:
    """The paragraphs of the body; those before the first heading are the introduction."""
    headed = any(_label(section) for section in body.children("sec"))
    for part in body.children():
        if part.tag == "sec":
            yield from _parts(document, part, _label(part), (), "body", numbers, None)
        else:
            label = "Introduction" if headed else ""
            yield from _piece(document, part, label, (), "body", numbers)


def _label(section: Node) -> str:
    title = section.child("title")
    told = flow(title).text.strip(" .:") if title is not None else ""
    return told or _SECTION_TYPES.get(section.attrib.get("sec-type", "").lower(), "")


def _parts(
    document: Document,
    section: Node,
    label: str,
    headings: tuple[str, ...],
    part: str,
    numbers: Numbers,
    title: Node | None,
) -> Iterator[Section]:
    """The paragraphs of a section and of the sections in it."""
    for child in section.children():
        if child.tag == "sec":
            inner = _label(child)
            if label:
                below = (*headings, inner) if inner else headings
                yield from _parts(document, child, label, below, part, numbers, None)
            else:
                yield from _parts(document, child, inner, (), part, numbers, None)
        elif child is not title:
            yield from _piece(document, child, label, headings, part, numbers)


def _piece(
    document: Document,
    node: Node,
    label: str,
    headings: tuple[str, ...],
    part: str,
    numbers: Numbers,
) -> Iterator[Section]:
    place = _place(label, headings, part)
    if node.tag in ("title", "label"):
        numbers.flow(flow(node), place)
    elif node.tag == "boxed-text":
        yield from _parts(document, node, label, headings, part, numbers, None)
    elif node.tag in _PARAGRAPHS:
        told = flow(node)
        if told.text:
            numbers.flow(told, place)
            yield document.section(label, told.text, node, part, ": ".join(headings))
        numbers.links(node, place)
        for table in node.iter(*_FLOATS):
            numbers.flow(flow(table, skip=_NOTHING), table.tag.partition("-")[0])
    elif node.tag in (*_FLOATS, "table-wrap-group", "fig-group"):
        numbers.flow(flow(node, skip=_NOTHING), node.tag.partition("-")[0])
    else:
        numbers.flow(flow(node), place)
        numbers.links(node, place)


def _place(label: str, headings: tuple[str, ...], part: str) -> str:
    """What a registry number there stands in."""
    if part == "abstract":
        return "abstract"
    for heading in reversed(headings):
        if part_of(heading) == "registration":
            return "registration"
    return part_of(label) if label else "text"


def meta_numbers(meta: Node, numbers: Numbers) -> None:
    for node in meta.children():
        if node.tag in ("title-group", "abstract"):
            continue
        if node.tag == "related-object":
            numbers.links(node, "registry object")
            numbers.flow(flow(node), "registry object")
        elif node.tag == "custom-meta-group":
            for leaf in node.iter():  # names and values stand there without a blank between
                if next(leaf.children(), None) is None:
                    numbers.flow(flow(leaf), "custom metadata")
        elif node.tag == "trans-abstract":
            numbers.flow(flow(node), "abstract")
        elif node.tag == "kwd-group":
            numbers.flow(flow(node), "keywords")
        elif node.tag not in ("related-article", "article-id", "permissions", "self-uri"):
            numbers.flow(flow(node), "front matter")
            numbers.links(node, "front matter")
    for abstract in meta.children("abstract"):
        numbers.links(abstract, "abstract")
        for node in abstract.iter("related-object"):
            numbers.links(node, "registry object")


_BACK = {"ack": "acknowledgements", "fn-group": "footnote", "ref-list": "reference list"}


def back_numbers(article: Node, numbers: Numbers) -> None:
    back = article.child("back")
    for node in back.children() if back is not None else ():
        title = node.child("title")
        heading = flow(title).text if title is not None else ""
        kind = _BACK.get(node.tag) or (part_of(heading) if heading else node.tag)
        if node.tag == "ref-list":
            for reference in node.iter("ref"):
                numbers.flow(flow(reference), kind)
                numbers.links(reference, kind)
            continue
        own = list(node.iter("ref-list"))
        skip = frozenset(("ref-list",))
        numbers.flow(flow(node, skip=skip), kind)
        for each in own:
            numbers.flow(flow(each), "reference list")
        numbers.links(node, "reference list" if own else kind)
    floats = article.child("floats-group")
    for node in floats.children() if floats is not None else ():
        numbers.flow(flow(node, skip=_NOTHING), node.tag.partition("-")[0])
