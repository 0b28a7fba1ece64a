"""The saved questions as a list, each with the last answer that was kept."""

from __future__ import annotations

import datetime as dt

import msgspec

from trialweave.synthesis.answer import Estimate
from trialweave.synthesis.changes import Changes
from trialweave.synthesis.question import Question

__all__ = ["QuestionRow", "QuestionsView"]


class QuestionRow(msgspec.Struct, frozen=True):
    """One saved question; `answered` is None where no answer was kept yet.

    `question` is None where the file is none, and `problem` says why. `k` studies were pooled on
    the version `data` of the data; `pooled` is None for one study.
    """

    name: str
    question: Question | None
    answered: dt.datetime | None = None
    data: str = ""
    k: int = 0
    pooled: Estimate | None = None
    problem: str = ""
    changes: Changes | None = None  # from the answer kept before, where there was one


class QuestionsView(msgspec.Struct, frozen=True):
    """All saved questions by name."""

    questions: tuple[QuestionRow, ...]
