"""Our clinical scores beside those of medcalc-bench (PyPI, Apache-2.0), on random people.

    python -m venv S && S/bin/pip install medcalc-bench==1.7.0
    PYTHONPATH=src:$(echo S/lib/python3*/site-packages) python validation/protocol_scores.py

Half of the numbers drawn lie on a bound of the score, half anywhere. Each disagreement is put to
the reason that explains it; what has none is shown. The package is no dependency: it is only here.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any

from trialweave.protocol import scores
from trialweave.protocol.scores import Vasopressors

CASES = 20_000
Case = dict[str, Any]
Reason = Callable[[Case], str]


def _peer(module: str, function: str, inputs: dict[str, Any]) -> float:
    return float(getattr(import_module(f"medcalc.{module}"), function)(inputs)["Answer"])


def _near(rng: random.Random, low: float, high: float, bounds: tuple[float, ...], by: int) -> float:
    if bounds and rng.random() < 0.5:
        step = 10.0**-by
        return round(rng.choice(bounds) + rng.choice((-step, 0.0, step)), by)
    return round(rng.uniform(low, high), by)


def _person(rng: random.Random) -> Case:
    return {
        "age": int(_near(rng, 18, 99, (19, 65, 75), 0)),
        "sex": rng.choice(("Female", "Male")),
        "creatinine": _near(rng, 0.3, 8, (0.7, 0.9, 1.2, 2, 3.5, 5), 1),
        "bilirubin": _near(rng, 0.2, 20, (1.2, 2, 3, 6, 12), 1),
        "albumin": _near(rng, 1.5, 5, (2.8, 3.5), 1),
        "inr": _near(rng, 0.8, 5, (1.7, 2.3), 1),
        "ascites": rng.randrange(3),
        "encephalopathy": rng.randrange(3),
        "weight": _near(rng, 40, 150, (), 0),
        "height": _near(rng, 145, 205, (), 0),
        "bun": _near(rng, 5, 80, (19, 19.5, 20), 1),
        "resp_rate": int(_near(rng, 8, 45, (22, 30), 0)),
        "sbp": int(_near(rng, 60, 200, (90, 100), 0)),
        "dbp": int(_near(rng, 30, 110, (60,), 0)),
        "gcs": rng.randint(3, 15),
        "platelets": int(_near(rng, 5, 400, (20, 50, 100, 150), 0)),
        "pao2": int(_near(rng, 40, 400, (50, 100, 75, 25), 0)),
        "fio2": rng.choice((0.21, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)),
        "ventilated": rng.random() < 0.5,
        "noradrenaline": rng.choice((0.0, 0.0, 0.05, 0.1, 0.11, 0.3)),
        "dopamine": rng.choice((0.0, 0.0, 4.0, 5.0, 6.0, 15.0, 16.0)),
        "ast": int(_near(rng, 10, 400, (), 0)),
        "alt": int(_near(rng, 10, 400, (), 0)),
        "glucose": int(_near(rng, 60, 300, (), 0)),
        "insulin": _near(rng, 1, 60, (), 1),
        "sodium": int(_near(rng, 115, 155, (125, 137), 0)),
        "chloride": int(_near(rng, 80, 120, (), 0)),
        "bicarbonate": int(_near(rng, 8, 40, (), 0)),
        "qt": int(_near(rng, 300, 600, (), 0)),
        "heart_rate": int(_near(rng, 40, 160, (), 0)),
        **{name: rng.random() < 0.5 for name in
           ("confusion", "chf", "hypertension", "stroke", "diabetes", "vascular_disease")},
    }  # fmt: skip


def _sex(case: Case) -> scores.Sex:
    return "female" if case["sex"] == "Female" else "male"


def _measured(case: Case, *names: str) -> dict[str, Any]:
    units = {"creatinine": "mg/dL", "bilirubin": "mg/dL", "albumin": "g/dL", "bun": "mg/dL",
             "glucose": "mg/dL", "insulin": "µIU/mL", "age": "years"}  # fmt: skip
    return {name: (case[name], units[name]) for name in names}


def sofa_ours(case: Case) -> float | None:
    """Five organs: theirs tests vasopressors in an order that gives 2 points for doses of 0."""
    found = scores.sofa(
        pao2_mmhg=case["pao2"], fio2=case["fio2"], ventilated=case["ventilated"],
        platelets_10e9_l=case["platelets"], bilirubin_mg_dl=case["bilirubin"],
        map_mmhg=90, vasopressors=Vasopressors(), gcs=case["gcs"],
        creatinine_mg_dl=case["creatinine"], urine_ml_day=2_000,
    )  # fmt: skip
    return found.value


def sofa_theirs(case: Case) -> float:
    found = _peer("sofa", "compute_sofa_explanation", {
        "partial_pressure_oxygen": (case["pao2"], "mm Hg"), "fio2": (case["fio2"], "%"),
        "mechanical_ventilation": case["ventilated"], "cpap": False,
        "sys_bp": (60, "mm Hg"), "dia_bp": (40, "mm Hg"),
        "gcs": case["gcs"], "platelet_count": (case["platelets"] * 1000.0, "µL"),
        **_measured(case, "bilirubin", "creatinine"),
    })  # fmt: skip
    return found - 1  # the point of the low pressure, the one case where its circulation is right


def sofa_reason(case: Case) -> str:
    ratio = case["pao2"] / case["fio2"]
    if case["ventilated"] and 199 <= ratio < 200:
        return "theirs has no points for a supported P/F from 199 to 200"
    return ""


def circulation_ours(case: Case) -> float | None:
    """The point or points of the sixth organ."""
    drugs = Vasopressors(case["dopamine"], 0.0, 0.0, case["noradrenaline"])
    mean = (case["sbp"] + 2 * case["dbp"]) / 3
    return scores.sofa(map_mmhg=mean, vasopressors=drugs).parts[3].points


def circulation_theirs(case: Case) -> float:
    return _peer("sofa", "compute_sofa_explanation", {
        "partial_pressure_oxygen": (500, "mm Hg"), "fio2": (1.0, "%"), "gcs": 15,
        "sys_bp": (case["sbp"], "mm Hg"), "dia_bp": (case["dbp"], "mm Hg"),
        "dopamine": (case["dopamine"], ""), "norepinephrine": (case["noradrenaline"], ""),
        "platelet_count": (200_000.0, "µL"), "bilirubin": (1.0, "mg/dL"),
        "creatinine": (1.0, "mg/dL"),
    })  # fmt: skip


def circulation_reason(case: Case) -> str:
    if not case["dopamine"] and not case["noradrenaline"]:
        return "theirs gives 2 points for a dopamine of 0 where the pressure is not low"
    if case["dopamine"] <= 5:
        return "theirs gives 2 points for a dopamine to 5, also of 0, before it looks at the others"
    return "theirs never reaches 4 points: 3 for an adrenaline of 0 come first"


def child_ours(case: Case) -> float | None:
    return scores.child_pugh(
        bilirubin_mg_dl=case["bilirubin"], albumin_g_dl=case["albumin"], inr=case["inr"],
        ascites=("none", "mild", "moderate")[case["ascites"]],
        encephalopathy_grade=(0, 1, 3)[case["encephalopathy"]],
    ).value  # fmt: skip


def child_theirs(case: Case) -> float:
    return _peer("child_pugh_score", "compute_child_pugh_score_explanation", {
        **_measured(case, "bilirubin", "albumin"), "inr": case["inr"],
        "ascites": ("Absent", "Slight", "Moderate")[case["ascites"]],
        "encephalopathy": ("No Encephalopathy", "Grade 1-2", "Grade 3-4")[case["encephalopathy"]],
    })  # fmt: skip


def child_reason(case: Case) -> str:
    if case["bilirubin"] in (2, 3) or case["albumin"] == 2.8:
        return "at bilirubin 2 and 3 and albumin 2.8 theirs leaves its own table (2-3, 2.8-3.5)"
    return ""


def crcl_ours(case: Case) -> float | None:
    return scores.cockcroft_gault(
        creatinine_mg_dl=case["creatinine"], age_years=case["age"], weight_kg=case["weight"],
        sex=_sex(case),
    ).value  # fmt: skip


def crcl_theirs(case: Case) -> float:
    return _peer("creatinine_clearance", "generate_cockcroft_gault_explanation", {
        "sex": case["sex"], "weight": (case["weight"], "kg"), "height": (case["height"], "cm"),
        **_measured(case, "creatinine", "age"),
    })  # fmt: skip


def crcl_reason(case: Case) -> str:
    """They take another weight, in all but thin people."""
    if case["weight"] / (case["height"] / 100) ** 2 < 18.45:
        return ""
    return "theirs takes the ideal or an adjusted weight, the paper and we the actual one"


def curb_ours(case: Case) -> float | None:
    return scores.curb65(
        confusion=case["confusion"], urea_mmol_l=case["bun"] / 2.8014,
        resp_rate_min=case["resp_rate"], sbp_mmhg=case["sbp"], dbp_mmhg=case["dbp"],
        age_years=case["age"],
    ).value  # fmt: skip


def curb_theirs(case: Case) -> float:
    return _peer("curb_65", "curb_65_explanation", {
        "respiratory_rate": (case["resp_rate"], ""), "sys_bp": (case["sbp"], ""),
        "dia_bp": (case["dbp"], ""), "confusion": case["confusion"],
        **_measured(case, "bun", "age"),
    })  # fmt: skip


def curb_reason(case: Case) -> str:
    if 19 < case["bun"] <= 7 * 2.8014:
        return (
            "theirs has urea nitrogen above 19 mg/dL, which is 6.8; the paper urea above 7 mmol/L"
        )
    return ""


def ckd_reason(case: Case) -> str:
    if case["sex"] == "Male" and case["creatinine"] <= 0.9:
        return "theirs has 0.7 for κ in men up to 0.9 mg/dL, the paper 0.9"
    return ""


def _simple(module: str, function: str, inputs: Callable[[Case], Case]) -> Callable[[Case], float]:
    return lambda case: _peer(module, function, inputs(case))


def meld_theirs(case: Case) -> float:
    """Their MELD-Na at a sodium of 140, where it is MELD."""
    return _peer("meldna", "compute_meldna_explanation", {
        **_measured(case, "creatinine", "bilirubin"), "inr": case["inr"],
        "sodium": (140, "mmol/L"),
    })  # fmt: skip


def _nothing(case: Case) -> str:
    return ""


COMPARED: dict[str, tuple[Callable[[Case], float | None], Callable[[Case], float], Reason, float]]
COMPARED = {
    "SOFA without circulation": (sofa_ours, sofa_theirs, sofa_reason, 0),
    "SOFA, circulation": (circulation_ours, circulation_theirs, circulation_reason, 0),
    "Child-Pugh": (child_ours, child_theirs, child_reason, 0),
    "CURB-65": (curb_ours, curb_theirs, curb_reason, 0),
    "MELD": (
        lambda c: scores.meld(
            bilirubin_mg_dl=c["bilirubin"], inr=c["inr"], creatinine_mg_dl=c["creatinine"],
        ).value,
        meld_theirs, _nothing, 0,
    ),
    "CKD-EPI 2021": (
        lambda c: scores.ckd_epi_2021(
            creatinine_mg_dl=c["creatinine"], age_years=c["age"], sex=_sex(c)).value,
        _simple("ckd_epi_2021_creatinine", "ckd_epi_2021_explanation",
                lambda c: {"sex": c["sex"], **_measured(c, "creatinine", "age")}),
        ckd_reason, 0.001,
    ),
    "MDRD": (
        lambda c: scores.mdrd(
            creatinine_mg_dl=c["creatinine"], age_years=c["age"], sex=_sex(c)).value,
        _simple("mdrd_gfr", "mrdr_gfr_explanation",
                lambda c: {"sex": c["sex"], **_measured(c, "creatinine", "age")}),
        _nothing, 0.001,
    ),
    "Cockcroft-Gault": (crcl_ours, crcl_theirs, crcl_reason, 0.001),
    "FIB-4": (
        lambda c: scores.fib4(age_years=c["age"], ast_u_l=c["ast"], alt_u_l=c["alt"],
                              platelets_10e9_l=c["platelets"]).value,
        _simple("fibrosis_4", "compute_fib4_explanation",
                lambda c: {"ast": (c["ast"], "U/L"), "alt": (c["alt"], "U/L"),
                           "platelet_count": (c["platelets"] * 1000.0, "µL"),
                           **_measured(c, "age")}),
        _nothing, 0.001,
    ),
    "HOMA-IR": (
        lambda c: scores.homa_ir(
            fasting_glucose_mg_dl=c["glucose"], insulin_uu_ml=c["insulin"]).value,
        _simple("homa_ir", "compute_homa_ir_explanation",
                lambda c: _measured(c, "glucose", "insulin")),
        _nothing, 0.001,
    ),
    "CHA2DS2-VASc": (
        lambda c: scores.cha2ds2_vasc(
            age_years=c["age"], sex=_sex(c), heart_failure=c["chf"],
            hypertension=c["hypertension"], diabetes=c["diabetes"], stroke=c["stroke"],
            vascular_disease=c["vascular_disease"]).value,
        _simple("cha2ds2_vasc_score", "generate_cha2ds2_vasc_explanation",
                lambda c: {**c, **_measured(c, "age")}),
        _nothing, 0,
    ),
    "QTc Bazett": (
        lambda c: scores.qtc_bazett(qt_ms=c["qt"], heart_rate_min=c["heart_rate"]).value,
        _simple("qt_calculator_bazett", "bazett_calculator_explanation",
                lambda c: {"qt_interval": (c["qt"], "ms"), "heart_rate": (c["heart_rate"], "")}),
        _nothing, 1,
    ),
    "QTc Fridericia": (
        lambda c: scores.qtc_fridericia(qt_ms=c["qt"], heart_rate_min=c["heart_rate"]).value,
        _simple("qt_calculator_fredericia", "fredericia_calculator_explanation",
                lambda c: {"qt_interval": (c["qt"], "ms"), "heart_rate": (c["heart_rate"], "")}),
        _nothing, 1,
    ),
    "BMI": (
        lambda c: scores.bmi(weight_kg=c["weight"], height_cm=c["height"]).value,
        _simple("bmi_calculator", "bmi_calculator_explanation",
                lambda c: {"weight": (c["weight"], "kg"), "height": (c["height"], "cm")}),
        _nothing, 0.001,
    ),
    "anion gap": (
        lambda c: scores.anion_gap(sodium_mmol_l=c["sodium"], chloride_mmol_l=c["chloride"],
                                   bicarbonate_mmol_l=c["bicarbonate"]).value,
        _simple("anion_gap", "compute_anion_gap_explanation",
                lambda c: {name: (c[name], "mmol/L")
                           for name in ("sodium", "chloride", "bicarbonate")}),
        _nothing, 0.001,
    ),
}  # fmt: skip


def main() -> int:
    rng = random.Random(20260101)
    people = [_person(rng) for _ in range(CASES)]
    open_cases = 0
    for name, (ours, theirs, reason, within) in COMPARED.items():
        reasons: Counter[str] = Counter()
        agreeing, unexplained = 0, []
        for case in people:
            one, other = ours(case), theirs(dict(case))
            if one is not None and abs(one - other) <= within:
                agreeing += 1
            elif why := reason(case):
                reasons[why] += 1
            else:
                unexplained.append((one, other, case))
        print(f"{name}: {agreeing} of {CASES} agree")
        for why, number in reasons.most_common():
            print(f"  {number}: {why}")
        for one, other, case in unexplained[:3]:
            print(f"  unexplained: we {one}, they {other}: {case}")
        open_cases += len(unexplained)
    return 1 if open_cases else 0


if __name__ == "__main__":
    sys.exit(main())
