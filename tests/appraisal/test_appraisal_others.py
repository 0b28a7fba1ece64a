"""Effects, effect sizes, no events, sizes of groups, and counts that cannot be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.appraisal import RULES, appraise
from trialweave.model import Effect, PValue, Study

from .conftest import Checked, group, result, run_checks


def two(a: int, n1: int, c: int, n2: int) -> tuple[object, object]:
    return group("treatment", a, n1), group("control", c, n2)


def test_a_stated_effect_is_reproduced(checked: Checked) -> None:
    finding = result(*two(8, 40, 16, 40), effect=Effect("RR", "0.50", "0.24", "1.03"))
    (done,) = checked(finding, rule="effect")
    assert done.verdict == "consistent"


@pytest.mark.parametrize(
    ("effect", "verdict", "word"),
    [
        (Effect("RR", "0.50", "0.30", "0.80"), "note", "its interval is not"),
        (Effect("RR", "2.00", "0.97", "4.14"), "note", "groups exchanged"),
        (Effect("OR", "0.50", "0.24", "1.03"), "note", "risk ratio"),
        (Effect("RR", "0.75", "0.56", "1.01"), "note", "exchanged"),
        (Effect("RR", "0.20", "0.10", "0.50"), "flag", "cannot be reproduced"),
        (Effect("RR", "0.20", "0.10", "0.50", adjusted=True), "cannot check", "not re-computed"),
        (Effect("HR", "0.20", "0.10", "0.50"), "cannot check", "not re-computed"),
        (Effect("RD", "-20", "-39.6", "-0.4"), "consistent", "in percent"),
    ],
)
def test_effects_in_other_forms_or_none(
    checked: Checked, effect: Effect, verdict: str, word: str
) -> None:
    (done,) = checked(result(*two(8, 40, 16, 40), effect=effect), rule="effect")
    assert done.verdict == verdict
    assert word in done.statement


def test_effect_sizes_with_intervals_and_fisher(checked: Checked) -> None:
    (done,) = checked(result(*two(10, 20, 16, 20)), rule="effect-sizes")
    assert done.verdict == "note"
    # by hand: RR 0.625, SE of its log sqrt(1/10 - 1/20 + 1/16 - 1/20) = 0.25; SE of RD 0.1432
    assert done.statement == (
        "Computed for fever, 10/20 v 16/20: RR 0.63 (0.38 to 1.02), OR 0.25 (0.06 to 1.02), "
        "RD −0.30 (−0.58 to −0.02) (95% CI); Fisher's exact test P = 0.096."
    )


def test_effect_sizes_put_treatment_first_whatever_the_order(checked: Checked) -> None:
    one, other = two(10, 20, 16, 20)
    assert checked(result(other, one), rule="effect-sizes")[0].statement == (
        checked(result(one, other), rule="effect-sizes")[0].statement
    )


def test_zero_cells_are_corrected_for_ratios_and_said(checked: Checked) -> None:
    (done,) = checked(result(*two(0, 10, 5, 10)), rule="effect-sizes")
    assert "0.5 added to each cell" in done.statement
    assert "RD −0.50 (−0.81 to −0.19)" in done.statement
    (none,) = checked(result(*two(0, 10, 0, 10)), rule="effect-sizes")
    assert "RR not estimable" in none.statement


def test_ambiguous_counts_are_listed_each(checked: Checked) -> None:
    finding = result(group("treatment", None, 20, "60"), group("control", None, 22, "38"))
    (done,) = checked(finding, rule="effect-sizes")
    assert {a.inputs for a in done.attempts} == {"12/20 v 8/22", "12/20 v 9/22"}


@pytest.mark.parametrize(("n", "upper"), [(5, "52%"), (14, "23%"), (100, "3.6%")])
def test_no_event_leaves_a_rate_open(checked: Checked, n: int, upper: str) -> None:
    (done,) = checked(result(group("single", 0, n)), rule="zero-events")
    assert f"0 of {n} is compatible with a rate of up to {upper} (exact, 95%)" in done.statement


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500))
def test_the_upper_limit_is_the_closed_form(n: int) -> None:
    (done,) = run_checks(result(group("single", 0, n)), rule="zero-events")
    upper = 100 * (1 - 0.025 ** (1 / n))
    shown = done.attempts[0].result.removeprefix("0% to ").rstrip("%")
    assert math.isclose(float(shown), upper, abs_tol=0.5 if upper >= 10 else 0.05)


def test_events_or_unknown_sizes_are_no_zero_events(checked: Checked) -> None:
    finding = result(group("treatment", 1, 9), group("control", 0, None))
    assert checked(finding, rule="zero-events") == []


def test_group_sizes_that_make_up_the_enrolment(checked: Checked) -> None:
    finding = result(
        group("treatment", 9, 20, "45", n_origin="recovered"),
        group("control", 18, 22, "82", n_origin="recovered"),
    )
    (done,) = checked(finding, rule="arm-sizes", enrolled={"registry:one": 42})
    assert done.verdict == "consistent"
    assert "recovered from percentages: 20 + 22 = 42" in done.statement
    assert "registry:one" in done.statement
    (less,) = checked(finding, rule="arm-sizes", enrolled={"registry:one": 60})
    assert (less.verdict, "is below" in less.statement) == ("note", True)
    assert checked(finding, rule="arm-sizes") == []


def test_no_sum_where_sizes_differ_between_results(checked: Checked) -> None:
    one = result(*two(9, 20, 18, 22))
    other = result(*two(9, 19, 18, 22), ordinal=2)
    assert checked(one, other, rule="arm-sizes", enrolled={"registry:one": 42}) == []


@pytest.mark.parametrize(
    "arm",
    [
        group("treatment", 25, 20),
        group("treatment", -1, 20),
        group("treatment", 1, -20),
        group("treatment", 3, 0),
        group("treatment", None, 20, "140"),
    ],
    ids=["more events than patients", "negative events", "negative size", "empty", "above 100%"],
)
def test_impossible_counts_are_flagged_and_not_computed_with(checked: Checked, arm: object) -> None:
    finding = result(arm, group("control", 3, 20), p=PValue("=", "0.04"))
    done = checked(finding)
    assert [(check.rule, check.verdict) for check in done] == [("counts-sane", "flag")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            group,
            st.sampled_from(["treatment", "control", "total", "unknown", "single"]),
            st.none() | st.integers(-2, 10**9),
            st.none() | st.integers(-2, 10**9),
            st.sampled_from(["", "0", "28", "7.31", "100", "140", "-3", "n.r.", "<1", "1e9"]),
        ),
        max_size=4,
    ),
    st.none()
    | st.builds(
        PValue,
        st.sampled_from(["<", "=", ">"]),
        st.sampled_from(["0.05", "0", "1", "0.000", "NS", "3e-7"]),
    ),
    st.none()
    | st.builds(
        Effect,
        st.sampled_from(["RR", "OR", "RD", "HR", "MD"]),
        st.sampled_from(["0.5", "", "x"]),
        st.sampled_from(["0.2", ""]),
        st.sampled_from(["2", ""]),
        st.sampled_from(["95", "0", "x"]),
    ),
)
def test_absurd_numbers_are_survived(
    arms: list[object], p: PValue | None, effect: Effect | None
) -> None:
    finding = result(*arms, p=p, effect=effect, family="mortality")
    for check in run_checks(finding, enrolled={"registry:one": 10**12}):
        assert check.statement


def test_percentages_that_are_none_are_not_flagged(checked: Checked) -> None:
    assert checked(result(group("single", 3, 9, "n.r."))) == []


def test_each_check_has_its_section_in_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/checks.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"\n## {rule.name}\n" in page


def test_each_check_has_a_switch_and_unknown_names_are_refused(checked: Checked) -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    finding = result(*two(10, 20, 16, 20), p=PValue("=", "0.047"))
    assert {check.rule for check in checked(finding, rule="p-value")} == {"p-value"}
    with pytest.raises(ValueError, match="no check is called"):
        checked(finding, rule="guess")


def test_check_ids_are_unique_and_stable(checked: Checked) -> None:
    findings = [
        result(
            group("treatment", 7, 14, "50"), group("control", 0, 15, "0"), p=PValue("<", "0.01")
        ),
        result(group("total", None, None, "64"), ordinal=2),
    ]
    ids = [check.check_id for check in checked(*findings, enrolled={"registry:one": 29})]
    assert len(ids) == len(set(ids))
    assert ids == [c.check_id for c in checked(*findings, enrolled={"registry:one": 29})]


def test_a_study_without_findings_has_no_checks() -> None:
    assert appraise(Study("S", "", (), ()), {}, ()) == ()


def test_statements_speak_of_numbers_and_of_nobody(checked: Checked) -> None:
    finding = result(
        group("treatment", 4, 31, "8.69"), group("control", 20, 22, "50"),
        family="mortality", p=PValue("<", "0.0001"), effect=Effect("RR", "9", "8", "10"),
    )  # fmt: skip
    done = checked(finding, enrolled={"registry:one": 60})
    assert {check.verdict for check in done} >= {"flag"}
    words = " ".join(" ".join((c.statement, c.not_checkable, *c.innocent)).lower() for c in done)
    for word in ("fraud", "fabricat", "manipulat", "author", "suspicious", "mislead", "false"):
        assert word not in words


@pytest.mark.parametrize(
    ("table", "stated", "verdict"),
    [
        ((0, 10, 4, 30), Effect("RR", "0.323", "0.019", "5.504"), "consistent"),
        ((4, 30, 0, 10), Effect("RR", "3.098", "0.182", "52.837"), "consistent"),
        ((1, 10, 4, 30), Effect("RR", "0.968", "0.175", "5.351"), "flag"),  # no zero: not a way
    ],
)
def test_halves_may_be_added_to_events_and_sizes(
    checked: Checked, table: tuple[int, int, int, int], stated: Effect, verdict: str
) -> None:
    # log((x + ½)/(n + ½)): 0.5/10.5 over 4.5/30.5 is 0.32277; se √(2 − 2/21 + 2/9 − 2/61)
    a, n1, c, n2 = table
    finding = result(group("treatment", a, n1), group("control", c, n2), effect=stated)
    (done,) = checked(finding, rule="effect")
    assert done.verdict == verdict
    assert ("0.5 added to events" in done.statement) == (verdict == "consistent")
