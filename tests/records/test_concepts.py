"""The table of concepts is whole, and sources agree only where they are compatible."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from trialweave.model import (
    Labelled,
    Missingness,
    Outcome,
    PartialDate,
    Publication,
    Record,
    Trial,
    Value,
    stated,
)
from trialweave.records.concepts import CONCEPTS, agree, leaves, text_of


def value(content: Any) -> Value[Any]:
    """A stated value."""
    return stated(content, "test/1", span=(0, 1))


def test_every_field_has_a_title() -> None:
    fields = {*Trial.__struct_fields__, *Publication.__struct_fields__}
    assert fields - {"trial", "suggestions", "retold", "results", "tables"} == set(CONCEPTS)


@pytest.mark.parametrize(
    ("concept", "left", "right", "same"),
    [
        ("start_date", PartialDate(2021, 6, 9), PartialDate(2021, 6), True),
        ("start_date", PartialDate(2021, 6, 9), PartialDate(2021, 6, 10), False),
        ("start_date", PartialDate(2021), PartialDate(2020, 12, 31), False),
        ("countries", "Iran, Islamic Republic of", "Iran", True),
        ("countries", "Iran", "Iraq", False),
        ("primary_sponsor", "  The  Institute ", "the institute.", True),
        ("phase", ("1", "2"), ("2", "1"), True),
        ("phase", ("1", "2"), ("2",), False),
        ("enrollment", 29, 30, False),
    ],
)
def test_agreement(concept: str, left: Any, right: Any, same: bool) -> None:
    assert agree(concept, [value(left)], [value(right)]) is same
    assert agree(concept, [value(right)], [value(left)]) is same


def test_leaves_have_addresses_and_labels() -> None:
    trial = Trial(
        enrollment=value(29),
        brief_summary=Value(missingness=Missingness.NOT_REPORTED, rule="test/1"),
        primary_outcomes=value((Outcome(measure=value("death"), time_frame=value("28 days")),)),
        other=(Labelled("Study time", value("2 minutes")),),
    )
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    record = Record("s:a", 1, "s", "a", "trial", "d", "h", 0, 1, "n", at, trial=trial)
    found = {leaf.address: (leaf.label, text_of(leaf.value)) for leaf in leaves(record)}
    assert found == {
        "enrollment": ("", "29"),
        "brief_summary": ("", "not reported"),
        "primary_outcomes[0].measure": ("", "death"),
        "primary_outcomes[0].time_frame": ("", "28 days"),
        "other[0].value": ("Study time", "2 minutes"),
    }
