"""Absolute effects: worked examples, limits, what has none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.stats.absolute import absolute_effect


@pytest.mark.parametrize(
    ("measure", "risk", "effect", "treated"),
    [
        ("RR", 0.2, 0.5, 0.1),
        ("RR", 0.6, 2.0, 1.0),  # no risk is over 1
        ("OR", 0.2, 0.5, 1 / 9),
        ("OR", 0.0, 3.0, 0.0),
        ("OR", 1.0, 3.0, 1.0),
        ("OR", 1.0, 0.0, np.nan),
        ("RD", 0.2, -0.05, 0.15),
        ("RD", 0.02, -0.05, 0.0),
        ("RD", 0.98, 0.05, 1.0),
        ("HR", 0.19, 0.5, 0.1),
        ("HR", 1.0, 0.5, 1.0),
        ("RR", 0.2, np.nan, np.nan),
    ],
)
def test_by_hand(measure: str, risk: float, effect: float, treated: float) -> None:
    found = absolute_effect(measure, risk, effect)  # type: ignore[arg-type]
    assert float(found.risk) == pytest.approx(treated, nan_ok=True)
    assert float(found.difference) == pytest.approx(treated - risk, nan_ok=True)


def test_what_has_no_absolute_effect_is_refused() -> None:
    with pytest.raises(ValueError, match="MD has no absolute effect"):
        absolute_effect("MD", 0.2, 1.0)  # type: ignore[arg-type]
    for risk in (-0.1, 1.1):
        with pytest.raises(ValueError, match="risk must lie"):
            absolute_effect("RR", risk, 1.0)
    with pytest.raises(ValueError, match="ratio must not be negative"):
        absolute_effect("OR", 0.2, -1.0)
    assert absolute_effect("RR", [0.1, 0.2], [[0.5], [2.0]]).risk.shape == (2, 2)


@given(st.floats(0, 1), st.floats(0, 20), st.sampled_from(["RR", "OR", "HR"]))
def test_a_risk_stays_a_risk_and_no_effect_changes_nothing(
    risk: float, ratio: float, measure: str
) -> None:
    found = float(absolute_effect(measure, risk, ratio).risk)  # type: ignore[arg-type]
    assert np.isnan(found) or 0 <= found <= 1
    same = float(absolute_effect(measure, risk, 1.0).risk)  # type: ignore[arg-type]
    assert same == pytest.approx(risk, abs=1e-12)
