"""Whole texts: sections, lists in lists, headings, populations, run-on blocks. Invented texts."""

from __future__ import annotations

from trialweave.protocol.criteria import coverage, read_criteria
from trialweave.protocol.criteria.split import items

MIXED = """Inclusion Criteria:

 - Adults aged 25 to 60 years
 - Severe disease, defined by any of the following:
   1. SpO2 < 90%
   2. Shock
 - Signed consent

Exclusion Criteria:

 - Active hepatitis
 - Pregnancy
"""


def test_sections_and_nesting() -> None:
    """An introduction is a heading, and its items know it."""
    found = items(MIXED)
    assert [(one.section[:3], one.kind) for one in found] == [
        ("inc", "criterion"), ("inc", "heading"), ("inc", "criterion"), ("inc", "criterion"),
        ("inc", "criterion"), ("exc", "criterion"), ("exc", "criterion"),
    ]  # fmt: skip
    assert [one.group for one in found] == [-1, -1, 1, 1, -1, -1, -1]
    assert found[1].of_group == 1
    assert [MIXED[one.start : one.end] for one in found][2:4] == ["SpO2 < 90%", "Shock"]


def test_groups_count_through_sections() -> None:
    """A group's number is the item's place in the whole text."""
    text = (
        "Inclusion Criteria:\n- A\n\nExclusion Criteria:\n1. Two of the following:\n  a. B\n  b. C"
    )
    found = read_criteria(text)
    assert [one.group for one in found] == [-1, -1, 1, 1]
    assert found[1].of_group == 2
    assert found[2].heading == "Two of the following:"


def test_populations() -> None:
    """Donors and recipients are told apart by their headings."""
    text = (
        "Donor inclusion criteria:\n- Age 20 to 40 years\n\n"
        "Recipient inclusion criteria:\n- Age 50 to 70 years\n\nExclusion criteria\n- Sepsis"
    )
    assert [(one.population, one.section) for one in read_criteria(text)] == [
        ("donor", "inclusion"),
        ("recipient", "inclusion"),
        ("patient", "exclusion"),
    ]


def test_numbers_within_a_line() -> None:
    """1. 2. 3. in one line are items; numbers out of turn are text."""
    text = "1. Age over 30 years; 2. Type 2 diabetes; 3. BMI over 28 kg/m2."
    assert [text[one.start : one.end] for one in items(text, "inclusion")] == [
        "Age over 30 years;",
        "Type 2 diabetes;",
        "BMI over 28 kg/m2.",
    ]


def test_sections_within_a_line() -> None:
    """Both headings may stand in one line."""
    text = "Inclusion Criteria: Confirmed pneumonia. Exclusion Criteria: Known epilepsy."
    assert [(one.section, text[one.start : one.end]) for one in items(text)] == [
        ("inclusion", "Confirmed pneumonia."),
        ("exclusion", "Known epilepsy."),
    ]


def test_run_on_block() -> None:
    """Phrases that follow without a separator are parted at capitals."""
    text = (
        "Confirmation of influenza by rapid test Need for oxygen by mask"
        " Pneumonia on the chest film Admission to the ward less than 36 hours ago"
        " APACHE score below 12 points"
        " Written consent of the patient or a relative"
    )
    parts = [text[one.start : one.end] for one in items(text, "inclusion")]
    assert parts[:3] == [
        "Confirmation of influenza by rapid test",
        "Need for oxygen by mask",
        "Pneumonia on the chest film",
    ]
    assert parts[-1] == "Written consent of the patient or a relative"


def test_wrapped_lines_are_one_item() -> None:
    """A line that goes on in small letters belongs to the item above."""
    text = "- Severe heart failure that needs\n  daily treatment\n- Sepsis"
    assert [text[one.start : one.end] for one in items(text)] == [
        "Severe heart failure that needs\n  daily treatment",
        "Sepsis",
    ]


def test_notes_and_form_fields_are_definitions() -> None:
    """They are kept, as what they are."""
    text = "- Age over 20\nNote: rescreening is allowed\nF.1.2 Adults (18-64 years) yes"
    assert [one.kind for one in items(text)] == ["criterion", "definition", "definition"]


def test_sentence_that_bars() -> None:
    """A sentence can open the exclusion criteria; what stands before it was asked for."""
    text = "- Age over 20\n\nPatients are excluded if any of the following applies:\n- Sepsis"
    found = read_criteria(text)
    assert [one.section for one in found] == ["inclusion", "exclusion"]
    text = "Inclusion criteria:\n1. Gout\n2. Other inclusion criteria: consent"
    assert [one.text for one in read_criteria(text)] == [
        "Gout",
        "Other inclusion criteria: consent",
    ]


def test_section_of_text_without_heading() -> None:
    """It is the one given, else unknown."""
    assert read_criteria("Age over 20 years", section="inclusion")[0].section == "inclusion"
    assert read_criteria("Age over 20 years")[0].section == "unknown"


def test_coverage_counts_criteria_only() -> None:
    """Headings are not counted."""
    found = coverage(read_criteria(MIXED))
    assert (found.criteria, found.full, found.partial, found.none) == (6, 5, 0, 1)
    assert found.conditions == 5
    assert 0 < found.characters < 1


def test_nothing() -> None:
    """No text, no items."""
    assert read_criteria("") == ()
    assert coverage(()).characters == 0
