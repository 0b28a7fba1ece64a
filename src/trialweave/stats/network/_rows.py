"""A network as a regression on independent rows, and its between-study variance.

A study of m arms has m - 1 effects with covariance V + τ²·S, where S has 1 on the diagonal and
1/2 elsewhere: the same heterogeneity for every comparison (Higgins & Whitehead, Stat Med
1996;15:2733-2749). One basis diagonalises V and S together: with S = FF' and
F⁻¹V(F⁻¹)' = U·diag(v)·U', the rows U'F⁻¹y are independent with variances v + τ². So whatever is
known of meta-regression holds for networks, and all estimators of τ² work on these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize, special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray
from trialweave.stats.network.contrasts import StudyContrasts

__all__ = ["Fit", "Rows", "Tau2", "Tau2Method", "estimate_tau2", "fit", "q_at", "q_profile", "rows"]

Tau2Method = Literal["DL", "ML", "REML"]

_EPS = float(np.finfo(np.float64).eps)


class Rows(NamedTuple):
    """Independent rows: effects `y` and variances `v` (r,), contrasts `x` (r, treatments)."""

    y: FloatArray
    v: FloatArray
    x: FloatArray
    study: IntArray  # (r,), the place of each row's study

    def only(self, chosen: IntArray | BoolArray) -> Rows:
        return Rows(self.y[chosen], self.v[chosen], self.x[chosen], self.study[chosen])


class Fit(NamedTuple):
    """Weighted least squares: coefficients, root of their covariance, Q, its degrees of freedom.

    `root` (p, p): the covariance of the coefficients is root' · root.
    """

    coefficients: FloatArray
    root: FloatArray
    q: float
    df: int


class Tau2(NamedTuple):
    """τ², and whether its likelihood has several maxima (the highest is taken)."""

    value: float
    several_maxima: bool


def rows(studies: Sequence[StudyContrasts], treatments: Sequence[str]) -> Rows:
    """The independent rows of the studies, study by study."""
    place = {name: i for i, name in enumerate(treatments)}
    parts: list[Rows] = []
    sizes = np.array([len(one.treatments) for one in studies])
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        alike = [studies[int(i)] for i in members]
        q = int(size) - 1
        effects = np.stack([one.effects for one in alike])
        covariances = np.stack([one.covariance for one in alike])
        against = np.zeros((members.size, q, len(treatments)))
        for s, one in enumerate(alike):
            where = [place[name] for name in one.treatments]
            against[s, np.arange(q), where[1:]] = 1.0
            against[s, :, where[0]] = -1.0
        inverse = np.linalg.inv(np.linalg.cholesky((np.eye(q) + 1.0) / 2.0))
        lengths, basis = np.linalg.eigh(inverse @ covariances @ inverse.T)
        turn = basis.swapaxes(1, 2) @ inverse
        parts.append(
            Rows(
                (turn @ effects[:, :, None]).ravel(),
                lengths.ravel(),
                (turn @ against).reshape(-1, len(treatments)),
                np.repeat(members, q),
            )
        )
    y, v, x, study = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    whole = Rows(y, v, x, study)
    return whole.only(np.argsort(whole.study, kind="stable"))


def fit(y: FloatArray, v: FloatArray, x: FloatArray) -> Fit:
    """Least squares with weights 1/v; the columns of `x` (r, p) must be independent.

    Q is 0 where residuals are nothing but rounding of the effects.
    """
    root_w = 1.0 / np.sqrt(v)
    q, r = np.linalg.qr(x * root_w[:, None])
    z = y * root_w
    along = q.T @ z
    residual = z - q @ along
    squares = float(residual @ residual)
    if squares <= (8.0 * _EPS) ** 2 * float(z @ z):
        squares = 0.0
    inverse = np.linalg.solve(r, np.eye(r.shape[0])) if r.size else r
    return Fit(inverse @ along, inverse.T, squares, y.size - x.shape[1])


def _weighted(
    y: FloatArray, v: FloatArray, x: FloatArray, t: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """At each t: weights (g, r), scaled residuals √w·r, leverages, and log|X'WX| (g,)."""
    w = 1.0 / (v + t[:, None])
    root_w = np.sqrt(w)
    q, r = np.linalg.qr(x * root_w[:, :, None])
    z = root_w * y
    along = np.einsum("grp,gr->gp", q, z)
    residual = z - np.einsum("grp,gp->gr", q, along)
    leverage = np.einsum("grp,grp->gr", q, q)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    return w, residual, leverage, 2.0 * np.log(diagonal).sum(axis=1)


