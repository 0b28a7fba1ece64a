"""A table of one's own, pooled like a question: one row a study, columns by name.

Columns are read by the names below or by those of metafor (``ai``, ``n1i``, ``m1i``, ``yi``); what
else stands in the table is passed over. A cell that is empty, NA or a dot is missing: its study is
shown and not pooled, with the reason. A cell that cannot be meant is refused with its line and
column; a formula is text, and no number.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.errors import NotFound, TooLarge, Unreadable, WrongEncoding
from trialweave.synthesis.answer import Synthesis
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.effects import COUNT_MEASURES, MEAN_MEASURES
from trialweave.synthesis.groups import Group
from trialweave.synthesis.method import how_pooled
from trialweave.synthesis.pool import pool
from trialweave.synthesis.question import Question
from trialweave.synthesis.table_rows import KINDS, Kind, Reader, named_columns

__all__ = ["pool_table"]

_LARGEST: Final = 10 * 1024 * 1024  # bytes
_MOST: Final = 2000  # studies; the table of sensitivity grows with their square
_WIDEST: Final = 500  # columns
_LONGEST: Final = 1000  # characters of a cell


class _Table(NamedTuple):
    """Column names and rows, each with the line it stands on."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    data: str


def pool_table(
    table: str | Path | Iterable[Mapping[str, Any]],
    *,
    measure: str = "",
    outcome: str = "",
    **choices: Any,
) -> Synthesis:
    """Pool a table: a CSV file (comma, semicolon or tab; UTF-8), or rows as mappings.

    Columns: ``study``; ``a, n1, c, n2`` (events and sizes; ``b``, ``d`` those without the event in
    place of the sizes), or ``m1, sd1, n1, m2, sd2, n2``, or ``yi`` with ``vi`` or ``sei`` on the
    model's scale (logarithms of ratios), or ``estimate, low, high`` (95% interval, ratios as
    ratios); optionally ``group`` for subgroups. `measure` defaults to RR for counts and MD for
    means; for effects it has to be named. `choices` are fields of `Question` that concern the
    model. Raises NotFound, TooLarge, WrongEncoding, Unreadable naming line and column,
    NothingToPool, and ValueError for a choice that does not exist.
    """
    held = _file(Path(table)) if isinstance(table, str | Path) else _mappings(table)
    columns = named_columns(held.columns, held.name)
    kind = _kind(columns, measure, held)
    question = Question(
        outcome=outcome or Path(held.name).stem,
        measure=measure or ("MD" if kind.name == "means" else "RR"),  # type: ignore[arg-type]
        **choices,
    )
    reader = Reader(held.name, columns, question.measure)
    chosen = [_chosen(reader, kind, line, cells, question) for line, cells in held.rows]
    grouped = "group" if "group" in columns else ""
    answer = pool(question, Selection(tuple(_unique(chosen)), ()), data=held.data, by=grouped)
    kept = tuple(row for row in answer.sensitivity if row.group != "studies")
    return msgspec.structs.replace(answer, sensitivity=kept, method=how_pooled(question))


def _kind(columns: Mapping[str, str], measure: str, held: _Table) -> Kind:
    """Which columns to compute from: those that the measure needs first."""
    whole = [kind for kind in KINDS if any(set(way) <= set(columns) for way in kind.ways)]
    wanted = "counts" if measure in COUNT_MEASURES else "means" if measure in MEAN_MEASURES else ""
    own = [kind for kind in whole if kind.name == wanted]
    effects = [kind for kind in whole if kind.name in ("effects", "intervals")]
    found = own or (effects if measure else whole)
    if not found and whole:
        raise Unreadable(
            f"its columns are {whole[0].name}, which give no {measure}.",
            where=held.name,
            next_step=f"Ask for {', '.join(whole[0].measures)}.",
        )
    if not held.columns:
        raise Unreadable("it has no rows.", where=held.name)
    if not found:
        needs = " or ".join(", ".join(kind.ways[0]) for kind in KINDS)
        raise Unreadable(
            f"no columns to pool among {', '.join(held.columns[:20])[:200]}.",
            where=held.name,
            next_step=f"Name the columns study and {needs}.",
        )
    if not measure and found[0].name in ("effects", "intervals"):
        raise ValueError("a table of effects does not say of what they are: name the measure")
    return found[0]


