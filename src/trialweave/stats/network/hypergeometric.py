"""Network meta-analysis of odds ratios by the conditional likelihood of the counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import optimize, special
from scipy.sparse import csgraph

from trialweave.stats._arrays import FloatArray, proportion_of_one
from trialweave.stats.network._counts import CountNetwork, counts_by_design, shape_of
from trialweave.stats.network.contrasts import Note, treatments_of
from trialweave.stats.network.model import NoNetwork, estimates_of, no_network

__all__ = ["Likelihood", "log_likelihood", "network_conditional"]

Likelihood = Literal["approximate", "exact"]

_STEPS = 100
_LONGEST = 5.0  # step of log odds: where one arm has nearly all patients, Newton's knows no end
_TOLERANCE = 1e-20  # of Newton's decrement: twice the log-likelihood still to be gained

_NOT_FINITE = (
    "The likelihood rises without end: some treatments have no event, or events only, wherever "
    "others could tell. There are no estimates."
)
_NOT_CONVERGED = "The iteration did not settle: there are no estimates."


class _Table(NamedTuple):
    """One study: places of its treatments, events and sizes of its arms."""

    place: npt.NDArray[np.int64]
    events: FloatArray
    n: FloatArray


class _Derivatives(NamedTuple):
    """Log-likelihood, its gradient and minus its second derivatives, by treatment."""

    value: float
    score: FloatArray
    information: FloatArray


def network_conditional(
    study: Sequence[str],
    treatment: Sequence[str],
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    likelihood: Likelihood = "approximate",
    level: float = 0.95,
    order: Sequence[str] | None = None,
) -> CountNetwork | NoNetwork:
    """Common odds ratios from arms, one a row, given the events of each study; no correction.

    Given the number of events of a study, those of its arms follow Fisher's noncentral
    hypergeometric distribution (Stijnen, Hamza & Özdemir, Stat Med 2010;29:3046-3067).
    "exact": that likelihood. "approximate": its limit for rare events, a multinomial one with
    probabilities in proportion to n·exp(log odds) (ibid.; Efthimiou et al., Stat Med
    2019;38:2992-3012: R's netmetabin, method "NCH"); where events are not rare it is nearer to a
    risk ratio and drawn towards 1. Newton's method; what is left out, `NoNetwork` and errors as
    for `network_mantel_haenszel`. There is no test of inconsistency. The exact likelihood needs
    whole numbers.
    """
    level = proportion_of_one(level)
    if likelihood not in get_args(Likelihood):
        raise ValueError(
            f"no likelihood is called {likelihood!r}; there are {get_args(Likelihood)}"
        )
    designs, notes = counts_by_design(study, treatment, events, n)
    shape = shape_of(designs)
    treatments = treatments_of(shape, order)
    broken = no_network(shape, treatments)
    if broken is not None:
        return replace(broken, notes=(*notes, *broken.notes))
    index = {name: i for i, name in enumerate(treatments)}
    tables = [
        _Table(np.array([index[name] for name in one.treatments]), e, m)
        for one in designs
        for e, m in zip(one.events, one.n, strict=True)
    ]
    if likelihood == "exact" and any((table.events % 1.0).any() for table in tables):
        raise ValueError("the exact likelihood needs whole numbers of events")
    theta, root = np.full(len(treatments), np.nan), np.zeros((len(treatments), len(treatments)))
    if likelihood == "exact" and not _finite(tables, theta.size):
        notes.append(Note("not finite", _NOT_FINITE))
    else:
        theta, information = _maximise(tables, theta.size, likelihood)
        root[1:, 1:] = np.linalg.cholesky(np.linalg.inv(information[1:, 1:]))
        if math.isnan(theta[0]):
            notes.append(Note("not converged", _NOT_CONVERGED))
    variance = ((root[:, None] - root) ** 2).sum(axis=2)
    effect = theta[:, None] - theta
    return CountNetwork(
        method=f"conditional, {likelihood}",
        treatments=treatments,
        studies=tuple(one.study for one in shape.studies),
        level=level,
        common=estimates_of(effect, np.sqrt(variance) + 0.0 * effect, level),
        q=math.nan,
        df=0,
        q_p=math.nan,
        notes=tuple(notes),
    )


def log_likelihood(
    study: Sequence[str],
    treatment: Sequence[str],
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    log_odds: dict[str, float],
    *,
    likelihood: Likelihood = "approximate",
) -> float:
    """The conditional log-likelihood at given log odds (up to a constant of the data)."""
    designs, _ = counts_by_design(study, treatment, events, n)
    total = 0.0
    for one in designs:
        theta = np.array([log_odds[name] for name in one.treatments])
        for e, m in zip(one.events, one.n, strict=True):
            total += _STUDY[likelihood](e, m, theta).value
    return total


def _finite(tables: Sequence[_Table], size: int) -> bool:
    """Whether the exact likelihood has its maximum at finite odds ratios.

    Raising some odds without end never lowers the likelihood if wherever another treatment has
    an event, these have events only: there must be ways both to and fro.
    """
    way = np.zeros((size, size), dtype=bool)
    for table in tables:
        way[np.ix_(table.place[table.events > 0.0], table.place[table.events < table.n])] = True
    return int(csgraph.connected_components(way, connection="strong")[0]) == 1


def _maximise(
    tables: Sequence[_Table], size: int, likelihood: Likelihood
) -> tuple[FloatArray, FloatArray]:
    """The log odds against the first treatment, and the information there.

    The log-likelihood is concave, and finite at its maximum since every arm of a design has
    events in some study: Newton's method with steps of bounded length, halved where they do not
    rise. NaN where it does not settle.
    """
    theta = np.zeros(size)
    here = _at(tables, theta, likelihood)
    for _ in range(_STEPS):
        step = np.concatenate([[0.0], np.linalg.solve(here.information[1:, 1:], here.score[1:])])
        decrement = float(step @ here.score)
        if decrement <= _TOLERANCE * max(1.0, abs(here.value)):
            return theta, here.information
        step *= min(1.0, _LONGEST / np.abs(step).max())
        shrink = 1.0
        there = _at(tables, theta + step, likelihood)
        while not there.value >= here.value - 1e-12 * abs(here.value) and shrink > 1e-6:
            shrink /= 2.0
            there = _at(tables, theta + shrink * step, likelihood)
        theta, here = theta + shrink * step, there
    return np.full(size, np.nan), here.information


def _at(tables: Sequence[_Table], theta: FloatArray, likelihood: Likelihood) -> _Derivatives:
    """The sum over studies."""
    value, score = 0.0, np.zeros(theta.size)
    information = np.zeros((theta.size, theta.size))
    for table in tables:
        one = _STUDY[likelihood](table.events, table.n, theta[table.place])
        value += one.value
        score[table.place] += one.score
        information[np.ix_(table.place, table.place)] += one.information
    return _Derivatives(value, score, information)


def _multinomial(events: FloatArray, n: FloatArray, theta: FloatArray) -> _Derivatives:
    weight = np.log(n) + theta
    log_p = weight - special.logsumexp(weight)
    p, total = np.exp(log_p), events.sum()
    return _Derivatives(
        float(events @ log_p), events - total * p, total * (np.diag(p) - np.outer(p, p))
    )


def _noncentral(events: FloatArray, n: FloatArray, theta: FloatArray) -> _Derivatives:
    """Moments of the events of each arm, given their sum, by convolution.

    Arms are taken as binomial with odds λ·exp(θ), λ such that the expected sum is the sum that
    was seen; given the sum λ makes no difference, and no number is then too small for its type.
    """
    total = int(events.sum())
    shift = optimize.brentq(
        lambda at: float(n @ special.expit(theta + at)) - total,
        -float(theta.max()) - 60.0, -float(theta.min()) + 60.0,
    )  # fmt: skip
    p = special.expit(theta + shift)
    pmf = [_binomial(int(size), total, q) for size, q in zip(n, p, strict=True)]
    chance = _chance_of_sum(pmf, total)
    arms = range(n.size)
    count = np.arange(total + 1, dtype=np.float64)
    mean = np.zeros(n.size)
    square = np.zeros((n.size, n.size))
    for i in arms:
        weighted = [count[: f.size] * f if k == i else f for k, f in enumerate(pmf)]
        mean[i] = _chance_of_sum(weighted, total) / chance
        for j in range(i + 1):
            twice = [count[: f.size] * f if k == j else f for k, f in enumerate(weighted)]
            square[i, j] = square[j, i] = _chance_of_sum(twice, total) / chance
    value = events @ (theta + shift) - math.log(chance) + n @ np.log1p(-p)
    return _Derivatives(float(value), events - mean, square - np.outer(mean, mean))


def _binomial(size: int, most: int, p: float) -> FloatArray:
    """The probabilities of 0, 1, … events, up to `most`."""
    x = np.arange(min(size, most) + 1, dtype=np.float64)
    choose = special.gammaln(size + 1.0) - special.gammaln(x + 1.0) - special.gammaln(size - x + 1)
    return np.asarray(np.exp(choose + x * math.log(p) + (size - x) * math.log1p(-p)))


def _chance_of_sum(factors: Sequence[FloatArray], total: int) -> float:
    """The convolution of all factors, at the total."""
    whole = factors[0]
    for factor in factors[1:-1]:
        whole = np.convolve(whole, factor)[: total + 1]
    last = factors[-1]
    x = np.arange(max(0, total - last.size + 1), min(whole.size - 1, total) + 1)
    return float(whole[x] @ last[total - x])


_STUDY = {"approximate": _multinomial, "exact": _noncentral}
