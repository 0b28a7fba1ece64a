"""Trim and fill, limit meta-analysis, fail-safe numbers, excess significance, funnel data.

Reference numbers: metafor 3.8-1 for the invented table of `test_stats_bias`.
"""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats import bias
from trialweave.stats.bias import Excess, FailSafe, Funnel, LimitMetaAnalysis, NotComputed
from trialweave.stats.bias.trim_and_fill import TrimAndFill, _estimate, _Missing, _standard_error
from trialweave.stats.pooling import pool

Y = [0.12, 0.25, -0.05, 0.41, 0.33, 0.78, 0.62, 0.95, 1.21, 0.54, 1.48, 0.87]
V = [0.011, 0.019, 0.024, 0.046, 0.052, 0.105, 0.121, 0.198, 0.261, 0.083, 0.402, 0.149]


def filled(found: object) -> TrimAndFill:
    assert isinstance(found, TrimAndFill)
    return found


def safe(found: object) -> FailSafe:
    assert isinstance(found, FailSafe)
    return found


def excess(*args: object, **options: object) -> Excess:
    found = bias.excess_significance(*args, **options)  # type: ignore[arg-type]
    assert isinstance(found, Excess)
    return found


def limit(*args: object, **options: object) -> LimitMetaAnalysis:
    found = bias.limit_meta_analysis(*args, **options)  # type: ignore[arg-type]
    assert isinstance(found, LimitMetaAnalysis)
    return found


def plot(*args: object, **options: object) -> Funnel:
    found = bias.funnel(*args, **options)  # type: ignore[arg-type]
    assert isinstance(found, Funnel)
    return found


# k0, its SE, its P, estimate, SE, τ² of the filled synthesis
METAFOR = {
    ("CE", "L0"): (6, 2.06438420321, math.nan, 0.183644852375, 0.0567995033476, 0.0),
    ("CE", "R0"): (6, 3.74165738677, 0.0078125, 0.183644852375, 0.0567995033476, 0.0),
    ("DL", "L0"): (6, 2.09144086023, math.nan, 0.217779115376, 0.107148769297, 0.100681857438),
    ("DL", "R0"): (6, 3.74165738677, 0.0078125, 0.217779115376, 0.107148769297, 0.100681857438),
}


@pytest.mark.parametrize(("model", "estimator"), METAFOR)
def test_trim_and_fill_is_metafors(model, estimator) -> None:  # type: ignore[no-untyped-def]
    found = filled(
        bias.trim_and_fill(Y, V, tau2=model, estimator=estimator, interval="Wald", level=0.9)
    )
    fit = found.adjusted
    got = (found.k0, found.k0_se, found.k0_p, fit.estimate, fit.se, fit.tau2)
    assert got == pytest.approx(METAFOR[model, estimator], rel=1e-9, nan_ok=True)
    assert (found.side, found.estimator, found.flags) == ("left", estimator, frozenset())
    order = np.argsort(Y)[6:]
    assert found.mirrored.tolist() == order.tolist()
    assert found.filled_yi == pytest.approx(2 * found.centre - np.array(Y)[order])
    assert found.filled_vi.tolist() == np.array(V)[order].tolist()
    trimmed = np.argsort(Y)[:6]
    mean = pool(np.array(Y)[trimmed], np.array(V)[trimmed], tau2=model).estimate
    assert found.centre == pytest.approx(float(mean))
    plain = pool(Y, V, tau2=model, interval="Wald", level=0.9)
    assert float(found.observed.estimate) == float(plain.estimate)
    assert float(found.observed.low) == float(plain.low)
    assert (fit.interval, fit.level, int(fit.k)) == ("Wald", 0.9, 18)


def test_a_model_without_interval_takes_that_of_pooling() -> None:
    assert filled(bias.trim_and_fill(Y, V)).adjusted.interval == "HK"
    assert filled(bias.trim_and_fill(Y, V)).adjusted.tau2_method == "REML"


