"""Beta-binomial model of two arms: every arm's risk varies about that of its kind of arm.

Kuss, Stat Med 2015;34:1097-1116: studies without any event take part with what they tell on both
risks, and nothing is added to any cell. The arms of a study are taken as independent, so that the
comparison rests on randomisation less than within-study methods do; Kuss found it to do well where
events are rare.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray, proportion_of_one, tables

__all__ = ["BETA_BINOMIAL_FLAGS", "BetaBinomial", "beta_binomial"]

BETA_BINOMIAL_FLAGS: Mapping[str, str] = {
    "no studies": "No study has patients in both arms: nothing can be pooled.",
    "not estimable": (
        "An arm of all studies together has no event, or events only: its risk lies at the edge of "
        "what is possible, and the {} has no standard error."
    ),
    "no extra variation": (
        "Arms of one kind do not vary more than by chance: the correlation is 0, and the model is "
        "that of the summed table."
    ),
    "not converged": "The search for the highest likelihood did not settle: see its last value.",
}

Measure = Literal["OR", "RR", "RD"]
_FARTHEST = 60.0  # of a logit
_STEPS = 100
_NEAR = 1e-8  # the last step; the next one would be of its square


@dataclass(frozen=True, eq=False)
class BetaBinomial:
    """Two risks with one intraclass correlation, by maximum likelihood, and how they compare.

    `estimate`, `se`, `low`, `high` are natural logarithms for OR and RR. `risk1` and `risk2` are
    the average risks of the arms, `correlation` that of two patients of one arm, ρ = 1/(α + β + 1).
    `overdispersion_lrt` compares with ρ = 0, its P from half a chi-square with one degree of
    freedom. NaN where not defined; `flags` and `notes` say why.
    """

    measure: str
    level: float
    k: int
    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    risk1: float
    risk2: float
    correlation: float
    log_likelihood: float
    overdispersion_lrt: float
    overdispersion_p: float
    converged: bool
    flags: Mapping[str, bool] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be computed, in words."""
        return tuple(
            text.format(self.measure)
            for name, text in BETA_BINOMIAL_FLAGS.items()
            if self.flags[name]
        )


class _Counts(NamedTuple):
    """How many arms of a kind have more than j events, non-events, patients; j = 0, 1, …"""

    events: FloatArray
    others: FloatArray
    patients: FloatArray


