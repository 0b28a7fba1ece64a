"""Profile likelihood intervals of variances and correlations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray, proportion_of_one
from trialweave.stats.regression._marginal import Model
from trialweave.stats.regression._maximum import maximise
from trialweave.stats.regression.multilevel import Component, Multilevel, scaled_estimates
from trialweave.stats.regression.structures import Coded, coded

__all__ = ["ProfileInterval", "profile_interval"]

_DOUBLINGS = 80
_NOT_OFFERED = (
    "A profile interval of a correlation is not offered for an unstructured matrix of more than "
    "two levels."
)


class ProfileInterval(NamedTuple):
    """Limits of one component; notes name a limit at a bound."""

    component: Component
    low: float
    high: float
    level: float
    notes: tuple[str, ...]


def profile_interval(
    fitted: Multilevel, component: Component, *, level: float | None = None
) -> ProfileInterval:
    """All values of a component that a likelihood ratio test would not reject.

    For each value the other variances and correlations are fitted anew; the limits are where twice
    the fall of the log-likelihood (restricted, where the model was) reaches the quantile of
    chi-square with 1 degree of freedom (Hardy & Thompson, Statistics in Medicine 1996;15:619-629;
    Viechtbauer, Statistics in Medicine 2007;26:37-52), solved to a relative 1e-8.

    Raises ValueError for a component that is not of this model.
    """
    if component not in fitted.components:
        raise ValueError("this component is not of this model")
    share = fitted.level if level is None else proportion_of_one(level)
    quantile = float(special.chdtri(1.0, 1.0 - share))
    used = fitted.used
    ready = scaled_estimates(fitted.y, fitted.x, fitted.v, used)
    effects = [coded(one, used) for one in fitted.effects]
    at = next(i for i, one in enumerate(effects) if one.name == component.effect)
    place = _place(effects[at], component)
    if place is None or np.isnan(component.estimate):
        note = _NOT_OFFERED if place is None else "The component itself is undefined."
        return ProfileInterval(component, np.nan, np.nan, share, (note,))
    if effects[at].structure == "UN":
        effects[at], place = coded(fitted.effects[at], used, first=place), 0
    kind = effects[at].coordinates.kinds[place]
    position = place + sum(len(one.coordinates.kinds) for one in effects[:at])
    model = ready.model(effects, restricted=fitted.method == "REML")
    starts = ready.starts(model)
    top = maximise(model, starts)
    profile = _Profile(model, position, top.theta, top.value, quantile, starts)
    estimate = float(top.theta[position])
    low, high = float(model.low[position]), float(model.high[position])
    if kind == "factor":  # the first element of a root, whose sign says nothing
        estimate, low = abs(estimate), 0.0
    least, notes = _limit(profile.excess, estimate, low), []
    greatest = _limit(profile.excess, estimate, high if np.isfinite(high) else None)
    if least is None:
        notes.append("The lower limit is the least value that is possible.")
    if greatest is None and np.isfinite(high):
        notes.append("The upper limit is the greatest value that is possible.")
        greatest = high
    if greatest is None:
        notes.append("The likelihood falls too slowly for an upper limit.")
        greatest = np.inf
    if not profile.settled or not top.settled:
        notes.append("Not all fits of the other components settled.")
    limits = [low if least is None else least, greatest]
    if kind in ("sd", "factor"):
        limits = [one * one for one in limits]
    if component.kind == "variance":
        limits = [one * ready.unit**2 for one in limits]
    return ProfileInterval(component, limits[0], limits[1], share, tuple(notes))


def _place(effect: Coded, component: Component) -> int | None:
    """The coordinate (of "UN": the level) of a component; None where it has none of its own."""
    kinds = effect.coordinates.kinds
    if component.kind == "correlation":
        return None if kinds[-1] == "factor" else len(kinds) - 1
    return 0 if component.level == "" else effect.levels.index(component.level)


class _Profile:
    """The likelihood with one parameter held, beside its maximum."""

    def __init__(
        self,
        model: Model,
        position: int,
        top: FloatArray,
        value: float,
        quantile: float,
        starts: list[FloatArray],
    ) -> None:
        self.model, self.position, self.top = model, position, top
        self.value, self.quantile = value, quantile
        self.last = top
        self.others = [one for one in starts if model.low.size > 1][:1]
        self.settled = True

    def excess(self, held: float) -> float:
        """Twice the fall of the log-likelihood less the quantile: negative inside the interval."""
        starts = [self.top, self.last, *self.others]
        found = maximise(self.model, starts, {self.position: held})
        self.last = found.theta
        self.settled &= found.settled
        return 2.0 * (self.value - found.value) - self.quantile


def _limit(excess: Callable[[float], float], inside: float, bound: float | None) -> float | None:
    """Where `excess` becomes positive between `inside` and a bound; None where it does not."""
    if bound is None:
        step = max(abs(inside), 1e-3)
        near, far = inside, inside + step
        for _ in range(_DOUBLINGS):
            if excess(far) > 0.0:
                break
            step *= 2.0
            near, far = far, far + step
        else:
            return None
    else:
        near, far = inside, bound
        if near == far or excess(far) <= 0.0:
            return None
    root = optimize.brentq(excess, near, far, xtol=1e-12, rtol=1e-8)
    return float(root)
