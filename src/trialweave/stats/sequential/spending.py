"""How much of the error is spent by which share of the information."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats

__all__ = ["Spending", "spent"]

Spending = Literal["O'Brien-Fleming", "Pocock", "Kim-DeMets", "Hwang-Shih-DeCani"]


def spent(
    share: npt.ArrayLike,
    alpha: float = 0.025,
    *,
    spending: Spending = "O'Brien-Fleming",
    shape: float | None = None,
) -> FloatArray:
    """The one-sided error spent when a share of the required information is there, as `share`.

    "O'Brien-Fleming" 2 - 2Φ(Φ⁻¹(1 - α/2)/√t) and "Pocock" α·ln(1 + (e - 1)t) (Lan & DeMets,
    Biometrika 1983;70:659-663), "Kim-DeMets" α·t^ρ with ρ = `shape` (Biometrika 1987;74:149-154;
    default 2), "Hwang-Shih-DeCani" α(1 - e^(-γt))/(1 - e^(-γ)) with γ = `shape` (Stat Med
    1990;9:1439-1445; default -4; linear for 0). Shares beyond 1 count as 1. Raises ValueError for
    alpha outside 0 to 0.5, shares below 0, a `shape` that does not belong to the function or is
    not positive for Kim-DeMets, and unknown names.
    """
    if spending not in get_args(Spending):
        raise ValueError(f"unknown spending {spending!r}; there are {get_args(Spending)}")
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"alpha, one-sided, must lie between 0 and 0.5, not {alpha:g}")
    if shape is not None and spending in ("O'Brien-Fleming", "Pocock"):
        raise ValueError(f"{spending} spending has no shape")
    t = floats(share)
    if np.any(t < 0.0):
        raise ValueError("shares of the information must not be negative")
    t = np.minimum(t, 1.0)
    if spending == "O'Brien-Fleming":
        with np.errstate(divide="ignore"):
            return np.asarray(2.0 * special.ndtr(special.ndtri(alpha / 2.0) / np.sqrt(t)))
    if spending == "Pocock":
        return np.asarray(alpha * np.log1p(np.expm1(1.0) * t))
    if spending == "Kim-DeMets":
        power = 2.0 if shape is None else shape
        if not power > 0.0:
            raise ValueError(f"the shape of Kim and DeMets must be positive, not {power:g}")
        return np.asarray(alpha * t**power)
    gamma = -4.0 if shape is None else shape
    if gamma == 0.0:
        return np.asarray(alpha * t)
    return np.asarray(alpha * np.expm1(-gamma * t) / np.expm1(-gamma))
