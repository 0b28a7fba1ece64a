"""Results as a structured record posts them, and findings as we hold them.

A `ReportedOutcome` mirrors a register's results table or a reviewer's extraction sheet; participant
flow, baseline characteristics and adverse events stand apart, so that none of their rows is taken
for an outcome. A `Finding` is one comparison (or one single group) read from any record, tables and
sentences alike: what is checked, shown and pooled.

The rows of large tables are one `Value` each, whose passage is the row as received: a cell of it is
a number, or the reason why there is none (`Counted`).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from trialweave.model.correction import Edit
from trialweave.model.value import Missingness, Passage, Value

__all__ = [
    "AdverseEvents",
    "ArmResult",
    "Baseline",
    "BaselineCell",
    "BaselineRow",
    "Characteristic",
    "Counted",
    "Effect",
    "EventCount",
    "EventRow",
    "Finding",
    "FlowCount",
    "FlowRow",
    "PValue",
    "ParticipantFlow",
    "ReportedAnalysis",
    "ReportedArm",
    "ReportedGroup",
    "ReportedOutcome",
    "Role",
]

Role = Literal["treatment", "control", "single", "total", "unknown"]
Counted: TypeAlias = int | Missingness


class ReportedArm(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One cell of a posted table: a group at one time, in one class or category."""

    label: str = ""
    role: Role = "unknown"
    category: str = ""  # class and category title, where the table has them
    n: Value[int] = Value()
    events: Value[int] = Value()
    percent: Value[str] = Value()  # as printed: "7.31"
    mean: Value[float] = Value()
    median: Value[float] = Value()
    number: Value[float] = Value()  # a number of any other or unstated kind
    dispersion: Value[float] = Value()
    dispersion_type: str = ""  # "SD", "SE", "95% CI", "IQR", as the record says
    lower: Value[float] = Value()
    upper: Value[float] = Value()


