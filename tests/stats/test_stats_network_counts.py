"""Networks of rare events: Mantel-Haenszel and the conditional likelihood."""

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
from scipy import optimize, special, stats

from trialweave.stats.network import (
    ContrastError,
    CountNetwork,
    NoNetwork,
    network_conditional,
    network_mantel_haenszel,
)
from trialweave.stats.network._counts import counts_by_design
from trialweave.stats.network.hypergeometric import log_likelihood
from trialweave.stats.network.mantel_haenszel import generalised_mantel_haenszel
from trialweave.stats.pooling import mantel_haenszel

cases = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("network_cases.py"))))
ARMS = cases.invented()
# Two treatments: events and sizes of new, then old.
TWO = ([3, 0, 6, 1], [50, 40, 80, 30], [5, 2, 9, 0], [52, 38, 79, 60])


def two() -> tuple[list[str], list[str], list[float], list[float]]:
    a, n1, c, n2 = TWO
    study = [f"s{i}" for i in range(4)] * 2
    return study, ["new"] * 4 + ["old"] * 4, [*a, *c], [*n1, *n2]


def counted(found: CountNetwork | NoNetwork) -> CountNetwork:
    assert isinstance(found, CountNetwork)
    return found


def codes(found: CountNetwork | NoNetwork) -> dict[str, tuple[str, ...]]:
    return {note.code: note.about for note in found.notes}


def test_two_treatments_are_the_mantel_haenszel_odds_ratio() -> None:
    found = counted(network_mantel_haenszel(*two(), level=0.9))
    want = mantel_haenszel("OR", *TWO, level=0.9)
    for name, theirs in (("effect", "estimate"), ("se", "se"), ("low", "low"), ("p", "p")):
        assert getattr(found.common, name)[0, 1] == pytest.approx(float(getattr(want, theirs)))
    assert found.treatments == ("new", "old")
    assert found.studies == ("s0", "s1", "s2", "s3")
    assert (found.method, found.level, found.df, found.q) == ("MH", 0.9, 0, 0.0)
    assert math.isnan(found.q_p)
    assert found.notes == ()


def brute_force(e: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Generalised Mantel-Haenszel log odds of each arm above their mean, term by term."""
    arms = e.shape[1]
    log = np.zeros((arms, arms))
    for i, j in itertools.permutations(range(arms), 2):
        up = sum(e[s, i] * (n[s, j] - e[s, j]) / n[s].sum() for s in range(len(e)))
        down = sum(e[s, j] * (n[s, i] - e[s, i]) / n[s].sum() for s in range(len(e)))
        log[i, j] = math.log(up / down)
    return log.mean(axis=1)


def test_generalised_odds_ratios_and_their_covariance() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(40, 90, (5, 4)).astype(float)
    e = rng.binomial(n.astype(int), 0.2).astype(float)
    rows = [(f"s{s}", "abcd"[j], e[s, j], n[s, j]) for s in range(5) for j in range(4)]
    study, treatment, events, size = zip(*rows, strict=True)
    (design,), _ = counts_by_design(study, treatment, events, size)
    y, v = generalised_mantel_haenszel(design)
    level = brute_force(e, n)
    np.testing.assert_allclose(y, level[1:] - level[0], rtol=1e-12)
    # the variance that repeated samples show: binomial arms about the observed odds
    odds = np.exp(level - level[0])
    base = np.array([
        optimize.brentq(lambda b, s=s: (n[s] * b * odds / (1 + b * odds)).sum() - e[s].sum(), 0, 9)
        for s in range(5)
    ])  # fmt: skip
    p = base[:, None] * odds / (1 + base[:, None] * odds)
    draws = rng.binomial(n.astype(int), p, (4000, 5, 4)).astype(float)
    c = np.einsum("dsi,dsj,s->dij", draws, n - draws, 1 / n.sum(axis=1))
    logs = np.log(c / c.swapaxes(1, 2)).mean(axis=2)
    spread = np.cov((logs[:, 1:] - logs[:, :1]).T)
    np.testing.assert_allclose(v, spread, rtol=0.15)


def test_one_multi_arm_study_has_the_odds_ratios_of_its_arms() -> None:
    """Woolf's estimate and variance, which the formulas reduce to in a single study."""
    e, n = np.array([4.0, 9.0, 15.0]), np.array([50.0, 60.0, 55.0])
    found = counted(network_mantel_haenszel(["s"] * 3, "abc", e, n))
    odds = np.log(e / (n - e))
    v = 1 / e + 1 / (n - e)
    np.testing.assert_allclose(found.common.effect, odds[:, None] - odds, atol=1e-12)
    want = np.sqrt(v[:, None] + v) * ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(found.common.se, want, atol=1e-12)
    assert found.df == 0


def test_designs_are_combined_by_least_squares() -> None:
    found = counted(network_mantel_haenszel(*ARMS))
    designs, _ = counts_by_design(*ARMS)
    w, m, q = np.zeros((5, 5)), np.zeros(5), 0.0
    for one in designs:
        y, v = generalised_mantel_haenszel(one)
        b = np.zeros((y.size, 5))
        for k, name in enumerate(one.treatments[1:]):
            b[k, "ABCDE".index(name)] = 1.0
            b[k, "ABCDE".index(one.treatments[0])] = -1.0
        w += b.T @ np.linalg.inv(v) @ b
        m += b.T @ np.linalg.inv(v) @ y
        q += y @ np.linalg.inv(v) @ y
    theta = np.linalg.pinv(w) @ m
    np.testing.assert_allclose(found.common.effect, theta[:, None] - theta, atol=1e-10)
    assert found.q == pytest.approx(q - theta @ m, rel=1e-9)
    assert found.df == sum(len(one.treatments) - 1 for one in designs) - 4 == 6
    assert found.q_p == pytest.approx(stats.chi2.sf(found.q, 6), rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(len(ARMS.study))))
