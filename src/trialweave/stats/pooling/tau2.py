"""Estimators of the between-study variance τ², for many meta-analyses (rows) at once.

All functions here work on rows scaled by `pooling`: the smallest sampling variance of a row lies
near 1, and absent studies have effect 0 and variance +inf, so that their weight is 0.
Roots are bracketed by proven bounds and solved to a relative tolerance, not to an absolute one:
on the scale of risk differences τ² itself may be 1e-7.
Sources: DL DerSimonian & Laird 1986; HE Hedges & Olkin 1985; HS Hunter & Schmidt 1990, HSk its
small-sample form (Brannick et al. 2019); SJ Sidik & Jonkman 2005; PM Paule & Mandel 1982 (the
empirical Bayes estimator EB, Morris 1983, is the same root); PMM its median-unbiased form
(Viechtbauer 2021); ML, REML Viechtbauer 2005; Q-profile Viechtbauer 2007. GENQ is the method of
moments with weights 1/√v (DerSimonian & Kacker 2007; Jackson 2013), of which DL is that with 1/v.
DLIT and SJIT, DL and SJ repeated with the weights 1/(v + τ²) until they settle, settle where Σw r²
is k - 1: at the Paule-Mandel estimate, which is what is solved for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "Heterogeneity",
    "Method",
    "estimate",
    "likelihood_bound",
    "log_likelihood",
    "moments",
    "pairs",
    "quantiles_by_k",
    "rest",
    "solve_q",
    "take",
]

Method = Literal[
    "CE", "EE", "DL", "HE", "HS", "HSk", "SJ", "GENQ", "PM", "EB", "DLIT", "SJIT", "PMM", "ML",
    "REML",
]  # fmt: skip

_Scalar = TypeVar("_Scalar", bound=np.generic)

_MAX_STEPS = 100
_TOLERANCE = 1e-10  # of the last step; steps converge quadratically, so the error is far smaller


class Heterogeneity(NamedTuple):
    """τ² by row; whether its iteration settled; whether the likelihood had several maxima."""

    tau2: FloatArray
    converged: BoolArray
    multimodal: BoolArray


def pairs(w: FloatArray, sw: FloatArray) -> FloatArray:
    """(Σw)² - Σw² of each row, with `sw` for Σw.

    Where one study outweighs all others the difference would lose its digits; there it is twice
    the sum of the products of pairs, which cannot cancel.
    """
    square = sw * sw
    result = np.asarray(square - dot(w, w))
    close = np.flatnonzero(result < 1e-3 * square)
    if close.size:
        few = take(w, close)
        result[close] = 2.0 * dot(few[:, 1:], np.cumsum(few, axis=1)[:, :-1])
    return result


def rest(w: FloatArray) -> FloatArray:
    """The share of all other studies beside each: (Σw - w)/Σw, exact where one outweighs all."""
    sw = w.sum(axis=1)
    others = sw[:, None] - w
    largest = w.argmax(axis=1)
    rows = np.arange(w.shape[0])
    without = w.copy()
    without[rows, largest] = 0.0
    others[rows, largest] = without.sum(axis=1)
    return np.asarray(others / sw[:, None])


class Moments(NamedTuple):
    """Weights 1/(v + t), residuals from the weighted mean, and the sum of the weights."""

    w: FloatArray  # (m, k)
    r: FloatArray  # (m, k)
    sw: FloatArray  # (m,)


def take(x: npt.NDArray[_Scalar], rows: IntArray | BoolArray) -> npt.NDArray[_Scalar]:
    """The rows of x, laid out in memory as `pooling` lays out its arrays: study by study."""
    return x.T[:, rows].T


def dot(x: FloatArray, y: FloatArray) -> FloatArray:
    """Sum of products over the studies of each row."""
    return np.asarray(np.einsum("mk,mk->m", x, y))


def moments(y: FloatArray, v: FloatArray, t: FloatArray) -> Moments:
    """The moments of each row at its between-study variance t."""
    w = 1.0 / (v + t[:, None])
    sw = w.sum(axis=1)
    return Moments(w, y - (dot(w, y) / sw)[:, None], sw)


def quantiles_by_k(freedom: FloatArray, quantile: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Apply a costly quantile function once per distinct number of degrees of freedom."""
    distinct, inverse = np.unique(freedom, return_inverse=True)
    return np.asarray(quantile(distinct))[inverse]


