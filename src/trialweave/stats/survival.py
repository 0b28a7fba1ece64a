"""A bound for log-rank tests that cannot be re-computed because the times are not given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, tables

__all__ = ["LogRankBound", "logrank_most_favourable"]

_SUMMED = 100_000  # up to here 1/N + ... is summed term by term


class LogRankBound(NamedTuple):
    """Chi-square statistic with one degree of freedom, and its two-sided P."""

    statistic: FloatArray
    p: FloatArray


def _inverse_sums(largest: int, terms: int) -> tuple[float, float]:
    """Sums of 1/m and 1/m^2 over the `terms` integers m = largest, largest - 1, ..."""
    if terms <= _SUMMED:
        inverse = 1.0 / np.arange(largest, largest - terms, -1, dtype=np.float64)
        return float(inverse.sum()), float(inverse @ inverse)
    low, high = largest - terms + 1.0, largest + 1.0
    return (
        float(special.digamma(high) - special.digamma(low)),
        float(special.polygamma(1, low) - special.polygamma(1, high)),
    )


def _one_after_the_other(first: int, n_first: int, second: int, n_second: int) -> float:
    """Log-rank chi-square when every death of one arm comes before every death of the other."""
    total = n_first + n_second
    # While the first arm dies, the other's number at risk stays; e is the other arm's share.
    sum1, sum2 = _inverse_sums(total, first)
    expected_second = n_second * sum1
    variance = n_second * sum1 - n_second**2 * sum2
    left = n_first - first
    sum1, sum2 = _inverse_sums(total - first, second)
    expected_second += second - left * sum1
    variance += left * sum1 - left**2 * sum2
    if not variance > 0.0:
        return np.nan
    return (second - expected_second) ** 2 / variance


def logrank_most_favourable(
    a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> LogRankBound:
    """The log-rank test most favourable to a difference between `a` deaths of `n1` and `c` of `n2`.

    Every death in one arm precedes every death in the other, all survivors are censored at the
    end and no two deaths coincide; of the two orders the one with the larger chi-square counts
    (normally the one in which the worse arm dies first). No other order of the same deaths under
    complete follow-up has a larger Mantel-Haenszel log-rank chi-square (Mantel, Cancer
    Chemother Rep 1966;50:163-170). Early censoring of survivors, stratified, weighted or adjusted
    tests are not covered by the bound.

    Arguments broadcast. NaN where it is undefined: no deaths, or an empty arm. Raises ValueError
    as `tables.fisher` does.
    """
    table = tables(a, n1, c, n2)
    statistic = np.full(table.a.shape, np.nan)
    for index in np.ndindex(statistic.shape):
        numbers = [float(array[index]) for array in table]
        if np.isnan(numbers[0]):
            continue
        deaths1, size1, deaths2, size2 = (int(number) for number in numbers)
        if deaths1 + deaths2 == 0 or not size1 or not size2:
            continue
        statistic[index] = np.fmax(
            _one_after_the_other(deaths1, size1, deaths2, size2),
            _one_after_the_other(deaths2, size2, deaths1, size1),
        )
    return LogRankBound(statistic, np.asarray(special.chdtrc(1.0, statistic)))
