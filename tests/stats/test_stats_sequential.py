"""Boundaries against published and independent values, their edges, and looks at real sums."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats.pooling import pool
from trialweave.stats.sequential import (
    boundaries,
    boundary_family,
    diversity,
    drift,
    size_for_means,
    size_for_risks,
    spent,
    trial_sequential_analysis,
)

# Jennison & Turnbull, Group Sequential Methods, 1999, tables 2.1 and 2.3: two-sided 0.05
POCOCK = {2: 2.178, 3: 2.289, 5: 2.413, 10: 2.555}
OBRIEN_FLEMING = {2: 1.977, 3: 2.004, 5: 2.040, 10: 2.087}


@pytest.mark.parametrize("looks", [2, 3, 5, 10])
def test_published_constants(looks: int) -> None:
    share = np.arange(1, looks + 1) / looks
    assert boundary_family(share, family="Pocock").critical == pytest.approx(
        [POCOCK[looks]] * looks, abs=5.1e-4
    )
    found = boundary_family(share).critical
    assert found[-1] == pytest.approx(OBRIEN_FLEMING[looks], abs=5.1e-4)
    assert found * np.sqrt(share) == pytest.approx([found[-1]] * looks)


def test_one_look_is_the_ordinary_test() -> None:
    for alpha, sides in ((0.05, 2), (0.05, 1), (0.01, 2)):
        want = stats.norm.isf(alpha / sides)
        for found in (
            boundaries([1.0], alpha, sides=sides),  # type: ignore[arg-type]
            boundary_family([1.0], alpha, sides=sides, family="Pocock"),  # type: ignore[arg-type]
        ):
            assert found.critical == pytest.approx([want], abs=1e-9)
            assert found.spent == pytest.approx([alpha])
    assert drift(boundaries([1.0]), 0.9) == pytest.approx(1.959964 + 1.281552, abs=1e-5)


def test_two_looks_by_the_bivariate_normal() -> None:
    found = boundaries([0.4, 1.0], 0.05, sides=1)
    first, second = found.critical
    correlation = np.sqrt(0.4)
    both = stats.multivariate_normal.cdf(
        [first, second], cov=[[1.0, correlation], [correlation, 1.0]]
    )
    assert 1.0 - both == pytest.approx(0.05, abs=1e-7)
    assert stats.norm.sf(first) == pytest.approx(float(spent(0.4, 0.05)))


@pytest.mark.shared
def test_designs_of_rpact(shared: Path) -> None:
    content = json.loads((shared / "data" / "stats" / "design_group_sequential.json").read_text())
    spending = {"asOF": "O'Brien-Fleming", "asP": "Pocock", "asKD": "Kim-DeMets",
                "asHSD": "Hwang-Shih-DeCani"}  # fmt: skip
    family = {"OF": "O'Brien-Fleming", "P": "Pocock", "WT": "Wang-Tsiatis"}
    done = set()
    for want in content["rpact"]:
        kind, given_ = want["type"], (want["info"], want["alpha"])
        if kind in spending:
            found = boundaries(
                *given_, sides=want["sided"], spending=spending[kind], shape=want["gammaA"]
            )  # type: ignore[call-overload]
        else:
            found = boundary_family(
                *given_, sides=want["sided"], family=family[kind], delta=want["deltaWT"] or 0.25
            )
        # rpact stops at 1e-8 short of the whole error
        assert found.critical == pytest.approx(want["critical"], abs=1e-7), want
        assert drift(found, 1 - want["beta"]) ** 2 == pytest.approx(want["shift"], rel=1e-7)
        done.add((kind, want["sided"]))
    assert len(done) == 14


def test_spending_functions() -> None:
    assert spent([0.0, 1.0, 1.7]).tolist() == pytest.approx([0.0, 0.025, 0.025])
    assert float(spent(0.5)) == pytest.approx(0.0015253, abs=1e-7)
    assert float(spent(0.5, spending="Pocock")) == pytest.approx(0.0155029, abs=1e-7)
    assert float(spent(0.5, spending="Kim-DeMets")) == pytest.approx(0.025 / 4)
    assert float(spent(0.5, spending="Kim-DeMets", shape=3.0)) == pytest.approx(0.025 / 8)
    assert float(spent(0.5, spending="Hwang-Shih-DeCani")) == pytest.approx(0.0029801, abs=1e-7)
    assert float(spent(0.5, spending="Hwang-Shih-DeCani", shape=0.0)) == pytest.approx(0.0125)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"alpha": 0.5}, "between 0 and 0.5"),
        ({"alpha": 0.0}, "between 0 and 0.5"),
        ({"spending": "Pocok"}, "unknown spending"),
        ({"shape": 2.0}, "has no shape"),
        ({"spending": "Pocock", "shape": 2.0}, "Pocock spending has no shape"),
        ({"spending": "Kim-DeMets", "shape": 0.0}, "must be positive"),
    ],
)
def test_spending_that_does_not_exist_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spent(0.5, **fields)
    with pytest.raises(ValueError, match="not be negative"):
        spent(-0.1)


@pytest.mark.parametrize(
    "share", [[], [0.5, 0.5], [0.6, 0.4], [0.0, 1.0], [np.nan], [[0.5]], [np.inf], [1.0] * 201]
)
def test_shares_that_do_not_increase_are_refused(share: list) -> None:
    with pytest.raises(ValueError, match="shares of the information"):
        boundaries(share)
    with pytest.raises(ValueError, match="shares of the information"):
        boundary_family(share)


def test_where_nothing_can_be_spent_the_value_is_infinite() -> None:
    found = boundaries([0.001, 0.3, 1.0, 1.4])
    assert np.isinf(found.critical[[0, 3]]).all()
    assert np.isfinite(found.critical[[1, 2]]).all()
    assert found.spent[0] == 0.0
    assert found.spent[2:] == pytest.approx([0.05, 0.05])
    with pytest.raises(ValueError, match="power must lie between"):
        drift(found, 0.02)
    with pytest.raises(ValueError, match="unknown family"):
        boundary_family([1.0], family="Haybittle")  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.02, 0.3), min_size=1, max_size=6), st.sampled_from([1, 2]))
def test_all_of_the_error_is_spent_and_no_more(steps: list[float], sides: int) -> None:
    share = np.cumsum(steps)
    found = boundaries(share / share[-1], 0.05, sides=sides, spending="Pocock")  # type: ignore[arg-type]
    assert found.spent[-1] == pytest.approx(0.05, abs=1e-9)
    assert np.all(np.diff(found.spent) > 0)
    assert np.all(found.critical >= stats.norm.isf(0.05 / sides) - 1e-9)


def test_error_by_simulation() -> None:
    rng = np.random.default_rng(5)
    share = np.array([0.2, 0.5, 0.8, 1.0])
    steps = rng.normal(size=(200_000, 4)) * np.sqrt(np.diff(share, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(share)
    stopped = (np.abs(z) > boundaries(share).critical).any(axis=1)
    assert stopped.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 200_000))


def test_sizes() -> None:
    # 10% against 8%: 4·7.8489·0.09·0.91/0.0004
    assert size_for_risks(0.1, 0.08) == pytest.approx(6428.2, abs=0.1)
    assert size_for_risks(0.08, 0.1) == pytest.approx(size_for_risks(0.1, 0.08))
    assert size_for_risks(0.1, 0.08, alpha=0.01, power=0.9) == pytest.approx(12186.1, abs=0.5)
    assert size_for_means(5.0, 10.0) == pytest.approx(125.58, abs=0.01)
    for bad in ((0.1, 0.1), (1.2, 0.1), (0.1, -0.1), (np.nan, 0.1)):
        with pytest.raises(ValueError, match="risk"):
            size_for_risks(*bad)
    for difference, sd in ((0.0, 1.0), (1.0, 0.0), (1.0, np.inf), (np.inf, 1.0)):
        with pytest.raises(ValueError, match=r"difference|deviation"):
            size_for_means(difference, sd)
    for alpha, power in ((0.0, 0.8), (0.05, 1.0)):
        with pytest.raises(ValueError, match="alpha and power"):
            size_for_means(1.0, 1.0, alpha=alpha, power=power)


Y = [-0.6, -0.1, -0.5, -0.2]
V = [0.05, 0.04, 0.06, 0.02]
N = [100.0, 150.0, 90.0, 400.0]


def test_diversity_is_what_heterogeneity_adds_to_the_variance() -> None:
    random, common = pool(Y, V, tau2="DL", interval="Wald"), pool(Y, V, tau2="CE")
    want = (random.se**2 - common.se**2) / random.se**2
    assert diversity(Y, V) == pytest.approx(float(want))
    assert diversity([0.1], [0.2]) == 0.0
    assert diversity([0.1, 0.1], [0.2, 0.2]) == 0.0


def test_looks_in_order_of_arrival() -> None:
    found = trial_sequential_analysis(Y, V, N, 1000.0, order=[3, 1, 2, 4])
    assert found.order.tolist() == [1, 2, 0, 3]
    assert found.participants.tolist() == [150.0, 240.0, 340.0, 740.0]
    assert found.required == pytest.approx(1000.0 / (1.0 - diversity(Y, V)))
    assert found.share == pytest.approx(found.participants / found.required)
    last = pool(Y, V, tau2="DL", interval="Wald")
    assert found.z[-1] == pytest.approx(float(last.statistic))
    assert found.critical == pytest.approx(boundaries(found.share).critical)
    assert found.high[-1] - found.estimate[-1] == pytest.approx(found.critical[-1] * last.se)
    assert found.low[-1] - found.estimate[-1] == pytest.approx(-found.critical[-1] * last.se)
    assert found.crossed.tolist() == (np.abs(found.z) > found.critical).tolist()
    assert f"740 of {found.required:,.0f} required" in found.notes[-1]
    plain = trial_sequential_analysis(Y, V, N, 300.0, adjusted=False)
    assert (plain.required, plain.diversity) == (300.0, 0.0)
    assert plain.crossed[-2:].any()
    assert plain.notes == ()


def test_small_steps_are_shown_and_not_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    found = trial_sequential_analysis(Y, V, [100.0, 1.0, 100.0, np.nan], 1000.0, adjusted=False)
    assert np.isnan(found.critical).tolist() == [False, True, False]
    assert not found.crossed[1]
    assert found.notes[0] == "Without a usable effect or size, and left out: 1."
    assert found.notes[1] == "1 looks add under 1%; not tested."
    monkeypatch.setattr("trialweave.stats.sequential.analysis.MOST_LOOKS", 5)
    many = trial_sequential_analysis([0.1] * 8, [1.0] * 8, [60.0] * 8, 1000.0, adjusted=False)
    assert "Only the last 5 looks" in many.notes[0]
    assert np.isnan(many.critical).tolist() == [True] * 3 + [False] * 5


def test_nothing_to_look_at() -> None:
    found = trial_sequential_analysis([np.nan], [1.0], [10.0], 100.0)
    assert found.z.shape == (0,)
    assert found.required == 100.0
    for bad in (
        ([0.1], [1.0, 2.0], [3.0], 10.0),
        ([0.1], [1.0], [0.0], 10.0),
        ([0.1], [1.0], [3.0], 0.0),
        ([0.1], [1.0], [3.0], np.inf),
    ):
        with pytest.raises(ValueError, match=r"length|positive"):
            trial_sequential_analysis(*bad)
    with pytest.raises(ValueError, match="a number for each"):
        trial_sequential_analysis(Y, V, N, 10.0, order=[1])
