"""Standard deviations from other numbers, and arms that are combined or shared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one

__all__ = [
    "Counted",
    "Measured",
    "combine_counts",
    "combine_means",
    "sd_from_difference_se",
    "sd_from_interval",
    "sd_from_se",
    "split_counts",
    "split_size",
]


class Measured(NamedTuple):
    """One arm: mean, standard deviation and size."""

    mean: FloatArray
    sd: FloatArray
    n: FloatArray


class Counted(NamedTuple):
    """One arm: events and size."""

    events: FloatArray
    n: FloatArray


def sd_from_se(se: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Standard deviation from the standard error of a mean: se·√n (Handbook, section 6.5.2.2).

    Nobody (n = 0) gives NaN. Raises ValueError for negative numbers.
    """
    error, size = np.broadcast_arrays(floats(se), floats(n))
    _no_negative(error, size)
    return np.asarray(np.where(size > 0, error * np.sqrt(size), np.nan))


def sd_from_interval(
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    level: float = 0.95,
    normal: bool = False,
) -> FloatArray:
    """Standard deviation from the confidence interval of one mean: √n·(high - low)/(2q).

    q is the quantile of t with n - 1 degrees of freedom, or with `normal` that of the normal
    distribution, for reports that used 1.96 (Cochrane Handbook, section 6.5.2.2). NaN for a single
    patient with t, for nobody, and where low lies above high. Raises ValueError for n < 0 and
    levels outside 0 to 1.
    """
    lower, upper, size = np.broadcast_arrays(floats(low), floats(high), floats(n))
    _no_negative(size)
    tail = 0.5 - proportion_of_one(level) / 2.0
    if normal:
        usable = size > 0
        q = np.full(size.shape, -special.ndtri(tail))
    else:
        usable = size > 1
        q = -special.stdtrit(np.where(usable, size - 1.0, 1.0), tail)
    usable &= lower <= upper
    return np.asarray(np.where(usable, np.sqrt(size) * (upper - lower) / (2.0 * q), np.nan))


def sd_from_difference_se(se: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    """The standard deviation that both arms share, from the standard error of a mean difference.

    se/√(1/n1 + 1/n2) (Cochrane Handbook, section 6.5.2.3). `reported.from_interval` and `from_p`
    give the se. An empty arm gives NaN. Raises ValueError for negative numbers.
    """
    error, n1, n2 = np.broadcast_arrays(floats(se), floats(n1), floats(n2))
    _no_negative(error, n1, n2)
    both = (n1 > 0) & (n2 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(both, error / np.sqrt(1.0 / n1 + 1.0 / n2), np.nan))


def combine_means(m: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike) -> Measured:
    """The arms along the last axis as one arm, as if their patients had been one group.

    M = Σn·m/N and SD² = (Σ(n - 1)·sd² + Σn·(m - M)²)/(N - 1): for two arms the formulae of the
    Cochrane Handbook, table 6.5.a. Arms with NaN in all three, or of size 0, are left out; any
    other NaN makes the whole NaN, as do fewer than two patients for the standard deviation. Raises
    ValueError for negative standard deviations or sizes.
    """
    m, sd, n = np.broadcast_arrays(*(floats(values) for values in (m, sd, n)))
    _no_negative(sd, n)
    absent = (np.isnan(m) & np.isnan(sd) & np.isnan(n)) | (n == 0)
    m, sd, n = (np.where(absent, 0.0, array) for array in (m, sd, n))
    total = n.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (n * m).sum(axis=-1) / total
        within = np.where(absent, 0.0, (n - 1.0) * sd**2).sum(axis=-1)
        between = (n * (m - mean[..., None]) ** 2).sum(axis=-1)
        square = (within + between) / (total - 1.0)
    spread = np.sqrt(np.where(total > 1, square, np.nan))
    return Measured(np.where(total > 0, mean, np.nan), np.asarray(spread), total)


def combine_counts(events: npt.ArrayLike, n: npt.ArrayLike) -> Counted:
    """The arms along the last axis as one: events and patients are added up.

    Cochrane Handbook, section 23.3.4. Arms with NaN in both are left out; a single NaN makes the
    whole NaN. Raises ValueError for negative numbers and more events than patients.
    """
    events, n = np.broadcast_arrays(floats(events), floats(n))
    _no_negative(events, n)
    if np.any(events > n):
        raise ValueError("more events than patients")
    absent = np.isnan(events) & np.isnan(n)
    total = np.where(absent, 0.0, events).sum(axis=-1), np.where(absent, 0.0, n).sum(axis=-1)
    return Counted(np.asarray(total[0]), np.asarray(total[1]))


def split_counts(events: npt.ArrayLike, n: npt.ArrayLike, parts: npt.ArrayLike) -> Counted:
    """A shared arm divided evenly among `parts` comparisons: events and patients alike.

    So that nobody is counted twice (Cochrane Handbook, section 23.3.4): an approximation, which
    leaves the comparisons correlated; `shared_control` has the exact covariance. Parts need not be
    whole numbers of people. Raises ValueError for negative numbers, more events than patients, and
    fewer than one part.
    """
    events, n, parts = np.broadcast_arrays(*(floats(values) for values in (events, n, parts)))
    _no_negative(events, n)
    if np.any(events > n):
        raise ValueError("more events than patients")
    _at_least_one(parts)
    return Counted(np.asarray(events / parts), np.asarray(n / parts))


def split_size(n: npt.ArrayLike, parts: npt.ArrayLike) -> FloatArray:
    """The size of a shared arm divided evenly; its mean and standard deviation stay as they are.

    Source, use and errors as for `split_counts`.
    """
    size, shares = np.broadcast_arrays(floats(n), floats(parts))
    _no_negative(size)
    _at_least_one(shares)
    return np.asarray(size / shares)


def _at_least_one(parts: FloatArray) -> None:
    if np.any(parts < 1):
        raise ValueError("an arm is divided into one part or more")


def _no_negative(*arrays: FloatArray) -> None:
    if any(np.any(array < 0) for array in arrays):
        raise ValueError("standard deviations, errors, events and sizes must not be negative")
