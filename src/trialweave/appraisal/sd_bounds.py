"""sd-bounds: whether mean and standard deviation fit a scale with stated ends."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make, show_number
from trialweave.appraisal._means import box_of
from trialweave.appraisal._scales import is_change, scale_of
from trialweave.appraisal.grim import is_modelled
from trialweave.model import ArmResult, Attempt, Check, Finding
from trialweave.stats.granularity import largest_sd
from trialweave.stats.recompute import Box

RULE = "sd-bounds"

_LARGEST = 1_000_000_000
_INNOCENT = (
    "the scale may run between other ends than stated, or have been converted",
    "a variance or another measure of spread may be printed as standard deviation",
    "a digit may be misprinted",
)


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Flag a mean off its scale, or a spread above that of everybody at one of its ends.

    Only for scales whose ends the record states or whose name settles them. Changes lie within the
    scale's width on either side.
    """
    if finding.kind != "continuous" or is_modelled(finding):
        return
    scale = scale_of(finding)
    if scale is None or scale.low is None or scale.high is None:
        return
    low, high = float(scale.low), float(scale.high)
    if is_change(finding):
        low, high = low - high, high - low
    for position, arm in enumerate(finding.arms):
        mean = box_of(arm.mean_printed, arm.mean)
        if mean is None:
            continue
        yield from _one(finding, arm, mean, (low, high), scale.source, str(position), context)


def _one(
    finding: Finding,
    arm: ArmResult,
    mean: Box,
    ends: tuple[float, float],
    source: str,
    part: str,
    context: Context,
) -> Iterator[Check]:
    low, high = ends
    name = f" ({arm.label})" if arm.label else ""
    shown = (arm.mean_printed or f"{arm.mean:g}").replace("-", "−")
    if mean.high < low or mean.low > high:
        yield make(
            RULE, context, finding, "flag",
            f"{finding.outcome}{name}: a mean of {shown} lies outside {_ends(ends)}; taken is "
            f"{source}.",
            part=part, innocent=_INNOCENT, passages=(arm.passage,),
        )  # fmt: skip
        return
    sd = box_of(arm.sd_printed, arm.sd)
    if sd is None or arm.n is None or not 2 <= arm.n <= _LARGEST:
        return
    likeliest = min(max((low + high) / 2, mean.low), mean.high)
    most = float(largest_sd(min(max(likeliest, low), high), arm.n, low, high))
    fits = sd.low <= most * (1 + 1e-12)
    printed_sd = arm.sd_printed or f"{arm.sd:g}"
    attempt = Attempt(
        "√((high − m)(m − low)·n/(n − 1))", f"{shown} on {_ends(ends)}, n {arm.n}",
        show_number(most), fits,
    )  # fmt: skip
    can = "is possible" if fits else "is not possible"
    text = (
        f"{finding.outcome}{name}: a standard deviation of {printed_sd} with a mean of {shown} "
        f"{can} on {_ends(ends)}"
    )
    text += "." if fits else f", where it is at most {show_number(most)}; taken is {source}."
    yield make(
        RULE, context, finding, "consistent" if fits else "flag", text, part=part,
        attempts=[attempt], innocent=() if fits else _INNOCENT, passages=(arm.passage,),
    )  # fmt: skip


def _ends(ends: tuple[float, float]) -> str:
    return f"a scale from {show_number(ends[0], 0)} to {show_number(ends[1], 0)}"
