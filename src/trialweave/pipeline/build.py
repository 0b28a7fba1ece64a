"""From all records to a generation: studies, their checks, the search index, the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from trialweave.appraisal import appraise
from trialweave.model import Check, Conflict, Decision, Record, Study
from trialweave.pipeline.searching import Searched, document_of
from trialweave.store import index, tables
from trialweave.store.generations import Staging
from trialweave.studies import Packed, weave_profiles
from trialweave.studies.notices import notices
from trialweave.studies.reconciliation import conflicts

__all__ = ["build"]

# Studies at a time: few with all that their records say, many with what is searched of them.
_AT_ONCE = 100
_SEARCHED = 2000


def build(staging: Staging, heads: pa.Table, decisions: Sequence[Decision]) -> None:
    """Derive everything from the current versions and write it; the caller commits.

    `heads` are those of all versions, marked (`tables.marked`); their parts are in the staging.
    `decisions` are those of people about which records belong together.
    """
    folder = staging.path
    tables.write_heads(folder, heads)
    profiles = Packed(tables.read_facts(folder))
    woven = weave_profiles(profiles, decisions)
    study_of = {name: study.study_id for study in woven.studies for name in study.record_ids}
    noticed = notices((each.identity for each in profiles), study_of)
    tables.write_notices(staging.file("notices"), noticed)
    del profiles  # not needed any more, and one for every record
    tables.write_studies(staging.file("studies"), woven.studies)
    tables.write_links(staging.file("links"), woven.links)
    tables.write_trials(folder, heads, study_of)
    tables.write_findings(folder, heads, study_of)
    checks = _checks(folder, woven.studies)
    tables.write_checks(staging.file("checks"), checks)
    tables.write_conflicts(staging.file("conflicts"), _conflicts(folder, woven.studies))
    flagged = {check.study_id for check in checks if check.verdict == "flag"}
    index.build(staging.index, _documents(folder, woven.studies, flagged))


def _checks(folder: Path, studies: Sequence[Study]) -> tuple[Check, ...]:
    """The checks of all studies that have findings, in the order of the studies."""
    found = tables.PackedFindings(folder / "findings.parquet")
    checks: list[Check] = []
    telling = [study for study in studies if any(name in found for name in study.record_ids)]
    for study, records in _with_records(folder, telling):
        stated = [finding for record in records for finding in found[record.record_id]]
        checks.extend(appraise(study, {r.record_id: r for r in records}, stated))
    return tuple(checks)


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


def _documents(
    folder: Path, studies: Sequence[Study], flagged: set[str]
) -> Iterator[index.StudyDocument]:
    for start in range(0, len(studies), _SEARCHED):
        some = studies[start : start + _SEARCHED]
        wanted = [name for study in some for name in study.record_ids]
        told = tables.read_current(folder, wanted, "searched", Searched)
        for study in some:
            records = [told[name] for name in study.record_ids]
            yield document_of(study, records, flagged=study.study_id in flagged)
