"""Newton's method for a maximum inside bounds, with the curvature made negative where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import BoolArray, FloatArray

__all__ = ["Maximum", "maximise"]

_MOST_STEPS = 200
_TOLERANCE = 1e-12  # of the gain that a further step promises, in units of the logarithm


class Maximum(NamedTuple):
    """The place, its value and derivatives, whether it settled, which parameters are at bounds."""

    theta: FloatArray
    log: float
    gradient: FloatArray
    hessian: FloatArray
    converged: bool
    at_bound: BoolArray


Evaluation = Callable[[FloatArray], tuple[float, FloatArray, FloatArray]]  # value, ∂, ∂²


def maximise(f: Evaluation, start: FloatArray, low: FloatArray, high: FloatArray) -> Maximum:
    """The maximum that is reached uphill from `start` (where f is finite), low <= theta <= high.

    A parameter is held at a bound while the gradient points outwards. Steps that do not rise enough
    are halved; directions of wrong curvature are turned by taking the size of their eigenvalues.
    """
    theta = np.clip(start, low, high)
    log, gradient, hessian = f(theta)
    for _ in range(_MOST_STEPS):
        held = ((theta <= low) & (gradient <= 0.0)) | ((theta >= high) & (gradient >= 0.0))
        free = np.flatnonzero(~held)
        step = np.zeros_like(theta)
        step[free] = _uphill(gradient[free], hessian[np.ix_(free, free)])
        promised = float(gradient @ step)
        if promised <= _TOLERANCE:  # one more step squares what error is left
            last = np.clip(theta + step, low, high)
            found = f(last)
            if found[0] >= log - _TOLERANCE * max(1.0, abs(log)):
                theta, (log, gradient, hessian) = last, found
            return Maximum(theta, log, gradient, hessian, True, held)
        size = 1.0
        while True:
            new = np.clip(theta + size * step, low, high)
            found = f(new)
            gain = float(gradient @ (new - theta))
            if np.isfinite(found[0]) and found[0] >= log + 1e-4 * gain:
                break
            size /= 2.0
            if size < 1e-12:  # no rise is left that numbers can show
                settled = promised <= 1e-9 * max(1.0, abs(log))
                return Maximum(theta, log, gradient, hessian, settled, held)
        theta, (log, gradient, hessian) = new, found
    held = ((theta <= low) & (gradient <= 0.0)) | ((theta >= high) & (gradient >= 0.0))
    return Maximum(theta, log, gradient, hessian, False, held)


def _uphill(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """Newton's step, in parameters scaled by their own curvature."""
    if gradient.size == 0:
        return gradient
    own = np.abs(np.diag(hessian))
    scale = 1.0 / np.sqrt(np.where(own > 0.0, own, 1.0))
    values, vectors = np.linalg.eigh(hessian * np.outer(scale, scale))
    size = np.maximum(np.abs(values), 1e-8)
    return np.asarray(scale * (vectors @ ((vectors.T @ (scale * gradient)) / size)))
