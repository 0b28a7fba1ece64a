"""Distributions fitted to a few quantiles, and the means and standard deviations they have.

Rows are samples, columns the five quantiles minimum, q1, median, q3, maximum; NaN where one is not
reported. `p` are the probabilities they stand for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray

__all__ = ["FAMILIES", "Fitted", "box_cox_moments", "box_cox_power", "quantile_fits", "transformed"]

FAMILIES = ("normal", "log-normal", "gamma", "Weibull")

_ZOOMS, _FIRST, _POINTS = 9, 121, 31
_REACH = 8.3  # normal scores; beyond lies less than 1e-16
_NODES = 240
_TAIL = 0.02  # the last part of the range of normal scores, which must not matter


class Fitted(NamedTuple):
    """Mean and standard deviation of each row's best family, and its place in `FAMILIES`."""

    mean: FloatArray
    sd: FloatArray
    family: IntArray


def quantile_fits(q: FloatArray, p: FloatArray) -> Fitted:
    """Fit every family by least squares between its quantiles and `q`, and take the nearest.

    The families but the normal are tried where no quantile is below 0. Each has a shape and a
    scale; for a given shape the best scale is a regression through the origin, which leaves a
    search along the shape: a grid, narrowed until the shape is known to 1e-10.
    """
    z = special.ndtri(p)
    fits = [_normal(q, z)]
    positive = np.nanmin(q, axis=1) >= 0.0
    for family in FAMILIES[1:]:
        distance, mean, sd = _scaled(q, p, z, family)
        fits.append((np.where(positive, distance, np.inf), mean, sd))
    distances, means, sds = (np.array(parts) for parts in zip(*fits, strict=True))
    best = np.asarray(distances.argmin(axis=0), dtype=np.int64)
    rows = np.arange(len(q))
    return Fitted(means[best, rows], sds[best, rows], best)


