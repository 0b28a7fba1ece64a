"""Random effects with the exact likelihood of counts: no correction of zero cells is needed.

Stijnen, Hamza & Özdemir, Stat Med 2010;29:3046-3067 (conditional models, logistic-normal and
Poisson-normal); Jackson, Law, Stijnen, Viechtbauer & White, Stat Med 2018;37:1059-1085 (their
comparison; models 4, 5 and 7 there are "UM.FS", "UM.RS" and "CM.EL" here). Maximum likelihood by
adaptive quadrature with as many nodes as change nothing any more.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one, tables
from trialweave.stats.effects import Effects, effect, rate_effect
from trialweave.stats.pooling._kernels import (
    Binomials,
    Hypergeometric,
    Poissons,
    log_choose,
)
from trialweave.stats.pooling._marginal import ComplexArray, Design, Kernel, Predictor
from trialweave.stats.pooling._mixed import (
    MIXED_FLAGS,
    FitOptions,
    Mixed,
    Problem,
    Saturated,
    nothing,
    solve,
)
from trialweave.stats.pooling._newton import Start
from trialweave.stats.pooling.rates import rates

__all__ = [
    "MIXED_FLAGS",
    "GlmmModel",
    "Mixed",
    "RateModel",
    "glmm",
    "glmm_proportions",
    "glmm_rates",
]

GlmmModel = Literal["UM.FS", "UM.RS", "CM.AL", "CM.EL"]
RateModel = Literal["UM.FS", "UM.RS", "CM.EL"]
GlmmInterval = Literal["Wald", "t"]


def glmm(
    model: GlmmModel,
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    drop00: bool = True,
    interval: GlmmInterval = "Wald",
    nodes: int | None = None,
    level: float = 0.95,
) -> Mixed:
    """Log odds ratio of `a` events of `n1` against `c` of `n2`, one study each; arrays (k,).

    "UM.FS" fixed study effects, the log odds ratio split evenly between the arms; "UM.RS" normal
    study effects, independent of the log odds ratios; "CM.EL" conditional on each study's events,
    exact (noncentral hypergeometric); "CM.AL" its binomial approximation for rare events.
    Tables without any event or with events only say nothing on the odds ratio and are left out;
    with `drop00` false they stay in "UM.RS", where they inform the baseline.
    `interval` "t" takes k - 1 degrees of freedom. `nodes`: by default doubled until nothing
    changes by 1e-7 of the standard error; 1 is Laplace's approximation, which R's lme4 uses for
    "UM.RS", 7 is what metafor uses for the others.
    What cannot be computed is NaN with a flag. Raises ValueError for an unknown model or interval,
    counts that are not whole or otherwise impossible, arrays of more than one axis, no nodes.
    """
    _check(model, get_args(GlmmModel), interval, nodes)
    proportion_of_one(level)
    table = tables(a, n1, c, n2)
    table = type(table)(*(_row(each) for each in table))
    there = (table.n1 > 0) & (table.n2 > 0)
    events = table.a + table.c
    informative = there & (events > 0) & (events < table.n1 + table.n2)
    used = there if model == "UM.RS" and not drop00 else informative
    padding = np.isnan(table.n1)
    a, n1, c, n2 = (np.asarray(each[used]) for each in table)
    k, left_out = int(used.sum()), int((~used & ~padding).sum())
    if k == 0:
        return nothing(model, "OR", level, k, left_out, "no studies")
    if not (0 < a.sum() < n1.sum() and 0 < c.sum() < n2.sum()):
        return nothing(model, "OR", level, k, left_out, "not estimable")
    if model in ("UM.FS", "CM.EL") and _separated(a, n1 - a, c, n2 - c):
        return nothing(model, "OR", level, k, left_out, "not estimable")
    effects = effect("OR", a, n1, c, n2, drop00=True)
    average = _log_ratio(a.sum() * (n2 - c).sum(), c.sum() * (n1 - a).sum())
    saturated: tuple[Kernel, Design, Start] | Saturated
    kernel: Kernel
    if model in ("UM.FS", "UM.RS"):
        kernel = Binomials([a, c], [n1, n2])
        logits = special.logit((a + c + 0.5) / (n1 + n2 + 1.0))
        by_study = _maximum(a, n1) + _maximum(c, n2), *_of_four(a, n1 - a, c, n2 - c)
    elif model == "CM.AL":
        kernel = Binomials([a], [a + c])
        by_study = _maximum(a, a + c), *_of_two(a, c, np.log(n1 / n2))
    else:
        kernel = Hypergeometric(a, n1, c, n2)
        by_study = kernel.saturated()
    saturated = Saturated(*by_study)
    random_effects = 1
    if model == "UM.FS":
        full, common = _fixed_studies()
        start = Start(np.array([average]), logits)
    elif model == "UM.RS":
        full, common = _random_studies(k)
        start = Start(np.array([average, logits.mean(), max(logits.std(), 0.1)]), _NONE)
        inner = (a > 0) & (a < n1)
        each = Start(start.shared[1:], np.where(inner, np.nan_to_num(effects.yi), 0.0))
        least = Binomials([np.where(inner, a, 0.0), c], [np.where(inner, n1, 0.0), n2])
        saturated, random_effects = (least, _study_by_study, each), 2
    else:
        offset = np.log(n1 / n2) if model == "CM.AL" else np.zeros(k)
        full, common = _one_predictor(offset)
        start = Start(np.array([average]), _NONE)
    problem = Problem(
        model, "OR", kernel, full, common, start, saturated, effects, k, left_out, random_effects
    )
    return solve(problem, FitOptions(nodes, level, interval == "t"))


def glmm_rates(
    model: RateModel,
    x1: npt.ArrayLike,
    t1: npt.ArrayLike,
    x2: npt.ArrayLike,
    t2: npt.ArrayLike,
    *,
    drop00: bool = True,
    interval: GlmmInterval = "Wald",
    nodes: int | None = None,
    level: float = 0.95,
) -> Mixed:
    """Log ratio of two rates: `x1` events in person-time `t1` against `x2` in `t2`; arrays (k,).

    As `glmm`, with Poisson counts: "UM.FS", "UM.RS", and "CM.EL" conditional on each study's
    events, which is binomial exactly (Stijnen 2010, section 4). Studies without events are left
    out, but stay in "UM.RS" with `drop00` false.
    """
    _check(model, get_args(RateModel), interval, nodes)
    proportion_of_one(level)
    r = rates(x1, t1, x2, t2)
    r = type(r)(*(_row(each) for each in r))
    if np.any(r.x1 != np.floor(r.x1), where=np.isfinite(r.x1)) or np.any(
        r.x2 != np.floor(r.x2), where=np.isfinite(r.x2)
    ):
        raise ValueError("events must be whole numbers")
    there = np.isfinite(r.x1)
    used = there if model == "UM.RS" and not drop00 else there & (r.x1 + r.x2 > 0)
    x1, t1, x2, t2 = (np.asarray(each[used]) for each in r)
    k, left_out = int(used.sum()), int((there & ~used).sum())
    if k == 0:
        return nothing(model, "IRR", level, k, left_out, "no studies")
    if not (x1.sum() > 0 and x2.sum() > 0):
        return nothing(model, "IRR", level, k, left_out, "not estimable")
    effects = rate_effect("IRR", x1, t1, x2, t2, drop00=True)
    average = _log_ratio(x1.sum() * t2.sum(), x2.sum() * t1.sum())
    saturated: tuple[Kernel, Design, Start] | Saturated
    pairs = _of_two(x1, x2, np.log(t1 / t2))
    random_effects = 1
    kernel: Kernel = Poissons([x1, x2], [t1, t2])
    log_rates = np.log((x1 + x2 + 0.5) / (t1 + t2))
    saturated = Saturated(_poisson_maximum(x1) + _poisson_maximum(x2), *pairs)
    if model == "UM.FS":
        full, common = _fixed_studies()
        start = Start(np.array([average]), log_rates)
    elif model == "UM.RS":
        full, common = _random_studies(k)
        start = Start(np.array([average, log_rates.mean(), max(log_rates.std(), 0.1)]), _NONE)
        each = Start(start.shared[1:], np.where(x1 > 0, np.nan_to_num(effects.yi), 0.0))
        least = Poissons([x1, x2], [np.where(x1 > 0, t1, _NO_TIME), t2])
        saturated, random_effects = (least, _study_by_study, each), 2
    else:
        kernel = Binomials([x1], [x1 + x2])
        saturated = Saturated(_maximum(x1, x1 + x2), *pairs)
        full, common = _one_predictor(np.log(t1 / t2))
        start = Start(np.array([average]), _NONE)
    problem = Problem(
        model, "IRR", kernel, full, common, start, saturated, effects, k, left_out, random_effects
    )
    return solve(problem, FitOptions(nodes, level, interval == "t"))


def glmm_proportions(
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    interval: GlmmInterval = "Wald",
    nodes: int | None = None,
    level: float = 0.95,
) -> Mixed:
    """Average logit of the proportions `x` of `n`, one study each; arrays (k,).

    The logistic-normal model of Hamza, van Houwelingen & Stijnen, J Clin Epidemiol 2008;61:41-51.
    `estimate` is a logit; the proportion of the average study is its inverse, which is the median
    of the studies' proportions and not their mean. Errors as for `glmm`.
    """
    _check("PLO", ("PLO",), interval, nodes)
    proportion_of_one(level)
    table = tables(x, n, x, n)
    events, sizes = _row(table.a), _row(table.n1)
    used = sizes > 0
    left_out = int((sizes == 0).sum())
    events, sizes = events[used], sizes[used]
    k = int(used.sum())
    if k == 0:
        return nothing("PLO", "PLO", level, k, left_out, "no studies")
    if not 0 < events.sum() < sizes.sum():
        return nothing("PLO", "PLO", level, k, left_out, "not estimable")
    extra = np.where((events == 0) | (events == sizes), 0.5, 0.0)
    some, none = events + extra, sizes - events + extra
    effects = Effects(np.log(some / none), 1.0 / some + 1.0 / none)
    full, common = _one_predictor(np.zeros(k))
    saturated = Saturated(_maximum(events, sizes), *_of_two(events, sizes - events, np.zeros(k)))
    start = Start(np.array([special.logit(events.sum() / sizes.sum())]), _NONE)
    problem = Problem(
        "PLO", "PLO", Binomials([events], [sizes]), full, common, start, saturated, effects, k,
        left_out, 1,
    )  # fmt: skip
    return solve(problem, FitOptions(nodes, level, interval == "t"))


_NONE = np.zeros(0)
_NO_TIME = 1e-300  # person-time whose logarithm is still a number


def _check(model: str, models: tuple[str, ...], interval: str, nodes: int | None) -> None:
    for value, allowed in ((model, models), (interval, get_args(GlmmInterval))):
        if value not in allowed:
            raise ValueError(f"unknown method {value!r}; there are {allowed}")
    if nodes is not None and not 1 <= nodes <= 200:
        raise ValueError(f"the number of nodes must lie between 1 and 200, not {nodes}")


def _row(values: FloatArray) -> FloatArray:
    row = np.atleast_1d(floats(values))
    if row.ndim != 1:
        raise ValueError(f"one meta-analysis at a time: arrays of one axis, not {row.shape}")
    return row


def _log_ratio(above: float, below: float) -> float:
    """Where a search starts; the sums of single arms are never 0 here, their products neither."""
    return float(np.log(above) - np.log(below))


def _separated(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> bool:
    """Whether every study's likelihood rises (or falls) without end in the log odds ratio."""
    return bool(np.all((b == 0) | (c == 0)) or np.all((a == 0) | (d == 0)))


