"""What the operations about assessments answer: see `publish.views`."""

from __future__ import annotations

import datetime as dt

import msgspec

from trialweave.model import DecisionRole, Study
from trialweave.model.assessment import Evidence, How, Item, Prefilled
from trialweave.publish.views import AgreementRow

__all__ = [
    "AnswerRow",
    "AssessmentAgreement",
    "AssessmentView",
    "AssessmentsView",
    "DomainView",
    "ItemView",
    "JudgedRow",
    "of_one",
    "unread",
]


class AnswerRow(msgspec.Struct, frozen=True):
    """One answer of a person, as it was taken down. Of an e-mail address only the name is shown.

    `answer` is "" where the own answer was taken back.
    """

    number: int
    at: dt.datetime
    who: str
    role: DecisionRole
    instrument: str
    study: str
    outcome: str
    item: str
    answer: str
    because: str
    previous: str
    digest: str


class ItemView(msgspec.Struct, frozen=True):
    """One question: what is suggested, what each person answers now, and what holds.

    `asked` is whether the answers that hold lead to the question; "" of `holds` is nothing.
    """

    item: Item
    asked: bool
    suggested: Prefilled | None
    given: tuple[AnswerRow, ...]
    holds: str
    how: How


class DomainView(msgspec.Struct, frozen=True):
    """One domain: its questions, what the algorithm proposes out of the answers that hold, what
    people judged, and the judgement, "" where there is none yet.

    `open` are questions that want an answer before the algorithm can propose anything.
    """

    code: str
    name: str
    items: tuple[ItemView, ...]
    proposed: str
    open: tuple[str, ...]
    given: tuple[AnswerRow, ...]
    holds: str
    how: How
    judgement: str


class AssessmentView(msgspec.Struct, frozen=True):
    """The form of one instrument for one study, or for one result of it.

    `cautions` are statements that the trial is not randomised, which the instruments are not for.
    `taken` are the answers of this call, by number; `wanted` are the items that who answered has
    still to answer.
    """

    study: Study
    instrument: str
    title: str
    about: str
    citation: str
    licence: str
    words: tuple[tuple[str, str], ...]
    judgements: tuple[str, ...]
    outcome: str
    outcomes: tuple[str, ...]  # families of the study's findings, for an instrument of results
    cautions: tuple[Evidence, ...]
    domains: tuple[DomainView, ...]
    given: tuple[AnswerRow, ...]  # judgements overall
    holds: str
    how: How
    overall: str
    reviewers: tuple[str, ...]
    generation: int
    taken: tuple[int, ...] = ()
    wanted: tuple[str, ...] = ()
    dropped: str = ""  # what a crash had left of an answer, and was dropped


class JudgedRow(msgspec.Struct, frozen=True):
    """What is judged of one subject: by domain and overall, "" where nothing is yet.

    `disputes` are the items on which reviewers differ, `here` is whether the study is.
    """

    study: str
    title: str
    outcome: str
    instrument: str
    reviewers: tuple[str, ...]
    domains: tuple[tuple[str, str], ...]
    overall: str
    disputes: tuple[str, ...]
    here: bool


class AssessmentAgreement(AgreementRow, frozen=True):
    """How two reviewers agree on one item over all subjects that both answered it for.

    `item` is also "all questions", "all domains" or "overall".
    """

    instrument: str
    item: str


class AssessmentsView(msgspec.Struct, frozen=True):
    """All answers in their order, what is judged of each subject, and how reviewers agree."""

    entries: tuple[AnswerRow, ...]
    rows: tuple[JudgedRow, ...]
    agreement: tuple[AssessmentAgreement, ...]
    cut: str  # what a crash left of an answer; the next one drops it
    generation: int
    written: str = ""  # the file that was asked for


def of_one(view: AssessmentView | DomainView) -> bool:
    """Whether a judgement rests on what one reviewer alone answered: faces fold it away, so that
    the other can answer independently."""
    items = view.items if isinstance(view, DomainView) else ()
    return view.how == "one reviewer" or any(each.how == "one reviewer" for each in items)


def unread(view: AssessmentView) -> bool:
    """Whether no finding of the study is of the outcome that is assessed: it may be misspelt, or
    of a result that no rule read."""
    known = {each.casefold() for each in view.outcomes}
    return bool(view.outcome) and view.outcome.casefold() not in known
