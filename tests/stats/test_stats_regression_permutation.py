"""Permutation tests against metafor's permutest, and arrangements tried one by one."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from trialweave.stats.regression import (
    NotEstimable,
    PermutationTest,
    Regression,
    design_matrix,
    permutation_test,
    regress,
)

Y = np.array([0.1, 0.35, -0.2, 0.6, 0.05, 0.42, 0.9, -0.15])
V = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03])
G = list("aabbabba")
X = [1, 2, 4, 3, 6, 5, 9, 7]


def computed(*data: Any, **options: Any) -> PermutationTest:
    found = permutation_test(*data, **options)
    assert isinstance(found, PermutationTest)
    return found


@pytest.mark.parametrize(
    ("test", "method", "statistic", "omnibus"),
    [
        ("z", "REML", 1.581759, 2.50196),
        ("z", "DL", 1.724322, 2.973288),
        ("KH", "REML", 1.551944, 2.408529),
        ("KH", "DL", 1.58365, 2.507947),
    ],
)
def test_metafor_gives_the_same_exact_p(
    test: Any, method: Any, statistic: float, omnibus: float
) -> None:
    got = computed(Y, V, design_matrix({"g": G}), tau2=method, test=test)
    assert got.exact
    assert got.arrangements == math.comb(8, 4)
    assert got.names == ("g: b",)
    assert got.statistic == pytest.approx([statistic], rel=1e-6)
    assert got.omnibus_statistic == pytest.approx(omnibus, rel=1e-6)
    assert got.p == pytest.approx([12 / 70])
    assert got.omnibus_p == pytest.approx(12 / 70)
    assert got.error.tolist() == [0.0]
    assert got.omnibus_error == 0.0
    assert got.notes == ("All 70 distinct arrangements were tried.",)


def test_two_moderators_one_arrangement_after_the_other() -> None:
    y, v, x, g = Y[:6], V[:6], np.array(X[:6]), G[:6]
    got = computed(y, v, design_matrix({"x": x, "g": g}), test="z")
    assert got.arrangements == 720
    assert got.p == pytest.approx([0.69305556, 0.6125], abs=1e-8)  # metafor
    assert got.omnibus_p == pytest.approx(0.80138889, abs=1e-8)  # metafor
    adhoc = computed(y[:4], v[:4], design_matrix({"x": x[:4]}), tau2="SJ", test="KH-adhoc")
    own = None
    hits = []
    for order in itertools.permutations(range(4)):
        one = regress(
            y[:4], v[:4], design_matrix({"x": x[list(order)]}), tau2="SJ", test="KH-adhoc"
        )
        assert isinstance(one, Regression)
        value = abs(one.coefficients.statistic[1])
        own = value if own is None else own
        hits.append(value >= own * (1 - 1e-9))
    assert own is not None
    assert adhoc.p == pytest.approx([np.mean(hits)])
    assert adhoc.statistic == pytest.approx([own])
    assert adhoc.notes == ("All 24 distinct arrangements were tried.",)


def test_random_arrangements_come_near_the_exact_p() -> None:
    design = design_matrix({"x": X[:7]})
    exact = computed(Y[:7], V[:7], design, draws=5040)
    drawn = computed(Y[:7], V[:7], design, draws=2000)
    assert exact.exact
    assert not drawn.exact
    assert drawn.arrangements == 2000
    assert drawn.notes == ()
    assert abs(drawn.p[0] - exact.p[0]) < 4 * drawn.error[0]
    assert drawn.error == pytest.approx(np.sqrt(drawn.p * (1 - drawn.p) / 2000))
    assert drawn.omnibus_error == pytest.approx(drawn.error[0])
    assert (drawn.p * 2001) % 1 == pytest.approx([0.0], abs=1e-9)
    again = computed(Y[:7], V[:7], design, draws=2000)
    other = computed(Y[:7], V[:7], design, draws=2000, seed=2)
    assert again.p == drawn.p
    assert other.p != drawn.p


def test_few_studies_and_studies_left_out() -> None:
    three = computed(Y[:3], V[:3], design_matrix({"x": X[:3]}))
    assert three.arrangements == 6
    assert three.notes[1] == "With so few studies P cannot be less than 0.17."
    gap = computed([*Y[:5], np.nan], [*V[:5], 0.1], design_matrix({"x": [*X[:5], 3]}))
    assert gap.p == pytest.approx(computed(Y[:5], V[:5], design_matrix({"x": X[:5]})).p)
    refused = permutation_test(Y[:2], V[:2], design_matrix({"x": X[:2]}))
    assert isinstance(refused, NotEstimable)


def test_effects_without_any_spread() -> None:
    same = computed(np.ones(5), V[:5], design_matrix({"x": X[:5]}))
    assert np.isnan([*same.p, *same.statistic, *same.error, same.omnibus_p]).all()
    assert same.unsettled == same.arrangements == 120
    assert "In 120 of 120 arrangements" in same.notes[1]
    assert "there is no P" in same.notes[2]
    wald = computed(np.ones(5), V[:5], design_matrix({"x": X[:5]}), test="z")
    assert wald.p == pytest.approx([1.0])
    assert wald.unsettled == 0


def test_one_arrangement_without_spread_counts_as_extreme() -> None:
    got = computed([0.0, 2.0, 1.0, 3.0], V[:4], design_matrix({"x": [0, 1, 2, 3]}))
    assert got.unsettled == 2  # the effects themselves in rising and in falling order
    assert "In 2 of 24 arrangements" in got.notes[1]
    assert got.p[0] >= 2 / 24


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="beside an intercept"):
        permutation_test(Y, V, design_matrix({}, k=8))
    with pytest.raises(ValueError, match="beside an intercept"):
        permutation_test(Y, V, design_matrix({"g": G}, intercept=False))
    with pytest.raises(ValueError, match="99 draws"):
        permutation_test(Y, V, design_matrix({"g": G}), draws=98)
    assert computed(Y, V, design_matrix({"x": X}), draws=99).arrangements == 99
