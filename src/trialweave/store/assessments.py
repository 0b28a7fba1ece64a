"""What reviewers answered about studies, in ``assessments.jsonl``: see `trialweave.store._chain`.

Nothing derived rests on it, so no generation notes it; it is written under the writer's lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from trialweave.model import DecisionRole
from trialweave.model.assessment import Answer
from trialweave.store import _chain
from trialweave.store._chain import whole

__all__ = ["Answers", "Log", "Subject", "following", "whole"]

Log: TypeAlias = _chain.Log[Answer]
"""The answers on the disk."""


class Subject(NamedTuple):
    """What is assessed, and with what: see `Answer`."""

    instrument: str
    study: str
    outcome: str


class Answers(_chain.Chain[Answer]):
    """The answers of reviewers in the workspace at `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            Path(root) / "assessments.jsonl",
            Answer,
            name="reviewers' answers",
            one="reviewer's answer",
            export="assessments --export",
        )


def following(
    entries: Sequence[Answer],
    subject: Subject,
    given: Sequence[tuple[str, str]],
    *,
    at: dt.datetime,
    who: str,
    role: DecisionRole,
    because: str,
) -> tuple[Answer, ...]:
    """The answers that follow on `entries`; `given` are items with what is answered to each."""
    made: list[Answer] = []
    about = {**subject._asdict(), "who": who, "role": role, "because": because}
    for item, answer in given:
        every = (*entries, *made)
        made.append(_chain.following(Answer, every, at=at, item=item, answer=answer, **about))
    return tuple(made)
