"""An article's table as rows under headings: which texts stand over and before each cell."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from trialweave.model import ArticleTable, TableCell
from trialweave.results.table_cells import Figure, decimal_commas, read_cell, read_p
from trialweave.results.table_words import Part, read_part

__all__ = ["Datum", "Heading", "Laid", "Row", "lay_out"]

_MOST_HEADINGS = 8  # rows
_MOST_EPOCHS = 20
_MOST_STUBS = 3  # columns of labels before the figures
_LONGEST_LABEL = 300
_TIMES = re.compile(
    r"(?i:times?(?:[- ]?points?)?|weeks?|days?|months?|hours?|years?|visits?|assessments?|periods?|"
    r"follow-?ups?)(?:\s?[(\[].{0,20}[)\]])?"
)
_GROUPS = re.compile(r"(?i:(?:study |treatment |trial )?(?:groups?|arms?|treatments?)|allocation)")
_BEFORE = re.compile(f"{_TIMES.pattern}|{_GROUPS.pattern}|(?i:items?|variables?|measures?)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over columns `first` to `last` (exclusive), in rows `top` to `bottom`."""

    part: Part
    first: int
    last: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Datum:
    """A cell behind the labels of its row, with its figures if it holds nothing else."""

    cell: TableCell
    figure: Figure | None


@dataclass(slots=True)
class Row:
    """A row of figures; `sections` are the headings it stands under, outermost first.

    `epoch` says which of the table's sets of headings stand over it; `group` is the place among
    `labels` of one in a column of groups, -1 where there is none.
    """

    index: int
    labels: tuple[Part, ...]
    label_cell: TableCell | None
    sections: tuple[Part, ...]
    data: dict[int, Datum]
    epoch: int
    group: int = -1