def _maximum(x: FloatArray, n: FloatArray) -> float:
    """Σ of the binomial log-likelihoods at the observed proportions."""
    rest = n - x
    terms = special.xlogy(x, x / n) + special.xlogy(rest, rest / n) + log_choose(n, x)
    return float(np.sum(terms))


def _poisson_maximum(x: FloatArray) -> float:
    return float(np.sum(special.xlogy(x, x) - x - special.gammaln(x + 1.0)))


def _of_two(x: FloatArray, y: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log(x/y) - offset and 1/(1/x + 1/y), of the studies with neither zero."""
    some = (x > 0) & (y > 0)
    x, y = x[some], y[some]
    return np.log(x / y) - offset[some], 1.0 / (1.0 / x + 1.0 / y)


def _of_four(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> tuple[FloatArray, FloatArray]:
    some = (a > 0) & (b > 0) & (c > 0) & (d > 0)
    a, b, c, d = a[some], b[some], c[some], d[some]
    return np.log(a * d / (b * c)), 1.0 / (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)


def _one_predictor(offset: FloatArray) -> tuple[Design, Design]:
    """average + offset, with τ on the random effect."""

    def common(shared: ComplexArray, local: ComplexArray) -> Predictor:
        return Predictor([shared[..., 0, None] + offset], [[]])

    def full(shared: ComplexArray, local: ComplexArray) -> Predictor:
        tau = shared[..., 1, None] + np.zeros(offset.size)
        return Predictor([shared[..., 0, None] + offset], [[tau]])

    return full, common


def _fixed_studies() -> tuple[Design, Design]:
    """Each study's own level, half the effect up in the first arm and half down in the second."""

    def common(shared: ComplexArray, local: ComplexArray) -> Predictor:
        half = shared[..., 0, None] / 2.0
        return Predictor([local + half, local - half], [[], []])

    def full(shared: ComplexArray, local: ComplexArray) -> Predictor:
        half = shared[..., 0, None] / 2.0
        tau = shared[..., 1, None] / 2.0 + np.zeros_like(local)
        return Predictor([local + half, local - half], [[tau], [-tau]])

    return full, common


def _random_studies(k: int) -> tuple[Design, Design]:
    """Normal levels of the studies; shared are the average, τ, the level and its deviation."""
    same = np.zeros(k)

    def common(shared: ComplexArray, local: ComplexArray) -> Predictor:
        half, level = shared[..., 0, None] / 2.0, shared[..., 1, None] + same
        spread = shared[..., 2, None] + same
        return Predictor([level + half, level - half], [[spread], [spread]])

    def full(shared: ComplexArray, local: ComplexArray) -> Predictor:
        half, tau = shared[..., 0, None] / 2.0, shared[..., 1, None] / 2.0 + same
        level, spread = shared[..., 2, None] + same, shared[..., 3, None] + same
        return Predictor([level + half, level - half], [[spread, tau], [spread, -tau]])

    return full, common


def _study_by_study(shared: ComplexArray, local: ComplexArray) -> Predictor:
    """Normal levels of the second arms, and each study's own effect.

    An effect without end (no event, or only events, in the first arm) makes what that arm shows
    certain: the arm is then empty in the kernel, and its effect a placeholder.
    """
    level = shared[..., 0, None] + np.zeros_like(local)
    spread = shared[..., 1, None] + np.zeros_like(local)
    return Predictor([level + local, level], [[spread], [spread]])
