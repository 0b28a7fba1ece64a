"""XML as a small tree that knows, for each piece of text, which received characters write it.

Expat is used because it tells where each event stands, which lxml does not; it resolves nothing
outside the document. Entities that a document declares itself are refused; the names of HTML
(``&nbsp;``), which articles use without their DTD at hand, are read as HTML reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import Any, NamedTuple, TypeVar
from xml.parsers import expat

from trialweave.errors import Hostile, InputError, Unreadable
from trialweave.model import Received

__all__ = ["Node", "Piece", "Seen", "each", "parse", "root_name"]

T = TypeVar("T")

_DEEPEST = 200
_LONGEST_RUN = 1000  # line breaks that make one piece
_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_START_TAG = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")
_BEFORE_ROOT = re.compile(
    rb"\s+|<\?[^>]*(?:>[^>]*)??\?>|<!--(?:[^-]|-(?!->))*-->|<!DOCTYPE[^>\[]*>", re.IGNORECASE
)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")


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


class Seen:
    """The paths of elements and attributes that the records of a document have, each once.

    What has been seen in reading is kept with the document, so that a survey of its fields need
    not go through it again. A path that ends in ``#`` says that an element holds text alone.
    """

    KEPT = "_xml_seen"
    _MOST = 20_000  # paths; of a document with more the survey goes through it again

    def __init__(self) -> None:
        self.records = 0
        self.root: dict[str, Any] = {}
        self.count = 0
        self._stack = [self.root]

    def opened(self, tag: str, attrib: dict[str, str]) -> None:
        """An element begins."""
        stack = self._stack
        if len(stack) == 1:
            self.records += 1
        here = stack[-1].get(tag)
        if here is None:
            here = {}
            self.count += 1
            if self.count < self._MOST:
                stack[-1][tag] = here
        if attrib:
            for name in attrib:
                here.setdefault(f"@{name}", None)
        stack.append(here)

    def closed(self, is_text: bool) -> None:
        """An element ends."""
        here = self._stack.pop()
        if is_text:
            here["#"] = None

    @property
    def whole(self) -> bool:
        """Whether no path was left out."""
        return self.count < self._MOST


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
        self.seen = Seen()
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
        self.seen.opened(tag, attrib)
        self.open.append(Node(tag, names, start, self.place(stop)))

    def ended(self, tag: str) -> None:
        self.depth -= 1
        if not self.open:
            return
        node = self.open.pop()
        parts = node.parts
        self.seen.closed(len(parts) == 1 and isinstance(parts[0], Piece))
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
        parts = self.open[-1].parts
        if text == "\n" and parts and isinstance(last := parts[-1], Piece) and stop == index + 1:
            # Expat tells of each line break by itself, and a piece takes a hundred bytes
            whole = last.end == start and last.end - last.start == len(last.text)
            if whole and len(last.text) < _LONGEST_RUN and not last.text.strip("\n"):
                text, start = last.text + text, parts.pop().start
        parts.append(Piece(text, start, self.place(stop)))

    def skipped(self, name: str, is_parameter: bool) -> None:
        """An entity that nobody declared: what HTML calls by that name, else as it stands."""
        if not is_parameter and self.open:
            index = self.parser.CurrentByteIndex
            stop = index + len(name.encode()) + 2
            start = self.place(index)
            text = html5.get(f"{name};", f"&{name};")
            self.open[-1].parts.append(Piece(text, start, self.place(stop)))

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
    builder = _Builder(received, record, take)
    builder.run()
    vars(received)[Seen.KEPT] = builder.seen


def each(
    received: Received, record: str, read: Callable[[Node, int, int], T]
) -> Iterator[T | InputError]:
    """What `read` makes of each record, in order; an `InputError` stands for one refused."""
    found: list[T | InputError] = []

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
