"""Effects as reported: when they are taken, and that their direction is told."""

from __future__ import annotations

from typing import Any

import pytest

from trialweave.model import ArmResult, Effect, Finding
from trialweave.synthesis import Chosen, Question, Stated, choose

from .conftest import Made

DEATH = Question("mortality", measure="HR")
TREATED, CONTROL = ArmResult("cells", "treatment"), ArmResult("placebo", "control")


def effect(measure: str = "HR", estimate: str = "0.80", lower: str = "0.60", upper: str = "1.10",
           **more: Any) -> Effect:  # fmt: skip
    return Effect(measure, estimate, lower, upper, **more)


def told(
    made: Made,
    stated: Effect | None,
    *arms: ArmResult,
    family: str = "mortality",
    kind: Any = "effect",
    **more: Any,
) -> str:
    """Add a finding of an effect to a study of its own, or to the only one; returns its id."""
    if not made.studies:
        made.study(made.record("a"))
    finding_id = f"extraction:a#{len(made.findings)}"
    made.findings.append(
        Finding(
            finding_id, "extraction:a", more.pop("outcome", "death"), family, kind,
            time_days=28, arms=arms or (TREATED, CONTROL), effect=stated, **more,
        )
    )  # fmt: skip
    return finding_id


def only(made: Made, question: Question = DEATH) -> Chosen:
    (one,) = choose(question, made.studies, made.records, made.findings).chosen
    return one


def why_left(made: Made, question: Question = DEATH) -> str:
    selection = choose(question, made.studies, made.records, made.findings)
    assert not selection.chosen
    assert selection.left_out[0].kind == "not usable"
    return selection.left_out[0].why


def test_a_hazard_ratio_is_taken_as_reported(made: Made) -> None:
    told(made, effect(level="90"), ArmResult("cells", "treatment", n=20, events=3), CONTROL)
    one = only(made)
    assert (one.kind, one.stated) == ("effect", Stated("HR", 0.8, 0.6, 1.1, 0.9))
    assert (one.treatment.n, one.treatment.events, one.control.n) == (20, 3, None)
    assert one.why == (
        "the only effect that is reported with an interval; as reported, of the treated group, "
        "named first, over the control (whether adjusted is not told)"
    )


def test_adjustment_is_said(made: Made) -> None:
    told(made, effect(adjusted=True))
    assert "(adjusted)" in only(made).why


def test_counts_never_become_a_hazard_ratio(made: Made) -> None:
    told(made, None, ArmResult("c", "treatment", 1, 9), ArmResult("p", "control", 3, 9),
         kind="count")  # fmt: skip
    assert why_left(made) == "no hazard ratio is reported"


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_a_ratio_stands_in_only_where_nothing_gives_counts(made: Made, measure: Any) -> None:
    question = Question("mortality", measure=measure)
    told(made, effect(measure))
    one = only(made, question)
    assert one.stated == Stated(measure, 0.8, 0.6, 1.1)
    assert "no counts of both groups are reported" in one.why
    counted = made.finding("extraction:a", (3, 20), (6, 21))
    one = only(made, question)
    assert (one.finding_id, one.kind, one.stated) == (counted, "count", None)


def test_risk_differences_are_never_as_reported(made: Made) -> None:
    told(made, effect("RD"))
    assert why_left(made, Question("mortality", measure="RD")) == "no counts of participants"


def test_other_measures_do_not_stand_in(made: Made) -> None:
    told(made, effect("OR"))
    assert why_left(made) == "no hazard ratio is reported"
    why = why_left(made, Question("mortality", measure="RR"))
    assert why == "no counts of participants; no risk ratio is reported"


def test_only_an_odds_ratio_can_be_turned_round(made: Made) -> None:
    told(made, effect("OR", "2.0", "0.5", "4.0"), family="survival")
    one = only(made, Question("mortality", measure="OR"))
    assert one.stated == Stated("OR", 0.5, 0.25, 2.0)
    assert one.turned
    assert "the reciprocal of the ratio for those without the event" in one.why
    made.findings.clear()
    told(made, effect(), family="survival")
    assert why_left(made) == "the hazard ratio is of survival, and cannot be turned round"
    assert only(made, Question("survival", measure="HR")).stated is not None


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (effect(lower=""), "without an interval"),
        (effect(upper=""), "without an interval"),
        (effect(estimate="0·8"), "that cannot be read"),
        (effect(lower="0"), "no positive number"),
        (effect(lower="-0.2"), "no positive number"),
        (effect(upper="inf"), "no positive number"),
        (effect(estimate="1.2"), "outside its own interval"),
        (effect(estimate="0.5"), "outside its own interval"),
        (effect("HR", "1", "1", "1"), "no width"),
        (effect(level="100"), "a level of 100%"),
        (effect(level="49"), "a level of 49%"),
        (effect(level="95%"), "cannot be read"),
    ],
)
def test_numbers_that_cannot_be_pooled(made: Made, stated: Effect, words: str) -> None:
    told(made, stated)
    assert words in why_left(made)


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        ((CONTROL, TREATED), "the control is named first"),
        ((TREATED,), "no figures for a control group"),
        ((ArmResult("A"), ArmResult("B")), "not told which group is the treated one"),
        ((TREATED, CONTROL, ArmResult("more", "treatment")), "more than two groups"),
        ((TREATED, CONTROL, ArmResult("more", "control")), "more than two groups"),
    ],
)
def test_a_direction_that_is_not_told(made: Made, arms: tuple[ArmResult, ...], words: str) -> None:
    told(made, effect(), *arms)
    assert words in why_left(made)


@pytest.mark.parametrize(
    ("treated", "control", "fits"),
    [
        ((3, 20), (6, 20), True),
        ((6, 20), (3, 20), False),  # a ratio of 2 against one of 0.8
        ((21, 200), (20, 200), True),  # 1.05 against 0.8: they may differ so much
        ((0, 20), (3, 20), True),
        ((6, None), (3, None), True),
    ],
)
def test_figures_of_the_groups_against_the_ratio(
    made: Made, treated: Any, control: Any, fits: bool
) -> None:
    told(made, effect(), ArmResult("c", "treatment", *treated), ArmResult("p", "control", *control))
    if fits:
        assert only(made).stated is not None
    else:
        assert why_left(made) == (
            "the hazard ratio and the groups' own figures point to opposite directions"
        )


def test_equal_shares_are_against_no_ratio(made: Made) -> None:
    told(made, effect(estimate="0.5", lower="0.3"), ArmResult("c", "treatment", 4, 20),
         ArmResult("p", "control", 4, 20))  # fmt: skip
    assert only(made).stated is not None
    made.findings.clear()
    told(made, effect(estimate="1", lower="0.3"), ArmResult("c", "treatment", 18, 20),
         ArmResult("p", "control", 4, 20))  # fmt: skip
    assert only(made).stated is not None


def test_percentages_show_the_direction_too(made: Made) -> None:
    told(made, effect(), ArmResult("c", "treatment", percent="40"),
         ArmResult("p", "control", percent="20.5"))  # fmt: skip
    assert "opposite directions" in why_left(made)
    made.findings.clear()
    told(made, effect(), ArmResult("c", "treatment", percent="x"),
         ArmResult("p", "control", percent="20"))  # fmt: skip
    assert only(made).stated is not None


def test_a_part_of_people_or_time_is_no_answer(made: Made) -> None:
    told(made, effect(), population="in women", rule="results-effect/1")
    assert why_left(made) == "counts only a part of the participants (in women)"
    made.findings.clear()
    told(made, effect(), outcome="deaths after day 28")
    assert why_left(made) == "counts only a part of the follow-up (after day 28)"
