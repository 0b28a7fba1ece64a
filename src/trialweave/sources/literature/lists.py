"""Lists of references as CSV, TSV and workbooks, one reference on each row.

Recognised by the names of the columns: a title, and authors, year, journal, DOI or PubMed number,
as EndNote, Zotero, Covidence, Rayyan, Scopus, Web of Science, Embase, PubMed and Europe PMC name
them. A reference is known by its DOI, else its PubMed or PMC number, else by a digest of title
and year: then two lists that spell a title alike speak of one reference. Registry numbers are
looked for in every column of text but those of cited works. How to reach people stays unread.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from trialweave.errors import InputError, NoIdentifier
from trialweave.model import (
    Draft,
    Labelled,
    Missingness,
    PartialDate,
    Publication,
    Received,
    RegistryNumber,
    Section,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources._source import Source
from trialweave.sources.literature._document import clean
from trialweave.sources.literature._list_blocks import Block, blocks, has_blocks
from trialweave.sources.literature._list_columns import (
    EVERY,
    LEFT,
    NUMBERED,
    Kinds,
    is_header,
    kinds_of,
    personal_column,
)
from trialweave.sources.literature._tagged import labelled
from trialweave.sources.sheets.table import Table, TableRow, has_table, own_of, tables
from trialweave.sources.sheets.workbook import is_workbook
from trialweave.sources.who.text import Cell, unescaped
from trialweave.sources.words import plain

__all__ = ["SOURCE", "is_header", "personal_column", "read_each", "recognise"]

T = TypeVar("T")

_NAME = "list"
_STATED, _SILENT = Missingness.STATED, Missingness.NOT_REPORTED
_PAPERS = frozenset(("doi", "pmid"))
_YEAR = re.compile(r"(?:1[89]|20)\d{2}(?!\d)")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2}) 00:00:00")
_PMC = re.compile(r"PMC\d{5,9}", re.IGNORECASE)
_SEPARATORS = tuple(map(re.compile, (r";", r"[\r\n]+", r"\|")))
_AND, _COMMA = re.compile(r" and "), re.compile(r",")
_MOST_AUTHORS = 5_000


def recognise(received: Received) -> bool:
    """Whether a document holds a list of references, by the names of its columns."""
    return has_blocks(received) or has_table(received, is_header)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The references, an error in the place of each that cannot be taken."""
    if has_blocks(received):
        for each in blocks(received):
            yield each if isinstance(each, InputError) else _of_block(each)
        return
    in_workbook = is_workbook(received.data)
    for table in tables(received, is_header):
        yield from _read_table(table, in_workbook)


def _read_table(table: Table, in_workbook: bool) -> Iterator[Draft | InputError]:
    kinds = kinds_of(table.header)
    known = frozenset(kinds)
    for each in table.rows:
        if isinstance(each, InputError):
            yield each
            continue
        try:
            draft = _Reference(table.header, kinds, known, each).draft()
        except InputError as error:
            yield error
            continue
        if in_workbook:  # a row of a text has bytes of its own
            draft = msgspec.structs.replace(draft, own=own_of(table.header, each))
        yield draft


def _of_block(block: Block) -> Draft | InputError:
    kinds = kinds_of(block.labels)
    try:
        return _Reference(block.labels, kinds, EVERY, block.row).draft()
    except InputError as error:
        return error


def _rule(concept: str) -> str:
    return f"{_NAME}.{concept}/1"


def _said(cell: Cell) -> str:
    return clean(unescaped(cell.raw, cell.escape))


def _value(concept: str, content: T, cell: Cell) -> Value[T]:
    raw = None if content == cell.raw else cell.raw
    return Value(content, _STATED, cell.passage(), _rule(concept), raw)


