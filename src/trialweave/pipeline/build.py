"""From all records to a generation: studies, their checks, the search index, the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from trialweave.appraisal import appraise
from trialweave.model import Check, Record, Study
from trialweave.records.concepts import leaves, text_of
from trialweave.records.places import normalise_country
from trialweave.store import index, tables
from trialweave.store.generations import Staging
from trialweave.studies import Profile, weave_profiles

__all__ = ["build"]

_AT_ONCE = 100  # studies


def build(staging: Staging, heads: pa.Table) -> None:
    """Derive everything from the current versions and write it; the caller commits.

    `heads` are those of all versions, marked (`tables.marked`); their parts are in the staging.
    """
    folder = staging.path
    tables.write_heads(folder, heads)
    woven = weave_profiles(tables.read_facts(folder, Profile))
    study_of = {name: study.study_id for study in woven.studies for name in study.record_ids}
    tables.write_studies(staging.file("studies"), woven.studies)
    tables.write_links(staging.file("links"), woven.links)
    tables.write_trials(folder, heads, study_of)
    tables.write_findings(folder, heads, study_of)
    checks = _checks(folder, woven.studies, study_of)
    tables.write_checks(staging.file("checks"), checks)
    flagged = {check.study_id for check in checks if check.verdict == "flag"}
    index.build(staging.index, _documents(folder, woven.studies, flagged))


def _checks(
    folder: Path, studies: Sequence[Study], study_of: Mapping[str, str]
) -> tuple[Check, ...]:
    """The checks of all studies that have findings, in the order of the studies."""
    found = defaultdict(list)
    for finding in tables.read_findings(folder / "findings.parquet"):
        found[study_of[finding.record_id]].append(finding)
    checks: list[Check] = []
    telling = [study for study in studies if study.study_id in found]
    for study, records in _with_records(folder, telling):
        order = {record.record_id: place for place, record in enumerate(records)}
        stated = sorted(found[study.study_id], key=lambda finding: order[finding.record_id])
        checks.extend(appraise(study, {r.record_id: r for r in records}, stated))
    return tuple(checks)


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
    for study, records in _with_records(folder, studies):
        yield _document(study, records, study.study_id in flagged)


def _document(study: Study, records: Sequence[Record], flagged: bool) -> index.StudyDocument:
    facets: Mapping[str, set[str]] = defaultdict(set)
    years: set[int] = set()
    for record in records:
        about = record.about
        facets["sources"].add(record.source)
        facets["phases"].update(about.phase.content or ())
        if about.overall_status.content:
            facets["statuses"].add(about.overall_status.content)
        for country in about.countries.content or ():
            if country.content:
                facets["countries"].add(normalise_country(country.content) or country.content)
        if about.start_date.content:
            years.add(about.start_date.content.year)
    return index.StudyDocument(
        study_id=study.study_id,
        title=study.title,
        identifiers=study.identifiers,
        text="\n".join(_texts(records)),
        sources=tuple(sorted(facets["sources"])),
        phases=tuple(sorted(facets["phases"])),
        statuses=tuple(sorted(facets["statuses"])),
        countries=tuple(sorted(facets["countries"])),
        years=tuple(sorted(years)),
        has_flags=flagged,
    )


def _texts(records: Sequence[Record]) -> Iterator[str]:
    """What is searched of the records, each wording once, titles and questions first."""
    seen: set[str] = set()
    for record in records:
        for leaf in leaves(record):
            if leaf.value and (text := text_of(leaf.value)) not in seen:
                seen.add(text)
                yield text
