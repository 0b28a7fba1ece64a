"""What single studies do to a pooled effect: one left out, one added, how far each stands out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.pooling import Method, Pooled, pool

__all__ = [
    "Baujat",
    "Influence",
    "Shrunken",
    "baujat",
    "cumulative",
    "influence",
    "leave_one_out",
    "shrunken",
]


class Influence(NamedTuple):
    """Diagnostics of each study, arrays of shape (k,); NaN for studies that are not pooled.

    `residual` is the externally studentised residual, `hat` the study's weight as a share, `tau2`
    and `q` what is left without it. `influential` says which study one of the usual limits marks:
    |DFFITS| > 3·√(1/(k-1)), Cook's distance beyond the median of χ² with 1 degree of freedom,
    hat > 3/k, |DFBETAS| > 1. `notes` say what cannot be computed.
    """

    residual: FloatArray
    dffits: FloatArray
    cook: FloatArray
    covariance_ratio: FloatArray
    dfbetas: FloatArray
    hat: FloatArray
    tau2: FloatArray
    q: FloatArray
    influential: BoolArray
    notes: tuple[str, ...]


class Baujat(NamedTuple):
    """Of each study its share in Q and its squared, standardised influence on the pooled effect."""

    heterogeneity: FloatArray
    influence: FloatArray


class Shrunken(NamedTuple):
    """Empirical Bayes estimates of the studies' own effects with standard errors."""

    estimate: FloatArray
    se: FloatArray


