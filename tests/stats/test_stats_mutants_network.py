"""Small faults of networks that other tests would let pass, found by mutation testing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialweave.stats.network import (
    ContrastError,
    Contrasts,
    CountNetwork,
    geometry,
    network_conditional,
    positions,
    study_contrasts,
)
from trialweave.stats.network import hypergeometric as conditional


def test_numbers_at_the_ends_of_what_is_measured_are_taken() -> None:
    sizes = np.full(2, 10.0)
    for effect, variance in ((0.0, 1e-150), (0.0, 1e150), (1e75, 1.0)):
        found = study_contrasts("s", "ab", np.array([effect]), np.array([[variance]]), sizes)
        assert float(found.covariance[0, 0]) == variance
    for effect, variance in ((0.0, 9e-151), (0.0, 1.1e150), (-1.1e75, 1.0)):
        with pytest.raises(ContrastError, match="beyond all measure"):
            study_contrasts("s", "ab", np.array([effect]), np.array([[variance]]), sizes)


def test_the_drawing_has_the_least_stress() -> None:
    """No node can be moved so that distances follow steps better, pairs weighted by 1/steps²."""
    pairs = ("ab", "bc", "cd", "bd", "de", "ef")
    studies = tuple(
        study_contrasts(pair, pair, np.zeros(1), np.ones((1, 1)), np.ones(2)) for pair in pairs
    )
    at = positions(geometry(Contrasts("", studies)), "stress")
    steps = np.array([
        [0, 1, 2, 2, 3, 4],
        [1, 0, 1, 1, 2, 3],
        [2, 1, 0, 1, 2, 3],
        [2, 1, 1, 0, 1, 2],
        [3, 2, 2, 1, 0, 1],
        [4, 3, 3, 2, 1, 0],
    ], dtype=float)  # fmt: skip
    apart = np.linalg.norm(at[:, None] - at, axis=2)
    weight = np.where(steps > 0, 1 / np.maximum(steps, 1) ** 2, 0)
    scale = (weight * steps * apart).sum() / (weight * apart**2).sum()
    pull = weight * (1 - steps / np.where(apart > 0, scale * apart, 1))
    gradient = (pull[:, :, None] * (at[:, None] - at)).sum(axis=1)
    np.testing.assert_allclose(gradient, 0, atol=1e-4)


def test_newtons_step_is_halved_where_it_would_go_too_far() -> None:
    # the rates' ratio; Newton's first step from no effect is ten thousand times too long
    for events, n in (([9, 1], [10, 100_000]), ([1, 9], [100_000, 10])):
        found = network_conditional(["s", "s"], "ab", events, n)
        assert isinstance(found, CountNetwork)
        wanted = math.log(events[0] * n[1] / (events[1] * n[0]))
        assert found.common.effect[0, 1] == pytest.approx(wanted)
        assert found.common.se[0, 1] == pytest.approx(math.sqrt(10 / 9))
        assert found.notes == ()


def test_an_exact_odds_ratio_of_arms_of_very_different_size() -> None:
    # 1 event among 2 and 1 among 10,000: with odds ratio ψ one of two falls in the first arm as in
    # x of the tables C(2,x)·C(10000,2-x)·ψ^x, x = 0, 1, 2; the mean is 1 where the ends are even
    found = network_conditional(["s", "s"], "ab", [1, 1], [2, 10_000], likelihood="exact")
    assert isinstance(found, CountNetwork)
    ways = [math.comb(2, x) * math.comb(10_000, 2 - x) for x in range(3)]
    odds = math.sqrt(ways[0] / ways[2])
    assert found.common.effect[0, 1] == pytest.approx(math.log(odds), rel=1e-9)
    ends = ways[0] / (2 * ways[0] + ways[1] * odds)
    assert found.common.se[0, 1] == pytest.approx(1 / math.sqrt(2 * ends), rel=1e-9)


def test_what_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "_STEPS", 1)
    found = network_conditional(["s", "s"], "ab", [9, 1], [10, 30])
    assert isinstance(found, CountNetwork)
    assert [note.code for note in found.notes] == ["not converged"]
    assert math.isnan(found.common.effect[0, 1])
