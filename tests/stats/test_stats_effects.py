"""Effect sizes: by hand, by symmetry, and against the published analysis of the BCG trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.effects import (
    back_transform,
    effect,
    is_ratio,
    mean_difference,
    smd,
    wald_interval,
)

MEASURES = ("OR", "RR", "RD", "PETO", "AS")


def test_by_hand_without_zero_cells() -> None:
    a, n1, c, n2 = 4, 20, 9, 30
    b, d = 16, 21
    want = {
        "OR": (math.log((a * d) / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d),
        "RR": (math.log((a / n1) / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2),
        "RD": (-0.1, 0.2 * 0.8 / 20 + 0.3 * 0.7 / 30),
        "AS": (math.asin(math.sqrt(0.2)) - math.asin(math.sqrt(0.3)), 1 / 80 + 1 / 120),
    }
    expected, v = 13 * 20 / 50, 20 * 30 * 13 * 37 / (50**2 * 49)
    want["PETO"] = ((a - expected) / v, 1 / v)
    for measure in MEASURES:
        yi, vi = effect(measure, a, n1, c, n2)  # type: ignore[arg-type]
        assert (float(yi), float(vi)) == pytest.approx(want[measure], rel=1e-14)


def test_zero_cells_get_a_half_where_asked() -> None:
    a, n1, c, n2 = [0, 3], [10, 12], [2, 5], [10, 12]
    corrected = effect("OR", [0.5, 3.5], [11, 13], [2.5, 5.5], [11, 13], to="none")
    plain = effect("OR", a, n1, c, n2, to="none")
    assert np.isnan(plain.yi).tolist() == [True, False]
    for to, second in (("only0", plain), ("all", corrected), ("if0all", corrected)):
        found = effect("OR", a, n1, c, n2, to=to)  # type: ignore[arg-type]
        assert found.yi == pytest.approx([corrected.yi[0], second.yi[1]])
        assert found.vi == pytest.approx([corrected.vi[0], second.vi[1]])
    # "if0all" looks at each set of studies by itself
    sets = effect("RR", [[0, 3], [1, 3]], 12, [[2, 5], [2, 5]], 12, to="if0all")
    assert sets.yi[1] == pytest.approx(effect("RR", [1, 3], 12, [2, 5], 12).yi)
    assert sets.yi[0, 1] != pytest.approx(sets.yi[1, 1])


def test_studies_without_information_can_be_dropped() -> None:
    a, n1, c, n2 = [0, 9, 1], [8, 9, 9], [0, 7, 2], [9, 7, 9]
    kept, dropped = effect("RR", a, n1, c, n2), effect("RR", a, n1, c, n2, drop00=True)
    assert np.isfinite(kept.yi).all()
    assert np.isnan(dropped.yi).tolist() == [True, True, False]
    assert np.isnan(dropped.vi).tolist() == [True, True, False]


def test_empty_arms_and_missing_counts_give_nothing() -> None:
    for measure in MEASURES:
        yi, vi = effect(measure, [0, np.nan, 1, 1], [0, 5, 5, 5], [1, 1, 0, 1], [4, 4, 0, 4])  # type: ignore[arg-type]
        assert np.isnan(yi).tolist() == [True, True, True, False]
        assert np.isnan(vi).tolist() == [True, True, True, False]
    with pytest.raises(ValueError, match="more events"):
        effect("OR", 1, 0, 1, 4)


@settings(deadline=None)
@given(
    st.sampled_from(MEASURES),
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_swapping_arms_flips_the_sign(
    measure: str, first: tuple[int, int], second: tuple[int, int]
) -> None:
    there = effect(measure, *first, *second)  # type: ignore[arg-type]
    back = effect(measure, *second, *first)  # type: ignore[arg-type]
    np.testing.assert_allclose(there.yi, -back.yi, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(there.vi, back.vi, rtol=1e-12)
    if measure in ("OR", "RD", "PETO", "AS"):  # counting the other outcome mirrors these too
        others = (first[1] - first[0], first[1], second[1] - second[0], second[1])
        mirrored = effect(measure, *others)  # type: ignore[arg-type]
        np.testing.assert_allclose(there.yi, -mirrored.yi, rtol=1e-9, atol=1e-13)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="no measure"):
        effect("HR", 1, 2, 1, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="studies to correct"):
        effect("OR", 1, 2, 1, 2, to="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="correction"):
        effect("OR", 1, 2, 1, 2, add=-0.5)
    with pytest.raises(ValueError, match="negative"):
        smd(1, -1, 5, 1, 1, 5)


def test_mean_difference() -> None:
    yi, vi = mean_difference([10, 3], [2, 1], [16, 0], [7.5, 1], [3, 1], [9, 4])
    assert (yi[0], vi[0]) == pytest.approx((2.5, 4 / 16 + 9 / 9))
    assert np.isnan(yi[1])
    assert np.isnan(vi[1])


def test_hedges_correction_is_exact() -> None:
    # J(m)·J(m - 1) = (m - 2)/√(m(m - 1)) and J(2) = 1/√π: a recursion without gamma functions
    j = 1 / math.sqrt(math.pi)
    want = {2: j}
    for m in range(3, 3001):
        j = (m - 2) / math.sqrt(m * (m - 1)) / j
        want[m] = j
    for n in (2, 3, 4, 10, 21, 22, 60, 1_500):
        m = 2 * n - 2
        yi, vi = smd(1.0, 1.0, n, 0.0, 1.0, n)
        assert float(yi) == pytest.approx(want[m], rel=1e-13)
        assert float(vi) == pytest.approx(2 / n + want[m] ** 2 / (4 * n), rel=1e-13)
    large = smd(1.0, 1.0, 10**8, 0.0, 1.0, 10**8).yi
    assert float(large) == pytest.approx(1 - 3 / (4 * (2e8 - 2)), rel=1e-15)
    assert float(smd(1, 1, 2, 0, 1, 2).yi) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-15)
    # undefined: one degree of freedom, no spread, an empty group
    found = smd([1, 1, 1], [1, 0, 1], [2, 5, 0], 0, [1, 0, 1], [1, 5, 9])
    assert np.isnan(found.yi).all()
    assert np.isnan(found.vi).all()


@settings(deadline=None)
@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_standardised_differences_have_no_unit(m: float, sd: float, unit: float, shift: float):
    plain = smd(m, sd, 12, 1.0, 2 * sd, 17)
    other = smd(m * unit + shift, sd * unit, 12, unit + shift, 2 * sd * unit, 17)
    tolerance = 1e-12 * (1 + abs(shift) / (unit * sd))
    np.testing.assert_allclose(other.yi, plain.yi, rtol=1e-9, atol=tolerance)


def test_wald_interval_and_back_transformation() -> None:
    low, high = wald_interval([0.5, 0.5], [0.04, -1.0], 0.9)
    assert (low[0], high[0]) == pytest.approx((0.5 - 0.3289707, 0.5 + 0.3289707))
    assert np.isnan(low[1])
    assert back_transform("RR", [0.0, math.log(2), 800.0]).tolist() == pytest.approx(
        [1.0, 2.0, math.inf]
    )
    assert back_transform("RD", -0.25) == -0.25
    assert [is_ratio(measure) for measure in MEASURES] == [True, True, False, True, False]
