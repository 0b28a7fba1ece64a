"""Meta-regression against matrices written out, metafor's numbers, and laws that must hold.

The table is invented; the numbers marked "metafor" are what metafor 3.8 gives for it with
threshold 1e-13.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from trialweave.stats.pooling import pool
from trialweave.stats.regression import (
    Design,
    NotEstimable,
    Regression,
    design_matrix,
    predict,
    regress,
)
from trialweave.stats.regression.mixed_effects import NOTES

Y = np.array([0.12, 0.35, -0.21, 0.64, 0.05, 0.43, 0.91, -0.16, 0.30, 0.55, 0.02, 0.71])
V = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03, 0.015, 0.025, 0.08, 0.035])
X = np.array([1, 2, 4, 3, 6, 5, 9, 7, 2.5, 4.5, 8, 3.5])
G = list("aabbcbcacbac")
METHODS = ("DL", "HE", "HS", "HSk", "SJ", "PM", "EB", "PMM", "ML", "REML")
MATRIX = np.stack([np.ones(12), X, np.array(G) == "b", np.array(G) == "c"], axis=1).astype(float)


def fitted(**options: Any) -> Regression:
    found = regress(Y, V, design_matrix({"x": X, "g": G}), **options)
    assert isinstance(found, Regression)
    return found


def refused(found: Regression | NotEstimable) -> NotEstimable:
    assert isinstance(found, NotEstimable)
    return found


def projection(t: float, v: np.ndarray = V, x: np.ndarray = MATRIX) -> np.ndarray:
    """P = W - WX(X'WX)⁻¹X'W."""
    w = np.diag(1 / (v + t))
    return np.asarray(w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w)


def likelihood(t: float, restricted: bool, x: np.ndarray = MATRIX) -> float:
    k, p = x.shape
    total = np.diag(V + t)
    w = np.linalg.inv(total)
    value = -np.linalg.slogdet(total)[1] - Y @ projection(t, x=x) @ Y
    if restricted:
        value += np.linalg.slogdet(x.T @ x)[1] - np.linalg.slogdet(x.T @ w @ x)[1]
    return float(value - (k - p * restricted) * math.log(2 * math.pi)) / 2


def by_definition(method: str, x: np.ndarray = MATRIX) -> float:
    """τ² by each definition, without the package's formulas."""
    k, p = x.shape
    at_zero = projection(0.0, x=x)
    q = Y @ at_zero @ Y
    plain = projection(0.0, np.ones(k), x)
    closed = {
        "DL": lambda: (q - (k - p)) / np.trace(at_zero),
        "HE": lambda: (Y @ plain @ Y - np.trace(plain @ np.diag(V))) / (k - p),
        "HS": lambda: (q - k) / np.sum(1 / V),
        "HSk": lambda: (q * k / (k - p) - k) / np.sum(1 / V),
        "SJ": lambda: Y.var() * (Y @ projection(Y.var(), x=x) @ Y) / (k - p),
    }
    if method in closed:
        return max(0.0, float(closed[method]()))
    if method in ("PM", "EB", "PMM"):
        target = stats.chi2.median(k - p) if method == "PMM" else k - p
        excess = lambda t: Y @ projection(t, x=x) @ Y - target  # noqa: E731
        return float(optimize.brentq(excess, 0, 10, xtol=1e-15)) if excess(0) > 0 else 0.0
    found = optimize.minimize_scalar(
        lambda t: -likelihood(t, method == "REML", x), bounds=(0, 2), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    return float(found.x)


@pytest.mark.parametrize("method", METHODS)
def test_tau2_is_what_its_definition_says(method: Any) -> None:
    got = fitted(tau2=method)
    close = 1e-7 if method in ("ML", "REML") else 1e-11
    assert got.tau2 == pytest.approx(by_definition(method), rel=close)
    assert got.tau2 > 0.01
    assert got.converged
    without = regress(Y, V, tau2=method)
    assert isinstance(without, Regression)
    assert got.tau2_without == pytest.approx(without.tau2, rel=1e-10)
    assert without.tau2 == pytest.approx(by_definition(method, np.ones((12, 1))), rel=close)
    assert got.r2 == pytest.approx(100 * max(0, 1 - got.tau2 / without.tau2))


@pytest.mark.parametrize("method", METHODS)
def test_standard_error_of_tau2(method: Any) -> None:
    got = fitted(tau2=method)
    total = np.diag(V + got.tau2)
    forms = {
        "DL": projection(0.0) / np.trace(projection(0.0)),
        "HE": projection(0.0, np.ones(12)) / 8,
        "HS": projection(0.0) / np.sum(1 / V),
        "HSk": projection(0.0) / np.sum(1 / V) * 12 / 8,
        "SJ": projection(Y.var()) * Y.var() / 8,
    }
    if method in forms:
        want = math.sqrt(2 * np.trace(forms[method] @ total @ forms[method] @ total))
    elif method == "REML":
        p = projection(got.tau2)
        want = math.sqrt(2 / np.trace(p @ p))
    elif method == "ML":
        want = math.sqrt(2 / np.sum(1 / (V + got.tau2) ** 2))
    else:
        assert math.isnan(got.tau2_se)
        assert NOTES["no se of tau2"] in got.notes
        return
    assert got.tau2_se == pytest.approx(want, rel=1e-10)
    assert NOTES["no se of tau2"] not in got.notes


def test_metafor_gives_the_same_numbers() -> None:
    got = fitted()
    one = got.coefficients
    assert got.test == "KH"
    assert one.names == ("intercept", "x", "g: b", "g: c")
    assert one.estimate == pytest.approx(
        [0.09585267218414, -0.001885375342597, 0.2961127638324, 0.4148365867854], rel=1e-9
    )
    assert one.se == pytest.approx(
        [0.2591775828743, 0.04440987062369, 0.255516449786, 0.2567670965926], rel=1e-10
    )
    assert got.tau2 == pytest.approx(0.09629325046758, rel=1e-10)
    assert got.tau2_se == pytest.approx(0.06439215871353, rel=1e-9)
    assert (got.i2, got.h2, got.r2) == pytest.approx((76.75096265983, 4.301253361025, 0.0))
    assert got.q == pytest.approx(33.63542558613, rel=1e-12)
    assert got.q_df == 8
    assert got.q_p == pytest.approx(4.729350634729e-05, rel=1e-10)
    tests = got.moderators
    assert (tests.statistic, tests.df1, tests.df2) == pytest.approx((0.9399005154769, 3, 8))
    assert tests.p == pytest.approx(0.4653932352379, rel=1e-9)
    assert got.scale == pytest.approx(0.9949264504578, rel=1e-9)
    assert got.restricted_log_likelihood == pytest.approx(-3.176769274556, rel=1e-11)
    assert got.information(restricted=True) == pytest.approx(
        (16.35353854911, 46.35353854911, 16.75074625751), rel=1e-10
    )
    assert got.hat[:2] == pytest.approx([0.4557962563352, 0.3362102168935], rel=1e-9)
    again = fitted(test="z")
    assert again.residual_z[:2] == pytest.approx([0.1034811506178, 0.8907922548503], rel=1e-8)
    there = predict(got, [[1, 5, 1, 0]], prediction="KH")
    assert there[:6] == pytest.approx(
        (0.3825385593035, 0.1845137790374, -0.04295097815889, 0.8080280967659, -0.4499850969356,
         1.215062215543), rel=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize("test", ["z", "t", "KH", "KH-adhoc"])
def test_tests_and_intervals_of_coefficients(test: Any) -> None:
    got = fitted(test=test, tau2="DL", level=0.9)
    w = np.diag(1 / (V + got.tau2))
    plain = np.linalg.inv(MATRIX.T @ w @ MATRIX)
    b = plain @ MATRIX.T @ w @ Y
    q = Y @ projection(got.tau2) @ Y / 8
    scale = {"z": 1.0, "t": 1.0, "KH": q, "KH-adhoc": max(1.0, q)}[test]
    assert q < 1 or test != "KH-adhoc" or scale > 1
    assert got.scale == pytest.approx(scale)
    assert got.covariance == pytest.approx(scale * plain, rel=1e-10)
    one = got.coefficients
    se = np.sqrt(np.diag(scale * plain))
    reference = stats.norm() if test == "z" else stats.t(8)
    assert one.estimate == pytest.approx(b)
    assert one.statistic == pytest.approx(b / se)
    assert one.p == pytest.approx(2 * reference.sf(abs(b / se)))
    assert one.low == pytest.approx(b - reference.ppf(0.95) * se)
    assert one.high == pytest.approx(b + reference.ppf(0.95) * se)
    assert set(one.df) == {math.inf if test == "z" else 8.0}
    wald = b[2:] @ np.linalg.solve(scale * plain[2:, 2:], b[2:])
    term = got.terms["g"]
    if test == "z":
        assert (term.statistic, term.df1, term.df2) == pytest.approx((wald, 2, math.inf))
        assert term.p == pytest.approx(stats.chi2.sf(wald, 2))
    else:
        assert (term.statistic, term.df1, term.df2) == pytest.approx((wald / 2, 2, 8))
        assert term.p == pytest.approx(stats.f.sf(wald / 2, 2, 8))
    assert got.terms["x"].p == pytest.approx(one.p[1])
    assert set(got.terms) == {"x", "g"}
    assert got.moderators.df1 == 3


def test_adhoc_factor_is_never_below_one() -> None:
    near = regress(Y / 100, V, design_matrix({"x": X}), test="KH-adhoc")
    far = regress(Y * 100, V, design_matrix({"x": X}), tau2="CE", test="KH-adhoc")
    assert isinstance(near, Regression)
    assert isinstance(far, Regression)
    assert near.scale == 1.0
    assert far.scale > 1.0


def test_diagnostics_by_matrices() -> None:
    got = fitted(tau2="DL", test="z")
    total = np.diag(V + got.tau2)
    w = np.linalg.inv(total)
    hat = MATRIX @ np.linalg.inv(MATRIX.T @ w @ MATRIX) @ MATRIX.T @ w
    rest = np.eye(12) - hat
    assert got.hat == pytest.approx(np.diag(hat))
    assert got.fitted == pytest.approx(hat @ Y)
    assert got.residual_z == pytest.approx(rest @ Y / np.sqrt(np.diag(rest @ total @ rest.T)))
    size = np.sqrt(np.diag(got.covariance))
    inverse = np.linalg.inv((got.covariance / np.outer(size, size))[1:, 1:])
    assert math.isnan(got.vif[0])
    assert got.vif[1:] == pytest.approx(np.diag(inverse))


def test_heterogeneity_and_likelihood_by_matrices() -> None:
    for method in ("REML", "ML", "DL", "CE"):
        got = fitted(tau2=method, test="z")
        q = Y @ projection(0.0) @ Y
        typical = 8 / np.trace(projection(0.0))
        assert got.q == pytest.approx(q)
        assert got.q_p == pytest.approx(stats.chi2.sf(q, 8))
        assert got.log_likelihood == pytest.approx(likelihood(got.tau2, False))
        assert got.restricted_log_likelihood == pytest.approx(likelihood(got.tau2, True))
        free = 4 if method == "CE" else 5
        aic, aicc, bic = got.information()
        assert aic == pytest.approx(2 * free - 2 * got.log_likelihood)
        assert aicc == pytest.approx(aic + 2 * free * (free + 1) / (12 - free - 1))
        assert bic == pytest.approx(free * math.log(12) - 2 * got.log_likelihood)
        if method == "CE":
            assert (got.tau2, got.tau2_without) == (0.0, 0.0)
            assert got.i2 == pytest.approx(100 * (q - 8) / q)
            assert got.h2 == pytest.approx(q / 8)
            before = Y @ projection(0.0, x=np.ones((12, 1))) @ Y / 11
            assert got.r2 == pytest.approx(100 * max(0.0, 1 - q / 8 / before))
            assert all(map(math.isnan, (got.tau2_se, got.tau2_low, got.tau2_high)))
            assert NOTES["common effect"] in got.notes
        else:
            assert got.i2 == pytest.approx(100 * got.tau2 / (got.tau2 + typical))
            assert got.h2 == pytest.approx(1 + got.tau2 / typical)
            low, high = got.tau2_low, got.tau2_high
            assert Y @ projection(low) @ Y == pytest.approx(stats.chi2.ppf(0.975, 8))
            assert Y @ projection(high) @ Y == pytest.approx(stats.chi2.ppf(0.025, 8))


def test_common_effect_may_fit_better_than_chance() -> None:
    calm = regress(Y / 10, V, design_matrix({"x": X}), tau2="EE")
    assert isinstance(calm, Regression)
    assert calm.q < calm.q_df
    assert calm.i2 == 0.0
    assert calm.test == "z"
    assert calm.df == math.inf


@pytest.mark.parametrize("kind", ["k-p", "k-p-1", "normal", "KH"])
def test_prediction_for_new_moderators(kind: Any) -> None:
    got = fitted(tau2="REML", test="KH", level=0.8)
    new = got.design.at({"x": [2.0, 3.0], "g": ["c", "a"]})
    assert new.tolist() == [[1, 2, 0, 1], [1, 3, 0, 0]]
    there = predict(got, new, prediction=kind)
    w = np.diag(1 / (V + got.tau2))
    plain = np.linalg.inv(MATRIX.T @ w @ MATRIX)
    variance = np.diag(new @ plain @ new.T)
    se = np.sqrt(got.scale * variance)
    assert there.estimate == pytest.approx(new @ got.coefficients.estimate)
    assert there.se == pytest.approx(se)
    assert there.low == pytest.approx(there.estimate - stats.t.ppf(0.9, 8) * se)
    assert there.high == pytest.approx(there.estimate + stats.t.ppf(0.9, 8) * se)
    df = {"k-p": 8, "k-p-1": 7, "normal": math.inf, "KH": 8}[kind]
    spread = np.sqrt(got.tau2 + (se**2 if kind == "KH" else variance))
    half = stats.t.ppf(0.9, df) * spread
    assert there.pi_df == df
    assert there.pi_low == pytest.approx(there.estimate - half)
    assert there.pi_high == pytest.approx(there.estimate + half)
    assert there.notes == ()
    unscaled = predict(fitted(test="z", level=0.8), new, prediction=kind)
    assert unscaled.se == pytest.approx(np.sqrt(variance))


def test_prediction_that_is_not_defined() -> None:
    common = predict(fitted(tau2="CE"), np.eye(4))
    assert np.isnan(common.pi_low).all()
    assert np.isnan(common.pi_df)
    assert common.notes == ("A common effect has no prediction interval.",)
    assert np.isfinite(common.low).all()
    three = regress(Y[:3], V[:3], design_matrix({"x": X[:3]}))
    assert isinstance(three, Regression)
    few = predict(three, [1, 2], prediction="k-p-1")
    assert np.isnan(few.pi_high).all()
    assert "needs more studies" in few.notes[0]
    assert np.isfinite(predict(three, [1, 2], prediction="normal").pi_high).all()
    assert np.isfinite(predict(three, [1, 2]).pi_high).all()
    with pytest.raises(ValueError, match="columns"):
        predict(three, [1, 2, 3])
    with pytest.raises(ValueError, match="unknown prediction"):
        predict(three, [1, 2], prediction="k")  # type: ignore[arg-type]


def test_effects_on_the_line_have_no_width() -> None:
    flat = regress(0.3 + 0.1 * X, V, design_matrix({"x": X}))
    assert isinstance(flat, Regression)
    assert flat.tau2 == flat.q == flat.scale == 0.0
    assert flat.coefficients.se.tolist() == [0.0, 0.0]
    assert np.isnan(flat.coefficients.p).all()
    assert math.isnan(flat.moderators.p)
    assert math.isnan(flat.moderators.statistic)
    assert np.isnan(flat.vif).all()
    assert NOTES["no width"] in flat.notes
    assert math.isnan(flat.r2) == (flat.tau2_without == 0.0)
    there = predict(flat, [1, 2])
    assert [*there.low, *there.high] == pytest.approx([0.5, 0.5])
    assert there.pi_high > there.pi_low
    wald = regress(0.3 + 0.1 * X, V, design_matrix({"x": X}), test="z")
    assert isinstance(wald, Regression)
    assert wald.coefficients.p[1] < 0.05
    assert NOTES["no width"] not in wald.notes


def test_what_is_left_out_is_counted() -> None:
    y = np.append(Y, [np.nan, np.inf, 0.1, 0.2, 0.3, 0.4, 1.0, 0.5])
    v = np.append(V, [0.1, 0.1, 0.0, -1.0, np.inf, 0.1, 1e15, 0.1])
    x = np.append(X, [1, 2, 3, 4, 5, np.nan, 5, 1e71])
    got = regress(y, v, design_matrix({"x": x, "g": [*G, *"abcabcab"]}))
    assert isinstance(got, Regression)
    assert got.k == 12
    assert got.used.tolist() == [True] * 12 + [False] * 8
    assert got.coefficients.estimate == pytest.approx(fitted().coefficients.estimate)
    assert np.isnan(got.fitted[12:]).all()
    assert np.isfinite(got.fitted[:12]).all()
    assert "8 studies without a usable effect, variance or moderator left out." in got.notes
    one = regress(y[:13], v[:13], design_matrix({"x": x[:13]}))
    assert isinstance(one, Regression)
    assert one.notes[0].startswith("1 study without")
    assert NOTES["few studies"] not in one.notes
    assert NOTES["few studies"] in got.notes
    assert fitted().notes == (NOTES["few studies"],)


def test_models_that_studies_cannot_carry() -> None:
    none = refused(regress([], []))
    assert (none.reason, none.k, none.p) == ("no studies", 0, 1)
    single = refused(regress([1.0], [1.0]))
    assert (single.reason, single.k, single.columns) == ("too many moderators", 1, ("intercept",))
    assert single.note == "1 study cannot carry 1 coefficient (intercept): at least 2 are needed."
    two = refused(regress([1, 2], [1, 1], design_matrix({"x": [1, 2]})))
    assert two.columns == ("intercept", "x")
    assert "2 studies cannot carry 2 coefficients (intercept, x): at least 3" in two.note
    gap = refused(regress([1, 2, np.nan], [1, 1, 1], design_matrix({"x": [1, 2, 3]})))
    assert "2 studies (of 3 given)" in gap.note
    same = refused(regress(Y, V, design_matrix({"x": X, "z": 2 * X + 1, "c": np.full(12, 7.0)})))
    assert (same.reason, same.columns, same.k, same.p) == ("collinear", ("z", "c"), 12, 4)
    assert same.note.endswith("z, c.")
    with pytest.raises(ValueError, match="another unit"):
        regress(Y, V, design_matrix({"x": X * 1e-80}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tau2": "best"}, "unknown method 'best'"),
        ({"test": "F"}, "unknown method 'F'"),
        ({"level": 1.0}, "level"),
        ({"yi": Y[:3]}, "one shape"),
        ({"yi": Y[None], "vi": V[None]}, "one shape"),
        ({"design": design_matrix({}, k=3)}, "3 rows for 12 studies"),
    ],
)
def test_misuse_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        regress(**({"yi": Y, "vi": V} | changed))


def test_several_maxima_are_said() -> None:
    y = np.array([2.0, 0.5, 0.0, 0.0, 0.0])
    v = np.array([0.3, 0.3, 0.3, 0.01, 0.001])
    got = regress(y, v)
    assert isinstance(got, Regression)
    assert NOTES["several maxima"] in got.notes
    assert got.tau2 == pytest.approx(float(pool(y, v, tau2="REML").tau2), rel=1e-8)


def test_study_alone_in_its_group_has_no_residual() -> None:
    got = regress(Y, V, design_matrix({"g": [*"aaaaaabbbbb", "c"]}))
    assert isinstance(got, Regression)
    assert math.isnan(got.residual_z[11])
    assert np.isfinite(got.residual_z[:11]).all()
    assert got.hat[11] == pytest.approx(1.0)


studies = st.integers(5, 12).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-2, 2), min_size=k, max_size=k),
        st.lists(st.floats(0.01, 1), min_size=k, max_size=k),
        st.permutations(range(k)),
    )
)


