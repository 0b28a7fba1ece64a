"""Which means and standard deviations whole-number data of n persons can have.

A mean of n whole numbers is a whole number over n, and their standard deviation follows from a
whole number of squares: so of the numbers that could be printed only some can occur. All decisions
are made in whole numbers. A mean over several items (a scale's average) is a whole number over
n times the items.

Numbers are texts as printed (`printed`). "Attainable" is by rounding with halves either way, as
software and people do; "cut off or up" the weaker way in which a number may have been cut off or
rounded up at its last digit.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.printed import Printed, printed

__all__ = [
    "LARGEST",
    "Attainable",
    "Grimmer",
    "Rounding",
    "debit",
    "grim",
    "grimmer",
    "largest_sd",
    "mean_attainable",
    "means_near",
    "telling",
]

Rounding = Literal["nearest", "half up", "half to even", "cut off", "rounded up", "cut off or up"]
Attainable = Literal["rounded", "cut off or up", "no"]
Grimmer = Literal["attainable", "cut off or up", "mean not attainable", "sd not attainable"]

LARGEST = 1_000_000_000
"""Of persons times items, and of a number in units of its last digit."""
_MOST_SUMS = 10_000
_MOST_SQUARES = 20_000
_MOST_STEPS = 1_000_000


def mean_attainable(
    units: npt.ArrayLike,
    decimals: npt.ArrayLike,
    n: npt.ArrayLike,
    items: npt.ArrayLike = 1,
    rounding: Rounding = "nearest",
) -> BoolArray:
    """GRIM (Brown & Heathers, Soc Psychol Personal Sci 2017;8:363-369) for arrays that broadcast.

    Whether a whole number S exists such that S/(n·items), rounded to `decimals`, reads `units` of
    the last decimal. "nearest" takes halves either way; "cut off" and "rounded up" go by the
    magnitude. Raises ValueError where a number is out of `LARGEST`, decimals are not 0 to 9, or
    sizes or items are below 1.
    """
    shown, places, sizes, parts = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.int64) for values in (units, decimals, n, items))
    )
    total = sizes * parts
    if np.any(np.abs(shown) > LARGEST) or np.any((places < 0) | (places > 9)):
        raise ValueError(f"numbers up to {LARGEST:,} units of 0 to 9 decimals")
    if np.any((sizes < 1) | (parts < 1) | (np.maximum(sizes, parts) > LARGEST) | (total > LARGEST)):
        raise ValueError(f"sizes times items must lie between 1 and {LARGEST:,}")
    scale = 10**places
    size = np.abs(shown)
    if rounding == "cut off":
        return _holds(2 * size * total, (2 * size + 2) * total, 2 * scale, True, False)
    if rounding == "rounded up":
        return _holds((2 * size - 2) * total, 2 * size * total, 2 * scale, False, True)
    if rounding == "cut off or up":
        return _holds((2 * size - 2) * total, (2 * size + 2) * total, 2 * scale, False, False)
    even: BoolArray | bool = size % 2 == 0
    closed_below, closed_above = {
        "nearest": (True, True),
        "half up": (True, False),
        "half to even": (even, even),
    }[rounding]
    low, high = (2 * size - 1) * total, (2 * size + 1) * total
    return _holds(low, high, 2 * scale, closed_below, closed_above)


def _holds(
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    scale: npt.NDArray[np.int64],
    closed_below: BoolArray | bool,
    closed_above: BoolArray | bool,
) -> BoolArray:
    """Whether a whole number lies between low/scale and high/scale, ends as told."""
    first = np.where(closed_below, -(-low // scale), low // scale + 1)
    last = np.where(closed_above, high // scale, -(-high // scale) - 1)
    return np.asarray(first <= last)


def _sums(mean: Printed, total: int, weak: bool) -> tuple[int, int]:
    """The first and last whole sums whose mean over `total` reads as `mean`; magnitude alone."""
    size, scale, slack = abs(mean.units), mean.scale, 2 if weak else 1
    low, high = (2 * size - slack) * total, (2 * size + slack) * total
    first, last = -(-low // (2 * scale)), high // (2 * scale)
    if weak:  # cut off and rounded up do not reach the next unit itself
        first = low // (2 * scale) + 1
        last = -(-high // (2 * scale)) - 1
    return max(first, 0), last


def _read(mean: str, n: int, items: int, percent: bool) -> tuple[Printed, int]:
    number = printed(mean)
    if percent:
        number = Printed(number.units, number.decimals + 2)
    if n < 1 or items < 1 or n * items > LARGEST:
        raise ValueError(f"sizes times items must lie between 1 and {LARGEST:,}")
    return number, n * items


def telling(mean: str, n: int, items: int = 1, *, percent: bool = False) -> float:
    """The share of printable means that cannot occur; 0 or less where every mean can.

    1 - n·items/10^decimals (Brown & Heathers 2017).
    """
    number, total = _read(mean, n, items, percent)
    return 1 - total / number.scale


def grim(mean: str, n: int, items: int = 1, *, percent: bool = False) -> Attainable:
    """Whether whole-number data of `n` persons and `items` items can have the printed mean.

    `percent` reads the mean as a percentage of 0/1 data. Errors as for `mean_attainable`, and
    ValueError where the text is not a number.
    """
    number, total = _read(mean, n, items, percent)
    for weak in (False, True):
        first, last = _sums(number, total, weak)
        if first <= last:
            return "cut off or up" if weak else "rounded"
    return "no"


def means_near(mean: str, n: int, items: int = 1) -> tuple[float, float]:
    """The attainable means just below and just above the printed one."""
    number, total = _read(mean, n, items, False)
    below = number.units * total // number.scale
    return below / total, (below + 1) / total


def grimmer(
    mean: str,
    sd: str,
    n: int,
    items: int = 1,
    *,
    scale: tuple[int, int] | None = None,
    population: bool = False,
    error: bool = False,
) -> Grimmer:
    """Whether whole-number data can have the printed mean and standard deviation together.

    GRIMMER's question (Anaya, PeerJ Preprints 2016;4:e2400v1), answered by going through every
    whole sum S that reads as the mean and every whole sum of squares Q that reads as the standard
    deviation, instead of by rounding rules, which have false positives: data exist if and only if
    Q and S are both even or both odd, Q is at least what n equal or adjacent numbers give, and, for
    fewer than five persons, a further condition holds (`_exists`). `scale` bounds each item; a
    sum of squares beyond what numbers at the ends of the scale give is refused, which is necessary
    and not sufficient. `population` divides by n instead of n - 1; `error` takes the printed spread
    for the standard error of the mean.

    Where the ranges are too wide to go through, numbers count as attainable. n = 1 has no standard
    deviation: ValueError; else errors as for `grim`.
    """
    average, total = _read(mean, n, items, False)
    spread = printed(sd)
    if spread.units < 0:
        raise ValueError(f"negative standard deviation: {sd}")
    if n < 2:
        raise ValueError("a standard deviation needs two persons")
    some = False
    for weak in (False, True):
        first, last = _sums(average, total, weak)
        some = some or (first <= last)
        if last - first > _MOST_SUMS:
            return "attainable"
        for sum_ in range(first, last + 1):
            signed = sum_ if average.units >= 0 else -sum_
            divisor = (n if population else n - 1) * (n if error else 1)
            if _spread_exists(signed, spread, n, items, scale, weak, divisor):
                return "cut off or up" if weak else "attainable"
    return "sd not attainable" if some else "mean not attainable"


def _spread_exists(
    sum_: int,
    sd: Printed,
    n: int,
    items: int,
    scale: tuple[int, int] | None,
    weak: bool,
    divisor: int,
) -> bool:
    """Whether n whole numbers with this sum have a spread that reads as `sd`.

    Its square times `divisor` is the sum of the squared deviations.
    """
    slack = 2 if weak else 1
    fourfold = 4 * sd.scale**2  # of Q·n - S²: all in whole numbers
    lowest = n * divisor * items**2 * max(0, 2 * sd.units - slack) ** 2
    highest = n * divisor * items**2 * (2 * sd.units + slack) ** 2
    first = -(-(fourfold * sum_**2 + lowest) // (fourfold * n))
    last = (fourfold * sum_**2 + highest) // (fourfold * n)
    low, rest = divmod(sum_, n)
    first = max(first, n * low**2 + rest * (2 * low + 1))
    if scale is not None:
        bound = _most_squares(sum_, n, items * scale[0], items * scale[1])
        if bound is None:
            return False
        last = min(last, bound)
    first += (first - sum_) % 2
    if first > last:
        return False
    if n >= 5 or last - first > _MOST_SQUARES:
        return True
    if n == 3 and (last - first + 1) * math.isqrt(max(3 * last - sum_**2, 0)) > _MOST_STEPS:
        return True
    return any(_exists(sum_, squares, n) for squares in range(first, last + 1, 2))


def _most_squares(sum_: int, n: int, low: int, high: int) -> int | None:
    """The largest sum of squares of n whole numbers of low to high with this sum."""
    if not n * low <= sum_ <= n * high:
        return None
    if high == low:
        return n * low**2
    above, rest = divmod(sum_ - n * low, high - low)
    if above == n:
        return n * high**2
    return above * high**2 + (low + rest) ** 2 + (n - above - 1) * low**2


def _exists(sum_: int, squares: int, n: int) -> bool:
    """Whether 2, 3 or 4 whole numbers have this sum and sum of squares; both have one parity.

    Two: (a - b)² = 2Q - S². Three: with the differences m and k of neighbours,
    m² + mk + k² = (3Q - S²)/2. Four: half sums and differences turn a, b, c, d into S/2 and three
    others, so for an even S a sum of three squares must be Q - (S/2)², which it is unless that has
    the form 4^i(8j + 7) (Legendre); for an odd S 4Q - S² is of the form 8j + 3 and always one of
    three odd squares. From five on, taking an odd or even number near the mean away leaves the odd
    case of four, so that nothing more is needed.
    """
    if n == 2:
        rest = 2 * squares - sum_**2
        return rest >= 0 and math.isqrt(rest) ** 2 == rest
    if n == 3:
        rest = (3 * squares - sum_**2) // 2
        for k in range(math.isqrt(4 * max(rest, 0) // 3) + 1):
            under = 4 * rest - 3 * k * k  # (2m + k)²
            root = math.isqrt(under) if under >= 0 else -1
            if root >= 0 and root * root == under and (root - k) % 2 == 0:
                return True
        return False
    if sum_ % 2:
        return True
    rest = squares - (sum_ // 2) ** 2
    if rest < 0:
        return False
    while rest and rest % 4 == 0:
        rest //= 4
    return rest % 8 != 7


def debit(mean: str, sd: str, n: int, *, population: bool = False, error: bool = False) -> bool:
    """DEBIT: whether data of zeros and ones can have the printed mean and standard deviation.

    sd = √(n/(n-1)·m(1-m)), over all m that round to the printed mean (Heathers & Brown 2019,
    osf.io/5vb3u). `population` divides by n instead of n - 1; `error` takes the printed spread for
    the standard error of the mean. Raises ValueError where a text is no number, n is below 2, or
    the mean does not lie between 0 and 1.
    """
    average, spread = printed(mean), printed(sd)
    if not 2 <= n <= LARGEST:
        raise ValueError(f"sizes must lie between 2 and {LARGEST:,}")
    if not 0 <= average.units <= average.scale:
        raise ValueError(f"not a mean of zeros and ones: {mean}")
    ends = [max(average.low, 0.0), min(average.high, 1.0)]
    if ends[0] < 0.5 < ends[1]:
        ends.append(0.5)
    factor = (1.0 if population else n / (n - 1)) / (n if error else 1)
    reached = [math.sqrt(factor * m * (1 - m)) for m in ends]
    noise = 1e-12
    return min(reached) <= spread.high + noise and max(reached) >= spread.low - noise


def largest_sd(
    mean: npt.ArrayLike, n: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> FloatArray:
    """The largest sample standard deviation on a scale from `low` to `high` with this mean.

    √((high - m)(m - low)·n/(n - 1)): everybody at one of the ends (Bhatia & Davis, Am Math Mon
    2000;107:353-357, times n/(n - 1)). NaN for means off the scale and for n below 2.
    """
    m, size, least, most = np.broadcast_arrays(*(floats(x) for x in (mean, n, low, high)))
    fits = (size >= 2) & (m >= least) & (m <= most)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            np.sqrt(np.where(fits, (most - m) * (m - least) * size / (size - 1.0), np.nan))
        )
