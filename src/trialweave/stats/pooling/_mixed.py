"""What models with normal effects and exact likelihoods share: their result and their search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray, proportion_of_one
from trialweave.stats.effects import Effects
from trialweave.stats.pooling._marginal import Design, Kernel, Rule
from trialweave.stats.pooling._newton import Fit, Start, maximise, value_at

__all__ = ["MIXED_FLAGS", "FitOptions", "Mixed", "Problem", "Saturated", "nothing", "solve"]

MIXED_FLAGS: Mapping[str, str] = {
    "no studies": "No study informs the model: nothing can be pooled.",
    "not estimable": (
        "The average effect is infinite or not defined: all studies together have an arm without "
        "any event, or with events only."
    ),
    "one study": "There is one study: a common effect is given, and τ² cannot be estimated.",
    "left out": "{} without information on the effect left out.",
    "no heterogeneity": "τ² is estimated as 0: the model is that of a common effect.",
    "not converged": (
        "The likelihood has no clear maximum that the search could reach: the last value is given, "
        "and not to be relied upon."
    ),
    "no standard error": (
        "The likelihood is not curved at the estimate: there is no standard error."
    ),
    "nodes": (
        "The quadrature did not settle with the most nodes tried: digits beyond the fourth of a "
        "standard error are not to be relied upon."
    ),
}

_GRID = (0.05, 0.1, 0.2, 0.4, 0.7, 1.1, 1.7, 2.6, 4.0)
_NEGLIGIBLE = 1e-5  # a standard deviation that a search towards 0 ends at
_SAME = 1e-7  # between two numbers of nodes, in standard errors
LADDERS: Mapping[int, tuple[Rule, ...]] = {
    1: tuple(Rule("trapezoid", nodes) for nodes in (65, 129, 257, 513, 1025)),
    2: tuple(Rule("Hermite", nodes) for nodes in (9, 17, 27, 41)),
}


@dataclass(frozen=True, eq=False)
class Mixed:
    """A model with normal effects and the exact likelihood of the counts, by maximum likelihood.

    On the logarithmic (logit) scale: `estimate`, `se` from the curvature of the likelihood in all
    parameters, `low` to `high`, `statistic` and two-sided `p`, `df` (inf for normal quantiles).
    `tau2` the variance of the effects; `baseline` and `baseline_variance` of random study effects
    (UM.RS). `pi_low` to `pi_high`: estimate ± t·√(τ² + se²) with k - 1 degrees of freedom.
    `log_likelihood` with all constants. Heterogeneity: `lrt` compares one effect per study with a
    common effect, `q` is the Wald test of the same (over the studies without a zero cell, the
    others having infinite variance), both on `q_df`; `tau2_lrt` compares this model with τ² = 0,
    its `tau2_p` from half a chi-square with one degree of freedom (Self & Liang 1987). `i2`
    (percent) and `h2` from τ² and the typical variance of Higgins & Thompson (2002), of effects
    with 0.5 added to tables with a zero cell, as in metafor. `nodes` of the quadrature, for each
    random effect. NaN where not defined; `flags` and `notes` say why.
    """

    model: str
    measure: str
    level: float
    k: int
    left_out: int
    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    df: float
    tau2: float
    baseline: float
    baseline_variance: float
    pi_low: float
    pi_high: float
    log_likelihood: float
    lrt: float
    lrt_p: float
    q: float
    q_p: float
    q_df: int
    tau2_lrt: float
    tau2_p: float
    i2: float
    h2: float
    nodes: int
    converged: bool
    flags: Mapping[str, bool] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be computed or is to be known, in words."""
        studies = "1 study" if self.left_out == 1 else f"{self.left_out} studies"
        return tuple(text.format(studies) for name, text in MIXED_FLAGS.items() if self.flags[name])


class Saturated(NamedTuple):
    """One effect per study: log-likelihood, effects, and their inverse covariance.

    `precision` is (k,) for independent effects, or (k, k); 0 for an effect that is infinite.
    """

    log_likelihood: float
    effects: FloatArray
    precision: FloatArray