def _sum_of_squares(y: FloatArray, present: BoolArray, k: IntArray) -> FloatArray:
    """Unweighted, about the unweighted mean."""
    r = np.where(present, y - (y.sum(axis=1) / k)[:, None], 0.0)
    return dot(r, r)


def estimate(
    y: FloatArray, v: FloatArray, present: BoolArray, method: Method, at_zero: Moments
) -> Heterogeneity:
    """τ² of each row by `method`; every row must have at least two studies.

    `at_zero` are the moments at t = 0, which the caller has at hand.
    """
    m = y.shape[0]
    k = present.sum(axis=1)
    settled, single = np.ones(m, dtype=bool), np.zeros(m, dtype=bool)
    if method in ("ML", "REML"):
        return _by_likelihood(y, v, present, k, restricted=method == "REML")
    if method in ("PM", "EB", "DLIT", "SJIT"):
        tau2, settled = solve_q(y, v, present, (k - 1).astype(np.float64))
    elif method == "PMM":
        median = quantiles_by_k(k - 1.0, lambda df: np.asarray(special.chdtri(df, 0.5)))
        tau2, settled = solve_q(y, v, present, median)
    elif method in ("CE", "EE"):
        tau2 = np.zeros(m)
    else:
        tau2 = np.maximum(_closed_form(y, v, present, k, method, at_zero), 0.0)
    return Heterogeneity(tau2, settled, single)


def _closed_form(
    y: FloatArray,
    v: FloatArray,
    present: BoolArray,
    k: IntArray,
    method: Method,
    at_zero: Moments,
) -> FloatArray:
    """Estimators without iteration, before truncation at 0."""
    if method == "SJ":
        start = _sum_of_squares(y, present, k) / k
        w, r, _ = moments(y, v, start)
        return np.asarray(start * dot(w * r, r) / (k - 1))
    if method == "HE":
        mean_v = np.where(present, v, 0.0).sum(axis=1) / k
        return np.asarray(_sum_of_squares(y, present, k) / (k - 1) - mean_v)
    if method == "GENQ":
        with np.errstate(divide="ignore"):
            a = np.where(present, 1.0 / np.sqrt(v), 0.0)
        sa = a.sum(axis=1)
        r = np.where(present, y - (dot(a, y) / sa)[:, None], 0.0)
        expected = dot(a * rest(a), np.where(present, v, 0.0))
        return np.asarray((dot(a * r, r) - expected) * sa / pairs(a, sa))
    w, r, sw = at_zero
    q = dot(w * r, r)
    if method == "DL":
        return np.asarray((q - (k - 1)) * sw / pairs(w, sw))
    if method == "HS":
        return np.asarray((q - k) / sw)
    if method == "HSk":
        return np.asarray((q * k / (k - 1) - k) / sw)
    raise ValueError(f"no estimator of the between-study variance is called {method!r}")


