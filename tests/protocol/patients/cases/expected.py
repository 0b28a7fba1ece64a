"""The cases: one invented patient each, and which verdicts are other than the model's."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from .models import EVERYTHING, MODELS
from .people import (
    Resource,
    allergy,
    coded,
    condition,
    given,
    lab,
    ordered,
    patient,
    procedure,
    said,
    taken,
    vaccine,
)

__all__ = ["CASES", "Case"]

MET: Final = "met"
NOT: Final = "not met"
UNKNOWN: Final = "unknown"
BOTH: Final = "conflict"
MMHG: Final = "mm[Hg]"
CREATININE: Final = "2160-0"
SPO2: Final = "59408-5"


class Case(NamedTuple):
    """A patient: `what` differs from the trial's model, and `expected` verdicts, all of them."""

    what: str
    trial: str
    resources: dict[str, Resource]
    expected: dict[str, str]
    complete: frozenset[str]
    form: str


def _case(
    what: str,
    trial: str,
    changed: dict[str, Resource | None],
    expected: dict[str, str],
    form: str = "collection",
    complete: frozenset[str] | None = None,
) -> Case:
    model = MODELS[trial]
    held = {k: v for k, v in (model.resources | changed).items() if v is not None}
    unknown = expected.keys() - model.expected.keys()
    assert not unknown, (what, unknown)
    known = model.complete if complete is None else complete
    return Case(what, trial, held, model.expected | expected, known, form)


def _creatinine(value: float, unit: str = "mg/dL", **more: Any) -> Resource:
    return lab(CREATININE, value, unit, **more)


def _panel(systolic: float) -> Resource:
    """Blood pressure as a panel of two."""
    part = {"code": coded("8480-6"), "valueQuantity": {"value": systolic, "code": MMHG}}
    low = {"code": coded("8462-4"), "valueQuantity": {"value": 70, "code": MMHG}}
    whole = {"resourceType": "Observation", "status": "final", "code": coded("85354-9")}
    return whole | {"effectiveDateTime": "2026-06-25", "component": [part, low]}


_WOMAN_OF_30: Final = patient("1996-01-20")
_MAN: Final = patient(sex="male")
_OLD: Final = "2026-03-01"  # longer ago than results count
_VOID: Final = {"status": "entered-in-error"}

