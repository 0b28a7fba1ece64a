"""Values cut out of a document with their places, and its identifiers as drafts are named."""

from __future__ import annotations

import hashlib
import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any, TypeVar

import msgspec

from trialweave.errors import InputError, NoIdentifier
from trialweave.model import (
    Draft,
    Missingness,
    Passage,
    Received,
    RegistryNumber,
    Section,
    Value,
)
from trialweave.model.identifiers import SCHEMES, find, normalise
from trialweave.sources._xml import Node, Piece
from trialweave.sources._xml import each as each_element
from trialweave.sources.literature._flow import Flow, flow
from trialweave.sources.words import plain

__all__ = ["Document", "Numbers", "bytes_of", "clean", "elements", "named", "part_of"]

T = TypeVar("T")

_ESCAPE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(r"</?(?:jats:|mml:)?[A-Za-z][A-Za-z0-9-]{0,30}(?:\s[^<>]{0,300})?/?>")
_POWER = re.compile(r"(?<=\w)<(?:jats:)?sup>\s?(?=[-+−–]?\d+\s?</(?:jats:)?sup>)", re.IGNORECASE)
_BLOCK = re.compile(
    r"</(?:jats:)?(?:p|title|h\d|sec|li|div)>|<(?:jats:)?(?:h\d|title|break|br)\s?/?>",
    re.IGNORECASE,
)
_NOT_ARTICLES = frozenset(("doi", "pmid"))
_LINKS = frozenset(("href", "document-id"))

# Which part of an article a heading opens, told by its first telling word
_PARTS = (
    ("reference list", re.compile(r"references|bibliography|literature cited", re.I)),
    ("introduction", re.compile(r"introduction|background|rationale|context", re.I)),
    ("registration", re.compile(r"regist", re.I)),
    (
        "methods",
        re.compile(
            r"method|material|patients|subjects|participants|design|procedure|protocol", re.I
        ),
    ),
    ("results", re.compile(r"result|findings", re.I)),
    ("discussion", re.compile(r"discussion|conclusion|limitation|comment|interpretation", re.I)),
)


