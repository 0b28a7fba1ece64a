"""Small faults that other tests would let pass, found by mutation testing."""

from __future__ import annotations

import datetime as dt

import pytest

from trialweave.appraisal import appraise
from trialweave.appraisal._context import candidates, show_number, show_p
from trialweave.appraisal._tests import agreement
from trialweave.model import Effect, Passage, PValue, Record, Study, Trial, stated

from .conftest import Checked, group, result, run_checks


def said(arm: object, *others: int) -> list[tuple[str, str]]:
    return [(str(c), c.how) for c in candidates(arm, others)]  # type: ignore[arg-type]


# Which counts printed numbers can stand for


def test_a_count_that_fits_its_percentage_stands_alone() -> None:
    # 27% of 400 is anything from 106 to 110, but 108 is printed
    assert said(group("treatment", 108, 400, "27")) == [("108/400", "as printed")]


def test_counts_of_a_percentage_say_how_they_would_be_printed() -> None:
    # 1/16 is 6.25%, 3/16 is 18.75%
    assert said(group("treatment", None, 16, "18.8")) == [("3/16", "by rounding")]
    assert said(group("treatment", None, 16, "6.2")) == [("1/16", "by rounding")]
    up = said(group("treatment", None, 7, "14.3"))
    assert up == [("1/7", "by rounding")]
    assert said(group("treatment", None, 6, "16.6")) == [
        ("1/6", "only cut off"),
        ("0/6", "nearest whole number"),
    ]
    assert said(group("treatment", None, 7, "28.6"))[0] == ("2/7", "by rounding")
    assert said(group("treatment", None, 3, "33.4"))[0] == ("1/3", "only rounded up")


def test_the_plainest_reading_comes_first_and_other_sizes_last() -> None:
    # 38% of 22 cannot be; it is 8 of 21
    assert said(group("control", None, 22, "38"), 21, 22, 40) == [
        ("8/22", "nearest whole number"),
        ("9/22", "nearest whole number"),
        ("8/21", "of 21 patients, by rounding"),
        ("15/40", "of 40 patients, by rounding"),
    ]
    wrong = said(group("control", 5, 22, "38"), 13)
    assert wrong[0] == ("5/22", "as printed")
    assert ("5/13", "of 13 patients, by rounding") in wrong
    # a stated count does not become another one over another size
    assert not any(text.endswith("/21") for text, _ in said(group("control", 5, 22, "38"), 21))


def test_two_counts_of_another_size_are_both_readings() -> None:
    arm = group("control", None, 22, "38")
    assert [text for text, _ in said(arm, 130)][2:] == ["49/130", "50/130"]


def test_a_recovered_count_without_a_percentage_is_taken_even_if_it_is_none() -> None:
    for count in (0, 9):
        arm = group("control", count, 9, events_origin="recovered")
        assert said(arm) == [(f"{count}/9", "recovered")]
        assert said(group("control", count, 9)) == [(f"{count}/9", "as printed")]


def test_sizes_of_other_results_count_only_where_they_are_few(checked: Checked) -> None:
    # 29% of 12 cannot be; it is 4 of 14, the size in another result
    arm = group("control", None, 12, "29")
    first = result(group("treatment", 5, 13), arm, p=PValue("=", "0.5"))

    def inputs(*sizes: int) -> set[str]:
        others = [
            result(group("treatment", 5, 13), group("control", 1, n), ordinal=i)
            for i, n in enumerate(sizes, start=2)
        ]
        found = checked(first, *others, rule="p-value")
        return {attempt.inputs for attempt in found[0].attempts}

    assert "5/13 v 4/14" in inputs(14, 30)  # three sizes with 12
    assert "5/13 v 4/14" not in inputs(14, 30, 31)


# How numbers are shown and compared


