"""Spellings of one thing meet; design words and function words do not count."""

from __future__ import annotations

import pytest

from trialweave.studies.words import product_words, severities, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("UC-MSCs", "umbilical cord mesenchymal stromal cells"),
        ("hUC-MSC", "Umbilical Cord Mesenchymal Stem Cell"),
        ("COVID 19", "SARS-CoV-2"),
        ("2019-nCoV", "coronavirus disease 2019"),
        ("MenSCs", "menstrual blood mesenchymal stem cells"),
        ("hospitalized", "hospitalised"),
        ("Tumors", "tumour"),
        ("conditioned medium", "secretome"),
        ("therapies", "therapy"),
        ("Crème brûlée", "creme brulee"),
    ],
)
def test_one_thing_under_two_names(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_design_words_are_left_out() -> None:
    title = "A randomized, double-blind, placebo-controlled phase II trial of amber in frostbite"
    assert words(title) == ("amber", "frostbite")


def test_product_words_leave_out_comparators_and_routes() -> None:
    assert product_words("Intravenous infusion of amber cells, 5 ml daily") == ("amber",)
    assert product_words("Placebo (normal saline)") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Severe Covid-19", {"severe"}),
        ("severe acute respiratory syndrome", set()),
        ("moderate to severe ARDS", {"moderate", "severe"}),
        ("critically ill patients", {"critical"}),
        ("non-severe influenza", set()),
    ],
)
def test_severities(text: str, found: set[str]) -> None:
    assert severities(text) == found
