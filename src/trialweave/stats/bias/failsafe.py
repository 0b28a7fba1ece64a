"""Fail-safe numbers: how many unseen studies without effect would overturn a result.

They say nothing about how many such studies there are; Becker (2005) and the Cochrane Handbook
advise against reading them as evidence. They are here because reviewers are asked for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import floats, proportion_of_one
from trialweave.stats.bias._common import NotComputed, sentences, studies, too_few
from trialweave.stats.pooling import Method, pool

__all__ = ["FailSafe", "general", "orwin", "rosenberg", "rosenthal"]

_MOST = 10_000_000


@dataclass(frozen=True)
class FailSafe:
    """A fail-safe number `n` for k studies, 0 where nothing needs to be overturned.

    `estimate` is the observed average (NaN for Rosenthal's method, which has none), `p` its P
    (one-sided for Rosenthal, NaN for Orwin); `alpha` or `target` what the `n` studies lead to, NaN
    for the other.
    """

    method: Literal["Rosenthal", "Orwin", "Rosenberg", "general"]
    n: int
    k: int
    left_out: int
    estimate: float
    p: float
    alpha: float
    target: float
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


def rosenthal(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, alpha: float = 0.05
) -> FailSafe | NotComputed:
    """Studies of z = 0 that bring Stouffer's one-sided P over `alpha`.

    Rosenthal, Psychological Bulletin 1979;86:638-641: Σz/√(k + N) = z_α with z = y/√v.
    """
    level = proportion_of_one(alpha)
    found = studies(yi, vi)
    refused = too_few(found.k, 1)
    if refused is not None:
        return refused
    total = abs(float((found.y / np.sqrt(found.v)).sum()))
    p = float(special.ndtr(-total / math.sqrt(found.k)))
    n = 0
    if p < level:
        n = _whole((total / float(special.ndtri(1.0 - level))) ** 2 - found.k)
    return _found("Rosenthal", n, found.k, found.left_out, math.nan, p, level, math.nan)


def orwin(
    yi: npt.ArrayLike, vi: npt.ArrayLike | None = None, *, target: float | None = None
) -> FailSafe | NotComputed:
    """Studies of effect 0 that bring the average effect down to `target`.

    Orwin, Journal of Educational Statistics 1983;8:157-159: N = k(average - target)/target, with
    the plain average, or with `vi` the inverse-variance one (the N then have average weight).
    `target` takes the sign of the average; without one it is half the average, which gives N = k
    whatever the effects are. Raises ValueError for a target of 0.
    """
    if vi is None:
        vi = np.ones_like(floats(yi))
    found = studies(yi, vi)
    refused = too_few(found.k, 1)
    if refused is not None:
        return refused
    w = 1.0 / found.v
    average = float(w @ found.y / w.sum())
    if target is None:
        goal = average / 2.0
    elif target == 0.0 or not math.isfinite(target):
        raise ValueError("no number of studies of effect 0 reaches a target of 0")
    else:
        goal = math.copysign(target, average)
    n = 0 if abs(average) <= abs(goal) else _whole(found.k * (average / goal - 1.0))
    return _found("Orwin", n, found.k, found.left_out, average, math.nan, math.nan, goal)


def rosenberg(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, alpha: float = 0.05
) -> FailSafe | NotComputed:
    """Studies of effect 0 and average weight that bring the common effect's P over `alpha`.

    Rosenberg, Evolution 2005;59:464-468, with the normal in place of Student's distribution:
    N = ((Σwy/z)² - Σw)/w̄, z the two-sided normal quantile.
    """
    level = proportion_of_one(alpha)
    found = studies(yi, vi)
    refused = too_few(found.k, 1)
    if refused is not None:
        return refused
    w = 1.0 / found.v
    total, weight = float(w @ found.y), float(w.sum())
    p = float(2.0 * special.ndtr(-abs(total) / math.sqrt(weight)))
    n = 0
    if p < level:
        n = _whole(found.k * ((total / _two_sided_quantile(level)) ** 2 / weight - 1.0))
    return _found("Rosenberg", n, found.k, found.left_out, total / weight, p, level, math.nan)


def general(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    target: float | None = None,
    tau2: Method = "REML",
) -> FailSafe | NotComputed:
    """The smallest number of studies averaging 0 that overturns a random-effects mean.

    The idea of Rosenberg (2005) and Orwin (1983) carried over to random effects, as R's metafor
    offers it. The N added studies have the harmonic mean of the variances, and true effects of
    mean 0 that vary among themselves as those of the k studies do, so that all k + N true effects
    have the variance ((k - 1)τ² + (N - 1)τ² + kN·μ²/(k + N))/(k + N - 1). N is the smallest whole
    number at which the mean with that variance has a two-sided normal P above `alpha`, or with
    `target` is as close to 0 as that. (metafor rounds the root and adds one, so that it gives one
    more in about half of all cases.)
    """
    level = proportion_of_one(alpha)
    if target is not None and (target == 0.0 or not math.isfinite(target)):
        raise ValueError("no number of studies averaging 0 reaches a target of 0")
    found = studies(yi, vi)
    refused = too_few(found.k, 2)
    if refused is not None:
        return refused
    pooled = pool(found.y, found.v, tau2=tau2, interval="Wald", tau2_interval=False)
    mu, t, k = float(pooled.estimate), float(pooled.tau2), found.k
    typical = k / float((1.0 / found.v).sum())

    def mean_and_se(n: int) -> tuple[float, float]:
        between = k * n * mu * mu / (k + n) if tau2 not in ("CE", "EE") else 0.0
        total = (((k - 1) + max(n - 1, 0)) * t + between) / (k + n - 1) if n else t
        w = 1.0 / (found.v + total)
        weight = float(w.sum()) + n / (typical + total)
        return float(w @ found.y) / weight, 1.0 / math.sqrt(weight)

    z = _two_sided_quantile(level)

    def overturned(n: int) -> bool:
        mean, se = mean_and_se(n)
        return abs(mean) <= (z * se if target is None else abs(target))

    p = float(2.0 * special.ndtr(-abs(mu) / float(pooled.se)))
    n = _smallest(overturned)
    flags = {name for name in ("not converged", "several maxima") if bool(pooled.flags[name])}
    goal = math.nan if target is None else math.copysign(target, mu)
    alpha_used = level if target is None else math.nan
    return _found("general", n, k, found.left_out, mu, p, alpha_used, goal, flags)


def _two_sided_quantile(alpha: float) -> float:
    return float(special.ndtri(1.0 - alpha / 2.0))


def _whole(root: float) -> int:
    """The number rounded up, but not for what rounding alone has added."""
    nearest = round(root)
    return nearest if abs(root - nearest) <= 1e-9 * max(1.0, abs(root)) else math.ceil(root)


def _smallest(holds: Callable[[int], bool]) -> int:
    """The smallest n from 0 on at which `holds` turns true; `_MOST` where that is too late."""
    if holds(0):
        return 0
    low, high = 0, 1
    while not holds(high):
        low, high = high, 2 * high
        if high > _MOST:
            return _MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _found(
    method: Literal["Rosenthal", "Orwin", "Rosenberg", "general"],
    n: int,
    k: int,
    left_out: int,
    estimate: float,
    p: float,
    alpha: float,
    target: float,
    flags: set[str] | None = None,
) -> FailSafe:
    raised = set(flags or ())
    raised |= {"left out"} if left_out else set()
    if n == 0:
        raised.add("not significant" if math.isnan(target) else "at target")
    if n >= _MOST:
        raised.add("beyond")
        n = _MOST
    return FailSafe(method, n, k, left_out, estimate, p, alpha, target, frozenset(raised))
