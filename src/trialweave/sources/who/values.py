"""Makes values of the cells of a WHO-format record: a content, where it stands, the rule used.

A cell that is blank is "not reported"; a field that the form does not have at all is told by the
absence of a cell, and of its name among the form's fields (`Row.known`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from trialweave.model import Labelled, Missingness, PartialDate, Suggestion, Value
from trialweave.model.persons import people_digests
from trialweave.sources.who.dates import ReadDate, read_date
from trialweave.sources.who.text import Cell
from trialweave.sources.words import plain

__all__ = [
    "AGE",
    "COUNT",
    "CRITERIA",
    "DATE",
    "DESIGN",
    "FLAG",
    "GROUPS",
    "IDENTIFIER",
    "JALALI",
    "LIST",
    "PHASE",
    "SEX",
    "STATUS",
    "TEXT",
    "WITHHELD",
    "Row",
    "items",
    "listed",
    "missing",
    "text",
    "without",
    "word",
]

T = TypeVar("T")

TEXT = "who.text/1"
LIST = "who.list/1"
IDENTIFIER = "who.identifier/1"
DATE = "who.date/1"
JALALI = "who.jalali/1"
PHASE = "who.phase/1"
AGE = "who.age/2"
SEX = "who.sex/1"
STATUS = "who.status/1"
DESIGN = "who.design/1"
COUNT = "who.count/1"
GROUPS = "who.group_sizes/1"
CRITERIA = "who.criteria/2"
FLAG = "who.flag/1"
WITHHELD = "who.withheld/1"

_LONGEST_WORD = 600  # characters
_LONGEST_DESIGN = 20_000
_UNREADABLE = Missingness.UNREADABLE

_NOT_REPORTED: dict[str, Value[Any]] = {}
_NO_FIELD: Value[Any] = Value()
_NOTHING = re.compile(
    r"(?:[-–—._/\s]{0,5}|null|nil|none given|no entry|not entered)", re.IGNORECASE
)


@dataclass
class Row:
    """One record's cells under the names of the WHO's format, whatever form it came in.

    `known` are the names that the form has, so that a field that is left out is told from one
    that does not exist. `unplaced` are cells under names that nobody knows.
    """

    known: frozenset[str]
    cells: dict[str, list[Cell]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)  # the document's own names
    unplaced: list[tuple[str, Cell]] = field(default_factory=list)
    has_contacts: bool = False
    suggestions: list[Suggestion] = field(default_factory=list)
    broken: dict[str, Cell] = field(default_factory=dict)  # cells that nobody can read
    names: dict[str, list[str]] = field(default_factory=dict)  # of people, for digests alone

    def add(self, name: str, cell: Cell) -> None:
        """Keep a cell that is not blank."""
        if cell.raw:
            self.cells.setdefault(name, []).append(cell)

    def add_name(self, label: str, said: str) -> None:
        """Keep parts of people's names, where the label says that they are such."""
        part = plain(label)
        for kind in ("firstname", "lastname"):
            if part.endswith(kind):
                self.names.setdefault(kind, []).extend(said[:_LONGEST_WORD].split(";"))

    def people(self) -> tuple[str, ...]:
        """Digests of the names of people (`model.persons`)."""
        first, last = self.names.get("firstname", []), self.names.get("lastname", [])
        if len(first) != len(last):
            first = [""] * len(last)
        pairs = zip(last, first, strict=True)
        whole = (f"{one}, {other}" if other.strip() else one for one, other in pairs)
        return tuple(sorted(people_digests(whole)))

    def one(self, name: str) -> Cell | None:
        """The field's first cell that says something."""
        found = self.cells.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Cell]:
        """All cells of a field that may be repeated."""
        return self.cells.get(name, [])

    def missing(self, name: str, rule: str) -> Value[Any]:
        """The value of a field in which nothing stands, or nothing that can be read."""
        if cell := self.broken.get(name):
            return Value(None, _UNREADABLE, cell.passage(), rule, cell.raw)
        return missing(rule) if name in self.known or name in self.cells else _NO_FIELD

    # What follows makes values of fields that stand in one cell.

    def text(self, name: str) -> Value[str]:
        """A text for reading."""
        cell = self.one(name)
        return self.missing(name, TEXT) if cell is None else text(cell)

    def word(self, name: str, read: Callable[[str], T | Missingness], rule: str) -> Value[T]:
        """What `read` makes of a field's text."""
        cell = self.one(name)
        return self.missing(name, rule) if cell is None else word(cell, read, rule)

    def date(self, name: str, concept: str) -> Value[PartialDate]:
        """A date; what seems wrong with it becomes a suggestion for `concept`."""
        cell = self.one(name)
        if cell is None:
            return self.missing(name, DATE)
        stands = cell.read()
        if _NOTHING.fullmatch(stands):
            return missing(DATE)
        found = _date(stands)
        rule = JALALI if found.calendar else DATE
        if found.reason:
            self.suggest(concept, cell, found.suggested, found.reason, rule)
        if found.date is None:
            return Value(None, Missingness.UNREADABLE, cell.passage(), rule, cell.raw)
        return Value(found.date, Missingness.STATED, cell.passage(), rule, cell.raw)

    def read_date(self, name: str) -> ReadDate:
        """What stands in a date field, without making a value of it."""
        cell = self.one(name)
        return ReadDate(None) if cell is None else _date(cell.read())

    def suggest(self, concept: str, cell: Cell, suggested: str, reason: str, rule: str) -> None:
        """Propose something beside what was received."""
        self.suggestions.append(
            Suggestion(concept, cell.raw[:200], suggested, reason, rule, cell.passage())
        )

    def labelled(self, names: Iterable[tuple[str, str]]) -> Iterator[Labelled]:
        """Fields that no concept covers, each under its label."""
        for name, label in names:
            for cell in self.all(name):
                if content := text(cell):
                    yield Labelled(label, content)


