"""What a record says of its groups outside of a result: what they were given, and their sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialweave.model import ArmResult, Finding, Record
from trialweave.results import answer, called_groups, family_of, read_findings
from trialweave.results.arm_names import arm_names
from trialweave.results.group_aliases import group_aliases, roles_by_alias
from trialweave.results.sentences import split_sentences
from trialweave.results.sizes import size_of_each, stated_sizes

Article = Callable[..., tuple[str, Record]]

METHODS = (
    "Methods",
    "Sixty patients were randomised into two groups of 30 patients each. Group A received "
    "sneezium drops for a week, while group B received placebo drops.",
)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("Group A received sneezium drops for two weeks.", "group a", "sneezium drops"),
        ("The control group was given plain water.", "role control", "plain water"),
        ("to inhale either warm air (group W) or steam (group S, n = 9)", "group w", "warm air"),
        ("to inhale either warm air (group W) or steam (group S, n = 9)", "group s", "steam"),
        ("Group 1 (honey syrup, n = 12) and Group 2", "group 1", "honey syrup"),
        ("Group II patients were treated with tea.", "group ii", "tea"),
        ("given either honey tea (control group) or milk", "role control", "honey tea"),
        ("The SN group received sneezium.", "sn", "sneezium"),
    ],
)
def test_what_a_group_was_given(text: str, key: str, said: str) -> None:
    assert group_aliases([text]).get(key) == said


@pytest.mark.parametrize(
    "text",
    [
        "Group A received the same instructions as group B.",
        "Group A (30 patients) and group B (31 patients)",
        "Group A (Table 2) improved.",
        "Group A showed less sneezing.",
        "the Nose and Throat Group B (NTGB)",
    ],
)
def test_other_words_behind_a_group_are_not_what_it_was_given(text: str) -> None:
    assert not group_aliases([text])


def test_the_one_group_on_placebo_is_the_control() -> None:
    called = group_aliases(["Group A received sneezium. Group B received placebo."])
    assert roles_by_alias(called) == {"group a": "treatment", "group b": "control"}
    assert not roles_by_alias(group_aliases(["Group A received tea. Group B received milk."]))


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Patients were randomised into two groups of 30 patients each.", 30),
        ("Noses were divided into group A and B having 40 noses in each.", 40),
        ("There were 25 patients in each group.", 25),
        ("A sample size of 45 patients in each group was required.", None),
        ("There were 25 patients in each group. Later 20 patients in each group.", None),
        ("Two doses of 30 mg each were taken by the group.", None),
    ],
)
def test_the_size_of_each_group(text: str, n: int | None) -> None:
    assert size_of_each([text])[0] == n


def test_sizes_in_words_of_persons() -> None:
    text = "There were an experimental group of 31 men and a control group of 29 men."
    assert stated_sizes([text]).by_role == {"treatment": 31, "control": 29}
    assert arm_names([text]).sizes == {"experimental": 31, "control": 29}


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("In all, 340 patients were randomised.", 340),
        ("Of 500 screened, 340 were randomised. Later 130 patients were randomised again.", None),
        ("Of 500 screened, 340 were randomised. 170 patients were assigned to tea.", 340),
        ("We enrolled 24 patients.", 24),
    ],
)
def test_of_several_numbers_of_randomised_none_is_taken(text: str, total: int | None) -> None:
    assert stated_sizes([text]).total == total


def test_time_points_are_no_group() -> None:
    assert arm_names(["Sneezes at all time points (n = 130) were counted."]).sizes == {}


def test_a_sentence_may_end_with_the_letter_of_a_group() -> None:
    text = "Sneezing ceased in group A. Coughing was seen in J. Smith alone. In B. Tea was served."
    assert next(split_sentences(text)).text == "Sneezing ceased in group A."
    assert len(list(split_sentences("It was given by J. Miller to all."))) == 1


def test_a_percentage_of_a_group_whose_size_stands_in_the_methods(article: Article) -> None:
    said = "Relapse occurred in 50% of patients in group A and in 86.7% of patients in group B."
    _, record = article(METHODS, ("Results", said))
    (finding,) = read_findings(record)
    assert [(a.events, a.n, a.role) for a in finding.arms] == [
        (15, 30, "treatment"), (26, 30, "control")
    ]  # fmt: skip
    assert {a.events_origin for a in finding.arms} == {"recovered"}


def test_no_size_of_each_group_where_patients_were_lost(article: Article) -> None:
    said = (
        "Seven patients dropped out. Relapse occurred in 50% of patients in group A and in 86.7% "
        "of patients in group B."
    )
    _, record = article(METHODS, ("Results", said))
    (finding,) = [f for f in read_findings(record) if len(f.arms) == 2]
    assert [(a.events, a.n) for a in finding.arms] == [(None, None), (None, None)]


ARMS = "Nausea occurred in 3 (10%) patients in group A and 6 (20%) patients in group B. "


@pytest.mark.parametrize(
    ("said", "outcomes"),
    [
        (
            "There was no fever, rash and itching of the eyes in either group.",
            ["fever", "rash", "itching of the eyes"],
        ),
        ("No bleeding was observed in both groups.", ["bleeding"]),
        ("No deaths occurred during the study.", ["deaths"]),
        ("No deaths occurred in the group that was given tea during the study.", []),
        ("No patient in either group developed fever.", ["fever"]),
        ("There were no significant differences in fever in both groups.", []),
        ("There was no change in fever in either group.", []),
        ("The number of patients who had no fever in both groups was high.", []),
        ("There was no fever in either group except in one patient.", []),
        ("No fever was seen in either group at baseline.", []),
    ],
)
def test_nobody_in_either_group(said: str, outcomes: list[str], article: Article) -> None:
    _, record = article(METHODS, ("Results", ARMS + said))
    found = [f for f in read_findings(record) if f.rule == "results-none/2"]
    assert [f.outcome for f in found] == outcomes
    for finding in found:
        assert [(a.label, a.events, a.n) for a in finding.arms] == [
            ("group A", 0, 30), ("group B", 0, 30)
        ]  # fmt: skip


def test_nobody_of_three_groups_is_left_alone(article: Article) -> None:
    three = "Nausea occurred in 10% in group A, in 20% in group B and in 30% in group C. "
    _, record = article(METHODS, ("Results", three + "No fever was seen in either group."))
    assert not [f for f in read_findings(record) if f.rule == "results-none/2"]


def _finding(outcome: str, *labels: str, **cells: object) -> Finding:
    arms = tuple(
        ArmResult(label=label, role=role, events=at, n=20)
        for at, (label, role) in enumerate(
            zip(labels, ("treatment", "control"), strict=True), start=3
        )
    )
    return Finding("f", "r", outcome=outcome, kind="count", arms=arms, **cells)  # type: ignore[arg-type]


def test_groups_are_found_by_what_they_were_given(article: Article) -> None:
    _, record = article(
        ("Methods", "The experimental group received neck massage. The control group received tea.")
    )
    found = [_finding("nausea", "experimental group", "control group")]
    called = called_groups(record)
    given = answer(found, "nausea", "tea", "neck massage", called=called)
    assert given.intervention == found[0].arms[1]
    by_role = answer(found, "nausea", "tea", "neck massage")
    assert by_role.intervention == found[0].arms[0]


@pytest.mark.parametrize(
    ("told", "asked", "same"),
    [
        ("new vertebral fracture", "hip fracture healing complication", False),
        ("sneezing outdoors", "unprovoked sneezing outdoors", False),
        ("time to peak pressure", "peak pressure", False),
        ("high release (i. e. peak over 349 U/L)", "high release", True),
        ("thirty-day mortality", "mortality", True),
    ],
)
def test_outcomes_that_only_look_alike(told: str, asked: str, same: bool) -> None:
    found = [_finding(told, "tea", "milk", family=family_of(told))]
    assert bool(answer(found, asked, "tea", "milk")) is same


def test_values_and_changes_are_told_apart() -> None:
    values = tuple(
        ArmResult(label=x, mean=m, sd=1.0, n=9) for x, m in (("tea", 5.0), ("milk", 6.0))
    )
    changes = tuple(
        ArmResult(label=x, mean=m, sd=1.0, n=9) for x, m in (("tea", 1.0), ("milk", 2.0))
    )
    found = [
        Finding("a", "r", outcome="pressure", kind="continuous", arms=values),
        Finding("b", "r", outcome="pressure", kind="continuous", arms=changes, change=True),
    ]
    given = answer(found, "pressure", "tea", "milk", change=True)
    assert given.finding is found[1]
    given = answer(found, "pressure", "tea", "milk", change=False)
    assert given.finding is found[0]
    assert not answer(found, "pressure", "tea", "milk")
    assert not answer(found[:1], "pressure", "tea", "milk", change=True)
