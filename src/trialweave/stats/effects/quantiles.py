"""Mean and standard deviation of a sample from its median with quartiles, range, or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats
from trialweave.stats.effects._common import one_of
from trialweave.stats.effects._quantile_fits import (
    FAMILIES,
    box_cox_moments,
    box_cox_power,
    quantile_fits,
    transformed,
)

__all__ = ["QUANTILE_FLAGS", "FromQuantiles", "QuantileMethod", "mean_sd_from_quantiles"]

QuantileMethod = Literal["Luo", "Wan", "QE", "BC"]

QUANTILE_FLAGS: Mapping[str, str] = {
    "missing": "The size, the median, or both quartiles and range are missing.",
    "too few": "There are fewer than five in the sample.",
    "out of order": "The quantiles are not in ascending order.",
    "no spread": "The quantiles do not differ: no distribution can be fitted to them.",
    "skewed": (
        "The quantiles are skewed beyond what a normal sample of this size shows (Shi et al. "
        "2023): a mean and standard deviation that rest on normality are not to be trusted."
    ),
    "not positive": "A quantile is not above 0: the Box-Cox method needs positive values.",
    "heavy tail": (
        "The fitted Box-Cox distribution has so heavy a tail that its standard deviation depends "
        "on values never seen."
    ),
}


class FromQuantiles(NamedTuple):
    """Estimated means and standard deviations, arrays of one shape.

    `statistic` and `critical` are those of the test for skewness (5%); `distribution` is the one
    chosen by "QE" ("" for other methods). What is not defined is NaN, and a flag says why: `flags`
    has a boolean array per key of `QUANTILE_FLAGS`, `notes` the sentences.
    """

    mean: FloatArray
    sd: FloatArray
    statistic: FloatArray
    critical: FloatArray
    distribution: npt.NDArray[np.str_]
    flags: Mapping[str, BoolArray]

    @property
    def notes(self) -> tuple[str, ...]:
        """What holds for any of the samples, each sentence once."""
        return tuple(text for name, text in QUANTILE_FLAGS.items() if self.flags[name].any())


def mean_sd_from_quantiles(
    n: npt.ArrayLike,
    median: npt.ArrayLike,
    *,
    q1: npt.ArrayLike = np.nan,
    q3: npt.ArrayLike = np.nan,
    minimum: npt.ArrayLike = np.nan,
    maximum: npt.ArrayLike = np.nan,
    method: QuantileMethod = "Luo",
) -> FromQuantiles:
    """Estimate the mean and standard deviation of `n` values from their quantiles.

    Give the quartiles, the range, or both; what is not reported is NaN, study by study.

    "Luo": the mean by Luo et al. (Stat Methods Med Res 2018;27:1785-1805, equations 7, 11, 15),
    the standard deviation from quartiles or range by Wan et al. (BMC Med Res Methodol 2014;14:135),
    from both by Shi et al. (Res Synth Methods 2020;11:641-654): what metafor's `conv.fivenum` does.
    "Wan": mean and standard deviation by Wan et al. 2014. Both presume a normal distribution.
    "QE" quantile estimation (McGrath et al., Stat Methods Med Res 2020;29:2520-2537): of the
    normal, log-normal, gamma and Weibull distributions the one whose quantiles lie nearest, the
    extremes counted as those of 1/n and 1 - 1/n; the last three where no value is below 0. (The
    paper's fifth candidate, the beta distribution for values from 0 to 1, is left out.)
    "BC" (the same paper): the quantiles are made symmetric about the median by a Box-Cox power,
    mean and standard deviation are estimated on that scale as by "Luo", and turned back by
    quadrature, where the paper draws a random sample. Quantiles are first divided by the median, so
    that the unit does not matter.

    Skewness is tested as Shi et al. (Stat Methods Med Res 2023;32:1338-1360) do; a flag warns of
    it, and the numbers are given all the same.

    NaN for too few values (fewer than five), quantiles out of order or missing; for QE and BC also
    where they do not differ, for BC where one is not positive. Raises ValueError for an unknown
    method and for n that is negative or infinite.
    """
    one_of(method, QuantileMethod, "method")
    size, *five = np.broadcast_arrays(
        *(floats(values) for values in (n, minimum, q1, median, q3, maximum))
    )
    if np.any((size < 0) | np.isinf(size)):
        raise ValueError("sizes must be finite and not negative")
    shape = size.shape
    size, q = size.reshape(-1), np.stack([values.reshape(-1) for values in five], axis=1)
    quartiles = np.isfinite(q[:, 1]) & np.isfinite(q[:, 3])
    extremes = np.isfinite(q[:, 0]) & np.isfinite(q[:, 4])
    q[:, [1, 3]] = np.where(quartiles[:, None], q[:, [1, 3]], np.nan)
    q[:, [0, 4]] = np.where(extremes[:, None], q[:, [0, 4]], np.nan)
    flags = {name: np.zeros(size.shape, dtype=bool) for name in QUANTILE_FLAGS}
    flags["missing"] = ~np.isfinite(q[:, 2]) | np.isnan(size) | ~(quartiles | extremes)
    flags["too few"] = size < 5
    flags["out of order"] = _out_of_order(q)
    good = ~(flags["missing"] | flags["too few"] | flags["out of order"])
    mean, sd, statistic, critical = np.full((4, size.size), np.nan)
    chosen = np.full(size.size, "", dtype="<U10")
    statistic[good], critical[good] = _skewness(size[good], q[good])
    flags["skewed"] = statistic > critical
    if method in ("QE", "BC"):
        with np.errstate(invalid="ignore"):
            flags["no spread"] = good & (np.fmin(q[:, 0], q[:, 1]) == np.fmax(q[:, 3], q[:, 4]))
        good &= ~flags["no spread"]
    if method == "QE":
        fitted = quantile_fits(q[good], _probabilities(size[good]))
        mean[good], sd[good] = fitted.mean, fitted.sd
        chosen[good] = np.array(FAMILIES)[fitted.family]
    elif method == "BC":
        flags["not positive"] = good & (np.fmin(q[:, 0], q[:, 1]) <= 0.0)
        good &= ~flags["not positive"]
        mean[good], sd[good], flags["heavy tail"][good] = _box_cox(size[good], q[good])
    else:
        average, spread = (_luo, _shi) if method == "Luo" else (_wan_mean, _wan_sd)
        mean[good], sd[good] = average(size[good], q[good]), spread(size[good], q[good])
    return FromQuantiles(
        mean.reshape(shape),
        sd.reshape(shape),
        statistic.reshape(shape),
        critical.reshape(shape),
        chosen.reshape(shape),
        {name: values.reshape(shape) for name, values in flags.items()},
    )


def _out_of_order(q: FloatArray) -> BoolArray:
    """Whether a quantile lies below one before it; NaN (not reported) is passed over."""
    highest = np.fmax.accumulate(q, axis=1)[:, :-1]
    return np.asarray((q[:, 1:] < highest).any(axis=1))


def _probabilities(n: FloatArray) -> FloatArray:
    quarter = np.full_like(n, 0.25)
    return np.stack([1.0 / n, quarter, 2.0 * quarter, 3.0 * quarter, 1.0 - 1.0 / n], axis=1)


def _either(
    q: FloatArray, both: FloatArray, quartiles: FloatArray, extremes: FloatArray
) -> FloatArray:
    """Of the three formulae the one for which the quantiles are there."""
    no_quartiles, no_extremes = np.isnan(q[:, 1]), np.isnan(q[:, 0])
    return np.asarray(np.where(no_quartiles, extremes, np.where(no_extremes, quartiles, both)))


def _luo(n: FloatArray, q: FloatArray) -> FloatArray:
    low, first, median, third, high = q.T
    mid_range, mid_hinge = (low + high) / 2.0, (first + third) / 2.0
    w1 = 4.0 / (4.0 + n**0.75)
    w2 = 0.7 + 0.39 / n
    w31, w32 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    return _either(
        q,
        w31 * mid_range + w32 * mid_hinge + (1.0 - w31 - w32) * median,
        w2 * mid_hinge + (1.0 - w2) * median,
        w1 * mid_range + (1.0 - w1) * median,
    )


def _wan_mean(n: FloatArray, q: FloatArray) -> FloatArray:
    low, first, median, third, high = q.T
    return _either(
        q,
        (low + 2.0 * first + 2.0 * median + 2.0 * third + high) / 8.0,
        (first + median + third) / 3.0,
        (low + 2.0 * median + high) / 4.0,
    )


def _parts(n: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standard deviations from the range and from the quartiles alone (Wan et al. 2014)."""
    xi = 2.0 * special.ndtri((n - 0.375) / (n + 0.25))
    eta = 2.0 * special.ndtri((0.75 * n - 0.125) / (n + 0.25))
    return (q[:, 4] - q[:, 0]) / xi, (q[:, 3] - q[:, 1]) / eta


def _shi(n: FloatArray, q: FloatArray) -> FloatArray:
    from_range, from_quartiles = _parts(n, q)
    w = 1.0 / (1.0 + 0.07 * n**0.6)
    both = w * from_range + (1.0 - w) * from_quartiles
    return _either(q, both, from_quartiles, from_range)


def _wan_sd(n: FloatArray, q: FloatArray) -> FloatArray:
    from_range, from_quartiles = _parts(n, q)
    return _either(q, (from_range + from_quartiles) / 2.0, from_quartiles, from_range)


def _skewness(n: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Statistic and critical value of the test of Shi et al. 2023; NaN without spread."""
    low, first, median, third, high = q.T
    with np.errstate(divide="ignore", invalid="ignore"):
        of_range = np.abs(low + high - 2.0 * median) / (high - low)
        of_quartiles = np.abs(first + third - 2.0 * median) / (third - first)
    both = np.maximum(2.65 * np.log(0.6 * n) / np.sqrt(n) * of_range, of_quartiles)
    return (
        _either(q, both, of_quartiles, of_range),
        _either(
            q,
            3.0 / np.sqrt(n) - 40.0 / n**3,
            2.65 / np.sqrt(n) - 6.0 / n**2,
            1.0 / np.log(n + 9.0) + 2.5 / (n + 1.0),
        ),
    )


def _box_cox(n: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    median = q[:, 2]
    u = q / median[:, None]
    power = box_cox_power(u)
    y = transformed(u, power)
    moments = box_cox_moments(_luo(n, y), _shi(n, y), power)
    mean = np.where(moments.heavy, np.nan, moments.mean * median)
    return mean, np.where(moments.heavy, np.nan, moments.sd * median), moments.heavy
