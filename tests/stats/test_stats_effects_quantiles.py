"""Means and standard deviations from medians with quartiles, range, or both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from trialweave.stats.effects import QUANTILE_FLAGS, FromQuantiles, mean_sd_from_quantiles
from trialweave.stats.effects._quantile_fits import box_cox_moments, box_cox_power

NAN = math.nan
N = 60
RANGE = {"minimum": 2.0, "maximum": 19.0}
QUARTILES = {"q1": 6.0, "q3": 11.0}
MEDIAN = 8.0
XI = 2 * special.ndtri((N - 0.375) / (N + 0.25))
ETA = 2 * special.ndtri((0.75 * N - 0.125) / (N + 0.25))
DISTRIBUTIONS = {
    "normal": stats.norm(50, 4),
    "log-normal": stats.lognorm(0.6, scale=8),
    "gamma": stats.gamma(2.5, scale=3),
    "Weibull": stats.weibull_min(1.4, scale=5),
}


def flagged(found: FromQuantiles, index: tuple[int, ...] = ()) -> set[str]:
    assert found.flags.keys() == QUANTILE_FLAGS.keys()
    return {name for name, values in found.flags.items() if values[index]}


def test_the_formulae_of_wan() -> None:
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE, method="Wan")
    assert float(found.mean) == (2 + 16 + 19) / 4
    assert float(found.sd) == pytest.approx(17 / XI)
    found = mean_sd_from_quantiles(N, MEDIAN, **QUARTILES, method="Wan")
    assert float(found.mean) == pytest.approx(25 / 3)
    assert float(found.sd) == pytest.approx(5 / ETA)
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE, **QUARTILES, method="Wan")
    assert float(found.mean) == (2 + 12 + 16 + 22 + 19) / 8
    assert float(found.sd) == pytest.approx((17 / XI + 5 / ETA) / 2)
    assert found.distribution == ""


def test_the_formulae_of_luo_and_shi() -> None:
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE)
    w = 4 / (4 + N**0.75)
    assert float(found.mean) == pytest.approx(w * 10.5 + (1 - w) * 8)
    assert float(found.sd) == pytest.approx(17 / XI)
    found = mean_sd_from_quantiles(N, MEDIAN, **QUARTILES)
    w = 0.7 + 0.39 / N
    assert float(found.mean) == pytest.approx(w * 8.5 + (1 - w) * 8)
    assert float(found.sd) == pytest.approx(5 / ETA)
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE, **QUARTILES)
    w1, w2 = 2.2 / (2.2 + N**0.75), 0.7 - 0.72 / N**0.55
    assert float(found.mean) == pytest.approx(w1 * 10.5 + w2 * 8.5 + (1 - w1 - w2) * 8)
    # Shi et al. 2020: range/θ1 + IQR/θ2
    theta1, theta2 = (2 + 0.14 * N**0.6) * XI / 2, (2 + 2 / (0.07 * N**0.6)) * ETA / 2
    assert float(found.sd) == pytest.approx(17 / theta1 + 5 / theta2)


def test_skewness() -> None:
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE)
    assert float(found.statistic) == pytest.approx(5 / 17)
    assert float(found.critical) == pytest.approx(1 / math.log(N + 9) + 2.5 / (N + 1))
    assert flagged(found) == {"skewed"}
    found = mean_sd_from_quantiles(N, MEDIAN, **QUARTILES)
    assert float(found.statistic) == pytest.approx(1 / 5)
    assert float(found.critical) == pytest.approx(2.65 / math.sqrt(N) - 6 / N**2)
    assert flagged(found) == set()
    found = mean_sd_from_quantiles(N, MEDIAN, **RANGE, **QUARTILES)
    assert float(found.statistic) == pytest.approx(2.65 * math.log(0.6 * N) / math.sqrt(N) * 5 / 17)
    assert float(found.critical) == pytest.approx(3 / math.sqrt(N) - 40 / N**3)
    assert "2023" in mean_sd_from_quantiles(N, MEDIAN, **RANGE).notes[0]
    quartiles_say = mean_sd_from_quantiles(N, 7.0, q1=6, q3=20, minimum=-11, maximum=25)
    assert float(quartiles_say.statistic) == pytest.approx(12 / 14)
    flat = mean_sd_from_quantiles(N, 5, q1=5, q3=5)
    assert math.isnan(flat.statistic)
    assert (float(flat.mean), float(flat.sd)) == (5.0, 0.0)
    assert flagged(flat) == set()


@pytest.mark.parametrize("reported", ["range", "quartiles", "both"])
def test_quantile_estimation_finds_the_distribution_again(reported: str) -> None:
    for name, one in DISTRIBUTIONS.items():
        low, q1, median, q3, high = one.ppf([1 / 200, 0.25, 0.5, 0.75, 1 - 1 / 200])
        given = {"minimum": low, "maximum": high} if reported != "quartiles" else {}
        given |= {"q1": q1, "q3": q3} if reported != "range" else {}
        found = mean_sd_from_quantiles(200, median, **given, method="QE")
        assert found.distribution == name
        assert float(found.mean) == pytest.approx(one.mean(), rel=1e-8)
        assert float(found.sd) == pytest.approx(one.std(), rel=1e-8)


def test_only_the_normal_is_fitted_below_zero() -> None:
    found = mean_sd_from_quantiles([90, 90], 1.0, q1=[-0.5, 0.0], q3=6.0, method="QE")
    assert found.distribution[0] == "normal"
    assert found.distribution[1] != "normal"
    z = special.ndtri(0.75)
    assert found.sd[0] == pytest.approx(6.5 / (2 * z))
    assert found.mean[0] == pytest.approx((-0.5 + 1 + 6) / 3)


def test_box_cox_of_a_log_normal_sample() -> None:
    sigma, n = 0.5, 500
    q1, median, q3 = stats.lognorm(sigma, scale=20).ppf([0.25, 0.5, 0.75])
    found = mean_sd_from_quantiles(n, median, q1=q1, q3=q3, method="BC")
    eta = 2 * special.ndtri((0.75 * n - 0.125) / (n + 0.25))
    s = 2 * special.ndtri(0.75) * sigma / eta  # Wan's estimate on the log scale
    assert float(found.mean) == pytest.approx(20 * math.exp(s**2 / 2), rel=1e-8)
    expected = 20 * math.exp(s**2 / 2) * math.sqrt(math.expm1(s**2))
    assert float(found.sd) == pytest.approx(expected, rel=1e-8)


def test_box_cox_of_squares_and_of_symmetric_samples() -> None:
    # √x is normal: 9, 16, 25 are the squares of 3, 4, 5
    found = mean_sd_from_quantiles(100, 16, q1=9, q3=25, method="BC")
    sd = 2 / (2 * special.ndtri((75 - 0.125) / 100.25))
    roots = stats.truncnorm(-4 / sd, math.inf, loc=4, scale=sd)  # no value has a negative root
    second, fourth = roots.moment(2), roots.moment(4)
    assert float(found.mean) == pytest.approx(second, rel=1e-8)
    assert float(found.sd) == pytest.approx(math.sqrt(fourth - second**2), rel=1e-8)
    same = mean_sd_from_quantiles(100, 50, q1=45, q3=55, method="BC")
    plain = mean_sd_from_quantiles(100, 50, q1=45, q3=55)
    assert float(same.mean) == pytest.approx(50, rel=1e-9)
    assert float(same.sd) == pytest.approx(float(plain.sd), rel=1e-9)
    five = {"q1": 45, "q3": 55, "minimum": 30, "maximum": 70}
    same = mean_sd_from_quantiles(100, 50, **five, method="BC")
    assert float(same.sd) == pytest.approx(float(mean_sd_from_quantiles(100, 50, **five).sd))
    # five numbers of a log-normal sample are symmetric at one power
    values = np.exp(np.array([-1.2, -0.4, 0.0, 0.4, 1.2]))
    low, q1, median, q3, high = values
    found = mean_sd_from_quantiles(80, median, q1=q1, q3=q3, minimum=low, maximum=high, method="BC")
    s = float(mean_sd_from_quantiles(80, 0, q1=-0.4, q3=0.4, minimum=-1.2, maximum=1.2).sd)
    assert float(found.mean) == pytest.approx(math.exp(s**2 / 2), rel=1e-7)


def test_what_cannot_be_estimated_is_said() -> None:
    n = [4, 50, 50, 50, NAN, 50, 50]
    median = [2, 5, 5, NAN, 5, 5, 5]
    q1 = [1, 6, NAN, 2, 3, 3, 5]
    q3 = [3, 8, 8, 8, 8, 8, 5]
    low = [NAN, NAN, 1, NAN, NAN, 4, NAN]
    high = [NAN, NAN, NAN, NAN, NAN, 9, NAN]
    want = [
        {"too few"}, {"out of order"}, {"missing"}, {"missing"}, {"missing"}, {"out of order"},
        {"no spread"},
    ]  # fmt: skip
    for method in ("QE", "BC", "Luo", "Wan"):
        found = mean_sd_from_quantiles(
            n, median, q1=q1, q3=q3, minimum=low, maximum=high, method=method
        )
        fits = method in ("QE", "BC")
        got = [flagged(found, (i,)) for i in range(7)]
        assert got == (want if fits else [*want[:6], set()])
        assert np.isnan(found.mean).tolist() == [True] * 6 + [fits]
        assert np.isnan(found.sd).tolist() == [True] * 6 + [fits]
        assert np.isnan(found.statistic).all()
        assert len(found.notes) == (4 if fits else 3)
    zero = mean_sd_from_quantiles(50, 5, q1=0, q3=8, method="BC")
    assert flagged(zero) == {"not positive"}
    assert math.isnan(zero.sd)
    heavy = mean_sd_from_quantiles(50, 5, q1=3, q3=20, method="BC")
    assert "heavy tail" in flagged(heavy)
    assert math.isnan(heavy.mean)
    assert math.isnan(heavy.sd)
    assert math.isfinite(mean_sd_from_quantiles(5, 2, q1=1, q3=3).sd)
    for method in ("QE", "BC", "Luo"):
        assert mean_sd_from_quantiles([], [], q1=[], q3=[], method=method).mean.shape == (0,)
    with pytest.raises(ValueError, match="no method"):
        mean_sd_from_quantiles(9, 2, q1=1, q3=3, method="MLN")
    for bad in (-1, math.inf):
        with pytest.raises(ValueError, match="finite and not negative"):
            mean_sd_from_quantiles(bad, 2, q1=1, q3=3)


@settings(deadline=None, max_examples=12)
@given(
    st.lists(st.floats(0.5, 100), min_size=5, max_size=5, unique=True).map(sorted),
    st.integers(10, 400),
    st.floats(0.01, 100),
    st.sampled_from(["Luo", "Wan", "QE", "BC"]),
)
def test_the_unit_does_not_matter(values: list[float], n: int, unit: float, method: str) -> None:
    low, q1, median, q3, high = values
    plain = mean_sd_from_quantiles(
        n, median, q1=q1, q3=q3, minimum=low, maximum=high, method=method
    )
    low, q1, median, q3, high = (unit * value for value in values)
    other = mean_sd_from_quantiles(
        n, median, q1=q1, q3=q3, minimum=low, maximum=high, method=method
    )
    np.testing.assert_allclose(other.mean, unit * plain.mean, rtol=1e-5)
    np.testing.assert_allclose(other.sd, unit * plain.sd, rtol=1e-4)


def test_shapes_are_kept_and_studies_reported_differently_go_together() -> None:
    found = mean_sd_from_quantiles(
        [[60], [60]], [[8.0, 8.0, 8.0]],
        q1=[6, NAN, 6], q3=[11, NAN, 11], minimum=[NAN, 2, 2], maximum=[NAN, 19, 19],
    )  # fmt: skip
    alone = [
        mean_sd_from_quantiles(N, MEDIAN, **QUARTILES),
        mean_sd_from_quantiles(N, MEDIAN, **RANGE),
        mean_sd_from_quantiles(N, MEDIAN, **RANGE, **QUARTILES),
    ]
    assert found.mean.shape == found.distribution.shape == (2, 3)
    for row in range(2):
        for column, one in enumerate(alone):
            assert found.mean[row, column] == float(one.mean)
            assert found.sd[row, column] == float(one.sd)
            assert found.critical[row, column] == float(one.critical)


def test_the_power_of_five_numbers_is_the_least_squares_one() -> None:
    rows = np.array([[0.2, 0.6, 1.0, 1.9, 3.0], [0.1, 0.8, 1.0, 1.1, 4.0], [0.5, 0.9, 1, 1.2, 9]])
    found = box_cox_power(rows)
    for u, power in zip(rows, found, strict=True):

        def squares(at: float, u: np.ndarray = u) -> float:
            y = special.boxcox(u, at)
            return (y[1] + y[3]) ** 2 + (y[0] + y[4]) ** 2

        best = optimize.minimize_scalar(squares, bounds=(-5, 5), options={"xatol": 1e-10})
        assert power == pytest.approx(best.x, abs=1e-6)
        assert squares(power) <= squares(best.x) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("mean", "sd", "power"),
    [(-0.1, 0.2, -0.2), (0.3, 0.5, 0.0), (0.4, 1.2, 0.5), (-0.2, 0.8, 1.0), (0.1, 0.15, -0.5)],
)
def test_moments_of_the_inverse_box_cox_transformation(mean, sd, power) -> None:
    def moment(k: int) -> float:
        def integrand(z: float) -> float:
            return special.inv_boxcox(mean + sd * z, power) ** k * math.exp(-z * z / 2)

        low = max((-1 / power - mean) / sd, -8.3) if power > 0 else -8.3
        # before the pole of a negative power, where the density has long vanished
        high = min((-1 / power - mean) / sd - 0.5, 8.3) if power < 0 else 8.3
        return integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-11, limit=500)[0]

    found = box_cox_moments(np.array([mean]), np.array([sd]), np.array([power]))
    first = moment(1) / moment(0)
    assert found.mean[0] == pytest.approx(first, rel=1e-7)
    assert found.sd[0] == pytest.approx(math.sqrt(moment(2) / moment(0) - first**2), rel=1e-6)
    assert not found.heavy[0]


def test_a_tail_that_decides_the_standard_deviation_is_called_heavy() -> None:
    sd = np.array([1.5, 2.0, 0.2, 0.3])
    power = np.array([0.0, 0.0, -1.0, -0.1])
    found = box_cox_moments(np.zeros(4), sd, power)
    assert found.heavy.tolist() == [False, True, True, False]
    assert found.mean[0] == pytest.approx(math.exp(1.5**2 / 2), rel=1e-7)


def test_shapes_far_from_the_usual_are_found_too() -> None:
    p = [1 / 500, 0.25, 0.5, 0.75, 1 - 1 / 500]
    for one in (stats.weibull_min(0.3), stats.gamma(0.2), stats.lognorm(2.5), stats.gamma(900)):
        low, q1, median, q3, high = one.ppf(p)
        found = mean_sd_from_quantiles(
            500, median, q1=q1, q3=q3, minimum=low, maximum=high, method="QE"
        )
        assert float(found.mean) == pytest.approx(one.mean(), rel=1e-6)
        assert float(found.sd) == pytest.approx(one.std(), rel=1e-6)
