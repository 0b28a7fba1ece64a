"""Studies, the links that make them, their reports, and what does not agree about them."""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.value import Passage

__all__ = [
    "Attempt",
    "Check",
    "Conflict",
    "Link",
    "LinkKind",
    "Notice",
    "NoticeKind",
    "Part",
    "Position",
    "Report",
    "Side",
    "Signal",
    "Study",
    "Verdict",
]

LinkKind = Literal["decided", "asserted", "probable", "candidate", "rejected"]
Verdict = Literal["consistent", "flag", "note", "cannot check"]
NoticeKind = Literal[
    "retraction", "withdrawal", "partial retraction", "expression of concern", "correction"
]
Side = Literal["registry", "page", "article", "sheet"]
"""Who states a value: a register, a portal's page of a registration, an article or a page that
retells one, a reviewer's sheet."""


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
    """Why two records stand, or do not stand, in one study. `probability` is 1 when asserted
    or decided by a person, 0 when a person decided that they are two."""

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


class Part(msgspec.Struct, frozen=True):
    """One record of a report and what it is of it: "article", "preprint", "page", "correction"."""

    record_id: str
    role: str


class Report(msgspec.Struct, frozen=True):
    """Records that tell one thing: a registration with its copies, or an article with its preprint,
    the databases' records of it, pages that retell it, and notices about it.

    `report_id` is the best number among them; `parts` have the best record first; `reasons` say
    why records without a number in common stand together.
    """

    report_id: str
    kind: str  # role of the best record
    title: str
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """That the article of a record was retracted, questioned or corrected.

    `stated_by` is the record that says so, where `passage` stands; `number` the notice's own DOI
    or PubMed number, "" where none is stated; `notice_id` the record of the notice, where it is
    at hand.
    """

    study_id: str
    record_id: str
    kind: NoticeKind
    statement: str
    stated_by: str
    number: str = ""
    notice_id: str = ""
    passage: Passage | None = None


class Position(msgspec.Struct, frozen=True):
    """What one record states for a concept: each value as text, and its address for `why`."""

    record_id: str
    side: Side
    texts: tuple[str, ...]
    addresses: tuple[str, ...]
    preferred: bool = False


class Conflict(msgspec.Struct, frozen=True):
    """A concept on which records of one study differ.

    `kinds` are the pairs of sides that differ, as "registry against registry". `reason` says why
    the preferred value is; `note` what may explain the difference.
    """

    study_id: str
    concept: str
    kinds: tuple[str, ...]
    positions: tuple[Position, ...]
    reason: str
    note: str = ""
