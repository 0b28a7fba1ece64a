"""Parts: what one writing adds to the records, as Parquet files that later generations carry over.

A part holds, row for row, the records that were new: ``NNNNNN.bodies`` (the harmonised content,
what linking needs to know, what is searched, and a sketch of the text), ``NNNNNN.trials`` (the
flat columns for SQL) and ``NNNNNN.findings``. Which row is which version of which record stands in
the table of records.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trialweave.model import Finding, PartialDate, Publication, Record, Trial
from trialweave.store._columns import TEXT, Column, body, columnar, damaged, options
from trialweave.store._files import on_disk
from trialweave.store._flat import FINDINGS, flat_findings, flat_trials

__all__ = [
    "FILES",
    "FOLDER",
    "HEADS",
    "PLAIN",
    "Batch",
    "Body",
    "PartWriter",
    "batch_of",
    "each",
    "part_path",
    "part_rows",
    "pick",
]

FOLDER = "parts"
FILES = ("bodies", "trials", "findings")
_GROUP_BYTES = 1 << 18  # bodies in one row group: what reading one record has to unpack
_GROUP_ROWS = 8192  # of flat columns
_BYTES = ("body", "facts", "searched", "sketch")
PLAIN = (*_BYTES, "digest", "title", "record_id", "identifier", "doi", "pmid")


class Body(msgspec.Struct, frozen=True, array_like=True):
    """What a record says, without its name: that stands in the table of records."""

    stated: PartialDate | None = None
    trial: Trial | None = None
    publication: Publication | None = None


HEADS: tuple[Column[Record], ...] = (
    Column("record_id", TEXT, lambda r: r.record_id),
    Column("source", TEXT, lambda r: r.source),
    Column("identifier", TEXT, lambda r: r.identifier),
    Column("kind", TEXT, lambda r: r.kind),
    Column("title", TEXT, lambda r: r.title),
    Column("stated", TEXT, lambda r: None if r.stated is None else str(r.stated)),
    Column("changed", pa.date32(), lambda r: None if r.stated is None else r.stated.earliest),
    Column("received_at", pa.timestamp("us", tz="UTC"), lambda r: r.received_at),
    Column("name", TEXT, lambda r: r.name),
    Column("digest", TEXT, lambda r: r.digest),
    Column("sha256", TEXT, lambda r: r.sha256),
    Column("start", pa.int64(), lambda r: r.start),
    Column("end", pa.int64(), lambda r: r.end),
)
_BODIES = pa.schema([(name, pa.binary()) for name in _BYTES])


@dataclass(frozen=True)
class Batch:
    """Records on their way to the disk, as columns; `heads`, `bodies`, `trials` row for row.

    The column `at` of `findings` is the row of the record that states them.
    """

    heads: pa.Table
    bodies: pa.Table
    trials: pa.Table
    findings: pa.Table

    def take(self, rows: Sequence[int]) -> Batch:
        """The same with some of the rows, which are rising."""
        if len(rows) == len(self.heads):
            return self
        chosen = pa.array(rows, pa.int64())
        place = np.full(len(self.heads), -1, np.int64)
        place[list(rows)] = np.arange(len(rows))
        at = place[self.findings.column("at").to_numpy()]
        kept = self.findings.filter(pa.array(at >= 0))
        column = self.findings.schema.get_field_index("at")
        return Batch(
            self.heads.take(chosen),
            self.bodies.take(chosen),
            self.trials.take(chosen),
            kept.set_column(column, FINDINGS.field("at"), pa.array(at[at >= 0], pa.int32())),
        )


def batch_of(
    records: Sequence[Record],
    findings: Sequence[Sequence[Finding]],
    *,
    facts: Sequence[bytes],
    searched: Sequence[bytes],
    sketches: Sequence[bytes] = (),
) -> Batch:
    """Columns of some records, their findings, and, encoded by the caller, what linking needs to
    know of each (`facts`), what is searched of it, and the sketch of its text, where it has one."""
    bodies = [body(Body(r.stated, r.trial, r.publication), r.record_id) for r in records]
    return Batch(
        columnar(records, HEADS),
        pa.table(
            [bodies, list(facts), list(searched), list(sketches) or [b""] * len(bodies)],
            schema=_BODIES,
        ),
        flat_trials(records),
        flat_findings(findings),
    )


class PartWriter:
    """Writes one part. Nothing is written until the first batch comes."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder / FOLDER
        self._number = number
        self._open = ExitStack()
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {"trials": [], "findings": []}
        self._heads: list[pa.Table] = []
        self.rows = 0

    def add(self, batch: Batch, versions: Sequence[int]) -> None:
        """Add a batch, whose rows are the versions given."""
        if not versions:
            return
        with on_disk("write the records", self._folder):
            self._write("bodies", batch.bodies, _groups(batch.bodies))
            at = pc.add(batch.findings.column("at"), pa.scalar(self.rows, pa.int32()))
            column = batch.findings.schema.get_field_index("at")
            findings = batch.findings.set_column(column, FINDINGS.field("at"), at)
            for name, table in (("trials", batch.trials), ("findings", findings)):
                self._waiting[name].append(table)
                if sum(map(len, self._waiting[name])) >= _GROUP_ROWS:
                    self._flush(name)
        count = len(versions)
        self._heads.append(
            batch.heads.append_column("version", pa.array(versions, pa.int32()))
            .append_column("part", pa.array([self._number] * count, pa.int32()))
            .append_column("row", pa.array(range(self.rows, self.rows + count), pa.int32()))
        )
        self.rows += count

    def close(self) -> pa.Table | None:
        """Finish the files; the heads of what was written, None where nothing was."""
        with on_disk("write the records", self._folder):
            for name, waiting in self._waiting.items():
                if waiting:
                    self._flush(name)
            self._open.close()
        return pa.concat_tables(self._heads) if self._heads else None

    def _flush(self, name: str) -> None:
        tables = self._waiting[name]
        self._write(name, pa.concat_tables(tables).combine_chunks(), [_GROUP_ROWS])
        tables.clear()

    def _write(self, name: str, table: pa.Table, sizes: Sequence[int]) -> None:
        writer = self._writers.get(name)
        if writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = part_path(self._folder.parent, self._number, name)
            made = pq.ParquetWriter(path, table.schema, **options(table.schema, PLAIN))
            writer = self._writers[name] = self._open.enter_context(made)
        start = 0
        for size in sizes:
            writer.write_table(table.slice(start, size), row_group_size=size)
            start += size
        if start < len(table):
            writer.write_table(table.slice(start), row_group_size=sizes[-1] if sizes else None)


