"""Small parts made one, so that a workspace of many small updates stays quick to open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trialweave.store._columns import damaged, options
from trialweave.store._files import on_disk
from trialweave.store._flat import FINDINGS
from trialweave.store._parts import FILES, PLAIN, part_path

__all__ = ["MOST_PARTS", "merged"]

MOST_PARTS = 32
_SMALL = 16 << 20  # bytes of bodies; a larger part is never written again


def merged(folder: Path, heads: pa.Table) -> pa.Table:
    """Where a generation in the making has more than `MOST_PARTS`, write its small ones as one.

    `folder` holds the parts, whose files are links to those of other generations and only
    unlinked here. Gives the heads with their new parts and rows.
    """
    numbers = np.unique(heads.column("part").to_numpy())
    if len(numbers) <= MOST_PARTS:
        return heads
    with on_disk("merge the records", folder):
        sizes = {int(n): part_path(folder, int(n), "bodies").stat().st_size for n in numbers}
        small = [number for number, size in sizes.items() if size < _SMALL]
        if len(small) < 2:
            return heads
        target = max(sizes) + 1
        starts = _starts(folder, small)
        for name in FILES:
            _copy(folder, small, starts, name, target)
        for number in small:
            for name in FILES:
                part_path(folder, number, name).unlink(missing_ok=True)
    return _moved(heads, starts, target)


def _starts(folder: Path, small: list[int]) -> dict[int, int]:
    """The row at which each of the parts begins in the one that they become."""
    starts, rows = {}, 0
    for number in small:
        starts[number] = rows
        rows += pq.read_metadata(part_path(folder, number, "bodies")).num_rows
    return starts


def _copy(folder: Path, small: list[int], starts: dict[int, int], name: str, target: int) -> None:
    """One file of the parts, row group by row group."""
    writer: pq.ParquetWriter | None = None
    try:
        for number in small:
            path = part_path(folder, number, name)
            try:
                with pq.ParquetFile(path, page_checksum_verification=True) as file:
                    for group in range(file.num_row_groups):
                        rows = file.read_row_group(group)
                        if "at" in rows.column_names:
                            at = pc.add(rows.column("at"), pa.scalar(starts[number], pa.int32()))
                            column = rows.schema.get_field_index("at")
                            rows = rows.set_column(column, FINDINGS.field("at"), at)
                        if writer is None:
                            chosen = options(rows.schema, PLAIN)
                            made = part_path(folder, target, name)
                            writer = pq.ParquetWriter(made, rows.schema, **chosen)
                        writer.write_table(rows, row_group_size=max(len(rows), 1))
            except pa.ArrowInvalid as error:
                raise damaged(path) from error
    finally:
        if writer is not None:
            writer.close()


def _moved(heads: pa.Table, starts: dict[int, int], target: int) -> pa.Table:
    parts = heads.column("part").to_numpy().copy()
    rows = heads.column("row").to_numpy().copy()
    for number, start in starts.items():
        here = parts == number
        rows[here] += start
    parts[np.isin(parts, list(starts))] = target
    for name, values in (("part", parts), ("row", rows)):
        column = heads.schema.get_field_index(name)
        heads = heads.set_column(column, heads.schema.field(name), pa.array(values, pa.int32()))
    return heads
