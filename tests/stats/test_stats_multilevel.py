"""Multilevel and multivariate models against matrices written out, and metafor's numbers.

The table is invented. "metafor" marks what rma.mv of metafor 3.8 gives for it, with tightened
convergence; its likelihoods are no better than 1e-7, and its estimates than 1e-5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from trialweave.stats.regression import (
    Effect,
    Multilevel,
    NotEstimable,
    assumed_covariance,
    design_matrix,
    intercept,
    multilevel,
    nested,
    profile_interval,
)
from trialweave.stats.regression._marginal import evaluate, make_model
from trialweave.stats.regression.multilevel import NOTES
from trialweave.stats.regression.structures import coded

Y = np.array([0.12, 0.35, -0.21, 0.64, 0.05, 0.43, 0.91, -0.16, 0.30, 0.55, 0.02, 0.71])
VI = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03, 0.015, 0.025, 0.08, 0.035])
STUDY = [1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 6]
TIME = [1, 2, 3, 1, 3, 1, 2, 3, 2, 1, 2, 3]
WHEN = {1: 0.5, 2: 1.0, 3: 3.0}
V = assumed_covariance(VI, STUDY, 0.4)
X = np.stack([np.ones(12), np.arange(12.0) % 5], axis=1)
SAME = np.equal.outer(STUDY, STUDY)


def repeated(structure: Any) -> Effect:
    levels = [WHEN[one] for one in TIME] if structure == "CAR" else TIME
    return Effect("r", tuple(STUDY), tuple(levels), structure)


def fitted(*data: Any, **options: Any) -> Multilevel:
    found = multilevel(*data, **options)
    assert isinstance(found, Multilevel)
    return found


def between(structure: str, variances: list[float], rhos: list[float]) -> np.ndarray:
    """G by the definitions."""
    s = np.sqrt(variances if len(variances) == 3 else variances * 3)
    lag = np.abs(np.subtract.outer(range(3), range(3)))
    gap = np.abs(np.subtract.outer(list(WHEN.values()), list(WHEN.values())))
    if structure in ("ID", "DIAG"):
        r = np.eye(3)
    elif structure == "UN":
        r = np.array([[1, rhos[0], rhos[1]], [rhos[0], 1, rhos[2]], [rhos[1], rhos[2], 1]])
    else:
        power = {"CS": lag > 0, "HCS": lag > 0, "AR": lag, "HAR": lag, "CAR": gap}[structure]
        r = np.where(lag > 0, np.sign(rhos[0]) ** lag * abs(rhos[0]) ** power, 1.0)
        if structure in ("CS", "HCS"):
            r = np.where(lag > 0, rhos[0], 1.0)
    return np.asarray(np.outer(s, s) * r)


def likelihood(total: np.ndarray, restricted: bool, x: np.ndarray = X, y: np.ndarray = Y) -> float:
    k, p = x.shape
    w = np.linalg.inv(total)
    project = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    value = -np.linalg.slogdet(total)[1] - y @ project @ y
    if restricted:
        value += np.linalg.slogdet(x.T @ x)[1] - np.linalg.slogdet(x.T @ w @ x)[1]
    return float(value - (k - p * restricted) * math.log(2 * math.pi)) / 2


METAFOR = {  # log-likelihood (ML), estimate, se, variances, correlations
    "ID": (-4.3846034, 0.339285917, 0.109256626, [0.0957692547], []),
    "DIAG": (
        -3.5835053, 0.412670346, 0.094609563, [0.0301421443, 0.0815628182, 0.198430889], [],
    ),
    "HCS": (
        -3.16738188, 0.360148712, 0.0777541872, [0.0330831244, 0.0718318021, 0.140102906],
        [-0.424175878],
    ),
    "AR": (-3.77375084, 0.346029525, 0.0932590086, [0.0867692743], [-0.501542064]),
    "HAR": (
        -2.9506131, 0.410682215, 0.0821427201, [0.0297239497, 0.0614372676, 0.181525017],
        [-0.577806956],
    ),
    "UN": (
        -2.13427905, 0.418643853, 0.0865983922, [0.0273337894, 0.0908844546, 0.181410393],
        [0.305429817, 0.212484098, -0.865571339],
    ),
}  # fmt: skip


@pytest.mark.parametrize("structure", METAFOR)
def test_metafor_gives_the_same_numbers(structure: Any) -> None:
    want = METAFOR[structure]
    got = fitted(Y, V, [repeated(structure)], method="ML")
    assert got.converged
    assert got.log_likelihood == pytest.approx(want[0], abs=2e-8)
    assert got.log_likelihood >= want[0] - 1e-8
    assert got.coefficients.estimate == pytest.approx([want[1]], rel=1e-5)
    assert got.coefficients.se == pytest.approx([want[2]], rel=1e-5)
    assert got.variances("r") == pytest.approx(want[3], rel=2e-5)
    assert got.correlations("r") == pytest.approx(want[4], rel=2e-5)
    assert got.variances("none") == got.correlations("none") == ()


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("structure", ["ID", "DIAG", "CS", "HCS", "AR", "HAR", "CAR", "UN"])
def test_no_other_parameters_are_more_likely(structure: Any, method: Any) -> None:
    design = design_matrix({"x": X[:, 1]})
    got = fitted(Y, V, [repeated(structure)], design, method=method)
    variances, rhos = list(got.variances("r")), list(got.correlations("r"))
    place = np.array(TIME) - 1

    def value(a: list[float], b: list[float]) -> float:
        g = between(structure, a, b)
        if np.linalg.eigvalsh(g)[0] < -1e-9:
            return -math.inf
        return likelihood(V + g[np.ix_(place, place)] * SAME, method == "REML")

    top = value(variances, rhos)
    height = got.restricted_log_likelihood if method == "REML" else got.log_likelihood
    assert height == pytest.approx(top, abs=1e-9)
    total = V + between(structure, variances, rhos)[np.ix_(place, place)] * SAME
    assert got.log_likelihood == pytest.approx(likelihood(total, False))
    assert got.marginal == pytest.approx(total)
    w = np.linalg.inv(total)
    assert got.covariance == pytest.approx(np.linalg.inv(X.T @ w @ X))
    assert got.coefficients.estimate == pytest.approx(got.covariance @ X.T @ w @ Y)
    for i, one in enumerate(variances):
        for step in (0.02, -0.02):
            changed = [*variances[:i], max(0, one + step), *variances[i + 1 :]]
            assert value(changed, rhos) <= top + 1e-9
    for i, one in enumerate(rhos):
        for step in (0.05, -0.05):
            least = {"CAR": 0.0, "CS": -0.5, "HCS": -0.5}.get(structure, -1.0)
            changed = [*rhos[:i], float(np.clip(one + step, least, 1)), *rhos[i + 1 :]]
            assert value(variances, changed) <= top + 1e-9


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("structure", ["ID", "DIAG", "CS", "HCS", "AR", "HAR", "CAR", "UN"])
def test_derivatives_are_those_of_the_likelihood(structure: Any, restricted: bool) -> None:
    used = np.ones(12, dtype=bool)
    effects = [coded(repeated(structure), used), coded(intercept("i", list("aabbccddeeff")), used)]
    model = make_model(Y, X, V, effects, restricted=restricted)
    rng = np.random.default_rng(4)
    theta = np.clip(rng.uniform(0.1, 0.4, model.low.size), model.low + 0.01, model.high)
    found = evaluate(model, theta)

    def value(at: np.ndarray) -> float:
        one = evaluate(model, at, slopes=False)
        return one.reml if restricted else one.ml

    numeric = optimize.approx_fprime(theta, value, 1e-7)
    assert found.gradient == pytest.approx(numeric, rel=1e-4, abs=1e-5)
    dense = np.zeros((theta.size, 12, 12))
    for a in range(theta.size):
        step = 1e-6 * np.eye(theta.size)[a]
        dense[a] = (_total(effects, theta + step) - _total(effects, theta - step)) / 2e-6
    w = np.linalg.inv(V + _total(effects, theta))
    p = w - w @ X @ np.linalg.inv(X.T @ w @ X) @ X.T @ w if restricted else w
    want = np.einsum("ij,ajk,kl,bli->ab", p, dense, p, dense) / 2
    assert found.information == pytest.approx(want, rel=1e-5, abs=1e-7)


def _total(effects: list[Any], theta: np.ndarray) -> np.ndarray:
    total = np.zeros((12, 12))
    start = 0
    for one in effects:
        size = len(one.coordinates.kinds)
        g, _ = one.coordinates.build(theta[start : start + size])
        start += size
        total += g[np.ix_(one.inner, one.inner)] * np.equal.outer(one.outer, one.outer)
    return total


def test_three_levels() -> None:
    got = fitted(Y, VI, nested({"study": STUDY, "estimate": TIME}))
    # metafor, random = ~ 1 | study/time
    assert got.restricted_log_likelihood == pytest.approx(-4.2545525, abs=1e-8)
    assert got.coefficients.estimate == pytest.approx([0.329646955], rel=1e-6)
    assert got.coefficients.se == pytest.approx([0.102934493], rel=1e-6)
    assert got.variances("study") == (0.0,)
    assert got.variances("estimate") == pytest.approx((0.0951610766,), rel=1e-6)
    assert NOTES["at zero"] in got.notes
    study, estimate = (profile_interval(got, one) for one in got.components)
    assert (study.low, study.high) == pytest.approx((0, 0.14197970008530), rel=1e-7)
    assert study.notes == ("The lower limit is the least value that is possible.",)
    assert (estimate.low, estimate.high) == pytest.approx(
        (0.030420021977936, 0.30217616487536), rel=1e-7
    )
    assert estimate.notes == ()
    assert estimate.level == 0.95
    whole = fitted(Y, VI, nested({"study": [*"aaabbbcccddd"], "estimate": TIME * 1}), test="z")
    one = np.ones((12, 1))
    w = np.diag(1 / VI)
    project = w - w @ one @ np.linalg.inv(one.T @ w @ one) @ one.T @ w
    typical = 11 / np.trace(project)
    parts = [whole.components[0].estimate, whole.components[1].estimate]
    assert whole.typical == pytest.approx(typical)
    assert whole.q == pytest.approx(Y @ project @ Y)
    assert whole.q_p == pytest.approx(stats.chi2.sf(whole.q, 11))
    assert whole.q_df == 11
    for component, part in zip(whole.components, parts, strict=True):
        assert component.share == pytest.approx(100 * part / (typical + sum(parts)))
    assert whole.i2 == pytest.approx(100 * sum(parts) / (typical + sum(parts)))
    half = stats.norm.ppf(0.975) * math.sqrt(sum(parts) + whole.coefficients.se[0] ** 2)
    mean = whole.coefficients.estimate[0]
    assert (whole.pi_low, whole.pi_high) == pytest.approx((mean - half, mean + half))
    assert whole.coefficients.df.tolist() == [math.inf]
    assert got.coefficients.df.tolist() == [11.0]
    assert got.moderators.df1 == 1


def test_levels_are_nested_by_their_path() -> None:
    outer, inner = nested({"a": [1, 1, 2, 2], "b": ["x", "y", "x", "y"]})
    assert (outer.name, inner.name) == ("a", "b")
    used = np.ones(4, dtype=bool)
    assert coded(outer, used).outer.tolist() == [0, 0, 1, 1]
    assert sorted(coded(inner, used).outer.tolist()) == [0, 1, 2, 3]
    crossed = coded(intercept("b", ["x", "y", "x", "y"]), used)
    assert crossed.outer.tolist() == [0, 1, 0, 1]


def test_order_labels_and_units_do_not_matter() -> None:
    design = design_matrix({"x": X[:, 1]})
    levels = {"s": [*"aaabbbcccddd"], "t": TIME}
    one = fitted(Y, V, [*nested(levels), repeated("HAR")], design)
    order = np.array([5, 2, 11, 0, 7, 9, 1, 3, 10, 4, 8, 6])
    moved = {name: [f"new {labels[i]}" for i in order] for name, labels in levels.items()}
    har = Effect("r", tuple(STUDY[i] for i in order), tuple(TIME[i] * 10 for i in order), "HAR")
    two = fitted(
        Y[order] * 50, V[np.ix_(order, order)] * 2500, [*nested(moved), har],
        design_matrix({"x": X[order, 1] * 1000}),
    )  # fmt: skip
    assert two.coefficients.estimate == pytest.approx(
        one.coefficients.estimate * [50, 0.05], rel=1e-5
    )
    for a, b in zip(one.components, two.components, strict=True):
        factor = 2500 if a.kind == "variance" else 1
        assert b.estimate == pytest.approx(
            a.estimate * factor, rel=1e-4, abs=1e-6 * factor, nan_ok=True
        )
    shift = 10 * math.log(50)
    assert two.restricted_log_likelihood + shift == pytest.approx(
        one.restricted_log_likelihood, abs=1e-7
    )
    assert two.moderators.statistic == pytest.approx(one.moderators.statistic, rel=1e-5)


def test_profile_of_a_single_variance_by_definition() -> None:
    for method in ("ML", "REML"):
        got = fitted(Y, VI, [intercept("e", range(12))], method=method)
        (component,) = got.components
        interval = profile_interval(got, component, level=0.9)
        one = np.ones((12, 1))

        def fall(t: float, restricted: bool = method == "REML", best: float = component.estimate,
                 x: np.ndarray = one) -> float:  # fmt: skip
            top = likelihood(np.diag(VI + best), restricted, x)
            return 2 * (top - likelihood(np.diag(VI + t), restricted, x))

        assert 0 < interval.low < component.estimate < interval.high
        for limit in (interval.low, interval.high):
            assert fall(limit) == pytest.approx(stats.chi2.ppf(0.9, 1), rel=1e-6)
        assert interval.level == 0.9


def test_profiles_of_structures() -> None:
    un = fitted(Y, V, [repeated("UN")], method="ML")
    third, rho = un.components[2], un.components[3]
    high = profile_interval(un, third)
    assert (high.low, high.high) == pytest.approx((0.0231360732, 1.21300687), rel=1e-5)  # metafor
    assert math.isnan(profile_interval(un, rho).low)
    assert "not offered" in profile_interval(un, rho).notes[0]
    hcs = fitted(Y, V, [repeated("HCS")], method="ML")
    upper = profile_interval(hcs, hcs.components[3])
    assert upper.high == pytest.approx(0.541721798, rel=1e-6)  # metafor
    assert upper.low == -0.5  # where G stops being a covariance matrix
    assert upper.notes == ("The lower limit is the least value that is possible.",)
    pairs = np.repeat([0.1, 0.9, -0.5, 0.4], 2) + np.tile([0.01, -0.01], 4)
    effect = Effect("r", tuple("aabbccdd"), tuple("xyxyxyxy"), "CS")
    alike = fitted(pairs, np.full(8, 0.02), [effect])
    near = profile_interval(alike, alike.components[1])
    assert alike.correlations("r") == (1.0,)
    assert 0.5 < near.low < near.high == 1.0
    assert near.notes == ("The upper limit is the greatest value that is possible.",)
    with pytest.raises(ValueError, match="not of this model"):
        profile_interval(hcs, rho)


def test_two_levels_of_an_unstructured_matrix_have_a_correlation() -> None:
    keep = np.array(TIME) != 2
    effect = Effect("r", tuple(STUDY), tuple(TIME), "UN")
    got = fitted(np.where(keep, Y, np.nan), V, [effect])
    assert got.k == 8
    assert [one.level for one in got.components] == ["1", "3", ""]
    assert "4 estimates without a usable effect, variance or moderator left out." in got.notes
    assert got.used.sum() == got.y.size == got.x.shape[0] == 8
    assert got.v == pytest.approx(V[np.ix_(keep, keep)])


def test_what_the_notes_say() -> None:
    flat = fitted(Y, VI, [intercept("a", STUDY), intercept("b", STUDY)])
    assert NOTES["flat"] in flat.notes
    calm = fitted(np.full(12, 0.3), V, [repeated("CS")])
    assert NOTES["at zero"] in calm.notes
    assert NOTES["no correlation"] in calm.notes
    assert math.isnan(calm.correlations("r")[0])
    assert math.isnan(profile_interval(calm, calm.components[1]).high)
    edge = fitted(Y, V, [repeated("CS")], method="ML")
    assert edge.correlations("r") == pytest.approx((-0.5,))
    assert NOTES["at one"] in edge.notes
    assert NOTES["no prediction"] not in edge.notes
    assert edge.pi_low < edge.coefficients.low[0]
    wide = fitted(Y, V, [repeated("DIAG")])
    assert NOTES["no prediction"] in wide.notes
    assert np.isnan([wide.pi_low, wide.i2, wide.components[0].share]).all()
    plain = fitted(Y, VI, nested({"s": STUDY}), design_matrix({"x": X[:, 1]}))
    assert NOTES["no prediction"] not in plain.notes
    assert math.isnan(plain.pi_high)
    gap = fitted([*Y, np.nan], [*VI, 0.1], nested({"s": [*STUDY, 9]}))
    assert gap.notes[0] == "1 estimate without a usable effect, variance or moderator left out."
    assert gap.restricted_log_likelihood == pytest.approx(
        fitted(Y, VI, nested({"s": STUDY})).restricted_log_likelihood
    )


def test_models_that_cannot_be_fitted() -> None:
    found = [
        multilevel([1.0], [1.0], nested({"s": [1]})),
        multilevel(Y, np.ones((12, 12)), nested({"s": STUDY})),
        multilevel(Y, V + np.triu(V, 1), nested({"s": STUDY})),
        multilevel(Y, VI, nested({"s": STUDY}), design_matrix({"x": np.ones(12)})),
    ]
    reasons = [one.reason for one in found if isinstance(one, NotEstimable)]
    assert reasons == [
        "too many moderators", "singular covariance", "singular covariance", "collinear",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"method": "DL"}, "unknown method"),
        ({"test": "KH"}, "unknown method"),
        ({"effects": []}, "needs a random effect"),
        ({"v": VI[:3]}, "need variances"),
        ({"design": design_matrix({}, k=3)}, "3 rows"),
        ({"effects": [intercept("s", [1, 2])]}, "one label is needed"),
        ({"effects": [Effect("s", tuple(STUDY), (1, 2), "CS")]}, "one label is needed"),
        ({"effects": [Effect("s", tuple(STUDY), None, "CS")]}, "needs inner levels"),
        ({"effects": [Effect("s", tuple(STUDY), tuple("abcabcabcabc"), "CAR")]}, "numbers"),
        ({"effects": [Effect("s", tuple(STUDY), tuple(TIME), "XX")]}, "unknown structure"),
        ({"effects": [intercept("s", [None, *STUDY[1:]])]}, "is missing"),
        ({"effects": [intercept("s", [math.nan, *STUDY[1:]])]}, "is missing"),
    ],
)
def test_misuse_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        multilevel(**({"yi": Y, "v": VI, "effects": nested({"s": STUDY})} | changed))
