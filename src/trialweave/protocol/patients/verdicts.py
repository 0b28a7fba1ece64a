"""What facts say of a criterion, and the criteria of a trial together."""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.protocol.criteria.tree import Criterion

__all__ = [
    "CriterionVerdict",
    "Evidence",
    "Outcome",
    "Settling",
    "TrialOutcome",
    "TrialVerdict",
    "Verdict",
]

Outcome = Literal["met", "not met", "unknown", "conflict", "unsupported"]
"""Of a condition as written: `unknown` where a fact is missing, `conflict` where facts of one time
say both, `unsupported` where the text is not understood."""

TrialOutcome = Literal["eligible", "ineligible", "undetermined"]


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fact that decides: where it stands, what it says, when, and how it was converted
    ("1.2 mg/dL = 106 umol/L (113.12 g/mol)")."""

    resource: str
    path: str
    label: str
    value: str
    date: str = ""
    converted: str = ""


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a condition comes to. `missing` names what would have to be known."""

    outcome: Outcome
    because: str
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()


class CriterionVerdict(msgspec.Struct, frozen=True):
    """A criterion, what its condition comes to as written, and what follows for taking part:
    an exclusion criterion that is met bars, an inclusion criterion that is not met does."""

    criterion: Criterion
    verdict: Verdict
    follows: Literal["allows", "bars", "open"]


class Settling(msgspec.Struct, frozen=True):
    """A piece of information that would settle so many of the criteria that are open."""

    missing: str
    criteria: tuple[int, ...]  # by number
    alone: bool  # whether it, and nothing else, is needed to determine the trial


class TrialVerdict(msgspec.Struct, frozen=True):
    """One trial for one person. Eligible only where every criterion is known to allow."""

    study_id: str
    record_id: str
    title: str
    outcome: TrialOutcome
    criteria: tuple[CriterionVerdict, ...]
    settled_by: tuple[Settling, ...] = ()
    computable: int = 0  # criteria that are understood in full
    total: int = 0
