"""Binomial- and Poisson-normal models, against the integral they stand for, computed otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats

from trialweave.stats.pooling import Mixed, glmm, glmm_proportions, glmm_rates
from trialweave.stats.pooling._mixed import MIXED_FLAGS

# Invented tables: heterogeneous, with zero cells, one study without events, one with events only.
A, N1 = [3, 0, 12, 1, 9, 0, 7], [40, 25, 90, 60, 33, 12, 7]
C, N2 = [7, 2, 10, 6, 3, 0, 9], [38, 27, 101, 55, 35, 14, 9]
KEPT = slice(0, 5)
MODELS = ("UM.FS", "UM.RS", "CM.AL", "CM.EL")


def table() -> list[np.ndarray]:
    return [np.array(column[KEPT], dtype=float) for column in (A, N1, C, N2)]


Z = np.linspace(-9.0, 9.0, 601)
DENSITY = stats.norm.pdf(Z) * (Z[1] - Z[0])


def normal_integral(likelihood: Callable[[np.ndarray], np.ndarray], tau: float) -> float:
    """By the trapezoidal rule in the prior's own steps, 0.03 of its standard deviation."""
    return float(likelihood(tau * Z) @ DENSITY)


def study(model: str, i: int, mu: float) -> Callable[[np.ndarray], np.ndarray]:
    a, n1, c, n2 = (float(column[i]) for column in table())

    def by_chance(u: np.ndarray) -> np.ndarray:
        if model == "CM.AL":
            p = special.expit(mu + u + math.log(n1 / n2))
            return np.asarray(stats.binom.pmf(a, a + c, p))
        x = np.arange(max(0, a + c - n2), min(n1, a + c) + 1)
        ways = special.comb(n1, x) * special.comb(n2, a + c - x)
        shares = ways * np.exp(np.multiply.outer(mu + u, x))
        return np.asarray(shares[:, x == a][:, 0] / shares.sum(axis=1))

    return by_chance


@pytest.mark.parametrize("model", ["CM.AL", "CM.EL"])
def test_the_conditional_models_maximise_the_integral(model: Any) -> None:
    found = glmm(model, *table())
    assert found.converged
    assert not found.flags["nodes"]
    tau = math.sqrt(found.tau2)

    def height(mu: float, t: float) -> float:
        return sum(math.log(normal_integral(study(model, i, mu), t)) for i in range(5))

    here = height(found.estimate, tau)
    assert found.log_likelihood == pytest.approx(here, abs=1e-8)
    h = 0.02
    around = np.array(
        [[height(found.estimate + i * h, tau + j * h) for j in (-1, 0, 1)] for i in (-1, 0, 1)]
    )
    second = np.array(
        [
            [around[2, 1] - 2 * here + around[0, 1], 0.0],
            [0.0, around[1, 2] - 2 * here + around[1, 0]],
        ]
    )
    second[0, 1] = second[1, 0] = (around[2, 2] - around[2, 0] - around[0, 2] + around[0, 0]) / 4
    slope = np.array([around[2, 1] - around[0, 1], around[1, 2] - around[1, 0]]) / (2 * h)
    assert slope == pytest.approx([0, 0], abs=1e-3)
    assert found.se == pytest.approx(math.sqrt(np.linalg.inv(-second / h**2)[0, 0]), rel=2e-3)


def test_fixed_study_effects_maximise_the_integral() -> None:
    found = glmm("UM.FS", *table())
    a, n1, c, n2 = table()

    def height(mu: float, tau: float) -> float:
        total = 0.0
        for i in range(5):

            def of_level(g: float, i: int = i) -> float:
                def both(u: np.ndarray) -> np.ndarray:
                    half = (mu + u) / 2
                    first = stats.binom.pmf(a[i], n1[i], special.expit(g + half))
                    return np.asarray(first * stats.binom.pmf(c[i], n2[i], special.expit(g - half)))

                return -math.log(normal_integral(both, tau))

            best = optimize.minimize_scalar(of_level, bounds=(-6, 4), method="bounded")
            total -= best.fun
        return total

    tau = math.sqrt(found.tau2)
    here = height(found.estimate, tau)
    assert found.log_likelihood == pytest.approx(here, abs=1e-6)
    for step in ((0.05, 0.0), (-0.05, 0.0), (0.0, 0.05), (0.0, -0.05)):
        assert height(found.estimate + step[0], tau + step[1]) < here


