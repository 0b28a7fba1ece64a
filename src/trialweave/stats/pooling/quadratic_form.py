"""The exact distribution of a generalised Q statistic, and the limits of τ² that follow from it.

Jackson D. Confidence intervals for the between-study variance in random effects meta-analysis
using generalised Cochran heterogeneity statistics. Res Synth Methods 2013;4:220-229.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import elementwise

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.pooling.tau2 import dot, pairs, rest

__all__ = ["generalised_q", "generalised_q_limits", "upper_tail"]

_NODES = 48
_STEP = 0.22  # in units of the width of the saddle
_STRETCH = 0.06  # of the steps, for slow decay far out
_BISECTIONS = 12
_OFF_THE_POLE = 0.4  # in units of 1/standard deviation
_FAR = 40.0
_DOUBLINGS = 400


def generalised_q(y: FloatArray, a: FloatArray) -> FloatArray:
    """Σa(y - ȳ)² about the mean weighted by a, of each row of (m, k) arrays."""
    r = y - (dot(a, y) / a.sum(axis=1))[:, None]
    return dot(a * r, r)


def upper_tail(q: FloatArray, a: FloatArray, v: FloatArray, t: FloatArray) -> FloatArray:
    """P(Q ≥ q) for Q = Σa(y - ȳ)² of effects with variances v + t, for rows (m, k); q > 0.

    Absolute error below 1e-10. The Laplace transform of the density at z is
    (Π(1 + 2z·d) · Σ(a/(1 + 2z·d)) / Σa)^(-1/2) with d = a(v + t), by the determinant lemma; that of
    the distribution function is this over z. It is inverted by the trapezoid rule on a parabola
    that follows the path of steepest descent from the saddle point (Helstrom, IEEE Trans Aerosp
    Electron Syst 1996;32:841-856), where the rule converges geometrically. The saddle is kept off
    the pole at 0, and the tail beyond 40 standard deviations, at most 1e-13, counts as 0.
    """
    d = np.where(a > 0.0, a * (np.where(a > 0.0, v, 0.0) + t[:, None]), 0.0)
    sa = a.sum(axis=1)
    own, crossed = d * rest(a), a * d
    mean = own.sum(axis=1)
    deviation = np.sqrt(2.0 * (dot(own, own) + pairs(crossed, crossed.sum(axis=1)) / sa**2))
    far = q > mean + _FAR * deviation
    q = np.where(far, mean, q)
    saddle = np.maximum(_saddle(q, d), _OFF_THE_POLE / deviation)
    share = d / (1.0 + 2.0 * saddle[:, None] * d)
    square = share * share
    second = 2.0 * square.sum(axis=1)
    bend = -8.0 * (square * share).sum(axis=1) / (6.0 * second)
    step = _STEP / np.sqrt(second + 1.0 / saddle**2)
    total = np.zeros(q.size)
    for node in range(_NODES):
        y = step * (math.sinh(_STRETCH * node) / _STRETCH)
        z = saddle + 1j * y + bend * y * y
        factor = 1.0 + (2.0 * z)[:, None] * d
        log_f = np.log(factor).sum(axis=1) + np.log((a / factor).sum(axis=1) / sa)
        term = np.imag(np.exp(q * z - 0.5 * log_f) / z * (1j + 2.0 * bend * y))
        term *= math.cosh(_STRETCH * node)
        total += term if node else 0.5 * term
    return np.where(far, 0.0, 1.0 - total * step / math.pi)


def _saddle(q: FloatArray, d: FloatArray) -> FloatArray:
    """The least of qz - ½Σlog(1 + 2dz) - log z over z > 0, between 1/q and (1 + k/2)/q.

    A path through any point is exact; the saddle point only saves steps, and may be rough.
    """
    low, high = 1.0 / q, (1.0 + 0.5 * d.shape[1]) / q
    for _ in range(_BISECTIONS):
        z = np.sqrt(low * high)
        left = q < (d / (1.0 + 2.0 * z[:, None] * d)).sum(axis=1) + 1.0 / z
        low, high = np.where(left, z, low), np.where(left, high, z)
    return np.asarray(low)


def generalised_q_limits(
    y: FloatArray, v: FloatArray, present: BoolArray, weights: str, level: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Low and high limit of τ² by a generalised Q, and where the interval is empty.

    `weights` "J" are 1/√v, which Jackson (2013) recommends, "BJ" 1/v, with which it is Biggerstaff
    & Jackson's interval (Stat Med 2008;27:6093-6110). The limits are the τ² at which Q or more has
    probability (1 - level)/2 and (1 + level)/2; 0 where there is none. The interval is empty (0 to
    0) where a Q as small as this has less than half of 1 - level even for τ² = 0.
    """
    low, high, empty = np.zeros(y.shape[0]), np.zeros(y.shape[0]), np.zeros(y.shape[0], dtype=bool)
    k = present.sum(axis=1)
    size = np.ceil(np.log2(np.maximum(k, 2)))  # sets of like size together, without their padding
    for each in np.unique(size):
        rows = np.flatnonzero(size == each)
        columns = np.argsort(~present[rows], axis=1, kind="stable")[:, : k[rows].max()]
        few_y = np.take_along_axis(y[rows], columns, axis=1)
        few_v = np.take_along_axis(v[rows], columns, axis=1)
        low[rows], high[rows], empty[rows] = _limits(few_y, few_v, weights, level)
    return low, high, empty


def _limits(
    y: FloatArray, v: FloatArray, weights: str, level: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    a = 1.0 / (v if weights == "BJ" else np.sqrt(v))
    q = generalised_q(y, a)
    tail = (1.0 - level) / 2.0
    positive = q > 0.0
    safe = np.where(positive, q, 1.0)
    smallest = np.min(v, axis=1)

    def probability(x: FloatArray, rows: FloatArray) -> FloatArray:
        index = rows.astype(np.int64)
        t = smallest[index] * np.expm1(x)
        return upper_tail(safe[index], a[index], v[index], t)

    def limit(target: float, at_zero: FloatArray) -> FloatArray:
        result = np.zeros(q.size)
        rows = np.flatnonzero(positive & (at_zero < target))
        if not rows.size:
            return result
        high = np.ones(rows.size)
        for _ in range(_DOUBLINGS):
            short = probability(high, rows.astype(np.float64)) < target
            if not short.any():
                break
            high[short] += np.maximum(1.0, 0.1 * high[short])
        root = elementwise.find_root(
            lambda x, index: probability(x, index) - target,
            (np.zeros(rows.size), high),
            args=(rows.astype(np.float64),),
            tolerances={"xatol": 1e-13, "xrtol": 1e-13, "fatol": 0.0, "frtol": 0.0},
        )
        result[rows] = smallest[rows] * np.expm1(root.x)
        return result

    at_zero = upper_tail(safe, a, v, np.zeros(q.size))
    empty = ~positive | (at_zero > 1.0 - tail)
    return limit(tail, at_zero), limit(1.0 - tail, at_zero), empty
