"""Intervals of the mean, other weights and predictions, against slow definitions of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from trialweave.stats.pooling import FLAGS, pool
from trialweave.stats.pooling._rows import student

SIX = (
    np.array([0.31, -0.12, 0.55, 0.08, -0.42, 0.9]),
    np.array([0.02, 0.05, 0.11, 0.04, 0.09, 0.3]),
)
CLOSE = (np.array([-0.3, -0.31, -0.305]), np.array([0.04, 0.05, 0.03]))
CHOICES = (
    {"interval": "HK-ci"},
    {"interval": "HK-IQWiG6"},
    {"interval": "KR", "prediction": "KR"},
    {"interval": "PL", "tau2": "ML", "tau2_interval": "PL"},
    {"interval": "Henmi-Copas", "tau2": "DL", "weighting": "common"},
    {"weighting": "equal"},
    {"weighting": "common", "tau2": "DL", "prediction": "k-2"},
    {"prediction": "HK-PR", "tau2_interval": "J"},
    {"prediction": "KR-PR", "tau2_interval": "BJ"},
)


def log_likelihood(mu: float, t: float, y: np.ndarray, v: np.ndarray) -> float:
    return float(-0.5 * np.sum(np.log(v + t) + (y - mu) ** 2 / (v + t)))


def profiled(mu: float, y: np.ndarray, v: np.ndarray) -> float:
    """The greatest log-likelihood of a mean, over τ², by looking everywhere."""
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 100, 400)])
    heights = [log_likelihood(mu, t, y, v) for t in grid]
    best = int(np.argmax(heights))
    found = optimize.minimize_scalar(
        lambda t: -log_likelihood(mu, t, y, v),
        bounds=(grid[max(0, best - 1)], grid[min(400, best + 1)]),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return max(heights[best], -found.fun)


@pytest.mark.parametrize("sample", [SIX, CLOSE])
def test_kenward_roger_by_matrices(sample: tuple[np.ndarray, np.ndarray]) -> None:
    y, v = sample
    got = pool(y, v, interval="KR")
    tau2 = float(got.tau2)
    inverse = np.diag(1 / (v + tau2))
    x = np.ones((len(y), 1))
    phi = np.linalg.inv(x.T @ inverse @ x)
    projection = inverse - inverse @ x @ phi @ x.T @ inverse
    of_tau2 = 2 / np.trace(projection @ projection)
    first = -x.T @ inverse @ inverse @ x
    second = x.T @ inverse @ inverse @ inverse @ x
    adjusted = phi + 2 * of_tau2 * phi @ (second - first @ phi @ first) @ phi
    assert float(got.se) ** 2 == pytest.approx(adjusted.item(), rel=1e-12)
    df = 2 / (of_tau2 * (adjusted @ first).item() ** 2)
    assert float(got.df) == pytest.approx(df, rel=1e-12)
    half = stats.t.ppf(0.975, df) * math.sqrt(adjusted.item())
    assert float(got.high - got.estimate) == pytest.approx(half)
    assert float(got.p) == pytest.approx(2 * stats.t.sf(abs(got.estimate / got.se), df))
    assert float(got.high - got.low) > float(pool(y, v, interval="Wald").high - got.estimate)


def test_kenward_roger_where_one_study_outweighs_all() -> None:
    # weights 1/v with v = 1e-12 and four of 1: the sums of powers cancel to nothing in doubles
    y, v = [0.0, 0.1, -0.1, 0.2, -0.2], [1e-12, 1.0, 1.0, 1.0, 1.0]
    got = pool(y, v, interval="KR")
    assert float(got.tau2) == 0
    # half the trace of PP: (4·1 + 4² + 2·4·1)/2, of the small, the precise, and pairs with it
    information = 14.0
    variance = 1e-12 * (1 + 2 * 4e12 / information)
    assert float(got.se) ** 2 == pytest.approx(variance, rel=1e-6)
    assert float(got.df) == pytest.approx(2 * information / (variance * 1e24) ** 2, rel=1e-6)
    assert math.isinf(float(got.high))
    assert FLAGS["unbounded"] in got.notes
    assert FLAGS["unbounded"] not in pool(y, v, interval="Wald").notes


def test_hybrid_rules() -> None:
    hk, wald = pool(*CLOSE), pool(*CLOSE, interval="Wald")
    ci, iqwig = pool(*CLOSE, interval="HK-ci"), pool(*CLOSE, interval="HK-IQWiG6")
    for name in ("se", "low", "high", "p", "df", "statistic"):
        assert float(getattr(ci, name)) == float(getattr(wald, name))
    assert (float(iqwig.se), float(iqwig.df)) == (float(wald.se), 2)
    for found in (ci, iqwig):
        assert FLAGS["widened"] in found.notes
        assert FLAGS["narrower than Wald"] not in found.notes
    assert FLAGS["widened"] not in hk.notes
    # wide enough already: nothing changes
    for rule in ("HK-ci", "HK-IQWiG6"):
        same = pool(*SIX, interval=rule)  # type: ignore[arg-type]
        assert float(same.high) == float(pool(*SIX).high)
        assert FLAGS["widened"] not in same.notes


def test_the_rules_are_set_beside_different_wald_intervals() -> None:
    # REML finds more heterogeneity than DL: Hartung-Knapp is between the two Wald intervals
    y = [-1.3, -0.9, 0.05, -1.1, 0.02, -0.8]
    v = [0.2, 0.3, 0.001, 0.4, 0.002, 0.25]
    level = 0.9999
    half = [
        float(found.high - found.estimate)
        for found in (
            pool(y, v, level=0.3, interval="Wald"),
            pool(y, v, level=0.3),
            pool(y, v, level=0.3, interval="Wald", tau2="DL"),
        )
    ]
    assert half[0] > half[1] > half[2]
    ci = pool(y, v, level=0.3, interval="HK-ci")
    iqwig = pool(y, v, level=0.3, interval="HK-IQWiG6")
    assert float(ci.high - ci.estimate) == pytest.approx(half[0])
    assert float(iqwig.high - iqwig.estimate) == pytest.approx(half[1])
    assert pool(y, v, level=level).flags["widened"] == np.False_


@pytest.mark.parametrize("sample", [SIX, CLOSE, (SIX[0] * 3, SIX[1] / 10)])
def test_profile_likelihood_limits_lose_just_so_much(
    sample: tuple[np.ndarray, np.ndarray],
) -> None:
    y, v = sample
    got = pool(y, v, tau2="ML", interval="PL", level=0.9)
    top = log_likelihood(float(got.estimate), float(got.tau2), y, v)
    loss = stats.chi2.ppf(0.9, 1) / 2
    for limit in (got.low, got.high):
        assert profiled(float(limit), y, v) == pytest.approx(top - loss, abs=1e-9)
    ratio = 2 * (top - profiled(0.0, y, v))
    assert float(got.statistic) == pytest.approx(
        math.copysign(math.sqrt(ratio), float(got.estimate)), abs=1e-7
    )
    assert float(got.p) == pytest.approx(stats.chi2.sf(ratio, 1), rel=1e-7)
    assert float(got.df) == math.inf
    assert float(got.se) == float(pool(y, v, tau2="ML", interval="Wald").se)


def test_the_profile_statistic_has_the_sign_of_the_mean() -> None:
    # the most precise study, about which effects are centred, lies on the other side
    y, v = np.array([-0.1, 1.0, 1.2, 0.9]), np.array([0.01, 0.02, 0.02, 0.02])
    for sign in (1, -1):
        found = pool(sign * y, v, tau2="ML", interval="PL")
        assert sign * float(found.statistic) > 0
        assert sign * float(found.estimate) > 0


def slow_henmi_copas(y: np.ndarray, v: np.ndarray, level: float) -> float:
    """Half the width, by matrices of the conditional distribution and adaptive integration."""
    w = 1 / v
    found = pool(y, v, tau2="DL")
    t = float(found.tau2)
    a = np.sqrt(w / w.sum())
    d, m = np.diag(1 + t * w), np.eye(len(y)) - np.outer(a, a)
    spread = float(a @ d @ a)
    conditional = d - d @ np.outer(a, a) @ d / spread
    toward = d @ a / spread
    w2 = float((w * w).sum() / w.sum())

    def tail(u: float) -> float:
        def integrand(r: float) -> float:
            mean = np.trace(m @ conditional) + r * r * toward @ m @ toward
            variance = 2 * np.trace(m @ conditional @ m @ conditional)
            variance += 4 * r * r * toward @ m @ conditional @ m @ toward
            q = len(y) - 1 + (w.sum() - w2) * ((r / u) ** 2 - 1) / w2
            below = stats.gamma.cdf(q, mean**2 / variance, scale=variance / mean)
            return float(stats.norm.pdf(r, scale=math.sqrt(spread)) * below)

        return integrate.quad(integrand, u, u + 9 * math.sqrt(spread), epsabs=1e-12)[0]

    u = optimize.brentq(lambda u: tail(u) - (1 - level) / 2, 0.3, 10 * math.sqrt(spread))
    return float(u * math.sqrt(spread / w.sum()))


def test_henmi_copas_by_matrices_and_as_metafor() -> None:
    choice = {"tau2": "DL", "weighting": "common", "interval": "Henmi-Copas"}
    got = pool(*SIX, **choice)  # type: ignore[arg-type]
    # metafor 3.8-1, hc(rma(y, v, method="DL"), control=list(tol=1e-14))
    assert float(got.estimate) == pytest.approx(0.1555091606305923, rel=1e-13)
    assert float(got.se) == pytest.approx(0.1520718390515182, rel=1e-13)
    assert (float(got.low), float(got.high)) == pytest.approx(
        (-0.2158828796759533, 0.5269012009371378), rel=1e-9
    )
    half = slow_henmi_copas(*SIX, 0.8)
    narrow = pool(*SIX, level=0.8, **choice)  # type: ignore[arg-type]
    assert float(narrow.high - narrow.estimate) == pytest.approx(half, rel=1e-7)
    assert math.isnan(float(got.df))
    assert FLAGS["own distribution"] in got.notes
    # one study a million times as precise as the next (metafor: 2.44032, from rougher integrals)
    apart = np.array([0.1, 0.2, 0.9, -0.4]), np.array([0.01, 0.5, 0.02, 1e-8])
    found = pool(*apart, **choice)  # type: ignore[arg-type]
    half = slow_henmi_copas(*apart, 0.95)
    assert float(found.high - found.estimate) == pytest.approx(half, rel=1e-6)


def test_henmi_copas_with_variances_too_far_apart_says_so() -> None:
    y = [6.8, -7.65, -40.5, -2.3, -17.1, 23.0]
    v = [4.4, 1.3e-30, 21.3, 4.0e-7, 2.2e-6, 7.6e-7]
    found = pool(y, v, tau2="DL", weighting="common", interval="Henmi-Copas")
    assert math.isnan(float(found.low))
    assert FLAGS["too far apart"] in found.notes
    near = pool(y, np.array(v) + 0.01, tau2="DL", weighting="common", interval="Henmi-Copas")
    assert math.isfinite(float(near.low))
    assert FLAGS["too far apart"] not in near.notes


@pytest.mark.parametrize("choice", CHOICES[:6])
def test_the_interval_whose_level_is_one_minus_p_ends_at_zero(choice: dict[str, str]) -> None:
    found = pool(*SIX, **choice)  # type: ignore[arg-type]
    again = pool(*SIX, level=1 - float(found.p), **choice)  # type: ignore[arg-type]
    assert float(again.low) == pytest.approx(0, abs=1e-8)


def test_other_weights() -> None:
    y, v = SIX
    tau2 = float(pool(y, v, tau2="DL").tau2)
    for weighting, w in (("common", 1 / v), ("equal", np.ones(6)), ("random", 1 / (v + tau2))):
        got = pool(y, v, tau2="DL", weighting=weighting, interval="Wald")  # type: ignore[arg-type]
        se = math.sqrt(np.sum(w * w * (v + tau2))) / w.sum()
        assert float(got.estimate) == pytest.approx(np.average(y, weights=w))
        assert float(got.se) == pytest.approx(se)
        assert got.weights == pytest.approx(100 * w / w.sum())
        assert float(got.pi_high - got.estimate) == pytest.approx(
            stats.t.ppf(0.975, 5) * math.sqrt(tau2 + se**2)
        )
        assert got.weighting == weighting
    assert pool(y, v, weighting="equal").interval == "Wald"
    with_t = pool(y, v, weighting="equal", interval="t")
    assert float(with_t.df) == 5
    # padding does not count as a study
    padded = pool([[*y, np.nan]], [[*v, np.nan]], weighting="equal")
    assert float(padded.estimate[0]) == pytest.approx(float(np.mean(y)))


def test_predictions_with_other_degrees_of_freedom() -> None:
    kr, hk, wald = (pool(*SIX, interval=i) for i in ("KR", "HK", "Wald"))  # type: ignore[arg-type]
    for prediction, error, df in (
        ("HK-PR", hk.se, 4),
        ("KR", kr.se, kr.df),
        ("KR-PR", kr.se, kr.df - 1),
        ("k-2", wald.se, 4),
    ):
        got = pool(*SIX, prediction=prediction)  # type: ignore[arg-type]
        half = stats.t.ppf(0.975, df) * math.sqrt(got.tau2 + error**2)
        assert float(got.pi_df) == pytest.approx(float(df))
        assert float(got.pi_high - got.estimate) == pytest.approx(float(half))
    two = ([-1.2, 0.3], [0.05, 0.08])
    for prediction in ("HK-PR", "KR-PR", "k-2"):
        found = pool(*two, prediction=prediction)  # type: ignore[arg-type]
        assert math.isnan(float(found.pi_low))
        assert math.isnan(float(found.pi_df))
        assert FLAGS["no prediction"] in found.notes
    assert math.isfinite(float(pool(*two, prediction="KR").pi_low))


def test_methods_that_do_not_go_together() -> None:
    for options, message in (
        ({"interval": "KR", "tau2": "DL"}, "estimator REML"),
        ({"prediction": "KR-PR", "tau2": "ML"}, "estimator REML"),
        ({"interval": "PL"}, "estimator ML"),
        ({"interval": "Henmi-Copas", "weighting": "common"}, "estimator DL"),
        ({"interval": "Henmi-Copas", "tau2": "DL"}, "weighting 'common'"),
        ({"interval": "HK", "weighting": "equal"}, "intervals Wald and t"),
        ({"prediction": "KR", "weighting": "equal"}, "intervals Wald and t"),
        ({"tau2_interval": "PL", "tau2": "PM"}, "ML and REML"),
        ({"weighting": "XX"}, "unknown method 'XX'"),
        ({"tau2_interval": "XX"}, "unknown method 'XX'"),
    ):
        with pytest.raises(ValueError, match=message):
            pool([1, 2], [1, 2], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", CHOICES)
def test_one_study_has_its_own_wald_interval(choice: dict[str, str]) -> None:
    found = pool([[0.3, np.nan], [0.3, 0.9]], [[0.04, np.nan], [0.04, 0.1]], **choice)  # type: ignore[arg-type]
    assert (float(found.low[0]), float(found.high[0])) == pytest.approx((-0.0919928, 0.6919928))
    assert float(found.df[0]) == math.inf
    assert FLAGS["one study"] in found.notes_at(0)
    assert FLAGS["own distribution"] not in found.notes_at(0)
    assert math.isnan(float(found.pi_low[0]))
    alone = pool([0.3, 0.9], [0.04, 0.1], **choice)  # type: ignore[arg-type]
    assert float(found.low[1]) == pytest.approx(float(alone.low), rel=1e-9)


@pytest.mark.parametrize("choice", CHOICES)
def test_padding_changes_nothing(choice: dict[str, str]) -> None:
    rows = np.full((2, 3, 8), np.nan)
    rows[0, 0, 1:7], rows[1, 0, 1:7] = SIX
    rows[0, 1, [0, 3, 7]], rows[1, 1, [0, 3, 7]] = CLOSE
    rows[0, 2, :2], rows[1, 2, :2] = [-1.2, 0.3], [0.05, 0.08]
    together = pool(*rows, **choice)  # type: ignore[arg-type]
    two = [-1.2, 0.3], [0.05, 0.08]
    for row, sample in enumerate((SIX, CLOSE, two)):
        alone = pool(*sample, **choice)  # type: ignore[arg-type]
        for name in (
            "estimate",
            "se",
            "low",
            "high",
            "p",
            "df",
            "tau2_low",
            "tau2_high",
            "pi_high",
        ):
            got, want = float(getattr(together, name)[row]), float(getattr(alone, name))
            assert got == pytest.approx(want, rel=1e-8, abs=1e-10, nan_ok=True), name
        assert together.notes_at(row) == alone.notes


@pytest.mark.parametrize("choice", CHOICES[:6])
def test_a_mean_of_zero_has_p_of_one(choice: dict[str, str]) -> None:
    even = pool([-0.5, 0.5, -0.1, 0.1], [0.04, 0.04, 0.05, 0.05], **choice)  # type: ignore[arg-type]
    assert float(even.estimate) == pytest.approx(0, abs=1e-15)
    assert float(even.p) == pytest.approx(1, abs=1e-6)
    assert float(even.low) == pytest.approx(-float(even.high))


@pytest.mark.parametrize("choice", CHOICES)
def test_identical_effects_and_no_studies(choice: dict[str, str]) -> None:
    same = pool([0.1] * 3, [0.04, 0.05, 0.06], **choice)  # type: ignore[arg-type]
    assert float(same.estimate) == pytest.approx(0.1)
    assert float(same.tau2) == 0
    assert float(same.tau2_low) == 0
    empty = pool([], [], **choice)  # type: ignore[arg-type]
    assert math.isnan(float(empty.low))
    assert empty.notes == (FLAGS["no studies"],)


studies = st.lists(st.tuples(st.floats(-4, 4), st.floats(0.01, 4)), min_size=2, max_size=7).map(
    lambda pairs: (np.array([y for y, _ in pairs]), np.array([v for _, v in pairs]))
)


@settings(deadline=None, max_examples=25)
@given(studies, st.sampled_from(CHOICES), st.integers(-60, 60), st.randoms())
def test_order_sides_and_units_do_not_matter(sample, choice, power, random) -> None:  # type: ignore[no-untyped-def]
    y, v = sample
    plain = pool(y, v, **choice)
    if plain.flags["several maxima"]:
        return
    order = list(range(len(y)))
    random.shuffle(order)
    unit = 2.0**power
    mirrored = pool(-y[order] * unit, v[order] * unit**2, **choice)
    scale = 1e-6 * float(plain.high - plain.low + plain.se)
    for one, other in (("low", "high"), ("high", "low"), ("pi_low", "pi_high")):
        want, got = float(getattr(plain, one)), -float(getattr(mirrored, other)) / unit
        assert got == pytest.approx(want, rel=1e-7, abs=scale, nan_ok=True)
    for name in ("tau2_low", "tau2_high"):
        want, got = float(getattr(plain, name)), float(getattr(mirrored, name)) / unit**2
        assert got == pytest.approx(want, rel=1e-6, abs=1e-8 * v.min())
    assert float(mirrored.p) == pytest.approx(float(plain.p), rel=1e-5, abs=1e-9, nan_ok=True)


def test_quantiles_of_few_degrees_of_freedom() -> None:
    for df in (0.02, 0.1, 0.4, 0.99, 1.0, 2.5):
        for level in (0.5, 0.95, 0.999):
            got = float(student(np.array([df]), level)[0])
            assert 2 * stats.t.sf(got, df) == pytest.approx(1 - level, rel=1e-9)
    assert student(np.array([0.002, np.nan]), 0.95).tolist() == [
        math.inf,
        pytest.approx(math.nan, nan_ok=True),
    ]
