"""effect: whether a stated risk ratio, odds ratio or risk difference follows from the counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from trialweave.appraisal._context import (
    SHOWN_READINGS,
    Candidate,
    Context,
    comparison,
    make,
    readings,
    show_number,
)
from trialweave.appraisal.counts import problem
from trialweave.model import Attempt, Check, Effect, Finding
from trialweave.stats.conditional import conditional_odds_ratio
from trialweave.stats.effects import CorrectedWhere, Measure, back_transform, effect, wald_interval

RULE = "effect"

_FROM_COUNTS: dict[str, Measure] = {"RR": "RR", "OR": "OR", "RD": "RD"}
_OTHER: dict[str, Measure] = {"RR": "OR", "OR": "RR"}
_NAMES = {
    "RR": "risk ratio", "OR": "odds ratio", "RD": "risk difference", "PETO": "Peto's odds ratio"
}  # fmt: skip
_TURNS = ((True, False), (False, True), (True, True))
_OF_Z = 3e-4  # of a limit: 1.96 for 1.95996, of a standard error up to 8
_MOST_EXACT = 4  # readings for which the costly conditional odds ratio is tried
_LARGEST_EXACT = 2_000  # patients


@dataclass(frozen=True)
class _Way:
    """One way to compute the effect: the measure, which group comes first, what is counted."""

    measure: Measure
    swapped: bool = False
    complement: bool = False
    to: CorrectedWhere = "only0"
    percent: bool = False
    conditional: bool = False
    halves: bool = False  # added to events and sizes, not to the four cells

    @property
    def name(self) -> str:
        parts = [_NAMES[self.measure]]
        if self.conditional:
            parts = ["conditional odds ratio, exact interval"]
        if self.swapped:
            parts.append("groups exchanged")
        if self.complement:
            parts.append("of not having the event")
        if self.to == "all":
            parts.append("0.5 added to each cell")
        if self.to == "none":
            parts.append("nothing added to zero cells")
        if self.halves:
            parts.append("0.5 added to events and to group sizes")
        if self.percent:
            parts.append("in percent")
        return ", ".join(parts)


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Re-compute a stated effect crudely, in both directions, with and without correction.

    An odds ratio may also be Peto's (Yusuf 1985) or the conditional one of exact tests.

    The estimate must agree within the last printed digit. An interval that differs where the
    estimate agrees is a note, because there are several methods for it. Adjusted effects, hazard
    ratios and rate ratios cannot be computed from counts and are never flagged.
    """
    stated = finding.effect
    if stated is None or finding.kind != "count":
        return
    text = _shown(stated)
    passages = (stated.passage, *(arm.passage for arm in finding.arms))
    measure = _FROM_COUNTS.get(stated.measure)
    pair = comparison(finding)
    why = ""
    if any(problem(arm) for arm in finding.arms):
        return
    if measure is None:
        why = f"A {_spelt(stated.measure)} does not follow from counts alone."
    elif stated.adjusted:
        why = "The effect is stated as adjusted; the record does not give the data for that."
    elif pair is None:
        why = "The record does not give exactly two groups for it."
    found = [] if pair is None else readings(finding, pair, context)
    if not why and not found:
        why = "The record does not determine the four cells."
    if why or measure is None:
        yield make(
            RULE, context, finding, "cannot check", f"{text} was not re-computed.",
            not_checkable=why, passages=passages,
        )  # fmt: skip
        return
    yield _compared(finding, stated, measure, found, context)


def _spelt(measure: str) -> str:
    return {"HR": "hazard ratio", "IRR": "rate ratio", "MD": "mean difference"}.get(
        measure, measure
    )


def _shown(stated: Effect) -> str:
    text = f"{stated.measure} {stated.estimate}"
    if stated.lower and stated.upper:
        text += f" ({stated.level}% CI {stated.lower} to {stated.upper})"
    return text.replace("-", "−")


def _near(printed: str, computed: float, slack: float = 0.0) -> bool:
    """Whether a computed number reads as the printed one: within a unit of its last digit.

    `slack` is a share of the number that may be off besides.
    """
    try:
        value = float(printed.replace("−", "-"))
    except ValueError:
        return False
    if math.isnan(computed):
        return False
    unit = 10.0 ** -len(printed.partition(".")[2])
    return abs(computed - value) < unit * (1 + 1e-9) + slack * abs(value)


