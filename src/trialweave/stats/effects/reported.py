"""Effects from what a report prints: an estimate with its interval or P, or O - E and V."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats.effects.measures import measure_named
from trialweave.stats.printed import printed

__all__ = [
    "REPORTED_FLAGS",
    "Reported",
    "from_interval",
    "from_o_minus_e",
    "from_p",
    "from_printed_interval",
]

REPORTED_FLAGS: Mapping[str, str] = {
    "no estimate": "No estimate is printed: the middle of the interval is taken for it.",
    "reversed": "The lower limit lies above the upper one.",
    "not positive": "A ratio, or a limit of one, is not above 0, so it has no logarithm.",
    "no width": "The interval has no width, so it says nothing of the standard error.",
    "outside": "The estimate lies outside its interval.",
    "asymmetric": (
        "The interval is not symmetric about the estimate on the scale of the analysis, even "
        "within the rounding of the printed digits: it may be exact, from a profile likelihood, a "
        "bootstrap, another scale, or misprinted. The standard error from its width is approximate."
    ),
    "no effect": "An estimate of no effect, or a P of 1, says nothing of the standard error.",
    "no P": "A P of 0 gives a standard error of 0: it is a rounded number, not a value.",
    "no information": "V is not above 0: no information on the hazards.",
    "missing": "A number that is needed is missing or infinite.",
}


class Reported(NamedTuple):
    """An effect as reported, on the measure's scale (logarithms for ratios); arrays of one shape.

    `se_low` to `se_high` are the standard errors that the printed digits allow (both `se` where no
    rounding is given; inf where a limit may be 0 in print). `off_centre` is how far the middle of
    the interval lies above the estimate, in standard errors; `symmetric` whether it may be 0 given
    the rounding. What is not defined is NaN, and a flag says why: `flags` has a boolean array per
    key of `REPORTED_FLAGS`, `notes` the sentences.
    """

    measure: str
    yi: FloatArray
    vi: FloatArray
    se: FloatArray
    se_low: FloatArray
    se_high: FloatArray
    off_centre: FloatArray
    symmetric: BoolArray
    flags: Mapping[str, BoolArray]

    @property
    def notes(self) -> tuple[str, ...]:
        """What holds for any of the effects, each sentence once."""
        return tuple(text for name, text in REPORTED_FLAGS.items() if self.flags[name].any())


HalfUnits = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]


def from_interval(
    measure: str,
    estimate: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    level: float = 0.95,
    df: npt.ArrayLike = np.inf,
    half_units: HalfUnits = (0.0, 0.0, 0.0),
) -> Reported:
    """Effect and standard error from an estimate with its confidence interval.

    The numbers are as printed: ratios, not logarithms, for measures held as logarithms.
    se = (g(high) - g(low))/(2q), g the logarithm for those and nothing for others, q the normal
    quantile of `level`, or that of t with `df` degrees of freedom (Cochrane Handbook, sections
    6.3.1 and 6.3.2; Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834).
    `half_units` are half a unit of the last printed digit of estimate, low and high: from them the
    range of possible standard errors, and whether the interval may be symmetric.

    `estimate` may be NaN: then the middle of the interval is taken, and a flag says so. An interval
    that is reversed, of no width, or not positive for a ratio gives NaN, with its flag. Raises
    ValueError for levels outside 0 to 1, df not above 0, negative half units, and measures that
    are not held as printed or as logarithms.
    """
    log = _log_scale(measure)
    e, l, u, de, dl, du, freedom = np.broadcast_arrays(  # noqa: E741
        *(floats(values) for values in (estimate, low, high, *half_units, df))
    )
    _no_negative(de, dl, du)
    q = _quantile((1.0 - proportion_of_one(level)) / 2.0, freedom)
    flags = _no_flags(e.shape)
    flags["no estimate"] = np.isnan(e)
    flags["missing"] = ~np.isfinite(l) | ~np.isfinite(u) | np.isinf(e)
    flags["reversed"] = l > u
    flags["not positive"] = (l <= 0) | (u <= 0) | (e <= 0) if log else flags["not positive"]
    flags["no width"] = l == u
    flags["outside"] = ((e < l) | (e > u)) & ~flags["reversed"]
    bad = flags["missing"] | flags["reversed"] | flags["not positive"] | flags["no width"]
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(bad, np.nan, (_to(l, log) + _to(u, log)) / 2.0)
        se = np.where(bad, np.nan, (_to(u, log) - _to(l, log)) / (2.0 * q))
        yi = np.where(flags["no estimate"], centre, np.where(bad, np.nan, _to(e, log)))
        inner = _to(u - du, log) - _to(l + dl, log)
        outer = _to(u + du, log) - _to(l - dl, log)
        off = np.where(flags["no estimate"], np.nan, (centre - yi) / se)
        slack = 1e-9 * se  # digits that a computer wrote out are not exactly symmetric either
        below = (_to(l - dl, log) + _to(u - du, log)) / 2.0 - slack
        above = (_to(l + dl, log) + _to(u + du, log)) / 2.0 + slack
        symmetric = (below <= _to(e + de, log)) & (above >= _to(e - de, log))
        flags["asymmetric"] = ~bad & ~flags["no estimate"] & ~symmetric
        return Reported(
            measure,
            yi,
            se**2,
            se,
            np.where(bad, np.nan, np.maximum(0.0, inner / (2.0 * q))),
            np.where(bad, np.nan, outer / (2.0 * q)),
            off,
            symmetric & ~bad & ~flags["no estimate"],
            flags,
        )


def from_printed_interval(
    measure: str,
    estimate: str | None,
    low: str,
    high: str,
    *,
    level: float = 0.95,
    df: float = np.inf,
) -> Reported:
    """`from_interval` of numbers as they are printed, such as "0.83", "0.58" and "1.19".

    Their digits give the half units. Raises ValueError for what `stats.printed` cannot read.
    """
    numbers = [None if text is None else printed(text) for text in (estimate, low, high)]
    values = [np.nan if number is None else number.value for number in numbers]
    halves = [0.0 if number is None else number.unit / 2.0 for number in numbers]
    half_units = (halves[0], halves[1], halves[2])
    return from_interval(measure, *values, level=level, df=df, half_units=half_units)


def from_p(
    measure: str,
    estimate: npt.ArrayLike,
    p: npt.ArrayLike,
    *,
    df: npt.ArrayLike = np.inf,
    half_units: tuple[npt.ArrayLike, npt.ArrayLike] = (0.0, 0.0),
) -> Reported:
    """Effect and standard error from an estimate and the two-sided P of the test of no effect.

    se = |y|/q, q the normal quantile of 1 - p/2 or that of t with `df` degrees of freedom (Cochrane
    Handbook, sections 6.3.2 and 6.5.2.3). `half_units` are those of estimate and P. Of a P that is
    printed as a bound ("P < 0.001"), the bound gives the largest standard error, no more.

    An estimate of no effect and a P of 0 or 1 give NaN for se, with a flag. Raises ValueError for P
    outside 0 to 1 and as `from_interval` does.
    """
    log = _log_scale(measure)
    e, chance, de, dp, freedom = np.broadcast_arrays(
        *(floats(values) for values in (estimate, p, *half_units, df))
    )
    _no_negative(de, dp)
    if np.any((chance < 0) | (chance > 1)):
        raise ValueError("P lies between 0 and 1")
    flags = _no_flags(e.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        flags["missing"] = ~np.isfinite(e) | np.isnan(chance)
        flags["not positive"] = (e <= 0) if log else flags["not positive"]
        unreadable = flags["missing"] | flags["not positive"]
        yi = np.where(unreadable, np.nan, _to(e, log))
        flags["no effect"] = ((yi == 0) | (chance == 1)) & ~unreadable
        flags["no P"] = (chance == 0) & ~unreadable
        bad = unreadable | flags["no effect"] | flags["no P"]
        se = np.where(bad, np.nan, np.abs(yi) / _quantile(chance / 2.0, freedom))
        first, second = _to(e - de, log), _to(e + de, log)
        least = np.where(first * second <= 0, 0.0, np.minimum(np.abs(first), np.abs(second)))
        most = np.maximum(np.abs(first), np.abs(second))
        largest_q = _quantile(np.maximum(0.0, chance - dp) / 2.0, freedom)
        smallest_q = _quantile(np.minimum(1.0, chance + dp) / 2.0, freedom)
        return Reported(
            measure,
            yi,
            se**2,
            se,
            np.where(bad, np.nan, least / largest_q),
            np.where(bad, np.nan, most / smallest_q),
            np.full(e.shape, np.nan),
            np.zeros(e.shape, dtype=bool),
            flags,
        )


def from_o_minus_e(o_minus_e: npt.ArrayLike, v: npt.ArrayLike, *, measure: str = "HR") -> Reported:
    """Log hazard ratio (O - E)/V with variance 1/V, from a log-rank test.

    Observed minus expected events of the first group and their hypergeometric variance (Yusuf et
    al., Prog Cardiovasc Dis 1985;27:335-371; Parmar et al. 1998). "PETO" for counts of events.
    V that is not above 0 gives NaN with a flag. Raises ValueError for an unknown measure.
    """
    measure_named(measure)
    difference, information = np.broadcast_arrays(floats(o_minus_e), floats(v))
    flags = _no_flags(difference.shape)
    flags["missing"] = ~np.isfinite(difference) | ~np.isfinite(information)
    flags["no information"] = information <= 0
    bad = flags["missing"] | flags["no information"]
    with np.errstate(invalid="ignore", divide="ignore"):
        yi = np.where(bad, np.nan, difference / information)
        vi = np.where(bad, np.nan, 1.0 / information)
    se = np.sqrt(vi)
    nothing = np.full(yi.shape, np.nan)
    return Reported(measure, yi, vi, se, se, se, nothing, np.zeros(yi.shape, dtype=bool), flags)


def _log_scale(measure: str) -> bool:
    named = measure_named(measure)
    if named.scale not in ("natural", "log"):
        raise ValueError(f"intervals of {measure} are not read: it is held as {named.scale}")
    return named.log


def _to(x: FloatArray, log: bool) -> FloatArray:
    """On the scale of the analysis; what a ratio cannot be, 0 or less, becomes -inf."""
    if not log:
        return x
    return np.asarray(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), -np.inf))


def _quantile(tail: npt.ArrayLike, df: FloatArray) -> FloatArray:
    """The quantile that leaves `tail` above it, of t, or of the normal where df is infinite."""
    if np.any(df <= 0):
        raise ValueError("degrees of freedom must be above 0")
    normal = np.isinf(df)
    finite_df = np.where(normal, 1.0, df)
    # a tail is at most a half, where the quantile is 0, not -0
    return np.asarray(
        np.abs(np.where(normal, special.ndtri(tail), special.stdtrit(finite_df, tail)))
    )


def _no_negative(*halves: FloatArray) -> None:
    if any(np.any(half < 0) for half in halves):
        raise ValueError("half units must not be negative")


def _no_flags(shape: tuple[int, ...]) -> dict[str, BoolArray]:
    return {name: np.zeros(shape, dtype=bool) for name in REPORTED_FLAGS}
