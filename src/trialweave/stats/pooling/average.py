"""The weighted mean with its interval and test, and the interval of a further study's effect."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, IntArray, floats
from trialweave.stats.pooling._options import Options
from trialweave.stats.pooling._rows import Rows, student, two_sided, vanishes
from trialweave.stats.pooling.henmi_copas import henmi_copas
from trialweave.stats.pooling.profile import profile_mean
from trialweave.stats.pooling.tau2 import dot, estimate, moments, pairs, rest

__all__ = ["KenwardRoger", "average", "kenward_roger"]


class KenwardRoger(NamedTuple):
    """Standard error of the mean and degrees of freedom."""

    se: FloatArray
    df: FloatArray


def kenward_roger(w: FloatArray) -> KenwardRoger:
    """Kenward and Roger's adjustment for REML, with expected information; weights (m, k), k > 1.

    With S1, S2, S3 the sums of w, w², w³, and the information of τ², I = S2/2 - S3/S1 + (S2/S1)²/2:
    variance (1 + 2(S3/S1 - (S2/S1)²)/I)/S1, and 2·I/(variance·S2)² degrees of freedom (Partlett C,
    Riley RD. Stat Med 2017;36:301-317, and R's meta; in Kenward MG, Roger JH. Biometrics
    1997;53:983-997 that variance is the one before adjustment, which gives more of them).
    """
    s1 = w.sum(axis=1)
    square = w * w
    s2 = square.sum(axis=1)
    share = w / s1[:, None]
    # half the trace of PP, P = W - ww'/S1, term by term: the sums above would cancel
    own = dot(w * rest(w), w * rest(w))
    information = 0.5 * (own + pairs(square, s2) / s1**2)
    away = w - (s2 / s1)[:, None]
    variance = (1.0 + 2.0 * dot(share * away, away) / information) / s1
    return KenwardRoger(np.sqrt(variance), 2.0 * information / (variance * s2) ** 2)


class _Interval(NamedTuple):
    """The interval of each row, its standard error, degrees of freedom and test."""

    se: FloatArray
    df: FloatArray
    half: FloatArray  # of the width, where it is symmetric
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    flags: dict[str, npt.NDArray[np.bool_]]


class _Mean(NamedTuple):
    """The mean of each row (`mu`, or `shift` from the row's centre) and what it came from."""

    w: FloatArray
    sw: FloatArray
    shift: FloatArray
    mu: FloatArray
    wald: FloatArray
    k: IntArray


def average(rows: Rows, tau2: FloatArray, options: Options) -> dict[str, npt.NDArray[Any]]:
    """The weighted mean, its test and intervals, and the weights, for rows of any study."""
    y, v, present, centre = rows
    k = present.sum(axis=1)
    if options.weighting == "random":
        w = 1.0 / (v + tau2[:, None])
        sw = w.sum(axis=1)
        wald = 1.0 / np.sqrt(sw)
    else:
        w = 1.0 / v if options.weighting == "common" else present.astype(np.float64)
        sw = w.sum(axis=1)
        with np.errstate(invalid="ignore"):
            each = np.where(present, (v + tau2[:, None]) * w * w, 0.0)
        wald = np.sqrt(each.sum(axis=1)) / sw
    shift = dot(w, y) / sw
    mean = _Mean(w, sw, shift, centre + shift, wald, k)
    found = _INTERVALS.get(options.interval, _symmetric)(rows, tau2, mean, options)
    out = {
        "estimate": mean.mu,
        "se": found.se,
        "low": found.low,
        "high": found.high,
        "statistic": found.statistic,
        "p": found.p,
        "df": found.df,
        "weights": np.where(present, 100.0 * w / sw[:, None], np.nan),
        "no width": ~(found.se > 0.0),
    } | found.flags
    return out if options.common else out | _prediction(tau2, mean, found.se, options)


def _around(mean: _Mean, se: FloatArray, df: FloatArray, level: float) -> _Interval:
    """Mean ± quantile·se, and the test that goes with it."""
    half = student(df, level) * se
    statistic = np.where(se > 0.0, mean.mu / np.where(se > 0.0, se, 1.0), np.nan)
    low, high, p = mean.mu - half, mean.mu + half, two_sided(statistic, df)
    return _Interval(se, df, half, low, high, statistic, p, {})


def _symmetric(rows: Rows, tau2: FloatArray, mean: _Mean, options: Options) -> _Interval:
    """Wald's interval, with normal or t quantiles."""
    t = (mean.k > 1) & (options.interval != "Wald")
    return _around(mean, mean.wald, np.where(t, mean.k - 1.0, np.inf), options.level)


def _hartung_knapp(rows: Rows, tau2: FloatArray, mean: _Mean, options: Options) -> _Interval:
    """Hartung and Knapp's interval and the rules that widen it."""
    several = mean.k > 1
    r = rows.y - mean.shift[:, None]
    squares = dot(mean.w * r, r)
    squares[vanishes(squares, mean.sw, rows.centre)] = 0.0
    factor = squares / np.maximum(mean.k - 1.0, 1.0)
    df = np.where(several, mean.k - 1.0, np.inf)
    normal = float(special.ndtri(0.5 + options.level / 2.0))
    flags = {"two studies": mean.k == 2}
    if options.interval == "HK-adhoc":
        factor = np.maximum(factor, 1.0)
    elif options.interval != "HK":
        half = student(df, options.level) * mean.wald * np.sqrt(factor)
        if options.interval == "HK-ci":
            beside = normal * mean.wald
        else:
            beside = normal * _wald_of_dersimonian_laird(rows)
        widened = several & (half < beside)
        flags["widened"] = widened
        if options.interval == "HK-ci":
            df = np.where(widened, np.inf, df)
            factor = np.where(widened, 1.0, factor)
        else:
            factor = np.where(widened, np.maximum(factor, 1.0), factor)
    se = np.where(several, mean.wald * np.sqrt(factor), mean.wald)
    found = _around(mean, se, df, options.level)
    flags["narrower than Wald"] = several & (found.half < normal * mean.wald * (1.0 - 1e-12))
    found.flags.update(flags)
    return found


def _wald_of_dersimonian_laird(rows: Rows) -> FloatArray:
    y, v, present, _ = rows
    several = np.flatnonzero(present.sum(axis=1) > 1)
    tau2 = np.zeros(y.shape[0])
    few = rows.only(several)
    at_zero = moments(few.y, few.v, np.zeros(several.size))
    tau2[several] = estimate(few.y, few.v, few.present, "DL", at_zero).tau2
    return np.asarray(1.0 / np.sqrt((1.0 / (v + tau2[:, None])).sum(axis=1)))


def _kenward_roger(rows: Rows, tau2: FloatArray, mean: _Mean, options: Options) -> _Interval:
    """Kenward and Roger's interval; Wald's for one study."""
    se, df = _adjusted(mean)
    return _around(mean, se, df, options.level)


def _adjusted(mean: _Mean) -> KenwardRoger:
    se, df = mean.wald.copy(), np.full(mean.k.size, np.inf)
    several = mean.k > 1
    if several.any():
        found = kenward_roger(mean.w[several])
        se[several], df[several] = found
    return KenwardRoger(se, df)


def _profile(rows: Rows, tau2: FloatArray, mean: _Mean, options: Options) -> _Interval:
    """Profile likelihood; Wald's interval for one study."""
    found = _around(mean, mean.wald, np.full(mean.k.size, np.inf), options.level)
    several = np.flatnonzero(mean.k > 1)
    if several.size:
        y, v, present, centre = rows.only(several)
        profile = profile_mean(y, v, present, centre, tau2[several], options.level)
        found.low[several], found.high[several] = profile.low, profile.high
        found.statistic[several] = profile.statistic
        found.p[several] = two_sided(profile.statistic, np.full(several.size, np.inf))
    return found


def _henmi_copas(rows: Rows, tau2: FloatArray, mean: _Mean, options: Options) -> _Interval:
    """Henmi and Copas's interval; Wald's for one study."""
    found = _around(mean, mean.wald, np.full(mean.k.size, np.inf), options.level)
    several = np.flatnonzero(mean.k > 1)
    if several.size:
        few = rows.only(several)
        mu = mean.mu[several]
        half, p = henmi_copas(few.v, few.present, mu, tau2[several], options.level)
        found.low[several], found.high[several] = mu - half, mu + half
        found.p[several], found.df[several] = p, np.nan
        found.flags["too far apart"] = np.isnan(found.low)
    found.flags["own distribution"] = mean.k > 1
    return found


_INTERVALS = {
    "HK": _hartung_knapp,
    "HK-adhoc": _hartung_knapp,
    "HK-ci": _hartung_knapp,
    "HK-IQWiG6": _hartung_knapp,
    "KR": _kenward_roger,
    "PL": _profile,
    "Henmi-Copas": _henmi_copas,
}


def _prediction(
    tau2: FloatArray, mean: _Mean, se: FloatArray, options: Options
) -> dict[str, npt.NDArray[Any]]:
    """The interval of the effect of a further study."""
    several, kind = mean.k > 1, options.prediction
    error, df = (se if kind.startswith("HK") else mean.wald), mean.k - 1.0
    if kind.startswith("KR"):
        error, df = _adjusted(mean)
    if kind in ("k-2", "HK-PR", "KR-PR"):
        df = np.where(mean.k > 2, df - 1.0, 0.0)
    possible = several & (df > 0.0)
    df = np.where(possible, np.inf if kind == "normal" else df, np.nan)
    half = student(floats(df), options.level) * np.sqrt(tau2 + error * error)
    return {
        "pi_low": mean.mu - half,
        "pi_high": mean.mu + half,
        "pi_df": df,
        "no prediction": several & ~possible,
    }
