"""Reads tables of the WHO's search portal: its CSV, also as spreadsheets saved it again.

The columns are found by their names, whatever their order; commas, semicolons and tabs may
separate them. Cells may hold line breaks and lone carriage returns. Every value points at its
characters in the received text, every record at its own row; a row that is damaged does not sink
its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from trialweave.errors import InputError, TooLarge, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources.who_names import PORTAL_FIELDS, field_of, is_personal
from trialweave.sources.who_text import Cell
from trialweave.sources.who_values import Row
from trialweave.sources.who_xml import draft_of

__all__ = ["Span", "cells_of", "read", "read_rows", "recognise"]

_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 14
_MOST_COLUMNS = 300
_LONGEST_CELL = 8 * 1024 * 1024  # characters

# Columns of which the header has two besides the number, and at least one of the titles
_TITLES = frozenset({"public_title", "scientific_title"})
_USUAL = _TITLES | {
    *("last_refreshed", "primary_sponsor", "date_registration", "reg_name"),
    *("recruitment_status", "url", "study_type", "study_design", "target_size"),
}

Span = tuple[int, int, bool]
"""A cell: its characters without quotes, and whether it stood in quotes."""


def _pattern(separator: str) -> re.Pattern[str]:
    """One cell and what ends it; quotes are doubled inside quotes."""
    s = re.escape(separator)
    return re.compile(
        rf'(?:"(?P<quoted>(?:[^"]|"")*+)"(?P<rest>[^{s}\n]*)|(?P<plain>[^{s}\n]*))(?P<end>{s}|\n|\Z)'
    )


_PATTERNS = {separator: _pattern(separator) for separator in ",;\t"}


def _header(line: str) -> tuple[str, list[str]] | None:
    """The separator and the names of the columns; None where it is no header of the portal."""
    for separator in ",;\t":
        names = [name.strip().strip('"').strip() for name in line.split(separator)]
        fields = {field_of(name) for name in names}
        if "trial_id" in fields and fields & _TITLES and len(fields & _USUAL) > 2:
            return separator, names
    return None


def _first_line(received: Received) -> str:
    head = received.data[:_HEAD].removeprefix(_BOM)
    line = re.split(rb"[\r\n]", head.lstrip(), maxsplit=1)[0]
    return line.decode("utf-8", "replace")


def recognise(received: Received) -> bool:
    """Whether a document begins with the names of the portal's columns."""
    line = _first_line(received)
    return "rial" in line and _header(line) is not None


def cells_of(text: str, separator: str, start: int = 0) -> Iterator[tuple[int, int, list[Span]]]:
    """Each row of a table: its first and last character, and its cells.

    Linear in the length of the text. Raises Unreadable where the text ends inside quotes.
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
            if len(spans) > _MOST_COLUMNS:
                raise Unreadable(f"a row has more than {_MOST_COLUMNS} cells.")
        closed = match.start("end")
        yield opened, closed, spans
        if at == match.start("end"):  # the end of the text
            return


def read(received: Received) -> Iterator[Draft | InputError]:
    """Yield each row as a draft, or as the error for which it cannot be taken."""
    text, name = received.text, received.name
    found = _header(_first_line(received))
    if found is None:
        raise Unreadable("the table has no header of the portal.", where=name)
    separator, _ = found
    start = len(text) - len(text.lstrip())
    is_ascii = len(text) == len(received.data)
    place, byte = 0, len(received.data) - len(received.data.removeprefix(_BOM))
    header: list[str] = []
    rows = _rows(text, separator, start, name)
    seen = 0
    for row in rows:
        if isinstance(row, InputError):
            yield row
            return
        opened, closed, spans = row
        if not header:
            header = [text[first:last].strip() for first, last, _ in spans]
            continue
        if all(first == last for first, last, _ in spans):
            continue
        seen += 1
        if is_ascii:
            begin, end = opened, closed
        else:
            begin = byte + len(text[place:opened].encode())
            end = begin + len(text[opened:closed].encode())
            place, byte = closed, end
        where = f"{name}, record {seen} (byte {begin})"
        if len(spans) != len(header):
            yield Unreadable(f"{len(spans)} cells where the header has {len(header)}.", where=where)
            continue
        cells = [
            Cell(text[first:last], first, "csv" if quoted else "").part(0, last - first)
            for first, last, quoted in spans
        ]
        yield _taken(header, cells, begin, end, where)
    if not seen:
        yield Unreadable("the table has a header and no rows.", where=name)


def _rows(
    text: str, separator: str, start: int, name: str
) -> Iterator[tuple[int, int, list[Span]] | InputError]:
    if "\n" not in text:  # lines that end as on old Macintoshes
        text = text.replace("\r", "\n")
    try:
        yield from cells_of(text, separator, start)
    except Unreadable as error:
        yield Unreadable(error.what, where=name)


def read_rows(
    header: Sequence[str], rows: Iterable[Sequence[str]], name: str
) -> Iterator[Draft | InputError]:
    """The same for a table whose cells have no place in a text, as those of a workbook.

    Values are told by the name of their column; a record has no bytes of its own.
    """
    for count, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        cells = [
            Cell(cell.strip(), -1, "", label) for label, cell in zip(header, row, strict=False)
        ]
        yield _taken(list(header), cells, 0, 0, f"{name}, record {count}")


def _taken(
    header: list[str], cells: list[Cell], begin: int, end: int, where: str
) -> Draft | InputError:
    if any(len(cell.raw) > _LONGEST_CELL for cell in cells):
        return TooLarge("a cell is absurdly long.", where=where)
    known_fields = {found for label in header if (found := field_of(label))}
    if any(is_personal(label) for label in header):
        known_fields.add("contacts")
    row = Row(PORTAL_FIELDS | known_fields)
    for label, cell in zip(header, cells, strict=True):
        if not cell.raw:
            continue
        known = field_of(label)
        if known is not None:
            row.add(known, cell)
        elif is_personal(label):
            row.has_contacts = True
        else:
            row.unplaced.append((label, cell))
    try:
        return draft_of(row, "ictrp", begin, end, where)
    except InputError as error:
        return error
