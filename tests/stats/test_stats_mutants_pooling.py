"""Small faults of pooling that other tests would let pass, found by mutation testing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats

from trialweave.stats.pooling import glmm, glmm_rates, pool, tau2

A, N1 = np.array([3.0, 0, 12, 1, 9]), np.array([40.0, 25, 90, 60, 33])
C, N2 = np.array([7.0, 2, 10, 6, 3]), np.array([38.0, 27, 101, 55, 35])


def test_two_random_effects_are_at_the_highest_point_of_the_integral() -> None:
    found = glmm("UM.RS", A, N1, C, N2)
    x, w = np.polynomial.hermite_e.hermegauss(60)  # of the odds ratios
    at, share = np.polynomial.hermite_e.hermegauss(25)  # of the levels, which vary less
    w, share = w / w.sum(), share / share.sum()

    def height(mu: float, tau: float, base: float, spread: float) -> float:
        level = base + spread * at[:, None, None]
        half = (mu + tau * x[None, :, None]) / 2
        both = stats.binom.pmf(A, N1, special.expit(level + half))
        both = both * stats.binom.pmf(C, N2, special.expit(level - half))
        return float(np.log(np.einsum("i,j,ijk->k", share, w, both)).sum())

    best = [
        found.estimate,
        math.sqrt(found.tau2),
        found.baseline,
        math.sqrt(found.baseline_variance),
    ]
    here = height(*best)
    assert found.log_likelihood == pytest.approx(here, abs=1e-6)
    assert found.tau2 > 0.5
    for place in range(4):
        for step in (-0.02, 0.02):
            moved = [*best[:place], best[place] + step, *best[place + 1 :]]
            assert height(*moved) < here
    # without the second random effect, the highest point of the same integral at τ = 0
    none = optimize.minimize(
        lambda at: -height(at[0], 0.0, at[1], at[2]), [0.0, -2.0, 0.3], options={"gtol": 1e-7}
    )
    assert found.tau2_lrt == pytest.approx(2 * (here + none.fun), abs=1e-5)


def test_the_conditional_test_of_heterogeneity_has_all_constants() -> None:
    def log_chance(i: int, eta: float) -> float:
        events = A[i] + C[i]
        x = np.arange(max(0, events - N2[i]), min(N1[i], events) + 1)
        logs = np.log(special.comb(N1[i], x)) + np.log(special.comb(N2[i], events - x)) + eta * x
        return float((logs - special.logsumexp(logs))[x == A[i]][0])

    found = glmm("CM.EL", A, N1, C, N2)
    own = [
        -optimize.minimize_scalar(
            lambda eta, i=i: -log_chance(i, eta), bounds=(-40, 9), method="bounded"
        ).fun
        for i in range(5)
    ]
    one = optimize.minimize_scalar(lambda eta: -sum(log_chance(i, eta) for i in range(5)))
    assert found.lrt == pytest.approx(2 * (sum(own) + one.fun), abs=1e-6)


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.AL", "CM.EL"])
@pytest.mark.parametrize("all_events", [False, True])
def test_an_arm_without_events_or_others_anywhere_has_no_odds_ratio(
    model: Any, all_events: bool
) -> None:
    for first in (True, False):
        one, other = ([10, 20] if all_events else [0, 0]), [1, 2]
        a, c = (one, other) if first else (other, one)
        found = glmm(model, a, [10, 20], c, [10, 20])
        assert found.flags["not estimable"]
        assert math.isnan(found.estimate)
    if model != "CM.AL" and not all_events:
        found = glmm_rates(model, [0, 0], [5, 6], [1, 2], [7, 8])
        assert found.flags["not estimable"]


@pytest.mark.parametrize("model", ["UM.FS", "CM.AL"])
def test_the_test_of_heterogeneity_is_the_same_with_arms_exchanged(model: Any) -> None:
    # one arm has a study with a single event, which takes part on either side
    one, other = glmm(model, A, N1, C, N2), glmm(model, C, N2, A, N1)
    assert other.q == pytest.approx(one.q, rel=1e-12)
    assert other.lrt == pytest.approx(one.lrt, rel=1e-8)


def test_a_moment_estimate_that_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    y, v = [0.1, 0.9, -0.4, 1.6], [0.04, 0.1, 0.02, 0.2]
    settled = pool(y, v, tau2="PM")
    assert bool(settled.converged)
    monkeypatch.setattr(tau2, "_MAX_STEPS", 1)
    found = pool(y, v, tau2="PM", tau2_interval=False)
    assert not bool(found.converged)
    assert float(found.tau2) > 0
    assert any("settle" in note or "converge" in note for note in found.notes)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_a_small_variance_between_studies_is_one_maximum(method: Any) -> None:
    found = pool([1.0, 0.4, -1.3, -0.5], [0.5, 0.6, 0.6, 0.5], tau2=method)
    assert 0 < float(found.tau2) < 0.5
    assert not bool(found.flags["several maxima"])
