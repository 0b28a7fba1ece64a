"""Effects as reported: hazard ratios, and odds or risk ratios where nobody gives counts.

A ratio is taken with its interval, and only where the record tells that it is of the treated group
over the control: two groups with known roles, the treated one named first. That it fits the
groups' own figures, where they are told, is looked at too. What it was adjusted for is not known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from trialweave.model import ArmResult, Effect, Finding
from trialweave.synthesis.contrast import Contrast, only_a_part, sides
from trialweave.synthesis.groups import Group, Stated

__all__ = ["stated_contrasts"]

_NAMES = {"HR": "hazard ratio", "OR": "odds ratio", "RR": "risk ratio"}


def stated_contrasts(
    family: str, turned: Collection[str], findings: Sequence[Finding], measure: str
) -> tuple[tuple[Contrast, ...], tuple[str, ...]]:
    """The effects on an outcome that findings report on one measure, and why others are not taken.

    An odds ratio of the complementary outcomes `turned` (survival, where deaths are asked) is its
    reciprocal; a hazard or risk ratio cannot be turned round so.
    """
    usable: list[Contrast] = []
    reasons: dict[str, None] = {}
    for finding in findings:
        if finding.family not in (family, *turned):
            continue
        found = _contrast(finding, measure, turned=finding.family != family)
        if isinstance(found, str):
            reasons[found] = None
        else:
            usable.append(found)
    return tuple(usable), tuple(reasons)


def _contrast(finding: Finding, measure: str, *, turned: bool) -> Contrast | str:
    name = _NAMES[measure]
    if finding.effect is None or finding.effect.measure != measure:
        return f"no {name} is reported"
    if turned and measure != "OR":
        return f"the {name} is of {finding.family}, and cannot be turned round"
    if why := only_a_part(finding):
        return why
    told = sides(finding)
    if isinstance(told, str):
        return told
    treated, controls = told
    if len(treated) > 1 or len(controls) > 1:
        return f"more than two groups: not told which the {name} compares"
    roles = [arm.role for arm in finding.arms if arm.role in ("treatment", "control")]
    if roles[0] == "control":
        return f"the control is named first: not told of which group over which the {name} is"
    stated = _read(finding.effect)
    if isinstance(stated, str):
        return f"{name} {stated}"
    if _against(stated.estimate, treated[0], controls[0]):
        return f"the {name} and the groups' own figures point to opposite directions"
    if turned:
        stated = Stated(measure, 1 / stated.estimate, 1 / stated.high, 1 / stated.low, stated.level)
    return Contrast(
        finding_ids=(finding.finding_id,),
        record_id=finding.record_id,
        outcome=finding.outcome,
        time=finding.time,
        time_days=finding.time_days,
        population=finding.population,
        treatment=_group(treated[0]),
        control=_group(controls[0]),
        turned=turned,
        kind="effect",
        stated=stated,
        adjusted=finding.effect.adjusted,
    )


def _read(effect: Effect) -> Stated | str:
    """The numbers of an effect, or why they are none that can be pooled."""
    if not (effect.lower and effect.upper):
        return "without an interval"
    try:
        estimate, low, high, percent = (
            float(text.replace("\u2212", "-"))
            for text in (effect.estimate, effect.lower, effect.upper, effect.level)
        )
    except ValueError:
        return "with numbers that cannot be read"
    if not all(map(math.isfinite, (estimate, low, high))) or low <= 0:
        return "that is no positive number"
    if not low <= estimate <= high:
        return "that stands outside its own interval"
    if low == high:
        return "whose interval has no width"
    if not 50 <= percent < 100:
        return f"with an interval at a level of {effect.level[:20]}%"
    return Stated(effect.measure, estimate, low, high, percent / 100)


def _group(arm: ArmResult) -> Group:
    events = arm.events if arm.n is not None and arm.events is not None else None
    return Group(arm.label or arm.role, arm.n, events)


def _against(estimate: float, treated: ArmResult, control: ArmResult) -> bool:
    """Whether the groups' shares lie clearly the other way round than the ratio.

    Small differences are left alone: a hazard ratio and an adjusted ratio may differ from them.
    """
    shares = [_share(treated), _share(control)]
    if None in shares or 0 in shares or estimate == 1:
        return False
    one, other = (share for share in shares if share)
    crude = one / other
    return (crude - 1) * (estimate - 1) < 0 and abs(
        math.log(crude) - math.log(estimate)
    ) > math.log(_FAR)


_FAR = 1.5  # how many times apart a ratio and that of the shares may lie


def _share(arm: ArmResult) -> float | None:
    if arm.events is not None and arm.n:
        return arm.events / arm.n
    try:
        return float(arm.percent) / 100 if arm.percent else None
    except ValueError:
        return None
