"""A table of one's own as rows of text: from a CSV file, or from mappings.

Nothing here knows what a column means; whatever a file may hold, it is rows or it is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.errors import NotFound, TooLarge, Unreadable, WrongEncoding

__all__ = ["Table", "rows_of"]

_LARGEST: Final = 10 * 1024 * 1024  # bytes
_WIDEST: Final = 500  # columns
_LONGEST: Final = 1000  # characters of a cell


class Table(NamedTuple):
    """Column names and rows, each with the line it stands on; `data` is a digest of it all."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    data: str


def rows_of(
    table: str | Path | Iterable[Mapping[str, Any]], *, most: int, what: str = "rows"
) -> Table:
    """A CSV file (comma, semicolon or tab; UTF-8), or rows as mappings, of at most `most` rows.

    `what` is the word for a row. Raises NotFound, TooLarge, WrongEncoding, and Unreadable with the
    line.
    """
    limit = _Limit(most, what)
    return _file(Path(table), limit) if isinstance(table, str | Path) else _mappings(table, limit)


class _Limit(NamedTuple):
    most: int
    what: str

    def check(self, rows: Sequence[object], name: str) -> None:
        if len(rows) > self.most:
            raise TooLarge(f"over {self.most} {self.what}.", where=name)


def _file(path: Path, limit: _Limit) -> Table:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror or error}.", where=str(path)) from None
    if len(data) > _LARGEST:
        raise TooLarge(f"over {_LARGEST // 1024 // 1024} MiB.", where=path.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongEncoding(
            f"not valid UTF-8 (line {line}).",
            where=path.name,
            next_step="Save it as CSV UTF-8.",
        ) from None
    if "\0" in text:
        raise Unreadable("it holds NUL characters: this is no CSV.", where=path.name)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    columns: tuple[str, ...] = ()
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = tuple(cell.strip() for cell in cells)
                _check_width(columns, path.name)
                continue
            rows.append((reader.line_num, _row(cells, columns, reader.line_num, path.name)))
            limit.check(rows, path.name)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}.", where=path.name) from None
    return Table(path.name, columns, tuple(rows), hashlib.sha256(data).hexdigest())


def _row(cells: Sequence[str], columns: Sequence[str], line: int, name: str) -> Mapping[str, str]:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise Unreadable(
            f"line {line} has {len(cells)} cells, and there are {len(columns)} columns.", where=name
        )
    if any(len(cell) > _LONGEST for cell in cells):
        raise Unreadable(f"line {line} has a cell of over {_LONGEST} characters.", where=name)
    return dict(zip(columns, cells, strict=False))


def _mappings(rows: Iterable[Mapping[str, Any]], limit: _Limit) -> Table:
    held: list[tuple[int, Mapping[str, str]]] = []
    columns: dict[str, None] = {}
    for number, row in enumerate(rows, 1):
        cells = {str(key): "" if value is None else str(value) for key, value in row.items()}
        columns |= dict.fromkeys(cells)
        held.append((number, cells))
        limit.check(held, "table")
    _check_width(tuple(columns), "table")
    digest = hashlib.sha256(msgspec.json.encode(held)).hexdigest()
    return Table("table", tuple(columns), tuple(held), digest)


def _check_width(columns: Sequence[str], name: str) -> None:
    if len(columns) > _WIDEST:
        raise TooLarge(f"over {_WIDEST} columns.", where=name)
