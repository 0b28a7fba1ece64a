"""Which counts, and which sizes, can stand behind a printed percentage. Exact integers only.

A share x/n is "printed as p" when 100x/n, brought to as many decimals as p shows, reads p. It may
have been rounded (halves up, or halves to even), rounded up, or cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "How",
    "PossibleCount",
    "counts_for_percent",
    "nearest_counts",
    "sizes_for_percent",
]

How = Literal["rounded", "rounded half to even", "rounded up", "cut off"]

LARGEST_SIZE = 10_000_000

_PERCENT = re.compile(r"(\d{0,4})(?:[.,·∙⋅٫](\d{1,9}))?\s?[%٪]?")


@dataclass(frozen=True, slots=True)
class PossibleCount:
    """A count, and the strongest way in which its share is printed as the percentage."""

    count: int
    how: How


def _printed(percent: str) -> tuple[int, int]:
    """The percentage in units of its last decimal, and how many such units make one percent."""
    match = _PERCENT.fullmatch(percent.strip())
    if match is None or not (match[1] or match[2]):
        raise ValueError(f"not a percentage: {percent[:40]!r}")
    decimals = match[2] or ""
    return int(match[1] + decimals), 10 ** len(decimals)


def _checked_size(n: int) -> int:
    if not 1 <= n <= LARGEST_SIZE:
        raise ValueError(f"the size must lie between 1 and {LARGEST_SIZE:,}, not {n}")
    return n


def _how(count: int, n: int, shown: int, unit: int) -> How | None:
    """The strongest way that prints count/n as `shown` units, or None."""
    floor, rest = divmod(100 * unit * count, n)
    half_up = floor + (2 * rest >= n)
    if half_up == shown:
        return "rounded"
    if 2 * rest == n and floor + floor % 2 == shown:
        return "rounded half to even"
    if floor + (rest > 0) == shown:
        return "rounded up"
    if floor == shown:
        return "cut off"
    return None


def counts_for_percent(percent: str, n: int) -> tuple[PossibleCount, ...]:
    """All counts x of 0 to `n` whose share is printed as `percent`, smallest first.

    `percent` is the text as printed ("28", "28.6", "28,6", "28·6", "28.6%"): its decimals count.
    Each x is listed once, with the strongest way: rounded (halves up), rounded half to even,
    rounded up, cut off. Empty where no count fits. Raises ValueError where the text is not a
    percentage or `n` is not in 1 to 10,000,000.
    """
    shown, unit = _printed(percent)
    _checked_size(n)
    # 100·unit·x/n must lie strictly within one unit of what is shown
    first = max(0, (shown - 1) * n // (100 * unit))
    last = min(n, -(-(shown + 1) * n // (100 * unit)))
    found = ((x, _how(x, n, shown, unit)) for x in range(first, last + 1))
    return tuple(PossibleCount(x, how) for x, how in found if how is not None)


def sizes_for_percent(count: int, percent: str, largest: int = 10_000) -> tuple[int, ...]:
    """All sizes n up to `largest` for which `count` of n rounds to `percent`, smallest first.

    Halves may go up or to even. Raises ValueError where the text is not a percentage, the count
    is negative or `largest` is over 10,000,000.
    """
    shown, unit = _printed(percent)
    if count < 0:
        raise ValueError(f"negative count: {count}")
    if largest > LARGEST_SIZE:
        raise ValueError(f"the largest size must not exceed {LARGEST_SIZE:,}")
    if count == 0:
        return tuple(range(1, largest + 1)) if shown == 0 else ()
    scaled = 200 * unit * count  # n lies between scaled / (2·shown + 1) and scaled / (2·shown - 1)
    first = max(count, scaled // (2 * shown + 1))
    last = min(largest, scaled // (2 * shown - 1)) if shown else largest
    strong = ("rounded", "rounded half to even")
    return tuple(n for n in range(first, last + 1) if _how(count, n, shown, unit) in strong)


def nearest_counts(percent: str, n: int) -> tuple[int, int]:
    """The counts just below and just above `percent` of `n`; equal where it is attained exactly.

    Both lie within 0 to `n`. Errors as for `counts_for_percent`.
    """
    shown, unit = _printed(percent)
    _checked_size(n)
    below, rest = divmod(shown * n, 100 * unit)
    return min(below, n), min(below + (rest > 0), n)
