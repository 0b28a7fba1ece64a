"""Formulas and classes at worked points and bounds; and numbers that are no measure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from trialweave.protocol import scores
from trialweave.protocol.scores import Score, Span, Vasopressors

CURB_NORMAL: dict[str, Any] = {
    "confusion": False,
    "urea_mmol_l": 5,
    "resp_rate_min": 16,
    "sbp_mmhg": 120,
    "dbp_mmhg": 80,
    "age_years": 50,
}
CHA_NORMAL: dict[str, Any] = {
    "age_years": 60,
    "sex": "male",
    "heart_failure": False,
    "hypertension": False,
    "diabetes": False,
    "stroke": False,
    "vascular_disease": False,
}


def _one(formula: Callable[..., Score], normal: dict[str, Any], **changed: Any) -> float | None:
    found = formula(**{**normal, **changed})
    assert found.low == found.high == found.value
    assert found.missing == ()
    return found.value


@pytest.mark.parametrize(
    ("pf", "peep", "expected"),
    [(300.1, 5, "none"), (300, 5, "mild"), (200.1, 5, "mild"), (200, 5, "moderate"),
     (100.1, 5, "moderate"), (100, 5, "severe"), (100, 4.9, "none")],
)  # fmt: skip
def test_berlin_classes(pf: float, peep: float, expected: str) -> None:
    assert scores.berlin_ards(pf=pf, peep_cmh2o=peep) == (expected, (expected,), ())


def test_berlin_without_an_input_leaves_classes_open() -> None:
    assert scores.berlin_ards(pf=150, peep_cmh2o=None) == (None, ("none", "moderate"), ("peep",))
    found = scores.berlin_ards(pf=Span(90, 250), peep_cmh2o=8)
    assert found == (None, ("mild", "moderate", "severe"), ("pf_ratio",))
    assert scores.berlin_ards(pf=None, peep_cmh2o=3).value == "none"
    assert scores.berlin_ards(pf=400, peep_cmh2o=None).value == "none"


def test_ratios() -> None:
    assert scores.pf_ratio(pao2_mmhg=80, fio2=0.4).value == 200
    assert scores.pf_ratio(pao2_mmhg=69, fio2=0.23).value == 300  # not 299.99…
    without = scores.pf_ratio(pao2_mmhg=63, fio2=None)
    assert without[:4] == (None, 63, 300, ("fio2",))
    assert scores.pf_ratio(pao2_mmhg=None, fio2=0.4)[:4] == (None, 0, math.inf, ("pao2",))
    assert scores.sf_ratio(spo2_percent=94, fio2=0.4).value == 235
    assert "above 97" in scores.sf_ratio(spo2_percent=98, fio2=0.4).note
    assert "above 97" not in scores.sf_ratio(spo2_percent=97, fio2=0.4).note
    assert "surrogate" in scores.pf_from_sf(235).note
    assert scores.pf_from_sf(232).value == 200
    assert scores.pf_from_sf(64).high == math.inf
    assert scores.pf_from_sf(65).value == pytest.approx(1 / 0.84)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        # 142 × 0.9938^age × 1.012 in women, where creatinine is κ
        (0.9, 50, "male", 142 * 0.9938**50),
        (0.7, 50, "female", 142 * 0.9938**50 * 1.012),
        (1.8, 60, "male", 142 * 2**-1.2 * 0.9938**60),
        (0.35, 60, "female", 142 * 2**0.241 * 0.9938**60 * 1.012),
        (0.45, 18, "male", 142 * 2**0.302 * 0.9938**18),
    ],
)
def test_ckd_epi_2021(creatinine: float, age: float, sex: scores.Sex, expected: float) -> None:
    found = scores.ckd_epi_2021(creatinine_mg_dl=creatinine, age_years=age, sex=sex)
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_other_kidney_equations() -> None:
    assert scores.cockcroft_gault(
        creatinine_mg_dl=1.0, age_years=40, weight_kg=72, sex="male"
    ).value == pytest.approx(100)
    assert scores.cockcroft_gault(
        creatinine_mg_dl=1.0, age_years=40, weight_kg=72, sex="female"
    ).value == pytest.approx(85)
    of_two = scores.mdrd(creatinine_mg_dl=2.0, age_years=50, sex="male").value
    assert of_two == pytest.approx(175 * 2**-1.154 * 50**-0.203)
    other = scores.mdrd(creatinine_mg_dl=1.0, age_years=50, sex="female", race_coefficient=True)
    assert other.value == pytest.approx(175 * 50**-0.203 * 0.742 * 1.212)


def test_kidney_function_of_unknown_sex_or_age_is_a_range() -> None:
    given = {"creatinine_mg_dl": 1.0, "age_years": 50}
    ends = [scores.ckd_epi_2021(**given, sex=sex).value for sex in ("female", "male")]
    found = scores.ckd_epi_2021(**given, sex=None)
    assert (found.low, found.high, found.missing) == (*ends, ("sex",))
    found = scores.cockcroft_gault(creatinine_mg_dl=1, age_years=None, weight_kg=None, sex=None)
    assert (found.high, found.missing) == (math.inf, ("age", "sex", "weight"))
    aged = scores.ckd_epi_2021(creatinine_mg_dl=1.0, age_years=None, sex="male")
    assert aged.low < ends[1] < aged.high  # type: ignore[operator]


def test_equations_for_adults_say_nothing_of_children() -> None:
    found = [
        scores.ckd_epi_2021(creatinine_mg_dl=0.5, age_years=17.9, sex="male"),
        scores.mdrd(creatinine_mg_dl=0.5, age_years=0, sex="male"),
        scores.cockcroft_gault(creatinine_mg_dl=0.5, age_years=12, weight_kg=40, sex="male"),
        scores.fib4(age_years=0, ast_u_l=30, alt_u_l=30, platelets_10e9_l=200),
        scores.curb65(**{**CURB_NORMAL, "age_years": 3}),
        scores.cha2ds2_vasc(**{**CHA_NORMAL, "age_years": 3}),
    ]
    for each in found:
        assert (each.value, each.high) == (None, math.inf)
        assert "18 years" in each.note


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 6),
        ({"bilirubin_mg_dl": 0.3, "inr": 0.8, "creatinine_mg_dl": 0.4}, 6),
        ({"bilirubin_mg_dl": math.e}, 10),  # 6.43 + 3.78 = 10.21
        ({"inr": math.e}, 18),  # 6.43 + 11.2 = 17.63
        ({"creatinine_mg_dl": math.e}, 16),  # 6.43 + 9.57 = 16.00
        ({"creatinine_mg_dl": 9}, 20),  # as 4: 6.43 + 9.57 ln 4 = 19.70
        ({"dialysis": True}, 20),
        ({"bilirubin_mg_dl": 50, "inr": 10, "creatinine_mg_dl": 9}, 40),
    ],
)
def test_meld(changed: dict[str, Any], expected: int) -> None:
    normal = {"bilirubin_mg_dl": 1.0, "inr": 1.0, "creatinine_mg_dl": 1.0}
    assert _one(scores.meld, normal, **changed) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 6),
        ({"sex": "female"}, 7),  # 7.33
        ({"sodium_mmol_l": 120}, 16),  # as 125: 6 + 0.82 × 12 = 15.84
        ({"sodium_mmol_l": 150}, 6),
        ({"albumin_g_dl": 1.0}, 10),  # as 1.5: 6 + 1.85 × 2 = 9.7
        ({"albumin_g_dl": 5.0}, 6),
        ({"creatinine_mg_dl": 8}, 18),  # as 3: 6 + 11.14 ln 3 = 18.24
        ({"dialysis": True}, 18),
        ({"bilirubin_mg_dl": math.e, "sodium_mmol_l": 127}, 16),  # 6 + 4.56 + 8.2 - 2.4 = 16.36
        ({"creatinine_mg_dl": math.e, "albumin_g_dl": 2.5}, 17),  # 6 + 11.14 + 1.85 - 1.83
        ({"inr": math.e}, 15),  # 15.09
        ({"bilirubin_mg_dl": 60, "inr": 15, "creatinine_mg_dl": 5}, 40),
    ],
)
def test_meld_3(changed: dict[str, Any], expected: int) -> None:
    normal = {
        "bilirubin_mg_dl": 1.0, "inr": 1.0, "creatinine_mg_dl": 1.0, "sodium_mmol_l": 137,
        "albumin_g_dl": 3.5, "sex": "male",
    }  # fmt: skip
    assert _one(scores.meld_3, normal, **changed) == expected


def test_meld_with_dialysis_not_known_goes_up_to_that_of_dialysis() -> None:
    found = scores.meld(bilirubin_mg_dl=1, inr=1, creatinine_mg_dl=1, dialysis=None)
    assert found[1:4] == (6, 20, ("dialysis",))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, 0), ({"age_years": 64}, 0), ({"age_years": 65}, 1), ({"age_years": 74}, 1),
     ({"age_years": 75}, 2), ({"sex": "female"}, 1), ({"heart_failure": True}, 1),
     ({"hypertension": True}, 1), ({"diabetes": True}, 1), ({"stroke": True}, 2),
     ({"vascular_disease": True}, 1)],
)  # fmt: skip
def test_cha2ds2_vasc(changed: dict[str, Any], expected: int) -> None:
    assert _one(scores.cha2ds2_vasc, CHA_NORMAL, **changed) == expected


def test_cha2ds2_vasc_of_nothing() -> None:
    assert scores.cha2ds2_vasc()[:3] == (None, 0, 9)


def test_plain_formulas() -> None:
    assert scores.bmi(weight_kg=81, height_cm=180).value == 25
    assert scores.qtc_bazett(qt_ms=400, heart_rate_min=60).value == 400
    assert scores.qtc_bazett(qt_ms=400, heart_rate_min=240).value == 800
    assert scores.qtc_fridericia(qt_ms=400, heart_rate_min=480 / 2).value == pytest.approx(
        400 * 4 ** (1 / 3)
    )
    assert scores.qtc_bazett(qt_ms=None, heart_rate_min=60).missing == ("qt",)
    fib4 = scores.fib4(age_years=50, ast_u_l=80, alt_u_l=64, platelets_10e9_l=100)
    assert fib4.value == 5
    assert scores.homa_ir(fasting_glucose_mg_dl=81, insulin_uu_ml=10).value == 2
    gap = scores.anion_gap(sodium_mmol_l=140, chloride_mmol_l=104, bicarbonate_mmol_l=24)
    assert gap.value == 12


NONSENSE = [math.nan, math.inf, -math.inf, -1.0]


@pytest.mark.parametrize("value", [*NONSENSE, 0.0])
@pytest.mark.parametrize(
    "formula",
    [
        lambda x: scores.bmi(weight_kg=x, height_cm=170),
        lambda x: scores.bmi(weight_kg=70, height_cm=x),
        lambda x: scores.cockcroft_gault(creatinine_mg_dl=1, age_years=50, weight_kg=x, sex="male"),
        lambda x: scores.ckd_epi_2021(creatinine_mg_dl=x, age_years=50, sex="male"),
        lambda x: scores.mdrd(creatinine_mg_dl=x, age_years=50, sex="male"),
        lambda x: scores.pf_ratio(pao2_mmhg=80, fio2=x),
        lambda x: scores.sf_ratio(spo2_percent=95, fio2=x),
        lambda x: scores.qtc_bazett(qt_ms=x, heart_rate_min=60),
        lambda x: scores.qtc_fridericia(qt_ms=400, heart_rate_min=x),
        lambda x: scores.fib4(age_years=50, ast_u_l=30, alt_u_l=x, platelets_10e9_l=200),
        lambda x: scores.fib4(age_years=50, ast_u_l=30, alt_u_l=30, platelets_10e9_l=x),
        lambda x: scores.child_pugh(inr=x),
        lambda x: scores.meld(bilirubin_mg_dl=1, inr=x, creatinine_mg_dl=1),
        lambda x: scores.meld_3(
            bilirubin_mg_dl=1, inr=1, creatinine_mg_dl=1, sodium_mmol_l=x, albumin_g_dl=3, sex=None
        ),
        lambda x: scores.homa_ir(fasting_glucose_mg_dl=x, insulin_uu_ml=5),
        lambda x: scores.anion_gap(sodium_mmol_l=x, chloride_mmol_l=100, bicarbonate_mmol_l=20),
        lambda x: scores.sofa(gcs=x),
        lambda x: scores.news2(temperature_c=x),
    ],
)
def test_numbers_that_are_no_measure_are_refused(
    formula: Callable[[float], Score], value: float
) -> None:
    with pytest.raises(ValueError, match=r"is outside of|is no number"):
        formula(value)


@pytest.mark.parametrize("value", NONSENSE)
def test_what_may_be_nothing_may_not_be_less(value: float) -> None:
    for name in ("platelets_10e9_l", "bilirubin_mg_dl", "creatinine_mg_dl", "urine_ml_day"):
        with pytest.raises(ValueError, match=r"is outside of|is no number"):
            scores.sofa(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"is outside of|is no number"):
        scores.sofa(vasopressors=Vasopressors(norepinephrine=value))


@pytest.mark.parametrize("age", [130, 121, -1, math.nan])
def test_ages_that_nobody_has(age: float) -> None:
    with pytest.raises(ValueError, match="age"):
        scores.ckd_epi_2021(creatinine_mg_dl=1, age_years=age, sex="male")
    with pytest.raises(ValueError, match="age"):
        scores.curb65(age_years=age)


@pytest.mark.parametrize(
    "formula",
    [
        lambda: scores.sofa(creatinine_mg_dl=106),  # µmol/L
        lambda: scores.sofa(bilirubin_mg_dl=120),
        lambda: scores.sofa(platelets_10e9_l=90_000),  # /µL
        lambda: scores.sofa(pao2_mmhg=8_000, fio2=0.5),  # Pa
        lambda: scores.sofa(map_mmhg=301),
        lambda: scores.sofa(gcs=16),
        lambda: scores.sofa(gcs=2),
        lambda: scores.news2(temperature_c=98.6),  # °F
        lambda: scores.news2(resp_rate_min=151),
        lambda: scores.news2(pulse_min=401),
        lambda: scores.news2(sbp_mmhg=401),
        lambda: scores.news2(spo2_percent=101),
        lambda: scores.qsofa(resp_rate_min=151),
        lambda: scores.sf_ratio(spo2_percent=95, fio2=40),
        lambda: scores.curb65(resp_rate_min=151),
        lambda: scores.curb65(urea_mmol_l=151),
        lambda: scores.bmi(weight_kg=70_000, height_cm=170),  # g
        lambda: scores.bmi(weight_kg=70, height_cm=1.7),  # m
        lambda: scores.bmi(weight_kg=70, height_cm=1_700),  # mm
        lambda: scores.child_pugh(albumin_g_dl=40),  # g/L
        lambda: scores.child_pugh(encephalopathy_grade=5),
        lambda: scores.berlin_ards(pf=150, peep_cmh2o=61),
        lambda: scores.qtc_bazett(qt_ms=0.4, heart_rate_min=60),  # s
        lambda: scores.qtc_bazett(qt_ms=400, heart_rate_min=401),
        lambda: scores.anion_gap(sodium_mmol_l=140, chloride_mmol_l=181, bicarbonate_mmol_l=24),
    ],
)
def test_another_unit_is_noticed_where_nobody_has_such_a_value(
    formula: Callable[[], object],
) -> None:
    with pytest.raises(ValueError, match="is outside of"):
        formula()


def test_fio2_in_percent_is_refused() -> None:
    with pytest.raises(ValueError, match=r"fio2 of 40 is outside of 0\.21 to 1"):
        scores.pf_ratio(pao2_mmhg=80, fio2=40)
    with pytest.raises(ValueError, match="ascites is none of"):
        scores.child_pugh(ascites="lots")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is no number"):
        scores.bmi(weight_kg=Span(80, 70), height_cm=170)