def _pair(yi: npt.ArrayLike, vi: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must be one list each")
    usable = np.isfinite(y) & np.isfinite(v) & (v > 0)
    return np.where(usable, y, np.nan), np.where(usable, v, np.nan)


def leave_one_out(yi: npt.ArrayLike, vi: npt.ArrayLike, **options: Any) -> Pooled:
    """The pooled effect without each study in turn: arrays of shape (k,), in the studies' order.

    All fits are one call of `stats.pooling.pool`, which takes `options`. Where a study has no
    usable effect, its row is the fit of all others, as for every study without influence. Raises
    ValueError as `pool`, and where the effects are not one list.
    """
    y, v = _pair(yi, vi)
    out = np.eye(y.size, dtype=bool)
    return pool(np.where(out, np.nan, y), np.where(out, np.nan, v), **options)


def cumulative(
    yi: npt.ArrayLike, vi: npt.ArrayLike, order: npt.ArrayLike | None = None, **options: Any
) -> Pooled:
    """The pooled effect as studies arrive: row i pools the first i + 1 of them.

    `order` gives a number for each study, such as its year; equal numbers, and no `order`, keep
    the order of the list; studies without a number come last. The rows are in order of arrival
    (`numpy.argsort(order, kind="stable")` gives which study each one adds). `options` are those of
    `stats.pooling.pool`. Raises ValueError as `leave_one_out`. Source: Lau et al., N Engl J Med
    1992;327:248-254.
    """
    y, v = _pair(yi, vi)
    if order is not None:
        numbers = floats(order)
        if numbers.shape != y.shape:
            raise ValueError(f"the order {numbers.shape} must have a number for each study")
        arrival = np.argsort(numbers, kind="stable")
        y, v = y[arrival], v[arrival]
    later = np.triu(np.ones((y.size, y.size), dtype=bool), 1)
    return pool(np.where(later, np.nan, y), np.where(later, np.nan, v), **options)


def influence(yi: npt.ArrayLike, vi: npt.ArrayLike, *, tau2: Method = "REML") -> Influence:
    """Deletion diagnostics of a random-effects model (Viechtbauer & Cheung, Res Synth Methods
    2010;1:112-125), for effects and variances of shape (k,).

    With μ₍₋ᵢ₎, τ²₍₋ᵢ₎ of the fit without study i: residual (yᵢ - μ₍₋ᵢ₎)/√(vᵢ + τ²₍₋ᵢ₎ + V(μ₍₋ᵢ₎));
    DFFITS (μ - μ₍₋ᵢ₎)/√(hᵢ(vᵢ + τ²₍₋ᵢ₎)); Cook's distance (μ - μ₍₋ᵢ₎)²/V(μ); covariance ratio
    V(μ₍₋ᵢ₎)/V(μ); DFBETAS (μ - μ₍₋ᵢ₎)/√V with V that of all studies under τ²₍₋ᵢ₎. Everything is
    NaN, and said, for fewer than three usable studies. Raises ValueError as `leave_one_out`.
    """
    y, v = _pair(yi, vi)
    whole = pool(y, v, tau2=tau2, interval="Wald", tau2_interval=False)
    less = leave_one_out(y, v, tau2=tau2, interval="Wald", tau2_interval=False)
    k, used = int(whole.k), np.isfinite(y)
    if k < 3:
        nothing = np.full(y.size, np.nan)
        note = f"Diagnostics of single studies need three studies; there {_are(k)}."
        return Influence(*(nothing,) * 8, np.zeros(y.size, dtype=bool), (note,))
    shift = np.where(used, float(whole.estimate) - less.estimate, np.nan)
    total = np.where(used, v + less.tau2, np.nan)
    hat = whole.weights / 100.0
    variance = float(whole.se) ** 2
    all_less = np.nansum(1.0 / (v[None, :] + less.tau2[:, None]), axis=1)
    dffits = shift / np.sqrt(hat * total)
    cook = shift**2 / variance
    dfbetas = shift * np.sqrt(all_less)
    marked = (
        (np.abs(dffits) > 3.0 * np.sqrt(1.0 / (k - 1.0)))
        | (cook > special.chdtri(1.0, 0.5))
        | (hat > 3.0 / k)
        | (np.abs(dfbetas) > 1.0)
    )
    return Influence(
        residual=(y - less.estimate) / np.sqrt(total + less.se**2),
        dffits=dffits,
        cook=cook,
        covariance_ratio=np.where(used, less.se**2 / variance, np.nan),
        dfbetas=dfbetas,
        hat=hat,
        tau2=np.where(used, less.tau2, np.nan),
        q=np.where(used, less.q, np.nan),
        influential=np.asarray(marked & used),
        notes=whole.notes if k < y.size else (),
    )


def _are(k: int) -> str:
    return "is 1" if k == 1 else f"are {k}"


def baujat(yi: npt.ArrayLike, vi: npt.ArrayLike) -> Baujat:
    """The coordinates of Baujat's plot, arrays of shape (k,), under a common effect.

    Across, each study's term (yᵢ - μ)²/vᵢ of Cochran's Q; upwards (μ - μ₍₋ᵢ₎)²/V(μ₍₋ᵢ₎) (Baujat et
    al., Stat Med 2002;21:2641-2652). NaN for studies without a usable effect, and for fewer than
    two. Raises ValueError as `leave_one_out`.
    """
    y, v = _pair(yi, vi)
    whole = pool(y, v, tau2="CE")
    less = leave_one_out(y, v, tau2="CE")
    share = (y - float(whole.estimate)) ** 2 / v
    moved = (float(whole.estimate) - less.estimate) ** 2 / less.se**2
    usable = np.isfinite(y) & (int(whole.k) > 1)
    return Baujat(np.where(usable, share, np.nan), np.where(usable, moved, np.nan))


def shrunken(yi: npt.ArrayLike, vi: npt.ArrayLike, *, tau2: Method = "REML") -> Shrunken:
    """Each study's own effect, drawn towards the pooled one (best linear unbiased predictions).

    λᵢyᵢ + (1 - λᵢ)μ with λᵢ = τ²/(τ² + vᵢ), variance λᵢvᵢ + (1 - λᵢ)²V(μ) (Raudenbush & Bryk,
    J Educ Stat 1985;10:75-98). NaN for studies without a usable effect. Raises ValueError as
    `pool`.
    """
    y, v = _pair(yi, vi)
    whole = pool(y, v, tau2=tau2, interval="Wald", tau2_interval=False)
    between = float(whole.tau2) if int(whole.k) > 1 else 0.0
    share = between / (between + v)
    mean, variance = float(whole.estimate), float(whole.se) ** 2
    return Shrunken(
        share * y + (1.0 - share) * mean, np.sqrt(share * v + (1.0 - share) ** 2 * variance)
    )
