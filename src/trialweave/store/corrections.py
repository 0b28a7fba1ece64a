"""What people said of findings, in ``corrections.jsonl``: a `store._chain`; and what followed from
it for a generation, in its ``corrected.json``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trialweave.model import Correction, Finding
from trialweave.store import _chain
from trialweave.store._chain import following, whole
from trialweave.store._columns import TEXT, damaged, options
from trialweave.store._files import on_disk, write
from trialweave.store._flat import flat_findings
from trialweave.store.tables import SCHEMAS

__all__ = [
    "Corrections",
    "Log",
    "chained",
    "read_settled",
    "replace_findings",
    "whole",
    "write_settled",
]

T = TypeVar("T")

Log: TypeAlias = _chain.Log[Correction]
"""The corrections on the disk."""

_SETTLED: Final = "corrected.json"


class Corrections(_chain.Chain[Correction]):
    """The corrections of the workspace at `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            Path(root) / "corrections.jsonl",
            Correction,
            name="corrections",
            one="correction",
            export="corrections --export",
        )


def chained(entries: Sequence[Correction], *, at: dt.datetime, **said: Any) -> Correction:
    """The correction that follows on `entries`; `said` are its other fields."""
    return following(Correction, entries, at=at, **said)


def write_settled(folder: Path, settled: Sequence[msgspec.Struct]) -> None:
    """Write what followed from corrections, record by record, into a generation's folder."""
    with on_disk("write what was corrected", folder):
        write(folder / _SETTLED, msgspec.json.encode(settled))


def read_settled(folder: Path, kind: type[T]) -> tuple[T, ...]:
    """Read what `write_settled` wrote, as `kind`; nothing where nothing was corrected."""
    path = folder / _SETTLED
    with on_disk("read what was corrected", path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return ()
    try:
        return msgspec.json.decode(data, type=tuple[kind, ...])  # type: ignore[valid-type]
    except msgspec.MsgspecError as error:
        raise damaged(path) from error


def replace_findings(
    path: Path, records: Collection[str], findings: Sequence[Finding], study_of: Mapping[str, str]
) -> None:
    """Put `findings` in the place of those of `records` in a generation's table of findings.

    Rows pass through some at a time; the new ones come last.
    """
    schema = SCHEMAS["findings"]
    scratch = path.with_suffix(".new")
    gone = pa.array(sorted(records), TEXT)
    with on_disk("write the table", path):
        with (
            pq.ParquetFile(path) as before,
            pq.ParquetWriter(scratch, schema, **options(schema, ("body", "record_id"))) as writer,
        ):
            for batch in before.iter_batches():
                kept = batch.filter(pc.invert(pc.is_in(batch.column("record_id"), gone)))
                if len(kept):
                    writer.write_table(pa.Table.from_batches([kept]).cast(schema))
            if findings:
                rows = flat_findings([findings])
                studies = [study_of.get(name) for name in rows.column("record_id").to_pylist()]
                rows = rows.append_column("study_id", pa.array(studies, TEXT))
                writer.write_table(rows.select(schema.names).cast(schema))
        scratch.replace(path)
