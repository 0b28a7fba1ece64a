"""Comparisons of means: mean, standard deviation and size of both groups.

What is not printed is worked out by the methods of the Cochrane Handbook (section 6.5.2): the
standard deviation from the standard error or from the interval of the mean, mean and standard
deviation from a median with quartiles or range. All of it is named in `recovered`. Nothing is
worked out from a P value, and no standard deviation is borrowed from another study.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from trialweave.model import ArmResult, Finding
from trialweave.studies.words import words
from trialweave.synthesis.contrast import Contrast, only_a_part, sides
from trialweave.synthesis.groups import Group
from trialweave.synthesis.sharing import shared_controls
from trialweave.synthesis.units import unit_of

__all__ = ["mean_contrasts", "quantity_of"]

_Read = tuple[Group, tuple[str, ...]]

# "Reduction in CRP", "blood pressure reduction at week 12", "weight loss": what is told is a fall.
_FELL: Final = re.compile(
    r"^(?:[\w-]+\s){0,4}?(?:reductions?|decreases?|declines?|fall|drop|loss)"
    r"(?=\s(?:in|of|from|at|to|by|after)\b|\s?[,(:]|$)|\b(?:reductions?|decreases?|declines?)\s(?:in|of|from)\b",
    re.IGNORECASE,
)
_CHANGED: Final = re.compile(r"^(?:[\w-]+\s){0,3}?changes?\b|\bchanges? from\b", re.IGNORECASE)
_BETTER: Final = re.compile(r"\b(?:improv|worsen)\w+", re.IGNORECASE)
_OF_CHANGE: Final = re.compile(
    r"^(?:mean |median |average )?(?:changes?|reductions?|decreases?|increases?|improvements?|"
    r"declines?)\s(?:in|of|from)\b|\bchanges? from\b",
    re.IGNORECASE,
)

_BEFORE: Final = re.compile(
    r"\b(?:at )?baseline$|^baseline\b|\bat baseline\b|: baseline\b|\bbefore (?:the )?treatment\b"
    r"|\bpre-?treatment\b|\bon admission\b",
    re.IGNORECASE,
)

_SCALED: Final = re.compile(r"\b(?:[tz][- ]?scores?|log\w*|standardi[sz]ed)\b", re.IGNORECASE)

# Families whose name covers several quantities or instruments: means of them are in no one unit.
_SEVERAL: Final = frozenset(
    {
        "oxygenation", "lung imaging", "lung function", "quality of life", "pain", "opioid use",
        "depressive symptoms", "anxiety", "sleep quality", "fatigue", "cognition", "blood glucose",
        "blood pressure", "natriuretic peptides", "renal function", "organ failure score",
        "viral load", "ventilation duration",
    }
)  # fmt: skip
_LISTED: Final = """
change baseline day week month hour year mean median value level total scale score average final
end treatment follow up post pre difference iqr sd index measured measurement test reduction
decrease increase improvement decline serum plasma enrolment admission discharge randomisation
study visit time point start
"""
_GENERIC: Final = frozenset(_LISTED.split())


def mean_contrasts(
    family: str, findings: Sequence[Finding], measure: str = "MD"
) -> tuple[tuple[Contrast, ...], tuple[str, ...]]:
    """The comparisons of means on one outcome, and why other findings give none.

    A ratio of means needs final values above 0.
    """
    usable: list[Contrast] = []
    reasons: dict[str, None] = {}
    for finding in findings:
        if finding.family != family:
            continue
        found = _contrast(finding, measure)
        if isinstance(found, str):
            reasons[found] = None
        else:
            usable.append(found)
    return tuple(shared_controls(usable, _together, _is_sum)), tuple(reasons)


def _contrast(finding: Finding, measure: str) -> Contrast | str:
    if finding.kind != "continuous":
        return "no means or medians"
    if why := only_a_part(finding):
        return why
    told = sides(finding)
    if isinstance(told, str):
        return told
    change = finding.change or bool(_OF_CHANGE.search(finding.outcome))
    before = finding.time_days == 0 or _BEFORE.search(f"{finding.outcome} {finding.time}")
    if before and not change:
        return "measured at the start, before the treatment"
    groups: list[Group] = []
    recovered: list[str] = []
    for arms in told:
        read = [_group(arm) for arm in arms]
        for one in read:
            if isinstance(one, str):
                return one
        pairs = [one for one in read if not isinstance(one, str)]
        groups.append(_together([group for group, _ in pairs]))
        recovered += [text for _, texts in pairs for text in texts]
    if not change and min(group.mean or 0.0 for group in groups) < 0:
        # What is measured is never below 0, but on a scale of its own; its changes are.
        change = not _SCALED.search(f"{finding.outcome} {finding.unit}")
    if change:
        sign = _sign(finding.outcome, groups)
        if isinstance(sign, str):
            return sign
        if sign < 0:
            groups = [_negative(group) for group in groups]
            recovered.append("the sign of the means, told as a reduction")
    if measure == "ROM" and change:
        return "a ratio of means needs final values, and these are changes"
    if measure == "ROM" and any((group.mean or 0.0) <= 0 for group in groups):
        return "a ratio of means needs means above 0"
    labels = tuple(arm.label or arm.role for arm in told[0])
    return Contrast(
        finding_ids=(finding.finding_id,),
        record_id=finding.record_id,
        outcome=finding.outcome,
        time=finding.time,
        time_days=finding.time_days,
        population=finding.population,
        treatment=groups[0],
        control=groups[1],
        recovered=tuple(recovered),
        combined="added" if len(labels) > 1 else "",
        parts=labels if len(labels) > 1 else (),
        kind="continuous",
        unit=unit_of(finding),
        quantity=quantity_of(finding),
        change=change,
    )


def _sign(outcome: str, groups: Sequence[Group]) -> int | str:
    """1 where changes are told as they are, -1 where positive numbers are falls; or why neither."""
    if _CHANGED.search(outcome):
        return 1
    if _BETTER.search(outcome):
        return "told as an improvement or worsening: whether the numbers rose or fell is not said"
    if not _FELL.search(outcome):
        return 1
    means = [group.mean or 0.0 for group in groups]
    if min(means) < 0:
        return "told as a reduction with negative numbers: their sign is not clear"
    return -1


def _negative(group: Group) -> Group:
    return Group(group.label, group.n, None, -(group.mean or 0.0), group.sd)


def _group(arm: ArmResult) -> _Read | str:
    """One group's mean, standard deviation and size, with what was worked out; or why not."""
    label = arm.label or arm.role
    if arm.n is None:
        return "number of participants not known in both groups"
    if arm.n < 2:
        return "a group of fewer than two participants"
    told = _mean_and_sd(arm, label)
    if isinstance(told, str):
        return told
    mean, sd, how = told
    if not (math.isfinite(mean) and math.isfinite(sd)) or sd < 0:
        return "a mean or standard deviation that is no number"
    if sd == 0:
        return "a standard deviation of 0: no effect can be weighed with it"
    sized = (f"size of {label}",) if arm.n_origin == "recovered" else ()
    return Group(label, arm.n, None, mean, sd), (*sized, *((how,) if how else ()))


