"""Percentages against counts and sizes: what cannot be, and what can be only by cutting off."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Checked, group, result, run_checks

RULE = "percent-attainable"


def test_a_count_with_its_percentage_is_consistent(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 7, 12, "58.3")), rule=RULE)
    assert done.verdict == "consistent"
    assert done.statement == "7 (58.3%): 7/12 is 58.3%."


def test_a_size_that_the_percentage_determined_says_so(checked: Checked) -> None:
    arm = group("treatment", 9, 20, "45", n_origin="recovered", recovery="… of no other number")
    (done,) = checked(result(arm), rule=RULE)
    assert done.verdict == "consistent"
    assert "no other number of patients gives 45%" in done.statement


def test_a_wrong_percentage_is_flagged_with_the_denominators_that_would_fit(
    checked: Checked,
) -> None:
    finding = result(group("treatment", 1, 15), group("control", 4, 31, "8.69"), family="mortality")
    (done,) = checked(finding, rule=RULE)
    assert done.verdict == "flag"
    assert done.statement == (
        "4 of 31 is printed as 8.69%, and 4/31 is 12.90%. With 46 (all groups together): "
        "4/46 is 8.70%, reachable only by cutting off."
    )
    assert any("Kaplan-Meier" in reason for reason in done.innocent)


def test_another_count_of_the_same_size_is_named(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 9, 21, "38.1")), rule=RULE)
    assert done.verdict == "flag"
    assert "With the same size: 8/21 is 38.1%, which rounds to it." in done.statement


def test_cutting_off_is_a_note(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 11, 16, "68.7")), rule=RULE)
    assert done.verdict == "note"
    assert "only by cutting off" in done.statement


def test_a_percentage_that_no_count_gives_is_flagged(checked: Checked) -> None:
    arms = (group("treatment", None, 20, "60"), group("control", None, 22, "38"))
    first, second = checked(result(*arms), rule=RULE)
    assert first.verdict == "consistent"
    assert second.verdict == "flag"
    assert second.statement.startswith(
        "38% cannot occur with 22 patients: 8/22 is 36.4%, 9/22 is 40.9%."
    )


def test_patients_left_out_may_explain_a_size_known_from_elsewhere(checked: Checked) -> None:
    # 38% is 8 of 21, so one missing patient explains it; the size stands in another result
    arm = group("control", None, 22, "38", n_origin="recovered", recovery="from another result")
    other = result(group("treatment", 5, 20), group("control", 7, 22), ordinal=2)
    done = checked(result(group("treatment", 5, 20), arm), other, rule=RULE)[0]
    assert done.verdict == "note"
    assert "With patients left out: 8/21 is 38.1%." in done.statement


def test_a_size_known_from_elsewhere_is_certain_when_the_groups_make_up_the_enrolment(
    checked: Checked,
) -> None:
    # 29% of 12 cannot be: 3/12 is 25, 4/12 is 33.3; nor of 10 or 11
    arm = group("control", None, 12, "29", n_origin="recovered", recovery="from another result")
    finding = result(group("treatment", 5, 13), arm)
    (alone,) = checked(finding, rule=RULE)
    (whole,) = checked(finding, rule=RULE, enrolled={"registry:one": 25})
    (part,) = checked(finding, rule=RULE, enrolled={"registry:one": 40})
    assert (alone.verdict, whole.verdict, part.verdict) == ("flag", "flag", "note")


def test_a_count_that_fits_no_group_is_flagged(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 7, None, "51")), rule=RULE)
    assert done.verdict == "flag"
    assert "7 is 51% of no whole number of patients" in done.statement
    (fits,) = checked(result(group("treatment", 30, None, "12")), rule=RULE)
    assert fits.verdict == "consistent"


def test_percentages_of_everybody_are_never_flagged(checked: Checked) -> None:
    sized = result(group("treatment", 7, 14), group("control", 12, 15))
    (done,) = checked(result(group("total", None, None, "64"), ordinal=2), sized, rule=RULE)
    assert done.verdict == "note"
    assert "does not fit 29" in done.statement
    assert "fits 14" in done.statement


def test_estimates_from_times_to_event_are_left_alone(checked: Checked) -> None:
    arm = group("treatment", None, 22, "38")
    assert checked(result(arm, outcome="3-year overall survival"), rule=RULE) == []
    assert checked(result(arm, note="Kaplan-Meier estimate"), rule=RULE) == []


def test_counts_of_events_are_left_alone(checked: Checked) -> None:
    arm = group("treatment", 9, 20, "99")
    assert checked(result(arm, outcome="adverse events (number of events)"), rule=RULE) == []


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 2_000), st.integers(0, 2_000), st.integers(0, 2),
    st.sampled_from([ROUND_HALF_UP, ROUND_DOWN]), st.booleans(),
)  # fmt: skip
def test_no_percentage_that_was_computed_is_flagged(
    n: int, events: int, digits: int, rounding: str, counted: bool
) -> None:
    events = min(events, n)
    exact = Decimal(100 * events) / Decimal(n)
    percent = str(exact.quantize(Decimal(1).scaleb(-digits), rounding=rounding))
    arm = group("treatment", events if counted else None, n, percent)
    (done,) = run_checks(result(arm), rule=RULE)
    assert done.verdict != "flag"
    if rounding == ROUND_HALF_UP:
        assert done.verdict == "consistent"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(0, 100))
def test_whole_percentages_are_flagged_exactly_where_no_count_gives_them(
    n: int, percent: int
) -> None:
    (done,) = run_checks(result(group("treatment", None, n, str(percent))), rule=RULE)
    near = [abs(Decimal(100 * x) / n - percent) for x in range(n + 1)]
    assert (done.verdict == "flag") == (min(near) >= 1)
