"""The table of records: every version of each, where its content is, and which one speaks.

``records.parquet`` names each version and the part and row that hold its content. It is sorted by
record and version, so that one record is found without looking at the others.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trialweave.model import Record, RecordKind
from trialweave.store import _parts
from trialweave.store._columns import columnar, damaged, decode, load, save
from trialweave.store._files import on_disk
from trialweave.store._parts import Body

__all__ = [
    "RECORD_SCHEMA",
    "Head",
    "marked",
    "read_all_heads",
    "read_current",
    "read_facts",
    "read_heads",
    "read_record",
    "read_records",
    "read_sketches",
    "valid_from",
    "versions_held",
    "write_heads",
]

T = TypeVar("T")

_NAME = "records.parquet"
RECORD_SCHEMA: pa.Schema = pa.schema(
    [
        *columnar((), _parts.HEADS).schema,
        ("version", pa.int32()),
        ("part", pa.int32()),
        ("row", pa.int32()),
        ("current", pa.bool_()),
    ]
)
"""The declared columns of `records`. `changed` is the first day that `stated` can mean."""


class Head(msgspec.Struct, frozen=True):
    """One version of a record, without its content."""

    record_id: str
    source: str
    identifier: str
    kind: RecordKind
    title: str
    stated: str | None
    changed: dt.date | None
    received_at: dt.datetime
    name: str
    digest: str
    sha256: str
    start: int
    end: int
    version: int
    part: int
    row: int
    current: bool

    @property
    def valid_from(self) -> dt.date:
        """The day from which this is what the source says: that which the record states as its
        last change, or else the day on which it was received."""
        return self.changed or self.received_at.date()


def marked(heads: pa.Table, as_of: dt.date | None = None) -> pa.Table:
    """Sort heads by record and version, and mark the current one of each: `Record.precedence`.

    With `as_of` only versions are kept that held by that day: see `Head.valid_from`.
    """
    if "current" in heads.column_names:
        heads = heads.drop_columns(["current"])
    if as_of is not None:
        heads = heads.filter(pc.less_equal(valid_from(heads), pa.scalar(as_of, pa.date32())))
    heads = heads.combine_chunks()
    keys = [("record_id", "ascending"), ("changed", "ascending"), ("version", "ascending")]
    best = pc.sort_indices(heads, sort_keys=[(*key, "at_start") for key in keys]).to_numpy()
    ids = heads.column("record_id").to_numpy()[best]
    last = np.ones(len(ids), bool)
    last[:-1] = ids[1:] != ids[:-1]
    current = np.zeros(len(ids), bool)
    current[best[last]] = True
    heads = heads.append_column("current", pa.array(current))
    return heads.sort_by([("record_id", "ascending"), ("version", "ascending")]).cast(RECORD_SCHEMA)


def valid_from(heads: pa.Table) -> pa.ChunkedArray:
    """The day from which each version holds: see `Head.valid_from`."""
    received = pc.cast(heads.column("received_at"), pa.date32(), safe=False)
    return pc.coalesce(heads.column("changed"), received)


def write_heads(folder: Path, heads: pa.Table) -> None:
    """Write the table of records of a generation. `heads` as `marked` gives them."""
    save(folder / _NAME, heads)


def read_heads(folder: Path, record_id: str) -> tuple[Head, ...]:
    """All versions of one record, rising; none where there is no such record."""
    table = _opened(folder)
    return tuple(table.head(place) for place in table.places(record_id))


def read_records(
    folder: Path, wanted: Iterable[str] | None = None, *, current: bool = False
) -> tuple[Record, ...]:
    """Read the records, or those with the ids `wanted`; with `current`, one version of each.

    Without `wanted` the order is that of ids and versions; with it that of `wanted`, versions
    rising, and ids that are not there are left out. Raises WorkspaceError where a file is damaged.
    """
    table = _opened(folder)
    if wanted is None:
        places: Sequence[int] = range(len(table.ids))
    else:
        places = [place for record_id in wanted for place in table.places(record_id)]
    heads = [table.head(place) for place in places if not current or table.is_current(place)]
    return _with_bodies(folder, heads)


def read_record(folder: Path, record_id: str, version: int | None = None) -> Record | None:
    """Read one record in one version, or in its current one; None where there is none."""
    for head in read_heads(folder, record_id):
        if head.current if version is None else head.version == version:
            return _with_bodies(folder, [head])[0]
    return None


def read_all_heads(folder: Path) -> pa.Table:
    """The table of records whole, as it was written."""
    return _opened(folder).heads


def versions_held(folder: Path) -> Callable[[str], list[tuple[int, str]]]:
    """A function that tells the versions of a record as (version, digest), versions rising."""
    table = _opened(folder)

    def held(record_id: str) -> list[tuple[int, str]]:
        versions, digests = table.heads.column("version"), table.heads.column("digest")
        places = table.places(record_id)
        return [(versions[place].as_py(), digests[place].as_py()) for place in places]

    return held


def read_facts(folder: Path) -> Iterator[bytes]:
    """What linking needs to know of the current version of every record, as it was encoded."""
    return _parts.each(folder, _opened(folder).current_rows(), "facts")


def read_sketches(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The sketch of the current version of every record with its id."""
    table = _opened(folder)
    rows = table.current_rows()
    names = {table.place(at): name for at, name in enumerate(table.ids) if table.is_current(at)}
    places = ((part, row) for part in sorted(rows) for row in sorted(rows[part]))
    for place, cell in zip(places, _parts.each(folder, rows, "sketch"), strict=True):
        yield names[place], cell


