"""Which texts of a record terms are looked for in, and in which role."""

from __future__ import annotations

import datetime as dt

import pytest

from trialweave.model import (
    Arm,
    Intervention,
    Outcome,
    Publication,
    Record,
    Section,
    Trial,
    Value,
    stated,
)
from trialweave.terms.fields import field_texts


def text(content: str) -> Value[str]:
    return stated(content, "test/1", path="x")


def listing(*contents: object) -> Value[tuple]:
    return stated(tuple(contents), "test/1", path="x")


def record(trial: Trial | None = None, publication: Publication | None = None) -> Record:
    kind = "trial" if publication is None else "publication"
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return Record(
        "x:1", 1, "x", "1", kind, "d", "s", 0, 1, "n", at, trial=trial, publication=publication
    )  # fmt: skip


def roles(trial: Trial) -> dict[str, str]:
    return {each.field: each.role for each in field_texts(record(trial))}


def test_each_field_has_its_role_and_its_address() -> None:
    trial = Trial(
        public_title=text("A title"),
        conditions=listing(text("Sepsis")),
        keywords=listing(text("Shock")),
        inclusion_criteria=listing(text("Adults")),
        exclusion_criteria=listing(text("Pregnancy")),
        primary_outcomes=listing(Outcome(measure=text("Death"), time_frame=text("28 days"))),
        enrollment=stated(20, "test/1", path="x"),
        primary_sponsor=text("A hospital"),
    )
    assert roles(trial) == {
        "public_title": "text",
        "conditions[0]": "condition",
        "keywords[0]": "text",
        "inclusion_criteria[0]": "criterion",
        "exclusion_criteria[0]": "criterion",
        "primary_outcomes[0].measure": "outcome",
    }


def test_criteria_that_stand_twice_are_read_once() -> None:
    both = Trial(inclusion_criteria=listing(text("Adults")), eligibility_text=text("Adults"))
    assert set(roles(both)) == {"inclusion_criteria[0]"}
    assert set(roles(Trial(eligibility_text=text("Adults")))) == {"eligibility_text"}


def test_names_of_conditions_and_interventions_are_listed_and_descriptions_are_not() -> None:
    trial = Trial(
        conditions=listing(text("Sepsis")),
        keywords=listing(text("Shock")),
        public_title=text("A title"),
        interventions=listing(
            Intervention(
                name=text("Drug A"),
                description=text("Daily"),
                other_names=stated(("A1", "A2"), "test/1", path="x"),
            )
        ),
    )
    listed = {each.field: each.listed for each in field_texts(record(trial))}
    assert listed == {
        "conditions[0]": True,
        "keywords[0]": True,
        "public_title": False,
        "interventions[0].name": True,
        "interventions[0].description": False,
        "interventions[0].other_names[0]": True,
        "interventions[0].other_names[1]": True,
    }


def arm(label: str, kind: str = "") -> Arm:
    return Arm(label=text(label), type=text(kind) if kind else Value())


def given(name: str, *arms: str) -> Intervention:
    labels = stated(arms, "test/1", path="x") if arms else Value()
    return Intervention(name=text(name), arm_labels=labels)


def test_what_only_comparing_arms_get_is_a_comparator() -> None:
    trial = Trial(
        arms=listing(
            arm("Cells + standard of care", "Experimental"), arm("Control", "ACTIVE_COMPARATOR")
        ),
        interventions=listing(
            given("Cells", "Cells + standard of care"),
            given("Steroid", "Cells + standard of care", "Control"),
            given("Tocilizumab", "Control"),
            given("Unassigned"),
            given("Elsewhere", "An arm that is not there"),
        ),
    )
    found = roles(trial)
    assert found["arms[0].label"] == "intervention"
    assert found["arms[1].label"] == "comparator"
    said = [found[f"interventions[{i}].name"] for i in range(5)]
    assert said == ["intervention", "intervention", "comparator", "intervention", "intervention"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Placebo", "comparator"),
        ("Matching placebo", "comparator"),
        ("Placebo: saline with 1% albumin", "comparator"),
        ("Sham procedure", "comparator"),
        ("Standard of care", "comparator"),
        ("Control group (usual care)", "comparator"),
        ("0.9% normal saline", "comparator"),
        ("Saline with cells", "intervention"),
        ("Placebo plus remdesivir", "intervention"),
        ("Cells and standard of care", "intervention"),
        ("Placebology", "intervention"),
    ],
)
def test_an_inert_name_alone_is_a_comparator(name: str, role: str) -> None:
    assert roles(Trial(interventions=listing(given(name))))["interventions[0].name"] == role
    assert roles(Trial(arms=listing(arm(name))))["arms[0].label"] == role


def test_a_registered_type_of_arm_goes_before_its_name() -> None:
    assert roles(Trial(arms=listing(arm("Placebo", "Experimental"))))["arms[0].label"] == (
        "intervention"
    )


def test_articles_have_their_title_their_sections_and_what_they_say_of_the_trial() -> None:
    told = Publication(
        title=text("An article"),
        sections=listing(Section("Methods", text("We gave cells."), heading="Design")),
        authors=listing(text("Somebody")),
        trial=Trial(conditions=listing(text("Sepsis"))),
    )
    found = {each.field: each.text for each in field_texts(record(publication=told))}
    assert found == {
        "title": "An article",
        "sections[0].text": "We gave cells.",
        "conditions[0]": "Sepsis",
    }


def test_what_is_not_stated_or_blank_gives_no_text() -> None:
    trial = Trial(public_title=text("  "), conditions=Value())
    assert list(field_texts(record(trial))) == []
