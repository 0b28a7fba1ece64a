"""Means and spreads of whole numbers: the reference cases, and every small data set."""

from __future__ import annotations

import itertools
import json
import math
import statistics
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialweave.stats.granularity import (
    LARGEST,
    _exists,
    debit,
    grim,
    grimmer,
    largest_sd,
    mean_attainable,
    means_near,
    telling,
)
from trialweave.stats.printed import Printed, printed


def read(shared: Path, name: str) -> list[dict[str, Any]]:
    cases = json.loads((shared / f"data/stats/{name}_cases.json").read_text())["cases"]
    return [dict(zip(cases, row, strict=True)) for row in zip(*cases.values(), strict=True)]


def test_a_printed_number_stands_for_an_interval() -> None:
    number = printed("−3.20")
    assert number == Printed(-320, 2)
    assert (number.low, number.value, number.high) == (-3.205, -3.2, -3.195)
    assert (number.scale, number.unit) == (100, 0.01)
    assert printed("·5") == printed(".5") == Printed(5, 1)
    assert printed(" 1,25 ") == Printed(125, 2)
    assert printed("+7") == Printed(7, 0)


@pytest.mark.parametrize("text", ["", "-", ".", "1.2.3", "1e5", "nan", "12 mg", "1" * 13])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        printed(text)


# GRIM


@pytest.mark.shared
@pytest.mark.parametrize(
    ("column", "rounding"),
    [
        ("consistent_up_or_down", "nearest"), ("consistent_up", "half up"),
        ("consistent_even", "half to even"), ("consistent_trunc", "cut off"),
        ("consistent_ceiling_or_floor", "cut off or up"),
    ],
)  # fmt: skip
def test_grim_gives_the_reference_answers(shared: Path, column: str, rounding: Any) -> None:
    """Where they differ the reference took a mean that is exactly another printed number.

    It adds and takes off a little before rounding, so that 420/96 = 4.375 also counts as rounded
    to 4.37 by halves to even, and 95/25 = 3.80 as rounded up to 3.81: neither is arithmetic.
    """
    seen = 0
    for case in read(shared, "grim"):
        number = printed(case["x"])
        decimals = number.decimals + 2 * case["percent"]
        found = bool(mean_attainable(number.units, decimals, case["n"], case["items"], rounding))
        seen += 1
        if found == case[column]:
            continue
        assert rounding in ("half to even", "cut off", "cut off or up")
        assert (found, case[column]) == (False, True)
        total = case["n"] * case["items"]
        step = Fraction(1, 2) if rounding == "half to even" else Fraction(1)
        reached = {Fraction(number.units) + step, Fraction(number.units) - step}
        assert any((x * total / 10**decimals).denominator == 1 for x in reached), case
    assert seen > 400


@pytest.mark.shared
def test_grim_of_texts_and_its_power_are_the_reference_ones(shared: Path) -> None:
    for case in read(shared, "grim"):
        given = (case["x"], case["n"], case["items"])
        found = grim(*given, percent=case["percent"])
        assert (found == "rounded") == case["consistent_up_or_down"]
        assert telling(*given, percent=case["percent"]) == pytest.approx(case["ratio"], abs=1e-9)


def test_grim_by_going_through_all_sums() -> None:
    for n, shown in itertools.product(range(1, 14), range(0, 101, 3)):
        means = [Fraction(s, n) * 100 for s in range(2 * n)]
        nearest = any(abs(m - shown) <= Fraction(1, 2) for m in means)
        weak = any(abs(m - shown) < 1 for m in means)
        expected = "rounded" if nearest else "cut off or up" if weak else "no"
        text = f"{shown / 100:.2f}"
        assert grim(text, n) == expected, (text, n)
        if shown:
            assert grim(f"-{text}", n) == expected


@pytest.mark.parametrize("items", [1, 3])
def test_each_way_of_rounding_by_going_through_all_sums(items: int) -> None:
    """In whole numbers: the mean in units of the second decimal, against the printed units."""
    half = Fraction(1, 2)
    ways: dict[Any, Any] = {
        "nearest": lambda m, u: abs(m - u) <= half,
        "half up": lambda m, u: u - half <= m < u + half,
        "half to even": lambda m, u: abs(m - u) < half or (abs(m - u) == half and u % 2 == 0),
        "cut off": lambda m, u: u <= m < u + 1,
        "rounded up": lambda m, u: u - 1 < m <= u,
        "cut off or up": lambda m, u: abs(m - u) < 1,
    }
    for n in (1, 2, 7, 8, 40):
        means = [Fraction(100 * s, n * items) for s in range(n * items + 2)]
        units = range(101)
        for rounding, reads in ways.items():
            expected = [any(reads(m, u) for m in means) for u in units]
            found = mean_attainable(np.array(units), 2, n, items, rounding)
            assert found.tolist() == expected, (n, rounding)


