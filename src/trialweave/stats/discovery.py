"""False discovery rates: how many of the findings at a P value are expected to be none."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["discovery_rates"]


def discovery_rates(p: ArrayLike, possible: int | None = None) -> NDArray[np.float64]:
    """The false discovery rate at which each of some P values would be found; never below its P.

    `p` is of one dimension, without NaN. `possible` is the number of tests in principle, where
    those that are not given would not be found at any rate; else their number. Benjamini,
    Hochberg, J R Stat Soc B 1995;57:289-300.
    """
    given = np.asarray(p, float)
    order = np.argsort(given, kind="stable")
    tests = len(given) if possible is None else possible
    rates = given[order] * (tests / np.arange(1, len(given) + 1))
    q = np.empty_like(given)
    q[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return np.asarray(np.minimum(np.maximum(q, given), 1.0), float)
