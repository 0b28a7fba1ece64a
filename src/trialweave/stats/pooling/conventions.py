"""Two-by-two tables pooled as RevMan 5 and R's meta pool them, to find their figures again.

They correct zero cells in the Mantel-Haenszel sums too, and take DerSimonian and Laird's τ² from
the heterogeneity about the Mantel-Haenszel estimate. For new work see `mantel_haenszel` (which
needs no correction) and `pool`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, Tables, tables
from trialweave.stats.effects import Effects, effect
from trialweave.stats.pooling.inverse_variance import pool
from trialweave.stats.pooling.mantel_haenszel import (
    Stratified,
    Sums,
    peto_sums,
    sums_of,
    total,
    with_tests,
)
from trialweave.stats.pooling.tau2 import Method
from trialweave.stats.pooling.zero_cells import HALF, Correction, corrected

__all__ = [
    "TABLES_FLAGS",
    "TablesConvention",
    "TablesMethod",
    "TablesPooled",
    "pool_tables",
    "revman5",
]

TablesMethod = Literal["MH", "Inverse", "Peto", "SSW"]
TablesConvention = Literal["meta", "RevMan 5"]

TABLES_FLAGS: Mapping[str, str] = {
    "not estimable": (
        "The common effect is not defined, and no random effects that rest upon it: an arm of all "
        "studies together has no event, or events only."
    ),
    "one study": "There is one study: τ² and a prediction interval cannot be computed.",
    "not converged": "The iteration for τ² did not settle; its last value is given.",
    "left out": "Studies without any event (or with events only) are left out.",
}


@dataclass(frozen=True, eq=False)
class TablesPooled:
    """A common effect and, from its heterogeneity, random effects; shapes as `Stratified`.

    `effects` are those of the studies as the convention corrects them, `common.q` and `common.i2`
    their heterogeneity. Random effects: `estimate`, `se`, `low` to `high` and `p` by Wald, `tau2`,
    the prediction interval with k - 1 degrees of freedom. NaN where a flag of `flags` says why.
    """

    method: TablesMethod
    convention: TablesConvention
    effects: Effects
    common: Stratified
    tau2: FloatArray
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    pi_low: FloatArray
    pi_high: FloatArray
    flags: Mapping[str, BoolArray] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be computed, in words; for several syntheses, if it holds for any."""
        return tuple(text for name, text in TABLES_FLAGS.items() if np.any(self.flags[name]))


def revman5(
    measure: Literal["OR", "RR", "RD"],
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    method: Literal["MH", "Inverse", "Peto"] = "MH",
    level: float = 0.95,
) -> TablesPooled:
    """What RevMan 5 prints: ½ in all cells of tables with a zero, DerSimonian-Laird about "MH".

    Deeks & Higgins, Statistical algorithms in Review Manager 5, Cochrane 2010. Studies without any
    event, or with events only, are left out of OR and RR. Errors as for `pool_tables`.
    """
    if method not in ("MH", "Inverse", "Peto"):
        raise ValueError(f"RevMan 5 has no method {method!r}")
    return pool_tables(measure, a, n1, c, n2, method=method, convention="RevMan 5", level=level)


