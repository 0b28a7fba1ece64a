"""The highest point of a likelihood between bounds, with some parameters held where they are.

Fisher scoring with Levenberg-Marquardt damping climbs from each start; Newton's method, by
differences of the analytic gradient, ends the climb. Parameters at a bound stay there while the
likelihood falls inwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.regression._marginal import Model, evaluate

__all__ = ["Maximum", "maximise"]

_CLIMBING_STEPS = 100
_GAIN = 1e-4  # of the log-likelihood: with less, Newton's method takes over
_STUCK = 1e12  # damping at which no step helps any more
_NEWTON_STEPS = 50
_TOLERANCE = 1e-9  # of the last step of Newton's method
_FLAT = 1e-7  # a direction in which the likelihood curves this little says nothing


class Maximum(NamedTuple):
    """The parameters, the likelihood there, whether it settled, whether some direction is flat."""

    theta: FloatArray
    value: float
    settled: bool
    flat: bool


class _Point(NamedTuple):
    """A place with its log-likelihood (-inf where the covariance is not positive definite)."""

    theta: FloatArray
    value: float
    gradient: FloatArray
    information: FloatArray


def maximise(
    model: Model, starts: list[FloatArray], held: dict[int, float] | None = None
) -> Maximum:
    """The best of the maxima reached from `starts`; `held` fixes some parameters by position."""
    low, high = model.low.copy(), model.high.copy()
    for position, value in (held or {}).items():
        low[position] = high[position] = value
    tops = [_climb(model, _at(model, np.clip(one, low, high)), low, high) for one in starts]
    best = tops[0]
    for one in tops[1:]:
        if one.value > best.value + 1e-9 * (1.0 + abs(best.value)):
            best = one
    return _polish(model, best, low, high)


def _at(model: Model, theta: FloatArray) -> _Point:
    try:
        found = evaluate(model, theta)
    except np.linalg.LinAlgError:
        n = theta.size
        return _Point(theta, -np.inf, np.zeros(n), np.eye(n))
    value = found.reml if model.restricted else found.ml
    return _Point(theta, value, found.gradient, found.information)


def _climb(model: Model, point: _Point, low: FloatArray, high: FloatArray) -> _Point:
    damping = 1e-3
    for _ in range(_CLIMBING_STEPS):
        free = _free(point, low, high)
        if not free.any():
            break
        part = point.information[np.ix_(free, free)]
        diagonal = np.diag(part)
        ridge = damping * np.maximum(diagonal, 1e-8 * (diagonal.max() + 1e-300))
        step = np.zeros_like(point.theta)
        step[free] = np.linalg.solve(part + np.diag(ridge), point.gradient[free])
        new = _at(model, np.clip(point.theta + step, low, high))
        if new.value >= point.value:
            gain = new.value - point.value
            point, damping = new, max(damping / 10.0, 1e-8)
            if gain <= _GAIN:
                break
        else:
            damping *= 10.0
            if damping > _STUCK:
                break
    return point


def _relative(new: FloatArray, old: FloatArray) -> float:
    """The largest move beside its parameter, which is of the order of 1."""
    return float(np.max(np.abs(new - old) / (np.abs(old) + 1e-3)))


def _free(point: _Point, low: FloatArray, high: FloatArray) -> BoolArray:
    """Not held, and not at a bound beyond which alone the likelihood would rise."""
    at_low = (point.theta <= low) & (point.gradient <= 0.0)
    at_high = (point.theta >= high) & (point.gradient >= 0.0)
    return np.asarray(~at_low & ~at_high & (low < high))


def _polish(model: Model, point: _Point, low: FloatArray, high: FloatArray) -> Maximum:
    flat = False
    for _ in range(_NEWTON_STEPS):
        free = _free(point, low, high)
        if not free.any():
            return Maximum(point.theta, point.value, True, flat)
        step, flat = _newton(model, point, free, low, high)
        new, length = point, 1.0
        for _ in range(40):
            tried = _at(model, np.clip(point.theta + length * step, low, high))
            # near the top, values tie in their last digits
            if tried.value >= point.value - 1e-13 * (1.0 + abs(point.value)):
                new = tried
                break
            length /= 2.0
        moved = _relative(new.theta, point.theta)
        point = new
        if moved <= _TOLERANCE:
            rest = point.gradient[_free(point, low, high)]
            small = bool(np.all(np.abs(rest) <= 1e-5 * (1.0 + abs(point.value))))
            return Maximum(point.theta, point.value, small, flat)
    return Maximum(point.theta, point.value, False, flat)


def _newton(
    model: Model, point: _Point, free: BoolArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, bool]:
    """Newton's step by differences of the gradient; up the gradient where it does not curve down.

    Next to a bound, differences are taken on its inner side only.
    """
    which = np.flatnonzero(free)
    hessian = np.zeros((which.size, which.size))
    for row, position in enumerate(which):
        size = 1e-5 * (abs(point.theta[position]) + 1e-2)
        up, down = point.theta.copy(), point.theta.copy()
        up[position] = min(point.theta[position] + size, high[position])
        down[position] = max(point.theta[position] - size, low[position])
        fall = _at(model, down).gradient - _at(model, up).gradient
        hessian[row] = fall[which] / (up[position] - down[position])
    curves, axes = np.linalg.eigh((hessian + hessian.T) / 2.0)
    biggest = max(float(np.abs(curves).max()), 1e-300)
    kept = np.abs(curves) > _FLAT * biggest
    along = axes.T @ point.gradient[which]
    step = np.zeros_like(point.theta)
    step[which] = axes @ np.where(kept, along / np.where(kept, np.abs(curves), 1.0), 0.0)
    return step, bool(np.any(curves <= _FLAT * biggest))
