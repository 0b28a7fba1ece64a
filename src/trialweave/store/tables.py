"""The tables of a generation: declared columns, written column by column, read back whole.

Records and what is read from each alone stand in parts, which later generations carry over (see
`trialweave.store._parts`); `records` says where. `trials` and `findings` are those of the current
versions, flat, with their study. An item is kept whole as MessagePack in the column `body`, which
is what the readers decode; the flat columns beside it are for SQL and for finding rows.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.model import Check, Conflict, Finding, Link, Notice, Study
from trialweave.store._columns import (
    TEXT,
    TEXTS,
    Column,
    body,
    columnar,
    decode,
    load,
    options,
    save,
)
from trialweave.store._files import on_disk
from trialweave.store._flat import FINDINGS, TRIALS
from trialweave.store._merging import merged
from trialweave.store._parts import FOLDER as PARTS
from trialweave.store._parts import Batch, PartWriter, batch_of, part_rows
from trialweave.store._records import (
    RECORD_SCHEMA,
    Head,
    marked,
    read_all_heads,
    read_current,
    read_facts,
    read_heads,
    read_record,
    read_records,
    read_sketches,
    valid_from,
    versions_held,
    write_heads,
)
from trialweave.store._reuse import REUSE_SCHEMA, read_reuse, write_reuse
from trialweave.store.mentions import MENTIONS

__all__ = [
    "PARTS",
    "SCHEMAS",
    "Batch",
    "Head",
    "PackedFindings",
    "PartWriter",
    "batch_of",
    "marked",
    "merged",
    "read_all_heads",
    "read_checks",
    "read_conflicts",
    "read_current",
    "read_facts",
    "read_findings",
    "read_heads",
    "read_links",
    "read_notices",
    "read_record",
    "read_records",
    "read_reuse",
    "read_sketches",
    "read_studies",
    "valid_from",
    "versions_held",
    "write_checks",
    "write_conflicts",
    "write_findings",
    "write_heads",
    "write_links",
    "write_notices",
    "write_reuse",
    "write_studies",
    "write_trials",
]

T = TypeVar("T")

_STUDIES: tuple[Column[Study], ...] = (
    Column("study_id", TEXT, lambda s: s.study_id),
    Column("title", TEXT, lambda s: s.title),
    Column("record_ids", TEXTS, lambda s: s.record_ids),
    Column("identifiers", TEXTS, lambda s: s.identifiers),
    Column("body", pa.binary(), body),
)

_LINKS: tuple[Column[Link], ...] = (
    Column("record_a", TEXT, lambda k: k.record_a),
    Column("record_b", TEXT, lambda k: k.record_b),
    Column("kind", TEXT, lambda k: k.kind),
    Column("relation", TEXT, lambda k: k.relation),
    Column("probability", pa.float64(), lambda k: k.probability),
    Column("weight", pa.float64(), lambda k: sum(signal.weight for signal in k.signals)),
    Column("signals", TEXTS, lambda k: [signal.name for signal in k.signals]),
    Column("rule", TEXT, lambda k: k.rule),
    Column("body", pa.binary(), body),
)

_CHECKS: tuple[Column[Check], ...] = (
    Column("check_id", TEXT, lambda c: c.check_id),
    Column("rule", TEXT, lambda c: c.rule),
    Column("study_id", TEXT, lambda c: c.study_id),
    Column("record_id", TEXT, lambda c: c.record_id),
    Column("finding_id", TEXT, lambda c: c.finding_id),
    Column("verdict", TEXT, lambda c: c.verdict),
    Column("statement", TEXT, lambda c: c.statement),
    Column("body", pa.binary(), body),
)

_NOTICES: tuple[Column[Notice], ...] = (
    Column("study_id", TEXT, lambda n: n.study_id),
    Column("record_id", TEXT, lambda n: n.record_id),
    Column("kind", TEXT, lambda n: n.kind),
    Column("number", TEXT, lambda n: n.number or None),
    Column("notice_id", TEXT, lambda n: n.notice_id or None),
    Column("stated_by", TEXT, lambda n: n.stated_by),
    Column("statement", TEXT, lambda n: n.statement),
    Column("body", pa.binary(), body),
)

_CONFLICTS: tuple[Column[Conflict], ...] = (
    Column("study_id", TEXT, lambda c: c.study_id),
    Column("concept", TEXT, lambda c: c.concept),
    Column("kinds", TEXTS, lambda c: c.kinds),
    Column("records", TEXTS, lambda c: [position.record_id for position in c.positions]),
    Column("stated", TEXTS, lambda c: ["; ".join(position.texts) for position in c.positions]),
    Column("note", TEXT, lambda c: c.note or None),
    Column("body", pa.binary(), body),
)
_GROUP = 5_000  # rows of a streamed table written at a time


def write_studies(path: Path, studies: Sequence[Study]) -> None:
    """Write the studies, one row each."""
    save(path, columnar(studies, _STUDIES))


def read_studies(path: Path) -> tuple[Study, ...]:
    """Read the studies in the order written."""
    return _bodies(path, Study)


def write_links(path: Path, links: Sequence[Link]) -> None:
    """Write the links, one row each; `weight` is the sum of its signals' weights, log2."""
    save(path, columnar(links, _LINKS))


