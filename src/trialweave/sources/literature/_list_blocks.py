"""Embase's other CSV: a line for each field, beginning with its name, and a block of lines for
each reference. Authors and terms stand in cells of their own on their line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trialweave.errors import InputError, Unreadable
from trialweave.model import Received
from trialweave.sources.literature._document import bytes_of
from trialweave.sources.sheets.table import BOM, TableRow, cells_of
from trialweave.sources.who.text import Cell
from trialweave.sources.words import plain

__all__ = ["Block", "blocks", "has_blocks"]

_HEAD = 1 << 14
_LOOKED = 12  # lines
_FIRST = "title"
# Names that no other list begins its lines with
_OWN = frozenset({"authornames", "medlinepmid", "embaseaccessionnumber", "pui", "embaselink"})


class Block(NamedTuple):
    """The lines of one reference: the name of each cell's line, and the cells."""

    labels: tuple[str, ...]
    row: TableRow


def has_blocks(received: Received) -> bool:
    """Whether a document begins with the lines of a reference."""
    head = received.data[:_HEAD].removeprefix(BOM).lstrip()
    if head[:7].strip(b'"').lower()[:5] != _FIRST.encode():
        return False
    names: list[str] = []
    text = head.decode("utf-8", "replace")
    try:
        for _, _, spans in cells_of(text, ","):
            names.append(plain(text[spans[0][0] : spans[0][1]]))
            if len(names) == _LOOKED:
                break
    except Unreadable:  # the head may end inside quotes
        pass
    return names[:1] == [_FIRST] and not _OWN.isdisjoint(names)


def blocks(received: Received) -> Iterator[Block | InputError]:
    """The references of a document, and the error at which it breaks off."""
    text, place = received.text, bytes_of(received)
    labels: list[str] = []
    cells: list[Cell] = []
    first = last = count = 0

    def made() -> Block:
        start, end = place(first), place(last)
        where = f"{received.name}, record {count} (byte {start})"
        return Block(tuple(labels), TableRow(tuple(cells), start, end, where))

    try:
        for opened, closed, spans in cells_of(text, ",", len(text) - len(text.lstrip())):
            label = text[spans[0][0] : spans[0][1]].strip()
            if plain(label) == _FIRST:
                if cells:
                    yield made()
                labels, cells, first, count = [], [], opened, count + 1
            for begin, end, quoted in spans[1:]:
                cell = Cell(text[begin:end], begin, "csv" if quoted else "").part(0, end - begin)
                if label and cell.raw:
                    labels.append(label)
                    cells.append(cell)
                    last = closed
    except Unreadable as error:
        yield Unreadable(error.what, where=received.name)
    if cells:
        yield made()
