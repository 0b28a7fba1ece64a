"""The criteria of a record: text and fields, and where they exclude each other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from trialweave.model import Record, Trial, Value, stated
from trialweave.protocol.eligibility import eligibility_of


def text(content: Any, raw: str | None = None) -> Value[Any]:
    return stated(content, "test/1", path="x", raw=raw)


def record(**fields: Any) -> Record:
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return Record("x:1", 1, "x", "1", "trial", "d", "s", 0, 1, "n", at, trial=Trial(**fields))


def test_listed_criteria_keep_their_addresses_and_fields_come_last() -> None:
    found = eligibility_of(
        record(
            inclusion_criteria=text((text("Age >= 18 years"), text("SpO2 < 94%"))),
            exclusion_criteria=text((text("Pregnancy"),)),
            minimum_age=text(18.0, raw="18 Years"),
            sex=text("female"),
        )
    )
    assert found.addresses == (
        "inclusion_criteria[0]", "inclusion_criteria[1]", "exclusion_criteria[0]", "minimum_age",
        "sex",
    )  # fmt: skip
    assert [each.section for each in found.criteria] == [
        "inclusion", "inclusion", "exclusion", "inclusion", "inclusion",
    ]  # fmt: skip
    assert [each.number for each in found.criteria] == [0, 1, 2, 3, 4]
    assert [each.text for each in found.criteria[3:]] == ["Minimum age: 18 Years", "Sex: female"]
    assert not any(each.flags for each in found.criteria)


def test_a_field_and_a_text_that_exclude_each_other_are_both_flagged() -> None:
    found = eligibility_of(
        record(
            inclusion_criteria=text((text("Age > 18 years"),)),
            minimum_age=text(30.0, raw="30 Years"),
            maximum_age=text(70.0, raw="70 Years"),
        )
    )
    flags = [[flag.name for flag in each.flags] for each in found.criteria]
    assert flags == [["conflict_with_field"], ["conflict_with_field"], []]
    assert "30 Years" in found.criteria[0].flags[0].reason


def test_one_text_is_split_and_a_list_in_a_list_too() -> None:
    whole = (
        "Inclusion Criteria:\n- Age >= 18 years\n- SpO2 < 94%\nExclusion Criteria:\n- Pregnancy\n"
    )
    found = eligibility_of(record(eligibility_text=text(whole)))
    assert set(found.addresses) == {"eligibility_text"}
    asked = [each for each in found.criteria if each.kind == "criterion"]
    assert [each.section for each in asked] == ["inclusion", "inclusion", "exclusion"]
    nested = record(inclusion_criteria=text((text("Age >= 18 years\n- SpO2 < 94%"),)))
    assert len(eligibility_of(nested).criteria) >= 2


def test_a_record_without_criteria_has_none() -> None:
    assert eligibility_of(record()).criteria == ()
    assert eligibility_of(record(sex=text("all"))).criteria == ()