@pytest.mark.parametrize("estimator", ["L0", "R0"])
def test_trim_and_fill_mirrors(estimator: str) -> None:
    one = filled(bias.trim_and_fill(Y, V, tau2="DL", estimator=estimator))  # type: ignore[arg-type]
    other = filled(
        bias.trim_and_fill(np.negative(Y), V, tau2="DL", estimator=estimator)  # type: ignore[arg-type]
    )
    assert (other.side, other.k0, other.k0_se) == ("right", one.k0, one.k0_se)
    assert float(other.adjusted.estimate) == pytest.approx(-float(one.adjusted.estimate))
    assert other.filled_yi == pytest.approx(-one.filled_yi)
    gaps = filled(bias.trim_and_fill([math.nan, *Y], [1.0, *V], tau2="DL"))
    assert (gaps.mirrored - 1).tolist() == filled(
        bias.trim_and_fill(Y, V, tau2="DL")
    ).mirrored.tolist()
    assert (gaps.left_out, gaps.flags) == (1, {"left out"})
    assert gaps.notes[0].startswith("1 study")


def test_the_other_side_has_nothing_to_fill() -> None:
    for estimator in ("L0", "R0", "Q0"):
        found = filled(bias.trim_and_fill(Y, V, side="right", estimator=estimator))  # type: ignore[arg-type]
        assert (found.k0, found.filled_yi.size, found.side) == (0, 0, "right")
        assert float(found.adjusted.estimate) == float(found.observed.estimate)
        assert found.k0_p == 0.5 if estimator == "R0" else math.isnan(found.k0_p)


def test_estimators_of_the_missing_number() -> None:
    # ranks of |x|: 2, 1, 3, 4, 5; those above 0 sum to S = 13, the highest below 0 is 2
    x = np.array([-2.0, -1.0, 3.0, 4.0, 4.0])
    assert _estimate(x, "L0") == pytest.approx((4 * 12 - 30) / 9)
    assert _estimate(x, "R0") == 5 - 2 - 1
    assert _estimate(x, "Q0") == pytest.approx(4.5 - math.sqrt(50 - 48 + 0.25))
    assert math.isnan(_estimate(np.arange(1.0, 6.0), "Q0"))
    assert _estimate(np.arange(1.0, 6.0), "R0") == 4
    centre = np.array([-1.0, 0.0, 2.0, 3.0])  # an effect at the centre counts on neither side
    assert _estimate(centre, "L0") == pytest.approx((4 * 7 - 20) / 7)
    assert _estimate(centre, "R0") == 4 - 2 - 1


def test_standard_error_of_the_missing_number() -> None:
    """Of S from all sign patterns where none is missing: variance k(k+1)(2k+1)/24."""
    k = 7
    signs = np.array(np.meshgrid(*[[0, 1]] * k)).reshape(k, -1)
    s = np.arange(1, k + 1) @ signs
    none = _Missing(0.0, 0)
    assert _standard_error("L0", k, none) == pytest.approx(4 * s.std() / (2 * k - 1))
    assert _standard_error("Q0", k, none) == pytest.approx(2 * s.std() / (k - 0.5))
    assert _standard_error("R0", k, none) == pytest.approx(math.sqrt(2))
    assert _standard_error("R0", k, _Missing(-1.0, 0)) == pytest.approx(math.sqrt(2))
    some = _Missing(2.0, 2)
    variance = (7 * 8 * 15 + 80 + 108 + 34 - 18 * 7 * 4 - 18 * 7 * 2 + 6 * 49 * 2) / 24
    assert _standard_error("L0", k, some) == pytest.approx(4 * math.sqrt(variance) / 13)
    wanted = 2 * math.sqrt(variance) / math.sqrt(6.5**2 - 2 * (14 - 3))
    assert _standard_error("Q0", k, some) == pytest.approx(wanted)


def test_what_trim_and_fill_cannot_do() -> None:
    assert bias.trim_and_fill(Y, V, tau2="CE", estimator="Q0") == NotComputed(
        "Q0 undefined",
        "Q0 is not defined here: the studies beyond the mean have too high ranks.",
        12,
    )
    few = bias.trim_and_fill(Y[:2], V[:2])
    assert isinstance(few, NotComputed)
    assert few.reason == "too few studies"
    same = bias.trim_and_fill([1, 2, 4], [1, 1, 1])
    assert isinstance(same, NotComputed)
    assert same.reason == "side unknown"
    assert filled(bias.trim_and_fill([1, 2, 4], [1, 1, 1], side="left")).side == "left"
    with pytest.raises(ValueError, match="no estimator"):
        bias.trim_and_fill(Y, V, estimator="S0")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown side"):
        bias.trim_and_fill(Y, V, side="up")  # type: ignore[arg-type]


def test_trimming_that_does_not_settle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[TrimAndFill.__module__], "_MOST_ROUNDS", 1)
    found = bias.trim_and_fill(Y, V)
    assert isinstance(found, NotComputed)
    assert (found.reason, found.k) == ("not settled", 12)
    assert filled(bias.trim_and_fill(Y, V, side="right")).k0 == 0


