"""What the modules of this package share: array types and the check of events and sizes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "BoolArray",
    "FloatArray",
    "IntArray",
    "Tables",
    "floats",
    "proportion_of_one",
    "tables",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LARGEST_ARM = 1_000_000_000


class Tables(NamedTuple):
    """Broadcast 2x2 tables: `a` events of `n1` against `c` of `n2`; NaN where any is missing."""

    a: FloatArray
    n1: FloatArray
    c: FloatArray
    n2: FloatArray


def floats(values: npt.ArrayLike) -> FloatArray:
    """The values as an array of doubles; None becomes NaN."""
    return np.asarray(values, dtype=np.float64)


def _refuse(bad: BoolArray, message: str, *shown: FloatArray) -> None:
    """Raise ValueError with the first offending numbers, if there are any."""
    if not bad.any():
        return
    where = int(np.flatnonzero(bad)[0])
    numbers = ", ".join(f"{array.flat[where]:g}" for array in shown)
    place = f" (position {where})" if bad.size > 1 else ""
    raise ValueError(f"{message}: {numbers}{place}")


def tables(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    whole: bool = True,
) -> Tables:
    """Broadcast and check events and sizes; a table with any NaN becomes NaN throughout.

    Raises ValueError for negative or infinite numbers, for more events than patients, for arms
    over 10^9, and (where `whole`) for counts that are not whole numbers.
    """
    a, n1, c, n2 = np.broadcast_arrays(floats(a), floats(n1), floats(c), floats(n2))
    for name, events, size in (("first", a, n1), ("second", c, n2)):
        _refuse(events < 0, f"negative number of events in the {name} arm", events)
        _refuse(size < 0, f"negative size of the {name} arm", size)
        _refuse(size > LARGEST_ARM, f"size of the {name} arm is over {LARGEST_ARM:,}", size)
        _refuse(events > size, f"more events than patients in the {name} arm", events, size)
        if whole:
            for what, numbers in (("events", events), ("size", size)):
                broken = (numbers != np.floor(numbers)) & ~np.isnan(numbers)
                _refuse(broken, f"{what} of the {name} arm: not a whole number", numbers)
    missing = np.isnan(a + n1 + c + n2)
    if missing.any():
        a, n1, c, n2 = (np.where(missing, np.nan, array) for array in (a, n1, c, n2))
    return Tables(a, n1, c, n2)


def proportion_of_one(level: float) -> float:
    """Check a confidence level, given as a proportion such as 0.95."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"the level must lie between 0 and 1, not {level:g}")
    return float(level)
