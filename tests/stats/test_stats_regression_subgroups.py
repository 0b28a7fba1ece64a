"""Subgroups against metafor's numbers, Welch's formula, and pooling each group by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialweave.stats.pooling import pool
from trialweave.stats.regression import Regression, design_matrix, regress, subgroups
from trialweave.stats.regression.subgroups import NOTES

Y = np.array([0.1, 0.35, -0.2, 0.6, 0.05, 0.42, 0.9, -0.15])
V = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03])
G = list("aabbabba")


def test_metafor_gives_the_same_numbers() -> None:
    common = subgroups(Y, V, G, between="common")
    assert common.estimate == pytest.approx([0.0885188348015, 0.4734712573549], rel=1e-9)
    assert common.se == pytest.approx([0.174672875315, 0.176113276032], rel=1e-9)
    assert common.low[0] == pytest.approx(-0.338890293881, rel=1e-9)
    assert common.high[0] == pytest.approx(0.515927963484, rel=1e-9)
    assert common.difference[:3] == pytest.approx((2.408529, 1, 6), rel=1e-6)
    assert common.difference.p == pytest.approx(stats.f.sf(2.408529, 1, 6), rel=1e-6)
    separate = subgroups(Y, V, G, interval="Wald")
    assert separate.difference == pytest.approx((2.158677959064, 1, math.inf, 0.141766617348))


@pytest.mark.parametrize("interval", ["Wald", "t", "HK", "HK-adhoc"])
def test_separate_groups_are_pooled_by_themselves(interval: Any) -> None:
    got = subgroups(Y, V, [*"aaabbbcc"], interval=interval, tau2="DL", level=0.9)
    assert got.groups == ("a", "b", "c")
    assert got.k.tolist() == [3, 3, 2]
    cuts = (slice(0, 3), slice(3, 6), slice(6, 8))
    singles = [pool(Y[c], V[c], interval=interval, tau2="DL", level=0.9) for c in cuts]
    for name in ("estimate", "se", "low", "high", "df", "tau2", "i2", "q", "q_p", "pi_low"):
        want = [float(getattr(one, name)) for one in singles]
        assert getattr(got, name) == pytest.approx(want), name
    assert got.q_within == pytest.approx(sum(float(one.q) for one in singles))
    assert got.q_within_df == 5
    whole = pool(Y, V, interval=interval, tau2="DL", level=0.9)
    assert float(got.overall.estimate) == pytest.approx(float(whole.estimate))
    assert float(got.overall.low) == pytest.approx(float(whole.low))
    w = 1 / got.se**2
    q = np.sum(w * (got.estimate - np.average(got.estimate, weights=w)) ** 2)
    if interval == "Wald":
        assert got.difference == pytest.approx((q, 2, math.inf, stats.chi2.sf(q, 2)))
    else:
        doubt = np.sum((1 - w / w.sum()) ** 2 / np.array([2, 2, 1]))
        f = q / 2 / (1 + 2 * (3 - 2) / (9 - 1) * doubt)
        df2 = (9 - 1) / (3 * doubt)
        assert got.difference == pytest.approx((f, 2, df2, stats.f.sf(f, 2, df2)))
    assert got.notes == (NOTES["few studies"],)
    assert got.group_notes[2] == singles[2].notes


@pytest.mark.parametrize("interval", ["Wald", "t", "HK", "HK-adhoc"])
def test_common_tau2_is_a_regression(interval: Any) -> None:
    groups = [*"aaabbbcc"]
    got = subgroups(Y, V, groups, between="common", interval=interval, tau2="PM")
    test: Any = {"Wald": "z", "t": "t", "HK": "KH", "HK-adhoc": "KH-adhoc"}[interval]
    design = design_matrix({"g": groups}, intercept=False)
    means = regress(Y, V, design, test=test, tau2="PM")
    against = regress(Y, V, design_matrix({"g": groups}), test=test, tau2="PM")
    assert isinstance(means, Regression)
    assert isinstance(against, Regression)
    for name in ("estimate", "se", "low", "high", "df"):
        assert getattr(got, name) == pytest.approx(getattr(means.coefficients, name)), name
    assert got.tau2 == pytest.approx([means.tau2] * 3)
    assert got.difference == pytest.approx(against.moderators)
    size = [np.sum(1 / (V[c] + means.tau2)) for c in (slice(0, 3), slice(3, 6), slice(6, 8))]
    half = stats.t.ppf(0.975, 5) * np.sqrt(means.tau2 + 1 / np.array(size))
    assert got.pi_low == pytest.approx(got.estimate - half)
    assert got.pi_high == pytest.approx(got.estimate + half)
    assert got.pi_df.tolist() == [5, 5, 5]
    assert got.notes == ()
    assert got.group_notes == ((), (), ())
    own = pool(Y[:3], V[:3], tau2="PM")
    assert got.i2[0] == pytest.approx(float(own.i2))
    assert got.q[0] == pytest.approx(float(own.q))


def test_common_effect_takes_q_apart() -> None:
    for between in ("separate", "common"):
        got = subgroups(Y, V, G, tau2="CE", between=between)  # type: ignore[arg-type]
        whole = pool(Y, V, tau2="CE")
        assert got.interval == "Wald"
        assert got.difference.statistic + got.q_within == pytest.approx(float(whole.q))
        assert got.notes == ()


def test_studies_and_groups_that_are_missing() -> None:
    y = [*Y, 0.5, np.nan, 0.7, 0.3]
    v = [*V, 0.1, 0.1, -1.0, 0.1]
    group = [*G, None, "a", "z", math.nan]
    got = subgroups(y, v, group, between="common")
    assert got.groups == ("a", "b")
    assert got.left_out == 4
    assert got.notes == (
        "4 studies without a group, or without a usable effect and variance, left out.",
    )
    assert got.estimate == pytest.approx(subgroups(Y, V, G, between="common").estimate)
    assert int(got.overall.k) == 8
    one = subgroups([*Y, 1.0], [*V, 0.1], [*G, ""], interval="Wald")
    assert one.notes[0].startswith("1 study without")
    numbered = subgroups(Y, V, [2, 2, 10, 10, 2, 10, 10, 2])
    assert numbered.groups == ("10", "2")


def test_what_cannot_be_compared() -> None:
    alone = subgroups(Y, V, ["a"] * 8)
    assert alone.difference[1] == 0
    assert np.isnan(alone.difference[2:]).all()
    assert NOTES["one group"] in alone.notes
    common = subgroups(Y, V, ["a"] * 8, between="common")
    assert math.isnan(common.difference.p)
    assert common.estimate == pytest.approx(alone.estimate)
    none = subgroups(Y, V, [None] * 8)
    assert none.groups == ()
    assert none.difference.df1 == 0
    singles = subgroups(Y[:3], V[:3], [*"abc"])
    assert singles.difference.df2 == math.inf
    assert singles.notes == (NOTES["one study"],)
    assert singles.q_within == 0.0
    tied = subgroups(Y[:3], V[:3], [*"abc"], between="common")
    assert tied.notes == (NOTES["no common tau2"],)
    assert np.isnan([*tied.estimate, tied.difference.p]).all()
    assert tied.difference.df1 == 2
    for between in ("separate", "common"):
        flat = subgroups([1, 1, 1, 2, 2, 2], V[:6], [*"aaabbb"], between=between)  # type: ignore[arg-type]
        assert NOTES["no width"] in flat.notes
        assert flat.se.tolist() == [0, 0]
        assert math.isnan(flat.difference.p)


def test_five_studies_are_not_few() -> None:
    y, v = np.tile(Y, 2)[:10], np.tile(V, 2)[:10]
    assert subgroups(y, v, [*"aaaaabbbbb"]).notes == ()
    assert subgroups(y, v, [*"aaaabbbbbb"]).notes == (NOTES["few studies"],)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        subgroups(Y, V, G, between="shared")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one value for each study"):
        subgroups(Y, V, G[:3])
    with pytest.raises(ValueError, match="one value for each study"):
        subgroups(Y, V[:3], G)
