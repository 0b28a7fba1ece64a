"""From a study's findings to the comparisons that could stand for it.

Counts of participants with the event give four numbers; what is measured gives means (`means`);
hazard ratios, and other ratios where nobody gives counts, are taken as reported (`stated`). A group
is never used twice: treatment groups that share a control are added up (`sharing`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trialweave.model import ArmResult, Finding
from trialweave.results.families import DEATH_COMPLEMENT
from trialweave.synthesis.contrast import Contrast, only_a_part, sides
from trialweave.synthesis.groups import Group
from trialweave.synthesis.sharing import shared_controls

__all__ = ["Contrast", "complements", "contrasts"]

_MEANS = ("MD", "SMD", "ROM")


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
    family: str, findings: Iterable[Finding], measure: str = "RR"
) -> tuple[tuple[Contrast, ...], tuple[str, ...]]:
    """The comparisons on one outcome in one study's findings, and why other findings give none.

    Findings of a complementary family (survival, where deaths are asked) are turned round. Ratios
    as reported stand in only where nothing gives counts; a hazard ratio is always as reported.
    """
    found = list(findings)
    if measure in _MEANS:
        from trialweave.synthesis.means import mean_contrasts

        return mean_contrasts(family, found, measure)
    from trialweave.synthesis.stated import stated_contrasts

    if measure == "HR":
        return stated_contrasts(family, complements(family), found, measure)
    counted, reasons = _counted(family, found)
    if counted or measure == "RD":
        return counted, reasons
    reported, others = stated_contrasts(family, complements(family), found, measure)
    return reported, tuple(dict.fromkeys((*reasons, *others)))


def _counted(
    family: str, findings: Sequence[Finding]
) -> tuple[tuple[Contrast, ...], tuple[str, ...]]:
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
    return tuple(shared_controls(usable, _together, _is_sum)), tuple(reasons)


def _contrast(finding: Finding, *, turned: bool) -> Contrast | str:
    """The finding's comparison, or why it has none."""
    if finding.kind != "count":
        return "no counts of participants"
    if why := only_a_part(finding):
        return why
    told = sides(finding)
    if isinstance(told, str):
        return told
    groups_of = [[_group(arm, turned) for arm in arms] for arms in told]
    for group in itertools.chain.from_iterable(groups_of):
        if isinstance(group, str):
            return group
    treated, controls = (
        [group for group in groups if isinstance(group, _Group)] for groups in groups_of
    )
    return Contrast(
        finding_ids=(finding.finding_id,),
        record_id=finding.record_id,
        outcome=finding.outcome,
        time=finding.time,
        time_days=finding.time_days,
        population=finding.population,
        treatment=_together([_plain(group) for group in treated]),
        control=_together([_plain(group) for group in controls]),
        turned=turned,
        recovered=tuple(text for group in (*treated, *controls) for text in group.recovered),
        combined="added" if len(treated) > 1 else "",
        parts=tuple(group.label for group in treated) if len(treated) > 1 else (),
    )


def _plain(group: _Group) -> Group:
    return Group(group.label, group.n, group.events)


def _together(groups: Sequence[Group]) -> Group:
    return Group(
        label=" + ".join(group.label for group in groups),
        n=sum(group.n or 0 for group in groups),
        events=sum(group.events or 0 for group in groups),
    )


def _is_sum(whole: Group, added: Group) -> bool:
    return (whole.n, whole.events) == (added.n, added.events)


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
