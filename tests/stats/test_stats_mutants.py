"""Small faults that other tests would let pass, found by mutation testing."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from trialweave.stats.effects import effect, mean_difference, smd
from trialweave.stats.intervals import clopper_pearson, wilson
from trialweave.stats.pooling import Method, pool
from trialweave.stats.tables import barnard, boschloo, fisher

# Newcombe, Stat Med 1998;17:857-872, table I
NEWCOMBE = [
    (wilson, 81, 263, 0.2553, 0.3662),
    (wilson, 15, 148, 0.0624, 0.1605),
    (wilson, 0, 20, 0.0, 0.1611),
    (wilson, 1, 29, 0.0061, 0.1718),
    (clopper_pearson, 81, 263, 0.2527, 0.3676),
    (clopper_pearson, 15, 148, 0.0578, 0.1617),
    (clopper_pearson, 0, 20, 0.0, 0.1684),
    (clopper_pearson, 1, 29, 0.0009, 0.1776),
]


@pytest.mark.parametrize(("interval", "x", "n", "low", "high"), NEWCOMBE)
def test_published_intervals_of_proportions(interval, x, n, low, high) -> None:  # type: ignore[no-untyped-def]
    found = interval(x, n)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=5.1e-5)


def test_intervals_mirror_each_other_and_close_at_the_ends() -> None:
    for interval in (wilson, clopper_pearson):
        for x, n in ((0, 7), (1, 7), (3, 7), (7, 7)):
            one, other = interval(x, n), interval(n - x, n)
            assert float(one.low) == pytest.approx(1 - float(other.high), abs=1e-14)
        n = np.arange(1, 200)
        assert np.all(interval(0, n).low == 0.0)
        assert np.all(interval(n, n).high == 1.0)


Y = [Fraction(1, 2), Fraction(-3, 4), Fraction(5, 4), Fraction(2)]
V = [Fraction(1, 4), Fraction(1, 2), Fraction(1, 8), Fraction(1, 5)]


def _closed(method: Method) -> Fraction:
    """Estimators without iteration, in fractions, from their definitions."""
    k, plain = len(Y), sum(Y) / len(Y)
    squares = sum((y - plain) ** 2 for y in Y)
    w = [1 / v for v in V]
    mean = sum(a * y for a, y in zip(w, Y, strict=True)) / sum(w)
    q = sum(a * (y - mean) ** 2 for a, y in zip(w, Y, strict=True))
    if method == "HE":
        return squares / (k - 1) - sum(V) / k
    if method == "HS":
        return (q - k) / sum(w)
    if method == "HSk":
        return (q * k / (k - 1) - k) / sum(w)
    if method == "DL":
        return (q - (k - 1)) / (sum(w) - sum(a * a for a in w) / sum(w))
    start = squares / k
    b = [start / (v + start) for v in V]
    middle = sum(a * y for a, y in zip(b, Y, strict=True)) / sum(b)
    return sum(a * (y - middle) ** 2 for a, y in zip(b, Y, strict=True)) / (k - 1)


@pytest.mark.parametrize("method", ["HE", "HS", "HSk", "DL", "SJ"])
def test_estimators_without_iteration_alone_and_padded(method: Method) -> None:
    wanted = float(_closed(method))
    assert wanted > 0
    y, v = [float(x) for x in Y], [float(x) for x in V]
    assert float(pool(y, v, tau2=method).tau2) == pytest.approx(wanted, rel=1e-12)
    gap = math.nan
    padded = pool([[*y, gap, gap], [1, 2, 3, 4, 5, 6]], [[*v, gap, gap], [1] * 6], tau2=method)
    assert float(padded.tau2[0]) == pytest.approx(wanted, rel=1e-12)


def _supremum(order: dict[tuple[int, int], Fraction | float], seen: tuple[int, int], n1: int,
              n2: int) -> float:  # fmt: skip
    """The largest probability, over a fine grid of rates, of tables ordered at most as `seen`."""
    extreme = [xy for xy, value in order.items() if value <= order[seen]]
    rates = np.linspace(0, 1, 4001)
    total = np.zeros_like(rates)
    for x, y in extreme:
        ways = math.comb(n1, x) * math.comb(n2, y)
        total += ways * rates ** (x + y) * (1 - rates) ** (n1 + n2 - x - y)
    return float(total.max())


@pytest.mark.parametrize("alternative", ["less", "greater"])
@pytest.mark.parametrize("seen", [(1, 4), (4, 1), (2, 3), (3, 2), (5, 0), (2, 2)])
def test_one_sided_unconditional_tests_equal_brute_force(
    seen: tuple[int, int], alternative: str
) -> None:
    n1, n2 = 6, 5
    sign = 1 if alternative == "less" else -1
    score: dict[tuple[int, int], float] = {}
    exact: dict[tuple[int, int], float] = {}
    for x, y in itertools.product(range(n1 + 1), range(n2 + 1)):
        rate = (x + y) / (n1 + n2)
        spread = math.sqrt(rate * (1 - rate) * (1 / n1 + 1 / n2))
        difference = x / n1 - y / n2
        score[x, y] = round(sign * difference / spread if spread else 0.0, 12)
        exact[x, y] = round(float(fisher(x, n1, y, n2, alternative)), 12)  # type: ignore[arg-type]
    x, y = seen
    for test, order in ((barnard, score), (boschloo, exact)):
        got = float(test(x, n1, y, n2, alternative))  # type: ignore[arg-type]
        assert got == pytest.approx(_supremum(order, seen, n1, n2), abs=2e-6)


@pytest.mark.parametrize("place", [1, 2, 4, 5])
@pytest.mark.parametrize("measure", [mean_difference, smd])
def test_negative_deviations_and_sizes_are_refused(measure, place: int) -> None:  # type: ignore[no-untyped-def]
    numbers = [1.0, 2.0, 10.0, 3.0, 2.5, 12.0]
    numbers[place] = -1.0
    with pytest.raises(ValueError, match="must not be negative"):
        measure(*numbers)


def test_sets_without_a_study_or_with_one_leave_the_others_alone() -> None:
    gap = math.nan
    y = [[0.1, 0.9, -0.4], [gap, 0.3, gap], [gap] * 3, [gap, 0.2, 1.1]]
    v = [[0.1, 0.2, 0.3], [gap, 0.5, gap], [gap] * 3, [gap, 0.1, 0.2]]
    together = pool(y, v)
    assert together.k.tolist() == [3, 1, 0, 2]
    for row in (0, 1, 3):
        alone = pool(*([x for x in values[row] if x == x] for values in (y, v)))
        for name in ("estimate", "se", "low", "high", "p", "tau2", "tau2_high", "pi_low", "q"):
            got, wanted = getattr(together, name)[row], getattr(alone, name)
            np.testing.assert_allclose(got, wanted, rtol=1e-12, err_msg=f"{name} of set {row}")
    assert math.isnan(together.estimate[2])
    assert float(together.estimate[1]) == 0.3


def test_a_correction_of_nought_is_none() -> None:
    assert effect("RR", 3, 10, 5, 12, add=0.0) == effect("RR", 3, 10, 5, 12, to="none")
    assert math.isnan(effect("OR", 0, 10, 5, 12, add=0.0).yi)
