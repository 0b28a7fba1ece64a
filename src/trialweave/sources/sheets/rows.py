"""A row of a table for people: a line for each column, and where in it each passage stands.

Tables come as text and as workbooks; neither can be shown as it is received without its header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from trialweave.errors import InputError
from trialweave.model import Passage, Received
from trialweave.sources.ctgov import table as ctgov_csv
from trialweave.sources.literature import lists
from trialweave.sources.literature._list_blocks import has_blocks
from trialweave.sources.sheets.table import (
    BOM,
    Header,
    IsHeader,
    Span,
    cells_of,
    header_in,
    sheet_rows,
)
from trialweave.sources.sheets.workbook import (
    RawRow,
    Workbook,
    column_name,
    is_workbook,
    read_place,
)
from trialweave.sources.who import ictrp
from trialweave.sources.who.text import unescaped

__all__ = ["ShownCell", "ShownRow", "is_workbook", "row_of_sheet", "row_of_text"]


class ShownCell(NamedTuple):
    """A cell in the text of a row, at characters `start` to before `end`.

    In a document that is text it stands at characters `first` to `last` there, as `raw`; in a
    workbook `first` is 0 and `column` its own. `personal` cells hold how to reach people.
    """

    start: int
    end: int
    first: int
    last: int
    raw: str
    quoted: bool
    column: int
    personal: bool

    def at(self, place: int) -> int:
        """Where in the row's text a character of the document, or of the cell's text, stands."""
        before = self.raw[: max(0, min(place - self.first, len(self.raw)))]
        return self.start + len(unescaped(before, "csv" if self.quoted else ""))


class ShownRow(NamedTuple):
    """The text of a row, and its cells in it."""

    text: str
    cells: tuple[ShownCell, ...]

    def span(self, passage: Passage) -> tuple[int, int] | None:
        """Where a passage stands in the text; None where it stands nowhere in the row."""
        if passage.path:
            place = read_place(passage.path)
            cell = next((c for c in self.cells if place and c.column == place[1]), None)
            if cell is None or passage.end > len(cell.raw):
                return None
            if passage.start < 0:
                return cell.start, cell.end
            return cell.at(passage.start), cell.at(passage.end)
        first = next((c for c in self.cells if c.first <= passage.start <= c.last), None)
        last = next((c for c in self.cells if c.first <= passage.end <= c.last), None)
        if first is None or last is None or passage.start > passage.end:
            return None
        return first.at(passage.start), last.at(passage.end)

    @property
    def personal(self) -> Iterator[tuple[int, int]]:
        """The spans of cells that hold how to reach people."""
        return ((cell.start, cell.end) for cell in self.cells if cell.personal)


class _Kind(NamedTuple):
    is_header: IsHeader
    is_personal: Callable[[str], bool]


_KINDS = {
    "ictrp": _Kind(ictrp.is_header, ictrp.personal_column),
    "ctgov": _Kind(ctgov_csv.is_header, lambda _: False),
    "list": _Kind(lists.is_header, lists.personal_column),
}


class _Text:
    """Puts the lines of a row together."""

    def __init__(self, is_personal: Callable[[str], bool]) -> None:
        self.is_personal = is_personal
        self.pieces: list[str] = []
        self.length = 0
        self.cells: list[ShownCell] = []

    def add(
        self, label: str, raw: str, first: int, column: int, *, quoted: bool = False, note: str = ""
    ) -> None:
        head, content = f"{label}: ", unescaped(raw, "csv" if quoted else "")
        start = self.length + len(head)
        line = head + content + (f" [{note}]" if note else "") + "\n"
        self.cells.append(
            ShownCell(
                *(start, start + len(content), first, first + len(raw), raw),
                *(quoted, column, self.is_personal(label)),
            )
        )
        self.pieces.append(line)
        self.length += len(line)

    def row(self) -> ShownRow:
        return ShownRow("".join(self.pieces).removesuffix("\n"), tuple(self.cells))


def row_of_text(received: Received, source: str, start: int, end: int) -> ShownRow | None:
    """The row at bytes `start` to `end` of a table that is text.

    None where the source has no tables, or the document is none. Raises WrongEncoding.
    """
    kind = _KINDS.get(source)
    in_blocks = source == "list" and has_blocks(received)
    found = header_in(received, kind.is_header) if kind is not None and not in_blocks else None
    if kind is None or (found is None and not in_blocks):
        return None
    data = received.data
    mark = len(data) - len(data.removeprefix(BOM))
    before = len(data[mark:start].decode("utf-8", "replace"))
    own = data[start:end].decode("utf-8", "replace")
    bare = own if b"\n" in data else own.replace("\r", "\n")
    text = _Text(kind.is_personal)
    try:
        for label, (first, last, quoted) in _labelled(bare, found):
            if own[first:last].strip():
                text.add(label, own[first:last], before + first, len(text.cells), quoted=quoted)
    except InputError:
        return None
    return text.row()


def _labelled(own: str, found: Header | None) -> Iterator[tuple[str, Span]]:
    """The cells of a row with the names of their columns; without a header, of their lines."""
    if found is not None:
        _, _, spans = next(cells_of(own, found.separator), (0, 0, []))
        yield from zip(found.names, spans, strict=False)
        return
    for _, _, spans in cells_of(own, ","):
        label = own[spans[0][0] : spans[0][1]].strip()
        for span in spans[1:]:
            yield label, span


def row_of_sheet(received: Received, source: str, path: str) -> ShownRow | None:
    """The row of a workbook in which the cell at a path (``Sheet1!C7``) stands.

    None where there is none. Raises what `Workbook` raises.
    """
    kind, place = _KINDS.get(source), read_place(path)
    if kind is None or place is None:
        return None
    sheet, _, number = place
    rows = sheet_rows(Workbook(received), sheet, kind.is_header)
    header = next(rows, None)
    row = next((each for each in rows if each.number == number), None)
    if header is None or row is None:
        return None
    return _shown(header, row, kind.is_personal)


def _shown(header: RawRow, row: RawRow, is_personal: Callable[[str], bool]) -> ShownRow:
    labels = {cell.column: cell.text.strip() for cell in header.cells}
    text = _Text(is_personal)
    for cell in row.cells:
        label = labels.get(cell.column, f"column {column_name(cell.column)}")
        text.add(label, cell.text, 0, cell.column, note=cell.note)
    return text.row()