def test_numbers_for_people() -> None:
    assert [show_p(p) for p in (0.001, 0.00099, 0.0005, 9.9e-6)] == [
        "0.001", "0.00099", "0.0005", "9.9e-06",
    ]  # fmt: skip
    assert [show_number(x) for x in (-1.005, -0.001, 1e6, -1e6, 999_999)] == [
        "−1.01", "0.00", "over a million", "under minus a million", "999999.00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("p", "operator", "wanted"),
    [(0.05, ">=", 2), (0.05, ">", 0), (0.05, "<=", 2), (0.05, "<", 0), (0.051, "<=", 0)],
)
def test_the_limit_itself(p: float, operator: str, wanted: int) -> None:
    assert agreement(p, PValue(operator, "0.05")) == wanted  # type: ignore[arg-type]


def test_percentages_over_a_hundred_are_impossible(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", None, None, "100.5")), rule="counts-sane")
    assert "100.5% is not between" in done.statement
    assert checked(result(group("treatment", None, 20, "100")), rule="counts-sane") == []
    (none,) = checked(result(group("treatment", 0, 0, "0")), rule="counts-sane")
    assert "no patients" in none.statement
    assert checked(result(group("treatment", 0, 0)), rule="counts-sane") == []


# Effects


def effect(checked: Checked, *numbers: str, level: str = "95", measure: str = "RR",
           table: tuple[int, int, int, int] = (6, 20, 12, 24)) -> tuple[str, str]:  # fmt: skip
    a, n1, c, n2 = table
    stated_effect = Effect(measure, *(*numbers, "", "")[:3], level)  # type: ignore[arg-type]
    finding = result(group("treatment", a, n1), group("control", c, n2), effect=stated_effect)
    (done,) = checked(finding, rule="effect")
    return done.verdict, done.statement


def test_the_statement_quotes_the_effect(checked: Checked) -> None:
    # 6/20 against 12/24 is 0.6; the logarithm's standard error is √(7/60 + 1/24)
    verdict, text = effect(checked, "0.60", "0.30", "1.20")
    assert verdict == "note"
    assert text.startswith("The estimate of RR 0.60 (95% CI 0.30 to 1.20) is reproduced, its")
    verdict, text = effect(checked, "0.60", "0.28", "1.30")
    assert verdict == "consistent"
    assert text.startswith("RR 0.60 (95% CI 0.28 to 1.30) is reproduced (risk ratio of 6/20 v")
    verdict, text = effect(checked, "-20.0", measure="RD")
    assert (verdict, text.split(" is ")[0]) == ("consistent", "RD −20.0")


def test_the_estimate_may_be_a_unit_of_its_last_digit_off(checked: Checked) -> None:
    verdicts = {e: effect(checked, e)[0] for e in ("0.60", "0.61", "0.59", "0.64", "0.58", "0.7")}
    assert verdicts == {
        "0.60": "consistent", "0.61": "consistent", "0.59": "consistent", "0.64": "flag",
        "0.58": "flag", "0.7": "consistent",
    }  # fmt: skip


def test_other_levels_than_95(checked: Checked) -> None:
    assert effect(checked, "0.60", "0.31", "1.15", level="90")[0] == "consistent"
    assert effect(checked, "0.60", "0.31", "1.15")[0] == "note"


def test_a_group_in_which_everybody_had_the_event_needs_no_correction(checked: Checked) -> None:
    table = (6, 8, 6, 6)
    assert effect(checked, "0.75", "0.50", "1.12", table=table)[0] == "consistent"
    assert effect(checked, "0.78", "0.49", "1.23", table=table)[0] == "consistent"  # with 0.5


def test_a_ratio_of_no_event_may_be_printed_as_nought(checked: Checked) -> None:
    for measure in ("RR", "OR"):
        verdict, _ = effect(checked, "0.00", measure=measure, table=(0, 12, 5, 12))
        assert verdict == "consistent"
        assert effect(checked, "0.00", measure=measure, table=(3, 12, 5, 12))[0] == "flag"
    assert effect(checked, "0.00", "0.00", "0.97", table=(0, 12, 5, 12))[0] == "note"


def test_odds_ratios_of_exact_tests_and_of_peto(checked: Checked) -> None:
    # SciPy's conditional odds ratio is 0.1564 (0.0116 to 1.2349)
    table = (2, 12, 7, 12)
    verdict, text = effect(checked, "0.16", "0.01", "1.23", measure="OR", table=table)
    assert verdict == "consistent"
    assert "conditional odds ratio, exact interval of 2/12 v 7/12" in text
    # one event among 11: (1 − 6/11)/(30/121) is 1.833, its exponential 6.25
    verdict, text = effect(checked, "6.25", "0.12", "320.42", measure="OR", table=(1, 6, 0, 5))
    assert (verdict, "only as Peto's odds ratio of 1/6" in text) == ("note", True)
    assert "interval is not" not in text  # with 1.96 unrounded it would be 320.40
    verdict, text = effect(checked, "6.25", "0.50", "30", measure="OR", table=(1, 6, 0, 5))
    assert (verdict, text.endswith("its interval is not.")) == ("note", True)


@pytest.mark.parametrize(
    ("printed", "way"),
    [
        (("1.67", "0.76", "3.63"), "risk ratio, groups exchanged of 6/20"),
        (("1.40", "0.86", "2.28"), "risk ratio, of not having the event of 6/20"),
        (("0.71", "0.44", "1.16"), "risk ratio, groups exchanged, of not having the event of 6/20"),
        (("0.43", "0.12", "1.49"), "odds ratio of 6/20"),
    ],
)
def test_other_ways_to_state_the_same(checked: Checked, printed: tuple[str, ...], way: str) -> None:
    verdict, text = effect(checked, *printed)
    assert (verdict, f"only as {way}" in text) == ("note", True)


def test_a_flag_names_the_plain_effect(checked: Checked) -> None:
    verdict, text = effect(checked, "3.00")
    assert verdict == "flag"
    assert "the risk ratio of 6/20 v 12/24 is 0.60 (0.28 to 1.31)" in text
    verdict, text = effect(checked, "3.00", table=(0, 12, 5, 12))
    assert verdict == "flag"
    assert "the risk ratio of 0/12 v 5/12 is 0.09 (0.01 to 1.48)" in text  # with 0.5 added


def test_nothing_added_is_a_way_for_zero_cells_alone(checked: Checked) -> None:
    def named(a: int, c: int) -> bool:
        finding = result(
            group("treatment", a, 12), group("control", c, 12), effect=Effect("RR", "3.00")
        )
        (done,) = checked(finding, rule="effect")
        return any("nothing added" in attempt.method for attempt in done.attempts)

    assert not named(3, 5)
    assert named(0, 5)
    assert named(3, 12)
    assert named(0, 12)


def test_a_true_minus_is_a_minus(checked: Checked) -> None:
    assert effect(checked, "−0.20", measure="RD")[0] == "consistent"


# P values


@pytest.mark.parametrize(
    ("p", "named"),
    [
        ("0.1841", "test times (N - 1)/N"),
        ("0.1763", "likelihood-ratio test"),
        ("0.1667", "Wald test of the risk difference"),
        ("0.1992", "Wald test of the log risk ratio"),
        ("0.1829", "Wald test of the log odds ratio"),
    ],
)
def test_rarer_tests_are_tried(checked: Checked, p: str, named: str) -> None:
    # 6/20 against 12/24; the figures follow from the formulae in the checks' reference
    finding = result(group("treatment", 6, 20), group("control", 12, 24), p=PValue("=", p))
    (done,) = checked(finding, rule="p-value")
    agreeing = {attempt.method for attempt in done.attempts if attempt.agrees}
    assert (done.verdict, any(named in method for method in agreeing)) == ("note", True)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("everybody", [False, True])
def test_wald_tests_add_to_zero_cells_in_small_groups_alone(
    checked: Checked, turned: bool, everybody: bool
) -> None:
    # 0 of n against 3/12: 0.25 over √(0.25·0.75/12) is z = 2, P = 0.0455, whatever n
    def agrees(n: int) -> bool:
        a, n1, c, n2 = (n, n, 9, 12) if everybody else (0, n, 3, 12)
        arms = [("treatment", a, n1), ("control", c, n2)]
        if turned:
            arms = [("treatment", c, n2), ("control", a, n1)]
        finding = result(*(group(*arm) for arm in arms), p=PValue("=", "0.0455"))
        (done,) = checked(finding, rule="p-value")
        methods = {attempt.method for attempt in done.attempts if attempt.agrees}
        return "Wald test of the risk difference" in methods

    assert agrees(10)
    assert not agrees(9)


def test_a_p_of_yates_alone_is_consistent(checked: Checked) -> None:
    finding = result(group("treatment", 6, 20), group("control", 12, 24), p=PValue("=", "0.30036"))
    (done,) = checked(finding, rule="p-value")
    assert done.verdict == "consistent"
    assert "only by the chi-square test with Yates' correction" in done.statement


def test_why_a_model_cannot_be_checked_is_named(checked: Checked) -> None:
    arms = (group("treatment", 12, 20), group("control", 8, 21))
    p = PValue("<", "0.0001")
    hazard = result(*arms, p=p, effect=Effect("HR", "0.1", "0.05", "0.2"))
    adjusted = result(*arms, p=p, effect=Effect("OR", "9.9", "4.0", "20", adjusted=True))
    named = result(*arms, p=PValue("<", "0.0001", "Cox model"))
    whys = [checked(f, rule="p-value")[0].not_checkable for f in (hazard, adjusted, named)]
    assert "(a hazard ratio)" in whys[0]
    assert "(an adjusted effect)" in whys[1]
    assert "(Cox model)" in whys[2]


def test_large_trials_are_not_put_through_the_costly_tests(checked: Checked) -> None:
    def methods(n: int) -> set[str]:
        finding = result(
            group("treatment", 30, 60), group("control", 29, n), p=PValue("<", "0.0001")
        )
        return {attempt.method for attempt in checked(finding, rule="p-value")[0].attempts}

    assert "Barnard's exact test" in methods(60)
    assert "Barnard's exact test" not in methods(61)


# Percentages


def test_what_the_percentage_would_be_of_is_tried_over_all_known_sizes(checked: Checked) -> None:
    # 8/30 is 26.7%, as printed for 8 of 25
    finding = result(group("treatment", 8, 25, "26.7"), group("control", 3, 30))
    (done,) = checked(finding, rule="percent-attainable", enrolled={"page:one": 5})
    tried = {(a.inputs, a.result, a.agrees) for a in done.attempts}
    assert ("the size of the other group: 30", "8/30 is 26.7%", True) in tried
    assert ("all groups together: 55", "8/55 is 14.5%", False) in tried
    # 8 of the five enrolled cannot be: the nearest counts of five are shown
    assert ("the enrolment: 5", "1/5 is 20.0%, 2/5 is 40.0%", False) in tried


def test_up_to_three_counts_are_listed(checked: Checked) -> None:
    (three,) = checked(result(group("treatment", None, 300, "12")), rule="percent-attainable")
    assert (
        three.statement
        == "12% of 300 patients: 35/300 is 11.7% or 36/300 is 12.0% or 37/300 is 12.3%."
    )
    (more,) = checked(result(group("treatment", None, 400, "12")), rule="percent-attainable")
    assert more.statement == "12% fits 5 different counts of 400 patients."


# Sums of groups


def test_the_sum_of_groups_against_a_planned_enrolment() -> None:
    trial = Trial(
        enrollment=stated(30, "test/1"), enrollment_type=stated("estimated", "test/1")
    )  # fmt: skip
    record = Record(
        record_id="page:one", version=1, source="page", identifier="one", kind="trial", digest="",
        sha256="", start=0, end=0, name="x", trial=trial,
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    where = Passage(3, 9)
    arms = (group("treatment", 5, 13, passage=where), group("control", 4, 12))
    (done,) = appraise(
        Study("S1", "x", ("page:one",), ()), {"page:one": record}, [result(*arms)],
        only=["arm-sizes"],
    )  # fmt: skip
    assert "is below the enrolment of 30 that the record itself states as planned" in done.statement
    assert [(a.inputs, a.result, a.agrees) for a in done.attempts] == [("13 + 12", "25", False)]
    assert done.passages == (where,)
    assert done.innocent
    (equal,) = run_checks(result(*arms), rule="arm-sizes", enrolled={"page:one": 25})
    assert (equal.verdict, equal.innocent) == ("consistent", ())


def test_three_groups_are_not_summed_as_two() -> None:
    arms = (group("treatment", 5, 13), group("treatment", 6, 13), group("control", 4, 12))
    assert run_checks(result(*arms), rule="arm-sizes", enrolled={"page:one": 25}) == []


# Further


def test_odds_that_are_infinite_are_no_number(checked: Checked) -> None:
    assert effect(checked, "1.00", measure="OR", table=(6, 6, 3, 6))[0] == "flag"


def test_ratios_with_everybody_in_one_group_are_computed(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 6, 8), group("control", 6, 6)), rule="effect-sizes")
    assert "RR 0.78 (0.49 to 1.23)" in done.statement
    assert "with 0.5 added to each cell" in done.statement
    (all_,) = checked(result(group("treatment", 8, 8), group("control", 6, 6)), rule="effect-sizes")
    assert "RR not estimable, OR not estimable" in all_.statement
    assert "0.5 added" not in all_.statement