def test_grim_names_the_nearest_means_and_takes_items() -> None:
    assert grim("3.14", 10) == "no"
    assert means_near("3.14", 10) == (3.1, 3.2)
    assert means_near("-3.14", 10) == (-3.2, -3.1)
    assert grim("3.15", 10, items=2) == "rounded"
    assert telling("3.14", 10) == pytest.approx(0.9)
    assert telling("3.1", 10) == 0


def test_vectors_of_means_broadcast_and_are_checked() -> None:
    found = mean_attainable(np.array([314, 310]), 2, np.array([[10], [50]]))
    assert found.tolist() == [[False, True], [True, True]]
    assert bool(mean_attainable(-31, 1, 10))
    for bad in ((1, 10, 5), (1, -1, 5), (1, 2, 0), (LARGEST + 1, 2, 5)):
        with pytest.raises(ValueError, match=r"decimals|sizes"):
            mean_attainable(*bad)
    with pytest.raises(ValueError, match="sizes"):
        grim("3.1", 0)


# GRIMMER


@pytest.mark.shared
def test_grimmer_gives_the_reference_answers(shared: Path) -> None:
    cases = read(shared, "grimmer")
    real = 0
    for case in cases:
        found = grimmer(case["mean"], case["sd"], case["n"]) == "attainable"
        assert found == case["rsprite2_consistent"], case
        assert found == case["scrutiny_consistent"], case
        if case["generated_from_real_data"]:
            real += 1
            assert found
    assert real > 50


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_grimmer_by_going_through_all_small_data_sets(n: int) -> None:
    """Of numbers 0 to 5: what occurs is attainable, and what is attainable on the scale of few
    persons occurs; unbounded numbers may give more."""
    occurring = {
        (sum(v), f"{statistics.stdev(v):.2f}")
        for v in itertools.combinations_with_replacement(range(-6, 8), n)
        if 0 <= sum(v) <= n
    }
    for total in range(n + 1):
        mean = f"{total / n:.3f}"
        for shown in range(0, 240, 3):
            sd = f"{shown / 100:.2f}"
            # spreads up to 2.4 keep up to six numbers of mean 0 to 1 within -6 to 7
            if grimmer(mean, sd, n) == "attainable":
                near = {f"{(shown + d) / 100:.2f}" for d in (-1, 0, 1)}
                assert any((total, each) in occurring for each in near), (mean, sd, n)
    for total, sd in occurring:
        assert grimmer(f"{total / n:.3f}", sd, n) == "attainable", (total, sd, n)


@pytest.mark.parametrize(("n", "largest"), [(2, 12), (3, 10), (4, 8)])
def test_which_sums_and_squares_few_numbers_can_have(n: int, largest: int) -> None:
    """All numbers up to `largest` in size give every pair with squares up to its square."""
    span = range(-largest, largest + 1)
    real = {
        (sum(v), sum(x * x for x in v)) for v in itertools.combinations_with_replacement(span, n)
    }
    for total in range(-n, n + 1):
        low, rest = divmod(total, n)
        least = n * low**2 + rest * (2 * low + 1)
        for squares in range(least, largest**2 + 1, 2):
            assert _exists(total, squares, n) == ((total, squares) in real), (total, squares)


