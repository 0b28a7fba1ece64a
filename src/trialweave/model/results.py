"""Results as a structured record posts them, and findings as we hold them.

A `ReportedOutcome` mirrors a register's results table or a reviewer's extraction sheet. A
`Finding` is one comparison (or one single group) read from any record, tables and sentences alike:
what is checked, shown and pooled.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.value import Passage, Value

__all__ = [
    "ArmResult",
    "Effect",
    "Finding",
    "PValue",
    "ReportedAnalysis",
    "ReportedArm",
    "ReportedOutcome",
    "Role",
]

Role = Literal["treatment", "control", "single", "total", "unknown"]


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
    arms: tuple[ArmResult, ...] = ()
    p: PValue | None = None
    effect: Effect | None = None
    passage: Passage | None = None
    rule: str = ""
    source: str = ""  # where a reviewer took it from, for extraction sheets
    note: str = ""
