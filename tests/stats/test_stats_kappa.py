"""κ against values computed by hand and by another implementation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from trialweave.stats.agreement import kappa


def test_by_hand() -> None:
    # po = 35/50 = 0.7; pe = 0.5·0.6 + 0.5·0.4 = 0.5; κ = 0.2/0.5.
    # Sum on the diagonal: 0.4·(0.5 - 1.1·0.3)² + 0.3·(0.5 - 0.9·0.3)² = 0.02743;
    # off it: 0.3²·(0.1·1.1² + 0.2·0.9²) = 0.02547; less (0.35 - 1 + 0.7)² = 0.0025.
    # The variance: 0.0504 / (50·0.5⁴) = 0.016128.
    found = kappa([[20, 5], [10, 15]])
    assert (found.observed, found.kappa) == pytest.approx((0.7, 0.4))
    assert found.se**2 == pytest.approx(0.016128)
    assert (found.lower, found.upper) == pytest.approx((0.1510923, 0.6489077), abs=1e-7)


def test_without_any_variation_it_is_undefined() -> None:
    found = kappa([[7, 0], [0, 0]])
    assert found.observed == 1
    assert math.isnan(found.kappa)
    assert "one category" in found.note


def test_complete_agreement_has_no_interval() -> None:
    found = kappa([[4, 0], [0, 3]])
    assert (found.kappa, found.se) == (1, 0)
    assert math.isnan(found.lower)
    assert found.note


@settings(deadline=None)
@example([[0, 0], [1, 4]])
@given(st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 40), min_size=k, max_size=k), min_size=k, max_size=k)
))  # fmt: skip
def test_as_statsmodels_has_it(table: list[list[int]]) -> None:
    counts = np.array(table)
    share = counts / max(counts.sum(), 1)
    if not counts.sum() or share.sum(axis=0) @ share.sum(axis=1) > 0.999:
        return
    found = kappa(table)
    with np.errstate(invalid="ignore", divide="ignore"):  # of a statistic that is not compared
        other = cohens_kappa(counts)
    assert found.kappa == pytest.approx(other.kappa, abs=1e-12)
    if found.se:
        assert found.se == pytest.approx(other.std_kappa, rel=1e-6)
        assert -1 <= found.lower <= found.kappa <= found.upper <= 1
    else:
        assert other.var_kappa == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("table", [[[1, 2]], [[0, 0], [0, 0]], [[1, -1], [0, 3]], [[math.nan]]])
def test_no_table_of_counts(table: Any) -> None:
    with pytest.raises(ValueError, match="table"):
        kappa(table)