@pytest.mark.parametrize(
    ("percent", "n", "remark"),
    [("35", 20, ""), ("38", 22, "One other reading"), ("12", 160, "2 other readings")],
)
def test_other_readings_are_counted(checked: Checked, percent: str, n: int, remark: str) -> None:
    arm = group("control", None, n, percent)
    (done,) = checked(result(group("treatment", 12, n), arm), rule="effect-sizes")
    assert ("reading" in done.statement) == bool(remark)
    assert remark in done.statement


def test_further_readings_are_summed_up(checked: Checked) -> None:
    def methods(n: int) -> set[str]:
        arms = (group("treatment", None, n, "12"), group("control", None, n, "30"))
        (done,) = checked(result(*arms, p=PValue("=", "0.9")), rule="p-value")
        return {attempt.method for attempt in done.attempts}

    assert "the same tests" not in methods(100)  # one reading
    assert "the same tests" in methods(400)  # five times four or more


def test_why_there_is_no_comparison_is_said(checked: Checked) -> None:
    p = PValue("<", "0.01")
    one, two, three = (group("treatment", x, 20) for x in (3, 9, 12))
    for arms, outcome, why in (
        ((one,), "fever", "One group only"),
        ((one, two, three), "fever", "More than two groups"),
        ((one, two), "number of adverse events", "What was counted is not"),
    ):
        (done,) = checked(result(*arms, outcome=outcome, p=p), rule="p-value")
        assert (done.verdict, done.not_checkable.startswith(why)) == ("cannot check", True)


