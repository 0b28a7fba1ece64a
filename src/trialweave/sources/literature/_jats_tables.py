"""The tables of a full text, laid out: which rows and columns each cell covers.

Both table models of JATS are read: HTML (``tr``, ``td``, ``colspan``) and OASIS, also called CALS
(``row``, ``entry``, ``namest``). Spans are clipped to the table and to limits, so that the work is
linear in the length of the markup whatever the spans say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trialweave.model import ArticleTable, Passage, TableCell, Value
from trialweave.sources._xml import Node
from trialweave.sources.literature._document import Document
from trialweave.sources.literature._flow import flow

__all__ = ["article_tables"]

MOST_COLUMNS = 200
MOST_CELLS = 20_000  # of one table
MOST_TABLES = 300  # of an article
MOST_IN_ALL = 60_000  # of all tables of an article
_DEEPEST = 6  # elements between a table-wrap and its table
_WIDE = "\u2001\u2003\u3000"
_BLANKS = {sign: 2 if sign in _WIDE else 1 for sign in f"\u00a0\u2000\u2002\u2004{_WIDE}"
           "\u2005\u2006\u2007\u2008\u2009"}  # fmt: skip
_PADDING = re.compile(r"(?:padding-left|text-indent|margin-left)\s?:\s?(\d{1,3})", re.IGNORECASE)
_SECTIONS = ("thead", "tbody", "tfoot")


def article_tables(document: Document, article: Node) -> Value[tuple[ArticleTable, ...]]:
    """The tables of an article that are text, in its order."""
    found: list[ArticleTable] = []
    places = []
    left = MOST_IN_ALL
    for wrap in article.iter("table-wrap"):
        told = _told(document, wrap)
        for table in _drawn(wrap):
            laid = _table(document, table, told, left) if len(found) < MOST_TABLES else None
            if laid is not None:
                left -= len(laid.cells)
                found.append(laid)
                places.append(Passage(*document.trimmed(wrap.inner, wrap.stop)))
    return document.gathered("tables", tuple(found), places)


def _told(document: Document, wrap: Node) -> ArticleTable:
    """What stands around the tables of a table-wrap."""
    label, caption = wrap.child("label"), wrap.child("caption")
    notes = [
        document.element("tables", note)
        for foot in wrap.children("table-wrap-foot")
        for note in ([*foot.children("fn", "p", "fn-group")] or [foot])
    ]
    return ArticleTable(
        label=flow(label).text.rstrip(".: ") if label is not None else "",
        caption=document.element("tables", caption) if caption is not None else Value(),
        notes=tuple(note for note in notes if note),
    )


def _drawn(wrap: Node, depth: int = 0) -> Iterator[Node]:
    """The tables of a table-wrap, not those inside of a cell of another."""
    for child in wrap.children():
        if child.tag == "table":
            yield child
        elif child.tag != "table-wrap" and depth < _DEEPEST:
            yield from _drawn(child, depth + 1)


def _table(document: Document, table: Node, told: ArticleTable, left: int) -> ArticleTable | None:
    grid = _Grid(left)
    for group in [*table.children("tgroup")] or [table]:
        grid.add(group)
    if not grid.cells and not grid.full:
        return None
    width = min(grid.width, MOST_COLUMNS)
    return msgspec.structs.replace(
        told,
        head=grid.head,
        rows=grid.rows,
        columns=width,
        short=tuple(at for at, reached in enumerate(grid.reached[: grid.head]) if reached < width),
        cells=() if grid.full else tuple(_clipped(document, cell, width) for cell in grid.cells),
    )


def _clipped(document: Document, cell: TableCell, width: int) -> TableCell:
    start, end = document.trimmed(cell.start, cell.end)
    return TableCell(
        cell.row, cell.column, cell.text, start, end,
        cell.rows, max(1, min(cell.columns, width - cell.column)), cell.indent,
    )  # fmt: skip


class _Grid:
    """Where the cells of a table come to stand, row by row."""

    def __init__(self, left: int) -> None:
        self.cells: list[TableCell] = []
        self.rows = 0
        self.head = 0
        self.width = 0  # columns that cells of a plausible span reach
        self.reached: list[int] = []  # columns that each row's cells reach, or those above it
        self.full = False
        self._left = min(left, MOST_CELLS)
        self._head_open = True

    def add(self, group: Node) -> None:
        """The rows of an HTML table, or of one group of columns of an OASIS table."""
        names = _columns(group)
        marked = group.child("thead") is not None
        loose = [*group.children("tr", "row")]
        for part in group.children(*_SECTIONS):
            self._section([*part.children("tr", "row")], names, part.tag == "thead", marked)
        self._section(loose, names, False, marked)

    def _section(
        self, rows: list[Node], names: dict[str, int], is_head: bool, marked: bool
    ) -> None:
        """Rows that no span leaves; where no heading is marked, first rows of headings are."""
        busy: list[int] = []  # for each column, the first row of the table that is free
        last = self.rows + len(rows)
        for row in rows:
            if self.full:
                return
            if self._head_open and (is_head or (not marked and _all_headings(row))):
                self.head = self.rows + 1
            else:
                self._head_open = False
            self._row(row, names, busy, last)
            self.rows += 1

    def _row(self, row: Node, names: dict[str, int], busy: list[int], last: int) -> None:
        at = self.rows
        column = 0
        for cell in row.children("th", "td", "entry", "entrytbl"):
            self._left -= 1
            if self._left < 0:
                self.full = True
                return
            wide, high, fixed = _span(cell, names)
            if fixed is not None:
                column = fixed
            else:
                while column < len(busy) and busy[column] > at:
                    column += 1
            if column >= MOST_COLUMNS:
                self.full = self.full or bool(flow(cell).text)
                continue
            reach = 1 if wide > MOST_COLUMNS else wide  # "all", whatever the width
            wide = max(1, min(wide, MOST_COLUMNS - column))
            high = max(1, min(high, last - at))
            if len(busy) < column + wide:
                busy.extend([0] * (column + wide - len(busy)))
            if high > 1:
                for covered in range(column, column + wide):
                    busy[covered] = at + high
            text = flow(cell, marks=True).text
            if text:
                self.cells.append(
                    TableCell(at, column, text, cell.inner, cell.stop, high, wide, _indent(cell))
                )
            self.width = max(self.width, column + max(1, reach))
            column += wide
        while column < len(busy) and busy[column] > at:
            column += 1
        self.reached.append(column)


def _all_headings(row: Node) -> bool:
    cells = [*row.children("th", "td", "entry")]
    return bool(cells) and all(cell.tag == "th" for cell in cells)


def _number(text: str) -> int:
    """A span as an attribute states it; one where it states none."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return 1
    return int(text) if len(text) < 6 else 10**6