def beta_binomial(
    measure: Measure,
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> BetaBinomial:
    """Compare the average risks of `a` events of `n1` and `c` of `n2`; arrays (k,), one study each.

    The likelihood is the same for all three measures, which differ in how its two risks are
    compared (standard errors by the delta method from the curvature in both and the dispersion).
    Probabilities are products of (p + jθ), θ = ρ/(1 - ρ), as in Smith, Appl Stat 1983;32:196-204,
    so that ρ = 0 is an ordinary point; time grows with the largest arm. Raises ValueError as
    `effects.effect`, for counts that are not whole and arrays of more than one axis.
    """
    if measure not in get_args(Measure):
        raise ValueError(f"no beta-binomial comparison for {measure!r}")
    proportion_of_one(level)
    table = tables(a, n1, c, n2)
    rows = [np.atleast_1d(each) for each in table]
    if rows[0].ndim != 1:
        raise ValueError(f"one meta-analysis at a time: arrays of one axis, not {rows[0].shape}")
    used = (rows[1] > 0) & (rows[3] > 0)
    a, n1, c, n2 = (np.asarray(each[used]) for each in rows)
    k = int(used.sum())
    flags = dict.fromkeys(BETA_BINOMIAL_FLAGS, False)
    if k == 0:
        return _without(measure, level, k, flags | {"no studies": True})
    if not (0 < a.sum() < n1.sum() and 0 < c.sum() < n2.sum()):
        return _without(measure, level, k, flags | {"not estimable": True})
    arms = (_counts(a, n1), _counts(c, n2))
    constant = float(np.sum(_log_choose(n1, a)) + np.sum(_log_choose(n2, c)))
    crude = np.array([a.sum() / n1.sum(), c.sum() / n2.sum()])
    point, settled = _maximum(arms, crude)
    at_zero, _, _ = _likelihood(arms, np.append(crude, 0.0))
    value, _, hessian = _likelihood(arms, point)
    free = 3 if point[2] > 0.0 else 2
    covariance = np.linalg.inv(-hessian[:free, :free])[:2, :2]
    p1, p2 = float(point[0]), float(point[1])
    estimate, slope = _comparison(measure, p1, p2)
    se = math.sqrt(float(slope @ covariance @ slope))
    z = float(special.ndtri(0.5 + level / 2.0))
    lrt = max(0.0, 2.0 * (value - at_zero))
    return BetaBinomial(
        measure=measure,
        level=level,
        k=k,
        estimate=estimate,
        se=se,
        low=estimate - z * se,
        high=estimate + z * se,
        statistic=estimate / se,
        p=2.0 * float(special.ndtr(-abs(estimate / se))),
        risk1=p1,
        risk2=p2,
        correlation=float(point[2] / (1.0 + point[2])),
        log_likelihood=value + constant,
        overdispersion_lrt=lrt,
        overdispersion_p=0.5 * float(special.chdtrc(1, lrt)) if free == 3 else 1.0,
        converged=settled,
        flags=flags | {"no extra variation": free == 2, "not converged": not settled},
    )


def _without(measure: str, level: float, k: int, flags: Mapping[str, bool]) -> BetaBinomial:
    nan = math.nan
    return BetaBinomial(
        measure, level, k, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, False, flags
    )


def _log_choose(n: FloatArray, x: FloatArray) -> FloatArray:
    return np.asarray(
        special.gammaln(n + 1.0) - special.gammaln(x + 1.0) - special.gammaln(n - x + 1.0)
    )


def _counts(events: FloatArray, patients: FloatArray) -> _Counts:
    def more(values: FloatArray) -> FloatArray:
        below = np.cumsum(np.bincount(values.astype(np.int64), minlength=1))
        return np.asarray(values.size - below[:-1], dtype=np.float64)

    return _Counts(more(events), more(patients - events), more(patients))


def _likelihood(
    arms: tuple[_Counts, _Counts], point: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood without binomial coefficients at (p1, p2, θ), its gradient and Hessian."""
    theta = float(point[2])
    value, gradient, hessian = 0.0, np.zeros(3), np.zeros((3, 3))
    for i, counts in enumerate(arms):
        p = float(point[i])
        for weights, start, sign in ((counts.events, p, 1.0), (counts.others, 1.0 - p, -1.0)):
            j = np.arange(weights.size, dtype=np.float64)
            inverse = 1.0 / (start + j * theta)
            value += float(weights @ np.log(start + j * theta))
            first, cross = float(weights @ inverse), float(weights @ (j * inverse))
            gradient[i] += sign * first
            gradient[2] += cross
            squared = weights * inverse**2
            hessian[i, i] -= float(squared.sum())
            hessian[i, 2] -= sign * float(squared @ j)
            hessian[2, 2] -= float(squared @ j**2)
        j = np.arange(counts.patients.size, dtype=np.float64)
        inverse = j / (1.0 + j * theta)
        value -= float(counts.patients @ np.log1p(j * theta))
        gradient[2] -= float(counts.patients @ inverse)
        hessian[2, 2] += float(counts.patients @ inverse**2)
    hessian[2, :2] = hessian[:2, 2]
    return value, gradient, hessian


def _maximum(arms: tuple[_Counts, _Counts], crude: FloatArray) -> tuple[FloatArray, bool]:
    """The highest point: for each θ the risks follow from their own scores, θ from its profile.

    The risks' scores fall from +∞ to -∞, so that each has one root. θ is looked for on a grid of
    logarithms first, as its profile may rise again from 0.
    """

    def risks(theta: float) -> FloatArray:
        return np.array([_risk(*each) for each in zip(arms, (theta, theta), crude, strict=True)])

    def height(log_theta: float) -> float:
        theta = math.exp(log_theta)
        return _likelihood(arms, np.append(risks(theta), theta))[0]

    def slope(log_theta: float) -> float:
        theta = math.exp(log_theta)
        return float(_likelihood(arms, np.append(risks(theta), theta))[1][2])

    grid = np.arange(-20.0, 9.0)
    slopes = [slope(x) for x in grid]
    peaks = []
    for low, high, rising, falling in zip(grid, grid[1:], slopes, slopes[1:], strict=False):
        if rising > 0.0 >= falling:
            peaks.append(float(optimize.brentq(slope, low, high, xtol=1e-13, rtol=1e-14)))
    nothing = np.append(crude, 0.0)
    if not peaks:
        return nothing, slopes[-1] <= 0.0
    best = max(peaks, key=height)
    if height(best) <= _likelihood(arms, nothing)[0]:
        return nothing, True
    theta = math.exp(best)
    return np.append(risks(theta), theta), True


def _risk(counts: _Counts, theta: float, crude: float) -> float:
    """The risk of one kind of arm that is likeliest for a given θ.

    Newton's method on the logit from the crude risk; the score falls throughout, and a step that
    leaves the bracket of its signs halves it.
    """
    low, high, logit = -_FARTHEST, _FARTHEST, float(special.logit(crude))
    events = np.arange(counts.events.size) * theta
    others = np.arange(counts.others.size) * theta
    for _ in range(_STEPS):
        p, q = float(special.expit(logit)), float(special.expit(-logit))
        some, none = 1.0 / (events + p), 1.0 / (others + q)
        score = float(counts.events @ some - counts.others @ none)
        curve = float(counts.events @ some**2 + counts.others @ none**2)
        low, high = (logit, high) if score > 0.0 else (low, logit)
        # by the chain rule the score in the logit is score·p·q, its own slope p·q·((q-p)·score - …)
        step = score / (p * q * curve - (q - p) * score) if p * q * curve > (q - p) * score else 0.0
        new = logit + step
        if not (step != 0.0 and low < new < high):
            new = logit if score == 0.0 else (low + high) / 2.0
        if abs(new - logit) <= _NEAR * (1.0 + abs(logit)):
            return float(special.expit(new))
        logit = new
    return float(special.expit(logit))


def _comparison(measure: Measure, p1: float, p2: float) -> tuple[float, FloatArray]:
    """The comparison of two risks and its derivatives by them."""
    if measure == "RD":
        return p1 - p2, np.array([1.0, -1.0])
    if measure == "RR":
        return math.log(p1 / p2), np.array([1.0 / p1, -1.0 / p2])
    odds = math.log(p1 / (1.0 - p1)) - math.log(p2 / (1.0 - p2))
    return odds, np.array([1.0 / (p1 * (1.0 - p1)), -1.0 / (p2 * (1.0 - p2))])
