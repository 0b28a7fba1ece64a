"""A cohort as a table: one person a row, one thing known a column.

Columns are named as criteria name things: ``creatinine [umol/L]``, beside it ``creatinine date``;
``sex``, ``birth date`` or ``age``, ``id``. A column of yes and no is a condition, or with ``drug:``
or ``procedure:`` before it one of these. An empty cell is unknown; a value without a column of its
dates is of the day of screening. What a column is about and could
not be told is listed, never guessed.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from trialweave.errors import TooLarge, Unreadable, WrongEncoding
from trialweave.model import PartialDate, parse_date
from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.units import ucum
from trialweave.protocol.patients.codes import answer_of
from trialweave.protocol.patients.codes import concept_of as concept_named
from trialweave.protocol.patients.facts import Fact, FactKind, Patient

__all__ = ["Cohort", "read_cohort"]

_LARGEST: Final = 512 << 20  # bytes
_COLUMN: Final = re.compile(
    r"(?:(drug|procedure|condition)\s*:\s*)?([^\[\]]{1,120}?)\s*(?:\[([^\[\]]{0,60})\])?\s*"
)
_DATED: Final = re.compile(r"(.{1,120}?)[ _]date", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(<=|>=|<|>|≤|≥)?\s*([-+]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?)"
)
_SIGNS: Final = {"≤": "<=", "≥": ">="}
_UNKNOWN: Final = frozenset(("", "na", "n/a", "nan", "null", "none", "unknown", "?", ".", "-"))
_SEXES: Final[dict[str, Literal["female", "male", "other"]]] = {
    "f": "female", "female": "female", "w": "female", "woman": "female",
    "m": "male", "male": "male", "man": "male", "other": "other",
}  # fmt: skip


class Cohort(NamedTuple):
    """The people of a table in its order; `unused` are its columns of which nothing is known, and
    `unread` counts, by column, the cells that could not be read."""

    people: tuple[Patient, ...]
    unused: tuple[str, ...]
    unread: Mapping[str, int]


class _Column(NamedTuple):
    name: str
    kind: Literal["id", "sex", "birth", "age", "measure", "event", "date", ""]
    concept: str = ""
    unit: str = ""
    of: FactKind = "condition"
    dates: int = -1  # the column that has its dates


def read_cohort(data: bytes, day: dt.date, name: str = "") -> Cohort:
    """Read a table in UTF-8, parted by commas, semicolons or tabs, with names in its first row.

    `day` is that of screening.

    Raises WrongEncoding, TooLarge, and Unreadable where there is no row of people or a row has
    more cells than there are names.
    """
    where = name or "the cohort"
    rows = _rows(data, where)
    header = next(rows, None)
    if not header or not any(cell.strip() for cell in header):
        raise Unreadable(
            "there is no row of names.", where=where, next_step="Name the columns in the first row."
        )
    unread: dict[str, int] = {}
    screening = PartialDate(day.year, day.month, day.day)
    filled = ((number, row) for number, row in enumerate(rows, 2) if any(row))
    first, rest = itertools.tee(filled)
    sample = [row for _, row in itertools.islice(first, 200)]
    columns = _columns(header, sample)
    people = []
    for number, row in rest:
        if len(row) > len(header):
            raise Unreadable(
                f"row {number} has {len(row)} cells, and there are {len(header)} names.",
                where=where,
                next_step="Quote cells that hold the mark between cells.",
            )
        people.append(_person(number, row, columns, screening, unread))
    if not people:
        raise Unreadable("there is nobody in it.", where=where, next_step="Give a row a person.")
    unused = tuple(each.name for each in columns if not each.kind)
    return Cohort(tuple(people), unused, unread)


def _rows(data: bytes, where: str) -> Iterator[list[str]]:
    if len(data) > _LARGEST:
        raise TooLarge(
            f"{len(data):,} bytes; {_LARGEST:,} are the most.", where=where, next_step="Split it."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongEncoding(
            "not valid UTF-8.", where=where, next_step="Save it again as UTF-8."
        ) from None
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error as error:
        raise Unreadable(
            f"not a table: {error}.", where=where, next_step="Export it again."
        ) from None


def _columns(header: Sequence[str], sample: Sequence[Sequence[str]]) -> list[_Column]:
    plain = [" ".join(cell.split()) for cell in header]
    dates = {
        found.group(1).casefold(): place
        for place, cell in enumerate(plain)
        if (found := _DATED.fullmatch(cell)) and not _is_birth(cell)
    }
    made = []
    for place, cell in enumerate(plain):
        column = _column(cell, [row[place] for row in sample if place < len(row)])
        if place in dates.values():
            column = _Column(cell, "date")
        named = cell.partition("[")[0].strip().casefold()
        made.append(column._replace(dates=dates.get(named, -1)))
    for place in dates.values():  # a date beside nothing is used by nobody
        if not any(each.dates == place for each in made):
            made[place] = _Column(plain[place], "")
    return made


def _is_birth(cell: str) -> bool:
    return cell.casefold().replace("_", " ") in ("birth date", "birthdate", "date of birth", "dob")


def _column(cell: str, sample: Sequence[str]) -> _Column:
    found = _COLUMN.fullmatch(cell)
    if found is None:
        return _Column(cell, "")
    prefix, label, unit = found.groups()
    key = label.casefold().replace("_", " ").strip()
    if _is_birth(key):
        return _Column(cell, "birth")
    if key in ("id", "patient", "patient id", "subject", "subject id"):
        return _Column(cell, "id")
    if key in ("sex", "gender"):
        return _Column(cell, "sex")
    if prefix:
        return _Column(cell, "event", label, of=prefix)  # type: ignore[arg-type]
    concept = label.strip() if concept_of(label.strip()) else concept_named((), label)
    if concept == "age":
        return _Column(cell, "age", "age", _unit(unit, "a"))
    said = [answer_of((), each) for each in sample if each.strip().casefold() not in _UNKNOWN]
    if said and all(each is not None for each in said):
        return _Column(cell, "event", concept or label)
    if concept:
        known = concept_of(concept)
        default = known.unit if known and known.unit == "{score}" else ""
        return _Column(cell, "measure", concept, _unit(unit, default))
    return _Column(cell, "")


def _unit(written: str | None, default: str) -> str:
    return (ucum(written) or written.strip()) if written and written.strip() else default


def _person(
    number: int,
    row: Sequence[str],
    columns: Sequence[_Column],
    screening: PartialDate,
    unread: dict[str, int],
) -> Patient:
    identifier, sex, birth = f"row {number}", "", None
    facts: list[Fact] = []
    place = f"row {number}"

    def missed(column: _Column) -> None:
        unread[column.name] = unread.get(column.name, 0) + 1

    for column, raw in zip(columns, row, strict=False):
        cell = raw.strip()
        if cell.casefold() in _UNKNOWN or column.kind in ("", "date"):
            continue
        if column.kind == "id":
            identifier = cell[:200]
        elif column.kind == "sex":
            sex = _SEXES.get(cell.casefold(), "")
            if not sex:
                missed(column)
        elif column.kind == "birth":
            birth = parse_date(cell)
            if birth is None:
                missed(column)
        else:
            start = screening if column.dates < 0 else _dated(column, row, missed)
            fact = _fact(column, cell, start, place)
            if fact is None:
                missed(column)
            else:
                facts.append(fact)
    return Patient(
        identifier, birth, sex, tuple(facts),  # type: ignore[arg-type]
        birth_path="birth date" if birth else "", sex_path="sex" if sex else "",
    )  # fmt: skip


def _dated(
    column: _Column, row: Sequence[str], missed: Callable[[_Column], None]
) -> PartialDate | None:
    if column.dates >= len(row) or row[column.dates].strip().casefold() in _UNKNOWN:
        return None
    found = parse_date(row[column.dates].strip())
    if found is None:
        missed(_Column(f"{column.name} date", "date"))
    return found


def _fact(column: _Column, cell: str, start: PartialDate | None, place: str) -> Fact | None:
    if column.kind == "event":
        said = answer_of((), cell)
        if said is None:
            return None
        dated = column.dates >= 0  # else it is there on the day of screening, since when is unknown
        concept = column.concept if concept_named((), column.concept) else ""
        return Fact(
            column.of, concept or column.concept, column.concept, start=start if dated else None,
            absent=not said, ongoing=said and column.of == "condition", resource=place,
            path=column.name,
        )  # fmt: skip
    found = _NUMBER.fullmatch(cell)
    if found is None:
        if concept_of(column.concept) and column.kind == "measure" and cell.isascii():
            return Fact(
                "measurement", column.concept, column.name, value=cell[:200], start=start,
                resource=place, path=column.name,
            )  # fmt: skip
        return None
    sign, digits = found.groups()
    value = float(digits)
    if not math.isfinite(value):
        return None
    return Fact(
        "measurement", column.concept, column.name, (), value, _SIGNS.get(sign, sign) or "",
        column.unit, start=start, resource=place, path=column.name,
    )  # fmt: skip
