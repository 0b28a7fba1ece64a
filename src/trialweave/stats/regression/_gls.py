"""Weighted least squares and the between-study variance τ² beside moderators, for many data sets.

All works on rows (data sets) of studies, scaled by the callers so that the smallest sampling
variance of a row lies near 1; absent studies have effect 0, moderators 0 and variance +inf.
Each weighted design is made orthonormal (Gram-Schmidt, every column twice), which costs k·p² and
keeps the digits that normal equations would lose.
With W = diag(1/(v+t)) and P = W - WX(X'WX)⁻¹X'W, on k - p degrees of freedom (p columns):
DL, HS, HSk, HE, SJ, PM, EB, PMM, ML and REML as in `stats.pooling.tau2`, with X for the common
mean (Raudenbush 2009, in Cooper et al., The Handbook of Research Synthesis, 2nd ed., 295-315;
Viechtbauer, Journal of Educational and Behavioral Statistics 2005;30:261-293; Viechtbauer et al.,
Psychological Methods 2015;20:360-374). Every root is bracketed and solved to a relative tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray
from trialweave.stats.pooling import Method

__all__ = ["Fit", "Rows", "between_variance", "fit", "log_likelihood", "solve_q", "variance_of"]

_MAX_STEPS = 100
_TOLERANCE = 1e-11  # of the last step; steps converge quadratically, so the error is far smaller


class Rows(NamedTuple):
    """Effects and variances (m, k), moderators (k, p) shared by the rows or (m, k, p).

    `spread` is Σ(y - mean)²/k of the effects as they came: y may have lost a first fit.
    """

    y: FloatArray
    v: FloatArray
    x: FloatArray
    present: BoolArray
    spread: FloatArray

    @property
    def p(self) -> int:
        return int(self.x.shape[-1])

    @property
    def k(self) -> FloatArray:
        return np.asarray(self.present.sum(axis=1), dtype=np.float64)

    def only(self, rows: IntArray | BoolArray) -> Rows:
        x = self.x if self.x.ndim == 2 else self.x[rows]
        return Rows(self.y[rows], self.v[rows], x, self.present[rows], self.spread[rows])


class Fit(NamedTuple):
    """Weighted least squares at one t: everything in units of √w, but the coefficients."""

    w: FloatArray  # (m, k)
    basis: FloatArray  # (m, k, p) orthonormal
    triangle: FloatArray  # (m, p, p): √w·x = basis @ triangle
    along: FloatArray  # (m, p) components of √w·y along the basis
    residual: FloatArray  # (m, k) √w·(y - x b)

    @property
    def q(self) -> FloatArray:
        """Σ w (y - x b)², Cochran's Q_E at t = 0."""
        return _dot(self.residual, self.residual)

    @property
    def hat(self) -> FloatArray:
        """Leverages, (m, k)."""
        return np.asarray(np.einsum("mkp,mkp->mk", self.basis, self.basis))

    @property
    def inverse(self) -> FloatArray:
        """Inverse of the triangle: its rows' products are (X'WX)⁻¹."""
        return np.asarray(np.linalg.inv(self.triangle))

    @property
    def b(self) -> FloatArray:
        return np.asarray(np.einsum("mpq,mq->mp", self.inverse, self.along))


def _dot(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("mk,mk->m", x, y))


def fit(rows: Rows, t: FloatArray) -> Fit:
    """Weighted least squares of every row at its between-study variance t."""
    w = 1.0 / (rows.v + t[:, None])
    root = np.sqrt(w)
    basis, triangle = _orthonormal(root[:, :, None] * rows.x)
    y = root * rows.y
    along = np.einsum("mkp,mk->mp", basis, y)
    residual = y - np.einsum("mkp,mp->mk", basis, along)
    rest = np.einsum("mkp,mk->mp", basis, residual)
    residual -= np.einsum("mkp,mp->mk", basis, rest)
    return Fit(w, basis, triangle, along + rest, residual)


