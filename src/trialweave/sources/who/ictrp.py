"""Reads tables of the WHO's search portal: CSV, and workbooks, also as spreadsheets saved them.

The columns are found by their names, whatever their order; commas, semicolons and tabs may
separate them, cells may hold line breaks and lone carriage returns, and titles may stand above
the header. Every value points at its cell, every record at its own row; a row that is damaged does
not sink its neighbours.

Spreadsheets turn "2-3" into the second of March, "June 2020" into the first of that month, and
long numbers into powers of ten. What was damaged so is told and never put right: a phase that is a
date is unreadable, with a suggestion beside it; a date is read as far as the cell shows it; a
record whose own number lost its digits is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from trialweave.errors import InputError, NoIdentifier
from trialweave.model import Draft, Received
from trialweave.model.identifiers import find
from trialweave.sources.sheets.table import Table, TableRow, has_table, own_of, tables
from trialweave.sources.who.names import PORTAL_FIELDS, field_of, is_personal
from trialweave.sources.who.values import IDENTIFIER, Row
from trialweave.sources.who.xml import draft_of

__all__ = ["is_header", "personal_column", "read", "recognise"]

# Columns of which the header has two besides the number, and at least one of the titles
_TITLES = frozenset({"public_title", "scientific_title"})
_USUAL = _TITLES | {
    *("last_refreshed", "primary_sponsor", "date_registration", "reg_name"),
    *("recruitment_status", "url", "study_type", "study_design", "target_size"),
}
_CHANGING = frozenset({"export_date", "internal_number"})  # from export to export, not in a record
_POWER_OF_TEN = re.compile(r"\d(?:[.,]\d{1,16})?[eE]\+?\d{1,3}")


def is_header(names: Sequence[str]) -> bool:
    """Whether the names are those of the portal's columns."""
    fields = {field_of(name) for name in names}
    return "trial_id" in fields and bool(fields & _TITLES) and len(fields & _USUAL) > 2


def recognise(received: Received) -> bool:
    """Whether a document is a table with the names of the portal's columns."""
    return has_table(received, is_header)


def read(received: Received) -> Iterator[Draft | InputError]:
    """Yield each row as a draft, or as the error for which it cannot be taken.

    Raises Unreadable where no table has the portal's columns.
    """
    for table in tables(received, is_header):
        yield from _read_table(table)


def _read_table(table: Table) -> Iterator[Draft | InputError]:
    header = table.header
    fields = [field_of(label) for label in header]
    personal = [is_personal(label) for label in header]
    known = PORTAL_FIELDS | {name for name in fields if name}
    if any(personal):
        known |= {"contacts"}
    changing = frozenset(
        label for label, name in zip(header, fields, strict=True) if name in _CHANGING
    )
    for each in table.rows:
        if isinstance(each, InputError):
            yield each
            continue
        row = Row(known)
        for column, cell in enumerate(each.cells):
            name = fields[column]
            if not cell.raw:
                continue
            if name is None and personal[column]:
                row.has_contacts = True
                row.add_name(header[column], cell.read())
            elif column in each.broken:
                row.broken.setdefault(name or "", cell)
            elif name is not None:
                row.add(name, cell)
            else:
                row.unplaced.append((header[column], cell))
        row.unplaced += each.extra
        yield _drafted(row, each, own_of(header, each, changing))


def _drafted(row: Row, each: TableRow, own: bytes) -> Draft | InputError:
    try:
        _check_numbers(row, each.where)
        draft = draft_of(row, "ictrp", each.start, each.end, each.where)
    except InputError as error:
        return error
    return msgspec.structs.replace(draft, own=own)


def _check_numbers(row: Row, where: str) -> None:
    """Numbers that a spreadsheet wrote in powers of ten: their last digits are gone.

    Raises NoIdentifier where it is the record's own.
    """
    cell = row.one("trial_id") or row.broken.get("trial_id")
    if cell is not None and (_POWER_OF_TEN.fullmatch(cell.raw) or "trial_id" in row.broken):
        raise NoIdentifier(
            f"a spreadsheet put {cell.raw[:40]!a} in the place of the trial's number.",
            where=where,
            next_step=_address(row) or "Write the number into the cell again, as text.",
        )
    for cell in row.all("sec_id"):
        if _POWER_OF_TEN.fullmatch(cell.raw):
            reason = "a spreadsheet wrote a long number in powers of ten; its last digits are lost"
            row.suggest("secondary_ids", cell, "the number as registered", reason, IDENTIFIER)


def _address(row: Row) -> str:
    """What the record's web address says of its number."""
    address = row.one("url")
    found = next(find(address.raw), None) if address is not None else None
    if found is None:
        return ""
    return f"Its web address names {found.identifier.value}; write it into the cell, as text."


def personal_column(label: str) -> bool:
    """Whether a column of the portal's holds data of people."""
    return field_of(label) is None and is_personal(label)
