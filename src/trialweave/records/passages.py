"""From a passage back to the received text: where exactly a value stands.

Values of pages carry character spans. Values of JSON records carry a path; the span in the raw
text is found by one forward scan that skips whatever does not lie on the path, and decodes
nothing else, so that escapes, blanks and the order of keys stay as received.

A row of a table is shown as text of its own, a line for each column that holds anything
(``Phase: 2-3``), in which the passage is marked. In a table that is text a passage is a span of
the document's characters; in a workbook it is a cell, written as spreadsheets write it
(``Sheet1!C7``, ``'My list'!AA12``), and a span of the characters of the cell's text.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialweave.errors import NotFound, WrongEncoding
from trialweave.model import Passage, Received, Record
from trialweave.records.concepts import leaves
from trialweave.sources.sheets.rows import ShownRow, is_workbook, row_of_sheet, row_of_text

__all__ = ["Excerpt", "Located", "Locator", "excerpt", "locate", "visible"]

_MOST_STEPS = 64
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,9})\]")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BLANK = re.compile(r"[ \t\n\r]*+")
_SCALAR = re.compile(r"[-+.0-9A-Za-z]++")
_STRUCTURE = re.compile(r'["{}\[\]]')
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u.{4}|.)", re.DOTALL
)

# What could hide or re-order text where it is shown: controls, and signs that turn the direction.
# One sign for one, so that spans stay right; joiners, which Persian needs, are left alone.
_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"}
    | {0x7F: 0x2421, 0x2028: "\n", 0x2029: "\n"}
    | dict.fromkeys((*range(0x80, 0xA0), 0x61C, 0xFEFF), 0xFFFD)
    | dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
    | dict.fromkeys((*range(0xD800, 0xE000), *range(0xFFF9, 0xFFFC)), 0xFFFD)
    | dict.fromkeys(range(0xE0000, 0xE0080), 0xFFFD)
)


@dataclass(frozen=True)
class Located:
    """A received text, and the characters of it that a passage means: `start` to before `end`."""

    text: str
    start: int
    end: int

    @property
    def match(self) -> str:
        """The passage itself, as received."""
        return self.text[self.start : self.end]


@dataclass(frozen=True)
class Excerpt:
    """A passage with its surroundings, safe to print; cut ends are marked with "…"."""

    before: str
    match: str
    after: str


class Locator:
    """Finds passages of one record in its document; what one look-up scanned serves the next.

    Raises ValueError where `received` is not the document that the record was read from.
    """

    def __init__(self, received: Received, record: Record) -> None:
        if received.sha256 != record.sha256:
            raise ValueError(f"{record.record_id} was not read from this document")
        self.received = received
        self.record = record

    @functools.cached_property
    def _json(self) -> _Json:
        try:
            own = self.received.data[self.record.start : self.record.end].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise WrongEncoding("not valid UTF-8.", where=self.received.name) from error
        return _Json(own)

    @functools.cached_property
    def _row(self) -> ShownRow | None:
        """The row that the record is, where it is one of a table."""
        received, record = self.received, self.record
        if not is_workbook(received.data):
            return row_of_text(received, record.source, record.start, record.end)
        paths = (each.value.passage.path for each in leaves(record) if each.value.passage)
        path = next((path for path in paths if "!" in path), "")
        return row_of_sheet(received, record.source, path)

    def whole(self) -> Located:
        """The record's own text, with nothing marked."""
        row, record = self._row, self.record
        if row is not None:
            return Located(row.text, -1, -1)
        if record.start == 0 and record.end == len(self.received.data):
            return Located(self.received.text, -1, -1)
        own = self.received.data[record.start : record.end].decode("utf-8-sig", "replace")
        return Located(own, -1, -1)

    def personal(self) -> tuple[tuple[int, int], ...]:
        """Where in the text of a row it stands how to reach people."""
        return tuple(self._row.personal) if self._row is not None else ()

    def locate(self, passage: Passage) -> Located:
        """Where a passage stands: see the function of the same name."""
        row = self._row
        if row is not None:
            span = row.span(passage)
            if span is None:
                raise _nowhere(
                    self.record,
                    passage.path or f"characters {passage.start} to {passage.end}",
                )
            return Located(row.text, *span)
        if not passage.path:
            text = self.received.text
            if not 0 <= passage.start <= passage.end <= len(text):
                raise _nowhere(self.record, f"characters {passage.start} to {passage.end}")
            return Located(text, passage.start, passage.end)
        own = self._json
        try:
            start, end = own.at(_steps(passage.path))
            if passage.start >= 0:
                start, end = _inside(own.text, start, end, passage.start, passage.end)
        except _Absent:
            raise _nowhere(self.record, passage.path) from None
        return Located(own.text, start, end)


def locate(received: Received, record: Record, passage: Passage) -> Located:
    """Find a passage of a record in the document that the record was read from.

    With a path, the text is the record's own JSON as received, and the span that of the value at
    the path (a string without its quotes), or of characters `start` to `end` of that string. An
    index 0 into a value that is no list means the value itself. Without a path, the text is that
    of the whole document. For a row of a table it is that of the row: see above. For many passages
    of one record, make one `Locator`.
    Raises NotFound where nothing stands there, WrongEncoding where the bytes are not UTF-8,
    ValueError where `received` is another document.
    """
    return Locator(received, record).locate(passage)


