"""Shared bounds, lists in a line, conditions ahead, and states without a time. All invented."""

from __future__ import annotations

import pytest

from trialweave.protocol.criteria import read_criteria, read_criterion
from trialweave.protocol.criteria.concepts import concept
from trialweave.protocol.criteria.tree import All, Any, AtLeast, Event, If, InSet, Opaque, leaves


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AST or GGT > 4 x ULN", Any),
        ("AST and/or ALT above 3 times ULN", Any),
        ("GGT and AST <= 3 x ULN", All),
        ("AST/ALT <= 3 x ULN", All),
    ],
)
def test_one_bound_for_several(text: str, kind: type) -> None:
    """The word between the names joins them; a slash is a list."""
    tree = read_criterion(text, section="inclusion").tree
    assert isinstance(tree, kind)
    assert len(list(leaves(tree))) == 2


def test_lists_in_a_line() -> None:
    """Their items are counted, and nothing is left over."""
    one = read_criterion("At least one of: SpO2 < 91%; heart rate > 120 bpm; lactate > 2 mmol/L")
    assert isinstance(one.tree, Any)
    assert (len(one.tree.items), one.coverage) == (3, "full")
    two = read_criterion("Two or more of the following: BMI > 32 kg/m2, HbA1c > 7%, age > 60 years")
    assert isinstance(two.tree, AtLeast)
    assert (two.tree.number, len(two.tree.items), two.coverage) == (2, 3, "full")


@pytest.mark.parametrize(
    "text",
    [
        "For women of childbearing potential: negative pregnancy test",
        "If diabetic, HbA1c < 9%",
        "Males only: PSA < 5 ng/mL",
    ],
)
def test_condition_ahead(text: str) -> None:
    """It asks of some only; as an exclusion criterion it bars those of whom both hold."""
    inclusion = read_criterion(text, section="inclusion")
    assert isinstance(inclusion.tree, If)
    assert inclusion.coverage == "full"
    assert not isinstance(read_criterion(text, section="exclusion").tree, If)


def test_harmless_tails_and_classes() -> None:
    """A qualifier is understood; "A" behind a class is a letter."""
    assert read_criterion("SpO2 <= 92% on room air").coverage == "full"
    assert read_criterion("Heart rate > 110 bpm at rest").coverage == "full"
    tree = read_criterion("Child-Pugh class A or B").tree
    assert isinstance(tree, InSet)
    assert tree.values == ("A", "B")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HIV infection", [("HIV infection", True, "condition")]),
        ("On ECMO", [("ECMO", True, "procedure")]),
        ("Treatment with rituximab", [("Treatment with rituximab", True, "drug")]),
        ("No active tuberculosis", [("active tuberculosis", False, "condition")]),
        ("Known allergy to latex or penicillin",
         [("Known allergy to latex", True, "condition"),
          ("Known allergy to penicillin", True, "condition")]),
        ("Participation in another trial",
         [("Participation in another trial", True, "commitment")]),
    ],
)  # fmt: skip
def test_states(text: str, expected: list[tuple[str, bool, str]]) -> None:
    """A short phrase is an event without a window, and covers the text."""
    one = read_criterion(text, section="exclusion")
    found = [leaf for leaf in leaves(one.tree) if isinstance(leaf, Event)]
    assert [(leaf.concept, leaf.present, leaf.kind) for leaf in found] == expected
    assert one.coverage == "full"
    assert (found[0].start, found[-1].end) == (0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "Signed informed consent",
        "Stroke unless fully recovered",
        "Severe renal or hepatic disease",
        "Pneumonia confirmed by culture",
        "Cancer, in the opinion of the physician",
        "Elevated troponin with myocarditis",
    ],
)
def test_what_stays_text(text: str) -> None:
    """Words that change what is asked, or leave it open."""
    assert any(isinstance(leaf, Opaque) for leaf in leaves(read_criterion(text).tree))


def test_heading_that_asks_for_all() -> None:
    """Also among exclusion criteria."""
    text = (
        "Exclusion Criteria:\n1. All of the following:\n  a. Age > 70 years\n  b. BMI > 40 kg/m2\n"
    )
    heads = [one for one in read_criteria(text) if one.kind == "heading"]
    assert [one.of_group for one in heads] == [0]


def test_rows_of_their_own() -> None:
    """Names that stood for two things."""
    row = concept("nt_probnp")
    assert row is not None
    assert row.molar_mass == 8457
    assert concept("meld_na") is not None
    assert concept("qt") is not None
