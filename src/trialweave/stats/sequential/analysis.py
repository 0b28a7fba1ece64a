"""Trial sequential analysis: how much information a pooled answer needs, and where it stands.

Wetterslev et al., J Clin Epidemiol 2008;61:64-75; diversity: Wetterslev et al., BMC Med Res
Methodol 2009;9:86. Cochrane advises against such methods for the main analyses and conclusions of
updated reviews (Handbook, section 22.4): it is a diagnostic, best for series planned beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.exploring import cumulative
from trialweave.stats.pooling import IntervalMethod, Method, pool
from trialweave.stats.sequential.boundaries import MOST_LOOKS, boundaries
from trialweave.stats.sequential.spending import Spending

__all__ = [
    "LEAST_STEP",
    "SequentialAnalysis",
    "diversity",
    "size_for_means",
    "size_for_risks",
    "trial_sequential_analysis",
]

LEAST_STEP = 0.01
"""A look is tested when at least this share of the information has come since the one before."""


@dataclass(frozen=True, eq=False)
class SequentialAnalysis:
    """Each look, arrays of shape (k,) in order of arrival.

    `order` says which study each look added. `required` is the information size in participants,
    already enlarged for `diversity`; `share` what of it is there. `z` is the statistic of the
    pooled effect, `critical` the value beyond which it stops (NaN where a look is not tested, inf
    where nothing can be spent yet), `low` and `high` the interval that belongs to it, on the scale
    of the effects. `crossed` marks looks beyond their value. `notes` say what could not be done.
    """

    order: npt.NDArray[np.int64]
    participants: FloatArray
    required: float
    diversity: float
    share: FloatArray
    z: FloatArray
    critical: FloatArray
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    crossed: BoolArray
    notes: tuple[str, ...]


def _quantiles(alpha: float, power: float) -> float:
    if not 0.0 < alpha < 1.0 or not 0.0 < power < 1.0:
        raise ValueError(f"alpha and power must lie between 0 and 1, not {alpha:g}, {power:g}")
    return float(special.ndtri(1.0 - alpha / 2.0) + special.ndtri(power))


def size_for_risks(
    control_risk: float, treated_risk: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Participants in all, of two equal groups, to tell two risks apart.

    4(z₁₋α⸝₂ + z₁₋β)²·p(1 - p)/δ² with p the mean of the two risks and δ their difference
    (Wetterslev 2008). `alpha` is two-sided. Raises ValueError for risks outside 0 to 1 or equal.
    """
    for risk in (control_risk, treated_risk):
        if not 0.0 <= risk <= 1.0:
            raise ValueError(f"a risk must lie between 0 and 1, not {risk:g}")
    if control_risk == treated_risk:
        raise ValueError("equal risks need no end of participants: name a difference that matters")
    mean = (control_risk + treated_risk) / 2.0
    spread = mean * (1.0 - mean) / (control_risk - treated_risk) ** 2
    return 4.0 * _quantiles(alpha, power) ** 2 * spread


