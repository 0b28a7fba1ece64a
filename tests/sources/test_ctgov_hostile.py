"""Damaged and malicious ClinicalTrials.gov documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, NoIdentifier, Unreadable, WrongEncoding
from trialweave.model import Missingness, Received, Trial
from trialweave.sources import read, read_all
from trialweave.sources.ctgov.study import MAX_ITEMS

Outcome = Callable[[Received], Any]
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ctgov"
FORMS = [(FIXTURES / name).read_bytes() for name in ("v2.json", "classic.json", "flat.jsonl")]
RECORDS = [json.loads(data.splitlines()[0] if b"\n{" in data else data) for data in FORMS[2:]] + [
    json.loads(data) for data in FORMS[:2]
]


def v2(**modules: Any) -> bytes:
    identification = {"identificationModule": {"nctId": "NCT99990001"}}
    return json.dumps({"protocolSection": identification | modules}).encode()


def only(data: bytes) -> Trial:
    body = read(Received("x", data))[0].body
    assert isinstance(body, Trial)
    return body


@pytest.mark.parametrize("depth", [5_000, 200_000])
@pytest.mark.parametrize(
    ("before", "left", "right", "after"),
    [
        ('{"protocolSection": ', '{"a":', "}", "1}"),
        ('{"studies": [{"protocolSection": {"x": ', "[", "]", "}}]}"),
        ('{"NCTId": ["NCT99990001"], "x": ', "[", "]", "}"),
        ('{"Study": {"ProtocolSection": {"x": ', "[", "]", "}}}"),
        ("", "[", "]", ""),
    ],
)
def test_absurd_nesting(depth: int, before: str, left: str, right: str, after: str) -> None:
    document = (before + left * depth + ("1" if left == '{"a":' else "")).encode()
    document += (right * depth + after).encode()
    with pytest.raises((Hostile, Unreadable)) as caught:
        read(Received("x", document))
    assert isinstance(caught.value, Hostile) or left == '{"a":'


def test_absurd_lists_are_that_records_problem() -> None:
    longest = v2(conditionsModule={"conditions": ["a"] * MAX_ITEMS})
    assert len(only(longest).conditions.content or ()) == MAX_ITEMS
    million = v2(conditionsModule={"conditions": ["a"] * 1_000_000})
    flat = json.dumps({"NCTId": ["NCT99990001"], "Keyword": ["a"] * 1_000_000}).encode()
    for record in (million, flat):
        with pytest.raises(Hostile, match="absurdly long"):
            read(Received("x", record))
    result = read_all(Received("x", b"%b\n%b" % (v2(), million)))
    assert (len(result.drafts), len(result.problems)) == (1, 1)


@pytest.mark.parametrize("size", [1, 20, 200, 2000])
def test_truncated_documents_say_where_they_end(size: int) -> None:
    for data in (FORMS[0], FORMS[1], FORMS[2].splitlines()[0]):
        cut = data[: len(data) - size]
        with pytest.raises(Unreadable, match=r"ends in the middle \(at byte \d+\)"):
            read(Received("x", cut.rstrip().rstrip(b"}").rstrip()))


@pytest.mark.parametrize(
    ("count", "raw"),
    [("NaN", None), ("Infinity", None), ("-5", "-5"), ("1e999", None), ("2.5", "2.5")],
)
def test_absurd_numbers(count: str, raw: str | None) -> None:
    record = v2(designModule={"enrollmentInfo": {"count": "COUNT"}})
    record = record.replace(b'"COUNT"', count.encode())
    if raw is None:
        with pytest.raises(Unreadable):
            read(Received("x", record))
    else:
        value = only(record).enrollment
        assert value.missingness is Missingness.UNREADABLE
        assert value.raw == raw


def test_an_absurdly_large_number_is_kept_as_it_stands() -> None:
    record = v2(designModule={"enrollmentInfo": {"count": "COUNT"}})
    value = only(record.replace(b'"COUNT"', b"9" * 3000)).enrollment
    assert value.missingness is Missingness.UNREADABLE
    assert value.raw == "9" * 40


def test_a_key_twice_is_no_crash() -> None:
    twice = b'{"protocolSection": {"identificationModule": {"nctId": "x", "nctId": "NCT99990001"}}}'
    assert read(Received("x", twice))[0].identifier == "NCT99990001"


@pytest.mark.parametrize(
    "number", ["", "  ", "NCT1234", "NCT٠١٢٣٤٥٦٧", "0" * 5000, "NCT99990001 NCT99990002"]
)
def test_numbers_that_are_none(number: str) -> None:
    record = json.dumps({"protocolSection": {"identificationModule": {"nctId": number}}})
    with pytest.raises(NoIdentifier) as caught:
        read(Received("x", record.encode()))
    assert len(str(caught.value)) < 400
    assert str(caught.value).isascii()


def test_control_characters_never_reach_a_message() -> None:
    record = json.dumps({"protocolSection": {"identificationModule": {"nctId": "\x1b[31mNCT"}}})
    with pytest.raises(NoIdentifier) as caught:
        read(Received("x", record.encode()))
    assert "\x1b" not in str(caught.value)


def test_invalid_utf8() -> None:
    with pytest.raises(WrongEncoding, match="0xff at offset 30"):
        read(Received("x", FORMS[0][:30] + b"\xff" + FORMS[0][31:]))


def test_words_of_any_length_are_not_looked_up() -> None:
    record = v2(
        designModule={"phases": ["P" * 10_000], "studyType": "S" * 10_000},
        statusModule={"overallStatus": "R" * 10_000, "startDateStruct": {"date": "2" * 10_000}},
        eligibilityModule={"minimumAge": "1" * 10_000},
    )
    body = only(record)
    for name in ("phase", "study_type", "overall_status", "start_date", "minimum_age"):
        assert getattr(body, name).missingness is Missingness.UNREADABLE


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["NCT99990001", "PHASE1", "2031-02", "18 Years", "OG000", "NA"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3)
    ),
    max_leaves=6,
)


def places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(item, dict):
        for key, part in item.items():
            found += places(part, (*path, key))
    elif isinstance(item, list):
        for index, part in enumerate(item):
            found += places(part, (*path, index))
    return found


PLACES = [places(record) for record in RECORDS]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_anything_may_stand_anywhere(outcome: Outcome, data: st.DataObject) -> None:
    form = data.draw(st.integers(0, len(RECORDS) - 1))
    record = json.loads(json.dumps(RECORDS[form]))
    for path in data.draw(st.lists(st.sampled_from(PLACES[form][1:]), min_size=1, max_size=3)):
        place = record
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = data.draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    drafts, problems = outcome(Received("x", json.dumps(record).encode()))
    assert len(drafts) + len(problems) == 1  # the one record, or why it is none
    assert all(draft.identifier.startswith("NCT") for draft in drafts)


@settings(max_examples=300, deadline=None)
@given(
    data=st.sampled_from(FORMS),
    edits=st.lists(
        st.tuples(
            st.integers(0, 20_000),
            st.integers(0, 40),
            st.binary(max_size=6) | st.sampled_from([b"{", b"]", b'"', b",", b"\n", b"null"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_bytes_may_be_lost_or_changed(
    outcome: Outcome, data: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    for at, lost, new in edits:
        at %= len(data)
        data = data[:at] + new + data[at + lost :] or b"x"
    drafts, problems = outcome(Received("x", data))
    assert len(drafts) + len(problems) >= 1
    assert all(draft.identifier.startswith("NCT") for draft in drafts)
