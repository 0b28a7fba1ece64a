"""Rank correlation tests of funnel plot asymmetry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.bias._common import NotComputed, few, sentences, studies, too_few

__all__ = ["RankTest", "begg", "kendall"]

_EXACT_BELOW = 50  # as in R's cor.test; the normal approximation is within 0.0002 from there on


@dataclass(frozen=True)
class RankTest:
    """Kendall's rank correlation, tested against 0.

    `tau` (tau-b) is corrected for ties. `score` is Kendall's S, concordant minus discordant pairs,
    `score_se` its standard error without correlation (corrected for ties), `statistic` = S/se with
    its two-sided normal P `p_normal`. `p` is exact (from all orderings) where `exact`, otherwise
    `p_normal`; `notes` say why.
    """

    test: str
    k: int
    left_out: int
    tau: float
    score: float
    score_se: float
    statistic: float
    p: float
    p_normal: float
    exact: bool
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


def begg(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, continuity: bool = False
) -> RankTest | NotComputed:
    """Begg & Mazumdar's test: standardised effects against their variances (k,).

    Biometrics 1994;50:1088-1101. Effects are standardised about the common-effect mean with
    variances v - 1/Σ(1/v). `continuity` moves S one towards 0 in the normal P. Two-sided; exact
    without ties below 50 studies (as R's metafor), otherwise normal (as R's meta always is:
    `p_normal`). Refuses fewer than three studies, notes fewer than ten. ValueError for shapes.
    """
    found = studies(yi, vi)
    refused = too_few(found.k, 3)
    if refused is not None:
        return refused
    w = 1.0 / found.v
    centred = found.y - found.y[np.argmin(found.v)]
    distance = centred - (w @ centred) / w.sum()
    # v - 1/Σw = v·(Σw - w)/Σw, without the difference of nearly equal numbers
    others = np.array([np.delete(w, i).sum() for i in range(found.k)])
    standard = distance / np.sqrt(found.v * others / w.sum())
    return kendall(standard, found.v, test="Begg", continuity=continuity, left_out=found.left_out)


def kendall(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    test: str = "Kendall",
    continuity: bool = False,
    left_out: int = 0,
) -> RankTest | NotComputed:
    """Kendall's rank correlation of x and y (k,) with its test (Kendall, Biometrika 1938;30:81).

    Variance with ties: Kendall & Gibbons, Rank Correlation Methods (5th ed., 1990), chapter 4.
    """
    first, second = floats(x), floats(y)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"variables {first.shape} and {second.shape} must have one shape (k,)")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("ranks need finite numbers")
    k = first.size
    refused = too_few(k, 3)
    if refused is not None:
        return refused
    signs = np.sign(np.subtract.outer(first, first)) * np.sign(np.subtract.outer(second, second))
    score = float(signs.sum()) / 2.0
    tied = [_ties(first), _ties(second)]
    pairs = k * (k - 1) / 2.0
    untied = [pairs - float((t * (t - 1.0)).sum()) / 2.0 for t in tied]
    flags = few(k, left_out)
    if min(untied) <= 0.0:
        note = "All values of a variable are tied: its rank correlation is undefined."
        return NotComputed("all tied", note, k)
    has_ties = min(untied) < pairs
    se = math.sqrt(_variance(k, *tied))
    moved = math.copysign(max(abs(score) - continuity, 0.0), score)
    statistic = moved / se
    normal = float(2.0 * special.ndtr(-abs(statistic)))
    exact = not has_ties and k < _EXACT_BELOW
    if not exact:
        flags.add("ties" if has_ties else "normal")
    return RankTest(
        test=test,
        k=k,
        left_out=left_out,
        tau=score / math.sqrt(untied[0] * untied[1]),
        score=score,
        score_se=se,
        statistic=statistic,
        p=_exact_p(k, score) if exact else normal,
        p_normal=normal,
        exact=exact,
        flags=frozenset(flags),
    )


def _ties(x: FloatArray) -> FloatArray:
    """How often each distinct value occurs."""
    return np.unique(x, return_counts=True)[1].astype(np.float64)


def _variance(k: int, t: FloatArray, u: FloatArray) -> float:
    """Variance of S when all pairings of two rankings with tie sizes t and u are equally likely."""

    def sums(s: FloatArray) -> tuple[float, float, float]:
        one = s * (s - 1.0)
        return (
            float((one * (2.0 * s + 5.0)).sum()),
            float((one * (s - 2.0)).sum()),
            float(one.sum()),
        )

    (t5, t2, t1), (u5, u2, u1) = sums(t), sums(u)
    main = (k * (k - 1.0) * (2.0 * k + 5.0) - t5 - u5) / 18.0
    return main + t2 * u2 / (9.0 * k * (k - 1.0) * (k - 2.0)) + t1 * u1 / (2.0 * k * (k - 1.0))


def _exact_p(k: int, score: float) -> float:
    """Two-sided P of S among the k! orderings: the law of inversions, one element at a time."""
    law = np.ones(1)
    for size in range(2, k + 1):
        wider = np.zeros(law.size + size - 1)
        for shift in range(size):
            wider[shift : shift + law.size] += law
        law = wider / size
    inversions = round((k * (k - 1) / 2.0 - abs(score)) / 2.0)  # as few as the further tail has
    return min(1.0, 2.0 * float(law[: inversions + 1].sum()))