def size_for_means(
    difference: float, sd: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Participants in all, of two equal groups, to tell two means apart.

    4(z₁₋α⸝₂ + z₁₋β)²·σ²/δ². Raises ValueError for a difference of 0 or an sd that is not positive.
    """
    if difference == 0.0 or not math.isfinite(difference):
        raise ValueError("name a finite difference that matters, other than 0")
    if not (sd > 0.0 and math.isfinite(sd)):
        raise ValueError(f"the standard deviation must be positive and finite, not {sd:g}")
    return 4.0 * (_quantiles(alpha, power) * sd / difference) ** 2


def diversity(yi: npt.ArrayLike, vi: npt.ArrayLike, *, tau2: str = "DL") -> float:
    """D² = (V_R - V_C)/V_R, from the variances of the random and the common effect (0 to 1).

    NaN where nothing can be pooled, 0 for one study.
    """
    method = cast("Method", tau2)
    random = pool(yi, vi, tau2=method, interval="Wald", tau2_interval=False)
    common = pool(yi, vi, tau2="CE")
    return float(1.0 - (common.se / random.se) ** 2)


def trial_sequential_analysis(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    participants: npt.ArrayLike,
    required: float,
    *,
    order: npt.ArrayLike | None = None,
    alpha: float = 0.05,
    tau2: str = "DL",
    interval: str = "Wald",
    spending: Spending = "O'Brien-Fleming",
    adjusted: bool = True,
) -> SequentialAnalysis:
    """Test the pooled effect at each study's arrival against boundaries of error spending.

    `participants` of each study, `required` the information size without heterogeneity (from
    `size_for_risks` or `size_for_means`); it is divided by 1 - D² unless `adjusted` is False.
    Looks that add less than `LEAST_STEP` of the information are shown and not tested. Studies
    without a usable effect are left out, and said. Raises ValueError for shapes that do not match,
    participants that are not positive, and a required size that is not.
    """
    y, v, n = floats(yi), floats(vi), floats(participants)
    if y.ndim != 1 or not y.shape == v.shape == n.shape:
        raise ValueError("effects, variances and participants must be lists of one length")
    if not (required > 0.0 and math.isfinite(required)):
        raise ValueError(f"the required size must be positive and finite, not {required:g}")
    if np.any(n <= 0.0):
        raise ValueError("participants must be positive")
    arrival = _arrival(order, y.size)
    usable = (np.isfinite(y) & np.isfinite(v) & (v > 0.0) & np.isfinite(n))[arrival]
    kept = arrival[usable]
    notes = []
    if kept.size < y.size:
        notes.append(f"Without a usable effect or size, and left out: {y.size - kept.size}.")
    y, v, n = y[kept], v[kept], n[kept]
    spread = diversity(y, v, tau2=tau2) if adjusted and kept.size else 0.0
    enlarged = required / (1.0 - spread)
    looks = cumulative(
        y, v, tau2=cast("Method", tau2), interval=cast("IntervalMethod", interval),
        tau2_interval=False,
    )  # fmt: skip
    so_far = np.cumsum(n)
    share = so_far / enlarged
    critical = np.full(kept.size, np.nan)
    tested = _tested(share)
    if tested.size > MOST_LOOKS:
        notes.append(f"Only the last {MOST_LOOKS} looks are tested.")
        tested = tested[-MOST_LOOKS:]
    if tested.size:
        critical[tested] = boundaries(share[tested], alpha, spending=spending).critical
    if tested.size < kept.size:
        notes.append(f"{kept.size - tested.size} looks add under {LEAST_STEP:.0%}; not tested.")
    if kept.size and share[-1] < 1.0:
        notes.append(f"{so_far[-1]:,.0f} of {enlarged:,.0f} required participants are there.")
    z = looks.statistic
    with np.errstate(invalid="ignore"):
        half = critical * looks.se
    return SequentialAnalysis(
        order=kept,
        participants=so_far,
        required=float(enlarged),
        diversity=float(spread),
        share=share,
        z=z,
        critical=critical,
        estimate=looks.estimate,
        low=looks.estimate - half,
        high=looks.estimate + half,
        crossed=np.asarray(np.abs(z) > critical),
        notes=tuple(notes),
    )


def _arrival(order: npt.ArrayLike | None, k: int) -> npt.NDArray[np.int64]:
    if order is None:
        return np.arange(k)
    numbers = floats(order)
    if numbers.shape != (k,):
        raise ValueError(f"the order {numbers.shape} must have a number for each study")
    return np.argsort(numbers, kind="stable")


def _tested(share: FloatArray) -> npt.NDArray[np.int64]:
    """The looks that add enough, and the last one where it adds anything to the one before."""
    found: list[int] = []
    before = 0.0
    for at, value in enumerate(share.tolist()):
        if value - before >= LEAST_STEP:
            found.append(at)
            before = value
    return np.array(found, dtype=np.int64)
