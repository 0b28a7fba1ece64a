"""What the effect sizes share: estimates with variances, the printed scale, Wald intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats.intervals import Interval

__all__ = ["Effects", "back_transform", "finite", "is_ratio", "only", "wald_interval"]

_RATIOS = ("OR", "RR", "PETO")


class Effects(NamedTuple):
    """Estimates and sampling variances, arrays of one shape."""

    yi: FloatArray
    vi: FloatArray


def is_ratio(measure: str) -> bool:
    """Whether estimates of the measure are held as natural logarithms."""
    return measure in _RATIOS


def finite(yi: FloatArray, vi: FloatArray) -> Effects:
    return only(np.isfinite(yi) & np.isfinite(vi), yi, vi)


def only(usable: BoolArray, yi: FloatArray, vi: FloatArray) -> Effects:
    """The effects that are usable, NaN for the others."""
    if usable.all():
        return Effects(yi, vi)
    return Effects(np.where(usable, yi, np.nan), np.where(usable, vi, np.nan))


def back_transform(measure: str, x: npt.ArrayLike) -> FloatArray:
    """The number as printed: exp(x) for OR, RR and PETO, x itself for every other measure."""
    values = floats(x)
    if not is_ratio(measure):
        return values
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(values))


def wald_interval(yi: npt.ArrayLike, vi: npt.ArrayLike, level: float = 0.95) -> Interval:
    """yi ± z·√vi on the scale of `yi`; NaN where `vi` is negative or missing."""
    estimate, variance = np.broadcast_arrays(floats(yi), floats(vi))
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    half = z * np.sqrt(np.where(variance >= 0, variance, np.nan))
    return Interval(estimate - half, estimate + half)
