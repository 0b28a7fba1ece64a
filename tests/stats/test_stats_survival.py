"""The bound of the log-rank test, against every order of deaths."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from trialweave.stats.survival import logrank_most_favourable


def logrank(arms: tuple[int, ...], sizes: tuple[int, int]) -> float:
    """Chi-square from the sequence of the arms in which patients die, one at a time."""
    at_risk = list(sizes)
    excess = variance = 0.0
    for arm in arms:
        share = at_risk[0] / sum(at_risk)
        excess += (arm == 0) - share
        variance += share * (1 - share)
        at_risk[arm] -= 1
    return excess**2 / variance if variance else 0.0


@pytest.mark.parametrize(("n1", "n2"), [(4, 4), (5, 6), (3, 7), (1, 5)])
def test_no_order_of_deaths_gives_more(n1: int, n2: int) -> None:
    for a, c in itertools.product(range(n1 + 1), range(n2 + 1)):
        if a + c == 0:
            continue
        orders = (
            tuple(0 if i in first else 1 for i in range(a + c))
            for first in itertools.combinations(range(a + c), a)
        )
        best = max(logrank(order, (n1, n2)) for order in orders)
        assert float(logrank_most_favourable(a, n1, c, n2).statistic) == pytest.approx(best)


def test_p_is_that_of_one_degree_of_freedom() -> None:
    bound = logrank_most_favourable([3, 10], [20, 100], [9, 30], [18, 90])
    assert bound.p == pytest.approx([math.erfc(math.sqrt(x / 2)) for x in bound.statistic])
    other = logrank_most_favourable([9, 30], [18, 90], [3, 10], [20, 100])
    assert bound.p == pytest.approx(other.p)


def test_many_deaths_by_their_asymptotic_sums() -> None:
    # beyond the number of deaths that the function sums term by term
    a, c, sizes = 100_010, 104_000, (400_000, 380_000)
    want = max(logrank((0,) * a + (1,) * c, sizes), logrank((1,) * c + (0,) * a, sizes))
    bound = logrank_most_favourable(a, sizes[0], c, sizes[1])
    assert float(bound.statistic) == pytest.approx(want, rel=1e-8)


def test_undefined_and_impossible() -> None:
    assert np.isnan(logrank_most_favourable([0, 2, np.nan], [5, 5, 5], 0, [5, 0, 5]).p).all()
    with pytest.raises(ValueError, match="more events"):
        logrank_most_favourable(6, 5, 1, 5)
