"""Cluster-robust tests against the definitions with whole matrices; assumed covariances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats.regression import (
    ClusterRobust,
    Multilevel,
    NotEstimable,
    Regression,
    assumed_covariance,
    cluster_robust,
    design_matrix,
    multilevel,
    nested,
    regress,
)

Y = np.array([0.12, 0.35, -0.21, 0.64, 0.05, 0.43, 0.91, -0.16, 0.30, 0.55, 0.02, 0.71])
V = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03, 0.015, 0.025, 0.08, 0.035])
STUDY = [1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 6]
X = np.array([1, 2, 4, 3, 6, 5, 9, 7, 2.5, 4.5, 8, 3.5])
DESIGN = design_matrix({"x": X})


def model(**options: Any) -> Multilevel:
    found = multilevel(
        Y, assumed_covariance(V, STUDY, 0.3), nested({"s": STUDY, "e": range(12)}),
        options.get("design", DESIGN),
    )  # fmt: skip
    assert isinstance(found, Multilevel)
    return found


def robust(*data: Any, **options: Any) -> ClusterRobust:
    found = cluster_robust(*data, **options)
    assert isinstance(found, ClusterRobust)
    return found


def root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, axes = np.linalg.eigh(matrix)
    return np.asarray(axes @ np.diag(values**power) @ axes.T)


def by_definition(
    x: np.ndarray, total: np.ndarray, kind: str, y: np.ndarray = Y
) -> tuple[np.ndarray, np.ndarray]:
    """Robust covariance and Satterthwaite degrees of freedom with whole matrices."""
    k, p = x.shape
    w = np.linalg.inv(total)
    m = np.linalg.inv(x.T @ w @ x)
    rest = np.eye(k) - x @ m @ x.T @ w
    covariance = np.zeros((p, p))
    forms = [np.zeros((k, k)) for _ in range(p)]
    labels = sorted(set(STUDY))
    for label in labels:
        pick = np.eye(k)[np.array(STUDY) == label]
        phi = pick @ total @ pick.T
        adjust = np.eye(len(pick))
        if kind == "CR2":
            d = np.linalg.cholesky(phi).T
            b = d @ pick @ rest @ total @ rest.T @ pick.T @ d.T
            adjust = d.T @ root(b, -0.5) @ d
        score = m @ x.T @ pick.T @ np.linalg.inv(phi) @ adjust @ pick @ rest  # times y
        covariance += score @ np.outer(y, y) @ score.T
        for j in range(p):
            forms[j] += np.outer(score[j], score[j])
    n = len(labels)
    factor = {"CR1": n / (n - 1), "CR1p": n / (n - p)}.get(kind, 1.0)
    # a quadratic form y'Fy has mean tr(FΣ) and variance 2 tr(FΣFΣ)
    df = [np.trace(f @ total) ** 2 / np.trace(f @ total @ f @ total) for f in forms]
    return covariance * factor, np.array(df)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR1p", "CR2"])
def test_robust_covariance_and_degrees_of_freedom(kind: Any) -> None:
    fitted = model()
    got = robust(fitted, STUDY, kind=kind)
    x = np.stack([np.ones(12), X], axis=1)
    covariance, df = by_definition(x, fitted.marginal, kind)
    assert got.covariance == pytest.approx(covariance, rel=1e-7)
    one = got.coefficients
    assert one.df == pytest.approx(df, rel=1e-7)
    assert one.estimate == pytest.approx(fitted.coefficients.estimate)
    se = np.sqrt(np.diag(covariance))
    assert one.se == pytest.approx(se)
    assert one.p == pytest.approx(2 * stats.t.sf(abs(one.estimate / se), df))
    assert one.low == pytest.approx(one.estimate - stats.t.ppf(0.975, df) * se)
    assert (got.clusters, got.kind, got.freedom, got.level) == (6, kind, "Satterthwaite", 0.95)
    simple = robust(fitted, STUDY, kind=kind, freedom="m-p", level=0.8)
    assert simple.coefficients.df.tolist() == [4.0, 4.0]
    assert simple.coefficients.se == pytest.approx(se)
    assert simple.coefficients.high == pytest.approx(one.estimate + stats.t.ppf(0.9, 4) * se)


def test_meta_regression_too() -> None:
    fitted = regress([*Y, np.nan], [*V, 0.1], design_matrix({"x": [*X, 1]}), tau2="DL")
    assert isinstance(fitted, Regression)
    got = robust(fitted, [*STUDY, None])
    covariance, df = by_definition(
        np.stack([np.ones(12), X], axis=1), np.diag(V + fitted.tau2), "CR2"
    )
    assert got.covariance == pytest.approx(covariance, rel=1e-7)
    assert got.coefficients.df == pytest.approx(df, rel=1e-7)


def test_metafor_gives_the_same_numbers() -> None:
    fitted = multilevel(Y, V, nested({"s": STUDY, "e": range(12)}))
    assert isinstance(fitted, Multilevel)
    one = robust(fitted, STUDY, kind="CR1p", freedom="m-p").coefficients  # metafor's robust()
    assert one.se == pytest.approx([0.07471471744], rel=1e-6)
    assert one.df.tolist() == [5.0]
    assert one.p == pytest.approx([0.006943110902], rel=1e-5)
    assert one.low == pytest.approx([0.1375866598], rel=1e-6)


def test_independent_estimates_give_the_variance_of_a_mean() -> None:
    """With equal variances CR2 of a mean is s²/k, with k - 1 degrees of freedom."""
    fitted = regress(Y, np.full(12, 0.1), tau2="CE")
    assert isinstance(fitted, Regression)
    got = robust(fitted, range(12))
    assert got.covariance[0, 0] == pytest.approx(Y.var(ddof=1) / 12)
    assert got.coefficients.df == pytest.approx([11.0])
    assert got.notes == ()


def test_units_and_labels_do_not_matter() -> None:
    one = robust(model(), STUDY)
    large = multilevel(
        Y * 1e60, assumed_covariance(V * 1e120, STUDY, 0.3),
        nested({"s": STUDY, "e": range(12)}), design_matrix({"x": X * 1e-30}),
    )  # fmt: skip
    assert isinstance(large, Multilevel)
    two = robust(large, [f"study {label}" for label in STUDY])
    assert two.coefficients.df == pytest.approx(one.coefficients.df, rel=1e-5)
    assert two.coefficients.p == pytest.approx(one.coefficients.p, rel=1e-4)
    assert two.coefficients.se == pytest.approx(one.coefficients.se * [1e60, 1e90], rel=1e-4)


def test_notes_on_few_degrees_of_freedom_and_lone_clusters() -> None:
    got = robust(model(), STUDY)
    few = [n for n, df in zip(("intercept", "x"), got.coefficients.df, strict=True) if df < 4]
    assert few
    assert got.notes == (
        f"Fewer than four degrees of freedom ({', '.join(few)}): P may be far too small.",
    )
    assert robust(model(), STUDY, freedom="m-p").notes == ()
    lone = regress(Y, V, design_matrix({"x": [1.0, *np.zeros(11)]}))
    assert isinstance(lone, Regression)
    alone = robust(lone, range(12))
    assert "determines a coefficient alone" in alone.notes[-1]
    assert np.isfinite(alone.coefficients.se).all()
    assert "determines" not in "".join(robust(lone, range(12), kind="CR0").notes)


def test_too_few_clusters_or_clusters_that_depend() -> None:
    two = cluster_robust(model(), [1] * 5 + [2] * 7)
    assert isinstance(two, NotEstimable)
    assert (two.reason, two.columns, two.k, two.p) == (
        "too few clusters",
        ("intercept", "x"),
        12,
        2,
    )
    assert "At least 3 are needed" in two.note
    cut = cluster_robust(model(), range(12))
    assert isinstance(cut, NotEstimable)
    assert cut.reason == "dependent clusters"


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="11 clusters for 12"):
        cluster_robust(model(), STUDY[1:])
    for missing in (None, math.nan):
        with pytest.raises(ValueError, match="missing"):
            cluster_robust(model(), [missing, *STUDY[1:]])
    with pytest.raises(ValueError, match="unknown kind 'CR4'"):
        cluster_robust(model(), STUDY, kind="CR4")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown kind 'z'"):
        cluster_robust(model(), STUDY, freedom="z")  # type: ignore[arg-type]


def test_covariance_from_a_correlation() -> None:
    got = assumed_covariance([0.04, 0.09, 0.25, 0.16], [1, 1, 2, 1], 0.5)
    assert got == pytest.approx(
        np.array(
            [[0.04, 0.03, 0, 0.04], [0.03, 0.09, 0, 0.06], [0, 0, 0.25, 0], [0.04, 0.06, 0, 0.16]]
        )
    )


def test_covariance_by_group_and_time() -> None:
    v = [1.0, 4.0, 1.0, 1.0]
    grouped = assumed_covariance(v, [1] * 4, 0.5, group=["a", "a", "b", "b"], between=0.2)
    assert grouped[0].tolist() == pytest.approx([1, 1.0, 0.2, 0.2])
    assert grouped[1].tolist() == pytest.approx([1.0, 4, 0.4, 0.4])
    assert grouped[2, 3] == pytest.approx(0.5)
    timed = assumed_covariance(v, [1, 1, 1, 2], time=[0, 1, 3, 0], autocorrelation=0.5)
    assert timed[0].tolist() == pytest.approx([1, 1.0, 0.125, 0])
    assert timed[1, 2] == pytest.approx(0.5)
    both = assumed_covariance(v, [1, 1, 1, 2], 0.8, time=[0, 1, 3, 0], autocorrelation=0.5)
    assert both[0].tolist() == pytest.approx([1, 0.8, 0.1, 0])


def test_a_missing_variance_stays_in_its_row() -> None:
    got = assumed_covariance([1.0, math.nan, 1.0], [1, 1, 2], 0.5)
    assert np.isnan(got).tolist() == [[False, True, False], [True, True, False], [False] * 3]
    assert got[2].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (([1, 1], [1]), {"correlation": 0.5}, "for each estimate"),
        (([-1, 1], [1, 1]), {"correlation": 0.5}, "negative"),
        (([1, 1], [1, 1]), {}, "correlation is needed"),
        (([1, 1], [1, 1]), {"correlation": 1.5}, "between -1 and 1, not 1.5"),
        (([1, 1], [1, 1]), {"correlation": 1.0}, "positive definite"),
        (([1, 1, 1], [1, 1, 1]), {"correlation": -0.6}, "positive definite"),
        (([1, 1], [1, 1]), {"correlation": 0.5, "group": [1, 2]}, "goes with"),
        (([1, 1], [1, 1]), {"correlation": 0.5, "autocorrelation": 0.5}, "goes with"),
        (([1, 1], [1, 1]), {"correlation": 0.5, "group": [1, 2], "between": -2}, "not -2"),
        (([1, 1], [1, 1]), {"time": [1, 2], "autocorrelation": -0.1}, "between 0 and 1"),
        (([1, 1], [1, 1]), {"time": [1, math.nan], "autocorrelation": 0.1}, "time is needed"),
        (([1, 1], [1, 1]), {"time": [1], "autocorrelation": 0.1}, "time is needed"),
        (([1, 1], [1, None]), {"correlation": 0.5}, "label is needed"),
        (([1, 1], [1, 1]), {"correlation": 0.5, "group": [1], "between": 0.1}, "label is needed"),
    ],
)
def test_impossible_correlations_are_refused(data: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assumed_covariance(*data, **options)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.integers(0, 3)), min_size=2, max_size=9),
    st.floats(0.0, 0.99),
)
def test_assumed_covariances_are_possible(rows: list[tuple[float, int]], rho: float) -> None:
    variances, clusters = [one for one, _ in rows], [label for _, label in rows]
    got = assumed_covariance(variances, clusters, rho)
    assert np.diag(got) == pytest.approx(variances)
    assert got == pytest.approx(got.T)
    assert np.linalg.eigvalsh(got)[0] > 0
    assert np.all(got[np.not_equal.outer(clusters, clusters)] == 0)