def _normal(q: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The line through the quantiles over their normal scores."""
    present = ~np.isnan(q)
    k = present.sum(axis=1)
    scores, values = np.where(present, z, 0.0), np.where(present, q, 0.0)
    middle, centre = scores.sum(axis=1) / k, values.sum(axis=1) / k
    off = np.where(present, scores - middle[:, None], 0.0)
    sd = (off * values).sum(axis=1) / (off**2).sum(axis=1)
    mean = centre - sd * middle
    rest = np.where(present, values - mean[:, None] - sd[:, None] * scores, 0.0)
    return (rest**2).sum(axis=1), mean, sd


_Quantiles = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
_QUANTILES: Mapping[str, _Quantiles] = {
    "log-normal": lambda s, p, z: np.asarray(np.exp(s * z)),
    "gamma": lambda s, p, z: np.asarray(special.gammaincinv(s, p)),
    "Weibull": lambda s, p, z: np.asarray(np.exp(np.log(-np.log1p(-p)) / s)),
}
_SHAPES = {"log-normal": (1e-3, 10.0), "gamma": (1e-2, 1e6), "Weibull": (0.1, 200.0)}


def _scaled(
    q: FloatArray, p: FloatArray, z: FloatArray, family: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least distance of a family of a shape and a scale, with its mean and standard deviation."""
    present = ~np.isnan(q)
    values, p, z = np.where(present, q, 0.0), np.where(present, p, 0.5), np.where(present, z, 0.0)
    low, high = (np.full(len(q), np.log(end)) for end in _SHAPES[family])
    rows = np.arange(len(q))
    for zoom in range(_ZOOMS):
        points = _FIRST if zoom == 0 else _POINTS
        shapes = low + (high - low) * np.linspace(0.0, 1.0, points)[:, None]
        g = _QUANTILES[family](np.exp(shapes)[:, :, None], p, z) * present
        scale = (g * values).sum(axis=-1) / (g**2).sum(axis=-1)
        distance = ((values - scale[:, :, None] * g) ** 2).sum(axis=-1)
        best = distance.argmin(axis=0)
        low = shapes[np.maximum(best - 1, 0), rows]
        high = shapes[np.minimum(best + 1, points - 1), rows]
    shape, size = np.exp(shapes[best, rows]), scale[best, rows]
    mean, sd = _moments(family, shape)
    return distance[best, rows], size * mean, size * sd


def _moments(family: str, shape: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation at a scale of 1."""
    with np.errstate(over="ignore"):
        if family == "log-normal":
            mean = np.exp(shape**2 / 2.0)
            return mean, mean * np.sqrt(np.expm1(shape**2))
        if family == "gamma":
            return shape, np.sqrt(shape)
        mean = special.gamma(1.0 + 1.0 / shape)
        ratio = special.gammaln(1.0 + 2.0 / shape) - 2.0 * special.gammaln(1.0 + 1.0 / shape)
        return mean, mean * np.sqrt(np.expm1(np.maximum(ratio, 0.0)))


def transformed(u: FloatArray, power: FloatArray) -> FloatArray:
    """Box and Cox's (u^λ - 1)/λ, log u for λ = 0; rows of u, one power each."""
    log = np.log(u)
    inner = power[:, None]
    safe = np.where(inner == 0.0, 1.0, inner)
    return np.asarray(np.where(inner == 0.0, log, np.expm1(safe * log) / safe))


def box_cox_power(u: FloatArray) -> FloatArray:
    """The power that makes the quantiles symmetric about their median, which is 1 in `u`.

    Quartiles and extremes each have one such power, for the sum of the transformed pair rises with
    it. Of both pairs together the sum of squares is least between their two powers.
    """
    pairs = [_symmetric(u[:, [1, 3]]), _symmetric(u[:, [0, 4]])]
    low, high = np.fmin(*pairs), np.fmax(*pairs)
    rows = np.arange(len(u))
    for _ in range(_ZOOMS):
        powers = low + (high - low) * np.linspace(0.0, 1.0, _POINTS)[:, None]
        each = [_sum_of_pair(u[:, [1, 3]], one) for one in powers]
        other = [_sum_of_pair(u[:, [0, 4]], one) for one in powers]
        squares = np.nan_to_num(np.array(each)) ** 2 + np.nan_to_num(np.array(other)) ** 2
        best = squares.argmin(axis=0)
        low = powers[np.maximum(best - 1, 0), rows]
        high = powers[np.minimum(best + 1, _POINTS - 1), rows]
    return np.asarray(powers[best, rows])


def _sum_of_pair(pair: FloatArray, power: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.asarray(transformed(pair, power).sum(axis=1))


def _symmetric(pair: FloatArray) -> FloatArray:
    """By bisection between -40 and 40; NaN for a pair that is not there."""
    low, high = np.full(len(pair), -40.0), np.full(len(pair), 40.0)
    for _ in range(80):
        middle = (low + high) / 2.0
        above = _sum_of_pair(pair, middle) > 0.0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray(np.where(np.isnan(pair).any(axis=1), np.nan, high))


class _Moments(NamedTuple):
    mean: FloatArray
    sd: FloatArray
    heavy: BoolArray


@functools.cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    x, weights = special.roots_legendre(_NODES)
    return np.asarray(x), np.asarray(weights)


def box_cox_moments(mean: FloatArray, sd: FloatArray, power: FloatArray) -> _Moments:
    """Mean and standard deviation of (1 + λy)^(1/λ), y normal within the values that have one.

    By Gauss-Legendre quadrature over the normal scores from -8.3 to 8.3. `heavy` where the last
    scores before that, or before the pole of a negative power, carry more than 1e-6 of the second
    moment: then there is no number that a sample would lead to.
    """
    x, weights = _nodes()
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = (-1.0 / power - mean) / sd
    low = np.where(power > 0.0, np.maximum(edge, -_REACH), -_REACH)
    high = np.where(power < 0.0, np.minimum(edge, _REACH), _REACH)
    half = (high - low)[:, None] / 2.0
    z = low[:, None] + half * (x + 1.0)
    y = mean[:, None] + sd[:, None] * z
    inner = power[:, None]
    safe = np.where(inner == 0.0, 1.0, inner)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        log = np.where(inner == 0.0, y, np.log1p(np.maximum(safe * y, -1.0)) / safe)
        values = np.exp(log)
        density = weights * half * np.exp(-(z**2) / 2.0)
        mass = density.sum(axis=1)
        first = (density * values).sum(axis=1) / mass
        second = density * values**2
        off = (density * (values - first[:, None]) ** 2).sum(axis=1) / mass
        last = np.where(x > 1.0 - 2.0 * _TAIL, second, 0.0).sum(axis=1)
        heavy = ~(last <= 1e-6 * second.sum(axis=1))
    return _Moments(np.asarray(first), np.asarray(np.sqrt(off)), np.asarray(heavy))