def test_a_logistic_regression_on_the_group_alone_is_recognised(checked: Checked) -> None:
    p = PValue("=", "0.1829", "logistic regression")
    finding = result(group("treatment", 6, 20), group("control", 12, 24), p=p)
    (done,) = checked(finding, rule="p-value")
    assert (done.verdict, "Wald test of the log odds ratio" in done.statement) == ("note", True)


def test_the_bound_names_the_groups_as_the_record_does(checked: Checked) -> None:
    def order(one: str, two: str) -> str:
        arms = (group("unknown", 8, 20, label=one), group("unknown", 12, 21, label=two))
        finding = result(*arms, family="mortality", p=PValue("<", "0.0001"))
        (done,) = checked(finding, rule="p-value")
        assert done.verdict == "flag"
        return done.statement.partition("(")[2].partition(")")[0]

    assert order("A", "B") == 'every death in the group "B" before every death in the group "A"'
    assert order("", "") == "every death in one group before every death in the other"


def test_a_size_is_not_certain_where_results_have_different_ones(checked: Checked) -> None:
    # 29% of 12, 11 or 10 cannot be
    arm = group("control", None, 12, "29", n_origin="recovered", recovery="from another result")
    first = result(group("treatment", 5, 13), arm)
    same = result(group("treatment", 6, 13), group("control", 3, 12), ordinal=2)
    other = result(group("treatment", 6, 13), group("control", 3, 15), ordinal=2)
    verdicts = [checked(first, f, rule="percent-attainable")[0].verdict for f in (same, other)]
    assert verdicts == ["flag", "note"]


