"""ClinicalTrials.gov: the tables that its site lets people download, as CSV, TSV or a workbook.

The classic site (until 2024) gave "Rank, NCT Number, Title, Status, …", the present one gives
"NCT Number, Study Title, Study Status, …", either with the columns that were chosen. A row is
brought into the shape of the register's version 2 and harmonised by the same rules as the other
forms, so that all forms of one record give equal trials, as far as the table has the field. A
concept whose column is not in the table has "no such field". What the tables cannot tell:

* whether dates and enrolment are planned or actual, and when the record was first submitted
  ("First Posted" stands beside, and is not taken for the date of registration);
* measure, description and time frame of an outcome, which are joined by commas: the text is kept
  whole as the measure, and the two others are unreadable;
* in the classic table, which outcomes are primary;
* facility and city of a site, which are joined by commas too: the country, which comes last, is
  read, and the text kept whole beside it;
* limits of age in the present table, which has groups of ages; where the classic one has "18 Years
  and older", there is no upper limit, which version 2 says by leaving it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import (
    Draft,
    Labelled,
    Missingness,
    Outcome,
    PartialDate,
    Passage,
    Received,
    Site,
    Suggestion,
    Trial,
    Value,
)
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.ctgov.fields import harmonise, identifier, last_update
from trialweave.sources.ctgov.paths import V2
from trialweave.sources.ctgov.table_study import COLUMNS, Row, field_of, pieces, study_of
from trialweave.sources.ctgov.values import DATE, LIST, SITES, TEXT, WORD
from trialweave.sources.known.columns import survey as survey_columns
from trialweave.sources.sheets.table import Table, TableRow, has_table, own_of, tables
from trialweave.sources.who.text import Cell, unescaped
from trialweave.sources.words.places import between_commas

__all__ = ["SOURCE", "is_header", "read_each", "recognise"]

OUTCOME = "ctgov.outcome_text/1"
_STATED, _UNREADABLE = Missingness.STATED, Missingness.UNREADABLE

_LONGEST = 600  # characters; a longer text is not repeated beside what was made of it

# Columns of which a header has two besides the number
_USUAL = frozenset(
    {
        *("rank", "status", "has_results", "conditions", "interventions", "outcomes", "phases"),
        *("primary_outcomes", "sponsors", "funders", "study_type", "design", "other_ids", "url"),
        *("first_posted", "results_posted", "update_posted", "locations", "documents", "age"),
        *("first_received", "enrollment", "start", "primary_completion", "completion"),
    }
)
# Which columns a concept is read from; the table has no field for the others
_CONCEPTS: dict[str, tuple[str, ...]] = {
    "primary_id": ("number",),
    "registration_date": ("first_received",),
    "secondary_ids": ("other_ids",),
    "primary_sponsor": ("sponsor", "sponsors"),
    "sponsor_class": ("funders",),
    "secondary_sponsors": ("collaborators", "sponsors"),
    "public_title": ("title",),
    "acronym": ("acronym",),
    "conditions": ("conditions",),
    "interventions": ("interventions",),
    "sex": ("sex",),
    "study_type": ("study_type",),
    **dict.fromkeys(
        ("allocation", "intervention_model", "primary_purpose", "masking", "who_masked"),
        ("design",),
    ),
    "phase": ("phases",),
    "start_date": ("start",),
    "enrollment": ("enrollment",),
    **dict.fromkeys(("minimum_age", "maximum_age"), ("age",)),
    "overall_status": ("status",),
    "status_date": ("verified",),
    "primary_completion_date": ("primary_completion",),
    "completion_date": ("completion",),
    "has_results": ("has_results",),
    "results_date": ("results_posted", "results_received"),
    "brief_summary": ("summary",),
    "last_update": ("update_posted", "updated"),
    **dict.fromkeys(("countries", "sites", "site_count"), ("locations",)),
    "primary_outcomes": ("primary_outcomes", "outcomes"),
    "secondary_outcomes": ("secondary_outcomes", "outcomes"),
    "other_outcomes": ("other_outcomes", "outcomes"),
}
_OTHERS = (
    ("outcomes", "outcome measure"),
    ("age_groups", "groups of age"),
    ("documents", "study document"),
    ("url", "web address"),
)
_MONTHS = {"start": "start_date", "primary_completion": "primary_completion_date",
           "completion": "completion_date"}  # fmt: skip
_MIDNIGHT_OF_FIRST = re.compile(r"(\d{4}-\d{2})-01 00:00:00")
_GROUPS = re.compile(r"\((?P<groups>[^()]{1,80})\)\s*$")


def is_header(names: Sequence[str]) -> bool:
    """Whether the names are those of the register's columns."""
    fields = {field_of(name) for name in names}
    return "number" in fields and len(fields & _USUAL) > 1