def test_a_number_far_below_zero_has_no_standard_error() -> None:
    y, v = [0.8, -1.0, 0.8, -2.3, 1.5], [1.0, 1.0, 1.0, 1.0, 0.01]
    found = filled(bias.trim_and_fill(y, v, side="left", tau2="CE"))
    assert (found.k0, found.flags) == (0, {"no k0 se"})
    assert math.isnan(found.k0_se)
    assert "far below 0" in found.notes[0]


def test_limit_meta_analysis_by_least_squares() -> None:
    y, v = np.array(Y), np.array(V)
    found = limit([*Y, math.nan], [*V, 1.0], tau2="DL", level=0.9)
    t = float(pool(Y, V, tau2="DL").tau2)
    x = np.stack([np.ones(12), 1 / np.sqrt(v + t)], axis=1)
    z = y / np.sqrt(v + t)
    inverse = np.linalg.inv(x.T @ x)
    alpha, beta = inverse @ x.T @ z
    to = np.array([math.sqrt(t), 1.0])
    se = math.sqrt(to @ inverse @ to)
    assert t > 0
    assert (found.alpha, found.beta, found.tau2) == pytest.approx((alpha, beta, t))
    assert (found.alpha_se, found.beta_se) == pytest.approx(np.sqrt(np.diag(inverse)))
    assert (found.estimate, found.se) == pytest.approx((beta + to[0] * alpha, se))
    half = stats.norm.ppf(0.95) * se
    assert (found.low, found.high) == pytest.approx((found.estimate - half, found.estimate + half))
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.estimate) / se))
    assert found.alpha_p == pytest.approx(2 * stats.norm.sf(alpha / found.alpha_se))
    shrunken = beta + np.sqrt(t / (v + t)) * (y - beta)
    assert found.shrunken[:12] == pytest.approx(shrunken)
    assert np.isnan(found.shrunken[12])
    r = np.corrcoef(shrunken / np.sqrt(v), 1 / np.sqrt(v))[0, 1]
    assert found.g2 == pytest.approx(100 * (1 - r * r))
    assert found.unadjusted == pytest.approx(float(pool(Y, V, tau2="DL").estimate))
    assert (found.k, found.left_out, found.level, found.flags) == (12, 1, 0.9, {"left out"})
    plain = pool(Y, V, tau2="CE")
    residual = np.linalg.lstsq(
        np.stack([np.ones(12), 1 / np.sqrt(v)], axis=1), y / np.sqrt(v), rcond=None
    )[1][0]
    assert (found.q, found.q_residual) == pytest.approx((float(plain.q), residual))
    assert found.q_small == pytest.approx(float(plain.q) - residual)
    assert found.q_p == pytest.approx(stats.chi2.sf(found.q, 11))
    assert found.q_small_p == pytest.approx(stats.chi2.sf(found.q_small, 1))
    assert found.q_residual_p == pytest.approx(stats.chi2.sf(residual, 10))


def test_limits_of_limit_meta_analysis() -> None:
    flat = limit(Y, V, tau2="CE")
    assert (flat.g2, flat.tau2, flat.flags) == (0.0, 0.0, {"no heterogeneity"})
    egger = bias.egger(Y, V)
    assert not isinstance(egger, NotComputed)
    assert flat.estimate == pytest.approx(egger.limit)
    assert flat.estimate == flat.beta
    far = limit(np.add(Y, 1e6), V, tau2="DL")
    assert far.estimate - 1e6 == pytest.approx(limit(Y, V, tau2="DL").estimate, abs=1e-8)
    assert far.alpha == pytest.approx(limit(Y, V, tau2="DL").alpha, rel=1e-6)
    larger = limit(np.multiply(Y, 8.0), np.multiply(V, 64.0))
    assert larger.estimate == pytest.approx(8 * limit(Y, V).estimate, rel=1e-9)
    assert larger.g2 == pytest.approx(limit(Y, V).g2, rel=1e-6)
    assert limit(Y[:9], V[:9], tau2="DL").flags >= {"few studies"}
    same = bias.limit_meta_analysis([1, 2, 3], [2, 2, 2])
    assert isinstance(same, NotComputed)
    assert (same.reason, same.k) == ("one precision", 3)
    two = bias.limit_meta_analysis([1, 2], [2, 3])
    assert isinstance(two, NotComputed)
    assert limit([0.0, 0.0, 0.0], [1.0, 2.0, 3.0], tau2="SJ").g2 == 0.0


