"""The table of mentions: which record names which term, where, and how.

Rows of one record stand together, in the order of its fields. Every column but the places is of
few different values, and is kept as a dictionary, in the file and in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trialweave.model import Annotation
from trialweave.store._columns import damaged, options
from trialweave.store._files import on_disk

__all__ = [
    "MENTIONS",
    "codes",
    "having",
    "load_mentions",
    "mentions_of",
    "of_records",
    "rows_of",
    "words_in",
    "write_mentions",
]

_WORD: Final = pa.dictionary(pa.int32(), pa.string())
MENTIONS: Final[pa.Schema] = pa.schema(
    [
        ("record_id", _WORD),
        ("field", _WORD),
        ("role", _WORD),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("matched", _WORD),
        ("vocabulary", _WORD),
        ("term", _WORD),
        ("name", _WORD),
        ("rule", _WORD),
        ("assertion", _WORD),
        ("stands", pa.bool_()),
        ("decided", pa.int32()),
    ]
)
_GROUP: Final = 50_000  # rows written at a time


def write_mentions(path: Path, found: Iterable[Annotation], kept: pa.Table | None = None) -> None:
    """Write the kept rows of an earlier table, and then the annotations, some at a time."""
    rows = iter(found)
    with (
        on_disk("write the table", path),
        pq.ParquetWriter(path, MENTIONS, **options(MENTIONS, ("start", "end"))) as writer,
    ):
        if kept is not None and len(kept):
            writer.write_table(kept.select(MENTIONS.names).cast(MENTIONS).unify_dictionaries())
        while some := list(itertools.islice(rows, _GROUP)):
            writer.write_table(rows_of(some))


def rows_of(annotations: Sequence[Annotation]) -> pa.Table:
    """Annotations as rows of the table."""
    arrays = [
        pa.array([getattr(each, column.name) for each in annotations], column.type)
        for column in MENTIONS
    ]
    return pa.Table.from_arrays(arrays, schema=MENTIONS)


def load_mentions(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read the table, or some of its columns, each dictionary in one piece.

    Raises WorkspaceError where it is damaged or absent.
    """
    names = list(columns or MENTIONS.names)
    words = [name for name in names if MENTIONS.field(name).type == _WORD]
    with on_disk("read the table", path):
        try:
            file = pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=words)
            table = file.read(columns=names)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise damaged(path) from error
    return table.unify_dictionaries().combine_chunks().select(names)


def of_records(table: pa.Table, record_ids: Collection[str]) -> pa.Table:
    """The rows of some records."""
    wanted = frozenset(record_ids)
    held = words_in(table, "record_id")
    of = pa.array([i for i, name in enumerate(held) if name in wanted], pa.int32())
    return table.filter(pc.is_in(codes(table, "record_id"), of))


def mentions_of(table: pa.Table, record_ids: Collection[str]) -> tuple[Annotation, ...]:
    """The annotations of some records, of a table with all columns, in its order."""
    chosen = of_records(table, record_ids)
    columns = (chosen.column(name).to_pylist() for name in MENTIONS.names)
    return tuple(itertools.starmap(Annotation, zip(*columns, strict=True)))


def having(table: pa.Table, name: str, wanted: pa.Array, asked: str) -> list[str]:
    """The different words of column `asked` in the rows whose `name` has one of these codes."""
    rows = table.filter(pc.is_in(codes(table, name), wanted))
    found = codes(rows, asked).unique().to_pylist()
    held = words_in(table, asked)
    return [held[i] for i in found]


def words_in(table: pa.Table, name: str) -> list[str]:
    """The different values of a column, by their code."""
    column = table.column(name).combine_chunks()
    found: list[str] = column.dictionary.to_pylist()
    return found


def codes(table: pa.Table, name: str) -> pa.Array:
    """The codes of a column, one for each row."""
    return table.column(name).combine_chunks().indices
