"""Likelihoods with normal random effects integrated out by quadrature.

A study's likelihood is a product over its cells (an arm, or a whole conditional table); a cell's
linear predictor is `base` + `load`·z with independent standard normal z, one or two of them.
Parameters may have infinitesimal imaginary parts: a result's imaginary part is then its derivative
(complex steps: Squire & Trapp, SIAM Rev 1998;40:110-112), of the very sum that is computed.
Rules: "Hermite", adaptive Gauss-Hermite (Pinheiro & Bates, J Comput Graph Stat 1995;4:12-35), one
node being Laplace's approximation; "trapezoid" over the range where the integrand is not
negligible, which converges geometrically for such functions (Trefethen & Weideman, SIAM Rev
2014;56:385-458), also where τ is large and the integrand far from normal; one effect only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["ComplexArray", "Design", "Kernel", "Predictor", "Rule", "log_marginal"]

ComplexArray = npt.NDArray[np.complex128]

_MODE_STEPS = 200
_HALVINGS = 40
_EDGE = 40.0  # what the logarithm of an integrand has lost where its range ends
_EDGE_STEPS = 100


class Rule(NamedTuple):
    """How to integrate: `nodes` for each random effect."""

    name: Literal["Hermite", "trapezoid"]
    nodes: int


class Kernel(Protocol):
    """Log-likelihood of each study's cell `r` at predictors η, with two derivatives.

    η has shape (L, M, k) or (L, M, k, nodes); its real part is the same along M.
    """

    cells: int

    def __call__(
        self, r: int, eta: ComplexArray
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]: ...


class Predictor(NamedTuple):
    """`base` of each cell (…, k); `loads[r][d]` of cell r on random effect d."""

    base: list[ComplexArray]
    loads: list[list[ComplexArray]]


# parameters shared (L, M, q), one of each study (L, M, k) or none (L, M, 0)
Design = Callable[[ComplexArray, ComplexArray], Predictor]


def log_marginal(kernel: Kernel, predictor: Predictor, rule: Rule) -> ComplexArray:
    """The logarithm of each study's likelihood, random effects integrated out; shape (L, M, k)."""
    effects = len(predictor.loads[0])
    if effects == 0:
        cells = range(kernel.cells)
        return np.asarray(sum(kernel(r, predictor.base[r])[0] for r in cells))
    if rule.name == "trapezoid":
        return _trapezoid(kernel, predictor, rule.nodes)
    return _hermite(kernel, predictor, rule.nodes)


def _hermite(kernel: Kernel, predictor: Predictor, nodes: int) -> ComplexArray:
    z, curvature = _modes(kernel, predictor)
    points, weights = np.polynomial.hermite.hermgauss(nodes)
    log_weights = np.log(weights) + points**2
    if len(z) == 1:
        spread = math.sqrt(2.0) / np.sqrt(curvature[0][0])
        at = [z[0][..., None] + spread[..., None] * points]
        log_jacobian = np.log(spread) - 0.5 * math.log(2.0 * math.pi)
    else:
        # the curvature is L·L'; z = mode + √2·L'⁻¹·x
        l11 = np.sqrt(curvature[0][0])
        l21 = curvature[1][0] / l11
        l22 = np.sqrt(curvature[1][1] - l21**2)
        x1, x2 = (grid.ravel() for grid in np.meshgrid(points, points, indexing="ij"))
        log_weights = (log_weights[:, None] + log_weights[None, :]).ravel()
        second = math.sqrt(2.0) * x2 / l22[..., None]
        first = (math.sqrt(2.0) * x1 - l21[..., None] * second) / l11[..., None]
        at = [z[0][..., None] + first, z[1][..., None] + second]
        log_jacobian = math.log(2.0) - np.log(l11) - np.log(l22) - math.log(2.0 * math.pi)
    return np.asarray(_log_sum(_heights(kernel, predictor, at) + log_weights) + log_jacobian)


def _trapezoid(kernel: Kernel, predictor: Predictor, nodes: int) -> ComplexArray:
    """The grid is that of the undisplaced parameters, so that it does not move with a step."""
    still = Predictor(
        [_undisplaced(each) for each in predictor.base],
        [[_undisplaced(each) for each in row] for row in predictor.loads],
    )
    mode = _real_modes(kernel, still)[0]
    floor = _heights(kernel, still, [mode[..., None]])[..., 0].real - _EDGE
    # the prior alone loses this much at this distance; from there Newton's method on a concave
    # function comes in towards the edge and never passes it
    farthest = math.sqrt(2.0 * _EDGE)
    ends = []
    z: ComplexArray
    for side in (-farthest, farthest):
        z = mode + side + 0j
        for _ in range(_EDGE_STEPS):
            excess = floor - _heights(kernel, still, [z[..., None]])[..., 0].real
            _, _, slope = _mode_step(kernel, still, [z])
            step = excess / slope[0].real
            z = z + step + 0j
            if np.all(np.abs(step) <= 0.03 * np.abs(z - mode)):
                break
        ends.append(z.real)
    width = ends[1] - ends[0]
    grid = ends[0][..., None] + width[..., None] * np.linspace(0.0, 1.0, nodes)
    total = _log_sum(_heights(kernel, predictor, [np.asarray(grid, dtype=np.complex128)]))
    return np.asarray(total + np.log(width / (nodes - 1.0)) - 0.5 * math.log(2.0 * math.pi))


