"""Between the chosen comparisons and `trialweave.stats`: tables in, effects and estimates out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from trialweave.synthesis.answer import Effect, Estimate, Heterogeneity
from trialweave.synthesis.choose import Chosen
from trialweave.synthesis.groups import counts
from trialweave.synthesis.question import Question

if TYPE_CHECKING:
    from trialweave.stats.effects import Effects
    from trialweave.stats.pooling import IntervalMethod, Method, Pooled

__all__ = ["Measure", "columns", "estimate", "fit", "model_effects", "natural", "number"]

Measure = Literal["RR", "OR", "RD"]


def number(value: Any) -> float | None:
    """A plain float, None where not finite."""
    as_float = float(value)
    return as_float if math.isfinite(as_float) else None


def natural(measure: str, value: Any) -> float | None:
    """A number of the model's scale as it is printed."""
    from trialweave.stats.effects import back_transform

    return number(back_transform(measure, value))


def columns(chosen: Sequence[Chosen]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Events and sizes: a, n1, c, n2."""
    found = [counts(one.treatment, one.control) for one in chosen]
    a, n1, c, n2 = (list(column) for column in zip(*found, strict=True)) if found else ([],) * 4
    return a, n1, c, n2


def model_effects(measure: Measure, chosen: Sequence[Chosen]) -> Effects:
    """Effects on the model's scale, 0.5 added to each cell of a table with a zero cell.

    For ratios, a study without events in both groups, or with events only, is NaN: it says
    nothing of a ratio (Cochrane Handbook, section 10.4.4). For the risk difference it stays.
    """
    from trialweave.stats.effects import effect

    return effect(measure, *columns(chosen), add=0.5, to="only0", drop00=measure != "RD")


def study_effects(measure: Measure, chosen: Sequence[Chosen], level: float) -> list[Effect]:
    """Each study's effect with its Wald interval."""
    from trialweave.stats.effects import wald_interval

    yi, vi = model_effects(measure, chosen)
    interval = wald_interval(yi, vi, level)
    return [
        Effect(measure, *(natural(measure, value) for value in values))
        for values in zip(yi, interval.low, interval.high, strict=True)
    ]


def fit(
    question: Question,
    measure: Measure,
    chosen: Sequence[Chosen],
    *,
    interval: str = "",
    tau2: str = "",
) -> Pooled:
    """The model of the question, or the one named, fitted to the chosen comparisons."""
    from trialweave.stats.pooling import pool

    yi, vi = model_effects(measure, chosen)
    return pool(
        yi,
        vi,
        tau2=cast("Method", tau2 or question.tau2),
        interval=cast("IntervalMethod", interval or question.interval),
        level=question.level,
    )


def estimate(question: Question, measure: Measure, chosen: Sequence[Chosen]) -> Estimate:
    """The pooled effect of two studies or more; those that are not estimable play no part."""
    effects = model_effects(measure, chosen).yi
    usable = [one for one, y in zip(chosen, effects, strict=True) if math.isfinite(y)]
    fitted = fit(question, measure, usable)
    wald = fit(question, measure, usable, interval="Wald")
    df = float(fitted.df)
    return Estimate(
        measure=measure,
        k=int(fitted.k),
        estimate=cast("float", natural(measure, fitted.estimate)),
        low=natural(measure, fitted.low),
        high=natural(measure, fitted.high),
        p=number(fitted.p),
        df=df if math.isfinite(df) else None,
        wald_low=natural(measure, wald.low),
        wald_high=natural(measure, wald.high),
        prediction_low=natural(measure, fitted.pi_low),
        prediction_high=natural(measure, fitted.pi_high),
        prediction_df=number(fitted.pi_df),
        heterogeneity=Heterogeneity(
            tau2=number(fitted.tau2),
            tau2_low=number(fitted.tau2_low),
            tau2_high=number(fitted.tau2_high),
            i2=number(fitted.i2),
            i2_low=number(fitted.i2_low),
            i2_high=number(fitted.i2_high),
            h2=number(fitted.h2),
            q=number(fitted.q),
            q_df=int(fitted.k) - 1,
            q_p=number(fitted.q_p),
        ),
        notes=fitted.notes,
    )
