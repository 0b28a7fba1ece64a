"""Damage of exports: repaired with a flag, or left and flagged, never silently. Invented texts."""

from __future__ import annotations

import pytest

from trialweave.protocol.criteria import read_criteria, read_criterion, read_listed, with_copy
from trialweave.protocol.criteria.concepts import concepts
from trialweave.protocol.criteria.fields import field_conflicts
from trialweave.protocol.criteria.repair import damage, intended, likely_unit
from trialweave.protocol.criteria.tree import Compare, Criterion, leaves


def comparison(criterion: Criterion) -> Compare:
    """The one comparison of a criterion."""
    (leaf,) = [one for one in leaves(criterion.tree) if isinstance(one, Compare)]
    return leaf


def names(criterion: Criterion) -> set[str]:
    """The names of a criterion's flags."""
    return {flag.name for flag in criterion.flags}


@pytest.mark.parametrize(
    ("text", "section", "sign"),
    [
        ("SpO2 = 92%", "inclusion", "<="),
        ("Oxygen saturation = 96%", "inclusion", ">="),
        ("PaO2/FiO2 = 250 mmHg", "inclusion", "<="),
        ("Respiratory rate = 30/min", "inclusion", ">="),
        ("Platelets = 80 x 10^9/L", "inclusion", ">="),
        ("Platelets = 40 x 10^9/L", "exclusion", "<="),
        ("Creatinine = 1.4 mg/dL", "inclusion", "<="),
        ("Creatinine = 2.4 mg/dL", "exclusion", ">="),
        ("ECOG = 2", "inclusion", "<="),
        ("LVEF = 45%", "inclusion", ">="),
        ("ALT = 3 x ULN", "inclusion", "<="),
        ("Age = 18 years", "inclusion", ">="),
        ("Age = 78 years", "inclusion", "<="),
        ("Age = 70 years", "exclusion", ">="),
        ("BMI = 17 kg/m2", "exclusion", "<="),
    ],
)
def test_lost_operator(text: str, section: str, sign: str) -> None:
    """The side follows from measure and section, and is flagged with its reason."""
    criterion = read_criterion(text, section=section, whole=text)
    leaf = comparison(criterion)
    assert leaf.operator == sign
    assert "operator_repaired" in leaf.flags
    assert leaf.written.startswith("=")
    (flag,) = [one for one in criterion.flags if one.name == "operator_repaired"]
    assert flag.received.startswith("=")
    assert flag.suggested.startswith(sign)
    assert flag.reason


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Hemoglobin = 9 g/dL", "Hemoglobin = 9 g/dL; ALT ≤ 3 x ULN"),
        ("BMI = 28 kg/m2", "BMI = 28 kg/m2"),
        ("Lesion length = 30 mm", "Lesion length = 30 mm"),
    ],
)
def test_operator_that_cannot_be_told(text: str, whole: str) -> None:
    """An intact sign in the text, or a measure with two sides, leaves "=" and says so."""
    criterion = read_criterion(text, section="inclusion", whole=whole)
    assert comparison(criterion).operator == "="
    assert "operator_ambiguous" in names(criterion)


def test_unknown_section_is_ambiguous() -> None:
    """Without a section there is no side."""
    criterion = read_criterion("Platelets = 80 x 10^9/L", whole="Platelets = 80 x 10^9/L")
    assert "operator_ambiguous" in names(criterion)


def test_range_of_lost_operators() -> None:
    """Two lost signs, or one, make a range."""
    for text in ("Age = 20 and = 70 years", "Age = 20 years, < 70 years", "20 = age = 70 years"):
        leaf = comparison(read_criterion(text, section="inclusion", whole=text))
        assert (leaf.operator, leaf.low, leaf.high) == ("between", 20, 70), text
        assert "operator_repaired" in leaf.flags


def test_two_groups_are_no_range() -> None:
    """Bounds of two groups stay two bounds."""
    text = "QTc = 450 ms in men, QTc = 470 ms in women"
    found = leaves(read_criterion(text, section="exclusion", whole=text).tree)
    assert [one.operator for one in found if isinstance(one, Compare)] == [">=", ">="]


def test_lowered_superscripts() -> None:
    """ "10" and the exponent without a sign between them is a power, and flagged."""
    criterion = read_criterion("ANC > 1.2x109/L", section="inclusion")
    leaf = comparison(criterion)
    assert (leaf.low, leaf.unit) == (1.2, "10*9/L")
    assert "superscript_repaired" in names(criterion)
    for intact in ("ANC > 1.2 x 10^9/L", "ANC > 1.2 × 10⁹/L", "ANC > 1.2 x 10e9/L"):
        assert "superscript_repaired" not in names(read_criterion(intact)), intact


@pytest.mark.parametrize(
    ("text", "value", "flagged"),
    [
        ("platelets < 60.000/mm3", 60_000, False),
        ("platelets < 125.500/mm3", 125_500, True),
        ("fibrinogen < 0,8 g/l", 0.8, False),
        ("creatinine > 1,250 mg/dl", 1.25, True),
        ("platelets < 1 250 000 /mm3", 1_250_000, False),
    ],
)
def test_thousands_and_decimals(text: str, value: float, flagged: bool) -> None:
    """The reading that a person can have; the second one is flagged."""
    criterion = read_criterion(text)
    assert comparison(criterion).low == pytest.approx(value)
    assert ("number_reread" in names(criterion)) == flagged