def read_current(folder: Path, wanted: Iterable[str], column: str, kind: type[T]) -> dict[str, T]:
    """One column of the current versions of some records, decoded as `kind`, by record id."""
    table = _opened(folder)
    places = {
        record_id: table.place(at)
        for record_id in wanted
        for at in table.places(record_id)
        if table.is_current(at)
    }
    found = _parts.pick(folder, places.values(), column)
    decoder = msgspec.msgpack.Decoder(kind)
    return {record_id: decoder.decode(found[place]) for record_id, place in places.items()}


def _with_bodies(folder: Path, heads: Sequence[Head]) -> tuple[Record, ...]:
    places = [(head.part, head.row) for head in heads]
    found = _parts.pick(folder, places)
    bodies = decode(folder / _parts.FOLDER, (found[place] for place in places), Body)
    return tuple(_record(head, body) for head, body in zip(heads, bodies, strict=True))


def _record(head: Head, body: Body) -> Record:
    return Record(
        record_id=head.record_id,
        version=head.version,
        source=head.source,
        identifier=head.identifier,
        kind=head.kind,
        digest=head.digest,
        sha256=head.sha256,
        start=head.start,
        end=head.end,
        name=head.name,
        received_at=head.received_at,
        stated=body.stated,
        trial=body.trial,
        publication=body.publication,
    )


@dataclass(frozen=True)
class _Table:
    """The opened table: `ids` sorted, a row of `heads` for each."""

    heads: pa.Table
    ids: list[str]

    def places(self, record_id: str) -> range:
        start = bisect.bisect_left(self.ids, record_id)
        end = start
        while end < len(self.ids) and self.ids[end] == record_id:
            end += 1
        return range(start, end)

    def is_current(self, place: int) -> bool:
        return bool(self.heads.column("current")[place].as_py())

    def place(self, at: int) -> tuple[int, int]:
        """Part and row of a line of the table."""
        return self.heads.column("part")[at].as_py(), self.heads.column("row")[at].as_py()

    def head(self, place: int) -> Head:
        columns = self.heads.columns
        return Head(*(column[place].as_py() for column in columns))

    def current_rows(self) -> dict[int, list[int]]:
        """The rows of current versions by part."""
        rows: dict[int, list[int]] = {}
        cells = (self.heads.column(name).to_pylist() for name in ("part", "row", "current"))
        for part, row, current in zip(*cells, strict=True):
            if current:
                rows.setdefault(part, []).append(row)
        return rows


def _opened(folder: Path) -> _Table:
    path = folder / _NAME
    with on_disk("read the table", path):
        status = path.stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=8)
def _opened_at(path: Path, _identity: tuple[int, int, int]) -> _Table:
    heads = load(path, RECORD_SCHEMA.names).combine_chunks()
    if not heads.schema.equals(RECORD_SCHEMA):
        raise damaged(path)
    return _Table(heads, heads.column("record_id").to_pylist())
