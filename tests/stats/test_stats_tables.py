"""Tests of 2x2 tables against enumeration in whole numbers, and against published P values."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.tables import barnard, boschloo, chi_square, fisher, fisher_mid_p


@st.composite
def small_tables(draw: st.DrawFn, largest: int = 25) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def exact_probabilities(a: int, n1: int, c: int, n2: int) -> dict[int, Fraction]:
    """Each possible number of events in the first arm, given the margins."""
    events = a + c
    ways = math.comb(n1 + n2, events)
    return {
        x: Fraction(math.comb(n1, x) * math.comb(n2, events - x), ways)
        for x in range(max(0, events - n2), min(n1, events) + 1)
    }


@settings(deadline=None)
@given(small_tables())
def test_fisher_equals_enumeration(table: tuple[int, int, int, int]) -> None:
    a = table[0]
    p = exact_probabilities(*table)
    two_sided = sum(share for share in p.values() if share <= p[a])
    mid = sum(share for share in p.values() if share < p[a]) + (
        sum(share for share in p.values() if share == p[a]) / 2
    )
    less = sum(share for x, share in p.items() if x <= a)
    greater = sum(share for x, share in p.items() if x >= a)
    assert float(fisher(*table)) == pytest.approx(float(two_sided), rel=1e-12)
    assert float(fisher(*table, "less")) == pytest.approx(float(less), rel=1e-12)
    assert float(fisher(*table, "greater")) == pytest.approx(float(greater), rel=1e-12)
    assert float(fisher_mid_p(*table)) == pytest.approx(float(mid), rel=1e-12)


def test_fisher_of_published_tables() -> None:
    # Fisher 1935, J R Stat Soc 98:48: convicted twins, 2 of 17 dizygotic, 10 of 13 monozygotic:
    # "1 in 2150". Fisher 1935, The Design of Experiments: the lady tasting tea, 3 of 4 and 1 of 4.
    assert float(fisher(2, 17, 10, 13, "less")) == pytest.approx(1 / 2150, rel=1e-3)
    assert float(fisher(3, 4, 1, 4, "greater")) == pytest.approx(17 / 70, rel=1e-14)


@settings(deadline=None)
@given(small_tables(), st.sampled_from(["two-sided", "less", "greater"]))
def test_fisher_is_symmetric(table: tuple[int, int, int, int], alternative: str) -> None:
    a, n1, c, n2 = table
    mirror = {"two-sided": "two-sided", "less": "greater", "greater": "less"}[alternative]
    p = float(fisher(a, n1, c, n2, alternative))
    assert float(fisher(c, n2, a, n1, mirror)) == pytest.approx(p, rel=1e-12)
    assert float(fisher(n1 - a, n1, n2 - c, n2, mirror)) == pytest.approx(p, rel=1e-12)
    assert 0 < p <= 1


def test_fisher_many_tables_at_once_equal_one_by_one() -> None:
    rng = np.random.default_rng(20261)
    n1, n2 = rng.integers(0, 400, 700), rng.integers(0, 90, 700)
    a, c = rng.binomial(n1, 0.3), rng.binomial(n2, 0.5)
    together = fisher(a, n1, c, n2)
    alone = [float(fisher(*cells)) for cells in zip(a, n1, c, n2, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-13)
    assert fisher(a.reshape(7, 100), n1.reshape(7, 100), c[:100], 400).shape == (7, 100)


def test_fisher_of_large_tables() -> None:
    # Against sums in whole numbers, and a million patients an arm against the normal limit.
    a, n1, c, n2 = 1300, 4000, 1421, 4200
    p = exact_probabilities(a, n1, c, n2)
    want = float(sum(share for share in p.values() if share <= p[a]))
    assert float(fisher(a, n1, c, n2)) == pytest.approx(want, rel=1e-11)
    big = (500_800, 1_000_000, 500_000, 1_000_000)
    limit = float(chi_square(*big, correction=True))
    assert float(fisher(*big)) == pytest.approx(limit, rel=1e-4)
    assert float(fisher(0, 10**9, 10**9, 10**9)) == 0.0  # below the smallest double
    assert float(fisher(400, 10**9, 400, 10**9)) == pytest.approx(1.0)


def test_chi_square_is_the_normal_test_squared() -> None:
    # z of two proportions with the pooled standard error
    a, n1, c, n2 = 15, 58, 31, 71
    share = (a + c) / (n1 + n2)
    z = (a / n1 - c / n2) / math.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))
    assert float(chi_square(a, n1, c, n2)) == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))
    # Yates: a half off each |observed - expected|
    expected = [row * col / (n1 + n2) for row in (n1, n2) for col in (a + c, n1 + n2 - a - c)]
    observed = [a, n1 - a, c, n2 - c]
    x2 = sum((abs(o - e) - 0.5) ** 2 / e for o, e in zip(observed, expected, strict=True))
    want = math.erfc(math.sqrt(x2 / 2))
    assert float(chi_square(a, n1, c, n2, correction=True)) == pytest.approx(want)
    # where the difference is below a half, nothing is left of it
    assert float(chi_square(5, 10, 5, 11, correction=True)) == pytest.approx(1.0, abs=1e-12)


def test_tables_without_information() -> None:
    for table in ((0, 8, 0, 9), (8, 8, 9, 9), (0, 0, 3, 9), (0, 0, 0, 0)):
        assert float(fisher(*table)) == 1.0
        assert float(fisher_mid_p(*table)) == 0.5
        assert float(barnard(*table)) == 1.0
        assert float(boschloo(*table)) == 1.0
        assert math.isnan(float(chi_square(*table)))
    assert np.isnan(fisher([1, np.nan], 5, 2, 6)).tolist() == [False, True]


@pytest.mark.parametrize("test", [fisher, fisher_mid_p, chi_square, barnard, boschloo])
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ((9, 8, 1, 5), "more events than patients in the first arm: 9, 8"),
        ((1, 5, 7, 6), "more events than patients in the second arm: 7, 6"),
        ((-1, 5, 1, 6), "negative number of events in the first arm: -1"),
        ((1, 5, 1, -6), "negative size of the second arm"),
        ((1.5, 5, 1, 6), "events of the first arm: not a whole number"),
        ((1, math.inf, 1, 6), "over 1,000,000,000"),
        (([1, 6], 5, 1, 6), r"position 1"),
    ],
)
def test_impossible_tables_are_refused(test, table, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        test(*table)


def test_unknown_alternatives_and_unbounded_work_are_refused() -> None:
    with pytest.raises(ValueError, match="no alternative"):
        fisher(1, 2, 1, 2, "both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no alternative"):
        barnard(1, 2, 1, 2, "both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at most 1000"):
        boschloo(1, 900, 1, 200)


def brute_force(n1: int, n2: int, extreme: set[tuple[int, int]]) -> float:
    """The largest probability of the extreme tables over a fine grid of common rates."""
    p = np.linspace(0, 1, 40_001)
    total = np.zeros_like(p)
    for x, y in extreme:
        events = x + y
        ways = math.comb(n1, x) * math.comb(n2, y)
        total += ways * p**events * (1 - p) ** (n1 + n2 - events)
    return float(total.max())


@pytest.mark.parametrize("table", [(7, 14, 12, 15), (8, 14, 4, 15), (0, 9, 4, 11), (3, 5, 3, 12)])
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_unconditional_tests_equal_brute_force(
    table: tuple[int, int, int, int], alternative: str
) -> None:
    a, n1, c, n2 = table
    every = list(itertools.product(range(n1 + 1), range(n2 + 1)))

    def score(x: int, y: int) -> float:
        share = (x + y) / (n1 + n2)
        if share in (0, 1):
            return 0.0
        return (x / n1 - y / n2) / math.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))

    sign = {"two-sided": 0, "less": -1, "greater": 1}[alternative]

    def extremity(x: int, y: int) -> float:
        return sign * score(x, y) if sign else abs(score(x, y))

    extreme = {t for t in every if extremity(*t) >= extremity(a, c) - 1e-9}
    got = float(barnard(*table, alternative))
    assert got == pytest.approx(brute_force(n1, n2, extreme), rel=1e-6)

    def conditional(x: int, y: int) -> Fraction:
        p = exact_probabilities(x, n1, y, n2)
        if sign:
            return sum((s for z, s in p.items() if (z - x) * sign >= 0), Fraction(0))
        return sum((s for s in p.values() if s <= p[x]), Fraction(0))

    extreme = {t for t in every if conditional(*t) <= conditional(a, c)}
    got = float(boschloo(*table, alternative))
    assert got == pytest.approx(brute_force(n1, n2, extreme), rel=1e-6)
    assert got <= float(fisher(*table, alternative)) * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(small_tables(12))
def test_unconditional_tests_do_not_depend_on_the_order_of_arms(
    table: tuple[int, int, int, int],
) -> None:
    a, n1, c, n2 = table
    assert float(barnard(c, n2, a, n1)) == pytest.approx(float(barnard(*table)), rel=1e-9)
    assert float(boschloo(c, n2, a, n1)) == pytest.approx(float(boschloo(*table)), rel=1e-9)