def _mean_and_sd(arm: ArmResult, label: str) -> tuple[float, float, str] | str:
    from trialweave.stats.effects import convert

    n = arm.n or 0
    limited = arm.lower is not None and arm.upper is not None
    if arm.mean is not None:
        if arm.sd is not None:
            return arm.mean, arm.sd, ""
        if arm.se is not None:
            if arm.se < 0:
                return "a standard error below 0"
            sd = float(convert.sd_from_se(arm.se, n))
            return arm.mean, sd, f"SD of {label}, from its standard error"
        if limited and arm.limits == "CI":
            if not (arm.lower or 0.0) <= arm.mean <= (arm.upper or 0.0):
                return "a mean outside its own interval"
            sd = float(convert.sd_from_interval(arm.lower or 0.0, arm.upper or 0.0, n))
            return arm.mean, sd, f"SD of {label}, from the interval of its mean, read as 95%"
        return "no standard deviation, standard error or interval with the means"
    if arm.median is None:
        return "no mean or median in both groups"
    if not limited or arm.limits not in ("IQR", "range"):
        return "a median without quartiles or range"
    return _from_median(arm, label)


def _from_median(arm: ArmResult, label: str) -> tuple[float, float, str] | str:
    """By the methods of Luo et al. (2018) and Wan et al. (2014), which presume a normal sample."""
    from trialweave.stats.effects.quantiles import QUANTILE_FLAGS, mean_sd_from_quantiles

    names = ("q1", "q3") if arm.limits == "IQR" else ("minimum", "maximum")
    limits = dict(zip(names, (arm.lower, arm.upper), strict=True))
    found = mean_sd_from_quantiles(arm.n or 0, arm.median or 0.0, **limits)  # type: ignore[arg-type]
    mean, sd = float(found.mean), float(found.sd)
    if math.isnan(mean) or math.isnan(sd):
        why = next(text for name, text in QUANTILE_FLAGS.items() if found.flags[name])
        return f"no mean from a median: {why[0].lower()}{why[1:].rstrip('.')}"
    of = "quartiles" if arm.limits == "IQR" else "range"
    skewed = ", which are skewed" if found.flags["skewed"] else ""
    return mean, sd, f"mean and SD of {label}, from its median and {of}{skewed}"


def _together(groups: Sequence[Group]) -> Group:
    """Groups as one; of one group itself."""
    if len(groups) == 1:
        return groups[0]
    from trialweave.stats.effects import convert

    rows = [(group.mean or 0.0, group.sd or 0.0, float(group.n or 0)) for group in groups]
    found = convert.combine_means(*zip(*rows, strict=True))
    return Group(
        label=" + ".join(group.label for group in groups),
        n=int(found.n),
        mean=float(found.mean),
        sd=float(found.sd),
    )


_ALIKE: Final = 0.1  # standard deviations; printed means are rounded


def _is_sum(whole: Group, added: Group) -> bool:
    if whole.n != added.n:
        return False
    return abs((whole.mean or 0.0) - (added.mean or 0.0)) <= _ALIKE * (added.sd or 0.0)


def quantity_of(finding: Finding) -> str:
    """What is measured, in telling words, where the family covers several quantities; else ""."""
    if finding.family not in _SEVERAL:
        return ""
    telling = {word for word in words(finding.outcome) if not word.isdigit()} - _GENERIC
    return " ".join(sorted(telling))
