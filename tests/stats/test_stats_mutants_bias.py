"""Small faults of small-study tests that other tests would let pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trialweave.stats import bias
from trialweave.stats.bias import Asymmetry, Funnel, RankTest, Selection, _maximum

A, N1 = [3, 6, 12, 5, 9], [40, 25, 90, 31, 44]
C, N2 = [7, 2, 20, 11, 30], [38, 27, 101, 29, 61]


@pytest.mark.parametrize("empty", [(0, 0, 5, 20), (5, 20, 0, 0)])
@pytest.mark.parametrize("test", [bias.harbord, bias.peters])
def test_a_table_with_an_empty_arm_is_left_out(test, empty) -> None:  # type: ignore[no-untyped-def]
    wanted = test(A, N1, C, N2)
    found = test(*([*column, one] for column, one in zip((A, N1, C, N2), empty, strict=True)))
    assert isinstance(found, Asymmetry)
    assert (found.k, found.left_out) == (5, 1)
    assert found.p == pytest.approx(wanted.p, rel=1e-12)
    assert "left out" in found.flags


def test_the_smallest_grid_of_a_funnel() -> None:
    found = bias.funnel([0.1, 0.5], [0.04, 0.25], steps=2)
    assert isinstance(found, Funnel)
    assert found.grid.tolist() == [0.0, 0.5]
    with pytest.raises(ValueError, match="two standard errors"):
        bias.funnel([0.1, 0.5], [0.04, 0.25], steps=1)
    assert np.isfinite(found.centre)


def test_a_funnel_of_two_studies_has_their_heterogeneity() -> None:
    # τ² = (1/2 - 1/10) by Hedges & Olkin: the effects' variance less the mean of their variances
    found = bias.funnel([0.0, 1.0], [0.1, 0.1], tau2="HE", add_tau2=True)
    assert isinstance(found, Funnel)
    assert found.tau2 == pytest.approx(0.4)
    half = 1.959963984540054 * np.sqrt(found.grid**2 + 0.4)
    np.testing.assert_allclose(found.region.high, 0.5 + half)
    alone = bias.funnel([0.3], [0.1], tau2="HE", add_tau2=True)
    assert isinstance(alone, Funnel)
    assert alone.tau2 == 0.0


def test_a_study_of_one_patient_has_a_size() -> None:
    y, v, n = [0.1, 0.5, -0.2, 0.9], [0.1, 0.2, 0.05, 0.4], [30, 20, 50, 1]
    found = bias.regression_test(y, v, predictor="n", n=n)
    assert isinstance(found, Asymmetry)
    assert found.k == 4


def test_a_search_without_steps_says_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_maximum, "_MOST_STEPS", 0)
    slopes = np.array([-1.0, 1.0, 1.0, -1.0, 1.0])

    def line(theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return float(slopes @ theta), slopes, -np.eye(5)

    start = np.array([-3.0, 3.0, -3.0, 3.0, 0.0])  # below, above; both with the slope inwards; free
    found = _maximum.maximise(line, start, np.full(5, -1.0), np.full(5, 1.0))
    assert not found.converged
    assert found.theta.tolist() == [-1.0, 1.0, -1.0, 1.0, 0.0]
    assert found.at_bound.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    "weighting", ["logistic", "half-normal", "negative-exponential", "power", "beta"]
)
def test_selection_without_end_stops_at_the_bound(weighting: Any) -> None:
    v = np.array([0.04, 0.09, 0.02, 0.16, 0.06, 0.3, 0.1, 0.05])
    found = bias.selection_model(4 * np.sqrt(v), v, weighting=weighting)
    assert isinstance(found, Selection)
    assert found.delta[-1] == 100.0
    assert "at bound" in found.flags
    if weighting == "beta":
        assert found.delta[0] == 1e-5


def test_three_studies_have_a_rank_test() -> None:
    found = bias.begg([0.1, 0.5, 0.2], [0.1, 0.3, 0.2])
    assert isinstance(found, RankTest)
    assert found.k == 3
