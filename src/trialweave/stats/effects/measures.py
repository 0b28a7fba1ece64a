"""The measures of effect: what each is called, on which scale it is held, how it is printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats

__all__ = [
    "MEASURES",
    "DataKind",
    "EffectMeasure",
    "Scale",
    "back_transform",
    "is_ratio",
    "measure_named",
]

Scale = Literal["natural", "log", "logit", "arcsine", "double arcsine", "square root", "Fisher z"]
"""How numbers of a measure are held; "natural" is as they are printed."""

DataKind = Literal[
    "counts", "rates", "means", "paired means", "reported",
    "proportion", "rate", "mean", "correlation", "generic",
]  # fmt: skip
"""What a measure is computed from: of two groups, of one group twice, as printed, of one group."""


class EffectMeasure(NamedTuple):
    """One measure: `null` is the printed number that stands for no effect (None if there is none).

    `undefined` says in a sentence when a study has no such effect, which is then NaN.
    """

    name: str
    title: str
    scale: Scale
    data: DataKind
    null: float | None
    undefined: str

    @property
    def ratio(self) -> bool:
        """Whether it compares by division: 1 is no effect, and logarithms are pooled."""
        return self.null == 1.0

    @property
    def log(self) -> bool:
        """Whether estimates are held as natural logarithms."""
        return self.scale == "log"


_EMPTY_ARM = "An arm is empty"
_ZERO = f"{_EMPTY_ARM}, or a zero cell is left uncorrected."
_NO_TIME = "A group has no person-time"
_NO_SPREAD = (
    "A group is empty, there are fewer than four patients in all, or nothing varies within groups."
)
_BOTH_POSITIVE = "A group is empty, or the means are not both above 0 (or both below)."
_PAIRS = "There are fewer than three pairs, or the standard deviation is 0."
_EMPTY = "The group is empty"
_CORRELATION = "There are too few pairs for a variance, or the correlation is exactly 1 or -1."
_MISSING = "The estimate is missing, or its variance missing or not positive."


_ROWS: tuple[tuple[str, str, Scale, DataKind, float | None, str], ...] = (
    ("OR", "Odds ratio", "log", "counts", 1.0, _ZERO),
    ("RR", "Risk ratio", "log", "counts", 1.0, _ZERO),
    ("RD", "Risk difference", "natural", "counts", 0.0, f"{_EMPTY_ARM}."),
    (
        "PETO", "Peto odds ratio", "log", "counts", 1.0,
        f"{_EMPTY_ARM}, or no patient or every patient has the event.",
    ),
    (
        "AS", "Difference of arcsines of square roots of risks", "natural", "counts", 0.0,
        f"{_EMPTY_ARM}.",
    ),
    (
        "IRR", "Incidence rate ratio", "log", "rates", 1.0,
        f"{_NO_TIME}, or no events and no correction.",
    ),
    ("IRD", "Incidence rate difference", "natural", "rates", 0.0, f"{_NO_TIME}."),
    (
        "IRSD", "Difference of square roots of incidence rates", "natural", "rates", 0.0,
        f"{_NO_TIME}.",
    ),
    ("HR", "Hazard ratio", "log", "reported", 1.0, _MISSING),
    ("MD", "Mean difference", "natural", "means", 0.0, "A group is empty."),
    ("SMD", "Standardised mean difference", "natural", "means", 0.0, _NO_SPREAD),
    (
        "SMDH", "Standardised mean difference, standard deviations averaged", "natural",
        "means", 0.0, _NO_SPREAD,
    ),
    (
        "SMD1", "Standardised mean difference by the second group's standard deviation",
        "natural", "means", 0.0, _NO_SPREAD,
    ),
    ("ROM", "Ratio of means", "log", "means", 1.0, _BOTH_POSITIVE),
    ("MC", "Mean change", "natural", "paired means", 0.0, "There are no pairs."),
    (
        "SMCC", "Mean change, standardised by the change's standard deviation", "natural",
        "paired means", 0.0, _PAIRS,
    ),
    (
        "SMCR", "Mean change, standardised by the standard deviation before", "natural",
        "paired means", 0.0, _PAIRS,
    ),
    ("PR", "Proportion", "natural", "proportion", None, f"{_EMPTY}."),
    (
        "PLN", "Log proportion", "log", "proportion", None,
        f"{_EMPTY}, or no correction is made.",
    ),
    (
        "PLO", "Logit of a proportion", "logit", "proportion", None,
        f"{_EMPTY}, or no correction is made.",
    ),
    ("PAS", "Arcsine of a proportion", "arcsine", "proportion", None, f"{_EMPTY}."),
    (
        "PFT", "Freeman-Tukey double arcsine of a proportion", "double arcsine", "proportion",
        None, f"{_EMPTY}.",
    ),
    ("IR", "Incidence rate", "natural", "rate", None, "There is no person-time."),
    ("IRLN", "Log incidence rate", "log", "rate", None, "No person-time, or no correction."),
    (
        "IRS", "Square root of an incidence rate", "square root", "rate", None,
        "There is no person-time.",
    ),
    ("MN", "Mean", "natural", "mean", None, f"{_EMPTY}."),
    ("MNLN", "Log mean", "log", "mean", None, f"{_EMPTY}, or the mean is not above 0."),
    ("COR", "Correlation", "natural", "correlation", 0.0, _CORRELATION),
    ("UCOR", "Correlation, corrected for bias", "natural", "correlation", 0.0, _CORRELATION),
    ("ZCOR", "Fisher's z of a correlation", "Fisher z", "correlation", 0.0, _CORRELATION),
    ("GEN", "Generic difference", "natural", "generic", 0.0, _MISSING),
    ("GENLN", "Generic ratio", "log", "generic", 1.0, _MISSING),
)  # fmt: skip

MEASURES: Mapping[str, EffectMeasure] = MappingProxyType(
    {row[0]: EffectMeasure(*row) for row in _ROWS}
)
"""Every measure by its name, the names of metafor's `escalc` where it has one."""


