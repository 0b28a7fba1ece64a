"""Small faults of effect sizes that other tests would let pass, found by mutation testing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialweave.stats.effects import (
    back_transform,
    from_p,
    mean_sd_from_quantiles,
    smd_unequal_sds,
)


def test_an_empty_group_has_no_standardised_difference() -> None:
    for n1, n2 in ((0, 20), (20, 0), (1, 20), (20, 1)):
        found = smd_unequal_sds(1.0, 2.0, n1, 0.5, 3.0, n2)
        assert math.isnan(found.yi)
        assert math.isnan(found.vi)


def test_beyond_the_ends_of_the_double_arcsine() -> None:
    # of 10 patients the transforms end at asin(√(1/11))/2 and π/2 less that: 0.153 and 1.418
    assert back_transform("PFT", [0.1, 1.5, 1.6, 3.0], 10).tolist() == [0.0, 1.0, 1.0, 1.0]
    assert 0.99 < float(back_transform("PFT", 1.41, 10)) < 1.0


def test_a_power_needs_a_positive_least_value() -> None:
    found = mean_sd_from_quantiles(
        [50] * 3, [8.0] * 3, minimum=[0.0, -1.0, 0.5], maximum=[19.0] * 3, method="BC"
    )
    assert found.flags["not positive"].tolist() == [True, True, False]
    assert np.isnan(found.mean).tolist() == [True, True, False]


def test_a_ratio_of_nought_is_not_read() -> None:
    found = from_p("OR", 0.0, 0.5)
    assert bool(found.flags["not positive"])
    assert math.isnan(found.yi)
    assert float(from_p("MD", -0.5, 0.5).yi) == pytest.approx(-0.5)


def test_two_patients_in_each_group_are_enough() -> None:
    found = smd_unequal_sds(1.0, 2.0, 2, 0.5, 3.0, 2)
    average = (4 + 9) / 2
    g = 0.5 / math.sqrt(average) / math.sqrt(math.pi)  # J of 2 is Γ(1)/Γ(1/2)
    assert float(found.yi) == pytest.approx(g)
    assert float(found.vi) == pytest.approx(13 / average + g**2 * (16 + 81) / (8 * average**2))
