"""What people said of findings, on its way into a generation."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from trialweave.errors import WorkspaceError
from trialweave.model import Correction
from trialweave.pipeline.said import said
from trialweave.store import corrections, formats, tables
from trialweave.store.corrections import Corrections, Log
from trialweave.store.generations import Generation, Generations
from trialweave.studies.corrected import Settled, settle

__all__ = ["apply", "changed_since", "recorrect"]


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