class _Reference:
    """One row by what its columns hold."""

    def __init__(
        self, header: Sequence[str], kinds: Kinds, known: frozenset[str], row: TableRow
    ) -> None:
        self.row = row
        self.known = known
        self.cells: dict[str, list[Cell]] = {}
        self.broken: dict[str, Cell] = {}
        self.rest: list[tuple[str, Cell]] = list(row.extra)
        for column, (label, kind, cell) in enumerate(zip(header, kinds, row.cells, strict=True)):
            if not cell.raw:
                continue
            if column in row.broken:
                self.broken.setdefault(kind, cell)
            elif kind:
                self.cells.setdefault(kind, []).append(cell)
            elif not personal_column(label) and not LEFT.fullmatch(plain(label)):
                self.rest.append((label, cell))

    def all(self, kind: str) -> list[Cell]:
        """The cells of one kind that hold anything."""
        return self.cells.get(kind, [])

    def silent(self, concept: str, kind: str) -> Value[Any]:
        """No content: the list has no such column, or leaves it blank, or nobody can read it."""
        if cell := self.broken.get(kind):
            return Value(None, Missingness.UNREADABLE, cell.passage(), _rule(concept), cell.raw)
        if kind not in self.known:
            return Value()
        return Value(None, _SILENT, None, _rule(concept))

    def words(self, concept: str, kind: str) -> Value[str]:
        """The first text of a kind."""
        for cell in self.all(kind):
            if said := _said(cell):
                return _value(concept, said, cell)
        return self.silent(concept, kind)

    def draft(self) -> Draft:
        """The reference. Raises NoIdentifier where nothing names it."""
        doi, pmid = self._doi(), self._pmid()
        title, published = self.words("title", "title"), self._published()
        sections = tuple(self._sections())
        whole = sections[0].text.passage if len(sections) == 1 else None
        if sections and whole is None:
            whole = self.all("abstract")[0].passage()
        body = Publication(
            title=title,
            doi=doi,
            pmid=pmid,
            kind=self.words("kind", "kind"),
            authors=self._authors(),
            journal=self.words("journal", "journal"),
            volume=self.words("volume", "volume"),
            published=published,
            url=self.words("url", "url"),
            citation=self.words("citation", "citation"),
            registrations=self._registrations(),
            sections=Value(sections, _STATED, whole, _rule("sections"))
            if sections
            else self.silent("sections", "abstract"),
            trial=Trial(keywords=self._keywords()),
            other=tuple(self._other()),
        )
        name = self._name(doi, pmid, title, published)
        return Draft(_NAME, name, body, self.row.start, self.row.end)

    def _name(
        self,
        doi: Value[str],
        pmid: Value[str],
        title: Value[str],
        published: Value[PartialDate],
    ) -> str:
        if doi.content:
            return doi.content
        if pmid.content:
            return f"pmid:{pmid.content}"
        for cell in (*self.all("pmcid"), *self.all("url")):
            if match := _PMC.search(cell.raw):
                return match.group().upper()
        if not title.content:
            raise NoIdentifier(
                "the row has neither title nor DOI nor PubMed number.", where=self.row.where
            )
        year = str(published.content.year) if published.content else ""
        key = f"{plain(title.content)}|{year}"
        return "title:" + hashlib.sha256(key.encode()).hexdigest()[:16]

    def _doi(self) -> Value[str]:
        for cell in self.all("doi"):
            if known := normalise(unescaped(cell.raw, cell.escape), "doi"):
                return _value("doi", known.value, cell)
        for cell in (*self.all("url"), *self.all("citation")):
            if found := next((m for m in find(cell.raw, ("doi",))), None):
                part = cell.part(found.start, found.end)
                return _value("doi", found.identifier.value, part)
        for cell in self.all("doi"):
            return Value(None, Missingness.UNREADABLE, cell.passage(), _rule("doi"), cell.raw)
        return self.silent("doi", "doi")

    def _pmid(self) -> Value[str]:
        for cell in self.all("pmid"):
            if known := normalise(cell.raw, "pmid"):
                return _value("pmid", known.value, cell)
        for kind in ("number", "url", "citation"):
            for cell in self.all(kind):
                if found := next((m for m in find(cell.raw, ("pmid",))), None):
                    part = cell.part(found.start, found.end)
                    return _value("pmid", found.identifier.value, part)
        for cell in self.all("pmid"):
            return Value(None, Missingness.UNREADABLE, cell.passage(), _rule("pmid"), cell.raw)
        return self.silent("pmid", "pmid")

    def _published(self) -> Value[PartialDate]:
        """The date, where it agrees with the year, else the year."""
        years = [(cell, _YEAR.match(cell.raw)) for cell in self.all("year")]
        year = next(((cell, int(match.group())) for cell, match in years if match), None)
        for cell in self.all("date"):
            midnight = _MIDNIGHT.fullmatch(cell.raw)
            said = midnight[1] if midnight else unescaped(cell.raw, cell.escape)
            date = parse_date(said) or parse_date(said[:10])
            if date is not None and (year is None or date.year == year[1]):
                return _value("published", date, cell)
        if year is not None:
            return _value("published", PartialDate(year[1]), year[0])
        for cell in (*self.all("year"), *self.all("date")):
            rule = _rule("published")
            return Value(None, Missingness.UNREADABLE, cell.passage(), rule, cell.raw)
        return self.silent("published", "year" if "year" in self.known else "date")

    def _authors(self) -> Value[tuple[Value[str], ...]]:
        cells = self.all("authors") or self.all("names")
        if not cells:
            return self.silent("authors", "authors" if "authors" in self.known else "names")
        parts = _people(cells[0]) if len(cells) == 1 else cells  # each in a cell of its own
        found = [part for part in parts if _said(part)][:_MOST_AUTHORS]
        values = tuple(_value("authors", _said(part), part) for part in found)
        return Value(values, _STATED, cells[0].passage(), _rule("authors"))

    def _keywords(self) -> Value[tuple[Value[str], ...]]:
        cells = self.all("keywords")
        if not cells:
            return self.silent("keywords", "keywords")
        values = tuple(
            _value("keywords", _said(part), part)
            for cell in cells
            for part in _items(cell)
            if _said(part)
        )
        return Value(values, _STATED, cells[0].passage(), _rule("keywords"))

    def _sections(self) -> Iterator[Section]:
        for cell in self.all("abstract")[:1]:
            for label, begin, stop in labelled(cell.raw, 0, len(cell.raw)):
                part = cell.part(begin, stop)
                said = _said(part)
                if said:
                    value = _value("sections", said, part)
                    if value.raw is not None and len(value.raw) != len(said):
                        value = msgspec.structs.replace(value, raw=None)
                    yield Section(label, value, part="abstract")

    def _registrations(self) -> Value[tuple[RegistryNumber, ...]]:
        found: dict[tuple[str, str], RegistryNumber] = {}
        named = [(kind, cell) for kind in sorted(NUMBERED) for cell in self.all(kind)]
        for kind, cell in (*named, *((label[:60].lower(), cell) for label, cell in self.rest)):
            for mention in find(cell.raw):
                number = mention.identifier
                if number.scheme not in _PAPERS and (number.value, kind) not in found:
                    part = cell.part(mention.start, mention.end)
                    value = _value("registrations", number.value, part)
                    found[number.value, kind] = RegistryNumber(value, number.scheme, kind)
        if not found:
            return Value(None, _SILENT, None, _rule("registrations"))
        numbers = tuple(found.values())
        return Value(numbers, _STATED, numbers[0].value.passage, _rule("registrations"))

    def _other(self) -> Iterator[Labelled]:
        for kind, label in (("number", "Accession number"), ("pmcid", "PMC number")):
            for cell in self.all(kind):
                yield Labelled(label, _value("other", _said(cell), cell))
        for label, cell in self.rest:
            if said := _said(cell):
                yield Labelled(label[:120], _value("other", said, cell))