def _chosen(
    reader: Reader, kind: Kind, line: int, cells: Mapping[str, str], question: Question
) -> Chosen:
    treatment, control, stated = reader.numbers(kind, line, cells)
    label = reader.text("study", cells) or f"line {line}"
    return Chosen(
        study_id=label,
        label=label,
        year=None,
        finding_id=f"line {line}",
        finding_ids=(f"line {line}",),
        outcome=question.outcome,
        time="",
        time_days=None,
        treatment=treatment or Group(),
        control=control or Group(),
        allocation="",
        allocation_from="",
        turned=False,
        recovered=(),
        flags=(),
        own_flags=(),
        why=f"line {line} of {reader.name}",
        kind="effect" if stated is not None else "continuous" if kind.name == "means" else "count",
        stated=stated,
        group=reader.text("group", cells),
    )


def _unique(chosen: Sequence[Chosen]) -> Iterator[Chosen]:
    """Rows of one name told apart by their lines."""
    labels = [one.label for one in chosen]
    for one in chosen:
        if labels.count(one.label) > 1:
            name = f"{one.label} ({one.finding_id})"
            yield msgspec.structs.replace(one, study_id=name, label=name)
        else:
            yield one


def _file(path: Path) -> _Table:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror or error}.", where=str(path)) from None
    if len(data) > _LARGEST:
        raise TooLarge(f"over {_LARGEST // 1024 // 1024} MiB.", where=path.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongEncoding(
            f"not valid UTF-8 (line {line}).",
            where=path.name,
            next_step="Save it as CSV UTF-8.",
        ) from None
    if "\0" in text:
        raise Unreadable("it holds NUL characters: this is no CSV.", where=path.name)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    columns: tuple[str, ...] = ()
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = tuple(cell.strip() for cell in cells)
                _check_width(columns, path.name)
                continue
            rows.append((reader.line_num, _row(cells, columns, reader.line_num, path.name)))
            _check_length(rows, path.name)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}.", where=path.name) from None
    return _Table(path.name, columns, tuple(rows), hashlib.sha256(data).hexdigest())


def _row(cells: Sequence[str], columns: Sequence[str], line: int, name: str) -> Mapping[str, str]:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise Unreadable(
            f"line {line} has {len(cells)} cells, and there are {len(columns)} columns.", where=name
        )
    if any(len(cell) > _LONGEST for cell in cells):
        raise Unreadable(f"line {line} has a cell of over {_LONGEST} characters.", where=name)
    return dict(zip(columns, cells, strict=False))


def _mappings(rows: Iterable[Mapping[str, Any]]) -> _Table:
    held: list[tuple[int, Mapping[str, str]]] = []
    columns: dict[str, None] = {}
    for number, row in enumerate(rows, 1):
        cells = {str(key): "" if value is None else str(value) for key, value in row.items()}
        columns |= dict.fromkeys(cells)
        held.append((number, cells))
        _check_length(held, "table")
    _check_width(tuple(columns), "table")
    digest = hashlib.sha256(msgspec.json.encode(held)).hexdigest()
    return _Table("table", tuple(columns), tuple(held), digest)


def _check_length(rows: Sequence[object], name: str) -> None:
    if len(rows) > _MOST:
        raise TooLarge(f"over {_MOST} studies.", where=name)


def _check_width(columns: Sequence[str], name: str) -> None:
    if len(columns) > _WIDEST:
        raise TooLarge(f"over {_WIDEST} columns.", where=name)
