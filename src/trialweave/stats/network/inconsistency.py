"""Inconsistency: Cochran's Q within and between designs, and loops of direct comparisons.

A design is the set of treatments that a study compares. Sources: Krahn, Binder & König, BMC Med
Res Methodol 2013;13:35 (decomposition, detaching a design); Higgins et al., Res Synth Methods
2012;3:98-110 (design-by-treatment interaction); Bucher et al., J Clin Epidemiol 1997;50:683-691,
and Veroniki et al., Int J Epidemiol 2013;42:332-345 (loops).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray
from trialweave.stats.network._rows import Rows, Tau2Method, estimate_tau2, fit
from trialweave.stats.network.contrasts import Note
from trialweave.stats.network.model import Model, Network, design_rows
from trialweave.stats.network.splitting import Pairs, pairs_of

__all__ = ["Decomposition", "Design", "Loop", "Loops", "Q", "decompose", "loops"]


class Q(NamedTuple):
    """A Q statistic, its degrees of freedom and P; P is NaN without degrees of freedom."""

    q: float
    df: int
    p: float


class Design(NamedTuple):
    """A set of treatments compared in the same studies.

    `within`: heterogeneity among its studies. `detached`: what is left between designs once this
    one has effects of its own; far less than before means that it contradicts the others.
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    within: Q
    detached: Q


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Q of the network in parts: `total` = `within` designs + `between` designs (inconsistency).

    `between_random` tests the same under random effects with `tau2_within`, the heterogeneity
    when every design has effects of its own; NaN where no design tells heterogeneity.
    """

    total: Q
    within: Q
    between: Q
    between_random: Q
    tau2_within: float
    designs: tuple[Design, ...]
    notes: tuple[Note, ...]


class Loop(NamedTuple):
    """Three treatments a, b, c that are compared directly: the effects ab + bc - ac.

    `factor` is 0 where direct comparisons agree; `se`, Wald limits, two-sided `p`. Comparisons
    that share a multi-arm study are correlated, which is taken into account.
    """

    treatments: tuple[str, str, str]
    factor: float
    se: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, eq=False)
class Loops:
    """The triangles of direct comparisons; those that multi-arm studies close alone are left out.

    A multi-arm study agrees with itself, so such a triangle cannot show inconsistency.
    """

    model: Model
    loops: tuple[Loop, ...]
    notes: tuple[Note, ...]


_NOTES: dict[str, str] = {
    "no inconsistency": (
        "No two designs bear on one comparison by different ways: inconsistency cannot be checked."
    ),
    "no heterogeneity within": (
        "No design has more studies than its effects need: τ² within designs cannot be estimated, "
        "and between designs only the common-effect test is given."
    ),
    "no triangles": "No triangle of direct comparisons that could contradict itself.",
}


def decompose(found: Network, *, tau2: Tau2Method = "DL") -> Decomposition:
    """Split Q into heterogeneity within designs and inconsistency between them.

    Weights are those of the common-effect model, but for `between_random`, whose τ² is estimated
    by `tau2` with effects of their own for all designs (full design-by-treatment interaction; the
    default is that of R's netmeta, decomp.design).
    """
    whole = design_rows(found)
    names = [frozenset(one.treatments) for one in found.contrasts.studies]
    designs = list(dict.fromkeys(names))
    number = {design: i for i, design in enumerate(designs)}
    of_row = np.array([number[name] for name in names])[whole.study]
    own = [_own_columns(whole, of_row == i, found.treatments, design)
           for i, design in enumerate(designs)]  # fmt: skip
    separate = np.column_stack(own)
    within = fit(whole.y, whole.v, separate)
    between = _test(found.q - within.q, found.df - within.df, found.q)
    notes = []
    if not between.df:
        notes.append(Note("no inconsistency", _NOTES["no inconsistency"]))
    tau2_within, random = math.nan, Q(math.nan, between.df, math.nan)
    together = whole.x[:, 1:]
    if within.df:
        tau2_within = estimate_tau2(whole.y, whole.v, separate, tau2).value
        v = whole.v + tau2_within
        total = fit(whole.y, v, together).q
        random = _test(total - fit(whole.y, v, separate).q, between.df, total)
    else:
        notes.append(Note("no heterogeneity within", _NOTES["no heterogeneity within"]))
    table = []
    for i, design in enumerate(designs):
        rows = of_row == i
        alone = fit(whole.y[rows], whole.v[rows], own[i][rows])
        x = _independent(np.column_stack([together, own[i]]))
        left = fit(whole.y, whole.v, x)
        table.append(
            Design(
                tuple(name for name in found.treatments if name in design),
                tuple(one.study for one, name in zip(found.contrasts.studies, names, strict=True)
                      if name == design),
                _test(alone.q, alone.df, alone.q),
                _test(left.q - within.q, left.df - within.df, found.q),
            )
        )  # fmt: skip
    return Decomposition(
        total=_test(found.q, found.df, found.q),
        within=_test(within.q, within.df, within.q),
        between=between,
        between_random=random,
        tau2_within=tau2_within,
        designs=tuple(table),
        notes=tuple(notes),
    )


def _own_columns(
    whole: Rows, chosen: FloatArray, treatments: Sequence[str], design: frozenset[str]
) -> FloatArray:
    """The design's effects against its first treatment, 0 in the rows of other designs."""
    places = [i for i, name in enumerate(treatments) if name in design]
    return np.asarray(np.where(chosen[:, None], whole.x[:, places[1:]], 0.0))


def _independent(x: FloatArray) -> FloatArray:
    """The columns that add to those before them: contrasts hold small numbers, so this is safe."""
    kept: list[int] = []
    basis = np.zeros((x.shape[0], 0))
    for column in range(x.shape[1]):
        rest = x[:, column] - basis @ (basis.T @ x[:, column])
        rest -= basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length > 1e-9 * float(np.linalg.norm(x[:, column])):
            kept.append(column)
            basis = np.column_stack([basis, rest / length])
    return x[:, kept]


def _test(q: float, df: int, scale: float) -> Q:
    """The test against χ²; a difference that is but rounding of `scale` counts as 0."""
    value = 0.0 if q <= 1e-12 * scale or not df else q
    return Q(value, df, float(special.chdtrc(df, value)) if df else math.nan)


def loops(found: Network, *, model: Model = "random") -> Loops:
    """The inconsistency factor of each triangle of direct comparisons, with the network's τ².

    Loops of four treatments and more are not listed; `decompose` covers them.
    """
    pairs = pairs_of(found.contrasts, found.treatments)
    tau2 = found.heterogeneity(model)
    weight = 1.0 / (pairs.variance + tau2)
    size = len(found.treatments)
    total = np.zeros((size, size))
    np.add.at(total, (pairs.i, pairs.j), weight)
    whole = design_rows(found)
    z = float(special.ndtri(0.5 + found.level / 2.0))
    listed = []
    for three in combinations(range(size), 3):
        a, b, c = three
        if not (total[a, b] > 0.0 and total[b, c] > 0.0 and total[a, c] > 0.0):
            continue
        factor, variance, scale = _factor(pairs, weight / total[pairs.i, pairs.j], three, whole,
                                          tau2)  # fmt: skip
        if not math.isnan(variance) and variance <= 1e-12 * scale:
            continue
        se = math.sqrt(variance)
        names = (found.treatments[a], found.treatments[b], found.treatments[c])
        p = float(2.0 * special.ndtr(-abs(factor / se)))
        listed.append(Loop(names, factor, se, factor - z * se, factor + z * se, p))
    notes = () if listed else (Note("no triangles", _NOTES["no triangles"]),)
    return Loops(model, tuple(listed), notes)


def _factor(
    pairs: Pairs, share: FloatArray, three: tuple[int, int, int], whole: Rows, tau2: float
) -> tuple[float, float, float]:
    """ab + bc - ac, its variance, and the variance if comparisons shared no study."""
    factor, scale = 0.0, 0.0
    studies = int(whole.study.max()) + 1
    load = np.zeros((studies, whole.x.shape[1]))  # what each arm of each study adds to the factor
    a, b, c = three
    for i, j in ((a, b), (b, c), (c, a)):
        these = np.flatnonzero((pairs.i == i) & (pairs.j == j))
        factor += float(share[these] @ pairs.effect[these])
        scale += float(share[these] ** 2 @ (pairs.variance[these] + tau2))
        load[pairs.study[these], i] += share[these]
        load[pairs.study[these], j] -= share[these]
    variance = 0.0
    for study in np.flatnonzero(np.abs(load).max(axis=1) > 1e-12):
        rows = whole.study == study
        # the combination of the study's independent rows that gives its load on the arms
        combination = np.linalg.lstsq(whole.x[rows].T, load[study], rcond=None)[0]
        variance += float(combination**2 @ (whole.v[rows] + tau2))
    return factor, variance, scale
