"""Standard deviations from other numbers, arms combined, split, and sharing a control."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats.effects import (
    combine_counts,
    combine_means,
    effect,
    from_p,
    mean_difference,
    sd_from_difference_se,
    sd_from_interval,
    sd_from_se,
    shared_control_counts,
    shared_control_means,
    smd,
    split_counts,
    split_size,
)

NAN = math.nan


def test_the_handbook_examples_of_standard_deviations() -> None:
    # Cochrane Handbook, section 6.5.2.2: n = 25, 30.0 to 34.2, 4.128 for twice t: 5.09
    sd = float(sd_from_interval(30.0, 34.2, 25))
    assert round(sd, 2) == 5.09
    assert sd == pytest.approx(5 * 4.2 / (2 * stats.t.ppf(0.975, 24)), rel=1e-9)
    # section 6.5.2.3: a difference of 3.8 with P = 0.008, 25 and 22 patients: 4.69
    se = from_p("MD", 3.8, 0.008, df=45).se
    assert float(sd_from_difference_se(se, 25, 22)) == pytest.approx(4.69, abs=0.01)
    assert float(sd_from_difference_se(2.0, 8, 8)) == pytest.approx(4.0)
    assert float(sd_from_se(0.5, 16)) == 2.0


def test_intervals_of_other_levels_and_quantiles() -> None:
    normal = float(sd_from_interval(1.0, 3.0, 100, level=0.9, normal=True))
    assert normal == pytest.approx(10 / stats.norm.ppf(0.95))
    assert np.isnan(sd_from_interval(1, 2, [0, 1, 2])).tolist() == [True, True, False]
    assert np.isnan(sd_from_interval(1, 2, [0, 1], normal=True)).tolist() == [True, False]
    assert math.isnan(sd_from_interval(2, 1, 9))
    assert float(sd_from_interval(1, 1, 9)) == 0.0
    assert math.isnan(sd_from_se(1, 0))
    assert np.isnan(sd_from_difference_se(1, [0, 5], [5, 0])).all()
    for call in (
        lambda: sd_from_se(-1, 5),
        lambda: sd_from_se(1, -5),
        lambda: sd_from_interval(0, 1, -5),
        lambda: sd_from_difference_se(-1, 5, 5),
        lambda: sd_from_difference_se(1, -5, 5),
        lambda: sd_from_difference_se(1, 5, -5),
        lambda: sd_from_interval(0, 1, 5, level=95),
    ):
        with pytest.raises(ValueError, match=r"negative|between"):
            call()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.floats(-50, 50), min_size=2, max_size=9), min_size=2, max_size=4))
def test_combined_arms_are_the_group_of_all_their_patients(groups: list[list[float]]) -> None:
    m = [np.mean(group) for group in groups]
    sd = [np.std(group, ddof=1) for group in groups]
    found = combine_means(m, sd, [len(group) for group in groups])
    everybody = np.concatenate(groups)
    assert float(found.mean) == pytest.approx(np.mean(everybody), abs=1e-9)
    assert float(found.sd) == pytest.approx(np.std(everybody, ddof=1), rel=1e-9, abs=1e-9)
    assert found.n == everybody.size


def test_combining_with_arms_that_are_not_there() -> None:
    found = combine_means(
        [[1, 3, NAN], [1, 3, 9], [1, NAN, 2], [5, NAN, NAN], [5, 7, NAN]],
        [[1, 1, NAN], [1, 1, 4], [1, 1, 1], [NAN, NAN, NAN], [0, 0, NAN]],
        [[4, 4, NAN], [4, 4, 0], [4, 4, 4], [0, 0, 0], [1, 0, NAN]],
    )
    np.testing.assert_allclose(found.mean, [2, 2, NAN, NAN, 5])
    np.testing.assert_allclose(found.sd, [math.sqrt(14 / 7), math.sqrt(2), NAN, NAN, NAN])
    np.testing.assert_allclose(found.n, [8, 8, 12, 0, 1])
    # an arm of which something is known is not absent
    for m, sd, n in ((NAN, NAN, 5), (2, 1, NAN), (NAN, 1, NAN), (2, NAN, 5)):
        assert math.isnan(combine_means([1, m], [1, sd], [4, n]).sd)
    counts = combine_counts([[3, 4, NAN], [3, NAN, 1]], [[10, 20, NAN], [10, 20, 5]])
    np.testing.assert_array_equal(counts.events, [7, NAN])
    np.testing.assert_array_equal(counts.n, [30, 35])
    for bad in ((1, -1, 5), (1, 1, -5)):
        with pytest.raises(ValueError, match="negative"):
            combine_means([bad[0]], [bad[1]], [bad[2]])
    for events, n, text in ((-1, 5, "negative"), (1, -1, "negative"), (6, 5, "more events")):
        with pytest.raises(ValueError, match=text):
            combine_counts([events], [n])
        with pytest.raises(ValueError, match=text):
            split_counts(events, n, 2)
    assert combine_counts([5], [5]).events == 5


def test_a_shared_arm_is_divided() -> None:
    half = split_counts([9, 5], [30, 5], 2)
    assert half.events.tolist() == [4.5, 2.5]
    assert half.n.tolist() == [15.0, 2.5]
    assert split_size(30, [1, 3]).tolist() == [30.0, 10.0]
    for call in (lambda: split_counts(1, 5, 0.5), lambda: split_size(5, 0)):
        with pytest.raises(ValueError, match="one part or more"):
            call()
    with pytest.raises(ValueError, match="negative"):
        split_size(-1, 2)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_effects_that_share_a_control(measure: str) -> None:
    events, n = np.array([12, 7, 9]), np.array([60, 50, 70])
    found = shared_control_counts(measure, events, n)
    pairs = effect(measure, events[1:], n[1:], events[0], n[0])
    np.testing.assert_allclose(found.yi, pairs.yi, rtol=1e-13)
    np.testing.assert_allclose(np.diag(found.cov), pairs.vi, rtol=1e-13)
    control = {"OR": 1 / 12 + 1 / 48, "RR": 1 / 12 - 1 / 60, "RD": 0.2 * 0.8 / 60}[measure]
    np.testing.assert_allclose(found.cov[0, 1], control, rtol=1e-13)
    np.testing.assert_allclose(found.cov, found.cov.T)
    # the variance of the difference of two effects is that of comparing their arms directly
    direct = effect(measure, events[1], n[1], events[2], n[2])
    spread = found.cov[0, 0] + found.cov[1, 1] - 2 * found.cov[0, 1]
    assert spread == pytest.approx(float(direct.vi), rel=1e-12)
    assert found.yi[0] - found.yi[1] == pytest.approx(float(direct.yi), rel=1e-10)


def test_zero_cells_of_trials_with_several_arms() -> None:
    events, n = [[0, 3, 4], [5, 3, 4]], [[20, 20, 20], [20, 20, 20]]
    found = shared_control_counts("OR", events, n)
    whole = shared_control_counts("OR", [[0.5, 3.5, 4.5]], [[21, 21, 21]], to="none")
    np.testing.assert_allclose(found.yi[0], whole.yi[0])
    np.testing.assert_allclose(found.cov[0], whole.cov[0])
    plain = shared_control_counts("OR", events, n, to="none")
    np.testing.assert_allclose(found.yi[1], plain.yi[1])
    assert np.isnan(plain.yi[0]).all()
    assert np.isnan(plain.cov[0]).all()
    all_of_them = shared_control_counts("RR", events, n, to="if0all", add=1.0)
    assert all_of_them.yi[1, 0] == pytest.approx(math.log(4 / 6))
    full = shared_control_counts("RR", [20, 3], [20, 20])
    assert full.yi[0] == pytest.approx(math.log(3.5 / 20.5))
    padded = shared_control_counts("RD", [5, 3, NAN, 0], [20, 20, NAN, 0])
    assert np.isnan(padded.yi).tolist() == [False, True, True]
    assert np.isnan(padded.cov).tolist() == [[False, True, True], [True] * 3, [True] * 3]
    with pytest.raises(ValueError, match="no measure"):
        shared_control_counts("MD", [1, 2], [3, 4])
    for bad in ([-1, 2], [9, 2]):
        with pytest.raises(ValueError, match="events"):
            shared_control_counts("OR", bad, [5, 5])
    for bad in ([-5, 5], [math.inf, 5]):
        with pytest.raises(ValueError, match="finite"):
            shared_control_counts("OR", [1, 1], bad)


def test_means_that_share_a_control() -> None:
    m, sd, n = [5.0, 6.5, 4.0], [2.0, 2.5, 1.5], [30, 20, 25]
    found = shared_control_means("MD", m, sd, n)
    pairs = mean_difference(m[1:], sd[1:], n[1:], m[0], sd[0], n[0])
    np.testing.assert_allclose(found.yi, pairs.yi)
    np.testing.assert_allclose(np.diag(found.cov), pairs.vi)
    assert found.cov[0, 1] == found.cov[1, 0] == pytest.approx(4 / 30)
    # of two arms, the standardised difference is that of `smd`
    two = shared_control_means("SMD", m[:2], sd[:2], n[:2])
    plain = smd(m[1], sd[1], n[1], m[0], sd[0], n[0])
    assert two.yi[0] == pytest.approx(float(plain.yi), rel=1e-13)
    assert two.cov[0, 0] == pytest.approx(float(plain.vi), rel=1e-13)
    three = shared_control_means("SMD", m, sd, n, correction="none")
    pooled = math.sqrt((29 * 4 + 19 * 6.25 + 24 * 2.25) / 72)
    d = np.array([1.5, -1.0]) / pooled
    np.testing.assert_allclose(three.yi, d)
    np.testing.assert_allclose(
        three.cov,
        [
            [1 / 20 + 1 / 30 + d[0] ** 2 / 150, 1 / 30 + d[0] * d[1] / 150],
            [1 / 30 + d[0] * d[1] / 150, 1 / 25 + 1 / 30 + d[1] ** 2 / 150],
        ],
    )
    padded = shared_control_means("SMD", [*m, NAN], [*sd, NAN], [*n, NAN], correction="none")
    np.testing.assert_allclose(padded.yi, [*d, NAN])
    np.testing.assert_allclose(padded.cov[:2, :2], three.cov)
    assert np.isnan(padded.cov[2]).all()
    no_control = shared_control_means("MD", m, sd, [0, 20, 25])
    assert np.isnan(no_control.yi).all()
    with pytest.raises(ValueError, match="no measure"):
        shared_control_means("OR", m, sd, n)
    for bad in (([-1, 1], [5, 5]), ([1, 1], [-5, 5])):
        with pytest.raises(ValueError, match="negative"):
            shared_control_means("MD", [1, 2], *bad)
