"""Stated P values against every test and reading that may be meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.appraisal._tests import agreement
from trialweave.model import Effect, PValue
from trialweave.stats.tables import chi_square, fisher

from .conftest import Checked, group, result, run_checks

RULE = "p-value"


def two(a: int, n1: int, c: int, n2: int) -> tuple[object, object]:
    return group("treatment", a, n1), group("control", c, n2)


def test_fisher_reproduces(checked: Checked) -> None:
    finding = result(*two(2, 26, 6, 18), family="mortality", p=PValue("=", "0.048"))
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "consistent"
    assert "Fisher's exact test" in done.statement
    (zero,) = checked(result(*two(5, 10, 0, 10), p=PValue("=", "0.033")), rule=RULE)
    assert zero.verdict == "consistent"


def test_a_p_that_only_one_test_gives_is_a_note_that_names_both(checked: Checked) -> None:
    finding = result(*two(10, 20, 16, 20), family="mortality", p=PValue("=", "0.047"))
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "note"
    assert done.statement == (
        "P = 0.047 is reproduced only by the chi-square test without correction for 10/20 v 16/20 "
        "(P = 0.047); Fisher's exact test gives P = 0.096."
    )


def test_one_sided_tests_are_a_note(checked: Checked) -> None:
    (done,) = checked(result(*two(0, 8, 8, 24), p=PValue("=", "0.070")), rule=RULE)
    assert done.verdict == "note"
    assert "one-sided" in done.statement


def test_a_p_that_nothing_gives_is_flagged_with_all_that_was_tried(checked: Checked) -> None:
    finding = result(*two(12, 20, 8, 21), family="adverse events", p=PValue("<", "0.0001"))
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "flag"
    assert "cannot be reproduced from the numbers given" in done.statement
    methods = {attempt.method for attempt in done.attempts}
    assert {
        "Fisher's exact test", "Fisher's exact test, mid-P", "Fisher's exact test, one-sided",
        "chi-square test without correction", "chi-square test with Yates' correction",
        "Barnard's exact test", "Boschloo's exact test",
    } <= methods  # fmt: skip
    assert not any(attempt.agrees for attempt in done.attempts)
    assert done.innocent


def test_for_deaths_the_most_favourable_log_rank_test_is_the_bound(checked: Checked) -> None:
    # 12 of 20 survive against 8 of 21: the bound cannot reach P < 0.0001
    finding = result(*two(12, 20, 8, 21), family="survival", p=PValue("<", "0.0001"))
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "flag"
    assert "Even the log-rank test most favourable to the claim" in done.statement
    assert "every death in the control group before every death in the treatment group" in (
        done.statement
    )


def test_what_a_log_rank_test_could_give_is_no_flag(checked: Checked) -> None:
    finding = result(*two(8, 20, 12, 21), family="mortality", p=PValue("=", "0.08"))
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "note"
    assert "could give it" in done.statement
    named = result(
        *two(8, 20, 12, 21), family="mortality", p=PValue("=", "0.08", "Fisher's exact test")
    )
    assert checked(named, rule=RULE)[0].verdict == "flag"


def test_a_named_log_rank_test_is_flagged_only_beyond_its_bound(checked: Checked) -> None:
    possible = result(
        *two(8, 20, 12, 21), family="mortality", p=PValue("=", "0.08", "log-rank test")
    )
    assert checked(possible, rule=RULE)[0].verdict == "cannot check"
    beyond = result(
        *two(8, 20, 12, 21), family="mortality", p=PValue("<", "0.0001", "log-rank test")
    )
    assert checked(beyond, rule=RULE)[0].verdict == "flag"


@pytest.mark.parametrize("test", ["Cox model", "adjusted model", "Regression, Logistic", "ANCOVA"])
def test_named_models_cannot_be_checked(checked: Checked, test: str) -> None:
    (done,) = checked(result(*two(12, 20, 8, 21), p=PValue("<", "0.0001", test)), rule=RULE)
    assert done.verdict == "cannot check"


def test_a_p_beside_an_adjusted_effect_cannot_be_checked(checked: Checked) -> None:
    finding = result(
        *two(12, 20, 8, 21),
        p=PValue("<", "0.0001"),
        effect=Effect("OR", "9.9", "4.0", "20", adjusted=True),
    )
    assert checked(finding, rule=RULE)[0].verdict == "cannot check"


def test_percentages_are_tried_as_every_count_that_could_have_printed_them(
    checked: Checked,
) -> None:
    finding = result(
        group("treatment", None, 20, "60"), group("control", None, 22, "38"), p=PValue("<", "0.001")
    )
    (done,) = checked(finding, rule=RULE)
    tried = {attempt.inputs for attempt in done.attempts}
    assert {"12/20 v 8/22", "12/20 v 9/22"} <= tried
    # with the other group's size 38% is 7.6 of 20: 7/20 is 35%, 8/20 is 40%, so it is not tried
    assert not any("/20 v" in inputs and inputs.endswith("/20") for inputs in tried)


def test_a_reading_that_needs_another_denominator_is_a_note(checked: Checked) -> None:
    # 35% cannot be of 22, but 7 of 20 (the other group's size) is; with it Fisher gives the P
    p = float(fisher(16, 20, 7, 20))
    finding = result(
        group("treatment", 16, 20), group("control", None, 22, "35"), p=PValue("=", f"{p:.4f}")
    )
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "note"
    assert "7/20 of 20 patients" in done.statement


@pytest.mark.parametrize(
    "arms",
    [
        (group("treatment", 3, 20),),
        (group("treatment", 3, 20), group("treatment", 4, 20), group("control", 9, 20)),
        (group("treatment", None, None, "30"), group("control", None, None, "50")),
    ],
    ids=["one group", "three groups", "sizes unknown"],
)
def test_what_cannot_be_recomputed_says_why(checked: Checked, arms: tuple[object, ...]) -> None:
    (done,) = checked(result(*arms, p=PValue("<", "0.01")), rule=RULE)
    assert done.verdict == "cannot check"
    assert done.not_checkable


def test_no_p_no_check(checked: Checked) -> None:
    assert checked(result(*two(3, 20, 9, 20)), rule=RULE) == []


@pytest.mark.parametrize(
    ("p", "operator", "text", "expected"),
    [
        (0.0479, "=", "0.048", 2),
        (0.0479, "=", "0.047", 1),
        (0.0465, "=", "0.048", 0),
        (0.00004, "=", "0.000", 2),
        (0.002, "=", "0.000", 0),
        (0.99, "=", "1", 2),
        (0.5, "=", "1", 0),
        (0.03, "<", "0.05", 2),
        (0.06, "<", "0.05", 0),
        (0.06, ">", "0.05", 2),
        (1.23e-5, "=", "1.2e-5", 2),
        (float("nan"), "<", "0.05", 0),
    ],
)
def test_how_a_computed_p_agrees_with_a_printed_one(
    p: float, operator: str, text: str, expected: int
) -> None:
    assert agreement(p, PValue(operator, text)) == expected  # type: ignore[arg-type]


tables = st.tuples(
    st.integers(2, 60), st.integers(0, 60), st.integers(2, 60), st.integers(0, 60)
).map(lambda t: (min(t[1], t[0]), t[0], min(t[3], t[2]), t[2]))


@settings(max_examples=100, deadline=None)
@given(
    tables,
    st.sampled_from(["fisher", "chi"]),
    st.integers(2, 4),
    st.sampled_from(["", "mortality"]),
)
def test_a_p_that_was_computed_is_never_flagged(
    table: tuple[int, int, int, int], test: str, digits: int, family: str
) -> None:
    a, n1, c, n2 = table
    p = float(fisher(*table) if test == "fisher" else chi_square(*table))
    if p != p:
        return
    finding = result(*two(a, n1, c, n2), family=family, p=PValue("=", f"{p:.{digits}f}"))
    (done,) = run_checks(finding, rule=RULE)
    if float(f"{p:.{digits}f}") == 0:
        assert done.verdict == "note"
        assert "a P is never 0" in done.statement
        return
    assert done.verdict in (("consistent",) if test == "fisher" else ("consistent", "note"))


@settings(max_examples=60, deadline=None)
@given(tables)
def test_a_p_far_below_every_test_is_flagged_or_bounded(table: tuple[int, int, int, int]) -> None:
    a, n1, c, n2 = table
    if not 0.2 < float(fisher(*table)) <= 1:
        return
    finding = result(*two(a, n1, c, n2), family="adverse events", p=PValue("<", "0.0001"))
    (done,) = run_checks(finding, rule=RULE)
    assert done.verdict == "flag"