def test_fail_safe_numbers_are_metafors() -> None:
    rosenthal, rosenberg = safe(bias.rosenthal(Y, V)), safe(bias.rosenberg(Y, V))
    assert (rosenthal.n, rosenberg.n, safe(bias.orwin(Y)).n) == (154, 53, 12)
    assert (safe(bias.orwin(Y, target=0.1)).n, safe(bias.orwin(Y, V, target=-0.1)).n) == (64, 21)
    z = np.array(Y) / np.sqrt(V)
    assert rosenthal.p == pytest.approx(stats.norm.sf(z.sum() / math.sqrt(12)))
    assert math.isnan(rosenthal.estimate)
    fit = pool(Y, V, tau2="CE")
    got = (rosenberg.estimate, rosenberg.p)
    assert got == pytest.approx((float(fit.estimate), float(fit.p)))
    assert (rosenberg.alpha, rosenberg.method, rosenberg.k) == (0.05, "Rosenberg", 12)
    assert math.isnan(rosenberg.target)
    orwin = safe(bias.orwin([*Y, math.nan], target=0.1))
    assert (orwin.target, orwin.estimate, orwin.left_out) == (0.1, pytest.approx(np.mean(Y)), 1)
    assert orwin.notes[0].startswith("1 study")
    assert math.isnan(orwin.alpha)
    assert math.isnan(orwin.p)
    negative = safe(bias.orwin(np.negative(Y), target=0.1))
    assert (negative.n, negative.target) == (64, -0.1)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_fail_safe_numbers_are_the_smallest_that_suffice(alpha: float) -> None:
    y, v = np.array(Y), np.array(V)
    n = safe(bias.rosenthal(Y, V, alpha=alpha)).n
    p = [stats.norm.sf((y / np.sqrt(v)).sum() / math.sqrt(12 + m)) for m in (n - 1, n)]
    assert p[0] < alpha <= p[1]
    n = safe(bias.rosenberg(Y, V, alpha=alpha)).n
    weight = (1 / v).sum() / 12
    p = [2 * stats.norm.sf((y / v).sum() / math.sqrt(weight * (12 + m))) for m in (n - 1, n)]
    assert p[0] < alpha <= p[1]
    common = safe(bias.general(Y, V, alpha=alpha, tau2="CE"))
    assert common.n == n


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.2])
def test_the_general_number_by_its_definition(alpha: float) -> None:
    y, v = np.array(Y), np.array(V)
    fit = pool(Y, V, tau2="SJ", interval="Wald")
    mu, t = float(fit.estimate), float(fit.tau2)

    def p_with(n: int) -> float:
        total = (11 * t + (n - 1) * t + 12 * n / (12 + n) * mu**2) / (12 + n - 1)
        w, null = 1 / (v + total), 1 / (12 / (1 / v).sum() + total)
        return float(2 * stats.norm.sf(abs(w @ y) / math.sqrt(w.sum() + n * null)))

    found = safe(bias.general(Y, V, alpha=alpha, tau2="SJ"))
    assert found.n > 1
    assert p_with(found.n - 1) < alpha <= p_with(found.n)
    assert (found.estimate, found.p) == pytest.approx((mu, float(fit.p)))
    assert (found.method, found.alpha) == ("general", alpha)
    assert math.isnan(found.target)
    assert safe(bias.general(np.negative(Y), V, alpha=alpha, tau2="SJ")).n == found.n


def test_the_general_number_for_a_target() -> None:
    found = safe(bias.general(Y, V, target=0.1, tau2="CE"))
    assert found.n == safe(bias.orwin(Y, V, target=0.1)).n == 21
    assert (found.target, found.flags) == (0.1, frozenset())
    assert math.isnan(found.alpha)
    assert safe(bias.general(np.negative(Y), V, target=0.1, tau2="CE")).target == -0.1
    assert safe(bias.general(Y, V, target=5.0)).flags == {"at target"}


