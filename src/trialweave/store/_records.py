"""The table of records: every version of each, and one of them without decoding the rest."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.model import Record
from trialweave.store._columns import TEXT, Column, body, columnar, damaged, decode, load, options
from trialweave.store._files import on_disk

__all__ = ["RECORD_SCHEMA", "read_record", "read_records", "read_versions", "write_records"]

_GROUP_BYTES = 1 << 20  # bodies in one row group: what reading one record has to unpack


def _columns(current: Collection[tuple[str, int]]) -> tuple[Column[Record], ...]:
    return (
        Column("record_id", TEXT, lambda r: r.record_id),
        Column("version", pa.int32(), lambda r: r.version),
        Column("current", pa.bool_(), lambda r: (r.record_id, r.version) in current),
        Column("source", TEXT, lambda r: r.source),
        Column("identifier", TEXT, lambda r: r.identifier),
        Column("kind", TEXT, lambda r: r.kind),
        Column("title", TEXT, lambda r: r.title),
        Column("stated", TEXT, lambda r: None if r.stated is None else str(r.stated)),
        Column("received_at", pa.timestamp("us", tz="UTC"), lambda r: r.received_at),
        Column("name", TEXT, lambda r: r.name),
        Column("digest", TEXT, lambda r: r.digest),
        Column("sha256", TEXT, lambda r: r.sha256),
        Column("start", pa.int64(), lambda r: r.start),
        Column("end", pa.int64(), lambda r: r.end),
    )


_BODY = pa.field("body", pa.binary())
_UNIQUE = ("body", "digest", "title", "record_id", "identifier")
RECORD_SCHEMA: pa.Schema = columnar((), _columns(())).schema.append(_BODY)
"""The declared columns of `records`; `body` is the whole record as MessagePack."""


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write all versions of all records, in the order given; `current` marks one a record.

    Group by group, so that the bodies are never in memory all at once.
    """
    best: dict[str, Record] = {}
    for record in records:
        held = best.setdefault(record.record_id, record)
        if record.precedence > held.precedence:
            best[record.record_id] = record
    columns = _columns({(r.record_id, r.version) for r in best.values()})
    with (
        on_disk("write the table", path),
        pq.ParquetWriter(path, RECORD_SCHEMA, **options(RECORD_SCHEMA, _UNIQUE)) as writer,
    ):
        for group, bodies in _groups(records):
            table = columnar(group, columns)
            writer.write_table(table.append_column(_BODY, pa.array(bodies, _BODY.type)))


def _groups(records: Sequence[Record]) -> Iterator[tuple[list[Record], list[bytes]]]:
    group: list[Record] = []
    bodies: list[bytes] = []
    size = 0
    for record in records:
        group.append(record)
        bodies.append(body(record))
        size += len(bodies[-1])
        if size >= _GROUP_BYTES:
            yield group, bodies
            group, bodies, size = [], [], 0
    if group:
        yield group, bodies


def read_records(
    path: Path, wanted: Iterable[str] | None = None, *, current: bool = False
) -> tuple[Record, ...]:
    """Read the records, or those with the ids `wanted`; with `current`, one version of each.

    Without `wanted` the order is that of the file; with it that of `wanted`, versions rising, and
    ids that are not there are left out. Raises WorkspaceError where the file is damaged.
    """
    if wanted is None and not current:
        bodies = load(path, ["body"]).column("body").to_pylist()
        return decode(path, bodies, Record)
    table = _opened(path)
    ids = table.rows if wanted is None else wanted
    rows = [row for i in ids for row in table.rows.get(i, ()) if row.current or not current]
    return table.read(sorted(rows, key=lambda r: r.number) if wanted is None else rows)


def read_record(path: Path, record_id: str, version: int | None = None) -> Record | None:
    """Read one record in one version, or in its current one; None where there is none."""
    table = _opened(path)
    for row in table.rows.get(record_id, ()):
        if row.current if version is None else row.version == version:
            return table.read([row])[0]
    return None


def read_versions(path: Path) -> dict[str, list[tuple[int, str]]]:
    """The versions of each record as (version, digest), versions rising: what `admit` needs."""
    return {
        record_id: [(row.version, row.digest) for row in rows]
        for record_id, rows in _opened(path).rows.items()
    }


class _Row(msgspec.Struct, frozen=True, gc=False):
    number: int
    version: int
    current: bool
    digest: str


@dataclass(frozen=True)
class _Table:
    """An opened file: where each record stands, and its Parquet footer, read once."""

    path: Path
    footer: pq.FileMetaData
    starts: tuple[int, ...]
    rows: dict[str, tuple[_Row, ...]]

    def read(self, rows: Sequence[_Row]) -> tuple[Record, ...]:
        """Decode these rows, unpacking each row group that they touch once."""
        groups: dict[int, list[int]] = {}
        for row in rows:
            groups.setdefault(self._group(row.number), []).append(row.number)
        bodies: dict[int, bytes] = {}
        with on_disk("read the table", self.path):
            # An opened Parquet file is not to be shared between threads; its footer may be.
            file = pq.ParquetFile(self.path, metadata=self.footer, page_checksum_verification=True)
            try:
                for group, numbers in groups.items():
                    column = file.read_row_group(group, columns=["body"]).column("body")
                    for number in numbers:
                        bodies[number] = column[number - self.starts[group]].as_py()
            except pa.ArrowInvalid as error:
                raise damaged(self.path) from error
        return decode(self.path, (bodies[row.number] for row in rows), Record)

    def _group(self, number: int) -> int:
        return bisect.bisect_right(self.starts, number) - 1


def _opened(path: Path) -> _Table:
    with on_disk("read the table", path):
        status = path.stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=8)
def _opened_at(path: Path, _identity: tuple[int, int, int]) -> _Table:
    columns = ["record_id", "version", "current", "digest"]
    names = load(path, columns)
    with on_disk("read the table", path):
        try:
            footer = pq.read_metadata(path)
        except pa.ArrowInvalid as error:
            raise damaged(path) from error
    sizes = (footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    rows: dict[str, list[_Row]] = {}
    cells = zip(*(names.column(name).to_pylist() for name in columns), strict=True)
    for number, (record_id, version, current, digest) in enumerate(cells):
        rows.setdefault(record_id, []).append(_Row(number, version, current, digest))
    return _Table(
        path,
        footer,
        tuple(itertools.accumulate(sizes, initial=0))[:-1],
        {key: tuple(sorted(found, key=lambda r: r.version)) for key, found in rows.items()},
    )
