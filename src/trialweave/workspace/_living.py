"""The operations of a living synthesis: saved questions, their answers, what changed and why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialweave.errors import NotFound, TrialweaveError
from trialweave.workspace import _saved
from trialweave.workspace._base import Progress
from trialweave.workspace._pooling import Pooling
from trialweave.workspace._taking import Taking

if TYPE_CHECKING:
    from trialweave.live.report import UpdateReport
    from trialweave.synthesis import Question, Synthesis
    from trialweave.synthesis.changes import Answered, Changes
    from trialweave.synthesis.listing import QuestionsView

__all__ = ["Living"]

_NOT_THEN = ("questions are saved and answered for today, not in", "Pool it without saving.")


class Living(Taking, Pooling):
    """Questions that are kept, and asked again whenever something came in."""

    def questions(self) -> QuestionsView:
        """The saved questions, each with the last answer that was kept, and what it changed."""
        from trialweave.synthesis.changes import changes
        from trialweave.synthesis.listing import QuestionRow, QuestionsView

        rows = []
        for name in _saved.names(self.root):
            try:
                question = _saved.read(_saved.path_of(self.root, name))
                kept = _saved.kept(self.root, name, 2)
            except TrialweaveError as error:
                rows.append(QuestionRow(name, None, problem=str(error)))
                continue
            if not kept:
                rows.append(QuestionRow(name, question))
                continue
            answer = kept[-1].answer
            told = changes(name, *kept) if len(kept) == 2 else None
            rows.append(
                QuestionRow(
                    name,
                    question,
                    kept[-1].at,
                    answer.data,
                    answer.k,
                    answer.pooled,
                    changes=told,
                )
            )
        return QuestionsView(tuple(rows))

    def save(self, name: str, question: Question) -> Path:
        """Save a question under a name; one of that name is replaced. Returns its file."""
        self._refuse_a_day(*_NOT_THEN)
        return _saved.save(self.root, name, question)

    def question(self, name: str | Path) -> Question:
        """A question by the name under which it is saved, or by the path of a file.

        Raises NotFound where there is none, and Unreadable where it is no question.
        """
        return _saved.read(self._file(name))

    def answer(self, name: str | Path, *, keep: bool = True) -> Synthesis:
        """Answer a question by its name, or by the path of its file.

        The answer to a saved question is kept beside it, with what it rests on, so that `update`
        can tell what changed, unless `keep` says otherwise; as of an earlier day nothing is kept.
        Raises what `question` and
        `pool` raise.
        """
        file = self._file(name)
        answer = self.pool(_saved.read(file))
        if keep and self._day is None and _is_saved(self.root, file):
            _saved.keep(self.root, file.stem, self._answered(answer))
        return answer

    def update(self, name: str = "", *, progress: Progress | None = None) -> UpdateReport:
        """Repeat the fetches that the workspace follows, and answer all saved questions anew.

        With a `name` nothing is fetched, and that question alone is answered. The report says what
        changed in each answer since it was last kept, and why. Raises NotFound for a name that is
        not saved.
        """
        from trialweave.live.report import UpdateReport

        self._refuse_a_day(*_NOT_THEN)
        if name:
            asked = [_saved.named(name)]
            if asked[0] not in _saved.names(self.root):
                raise NotFound(
                    f"no question is saved as {asked[0]!r}.",
                    next_step="trialweave questions lists those that are.",
                )
            report = UpdateReport((), None, 0)
        else:
            report = super().update(progress=progress)
            asked = list(_saved.names(self.root))
        told = tuple(self._changes(each) for each in asked)
        return msgspec.structs.replace(report, questions=told)

    def _changes(self, name: str) -> Changes:
        """Answer one question, keep the answer, and compare it with the one before."""
        from trialweave.synthesis.changes import Changes, changes

        before = None
        try:
            before = _saved.last(self.root, name)
            question = _saved.read(_saved.path_of(self.root, name))
            now = self._answered(self.pool(question))
        except TrialweaveError as error:
            at = dt.datetime.now(dt.UTC).replace(microsecond=0)
            was = before.at if before is not None else None
            data = before.answer.data if before is not None else ""
            return Changes(name, "", at, "", was, data, (), problem=str(error))
        _saved.keep(self.root, name, now)
        return changes(name, before, now)

    def _answered(self, answer: Synthesis) -> Answered:
        from trialweave import __version__
        from trialweave.synthesis.changes import Answered, basis_of

        state = self._state()
        studies = {study.study_id: study for study in state.studies}
        names = [
            name for one in answer.selection.chosen for name in studies[one.study_id].record_ids
        ]
        records = {record.record_id: record for record in state.records(names)}
        findings = {finding.finding_id: finding for finding in state.findings}
        return Answered(
            at=dt.datetime.now(dt.UTC).replace(microsecond=0),
            program=__version__,
            generation=state.generation.number,
            answer=answer,
            basis=basis_of(answer, studies, records, findings),
        )

    def _file(self, name: str | Path) -> Path:
        """The file that a path means, here or in the workspace, else the question of that name."""
        asked = Path(name)
        written = str(name)
        if "/" in written or asked.suffix.lower() in (".toml", ".json"):
            for path in (asked, self.root / asked, self.root / _saved.FOLDER / asked):
                if path.is_file():
                    return path
            if "/" in written:
                return asked
        return _saved.path_of(self.root, written)


def _is_saved(root: Path, file: Path) -> bool:
    """Whether a file is one of the workspace's own questions."""
    return file.suffix == ".toml" and file.resolve().parent == (root / _saved.FOLDER).resolve()
