"""counts-sane: whether the counts of a group are possible at all."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make, percent_value
from trialweave.model import ArmResult, Check, Finding

RULE = "counts-sane"


def problem(arm: ArmResult) -> str:
    """What is impossible about the numbers of one group; "" where nothing is."""
    if arm.n is not None and arm.n < 0:
        return f"The group has {arm.n} patients: a number of patients cannot be negative."
    if arm.events is not None and arm.events < 0:
        return f"{arm.events} events are stated: a count cannot be negative."
    if arm.n == 0 and (arm.events or arm.percent):
        return "The group has no patients, and yet a result."
    if arm.events is not None and arm.n is not None and arm.events > arm.n:
        return f"{arm.events} patients with the event are more than the {arm.n} in the group."
    value = percent_value(arm.percent) if arm.percent else None
    if value is not None and not 0.0 <= value <= 100.0:
        return f"{arm.percent}% is not between 0% and 100%."
    return ""


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Flag events above the group's size, negative numbers, and results of empty groups."""
    if finding.kind != "count":
        return
    for position, arm in enumerate(finding.arms):
        found = problem(arm)
        if found:
            name = f" ({arm.label})" if arm.label else ""
            yield make(
                RULE,
                context,
                finding,
                "flag",
                f"{finding.outcome}{name}: {found}",
                part=str(position),
                innocent=(
                    "events may have been counted instead of patients",
                    "columns or rows may have been exchanged when the numbers were read",
                ),
                passages=(arm.passage,),
            )
