"""A study's view arranged for its page: compared side by side, listed, or running text."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

from trialweave.faces.layout import Item, flags_once, items, records_of, with_checks
from trialweave.model import Link
from trialweave.publish.notices import marks_of, notices_by_statement
from trialweave.publish.views import Cell, ConceptRow, RecordRow, StudyView

__all__ = ["Lists", "Matrix", "MatrixRow", "Told", "Weighed", "study_page", "weighed"]

_GLANCE = (
    "overall_status",
    "phase",
    "enrollment",
    "allocation",
    "masking",
    "start_date",
    "countries",
    "primary_sponsor",
    "conditions",
    "journal",
    "published",
)
_TEXTS = ("brief_summary", "detailed_description", "eligibility_text", "sections")
_LISTS = (
    "arms",
    "interventions",
    "inclusion_criteria",
    "exclusion_criteria",
    "primary_outcomes",
    "secondary_outcomes",
    "other_outcomes",
    "correlated_terms",
    "references",
    "sites",
    "other",
)  # in the page's order
_MANY = 30  # findings that are open on the page; flagged ones always are
_LONG = 280  # characters; longer values are folded on the page

# What one page holds of a record that is larger than any reader wants; the rest is said to be
# left out, and stands in the received text and in the JSON.
_MOST_ENTRIES = 300  # of one list of one record, or in one cell of the table
_MOST_FINDINGS = 400  # but every flagged one
_MOST_LINKS = 200
_MOST_NOTICES = 30  # retractions come first
_MOST_REPORTS = 60
_MOST_CHARACTERS = 40_000  # of one text


class MatrixRow(NamedTuple):
    """One concept: what each record says of it, in the order of the columns."""

    row: ConceptRow
    told: tuple[tuple[Cell, ...], ...]


class Matrix(NamedTuple):
    """One group of concepts, side by side."""

    group: str
    rows: tuple[MatrixRow, ...]


class Told(NamedTuple):
    """One record's entries of a list; `parts` are the names of their columns."""

    record: RecordRow
    parts: tuple[str, ...]
    entries: tuple[Item, ...]
    total: int  # entries of the record, of which `entries` are the first


class Lists(NamedTuple):
    """One concept that is a list, record by record."""

    row: ConceptRow
    told: tuple[Told, ...]


class Weighed(NamedTuple):
    """A link, and whether people decided about it, or differ."""

    link: Link
    decided: bool
    disputed: bool


def weighed(link: Link) -> Weighed:
    """A link with what people decided about it."""
    names = {signal.name for signal in link.signals}
    return Weighed(link, "decision" in names, "in dispute" in names)


def study_page(view: StudyView) -> dict[str, Any]:
    """What the study's template shows."""
    columns = [row.record_id for row in view.records]
    rows = {row.concept: row for row in view.concepts}
    checked = with_checks(view.findings, view.checks)
    flagged = sum(any(c.verdict == "flag" for c in pair.checks) for pair in checked)
    lists = [row for name in _LISTS if (row := rows.get(name)) is not None and _apart(row)]
    texts = [row for row in view.concepts if row.concept in _TEXTS]
    side_by_side = [row for row in view.concepts if row not in lists and row not in texts]
    return {
        "view": view,
        "glance": [
            (rows[name], cell)
            for name in _GLANCE
            if name in rows and (cell := _preferred(rows[name])) is not None
        ],
        "matrices": [
            Matrix(group, tuple(_matrix_row(row, columns) for row in found))
            for group, found in groupby(side_by_side, key=lambda row: row.group)
        ],
        "lists": [_lists(row, view) for row in lists],
        "texts": texts,
        "flags": flags_once(view.findings, view.checks),
        "flag_count": sum(check.verdict == "flag" for check in view.checks),
        "checked": checked[: max(_MOST_FINDINGS, flagged)],
        "findings_left": max(0, len(checked) - max(_MOST_FINDINGS, flagged)),
        "most_findings": max(_MANY, flagged),
        "notices": notices_by_statement(view.notices)[:_MOST_NOTICES],
        "reports": [
            (report, marks_of(report, view.notices)) for report in view.reports[:_MOST_REPORTS]
        ],
        "links": [weighed(link) for link in view.links[:_MOST_LINKS]],
        "changed": any(row.versions > 1 for row in view.records),
        "most_entries": _MOST_ENTRIES,
        "most_characters": _MOST_CHARACTERS,
        "conflicts": [row for row in view.concepts if row.agreement == "conflict"],
        "record_titles": {row.record_id: row.source_title for row in view.records},
        "long_at": _LONG,
    }


def _preferred(row: ConceptRow) -> tuple[Cell, ...] | None:
    """What to show at a glance: the stated cells of the preferred record."""
    found = tuple(cell for cell in row.cells if cell.preferred and cell.missingness == "stated")
    return found or None


def _apart(row: ConceptRow) -> bool:
    """Whether a concept is a list that needs a place of its own, not a cell of the table."""
    return row.concept in _LISTS and any(cell.missingness == "stated" for cell in row.cells)


def _matrix_row(row: ConceptRow, columns: list[str]) -> MatrixRow:
    told = records_of(row.cells)
    return MatrixRow(row, tuple(tuple(told.get(record_id, ())) for record_id in columns))


def _lists(row: ConceptRow, view: StudyView) -> Lists:
    by_id = {record.record_id: record for record in view.records}
    told = []
    for record_id, cells in records_of(row.cells).items():
        entries = items(cells)
        shown = tuple(entries[:_MOST_ENTRIES])
        parts = tuple(dict.fromkeys(part for entry in shown for part in entry.parts))
        told.append(Told(by_id[record_id], parts, shown, len(entries)))
    return Lists(row, tuple(told))
