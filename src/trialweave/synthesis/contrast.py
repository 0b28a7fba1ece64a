"""A comparison that could stand for a study, of whatever kind, and what all kinds share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from trialweave.model import ArmResult, Finding
from trialweave.results.continuous_findings import RULE as MEANS_SENTENCE
from trialweave.results.prose import EFFECT_RULE as EFFECT_SENTENCE
from trialweave.results.prose import RULE as SENTENCE
from trialweave.synthesis.groups import Group, Kind, Stated, counts

__all__ = ["Contrast", "only_a_part", "same", "sides"]

_SENTENCES = frozenset({SENTENCE, MEANS_SENTENCE, EFFECT_SENTENCE})

# "after day 14", "between D15 and D28": what happened before is not counted.
_PART = re.compile(
    r"\b(?:after|beyond|since|between|from)\s+(?:study\s+)?"
    r"(?:(?:day|week|month|year|hour)s?\s?|[dwm])(\d{1,4})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Contrast:
    """Two groups' numbers, or an effect as reported, and where they come from."""

    finding_ids: tuple[str, ...]
    record_id: str
    outcome: str
    time: str
    time_days: float | None
    population: str
    treatment: Group
    control: Group
    turned: bool = False  # counted from the complementary outcome: deaths from survivors
    recovered: tuple[str, ...] = ()  # which of the numbers are not printed, and how known
    combined: Literal["", "reported", "added"] = ""
    parts: tuple[str, ...] = ()  # labels of the treatment groups that were added
    is_part: bool = False  # one of several treatment groups beside one control
    kind: Kind = "count"
    stated: Stated | None = None
    adjusted: bool = False  # the record says that the effect is adjusted
    unit: str = ""  # of means, in one spelling
    quantity: str = ""  # what is measured, where the outcome's name covers several things
    change: bool = False  # means are of changes from the start

    @property
    def numbers(self) -> tuple[float | None, ...]:
        """The numbers without their labels."""
        if self.stated is not None:
            return self.stated.estimate, self.stated.low, self.stated.high
        if self.kind == "count":
            return counts(self.treatment, self.control)
        groups = (self.treatment, self.control)
        return tuple(number for one in groups for number in (one.n, one.mean, one.sd))

    @property
    def size(self) -> int:
        """How many people both groups hold, as far as it is told."""
        return (self.treatment.n or 0) + (self.control.n or 0)


def sides(finding: Finding) -> tuple[list[ArmResult], list[ArmResult]] | str:
    """The treated and the control groups of a finding, or why they cannot be told."""
    treated = [arm for arm in finding.arms if arm.role == "treatment"]
    controls = [arm for arm in finding.arms if arm.role == "control"]
    if not treated or not controls:
        groups = [arm for arm in finding.arms if arm.role != "total"]
        if len(groups) > 1:
            return "not told which group is the treated one and which the control"
        return "no figures for a control group"
    for groups in (treated, controls):
        if len({same(arm.label or arm.role) for arm in groups}) < len(groups):
            return "several rows for one group"
    return treated, controls


def only_a_part(finding: Finding) -> str:
    """Why a finding is not about everybody, or not about the whole time; "" where it is."""
    # A register's table describes who was analysed; a sentence names a population only where it
    # speaks of a part of the participants.
    if finding.population and finding.rule in _SENTENCES:
        return f"counts only a part of the participants ({finding.population[:80]})"
    if finding.kind == "continuous":
        return ""  # "change from week 2": a mean is of one time
    part = _PART.search(finding.outcome) or _PART.search(finding.time)
    if part is not None and int(part[1]) > 1:
        return f"counts only a part of the follow-up ({part[0]})"
    return ""


def same(label: str) -> str:
    """A label without case and spacing."""
    return " ".join(label.casefold().split())