def test_random_study_effects_integrate_in_two_directions() -> None:
    found = glmm("UM.RS", *table())
    a, n1, c, n2 = table()
    x, w = np.polynomial.hermite_e.hermegauss(120)
    w = w / w.sum()
    total = 0.0
    for i in range(5):
        level = found.baseline + math.sqrt(found.baseline_variance) * x[:, None]
        half = (found.estimate + math.sqrt(found.tau2) * x[None, :]) / 2
        both = stats.binom.pmf(a[i], n1[i], special.expit(level + half))
        both = both * stats.binom.pmf(c[i], n2[i], special.expit(level - half))
        total += math.log(w @ both @ w)
    assert found.log_likelihood == pytest.approx(total, abs=1e-7)
    assert found.baseline < 0
    assert found.baseline_variance > 0


def test_proportions_and_rates_maximise_the_integral() -> None:
    x, n = np.array([3, 10, 0, 22, 7]), np.array([20, 25, 9, 40, 31])
    found = glmm_proportions(x, n)

    def height(mu: float, tau: float) -> float:
        total = 0.0
        for events, size in zip(x, n, strict=True):
            total += math.log(
                normal_integral(
                    lambda u, e=events, s=size: stats.binom.pmf(e, s, special.expit(mu + u)),
                    tau,
                )
            )
        return total

    tau = math.sqrt(found.tau2)
    here = height(found.estimate, tau)
    assert found.log_likelihood == pytest.approx(here, abs=1e-8)
    assert height(found.estimate + 0.05, tau) < here > height(found.estimate - 0.05, tau)
    assert height(found.estimate, tau + 0.05) < here > height(found.estimate, tau - 0.05)
    events1, times1, events2, times2 = (
        [7, 3, 1, 17],
        [134, 600, 73, 676],
        [11, 9, 8, 15],
        [198, 350, 91, 684],
    )
    exact = glmm_rates("CM.EL", events1, times1, events2, times2)
    # conditional on their sum the counts are binomial: CM.AL with times for sizes
    shares = glmm_rates("UM.FS", events1, times1, events2, times2)
    same = glmm("CM.AL", events1, times1, events2, times2)
    for name in ("estimate", "se", "tau2", "log_likelihood", "lrt", "q"):
        assert getattr(exact, name) == pytest.approx(getattr(same, name), rel=1e-9)
    assert exact.measure == "IRR"
    # whether levels are fixed or conditioned on is the same for Poisson counts without τ²
    assert shares.lrt == pytest.approx(exact.lrt, rel=1e-8)
    scaled = glmm_rates("UM.FS", events1, np.multiply(times1, 12), events2, np.multiply(times2, 12))
    assert scaled.estimate == pytest.approx(shares.estimate, abs=1e-8)
    assert scaled.se == pytest.approx(shares.se, rel=1e-7)
    doubled = glmm_rates("CM.EL", events1, np.multiply(times1, 2.0), events2, times2)
    assert doubled.estimate == pytest.approx(exact.estimate - math.log(2), abs=1e-8)


def test_numbers_of_lme4() -> None:
    # R 4.2.2, lme4 1.1-31, glmer with tolPwrss 1e-10 and bobyqa to 1e-10, of invented tables
    cells = ([0, 1, 2, 0, 1], [1000, 200, 300, 500, 50], [2, 0, 1, 1, 0], [100, 400, 900, 80, 500])
    for nodes, estimate, se, tau2 in (
        (7, 0.136522957, 3.772383754, 52.188147636),
        (15, 0.138516712, 4.275836357, 66.870414039),
        (25, 0.153908676, 4.433380135, 70.230327720),
    ):
        found = glmm("CM.AL", *cells, nodes=nodes)
        assert found.estimate == pytest.approx(estimate, abs=1e-5)
        assert found.se == pytest.approx(se, rel=1e-5)
        assert found.tau2 == pytest.approx(tau2, rel=1e-5)
    # 25 nodes are not enough where effects are that heterogeneous
    assert glmm("CM.AL", *cells).tau2 == pytest.approx(69.4147621, rel=1e-7)


