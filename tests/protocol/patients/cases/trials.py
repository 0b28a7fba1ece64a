"""Eligibility texts of invented trials. Each line that a verdict is expected of has a key."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FRESH", "TRIALS", "Line", "Trial"]


class Line(NamedTuple):
    """A line of the text; without a key it introduces or parts others."""

    key: str
    text: str


class Trial(NamedTuple):
    """A text in lines."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(line.text for line in self.lines)

    def places(self) -> dict[str, tuple[int, int]]:
        """Where in the text the line of each key stands."""
        found, at = {}, 0
        for line in self.lines:
            if line.key:
                found[line.key] = (at, at + len(line.text))
            at += len(line.text) + 1
        return found

    def sections(self) -> dict[str, str]:
        """The section of each key: that of the last line that names one."""
        found, section = {}, "unknown"
        for line in self.lines:
            named = line.text.casefold()
            if "clusion criteria" in named:
                section = "exclusion" if named.startswith("ex") else "inclusion"
            elif line.key:
                found[line.key] = section
        return found


def _trial(*lines: str | tuple[str, str]) -> Trial:
    pairs = ((line, "") if isinstance(line, str) else (line[1], line[0]) for line in lines)
    return Trial(tuple(Line(key, text) for text, key in pairs))


TRIALS: dict[str, Trial] = {
    # Cells for COVID-19 pneumonia, with a list of which some are enough.
    "cells": _trial(
        "Inclusion Criteria:",
        "",
        ("age", "1. Age 18 to 75 years"),
        ("covid", "2. COVID-19 confirmed by RT-PCR"),
        ("pf", "3. PaO2/FiO2 ≤ 300 mmHg"),
        ("spo2", "4. SpO2 ≤ 93% on room air"),
        ("inflamed", "5. At least two of the following:"),
        "   - C-reactive protein > 50 mg/L",
        "   - D-dimer > 1 mg/L",
        "   - Ferritin > 500 ng/mL",
        "   - Lymphocyte count < 0.8 x 10^9/L",
        "",
        "Exclusion Criteria:",
        "",
        ("pregnant", "1. Pregnant or breastfeeding women"),
        ("creatinine", "2. Serum creatinine > 177 µmol/L"),
        ("liver", "3. ALT or AST > 5 x ULN"),
        ("ventilated", "4. Invasive mechanical ventilation for more than 72 hours"),
        ("cancer", "5. Malignancy within the past 5 years"),
    ),
    # Organ failure in severe pneumonia: scores from their parts.
    "organs": _trial(
        "INCLUSION CRITERIA:",
        ("adult", "- Adults aged 18 years or older"),
        ("sofa", "- SOFA score ≥ 2"),
        ("pf", "- PaO2/FiO2 ratio between 100 and 200 mmHg"),
        "EXCLUSION CRITERIA:",
        ("platelets", "- Platelet count < 50 x 10^9/L"),
        ("bilirubin", "- Total bilirubin > 2 mg/dL"),
        ("ecmo", "- Receiving extracorporeal membrane oxygenation (ECMO)"),
        ("bmi", "- Body mass index > 40 kg/m2"),
        ("dmso", "- Known allergy to dimethyl sulfoxide"),
    ),
    # Chronic kidney disease.
    "kidney": _trial(
        "Inclusion criteria",
        ("age", "1. Age ≥ 18 and < 70 years"),
        ("egfr", "2. eGFR ≥ 30 mL/min/1.73 m2"),
        ("hb", "3. Haemoglobin ≥ 10 g/dL"),
        ("potassium", "4. Serum potassium < 5.0 mmol/L"),
        ("uacr", "5. Urine albumin-to-creatinine ratio > 300 mg/g"),
        "Exclusion criteria",
        ("dialysis", "1. Dialysis within 3 months before screening"),
        ("sbp", "2. Systolic blood pressure > 160 mmHg"),
        ("hba1c", "3. HbA1c > 9%"),
        ("vascular", "4. Stroke or myocardial infarction within 6 months before screening"),
        ("rituximab", "5. Treatment with rituximab within 6 months before screening"),
    ),
    # Cirrhosis.
    "liver": _trial(
        "Inclusion Criteria:",
        ("class", "* Child-Pugh class A or B"),
        ("albumin", "* Serum albumin ≥ 28 g/L"),
        ("inr", "* INR < 1.7"),
        ("bilirubin", "* Total bilirubin ≤ 3 x ULN"),
        "Exclusion Criteria:",
        ("creatinine", "* Serum creatinine > 1.5 mg/dL"),
        ("bleeding", "* Variceal bleeding within 4 weeks before enrolment"),
        ("meld", "* MELD score > 20"),
        ("afp", "* Alpha-fetoprotein > 400 ng/mL"),
    ),
    # A solid tumour.
    "tumour": _trial(
        "Inclusion Criteria:",
        ("ecog", "1. ECOG performance status 0-1"),
        ("anc", "2. Absolute neutrophil count ≥ 1.5 x 10^9/L"),
        ("platelets", "3. Platelets ≥ 100,000/mm3"),
        ("crcl", "4. Creatinine clearance ≥ 50 mL/min"),
        ("liver", "5. AST and ALT ≤ 2.5 x ULN"),
        ("test", "6. For women of childbearing potential: negative pregnancy test"),
        "Exclusion Criteria:",
        ("chemo", "1. Chemotherapy within 3 weeks before enrolment"),
        ("brain", "2. Brain metastases"),
        ("qtc", "3. QTc interval > 470 ms"),
    ),
    # Heart failure.
    "heart": _trial(
        "Inclusion Criteria:",
        ("nyha", "- NYHA class II or III"),
        ("lvef", "- LVEF < 40%"),
        ("bnp", "- NT-proBNP > 600 pg/mL"),
        ("who", "- Males and females aged 40 to 80 years"),
        "Exclusion Criteria:",
        ("sbp", "- Systolic blood pressure < 90 mmHg"),
        ("surgery", "- Cardiac surgery within 30 days before enrolment"),
        ("rate", "- Heart rate > 110 beats per minute"),
        ("potassium", "- Serum potassium > 5.5 mmol/L"),
    ),
    # Children.
    "children": _trial(
        "Inclusion Criteria:",
        ("age", "1. Age between 6 months and 12 years"),
        ("weight", "2. Body weight ≥ 8 kg"),
        ("fever", "3. Body temperature ≥ 38.0 °C"),
        ("wbc", "4. White blood cell count > 4 x 10^9/L"),
        "Exclusion Criteria:",
        ("hb", "1. Haemoglobin < 70 g/L"),
        ("vaccine", "2. Live vaccine within 4 weeks before enrolment"),
    ),
    # Men.
    "men": _trial(
        "Inclusion Criteria:",
        ("men", "1. Male patients aged 50 years or older"),
        ("psa", "2. PSA ≥ 4 ng/mL"),
        ("testosterone", "3. Testosterone < 50 ng/dL"),
        ("karnofsky", "4. Karnofsky performance status ≥ 70"),
        "Exclusion Criteria:",
        ("washout", "1. Abiraterone within 28 days before first dose"),
        ("consent", "2. Inability to give informed consent"),
    ),
    # Diabetes.
    "diabetes": _trial(
        "Inclusion Criteria:",
        ("type2", "1. Type 2 diabetes mellitus"),
        ("hba1c", "2. HbA1c between 7.0% and 10.5%"),
        ("bmi", "3. BMI 25 to 40 kg/m2"),
        ("glucose", "4. Fasting plasma glucose < 13.3 mmol/L"),
        "Exclusion Criteria:",
        ("type1", "1. Type 1 diabetes mellitus"),
        ("insulin", "2. Insulin within the past 3 months"),
        ("pancreatitis", "3. History of pancreatitis"),
    ),
    # Donors beside recipients: only the recipient is the patient.
    "donors": _trial(
        "Inclusion Criteria:",
        "Donor:",
        "1. Age 18 to 40 years",
        "2. Haemoglobin > 12.5 g/dL",
        "Recipient:",
        ("age", "1. Age 18 to 70 years"),
        ("spo2", "2. SpO2 < 94%"),
        "Exclusion Criteria:",
        "Recipient:",
        ("hiv", "1. HIV infection"),
    ),
    # No section is named, and one line has a choice of three.
    "severe": _trial(
        "Inclusion Criteria:",
        (
            "severe",
            "1. At least one of: respiratory rate ≥ 30/min; SpO2 ≤ 93%; PaO2/FiO2 ≤ 300 mmHg",
        ),
        ("women", "2. Women aged 18 to 45 years"),
        ("crp", "3. CRP > 10 mg/L"),
        "Exclusion Criteria:",
        ("nursing", "1. Breast-feeding"),
        ("aspirin", "2. Hypersensitivity to aspirin"),
        ("plt", "3. Platelets < 75 x 10^9/L or INR > 1.5"),
    ),
    # Written after the others had served to mend the engine.
    "asthma": _trial(
        "Inclusion Criteria:",
        ("age", "1. Age ≥ 12 years"),
        ("eosinophils", "2. Blood eosinophils ≥ 150 cells/µL"),
        ("bmi", "3. BMI < 35 kg/m2"),
        ("albumin", "4. Albumin ≥ 3.0 g/dL"),
        "Exclusion Criteria:",
        ("liver", "1. AST > 3 x ULN"),
        ("omalizumab", "2. Omalizumab within 4 months before screening"),
        ("pregnant", "3. Pregnancy"),
        ("infarction", "4. Myocardial infarction within 12 months before screening"),
        ("rate", "5. Heart rate < 50 bpm"),
    ),
    "sepsis": _trial(
        "Inclusion Criteria:",
        ("age", "- Aged 18 to 85 years"),
        ("lactate", "- Serum lactate > 2 mmol/L"),
        ("pressure", "- Mean arterial pressure < 65 mmHg"),
        ("procalcitonin", "- Procalcitonin ≥ 0.5 ng/mL"),
        "Exclusion Criteria:",
        ("hb", "- Hemoglobin < 7 g/dL"),
        ("inr", "- INR > 3"),
        ("weight", "- Body weight > 150 kg"),
        ("dexamethasone", "- Dexamethasone within 7 days before enrolment"),
        ("egfr", "- eGFR < 15 mL/min/1.73 m2"),
    ),
    "plain": _trial(
        ("age", "Age 18 to 65 years."),
        ("hb", "Haemoglobin of at least 9 g/dL."),
    ),
}

FRESH = frozenset(("asthma", "sepsis"))
"""The trials whose cases were run once, when the engine had been mended by all others."""
