"""The factor that removes the bias of a standardised mean difference."""

from __future__ import annotations

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray

__all__ = ["approximate_correction", "exact_correction", "log_exact_correction"]

_LARGE = 20.0  # from here on the series' first omitted term is below 1e-14


def _series(w: FloatArray) -> FloatArray:
    """log of Γ(w + 1/2)/(Γ(w)·√w) for large w."""
    x = 1.0 / np.maximum(w, _LARGE)
    return np.asarray(x * (-1 / 8 + x**2 * (1 / 192 + x**2 * (-1 / 640 + x**2 * (17 / 14336)))))


def _ratio(w: FloatArray) -> FloatArray:
    """Γ(w + 1/2)/(Γ(w)·√w) for w below the limit."""
    small = np.minimum(w, _LARGE)
    return np.asarray(special.gamma(small + 0.5) / (special.gamma(small) * np.sqrt(small)))


def exact_correction(m: FloatArray) -> FloatArray:
    """J(m) = Γ(m/2)/(√(m/2)·Γ((m-1)/2)) for m >= 2 degrees of freedom (Hedges 1981).

    For large m by the series of the logarithm, where Γ itself would lose digits.
    """
    w = (m - 1.0) / 2.0
    scaled = np.where(w < _LARGE, _ratio(w), np.exp(_series(w)))
    return np.asarray(scaled * np.sqrt(w / (w + 0.5)))


def log_exact_correction(m: FloatArray) -> FloatArray:
    """log J(m), with digits left where J is near 1."""
    w = (m - 1.0) / 2.0
    scaled = np.where(w < _LARGE, np.log(_ratio(w)), _series(w))
    return np.asarray(scaled - 0.5 * np.log1p(0.5 / w))


def approximate_correction(m: FloatArray) -> FloatArray:
    """1 - 3/(4m - 1), Hedges' approximation of J(m), as RevMan has it."""
    return np.asarray(1.0 - 3.0 / (4.0 * m - 1.0))
