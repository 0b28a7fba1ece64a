"""The survey of tables: columns that are not as a source was known to have them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from trialweave.errors import InputError
from trialweave.model import Received
from trialweave.sources._source import FieldNote
from trialweave.sources.known import ENOUGH, Found
from trialweave.sources.sheets.table import IsHeader, Table, tables

__all__ = ["survey"]


def survey(
    source: str,
    received: Received,
    is_header: IsHeader,
    field_of: Callable[[str], str | None],
    fields: frozenset[str],
    always: frozenset[str] = frozenset(),
) -> tuple[FieldNote, ...]:
    """What of the columns of a document's tables is not as it was known.

    `field_of` tells what a column holds, None where it is not known; `fields` are all that there
    may be, `always` those that every table has. A new column counts in the rows that fill it.
    """
    found = Found(source)
    with contextlib.suppress(InputError):
        for table in tables(received, is_header):
            _survey(table, found, field_of, fields, always)
    return found.notes()


def _survey(
    table: Table,
    found: Found,
    field_of: Callable[[str], str | None],
    fields: frozenset[str],
    always: frozenset[str],
) -> None:
    has = {field_of(label) for label in table.header}
    unknown = [
        (index, label)
        for index, label in enumerate(table.header)
        if label and field_of(label) is None
    ]
    missing = sorted(always - has)
    if not unknown and not missing:
        return
    lacking = fields - has
    for cells in _rows(table):
        found.record()
        for index, label in unknown:
            if index < len(cells) and cells[index].strip():
                found.new(label, cells[index], lacking)
    if found.records >= ENOUGH:
        for field in missing:
            found.gone(field)


def _rows(table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        if not isinstance(row, InputError):
            yield [cell.raw for cell in row.cells]
