"""One criterion at a time: what it asks, as a tree. All criteria are invented."""

from __future__ import annotations

import pytest

from trialweave.protocol.criteria import read_criterion
from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Compare,
    Event,
    If,
    InSet,
    Opaque,
    leaves,
)


def compares(text: str, section: str = "inclusion", whole: str = "") -> list[tuple[object, ...]]:
    """Concept, operator, bounds and unit of every comparison."""
    return [
        (leaf.concept, leaf.operator, leaf.low, leaf.high, leaf.unit)
        for leaf in leaves(read_criterion(text, section=section, whole=whole).tree)
        if isinstance(leaf, Compare)
    ]


def events(text: str) -> list[tuple[str, bool, float | None]]:
    """Words, presence and window in days of every event."""
    found = []
    for leaf in leaves(read_criterion(text, section="exclusion").tree):
        if isinstance(leaf, Event):
            window = leaf.window or leaf.minimum
            found.append((leaf.concept, leaf.present, window.days if window else None))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Platelets >= 75 x 10^9/L", ("platelets", ">=", 75, None, "10*9/L")),
        ("Platelet count of at least 75,000/mm3", ("platelets", ">=", 75000, None, "/mm3")),
        ("Thrombocytes > 60 K/uL", ("platelets", ">", 60, None, "10*3/uL")),
        ("Haemoglobin no less than 8.5 g/dl", ("hemoglobin", ">=", 8.5, None, "g/dL")),
        ("Serum creatinine not exceeding 130 µmol/L", ("creatinine", "<=", 130, None, "umol/L")),
        ("ALT equal to or less than 4 times the upper limit of normal",
         ("alt", "<=", 4, None, "{xULN}")),
        ("Bilirubin above the institutional ULN", ("bilirubin", ">", 1, None, "{xULN}")),
        ("Albumin below the lower limit of normal", ("albumin", "<", 1, None, "{xLLN}")),
        ("eGFR less than 45 ml/min/1.73 m2", ("egfr", "<", 45, None, "mL/min/{1.73_m2}")),
        ("creatinine clearance < 45 ml/min", ("crcl", "<", 45, None, "mL/min")),
        ("Fasting glucose > 7 mM", ("fasting_glucose", ">", 7, None, "mmol/L")),
        ("HbA1c 6.5-9.5%", ("hba1c", "between", 6.5, 9.5, "%")),
        ("Resting heart rate between 50 and 110 bpm", ("heart_rate", "between", 50, 110, "/min")),
        ("Aged 21 to 64 years", ("age", "between", 21, 64, "a")),
        ("21 years or older", ("age", ">=", 21, None, "a")),
        ("Must be 21 years of age or older", ("age", ">=", 21, None, "a")),
        ("Age between 6 months and 4 years", ("age", "between", 0.5, 4, "a")),
        ("30 < age", ("age", ">", 30, None, "a")),
        ("T-score ≤ -2.0", ("bmd_t_score", "<=", -2.0, None, "{score}")),
        ("MMSE score of 22 or higher", ("mmse", ">=", 22, None, "{score}")),
        ("a score of 12 or more on the PHQ-9", ("phq9", ">=", 12, None, "{score}")),
        ("QTc (Fridericia) > 470 msec", ("qtc", ">", 470, None, "ms")),
        ("Axillary temperature > 37,8 °C", ("body_temperature", ">", 37.8, None, "Cel")),
        ("PaO2 / FiO2 below 250 mm Hg", ("pf_ratio", "<", 250, None, "mm[Hg]")),
        ("life expectancy of less than 4 months", ("life_expectancy", "<", 4, None, "mo")),
        ("death is expected within 72 hours", ("life_expectancy", "<=", 72, None, "h")),
        ("not expected to survive more than 3 days", ("life_expectancy", "<=", 3, None, "d")),
        ("more than 15 cigarettes per day", ("cigarettes_per_day", ">", 15, None, "/d")),
        ("arterial oxygen tension (PaO2) to inspired oxygen fraction (FiO2) < 180 mmHg",
         ("pf_ratio", "<", 180, None, "mm[Hg]")),
        ("oxygenation index below 280 mmHg", ("pf_ratio", "<", 280, None, "mm[Hg]")),
        ("lesions on the CT progress by > 45% in 24-48 hours",
         ("lung_infiltrate_progression", ">", 45, None, "%")),
        ("free of symptoms for at least 10 days", ("symptom_free_duration", ">=", 10, None, "d")),
        ("ALT 4 times higher than the upper limit of normal", ("alt", ">", 4, None, "{xULN}")),
        ("Platelets > 70 G/L", ("platelets", ">", 70, None, "10*9/L")),
        ("at least = 12 mm septal thickness", ("septal_thickness", ">=", 12, None, "mm")),
        ("Age: 20 to66 years", ("age", "between", 20, 66, "a")),
        ("a fall of more than 35% in the eGFR", ("egfr_fall", ">", 35, None, "%")),
        ("more than 3 units of alcohol a day", ("alcohol_intake", ">", 3, None, "{drinks}/d")),
        ("24-hour urine protein > 2 g", ("proteinuria", ">", 2, None, "g/d")),
        ("WBC > 3 x 10^3/mm3", ("wbc", ">", 3, None, "10*3/uL")),
        ("heart rate (>= 105 beats/minute)", ("heart_rate", ">=", 105, None, "/min")),
        ("diagnosed before the age of 12", ("age_at_onset", "<", 12, None, "a")),
        ("gestational age of at least 30 + 2 weeks",
         ("gestational_age", ">=", pytest.approx(30 + 2 / 7), None, "wk")),
        ("gestational age below 33 5/7 weeks",
         ("gestational_age", "<", pytest.approx(33 + 5 / 7), None, "wk")),
    ],
)  # fmt: skip
def test_one_comparison(text: str, expected: tuple[object, ...]) -> None:
    """The usual ways to write one bound or one range."""
    assert compares(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALT and AST < 3 x ULN", [("alt", "<", 3), ("ast", "<", 3)]),
        ("aspartate aminotransferase (AST), alanine aminotransferase (ALT) or GGT > 4x ULN",
         [("ast", ">", 4), ("alt", ">", 4), ("ggt", ">", 4)]),
        ("Blood pressure > 165/95 mmHg", [("sbp", ">", 165), ("dbp", ">", 95)]),
        ("hemoglobin < 9 g/dL, platelets < 90 x 10^9/L",
         [("hemoglobin", "<", 9), ("platelets", "<", 90)]),
        ("potassium < 3.2 or > 5.8 mmol/L", [("potassium", "<", 3.2), ("potassium", ">", 5.8)]),
        ("< 27 weeks or > 35 weeks gestation",
         [("gestational_age", "<", 27), ("gestational_age", ">", 35)]),
    ],
)  # fmt: skip
def test_several_comparisons(text: str, expected: list[tuple[str, str, float]]) -> None:
    """Lists share a bound; one unit serves two bounds."""
    assert [found[:3] for found in compares(text)] == expected