@pytest.mark.parametrize("model", MODELS)
def test_order_and_swapping_and_information(model: Any) -> None:
    a, n1, c, n2 = table()
    nodes = 7 if model == "UM.RS" else None
    plain = glmm(model, a, n1, c, n2, nodes=nodes)
    other = glmm(model, a[::-1], n1[::-1], c[::-1], n2[::-1], nodes=nodes)
    swapped = glmm(model, c, n2, a, n1, nodes=nodes)
    for name in ("estimate", "se", "tau2", "log_likelihood", "lrt", "i2"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name), rel=1e-6, abs=1e-7)
    assert swapped.estimate == pytest.approx(-plain.estimate, rel=1e-6)
    assert swapped.se == pytest.approx(plain.se, rel=1e-6)
    assert (swapped.low, swapped.high) == pytest.approx((-plain.high, -plain.low), rel=1e-6)
    # studies without information change nothing but the count of those left out
    more = glmm(model, A, N1, C, N2, nodes=nodes)
    assert more.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert (more.k, more.left_out, plain.left_out) == (5, 2, 0)
    assert "2 studies without information on the effect left out." in more.notes


def test_what_follows_from_the_fit() -> None:
    found = glmm("CM.AL", *table())
    assert found.low == pytest.approx(found.estimate - 1.959963984540054 * found.se)
    assert found.high == pytest.approx(found.estimate + 1.959963984540054 * found.se)
    assert found.statistic == pytest.approx(found.estimate / found.se)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.statistic)))
    wide = stats.t.ppf(0.975, 4) * math.sqrt(found.tau2 + found.se**2)
    assert found.pi_low == pytest.approx(found.estimate - wide)
    assert found.pi_high == pytest.approx(found.estimate + wide)
    by_t = glmm("CM.AL", *table(), interval="t", level=0.9)
    assert by_t.df == 4
    assert by_t.high == pytest.approx(by_t.estimate + stats.t.ppf(0.95, 4) * by_t.se)
    assert by_t.p == pytest.approx(2 * stats.t.sf(abs(by_t.statistic), 4))
    assert found.q_df == 4
    assert found.lrt_p == pytest.approx(stats.chi2.sf(found.lrt, 4))
    assert found.q_p == pytest.approx(stats.chi2.sf(found.q, 4))
    assert found.tau2_p == pytest.approx(stats.chi2.sf(found.tau2_lrt, 1) / 2)
    # heterogeneity by likelihood: own binomial shares against one odds ratio
    a, n1, c, n2 = table()
    own = stats.binom.logpmf(a, a + c, a / (a + c)).sum()
    one = optimize.minimize_scalar(
        lambda m: -stats.binom.logpmf(a, a + c, special.expit(m + np.log(n1 / n2))).sum()
    )
    assert found.lrt == pytest.approx(2 * (own + one.fun), abs=1e-6)
    # the Wald test has only studies with events in both arms
    some = (a > 0) & (c > 0)
    y = np.log(a[some] / c[some]) - np.log(n1[some] / n2[some])
    w = 1 / (1 / a[some] + 1 / c[some])
    assert found.q == pytest.approx(np.sum(w * (y - w @ y / w.sum()) ** 2))
    corrected = [np.where((a == 0) | (c == 0), 0.5, 0.0) + each for each in (a, n1 - a, c, n2 - c)]
    v = sum(1 / each for each in corrected)
    typical = 4 * np.sum(1 / v) / (np.sum(1 / v) ** 2 - np.sum(1 / v**2))
    assert found.i2 == pytest.approx(100 * found.tau2 / (found.tau2 + typical))
    assert found.h2 == pytest.approx(1 + found.tau2 / typical)


def test_equal_studies_have_a_common_effect() -> None:
    odds = math.log(6 * 32 / (34 * 8))
    for model, wanted in (("UM.FS", odds), ("CM.AL", math.log(6 / 8) - math.log(40 / 40))):
        found = glmm(model, [6] * 4, [40] * 4, [8] * 4, [40] * 4)  # type: ignore[arg-type]
        assert found.tau2 == 0.0
        assert found.estimate == pytest.approx(wanted, abs=1e-9)
        assert found.flags["no heterogeneity"]
        assert found.notes == (MIXED_FLAGS["no heterogeneity"],)
        assert (found.tau2_lrt, found.tau2_p) == (0.0, 1.0)
    fixed = glmm("UM.FS", [6] * 4, [40] * 4, [8] * 4, [40] * 4)
    assert fixed.se == pytest.approx(math.sqrt((1 / 6 + 1 / 34 + 1 / 8 + 1 / 32) / 4), rel=1e-7)
    exact = glmm("CM.EL", [6] * 4, [40] * 4, [8] * 4, [40] * 4)
    # the conditional estimate makes the mean of the margin's distribution the count
    mean = stats.nchypergeom_fisher.mean(80, 40, 14, math.exp(exact.estimate))
    assert mean == pytest.approx(6, abs=1e-8)
    variance = stats.nchypergeom_fisher.var(80, 40, 14, math.exp(exact.estimate))
    assert exact.se == pytest.approx(1 / math.sqrt(4 * variance), rel=1e-6)