def recognise(received: Received) -> bool:
    """Whether a document is one of the register's tables, by the names of its columns."""
    return has_table(received, is_header)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each row as a draft, or as the error for which it cannot be taken.

    Raises Unreadable where no table has the register's columns.
    """
    for table in tables(received, is_header):
        yield from _read_table(table)


def _read_table(table: Table) -> Iterator[Draft | InputError]:
    fields = [field_of(label) for label in table.header]
    known = frozenset(name for name in fields if name)
    ranks = frozenset(
        label for label, name in zip(table.header, fields, strict=True) if name == "rank"
    )
    for each in table.rows:
        if isinstance(each, InputError):
            yield each
            continue
        try:
            draft = _draft(table.header, fields, known, each)
        except InputError as error:
            yield error
        except msgspec.ValidationError as error:
            yield Unreadable(f"{error}.", where=each.where)
        else:
            yield msgspec.structs.replace(draft, own=own_of(table.header, each, ranks))


def _draft(
    header: Sequence[str], fields: Sequence[str | None], known: frozenset[str], each: TableRow
) -> Draft:
    cells: dict[str, Cell] = {}
    broken: dict[str, Cell] = {}
    dated: set[str] = set()
    unplaced = list(each.extra)
    for column, (cell, name) in enumerate(zip(each.cells, fields, strict=True)):
        if not cell.raw:
            continue
        if column in each.broken:
            broken.setdefault(name or "", cell)
        elif name is None:
            unplaced.append((header[column], cell))
        elif name not in cells:
            cells[name] = cell
            dated |= {name} if column in each.dated else set()
    row = Row(cells)
    study = study_of(row)
    number, written = identifier(study)
    if number is None:
        what = f"{written[:40]!a}, which is no NCT number" if written else "no NCT number"
        raise NoIdentifier(f"this ClinicalTrials.gov record states {what}.", where=each.where)
    trial: Trial = _placed(harmonise(study, V2), row)
    changes = _missing(trial, known, cells, broken)
    changes |= _outcomes(cells) | _sites(cells.get("locations")) | _class(cells)
    changes["other"] = (*trial.other, *_other(cells, unplaced))
    changes["suggestions"] = tuple(_months(cells, dated))
    trial = msgspec.structs.replace(trial, **changes)
    return Draft("ctgov", number, trial, each.start, each.end, last_update(study))


def _placed(item: Any, row: Row) -> Any:
    """The same part of a trial with cells for paths, at any depth."""
    if isinstance(item, Value):
        return _placed_value(item, row)
    if isinstance(item, tuple):
        return tuple([_placed(part, row) for part in item])
    if isinstance(item, msgspec.Struct) and not isinstance(item, (PartialDate, Passage)):
        return type(item)(*[_placed(getattr(item, name), row) for name in item.__struct_fields__])
    return item


def _placed_value(value: Value[Any], row: Row) -> Value[Any]:
    passage = value.passage
    path = passage.path if passage is not None else ""
    while path and path not in row.at:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    content = value.content
    if not path:
        return Value(_placed(content, row), value.missingness, None, value.rule, value.raw)
    cell = row.at[path]
    if isinstance(content, tuple) and content and isinstance(content[0], msgspec.Struct):
        return Value(_placed(content, row), value.missingness, cell.passage(), value.rule)
    raw = None if cell.raw == content else cell.raw
    return Value(content, value.missingness, cell.passage(), value.rule, raw)


def _unreadable(cell: Cell, rule: str, raw: str | None = None) -> Value[Any]:
    return Value(None, _UNREADABLE, cell.passage(), rule, raw)


def _text(cell: Cell, rule: str = TEXT) -> Value[str]:
    content = unescaped(cell.raw, cell.escape)
    return Value(content, _STATED, cell.passage(), rule, None if content == cell.raw else cell.raw)


def _missing(
    trial: Trial, known: frozenset[str], cells: Mapping[str, Cell], broken: Mapping[str, Cell]
) -> dict[str, Any]:
    """Concepts that the table has no column for, or nothing but a cell that cannot be read."""
    if "age" in cells:  # it holds groups where it does not hold limits
        known -= {"age"}
    changes: dict[str, Any] = {}
    for name in trial.__struct_fields__:
        value = getattr(trial, name)
        columns = _CONCEPTS.get(name, ())
        unread = next((broken[column] for column in columns if column in broken), None)
        if not isinstance(value, Value):
            continue
        if unread is not None and not value:
            changes[name] = _unreadable(unread, value.rule, unread.raw)
        elif value.passage is None or name == "registration_date":
            changes[name] = value if known.intersection(columns) else Value()
    return changes


def _outcomes(cells: Mapping[str, Cell]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("primary_outcomes", "secondary_outcomes", "other_outcomes"):
        cell = cells.get(name)
        if cell is not None:
            found = tuple(
                Outcome(_text(part, OUTCOME), *([_unreadable(part, OUTCOME)] * 2))
                for part in pieces(cell)
            )
            changes[name] = Value(found, _STATED, cell.passage(), LIST)
        elif "outcomes" in cells:
            changes[name] = _unreadable(cells["outcomes"], OUTCOME)
    return changes


def _sites(cell: Cell | None) -> dict[str, Any]:
    """The places, each with the country that its text ends with."""
    if cell is None:
        return {}
    made: list[Site] = []
    first: dict[str, Value[str]] = {}
    for part in pieces(cell):
        at = between_commas(part.raw)[-1][0]
        country: Value[str] = _unreadable(part, SITES)  # a text that ends with a comma
        if part.raw[at:].strip():
            country = _text(part.part(at, len(part.raw)))
            first.setdefault(country.content or "", country)
        unread = _unreadable(part, SITES, part.raw)
        made.append(Site(facility=unread, city=_unreadable(part, SITES), country=country))
    passage = cell.passage()
    return {
        "sites": Value(tuple(made), _STATED, passage, SITES),
        "site_count": Value(
            len(made), _STATED, passage, SITES, cell.raw if len(cell.raw) <= _LONGEST else None
        ),
        "countries": Value(tuple(first.values()), _STATED, passage, SITES),
    }


def _class(cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Several kinds of funders, of which nothing says which one the sponsor is."""
    cell = cells.get("funders")
    if cell is None or "|" not in cell.raw:
        return {}
    return {"sponsor_class": _unreadable(cell, WORD, cell.raw)}


