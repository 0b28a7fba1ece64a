"""Small faults of synthesis that other tests would let pass, found by mutation testing."""

from __future__ import annotations

from typing import Any

import pytest

from trialweave.stats.pooling import pool
from trialweave.synthesis import pool_table
from trialweave.synthesis._described import mentions
from trialweave.synthesis.changes import _triple


@pytest.mark.parametrize("measure", ["MD", "HR"])
@pytest.mark.parametrize("column", ["vi", "sei"])
def test_effects_of_a_table_keep_their_variances(measure: Any, column: str) -> None:
    y, v = [-0.5, 0.1, 0.4], [0.04, 0.09, 0.25]
    spread = v if column == "vi" else [0.2, 0.3, 0.5]
    rows = [
        {"study": name, "yi": a, column: b} for name, a, b in zip("ABC", y, spread, strict=True)
    ]
    found = pool_table(rows, measure=measure).pooled
    want = pool(y, v)
    assert found is not None
    assert found.heterogeneity.tau2 == pytest.approx(float(want.tau2), rel=1e-6)
    assert found.heterogeneity.q == pytest.approx(float(want.q), rel=1e-9)


def test_a_degree_of_severity_is_no_word_of_the_disease() -> None:
    assert mentions(["severely ill with COVID-19"], "severe COVID-19")
    assert not mentions(["acute respiratory syndrome"], "severe acute respiratory syndrome")
    assert mentions(["Severe acute respiratory syndrome"], "severe acute respiratory syndrome")


def test_an_effect_is_told_with_its_limits_where_it_has_both() -> None:
    assert _triple(0.5, 0.25, 1.0) == "0.5 (0.25 to 1)"
    for low, high in ((None, None), (0.25, None), (None, 1.0)):
        assert _triple(0.5, low, high) == "0.5"
    assert _triple(None, None, None) == "not estimable"


def test_a_table_of_counts_says_which_analysis_was_asked_for() -> None:
    rows = [
        {"study": name, "a": a, "n1": n1, "c": c, "n2": n2}
        for name, a, n1, c, n2 in (("A", 4, 40, 9, 41), ("B", 12, 100, 30, 98), ("C", 1, 25, 6, 24))
    ]
    asked = [(row.group, row.as_asked) for row in pool_table(rows).sensitivity]
    assert asked == [("method", True), *[("method", False)] * 5, *[("leave one out", False)] * 3]
