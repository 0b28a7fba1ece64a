"""Rows of delimited files, by the names of their columns.

A file whose last line is cut, or whose lines have other numbers of fields than its header, is not
read in silence: the first is an error, a few of the second are left out with a note.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.drafting import Drafts

__all__ = ["header_of", "picker", "quoted_rows", "rows", "split", "squashed"]

_RAGGED: Final = 20  # lines with another number of fields that are passed over
_RAGGED_PART: Final = 0.01  # or so many of all lines


def squashed(name: str) -> str:
    """A column's name without case, spaces and signs: "Grade.1.  " and "GRADE 1" are one."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def header_of(text: str, separator: str) -> list[str]:
    """The fields of the first line."""
    line = text[: text.find("\n")] if "\n" in text else text
    return [field.strip().strip('"').lstrip("#") for field in line.rstrip("\r").split(separator)]


def split(text: str, separator: str = "|") -> list[str]:
    """The parts of a field that is a list; none of an empty one, of "-", or of "null"."""
    text = text.strip().strip('"')
    if text in ("", "-"):
        return []
    return [part.strip() for part in text.split(separator) if part.strip()]


def picker(header: Sequence[str], *names: str, needed: bool = False) -> int:
    """The place of the first of `names` that is a column; -1 for none.

    Raises Unreadable where one is `needed`: the file is of a version that is not known.
    """
    have = [squashed(name) for name in header]
    for name in names:
        if squashed(name) in have:
            return have.index(squashed(name))
    if needed:
        raise Unreadable(
            f"it has no column {names[0]!r}; its columns are {', '.join(header)[:300]}.",
            next_step="It may be of another version than those known.",
        )
    return -1


def rows(
    text: str, drafts: Drafts, *, separator: str = "\t", fields: int = 0, header: bool = True
) -> Iterator[list[str]]:
    """The fields of each line of a file in which a quotation mark is a sign like any other.

    With `header` the first line is not given, and `fields` is counted there. Raises Unreadable
    where the last line is cut, or more than a few have another number of fields.
    """
    lines = iter(text.split("\n"))
    if header:
        fields = next(lines, "").count(separator) + 1
    count = ragged = 0
    met = fields
    for line in lines:
        if not line:
            continue
        row = line.split(separator)
        met = len(row)
        count += 1
        if met == fields:
            yield row
            continue
        ragged += 1
        if ragged > _RAGGED and ragged > _RAGGED_PART * count:
            raise Unreadable(
                f"{ragged:,} of its first {count:,} lines have not the {fields} fields expected.",
                next_step="Check that it is whole, and of the form that it is taken for.",
            )
        drafts.note(f"lines without exactly {fields} fields were left out", row[0])
    if met != fields:
        raise Unreadable(f"the file is cut in its last line: {met} of {fields} fields.")
    _whole(text, drafts)


def quoted_rows(
    text: str, drafts: Drafts, *, separator: str = "\t", fields: int = 0
) -> Iterator[list[str]]:
    """The fields of each row of a file in which quotation marks enclose fields; header first.

    Shorter rows are filled up with "". Raises Unreadable where a quotation mark is left open or a
    field has over 128 KiB.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if not any(row):
                continue
            fields = fields or len(row)
            if len(row) > fields and any(row[fields:]):
                drafts.note("lines with more fields than columns were left out", row[0])
                continue
            yield [*row, *[""] * (fields - len(row))][:fields]
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num:,} cannot be read: {error}.") from None
    _whole(text, drafts)


def _whole(text: str, drafts: Drafts) -> None:
    if text and not text.endswith("\n"):
        drafts.note("files without an end of the last line, which may be cut")