def test_fail_safe_numbers_at_the_edges() -> None:
    for method in (bias.rosenthal, bias.rosenberg, bias.general):
        nothing = safe(method([0.1, -0.1, 0.05], [1.0, 1.0, 2.0]))  # type: ignore[operator]
        assert (nothing.n, nothing.flags) == (0, {"not significant"})
        assert "no further study" in nothing.notes[0]
        assert isinstance(method([math.nan], [1.0]), NotComputed)  # type: ignore[operator]
        with pytest.raises(ValueError, match="level"):
            method(Y, V, alpha=0.0)  # type: ignore[operator]
    assert isinstance(bias.general([1.0], [1.0]), NotComputed)
    assert safe(bias.rosenthal([4.0], [1.0])).n == math.ceil((4 / stats.norm.ppf(0.95)) ** 2 - 1)
    assert safe(bias.orwin([0.2, 0.2], target=0.2)).flags == {"at target"}
    assert safe(bias.orwin([0.3, 0.3, 0.3], target=0.1)).n == 6  # not 7, whatever rounding says
    assert safe(bias.orwin([0.0, 0.0])).n == 0
    assert (safe(bias.orwin([0.4])).n, safe(bias.rosenberg([4.0], [1.0])).n) == (1, 4)
    huge = safe(bias.rosenthal([1e4], [1e-4]))
    assert (huge.n, huge.flags) == (10_000_000, {"beyond"})
    assert safe(bias.general([3.0, 3.0], [1e-12, 1e-12], tau2="CE")).flags == {"beyond"}
    assert isinstance(bias.orwin([math.nan]), NotComputed)
    for wrong in (0.0, math.inf):
        with pytest.raises(ValueError, match="target of 0"):
            bias.orwin(Y, target=wrong)
        with pytest.raises(ValueError, match="target of 0"):
            bias.general(Y, V, target=wrong)


def test_excess_significance_is_metafors() -> None:
    exact, binomial, square = (
        excess(Y, V, test=test) for test in ("exact", "binomial", "chi-square")
    )
    for found in (exact, binomial, square):
        assert (found.observed, found.k) == (5, 12)
        assert found.expected == pytest.approx(2.93544862991)
        assert found.ratio == pytest.approx(5 / 2.93544862991)
    assert (exact.p, binomial.p) == pytest.approx((0.116921029402, 0.146737205043))
    assert (square.statistic, square.p) == pytest.approx((1.92225869375, 0.0828039385164))
    assert math.isnan(exact.statistic)
    assert math.isnan(binomial.statistic)
    mixed = excess(Y, V, theta=0.3, tau2=0.04, alternative="greater", alpha=0.025)
    assert (mixed.observed, mixed.expected, mixed.p) == pytest.approx(
        (5, 3.39129939456, 0.211736736989),
        rel=1e-5,  # metafor integrates the power over τ²
    )
    assert (mixed.theta, mixed.tau2, mixed.alpha, mixed.test) == (0.3, 0.04, 0.025, "exact")
    below = excess(Y, V, theta=-0.3, alternative="less")
    assert (below.observed, below.expected, below.p) == pytest.approx((0, 4.32945027506, 1))
    turned = excess(np.negative(Y), V, theta=-0.3, tau2=0.04, alternative="less", alpha=0.025)
    assert (turned.observed, turned.p) == (5, pytest.approx(mixed.p))
    assert excess(Y, V, theta=0.0, test="binomial", alternative="less").p == 1.0
    fewer = excess([0.1, 0.0, 0.1], [1, 1, 1], theta=2.0, test="chi-square")
    assert fewer.p > 0.9


def test_excess_details_and_refusals() -> None:
    found = excess([*Y, math.nan], [*V, 1.0])
    z = np.array(Y) / np.sqrt(V)
    assert found.significant.tolist() == [*(np.abs(z) > 1.96), False]
    assert np.isnan(found.power[12])
    assert found.power[:12].sum() == pytest.approx(found.expected)
    theta = float(pool(Y, V, tau2="CE").estimate)
    first = stats.norm(theta, math.sqrt(0.011))
    cut = stats.norm.ppf(0.975) * math.sqrt(0.011)
    assert found.power[0] == pytest.approx(first.sf(cut) + first.cdf(-cut))
    assert (found.left_out, found.flags) == (1, {"left out"})
    assert found.notes[0].startswith("1 study")
    assert excess(Y[:9], V[:9]).flags == {"few studies"}
    assert isinstance(bias.excess_significance([], []), NotComputed)
    two = excess([3.0, 0.0], [1.0, 1.0], theta=1.0)
    a = two.power[0]
    assert two.p == pytest.approx(1 - (1 - a) ** 2)
    sure = excess([9.0, 9.0], [1e-4, 1e-4], test="chi-square")
    assert (sure.expected, sure.flags) == (2.0, {"few studies", "certain"})
    assert math.isnan(sure.p)
    assert math.isnan(sure.statistic)
    hopeless = excess([-99.0, -99.0], [1e-4, 1e-4], alternative="greater")
    assert (hopeless.expected, hopeless.p, "certain" in hopeless.flags) == (0.0, 1.0, True)
    assert math.isnan(hopeless.ratio)
    assert "certain" in excess([-99.0], [1e-4], alternative="greater", test="chi-square").flags
    for wrong in ({"test": "z"}, {"alternative": "both"}):
        with pytest.raises(ValueError, match="unknown option"):
            bias.excess_significance(Y, V, **wrong)  # type: ignore[arg-type]
    for tau2 in (-0.1, math.inf):
        with pytest.raises(ValueError, match="tau2"):
            bias.excess_significance(Y, V, tau2=tau2)


