"""A study's view arranged for its page: compared side by side, listed, or running text."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any, NamedTuple

from trialweave.faces.layout import Item, items, records_of, with_checks
from trialweave.publish.views import Cell, ConceptRow, RecordRow, StudyView

__all__ = ["Lists", "Matrix", "MatrixRow", "Told", "study_page"]

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


class Lists(NamedTuple):
    """One concept that is a list, record by record."""

    row: ConceptRow
    told: tuple[Told, ...]


def study_page(view: StudyView) -> dict[str, Any]:
    """What the study's template shows."""
    columns = [row.record_id for row in view.records]
    rows = {row.concept: row for row in view.concepts}
    checked = with_checks(view.findings, view.checks)
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
        "flags": Counter(check.statement for check in view.checks if check.verdict == "flag"),
        "checked": checked,
        "most_findings": max(
            _MANY, sum(any(c.verdict == "flag" for c in p.checks) for p in checked)
        ),
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
        entries = tuple(items(cells))
        parts = tuple(dict.fromkeys(part for entry in entries for part in entry.parts))
        told.append(Told(by_id[record_id], parts, entries))
    return Lists(row, tuple(told))
