"""Selection models: effects corrected for publication that depends on P values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray, floats, proportion_of_one
from trialweave.stats.bias._common import NotComputed, Studies, few, sentences, studies, too_few
from trialweave.stats.bias._maximum import Maximum, maximise
from trialweave.stats.bias._selection_likelihood import (
    Alternative,
    Model,
    p_values,
    smooth_model,
    step_model,
)
from trialweave.stats.bias._selection_weights import SMOOTH, step_index
from trialweave.stats.pooling import pool

__all__ = ["Alternative", "Selection", "Weighting", "selection_model"]

Weighting = Literal["step", "beta", "half-normal", "negative-exponential", "logistic", "power"]

_MOST_WEIGHT = 1e6  # of an interval beside the first; nobody publishes so unevenly


@dataclass(frozen=True, eq=False)
class Selection:
    """A random-effects model with a chance of publication that depends on the P value.

    `estimate` (the mean effect of all studies, published or not) with `se`, Wald limits and `p`;
    `tau2` with `tau2_se`; the parameters `delta` of the weight function with `delta_se`. For
    "step" these are the weights of the intervals between `steps`, the first being 1 (`delta_se`
    NaN), and `counts` says how many studies lie in each. `lrt` on `lrt_df` degrees of freedom with
    `lrt_p` tests against no selection; `log_likelihood` is of this model, `log_likelihood_plain`
    that of the random-effects model by maximum likelihood, whose mean is `unadjusted`. Standard
    errors come from the second derivatives and are NaN where those give none ("no curvature").
    """

    weighting: Weighting
    alternative: Alternative
    k: int
    left_out: int
    estimate: float
    se: float
    low: float
    high: float
    p: float
    tau2: float
    tau2_se: float
    delta: FloatArray
    delta_se: FloatArray
    steps: FloatArray
    counts: IntArray
    lrt: float
    lrt_df: int
    lrt_p: float
    log_likelihood: float
    log_likelihood_plain: float
    unadjusted: float
    unadjusted_tau2: float
    converged: bool
    level: float
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


def selection_model(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    weighting: Weighting = "step",
    steps: Sequence[float] = (0.025,),
    alternative: Alternative = "greater",
    common: bool = False,
    level: float = 0.95,
) -> Selection | NotComputed:
    """Fit a selection model to effects `yi` (k,) with variances `vi` (k,) by maximum likelihood.

    An effect with P value p was published with a chance proportional to w(p). P is that of the
    Wald test of `alternative`: "greater" where positive effects are what is published, "less",
    or "two-sided". `weighting`:
    "step" w constant up to each of the `steps`, and 1 up to the first (Iyengar & Greenhouse,
    Statistical Science 1988;3:109-117; Vevea & Hedges, Psychometrika 1995;60:419-435); with one
    step the three-parameter model;
    "beta" p^(δ₁-1)·(1-p)^(δ₂-1), p kept within 1e-5 of 0 and 1 (Citkowicz & Vevea, Psychological
    Methods 2017;22:28-41);
    "half-normal" exp(-δp²), "negative-exponential" exp(-δp), "logistic" 2exp(-δp)/(1 + exp(-δp))
    (Preston, Ashby & Smyth, Biometrical Journal 2004;46:341-354), "power" (1-p)^δ: δ from 0
    (no selection) to 100.
    `common` sets τ² to 0. Derivatives are analytic, several starts are tried, and the highest
    maximum is given; `converged` says whether Newton's steps settled there.

    `NotComputed` where studies are fewer than parameters plus one, and where an interval between
    steps holds no study, since its weight then runs to 0 or without end. A note where a parameter
    lies at its bound, and below ten studies. Raises ValueError for unknown options, shapes that do
    not match, steps outside 0 to 1 or repeated.
    """
    for value, allowed in ((weighting, Weighting), (alternative, Alternative)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown option {value!r}; there are {get_args(allowed)}")
    share = proportion_of_one(level)
    cuts = _checked(steps) if weighting == "step" else np.zeros(0)
    found = studies(yi, vi)
    free = (cuts.size if weighting == "step" else len(SMOOTH[weighting].neutral)) + 2 - common
    refused = too_few(found.k, free + 1)
    if refused is not None:
        return refused
    turned = -1.0 if alternative == "less" else 1.0
    unit = float(np.exp2(np.round(np.log2(np.median(np.sqrt(found.v))))))
    y, se = turned * found.y / unit, np.sqrt(found.v) / unit
    counts = np.bincount(step_index(p_values(y / se, alternative), cuts), minlength=cuts.size + 1)
    if weighting == "step" and np.any(counts == 0):
        note = (
            f"Studies in the intervals of P values: {', '.join(map(str, counts))}; none is empty."
        )
        note = note.replace("none is empty", "the weight of an empty one cannot be estimated")
        return NotComputed("empty interval", note, found.k)
    fit = _fit(y, se, weighting, cuts, alternative, common)
    return _result(found, fit, weighting, alternative, cuts, counts, turned * unit, unit, share)


class _Fit(NamedTuple):
    """The best maximum; of the model without selection mean, τ² and log-likelihood."""

    best: Maximum
    fixed: BoolArray
    plain: tuple[float, float, float]


def _checked(steps: Sequence[float]) -> FloatArray:
    """The steps in increasing order, without a last one of 1."""
    cuts = np.sort(floats(steps))
    if cuts.ndim == 1 and cuts.size and cuts[-1] == 1.0:
        cuts = cuts[:-1]
    if cuts.ndim != 1 or cuts.size == 0 or not (np.all(cuts > 0.0) and np.all(cuts < 1.0)):
        raise ValueError("steps must lie between 0 and 1, and one at least is needed")
    if np.any(np.diff(cuts) == 0.0):
        raise ValueError("no step may be given twice")
    return cuts


def _fit(
    y: FloatArray,
    se: FloatArray,
    weighting: Weighting,
    cuts: FloatArray,
    alternative: Alternative,
    common: bool,
) -> _Fit:
    pooled = pool(y, se**2, tau2="CE" if common else "ML", interval="Wald", tau2_interval=False)
    mu, tau2 = float(pooled.estimate), float(pooled.tau2)
    if weighting == "step":
        model: Model = step_model(y, se, cuts, alternative)
        neutral: tuple[float, ...] = (1.0,) * cuts.size
        starts: tuple[tuple[float, ...], ...] = ((0.3,) * cuts.size, (3.0,) * cuts.size)
        bounds = (1.0 / _MOST_WEIGHT, _MOST_WEIGHT)
    else:
        smooth = SMOOTH[weighting]
        model = smooth_model(y, se, smooth, alternative)
        neutral, starts, bounds = smooth.neutral, smooth.starts, (smooth.lowest, smooth.highest)
    low = np.array([-np.inf, 0.0, *(bounds[0] for _ in neutral)])
    high = np.array([np.inf, 0.0 if common else np.inf, *(bounds[1] for _ in neutral)])
    spread = max(tau2, 0.1 * float(np.median(se**2)))  # away from the bound, which would hold it
    reached = []
    for delta in (neutral, *starts):
        start = np.array([mu, 0.0 if common else spread, *delta])
        reached.append(maximise(model.evaluate, start, low, high))
    best = max(reached, key=lambda one: (one.log, one.converged))
    r = y - mu
    total = se**2 + tau2
    log = -0.5 * float((r * r / total + np.log(2.0 * np.pi * total)).sum())
    return _Fit(best, low == high, (mu, tau2, log))


def _result(
    found: Studies,
    fit: _Fit,
    weighting: Weighting,
    alternative: Alternative,
    cuts: FloatArray,
    counts: IntArray,
    unit: float,
    size: float,
    level: float,
) -> Selection:
    """The fit in the units of the input; `unit` carries the sign that "less" turned."""
    best, fixed = fit.best, fit.fixed
    se, has_curvature = _standard_errors(best, fixed)
    flags = few(found.k, found.left_out)
    flags |= set() if best.converged else {"not converged"}
    flags |= set() if has_curvature else {"no curvature"}
    flags |= {"at bound"} if np.any(best.at_bound & ~fixed) else set()
    mu, tau2, plain = fit.plain
    shift = found.k * np.log(size)  # of densities, from the unit of the fit to that of the input
    lrt = max(0.0, 2.0 * (best.log - plain))
    flags |= {"no selection gain"} if best.log - plain <= 1e-9 * max(1.0, abs(plain)) else set()
    estimate, error = unit * float(best.theta[0]), size * float(se[0])
    half = float(special.ndtri(0.5 + level / 2.0)) * error
    delta, delta_se = best.theta[2:], se[2:]
    df = delta.size
    if weighting == "step":
        delta = np.concatenate([np.ones(1), delta])
        delta_se = np.concatenate([np.full(1, np.nan), delta_se])
    return Selection(
        weighting=weighting,
        alternative=alternative,
        k=found.k,
        left_out=found.left_out,
        estimate=estimate,
        se=error,
        low=estimate - half,
        high=estimate + half,
        p=float(2.0 * special.ndtr(-abs(estimate) / error)),
        tau2=size**2 * float(best.theta[1]),
        tau2_se=size**2 * float(se[1]),
        delta=delta,
        delta_se=delta_se,
        steps=cuts,
        counts=counts if weighting == "step" else np.zeros(0, dtype=np.int64),
        lrt=lrt,
        lrt_df=df,
        lrt_p=float(special.chdtrc(df, lrt)),
        log_likelihood=float(best.log - shift),
        log_likelihood_plain=float(plain - shift),
        unadjusted=unit * mu,
        unadjusted_tau2=size**2 * tau2,
        converged=best.converged,
        level=level,
        flags=frozenset(flags),
    )


def _standard_errors(best: Maximum, fixed: BoolArray) -> tuple[FloatArray, bool]:
    """Of all parameters that are not fixed, from the inverse of the negative second derivatives.

    Parameters at a bound take part where the likelihood is curved there too, otherwise they are
    taken as known (NaN). Without a negative definite matrix all are NaN, and the second is False.
    """
    se = np.full(fixed.size, np.nan)
    for free in (np.flatnonzero(~fixed), np.flatnonzero(~fixed & ~best.at_bound)):
        information = -best.hessian[np.ix_(free, free)]
        own = np.diag(information)
        if not np.all(own > 0.0):
            continue
        scale = 1.0 / np.sqrt(own)
        standard = information * np.outer(scale, scale)
        if np.linalg.eigvalsh(standard)[0] > 1e-10:
            se[free] = scale * np.sqrt(np.diag(np.linalg.inv(standard)))
            return se, True
    return se, False
