"""Outcomes as MedPath lists them: a table whose cells, and whose records, may have run together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from trialweave.model import Outcome, Value
from trialweave.sources.pages import _words
from trialweave.sources.pages._lines import Line, Page, Segment, split_spans

__all__ = ["read_outcomes"]

_HEADER = re.compile(r"Name\s*Time\s*Method", re.IGNORECASE)
_TIMEPOINT = re.compile(r"[.;,]?\s?\bTime ?points?\s?:\s?", re.IGNORECASE)
_GLUED_TIMEPOINT = re.compile(r"[.;,]?\s?Time ?points?\s?:\s?", re.IGNORECASE)
_METHOD = re.compile(r"[.;,]?\s?Methods? of measurements?\s?:\s?", re.IGNORECASE)
_TIGHT = re.compile(r";(?=\S)|;\s*\Z")
_LOOSE = re.compile(r";\s*")
_TIME = (
    r"(?:\d{1,4}(?:\.\d)?[ -]?(?:min|hour|hr|day|week|month|year)s?(?![a-z])|(?:Day|Days|Week|Weeks"
    r"|Month|Months|Year|Years|Hour|Visit) ?\d|Baseline\b|At (?:day|week|month|baseline|\d|the)"
    r"|Up to\b|From (?:baseline|day|the|random|enrol|\d)|Within \d|Through \w|During\b"
    r"|Until\b|Throughout\b|Before\b|(?:First|Last) \d)"
)
# Where one cell was glued to the next: no blank between a small letter, a closing mark or a digit
# and the words that begin a time; then between the end of a time and a capital.
_TO_TIME = re.compile(rf"(?<=[a-z)\]%.0-9])(?<!\d)(?={_TIME})|(?<=[)\]%.a-z])(?={_TIME})")
_TO_METHOD = re.compile(r"(?<=[a-z0-9)\].])(?=[A-Z])")


def read_outcomes(page: Page, field: str, segment: Segment | None) -> Value[tuple[Outcome, ...]]:
    """The outcomes of one table; not reported where it has no rows or says so."""
    if segment is None:
        return page.silent(field)
    header, rows = _rows(segment)
    if not rows:
        said = header or [segment.heading]
        return page.absent(field, said[0].start, said[-1].end)
    start, end = rows[0][0].start, rows[-1][-1].end
    if (why := _words.missing(page.text[start:end].strip())) is not None:
        return page.absent(field, start, end, why)
    outcomes: list[Outcome] = []
    for row in rows:
        if len(row) > 1:
            outcomes.append(_outcome(page, field, *_three(row)))
        else:
            outcomes += [_outcome(page, field, *cells) for cells in _cells(row[0])]
    return page.value(field, tuple(outcomes), start, end)


def _rows(segment: Segment) -> tuple[list[Line], list[list[Line]]]:
    """The lines of the table's header, and its rows: a line each, or a line for each cell."""
    lines = list(segment.lines)
    if lines and _HEADER.fullmatch(lines[0].text):
        return lines[:1], [_tabbed(line) for line in lines[1:]]
    if [line.key for line in lines[:3]] == ["name", "time", "method"]:
        rows: list[list[Line]] = []
        for i, line in enumerate(lines[3:]):
            gap = line.gap and any(other.gap for other in lines[4:])
            if not rows or len(rows[-1]) == 3 or (gap and i):
                rows.append([])
            rows[-1].append(line)
        return lines[:3], rows
    return [], [_tabbed(line) for line in lines]


def _tabbed(line: Line) -> list[Line]:
    """Cells between tab characters."""
    if "\t" not in line.text:
        return [line]
    return [cell for cell in line.pieces("\t") if cell.text]


def _three(cells: Sequence[Line]) -> tuple[Line, Line | None, Line | None]:
    return cells[0], cells[1] if len(cells) > 1 else None, cells[2] if len(cells) > 2 else None


def _cells(line: Line) -> Iterator[tuple[Line, Line | None, Line | None]]:
    """Measure, time and method of each outcome that stands in one line."""
    if _GLUED_TIMEPOINT.search(line.text) or _METHOD.search(line.text):
        for record in _records(line):
            yield _marked(record)
        return
    if ";" in line.text and _TIGHT.search(line.text[:-1]):
        for start, end in split_spans(line.text, _TIGHT):
            yield _glued(line.part(start, end))
        return
    yield _glued(line)


def _records(line: Line) -> list[Line]:
    """The records between semicolons; a piece without a time point belongs to the one before it.

    The register glues its records with a bare semicolon, while one within a sentence has a blank
    after it; so loose semicolons part records only where no bare one does.
    """
    pattern = _TIGHT if _TIGHT.search(line.text[:-1]) else _LOOSE
    records: list[tuple[int, int]] = []
    for start, end in split_spans(line.text, pattern):
        piece = line.text[start:end]
        if records and not _GLUED_TIMEPOINT.search(piece):
            records[-1] = (records[-1][0], end)
        else:
            records.append((start, end))
    return [line.part(start, end) for start, end in records]


def _marked(record: Line) -> tuple[Line, Line | None, Line | None]:
    """A record in the form "measure. Timepoint: time. Method of measurement: method"."""
    text = record.text
    time_at = _TIMEPOINT.search(text) or _GLUED_TIMEPOINT.search(text)
    method_at = _METHOD.search(text, time_at.end() if time_at else 0)
    measure_end = time_at.start() if time_at else method_at.start() if method_at else len(text)
    time_end = method_at.start() if method_at else len(text)
    end = len(text) - text.endswith(".")  # the full stop ends the record, as it does each part
    return (
        record.part(0, min(measure_end, end)),
        record.part(time_at.end(), max(min(time_end, end), time_at.end())) if time_at else None,
        record.part(method_at.end(), max(end, method_at.end())) if method_at else None,
    )


def _glued(line: Line) -> tuple[Line, Line | None, Line | None]:
    """Cells that ran together, parted only where a time begins without a blank before it."""
    starts = list(_TO_TIME.finditer(line.text))
    if len(starts) != 1:
        return line, None, None
    at = starts[0].start()
    ends = list(_TO_METHOD.finditer(line.text, at + 1))
    if not ends:
        return line.part(0, at), line.part(at, len(line.text)), None
    cut = ends[0].start()
    return line.part(0, at), line.part(at, cut), line.part(cut, len(line.text))


def _outcome(
    page: Page, field: str, measure: Line, time: Line | None, method: Line | None
) -> Outcome:
    values: dict[str, Any] = {}
    for name, cell in (("measure", measure), ("time_frame", time), ("method", method)):
        if cell is not None and cell.text:
            values[name] = page.quote(field, cell.start, cell.end)
        else:
            values[name] = page.silent(field)
    return Outcome(**values)
