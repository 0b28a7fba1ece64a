"""A value as far as it is known, and what bounds say of it.

A result that is only known to lie beyond a number, an age of which only the year of birth is known,
a score with inputs missing are intervals: they decide where the whole interval does.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import NamedTuple

from trialweave.protocol.criteria.tree import Compare
from trialweave.protocol.patients.facts import Fact
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict

__all__ = ["Known", "evidence_of", "is_number", "judged", "moment", "of_latest"]


class Known(NamedTuple):
    """From `low` to `high` in the unit of the criterion, and where it is from."""

    low: float
    high: float
    low_open: bool
    high_open: bool
    evidence: Evidence
    moment: tuple[dt.date, str]


def of_latest(one: Compare, known: Sequence[Known]) -> Verdict:
    """What a bound comes to by the values that count, of which there is at least one.

    The latest does; in a window any does, where any is asked for. Results of one moment that say
    different things are a conflict.
    """
    said = [(judged(one, each), each) for each in known]
    if one.at in ("any", "worst") and one.window is not None:
        outcomes = {outcome for outcome, _ in said}
        for wanted in ("met", "unknown", "not met"):
            if wanted in outcomes:
                return _because(wanted, next(each for outcome, each in said if outcome == wanted))
    latest = max(each.moment for each in known)
    last = [(outcome, each) for outcome, each in said if each.moment == latest]
    outcomes = {outcome for outcome, _ in last}
    if {"met", "not met"} <= outcomes:
        return Verdict(
            "conflict",
            f"{one.concept}: results of one time say both",
            tuple(each.evidence for _, each in last),
        )
    return _because("unknown" if "unknown" in outcomes else last[0][0], last[0][1])


def _because(outcome: Outcome, known: Known) -> Verdict:
    evidence = known.evidence
    told = f"{evidence.label} {evidence.value}"
    if outcome != "unknown":
        return Verdict(outcome, told, (evidence,))
    return Verdict(outcome, f"{told} does not decide", (evidence,), (f"exact {evidence.label}",))


def judged(one: Compare, value: Known) -> Outcome:
    """Met where all that is known lies within the bounds, not met where none of it does."""
    low, low_in, high, high_in = _bounds(one)
    if math.isnan(low) or math.isnan(high):
        return "unsupported"
    above = value.low > low or (value.low == low and (low_in or value.low_open))
    below = value.high < high or (value.high == high and (high_in or value.high_open))
    if above and below:
        return "met"
    under = value.high < low or (value.high == low and (not low_in or value.high_open))
    over = value.low > high or (value.low == high and (not high_in or value.low_open))
    return "not met" if under or over else "unknown"


def _bounds(one: Compare) -> tuple[float, bool, float, bool]:
    """Lower bound, whether it belongs, upper bound, whether it belongs."""
    if one.operator == "between" and one.high is not None:
        return one.low, one.inclusive[0], one.high, one.inclusive[1]
    return {
        ">": (one.low, False, math.inf, True),
        ">=": (one.low, True, math.inf, True),
        "<": (-math.inf, True, one.low, False),
        "<=": (-math.inf, True, one.low, True),
        "=": (one.low, True, one.low, True),
    }.get(one.operator, (math.nan, True, math.nan, True))


def moment(fact: Fact) -> tuple[dt.date, str]:
    """When a fact is of, to find the latest."""
    return (fact.start.latest if fact.start else dt.date.min, fact.clock)


def evidence_of(fact: Fact, converted: str = "") -> Evidence:
    """A fact as evidence."""
    value = "" if fact.value is None else f"{fact.value:g}" if is_number(fact) else str(fact.value)
    shown = f"{fact.comparator}{value} {fact.unit}".strip()
    when = str(fact.start or "")
    return Evidence(fact.resource, fact.path, fact.label, shown, when, converted)


def is_number(fact: Fact) -> bool:
    """Whether its value is a number; yes and no are none."""
    return isinstance(fact.value, int | float) and not isinstance(fact.value, bool)
