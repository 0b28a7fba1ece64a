"""Repairs are proposed with a reason, at the right place, and for damage only."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import (
    Arm,
    Draft,
    Labelled,
    Passage,
    Publication,
    Received,
    Section,
    Suggestion,
    Trial,
    Value,
    stated,
)
from trialweave.records._criteria import split
from trialweave.records.enrich import suggestions
from trialweave.records.repairs import suggest
from trialweave.records.versions import harmonised


def criteria(*items: str, at: int = 0) -> Value[Any]:
    values = []
    for item in items:
        values.append(stated(item, "t/1", span=(at, at + len(item))))
        at += len(item) + 1
    return stated(tuple(values), "t/1", span=(0, at))


def of_rule(suggestions: tuple[Suggestion, ...], rule: str) -> list[Suggestion]:
    return [s for s in suggestions if s.rule.startswith(rule)]


@pytest.mark.parametrize(
    ("concept", "item", "suggested"),
    [
        ("inclusion_criteria", "PaO2/FiO2 = 300 mmHg", "PaO2/FiO2 ≤ 300 mmHg"),
        ("inclusion_criteria", "oxygenation index =200mmHg", "oxygenation index ≤200mmHg"),
        ("inclusion_criteria", "SpO2 ? 93% on air", "SpO2 ≤ 93%"),
        (
            "inclusion_criteria",
            "Respiratory rate = 30 times/min",
            "Respiratory rate ≥ 30 times/min",
        ),
        ("inclusion_criteria", "Platelets = 75 x 10^9/L", "Platelets ≥ 75 x 10^9/L"),
        ("exclusion_criteria", "Platelets = 50", "Platelets ≤ 50"),
        ("exclusion_criteria", "eGFR = 30 ml/min", "eGFR ≤ 30 ml/min"),
        ("exclusion_criteria", "serum creatinine = 2 mg/dL", "serum creatinine ≥ 2 mg/dL"),
        ("inclusion_criteria", "Age = 18 years", "Age ≥ 18 years"),
        ("inclusion_criteria", "aged = 75 years", "aged ≤ 75 years"),
        ("exclusion_criteria", "PaO2/FiO2 = 100", "PaO2/FiO2 ≤ 100 or PaO2/FiO2 ≥ 100"),
        ("inclusion_criteria", "CRP = 50 mg/L", "CRP ≤ 50 mg/L or CRP ≥ 50 mg/L"),
    ],
)
def test_lost_operators(concept: str, item: str, suggested: str) -> None:
    (found,) = of_rule(suggest(Trial(**{concept: criteria(item)})), "lost-operator")
    assert found.suggested == suggested
    assert found.concept == concept
    assert found.passage is not None
    assert item[found.passage.start : found.passage.end] == found.received


@pytest.mark.parametrize(
    "item",
    [
        "PaO2/FiO2 ≤ 300 mmHg",
        "PaO2/FiO2 <= 300 mmHg",
        "SpO2 = 90-93%",
        "SpO2 == 93",
        "ECOG = 0",
        "n = 30 patients",
        "Child-Pugh = C",
        "Does the platelet count matter? 30 patients say so",
    ],
)
def test_what_is_no_lost_operator(item: str) -> None:
    trial = Trial(inclusion_criteria=criteria(item), exclusion_criteria=criteria(item))
    assert not of_rule(suggest(trial), "lost-operator")


def test_operators_in_one_text_follow_the_heading_above() -> None:
    text = "Inclusion Criteria: platelets = 75 Exclusion Criteria: platelets = 50"
    trial = Trial(eligibility_text=stated(text, "t/1", path="a.b"))
    assert [s.suggested for s in of_rule(suggest(trial), "lost-operator")] == [
        "platelets ≥ 75",
        "platelets ≤ 50",
    ]
    assert suggest(trial)[0].passage == Passage(path="a.b")


@pytest.mark.parametrize(
    ("block", "items"),
    [
        (
            "Fever proven by culture in the last week Oxygen needed at rest, more than 2 litres "
            "Lake water drunk within 14 days LFS score of at most 3 points (Berlin version)",
            [
                "Fever proven by culture in the last week",
                "Oxygen needed at rest, more than 2 litres",
                "Lake water drunk within 14 days",
                "LFS score of at most 3 points (Berlin version)",
            ],
        ),
        (
            "1. Age 18 or more 2. Fever of at least 38.5 3) Signed consent of the patient or kin",
            ["Age 18 or more", "Fever of at least 38.5", "Signed consent of the patient or kin"],
        ),
        (
            "- Adults with lake fever - Able to inhale - Not allergic to testamycin or its parts",
            ["Adults with lake fever", "Able to inhale", "Not allergic to testamycin or its parts"],
        ),
        (
            "Adults with fever; able to inhale at home; without allergy to testamycin in the past",
            [
                "Adults with fever",
                "able to inhale at home",
                "without allergy to testamycin in the past",
            ],
        ),
    ],
)
def test_run_on_criteria(block: str, items: list[str]) -> None:
    value = criteria(block, at=5)
    (found,) = of_rule(suggest(Trial(inclusion_criteria=value)), "run-on")
    assert found.suggested.split("\n") == items
    assert found.received == block
    assert found.passage == Passage(5, 5 + len(block))


@pytest.mark.parametrize(
    "block",
    [
        "Fever proven by culture",
        "Patients with a history of Parkinson disease or of Alzheimer disease in a close relative",
        "Liver or kidney SOFA score of more than 3 points, combined with other organ failure today",
        "Patients With Severe Lake Fever Who Need Oxygen And Who Have Drunk Lake Water This Year",
    ],
)
def test_one_criterion_is_left_whole(block: str) -> None:
    assert split(block) is None


def test_criteria_that_came_apart_are_left_alone() -> None:
    long = "Fever proven by culture in the last week Oxygen needed at rest Lake water drunk today"
    assert not of_rule(suggest(Trial(inclusion_criteria=criteria(long, "Consent"))), "run-on")


@given(st.text(alphabet="aB c1.(;-)\n•", max_size=300))
def test_parts_of_a_block_are_in_order_and_apart(block: str) -> None:
    parted = split(block)
    for (_, end), (start, _) in zip(
        parted.spans if parted else (), parted.spans[1:] if parted else (), strict=False
    ):
        assert end <= start
    assert all(block[a:b] == block[a:b].strip() != "" for a, b in (parted.spans if parted else ()))


@pytest.mark.parametrize(
    ("title", "field", "suggested"),
    [
        ("Cells for fever: phase I & II", ("1",), "Phase 1/Phase 2"),
        ("Cells for fever: a phase 3 trial", ("2", "3"), "Phase 3"),
        ("Cells for fever: phase 1/2", ("1", "2"), None),
        ("Cells for the early phase of fever", ("1",), None),
    ],
)
def test_phase_of_title_and_field(
    title: str, field: tuple[str, ...], suggested: str | None
) -> None:
    trial = Trial(
        public_title=stated(title, "t/1", span=(0, len(title))),
        phase=stated(field, "t/1", span=(90, 97), raw="Phase x"),
    )
    found = of_rule(suggest(trial), "phase")
    assert [s.suggested for s in found] == ([suggested] if suggested else [])
    assert all(s.received == "Phase x" and s.passage == Passage(90, 97) for s in found)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("5 x 107 cells per dose", "5 × 10⁷"),
        ("1.5x109/L", "1.5 × 10⁹"),
        ("2 × 10 6 cells/kg", "2 × 10⁶"),
        ("1-2 x 106 stem cells", "1-2 × 10⁶"),
        ("3 × 1012 particles", "3 × 10¹²"),
        ("5 x 100 mg", None),
        ("4 x 107 patients", None),
        ("5 × 10⁷ cells", None),
        ("107 cells were seen in 108 fields", None),
    ],
)
def test_lost_superscripts(text: str, suggested: str | None) -> None:
    arm = Arm(description=stated(text, "t/1", span=(10, 10 + len(text))))
    trial = Trial(arms=stated((arm,), "t/1", span=(0, 99)))
    found = of_rule(suggest(trial, "." * 10 + text), "lost-superscript")
    assert [s.suggested for s in found] == ([suggested] if suggested else [])
    for item in found:
        assert item.passage is not None
        assert ("." * 10 + text)[item.passage.start : item.passage.end] == item.received


def test_two_counts_on_one_record() -> None:
    trial = Trial(
        enrollment=stated(29, "t/1", span=(0, 2), raw="29"),
        other=(Labelled("Trial design: participants", stated("1,030", "t/1", span=(5, 10))),),
    )
    (found,) = suggest(trial)
    assert (found.concept, found.received, found.suggested) == ("enrollment", "29", "1030")


def test_nothing_to_repair_changes_nothing() -> None:
    trial = Trial(
        inclusion_criteria=criteria("Age ≥ 18 years", "PaO2/FiO2 ≤ 300"),
        phase=stated(("1",), "t/1", path="p"),
    )
    assert suggest(trial) == ()


def test_repairs_of_an_articles_text() -> None:
    text = "Each patient was given 5 x 107 cells."
    section = Section("Methods", stated(text, "t/1", span=(0, len(text))))
    article = Publication(sections=stated((section,), "t/1", span=(0, len(text))))
    page = Received("page.txt", text.encode())
    at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    (record,) = harmonised([Draft("t", "1", article, 0, len(text))], page, at)
    assert [s.suggested for s in suggestions(record, page)] == ["5 × 10⁷"]
