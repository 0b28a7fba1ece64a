"""From a study's findings to the comparisons that could stand for it: two groups, four numbers.

A group is never used twice: treatment groups that share a control are added up (Cochrane
Handbook, section 23.3.4), and where a report gives the sum itself, that is taken.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trialweave.model import ArmResult, Finding
from trialweave.results.families import DEATH_COMPLEMENT
from trialweave.results.prose import RULE as SENTENCE
from trialweave.synthesis.groups import Group, counts

__all__ = ["Contrast", "complements", "contrasts"]

_MAX_GROUPS = 12  # treatment groups beside one control; more are no trial arms

# "after day 14", "between D15 and D28": what happened before is not counted.
_PART = re.compile(
    r"\b(?:after|beyond|since|between|from)\s+(?:study\s+)?"
    r"(?:(?:day|week|month|year|hour)s?\s?|[dwm])(\d{1,4})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Contrast:
    """Two groups' numbers, and where they come from."""

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

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """The numbers without their labels."""
        return counts(self.treatment, self.control)

    @property
    def size(self) -> int:
        """How many people both groups hold."""
        _, n1, _, n2 = self.numbers
        return n1 + n2


@dataclass(frozen=True)
class _Group:
    label: str
    events: int
    n: int
    recovered: tuple[str, ...]


def complements(family: str) -> frozenset[str]:
    """Families whose events are those without the event of `family`: survivors for deaths."""
    return frozenset(
        {left for left, right in DEATH_COMPLEMENT.items() if right == family}
        | {right for left, right in DEATH_COMPLEMENT.items() if left == family}
    )


def contrasts(
    family: str, findings: Iterable[Finding]
) -> tuple[tuple[Contrast, ...], tuple[str, ...]]:
    """The comparisons on one outcome in one study's findings, and why other findings give none.

    Findings of a complementary family (survival, where deaths are asked) are turned round.
    """
    usable: list[Contrast] = []
    reasons: dict[str, None] = {}  # ordered, without repeats
    turned_families = complements(family)
    for finding in findings:
        if finding.family not in (family, *turned_families):
            continue
        contrast = _contrast(finding, turned=finding.family != family)
        if isinstance(contrast, str):
            reasons[contrast] = None
        else:
            usable.append(contrast)
    return tuple(_shared_controls(usable)), tuple(reasons)


def _contrast(finding: Finding, *, turned: bool) -> Contrast | str:
    """The finding's comparison, or why it has none."""
    if finding.kind != "count":
        return "no counts of participants"
    # A register's table describes who was analysed; a sentence names a population only where it
    # speaks of a part of the participants.
    if finding.population and finding.rule == SENTENCE:
        return f"counts only a part of the participants ({finding.population[:80]})"
    part = _PART.search(finding.outcome) or _PART.search(finding.time)
    if part is not None and int(part[1]) > 1:
        return f"counts only a part of the follow-up ({part[0]})"
    sides: dict[str, list[ArmResult]] = {"treatment": [], "control": []}
    for arm in finding.arms:
        if arm.role in sides:
            sides[arm.role].append(arm)
    if not sides["treatment"] or not sides["control"]:
        groups = [arm for arm in finding.arms if arm.role != "total"]
        if len(groups) > 1:
            return "not told which group is the treated one and which the control"
        return "no figures for a control group"
    groups_of = {side: [_group(arm, turned) for arm in arms] for side, arms in sides.items()}
    for group in itertools.chain.from_iterable(groups_of.values()):
        if isinstance(group, str):
            return group
    treated = [group for group in groups_of["treatment"] if isinstance(group, _Group)]
    controls = [group for group in groups_of["control"] if isinstance(group, _Group)]
    for groups_ in (treated, controls):
        if len({_same(group.label) for group in groups_}) < len(groups_):
            return "several rows for one group"
    return Contrast(
        finding_ids=(finding.finding_id,),
        record_id=finding.record_id,
        outcome=finding.outcome,
        time=finding.time,
        time_days=finding.time_days,
        population=finding.population,
        treatment=_together(treated),
        control=_together(controls),
        turned=turned,
        recovered=tuple(text for group in (*treated, *controls) for text in group.recovered),
        combined="added" if len(treated) > 1 else "",
        parts=tuple(group.label for group in treated) if len(treated) > 1 else (),
    )


def _together(groups: Sequence[_Group]) -> Group:
    return Group(
        label=" + ".join(group.label for group in groups),
        n=sum(group.n for group in groups),
        events=sum(group.events for group in groups),
    )


def _group(arm: ArmResult, turned: bool) -> _Group | str:
    if arm.events is None or arm.n is None:
        return "number of events or of participants not known in both groups"
    if arm.n <= 0:
        return "a group without participants"
    if not 0 <= arm.events <= arm.n:
        return f"{arm.events} events in {arm.n} participants are impossible"
    recovered = tuple(
        f"{what} of {arm.label or arm.role}"
        for what, origin in (("events", arm.events_origin), ("size", arm.n_origin))
        if origin == "recovered"
    )
    events = arm.n - arm.events if turned else arm.events
    return _Group(arm.label or arm.role, events, arm.n, recovered)


def _same(label: str) -> str:
    return " ".join(label.casefold().split())


def _shared_controls(found: Sequence[Contrast]) -> list[Contrast]:
    """Mark or make the sum of treatment groups that one record compares with one control."""
    sharing: dict[tuple[object, ...], list[Contrast]] = defaultdict(list)
    for contrast in found:
        key = (
            contrast.record_id,
            contrast.turned,
            contrast.time_days,
            _same(contrast.time),
            _same(contrast.population),
            _same(contrast.control.label),
            *contrast.numbers[2:],
        )
        sharing[key].append(contrast)
    result: list[Contrast] = []
    for group in sharing.values():
        result.extend(_one_control(group))
    return result


def _one_control(group: list[Contrast]) -> list[Contrast]:
    by_label: dict[str, Contrast] = {}
    for contrast in group:
        by_label.setdefault(_same(contrast.treatment.label), contrast)
    distinct = list(by_label.values())
    if len(distinct) < 2 or any(contrast.combined for contrast in group):
        return group
    for whole in distinct:
        rest = [contrast for contrast in distinct if contrast is not whole]
        if len(rest) > 1 and whole.numbers[:2] == _sum(rest):
            labels = tuple(contrast.treatment.label for contrast in rest)
            return [
                replace(contrast, combined="reported", parts=labels)
                if _same(contrast.treatment.label) == _same(whole.treatment.label)
                else replace(contrast, is_part=True)
                for contrast in group
            ]
    if len(distinct) > _MAX_GROUPS:
        return group
    labels = tuple(contrast.treatment.label for contrast in distinct)
    events, n = _sum(distinct)
    added = replace(
        distinct[0],
        finding_ids=tuple(contrast.finding_ids[0] for contrast in distinct),
        treatment=Group(" + ".join(labels), n=n, events=events),
        recovered=tuple(dict.fromkeys(text for one in distinct for text in one.recovered)),
        combined="added",
        parts=labels,
    )
    return [added, *(replace(contrast, is_part=True) for contrast in group)]


def _sum(parts: Iterable[Contrast]) -> tuple[int, int]:
    found = [contrast.numbers[:2] for contrast in parts]
    return sum(events for events, _ in found), sum(n for _, n in found)
