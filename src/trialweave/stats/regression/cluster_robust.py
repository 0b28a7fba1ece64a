"""Cluster-robust variance of regression coefficients, for few clusters too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.regression._tests import Coefficients, coefficients
from trialweave.stats.regression.design import NotEstimable
from trialweave.stats.regression.mixed_effects import Regression
from trialweave.stats.regression.multilevel import Multilevel

__all__ = ["ClusterRobust", "cluster_robust"]

Kind = Literal["CR0", "CR1", "CR1p", "CR2"]
Freedom = Literal["Satterthwaite", "m-p"]

_RANK = 1e-12  # of the largest eigenvalue: what is less is rounding
_FEW = 4.0  # Tipton, Psychological Methods 2015;20:375-393: below this P is too small


@dataclass(frozen=True, eq=False)
class ClusterRobust:
    """Coefficients with robust standard errors, each with its own degrees of freedom.

    `covariance` (p, p) is the robust one, from `clusters` clusters.
    """

    kind: Kind
    freedom: Freedom
    clusters: int
    level: float
    coefficients: Coefficients
    covariance: FloatArray
    notes: tuple[str, ...]


def cluster_robust(
    fitted: Regression | Multilevel,
    cluster: Sequence[object],
    *,
    kind: Kind = "CR2",
    freedom: Freedom = "Satterthwaite",
    level: float | None = None,
) -> ClusterRobust | NotEstimable:
    """Standard errors that hold even where the model's covariance is wrong within clusters.

    `cluster` has a label for each estimate given to the model (those left out may be None); what
    depends on each other in the model must share a cluster. With the residuals e_i of cluster i,
    W = Σ⁻¹ and M = (X'WX)⁻¹ the covariance is M Σ X_i'W_i A_i e_i e_i' A_i'W_i X_i M, where
    "CR0" has A = I; "CR1" and "CR1p" multiply that by m/(m-1) and m/(m-p) for m clusters; "CR2"
    has the A that makes it unbiased where the model is right: A_i = D_i'B_i^(-1/2)D_i with
    Σ_i = D_i'D_i and B_i = D_i(Σ_i - X_i M X_i')D_i' (Bell & McCaffrey, Survey Methodology
    2002;28:169-181; Tipton 2015; Pustejovsky & Tipton, Journal of Business & Economic Statistics
    2018;36:672-683). `freedom` "Satterthwaite" gives each coefficient the degrees of freedom at
    which t has the moments of its test under the model; "m-p" is simpler, and too many for few or
    unequal clusters (Hedges, Tipton & Johnson, Research Synthesis Methods 2010;1:39-65).

    Gives `NotEstimable` for fewer clusters than p + 1, and for clusters that the model ties
    together. Raises ValueError for misuse.
    """
    for value, allowed in ((kind, Kind), (freedom, Freedom)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown kind {value!r}; there are {get_args(allowed)}")
    labels = list(cluster)
    used = fitted.used
    if len(labels) != used.size:
        raise ValueError(f"{len(labels)} clusters for {used.size} estimates")
    kept = [label for label, inside in zip(labels, used, strict=True) if inside]
    if any(one is None or (isinstance(one, float) and np.isnan(one)) for one in kept):
        raise ValueError("the cluster of an estimate is missing")
    distinct = {label: i for i, label in enumerate(dict.fromkeys(kept))}
    place = np.array([distinct[label] for label in kept])
    m, p = len(distinct), fitted.p
    names = fitted.design.names
    if m <= p:
        note = f"Clusters: {m} are too few for coefficients: {p}. At least {p + 1} are needed."
        return NotEstimable("too few clusters", note, names, fitted.k, p)
    y, x, total = _marginal(fitted)
    if np.any((total != 0.0) & (place[:, None] != place)):
        note = "The model lets estimates of different clusters depend on each other."
        return NotEstimable("dependent clusters", note, names, fitted.k, p)
    share = fitted.level if level is None else level
    return _robust(y, x, total, [place == i for i in range(m)], names, kind, freedom, share)


def _marginal(fitted: Regression | Multilevel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Effects, design and covariance of the estimates used."""
    if isinstance(fitted, Multilevel):
        return fitted.y, fitted.x, fitted.marginal
    used = fitted.used
    return fitted.y[used], fitted.design.x[used], np.diag(fitted.v[used] + fitted.tau2)


