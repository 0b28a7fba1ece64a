"""How much the effects differ: I² and H² from Cochran's Q, with Higgins and Thompson's limits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one

__all__ = ["Inconsistency", "inconsistency"]


class Inconsistency(NamedTuple):
    """H² and I² (percent) with limits; shaped like Q."""

    h2: FloatArray
    h2_low: FloatArray
    h2_high: FloatArray
    i2: FloatArray
    i2_low: FloatArray
    i2_high: FloatArray


def inconsistency(q: npt.ArrayLike, k: npt.ArrayLike, level: float = 0.95) -> Inconsistency:
    """I² and H² of k studies from Cochran's Q, with test-based limits.

    H² = Q/(k - 1), I² = 100·(H² - 1)/H², and 0 where H² < 1: the definition of RevMan 5 and of R's
    meta. `pool` gives the other one, in which τ² is set beside a typical variance; the two agree
    for the DerSimonian-Laird estimator only. The limits are those of ln H ± z·se, with
    se = ½(ln Q - ln(k - 1))/(√(2Q) - √(2k - 3)) where Q > k, else
    √((1 - 1/(3(k - 2)²))/(2(k - 2))), cut off at H² = 1 (Higgins JPT, Thompson SG. Quantifying
    heterogeneity in a meta-analysis. Stat Med 2002;21:1539-1558).

    NaN: everything for k < 2 or Q missing; the limits for k = 2 and Q ≤ 2, where the second formula
    is not defined. Raises ValueError for a negative Q and for a level outside 0 to 1.
    """
    q, k = np.broadcast_arrays(floats(q), floats(k))
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    if (q < 0.0).any():
        raise ValueError(f"Cochran's Q must not be negative: {np.nanmin(q):g}")
    q = np.where(k >= 2.0, q, np.nan)
    df = np.where(k >= 2.0, k - 1.0, np.nan)
    h2 = q / df
    with np.errstate(divide="ignore", invalid="ignore"):
        large = 0.5 * (np.log(q) - np.log(df)) / (np.sqrt(2.0 * q) - np.sqrt(2.0 * df - 1.0))
        small = np.sqrt((1.0 - 1.0 / (3.0 * (df - 1.0) ** 2)) / (2.0 * (df - 1.0)))
    error = np.where(q > k, large, np.where(df > 1.0, small, np.nan))
    # below 1, H² counts as 1: less heterogeneity than none there is not
    h2 = np.maximum(h2, 1.0)
    low = np.maximum(h2 * np.exp(-2.0 * z * error), 1.0)
    high = h2 * np.exp(2.0 * z * error)
    shares = (100.0 * (value - 1.0) / value for value in (h2, low, high))
    return Inconsistency(h2, low, high, *shares)
