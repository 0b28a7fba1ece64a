"""Tests of funnel plot asymmetry: against R on an invented table, by definition, and at the edges.

The reference numbers are metafor 3.8-1's for the invented table below, with tolerances of 1e-14.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats import bias
from trialweave.stats.bias import Asymmetry, NotComputed, RankTest
from trialweave.stats.effects import effect

Y = [0.12, 0.25, -0.05, 0.41, 0.33, 0.78, 0.62, 0.95, 1.21, 0.54, 1.48, 0.87]
V = [0.011, 0.019, 0.024, 0.046, 0.052, 0.105, 0.121, 0.198, 0.261, 0.083, 0.402, 0.149]
N = [410, 262, 205, 110, 96, 49, 41, 27, 21, 62, 14, 33]

# predictor, dispersion: statistic, P, limit with its interval
METAFOR = {
    ("se", "multiplicative"): (
        7.169106715, 3.035179682e-05, -0.2007000574, -0.3697995448, -0.03160057005
    ),
    ("se", "additive"): (
        4.385016446, 1.159770161e-05, -0.2007000574, -0.4438879499, 0.0424878351
    ),
    ("variance", "multiplicative"): (
        6.704904289, 5.331986035e-05, 0.07940590375, -0.02911335887, 0.1879251664
    ),
    ("variance", "additive"): (
        4.334735365, 1.459355739e-05, 0.07940590375, -0.06824722957, 0.2270590371
    ),
    ("n", "multiplicative"): (
        -2.941792137, 0.01474023907, math.nan, math.nan, math.nan
    ),
    ("n", "additive"): (
        -2.869886855, 0.004106187005, math.nan, math.nan, math.nan
    ),
    ("1/n", "multiplicative"): (
        6.991876558, 3.75219045e-05, 0.06484827064, -0.04253651859, 0.1722330599
    ),
    ("1/n", "additive"): (
        4.366797184, 1.260817012e-05, 0.06484827064, -0.08639614188, 0.2160926832
    ),
    ("sqrt(n)", "multiplicative"): (
        -3.82380221, 0.003352652374, math.nan, math.nan, math.nan
    ),
    ("sqrt(n)", "additive"): (
        -3.403401222, 0.0006655247241, math.nan, math.nan, math.nan
    ),
    ("1/sqrt(n)", "multiplicative"): (
        7.118845823, 3.222107182e-05, -0.2261255882, -0.4033680298, -0.04888314666
    ),
    ("1/sqrt(n)", "additive"): (
        4.379964827, 1.186984665e-05, -0.2261255882, -0.4795290408, 0.02727786436
    ),
}  # fmt: skip

TABLES = (
    [3, 0, 12, 5, 9, 1],
    [40, 25, 90, 31, 44, 12],
    [7, 2, 20, 11, 30, 0],
    [38, 27, 101, 29, 61, 14],
)


def regression(found: object) -> Asymmetry:
    assert isinstance(found, Asymmetry)
    return found


def ranks(found: object) -> RankTest:
    assert isinstance(found, RankTest)
    return found


def refusal(found: object) -> NotComputed:
    assert isinstance(found, NotComputed)
    return found


@pytest.mark.parametrize(("predictor", "dispersion"), METAFOR)
def test_every_regression_is_metafors(predictor, dispersion) -> None:  # type: ignore[no-untyped-def]
    found = regression(bias.regression_test(Y, V, predictor=predictor, dispersion=dispersion, n=N))
    got = (found.statistic, found.p, found.limit, found.limit_low, found.limit_high)
    assert got == pytest.approx(METAFOR[predictor, dispersion], rel=1e-9, nan_ok=True)
    assert found.df == (10 if dispersion == "multiplicative" else math.inf)
    assert found.statistic == pytest.approx(found.slope / found.slope_se)
    assert found.test == f"regression on {predictor}"
    assert ("no limit" in found.flags) == (predictor in ("n", "sqrt(n)"))
    assert (found.k, found.left_out, found.level) == (12, 0, 0.95)
    assert (found.tau2 > 0.0) == (dispersion == "additive" and "no limit" in found.flags)
    assert (found.dispersion == 1.0) == (dispersion == "additive")


def test_named_tests_are_regressions_with_names() -> None:
    plain = regression(bias.regression_test(Y, V))
    egger = regression(bias.egger(Y, V, level=0.9))
    assert (egger.test, egger.statistic, egger.level) == ("Egger", plain.statistic, 0.9)
    assert egger.limit_low == pytest.approx(
        egger.intercept - stats.t.ppf(0.95, 10) * egger.intercept_se
    )
    thompson = regression(bias.thompson_sharp(Y, V, tau2="SJ", level=0.9))
    z = regression(bias.regression_test(Y, V, dispersion="additive", tau2="SJ"))
    assert (thompson.test, thompson.df, thompson.level) == ("Thompson-Sharp", 10, 0.9)
    assert thompson.tau2 == z.tau2 > 0
    assert thompson.statistic == pytest.approx(z.statistic)
    assert thompson.p == pytest.approx(2 * stats.t.sf(abs(z.statistic), 10))
    macaskill = regression(bias.macaskill(Y, V, N, level=0.9))
    assert macaskill.test == "Macaskill"
    assert macaskill.statistic == pytest.approx(METAFOR["n", "multiplicative"][0])
    assert macaskill.level == 0.9


def test_modified_standard_errors_do_not_know_the_effect() -> None:
    n1, n2 = [20, 35, 50, 80, 120], [22, 30, 55, 70, 140]
    g = [0.9, 0.5, 0.45, 0.3, 0.28]
    found = regression(bias.pustejovsky(g, n1, n2, level=0.9))
    w = [1 / a + 1 / b for a, b in zip(n1, n2, strict=True)]
    assert found.slope == pytest.approx(regression(bias.egger(g, w)).slope)
    assert (found.test, found.level) == ("Pustejovsky-Rodgers", 0.9)
    with pytest.raises(ValueError, match="positive"):
        bias.pustejovsky(g, [0, *n1[1:]], n2)
    assert refusal(bias.pustejovsky(g[:2], n1[:2], n2[:2])).k == 2


def test_pet_and_peese() -> None:
    found = bias.pet_peese(Y, V, level=0.9)
    assert not isinstance(found, NotComputed)
    pet, peese = regression(bias.egger(Y, V, level=0.9)), found.peese
    assert (found.pet.test, peese.test) == ("PET", "PEESE")
    assert found.pet_p == pytest.approx(
        2 * stats.t.sf(abs(pet.intercept / pet.intercept_se), 10), rel=1e-12
    )
    assert 0.01 < found.pet_p < 0.05
    assert (found.chosen, found.estimate, found.low, found.high) == (
        "PEESE", peese.limit, peese.limit_low, peese.limit_high
    )  # fmt: skip
    strict = bias.pet_peese(Y, V, alpha=0.01)
    assert not isinstance(strict, NotComputed)
    assert (strict.chosen, strict.estimate) == ("PET", strict.pet.limit)
    at_variance = METAFOR["variance", "multiplicative"]
    assert strict.peese.limit == pytest.approx(at_variance[2], rel=1e-9)
    assert refusal(bias.pet_peese([1, 2], [1, 2])).reason == "too few studies"
    assert refusal(bias.pet_peese([1, 2, 3], [1, 1, 1])).reason == "predictor does not vary"
    line = [float(x) for x in (1, 2, 3, 4)]
    assert refusal(bias.pet_peese(line, [x * x for x in line])).reason == "exact fit"


def test_notes_and_refusals() -> None:
    few = regression(bias.egger(Y[:9], V[:9], measure="OR"))
    assert few.flags == {"few studies", "ratio of counts"}
    assert "fewer than ten" in few.notes[0]
    assert "Harbord or Peters" in few.notes[1]
    assert regression(bias.egger(Y[:10], V[:10])).flags == frozenset()
    assert regression(bias.thompson_sharp(Y, V, measure="RR")).flags == {"ratio of counts"}
    assert regression(bias.egger(Y, V, measure="SMD")).flags == {"standardised"}
    assert regression(bias.egger(Y, V, measure="MD")).flags == frozenset()
    gaps = regression(bias.egger([*Y, math.nan, 1.0, 2.0], [*V, 1.0, 0.0, math.inf]))
    assert (gaps.k, gaps.left_out, gaps.flags) == (12, 3, {"left out"})
    assert gaps.notes == ("3 studies without a usable effect and variance left out.",)
    one = regression(bias.egger([*Y, math.nan], [*V, 1.0]))
    assert one.notes == ("1 study without a usable effect and variance left out.",)
    lost = regression(bias.regression_test(Y, V, predictor="n", n=[math.nan, *N[1:]]))
    assert (lost.k, lost.left_out) == (11, 1)
    for k, words in ((0, "There is no usable study"), (1, "There is one"), (2, "There are 2")):
        none = refusal(bias.egger(Y[:k], V[:k]))
        assert (none.k, none.reason) == (k, "too few studies")
        assert none.note.startswith(words)
        assert none.note.endswith("at least 3 are needed.")
    assert refusal(bias.egger(Y, [1.0] * 12)).reason == "predictor does not vary"
    line = regression(bias.egger([1, 2, 3, 4], [1, 4, 9, 16]))
    assert "exact fit" in line.flags
    assert math.isnan(line.p)
    three = regression(bias.egger(Y[:3], V[:3]))
    assert three.df == 1


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown option"):
        bias.regression_test(Y, V, predictor="weight")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown option"):
        bias.regression_test(Y, V, dispersion="none")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="t test"):
        bias.regression_test(Y, V, student=False)
    with pytest.raises(ValueError, match="needs the numbers"):
        bias.regression_test(Y, V, predictor="1/n")
    with pytest.raises(ValueError, match="numbers of patients for"):
        bias.regression_test(Y, V, predictor="n", n=N[:3])
    for wrong in (0, -1, math.inf):
        with pytest.raises(ValueError, match="positive and finite"):
            bias.regression_test(Y, V, predictor="n", n=[wrong, *N[1:]])
    with pytest.raises(ValueError, match="one shape"):
        bias.egger(Y, V[:3])
    with pytest.raises(ValueError, match="one shape"):
        bias.egger([Y], [V])
    with pytest.raises(ValueError, match="level"):
        bias.egger(Y, V, level=1.0)


NUMBERS = st.floats(-3, 3).map(lambda x: round(x, 3))
STUDIES = st.lists(st.tuples(NUMBERS, st.floats(0.05, 4.0)), min_size=4, max_size=8, unique=True)


@settings(max_examples=15, deadline=None)
@given(STUDIES, st.randoms(use_true_random=False), st.sampled_from([2.0, 0.25, 1000.0]))
def test_order_scale_shift_and_sign(rows, random, scale) -> None:  # type: ignore[no-untyped-def]
    y, v = (list(column) for column in zip(*rows, strict=True))
    if np.ptp(np.sqrt(v)) < 0.05 or np.ptp(y) < 0.05:
        return
    plain, plain_ranks = regression(bias.egger(y, v)), ranks(bias.begg(y, v))
    mixed = list(rows)
    random.shuffle(mixed)
    other = regression(bias.egger(*zip(*mixed, strict=True)))
    close = {"rel": 1e-7, "abs": 1e-7}
    assert other.slope == pytest.approx(plain.slope, **close)
    assert other.p == pytest.approx(plain.p, **close)
    larger = regression(bias.egger(np.multiply(y, scale), np.multiply(v, scale**2)))
    assert larger.slope == pytest.approx(plain.slope, **close)
    assert larger.limit == pytest.approx(plain.limit * scale, rel=1e-6, abs=1e-6 * scale)
    turned = regression(bias.egger(np.negative(y), v))
    assert turned.statistic == pytest.approx(-plain.statistic, **close)
    moved = regression(bias.egger(np.add(y, 10.0), v))
    assert moved.slope == pytest.approx(plain.slope, rel=1e-6, abs=1e-6)
    assert moved.limit == pytest.approx(plain.limit + 10, rel=1e-6)
    assert ranks(bias.begg(np.negative(y), v)).score == -plain_ranks.score
    assert ranks(bias.begg(*zip(*mixed, strict=True))).score == plain_ranks.score


def test_begg_is_metafors() -> None:
    found = ranks(bias.begg(Y, V))
    assert (found.tau, found.p) == pytest.approx((0.787878787879, 0.000107423440757), rel=1e-10)
    assert found.score == 52
    assert found.score_se == pytest.approx(math.sqrt(12 * 11 * 29 / 18))
    assert found.p_normal == pytest.approx(2 * stats.norm.sf(52 / found.score_se))
    assert (found.exact, found.flags, found.test) == (True, frozenset(), "Begg")
    moved = ranks(bias.begg([*Y, math.nan], [*V, 1.0], continuity=True))
    assert moved.statistic == pytest.approx(51 / found.score_se)
    assert (moved.left_out, moved.notes[0][:7]) == (1, "1 study")
    assert refusal(bias.begg(Y[:2], V[:2])).reason == "too few studies"
    assert ranks(bias.begg(Y[:4], V[:4])).flags == {"few studies"}


def test_standardised_effects_of_beggs_test() -> None:
    y, v = np.array([0.3, 0.5, 0.1, 0.9]), np.array([0.1, 0.4, 0.2, 0.3])
    mean = (y / v).sum() / (1 / v).sum()
    standard = (y - mean) / np.sqrt(v - 1 / (1 / v).sum())
    wanted = stats.kendalltau(standard, v)
    found = ranks(bias.begg(y, v))
    assert (found.tau, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_exact_p_counts_all_orderings(k: int) -> None:
    base = list(range(k))
    scores = {
        order: sum(np.sign(order[j] - order[i]) for i in base for j in base[i + 1 :])
        for order in itertools.permutations(base)
    }
    for order, score in itertools.islice(scores.items(), 0, None, max(1, len(scores) // 20)):
        found = ranks(bias.kendall(base, order))
        extreme = sum(abs(other) >= abs(score) for other in scores.values())
        assert found.p == pytest.approx(extreme / math.factorial(k))
        assert found.score == score


def test_ties_and_large_numbers_take_the_normal_approximation() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 5, 30).astype(float), rng.integers(0, 4, 30).astype(float)
    wanted = stats.kendalltau(x, y, method="asymptotic")
    found = ranks(bias.kendall(x, y))
    assert (found.tau, found.p) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-12)
    assert (found.exact, found.flags) == (False, {"ties"})
    assert found.notes[0].startswith("Ranks are tied")
    for k, exact in ((49, True), (50, False)):
        x = rng.permutation(k).astype(float)
        found = ranks(bias.kendall(x, np.arange(k)))
        assert (found.exact, "normal" in found.flags) == (exact, not exact)
        method = "exact" if exact else "asymptotic"
        wanted = stats.kendalltau(x, np.arange(k), method=method)
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-10)
    level = ranks(bias.kendall([1, 2, 3, 4], [2, 1, 4, 3], continuity=True))
    assert level.statistic == pytest.approx(1 / math.sqrt(4 * 3 * 13 / 18))
    none = ranks(bias.kendall([1, 2, 3, 4], [2, 4, 1, 3], continuity=True))
    assert (none.score, none.statistic, none.p_normal) == (0, 0, 1)
    assert none.p == 1.0
    assert refusal(bias.kendall([1, 1, 1], [1, 2, 3])).reason == "all tied"
    assert refusal(bias.kendall([1, 2], [1, 2])).k == 2
    with pytest.raises(ValueError, match="one shape"):
        bias.kendall([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        bias.kendall([1, 2, math.nan], [1, 2, 3])


def weighted_line(y, x, w) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Slope and its standard error, residual variance from the residuals."""
    y, x, w = (np.asarray(values, dtype=float) for values in (y, x, w))
    design = np.stack([np.ones_like(x), x], axis=1) * np.sqrt(w)[:, None]
    beta, squares, *_ = np.linalg.lstsq(design, y * np.sqrt(w), rcond=None)
    cov = np.linalg.inv(design.T @ design) * squares[0] / (y.size - 2)
    return float(beta[1]), float(np.sqrt(cov[1, 1]))


