"""Effect sizes of two groups from their means and standard deviations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.effects._common import Effects, finite

__all__ = ["mean_difference", "smd"]


def _groups(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> tuple[FloatArray, ...]:
    arrays = np.broadcast_arrays(*(floats(values) for values in (m1, sd1, n1, m2, sd2, n2)))
    if any(np.any(array < 0) for array in (arrays[1], arrays[2], arrays[4], arrays[5])):
        raise ValueError("standard deviations and sizes must not be negative")
    return tuple(arrays)


def mean_difference(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> Effects:
    """Difference of means with variance sd1²/n1 + sd2²/n2 (variances not pooled).

    NaN for an empty group. Raises ValueError for negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return finite(m1 - m2, sd1**2 / n1 + sd2**2 / n2)


def _hedges_correction(m: FloatArray) -> FloatArray:
    """J(m) for m >= 2; for large m by the series of log Γ(w + 1/2)/Γ(w), where Γ would lose digits.

    The series' first omitted term is below 1e-14 from w = 20 on.
    """
    w = (m - 1.0) / 2.0
    x = 1.0 / np.maximum(w, 20.0)
    series = x * (-1 / 8 + x**2 * (1 / 192 + x**2 * (-1 / 640 + x**2 * (17 / 14336))))
    small = np.minimum(w, 20.0)
    ratio = special.gamma(small + 0.5) / (special.gamma(small) * np.sqrt(small))
    return np.asarray(np.where(w < 20.0, ratio, np.exp(series)) * np.sqrt(w / (w + 0.5)))


def smd(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
) -> Effects:
    """Standardised mean difference, Hedges' g with the exact correction (Hedges 1981).

    g = J·(m1 - m2)/sd, sd pooled over both groups, J = Γ(m/2) / (√(m/2)·Γ((m-1)/2)), m = n1+n2-2;
    variance in large samples 1/n1 + 1/n2 + g²/(2(n1+n2)) (metafor's vtype "LS").
    NaN where it is not defined: an empty group, fewer than four in all, a pooled sd of 0. Raises
    ValueError for negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    freedom = n1 + n2 - 2.0
    enough = freedom >= 2.0
    exact = _hedges_correction(np.where(enough, freedom, 2.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pooled = np.sqrt(((n1 - 1.0) * sd1**2 + (n2 - 1.0) * sd2**2) / freedom)
        g = np.where(enough, exact, np.nan) * (m1 - m2) / pooled
        return finite(g, 1.0 / n1 + 1.0 / n2 + g**2 / (2.0 * (n1 + n2)))
