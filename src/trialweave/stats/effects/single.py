"""Effect sizes of one group: proportions, means and correlations."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.effects._common import (
    CorrectedWhere,
    Effects,
    finite,
    one_of,
    only,
    where_corrected,
)
from trialweave.stats.effects.measures import back_transform

__all__ = [
    "BackTransformed",
    "CorrelationMeasure",
    "MeanMeasure",
    "ProportionMeasure",
    "correlation",
    "double_arcsine_proportion",
    "harmonic_mean",
    "proportion",
    "single_mean",
]

ProportionMeasure = Literal["PR", "PLN", "PLO", "PAS", "PFT"]
MeanMeasure = Literal["MN", "MNLN"]
CorrelationMeasure = Literal["COR", "UCOR", "ZCOR"]
Convention = Literal["metafor", "meta"]


def proportion(
    measure: ProportionMeasure,
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    add: float = 0.5,
    to: CorrectedWhere = "only0",
    convention: Convention = "metafor",
    every_measure: bool = False,
) -> Effects:
    """The proportion `x` of `n`, as it is or on one of four scales.

    With p = x/n: "PR" p with variance p(1-p)/n; "PLN" log p, 1/x - 1/n; "PLO" log(p/(1-p)),
    1/x + 1/(n-x); "PAS" arcsin √p, 1/(4n); "PFT" the double arcsine of Freeman & Tukey (Ann Math
    Stat 1950;21:607-611), halved: (arcsin √(x/(n+1)) + arcsin √((x+1)/(n+1)))/2, 1/(4n + 2).

    `add` goes to x and to n - x in the studies that `to` says, as in `effect`; a zero cell is no
    event or events only. PAS and PFT need none and get none, unless `every_measure`.
    `convention` "meta" (the R package): the estimate of PR stays uncorrected; PLN adds `add` to x
    and once to n, and with events only takes x uncorrected in the variance (Hartung & Knapp, Stat
    Med 2001;20:3875-3889).

    An empty group gives NaN, and so does a zero left uncorrected in PR, PLN and PLO (infinite, or
    of variance 0). Raises ValueError for unknown choices, negative or infinite numbers, x > n.
    """
    one_of(measure, ProportionMeasure, "measure")
    one_of(convention, Convention, "convention")
    x, n = np.broadcast_arrays(floats(x), floats(n))
    if np.any((x < 0) | (n < 0) | np.isinf(n)):
        raise ValueError("events and sizes must be finite and not negative")
    if np.any(x > n):
        raise ValueError("more events than patients")
    usable, full = n > 0, x == n
    extra = where_corrected(((x == 0) | full) & usable, add, to)
    if measure in ("PAS", "PFT") and not every_measure:
        extra = np.zeros_like(extra)
    events, size = x + extra, n + 2.0 * extra
    with np.errstate(divide="ignore", invalid="ignore"):
        p = events / size
        if measure == "PR":
            yi, vi = (x / n if convention == "meta" else p), p * (1.0 - p) / size
        elif measure == "PLN" and convention == "meta":
            once = n + extra
            yi, vi = np.log(events / once), 1.0 / np.where(full, x, events) - 1.0 / once
        elif measure == "PLN":
            yi, vi = np.log(p), 1.0 / events - 1.0 / size
        elif measure == "PLO":
            others = size - events
            yi, vi = np.log(events / others), 1.0 / events + 1.0 / others
        elif measure == "PAS":
            yi, vi = np.arcsin(np.sqrt(p)), 1.0 / (4.0 * size)
        else:
            low, high = events / (size + 1.0), (events + 1.0) / (size + 1.0)
            yi = 0.5 * (np.arcsin(np.sqrt(low)) + np.arcsin(np.sqrt(high)))
            vi = 1.0 / (4.0 * size + 2.0)
        return only(usable & np.isfinite(yi) & np.isfinite(vi) & (vi > 0), yi, vi)


def harmonic_mean(n: npt.ArrayLike) -> FloatArray:
    """The harmonic mean of sizes over the last axis, NaN left out; NaN if there is none.

    Raises ValueError for sizes that are not above 0.
    """
    sizes = floats(n)
    if np.any(sizes <= 0):
        raise ValueError("sizes must be above 0")
    present = np.isfinite(sizes)
    count = present.sum(axis=-1)
    total = np.where(present, 1.0 / np.where(present, sizes, 1.0), 0.0).sum(axis=-1)
    return np.asarray(np.where(count > 0, count / np.where(count > 0, total, 1.0), np.nan))


class BackTransformed(NamedTuple):
    """Pooled numbers as proportions; `outside` marks those that no study's proportion reaches."""

    values: FloatArray
    outside: BoolArray

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must be told, if anything."""
        if not self.outside.any():
            return ()
        return (
            "The proportion turned back from the double arcsine lies outside the range of the "
            "studies' own proportions (see Schwarzer et al. 2019): use a logit model instead.",
        )


def double_arcsine_proportion(
    pooled: npt.ArrayLike, x: npt.ArrayLike, n: npt.ArrayLike
) -> BackTransformed:
    """Turn a pooled double arcsine back to a proportion, and say whether to believe it.

    `pooled` (...,) came from studies with `x` events of `n` patients (..., k; NaN as padding). The
    inverse is Miller's (Am Stat 1978;32:138) at the harmonic mean of the sizes, as in metafor and
    meta. Where sizes differ much this mean is far from every study, and the result may lie outside
    all observed proportions, for which `outside` is true (Schwarzer et al., Res Synth Methods
    2019;10:476-483). Limits of intervals may lie outside in any case: turn those back with
    `back_transform`. NaN where there are no studies. Raises ValueError as `proportion` does.
    """
    x, n = np.broadcast_arrays(floats(x), floats(n))
    missing = np.isnan(x) | np.isnan(n)
    n = np.where(missing, np.nan, n)
    observed = x / n
    if np.any((x < 0) | (observed > 1.0)):
        raise ValueError("events must not be negative, nor more than the patients")
    values = back_transform("PFT", pooled, harmonic_mean(n))
    lowest = np.min(np.where(missing, np.inf, observed), axis=-1, initial=np.inf)
    highest = np.max(np.where(missing, -np.inf, observed), axis=-1, initial=-np.inf)
    tolerance = 1e-12
    outside = (values < lowest - tolerance) | (values > highest + tolerance)
    return BackTransformed(values, np.asarray(outside))


def single_mean(
    measure: MeanMeasure, m: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike
) -> Effects:
    """The mean of one group: "MN" m with variance sd²/n; "MNLN" log m with sd²/(n·m²).

    NaN for an empty group, and for MNLN where m is not above 0. Raises ValueError for an unknown
    measure, negative standard deviations or sizes.
    """
    one_of(measure, MeanMeasure, "measure")
    m, sd, n = np.broadcast_arrays(*(floats(values) for values in (m, sd, n)))
    if np.any((sd < 0) | (n < 0)):
        raise ValueError("standard deviations and sizes must not be negative")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yi, vi = (m, sd**2 / n) if measure == "MN" else (np.log(m), sd**2 / (n * m**2))
        return finite(yi, vi)


def correlation(measure: CorrelationMeasure, r: npt.ArrayLike, n: npt.ArrayLike) -> Effects:
    """A correlation `r` of `n` pairs.

    "COR" r with variance (1 - r²)²/(n - 1); "UCOR" its unbiased form, y = r·F(1/2, 1/2; (n-2)/2;
    1 - r²) with Gauss's hypergeometric function (Olkin & Pratt, Ann Math Stat 1958;29:201-211) and
    variance (1 - y²)²/(n - 1); "ZCOR" Fisher's z = artanh r with variance 1/(n - 3) (Fisher, Metron
    1921;1:3-32). NaN for fewer than three pairs (ZCOR: four, UCOR: five), and for ZCOR where r is 1
    or -1. Raises ValueError for an unknown measure, |r| > 1 and negative n.
    """
    one_of(measure, CorrelationMeasure, "measure")
    r, n = np.broadcast_arrays(floats(r), floats(n))
    if np.any((np.abs(r) > 1.0) | (n < 0)):
        raise ValueError("a correlation lies between -1 and 1, and a size is not negative")
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "ZCOR":
            yi, vi, enough = np.arctanh(r), 1.0 / (n - 3.0), n > 3
        elif measure == "UCOR":
            enough = n > 4
            half = np.where(enough, (n - 2.0) / 2.0, 1.0)
            yi = r * special.hyp2f1(0.5, 0.5, half, 1.0 - r**2)
            vi = (1.0 - yi**2) ** 2 / (n - 1.0)
        else:
            yi, vi, enough = r, (1.0 - r**2) ** 2 / (n - 1.0), n > 2
        return only(enough & np.isfinite(yi) & np.isfinite(vi), yi, vi)
