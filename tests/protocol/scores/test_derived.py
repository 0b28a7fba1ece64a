"""Measures worked out of a person's facts: which facts count, what is missing, what is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from trialweave.model import PartialDate
from trialweave.protocol.criteria.tree import Compare
from trialweave.protocol.patients.derived import DERIVED, derive, derive_class, remembering
from trialweave.protocol.patients.facts import Code, Fact, FactKind, Patient
from trialweave.protocol.patients.measured import compared
from trialweave.protocol.patients.setting import Derived, Setting

DAY = dt.date(2024, 5, 20)
TODAY = PartialDate(2024, 5, 20)


def _lab(
    concept: str, value: float | str, unit: str = "", start: PartialDate | None = TODAY, **more: Any
) -> Fact:
    label = more.pop("label", concept)
    return Fact("measurement", concept, label, value=value, unit=unit, start=start, **more)


def _event(label: str, kind: FactKind = "condition", **more: Any) -> Fact:
    return Fact(kind, more.pop("concept", ""), label, **more)


def _person(*facts: Fact, birth: PartialDate | None = None, sex: Any = "male") -> Patient:
    return Patient("1", birth or PartialDate(1958, 5, 21), sex, facts)


def _derived(concept: str, *facts: Fact, **more: Any) -> Derived:
    found = derive(concept, _person(*facts, **more), DAY)
    assert found is not None
    return found


def _value(concept: str, *facts: Fact, **more: Any) -> float:
    found = _derived(concept, *facts, **more)
    assert found.low == found.high
    assert found.missing == ()
    return found.low


def _days_before(days: int) -> PartialDate:
    day = DAY - dt.timedelta(days=days)
    return PartialDate(day.year, day.month, day.day)


PAO2 = _lab("pao2", 80.0, "mm[Hg]", clock="08:00")


SOFA = (
    PAO2, _lab("fio2", 40.0, "%", clock="08:00"), _lab("platelets", 90.0, "10*3/uL"),
    _lab("bilirubin", 34.0, "umol/L"), _lab("sbp", 120.0, "mm[Hg]"), _lab("dbp", 60.0, "mm[Hg]"),
    _lab("gcs", 14.0, "{score}"), _lab("creatinine", 2.5, "mg/dL"),
)  # fmt: skip


def test_sofa_with_everything() -> None:
    more = (
        _event("Norepinephrine infusion", "drug", start=TODAY, ongoing=True),
        _lab("norepinephrine_dose", 0.2, "ug/kg/min", label="Norepinephrine dose"),
        _lab("urine_output", 1500.0, "mL/d"),
        _event("Mechanical ventilation", "procedure", concept="mechanical_ventilation",
               start=TODAY, ongoing=True),
    )  # fmt: skip
    # P/F 200: 2; platelets 90: 2; bilirubin 1.99: 1; noradrenaline 0.2: 4; GCS 14: 1; kidney 2
    found = _derived("sofa", *SOFA, *more)
    assert (found.low, found.high, found.missing) == (12, 12, ())
    assert set(found.facts) >= set(SOFA)
    worst = _derived("sofa_organ_subscore", *SOFA, *more)
    assert (worst.low, worst.high, worst.missing) == (4, 4, ())


@pytest.mark.parametrize(
    ("output", "points"),
    [
        (_lab("urine_output", 450.0, "mL/d"), "3"),
        (_lab("urine_output", 450.0, "mL/(24.h)"), "3"),
        (_lab("urine_output", 10.0, "mL/h"), "2 to 4"),
        (_lab("urine_output", 0.1, "mL/kg/h"), "2 to 4"),
        (_lab("urine_output", 0.15, "L/d"), "4"),
        (_lab("urine_output", 0.15, "L/d", _days_before(5)), "2 to 4"),
    ],
)
def test_urine_of_the_day(output: Fact, points: str) -> None:
    found = _derived("sofa", *SOFA, output)
    assert f"kidney {points} =" in found.told


def test_sofa_without_what_records_leave_out_is_a_range() -> None:
    found = _derived("sofa", *SOFA)
    assert (found.low, found.high) == (8, 14)
    assert found.missing == ("vasopressors", "urine_output")
    assert "kidney 2 to 4" in found.told


def test_sofa_takes_no_results_of_other_days() -> None:
    old = _lab("platelets", 30.0, "10*9/L", _days_before(2))
    found = _derived("sofa", *[each for each in SOFA if each.concept != "platelets"], old)
    assert "coagulation 0 to 4" in found.told
    yesterday = _lab("platelets", 30.0, "10*9/L", _days_before(1))
    found = _derived("sofa", *[each for each in SOFA if each.concept != "platelets"], yesterday)
    assert "coagulation 3" in found.told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ((_event("Norepinephrine", "drug", start=TODAY),), "circulation 3 to 4"),
        ((_event("Dopamine", "drug", start=TODAY, ongoing=True),), "circulation 2 to 4"),
        ((_event("Vasopressor therapy", "drug", start=TODAY),), "circulation 2 to 4"),
        ((_event("Vasopressor therapy", "drug", absent=True),), "circulation 0"),
        ((_event("Norepinephrine", "drug", start=TODAY, planned=True),), "circulation 0 to 4"),
        ((_event("Norepinephrine", "drug", start=_days_before(1)),), "circulation 3 to 4"),
        ((_event("Norepinephrine", "drug", start=_days_before(2)),), "circulation 0 to 4"),
        (
            (_lab("norepinephrine_dose", 1.0, "ug/kg/min", _days_before(2), label="Dopamine"),),
            "circulation 0 to 4",
        ),
        ((_event("Norepinephrine", "drug", start=_days_before(9), over=True),), "0 to 4"),
        ((_event("Epinephrine auto-injector", "drug", ongoing=True),), "circulation 0 to 4"),
        ((_lab("norepinephrine_dose", 0.05, "ug/kg/min", label="Noradrenaline"),), "3 to 4"),
        ((_lab("peep", 8.0, "cm[H2O]"),), "respiration 0 to 4"),
    ],
)
def test_vasopressors_and_support_as_named(facts: tuple[Fact, ...], told: str) -> None:
    found = _derived("sofa", _lab("map", 80.0, "mm[Hg]"), *facts)
    assert told in found.told


@pytest.mark.parametrize(
    ("fact", "points"),
    [
        (_event("Mechanical ventilation", "procedure", absent=True), "respiration 2"),
        (_event("BiPAP", "procedure", start=TODAY, ongoing=True), "respiration 3"),
        (_event("Invasive ventilation", "procedure", start=_days_before(9), end=_days_before(3)),
         "respiration 2 to 3"),
        (_event("Invasive ventilation", "procedure", start=_days_before(9),
                end=PartialDate(2024, 5, 25)), "respiration 3"),
        (_lab("peep", 8.0, "cm[H2O]"), "respiration 3"),
        (_lab("peep", 8.0, "cm[H2O]", _days_before(4)), "respiration 2 to 3"),
    ],
)  # fmt: skip
def test_support_of_breathing(fact: Fact, points: str) -> None:
    gas = _lab("pao2", 60.0, "mm[Hg]"), _lab("fio2", 50.0, "%")
    assert points in _derived("sofa", *gas, fact).told.split(" + ")


VITALS = (
    _lab("resp_rate", 24.0, "/min"), _lab("spo2", 93.0, "%"), _lab("sbp", 95.0, "mm[Hg]"),
    _lab("heart_rate", 115.0, "/min"), _lab("body_temperature", 100.4, "[degF]"),
    _lab("gcs", 15.0, "{score}"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "low", "high"),
    [
        (_lab("fio2", 40.0, "%"), 10, 10),
        (_lab("fio2", 21.0, "%"), 8, 8),
        (_lab("oxygen_flow", 2.0, "L/min"), 10, 10),
        (_lab("oxygen_flow", 0.0, "L/min"), 8, 8),
        (_event("Oxygen therapy", "procedure", start=TODAY), 10, 10),
        (_event("Confusion", start=TODAY, ongoing=True), 11, 13),
        (_event("Asthma"), 8, 10),
    ],
)
def test_news2(fact: Fact, low: int, high: int) -> None:
    found = _derived("news2", *VITALS, fact)
    assert (found.low, found.high) == (low, high)
    assert found.missing == (() if low == high else ("on_oxygen",))


def test_curb65_of_blood_urea_nitrogen() -> None:
    facts = (
        _lab("bun", 19.7, "mg/dL"), _lab("resp_rate", 30.0, "/min"), _lab("sbp", 120.0, "mm[Hg]"),
        _lab("dbp", 60.0, "mm[Hg]"), _event("Delirium", absent=True),
    )  # fmt: skip
    assert _value("curb65", *facts) == 4
    assert _value("curb65", *facts, _lab("urea", 7.0, "mmol/L")) == 3
    assert _value("qsofa", *facts, _lab("gcs", 13.0)) == 2


def test_mean_pressure_is_of_one_moment() -> None:
    systolic = _lab("sbp", 120.0, "mm[Hg]", clock="08:00")
    assert _value("map", systolic, _lab("dbp", 75.0, "mm[Hg]", clock="08:00")) == 90
    other = _lab("dbp", 75.0, "mm[Hg]", clock="09:00")
    assert derive("map", _person(systolic, other), DAY) is None


LIVER = (_lab("bilirubin", 2.5, "mg/dL"), _lab("albumin", 30.0, "g/L"), _lab("inr", 1.8, "{INR}"))


@pytest.mark.parametrize(
    ("events", "low", "high", "classes"),
    [
        (("Ascites", "Hepatic encephalopathy"), 10, 12, ("C",)),
        (("Mild ascites", "Hepatic encephalopathy grade II"), 10, 10, ("C",)),
        (("Refractory ascites", "Hepatic encephalopathy grade 3"), 12, 12, ("C",)),
        ((), 8, 12, ("B", "C")),
        (("Ascites, moderate", "Grade 4 hepatic encephalopathy"), 12, 12, ("C",)),
        (("Ascites, moderate", "Stage 2 hepatic encephalopathy"), 11, 11, ("C",)),
    ],
)
def test_child_pugh(events: tuple[str, ...], low: int, high: int, classes: Any) -> None:
    person = _person(*LIVER, *[_event(each, start=TODAY, ongoing=True) for each in events])
    found = derive("child_pugh", person, DAY)
    assert found is not None
    assert (found.low, found.high) == (low, high)
    of_class = derive_class("child_pugh_class", person, DAY)
    assert of_class is not None
    assert of_class[0].possible == classes
    assert derive_class("nyha", person, DAY) is None


def test_child_pugh_of_what_is_denied() -> None:
    denied = (_event("Ascites", absent=True), _event("Hepatic encephalopathy", absent=True))
    assert _value("child_pugh", *LIVER, *denied) == 8


def test_meld_knows_dialysis_only_from_the_record() -> None:
    creatinine = _lab("creatinine", 1.0, "mg/dL")
    # 3.78 ln 2.5 + 11.2 ln 1.8 + 6.43 = 16.48; with dialysis 13.27 more
    found = _derived("meld", *LIVER, creatinine)
    assert (found.low, found.high, found.missing) == (16, 30, ("dialysis",))
    week = _event("Hemodialysis", "procedure", start=_days_before(6))
    assert _value("meld", *LIVER, creatinine, week) == 30
    assert _value("meld", *LIVER, creatinine, _event("Dialysis", absent=True)) == 16


def test_other_measures() -> None:
    enzymes = (
        _lab("ast", 80.0, "U/L"),
        _lab("alt", 64.0, "U/L"),
        _lab("platelets", 130.0, "10*9/L"),
    )
    assert _value("fib4", *enzymes) == 5
    sugar = (_lab("fasting_glucose", 4.5, "mmol/L"), _lab("insulin_level", 10.0, "u[IU]/mL"))
    assert _value("homa_ir", *sugar) == pytest.approx(2.0, abs=0.003)
    salts = (_lab("sodium", 140.0, "mmol/L"), _lab("chloride", 104.0, "mmol/L"))
    assert _value("anion_gap", *salts, _lab("bicarbonate", 24.0, "mmol/L")) == 12
    assert _derived("sf_ratio", _lab("spo2", 92.0, "%"), _lab("fio2", 0.4)).low == 230


def test_stroke_risk_counts_the_past_and_other_diseases_not() -> None:
    facts = (
        _event("Essential hypertension", start=PartialDate(2001), ongoing=True),
        _event("Cerebral infarction", start=PartialDate(2015), over=True),
        _event("Pulmonary hypertension", ongoing=True), _event("Diabetes insipidus", ongoing=True),
        _event("Old myocardial infarct", codes=(Code("icd10", "I21.9"),), over=True),
    )  # fmt: skip
    found = _derived("cha2ds2_vasc", *facts)  # 65 years
    assert (found.low, found.high, found.missing) == (5, 7, ("heart_failure", "diabetes"))


def test_what_is_not_worked_out() -> None:
    assert derive("hba1c", _person(PAO2), DAY) is None
    for concept in DERIVED:
        assert derive(concept, _person(), DAY) is None, concept
        assert derive(concept, Patient("1", None, "", ()), DAY) is None, concept


def test_verdicts_decide_on_ranges_and_name_what_is_missing() -> None:
    setting = Setting(DAY, derive=derive)
    below = Compare("pf_ratio", "<=", 60.0, 0, 10, unit="mm[Hg]")
    found = compared(below, _person(PAO2), setting)
    assert found.outcome == "not met"  # 80 and more whatever the FiO2
    open_ = compared(Compare("pf_ratio", "<=", 300.0, 0, 10, unit="mm[Hg]"), _person(PAO2), setting)
    assert (open_.outcome, open_.missing) == ("unknown", ("fio2",))
    sofa = compared(Compare("sofa", ">=", 2.0, 0, 10), _person(*SOFA), setting)
    assert sofa.outcome == "met"
    assert "kidney 2 to 4" in sofa.evidence[0].converted


def test_remembering_finds_the_same_and_forgets_the_last_person() -> None:
    once = remembering()
    sick, other = _person(*SOFA), _person(PAO2)
    for person in (sick, sick, other, sick):
        for concept in ("sofa", "pf_ratio", "hba1c"):
            assert once(concept, person, DAY) == derive(concept, person, DAY)
    assert once("sofa", sick, DAY) is once("sofa", sick, DAY)
    later = DAY + dt.timedelta(days=40)
    assert once("sofa", sick, later) is None