def pool_tables(
    measure: Literal["OR", "RR", "RD"],
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    method: TablesMethod = "MH",
    convention: TablesConvention = "meta",
    correction: Correction = HALF,
    exact: bool = False,
    drop00: bool = True,
    about: Literal["common", "inverse variance"] = "common",
    tau2: Method = "DL",
    level: float = 0.95,
) -> TablesPooled:
    """Common and random effects of tables along the last axis, by a named `convention`.

    The conventions differ in studies' risk ratios, see `effects.effect`; both take RD's estimate
    uncorrected, and pool it by weights of the corrected sizes with the variance of Greenland and
    Robins (1985). `method` "MH" Mantel-Haenszel, of the corrected cells unless `exact`; "Inverse"
    inverse variance; "Peto" (OR only); "SSW" weights n1·n2/(n1 + n2), in the random part too, which
    are independent of the effects (Bakbergenuli, Hoaglin & Kulinskaya, Res Synth Methods
    2020;11:426-442). `drop00` leaves studies without events, or with events only, out of ratios.
    `about` says about which estimate Q is taken; "DL" follows from it, other `tau2` do not.
    Raises ValueError as `effects.effect`, and for Peto with another measure than OR.
    """
    if method not in get_args(TablesMethod) or convention not in get_args(TablesConvention):
        raise ValueError(f"unknown method {method!r} or convention {convention!r}")
    if measure not in ("OR", "RR", "RD") or (method == "Peto" and measure != "OR"):
        raise ValueError(f"no {method} method for {measure!r}")
    table = Tables(*(np.atleast_1d(each) for each in tables(a, n1, c, n2, whole=False)))
    drop = drop00 and measure != "RD"
    found = effect(
        "PETO" if method == "Peto" else measure, *table, add=correction.add, to=correction.to,
        share=correction.share, convention=convention, drop00=drop,
    )  # fmt: skip
    used = np.isfinite(found.yi)
    kept = Tables(*(np.where(used, each, np.nan) for each in table))
    if method == "Peto":
        sums = peto_sums(kept)
    elif method == "MH":
        cells = kept if exact else corrected(kept, correction)
        sums = sums_of(measure, cells, "Greenland-Robins")
        if measure == "RD":
            sums = sums._replace(estimate=total(sums.weights * found.yi) / total(sums.weights))
    else:
        weights = 1.0 / found.vi if method == "Inverse" else kept.n1 * kept.n2 / (kept.n1 + kept.n2)
        sums = _weighted(found, weights)
    centre = _weighted(found, 1.0 / found.vi).estimate
    own = about == "common" and method in ("MH", "Inverse", "Peto")
    common = with_tests(measure, used, sums, found, level, None if own else centre)
    spread, settled = _tau2(found, common, tau2, own and method == "MH")
    several = common.k > 1
    fixed = sums.weights if method == "SSW" else None
    with np.errstate(invalid="ignore"):
        random = _weighted(found, 1.0 / (found.vi + spread[..., None]), fixed, spread)
    usable = np.isfinite(common.estimate)
    estimate = np.where(usable, random.estimate, np.nan)
    se = np.sqrt(np.where(usable, random.variance, np.nan))
    share = 0.5 + level / 2.0
    z = float(special.ndtri(share))
    t = np.where(several, special.stdtrit(np.maximum(common.k - 1, 1), share), np.nan)
    half = t * np.sqrt(se**2 + spread)
    statistic = estimate / se
    there = np.asarray((table.n1 > 0) & (table.n2 > 0))
    return TablesPooled(
        method=method,
        convention=convention,
        effects=found,
        common=common,
        tau2=np.where(usable & several, spread, np.nan),
        estimate=estimate,
        se=se,
        low=estimate - z * se,
        high=estimate + z * se,
        statistic=statistic,
        p=np.asarray(2.0 * special.ndtr(-np.abs(statistic))),
        pi_low=estimate - half,
        pi_high=estimate + half,
        flags={
            "not estimable": ~usable,
            "one study": usable & ~several,
            "not converged": ~settled,
            "left out": np.asarray((there & ~used).any(axis=-1)),
        },
    )


def _weighted(
    effects: Effects,
    weights: FloatArray,
    fixed: FloatArray | None = None,
    tau2: FloatArray | float = 0.0,
) -> Sums:
    """A weighted mean and its variance, of `fixed` weights where given."""
    w = np.where(np.isfinite(effects.yi), weights if fixed is None else fixed, np.nan)
    all_w = total(w)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total(w * effects.yi) / all_w
        variance = total(w**2 * (effects.vi + np.asarray(tau2)[..., None])) / all_w**2
    return Sums(mean, variance, w)


def _tau2(
    effects: Effects, common: Stratified, method: Method, about_common: bool
) -> tuple[FloatArray, BoolArray]:
    """τ² of each synthesis (0 with fewer than two studies), and whether its iteration settled."""
    several = common.k > 1
    if method != "DL" or not about_common:
        fit = pool(
            np.where(several[..., None], effects.yi, np.nan),
            np.where(several[..., None], effects.vi, np.nan),
            tau2=method,
            interval="Wald",
            tau2_interval=False,
        )
        return np.where(several, fit.tau2, 0.0), np.asarray(fit.converged)
    w = 1.0 / effects.vi
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = total(w) - total(w**2) / total(w)
        found = np.maximum((common.q - common.q_df) / scale, 0.0)
    return np.where(several, found, 0.0), np.ones(several.shape, dtype=bool)
