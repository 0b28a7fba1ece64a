"""Intervals of proportions, checked by what defines them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trialweave.stats.intervals import clopper_pearson, wilson


def binomial_tail(first: int, last: int, n: int, p: float) -> float:
    """P(first <= X <= last), summed exactly."""
    share = Fraction(p)
    ways = (math.comb(n, x) * share**x * (1 - share) ** (n - x) for x in range(first, last + 1))
    return float(sum(ways))


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40), st.sampled_from([0.8, 0.95, 0.99]))
def test_clopper_pearson_limits_have_the_exact_tails(x: int, n: int, level: float) -> None:
    assume(x <= n)
    low, high = (float(limit) for limit in clopper_pearson(x, n, level))
    assert low <= x / n <= high
    if x:
        assert binomial_tail(x, n, n, low) == pytest.approx((1 - level) / 2, rel=1e-9)
    else:
        assert low == 0.0
    if x < n:
        assert binomial_tail(0, x, n, high) == pytest.approx((1 - level) / 2, rel=1e-9)
    else:
        assert high == 1.0


def test_no_event_has_a_closed_form() -> None:
    n = np.array([1, 5, 30, 10_000])
    np.testing.assert_allclose(clopper_pearson(0, n).high, 1 - 0.025 ** (1 / n), rtol=1e-12)
    np.testing.assert_allclose(clopper_pearson(n, n).low, 0.025 ** (1 / n), rtol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_limits_solve_the_score_equation(x: int, n: int) -> None:
    assume(x <= n)
    for limit in wilson(x, n):
        p = float(limit)
        z2 = 1.959963984540054**2
        assert (x / n - p) ** 2 * n == pytest.approx(z2 * p * (1 - p), abs=1e-12)


def test_nobody_observed_missing_and_impossible() -> None:
    for interval in (clopper_pearson, wilson):
        limits = interval([0, np.nan], [0, 5])
        assert (limits.low[0], limits.high[0]) == (0, 1)
        assert np.isnan(limits.low[1])
        assert np.isnan(limits.high[1])
        with pytest.raises(ValueError, match="more events"):
            interval(6, 5)
        with pytest.raises(ValueError, match="not negative"):
            interval(-1, 5)
        with pytest.raises(ValueError, match="level"):
            interval(1, 5, 95)