def _groups(bodies: pa.Table) -> list[int]:
    """How many rows go into each row group, so that one holds about `_GROUP_BYTES`."""
    lengths = pc.binary_length(bodies.column("body")).to_pylist()
    sizes, count, held = [], 0, 0
    for length in lengths:
        count, held = count + 1, held + length
        if held >= _GROUP_BYTES:
            sizes.append(count)
            count = held = 0
    return [*sizes, count] if count else sizes


def part_path(folder: Path, number: int, name: str) -> Path:
    """Where the file `name` of a part is, in the folder of a generation."""
    return folder / FOLDER / f"{number:06d}.{name}.parquet"


@dataclass(frozen=True)
class _Bodies:
    """An opened file of bodies: its Parquet footer, read once, and where each row group starts."""

    path: Path
    footer: pq.FileMetaData
    starts: tuple[int, ...]

    def group(self, row: int) -> int:
        return bisect.bisect_right(self.starts, row) - 1

    def read(self, group: int, column: str) -> pa.ChunkedArray:
        with on_disk("read the records", self.path):
            # An opened Parquet file is not to be shared between threads; its footer may be.
            file = pq.ParquetFile(self.path, metadata=self.footer, page_checksum_verification=True)
            try:
                return file.read_row_group(group, columns=[column], use_threads=False).column(
                    column
                )
            except pa.ArrowInvalid as error:
                raise damaged(self.path) from error


def _opened(folder: Path, part: int) -> _Bodies:
    path = part_path(folder, part, "bodies")
    with on_disk("read the records", path):
        status = path.stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=256)
def _opened_at(path: Path, _identity: tuple[int, int, int]) -> _Bodies:
    with on_disk("read the records", path):
        try:
            footer = pq.read_metadata(path)
        except pa.ArrowInvalid as error:
            raise damaged(path) from error
    sizes = (footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    return _Bodies(path, footer, tuple(itertools.accumulate(sizes, initial=0))[:-1])


def pick(
    folder: Path, places: Iterable[tuple[int, int]], column: str = "body"
) -> dict[tuple[int, int], bytes]:
    """The cells at (part, row), unpacking each row group that they touch once."""
    touched: dict[tuple[int, int], list[int]] = {}
    for part, row in places:
        touched.setdefault((part, _opened(folder, part).group(row)), []).append(row)
    found: dict[tuple[int, int], bytes] = {}
    for (part, group), rows in touched.items():
        file = _opened(folder, part)
        cells = file.read(group, column)
        for row in rows:
            found[part, row] = cells[row - file.starts[group]].as_py()
    return found


def each(folder: Path, wanted: Mapping[int, Sequence[int]], column: str) -> Iterator[bytes]:
    """The cells of the rows `wanted` of each part, in the order of the files, a group at a time."""
    for part in sorted(wanted):
        file = _opened(folder, part)
        rows = sorted(wanted[part])
        for group, held in itertools.groupby(rows, file.group):
            cells = file.read(group, column)
            for row in held:
                yield cells[row - file.starts[group]].as_py()


def part_rows(
    folder: Path,
    part: int,
    name: str,
    change: Callable[[pa.Table], pa.Table],
) -> Iterator[pa.Table]:
    """The rows of a flat file of a part, some thousands at a time, each through `change`."""
    path = part_path(folder, part, name)
    with on_disk("read the records", path):
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for group in range(file.num_row_groups):
                    yield change(file.read_row_group(group))
        except pa.ArrowInvalid as error:
            raise damaged(path) from error
