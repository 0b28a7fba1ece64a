"""Small faults of regressions that other tests would let pass, found by mutation testing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trialweave.stats.regression import Regression, _gls, _maximum, design_matrix, regress

Y, V = [0.1, 0.9, -0.4, 1.6, 0.3, -0.8], [0.04, 0.1, 0.02, 0.2, 0.05, 0.3]
DOSE = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]


@pytest.mark.parametrize("tau2", ["PM", "ML", "REML"])
def test_a_variance_that_does_not_settle_is_said(
    monkeypatch: pytest.MonkeyPatch, tau2: Any
) -> None:
    design = design_matrix({"dose": DOSE})
    settled = regress(Y, V, design, tau2=tau2)
    assert isinstance(settled, Regression)
    assert settled.converged
    monkeypatch.setattr(_gls, "_MAX_STEPS", 1)
    found = regress(Y, V, design, tau2=tau2)
    assert isinstance(found, Regression)
    assert not found.converged
    assert any("did not settle" in note for note in found.notes)


@pytest.mark.parametrize(
    ("curves", "flat"), [((1e3, 1e-6), True), ((1e3, 1e-3), False), ((1e-3, 1e-6), False)]
)
def test_flat_beside_the_steepest_direction(
    monkeypatch: pytest.MonkeyPatch, curves: tuple[float, float], flat: bool
) -> None:
    bends = np.array(curves)

    def at(model: object, theta: np.ndarray) -> _maximum._Point:
        gradient = -bends * (theta - 1.0)
        return _maximum._Point(theta, 0.0, gradient, np.diag(bends))

    monkeypatch.setattr(_maximum, "_at", at)
    ends = np.full(2, np.inf)
    start = at(None, np.array([0.5, 2.0]))
    step, found = _maximum._newton(None, start, np.ones(2, dtype=bool), -ends, ends)  # type: ignore[arg-type]
    assert found is flat
    np.testing.assert_allclose(step, [0.5, 0.0 if flat else -1.0], rtol=1e-6)
