"""Confidence intervals of one proportion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one

__all__ = ["Interval", "clopper_pearson", "wilson"]


class Interval(NamedTuple):
    """Lower and upper limits, arrays of one shape."""

    low: FloatArray
    high: FloatArray


def _checked(x: npt.ArrayLike, n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    events, size = np.broadcast_arrays(floats(x), floats(n))
    if np.any(events < 0) or np.any(size < 0) or np.any(np.isinf(size)):
        raise ValueError("events and sizes must be finite and not negative")
    if np.any(events > size):
        raise ValueError("more events than patients")
    return events, size


def clopper_pearson(x: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Exact ("Clopper-Pearson") interval of a proportion, `x` events of `n`.

    Inverts the two one-sided binomial tests (Clopper & Pearson, Biometrika 1934;26:404-413) with
    quantiles of the beta distribution. `x` and `n` broadcast; limits are proportions. Nobody
    observed (n = 0) gives 0 to 1, missing numbers give NaN. Raises ValueError for x < 0, x > n.
    """
    events, size = _checked(x, n)
    tail = (1.0 - proportion_of_one(level)) / 2.0
    missing = np.isnan(events) | np.isnan(size)
    none, full = ~(events > 0), ~(events < size)
    inner = np.where(none, 1.0, events)
    low = special.betaincinv(inner, np.where(none, 1.0, size - inner + 1.0), tail)
    inner = np.where(full, 0.0, events)
    high = special.betainccinv(inner + 1.0, np.where(full, 1.0, size - inner), tail)
    return Interval(
        np.where(missing, np.nan, np.where(none, 0.0, low)),
        np.where(missing, np.nan, np.where(full, 1.0, high)),
    )


def wilson(x: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson, JASA 1927;22:209-212), no continuity correction.

    Arguments and errors as for `clopper_pearson`.
    """
    events, size = _checked(x, n)
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    nobody = size == 0
    n_safe = np.where(nobody, 1.0, size)
    share = events / n_safe
    centre = (events + z * z / 2.0) / (n_safe + z * z)
    half = z * np.sqrt(n_safe * share * (1.0 - share) + z * z / 4.0) / (n_safe + z * z)
    low = np.where(nobody | (events == 0), 0.0, centre - half)
    high = np.where(nobody | (events == size), 1.0, centre + half)
    missing = np.isnan(events) | np.isnan(size)
    return Interval(np.where(missing, np.nan, low), np.where(missing, np.nan, high))