def flagged(found: Mixed) -> set[str]:
    return {name for name, true in found.flags.items() if true}


def test_what_cannot_be_estimated_says_so() -> None:
    for model in MODELS:
        nothing = glmm(model, [0, 0], [10, 20], [0, 0], [11, 19])  # type: ignore[arg-type]
        assert math.isnan(nothing.estimate)
        assert flagged(nothing) == {"no studies", "left out"}
        one_arm = glmm(model, [1, 2], [10, 20], [0, 0], [11, 19])  # type: ignore[arg-type]
        assert math.isnan(one_arm.estimate)
        assert flagged(one_arm) == {"not estimable"}
        alone = glmm(model, [7], [14], [12], [15], nodes=7)  # type: ignore[arg-type]
        assert math.isnan(alone.tau2)
        assert math.isnan(alone.pi_low)
        assert (alone.lrt_p, alone.q_df) == (1.0, 0)
        assert "one study" in flagged(alone)
    assert glmm("UM.FS", [7], [14], [12], [15]).estimate == pytest.approx(
        math.log(7 * 3 / (7 * 12))
    )
    # every study rises without end in the odds ratio, though each arm has events and others
    endless = glmm("UM.FS", [3, 20], [10, 20], [0, 5], [10, 20])
    assert flagged(endless) == {"not estimable"}
    assert not math.isnan(glmm("CM.AL", [3, 20], [10, 20], [0, 5], [10, 20]).estimate)
    assert flagged(glmm_proportions([0, 0], [5, 6])) == {"not estimable"}
    assert flagged(glmm_proportions([], [])) == {"no studies"}
    assert flagged(glmm_proportions([0, 1], [0, 4])) == {"one study", "left out"}
    assert flagged(glmm_rates("UM.FS", [1, 2], [5, 5], [0, 0], [5, 5])) == {"not estimable"}
    assert flagged(glmm_rates("UM.RS", [0], [5], [0], [5])) == {"no studies", "left out"}


def test_double_zero_studies_inform_random_study_levels() -> None:
    dropped = glmm("UM.RS", A, N1, C, N2, nodes=7)
    kept = glmm("UM.RS", A, N1, C, N2, nodes=7, drop00=False)
    assert (dropped.k, kept.k, kept.left_out) == (5, 7, 0)
    assert kept.baseline_variance > dropped.baseline_variance
    assert math.isfinite(kept.q)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown method 'UM'"):
        glmm("UM", [1], [2], [1], [2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"unknown method 'CM\.AL'"):
        glmm_rates("CM.AL", [1], [2], [1], [2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown method 'HK'"):
        glmm_proportions([1], [2], interval="HK")  # type: ignore[arg-type]
    for nodes in (0, 201):
        with pytest.raises(ValueError, match="between 1 and 200"):
            glmm_proportions([1], [2], nodes=nodes)
    with pytest.raises(ValueError, match="one axis"):
        glmm("CM.AL", [[1]], [[2]], [[1]], [[2]])
    with pytest.raises(ValueError, match="whole number"):
        glmm("CM.AL", [1.5], [2], [1], [2])
    with pytest.raises(ValueError, match="whole numbers"):
        glmm_rates("UM.FS", [1.5], [2], [1], [2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        glmm_proportions([1], [2], level=1.0)


def test_large_margins_and_steep_likelihoods() -> None:
    # a mode far from the prior's, where undamped Newton steps would overshoot
    found = glmm("UM.FS", [900, 5, 300], [1000, 1000, 600], [5, 900, 280], [1000, 1000, 600])
    assert found.converged
    assert found.tau2 > 5
    assert abs(found.estimate) < 1
    rates = glmm_rates("UM.FS", [4000, 1, 30], [10, 10, 10], [2, 3000, 28], [10, 10, 10])
    assert rates.converged
    assert rates.tau2 > 5
