"""Adverse events out of posted results: totals, single terms, and how they are told."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import Unreadable
from trialweave.model import (
    AdverseEvents,
    EventCount,
    EventRow,
    Missingness,
    Received,
    Record,
    Trial,
)
from trialweave.records.concepts import leaves
from trialweave.records.posted import rows
from trialweave.sources import read_all

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "agreement"
FORMS = ["v2.json", "classic.json", "legacy.xml"]
NONE = Missingness.NOT_REPORTED


def read(data: bytes) -> Trial:
    (draft,) = read_all(Received("x", data)).drafts
    assert isinstance(draft.body, Trial)
    return draft.body


def events(trial: Trial) -> AdverseEvents:
    assert trial.adverse_events.content is not None
    return trial.adverse_events.content


def terms(told: AdverseEvents) -> list[EventRow]:
    return [row.content for row in told.rows.content or () if row.content is not None]


def many(count: int) -> Trial:
    record = json.loads((FIXTURES / "v2.json").read_bytes())
    module = record["resultsSection"]["adverseEventsModule"]
    module["otherEvents"] = [
        {
            "term": f"Term {i}",
            "organSystem": "General disorders",
            "stats": [
                {"groupId": group, "numEvents": i, "numAffected": i % 20, "numAtRisk": 21}
                for group in ("EG000", "EG001")
            ],
        }
        for i in range(count)
    ]
    return read(json.dumps(record).encode())


@pytest.mark.parametrize("form", FORMS)
def test_terms(form: str) -> None:
    told = events(read((FIXTURES / form).read_bytes()))
    assert told.time_frame.content == "90 days"
    assert told.threshold.content == "5"
    assert [group.role for group in told.groups] == ["treatment", "control"]
    sepsis, fever, cough = terms(told)
    assert sepsis == EventRow(
        "serious",
        "Sepsis",
        "Infections and infestations",
        "MedDRA 24.0",
        "systematic",
        (EventCount(0, 4, 21, 4), EventCount(1, 6, 19, 7)),
        "All in week one",
    )
    assert fever.assessment == "non-systematic"
    assert cough.counts == (EventCount(0, 0, 21, NONE), EventCount(1, 1, 19, NONE))
    assert (cough.kind, cough.vocabulary) == ("other", "own list")


@pytest.mark.parametrize("form", [*FORMS, "flat.jsonl"])
def test_totals(form: str) -> None:
    told = events(read((FIXTURES / form).read_bytes()))
    totals = [row.content for row in told.totals if row.content is not None]
    assert [row.kind for row in totals] == ["death", "serious", "other"]
    assert [(c.affected, c.at_risk) for c in totals[0].counts] == [(3, 21), (5, 19)]
    assert [(c.affected, c.at_risk) for c in totals[2].counts] == [(7, 21), (8, 19)]


def test_flattened_terms_are_unreadable_and_not_none() -> None:
    told = events(read((FIXTURES / "flat.jsonl").read_bytes()))
    assert told.rows.missingness is Missingness.UNREADABLE


def test_rows_stand_where_they_say() -> None:
    text = (FIXTURES / "legacy.xml").read_bytes().decode()
    for row in events(read(text.encode())).rows.content or ():
        assert row.passage is not None
        assert row.content is not None
        told = text[row.passage.start : row.passage.end]
        assert told.startswith("<event>")
        assert row.content.term in told


def test_told_in_short_terms_are_counted_and_told_whole_they_are_all_there() -> None:
    trial = many(3000)
    short = list(rows(trial, "adverse_events", whole=False))
    assert len(short) == 7  # time frame, description, threshold, three totals, how many terms
    assert short[-1][0] == "adverse_events"
    assert short[-1][1].content == "3001 single terms (1 serious, 3000 other)"
    whole = dict(rows(trial, "adverse_events", whole=True))
    assert len(whole) == 6 + 3001
    assert whole["adverse_events[5]"].content == (
        "Other (not including serious) adverse events: Cells 7 of 21; Saline 8 of 19"
    )
    assert whole["adverse_events[8]"].content == (
        "Term 1 (General disorders): Cells 1 of 21 (1 event); Saline 1 of 21 (1 event)"
    )
    passage = whole["adverse_events[8]"].passage
    assert passage is not None
    assert passage.path == "resultsSection.adverseEventsModule.otherEvents[1]"


def test_tables_are_searched_by_nobody_and_shown_in_short() -> None:
    trial = many(50)
    at = dt.datetime(2033, 1, 1, tzinfo=dt.UTC)
    record = Record("s:a", 1, "ctgov", "a", "trial", "d", "h", 0, 1, "n", at, trial=trial)
    concepts = {leaf.concept for leaf in leaves(record)}
    assert not concepts & {"adverse_events", "baseline", "participant_flow"}
    assert "limitations" in concepts
    short = [leaf for leaf in leaves(record, tables="in short") if leaf.concept == "adverse_events"]
    whole = [leaf for leaf in leaves(record, tables="whole") if leaf.concept == "adverse_events"]
    assert (len(short), len(whole)) == (7, 57)


def test_a_body_of_many_terms_is_smaller_than_what_was_received() -> None:
    encode = msgspec.msgpack.Encoder().encode
    record = json.loads((FIXTURES / "v2.json").read_bytes())
    few, more = len(encode(many(0))), len(encode(many(2000)))
    received = len(json.dumps(record["resultsSection"]["adverseEventsModule"]["otherEvents"][0]))
    assert (more - few) / 2000 < received


@pytest.mark.parametrize("stats", [{"a": 1}, "none", 7, [1], [{"groupId": 3}]])
def test_a_table_of_another_type_sinks_nothing_else(stats: Any) -> None:
    record = json.loads((FIXTURES / "v2.json").read_bytes())
    record["resultsSection"]["adverseEventsModule"]["otherEvents"][0]["stats"] = stats
    result = read_all(Received("x", json.dumps(record).encode()))
    for problem in result.problems:
        assert isinstance(problem, Unreadable)
    for draft in result.drafts:
        assert isinstance(draft.body, Trial)
        assert draft.body.public_title.content == "Mirablast Cells in Invented Pneumonia"
    assert len(result.drafts) + len(result.problems) == 1
