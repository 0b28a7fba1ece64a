"""Limit meta-analysis: the effect that small-study effects leave in a study of any precision."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, proportion_of_one
from trialweave.stats.bias._common import NotComputed, few, sentences, studies, too_few
from trialweave.stats.pooling import Method, pool

__all__ = ["LimitMetaAnalysis", "limit_meta_analysis"]


@dataclass(frozen=True, eq=False)
class LimitMetaAnalysis:
    """A random-effects model with a bias that shrinks with precision.

    `estimate` (β + τα) with `se`, Wald limits and `p` is the effect adjusted for small-study
    effects; `unadjusted` the random-effects mean beside it. `alpha` with `alpha_se` and `alpha_p`
    is the bias in units of the total standard error, `beta` the slope of the generalised radial
    plot. `q` splits into `q_small` (1 degree of freedom) for small-study effects and `q_residual`
    (k - 2), each with its P. `g2` is the percentage of heterogeneity left when small-study effects
    are allowed for. `shrunken` has every study's estimate in the limit, shaped like the input (NaN
    for those left out).
    """

    k: int
    left_out: int
    estimate: float
    se: float
    low: float
    high: float
    p: float
    unadjusted: float
    alpha: float
    alpha_se: float
    alpha_p: float
    beta: float
    beta_se: float
    tau2: float
    q: float
    q_p: float
    q_small: float
    q_small_p: float
    q_residual: float
    q_residual_p: float
    g2: float
    shrunken: FloatArray
    level: float
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


def limit_meta_analysis(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, tau2: Method = "REML", level: float = 0.95
) -> LimitMetaAnalysis | NotComputed:
    """Rücker's limit meta-analysis of effects `yi` (k,) with variances `vi` (k,).

    Rücker, Schwarzer, Carpenter, Binder & Schumacher, Biostatistics 2011;12:122-142. The model is
    y = β + √(v + τ²)(α + ε), τ² that of the ordinary random-effects model: a straight line
    through y/√(v + τ²) against 1/√(v + τ²), unit residual variance. The adjusted estimate is
    β + τα, what a study without sampling error is expected to show (their β₀); its standard error
    that of this sum, τ² taken as known. A study's estimate in the limit is β + √(τ²/(v + τ²))·
    (y - β); G² is 1 - r² of those estimates over √v against 1/√v (their section 7).

    `NotComputed` for fewer than three studies and where all studies have one precision; a note
    below ten. Raises ValueError for unknown methods and shapes that do not match.
    """
    share = proportion_of_one(level)
    found = studies(yi, vi)
    refused = too_few(found.k, 3)
    if refused is not None:
        return refused
    y, v, k = found.y, found.v, found.k
    pooled = pool(y, v, tau2=tau2, interval="Wald", tau2_interval=False)
    t = float(pooled.tau2)
    root = math.sqrt(t)
    line = _radial(y, v + t)
    plain = _radial(y, v)
    if line is None or plain is None:
        note = "All studies have the same precision: a bias that shrinks with it cannot be seen."
        return NotComputed("one precision", note, k)
    estimate = line.beta + root * line.alpha
    variance = line.beta_var + t * line.alpha_var + 2.0 * root * line.covariance
    se = math.sqrt(variance)
    half = float(special.ndtri(0.5 + share / 2.0)) * se
    q = float(pooled.q)
    small = max(q - plain.squares, 0.0)
    shrunken = np.full(found.used.shape, np.nan)
    limits = line.beta + np.sqrt(t / (v + t)) * (y - line.beta)
    shrunken[found.used] = limits
    flags = few(k, found.left_out)
    flags |= {"no heterogeneity"} if t == 0.0 else set()
    flags |= {name for name in ("not converged", "several maxima") if bool(pooled.flags[name])}
    alpha_se = math.sqrt(line.alpha_var)
    return LimitMetaAnalysis(
        k=k,
        left_out=found.left_out,
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        p=_normal_p(estimate / se),
        unadjusted=float(pooled.estimate),
        alpha=line.alpha,
        alpha_se=alpha_se,
        alpha_p=_normal_p(line.alpha / alpha_se),
        beta=line.beta,
        beta_se=math.sqrt(line.beta_var),
        tau2=t,
        q=q,
        q_p=float(special.chdtrc(k - 1.0, q)),
        q_small=small,
        q_small_p=float(special.chdtrc(1.0, small)),
        q_residual=plain.squares,
        q_residual_p=float(special.chdtrc(k - 2.0, plain.squares)),
        g2=_unexplained(limits, v) if t > 0.0 else 0.0,
        shrunken=shrunken,
        level=share,
        flags=frozenset(flags),
    )


@dataclass(frozen=True)
class _Line:
    """The line through y/√total against 1/√total: intercept α, slope β, residual squares."""

    alpha: float
    beta: float
    alpha_var: float
    beta_var: float
    covariance: float
    squares: float


def _radial(y: FloatArray, total: FloatArray) -> _Line | None:
    """None where all precisions are equal (to rounding)."""
    x = 1.0 / np.sqrt(total)
    mean = float(x.mean())
    away = x - mean
    spread = float(away @ away)
    if spread <= 1e-20 * x.size * mean**2:
        return None
    centre = float(y[np.argmin(total)])  # so that residuals far below the effects keep digits
    z = (y - centre) * x
    slope = float(away @ z) / spread
    intercept = float(z.mean()) - slope * mean
    residual = z - intercept - slope * x
    return _Line(
        alpha=intercept,
        beta=slope + centre,
        alpha_var=1.0 / x.size + mean**2 / spread,
        beta_var=1.0 / spread,
        covariance=-mean / spread,
        squares=float(residual @ residual),
    )


def _unexplained(limits: FloatArray, v: FloatArray) -> float:
    """100·(1 - r²) of the limit estimates' radial plot; 0 where they are all 0."""
    x = 1.0 / np.sqrt(v)
    z = limits * x
    a, b = x - x.mean(), z - z.mean()
    whole = float(a @ a) * float(b @ b)
    if whole == 0.0:
        return 0.0
    return 100.0 * max(0.0, 1.0 - float(a @ b) ** 2 / whole)


def _normal_p(statistic: float) -> float:
    return float(2.0 * special.ndtr(-abs(statistic)))
