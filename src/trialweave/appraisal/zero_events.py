"""zero-events: what no event in a small group leaves open."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make
from trialweave.model import Attempt, Check, Finding
from trialweave.results.families import counts_events
from trialweave.stats.intervals import clopper_pearson

RULE = "zero-events"


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Note the highest rate that no event among n patients is compatible with.

    The upper limit of the exact two-sided 95% interval of Clopper and Pearson (1934), which for
    0 of n is 1 − 0.025^(1/n).
    """
    if finding.kind != "count" or counts_events(f"{finding.outcome} {finding.note}"):
        return
    for position, arm in enumerate(finding.arms):
        if arm.events != 0 or not arm.n or arm.n < 0:
            continue
        upper = float(clopper_pearson(0, arm.n, 0.95).high)
        shown = f"{100 * upper:.0f}%" if upper >= 0.1 else f"{100 * upper:.1f}%"
        name = f" ({arm.label})" if arm.label else ""
        text = (
            f"{finding.outcome}{name}: 0 of {arm.n} is compatible with a rate of up to {shown} "
            "(exact, 95%)."
        )
        if arm.n_origin == "recovered" and arm.recovery:
            text += f" Where the {arm.n} come from: {arm.recovery}."
        yield make(
            RULE,
            context,
            finding,
            "note",
            text,
            part=str(position),
            attempts=(
                Attempt(
                    "Clopper-Pearson interval, two-sided 95%", f"0/{arm.n}", f"0% to {shown}", True
                ),
            ),
            passages=(arm.passage,),
        )
