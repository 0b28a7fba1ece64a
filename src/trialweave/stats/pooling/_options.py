"""The choices of a synthesis by inverse variance: their names, and which go together."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from trialweave.stats._arrays import proportion_of_one
from trialweave.stats.pooling.tau2 import Method

__all__ = [
    "IntervalMethod",
    "Options",
    "Prediction",
    "Tau2Interval",
    "Weighting",
    "chosen",
]

IntervalMethod = Literal[
    "Wald", "t", "HK", "HK-adhoc", "HK-ci", "HK-IQWiG6", "KR", "PL", "Henmi-Copas"
]
Prediction = Literal["k-1", "k-2", "normal", "HK", "HK-PR", "KR", "KR-PR"]
Tau2Interval = Literal["QP", "PL", "J", "BJ"]
Weighting = Literal["random", "common", "equal"]

# what an interval or a limit of τ² presupposes
_ESTIMATORS = {"KR": ("REML",), "PL": ("ML",), "Henmi-Copas": ("DL",)}


class Options(NamedTuple):
    """The checked choices of one call; `tau2_limits` is None where they are not asked for."""

    tau2: Method
    interval: IntervalMethod
    prediction: Prediction
    weighting: Weighting
    level: float
    tau2_limits: Tau2Interval | None

    @property
    def common(self) -> bool:
        """Whether τ² is 0 by assumption."""
        return self.tau2 in ("CE", "EE")

    @property
    def knapp(self) -> bool:
        """Whether the interval is one of Hartung and Knapp's family."""
        return self.interval.startswith("HK")


def chosen(
    tau2: Method,
    interval: IntervalMethod | None,
    prediction: Prediction,
    weighting: Weighting,
    level: float,
    tau2_interval: Tau2Interval | bool,
) -> Options:
    """Check the choices and fill in the default interval.

    Raises ValueError for unknown names, for a level outside 0 to 1, and for methods that do not
    go together.
    """
    plain = tau2 in ("CE", "EE") or weighting != "random"
    interval = interval or ("Wald" if plain else "HK")
    limits: Tau2Interval | None
    limits = ("QP" if tau2_interval else None) if isinstance(tau2_interval, bool) else tau2_interval
    for value, allowed in (
        (tau2, Method),
        (interval, IntervalMethod),
        (prediction, Prediction),
        (weighting, Weighting),
        (limits or "QP", Tau2Interval),
    ):
        if value not in get_args(allowed):
            raise ValueError(f"unknown method {value!r}; there are {get_args(allowed)}")
    _together(tau2, interval, f"the interval {interval}")
    _together(tau2, prediction.removesuffix("-PR"), f"the prediction interval {prediction}")
    if limits == "PL" and tau2 not in ("ML", "REML"):
        raise ValueError("profile likelihood limits of τ² go with the estimators ML and REML")
    if interval == "Henmi-Copas" and weighting != "common":
        raise ValueError("the interval Henmi-Copas goes with the weighting 'common'")
    unusual = interval not in ("Wald", "t", "Henmi-Copas") or prediction.startswith("KR")
    if weighting != "random" and unusual:
        raise ValueError(f"weighting {weighting!r} goes with the intervals Wald and t")
    return Options(tau2, interval, prediction, weighting, proportion_of_one(level), limits)


def _together(tau2: Method, method: str, what: str) -> None:
    needed = _ESTIMATORS.get(method)
    if needed and tau2 not in needed:
        raise ValueError(f"{what} goes with the estimator {needed[0]} of τ², not with {tau2}")
