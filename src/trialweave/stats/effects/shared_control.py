"""Trials of several arms that share a control: their effects with the covariances."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.effects._common import CorrectedWhere, one_of, where_corrected
from trialweave.stats.effects.means import BiasCorrection, bias_factor

__all__ = ["MultiArm", "shared_control_counts", "shared_control_means"]

CountMeasure = Literal["OR", "RR", "RD"]
MeanMeasure = Literal["MD", "SMD"]


class MultiArm(NamedTuple):
    """Effects of the other arms against the first: `yi` (..., arms - 1), `cov` square in the last
    two axes. Rows of arms that are not there, or have no effect, are NaN."""

    yi: FloatArray
    cov: FloatArray


def shared_control_counts(
    measure: CountMeasure,
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    add: float = 0.5,
    to: CorrectedWhere = "only0",
) -> MultiArm:
    """Log odds ratios, log risk ratios or risk differences of several arms against a shared one.

    `events` and `n` are (..., arms), the control first, NaN as padding. The covariance of two
    effects is the variance that the control brings to both: 1/c + 1/(n - c) for OR, 1/c - 1/n for
    RR, p(1 - p)/n for RD (Gleser & Olkin, in Cooper, Hedges & Valentine, Handbook of Research
    Synthesis, 2nd ed. 2009, chapter 19). `add` goes to both cells of every arm of the trials that
    `to` says, as in `effect`: a zero cell in one arm corrects the whole trial, so that its effects
    stay consistent. Errors as for `effect`.
    """
    one_of(measure, CountMeasure, "measure")
    events, n = np.broadcast_arrays(floats(events), floats(n))
    if np.any((events < 0) | (n < 0) | np.isinf(n)):
        raise ValueError("events and sizes must be finite and not negative")
    if np.any(events > n):
        raise ValueError("more events than patients")
    usable = n > 0
    zero = np.any(((events == 0) | (events == n)) & usable, axis=-1)
    extra = where_corrected(zero, add, to)[..., None]
    x, size = events + extra, n + 2.0 * extra
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / size
        if measure == "OR":
            level, part = np.log(x / (size - x)), 1.0 / x + 1.0 / (size - x)
        elif measure == "RR":
            level, part = np.log(p), 1.0 / x - 1.0 / size
        else:
            level, part = p, p * (1.0 - p) / size
        return _against_first(level, part, usable & np.isfinite(level) & np.isfinite(part))


def shared_control_means(
    measure: MeanMeasure,
    m: npt.ArrayLike,
    sd: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    correction: BiasCorrection = "exact",
) -> MultiArm:
    """Mean differences or standardised mean differences of several arms against a shared one.

    `m`, `sd` and `n` are (..., arms), the control first, NaN as padding.
    "MD": variances sd²/n of both arms, covariance sd²/n of the control.
    "SMD": standardised by the standard deviation pooled over all arms of the trial, with J as in
    `smd` on N - arms degrees of freedom (N patients in all); variance 1/n + 1/n0 + g²/(2N),
    covariance 1/n0 + g·g'/(2N) (Gleser & Olkin 2009, as for counts).
    Raises ValueError for negative standard deviations or sizes, and unknown choices.
    """
    one_of(measure, MeanMeasure, "measure")
    m, sd, n = np.broadcast_arrays(*(floats(values) for values in (m, sd, n)))
    if np.any((sd < 0) | (n < 0)):
        raise ValueError("standard deviations and sizes must not be negative")
    usable = (n > 0) & np.isfinite(m) & np.isfinite(sd)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "MD":
            return _against_first(m, sd**2 / n, usable)
        size = np.where(usable, n, 0.0)
        total = size.sum(axis=-1, keepdims=True)
        freedom = total - usable.sum(axis=-1, keepdims=True)
        squares = np.where(usable, (n - 1.0) * sd**2, 0.0).sum(axis=-1, keepdims=True)
        scale = bias_factor(correction, freedom) / np.sqrt(squares / freedom)
        g, cov = _against_first(m * scale, 1.0 / n, usable & np.isfinite(m * scale))
        return MultiArm(g, cov + g[..., :, None] * g[..., None, :] / (2.0 * total[..., None]))


def _against_first(level: FloatArray, part: FloatArray, usable: BoolArray) -> MultiArm:
    """Differences from the first arm; `part` is each arm's share of the variances."""
    usable = usable[..., 1:] & usable[..., :1]
    yi = np.where(usable, level[..., 1:] - level[..., :1], np.nan)
    own = np.eye(yi.shape[-1]) * np.where(usable, part[..., 1:], 0.0)[..., None]
    both = usable[..., :, None] & usable[..., None, :]
    return MultiArm(yi, np.where(both, own + part[..., :1, None], np.nan))