def measure_named(name: str) -> EffectMeasure:
    """The measure of that name. Raises ValueError for a name that is none."""
    try:
        return MEASURES[name]
    except KeyError:
        raise ValueError(f"no measure is called {name!r}; there are {tuple(MEASURES)}") from None


def is_ratio(measure: str) -> bool:
    """Whether the measure compares by division, so that estimates are natural logarithms and 1 is
    no effect. Raises ValueError for an unknown measure."""
    return measure_named(measure).ratio


def back_transform(measure: str, x: npt.ArrayLike, n: npt.ArrayLike | None = None) -> FloatArray:
    """Numbers of the measure's scale as they are printed; NaN stays NaN.

    exp(x) for ratios and logarithms, 1/(1 + exp(-x)) for the logit, sin²x for the arcsine, x² for
    the square root, tanh x for Fisher's z, x itself for the others. Beyond the end of a scale
    (arcsine below 0 or above π/2, a square root below 0) the end is given.

    The double arcsine ("PFT") needs the number of patients `n`, which broadcasts with `x`: of a
    pooled number the harmonic mean of the studies' (Miller, Am Stat 1978;32:138). Read
    `single.double_arcsine_proportion` before using it. Raises ValueError where `n` is missing or
    not positive, and for an unknown measure.
    """
    scale, values = measure_named(measure).scale, floats(x)
    if scale == "double arcsine":
        if n is None:
            raise ValueError("the double arcsine is turned back with a number of patients n")
        return _of_double_arcsine(values, floats(n))
    return _BACK[scale](values)


def _exp(x: FloatArray) -> FloatArray:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(x))


def _of_double_arcsine(x: FloatArray, n: FloatArray) -> FloatArray:
    """Miller's inverse; 0 and 1 beyond the transforms of no and of only events among `n`."""
    if np.any(n <= 0):
        raise ValueError("the number of patients must be above 0")
    x, n = np.broadcast_arrays(x, n)
    root = np.sqrt(1.0 / (n + 1.0))
    lowest = 0.5 * np.arcsin(root)
    highest = math.pi / 2.0 - lowest
    sine = np.sin(2.0 * np.clip(x, lowest, highest))
    inner = sine + (sine - 1.0 / sine) / n
    half = 0.5 * np.sqrt(np.maximum(0.0, 1.0 - inner**2))
    p = np.where(x < math.pi / 4.0, 0.5 - half, 0.5 + half)
    p = np.where(x <= lowest, 0.0, np.where(x >= highest, 1.0, p))
    return np.asarray(np.where(np.isnan(x) | np.isnan(n), np.nan, p))


_BACK: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "natural": lambda x: x,
    "log": _exp,
    "logit": lambda x: np.asarray(special.expit(x)),
    "arcsine": lambda x: np.asarray(np.sin(np.clip(x, 0.0, math.pi / 2.0)) ** 2),
    "square root": lambda x: np.asarray(np.maximum(x, 0.0) ** 2),
    "Fisher z": lambda x: np.asarray(np.tanh(x)),
}
