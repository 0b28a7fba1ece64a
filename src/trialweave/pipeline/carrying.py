"""What the generation before holds of studies that are as they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trialweave.model import Study
from trialweave.model.reuse import Reuse
from trialweave.store import tables
from trialweave.store.generations import Generation

__all__ = ["Carried", "carried", "nothing_carried"]


@dataclass(frozen=True)
class Carried:
    """`studies` are the ids of those that have the same records in the same versions, under the
    same numbers; `all` are those of the generation before, `flagged` those with a flag then."""

    studies: frozenset[str]
    all: frozenset[str]
    flagged: frozenset[str]
    base: Generation | None

    @property
    def index(self) -> Path | None:
        """The search index of the generation before."""
        return self.base.index if self.base is not None else None

    def rows(self, name: str) -> pa.Table | None:
        """The rows of a table that are about those studies; None where there is nothing before."""
        if self.base is None:
            return None
        table = self.base.table(name)
        return table.filter(
            pc.is_in(table.column("study_id"), pa.array(sorted(self.studies), pa.string()))
        )

    def reuse(self) -> tuple[Reuse, ...]:
        """What records of two studies had in common."""
        return () if self.base is None else tables.read_reuse(self.base.file("reuse"))

    def searched(self, flagged: frozenset[str]) -> frozenset[str]:
        """Those of the studies of which the search index says what it would say now."""
        return self.studies - (flagged ^ self.flagged)


def nothing_carried() -> Carried:
    """Where there is no generation before."""
    return Carried(frozenset(), frozenset(), frozenset(), None)


def carried(
    base: Generation, heads: pa.Table, studies: Sequence[Study], corrected: Set[str] = frozenset()
) -> Carried:
    """Compare the studies with those of a generation; `heads` are those of now, marked;
    `corrected` the records of whose findings people said something else then."""
    before = {study.study_id: study for study in tables.read_studies(base.file("studies"))}
    held, now = _current(tables.read_all_heads(base.path)), _current(heads)
    other = {record for record, version in now.items() if held.get(record) != version} | corrected
    same = frozenset(
        study.study_id
        for study in studies
        if before.get(study.study_id) == study and other.isdisjoint(study.record_ids)
    )
    checks = base.table("checks", ["study_id", "verdict"])
    flags = checks.filter(pc.equal(checks.column("verdict"), "flag")).column("study_id")
    return Carried(same, frozenset(before), frozenset(flags.to_pylist()), base)


def _current(heads: pa.Table) -> dict[str, tuple[int, int]]:
    """The number of the current version of every record, and how many versions there are."""
    count = Counter(heads.column("record_id").to_pylist())
    current = heads.filter(heads.column("current"))
    names, versions = (current.column(name).to_pylist() for name in ("record_id", "version"))
    return {name: (one, count[name]) for name, one in zip(names, versions, strict=True)}