def test_suspect_unit() -> None:
    """A unit in which nobody lives is kept and flagged with the likely one."""
    criterion = read_criterion("creatinine 50-120 mmol/L")
    assert comparison(criterion).unit == "mmol/L"
    (flag,) = [one for one in criterion.flags if one.name == "unit_suspect"]
    assert flag.suggested == "umol/L"
    assert "unit_suspect" not in names(read_criterion("creatinine 50-120 umol/L"))


def test_other_flags() -> None:
    """A unit left out, a value nobody has, bounds the wrong way, a sign without a value."""
    assert "unit_assumed" in names(read_criterion("eGFR < 40"))
    assert "value_implausible" in names(read_criterion("Age > 400 years"))
    assert "bounds_contradict" in names(read_criterion("Age between 70 and 20 years"))
    assert "operator_without_value" in names(read_criterion("Hemoglobin >= and platelets"))


def test_assumed_unit_goes_by_size() -> None:
    """A bare number is in the unit in which somebody can have it."""
    assert comparison(read_criterion("Lymphocytes < 0.9")).assumed_unit == "10*9/L"
    assert comparison(read_criterion("Lymphocytes < 900")).assumed_unit == "/uL"


def test_symbol_font() -> None:
    """³ and £ before a number are ≥ and ≤ of a symbol font, flagged; elsewhere they stay."""
    criterion = read_criterion("Age ³ 21 years")
    assert comparison(criterion).operator == ">="
    assert "operator_repaired" in names(criterion)
    assert comparison(read_criterion("WBC > 4 x 10³/uL")).unit == "10*3/uL"


def test_what_is_to_be_kept_is_a_lower_bound() -> None:
    """Words before the sign can turn the side."""
    text = "Oxygen needed to maintain SpO2 = 92%"
    assert comparison(read_criterion(text, section="inclusion", whole=text)).operator == ">="
    text = "Risk factors such as age = 70 years"
    assert comparison(read_criterion(text, section="inclusion", whole=text)).operator == ">="
    text = "Room air (FiO2 = 0.21)"
    room = read_criterion(text, section="inclusion", whole=text)
    assert (comparison(room).operator, comparison(room).assumed_unit) == ("=", "1")
    assert names(room) == {"unit_assumed"}


def test_damage_needs_evidence() -> None:
    """Only a text with "=" before numbers and no intact sign is damaged."""
    assert damage("SpO2 = 93%").operators
    assert not damage("SpO2 = 93%, age ≥ 18").operators
    assert not damage("SpO2 <= 93%").operators
    assert damage("a = 1, b = 2").reason.count("2 places") == 1


def test_intended_is_told_for_every_direction() -> None:
    """Each kind of direction in the table gives a side, or none with a reason."""
    for concept in concepts().values():
        for section in ("inclusion", "exclusion"):
            found = intended(concept, concept.low or 1.0, concept.unit, section)
            assert found.sign in ("", "<=", ">=")
            assert found.reason


def test_likely_unit_needs_all_values() -> None:
    """Both ends must fit."""
    creatinine = concepts()["creatinine"]
    assert likely_unit(creatinine, (50.0, 120.0), "mmol/L") == "umol/L"
    assert likely_unit(creatinine, (50.0, 1e9), "mmol/L") == ""


def test_listed_items_share_evidence() -> None:
    """Damage is judged over all items of the record."""
    intact = read_listed(["SpO2 = 92%"], ["Age ≥ 90 years"])
    assert comparison(intact[0]).operator == "="
    hurt = read_listed(["SpO2 = 92%"], ["Age > 90 years"])
    assert comparison(hurt[0]).operator == "<="
    assert [one.section for one in hurt] == ["inclusion", "exclusion"]


FIELDS = "Inclusion Criteria:\n- Age > 18 years\n- Women\n\nExclusion Criteria:\n- Age > 75 years"


def test_fields_against_text() -> None:
    """Only what both state is compared; both are shown."""
    criteria = read_criteria(FIELDS)
    found = field_conflicts(criteria, minimum_age="30 Years", maximum_age="75 Years", sex="All")
    assert [one.field for one in found] == ["minimum_age", "sex"]
    assert found[0].stated == "30 Years"
    assert "18" in found[0].read
    assert found[0].flag.name == "conflict_with_field"
    start, end = found[0].flag.start, found[0].flag.end
    assert FIELDS[start:end].strip() == found[0].read


@pytest.mark.parametrize("minimum", ["18 Years", "216 Months", "N/A", "", "18"])
def test_fields_that_agree(minimum: str) -> None:
    """Open and closed ends, other units, and nothing stated are no conflict."""
    assert field_conflicts(read_criteria(FIELDS), minimum_age=minimum) == ()


def test_exclusion_sets_the_lower_bound() -> None:
    """ "Excluded below 16" is a lower bound of 16."""
    criteria = read_criteria("Exclusion Criteria:\n- Age < 16 years")
    assert field_conflicts(criteria, minimum_age="16 Years") == ()
    assert len(field_conflicts(criteria, minimum_age="12 Years")) == 1


def test_fresher_copy_settles() -> None:
    """The copy's sign is taken, and a contradiction with the guess is flagged."""
    old = read_criteria("Inclusion Criteria:\n- BMI = 28 kg/m2\n- SpO2 = 92%")
    new = read_criteria("Inclusion Criteria:\n- BMI ≥ 28 kg/m2\n- SpO2 ≥ 92%")
    first, second = with_copy(old, new)
    assert comparison(first).operator == ">="
    assert comparison(first).flags == ("operator_repaired",)
    assert comparison(second).operator == ">="
    assert "conflict_with_copy" in names(second)
    assert with_copy(new, old) == new