def q_at(y: FloatArray, v: FloatArray, x: FloatArray, t: float) -> float:
    """The generalised Q with weights 1/(v + t)."""
    return fit(y, v + t, x).q


def estimate_tau2(y: FloatArray, v: FloatArray, x: FloatArray, method: Tau2Method) -> Tau2:
    """τ² of rows with variances v + τ² about x·θ; there must be more rows than columns.

    DL: (Q - df)/tr(P), P = W - WX(X'WX)⁻¹X'W (generalised DerSimonian-Laird; Jackson, White &
    Riley, Stat Med 2012;31:3805-3820), 0 where negative. ML, REML: the highest of all maxima of
    the (restricted) likelihood over τ² ≥ 0, brackets solved to machine precision.
    """
    if method == "DL":
        w, residual, leverage, _ = _weighted(y, v, x, np.zeros(1))
        trace = float((w * (1.0 - leverage)).sum())
        excess = float((residual**2).sum()) - (y.size - x.shape[1])
        return Tau2(max(0.0, excess / trace), False)
    if method not in ("ML", "REML"):
        raise ValueError(f"no estimator of the between-study variance is called {method!r}")
    restricted = method == "REML"

    def score(t: FloatArray) -> FloatArray:
        """Twice the derivative of the log-likelihood."""
        w, residual, leverage, _ = _weighted(y, v, x, t)
        spread = (w * (1.0 - leverage)) if restricted else w
        return np.asarray((w * residual**2).sum(axis=1) - spread.sum(axis=1))

    def height(t: FloatArray) -> FloatArray:
        w, residual, _, log_information = _weighted(y, v, x, t)
        value = np.log(w).sum(axis=1) - (residual**2).sum(axis=1)
        return np.asarray(value - log_information if restricted else value)

    grid = _grid(y, v, x, restricted)
    scores = score(grid)
    falls = np.flatnonzero((scores[:-1] > 0.0) & (scores[1:] <= 0.0))
    roots = [0.0] if scores[0] <= 0.0 else []
    brackets = [(float(grid[i]), float(grid[i + 1])) for i in falls]
    roots += [_root(lambda t: float(score(np.array([t]))[0]), *bracket) for bracket in brackets]
    if len(roots) == 1:
        return Tau2(roots[0], False)
    candidates = np.array(roots)
    return Tau2(float(candidates[np.argmax(height(candidates))]), True)


def _grid(y: FloatArray, v: FloatArray, x: FloatArray, restricted: bool) -> FloatArray:
    """0, then from a quarter of the smallest variance doubling up to where no maximum can lie.

    At a root of the score Σw²r² = tr(P) (ML: tr(W)). The left side is at most SS/(t + vmin)²,
    with SS the unweighted residual squares, the right side at least d/(t + vmax), with d the
    residual degrees of freedom (ML: the rows): so (t + vmin)² ≤ (SS/d)·(t + vmax).
    """
    low, high = float(v.min()), float(v.max())
    a = q_at(y, np.ones(y.size), x, 0.0) / (y.size - (x.shape[1] if restricted else 0))
    bound = (a + np.sqrt(a * (a + 4.0 * (high - low)))) / 2.0 - low
    bound = max(bound, 0.0) * (1.0 + 1e-9) + low / 4.0
    steps = int(np.ceil(np.log2(4.0 * bound / low)))
    return np.concatenate([[0.0], low / 4.0 * np.exp2(np.arange(steps + 1))])


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The root in a bracket; brackets here start at 0 or span a factor of 2."""
    return float(optimize.brentq(function, low, high, xtol=4.0 * _EPS * high, rtol=8.0 * _EPS))


def q_profile(
    y: FloatArray, v: FloatArray, x: FloatArray, level: float
) -> tuple[float, float, bool]:
    """Limits of τ²: where the generalised Q meets the quantiles of χ²; and whether that is empty.

    Viechtbauer, Stat Med 2007;26:37-52; for regression Jackson et al., BMC Med Res Methodol
    2014;14:103. An empty interval is given as 0 to 0.
    """
    df = y.size - x.shape[1]
    tail = (1.0 - level) / 2.0
    at_zero = q_at(y, v, x, 0.0)
    largest = q_at(y, np.ones(y.size), x, 0.0)  # Q(t) is at most this over t

    def limit(target: float) -> float:
        if at_zero <= target:
            return 0.0
        return _root(lambda t: q_at(y, v, x, t) - target, 0.0, largest / target)

    upper, lower = float(special.chdtri(df, tail)), float(special.chdtri(df, 1.0 - tail))
    return limit(upper), limit(lower), at_zero < lower
