"""Units in one spelling, from what a finding states or from its outcome's words."""

from __future__ import annotations

import pytest

from trialweave.model import Finding
from trialweave.synthesis.units import unit_of


def unit(outcome: str, printed: str = "") -> str:
    return unit_of(Finding("r:1#0", "r:1", outcome, unit=printed))


@pytest.mark.parametrize(
    ("printed", "spelt"),
    [
        ("Days", "days"),
        ("d", "days"),
        ("hrs", "hours"),
        ("mg/l", "mg/L"),
        ("mg per L", "mg/L"),
        ("MG/DL", "mg/dL"),
        ("mmol / l", "mmol/L"),
        ("ug/mL", "µg/mL"),
        ("mcg/L", "µg/L"),
        ("μg/ml", "µg/mL"),
        ("U/l", "U/L"),
        ("mIU/ml", "mIU/mL"),
        ("cells/µl", "cells/µL"),
        ("ml", "mL"),
        ("mL/min/1.73 m2", "mL/min/1.73 m2"),
        ("cm H2O/kPa", "cm H2O/kPa"),
        ("mm Hg", "mmHg"),
        ("KPA", "kPa"),
        ("Percent", "%"),
        ("units on a scale", "points"),
        ("Score on a scale", "points"),
        (" (points) ", "points"),
        ("fl", "fL"),
        ("ml/kg", "mL/kg"),
        ("", ""),
    ],
)
def test_one_spelling(printed: str, spelt: str) -> None:
    assert unit("CRP", printed) == spelt


@pytest.mark.parametrize(
    ("outcome", "spelt"),
    [
        ("hospital stay (days)", "days"),
        ("length of stay in days", "days"),
        ("hospital stay (median days)", "days"),
        ("CRP, mg/l", "mg/L"),
        ("HbA1c [%]", "%"),
        ("systolic blood pressure (mm Hg)", "mmHg"),
        ("albumin (g/dL)", "g/dL"),
        ("pain at 7 days", ""),
        ("days", ""),
        ("quality of life", ""),
    ],
)
def test_the_outcome_s_words_end_with_the_unit(outcome: str, spelt: str) -> None:
    assert unit(outcome) == spelt


def test_a_stated_unit_comes_before_the_words() -> None:
    assert unit("hospital stay (days)", "hours") == "hours"
