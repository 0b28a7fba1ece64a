"""Tables in documents: delimited text and the sheets of workbooks, row by row, cell by cell.

A table is found by its header, which a source recognises by the names of the columns; rows with
titles may stand above it. In text a cell's place are its characters, in a workbook the cell
(``Sheet1!C7``) and the characters of its text. A record of a table has as its own content the
names and contents of the columns, in an order that no program changes, so that neither a
neighbour, nor the order of columns, nor the form of the file makes a new version of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from trialweave.errors import InputError, TooLarge, Unreadable
from trialweave.model import Received
from trialweave.sources.sheets.workbook import (
    MOST_COLUMNS,
    RawRow,
    Workbook,
    column_name,
    is_workbook,
    place_of,
)
from trialweave.sources.who.text import Cell, unescaped

__all__ = [
    "BOM",
    "Header",
    "IsHeader",
    "Span",
    "Table",
    "TableRow",
    "cells_of",
    "has_table",
    "header_in",
    "own_of",
    "sheet_rows",
    "tables",
]

BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_ABOVE = 30  # rows that may stand above a header
_LONGEST_CELL = 8 * 1024 * 1024  # characters
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|BLOCKED!)")

Span = tuple[int, int, bool]
"""A cell: its characters without quotes, and whether it stood in quotes."""

IsHeader = Callable[[Sequence[str]], bool]
"""Whether the names are those of the columns that a source knows."""


class TableRow(NamedTuple):
    """One row: a cell for each column of the header, blank ones among them.

    `broken` are the columns whose cell holds an error of a spreadsheet, or a formula that was
    never worked out; `dated` those whose cell a spreadsheet keeps as a date. `extra` are cells in
    columns without a name. `start` and `end` are bytes of the document, all of it in a workbook.
    """

    cells: tuple[Cell, ...]
    start: int
    end: int
    where: str
    broken: frozenset[int] = frozenset()
    dated: frozenset[int] = frozenset()
    extra: tuple[tuple[str, Cell], ...] = ()


class Table(NamedTuple):
    """One table: the names of its columns, and its rows or why one cannot be taken."""

    sheet: str
    header: tuple[str, ...]
    rows: Iterator[TableRow | InputError]


class Header(NamedTuple):
    """A header in a text: its separator, its names, and the character behind its line."""

    separator: str
    names: tuple[str, ...]
    start: int
    end: int


def _pattern(separator: str) -> re.Pattern[str]:
    """One cell and what ends it; quotes are doubled inside quotes."""
    s = re.escape(separator)
    return re.compile(
        rf'(?:"(?P<quoted>(?:[^"]|"")*+)"(?P<rest>[^{s}\n]*)|(?P<plain>[^{s}\n]*))(?P<end>{s}|\n|\Z)'
    )


_PATTERNS = {separator: _pattern(separator) for separator in ",;\t"}


def cells_of(text: str, separator: str, start: int = 0) -> Iterator[tuple[int, int, list[Span]]]:
    """Each row of a table: its first and last character, and its cells.

    Linear in the length of the text. Raises Unreadable where the text ends inside quotes, and
    where a row has absurdly many cells.
    """
    pattern = _PATTERNS[separator]
    at = start
    while at < len(text):
        opened, spans = at, []
        while True:
            match = pattern.match(text, at)
            if match is None:
                raise Unreadable(f"the row that begins at character {opened} does not end.")
            quoted = match.start("quoted") >= 0
            if quoted and not match["rest"].strip():
                spans.append((*match.span("quoted"), True))
            elif quoted:  # quotes that do not reach to the end of the cell
                spans.append((match.start(), match.end("rest"), False))
            elif match["plain"].startswith('"'):
                raise Unreadable(f"the row that begins at character {opened} ends inside quotes.")
            else:
                spans.append((*match.span("plain"), False))
            at = match.end()
            if match["end"] != separator:
                break
            if len(spans) > MOST_COLUMNS:
                raise Unreadable(f"a row has more than {MOST_COLUMNS} cells.")
        closed = match.start("end")
        yield opened, closed, spans
        if at == match.start("end"):  # the end of the text
            return


def _lines(text: str) -> str:
    """The text with line ends that are looked for: those of old Macintoshes are alone."""
    return text if "\n" in text else text.replace("\r", "\n")


def header_in(received: Received, is_header: IsHeader) -> Header | None:
    """The header in a document that is text; None where there is none.

    What stands above it is lines of titles: no more than two cells of them hold anything.
    """
    data = received.data
    head = data[:_HEAD].removeprefix(BOM)
    if head.lstrip()[:1] in (b"", b"{", b"[", b"<"):
        return None
    whole = len(data) <= _HEAD
    text = head.decode("utf-8", "ignore" if not whole else "replace")
    start = len(text) - len(text.lstrip())
    text = _lines(text)
    for separator in _PATTERNS:
        if separator not in text:
            continue
        for count, (opened, closed, names) in enumerate(_first(text, separator, start)):
            if count == _ABOVE:
                break
            if is_header(names):
                return Header(separator, names, opened, closed)
            if sum(bool(name) for name in names) > 2:
                break
    return None


def _first(text: str, separator: str, start: int) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The first rows of a text as far as they are whole, each as names."""
    try:
        for opened, closed, spans in cells_of(text, separator, start):
            yield opened, closed, tuple(_named(text, spans))
    except Unreadable:
        return


def _named(text: str, spans: Iterable[Span]) -> Iterator[str]:
    for first, last, quoted in spans:
        yield unescaped(text[first:last], "csv" if quoted else "").strip()[:200]


