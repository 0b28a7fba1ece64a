"""Reads XML of the WHO's registers: the data set's own form, and the search portal's export.

A document holds one trial or many. It is read in one pass that knows at which byte each element
begins and ends, so that every value points into the received text and every record has its own
bytes; a document that breaks off still gives the records before the break. Declarations of
entities are refused (a list of elements, as IRCT's files carry it, is harmless), nothing outside
the document is ever looked up, and nesting is bounded.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from trialweave.errors import Hostile, InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources._xml import Seen
from trialweave.sources.who.names import DATA_SET, PORTAL_FIELDS, field_of, is_personal
from trialweave.sources.who.text import Cell
from trialweave.sources.who.trial import harmonise, number_of
from trialweave.sources.who.values import Row

__all__ = ["draft_of", "read_data_set", "read_portal", "recognise_data_set", "recognise_portal"]

_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_DEEPEST = 40  # elements in each other; the data set has five
_STEP = 1 << 20  # bytes that the parser is given at a time

_DATA_SET_HEAD = re.compile(
    rb"<trial(?:\s[^<>]{0,400})?>\s{0,400}(?:<!--[^>]{0,400}-->\s{0,400})?<main(?:\s[^<>]{0,400})?>"
)
_PORTAL_HEAD = re.compile(
    rb"<Trials_downloaded_from_ICTRP|<Trial>\s{0,400}(?:<Internal_Number>[^<]{0,40}"
    rb"</Internal_Number>\s{0,400})?<TrialID"
)


def _head(received: Received) -> bytes:
    head = received.data[:_HEAD]
    return head if head.removeprefix(_BOM).lstrip().startswith(b"<") else b""


def recognise_data_set(received: Received) -> bool:
    """Whether a document is XML of the data set's own form."""
    return _DATA_SET_HEAD.search(_head(received)) is not None


def recognise_portal(received: Received) -> bool:
    """Whether a document is XML of the search portal."""
    return _PORTAL_HEAD.search(_head(received)) is not None


