"""Effect sizes of two independent groups from their means and standard deviations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.effects._common import Effects, finite, one_of, only
from trialweave.stats.effects._hedges import (
    approximate_correction,
    exact_correction,
    log_exact_correction,
)

__all__ = [
    "BiasCorrection",
    "SmdVariance",
    "mean_difference",
    "ratio_of_means",
    "smd",
    "smd_by_second_sd",
    "smd_unequal_sds",
]

BiasCorrection = Literal["exact", "approximate", "none"]
SmdVariance = Literal["LS", "LS2", "UB", "AV", "RevMan"]


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
    *,
    pooled: bool = False,
) -> Effects:
    """Difference of means with variance sd1²/n1 + sd2²/n2.

    With `pooled` the variance is sd²·(1/n1 + 1/n2), sd pooled over both groups: what Student's t
    assumes, metafor's vtype "HO", meta's `pooledvar`; it needs three patients in all.
    NaN for an empty group. Raises ValueError for negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if pooled:
            vi = _pooled_sd(sd1, n1, sd2, n2) ** 2 * (1.0 / n1 + 1.0 / n2)
        else:
            vi = sd1**2 / n1 + sd2**2 / n2
        return finite(m1 - m2, vi)


def _pooled_sd(sd1: FloatArray, n1: FloatArray, sd2: FloatArray, n2: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(((n1 - 1.0) * sd1**2 + (n2 - 1.0) * sd2**2) / (n1 + n2 - 2.0)))


def bias_factor(correction: BiasCorrection, freedom: FloatArray) -> FloatArray:
    """What d is multiplied by; NaN below two degrees of freedom."""
    one_of(correction, BiasCorrection, "correction of the bias")
    enough = freedom >= 2.0
    inner = np.where(enough, freedom, 2.0)
    if correction == "exact":
        factor = exact_correction(inner)
    elif correction == "approximate":
        factor = approximate_correction(inner)
    else:
        factor = np.ones_like(inner)
    return np.asarray(np.where(enough, factor, np.nan))


def smd(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    correction: BiasCorrection = "exact",
    variance: SmdVariance = "LS",
) -> Effects:
    """Standardised mean difference; by default Hedges' g with the exact correction.

    d = (m1 - m2)/sd with sd pooled over both groups on m = n1 + n2 - 2 degrees of freedom, and
    g = J·d (Hedges, J Educ Stat 1981;6:107-128). `correction`: "exact"
    J = Γ(m/2)/(√(m/2)·Γ((m-1)/2)); "approximate" J = 1 - 3/(4m - 1); "none" J = 1 (Cohen's d).

    `variance`, with N = n1 + n2, is 1/n1 + 1/n2 plus (metafor's names of vtype but the last)
    "LS" g²/(2N), for large samples;
    "LS2" the like in d, J²·(1/n1 + 1/n2 + d²/(2N)) in all (Borenstein 2009);
    "UB" (1 - (m - 2)/(m·J²))·g² with the exact J and the exact g, unbiased (Hedges 1983; White &
    Thomas, Clin Trials 2005;2:141-151); R's meta has it by default, for Cohen's d too;
    "AV" ḡ²/(2N), where ḡ is the mean of g over the last axis, weighted with N;
    "RevMan" g²/(2(N - 3.94)), with "approximate" what RevMan 5 and meta's `exact.smd = FALSE` give.

    NaN where it is not defined: an empty group, fewer than four in all ("UB": five), a pooled sd of
    0. Raises ValueError for unknown choices, negative standard deviations or sizes.
    """
    one_of(variance, SmdVariance, "variance")
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    freedom, total = n1 + n2 - 2.0, n1 + n2
    factor = bias_factor(correction, freedom)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        d = (m1 - m2) / _pooled_sd(sd1, n1, sd2, n2)
        g = factor * d
        spread = 1.0 / n1 + 1.0 / n2
        if variance == "LS":
            vi = spread + g**2 / (2.0 * total)
        elif variance == "LS2":
            vi = factor**2 * (spread + d**2 / (2.0 * total))
        elif variance == "UB":
            vi = spread + _unbiased(freedom) * d**2
        elif variance == "AV":
            vi = spread + _mean_over_studies(g, total) ** 2 / (2.0 * total)
        else:
            vi = spread + g**2 / (2.0 * (total - 3.94))
        return finite(g, vi)


