"""Newton's method for parameters of which some are shared and one belongs to each study.

First derivatives are complex steps, exact to rounding; second ones central differences of those.
All displacements are evaluated at once, on two leading axes: real ones, and imaginary ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import FloatArray
from trialweave.stats.pooling._marginal import ComplexArray, Design, Kernel, Rule, log_marginal

__all__ = ["Fit", "Start", "maximise", "value_at"]

_IMAGINARY = 1e-40  # a complex step: its square vanishes beside 1
_STEP = 1e-4  # of central differences of derivatives; their error is of its square
_MAX_STEPS = 100
_HALVINGS = 12
_LONGEST = 2.0  # of a step in any parameter, all of them logarithms or their deviations
_SETTLED = 1e-9  # the last step, in standard errors


class Start(NamedTuple):
    """Where a search begins: shared parameters (q,), one of each study (k,) or an empty array."""

    shared: FloatArray
    local: FloatArray


class Fit(NamedTuple):
    """A maximum: parameters, covariance of the shared ones (None where not positive definite).

    `local_precision` (k, k) is the inverse covariance of the studies' own parameters.
    """

    shared: FloatArray
    local: FloatArray
    covariance: FloatArray | None
    local_precision: FloatArray
    log_likelihood: float
    converged: bool


class _Slopes(NamedTuple):
    value: float
    shared: FloatArray  # (q,)
    local: FloatArray  # (k,) or empty
    second: FloatArray  # (q, q)
    cross: FloatArray  # (k, q)
    own: FloatArray  # (k,)


def _slopes(kernel: Kernel, design: Design, at: Start, rule: Rule) -> _Slopes:
    """The log-likelihood with its derivatives; all displacements in one evaluation."""
    q, has_local = at.shared.size, bool(at.local.size)
    m = q + has_local
    shift = np.zeros((1 + 2 * m, m))  # real displacements: none, then ± each variable
    for j in range(m):
        shift[1 + 2 * j, j], shift[2 + 2 * j, j] = _STEP, -_STEP
    moved: ComplexArray = shift[:, None, :] + 1j * _IMAGINARY * np.eye(m)[None, :, :]  # (L, M, m)
    shared: ComplexArray = at.shared + moved[..., :q]
    local: ComplexArray = at.local + moved[..., q:] if has_local else moved[..., q:]
    value = log_marginal(kernel, design(shared, local), rule)
    first = value.imag / _IMAGINARY  # (L, M, k)
    second = (first[1::2] - first[2::2]) / (2.0 * _STEP)  # (m, m, k)
    second = (second + second.swapaxes(0, 1)) / 2.0
    own = second[q, q] if has_local else np.zeros(0)
    cross = second[q, :q].T if has_local else np.zeros((0, q))
    return _Slopes(
        value=float(value[0, 0].real.sum()),
        shared=first[0, :q].sum(axis=-1),
        local=first[0, q] if has_local else np.zeros(0),
        second=second[:q, :q].sum(axis=-1),
        cross=cross,
        own=own,
    )


def value_at(kernel: Kernel, design: Design, at: Start, rule: Rule) -> float:
    """The log-likelihood at given parameters, of all studies together."""
    shared = at.shared[None, None, :].astype(np.complex128)
    local = at.local[None, None, :].astype(np.complex128)
    return float(log_marginal(kernel, design(shared, local), rule).real.sum())


def maximise(kernel: Kernel, design: Design, start: Start, rule: Rule) -> Fit:
    """Newton's method with the parameters of single studies eliminated from each step.

    Where the likelihood is not concave the step goes along its curvature's absolute value; steps
    are halved until the likelihood does not fall.
    """
    at, settled = start, False
    here = _slopes(kernel, design, at, rule)
    for _ in range(_MAX_STEPS):
        own = -_least(here.own)
        reduced = -here.second - (here.cross / own[:, None]).T @ here.cross
        slope = here.shared + here.cross.T @ (here.local / own)
        values, vectors = np.linalg.eigh((reduced + reduced.T) / 2.0)
        along = vectors.T @ slope
        size = np.maximum(np.abs(values), 1e-8)
        step = vectors @ (along / size)
        decrement = float(np.sum(along**2 / size) + np.sum(here.local**2 / own))
        local_step = (here.local + here.cross @ step) / own
        longest = max(np.abs(step).max(initial=0.0), np.abs(local_step).max(initial=0.0))
        scale = min(1.0, _LONGEST / longest) if longest > 0.0 else 1.0
        settled = bool(decrement < _SETTLED**2) and bool(np.all(values > 0.0))
        slack = 1e-11 * (1.0 + abs(here.value))
        trial = Start(at.shared + scale * step, at.local + scale * local_step)
        there = _slopes(kernel, design, trial, rule)
        for _ in range(_HALVINGS):
            if there.value >= here.value - slack:
                break
            scale /= 2.0
            trial = Start(at.shared + scale * step, at.local + scale * local_step)
            there = _slopes(kernel, design, trial, rule)
        else:
            break
        at, here = trial, there
        if settled:
            break
    covariance = _inverse(-here.second + (here.cross / _least(here.own)[:, None]).T @ here.cross)
    others = _inverse(-here.second)
    precision = np.diag(-here.own)
    if others is not None:
        precision = precision - here.cross @ others @ here.cross.T
    return Fit(at.shared, at.local, covariance, precision, here.value, settled)


def _least(own: FloatArray) -> FloatArray:
    """Curvatures of single studies' parameters, kept away from 0 (where nothing depends on it)."""
    return np.minimum(own, -1e-8)


def _inverse(information: FloatArray) -> FloatArray | None:
    symmetric = (information + information.T) / 2.0
    if not np.all(np.isfinite(symmetric)) or not np.all(np.linalg.eigvalsh(symmetric) > 0.0):
        return None
    return np.asarray(np.linalg.inv(symmetric), dtype=np.float64)