def test_order_changes_nothing(order: list[int]) -> None:
    shuffled = [[column[i] for i in order] for column in ARMS]
    for method in (network_mantel_haenszel, network_conditional):
        before, after = counted(method(*ARMS)), counted(method(*shuffled))
        np.testing.assert_allclose(after.common.effect, before.common.effect, atol=1e-10)
        np.testing.assert_allclose(after.common.se, before.common.se, atol=1e-10)
        turned = counted(method(*ARMS, order="EDCBA")).common
        np.testing.assert_allclose(turned.effect[::-1, ::-1], before.common.effect, atol=1e-10)
        np.testing.assert_allclose(turned.se[::-1, ::-1], before.common.se, atol=1e-10)


def exact_by_enumeration(arms: cases.Arms, theta: dict[str, float]) -> float:
    """log P(events | their sum), summed over studies, from all tables with that sum."""
    total = 0.0
    for name in sorted(set(arms.study)):
        rows = [i for i, s in enumerate(arms.study) if s == name]
        n = [int(arms.n[i]) for i in rows]
        e = [int(arms.events[i]) for i in rows]
        t = np.array([theta[arms.treatment[i]] for i in rows])
        ranges = [range(min(size, sum(e)) + 1) for size in n[:-1]]
        weights, own = [], 0.0
        for x in itertools.product(*ranges):
            last = sum(e) - sum(x)
            if not 0 <= last <= n[-1]:
                continue
            full = np.array([*x, last])
            size = np.array(n, dtype=float)
            weight = (special.gammaln(size + 1) - special.gammaln(full + 1)
                      - special.gammaln(size - full + 1) + t * full).sum()  # fmt: skip
            weights.append(weight)
            if list(full) == e:
                own = weight
        total += own - special.logsumexp(weights)
    return float(total)


def test_the_exact_likelihood_is_that_of_all_tables() -> None:
    theta = {"A": 0.0, "B": 0.4, "C": 0.3, "D": -0.2, "E": 0.8}
    other = {"A": 0.0, "B": 1.4, "C": -0.3, "D": 0.2, "E": 2.0}
    few = [i for i, s in enumerate(ARMS.study) if s not in ("s7",)]
    columns = [[column[i] for i in few] for column in ARMS]
    got = [log_likelihood(*columns, one, likelihood="exact") for one in (theta, other)]
    want = [exact_by_enumeration(cases.Arms(*columns), one) for one in (theta, other)]
    assert got[0] - got[1] == pytest.approx(want[0] - want[1], abs=1e-9)


@pytest.mark.parametrize("likelihood", ["approximate", "exact"])
def test_the_likelihood_is_highest_at_the_estimates(likelihood: str) -> None:
    found = counted(network_conditional(*ARMS, likelihood=likelihood))  # type: ignore[arg-type]
    assert found.method == f"conditional, {likelihood}"
    theta = found.common.effect[:, 0]

    def height(at: np.ndarray) -> float:
        return log_likelihood(*ARMS, dict(zip("ABCDE", at, strict=True)), likelihood=likelihood)  # type: ignore[arg-type]

    step = 1e-3
    unit = np.eye(5)
    for i in range(1, 5):
        slope = (height(theta + step * unit[i]) - height(theta - step * unit[i])) / (2 * step)
        assert slope == pytest.approx(0.0, abs=1e-4)
    second = np.array([
        [(height(theta + step * (unit[i] + unit[j])) - height(theta + step * (unit[i] - unit[j]))
          - height(theta - step * (unit[i] - unit[j])) + height(theta - step * (unit[i] + unit[j])))
         / (4 * step**2) for j in range(1, 5)]
        for i in range(1, 5)
    ])  # fmt: skip
    cov = np.pad(np.linalg.inv(-second), ((1, 0), (1, 0)))
    want = np.sqrt(np.diag(cov)[:, None] + np.diag(cov) - 2 * cov)
    np.testing.assert_allclose(found.common.se, want, rtol=1e-4, atol=1e-6)
    default = log_likelihood(*ARMS, dict(zip("ABCDE", theta, strict=True)))
    assert (default == height(theta)) is (likelihood == "approximate")
    assert found.notes == ()
    assert math.isnan(found.q)
    assert math.isnan(found.q_p)
    assert found.df == 0


