"""P values, differences and intervals of two groups from what is printed of them.

A printed mean or standard deviation stands for an interval (`stats.printed`), so that what is
computed from it is an interval too: `Box` holds one number's, and the `*_range` functions give
the smallest and the largest result. Everything else takes arrays that broadcast. What is not
defined is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one

__all__ = [
    "Box",
    "Group",
    "Kind",
    "Limits",
    "Range",
    "Statistic",
    "TTest",
    "difference_range",
    "limits_range",
    "mann_whitney_most_favourable",
    "p_of_statistic",
    "p_range",
    "p_range_of_statistic",
    "se_of_interval",
    "statistic_range",
    "t_test",
]

Kind = Literal["student", "welch", "z", "z pooled"]
Statistic = Literal["t", "F", "chi2", "z", "r", "Q"]

_POINTS = 65  # of an edge, twice


class TTest(NamedTuple):
    """Statistic, degrees of freedom and two-sided P, arrays of one shape."""

    statistic: FloatArray
    df: FloatArray
    p: FloatArray


class Box(NamedTuple):
    """The interval that a printed number stands for."""

    low: float
    high: float


class Group(NamedTuple):
    """A group's mean and standard deviation as intervals, and its size."""

    mean: Box
    sd: Box
    n: int


class Range(NamedTuple):
    """The smallest and the largest number that the printed ones allow; NaN where none is."""

    low: float
    high: float


