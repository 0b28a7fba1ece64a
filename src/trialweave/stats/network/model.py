"""Network meta-analysis of contrasts: common and random effects, heterogeneity, prediction.

Least squares with the covariance of multi-arm studies gives the same numbers as the graph-theory
method of Rücker (Res Synth Methods 2012;3:312-324), where those studies get reduced weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray, proportion_of_one
from trialweave.stats.network._rows import (
    Fit,
    Rows,
    Tau2Method,
    estimate_tau2,
    fit,
    q_profile,
    rows,
)
from trialweave.stats.network.contrasts import Contrasts, Note, select, treatments_of

__all__ = ["Estimates", "Model", "Network", "NoNetwork", "Subnetwork", "network", "subnetworks"]

Model = Literal["common", "random"]


class Estimates(NamedTuple):
    """Matrices (treatments, treatments): the row's treatment minus the column's; diagonal 0.

    `se`, Wald limits `low` and `high`, `statistic` and two-sided `p` against 0 (both NaN on the
    diagonal).
    """

    effect: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray


class Subnetwork(NamedTuple):
    """Treatments that comparisons connect, and the studies among them."""

    treatments: tuple[str, ...]
    studies: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class NoNetwork:
    """Why there is no network: "no studies", or "disconnected" with its subnetworks."""

    reason: Literal["no studies", "disconnected"]
    subnetworks: tuple[Subnetwork, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """Estimates of all comparisons under a common effect and under random effects.

    `tau2` with Q-profile limits; `q` on `df` degrees of freedom with its `q_p`, of heterogeneity
    and inconsistency together; `i2` (percent) from Q. Limits of prediction have `df` degrees of
    freedom. Where nothing tells heterogeneity (`df` 0), `tau2`, `q_p`, `i2`, random effects and
    prediction are NaN, and a note says so. Matrices as in `Estimates`.
    """

    contrasts: Contrasts = field(repr=False)
    treatments: tuple[str, ...]
    level: float
    tau2_method: str
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    df: int
    q_p: float
    i2: float
    common: Estimates = field(repr=False)
    random: Estimates = field(repr=False)
    prediction_low: FloatArray = field(repr=False)
    prediction_high: FloatArray = field(repr=False)
    notes: tuple[Note, ...]

    def estimates(self, model: Model) -> Estimates:
        """The estimates under a model, "common" or "random"."""
        if model not in get_args(Model):
            raise ValueError(f"no model is called {model!r}; there are {get_args(Model)}")
        return self.common if model == "common" else self.random

    def heterogeneity(self, model: Model) -> float:
        """The between-study variance under a model: 0 for a common effect."""
        self.estimates(model)
        return 0.0 if model == "common" else self.tau2


_NOTES: dict[str, str] = {
    "no studies": "No study compares two treatments: nothing can be computed.",
    "disconnected": (
        "The comparisons fall into parts that nothing connects: no effect between treatments of "
        "different parts can be estimated; each part can be analysed by itself."
    ),
    "no heterogeneity": (
        "There are no more comparisons than treatments need: neither heterogeneity nor "
        "inconsistency can be estimated; random effects need a τ² that is given."
    ),
    "several maxima": "The likelihood of τ² has several maxima; the highest is given.",
    "empty tau2 interval": (
        "The effects agree more closely than their variances let expect: the Q-profile interval "
        "of τ² is empty and given as 0 to 0."
    ),
    "one study": "Treatments that a single study compares with others.",
    "no loops": (
        "No closed loop of comparisons: direct and indirect evidence never meet, so inconsistency "
        "cannot be checked."
    ),
}


def network(
    contrasts: Contrasts,
    *,
    tau2: Tau2Method | float = "REML",
    level: float = 0.95,
    order: Sequence[str] | None = None,
) -> Network | NoNetwork:
    """Analyse the studies as one network.

    `tau2`: "DL" (as R's netmeta by default), "REML", "ML", or a number that is taken as given.
    Heterogeneity is the same for every comparison. Intervals are Wald; prediction intervals are
    effect ± t·√(τ² + se²) with the degrees of freedom of Q (Higgins, Thompson & Spiegelhalter,
    J R Stat Soc A 2009;172:137-159, adapted to networks). `order`: the order of treatments, which
    changes no number; by name unless given.

    Gives `NoNetwork` where no study is left or treatments are not all connected: fit the parts
    that `subnetworks` gives. Raises ValueError for unknown methods, a negative τ², levels outside
    0 to 1, an order that leaves out treatments, and a study name used twice.
    """
    level = proportion_of_one(level)
    given = not isinstance(tau2, str)
    if given and not 0.0 <= float(tau2) < math.inf:
        raise ValueError(f"τ² must be finite and not negative, not {tau2}")
    if not given and tau2 not in get_args(Tau2Method):
        raise ValueError(f"unknown method {tau2!r}; there are {get_args(Tau2Method)}")
    treatments = treatments_of(contrasts, order)
    names = [one.study for one in contrasts.studies]
    if len(set(names)) < len(names):
        raise ValueError("two studies have one name")
    broken = no_network(contrasts, treatments)
    if broken is not None:
        return broken
    whole = rows(contrasts.studies, treatments)
    reference = int(np.argmax((whole.x**2 / whole.v[:, None]).sum(axis=0)))  # the best known
    x = np.delete(whole.x, reference, axis=1)
    common = fit(whole.y, whole.v, x)
    notes = [*contrasts.notes, *_structure(contrasts, treatments)]
    found = _heterogeneity(whole.y, whole.v, x, common, tau2, level, notes)
    t = found.tau2
    random = fit(whole.y, whole.v + (0.0 if math.isnan(t) else t), x)
    scale = np.nan if math.isnan(t) else 1.0
    random_estimates = _matrices(random, reference, level, scale)
    low, high = _prediction(random_estimates, t, common.df, level)
    return Network(
        contrasts=contrasts,
        treatments=treatments,
        level=level,
        tau2_method="given" if given else str(tau2),
        tau2=t,
        tau2_low=found.low,
        tau2_high=found.high,
        q=common.q,
        df=common.df,
        q_p=float(special.chdtrc(common.df, common.q)) if common.df else math.nan,
        i2=100.0 * max(0.0, common.q - common.df) / (common.q or 1.0) if common.df else math.nan,
        common=_matrices(common, reference, level, 1.0),
        random=random_estimates,
        prediction_low=low,
        prediction_high=high,
        notes=tuple(notes),
    )


def no_network(contrasts: Contrasts, treatments: Sequence[str]) -> NoNetwork | None:
    """Why the studies are no network, None where they are one."""
    parts = _parts(contrasts, treatments)
    if len(parts) == 1:
        return None
    reason: Literal["no studies", "disconnected"] = "disconnected" if parts else "no studies"
    return NoNetwork(reason, parts, (*contrasts.notes, Note(reason, _NOTES[reason])))


class _Heterogeneity(NamedTuple):
    tau2: float
    low: float
    high: float


def _heterogeneity(
    y: FloatArray,
    v: FloatArray,
    x: FloatArray,
    common: Fit,
    tau2: Tau2Method | float,
    level: float,
    notes: list[Note],
) -> _Heterogeneity:
    """τ² with its limits; adds to the notes."""
    if not common.df:
        notes.append(Note("no heterogeneity", _NOTES["no heterogeneity"]))
        return _Heterogeneity(math.nan if isinstance(tau2, str) else tau2, math.nan, math.nan)
    low, high, empty = q_profile(y, v, x, level)
    if empty:
        notes.append(Note("empty tau2 interval", _NOTES["empty tau2 interval"]))
    if not isinstance(tau2, str):
        return _Heterogeneity(float(tau2), low, high)
    found = estimate_tau2(y, v, x, tau2)
    if found.several_maxima:
        notes.append(Note("several maxima", _NOTES["several maxima"]))
    return _Heterogeneity(found.value, low, high)


def _matrices(found: Fit, reference: int, level: float, scale: float) -> Estimates:
    """All comparisons from the coefficients against the reference; `scale` NaN voids them."""
    theta = scale * np.insert(found.coefficients, reference, 0.0)
    root = scale * np.insert(found.root, reference, 0.0, axis=1)
    effect = theta[:, None] - theta
    se = np.sqrt(((root[:, :, None] - root[:, None, :]) ** 2).sum(axis=0))
    return estimates_of(effect, se, level)


def estimates_of(effect: FloatArray, se: FloatArray, level: float) -> Estimates:
    """Effects and standard errors with Wald intervals and tests."""
    half = float(special.ndtri(0.5 + level / 2.0)) * se
    statistic = effect / np.where(se > 0.0, se, np.nan)
    p = 2.0 * special.ndtr(-np.abs(statistic))
    return Estimates(effect, se, effect - half, effect + half, statistic, p)


def _prediction(
    random: Estimates, tau2: float, df: int, level: float
) -> tuple[FloatArray, FloatArray]:
    quantile = float(special.stdtrit(df, 0.5 + level / 2.0)) if df else math.nan
    half = quantile * np.sqrt(tau2 + random.se**2)
    np.fill_diagonal(half, quantile * 0.0)
    return random.effect - half, random.effect + half


def subnetworks(contrasts: Contrasts) -> tuple[Contrasts, ...]:
    """The connected parts of the studies, each ready for `network`, the largest first."""
    parts = _parts(contrasts, treatments_of(contrasts))
    return tuple(select(contrasts, part.studies) for part in parts)


def _parts(contrasts: Contrasts, treatments: Sequence[str]) -> tuple[Subnetwork, ...]:
    """The connected parts, those with more treatments first."""
    part_of = {name: {name} for name in treatments}
    for one in contrasts.studies:
        joined: set[str] = set().union(*(part_of[name] for name in one.treatments))
        for name in joined:
            part_of[name] = joined
    seen: list[set[str]] = []
    for name in treatments:
        if part_of[name] not in seen:
            seen.append(part_of[name])
    seen.sort(key=len, reverse=True)
    return tuple(
        Subnetwork(
            tuple(name for name in treatments if name in part),
            tuple(one.study for one in contrasts.studies if one.treatments[0] in part),
        )
        for part in seen
    )


def _structure(contrasts: Contrasts, treatments: Sequence[str]) -> list[Note]:
    """Notes on treatments of one study, and on networks without loops."""
    counts = dict.fromkeys(treatments, 0)
    for one in contrasts.studies:
        for name in one.treatments:
            counts[name] += 1
    notes = []
    single = tuple(name for name, count in counts.items() if count == 1)
    if single:
        notes.append(Note("one study", _NOTES["one study"], single))
    if not has_loops(contrasts):
        notes.append(Note("no loops", _NOTES["no loops"]))
    return notes


def has_loops(contrasts: Contrasts) -> bool:
    """Whether comparisons close a loop beyond those inside multi-arm studies.

    Designs (sets of treatments) need as many free effects as treatments less one; more of them
    than the network has treatments less one can contradict each other.
    """
    designs = {frozenset(one.treatments) for one in contrasts.studies}
    return sum(len(design) - 1 for design in designs) > len(treatments_of(contrasts)) - 1


def design_rows(found: Network) -> Rows:
    """The independent rows of a network's studies, one column a treatment."""
    return rows(found.contrasts.studies, found.treatments)
