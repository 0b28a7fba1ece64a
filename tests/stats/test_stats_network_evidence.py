"""What is asked of a network: direct and indirect evidence, inconsistency, ranking, its shape."""

from __future__ import annotations

import itertools
import math
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats.network import (
    Contrasts,
    Network,
    arm_contrasts,
    contributions,
    decompose,
    direct_evidence,
    geometry,
    league,
    loops,
    p_scores,
    pair_contrasts,
    positions,
    select,
    split,
    study_contrasts,
)
from trialweave.stats.pooling import pool

cases = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("network_cases.py"))))


@pytest.fixture(scope="module")
def contrasts() -> Contrasts:
    study, treatment, events, n = cases.invented()
    return arm_contrasts("OR", study, treatment, events=events, n=n)


@pytest.fixture(scope="module")
def found(contrasts: Contrasts) -> Network:
    network: Network = cases.analysed(contrasts)
    return network


def two_arms(*rows: tuple[str, str, str, float, float]) -> Contrasts:
    study, first, second, effect, variance = zip(*rows, strict=True)
    return pair_contrasts(study, first, second, effect, np.sqrt(variance))


RING = two_arms(
    ("1", "a", "b", 0.5, 0.04), ("2", "b", "c", 0.3, 0.09), ("3", "a", "c", 0.1, 0.16),
    ("4", "a", "b", 0.7, 0.06), ("5", "c", "d", 0.2, 0.05),
)  # fmt: skip


@pytest.mark.parametrize("model", ["common", "random"])
def test_direct_evidence_is_that_of_the_studies_of_a_comparison(found: Network, model: str) -> None:
    direct = direct_evidence(found, model=model)  # type: ignore[arg-type]
    whole = found.estimates(model)  # type: ignore[arg-type]
    tau2 = found.heterogeneity(model)  # type: ignore[arg-type]
    counts = {("A", "B"): 4, ("A", "C"): 3, ("B", "C"): 3, ("A", "D"): 1, ("C", "E"): 0,
              ("D", "E"): 2, ("B", "E"): 1}  # fmt: skip
    for (a, b), k in counts.items():
        i, j = found.treatments.index(a), found.treatments.index(b)
        y, v = [], []
        for one in found.contrasts.studies:
            if {a, b} <= set(one.treatments):
                x = dict(zip(one.treatments, [0.0, *one.effects], strict=True))
                c = np.pad(one.covariance, ((1, 0), (1, 0)))
                at, bt = one.treatments.index(a), one.treatments.index(b)
                y.append(x[a] - x[b])
                v.append(c[at, at] + c[bt, bt] - 2 * c[at, bt] + tau2)
        assert direct.studies[i, j] == direct.studies[j, i] == k == len(y)
        if not k:
            assert np.isnan(direct.estimates.effect[i, j])
            assert np.isnan(direct.estimates.se[i, j])
            assert direct.proportion[i, j] == 0.0
            continue
        want = pool(y, v, tau2="CE")
        assert direct.estimates.effect[i, j] == pytest.approx(float(want.estimate), rel=1e-12)
        assert direct.estimates.effect[j, i] == -direct.estimates.effect[i, j]
        assert direct.estimates.se[i, j] == pytest.approx(float(want.se), rel=1e-12)
        assert direct.estimates.low[i, j] == pytest.approx(float(want.low), rel=1e-12)
        share = (whole.se[i, j] / float(want.se)) ** 2
        assert direct.proportion[i, j] == pytest.approx(share, rel=1e-10)


def test_back_calculation_adds_up_to_the_network(found: Network) -> None:
    halves = split(found)
    direct = direct_evidence(found)
    assert (halves.method, halves.model) == ("back-calculation", "random")
    assert halves.treatments == found.treatments
    for i, j in itertools.combinations(range(5), 2):
        share = direct.proportion[i, j]
        indirect, se = halves.indirect.effect[i, j], halves.indirect.se[i, j]
        own = direct.estimates.effect[i, j] if share else 0.0
        assert share * own + (1 - share) * indirect == pytest.approx(found.random.effect[i, j])
        assert se**2 * (1 - share) == pytest.approx(found.random.se[i, j] ** 2)
        assert halves.indirect.effect[j, i] == pytest.approx(-indirect)
        if share:
            difference = own - indirect
            assert halves.difference.effect[i, j] == pytest.approx(difference)
            variance = direct.estimates.se[i, j] ** 2 + se**2
            assert halves.difference.se[i, j] ** 2 == pytest.approx(variance)
            z = difference / math.sqrt(variance)
            assert halves.difference.p[i, j] == pytest.approx(2 * stats.norm.sf(abs(z)))
        else:
            assert math.isnan(halves.difference.effect[i, j])
    assert np.isnan(np.diag(halves.indirect.effect)).all()
    assert np.isnan(np.diag(halves.indirect.se)).all()
    assert (halves.tau2 == found.tau2).all()
    assert halves.notes == ()


