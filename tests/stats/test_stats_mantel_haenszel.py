"""Mantel-Haenszel and Peto, by sums in whole numbers and in their limiting cases."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from trialweave.stats.effects import effect
from trialweave.stats.pooling import mantel_haenszel, peto

# Invented tables, one with an empty cell and one without any event.
TABLES = ([3, 0, 12, 0], [40, 25, 90, 12], [7, 2, 20, 0], [38, 27, 101, 14])


def sums(term: object) -> Fraction:
    total = Fraction(0)
    for a, n1, c, n2 in zip(*TABLES, strict=True):
        total += term(Fraction(a), Fraction(n1), Fraction(c), Fraction(n2))  # type: ignore[operator]
    return total


def test_estimates_are_ratios_of_weighted_sums() -> None:
    odds = sums(lambda a, n1, c, n2: a * (n2 - c) / (n1 + n2)) / sums(
        lambda a, n1, c, n2: c * (n1 - a) / (n1 + n2)
    )
    risk = sums(lambda a, n1, c, n2: a * n2 / (n1 + n2)) / sums(
        lambda a, n1, c, n2: c * n1 / (n1 + n2)
    )
    difference = sums(lambda a, n1, c, n2: (a * n2 - c * n1) / (n1 + n2)) / sums(
        lambda a, n1, c, n2: n1 * n2 / (n1 + n2)
    )
    assert float(mantel_haenszel("OR", *TABLES).estimate) == pytest.approx(math.log(odds))
    assert float(mantel_haenszel("RR", *TABLES).estimate) == pytest.approx(math.log(risk))
    assert float(mantel_haenszel("RD", *TABLES).estimate) == pytest.approx(float(difference))


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_of_one_table_it_is_the_inverse_variance_estimate(measure: str) -> None:
    one = mantel_haenszel(measure, [5], [30], [9], [28])  # type: ignore[arg-type]
    yi, vi = effect(measure, 5, 30, 9, 28)  # type: ignore[arg-type]
    assert float(one.estimate) == pytest.approx(float(yi))
    assert float(one.se) ** 2 == pytest.approx(float(vi))
    assert (float(one.q), int(one.q_df), float(one.q_p)) == pytest.approx((0, 0, 1), abs=1e-12)
    assert one.weights.tolist() == [100.0]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_many_strata_padding_and_order(measure: str) -> None:
    plain = mantel_haenszel(measure, *TABLES)  # type: ignore[arg-type]
    padded = [np.array([[*column[::-1], math.nan], [*column, math.nan]]) for column in TABLES]
    both = mantel_haenszel(measure, *padded)  # type: ignore[arg-type]
    for name in ("estimate", "se", "low", "p", "q", "i2"):
        assert getattr(both, name) == pytest.approx(float(getattr(plain, name)), rel=1e-12)
    assert both.k.tolist() == [4, 4]
    a, n1, c, n2 = TABLES
    swapped = mantel_haenszel(measure, c, n2, a, n1)  # type: ignore[arg-type]
    assert float(swapped.estimate) == pytest.approx(-float(plain.estimate))
    assert float(swapped.se) == pytest.approx(float(plain.se))


def test_peto_and_tables_without_events() -> None:
    v = sums(
        lambda a, n1, c, n2: n1 * n2 * (a + c) * (n1 + n2 - a - c) / (n1 + n2) ** 2 / (n1 + n2 - 1)
    )
    excess = sums(lambda a, n1, c, n2: a - (a + c) * n1 / (n1 + n2))
    found = peto(*TABLES)
    assert float(found.estimate) == pytest.approx(float(excess / v))
    assert float(found.se) == pytest.approx(1 / math.sqrt(v))
    assert found.weights[3] == 0.0
    assert int(found.q_df) == 2
    # a table without events is in the risk difference unless it is dropped
    assert mantel_haenszel("RD", *TABLES).weights[3] > 0
    dropped = mantel_haenszel("RD", *TABLES, drop00=True)
    assert np.isnan(dropped.weights[3])
    assert int(dropped.k) == 3


def test_what_is_not_defined_says_so() -> None:
    nothing = mantel_haenszel("OR", [1, 2], [9, 9], [0, 0], [9, 9])
    assert np.isnan(nothing.estimate)
    assert np.isnan(nothing.p)
    assert nothing.notes == (
        "OR of all studies together is not defined: an arm has no event, or only events.",
    )
    assert np.isnan(peto([0], [9], [0], [9]).estimate)
    assert peto(*TABLES).notes == ()
    with pytest.raises(ValueError, match="no Mantel-Haenszel"):
        mantel_haenszel("SMD", 1, 2, 1, 2)  # type: ignore[arg-type]