def _undisplaced(values: ComplexArray) -> ComplexArray:
    return np.asarray(values[:1, :1].real + 0j)


def _heights(kernel: Kernel, predictor: Predictor, at: list[ComplexArray]) -> ComplexArray:
    """The logarithm of the integrand at random effects (…, k, nodes), without 1/√(2π)."""
    height = -0.5 * sum(each**2 for each in at)
    for r in range(kernel.cells):
        eta = predictor.base[r][..., None]
        for load, z in zip(predictor.loads[r], at, strict=True):
            eta = eta + load[..., None] * z
        height = height + kernel(r, eta)[0]
    return np.asarray(height)


def _log_sum(height: ComplexArray) -> ComplexArray:
    top = height.real.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(height - top).sum(axis=-1)) + top[..., 0])


def _modes(
    kernel: Kernel, predictor: Predictor
) -> tuple[list[ComplexArray], list[list[ComplexArray]]]:
    """Where each study's integrand is highest, and minus its second derivatives there.

    It is found along real numbers; two more steps carry the imaginary parts of the parameters.
    """
    base, loads = predictor
    real = Predictor(
        [np.asarray(b.real[:, :1] + 0j) for b in base],
        [[np.asarray(each.real[:, :1] + 0j) for each in row] for row in loads],
    )
    z = [np.broadcast_to(each, base[0].shape) for each in _real_modes(kernel, real)]
    for _ in range(2):
        step, _, _ = _mode_step(kernel, predictor, z)
        z = [old + each for old, each in zip(z, step, strict=True)]
    _, curvature, _ = _mode_step(kernel, predictor, z)
    return z, curvature


def _real_modes(kernel: Kernel, real: Predictor) -> list[ComplexArray]:
    """Newton's method with steps halved until the integrand rises.

    Cells are log-concave in their predictor, so there is one mode.
    """
    z = [np.zeros(real.base[0].shape, dtype=np.complex128) for _ in real.loads[0]]
    height = _heights(kernel, real, [each[..., None] for each in z])[..., 0].real
    for _ in range(_MODE_STEPS):
        step, _, _ = _mode_step(kernel, real, z)
        scale = np.ones(height.shape)
        slack = 1e-11 * (1.0 + np.abs(height))
        for _ in range(_HALVINGS):
            new = [old + scale * each.real for old, each in zip(z, step, strict=True)]
            reached = _heights(kernel, real, [each[..., None] for each in new])[..., 0].real
            low = ~(reached >= height - slack)
            if not low.any():
                break
            scale = np.where(low, scale / 2.0, scale)
        z, height = new, reached
        if max(np.abs(each.real).max(initial=0.0) for each in step) < 1e-7:
            break
    return z


def _mode_step(
    kernel: Kernel, predictor: Predictor, z: list[ComplexArray]
) -> tuple[list[ComplexArray], list[list[ComplexArray]], list[ComplexArray]]:
    """Newton's step, minus the second derivatives and the first ones, at z."""
    base, loads = predictor
    effects = range(len(z))
    slope: list[Any] = [-each for each in z]
    curve: list[list[Any]] = [[1.0 + 0j if d == e else 0j for e in effects] for d in effects]
    for r in range(kernel.cells):
        eta = base[r] + sum(loads[r][d] * z[d] for d in effects)
        _, first, second = kernel(r, np.asarray(eta))
        for d in effects:
            slope[d] = slope[d] + loads[r][d] * first
            for e in effects:
                curve[d][e] = curve[d][e] - loads[r][d] * loads[r][e] * second
    if len(z) == 1:
        return [slope[0] / curve[0][0]], curve, slope
    determinant = curve[0][0] * curve[1][1] - curve[0][1] ** 2
    return (
        [
            (curve[1][1] * slope[0] - curve[0][1] * slope[1]) / determinant,
            (curve[0][0] * slope[1] - curve[0][1] * slope[0]) / determinant,
        ],
        curve,
        slope,
    )
