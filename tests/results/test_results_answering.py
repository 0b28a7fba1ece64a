"""Which finding answers a question, and when there is no answer."""

from __future__ import annotations

import pytest

from trialweave.model import ArmResult, Finding, Role
from trialweave.results import answer


def arm(label: str, role: Role = "unknown", **cells: float) -> ArmResult:
    return ArmResult(label=label, role=role, **cells)  # type: ignore[arg-type]


def finding(outcome: str, *arms: ArmResult, **fields: object) -> Finding:
    return Finding("x", "x", outcome, kind="continuous", arms=arms, **fields)  # type: ignore[arg-type]


YOGA, STRETCH = arm("yoga group", mean=3.0, sd=1.0, n=20), arm("stretching", mean=4.0, sd=1.0, n=21)
PAIN = finding("Knee pain score", YOGA, STRETCH)
SLEEP = finding("Sleep quality", arm("yoga", mean=9.0), arm("stretching", mean=8.0))


def test_the_finding_of_the_outcome_comes_with_the_groups_as_asked() -> None:
    given = answer([SLEEP, PAIN], "pain in the knee", "stretching exercises", "yoga")
    assert given.finding == PAIN
    assert (given.intervention, given.comparator) == (STRETCH, YOGA)
    assert given.reason == ""


@pytest.mark.parametrize(
    ("outcome", "intervention", "comparator", "reason"),
    [
        ("bone density", "yoga", "stretching", "no finding is of this outcome"),
        ("knee pain", "swimming", "stretching", "no finding compares these two groups"),
        ("knee pain", "yoga", "placebo", "no finding compares these two groups"),
        ("", "yoga", "stretching", "no finding is of this outcome"),
    ],
)
def test_why_there_is_no_answer(
    outcome: str, intervention: str, comparator: str, reason: str
) -> None:
    given = answer([PAIN, SLEEP], outcome, intervention, comparator)
    assert not given
    assert given.reason == reason


def test_a_control_is_told_by_its_role_where_its_name_is_another() -> None:
    other = finding("Knee pain", YOGA, arm("usual care", "control", mean=4.0))
    given = answer([other], "knee pain", "yoga", "control group")
    assert given.finding == other


def test_findings_that_differ_give_no_answer_and_those_that_agree_the_fuller() -> None:
    other = finding("Knee pain", arm("yoga", mean=3.1, sd=1.0), arm("stretching", mean=4.0))
    given = answer([PAIN, other], "knee pain", "yoga", "stretching")
    assert (given.finding, given.reason) == (None, "findings of this outcome differ")
    same = finding("Knee pain", arm("yoga", mean=3.0), arm("stretching", mean=4.0))
    assert answer([same, PAIN], "knee pain", "yoga", "stretching").finding == PAIN


def test_of_several_times_the_one_asked_for_or_the_last() -> None:
    early = finding("Knee pain", arm("yoga", mean=1.0), arm("stretching", mean=2.0), time_days=7.0)
    late = finding("Knee pain", arm("yoga", mean=3.0), arm("stretching", mean=4.0), time_days=28.0)
    both = [early, late]
    assert not answer(both, "knee pain", "yoga", "stretching")
    assert answer(both, "knee pain", "yoga", "stretching", time_days=7.0).finding == early
    assert answer(both, "knee pain", "yoga", "stretching", latest=True).finding == late
    asked = answer(both, "knee pain", "yoga", "stretching", time_days=90.0)
    assert asked.reason == "the outcome is stated for other times"


def test_groups_without_names_are_told_by_their_roles() -> None:
    nameless = finding(
        "Dyspnoea", arm("control group", "control", mean=4.0), arm("intervention group",
        "treatment", mean=2.0),
    )  # fmt: skip
    given = answer([nameless], "dyspnoea", "probiotic yogurt", "ordinary yogurt")
    assert given.intervention is not None
    assert given.intervention.mean == 2.0


def test_abbreviations_of_groups_and_outcomes_are_understood() -> None:
    short = finding("BMI", arm("CBT", mean=25.0), arm("TAU", mean=26.0))
    given = answer(
        [short], "Body mass index", "cognitive behavioural therapy", "treatment as usual (TAU)"
    )
    assert given.finding == short


def test_a_third_group_is_not_taken_for_the_second() -> None:
    three = finding(
        "Knee pain", YOGA, arm("stretching at home", mean=5.0), arm("stretching in class", mean=4.0)
    )
    assert not answer([three], "knee pain", "yoga", "stretching")


def test_the_other_half_of_a_yes_and_no_is_answered_only_where_it_is_asked_for() -> None:
    yes = finding("Fever: Yes", arm("yoga", events=3, n=9), arm("stretching", events=4, n=9))
    no = finding("Fever: No", arm("yoga", events=6, n=9), arm("stretching", events=5, n=9))
    assert answer([no, yes], "fever", "yoga", "stretching").finding == yes
    assert answer([no], "fever", "yoga", "stretching").finding is None


def test_the_very_words_come_before_like_ones() -> None:
    like = finding("Knee pain and stiffness score", arm("yoga", mean=9), arm("stretching", mean=7))
    assert answer([like, PAIN], "knee pain score", "yoga", "stretching").finding == PAIN


def test_families_that_differ_never_answer() -> None:
    alive = finding("Survival at day 28", YOGA, STRETCH, family="survival")
    assert not answer([alive], "mortality at day 28", "yoga", "stretching")


def test_kinds_are_kept_apart() -> None:
    assert not answer([PAIN], "knee pain", "yoga", "stretching", kind="count")


@pytest.mark.parametrize(
    ("asked", "unsaid"), [("knee pain in women", "women"), ("knee pain at rest", "rest")]
)
def test_a_word_of_the_question_that_nothing_says(asked: str, unsaid: str) -> None:
    given = answer([PAIN], asked, "yoga", "stretching")
    assert (given.finding, given.reason) == (None, f"no finding says “{unsaid}”")
    told = finding("Knee pain", YOGA, STRETCH, population=f"{unsaid} only")
    assert answer([told], asked, "yoga", "stretching").finding == told


def test_the_name_of_a_family_need_not_be_said() -> None:
    told = finding("Any TEAE", YOGA, STRETCH, family="adverse events")
    asked = "Treatment-emergent adverse events"
    assert answer([told], asked, "yoga", "stretching").finding == told