@pytest.mark.parametrize(
    ("percent", "n", "left_out"),
    [
        ("8.7", 22, ""),  # of 23, which is not smaller
        ("6.3", 20, "1/16 is 6.3%"),  # a fifth fewer
        ("6.3", 22, ""),  # more than a fifth fewer
        ("9.5", 22, "2/21 is 9.5%"),
    ],
)
def test_up_to_a_fifth_may_be_left_out(
    checked: Checked, percent: str, n: int, left_out: str
) -> None:
    (done,) = checked(result(group("control", None, n, percent)), rule="percent-attainable")
    assert ("left out" in done.statement) == bool(left_out)
    assert left_out in done.statement


def test_sizes_about_a_count_that_fits_none_are_shown(checked: Checked) -> None:
    (done,) = checked(result(group("treatment", 7, None, "51")), rule="percent-attainable")
    assert done.statement == (
        "7 is 51% of no whole number of patients: 7/13 is 53.8%, 7/14 is 50.0%, 7/15 is 46.7%."
    )


@pytest.mark.parametrize(
    ("p", "text", "wanted"),
    [
        (0.0004, "0.000", 2), (0.0005, "0.000", 1), (0.0009, "0.000", 1), (0.001, "0.000", 0),
        (0.0485, "0.048", 2), (0.0486, "0.048", 1), (0.0491, "0.048", 0), (0.0469, "0.048", 0),
        (1.26e-5, "1.2e-5", 1), (1.31e-5, "1.2e-5", 0), (0.94, "1", 0),
        (0.96, "1", 1), (0.98, "1", 2),
    ],
)  # fmt: skip
def test_what_a_printed_p_covers(p: float, text: str, wanted: int) -> None:
    assert agreement(p, PValue("=", text)) == wanted


