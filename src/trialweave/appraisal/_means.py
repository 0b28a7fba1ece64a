"""Means and standard deviations of two groups as the intervals that printed numbers stand for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scipy import special

from trialweave.appraisal._context import show_number, show_p
from trialweave.model import ArmResult, Finding
from trialweave.stats.printed import printed
from trialweave.stats.recompute import Box, Group, Kind, Range

__all__ = [
    "KINDS",
    "LARGEST",
    "Reading",
    "box_of",
    "means_compared",
    "shown_range",
    "spread_readings",
    "why_not",
]

LARGEST = 10_000_000  # patients
KINDS: tuple[tuple[Kind, str], ...] = (
    ("student", "Student's t test"),
    ("welch", "Welch's t test"),
    ("z", "z test, variances not pooled"),
    ("z pooled", "z test, variances pooled"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Two groups as their printed numbers can be read; `how` is "" for the plain reading."""

    one: Group
    two: Group
    inputs: str
    how: str = ""


def box_of(text: str, number: float | None) -> Box | None:
    """The interval of a printed number; of one held as a number its shortest decimal form.

    The latter may have lost zeros at its end, which only widens the interval.
    """
    if not text and number is not None and math.isfinite(number) and abs(number) < 1e9:
        text = f"{number:.6f}".rstrip("0").rstrip(".")
    try:
        read = printed(text)
    except ValueError:
        return None
    return Box(read.low, read.high)


def means_compared(finding: Finding) -> tuple[ArmResult, ArmResult] | None:
    """The two groups of a comparison of means, the treated one first where that is known."""
    if finding.kind != "continuous" or len(finding.arms) != 2:
        return None
    one, two = finding.arms
    if "total" in (one.role, two.role) or "single" in (one.role, two.role):
        return None
    return (two, one) if one.role == "control" and two.role == "treatment" else (one, two)


def why_not(finding: Finding) -> str:
    """Why the means of a finding are not compared; "" where they can be."""
    if len(finding.arms) == 1:
        return "One group only is stated with it: there is nothing to compare it with."
    if len(finding.arms) > 2:
        return "More than two groups: which of them are compared is not stated."
    pair = means_compared(finding)
    if pair is None:
        return "The record does not give two groups to compare."
    if any(arm.mean is None and not arm.mean_printed for arm in pair):
        medians = any(arm.median is not None for arm in pair)
        return "The record gives medians, and no means." if medians else "A mean is not stated."
    if any(_spread(arm) is None for arm in pair):
        return "A standard deviation or standard error is not stated."
    if any(arm.n is None or arm.n < 2 for arm in pair):
        return "The record does not state how many patients each mean is of."
    return ""


def _spread(arm: ArmResult) -> tuple[str, Box] | None:
    """The printed spread, and as what it is printed: "SD", "SE" or "CI"."""
    box = box_of(arm.sd_printed, arm.sd)
    if box is not None and box.high > 0:
        return "SD", box
    box = box_of(arm.se_printed, arm.se)
    if box is not None and box.high > 0:
        return "SE", box
    if arm.limits == "CI" and arm.lower is not None and arm.upper is not None and arm.n:
        low, high = box_of("", arm.lower), box_of("", arm.upper)
        if low is not None and high is not None and arm.n >= 2 and high.high > low.low:
            # 95% where nothing else is said; the quantile may be of t or of the normal
            widest, narrowest = high.high - low.low, max(high.low - low.high, 0.0)
            t, z = float(special.stdtrit(arm.n - 1, 0.975)), float(special.ndtri(0.975))
            return "CI", Box(narrowest / (2 * t), widest / (2 * z))
    return None


def _group(arm: ArmResult, n: int, exchanged: bool) -> tuple[Group, str] | None:
    """The group with its spread as printed, or with SD taken for SE and SE for SD."""
    mean = box_of(arm.mean_printed, arm.mean)
    spread = _spread(arm)
    if mean is None or spread is None or n < 2:
        return None
    kind, box = spread
    if exchanged and kind == "CI":
        return None
    is_error = (kind != "SD") != exchanged
    root = math.sqrt(n)
    low = max(box.low, 0.0)
    sd = Box(low * root, box.high * root) if is_error else Box(low, box.high)
    shown = arm.sd_printed or arm.se_printed
    if not shown:
        number = arm.sd if arm.sd is not None else arm.se
        shown = f"{number:g}" if number is not None else f"{arm.lower:g} to {arm.upper:g}"
    average = arm.mean_printed or f"{arm.mean:g}"
    return Group(mean, sd, n), f"{average} ({kind} {shown}, n {n})".replace("-", "−")


def spread_readings(pair: tuple[ArmResult, ArmResult]) -> Iterator[Reading]:
    """The groups as printed; with SD and SE taken for each other; with the sizes exchanged.

    Nothing where a mean, a spread or a size is missing.
    """
    one, two = pair
    n1, n2 = one.n or 0, two.n or 0
    if max(n1, n2) > LARGEST:
        return
    label = "SD" if box_of(one.sd_printed, one.sd) is not None else "SE"
    taken = "standard errors" if label == "SD" else "standard deviations"
    ways = [(n1, n2, False, ""), (n1, n2, True, f"the printed {label}s taken as {taken}")]
    if n1 != n2:
        ways.append((n2, n1, False, "the sizes of the groups exchanged"))
    for size1, size2, exchanged, how in ways:
        first, second = _group(one, size1, exchanged), _group(two, size2, exchanged)
        if first is not None and second is not None:
            yield Reading(first[0], second[0], f"{first[1]} v {second[1]}", how)


def shown_range(found: Range, show: str = "p") -> str:
    """A range for people, one number where both ends read the same; "p" or "number"."""
    say = show_p if show == "p" else show_number
    low, high = say(found.low), say(found.high)
    return low if low == high else f"{low} to {high}"