class ReportedAnalysis(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A statistical analysis that a posted table states, everything as printed."""

    groups: tuple[str, ...] = ()
    method: Value[str] = Value()
    p_value: Value[str] = Value()
    parameter: Value[str] = Value()  # "Risk Ratio (RR)"
    estimate: Value[str] = Value()
    lower: Value[str] = Value()
    upper: Value[str] = Value()
    level: Value[str] = Value()  # percent


class ReportedOutcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One outcome of a posted results table or an extraction sheet."""

    title: Value[str] = Value()
    description: Value[str] = Value()
    time_frame: Value[str] = Value()
    type: Value[str] = Value()  # primary, secondary, adverse event, mortality
    population: Value[str] = Value()
    unit: Value[str] = Value()
    parameter: Value[str] = Value()  # "Count of Participants", "Mean", "Median"
    arms: tuple[ReportedArm, ...] = ()
    analyses: tuple[ReportedAnalysis, ...] = ()
    source: str = ""  # where a reviewer took it from
    note: str = ""


class ReportedGroup(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A group of a posted table; rows refer to it by its position among the table's groups."""

    label: Value[str] = Value()
    description: Value[str] = Value()
    role: Role = "unknown"
    size: Value[int] = Value()  # participants
    units: Value[int] = Value()  # what else is counted: lesions, eyes, clinics


class FlowCount(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How many participants of a group reached a milestone, or left for a reason."""

    group: int
    count: Counted
    note: str = ""


class FlowRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A milestone of a period ("started", "completed", "not completed", or one of the trial's own),
    or with `reason` why participants did not complete it.
    """

    period: str
    name: str
    reason: bool = False
    counts: tuple[FlowCount, ...] = ()
    note: str = ""


class ParticipantFlow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who came in, who stayed, who left and why; in the record's order."""

    recruitment: Value[str] = Value()
    before_assignment: Value[str] = Value()
    unit: Value[str] = Value()  # what is counted besides participants
    groups: tuple[ReportedGroup, ...] = ()
    rows: tuple[Value[FlowRow], ...] = ()


class BaselineCell(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A group's figures as printed, "" where there is none; `n` participants they are about."""

    group: int
    value: str
    spread: str = ""
    lower: str = ""
    upper: str = ""
    n: Counted = Missingness.NOT_REPORTED


class BaselineRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One class or category of a characteristic: "Female"; "" where it has but one row."""

    category: str = ""
    cells: tuple[BaselineCell, ...] = ()


class Characteristic(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A characteristic at the start, measured or counted by group."""

    title: Value[str] = Value()
    description: Value[str] = Value()
    population: Value[str] = Value()
    unit: Value[str] = Value()
    parameter: Value[str] = Value()  # "Count of Participants", "Mean", "Median"
    dispersion_type: str = ""  # "SD", "SE", "IQR", "range", as in `ReportedArm`
    kind: Literal["events", "percent", "mean", "median", "number"] = "number"
    rows: tuple[Value[BaselineRow], ...] = ()


class Baseline(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Characteristics of the participants at the start."""

    population: Value[str] = Value()
    unit: Value[str] = Value()  # what is counted besides participants
    groups: tuple[ReportedGroup, ...] = ()
    measures: tuple[Characteristic, ...] = ()


class EventCount(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Participants of a group with an event, those at risk, and events."""

    group: int
    affected: Counted
    at_risk: Counted
    events: Counted = Missingness.NO_FIELD


class EventRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One adverse event term, or a total over all terms of its kind."""

    kind: Literal["death", "serious", "other"]
    term: str
    organ_system: str = ""
    vocabulary: str = ""  # as stated: "MedDRA 19.0"
    assessment: Literal["", "systematic", "non-systematic"] = ""
    counts: tuple[EventCount, ...] = ()
    note: str = ""


class AdverseEvents(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Deaths and adverse events. The totals are also among the reported outcomes."""

    time_frame: Value[str] = Value()
    description: Value[str] = Value()
    threshold: Value[str] = Value()  # percent; rarer events other than serious are left out
    groups: tuple[ReportedGroup, ...] = ()
    totals: tuple[Value[EventRow], ...] = ()
    rows: Value[tuple[Value[EventRow], ...]] = Value()


class PValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A P value as stated: ``P < 0.0001`` is operator "<" and text "0.0001"."""

    operator: Literal["<", "=", ">", "<=", ">="]
    text: str
    test: str = ""  # named test, "" where none is named
    passage: Passage | None = None


class Effect(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stated effect with its interval, as printed text; measure is RR, OR, HR, RD, MD …

    `adjusted` is true where the record says that the effect comes from an adjusted model.
    """

    measure: str
    estimate: str
    lower: str = ""
    upper: str = ""
    level: str = "95"
    adjusted: bool = False
    passage: Passage | None = None


class ArmResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a finding says of one group. `events_origin` and `n_origin` tell how it is known.

    "stated": printed so; "recovered": the only whole number that fits what is printed, with
    `recovery` saying how.
    """

    label: str = ""
    role: Role = "unknown"
    events: int | None = None
    n: int | None = None
    percent: str = ""  # as printed, without the sign
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    lower: float | None = None
    upper: float | None = None
    limits: Literal["", "IQR", "range", "CI"] = ""  # what `lower` and `upper` are, where it is said
    se: float | None = None  # standard error of the mean
    mean_printed: str = ""  # with the decimals that are printed, the decimal sign a point
    sd_printed: str = ""
    se_printed: str = ""
    events_origin: Literal["", "stated", "recovered"] = ""
    n_origin: Literal["", "stated", "recovered"] = ""
    recovery: str = ""
    passage: Passage | None = None


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One comparison or single-group result that one record states.

    `finding_id` is ``<record id>#<ordinal>``. `family` groups outcomes that may be pooled
    ("mortality", "survival", "invasive ventilation" …), "" where none is known.
    """

    finding_id: str
    record_id: str
    outcome: str
    family: str = ""
    kind: Literal["count", "continuous", "effect", "p only"] = "count"
    time: str = ""
    time_days: float | None = None
    population: str = ""
    unit: str = ""  # of means and medians, as stated
    change: bool = False  # means and medians are of changes from the start
    arms: tuple[ArmResult, ...] = ()
    p: PValue | None = None
    effect: Effect | None = None
    passage: Passage | None = None
    rule: str = ""
    source: str = ""  # where a reviewer took it from, for extraction sheets
    note: str = ""
    edits: tuple[Edit, ...] = ()  # cells that people put right
