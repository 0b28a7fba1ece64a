"""Cohorts as tables, and what bars how many of them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, Unreadable, WrongEncoding
from trialweave.model import PartialDate
from trialweave.protocol.criteria.tree import Compare, Criterion, Event, InSet
from trialweave.protocol.patients.cohort_csv import read_cohort
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.screening import screened
from trialweave.protocol.patients.setting import Setting

DAY = dt.date(2026, 6, 30)
NAMES = "id,sex,birth date,creatinine [umol/L],creatinine date,spo2 [%],diabetes,drug: aspirin,note"
TABLE = f"""{NAMES}
A,f,1980-01-15,88,2026-06-20,93,yes,no,x
B,Male,1950,1.1e2,2026-01-01,97,no,yes,y
C,,,<60,,,,,
D,woman,2010-05,n/a,,91,No,Yes,
"""


def test_columns_become_facts_with_their_units_and_dates() -> None:
    found = read_cohort(TABLE.encode(), DAY)
    a, b, c, d = found.people
    assert [each.identifier for each in found.people] == ["A", "B", "C", "D"]
    assert [each.sex for each in found.people] == ["female", "male", "", "female"]
    assert [each.birth for each in found.people] == [
        PartialDate(1980, 1, 15), PartialDate(1950), None, PartialDate(2010, 5),
    ]  # fmt: skip
    creatinine = a.by_concept["creatinine"][0]
    assert (creatinine.value, creatinine.unit, creatinine.start) == (
        88, "umol/L", PartialDate(2026, 6, 20),
    )  # fmt: skip
    assert (creatinine.resource, creatinine.path) == ("row 2", "creatinine [umol/L]")
    assert b.by_concept["creatinine"][0].value == 110
    below = c.by_concept["creatinine"][0]
    assert (below.value, below.comparator, below.start) == (60, "<", None)
    assert a.by_concept["spo2"][0].start == PartialDate(2026, 6, 30)
    assert [each.concept for each in c.facts] == ["creatinine"]
    events = [each for each in d.facts if each.kind != "measurement"]
    assert {(each.kind, each.label, each.absent) for each in events} == {
        ("condition", "diabetes", True), ("drug", "aspirin", False),
    }  # fmt: skip
    assert found.unused == ("note",)
    assert found.unread == {}


def test_what_cannot_be_read_is_counted_by_column() -> None:
    text = "sex;age;birth date;spo2 [%];asthma\nx;forty;soon;;yes\nf;41;1985;95;maybe\n"
    found = read_cohort(text.encode(), DAY)
    assert found.unread == {"sex": 1, "age": 1, "birth date": 1}
    assert found.unused == ("asthma",)
    assert found.people[1].by_concept["age"][0].value == 41


def test_an_age_in_years_decides_in_years_and_as_an_interval_in_months() -> None:
    (one,) = read_cohort(b"age\n17\n", DAY).people

    def outcome(operator: str, low: float, unit: str) -> str:
        bound = Compare("age", operator, low, 0, 1, unit=unit)
        asked = Criterion(1, "inclusion", "patient", "x", 0, 1, bound, "full")
        return criterion_verdicts([asked], one, Setting(DAY))[0].verdict.outcome

    assert outcome(">=", 18, "a") == "not met"
    assert outcome(">=", 17, "") == "met"
    assert outcome(">", 17, "a") == "not met"
    assert outcome("<", 216, "mo") == "met"
    assert outcome(">=", 210, "mo") == "unknown"


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "no row of names"), ("a,b\n", "nobody"), ("id,sex\n1,f,3\n", "row 2 has 3 cells")],
)
def test_what_is_no_cohort_says_why(text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told) as raised:
        read_cohort(text.encode(), DAY, "c.csv")
    assert raised.value.where == "c.csv"
    with pytest.raises(WrongEncoding):
        read_cohort(b"\xff\xfe\xfa", DAY)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_people_or_an_error(text: str) -> None:
    try:
        found = read_cohort(text.encode("utf-8", "replace"), DAY)
    except InputError:
        return
    assert found.people


def criterion(number: int, node: object, section: str = "inclusion") -> Criterion:
    return Criterion(number, section, "patient", f"criterion {number}", 0, 1, node, "full")  # type: ignore[arg-type]


ASKED = (
    criterion(1, Compare("age", ">=", 18, 0, 1, unit="a")),
    criterion(2, Compare("spo2", "<", 95, 0, 1, unit="%")),
    criterion(3, InSet("sex", ("female",), 0, 1)),
    criterion(4, Event("aspirin", True, 0, 1, kind="drug"), "exclusion"),
)


def test_the_funnel_counts_what_is_barred_by_each_and_by_each_alone() -> None:
    found = screened(read_cohort(TABLE.encode(), DAY).people, ASKED, Setting(DAY))
    assert (found.total, found.eligible, found.undetermined, found.ineligible) == (4, 1, 1, 2)
    assert [(each.allows, each.bars, each.open) for each in found.funnel] == [
        (2, 1, 1), (2, 1, 1), (2, 1, 1), (1, 2, 1),
    ]  # fmt: skip
    assert [each.left for each in found.funnel] == [3, 2, 2, 2]
    assert [each.alone for each in found.funnel] == [0, 0, 0, 0]
    assert [(each.outcome, each.bars, each.open) for each in found.people] == [
        ("eligible", (), ()),
        ("ineligible", (2, 3, 4), ()),
        ("undetermined", (), (1, 2, 3, 4)),
        ("ineligible", (1, 4), ()),
    ]


def test_relaxing_one_criterion_frees_those_whom_it_alone_bars() -> None:
    people = read_cohort(TABLE.encode(), DAY).people
    found = screened(people, ASKED[:1], Setting(DAY))
    (row,) = found.funnel
    assert (row.bars, row.alone, row.determined) == (1, 1, 1)
    two = screened(people, ASKED[:3], Setting(DAY)).funnel
    assert [(each.alone, each.determined) for each in two] == [(1, 1), (0, 0), (0, 0)]


def test_without_a_criterion_nobody_is_determined() -> None:
    found = screened(read_cohort(TABLE.encode(), DAY).people, (), Setting(DAY))
    assert (found.eligible, found.undetermined) == (0, 4)
    assert screened((), ASKED, Setting(DAY)).total == 0


def test_a_cohort_says_what_each_person_alone_does() -> None:
    people = read_cohort(TABLE.encode(), DAY).people
    together = [each.outcome for each in screened(people, ASKED, Setting(DAY)).people]
    alone = [
        trial_verdict(
            criterion_verdicts(ASKED, each, Setting(DAY)), study_id="", record_id="", title=""
        ).outcome
        for each in people
    ]
    assert together == alone
