"""What people said, on its way into a generation: decisions about links, and about findings."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from trialweave.errors import WorkspaceError
from trialweave.model import Correction, Decision
from trialweave.pipeline import families
from trialweave.store import corrections, decisions, formats, tables
from trialweave.store.corrections import Corrections, Log
from trialweave.store.decisions import Decisions
from trialweave.store.generations import Generation, Generations
from trialweave.studies.corrected import Settled, settle

__all__ = ["Said", "apply", "changed_since", "recorrect", "said", "said_by"]


@dataclass(frozen=True)
class Said:
    """Everything that people said, of pairs of records, of findings, and which families of outcomes
    are their own (a digest; see `families`)."""

    decisions: tuple[Decision, ...] = ()
    corrections: tuple[Correction, ...] = ()
    families: str = ""

    @property
    def noted(self) -> dict[str, str]:
        """What a generation built with it notes of it."""
        said = decisions.noted(self.decisions) | Corrections(Path()).noted(self.corrections)
        return said | ({families.NOTED: self.families} if self.families else {})


def said(generations: Generations, base: Generation | None) -> Said:
    """All that was said; WorkspaceError where some is gone that `base` was built with."""
    decided = Decisions(generations.root).read().entries
    file = Corrections(generations.root)
    corrected = file.read().entries
    if base is not None:
        decisions.applied(base, decided)
        file.applied(base, corrected)
    return Said(decided, corrected, families.noted_by(base))


def said_by(generations: Generations, live: Generation) -> Said:
    """What of it a generation was built with."""
    every = said(generations, live)
    count = Corrections(generations.root).applied(live, every.corrections)
    decided = every.decisions[: decisions.applied(live, every.decisions)]
    return dataclasses.replace(every, decisions=decided, corrections=every.corrections[:count])


def apply(
    folder: Path, heads: pa.Table, study_of: Mapping[str, str], entries: Sequence[Correction]
) -> tuple[Settled, ...]:
    """Put into the findings of a generation in the making what people said of them.

    `heads` are those of all versions, marked. What was read is noted beside it. Decisions about
    records that are not here wait until they are.
    """
    by_record: dict[str, list[Correction]] = defaultdict(list)
    for each in entries:
        by_record[each.record_id].append(each)
    if not by_record:
        return ()
    digests = _digests(heads, by_record)
    path = folder / "findings.parquet"
    held = tables.PackedFindings(path)
    settled = tuple(
        settle(name, digest, held[name], by_record[name])
        for name, digest in sorted(digests.items())
    )
    del held
    found = [finding for each in settled for finding in each.findings]
    corrections.replace_findings(path, list(digests), found, study_of)
    corrections.write_settled(folder, settled)
    return settled


def changed_since(base: Generation, settled: Sequence[Settled]) -> frozenset[str]:
    """The records of which a generation held something else by what people said."""
    before = {each.record_id: each for each in corrections.read_settled(base.path, Settled)}
    now = {each.record_id: each for each in settled}
    return frozenset(name for name in before | now if before.get(name) != now.get(name))


def _digests(heads: pa.Table, wanted: Mapping[str, object]) -> dict[str, str]:
    """The digest of the current version of those of the records that are here."""
    current = heads.filter(heads.column("current"))
    names, digests = (current.column(name).to_pylist() for name in ("record_id", "digest"))
    return {name: digest for name, digest in zip(names, digests, strict=True) if name in wanted}


def recorrect(generations: Generations, correct: Callable[[Log], Sequence[Correction]]) -> Log:
    """Take down what somebody says of findings, and derive anew what follows from it.

    `correct` is given what was said so far and gives what to append; as `collect.rederive`.
    """
    from trialweave.pipeline.build import build

    with generations.begin() as staging:
        if staging.base is None:
            raise WorkspaceError("the workspace is empty.", where=str(generations.root))
        formats.check(staging.base)
        before = said(generations, staging.base)
        file = Corrections(generations.root)
        log = file.read()
        entries = correct(log)
        now = dataclasses.replace(before, corrections=(*log.entries, *entries))
        staging.carry(tables.PARTS)
        build(staging, tables.read_all_heads(staging.base.path), now, staging.base)
        file.append(log, *entries)
        generations.commit(staging, formats.FORMATS | now.noted)
    return log
