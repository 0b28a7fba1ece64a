"""The one list of operations: the command line, the API, the web pages and Python call these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialweave import corpus
from trialweave.errors import WorkspaceError
from trialweave.intake import documents, expand, refusal
from trialweave.model import Passage
from trialweave.publish.added import added, suggestion_rows
from trialweave.publish.document import document_of
from trialweave.publish.history import history_of
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.study import concept_rows
from trialweave.publish.views import (
    AddReport,
    CheckView,
    DocumentView,
    HistoryView,
    LinkView,
    Refusal,
    SearchView,
    StatusView,
    StudyView,
    Why,
)
from trialweave.publish.why import why_of
from trialweave.store import index
from trialweave.store.archive import Archive, Kept
from trialweave.store.formats import FORMATS
from trialweave.store.generations import Generations

if TYPE_CHECKING:
    from trialweave.pipeline import Document
    from trialweave.publish.forest import Figure
    from trialweave.synthesis import Question, Synthesis

__all__ = ["Workspace"]

Progress = Callable[[int, int, str], None]


class Workspace:
    """A folder with received documents and everything derived from them.

    Making the object creates nothing; the folder appears with the first document that is taken.
    All operations answer from the live generation, and any number of processes may read while
    one adds.
    """

    def __init__(self, root: str | Path, *, as_of: dt.date | None = None) -> None:
        self.root = Path(root)
        self._generations = Generations(self.root)
        self._archive = Archive(self.root)
        self._held: State | None = None
        self._day = as_of

    def as_of(self, day: dt.date) -> Workspace:
        """The same workspace as its records stood on a day; it can be asked, not changed.

        A version holds from the date of last change that the record itself states, or, where it
        states none, from the day on which it was received.
        """
        return Workspace(self.root, as_of=day)

    # -- taking in -------------------------------------------------------------------------

    def add(
        self,
        paths: Sequence[str | Path] | str | Path,
        *,
        processes: int = 1,
        progress: Progress | None = None,
    ) -> AddReport:
        """Read documents and weave their records in. `paths`: files, folders, glob patterns.

        A document that cannot be taken is refused with its reason and the others are still added;
        the report says which, and its `exit_code` is the refusals' (see `errors`). What is there
        already changes nothing. Several `processes` share the reading of many or large documents;
        they are spawned, so a script that asks for them needs the guard of `multiprocessing`.
        `progress` is called with (done, total, name).
        """
        from trialweave.pipeline import Document

        files, refused = expand([paths] if isinstance(paths, str | Path) else paths)
        tell = progress or (lambda done, total, name: None)
        now = dt.datetime.now(dt.UTC)

        def each() -> Iterator[Document]:
            for number, file in enumerate(files):
                tell(number, len(files), file.name)
                for content in documents(file):
                    yield Document(file.name, content, now)

        return self._take(
            each(),
            refused,
            processes=processes,
            doing=lambda doing: tell(len(files), len(files), doing),
        )

    def add_corpus(self, *, progress: Progress | None = None) -> AddReport:
        """Add the embedded corpus: facts of some fifty reports, and five short pages."""
        return self.add(corpus.files(), progress=progress)

    def rebuild(self, *, processes: int = 1, progress: Progress | None = None) -> AddReport:
        """Derive everything anew from the received documents, as after a change of rules.

        Documents are read in the order in which they were received. Raises WorkspaceError where
        there are none, or where one is damaged; the live generation then stays as it is.
        """
        from trialweave.pipeline import Document

        kept = sorted(map(self._archive.kept, self._archive.addresses()), key=_order)
        if not kept:
            raise self._empty()
        tell = progress or (lambda done, total, name: None)

        def each() -> Iterator[Document]:
            for number, one in enumerate(kept):
                tell(number, len(kept), one.name)
                yield Document(one.name, self._archive.read(one.sha256), one.received_at)

        def doing(what: str) -> None:
            tell(len(kept), len(kept), what)

        return self._take(each(), [], processes=processes, afresh=True, doing=doing)

    def _take(
        self,
        incoming: Iterable[Document],
        refused: list[Refusal],
        *,
        processes: int = 1,
        afresh: bool = False,
        doing: Callable[[str], None] = lambda doing: None,
    ) -> AddReport:
        if self._day is not None:
            raise WorkspaceError("nothing can be added to the state of an earlier day.")
        from trialweave.pipeline import collect

        collected = collect(
            self._generations,
            self._archive,
            incoming,
            processes=processes,
            afresh=afresh,
            progress=doing,
        )
        refused += [refusal(name, error) for name, error in collected.problems]
        return added(self._state_or_none(), self._archive, collected, refused)

    # -- asking ----------------------------------------------------------------------------

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
            hits=tuple(state.hit(hit.study_id, hit.snippet, hit.matches) for hit in found.hits),
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
        )

    def links(self, identifier: str) -> LinkView:
        """Why the records of a study stand together, and which others were weighed."""
        state = self._state()
        study = state.find(identifier)
        return LinkView(
            study=study,
            records=tuple(state.row(record) for record in state.members(study)),
            links=state.links_of(study),
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

    # -- pooling ---------------------------------------------------------------------------

    def pool(self, question: Question | None = None, **changes: Any) -> Synthesis:
        """Pool what can be pooled: one comparison per study.

        `question` defaults to mortality, as a risk ratio, among randomised studies; `changes` are
        fields of `Question`. Raises NothingToPool, NotFound where a study to leave out does not
        exist, and ValueError for a choice that does not.
        """
        from trialweave.synthesis import Question, choose, pool

        state = self._state()
        asked = question or Question(outcome="mortality")
        if changes:
            asked = msgspec.structs.replace(asked, **changes)
        reporting = sorted({finding.record_id for finding in state.findings})
        told = {state.study_of[record_id] for record_id in reporting}
        studies = [study for study in state.studies if study.study_id in told]
        members = [name for study in studies for name in study.record_ids]
        excluded = tuple(dict.fromkeys(state.find(name).study_id for name in asked.exclude))
        asked = msgspec.structs.replace(
            asked, exclude=tuple(study_id for study_id in excluded if study_id in told)
        )
        selection = choose(asked, studies, state.records(members), state.findings, state.checks)
        return pool(asked, selection)

    def forest(self, synthesis: Synthesis) -> Figure:
        """Draw a synthesis as a forest plot, SVG and PNG."""
        from trialweave.publish.forest import forest

        return forest(synthesis)

    def export(self, folder: str | Path, question: Question | None = None) -> tuple[Path, ...]:
        """Write the evidence summary: page, figures, tables, and a manifest with digests."""
        from trialweave.publish.summary import write_summary

        state = self._state()
        synthesis = self.pool(question)
        return write_summary(
            Path(folder),
            status=self.status(),
            studies=state.studies,
            records=state.records(),
            findings=state.findings,
            checks=state.checks,
            links=state.links,
            synthesis=synthesis,
            figure=self.forest(synthesis),
        )

    # -- the live generation ---------------------------------------------------------------

    def _state_or_none(self) -> State | None:
        generation = self._generations.current()
        if generation is None:
            return None
        if any(generation.manifest.about.get(name) != said for name, said in FORMATS.items()):
            raise WorkspaceError(
                "the workspace was written by another version of the program.",
                where=self.root.name,
                next_step="Derive it anew from what was received: trialweave rebuild.",
            )
        held = self._held
        if held is None or held.live != generation.path:
            shown = generation
            if self._day is not None:
                from trialweave.pipeline import held_on

                of_day = held_on(self._generations, generation, self._day)
                if of_day is None:
                    return None
                shown = of_day
            held = self._held = State(shown, generation.path)
        return held

    def _state(self) -> State:
        state = self._state_or_none()
        if state is None:
            raise self._empty()
        return state

    def _empty(self) -> WorkspaceError:
        if self._day is not None and self._generations.current() is not None:
            return WorkspaceError(f"no record here is known to have held on {self._day}.")
        return WorkspaceError(
            "the workspace is empty.",
            where=self.root.name,
            next_step="Add records first: trialweave add FILE …, or trialweave demo.",
        )


def _order(kept: Kept) -> tuple[dt.datetime, str]:
    return kept.received_at, kept.sha256
