"""Reads workbooks (``.xlsx``, ``.xlsm``) into rows of cells, as data: nothing in them is run.

Places are written as spreadsheets write them: ``Sheet1!C7``, ``'My list'!AA12``. A cell is its
text (see `_workbook_formats` for numbers and dates) with a note of what else is kept of it. A cell
with an error, or with a formula that no program has worked out, is `broken`: something stands
there that cannot be read. Formulas that were worked out are read by the value that was saved;
links to other files, macros, pictures and comments are never looked at.

Only the parts that are needed are unpacked, in steps, and only where the sizes that the file
itself declares are sane. Cells are kept as they come and never spread over the rectangle that
holds them: two cells in opposite corners of a sheet are two cells.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

from trialweave.errors import Hostile, InputError, Unreadable
from trialweave.model import Received
from trialweave.sources.sheets.workbook_formats import Format, format_of, shown
from trialweave.sources.sheets.workbook_parts import (
    DAMAGE,
    DEEPEST,
    Parts,
    Strings,
    local,
    parser_of,
    plain,
    too_deep,
)

__all__ = [
    "MOST_COLUMNS",
    "RawCell",
    "RawRow",
    "Sheet",
    "Workbook",
    "column_name",
    "is_workbook",
    "place_of",
    "read_place",
]

MOST_COLUMNS = 300  # of a row that anything is read from
_MOST_SHEETS = 500
_MOST_STYLES = 70_000
_MOST_ROWS, _ALL_COLUMNS = 1_048_576, 16_384
_LONGEST_FORMULA = 200

_PLACE = re.compile(
    r"(?:'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^'!]+))!(?P<column>[A-Z]{1,3})(?P<row>\d{1,7})"
)
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,9})", re.ASCII)


class RawCell(NamedTuple):
    """One cell: its column (from 0), its text, and whether it cannot be read.

    `note` says what is kept of a number that is shown as a date; of a broken cell, its formula.
    """

    column: int
    text: str
    broken: bool = False
    note: str = ""


class RawRow(NamedTuple):
    """One row as numbered in the sheet (from 1) and its cells, those that are blank left out.

    `wide` is true where it has cells beyond `MOST_COLUMNS`, which are left out too.
    """

    number: int
    cells: tuple[RawCell, ...]
    wide: bool = False


class Sheet(NamedTuple):
    """One sheet: its name, and the part of the file that holds it."""

    name: str
    part: str


def column_name(column: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


@functools.lru_cache(1024)
def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def place_of(sheet: str, column: int, row: int) -> str:
    """Where a cell stands: ``Sheet1!C7``; names with other than letters and digits are quoted."""
    if not re.fullmatch(r"[^\W\d]\w*", sheet):
        sheet = "'" + sheet.replace("'", "''") + "'"
    return f"{sheet}!{column_name(column)}{row}"


def read_place(path: str) -> tuple[str, int, int] | None:
    """Sheet, column (from 0) and row of a place; None where it is none."""
    match = _PLACE.fullmatch(path)
    if match is None:
        return None
    sheet = match["plain"] if match["quoted"] is None else match["quoted"].replace("''", "'")
    return sheet, _column(match["column"]), int(match["row"])


def is_workbook(data: bytes) -> bool:
    """Whether a document is a workbook, by the list of its parts."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.lower() == "xl/workbook.xml" for name in archive.namelist())
    except DAMAGE:
        return False


class Workbook:
    """The sheets of a workbook, and the rows of each.

    Raises Unreadable where the file is damaged or locked by a password, Hostile where unpacking
    it would cost far more than its size, TooLarge where it is simply too large.
    """

    def __init__(self, received: Received) -> None:
        self.name = received.name
        self.since_1904 = False
        try:
            self._parts = Parts(received)
        except DAMAGE as error:
            raise Unreadable(f"the workbook is damaged: {error}.", where=self.name) from None
        try:
            self.sheets: tuple[Sheet, ...] = tuple(self._sheets())
            self._formats = self._read_formats()
        except (*DAMAGE, InputError) as error:
            raise self._parts.damaged(error) from None
        self._strings = Strings(self._parts)

    def _sheets(self) -> Iterator[Sheet]:
        targets = self._parts.targets("xl/workbook.xml")
        names: set[str] = set()
        for kind, each in self._parts.elements("xl/workbook.xml", "sheet", "workbookPr"):
            if kind == "workbookPr":
                self.since_1904 = each.get("date1904") in ("1", "true", "on")
                continue
            part, name = targets.get(each.get("id", "")), each.get("name", "")[:80]
            if part is None or part not in self._parts or not name or name in names:
                continue
            if len(names) == _MOST_SHEETS:
                raise Hostile(f"it has more than {_MOST_SHEETS} sheets.")
            names.add(name)
            yield Sheet(name, part)

    def _read_formats(self) -> list[Format]:
        """The number format of each style of cells."""
        codes: dict[int, str] = {}
        formats: list[Format] = []
        within = False
        for kind, each in self._parts.elements("xl/styles.xml", "numFmt", "cellXfs", "xf"):
            number = int(each.get("numFmtId", "0")[:9])
            if kind == "numFmt":
                codes[number] = each.get("formatCode", "")
            elif kind == "cellXfs":  # what comes before has the same elements in it
                within = True
            elif within and len(formats) < _MOST_STYLES:
                formats.append(format_of(number, codes.get(number, "")))
        return formats

    def look(self) -> None:
        """Read the beginning of each sheet; raises what reading it would."""
        for sheet in self.sheets:
            next(self.rows(sheet), None)

    def rows(self, sheet: Sheet) -> Iterator[RawRow]:
        """The rows of a sheet that have a cell with anything in it, in the order they stand in.

        Raises as the class does, after the rows before the place that cannot be read.
        """
        reader = _SheetReader(self._parts, self._strings, self._formats, self.since_1904)
        problem: Exception | None = None
        try:
            for piece in self._parts.pieces(sheet.part):
                reader.parser.Parse(piece, False)
                yield from reader.rows
                reader.rows.clear()
                if reader.done:
                    return
            reader.parser.Parse(b"", True)
        except (*DAMAGE, InputError) as error:
            problem = error
        yield from reader.rows
        if problem is not None:
            raise self._parts.damaged(problem)


