"""Arrow tables built column by column, to Parquet and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.errors import WorkspaceError
from trialweave.store._files import on_disk

__all__ = [
    "TEXT",
    "TEXTS",
    "Column",
    "body",
    "columnar",
    "damaged",
    "decode",
    "load",
    "options",
    "save",
]

T = TypeVar("T")

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
_LEVEL = 1  # zstd: bodies repeat themselves so much that higher levels gain little
_ENCODE = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: its name, its Arrow type, and how to get its cell from an item."""

    name: str
    type: pa.DataType
    cell: Callable[[T], Any]


def columnar(items: Sequence[T], columns: Sequence[Column[T]]) -> pa.Table:
    """Build a table with the declared types, one array a column, never through dict rows."""
    arrays = [pa.array([c.cell(item) for item in items], type=c.type) for c in columns]
    return pa.Table.from_arrays(arrays, schema=pa.schema([(c.name, c.type) for c in columns]))


def body(item: Any, name: str = "") -> bytes:
    """An item whole, as MessagePack; `name` is what an error calls it."""
    try:
        return _ENCODE(item)
    except (OverflowError, UnicodeEncodeError) as error:
        name = name or next((str(getattr(item, field)) for field in item.__struct_fields__), "")
        raise WorkspaceError(f"this cannot be stored: {error}.", where=name) from error


def options(schema: pa.Schema, plain: Sequence[str]) -> dict[str, Any]:
    """How our Parquet files are written; `plain` columns, all different, get no dictionary."""
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "use_dictionary": [name for name in schema.names if name not in plain],
        "write_statistics": False,
        "write_page_checksum": True,
    }


def save(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet. Raises WorkspaceError where the disk refuses."""
    with on_disk("write the table", path):
        pq.write_table(table, path, **options(table.schema, ("body",)))


def load(path: Path, columns: Sequence[str]) -> pa.Table:
    """Read columns of a Parquet file. Raises WorkspaceError where it is damaged or absent."""
    with on_disk("read the table", path):
        try:
            return pq.ParquetFile(path, page_checksum_verification=True).read(columns=list(columns))
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise damaged(path) from error


def decode(path: Path, bodies: Iterable[bytes], kind: type[T]) -> tuple[T, ...]:
    """Decode bodies; WorkspaceError where they are damaged or of an incompatible version."""
    decoder = msgspec.msgpack.Decoder(kind)
    try:
        return tuple(map(decoder.decode, bodies))
    except msgspec.MsgspecError as error:
        raise damaged(path) from error


def damaged(path: Path) -> WorkspaceError:
    """The error for a table that cannot be understood."""
    return WorkspaceError(
        "the table is damaged, or was written by another version of the program.", where=str(path)
    )
