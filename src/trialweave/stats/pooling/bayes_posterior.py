"""Posterior distributions on a grid of τ: of τ itself, and of what is normal given τ."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray
from trialweave.stats.pooling.bayes_priors import TauPrior

__all__ = [
    "UNKNOWN",
    "Mixture",
    "Posterior",
    "Summary",
    "TauPosterior",
    "summary",
    "tau_posterior",
]

_NODES = 12  # of each panel
_PANELS = 128
_FEWEST_PANELS = 32
_MOST_PANELS = 4096
_TOLERANCE = 1e-11
_NEGLIGIBLE = 46.0  # of a log density below its maximum: 1e-20
_TAILS, _POINTS = 65, 513  # tried for the shortest interval, and of the distribution function


class Summary(NamedTuple):
    """Mode, median, mean, sd, and the central and the shortest interval of the level chosen."""

    mode: float
    median: float
    mean: float
    sd: float
    low: float
    high: float
    shortest_low: float
    shortest_high: float


UNKNOWN = Summary(*(math.nan,) * 8)


class Posterior(Protocol):
    """A distribution of one number."""

    def cdf(self, x: float) -> float:
        """Probability of x or less."""
        ...

    def density(self, x: float) -> float:
        """Density at x."""
        ...

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        ...

    @property
    def middle(self) -> tuple[float, float]:
        """A typical number and a typical width, which exist even where moments do not."""
        ...

    @property
    def range(self) -> tuple[float, float]:
        """Numbers between which all but a negligible part lies; the low end may be a bound."""
        ...


@dataclass(frozen=True, eq=False)
class Mixture:
    """Normal distributions, weighted by the posterior of τ."""

    weights: FloatArray
    means: FloatArray
    sds: FloatArray

    def cdf(self, x: float) -> float:
        """Probability of x or less."""
        return float(self.weights @ special.ndtr((x - self.means) / self.sds))

    def density(self, x: float) -> float:
        """Density at x."""
        z = (x - self.means) / self.sds
        return float(self.weights @ (np.exp(-0.5 * z * z) / self.sds) / math.sqrt(2.0 * math.pi))

    def quantile(self, p: float) -> float:
        """The x with probability p of x or less; 0 < p < 1."""
        return _quantile(self, p)

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        mean = float(self.weights @ self.means)
        variance = float(self.weights @ (self.sds**2 + (self.means - mean) ** 2))
        return mean, math.sqrt(variance)

    @property
    def middle(self) -> tuple[float, float]:
        """Weighted medians of the means and of the standard deviations."""
        return _median(self.means, self.weights), _median(self.sds, self.weights)

    @property
    def range(self) -> tuple[float, float]:
        """Ends far beyond every quantile that can be asked for."""
        counts = self.weights > 0.0
        means, reach = self.means[counts], 9.0 * self.sds[counts]
        return float((means - reach).min()), float((means + reach).max())


@dataclass(frozen=True, eq=False)
class TauPosterior:
    """τ: nodes and their probabilities, the panels they lie in, and the density anywhere."""

    nodes: FloatArray
    weights: FloatArray
    edges: FloatArray  # of the panels, in u = asinh(τ/unit)
    below: FloatArray  # probability left of each edge
    unit: float
    log_total: float
    log_density: Callable[[FloatArray], FloatArray]
    settled: bool

    def cdf(self, x: float) -> float:
        """Probability of x or less."""
        u = math.asinh(max(x, 0.0) / self.unit)
        j = int(np.searchsorted(self.edges, u, side="right")) - 1
        if j < 0:
            return 0.0
        if j >= self.below.size - 1:
            return 1.0
        left = float(self.edges[j])
        _, log_mass = _panel_nodes(np.array([left, u]), self.unit, self.log_density)
        return float(self.below[j] + np.exp(log_mass - self.log_total).sum())

    def density(self, x: float) -> float:
        """Density at x; 0 below 0."""
        if x < 0.0:
            return 0.0
        return float(np.exp(self.log_density(np.array([x]))[0] - self.log_total))

    def quantile(self, p: float) -> float:
        """The x with probability p of x or less; 0 < p < 1."""
        return _quantile(self, p)

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        mean = float(self.weights @ self.nodes)
        return mean, math.sqrt(float(self.weights @ (self.nodes - mean) ** 2))

    @property
    def middle(self) -> tuple[float, float]:
        """The median node, as place and as width."""
        return 0.0, _median(self.nodes, self.weights)

    @property
    def range(self) -> tuple[float, float]:
        """The first and the last edge."""
        return self.unit * math.sinh(self.edges[0]), self.unit * math.sinh(self.edges[-1])


def _median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])


@functools.cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    x, share = np.polynomial.legendre.leggauss(_NODES)
    return x, share


def _panel_nodes(
    edges: FloatArray, unit: float, log_density: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """τ at the nodes of the panels, and the logs of their masses before normalisation."""
    x, share = _legendre()
    half = 0.5 * np.diff(edges)[:, None]
    u = (edges[:-1, None] + half * (1.0 + x)).ravel()
    tau = unit * np.sinh(u)
    with np.errstate(divide="ignore"):
        log_step = np.log((half * share).ravel())
    return tau, log_density(tau) + np.log(unit * np.cosh(u)) + log_step


def tau_posterior(
    log_likelihood: Callable[[FloatArray], FloatArray],
    prior: TauPrior,
    v: FloatArray,
    spread: float,
    tail: float,
) -> TauPosterior:
    """The posterior of τ, which falls with τ^-`tail` (more than 1), for effects over `spread`.

    In u = asinh(τ/unit) the density is smooth near 0 and falls exponentially. The search starts
    from 0 to where less than 1e-16 lies beyond, narrows to where the density counts, and halves
    panels until the total and the first two moments of log(1 + τ/unit) settle.
    """
    unit = math.sqrt(float(v.min()))
    data = max(math.sqrt(float(v.max())), spread)
    finite = prior.scale if math.isfinite(prior.scale) else 0.0
    far = max(data, finite) * math.exp(min(37.0 / (tail - 1.0), 300.0))
    end = math.asinh(min(prior.end, far * 10.0) / unit)

    def log_density(tau: FloatArray) -> FloatArray:
        return log_likelihood(tau) + prior.log_density(tau, v)

    low, high = 0.0, end
    for _ in range(6):
        edges = np.linspace(low, high, _PANELS + 1)
        _, log_mass = _panel_nodes(edges, unit, log_density)
        best = log_mass.reshape(_PANELS, _NODES).max(axis=1)
        counts = np.flatnonzero(best > best.max() - _NEGLIGIBLE)
        first, last = max(0, counts[0] - 1), min(_PANELS, counts[-1] + 2)
        narrow = (last - first) < 0.6 * _PANELS
        low, high = float(edges[first]), float(edges[last])
        if not narrow:
            break
    panels, before, settled = _FEWEST_PANELS, np.full(3, np.nan), False
    while True:
        edges = np.linspace(low, high, panels + 1)
        tau, log_mass = _panel_nodes(edges, unit, log_density)
        top = float(log_mass.max())
        mass = np.exp(log_mass - top)
        total = float(mass.sum())
        weights = mass / total
        logs = np.log1p(tau / unit)
        measures = np.array([math.log(total) + top, weights @ logs, weights @ logs**2])
        settled = bool(np.all(np.abs(measures - before) <= _TOLERANCE * (1.0 + np.abs(measures))))
        if settled or panels >= _MOST_PANELS:
            break
        panels, before = 2 * panels, measures
    below = np.concatenate([[0.0], np.cumsum(weights.reshape(panels, _NODES).sum(axis=1))])
    log_total = math.log(total) + top
    keep = weights > 1e-20
    return TauPosterior(
        tau[keep], weights[keep], edges, below, unit, log_total, log_density, settled
    )


class _Scale(NamedTuple):
    """asinh of numbers in units of the spread, as heavy tails reach over many magnitudes."""

    middle: float
    unit: float
    first: float
    last: float

    def at(self, u: float) -> float:
        """The number at u."""
        return self.middle + self.unit * math.sinh(u)


def _scale(what: Posterior) -> _Scale:
    low, high = what.range
    at, unit = what.middle
    return _Scale(at, unit, math.asinh((low - at) / unit), math.asinh((high - at) / unit))


def _quantile(what: Posterior, p: float) -> float:
    if not 0.0 < p < 1.0:
        raise ValueError(f"a quantile needs a probability between 0 and 1, not {p:g}")
    scale = _scale(what)
    low, high = what.range

    def excess(u: float) -> float:
        return what.cdf(scale.at(u)) - p

    if excess(scale.first) >= 0.0:
        return low
    if excess(scale.last) <= 0.0:
        return high
    return scale.at(optimize.brentq(excess, scale.first, scale.last, xtol=1e-14, rtol=1e-14))


def summary(what: Posterior, level: float) -> Summary:
    """Mode, median, moments and both intervals."""
    mean, sd = what.moments
    tail = (1.0 - level) / 2.0
    shortest = _shortest(what, level)
    return Summary(
        _mode(what, shortest), _quantile(what, 0.5), mean, sd,
        _quantile(what, tail), _quantile(what, 1.0 - tail), *shortest,
    )  # fmt: skip


def _mode(what: Posterior, within: tuple[float, float]) -> float:
    """The highest density, inside the shortest interval: there it is."""
    low, high = within
    grid = np.linspace(low, high, 129)
    heights = [what.density(float(x)) for x in grid]
    best = int(np.argmax(heights))
    a, b = float(grid[max(0, best - 1)]), float(grid[min(128, best + 1)])
    found = optimize.minimize_scalar(
        lambda x: -what.density(float(x)), bounds=(a, b), method="bounded",
        options={"xatol": 1e-9 * (b - a)},
    )  # fmt: skip
    return low if heights[0] >= -found.fun else float(found.x)


def _shortest(what: Posterior, level: float) -> tuple[float, float]:
    """The shortest interval with probability `level`.

    The best of a grid of lower tails first, by interpolation; then the lower tail at which the
    densities at both ends are equal, or none where the density falls from its lower bound on.
    """
    scale = _scale(what)
    points = np.array([scale.at(float(u)) for u in np.linspace(scale.first, scale.last, _POINTS)])
    heights = np.array([what.cdf(float(x)) for x in points])
    grid = np.linspace(0.0, 1.0 - level, _TAILS)
    width = np.interp(grid + level, heights, points) - np.interp(grid, heights, points)
    best = int(np.argmin(width[:-1]))

    def ends(tail: float) -> tuple[float, float]:
        return (what.range[0] if tail <= 0.0 else _quantile(what, tail)), _quantile(
            what, tail + level
        )

    def excess(tail: float) -> float:
        a, b = ends(tail)
        return what.density(b) - what.density(a)

    left, right = float(grid[max(0, best - 2)]), float(grid[min(_TAILS - 2, best + 2)])
    at_left = excess(left)
    if left == 0.0 and at_left <= 0.0:
        return ends(0.0)
    if at_left * excess(right) > 0.0:
        return ends(float(grid[best]))
    return ends(float(optimize.brentq(excess, left, right, xtol=1e-15, rtol=1e-12)))
