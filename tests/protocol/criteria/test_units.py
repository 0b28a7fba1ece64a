"""Units: how they are written, and conversions checked against values from other sources."""

from __future__ import annotations

import pytest

from trialweave.protocol.criteria.concepts import concepts
from trialweave.protocol.criteria.fitting import canonical
from trialweave.protocol.criteria.units import convert, match, measure, ucum


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("mg/dl", "mg/dL"), ("mg per dL", "mg/dL"), ("µmol/L", "umol/L"), ("IU/mL", "[IU]/mL"),
        ("ml/min/1.73 m²", "mL/min/{1.73_m2}"), ("beats per minute", "/min"), ("mmHg", "mm[Hg]"),
        ("K/uL", "10*3/uL"), ("cells/mm3", "/mm3"), ("/mmc", "/mm3"), ("years", "a"),
        ("weeks", "wk"), ("kg/m^2", "kg/m2"), ("°C", "Cel"), ("cmH2O", "cm[H2O]"), ("g%", "g/dL"),
        ("mg/kg/day", "mg/kg/d"), ("furlongs", ""), ("", ""), ("mg/furlong", ""),
    ],
)  # fmt: skip
def test_ucum(written: str, code: str) -> None:
    """Known units get their code, unknown ones none."""
    assert ucum(written) == code


@pytest.mark.parametrize(
    ("concept", "value", "have", "want"),
    [
        ("glucose", 126, "mg/dL", (7.0, "mmol/L")),
        ("creatinine", 1.0, "mg/dL", (88.4, "umol/L")),
        ("bilirubin", 1.0, "mg/dL", (17.1, "umol/L")),
        ("ldl", 100, "mg/dL", (2.59, "mmol/L")),
        ("triglycerides", 150, "mg/dL", (1.69, "mmol/L")),
        ("uric_acid", 6.0, "mg/dL", (357, "umol/L")),
        ("calcium", 10.0, "mg/dL", (2.5, "mmol/L")),
        ("calcium", 5.0, "meq/L", (2.5, "mmol/L")),
        ("magnesium", 2.0, "meq/L", (1.0, "mmol/L")),
        ("testosterone", 300, "ng/dL", (10.4, "nmol/L")),
        ("vitamin_d", 20, "ng/mL", (49.9, "nmol/L")),
    ],
)
def test_mass_and_amount(concept: str, value: float, have: str, want: tuple[float, str]) -> None:
    """Conventional to SI, against the factors that laboratories publish (AMA Manual of Style)."""
    of = concepts()[concept]
    got = convert(value, have, want[1], of.molar_mass, of.valence)
    assert got == pytest.approx(want[0], rel=0.005)
    back = convert(got or 0.0, want[1], have, of.molar_mass, of.valence)
    assert back == pytest.approx(value)


def test_other_conversions() -> None:
    """Counts, pressures, temperatures, times."""
    assert convert(100, "10*9/L", "/uL") == pytest.approx(100_000)
    assert convert(50, "10*3/uL", "10*9/L") == pytest.approx(50)
    assert convert(40, "kPa", "mm[Hg]") == pytest.approx(300.02, rel=1e-4)
    assert convert(98.6, "[degF]", "Cel") == pytest.approx(37.0)
    assert convert(37.0, "Cel", "[degF]") == pytest.approx(98.6)
    assert convert(1, "a", "mo") == pytest.approx(12)
    assert convert(30, "%", "") == pytest.approx(0.3)


def test_hba1c_of_the_two_standards() -> None:
    """48 mmol/mol is 6.5%."""
    assert canonical(concepts()["hba1c"], 48, "mmol/mol") == pytest.approx(6.5, abs=0.05)


@pytest.mark.parametrize(
    ("have", "want"),
    [
        ("mL/min/{1.73_m2}", "mL/min"),
        ("U/L", "mg/dL"),
        ("mg/dL", "mmol/L"),  # without a molar mass
        ("furlong", "mg"),
        ("mg", "furlong"),
        ("{xULN}", "U/L"),
    ],
)
def test_what_does_not_convert(have: str, want: str) -> None:
    """None, never a guess."""
    assert convert(1.0, have, want) is None


def test_thousands_are_no_kelvin() -> None:
    """K/uL counts; it has no temperature in it."""
    found = measure("10*3/uL")
    assert found is not None
    assert dict(found[0]) == {"volume": -1}
    assert match("k/ul", 0) is not None


def test_canonical_units_are_known() -> None:
    """Every canonical unit of the table measures something."""
    odd = {"{xULN}", "[pH]"}
    for each in concepts().values():
        assert each.unit in odd or measure(each.unit) is not None, each.name
