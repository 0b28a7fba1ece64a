"""What holds of all scores: a range holds whatever the missing input is, and worse is not less."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.protocol import scores
from trialweave.protocol.scores import Score, Span, Vasopressors

_BOOL = st.booleans()
_SEX = st.sampled_from(["female", "male"])


def _number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


_DOSES = st.builds(Vasopressors, *[st.sampled_from([0.0, 0.05, 0.1, 0.2, 6.0, 20.0])] * 4)
INPUTS: dict[Callable[..., Score], dict[str, st.SearchStrategy[Any]]] = {
    scores.sofa: {
        "pao2_mmhg": _number(20, 600), "fio2": _number(0.21, 1), "ventilated": _BOOL,
        "platelets_10e9_l": _number(0, 400), "bilirubin_mg_dl": _number(0, 30),
        "map_mmhg": _number(20, 150), "vasopressors": _DOSES, "gcs": st.integers(3, 15),
        "creatinine_mg_dl": _number(0, 12), "urine_ml_day": _number(0, 3000),
    },
    scores.news2: {
        "resp_rate_min": _number(0, 60), "spo2_percent": _number(60, 100), "on_oxygen": _BOOL,
        "sbp_mmhg": _number(40, 260), "pulse_min": _number(20, 200), "alert": _BOOL,
        "temperature_c": _number(33, 42), "scale_2": _BOOL,
    },
    scores.qsofa: {
        "resp_rate_min": _number(0, 60), "sbp_mmhg": _number(40, 260), "gcs": st.integers(3, 15),
    },
    scores.curb65: {
        "confusion": _BOOL, "urea_mmol_l": _number(0, 40), "resp_rate_min": _number(0, 60),
        "sbp_mmhg": _number(40, 260), "dbp_mmhg": _number(20, 150), "age_years": _number(18, 110),
    },
    scores.child_pugh: {
        "bilirubin_mg_dl": _number(0, 30), "albumin_g_dl": _number(1, 6), "inr": _number(0.5, 8),
        "ascites": st.sampled_from(["none", "mild", "moderate"]),
        "encephalopathy_grade": st.integers(0, 4),
    },
    scores.meld: {
        "bilirubin_mg_dl": _number(0, 60), "inr": _number(0.5, 15),
        "creatinine_mg_dl": _number(0.1, 15), "dialysis": _BOOL,
    },
    scores.meld_3: {
        "bilirubin_mg_dl": _number(0, 60), "inr": _number(0.5, 15),
        "creatinine_mg_dl": _number(0.1, 15), "sodium_mmol_l": _number(110, 160),
        "albumin_g_dl": _number(1, 6), "sex": _SEX, "dialysis": _BOOL,
    },
    scores.ckd_epi_2021: {
        "creatinine_mg_dl": _number(0.1, 15), "age_years": _number(18, 110), "sex": _SEX,
    },
    scores.mdrd: {
        "creatinine_mg_dl": _number(0.1, 15), "age_years": _number(18, 110), "sex": _SEX,
    },
    scores.cockcroft_gault: {
        "creatinine_mg_dl": _number(0.1, 15), "age_years": _number(18, 110),
        "weight_kg": _number(30, 200), "sex": _SEX,
    },
    scores.cha2ds2_vasc: {
        "age_years": _number(18, 110), "sex": _SEX, "heart_failure": _BOOL, "hypertension": _BOOL,
        "diabetes": _BOOL, "stroke": _BOOL, "vascular_disease": _BOOL,
    },
    scores.fib4: {
        "age_years": _number(18, 110), "ast_u_l": _number(0, 5000), "alt_u_l": _number(1, 5000),
        "platelets_10e9_l": _number(1, 900),
    },
    scores.bmi: {"weight_kg": _number(20, 300), "height_cm": _number(60, 230)},
    scores.pf_ratio: {"pao2_mmhg": _number(0, 700), "fio2": _number(0.21, 1)},
    scores.sf_ratio: {"spo2_percent": _number(0, 100), "fio2": _number(0.21, 1)},
    scores.qtc_bazett: {"qt_ms": _number(200, 700), "heart_rate_min": _number(30, 200)},
    scores.anion_gap: {
        "sodium_mmol_l": _number(100, 180), "chloride_mmol_l": _number(60, 150),
        "bicarbonate_mmol_l": _number(2, 60),
    },
}  # fmt: skip

_NAMED = pytest.mark.parametrize("formula", INPUTS, ids=lambda each: each.__name__)


@_NAMED
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_range_holds_whatever_the_missing_inputs_are(
    formula: Callable[..., Score], data: st.DataObject
) -> None:
    inputs = {name: data.draw(values, name) for name, values in INPUTS[formula].items()}
    whole = formula(**inputs)
    assert whole.value is not None
    assert whole.missing == ()
    left_out = data.draw(st.sets(st.sampled_from(sorted(inputs))))
    partial = formula(**{**inputs, **dict.fromkeys(left_out)})
    assert partial.low <= whole.value <= partial.high
    assert (partial.value is None) == (partial.low < partial.high) == bool(partial.missing)


@_NAMED
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_range_holds_whatever_an_input_within_limits_is(
    formula: Callable[..., Score], data: st.DataObject
) -> None:
    inputs = {name: data.draw(values, name) for name, values in INPUTS[formula].items()}
    numbers = [name for name, value in inputs.items() if isinstance(value, float)]
    if not numbers:
        return
    name = data.draw(st.sampled_from(numbers))
    other = data.draw(INPUTS[formula][name])
    limits = Span(min(inputs[name], other), max(inputs[name], other))
    partial = formula(**{**inputs, name: limits})
    for value in (inputs[name], other, (limits.low + limits.high) / 2):
        one = formula(**{**inputs, name: value}).value
        assert one is not None
        assert partial.low <= one <= partial.high


_WORSE = [
    (scores.sofa, "platelets_10e9_l", -1), (scores.sofa, "bilirubin_mg_dl", 1),
    (scores.sofa, "creatinine_mg_dl", 1), (scores.sofa, "urine_ml_day", -1),
    (scores.sofa, "pao2_mmhg", -1), (scores.sofa, "fio2", 1), (scores.sofa, "map_mmhg", -1),
    (scores.sofa, "gcs", -1), (scores.curb65, "urea_mmol_l", 1), (scores.curb65, "age_years", 1),
    (scores.child_pugh, "albumin_g_dl", -1), (scores.child_pugh, "inr", 1),
    (scores.meld, "bilirubin_mg_dl", 1), (scores.meld, "creatinine_mg_dl", 1),
    (scores.meld_3, "inr", 1), (scores.ckd_epi_2021, "creatinine_mg_dl", -1),
    (scores.ckd_epi_2021, "age_years", -1), (scores.mdrd, "creatinine_mg_dl", -1),
    (scores.cockcroft_gault, "weight_kg", 1), (scores.cockcroft_gault, "age_years", -1),
    (scores.cha2ds2_vasc, "age_years", 1), (scores.fib4, "platelets_10e9_l", -1),
    (scores.qtc_bazett, "heart_rate_min", 1), (scores.pf_ratio, "fio2", -1),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "name", "sign"), _WORSE)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_scores_rise_or_fall_throughout(
    formula: Callable[..., Score], name: str, sign: int, data: st.DataObject
) -> None:
    inputs = {each: data.draw(values, each) for each, values in INPUTS[formula].items()}
    other = data.draw(INPUTS[formula][name])
    low, high = sorted((inputs[name], other))
    first, second = (formula(**{**inputs, name: value}).value for value in (low, high))
    assert first is not None
    assert second is not None
    assert sign * (second - first) >= 0


@_NAMED
def test_nothing_known_is_a_range(formula: Callable[..., Score]) -> None:
    found = formula(**dict.fromkeys(INPUTS[formula]))
    assert found.value is None
    assert found.low < found.high
    assert not math.isnan(found.low)
    assert found.missing
