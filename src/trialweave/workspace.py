"""The one list of operations: the command line, the API, the web pages and Python call these."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialweave import corpus
from trialweave.errors import InputError, NotFound, SeveralRefused, WorkspaceError
from trialweave.intake import expand, receive, refusal
from trialweave.model import Passage, Record
from trialweave.publish.privacy import blotted
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.study import concept_rows, suggestion_rows
from trialweave.publish.views import (
    AddReport,
    CheckView,
    DocumentView,
    LinkView,
    Refusal,
    SearchView,
    StatusView,
    StudyView,
    Why,
    WhyEntry,
)
from trialweave.publish.why import finding_leaves, why_entries
from trialweave.records.concepts import CONCEPTS, leaves
from trialweave.records.passages import Located, Locator
from trialweave.records.versions import admit
from trialweave.sources import read_all
from trialweave.store import index, tables
from trialweave.store.archive import Archive
from trialweave.store.generations import Generations

if TYPE_CHECKING:
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

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._generations = Generations(self.root)
        self._archive = Archive(self.root)
        self._held: State | None = None

    # -- taking in -------------------------------------------------------------------------

    def add(
        self, paths: Sequence[str | Path] | str | Path, *, progress: Progress | None = None
    ) -> AddReport:
        """Read documents and weave their records in. `paths`: files, folders, glob patterns.

        A document that cannot be taken is refused with its reason and the others are still added;
        the report says which, and its `exit_code` is the refusals' (see `errors`). What is there
        already, to the byte, changes nothing. `progress` is called with (done, total, name).
        """
        from trialweave.pipeline import build

        files, refused = expand([paths] if isinstance(paths, str | Path) else paths)
        held: tuple[Record, ...] = ()
        added: list[Record] = []
        versions: dict[str, list[tuple[int, str]]] = {}
        unchanged = 0
        with contextlib.ExitStack() as stack:
            staging = None
            for number, file in enumerate(files):
                if progress is not None:
                    progress(number, len(files), file.name)
                try:
                    received = receive(file)
                    result = read_all(received)
                except InputError as error:
                    refused.append(refusal(file.name, error))
                    continue
                refused.extend(refusal(file.name, problem) for problem in result.problems)
                if not result.drafts:
                    continue
                if staging is None:  # from the first document that is taken on, we are the writer
                    staging = stack.enter_context(self._generations.begin())
                    self._archive.sweep()
                    if staging.base is not None:
                        held = tables.read_records(staging.base.file("records"))
                    for record in held:
                        versions.setdefault(record.record_id, []).append(_version(record))
                now = dt.datetime.now(dt.UTC)
                new = admit(result.drafts, versions, received, now)
                unchanged += len(result.drafts) - len(new)
                if new:
                    self._archive.keep(received, now)
                for record in new:
                    versions.setdefault(record.record_id, []).append(_version(record))
                added.extend(new)
            if progress is not None:
                progress(len(files), len(files), "weaving studies")
            if staging is not None and added:
                build(self._generations, staging, [*held, *added])
        return self._report(len(files), added, unchanged, refused)

    def add_corpus(self, *, progress: Progress | None = None) -> AddReport:
        """Add the embedded corpus: facts of some fifty reports, and five short pages."""
        return self.add(corpus.files(), progress=progress)

    def _report(
        self, documents: int, added: Sequence[Record], unchanged: int, refused: Sequence[Refusal]
    ) -> AddReport:
        state = self._state_or_none()
        codes = {one.exit_code for one in refused}
        listed = added if state is not None else ()
        return AddReport(
            documents=documents,
            added=tuple(state.row(record) for record in listed) if state else (),
            unchanged=unchanged,
            refused=tuple(refused),
            studies=tuple(sorted({state.study_of[r.record_id] for r in listed})) if state else (),
            suggestions=len(suggestion_rows(added)),
            generation=state.generation.number if state else 0,
            exit_code=SeveralRefused.exit_code if len(codes) > 1 else next(iter(codes), 0),
        )

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
            suggestions=suggestion_rows(records),
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
        state = self._state()
        study = state.find(identifier)
        records = state.members(study)
        finding = next((f for f in state.findings_of(study) if f.finding_id == address), None)
        if finding is not None:
            (record,) = state.records([finding.record_id])
            received = self._archive.read(record.sha256)
            told = why_entries(received, record, finding_leaves(finding))
            return Why(study.study_id, address, finding.outcome, tuple(told))
        entries: list[WhyEntry] = []
        for record in records:
            asked = [leaf for leaf in leaves(record) if address in (leaf.address, leaf.concept)]
            if asked:
                entries += why_entries(self._archive.read(record.sha256), record, asked)
        concept = address.split("[")[0].split(".")[0]
        if not entries:
            known = sorted({leaf.concept for record in records for leaf in leaves(record)})
            if concept in CONCEPTS:
                raise NotFound(
                    f"no record of this study has the field {concept!r}.",
                    where=study.study_id,
                    next_step=f"Its records state: {', '.join(known)}.",
                )
            raise NotFound(
                f"there is no concept {address!r}.",
                where=study.study_id,
                next_step=f"Ask for one of: {', '.join(known)}.",
            )
        title = CONCEPTS[concept].title if concept in CONCEPTS else address
        return Why(study.study_id, address, title, tuple(entries))

    def document(
        self,
        record_id: str,
        *,
        version: int | None = None,
        start: int = -1,
        end: int = -1,
        path: str = "",
    ) -> DocumentView:
        """The received text of a record, with the span of a passage in it.

        Contact data are blotted out; the archive keeps what was received.
        """
        state = self._state()
        record = tables.read_record(state.generation.file("records"), record_id, version)
        if record is None:
            raise NotFound("no such record, or no such version of it.", where=record_id)
        asked = start >= 0 or bool(path)
        passage = Passage(start, end, path) if asked else Passage(0, 0)
        received = self._archive.read(record.sha256)
        places = Locator(received, record)
        if not asked and record.start == 0 and record.end == len(received.data):
            located = Located(received.text, -1, -1)
        elif not asked:
            own = received.data[record.start : record.end].decode("utf-8-sig", "replace")
            located = Located(own, -1, -1)
        else:
            located = places.locate(passage)
        in_json = bool(path) or (not asked and located.text is not received.text)
        shown = blotted(located.text, places, by_path=in_json)
        return DocumentView(state.row(record), shown, located.start, located.end)

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
        held = self._held
        if held is None or held.generation.path != generation.path:
            held = self._held = State(generation)
        return held

    def _state(self) -> State:
        state = self._state_or_none()
        if state is None:
            raise WorkspaceError(
                "the workspace is empty.",
                where=self.root.name,
                next_step="Add records first: trialweave add FILE …, or trialweave demo.",
            )
        return state


def _version(record: Record) -> tuple[int, str]:
    return record.version, record.digest
