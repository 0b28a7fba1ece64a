"""Common-effect synthesis of events per person-time in two arms, by Mantel and Haenszel."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.effects import rate_effect
from trialweave.stats.pooling.mantel_haenszel import Stratified, Sums, total, with_tests

__all__ = ["RateMeasure", "Rates", "mantel_haenszel_rates", "rates"]

RateMeasure = Literal["IRR", "IRD"]


class Rates(NamedTuple):
    """Broadcast counts and person-time: `x1` events in `t1` against `x2` in `t2`."""

    x1: FloatArray
    t1: FloatArray
    x2: FloatArray
    t2: FloatArray


def rates(x1: npt.ArrayLike, t1: npt.ArrayLike, x2: npt.ArrayLike, t2: npt.ArrayLike) -> Rates:
    """Broadcast and check; a study with any NaN, or without person-time in an arm, becomes NaN.

    Raises ValueError for negative or infinite counts or times.
    """
    arrays = np.broadcast_arrays(*(floats(values) for values in (x1, t1, x2, t2)))
    for name, array in zip(Rates._fields, arrays, strict=True):
        if np.any(array < 0.0) or np.any(np.isinf(array)):
            raise ValueError(f"{name} must be finite and not negative")
    missing = np.isnan(np.sum(arrays, axis=0)) | (arrays[1] == 0.0) | (arrays[3] == 0.0)
    return Rates(*(np.where(missing, np.nan, array) for array in arrays))


def mantel_haenszel_rates(
    measure: RateMeasure,
    x1: npt.ArrayLike,
    t1: npt.ArrayLike,
    x2: npt.ArrayLike,
    t2: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Stratified:
    """Mantel-Haenszel ratio or difference of rates, studies along the last axis (NaN as padding).

    Greenland & Robins, Biometrics 1985;41:55-68. `estimate` is a logarithm for IRR, in events per
    unit of the person-time for IRD. Nothing is added to zero counts; `q` is about this estimate
    over the studies with an event, 0.5 added to both counts of a study in which one is 0.
    """
    if measure not in get_args(RateMeasure):
        raise ValueError(f"no Mantel-Haenszel estimate for {measure!r}")
    effects = rate_effect(measure, x1, t1, x2, t2, drop00=True)
    r = Rates(*(np.atleast_1d(array) for array in rates(x1, t1, x2, t2)))
    used: BoolArray = np.isfinite(r.x1)
    time = r.t1 + r.t2
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "IRR":
            ahead, behind = r.x1 * r.t2 / time, r.x2 * r.t1 / time
            spread = total(r.t1 * r.t2 * (r.x1 + r.x2) / time**2)
            sums = Sums(
                np.log(total(ahead) / total(behind)),
                spread / (total(ahead) * total(behind)),
                behind,
            )
        else:
            weights = r.t1 * r.t2 / time
            difference = total((r.x1 * r.t2 - r.x2 * r.t1) / time) / total(weights)
            spread = total((r.x1 * r.t2**2 + r.x2 * r.t1**2) / time**2)
            sums = Sums(difference, spread / total(weights) ** 2, weights)
    return with_tests(measure, used, sums, effects, level)
