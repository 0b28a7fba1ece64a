"""XML as a small tree that knows, for each piece of text, which received characters write it.

Expat is used because it tells where each event stands, which lxml does not; it resolves nothing
outside the document. Entities that a document declares itself are refused; the names of HTML
(``&nbsp;``), which articles use without their DTD at hand, are read as HTML reads them.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from trialweave.errors import Hostile, InputError, Unreadable
from trialweave.model import Received

__all__ = ["Flow", "Node", "Piece", "flow", "parse", "root_name"]

_DEEPEST = 200
_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_START_TAG = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")
_BEFORE_ROOT = re.compile(
    rb"\s+|<\?[^>]*(?:>[^>]*)??\?>|<!--(?:[^-]|-(?!->))*-->|<!DOCTYPE[^>\[]*>", re.IGNORECASE
)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_UNTIDY = re.compile(r"\s\s|[^\S ]")
_RUN = re.compile(r"\s+|\S+")
_POWER = re.compile(r"[-+−–]?\d+")


class Piece(NamedTuple):
    """Text that characters `start` to `end` of the document write."""

    text: str
    start: int
    end: int


class Node:
    """An element: its tag stands at `start`, its content from `inner` to `stop`, its end at `end`.

    Places are characters of the received text. Names are without namespace prefix.
    """

    __slots__ = ("attrib", "end", "inner", "parts", "start", "stop", "tag")

    def __init__(self, tag: str, attrib: dict[str, str], start: int, inner: int) -> None:
        self.tag = tag
        self.attrib = attrib
        self.start = start
        self.inner = self.stop = self.end = inner
        self.parts: list[Node | Piece] = []

    def children(self, *tags: str) -> Iterator[Node]:
        """The child elements, all or those of some names."""
        for part in self.parts:
            if isinstance(part, Node) and (not tags or part.tag in tags):
                yield part

    def child(self, *path: str) -> Node | None:
        """The first element at the end of a path of names."""
        here: Node | None = self
        for tag in path:
            here = next(here.children(tag), None) if here is not None else None
        return here

    def iter(self, *tags: str) -> Iterator[Node]:
        """The elements below this one, in the order of the document."""
        stack = [*reversed([*self.children()])]
        while stack:
            node = stack.pop()
            if not tags or node.tag in tags:
                yield node
            stack.extend(reversed([*node.children()]))


class _Builder:
    """Collects what Expat tells into nodes, and hands each complete record on."""

    def __init__(
        self, received: Received, record: str, take: Callable[[Node, int, int], None]
    ) -> None:
        data = received.data
        self.offset = len(_BOM) if data.startswith(_BOM) else 0
        self.data = data[self.offset :] if self.offset else data
        self.ascii = self.data.isascii()
        self.name = received.name
        self.record = record
        self.take = take
        self.open: list[Node] = []
        self.depth = 0
        self.begin = 0  # byte at which the open record starts
        self.cdata = False
        self.at = (0, 0)  # a byte, and how many characters stand before it
        parser = expat.ParserCreate("utf-8")
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.buffer_text = False
        parser.StartElementHandler = self.started
        parser.EndElementHandler = self.ended
        parser.CharacterDataHandler = self.written
        parser.SkippedEntityHandler = self.skipped
        parser.EntityDeclHandler = self.declared
        parser.StartCdataSectionHandler = lambda: setattr(self, "cdata", True)
        parser.EndCdataSectionHandler = lambda: setattr(self, "cdata", False)
        self.parser = parser

    def place(self, index: int) -> int:
        """How many characters stand before a byte; asked for in growing order."""
        if self.ascii:
            return index
        byte, count = self.at
        if index > byte:
            count += len(self.data[byte:index].decode("utf-8", "replace"))
            self.at = (index, count)
        return count

    def started(self, tag: str, attrib: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Hostile("the XML is nested absurdly deep.", where=self.name)
        tag = tag.rpartition(":")[2]
        if not self.open:
            if tag != self.record:
                return
            self.begin = self.parser.CurrentByteIndex
        index = self.parser.CurrentByteIndex
        start = self.place(index)
        match = _START_TAG.match(self.data, index) if attrib else None
        stop = match.end() if match else self.data.find(b">", index) + 1
        names = {name.rpartition(":")[2]: value for name, value in attrib.items()}
        self.open.append(Node(tag, names, start, self.place(stop)))

    def ended(self, tag: str) -> None:
        self.depth -= 1
        if not self.open:
            return
        node = self.open.pop()
        index = self.parser.CurrentByteIndex
        closing = b"</" + tag.encode()
        if self.data.startswith(closing, index) and (node.parts or not self._empty(index)):
            node.stop = self.place(index)
            index = self.data.find(b">", index) + 1
            node.end = self.place(index)
        if self.open:
            self.open[-1].parts.append(node)
        else:
            self.take(node, self.begin + self.offset, index + self.offset)

    def _empty(self, index: int) -> bool:
        """Whether the element that was just closed, without any content, is ``<a/>``."""
        return self.data[index - 2 : index] == b"/>"

    def written(self, text: str) -> None:
        if not self.open:
            return
        index = self.parser.CurrentByteIndex
        first = self.data[index : index + 1]
        if first == b"&" and not self.cdata:
            stop = self.data.find(b";", index) + 1
        elif text == "\n" and first == b"\r":
            stop = index + (2 if self.data[index + 1 : index + 2] == b"\n" else 1)
        else:
            stop = index + (len(text) if text.isascii() else len(text.encode()))
        start = self.place(index)
        self.open[-1].parts.append(Piece(text, start, self.place(stop)))

    def skipped(self, name: str, is_parameter: bool) -> None:
        """An entity that nobody declared: what HTML calls by that name, else as it stands."""
        if not is_parameter and self.open:
            index = self.parser.CurrentByteIndex
            stop = index + len(name.encode()) + 2
            start = self.place(index)
            self.open[-1].parts.append(Piece(html.unescape(f"&{name};"), start, self.place(stop)))

    def declared(self, *_: object) -> None:
        raise Hostile("the XML declares entities of its own, which are never needed.",
                      where=self.name)  # fmt: skip

    def run(self) -> None:
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise Unreadable(
                f"the XML is damaged or ends early: {said}, line {error.lineno}.", where=self.name
            ) from None
        except ValueError as error:
            raise Unreadable(f"the XML is damaged: {error}.", where=self.name) from None


def parse(received: Received, record: str, take: Callable[[Node, int, int], None]) -> None:
    """Hand each element named `record` to `take`, with the bytes of the document it spans.

    Nothing outside of these elements is kept. Raises Unreadable where the document is not
    well-formed (what was complete before has been taken by then), Hostile for entities of its own
    and absurd depth. Linear in the document's length.
    """
    if received.data and not received.data.isascii():
        _ = received.text  # raises WrongEncoding, whatever encoding the XML declares
    _Builder(received, record, take).run()


def each(
    received: Received, record: str, read: Callable[[Node, int, int], object]
) -> Iterator[object]:
    """What `read` makes of each record, in order; an `InputError` stands for one refused."""
    found: list[object] = []

    def take(node: Node, start: int, end: int) -> None:
        try:
            found.append(read(node, start, end))
        except InputError as error:
            found.append(error)

    try:
        parse(received, record, take)
    except InputError as error:
        found.append(error)
    if not found:
        found.append(Unreadable(f"there is no <{record}> in it.", where=received.name))
    return iter(found)


def root_name(data: bytes) -> str:
    """The name of a document's first element, without prefix; "" where it is no XML."""
    head = data[:_HEAD].removeprefix(_BOM)
    position = 0
    while match := _BEFORE_ROOT.match(head, position):
        position = match.end()
    root = _ROOT.match(head, position)
    return root[1].decode("ascii", "replace") if root else ""


