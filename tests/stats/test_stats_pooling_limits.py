"""Limits of τ², other estimators, and I² from Q, against slow definitions of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from trialweave.stats.pooling import FLAGS, inconsistency, pool
from trialweave.stats.pooling.quadratic_form import generalised_q, upper_tail

SIX = (
    np.array([0.31, -0.12, 0.55, 0.08, -0.42, 0.9]),
    np.array([0.02, 0.05, 0.11, 0.04, 0.09, 0.3]),
)
LI = (
    np.array([-1.3, -0.9, 0.05, -1.1, 0.02, -0.8]),
    np.array([0.2, 0.3, 0.001, 0.4, 0.002, 0.25]),
)


def eigenvalues(a: np.ndarray, v: np.ndarray, t: float) -> np.ndarray:
    """What Q = Σa(y - ȳ)² is a sum of squares of, weighted."""
    projection = np.diag(a) - np.outer(a, a) / a.sum()
    root = np.diag(np.sqrt(v + t))
    return np.linalg.eigvalsh(root @ projection @ root)[1:]


def slow_tail(q: float, weights: np.ndarray) -> float:
    """P(Σ weight·χ²(1) > q) for three weights: two of them by convolution with the third."""
    one, two, three = weights

    def both(x: float) -> float:
        # the sum of two by one more integral, over the angle: (r cos)², (r sin)² of normal pairs
        def at(angle: float) -> float:
            return math.exp(-x / (2 * (one * math.cos(angle) ** 2 + two * math.sin(angle) ** 2)))

        return integrate.quad(at, 0, math.pi / 2, epsabs=1e-13)[0] * 2 / math.pi

    def at(z: float) -> float:
        return 2 * stats.norm.pdf(z) * both(max(0.0, q - three * z * z))

    end = math.sqrt(q / three)
    inner = integrate.quad(at, 0, min(end, 9.0), epsabs=1e-11)[0]
    return inner + (2 * stats.norm.sf(end) if end < 9 else 0.0)


@pytest.mark.parametrize("k", [2, 3, 10, 60, 800])
def test_with_equal_variances_it_is_chi_square(k: int) -> None:
    ones = np.ones((1, k))
    for p in (1e-9, 0.001, 0.025, 0.4, 0.8, 0.975, 0.9999):
        q = np.array([stats.chi2.isf(p, k - 1)])
        assert upper_tail(q * 3, ones, ones, np.array([2.0]))[0] == pytest.approx(p, abs=1e-10)
    far = np.array([1e5 * k])
    assert upper_tail(far, ones, ones, np.zeros(1)).tolist() == [0.0]


def test_the_distribution_of_a_quadratic_form() -> None:
    rng = np.random.default_rng(4)
    for spread in (0.3, 2.0, 8.0):
        v = np.exp(rng.normal(0, spread, 4))
        for a in (1 / v, 1 / np.sqrt(v)):
            lam = eigenvalues(a, v, 0.2)
            for times in (0.1, 1.0, 4.0):
                q = times * lam.sum()
                # an absent study (weight 0, variance inf) changes nothing
                rows = np.append(a, 0.0)[None], np.append(v, np.inf)[None]
                got = upper_tail(np.array([q]), *rows, np.array([0.2]))[0]
                assert got == pytest.approx(slow_tail(q, lam), abs=1e-8)


@pytest.mark.parametrize("sample", [SIX, LI])
@pytest.mark.parametrize("kind", ["J", "BJ"])
def test_generalised_q_limits(sample: tuple[np.ndarray, np.ndarray], kind: str) -> None:
    y, v = sample[0][:4] * 2, sample[1][:4]
    a = 1 / v if kind == "BJ" else 1 / np.sqrt(v)
    q = float(generalised_q(y[None], a[None])[0])
    found = pool(y, v, tau2="PM", tau2_interval=kind, level=0.9)  # type: ignore[arg-type]
    assert found.tau2_interval == kind
    for limit, target in ((found.tau2_low, 0.05), (found.tau2_high, 0.95)):
        if limit > 0:
            reached = slow_tail(q, eigenvalues(a, v, float(limit)))
            assert reached == pytest.approx(target, abs=1e-7)
        else:
            assert slow_tail(q, eigenvalues(a, v, 0.0)) > target
    assert float(found.tau2_high) > float(found.tau2_low)
    ratio = 1 + found.tau2_high / (found.tau2 / (found.h2 - 1))
    assert float(found.h2_high) == pytest.approx(float(ratio))
    assert float(found.i2_high) == pytest.approx(100 * (1 - 1 / float(ratio)))


def test_as_metafor() -> None:
    # metafor with CompQuadForm, confint(rma(method="GENQ", weights=...)), to its 1e-4
    for kind, low, high in (("BJ", 0.0022228, 1.2472025), ("J", 0.0264680, 2.1642807)):
        found = pool(*LI, tau2_interval=kind)  # type: ignore[arg-type]
        assert (float(found.tau2_low), float(found.tau2_high)) == pytest.approx(
            (low, high), abs=1e-4
        )
    many = pool([SIX[0], LI[0]], [SIX[1], LI[1]], tau2_interval="J")
    for row, (y, v) in enumerate((SIX, LI)):
        alone = pool(y, v, tau2_interval="J")
        assert float(many.tau2_high[row]) == pytest.approx(float(alone.tau2_high), rel=1e-10)


def test_an_empty_generalised_q_interval_is_said() -> None:
    close = [0.1, 0.101, 0.1005, 0.1002], [0.04, 0.05, 0.06, 0.05]
    for kind in ("J", "BJ", "QP"):
        found = pool(*close, tau2_interval=kind)  # type: ignore[arg-type]
        assert (float(found.tau2_low), float(found.tau2_high)) == (0, 0)
        assert FLAGS["empty tau2 interval"] in found.notes
    assert FLAGS["empty tau2 interval"] not in pool(*close, tau2="ML", tau2_interval="PL").notes
    off = pool(*SIX, tau2_interval=False)
    assert off.tau2_interval == ""
    assert math.isnan(float(off.tau2_high))
    assert math.isnan(float(off.h2_low))


def likelihood(t: float, y: np.ndarray, v: np.ndarray, restricted: bool) -> float:
    inverse = np.diag(1 / (v + t))
    x = np.ones((len(y), 1))
    information = x.T @ inverse @ x
    r = y - (x @ np.linalg.solve(information, x.T @ inverse @ y)).ravel()
    value = np.linalg.slogdet(inverse)[1] - r @ inverse @ r
    return float(value - restricted * np.linalg.slogdet(information)[1]) / 2


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_profile_likelihood_limits_of_tau2(method: str) -> None:
    for y, v in (SIX, LI, (SIX[0] * 4, SIX[1]), (SIX[0] / 9, SIX[1])):
        found = pool(y, v, tau2=method, tau2_interval="PL", level=0.8)  # type: ignore[arg-type]
        restricted = method == "REML"
        top = likelihood(float(found.tau2), y, v, restricted)
        loss = stats.chi2.ppf(0.8, 1) / 2
        high = likelihood(float(found.tau2_high), y, v, restricted)
        assert high == pytest.approx(top - loss, abs=1e-9)
        if found.tau2_low > 0:
            low = likelihood(float(found.tau2_low), y, v, restricted)
            assert low == pytest.approx(top - loss, abs=1e-9)
        else:
            assert likelihood(0.0, y, v, restricted) > top - loss
    assert found.tau2_low == 0


def test_profile_limits_enclose_every_maximum() -> None:
    y, v = np.array([2, 0.5, 0, 0, 0]), np.array([0.3, 0.3, 0.3, 0.01, 0.001])
    found = pool(y, v, tau2="REML", tau2_interval="PL")
    assert found.flags["several maxima"]
    top = likelihood(float(found.tau2), y, v, True)
    within = [
        t
        for t in np.concatenate([[0.0], np.geomspace(1e-6, 50, 4000)])
        if likelihood(t, y, v, True) >= top - stats.chi2.ppf(0.95, 1) / 2
    ]
    assert float(found.tau2_low) == pytest.approx(min(within), abs=1e-6)
    assert float(found.tau2_high) == pytest.approx(max(within), rel=0.01)
    # many studies: an interval far narrower than the steps of the search
    rng = np.random.default_rng(1)
    sample = rng.normal(0, 1, 3000), np.full(3000, 0.2)
    narrow = pool(*sample, tau2="ML", tau2_interval="PL")
    assert 0.7 < narrow.tau2_low < narrow.tau2 < narrow.tau2_high < 0.9
    for limit in (narrow.tau2_low, narrow.tau2_high):
        t = 0.2 + float(limit)
        r = sample[0] - sample[0].mean()
        value = -0.5 * (3000 * math.log(t) + r @ r / t)
        best = -0.5 * (3000 * math.log(r @ r / 3000) + 3000)
        assert best - value == pytest.approx(stats.chi2.ppf(0.95, 1) / 2, rel=1e-7)


def test_iterated_estimators_are_fixed_points() -> None:
    y, v = LI
    pm = float(pool(y, v, tau2="PM").tau2)
    w = 1 / (v + pm)
    r = y - np.average(y, weights=w)
    trace = w.sum() - (w * w).sum() / w.sum()
    moment = (np.sum(w * r * r) - (w @ v - (w * w) @ v / w.sum())) / trace
    assert moment == pytest.approx(pm)
    assert pm * np.sum(w * r * r) / 5 == pytest.approx(pm)
    for method in ("DLIT", "SJIT", "EB"):
        assert float(pool(y, v, tau2=method).tau2) == pm  # type: ignore[arg-type]


def test_the_general_method_of_moments() -> None:
    y, v = LI
    a = 1 / np.sqrt(v)
    projection = np.diag(a) - np.outer(a, a) / a.sum()
    want = (y @ projection @ y - np.trace(projection @ np.diag(v))) / np.trace(projection)
    got = pool([*y, np.nan], [*v, np.nan], tau2="GENQ")
    assert float(got.tau2) == pytest.approx(want, rel=1e-12)
    equal = ([0.0, 1.0, 3.0], [0.1] * 3)
    for method in ("DL", "HE"):
        assert float(pool(*equal, tau2="GENQ").tau2) == pytest.approx(
            float(pool(*equal, tau2=method).tau2)  # type: ignore[arg-type]
        )
    assert float(pool([0.0, 0.01], [0.1, 0.2], tau2="GENQ").tau2) == 0


def test_i2_from_q() -> None:
    found = inconsistency([152.2330, 10.0, 2.0, 1.5, 6.0, 3.0, 0.0], [13, 5, 5, 2, 2, 1, 3])
    assert found.i2[0] == pytest.approx(92.1173, abs=1e-4)  # BCG, Viechtbauer 2010
    error = 0.5 * (math.log(10) - math.log(4)) / (math.sqrt(20) - math.sqrt(7))
    z = stats.norm.ppf(0.975)
    assert found.h2[1] == 2.5
    assert found.h2_low[1] == max(1, 2.5 * math.exp(-2 * z * error))
    assert found.h2_high[1] == pytest.approx(2.5 * math.exp(2 * z * error))
    assert found.i2_high[1] == pytest.approx(100 * (1 - 1 / found.h2_high[1]))
    # Q below k - 1 counts as no heterogeneity, and the other formula holds
    error = math.sqrt((1 - 1 / 27) / 6)
    assert (found.h2[2], found.i2[2], found.i2_low[2]) == (1, 0, 0)
    assert found.h2_high[2] == pytest.approx(math.exp(2 * z * error))
    # two studies with Q of 2 or less: no limits; one: nothing
    assert math.isnan(found.i2_high[3])
    assert found.i2[3] == pytest.approx(100 / 3)
    assert math.isfinite(found.i2_high[4])
    assert math.isnan(found.i2[5])
    assert (found.h2[6], found.i2_low[6]) == (1, 0)
    wide, narrow = inconsistency(10.0, 5, 0.99), inconsistency(10.0, 5, 0.5)
    assert float(wide.i2_high) > float(found.i2_high[1]) > float(narrow.i2_high)
    assert float(narrow.i2_low) == pytest.approx(
        100 * (1 - 1 / (2.5 * math.exp(-2 * stats.norm.ppf(0.75) * 0.5 * math.log(2.5)
                                       / (math.sqrt(20) - math.sqrt(7))))),
    )  # fmt: skip
    with pytest.raises(ValueError, match="negative"):
        inconsistency(-1.0, 3)
    with pytest.raises(ValueError, match="level"):
        inconsistency(1.0, 3, 95)


def test_both_definitions_agree_for_dersimonian_and_laird() -> None:
    found = pool(*LI, tau2="DL")
    assert float(inconsistency(found.q, found.k).i2) == pytest.approx(float(found.i2))
    assert float(found.h2) == pytest.approx(1 / (1 - float(found.i2) / 100))
    assert float(found.h2_low) == pytest.approx(1 / (1 - float(found.i2_low) / 100))
    brent = optimize.brentq(
        lambda t: (
            np.sum((LI[0] - np.average(LI[0], weights=1 / (LI[1] + t))) ** 2 / (LI[1] + t))
            - stats.chi2.ppf(0.975, 5)
        ),
        0,
        5,
        xtol=1e-14,
    )
    assert float(found.tau2_low) == pytest.approx(brent, rel=1e-10)
