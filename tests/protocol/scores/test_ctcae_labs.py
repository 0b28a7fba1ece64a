"""CTCAE grades of results: each bound of each term, both versions, and what is not known."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.protocol.ctcae_labs import grade, terms, terms_of

BOTH = ("4.03", "5.0")
ABSOLUTE: list[tuple[str, str, str, tuple[str, ...], dict[str, Any], list[tuple[float, int]]]] = [
    ("Anemia", "hemoglobin", "g/dL", BOTH, {"lln": 12},
     [(12, 0), (11.9, 1), (10, 1), (9.9, 2), (8, 2), (7.9, 3)]),
    ("Anemia", "hemoglobin", "g/L", BOTH, {"lln": 120}, [(120, 0), (100, 1), (80, 2), (79, 3)]),
    ("Anemia", "hemoglobin", "mmol/L", BOTH, {"lln": 7.5},
     [(7.5, 0), (6.2, 1), (6.1, 2), (4.9, 2), (4.8, 3)]),
    ("Hemoglobin increased", "hemoglobin", "g/dL", ("5.0",), {"uln": 16},
     [(16, 0), (16.1, 1), (18, 1), (18.1, 2), (20, 2), (20.1, 3)]),
    ("Hemoglobin increased", "hemoglobin", "g/L", ("5.0",), {"uln": 160},
     [(180, 1), (181, 2), (200, 2), (201, 3)]),
    ("Leukocytosis", "wbc", "10*9/L", BOTH, {}, [(100, 0), (100.1, 3)]),
    ("White blood cell decreased", "wbc", "10*9/L", BOTH, {"lln": 4},
     [(4, 0), (3.9, 1), (3, 1), (2.9, 2), (2, 2), (1.9, 3), (1, 3), (0.9, 4)]),
    ("Lymphocyte count decreased", "lymphocytes", "/uL", BOTH, {"lln": 1000},
     [(1000, 0), (800, 1), (799, 2), (500, 2), (499, 3), (200, 3), (199, 4)]),
    ("Lymphocyte count increased", "lymphocytes", "10*9/L", BOTH, {},
     [(4, 0), (4.1, 2), (20, 2), (20.1, 3)]),
    ("Neutrophil count decreased", "anc", "10*9/L", BOTH, {"lln": 2},
     [(2, 0), (1.5, 1), (1.4, 2), (1, 2), (0.9, 3), (0.5, 3), (0.49, 4), (0, 4)]),
    ("Platelet count decreased", "platelets", "10*9/L", BOTH, {"lln": 150},
     [(150, 0), (75, 1), (74, 2), (50, 2), (49, 3), (25, 3), (24, 4)]),
    ("CD4 lymphocytes decreased", "cd4", "10*9/L", BOTH, {"lln": 0.6},
     [(0.6, 0), (0.5, 1), (0.49, 2), (0.2, 2), (0.19, 3), (0.05, 3), (0.04, 4)]),
    ("Activated partial thromboplastin time prolonged", "aptt", "s", BOTH, {"uln": 40},
     [(40, 0), (41, 1), (60, 1), (61, 2), (100, 2), (101, 3)]),
    ("INR increased", "inr", "", ("4.03",), {"uln": 1.2, "anticoagulated": False},
     [(1.2, 0), (1.3, 1), (1.8, 1), (1.9, 2), (3, 2), (3.1, 3)]),
    ("INR increased", "inr", "", ("5.0",), {"anticoagulated": False},
     [(1.2, 0), (1.3, 1), (1.5, 1), (1.6, 2), (2.5, 2), (2.6, 3)]),
    ("INR increased", "inr", "", ("5.0",), {"anticoagulated": True, "baseline": 1},
     [(1, 0), (1.1, 1), (1.5, 1), (1.6, 2), (2.5, 2), (2.6, 3)]),
    ("Fibrinogen decreased", "fibrinogen", "g/L", ("5.0",), {"lln": 4, "baseline": 5},
     [(4, 0), (3.9, 1), (3, 1), (2.9, 2), (2, 2), (1.9, 3), (1, 3), (0.9, 4)]),
    ("Fibrinogen decreased", "fibrinogen", "mg/dL", ("5.0",), {"lln": 200, "baseline": 160},
     [(160, 0), (159, 1), (121, 1), (120, 2), (80, 3), (50, 3), (49, 4), (40, 4)]),
    ("Fibrinogen decreased", "fibrinogen", "mg/dL", ("4.03",), {"lln": 200, "baseline": 400},
     [(400, 0), (399, 1), (301, 1), (300, 2), (200, 3), (101, 3), (100, 4)]),
    ("Haptoglobin decreased", "haptoglobin", "mg/dL", BOTH, {"lln": 30}, [(30, 0), (29, 1)]),
    ("Blood lactate dehydrogenase increased", "ldh", "U/L", ("5.0",), {"uln": 250},
     [(250, 0), (251, 1), (9000, 1)]),
    ("CPK increased", "ck", "U/L", BOTH, {"uln": 200},
     [(200, 0), (500, 1), (501, 2), (1000, 2), (1001, 3), (2000, 3), (2001, 4)]),
    ("Creatinine increased", "creatinine", "mg/dL", ("4.03",), {"uln": 1, "baseline": 0.5},
     [(0.5, 0), (0.6, 1), (0.75, 1), (0.8, 2), (1.5, 2), (1.6, 3), (6, 3), (6.1, 4)]),
    ("Creatinine increased", "creatinine", "mg/dL", ("5.0",), {"uln": 1, "baseline": 2},
     [(1, 0), (1.1, 1), (1.5, 1), (1.6, 2), (3, 2), (3.1, 3), (6, 3), (6.1, 4)]),
    ("Creatinine increased", "creatinine", "umol/L", ("5.0",), {"uln": 100, "baseline": 60},
     [(90, 0), (91, 2), (180, 2), (181, 3)]),
    ("Chronic kidney disease", "egfr", "mL/min/{1.73_m2}", BOTH, {"lln": 90},
     [(90, 0), (89, 1), (60, 1), (59, 2), (30, 2), (29, 3), (15, 3), (14, 4)]),
    ("Cholesterol high", "total_cholesterol", "mg/dL", BOTH, {"uln": 200},
     [(200, 0), (300, 1), (301, 2), (400, 2), (401, 3), (500, 3), (501, 4)]),
    ("Cholesterol high", "total_cholesterol", "mmol/L", BOTH, {"uln": 5},
     [(7.75, 1), (7.76, 2), (10.34, 2), (10.35, 3), (12.92, 3), (12.93, 4)]),
    ("Hypertriglyceridemia", "triglycerides", "mg/dL", BOTH, {},
     [(149, 0), (150, 1), (300, 1), (301, 2), (500, 2), (501, 3), (1000, 3), (1001, 4)]),
    ("Hypertriglyceridemia", "triglycerides", "mmol/L", BOTH, {},
     [(1.7, 0), (1.71, 1), (3.42, 1), (3.43, 2), (5.7, 2), (5.8, 3), (11.4, 3), (11.5, 4)]),
    ("Acidosis", "ph", "[pH]", BOTH, {"lln": 7.35}, [(7.35, 0), (7.34, 1), (7.3, 1), (7.29, 3)]),
    ("Alkalosis", "ph", "", BOTH, {"uln": 7.45}, [(7.45, 0), (7.46, 1), (7.5, 1), (7.51, 3)]),
    ("Blood bicarbonate decreased", "bicarbonate", "mmol/L", ("5.0",), {"lln": 22},
     [(22, 0), (21, 1)]),
    ("Hypercalcemia", "calcium", "mg/dL", BOTH, {"uln": 10.5},
     [(10.5, 0), (11.5, 1), (11.6, 2), (12.5, 2), (12.6, 3), (13.5, 3), (13.6, 4)]),
    ("Hypercalcemia", "calcium", "mmol/L", BOTH, {"uln": 2.6},
     [(2.6, 0), (2.9, 1), (2.91, 2), (3.1, 2), (3.11, 3), (3.4, 3), (3.41, 4)]),
    ("Hypercalcemia", "ionized_calcium", "mmol/L", BOTH, {"uln": 1.3},
     [(1.3, 0), (1.5, 1), (1.51, 2), (1.6, 2), (1.61, 3), (1.8, 3), (1.81, 4)]),
    ("Hypocalcemia", "calcium", "mg/dL", BOTH, {"lln": 8.5},
     [(8.5, 0), (8, 1), (7.9, 2), (7, 2), (6.9, 3), (6, 3), (5.9, 4)]),
    ("Hypocalcemia", "calcium", "mmol/L", BOTH, {"lln": 2.1},
     [(2.1, 0), (2, 1), (1.99, 2), (1.75, 2), (1.74, 3), (1.5, 3), (1.49, 4)]),
    ("Hypocalcemia", "ionized_calcium", "mmol/L", BOTH, {"lln": 1.1},
     [(1.1, 0), (1, 1), (0.99, 2), (0.9, 2), (0.89, 3), (0.8, 3), (0.79, 4)]),
    ("Hyperglycemia", "fasting_glucose", "mg/dL", ("4.03",), {"uln": 100},
     [(100, 0), (160, 1), (161, 2), (250, 2), (251, 3), (500, 3), (501, 4)]),
    ("Hyperglycemia", "glucose", "mmol/L", ("4.03",), {"uln": 5.6, "fasting": False},
     [(8.9, 0), (13.9, 0), (14, 3), (27.8, 3), (27.9, 4)]),
    ("Hyperglycemia", "glucose", "mmol/L", ("4.03",), {"uln": 5.6, "fasting": True},
     [(5.6, 0), (8.9, 1), (9, 2), (13.9, 2), (14, 3)]),
    ("Hypoglycemia", "glucose", "mg/dL", BOTH, {"lln": 70},
     [(70, 0), (55, 1), (54, 2), (40, 2), (39, 3), (30, 3), (29, 4)]),
    ("Hypoglycemia", "glucose", "mmol/L", BOTH, {"lln": 3.9},
     [(3.9, 0), (3, 1), (2.9, 2), (2.2, 2), (2.1, 3), (1.7, 3), (1.6, 4)]),
    ("Hyperkalemia", "potassium", "mmol/L", BOTH, {"uln": 5},
     [(5, 0), (5.5, 1), (5.6, 2), (6, 2), (6.1, 3), (7, 3), (7.1, 4)]),
    ("Hypokalemia", "potassium", "mmol/L", BOTH, {"lln": 3.5, "symptoms": False},
     [(3.5, 0), (3, 1), (2.9, 3), (2.5, 3), (2.4, 4)]),
    ("Hypokalemia", "potassium", "mmol/L", BOTH, {"lln": 3.5, "symptoms": True},
     [(3.5, 0), (3, 2), (2.9, 3)]),
    ("Hypermagnesemia", "magnesium", "mg/dL", BOTH, {"uln": 2.5},
     [(2.5, 0), (3, 1), (3.1, 3), (8, 3), (8.1, 4)]),
    ("Hypermagnesemia", "magnesium", "mmol/L", BOTH, {"uln": 1},
     [(1, 0), (1.23, 1), (1.24, 3), (3.3, 3), (3.4, 4)]),
    ("Hypomagnesemia", "magnesium", "mg/dL", BOTH, {"lln": 1.7},
     [(1.7, 0), (1.2, 1), (1.1, 2), (0.9, 2), (0.8, 3), (0.7, 3), (0.6, 4)]),
    ("Hypomagnesemia", "magnesium", "mmol/L", BOTH, {"lln": 0.7},
     [(0.7, 0), (0.5, 1), (0.49, 2), (0.4, 2), (0.39, 3), (0.3, 3), (0.29, 4)]),
    ("Hypernatremia", "sodium", "mmol/L", BOTH, {"uln": 145},
     [(145, 0), (150, 1), (151, 2), (155, 2), (156, 3), (160, 3), (161, 4)]),
    ("Hyponatremia", "sodium", "mmol/L", ("4.03",), {"lln": 135},
     [(135, 0), (130, 1), (129, 3), (120, 3), (119, 4)]),
    ("Hyponatremia", "sodium", "mmol/L", ("5.0",), {"lln": 135, "symptoms": False},
     [(135, 0), (130, 1), (129, 2), (125, 2), (124, 3), (120, 3), (119, 4)]),
    ("Hyponatremia", "sodium", "mmol/L", ("5.0",), {"lln": 135, "symptoms": True},
     [(130, 1), (129, 3), (125, 3), (120, 3), (119, 4)]),
    ("Hyperuricemia", "uric_acid", "mg/dL", ("4.03",), {"uln": 7, "symptoms": False},
     [(7, 0), (10, 1), (10.1, 4)]),
    ("Hyperuricemia", "uric_acid", "umol/L", ("4.03",), {"uln": 420, "symptoms": True},
     [(420, 0), (590, 3), (591, 4)]),
    ("Hyperuricemia", "uric_acid", "mg/dL", ("5.0",), {"uln": 7, "symptoms": True},
     [(7, 0), (7.1, 3), (20, 3)]),
    ("Hypoalbuminemia", "albumin", "g/L", BOTH, {"lln": 35},
     [(35, 0), (30, 1), (29, 2), (20, 2), (19, 3)]),
    ("Hypophosphatemia", "phosphate", "mg/dL", ("4.03",), {"lln": 2.7},
     [(2.7, 0), (2.5, 1), (2.4, 2), (2, 2), (1.9, 3), (1, 3), (0.9, 4)]),
    ("Hypophosphatemia", "phosphate", "mmol/L", ("4.03",), {"lln": 0.9},
     [(0.9, 0), (0.8, 1), (0.79, 2), (0.6, 2), (0.59, 3), (0.3, 3), (0.29, 4)]),
]  # fmt: skip
MULTIPLES = [
    ("Alanine aminotransferase increased", "alt", (1, 3, 5, 20), 1.5),
    ("Aspartate aminotransferase increased", "ast", (1, 3, 5, 20), 1.5),
    ("Alkaline phosphatase increased", "alp", (1, 2.5, 5, 20), 2.0),
    ("GGT increased", "ggt", (1, 2.5, 5, 20), 2.0),
    ("Blood bilirubin increased", "bilirubin", (1, 1.5, 3, 10), 1.0),
]
PANCREAS = [("Lipase increased", "lipase"), ("Serum amylase increased", "amylase")]


@pytest.mark.parametrize(
    ("term", "concept", "unit", "versions", "limits", "pairs"),
    ABSOLUTE,
    ids=[f"{each[0]}-{each[2]}-{i}" for i, each in enumerate(ABSOLUTE)],
)
def test_bounds(
    term: str,
    concept: str,
    unit: str,
    versions: tuple[str, ...],
    limits: dict[str, Any],
    pairs: list[tuple[float, int]],
) -> None:
    for version in versions:
        for value, expected in pairs:
            found = grade(concept, value, unit, version=version, term=term, **limits)
            assert found[:4] == (expected, expected, expected, ()), (version, value, found.rule)
            assert found.rule.startswith(f"CTCAE {version}, {term}: ")
            assert (f"grade {expected}" in found.rule) == (expected > 0)


@pytest.mark.parametrize(("term", "concept", "bounds", "first"), MULTIPLES)
def test_multiples_of_the_upper_limit(
    term: str, concept: str, bounds: tuple[float, ...], first: float
) -> None:
    unit = "mg/dL" if concept == "bilirubin" else "U/L"
    uln = 1.2 if concept == "bilirubin" else 40.0
    for number, bound in enumerate(bounds, 1):
        at, above = bound * uln, bound * uln + 0.01
        for version, baseline in (
            ("4.03", None),
            ("4.03", 3 * uln),
            ("5.0", uln / 2),
            ("5.0", uln),
        ):
            limits: dict[str, Any] = {"version": version, "uln": uln, "baseline": baseline}
            assert grade(concept, at, unit, **limits).grade == number - 1
            assert grade(concept, above, unit, **limits).grade == number
        baseline = 2 * uln
        limits = {"version": "5.0", "uln": uln, "baseline": baseline}
        if number > 1:
            assert grade(concept, bound * baseline, unit, **limits).grade == number - 1
            assert grade(concept, bound * baseline + 0.01, unit, **limits).grade == number
    assert grade(concept, first * 2 * uln - 0.01, unit, uln=uln, baseline=2 * uln).grade == 0
    assert grade(concept, first * 2 * uln + 0.01, unit, uln=uln, baseline=2 * uln).grade == 1
    included = 0 if concept == "bilirubin" else 1
    assert grade(concept, first * 2 * uln, unit, uln=uln, baseline=2 * uln).grade == included
    assert term in terms_of(concept)


@pytest.mark.parametrize(("term", "concept"), PANCREAS)
def test_pancreatic_enzymes(term: str, concept: str) -> None:
    for value, v4, silent, felt in (
        (100, 0, 0, 0), (101, 1, 1, 1), (150, 1, 1, 1), (151, 2, 2, 2), (200, 2, 2, 2),
        (201, 3, 2, 3), (500, 3, 2, 3), (501, 4, 3, 4),
    ):  # fmt: skip
        assert grade(concept, value, "U/L", version="4.03", uln=100).grade == v4
        assert grade(concept, value, "U/L", uln=100, symptoms=False).grade == silent
        assert grade(concept, value, "U/L", uln=100, symptoms=True).grade == felt
        found = grade(concept, value, "U/L", uln=100, term=term)
        assert (found.low, found.high) == (silent, felt)
        assert found.missing == (() if silent == felt else ("symptoms",))


def test_hemoglobin_above_a_high_baseline_counts_from_it_in_version_4() -> None:
    limits: dict[str, Any] = {"version": "4.03", "uln": 16, "term": "Hemoglobin increased"}
    for baseline, value, expected in ((17, 17, 0), (17, 19, 1), (17, 19.1, 2), (17, 21.1, 3),
                                      (16, 18, 1), (16, 18.1, 2)):  # fmt: skip
        assert grade("hemoglobin", value, "g/dL", baseline=baseline, **limits).grade == expected
    assert grade("hemoglobin", 19, "g/dL", **limits)[1:4] == (0, 2, ("baseline",))


def test_each_term_is_tested() -> None:
    named = {each[0] for each in ABSOLUTE} | {each[0] for each in [*MULTIPLES, *PANCREAS]}
    assert named == set(terms("4.03")) | set(terms("5.0"))
    assert set(terms("4.03")) ^ set(terms("5.0")) == {
        "Hyperglycemia", "Hypophosphatemia", "Blood bicarbonate decreased",
        "Blood lactate dehydrogenase increased",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (("hemoglobin", 11, "g/dL", {"uln": 16}), (0, 1, ("lln",))),
        (("hemoglobin", 7, "g/dL", {}), (3, 3, ())),
        (("potassium", 5.2, "mmol/L", {"lln": 3.5}), (0, 1, ("uln",))),
        (("potassium", 2, "mmol/L", {}), (4, 4, ())),
        (("alt", 100, "U/L", {}), (0, 4, ("baseline", "uln"))),
        (("alt", 130, "U/L", {"uln": 40}), (0, 2, ("baseline",))),
        (("alt", 30, "U/L", {"uln": 40}), (0, 0, ())),
        (("alt", 130, "{xULN}", {}), (0, 4, ("baseline",))),
        (("creatinine", 1, "mg/dL", {"uln": 1.2}), (0, 3, ("baseline",))),
        (("creatinine", 8, "mg/dL", {"uln": 1.2}), (4, 4, ())),
        (("sodium", 127, "mmol/L", {"lln": 135, "uln": 145}), (2, 3, ("symptoms",))),
        (("inr", 2, "", {"baseline": 1}), (2, 2, ())),
        (("inr", 2, "", {}), (2, 3, ("anticoagulated", "baseline"))),
        (("fibrinogen", 180, "mg/dL", {"lln": 200}), (0, 1, ("baseline",))),
        (("fibrinogen", 140, "mg/dL", {"lln": 200}), (0, 2, ("baseline",))),
        (("fibrinogen", 180, "mg/dL", {"lln": 200, "version": "4"}), (1, 4, ("baseline",))),
        (("fibrinogen", 40, "mg/dL", {}), (4, 4, ())),
    ],
)
def test_what_is_not_known_makes_a_range(given_: Any, expected: Any) -> None:
    concept, value, unit, limits = given_
    found = grade(concept, value, unit, **limits)
    assert found[1:4] == expected
    assert found.grade == (found.low if found.low == found.high else None)


def test_multiples_as_the_unit() -> None:
    for value, expected in ((1, 0), (3, 1), (3.1, 2), (20.1, 4)):
        assert grade("alt", value, "{xULN}", version="4").grade == expected


@pytest.mark.parametrize(
    ("concept", "value", "unit", "why"),
    [
        ("hemoglobin", 120, "g/dL", "outside of what people have"),
        ("sodium", 1, "mmol/L", "outside of what people have"),
        ("sodium", 140, "", "does not fit mmol/L"),
        ("platelets", 100, "mm[Hg]", "does not fit"),
        ("hemoglobin", 7, "furlongs", "does not fit"),
        ("hba1c", 7, "%", "no laboratory grade of hba1c"),
        ("phosphate", 1, "mg/dL", "CTCAE 5.0 has no laboratory grade of phosphate"),
    ],
)
def test_no_grade_has_its_reason(concept: str, value: float, unit: str, why: str) -> None:
    found = grade(concept, value, unit)
    assert found[:4] == (None, 0, 4, ())
    assert why in found.rule


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1])
def test_misuse_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="is no measure"):
        grade("alt", value, "U/L")
    with pytest.raises(ValueError, match="is no measure"):
        grade("alt", 30, "U/L", uln=value)
    with pytest.raises(ValueError, match="is no measure"):
        grade("alt", 30, "U/L", uln=40, baseline=0)
    with pytest.raises(ValueError, match="above the upper"):
        grade("alt", 30, "U/L", uln=40, lln=50)
    with pytest.raises(ValueError, match=r"none of 4\.03, 5\.0"):
        grade("alt", 30, "U/L", version="3.0")


_CASES = st.sampled_from([each for each in ABSOLUTE if each[4]])


@given(st.data())
def test_a_range_holds_whatever_is_missing(data: st.DataObject) -> None:
    _, concept, unit, versions, _, pairs = data.draw(_CASES)
    value, scale = data.draw(st.sampled_from(pairs))[0], max(pair[0] for pair in pairs)
    flags = st.booleans()
    limits = {
        "lln": data.draw(st.floats(0.1, 0.5)) * scale,
        "uln": data.draw(st.floats(0.5, 2)) * scale,
        "baseline": data.draw(st.floats(0.1, 3)) * scale,
        "symptoms": data.draw(flags),
        "anticoagulated": data.draw(flags),
        "fasting": data.draw(flags),
    }
    version = data.draw(st.sampled_from(versions))
    whole = grade(concept, value, unit, version=version, **limits)
    left_out = data.draw(st.sets(st.sampled_from(sorted(limits))))
    partial = grade(concept, value, unit, version=version, **{**limits, **dict.fromkeys(left_out)})
    assert whole.grade is not None
    assert partial.low <= whole.grade <= partial.high
    assert bool(partial.missing) == (partial.low < partial.high)