def _compared(
    finding: Finding,
    stated: Effect,
    measure: Measure,
    found: list[tuple[Candidate, Candidate]],
    context: Context,
) -> Check:
    try:
        level = float(stated.level) / 100
    except ValueError:
        level = 0.95
    if not 0 < level < 1:
        level = 0.95
    attempts: list[Attempt] = []
    best: tuple[int, str] = (0, "")  # 4 plain, 2 another way; 3 and 1: of these the estimate only
    for position, (treated, control) in enumerate(found):
        for way in _ways(measure, position, treated, control):
            estimate, low, high = _numbers(way, treated, control, level)
            result = f"{show_number(estimate)} ({show_number(low)} to {show_number(high)})"
            fits = _near(stated.estimate, estimate)
            bounds = not (stated.lower and stated.upper) or (
                _near(stated.lower, low, _OF_Z) and _near(stated.upper, high, _OF_Z)
            )
            agrees = fits and bounds
            if agrees or position < SHOWN_READINGS:
                attempts.append(Attempt(way.name, f"{treated} v {control}", result, agrees))
            plain = way.measure == measure and not (way.swapped or way.complement)
            score = 0
            if fits:
                score = 1 + bounds + 2 * plain
            if score > best[0]:
                best = (score, f"{way.name} of {treated} v {control}: {result}")
    text = _shown(stated)
    first = attempts[0]
    passages = (stated.passage, *(arm.passage for arm in finding.arms))
    if best[0] == 4:
        return make(
            RULE, context, finding, "consistent", f"{text} is reproduced ({best[1]}).",
            attempts=attempts, passages=passages,
        )  # fmt: skip
    if best[0] == 3:
        return make(
            RULE, context, finding, "note",
            f"The estimate of {text} is reproduced, its interval is not ({best[1]}).",
            attempts=attempts, innocent=("another method for the interval may have been used",),
            passages=passages,
        )  # fmt: skip
    if best[0]:
        only = f"{text} is reproduced only as {best[1]}."
        if best[0] == 1:
            only = f"The estimate of {text} is reproduced only as {best[1]}, its interval is not."
        return make(
            RULE, context, finding, "note", only, attempts=attempts, passages=passages,
        )  # fmt: skip
    if depends := context.dependent(finding.record_id):
        return make(
            RULE, context, finding, "cannot check",
            f"{text} is not that of the counts alone: the {first.method} of {first.inputs} is "
            f"{first.result}.",
            attempts=attempts,
            not_checkable=f"The record tells of {depends}: its effects need more than the counts.",
            passages=passages,
        )  # fmt: skip
    return make(
        RULE, context, finding, "flag",
        f"{text} cannot be reproduced from the numbers given: "
        f"the {first.method} of {first.inputs} is {first.result}.",
        attempts=attempts,
        not_checkable="An adjusted or stratified effect would need data that the record does not "
        "give.",
        innocent=(
            "the effect may be adjusted or stratified without the record saying so",
            "the effect may be a hazard ratio or of another time point",
            "other denominators may have been used",
        ),
        passages=passages,
    )  # fmt: skip


def _ways(measure: Measure, position: int, treated: Candidate, control: Candidate) -> list[_Way]:
    """The plain way first; a risk difference may be printed in percent."""
    ways = [_Way(measure), _Way(measure, to="all")]
    if measure == "RD":
        ways += [_Way(measure, percent=True)]
        ways += [_Way(measure, swapped=True), _Way(measure, swapped=True, percent=True)]
        return ways
    turned = [_Way(measure, swapped=x, complement=y) for x, y in _TURNS]
    ways += turned
    other = _OTHER[measure]
    ways += [_Way(other), _Way(other, swapped=True)]
    if any(side.events in (0, side.n) for side in (treated, control)):
        ways.insert(1, _Way(measure, to="none"))
        ways += [replace(way, to="none") for way in turned]
        if measure == "RR":
            ways += [_Way("RR", halves=True), _Way("RR", swapped=True, halves=True)]
    if measure == "OR":
        ways += [_Way("PETO"), _Way("PETO", swapped=True)]
        if position < _MOST_EXACT and treated.n + control.n <= _LARGEST_EXACT:
            ways += [_Way("OR", conditional=True), _Way("OR", conditional=True, swapped=True)]
    return ways


def _numbers(
    way: _Way, treated: Candidate, control: Candidate, level: float
) -> tuple[float, float, float]:
    a, n1, c, n2 = treated.events, treated.n, control.events, control.n
    if way.complement:
        a, c = n1 - a, n2 - c
    if way.swapped:
        a, n1, c, n2 = c, n2, a, n1
    if way.conditional:
        return conditional_odds_ratio(a, n1, c, n2, level)
    if way.halves:
        return _halved(a, n1, c, n2, level)
    to: CorrectedWhere = "none" if way.measure == "RD" and way.to == "only0" else way.to
    found = effect(way.measure, a, n1, c, n2, to=to)
    if way.to == "none" and way.measure != "RD" and math.isnan(float(found.yi)):
        return _boundary(way.measure, a, n1, c, n2), math.nan, math.nan
    interval = wald_interval(found.yi, found.vi, level)
    scale = 100.0 if way.percent else 1.0
    estimate, low, high = (
        scale * float(back_transform(way.measure, x))
        for x in (found.yi, interval.low, interval.high)
    )
    return estimate, low, high


def _halved(a: int, n1: int, c: int, n2: int, level: float) -> tuple[float, float, float]:
    """The risk ratio from log((x + ½)/(n + ½)), with variance 1/(x + ½) - 1/(n + ½) a group.

    Pettigrew, Gart & Thomas, Biometrika 1986;73:425-435.
    """
    yi = math.log((a + 0.5) / (n1 + 0.5)) - math.log((c + 0.5) / (n2 + 0.5))
    vi = 1 / (a + 0.5) - 1 / (n1 + 0.5) + 1 / (c + 0.5) - 1 / (n2 + 0.5)
    interval = wald_interval(yi, vi, level)
    return math.exp(yi), math.exp(float(interval.low)), math.exp(float(interval.high))


def _boundary(measure: Measure, a: int, n1: int, c: int, n2: int) -> float:
    """A ratio with a zero cell, as it is: 0, or NaN where it is infinite or not defined."""
    below = c * n1 if measure == "RR" else c * (n1 - a)
    above = a * n2 if measure == "RR" else a * (n2 - c)
    return above / below if below else math.nan
