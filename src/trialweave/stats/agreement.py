"""Agreement of two raters beyond chance.

κ: Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 1960;20:37-46.
Its standard error: Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and
weighted kappa. Psychol Bull 1969;72:323-327, equation 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Kappa", "kappa"]

_Z = 1.959963984540054  # the 97.5% point of the normal distribution


@dataclass(frozen=True, slots=True)
class Kappa:
    """Observed agreement, κ, its standard error and 95% interval; NaN and a note where undefined.

    The interval is cut to -1 and 1. It rests on large samples.
    """

    observed: float
    kappa: float
    se: float
    lower: float
    upper: float
    note: str = ""


def kappa(counts: ArrayLike) -> Kappa:
    """Cohen's κ of a square table: row i, column j counts items put into i by one rater and j by
    the other.

    Where both raters use a single category alone, chance agreement is complete and κ is undefined;
    where the standard error is 0, as with complete agreement, there is no interval.
    Raises ValueError where the table is not square or holds no counts.
    """
    table = np.asarray(counts, float)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError("the table is not square")
    total = table.sum()
    if not np.isfinite(table).all() or (table < 0).any() or total <= 0:
        raise ValueError("the table holds no counts")
    share = table / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed = float(np.trace(share))
    chance = float(rows @ columns)
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        note = "both raters used one category alone"
        return Kappa(observed, math.nan, math.nan, math.nan, math.nan, note)
    value = (observed - chance) / (1 - chance)
    both = columns + rows
    first = float((np.diag(share) * ((1 - chance) - both * (1 - observed)) ** 2).sum())
    crossed = (columns[:, None] + rows[None, :]) ** 2 * share
    second = (1 - observed) ** 2 * float(crossed.sum() - np.trace(crossed))
    third = (observed * chance - 2 * chance + observed) ** 2
    left = first + second - third
    if left <= 16.0 * np.finfo(float).eps * (first + second + third):  # nothing but rounding
        left = 0.0
    se = math.sqrt(left / (total * (1 - chance) ** 4))
    if se == 0.0:
        note = "the large-sample standard error is 0, so there is no interval"
        return Kappa(observed, value, 0.0, math.nan, math.nan, note)
    lower, upper = max(value - _Z * se, -1.0), min(value + _Z * se, 1.0)
    return Kappa(observed, value, se, lower, upper)