class Flow:
    """A text cleaned for reading, and where its characters come from."""

    __slots__ = ("_at", "_segments", "text")

    def __init__(self, text: str, segments: list[tuple[int, int, int, bool]]) -> None:
        self.text = text
        self._segments = segments
        self._at = [segment[0] for segment in segments]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The received characters behind characters `start` to `end` of the text."""
        at, first, last, exact = self._segments[bisect_right(self._at, start) - 1]
        begin = first + (start - at) if exact else first
        at, first, last, exact = self._segments[bisect_right(self._at, end - 1) - 1]
        return begin, (first + (end - at) if exact else last)


# Elements that are no running text where they stand
_APART = frozenset(
    "table-wrap table-wrap-group fig fig-group graphic inline-graphic media tex-math object-id "
    "supplementary-material alt-text long-desc table".split()
)
_BLOCKS = frozenset(
    "p list list-item def-list def-item def term disp-quote disp-formula title sec break td th tr "
    "label article-title source year volume fpage comment pub-id caption subtitle contrib "
    "surname string-name AbstractText collab".split()
)


def flow(*nodes: Node, skip: frozenset[str] = _APART) -> Flow:
    """The text of elements: blanks collapsed, powers as ``10^6``, raised references in brackets.

    Inserted signs are never more than the tags they stand for.
    """
    out: list[str] = []
    segments: list[tuple[int, int, int, bool]] = []
    length = 0
    blank = True  # nothing, or a blank, stands before

    def put(text: str, start: int, end: int) -> None:
        nonlocal length, blank
        exact = len(text) == end - start
        tokens: list[tuple[str, int]]
        if exact and _UNTIDY.search(text) is None:
            tokens = [(text[1:], 1)] if blank and text[:1] == " " else [(text, 0)]
        else:
            tokens = [(found.group(), found.start()) for found in _RUN.finditer(text)]
        for token, offset in tokens:
            if not token:
                continue
            if token.isspace():
                if blank:
                    continue
                token = " "
            if exact:
                segments.append((length, start + offset, end, True))
            else:
                segments.append((length, start, end, False))
            out.append(token)
            length += len(token)
            blank = token[-1] == " "

    def sign(text: str, at: int) -> None:
        nonlocal length, blank
        segments.append((length, at, at, False))
        out.append(text)
        length += len(text)
        blank = False

    def gap(at: int) -> None:
        nonlocal length, blank
        if not blank:
            segments.append((length, at, at, False))
            out.append(" ")
            length += 1
            blank = True

    def walk(node: Node) -> None:
        for part in node.parts:
            if isinstance(part, Piece):
                put(part.text, part.start, part.end)
            elif part.tag in skip:
                continue
            elif part.tag in ("sup", "sub") or _is_raised(part):
                raised = _plain(part).strip()
                before = out[-1][-1:] if out else ""
                if _is_citation(part) and before and before not in "[(, ":
                    sign("[", part.start)
                    walk(part)
                    sign("]", part.end)
                    continue
                if part.tag == "sup" and before.isalnum() and _POWER.fullmatch(raised):
                    sign("^", part.start)
                elif part.tag == "sub" and before.isdigit() and raised[:1].isdigit():
                    sign("_", part.start)
                walk(part)
            elif part.tag in _BLOCKS:
                gap(part.start)
                walk(part)
                gap(part.end)
            else:
                walk(part)

    for node in nodes:
        walk(node)
        gap(node.stop)
    text = "".join(out)
    return Flow(text.rstrip(" "), segments)


def _plain(node: Node) -> str:
    parts = [part.text if isinstance(part, Piece) else _plain(part) for part in node.parts]
    return "".join(parts)


def _is_raised(node: Node) -> bool:
    """A cross-reference whose whole content is raised."""
    return node.tag == "xref" and next(node.children("sup"), None) is not None


def _is_citation(node: Node) -> bool:
    """Whether a raised part is the number of a reference or note, not a part of the text."""
    if node.tag == "xref":
        return True
    return next(node.children("xref"), None) is not None
