"""Trim and fill: how many studies would make the funnel symmetric, and what they would change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, IntArray
from trialweave.stats.bias._common import NotComputed, sentences, studies, too_few
from trialweave.stats.bias.asymmetry import fit_line
from trialweave.stats.pooling import IntervalMethod, Method, Pooled, pool

__all__ = ["Estimator", "Side", "TrimAndFill", "trim_and_fill"]

Estimator = Literal["L0", "R0", "Q0"]
Side = Literal["left", "right"]

_MOST_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class TrimAndFill:
    """Studies filled in on one side, and the synthesis with and without them.

    `k0` studies, with standard error `k0_se`, are missing on the `side` ("left" below the centre,
    "right" above); `k0_p` tests "none is missing" (R0 only: NaN for the
    others, which have no test). `centre` is the mean of the
    trimmed studies about which `filled_yi` mirror the extreme ones (`mirrored`: their positions in
    the input), `filled_vi` their variances. `observed` and `adjusted` are the syntheses without
    and with the filled studies.
    """

    estimator: Estimator
    side: Side
    k0: int
    k0_se: float
    k0_p: float
    centre: float
    filled_yi: FloatArray
    filled_vi: FloatArray
    mirrored: IntArray
    observed: Pooled
    adjusted: Pooled
    left_out: int
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


class _Missing(NamedTuple):
    """The estimated number of missing studies: unrounded, rounded."""

    exact: float
    whole: int


def trim_and_fill(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    estimator: Estimator = "L0",
    side: Side | None = None,
    tau2: Method = "REML",
    interval: IntervalMethod | None = None,
    level: float = 0.95,
) -> TrimAndFill | NotComputed:
    """Duval & Tweedie's trim and fill of effects `yi` (k,) with variances `vi` (k,).

    Biometrics 2000;56:455-463 and Journal of the American Statistical Association 2000;95:89-98.
    The studies most extreme on the side opposite to `side` are trimmed until their estimated number
    settles, and their mirror images about the trimmed mean are filled in. With S the sum of the
    ranks of |effect - mean| of the studies beyond the mean, "L0" estimates (4S - k(k+1))/(2k-1)
    missing studies, "R0" the length of the rightmost run of ranks less one, "Q0" k - ½ -
    √(2k² - 4S + ¼), rounded (halves to even) and not below 0. R0 and L0 are the ones recommended.
    The model (`tau2`, with `interval` as in `pool`) is the same in trimming and at the end. `side`
    is where studies are taken to be missing; by default the side that Egger's slope (on standard
    errors, with that model) leaves empty. A sensitivity analysis of one mechanism, not a corrected
    result (Cochrane Handbook 2023, section 13.3.5.4).

    `NotComputed` for fewer than three studies, a Q0 without a real root, a number that does not
    settle in 100 rounds, and studies of one precision without a `side`. Raises ValueError for
    unknown options and shapes that do not match.
    """
    if estimator not in get_args(Estimator):
        raise ValueError(f"no estimator is called {estimator!r}; there are {get_args(Estimator)}")
    if side is not None and side not in get_args(Side):
        raise ValueError(f"unknown side {side!r}; there are {get_args(Side)}")
    found = studies(yi, vi)
    refused = too_few(found.k, 3)
    if refused is not None:
        return refused
    if side is None:
        line = fit_line(
            "side", found.y, found.v, np.sqrt(found.v), tau2,
            student=False, has_limit=True, level=0.95,
        )  # fmt: skip
        if isinstance(line, NotComputed):
            note = "All studies have the same precision: say on which side studies are missing."
            return NotComputed("side unknown", note, found.k)
        side = "right" if line.slope < 0.0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * found.y, kind="stable")
    y, v = sign * found.y[order], found.v[order]
    settled = _trim(y, v, estimator, tau2)
    if isinstance(settled, NotComputed):
        return settled
    missing, centre = settled
    first = found.k - missing.whole
    filled_y, filled_v = sign * (2.0 * centre - y[first:]), v[first:]
    observed = pool(found.y, found.v, tau2=tau2, interval=interval, level=level)
    adjusted = pool(
        np.concatenate([found.y, filled_y]), np.concatenate([found.v, filled_v]),
        tau2=tau2, interval=interval, level=level,
    )  # fmt: skip
    flags = {"left out"} if found.left_out else set()
    k0_se = _standard_error(estimator, found.k, missing)
    flags |= {"no k0 se"} if math.isnan(k0_se) else set()
    unsettled = any(bool(one.flags["not converged"]) for one in (observed, adjusted))
    return TrimAndFill(
        estimator=estimator,
        side=side,
        k0=missing.whole,
        k0_se=k0_se,
        k0_p=0.5 ** (missing.whole + 1) if estimator == "R0" else math.nan,
        centre=sign * centre,
        filled_yi=filled_y,
        filled_vi=filled_v,
        mirrored=np.flatnonzero(found.used)[order[first:]],
        observed=observed,
        adjusted=adjusted,
        left_out=found.left_out,
        flags=frozenset(flags | ({"not converged"} if unsettled else set())),
    )


def _trim(
    y: FloatArray, v: FloatArray, estimator: Estimator, tau2: Method
) -> tuple[_Missing, float] | NotComputed:
    """Trim from the upper end of the sorted `y` until the number settles; and the trimmed mean."""
    k, trimmed = y.size, 0
    for _ in range(_MOST_ROUNDS):
        kept = slice(0, k - trimmed)
        mean = pool(y[kept], v[kept], tau2=tau2, interval="Wald", tau2_interval=False).estimate
        exact = _estimate(y - float(mean), estimator)
        if math.isnan(exact):
            note = "Q0 is not defined here: the studies beyond the mean have too high ranks."
            return NotComputed("Q0 undefined", note, k)
        number = _Missing(exact, max(0, round(exact)))
        if number.whole == trimmed:
            return number, float(mean)
        trimmed = number.whole
    note = "The number of missing studies does not settle: trimming leads back to where it was."
    return NotComputed("not settled", note, k)


def _estimate(centred: FloatArray, estimator: Estimator) -> float:
    """The unrounded number of studies missing below; NaN for a Q0 without a real root."""
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1.0, k + 1.0)
    if estimator == "R0":
        return k - float(np.max(ranks[centred < 0.0], initial=0.0)) - 1.0
    s = float(ranks[centred > 0.0].sum())
    if estimator == "L0":
        return (4.0 * s - k * (k + 1.0)) / (2.0 * k - 1.0)
    square = 2.0 * k * k - 4.0 * s + 0.25
    return k - 0.5 - math.sqrt(square) if square >= 0.0 else math.nan


def _standard_error(estimator: Estimator, k: int, missing: _Missing) -> float:
    """Of the number of missing studies, at its unrounded estimate (Duval & Tweedie 2000).

    NaN where that lies so far below 0 that the variance formula turns negative.
    """
    m = missing.exact
    if estimator == "R0":
        return math.sqrt(2.0 * max(0.0, m) + 2.0)
    variance = (
        k * (k + 1.0) * (2.0 * k + 1.0) + 10.0 * m**3 + 27.0 * m**2 + 17.0 * m
        - 18.0 * k * m**2 - 18.0 * k * m + 6.0 * k * k * m
    ) / 24.0  # fmt: skip
    if variance < 0.0:
        return math.nan
    if estimator == "L0":
        return 4.0 * math.sqrt(variance) / (2.0 * k - 1.0)
    return 2.0 * math.sqrt(variance) / math.sqrt((k - 0.5) ** 2 - m * (2.0 * k - m - 1.0))
