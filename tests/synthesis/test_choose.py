"""One comparison a study: which one, why, and why others are left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import NotFound
from trialweave.model import (
    ArmResult,
    Check,
    Intervention,
    Publication,
    Trial,
)
from trialweave.synthesis import Chosen, LeftOut, Question, Selection, choose, groups

from .conftest import Made, value

DEATH = Question("mortality")


def select(made: Made, question: Question = DEATH, checks: tuple[Check, ...] = ()) -> Selection:
    return choose(question, made.studies, made.records, made.findings, checks)


def only(made: Made, question: Question = DEATH) -> Chosen:
    (one,) = select(made, question).chosen
    return one


def left(made: Made, question: Question = DEATH, checks: tuple[Check, ...] = ()) -> LeftOut:
    selection = select(made, question, checks)
    assert not selection.chosen
    (one,) = selection.left_out
    return one


def counts(one: Any) -> tuple[int, int, int, int]:
    return groups.counts(one.treatment, one.control)


def test_several_reports_of_one_study_give_one_comparison(made: Made) -> None:
    first = made.record("first", label="Mbeki 2030")
    later = made.record("later", report_of="first", year=2032)
    made.study(first, later)
    made.finding(first, (3, 20), (6, 21), days=28)
    made.finding(later, (5, 20), (8, 21), days=365)
    one = only(made)
    assert counts(one) == (5, 20, 8, 21)
    assert (one.label, one.year) == ("Mbeki 2030", 2030)
    assert "longest of 2 times" in one.why
    assert [counts(other) for other in one.alternatives] == [(3, 20, 6, 21)]
    assert one.alternatives[0].why_not == "another time"


@pytest.mark.parametrize(
    ("time", "days"), [("longest", 90), ("nearest 28 days", 30), ("nearest 7 days", 14)]
)
def test_the_time_asked_for(made: Made, time: str, days: float) -> None:
    record = made.record("a")
    made.study(record)
    for other in (14, 30, 90, None):
        made.finding(record, (1, 20), (2, 20), days=other)
    assert only(made, Question("mortality", time=time)).time_days == days


def test_an_outcome_at_longest_follow_up_is_the_longest(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (1, 20), (2, 20), days=28)
    made.finding(record, (4, 20), (5, 20), days=None, outcome="mortality at longest follow-up")
    assert counts(only(made)) == (4, 20, 5, 20)


def test_survivors_are_turned_into_deaths(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (17, 20), (11, 21), outcome="survival", family="survival")
    one = only(made)
    assert counts(one) == (3, 20, 10, 21)
    assert one.turned
    assert "counted from those without the event" in one.why
    assert counts(only(made, Question("survival"))) == (17, 20, 11, 21)


def test_deaths_stated_come_before_survivors_turned_and_agreement_is_told(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    turned = made.finding(record, (17, 20), (11, 21), family="survival")
    direct = made.finding(record, (3, 20), (10, 21))
    one = only(made)
    assert (one.finding_id, one.turned) == (direct, False)
    assert one.agreeing == (turned,)
    assert one.alternatives == ()


def test_printed_counts_come_before_recovered_ones(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (4, 20), (9, 21), origin="recovered")
    made.finding(record, (3, 20), (10, 21))
    one = only(made)
    assert counts(one) == (3, 20, 10, 21)
    assert one.recovered == ()
    assert "other numbers are reported for the same time" in one.why
    assert one.alternatives[0].why_not == "numbers worked out, not printed"


def test_recovered_counts_are_used_and_named_where_nothing_else_is_there(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (4, 20), (9, 21), origin="recovered")
    assert only(made).recovered == ("events of cells", "events of saline")


def three_arms(made: Made, *, with_sum: bool, enrollment: int | None = None) -> None:
    record = made.record("a", enrollment=enrollment)
    made.study(record)
    made.finding(record, (3, 11), (8, 24), labels=("low dose", "saline"))
    made.finding(record, (1, 8), (8, 24), labels=("high dose", "saline"))
    if with_sum:
        made.finding(record, (4, 19), (8, 24), labels=("both doses", "saline"))


@pytest.mark.parametrize("with_sum", [True, False])
def test_a_shared_control_is_counted_once(made: Made, with_sum: bool) -> None:
    three_arms(made, with_sum=with_sum)
    one = only(made)
    assert counts(one) == (4, 19, 8, 24)
    assert "low dose, high dose" in one.why
    assert len(one.finding_ids) == (1 if with_sum else 2)
    assert {other.why_not for other in one.alternatives} == {
        "one of several treatment groups beside the same control"
    }


def test_two_groups_with_the_same_numbers_are_two(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    for label in ("low dose", "high dose"):
        made.finding(record, (2, 10), (8, 24), labels=(label, "saline"))
    assert counts(only(made)) == (4, 20, 8, 24)


def test_groups_that_hold_more_than_the_trial_are_not_added(made: Made) -> None:
    three_arms(made, with_sum=False, enrollment=40)
    one = only(made)
    assert counts(one) == (3, 11, 8, 24)
    assert "one of several treatment groups; the others are not counted" in one.why


def test_three_groups_of_one_table_are_added(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    second = ArmResult("high dose", "treatment", 1, 8)
    total = ArmResult("all", "total", 12, 43)
    made.finding(record, (3, 11), (8, 24), labels=("low dose", "saline"), arms=(second, total))
    assert counts(only(made)) == (4, 19, 8, 24)


def test_the_same_comparison_from_two_places_is_not_added(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (3, 11), (8, 24))
    made.finding(record, (3, 11), (8, 24))
    one = only(made)
    assert counts(one) == (3, 11, 8, 24)
    assert len(one.agreeing) == 1


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ({"treatment": (3, 20), "control": None}, "no figures for a control group"),
        ({"treatment": (3, None), "control": (6, 21)}, "not known"),
        ({"treatment": (3, 20), "control": (22, 21)}, "22 events in 21 participants"),
        ({"treatment": (0, 0), "control": (2, 21)}, "without participants"),
        ({"treatment": (3, 20), "control": (6, 21), "kind": "effect"}, "no counts"),
        (
            {"treatment": (3, 20), "control": (6, 21), "outcome": "deaths after day 28"},
            "part of the follow-up",
        ),
        (
            {
                "treatment": (3, 9),
                "control": (4, 8),
                "population": "in women",
                "rule": "results-sentence/1",
            },
            "a part of the participants (in women)",
        ),
        (
            {
                "treatment": None,
                "control": None,
                "arms": (ArmResult("A", "unknown", 1, 9), ArmResult("B", "unknown", 2, 9)),
            },
            "not told which group",
        ),
    ],
)
def test_what_cannot_be_pooled_says_why(made: Made, finding: dict[str, Any], words: str) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, **finding)
    one = left(made)
    assert (one.kind, one.contrast) == ("not usable", None)
    assert words in one.why


def test_whole_follow_up_from_day_one_is_no_part(made: Made) -> None:
    record = made.record("a")
    made.study(record)
    made.finding(record, (3, 20), (6, 21), outcome="mortality from day 1 to day 28")
    made.finding(record, (2, 20), (2, 21), outcome="mortality after 14 days", days=14)
    assert counts(only(made)) == (3, 20, 6, 21)


def test_single_groups_are_never_pooled(made: Made) -> None:
    record = made.record("a", allocation="not applicable")
    made.study(record)
    made.finding(record, (1, 9), None)
    assert left(made, Question("mortality", designs="comparative")).kind == "single group"
    made.finding(record, (1, 9), (3, 9))  # a historical control does not make it two groups
    assert left(made, Question("mortality", designs="comparative")).kind == "single group"


@pytest.mark.parametrize("allocation", ["non-randomised", None])
def test_designs(made: Made, allocation: str | None) -> None:
    record = made.record("a", allocation=allocation)
    made.study(record)
    made.finding(record, (1, 9), (3, 9))
    one = left(made)
    assert one.kind == "design"
    assert one.contrast is not None
    assert "not known to be randomised" in one.why
    assert counts(only(made, Question("mortality", designs="comparative"))) == (1, 9, 3, 9)


def test_a_reviewer_counts_before_the_register_and_dissent_is_told(made: Made) -> None:
    extraction = made.record("a", allocation="non-randomised")
    registry = made.record("b", allocation="randomised", source="ctgov", as_trial=True)
    made.study(registry, extraction)
    made.finding(extraction, (1, 9), (3, 9))
    assert "other records say randomised" in left(made).why


@pytest.mark.parametrize(
    ("title", "randomised"),
    [
        ("A randomised trial of cells", True),
        ("Cells in a Randomized, blinded study", True),
        ("A non-randomised trial", False),
        ("A trial that was not randomized", False),
        ("A cohort", False),
    ],
)
def test_a_title_may_say_that_the_trial_was_randomised(
    made: Made, title: str, randomised: bool
) -> None:
    record = made.record("a", trial=Trial(public_title=value(title)))
    made.study(record)
    made.finding(record, (1, 9), (3, 9))
    assert bool(select(made).chosen) is randomised


def check(made: Made, study_id: str, finding_id: str, verdict: Any = "flag") -> Check:
    return Check(f"c:{finding_id}", "percent/1", study_id, "", finding_id, verdict, "…")


def test_flagged_studies_stay_until_asked_to_leave(made: Made) -> None:
    record = made.record("a")
    study = made.study(record)
    pooled = made.finding(record, (1, 9), (3, 9))
    other = made.finding(record, (2, 9), (3, 9), family="adverse events")
    checks = (check(made, study, other), check(made, study, pooled, "note"))
    (one,) = select(made, DEATH, checks).chosen
    assert one.flags == (f"c:{other}",)
    assert one.own_flags == ()
    gone = left(made, Question("mortality", without_flagged=True), checks)
    assert (gone.kind, gone.why) == ("flagged", "flagged by percent/1")
    assert gone.contrast == one


def test_studies_are_left_out_by_any_of_their_names(made: Made) -> None:
    for name in ("a", "b"):
        record = made.record(name)
        made.study(record)
        made.finding(record, (1, 9), (3, 9))
    selection = select(made, Question("mortality", exclude=("Extraction:A",)))
    assert [one.label for one in selection.chosen] == ["B"]
    assert [one.kind for one in selection.left_out] == ["excluded"]
    with pytest.raises(NotFound, match="nobody"):
        select(made, Question("mortality", exclude=("nobody",)))


def test_product(made: Made) -> None:
    trial = Trial(
        allocation=value("randomised"),
        interventions=value((Intervention(name=value("Cell Secretome")),)),
    )
    record = made.record("a", trial=trial)
    made.study(record)
    made.finding(record, (1, 9), (3, 9))
    assert select(made, Question("mortality", product="secretome")).chosen
    assert left(made, Question("mortality", product="exosome")).kind == "product"


def test_only_the_current_version_of_a_record_counts(made: Made) -> None:
    record = made.record("a", allocation="randomised")
    made.record("a", allocation="non-randomised", version=2)
    made.study(record)
    made.finding(record, (1, 9), (3, 9))
    assert left(made).kind == "design"


def test_labels_fall_back_on_author_and_on_the_number(made: Made) -> None:
    record = made.record("a", source="page", year=2031)
    publication = made.records[0].publication
    assert isinstance(publication, Publication)
    made.study(record)
    made.finding(record, (1, 9), (3, 9))
    assert only(made).label == "PAGE:A"


CELL = st.tuples(st.integers(0, 30), st.integers(1, 30)).filter(lambda cell: cell[0] <= cell[1])


@given(
    st.lists(
        st.tuples(CELL, CELL, st.sampled_from([None, 7.0, 28.0]), st.sampled_from("xy")),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_every_study_is_told_once_and_controls_are_never_counted_twice(
    results: list[Any], random: Any
) -> None:
    made = Made()
    for name in ("a", "b"):
        record = made.record(name)
        made.study(record)
        for treatment, control, days, label in results:
            made.finding(record, treatment, control, days=days, labels=(label, "control"))
    selection = select(made)
    told = [one.study_id for one in (*selection.chosen, *selection.left_out)]
    assert sorted(told) == sorted(study.study_id for study in made.studies)
    for one in selection.chosen:
        a, n1, *others = counts(one)
        assert 0 <= a <= n1
        assert tuple(others) in {control for _, control, _, _ in results}
    random.shuffle(made.studies)
    assert select(made) == selection
