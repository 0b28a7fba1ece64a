"""Inverse-variance synthesis of effects, one meta-analysis or many thousands at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray, floats
from trialweave.stats.pooling._options import (
    IntervalMethod,
    Options,
    Prediction,
    Tau2Interval,
    Weighting,
    chosen,
)
from trialweave.stats.pooling._pooled import FLAGS, Pooled
from trialweave.stats.pooling._rows import Rows, scaled, vanishes
from trialweave.stats.pooling.average import average
from trialweave.stats.pooling.profile import profile_tau2
from trialweave.stats.pooling.quadratic_form import generalised_q_limits
from trialweave.stats.pooling.tau2 import (
    Method,
    dot,
    estimate,
    moments,
    pairs,
    quantiles_by_k,
    solve_q,
)

__all__ = ["FLAGS", "Pooled", "pool"]

_CHUNK = 1 << 15  # cells worked on at once, so that they stay in the cache


def pool(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: Method = "REML",
    interval: IntervalMethod | None = None,
    prediction: Prediction = "k-1",
    weighting: Weighting = "random",
    level: float = 0.95,
    tau2_interval: Tau2Interval | bool = True,
) -> Pooled:
    """Pool effects `yi` with sampling variances `vi` along the last axis.

    Shapes (k,), (m, k) or more; ragged sets are padded with NaN in both. A study whose effect is
    not finite or whose variance is not finite and positive is left out, and counted in `left_out`
    (NaN in both is padding where there is more than one axis). So is one beyond all measure: a
    variance outside 1e-250 to 1e250, or 1e40 times the least one, or an effect 1e40 times its root.

    `tau2`: "REML", "ML", "PM" (also called "EB", "DLIT", "SJIT"), "PMM", "DL", "HE", "HS", "HSk",
    "SJ", "GENQ" (sources in `stats.pooling.tau2`), or "CE"/"EE", the common-effect model.
    `weighting`: "random" 1/(v + τ²); "common" 1/v, so that small studies gain nothing from τ² (with
    DL's τ² and Wald's interval: IVhet, Doi et al., Contemp Clin Trials 2015;45:130-138); "equal",
    the plain mean. Its variance is Σw²(v + τ²)/(Σw)².
    `interval` (default "HK", and "Wald" for a common effect and other weights):
    "Wald" estimate ± z·se; "t" the same with k - 1 degrees of freedom; "HK" se² scaled by
    q = Σw(y-μ)²/(k-1), k - 1 degrees of freedom (Hartung & Knapp 2001; Sidik & Jonkman 2002);
    "HK-adhoc" with max(1, q) for q (Knapp & Hartung 2003); "HK-ci" Wald's where that is wider
    (Jackson et al., Stat Med 2017;36:3923-3934); "HK-IQWiG6" as HK-adhoc where HK is narrower than
    Wald's with DL (IQWiG, General Methods 6.0, 2020); "KR" (REML only) Kenward-Roger, see
    `average.kenward_roger`; "PL" (ML only) profile likelihood, see `profile.profile_mean`:
    `statistic` is the signed root of the likelihood ratio; "Henmi-Copas" (DL and common weights
    only), see `henmi_copas`: its quantile is its own, and `df` NaN. For one study it is always
    "Wald", and said so in the notes.
    `prediction` μ ± t·√(τ² + se²), with the Wald se: "k-1" degrees of freedom (Veroniki et al.
    2019; the default of R's meta since 8.0), "k-2" (Higgins, Thompson & Spiegelhalter 2009), or
    "normal" quantiles; "HK" k - 1 and the se of the interval chosen above, "HK-PR" the same with
    k - 2, "KR" (REML only) se and degrees of freedom of Kenward-Roger, "KR-PR" with one fewer (all
    so called in R's meta; Partlett & Riley 2017). Undefined for one study, for a common effect, and
    where no degrees of freedom are left.
    `i2` and `h2` follow from τ² and the typical variance of Higgins & Thompson (2002), as in
    metafor, except for a common effect, where they follow from Q; `heterogeneity.inconsistency`
    has the definition by Q and its limits.
    `tau2_interval`: "QP" or True, Q-profile (Viechtbauer 2007); "PL" profile likelihood (ML, REML);
    "J", "BJ" the generalised Q with weights 1/√v, 1/v (Jackson 2013; Biggerstaff & Jackson 2008).
    False where only speed counts: the limits of τ², I² and H² are NaN then.

    Raises ValueError for unknown methods and methods that do not go together, levels outside 0 to
    1, and shapes that do not match.
    """
    options = chosen(tau2, interval, prediction, weighting, level, tau2_interval)
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
        interval=options.interval,
        prediction=prediction,
        weighting=weighting,
        tau2_interval=options.tau2_limits or "",
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
_SPREADS = (
    "tau2", "tau2_low", "tau2_high", "i2", "i2_low", "i2_high", "h2", "h2_low", "h2_high",
    "q", "q_p",
)  # fmt: skip
_LENGTHS = ("estimate", "se", "low", "high", "pi_low", "pi_high")  # in units of the effects


def _pool_chunk(
    y: FloatArray, v: FloatArray, options: Options, padded: bool
) -> dict[str, npt.NDArray[Any]]:
    """Pool the rows of (m, k) arrays; gives one array per name, NaN where undefined."""
    m = y.shape[0]
    rows, unit = scaled(y, v)
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
        for name, values in average(rows.only(where), tau2, options).items():
            out[name][where] = values
    out["unbounded"] = np.isinf(out["low"]) | np.isinf(out["pi_low"])
    for name in _LENGTHS:
        out[name] *= unit
    for name in ("tau2", "tau2_low", "tau2_high"):
        out[name] *= unit * unit
    return out


def _where(chosen: BoolArray) -> IntArray | slice:
    """An index of the chosen rows; all of them as a slice, which copies nothing."""
    return slice(None) if chosen.all() else np.flatnonzero(chosen)


def _heterogeneity(rows: Rows, options: Options) -> dict[str, npt.NDArray[Any]]:
    """Q, τ² with its limits, I² and H², for rows of two studies and more."""
    y, v, present, centre = rows
    df = present.sum(axis=1) - 1.0
    at_zero = moments(y, v, np.zeros(df.size))
    w, r, sw = at_zero
    q = dot(w * r, r)
    q[vanishes(q, sw, centre)] = 0.0
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
    if options.tau2_limits is None:
        return out
    low, high, empty, settled = _limits(rows, found.tau2, q, options)
    out["not converged"] |= ~settled
    return out | {
        "tau2_low": low,
        "tau2_high": high,
        "i2_low": _share(low, typical),
        "i2_high": _share(high, typical),
        "h2_low": low / typical + 1.0,
        "h2_high": high / typical + 1.0,
        "empty tau2 interval": empty,
    }


def _limits(
    rows: Rows, tau2: FloatArray, q: FloatArray, options: Options
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Limits of τ², whether the interval is empty, whether the iteration settled."""
    y, v, present, _ = rows
    settled = np.ones(q.size, dtype=bool)
    if options.tau2_limits == "PL":
        restricted = options.tau2 == "REML"
        low, high = profile_tau2(y, v, present, tau2, options.level, restricted=restricted)
        return low, high, ~settled, settled
    if options.tau2_limits != "QP":
        still = np.where((q > 0.0)[:, None], y, 0.0)  # what is rounding only is no difference
        weights = str(options.tau2_limits)
        return (*generalised_q_limits(still, v, present, weights, options.level), settled)
    df = present.sum(axis=1) - 1.0
    tail = (1.0 - options.level) / 2.0
    upper = quantiles_by_k(df, lambda d: np.asarray(special.chdtri(d, tail)))
    lower = quantiles_by_k(df, lambda d: np.asarray(special.chdtri(d, 1.0 - tail)))
    low, settled = solve_q(y, v, present, upper)
    high, settled_too = solve_q(y, v, present, lower)
    return low, high, q < lower, settled & settled_too


def _share(tau2: FloatArray, typical: FloatArray) -> FloatArray:
    return np.asarray(100.0 * tau2 / (tau2 + typical))