def _moments(
    kind: Kind,
    sd1: FloatArray,
    n1: FloatArray,
    sd2: FloatArray,
    n2: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Standard error of the difference and its degrees of freedom."""
    v1, v2 = sd1**2 / n1, sd2**2 / n2
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind in ("student", "z pooled"):
            df = n1 + n2 - 2.0
            pooled = ((n1 - 1.0) * sd1**2 + (n2 - 1.0) * sd2**2) / df
            se = np.sqrt(pooled * (1.0 / n1 + 1.0 / n2))
        else:
            df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1.0) + v2**2 / (n2 - 1.0))
            se = np.sqrt(v1 + v2)
    if kind in ("z", "z pooled"):
        df = np.full_like(np.asarray(se), np.inf)
    return np.asarray(se), np.asarray(df)


def _tails(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Two-sided P of t with `df` degrees of freedom; of a normal deviate where df are infinite."""
    size = np.abs(statistic)
    finite = np.isfinite(df)
    with np.errstate(invalid="ignore"):
        student = 2.0 * special.stdtr(np.where(finite, df, 1.0), -size)
        normal = special.erfc(size / np.sqrt(2.0))
    return np.asarray(np.where(np.isnan(df), np.nan, np.where(finite, student, normal)))


def t_test(
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    n1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n2: npt.ArrayLike,
    kind: Kind = "welch",
) -> TTest:
    """Test of the difference of two means, two-sided.

    "student" pools the variances, n1 + n2 - 2 degrees of freedom (Student, Biometrika 1908;6:1-25);
    "welch" does not (Welch, Biometrika 1947;34:28-35); "z" and "z pooled" take the same statistics
    as normal. NaN for groups below two persons, and where no values vary. Raises ValueError for
    negative standard deviations.
    """
    a, s1, size1, b, s2, size2 = np.broadcast_arrays(
        *(floats(values) for values in (m1, sd1, n1, m2, sd2, n2))
    )
    if np.any(s1 < 0) or np.any(s2 < 0):
        raise ValueError("standard deviations must not be negative")
    enough = (size1 >= 2) & (size2 >= 2)
    se, df = _moments(
        kind, s1, np.where(enough, size1, np.nan), s2, np.where(enough, size2, np.nan)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(se > 0, (a - b) / se, np.nan)
    df = np.where(np.isnan(statistic), np.nan, df)
    return TTest(np.asarray(statistic), np.asarray(df), _tails(statistic, df))


def p_range(one: Group, two: Group, kind: Kind = "welch") -> Range:
    """The two-sided P that printed means and standard deviations allow, from least to largest.

    A larger difference and a smaller spread give a smaller P, so the extremes lie at corners of the
    box of the four numbers; those of Welch's test, whose degrees of freedom depend on the spreads
    too, are searched for where they can lie (`_extreme`). P is 1 where the means can be equal.
    Where no spread is left at the lower corner, the least P is 0.
    """
    if min(one.n, two.n) < 2:
        return Range(np.nan, np.nan)
    gap = difference_range(one.mean, two.mean)
    far = max(abs(gap.low), abs(gap.high))
    near = 0.0 if gap.low <= 0.0 <= gap.high else min(abs(gap.low), abs(gap.high))
    if max(one.sd.high, two.sd.high) <= 0.0:
        return Range(0.0 if far else np.nan, np.nan if near == 0.0 else 0.0)

    def p_of(distance: float) -> Callable[[FloatArray, FloatArray], FloatArray]:
        def p(sd1: FloatArray, sd2: FloatArray) -> FloatArray:
            se, df = _moments(kind, sd1, floats(one.n), sd2, floats(two.n))
            return _tails(distance / se, df)

        return p

    bare = max(one.sd.low, two.sd.low) <= 0.0
    low = float(far == 0.0) if bare else _extreme(p_of(far), one.sd, two.sd, kind, least=True)
    return Range(low, 1.0 if near == 0.0 else _extreme(p_of(near), one.sd, two.sd, kind))


def _extreme(
    of: Callable[[FloatArray, FloatArray], FloatArray],
    one: Box,
    two: Box,
    kind: Kind,
    *,
    least: bool = False,
) -> float:
    """The largest or least value, over two spreads' intervals, of what grows with the spreads.

    Grown in proportion both spreads leave Welch's degrees of freedom as they are, and the value
    larger: so the extreme lies where one of the two is at its end, the other anywhere. There it is
    searched for, first coarsely and then between the neighbours of what was found. Of the other
    tests it lies where both are at their ends.
    """
    starts, stops = (np.maximum([one[i], two[i]], 0.0) for i in (0, 1))
    ends = starts if least else stops
    if kind != "welch":
        return float(of(ends[:1], ends[1:])[0])
    pick = np.nanargmin if least else np.nanargmax
    found = []
    for free in (0, 1):
        start, stop = starts[free], stops[free]
        for _ in range(2):
            spreads = np.linspace(start, stop, _POINTS)
            fixed = np.full(_POINTS, ends[1 - free])
            values = of(fixed, spreads) if free else of(spreads, fixed)
            place = int(pick(values))
            start, stop = spreads[max(place - 1, 0)], spreads[min(place + 1, _POINTS - 1)]
        found.append(float(values[place]))
    return min(found) if least else max(found)


def difference_range(one: Box, two: Box) -> Range:
    """The differences one - two that two printed numbers allow."""
    return Range(one.low - two.high, one.high - two.low)


class Limits(NamedTuple):
    """Ranges of the lower and of the upper limit of an interval."""

    lower: Range
    upper: Range


def limits_range(one: Group, two: Group, level: float, kind: Kind) -> Limits:
    """The limits of the interval of the difference one - two that the printed numbers allow.

    difference ± q·se with the quantile and standard error of the test `kind`; sources as there.
    """
    if min(one.n, two.n) < 2:
        nowhere = Range(np.nan, np.nan)
        return Limits(nowhere, nowhere)
    share = 0.5 + proportion_of_one(level) / 2.0

    def half(sd1: FloatArray, sd2: FloatArray) -> FloatArray:
        se, df = _moments(kind, sd1, floats(one.n), sd2, floats(two.n))
        safe = np.where(np.isfinite(df), df, 1.0)
        quantile = np.where(np.isfinite(df), special.stdtrit(safe, share), special.ndtri(share))
        return np.asarray(np.where(se > 0, quantile * se, 0.0))

    gap = difference_range(one.mean, two.mean)
    least = _extreme(half, one.sd, two.sd, kind, least=True)
    most = _extreme(half, one.sd, two.sd, kind)
    return Limits(Range(gap.low - most, gap.high - least), Range(gap.low + least, gap.high + most))


def se_of_interval(
    lower: npt.ArrayLike, upper: npt.ArrayLike, level: float = 0.95, *, ratio: bool = False
) -> FloatArray:
    """The standard error behind a normal interval, (upper - lower)/2z, of logarithms for ratios.

    Altman & Bland, BMJ 2011;343:d2304. NaN for ratios with a limit that is not positive.
    """
    low, high = np.broadcast_arrays(floats(lower), floats(upper))
    z = float(special.ndtri(0.5 + proportion_of_one(level) / 2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        if ratio:
            usable = (low > 0) & (high > 0)
            width = np.where(usable, np.log(high) - np.log(low), np.nan)
        else:
            width = high - low
    return np.asarray(width / (2.0 * z))


def statistic_range(
    estimate: Box, lower: Box, upper: Box, level: float = 0.95, *, ratio: bool = False
) -> Range:
    """The magnitudes of estimate/se that a printed estimate and its interval allow.

    Corner search: a wider interval and an estimate nearer to no effect give a smaller one. NaN
    where a ratio's numbers are not all above 0 (what rounds to 0.00 leaves the range open).
    """
    if ratio:
        if min(estimate.low, lower.low, upper.low) <= 0:
            return Range(np.nan, np.nan)
        estimate = Box(float(np.log(estimate.low)), float(np.log(estimate.high)))
    widest = float(se_of_interval(lower.low, upper.high, level, ratio=ratio))
    narrowest = float(se_of_interval(lower.high, upper.low, level, ratio=ratio))
    far = max(abs(estimate.low), abs(estimate.high))
    inside = estimate.low <= 0.0 <= estimate.high
    near = 0.0 if inside else min(abs(estimate.low), abs(estimate.high))
    if not widest > 0:
        return Range(np.nan, np.nan)
    return Range(near / widest, far / narrowest if narrowest > 0 else np.inf)


def mann_whitney_most_favourable(n1: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    """The smallest two-sided P that any Mann-Whitney test of groups of these sizes can give.

    Every value of one group lies above every value of the other: the exact test gives 2/C(N, n1)
    (Mann & Whitney, Ann Math Stat 1947;18:50-60), and half of it where each group has a single
    value and the sizes differ, for then nothing is as far off on the other side. The normal
    approximation is smallest there too: the tie-corrected z² is N - 1. The smaller of the two. NaN
    for empty groups.
    """
    a, b = np.broadcast_arrays(floats(n1), floats(n2))
    total = a + b
    usable = (a > 0) & (b > 0)
    ways = special.gammaln(total + 1.0) - special.gammaln(a + 1.0) - special.gammaln(b + 1.0)
    exact = np.minimum(np.where(a == b, 2.0, 1.0) * np.exp(-ways), 1.0)
    normal = special.erfc(np.sqrt(np.maximum(total - 1.0, 0.0) / 2.0))
    return np.asarray(np.where(usable, np.minimum(exact, normal), np.nan))


def p_of_statistic(
    kind: Statistic, value: npt.ArrayLike, df1: npt.ArrayLike, df2: npt.ArrayLike = np.nan
) -> FloatArray:
    """The P of a test statistic: two-sided for t, z and r, of the upper tail for F, chi2 and Q.

    `df1` are the degrees of freedom of t, chi2, Q and r (for r: pairs less two, t = r·√(df/(1-r²)))
    and the numerator's of F, whose denominator's are `df2`; z needs none. NaN where the statistic
    is not defined (negative chi2, |r| above 1, degrees of freedom not above 0). Tails of the
    distributions after which the statistics are called.
    """
    x, first, second = np.broadcast_arrays(floats(value), floats(df1), floats(df2))
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "z":
            return np.asarray(special.erfc(np.abs(x) / np.sqrt(2.0)))
        positive = first > 0
        if kind in ("t", "r"):
            t = x
            if kind == "r":
                t = np.where(np.abs(x) <= 1, x * np.sqrt(first / (1.0 - x**2)), np.nan)
            return np.asarray(np.where(positive, 2.0 * special.stdtr(first, -np.abs(t)), np.nan))
        if kind == "F":
            usable = positive & (second > 0) & (x >= 0)
            return np.asarray(np.where(usable, special.fdtrc(first, second, x), np.nan))
        return np.asarray(np.where(positive & (x >= 0), special.chdtrc(first, x), np.nan))


def p_range_of_statistic(
    kind: Statistic, value: Box, df1: float = np.nan, df2: float = np.nan
) -> Range:
    """The P that a printed statistic allows: it falls as the statistic's magnitude grows.

    1 where a t, z or r may be 0; NaN for an r beyond 1; for F, chi2 and Q the part of the interval
    from 0 on.
    """
    low, high = value
    if kind in ("t", "z", "r"):
        near = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        far = max(abs(low), abs(high))
        if kind == "r":
            if near > 1.0:
                return Range(np.nan, np.nan)
            far = min(far, 1.0)
    else:
        near, far = max(low, 0.0), high
    ends = p_of_statistic(kind, np.array([far, near]), df1, df2)
    return Range(float(ends[0]), float(ends[1]))
