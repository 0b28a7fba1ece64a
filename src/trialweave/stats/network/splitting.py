"""Direct against indirect evidence, comparison by comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np

from trialweave.stats._arrays import FloatArray, IntArray
from trialweave.stats.network._rows import Tau2Method, estimate_tau2, fit
from trialweave.stats.network.contrasts import Contrasts, Note, select
from trialweave.stats.network.model import (
    Estimates,
    Model,
    Network,
    NoNetwork,
    design_rows,
    estimates_of,
    network,
    subnetworks,
)

__all__ = ["Direct", "Split", "SplitMethod", "direct_evidence", "split"]

SplitMethod = Literal["back-calculation", "SIDDE", "side"]


class Direct(NamedTuple):
    """Direct evidence, matrices as in `Estimates`: NaN where no study compares the two.

    `studies` counts the studies of each comparison, `proportion` is the share of direct evidence
    in the network estimate, its variance over the direct one (0 without any).
    """

    studies: IntArray
    estimates: Estimates
    proportion: FloatArray


@dataclass(frozen=True, eq=False)
class Split:
    """Direct and indirect estimates with their difference (direct minus indirect).

    Matrices as in `Estimates`; NaN where there is no such evidence. `tau2` is the between-study
    variance used for each comparison.
    """

    method: SplitMethod
    model: Model
    treatments: tuple[str, ...]
    studies: IntArray
    direct: Estimates = field(repr=False)
    indirect: Estimates = field(repr=False)
    difference: Estimates = field(repr=False)
    tau2: FloatArray = field(repr=False)
    notes: tuple[Note, ...]


class Pairs(NamedTuple):
    """Every pair of arms of every study: treatments `i` and `j`, effect i - j and its variance."""

    i: IntArray
    j: IntArray
    effect: FloatArray
    variance: FloatArray
    study: IntArray


def pairs_of(contrasts: Contrasts, treatments: tuple[str, ...]) -> Pairs:
    """The pairs of all studies, both ways round."""
    place = {name: number for number, name in enumerate(treatments)}
    parts: list[tuple[FloatArray, ...]] = []
    for number, one in enumerate(contrasts.studies):
        x = np.concatenate([[0.0], one.effects])
        c = np.pad(one.covariance, ((1, 0), (1, 0)))
        variance = np.diag(c)[:, None] + np.diag(c) - 2.0 * c
        where = np.array([place[name] for name in one.treatments])
        i, j = np.nonzero(~np.eye(x.size, dtype=bool))
        parts.append((where[i], where[j], x[i] - x[j], variance[i, j], np.full(i.size, number)))
    i, j, effect, variance, study = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Pairs(i, j, effect, variance, study)


def direct_evidence(found: Network, *, model: Model = "random") -> Direct:
    """Inverse-variance estimates from the studies of each comparison, with the network's τ².

    A multi-arm study counts in each of its comparisons. The proportion is that of König, Krahn &
    Binder, Stat Med 2013;32:5414-5429 (R's netmeta: prop.direct).
    """
    size = len(found.treatments)
    pairs = pairs_of(found.contrasts, found.treatments)
    weight = 1.0 / (pairs.variance + found.heterogeneity(model))
    studies = np.zeros((size, size), dtype=np.int64)
    total, moment = np.zeros((size, size)), np.zeros((size, size))
    np.add.at(studies, (pairs.i, pairs.j), 1)
    np.add.at(total, (pairs.i, pairs.j), weight)
    np.add.at(moment, (pairs.i, pairs.j), weight * pairs.effect)
    some = studies > 0
    total = np.where(some, total, np.nan)
    estimates = estimates_of(moment / total, 1.0 / np.sqrt(total), found.level)
    share = found.estimates(model).se ** 2 * np.where(some, total, 0.0)
    return Direct(studies, estimates, share)


def split(
    found: Network,
    *,
    model: Model = "random",
    method: SplitMethod = "back-calculation",
    least_indirect: float = 5e-4,
) -> Split:
    """Split each comparison into direct and indirect evidence, and test their difference.

    "back-calculation": what must be added to the direct estimate to give that of the network,
    (network - π·direct)/(1 - π) with π the proportion of direct evidence (König, Krahn & Binder
    2013; Dias et al., Stat Med 2010;29:932-944; default of R's netsplit). Not where indirect
    evidence is less than `least_indirect` of the whole.
    "SIDDE": indirect evidence from the studies that do not compare the two treatments, alone
    (Efthimiou et al., Stat Med 2019;38:2992-3012), with the network's τ².
    "side": a model with one more effect for the studies that compare both, half of it on either
    side in multi-arm studies, and τ² estimated anew (side-splitting: Dias et al. 2010; White,
    Stata J 2015;15:951-985, its symmetric form).

    Raises ValueError for unknown methods and models.
    """
    if method not in get_args(SplitMethod):
        raise ValueError(f"no way to split is called {method!r}; there are {get_args(SplitMethod)}")
    direct = direct_evidence(found, model=model)
    if method == "side":
        return _sides(found, direct, model)
    whole = found.estimates(model)
    tau2 = np.full(whole.se.shape, found.heterogeneity(model))
    if method == "SIDDE":
        effect, se = _without_direct(found, direct, model)
    else:
        left = 1.0 - direct.proportion
        left = np.where(left < least_indirect, np.nan, left)
        own = np.where(direct.studies > 0, direct.estimates.effect, 0.0)
        effect = (whole.effect - direct.proportion * own) / left
        se = whole.se / np.sqrt(left)
        np.fill_diagonal(effect, np.nan)
        np.fill_diagonal(se, np.nan)
    given = direct.estimates
    difference = estimates_of(given.effect - effect, np.hypot(given.se, se), found.level)
    indirect = estimates_of(effect, se, found.level)
    return _result(found, direct, model, method, (given, indirect, difference), tau2)


def _result(
    found: Network,
    direct: Direct,
    model: Model,
    method: SplitMethod,
    parts: tuple[Estimates, Estimates, Estimates],
    tau2: FloatArray,
) -> Split:
    once = [
        f"{found.treatments[i]}:{found.treatments[j]}"
        for i, j in zip(*np.nonzero(np.triu(direct.studies > 0)), strict=True)
        if math.isnan(parts[2].effect[i, j])
    ]
    notes: tuple[Note, ...] = ()
    if once:
        text = "Comparisons without indirect evidence: it cannot be set against the direct one."
        notes = (Note("no indirect evidence", text, tuple(once)),)
    return Split(method, model, found.treatments, direct.studies, *parts, tau2, notes)


def _without_direct(found: Network, direct: Direct, model: Model) -> tuple[FloatArray, FloatArray]:
    """Estimates without the studies of each comparison, NaN where these alone connect it."""
    whole = found.estimates(model)
    effect, se = whole.effect.copy(), whole.se.copy()
    np.fill_diagonal(effect, np.nan)
    np.fill_diagonal(se, np.nan)
    tau2 = found.heterogeneity(model)
    for i, j in zip(*np.nonzero(np.triu(direct.studies > 0)), strict=True):
        both = {found.treatments[i], found.treatments[j]}
        names = [
            one.study for one in found.contrasts.studies if not both <= set(one.treatments)
        ]  # fmt: skip
        effect[i, j] = effect[j, i] = se[i, j] = se[j, i] = np.nan
        for part in subnetworks(select(found.contrasts, names)):
            rest = network(part, tau2=0.0 if math.isnan(tau2) else tau2, level=found.level)
            if isinstance(rest, NoNetwork) or not both <= set(rest.treatments):
                continue
            at = tuple(rest.treatments.index(found.treatments[k]) for k in (i, j))
            value = rest.random.effect[at] + 0.0 * tau2
            effect[i, j], effect[j, i] = value, -value
            se[i, j] = se[j, i] = rest.random.se[at] + 0.0 * tau2
    return effect, se


def _sides(found: Network, direct: Direct, model: Model) -> Split:
    """One model per comparison, with an effect of its own for the studies that compare both."""
    size = len(found.treatments)
    whole = design_rows(found)
    parts = np.full((6, size, size), np.nan)  # effect and se: direct, indirect, difference
    used = np.full((size, size), np.nan)
    method = found.tau2_method
    for i, j in zip(*np.nonzero(np.triu(direct.studies > 0)), strict=True):
        both = {found.treatments[i], found.treatments[j]}
        side = np.array([both <= set(one.treatments) for one in found.contrasts.studies])
        extra = np.where(side[whole.study], (whole.x[:, i] - whole.x[:, j]) / 2.0, 0.0)
        x = np.column_stack([extra, whole.x[:, i], np.delete(whole.x, [i, j], axis=1)])
        if np.linalg.matrix_rank(x) < x.shape[1]:
            continue
        tau2 = found.heterogeneity(model)
        if model == "random" and method in get_args(Tau2Method):
            if x.shape[0] == x.shape[1]:
                continue
            tau2 = estimate_tau2(whole.y, whole.v, x, _named(method)).value
        one = fit(whole.y, whole.v + tau2, x)
        used[i, j] = used[j, i] = tau2
        for at, combination in enumerate(([1.0, 1.0], [0.0, 1.0], [1.0, 0.0])):
            effect = float(np.dot(combination, one.coefficients[:2]))
            se = float(np.linalg.norm(one.root[:, :2] @ combination))
            parts[2 * at, i, j], parts[2 * at, j, i] = effect, -effect
            parts[2 * at + 1, i, j] = parts[2 * at + 1, j, i] = se
    given, indirect, difference = (
        estimates_of(parts[at], parts[at + 1], found.level) for at in (0, 2, 4)
    )
    return _result(found, direct, model, "side", (given, indirect, difference), used)


def _named(method: str) -> Tau2Method:
    """The estimator of that name."""
    return next(name for name in get_args(Tau2Method) if name == method)
