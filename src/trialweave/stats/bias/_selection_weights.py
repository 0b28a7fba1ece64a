"""Relative chances of publication as functions of the P value, with their derivatives.

Each function gives log w, its gradient u in the parameters δ, and c = (∂²w/∂δ∂δ')/w, for P values
of shape (n,): arrays of shapes (n,), (n, L), (n, L, L).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import FloatArray

__all__ = ["SMOOTH", "Smooth", "Weights", "step_index"]


class Weights(NamedTuple):
    """log w, ∂log w/∂δ and (∂²w/∂δ∂δ')/w at some P values."""

    log: FloatArray
    u: FloatArray
    c: FloatArray


class Smooth(NamedTuple):
    """A smooth weight function: its evaluation, the δ without selection, bounds, a second start.

    P values are kept `clip` away from 0 and 1, where the function or its slope is infinite.
    """

    weigh: Callable[[FloatArray, FloatArray], Weights]
    neutral: tuple[float, ...]
    lowest: float
    highest: float
    clip: float
    starts: tuple[tuple[float, ...], ...]


def _linear(delta: FloatArray, basis: FloatArray) -> Weights:
    """log w linear in δ: basis @ δ."""
    return Weights(basis @ delta, basis, basis[:, :, None] * basis[:, None, :])


def _beta(p: FloatArray, delta: FloatArray) -> Weights:
    return _linear(delta - 1.0, np.stack([np.log(p), np.log1p(-p)], axis=1))


def _half_normal(p: FloatArray, delta: FloatArray) -> Weights:
    return _linear(delta, -(p * p)[:, None])


def _negative_exponential(p: FloatArray, delta: FloatArray) -> Weights:
    return _linear(delta, -p[:, None])


def _power(p: FloatArray, delta: FloatArray) -> Weights:
    return _linear(delta, np.log1p(-p)[:, None])


def _logistic(p: FloatArray, delta: FloatArray) -> Weights:
    x = delta[0] * p
    share = 1.0 / (1.0 + np.exp(-x))
    log = np.log(2.0) - x - np.log1p(np.exp(-x))
    u = -p * share
    bend = -p * p * share * (1.0 - share)
    return Weights(log, u[:, None], (u * u + bend)[:, None, None])


# Bounds and clipping as in R's metafor, so that fits at a bound can be compared.
SMOOTH: Mapping[str, Smooth] = {
    "beta": Smooth(_beta, (1.0, 1.0), 1e-5, 100.0, 1e-5, ((0.5, 1.5), (1.5, 1.5))),
    "half-normal": Smooth(_half_normal, (0.0,), 0.0, 100.0, 0.0, ((1.0,), (4.0,))),
    "negative-exponential": Smooth(
        _negative_exponential, (0.0,), 0.0, 100.0, 0.0, ((1.0,), (4.0,))
    ),
    "logistic": Smooth(_logistic, (0.0,), 0.0, 100.0, 0.0, ((1.0,), (6.0,))),
    "power": Smooth(_power, (0.0,), 0.0, 100.0, 1e-5, ((0.5,), (2.0,))),
}


def step_index(p: FloatArray, steps: FloatArray) -> np.ndarray:
    """The interval of each P value: 0 up to and with the first step, and so on."""
    return np.searchsorted(steps, p, side="left")