def test_grimmer_knows_scales_populations_and_standard_errors() -> None:
    values = [0, 0, 1, 5, 9, 10]
    mean, sd = f"{statistics.mean(values):.2f}", f"{statistics.stdev(values):.2f}"
    assert grimmer(mean, sd, 6, scale=(0, 10)) == "attainable"
    assert grimmer(mean, sd, 6, scale=(0, 6)) == "sd not attainable"
    by_n = f"{statistics.pstdev(values):.2f}"
    assert grimmer(mean, by_n, 6) != "attainable"
    assert grimmer(mean, by_n, 6, population=True) == "attainable"
    error = f"{statistics.stdev(values) / math.sqrt(6):.2f}"
    assert grimmer(mean, error, 6, error=True) == "attainable"
    assert grimmer("4.19", sd, 6) == "mean not attainable"
    halves = [1.5, 2.0, 2.5, 4.0]
    assert grimmer("2.50", f"{statistics.stdev(halves):.3f}", 4, items=2) == "attainable"
    assert grimmer("5.00", "5.77", 4, scale=(0, 10)) == "attainable"  # two at each end
    assert grimmer("5.00", "0.00", 4, scale=(5, 5)) == "attainable"
    assert grimmer("0.00", "0.00", 4, scale=(5, 10)) == "sd not attainable"
    for low, high in ((1, 5), (-3, 4)):
        for data in itertools.combinations_with_replacement((low, low + 1, high), 5):
            wide = f"{statistics.mean(data):.2f}", f"{statistics.stdev(data):.2f}"
            assert grimmer(*wide, 5, scale=(low, high)) == "attainable"
        ends = [low, low, high, high, high - 1]
        largest = statistics.stdev(ends)
        mean = f"{statistics.mean(ends):.2f}"
        assert grimmer(mean, f"{largest:.2f}", 5, scale=(low, high)) == "attainable"
        assert grimmer(mean, f"{largest + 0.2:.2f}", 5, scale=(low, high)) != "attainable"


def test_grimmer_refuses_what_has_no_spread() -> None:
    with pytest.raises(ValueError, match="two persons"):
        grimmer("3.0", "1.0", 1)
    with pytest.raises(ValueError, match="negative"):
        grimmer("3.0", "-1.0", 5)


def test_grimmer_answers_at_once_where_everything_is_attainable() -> None:
    assert grimmer("123456", "999999", 10_000_000) == "attainable"
    assert grimmer("5.0", "123456789", 3) == "attainable"
    assert grimmer("5.00", "999999999.999999999", 3) == "attainable"  # few squares, each costly


# DEBIT, bounds


def zeros_and_ones(mean: str, sd: str, n: int) -> bool:
    """Whether whole numbers from 0 to 1 have these: the mean must be possible too."""
    return grimmer(mean, sd, n, scale=(0, 1)) == "attainable"


@pytest.mark.shared
def test_debit_gives_the_reference_answers(shared: Path) -> None:
    cases = read(shared, "debit")
    for case in cases:
        given = (case["mean"], case["sd"], case["n"])
        assert debit(*given) == case["consistent"], case
        if case["generated_from_real_data"]:
            assert zeros_and_ones(*given)
        assert debit(*given) or not zeros_and_ones(*given)
    assert {case["consistent"] for case in cases} == {True, False}


def test_debit_of_all_zeros_and_ones() -> None:
    for n in (2, 5, 17):
        for ones in range(n + 1):
            sd = math.sqrt(ones * (n - ones) / (n * (n - 1)))
            given = (f"{ones / n:.3f}", f"{sd:.2f}", n)
            assert debit(*given)
            assert zeros_and_ones(*given)
            spreads = {"population": sd * math.sqrt((n - 1) / n), "error": sd / math.sqrt(n)}
            for way, spread in spreads.items():
                assert debit(given[0], f"{spread:.4f}", n, **{way: True})
    assert not debit("0.30", "0.46", 9, error=True)
    assert not debit("0.30", "0.49", 9, population=True)
    assert debit("0.30", "0.49", 9)
    assert debit("0.5", "0.50", 100)  # the largest spread lies inside the mean's interval
    assert not debit("0.30", "0.20", 50)
    assert debit("0.55", "0.52", 10)  # by the formula; but no whole number of ten is 0.55
    assert not zeros_and_ones("0.55", "0.52", 10)
    for mean in ("1.2", "-0.1", "x"):
        with pytest.raises(ValueError, match="not a"):
            debit(mean, "0.1", 9)
    with pytest.raises(ValueError, match="sizes"):
        debit("0.5", "0.5", 1)


def test_the_largest_spread_is_that_of_everybody_at_one_end() -> None:
    values = [0, 0, 0, 10, 10]
    assert float(largest_sd(4.0, 5, 0, 10)) == pytest.approx(statistics.stdev(values))
    assert float(largest_sd(2.6, 5, 1, 5)) == pytest.approx(statistics.stdev([1, 1, 1, 5, 5]))
    assert largest_sd([0.0, 10.0], 5, 0, 10).tolist() == [0.0, 0.0]
    assert np.isnan(largest_sd([11.0, 4.0], [5, 1], 0, 10)).all()
