"""Standardised mean differences, ratios of means and changes; numbers of R's metafor 3.8-1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.effects import (
    change,
    change_sd,
    correlation_of_change,
    final_sd,
    mean_difference,
    ratio_of_means,
    smd,
    smd_by_second_sd,
    smd_unequal_sds,
)

NAN = math.nan
# invented
TABLE = (
    [5.1, -2, 12], [1.3, 2, 4], [20, 9, 41],
    [4.2, -3, 9.5], [1.7, 1.5, 2.5], [15, 12, 30],
)  # fmt: skip
G = [0.5929888986466578, 0.5554238739714763, 0.7167375542266243]


def same(got, yi, vi, rtol: float = 1e-13) -> None:
    np.testing.assert_allclose(got.yi, yi, rtol=rtol, atol=1e-15)
    np.testing.assert_allclose(got.vi, vi, rtol=rtol)


@pytest.mark.parametrize(
    ("variance", "vi"),
    [
        ("LS", [0.12169003572264062, 0.20178957967724162, 0.06134127245858055]),
        ("LS2", [0.11640102666421341, 0.18651166855385690, 0.06008796110305655]),
        ("UB", [0.1222917523417675, 0.2033806528562880, 0.0615428437756011]),
        ("AV", [0.12281356809066170, 0.20468928015110280, 0.06075373990957272]),
    ],
)
def test_variances_of_hedges_g(variance: str, vi: list[float]) -> None:
    same(smd(*TABLE, variance=variance), G, vi, 2e-12)


def test_d_and_the_approximation_of_revman() -> None:
    m1, sd1, n1, m2, sd2, n2 = (np.array(column) for column in TABLE)
    total = n1 + n2
    pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (total - 2))
    d = (m1 - m2) / pooled
    same(smd(*TABLE, correction="none"), d, 1 / n1 + 1 / n2 + d**2 / (2 * total))
    # without correction the variance of g stays: R's meta for Cohen's d
    same(smd(*TABLE, correction="none", variance="UB"), d, smd(*TABLE, variance="UB").vi)
    g = d * (1 - 3 / (4 * (total - 2) - 1))
    same(
        smd(*TABLE, correction="approximate", variance="RevMan"),
        g,
        1 / n1 + 1 / n2 + g**2 / (2 * (total - 3.94)),
    )
    same(smd(*TABLE, correction="none", variance="LS2"), d, smd(*TABLE, correction="none").vi)


def test_the_unbiased_variance_keeps_its_digits_in_large_trials() -> None:
    n = 10**8
    vi = float(smd(1, 1, n, 0, 1, n, variance="UB").vi)
    m = 2.0 * n - 2  # J² - (m - 2)/m = 1/(2m) + 25/(16m²)·… in large m
    assert (vi - 2 / n) * 2 * m == pytest.approx(1.0, rel=1e-6)
    small = smd([1, 1], 1, [2, 2], 0, 1, [2, 3], variance="UB")
    assert np.isnan(small.vi).tolist() == [True, False]
    g = float(smd(1, 1, 2, 0, 1, 3).yi)
    j = math.sqrt(2 / 3) * math.gamma(1.5) / math.gamma(1.0)
    assert float(small.vi[1]) == pytest.approx(1 / 2 + 1 / 3 + g * g * (1 - 1 / (3 * j * j)))


def test_the_averaged_variance_leaves_out_studies_without_an_effect() -> None:
    without = (1, 0, 9, 2, 0, 9)
    longer = ([*column, last] for column, last in zip(TABLE, without, strict=True))
    m1, sd1, n1, m2, sd2, n2 = longer
    both = smd(m1, sd1, n1, m2, sd2, n2, variance="AV")
    same(smd(*TABLE, variance="AV"), both.yi[:3], both.vi[:3])
    assert math.isnan(both.yi[3])
    single = smd(*(column[0] for column in TABLE), variance="AV")
    same(single, *smd(*(column[0] for column in TABLE)))
    assert math.isnan(smd(1, 0, 5, 1, 0, 5, variance="AV").vi)


def test_other_standardisers() -> None:
    # metafor 3.8-1 multiplies this variance by J², metafor 5 does not
    j = np.array([0.5810993818301183, 0.5430072959071292, 0.7413500078190154]) / (
        np.array([0.9, 1.0, 2.5]) / np.sqrt([2.29, 3.125, 11.125])
    )
    old = np.array([0.12887689502804028, 0.21629585105749918, 0.05833294544178204])
    same(
        smd_unequal_sds(*TABLE),
        [0.5810993818301183, 0.5430072959071292, 0.7413500078190154],
        old / j**2,
        2e-12,
    )
    m1, _, n1, m2, sd2, n2 = TABLE
    same(
        smd_by_second_sd(m1, n1, m2, sd2, n2),
        [0.5004464449271346, 0.6199732066505190, 0.9738749845967254],
        [0.12501488814134026, 0.21045972681796637, 0.07353078532949356],
        2e-12,
    )
    glass = smd_by_second_sd(5.1, 20, 4.2, 1.7, 15, correction="none")
    delta = 0.9 / 1.7
    same(glass, delta, 1 / 20 + 1 / 15 + delta**2 / 28)
    plain = smd_unequal_sds(5.1, 1.3, 20, 4.2, 1.7, 15, correction="none")
    assert float(plain.yi) == pytest.approx(0.9 / math.sqrt((1.3**2 + 1.7**2) / 2))
    few = smd_unequal_sds([1, 1, 1], 1, [1, 9, 9], 0, [1, 1, 0], [9, 1, 9])
    assert np.isnan(few.vi).tolist() == [True, True, False]
    assert math.isnan(smd_unequal_sds(1, 0, 9, 0, 0, 9).yi)
    assert np.isnan(smd_by_second_sd(1, [0, 9, 9], 0, [1, 1, 0], [9, 2, 9]).yi).all()
    assert np.isfinite(smd_by_second_sd(1, 1, 0, 1, 3).yi)
    approximate = smd_by_second_sd(1, 9, 0, 1, 9, correction="approximate")
    assert float(approximate.yi) == pytest.approx(1 - 3 / 31)


def test_mean_differences() -> None:
    yi = [0.9, 1.0, 2.5]
    same(mean_difference(*TABLE), yi, [0.2771666666666667, 0.6319444444444444, 0.5985772357723578])
    same(
        mean_difference(*TABLE, pooled=True),
        yi,
        [0.2565606060606060, 0.5807748538011696, 0.6870360551431601],
    )
    assert np.isnan(mean_difference(1, 1, [0, 1], 0, 1, [5, 1], pooled=True).vi).all()
    assert np.isfinite(mean_difference(1, 1, 1, 0, 1, 2, pooled=True).vi)
    assert np.isnan(mean_difference(1, 0, [0, 3], 0, 0, [3, 0]).yi).all()


def test_ratios_of_means_with_and_without_correction() -> None:
    yi = [0.1941560144409574, -0.4054651081081644, 0.2336148511815051]
    vi = [0.014170897117016740, 0.131944444444444448, 0.005018429685681898]
    same(ratio_of_means(*TABLE), yi, vi)
    corrected = ratio_of_means(*TABLE, correct=True)
    first = np.array([1.3**2 / 20 / 5.1**2, 4 / 9 / 4, 16 / 41 / 144])
    second = np.array([1.7**2 / 15 / 4.2**2, 2.25 / 12 / 9, 6.25 / 30 / 9.5**2])
    same(corrected, yi + (first - second) / 2, vi)
    assert np.isnan(ratio_of_means([1, 0, 1, 1], 1, [5, 5, 0, 5], [-1, 1, 1, 0], 1, 5).yi).all()
    assert math.isnan(ratio_of_means(1, 0, 5, 1, 0, 0).vi)


@pytest.mark.parametrize("bad", [{"correction": "half"}, {"variance": "HO"}])
def test_unknown_choices_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is called"):
        smd(*TABLE, **bad)


@settings(deadline=None, max_examples=40)
@given(
    st.floats(-5, 5), st.floats(0.1, 5), st.floats(0.1, 5), st.integers(3, 300), st.integers(3, 300)
)
def test_swapping_the_groups_turns_the_sign(m, sd1, sd2, n1, n2) -> None:
    for variance in ("LS", "LS2", "UB", "RevMan"):
        there = smd(m, sd1, n1, 0, sd2, n2, variance=variance)
        back = smd(0, sd2, n2, m, sd1, n1, variance=variance)
        assert float(there.yi) == pytest.approx(-float(back.yi), rel=1e-12)
        assert float(there.vi) == pytest.approx(float(back.vi), rel=1e-12)
        assert there.vi > 0
    there = smd_unequal_sds(m, sd1, n1, 0, sd2, n2)
    back = smd_unequal_sds(0, sd2, n2, m, sd1, n1)
    assert float(there.vi) == pytest.approx(float(back.vi), rel=1e-12)


CHANGES = ([5.1, 20], [1.3, 7], [4.2, 26], [1.7, 9], [20, 3], [0.6, 0.25])


def test_changes() -> None:
    same(change("MC", *CHANGES), [0.9, -6.0], [0.0964, 32.83333333333334])
    same(
        change("SMCC", *CHANGES),
        [0.6221851915146864, -0.3410815271286185],
        [0.05967786031350418, 0.35272276802473174],
    )
    m1, sd1, m2, _, n, r = CHANGES
    same(
        change("SMCR", m1, sd1, m2, NAN, n, r),
        [0.6645533212552518, -0.4835910716123625],
        [0.05104077791978465, 0.53897672075719882],
    )
    for measure in ("SMCC", "SMCR"):
        assert np.isnan(change(measure, 1, [1, 0], 0, [1, 0], [2, 9], 0.5).yi).all()
    assert np.isnan(change("MC", 1, 0, 0, 0, [0, 1], 0.5).yi).tolist() == [True, False]
    with pytest.raises(ValueError, match="no measure"):
        change("MD", *CHANGES)
    for bad in ((-1, 1, 9, 0.5), (1, -1, 9, 0.5), (1, 1, -9, 0.5), (1, 1, 9, 1.1), (1, 1, 9, -1.1)):
        sd1, sd2, n, r = bad
        with pytest.raises(ValueError, match=r"correlation|negative"):
            change("MC", 1, sd1, 0, sd2, n, r)


def test_the_handbook_example_of_correlations() -> None:
    # Cochrane Handbook, section 6.5.2.8: 0.78 and 0.82
    r = correlation_of_change([6.4, 7.0], [7.1, 6.9], [4.5, 4.2])
    assert np.round(r, 2).tolist() == [0.78, 0.82]
    np.testing.assert_allclose(change_sd([6.4, 7.0], [7.1, 6.9], r), [4.5, 4.2])
    assert np.isnan(correlation_of_change([1, 1, 0, 1], [1, 1, 1, 0], [2.1, NAN, 1, 1])).all()
    assert correlation_of_change([1, 1], 2, [1, 3]).tolist() == [1.0, -1.0]
    assert math.isnan(correlation_of_change(1, 3, 1.9))
    for bad in ((-1, 1, 1), (1, -1, 1), (1, 1, -1)):
        with pytest.raises(ValueError, match="negative"):
            correlation_of_change(*bad)
    with pytest.raises(ValueError, match="negative"):
        change_sd(-1, 1, 0.5)
    assert change_sd(3.0, 3.0, 1.0) == 0.0


def test_final_standard_deviations() -> None:
    assert float(final_sd(6.4, change_sd(6.4, 7.1, 0.3), 0.3)) == pytest.approx(7.1)
    assert float(final_sd(3.0, 5.0, 0.0)) == pytest.approx(4.0)
    # two numbers give this change, or none does
    assert math.isnan(final_sd(5.0, 4.5, 0.6))
    assert math.isnan(final_sd(5.0, 3.0, 0.6))
    assert float(final_sd(5.0, 4.0, 0.6)) == pytest.approx(3.0)
    assert math.isnan(final_sd(5.0, 4.5, -0.6))
    assert float(final_sd(2.0, 3.0, -1.0)) == pytest.approx(1.0)
    for bad in ((-1, 1, 0.5), (1, -1, 0.5), (1, 1, 2)):
        with pytest.raises(ValueError, match=r"correlation|negative"):
            final_sd(*bad)
