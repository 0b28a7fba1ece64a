"""One person against criteria: bounds, dates, windows, and the logic that puts them together."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import PartialDate, parse_date
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Compare, Criterion, Event, InSet, Opaque, Window
from trialweave.protocol.patients.evaluate import criterion_verdicts, evaluated, trial_verdict
from trialweave.protocol.patients.facts import Code, Fact, Patient, Range
from trialweave.protocol.patients.setting import Derived, Setting
from trialweave.protocol.patients.truth import all_of, any_of, at_least, follows, implied, negated
from trialweave.protocol.patients.verdicts import Verdict

DAY = dt.date(2026, 6, 30)
SETTING = Setting(DAY)


def on(text: str) -> PartialDate:
    found = parse_date(text)
    assert found is not None
    return found


def person(*facts: Fact, birth: str = "1980-01-15", sex: Any = "female") -> Patient:
    return Patient("p", on(birth) if birth else None, sex, facts)


def lab(concept: str, value: Any, unit: str = "", start: str = "2026-06-20", **more: Any) -> Fact:
    date = on(start) if start else None
    return Fact("measurement", concept, concept, (), value, unit=unit, start=date, **more)


def fact(kind: Any, label: str, start: str = "", end: str = "", **more: Any) -> Fact:
    first, last = (on(each) if each else None for each in (start, end))
    return Fact(kind, more.pop("concept", ""), label, start=first, end=last, **more)


def bound(concept: str, operator: str, low: float, unit: str = "", **more: Any) -> Compare:
    return Compare(concept, operator, low, 0, 1, unit=unit, **more)


def event(words: str, present: bool = True, **more: Any) -> Event:
    return Event(words, present, 0, 1, **more)


def window(relation: str, value: float, unit: str = "d") -> Window:
    return Window(relation, value, unit, 0, 1)


def outcome(node: tree.Node, who: Patient, setting: Setting = SETTING) -> str:
    return evaluated(node, who, setting).outcome


# -- logic ---------------------------------------------------------------------------------------

VALUES = {"met": 1.0, "not met": 0.0, "unknown": 0.5, "conflict": 0.5, "unsupported": 0.5}


def said(name: str) -> Verdict:
    return Verdict(name, name, (), (name,) if name == "unknown" else ())  # type: ignore[arg-type]


@pytest.mark.parametrize("names", list(itertools.product(VALUES, repeat=2)))
def test_the_tables_are_kleenes(names: tuple[str, str]) -> None:
    parts = [said(each) for each in names]
    numbers = [VALUES[each] for each in names]
    assert VALUES[all_of(parts).outcome] == min(numbers)
    assert VALUES[any_of(parts).outcome] == max(numbers)
    assert VALUES[implied(*parts).outcome] == max(1 - numbers[0], numbers[1])
    assert VALUES[negated(parts[0]).outcome] == 1 - numbers[0]
    assert at_least(2, parts).outcome == all_of(parts).outcome
    assert at_least(1, parts).outcome == any_of(parts).outcome


@given(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=6), st.integers(1, 6))
def test_at_least_is_what_every_way_of_filling_the_gaps_agrees_on(
    names: list[str], number: int
) -> None:
    gaps = [i for i, name in enumerate(names) if VALUES[name] == 0.5]
    ways = set()
    for fill in itertools.product((0, 1), repeat=len(gaps)):
        filled = dict(zip(gaps, fill, strict=True))
        ways.add(sum(filled.get(i, VALUES[name]) for i, name in enumerate(names)) >= number)
    expected = {frozenset({True}): 1.0, frozenset({False}): 0.0}.get(frozenset(ways), 0.5)
    assert VALUES[at_least(number, [said(each) for each in names]).outcome] == expected


def test_what_cannot_be_settled_by_asking_is_named_first() -> None:
    assert all_of([said("unknown"), said("unsupported"), said("conflict")]).outcome == "conflict"
    assert all_of([said("unknown"), said("unsupported")]).outcome == "unsupported"
    assert any_of([said("unknown"), said("met")]).missing == ()
    assert all_of([said("unknown"), said("met")]).missing == ("unknown",)


@pytest.mark.parametrize(
    ("section", "outcome_", "follows_"),
    [
        ("inclusion", "met", "allows"),
        ("inclusion", "not met", "bars"),
        ("exclusion", "met", "bars"),
        ("exclusion", "not met", "allows"),
        ("unknown", "met", "open"),
        ("inclusion", "unknown", "open"),
        ("exclusion", "conflict", "open"),
        ("exclusion", "unsupported", "open"),
    ],
)
def test_what_follows_for_taking_part(section: Any, outcome_: Any, follows_: str) -> None:
    assert follows(section, outcome_) == follows_


# -- bounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        (">", "not met", "not met", "met"),
        (">=", "not met", "met", "met"),
        ("<", "met", "not met", "not met"),
        ("<=", "met", "met", "not met"),
        ("=", "not met", "met", "not met"),
    ],
)
def test_bounds_at_their_edge(operator: str, below: str, at: str, above: str) -> None:
    asked = bound("spo2", operator, 94, "%")
    found = [outcome(asked, person(lab("spo2", value, "%"))) for value in (93.9, 94, 94.1)]
    assert found == [below, at, above]


def test_ranges_with_and_without_their_ends() -> None:
    asked = bound("spo2", "between", 90, "%", high=94, inclusive=(True, False))
    found = [outcome(asked, person(lab("spo2", value, "%"))) for value in (89, 90, 93, 94, 95)]
    assert found == ["not met", "met", "met", "not met", "not met"]
    assert outcome(bound("spo2", "?", 90, "%"), person(lab("spo2", 95, "%"))) == "unsupported"


def test_a_result_that_only_lies_beyond_a_value_decides_where_all_of_it_does() -> None:
    asked = bound("crp", ">", 10, "mg/L")
    for comparator, value, expected in [
        ("<", 5, "not met"), ("<", 10, "not met"), ("<", 12, "unknown"),
        (">", 12, "met"), (">", 10, "met"), (">", 5, "unknown"), (">=", 10, "unknown"),
        ("<=", 10, "not met"),
    ]:  # fmt: skip
        who = person(lab("crp", value, "mg/L", comparator=comparator))
        assert outcome(asked, who) == expected, (comparator, value)


def test_units_are_converted_and_the_conversion_is_told() -> None:
    who = person(lab("creatinine", 1.2, "mg/dL"))
    verdict = evaluated(bound("creatinine", "<", 110, "umol/L"), who, SETTING)
    assert verdict.outcome == "met"
    assert verdict.evidence[0].converted.startswith("1.2 mg/dL = 106.")
    assert outcome(bound("creatinine", "<", 106, "umol/L"), who) == "not met"
    assert outcome(bound("creatinine", "<", 106, "mm[Hg]"), who) == "unknown"


@pytest.mark.parametrize(
    ("concept", "value", "unit", "low", "want", "expected"),
    [("weight", 0, "kg", 40, "kg", "unknown"), ("spo2", 9100, "%", 93, "%", "unknown"),
     ("creatinine", 97, "mg/dL", 2, "mg/dL", "unknown"), ("spo2", 91, "%", 93, "%", "met"),
     ("creatinine", 97, "umol/L", 2, "mg/dL", "met"), ("unheard of", 0, "kg", 4, "kg", "met")],
)  # fmt: skip
def test_what_nobody_can_have_decides_nothing(
    concept: str, value: float, unit: str, low: float, want: str, expected: str
) -> None:
    assert outcome(bound(concept, "<", low, want), person(lab(concept, value, unit))) == expected


def test_a_number_without_a_unit_decides_nothing_where_a_unit_belongs() -> None:
    assert outcome(bound("creatinine", "<", 110, "umol/L"), person(lab("creatinine", 80))) == (
        "unknown"
    )
    assert outcome(bound("ecog", "<=", 1), person(lab("ecog", 1))) == "met"


def test_multiples_of_a_limit_of_normal_need_that_limit() -> None:
    asked = bound("alt", ">", 3, "{xULN}")
    result = lab("alt", 121, "U/L", normal=Range(None, 40))
    verdict = evaluated(asked, person(result), SETTING)
    assert (verdict.outcome, verdict.evidence[0].converted) == ("met", "121 / 40 = 3.025 {xULN}")
    assert outcome(asked, person(lab("alt", 120, "U/L", normal=Range(0, 40)))) == "not met"
    for normal in (None, Range(0, None), Range(0, 0)):
        assert outcome(asked, person(lab("alt", 400, "U/L", normal=normal))) == "unknown"
    low = bound("platelets", "<", 0.5, "{xLLN}")
    assert outcome(low, person(lab("platelets", 70, "10*9/L", normal=Range(150, 400)))) == "met"


def test_a_lost_sign_is_never_guessed() -> None:
    asked = bound("spo2", "=", 94, "%", flags=("operator_ambiguous",))
    assert outcome(asked, person(lab("spo2", 94, "%"))) == "unsupported"


@pytest.mark.parametrize(
    ("concept", "value", "have", "low", "want", "expected"),
    [
        ("hba1c", 75, "mmol/mol", 9, "%", "met"), ("hba1c", 74, "mmol/mol", 9, "%", "not met"),
        ("hba1c", 9.1, "%", 75, "mmol/mol", "met"), ("uacr", 35, "mg/mmol", 300, "mg/g", "met"),
        ("uacr", 33, "mg/mmol", 300, "mg/g", "not met"), ("uacr", 35, "kg", 300, "mg/g", "unknown"),
        ("lvef", 0.41, "1", 40, "%", "met"), ("lvef", 41, "1", 40, "%", "unknown"),
        ("body_temperature", 100.4, "[degF]", 38, "Cel", "not met"),
        ("inr", 1.8, "1", 1.7, "", "met"), ("creatinine", 2, "1", 1, "mg/dL", "unknown"),
    ],
)  # fmt: skip
def test_units_that_need_more_than_a_factor(
    concept: str, value: float, have: str, low: float, want: str, expected: str
) -> None:
    assert outcome(bound(concept, ">", low, want), person(lab(concept, value, have))) == expected


@pytest.mark.parametrize(
    ("oxygen", "value", "expected"),
    [(0.4, 96, "unknown"), (0.4, 92, "met"), (0.21, 96, "not met"), (None, 96, "not met")],
)
def test_a_saturation_on_oxygen_is_the_most_that_it_can_be_in_room_air(
    oxygen: float | None, value: float, expected: str
) -> None:
    asked = bound("spo2", "<=", 93, "%", qualifier="room air")
    facts = [lab("spo2", value, "%")] + ([] if oxygen is None else [lab("fio2", oxygen, "1")])
    assert outcome(asked, person(*facts)) == expected


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "expected"),
    [("2026-06-26", "", True, "met"), ("2026-06-28", "", True, "not met"),
     ("2026-06-10", "2026-06-12", False, "not met"), ("2026-06-10", "2026-06-13", False, "unknown"),
     ("2026-06", "2026-06-30", False, "unknown"), ("2026-06-10", "", False, "unknown")],
)  # fmt: skip
def test_how_long_somebody_was_ventilated_follows_from_the_dates(
    start: str, end: str, ongoing: bool, expected: str
) -> None:
    asked = bound("mechanical_ventilation_duration", ">", 72, "h")
    tube = fact("procedure", "Invasive mechanical ventilation", start, end, ongoing=ongoing)
    whole = Setting(DAY, complete=frozenset({"procedure"}))
    assert outcome(asked, person(tube), whole) == expected
    fewer = bound("mechanical_ventilation_duration", "<=", 72, "h")
    turned = {"met": "not met", "not met": "met"}.get(expected, expected)
    assert outcome(fewer, person(tube), whole) == turned
    assert outcome(asked, person()) == "unknown"


# -- which result counts -------------------------------------------------------------------------


def test_the_latest_result_counts_and_an_old_one_does_not() -> None:
    asked = bound("spo2", "<", 94, "%")
    early, late = lab("spo2", 90, "%", "2026-06-01"), lab("spo2", 97, "%", "2026-06-10")
    assert outcome(asked, person(late, early)) == "not met"
    assert outcome(asked, person(lab("spo2", 90, "%", "2026-05-31"))) == "met"
    assert outcome(asked, person(lab("spo2", 90, "%", "2026-05-30"))) == "unknown"
    assert outcome(asked, person(lab("spo2", 90, "%", "2026-07-01"))) == "unknown"
    assert outcome(asked, person(lab("spo2", 90, "%", ""))) == "unknown"
    assert outcome(asked, person(late), Setting(DAY, fresh_days=5)) == "unknown"


def test_of_one_day_the_later_hour_counts_and_one_hour_that_says_both_is_a_conflict() -> None:
    asked = bound("spo2", "<", 94, "%")
    at_8, at_9 = (
        lab("spo2", value, "%", clock=clock) for value, clock in ((90, "08:00"), (97, "09:00"))
    )
    assert outcome(asked, person(at_9, at_8)) == "not met"
    twice = person(lab("spo2", 90, "%", clock="08:00"), lab("spo2", 97, "%", clock="08:00"))
    verdict = evaluated(asked, twice, SETTING)
    assert (verdict.outcome, len(verdict.evidence)) == ("conflict", 2)


def test_a_window_takes_any_result_within_it() -> None:
    asked = bound("lvef", "<", 40, "%", window=window("within_past", 6, "mo"))
    early, late = lab("lvef", 35, "%", "2026-01-10"), lab("lvef", 55, "%", "2026-06-10")
    assert outcome(asked, person(early, late)) == "met"
    assert outcome(asked, person(late)) == "not met"
    assert outcome(asked, person(lab("lvef", 35, "%", "2025-12-01"))) == "unknown"
    assert outcome(asked, person(lab("lvef", 35, "%", "2025-12"))) == "unknown"


def test_height_and_weight_do_not_grow_old_and_need_no_date() -> None:
    assert outcome(bound("height", ">", 150, "cm"), person(lab("height", 1.7, "m", ""))) == "met"


def test_text_is_no_number() -> None:
    verdict = evaluated(bound("crp", ">", 1, "mg/L"), person(lab("crp", "high", "mg/L")), SETTING)
    assert (verdict.outcome, verdict.missing) == ("unknown", ("crp",))


# -- age and sex ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("2008-06-30", "met"),
        ("2008-07-01", "not met"),
        ("2008-06", "met"),
        ("2008-07", "not met"),
        ("2008", "unknown"),
        ("2007", "met"),
        ("", "unknown"),
        ("2027-01-01", "unknown"),
    ],
)
def test_age_is_of_the_day_and_as_precise_as_the_birth(birth: str, expected: str) -> None:
    assert outcome(bound("age", ">=", 18, "a"), person(birth=birth)) == expected
    assert outcome(bound("age", ">=", 18, ""), person(birth=birth)) == expected


def test_somebody_of_75_years_and_some_months_is_75() -> None:
    asked = bound("age", "<=", 75, "a")
    assert outcome(asked, person(birth="1950-07-01")) == "met"
    assert outcome(asked, person(birth="1950-06-30")) == "not met"
    assert outcome(bound("age", ">", 75, "a"), person(birth="1951-01-01")) == "not met"


@pytest.mark.parametrize(
    ("birth", "expected"),
    [("2025-12-30", "met"), ("2025-12-31", "not met"), ("2013-07-01", "met"),
     ("2013-06-30", "not met"), ("2025-12", "unknown")],
)  # fmt: skip
def test_from_half_a_year_to_twelve_years(birth: str, expected: str) -> None:
    asked = bound("age", "between", 0.5, "a", high=12)
    assert outcome(asked, person(birth=birth)) == expected


def test_age_in_months_and_a_leap_day() -> None:
    assert outcome(bound("age", "<", 6, "mo"), person(birth="2026-01-15")) == "met"
    assert outcome(bound("age", "<", 5, "mo"), person(birth="2026-01-15")) == "not met"
    leap = Setting(dt.date(2026, 2, 28))
    assert outcome(bound("age", ">=", 18, "a"), person(birth="2008-02-29"), leap) == "not met"
    leap = Setting(dt.date(2026, 3, 1))
    assert outcome(bound("age", ">=", 18, "a"), person(birth="2008-02-29"), leap) == "met"


def test_sex_and_grades_are_compared_as_sets() -> None:
    female = InSet("sex", ("female",), 0, 1)
    assert outcome(female, person()) == "met"
    assert outcome(female, person(sex="male")) == "not met"
    assert outcome(female, person(sex="")) == "unknown"
    assert outcome(InSet("sex", ("female", "male"), 0, 1), person(sex="")) == "met"
    nyha = InSet("nyha", (2.0, 3.0), 0, 1)
    assert outcome(nyha, person(lab("nyha", 3))) == "met"
    assert outcome(nyha, person(lab("nyha", 4))) == "not met"
    assert outcome(nyha, person(lab("nyha", 3), lab("nyha", 4))) == "conflict"
    assert outcome(nyha, person(lab("nyha", 3, start="2025-01-01"))) == "unknown"
    for written in ("NYHA class II", "Class III", "ii", "NYHA III", "2"):
        assert outcome(nyha, person(lab("nyha", written))) == "met", written
    for written in ("NYHA class IV", "Class I", "none"):
        assert outcome(nyha, person(lab("nyha", written))) == "not met", written


def test_a_class_follows_from_its_points() -> None:
    asked = InSet("child_pugh_class", ("A", "B"), 0, 1)
    for points, expected in ((5, "met"), (9, "met"), (10, "not met")):
        assert outcome(asked, person(lab("child_pugh", points, "{score}"))) == expected
    assert outcome(asked, person()) == "unknown"


# -- events --------------------------------------------------------------------------------------


def test_what_is_not_named_is_unknown_and_not_absent() -> None:
    asked = event("active tuberculosis", kind="condition")
    assert outcome(asked, person()) == "unknown"
    whole = Setting(DAY, complete=frozenset({"condition"}))
    assert outcome(asked, person(), whole) == "not met"
    assert outcome(event("x", kind="event"), person(), whole) == "unknown"
    denied = fact("condition", "Tuberculosis", absent=True)
    assert outcome(asked, person(denied)) == "not met"
    assert outcome(event("tuberculosis", False), person(denied)) == "met"


def test_words_name_a_fact_that_has_them_all() -> None:
    who = person(fact("condition", "Type 2 diabetes mellitus", "2020"))
    assert outcome(event("diabetes mellitus"), who) == "met"
    assert outcome(event("type 1 diabetes mellitus"), who) == "unknown"
    assert outcome(event("any other known disease"), who) == "unknown"
    covers = Setting(DAY, covers=lambda words, one: words == "endocrine disease")
    assert outcome(event("endocrine disease"), who, covers) == "met"
    assert outcome(event("diabetes mellitus"), who, covers) == "met"
    assert outcome(event("nephropathy"), who, covers) == "unknown"


def test_a_complete_record_denies_only_what_each_of_its_facts_is_known_not_to_be() -> None:
    who = person(fact("condition", "Nodes of some kind", "2020"))
    whole = Setting(DAY, complete=frozenset({"condition"}))
    for said_, expected in ((None, "unknown"), (False, "not met"), (True, "met")):

        def covers(words: str, one: Fact, said_: bool | None = said_) -> bool | None:
            return said_

        told = whole._replace(covers=covers)
        assert outcome(event("malignancy", kind="condition"), who, told) == expected


@pytest.mark.parametrize(
    ("words", "label", "expected"),
    [
        ("chronic kidney disease", "Kidney stone", "unknown"),
        ("chronic kidney disease", "Chronic kidney disease stage 3", "met"),
        ("chronic kidney disease", "Kidney disease", "unknown"),
        ("acute kidney injury", "Chronic kidney injury", "unknown"),
        ("heart disease", "Heart murmur", "unknown"),
        ("lung disease", "Disorder of lung", "met"),
        ("severe asthma", "Asthma", "unknown"),
        ("severe asthma", "Severe asthma", "met"),
        ("acute myocardial infarction", "Myocardial infarction", "met"),
        ("any other significant disease", "Heart disease", "unknown"),
    ],
)
def test_words_that_narrow_have_to_be_borne_out(words: str, label: str, expected: str) -> None:
    assert outcome(event(words), person(fact("condition", label, "2020"))) == expected


def test_what_is_ongoing_is_active_and_what_is_denied_is_not_there_however_severe() -> None:
    asked = event("active severe asthma")
    severe = fact("condition", "Severe asthma", "2020", ongoing=True)
    assert outcome(asked, person(severe)) == "met"
    verdict = evaluated(asked, person(fact("condition", "Asthma", "2020")), SETTING)
    assert verdict.missing == ("whether Asthma is active and severe",)
    assert outcome(asked, person(fact("condition", "Asthma", absent=True))) == "not met"


def test_a_kind_of_what_is_asked_for_is_active_where_the_record_says_so() -> None:
    covers = Setting(DAY, covers=lambda words, one: True if words == "malignancy" else None)
    asked = event("active malignancy")
    for ongoing, expected in ((True, "met"), (False, "unknown")):
        held = person(fact("condition", "Carcinoma of lung", "2020", ongoing=ongoing))
        assert outcome(asked, held, covers) == expected


def test_a_man_is_not_pregnant_and_a_test_says_whether_a_woman_is() -> None:
    asked = event("pregnancy")
    assert outcome(asked, person(sex="male")) == "not met"
    assert outcome(asked, person()) == "unknown"
    assert outcome(asked, person(lab("pregnancy", False))) == "not met"
    assert outcome(asked, person(lab("pregnancy", True))) == "met"


def test_a_pregnancy_that_is_over_is_none_and_an_old_test_says_nothing() -> None:
    asked = event("pregnancy")
    condition = {"concept": "pregnancy", "start": "2024-01-01"}
    over = fact("condition", "Pregnancy", end="2024-10-01", over=True, **condition)
    assert outcome(asked, person(over)) == "unknown"
    whole = Setting(DAY, complete=frozenset({"condition", "drug", "procedure"}))
    assert outcome(asked, person(over), whole) == "not met"
    just = fact("condition", "Pregnancy", end="2026-06-20", over=True, **condition)
    assert outcome(asked, person(just)) == "not met"
    assert outcome(asked, person(fact("condition", "Pregnancy", ongoing=True, **condition))) == (
        "met"
    )
    for result in (True, False):
        assert outcome(asked, person(lab("pregnancy", result, start="2026-01-01"))) == "unknown"
        assert outcome(asked, person(lab("pregnancy", result, start=""))) == "unknown"


def test_a_condition_that_is_over_counts_where_the_past_is_asked_for() -> None:
    over = person(fact("condition", "Stroke", "2019", over=True))
    assert outcome(event("history of stroke"), over) == "met"
    assert outcome(event("stroke"), over) == "unknown"
    assert outcome(event("stroke"), person(fact("condition", "Stroke", "2019"))) == "met"
    assert outcome(event("stroke"), person(fact("condition", "Stroke", "2026-08"))) == "unknown"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-31", "not met"),
        ("2026-04-01", "met"),
        ("2026-04", "met"),
        ("2026-03", "not met"),
        ("2026", "unknown"),
        ("", "unknown"),
        ("2026-07-01", "not met"),
    ],
)
def test_within_the_past_90_days(start: str, expected: str) -> None:
    asked = event("stroke", window=window("within_past", 90))
    who = person(fact("condition", "Stroke", start))
    whole = Setting(DAY, complete=frozenset({"condition", "drug", "procedure"}))
    assert outcome(asked, who, whole) == expected
    # A record that need not name all strokes does not say that this was the last one.
    assert outcome(asked, who) == ("unknown" if expected == "not met" else expected)


def test_what_is_said_to_be_over_decides_without_a_complete_record() -> None:
    asked = event("chemotherapy", window=window("within_past", 90))
    over = fact("procedure", "Chemotherapy", "2025-01-01", "2025-06-01")
    assert outcome(asked, person(over)) == "not met"
    assert outcome(asked, person(fact("procedure", "Chemotherapy", absent=True))) == "not met"
    washout = event("rituximab", window=window("at_least_before", 30))
    assert outcome(washout, person(fact("drug", "Rituximab", "2026-01-01"))) == "unknown"


def test_what_happens_on_a_day_does_not_last_because_it_is_listed_as_active() -> None:
    whole = Setting(DAY, complete=frozenset({"condition", "drug", "procedure"}))
    listed = fact("condition", "Myocardial infarction", "2010-04", ongoing=True)
    asked = event("myocardial infarction", window=window("within_past", 180))
    assert outcome(asked, person(listed), whole) == "not met"
    lasting = fact("condition", "Malignancy", "2010-04", ongoing=True)
    asked = event("malignancy", window=window("within_past", 180))
    assert outcome(asked, person(lasting), whole) == "met"


def test_a_suspected_diagnosis_is_unknown_also_in_a_complete_record() -> None:
    whole = Setting(DAY, complete=frozenset({"condition", "drug", "procedure"}))
    suspected = fact("condition", "Lymphoma", "2026-06-01", planned=True, ongoing=True)
    verdict = evaluated(event("lymphoma"), person(suspected), whole)
    assert (verdict.outcome, verdict.missing) == ("unknown", ("whether Lymphoma is confirmed",))


def test_an_allergy_is_no_use_of_the_drug() -> None:
    aspirin = fact("allergy", "Aspirin", ongoing=True)
    assert outcome(event("hypersensitivity to aspirin"), person(aspirin)) == "met"
    assert outcome(event("known allergies"), person(aspirin)) == "met"
    assert outcome(event("aspirin", kind="drug"), person(aspirin)) == "unknown"
    none = fact("allergy", "No known allergy", absent=True, codes=(Code("snomed", "716186003"),))
    assert outcome(event("hypersensitivity to aspirin"), person(none)) == "not met"


def test_a_number_is_no_answer_to_whether_something_is_so() -> None:
    verdict = evaluated(event("pregnancy"), person(lab("pregnancy", 3.1, "[iU]/L")), SETTING)
    assert (verdict.outcome, verdict.missing) == ("unknown", ("pregnancy",))


def test_a_washout_counts_from_the_last_time() -> None:
    asked = event("rituximab", window=window("at_least_before", 30))
    long_ago = fact("drug", "Rituximab", "2026-01-01", "2026-05-01")
    of_late = fact("drug", "Rituximab", "2026-06-15")
    assert outcome(asked, person(long_ago)) == "met"
    assert outcome(asked, person(long_ago, of_late)) == "not met"
    assert outcome(asked, person(fact("drug", "Rituximab", "2026-01-01", ongoing=True))) == (
        "not met"
    )
    assert outcome(asked, person(fact("drug", "Rituximab"))) == "unknown"


def test_how_long_something_lasts() -> None:
    asked = event("ventilation", minimum=window("for_at_least", 2))
    who = person(fact("procedure", "Mechanical ventilation", "2026-06-27", "2026-06-29"))
    assert outcome(asked, who) == "met"
    brief = person(fact("procedure", "Mechanical ventilation", "2026-06-28", "2026-06-29"))
    assert outcome(asked, brief) == "not met"
    running = person(fact("procedure", "Mechanical ventilation", "2026-06-27", ongoing=True))
    assert outcome(asked, running) == "met"


def test_a_drug_that_was_ordered_is_not_known_to_be_taken() -> None:
    ordered = fact("drug", "Warfarin", "2026-06-01", planned=True)
    verdict = evaluated(event("warfarin"), person(ordered), SETTING)
    assert (verdict.outcome, verdict.missing) == ("unknown", ("whether Warfarin was given",))
    ahead = fact("procedure", "Surgery", "2026-07-10", planned=True)
    soon = event("surgery", window=window("within_next", 14))
    assert outcome(soon, person(ahead)) == "met"
    assert outcome(event("surgery", window=window("within_next", 5)), person(ahead)) == "unknown"


# -- derived measures, criteria, trials ----------------------------------------------------------


def test_a_score_with_inputs_missing_decides_where_its_whole_range_does() -> None:
    def derive(concept: str, who: Patient, day: dt.date) -> Derived | None:
        return (
            Derived(4, 8, "", ("bilirubin_total",), "4 to 8 of 24", ())
            if concept == "sofa"
            else None
        )

    setting = Setting(DAY, derive=derive)
    assert outcome(bound("sofa", ">=", 2), person(), setting) == "met"
    assert outcome(bound("sofa", ">", 8), person(), setting) == "not met"
    verdict = evaluated(bound("sofa", ">", 5), person(), setting)
    assert (verdict.outcome, verdict.missing) == ("unknown", ("bilirubin_total",))
    assert outcome(bound("sofa", ">", 5), person(lab("sofa", 9)), setting) == "met"
    assert outcome(bound("meld", ">", 5), person(), setting) == "unknown"


def criterion(number: int, node: tree.Node, section: Any = "inclusion", **more: Any) -> Criterion:
    return Criterion(number, section, "patient", "x", 0, 1, node, "full", **more)


ADULT = criterion(1, bound("age", ">=", 18, "a"))
HYPOXIC = criterion(2, bound("spo2", "<", 94, "%"))
PREGNANT = criterion(3, event("pregnancy"), "exclusion")


def tried(who: Patient, *criteria: Criterion) -> Any:
    found = criterion_verdicts(criteria, who, SETTING)
    return trial_verdict(found, study_id="S", record_id="r:S", title="A trial")


def test_nobody_is_eligible_by_default() -> None:
    assert tried(person()).outcome == "undetermined"
    assert tried(person(), ADULT, HYPOXIC).outcome == "undetermined"
    assert tried(person(), ADULT).outcome == "eligible"
    assert tried(person(), ADULT, criterion(4, Opaque("?", 0, 1))).outcome == "undetermined"
    assert tried(person(sex="male"), ADULT, PREGNANT).outcome == "eligible"
    assert tried(person(lab("pregnancy", True)), HYPOXIC, PREGNANT).outcome == "ineligible"
    assert tried(person(), criterion(5, bound("age", ">=", 18, "a"), "unknown")).outcome == (
        "undetermined"
    )


def test_what_one_result_would_settle() -> None:
    trial = tried(person(), ADULT, HYPOXIC, criterion(4, bound("spo2", ">", 80, "%")))
    (settling,) = trial.settled_by
    assert (settling.missing, settling.criteria, settling.alone) == ("spo2", (2, 4), True)
    both = tried(person(), HYPOXIC, PREGNANT).settled_by
    assert [(each.missing, each.alone) for each in both] == [("pregnancy", False), ("spo2", False)]
    opaque = tried(person(), HYPOXIC, criterion(4, Opaque("?", 0, 1))).settled_by
    assert [(each.missing, each.alone) for each in opaque] == [("spo2", False)]


def test_items_count_through_the_one_that_introduces_them() -> None:
    head = criterion(1, Opaque("at least two of:", 0, 1), of_group=2)
    items = [criterion(i, node, group=1) for i, node in (
        (2, bound("age", ">=", 18, "a")), (3, InSet("sex", ("female",), 0, 1)),
        (4, bound("spo2", "<", 94, "%")),
    )]  # fmt: skip
    found = criterion_verdicts([head, *items], person(), SETTING)
    assert [(each.criterion.number, each.verdict.outcome) for each in found] == [(1, "met")]
    any_of_them = criterion(1, Opaque("any of:", 0, 1), "exclusion", of_group=-1)
    barred = [criterion(2, bound("age", ">=", 18, "a"), "exclusion", group=1)]
    (one,) = criterion_verdicts([any_of_them, *barred], person(), SETTING)
    assert one.follows == "bars"


def test_a_heading_that_says_how_many_are_enough_counts_with_its_items() -> None:
    head = criterion(1, Opaque("at least two of:", 0, 1), kind="heading", of_group=2)
    items = [criterion(i, node, group=1) for i, node in (
        (2, bound("age", ">=", 18, "a")), (3, InSet("sex", ("female",), 0, 1)),
        (4, bound("spo2", "<", 94, "%")),
    )]  # fmt: skip
    (one,) = criterion_verdicts([head, *items], person(), SETTING)
    assert (one.criterion.number, one.verdict.outcome) == (1, "met")
    plain = criterion(1, Opaque("all of:", 0, 1), kind="heading")
    found = criterion_verdicts([plain, *items], person(), SETTING)
    assert [each.criterion.number for each in found] == [2, 3, 4]
    assert criterion_verdicts([head], person(), SETTING) == ()


def test_headings_definitions_and_donors_are_left_out() -> None:
    left = [
        criterion(1, Opaque("Criteria", 0, 1), kind="heading"),
        criterion(2, Opaque("Severe means", 0, 1), kind="definition"),
        Criterion(3, "inclusion", "donor", "x", 0, 1, bound("age", "<", 5, "a"), "full"),
    ]
    assert criterion_verdicts(left, person(), SETTING) == ()


def test_nesting_is_bounded() -> None:
    node: tree.Node = bound("age", ">=", 18, "a")
    for _ in range(300):
        node = tree.Not(node)
    assert outcome(node, person()) == "unsupported"
    assert outcome(tree.All(()), person()) == "unsupported"
    both = tree.If(InSet("sex", ("female",), 0, 1), event("pregnancy", False))
    assert outcome(both, person(sex="male")) == "met"
    assert outcome(both, person(lab("pregnancy", False))) == "met"
