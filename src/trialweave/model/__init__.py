"""Frozen types that every stage shares, with no logic beyond their own invariants.

A received document holds records; a record holds a `Trial` or a `Publication` whose fields are
`Value`s with passage and rule; findings are read from records; studies are clusters of records
held together by links; checks say what re-computation of a finding gave.
This package imports nothing of ours but `errors`, and never reads a file.
"""

from trialweave.model.dates import PartialDate, parse_date
from trialweave.model.publication import Publication, Related, Section
from trialweave.model.record import Draft, Received, Record, RecordKind
from trialweave.model.results import (
    AdverseEvents,
    ArmResult,
    Baseline,
    BaselineCell,
    BaselineRow,
    Characteristic,
    Counted,
    Effect,
    EventCount,
    EventRow,
    Finding,
    FlowCount,
    FlowRow,
    ParticipantFlow,
    PValue,
    ReportedAnalysis,
    ReportedArm,
    ReportedGroup,
    ReportedOutcome,
    Role,
)
from trialweave.model.study import Attempt, Check, Link, LinkKind, Signal, Study, Verdict
from trialweave.model.trial import (
    MASKINGS,
    PHASES,
    STATUSES,
    Arm,
    CorrelatedTerm,
    Intervention,
    Outcome,
    Reference,
    RegistryNumber,
    Site,
    Trial,
)
from trialweave.model.value import Labelled, Missingness, Passage, Suggestion, Value, stated

__all__ = [
    "MASKINGS",
    "PHASES",
    "STATUSES",
    "AdverseEvents",
    "Arm",
    "ArmResult",
    "Attempt",
    "Baseline",
    "BaselineCell",
    "BaselineRow",
    "Characteristic",
    "Check",
    "CorrelatedTerm",
    "Counted",
    "Draft",
    "Effect",
    "EventCount",
    "EventRow",
    "Finding",
    "FlowCount",
    "FlowRow",
    "Intervention",
    "Labelled",
    "Link",
    "LinkKind",
    "Missingness",
    "Outcome",
    "PValue",
    "PartialDate",
    "ParticipantFlow",
    "Passage",
    "Publication",
    "Received",
    "Record",
    "RecordKind",
    "Reference",
    "RegistryNumber",
    "Related",
    "ReportedAnalysis",
    "ReportedArm",
    "ReportedGroup",
    "ReportedOutcome",
    "Role",
    "Section",
    "Signal",
    "Site",
    "Study",
    "Suggestion",
    "Trial",
    "Value",
    "Verdict",
    "parse_date",
    "stated",
]