@dataclass(slots=True)
class Laid:
    """A table: for each epoch the headings of each column, outermost first; and its rows."""

    columns: int
    stubs: int
    heads: list[dict[int, tuple[Heading, ...]]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Section:
    part: Part
    indent: int
    flat: bool = False  # its rows are set in no further than it is


def lay_out(table: ArticleTable) -> Laid | None:
    """The table, its headings and labels told apart; None where it has no figures or no head."""
    rows: dict[int, list[TableCell]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell)
    commas = decimal_commas(cell.text for cell in table.cells)
    head = _head(table, rows, commas)
    if not 0 < head <= _MOST_HEADINGS or len(table.short) not in (0, head):
        return None  # else the table is wider than all its headings: they stand where they stand
    body = [(at, cells) for at, cells in sorted(rows.items()) if at >= head]
    stubs = _stubs(table.columns, body, commas)
    top = _over(table.columns, [rows.get(at, []) for at in range(head)])
    while stubs < min(_MOST_STUBS, table.columns - 2) and _is_before(top[stubs]):
        stubs += 1
    laid = Laid(table.columns, stubs, [top])
    reader = _Reader(laid, commas, any(_set_in(cells, stubs) for _, cells in body))
    reader.first_names = stubs == 2 and _first_names(body)
    reader.read(body)
    return laid if laid.rows else None


def _first_names(body: list[tuple[int, list[TableCell]]]) -> bool:
    """Whether the first of two labels tells the rows apart, so that the second is of it: a unit."""
    first, second = [], []
    for _, cells in body:
        if len(cells) > 2:
            if cells[0].column or cells[1].column != 1 or cells[0].rows > 1:
                return False
            if read_part(cells[0].text).kind != "label":
                return False  # a time, a total
            first.append(cells[0].text.strip())
            second.append(cells[1].text.strip())
    return all(first) and len(set(first)) == len(first) and len(set(second)) < len(second)


def _set_in(cells: list[TableCell], stubs: int) -> bool:
    """Whether a row's label is set in, by blanks or by columns."""
    return bool(cells) and cells[0].column < stubs and bool(cells[0].indent or cells[0].column)


def _is_of_its_own(path: tuple[Heading, ...]) -> bool:
    """Whether a heading within a table takes the place of the one above."""
    return any(heading.part.kind in ("p", "effect", "test") for heading in path)


def _is_before(path: tuple[Heading, ...]) -> bool:
    """Whether a column's own heading says that it holds times or groups, not figures."""
    return bool(path) and path[-1].last - path[-1].first == 1 and bool(
        _BEFORE.fullmatch(path[-1].part.text)
    )  # fmt: skip


def _is_figure(text: str, commas: bool) -> bool:
    return read_cell(text, commas=commas) is not None or read_p(text) is not None


def _head(table: ArticleTable, rows: dict[int, list[TableCell]], commas: bool) -> int:
    """How many first rows are headings: those marked so, else those before the first figures."""
    marked = table.head
    if 0 < marked < table.rows:
        return marked
    for at in range(min(table.rows, _MOST_HEADINGS + 1)):
        figures = [c for c in rows.get(at, []) if c.column and _is_figure(c.text, commas)]
        if figures:
            return at
    return 0


def _stubs(columns: int, body: list[tuple[int, list[TableCell]]], commas: bool) -> int:
    """How many first columns hold labels."""
    words: Counter[int] = Counter()
    figures: Counter[int] = Counter()
    for _, cells in body:
        for cell in cells:
            if 0 < cell.column <= _MOST_STUBS and cell.columns <= 2:
                (figures if _is_figure(cell.text, commas) else words)[cell.column] += 1
    stubs = 1
    while stubs < min(_MOST_STUBS, columns - 2) and words[stubs] > 2 * figures[stubs]:
        stubs += 1
    return stubs


def _over(columns: int, rows: list[list[TableCell]]) -> dict[int, tuple[Heading, ...]]:
    """The headings over each column, outermost first, each once."""
    found: dict[int, list[Heading]] = {column: [] for column in range(columns)}
    for cells in rows:
        for cell in cells:
            last = min(cell.column + cell.columns, columns)
            heading = Heading(
                read_part(cell.text), cell.column, last, cell.row, cell.row + cell.rows
            )
            if heading.part.kind != "empty":
                for column in range(heading.first, heading.last):
                    found[column].append(heading)
    return {column: tuple(headings) for column, headings in found.items()}


class _Reader:
    """Reads the rows below the first headings in their order."""

    def __init__(self, laid: Laid, commas: bool, indented: bool) -> None:
        self.laid = laid
        self.commas = commas
        self.indented = indented
        self.sections: list[_Section] = []
        self.after_section = False
        self.first_names = False  # of two labels the first is the row's name
        self.spanning: dict[int, tuple[TableCell, int]] = {}  # labels that cover further rows

    def read(self, body: list[tuple[int, list[TableCell]]]) -> None:
        stubs = self.laid.stubs
        for at, cells in body:
            labels = self._labels(at, [c for c in cells if c.column < stubs])
            data = {
                c.column: Datum(c, read_cell(c.text, commas=self.commas))
                for c in cells
                if c.column >= stubs
            }
            if self._is_section(labels, data):
                cell = labels[-1] if labels else next(iter(data.values())).cell
                indent = self._indent(labels) if labels else cell.indent
                self._open(read_part(cell.text[:_LONGEST_LABEL]), indent)
            elif not any(d.figure or read_p(d.cell.text) for d in data.values()):
                self._words(labels, list(data.values()))
            else:
                self._figures(at, labels, data)

    def _labels(self, at: int, cells: list[TableCell]) -> list[TableCell]:
        """The labels of a row: its own, and those that reach down to it."""
        for cell in cells:
            self.spanning[cell.column] = (cell, at + cell.rows)
        own = {cell.column for cell in cells}
        return [
            cell
            for column, (cell, until) in sorted(self.spanning.items())
            if column in own or until > at
        ]

    def _is_section(self, labels: list[TableCell], data: dict[int, Datum]) -> bool:
        if not data:
            return bool(labels)
        if len(data) > 1 or labels:
            return False
        only = next(iter(data.values()))
        wide = only.cell.columns * 2 >= self.laid.columns - self.laid.stubs
        return wide and only.figure is None and only.cell.columns > 1

    def _open(self, part: Part, indent: int) -> None:
        while self.sections and self.sections[-1].indent >= indent and not (
            self.after_section and not self.indented
        ):  # fmt: skip
            self.sections.pop()
        if part.kind != "empty":
            self.sections.append(_Section(part, indent))
            self.after_section = True

    def _words(self, labels: list[TableCell], data: list[Datum]) -> None:
        """A row of words: headings for what follows, or remarks.

        Headings without figures between them are one set of headings. A row of sizes alone tells
        how many are in the groups that stand above, for the rows that its label heads.
        """
        cells = [d.cell for d in data]
        parts = [read_part(cell.text) for cell in cells]
        kinds = ("statistic", "time", "p", "effect", "test")
        telling = [p for p in parts if p.kind in kinds or p.n is not None]
        if len(self.laid.heads) >= _MOST_EPOCHS:
            return
        # before all figures a row of words behind no label goes on with the headings
        heads_on = not self.laid.rows and len(parts) > 1 and not any(c.text.strip() for c in labels)
        if 2 * len(telling) < len(parts) and not heads_on:
            return
        below = _over(self.laid.columns, [cells])
        last = len(self.laid.heads) - 1
        follows = not any(row.epoch == last for row in self.laid.rows)
        top = self.laid.heads[-1 if follows else 0]
        anew = sum(p.kind not in kinds for p in parts) >= 2
        if anew:
            self.sections.clear()
        if follows or not anew:
            below = {
                column: path if _is_of_its_own(path) and not follows else (*top[column], *path)
                for column, path in below.items()
            }
        self.laid.heads.append(below)
        if labels and not anew and any(p.n is not None for p in parts):
            self._open(read_part(labels[-1].text[:_LONGEST_LABEL]), self._indent(labels))

    def _figures(self, at: int, labels: list[TableCell], data: dict[int, Datum]) -> None:
        indent = self._indent(labels)
        if self.after_section and self.sections:
            self.sections[-1].flat = indent <= self.sections[-1].indent
        self.after_section = False
        while (
            self.sections
            and not self.sections[-1].flat
            and self.indented
            and indent <= self.sections[-1].indent
        ):
            self.sections.pop()
        parts = tuple(self._taken_apart(labels))
        if self.first_names and len(parts) == 2 and parts[1].kind == "label":
            parts = parts[::-1]
        self.laid.rows.append(
            Row(
                at,
                parts,
                labels[0] if labels else None,
                tuple(section.part for section in self.sections),
                data,
                len(self.laid.heads) - 1,
                self._place_of_group(labels) if len(parts) == len(labels) else -1,
            )
        )
        if self.indented and parts:
            while self.sections and self.sections[-1].indent >= indent and not (
                self.sections[-1].flat
            ):  # fmt: skip
                self.sections.pop()
            # "Stage 1 | Pain" above " | Sleep": the outer of several labels goes on, not the inner
            several = len(labels) > 1 and len(parts) == len(labels)
            for part, cell in zip(parts[:-1] if several else parts[-1:], labels, strict=False):
                at_cell = cell.indent + 2 * cell.column if several else indent
                self.sections.append(_Section(part, at_cell))

    @staticmethod
    def _indent(labels: list[TableCell]) -> int:
        """How far a row is set in: by blanks, or by standing in a later column of labels."""
        if not labels:
            return 0
        return labels[-1].indent + 2 * labels[0].column

    def _place_of_group(self, labels: list[TableCell]) -> int:
        for place, cell in enumerate(labels):
            over = [heading.part.text for heading in self.laid.heads[0][cell.column]]
            if cell.column and cell.columns == 1 and any(map(_GROUPS.fullmatch, over)):
                return place
        return -1

    def _taken_apart(self, labels: list[TableCell]) -> Iterator[Part]:
        for cell in labels:
            over = [heading.part.text for heading in self.laid.heads[0][cell.column]][-1:]
            text = cell.text[:_LONGEST_LABEL]
            if cell.columns == 1 and cell.column and over and _TIMES.fullmatch(over[0]):
                part = read_part(f"{over[0]} {text}" if text.isdigit() else text)
                part = dataclasses.replace(part, kind="time")
            elif text.strip(" .:").lower() in ("no", "none", "not"):
                part = Part("label", text, text)  # the answer, not a number
            else:
                part = read_part(text)
            if part.kind != "empty":
                yield part