def test_comparisons_without_indirect_evidence_are_named() -> None:
    ring = cases.analysed(RING)
    for method in ("back-calculation", "SIDDE", "side"):
        halves = split(ring, method=method)  # type: ignore[arg-type]
        (note,) = halves.notes
        assert (note.code, note.about) == ("no indirect evidence", ("c:d",))
        assert math.isnan(halves.difference.effect[2, 3])
        assert halves.direct.effect[2, 3] == pytest.approx(0.2) or method == "side"
    loose = split(ring, least_indirect=0.9)
    assert "a:b" in loose.notes[0].about
    assert math.isnan(loose.indirect.effect[0, 1])


def test_three_ways_to_split_agree_where_no_study_has_more_than_two_arms() -> None:
    ring = cases.analysed(RING, tau2=0.05)
    back, without, side = (
        split(ring, method=method) for method in ("back-calculation", "SIDDE", "side")
    )  # type: ignore[arg-type]
    assert back.indirect.effect[0, 1] == pytest.approx(0.1 - 0.3)
    assert back.indirect.se[0, 1] ** 2 == pytest.approx(0.16 + 0.09 + 0.1)
    weights = 1 / np.array([0.09, 0.11])
    assert side.direct.effect[0, 1] == pytest.approx(np.average([0.5, 0.7], weights=weights))
    assert side.direct.effect[1, 0] == -side.direct.effect[0, 1]
    for other in (without, side):
        for i, j in ((0, 1), (1, 2), (0, 2), (2, 0)):
            for part in ("direct", "indirect", "difference"):
                for number in ("effect", "se", "p", "low", "high"):
                    got = getattr(getattr(other, part), number)[i, j]
                    want = getattr(getattr(back, part), number)[i, j]
                    assert got == pytest.approx(want, rel=1e-9)
    assert without.indirect.effect[0, 3] == pytest.approx(ring.random.effect[0, 3])
    assert math.isnan(side.indirect.effect[0, 3])
    assert side.tau2[0, 1] == 0.05
    assert math.isnan(side.tau2[0, 3])


def test_split_under_a_common_effect_has_no_heterogeneity(found: Network) -> None:
    for method in ("back-calculation", "SIDDE", "side"):
        halves = split(found, model="common", method=method)  # type: ignore[arg-type]
        assert halves.tau2[0, 1] == 0.0
        assert halves.model == "common"
    back = split(found, model="common")
    np.testing.assert_allclose(back.direct.effect, direct_evidence(found, model="common")[1].effect)


def test_sidde_leaves_out_the_studies_of_a_comparison(found: Network) -> None:
    halves = split(found, method="SIDDE")
    for i, j in itertools.combinations(range(5), 2):
        both = {found.treatments[i], found.treatments[j]}
        rest = [one.study for one in found.contrasts.studies if not both <= set(one.treatments)]
        without = cases.analysed(select(found.contrasts, rest), tau2=found.tau2)
        if not both <= set(without.treatments):
            assert both == {"D", "E"}
            assert math.isnan(halves.indirect.effect[i, j])
            assert math.isnan(halves.indirect.se[j, i])
            continue
        at = tuple(without.treatments.index(found.treatments[k]) for k in (i, j))
        assert halves.indirect.effect[i, j] == pytest.approx(without.random.effect[at])
        assert halves.indirect.se[j, i] == pytest.approx(without.random.se[at])
        assert halves.indirect.effect[j, i] == -halves.indirect.effect[i, j]
    assert halves.notes[0].about == ("D:E",)
    back = split(found)
    assert (halves.direct.effect[0, 1], halves.tau2[0, 1]) == (back.direct.effect[0, 1], found.tau2)


