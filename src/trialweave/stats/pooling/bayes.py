"""Bayesian random effects: the normal-normal model, by quadrature over τ instead of sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import elementwise

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one
from trialweave.stats.pooling.bayes_posterior import (
    UNKNOWN,
    Mixture,
    Summary,
    TauPosterior,
    summary,
    tau_posterior,
)
from trialweave.stats.pooling.bayes_priors import TauPrior

__all__ = ["Bayes", "BayesFactors", "Shrinkage", "bayes"]


class Shrinkage(NamedTuple):
    """Effects of the studies, each drawn towards the mean; NaN for studies left out."""

    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray


class BayesFactors(NamedTuple):
    """For τ = 0 against τ > 0 and for μ = 0 against another μ; above 1 speaks for 0.

    NaN where the prior in question is improper: the factor then depends on an arbitrary constant.
    """

    tau_zero: float
    mu_zero: float


@dataclass(frozen=True, eq=False)
class Bayes:
    """What is known of the mean, of τ and of a further study's effect, after the data.

    `mu`, `tau` and `prediction` have summaries; `mu_posterior` etc. give probabilities and
    densities at any point (`cdf`, `density`, `quantile`). With nothing computed the summaries are
    NaN, the posteriors None, and `notes` say why.
    """

    k: int
    left_out: int
    level: float
    tau_prior: TauPrior
    mu_prior: tuple[float, float] | None
    mu: Summary
    tau: Summary
    prediction: Summary
    shrinkage: Shrinkage
    factors: BayesFactors
    mu_posterior: Mixture | None
    tau_posterior: TauPosterior | None
    prediction_posterior: Mixture | None
    notes: tuple[str, ...]


class _Model(NamedTuple):
    """The data and the prior of the mean."""

    y: FloatArray
    v: FloatArray
    mu_prior: tuple[float, float] | None

    def _sums(self, tau: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Weights (n, k), precision of the mean, the mean (from y[0]) and the sum of squares."""
        w = 1.0 / (self.v + tau[:, None] ** 2)
        y = self.y - self.y[0]
        precision, total = w.sum(axis=1), w @ y
        centre = 0.0
        if self.mu_prior is not None:
            centre = self.mu_prior[0] - self.y[0]
            prior = self.mu_prior[1] ** -2
            precision, total = precision + prior, total + prior * centre
        mean = total / precision
        squares = (w * (y - mean[:, None]) ** 2).sum(axis=1)
        if self.mu_prior is not None:
            squares = squares + self.mu_prior[1] ** -2 * (mean - centre) ** 2
        return w, precision, mean, squares

    def log_likelihood(self, tau: FloatArray) -> FloatArray:
        """Of τ, with the mean integrated out; up to a constant."""
        w, precision, _, squares = self._sums(tau)
        return np.asarray(0.5 * (np.log(w).sum(axis=1) - np.log(precision) - squares))

    def given(self, tau: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of μ at each τ."""
        _, precision, mean, _ = self._sums(tau)
        return self.y[0] + mean, 1.0 / precision


def bayes(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau_prior: TauPrior,
    mu_prior: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Bayes:
    """Posterior of μ and τ in y ~ N(θ, v), θ ~ N(μ, τ²), for one set of k effects.

    `mu_prior` is the mean and standard deviation of a normal prior of μ, or None for a flat one.
    Given τ everything is normal; what is left is one integral over τ, done by Gauss-Legendre rules
    on panels that are halved until it settles (as R's bayesmeta in what it computes, Röver C. J
    Stat Softw 2020;93(6), not in how). Priors suggested for log ratios are in
    `bayes_priors.WEAKLY_INFORMATIVE`.

    Studies without a finite effect and a positive finite variance are left out and counted. Not
    computed, with a note: no study; an improper prior of τ where the studies are too few to make
    the posterior a distribution. Where the posterior of τ falls so slowly that moments do not
    exist, they are inf (means of μ NaN), and a note says so.

    Raises ValueError for shapes other than two equal (k,), unknown priors, scales that are not
    positive, a level outside 0 to 1.
    """
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must have one shape (k,)")
    tau_prior.check()
    if mu_prior is not None and not (math.isfinite(mu_prior[0]) and 0 < mu_prior[1] < math.inf):
        raise ValueError(f"the prior of the mean needs a finite mean and a positive sd: {mu_prior}")
    level = proportion_of_one(level)
    used = np.isfinite(y) & np.isfinite(v) & (v > 0.0)
    k = int(used.sum())
    notes = []
    if k < y.size:
        notes.append(f"{y.size - k} without a usable effect and variance left out.")
    # the marginal likelihood falls with τ^-(k - 1), with a prior of the mean τ^-k
    tail = tau_prior.tail + k - (mu_prior is None)
    missing = Shrinkage(*(np.full(y.shape, np.nan) for _ in range(4)))
    nothing = Bayes(
        k, y.size - k, level, tau_prior, mu_prior, UNKNOWN, UNKNOWN, UNKNOWN, missing,
        BayesFactors(math.nan, math.nan), None, None, None, (),
    )  # fmt: skip
    if k == 0 or tail <= 1.0:
        notes.append(
            "No study has a usable effect and variance: nothing can be computed."
            if k == 0
            else f"With {k} {'study' if k == 1 else 'studies'} and this prior of τ the posterior "
            "is not a distribution: a proper prior of τ is needed."
        )
        return replace(nothing, notes=tuple(notes))
    few = _Model(y[used], v[used], mu_prior)
    posterior = tau_posterior(few.log_likelihood, tau_prior, few.v, float(np.ptp(few.y)), tail)
    if not posterior.settled:
        notes.append("The quadrature over τ did not settle; the last value is given.")
    if tail <= 3.0:
        notes.append("The posterior of τ falls so slowly that not all means and variances exist.")
    mean, variance = few.given(posterior.nodes)
    mu = Mixture(posterior.weights, mean, np.sqrt(variance))
    further = Mixture(posterior.weights, mean, np.sqrt(variance + posterior.nodes**2))
    shrunk = tuple(np.full(y.shape, np.nan) for _ in range(4))
    for whole, part in zip(shrunk, _shrinkage(few, posterior, mean, variance, level), strict=True):
        whole[used] = part
    return replace(
        nothing,
        mu=_existing(summary(mu, level), tail),
        tau=_existing(summary(posterior, level), tail, positive=True),
        prediction=_existing(summary(further, level), tail),
        shrinkage=Shrinkage(*shrunk),
        factors=_factors(few, posterior, mu, tau_prior),
        mu_posterior=mu,
        tau_posterior=posterior,
        prediction_posterior=further,
        notes=tuple(notes),
    )


def _existing(found: Summary, tail: float, *, positive: bool = False) -> Summary:
    """Without the moments that do not exist where the posterior of τ falls with τ^-tail."""
    if tail <= 3.0:
        found = found._replace(sd=math.inf)
    if tail <= 2.0:
        found = found._replace(mean=math.inf if positive else math.nan)
    return found


def _shrinkage(
    few: _Model, posterior: TauPosterior, mean: FloatArray, variance: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean, sd and central interval of each study's own effect."""
    own = posterior.nodes[:, None] ** 2
    pull = few.v / (few.v + own)
    means = pull * mean[:, None] + (1.0 - pull) * few.y
    sds = np.sqrt((1.0 - pull) * few.v + pull**2 * variance[:, None])
    weights = posterior.weights
    centre = weights @ means
    spread = np.sqrt(weights @ (sds**2 + (means - centre) ** 2))

    def quantile(p: float) -> FloatArray:
        def excess(x: FloatArray, study: FloatArray) -> FloatArray:
            j = study.astype(np.int64)
            return np.asarray(weights @ special.ndtr((x - means[:, j]) / sds[:, j]) - p)

        reach = 40.0 * sds.max(axis=0)
        found = elementwise.find_root(
            excess,
            (means.min(axis=0) - reach, means.max(axis=0) + reach),
            args=(np.arange(centre.size, dtype=np.float64),),
            tolerances={"xatol": 0.0, "xrtol": 1e-13, "fatol": 1e-14, "frtol": 0.0},
        )
        return np.asarray(found.x)

    return centre, spread, quantile(0.5 - level / 2.0), quantile(0.5 + level / 2.0)


def _factors(
    few: _Model, posterior: TauPosterior, mu: Mixture, tau_prior: TauPrior
) -> BayesFactors:
    """By the marginal likelihoods, and by the ratio of densities (Dickey, Ann Stat 1971;42)."""
    tau_zero = mu_zero = math.nan
    if tau_prior.proper:
        at_zero = float(few.log_likelihood(np.zeros(1))[0])
        tau_zero = math.exp(min(700.0, at_zero - posterior.log_total))
    if few.mu_prior is not None:
        centre, sd = few.mu_prior
        prior = math.exp(-0.5 * (centre / sd) ** 2) / (sd * math.sqrt(2.0 * math.pi))
        mu_zero = mu.density(0.0) / prior if prior > 0.0 else math.inf
    return BayesFactors(tau_zero, mu_zero)
