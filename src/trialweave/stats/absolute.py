"""Absolute effects from relative ones: what a risk becomes."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats

__all__ = ["Absolute", "RelativeMeasure", "absolute_effect"]

RelativeMeasure = Literal["RR", "OR", "RD", "HR"]


class Absolute(NamedTuple):
    """The risk with treatment and its difference to the risk without, both as proportions."""

    risk: FloatArray
    difference: FloatArray


def absolute_effect(
    measure: RelativeMeasure, control_risk: npt.ArrayLike, effect: npt.ArrayLike
) -> Absolute:
    """What `effect`, as printed (ratios as ratios), makes of a risk (Cochrane Handbook 14.1.5.2,
    15.4.4; Newcombe & Bender, BMJ Evid Based Med 2014;19:6-8).

    RR: risk·RR, at most 1. OR: OR·risk/(1 - risk + OR·risk). RD: risk + RD, kept within 0 and 1.
    HR: 1 - (1 - risk)^HR, for proportional hazards. Arguments broadcast; an interval's limits are
    put in as effects, the control risk taken as known. NaN for missing numbers. Raises ValueError
    for a risk outside 0 to 1, a negative ratio, and measures without an absolute effect.
    """
    if measure not in get_args(RelativeMeasure):
        raise ValueError(f"{measure} has no absolute effect; there are {get_args(RelativeMeasure)}")
    risk, by = np.broadcast_arrays(floats(control_risk), floats(effect))
    if np.any((risk < 0.0) | (risk > 1.0)):
        raise ValueError("a risk must lie between 0 and 1")
    if measure != "RD" and np.any(by < 0.0):
        raise ValueError("a ratio must not be negative")
    if measure == "RR":
        found = np.minimum(risk * by, 1.0)
    elif measure == "RD":
        found = np.clip(risk + by, 0.0, 1.0)
    elif measure == "HR":
        found = 1.0 - (1.0 - risk) ** by
    else:
        # where the ratio is 0 and the risk 1 nothing is defined
        below = 1.0 - risk + by * risk
        found = np.where(below > 0.0, by * risk / np.where(below > 0.0, below, 1.0), np.nan)
    return Absolute(np.asarray(found), np.asarray(found - risk))