@pytest.mark.parametrize("measure", ["OR", "RR"])
def test_harbords_score_is_the_slope_of_the_profile_likelihood(measure: str) -> None:
    """Z and V by differences of the log-likelihood: of the counts (RR), or given all margins."""
    z, v = [], []
    for a, n1, c, n2 in zip(*TABLES, strict=True):
        events = a + c
        if measure == "OR":
            law = stats.hypergeom(n1 + n2, events, n1)
            z.append(a - law.mean())
            v.append(law.var())
            continue
        h, p = 1e-4, events / (n1 + n2)

        # (log RR, log risk of the second arm) at 0 and log p
        def log(theta: float, base: float, a=a, n1=n1, c=c, n2=n2) -> float:  # type: ignore[no-untyped-def]
            r1, r2 = math.exp(base + theta), math.exp(base)
            return (
                a * math.log(r1) + (n1 - a) * math.log1p(-r1)
                + c * math.log(r2) + (n2 - c) * math.log1p(-r2)
            )  # fmt: skip

        at = math.log(p)
        z.append((log(h, at) - log(-h, at)) / (2 * h))
        odds = p / (1 - p)
        v.append(n1 * odds - (n1 * odds) ** 2 / ((n1 + n2) * odds))  # efficient information
    z_, v_ = np.array(z), np.array(v)
    slope, se = weighted_line(z_ / v_, 1 / np.sqrt(v_), v_)
    found = regression(bias.harbord(*TABLES, measure=measure, level=0.9))  # type: ignore[arg-type]
    assert (found.slope, found.slope_se) == pytest.approx((slope, se), rel=1e-6)
    assert (found.test, found.df, found.k, found.level) == ("Harbord", 4, 6, 0.9)
    assert found.flags == {"few studies"}


