"""Single studies, their order and every subset: exact small cases, symmetries, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.stats.exploring import (
    baujat,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    shrunken,
)
from trialweave.stats.pooling import pool

Y = [0.1, -0.4, 0.6, 0.2, -1.1]
V = [0.04, 0.09, 0.2, 0.02, 0.3]
SETS = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 2.0)), min_size=3, max_size=7, unique=True
)


def test_each_row_leaves_one_study_out_and_says_which_interval() -> None:
    found = leave_one_out(Y, V, interval="HK", level=0.9)
    for i in range(len(Y)):
        rest = [j for j in range(len(Y)) if j != i]
        alone = pool(np.take(Y, rest), np.take(V, rest), interval="HK", level=0.9)
        assert found.low[i] == pytest.approx(float(alone.low), rel=1e-9)
        assert found.tau2[i] == pytest.approx(float(alone.tau2), rel=1e-9)
        assert found.k[i] == 4


def test_studies_arrive_in_their_order() -> None:
    found = cumulative(Y, V, [2003, 2001, None, 2002, 2001], interval="Wald")
    assert found.k.tolist() == [1, 2, 3, 4, 5]
    assert found.estimate[0] == pytest.approx(-0.4)
    assert found.estimate[1] == pytest.approx(float(pool([-0.4, -1.1], [0.09, 0.3]).estimate))
    assert found.estimate[4] == pytest.approx(float(pool(Y, V).estimate))
    assert cumulative(Y, V).estimate[0] == pytest.approx(0.1)


def test_diagnostics_by_hand_with_a_common_effect() -> None:
    y, v = np.array([0.0, 0.0, 3.0]), np.array([1.0, 1.0, 1.0])
    found = influence(y, v, tau2="CE")
    # without the last: mean 0, variance 1/2; with all: mean 1, variance 1/3
    assert found.residual[2] == pytest.approx(3 / np.sqrt(1.5))
    assert found.dffits[2] == pytest.approx(1 / np.sqrt(1 / 3))
    assert found.cook[2] == pytest.approx(3.0)
    assert found.covariance_ratio[2] == pytest.approx(1.5)
    assert found.dfbetas[2] == pytest.approx(np.sqrt(3))
    assert found.hat.tolist() == pytest.approx([1 / 3] * 3)
    assert found.q.tolist() == pytest.approx([4.5, 4.5, 0.0])
    assert found.tau2.tolist() == [0.0, 0.0, 0.0]
    assert found.influential.tolist() == [True] * 3  # Cook’s distance of the others is 0.75
    assert found.notes == ()


@pytest.mark.parametrize(
    ("y", "v", "marked"),
    [
        ([0.0, 0.1, 0.0, 0.1, 0.0], [1, 1, 1, 1, 1], []),
        ([0.0, 0.0, 0.0, 0.0, 0.1], [1, 1, 1, 1, 0.1], [4]),  # its weight alone: hat 0.71
        ([0.0, 0.0, 0.0, 0.0, 2.2], [1, 1, 1, 1, 1], [4]),  # Cook's distance 0.97, DFBETAS 0.98
    ],
)
def test_which_studies_are_marked(y: list[float], v: list[float], marked: list[int]) -> None:
    assert np.flatnonzero(influence(y, v, tau2="CE").influential).tolist() == marked


def test_the_plot_of_baujat_by_hand() -> None:
    found = baujat([0.0, 0.0, 3.0, np.nan], [1.0, 1.0, 1.0, 1.0])
    assert found.heterogeneity[:3].tolist() == pytest.approx([1.0, 1.0, 4.0])
    assert found.influence[:3].tolist() == pytest.approx([0.5, 0.5, 2.0])
    assert np.isnan([found.heterogeneity[3], found.influence[3]]).all()
    assert np.isnan(baujat([0.3], [1.0]).heterogeneity).all()


def test_own_effects_are_drawn_to_the_mean_the_more_the_less_is_known() -> None:
    found = shrunken([0.0, 4.0], [1.0, 1.0], tau2="HE")  # τ² = 8 - 1
    assert found.estimate.tolist() == pytest.approx([0.25, 3.75])
    assert found.se.tolist() == pytest.approx([np.sqrt(7 / 8 + 4 / 64)] * 2)
    assert shrunken([0.3], [0.5]).estimate.tolist() == pytest.approx([0.3])
    assert np.isnan(shrunken([0.3, np.inf], [0.5, 1.0]).estimate[1])


def test_too_few_studies_are_said() -> None:
    for y, said in (([], "there are 0."), ([1.0], "there is 1."), ([1.0, 2.0], "there are 2.")):
        found = influence(y, [1.0] * len(y))
        assert said in found.notes[0]
        assert np.isnan(found.cook).all()
        assert not found.influential.any()
    assert "left out" in influence([*Y, np.nan], [*V, 1.0]).notes[0]
    assert len(leave_one_out([], []).estimate) == 0
    assert int(cumulative([1.0], [1.0]).k[0]) == 1


def test_a_study_that_cannot_be_used_changes_nothing() -> None:
    with_it, without = influence([*Y, np.inf], [*V, 1.0]), influence(Y, V)
    for name in ("residual", "dffits", "cook", "covariance_ratio", "dfbetas", "hat", "tau2", "q"):
        got, want = getattr(with_it, name), getattr(without, name)
        assert got[:-1] == pytest.approx(want)
        assert np.isnan(got[-1])


def test_every_subset_once() -> None:
    found = gosh([0.1, np.nan, -0.4, 0.6], [0.04, 1.0, 0.09, 0.2])
    assert found.complete
    assert found.size.tolist() == [1, 1, 2, 1, 2, 2, 3]
    assert not found.members[:, 1].any()
    assert len(np.unique(found.members, axis=0)) == 7
    assert found.estimate[0] == pytest.approx(0.1)
    assert np.isnan(found.tau2[[0, 1, 3]]).all()
    whole = pool([0.1, -0.4, 0.6], [0.04, 0.09, 0.2], tau2="DL")
    assert found.estimate[-1] == pytest.approx(float(whole.estimate))
    assert found.i2[-1] == pytest.approx(float(whole.i2))
    assert found.notes == ("Without a usable effect and variance, and in no subset: 1.",)


def test_of_many_studies_a_sample_that_comes_again() -> None:
    rng = np.random.default_rng(1)
    y, v = rng.normal(size=40), rng.uniform(0.1, 1, 40)
    one, other = gosh(y, v, subsets=500), gosh(y, v, subsets=500)
    assert not one.complete
    assert len(one.estimate) == 500
    assert one.estimate.tolist() == other.estimate.tolist()
    assert one.estimate.tolist() != gosh(y, v, subsets=500, seed=2).estimate.tolist()
    assert abs(one.size.mean() - 20) < 1
    assert (gosh(y[:2], v[:2], subsets=2).size >= 1).all()
    assert gosh(y[:2], v[:2], subsets=3).complete


def test_no_study_has_no_subsets() -> None:
    found = gosh([np.nan], [1.0])
    assert found.estimate.shape == (0,)
    assert found.members.shape == (0, 1)
    assert "there are no subsets" in found.notes[1]


@pytest.mark.parametrize("subsets", [0, 2**20 + 1])
def test_an_impossible_number_of_subsets_is_refused(subsets: int) -> None:
    with pytest.raises(ValueError, match="subsets must lie between 1 and 1,048,576"):
        gosh(Y, V, subsets=subsets)


def test_shapes_that_do_not_match_are_refused() -> None:
    for function in (leave_one_out, cumulative, influence, baujat, shrunken, gosh):
        with pytest.raises(ValueError, match="one list each"):
            function([Y], [V])
        with pytest.raises(ValueError, match="one list each"):
            function(Y, V[:2])
    with pytest.raises(ValueError, match="a number for each study"):
        cumulative(Y, V, [1, 2])


@given(SETS, st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(pairs: list[tuple[float, float]], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(pairs)))
    random.shuffle(order)
    y, v = np.array(pairs).T
    one, other = influence(y, v, tau2="DL"), influence(y[order], v[order], tau2="DL")
    assert other.cook == pytest.approx(one.cook[order], rel=1e-6, abs=1e-9)
    assert other.dffits == pytest.approx(one.dffits[order], rel=1e-6, abs=1e-9)
    assert np.sum(gosh(y, v).estimate) == pytest.approx(np.sum(gosh(y[order], v[order]).estimate))


@given(SETS, st.floats(0.5, 20), st.floats(-5, 5))
def test_another_unit_changes_no_diagnostic(
    pairs: list[tuple[float, float]], unit: float, shift: float
) -> None:
    y, v = np.array(pairs).T
    one, other = influence(y, v, tau2="DL"), influence(unit * y + shift, unit**2 * v, tau2="DL")
    assert other.residual == pytest.approx(one.residual, rel=1e-5, abs=1e-6)
    assert other.dfbetas == pytest.approx(one.dfbetas, rel=1e-5, abs=1e-6)
    assert other.tau2 == pytest.approx(unit**2 * one.tau2, rel=1e-5, abs=1e-9)
