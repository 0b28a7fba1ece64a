"""The operations behind an answer: diagnostics, figures, certainty, tables and files to hand on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialweave.errors import InputError, NotADecision
from trialweave.model.assessment import Answer
from trialweave.store._chain import following
from trialweave.store.certainty import Certainties
from trialweave.workspace import _saved
from trialweave.workspace._living import Living
from trialweave.workspace._saying import speaker, write_export

if TYPE_CHECKING:
    from trialweave.publish.certainty_view import CertaintyView
    from trialweave.publish.figures.drawing import Drawing
    from trialweave.publish.figures.flow import Flow
    from trialweave.publish.findings_table import SummaryRow
    from trialweave.synthesis import Question, Synthesis
    from trialweave.synthesis.certainty import Certainty
    from trialweave.synthesis.exploration import Exploration

    Asked = Question | Synthesis | str | Path | None

__all__ = ["Exploring"]


class Exploring(Living):
    """What can be done with an answer. Each operation takes a question, the name of a saved one,
    the path of its file, or an answer that is already there."""

    def explore(
        self,
        asked: Asked = None,
        *,
        control_risk: float | None = None,
        relative_reduction: float | None = None,
    ) -> Exploration:
        """Single studies, small-study effects, moderators, and looks where a reduction is named.

        Raises what `pool` raises, and ValueError for a risk or reduction outside 0 to 1.
        """
        from trialweave.synthesis.exploration import explore

        return explore(
            self._answer_to(asked), control_risk=control_risk, relative_reduction=relative_reduction
        )

    def drawing(
        self, name: str, asked: Asked = None, *, columns: Sequence[str] | None = None
    ) -> Drawing:
        """A figure of an answer: forest, funnel, baujat, cumulative, leave-one-out, gosh, flow.

        `columns` are those beside a forest plot: groups, effect, weight, bias. Raises what `pool`
        raises, NotFound for a figure and ValueError for a column that there is not.
        """
        from trialweave.publish.figures.catalogue import figure_of
        from trialweave.publish.figures.forest import COLUMNS

        answer = self._answer_to(asked)
        flow = self._flow(answer) if name == "flow" else None
        return figure_of(name, answer, columns=COLUMNS if columns is None else columns, flow=flow)

    def certainty(
        self,
        asked: Asked = None,
        *,
        ratings: Mapping[str, str] | None = None,
        because: str = "",
        by: str = "",
        adjudicator: bool = False,
    ) -> CertaintyView:
        """The draft of certainty by GRADE, with what reviewers said, and what holds.

        With `ratings`, by domain (``{"indirectness": "serious"}``), these are taken down first for
        a saved question, `because` of what and `by` whom; "" takes one's own rating back. Raises
        what `pool` raises, and NotADecision for a domain or rating that does not exist, without a
        reason, or where the question has no name.
        """
        answer = self._answer_to(asked)
        name = self._name(asked)
        if ratings:
            self._rate(name, ratings, because, by, adjudicator)
        return self._certainty(answer, _draft(answer), name)

    def _certainty(self, answer: Synthesis, draft: Certainty, name: str) -> CertaintyView:
        from trialweave.publish.certainty_view import certainty_view

        entries = [
            each for each in Certainties(self.root).read().entries if name and each.study == name
        ]
        question = answer.question
        title = question.title or question.outcome
        return certainty_view(name, title, question.measure, answer.k, draft, entries)

    def summary_of_findings(
        self,
        asked: Sequence[str | Path] | Asked = None,
        *,
        control_risk: float | None = None,
        export: str | Path | None = None,
    ) -> tuple[SummaryRow, ...]:
        """A row for each answer, with absolute effects per 1,000; `export` writes ``.html``,
        ``.docx`` or ``.csv``. Raises what `pool` raises, and ValueError for a risk outside 0 to 1.
        """
        from trialweave.publish import findings_table

        many = isinstance(asked, (list, tuple))
        rows = tuple(
            self._summary_row(each, control_risk)
            for each in (asked if many else [asked])  # type: ignore[union-attr]
        )
        if export is not None:
            made = {
                ".html": lambda: findings_table.as_html(rows).encode(),
                ".docx": lambda: findings_table.as_docx(rows),
                ".csv": lambda: findings_table.as_csv(rows).encode(),
            }
            write_export(Path(export), findings_table.FORMS, lambda form: made[form]())
        return rows

    def hand_on(self, asked: Asked, folder: str | Path) -> tuple[Path, ...]:
        """Write an answer for other programs: RevMan's four CSV files, a script for R's metafor,
        the answer as JSON, its question as TOML, and its table as CSV. Returns the files.

        Raises what `pool` raises, and WorkspaceError where the disk refuses.
        """
        from trialweave.publish.metafor_script import metafor_script
        from trialweave.publish.revman import revman_files
        from trialweave.store._files import on_disk

        answer = self._answer_to(asked)
        files: dict[str, bytes] = {
            f"revman/{name}": text.encode() for name, text in revman_files(answer).items()
        }
        files["metafor.R"] = metafor_script(answer).encode()
        files["answer.json"] = msgspec.json.format(msgspec.json.encode(answer))
        files["question.toml"] = answer.question.to_toml().encode()
        files["studies.csv"] = self.drawing("forest", answer).csv().encode()
        place = Path(folder)
        with on_disk("write the files", place):
            (place / "revman").mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (place / name).write_bytes(data)
        return tuple(place / name for name in files)

    def _answer_to(self, asked: Asked) -> Synthesis:
        from trialweave.synthesis import Synthesis

        if isinstance(asked, Synthesis):
            return asked
        if isinstance(asked, (str, Path)):
            return self.answer(asked, keep=False)
        return self.pool(asked)

    def _name(self, asked: Any) -> str:
        """The name of a saved question; "" where what was asked has none."""
        if not isinstance(asked, (str, Path)):
            return ""
        try:
            name = _saved.named(Path(asked).name if "/" in str(asked) else str(asked))
        except InputError:
            return ""
        return name if name in _saved.names(self.root) else ""

    def _rate(
        self, name: str, ratings: Mapping[str, str], because: str, by: str, adjudicator: bool
    ) -> None:
        from trialweave.synthesis.certainty import DOMAINS, RATINGS

        self._refuse_a_day("nothing can be rated in", "Rate it without --as-of.")
        if not name:
            raise NotADecision(
                "certainty is rated of a saved question.",
                next_step="Save it: trialweave pool --save NAME.",
            )
        for domain, concern in ratings.items():
            for said, known in ((domain, DOMAINS), (concern or "not serious", RATINGS)):
                if said not in known:
                    raise NotADecision(
                        f"{said[:60]!r} is not one of {', '.join(known)}.",
                        next_step="Name a domain and a rating of those.",
                    )
        said_by = speaker(because, by, adjudicator)
        with self._generations.begin():  # under the writer's lock; no generation is made
            file = Certainties(self.root)
            log = file.read()
            entries = list(log.entries)
            taken = []
            for domain, concern in ratings.items():
                entry = following(
                    Answer, entries, at=dt.datetime.now(dt.UTC), instrument="grade", study=name,
                    outcome="", item=domain, answer=concern, **said_by._asdict(),
                )  # fmt: skip
                entries.append(entry)
                taken.append(entry)
            file.append(log, *taken)

    def _summary_row(self, asked: Any, control_risk: float | None) -> SummaryRow:
        from trialweave.publish.findings_table import summary_row

        answer = self._answer_to(asked)
        draft = _draft(answer)
        view = self._certainty(answer, draft, self._name(asked))
        row = summary_row(
            answer,
            draft,
            control_risk=control_risk,
            decided=view.decided,
            level=view.level,
        )
        return msgspec.structs.replace(row, open=view.open)

    def _flow(self, answer: Synthesis) -> Flow:
        """The counts of the flow: records of the workspace, studies, and what became of them."""
        from collections import Counter

        from trialweave.publish.figures.flow import Flow

        state = self._state()
        _, records, sources = state.counts()
        by_id = {study.study_id: study for study in state.studies}
        left = Counter(str(one.kind) for one in answer.selection.left_out)
        pooled = [row.study_id for row in answer.rows if row.estimate is not None]
        silent = len(state.studies) - len(answer.rows) - sum(left.values())
        aside: dict[str, int] = dict(left)
        aside["no result"] = aside.get("no result", 0) + max(silent, 0)
        if inestimable := len(answer.rows) - len(pooled):
            aside["not estimable"] = inestimable
        return Flow(
            records=sources,
            repeats=records - len(state.studies),
            studies=len(state.studies),
            aside=aside,
            pooled=len(pooled),
            reports=sum(len(by_id[name].record_ids) for name in pooled if name in by_id),
            decided=sum(link.kind == "decided" for link in state.links),
        )


def _draft(answer: Synthesis) -> Certainty:
    from trialweave.synthesis.certainty import certainty
    from trialweave.synthesis.exploration import fitting_asymmetry

    return certainty(answer, asymmetry=fitting_asymmetry(answer), needed=_needed(answer))


def _needed(answer: Synthesis) -> float | None:
    """The optimal information size: a quarter fewer events (Guyatt et al., J Clin Epidemiol
    2011;64:1283-93) at the risk of the control groups; None where events are not pooled."""
    from trialweave.stats.sequential import size_for_risks

    if not answer.controls or answer.question.measure not in ("RR", "OR", "RD", "HR"):
        return None
    risk = answer.events_controls / answer.controls
    if not 0.0 < risk < 1.0:
        return None
    return size_for_risks(risk, 0.75 * risk, alpha=1.0 - answer.question.level)
