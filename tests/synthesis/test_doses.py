"""Doses as records write them, and the ranges that questions ask for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.synthesis.doses import Dose, DoseRange, band, dose_range, doses_in, shown

KG = "cells/kg"


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("100e6 cells (absolute; +/-20e6)", 1e8, 1e8, "cells"),
        ("1e6 cells/kg", 1e6, 1e6, KG),
        ("1-2e6 cells/kg", 1e6, 2e6, KG),
        ("0.5 to 1 x 10^6 cells per kg of body weight", 5e5, 1e6, KG),
        ("between 5 and 10 million cells/kg", 5e6, 1e7, KG),
        ("3 × 10⁷ cells each", 3e7, 3e7, "cells"),
        ("1*10E6 UC-MSCs/kg body weight", 1e6, 1e6, KG),
        ("1.0E+6MSC/kg", 1e6, 1e6, KG),
        ("1 x 10(6) cells/kg", 1e6, 1e6, KG),
        ("2 ** 3, then 10**6 cells", 1e6, 1e6, "cells"),
        ("10^6 cells per kilogram", 1e6, 1e6, KG),
        ("1x10^6/kg", 1e6, 1e6, KG),
        ("10^6 (1 million) /Kg/person", 1e6, 1e6, KG),
        ("2-3 millions/Kg", 2e6, 3e6, KG),
        ("2 billion cells kg-1", 2e9, 2e9, KG),
        ("3 thousand cells", 3e3, 3e3, "cells"),
        ("50 million allogeneic human umbilical cord mesenchymal stem cells", 5e7, 5e7, "cells"),
        ("500,000 cells per kg", 5e5, 5e5, KG),
        ("5 x 107 cells", 5e7, 5e7, "cells"),  # the exponent lost its place
        ("2 x 106 hMSC/kg", 2e6, 2e6, KG),
        ("106 cells/kg", 1e6, 1e6, KG),
        ("2.0e8 nanovesicles", 2e8, 2e8, "vesicles"),
        ("2 x 10^8 particles", 2e8, 2e8, "vesicles"),
        ("15 mL in 100 mL saline", 15, 15, "mL"),
        ("500 µL", 0.5, 0.5, "mL"),
        ("0.5 mg/kg", 0.5, 0.5, "mg/kg"),
        ("1.5 g", 1500, 1500, "mg"),
        ("250 mcg", 0.25, 0.25, "mg"),
        ("1,200 IU", 1200, 1200, "IU"),
        ("90 mL of normal saline plus 10 mL ExoFlo", 10, 10, "mL"),
        ("3e7 cells (9e7 total)", 3e7, 3e7, "cells"),
    ],
)
def test_one_dose(text: str, low: float, high: float, unit: str) -> None:
    (dose,) = doses_in(text)
    assert (dose.low, dose.high) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))
    assert dose.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10e6 cells",  # to a computer ten million, to many who write it one
        "1-2 x 10^6 million MSCs",
        "1 x 10^8 cells/mL",
        "1000 cells per field",
        "999 cells",
        "CD34+ cells > 2 x 10^6 cells/kg",
        "a total of 6 million cells",
        "up to 2 million cells/kg",
        "0 mg",
        "2 x 107 mL",  # nothing but cells and vesicles comes in such powers
        "50 mL saline",
        "6000 mL",
        "20 patients, day 7",
        "NCT04355728",
        "cells in 3 doses",
        "2e6 to 1e6 cells",
    ],
)
def test_what_is_no_dose_is_not_read(text: str) -> None:
    assert doses_in(text) == ()


def test_several_doses_each_once_and_in_order() -> None:
    found = doses_in("1e6 cells/kg, then 0.5e6 cells/kg twice, and 1 million cells per kg again")
    assert [(dose.low, dose.unit) for dose in found] == [(1e6, KG), (5e5, KG)]
    assert [dose.low for dose in doses_in("10 mL or 15 mL ExoFlo")] == [10, 15]
    assert [dose.low for dose in doses_in("5 and 10 million cells/kg")] == [5e6, 1e7]
    assert len(doses_in(", ".join(f"{number} mg" for number in range(1, 40)))) == 20
    assert doses_in(" " * 10 + "x" * 4000 + " 5 mg") == ()


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("1e6 to 5e6 cells/kg", 1e6, 5e6, KG),
        ("100 million cells", 1e8, 1e8, "cells"),
        ("at least 1e6 cells/kg", 1e6, math.inf, KG),
        ("1e6 cells/kg or more", 1e6, math.inf, KG),
        (">= 1e6 cells/kg", 1e6, math.inf, KG),
        (" up to  15 mL ", 0, 15, "mL"),
        ("15 mL or less", 0, 15, "mL"),
    ],
)
def test_ranges(text: str, low: float, high: float, unit: str) -> None:
    assert dose_range(text) == DoseRange(low, high, unit)


@pytest.mark.parametrize(
    "text",
    ["", "many cells", "5 to 1 mL", "1e6", "1 mL and 5 mg", "at least 1 to 2 mL", "10e6 cells/kg"],
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^dose .*"):
        dose_range(text)


def test_a_range_holds_its_ends_and_no_other_unit() -> None:
    asked = dose_range("1e6 to 5e6 cells/kg")
    assert asked.holds(Dose(1e6, 5e6, KG, ""))
    assert not asked.holds(Dose(0.99e6, 2e6, KG, ""))
    assert not asked.holds(Dose(2e6, 5.01e6, KG, ""))
    assert not asked.holds(Dose(2e6, 2e6, "cells", ""))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], ""),
        (["1e6 cells/kg", "9.9e6 cells/kg"], "1e6 to 1e7 cells/kg"),
        (["1e7 cells/kg"], "1e7 to 1e8 cells/kg"),
        (["1000 cells"], "1000 to 1e4 cells"),
        (["0.5 mg"], "0.1 to 1 mg"),
        (["15 mL", "5 mL"], "several orders of magnitude"),
        (["0.5 to 2e6 cells/kg"], "several orders of magnitude"),
        (["2e8 cells", "1 mL"], "1e8 to 1e9 cells"),  # the first unit
    ],
)
def test_bands_are_orders_of_magnitude(texts: list[str], said: str) -> None:
    assert band(dose for text in texts for dose in doses_in(text)) == said


@given(st.integers(10, 9999), st.integers(4, 9), st.sampled_from(["cells", KG, "vesicles"]))
def test_a_dose_as_shown_is_read_again(digits: int, power: int, unit: str) -> None:
    dose = Dose(digits * 10.0 ** (power - 1), digits * 10.0**power, unit, "")
    (again,) = doses_in(shown(dose))
    assert again.unit == unit
    assert (again.low, again.high) == (
        pytest.approx(dose.low, rel=1e-9), pytest.approx(dose.high, rel=1e-9)
    )  # fmt: skip


@given(st.text(max_size=60))
def test_any_text_gives_positive_doses_or_none(text: str) -> None:
    for dose in doses_in(text):
        assert 0 < dose.low <= dose.high < math.inf
