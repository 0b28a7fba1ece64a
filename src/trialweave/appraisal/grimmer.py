"""grimmer: whether a printed mean and standard deviation can go together for whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make
from trialweave.appraisal._scales import Scale, is_change, scale_of
from trialweave.appraisal.grim import INNOCENT, beside, is_modelled
from trialweave.model import ArmResult, Attempt, Check, Finding, Verdict
from trialweave.stats.granularity import LARGEST, grim, grimmer

RULE = "grimmer"

_LARGEST_GROUP = 1_000  # beyond it every standard deviation of two decimals can occur


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Go through every sum and sum of squares of whole numbers that read as the printed ones.

    Only where the outcome is known to be of whole numbers and the mean itself can occur (`grim`).
    What only division by n, cutting off or rounding up gives is a note.
    """
    if finding.kind != "continuous" or is_modelled(finding):
        return
    scale = scale_of(finding)
    if scale is None or not scale.whole:
        return
    for position, arm in enumerate(finding.arms):
        if arm.n is None or not 2 <= arm.n <= _LARGEST_GROUP or arm.n * scale.items > LARGEST:
            continue
        if not (arm.mean_printed and arm.sd_printed):
            continue
        try:
            found = _one(finding, arm, scale, str(position), context)
        except ValueError:
            continue  # no numbers
        if found is not None:
            yield found


def _one(
    finding: Finding, arm: ArmResult, scale: Scale, part: str, context: Context
) -> Check | None:
    assert arm.n is not None
    mean, sd, n = arm.mean_printed, arm.sd_printed, arm.n
    if grim(mean, n, scale.items) == "no":
        return None
    ends = None
    if scale.low is not None and scale.high is not None and not is_change(finding):
        ends = (scale.low, scale.high)
    plain = grimmer(mean, sd, n, scale.items, scale=ends)
    by_n = grimmer(mean, sd, n, scale.items, scale=ends, population=True)
    as_error = grimmer(mean, sd, n, scale.items, scale=ends, error=True)
    inputs = f"{mean} (SD {sd}), n {n}".replace("-", "−")
    attempts = [
        Attempt("divided by n − 1", inputs, plain, plain == "attainable"),
        Attempt("divided by n", inputs, by_n, by_n == "attainable"),
    ]
    name = f" ({arm.label})" if arm.label else ""
    shown = f"a mean of {mean} with a standard deviation of {sd}".replace("-", "−")
    text = f"{finding.outcome}{name}: {shown} "
    verdict: Verdict = "note"
    if plain == "attainable":
        verdict, text = "consistent", text + f"can occur with {n} patients."
    elif by_n == "attainable":
        text += f"can occur with {n} patients only where it is divided by n instead of n − 1."
    elif as_error == "attainable":
        text += f"can occur with {n} patients only where it is a standard error."
        attempts.append(Attempt("as a standard error", inputs, as_error, True))
    elif "cut off or up" in (plain, by_n):
        text += f"can occur with {n} patients only by cutting off or rounding up."
    else:
        verdict = "flag" if beside(arm) else "note"
        text += f"cannot occur with {n} patients; taken is {scale.source}."
    return make(
        RULE, context, finding, verdict, text, part=part, attempts=attempts,
        innocent=("a standard error may be printed as standard deviation", *INNOCENT)
        if plain != "attainable" and "only" not in text else (),
        passages=(arm.passage,),
    )  # fmt: skip
