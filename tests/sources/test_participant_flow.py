"""Participant flow out of posted results, in every form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import FlowCount, Missingness, ParticipantFlow, Received, Trial, Value
from trialweave.records.posted import rows
from trialweave.sources import read_all

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "agreement"
FORMS = ["v2.json", "classic.json", "legacy.xml"]


def read(data: bytes) -> Trial:
    (draft,) = read_all(Received("x", data)).drafts
    assert isinstance(draft.body, Trial)
    return draft.body


def flow(trial: Trial) -> ParticipantFlow:
    assert trial.participant_flow.content is not None
    return trial.participant_flow.content


@pytest.mark.parametrize("form", FORMS)
def test_milestones_and_reasons(form: str) -> None:
    told = flow(read((FIXTURES / form).read_bytes()))
    assert told.recruitment.content == "Two hospitals."
    assert told.before_assignment.content == "Forty-four were screened."
    assert [(g.label.content, g.role) for g in told.groups] == [
        ("Cells", "treatment"),
        ("Saline", "control"),
    ]
    content = [row.content for row in told.rows]
    assert [(row.name, row.reason) for row in content if row is not None] == [
        ("started", False),
        ("Second dose", False),
        ("completed", False),
        ("not completed", False),
        ("Death", True),
        ("Withdrawal by Subject", True),
    ]
    second, last = content[1], content[-1]
    assert second is not None
    assert second.counts == (FlowCount(0, 20, "one refused"), FlowCount(1, 19))
    assert last is not None
    assert last.counts == (FlowCount(0, 1), FlowCount(1, 0))  # nobody is a number
    assert last.period == "Overall Study"


def test_rows_stand_where_they_say() -> None:
    text = (FIXTURES / "legacy.xml").read_bytes().decode()
    for row in flow(read(text.encode())).rows:
        assert row.passage is not None
        told = text[row.passage.start : row.passage.end]
        assert told.startswith(("<milestone>", "<drop_withdraw_reason>"))
        assert row.content is not None
        assert row.content.name.casefold() in told.casefold()


def changed(**cell: Any) -> ParticipantFlow:
    record = json.loads((FIXTURES / "v2.json").read_bytes())
    started = record["resultsSection"]["participantFlowModule"]["periods"][0]["milestones"][0]
    started["achievements"][0] |= cell
    return flow(read(json.dumps(record).encode()))


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ({"numSubjects": None}, Missingness.NOT_REPORTED),
        ({"numSubjects": "NA"}, Missingness.NOT_REPORTED),
        ({"numSubjects": "some"}, Missingness.UNREADABLE),
        ({"numSubjects": "-1"}, Missingness.UNREADABLE),
        ({"numSubjects": 0}, 0),
    ],
)
def test_a_count_that_is_none_says_why(cell: dict[str, Any], count: object) -> None:
    row = changed(**cell).rows[0].content
    assert row is not None
    assert row.counts[0].count == count


def test_a_count_of_no_known_group_is_left_out() -> None:
    row = changed(groupId="FG009").rows[0].content
    assert row is not None
    assert [cell.group for cell in row.counts] == [1]


def test_told_row_by_row() -> None:
    told = dict(rows(read((FIXTURES / "v2.json").read_bytes()), "participant_flow", whole=False))
    assert told["participant_flow[3]"].content == (
        "Overall Study: Second dose: Cells 20 (one refused); Saline 19"
    )
    assert told["participant_flow[6]"].content == (
        "Overall Study: not completed, Death: Cells 3; Saline 5"
    )


def test_what_was_flattened_is_unreadable_and_what_was_not_posted_is_not_reported() -> None:
    flat = (FIXTURES / "flat.jsonl").read_bytes()
    assert read(flat).participant_flow.missingness is Missingness.UNREADABLE
    record = json.loads((FIXTURES / "v2.json").read_bytes())
    del record["resultsSection"]
    without = read(json.dumps(record).encode())
    assert without.participant_flow.missingness is Missingness.NOT_REPORTED
    assert dict(rows(without, "participant_flow", whole=True)) == {
        "participant_flow": without.participant_flow
    }
    assert dict(rows(without, "participant_flow", whole=False)) == {}
    assert dict(rows(Trial(), "participant_flow", whole=True)) == {}
    assert Trial().participant_flow == Value()
