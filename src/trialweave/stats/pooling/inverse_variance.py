"""Inverse-variance synthesis of effects, one meta-analysis or many thousands at once."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray, floats, proportion_of_one
from trialweave.stats.pooling._pooled import FLAGS, Pooled
from trialweave.stats.pooling.tau2 import (
    Method,
    dot,
    estimate,
    moments,
    pairs,
    quantiles_by_k,
    solve_q,
    take,
)

__all__ = ["FLAGS", "IntervalMethod", "Pooled", "Prediction", "pool"]

IntervalMethod = Literal["Wald", "t", "HK", "HK-adhoc"]
Prediction = Literal["k-1", "k-2", "normal", "HK"]

_CHUNK = 1 << 15  # cells worked on at once, so that they stay in the cache
_EXTREME = 1e40  # beside the least variance (or its root); beyond, products would overflow
_VARIANCES = (1e-250, 1e250)


def pool(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: Method = "REML",
    interval: IntervalMethod | None = None,
    prediction: Prediction = "k-1",
    level: float = 0.95,
    tau2_interval: bool = True,
) -> Pooled:
    """Pool effects `yi` with sampling variances `vi` along the last axis.

    Shapes (k,), (m, k) or more; ragged sets are padded with NaN in both. A study whose effect is
    not finite or whose variance is not finite and positive is left out, and counted in `left_out`
    (NaN in both is padding where there is more than one axis). So is one beyond all measure: a
    variance outside 1e-250 to 1e250, or 1e40 times the least one, or an effect 1e40 times its root.

    `tau2`: "REML", "ML", "PM", "EB", "PMM", "DL", "HE", "HS", "HSk", "SJ" (sources in
    `stats.pooling.tau2`), or "CE"/"EE", the common-effect model.
    `interval` (default "HK", and "Wald" for the common-effect model):
    "Wald" estimate ± z·se; "t" the same with k - 1 degrees of freedom; "HK" se² scaled by
    q = Σw(y-μ)²/(k-1), k - 1 degrees of freedom (Hartung & Knapp 2001; Sidik & Jonkman 2002);
    "HK-adhoc" with max(1, q) for q (Knapp & Hartung 2003). For one study it is always "Wald",
    and said so in the notes.
    `prediction` μ ± t·√(τ² + se²), with the Wald se: "k-1" degrees of freedom (Veroniki et al.
    2019; the default of R's meta since 8.0), "k-2" (Higgins, Thompson & Spiegelhalter 2009), or
    "normal" quantiles; "HK" k - 1 and the se of the interval chosen above (so called in R's meta).
    Undefined for one study, for two with "k-2", and for a common effect.
    `i2` and `h2` follow from τ² and the typical variance of Higgins & Thompson (2002), as in
    metafor, except for a common effect, where they follow from Q. The limits of τ² (Q-profile,
    Viechtbauer 2007) can be switched off where only speed counts; they are NaN then.

    Raises ValueError for unknown methods, levels outside 0 to 1 and shapes that do not match.
    """
    if interval is None:
        interval = "Wald" if tau2 in ("CE", "EE") else "HK"
    for value, allowed in ((tau2, Method), (interval, IntervalMethod), (prediction, Prediction)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown method {value!r}; there are {get_args(allowed)}")
    options = _Options(tau2, interval, prediction, proportion_of_one(level), tau2_interval)
    y, v = floats(yi), floats(vi)
    if y.shape != v.shape or y.ndim == 0:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must have one shape (…, k)")
    shape, size = y.shape[:-1], y.shape[-1]
    sets = math.prod(shape)
    y2, v2 = y.reshape(sets, size), v.reshape(sets, size)
    step = max(1, _CHUNK // max(1, size))
    starts = range(0, max(1, sets), step)
    parts = [
        _pool_chunk(y2[start : start + step], v2[start : start + step], options, y.ndim > 1)
        for start in starts
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    flags = {name: whole[name].reshape(shape) for name in FLAGS}
    return Pooled(
        tau2_method=tau2,
        interval=interval,
        prediction=prediction,
        level=options.level,
        flags=flags,
        converged=np.logical_not(flags["not converged"]),
        weights=whole["weights"].reshape(y.shape),
        k=whole["k"].reshape(shape),
        left_out=whole["left_out"].reshape(shape),
        **{name: whole[name].reshape(shape) for name in _MEANS + _SPREADS},
    )


_MEANS = (
    "estimate", "se", "low", "high", "statistic", "p", "df", "pi_low", "pi_high", "pi_df",
)  # fmt: skip
_SPREADS = ("tau2", "tau2_low", "tau2_high", "i2", "i2_low", "i2_high", "h2", "q", "q_p")
_LENGTHS = ("estimate", "se", "low", "high", "pi_low", "pi_high")  # in units of the effects


class _Options(NamedTuple):
    tau2: Method
    interval: IntervalMethod
    prediction: Prediction
    level: float
    tau2_limits: bool

    @property
    def common(self) -> bool:
        return self.tau2 in ("CE", "EE")


class _Rows(NamedTuple):
    """Meta-analyses ready for the estimators: absent studies have effect 0, variance +inf.

    Effects are differences from `centre`, the effect of the study with the least variance, so that
    a residual far smaller than the effect itself keeps its digits.
    """

    y: FloatArray
    v: FloatArray
    present: BoolArray
    centre: FloatArray

    def only(self, rows: IntArray | slice) -> _Rows:
        if isinstance(rows, slice):
            return self
        y, v = take(self.y, rows), take(self.v, rows)
        return _Rows(y, v, take(self.present, rows), self.centre[rows])


def _pool_chunk(
    y: FloatArray, v: FloatArray, options: _Options, padded: bool
) -> dict[str, npt.NDArray[Any]]:
    """Pool the rows of (m, k) arrays; gives one array per name, NaN where undefined."""
    m = y.shape[0]
    rows, unit = _scaled(y, v)
    k = rows.present.sum(axis=1)
    absent = ~rows.present
    if padded:
        absent &= ~(np.isnan(y) & np.isnan(v))
    out: dict[str, npt.NDArray[Any]] = {name: np.full(m, np.nan) for name in _MEANS + _SPREADS}
    out |= {name: np.zeros(m, dtype=bool) for name in FLAGS}
    out |= {"k": k, "left_out": absent.sum(axis=1), "weights": np.full_like(rows.y, np.nan)}
    out |= {"left out": np.asarray(absent.any(axis=1)), "no studies": k == 0, "one study": k == 1}
    several, some = k > 1, k > 0
    if several.any():
        where = _where(several)
        for name, values in _heterogeneity(rows.only(where), options).items():
            out[name][where] = values
    if some.any():
        where = _where(some)
        tau2 = np.where(several, out["tau2"], 0.0)[where]
        for name, values in _average(rows.only(where), tau2, options).items():
            out[name][where] = values
    for name in _LENGTHS:
        out[name] *= unit
    for name in ("tau2", "tau2_low", "tau2_high"):
        out[name] *= unit * unit
    return out


def _where(chosen: BoolArray) -> IntArray | slice:
    """An index of the chosen rows; all of them as a slice, which copies nothing."""
    return slice(None) if chosen.all() else np.flatnonzero(chosen)


def _scaled(y: FloatArray, v: FloatArray) -> tuple[_Rows, FloatArray]:
    """The studies that can be used, in a unit that brings each row's least variance near 1.

    The unit is a power of two, so that scaling there and back rounds nothing. Arrays are laid out
    study by study, which makes sums over few studies of many rows five times as fast.
    """
    y, v = np.asfortranarray(y), np.asfortranarray(v)
    usable = np.isfinite(y) & (v >= _VARIANCES[0]) & (v <= _VARIANCES[1])
    smallest = np.min(np.where(usable, v, np.inf), axis=1, initial=np.inf)
    unit = np.exp2(np.round(np.log2(np.where(np.isfinite(smallest), smallest, 1.0)) / 2.0))
    with np.errstate(over="ignore", invalid="ignore"):
        per_unit = (1.0 / unit)[:, None]
        y, v = y * per_unit, v * per_unit * per_unit
        usable &= (np.abs(y) < _EXTREME) & (v < _EXTREME)
    v = np.where(usable, v, np.inf)
    most_precise = v.argmin(axis=1) if v.shape[1] else np.zeros(0, dtype=np.int64)
    centre = np.zeros(y.shape[0])
    some = np.flatnonzero(usable.any(axis=1))
    centre[some] = y[some, most_precise[some]]
    return _Rows(np.where(usable, y - centre[:, None], 0.0), v, usable, centre), unit


def _heterogeneity(rows: _Rows, options: _Options) -> dict[str, npt.NDArray[Any]]:
    """Q, τ² with its limits, I² and H², for rows of two studies and more."""
    y, v, present, centre = rows
    df = present.sum(axis=1) - 1.0
    at_zero = moments(y, v, np.zeros(df.size))
    w, r, sw = at_zero
    q = dot(w * r, r)
    q[_vanishes(q, sw, centre)] = 0.0
    found = estimate(y, v, present, options.tau2, at_zero)
    out: dict[str, npt.NDArray[Any]] = {
        "q": q,
        "q_p": special.chdtrc(df, q),
        "tau2": found.tau2,
        "not converged": ~found.converged,
        "several maxima": found.multimodal,
    }
    if options.common:
        excess = np.maximum(q - df, 0.0)
        i2 = 100.0 * excess / np.where(q > 0.0, q, 1.0)
        return out | {"common effect": np.ones(df.size, dtype=bool), "h2": q / df, "i2": i2}
    typical = df * sw / pairs(w, sw)
    out |= {"h2": found.tau2 / typical + 1.0, "i2": _share(found.tau2, typical)}
    if not options.tau2_limits:
        return out
    tail = (1.0 - options.level) / 2.0
    upper = quantiles_by_k(df, lambda d: np.asarray(special.chdtri(d, tail)))
    lower = quantiles_by_k(df, lambda d: np.asarray(special.chdtri(d, 1.0 - tail)))
    low, settled = solve_q(y, v, present, upper)
    high, settled_too = solve_q(y, v, present, lower)
    out["not converged"] |= ~settled | ~settled_too
    return out | {
        "tau2_low": low,
        "tau2_high": high,
        "i2_low": _share(low, typical),
        "i2_high": _share(high, typical),
        "empty tau2 interval": q < lower,
    }


def _share(tau2: FloatArray, typical: FloatArray) -> FloatArray:
    return np.asarray(100.0 * tau2 / (tau2 + typical))


def _vanishes(squares: FloatArray, sw: FloatArray, centre: FloatArray) -> BoolArray:
    """Whether weighted squared residuals are nothing but rounding of effects near `centre`."""
    return np.asarray(squares <= sw * (8.0 * np.finfo(np.float64).eps * centre) ** 2)


def _average(rows: _Rows, tau2: FloatArray, options: _Options) -> dict[str, npt.NDArray[Any]]:
    """The weighted mean, its test and intervals, and the weights, for rows of any study."""
    y, v, present, centre = rows
    k = present.sum(axis=1)
    several = k > 1
    knapp = options.interval in ("HK", "HK-adhoc")
    w = 1.0 / (v + tau2[:, None])
    sw = w.sum(axis=1)
    shift = dot(w, y) / sw
    mu = centre + shift
    wald = 1.0 / np.sqrt(sw)
    se = wald
    df = np.where(several & (options.interval != "Wald"), k - 1.0, np.inf)
    if knapp:
        r = y - shift[:, None]
        squares = dot(w * r, r)
        squares[_vanishes(squares, sw, centre)] = 0.0
        factor = squares / np.maximum(k - 1.0, 1.0)
        if options.interval == "HK-adhoc":
            factor = np.maximum(factor, 1.0)
        se = np.where(several, wald * np.sqrt(factor), wald)
    half = _quantile(df, options.level) * se
    normal = float(special.ndtri(0.5 + options.level / 2.0))
    statistic = np.where(se > 0.0, mu / np.where(se > 0.0, se, 1.0), np.nan)
    out = {
        "estimate": mu,
        "se": se,
        "low": mu - half,
        "high": mu + half,
        "statistic": statistic,
        "p": _two_sided(statistic, df),
        "df": df,
        "weights": np.where(present, 100.0 * w / sw[:, None], np.nan),
        "no width": ~(se > 0.0),
        "narrower than Wald": several & knapp & (half < normal * wald * (1.0 - 1e-12)),
        "two studies": (k == 2) & knapp,
    }
    if options.common:
        return out
    base = k - 2.0 if options.prediction == "k-2" else k - 1.0
    possible = several & (base > 0.0)
    pi_df = np.where(possible, np.inf if options.prediction == "normal" else base, np.nan)
    error = se if options.prediction == "HK" else wald
    half = _quantile(pi_df, options.level) * np.sqrt(tau2 + error * error)
    return out | {
        "pi_low": mu - half,
        "pi_high": mu + half,
        "pi_df": pi_df,
        "no prediction": several & ~possible,
    }


def _quantile(df: FloatArray, level: float) -> FloatArray:
    """Upper quantile of a two-sided interval: Student's t, normal where `df` is infinite."""
    return quantiles_by_k(df, lambda d: _student(d, 0.5 + level / 2.0))


def _student(df: FloatArray, share: float) -> FloatArray:
    finite = np.isfinite(df)
    result = np.where(np.isinf(df), special.ndtri(share), np.nan)
    result[finite] = special.stdtrit(df[finite], share)
    return np.asarray(result)


def _two_sided(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """P of |statistic|; Student's t, normal where `df` is infinite."""
    tail = np.asarray(special.ndtr(-np.abs(statistic)))
    finite = np.isfinite(df)
    tail[finite] = special.stdtr(df[finite], -np.abs(statistic[finite]))
    return 2.0 * tail
