"""Small faults of sequential analyses that other tests would let pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialweave.stats.sequential import boundaries, boundary_family, drift, size_for_risks, spent


@pytest.mark.parametrize("wrong", [0.0, 1.0, 1.5, -0.1])
@pytest.mark.parametrize("name", ["alpha", "power"])
def test_alpha_and_power_are_shares(name: str, wrong: float) -> None:
    with pytest.raises(ValueError, match="alpha and power"):
        size_for_risks(0.1, 0.2, **{name: wrong})


def stops(first: float, second: float, share: float, sides: int, theta: float = 0.0) -> list[float]:
    """The chances to stop upwards at two looks, by the bivariate normal distribution."""
    together = stats.multivariate_normal(
        [theta * math.sqrt(share), theta],
        [[1.0, math.sqrt(share)], [math.sqrt(share), 1.0]],
        abseps=1e-11,
        releps=1e-11,
    )
    low = -first if sides == 2 else -40.0
    goes_on = stats.norm.cdf(first, theta * math.sqrt(share)) - stats.norm.cdf(
        low, theta * math.sqrt(share)
    )
    below = together.cdf([first, second]) - together.cdf([low, second])
    return [float(stats.norm.sf(first, theta * math.sqrt(share))), float(goes_on - below)]


@pytest.mark.parametrize("sides", [1, 2])
def test_two_looks_with_a_large_error(sides: Any) -> None:
    # with an error as large as this the side that stopped below counts
    found = boundaries([0.4, 1.0], 0.2 * sides, sides=sides, spending="Pocock")
    planned = spent([0.4, 1.0], 0.2, spending="Pocock")
    by_hand = stops(*found.critical, 0.4, sides)
    np.testing.assert_allclose(np.cumsum(by_hand), planned, atol=1e-8)
    np.testing.assert_allclose(found.spent, planned * sides, atol=1e-9)
    theta = drift(found, 0.4)
    assert sum(stops(*found.critical, 0.4, sides, theta)) == pytest.approx(0.4, abs=1e-8)
    family = boundary_family([0.4, 1.0], 0.2 * sides, sides=sides, family="Pocock")
    assert family.critical[0] == family.critical[1]
    by_hand = stops(*family.critical, 0.4, sides)
    np.testing.assert_allclose(family.spent, np.cumsum(by_hand) * sides, atol=1e-8)
    assert sum(by_hand) == pytest.approx(0.2, abs=1e-8)