def sheet_rows(book: Workbook, name: str, is_header: IsHeader) -> Iterator[RawRow]:
    """The header of a sheet and the rows below it; none where it has no header."""
    for sheet in book.sheets:
        if sheet.name != name:
            continue
        found = False
        for count, row in enumerate(book.rows(sheet)):
            if not found and count == _ABOVE:
                return
            found = found or is_header(tuple(cell.text.strip()[:200] for cell in row.cells))
            if found:
                yield row


def has_table(received: Received, is_header: IsHeader) -> bool:
    """Whether a document holds a table with such a header. Cheap, and never raises."""
    if not is_workbook(received.data):
        return header_in(received, is_header) is not None
    try:
        book = Workbook(received)
        return any(
            next(sheet_rows(book, sheet.name, is_header), None) is not None for sheet in book.sheets
        )
    except InputError:
        return False


def tables(received: Received, is_header: IsHeader) -> Iterator[Table]:
    """The tables of a document that have such a header.

    Raises Unreadable where there is none, and what `Workbook` raises.
    """
    if is_workbook(received.data):
        yield from _sheets(received, is_header)
        return
    found = header_in(received, is_header)
    if found is None:
        raise Unreadable("the table has no header of this kind.", where=received.name)
    yield Table("", found.names, _text_rows(received, found))


def _text_rows(received: Received, found: Header) -> Iterator[TableRow | InputError]:
    name = received.name
    text = received.text
    is_ascii = len(text) == len(received.data)
    place, byte = 0, len(received.data) - len(received.data.removeprefix(BOM))
    count = 0
    rows = cells_of(_lines(text), found.separator, found.end + 1)
    while True:
        try:
            row = next(rows, None)
        except Unreadable as error:
            yield Unreadable(error.what, where=name)
            return
        if row is None:
            break
        opened, closed, spans = row
        if not any(text[first:last].strip() for first, last, _ in spans):
            continue
        count += 1
        if is_ascii:
            begin, end = opened, closed
        else:
            begin = byte + len(text[place:opened].encode())
            end = begin + len(text[opened:closed].encode())
            place, byte = closed, end
        where = f"{name}, record {count} (byte {begin})"
        if len(spans) != len(found.names):
            yield Unreadable(
                f"{len(spans)} cells where the header has {len(found.names)}.", where=where
            )
            continue
        cells = tuple(
            Cell(text[first:last], first, "csv" if quoted else "").part(0, last - first)
            for first, last, quoted in spans
        )
        yield _checked(TableRow(cells, begin, end, where))
    if not count:
        yield Unreadable("the table has a header and no rows.", where=name)


def _checked(row: TableRow) -> TableRow | InputError:
    if any(len(cell.raw) > _LONGEST_CELL for cell in row.cells):
        return TooLarge("a cell is absurdly long.", where=row.where)
    broken = {
        column
        for column, cell in enumerate(row.cells)
        if cell.raw.startswith("#") and _ERROR.fullmatch(cell.raw)
    }
    return row._replace(broken=row.broken | broken) if broken else row


def _sheets(received: Received, is_header: IsHeader) -> Iterator[Table]:
    book = Workbook(received)
    found = False
    for sheet in book.sheets:
        rows = sheet_rows(book, sheet.name, is_header)
        try:
            header = next(rows, None)
        except InputError:
            continue  # a sheet that is damaged before any header: no sheet of this source
        if header is None:
            continue
        found = True
        columns = {cell.column: cell.text.strip() for cell in header.cells}
        yield Table(
            sheet.name,
            tuple(columns.values()),
            _sheet_rows(received, sheet.name, columns, rows),
        )
    if not found:
        raise Unreadable("no sheet has a header of this kind.", where=received.name)


def _sheet_rows(
    received: Received, sheet: str, columns: dict[int, str], rows: Iterator[RawRow]
) -> Iterator[TableRow | InputError]:
    size = len(received.data)
    count = 0
    while True:
        try:
            row = next(rows, None)
        except InputError as error:
            yield error
            return
        if row is None:
            break
        held = {cell.column: cell for cell in row.cells}
        if not held.keys() & columns.keys():
            continue
        count += 1
        where = f"{received.name}, row {row.number} of {sheet}"
        if row.wide:
            yield Unreadable(f"it has cells beyond column {MOST_COLUMNS}.", where=where)
            continue
        cells, broken, dated = [], set(), set()
        for index, column in enumerate(columns):
            cell = held.get(column)
            path = place_of(sheet, column, row.number)
            text = cell.text if cell is not None else ""
            cells.append(Cell(text, 0, "", path).part(0, len(text)))
            if cell is not None and cell.broken:
                broken.add(index)
            elif cell is not None and cell.note:
                dated.add(index)
        extra = tuple(
            (
                f"column {column_name(cell.column)}",
                Cell(cell.text, 0, "", place_of(sheet, cell.column, row.number)),
            )
            for cell in row.cells
            if cell.column not in columns and not cell.broken
        )
        yield _checked(
            TableRow(tuple(cells), 0, size, where, frozenset(broken), frozenset(dated), extra)
        )
    if not count:
        yield Unreadable("the table has a header and no rows.", where=f"{received.name}, {sheet}")


def own_of(header: Sequence[str], row: TableRow, leave_out: frozenset[str] = frozenset()) -> bytes:
    """The content of a row written out: names and contents of columns, sorted, as JSON.

    `leave_out` are columns that change without the record changing.
    """
    named = (*zip(header, row.cells, strict=True), *row.extra)
    pairs = sorted(
        (name, unescaped(cell.raw, cell.escape))
        for name, cell in named
        if cell.raw and name not in leave_out
    )
    return b"{" + msgspec.json.encode(pairs)[1:-1] + b"}"
