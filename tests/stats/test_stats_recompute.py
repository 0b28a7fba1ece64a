"""P values, limits and statistics from printed numbers: SciPy, R's answers, and every corner."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as reference

from trialweave.stats.recompute import (
    Box,
    Group,
    difference_range,
    limits_range,
    mann_whitney_most_favourable,
    p_of_statistic,
    p_range,
    p_range_of_statistic,
    se_of_interval,
    statistic_range,
    t_test,
)


def around(number: float, half: float = 0.05) -> Box:
    return Box(number - half, number + half)


@pytest.mark.shared
def test_p_of_means_gives_rs_answers(shared: Path) -> None:
    cases = json.loads((shared / "data/stats/pvalue_recompute.json").read_text())["means"]
    assert len(cases) > 20
    for case in cases:
        given = [case[name] for name in ("m1", "sd1", "n1", "m2", "sd2", "n2")]
        for kind, name in (("student", "pooled"), ("welch", "welch")):
            found = t_test(*given, kind)  # type: ignore[arg-type]
            assert float(found.statistic) == pytest.approx(case[f"t_{name}"], rel=1e-10)
            assert float(found.df) == pytest.approx(case[f"df_{name}"], rel=1e-10)
            assert float(found.p) == pytest.approx(case[f"p_{name}"], rel=1e-9)
        one, two = (Group(around(m), around(sd), n) for m, sd, n in (given[:3], given[3:]))
        found_range = p_range(one, two, "student")
        assert found_range.low == pytest.approx(case["p_pooled_min_given_rounding_1dp"], rel=1e-8)
        assert found_range.high == pytest.approx(case["p_pooled_max_given_rounding_1dp"], rel=1e-8)


@pytest.mark.parametrize("equal", [True, False])
def test_t_tests_of_many_groups_at_once_are_scipys(equal: bool) -> None:
    gen = np.random.default_rng(6)
    m1, m2 = gen.normal(5, 2, (2, 40))
    sd1, sd2 = gen.uniform(0, 3, (2, 40))
    n1, n2 = gen.integers(2, 50, (2, 40))
    found = t_test(m1, sd1, n1, m2, sd2, n2, "student" if equal else "welch")
    expected = reference.ttest_ind_from_stats(m1, sd1, n1, m2, sd2, n2, equal_var=equal)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


def test_z_tests_are_the_limit_of_the_t_tests() -> None:
    for kind, like in (("z", "welch"), ("z pooled", "student")):
        z = t_test(5.0, 2.0, 30, 4.0, 3.0, 20, kind)  # type: ignore[arg-type]
        t = t_test(5.0, 2.0, 30, 4.0, 3.0, 20, like)  # type: ignore[arg-type]
        assert float(z.statistic) == float(t.statistic)
        assert float(z.p) == pytest.approx(2 * reference.norm.sf(abs(float(z.statistic))))
        assert math.isinf(float(z.df))


def test_undefined_tests_are_nan() -> None:
    found = t_test([5.0, 5.0, 5.0], [1.0, 0.0, np.nan], [1, 5, 5], 4.0, [1.0, 0.0, 1.0], 5)
    assert np.isnan(found.p).all()
    assert np.isnan(found.df).all()
    with pytest.raises(ValueError, match="negative"):
        t_test(1, -1, 5, 2, 1, 5)


@pytest.mark.parametrize("kind", ["student", "welch", "z", "z pooled"])
def test_the_range_of_p_holds_every_p_inside_the_box(kind: str) -> None:
    rng = random.Random(3)
    for _ in range(60):
        sizes = rng.randint(2, 30), rng.randint(2, 30)
        groups = [Group(around(rng.gauss(5, 1)), around(rng.uniform(0.06, 3)), n) for n in sizes]
        found = p_range(*groups, kind)  # type: ignore[arg-type]
        for _ in range(10):
            numbers = [
                x for g in groups
                for x in (rng.uniform(*g.mean), rng.uniform(*g.sd), g.n)
            ]  # fmt: skip
            p = float(t_test(*numbers, kind).p)  # type: ignore[arg-type]
            slack = 1e-6 if kind == "welch" else 1e-12  # Welch's is searched for
            assert found.low * (1 - slack) - 1e-300 <= p <= found.high * (1 + slack)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Group(Box(-0.5, 0.5), Box(0.0, 0.5), 2), Group(Box(-0.5, 0.5), Box(0.5, 1.5), 12)),
        (Group(Box(6.5, 7.5), Box(0.5, 1.5), 7), Group(Box(4.5, 5.5), Box(0.5, 1.5), 5)),
        (Group(Box(6.5, 7.5), Box(0.5, 1.5), 3), Group(Box(1.5, 2.5), Box(1.5, 2.5), 23)),
    ],
)
def test_the_extremes_of_welchs_test_lie_between_the_corners(one: Group, two: Group) -> None:
    """Coarse rounding: more spread in one group may give more degrees of freedom and a smaller P.

    The whole of both intervals is gone through, finely.
    """
    sd1, sd2 = np.meshgrid(np.linspace(*one.sd, 301), np.linspace(*two.sd, 301))
    far = max(abs(x) for x in difference_range(one.mean, two.mean))
    least = float(np.nanmin(t_test(far, sd1, one.n, 0.0, sd2, two.n).p))
    corner = float(t_test(far, one.sd.low, one.n, 0.0, two.sd.low, two.n).p)
    assert least < 0.999 * corner
    assert p_range(one, two).low == pytest.approx(least, rel=1e-3)
    assert p_range(one, two).low <= least * (1 + 1e-6)
    v1, v2 = sd1**2 / one.n, sd2**2 / two.n
    df = (v1 + v2) ** 2 / (v1**2 / (one.n - 1) + v2**2 / (two.n - 1))
    half = reference.t.ppf(0.975, df) * np.sqrt(v1 + v2)
    found = limits_range(one, two, 0.95, "welch")
    assert found.lower.high == pytest.approx(one.mean.high - two.mean.low - half.min(), abs=1e-3)
    assert found.lower.high >= one.mean.high - two.mean.low - half.min() - 1e-9
    assert found.upper.high >= one.mean.high - two.mean.low + half.max() - 1e-9


def test_ranges_where_no_spread_or_no_difference_is_left() -> None:
    flat = Group(Box(5.0, 5.0), Box(-0.05, 0.05), 10)
    other = Group(Box(6.0, 6.0), Box(-0.05, 0.05), 10)
    found = p_range(flat, other)
    assert found.low == 0.0
    assert 0 < found.high < 1e-6
    assert p_range(flat, flat).high == 1.0
    exact = Group(Box(5.0, 5.0), Box(0.0, 0.0), 10)
    assert p_range(exact, Group(Box(6.0, 6.0), Box(0.0, 0.0), 10)) == (0.0, 0.0)
    assert np.isnan(p_range(Group(Box(5, 5), Box(1, 1), 1), other)).all()


@pytest.mark.parametrize("equal", [True, False])
def test_limits_of_a_difference_are_scipys(equal: bool) -> None:
    gen = np.random.default_rng(4)
    one, two = gen.normal(5, 2, 14), gen.normal(4, 3, 9)
    low, high = reference.ttest_ind(one, two, equal_var=equal).confidence_interval(0.9)
    groups = [
        Group(around(float(x.mean()), 1e-9), around(float(x.std(ddof=1)), 1e-9), x.size)
        for x in (one, two)
    ]
    found = limits_range(groups[0], groups[1], 0.9, "student" if equal else "welch")
    assert found.lower == pytest.approx((low, low), abs=1e-7)
    assert found.upper == pytest.approx((high, high), abs=1e-7)
    assert difference_range(Box(4.9, 5.1), Box(3.9, 4.1)) == pytest.approx((0.8, 1.2))
    z = limits_range(groups[0], groups[1], 0.9, "z")
    welch = limits_range(groups[0], groups[1], 0.9, "welch")
    assert z.upper.high - z.lower.low < welch.upper.low - welch.lower.high
    alone = Group(around(5), around(1), 1)
    assert np.isnan(limits_range(alone, groups[1], 0.9, "z").lower).all()


def test_standard_errors_and_statistics_of_intervals() -> None:
    assert float(se_of_interval(-1.96, 1.96)) == pytest.approx(1.0, rel=1e-4)
    assert float(se_of_interval(0.5, 2.0, ratio=True)) == pytest.approx(0.35364, rel=1e-4)
    assert math.isnan(float(se_of_interval(0.0, 2.0, ratio=True)))
    found = statistic_range(around(2.0), around(0.04), around(3.96))
    assert found.low < 2.0 < found.high
    assert found.high - found.low < 0.25
    z = float(reference.norm.ppf(0.975))
    assert found.low == pytest.approx(1.95 / ((4.01 + 0.01) / 2 / z))
    assert found.high == pytest.approx(2.05 / ((3.91 - 0.09) / 2 / z))
    assert statistic_range(Box(0.0, 0.1), around(-1), around(1)).low == 0.0
    straddling = statistic_range(around(0.02), around(-2.0), around(2.0))
    assert straddling.low == 0.0
    ratio = statistic_range(*(around(x, 0.005) for x in (0.5, 0.25, 1.0)), ratio=True)
    assert ratio.low < math.log(2) / (math.log(4) / 3.92) < ratio.high
    assert math.isnan(statistic_range(around(0.5), around(0.0), around(1.0), ratio=True).low)
    assert math.isnan(statistic_range(around(0.5, 0), around(1, 0), around(1, 0)).low)


@pytest.mark.parametrize(("n1", "n2"), [(3, 3), (4, 7), (10, 12), (2, 40), (1, 6)])
def test_no_mann_whitney_test_is_below_its_bound(n1: int, n2: int) -> None:
    bound = float(mann_whitney_most_favourable(n1, n2))
    apart = np.arange(n1), np.arange(n2) + 100.0
    ties = np.zeros(n1), np.ones(n2)
    for method, data in (("exact", apart), ("asymptotic", apart), ("asymptotic", ties)):
        p = reference.mannwhitneyu(*data, method=method, use_continuity=False).pvalue
        assert p >= bound * (1 - 1e-9)
    reached = [
        reference.mannwhitneyu(*apart, method="exact").pvalue,
        reference.mannwhitneyu(*ties, method="asymptotic", use_continuity=False).pvalue,
        # of two values the exact test is Fisher's, one-sided where the sizes differ
        reference.fisher_exact([[n1, 0], [0, n2]]).pvalue,
    ]
    assert min(reached) == pytest.approx(bound, rel=1e-9)
    assert math.isnan(float(mann_whitney_most_favourable(0, 5)))


def test_p_of_statistics_are_scipys_tails() -> None:
    assert float(p_of_statistic("t", -2.2, 28)) == pytest.approx(2 * reference.t.sf(2.2, 28))
    assert float(p_of_statistic("F", 3.2, 2, 54)) == pytest.approx(reference.f.sf(3.2, 2, 54))
    assert float(p_of_statistic("chi2", 5.99, 2)) == pytest.approx(reference.chi2.sf(5.99, 2))
    assert float(p_of_statistic("z", 1.96, math.nan)) == pytest.approx(0.05, abs=1e-4)
    gen = np.random.default_rng(5)
    x, y = gen.normal(size=(2, 12))
    r = reference.pearsonr(x, y)
    assert float(p_of_statistic("r", r.statistic, 10)) == pytest.approx(r.pvalue)
    undefined = [
        p_of_statistic("t", 1.0, 0), p_of_statistic("chi2", -1.0, 1), p_of_statistic("r", 1.2, 5),
        p_of_statistic("F", 2.0, 2), p_of_statistic("Q", 2.0, -1),
    ]  # fmt: skip
    assert all(math.isnan(float(p)) for p in undefined)


def test_a_printed_statistic_allows_a_range_of_p() -> None:
    found = p_range_of_statistic("t", Box(2.195, 2.205), 28)
    assert found.low < 2 * reference.t.sf(2.2, 28) < found.high
    assert p_range_of_statistic("t", Box(-2.205, -2.195), 28) == pytest.approx(found)
    assert p_range_of_statistic("z", Box(-0.05, 0.05)).high == 1.0
    assert p_range_of_statistic("t", Box(0.0, 0.1), 5).high == 1.0
    assert p_range_of_statistic("chi2", Box(-0.05, 0.05), 1).high == 1.0
    assert p_range_of_statistic("r", Box(0.995, 1.005), 8).low == 0.0
