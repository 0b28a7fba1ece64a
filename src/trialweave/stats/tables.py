"""P values of 2x2 tables: `a` events of `n1` patients against `c` of `n2`.

All functions broadcast their arguments and return an array of P. A table with a missing number
(NaN) gives NaN. Negative counts, more events than patients, and counts that are not whole numbers
raise ValueError. Tables without information (an empty arm, no events at all, only events) allow
one single outcome: exact tests give 1, chi-square is undefined and gives NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray, Tables, tables

__all__ = [
    "Alternative",
    "barnard",
    "boschloo",
    "chi_square",
    "fisher",
    "fisher_mid_p",
]

Alternative = Literal["two-sided", "less", "greater"]

_CHUNK = 1 << 17  # cells of the working arrays, so that they stay in the cache
_RELATIVE = 1.0 + 1e-7  # tables this close in probability count as equally probable, as in R
_LARGEST_UNCONDITIONAL = 1000


class _Exact(NamedTuple):
    """Sums of the hypergeometric distribution about the observed table, each as a share of 1."""

    rarer: FloatArray  # less probable than the observed table
    equal: FloatArray  # as probable as the observed table, itself included
    at_most: FloatArray  # as many events in the first arm, or fewer
    at_least: FloatArray


def fisher(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    alternative: Alternative = "two-sided",
) -> FloatArray:
    """Fisher's exact test (Fisher, J R Stat Soc 1935;98:39-82).

    "two-sided" sums the tables that are at most as probable as the observed one, with R's relative
    tolerance of 1e-7 for ties; "less" asks whether the first arm has fewer events than expected,
    "greater" more. The work for one table grows with the square root of its size.
    """
    sums = _exact(tables(a, n1, c, n2))
    if alternative == "two-sided":
        return np.minimum(sums.rarer + sums.equal, 1.0)
    if alternative == "less":
        return np.minimum(sums.at_most, 1.0)
    if alternative == "greater":
        return np.minimum(sums.at_least, 1.0)
    raise ValueError(f"no alternative is called {alternative!r}")


def fisher_mid_p(
    a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> FloatArray:
    """Two-sided mid-P of Fisher's test (Lancaster, JASA 1961;56:223-234).

    Tables less probable than the observed one count in full, those as probable by half; so a table
    that is the only one possible has mid-P 0.5.
    """
    sums = _exact(tables(a, n1, c, n2))
    return np.minimum(sums.rarer + sums.equal / 2.0, 1.0)


def chi_square(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    correction: bool = False,
) -> FloatArray:
    """Pearson's chi-square test with one degree of freedom, two-sided.

    With `correction`, Yates' (Suppl J R Stat Soc 1934;1:217-235) takes a half, but never more than
    the difference itself, off each |observed - expected|. NaN where a margin is zero.
    """
    table = tables(a, n1, c, n2)
    total = table.n1 + table.n2
    events = table.a + table.c
    difference = np.abs(table.a * table.n2 - table.c * table.n1)
    if correction:
        difference = difference - np.minimum(0.5 * total, difference)
    margins = table.n1 * table.n2 * events * (total - events)
    defined = margins > 0.0
    scale = np.sqrt(total / np.where(defined, margins, 1.0))
    statistic = np.where(defined, np.square(difference * scale), np.nan)
    return np.asarray(special.chdtrc(1.0, statistic))


def _exact(table: Tables) -> _Exact:
    """Sum the hypergeometric distribution for each table, in chunks of like width."""
    shape = table.a.shape
    a, n1, c, n2 = (np.ravel(array) for array in table)
    result = _Exact(*(np.full(a.shape, np.nan) for _ in _Exact._fields))
    known = np.flatnonzero(~np.isnan(a))
    width = np.zeros(a.shape, dtype=np.int64)
    width[known] = _width(a[known] + c[known], n1[known], n2[known])
    for rows in _chunks(known, width):
        part = _sums(a[rows], n1[rows], c[rows], n2[rows], int(width[rows].max()))
        for whole, piece in zip(result, part, strict=True):
            whole[rows] = piece
    return _Exact(*(array.reshape(shape) for array in result))


def _chunks(known: IntArray, width: IntArray) -> Iterator[IntArray]:
    """Split the rows, ordered by width, so that no chunk's arrays exceed the cache by much."""
    ordered = known[np.argsort(width[known], kind="stable")]
    start = 0
    while start < ordered.size:
        # the last row of a chunk is its widest: shrink until rows times width fit
        stop = min(ordered.size, start + _CHUNK // (int(width[ordered[start]]) + 1) + 1)
        while stop - start > 1 and (stop - start) * int(width[ordered[stop - 1]]) > _CHUNK:
            stop = start + (stop - start) // 2
        yield ordered[start:stop]
        start = stop


def _mode(events: FloatArray, n1: FloatArray, n2: FloatArray) -> FloatArray:
    """The most probable number of events in the first arm."""
    mode = np.floor((n1 + 1.0) * (events + 1.0) / (n1 + n2 + 2.0))
    return np.clip(mode, np.maximum(0.0, events - n2), np.minimum(n1, events))


def _width(events: FloatArray, n1: FloatArray, n2: FloatArray) -> IntArray:
    """How far from the mode tables must be summed; beyond, probabilities are below 1e-308.

    By Bernstein's inequality, valid for the hypergeometric distribution with the variance of the
    binomial (Hoeffding, JASA 1963;58:13-30) in whichever of its four forms that is smallest.
    """
    total = np.maximum(n1 + n2, 1.0)
    others = total - events
    arms = n1 * n2 / total**2
    outcome = events * others / total**2
    variance = np.minimum(np.minimum(n1, n2) * outcome, np.minimum(events, others) * arms)
    enough = 251.0 + np.sqrt(63_000.0 + 1500.0 * variance)
    mode = _mode(events, n1, n2)
    below = mode - np.maximum(0.0, events - n2)
    above = np.minimum(n1, events) - mode
    return np.asarray(np.minimum(np.maximum(below, above), enough), dtype=np.int64)


def _sums(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, width: int) -> _Exact:
    """Probabilities by their ratios outward from the mode, so that no logarithm loses digits.

    The products reach an exact zero at the ends of the support and stay there.
    """
    events = (a + c)[:, None]
    mode = _mode(a + c, n1, n2)[:, None]
    first, second = n1[:, None], n2[:, None]
    step = np.arange(width, dtype=np.float64)
    x = mode + step
    up = (events - x) * (first - x) / ((x + 1.0) * (second - events + x + 1.0))
    x = mode - step
    down = x * (second - events + x) / ((events - x + 1.0) * (first - x + 1.0))
    ones = np.ones_like(mode)
    relative = np.concatenate(
        [np.abs(np.cumprod(down, axis=1))[:, ::-1], ones, np.abs(np.cumprod(up, axis=1))], axis=1
    )
    offset = np.arange(-width, width + 1, dtype=np.float64)
    at = (a - mode[:, 0]).astype(np.int64)
    inside = np.abs(at) <= width
    rows = np.arange(a.size)
    observed = np.where(inside, relative[rows, np.where(inside, at, 0) + width], 0.0)[:, None]
    total = relative.sum(axis=1)

    def share(selected: BoolArray) -> FloatArray:
        return np.asarray(np.where(selected, relative, 0.0).sum(axis=1) / total)

    rarer = relative * _RELATIVE < observed
    equal = (relative <= observed * _RELATIVE) & ~rarer
    where = at[:, None].astype(np.float64)
    return _Exact(share(rarer), share(equal), share(offset <= where), share(offset >= where))


def barnard(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    alternative: Alternative = "two-sided",
) -> FloatArray:
    """Barnard's unconditional exact test (Barnard, Biometrika 1947;34:123-138), arms fixed.

    Tables are ordered by the difference of proportions over its pooled standard error (the score
    statistic; Suissa & Shuster, J R Stat Soc A 1985;148:317-327) and P is the largest probability,
    over all common event rates, of tables at least as extreme. Raises ValueError for more than
    1000 patients in all.
    """
    return _unconditional(tables(a, n1, c, n2), "score", alternative)


def boschloo(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    alternative: Alternative = "two-sided",
) -> FloatArray:
    """Boschloo's unconditional exact test (Boschloo, Stat Neerl 1970;24:1-35), arms fixed.

    As Barnard's, but tables are ordered by their Fisher P of the same alternative; so it is never
    larger than Fisher's. (SciPy doubles the smaller one-sided P instead for a two-sided test.)
    Raises ValueError for more than 1000 patients in all.
    """
    return _unconditional(tables(a, n1, c, n2), "fisher", alternative)


def _unconditional(table: Tables, order: str, alternative: Alternative) -> FloatArray:
    if alternative not in ("two-sided", "less", "greater"):
        raise ValueError(f"no alternative is called {alternative!r}")
    if np.any(table.n1 + table.n2 > _LARGEST_UNCONDITIONAL):
        raise ValueError(f"unconditional tests take at most {_LARGEST_UNCONDITIONAL} patients")
    result = np.full(table.a.shape, np.nan)
    for index in np.ndindex(result.shape):
        if np.isnan(table.a[index]):
            continue
        a, n1, c, n2 = (int(array[index]) for array in table)
        if not n1 or not n2 or a + c in (0, n1 + n2):
            result[index] = 1.0
            continue
        x, y = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
        if order == "fisher":
            p = fisher(x, n1, y, n2, alternative)
            extreme = p <= p[a, c] * _RELATIVE
        else:
            extreme = _at_least_as_extreme(x, n1, y, n2, (a, c), alternative)
        result[index] = min(1.0, _largest_probability(extreme, n1, n2))
    return result


def _at_least_as_extreme(
    x: IntArray, n1: int, y: IntArray, n2: int, seen: tuple[int, int], alternative: Alternative
) -> BoolArray:
    """Compare score statistics z of x/n1 - y/n2 by whole numbers, so that ties are exact."""
    difference = x * n2 - y * n1
    spread = np.maximum((x + y) * (n1 + n2 - x - y), 1)  # is 0 only where the difference is 0
    # |z| >= |z seen|, cross-multiplied; fits into 64 bits up to 1000 patients
    larger = difference**2 * spread[seen] >= difference[seen] ** 2 * spread
    if alternative == "two-sided":
        return np.asarray(larger)
    if alternative == "greater":
        difference = -difference
    if difference[seen] <= 0:
        return np.asarray((difference <= 0) & larger)
    smaller = difference**2 * spread[seen] <= difference[seen] ** 2 * spread
    return np.asarray((difference <= 0) | smaller)


def _largest_probability(extreme: BoolArray, n1: int, n2: int) -> float:
    """The supremum over the common rate p of the probability of the `extreme` tables.

    A polynomial in p of degree n1 + n2: looked at on a grid much finer than it can wind (even in
    arcsine scale), then about each of the highest points on ever finer grids.
    """
    region = extreme.astype(np.float64)

    def probability(angle: FloatArray) -> FloatArray:
        p = np.square(np.sin(angle))[:, None]
        ways1 = _binomial(n1, p)
        ways2 = _binomial(n2, p)
        return np.asarray(np.einsum("gi,gi->g", ways1 @ region, ways2))

    step = np.pi / 2.0 / (8 * (n1 + n2) + 200)
    angles = np.arange(0.0, np.pi / 2.0 + step / 2.0, step)
    heights = probability(angles)
    best = float(heights.max())
    for angle in angles[np.argsort(heights)[-8:]]:
        width = step
        for _ in range(6):
            near = np.clip(np.linspace(angle - width, angle + width, 21), 0.0, np.pi / 2.0)
            heights = probability(near)
            angle = near[int(heights.argmax())]
            width /= 10.0
        best = max(best, float(heights.max()))
    return best


def _binomial(n: int, p: FloatArray) -> FloatArray:
    """Binomial probabilities of 0 to n successes, a row for each p (a column)."""
    x = np.arange(n + 1.0)
    ways = special.gammaln(n + 1.0) - special.gammaln(x + 1.0) - special.gammaln(n - x + 1.0)
    return np.asarray(np.exp(ways + special.xlogy(x, p) + special.xlog1py(n - x, -p)))
