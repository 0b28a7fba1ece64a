"""What the methods of this package share: the studies used, refusals, and the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, floats

__all__ = ["FEW", "NOTES", "NotComputed", "Studies", "few", "sentences", "studies", "too_few"]

FEW = 10  # Sterne et al., BMJ 2011;343:d4002: below, a test cannot tell chance from asymmetry
_VARIANCES = (1e-250, 1e250)

NOTES: Mapping[str, str] = {
    "left out": "{} without a usable effect and variance left out.",
    "few studies": (
        "There are fewer than ten studies: a test of asymmetry has too little power to tell chance "
        "from real asymmetry (Sterne et al. 2011)."
    ),
    "ratio of counts": (
        "A ratio of counts and its standard error are correlated even without small-study effects: "
        "the tests of Harbord or Peters are meant for it (Sterne et al. 2011)."
    ),
    "standardised": (
        "A standardised mean difference and its standard error are correlated even without "
        "small-study effects: the test with modified standard errors is meant for it "
        "(Pustejovsky & Rodgers 2019)."
    ),
    "no limit": (
        "The predictor does not fall to 0 with growing precision: the intercept is no estimate of "
        "the effect in a study of unlimited size."
    ),
    "exact fit": (
        "The effects lie exactly on the regression line: its standard errors are 0 and the test is "
        "undefined."
    ),
    "not converged": "The iteration did not settle; its last value is given.",
    "several maxima": "The likelihood of τ² has several maxima; the highest is given.",
    "ties": "Ranks are tied: the P value rests on the normal approximation, corrected for ties.",
    "normal": "The P value rests on the normal approximation, used from 50 studies on.",
    "certain": (
        "To rounding, every study's power is 0, or every one's is 1: the ratio to what is expected "
        "or the chi-square test is undefined."
    ),
    "no k0 se": (
        "The unrounded number of missing studies lies far below 0, where its standard error is not "
        "defined."
    ),
    "double zero": "{} without any event, or with events only, left out of the test.",
    "not significant": "The observed result is not significant: no further study is needed.",
    "at target": "The observed average is at or below the target: no further study is needed.",
    "beyond": "More than 10,000,000 studies would be needed; that number is given.",
    "no heterogeneity": "τ² is 0: the limit estimates are all equal, and G² is 0.",
    "at bound": (
        "A parameter lies at its bound, where the likelihood still rises or is flat: standard "
        "errors (none is given for such a parameter where the curvature does not allow it) and the "
        "likelihood-ratio test are approximations at best."
    ),
    "no curvature": (
        "The likelihood has no proper peak (its curvature is not negative in every direction): "
        "there are no standard errors."
    ),
    "no selection gain": (
        "The likelihood is highest without selection: these studies show none of this form."
    ),
}


class NotComputed(NamedTuple):
    """Why a method gives no numbers for these studies: a keyword, a sentence, and how many."""

    reason: str
    note: str
    k: int


class Studies(NamedTuple):
    """The studies that can be used, and which of the input those are."""

    y: FloatArray
    v: FloatArray
    used: BoolArray

    @property
    def k(self) -> int:
        return self.y.size

    @property
    def left_out(self) -> int:
        return int(self.used.size - self.k)


def studies(yi: npt.ArrayLike, vi: npt.ArrayLike) -> Studies:
    """Studies with a finite effect and a finite positive variance; ValueError for other shapes."""
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must have one shape (k,)")
    used = np.isfinite(y) & (v >= _VARIANCES[0]) & (v <= _VARIANCES[1])
    return Studies(y[used], v[used], used)


def too_few(k: int, least: int) -> NotComputed | None:
    """The refusal where fewer than `least` studies are left."""
    if k >= least:
        return None
    have = {0: "There is no usable study", 1: "There is one usable study"}
    note = f"{have.get(k, f'There are {k} usable studies')}: at least {least} are needed."
    return NotComputed("too few studies", note, k)


def few(k: int, left_out: int) -> set[str]:
    """The flags that number and loss of studies raise."""
    raised = {"few studies": k < FEW, "left out": left_out > 0}
    return {name for name, holds in raised.items() if holds}


def sentences(flags: frozenset[str], left_out: int) -> tuple[str, ...]:
    """The notes of the flags in the order of `NOTES`; `left_out` counts the studies left out."""
    number = "1 study" if left_out == 1 else f"{left_out} studies"
    return tuple(text.format(number) for name, text in NOTES.items() if name in flags)
