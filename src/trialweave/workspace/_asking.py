"""The operations that answer questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialweave.model import Passage
from trialweave.publish.added import suggestion_rows
from trialweave.publish.document import document_of
from trialweave.publish.history import history_of
from trialweave.publish.state import SOURCE_TITLES
from trialweave.publish.study import concept_rows
from trialweave.publish.views import (
    CheckView,
    DocumentView,
    HistoryView,
    LinkView,
    SearchView,
    StatusView,
    StudyView,
    Why,
)
from trialweave.publish.why import why_of
from trialweave.store import index
from trialweave.studies.outlook import would_change
from trialweave.studies.reports import reports
from trialweave.workspace._base import Base

__all__ = ["Asking"]


class Asking(Base):
    """Everything that can be asked; nothing here changes the workspace."""

    def status(self) -> StatusView:
        """What the workspace holds."""
        state = self._state_or_none()
        if state is None:
            return StatusView(self.root.name, 0, 0, 0, 0, 0, 0, 0, {})
        documents, records, sources = state.counts()
        return StatusView(
            path=self.root.name,
            generation=state.generation.number,
            documents=documents,
            records=records,
            studies=len(state.studies),
            findings=len(state.findings),
            flags=sum(state.flags.values()),
            flagged_studies=len(state.flags),
            sources=sources,
        )

    def search(
        self,
        query: str = "",
        *,
        filters: Mapping[str, Sequence[str]] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> SearchView:
        """Find studies. All words must occur; an empty query finds all. No query is an error.

        `limit` is cut to 100. Raises NotFound for a filter that does not exist.
        """
        state = self._state()
        limit, offset = max(0, min(limit, 100)), max(0, offset)
        found = index.search(
            state.generation.index, query, limit=limit, offset=offset, filters=filters
        )
        return SearchView(
            query=query,
            filters={name: tuple(values) for name, values in (filters or {}).items()},
            total=found.total,
            offset=offset,
            hits=tuple(map(state.hit, found.hits)),
            facets=found.facets,
            generation=state.generation.number,
        )

    def show(self, identifier: str) -> StudyView:
        """Everything known of a study, asked for by any of its identifiers or record ids."""
        state = self._state()
        study = state.find(identifier)
        records = state.members(study)
        return StudyView(
            study=study,
            records=tuple(state.row(record) for record in records),
            concepts=concept_rows(records, SOURCE_TITLES),
            findings=state.findings_of(study),
            checks=state.checks_of(study),
            links=state.links_of(study),
            suggestions=suggestion_rows(records, self._archive),
            generation=state.generation.number,
            reports=reports(records),
            notices=state.notices_of(study),
        )

    def check(self, identifier: str) -> CheckView:
        """The findings of a study, and what re-computing them gives."""
        state = self._state()
        study = state.find(identifier)
        return CheckView(
            study=study,
            records=tuple(state.row(record) for record in state.members(study)),
            findings=state.findings_of(study),
            checks=state.checks_of(study),
            notices=state.notices_of(study),
        )

    def links(self, identifier: str) -> LinkView:
        """Why the records of a study stand together, and which others were weighed."""
        state = self._state()
        study = state.find(identifier)
        links = state.links_of(study)
        return LinkView(
            study=study,
            records=tuple(state.row(record) for record in state.members(study)),
            links=links,
            outlooks=tuple(map(would_change, links)),
        )

    def why(self, identifier: str, address: str) -> Why:
        """Where values come from: source, version, date, passage, rule.

        `address` is a concept ("enrollment"), an item of one ("primary_outcomes[0].time_frame"),
        or the id of a finding. Raises NotFound where no record of the study says anything of it.
        """
        return why_of(self._state(), self._archive, identifier, address)

    def history(self, identifier: str) -> HistoryView:
        """The versions of a study's records, or of one record, and what changed when.

        Changes are of fields, not of bytes; those of primary outcomes, enrolment and dates are
        told relative to the trial's start and completion.
        """
        return history_of(self._state(), identifier)

    def document(
        self,
        record_id: str,
        *,
        version: int | None = None,
        start: int = -1,
        end: int = -1,
        path: str = "",
        contacts: bool = False,
    ) -> DocumentView:
        """The received text of a record, with the span of a passage in it.

        Contact data are blotted out unless `contacts` asks for them.
        """
        asked = Passage(start, end, path) if start >= 0 or path else None
        return document_of(
            self._state(), self._archive, record_id, version, asked, contacts=contacts
        )