def test_two_bounds_make_one_range() -> None:
    """And "or" keeps them apart."""
    assert compares("Age >= 20 years and < 70 years") == [("age", "between", 20, 70, "a")]
    (leaf,) = leaves(read_criterion("Age > 20 and < 70 years").tree)
    assert isinstance(leaf, Compare)
    assert leaf.inclusive == (False, False)
    assert len(compares("Age < 20 or > 70 years")) == 2


def test_unit_written_once_is_taken_for_both() -> None:
    """The first of two bounds takes the unit of the second."""
    units = {found[4] for found in compares("sodium < 128 or > 152 mmol/L")}
    assert units == {"mmol/L"}


@pytest.mark.parametrize(
    ("text", "concept", "values"),
    [
        ("NYHA class III or IV", "nyha", (3, 4)),
        ("New York Heart Association functional class II-IV", "nyha", (2, 3, 4)),
        ("ECOG performance status 0, 1 or 2", "ecog", (0, 1, 2)),
        ("ASA physical status I/II", "asa", (1, 2)),
        ("Child-Pugh class B or C", "child_pugh_class", ("B", "C")),
        ("class III or IV heart failure", "nyha", (3, 4)),
        ("stage 3 chronic kidney disease", "ckd_stage", (3,)),
        ("Men and women", "sex", ("female", "male")),
    ],
)
def test_sets(text: str, concept: str, values: tuple[object, ...]) -> None:
    """Grades and classes compare as sets."""
    found = leaves(read_criterion(text, section="inclusion").tree)
    assert [(leaf.concept, leaf.values) for leaf in found if isinstance(leaf, InSet)] == [
        (concept, values)
    ]


