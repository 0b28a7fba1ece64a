"""Other bounds of one criterion, and what they do to the size of a cohort."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError
from trialweave.protocol.criteria.tree import Any as Either
from trialweave.protocol.criteria.tree import Compare, Criterion, InSet, Not, Opaque
from trialweave.protocol.patients.cohort_csv import read_cohort
from trialweave.protocol.patients.relaxing import relaxed
from trialweave.protocol.patients.screening import screened
from trialweave.protocol.patients.setting import Setting

SETTING = Setting(dt.date(2026, 6, 30))
TABLE = b"sex,age,spo2 [%]\nf,30,90\nf,71,90\nm,76,92\nf,81,99\nm,,90\nf,50,\n"


def criterion(number: int, node: Any, section: Any = "inclusion", **more: Any) -> Criterion:
    return Criterion(number, section, "patient", "x", 0, 1, node, "full", **more)


AGE = criterion(1, Compare("age", "between", 18, 0, 1, high=70, unit="a"))
SATURATION = criterion(2, Compare("spo2", "<=", 93, 0, 1, unit="%"))
PEOPLE = read_cohort(TABLE, SETTING.day).people


def test_a_series_of_bounds_is_a_curve() -> None:
    found = relaxed(PEOPLE, [AGE, SATURATION], 1, [60, 75, 80], SETTING)
    assert (found.concept, found.end, found.unit, found.written) == ("age", "high", "a", 70)
    sizes = [(each.value, each.eligible, each.undetermined, each.ineligible)
             for each in (found.now, *found.series)]  # fmt: skip
    assert sizes == [(70, 1, 2, 3), (60, 1, 2, 3), (75, 2, 2, 2), (80, 3, 2, 1)]
    low = relaxed(PEOPLE, [AGE, SATURATION], 1, [40], SETTING, end="low")
    assert (low.written, low.series[0].eligible) == (18, 0)


def test_the_bound_of_an_exclusion_and_one_deep_inside() -> None:
    node = Not(Either((Compare("spo2", ">", 93, 0, 1, unit="%"), InSet("sex", ("male",), 0, 1))))
    asked = [criterion(1, node, "exclusion")]
    found = relaxed(PEOPLE, asked, 1, [89, 93], SETTING)
    assert found.end == "low"
    assert [each.eligible for each in found.series] == [5, 3]


def test_an_item_is_relaxed_within_what_introduces_it() -> None:
    head = criterion(1, Opaque("at least one of:", 0, 1), kind="heading", of_group=1)
    items = [
        criterion(2, Compare("age", "<=", 40, 0, 1, unit="a"), group=1),
        criterion(3, InSet("sex", ("male",), 0, 1), group=1),
    ]
    found = relaxed(PEOPLE, [head, *items], 2, [40, 60], SETTING)
    assert [each.eligible for each in found.series] == [3, 4]
    assert found.criterion.number == 1


@pytest.mark.parametrize(
    ("number", "values", "concept", "told"),
    [(9, [1], "", "no criterion 9"), (3, [1], "", "no such bound"), (1, [], "", "1 to 200"),
     (1, [float("nan")], "", "1 to 200"), (4, [1], "", "bounds of age, spo2"),
     (1, [1], "spo2", "no such bound")],
)  # fmt: skip
def test_what_has_no_such_bound_says_so(
    number: int, values: list[float], concept: str, told: str
) -> None:
    both = Either((AGE.tree, SATURATION.tree))
    asked = [AGE, criterion(3, InSet("sex", ("male",), 0, 1)), criterion(4, both)]
    with pytest.raises(InputError, match=told):
        relaxed(PEOPLE, asked, number, values, SETTING, concept=concept)
    assert relaxed(PEOPLE, asked, 4, [1], SETTING, concept="spo2").written == 93


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 120))
def test_each_point_is_what_screening_says_with_that_bound(value: int) -> None:
    changed = criterion(1, Compare("age", "between", 18, 0, 1, high=value, unit="a"))
    expected = screened(PEOPLE, [changed, SATURATION], SETTING)
    (point,) = relaxed(PEOPLE, [AGE, SATURATION], 1, [value], SETTING).series
    assert (point.eligible, point.undetermined, point.ineligible) == (
        expected.eligible, expected.undetermined, expected.ineligible,
    )  # fmt: skip
