"""Writing what is new of prepared records: the archive, the versions, the part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from trialweave.model import Received
from trialweave.records.versions import Held, Numbering
from trialweave.store import formats, tables
from trialweave.store.archive import Archive
from trialweave.store.generations import Staging
from trialweave.store.tables import Batch, PartWriter

__all__ = ["Taking"]


def _none(_record_id: str) -> Sequence[tuple[int, str]]:
    return ()


class Taking:
    """One writing: `take` each batch, then `heads` once, inside the staging.

    With `afresh` the records of the base generation are forgotten.
    """

    def __init__(self, staging: Staging, archive: Archive, *, afresh: bool = False) -> None:
        self._archive = archive
        self._folder = staging.path
        self._base: pa.Table | None = None
        self._afresh = afresh
        self._settled: set[str] = set()  # documents that the base has records of
        held: Held = _none
        number = 1
        if staging.base is not None and not afresh:
            formats.check(staging.base)
            self._base = tables.read_all_heads(staging.base.path)
            held = tables.versions_held(staging.base.path)
            self._settled = set(self._base.column("sha256").unique().to_pylist())
            number = pc.max(self._base.column("part")).as_py() + 1
            staging.carry(tables.PARTS)
        self._numbering = Numbering(held)
        self._part = PartWriter(staging.path, number)
        self._kept = ""

    @property
    def new(self) -> int:
        """How many versions of records were new so far."""
        return self._part.rows

    def take(self, received: Received, at: dt.datetime, batch: Batch) -> int:
        """Write what is new of a batch; how many records that is.

        The document is kept with the first of its records that is new. One that an earlier writing
        kept, and did not come to commit, counts as received now: its records state that time.
        """
        rows, versions = [], []
        names = (batch.heads.column(name).to_pylist() for name in ("record_id", "digest"))
        for row, (record_id, digest) in enumerate(zip(*names, strict=True)):
            version = self._numbering.version_of(record_id, digest)
            if version is not None:
                rows.append(row)
                versions.append(version)
        if rows and self._kept != received.sha256:
            lost = not self._afresh and received.sha256 not in self._settled
            self._archive.keep(received, at, anew=lost)
            self._kept = received.sha256
        self._part.add(batch.take(rows), versions)
        return len(rows)

    def heads(self) -> tuple[pa.Table, pa.Table | None]:
        """Finish the part: the heads of all versions, marked, and those of the new ones alone."""
        new = self._part.close()
        held = [] if self._base is None else [self._base.drop_columns(["current"])]
        held += [] if new is None else [new]
        heads = tables.merged(self._folder, pa.concat_tables(held))
        return tables.marked(heads), new
