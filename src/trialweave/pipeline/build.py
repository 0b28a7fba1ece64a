"""From all records to a generation: studies, their checks, the search index, the commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trialweave.appraisal import appraise
from trialweave.model import Check, Conflict, Record, Study
from trialweave.pipeline.annotating import annotate
from trialweave.pipeline.carrying import Carried, carried, nothing_carried
from trialweave.pipeline.correcting import apply, changed_since
from trialweave.pipeline.reusing import reused
from trialweave.pipeline.said import Said
from trialweave.pipeline.searching import Searched, document_of
from trialweave.store import arrays, index, tables
from trialweave.store.generations import Generation, Staging
from trialweave.studies import Compared, Packed, pack, unpack, weave_profiles
from trialweave.studies.notices import notices
from trialweave.studies.reconciliation import conflicts

__all__ = ["build"]

# Studies at a time: few with all that their records say, many with what is searched of them.
_AT_ONCE = 100
_SEARCHED = 2000
_COMPARED = "compared.npz"


def build(
    staging: Staging,
    heads: pa.Table,
    said: Said,
    since: Generation | None = None,
    *,
    goes_on: bool = True,
) -> None:
    """Derive everything from the current versions and write it; the caller commits.

    `heads` are those of all versions, marked (`tables.marked`); their parts are in the staging.
    `said` is what people said (which records belong together, what of findings and of terms is
    wrong), and which vocabularies are in use. What
    `since`, the generation before, holds of studies that are as they were is taken over from it.
    Where another may follow (`goes_on`), what it needs is written too.
    """
    folder = staging.path
    tables.write_heads(folder, heads)
    profiles = Packed(tables.read_facts(folder))
    woven = weave_profiles(profiles, said.decisions, _known(since))
    if goes_on:
        arrays.save_arrays(folder / _COMPARED, pack(woven.compared))
    study_of = {name: study.study_id for study in woven.studies for name in study.record_ids}
    noticed = notices(profiles.identities, study_of)
    tables.write_notices(staging.file("notices"), noticed)
    studies, links = woven.studies, woven.links
    del profiles, woven  # not needed any more, and one for every record
    tables.write_studies(staging.file("studies"), studies)
    tables.write_links(staging.file("links"), links)
    tables.write_trials(folder, heads, study_of)
    tables.write_findings(folder, heads, study_of)
    settled = apply(folder, heads, study_of, said.corrections)
    before = nothing_carried()
    if since is not None:
        before = carried(since, heads, studies, changed_since(since, settled))
    tables.write_reuse(staging.file("reuse"), reused(folder, studies, links, before))
    others = [study for study in studies if study.study_id not in before.studies]
    flagged = tables.write_checks(
        staging.file("checks"), _checks(folder, others, heads), before.rows("checks")
    )
    tables.write_conflicts(
        staging.file("conflicts"), _conflicts(folder, others), before.rows("conflicts")
    )
    _index(staging, studies, flagged, before)
    annotate(staging, heads, said, since if goes_on else staging.base)


def _known(since: Generation | None) -> Compared | None:
    return None if since is None else unpack(arrays.load_arrays(since.path / _COMPARED))


def _checks(folder: Path, studies: Sequence[Study], heads: pa.Table) -> Iterator[Check]:
    """The checks of studies, in the order of the studies."""
    found = tables.PackedFindings(folder / "findings.parquet")
    several = _with_versions(heads)
    for study, records in _with_records(folder, studies):
        stated = [finding for record in records for finding in found[record.record_id]]
        by_id = {record.record_id: record for record in records}
        versions = {name: tables.read_records(folder, [name]) for name in by_id.keys() & several}
        yield from appraise(study, by_id, stated, versions=versions)


def _with_versions(heads: pa.Table) -> set[str]:
    """The records of which there are several versions."""
    names, counts = pc.value_counts(heads.column("record_id")).flatten()
    return set(names.filter(pc.greater(counts, 1)).to_pylist())


def _conflicts(folder: Path, studies: Sequence[Study]) -> Iterator[Conflict]:
    """Where the records of a study differ, in the order of the studies."""
    several = [study for study in studies if len(study.record_ids) > 1]
    for study, records in _with_records(folder, several):
        yield from conflicts(study, records)


def _with_records(
    folder: Path, studies: Sequence[Study]
) -> Iterator[tuple[Study, tuple[Record, ...]]]:
    """Studies with their current records, some at a time, so that each file group is read once."""
    for start in range(0, len(studies), _AT_ONCE):
        some = studies[start : start + _AT_ONCE]
        wanted = [name for study in some for name in study.record_ids]
        records = tables.read_records(folder, wanted, current=True)
        by_id = {record.record_id: record for record in records}
        for study in some:
            yield study, tuple(by_id[name] for name in study.record_ids)


def _index(
    staging: Staging, studies: Sequence[Study], flagged: frozenset[str], before: Carried
) -> None:
    stays = before.searched(flagged)
    others = [study for study in studies if study.study_id not in stays]
    documents = _documents(staging.path, others, flagged)
    if before.index is None or not stays:
        index.build(staging.index, documents)
    else:
        index.further(before.index, staging.index, before.all - stays, documents)


def _documents(
    folder: Path, studies: Iterable[Study], flagged: frozenset[str]
) -> Iterator[index.StudyDocument]:
    studies = tuple(studies)
    for start in range(0, len(studies), _SEARCHED):
        some = studies[start : start + _SEARCHED]
        wanted = [name for study in some for name in study.record_ids]
        told = tables.read_current(folder, wanted, "searched", Searched)
        for study in some:
            records = [told[name] for name in study.record_ids]
            yield document_of(study, records, flagged=study.study_id in flagged)
