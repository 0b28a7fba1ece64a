"""Zero cells, Mantel-Haenszel in its conventions, rates, tests over strata, RevMan 5."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from trialweave.stats.effects import effect
from trialweave.stats.pooling import (
    Correction,
    breslow_day,
    cochran_mantel_haenszel,
    mantel_haenszel,
    mantel_haenszel_rates,
    peto,
    pool,
    pool_tables,
    revman5,
    zero_cells,
)
from trialweave.stats.pooling.homogeneity import mantel_haenszel_rate_test
from trialweave.stats.pooling.mantel_haenszel import STRATIFIED_FLAGS

# Invented: one zero cell, one table without events, one with events only.
CELLS = ([3, 0, 12, 0, 9], [40, 25, 90, 12, 9], [7, 2, 20, 0, 8], [38, 27, 101, 14, 8])


def arrays(cells: Any = CELLS) -> list[np.ndarray]:
    return [np.array(column, dtype=float) for column in cells]


def test_zero_cells_are_counted() -> None:
    found = zero_cells(*([*column, math.nan] for column in CELLS))
    assert int(found.studies) == 5
    assert (int(found.single_zero), int(found.double_zero), int(found.double_full)) == (1, 1, 1)
    assert (float(found.events1), float(found.patients1)) == (24, 176)
    assert (float(found.events2), float(found.patients2)) == (37, 188)
    assert float(found.imbalance) == pytest.approx(14 / 12)
    assert float(found.risk) == pytest.approx(61 / 364)
    # no event in one arm, and only events in one arm, each way round
    ones = zero_cells([[0], [2], [9], [2]], 9, [[1], [0], [1], [9]], 9)
    assert ones.single_zero.tolist() == [1, 1, 1, 1]
    nothing = zero_cells([1], [2], [0], [0])
    assert int(nothing.studies) == 0
    assert math.isnan(float(nothing.imbalance))
    assert math.isnan(float(nothing.risk))
    assert float(zero_cells([1, 1], [10, 40], [1, 1], [30, 20]).imbalance) == 3.0


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_corrections_are_added_to_the_cells_that_are_pooled(measure: Any) -> None:
    a, n1, c, n2 = arrays()
    zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
    extra = np.where(zero, 0.5, 0.0)
    by_hand = mantel_haenszel(measure, a + extra, n1 + 2 * extra, c + extra, n2 + 2 * extra)
    found = mantel_haenszel(measure, *CELLS, correction=Correction())
    assert float(found.estimate) == pytest.approx(float(by_hand.estimate), rel=1e-13)
    assert float(found.se) == pytest.approx(float(by_hand.se), rel=1e-13)
    shared = mantel_haenszel(measure, *CELLS, correction=Correction(0.5, "only0", "arm size"))
    first, second = 2 * extra * n1 / (n1 + n2), 2 * extra * n2 / (n1 + n2)
    by_hand = mantel_haenszel(measure, a + first, n1 + 2 * first, c + second, n2 + 2 * second)
    assert float(shared.estimate) == pytest.approx(float(by_hand.estimate), rel=1e-13)
    everywhere = mantel_haenszel(measure, *CELLS, correction=Correction(1.0, "all"))
    by_hand = mantel_haenszel(measure, a + 1, n1 + 2, c + 1, n2 + 2)
    assert float(everywhere.estimate) == pytest.approx(float(by_hand.estimate), rel=1e-13)
    for correction, said in (
        (Correction(-1.0), "finite"),
        (Correction(0.5, "some"), "choice"),  # type: ignore[arg-type]
        (Correction(0.5, "all", "half"), "share"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=said):
            mantel_haenszel(measure, *CELLS, correction=correction)


def test_the_variance_of_greenland_and_robins() -> None:
    a, n1, c, n2 = arrays()
    n = n1 + n2
    spread = (a * (n1 - a) * n2**3 + c * (n2 - c) * n1**3) / (n1 * n2 * n**2)
    wanted = math.sqrt(spread.sum()) / (n1 * n2 / n).sum()
    found = mantel_haenszel("RD", *CELLS, variance="Greenland-Robins")
    sato = mantel_haenszel("RD", *CELLS)
    assert float(found.se) == pytest.approx(wanted, rel=1e-12)
    assert float(found.estimate) == float(sato.estimate)
    assert float(found.se) != pytest.approx(float(sato.se), rel=1e-4)
    with pytest.raises(ValueError, match="no such variance"):
        mantel_haenszel("RD", *CELLS, variance="Woolf")  # type: ignore[arg-type]


def test_heterogeneity_can_keep_double_zero_studies() -> None:
    dropped = mantel_haenszel("OR", *CELLS)
    kept = mantel_haenszel("OR", *CELLS, q_drop00=False)
    assert (int(dropped.q_df), int(kept.q_df)) == (2, 4)
    assert float(kept.q) > float(dropped.q)
    assert float(dropped.statistic) == pytest.approx(float(dropped.estimate / dropped.se))
    assert float(dropped.p) == pytest.approx(2 * stats.norm.sf(abs(float(dropped.statistic))))
    # a table without events and one with events only
    informative = mantel_haenszel("RR", *CELLS, drop00=True)
    assert int(informative.k) == 3
    assert np.isnan(informative.weights[3:]).all()


def test_flags_say_why() -> None:
    def notes(*cells: Any, measure: Any = "OR") -> tuple[str, ...]:
        return mantel_haenszel(measure, *cells).notes

    assert notes([0], [0], [1], [9]) == (STRATIFIED_FLAGS["no studies"],)
    assert notes([2], [9], [1], [9]) == (STRATIFIED_FLAGS["one study"].format("OR"),)
    assert notes([0, 0], [9, 9], [0, 0], [9, 9], measure="RD") == (
        STRATIFIED_FLAGS["no width"].format("RD"),
    )
    assert peto([0, 0], [9, 9], [0, 0], [9, 9]).flags["not estimable"]
    # one study's Q is nothing but rounding, and so no I²
    assert float(mantel_haenszel("RR", [7], [14], [12], [15]).i2) == 0.0


def test_rates_are_ratios_of_weighted_sums() -> None:
    x1, t1, x2, t2 = arrays(([7, 0, 3, 0], [134, 60, 120, 50], [11, 4, 14, 0], [198, 70, 109, 40]))
    t = t1 + t2
    ratio = mantel_haenszel_rates("IRR", x1, t1, x2, t2)
    above, below = (x1 * t2 / t).sum(), (x2 * t1 / t).sum()
    assert float(ratio.estimate) == pytest.approx(math.log(above / below), rel=1e-13)
    spread = (t1 * t2 * (x1 + x2) / t**2).sum()
    assert float(ratio.se) == pytest.approx(math.sqrt(spread / (above * below)), rel=1e-13)
    assert ratio.weights == pytest.approx(100 * (x2 * t1 / t) / below)
    assert int(ratio.k) == 4
    assert int(ratio.q_df) == 2
    difference = mantel_haenszel_rates("IRD", x1, t1, x2, t2)
    weights = t1 * t2 / t
    value = (weights * (x1 / t1 - x2 / t2)).sum() / weights.sum()
    assert float(difference.estimate) == pytest.approx(value, rel=1e-12)
    spread = ((x1 * t2**2 + x2 * t1**2) / t**2).sum()
    assert float(difference.se) == pytest.approx(math.sqrt(spread) / weights.sum(), rel=1e-12)
    # of one study both are its own
    one = mantel_haenszel_rates("IRR", [7], [134], [11], [198])
    assert float(one.se) == pytest.approx(math.sqrt(1 / 7 + 1 / 11))
    plain = mantel_haenszel_rate_test(x1, t1, x2, t2, continuity=False)
    excess = (x1 - (x1 + x2) * t1 / t).sum()
    variance = ((x1 + x2) * t1 * t2 / t**2).sum()
    assert float(plain.statistic) == pytest.approx(excess**2 / variance)
    assert float(plain.p) == pytest.approx(stats.chi2.sf(excess**2 / variance, 1))
    with_half = mantel_haenszel_rate_test(x1, t1, x2, t2)
    assert float(with_half.statistic) == pytest.approx((abs(excess) - 0.5) ** 2 / variance)
    with pytest.raises(ValueError, match="no Mantel-Haenszel"):
        mantel_haenszel_rates("OR", x1, t1, x2, t2)  # type: ignore[arg-type]
    for bad in ([-1], [math.inf]):
        with pytest.raises(ValueError, match="not negative"):
            mantel_haenszel_rates("IRR", bad, [1], [1], [1])
    assert int(mantel_haenszel_rates("IRR", [1, 2, 3], [0, 5, 5], [1, 2, 3], [5, 5, 0]).k) == 1


def test_association_is_that_of_hypergeometric_counts() -> None:
    excess = variance = 0.0
    for a, n1, c, n2 in zip(*CELLS, strict=True):
        x = np.arange(min(n1, a + c) + 1)
        shares = stats.hypergeom.pmf(x, n1 + n2, a + c, n1)
        excess += a - x @ shares
        variance += (x - x @ shares) ** 2 @ shares
    plain = cochran_mantel_haenszel(*CELLS, continuity=False)
    assert float(plain.statistic) == pytest.approx(excess**2 / variance)
    assert float(plain.p) == pytest.approx(stats.chi2.sf(excess**2 / variance, 1))
    half = cochran_mantel_haenszel(*CELLS)
    assert float(half.statistic) == pytest.approx((abs(excess) - 0.5) ** 2 / variance)
    none = cochran_mantel_haenszel([0], [5], [0], [5])
    assert math.isnan(float(none.statistic))
    assert math.isnan(float(none.p))
    # one patient in each arm: the smallest table there is
    assert float(cochran_mantel_haenszel([1], [1], [0], [1], continuity=False).statistic) == 1.0


@pytest.mark.parametrize("swap", [False, True])
def test_breslow_day_by_the_expected_counts(swap: bool) -> None:
    cells = CELLS[2:] + CELLS[:2] if swap else CELLS
    ratio = math.exp(float(mantel_haenszel("OR", *cells).estimate))
    day = excess = spread = 0.0
    for a, n1, c, n2 in zip(*cells, strict=True):
        m = a + c
        low, high = max(0.0, m - n2), float(min(m, n1))
        if high <= low or m in (0, n1 + n2):
            continue
        e = optimize.brentq(
            lambda x, m=m, n1=n1, n2=n2: x * (n2 - m + x) - ratio * (n1 - x) * (m - x), low, high
        )
        v = 1 / (1 / e + 1 / (n1 - e) + 1 / (m - e) + 1 / (n2 - m + e))
        day, excess, spread = day + (a - e) ** 2 / v, excess + a - e, spread + v
    found = breslow_day(*cells)
    assert float(found.breslow_day) == pytest.approx(day, rel=1e-9)
    assert float(found.tarone) == pytest.approx(day - excess**2 / spread, rel=1e-9)
    assert int(found.df) == 4
    assert float(found.breslow_day_p) == pytest.approx(stats.chi2.sf(day, 4))
    dropped = breslow_day(*cells, drop00=True)
    assert int(dropped.df) == 2
    assert float(dropped.breslow_day) == pytest.approx(day, rel=1e-9)
    assert float(dropped.tarone_p) == pytest.approx(stats.chi2.sf(float(dropped.tarone), 2))
    one = breslow_day([3], [9], [4], [9])
    assert float(one.breslow_day) == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(float(one.breslow_day_p))
    undefined = breslow_day([3, 1], [9, 9], [0, 0], [9, 9])
    assert math.isnan(float(undefined.breslow_day))
    assert math.isnan(float(undefined.tarone_p))


def test_revman5_by_hand() -> None:
    a, n1, c, n2 = arrays()
    some = np.array([0, 1, 2])  # those with an odds ratio
    extra = np.array([0, 0.5, 0])
    a, b = a[some] + extra, (n1 - a)[some] + extra
    c, d = c[some] + extra, (n2 - c)[some] + extra
    y, v = np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    found = revman5("OR", *CELLS)
    common = mantel_haenszel("OR", a, a + b, c, c + d)
    assert float(found.common.estimate) == pytest.approx(float(common.estimate), rel=1e-13)
    assert float(found.common.se) == pytest.approx(float(common.se), rel=1e-13)
    q = np.sum((y - float(common.estimate)) ** 2 / v)
    assert float(found.common.q) == pytest.approx(q, rel=1e-12)
    w = 1 / v
    tau2 = max(0.0, (q - 2) / (w.sum() - (w**2).sum() / w.sum()))
    w = 1 / (v + tau2)
    assert float(found.tau2) == pytest.approx(tau2, abs=1e-14)
    assert float(found.estimate) == pytest.approx(w @ y / w.sum(), rel=1e-12)
    se = 1 / math.sqrt(w.sum())
    assert float(found.se) == pytest.approx(se, rel=1e-12)
    assert float(found.high - found.low) == pytest.approx(2 * 1.959963984540054 * se, rel=1e-12)
    half = stats.t.ppf(0.975, 2) * math.sqrt(tau2 + se**2)
    assert float(found.pi_high - found.estimate) == pytest.approx(half, rel=1e-12)
    assert float(found.p) == pytest.approx(2 * stats.norm.sf(abs(float(found.statistic))))
    assert found.flags["left out"]
    assert len(found.notes) == 1
    with pytest.raises(ValueError, match="RevMan 5 has no"):
        revman5("OR", *CELLS, method="SSW")  # type: ignore[arg-type]


def heterogeneous() -> list[np.ndarray]:
    return arrays(([3, 20, 12, 1], [40, 45, 90, 30], [17, 2, 20, 9], [38, 47, 101, 28]))


def test_other_choices_of_pool_tables() -> None:
    cells = heterogeneous()
    yi, vi = effect("OR", *cells)
    inverse = pool_tables("OR", *cells, method="Inverse", tau2="REML")
    wanted = pool(yi, vi, tau2="REML", interval="Wald")
    for name in ("estimate", "se", "low", "high", "p", "tau2", "pi_low", "pi_high"):
        assert float(getattr(inverse, name)) == pytest.approx(float(getattr(wanted, name)))
    assert float(inverse.common.q) == pytest.approx(float(wanted.q))
    about = pool_tables("OR", *cells, about="inverse variance")
    wanted = pool(yi, vi, tau2="DL", interval="Wald")
    assert float(about.common.q) == pytest.approx(float(wanted.q))
    assert float(about.tau2) == pytest.approx(float(wanted.tau2))
    own = pool_tables("OR", *cells)
    assert float(own.common.q) > float(about.common.q)
    assert float(own.tau2) > float(about.tau2)
    one_step = pool_tables("OR", *cells, method="Peto")
    assert float(one_step.common.estimate) == pytest.approx(float(peto(*cells).estimate))
    wanted = pool(*effect("PETO", *cells), tau2="DL", interval="Wald")
    assert float(one_step.tau2) == pytest.approx(float(wanted.tau2))
    sizes = cells[1] * cells[3] / (cells[1] + cells[3])
    by_size = pool_tables("OR", *cells, method="SSW")
    assert float(by_size.common.estimate) == pytest.approx(sizes @ yi / sizes.sum())
    error = math.sqrt(sizes**2 @ vi) / sizes.sum()
    assert float(by_size.common.se) == pytest.approx(error)
    spread = math.sqrt(sizes**2 @ (vi + float(by_size.tau2))) / sizes.sum()
    assert float(by_size.se) == pytest.approx(spread)
    assert float(by_size.estimate) == float(by_size.common.estimate)


def test_conventions_differ_where_they_are_said_to() -> None:
    a, n1, c, n2 = arrays()
    difference = pool_tables("RD", *CELLS)
    extra = np.array([0, 0.5, 0, 0.5, 0.5])
    w = (n1 + 2 * extra) * (n2 + 2 * extra) / (n1 + n2 + 4 * extra)
    raw = a / n1 - c / n2
    assert float(difference.common.estimate) == pytest.approx(w @ raw / w.sum(), rel=1e-12)
    assert int(difference.common.k) == 5
    exact = pool_tables("OR", *CELLS, exact=True)
    uncorrected = mantel_haenszel("OR", *CELLS)
    assert float(exact.common.estimate) == pytest.approx(float(uncorrected.estimate), rel=1e-13)
    kept = pool_tables("OR", *CELLS, drop00=False)
    assert (int(exact.common.k), int(kept.common.k)) == (3, 5)
    meta, revman = (pool_tables("RR", *CELLS, convention=name) for name in ("meta", "RevMan 5"))
    assert float(meta.effects.yi[1]) != pytest.approx(float(revman.effects.yi[1]), rel=1e-4)
    alone = pool_tables("OR", [3], [9], [4], [9])
    assert math.isnan(float(alone.tau2))
    assert math.isnan(float(alone.pi_low))
    assert float(alone.estimate) == pytest.approx(float(alone.common.estimate), rel=1e-13)
    assert alone.flags["one study"]
    undefined = pool_tables("OR", [1, 2], [9, 9], [0, 0], [9, 9], exact=True)
    assert math.isnan(float(undefined.estimate))
    assert undefined.flags["not estimable"]
    for bad in ({"method": "GLMM"}, {"convention": "Stata"}):
        with pytest.raises(ValueError, match="unknown"):
            pool_tables("OR", *CELLS, **bad)  # type: ignore[arg-type]
    for measure, method in (("RR", "Peto"), ("AS", "MH")):
        with pytest.raises(ValueError, match=r"no .* method for"):
            pool_tables(measure, *CELLS, method=method)  # type: ignore[arg-type]


def test_many_syntheses_at_once() -> None:
    many = [np.array([column, column[::-1]]) for column in CELLS]
    both = revman5("RR", *many)
    one = revman5("RR", *CELLS)
    for name in ("estimate", "se", "tau2", "pi_low"):
        assert getattr(both, name) == pytest.approx([float(getattr(one, name))] * 2, rel=1e-12)
    tests = breslow_day(*many)
    assert tests.breslow_day == pytest.approx([float(breslow_day(*CELLS).breslow_day)] * 2)
    assert cochran_mantel_haenszel(*many).p.shape == (2,)
    assert zero_cells(*many).studies.tolist() == [5, 5]