class _Reader:
    """Collects the cells of each trial while the parser goes through the document."""

    def __init__(self, received: Received, source: str) -> None:
        self.source = source
        self.name = received.name
        self.data = received.data.removeprefix(_BOM)
        self.shift = len(received.data) - len(self.data)
        self.text = received.text
        self.ascii = len(self.text) == len(self.data)
        self.byte = self.character = 0  # the last place that was counted, in both
        self.path: list[str] = []
        self.starts: list[int] = []  # byte at which the content of each open element begins
        self.mixed: list[bool] = []  # whether an open element holds other elements
        self.within = 0  # depth of the field that is open; what stands in it is markup
        self.row: Row | None = None
        self.row_start = 0
        self.found: list[Draft | InputError] = []
        self.count = 0
        self.problem: InputError | None = None
        self.seen = Seen()
        self.kept = vars(received)
        self.parser = expat.ParserCreate(encoding="utf-8")
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.EntityDeclHandler = self._entity
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def _entity(self, *_: Any) -> None:
        raise Hostile("the XML declares entities of its own, which are never needed.")

    def _place(self, byte: int) -> int:
        """The character at a byte; bytes come in order, so that each is counted once."""
        if self.ascii:
            return byte
        self.character += len(self.data[self.byte : byte].decode("utf-8", "replace"))
        self.byte = byte
        return self.character

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) == _DEEPEST:
            raise Hostile("the XML is nested absurdly deep.")
        at = self.parser.CurrentByteIndex
        if self.mixed:
            self.mixed[-1] = True
        self.path.append(name.rpartition(":")[2])
        if self.row is not None or self.path[-1] in ("trial", "Trial"):
            self.seen.opened(self.path[-1], attributes)
        self.starts.append(at)
        self.mixed.append(False)
        if self.row is not None and not self.within and self._is_field(self.path[-1]):
            self.within = len(self.path)
        if self.row is None and self.path[-1] in ("trial", "Trial"):
            known = _PORTAL_FIELDS if self.source == "ictrp" else _DATA_SET_FIELDS
            self.within = 0
            self.row, self.row_start = Row(known), at

    def _close(self, _: str) -> None:
        end = self.parser.CurrentByteIndex
        name, start, mixed = self.path.pop(), self.starts.pop(), self.mixed.pop()
        if self.row is None:
            return
        self.seen.closed(not mixed and end > start)
        if name in ("trial", "Trial") and not {"trial", "Trial"} & set(self.path):
            after = self.data.find(b">", end) + 1
            self._take(self.row, self.row_start, after)
            self.row = None
        elif not self.within:
            if not mixed:
                self._cell(self.row, name, start, end)
        elif len(self.path) + 1 == self.within:
            self.within = 0
            self._cell(self.row, name, start, end)

    def _is_field(self, name: str) -> bool:
        """Whether an element is a text; a group that some registers fill with text is not."""
        if self.source == "ictrp":
            return field_of(name) is not None
        return name in DATA_SET and name not in _GROUPS

    def _cell(self, row: Row, name: str, start: int, end: int) -> None:
        if "contact" in self.path or name == "contact" or "contacts" in self.path:
            row.has_contacts = row.has_contacts or start < end
            if name.casefold().endswith("name"):  # an empty one keeps its place
                opens = self.data.find(b">", start, end + 1) + 1
                said = self.data[opens:end] if 0 < opens < end else b""
                row.add_name(name, html.unescape(said.decode("utf-8", "replace")))
            return
        opens = self.data.find(b">", start, end + 1)
        if opens < 0 or self.data[opens - 1 : opens] == b"/" or opens >= end:
            return  # <acronym/>
        content = self.data[opens + 1 : end]
        if not content.strip():
            return
        first = self._place(opens + 1)
        last = self._place(end)
        cell = Cell(self.text[first:last], first, "xml").part(0, last - first)
        if self.source == "ictrp":
            known = field_of(name)
        else:
            known = DATA_SET.get(f"{self.path[-1]}.{name}") or DATA_SET.get(name)
        if is_personal(name) and known is None:
            row.has_contacts = True
            row.add_name(name, cell.read())
        elif known is not None:
            row.add(known, cell)
        else:
            row.unplaced.append((name.replace("_", " "), cell))

    def _take(self, row: Row, start: int, end: int) -> None:
        self.count += 1
        where = f"{self.name}, record {self.count} (byte {start + self.shift})"
        try:
            self.found.append(
                draft_of(row, self.source, start + self.shift, end + self.shift, where)
            )
        except InputError as error:
            self.found.append(error)

    def run(self) -> Iterator[Draft | InputError]:
        """Yield records as they end; at last, the error at which the document breaks off."""
        for at in range(0, len(self.data) + 1, _STEP):
            last = at + _STEP > len(self.data)
            try:
                self.parser.Parse(self.data[at : at + _STEP], last)
            except expat.ExpatError as error:
                broken = Unreadable(
                    f"the XML breaks at line {error.lineno}: {expat.ErrorString(error.code)}.",
                    where=self.name,
                )
                yield from self.found
                yield broken
                return
            except Hostile as error:
                raise Hostile(error.what, where=self.name) from None
            yield from self.found
            self.found.clear()
            if last:
                self.kept[Seen.KEPT] = self.seen
                break
        if not self.count:
            yield Unreadable("the XML holds no trial.", where=self.name)


_DATA_SET_FIELDS = frozenset(DATA_SET.values()) | {"contacts"}
_PORTAL_FIELDS = PORTAL_FIELDS | {"contacts"}
_GROUPS = frozenset({"primary_outcome", "secondary_outcome", "secondary_sponsor", "source_support"})


def draft_of(row: Row, source: str, start: int, end: int, where: str) -> Draft:
    """One record. Raises NoIdentifier where nothing names it."""
    cell = row.one("trial_id")
    if cell is None:
        raise NoIdentifier("the record states no number of its own.", where=where)
    number = number_of(cell)
    if number is None:
        raise NoIdentifier(f"{cell.raw[:40]!a} is no registry number.", where=where)
    trial = harmonise(row, number)
    stated = trial.last_update.content
    return Draft(source, number.record, trial, start, end, stated, people=row.people())


def read_data_set(received: Received) -> Iterator[Draft | InputError]:
    """The trials of a document in the data set's own form, or the errors in their places."""
    return _Reader(received, "who").run()


def read_portal(received: Received) -> Iterator[Draft | InputError]:
    """The trials of an export of the search portal, or the errors in their places."""
    return _Reader(received, "ictrp").run()
