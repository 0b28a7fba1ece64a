"""Checks of means, differences, intervals and scores, on findings made by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scipy import stats as reference

from trialweave.model import ArmResult, Check, Effect, Finding, PValue

from .conftest import run_checks


def measured(role: str, mean: str, sd: str = "", n: int | None = 20, **more: Any) -> ArmResult:
    more.setdefault("n_origin", "stated" if n is not None else "")
    return ArmResult(
        role=role, mean=float(mean), mean_printed=mean, n=n,  # type: ignore[arg-type]
        sd=float(sd) if sd else None, sd_printed=sd, **more,
    )  # fmt: skip


def finding(*arms: ArmResult, **fields: Any) -> Finding:
    fields.setdefault("outcome", "walking distance")
    fields.setdefault("kind", "continuous")
    return Finding(finding_id="page:one#1", record_id="page:one", arms=arms, **fields)


def only(rule: str, one: Finding) -> Check:
    (found,) = run_checks(one, rule=rule)
    return found


TWO = (measured("treatment", "52.3", "8.1", 20), measured("control", "46.9", "11.4", 32))


def p_of(kind: str) -> float:
    equal = kind == "student"
    return float(
        reference.ttest_ind_from_stats(52.3, 8.1, 20, 46.9, 11.4, 32, equal_var=equal).pvalue
    )


# p-value-means


@pytest.mark.parametrize("kind", ["student", "welch"])
def test_a_p_of_a_t_test_is_reproduced(kind: str) -> None:
    found = only("p-value-means", finding(*TWO, p=PValue("=", f"{p_of(kind):.3f}")))
    assert found.verdict == "consistent"
    name = "Student's t test" if kind == "student" else "Welch's t test"
    assert f"by {name} for 52.3 (SD 8.1, n 20) v 46.9 (SD 11.4, n 32)" in found.statement


def test_the_roundings_of_the_means_widen_the_p() -> None:
    arms = measured("treatment", "5", "2", 20), measured("control", "4", "2", 20)
    found = only("p-value-means", finding(*arms, p=PValue("=", "0.003", test="t test")))
    assert found.verdict == "consistent"  # 5.4 and 3.5 with spreads of 1.5 would give it
    exact = measured("treatment", "5.00", "2.00", 20), measured("control", "4.00", "2.00", 20)
    found = only("p-value-means", finding(*exact, p=PValue("=", "0.003", test="t test")))
    assert found.verdict == "flag"
    assert "cannot be reproduced from the numbers given" in found.statement
    assert found.innocent
    assert not any(attempt.agrees for attempt in found.attempts)


def test_a_standard_error_printed_as_deviation_is_named() -> None:
    p = reference.ttest_ind_from_stats(10.0, 1.2 * 20**0.5, 20, 14.0, 1.4 * 25**0.5, 25).pvalue
    arms = measured("treatment", "10.0", "1.2", 20), measured("control", "14.0", "1.4", 25)
    found = only("p-value-means", finding(*arms, p=PValue("=", f"{p:.3f}", test="t test")))
    assert found.verdict == "note"
    assert "the printed SDs taken as standard errors" in found.statement


def test_a_one_sided_p_and_exchanged_sizes_are_notes() -> None:
    found = only("p-value-means", finding(*TWO, p=PValue("=", f"{p_of('student') / 2:.4f}")))
    assert found.verdict == "note"
    assert "one-sided" in found.statement
    arms = (
        measured("treatment", "52.30", "8.10", 9), measured("control", "46.90", "14.40", 90)
    )  # fmt: skip
    p = reference.ttest_ind_from_stats(52.3, 8.1, 90, 46.9, 14.4, 9).pvalue
    found = only("p-value-means", finding(*arms, p=PValue("=", f"{p:.4f}")))
    assert found.verdict == "note"
    assert "sizes of the groups exchanged" in found.statement


def test_a_standard_error_is_read_as_such() -> None:
    arms = tuple(
        ArmResult(role=role, mean=mean, mean_printed=f"{mean}", n=16, se=se, se_printed=f"{se}")  # type: ignore[arg-type]
        for role, mean, se in (("treatment", 10.0, 1.2), ("control", 14.0, 1.4))
    )
    p = reference.ttest_ind_from_stats(10, 4.8, 16, 14, 5.6, 16).pvalue
    found = only("p-value-means", finding(*arms, p=PValue("=", f"{p:.3f}")))
    assert found.verdict == "consistent"
    assert "SE 1.2" in found.statement


def test_an_interval_of_the_mean_gives_its_spread() -> None:
    half1, half2 = (reference.t.ppf(0.975, 15) * se for se in (1.2, 1.4))
    arms = tuple(
        ArmResult(role=role, mean=mean, mean_printed=f"{mean:.2f}", n=16, limits="CI",  # type: ignore[arg-type]
                  lower=round(mean - half, 2), upper=round(mean + half, 2))
        for role, mean, half in (("treatment", 10.0, half1), ("control", 14.0, half2))
    )  # fmt: skip
    p = reference.ttest_ind_from_stats(10, 4.8, 16, 14, 5.6, 16).pvalue
    assert only("p-value-means", finding(*arms, p=PValue("=", f"{p:.3f}"))).verdict == "consistent"


@pytest.mark.parametrize(
    "test",
    ["", "Mann-Whitney U test", "paired t test", "Student's t test or Mann-Whitney U test",
     "t test, adjusted", "t test on log-transformed values"],
)  # fmt: skip
def test_other_tests_cannot_be_excluded(test: str) -> None:
    found = only("p-value-means", finding(*TWO, p=PValue("=", "0.9", test=test)))
    assert found.verdict == "note"
    assert found.not_checkable


def test_an_unpaired_t_test_is_a_t_test() -> None:
    found = only("p-value-means", finding(*TWO, p=PValue("=", "0.9", test="unpaired t-test")))
    assert found.verdict == "flag"


def test_a_mann_whitney_test_of_few_has_a_smallest_p() -> None:
    few = measured("treatment", "9.0", "2.0", 4), measured("control", "4.0", "2.0", 4)
    tiny = PValue("<", "0.001", test="Mann-Whitney U test")
    found = only("p-value-means", finding(*few, p=tiny))
    assert found.verdict == "flag"
    assert "4 v 4 patients give P = 0.008, one-sided" in found.statement  # that of z² = 7
    assert not found.attempts[-1].agrees
    half = PValue("=", "0.004", test="Mann-Whitney U test")
    assert only("p-value-means", finding(*few, p=half)).verdict != "flag"
    pairs = PValue("<", "0.001", test="Wilcoxon signed-rank test")
    assert only("p-value-means", finding(*few, p=pairs)).verdict != "flag"
    (medians,) = run_checks(
        finding(*(ArmResult(role=r, median=5.0, n=4) for r in ("treatment", "control")), p=tiny),  # type: ignore[arg-type]
        rule="p-value-means",
    )
    assert medians.verdict == "flag"
    enough = PValue("=", "0.02", test="Mann-Whitney U test")
    assert only("p-value-means", finding(*few, p=enough)).verdict != "flag"


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        (TWO[:1], "One group only"),
        ((*TWO, measured("unknown", "3")), "More than two"),
        ((TWO[0], measured("control", "46.9", "", 20)), "standard deviation"),
        ((TWO[0], measured("control", "46.9", "3", None)), "how many patients"),
        ((TWO[0], ArmResult(role="control", median=4.0, n=20)), "medians"),
        ((measured("total", "5", "1"), TWO[0]), "two groups to compare"),
    ],
)
def test_what_cannot_be_checked_says_why(arms: tuple[ArmResult, ...], why: str) -> None:
    found = only("p-value-means", finding(*arms, p=PValue("=", "0.03")))
    assert found.verdict == "cannot check"
    assert why in found.not_checkable


def test_a_p_beside_an_adjusted_effect_is_not_of_the_means() -> None:
    effect = Effect("MD", "5.0", "1.0", "9.0", adjusted=True)
    one = finding(*TWO, p=PValue("=", "0.9"), effect=effect)
    assert only("p-value-means", one).verdict == "cannot check"


def test_an_unreadable_p_is_left_alone() -> None:
    assert run_checks(finding(*TWO, p=PValue("=", "n.s.")), rule="p-value-means") == []


# mean-difference


def difference(kind: str, level: float = 0.95) -> tuple[float, float, float]:
    gen = reference.ttest_ind_from_stats(52.3, 8.1, 20, 46.9, 11.4, 32, equal_var=kind == "student")
    low, high = 5.4 - 1, 5.4 + 1
    half = abs(5.4 / gen.statistic)
    df = 50.0
    if kind == "welch":
        v1, v2 = 8.1**2 / 20, 11.4**2 / 32
        df = (v1 + v2) ** 2 / (v1**2 / 19 + v2**2 / 31)
    q = float(reference.t.ppf(0.5 + level / 2, df))
    low, high = 5.4 - q * half, 5.4 + q * half
    return 5.4, low, high


@pytest.mark.parametrize("kind", ["student", "welch"])
@pytest.mark.parametrize("level", ["95", "90"])
def test_a_mean_difference_with_its_interval_is_reproduced(kind: str, level: str) -> None:
    texts = [f"{x:.1f}" for x in difference(kind, float(level) / 100)]
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", *texts, level=level)))
    assert found.verdict == "consistent"
    assert "difference of the means, interval of" in found.statement
    turned = [f"{-x:.1f}" for x in difference(kind, float(level) / 100)]
    turned = [turned[0], turned[2], turned[1]]
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", *turned, level=level)))
    assert found.verdict == "note"
    assert "groups exchanged" in found.statement


def test_a_difference_without_spreads_is_compared_alone() -> None:
    arms = measured("treatment", "52.3"), measured("control", "46.9")
    found = only("mean-difference", finding(*arms, effect=Effect("MD", "5.4", "1.0", "9.8")))
    assert found.verdict == "consistent"
    assert "spreads for its interval are not stated" in found.statement


def test_an_interval_of_another_method_is_a_note() -> None:
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", "5.4", "4.0", "6.8")))
    assert found.verdict == "note"
    assert "its interval not" in found.statement


def test_a_difference_near_the_crude_one_may_be_adjusted() -> None:
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", "7.1", "2.0", "12.2")))
    assert found.verdict == "note"
    assert "near enough for an adjusted difference" in found.statement


def test_a_difference_far_from_the_crude_one_is_flagged() -> None:
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", "54.0", "49.0", "59.0")))
    assert found.verdict == "flag"
    assert "cannot be reproduced from the numbers given" in found.statement
    said = Effect("MD", "54.0", "49.0", "59.0", adjusted=True)
    assert only("mean-difference", finding(*TWO, effect=said)).verdict == "cannot check"


def test_a_difference_in_percent_of_the_control_mean() -> None:
    found = only("mean-difference", finding(*TWO, effect=Effect("MD", "11.5")))
    assert found.verdict == "note"
    assert "in percent of the second mean" in found.statement


def test_standardised_differences_are_never_flagged() -> None:
    pooled = ((19 * 8.1**2 + 31 * 11.4**2) / 50) ** 0.5
    d = 5.4 / pooled
    for value, verdict in ((d, "consistent"), (-d, "note"), (5.4 / 8.1, "note"), (9.0, "note")):
        found = only("mean-difference", finding(*TWO, effect=Effect("SMD", f"{value:.2f}")))
        assert found.verdict == verdict
    assert "as far as tried" in found.statement


def test_ratios_of_means_are_left_alone() -> None:
    assert run_checks(finding(*TWO, effect=Effect("HR", "0.5")), rule="mean-difference") == []


# interval


def alone(measure: str, *texts: str, p: PValue | None = None, **more: Any) -> Finding:
    return finding(kind="effect", effect=Effect(measure, *texts, **more), p=p)


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        (("0.33", "0.09", "1.18"), "consistent", "in the middle"),
        (("33", "0.09", "1.18"), "flag", "does not lie within"),
        (("0.33", "1.18", "0.09"), "note", "reverse order"),
        (("0.50", "0.09", "1.18"), "note", "not in the middle"),
        (("0.33", "0.00", "1.18"), "consistent", "lies within"),
        (("-0.4", "-1.1", "0.3"), "note", "cannot be negative"),
        (("1.19", "1.20", "1.30"), "note", "not in the middle"),
    ],
)
def test_intervals_of_a_ratio(texts: tuple[str, ...], verdict: str, words: str) -> None:
    found = only("interval", alone("OR", *texts))
    assert found.verdict == verdict
    assert words in found.statement


def test_intervals_of_a_difference_are_even_without_logarithms() -> None:
    assert only("interval", alone("MD", "-2.0", "-3.0", "-1.0")).verdict == "consistent"
    assert only("interval", alone("MD", "-2.0", "-4.0", "-1.0")).verdict == "note"
    assert only("interval", alone("MD", "2.0", "-3.0", "-1.0")).verdict == "flag"


@pytest.mark.parametrize(
    "effect",
    [Effect("MD", "2.0"), Effect("beta", "2", "1", "3"), Effect("MD", "x", "1", "3"),
     Effect("MD", "2", "1", "3", level="n.r.")],
)  # fmt: skip
def test_what_is_no_interval_is_left_alone(effect: Effect) -> None:
    one = finding(kind="effect", effect=effect, p=PValue("=", "0.03"))
    assert run_checks(one, rule="interval") == []
    assert run_checks(one, rule="p-interval") == []


# p-interval


@pytest.mark.parametrize(
    ("p", "verdict", "words"),
    [
        (PValue("=", "0.09"), "consistent", "from the interval, normal"),
        (PValue(">", "0.05"), "consistent", "goes with"),
        (PValue("=", "0.045"), "note", "only"),  # one-sided
        (PValue("=", "0.20"), "note", "does not follow"),
        (PValue("<", "0.001"), "flag", "One excludes no effect"),
        (PValue("=", "0.001"), "flag", "One excludes no effect"),
    ],
)
def test_a_p_beside_an_interval_about_no_effect(p: PValue, verdict: str, words: str) -> None:
    found = only("p-interval", alone("HR", "0.33", "0.09", "1.18", p=p))
    assert found.verdict == verdict
    assert words in found.statement


def test_a_p_beside_an_interval_off_no_effect() -> None:
    one = ("HR", "0.50", "0.35", "0.71")
    assert only("p-interval", alone(*one, p=PValue("<", "0.001"))).verdict == "consistent"
    assert only("p-interval", alone(*one, p=PValue("=", "0.40"))).verdict == "flag"
    assert only("p-interval", alone(*one, p=PValue(">", "0.05"))).verdict == "flag"
    assert only("p-interval", alone(*one, p=PValue("=", "0.010"))).verdict == "note"


@pytest.mark.parametrize("test", ["log-rank test", "Fisher's exact test"])
def test_a_p_of_a_named_test_need_not_go_with_the_interval(test: str) -> None:
    p = PValue("<", "0.001", test=test)
    assert only("p-interval", alone("HR", "0.33", "0.09", "1.18", p=p)).verdict == "note"


def test_a_p_of_an_interaction_is_left_alone() -> None:
    p = PValue("<", "0.001", test="P for interaction")
    assert run_checks(alone("HR", "0.33", "0.09", "1.18", p=p), rule="p-interval") == []


def test_a_p_beside_the_interval_of_a_difference() -> None:
    assert only("p-interval", alone("MD", "2.0", "1.0", "3.0", p=PValue("=", "0.6"))).verdict == (
        "flag"
    )
    assert only(
        "p-interval", alone("MD", "0.2", "-1.0", "1.4", p=PValue("<", "0.001"))
    ).verdict == ("flag")
    ninety = alone("MD", "1.0", "0.1", "1.9", p=PValue("=", "0.07"), level="90")
    assert only("p-interval", ninety).verdict == "consistent"


def test_very_wide_intervals_are_those_of_empty_cells() -> None:
    p = PValue("=", "0.003")
    wide = alone("OR", "9.9", "0.4", "245", p=p, adjusted=True)
    assert only("p-interval", wide).verdict == "note"


def test_crude_effects_of_counts_are_never_flagged() -> None:
    one = ("OR", "0.33", "0.09", "1.18")
    p = PValue("<", "0.001")
    assert only("p-interval", alone(*one, p=p)).verdict == "note"
    assert only("p-interval", alone(*one, p=p, adjusted=True)).verdict == "flag"


def test_limits_printed_as_zero_cannot_be_checked() -> None:
    found = only("p-interval", alone("HR", "0.33", "0.00", "1.18", p=PValue("=", "0.2")))
    assert found.verdict == "cannot check"


def test_the_p_of_a_small_difference_is_of_t() -> None:
    """Four patients a group: the interval and the P are both of t with 6 degrees of freedom."""
    q = float(reference.t.ppf(0.975, 6))
    texts = [f"{x:.3f}" for x in (2.5, 2.5 - q, 2.5 + q)]
    p = 2 * float(reference.t.sf(2.5, 6))
    arms = measured("treatment", "9", "1", 4), measured("control", "6.5", "1", 4)
    one = finding(*arms, effect=Effect("MD", *texts), p=PValue("=", f"{p:.4f}"))
    found = only("p-interval", one)
    assert found.verdict == "consistent"
    assert "t with 6 degrees of freedom" in found.statement


# grim, grimmer, debit, sd-bounds, sums


def score(mean: str, sd: str = "", n: int = 20, outcome: str = "PHQ-9", **more: Any) -> Finding:
    fields = {k: more.pop(k) for k in ("note", "change", "effect", "unit") if k in more}
    return finding(measured("single", mean, sd, n, **more), outcome=outcome, **fields)


@pytest.mark.parametrize(
    ("mean", "verdict"), [("7.15", "consistent"), ("7.14", "note"), ("7.17", "flag")]
)
def test_means_of_whole_scores(mean: str, verdict: str) -> None:
    found = only("grim", score(mean, n=20))
    assert found.verdict == (verdict if mean != "7.14" else "flag")
    if verdict == "flag":
        assert "7.15" in found.statement
        assert "With 18 patients it can" in found.statement


def test_a_mean_cut_off_is_a_note() -> None:
    assert only("grim", score("7.66", n=3)).verdict == "note"  # 23/3 is 7.667
    assert only("grim", score("7.67", n=3)).verdict == "consistent"


def test_a_size_from_elsewhere_makes_it_a_note() -> None:
    assert (
        only("grim", score("7.17", n_origin="stated", recovery="of the methods")).verdict == "note"
    )


def test_much_smaller_groups_explain_nothing() -> None:
    """11.33 is that of three, six, nine … patients, and nine of eleven may have been measured."""
    elsewhere = score("11.33", n=11, n_origin="stated", recovery="of the methods")
    found = only("grim", elsewhere)
    assert found.verdict == "note"  # nine of eleven
    assert "With 9 patients" in found.statement
    few = score("11.33", n=5, n_origin="stated", recovery="of the methods")
    assert only("grim", few).verdict == "flag"  # four of five do not give it


def test_only_whole_numbers_are_tested() -> None:
    (open_,) = run_checks(score("7.17", outcome="fatigue score"), rule="grim")
    assert open_.verdict == "cannot check"
    assert "whole numbers" in open_.not_checkable
    for outcome in ("weight", "C-reactive protein", "PHQ-9, adjusted mean"):
        assert run_checks(score("7.17", outcome=outcome), rule="grim") == []
    assert run_checks(score("7.17", n=300), rule="grim") == []  # every mean can occur
    modelled = score("7.17", effect=Effect("MD", "1", adjusted=True))
    assert run_checks(modelled, rule="grim") == []


@pytest.mark.parametrize(
    "outcome", ["number of swollen joints", "number of new lesions", "count of exacerbations"]
)
def test_counted_things_are_whole(outcome: str) -> None:
    assert only("grim", score("7.17", outcome=outcome)).verdict == "flag"
    assert run_checks(score("7.17", outcome=f"{outcome} per month"), rule="grimmer") == []


def test_averages_over_items_have_finer_means() -> None:
    outcome = "satisfaction, mean of 5 items"
    assert only("grim", score("3.19", n=10, outcome=outcome)).verdict == "flag"
    assert only("grim", score("3.18", n=10, outcome=outcome)).verdict == "consistent"


@pytest.mark.parametrize(
    ("sd", "verdict"),
    [("8.922", "consistent"), ("8.464", "note"), ("2.821", "note"), ("8.927", "flag")],
)
def test_spreads_of_whole_scores(sd: str, verdict: str) -> None:
    """Of 0, 3, 6, 9, 12, 15, 18, 21, 24, 26: by n − 1, by n, as standard error, and of none."""
    found = only("grimmer", score("13.40", sd, n=10))
    assert found.verdict == verdict
    if verdict == "note":
        assert "only where it is" in found.statement


def test_a_spread_too_large_for_the_scale_is_not_attainable() -> None:
    assert only("grimmer", score("13.5", "14.1", n=20)).verdict == "flag"
    bounded = score("5.0", "9.0", n=20, outcome="pain score (0-10)")
    found = only("sd-bounds", bounded)
    assert found.verdict == "flag"
    assert "at most 5.13" in found.statement
    assert only("sd-bounds", score("5.0", "5.1", outcome="pain score (0-10)")).verdict == (
        "consistent"
    )


def test_a_mean_off_its_scale_is_flagged() -> None:
    assert only("sd-bounds", score("31.2", "2.0")).verdict == "flag"
    assert only("sd-bounds", score("-4.2", "2.0", change=True)).verdict == "consistent"
    assert only("sd-bounds", score("-4.2", "2.0", outcome="reduction in PHQ-9")).verdict == (
        "consistent"
    )


@pytest.mark.parametrize(
    "outcome",
    ["C-reactive protein (normal range 0 to 5)", "age (range 18 to 65)", "distance (0-10)",
     "pain score at 0 to 12 weeks", "symptom score (range 7 to 19)"],
)  # fmt: skip
def test_other_ranges_are_no_ends_of_a_scale(outcome: str) -> None:
    assert run_checks(score("70.0", "90.0", outcome=outcome), rule="sd-bounds") == []


def test_zeros_and_ones() -> None:
    outcome = "smoker (0 = no, 1 = yes)"
    assert only("debit", score("0.40", "0.50", 20, outcome)).verdict == "consistent"
    found = only("debit", score("0.40", "0.30", 20, outcome))
    assert found.verdict == "flag"
    assert "0.503" in found.statement
    assert run_checks(score("0.40", "0.30", 20, "smoking"), rule="debit") == []
    assert run_checks(score("1.40", "0.30", 20, outcome), rule="debit") == []


def counted(role: str, events: int, n: int) -> ArmResult:
    return ArmResult(role=role, events=events, n=n, events_origin="stated", n_origin="stated")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("total", "verdict"),
    [((9, 40), "consistent"), ((10, 40), "flag"), ((10, 60), "note")],
)
def test_groups_add_up_to_their_total(total: tuple[int, int], verdict: str) -> None:
    arms = counted("treatment", 4, 20), counted("control", 5, 20), counted("total", *total)
    found = only("sums", finding(*arms, kind="count"))
    assert found.verdict == verdict
    assert "4 + 5 is 9" in found.statement


def test_no_total_no_sum() -> None:
    arms = counted("treatment", 4, 20), counted("control", 5, 20)
    assert run_checks(finding(*arms, kind="count"), rule="sums") == []


def test_absurd_numbers_crash_nothing() -> None:
    """Typed outcomes for what no record should say."""
    for n in (-3, 0, 1, 10**12):
        arms = tuple(
            ArmResult(role=role, mean=float("nan"), mean_printed="9" * 40, sd=-1.0, n=n,  # type: ignore[arg-type]
                      sd_printed="-1")
            for role in ("treatment", "control")
        )  # fmt: skip
        effect = Effect("MD", "9" * 30, "-" * 9, "1e999")
        for outcome in ("PHQ-9", "smoker (0 = no)", "x" * 10_000):
            run_checks(finding(*arms, outcome=outcome, p=PValue("=", "0.000"), effect=effect))


@pytest.mark.parametrize(
    ("sd", "verdict", "words"),
    [
        ("0.50", "consistent", "can occur"),
        ("0.49", "note", "only where it is divided by n"),
        ("0.11", "note", "only where it is a standard error"),
        ("0.30", "flag", "it would be about 0.503"),
    ],
)
def test_ways_to_print_the_spread_of_zeros_and_ones(sd: str, verdict: str, words: str) -> None:
    found = only("debit", score("0.40", sd, 20, "smoker (0 = no, 1 = yes)"))
    assert found.verdict == verdict
    assert words in found.statement
    assert bool(found.innocent) == (verdict == "flag")


def test_a_difference_that_nothing_measures_is_not_called_near() -> None:
    bare = measured("treatment", "52.3"), measured("control", "46.9")
    for effect in (Effect("MD", "40"), Effect("MD", "40", "35", "")):
        found = only("mean-difference", finding(*bare, effect=effect))
        assert found.verdict == "note"
        assert "near enough" not in found.statement
        assert "nothing tells" in found.statement


def test_a_spread_that_rounds_to_nothing_has_none_below_it() -> None:
    arms = measured("treatment", "5.00", "0", 20), measured("control", "4.00", "0", 20)
    found = only("mean-difference", finding(*arms, effect=Effect("SMD", "9.0")))
    assert found.verdict == "note"
    assert all(attempt.result != "2.00" for attempt in found.attempts)


def test_limits_in_reverse_order_are_put_in_order_for_the_p() -> None:
    effect = Effect("HR", "0.50", "0.80", "0.31")
    found = only("p-interval", finding(kind="effect", effect=effect, p=PValue("=", "0.004")))
    assert found.verdict == "consistent"
    other = only("p-interval", finding(kind="effect", effect=effect, p=PValue("=", "0.4")))
    assert other.verdict == "flag"


def test_many_patients_and_decimals_take_no_time() -> None:
    start = time.process_time()
    found = only("grim", score("7.123456789", n=90_000_000, outcome="PHQ-9"))
    assert found.verdict in ("flag", "note", "consistent")
    assert time.process_time() - start < 1.0
