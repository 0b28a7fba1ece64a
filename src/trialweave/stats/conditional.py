"""The odds ratio conditional on the margins of a 2x2 table, as exact tests estimate it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray, proportion_of_one, tables

__all__ = ["ConditionalOddsRatio", "conditional_odds_ratio"]

_LARGEST = 10_000
_FARTHEST = 700.0  # of the log odds ratio; its exponential is still a number


class ConditionalOddsRatio(NamedTuple):
    """Estimate and interval on the scale of the odds ratio; 0 and infinity are possible."""

    estimate: float
    low: float
    high: float


def conditional_odds_ratio(
    a: int, n1: int, c: int, n2: int, level: float = 0.95
) -> ConditionalOddsRatio:
    """Conditional maximum likelihood estimate and exact interval of one table's odds ratio.

    Given the margins, the events in the first arm follow Fisher's noncentral hypergeometric
    distribution (Fisher, J R Stat Soc 1935;98:39-82). The estimate makes its mean the observed
    count; each limit leaves (1 - level)/2 in its tail (Cornfield, Proc 3rd Berkeley Symp
    1956;4:135-148). This is what ``fisher.test`` of R prints. NaN where the margins allow one
    table alone. Raises ValueError for impossible tables and for more than 10,000 patients.
    """
    tables(a, n1, c, n2)
    if n1 + n2 > _LARGEST:
        raise ValueError(f"the conditional odds ratio takes at most {_LARGEST:,} patients")
    tail = (1.0 - proportion_of_one(level)) / 2.0
    x = np.arange(max(0, a + c - n2), min(n1, a + c) + 1, dtype=np.float64)
    if x.size == 1:
        return ConditionalOddsRatio(math.nan, math.nan, math.nan)
    weights = -(
        special.gammaln(x + 1)
        + special.gammaln(n1 - x + 1)
        + special.gammaln(a + c - x + 1)
        + special.gammaln(n2 - (a + c) + x + 1)
    )

    def shares(log_ratio: float) -> FloatArray:
        logs = weights + x * log_ratio
        parts = np.exp(logs - logs.max())
        return np.asarray(parts / parts.sum())

    def root(excess: object) -> float:
        return math.exp(optimize.brentq(excess, -_FARTHEST, _FARTHEST, xtol=1e-12))

    lowest, highest = a == x[0], a == x[-1]
    estimate = 0.0 if lowest else math.inf if highest else root(lambda r: shares(r) @ x - a)
    low = 0.0 if lowest else root(lambda r: shares(r)[x >= a].sum() - tail)
    high = math.inf if highest else root(lambda r: shares(r)[x <= a].sum() - tail)
    return ConditionalOddsRatio(estimate, low, high)