class Problem(NamedTuple):
    """A model of k studies. Shared parameters are the average, then the others of `start`.

    `full` takes the average, τ and the others; `common` is the same without τ.
    """

    model: str
    measure: str
    kernel: Kernel
    full: Design
    common: Design
    start: Start
    saturated: tuple[Kernel, Design, Start] | Saturated
    effects: Effects
    k: int
    left_out: int
    random_effects: int


class _Found(NamedTuple):
    common: Fit
    fit: Fit
    tau: float
    rule: Rule


class FitOptions(NamedTuple):
    nodes: int | None
    level: float
    t: bool


def nothing(model: str, measure: str, level: float, k: int, left_out: int, why: str) -> Mixed:
    """The result where there is none, with the flag that says why."""
    nan = math.nan
    flags = dict.fromkeys(MIXED_FLAGS, False) | {why: True, "left out": left_out > 0}
    return Mixed(
        model=model, measure=measure, level=proportion_of_one(level), k=k, left_out=left_out,
        estimate=nan, se=nan, low=nan, high=nan, statistic=nan, p=nan, df=nan, tau2=nan,
        baseline=nan, baseline_variance=nan, pi_low=nan, pi_high=nan, log_likelihood=nan,
        lrt=nan, lrt_p=nan, q=nan, q_p=nan, q_df=max(k - 1, 0), tau2_lrt=nan, tau2_p=nan,
        i2=nan, h2=nan, nodes=0, converged=False, flags=flags,
    )  # fmt: skip


def _without_tau(fit: Fit) -> Fit:
    """The common-effect maximum as one of the full model, at τ = 0.

    The likelihood is even in τ, so that τ's row of the information is 0 beside its own place.
    """
    shared = np.insert(fit.shared, 1, 0.0)
    covariance = fit.covariance
    if covariance is not None:
        covariance = np.insert(np.insert(covariance, 1, 0.0, axis=0), 1, 0.0, axis=1)
    return fit._replace(shared=shared, covariance=covariance)


def _search(problem: Problem, rule: Rule, near: _Found | None = None) -> _Found:
    """The common effect, then the highest point of the model with τ.

    `near` is what fewer nodes gave; without it τ is looked for on a grid first.
    """
    kernel = problem.kernel
    start = problem.start if near is None else _beginning(near.common)
    common = maximise(kernel, problem.common, start, rule)
    if problem.k == 1:
        return _Found(common, _without_tau(common), math.nan, rule)
    if near is not None and near.tau > 0.0:
        begin = _beginning(near.fit)
    else:
        grid = [Start(np.insert(common.shared, 1, tau), common.local) for tau in _GRID]
        heights = [value_at(kernel, problem.full, each, rule) for each in grid]
        begin = grid[int(np.argmax(heights))]
    best = maximise(kernel, problem.full, begin, rule)
    tau = abs(float(best.shared[1]))
    if tau < _NEGLIGIBLE or not best.log_likelihood > common.log_likelihood:
        return _Found(common, _without_tau(common), 0.0, rule)
    return _Found(common, best, tau, rule)


def _beginning(fit: Fit) -> Start:
    return Start(fit.shared, fit.local)


def _settled(old: _Found, new: _Found) -> bool:
    """Whether estimate, its error and τ are the same with more nodes."""
    if old.fit.covariance is None or new.fit.covariance is None:
        return False
    error, other = (math.sqrt(max(f.fit.covariance[0, 0], 0.0)) for f in (old, new))  # type: ignore[index]
    apart = max(
        abs(old.fit.shared[0] - new.fit.shared[0]),
        abs(error - other),
        abs((old.tau or 0.0) - (new.tau or 0.0)) if old.tau == old.tau else 0.0,
    )
    return bool(apart <= _SAME * other)


def solve(problem: Problem, options: FitOptions) -> Mixed:
    """Fit with as many nodes as it takes (or those asked for), and everything that follows."""
    ladder = LADDERS[problem.random_effects]
    if options.nodes is not None:
        found, enough = _search(problem, Rule("Hermite", options.nodes)), True
    else:
        found, enough = _search(problem, ladder[0]), False
        for rule in ladder[1:]:
            before, found = found, _search(problem, rule, found)
            enough = _settled(before, found)
            if enough:
                break
    return _result(problem, found, options, enough)


