"""Intervals by profile likelihood: of τ², and of the mean.

Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat Med
1996;15:619-629. Viechtbauer W. Confidence intervals for the amount of heterogeneity in
meta-analysis. Stat Med 2007;26:37-52.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import elementwise

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.pooling.tau2 import (
    dot,
    likelihood_bound,
    log_likelihood,
    moments,
    take,
)

__all__ = ["ProfiledMean", "profile_mean", "profile_tau2"]

_GRID = 65
_NARROWING = 40  # golden sections: a maximum is flat, so that its square counts
_GOLDEN = 0.6180339887498949


class ProfiledMean(NamedTuple):
    """Limits of the mean, and the signed root of the likelihood ratio of a mean of 0."""

    low: FloatArray
    high: FloatArray
    statistic: FloatArray


def profile_tau2(
    y: FloatArray,
    v: FloatArray,
    present: BoolArray,
    tau2: FloatArray,
    level: float,
    *,
    restricted: bool,
) -> tuple[FloatArray, FloatArray]:
    """The least and greatest τ² whose log-likelihood is within χ²(1)/2 of the maximum at `tau2`.

    Rows (m, k) of two studies and more. The low limit is 0 where τ² = 0 is within. Where the
    likelihood has several maxima the τ² between may be outside; the limits enclose them all.
    """
    k = present.sum(axis=1)
    smallest = np.min(v, axis=1)
    critical = float(special.ndtri(0.5 + level / 2.0)) ** 2
    top = log_likelihood(y, v, present, tau2, restricted)
    bound = np.maximum(likelihood_bound(y, v, present, k, restricted), tau2)

    def excess(x: FloatArray, index: FloatArray) -> FloatArray:
        rows = index.astype(np.int64)
        t = smallest[rows] * np.expm1(x)
        value = log_likelihood(take(y, rows), take(v, rows), take(present, rows), t, restricted)
        return np.asarray(2.0 * (top[rows] - value) - critical)

    every = np.arange(tau2.size)
    at = np.log1p(tau2 / smallest)
    low_out, low_in = np.zeros(tau2.size), at.copy()
    high_in, high_out = at.copy(), np.full(tau2.size, np.inf)
    x = np.zeros(tau2.size)
    entered = np.zeros(tau2.size, dtype=bool)
    rows = every
    while rows.size:
        inside = excess(x[rows], rows.astype(np.float64)) <= 0.0
        before = x[rows] < at[rows]
        first = inside & before & ~entered[rows]
        low_in[rows[first]] = x[rows[first]]
        still_out = ~inside & before & ~entered[rows]
        low_out[rows[still_out]] = x[rows[still_out]]
        entered[rows[inside]] = True
        after = rows[~before]
        in_again = inside[~before]
        high_in[after[in_again]] = x[after[in_again]]
        high_out[after[in_again]] = np.inf
        leaving = after[~in_again]
        leaving = leaving[np.isinf(high_out[leaving])]
        high_out[leaving] = x[leaving]
        beyond = smallest[rows] * np.expm1(x[rows]) >= bound[rows]
        rows = rows[~(beyond & np.isfinite(high_out[rows]))]
        x[rows] += 0.5
    zero = (low_in == 0.0) | (at == 0.0)
    ends = np.concatenate([np.where(zero, 0.0, low_out), high_in])
    others = np.concatenate([low_in, high_out])
    twice = np.concatenate([every, every])
    search = np.concatenate([~zero, np.ones(every.size, dtype=bool)])
    found = np.zeros(twice.size)
    if search.any():
        root = elementwise.find_root(
            excess,
            (ends[search], others[search]),
            args=(twice[search].astype(np.float64),),
            tolerances={"xatol": 1e-13, "xrtol": 1e-13, "fatol": 0.0, "frtol": 0.0},
        )
        found[search] = root.x
    limits = np.concatenate([smallest, smallest]) * np.expm1(found)
    return limits[: every.size], limits[every.size :]


def profile_mean(
    y: FloatArray,
    v: FloatArray,
    present: BoolArray,
    centre: FloatArray,
    tau2: FloatArray,
    level: float,
) -> ProfiledMean:
    """Profile likelihood interval of the mean of y (differences from `centre`), `tau2` by ML.

    A mean μ is within if for some τ² the log-likelihood is within χ²(1)/2 of its maximum. At a
    given τ² those are μ̂(τ²) ± √((χ² - 2·(loss of log-likelihood at τ²))·variance of μ̂(τ²)), so
    that each limit is the extreme of this over τ², and no search over μ is needed.
    """
    smallest = np.min(v, axis=1)
    critical = float(special.ndtri(0.5 + level / 2.0)) ** 2
    top = log_likelihood(y, v, present, tau2, False)
    low_t, high_t = profile_tau2(y, v, present, tau2, level, restricted=False)

    def spread(t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        w = 1.0 / (v + t[:, None])
        sw = w.sum(axis=1)
        mean = dot(w, y) / sw
        return mean, sw, 2.0 * (top - log_likelihood(y, v, present, t, False))

    def upper(t: FloatArray) -> FloatArray:
        mean, sw, loss = spread(t)
        return np.asarray(mean + np.sqrt(np.maximum(critical - loss, 0.0) / sw))

    def minus_lower(t: FloatArray) -> FloatArray:
        mean, sw, loss = spread(t)
        return np.asarray(-mean + np.sqrt(np.maximum(critical - loss, 0.0) / sw))

    def minus_ratio(t: FloatArray) -> FloatArray:
        mean, sw, loss = spread(t)
        return np.asarray(-loss - sw * (mean + centre) ** 2)

    # with the mean at 0 the likelihood falls beyond the greatest square
    furthest = np.where(present, (y + centre[:, None]) ** 2, 0.0).max(axis=1)
    high = _greatest(upper, low_t, high_t, smallest)
    low = -_greatest(minus_lower, low_t, high_t, smallest)
    ratio = -_greatest(minus_ratio, np.zeros(tau2.size), furthest, smallest)
    mean = moments(y, v, tau2)
    at = centre + dot(mean.w, y) / mean.sw
    root = np.sign(at) * np.sqrt(np.maximum(ratio, 0.0))
    return ProfiledMean(centre + low, centre + high, root)


def _greatest(
    function: Callable[[FloatArray], FloatArray],
    low: FloatArray,
    high: FloatArray,
    scale: FloatArray,
) -> FloatArray:
    """The greatest value of a function of τ² between `low` and `high`, row by row.

    On a grid even in log(τ² + scale), then by golden sections between the neighbours of the best.
    """
    a, b = np.log1p(low / scale), np.log1p(high / scale)
    share = np.linspace(0.0, 1.0, _GRID)
    values = np.stack([function(scale * np.expm1(a + (b - a) * s)) for s in share])
    best = values.argmax(axis=0)
    left = a + (b - a) * share[np.maximum(best - 1, 0)]
    right = a + (b - a) * share[np.minimum(best + 1, _GRID - 1)]
    inner_left = right - _GOLDEN * (right - left)
    inner_right = left + _GOLDEN * (right - left)
    f_left = function(scale * np.expm1(inner_left))
    f_right = function(scale * np.expm1(inner_right))
    for _ in range(_NARROWING):
        up = f_left < f_right
        left, right = np.where(up, inner_left, left), np.where(up, right, inner_right)
        probe = np.where(up, left + _GOLDEN * (right - left), right - _GOLDEN * (right - left))
        f_probe = function(scale * np.expm1(probe))
        inner_left, inner_right = (
            np.where(up, inner_right, probe),
            np.where(up, probe, inner_left),
        )
        f_left, f_right = np.where(up, f_right, f_probe), np.where(up, f_probe, f_left)
    return np.asarray(np.maximum(values.max(axis=0), np.maximum(f_left, f_right)))