def test_bounded_grades() -> None:
    """A roman bound compares; a letter bound is the letters that it leaves."""
    assert compares("NYHA > II")[0][:3] == ("nyha", ">", 2)
    (leaf,) = leaves(read_criterion("Child-Pugh > A").tree)
    assert isinstance(leaf, InSet)
    assert leaf.values == ("B", "C")
    for nothing in ("Child-Pugh > C", "Child-Pugh < A"):
        assert not any(isinstance(leaf, InSet) for leaf in leaves(read_criterion(nothing).tree))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pregnant or breast-feeding women", [("pregnancy", True), ("lactation", True)]),
        ("Women must not be pregnant or lactating", [("pregnancy", False), ("lactation", False)]),
        ("A negative serum pregnancy test", [("pregnancy", False)]),
        ("Non-pregnant adults", [("pregnancy", False)]),
        ("Planning to become pregnant", [("pregnancy_intent", True)]),
        ("Ectopic pregnancy", []),
        ("Residents of a nursing home", []),
    ],
)
def test_reproductive(text: str, expected: list[tuple[str, bool]]) -> None:
    """Being pregnant, wishing to be, and words that only look like it."""
    assert [found[:2] for found in events(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Stroke within the past 3 months", [("Stroke", True, 91.3125)]),
        ("Major surgery or trauma within 2 weeks before enrolment",
         [("Major surgery", True, 14), ("trauma", True, 14)]),
        ("Systemic or topical steroids in the last 10 days",
         [("Systemic or topical steroids", True, 10)]),
        ("No seizure during the previous year", [("seizure", False, 365.25)]),
        ("Anticoagulation for at least 6 weeks", [("Anticoagulation", True, 42)]),
        ("Vaccination less than 30 days ago", [("Vaccination", True, 30)]),
    ],
)  # fmt: skip
def test_events_with_windows(text: str, expected: list[tuple[str, bool, float]]) -> None:
    """What a window is said of, and how long it is."""
    assert events(text) == expected


def test_window_of_a_measure_is_its_own() -> None:
    """ "Within 7 days" behind a bound belongs to the comparison."""
    (leaf,) = leaves(read_criterion("ANC < 1.2 x 10^9/L within 7 days before randomisation").tree)
    assert isinstance(leaf, Compare)
    assert leaf.window is not None
    assert (leaf.window.days, leaf.window.anchor) == (7, "randomisation")


def test_promise_is_no_event() -> None:
    """What is agreed to for the trial is not history; contraception has its own name."""
    kinds = [
        leaf.kind
        for leaf in leaves(read_criterion("Agree to return for visits for 6 months").tree)
        if isinstance(leaf, Event)
    ]
    assert kinds == ["commitment"]
    assert events("Contraception for 3 months after the last dose")[0][0] == "contraception"


def test_or_and_and() -> None:
    """Joining words decide the tree; a plain list is all, among exclusions any."""
    assert isinstance(read_criterion("SpO2 < 92% or PaO2/FiO2 < 200 mmHg").tree, Any)
    assert isinstance(read_criterion("SpO2 < 92% and PaO2/FiO2 < 200 mmHg").tree, All)
    listed = "ANC < 1.0 x 10^9/L; platelets < 50 x 10^9/L"
    assert isinstance(read_criterion(listed, section="inclusion").tree, All)
    assert isinstance(read_criterion(listed, section="exclusion").tree, Any)


def test_at_least_n() -> None:
    """ "Two of the following" counts its items."""
    tree = read_criterion(
        "At least two of the following: age > 60 years; BMI > 32 kg/m2; HbA1c > 8%"
    ).tree
    inner = tree.items if isinstance(tree, All) else (tree,)
    (counted,) = [node for node in inner if isinstance(node, AtLeast)]
    assert counted.number == 2
    assert len(counted.items) == 3


def test_condition_behind_a_bound() -> None:
    """A second bound for some patients is asked for only of them."""
    tree = read_criterion("AST < 3 x ULN, < 6 x ULN if liver metastases are present").tree
    assert isinstance(tree, All)
    conditional = tree.items[1]
    assert isinstance(conditional, If)
    assert isinstance(conditional.condition, Opaque)
    assert isinstance(conditional.then, Compare)
    assert conditional.then.low == 6


def test_section_never_negates() -> None:
    """The same words give the same condition in both sections."""
    text = "eGFR < 30 mL/min/1.73 m2"
    assert read_criterion(text, section="inclusion").tree == (
        read_criterion(text, section="exclusion").tree
    )


@pytest.mark.parametrize(
    "text",
    [
        "COVID-19 confirmed by RT-PCR",
        "type 2 diabetes",
        "treatment with IL-6 inhibitors",
        "enrolled in 2019",
        "a ratio of 1:1",
        "participants (n = 40)",
        "age of the lesion < 2 weeks",
        "(1 mmHg = 0.133 kPa)",
        "heart failure for more than 2 years",
    ],
)
def test_numbers_that_measure_nobody(text: str) -> None:
    """Numbers of names, years, ratios and sample sizes are no comparisons."""
    assert compares(text) == []


def test_coverage() -> None:
    """Full, partial, none."""
    assert read_criterion("Patients aged >= 18 years").coverage == "full"
    assert read_criterion("Age >= 18 years with a confirmed tumour").coverage == "partial"
    assert read_criterion("Signed informed consent").coverage == "none"