def test_side_splitting_is_a_model_with_one_more_effect(found: Network) -> None:
    """A against B: studies 1, 2, 5 and 7 have an effect of their own, half on each side."""
    halves = split(found, method="side")
    d = cases.dense(found.contrasts, found.treatments)
    extra = np.zeros(len(d.y))
    at = 0
    for one in found.contrasts.studies:
        for name in one.treatments[1:]:
            if {"A", "B"} <= set(one.treatments):
                arm = {"A": 0.5, "B": -0.5}
                extra[at] = arm.get(name, 0.0) - arm.get(one.treatments[0], 0.0)
            at += 1
    x = np.column_stack([extra, d.x[:, 1:]])
    w = np.linalg.inv(d.v + halves.tau2[0, 1] * d.s)
    cov = np.linalg.inv(x.T @ w @ x)
    beta = cov @ x.T @ w @ d.y
    assert halves.difference.effect[0, 1] == pytest.approx(beta[0], rel=1e-9)
    assert halves.difference.se[0, 1] == pytest.approx(math.sqrt(cov[0, 0]), rel=1e-9)
    assert halves.indirect.effect[0, 1] == pytest.approx(-beta[1], rel=1e-9)
    assert halves.indirect.se[0, 1] == pytest.approx(math.sqrt(cov[1, 1]), rel=1e-9)
    assert halves.direct.effect[0, 1] == pytest.approx(beta[0] - beta[1], rel=1e-9)
    assert 0.0 <= halves.tau2[0, 1] != found.tau2
    p = w - w @ x @ cov @ x.T @ w  # REML: y'PSPy = tr(PS)
    assert d.y @ p @ d.s @ p @ d.y == pytest.approx(np.trace(p @ d.s), rel=1e-7)
    with pytest.raises(ValueError, match="no way to split is called 'SIDE'"):
        split(found, method="SIDE")  # type: ignore[arg-type]


def test_a_split_without_residual_freedom_has_no_random_effects() -> None:
    ring = cases.analysed(two_arms(
        ("1", "a", "b", 0.5, 0.04), ("2", "b", "c", 0.3, 0.09), ("3", "a", "c", 0.1, 0.16)
    ))  # fmt: skip
    assert math.isnan(split(ring, method="side").difference.effect[0, 1])
    common = split(ring, method="side", model="common")
    assert common.difference.effect[0, 2] == pytest.approx(0.1 - 0.8)
    assert common.difference.se[0, 2] == pytest.approx(math.sqrt(0.29))


def test_random_results_are_missing_together() -> None:
    tree = cases.analysed(two_arms(("1", "a", "b", 0.5, 0.04), ("2", "b", "c", 0.3, 0.09)))
    assert np.isnan(split(tree, method="SIDDE").indirect.effect).all()
    assert np.isnan(split(tree).indirect.effect[0, 2])
    assert np.isnan(p_scores(tree, small_is_good=True).p_score).all()
    assert np.isnan(contributions(tree).share).all()
    assert not np.isnan(contributions(tree, model="common").share).any()


def test_q_is_decomposed_by_designs(found: Network) -> None:
    parts = decompose(found)
    by_design: dict[frozenset[str], list[str]] = {}
    for one in found.contrasts.studies:
        by_design.setdefault(frozenset(one.treatments), []).append(one.study)
    within, df = 0.0, 0
    for row, (names, studies) in zip(parts.designs, by_design.items(), strict=True):
        assert set(row.treatments) == names
        assert list(row.treatments) == sorted(names)
        assert row.studies == tuple(studies)
        alone = cases.analysed(select(found.contrasts, studies))
        assert row.within.q == pytest.approx(alone.q, abs=1e-12)
        assert row.within.df == alone.df == (len(studies) - 1) * (len(names) - 1)
        assert math.isnan(row.within.p) == (alone.df == 0)
        within, df = within + alone.q, df + alone.df
    assert parts.within.q == pytest.approx(within)
    assert parts.within.df == df == 3
    assert parts.total == (found.q, 9, pytest.approx(found.q_p))
    assert parts.between.q == pytest.approx(found.q - within)
    assert parts.between.df == 6
    assert parts.between.p == pytest.approx(stats.chi2.sf(parts.between.q, 6), rel=1e-9)
    assert parts.notes == ()