def _robust(
    y: FloatArray,
    x: FloatArray,
    total: FloatArray,
    clusters: list[BoolArray],
    names: tuple[str, ...],
    kind: Kind,
    freedom: Freedom,
    level: float,
) -> ClusterRobust:
    m, p = len(clusters), x.shape[1]
    # units near 1, so that squares of variances neither overflow nor vanish
    unit = float(np.exp2(np.round(np.log2(np.median(np.diag(total))) / 2.0)))
    columns = np.exp2(np.round(np.log2(np.max(np.abs(x), axis=0))))
    y, x, total = y / unit, x / columns, total / unit**2
    blocks = [total[np.ix_(one, one)] for one in clusters]
    roots = [floats(np.linalg.cholesky(block)) for block in blocks]  # D = root'
    white = [
        np.linalg.solve(root, np.column_stack([x[one], y[one]]))
        for root, one in zip(roots, clusters, strict=True)
    ]
    stacked = np.concatenate(white)
    basis, triangle = np.linalg.qr(stacked[:, :p])
    bread = floats(np.linalg.inv(triangle))
    b = bread @ (basis.T @ stacked[:, p])
    scores = np.zeros((m, p))  # of each cluster, for each coefficient
    weights = []  # u_i with score_i = u_i' e_i, (n_i, p)
    deficient = False
    for i, (one, root, block) in enumerate(zip(clusters, roots, blocks, strict=True)):
        residual = y[one] - x[one] @ b
        pull = np.linalg.solve(block, x[one]) @ bread @ bread.T  # W_i X_i M
        if kind == "CR2":
            adjust, short = _adjustment(root, block, x[one] @ bread)
            deficient |= short
            pull = adjust.T @ pull
        scores[i] = pull.T @ residual
        weights.append(pull)
    covariance = scores.T @ scores * {"CR1": m / (m - 1), "CR1p": m / (m - p)}.get(kind, 1.0)
    if freedom == "m-p":
        df = np.full(p, float(m - p))
    else:
        df = _satterthwaite(weights, blocks, [floats(x[one] @ bread) for one in clusters], p)
    back = unit / columns
    notes = []
    if freedom == "Satterthwaite" and np.any(df < _FEW):
        few = ", ".join(name for name, one in zip(names, df, strict=True) if one < _FEW)
        notes.append(f"Fewer than four degrees of freedom ({few}): P may be far too small.")
    if deficient:
        notes.append(
            "A cluster determines a coefficient alone, so its residuals say nothing about it: "
            "there the adjustment is a generalised inverse."
        )
    covariance = covariance * np.outer(back, back)
    tested = coefficients(names, b * back, covariance, df, level)
    return ClusterRobust(kind, freedom, m, level, tested, covariance, tuple(notes))


def _adjustment(root: FloatArray, block: FloatArray, half: FloatArray) -> tuple[FloatArray, bool]:
    """A_i of CR2, and whether it rests on a generalised inverse; `half` is X_i times M's root."""
    values, axes = np.linalg.eigh(root.T @ (block - half @ half.T) @ root)
    largest = float(np.linalg.eigvalsh(root.T @ block @ root)[-1])
    kept = values > _RANK * largest
    power = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return root @ ((axes * power) @ axes.T) @ root.T, bool(not kept.all())


def _satterthwaite(
    weights: list[FloatArray], blocks: list[FloatArray], halves: list[FloatArray], p: int
) -> FloatArray:
    """(Σ Γ_ii)² / ΣΣ Γ_ij², where Γ is the covariance of the clusters' scores under the model."""
    own = np.array(
        [np.einsum("np,nl,lp->p", u, block, u) for u, block in zip(weights, blocks, strict=True)]
    )
    shared = np.array([u.T @ half for u, half in zip(weights, halves, strict=True)])  # (m, p, p)
    df = np.empty(p)
    for j in range(p):
        gamma = np.diag(own[:, j]) - shared[:, j] @ shared[:, j].T
        squares = float((gamma**2).sum())
        df[j] = np.trace(gamma) ** 2 / squares if squares > 0.0 else np.nan
    return df
