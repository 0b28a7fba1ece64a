"""The likelihood of y ~ N(Xβ, V + ΣM(θ)), by independent blocks of estimates.

Blocks are the groups of estimates tied by a covariance or a common random effect. Those of similar
size are padded to one size and worked on together: padding has effect 0, moderators 0, variance 1.
Gradient and expected information follow Harville (JASA 1977;72:320-338): with P = W - WX(X'WX)⁻¹X'W
and D the derivative of the covariance, -2 dl = tr(PD) - y'PDPy (W for P in the first for ML).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from trialweave.stats._arrays import FloatArray, IntArray
from trialweave.stats.regression.structures import Coded

__all__ = ["Evaluated", "Model", "evaluate", "make_model", "start_values"]


class _Batch(NamedTuple):
    """Blocks padded to one size n: b blocks."""

    where: IntArray  # (b, n) positions among the estimates, -1 for padding
    y: FloatArray  # (b, n)
    x: FloatArray  # (b, n, p)
    v: FloatArray  # (b, n, n)
    same: tuple[FloatArray, ...]  # for each effect (b, n, n): 1 where the outer label is the same
    inner: tuple[IntArray, ...]  # for each effect (b, n)


class Model(NamedTuple):
    """Everything the likelihood needs but the parameters."""

    effects: tuple[Coded, ...]
    batches: tuple[_Batch, ...]
    k: int
    p: int
    restricted: bool
    log_xx: float  # log |X'X|

    @property
    def low(self) -> FloatArray:
        return np.array([one for each in self.effects for one in each.coordinates.low])

    @property
    def high(self) -> FloatArray:
        return np.array([one for each in self.effects for one in each.coordinates.high])

    def split(self, theta: FloatArray) -> list[FloatArray]:
        """The parameters of each effect."""
        sizes = [len(each.coordinates.kinds) for each in self.effects]
        return np.split(theta, np.cumsum(sizes)[:-1])


class Evaluated(NamedTuple):
    """The likelihood at θ with what belongs to it; `ml` and `reml` hold all constants."""

    ml: float
    reml: float
    gradient: FloatArray  # of the one that counts
    information: FloatArray  # expected
    b: FloatArray
    covariance: FloatArray
    q: float  # y'Py


def make_model(
    y: FloatArray, x: FloatArray, v: FloatArray, effects: Sequence[Coded], *, restricted: bool
) -> Model:
    """Cut estimates (k,), moderators (k, p) and covariance (k, k) into blocks."""
    tied = v != 0.0
    for effect in effects:
        tied |= effect.outer[:, None] == effect.outer
    _, block = sparse.csgraph.connected_components(sparse.csr_array(tied), directed=False)
    members = [np.flatnonzero(block == one) for one in range(block.max() + 1)]
    by_size: dict[int, list[IntArray]] = {}
    for one in members:
        by_size.setdefault(1 << int(one.size - 1).bit_length(), []).append(one)
    batches = tuple(_batch(y, x, v, effects, ones) for _, ones in sorted(by_size.items()))
    log_xx = float(2.0 * np.log(np.abs(np.diag(np.linalg.qr(x, mode="r")))).sum())
    return Model(tuple(effects), batches, y.size, x.shape[1], restricted, log_xx)


def _batch(
    y: FloatArray, x: FloatArray, v: FloatArray, effects: Sequence[Coded], members: list[IntArray]
) -> _Batch:
    size = max(one.size for one in members)
    where = np.full((len(members), size), -1)
    for row, one in enumerate(members):
        where[row, : one.size] = one
    there = where >= 0
    pairs = there[:, :, None] & there[:, None, :]
    return _Batch(
        where,
        np.where(there, y[where], 0.0),
        np.where(there[:, :, None], x[where], 0.0),
        np.where(pairs, v[where[:, :, None], where[:, None, :]], np.eye(size)),
        tuple(
            (pairs & (one.outer[where][:, :, None] == one.outer[where][:, None, :])).astype(float)
            for one in effects
        ),
        tuple(one.inner[where] for one in effects),
    )


class _Whitened(NamedTuple):
    root: FloatArray  # inverse Cholesky roots, (b, n, n)
    x: FloatArray
    y: FloatArray
    slopes: list[FloatArray]  # derivative of the covariance by each parameter, (b, n, n)
    log_det: float


def _whiten(batch: _Batch, g: list[FloatArray], slopes: list[FloatArray]) -> _Whitened:
    total = batch.v.copy()
    derivatives = []
    for same, inner, one, slope in zip(batch.same, batch.inner, g, slopes, strict=True):
        rows, columns = inner[:, :, None], inner[:, None, :]
        total += one[rows, columns] * same
        derivatives += [each[rows, columns] * same for each in slope]
    root = np.linalg.cholesky(total)
    inverse = np.linalg.solve(root, np.broadcast_to(np.eye(total.shape[1]), total.shape))
    log_det = float(2.0 * np.log(np.einsum("bnn->bn", root)).sum())
    y = np.einsum("bij,bj->bi", inverse, batch.y)
    return _Whitened(inverse, inverse @ batch.x, y, derivatives, log_det)


def evaluate(model: Model, theta: FloatArray, *, slopes: bool = True) -> Evaluated:
    """Likelihood, gradient and information at θ.

    Raises numpy's LinAlgError where the covariance is not positive definite.
    """
    built = [
        effect.coordinates.build(part)
        for effect, part in zip(model.effects, model.split(theta), strict=True)
    ]
    g, by_parameter = [one for one, _ in built], [each for _, each in built]
    white = [_whiten(batch, g, by_parameter) for batch in model.batches]
    flat_x = np.concatenate([one.x.reshape(-1, model.p) for one in white])
    flat_y = np.concatenate([one.y.reshape(-1) for one in white])
    basis, triangle = np.linalg.qr(flat_x)
    along = basis.T @ flat_y
    residual = flat_y - basis @ along
    again = basis.T @ residual
    residual -= basis @ again
    q = float(residual @ residual)
    log_det = sum(one.log_det for one in white)
    log_information = float(2.0 * np.log(np.abs(np.diag(triangle))).sum())
    log_2pi = float(np.log(2.0 * np.pi))
    ml = -0.5 * (model.k * log_2pi + log_det + q)
    reml = -0.5 * ((model.k - model.p) * log_2pi + log_det + q + log_information - model.log_xx)
    inverse = np.linalg.inv(triangle)
    gradient, information = np.zeros(0), np.zeros((0, 0))
    if slopes:
        gradient, information = _derivatives(model, white, basis, residual)
    b = inverse @ (along + again)
    return Evaluated(ml, reml, gradient, information, b, inverse @ inverse.T, q)


def _derivatives(
    model: Model, white: list[_Whitened], basis: FloatArray, residual: FloatArray
) -> tuple[FloatArray, FloatArray]:
    size = theta_size(model)
    gradient, information = np.zeros(size), np.zeros((size, size))
    crossed = np.zeros((size, model.p, model.p))
    start = 0
    for one in white:
        count, n = one.y.shape
        stop = start + count * n
        u = basis[start:stop].reshape(count, n, model.p)
        e = residual[start:stop].reshape(count, n)
        start = stop
        # everything in whitened units: root D root'
        d = np.stack([one.root @ each @ one.root.transpose(0, 2, 1) for each in one.slopes])
        gradient -= np.einsum("abii->a", d) - np.einsum("bi,abij,bj->a", e, d, e)
        information += np.einsum("abij,cbij->ac", d, d)
        if model.restricted:
            du = d @ u
            inner = np.swapaxes(u, 1, 2)[None] @ du
            gradient += np.einsum("abpp->a", inner)
            information -= 2.0 * np.einsum("abip,cbip->ac", du, du)
            crossed += inner.sum(axis=1)
    if model.restricted:
        information += np.einsum("apq,cpq->ac", crossed, crossed)
    return gradient / 2.0, information / 2.0


def theta_size(model: Model) -> int:
    """How many parameters there are."""
    return sum(len(each.coordinates.kinds) for each in model.effects)


def start_values(model: Model, spread: float) -> list[FloatArray]:
    """Where to begin: `spread` shared in several ways, correlations of either sign."""
    n = len(model.effects)
    shares = [np.full(n, 1.0 / n), np.full(n, 0.02)]
    if n > 1:
        shares += [np.where(np.arange(n) == i, 0.9, 0.05) for i in range(n)]
    starts = []
    kinds = {kind for each in model.effects for kind in each.coordinates.kinds}
    correlated = bool(kinds & {"correlation", "factor"})
    for share in shares:
        for rho in (0.0, 0.6, -0.6) if correlated else (0.0,):
            theta: list[float] = []
            for weight, effect in zip(share, model.effects, strict=True):
                theta += _begin(effect, weight * spread, rho)
            starts.append(np.clip(np.array(theta), 0.9 * model.low, 0.9 * model.high))
    return starts


def _begin(effect: Coded, variance: float, rho: float) -> list[float]:
    q = len(effect.levels)
    if effect.structure == "UN":
        least = max(rho, -0.9 / (q - 1))
        root = np.linalg.cholesky(variance * ((1.0 - least) * np.eye(q) + least))
        return list(root[np.tril_indices(q)])
    sizes = {"variance": variance, "sd": float(np.sqrt(variance)), "correlation": rho}
    return [sizes[kind] for kind in effect.coordinates.kinds]