def saturated(d: object, contrasts: Contrasts, detached: set[frozenset[str]]) -> np.ndarray:
    """Effects of the network and of each detached design, as columns."""
    names = sorted({name for one in contrasts.studies for name in one.treatments})
    columns = [*d.x[:, 1:].T]  # type: ignore[attr-defined]
    rows = [
        (one, name) for one in contrasts.studies for name in one.treatments[1:]
    ]  # fmt: skip
    for design in detached:
        for name in names:
            if name in design:
                columns.append(np.array([
                    ((other == name) * 1.0 - (one.treatments[0] == name))
                    * (frozenset(one.treatments) == design) for one, other in rows
                ]))  # fmt: skip
    return np.column_stack(columns)


def q_of(d: object, x: np.ndarray, tau2: float) -> tuple[float, float]:
    w = np.linalg.inv(d.v + tau2 * d.s)  # type: ignore[attr-defined]
    p = w - w @ x @ np.linalg.pinv(x.T @ w @ x, rcond=1e-12) @ x.T @ w
    return float(d.y @ p @ d.y), float(np.trace(p @ d.s))  # type: ignore[attr-defined]


def test_designs_are_detached_one_by_one_and_all_together(found: Network) -> None:
    parts = decompose(found)
    d = cases.dense(found.contrasts, found.treatments)
    designs = {frozenset(one.treatments) for one in found.contrasts.studies}
    for row in parts.designs:
        x = saturated(d, found.contrasts, {frozenset(row.treatments)})
        q, _ = q_of(d, x, 0.0)
        assert row.detached.q == pytest.approx(q - parts.within.q, abs=1e-9)
        assert row.detached.df == len(d.y) - np.linalg.matrix_rank(x) - 3
        if row.detached.df:
            want = stats.chi2.sf(row.detached.q, row.detached.df)
            assert row.detached.p == pytest.approx(want, rel=1e-9)
    x = saturated(d, found.contrasts, designs)
    q, trace = q_of(d, x, 0.0)
    tau2 = max(0.0, (q - 3) / trace)
    assert parts.tau2_within == pytest.approx(tau2, rel=1e-8, abs=1e-12)
    want = cases.solve(d, tau2).q - q_of(d, x, tau2)[0]
    assert parts.between_random.q == pytest.approx(want, rel=1e-8)
    assert parts.between_random.df == 6
    assert parts.between_random.p == pytest.approx(stats.chi2.sf(want, 6), rel=1e-8)
    other = decompose(cases.analysed(cases.at_random(3, studies=20)), tau2="REML")
    assert (
        other.tau2_within != decompose(cases.analysed(cases.at_random(3, studies=20))).tau2_within
    )


def test_what_cannot_be_checked_is_said() -> None:
    star = decompose(cases.analysed(two_arms(
        ("1", "0", "a", 0.1, 1), ("2", "0", "a", 0.3, 1), ("3", "0", "b", 0.2, 1)
    )))  # fmt: skip
    assert [note.code for note in star.notes] == ["no inconsistency"]
    assert (star.between.q, star.between.df) == (0.0, 0)
    assert math.isnan(star.between.p)
    assert star.within.q == pytest.approx(0.02)
    assert star.tau2_within == 0.0
    ring = decompose(cases.analysed(two_arms(
        ("1", "a", "b", 0.1, 1), ("2", "b", "c", 0.3, 1), ("3", "a", "c", 0.2, 1)
    )))  # fmt: skip
    assert [note.code for note in ring.notes] == ["no heterogeneity within"]
    assert ring.between.df == 1
    assert ring.between.q == pytest.approx(0.2**2 / 3)
    assert (ring.within.q, ring.within.df) == (0.0, 0)
    assert math.isnan(ring.tau2_within)
    assert math.isnan(ring.between_random.q)
    assert ring.designs[0].detached == (0.0, 0, pytest.approx(math.nan, nan_ok=True))