def _cut(cell: Cell, separator: re.Pattern[str]) -> Iterator[Cell]:
    """The parts of a cell that are not blank."""
    at = 0
    ends = [match.span() for match in separator.finditer(cell.raw)]
    for stop, after in (*ends, (len(cell.raw), 0)):
        if cell.raw[at:stop].strip():
            yield cell.part(at, stop)
        at = after


def _items(cell: Cell) -> list[Cell]:
    """The items of a list; the whole cell where no sign separates them for certain."""
    for separator in _SEPARATORS:
        if separator.search(cell.raw):
            return list(_cut(cell, separator))
    return [cell]


def _people(cell: Cell) -> list[Cell]:
    """The authors in one cell; one name where nothing separates them for certain.

    A comma separates authors only where each is a name with initials ("Doe A, Roe B"), and "and"
    only where each has a comma of its own ("Doe, Ann and Roe, Bob").
    """
    parts = _items(cell)
    if parts != [cell]:
        return parts
    parts = list(_cut(cell, _AND))
    if len(parts) > 1 and all("," in part.raw for part in parts):
        return parts
    parts = list(_cut(cell, _COMMA))
    return parts if len(parts) > 1 and all(_has_initials(part.raw) for part in parts) else [cell]


def _has_initials(name: str) -> bool:
    """Whether a name ends with initials: "de la Cruz A.-B."."""
    words = name.split()
    letters = re.sub(r"[.-]", "", words[-1]) if len(words) > 1 else ""
    return letters.isupper() and len(letters) <= 4


SOURCE = Source(
    name=_NAME,
    title="List of references",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
)
