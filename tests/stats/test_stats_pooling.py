"""Pooling, against slow solvers written differently and the published BCG analysis."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from trialweave.stats.effects import effect
from trialweave.stats.pooling import FLAGS, Pooled, pool

METHODS = ("DL", "HE", "HS", "HSk", "SJ", "PM", "EB", "PMM", "ML", "REML")
INTERVALS = ("Wald", "t", "HK", "HK-adhoc")
NUMBERS = (
    "estimate", "se", "low", "high", "statistic", "p", "df", "tau2", "tau2_low", "tau2_high",
    "i2", "i2_low", "i2_high", "h2", "q", "q_p", "pi_low", "pi_high", "pi_df",
)  # fmt: skip

# Cases and sizes of the 13 trials of BCG vaccine against tuberculosis; Colditz et al., JAMA
# 1994;271:698-702, vaccinated and not vaccinated.
BCG = (
    [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
)


@pytest.fixture(scope="module")
def bcg() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return effect("RR", *BCG)


def likelihood(t: float, y: np.ndarray, v: np.ndarray, restricted: bool) -> float:
    """(Restricted) log-likelihood by matrices, for one τ²."""
    inverse = np.linalg.inv(np.diag(v + t))
    x = np.ones((len(y), 1))
    information = x.T @ inverse @ x
    r = y - (x @ np.linalg.solve(information, x.T @ inverse @ y)).ravel()
    value = np.linalg.slogdet(inverse)[1] - r @ inverse @ r
    if restricted:
        value -= np.linalg.slogdet(information)[1]
    return float(value / 2)


def highest(y: np.ndarray, v: np.ndarray, restricted: bool) -> float:
    """The τ² of the highest likelihood, by looking everywhere and then refining."""
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * v.min(), 50 * np.ptp(y) ** 2 + 1e-9, 300)])
    heights = [likelihood(t, y, v, restricted) for t in grid]
    best = int(np.argmax(heights))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    found = optimize.minimize_scalar(
        lambda t: -likelihood(t, y, v, restricted),
        bounds=(low, high), method="bounded", options={"xatol": 1e-12 * (high + 1e-300)},
    )  # fmt: skip
    return 0.0 if heights[0] >= -found.fun else float(found.x)


def by_root(y: np.ndarray, v: np.ndarray, target: float) -> float:
    """The τ² at which the generalised Q is the target."""

    def excess(t: float) -> float:
        w = 1 / (v + t)
        return float(np.sum(w * (y - np.average(y, weights=w)) ** 2) - target)

    if excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, np.sum((y - y.mean()) ** 2) / target, xtol=1e-200))


def random_sets(number: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sets of 2 to 12 studies, from homogeneous to very heterogeneous, of all magnitudes."""
    rng = np.random.default_rng(seed)
    sets = []
    for _ in range(number):
        k = int(rng.integers(2, 13))
        scale = 10.0 ** rng.uniform(-3, 2)
        v = scale**2 * rng.lognormal(-2, rng.uniform(0.1, 2.0), k)
        y = rng.normal(0.3 * scale, np.sqrt(v + scale**2 * rng.choice([0.0, 0.05, 1.0])))
        sets.append((y, v))
    return sets


