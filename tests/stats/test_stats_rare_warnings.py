"""The beta-binomial model, against SciPy's distribution, and warnings about misleading methods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from trialweave.stats.pooling import (
    RARE_WARNINGS,
    beta_binomial,
    misleading,
    pool_tables,
)
from trialweave.stats.pooling.beta_binomial import BETA_BINOMIAL_FLAGS

CELLS = ([3, 0, 12, 0, 9], [40, 25, 90, 12, 30], [7, 2, 40, 0, 3], [38, 27, 101, 14, 35])


def height(x: np.ndarray) -> float:
    """The log-likelihood at logits of both risks and of the correlation."""
    p1, p2, rho = special.expit(x)
    sum_of_both = (1 - rho) / rho
    a, n1, c, n2 = (np.array(column) for column in CELLS)
    first = stats.betabinom.logpmf(a, n1, p1 * sum_of_both, (1 - p1) * sum_of_both)
    second = stats.betabinom.logpmf(c, n2, p2 * sum_of_both, (1 - p2) * sum_of_both)
    return float(first.sum() + second.sum())


def test_the_beta_binomial_model_is_the_highest_point() -> None:
    found = beta_binomial("OR", *CELLS)
    x = special.logit([found.risk1, found.risk2, found.correlation])
    assert found.log_likelihood == pytest.approx(height(x), abs=1e-8)
    for i in range(3):
        step = np.eye(3)[i] * 1e-4
        assert height(x + step) - height(x - step) == pytest.approx(0.0, abs=1e-8)
    h = 1e-3 * np.eye(3)
    second = [
        [
            height(x + h[i] + h[j]) - height(x + h[i] - h[j])
            - height(x - h[i] + h[j]) + height(x - h[i] - h[j])
            for j in range(3)
        ]
        for i in range(3)
    ]  # fmt: skip
    covariance = np.linalg.inv(-np.array(second) / 4e-6)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert found.estimate == pytest.approx(x[0] - x[1])
    assert found.se == pytest.approx(math.sqrt(variance), rel=1e-4)
    assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * found.se)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.estimate / found.se)))
    assert (found.k, found.converged, found.notes) == (5, True, ())
    # the other measures compare the same two risks
    ratio, difference = (beta_binomial(name, *CELLS) for name in ("RR", "RD"))
    p, q = np.array([found.risk1, found.risk2]), 1 - np.array([found.risk1, found.risk2])
    by_risk = covariance[:2, :2] * np.outer(p * q, p * q)
    assert ratio.estimate == pytest.approx(math.log(p[0] / p[1]))
    slope = np.array([1 / p[0], -1 / p[1]])
    assert ratio.se == pytest.approx(math.sqrt(slope @ by_risk @ slope), rel=1e-4)
    assert difference.estimate == pytest.approx(p[0] - p[1])
    assert difference.se == pytest.approx(
        math.sqrt(np.array([1, -1]) @ by_risk @ np.array([1, -1])), rel=1e-4
    )


def test_without_extra_variation_it_is_the_summed_table() -> None:
    found = beta_binomial("OR", [3, 3, 3], [40, 40, 40], [7, 7, 7], [40, 40, 40])
    assert found.correlation == 0.0
    assert found.estimate == pytest.approx(math.log(3 * 33 / (7 * 37)))
    assert found.se == pytest.approx(math.sqrt((1 / 3 + 1 / 37 + 1 / 7 + 1 / 33) / 3))
    assert (found.overdispersion_lrt, found.overdispersion_p) == (0.0, 1.0)
    assert found.notes == (BETA_BINOMIAL_FLAGS["no extra variation"],)
    plain = stats.binom.logpmf(3, 40, 3 / 40) * 3 + stats.binom.logpmf(7, 40, 7 / 40) * 3
    assert found.log_likelihood == pytest.approx(plain)
    varied = beta_binomial("OR", *CELLS)
    summed = sum(
        stats.binom.logpmf(np.array(x), np.array(n), sum(x) / sum(n)).sum()
        for x, n in (CELLS[:2], CELLS[2:])
    )
    assert varied.overdispersion_lrt == pytest.approx(2 * (varied.log_likelihood - summed))
    assert varied.overdispersion_p == pytest.approx(stats.chi2.sf(varied.overdispersion_lrt, 1) / 2)


def test_studies_without_events_take_part() -> None:
    with_them = beta_binomial("RR", *CELLS)
    without = beta_binomial("RR", *(column[:3] + column[4:] for column in CELLS))
    assert with_them.risk1 < without.risk1
    assert with_them.risk2 < without.risk2


def test_no_beta_binomial_comparison_says_why() -> None:
    none = beta_binomial("OR", [0, 1], [0, 5], [1, 0], [5, 0])
    assert none.notes == (BETA_BINOMIAL_FLAGS["no studies"],)
    for cells in (
        ([0, 0], [9, 9], [1, 0], [9, 9]),
        ([1, 0], [9, 9], [0, 0], [9, 9]),
        ([9, 9], [9, 9], [1, 0], [9, 9]),
        ([1, 0], [9, 9], [9, 9], [9, 9]),
    ):
        found = beta_binomial("RD", *cells)
        assert math.isnan(found.estimate)
        assert found.notes == (BETA_BINOMIAL_FLAGS["not estimable"].format("RD"),)
    with pytest.raises(ValueError, match="no beta-binomial comparison"):
        beta_binomial("AS", *CELLS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="whole number"):
        beta_binomial("OR", [0.5], [9], [1], [9])
    with pytest.raises(ValueError, match="one axis"):
        beta_binomial("OR", [[1]], [[9]], [[1]], [[9]])
    with pytest.raises(ValueError, match="between 0 and 1"):
        beta_binomial("OR", *CELLS, level=95)


counts = st.lists(
    st.tuples(st.integers(0, 12), st.integers(12, 60), st.integers(0, 12), st.integers(12, 60)),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(counts)
def test_swapping_arms_and_order(rows: list[tuple[int, int, int, int]]) -> None:
    a, n1, c, n2 = (list(column) for column in zip(*rows, strict=True))
    plain, swapped = beta_binomial("OR", a, n1, c, n2), beta_binomial("OR", c, n2, a, n1)
    assert swapped.estimate == pytest.approx(-plain.estimate, rel=1e-6, abs=1e-8, nan_ok=True)
    assert swapped.se == pytest.approx(plain.se, rel=1e-5, nan_ok=True)
    backwards = beta_binomial("OR", a[::-1], n1[::-1], c[::-1], n2[::-1])
    assert backwards.estimate == pytest.approx(plain.estimate, rel=1e-6, abs=1e-8, nan_ok=True)
    for measure in ("OR", "RD"):
        one = pool_tables(measure, a, n1, c, n2)  # type: ignore[arg-type]
        other = pool_tables(measure, c, n2, a, n1)  # type: ignore[arg-type]
        assert float(other.estimate) == pytest.approx(-float(one.estimate), abs=1e-9, nan_ok=True)
        assert float(other.se) == pytest.approx(float(one.se), rel=1e-9, nan_ok=True)


def names(method: Any, measure: Any, *cells: Any, drop00: bool = True) -> set[str]:
    found = misleading(method, measure, *cells, drop00=drop00)
    assert len(found.notes_at()) == sum(bool(true) for true in found.warnings.values())
    return {name for name, true in found.warnings.items() if true}


FREQUENT = ([20, 25, 30, 22, 28], [60] * 5, [22, 20, 33, 25, 20], [60] * 5)
ZEROS = ([0, 1, 2, 3, 4], [300] * 5, [2, 0, 3, 4, 5], [200] * 5)


def test_nothing_is_said_where_methods_do_well() -> None:
    for method in ("IV", "DL", "MH", "MH corrected", "GLMM", "beta-binomial"):
        assert names(method, "OR", *FREQUENT) == set()
    rare = ([2, 1, 3, 2, 4], [90] * 5, [3, 2, 4, 1, 5], [95] * 5)
    assert names("Peto", "OR", *rare) == set()
    assert names("MH", "OR", *ZEROS) == set()


def test_each_warning_has_its_case() -> None:
    assert names("IV", "OR", *ZEROS) == {"half with unequal arms", "inverse variance with zeros"}
    assert names("MH corrected", "RR", *ZEROS) == {"half with unequal arms"}
    nearer = (*ZEROS[:3], [201] * 5)
    assert names("MH corrected", "RR", *nearer) == set()
    assert names("DL", "OR", [1, 2, 1, 2, 1], [300] * 5, [2, 1, 2, 1, 2], [300] * 5) == {
        "tau2 with few events"
    }
    assert names("DL", "OR", [3, 3, 3, 3, 3], [300] * 5, [3, 3, 3, 3, 3], [300] * 5) == set()
    assert names("Peto", "OR", *FREQUENT) == {"Peto with frequent events"}
    assert names("Peto", "OR", [2, 3], [300, 300], [2, 2], [200, 250]) == {"Peto with unequal arms"}
    assert names("Peto", "OR", [1, 1], [90, 90], [5, 6], [90, 90]) == {"Peto with a large effect"}
    assert names("Peto", "OR", [5, 6], [90, 90], [1, 1], [90, 90]) == {"Peto with a large effect"}
    few = ([2, 1, 3, 2], [90] * 4, [3, 2, 4, 1], [95] * 4)
    assert names("GLMM", "OR", *few) == {"few events for a random effect"}
    assert names("IV", "OR", *few) == set()
    double = ([2, 1, 3, 0, 4], [90] * 5, [3, 2, 4, 0, 5], [95] * 5)
    assert names("MH", "OR", *double) == {"double zero left out"}
    assert names("MH", "OR", *double, drop00=False) == {"double zero left out"}
    assert names("MH corrected", "OR", *double) == {"double zero left out"}
    assert names("MH corrected", "OR", *double, drop00=False) == {"double zero corrected"}
    assert names("beta-binomial", "OR", *double) == set()
    assert names("MH", "RD", *double) == set()
    assert names("IV", "RD", *double) == {"inverse variance of risk differences"}
    full = ([9, 2], [9, 20], [9, 3], [9, 20])
    assert names("MH", "OR", *full) == {"double zero left out"}
    assert names("MH", "RR", [1, 2], [90, 90], [0, 0], [90, 90]) == {"not estimable"}
    assert "not estimable" in names("beta-binomial", "OR", [1, 2], [90, 90], [0, 0], [90, 90])
    assert "not estimable" not in names("Peto", "OR", [1, 2], [90, 90], [0, 0], [90, 90])
    # a third of the studies, counting those without events only where they are corrected
    third = ([0, 2, 3, 2, 4, 0], [90] * 6, [3, 2, 4, 1, 5, 0], [90] * 6)
    assert names("IV", "OR", *third) == {"double zero left out"}
    assert names("IV", "OR", *third, drop00=False) == {
        "inverse variance with zeros",
        "double zero corrected",
    }


def test_warnings_for_many_syntheses_and_without_any() -> None:
    both = misleading("IV", "OR", *(np.array([z, f]) for z, f in zip(ZEROS, FREQUENT, strict=True)))
    assert both.warnings["inverse variance with zeros"].tolist() == [True, False]
    assert len(both.notes_at(0)) == 2
    assert both.notes_at(1) == ()
    assert both.notes_at(0)[0].source.startswith("Sweeting")
    assert both.counts.single_zero.tolist() == [2, 0]
    for method in ("IV", "DL", "MH", "Peto", "GLMM"):
        assert names(method, "OR", [0], [0], [1], [9]) == set()
    assert all(warning.text.endswith(".") for warning in RARE_WARNINGS.values())


def test_misuse_of_warnings_is_refused() -> None:
    with pytest.raises(ValueError, match="no method 'REML'"):
        misleading("REML", "OR", *ZEROS)  # type: ignore[arg-type]
    for method, measure in (("Peto", "RR"), ("GLMM", "RD"), ("MH", "AS")):
        with pytest.raises(ValueError, match=f"no {method} method"):
            misleading(method, measure, *ZEROS)  # type: ignore[arg-type]
