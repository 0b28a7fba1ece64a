"""Participant flow as a record posts it: who started, who completed, who left and why."""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.model import FlowCount, FlowRow, ParticipantFlow, Passage, Role, Value
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_groups import (
    counted,
    name_of,
    positions,
    reported,
    said,
    unique,
)
from trialweave.sources.ctgov.results_shape import Achievement, Flow, Reason
from trialweave.sources.ctgov.values import RESULTS, STATED, count, markup, text

__all__ = ["arm_sizes", "flow_of"]

_STANDARD = ("started", "completed", "not completed")


def arm_sizes(
    study: shape.Study, arms: tuple[shape.ArmGroup, ...], paths: Paths
) -> dict[int, Value[int]]:
    """How many started in each arm, by the arm's position, where the flow says so beyond doubt.

    Beyond doubt: the flow has one group, and the register one arm, of that name; the first period
    counts those who started once; and nobody joins in a later period.
    """
    flow = study.results_section.participant_flow_module if study.results_section else None
    if not isinstance(flow, Flow) or not flow.groups or not flow.periods or not arms:
        return {}
    started: list[dict[str, tuple[int, Value[int]]]] = []
    for p, period in enumerate(flow.periods):
        counts: dict[str, tuple[int, Value[int]]] = {}
        milestones = [
            (m, milestone)
            for m, milestone in enumerate(period.milestones or ())
            if milestone.type and milestone.type.strip().casefold() == "started"
        ]
        if len(milestones) == 1:
            m, milestone = milestones[0]
            for a, achieved in enumerate(milestone.achievements or ()):
                if achieved.group_id:
                    path = paths.deep["started"] % (p, m, a)
                    value = count(achieved.num_subjects, Passage(path=path))
                    if value.content is not None:
                        counts[achieved.group_id] = (value.content, value)
        started.append(counts)
    groups = unique(group.title for group in flow.groups)
    single = unique(arm.label for arm in arms)
    ids = {name_of(group.title): group.id for group in flow.groups if group.id}
    sizes = {}
    for position, arm in enumerate(arms):
        name = name_of(arm.label)
        group_id = ids.get(name)
        if name not in groups or name not in single or not group_id:
            continue
        first = started[0].get(group_id)
        if first is None or any(
            group_id in later and later[group_id][0] > first[0] for later in started[1:]
        ):
            continue
        sizes[position] = first[1]
    return sizes


def flow_of(flow: Flow, roles: dict[str, Role], paths: Paths) -> ParticipantFlow:
    """The flow, period after period: milestones, then reasons, in the record's order."""
    one, deep = paths.one, paths.deep
    groups = flow.groups or ()
    at = positions(groups)
    rows = []
    for p, period in enumerate(flow.periods or ()):
        title = said(period.title)
        for m, milestone in enumerate(period.milestones or ()):
            row = _row(title, milestone.type, milestone.achievements, milestone.comment, at)
            rows.append(_value(row, deep["milestone"] % (p, m)))
        for d, drop in enumerate(period.drop_withdraws or ()):
            row = _row(title, drop.type, drop.reasons, drop.comment, at, reason=True)
            rows.append(_value(row, deep["drop"] % (p, d)))
    return ParticipantFlow(
        recruitment=markup(flow.recruitment_details, one["flow_recruitment"]),
        before_assignment=markup(flow.pre_assignment_details, one["flow_before"]),
        unit=text(flow.type_units_analyzed, one["flow_unit"]),
        groups=reported(groups, roles, paths, "flow_title", "flow_description"),
        rows=tuple(rows),
    )


def _value(row: FlowRow, path: str) -> Value[FlowRow]:
    return Value(row, STATED, Passage(path=path), RESULTS)


def _row(
    period: str,
    name: shape.Text,
    cells: Sequence[Achievement | Reason] | None,
    note: shape.Text,
    at: dict[str, int],
    *,
    reason: bool = False,
) -> FlowRow:
    bare = said(name)
    if not reason and bare.casefold().replace("_", " ") in _STANDARD:
        bare = bare.casefold().replace("_", " ")
    counts = [
        FlowCount(at[cell.group_id], counted(cell.num_subjects), said(cell.comment))
        for cell in cells or ()
        if cell.group_id and cell.group_id in at
    ]
    return FlowRow(period, bare, reason, tuple(counts), said(note))