CASES: Final = (
    # -- every trial's model, in each form of a document -----------------------------------------
    *(
        _case(f"the model of {trial}, {form}", trial, {}, {}, form)
        for trial, form in (
            ("cells", "collection"), ("organs", "absolute"), ("kidney", "searchset"),
            ("liver", "urns"), ("tumour", "lines"), ("heart", "collection"),
            ("children", "searchset"), ("men", "lines"), ("diabetes", "absolute"),
            ("donors", "second"), ("severe", "second"), ("plain", "urns"),
        )
    ),
    # -- ages --------------------------------------------------------------------------------------
    _case("18 today", "cells", {"me": patient("2008-06-30")}, {}),
    _case("18 tomorrow", "cells", {"me": patient("2008-07-01")}, {"age": NOT}),
    _case("75, and 76 tomorrow", "cells", {"me": patient("1950-07-01")}, {}),
    _case("76 today", "cells", {"me": patient("1950-06-30")}, {"age": NOT}),
    # 17 or 18 by the day of the year of birth
    _case("born some day of 2008", "cells", {"me": patient("2008")}, {"age": UNKNOWN}),
    # 74 or 75 by the day of the month, both within
    _case("born in June 1951", "cells", {"me": patient("1951-06")}, {}),
    _case("no date of birth", "cells", {"me": patient("")}, {"age": UNKNOWN}),
    _case("born in the future", "cells", {"me": patient("2027-01-01")}, {"age": UNKNOWN}),
    _case("70 today, below 70 asked", "kidney", {"me": patient("1956-06-30")}, {"age": NOT}),
    _case("69, and 70 tomorrow", "kidney", {"me": patient("1956-07-01")}, {}),
    _case("half a year today", "children", {"me": patient("2025-12-30")}, {}),
    _case("half a year tomorrow", "children", {"me": patient("2025-12-31")}, {"age": NOT}),
    _case("12 years, and 13 tomorrow", "children", {"me": patient("2013-07-01")}, {}),
    _case("13 years today", "children", {"me": patient("2013-06-30")}, {"age": NOT}),
    _case("50 today", "men", {"me": patient("1976-06-30", "male")}, {}),
    _case("39 years", "heart", {"me": patient("1987-06-30")}, {"who": NOT}),
    # both sexes are asked for, so that it need not be known
    _case("no sex is stated", "heart", {"me": patient(sex="unknown")}, {}),
    _case("17 years beside donors", "donors", {"me": patient("2009-01-01")}, {"age": NOT}),
    # the donor's bounds, 18 to 40 and haemoglobin, are not the patient's
    _case("65 years beside donors", "donors", {"me": patient("1961-01-01")}, {}),
    # -- sex, pregnancy, nursing -------------------------------------------------------------------
    _case("a woman where men are asked", "men", {"me": patient("1955-05-05")}, {"men": NOT}),
    _case("a man, without tests", "cells", {"me": _MAN, "test": None, "nursing": None}, {}),
    _case("no test", "cells", {"test": None},
          {"pregnant": UNKNOWN, "ventilated": UNKNOWN, "cancer": UNKNOWN}, complete=frozenset()),
    _case(
        "a negative test of March", "severe", {"test": said("2106-3", "Negative", _OLD)}, {}
    ),
    _case("an old negative test", "cells", {"test": said("2106-3", "Negative", _OLD)},
          {"pregnant": UNKNOWN, "ventilated": UNKNOWN, "cancer": UNKNOWN}, complete=frozenset()),
    _case("a positive test", "cells", {"test": said("2106-3", "Positive")}, {"pregnant": MET}),
    # the pregnancy ended in 2024; whether there is one now is not known
    _case("a pregnancy that ended in 2024", "tumour",
          {"me": _WOMAN_OF_30, "test": None,
           "child": condition("Pregnancy", "2024-03", "resolved", abatementDateTime="2024-12-01")},
          {"test": UNKNOWN}),
    _case("a man where women are tested", "tumour", {"me": _MAN, "test": None}, {}),
    _case("a woman of 30, no test", "tumour", {"me": _WOMAN_OF_30, "test": None},
          {"test": UNKNOWN}),
    # Pregnant, she can bear children, and the test is not negative.
    _case("a woman of 30, positive test", "tumour",
          {"me": _WOMAN_OF_30, "test": said("2106-3", "Positive")}, {"test": NOT}),
    _case("a number in place of an answer", "tumour",
          {"me": _WOMAN_OF_30, "test": lab("2106-3", 3.1, "m[IU]/mL")}, {"test": UNKNOWN}),
    _case("she nurses", "severe", {"nursing": said("63895-7", "Yes")}, {"nursing": MET}),
    _case("a man where women are asked", "severe",
          {"me": patient("1995-02-02", "male"), "nursing": None}, {"women": NOT}),
    _case("45, and 46 tomorrow", "severe", {"me": patient("1980-07-01")}, {}),
    _case("46 today", "severe", {"me": patient("1980-06-30")}, {"women": NOT}),
    # -- bounds in other units ---------------------------------------------------------------------
    # 2.0 mg/dL is 176.8 umol/L
    _case("creatinine 2.0 mg/dL", "cells", {"creatinine": _creatinine(2.0)}, {}),
    _case("creatinine 2.01 mg/dL", "cells", {"creatinine": _creatinine(2.01)},
          {"creatinine": MET}),
    _case("creatinine at its bound", "cells", {"creatinine": _creatinine(177, "umol/L")}, {}),
    _case("creatinine without unit", "cells", {"creatinine": _creatinine(2.3, "")},
          {"creatinine": UNKNOWN}),
    # 97 umol/L, written as mg/dL: nobody has that
    _case("creatinine in the wrong unit", "cells", {"creatinine": _creatinine(97)},
          {"creatinine": UNKNOWN}),
    _case("P/F at its bound", "cells", {"pf": lab("50984-4", 300, MMHG)}, {}),
    # 40 kPa is 300.02 mmHg
    _case("P/F 40 kPa", "cells", {"pf": lab("50984-4", 40, "kPa")}, {"pf": NOT}),
    # 9.5 kPa over 0.3 is 237 mmHg
    _case("P/F from its parts, in kPa and a fraction", "cells",
          {"pf": None, "pao2": lab("2703-7", 9.5, "kPa"), "fio2": lab("3150-6", 0.3, "1")}, {}),
    # Nobody breathes less than 21% oxygen: 60 mmHg are at most 286, and 80 may be 381.
    _case("no FiO2, PaO2 60", "cells", {"pf": None, "pao2": lab("2703-7", 60, MMHG)}, {}),
    _case("no FiO2, PaO2 80", "cells", {"pf": None, "pao2": lab("2703-7", 80, MMHG)},
          {"pf": UNKNOWN}),
    _case("saturation as a fraction", "cells", {"spo2": lab(SPO2, 0.91, "1")}, {}),
    _case("saturation at its bound", "cells", {"spo2": lab(SPO2, 93, "%")}, {}),
    # 96% while breathing 40% oxygen: nobody knows what it is in room air
    _case("saturated on oxygen", "cells",
          {"spo2": lab(SPO2, 96, "%"), "fio2": lab("3150-6", 40, "%")}, {"spo2": UNKNOWN}),
    _case("saturated in room air", "cells",
          {"spo2": lab(SPO2, 96, "%"), "fio2": lab("3150-6", 21, "%")}, {"spo2": NOT}),
    # 1,400 ng/mL is 1.4 mg/L, 600 ug/L is 600 ng/mL
    _case("D-dimer and ferritin in other units", "cells",
          {"crp": None, "dimer": lab("48065-7", 1400, "ng/mL"),
           "ferritin": lab("2276-4", 600, "ug/L")}, {}),
    # thousands in a microlitre, never kelvin
    _case("lymphocytes in K/uL", "cells",
          {"crp": None, "lymphocytes": lab("731-0", 0.7, "K/uL")}, {}),
    _case("haemoglobin 6.3 mmol/L", "kidney", {"hb": lab("718-7", 6.3, "mmol/L")}, {}),
    _case("potassium in equivalents, at its bound", "kidney",
          {"potassium": lab("2823-3", 5.0, "meq/L")}, {"potassium": NOT}),
    # 35 mg/mmol is 309 mg/g
    _case("albumin in mg/mmol of creatinine", "kidney", {"uacr": lab("9318-7", 35, "mg/mmol")},
          {}),
    # not normalised by body surface: another measure
    _case("eGFR in mL/min", "kidney", {"egfr": lab("98979-8", 45, "mL/min")}, {"egfr": UNKNOWN}),
    # 142 x (1.4/0.7)^-1.2 x 0.9938^55 x 1.012 is 44
    _case("eGFR from creatinine", "kidney", {"egfr": None, "creatinine": _creatinine(1.4)}, {}),
    # 0.09148 x 75 + 2.152 is 9.01
    _case("HbA1c 75 mmol/mol", "kidney", {"hba1c": lab("59261-8", 75, "mmol/mol")},
          {"hba1c": MET}),
    _case("HbA1c 74 mmol/mol", "kidney", {"hba1c": lab("59261-8", 74, "mmol/mol")}, {}),
    _case("a panel of blood pressure", "kidney", {"sbp": _panel(165)}, {"sbp": MET}),
    _case("albumin at its bound", "liver", {"albumin": lab("1751-7", 2.8, "g/dL")}, {}),
    _case("albumin 2.7 g/dL", "liver", {"albumin": lab("1751-7", 2.7, "g/dL")},
          {"albumin": NOT}),
    _case("INR at its bound", "liver", {"inr": lab("6301-6", 1.7, "")}, {"inr": NOT}),
    _case("AFP above", "liver", {"afp": lab("1834-1", 401, "ng/mL")}, {"afp": MET}),
    _case("platelets and neutrophils in a microlitre", "tumour",
          {"anc": lab("751-8", 1500, "/uL"), "platelets": lab("777-3", 99, "10*3/uL")},
          {"platelets": NOT}),
    # (140 - 55) x 70 / (72 x 0.9) x 0.85 is 78
    _case("clearance from its parts", "tumour",
          {"crcl": None, "creatinine": _creatinine(0.9), "weight": lab("29463-7", 70, "kg")}, {}),
    _case("no weight for the clearance", "tumour",
          {"crcl": None, "creatinine": _creatinine(0.9)}, {"crcl": UNKNOWN}),
    _case("QTc in seconds", "tumour", {"qtc": lab("8636-3", 0.48, "s")}, {"qtc": MET}),
    _case("QTc at its bound", "tumour", {"qtc": lab("8636-3", 470, "ms")}, {}),
    _case("ejection fraction as a fraction", "heart", {"lvef": lab("10230-1", 0.4, "1")},
          {"lvef": NOT}),
    # 75 pmol/L is 634 pg/mL
    _case("NT-proBNP in pmol/L", "heart", {"bnp": lab("33762-6", 75, "pmol/L")}, {}),
    _case("potassium above", "heart", {"potassium": lab("2823-3", 5.6, "meq/L")},
          {"potassium": MET}),
    _case("pounds and Fahrenheit", "children",
          {"weight": lab("29463-7", 20, "[lb_av]"), "fever": lab("8310-5", 100.4, "[degF]")}, {}),
    # 4.3 mmol/L is 69 g/L
    _case("haemoglobin 4.3 mmol/L", "children", {"hb": lab("718-7", 4.3, "mmol/L")},
          {"hb": MET}),
    # 1.7 nmol/L is 49 ng/dL, 1.8 are 52
    _case("testosterone 1.7 nmol/L", "men", {"testosterone": lab("2986-8", 1.7, "nmol/L")}, {}),
    _case("testosterone 1.8 nmol/L", "men", {"testosterone": lab("2986-8", 1.8, "nmol/L")},
          {"testosterone": NOT}),
    # 240 mg/dL is 13.32 mmol/L
    _case("glucose 240 mg/dL", "diabetes", {"glucose": lab("1558-6", 240, "mg/dL")},
          {"glucose": NOT}),
    _case("glucose 239 mg/dL", "diabetes", {"glucose": lab("1558-6", 239, "mg/dL")}, {}),
    _case("HbA1c above its range", "diabetes", {"hba1c": lab("4548-4", 10.6, "%")},
          {"hba1c": NOT}),
    _case("HbA1c at its lower end", "diabetes", {"hba1c": lab("4548-4", 7.0, "%")}, {}),
    _case("a result in another kind of unit", "plain", {"hb": lab("718-7", 12, "kg")},
          {"hb": UNKNOWN}),
    _case("haemoglobin below", "plain", {"hb": lab("718-7", 8.9, "g/dL")}, {"hb": NOT}),
    # -- multiples of the limit of normal ----------------------------------------------------------
    _case("ALT five times its limit", "cells", {"alt": lab("1742-6", 200, "U/L", high=40)}, {}),
    _case("ALT above five times", "cells", {"alt": lab("1742-6", 201, "U/L", high=40)},
          {"liver": MET}),
    _case("ALT high, its limit not stated", "cells", {"alt": lab("1742-6", 300, "U/L")},
          {"liver": UNKNOWN}),
    _case("ALT unknown, AST ten times", "cells",
          {"alt": None, "ast": lab("1920-8", 400, "U/L", high=40)}, {"liver": MET}),
    _case("bilirubin three times its limit", "liver",
          {"bilirubin": lab("1975-2", 3.6, "mg/dL", high=1.2)}, {}),
    _case("AST at 2.5 times, ALT above", "tumour",
          {"ast": lab("1920-8", 100, "U/L", high=40), "alt": lab("1742-6", 101, "U/L", high=40)},
          {"liver": NOT}),
    _case("ALT missing where both are asked", "tumour", {"alt": None}, {"liver": UNKNOWN}),
    # -- which result counts -----------------------------------------------------------------------
    _case("a corrected result", "cells",
          {"creatinine": _creatinine(3.0, meta={"versionId": "1"}),
           "again": _creatinine(1.0, id="creatinine", status="corrected",
                                meta={"versionId": "2"})}, {}),
    _case("an amended result, the newest first", "cells",
          {"creatinine": _creatinine(3.0, status="amended",
                                     meta={"lastUpdated": "2026-06-27T00:00:00Z"}),
           "again": _creatinine(1.0, id="creatinine",
                                meta={"lastUpdated": "2026-06-26T00:00:00Z"})},
          {"creatinine": MET}),
    _case("entered in error beside a sound one", "cells",
          {"wrong": _creatinine(3.0, on="2026-06-28", **_VOID)}, {}),
    _case("entered in error, and nothing else", "cells",
          {"creatinine": _creatinine(3.0, **_VOID)}, {"creatinine": UNKNOWN}),
    _case("cancelled", "cells", {"creatinine": _creatinine(3.0, status="cancelled")},
          {"creatinine": UNKNOWN}),
    _case("saturation of May", "cells", {"spo2": lab(SPO2, 91, "%", "2026-05-01")},
          {"spo2": UNKNOWN}),
    _case("saturation of two days hence", "cells", {"spo2": lab(SPO2, 91, "%", "2026-07-02")},
          {"spo2": UNKNOWN}),
    _case("saturation without a date", "cells", {"spo2": lab(SPO2, 91, "%", "")},
          {"spo2": UNKNOWN}),
    _case("two saturations of one moment", "cells", {"other": lab(SPO2, 97, "%")},
          {"spo2": BOTH}),
    _case("the later of one day", "cells",
          {"spo2": lab(SPO2, 91, "%", "2026-06-25T08:00:00Z"),
           "other": lab(SPO2, 97, "%", "2026-06-25T09:00:00Z")}, {"spo2": NOT}),
    # 23:30 at five hours behind is 04:30 of the next day, and the later of the two
    _case("the later across time zones", "cells",
          {"spo2": lab(SPO2, 91, "%", "2026-06-25T23:30:00-05:00"),
           "other": lab(SPO2, 97, "%", "2026-06-26T03:00:00Z")}, {}),
    _case("CRP of March", "severe", {"crp": lab("1988-5", 22, "mg/L", _OLD)},
          {"crp": UNKNOWN}),
    # -- results that are bounds -------------------------------------------------------------------
    # D-dimer alone holds
    _case("CRP below 5", "cells", {"crp": lab("1988-5", 5, "mg/L", comparator="<")},
          {"inflamed": NOT}),
    # above 40 may be above 50
    _case("CRP above 40", "cells", {"crp": lab("1988-5", 40, "mg/L", comparator=">")},
          {"inflamed": UNKNOWN}),
    _case("two of four signs not known", "cells", {"crp": None, "ferritin": None},
          {"inflamed": UNKNOWN}),
    _case("CRP below half a milligram", "severe",
          {"crp": lab("1988-5", 0.5, "mg/L", comparator="<")}, {"crp": NOT}),
    # -- scores ------------------------------------------------------------------------------------
    # 90 mmHg may be a ratio of 429: the lungs give 0 to 4, platelets 1
    _case("no FiO2 for SOFA and P/F", "organs",
          {"fio2": None, "pao2": lab("2703-7", 90, MMHG)}, {"sofa": UNKNOWN, "pf": UNKNOWN}),
    # 75 mmHg is a ratio of 357 at most: one point at least, and one for platelets
    _case("no FiO2, PaO2 75", "organs", {"fio2": None}, {"pf": UNKNOWN}),
    # platelets of 40 alone give 3
    _case("no FiO2, platelets 40", "organs",
          {"fio2": None, "platelets": lab("777-3", 40, "10*9/L")},
          {"pf": UNKNOWN, "platelets": MET}),
    _case("SOFA as stated", "organs", {"sofa": lab("96790-1", 1, "{score}")}, {"sofa": NOT}),
    _case("P/F 200 from parts", "organs", {"pao2": lab("2703-7", 100, MMHG)}, {}),
    _case("P/F 100 from parts", "organs", {"pao2": lab("2703-7", 50, MMHG)}, {}),
    _case("P/F 202 from parts", "organs", {"pao2": lab("2703-7", 101, MMHG)}, {"pf": NOT}),
    _case("platelets at their bound", "organs", {"platelets": lab("777-3", 50000, "/mm3")}, {}),
    # 35 umol/L is 2.05 mg/dL
    _case("bilirubin 35 umol/L", "organs", {"bilirubin": lab("14631-6", 35, "umol/L")},
          {"bilirubin": MET}),
    _case("bilirubin 34 umol/L", "organs", {"bilirubin": lab("14631-6", 34, "umol/L")}, {}),
    _case("a weight of 0", "organs", {"weight": lab("29463-7", 0, "kg")}, {"bmi": UNKNOWN}),
    # 130 / 1.75 squared is 42
    _case("130 kg at 1.75 m", "organs",
          {"weight": lab("29463-7", 130, "kg"), "height": lab("8302-2", 1.75, "m")},
          {"bmi": MET}),
    _case("class C", "liver", {"class": said("Child-Pugh class", "C")}, {"class": NOT}),
    # 7 to 9 points are class B
    _case("points in place of a class", "liver",
          {"class": lab("Child-Pugh score", 8, "{score}")}, {}),
    _case("MELD above", "liver", {"meld": lab("MELD score", 21, "{score}")}, {"meld": MET}),
    _case("ECOG 2", "tumour", {"ecog": lab("89247-1", 2, "{score}")}, {"ecog": NOT}),
    _case("ECOG in words", "tumour", {"ecog": said("89247-1", "Grade 1")}, {}),
    _case("no ECOG", "tumour", {"ecog": None}, {"ecog": UNKNOWN}),
    _case("Karnofsky at its bound", "men", {"karnofsky": lab("89243-0", 70, "{score}")}, {}),
    _case("NYHA as a number", "heart", {"nyha": lab("88020-3", 3, "{score}")}, {}),
    _case("NYHA IV", "heart", {"nyha": said("88020-3", "NYHA class IV")}, {"nyha": NOT}),
    _case("saturation 93 alone", "severe", {"breaths": None, "spo2": lab(SPO2, 93, "%")}, {}),
    _case("none of three signs", "severe",
          {"breaths": lab("9279-1", 29, "/min"), "spo2": lab(SPO2, 94, "%"),
           "pf": lab("50984-4", 301, MMHG)}, {"severe": NOT}),
    _case("one of three signs fails", "severe", {"breaths": lab("9279-1", 29, "/min")},
          {"severe": UNKNOWN}),
    _case("platelets missing, INR below", "severe", {"platelets": None}, {"plt": UNKNOWN}),
    _case("INR above alone", "severe", {"platelets": None, "inr": lab("6301-6", 1.6, "")},
          {"plt": MET}),
    # -- conditions --------------------------------------------------------------------------------
    _case("COVID-19 not found", "cells", {"pcr": said("94500-6", "Not detected")},
          {"covid": NOT}),
    _case("breast cancer of 2023", "cells",
          {"cancer": condition("Malignant neoplasm of breast", "2023-05")}, {"cancer": MET}),
    _case("a malignancy over in 2019", "cells",
          {"cancer": condition("Malignancy of colon", "2017", "resolved",
                               abatementDateTime="2019-02")}, {}),
    # from some day of 2021 on, which may be before or after the end of June
    _case("a malignancy of some day in 2021", "cells",
          {"cancer": condition("Malignancy of skin", "2021", "resolved")},
          {"cancer": UNKNOWN}),
    _case("a malignancy refuted", "cells",
          {"cancer": condition("Malignancy of lung", "2026-06-01", sure="refuted")}, {}),
    _case("a malignancy suspected", "cells",
          {"cancer": condition("Malignancy of lung", "2026-06-01", sure="provisional")},
          {"cancer": UNKNOWN}),
    _case("a malignancy entered in error", "cells",
          {"cancer": condition("Malignancy of lung", "2026-06-01", sure="entered-in-error")}, {}),
    _case("infarction of February", "kidney",
          {"heart": condition("Myocardial infarction", "2026-02")}, {"vascular": MET}),
    # the record names an old one and is not known to name all
    _case("infarction of 2010, still listed", "kidney",
          {"heart": condition("Myocardial infarction", "2010-04")}, {}),
    _case("infarction of 2010 in a complete record", "kidney",
          {"heart": condition("Myocardial infarction", "2010-04")},
          {"vascular": NOT, "dialysis": NOT, "rituximab": NOT}, complete=EVERYTHING),
    _case("stroke denied", "kidney",
          {"none": condition("Stroke", sure="refuted"),
           "neither": condition("Myocardial infarction", sure="refuted")}, {"vascular": NOT}),
    _case("variceal bleeding of mid June", "liver",
          {"bleeding": condition("Variceal bleeding", "2026-06-15")}, {"bleeding": MET}),
    _case("brain metastases", "tumour", {"brain": condition("Brain metastases", "2026-01")},
          {"brain": MET}),
    _case("words in another order", "diabetes",
          {"type2": condition("Diabetes mellitus type 2", "2015")}, {}),
    _case("diabetes of no known type", "diabetes",
          {"type2": condition("Diabetes mellitus", "2015")}, {"type2": UNKNOWN}),
    _case("pancreatitis of 2012", "diabetes",
          {"old": condition("Acute pancreatitis", "2012-02", "resolved")},
          {"pancreatitis": MET}),
    _case("HIV", "donors", {"hiv": condition("HIV infection", "2011")}, {"hiv": MET}),
    _case("no HIV in a complete record", "donors", {}, {"hiv": NOT}, complete=EVERYTHING),
    # -- procedures --------------------------------------------------------------------------------
    _case("ventilated for four days", "cells",
          {"tube": procedure("Invasive mechanical ventilation", "2026-06-26", "", "in-progress")},
          {"ventilated": MET}),
    _case("ventilated since yesterday", "cells",
          {"tube": procedure("Invasive mechanical ventilation", "2026-06-29", "", "in-progress")},
          {}),
    _case("ventilated for two days in May", "cells",
          {"tube": procedure("Invasive mechanical ventilation", "2026-05-20", "2026-05-22")}, {}),
    _case("on ECMO", "organs",
          {"ecmo": procedure("Extracorporeal membrane oxygenation", "2026-06-28", "",
                             "in-progress")}, {"ecmo": MET}),
    _case("no ECMO in a complete record", "organs", {}, {"ecmo": NOT, "dmso": NOT},
          complete=EVERYTHING),
    _case("dialysis of April", "kidney", {"dialysis": procedure("Dialysis", "2026-04-15")},
          {"dialysis": MET}),
    # 3 months before are the end of March: some day of it may be within or not
    _case("dialysis of some day in March", "kidney",
          {"dialysis": procedure("Dialysis", "2026-03")}, {}, complete=frozenset()),
    _case("dialysis of 2025 in a complete record", "kidney",
          {"dialysis": procedure("Dialysis", "2025-12-01")},
          {"dialysis": NOT, "vascular": NOT, "rituximab": NOT}, complete=EVERYTHING),
    _case("surgery 30 days ago", "heart",
          {"surgery": procedure("Cardiac surgery", "2026-05-31")}, {"surgery": MET}),
    _case("surgery 31 days ago", "heart",
          {"surgery": procedure("Cardiac surgery", "2026-05-30")},
          {"surgery": NOT}, complete=EVERYTHING),
    _case("surgery not done", "heart",
          {"surgery": procedure("Cardiac surgery", "2026-06-10", "", "not-done")},
          {"surgery": NOT}),
    # -- drugs, vaccines, allergies ----------------------------------------------------------------
    _case("rituximab of March", "kidney", {"drug": given("Rituximab", "2026-03-01")},
          {"rituximab": MET}),
    _case("rituximab ordered", "kidney", {"drug": ordered("Rituximab", "2026-06-01")}, {}),
    _case("rituximab ordered in a complete record", "kidney",
          {"drug": ordered("Rituximab", "2026-06-01")},
          {"dialysis": NOT, "vascular": NOT}, complete=EVERYTHING),
    _case("rituximab not taken", "kidney",
          {"drug": taken("Rituximab", status="not-taken")}, {"rituximab": NOT}),
    _case("a drug in a contained resource", "kidney",
          {"drug": {"resourceType": "MedicationAdministration", "status": "completed",
                    "effectiveDateTime": "2026-04-01",
                    "contained": [{"resourceType": "Medication", "id": "m",
                                   "code": coded(text="Rituximab")}],
                    "medicationReference": {"reference": "#m"}}}, {"rituximab": MET}),
    _case("a drug as R5 writes it", "kidney",
          {"drug": {"resourceType": "MedicationAdministration", "status": "completed",
                    "occurenceDateTime": "2026-04-01",
                    "medication": {"concept": coded(text="Rituximab")}}}, {"rituximab": MET}),
    _case("chemotherapy ten days ago", "tumour",
          {"chemo": procedure("Chemotherapy", "2026-06-20")}, {"chemo": MET}),
    # carboplatin is chemotherapy
    _case("carboplatin ten days ago", "tumour", {"chemo": given("Carboplatin", "2026-06-20")},
          {"chemo": MET}),
    _case("abiraterone until 28 days ago", "men",
          {"drug": taken("Abiraterone", "2025-01-10", "2026-06-02")}, {"washout": MET}),
    _case("abiraterone until 29 days ago", "men",
          {"drug": taken("Abiraterone", "2025-01-10", "2026-06-01")}, {"washout": NOT}),
    _case("abiraterone still taken", "men", {"drug": taken("Abiraterone", "2025-01-10")},
          {"washout": MET}),
    _case("insulin glargine since 2024", "diabetes",
          {"drug": taken("Insulin glargine", "2024-01")}, {"insulin": MET}),
    _case("insulin ordered", "diabetes", {"drug": ordered("Insulin glargine", "2026-06-20")}, {}),
    _case("a live vaccine of June", "children",
          {"vaccine": vaccine("Live attenuated influenza vaccine", "2026-06-10")},
          {"vaccine": MET}),
    _case("an allergy to dimethyl sulfoxide", "organs",
          {"allergy": allergy("Dimethyl sulfoxide")}, {"dmso": MET}),
    _case("no known allergies", "organs",
          {"allergy": {"resourceType": "AllergyIntolerance",
                       "code": coded("716186003", "No known allergy", "snomed")}},
          {"dmso": NOT}),
    _case("an allergy to aspirin", "severe", {"allergy": allergy("Aspirin")}, {"aspirin": MET}),
    # -- fresh: written when the engine had been mended, run once --------------------------------
    _case("the model of asthma", "asthma", {}, {}),
    _case("12 today", "asthma", {"me": patient("2014-06-30")}, {}, "urns"),
    _case("12 tomorrow", "asthma", {"me": patient("2014-07-01")}, {"age": NOT}),
    # 0.15 x 10^9/L are 150 in a microlitre
    _case("eosinophils in another unit", "asthma",
          {"eosinophils": lab("711-2", 0.15, "10*9/L")}, {}),
    _case("eosinophils below", "asthma", {"eosinophils": lab("711-2", 0.14, "10*3/uL")},
          {"eosinophils": NOT}),
    # 102 / 1.7 squared is 35.3
    _case("102 kg", "asthma", {"weight": lab("29463-7", 102, "kg")}, {"bmi": NOT}),
    _case("no height", "asthma", {"height": None}, {"bmi": UNKNOWN}),
    _case("albumin 29 g/L", "asthma", {"albumin": lab("1751-7", 29, "g/L")}, {"albumin": NOT}),
    _case("AST 106", "asthma", {"ast": lab("1920-8", 106, "U/L", high=35)}, {"liver": MET}),
    _case("omalizumab of March", "asthma", {"drug": given("Omalizumab", "2026-03-15")},
          {"omalizumab": MET}),
    # stated to have ended long before
    _case("omalizumab until 2024", "asthma",
          {"drug": taken("Omalizumab", "2022-01", "2024-05-01")}, {"omalizumab": NOT}, "lines"),
    _case("she is pregnant", "asthma", {"child": condition("Pregnancy", "2026-02")},
          {"pregnant": MET}),
    _case("a man with a recent infarction", "asthma",
          {"me": patient("1970-01-01", "male"),
           "heart": condition("Acute myocardial infarction", "2025-09-09", "resolved")},
          {"pregnant": NOT, "infarction": MET}),
    _case("a heart rate of 49, of two months ago", "asthma",
          {"rate": lab("8867-4", 49, "/min", "2026-04-20")}, {"rate": UNKNOWN}),
    _case("the model of sepsis", "sepsis", {}, {}),
    # 18.0 mg/dL over 9.008 is 2.0 mmol/L: at the bound and not above
    _case("lactate 18 mg/dL", "sepsis", {"lactate": lab("2524-7", 18.0, "mg/dL")},
          {"lactate": NOT}),
    # (75 + 2 x 59) / 3 is 64: systolic and diastolic give the mean
    _case("pressure in two parts", "sepsis",
          {"pressure": None, "sbp": lab("8480-6", 75, MMHG), "dbp": lab("8462-4", 59, MMHG)}, {}),
    _case("procalcitonin in ug/L, below a limit", "sepsis",
          {"procalcitonin": lab("33959-8", 0.05, "ug/L", comparator="<")},
          {"procalcitonin": NOT}),
    _case("haemoglobin 69 g/L", "sepsis", {"hb": lab("718-7", 69, "g/L")}, {"hb": MET}),
    _case("INR at 3", "sepsis", {"inr": lab("6301-6", 3, "1")}, {}),
    # 340 lb are 154 kg
    _case("340 pounds", "sepsis", {"weight": lab("29463-7", 340, "[lb_av]")}, {"weight": MET}),
    _case("dexamethasone of the day before", "sepsis",
          {"drug": given("Dexamethasone 6 mg", "2026-06-29")}, {"dexamethasone": MET}),
    _case("dexamethasone eight days ago in a complete record", "sepsis",
          {"drug": given("Dexamethasone 6 mg", "2026-06-22")}, {"dexamethasone": NOT},
          complete=EVERYTHING),
    # 142 x (4.0/0.7)^-1.2 x 0.9938^55 x 1.012 is 13
    _case("creatinine 4.0", "sepsis", {"creatinine": _creatinine(4.0)}, {"egfr": MET}),
    _case("creatinine not of late", "sepsis", {"creatinine": _creatinine(4.0, on="2026-01-02")},
          {"egfr": UNKNOWN}),
    _case("86 today", "sepsis", {"me": patient("1940-06-30")}, {"age": NOT}, "searchset"),
)  # fmt: skip
"""All cases. What the letters of FHIR, or of the units, decide is said beside each."""
