"""The interval of Henmi and Copas about the common-effect mean, which resists small-study bias.

Henmi M, Copas JB. Confidence intervals for random effects meta-analysis and robustness to
publication bias. Stat Med 2010;29:2969-2983.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import elementwise

from trialweave.stats._arrays import FloatArray
from trialweave.stats.pooling.tau2 import dot, pairs, rest

__all__ = ["HenmiCopas", "henmi_copas"]

_PANELS, _NODES = 12, 12
_REACH = 8.5  # standard deviations: beyond lies a probability of 2e-17


class HenmiCopas(NamedTuple):
    """Half the interval's width, and the two-sided P of a mean of 0."""

    half: FloatArray
    p: FloatArray


class _Moments(NamedTuple):
    """Of Q given R = r: E = mean + mean_r·r², variance likewise; and the scale of U."""

    spread: FloatArray  # variance of R
    mean: FloatArray
    mean_r: FloatArray
    variance: FloatArray
    variance_r: FloatArray
    slope: FloatArray  # of Q in the square of what R is divided by
    df: FloatArray


def henmi_copas(
    v: FloatArray, present: np.ndarray, estimate: FloatArray, tau2: FloatArray, level: float
) -> HenmiCopas:
    """Interval and test of the common-effect means `estimate`, with DL's `tau2`; rows (m, k).

    R = √W1·(estimate - θ) is normal with variance 1 + τ²W2, where W1 = Σw, W2 = Σw²/Σw, w = 1/v. It
    is divided by √(1 + τ̂²W2), and τ̂² follows from Q, which given R is nearly gamma distributed; its
    conditional mean and variance (of a quadratic form in conditionally normal effects) are exact,
    at the estimated τ². P(R/√(1 + τ̂²W2) > u) is then one integral over R, and the limits lie where
    it is half of 1 - level.
    """
    w = np.where(present, 1.0 / v, 0.0)
    w1 = w.sum(axis=1)
    a2 = w / w1[:, None]
    w2 = (a2 * w).sum(axis=1)
    given = _conditional(w, a2, w2, tau2, present.sum(axis=1) - 1.0)
    unit = np.sqrt(given.spread / w1)
    z = float(special.ndtri(0.5 + level / 2.0))
    every = np.arange(w1.size, dtype=np.float64)

    def beyond(u: FloatArray, rows: FloatArray) -> FloatArray:
        return _tail(u, _Moments(*(part[rows.astype(np.int64)] for part in given)))

    widest = z * np.sqrt(given.spread)
    root = elementwise.find_root(
        lambda u, rows: beyond(u, rows) - (1.0 - level) / 2.0,
        (np.full(w1.size, 1e-3 * z), widest * (1.0 + 1e-9)),
        args=(every,),
        tolerances={"xatol": 0.0, "xrtol": 1e-12, "fatol": 0.0, "frtol": 0.0},
    )
    # U nearer to 0 than this has P = 1 but for rounding
    observed = np.maximum(np.abs(estimate) / unit, 1e-17)
    p = np.minimum(1.0, 2.0 * beyond(observed, every))
    return HenmiCopas(np.asarray(root.x * unit), p)


def _conditional(
    w: FloatArray, a2: FloatArray, w2: FloatArray, t: FloatArray, df: FloatArray
) -> _Moments:
    """Mean and variance of Q given R.

    With u = e/√v of variance D = 1 + tw and a = √(w/W1): R = a'u, Q = u'Mu, M = I - aa'. Given
    R = r, u has mean D·a·r/V and covariance D - D·aa'D/V, V = a'Da = 1 + tW2. With g = MDa and
    the moments s = g'g and c = g'Dg, the mean of Q is tr(MD) - s/V + r²s/V², its variance
    2(tr(MDMD) - 2c/V + s²/V²) + 4(r²/V²)(c - s²/V).
    """
    d = np.where(w > 0.0, 1.0 + t[:, None] * w, 0.0)
    spread = 1.0 + t * w2
    away = t[:, None] * (w - w2[:, None])  # g = a·away
    s = dot(a2 * away, away)
    c = dot(a2 * d * away, away)
    others = d * rest(w)  # the diagonal of MD
    trace = others.sum(axis=1)
    square = dot(others, others) + pairs(a2 * d, spread)
    ratio = s / spread
    w1_less_w2 = (w * rest(w)).sum(axis=1)
    return _Moments(
        spread,
        trace - ratio,
        ratio / spread,
        2.0 * (square - 2.0 * c / spread + ratio**2),
        4.0 * (c - s * ratio) / spread**2,
        w1_less_w2 / w2,
        df,
    )


def _tail(u: FloatArray, given: _Moments) -> FloatArray:
    """P(R/√(1 + τ̂²W2) > u), u > 0: over R > u, the probability that Q leaves τ̂² small enough."""
    deviation = np.sqrt(given.spread)
    start = u / deviation
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    total = np.zeros(u.shape)
    edges = [0.0, *(_REACH * 0.5**j for j in reversed(range(_PANELS)))]  # the start may be steep
    for left, right in itertools.pairwise(edges):
        width = right - left
        for node, share in zip(nodes, shares, strict=True):
            x = start + left + width * 0.5 * (node + 1.0)
            r2 = (x * deviation) ** 2
            mean = given.mean + given.mean_r * r2
            variance = given.variance + given.variance_r * r2
            q = given.df + given.slope * ((x / start) ** 2 - 1.0)
            below = special.gammainc(mean**2 / variance, q * mean / variance)
            total += 0.5 * share * width * np.exp(-0.5 * x * x) * below
    return np.asarray(total / np.sqrt(2.0 * np.pi))
