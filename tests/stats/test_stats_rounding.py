"""Counts behind percentages, against printing every share with decimal arithmetic."""

from __future__ import annotations

import decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.rounding import (
    PossibleCount,
    counts_for_percent,
    nearest_counts,
    sizes_for_percent,
)

ORDER = [
    ("rounded", decimal.ROUND_HALF_UP),
    ("rounded half to even", decimal.ROUND_HALF_EVEN),
    ("rounded up", decimal.ROUND_CEILING),
    ("cut off", decimal.ROUND_FLOOR),
]
CONTEXT = decimal.Context(prec=60)


def printed(x: int, n: int, decimals: int, rounding: str) -> str:
    share = CONTEXT.divide(decimal.Decimal(100 * x), decimal.Decimal(n))
    return str(share.quantize(decimal.Decimal(1).scaleb(-decimals), rounding=rounding))


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_every_way_of_printing_every_share(decimals: int) -> None:
    for n in [*range(1, 31), 40, 64, 80, 160, 200, 400, 800]:
        want: dict[str, dict[int, str]] = {}
        for x in range(n + 1):
            for how, rounding in ORDER:
                want.setdefault(printed(x, n, decimals, rounding), {}).setdefault(x, how)
        for percent, counts in want.items():
            expected = tuple(PossibleCount(x, how) for x, how in sorted(counts.items()))
            assert counts_for_percent(percent, n) == expected


def test_ties_and_unattainable_percentages() -> None:
    # 1 of 8 is 12.5 %: up to 13, to even 12, which is also what cutting off gives
    assert counts_for_percent("13", 8) == (PossibleCount(1, "rounded"),)
    assert counts_for_percent("12", 8) == (PossibleCount(1, "rounded half to even"),)
    assert counts_for_percent("38", 8) == (PossibleCount(3, "rounded"),)  # 37.5, both ways
    assert counts_for_percent("37", 8) == (PossibleCount(3, "cut off"),)
    assert counts_for_percent("40", 7) == ()
    assert counts_for_percent("140", 7) == ()
    assert counts_for_percent("100", 7) == (PossibleCount(7, "rounded"),)


@pytest.mark.parametrize("text", ["28.6", "28,6", "28·6", "28.6%", " 28.6 % ", "۲۸٫۶٪"])
def test_forms_of_the_same_percentage(text: str) -> None:
    assert counts_for_percent(text, 7) == (PossibleCount(2, "rounded"),)
    assert nearest_counts(text, 7) == (2, 3)


def test_printed_decimals_count() -> None:
    assert counts_for_percent("28.60", 7) == ()
    assert counts_for_percent("28.57", 7) == (PossibleCount(2, "rounded"),)
    assert counts_for_percent(".5", 200) == (PossibleCount(1, "rounded"),)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 3))
def test_sizes_are_those_at_which_the_share_rounds_to_it(x: int, extra: int, decimals: int) -> None:
    n = x + extra
    percent = printed(x, n, decimals, decimal.ROUND_HALF_UP)
    sizes = sizes_for_percent(x, percent, 700)
    assert n in sizes
    want = [
        size
        for size in range(max(1, x), 701)
        if percent in {printed(x, size, decimals, rounding) for _, rounding in ORDER[:2]}
    ]
    assert list(sizes) == want
    assert x in [found.count for found in counts_for_percent(percent, n)]


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 10_000))
def test_nearest_counts_enclose_the_percentage(tenths: int, n: int) -> None:
    low, high = nearest_counts(f"{tenths // 10}.{tenths % 10}", n)
    share = Fraction(tenths, 1000) * n
    assert 0 <= low <= share <= high <= n
    assert high - low == (0 if share.denominator == 1 else 1)


@pytest.mark.parametrize(
    "text", ["", "%", "about 5", "5 or 6", "-5", "<1", "1e2", "5..1", "9" * 99]
)
def test_what_is_no_percentage_is_refused(text: str) -> None:
    for function in (counts_for_percent, nearest_counts):
        with pytest.raises(ValueError, match="not a percentage"):
            function(text, 10)
    with pytest.raises(ValueError, match="not a percentage"):
        sizes_for_percent(1, text)


def test_sizes_out_of_bounds_are_refused() -> None:
    for n in (0, -3, 10**9):
        with pytest.raises(ValueError, match="size must lie"):
            counts_for_percent("5", n)
    with pytest.raises(ValueError, match="negative count"):
        sizes_for_percent(-1, "5")
    with pytest.raises(ValueError, match="largest size"):
        sizes_for_percent(1, "5", 10**9)
    assert sizes_for_percent(0, "0", 5) == (1, 2, 3, 4, 5)
    assert sizes_for_percent(0, "1", 5) == ()
    assert sizes_for_percent(1, "0", 205) == (200, 201, 202, 203, 204, 205)
