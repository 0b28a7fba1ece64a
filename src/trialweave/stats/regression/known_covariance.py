"""Sampling covariances within studies that were not reported, from an assumed correlation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats

__all__ = ["assumed_covariance"]


def assumed_covariance(
    vi: npt.ArrayLike,
    cluster: Sequence[object],
    correlation: float | None = None,
    *,
    group: Sequence[object] | None = None,
    between: float | None = None,
    time: npt.ArrayLike | None = None,
    autocorrelation: float | None = None,
) -> FloatArray:
    """The covariance matrix (k, k) of estimates with variances `vi`, related within their cluster.

    Two estimates of one cluster (several outcomes, arms or times of one trial) have the covariance
    r·√(v_i v_j), those of different clusters none. r is `correlation`; with a `group` for each
    estimate (say, its outcome) it is `correlation` within a group and `between` otherwise; with a
    `time` for each it is multiplied by `autocorrelation` to the power |t_i - t_j| (`correlation`
    is then 1 unless given). A missing variance gives NaN in its row and column.
    For the model of correlated and hierarchical effects use it with `nested` and `cluster_robust`
    (Pustejovsky & Tipton, Prevention Science 2022;23:425-438), and try several correlations.

    Raises ValueError for correlations outside -1 to 1 (autocorrelation 0 to 1), values missing for
    some estimates, and correlations that no set of estimates can have (the matrix of a cluster
    must be positive definite).
    """
    v = floats(vi)
    if v.ndim != 1 or len(cluster) != v.size:
        raise ValueError("a variance and a cluster are needed for each estimate")
    if np.any(v < 0.0):
        raise ValueError("a variance is negative")
    if (group is None) != (between is None) or (time is None) != (autocorrelation is None):
        raise ValueError("group goes with between, and time with autocorrelation")
    if correlation is None:
        if time is None:
            raise ValueError("an assumed correlation is needed")
        correlation = 1.0
    r = np.full((v.size, v.size), _checked(correlation, -1.0))
    if group is not None and between is not None:
        r = np.where(_same(group, v.size), r, _checked(between, -1.0))
    if time is not None and autocorrelation is not None:
        t = floats(time)
        if t.shape != v.shape or not np.all(np.isfinite(t)):
            raise ValueError("a time is needed for each estimate")
        r = r * _checked(autocorrelation, 0.0) ** np.abs(t[:, None] - t)
    together = _same(cluster, v.size)
    r = np.where(together, r, 0.0)
    np.fill_diagonal(r, 1.0)
    for row in np.unique(together, axis=0):
        if np.linalg.eigvalsh(r[np.ix_(row, row)])[0] <= 1e-12:
            raise ValueError(
                "no estimates can have these correlations: the matrix of a cluster would not be "
                "positive definite"
            )
    size = np.sqrt(v)
    covariance = np.where(r == 0.0, 0.0, r * np.outer(size, size))
    np.fill_diagonal(covariance, v)
    return np.asarray(covariance)


def _checked(correlation: float, least: float) -> float:
    if not least <= correlation <= 1.0:
        raise ValueError(f"a correlation must lie between {least:g} and 1, not {correlation:g}")
    return float(correlation)


def _same(labels: Sequence[object], size: int) -> npt.NDArray[np.bool_]:
    if len(labels) != size or any(label is None for label in labels):
        raise ValueError("a label is needed for each estimate")
    distinct = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    place = np.array([distinct[label] for label in labels], dtype=np.int64)
    return np.asarray(place[:, None] == place)
