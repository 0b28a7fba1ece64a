"""What runs after what: from records to everything that is derived of them, as one generation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from trialweave.appraisal import appraise
from trialweave.model import Check, Finding, Link, Record, Study
from trialweave.records.concepts import leaves, text_of
from trialweave.records.places import normalise_country
from trialweave.records.versions import current
from trialweave.results import read_findings
from trialweave.store import index, tables
from trialweave.store.generations import Generation, Generations, Staging
from trialweave.studies import weave

__all__ = ["Derived", "build", "derive"]


class Derived(msgspec.Struct, frozen=True):
    """All that follows from a set of records: pure, and in a fixed order."""

    records: tuple[Record, ...]  # the current version of each
    findings: tuple[Finding, ...]
    studies: tuple[Study, ...]
    links: tuple[Link, ...]
    checks: tuple[Check, ...]


def derive(records: Sequence[Record]) -> Derived:
    """Read findings, weave studies and check them. `records` may hold old versions; they rest."""
    latest = current(records)
    by_record = {record.record_id: read_findings(record) for record in latest}
    woven = weave(latest, by_record)
    by_id = {record.record_id: record for record in latest}
    checks: list[Check] = []
    for study in woven.studies:
        found = [finding for name in study.record_ids for finding in by_record[name]]
        checks.extend(appraise(study, by_id, found))
    return Derived(
        records=latest,
        findings=tuple(finding for found in by_record.values() for finding in found),
        studies=woven.studies,
        links=woven.links,
        checks=tuple(checks),
    )


def build(generations: Generations, staging: Staging, records: Sequence[Record]) -> Generation:
    """Derive everything from all versions of all records, write it, and make it the live state."""
    derived = derive(records)
    study_of = {name: study.study_id for study in derived.studies for name in study.record_ids}
    tables.write_records(staging.file("records"), records)
    tables.write_trials(staging.file("trials"), derived.records, study_of)
    tables.write_findings(staging.file("findings"), derived.findings, study_of)
    tables.write_studies(staging.file("studies"), derived.studies)
    tables.write_links(staging.file("links"), derived.links)
    tables.write_checks(staging.file("checks"), derived.checks)
    _index(staging.index, derived)
    return generations.commit(staging, {"index": index.FORMAT})


def _index(path: Path, derived: Derived) -> None:
    by_id = {record.record_id: record for record in derived.records}
    flagged = {check.study_id for check in derived.checks if check.verdict == "flag"}
    index.build(
        path,
        (
            _document(study, [by_id[name] for name in study.record_ids], study.study_id in flagged)
            for study in derived.studies
        ),
    )


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