def _key(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


# Registers by the names that PubMed gives their data banks
_REGISTERS = frozenset(
    _key(name)
    for name in (
        *(scheme.registry for scheme in SCHEMES.values() if scheme.registry),
        *("EudraCT", "EUCTR", "CTIS", "KCT", "REBEC", "RBR", "NTR", "LTR", "UMIN", "UMINCTR"),
    )
)


def _unescaped(match: re.Match[str]) -> str:
    """A sign by its whole name: HTML reads ``&nothing;`` as ``¬hing;``, and that is not meant."""
    known = match[1].startswith("#") or f"{match[1]};" in html5
    return html.unescape(match.group()) if known else match.group()


def clean(text: str) -> str:
    """A title or abstract without markup, escaped or not; powers as ``10^6``, blanks collapsed."""
    for _ in range(2):  # markup is often escaped once more than the format needs
        if "<" in text:
            text = _POWER.sub("^", text)
            text = _TAG.sub("", _BLOCK.sub(" ", text))
        if "&" not in text:
            break
        text = _ESCAPE.sub(_unescaped, text)
    return " ".join(text.split())


def part_of(heading: str) -> str:
    """The part of an article that a heading opens; the heading itself where it is another."""
    for name, pattern in _PARTS:
        if pattern.search(heading[:200]):
            return name
    return " ".join(heading.lower().split())[:60] or "text"


def named(
    doi: Value[str],
    pmid: Value[str],
    pmcid: str,
    where: str,
    what: str,
    told: Sequence[Value[Any]] = (),
) -> str:
    """What a record is known by: its DOI, else its PubMed number, else its PMC number, else a
    digest of what is `told` of it, title first.

    Raises NoIdentifier where it has none of these.
    """
    if doi.content:
        return doi.content
    if pmid.content:
        return f"pmid:{pmid.content}"
    if pmcid:
        return pmcid
    if told and told[0].content:
        key = "|".join(plain(str(value.content or "")) for value in told)
        return "title:" + hashlib.sha256(key.encode()).hexdigest()[:16]
    raise NoIdentifier(
        f"{what} has neither DOI nor PubMed nor PMC number.",
        where=where,
        next_step="Export it again with its DOI, or add the number to it.",
    )


def bytes_of(received: Received) -> Callable[[int], int]:
    """Byte offsets of characters, asked for in growing order: all together in linear time."""
    text = received.text
    mark = len(received.data) - len(text.encode()) if not received.data.isascii() else 0
    if mark == 0 and received.data.isascii():
        return lambda character: character
    at = [0, mark]  # a character, and the byte at which it stands

    def place(character: int) -> int:
        at[1] += len(text[at[0] : character].encode())
        at[0] = character
        return at[1]

    return place


@dataclass(frozen=True)
class Document:
    """A received text, and the source whose name the rules carry."""

    source: str
    text: str
    version: int = 1

    def rule(self, concept: str) -> str:
        """The name and version of the rule that reads `concept`."""
        return f"{self.source}.{concept}/{self.version}"

    def value(self, concept: str, content: T, start: int, end: int) -> Value[T]:
        """A stated content whose words as received are characters `start` to `end`."""
        start, end = self.trimmed(start, end)
        raw = self.text[start:end]
        return Value(
            content,
            Missingness.STATED,
            Passage(start, end),
            self.rule(concept),
            None if content == raw else raw,
        )

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The span without blanks at its ends."""
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return start, end

    def words(self, concept: str, start: int, end: int) -> Value[str]:
        """The words from `start` to `end`, cleaned for reading; not reported where none stand."""
        content = clean(self.text[start:end])
        return self.value(concept, content, start, end) if content else self.silent(concept)

    def unreadable(self, concept: str, start: int, end: int) -> Value[Any]:
        """Something that could not be understood stands from `start` to `end`."""
        start, end = self.trimmed(start, end)
        return Value(
            None,
            Missingness.UNREADABLE,
            Passage(start, end),
            self.rule(concept),
            self.text[start:end],
        )

    def silent(self, concept: str) -> Value[Any]:
        """No content: records of this kind carry the field, and this one leaves it out."""
        return Value(None, Missingness.NOT_REPORTED, None, self.rule(concept))

    def element(self, concept: str, node: Node | None, content: T | None = None) -> Value[Any]:
        """The text of an element, or a content read from it."""
        if node is None:
            return self.silent(concept)
        told: Any = clean(flow(node).text) if content is None else content
        if told == "":
            return self.silent(concept)
        return self.value(concept, told, node.inner, node.stop)

    def attribute(self, concept: str, node: Node, name: str, content: T) -> Value[T]:
        """A content that an attribute of an element states."""
        start, end = _attribute(self.text, node, name)
        return self.value(concept, content, start, end)

    def section(
        self, label: str, content: str, node: Node, part: str, heading: str = ""
    ) -> Section:
        """A section whose text is that of an element."""
        return self.told(label, content, node.inner, node.stop, part, heading)

    def told(
        self, label: str, content: str, start: int, end: int, part: str, heading: str = ""
    ) -> Section:
        """A section whose cleaned text is `content` and stands from `start` to `end`.

        The received words are given beside it only where their characters match one to one, so
        that a place inside the text is never taken for a place in the document when it is not.
        """
        value = self.value("sections", content, start, end)
        if value.raw is not None and len(value.raw) != len(content):
            value = msgspec.structs.replace(value, raw=None)
        return Section(label, value, heading, part)

    def listed(self, concept: str, parts: Sequence[Value[T]]) -> Value[tuple[Value[T], ...]]:
        """Some values as one list, from the first to the last of them."""
        return self.gathered(concept, tuple(parts), [part.passage for part in parts])

    def sections(self, parts: Sequence[Section]) -> Value[tuple[Section, ...]]:
        """The sections as one list."""
        return self.gathered("sections", tuple(parts), [part.text.passage for part in parts])

    def gathered(
        self, concept: str, content: tuple[T, ...], passages: Iterable[Passage | None]
    ) -> Value[tuple[T, ...]]:
        """A list whose parts stand at `passages`; its words are not repeated beside it."""
        places = [place for place in passages if place is not None]
        if not content:
            return self.silent(concept)
        spans = [place for place in places if place.start >= 0]
        whole = (
            Passage(min(place.start for place in spans), max(place.end for place in spans))
            if spans
            else None
        )
        return Value(content, Missingness.STATED, whole, self.rule(concept))


def elements(
    received: Received,
    source: str,
    record: str,
    read: Callable[[Document, Node, int, int, str], Draft],
) -> Iterator[Draft | InputError]:
    """What `read` makes of each element named `record`, an error in the place of one refused.

    It is called with the document, the element, its bytes from start to end, and the document's
    name. The text is decoded with the first record, so that nothing is where there is none.
    """
    document: list[Document] = []

    def one(node: Node, start: int, end: int) -> Draft:
        if not document:
            document.append(Document(source, received.text))
        return read(document[0], node, start, end, received.name)

    return each_element(received, record, one)


def _attribute(text: str, node: Node, name: str) -> tuple[int, int]:
    """The characters of an attribute's value; those of the start tag where it is not found."""
    tag = text[node.start : node.inner]
    match = re.search(rf"[\s:]{re.escape(name)}\s*=\s*([\"'])", tag)
    if match is None:
        return node.start, node.inner
    end = tag.find(match[1], match.end())
    return node.start + match.end(), node.start + end


@dataclass
class Numbers:
    """Collects the registry numbers of a record, each once for each kind of place it stands in."""

    document: Document
    found: dict[tuple[str, str], RegistryNumber] = field(default_factory=dict)
    marked: list[Node] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def add(self, content: str, scheme: str, kind: str, start: int, end: int) -> None:
        """A number that stands from `start` to `end`."""
        if (content, kind) not in self.found:
            value = self.document.value("registrations", content, start, end)
            self.found[content, kind] = RegistryNumber(value, scheme, kind)

    def flow(self, told: Flow, kind: str) -> None:
        """The numbers in a running text."""
        for mention in find(told.text):
            if mention.identifier.scheme not in _NOT_ARTICLES:
                known = mention.identifier
                self.add(known.value, known.scheme, kind, *told.span(mention.start, mention.end))

    def span(self, start: int, end: int, kind: str) -> None:
        """The numbers in the received characters from `start` to `end`, wrapped lines or not."""
        told = Node("", {}, start, start)
        told.parts.append(Piece(self.document.text[start:end], start, end))
        self.flow(flow(told), kind)

    def linked(self, article: Node) -> None:
        """Remember what of an article carries addresses, for `links`."""
        marked = [node for node in article.iter() if not _LINKS.isdisjoint(node.attrib)]
        self.marked = sorted(marked, key=lambda node: node.start)
        self.starts = [node.start for node in self.marked]

    def links(self, node: Node, kind: str) -> None:
        """The numbers in the addresses that an element, or what stands in it, links to."""
        first = bisect_left(self.starts, node.start)
        for each in self.marked[first : bisect_left(self.starts, max(node.end, node.start + 1))]:
            for name in sorted(_LINKS & each.attrib.keys()):
                self.span(*_attribute(self.document.text, each, name), kind)

    def stated(self, content: str, bank: str, kind: str, start: int, end: int) -> bool:
        """A number in a field made for it, with the data bank it is of.

        A number of no known form is kept as it stands where the bank is a register of trials.
        Returns whether it is one of a trial: data banks hold genes and data sets too.
        """
        known = normalise(content)
        if known is None or known.scheme in _NOT_ARTICLES:
            found = [each.identifier for each in find(content)]
            found = [each for each in found if each.scheme not in _NOT_ARTICLES]
            known = found[0] if len(found) == 1 else None
        if known is not None:
            self.add(known.value, known.scheme, kind, start, end)
            return True
        if _key(bank) in _REGISTERS and content.strip():
            self.add(" ".join(content.split()), "", kind, start, end)
            return True
        return False

    @property
    def value(self) -> Value[tuple[RegistryNumber, ...]]:
        """All of them."""
        numbers = tuple(self.found.values())
        return self.document.gathered(
            "registrations", numbers, [number.value.passage for number in numbers]
        )
