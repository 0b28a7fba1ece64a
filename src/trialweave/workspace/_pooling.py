"""The operations that pool: a question in, its answer, its figure and its files out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialweave.model import Study
from trialweave.publish.state import State
from trialweave.store.assessments import Answers, Log
from trialweave.workspace._asking import Asking

if TYPE_CHECKING:
    from trialweave.publish.figures.drawing import Figure
    from trialweave.synthesis import Light, Question, Synthesis

__all__ = ["Pooling"]


class Pooling(Asking):
    """Everything that is computed over the studies; nothing here changes the workspace."""

    _versioned: tuple[tuple[Path, int], str] | None = None

    def pool(self, question: Question | None = None, **changes: Any) -> Synthesis:
        """Pool what can be pooled: one comparison per study.

        `question` defaults to mortality, as a risk ratio, among randomised studies; `changes` are
        fields of `Question`. The answer's `data` names the version of the data: the same question
        with the same data gives the same answer, bit for bit, in whichever order documents came.
        Raises NothingToPool, NotFound where a study to leave out does not exist, and ValueError
        for a choice that does not.
        """
        from trialweave.synthesis import Question, choose, pool
        from trialweave.synthesis.once import undecided

        state = self._state()
        asked = question or Question(outcome="mortality")
        if changes:
            asked = msgspec.structs.replace(asked, **changes)
        studies = _reporting(state)
        told = {study.study_id for study in studies}
        excluded = tuple(dict.fromkeys(state.find(name).study_id for name in asked.exclude))
        asked = msgspec.structs.replace(
            asked, exclude=tuple(study_id for study_id in excluded if study_id in told)
        )
        records = state.records([name for study in studies for name in study.record_ids])
        findings = sorted(state.findings, key=lambda one: one.record_id)
        checks = sorted(state.checks, key=lambda one: (one.study_id, one.check_id))
        selection = choose(
            asked,
            studies,
            sorted(records, key=lambda one: one.record_id),
            findings,
            checks,
            state.notices,
        )
        log = Answers(self.root).read()
        lights = _lights(state, log, asked.outcome)
        answer = pool(asked, selection, lights=lights, data=self._version(state, log))
        by_id = {study.study_id: study.record_ids for study in studies}
        rows = [
            (row.study_id, row.label, by_id[row.study_id])
            for row in answer.rows
            if row.estimate is not None
        ]
        doubts = undecided(rows, state.links)
        notes = (*answer.notes, *(each.said for each in doubts))
        return msgspec.structs.replace(answer, notes=notes, undecided=doubts)

    def forest(self, synthesis: Synthesis) -> Figure:
        """Draw a synthesis as a forest plot, SVG and PNG."""
        from trialweave.publish.figures.forest import forest

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

    def _version(self, state: State, log: Log) -> str:
        """The version of the data, computed once for each state of it."""
        key = (state.generation.path, len(log.entries))
        if self._versioned is None or self._versioned[0] != key:
            self._versioned = key, _version(state, log)
        return self._versioned[1]


def _lights(state: State, log: Log, outcome: str) -> dict[str, tuple[Light, ...]]:
    """By study, the risk of bias of its result on the outcome, where people judged it."""
    from trialweave.publish.assessments import assessments_view, instrument_of
    from trialweave.synthesis import Light

    if not log.entries:
        return {}
    found = {}
    for row in assessments_view(log, state, instrument_of("rob2").key, "").rows:
        if row.here and row.outcome.casefold() == outcome.casefold():
            judged = [*row.domains, ("overall", row.overall)]
            lights = tuple(Light(domain, said) for domain, said in judged if said)
            if lights:
                found[state.find(row.study).study_id] = lights
    return found


def _reporting(state: State) -> list[Study]:
    """The studies with findings, by their ids."""
    told = {state.study_of[finding.record_id] for finding in state.findings}
    return sorted(
        (study for study in state.studies if study.study_id in told),
        key=lambda study: study.study_id,
    )


def _version(state: State, log: Log) -> str:
    """SHA-256 over everything that an answer can rest on, in an order of its own: the studies with
    findings, the digests of their records, findings, checks, notices, links and assessments."""
    studies = _reporting(state)
    held = {name for study in studies for name in study.record_ids}
    records = state.records(sorted(held))
    notices = [each for study in studies for each in state.notices_of(study)]
    links = [one for one in state.links if one.record_a in held and one.record_b in held]
    digest = hashlib.sha256()
    for part in (
        [(study.study_id, study.record_ids) for study in studies],
        [(record.record_id, record.digest) for record in records],
        *(state.findings, state.checks, notices, links),
        [answer.digest for answer in log.entries],
    ):
        digest.update(b"\n".join(sorted(map(msgspec.json.encode, part))) + b"\n\n")
    return digest.hexdigest()