def padded(sets: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    longest = max(len(y) for y, _ in sets)
    arrays = np.full((2, len(sets), longest), np.nan)
    for row, pair in enumerate(sets):
        for array, values in zip(arrays, pair, strict=True):
            array[row, : len(values)] = values
    return arrays[0], arrays[1]


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_likelihood_estimates_are_the_highest_maximum(method: str) -> None:
    two_maxima = [
        (np.array([2, 0.5, 0, 0, 0]), np.array([0.3, 0.3, 0.3, 0.01, 0.001])),
        (np.array([0, 0, 0, 2.0, 0]), np.array([0.001, 0.3, 0.001, 0.3, 0.1])),
        (np.array([0, 0, 0, 0, 2.0]), np.array([0.1, 0.001, 0.1, 0.001, 0.1])),
    ]
    sets = random_sets(150, 7) + two_maxima
    found = pool(*padded(sets), tau2=method, interval="Wald")  # type: ignore[arg-type]
    assert found.converged.all()
    assert found.flags["several maxima"][-3:].any()
    assert 0.2 < np.mean(found.tau2 == 0) < 0.8
    for row, (y, v) in enumerate(sets):
        want = highest(y, v, method == "REML")
        w = 1 / (v + want)
        assert found.estimate[row] == pytest.approx(
            np.average(y, weights=w), abs=1e-5 / math.sqrt(w.sum())
        )
        height = likelihood(found.tau2[row], y, v, method == "REML")
        assert height >= likelihood(want, y, v, method == "REML") - 1e-9


@pytest.mark.parametrize("method", ["PM", "PMM", "EB"])
def test_generalised_q_estimates_are_roots(method: str) -> None:
    sets = random_sets(150, 8)
    found = pool(*padded(sets), tau2=method)  # type: ignore[arg-type]
    for row, (y, v) in enumerate(sets):
        df = len(y) - 1
        scale = {"rel": 1e-9, "abs": 1e-12 * v.min()}
        target = stats.chi2.median(df) if method == "PMM" else df
        assert found.tau2[row] == pytest.approx(by_root(y, v, target), **scale)
        for name, share in (("tau2_low", 0.975), ("tau2_high", 0.025)):
            want = by_root(y, v, stats.chi2.ppf(share, df))
            assert getattr(found, name)[row] == pytest.approx(want, **scale)
        assert found.flags["empty tau2 interval"][row] == (found.q[row] < stats.chi2.ppf(0.025, df))


def test_dersimonian_laird_in_whole_numbers() -> None:
    y, v = [Fraction(3), Fraction(-1), Fraction(7, 2), Fraction(2)], [1, 2, 3, 5]
    w = [Fraction(1, x) for x in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    tau2 = (q - 3) / (sum(w) - sum(a * a for a in w) / sum(w))
    w = [1 / (x + tau2) for x in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    spread = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    found = pool([float(x) for x in y], v, tau2="DL", interval="HK")
    assert tau2 > 0
    assert float(found.q) == pytest.approx(float(q), rel=1e-14)
    assert float(found.tau2) == pytest.approx(float(tau2), rel=1e-14)
    assert float(found.estimate) == pytest.approx(float(mean), rel=1e-14)
    assert float(found.se) ** 2 == pytest.approx(float(spread / 3 / sum(w)), rel=1e-14)
    assert found.weights == pytest.approx([float(100 * x / sum(w)) for x in w])


def test_the_published_bcg_analysis(bcg: tuple[np.ndarray, np.ndarray]) -> None:
    # Viechtbauer, J Stat Softw 2010;36(3), printed with the digits given here
    found = pool(*bcg, interval="Wald")
    assert round(float(found.estimate), 4) == -0.7145
    assert round(float(found.se), 4) == 0.1798
    assert round(float(found.low), 4) == -1.0669
    assert round(float(found.high), 4) == -0.3622
    assert round(float(found.tau2), 4) == 0.3132
    assert round(float(found.i2), 2) == 92.22
    assert round(float(found.h2), 2) == 12.86
    assert round(float(found.q), 3) == 152.233
    assert (round(float(found.tau2_low), 4), round(float(found.tau2_high), 4)) == (0.1197, 1.1115)
    assert (round(float(found.i2_low), 2), round(float(found.i2_high), 2)) == (81.92, 97.68)
    assert found.notes == ()


def test_intervals_and_predictions_from_their_parts(bcg: tuple[np.ndarray, np.ndarray]) -> None:
    y, v = bcg
    tau2 = float(pool(y, v).tau2)
    w = 1 / (v + tau2)
    mean, wald = np.average(y, weights=w), 1 / math.sqrt(w.sum())
    q = float(np.sum(w * (y - mean) ** 2) / 12)
    t12, t11, z = stats.t.ppf(0.975, 12), stats.t.ppf(0.975, 11), stats.norm.ppf(0.975)
    for interval, se, quantile, df in (
        ("Wald", wald, z, math.inf),
        ("t", wald, t12, 12),
        ("HK", wald * math.sqrt(q), t12, 12),
        ("HK-adhoc", wald * math.sqrt(max(1, q)), t12, 12),
    ):
        found = pool(y, v, interval=interval)  # type: ignore[arg-type]
        assert float(found.se) == pytest.approx(se)
        assert float(found.high) == pytest.approx(mean + quantile * se)
        assert float(found.df) == df
        tail = stats.norm.sf if math.isinf(df) else stats.t(df).sf
        assert float(found.p) == pytest.approx(2 * tail(abs(mean / se)), rel=1e-9)
    hk = wald * math.sqrt(q)
    for prediction, error, quantile, df in (
        ("k-1", wald, t12, 12),
        ("k-2", wald, t11, 11),
        ("normal", wald, z, math.inf),
        ("HK", hk, t12, 12),
    ):
        found = pool(y, v, prediction=prediction)  # type: ignore[arg-type]
        half = quantile * math.sqrt(tau2 + error**2)
        assert float(found.pi_low) == pytest.approx(mean - half)
        assert float(found.pi_high) == pytest.approx(mean + half)
        assert float(found.pi_df) == df
    narrow = pool(y, v, level=0.5)
    assert float(narrow.high - narrow.low) == pytest.approx(2 * stats.t.ppf(0.75, 12) * hk)


# Properties -----------------------------------------------------------------------------------

studies = st.lists(st.tuples(st.floats(-5, 5), st.floats(1e-3, 5)), min_size=2, max_size=9).map(
    lambda pairs: (np.array([y for y, _ in pairs]), np.array([v for _, v in pairs]))
)


def assert_same(
    got: Pooled, want: Pooled, *, rel: float = 1e-7, names: tuple[str, ...] = NUMBERS
) -> None:
    for name in names:
        value = getattr(want, name)
        # beside numbers of the size of the standard error, smaller differences are rounding
        np.testing.assert_allclose(
            getattr(got, name), value, rtol=rel, atol=1e-9, err_msg=name, equal_nan=True
        )


@settings(deadline=None)
@given(studies, st.sampled_from(METHODS), st.sampled_from(INTERVALS), st.randoms())
def test_the_order_of_studies_does_not_matter(sample, method, interval, random) -> None:  # type: ignore[no-untyped-def]
    y, v = sample
    order = list(range(len(y)))
    random.shuffle(order)
    plain = pool(y, v, tau2=method, interval=interval)
    mixed = pool(y[order], v[order], tau2=method, interval=interval)
    if not plain.flags["several maxima"]:
        assert_same(mixed, plain, names=("estimate", "se", "low", "tau2", "i2", "q", "pi_high"))
        np.testing.assert_allclose(mixed.weights, plain.weights[order], rtol=1e-6)


@settings(deadline=None)
@given(studies, st.sampled_from(METHODS))
def test_swapping_arms_flips_the_sign(sample, method) -> None:  # type: ignore[no-untyped-def]
    y, v = sample
    there, back = pool(y, v, tau2=method), pool(-y, v, tau2=method)
    for one, other in (("estimate", "estimate"), ("low", "high"), ("pi_low", "pi_high")):
        np.testing.assert_allclose(getattr(there, one), -getattr(back, other), rtol=1e-9)
    assert_same(there, back, names=("se", "p", "tau2", "tau2_high", "i2", "q"))


@settings(deadline=None)
@given(studies, st.sampled_from(METHODS), st.integers(-300, 300))
def test_the_unit_does_not_matter(sample, method, power) -> None:  # type: ignore[no-untyped-def]
    y, v = sample
    unit = 2.0**power  # a power of two, so that the input itself is not rounded
    plain, scaled = pool(y, v, tau2=method), pool(y * unit, v * unit * unit, tau2=method)
    for name in NUMBERS:
        size = {"estimate": 1, "se": 1, "low": 1, "high": 1, "pi_low": 1, "pi_high": 1}.get(name, 0)
        size = 2 if name.startswith("tau2") else size
        want = getattr(plain, name) * unit**size
        np.testing.assert_allclose(getattr(scaled, name), want, rtol=1e-9, equal_nan=True)


@settings(deadline=None)
@given(st.lists(studies, min_size=1, max_size=6), st.sampled_from(METHODS))
def test_many_padded_sets_equal_each_alone(sets, method) -> None:  # type: ignore[no-untyped-def]
    yi, vi = padded(sets)
    together = pool(yi[:, ::-1], vi[:, ::-1], tau2=method)
    for row, (y, v) in enumerate(sets):
        alone = pool(y, v, tau2=method)
        if alone.flags["several maxima"]:
            continue
        for name in NUMBERS:
            got, want = getattr(together, name)[row], getattr(alone, name)
            np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9, err_msg=name)
        assert together.notes_at(row) == alone.notes


def test_many_chunks_and_more_axes() -> None:
    rng = np.random.default_rng(5)
    y, v = rng.normal(size=(2, 4000, 12)), rng.uniform(0.1, 1, (2, 4000, 12))
    whole = pool(y, v)
    assert whole.estimate.shape == (2, 4000)
    assert whole.weights.shape == y.shape
    assert whole.weights.sum(axis=-1) == pytest.approx(np.full((2, 4000), 100))
    for index in ((0, 0), (1, 1234), (1, 3999)):
        alone = pool(y[index], v[index])
        for name in NUMBERS:
            assert getattr(whole, name)[index] == pytest.approx(float(getattr(alone, name)))


# Where there is little or nothing to compute ---------------------------------------------------


def test_no_study_and_one_study() -> None:
    for empty in (pool([], []), pool([np.nan], [1.0])):
        assert int(empty.k) == 0
        assert all(math.isnan(float(getattr(empty, name))) for name in NUMBERS)
        assert FLAGS["no studies"] in empty.notes
    for method in ("CE", *METHODS):
        one = pool([0.3], [0.04], tau2=method)  # type: ignore[arg-type]
        assert (float(one.estimate), float(one.se)) == pytest.approx((0.3, 0.2))
        assert (float(one.low), float(one.high)) == pytest.approx((-0.0919928, 0.6919928))
        assert float(one.df) == math.inf
        for name in ("tau2", "tau2_high", "i2", "h2", "q", "q_p", "pi_low", "pi_df"):
            assert math.isnan(float(getattr(one, name)))
        assert FLAGS["one study"] in one.notes
        assert one.weights.tolist() == [100.0]


def test_two_studies() -> None:
    found = pool([-1.2, 0.3], [0.05, 0.08], prediction="k-2")
    # with two studies the Hartung-Knapp se is half the distance wherever τ² is a root
    assert float(found.tau2) == pytest.approx(1.5**2 / 2 - 0.065)
    assert float(found.df) == 1
    assert math.isnan(float(found.pi_low))
    assert FLAGS["two studies"] in found.notes
    assert FLAGS["no prediction"] in found.notes
    assert math.isfinite(float(pool([-1.2, 0.3], [0.05, 0.08]).pi_low))


def test_identical_effects() -> None:
    for value in (0.0, 0.1, -3.7e8):
        plain = pool([value] * 3, [0.04, 0.05, 0.06])
        assert (float(plain.tau2), float(plain.q), float(plain.i2)) == (0, 0, 0)
        assert float(plain.low) == float(plain.high) == float(plain.estimate) == value
        assert math.isnan(float(plain.p))
        assert FLAGS["no width"] in plain.notes
        assert FLAGS["empty tau2 interval"] in plain.notes
        safe = pool([value] * 3, [0.04, 0.05, 0.06], interval="HK-adhoc")
        assert float(safe.se) == pytest.approx(1 / math.sqrt(25 + 20 + 1 / 0.06))
        assert FLAGS["no width"] not in safe.notes


def test_a_hartung_knapp_interval_narrower_than_wald_is_said() -> None:
    close = ([-0.3, -0.31, -0.305], [0.04, 0.05, 0.03])
    assert FLAGS["narrower than Wald"] in pool(*close).notes
    assert FLAGS["narrower than Wald"] not in pool(*close, interval="Wald").notes
    assert FLAGS["narrower than Wald"] not in pool(*close, interval="HK-adhoc").notes


def test_studies_that_cannot_be_used_are_counted() -> None:
    y = [0.1, np.nan, 0.4, np.inf, 0.2, 0.3, 0.5]
    v = [0.1, 0.2, np.nan, 0.1, 0.0, -1.0, 0.2]
    found = pool(y, v)
    assert (int(found.k), int(found.left_out)) == (2, 5)
    assert found.notes[0] == "5 studies without a usable effect and variance left out."
    assert float(found.estimate) == pytest.approx(float(pool([0.1, 0.5], [0.1, 0.2]).estimate))
    assert np.isnan(found.weights).tolist() == [False, True, True, True, True, True, False]
    # in an array of several sets, NaN in both is padding and no study
    sets = pool([[0.1, 0.5, np.nan], [0.1, 0.5, np.nan]], [[1, 1, np.nan], [1, 1, 1]])
    assert sets.left_out.tolist() == [0, 1]
    assert sets.notes_at(0) == (FLAGS["two studies"],)
    assert "1 study without a usable effect and variance left out." in sets.notes_at(1)
    assert "Studies without a usable effect and variance left out." in sets.notes


def test_common_effect() -> None:
    found = pool([0.0, 0.4, 1.0], [0.1, 0.1, 0.1], tau2="CE")
    assert found.interval == "Wald"
    assert (float(found.tau2), float(found.q)) == pytest.approx((0, 5.066666667))
    assert float(found.i2) == pytest.approx(100 * (1 - 2 / 5.066666667))
    assert math.isnan(float(found.pi_low))
    assert math.isnan(float(found.tau2_high))
    assert found.notes == (FLAGS["common effect"],)
    assert float(pool([0.0, 0.4, 1.0], [0.1] * 3, tau2="CE", interval="HK").df) == 2


def test_magnitudes_far_apart() -> None:
    # a study ten orders of magnitude more precise; and a heterogeneity that dwarfs all variances
    found = pool([0.1, 0.2, 0.9, -0.4], [0.01, 0.5, 0.02, 1e-12])
    y, v = np.array([0.1, 0.2, 0.9, -0.4]), np.array([0.01, 0.5, 0.02, 1e-12])
    assert float(found.tau2) == pytest.approx(highest(y, v, True), rel=1e-6)
    spread = pool([-5e6, 5e6, 0, 3e6, -3e6], [1e-6] * 5)
    assert float(spread.tau2) == pytest.approx(17e12, rel=1e-12)
    tiny = pool([1e-9, 3e-9, 2.5e-9], [1e-20, 2e-20, 1e-20], tau2="PM")
    w = 1 / (np.array([1e-20, 2e-20, 1e-20]) + float(tiny.tau2))
    r = np.array([1e-9, 3e-9, 2.5e-9]) - float(tiny.estimate)
    assert float(np.sum(w * r * r)) == pytest.approx(2.0, rel=1e-10)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(allow_nan=True, allow_infinity=True),
        ),
        max_size=6,
    ),
    st.sampled_from(("CE", *METHODS)),
)
def test_any_numbers_at_all_give_a_result_or_a_reason(pairs, method) -> None:  # type: ignore[no-untyped-def]
    found = pool([y for y, _ in pairs], [v for _, v in pairs], tau2=method)
    assert int(found.k) + int(found.left_out) == len(pairs)
    if any(math.isnan(float(getattr(found, name))) for name in NUMBERS):
        assert found.notes


def test_unknown_choices_are_refused() -> None:
    for options in ({"tau2": "XX"}, {"interval": "XX"}, {"prediction": "XX"}):
        with pytest.raises(ValueError, match="unknown method 'XX'"):
            pool([1, 2], [1, 2], **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level"):
        pool([1, 2], [1, 2], level=95)
    with pytest.raises(ValueError, match="one shape"):
        pool([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="one shape"):
        pool(1.0, 1.0)
