"""Subgroups of studies: each pooled, and the test whether they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from trialweave.stats._arrays import FloatArray, IntArray, floats
from trialweave.stats.pooling import IntervalMethod, Method, Pooled, pool
from trialweave.stats.regression._tests import Omnibus, quantile
from trialweave.stats.regression.design import NotEstimable, design_matrix
from trialweave.stats.regression.mixed_effects import Regression, Test, regress

__all__ = ["NOTES", "Subgroups", "subgroups"]

Between = Literal["separate", "common"]

NOTES: Mapping[str, str] = {
    "no group": "{} without a group, or without a usable effect and variance, left out.",
    "one group": "There is one group only: nothing can be compared.",
    "one study": "A group of one study has no τ² of its own: its own variance alone is used.",
    "no width": (
        "The effects of a group do not vary at all, so its Hartung-Knapp interval has no width, "
        "and the test for differences is undefined."
    ),
    "no common tau2": (
        "With one study in each group, or variances 1e16 times another one, no common τ² can be "
        "estimated: the groups are not pooled."
    ),
    "not converged": "The iteration for τ² did not settle; its last value is given.",
    "few studies": "A group holds fewer than five studies: its own τ² is very uncertain.",
}

_FEW = 5  # Borenstein et al. 2009, chapter 19: with five or fewer in a group, pool τ²
_TESTS: Mapping[str, Test] = {"Wald": "z", "t": "t", "HK": "KH", "HK-adhoc": "KH-adhoc"}


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Estimates by group: arrays of shape (g,) in the order of `groups`.

    `estimate`, `se`, `low`, `high`, `df`; `tau2` (the same for all where it is common), `q` and
    `q_p` within the group, `i2` (percent), prediction interval `pi_low` to `pi_high` with `pi_df`.
    `q_within` is the sum of the groups' Q at τ² = 0 with `q_within_df`. `difference` tests whether
    the groups' means differ (chi-square where `df2` is inf, else F), NaN where `flags` say why.
    `overall` pools all studies of all groups. What is NaN in a group is explained by its notes.
    """

    groups: tuple[str, ...]
    between: Between
    tau2_method: str
    interval: str
    level: float
    k: IntArray
    left_out: int
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray
    tau2: FloatArray
    i2: FloatArray
    q: FloatArray
    q_p: FloatArray
    pi_low: FloatArray
    pi_high: FloatArray
    pi_df: FloatArray
    q_within: float
    q_within_df: int
    difference: Omnibus
    overall: Pooled
    flags: frozenset[str]
    group_notes: tuple[tuple[str, ...], ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        studies = "1 study" if self.left_out == 1 else f"{self.left_out} studies"
        return tuple(text.format(studies) for name, text in NOTES.items() if name in self.flags)


def subgroups(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    group: Sequence[object],
    *,
    between: Between = "separate",
    tau2: Method = "REML",
    interval: IntervalMethod | None = None,
    level: float = 0.95,
) -> Subgroups:
    """Pool effects (k,) within each group, and test whether the groups' means differ.

    `between` "separate": each group has its own τ², as if it were a meta-analysis by itself. The
    test is Q = Σ w (μ_g - μ)² with w = 1/se_g² on g - 1 degrees of freedom (Borenstein et al.,
    Introduction to Meta-Analysis 2009, chapter 19); where the groups' standard errors are scaled
    or t quantiles used ("t", "HK", "HK-adhoc"), it is Welch's F on those, which allows for their
    degrees of freedom (Welch, Biometrika 1951;38:330-336).
    "common": one τ² for all groups from a regression on them; the test is its QM: chi-square, or F
    on g - 1 and k - g degrees of freedom (Knapp & Hartung 2003). A common effect has neither τ².
    Prediction intervals: t with k_g - 1, or k - g degrees of freedom where τ² is common, and the se
    of weights alone. Other arguments as in `pool`. A group of None or NaN is missing.

    Raises ValueError for unknown methods and shapes that do not match.
    """
    if between not in get_args(Between):
        raise ValueError(f"unknown kind of τ² {between!r}; there are {get_args(Between)}")
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape or len(group) != y.size:
        raise ValueError("effects, variances and groups need one value for each study")
    if interval is None:
        interval = "Wald" if tau2 in ("CE", "EE") else "HK"
    labels = design_matrix({"group": ["" if _absent(one) else str(one) for one in group]}).levels
    names = tuple(one for one in labels["group"] if one)
    member = np.array([[not _absent(one) and str(one) == name for one in group] for name in names])
    member = member.reshape(len(names), y.size)
    wide = pool(
        np.where(member, y, np.nan),
        np.where(member, v, np.nan),
        tau2=tau2,
        interval=interval,
        level=level,
    )
    kept = np.flatnonzero(wide.k > 0)
    member, names = member[kept], tuple(names[i] for i in kept)
    inside = member.any(axis=0)
    overall = pool(
        np.where(inside, y, np.nan),
        np.where(inside, v, np.nan),
        tau2=tau2,
        interval=interval,
        level=level,
    )
    k = wide.k[kept]
    flags = _flags(y.size - int(k.sum()), k, between, tau2)
    q = np.nan_to_num(wide.q[kept])  # a single study has none
    out = {name: np.asarray(getattr(wide, name))[kept] for name in _FIELDS}
    group_notes = tuple(wide.notes_at(int(i)) for i in kept)
    if between == "common" and tau2 not in ("CE", "EE"):
        out |= _with_common(y, v, member, tau2, interval, level, flags)
        difference = _regressed(y, v, member, names, tau2, interval, level)
        group_notes = tuple(() for _ in names)
    else:
        if bool(wide.flags["not converged"][kept].any()):
            flags.add("not converged")
        difference = _welch(out["estimate"], out["se"], out["df"])
        if np.any(out["se"] == 0.0):
            flags.add("no width")
    return Subgroups(
        groups=names,
        between=between,
        tau2_method=tau2,
        interval=interval,
        level=level,
        k=k,
        left_out=y.size - int(k.sum()),
        i2=wide.i2[kept],
        q=wide.q[kept],
        q_p=wide.q_p[kept],
        q_within=float(q.sum()),
        q_within_df=int((k - 1).sum()),
        difference=difference,
        overall=overall,
        flags=frozenset(flags),
        group_notes=group_notes,
        **out,
    )


_FIELDS = ("estimate", "se", "low", "high", "df", "tau2", "pi_low", "pi_high", "pi_df")


def _absent(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _flags(left_out: int, k: IntArray, between: Between, tau2: Method) -> set[str]:
    own = between == "separate" and tau2 not in ("CE", "EE")
    holds = {
        "no group": left_out > 0,
        "one group": k.size < 2,
        "one study": own and bool(np.any(k == 1)),
        "few studies": own and bool(np.any((k > 1) & (k < _FEW))),
    }
    return {name for name, true in holds.items() if true}


def _welch(estimate: FloatArray, se: FloatArray, df: FloatArray) -> Omnibus:
    """Chi-square where all df are infinite; else Welch's F."""
    g = estimate.size
    if g < 2 or not np.all(se > 0.0):
        return Omnibus(np.nan, max(g - 1, 0), np.nan, np.nan)
    w = 1.0 / se**2
    total = w.sum()
    mean = (w * estimate).sum() / total
    q = float((w * (estimate - mean) ** 2).sum())
    doubt = float((((1.0 - w / total) ** 2) / df).sum())
    if doubt == 0.0:
        return Omnibus(q, g - 1, np.inf, float(special.chdtrc(g - 1, q)))
    f = q / (g - 1) / (1.0 + 2.0 * (g - 2) / (g * g - 1) * doubt)
    df2 = (g * g - 1) / (3.0 * doubt)
    return Omnibus(f, g - 1, df2, float(stats.f.sf(f, g - 1, df2)))


def _with_common(
    y: FloatArray,
    v: FloatArray,
    member: npt.NDArray[np.bool_],
    tau2: Method,
    interval: IntervalMethod,
    level: float,
    flags: set[str],
) -> dict[str, FloatArray]:
    """The groups' means by regression on their indicators."""
    g = member.shape[0]
    fitted = _fit(y, v, member, None, tau2, interval, level)
    if fitted is None:
        flags.add("no common tau2")
        return {name: np.full(g, np.nan) for name in _FIELDS}
    if not fitted.converged:
        flags.add("not converged")
    if "no width" in fitted.flags:
        flags.add("no width")
    one = fitted.coefficients
    df = np.full(g, float(fitted.k - fitted.p))
    weight = np.where(fitted.used & member, 1.0 / (v + fitted.tau2), 0.0).sum(axis=1)
    half = quantile(df, level) * np.sqrt(fitted.tau2 + 1.0 / weight)
    return {
        "estimate": one.estimate,
        "se": one.se,
        "low": one.low,
        "high": one.high,
        "df": one.df,
        "tau2": np.full(g, fitted.tau2),
        "pi_low": one.estimate - half,
        "pi_high": one.estimate + half,
        "pi_df": df,
    }


def _regressed(
    y: FloatArray,
    v: FloatArray,
    member: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    tau2: Method,
    interval: IntervalMethod,
    level: float,
) -> Omnibus:
    """The test of all indicators but the first, beside an intercept."""
    if len(names) > 1:
        fitted = _fit(y, v, member, names, tau2, interval, level)
        if fitted is not None:
            return fitted.moderators
    return Omnibus(np.nan, max(len(names) - 1, 0), np.nan, np.nan)


def _fit(
    y: FloatArray,
    v: FloatArray,
    member: npt.NDArray[np.bool_],
    against: tuple[str, ...] | None,
    tau2: Method,
    interval: IntervalMethod,
    level: float,
) -> Regression | None:
    """Regression on the groups: their means, or an intercept and their differences from it."""
    which = [int(np.argmax(column)) if column.any() else None for column in member.T]
    design = design_matrix(
        {"group": [None if one is None else f"{one:06d}" for one in which]},
        intercept=against is not None,
    )
    fitted = regress(y, v, design, tau2=tau2, test=_TESTS[interval], level=level)
    return None if isinstance(fitted, NotEstimable) else fitted
