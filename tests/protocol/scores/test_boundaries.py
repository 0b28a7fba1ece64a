"""Every cut-off of every score, from both sides; the papers' tables are the expectation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trialweave.protocol import scores
from trialweave.protocol.scores import Score, Span, Vasopressors

SOFA_NORMAL: dict[str, Any] = {
    "pao2_mmhg": 100.0,
    "fio2": 0.25,
    "ventilated": False,
    "platelets_10e9_l": 200,
    "bilirubin_mg_dl": 0.8,
    "map_mmhg": 90,
    "vasopressors": Vasopressors(),
    "gcs": 15,
    "creatinine_mg_dl": 0.9,
    "urine_ml_day": 1500,
}
NEWS_NORMAL: dict[str, Any] = {
    "resp_rate_min": 16,
    "spo2_percent": 98,
    "on_oxygen": False,
    "sbp_mmhg": 120,
    "pulse_min": 70,
    "alert": True,
    "temperature_c": 37.0,
}
CURB_NORMAL: dict[str, Any] = {
    "confusion": False,
    "urea_mmol_l": 5,
    "resp_rate_min": 16,
    "sbp_mmhg": 120,
    "dbp_mmhg": 80,
    "age_years": 50,
}
CHILD_NORMAL: dict[str, Any] = {
    "bilirubin_mg_dl": 1,
    "albumin_g_dl": 4,
    "inr": 1,
    "ascites": "none",
    "encephalopathy_grade": 0,
}


def _one(formula: Callable[..., Score], normal: dict[str, Any], **changed: Any) -> float | None:
    found = formula(**{**normal, **changed})
    assert found.low == found.high == found.value
    assert found.missing == ()
    return found.value


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("platelets_10e9_l", [(150, 0), (149.9, 1), (100, 1), (99.9, 2), (50, 2), (49.9, 3),
                              (20, 3), (19.9, 4)]),
        ("bilirubin_mg_dl", [(1.19, 0), (1.2, 1), (1.9, 1), (2.0, 2), (5.9, 2), (6.0, 3),
                             (11.9, 3), (12.0, 4)]),
        ("map_mmhg", [(70, 0), (69.9, 1)]),
        ("gcs", [(15, 0), (14, 1), (13, 1), (12, 2), (10, 2), (9, 3), (6, 3), (5, 4)]),
        ("creatinine_mg_dl", [(1.19, 0), (1.2, 1), (1.9, 1), (2.0, 2), (3.4, 2), (3.5, 3), (4.9, 3),
                              (5.0, 4)]),
        ("urine_ml_day", [(500, 0), (499, 3), (200, 3), (199, 4)]),
        ("vasopressors", [
            (Vasopressors(dopamine=0.1), 2), (Vasopressors(dopamine=5), 2),
            (Vasopressors(dopamine=5.1), 3), (Vasopressors(dopamine=15), 3),
            (Vasopressors(dopamine=15.1), 4), (Vasopressors(dobutamine=20), 2),
            (Vasopressors(epinephrine=0.1), 3), (Vasopressors(epinephrine=0.11), 4),
            (Vasopressors(norepinephrine=0.1), 3), (Vasopressors(norepinephrine=0.11), 4),
            (Vasopressors(dobutamine=5, norepinephrine=0.05), 3),
        ]),
    ],
)  # fmt: skip
def test_sofa_points(name: str, pairs: list[tuple[Any, int]]) -> None:
    assert _one(scores.sofa, SOFA_NORMAL) == 0
    for value, expected in pairs:
        assert _one(scores.sofa, SOFA_NORMAL, **{name: value}) == expected, (name, value)


@pytest.mark.parametrize(
    ("pao2", "supported", "expected"),
    [(100, True, 0), (99.9, True, 1), (75, True, 1), (74.9, True, 2), (50, True, 2),
     (49.9, True, 3), (25, True, 3), (24.9, True, 4), (49.9, False, 2), (24.9, False, 2)],
)  # fmt: skip
def test_sofa_respiration_at_a_quarter_of_oxygen(
    pao2: float, supported: bool, expected: int
) -> None:
    changed = {"pao2_mmhg": pao2, "fio2": 0.25, "ventilated": supported}
    assert _one(scores.sofa, SOFA_NORMAL, **changed) == expected


def test_sofa_of_the_sickest_is_24() -> None:
    found = scores.sofa(
        pao2_mmhg=40, fio2=1.0, ventilated=True, platelets_10e9_l=5, bilirubin_mg_dl=20,
        map_mmhg=50, vasopressors=Vasopressors(norepinephrine=1), gcs=3, creatinine_mg_dl=8,
        urine_ml_day=50,
    )  # fmt: skip
    assert found.value == 24
    assert [part.points for part in found.parts] == [4] * 6


def test_sofa_of_nothing_is_anything_and_names_every_input() -> None:
    found = scores.sofa()
    assert (found.value, found.low, found.high) == (None, 0, 24)
    assert found.missing == (
        "pao2", "fio2", "ventilated", "platelets", "bilirubin", "map", "vasopressors", "gcs",
        "creatinine", "urine_output",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "low", "high", "missing"),
    [
        ({"urine_ml_day": None}, 0, 4, ("urine_output",)),
        ({"urine_ml_day": None, "creatinine_mg_dl": 6}, 4, 4, ()),
        ({"vasopressors": None}, 0, 4, ("vasopressors",)),
        ({"vasopressors": None, "map_mmhg": 60}, 1, 4, ("vasopressors",)),
        ({"map_mmhg": None}, 0, 1, ("map",)),
        ({"map_mmhg": None, "vasopressors": Vasopressors(dobutamine=2)}, 2, 2, ()),
        ({"vasopressors": Vasopressors(norepinephrine=Span(0.001, 9))}, 3, 4, ("norepinephrine",)),
        ({"fio2": None}, 0, 2, ("fio2",)),
        ({"fio2": None, "pao2_mmhg": 60, "ventilated": True}, 2, 4, ("fio2",)),
        ({"pao2_mmhg": 40, "fio2": 0.5, "ventilated": None}, 2, 4, ("ventilated",)),
        ({"pao2_mmhg": 60, "fio2": 0.25, "ventilated": None}, 2, 2, ()),
        ({"platelets_10e9_l": Span(10, 60)}, 2, 4, ("platelets",)),
    ],
)  # fmt: skip
def test_sofa_range_where_inputs_are_missing(
    left_out: dict[str, Any], low: int, high: int, missing: tuple[str, ...]
) -> None:
    found = scores.sofa(**{**SOFA_NORMAL, **left_out})
    assert (found.low, found.high, found.missing) == (low, high, missing)
    assert found.value == (low if low == high else None)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("resp_rate_min", [(8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (20.4, 0), (20.5, 2),
                           (21, 2), (24, 2), (25, 3)]),
        ("spo2_percent", [(91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0)]),
        ("sbp_mmhg", [(90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0),
                      (220, 3)]),
        ("pulse_min", [(40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2),
                       (130, 2), (131, 3)]),
        ("temperature_c", [(35.0, 3), (35.1, 1), (36.0, 1), (36.1, 0), (38.0, 0), (38.04, 0),
                           (38.1, 1), (39.0, 1), (39.1, 2)]),
        ("on_oxygen", [(True, 2)]),
        ("alert", [(False, 3)]),
    ],
)  # fmt: skip
def test_news2_points(name: str, pairs: list[tuple[Any, int]]) -> None:
    assert _one(scores.news2, NEWS_NORMAL) == 0
    for value, expected in pairs:
        assert _one(scores.news2, NEWS_NORMAL, **{name: value}) == expected, (name, value)


@pytest.mark.parametrize(
    ("spo2", "on_air", "on_oxygen"),
    [(83, 3, 5), (84, 2, 4), (85, 2, 4), (86, 1, 3), (87, 1, 3), (88, 0, 2), (92, 0, 2),
     (93, 0, 3), (94, 0, 3), (95, 0, 4), (96, 0, 4), (97, 0, 5)],
)  # fmt: skip
def test_news2_second_scale(spo2: float, on_air: int, on_oxygen: int) -> None:
    for oxygen, expected in ((False, on_air), (True, on_oxygen)):
        changed = {"spo2_percent": spo2, "on_oxygen": oxygen, "scale_2": True}
        assert _one(scores.news2, NEWS_NORMAL, **changed) == expected


def test_news2_without_the_scale_allows_both() -> None:
    found = scores.news2(**{**NEWS_NORMAL, "spo2_percent": 90, "scale_2": None})
    assert (found.low, found.high, found.missing) == (0, 3, ("saturation_scale",))
    found = scores.news2(**{**NEWS_NORMAL, "spo2_percent": 97, "scale_2": True, "on_oxygen": None})
    assert (found.low, found.high, found.missing) == (0, 5, ("on_oxygen",))


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("confusion", [(True, 1)]),
        ("urea_mmol_l", [(7, 0), (7.01, 1)]),
        ("resp_rate_min", [(29, 0), (30, 1)]),
        ("sbp_mmhg", [(90, 0), (89.9, 1)]),
        ("dbp_mmhg", [(60.1, 0), (60, 1)]),
        ("age_years", [(64, 0), (65, 1)]),
    ],
)
def test_curb65_points(name: str, pairs: list[tuple[Any, int]]) -> None:
    assert _one(scores.curb65, CURB_NORMAL) == 0
    for value, expected in pairs:
        assert _one(scores.curb65, CURB_NORMAL, **{name: value}) == expected, (name, value)


def test_curb65_low_systolic_settles_the_pressure() -> None:
    found = scores.curb65(**{**CURB_NORMAL, "sbp_mmhg": 80, "dbp_mmhg": None})
    assert (found.value, found.missing) == (1, ())


def test_qsofa_points() -> None:
    normal = {"resp_rate_min": 21, "sbp_mmhg": 101, "gcs": 15}
    assert _one(scores.qsofa, normal) == 0
    for name, value in (("resp_rate_min", 22), ("sbp_mmhg", 100), ("gcs", 14)):
        assert _one(scores.qsofa, normal, **{name: value}) == 1
    assert scores.qsofa(gcs=14)[1:4] == (1, 3, ("resp_rate", "sbp"))


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("bilirubin_mg_dl", [(1.99, 5), (2, 6), (3, 6), (3.01, 7)]),
        ("albumin_g_dl", [(3.51, 5), (3.5, 6), (2.8, 6), (2.79, 7)]),
        ("inr", [(1.69, 5), (1.7, 6), (2.3, 6), (2.31, 7)]),
        ("ascites", [("none", 5), ("mild", 6), ("moderate", 7)]),
        ("encephalopathy_grade", [(0, 5), (1, 6), (2, 6), (3, 7), (4, 7)]),
    ],
)
def test_child_pugh_points(name: str, pairs: list[tuple[Any, int]]) -> None:
    for value, expected in pairs:
        assert _one(scores.child_pugh, CHILD_NORMAL, **{name: value}) == expected, (name, value)


def test_child_pugh_of_cholestasis_has_other_bounds() -> None:
    for value, expected in ((3.99, 5), (4, 6), (10, 6), (10.1, 7)):
        changed = {"bilirubin_mg_dl": value, "cholestatic": True}
        assert _one(scores.child_pugh, CHILD_NORMAL, **changed) == expected


@pytest.mark.parametrize(("score", "name"), [(5, "A"), (6, "A"), (7, "B"), (9, "B"), (10, "C"),
                                             (15, "C")])  # fmt: skip
def test_child_pugh_classes(score: int, name: str) -> None:
    assert scores.child_pugh_class(Score(score, score, score)) == (name, (name,), ())


def test_child_pugh_class_of_a_range() -> None:
    open_ = scores.child_pugh(**{**CHILD_NORMAL, "ascites": "present"})
    assert open_[1:4] == (6, 7, ("ascites",))
    assert scores.child_pugh_class(open_) == (None, ("A", "B"), ("ascites",))
    with pytest.raises(ValueError, match="no Child-Pugh score"):
        scores.child_pugh_class(Score(3, 3, 3))