def test_peters_and_deeks_weigh_by_size_alone() -> None:
    a, n1, c, n2 = (np.array(column, dtype=float) for column in TABLES)
    y, n, events = effect("OR", a, n1, c, n2).yi, n1 + n2, a + c
    peters = regression(bias.peters(*TABLES, level=0.9))
    wanted = weighted_line(y, 1 / n, events * (n - events) / n)
    assert (peters.slope, peters.slope_se) == pytest.approx(wanted)
    deeks = regression(bias.deeks(*TABLES))
    size = 4 * n1 * n2 / n
    assert (deeks.slope, deeks.slope_se) == pytest.approx(weighted_line(y, size**-0.5, size))
    assert (peters.test, deeks.test, peters.df, peters.level) == ("Peters", "Deeks", 4, 0.9)
    rr = effect("RR", a, n1, c, n2).yi
    given_y = regression(bias.peters(*TABLES, yi=rr))
    wanted = weighted_line(rr, 1 / n, events * (n - events) / n)
    assert given_y.slope == pytest.approx(wanted[0])
    with pytest.raises(ValueError, match="effects for"):
        bias.peters(*TABLES, yi=[1, 2])


def test_schwarzer_takes_the_moments_at_the_mantel_haenszel_odds_ratio() -> None:
    a, n1, c, n2 = (np.array(column, dtype=float) for column in TABLES)
    half = 0.5 * ((a == 0) | (c == 0))
    x, b, z, d = a + half, n1 - a + half, c + half, n2 - c + half
    size = x + b + z + d
    ratio = (x * d / size).sum() / (b * z / size).sum()
    laws = [
        stats.nchypergeom_fisher(int(m + k), int(m), int(e), ratio)
        for m, k, e in zip(n1, n2, a + c, strict=True)
    ]
    mean, var = np.array([law.mean() for law in laws]), np.array([law.var() for law in laws])
    wanted = ranks(bias.kendall((a - mean) / np.sqrt(var), 1 / var))
    found = ranks(bias.schwarzer(*TABLES))
    assert (found.tau, found.p, found.test) == (wanted.tau, wanted.p, "Schwarzer")
    corrected = ranks(bias.schwarzer(*TABLES, continuity=True))
    assert abs(corrected.statistic) < abs(found.statistic)