def read_links(path: Path) -> tuple[Link, ...]:
    """Read the links in the order written."""
    return _bodies(path, Link)


def write_checks(
    path: Path, checks: Iterable[Check], kept: pa.Table | None = None
) -> frozenset[str]:
    """Write the checks, one row each, in the order of the studies; the ids of studies with a flag.

    `kept` are rows of an earlier table that still hold, of other studies.
    """
    flagged: set[str] = set()

    def noted() -> Iterator[Check]:
        for check in checks:
            if check.verdict == "flag":
                flagged.add(check.study_id)
            yield check

    _write_by_study(path, "checks", noted(), _CHECKS, kept)
    if kept is not None:
        verdicts, studies = kept.column("verdict").to_pylist(), kept.column("study_id").to_pylist()
        flagged |= {one for one, told in zip(studies, verdicts, strict=True) if told == "flag"}
    return frozenset(flagged)


def read_checks(path: Path) -> tuple[Check, ...]:
    """Read the checks in the order written."""
    return _bodies(path, Check)


def write_notices(path: Path, notices: Sequence[Notice]) -> None:
    """Write the notices, one row for each record that leans on the article concerned."""
    save(path, columnar(notices, _NOTICES))


def read_notices(path: Path) -> tuple[Notice, ...]:
    """Read the notices in the order written."""
    return _bodies(path, Notice)


def write_conflicts(
    path: Path, conflicts: Iterable[Conflict], kept: pa.Table | None = None
) -> None:
    """Write the conflicts, one row for each concept of a study, in the order of the studies.

    `kept` are rows of an earlier table that still hold, of other studies.
    """
    _write_by_study(path, "conflicts", conflicts, _CONFLICTS, kept)


def _write_by_study(
    path: Path,
    name: str,
    items: Iterable[T],
    columns: Sequence[Column[T]],
    kept: pa.Table | None,
) -> None:
    """Write items in the order of studies, some at a time in memory, and kept rows among them."""
    schema = SCHEMAS[name]
    rows = iter(items)
    with (
        on_disk("write the table", path),
        pq.ParquetWriter(path, schema, **options(schema, ("body",))) as writer,
    ):
        if kept is not None:
            new = [columnar(some, columns) for some in iter(lambda: _some(rows), [])]
            table = pa.concat_tables([kept.select(schema.names).cast(schema), *new])
            writer.write_table(table.sort_by("study_id"), row_group_size=_GROUP)
            return
        while some := _some(rows):
            writer.write_table(columnar(some, columns))


def _some(rows: Iterator[T]) -> list[T]:
    return list(itertools.islice(rows, _GROUP))


def read_conflicts(
    path: Path, *, concept: str = "", kind: str = "", limit: int, offset: int
) -> tuple[tuple[Conflict, ...], dict[str, int], dict[str, int]]:
    """A page of the conflicts in the order written, and how many there are by concept and by kind.

    `concept` and `kind` narrow the page and both counts; only the page is decoded.
    """
    table = load(path, ["concept", "kinds"])
    concepts = table.column("concept").to_pylist()
    kinds = table.column("kinds").to_pylist()
    found = [
        at
        for at, (name, told) in enumerate(zip(concepts, kinds, strict=True))
        if (not concept or name == concept) and (not kind or kind in told)
    ]
    by_concept = Counter(concepts[at] for at in found)
    by_kind = Counter(told for at in found for told in kinds[at])
    wanted = found[offset : offset + limit]
    bodies = load(path, ["body"]).column("body").take(pa.array(wanted, pa.int64())).to_pylist()
    return decode(path, bodies, Conflict), dict(by_concept), dict(by_kind)


def read_findings(path: Path) -> tuple[Finding, ...]:
    """Read the findings of all current records, in the order written."""
    return _bodies(path, Finding)


