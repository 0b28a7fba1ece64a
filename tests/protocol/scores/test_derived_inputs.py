"""Which facts of a person count for a measure, in which unit, and what they tell when missing."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import PartialDate
from trialweave.protocol.patients.derived import DERIVED, derive
from trialweave.protocol.patients.facts import Fact, FactKind, Patient
from trialweave.protocol.patients.setting import Derived

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


def test_pf_ratio_tells_its_calculation_and_its_facts() -> None:
    fio2 = _lab("fio2", 0.4, clock="08:30")
    found = _derived("pf_ratio", PAO2, fio2)
    assert found == Derived(200, 200, "mm[Hg]", (), "PaO2 80 mm[Hg] / FiO2 0.4 = 200", (PAO2, fio2))


@pytest.mark.parametrize(
    ("value", "unit"), [(40.0, "%"), (40.0, ""), (0.4, ""), (0.4, "1"), (0.4, "{ratio}")]
)
def test_fio2_in_percent_and_as_a_fraction_is_one(value: float, unit: str) -> None:
    assert _value("pf_ratio", PAO2, _lab("fio2", value, unit, clock="08:00")) == 200


@pytest.mark.parametrize(
    ("value", "unit"),
    [(0.4, "%"), (15.0, "%"), (101.0, "%"), (4.0, ""), (0.1, ""), (math.nan, ""), (40.0, "mm[Hg]"),
     ("high", ""), (True, "")],
)  # fmt: skip
def test_fio2_that_is_neither_is_not_used(value: Any, unit: str) -> None:
    found = _derived("pf_ratio", PAO2, _lab("fio2", value, unit, clock="08:00"))
    assert (found.low, found.missing) == (80, ("fio2",))
    assert "neither % nor a fraction" in found.told


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high"),
    [(50.0, "<=", 160, 80 / 0.21), (50.0, ">", 80, 160), (100.0, "", 80, 80), (1.0, "", 80, 80)],
)
def test_fio2_within_limits(value: float, comparator: str, low: float, high: float) -> None:
    fio2 = _lab("fio2", value, "", clock="08:00", comparator=comparator)
    found = _derived("pf_ratio", PAO2, fio2)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_oldest_age_counts() -> None:
    creatinine = _lab("creatinine", 0.9, "mg/dL")
    assert _value("egfr", creatinine, birth=PartialDate(1904, 5, 20)) == pytest.approx(
        142 * 0.9938**120
    )
    assert _derived("egfr", creatinine, birth=PartialDate(1903, 5, 20)).missing == (
        "date of birth",
    )


def test_room_air_is_known_by_name() -> None:
    assert _value("pf_ratio", PAO2, _lab("fio2", "Room air", clock="08:00")) == pytest.approx(
        80 / 0.21
    )


@pytest.mark.parametrize(
    ("start", "clock", "used"),
    [
        (TODAY, "09:00", True),
        (TODAY, "09:01", False),
        (TODAY, "07:00:00", True),
        (TODAY, "", True),
        (TODAY, "25:99", True),  # no time of day: the same day
        (_days_before(1), "", False),
        (_days_before(1), "23:30", False),
        (PartialDate(2024, 5), "", False),
        (None, "", False),
    ],
)
def test_fio2_counts_within_the_hour_or_else_of_the_day(
    start: PartialDate | None, clock: str, used: bool
) -> None:
    found = _derived("pf_ratio", PAO2, _lab("fio2", 50.0, "%", start, clock=clock))
    if used:
        assert (found.low, found.high) == (160, 160)
    else:
        assert (found.low, found.missing) == (80, ("fio2",))
        assert found.high == pytest.approx(80 / 0.21)
        assert "no FiO2 of the same time" in found.told


def test_an_hour_reaches_over_midnight_and_the_nearest_counts() -> None:
    gas = _lab("pao2", 80.0, "mm[Hg]", clock="00:10")
    before = _lab("fio2", 50.0, "%", _days_before(1), clock="23:50")
    nearer = _lab("fio2", 40.0, "%", clock="00:20")
    assert _value("pf_ratio", gas, before) == 160
    assert _value("pf_ratio", gas, before, nearer, _lab("fio2", 100.0, "%", clock="01:00")) == 200


def test_the_latest_counts_and_two_of_one_moment_make_a_range() -> None:
    later = _lab("pao2", 60.0, "mm[Hg]", clock="12:00")
    fio2 = _lab("fio2", 40.0, "%", clock="12:00")
    assert _value("pf_ratio", PAO2, later, fio2) == 150
    again = _lab("pao2", 80.0, "mm[Hg]", clock="12:00")
    found = _derived("pf_ratio", later, again, fio2)
    assert (found.low, found.high, found.missing) == (150, 200, ("pao2",))
    assert found.facts == (later, again, fio2)


def test_without_pao2_nothing_limits_the_ratio() -> None:
    found = _derived("pf_ratio", _lab("fio2", 40.0, "%"))
    assert (found.low, found.high, found.missing) == (0, math.inf, ("pao2",))


def test_kilopascals_are_converted() -> None:
    found = _value("pf_ratio", _lab("pao2", 10.0, "kPa"), _lab("fio2", 50.0, "%"))
    assert found == pytest.approx(150.0123, abs=1e-3)


@pytest.mark.parametrize(("days", "known"), [(0, True), (30, True), (31, False), (-1, False)])
def test_results_count_for_thirty_days(days: int, known: bool) -> None:
    found = derive("egfr", _person(_lab("creatinine", 1.0, "mg/dL", _days_before(days))), DAY)
    assert (found is not None) == known


def test_a_height_counts_always_and_a_creatinine_without_date_never() -> None:
    height = _lab("height", 1.75, "m", PartialDate(2010))
    weight = _lab("weight", 70_000.0, "g", None)
    assert _value("bmi", weight, height) == pytest.approx(22.857142857)
    assert derive("egfr", _person(_lab("creatinine", 1.0, "mg/dL", None)), DAY) is None


def test_kidney_function_of_micromoles() -> None:
    facts = (_lab("creatinine", 79.5615276, "umol/L"), _lab("weight", 72.0, "kg"))
    assert _value("egfr", *facts) == pytest.approx(142 * 0.9938**65, rel=1e-6)
    assert _derived("egfr", *facts).unit == "mL/min/{1.73_m2}"
    found = _derived("crcl", *facts)
    assert found.low == pytest.approx(75 * 72 / (72 * 0.9), rel=1e-6)
    assert found.unit == "mL/min"


@pytest.mark.parametrize(
    ("birth", "missing"),
    [(PartialDate(1958), ("date of birth",)), (PartialDate(2024, 5, 21), ("date of birth",)),
     (PartialDate(1880), ("date of birth",))],
)  # fmt: skip
def test_ages_that_are_not_sure_make_a_range(birth: PartialDate, missing: tuple[str, ...]) -> None:
    found = _derived("egfr", _lab("creatinine", 0.9, "mg/dL"), birth=birth)
    assert found.low < found.high
    assert found.missing == missing


def test_an_age_that_the_record_states_counts() -> None:
    person = Patient("1", None, "", (_lab("creatinine", 0.9, "mg/dL"), _lab("age", 65.0, "a")))
    found = derive("egfr", person, DAY)
    assert found is not None
    assert found.missing == ("sex",)
    assert found.high == pytest.approx(142 * 0.9938**65)


def test_a_child_has_no_adult_equation() -> None:
    found = _derived("egfr", _lab("creatinine", 0.5, "mg/dL"), birth=PartialDate(2015, 1, 1))
    assert (found.low, found.high) == (0, math.inf)
    assert "18 years" in found.told


@pytest.mark.parametrize(
    ("value", "unit", "why"),
    [(90.0, "mg/dL", "outside of what people have"), (-1.0, "mg/dL", "outside of what people"),
     (math.inf, "mg/dL", ""), (1.0, "", "has no unit"), (1.0, "mm[Hg]", "does not convert")],
)  # fmt: skip
def test_a_result_that_cannot_be_is_missing(value: float, unit: str, why: str) -> None:
    found = _derived("crcl", _lab("creatinine", value, unit), _lab("weight", 70.0, "kg"))
    assert (found.high, found.missing) == (math.inf, ("creatinine",))
    assert why in found.told


def test_a_weight_of_nothing_is_missing() -> None:
    found = _derived("bmi", _lab("weight", 0.0, "kg"), _lab("height", 170.0, "cm"))
    assert (found.high, found.missing) == (math.inf, ("weight",))


def test_a_result_below_a_bound_is_a_range() -> None:
    below = _lab("platelets", 20.0, "10*9/L", comparator="<")
    found = _derived("sofa", below)
    part = found.told.split(" + ")[1]
    assert part == "coagulation 4"
    at_least = _derived("sofa", _lab("platelets", 100.0, "10*9/L", comparator=">"))
    assert "coagulation 0 to 1 +" in at_least.told
    exactly = _derived("sofa", _lab("platelets", 99.0, "10*9/L", comparator=">="))
    assert "coagulation 0 to 2 +" in exactly.told


_ANY_FACT = st.builds(
    Fact,
    st.sampled_from(["measurement", "condition", "drug", "procedure"]),
    st.sampled_from(["pao2", "fio2", "creatinine", "weight", "height", "platelets", "gcs", "sbp",
                     "dbp", "age", "norepinephrine_dose", "mechanical_ventilation", "inr"]),
    st.sampled_from(["x", "norepinephrine", "ascites grade 2", "dialysis", ""]),
    value=st.one_of(st.floats(), st.none(), st.booleans(), st.text(max_size=5),
                    st.floats(0, 300)),
    unit=st.sampled_from(["", "%", "mg/dL", "kg", "cm", "mm[Hg]", "10*9/L", "ug/kg/min", "K/uL"]),
    comparator=st.sampled_from(["", "", "<", ">="]),
    start=st.sampled_from([None, TODAY, PartialDate(2024), PartialDate(9999)]),
    clock=st.sampled_from(["", "08:00", "99:99", "24:00"]),
    ongoing=st.booleans(),
    absent=st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_ANY_FACT, max_size=8), st.sampled_from([None, PartialDate(1950), PartialDate(1)]))
def test_no_record_makes_a_measure_that_means_nothing(
    facts: list[Fact], birth: PartialDate | None
) -> None:
    person = Patient("1", birth, "female", tuple(facts))
    for concept in DERIVED:
        found = derive(concept, person, DAY)
        if found is not None:
            assert found.low <= found.high
            assert found.facts or found.told.startswith("not worked out")
            assert found.low == found.high or found.missing or found.told
            assert set(found.facts) <= set(facts)
