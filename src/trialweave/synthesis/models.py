"""The models of a synthesis, fitted to many sets of the same studies in one call.

In: effects with variances and counts of all studies, and sets of them as rows of a boolean array.
Out: one `Fit` a set, on the model's scale. Every analysis of sensitivity with one model is one
call, so that a table of hundreds costs little more than one synthesis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray
from trialweave.synthesis.effects import Computed, Contrasted, Counts, computed, count_table
from trialweave.synthesis.question import Question

if TYPE_CHECKING:
    from trialweave.stats.pooling import IntervalMethod, Method, Prediction

__all__ = [
    "ONE_AT_A_TIME",
    "Data",
    "Fit",
    "Model",
    "data_of",
    "fit",
    "fit_sets",
    "model_of",
    "usable",
]


ONE_AT_A_TIME = ("GLMM", "beta-binomial", "Bayes")
"""Models that are fitted to one set after another, each a search or an integral of its own."""


class Model(NamedTuple):
    """What is fitted: the choices of a question that concern the model."""

    measure: str
    name: str = "random"
    tau2: str = "REML"
    interval: str = "HK"
    prediction: str = "k-1"
    zero_cells: str = "only0"
    level: float = 0.95


class Data(NamedTuple):
    """The studies as the models need them; arrays (k,)."""

    effects: Computed
    counts: Counts


class Fit(NamedTuple):
    """One fitted set, on the model's scale; NaN where undefined, and a note says why.

    `k` counts the studies that the model uses (see `usable`). `df` is infinite for normal
    quantiles. `weights` are percentages, shaped like the data, NaN for studies that are not used;
    None where a model has none. `q_df` is -1 where there is no Q.
    """

    k: int
    estimate: float
    low: float
    high: float
    p: float
    df: float = math.inf
    tau2: float = math.nan
    tau2_low: float = math.nan
    tau2_high: float = math.nan
    i2: float = math.nan
    i2_low: float = math.nan
    i2_high: float = math.nan
    h2: float = math.nan
    q: float = math.nan
    q_df: int = -1
    q_p: float = math.nan
    pi_low: float = math.nan
    pi_high: float = math.nan
    pi_df: float = math.nan
    weights: FloatArray | None = None
    notes: tuple[str, ...] = ()


def model_of(question: Question, **changes: Any) -> Model:
    """The model that a question asks for, with changes."""
    asked = Model(
        measure=question.measure,
        name=question.model,
        tau2=question.tau2,
        interval=question.interval,
        prediction=question.prediction,
        zero_cells=question.zero_cells,
        level=question.level,
    )
    return asked._replace(**changes)


def data_of(model: Model, chosen: Sequence[Contrasted]) -> Data:
    """The effects and counts of comparisons on the model's measure."""
    return Data(computed(model.measure, chosen, model.zero_cells), count_table(chosen))


def fit(model: Model, data: Data) -> Fit:
    """The model fitted to all studies, with the limits of τ²."""
    everything = np.ones((1, data.effects.yi.size), dtype=bool)
    return fit_sets(model, data, everything, tau2_interval=True)[0]


def fit_sets(
    model: Model, data: Data, sets: BoolArray, *, tau2_interval: bool = False
) -> list[Fit]:
    """The model fitted to each set, a row of `sets` (m, k).

    Studies that no set uses are left out before, so that they change no bit of the result. Raises
    ValueError for a model that cannot pool the measure.
    """
    sets = sets & usable(model, data)
    columns = np.flatnonzero(sets.any(axis=0))
    if columns.size < sets.shape[1]:
        fits = fit_sets(model, _only(data, columns), sets[:, columns], tau2_interval=tau2_interval)
        return [_spread(one, columns, sets.shape[1]) for one in fits]
    if model.name in ("random", "common"):
        return _inverse_variance(model, data, sets, tau2_interval)
    if model.name in ("MH", "Peto"):
        return _stratified(model, data, sets)
    if model.name in ONE_AT_A_TIME:
        from trialweave.synthesis.likelihoods import fit_one

        return [fit_one(model, data, members) for members in sets]
    raise ValueError(f"no model is called {model.name!r}")


def _only(data: Data, columns: IntArray) -> Data:
    yi, vi, notes = data.effects
    kept = Computed(yi[columns], vi[columns], tuple(notes[i] for i in columns))
    return Data(kept, Counts(*(cells[columns] for cells in data.counts)))


def _spread(found: Fit, columns: IntArray, size: int) -> Fit:
    """The fit with its weights shaped like the data again."""
    if found.weights is None:
        return found
    weights = np.full(size, np.nan)
    weights[columns] = found.weights
    return found._replace(weights=weights)


def usable(model: Model, data: Data) -> BoolArray:
    """Which studies the model can use; shape (k,)."""
    if model.name in ("random", "common", "Bayes"):
        return np.asarray(np.isfinite(data.effects.yi))
    a, n1, c, n2 = data.counts
    used = (n1 > 0) & (n2 > 0)
    if model.measure != "RD" and model.name != "beta-binomial":
        used &= ~(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))
    return np.asarray(used)


def _inverse_variance(model: Model, data: Data, sets: BoolArray, tau2_interval: bool) -> list[Fit]:
    from trialweave.stats.pooling import pool

    common = model.name == "common"
    found = pool(
        np.where(sets, data.effects.yi, np.nan),
        np.where(sets, data.effects.vi, np.nan),
        tau2="CE" if common else cast("Method", model.tau2),
        interval="Wald" if common else cast("IntervalMethod", model.interval),
        prediction="k-1" if common else cast("Prediction", model.prediction),
        level=model.level,
        tau2_interval=tau2_interval,
    )
    names = (
        *("estimate", "low", "high", "p", "df", "tau2", "tau2_low", "tau2_high"),
        *("i2", "i2_low", "i2_high", "h2", "q", "q_p", "pi_low", "pi_high", "pi_df"),
    )
    columns = {name: getattr(found, name).tolist() for name in names}
    return [
        Fit(
            k=k,
            q_df=k - 1,
            weights=found.weights[i],
            notes=found.notes_at(i),
            **{name: column[i] for name, column in columns.items()},
        )
        for i, k in enumerate(found.k.tolist())
    ]


def _stratified(model: Model, data: Data, sets: BoolArray) -> list[Fit]:
    from trialweave.stats.pooling import mantel_haenszel, peto

    used = sets & usable(model, data)
    cells = [np.where(used, column, np.nan) for column in data.counts]
    if model.name == "Peto":
        found = peto(*cells, level=model.level)
    else:
        found = mantel_haenszel(cast("Any", model.measure), *cells, level=model.level)
    k = used.sum(axis=1)
    return [
        Fit(
            k=int(k[i]),
            estimate=float(found.estimate[i]),
            low=float(found.low[i]),
            high=float(found.high[i]),
            p=float(found.p[i]),
            i2=float(found.i2[i]) if k[i] > 1 else math.nan,
            q=float(found.q[i]),
            q_df=int(found.q_df[i]),
            q_p=float(found.q_p[i]),
            weights=np.where(used[i], found.weights[i], np.nan),
            notes=_said(found, i),
        )
        for i in range(sets.shape[0])
    ]


def _said(found: Any, i: int) -> tuple[str, ...]:
    """The notes on one of many tables' syntheses."""
    from trialweave.stats.pooling.mantel_haenszel import STRATIFIED_FLAGS

    measure = "OR" if found.measure == "PETO" else found.measure
    return tuple(
        text.format(measure) for name, text in STRATIFIED_FLAGS.items() if found.flags[name][i]
    )
