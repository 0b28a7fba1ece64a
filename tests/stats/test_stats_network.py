"""The network model, against dense matrices, R's rma.mv and pairwise meta-analysis."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from trialweave.stats.network import (
    ContrastError,
    Contrasts,
    Network,
    NoNetwork,
    StudyContrasts,
    arm_contrasts,
    network,
    pair_contrasts,
    select,
    study_contrasts,
    subnetworks,
    treatments_of,
)
from trialweave.stats.network._rows import _grid
from trialweave.stats.pooling import pool

cases = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("network_cases.py"))))
METHODS = ("DL", "ML", "REML")


@pytest.fixture(scope="module")
def invented() -> Contrasts:
    study, treatment, events, n = cases.invented()
    return arm_contrasts("OR", study, treatment, events=events, n=n)


def pairs(*rows: tuple[str, str, str, float, float]) -> Contrasts:
    study, first, second, effect, se = zip(*rows, strict=True)
    return pair_contrasts(study, first, second, effect, se)


def codes(found: Network | NoNetwork) -> list[str]:
    return [note.code for note in found.notes]


# rma.mv of metafor 3.8-1: treatments as moderators, ~ comparison | study, CS with rho 1/2,
# optimised to a relative change of 1e-16.
RMA_MV = {
    "REML": (
        0.105228905941869,
        [0.610905370565910, 0.499915160159762, -0.037311273231985, 0.917960102090383],
        [0.251338156003280, 0.252668323077995, 0.375649192449014, 0.428279937373831],
    ),
    "ML": (
        0.00725459395294571,
        [0.5972181797623375, 0.4587712668665668, -0.0926788161049753, 0.8785303887702985],
        [0.205718806601488, 0.204035674186813, 0.303441214859926, 0.349827610430514],
    ),
}


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_likelihood_estimates_are_those_of_rma_mv(method: str, invented: Contrasts) -> None:
    found = cases.analysed(invented, tau2=method)
    tau2, effect, se = RMA_MV[method]
    assert found.tau2 == pytest.approx(tau2, rel=1e-6)
    assert found.random.effect[1:, 0] == pytest.approx(effect, abs=1e-7)
    assert found.random.se[1:, 0] == pytest.approx(se, rel=1e-7)
    assert found.q == pytest.approx(14.0443681021359, rel=1e-12)
    assert found.df == 9
    assert found.q_p == pytest.approx(0.120755698619275, rel=1e-12)
    assert found.i2 == pytest.approx(100 * (1 - 9 / 14.0443681021359), rel=1e-12)
    assert found.tau2_method == method


@pytest.mark.parametrize("seed", range(4))
def test_estimates_are_those_of_dense_least_squares(seed: int) -> None:
    contrasts = cases.at_random(seed)
    found = cases.analysed(contrasts, tau2="DL")
    d = cases.dense(contrasts, found.treatments)
    common = cases.solve(d, 0.0)
    df = len(d.y) - len(found.treatments) + 1
    tau2 = max(0.0, (common.q - df) / np.trace(common.p @ d.s))
    assert found.df == df
    assert found.q == pytest.approx(common.q, rel=1e-10)
    assert found.q_p == pytest.approx(stats.chi2.sf(common.q, df), rel=1e-9)
    assert found.tau2 == pytest.approx(tau2, rel=1e-10)
    for got, t in ((found.common, 0.0), (found.random, tau2)):
        want = cases.solve(d, t)
        np.testing.assert_allclose(got.effect, want.effect, atol=1e-10)
        np.testing.assert_allclose(
            got.se, want.se, atol=1e-7
        )  # the dense side cancels on its diagonal
        off = ~np.eye(len(found.treatments), dtype=bool)
        np.testing.assert_allclose(got.se[off], want.se[off], rtol=1e-9)
        z = stats.norm.ppf(0.975)
        np.testing.assert_allclose(got.low, got.effect - z * got.se, atol=1e-12)
        np.testing.assert_allclose(got.high, got.effect + z * got.se, atol=1e-12)
        np.testing.assert_allclose(got.statistic[off], (got.effect / np.where(off, got.se, 1))[off])
        np.testing.assert_allclose(
            got.p[off], 2 * stats.norm.sf(abs(got.statistic[off])), rtol=1e-9
        )
        assert np.isnan(np.diag(got.p)).all()
    half = stats.t.ppf(0.975, df) * np.sqrt(found.tau2 + found.random.se**2) * off
    np.testing.assert_allclose(found.prediction_low, found.random.effect - half, atol=1e-10)
    np.testing.assert_allclose(found.prediction_high, found.random.effect + half, atol=1e-10)


def dense_log_likelihood(d: object, t: float, restricted: bool) -> float:
    y, v, s, x = d  # type: ignore[misc]
    inverse = np.linalg.inv(v + t * s)
    x = x[:, 1:]
    information = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    value = np.linalg.slogdet(inverse)[1] - r @ inverse @ r
    return float(value - (np.linalg.slogdet(information)[1] if restricted else 0.0))


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_likelihood_is_highest_at_tau2(method: str) -> None:
    zero = 0
    for seed, spread in [(s, w) for s in range(4) for w in (0.0, 0.3, 2.0)]:
        contrasts = cases.at_random(seed, spread=spread, studies=9)
        found = cases.analysed(contrasts, tau2=method)
        d = cases.dense(contrasts, found.treatments)

        def height(t: float, d: object = d) -> float:
            return dense_log_likelihood(d, t, method == "REML")

        here = height(found.tau2)
        others = [height(t) for t in np.concatenate([[0.0], np.geomspace(1e-6, 50.0, 60)])]
        assert here >= max(others) - 1e-9
        zero += found.tau2 == 0.0
        if found.tau2 > 0.0:
            near = optimize.minimize_scalar(
                lambda t, f=height: -f(t),
                bounds=(found.tau2 / 2, found.tau2 * 2), method="bounded", options={"xatol": 1e-9},
            )  # fmt: skip
            assert near.x == pytest.approx(found.tau2, rel=1e-4)
    assert 0 < zero < 12


@pytest.mark.parametrize(
    ("method", "effects", "at_zero"),
    [
        ("ML", [(2, 0.3), (0.5, 0.3), (0, 0.3), (0, 0.01), (0, 0.001)], True),
        ("REML", [(2, 0.3), (0.5, 0.3), (0, 0.3), (0, 0.01), (0, 0.001)], False),
        ("ML", [(0, 0.1), (0, 0.001), (0, 0.1), (0, 0.001), (2, 0.1)], False),
    ],
)
def test_the_higher_of_two_maxima_is_taken(
    method: str, effects: list[tuple[float, float]], at_zero: bool
) -> None:
    contrasts = pairs(*((f"s{i}", "b", "a", y, math.sqrt(v)) for i, (y, v) in enumerate(effects)))
    found = cases.analysed(contrasts, tau2=method)
    want = pool([y for y, _ in effects], [v for _, v in effects], tau2=method)  # type: ignore[arg-type]
    assert found.tau2 == pytest.approx(float(want.tau2), rel=1e-8, abs=1e-15)
    assert (found.tau2 == 0.0) is at_zero
    assert codes(found) == ["no loops", "several maxima"]


@pytest.mark.parametrize("method", METHODS)
def test_two_treatments_are_a_pairwise_meta_analysis(method: str) -> None:
    y, v = [0.3, -0.2, 0.9, 0.4], [0.04, 0.09, 0.05, 0.2]
    contrasts = pairs(*((f"s{i}", "new", "old", y[i], math.sqrt(v[i])) for i in range(4)))
    found = cases.analysed(contrasts, tau2=method, level=0.9)
    want = pool(y, v, tau2=method, interval="Wald", level=0.9)  # type: ignore[arg-type]
    common = pool(y, v, tau2="CE", level=0.9)
    assert found.treatments == ("new", "old")
    assert found.tau2 == pytest.approx(float(want.tau2), rel=1e-9)
    assert found.tau2_low == pytest.approx(float(want.tau2_low), rel=1e-9)
    assert found.tau2_high == pytest.approx(float(want.tau2_high), rel=1e-9)
    assert found.q == pytest.approx(float(want.q), rel=1e-12)
    for got, pooled in ((found.random, want), (found.common, common)):
        for name, theirs in (("effect", "estimate"), ("se", "se"), ("low", "low"),
                             ("high", "high"), ("p", "p")):  # fmt: skip
            assert getattr(got, name)[0, 1] == pytest.approx(
                float(getattr(pooled, theirs)), rel=1e-9
            )
    assert found.prediction_low[0, 1] == pytest.approx(float(want.pi_low), rel=1e-9)
    assert found.prediction_high[0, 1] == pytest.approx(float(want.pi_high), rel=1e-9)
    assert codes(found) == ["no loops"]


def test_limits_of_tau2_are_where_q_meets_its_quantiles(invented: Contrasts) -> None:
    found = cases.analysed(invented, level=0.5)
    d = cases.dense(invented, found.treatments)
    assert 0.0 < found.tau2_low < found.tau2 < found.tau2_high
    assert cases.solve(d, found.tau2_low).q == pytest.approx(stats.chi2.ppf(0.75, 9), rel=1e-8)
    assert cases.solve(d, found.tau2_high).q == pytest.approx(stats.chi2.ppf(0.25, 9), rel=1e-8)


def test_effects_that_agree_have_an_empty_interval_and_no_q() -> None:
    rows = [(f"s{i}", a, b, y, 0.2) for i, (a, b, y) in enumerate(
        [("a", "b", 0.1), ("a", "b", 0.1), ("b", "c", 0.2), ("a", "c", 0.3), ("a", "c", 0.3)]
    )]  # fmt: skip
    found = cases.analysed(pairs(*rows))
    assert (found.q, found.tau2, found.tau2_low, found.tau2_high, found.i2) == (0, 0, 0, 0, 0)
    assert found.q_p == 1.0
    assert codes(found) == ["empty tau2 interval"]


def test_a_small_q_of_large_effects_is_kept() -> None:
    found = cases.analysed(pairs(("1", "a", "b", 1000.0, 1.0), ("2", "a", "b", 1000.0001, 1.0)))
    assert found.q == pytest.approx(0.5e-8, rel=1e-5)


@pytest.mark.parametrize("restricted", [True, False])
def test_the_search_for_tau2_ends_where_no_maximum_can_lie(restricted: bool) -> None:
    y, v, x = np.array([0.0, 3.0, -1.0, 4.0]), np.array([0.2, 0.9, 0.4, 1.4]), np.ones((4, 1))
    a = ((y - y.mean()) ** 2).sum() / (3 if restricted else 4)
    low, high = 0.2, 1.4
    root = np.roots([1.0, 2 * low - a, low**2 - a * high]).max()  # (t + low)² = a·(t + high)
    grid = _grid(y, v, x, restricted)
    assert grid[:3] == pytest.approx([0.0, low / 4, low / 2])
    np.testing.assert_allclose(grid[2:], 2 * grid[1:-1])
    assert grid[-2] < root + low / 4 <= grid[-1] * (1 + 1e-8)
    # equal variances and effects: the bound is 0, and one step of a quarter variance is enough
    assert _grid(np.zeros(4), np.full(4, 0.2), x, restricted) == pytest.approx([0.0, 0.05])


def test_a_given_tau2_is_taken(invented: Contrasts) -> None:
    found = cases.analysed(invented, tau2=0.25)
    want = cases.solve(cases.dense(invented, found.treatments), 0.25)
    assert (found.tau2_method, found.tau2) == ("given", 0.25)
    np.testing.assert_allclose(found.random.effect, want.effect, atol=1e-10)
    assert found.tau2_high > 0.0
    assert found.heterogeneity("random") == 0.25
    assert found.heterogeneity("common") == 0.0
    assert found.estimates("common") is found.common
    assert found.estimates("random") is found.random


def test_a_tree_of_single_studies_has_no_heterogeneity() -> None:
    tree = pairs(("x", "a", "b", 0.5, 0.1), ("y", "b", "c", 0.2, 0.2))
    found = cases.analysed(tree)
    assert found.df == 0
    for number in (found.tau2, found.tau2_low, found.tau2_high, found.q_p, found.i2):
        assert math.isnan(number)
    assert np.isnan(found.random.effect).all()
    assert np.isnan(found.random.se).all()
    assert np.isnan(found.prediction_low).all()
    assert found.common.effect[0, 2] == pytest.approx(0.7)
    assert found.common.se[0, 2] == pytest.approx(math.sqrt(0.05))
    assert codes(found) == ["one study", "no loops", "no heterogeneity"]
    assert next(note for note in found.notes if note.code == "one study").about == ("a", "c")
    fixed = cases.analysed(tree, tau2=0.1)
    assert fixed.random.se[0, 2] == pytest.approx(math.sqrt(0.25))
    assert np.isnan(fixed.prediction_high[0, 1])
    assert math.isnan(fixed.tau2_low)


def test_a_star_has_no_loops_and_a_ring_has() -> None:
    star = pairs(*((f"s{i}", "0", b, 0.1, 0.2) for i, b in enumerate("ababc")))
    assert "no loops" in codes(cases.analysed(star))
    ring = pairs(("x", "a", "b", 0, 1), ("y", "b", "c", 0, 1), ("z", "a", "c", 0, 1))
    assert "no loops" not in codes(cases.analysed(ring))
    three = study_contrasts("t", ("a", "b", "c"), np.zeros(2), np.eye(2), np.ones(3))
    alone = Contrasts("", (three,))
    assert "no loops" in codes(cases.analysed(alone))  # it cannot contradict itself
    with_pair = Contrasts("", (three, *pairs(("x", "a", "b", 0, 1)).studies))
    assert "no loops" not in codes(cases.analysed(with_pair))


def test_a_multi_arm_study_counts_as_its_arms() -> None:
    """Three arms of one study, alone: each comparison is what the study says, no more precise."""
    cov = np.array([[0.05, 0.02], [0.02, 0.09]])
    one = study_contrasts("s", ("a", "b", "c"), np.array([0.3, 0.8]), cov, np.ones(3))
    found = cases.analysed(Contrasts("", (one,)))
    assert found.df == 0
    assert found.q == 0.0
    assert found.common.effect[1, 0] == pytest.approx(0.3)
    assert found.common.effect[2, 1] == pytest.approx(0.5)
    assert found.common.se[1, 0] ** 2 == pytest.approx(0.05)
    assert found.common.se[2, 1] ** 2 == pytest.approx(0.05 + 0.09 - 0.04)


def turned(one: StudyContrasts, first: int) -> StudyContrasts:
    """The same study with another arm to compare with."""
    x = np.concatenate([[0.0], one.effects])
    c = np.pad(one.covariance, ((1, 0), (1, 0)))
    order = [first, *(i for i in range(x.size) if i != first)]
    b = np.array([[(k == i) * 1.0 - (k == first) for k in range(x.size)] for i in order[1:]])
    names = tuple(one.treatments[i] for i in order)
    return StudyContrasts(one.study, names, b @ x, b @ c @ b.T, one.sizes[order])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_reference_and_labels_change_nothing(seed: int, random: object) -> None:
    contrasts = cases.at_random(seed)
    before = cases.analysed(contrasts)
    studies = [
        turned(one, random.randrange(len(one.treatments)))  # type: ignore[attr-defined]
        for one in contrasts.studies
    ]
    random.shuffle(studies)  # type: ignore[attr-defined]
    order = list(before.treatments)
    random.shuffle(order)  # type: ignore[attr-defined]
    after = cases.analysed(Contrasts("", tuple(studies)), order=order)
    assert after.treatments == tuple(order)
    at = np.ix_(*[[order.index(name) for name in before.treatments]] * 2)
    assert after.tau2 == pytest.approx(before.tau2, rel=1e-8, abs=1e-14)
    assert after.q == pytest.approx(before.q, rel=1e-9)
    np.testing.assert_allclose(after.random.effect[at], before.random.effect, atol=1e-9)
    np.testing.assert_allclose(after.random.se[at], before.random.se, atol=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_all_pairs_of_the_studies_carry_the_same(seed: int, random: object) -> None:
    contrasts = cases.at_random(seed)
    rows = []
    for one in contrasts.studies:
        x = np.concatenate([[0.0], one.effects])
        c = np.pad(one.covariance, ((1, 0), (1, 0)))
        for i in range(x.size):
            for j in range(i):
                a, b = (i, j) if random.random() < 0.5 else (j, i)  # type: ignore[attr-defined]
                variance = c[i, i] + c[j, j] - 2 * c[i, j]
                rows.append((one.study, one.treatments[a], one.treatments[b], x[a] - x[b],
                             math.sqrt(variance)))  # fmt: skip
    random.shuffle(rows)  # type: ignore[attr-defined]
    before, after = cases.analysed(contrasts), cases.analysed(pairs(*rows))
    assert after.df == before.df
    assert after.q == pytest.approx(before.q, rel=1e-8)
    assert after.tau2 == pytest.approx(before.tau2, rel=1e-8, abs=1e-14)
    np.testing.assert_allclose(after.random.effect, before.random.effect, atol=1e-9)
    np.testing.assert_allclose(after.random.se, before.random.se, atol=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-6, 0.01, 1e5]))
def test_scale_carries_over(seed: int, factor: float) -> None:
    contrasts = cases.at_random(seed)
    scaled = Contrasts("", tuple(
        StudyContrasts(o.study, o.treatments, factor * o.effects, factor**2 * o.covariance, o.sizes)
        for o in contrasts.studies
    ))  # fmt: skip
    for method in METHODS:
        before, after = (cases.analysed(c, tau2=method) for c in (contrasts, scaled))
        assert after.tau2 == pytest.approx(factor**2 * before.tau2, rel=1e-8)
        assert codes(after) == codes(before)
        np.testing.assert_allclose(after.random.effect, factor * before.random.effect, rtol=1e-8,
                                   atol=1e-9 * factor)  # fmt: skip


def test_every_study_twice_halves_the_variance_of_a_common_effect(invented: Contrasts) -> None:
    again = tuple(
        StudyContrasts(f"{o.study} again", o.treatments, o.effects, o.covariance, o.sizes)
        for o in invented.studies
    )
    once = cases.analysed(invented)
    twice = cases.analysed(Contrasts("OR", invented.studies + again))
    np.testing.assert_allclose(twice.common.effect, once.common.effect, atol=1e-12)
    np.testing.assert_allclose(twice.common.se**2, once.common.se**2 / 2.0, rtol=1e-10)
    assert twice.q == pytest.approx(2.0 * once.q)
    assert twice.df == 2 * 9 + 4


def test_parts_that_nothing_connects_are_named_and_can_be_fitted() -> None:
    contrasts = pairs(
        ("1", "x", "y", 0.5, 0.1), ("2", "b", "a", 0.1, 0.2), ("3", "c", "b", 0.2, 0.2),
        ("4", "y", "x", -0.4, 0.1),
    )  # fmt: skip
    found = network(contrasts)
    assert isinstance(found, NoNetwork)
    assert found.reason == "disconnected"
    assert [part.treatments for part in found.subnetworks] == [("a", "b", "c"), ("x", "y")]
    assert [part.studies for part in found.subnetworks] == [("2", "3"), ("1", "4")]
    assert codes(found) == ["disconnected"]
    first, second = (cases.analysed(part) for part in subnetworks(contrasts))
    assert first.treatments == ("a", "b", "c")
    assert second.common.effect[0, 1] == pytest.approx(0.45)


def test_no_study_is_no_network() -> None:
    found = network(Contrasts("", ()))
    assert isinstance(found, NoNetwork)
    assert (found.reason, found.subnetworks, codes(found)) == ("no studies", (), ["no studies"])
    assert subnetworks(Contrasts("", ())) == ()


def test_misuse_is_refused(invented: Contrasts) -> None:
    for options, said in (
        ({"tau2": "PM"}, "unknown method 'PM'"),
        ({"tau2": -0.1}, "not -0.1"),
        ({"tau2": math.inf}, "not inf"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"order": ["A", "B", "C", "D"]}, "leaves out E"),
        ({"order": ["A", "B", "C", "D", "E", "E"]}, "twice"),
    ):
        with pytest.raises(ValueError, match=said):
            network(invented, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one name"):
        network(Contrasts("", (*invented.studies, invented.studies[0])))
    with pytest.raises(ValueError, match="no model is called 'fixed'"):
        cases.analysed(invented).estimates("fixed")


def test_treatments_are_ordered_by_name_regardless_of_case() -> None:
    contrasts = pairs(("1", "b", "A", 0, 1), ("2", "B", "a", 0, 1))
    assert treatments_of(contrasts) == ("A", "a", "B", "b")
    assert treatments_of(contrasts, ["b", "c", "a", "B", "A"]) == ("b", "a", "B", "A")
    assert [one.study for one in select(contrasts, ["2", "3"]).studies] == ["2"]


def test_a_covariance_must_be_positive_definite() -> None:
    for cov in ([[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]):
        with pytest.raises(ContrastError, match="'s': no covariance"):
            study_contrasts("s", "abc", np.zeros(2), np.array(cov), np.ones(3))
    for y, v in ((math.nan, 1.0), (0.0, math.inf)):
        with pytest.raises(ContrastError, match="finite") as raised:
            study_contrasts("s", "ab", np.array([y]), np.array([[v]]), np.ones(2))
        assert raised.value.study == "s"
    for y, v in ((0.0, 1e-151), (0.0, 1e151), (-1e76, 1.0)):
        with pytest.raises(ContrastError, match="beyond all measure"):
            study_contrasts("s", "ab", np.array([y]), np.array([[v]]), np.ones(2))
    for y, v in ((0.0, 1e-149), (1e74, 1e149)):
        assert study_contrasts("s", "ab", np.array([y]), np.array([[v]]), np.ones(2)).effects == [y]
