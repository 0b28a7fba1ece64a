"""A model patient of each trial, and what each criterion comes to for them, as written.

"met" of an exclusion criterion bars. What a record does not name is unknown, unless it is said to
hold everything of that kind (`complete`). "unsupported" is what no record can say.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .people import Resource, condition, lab, patient, said

__all__ = ["EVERYTHING", "MODELS", "Model"]

EVERYTHING: Final = frozenset(("condition", "drug", "procedure", "allergy"))


class Model(NamedTuple):
    """Resources by name, the expected verdicts, and the kinds of which the record is complete."""

    resources: dict[str, Resource]
    expected: dict[str, str]
    complete: frozenset[str] = frozenset()


def _expected(met: str, failed: str = "", unknown: str = "", out: str = "") -> dict[str, str]:
    outcomes = (("met", met), ("not met", failed), ("unknown", unknown), ("unsupported", out))
    return {key: outcome for outcome, keys in outcomes for key in keys.split()}


MODELS: dict[str, Model] = {
    # Creatinine 1.1 mg/dL is 97 umol/L. Of the four signs CRP and D-dimer hold. Nothing else is
    # in a record that is complete.
    "cells": Model(
        {
            "me": patient(),
            "pcr": said("94500-6", "Detected"),
            "pf": lab("50984-4", 210, "mm[Hg]"),
            "spo2": lab("59408-5", 91, "%"),
            "crp": lab("1988-5", 80, "mg/L"),
            "dimer": lab("48065-7", 1.4, "mg/L"),
            "ferritin": lab("2276-4", 400, "ng/mL"),
            "lymphocytes": lab("731-0", 1.1, "10*9/L"),
            "test": said("2106-3", "Negative"),
            "nursing": said("63895-7", "No"),
            "creatinine": lab("2160-0", 1.1, "mg/dL"),
            "alt": lab("1742-6", 44, "U/L", high=40),
            "ast": lab("1920-8", 35, "U/L", high=40),
        },
        _expected("age covid pf spo2 inflamed", "pregnant creatinine liver ventilated cancer"),
        EVERYTHING,
    ),
    # 75 mmHg over 0.5 is 150: at least two points for the lungs, one for 120 platelets.
    "organs": Model(
        {
            "me": patient(),
            "pao2": lab("2703-7", 75, "mm[Hg]"),
            "fio2": lab("3150-6", 50, "%"),
            "platelets": lab("777-3", 120, "10*9/L"),
            "bilirubin": lab("1975-2", 1.0, "mg/dL"),
            "map": lab("8478-0", 75, "mm[Hg]"),
            "gcs": lab("9269-2", 15, "{score}"),
            "creatinine": lab("2160-0", 1.0, "mg/dL"),
            "weight": lab("29463-7", 80, "kg"),
            "height": lab("8302-2", 175, "cm"),
        },
        _expected("adult sofa pf", "platelets bilirubin bmi", "ecmo dmso"),
    ),
    "kidney": Model(
        {
            "me": patient(),
            "egfr": lab("98979-8", 45, "mL/min/{1.73_m2}"),
            "hb": lab("718-7", 11.2, "g/dL"),
            "potassium": lab("2823-3", 4.4, "mmol/L"),
            "uacr": lab("9318-7", 450, "mg/g"),
            "sbp": lab("8480-6", 140, "mm[Hg]"),
            "hba1c": lab("4548-4", 7.0, "%"),
        },
        _expected("age egfr hb potassium uacr", "sbp hba1c", "dialysis vascular rituximab"),
    ),
    # Albumin 3.1 g/dL is 31 g/L; bilirubin is 1.75 times its limit.
    "liver": Model(
        {
            "me": patient(),
            "class": said("Child-Pugh class", "B"),
            "albumin": lab("1751-7", 3.1, "g/dL"),
            "inr": lab("6301-6", 1.3, ""),
            "bilirubin": lab("1975-2", 2.1, "mg/dL", high=1.2),
            "creatinine": lab("2160-0", 0.9, "mg/dL"),
            "meld": lab("MELD score", 14, "{score}"),
            "afp": lab("1834-1", 12, "ng/mL"),
        },
        _expected("class albumin inr bilirubin", "creatinine meld afp", "bleeding"),
    ),
    # Whether she can bear children is not known; the test is negative either way.
    "tumour": Model(
        {
            "me": patient(),
            "ecog": lab("89247-1", 1, "{score}"),
            "anc": lab("751-8", 3.1, "10*9/L"),
            "platelets": lab("777-3", 210, "10*9/L"),
            "crcl": lab("2164-2", 82, "mL/min"),
            "alt": lab("1742-6", 30, "U/L", high=40),
            "ast": lab("1920-8", 28, "U/L", high=40),
            "test": said("2106-3", "Negative"),
            "qtc": lab("8636-3", 430, "ms"),
        },
        _expected("ecog anc platelets crcl liver test", "qtc", "chemo brain"),
    ),
    "heart": Model(
        {
            "me": patient(),
            "nyha": said("88020-3", "Class II"),
            "lvef": lab("10230-1", 32, "%"),
            "bnp": lab("33762-6", 1250, "pg/mL"),
            "sbp": lab("8480-6", 118, "mm[Hg]"),
            "rate": lab("8867-4", 78, "/min"),
            "potassium": lab("2823-3", 4.6, "mmol/L"),
        },
        _expected("nyha lvef bnp who", "sbp rate potassium", "surgery"),
    ),
    # Three years old.
    "children": Model(
        {
            "me": patient("2022-08-15", "male"),
            "weight": lab("29463-7", 14, "kg"),
            "fever": lab("8310-5", 38.6, "Cel"),
            "wbc": lab("6690-2", 9.1, "10*9/L"),
            "hb": lab("718-7", 11.8, "g/dL"),
        },
        _expected("age weight fever wbc", "hb", "vaccine"),
    ),
    # Whether somebody can consent stands in no record.
    "men": Model(
        {
            "me": patient("1955-05-05", "male"),
            "psa": lab("2857-1", 12, "ng/mL"),
            "testosterone": lab("2986-8", 20, "ng/dL"),
            "karnofsky": lab("89243-0", 80, "{score}"),
        },
        _expected("men psa testosterone karnofsky", "", "washout", "consent"),
    ),
    "diabetes": Model(
        {
            "me": patient(),
            "type2": condition("Type 2 diabetes mellitus", "2015-03"),
            "hba1c": lab("4548-4", 8.1, "%"),
            "bmi": lab("39156-5", 31, "kg/m2"),
            "glucose": lab("14771-0", 9.0, "mmol/L"),
        },
        _expected("type2 hba1c bmi glucose", "", "type1 insulin pancreatitis"),
    ),
    "donors": Model(
        {"me": patient(), "spo2": lab("59408-5", 91, "%"), "hb": lab("718-7", 9.0, "g/dL")},
        _expected("age spo2", "", "hiv"),
    ),
    # 31 years old; the rate of breathing is enough.
    "severe": Model(
        {
            "me": patient("1995-02-02"),
            "breaths": lab("9279-1", 34, "/min"),
            "crp": lab("1988-5", 22, "mg/L"),
            "nursing": said("63895-7", "No"),
            "platelets": lab("777-3", 180, "10*9/L"),
            "inr": lab("6301-6", 1.1, ""),
        },
        _expected("severe women crp", "nursing plt", "aspirin"),
    ),
    "asthma": Model(
        {
            "me": patient("1990-10-10"),
            "eosinophils": lab("711-2", 320, "/uL"),
            "weight": lab("29463-7", 68, "kg"),
            "height": lab("8302-2", 170, "cm"),
            "albumin": lab("1751-7", 41, "g/L"),
            "ast": lab("1920-8", 30, "U/L", high=35),
            "rate": lab("8867-4", 66, "/min"),
        },
        _expected("age eosinophils bmi albumin", "liver rate", "omalizumab pregnant infarction"),
    ),
    # Creatinine of 2.0 mg/dL at 55 is a filtration of 29.
    "sepsis": Model(
        {
            "me": patient(),
            "lactate": lab("2524-7", 3.4, "mmol/L"),
            "pressure": lab("8478-0", 58, "mm[Hg]"),
            "procalcitonin": lab("33959-8", 4.0, "ng/mL"),
            "hb": lab("718-7", 9.4, "g/dL"),
            "inr": lab("6301-6", 1.5, "{INR}"),
            "weight": lab("29463-7", 82, "kg"),
            "creatinine": lab("2160-0", 2.0, "mg/dL"),
        },
        _expected("age lactate pressure procalcitonin", "hb inr weight egfr", "dexamethasone"),
    ),
    "plain": Model({"me": patient(), "hb": lab("718-7", 12.0, "g/dL")}, _expected("age hb")),
}
