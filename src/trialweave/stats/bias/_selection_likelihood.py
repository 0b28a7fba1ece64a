"""The likelihood of effects that were published with chances depending on their P values.

A study's effect y has the density w(p(y))·N(y; μ, v + τ²)/A, where A = ∫ w N is the chance of being
published. In z = y/√v the P value is the same function for all studies, so that the line is cut at
fixed places: regions where w is constant (closed form: moments of truncated normal distributions)
and panels where w varies (Gauss-Legendre nodes). All derivatives are moments over the same pieces.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray
from trialweave.stats.bias._selection_weights import Smooth, Weights, step_index

__all__ = ["Alternative", "Model", "Value", "p_values", "smooth_model", "step_model"]

Alternative = Literal["greater", "less", "two-sided"]

_FAR = 8.5  # beyond this z, P is within 1e-17 of 0 or 1 and w constant
_NODES = 16
_ROOT_2_PI = math.sqrt(2.0 * math.pi)


class Value(NamedTuple):
    """Log-likelihood with gradient and second derivatives in (μ, τ², δ)."""

    log: float
    gradient: FloatArray
    hessian: FloatArray


class _Pieces(NamedTuple):
    """How the z axis is cut: regions low to high with an index into P, nodes with weights."""

    low: FloatArray
    high: FloatArray
    region_p: FloatArray
    z: FloatArray
    node_weight: FloatArray
    node_p: FloatArray


class Model(NamedTuple):
    """The studies and a weight function; `steps` is empty for the smooth functions."""

    y: FloatArray
    se: FloatArray
    p: FloatArray
    pieces: _Pieces
    smooth: Smooth | None
    steps: FloatArray

    @property
    def parameters(self) -> int:
        """How many δ there are."""
        return self.steps.size if self.smooth is None else len(self.smooth.neutral)

    def weigh(self, p: FloatArray, delta: FloatArray) -> Weights:
        """The weights at P values; those of the first interval of a step function are 1."""
        if self.smooth is not None:
            clip = self.smooth.clip
            return self.smooth.weigh(np.clip(p, clip, 1.0 - clip), delta)
        index = step_index(p, self.steps)
        u = np.zeros((p.size, delta.size))
        later = np.flatnonzero(index > 0)
        u[later, index[later] - 1] = 1.0 / delta[index[later] - 1]
        values = np.concatenate([np.ones(1), delta])[index]
        return Weights(np.log(values), u, np.zeros((p.size, delta.size, delta.size)))

    def evaluate(self, theta: FloatArray) -> Value:
        """At θ = (μ, τ², δ), by moments of t = (y - μ)/σ over the weighted density."""
        mu, tau2, delta = float(theta[0]), float(theta[1]), theta[2:]
        sigma = np.sqrt(self.se**2 + tau2)
        t = (self.y - mu) / sigma
        data = self.weigh(self.p, delta)
        log = float((data.log - 0.5 * t * t - np.log(sigma * _ROOT_2_PI)).sum())
        part = self._moments(mu, sigma, delta)
        if not np.all(part.a > 0.0):  # a chance of publication that doubles cannot hold
            size = theta.size
            return Value(-np.inf, np.zeros(size), np.zeros((size, size)))
        log -= float(np.log(part.a).sum()) + self.y.size * part.shift
        s, s2 = sigma[:, None], (sigma**2)[:, None]
        observed = np.concatenate(
            [t[:, None] / s, (t[:, None] ** 2 - 1.0) / (2.0 * s2), data.u], axis=1
        )
        m = part.t
        expected = np.concatenate([m[:, 1:2] / s, (m[:, 2:3] - 1.0) / (2.0 * s2), part.u], axis=1)
        gradient = (observed - expected).sum(axis=0)
        return Value(log, gradient, self._hessian(sigma, t, data, part, expected))

    def _hessian(
        self, sigma: FloatArray, t: FloatArray, data: Weights, part: _Moments, mean: FloatArray
    ) -> FloatArray:
        """Of log w + log N at the data, less that of log A: (∂²∫wN)/A - (∂∫wN)(∂∫wN)'/A²."""
        size = 2 + data.u.shape[1]
        h = np.zeros((size, size))
        s2 = sigma**2
        h[0, 0] = -(1.0 / s2).sum()
        h[0, 1] = h[1, 0] = -(t / (sigma * s2)).sum()
        h[1, 1] = ((0.5 - t * t) / (s2 * s2)).sum()
        h[2:, 2:] = (data.c - data.u[:, :, None] * data.u[:, None, :]).sum(axis=0)
        m, tu, t2u = part.t, part.tu, part.t2u
        # ∂²N/N: (t² - 1)/σ² for μμ, (t³ - 3t)/(2σ³) for μτ², (t⁴ - 6t² + 3)/(4σ⁴) for τ²τ²
        second = np.zeros((size, size))
        second[0, 0] = ((m[:, 2] - 1.0) / s2).sum()
        second[0, 1] = ((m[:, 3] - 3.0 * m[:, 1]) / (2.0 * sigma * s2)).sum()
        second[1, 1] = ((m[:, 4] - 6.0 * m[:, 2] + 3.0) / (4.0 * s2 * s2)).sum()
        second[0, 2:] = (tu / sigma[:, None]).sum(axis=0)
        second[1, 2:] = ((t2u - part.u) / (2.0 * s2)[:, None]).sum(axis=0)
        second[2:, 2:] = part.c.sum(axis=0)
        second = np.triu(second) + np.triu(second, 1).T
        return np.asarray(h - second + mean.T @ mean)

    def _moments(self, mu: float, sigma: FloatArray, delta: FloatArray) -> _Moments:
        pieces, ratio = self.pieces, self.se / sigma
        centre = (mu / sigma)[:, None]
        region = self.weigh(pieces.region_p, delta)
        node = self.weigh(pieces.node_p, delta)
        shift = float(max(np.max(region.log), np.max(node.log, initial=-np.inf)))
        closed = _truncated(
            ratio[:, None] * pieces.low - centre, ratio[:, None] * pieces.high - centre
        )
        closed = closed * np.exp(region.log - shift)  # (5, k, regions)
        t = ratio[:, None] * pieces.z - centre
        mass = np.exp(node.log - shift - 0.5 * t * t) * pieces.node_weight * ratio[:, None]
        mass /= _ROOT_2_PI
        powers = [mass]
        for _ in range(4):
            powers.append(powers[-1] * t)
        open_ = np.stack(powers)  # (5, k, nodes)
        a = (closed.sum(axis=2) + open_.sum(axis=2)).T  # (k, 5)
        total = np.where(a[:, :1] > 0.0, a[:, :1], 1.0)
        mixed = closed @ region.u + open_ @ node.u  # (5, k, L)
        curved = np.tensordot(closed[0], region.c, 1) + np.tensordot(open_[0], node.c, 1)
        return _Moments(
            a[:, 0], a / total, mixed[0] / total, mixed[1] / total, mixed[2] / total,
            curved / total[:, :, None], shift,
        )  # fmt: skip


