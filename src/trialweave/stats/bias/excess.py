"""The test of excess significance: more significant studies than their power lets expect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, proportion_of_one
from trialweave.stats.bias._common import NotComputed, few, sentences, studies, too_few
from trialweave.stats.pooling import pool

__all__ = ["Excess", "ExcessTest", "excess_significance"]

ExcessTest = Literal["exact", "binomial", "chi-square"]
Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True, eq=False)
class Excess:
    """`observed` against `expected` numbers of significant studies.

    `power` of every study's test at `theta` and `tau2`, and whether it was `significant`, are
    shaped like the input (NaN and False for studies left out). `p` is one-sided, for more than
    expected; `statistic` the chi-square on 1 degree of freedom (NaN for the other tests).
    """

    test: ExcessTest
    k: int
    left_out: int
    observed: int
    expected: float
    ratio: float
    statistic: float
    p: float
    theta: float
    tau2: float
    alpha: float
    power: FloatArray
    significant: BoolArray
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


def excess_significance(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    theta: float | None = None,
    tau2: float = 0.0,
    test: ExcessTest = "exact",
) -> Excess | NotComputed:
    """Ioannidis & Trikalinos' test of effects `yi` (k,) with variances `vi` (k,).

    Clinical Trials 2007;4:245-253. A study is significant where its Wald test (of `alternative`)
    has P < `alpha`; its power is that of this test when its true effect comes from a normal
    distribution of mean `theta` (default: the common-effect estimate) and variance `tau2`.
    `test`: "exact", the law of a sum of independent events with those powers (Francis, Journal of
    Mathematical Psychology 2013;57:153-169); "binomial" with their mean; "chi-square" (O - E)²/E +
    (O - E)²/(k - E), its tail taken on the side of an excess. Not a test of publication bias:
    an excess may have other reasons. `NotComputed` without studies; raises ValueError for unknown
    options, shapes, and a negative `tau2`.
    """
    for value, allowed in ((test, ExcessTest), (alternative, Alternative)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown option {value!r}; there are {get_args(allowed)}")
    level = proportion_of_one(alpha)
    if not 0.0 <= tau2 < math.inf:
        raise ValueError(f"tau2 must be finite and not negative, not {tau2:g}")
    found = studies(yi, vi)
    refused = too_few(found.k, 1)
    if refused is not None:
        return refused
    if theta is None:
        theta = float(pool(found.y, found.v, tau2="CE").estimate)
    se, spread = np.sqrt(found.v), np.sqrt(found.v + tau2)
    critical = float(special.ndtri(1.0 - (level / 2.0 if alternative == "two-sided" else level)))
    z = found.y / se
    above = special.ndtr((theta - critical * se) / spread)
    below = special.ndtr((-critical * se - theta) / spread)
    if alternative == "two-sided":
        significant, power = np.abs(z) >= critical, above + below
    elif alternative == "greater":
        significant, power = z >= critical, above
    else:
        significant, power = z <= -critical, below
    observed, expected = int(significant.sum()), float(power.sum())
    statistic, p = _tail(test, observed, np.asarray(power))
    flags = few(found.k, found.left_out)
    flags |= {"certain"} if math.isnan(p) or expected == 0.0 else set()
    whole = np.full(found.used.shape, np.nan)
    whole[found.used] = power
    which = np.zeros(found.used.shape, dtype=bool)
    which[found.used] = significant
    return Excess(
        test=test,
        k=found.k,
        left_out=found.left_out,
        observed=observed,
        expected=expected,
        ratio=observed / expected if expected > 0.0 else math.nan,
        statistic=statistic,
        p=p,
        theta=theta,
        tau2=tau2,
        alpha=level,
        power=whole,
        significant=which,
        flags=frozenset(flags),
    )


def _tail(test: ExcessTest, observed: int, power: FloatArray) -> tuple[float, float]:
    """The statistic and the P of as many significant studies or more."""
    k, expected = power.size, float(power.sum())
    if test == "chi-square":
        if expected == 0.0 or expected == k:
            return math.nan, math.nan
        square = (observed - expected) ** 2
        statistic = square / expected + square / (k - expected)
        root = math.copysign(math.sqrt(statistic), observed - expected)
        return statistic, float(special.ndtr(-root))
    if observed == 0:
        return math.nan, 1.0
    if test == "binomial":
        return math.nan, float(special.bdtrc(observed - 1, k, expected / k))
    law = np.zeros(k + 1)  # of the number of significant studies, one study at a time
    law[0] = 1.0
    for chance in power:
        law[1:] = law[1:] * (1.0 - chance) + law[:-1] * chance
        law[0] *= 1.0 - chance
    return math.nan, float(law[observed:].sum())
