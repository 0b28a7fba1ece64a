"""Selection models: the likelihood by quadrature, its derivatives by differences, the maximum."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from trialweave.stats import bias
from trialweave.stats.bias import NotComputed, Selection
from trialweave.stats.bias._maximum import maximise
from trialweave.stats.bias._selection_likelihood import smooth_model, step_model
from trialweave.stats.bias._selection_weights import SMOOTH
from trialweave.stats.pooling import pool

# Invented: effects that shrink with precision, P from below 0.001 to above 0.9.
Y = np.array([0.12, 0.25, -0.05, 0.41, 0.33, 0.78, 0.62, 0.95, 1.21, 0.14, -0.21, 0.07])
V = np.array([4, 6, 8, 15, 17, 35, 40, 66, 87, 28, 134, 50]) / 1000
STEPS = (0.025, 0.3)
DELTA = {
    "step": (0.6, 0.3),
    "beta": (0.8, 1.3),
    "half-normal": (1.2,),
    "negative-exponential": (0.9,),
    "logistic": (1.7,),
    "power": (0.7,),
}
SIDES = ("greater", "two-sided")


def log_weight(kind: str, p: float, delta: tuple[float, ...]) -> float:
    """The definitions, of one P value."""
    if kind in ("beta", "power"):
        p = min(max(p, 1e-5), 1 - 1e-5)
    if kind == "step":
        return math.log((1.0, *delta)[sum(p > step for step in STEPS)])
    return {
        "beta": lambda: (delta[0] - 1) * math.log(p) + (delta[-1] - 1) * math.log(1 - p),
        "half-normal": lambda: -delta[0] * p * p,
        "negative-exponential": lambda: -delta[0] * p,
        "logistic": lambda: math.log(2 * math.exp(-delta[0] * p) / (1 + math.exp(-delta[0] * p))),
        "power": lambda: delta[0] * math.log(1 - p),
    }[kind]()


def by_quadrature(kind: str, side: str, y, v, mu: float, tau2: float, delta) -> float:  # type: ignore[no-untyped-def]
    total = 0.0
    for effect, variance in zip(y, v, strict=True):
        se, sigma = math.sqrt(variance), math.sqrt(variance + tau2)

        def p_of(x: float, se: float = se) -> float:
            z = x / se
            return float(2 * special.ndtr(-abs(z)) if side == "two-sided" else special.ndtr(-z))

        def density(x: float, sigma: float = sigma, p=p_of) -> float:  # type: ignore[no-untyped-def]
            return math.exp(log_weight(kind, p(x), delta)) * float(stats.norm.pdf(x, mu, sigma))

        divisor = 2.0 if side == "two-sided" else 1.0
        near_one = (
            1e-4,
            1e-3,
            0.01,
            0.1,
        )  # in z, where a two-sided P is near 1 and log(1 - P) steep
        inner = [-special.ndtri(step / divisor) for step in (*STEPS, 1e-5, 1 - 1e-5)]
        inner += near_one if side == "two-sided" else ()
        cuts = {0.0, *inner, *(-z for z in inner)} if side == "two-sided" else set(inner)
        ends = [mu - 12 * sigma, *sorted(se * z for z in cuts), mu + 12 * sigma]
        ends = sorted(min(max(end, ends[0]), ends[-1]) for end in ends)
        chance = sum(
            integrate.fixed_quad(np.vectorize(density), low, high, n=40)[0]
            for low, high in itertools.pairwise(ends)
            if high > low
        )
        total += log_weight(kind, p_of(effect), delta)
        total += float(stats.norm.logpdf(effect, mu, sigma)) - math.log(chance)
    return total


def model_of(kind: str, side: str, y=Y, v=V):  # type: ignore[no-untyped-def]
    if kind == "step":
        return step_model(y, np.sqrt(v), np.array(STEPS), side)  # type: ignore[arg-type]
    return smooth_model(y, np.sqrt(v), SMOOTH[kind], side)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", DELTA)
def test_the_likelihood_is_that_of_its_definition(kind: str, side: str) -> None:
    few = slice(0, 12, 5)
    for mu, tau2 in ((0.2, 0.03), (-0.4, 0.5)):
        wanted = by_quadrature(kind, side, Y[few], V[few], mu, tau2, DELTA[kind])
        found = model_of(kind, side, Y[few], V[few]).evaluate(np.array([mu, tau2, *DELTA[kind]]))
        assert found.log == pytest.approx(wanted, abs=5e-8)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", DELTA)
def test_derivatives_are_those_of_the_likelihood(kind: str, side: str) -> None:
    model, theta = model_of(kind, side), np.array([0.25, 0.06, *DELTA[kind]])
    found, h = model.evaluate(theta), 1e-5
    for i in range(theta.size):
        step = np.zeros(theta.size)
        step[i] = h
        after, before = model.evaluate(theta + step), model.evaluate(theta - step)
        assert found.gradient[i] == pytest.approx((after.log - before.log) / (2 * h), abs=1e-6)
        slope = (after.gradient - before.gradient) / (2 * h)
        assert found.hessian[i] == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert found.hessian == pytest.approx(found.hessian.T)


def test_no_selection_is_the_random_effects_model() -> None:
    fit = pool(Y, V, tau2="ML", interval="Wald")
    mu, tau2 = float(fit.estimate), float(fit.tau2)
    plain = float(stats.norm.logpdf(Y, mu, np.sqrt(V + tau2)).sum())
    for kind in DELTA:
        neutral = (1.0, 1.0) if kind == "step" else SMOOTH[kind].neutral
        for side in SIDES:
            found = model_of(kind, side).evaluate(np.array([mu, tau2, *neutral]))
            assert found.log == pytest.approx(plain, abs=1e-10)
            assert found.gradient[0] == pytest.approx(0.0, abs=1e-7)


def fitted(*args: object, **options: object) -> Selection:
    found = bias.selection_model(*args, **options)  # type: ignore[arg-type]
    assert isinstance(found, Selection)
    return found


@pytest.mark.parametrize("kind", DELTA)
def test_the_fit_is_a_maximum(kind: str) -> None:
    found = fitted(Y, V, weighting=kind, steps=STEPS)
    assert found.converged
    model = model_of(kind, "greater")
    delta = found.delta[1:] if kind == "step" else found.delta
    theta = np.array([found.estimate, found.tau2, *delta])
    best = model.evaluate(theta)
    assert found.log_likelihood == pytest.approx(best.log, abs=1e-10)
    rng = np.random.default_rng(7)
    low = np.array([-9.0, 0.0, *([SMOOTH[kind].lowest if kind != "step" else 1e-6] * delta.size)])
    for scale in (1e-3, 0.03, 0.3):
        for _ in range(20):
            near = np.maximum(
                theta + scale * rng.normal(size=theta.size) * [0.1, 0.05, *delta * 0 + 1], low
            )
            assert model.evaluate(near).log <= best.log + 1e-9
    if not found.flags:
        assert best.gradient == pytest.approx(np.zeros(theta.size), abs=1e-5)
        se = np.sqrt(np.diag(np.linalg.inv(-best.hessian)))
        delta_se = found.delta_se[1:] if kind == "step" else found.delta_se
        assert [found.se, found.tau2_se, *delta_se] == pytest.approx(se, rel=1e-5)
    fit = pool(Y, V, tau2="ML", interval="Wald")
    plain = float(stats.norm.logpdf(Y, float(fit.estimate), np.sqrt(V + float(fit.tau2))).sum())
    assert found.log_likelihood_plain == pytest.approx(plain)
    assert (found.unadjusted, found.unadjusted_tau2) == pytest.approx(
        (float(fit.estimate), float(fit.tau2))
    )
    assert found.lrt == pytest.approx(max(0.0, 2 * (best.log - plain)), abs=1e-9)
    assert found.lrt_df == delta.size
    assert found.lrt_p == pytest.approx(stats.chi2.sf(found.lrt, delta.size))
    half = stats.norm.ppf(0.975) * found.se
    assert (found.low, found.high) == pytest.approx((found.estimate - half, found.estimate + half))
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.estimate / found.se)))


def test_step_weights_and_counts() -> None:
    found = fitted(Y, V, steps=(0.3, 0.025, 1.0), level=0.9)
    assert found.steps.tolist() == [0.025, 0.3]
    p = stats.norm.sf(Y / np.sqrt(V))
    counts = [(p <= 0.025).sum(), ((p > 0.025) & (p <= 0.3)).sum(), (p > 0.3).sum()]
    assert found.counts.tolist() == counts
    assert (found.delta[0], found.delta.size, found.level) == (1.0, 3, 0.9)
    assert math.isnan(found.delta_se[0])
    assert found.high - found.estimate == pytest.approx(stats.norm.ppf(0.95) * found.se)
    assert (found.weighting, found.alternative) == ("step", "greater")
    assert fitted(Y, V).steps.tolist() == [0.025]
    assert fitted(Y, V, weighting="power").counts.size == 0


@pytest.mark.parametrize("kind", ["step", "beta"])
def test_sign_scale_and_order(kind: str) -> None:
    one = fitted(Y, V, weighting=kind)
    other = fitted(-Y, V, weighting=kind, alternative="less")
    assert (other.estimate, other.se, other.tau2) == pytest.approx(
        (-one.estimate, one.se, one.tau2)
    )
    assert other.delta == pytest.approx(one.delta)
    assert other.unadjusted == pytest.approx(-one.unadjusted)
    for scale in (8.0, 0.01):
        larger = fitted(Y * scale, V * scale**2, weighting=kind)
        got = (larger.estimate / scale, larger.se / scale, larger.tau2 / scale**2, larger.lrt)
        assert got == pytest.approx((one.estimate, one.se, one.tau2, one.lrt), rel=1e-5)
        shift = Y.size * math.log(scale)
        assert larger.log_likelihood == pytest.approx(one.log_likelihood - shift)
        assert larger.log_likelihood_plain == pytest.approx(one.log_likelihood_plain - shift)
        assert larger.tau2_se / scale**2 == pytest.approx(one.tau2_se, rel=1e-4)
        assert larger.unadjusted_tau2 / scale**2 == pytest.approx(one.unadjusted_tau2, rel=1e-6)
    mixed = fitted(Y[::-1], V[::-1], weighting=kind)
    assert mixed.estimate == pytest.approx(one.estimate, rel=1e-6)
    both = fitted(-Y, V, weighting=kind, alternative="two-sided")
    same = fitted(Y, V, weighting=kind, alternative="two-sided")
    assert both.estimate == pytest.approx(-same.estimate, rel=1e-5)
    assert both.delta == pytest.approx(same.delta, rel=1e-5)


def test_a_chance_that_underflows_has_no_likelihood() -> None:
    found = model_of("power", "greater").evaluate(np.array([-1e3, 0.0, 100.0]))
    assert found.log == -math.inf
    assert not found.gradient.any()
    assert found.hessian.shape == (3, 3)
    far = fitted([-1e6] * 4, [1.0, 2.0, 3.0, 4.0], weighting="power")
    assert (far.estimate, far.lrt, far.converged) == (-1e6, pytest.approx(0.0, abs=1e-9), True)
    assert math.isnan(far.se)
    assert far.flags == {"no curvature", "no selection gain", "at bound", "few studies"}


def test_a_common_effect() -> None:
    found = fitted(Y, V, common=True)
    assert (found.tau2, found.unadjusted_tau2) == (0.0, 0.0)
    assert math.isnan(found.tau2_se)
    assert "at bound" not in found.flags
    assert found.unadjusted == pytest.approx(float(pool(Y, V, tau2="CE").estimate))
    model = step_model(Y, np.sqrt(V), np.array([0.025]), "greater")
    best = model.evaluate(np.array([found.estimate, 0.0, found.delta[1]]))
    assert best.gradient[[0, 2]] == pytest.approx([0, 0], abs=1e-5)
    block = -best.hessian[np.ix_([0, 2], [0, 2])]
    assert found.se == pytest.approx(math.sqrt(np.linalg.inv(block)[0, 0]), rel=1e-6)


def test_selection_is_found_and_corrected() -> None:
    """Of 4,000 studies of mean 0.2, τ = 0.1, one in five of those with P > 0.025 is published."""
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.1, 4000)
    y = rng.normal(0.2, np.sqrt(v + 0.01))
    published = (stats.norm.sf(y / np.sqrt(v)) <= 0.025) | (rng.random(4000) < 0.2)
    found = fitted(y[published], v[published])
    assert abs(found.estimate - 0.2) < 3 * found.se
    assert abs(found.delta[1] - 0.2) < 3 * found.delta_se[1]
    assert abs(found.tau2 - 0.01) < 3 * found.tau2_se
    assert found.unadjusted > 0.2 + 5 * found.se
    assert found.lrt_p < 1e-10
    assert found.flags == frozenset()


def test_no_sign_of_selection_and_bounds() -> None:
    y, v = np.array([2.5, 2.0, 1.2, *np.linspace(-0.4, -0.1, 9)]), np.full(12, 0.1)
    found = fitted(y, v, weighting="negative-exponential")
    assert found.delta.tolist() == [0.0]
    assert found.flags == {"at bound", "no selection gain"}
    assert (found.lrt, found.lrt_p) == (pytest.approx(0.0, abs=1e-9), pytest.approx(1.0, abs=1e-4))
    assert found.estimate == pytest.approx(found.unadjusted)
    assert math.isfinite(found.se)
    assert any("at its bound" in note for note in found.notes)


def test_what_cannot_be_fitted() -> None:
    empty = bias.selection_model(Y, V, steps=(0.001, 0.0011))
    assert isinstance(empty, NotComputed)
    assert (empty.reason, empty.k) == ("empty interval", 12)
    assert "the weight of an empty one cannot be estimated" in empty.note
    assert ", 0, " in empty.note
    few = bias.selection_model(Y[:3], V[:3], weighting="power")
    assert isinstance(few, NotComputed)
    assert few.note.endswith("at least 4 are needed.")
    more = bias.selection_model(Y[:2], V[:2], weighting="beta", common=True)
    assert isinstance(more, NotComputed)
    assert more.note.endswith("at least 4 are needed.")
    gaps = fitted([*Y, math.nan], [*V, 1.0])
    assert (gaps.k, gaps.left_out, gaps.flags) == (12, 1, {"left out"})
    assert gaps.notes[0].startswith("1 study")
    assert "few studies" in fitted(Y[:9], V[:9]).flags
    for wrong in ({"weighting": "probit"}, {"alternative": "up"}):
        with pytest.raises(ValueError, match="unknown option"):
            bias.selection_model(Y, V, **wrong)  # type: ignore[arg-type]
    for steps in ((), (0.0,), (1.0,), (0.5, 1.5), (-0.1,), (math.nan,)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            bias.selection_model(Y, V, steps=steps)
    with pytest.raises(ValueError, match="twice"):
        bias.selection_model(Y, V, steps=(0.05, 0.05))
    with pytest.raises(ValueError, match="level"):
        bias.selection_model(Y, V, level=2.0)


def test_maximise_keeps_bounds_and_tells_when_it_fails() -> None:
    def bowl(x):  # type: ignore[no-untyped-def]
        d = x - np.array([2.0, -1.0])
        return -float(d @ d) / 2, -d, -np.eye(2)

    free = maximise(bowl, np.zeros(2), np.full(2, -9.0), np.full(2, 9.0))
    assert free.theta == pytest.approx([2, -1])
    assert (free.converged, free.at_bound.any()) == (True, False)
    held = maximise(bowl, np.zeros(2), np.array([0.0, 0.0]), np.array([1.0, 9.0]))
    assert held.theta == pytest.approx([1, 0])
    assert (held.converged, held.at_bound.tolist()) == (True, [True, True])

    def saddle(x):  # type: ignore[no-untyped-def]
        # from 0 the curvature is upward: a plain Newton step would go to the minimum
        value = float(x[0] ** 2 - x[0] ** 4 / 4)
        return value, 2 * x - x**3, np.array([[2 - 3 * x[0] ** 2]])

    found = maximise(saddle, np.array([0.1]), np.array([-9.0]), np.array([9.0]))
    assert found.theta[0] == pytest.approx(math.sqrt(2))
    assert found.log == pytest.approx(1.0)

    def endless(x):  # type: ignore[no-untyped-def]
        return float(x[0]), np.ones(1), np.array([[-1e-9]])

    far = maximise(endless, np.zeros(1), np.array([-np.inf]), np.array([np.inf]))
    assert not far.converged

    def liar(x):  # type: ignore[no-untyped-def]
        return -abs(float(x[0])), np.ones(1), -np.eye(1)

    stuck = maximise(liar, np.zeros(1), np.array([-9.0]), np.array([9.0]))
    assert (stuck.converged, stuck.theta[0]) == (False, 0.0)
