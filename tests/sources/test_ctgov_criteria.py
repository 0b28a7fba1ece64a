"""Splitting one eligibility text into criteria."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.sources.ctgov.criteria import plain, split


def items(text: str) -> list[tuple[str, list[str]]]:
    sections = split(text)
    assert sections is not None
    return [(kind, [plain(text[a:b]) for a, b in found]) for kind, found in sections]


def test_list_marks_and_items_under_items() -> None:
    text = (
        "Inclusion Criteria:\n\n"
        "* Adults\n"
        "* Either of\n\n"
        "  * fever \\> 38\n"
        "  * chills\n"
        "* Consent\n"
        "  given in writing\n\n"
        "Exclusion Criteria:\n\n"
        "1. Pregnancy\n"
        "2. E. coli infection\n"
    )
    assert items(text) == [
        (
            "inclusion",
            ["Adults", "Either of\n\n  * fever > 38\n  * chills", "Consent\n  given in writing"],
        ),
        ("exclusion", ["Pregnancy", "E. coli infection"]),
    ]


def test_a_line_an_item_where_there_are_no_marks() -> None:
    text = "Inclusion Criteria:\n\nAdults\nFever\n\nExclusion Criteria:\n\nE. coli infection\n"
    assert items(text) == [
        ("inclusion", ["Adults", "Fever"]),
        ("exclusion", ["E. coli infection"]),
    ]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Inclusion Criteria:", "inclusion"),
        ("EXCLUSION CRITERIA", "exclusion"),
        ("Key Inclusion Criteria:", "inclusion"),
        ("[Exclusion criteria]", "exclusion"),
        ("4.2 Exclusion Criteria", "exclusion"),
        ("Exclusion Criteria (Infant):", "exclusion"),
        ("Exclusion Criteria for all patients", "exclusion"),
        ("Non-inclusion criteria:", "exclusion"),
        ("Donor exclusion criteria", "exclusion"),
        ("Patients with any of the following exclusion criteria may not take part:", "exclusion"),
        ("Inclusion Criteria for donors (NOTE: closed):", "inclusion"),
    ],
)
def test_headings(heading: str, kind: str) -> None:
    assert items(f"{heading}\n\nSomething") == [(kind, ["Something"])]


@pytest.mark.parametrize(
    "line",
    [
        "Does not meet the inclusion criteria",
        "No exclusion criteria are positive.",
        "Failure to satisfy all inclusion criteria",
        "A controlled infection is not an exclusion criterion.",
        "Other inclusion/exclusion criteria may apply",
        "Any condition not fulfilling inclusion criteria;",
        "Note for Inclusion Criterion #7:",
    ],
)
def test_sentences_about_criteria_are_no_headings(line: str) -> None:
    text = f"Exclusion Criteria:\n\nFever\n{line}\n"
    assert items(text) == [("exclusion", ["Fever", line])]
    assert split(line) is None


def test_a_heading_inside_a_line_ends_the_section_before() -> None:
    text = "Inclusion Criteria: Adults. Exclusion Criteria: Pregnancy\nFever"
    assert items(text) == [("inclusion", ["Adults."]), ("exclusion", ["Pregnancy", "Fever"])]


def test_several_sections_of_a_kind_and_empty_ones() -> None:
    text = "Inclusion Criteria (A):\n\na\n\nExclusion Criteria:\n\nInclusion Criteria (B):\n\nb"
    assert items(text) == [("inclusion", ["a"]), ("exclusion", []), ("inclusion", ["b"])]


def test_text_without_headings_is_not_split() -> None:
    assert split("Adults with fever") is None
    assert split("") is None


@given(
    st.lists(
        st.sampled_from(
            ["Inclusion Criteria:", "Exclusion Criteria", "* a", "  * b", "1. c", "d", "", "-", "("]
        )
        | st.text(max_size=12)
    )
)
def test_items_are_spans_of_the_text_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    at = 0
    for _, found in split(text) or []:
        for start, end in found:
            assert at <= start < end <= len(text)
            assert text[start:end].strip() == text[start:end]
            at = end


@pytest.mark.parametrize(
    "unit", ["inclusion criteria ", "Inclusion Criteria:", "\n* a", "* ", "(", "\\", "-", "riteri"]
)
def test_the_work_is_bounded_by_the_length(unit: str) -> None:
    def seconds(times: int) -> float:
        begin = time.process_time()
        split("Inclusion Criteria:\n" + unit * times)
        return time.process_time() - begin

    short, long = seconds(2_000), seconds(40_000)
    assert long < 200 * max(short, 0.001)  # twenty times the text; a square would be 400 times
