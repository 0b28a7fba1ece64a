"""Treated groups that one record compares with one control: their sum, so that nobody in the
control counts twice (Cochrane Handbook, section 23.3.4; for means section 6.5.2.10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from trialweave.synthesis.contrast import Contrast, same
from trialweave.synthesis.groups import Group

__all__ = ["shared_controls"]

_MAX_GROUPS = 12  # treatment groups beside one control; more are no trial arms

Together = Callable[[Sequence[Group]], Group]
IsSum = Callable[[Group, Group], bool]


def shared_controls(found: Sequence[Contrast], together: Together, is_sum: IsSum) -> list[Contrast]:
    """Mark or make the sum of treatment groups that share a control.

    `together` puts groups into one; `is_sum` tells whether a reported group has the numbers of one
    that was put together. Each record's comparisons stand with their like: one outcome, time,
    population and kind of numbers.
    """
    sharing: dict[tuple[object, ...], list[Contrast]] = defaultdict(list)
    for contrast in found:
        control = contrast.control
        key = (
            contrast.record_id,
            contrast.turned,
            contrast.time_days,
            same(contrast.time),
            same(contrast.population),
            same(control.label),
            (control.n, control.events, control.mean, control.sd),
            (contrast.unit, contrast.quantity, contrast.change),
        )
        sharing[key].append(contrast)
    return [
        one for group in sharing.values() for one in _one_control(group, together, is_sum)
    ]  # fmt: skip


def _one_control(group: list[Contrast], together: Together, is_sum: IsSum) -> list[Contrast]:
    by_label: dict[str, Contrast] = {}
    for contrast in group:
        by_label.setdefault(same(contrast.treatment.label), contrast)
    distinct = list(by_label.values())
    if len(distinct) < 2 or any(contrast.combined for contrast in group):
        return group
    for whole in distinct:
        rest = [contrast for contrast in distinct if contrast is not whole]
        if len(rest) > 1 and is_sum(whole.treatment, together([one.treatment for one in rest])):
            labels = tuple(contrast.treatment.label for contrast in rest)
            return [
                replace(contrast, combined="reported", parts=labels)
                if same(contrast.treatment.label) == same(whole.treatment.label)
                else replace(contrast, is_part=True)
                for contrast in group
            ]
    if len(distinct) > _MAX_GROUPS:
        return group
    added = replace(
        distinct[0],
        finding_ids=tuple(contrast.finding_ids[0] for contrast in distinct),
        treatment=together([one.treatment for one in distinct]),
        recovered=tuple(dict.fromkeys(text for one in distinct for text in one.recovered)),
        combined="added",
        parts=tuple(contrast.treatment.label for contrast in distinct),
    )
    return [added, *(replace(contrast, is_part=True) for contrast in group)]