@settings(max_examples=15, deadline=None)
@given(studies, st.sampled_from(METHODS))
def test_without_moderators_it_is_pooling(
    drawn: tuple[list[float], list[float], list[int]], method: Any
) -> None:
    y, v = np.array(drawn[0]), np.array(drawn[1])
    got = regress(y, v, tau2=method, test="KH")
    want = pool(y, v, tau2=method, interval="HK")
    assert isinstance(got, Regression)
    assert got.tau2 == pytest.approx(float(want.tau2), rel=1e-7, abs=1e-9)
    error = float(want.se) + 1e-9
    assert abs(got.coefficients.estimate[0] - want.estimate) < 1e-6 * error
    assert got.coefficients.low[0] == pytest.approx(float(want.low), abs=1e-5 * error + 1e-12)
    assert got.q == pytest.approx(float(want.q), rel=1e-9, abs=1e-9)
    assert got.i2 == pytest.approx(float(want.i2), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(studies, st.floats(0.001, 1000), st.floats(0.001, 1000), st.sampled_from(METHODS))
def test_order_and_units_do_not_matter(
    drawn: tuple[list[float], list[float], list[int]], unit: float, other: float, method: Any
) -> None:
    y, v, order = np.array(drawn[0]), np.array(drawn[1]), list(drawn[2])
    x = np.arange(y.size) ** 1.5
    one = regress(y, v, design_matrix({"x": x}), tau2=method, test="z")
    changed = design_matrix({"x": x[order] * other + 3})
    two = regress(y[order] * unit, v[order] * unit**2, changed, tau2=method, test="z")
    assert isinstance(one, Regression)
    assert isinstance(two, Regression)
    assert two.tau2 == pytest.approx(one.tau2 * unit**2, rel=1e-6, abs=1e-8 * unit**2)
    slope, error = one.coefficients.estimate[1], one.coefficients.se[1]
    assert abs(two.coefficients.estimate[1] * other / unit - slope) < 1e-5 * error
    assert two.moderators.statistic == pytest.approx(one.moderators.statistic, rel=1e-5, abs=1e-8)
    shift = y.size * math.log(unit)
    assert two.log_likelihood + shift == pytest.approx(one.log_likelihood, abs=1e-6)


def test_far_moderators_keep_their_digits() -> None:
    near = regress(Y, V, design_matrix({"year": X}), tau2="DL")
    far = regress(Y, V, design_matrix({"year": X + 1e6}), tau2="DL")
    assert isinstance(near, Regression)
    assert isinstance(far, Regression)
    assert far.q == pytest.approx(near.q, rel=1e-9)
    assert far.coefficients.estimate[1] == pytest.approx(near.coefficients.estimate[1], rel=1e-8)


def test_a_hand_made_design_without_intercept() -> None:
    own = Design(MATRIX[:, 1:2], ("dose",), ("dose",), {})
    got = regress(Y, V, own, tau2="CE")
    assert isinstance(got, Regression)
    slope = np.sum(X * Y / V) / np.sum(X * X / V)
    assert got.coefficients.estimate == pytest.approx([slope])
    assert got.moderators.statistic == pytest.approx(slope**2 * np.sum(X * X / V))
    assert got.vif == pytest.approx([1.0])


def test_swapping_the_arms_turns_the_signs() -> None:
    for method in METHODS:
        one = fitted(tau2=method)
        two = regress(-Y, V, one.design, tau2=method)  # type: ignore[arg-type]
        assert isinstance(two, Regression)
        assert two.coefficients.estimate == pytest.approx(-one.coefficients.estimate)
        assert two.coefficients.low == pytest.approx(-one.coefficients.high)
        assert two.tau2 == pytest.approx(one.tau2)


def test_studies_twice_halve_the_variances_of_a_common_effect() -> None:
    one = fitted(tau2="CE")
    twice = design_matrix({"x": np.tile(X, 2), "g": G * 2})
    two = regress(np.tile(Y, 2), np.tile(V, 2), twice, tau2="CE")
    assert isinstance(two, Regression)
    assert two.coefficients.estimate == pytest.approx(one.coefficients.estimate)
    assert two.covariance == pytest.approx(one.covariance / 2)
    assert two.q == pytest.approx(2 * one.q)
    assert two.moderators.statistic == pytest.approx(2 * one.moderators.statistic)


@pytest.mark.parametrize("excess", [1e-6, 0.3, 5.0, 1e4])
def test_equal_variances_leave_what_they_do_not_explain(excess: float) -> None:
    """REML and the moment estimators are s² - v there, ML is SS/k - v."""
    wave = np.array([1.0, -1.0, 1.0, -1.0, 0.5, -0.5])
    spread = 1.0 + excess
    y = wave * math.sqrt(spread / wave.var(ddof=1))
    for method in ("REML", "PM", "DL", "HE"):
        got = regress(y, np.ones(6), tau2=method)  # type: ignore[arg-type]
        assert isinstance(got, Regression)
        assert got.tau2 == pytest.approx(excess, rel=1e-7)
        assert got.converged
    ml = regress(y, np.ones(6), tau2="ML")
    assert isinstance(ml, Regression)
    assert ml.tau2 == pytest.approx(max(0.0, spread * 5 / 6 - 1), rel=1e-9)