def test_a_loop_of_two_arm_studies_is_buchers() -> None:
    ring = cases.analysed(RING, tau2=0.05, level=0.9)
    result = loops(ring)
    (loop,) = result.loops
    ab = np.average([0.5, 0.7], weights=1 / np.array([0.09, 0.11]))
    variance = 1 / (1 / 0.09 + 1 / 0.11) + 0.14 + 0.21
    assert loop.treatments == ("a", "b", "c")
    assert loop.factor == pytest.approx(ab + 0.3 - 0.1)
    assert loop.se == pytest.approx(math.sqrt(variance))
    z = stats.norm.ppf(0.95)
    assert loop.low == pytest.approx(loop.factor - z * loop.se)
    assert loop.high == pytest.approx(loop.factor + z * loop.se)
    assert loop.p == pytest.approx(2 * stats.norm.sf(abs(loop.factor) / loop.se))
    assert (result.model, result.notes) == ("random", ())
    assert loops(ring, model="common").loops[0].se == pytest.approx(
        math.sqrt(1 / (1 / 0.04 + 1 / 0.06) + 0.09 + 0.16)
    )


def test_a_loop_minds_that_multi_arm_studies_correlate_comparisons() -> None:
    cov = np.array([[0.05, 0.02], [0.02, 0.09]])
    three = study_contrasts("t", ("a", "b", "c"), np.array([0.3, 0.8]), cov, np.ones(3))
    pair = two_arms(("1", "a", "b", -0.9, 0.05)).studies
    result = loops(cases.analysed(Contrasts("", (three, *pair))), model="common")
    (loop,) = result.loops
    # ab: half of the three-arm study's -0.3 and half of -0.9; the other two are its own
    assert loop.factor == pytest.approx(-0.6 - 0.5 + 0.8)
    # what is left of the study: half of ab; and half of the pair
    assert loop.se == pytest.approx(math.sqrt(0.25 * 0.05 + 0.25 * 0.05))
    alone = loops(cases.analysed(Contrasts("", (three,))), model="common")
    assert alone.loops == ()
    assert [note.code for note in alone.notes] == ["no triangles"]


def test_p_scores_are_mean_chances_to_be_better(found: Network) -> None:
    for model in ("random", "common"):
        ranking = p_scores(found, small_is_good=True, model=model)  # type: ignore[arg-type]
        e = found.estimates(model)  # type: ignore[arg-type]
        want = [
            np.mean([stats.norm.cdf(e.effect[j, i] / e.se[i, j]) for j in range(5) if j != i])
            for i in range(5)
        ]
        assert ranking.p_score == pytest.approx(want, rel=1e-12)
        assert ranking.p_score.mean() == pytest.approx(0.5)
        assert ranking.order == tuple("ABCDE"[i] for i in np.argsort(want)[::-1])
        other = p_scores(found, small_is_good=False, model=model)  # type: ignore[arg-type]
        assert other.p_score == pytest.approx(1 - ranking.p_score)
        assert other.treatments == found.treatments


def test_treatments_of_equal_effect_share_the_score() -> None:
    ring = cases.analysed(two_arms(("1", "a", "b", 0.0, 0.04), ("2", "a", "b", 0.0, 0.04)))
    assert p_scores(ring, small_is_good=True).p_score.tolist() == [0.5, 0.5]
    assert p_scores(ring, small_is_good=False).order == ("a", "b")


def test_the_league_table_has_network_below_and_direct_above(found: Network) -> None:
    order = ("E", "C", "A", "B", "D")
    table = league(found, order=order)
    assert (table.treatments, table.model) == (order, "random")
    assert [table.rows[i][i] for i in range(5)] == [None] * 5
    at = found.treatments.index("C"), found.treatments.index("B")
    below, above = table.rows[3][1], table.rows[1][3]
    assert below is not None
    assert above is not None
    direct = direct_evidence(found).estimates
    assert below == (
        "C", "B", "network",
        found.random.effect[at], found.random.low[at], found.random.high[at], 3,
    )  # fmt: skip
    assert above == ("C", "B", "direct", direct.effect[at], direct.low[at], direct.high[at], 3)
    empty = table.rows[0][1]
    assert empty is not None
    assert (empty.first, empty.second, empty.studies) == ("E", "C", 0)
    assert math.isnan(empty.effect)
    assert league(found).treatments == found.treatments
    common = league(found, model="common").rows[1][0]
    assert common is not None
    assert common.effect == found.common.effect[0, 1]
    for wrong in (("A", "B"), ("A", "B", "C", "D", "D"), ("A", "B", "C", "D", "E", "E")):
        with pytest.raises(ValueError, match="each treatment"):
            league(found, order=wrong)