def _date(stands: str) -> ReadDate:
    return read_date(stands) if len(stands) <= _LONGEST_WORD else ReadDate(None)


def missing(rule: str) -> Value[Any]:
    """The record has the field and leaves it open."""
    value = _NOT_REPORTED.get(rule)
    if value is None:
        value = _NOT_REPORTED[rule] = Value(None, Missingness.NOT_REPORTED, None, rule)
    return value


def text(cell: Cell, rule: str = TEXT) -> Value[str]:
    """A text for reading, with what was received beside it where that differs."""
    content = cell.read()
    if not content:
        return missing(rule)
    raw = None if content == cell.raw else cell.raw
    return Value(content, Missingness.STATED, cell.passage(), rule, raw)


def word(cell: Cell, read: Callable[[str], T | Missingness], rule: str) -> Value[T]:
    """A content of a closed list, or why there is none, with the text as received."""
    stands = cell.read()
    if not stands:
        return missing(rule)
    # the readers keep what they have read, so nothing absurd may reach them
    longest = _LONGEST_DESIGN if rule == DESIGN else _LONGEST_WORD
    found = read(stands[:longest]) if len(stands) <= longest or rule == DESIGN else _UNREADABLE
    if isinstance(found, Missingness):
        return Value(None, found, cell.passage(), rule, cell.raw)
    return Value(found, Missingness.STATED, cell.passage(), rule, cell.raw)


def without(cell: Cell, signs: str) -> Cell:
    """A cell without some signs at its end; never without the ";" that ends an escape."""
    flat = cell.flat()
    return cell.trimmed(flat, 0, len(flat.rstrip(signs)))


def items(cells: Iterable[Cell], separator: re.Pattern[str] | None = None) -> list[Cell]:
    """The parts of some cells, each text once, in order."""
    found: dict[str, Cell] = {}
    for cell in cells:
        for part in cell.split(separator) if separator is not None else (cell,):
            content = part.read().strip(" .;,")
            if content:
                found.setdefault(content.casefold(), part)
    return list(found.values())


def listed(parts: list[Cell], whole: Value[Any], rule: str = LIST) -> Value[tuple[Value[str], ...]]:
    """A list of texts, each with its own passage; `whole` is the value where there are none."""
    if not parts:
        return whole
    first, last = parts[0], parts[-1]
    passage = first.passage()
    if first.start >= 0 and last.start >= first.start and first.path == last.path:
        passage = first.passage(0, last.start - first.start + len(last.raw))
    values = tuple(value for part in parts if (value := text(part)))
    return Value(values, Missingness.STATED, passage, rule)