class _SheetReader:
    """Collects the rows of a sheet while the parser goes through it."""

    def __init__(
        self, parts: Parts, strings: Strings, formats: list[Format], since_1904: bool
    ) -> None:
        self.parts = parts
        self.strings = strings
        self.formats = formats
        self.since_1904 = since_1904
        self.rows: list[RawRow] = []
        self.done = False
        self.inside = False
        self.depth = 0
        self.row = 0
        self.column = -1
        self.wide = False
        self.cells: dict[int, RawCell] = {}
        self.attributes: dict[str, str] = {}
        self.value: list[str] | None = None  # what is being collected
        self.content: list[str] = []
        self.formula: list[str] = []
        self.has_value = self.has_formula = self.phonetic = False
        self.parser = parser_of(self.open, self.close, self.text)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise too_deep()
        name = local(name)
        if name == "sheetData":
            self.inside = True
        elif not self.inside:
            return
        elif name == "c":
            self.attributes = attributes
            match = _REFERENCE.fullmatch(attributes.get("r", ""))
            self.column = _column(match[1]) if match else self.column + 1
            self.content, self.formula = [], []
            self.has_value = self.has_formula = self.phonetic = False
        elif name in ("v", "t"):
            self.has_value = True
            self.value = None if self.phonetic else self.content
        elif name == "f":
            self.has_formula = True
            self.value = self.formula
        elif name == "rPh":
            self.phonetic = True
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isascii() and number.isdigit() else self.row + 1
            self.column, self.cells, self.wide = -1, {}, False
            if not 0 < self.row <= _MOST_ROWS:
                raise Unreadable(f"a row has the number {number[:20]}.")

    def text(self, text: str) -> None:
        if self.value is not None:
            self.value.append(text)

    def close(self, name: str) -> None:
        self.depth -= 1
        if not self.inside:
            return
        name = local(name)
        if name in ("v", "t", "f"):
            self.value = None
        elif name == "rPh":
            self.phonetic = False
        elif name == "c":
            self.cell()
        elif name == "row":
            if self.cells or self.wide:
                self.rows.append(RawRow(self.row, tuple(self.cells.values()), self.wide))
                self.cells = {}
        elif name == "sheetData":
            self.inside, self.done = False, True

    def cell(self) -> None:
        if not 0 <= self.column < _ALL_COLUMNS:
            raise Unreadable(f"a cell stands in column {self.column + 1}.")
        cell = self.read()
        if not (cell.broken or cell.text.strip()):
            return
        if self.column >= MOST_COLUMNS:
            self.wide = True
            return
        self.parts.count(len(cell.text))
        self.cells[self.column] = cell

    def read(self) -> RawCell:
        """The cell that ends here."""
        written, kind = "".join(self.content), self.attributes.get("t", "n")
        formula = "=" + "".join(self.formula)[:_LONGEST_FORMULA] if self.has_formula else ""
        if self.has_formula and not (self.has_value and (written or kind == "str")):
            return RawCell(self.column, formula, True, "a formula that was never worked out")
        if kind == "e":
            return RawCell(self.column, written or "#", True, formula)
        if kind == "s":
            bare = written.strip()
            index = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else -1
            text = self.strings.get(index)
            if text is None:
                return RawCell(self.column, "", bool(bare), "a shared text that is not there")
            return RawCell(self.column, text)
        if kind == "b":
            return RawCell(self.column, {"1": "TRUE", "0": "FALSE"}.get(written, written))
        if kind in ("str", "inlineStr", "d") or not written:
            return RawCell(self.column, plain(written))
        style = self.attributes.get("s", "")
        place = int(style) if style.isascii() and style.isdigit() and len(style) < 7 else -1
        form = self.formats[place] if 0 <= place < len(self.formats) else Format()
        text = shown(written, form, since_1904=self.since_1904)
        note = f"the number {written[:40]}, shown as {form.code[:40]}" if form.date else ""
        return RawCell(self.column, text, note=note)
