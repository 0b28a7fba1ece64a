"""A table of an article as it stands on the page: cells with their places, spans resolved."""

from __future__ import annotations

import msgspec

from trialweave.model.value import Passage, Value

__all__ = ["ArticleTable", "TableCell"]


class TableCell(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One cell with a text; `start` to `end` are its characters in the received text.

    `row` and `column` count from 0 and are those of its upper left corner; it covers `rows` and
    `columns`, clipped to the table. `indent` is how far the text is set in, in blanks.
    """

    row: int
    column: int
    text: str
    start: int
    end: int
    rows: int = 1
    columns: int = 1
    indent: int = 0

    @property
    def passage(self) -> Passage:
        """Where the cell stands."""
        return Passage(self.start, self.end)


class ArticleTable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table: its first `head` rows are headings, as its markup says; 0 where it does not say.

    `short` are headings whose cells end before the last column, so that it is not sure what they
    stand over. `cells` are in the order of the rows, those without text left out. A table that is
    too large to be one of results (see the source's limits) has its size and no cells.
    """

    label: str = ""
    caption: Value[str] = Value()
    notes: tuple[Value[str], ...] = ()
    head: int = 0
    rows: int = 0
    columns: int = 0
    short: tuple[int, ...] = ()
    cells: tuple[TableCell, ...] = ()
