"""Effect sizes from events and person-time: of two groups, and of one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.effects._common import (
    CorrectedWhere,
    Effects,
    one_of,
    only,
    where_corrected,
)

__all__ = ["RateMeasure", "SingleRate", "rate", "rate_effect"]

RateMeasure = Literal["IRR", "IRD", "IRSD"]
SingleRate = Literal["IR", "IRLN", "IRS"]


def _checked(*pairs: npt.ArrayLike) -> tuple[FloatArray, ...]:
    arrays = np.broadcast_arrays(*(floats(values) for values in pairs))
    for array in arrays:
        if np.any((array < 0) | np.isinf(array)):
            raise ValueError("events and person-times must be finite and not negative")
    return tuple(arrays)


def rate_effect(
    measure: RateMeasure,
    x1: npt.ArrayLike,
    t1: npt.ArrayLike,
    x2: npt.ArrayLike,
    t2: npt.ArrayLike,
    *,
    add: float = 0.5,
    to: CorrectedWhere = "only0",
    drop00: bool = False,
    every_measure: bool = False,
) -> Effects:
    """Compare `x1` events in `t1` person-time with `x2` in `t2`; below 0 is fewer in the first.

    "IRR" log rate ratio log(x1·t2/(x2·t1)) with variance 1/x1 + 1/x2; "IRD" rate difference,
    variance x1/t1² + x2/t2² (both: Rothman, Greenland & Lash, Modern Epidemiology, 3rd ed. 2008,
    chapter 14); "IRSD" difference of square roots of the rates, variance 1/(4·t1) + 1/(4·t2), which
    does not depend on the rates. Person-times of one unit throughout, say patient-years.

    `add` goes to the events (not to the times) of both groups in the studies that `to` says, as
    in `effect`; a zero cell is a group without events. IRSD needs no correction and gets none,
    unless `every_measure`. `drop00` makes studies without any event NaN; they stay in by default.

    A group without person-time gives NaN; so does an IRR, or any variance of 0, where a zero is
    left uncorrected in both groups (IRD) or in one (IRR). Raises ValueError for unknown choices and
    negative or infinite numbers.
    """
    one_of(measure, RateMeasure, "measure")
    x1, t1, x2, t2 = _checked(x1, t1, x2, t2)
    usable = (t1 > 0) & (t2 > 0)
    if drop00:
        usable &= ~((x1 == 0) & (x2 == 0))
    extra = where_corrected(((x1 == 0) | (x2 == 0)) & usable, add, to)
    if measure != "IRSD" or every_measure:
        x1, x2 = x1 + extra, x2 + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "IRR":
            yi, vi = np.log(x1 * t2 / (x2 * t1)), 1.0 / x1 + 1.0 / x2
        elif measure == "IRD":
            yi, vi = x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2
        else:
            yi, vi = np.sqrt(x1 / t1) - np.sqrt(x2 / t2), 0.25 / t1 + 0.25 / t2
        return only(usable & np.isfinite(yi) & np.isfinite(vi) & (vi > 0), yi, vi)


def rate(
    measure: SingleRate,
    x: npt.ArrayLike,
    t: npt.ArrayLike,
    *,
    add: float = 0.5,
    to: CorrectedWhere = "only0",
    every_measure: bool = False,
) -> Effects:
    """The incidence rate of one group, `x` events in `t` person-time.

    "IR" x/t with variance x/t²; "IRLN" its logarithm with variance 1/x; "IRS" its square root with
    variance 1/(4·t) (sources as for `rate_effect`). `add` goes to the events of the studies that
    `to` says; "IRS" needs none and gets none, unless `every_measure`. No person-time gives NaN, and
    so does a zero left uncorrected in IR and IRLN. Raises ValueError as `rate_effect` does.
    """
    one_of(measure, SingleRate, "measure")
    x, t = _checked(x, t)
    usable = t > 0
    extra = where_corrected((x == 0) & usable, add, to)
    if measure != "IRS" or every_measure:
        x = x + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "IR":
            yi, vi = x / t, x / t**2
        elif measure == "IRLN":
            yi, vi = np.log(x / t), 1.0 / x
        else:
            yi, vi = np.sqrt(x / t), 0.25 / t
        return only(usable & np.isfinite(yi) & np.isfinite(vi) & (vi > 0), yi, vi)
