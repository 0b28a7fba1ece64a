"""A draft of the certainty of a pooled answer by GRADE: what the numbers suggest, and why.

Every rating is a suggestion with its reason, in the numbers of this answer; reviewers decide (see
`trialweave.workspace`). Sources: GRADE guidelines 3 to 8, J Clin Epidemiol 2011;64:401-6, 407-15,
1277-82, 1283-93, 1294-302, 1303-10; Cochrane Handbook, chapter 14. The limits used are stated with
each domain; those without a source in GRADE are rules of this program, and said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from trialweave.synthesis.answer import Estimate, Row, Synthesis

__all__ = ["DOMAINS", "LEVELS", "RATINGS", "Certainty", "Rating", "certainty", "level_of"]

Concern = Literal["not serious", "serious", "very serious", "not judged"]
Level = Literal["high", "moderate", "low", "very low"]

LEVELS: Final[tuple[Level, ...]] = ("high", "moderate", "low", "very low")
RATINGS: Final[tuple[Concern, ...]] = ("not serious", "serious", "very serious", "not judged")
DOMAINS: Final = (
    "risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias",
)  # fmt: skip

_FEW = 10  # studies; below, tests of asymmetry are not used (Sterne et al., BMJ 2011;343:d4002)
# I² in percent (Handbook 10.10.2)
_UNIMPORTANT, _SUBSTANTIAL, _CONSIDERABLE = 40.0, 50.0, 75.0
_BENEFIT, _HARM = 0.75, 1.25  # ratios that matter (Guyatt 2011, imprecision)
_ASYMMETRY = 0.1  # P (Handbook 13.3.5.4)
_RATIOS = frozenset(("RR", "OR", "HR", "ROM"))
_MATTERS_SMD = 0.5  # Guyatt 2011, imprecision: a moderate effect
_MEASURED = 400  # participants, the rule of thumb for what is measured (same)


class Rating(msgspec.Struct, frozen=True):
    """One domain: how serious a concern the numbers suggest, and the reason in a sentence."""

    domain: str
    concern: Concern
    reason: str

    @property
    def steps(self) -> int:
        """By how many levels it lowers the certainty."""
        return {"serious": 1, "very serious": 2}.get(self.concern, 0)


class Certainty(msgspec.Struct, frozen=True):
    """The draft: where it starts by design, the domains in order, and the level that follows.

    `level` counts a domain that is "not judged" as no concern; `open` names those domains, so that
    nobody takes the level for final.
    """

    start: Level
    ratings: tuple[Rating, ...]
    level: Level
    open: tuple[str, ...]


def level_of(start: Level, steps: int) -> Level:
    """The level so many steps below the start."""
    return LEVELS[min(LEVELS.index(start) + max(steps, 0), len(LEVELS) - 1)]


def certainty(
    answer: Synthesis, *, asymmetry: float | None = None, needed: float | None = None
) -> Certainty:
    """What the numbers of an answer suggest.

    `asymmetry` is the P of a test of funnel-plot asymmetry that fits the measure, `needed` the
    participants of an optimal information size; None where they were not computed. Bodies of
    evidence from randomised studies alone start high, others low.
    """
    randomised = all(one.allocation == "randomised" for one in answer.selection.chosen)
    ratings = (
        _bias(answer.rows),
        _inconsistency(answer),
        Rating(
            "indirectness", "not judged",
            "How far the studies' patients, products and outcomes are those of the question is for "
            f"reviewers to say. The question asks: {_asks(answer)}.",
        ),
        _imprecision(answer, needed),
        _publication(answer, asymmetry),
    )  # fmt: skip
    start: Level = "high" if randomised and answer.selection.chosen else "low"
    steps = sum(rating.steps for rating in ratings)
    waiting = tuple(rating.domain for rating in ratings if rating.concern == "not judged")
    return Certainty(start, ratings, level_of(start, steps), waiting)


def _asks(answer: Synthesis) -> str:
    question = answer.question
    said = {"outcome": question.outcome, "population": question.population,
            "product": question.product, "cell source": question.cell_source,
            "dose": question.dose, "comparator": question.comparator}  # fmt: skip
    return ", ".join(f"{name} {text!r}" for name, text in said.items() if text)


def _bias(rows: Sequence[Row]) -> Rating:
    """By the weight of studies judged low or high, overall or else by their worst domain; a rule of
    this program."""
    weights: dict[str, float] = {"low": 0.0, "some concerns": 0.0, "high": 0.0, "": 0.0}
    for row in rows:
        if row.estimate is not None:
            weights[_worst(row)] += row.weight if row.weight is not None else 100.0
    total = sum(weights.values())
    if not total or weights[""] >= total / 2:
        return Rating(
            "risk of bias", "not judged",
            f"Studies with {100 - _percent(weights[''], total)}% of the weight have a judgement.",
        )  # fmt: skip
    told = ", ".join(
        f"{name} {_percent(weight, total)}%" for name, weight in weights.items() if name
    )
    reason = f"Share of the weight by the worst judgement of a study: {told}."
    if weights["high"] > total / 2:
        return Rating("risk of bias", "very serious", reason)
    if weights["low"] > total / 2:
        return Rating("risk of bias", "not serious", reason)
    return Rating("risk of bias", "serious", reason)


def _percent(part: float, total: float) -> int:
    return round(100.0 * part / total) if total else 0


def _worst(row: Row) -> str:
    order = ("high", "some concerns", "low")
    overall = {light.judgement for light in row.lights if light.domain == "overall"}
    found = overall or {light.judgement for light in row.lights}
    return next((name for name in order if name in found), "")


def _inconsistency(answer: Synthesis) -> Rating:
    """By I² and whether the prediction interval says what the confidence interval says."""
    pooled = answer.pooled
    if pooled is None or pooled.heterogeneity.i2 is None:
        return Rating("inconsistency", "not judged", "I² is not defined for this answer.")
    i2 = pooled.heterogeneity.i2
    null = _null(pooled)
    apart = _excludes(pooled.low, pooled.high, null)
    ahead = _excludes(pooled.prediction_low, pooled.prediction_high, null)
    wider = apart and pooled.prediction_low is not None and not ahead
    reason = f"I² is {i2:.0f}%"
    if pooled.prediction_low is not None:
        holds = "excludes" if ahead else "includes"
        reason += f"; the prediction interval {holds} no effect"
    if i2 > _CONSIDERABLE and not ahead:
        return Rating("inconsistency", "very serious", f"{reason}.")
    if i2 > _SUBSTANTIAL or (wider and i2 > _UNIMPORTANT):
        return Rating("inconsistency", "serious", f"{reason}.")
    return Rating("inconsistency", "not serious", f"{reason}.")


def _null(pooled: Estimate) -> float:
    return 1.0 if pooled.measure in _RATIOS else 0.0


def _excludes(low: float | None, high: float | None, value: float) -> bool:
    return low is not None and high is not None and not low <= value <= high


def _imprecision(answer: Synthesis, needed: float | None) -> Rating:
    """By whether the interval holds no effect and effects that matter, and by the size."""
    pooled = answer.pooled
    if pooled is None or pooled.low is None or pooled.high is None:
        return Rating("imprecision", "serious", "One study, or no interval of the pooled effect.")
    people = answer.treated + answer.controls
    if pooled.measure in _RATIOS:
        beyond = [name for name, there in (
            (f"{_BENEFIT}", pooled.low <= _BENEFIT), (f"{_HARM}", pooled.high >= _HARM),
        ) if there]  # fmt: skip
    elif pooled.measure == "SMD":
        beyond = [name for name, there in (
            (f"−{_MATTERS_SMD}", pooled.low <= -_MATTERS_SMD),
            (f"{_MATTERS_SMD}", pooled.high >= _MATTERS_SMD),
        ) if there]  # fmt: skip
    else:
        beyond = []
    if not _excludes(pooled.low, pooled.high, _null(pooled)):
        held = " and ".join(beyond)
        reason = "The interval includes no effect" + (f" and reaches {held}." if held else ".")
        if len(beyond) == 2:
            return Rating("imprecision", "very serious", reason)
        few = needed is not None and people < needed
        if beyond or few or not _has_limits(pooled):
            return Rating("imprecision", "serious", reason)
        return Rating("imprecision", "not serious", f"{reason} It excludes effects that matter.")
    size = needed if needed is not None else (None if pooled.measure in _RATIOS else _MEASURED)
    if size is not None and people < size:
        return Rating(
            "imprecision", "serious",
            f"{people:,} participants are fewer than the optimal information size of {size:,.0f}.",
        )  # fmt: skip
    told = f"; {people:,} participants, {size:,.0f} needed" if size is not None else ""
    return Rating("imprecision", "not serious", f"The interval excludes no effect{told}.")


def _has_limits(pooled: Estimate) -> bool:
    """Whether it is known which effects matter on this measure."""
    return pooled.measure in _RATIOS or pooled.measure == "SMD"


def _publication(answer: Synthesis, asymmetry: float | None) -> Rating:
    """By a test of asymmetry where there are studies enough."""
    silent = sum(one.kind == "no result" for one in answer.selection.left_out)
    told = f" {silent:,} studies at hand report no result for this outcome." if silent else ""
    if answer.k < _FEW:
        reason = f"{answer.k} studies are too few for a test of asymmetry ({_FEW} are asked for)."
        return Rating("publication bias", "not judged", reason + told)
    if asymmetry is None:
        return Rating("publication bias", "not judged", f"No test of asymmetry fits.{told}")
    concern: Concern = "serious" if asymmetry < _ASYMMETRY else "not serious"
    reason = f"Test of funnel-plot asymmetry: P = {asymmetry:.2g}."
    return Rating("publication bias", concern, reason + told)