def paths_share(flow: np.ndarray, start: int, end: int) -> np.ndarray:
    """Contributions by walking every path."""
    share = np.zeros_like(flow)

    def walk(path: list[int], chance: float) -> None:
        if path[-1] == end:
            for i, j in itertools.pairwise(path):
                share[i, j] += chance / (len(path) - 1)
            return
        out = np.maximum(flow[path[-1]], 0.0)
        for j in np.flatnonzero(out > 1e-13):
            walk([*path, int(j)], chance * out[j] / out.sum())

    walk([start], 1.0)
    return share


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_contributions_are_those_of_all_paths(seed: int) -> None:
    network = cases.analysed(cases.at_random(seed, treatments=6), tau2="DL")
    result = contributions(network)
    place = {name: i for i, name in enumerate(network.treatments)}
    direct = direct_evidence(network)
    for row, (a, b) in enumerate(result.comparisons):
        flow = np.zeros((6, 6))
        for column, (c, e) in enumerate(result.direct):
            flow[place[c], place[e]] = result.hat[row, column]
            flow[place[e], place[c]] = -result.hat[row, column]
        # what flows out of a flows into b, and nothing stays on the way
        want = np.zeros(6)
        want[place[a]], want[place[b]] = 1.0, -1.0
        np.testing.assert_allclose(flow.sum(axis=1), want, atol=1e-9)
        if any(f"{a}:{b}" in note.about for note in result.notes):
            assert np.isnan(result.share[row]).all()
            continue
        share = paths_share(flow, place[a], place[b])
        got = [share[place[c], place[e]] + share[place[e], place[c]] for c, e in result.direct]
        np.testing.assert_allclose(result.share[row], got, atol=1e-9)
        assert result.share[row].sum() == pytest.approx(1.0)
        if (a, b) in result.direct and all(
            len(o.treatments) == 2 for o in network.contrasts.studies
        ):
            own = result.hat[row, result.direct.index((a, b))]
            assert own == pytest.approx(direct.proportion[place[a], place[b]])


def test_contributions_in_a_ring() -> None:
    ring = cases.analysed(two_arms(
        ("1", "a", "b", 0.5, 1.0), ("2", "b", "c", 0.3, 1.0), ("3", "a", "c", 0.1, 1.0)
    ), tau2=0.0)  # fmt: skip
    result = contributions(ring, model="common")
    assert result.comparisons == result.direct == (("a", "b"), ("a", "c"), ("b", "c"))
    np.testing.assert_allclose(
        result.share, np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 6, atol=1e-12
    )
    np.testing.assert_allclose(result.hat[0], [2 / 3, 1 / 3, -1 / 3], atol=1e-12)
    assert (result.model, result.notes) == ("common", ())
    for model in ("common", "random"):
        ring = cases.analysed(RING, tau2=0.05)
        result = contributions(ring, model=model)  # type: ignore[arg-type]
        share = direct_evidence(ring, model=model).proportion  # type: ignore[arg-type]
        assert result.direct == (("a", "b"), ("a", "c"), ("b", "c"), ("c", "d"))
        for row, (a, b) in enumerate(result.comparisons):
            if (a, b) in result.direct:
                column = result.direct.index((a, b))
                want = share["abcd".index(a), "abcd".index(b)]
                assert result.hat[row, column] == pytest.approx(want)
                assert result.share[row, column] == pytest.approx(want)


def test_negative_weights_are_said() -> None:
    """A comparison far more precise than the two others: its study's third weight is negative."""
    cov = np.array([[1.0, 1.4], [1.4, 2.0]])
    one = study_contrasts("s", ("a", "b", "c"), np.array([0.3, 0.8]), cov, np.ones(3))
    result = contributions(cases.analysed(Contrasts("", (one,))), model="common")
    (note,) = result.notes
    assert (note.code, note.about) == ("circular flow", ("a:b", "a:c", "b:c"))
    assert np.isnan(result.share).all()
    assert np.isfinite(result.hat).all()


