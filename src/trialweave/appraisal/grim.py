"""grim: whether a printed mean is that of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make, show_number
from trialweave.appraisal._scales import Scale, is_scored, scale_of
from trialweave.model import ArmResult, Attempt, Check, Finding, Verdict
from trialweave.stats.granularity import LARGEST, grim, means_near, telling
from trialweave.stats.printed import printed

RULE = "grim"

_MISSING = 0.2  # up to this share of a group may lack the outcome before a size is implausible
_MOST_SIZES = 10_000  # smaller groups that are tried
INNOCENT = (
    "patients without the value may be left out of the mean",
    "missing items may have been replaced, or the values averaged over raters or days",
    "the mean may be adjusted or estimated by a model",
    "a digit may be misprinted",
)


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Compare each printed mean with those that whole numbers of as many patients can have.

    Only where the outcome is known to be of whole numbers, and only where a mean of as many
    patients cannot be every printed number. Flagged where neither rounding nor cutting off gives
    it and the size stands beside the mean; a note where a somewhat smaller group would give it. Of
    other scores and numbers it is said where they could not be means of whole ones.
    """
    if finding.kind != "continuous" or is_modelled(finding):
        return
    scale = scale_of(finding)
    open_: list[ArmResult] = []
    for position, arm in enumerate(finding.arms):
        if not testable(arm, scale.items if scale else 1):
            continue
        if scale is None or not scale.whole:
            if is_scored(finding) and grim(arm.mean_printed, arm.n or 1) == "no":
                open_.append(arm)
            continue
        yield _one(finding, arm, scale, str(position), context)
    if open_:
        yield make(
            RULE, context, finding, "cannot check",
            f"Whether {finding.outcome} can have the printed means was not checked.",
            not_checkable="The record does not tell that single patients' values are whole "
            "numbers.",
            passages=[arm.passage for arm in open_],
        )  # fmt: skip


def is_modelled(finding: Finding) -> bool:
    """Whether the means are said to come from an adjusted model."""
    return finding.effect is not None and finding.effect.adjusted


def testable(arm: ArmResult, items: int) -> bool:
    """Whether the mean of an arm is printed so precisely that not every number can occur."""
    if not arm.mean_printed or arm.n is None or not 1 <= arm.n * items <= LARGEST:
        return False
    try:
        return telling(arm.mean_printed, arm.n, items) > 0
    except ValueError:
        return False


def _one(finding: Finding, arm: ArmResult, scale: Scale, part: str, context: Context) -> Check:
    assert arm.n is not None
    mean, n = arm.mean_printed, arm.n
    how = grim(mean, n, scale.items)
    digits = printed(mean).decimals + 2
    name = f" ({arm.label})" if arm.label else ""
    near = [show_number(x, digits) for x in means_near(mean, n, scale.items)]
    of = f"{n} patients" + (f" and {scale.items} items" if scale.items > 1 else "")
    shown = mean.replace("-", "−")
    attempts = [Attempt("nearest means of whole numbers", of, ", ".join(near), how != "no")]
    text = f"{finding.outcome}{name}: a mean of {shown} "
    verdict: Verdict = "consistent"
    innocent: tuple[str, ...] = ()
    if how == "rounded":
        text += f"can occur with {of}."
    elif how == "cut off or up":
        verdict = "note"
        text += f"can occur with {of} only by cutting off or rounding up ({' or '.join(near)})."
    else:
        verdict = "flag"
        innocent = INNOCENT
        text += f"cannot occur with {of} ({' or '.join(near)}); taken is {scale.source}."
        least = max(1, int(n * (1 - _MISSING)), n - _MOST_SIZES)
        sizes = range(n - 1, least - 1, -1)
        smaller = next((size for size in sizes if grim(mean, size, scale.items) == "rounded"), 0)
        if smaller:
            attempts.append(Attempt("fewer patients", f"of {n}", f"{smaller}", True))
            text += f" With {smaller} patients it can."
        if not beside(arm) and smaller:
            verdict = "note"
    return make(
        RULE, context, finding, verdict, text, part=part, attempts=attempts, innocent=innocent,
        passages=(arm.passage,),
    )  # fmt: skip


def beside(arm: ArmResult) -> bool:
    """Whether the size stands beside the mean itself."""
    return arm.n_origin == "stated" and not arm.recovery
