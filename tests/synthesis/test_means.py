"""Comparisons of means: what is worked out, what is put together, and what is not used."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import ArmResult, Finding
from trialweave.synthesis import Chosen, LeftOut, Question, Selection, choose

from .conftest import Made

STAY = Question("hospital stay", measure="MD")


def measured(
    made: Made,
    record: str,
    *arms: ArmResult,
    outcome: str = "hospital stay",
    family: str = "hospital stay",
    unit: str = "days",
    days: float | None = 28,
    change: bool = False,
    **more: Any,
) -> str:
    """Add a finding of means; returns its id."""
    finding_id = f"{record}#{sum(one.record_id == record for one in made.findings)}"
    made.findings.append(
        Finding(
            finding_id, record, outcome, family, "continuous",
            time_days=days, unit=unit, change=change, arms=arms, **more,
        )
    )  # fmt: skip
    return finding_id


def arm(role: Any, n: int | None = 20, mean: float | None = 10.0, **more: Any) -> ArmResult:
    return ArmResult(more.pop("label", role), role, n=n, mean=mean, **more)


def pair(mean: float = 10.0, other: float = 12.0, sd: float = 4.0) -> tuple[ArmResult, ArmResult]:
    return arm("treatment", mean=mean, sd=sd), arm("control", 30, other, sd=sd)


def select(made: Made, question: Question = STAY) -> Selection:
    return choose(question, made.studies, made.records, made.findings)


def one_study(made: Made, *arms: ArmResult, **more: Any) -> None:
    record = made.record("a")
    made.study(record)
    measured(made, record, *arms, **more)


def only(made: Made, question: Question = STAY) -> Chosen:
    (one,) = select(made, question).chosen
    return one


def left(made: Made, question: Question = STAY) -> LeftOut:
    selection = select(made, question)
    assert not selection.chosen
    (one,) = selection.left_out
    return one


def test_printed_means_are_taken_as_they_are(made: Made) -> None:
    one_study(made, *pair())
    one = only(made)
    assert one.kind == "continuous"
    assert (one.treatment.n, one.treatment.mean, one.treatment.sd) == (20, 10.0, 4.0)
    assert (one.control.n, one.control.mean, one.control.sd) == (30, 12.0, 4.0)
    assert (one.treatment.events, one.unit, one.recovered, one.change) == (None, "days", (), False)
    assert one.why == "the only comparison with means in both groups"


@pytest.mark.parametrize(
    ("given_as", "sd", "how"),
    [
        ({"se": 0.5}, 0.5 * math.sqrt(20), "SD of treatment, from its standard error"),
        (
            # t with 19 degrees of freedom: 2.093024
            {"lower": 9.0, "upper": 11.0, "limits": "CI"}, math.sqrt(20) / 2.0930240544,
            "SD of treatment, from the interval of its mean, read as 95%",
        ),
    ],
)  # fmt: skip
def test_a_standard_deviation_worked_out_is_named(
    made: Made, given_as: dict[str, Any], sd: float, how: str
) -> None:
    one_study(made, arm("treatment", **given_as), arm("control", sd=4.0))
    one = only(made)
    assert one.treatment.sd == pytest.approx(sd, rel=1e-9)
    assert one.recovered == (how,)
    assert how in one.why


@pytest.mark.parametrize(("limits", "name"), [("IQR", "quartiles"), ("range", "range")])
def test_medians_give_means_by_luo_and_wan(made: Made, limits: Any, name: str) -> None:
    median = ArmResult(
        "cells", "treatment", n=29, median=11.0, lower=8.0, upper=14.0, limits=limits
    )
    one_study(made, median, arm("control", sd=4.0))
    one = only(made)
    assert one.treatment.mean == pytest.approx(11.0)  # symmetric: the median itself
    divisor = {"IQR": 1.2825, "range": 4.047}[limits]
    assert one.treatment.sd == pytest.approx(6 / divisor, rel=2e-3)
    assert one.recovered == (f"mean and SD of cells, from its median and {name}",)


def test_skewed_quartiles_are_said_to_be(made: Made) -> None:
    median = ArmResult("c", "treatment", n=50, median=2.0, lower=1.9, upper=9.0, limits="IQR")
    one_study(made, median, arm("control", sd=4.0))
    assert only(made).recovered == ("mean and SD of c, from its median and quartiles, "
                                    "which are skewed",)  # fmt: skip


@pytest.mark.parametrize(
    ("treated", "words"),
    [
        (arm("treatment", None, sd=1.0), "number of participants not known"),
        (arm("treatment", 1, sd=1.0), "fewer than two participants"),
        (arm("treatment"), "no standard deviation, standard error or interval"),
        (arm("treatment", lower=1.0, upper=20.0, limits="IQR"), "no standard deviation"),
        (arm("treatment", sd=0.0), "a standard deviation of 0"),
        (arm("treatment", sd=-1.0), "no number"),
        (arm("treatment", mean=math.inf, sd=1.0), "no number"),
        (arm("treatment", se=-1.0), "a standard error below 0"),
        (arm("treatment", lower=11.0, upper=12.0, limits="CI"), "outside its own interval"),
        (arm("treatment", mean=None), "no mean or median"),
        (ArmResult("t", "treatment", n=20, median=3.0), "a median without quartiles or range"),
        (
            ArmResult("t", "treatment", n=20, median=3.0, lower=1.0, upper=4.0, limits="CI"),
            "a median without quartiles or range",
        ),
        (
            ArmResult("t", "treatment", n=4, median=3.0, lower=1.0, upper=4.0, limits="IQR"),
            "no mean from a median: there are fewer than five in the sample",
        ),
        (
            ArmResult("t", "treatment", n=20, median=9.0, lower=1.0, upper=4.0, limits="IQR"),
            "no mean from a median: the quantiles are not in ascending order",
        ),
        (arm("unknown", sd=1.0), "not told which group"),
    ],
)
def test_what_cannot_be_used_says_why(made: Made, treated: ArmResult, words: str) -> None:
    one_study(made, treated, arm("control", sd=4.0))
    one = left(made)
    assert one.kind == "not usable"
    assert words in one.why


def test_counts_give_no_means_and_baseline_is_no_outcome(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (1, 20), (2, 20), family="hospital stay")
    measured(made, record, *pair(), days=0)
    measured(made, record, *pair(), days=None, outcome="hospital stay: baseline")
    why = left(made).why
    assert why == "no means or medians; measured at the start, before the treatment"


def test_groups_that_share_a_control_are_put_together(made: Made) -> None:
    low = arm("treatment", 11, 10.0, sd=2.0, label="low")
    high = arm("treatment", 8, 14.0, sd=3.0, label="high")
    control = arm("control", 24, 12.0, sd=4.0)
    one_study(made, low, high, control)
    one = only(made)
    mean = (11 * 10 + 8 * 14) / 19
    square = (10 * 4 + 7 * 9 + 11 * (10 - mean) ** 2 + 8 * (14 - mean) ** 2) / 18
    assert one.treatment.n == 19
    assert one.treatment.mean == pytest.approx(mean, rel=1e-12)
    assert one.treatment.sd == pytest.approx(math.sqrt(square), rel=1e-12)
    assert "added: low, high" in one.why

    made.findings.clear()  # the same in comparisons of their own
    first = measured(made, "extraction:a", low, control)
    second = measured(made, "extraction:a", high, control)
    again = only(made)
    assert again.finding_ids == (first, second)
    assert again.treatment == one.treatment
    assert {each.why_not for each in again.alternatives} == {
        "one of several treatment groups beside the same control"
    }
    whole = measured(  # and where the report gives the sum itself
        made, "extraction:a", arm("treatment", 19, 11.7, sd=3.2, label="both"), control
    )
    assert only(made).finding_ids == (whole,)
    assert only(made).treatment.mean == 11.7
    made.findings.pop()
    measured(  # another group of the same size is no sum
        made, "extraction:a", arm("treatment", 19, 15.0, sd=3.2, label="other"), control
    )
    assert len(only(made).finding_ids) == 3


def test_a_factorial_trial_s_groups_are_not_added(made: Made) -> None:
    from trialweave.model import Trial

    from .conftest import value

    trial = Trial(allocation=value("randomised"), intervention_model=value("Factorial"))
    made.record("a", trial=trial)
    made.study("extraction:a")
    arms = (arm("treatment", label="x", sd=1.0), arm("treatment", label="y", sd=1.0))
    measured(made, "extraction:a", *arms, arm("control", sd=1.0))
    assert left(made).why == "treatment groups that may overlap are not added"


@pytest.mark.parametrize(
    ("outcome", "signs", "sign"),
    [
        ("change in CRP", (-3.0, 2.0), 1),
        ("reduction in CRP", (3.0, 2.0), -1),
        ("decrease in CRP from baseline", (0.0, 2.0), -1),
        ("CRP reduction at week 4", (3.0, 2.0), -1),
        ("weight loss", (3.0, 2.0), -1),
        ("mean CRP decline", (3.0, 2.0), -1),
        ("change in CRP after dose reduction of steroids", (3.0, 2.0), 1),
        ("CRP under lipid-lowering drugs", (3.0, 2.0), 1),
        ("CRP change from baseline, for improvement", (3.0, 2.0), 1),
        ("hearing loss score", (3.0, 2.0), 1),
    ],
)
def test_reductions_become_changes(
    made: Made, outcome: str, signs: tuple[float, float], sign: int
) -> None:
    one_study(made, *pair(*signs), outcome=outcome, family="CRP", unit="mg/L", change=True)
    one = only(made, Question("CRP", measure="MD"))
    assert (one.treatment.mean, one.control.mean) == (sign * signs[0], sign * signs[1])
    assert one.change
    assert bool(one.recovered) is (sign < 0)
    assert "changes from the start, whose differences may be pooled" in one.why


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("improvement in CRP", "told as an improvement"),
        ("worsening of CRP", "told as an improvement or worsening"),
        ("reduction in CRP", "a reduction with negative numbers"),
    ],
)
def test_changes_of_unclear_sign_are_not_used(made: Made, outcome: str, words: str) -> None:
    one_study(made, *pair(-3.0, 2.0), outcome=outcome, family="CRP")
    assert words in left(made, Question("CRP", measure="MD")).why


def test_negative_means_are_changes_but_on_scores(made: Made) -> None:
    one_study(made, *pair(-3.0, -1.0))
    assert only(made).change
    made.findings.clear()
    measured(made, "extraction:a", *pair(-3.0, -1.0), outcome="BMI z-score")
    assert not only(made).change


def test_final_values_come_before_changes_of_the_same_time(made: Made) -> None:
    one_study(made, *pair(-2.0, -1.0), change=True)
    final = measured(made, "extraction:a", *pair())
    one = only(made)
    assert one.finding_id == final
    assert [each.why_not for each in one.alternatives] == ["changes from the start"]


def test_a_ratio_of_means_needs_final_values_above_zero(made: Made) -> None:
    ratio = Question("hospital stay", measure="ROM")
    one_study(made, *pair(), change=True)
    assert "needs final values" in left(made, ratio).why
    made.findings.clear()
    measured(made, "extraction:a", *pair(0.0))
    assert "needs means above 0" in left(made, ratio).why
    made.findings.clear()
    measured(made, "extraction:a", *pair())
    assert only(made, ratio).treatment.mean == 10.0


def several(made: Made, *units: str, changes: tuple[bool, ...] = ()) -> None:
    for i, unit in enumerate(units):
        record = made.record(f"s{i}")
        made.study(record)
        change = changes[i] if changes else False
        measured(made, record, *pair(), unit=unit, family="CRP", outcome="CRP", change=change)


def test_differences_of_means_are_of_the_unit_that_most_studies_use(made: Made) -> None:
    several(made, "mg/dL", "mg/l", "mg/L", "")
    selection = select(made, Question("CRP", measure="MD"))
    assert {one.study_id[-2:] for one in selection.chosen} == {"S1", "S2"}
    assert {(one.kind, one.why) for one in selection.left_out} == {
        ("unit", "means in mg/dL, most studies' in mg/L"),
        ("unit", "means in a unit that is not told, most studies' in mg/L"),
    }
    for measure in ("SMD", "ROM"):
        question = Question("CRP", measure=measure)  # type: ignore[arg-type]
        assert len(select(made, question).chosen) == 4


def test_of_as_many_studies_a_told_unit_comes_first(made: Made) -> None:
    several(made, "", "mg/L")
    (one,) = select(made, Question("CRP", measure="MD")).chosen
    assert one.unit == "mg/L"


@pytest.mark.parametrize(
    ("changes", "taken"), [((True, False, True), True), ((True, False), False)]
)
def test_standardised_differences_do_not_mix_changes_and_final_values(
    made: Made, changes: tuple[bool, ...], taken: bool
) -> None:
    several(made, *["mg/L"] * len(changes), changes=changes)
    selection = select(made, Question("CRP", measure="SMD"))
    assert {one.change for one in selection.chosen} == {taken}
    assert [one.kind for one in selection.left_out] == ["change"]
    assert "standardised differences do not mix with" in selection.left_out[0].why
    assert len(select(made, Question("CRP", measure="MD")).chosen) == len(changes)


def test_several_quantities_of_one_family_are_told_apart(made: Made) -> None:
    for i, outcome in enumerate(("SpO2 on day 7", "SpO2", "PaO2/FiO2")):
        record = made.record(f"s{i}")
        made.study(record)
        measured(made, record, *pair(), outcome=outcome, family="oxygenation", unit="")
    selection = select(made, Question("oxygenation", measure="MD"))
    assert len(selection.chosen) == 2
    assert selection.left_out[0].why == "measures fio2 pao2, most studies spo2"
    (_, *rest) = select(made, Question("oxygenation", measure="SMD")).chosen
    assert "that all scales point one way is not known" in rest[0].why


@given(
    st.lists(
        st.tuples(st.sampled_from(["mg/L", "mg/dL", ""]), st.booleans(), st.integers(1, 3)),
        min_size=1, max_size=7,
    ),
    st.sampled_from(["MD", "SMD", "ROM"]),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_order_does_not_matter_and_what_is_pooled_is_alike(
    studies: list[Any], measure: Any, random: Any
) -> None:
    made = Made()
    for i, (unit, change, times) in enumerate(studies):
        record = made.record(f"s{i}")
        made.study(record)
        for time in range(times):
            measured(
                made, record, *pair(5.0 + time), unit=unit, family="CRP", outcome="CRP",
                change=change, days=7.0 * time + 7,
            )  # fmt: skip
    question = Question("CRP", measure=measure)
    selection = select(made, question)
    told = [one.study_id for one in (*selection.chosen, *selection.left_out)]
    assert sorted(told) == sorted(study.study_id for study in made.studies)
    if measure == "MD":
        assert len({one.unit for one in selection.chosen}) == 1
    if measure == "SMD":
        assert len({one.change for one in selection.chosen}) == 1
    random.shuffle(made.studies)
    assert select(made, question) == selection