def test_the_shape_of_a_network(contrasts: Contrasts) -> None:
    shape = geometry(contrasts)
    assert [(node.treatment, node.studies, node.participants) for node in shape.nodes] == [
        ("A", 6, 100 + 60 + 80 + 120 + 50 + 88), ("B", 6, 98 + 64 + 70 + 118 + 52 + 44),
        ("C", 6, 85 + 75 + 121 + 90 + 90 + 47), ("D", 3, 95 + 51 + 66), ("E", 2, 49 + 70),
    ]  # fmt: skip
    edges = {(edge.first, edge.second): (edge.studies, edge.participants) for edge in shape.edges}
    assert len(edges) == 9
    assert edges["C", "D"] == (1, 185)
    assert edges["A", "C"] == (3, 80 + 85 + 120 + 121 + 88 + 90)
    assert edges["D", "E"] == (2, 51 + 49 + 66 + 70)
    assert ("C", "E") not in edges
    assert shape.multi_arm == (("s5", ("A", "B", "C")), ("s7", ("A", "B", "D", "E")))
    assert shape.parts == (("A", "B", "C", "D", "E"),)
    assert shape.density == pytest.approx(0.9)
    assert shape.loops == 9 - 5 + 1
    assert [node.treatment for node in geometry(contrasts, order="EDCBA").nodes] == list("EDCBA")


def test_shapes_of_broken_and_empty_networks() -> None:
    broken = geometry(two_arms(("1", "a", "b", 0, 1), ("2", "x", "y", 0, 1)))
    assert broken.parts == (("a", "b"), ("x", "y"))
    assert broken.density == pytest.approx(1 / 3)
    assert broken.loops == 0
    assert math.isnan(broken.nodes[0].participants)
    assert math.isnan(broken.edges[0].participants)
    empty = geometry(Contrasts("", ()))
    assert (empty.nodes, empty.edges, empty.parts, empty.loops) == ((), (), (), 0)
    assert math.isnan(empty.density)
    for layout in ("circle", "stress"):
        assert positions(empty, layout).shape == (0, 2)  # type: ignore[arg-type]
        assert positions(geometry(two_arms(("1", "a", "b", 0, 1))), layout) == pytest.approx(
            np.array([[0, 1], [0, -1]]), abs=1e-12
        )  # type: ignore[arg-type]
    apart = positions(broken, "stress")
    steps = np.linalg.norm(apart[:, None] - apart, axis=2)
    assert steps[0, 1] < steps[0, 2]
    assert steps[0, 1] == pytest.approx(steps[2, 3], rel=1e-6)


def test_positions() -> None:
    chain = geometry(two_arms(*((str(i), "abcde"[i], "abcde"[i + 1], 0, 1) for i in range(4))))
    np.testing.assert_allclose(
        positions(chain)[:2], [[0, 1], [math.cos(math.radians(18)), math.sin(math.radians(18))]],
        atol=1e-12,
    )  # fmt: skip
    drawn = positions(chain, "stress")
    assert np.abs(drawn).max() == pytest.approx(1.0)
    assert (positions(chain, "stress") == drawn).all()
    steps = np.linalg.norm(drawn[:, None] - drawn, axis=2)
    # a chain is drawn as a line: distances in proportion to the steps between treatments
    want = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    np.testing.assert_allclose(steps / steps[0, 1], want, rtol=2e-2)
    three = geometry(two_arms(("1", "a", "b", 0, 1), ("2", "b", "c", 0, 1)))
    drawn = positions(three, "stress")
    steps = np.linalg.norm(drawn[:, None] - drawn, axis=2)
    assert steps[0, 2] == pytest.approx(2 * steps[0, 1], rel=1e-2)
    with pytest.raises(ValueError, match="no layout is called 'spring'"):
        positions(chain, "spring")  # type: ignore[arg-type]


def test_the_benchmark_of_networks_runs(capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).resolve().parents[2]
    benchmark = runpy.run_path(str(root / "benchmarks" / "network.py"))
    seconds = benchmark["main"](25, 1, 0.0, with_r=False)
    assert len(seconds) == 5
    assert all(value > 0.0 for value in seconds.values())
    assert "statsmodels" in capsys.readouterr().out
