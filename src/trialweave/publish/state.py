"""The live generation as the operations see it: each table decoded once, when first asked for."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from trialweave.errors import NotFound
from trialweave.model import Check, Finding, Link, Notice, Record, Study
from trialweave.model.identifiers import addressed, normalise
from trialweave.model.reuse import Reuse
from trialweave.publish.notices import kinds_of
from trialweave.publish.study import record_row
from trialweave.publish.views import RecordRow, SearchHit
from trialweave.sources import SOURCES
from trialweave.store import mentions, tables
from trialweave.store.generations import Generation
from trialweave.store.index import Hit
from trialweave.store.tables import Head

__all__ = ["SOURCE_TITLES", "State"]

SOURCE_TITLES = {source.name: source.title for source in SOURCES}


class State:
    """One generation, which never changes; safe to keep for as long as it is the live one."""

    def __init__(self, generation: Generation, live: Path | None = None) -> None:
        self.generation = generation
        self.live = live or generation.path  # the live generation that it is, or was derived from

    @functools.cached_property
    def studies(self) -> tuple[Study, ...]:
        """All studies."""
        return tables.read_studies(self.generation.file("studies"))

    @functools.cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all current records."""
        return tables.read_findings(self.generation.file("findings"))

    @functools.cached_property
    def checks(self) -> tuple[Check, ...]:
        """All checks, those of what studies have in common last."""
        from trialweave.appraisal.reuse import appraise_reuse  # with all checks: a second

        own = tables.read_checks(self.generation.file("checks"))
        return (*own, *appraise_reuse(self.reuse))

    @functools.cached_property
    def reuse(self) -> tuple[Reuse, ...]:
        """What records of different studies have in common."""
        return tables.read_reuse(self.generation.file("reuse"))

    @functools.cached_property
    def links(self) -> tuple[Link, ...]:
        """All links, also those to records that are kept apart."""
        return tables.read_links(self.generation.file("links"))

    @functools.cached_property
    def notices(self) -> dict[str, tuple[Notice, ...]]:
        """Retractions and corrections of articles, by the study that leans on them."""
        found: dict[str, tuple[Notice, ...]] = {}
        for notice in tables.read_notices(self.generation.file("notices")):
            found[notice.study_id] = (*found.get(notice.study_id, ()), notice)
        return found

    def notices_of(self, study: Study) -> tuple[Notice, ...]:
        """Those of one study, in the order of its records."""
        return self.notices.get(study.study_id, ())

    @functools.cached_property
    def mentions(self) -> pa.Table:
        """All mentions of terms in the current records: see `store.mentions`."""
        return mentions.load_mentions(self.generation.file("mentions"))

    @functools.cached_property
    def study_of(self) -> dict[str, str]:
        """The study of each record."""
        return {name: study.study_id for study in self.studies for name in study.record_ids}

    @functools.cached_property
    def flags(self) -> dict[str, int]:
        """How many flags each flagged study has."""
        count: dict[str, int] = {}
        for check in self.checks:
            if check.verdict == "flag":
                count[check.study_id] = count.get(check.study_id, 0) + 1
        return count

    @functools.cached_property
    def _names(self) -> dict[str, Study]:
        """Every name a study answers to, folded. A study's own id wins over another's number."""
        names: dict[str, Study] = {}
        for study in self.studies:
            for name in (*study.identifiers, *study.record_ids):
                names.setdefault(name.casefold(), study)
        return names | {study.study_id.casefold(): study for study in self.studies}

    def find(self, identifier: str) -> Study:
        """The study that answers to an identifier, in whichever way it is written."""
        asked = identifier.strip()
        for name in _spellings(asked):
            if study := self._names.get(name.casefold()):
                return study
        raise NotFound(
            f"no study here answers to {asked!r}.",
            next_step=f'Look for it: trialweave search "{asked}".',
        )

    def records(self, wanted: Sequence[str] | None = None) -> tuple[Record, ...]:
        """The current version of the records named, or of all."""
        return tables.read_records(self.generation.path, wanted, current=True)

    def members(self, study: Study) -> tuple[Record, ...]:
        """The records of a study, best-identified first."""
        return self.records(study.record_ids)

    def all_versions(self, record_id: str) -> tuple[Record, ...]:
        """Every version of one record."""
        return tables.read_records(self.generation.path, [record_id])

    def findings_of(self, study: Study) -> tuple[Finding, ...]:
        """The findings of a study, in the order of its records."""
        order = {name: position for position, name in enumerate(study.record_ids)}
        found = [finding for finding in self.findings if finding.record_id in order]
        return tuple(sorted(found, key=lambda finding: order[finding.record_id]))

    def checks_of(self, study: Study) -> tuple[Check, ...]:
        """What re-computation says of a study."""
        return tuple(check for check in self.checks if check.study_id == study.study_id)

    def links_of(self, study: Study) -> tuple[Link, ...]:
        """The links that touch a record of the study."""
        members = set(study.record_ids)
        return tuple(
            link for link in self.links if link.record_a in members or link.record_b in members
        )

    def row(self, record: Record | Head) -> RecordRow:
        """A record for listing."""
        title = SOURCE_TITLES.get(record.source, record.source)
        return record_row(record, title, len(self.heads(record.record_id)))

    def heads(self, record_id: str) -> tuple[Head, ...]:
        """All versions of a record, without their content."""
        return tables.read_heads(self.generation.path, record_id)

    def hit(self, hit: Hit) -> SearchHit:
        """A study found, with the first match marked in its snippet."""
        study = self._names[hit.study_id.casefold()]
        snippet = hit.snippet
        start, end = hit.matches[0] if hit.matches else (len(snippet), len(snippet))
        sources = (name.partition(":")[0] for name in study.record_ids)
        return SearchHit(
            study_id=study.study_id,
            title=study.title,
            identifiers=study.identifiers,
            sources=tuple(dict.fromkeys(SOURCE_TITLES.get(name, name) for name in sources)),
            status=hit.shown.get("overall_status", ""),
            phase=hit.shown.get("phase", ""),
            enrollment=hit.shown.get("enrollment", ""),
            flags=self.flags.get(study.study_id, 0),
            before=snippet[:start],
            match=snippet[start:end],
            after=snippet[end:],
            notices=kinds_of(self.notices_of(study)),
        )

    def counts(self) -> tuple[int, int, dict[str, int]]:
        """Documents, current records, and current records by title of source."""
        table = self.generation.table("records", ["source", "sha256", "current"])
        sources: dict[str, int] = {}
        for source, current in zip(
            table.column("source").to_pylist(), table.column("current").to_pylist(), strict=True
        ):
            if current:
                title = SOURCE_TITLES.get(source, source)
                sources[title] = sources.get(title, 0) + 1
        documents = len(set(table.column("sha256").to_pylist()))
        return documents, sum(sources.values()), dict(sorted(sources.items()))


def _spellings(asked: str) -> Iterator[str]:
    yield asked
    read = (normalise(asked, scheme) for scheme in ("", "pmid", "isrctn"))
    for identifier in (*filter(None, read), *addressed(asked)):
        yield identifier.value
        yield f"{identifier.scheme}:{identifier.value}"