def _result(problem: Problem, found: _Found, options: FitOptions, enough: bool) -> Mixed:
    fit, k = found.fit, problem.k
    saturated = _saturated(problem, found)
    estimate = float(fit.shared[0])
    se = math.sqrt(fit.covariance[0, 0]) if fit.covariance is not None else math.nan
    tau2 = found.tau**2
    share = 0.5 + proportion_of_one(options.level) / 2.0
    df = k - 1.0 if options.t and k > 1 else math.inf
    quantile = float(special.stdtrit(df, share)) if df < math.inf else float(special.ndtri(share))
    statistic = estimate / se
    tail = special.stdtr(df, -abs(statistic)) if df < math.inf else special.ndtr(-abs(statistic))
    wide = (
        float(special.stdtrit(max(k - 1, 1), share)) * math.sqrt(tau2 + se**2)
        if k > 1
        else math.nan
    )
    lrt = 2.0 * (saturated.log_likelihood - found.common.log_likelihood)
    lrt = max(lrt, 0.0)
    tau2_lrt = max(0.0, 2.0 * (fit.log_likelihood - found.common.log_likelihood))
    q = _wald(saturated)
    i2, h2 = _shares(problem.effects, tau2)
    several = k > 1

    def p_of(value: float) -> float:
        return float(special.chdtrc(k - 1, value)) if several else 1.0

    rest = fit.shared[2:]
    baseline = float(rest[0]) if rest.size else math.nan
    converged = fit.converged and found.common.converged
    return Mixed(
        model=problem.model,
        measure=problem.measure,
        level=options.level,
        k=k,
        left_out=problem.left_out,
        estimate=estimate,
        se=se,
        low=estimate - quantile * se,
        high=estimate + quantile * se,
        statistic=statistic,
        p=2.0 * float(tail),
        df=df,
        tau2=tau2,
        baseline=baseline,
        baseline_variance=float(rest[1]) ** 2 if rest.size else math.nan,
        pi_low=estimate - wide,
        pi_high=estimate + wide,
        log_likelihood=fit.log_likelihood,
        lrt=lrt,
        lrt_p=p_of(lrt),
        q=q,
        q_p=p_of(q),
        q_df=k - 1,
        tau2_lrt=tau2_lrt if several else math.nan,
        tau2_p=(0.5 * float(special.chdtrc(1, tau2_lrt)) if tau2_lrt > 0.0 else 1.0)
        if several
        else math.nan,
        i2=i2,
        h2=h2,
        nodes=found.rule.nodes,
        converged=converged,
        flags={
            "no studies": False,
            "not estimable": False,
            "one study": not several,
            "left out": problem.left_out > 0,
            "no heterogeneity": several and tau2 == 0.0,
            "not converged": not converged,
            "no standard error": not math.isfinite(se),
            "nodes": not enough,
        },
    )


def _saturated(problem: Problem, found: _Found) -> Saturated:
    """One effect per study; for random study effects fitted, with effects and their covariance."""
    if isinstance(problem.saturated, Saturated):
        return problem.saturated
    kernel, design, start = problem.saturated
    fit = maximise(kernel, design, start, found.rule)
    return Saturated(fit.log_likelihood, fit.local, fit.local_precision)


def _wald(saturated: Saturated) -> float:
    """Weighted squares of the effects about their mean; NaN without any finite effect."""
    y, w = saturated.effects, saturated.precision
    if w.ndim == 1:
        w = np.diag(w)
    weight = float(w.sum())
    if not weight > 0.0:
        return math.nan
    mean = float(np.sum(w @ y)) / weight
    return float((y - mean) @ w @ (y - mean))


def _shares(effects: Effects, tau2: float) -> tuple[float, float]:
    """I² in percent and H² from τ² and the typical variance; for one study 0 and 1."""
    v = effects.vi[np.isfinite(effects.vi)]
    if v.size < 2:
        return (0.0, 1.0) if not tau2 > 0.0 else (math.nan, math.nan)
    w = 1.0 / v
    typical = (v.size - 1.0) * w.sum() / (w.sum() ** 2 - np.sum(w**2))
    return float(100.0 * tau2 / (tau2 + typical)), float(tau2 / typical + 1.0)