def _unbiased(freedom: FloatArray) -> FloatArray:
    """J² - (m - 2)/m, through logarithms so that no digits cancel; NaN up to m = 2."""
    enough = freedom > 2.0
    m = np.where(enough, freedom, 3.0)
    twice = 2.0 * log_exact_correction(m)
    share = np.log1p(-2.0 / m)
    return np.asarray(np.where(enough, np.exp(share) * np.expm1(twice - share), np.nan))


def _mean_over_studies(g: FloatArray, total: FloatArray) -> FloatArray:
    """The mean of g over the last axis, weighted with the sizes, studies without g left out."""
    weights = np.where(np.isfinite(g), total, 0.0)
    values = np.where(np.isfinite(g), g, 0.0)
    axis = -1 if g.ndim else None
    mean = (weights * values).sum(axis, keepdims=True) / weights.sum(axis, keepdims=True)
    return np.asarray(np.where(np.isfinite(g), mean, np.nan))


def smd_unequal_sds(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    correction: BiasCorrection = "exact",
) -> Effects:
    """Standardised mean difference by the root of the averaged variances (metafor's "SMDH").

    g = J·(m1 - m2)/s with s² = (sd1² + sd2²)/2 and J as in `smd` on n1 + n2 - 2; variance
    (sd1²/(n1-1) + sd2²/(n2-1))/s² + g²·(sd1⁴/(n1-1) + sd2⁴/(n2-1))/(8s⁴)
    (Bonett, Psychol Methods 2008;13:99-109, and 2009;14:225-238), as metafor 5 has it; metafor 3
    multiplied it by J². For standard deviations that differ between the groups. NaN for a group of
    one or none and for s = 0; errors as in `smd`.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    factor = bias_factor(correction, n1 + n2 - 2.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        average = (sd1**2 + sd2**2) / 2.0
        g = factor * (m1 - m2) / np.sqrt(average)
        spread = (sd1**2 / (n1 - 1.0) + sd2**2 / (n2 - 1.0)) / average
        fourth = (sd1**4 / (n1 - 1.0) + sd2**4 / (n2 - 1.0)) / (8.0 * average**2)
        vi = spread + g**2 * fourth
        return only((n1 > 1) & (n2 > 1) & np.isfinite(g) & np.isfinite(vi), g, vi)


def smd_by_second_sd(
    m1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    correction: BiasCorrection = "exact",
) -> Effects:
    """Glass's Δ: the mean difference by the second (control) group's standard deviation.

    J·(m1 - m2)/sd2, J as in `smd` on n2 - 1 degrees of freedom (Glass, Educ Res 1976;5:3-8;
    Hedges 1981). Variance 1/n1 + 1/n2 + Δ²/(2·n2), metafor's "SMD1"; without correction the last
    denominator is 2·(n2 - 1), as in R's meta (`method.smd = "Glass"`). NaN for an empty first
    group, fewer than three in the second, and sd2 = 0; errors as in `smd`.
    """
    m1, _, n1, m2, sd2, n2 = _groups(m1, 0.0, n1, m2, sd2, n2)
    factor = bias_factor(correction, n2 - 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        delta = factor * (m1 - m2) / sd2
        freedom = n2 - 1.0 if correction == "none" else n2
        return finite(delta, 1.0 / n1 + 1.0 / n2 + delta**2 / (2.0 * freedom))


def ratio_of_means(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    correct: bool = False,
) -> Effects:
    """Log ratio of means, log(m1/m2), with variance e1 + e2, where e = sd²/(n·m²).

    Source: Hedges, Gurevitch & Curtis, Ecology 1999;80:1150-1156. With `correct` the estimate gets
    (e1 - e2)/2 more, which removes its bias to second order (Lajeunesse, Ecology
    2015;96:2056-2063). That is the default of metafor since version 5; metafor 4, meta and this
    function leave it out unless asked.

    Both means above 0 or both below; NaN otherwise, and for an empty group. Raises ValueError for
    negative standard deviations or sizes.
    """
    m1, sd1, n1, m2, sd2, n2 = _groups(m1, sd1, n1, m2, sd2, n2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = sd1**2 / (n1 * m1**2), sd2**2 / (n2 * m2**2)
        yi = np.log(m1 / m2) + (0.5 * (first - second) if correct else 0.0)
        vi = first + second
        return finite(yi, vi)