def excerpt(located: Located, around: int = 120, longest: int = 2000) -> Excerpt:
    """Cut a passage out with up to `around` characters on either side, at a word's edge.

    A passage over `longest` characters is cut too. Control and direction signs are made visible.
    """
    text, start, end = located.text, located.start, located.end
    first, last = max(start - around, 0), min(end + around, len(text))
    before, after = text[first:start], text[end:last]
    if first > 0:
        head, blank, rest = before.partition(" ")
        before = "…" + (rest if blank and len(head) < around // 2 else before)
    if last < len(text):
        rest, blank, tail = after.rpartition(" ")
        after = (rest if blank and len(tail) < around // 2 else after) + "…"
    match = text[start:end]
    if len(match) > longest:
        match = match[: longest - 1] + "…"
    return Excerpt(*(visible(part.replace("\r\n", "\n")) for part in (before, match, after)))


def visible(text: str) -> str:
    """Replace each sign that could hide or re-order text by a visible one; the length stays."""
    return text.translate(_VISIBLE)


class _Absent(Exception):
    """The path leads nowhere, or the text is no JSON."""


def _nowhere(record: Record, place: str) -> NotFound:
    return NotFound(f"there is nothing at {place[:200]}.", where=record.record_id)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or len(steps) == _MOST_STEPS:
            raise _Absent
        key, index = match.groups()
        steps.append(int(index) if key is None else key)
        position = match.end()
    return steps


class _Json:
    """A text in JSON, and where the members and elements of the values looked into start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._members: dict[int, dict[str, int]] = {}
        self._elements: dict[int, tuple[list[int], int]] = {}  # and where the next one would start

    def at(self, steps: list[str | int]) -> tuple[int, int]:
        """The span of the value at a path, quotes excluded."""
        text = self.text
        start = _blank(text, 0)
        for step in steps:
            if isinstance(step, str):
                start = self._member(start, step)
            elif text[start : start + 1] == "[":
                start = self._element(start, step)
            elif step:
                raise _Absent
        end = _after(text, start)
        return (start + 1, end - 1) if text[start] == '"' else (start, end)

    def _member(self, start: int, key: str) -> int:
        """Where the value of `key` starts in the object at `start`; the last, as parsers hold."""
        members = self._members.get(start)
        if members is None:
            members = self._members[start] = dict(_pairs(self.text, start))
        if key not in members:
            raise _Absent
        return members[key]

    def _element(self, start: int, index: int) -> int:
        """Where the element number `index` of the list at `start` starts."""
        text = self.text
        found, position = self._elements.get(start) or ([], _opened(text, start, "["))
        while len(found) <= index and text[position : position + 1] not in ("", "]"):
            after = _next(text, _after(text, position))
            found.append(position)
            position = after
        self._elements[start] = (found, position)
        if index >= len(found):
            raise _Absent
        return found[index]


def _pairs(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at `start`, each with where its value starts."""
    position = _opened(text, start, "{")
    while text[position : position + 1] == '"':
        end = _after(text, position)
        name = text[position:end]
        position = _blank(text, end)
        if text[position : position + 1] != ":":
            raise _Absent
        position = _blank(text, position + 1)
        yield _decoded(name) if "\\" in name else name[1:-1], position
        position = _next(text, _after(text, position))


def _opened(text: str, start: int, bracket: str) -> int:
    if text[start : start + 1] != bracket:
        raise _Absent
    return _blank(text, start + 1)


def _next(text: str, position: int) -> int:
    """Behind the comma, or at the closing bracket."""
    position = _blank(text, position)
    if text[position : position + 1] == ",":
        return _blank(text, position + 1)
    return position


def _blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _after(text: str, start: int) -> int:
    """Where the value that starts at `start` ends. Counts depth: nesting costs no stack."""
    sign = text[start : start + 1]
    if sign not in ("{", "["):
        match = (_STRING if sign == '"' else _SCALAR).match(text, start)
        if match is None:
            raise _Absent
        return match.end()
    depth, position = 0, start
    while found := _STRUCTURE.search(text, position):
        sign, position = found.group(), found.end()
        if sign == '"':
            position = _after(text, found.start())
            continue
        depth += 1 if sign in "{[" else -1
        if depth == 0:
            return position
    raise _Absent


def _decoded(string: str) -> str:
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        raise _Absent from None


def _inside(text: str, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """The span, in the raw text, of characters `first` to `last` of the string at a span."""
    if not first <= last:
        raise _Absent
    wanted = [first, last]
    places: list[int] = []
    raw, decoded = start, 0  # places in the raw text, and in the string that it writes
    escapes = _ESCAPE.finditer(text, start, end)
    while len(places) < 2:
        escape = next(escapes, None)
        plain_end = escape.start() if escape else end
        while len(places) < 2 and wanted[len(places)] - decoded <= plain_end - raw:
            places.append(raw + wanted[len(places)] - decoded)
        if escape is None:
            break
        decoded += plain_end - raw + 1
        raw = escape.end()
    if len(places) < 2:
        raise _Absent
    return places[0], places[1]