def test_funnel_regions_and_contours() -> None:
    found = plot([*Y, math.nan], [*V, 1.0], levels=(0.99, 0.9), level=0.9, steps=5)
    assert found.centre == pytest.approx(float(pool(Y, V, tau2="CE").estimate))
    assert found.grid == pytest.approx(np.linspace(0, math.sqrt(0.402), 5))
    half = stats.norm.ppf(0.95) * found.grid
    assert found.region.low == pytest.approx(found.centre - half)
    assert found.region.high == pytest.approx(found.centre + half)
    assert [band.level for band in found.contours] == [0.9, 0.99]
    assert found.contours[1].high == pytest.approx(stats.norm.ppf(0.995) * found.grid)
    assert found.contours[0].low == pytest.approx(-half)
    z = np.abs(np.array(Y) / np.sqrt(V))
    wanted = (z > stats.norm.ppf(0.95)).astype(int) + (z > stats.norm.ppf(0.995))
    assert found.contour.tolist() == [*wanted, -1]
    assert found.x[:12].tolist() == Y
    assert found.y[:12] == pytest.approx(np.sqrt(V))
    assert np.isnan(found.x[12])
    assert np.isnan(found.y[12])
    assert found.precision[0] == pytest.approx(0.011**-0.5)
    assert (found.k, found.left_out, found.flags, found.tau2, found.null) == (
        12,
        1,
        {"left out"},
        0.0,
        0.0,
    )
    assert found.notes[0].startswith("1 study")


def test_funnel_options() -> None:
    default = plot(Y, V)
    assert [band.level for band in default.contours] == [0.90, 0.95, 0.99]
    assert (default.grid.size, default.region.level, default.flags) == (101, 0.95, frozenset())
    wide = plot(Y, V, tau2="DL", add_tau2=True, null=0.1)
    t = float(pool(Y, V, tau2="DL").tau2)
    assert wide.tau2 == pytest.approx(t)
    assert wide.region.high[0] - wide.centre == pytest.approx(1.959963984540054 * math.sqrt(t))
    assert wide.contours[0].low[0] == wide.contours[0].high[0] == wide.null == 0.1
    narrow = plot(Y, V, tau2="DL")
    assert narrow.region.low[0] == narrow.centre == wide.centre
    one = plot([0.5], [0.04], tau2="DL", add_tau2=True)
    assert (one.centre, one.tau2) == (0.5, 0.0)
    assert isinstance(bias.funnel([], []), NotComputed)
    with pytest.raises(ValueError, match="grid"):
        bias.funnel(Y, V, steps=1)
    with pytest.raises(ValueError, match="level"):
        bias.funnel(Y, V, levels=(0.9, 1.0))


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(12)), st.sampled_from([0.125, 64.0]))
def test_order_and_scale_change_nothing(order: list[int], scale: float) -> None:
    y, v = np.array(Y)[order], np.array(V)[order]
    mixed, plain = (
        filled(bias.trim_and_fill(y, v, tau2="DL")),
        filled(bias.trim_and_fill(Y, V, tau2="DL")),
    )
    assert mixed.k0 == plain.k0
    assert float(mixed.adjusted.estimate) == pytest.approx(float(plain.adjusted.estimate))
    larger = filled(bias.trim_and_fill(y * scale, v * scale**2, tau2="DL"))
    assert float(larger.adjusted.estimate) == pytest.approx(scale * float(plain.adjusted.estimate))
    for method in (bias.rosenthal, bias.rosenberg, bias.general):
        assert safe(method(y * scale, v * scale**2)).n == safe(method(Y, V)).n  # type: ignore[operator]
    assert excess(y * scale, v * scale**2).p == pytest.approx(excess(Y, V).p)
