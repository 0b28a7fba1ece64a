"""Bayesian random effects, against integrals done another way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from trialweave.stats.pooling.bayes import bayes
from trialweave.stats.pooling.bayes_priors import WEAKLY_INFORMATIVE, TauPrior

Y = np.array([0.31, -0.12, 0.55, 0.08, -0.42, 0.9])
V = np.array([0.02, 0.05, 0.11, 0.04, 0.09, 0.3])
HALF = TauPrior("half-normal", 0.5)
PRIORS: dict[TauPrior, Callable[[float], float]] = {
    HALF: lambda t: stats.halfnorm.pdf(t, scale=0.5),
    TauPrior("half-t", 0.3, 4.0): lambda t: 2 * stats.t.pdf(t, 4, scale=0.3),
    TauPrior("half-Cauchy", 0.5): lambda t: stats.halfcauchy.pdf(t, scale=0.5),
    TauPrior("exponential", 0.4): lambda t: stats.expon.pdf(t, scale=0.4),
    TauPrior("uniform", 0.7): lambda t: float(t <= 0.7) / 0.7,
    TauPrior("uniform"): lambda t: 1.0,
    TauPrior("Jeffreys"): lambda t: math.sqrt(np.sum((t / (V + t * t)) ** 2)),
}


class Slow:
    """The same posterior by matrices and adaptive integration over τ."""

    def __init__(
        self, prior: Callable[[float], float], mu_prior: tuple[float, float] | None = None
    ) -> None:
        self.prior, self.mu_prior = prior, mu_prior
        self.total = self.integral(lambda t: 1.0)

    def joint(self, t: float) -> float:
        v = V + t * t
        if self.mu_prior:
            mean, sd = self.mu_prior
            cover = np.diag(v) + sd**2
            density = stats.multivariate_normal.pdf(Y, np.full(6, mean), cover)
        else:
            w = 1 / v
            r = Y - np.average(Y, weights=w)
            density = math.exp(-0.5 * np.sum(np.log(v) + w * r * r)) / math.sqrt(w.sum())
        return float(density * self.prior(t))

    def given(self, t: float) -> tuple[float, float]:
        w = 1 / (V + t * t)
        if not self.mu_prior:
            return float(np.average(Y, weights=w)), float(1 / w.sum())
        mean, sd = self.mu_prior
        precision = w.sum() + sd**-2
        return float((w @ Y + mean / sd**2) / precision), float(1 / precision)

    def integral(self, function: Callable[[float], float]) -> float:
        def whole(t: float) -> float:
            return self.joint(t) * function(t)

        parts = [
            integrate.quad(whole, a, b, epsabs=0, epsrel=1e-11, limit=200)[0]
            for a, b in ((0, 0.7), (0.7, 5), (5, np.inf))
        ]
        return sum(parts)

    def expect(self, function: Callable[[float], float]) -> float:
        return self.integral(function) / self.total

    def cdf(self, x: float, *, further: bool = False) -> float:
        def at(t: float) -> float:
            mean, variance = self.given(t)
            return float(stats.norm.cdf(x, mean, math.sqrt(variance + further * t * t)))

        return self.expect(at)


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior.kind)
def test_summaries_are_integrals_over_tau(prior: TauPrior) -> None:
    slow, got = Slow(PRIORS[prior]), bayes(Y, V, tau_prior=prior)
    assert got.notes == ()
    mean = slow.expect(lambda t: slow.given(t)[0])
    square = slow.expect(lambda t: slow.given(t)[1] + (slow.given(t)[0] - mean) ** 2)
    assert got.mu.mean == got.prediction.mean == pytest.approx(mean, rel=1e-8)
    assert got.mu.sd == pytest.approx(math.sqrt(square), rel=1e-8)
    assert got.tau.mean == pytest.approx(slow.expect(lambda t: t), rel=1e-8)
    tau_square = slow.expect(lambda t: t * t)
    assert got.tau.sd == pytest.approx(math.sqrt(tau_square - got.tau.mean**2), rel=1e-7)
    assert got.prediction.sd == pytest.approx(math.sqrt(square + tau_square), rel=1e-8)
    for p, value in ((0.025, got.mu.low), (0.5, got.mu.median), (0.975, got.mu.high)):
        assert slow.cdf(value) == pytest.approx(p, abs=1e-9)
    for p, value in ((0.025, got.prediction.low), (0.975, got.prediction.high)):
        assert slow.cdf(value, further=True) == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior.kind)
def test_tau_and_the_shortest_intervals(prior: TauPrior) -> None:
    slow, got = Slow(PRIORS[prior]), bayes(Y, V, tau_prior=prior, level=0.9)
    assert got.tau_posterior is not None
    for p, value in ((0.05, got.tau.low), (0.5, got.tau.median), (0.95, got.tau.high)):
        below = integrate.quad(slow.joint, 0, value, epsabs=0, epsrel=1e-11)[0] / slow.total
        assert below == pytest.approx(p, abs=1e-9)
        assert got.tau_posterior.cdf(value) == pytest.approx(p, abs=1e-11)
        density = got.tau_posterior.density(value)
        assert density == pytest.approx(slow.joint(value) / slow.total, rel=1e-8)
    for what, posterior in (
        (got.tau, got.tau_posterior),
        (got.mu, got.mu_posterior),
        (got.prediction, got.prediction_posterior),
    ):
        assert posterior is not None
        low, high = what.shortest_low, what.shortest_high
        assert posterior.cdf(high) - posterior.cdf(low) == pytest.approx(0.9, abs=1e-9)
        assert high - low <= what.high - what.low
        if low > 0 or what is not got.tau:
            if posterior.density(high + 1e-9) > 0:  # else the bound of a uniform prior
                assert posterior.density(low) == pytest.approx(posterior.density(high), rel=1e-6)
        else:
            assert posterior.density(0.0) >= posterior.density(high)
        nearby = [what.mode * 0.99 - 0.001, what.mode * 1.01 + 0.001]
        assert posterior.density(what.mode) >= max(posterior.density(x) for x in nearby)
        assert low <= what.mode <= high
    assert got.tau_posterior.cdf(-1.0) == 0
    assert got.tau_posterior.density(-1.0) == 0
    assert got.tau_posterior.cdf(1e12) == 1


def test_a_prior_of_the_mean_and_bayes_factors() -> None:
    mu_prior = (0.2, 0.5)
    slow = Slow(PRIORS[HALF], mu_prior)
    got = bayes(Y, V, tau_prior=HALF, mu_prior=mu_prior)
    assert got.mu.mean == pytest.approx(slow.expect(lambda t: slow.given(t)[0]), rel=1e-9)
    assert slow.cdf(got.mu.high) == pytest.approx(0.975, abs=1e-9)
    none = stats.multivariate_normal.pdf(Y, np.full(6, 0.2), np.diag(V) + 0.25)
    assert got.factors.tau_zero == pytest.approx(none / slow.total, rel=1e-8)
    without = integrate.quad(
        lambda t: stats.norm.pdf(Y, 0, np.sqrt(V + t * t)).prod() * PRIORS[HALF](t), 0, 10,
        epsrel=1e-11,
    )[0]  # fmt: skip
    assert got.factors.mu_zero == pytest.approx(without / slow.total, rel=1e-8)
    flat = bayes(Y, V, tau_prior=HALF)
    assert math.isnan(flat.factors.mu_zero)
    assert flat.factors.tau_zero > 0
    assert math.isnan(bayes(Y, V, tau_prior=TauPrior("uniform")).factors.tau_zero)


@pytest.mark.parametrize("i", [0, 5])
def test_shrinkage(i: int) -> None:
    slow, got = Slow(PRIORS[HALF]), bayes([*Y, np.nan], [*V, 1.0], tau_prior=HALF)
    assert (got.k, got.left_out) == (6, 1)
    assert got.notes == ("1 without a usable effect and variance left out.",)
    assert np.isnan(got.shrinkage.mean[6])

    def own(t: float) -> tuple[float, float]:
        mean, variance = slow.given(t)
        pull = V[i] / (V[i] + t * t)
        return (
            pull * mean + (1 - pull) * Y[i],
            math.sqrt((1 - pull) * V[i] + pull**2 * variance),
        )

    def below(x: float) -> float:
        return slow.expect(lambda t: float(stats.norm.cdf(x, *own(t))))

    mean = slow.expect(lambda t: own(t)[0])
    square = slow.expect(lambda t: own(t)[1] ** 2 + (own(t)[0] - mean) ** 2)
    assert got.shrinkage.mean[i] == pytest.approx(mean, rel=1e-8)
    assert got.shrinkage.sd[i] == pytest.approx(math.sqrt(square), rel=1e-8)
    assert below(got.shrinkage.low[i]) == pytest.approx(0.025, abs=1e-8)
    assert below(got.shrinkage.high[i]) == pytest.approx(0.975, abs=1e-8)


def test_one_study_leaves_tau_to_its_prior() -> None:
    got = bayes([0.4], [0.09], tau_prior=HALF)
    assert got.tau.median == pytest.approx(stats.halfnorm.ppf(0.5, scale=0.5), rel=1e-9)
    assert got.tau.high == pytest.approx(stats.halfnorm.ppf(0.975, scale=0.5), rel=1e-9)
    assert got.tau.shortest_low == 0
    assert got.mu.median == pytest.approx(0.4)
    assert got.mu.sd == pytest.approx(math.sqrt(0.09 + 0.25), rel=1e-9)
    assert got.factors.tau_zero == pytest.approx(1)


def test_what_cannot_be_computed_is_said() -> None:
    none = bayes([], [], tau_prior=HALF)
    assert (none.k, none.mu_posterior) == (0, None)
    assert math.isnan(none.mu.mean)
    assert none.notes == ("No study has a usable effect and variance: nothing can be computed.",)
    flat = bayes([0.1, 0.9], [0.1, 0.1], tau_prior=TauPrior("uniform"))
    assert flat.tau_posterior is None
    assert "With 2 studies and this prior of τ the posterior is not a distribution" in flat.notes[0]
    one = bayes([0.1], [0.1], tau_prior=TauPrior("Jeffreys"))
    assert "With 1 study and this prior" in one.notes[0]
    # proper, but without moments: tails of τ^-2 and τ^-3
    heavy = bayes([0.1, 0.9], [0.1, 0.1], tau_prior=TauPrior("Jeffreys"))
    assert (heavy.tau.mean, heavy.tau.sd, heavy.mu.sd) == (math.inf,) * 3
    assert math.isnan(heavy.mu.mean)
    assert heavy.mu.median == pytest.approx(0.5)
    assert "not all means and variances exist" in heavy.notes[0]
    less = bayes([0.1, 0.9], [0.1, 0.1], tau_prior=TauPrior("half-Cauchy", 0.5))
    assert less.mu.mean == pytest.approx(0.5)
    assert math.isfinite(less.tau.mean)
    assert less.tau.sd == math.inf
    # a prior of the mean makes the uniform one enough for two studies
    assert bayes(
        [0.1, 0.9], [0.1, 0.1], tau_prior=TauPrior("uniform"), mu_prior=(0, 1)
    ).tau_posterior


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tau_prior": TauPrior("half-normal")}, "must be positive"),
        ({"tau_prior": TauPrior("half-Cauchy", -1.0)}, "must be positive"),
        ({"tau_prior": TauPrior("half-t", 1.0)}, "degrees of freedom"),
        ({"tau_prior": TauPrior("XX", 1.0)}, "unknown prior 'XX'"),  # type: ignore[arg-type]
        ({"tau_prior": HALF, "mu_prior": (0.0, 0.0)}, "prior of the mean"),
        ({"tau_prior": HALF, "mu_prior": (math.nan, 1.0)}, "prior of the mean"),
        ({"tau_prior": HALF, "level": 95}, "level"),
    ],
)
def test_misuse_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bayes(Y, V, **options)


def test_shapes_are_refused() -> None:
    for yi, vi in (([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])):
        with pytest.raises(ValueError, match="one shape"):
            bayes(yi, vi, tau_prior=HALF)


def test_units_sides_and_order_do_not_matter() -> None:
    plain = bayes(Y, V, tau_prior=HALF)
    for unit in (1e-6, 1e5):
        other = bayes(
            -Y[::-1] * unit, V[::-1] * unit**2, tau_prior=TauPrior("half-normal", 0.5 * unit)
        )
        assert -other.mu.low / unit == pytest.approx(plain.mu.high, rel=1e-8)
        assert -other.prediction.shortest_high / unit == pytest.approx(
            plain.prediction.shortest_low, rel=1e-6
        )
        assert other.tau.high / unit == pytest.approx(plain.tau.high, rel=1e-8)
        assert -other.shrinkage.low[::-1] / unit == pytest.approx(plain.shrinkage.high, rel=1e-8)


def test_many_studies_and_one_far_more_precise() -> None:
    rng = np.random.default_rng(2)
    many = bayes(rng.normal(0, 0.5, 400), np.full(400, 0.05), tau_prior=HALF)
    assert many.notes == ()
    assert many.tau.high - many.tau.low < 0.1
    apart = bayes([0.1, 0.2, 0.9, -0.4], [0.01, 0.5, 0.02, 1e-8], tau_prior=HALF)
    assert apart.notes == ()
    assert apart.mu_posterior is not None
    assert apart.mu_posterior.cdf(apart.mu.low) == pytest.approx(0.025, abs=1e-11)
    with pytest.raises(ValueError, match="between 0 and 1"):
        apart.mu_posterior.quantile(1.0)


def test_the_suggested_prior() -> None:
    assert set(WEAKLY_INFORMATIVE) == {"OR", "RR", "HR", "IRR"}
    assert {*WEAKLY_INFORMATIVE.values()} == {HALF}
    assert stats.halfnorm.ppf(0.95, scale=0.5) == pytest.approx(0.98, abs=0.001)
