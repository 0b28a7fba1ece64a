"""The fields of one line of an extraction sheet, as a reviewer may write them.

The reference for people is ``docs/reference/extraction-format.md``. Fields that are not known here
are refused: dropping a misspelt one in silence would lose a number.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = [
    "SheetArm",
    "SheetCell",
    "SheetEffect",
    "SheetEnrolment",
    "SheetLine",
    "SheetResult",
    "SheetVersion",
]

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
_Key = Annotated[str, msgspec.Meta(pattern=r"^[^\s\x00-\x1f\x7f]{0,120}$")]


class SheetVersion(msgspec.Struct, frozen=True):
    """The format alone, so that a line of a later version is refused with that reason."""

    format: str


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No field but those declared."""


class SheetEffect(Strict, frozen=True):
    """A stated effect, printed text throughout; `level` in percent, 95 where left out."""

    measure: str
    estimate: str | None = None
    lower: str | None = None
    upper: str | None = None
    level: str | None = None


class SheetCell(Strict, frozen=True):
    """What is stated of one group. `derived` names the numbers that the reviewer worked out."""

    label: str | None = None
    events: _Count | None = None  # participants with the event
    n: _Count | None = None
    percent: str | None = None  # as printed
    number: float | None = None  # a count of anything but participants
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    lower: float | None = None  # of the interquartile range
    upper: float | None = None
    derived: tuple[Literal["events", "n", "number", "mean", "sd", "median"], ...] = ()


class SheetResult(Strict, frozen=True):
    """One outcome at one time from one place: two groups, or one."""

    outcome: str
    days: float | None = None
    time: str | None = None
    population: str | None = None
    unit: str | None = None
    treatment: SheetCell | None = None
    control: SheetCell | None = None
    p: str | None = None
    test: str | None = None
    effect: SheetEffect | None = None
    derived: str | None = None
    source: str | None = None
    note: str | None = None


class SheetArm(Strict, frozen=True):
    """One arm or group with its size as randomised, enrolled or planned."""

    label: str
    role: Literal["treatment", "control", "other"]
    size: _Count | None = None


class SheetEnrolment(Strict, frozen=True):
    """How many took part, or were to."""

    n: _Count
    type: Literal["actual", "estimated"] | None = None


class SheetLine(Strict, frozen=True):
    """One report (article) or registration."""

    format: str
    key: _Key
    kind: Literal["report", "registration"]
    label: str | None = None
    title: str | None = None
    registrations: tuple[str, ...] = ()
    doi: str | None = None
    pmid: str | None = None
    report_of: str | None = None
    year: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None
    country: str | tuple[str, ...] | None = None
    condition: str | None = None
    severity: str | None = None
    design: str | None = None
    masking: str | None = None
    masked: tuple[str, ...] = ()
    phase: str | None = None
    product: str | None = None
    cell_source: str | None = None
    dose: str | None = None
    infusions: str | None = None
    schedule: str | None = None
    route: str | None = None
    arms: tuple[SheetArm, ...] = ()
    control: str | None = None
    enrolment: SheetEnrolment | None = None
    follow_up_days: float | None = None
    results: tuple[SheetResult, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
