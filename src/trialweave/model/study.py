"""Studies, the links that make them, and what re-computation says of their findings."""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.value import Passage

__all__ = ["Attempt", "Check", "Link", "LinkKind", "Signal", "Study", "Verdict"]

LinkKind = Literal["asserted", "probable", "candidate", "rejected"]
Verdict = Literal["consistent", "flag", "note", "cannot check"]


class Signal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of evidence for (weight > 0) or against (< 0) two records telling of one trial.

    `weight` is log2 of the likelihood ratio: 1 doubles the odds.
    """

    name: str
    weight: float
    evidence: str
    passage_a: Passage | None = None
    passage_b: Passage | None = None


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why two records stand, or do not stand, in one study. `probability` is 1 when asserted."""

    record_a: str
    record_b: str
    kind: LinkKind
    relation: str  # "same registration", "reports the trial", "retells the article" …
    probability: float
    signals: tuple[Signal, ...]
    rule: str


class Study(msgspec.Struct, frozen=True, omit_defaults=True):
    """The investigation itself: the records that describe it, best-identified record first.

    `study_id` is the best identifier among them: a registry number, else a DOI, else a record id.
    `identifiers` are all normalised numbers under which the study may be asked for.
    """

    study_id: str
    title: str
    record_ids: tuple[str, ...]
    identifiers: tuple[str, ...]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One calculation that was tried: what was put in, what came out, whether it agrees."""

    method: str
    inputs: str
    result: str
    agrees: bool


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """What re-computing one statement gave. A flag states arithmetic and never a motive.

    `rule` names the check's page in the reference; `passages` are where the numbers stand in the
    record `record_id`.
    """

    check_id: str
    rule: str
    study_id: str
    record_id: str
    finding_id: str
    verdict: Verdict
    statement: str
    attempts: tuple[Attempt, ...] = ()
    not_checkable: str = ""
    innocent: tuple[str, ...] = ()  # explanations that would make the figures right
    passages: tuple[Passage, ...] = ()
