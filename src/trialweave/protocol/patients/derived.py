"""Measures worked out of a person's other facts: ratios, kidney function, scores.

Used as `Setting(day, derive=derive)`, or `remembering()` for many trials. Inputs are the latest
that count on the day; those of scores of acute illness are of the same two days, as results of
different weeks are no state of a person. What is missing makes a range, or leaves the measure
unknown, and is named.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import Final

from trialweave.protocol import scores
from trialweave.protocol.patients.bedside import (
    ascites,
    atrial_risks,
    breathing_support,
    confused,
    dialysed,
    encephalopathy,
    on_oxygen,
    urine_ml_day,
    vasopressors,
)  # fmt: skip
from trialweave.protocol.patients.derived_inputs import (
    Input,
    age_of,
    inspired,
    latest,
)  # fmt: skip
from trialweave.protocol.patients.facts import Fact, Patient
from trialweave.protocol.patients.setting import Derived
from trialweave.protocol.scores.base import Classed, Score, shown

__all__ = ["DERIVED", "derive", "derive_class", "remembering"]

_Derive = Callable[[Patient, dt.date], Derived | None]
_Work = Callable[[str, Patient, dt.date], Derived | None]
_NAMES: Final = {"age": "date of birth"}


def derive(concept: str, person: Patient, day: dt.date) -> Derived | None:
    """A measure worked out of other facts, in the unit that `Derived` states; None for a concept
    that is not worked out of others, and where none of its inputs is a fact of the person.

    Where what is missing leaves it without limits it is from 0 to infinity. An input that no
    person can have leaves it unknown, and `told` says why.
    """
    work = DERIVED.get(concept)
    if work is None:
        return None
    try:
        return work(person, day)
    except ValueError as error:
        return Derived(0.0, math.inf, "", (concept,), f"not worked out: {error}", ())


def remembering() -> _Work:
    """`derive` that remembers what it worked out of the last person, for one thread: of many trials
    many ask for the same measure."""
    last: Patient | None = None
    found: dict[tuple[str, dt.date], Derived | None] = {}

    def derived_once(concept: str, person: Patient, day: dt.date) -> Derived | None:
        nonlocal last
        if person is not last:
            last = person
            found.clear()
        key = concept, day
        if key not in found:
            found[key] = derive(concept, person, day)
        return found[key]

    return derived_once


def _derived(score: Score, unit: str, inputs: Sequence[Input], told: str) -> Derived | None:
    facts = tuple(dict.fromkeys(fact for each in inputs for fact in each.facts))
    if not facts:
        return None
    why = [each.why for each in inputs if each.value is None and each.why]
    text = "; ".join(filter(None, [f"{told} = {_range(score)}", score.note, *why]))
    missing = tuple(_NAMES.get(name, name) for name in score.missing)
    return Derived(float(score.low), float(score.high), unit, missing, text[:1_000], facts)


def _range(score: Score) -> str:
    if math.isinf(score.high):
        return "not known"
    return _points(float(f"{score.low:.4g}"), float(f"{score.high:.4g}"))


def _sum(score: Score, inputs: Sequence[Input]) -> Derived | None:
    """A score told by its items."""
    told = " + ".join(f"{each.name} {_points(each.low, each.high)}" for each in score.parts)
    return _derived(score, "", inputs, told)


def _points(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _sex(person: Patient) -> scores.Sex:
    return "female" if person.sex == "female" else "male" if person.sex == "male" else None


def _pf_inputs(person: Patient, day: dt.date, since: dt.date | None = None) -> tuple[Input, Input]:
    pao2 = latest(person, day, "pao2", "mm[Hg]", since=since)
    fio2 = inspired(person, day, pao2.facts[0]) if pao2.facts else inspired(person, day)
    return pao2, fio2


def _pf_ratio(person: Patient, day: dt.date) -> Derived | None:
    pao2, fio2 = _pf_inputs(person, day)
    score = scores.pf_ratio(pao2_mmhg=pao2.value, fio2=fio2.value)
    told = f"PaO2 {shown(pao2.value)} mm[Hg] / FiO2 {shown(fio2.value)}"
    return _derived(score, "mm[Hg]", (pao2, fio2), told)


def _sf_ratio(person: Patient, day: dt.date) -> Derived | None:
    spo2 = latest(person, day, "spo2", "%")
    fio2 = inspired(person, day, spo2.facts[0]) if spo2.facts else inspired(person, day)
    score = scores.sf_ratio(spo2_percent=spo2.value, fio2=fio2.value)
    told = f"SpO2 {shown(spo2.value)} % / FiO2 {shown(fio2.value)}"
    return _derived(score, "", (spo2, fio2), told)


def _bmi(person: Patient, day: dt.date) -> Derived | None:
    weight, height = latest(person, day, "weight", "kg"), latest(person, day, "height", "cm")
    score = scores.bmi(weight_kg=weight.value, height_cm=height.value)
    told = f"{shown(weight.value)} kg / ({shown(height.value)} cm)²"
    return _derived(score, "kg/m2", (weight, height), told)


def _egfr(person: Patient, day: dt.date) -> Derived | None:
    creatinine, age = latest(person, day, "creatinine", "mg/dL"), age_of(person, day)
    score = scores.ckd_epi_2021(
        creatinine_mg_dl=creatinine.value, age_years=age.value, sex=_sex(person)
    )
    told = f"CKD-EPI 2021 of creatinine {shown(creatinine.value)} mg/dL, {_who(person, age)}"
    return _derived(score, "mL/min/{1.73_m2}", (creatinine, age), told)


def _crcl(person: Patient, day: dt.date) -> Derived | None:
    creatinine, age = latest(person, day, "creatinine", "mg/dL"), age_of(person, day)
    weight = latest(person, day, "weight", "kg")
    score = scores.cockcroft_gault(
        creatinine_mg_dl=creatinine.value, age_years=age.value, weight_kg=weight.value,
        sex=_sex(person),
    )  # fmt: skip
    told = (
        f"Cockcroft-Gault of creatinine {shown(creatinine.value)} mg/dL, "
        f"{shown(weight.value)} kg, {_who(person, age)}"
    )
    return _derived(score, "mL/min", (creatinine, weight, age), told)


def _who(person: Patient, age: Input) -> str:
    return f"age {shown(age.value)}, {_sex(person) or 'sex not known'}"


def _sofa_score(person: Patient, day: dt.date) -> tuple[Score, list[Input]]:
    since = _newest(person, day, ("pao2", "platelets", "bilirubin", "map", "gcs", "creatinine"))
    pao2, fio2 = _pf_inputs(person, day, since)
    support, drugs, doses = breathing_support(person, day), *vasopressors(person, day)
    platelets = latest(person, day, "platelets", "10*9/L", since=since)
    bilirubin = latest(person, day, "bilirubin", "mg/dL", since=since)
    pressure = _map_input(person, day, since)
    gcs = latest(person, day, "gcs", "{score}", since=since)
    creatinine = latest(person, day, "creatinine", "mg/dL", since=since)
    urine = urine_ml_day(person, day)
    score = scores.sofa(
        pao2_mmhg=pao2.value, fio2=fio2.value, ventilated=support.so,
        platelets_10e9_l=platelets.value, bilirubin_mg_dl=bilirubin.value,
        map_mmhg=pressure.value, vasopressors=doses, gcs=gcs.value,
        creatinine_mg_dl=creatinine.value, urine_ml_day=urine.value,
    )  # fmt: skip
    inputs = [pao2, fio2, Input(None, support.facts), platelets, bilirubin, pressure,
              Input(None, drugs), gcs, creatinine, urine]  # fmt: skip
    return score, inputs


def _sofa(person: Patient, day: dt.date) -> Derived | None:
    return _sum(*_sofa_score(person, day))


def _sofa_organ(person: Patient, day: dt.date) -> Derived | None:
    """The highest of the six organs."""
    score, inputs = _sofa_score(person, day)
    low, high = (max(ends) for ends in zip(*((p.low, p.high) for p in score.parts), strict=True))
    open_ = [part for part in score.parts if part.high > low]
    missing = tuple(dict.fromkeys(name for part in open_ for name in part.missing))
    worst = Score(low if low == high else None, low, high, missing)
    told = ", ".join(f"{part.name} {_points(part.low, part.high)}" for part in score.parts)
    return _derived(worst, "", inputs, f"the highest of {told}")


def _newest(person: Patient, day: dt.date, concepts: Sequence[str]) -> dt.date | None:
    """The day before the newest of some measures: what is older is of another state."""
    days = [
        each.start.earliest
        for concept in concepts
        for each in _valued(person, day, concept)
        if each.start is not None
    ]
    return max(days) - dt.timedelta(days=1) if days else None


def _valued(person: Patient, day: dt.date, concept: str) -> tuple[Fact, ...]:
    """The facts of a concept up to a day that state a value."""
    return tuple(
        fact
        for fact in person.by_concept.get(concept, ())
        if fact.start is not None and fact.start.earliest <= day and fact.value is not None
    )


def _map_input(person: Patient, day: dt.date, since: dt.date | None) -> Input:
    """The mean pressure as measured, or else (systolic + 2 × diastolic) / 3 of one moment."""
    measured = latest(person, day, "map", "mm[Hg]", since=since)
    if measured.value is not None:
        return measured
    worked_out = _mean_pressure(*_pressures(person, day, since))
    return worked_out if worked_out.value is not None else measured


def _mean_pressure(systolic: Input, diastolic: Input) -> Input:
    if not (isinstance(systolic.value, float) and isinstance(diastolic.value, float)):
        return Input(None)
    value = float(f"{(systolic.value + 2 * diastolic.value) / 3:.10g}")
    return Input(value, systolic.facts + diastolic.facts)


def _pressures(person: Patient, day: dt.date, since: dt.date | None = None) -> tuple[Input, Input]:
    """Systolic and diastolic; the second None where it is of another moment."""
    systolic = latest(person, day, "sbp", "mm[Hg]", since=since)
    diastolic = latest(person, day, "dbp", "mm[Hg]", since=since)
    moments = {(fact.start, fact.clock) for each in (systolic, diastolic) for fact in each.facts}
    if len(moments) > 1:
        return systolic, Input(None, (), "diastolic pressure is of another time")
    return systolic, diastolic


def _map(person: Patient, day: dt.date) -> Derived | None:
    systolic, diastolic = _pressures(person, day)
    pressure = _mean_pressure(systolic, diastolic)
    if not isinstance(pressure.value, float):
        return None
    told = f"({shown(systolic.value)} + 2 × {shown(diastolic.value)}) / 3"
    score = Score(pressure.value, pressure.value, pressure.value)
    return _derived(score, "mm[Hg]", (pressure,), told)


def _qsofa(person: Patient, day: dt.date) -> Derived | None:
    since = _newest(person, day, ("resp_rate", "sbp", "gcs"))
    breathing = latest(person, day, "resp_rate", "/min", since=since)
    systolic = latest(person, day, "sbp", "mm[Hg]", since=since)
    gcs = latest(person, day, "gcs", "{score}", since=since)
    score = scores.qsofa(resp_rate_min=breathing.value, sbp_mmhg=systolic.value, gcs=gcs.value)
    return _sum(score, (breathing, systolic, gcs))


def _news2(person: Patient, day: dt.date) -> Derived | None:
    """On the saturation scale 1: the second counts only where it is prescribed."""
    vital = ("resp_rate", "spo2", "sbp", "heart_rate", "body_temperature")
    since = _newest(person, day, vital)
    breathing, spo2, systolic, pulse, heat = (
        latest(person, day, name, unit, since=since)
        for name, unit in zip(vital, ("/min", "%", "mm[Hg]", "/min", "Cel"), strict=True)
    )
    gcs = latest(person, day, "gcs", "{score}", since=since)
    oxygen, confusion = on_oxygen(person, day), confused(person, day)
    awake = gcs.value == 15 if isinstance(gcs.value, float) else None
    alert = False if confusion.so else awake
    score = scores.news2(
        resp_rate_min=breathing.value, spo2_percent=spo2.value, on_oxygen=oxygen.so,
        sbp_mmhg=systolic.value, pulse_min=pulse.value, alert=alert, temperature_c=heat.value,
    )  # fmt: skip
    states = (Input(None, oxygen.facts), Input(None, confusion.facts))
    return _sum(score, (breathing, spo2, systolic, pulse, gcs, heat, *states))


def _curb65(person: Patient, day: dt.date) -> Derived | None:
    since = _newest(person, day, ("resp_rate", "sbp", "urea", "bun"))
    breathing = latest(person, day, "resp_rate", "/min", since=since)
    systolic = latest(person, day, "sbp", "mm[Hg]", since=since)
    diastolic = latest(person, day, "dbp", "mm[Hg]", since=since)
    urea = latest(person, day, "urea", "mmol/L", since=since)
    if urea.value is None:  # a mole of urea holds a mole of the nitrogen pair that BUN weighs
        urea = latest(person, day, "bun", "mmol/L", since=since)
    confusion, age = confused(person, day), age_of(person, day)
    score = scores.curb65(
        confusion=confusion.so, urea_mmol_l=urea.value, resp_rate_min=breathing.value,
        sbp_mmhg=systolic.value, dbp_mmhg=diastolic.value, age_years=age.value,
    )  # fmt: skip
    return _sum(score, (breathing, systolic, diastolic, urea, Input(None, confusion.facts), age))


def derive_class(concept: str, person: Patient, day: dt.date) -> tuple[Classed, Derived] | None:
    """A class worked out of other facts ("child_pugh_class"), with the score it is of; None for
    others, and where none of its inputs is a fact of the person."""
    found = derive("child_pugh", person, day) if concept == "child_pugh_class" else None
    if found is None or math.isinf(found.high):
        return None
    score = Score(None, found.low, found.high, found.missing)
    return scores.child_pugh_class(score), found


def _child_pugh(person: Patient, day: dt.date) -> Derived | None:
    bilirubin = latest(person, day, "bilirubin", "mg/dL")
    albumin, inr = latest(person, day, "albumin", "g/dL"), latest(person, day, "inr", "")
    fluid, fluid_facts = ascites(person, day)
    brain = encephalopathy(person, day)
    score = scores.child_pugh(
        bilirubin_mg_dl=bilirubin.value, albumin_g_dl=albumin.value, inr=inr.value,
        ascites=fluid, encephalopathy_grade=brain.value,
    )  # fmt: skip
    return _sum(score, (bilirubin, albumin, inr, Input(None, fluid_facts), brain))


def _meld(person: Patient, day: dt.date) -> Derived | None:
    """The original: "MELD" without more, as most criteria write it, is older than MELD 3.0."""
    bilirubin, inr = latest(person, day, "bilirubin", "mg/dL"), latest(person, day, "inr", "")
    creatinine, dialysis = latest(person, day, "creatinine", "mg/dL"), dialysed(person, day)
    score = scores.meld(
        bilirubin_mg_dl=bilirubin.value, inr=inr.value, creatinine_mg_dl=creatinine.value,
        dialysis=dialysis.so,
    )  # fmt: skip
    inputs = (bilirubin, inr, creatinine, Input(None, dialysis.facts))
    told = (
        f"MELD of bilirubin {shown(bilirubin.value)} mg/dL, INR {shown(inr.value)}, "
        f"creatinine {shown(creatinine.value)} mg/dL"
    )
    return _derived(score, "", inputs, told)


def _fib4(person: Patient, day: dt.date) -> Derived | None:
    age, ast = age_of(person, day), latest(person, day, "ast", "U/L")
    alt, platelets = (
        latest(person, day, "alt", "U/L"),
        latest(person, day, "platelets", "10*9/L"),
    )
    score = scores.fib4(
        age_years=age.value, ast_u_l=ast.value, alt_u_l=alt.value, platelets_10e9_l=platelets.value
    )
    told = (
        f"age {shown(age.value)} × AST {shown(ast.value)} / "
        f"(platelets {shown(platelets.value)} × √ALT {shown(alt.value)})"
    )
    return _derived(score, "", (ast, alt, platelets, age), told)


def _homa_ir(person: Patient, day: dt.date) -> Derived | None:
    glucose = latest(person, day, "fasting_glucose", "mg/dL")
    insulin = latest(person, day, "insulin_level", "u[IU]/mL")
    score = scores.homa_ir(fasting_glucose_mg_dl=glucose.value, insulin_uu_ml=insulin.value)
    told = f"{shown(glucose.value)} mg/dL × {shown(insulin.value)} u[IU]/mL / 405"
    return _derived(score, "", (glucose, insulin), told)


def _anion_gap(person: Patient, day: dt.date) -> Derived | None:
    each = [latest(person, day, name, "mmol/L") for name in ("sodium", "chloride", "bicarbonate")]
    sodium, chloride, bicarbonate = (one.value for one in each)
    score = scores.anion_gap(
        sodium_mmol_l=sodium, chloride_mmol_l=chloride, bicarbonate_mmol_l=bicarbonate
    )
    told = " - ".join(shown(one.value) for one in each)
    return _derived(score, "mmol/L", each, f"{told} mmol/L")


def _cha2ds2_vasc(person: Patient, day: dt.date) -> Derived | None:
    risks, age = atrial_risks(person, day), age_of(person, day)
    so = {name: state.so for name, state in risks.items()}
    score = scores.cha2ds2_vasc(age_years=age.value, sex=_sex(person), **so)
    return _sum(score, [Input(None, state.facts) for state in risks.values()] + [age])


DERIVED: Final[dict[str, _Derive]] = {
    "pf_ratio": _pf_ratio,
    "sf_ratio": _sf_ratio,
    "bmi": _bmi,
    "map": _map,
    "egfr": _egfr,
    "crcl": _crcl,
    "sofa": _sofa,
    "sofa_organ_subscore": _sofa_organ,
    "qsofa": _qsofa,
    "news2": _news2,
    "curb65": _curb65,
    "child_pugh": _child_pugh,
    "meld": _meld,
    "fib4": _fib4,
    "homa_ir": _homa_ir,
    "anion_gap": _anion_gap,
    "cha2ds2_vasc": _cha2ds2_vasc,
}
"""What is worked out of other facts, by the name of the concept."""
