"""What a funnel plot shows: points, pseudo-confidence region, contours of significance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, IntArray, floats, proportion_of_one
from trialweave.stats.bias._common import NotComputed, sentences, studies, too_few
from trialweave.stats.pooling import Method, pool

__all__ = ["Band", "Funnel", "funnel"]


class Band(NamedTuple):
    """Lower and upper effects of a region at each standard error of a funnel's `se` grid."""

    level: float
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class Funnel:
    """Points (effect `x`, standard error `y`) with the regions drawn behind them.

    `x`, `y` and `contour` are shaped like the input, NaN and -1 for studies left out. `grid` are
    standard errors from 0 to the largest. `region` lies about `centre`, where studies are expected
    to lie if there is nothing but chance (and τ², where it was added). `contours` lie about
    `null`: in them P is above 1 - level; `contour` counts the bands that a study lies outside of,
    so 0 is not significant at any level.
    """

    x: FloatArray
    y: FloatArray
    grid: FloatArray
    centre: float
    tau2: float
    region: Band
    null: float
    contours: tuple[Band, ...]
    contour: IntArray
    k: int
    left_out: int
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)

    @property
    def precision(self) -> FloatArray:
        """The other usual axis, 1/standard error; the regions are the same, at 1/`grid`."""
        return 1.0 / self.y


def funnel(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: Method = "CE",
    add_tau2: bool = False,
    null: float = 0.0,
    levels: Sequence[float] = (0.90, 0.95, 0.99),
    level: float = 0.95,
    steps: int = 101,
) -> Funnel | NotComputed:
    """A funnel plot's data for effects `yi` (k,) with variances `vi` (k,), on their own scale.

    Sterne & Egger, Journal of Clinical Epidemiology 2001;54:1046-1055: effects against standard
    errors, with the pseudo-confidence region centre ± z·se of `level`; the centre is the pooled
    estimate by `tau2` (default: the common effect, whose funnel this is), and with `add_tau2` the
    half-width is z·√(se² + τ²). Contours of significance about `null` at `levels`: Peters, Sutton,
    Jones, Abrams & Rushton, Journal of Clinical Epidemiology 2008;61:991-996. `steps` standard
    errors make the grid. `NotComputed` without studies; ValueError for levels outside 0 to 1.
    """
    share = proportion_of_one(level)
    shares = sorted(proportion_of_one(one) for one in levels)
    if steps < 2:
        raise ValueError("a grid needs two standard errors at least")
    found = studies(yi, vi)
    refused = too_few(found.k, 1)
    if refused is not None:
        return refused
    pooled = pool(found.y, found.v, tau2=tau2, interval="Wald", tau2_interval=False)
    between = float(pooled.tau2) if found.k > 1 else 0.0
    added = between if add_tau2 else 0.0
    se = np.sqrt(found.v)
    grid = np.linspace(0.0, float(se.max()), steps)
    z = _quantiles(shares)
    bands = tuple(
        Band(one, null - width * grid, null + width * grid)
        for one, width in zip(shares, z, strict=True)
    )
    half = float(_quantiles([share])[0]) * np.sqrt(grid**2 + added)
    centre = float(pooled.estimate)
    x, y = np.full(found.used.shape, np.nan), np.full(found.used.shape, np.nan)
    x[found.used], y[found.used] = found.y, se
    contour = np.full(found.used.shape, -1, dtype=np.int64)
    contour[found.used] = (np.abs(found.y - null)[:, None] > z * se[:, None]).sum(axis=1)
    return Funnel(
        x=x,
        y=y,
        grid=grid,
        centre=centre,
        tau2=between,
        region=Band(share, centre - half, centre + half),
        null=float(null),
        contours=bands,
        contour=contour,
        k=found.k,
        left_out=found.left_out,
        flags=frozenset({"left out"} if found.left_out else ()),
    )


def _quantiles(levels: Sequence[float]) -> FloatArray:
    return np.asarray(special.ndtri(0.5 + floats(levels) / 2.0))