def test_two_treatments_have_fishers_conditional_odds_ratio() -> None:
    rows = (["s", "s"], ["b", "a"], [7, 2], [20, 25])
    found = counted(network_conditional(*rows, likelihood="exact"))
    want = stats.contingency.odds_ratio([[7, 13], [2, 23]], kind="conditional").statistic
    assert found.common.effect[1, 0] == pytest.approx(math.log(want), rel=1e-6)
    rough = counted(network_conditional(*rows))
    assert rough.common.effect[1, 0] == pytest.approx(math.log(7 / 20 / (2 / 25)), rel=1e-10)
    assert rough.common.se[1, 0] == pytest.approx(math.sqrt(1 / 7 + 1 / 2), rel=1e-10)
    with pytest.raises(ValueError, match="whole numbers"):
        network_conditional(["s", "s"], "ab", [7.5, 2], [20, 25], likelihood="exact")
    assert network_conditional(["s", "s"], "ab", [7.5, 2], [20, 25])


def test_what_holds_no_information_is_left_out_with_a_note() -> None:
    study = ["1", "1", "2", "2", "3", "3", "4", "4", "5", "6", "6", "7", "7"]
    arms = ["a", "b", "a", "b", "a", "b", "a", "c", "a", "a", "b", "a", "b"]
    events = [3, 5, 0, 0, 9, 8, 0, 4, 2, 2, math.nan, 4, 0]
    n = [20, 20, 20, 20, 9, 8, 20, 20, 20, 20, 20, 20, 0]
    for method in (network_mantel_haenszel, network_conditional):
        found = counted(method(study, arms, events, n))
        assert found.treatments == ("a", "b")
        assert found.studies == ("1",)
        assert codes(found) == {
            "arm without data": ("6", "7"),
            "one arm": ("5", "6", "7"),
            "no events": ("2",),
            "events only": ("3",),
            "arm without information": ("a in a:c",),
            "design left out": ("a:c",),
        }


def test_studies_that_lose_their_information_with_an_arm_are_left_out() -> None:
    # c never has an event; without it study 2 has events only, and says nothing of a and b
    study, arms = ["1"] * 3 + ["2"] * 3, list("abc") * 2
    events, n = [3, 5, 0, 10, 12, 0], [20, 20, 20, 10, 12, 15]
    for method in (network_mantel_haenszel, network_conditional):
        found = counted(method(study, arms, events, n))
        assert found.studies == ("1",)
        assert codes(found)["study without information"] == ("2",)
        assert codes(found)["arm without information"] == ("c in a:b:c",)
    exact = counted(network_conditional(study, arms, events, n, likelihood="exact"))
    assert np.isfinite(exact.common.effect).all()


def test_infinite_odds_ratios_are_named() -> None:
    # wherever a has an event, b has events only: nothing bounds the odds of b against a
    study, arms = ["1", "1", "2", "2"], ["a", "b", "a", "b"]
    events, n = [3, 10, 0, 4], [20, 10, 20, 20]
    rough = network_mantel_haenszel(study, arms, events, n)
    assert isinstance(rough, NoNetwork)
    assert codes(rough)["not estimable"] == ("a:b",)
    exact = counted(network_conditional(study, arms, events, n, likelihood="exact"))
    assert np.isnan(exact.common.effect).all()
    assert np.isnan(exact.common.se).all()
    assert list(codes(exact)) == ["not finite"]
    assert np.isfinite(counted(network_conditional(study, arms, events, n)).common.effect).all()


def test_parts_without_a_connection_are_no_network() -> None:
    study, arms = ["1", "1", "2", "2"], ["a", "b", "x", "y"]
    for method in (network_mantel_haenszel, network_conditional):
        found = method(study, arms, [2, 3, 4, 5], [20] * 4)
        assert isinstance(found, NoNetwork)
        assert found.reason == "disconnected"
        assert {part.treatments for part in found.subnetworks} == {("a", "b"), ("x", "y")}
        assert method(["1", "1"], "ab", [0, 0], [9, 9]).reason == "no studies"  # type: ignore[union-attr]
        assert codes(method(["1", "1"], "ab", [0, 0], [9, 9]))["no events"] == ("1",)


def test_misuse_of_counts_is_refused() -> None:
    for method in (network_mantel_haenszel, network_conditional):
        for events, n, said in (
            ([1, 2, 3], [9, 9], "one length"),
            ([1, -1], [9, 9], "negative or infinite"),
            ([1, 2], [9, math.inf], "negative or infinite"),
            ([1, 10], [9, 9], "more events than patients"),
        ):
            with pytest.raises(ValueError, match=said):
                method(["s", "s"], "ab", events, n)
        with pytest.raises(ContrastError, match="'a' twice"):
            method(["s", "s"], "aa", [1, 2], [9, 9])
        with pytest.raises(ValueError, match="one length"):
            method(["s"], "ab", [1, 2], [9, 9])
    with pytest.raises(ValueError, match="no likelihood is called 'best'"):
        network_conditional(["s", "s"], "ab", [1, 2], [9, 9], likelihood="best")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level"):
        network_conditional(["s", "s"], "ab", [1, 2], [9, 9], level=2.0)
