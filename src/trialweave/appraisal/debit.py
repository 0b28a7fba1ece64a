"""debit: whether a printed mean and standard deviation can be those of zeros and ones."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make, show_number
from trialweave.appraisal._scales import zero_or_one
from trialweave.appraisal.grim import INNOCENT
from trialweave.model import Attempt, Check, Finding, Verdict
from trialweave.stats.granularity import LARGEST, debit
from trialweave.stats.printed import printed

RULE = "debit"


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Compare the spread of zeros and ones with √(n/(n − 1)·m(1 − m)), rounding considered.

    Only where the record says that the numbers are zeros and ones. What only division by n gives,
    or a standard error printed as SD, is a note.
    """
    if finding.kind != "continuous" or finding.change or not zero_or_one(finding):
        return
    for position, arm in enumerate(finding.arms):
        if arm.n is None or not 2 <= arm.n <= LARGEST or not arm.sd_printed:
            continue
        try:
            mean = printed(arm.mean_printed)
            printed(arm.sd_printed)
        except ValueError:
            continue
        if not 0 <= mean.units <= mean.scale:
            continue
        plain = debit(arm.mean_printed, arm.sd_printed, arm.n)
        expected = (arm.n / (arm.n - 1) * mean.value * (1 - mean.value)) ** 0.5
        digits = printed(arm.sd_printed).decimals + 1
        others = {
            "it is divided by n instead of n − 1": {"population": True},
            "it is a standard error": {"error": True},
        }
        fitting = [
            how for how, way in others.items()
            if not plain and debit(arm.mean_printed, arm.sd_printed, arm.n, **way)
        ]  # fmt: skip
        verdict: Verdict = "consistent" if plain else "note" if fitting else "flag"
        can = "can" if plain or fitting else "cannot"
        text = (
            f"{finding.outcome}: zeros and ones with a mean of {arm.mean_printed} and a standard "
            f"deviation of {arm.sd_printed} {can} occur with {arm.n} patients"
        )
        if fitting:
            text += f" only where {' or '.join(fitting)}."
        else:
            text += "." if plain else f"; it would be about {show_number(expected, digits)}."
        inputs = f"{arm.mean_printed} (SD {arm.sd_printed}), n {arm.n}"
        yield make(
            RULE, context, finding, verdict, text, part=str(position),
            attempts=[
                Attempt("√(n/(n − 1)·m(1 − m))", inputs, show_number(expected, digits), plain)
            ],
            innocent=INNOCENT if verdict == "flag" else (),
            passages=(arm.passage,),
        )  # fmt: skip