def _orthonormal(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    m, _, p = a.shape
    basis, triangle = np.empty_like(a), np.zeros((m, p, p))
    for j in range(p):
        column = a[:, :, j]
        before = basis[:, :, :j]
        for _ in range(2 if j else 0):
            share = np.einsum("mkp,mk->mp", before, column)
            column = column - np.einsum("mkp,mp->mk", before, share)
            triangle[:, :j, j] += share
        length = np.sqrt(_dot(column, column))
        triangle[:, j, j] = length
        basis[:, :, j] = column / length[:, None]
    return basis, triangle


class _Traces(NamedTuple):
    p: FloatArray  # tr P
    pp: FloatArray  # tr PP


def _traces(found: Fit) -> _Traces:
    w, hat = found.w, found.hat
    inner = np.einsum("mkp,mk,mkq->mpq", found.basis, w, found.basis)
    pp = _dot(w * w, 1.0 - 2.0 * hat) + np.einsum("mpq,mpq->m", inner, inner)
    return _Traces(_dot(w, 1.0 - hat), np.asarray(pp))


def log_likelihood(rows: Rows, t: FloatArray, *, restricted: bool) -> FloatArray:
    """Log-likelihood, all constants included; the restricted one with + ½ log|X'X| (Harville 1974).

    Harville, Biometrika 1974;61:383-385: with that term it does not depend on how X is coded.
    """
    found = fit(rows, t)
    count = rows.k - (rows.p if restricted else 0)
    logs = np.log(np.where(rows.present, found.w, 1.0)).sum(axis=1)
    value = logs - found.q - count * np.log(2.0 * np.pi)
    if restricted:
        plain = _plain(rows)
        for triangle, sign in ((found.triangle, -2.0), (plain.triangle, 2.0)):
            diagonal = np.einsum("mpp->mp", triangle)
            value += sign * np.log(diagonal).sum(axis=1)
    return np.asarray(value / 2.0)


def _plain(rows: Rows) -> Fit:
    """Unweighted least squares."""
    ones = np.where(rows.present, 1.0, np.inf)
    return fit(rows._replace(v=ones), np.zeros(ones.shape[0]))


class Between(NamedTuple):
    """τ² by row; whether its iteration settled; whether the likelihood had several maxima."""

    tau2: FloatArray
    converged: BoolArray
    multimodal: BoolArray


def between_variance(rows: Rows, method: Method) -> Between:
    """τ² of every row by `method`; each needs more studies than columns."""
    m = rows.y.shape[0]
    df = rows.k - rows.p
    settled, single = np.ones(m, dtype=bool), np.zeros(m, dtype=bool)
    if method in ("ML", "REML"):
        return _by_likelihood(rows, restricted=method == "REML")
    if method in ("PM", "EB"):
        tau2, settled = solve_q(rows, df)
    elif method == "PMM":
        tau2, settled = solve_q(rows, np.asarray(special.chdtri(df, 0.5)))
    elif method in ("CE", "EE"):
        tau2 = np.zeros(m)
    else:
        tau2 = np.maximum(_closed_form(rows, df, method), 0.0)
    return Between(tau2, settled, single)


def _closed_form(rows: Rows, df: FloatArray, method: Method) -> FloatArray:
    """Estimators without iteration, before truncation at 0."""
    k = rows.k
    if method == "SJ":
        return np.asarray(rows.spread * fit(rows, rows.spread).q / df)
    if method == "HE":
        plain = _plain(rows)
        v = np.where(rows.present, rows.v, 0.0)
        return np.asarray((plain.q - _dot(v, 1.0 - plain.hat)) / df)
    found = fit(rows, np.zeros(k.size))
    if method == "DL":
        return np.asarray((found.q - df) / _traces(found).p)
    sw = found.w.sum(axis=1)
    if method == "HS":
        return np.asarray((found.q - k) / sw)
    if method == "HSk":
        return np.asarray((found.q * k / df - k) / sw)
    raise ValueError(f"no estimator of the between-study variance is called {method!r}")


def variance_of(rows: Rows, tau2: FloatArray, method: Method) -> FloatArray:
    """Sampling variance of τ² by row: the inverse expected information for ML and REML.

    DL, HE, HS, HSk and SJ are linear in a quadratic form y'Py of normal effects: 2 tr(PΣPΣ) times
    the squared slope, at the (truncated) estimate; NaN for other methods.
    """
    if method == "ML":
        w = fit(rows, tau2).w
        return np.asarray(2.0 / _dot(w, w))
    if method == "REML":
        return np.asarray(2.0 / _traces(fit(rows, tau2)).pp)
    df = rows.k - rows.p
    if method == "HE":
        form, slope = _plain(rows), 1.0 / df
    elif method == "SJ":
        form, slope = fit(rows, rows.spread), rows.spread / df
    elif method in ("DL", "HS", "HSk"):
        form = fit(rows, np.zeros(df.size))
        slope = 1.0 / (_traces(form).p if method == "DL" else form.w.sum(axis=1))
        if method == "HSk":
            slope *= rows.k / df
    else:
        return np.full(df.shape, np.nan)
    total = np.where(rows.present, form.w * (rows.v + tau2[:, None]), 0.0)
    inner = np.einsum("mkp,mk,mkq->mpq", form.basis, total, form.basis)
    squares = _dot(total * total, 1.0 - 2.0 * form.hat) + np.einsum("mpq,mpq->m", inner, inner)
    return np.asarray(2.0 * slope**2 * squares)


_Evaluate = Callable[[Rows, FloatArray, IntArray], tuple[BoolArray, FloatArray]]


def _solve(
    rows: Rows, low: FloatArray, high: FloatArray, start: FloatArray, evaluate: _Evaluate
) -> tuple[FloatArray, BoolArray]:
    """Newton's method inside brackets, bisection (in proportion to t + vmin) as its guard.

    `evaluate` says of each row whether its root lies above t, and what t Newton would take next
    (NaN where he cannot say).
    """
    root, settled = start.copy(), np.ones(start.size, dtype=bool)
    low, high = low.copy(), high.copy()
    smallest = np.min(rows.v, axis=1)
    index, part = np.arange(start.size), rows
    for _ in range(_MAX_STEPS):
        t = root[index]
        above, new = evaluate(part, t, index)
        low[index] = lo = np.where(above, t, low[index])
        high[index] = hi = np.where(above, high[index], t)
        scale = smallest[index]
        near = _TOLERANCE * (t + scale)
        done = np.abs(new - t) <= near
        inside = done | ((new > lo) & (new < hi))
        middle = np.sqrt((lo + scale) * (hi + scale)) - scale
        root[index] = np.maximum(np.where(inside, new, middle), 0.0)
        going = ~done & (hi - lo > near)
        index, part = index[going], part.only(going)
        if not index.size:
            return root, settled
    settled[index] = False
    return root, settled


def solve_q(rows: Rows, target: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The t at which the generalised Q_E(t) = y'Py equals `target`, 0 where Q_E(0) is not larger.

    Q_E falls monotonically; it is at most the unweighted sum of squares over t, which bounds t.
    """
    start = np.zeros(target.size)
    q = fit(rows, start).q
    settled = np.ones(start.size, dtype=bool)
    going = np.flatnonzero(q > target)
    part, goal = rows.only(going), target[going]
    high = _plain(part).q / goal

    def evaluate(some: Rows, t: FloatArray, index: IntArray) -> tuple[BoolArray, FloatArray]:
        found = fit(some, t)
        q, wanted = found.q, goal[index]
        slope = _dot(found.w * found.residual, found.residual)
        # 1/Q is close to linear
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return q > wanted, t + q * (q / wanted - 1.0) / slope

    root, fine = _solve(part, np.zeros(going.size), high, np.zeros(going.size), evaluate)
    start[going], settled[going] = root, fine
    return start, settled


def _score(rows: Rows, t: FloatArray, restricted: bool) -> tuple[FloatArray, FloatArray]:
    """Twice the derivative of the profile log-likelihood at t, and twice the second one."""
    found = fit(rows, t)
    w, r = found.w, found.residual
    traces = _traces(found)
    wr = w * r
    along = np.einsum("mkp,mk->mp", found.basis, wr)
    curved = _dot(wr, wr) - np.einsum("mp,mp->m", along, along)
    if restricted:
        return _dot(wr, r) - traces.p, traces.pp - 2.0 * curved
    return _dot(wr, r) - w.sum(axis=1), _dot(w, w) - 2.0 * curved


def _by_likelihood(rows: Rows, restricted: bool) -> Between:
    """The highest of all maxima of the (restricted) likelihood over t >= 0.

    At a root of the score (t + vmin)² <= a·(t + vmax) with a = SS/(k-p), or SS/k for ML, where SS
    is the unweighted residual sum of squares: y'PPy is at most SS/(t+vmin)², and tr P at least
    (k-p)/(t+vmax). Maxima are bracketed on a grid that doubles from vmin/4 up to that bound.
    """
    m = rows.y.shape[0]
    smallest = np.min(rows.v, axis=1)
    spread = np.max(np.where(rows.present, rows.v, 0.0), axis=1) - smallest
    a = _plain(rows).q / (rows.k - (rows.p if restricted else 0))
    bound = (a + np.sqrt(a * (a + 4.0 * spread))) / 2.0 - smallest
    bound = bound * (1.0 + 1e-12) + 1e-12 * smallest  # the bound may be attained
    previous, _ = _score(rows, np.zeros(m), restricted)
    at_zero = np.flatnonzero((previous <= 0.0) | (bound <= 0.0))
    found: list[tuple[IntArray, FloatArray, FloatArray]] = []
    index = np.flatnonzero(bound > 0.0)
    part, previous = rows.only(index), previous[index]
    low = np.zeros(index.size)
    high = np.minimum(smallest[index] / 4.0, bound[index])
    while index.size:
        score, _ = _score(part, high, restricted)
        last = high >= bound[index]
        peak = (previous > 0.0) & ((score <= 0.0) | last)
        found.append((index[peak], low[peak], high[peak]))
        going = ~last
        index, previous, low = index[going], score[going], high[going]
        part = part.only(going)
        high = np.minimum(2.0 * low, bound[index])
    inner = np.concatenate([np.zeros(0, dtype=np.int64), *(each[0] for each in found)])
    root, fine = np.zeros(0), np.ones(0, dtype=bool)
    if inner.size:
        lows = np.concatenate([each[1] for each in found])
        highs = np.concatenate([each[2] for each in found])

        def evaluate(some: Rows, t: FloatArray, _: IntArray) -> tuple[BoolArray, FloatArray]:
            score, slope = _score(some, t, restricted)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                return score > 0.0, np.where(slope < 0.0, t - score / slope, np.nan)

        root, fine = _solve(rows.only(inner), lows, highs, (lows + highs) / 2.0, evaluate)
    row = np.concatenate([at_zero, inner])
    t = np.concatenate([np.zeros(at_zero.size), root])
    settled = np.concatenate([np.ones(at_zero.size, dtype=bool), fine])
    height = log_likelihood(rows.only(row), t, restricted=restricted)
    order = np.lexsort((-t, height, row))  # within a row: lowest first, of equals the smaller t
    best = order[np.append(row[order][1:] != row[order][:-1], True)]
    return Between(t[best], settled[best], np.bincount(row, minlength=m) > 1)
