"""False discovery rates against SciPy, and where more was possible than was tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from trialweave.stats.discovery import discovery_rates

PS = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(PS)
def test_as_scipy_has_them(p: list[float]) -> None:
    assert discovery_rates(p) == pytest.approx(false_discovery_control(p), abs=1e-12)


@given(PS, st.integers(0, 50))
def test_more_possible_tests_count_as_never_found(p: list[float], more: int) -> None:
    q = discovery_rates(p, len(p) + more)
    assert q == pytest.approx(discovery_rates([*p, *[1.0] * more])[: len(p)], abs=1e-12)
    assert np.all(q >= p)
    assert np.all(q <= 1)


def test_a_rate_is_never_below_its_p_by_rounding() -> None:
    p = [0.9999999999999998] * 3
    assert np.all(discovery_rates(p) >= p)
    assert discovery_rates([]).shape == (0,)
    assert discovery_rates([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.04, 0.04])