def _columns(group: Node) -> dict[str, int]:
    """The columns that an OASIS table names, and its named spans' first and last columns."""
    names: dict[str, int] = {}
    position = 0
    for spec in group.children("colspec"):
        given = spec.attrib.get("colnum", "")
        position = _number(given) - 1 if given else position
        if name := spec.attrib.get("colname"):
            names.setdefault(name, min(position, MOST_COLUMNS))
        position += 1
    for spec in group.children("spanspec"):
        name = spec.attrib.get("spanname")
        first, last = (names.get(spec.attrib.get(side, "")) for side in ("namest", "nameend"))
        if name and first is not None and last is not None:
            names[f"span {name}"], names[f"span end {name}"] = first, last
    return names


def _span(cell: Node, names: dict[str, int]) -> tuple[int, int, int | None]:
    """How many columns and rows a cell covers, and its first column where it states that."""
    attrib = cell.attrib
    if cell.tag in ("td", "th"):
        high = attrib.get("rowspan", "1").strip()
        tall = 10**6 if high == "0" else _number(high)  # "0" reaches to the section's end
        return _number(attrib.get("colspan", "1")), tall, None
    high_more = _number(attrib["morerows"]) + 1 if attrib.get("morerows", "0") != "0" else 1
    span = attrib.get("spanname")
    if span and f"span {span}" in names:
        first, last = names[f"span {span}"], names[f"span end {span}"]
    else:
        first = names.get(attrib.get("namest", attrib.get("colname", "")), -1)
        last = names.get(attrib.get("nameend", ""), first)
    if first < 0:
        return 1, high_more, None
    return max(1, last - first + 1), high_more, first


def _indent(cell: Node) -> int:
    """How far a cell's text is set in by its markup or by blanks that are no line breaks."""
    found = _PADDING.search(cell.attrib.get("style", "")[:200])
    blanks = min(int(found[1]) // 5 + 1, 20) if found and int(found[1]) else 0
    node: Node | None = cell
    while node is not None:
        inner = None
        for part in node.parts:
            if isinstance(part, Node):
                inner = part
                break
            own = part.text
            blanks += sum(_BLANKS.get(sign, 0) for sign in own[: len(own) - len(own.lstrip())])
            if own.strip():
                return min(blanks, 20)
        node = inner
    return min(blanks, 20)
