"""What the effect sizes share: estimates with variances, corrections, Wald intervals."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats.intervals import Interval

__all__ = [
    "CorrectedWhere",
    "Effects",
    "finite",
    "one_of",
    "only",
    "wald_interval",
    "where_corrected",
]

CorrectedWhere = Literal["only0", "all", "if0all", "none"]


class Effects(NamedTuple):
    """Estimates and sampling variances, arrays of one shape."""

    yi: FloatArray
    vi: FloatArray


def one_of(value: str, allowed: object, what: str) -> None:
    """Raise ValueError where the value is none of a Literal's."""
    if value not in get_args(allowed):
        raise ValueError(f"no {what} is called {value!r}; there are {get_args(allowed)}")


def finite(yi: FloatArray, vi: FloatArray) -> Effects:
    return only(np.isfinite(yi) & np.isfinite(vi), yi, vi)


def only(usable: BoolArray, yi: FloatArray, vi: FloatArray) -> Effects:
    """The effects that are usable, NaN for the others."""
    if usable.all():
        return Effects(yi, vi)
    return Effects(np.where(usable, yi, np.nan), np.where(usable, vi, np.nan))


def where_corrected(zero: BoolArray, add: float, to: CorrectedWhere) -> FloatArray:
    """What is added to each study: `add` where `to` says so, 0 elsewhere; `zero` marks zero cells.

    Raises ValueError for an unknown `to` and a negative or infinite `add`.
    """
    if to not in get_args(CorrectedWhere):
        raise ValueError(f"no such choice of studies to correct: {to!r}")
    if not 0.0 <= add < np.inf:
        raise ValueError(f"a correction must be finite and not negative, not {add:g}")
    if to == "all":
        where = np.ones_like(zero)
    elif to == "if0all":
        where = np.broadcast_to(np.any(zero, axis=-1, keepdims=zero.ndim > 0), zero.shape)
    else:
        where = zero & (to == "only0")
    return np.asarray(np.where(where, add, 0.0))


def wald_interval(yi: npt.ArrayLike, vi: npt.ArrayLike, level: float = 0.95) -> Interval:
    """yi ± z·√vi on the scale of `yi`; NaN where `vi` is negative or missing."""
    estimate, variance = np.broadcast_arrays(floats(yi), floats(vi))
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    half = z * np.sqrt(np.where(variance >= 0, variance, np.nan))
    return Interval(estimate - half, estimate + half)
