"""The table of what records of different studies have in common."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.model.reuse import Reuse
from trialweave.store._columns import TEXT, Column, body, columnar, decode, load, options
from trialweave.store._files import on_disk

__all__ = ["REUSE_SCHEMA", "read_reuse", "write_reuse"]

_COLUMNS: tuple[Column[Reuse], ...] = (
    Column("reuse_id", TEXT, lambda r: r.reuse_id),
    Column("kind", TEXT, lambda r: r.kind),
    Column("study_a", TEXT, lambda r: r.study_a),
    Column("study_b", TEXT, lambda r: r.study_b),
    Column("record_a", TEXT, lambda r: r.record_a),
    Column("record_b", TEXT, lambda r: r.record_b),
    Column("relation", TEXT, lambda r: r.relation),
    Column("words", pa.int32(), lambda r: r.words),
    Column("figures", pa.int32(), lambda r: len(r.figures)),
    Column("statement", TEXT, lambda r: r.statement),
    Column("body", pa.binary(), body),
)
REUSE_SCHEMA: pa.Schema = columnar((), _COLUMNS).schema
_GROUP = 1_000


def write_reuse(path: Path, found: Iterable[Reuse]) -> None:
    """Write it, one row a pair of studies and kind, some at a time in memory."""
    rows = iter(found)
    with (
        on_disk("write the table", path),
        pq.ParquetWriter(path, REUSE_SCHEMA, **options(REUSE_SCHEMA, ("body",))) as writer,
    ):
        while some := list(itertools.islice(rows, _GROUP)):
            writer.write_table(columnar(some, _COLUMNS))


def read_reuse(path: Path) -> tuple[Reuse, ...]:
    """Read it in the order written."""
    return decode(path, load(path, ["body"]).column("body").to_pylist(), Reuse)