def test_an_impossible_group_is_named(checked: Checked) -> None:
    def statement(label: str) -> str:
        arm = group("treatment", 9, 8, label=label)
        return checked(result(arm, outcome="fever"), rule="counts-sane")[0].statement

    assert statement("high dose").startswith("fever (high dose): 9 patients")
    assert statement("").startswith("fever: 9 patients")


def test_odds_may_be_printed_for_the_other_group(checked: Checked) -> None:
    # (12/12)/(6/14) = 2.33; its standard error is √(1/6 + 1/14 + 1/12 + 1/12)
    verdict, text = effect(checked, "2.33", "0.67", "8.09")
    assert (verdict, "only as odds ratio, groups exchanged of 6/20" in text) == ("note", True)
    # Peto's and the conditional odds ratio of the exchanged groups
    verdict, text = effect(checked, "0.16", "0.00", "8.20", measure="OR", table=(1, 6, 0, 5))
    assert (verdict, "Peto's odds ratio, groups exchanged" in text) == ("note", True)
    verdict, text = effect(checked, "6.39", "0.81", "85.89", measure="OR", table=(2, 12, 7, 12))
    assert (verdict, "conditional odds ratio, exact interval, groups exchanged" in text) == (
        "note", True,
    )  # fmt: skip


def test_a_size_without_any_result_stands_for_nothing(checked: Checked) -> None:
    assert said(group("control", None, 9)) == []
    finding = result(group("treatment", 3, 9), group("control", None, 9), p=PValue("=", "0.5"))
    assert checked(finding, rule="p-value")[0].verdict == "cannot check"