def _other(cells: Mapping[str, Cell], unplaced: Sequence[tuple[str, Cell]]) -> Iterator[Labelled]:
    for name, label in _OTHERS:
        if name in cells:
            for part in pieces(cells[name]):
                yield Labelled(label, _text(part))
    if (ages := cells.get("age")) is not None:
        match = _GROUPS.search(ages.raw)
        groups = ages.part(*match.span("groups")) if match else ages
        if match or not re.search(r"\d", ages.raw):
            yield Labelled("groups of age", _text(groups))
    for label, cell in unplaced:
        yield Labelled(label, _text(cell))


def _months(cells: Mapping[str, Cell], dated: set[str]) -> Iterator[Suggestion]:
    """ "2020-06" and "June 2020", which spreadsheets keep as the first of the month."""
    for name, concept in _MONTHS.items():
        match = _MIDNIGHT_OF_FIRST.fullmatch(cells[name].raw) if name in dated else None
        if match is not None:
            reason = (
                "the register takes dates without a day; a first of the month is what a "
                "spreadsheet makes of a month and a year"
            )
            passage = cells[name].passage()
            yield Suggestion(concept, cells[name].raw, match[1], reason, DATE, passage)


def survey(received: Received) -> tuple[FieldNote, ...]:
    """Which columns are not as they were known; the site lets people choose among the known."""
    return survey_columns("ctgov", received, is_header, field_of, frozenset(COLUMNS.values()))


SOURCE = Source("ctgov", "ClinicalTrials.gov", "registry", recognise, read_each, survey)