def solve_q(
    y: FloatArray, v: FloatArray, present: BoolArray, target: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """The t at which Q(t) equals `target` (> 0), 0 where Q(0) is not larger; and convergence.

    Q falls monotonically from Q(0) to 0, and 1/Q is close to linear: Newton's method on 1/Q. Since
    Q(t) is at most the unweighted sum of squares over t, the root lies below SS/target.
    """
    m = y.shape[0]
    k = np.maximum(present.sum(axis=1), 1)
    root, settled = np.zeros(m), np.ones(m, dtype=bool)
    low, high = np.zeros(m), _sum_of_squares(y, present, k) / target
    smallest = np.min(v, axis=1)
    rows = np.arange(m)
    yr, vr, t = y, v, np.zeros(m)
    for step in range(_MAX_STEPS):
        w, r, _ = moments(yr, vr, t)
        wr = w * r
        q = dot(wr, r)
        goal = target[rows]
        if step == 0:  # rows that are 0 need no more
            going = q > goal
        else:
            above = q > goal
            low[rows] = np.where(above, t, low[rows])
            high[rows] = np.where(above, high[rows], t)
            going = np.ones(rows.size, dtype=bool)
        slope = dot(wr, wr)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = t + q * (q / goal - 1.0) / slope
        # judged before the guard: at the root, rounding may point just outside the bracket
        done = np.abs(new - t) <= _TOLERANCE * (t + smallest[rows])
        lo, hi = low[rows], high[rows]
        inside = done | ((new > lo) & (new < hi))
        new = np.where(inside, new, _between(lo, hi, smallest[rows]))
        root[rows] = np.where(going, new, 0.0)
        going &= ~done
        if not going.any():
            return root, settled
        rows, t = rows[going], new[going]
        yr, vr = take(yr, going), take(vr, going)
    settled[rows] = False
    return root, settled


def _between(low: FloatArray, high: FloatArray, scale: FloatArray) -> FloatArray:
    """Bisect in proportion to t + scale, so that brackets over many magnitudes shrink fast."""
    return np.asarray(np.sqrt((low + scale) * (high + scale)) - scale)


def _score(y: FloatArray, v: FloatArray, t: FloatArray, restricted: bool) -> FloatArray:
    """Twice the derivative of the profile log-likelihood at t."""
    w, r, sw = moments(y, v, t)
    weighted = w * r
    return np.asarray(dot(weighted, weighted) - (pairs(w, sw) / sw if restricted else sw))


def _score_and_slope(
    y: FloatArray, v: FloatArray, t: FloatArray, restricted: bool
) -> tuple[FloatArray, FloatArray]:
    """Twice the derivative of the profile log-likelihood at t, and twice the second one."""
    w, r, sw = moments(y, v, t)
    w2 = w * w
    w2r = w2 * r
    sw2 = w2.sum(axis=1)
    score = dot(w2r, r) - (pairs(w, sw) / sw if restricted else sw)
    slope = sw2 - 2.0 * dot(w2r * w, r) + 2.0 * w2r.sum(axis=1) ** 2 / sw
    if restricted:
        slope += (sw2 / sw) ** 2 - 2.0 * dot(w2, w) / sw
    return score, slope


def log_likelihood(
    y: FloatArray, v: FloatArray, present: BoolArray, t: FloatArray, restricted: bool
) -> FloatArray:
    """Profile log-likelihood up to a constant of the row."""
    w, r, sw = moments(y, v, t)
    value = np.log(np.where(present, w, 1.0)).sum(axis=1) - dot(w * r, r)
    if restricted:
        value -= np.log(sw)
    return np.asarray(value / 2.0)


def likelihood_bound(
    y: FloatArray, v: FloatArray, present: BoolArray, k: IntArray, restricted: bool
) -> FloatArray:
    """The t beyond which the (restricted) likelihood of each row falls; not above 0 if always.

    At a root of the score, (t + vmin)² <= a·(t + vmax) with a = SS/(k-1), or SS/k for ML, since
    the residual part is at most SS/(t+vmin)² and the rest at least (k-1)/(t+vmax).
    """
    smallest = np.min(v, axis=1)
    largest = np.max(np.where(present, v, 0.0), axis=1)
    a = _sum_of_squares(y, present, k) / (k - 1 if restricted else k)
    bound = (a + np.sqrt(a * (a + 4.0 * (largest - smallest)))) / 2.0 - smallest
    return np.asarray(bound * (1.0 + 1e-12) + 1e-12 * smallest)  # the bound may be attained


def _by_likelihood(
    y: FloatArray, v: FloatArray, present: BoolArray, k: IntArray, restricted: bool
) -> Heterogeneity:
    """The highest of all maxima of the (restricted) likelihood over t >= 0.

    Maxima are bracketed on a grid that doubles from vmin/4 to their bound, then solved.
    """
    m = y.shape[0]
    smallest = np.min(v, axis=1)
    bound = likelihood_bound(y, v, present, k, restricted)

    found_row, found_low, found_high = [], [], []
    previous = _score(y, v, np.zeros(m), restricted)
    at_zero = np.flatnonzero((previous <= 0.0) | (bound <= 0.0))
    rows = np.flatnonzero(bound > 0.0)
    yr, vr, previous = take(y, rows), take(v, rows), previous[rows]
    low = np.zeros(rows.size)
    high = np.minimum(smallest[rows] / 4.0, bound[rows])
    while rows.size:
        score = _score(yr, vr, high, restricted)
        last = high >= bound[rows]
        peak = (previous > 0.0) & ((score <= 0.0) | last)
        found_row.append(rows[peak])
        found_low.append(low[peak])
        found_high.append(high[peak])
        going = ~last
        rows, previous, low = rows[going], score[going], high[going]
        yr, vr = take(yr, going), take(vr, going)
        high = np.minimum(2.0 * low, bound[rows])

    row = np.concatenate([at_zero, *found_row])
    inner = np.concatenate(found_row) if found_row else np.zeros(0, dtype=np.int64)
    root, inner_settled = np.zeros(0), np.zeros(0, dtype=bool)
    if inner.size:
        brackets = np.concatenate(found_low), np.concatenate(found_high)
        root, inner_settled = _solve_score(take(y, inner), take(v, inner), *brackets, restricted)
    t = np.concatenate([np.zeros(at_zero.size), root])
    settled = np.concatenate([np.ones(at_zero.size, dtype=bool), inner_settled])
    count = np.bincount(row, minlength=m)
    result, converged = np.zeros(m), np.ones(m, dtype=bool)
    single = count[row] == 1
    result[row[single]], converged[row[single]] = t[single], settled[single]
    several = np.flatnonzero(~single)
    if several.size:
        r, ts = row[several], t[several]
        height = log_likelihood(take(y, r), take(v, r), take(present, r), ts, restricted)
        order = np.lexsort((-ts, height, r))  # within a row: lowest first, of equals the smaller t
        final = np.append(r[order][1:] != r[order][:-1], True)
        best = several[order[final]]
        result[row[best]], converged[row[best]] = t[best], settled[best]
    return Heterogeneity(result, converged, count > 1)


def _solve_score(
    y: FloatArray, v: FloatArray, low: FloatArray, high: FloatArray, restricted: bool
) -> tuple[FloatArray, BoolArray]:
    """Newton's method on the score inside brackets where it falls through 0, bisection as guard."""
    size = y.shape[0]
    root, settled = np.zeros(size), np.ones(size, dtype=bool)
    low, high = low.copy(), high.copy()
    smallest = np.min(v, axis=1)
    rows, t = np.arange(size), (low + high) / 2.0
    for _ in range(_MAX_STEPS):
        score, slope = _score_and_slope(y, v, t, restricted)
        above = score > 0.0
        low[rows] = lo = np.where(above, t, low[rows])
        high[rows] = hi = np.where(above, high[rows], t)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = t - score / slope
        near = _TOLERANCE * (t + smallest[rows])
        done = (slope < 0.0) & (np.abs(new - t) <= near)
        inside = done | ((slope < 0.0) & (new > lo) & (new < hi))
        new = np.where(inside, new, (lo + hi) / 2.0)
        root[rows] = new
        going = ~done & (hi - lo > near)
        if not going.any():
            return root, settled
        rows, t = rows[going], new[going]
        y, v = take(y, going), take(v, going)
    settled[rows] = False
    return root, settled
