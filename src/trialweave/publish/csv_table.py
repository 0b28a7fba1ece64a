"""A table as CSV in UTF-8, of which no spreadsheet runs a cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

__all__ = ["Cell", "csv_text"]

Cell = str | int | float | None

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV. Numbers stay numbers; text that a spreadsheet might run gets a leading '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str):
        # A lone carriage return would end the row for most readers.
        text = cell.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        return "'" + text if text.startswith(_RUNS) else text
    return cell