class PackedFindings:
    """The findings of all current records, unpacked one record at a time."""

    def __init__(self, path: Path) -> None:
        table = load(path, ["record_id", "body"]).combine_chunks()
        self._path, self._bodies = path, table.column("body")
        self._rows: dict[str, list[int]] = {}
        for row, record_id in enumerate(table.column("record_id").to_pylist()):
            self._rows.setdefault(record_id, []).append(row)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._rows

    def __getitem__(self, record_id: str) -> tuple[Finding, ...]:
        """The findings of a record in their order; none where it has none."""
        rows = self._rows.get(record_id, ())
        return decode(self._path, (self._bodies[row].as_py() for row in rows), Finding)


def write_findings(folder: Path, heads: pa.Table, study_of: Mapping[str, str]) -> None:
    """Write the findings of the current versions, one row each with its arms as a list of
    structures, in the order of the parts. `heads` as `marked` gives them.

    `study_of` gives the study id of a record id; the column is null where it has none.
    """
    _from_parts(folder, "findings", heads, study_of)


def write_trials(folder: Path, heads: pa.Table, study_of: Mapping[str, str]) -> None:
    """Write the wide table for SQL: one row a record, the current version of each.

    A cell is null wherever no content is stated, for whatever reason; the record itself tells.
    """
    _from_parts(folder, "trials", heads, study_of)


def _from_parts(folder: Path, name: str, heads: pa.Table, study_of: Mapping[str, str]) -> None:
    path, schema = folder / f"{name}.parquet", SCHEMAS[name]
    with (
        on_disk("write the table", path),
        pq.ParquetWriter(path, schema, **options(schema, ("body", "record_id"))) as writer,
    ):
        for part, versions in _current_rows(heads):
            for rows in _rows_of(folder, part, name, versions, study_of, schema):
                if len(rows):
                    writer.write_table(rows)


def _current_rows(heads: pa.Table) -> Iterator[tuple[int, np.ndarray]]:
    """Each part with the version at each of its rows; 0 where the row is not a current one."""
    current = heads.filter(heads.column("current"))
    parts, rows, versions = (current.column(name).to_numpy() for name in ("part", "row", "version"))
    for part in np.unique(parts):
        here = parts == part
        held = np.zeros(int(rows[here].max()) + 1, np.int32)
        held[rows[here]] = versions[here]
        yield int(part), held


def _rows_of(
    folder: Path,
    part: int,
    name: str,
    versions: np.ndarray,
    study_of: Mapping[str, str],
    schema: pa.Schema,
) -> Iterator[pa.Table]:
    """The current rows of one file of a part, with their study."""
    start = 0

    def completed(table: pa.Table) -> pa.Table:
        nonlocal start
        if "at" in table.column_names:
            at = table.column("at").to_numpy()
        else:
            at = np.arange(start, start + len(table))
            start += len(table)
        inside = at < len(versions)
        version = np.where(inside, versions[np.where(inside, at, 0)], 0)
        table = table.filter(pa.array(version > 0))
        studies = [study_of.get(record) for record in table.column("record_id").to_pylist()]
        table = table.append_column("study_id", pa.array(studies, TEXT)).append_column(
            "version", pa.array(version[version > 0], pa.int32())
        )
        return table.select(schema.names).cast(schema)

    yield from part_rows(folder, part, name, completed)


def _bodies(path: Path, kind: type[T]) -> tuple[T, ...]:
    return decode(path, load(path, ["body"]).column("body").to_pylist(), kind)


def _with_study(schema: pa.Schema, *, version: bool) -> pa.Schema:
    """The columns of a flat file of the parts as those of a table of the generation."""
    fields = [field for field in schema if field.name != "at"]
    fields.insert(1, pa.field("study_id", TEXT))
    if version:
        fields.insert(2, pa.field("version", pa.int32()))
    return pa.schema(fields)


SCHEMAS: dict[str, pa.Schema] = {
    "records": RECORD_SCHEMA,
    "trials": _with_study(TRIALS, version=True),
    "studies": columnar((), _STUDIES).schema,
    "links": columnar((), _LINKS).schema,
    "findings": _with_study(FINDINGS, version=False),
    "checks": columnar((), _CHECKS).schema,
    "notices": columnar((), _NOTICES).schema,
    "conflicts": columnar((), _CONFLICTS).schema,
    "reuse": REUSE_SCHEMA,
    "mentions": MENTIONS,
}
"""The declared columns of every table of a generation."""