def test_arcsine_tests() -> None:
    y, v = effect("AS", *TABLES)
    for variant, wanted in (
        ("Egger", bias.egger(y, v, level=0.9)),
        ("Begg", bias.begg(y, v)),
        ("Thompson-Sharp", bias.thompson_sharp(y, v, level=0.9)),
    ):
        found = bias.ruecker(*TABLES, variant=variant, level=0.9)  # type: ignore[arg-type]
        assert not isinstance(found, NotComputed)
        assert not isinstance(wanted, NotComputed)
        assert (found.statistic, found.p, found.flags) == (wanted.statistic, wanted.p, wanted.flags)
        assert found.test == f"arcsine {variant}"
    default = regression(bias.ruecker(*TABLES))
    assert default.test == "arcsine Thompson-Sharp"
    with pytest.raises(ValueError, match="arcsine"):
        bias.ruecker(*TABLES, variant="Peters")  # type: ignore[arg-type]
    assert refusal(bias.ruecker([1], [9], [2], [9])).reason == "too few studies"


def test_what_tables_leave_out() -> None:
    silent = [
        [*column, *extra]
        for column, extra in zip(TABLES, ([0, 8], [10, 8], [0, 9], [11, 9]), strict=True)
    ]
    for test in (bias.harbord, bias.peters, bias.deeks, bias.schwarzer):
        found, plain = test(*silent), test(*TABLES)  # type: ignore[operator]
        assert (found.statistic, found.left_out, found.k) == (plain.statistic, 2, 6)
        assert found.flags == plain.flags | {"double zero"}
        assert "2 studies without any event" in found.notes[-1]
    arcsine = regression(bias.ruecker(*silent))
    assert (arcsine.k, arcsine.left_out) == (8, 0)
    empty = [[*column, extra] for column, extra in zip(TABLES, (0, 0, 3, 9), strict=True)]
    for test in (bias.harbord, bias.peters, bias.deeks, bias.schwarzer, bias.ruecker):
        found, plain = test(*empty), test(*TABLES)  # type: ignore[operator]
        assert (found.left_out, found.flags) == (1, plain.flags | {"left out"})
    y = effect("OR", *empty).yi
    assert regression(bias.peters(*empty, yi=y)).k == 6
    few = ([1, 0], [9, 9], [2, 0], [9, 9])
    for test in (bias.harbord, bias.peters, bias.deeks, bias.schwarzer):
        assert refusal(test(*few)).k == 1  # type: ignore[operator]
    with pytest.raises(ValueError, match="not 'RD'"):
        bias.harbord(*TABLES, measure="RD")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        bias.harbord([TABLES[0]], [TABLES[1]], [TABLES[2]], [TABLES[3]])
    with pytest.raises(ValueError, match="more events"):
        bias.peters([5], [4], [1], [4])


def test_swapping_the_arms_turns_the_sign() -> None:
    a, n1, c, n2 = TABLES
    for test in (bias.harbord, bias.peters, bias.deeks, bias.schwarzer, bias.ruecker):
        one, other = test(a, n1, c, n2), test(c, n2, a, n1)  # type: ignore[operator]
        assert other.statistic == pytest.approx(-one.statistic, rel=1e-9)
        assert other.p == pytest.approx(one.p, rel=1e-9)