class _Moments(NamedTuple):
    """Per study under the weighted density: ∫ of it, means of tʲ, u, tu, t²u, c; log w's shift."""

    a: FloatArray
    t: FloatArray
    u: FloatArray
    tu: FloatArray
    t2u: FloatArray
    c: FloatArray
    shift: float


def _truncated(low: FloatArray, high: FloatArray) -> FloatArray:
    """∫ tʲ φ(t) dt from low to high for j = 0 to 4, stacked before the other axes."""
    with np.errstate(invalid="ignore"):
        at_low = [np.exp(-0.5 * low * low) / _ROOT_2_PI]
        at_high = [np.exp(-0.5 * high * high) / _ROOT_2_PI]
        for _ in range(3):  # tʲφ(t) is 0 at infinity, where the product is not a number
            at_low.append(np.where(np.isinf(low), 0.0, at_low[-1] * low))
            at_high.append(np.where(np.isinf(high), 0.0, at_high[-1] * high))
    # of two numbers near 1 the difference is taken in the other tail
    flip = low > 0.0
    zero = special.ndtr(np.where(flip, -low, high)) - special.ndtr(np.where(flip, -high, low))
    found = [zero, at_low[0] - at_high[0]]
    for j in range(2, 5):
        found.append((j - 1.0) * found[j - 2] + at_low[j - 1] - at_high[j - 1])
    return np.stack(found)


def p_values(z: FloatArray, alternative: Alternative) -> FloatArray:
    """P of the Wald statistics; for "less" their signs must have been turned before."""
    if alternative == "two-sided":
        return np.asarray(2.0 * special.ndtr(-np.abs(z)))
    return np.asarray(special.ndtr(-z))


def step_model(y: FloatArray, se: FloatArray, steps: FloatArray, alternative: Alternative) -> Model:
    """Weights constant between the `steps` (increasing, inside 0 to 1)."""
    ends = np.concatenate([np.zeros(1), steps, np.ones(1)])
    inside = (ends[1:] + ends[:-1]) / 2.0
    if alternative == "two-sided":
        cuts = -special.ndtri(ends / 2.0)  # from +inf down to 0
        low = np.concatenate([cuts[1:], -cuts[:-1]])
        high = np.concatenate([cuts[:-1], -cuts[1:]])
        inside = np.concatenate([inside, inside])
    else:
        cuts = -special.ndtri(ends)
        low, high = cuts[1:], cuts[:-1]
    none = np.zeros(0)
    pieces = _Pieces(low, high, inside, none, none, none)
    return Model(y, se, p_values(y / se, alternative), pieces, None, steps)


def smooth_model(y: FloatArray, se: FloatArray, smooth: Smooth, alternative: Alternative) -> Model:
    """One of the smooth weight functions."""
    far = -float(special.ndtri(smooth.clip)) if smooth.clip > 0.0 else _FAR
    if alternative == "two-sided":
        far = -float(special.ndtri(smooth.clip / 2.0)) if smooth.clip > 0.0 else _FAR
        # w may bend sharply where P nears 1, at z = 0: panels that shrink towards it
        half = np.concatenate(
            [np.zeros(1), np.geomspace(1e-6, 0.5, 16), np.arange(1.0, far), [far]]
        )
        edges = np.concatenate([-half[:0:-1], half])
    else:
        edges = np.linspace(-far, far, math.ceil(2.0 * far) + 1)
    x, weight = np.polynomial.legendre.leggauss(_NODES)
    half_width = np.diff(edges) / 2.0
    z = ((edges[1:] + edges[:-1]) / 2.0)[:, None] + half_width[:, None] * x
    weights = half_width[:, None] * weight
    nodes = z.ravel()
    ends = np.array([0.0 if alternative == "two-sided" else 1.0, 0.0])
    pieces = _Pieces(
        np.array([-np.inf, far]), np.array([-far, np.inf]), ends,
        nodes, weights.ravel(), p_values(nodes, alternative),
    )  # fmt: skip
    return Model(y, se, p_values(y / se, alternative), pieces, smooth, np.zeros(0))
