"""The operations by which people appraise studies with published instruments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from trialweave.errors import NotADecision
from trialweave.model.assessment import Answer, Instrument
from trialweave.publish.assessment_views import AssessmentsView, AssessmentView
from trialweave.publish.assessments import (
    about,
    assessment_view,
    assessments_view,
    instrument_of,
    subject_of,
)
from trialweave.publish.traffic_light import (
    ANSWER_FORMS,
    JUDGEMENT_FORMS,
    answers_as,
    judgements_as,
)
from trialweave.store.assessments import Answers, Log, following
from trialweave.store.decisions import cleaned
from trialweave.studies.decided import person
from trialweave.workspace._base import Base
from trialweave.workspace._saying import Speaker, said_text, speaker, write_export

__all__ = ["Assessing"]

_OUTCOME: Final = 200  # characters


class Assessing(Base):
    """What reviewers answer outlives every rebuild; it is added to, and nothing is removed."""

    def assess(
        self,
        identifier: str,
        instrument: str = "inspect-sr",
        *,
        outcome: str = "",
        answers: Mapping[str, str] | None = None,
        because: str = "",
        by: str = "",
        adjudicator: bool = False,
    ) -> AssessmentView:
        """The form of an instrument for a study: suggestions, answers, what holds.

        `instrument` is "inspect-sr", about the study, or "rob2", about one result of it, of which
        `outcome` names the family ("mortality") or the wording. With `answers`, by number of
        question (``{"1.1": "PY"}``), domain (``{"D1": "low"}``) or ``"overall"``, these are taken
        down first, `because` of what and `by` whom (else TRIALWEAVE_REVIEWER, else the login
        name); "" takes one's own answer back. The latest answer of each person counts; an
        adjudicator's overrides those of reviewers; reviewers who differ leave the item in dispute.
        Raises NotFound, and NotADecision for an item or answer that the instrument has not, or
        without a reason.
        """
        held = instrument_of(instrument)
        if outcome.strip():
            outcome = said_text(outcome, _OUTCOME, "the outcome", "Name it.")
        state = self._state()
        subject = subject_of(state, identifier, held, outcome.strip())
        if not answers:
            return assessment_view(Answers(self.root).read(), state, held, subject)
        self._refuse_a_day("nothing can be answered in", "Answer without --as-of; it holds always.")
        given = [_answer(held, item, answer) for item, answer in answers.items()]
        if len({item for item, _ in given}) < len(given):
            raise NotADecision("an item is answered twice.", next_step="Answer it once.")
        said = speaker(because, by, adjudicator)
        with self._generations.begin():  # under the writer's lock; no generation is made
            file = Answers(self.root)
            log = file.read()
            own = _own(about(log, state, subject), said.who)
            _can_be_taken_back(given, own, said.who)
            wanted = [(i, a) for i, a in given if _says_more(own.get(i), a, said)]
            now = dt.datetime.now(dt.UTC)
            taken = following(log.entries, subject, wanted, at=now, **said._asdict())
            if taken:
                file.append(log, *taken)
        after = Log((*log.entries, *taken), cut=log.cut)
        return assessment_view(after, state, held, subject, who=said.who, taken=taken)

    def assessments(
        self,
        instrument: str = "",
        *,
        export: str | Path | None = None,
        judgements: bool = False,
    ) -> AssessmentsView:
        """All answers with one instrument, or with all; what is judged; how reviewers agree.

        `export` names a file to write: the answers as ``.csv``, ``.xlsx``, or as ``.jsonl`` the
        whole list with its chain of digests and names in full; with `judgements` those of one
        instrument as a table (``.csv``, ``.xlsx``) or traffic lights (``.txt``, ``.svg``). Raises
        WorkspaceError, naming the line, where the list was tampered with.
        """
        key = instrument_of(instrument).key if instrument else ""
        log = Answers(self.root).read()
        written = "" if export is None else str(export)
        view = assessments_view(log, self._state_or_none(), key, written)
        if export is not None:
            write_export(
                Path(export),
                JUDGEMENT_FORMS if judgements else ANSWER_FORMS,
                lambda form: (
                    judgements_as(view, form) if judgements else answers_as(view, log, form)
                ),
            )
        return view


def _answer(instrument: Instrument, item: str, answer: str) -> tuple[str, str]:
    """An item and an answer as the instrument writes them. Raises NotADecision."""
    numbers = [each.number for domain in instrument.domains for each in domain.items]
    known = [*numbers, *(domain.code for domain in instrument.domains), "overall"]
    asked = cleaned(item[:100]).casefold()
    name = next((each for each in known if each.casefold() == asked), "")
    if not name:
        raise NotADecision(
            f"{instrument.title} has no item {item[:100]!r}.",
            next_step=f"Items are {numbers[0]} … {numbers[-1]}, D1 … "
            f"D{len(instrument.domains)} and overall.",
        )
    said = cleaned(answer[:100]).casefold()
    if not said:
        return name, ""
    allowed = instrument.may_be(name)
    found = next((each for each in allowed if each.casefold() == said), None)
    if found is None:
        raise NotADecision(
            f"{answer[:100]!r} is no answer to {name}.",
            next_step=f"Answers are: {', '.join(allowed)}.",
        )
    return name, found


def _own(answers: Sequence[Answer], who: str) -> dict[str, Answer]:
    """A person's latest answer to each item, also where it was taken back."""
    return {each.item: each for each in answers if person(each.who) == person(who)}


def _can_be_taken_back(
    given: Sequence[tuple[str, str]], own: Mapping[str, Answer], who: str
) -> None:
    for item, answer in given:
        if not answer and not (item in own and own[item].answer):
            raise NotADecision(
                f"{who!r} has answered nothing to {item} that still stands.",
                next_step="All answers: trialweave assessments.",
            )


def _says_more(before: Answer | None, answer: str, said: Speaker) -> bool:
    """Whether an answer is not the same person's latest one once more, as of a form sent twice."""
    now = (answer, said.because, said.role)
    return before is None or (before.answer, before.because, before.role) != now
