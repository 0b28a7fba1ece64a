"""The conditional odds ratio of exact tests against SciPy and against its definition."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio

from trialweave.stats.conditional import conditional_odds_ratio

sizes = st.integers(1, 40)
tables = st.tuples(sizes, sizes, st.integers(0, 40), st.integers(0, 40)).map(
    lambda t: (min(t[2], t[0]), t[0], min(t[3], t[1]), t[1])
)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_scipy_agrees(table: tuple[int, int, int, int]) -> None:
    a, n1, c, n2 = table
    assume(0 < a + c < n1 + n2)
    reference = odds_ratio([[a, n1 - a], [c, n2 - c]], kind="conditional")
    interval = reference.confidence_interval(0.95)
    wanted = (reference.statistic, interval.low, interval.high)
    assert conditional_odds_ratio(*table) == pytest.approx(wanted, rel=1e-8)


def _tail(table: tuple[int, int, int, int], ratio: Fraction, *, upper: bool) -> Fraction:
    """The probability of as many events or more (or fewer), in whole numbers."""
    a, n1, c, n2 = table
    support = range(max(0, a + c - n2), min(n1, a + c) + 1)
    weight = {x: math.comb(n1, x) * math.comb(n2, a + c - x) * ratio**x for x in support}
    chosen = [w for x, w in weight.items() if (x >= a if upper else x <= a)]
    return sum(chosen, Fraction(0)) / sum(weight.values())


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_limits_leave_half_of_the_rest_in_each_tail(level: float) -> None:
    table = (7, 15, 3, 18)
    _, low, high = conditional_odds_ratio(*table, level)
    half = (1 - level) / 2
    assert float(_tail(table, Fraction(low), upper=True)) == pytest.approx(half, rel=1e-9)
    assert float(_tail(table, Fraction(high), upper=False)) == pytest.approx(half, rel=1e-9)


def test_zero_cells_and_tables_without_information() -> None:
    estimate, low, high = conditional_odds_ratio(0, 10, 4, 12)
    assert (estimate, low) == (0.0, 0.0)
    assert 0 < high < math.inf
    estimate, low, high = conditional_odds_ratio(4, 12, 0, 10)
    assert (estimate, high) == (math.inf, math.inf)
    assert low > 0
    assert all(math.isnan(x) for x in conditional_odds_ratio(0, 5, 0, 6))


def test_impossible_and_too_large_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="more events"):
        conditional_odds_ratio(6, 5, 1, 5)
    with pytest.raises(ValueError, match="10,000"):
        conditional_odds_ratio(1, 9_000, 1, 1_001)
