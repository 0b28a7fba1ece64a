"""What is a new version, what is not, and which version speaks."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import Draft, PartialDate, Publication, Received, Record, Trial, stated
from trialweave.records import versions
from trialweave.records.versions import admit, current, digest_of

AT = dt.datetime(2021, 3, 4, tzinfo=dt.UTC)


def document(*contents: str) -> tuple[Received, list[Draft]]:
    """A file of one JSON record a line, ``id text``, and the drafts of it."""
    data, drafts = b"", []
    for content in contents:
        identifier, text = content.split(" ", 1)
        own = json.dumps({"id": identifier, "text": text}).encode()
        body = Trial(brief_summary=stated(text, "s.text/1", path="text"))
        drafts.append(Draft("s", identifier, body, len(data), len(data) + len(own)))
        data += own + b"\n"
    return Received("records.jsonl", data), drafts


def held(records: tuple[Record, ...]) -> dict[str, list[tuple[int, str]]]:
    index: dict[str, list[tuple[int, str]]] = {}
    for record in records:
        index.setdefault(record.record_id, []).append((record.version, record.digest))
    return index


def test_a_draft_becomes_a_record() -> None:
    received, drafts = document("A first")
    (record,) = admit(drafts, {}, received, AT)
    own = received.data[drafts[0].start : drafts[0].end]
    assert own == b'{"id": "A", "text": "first"}'
    assert record.record_id == "s:A"
    assert (record.version, record.kind, record.name) == (1, "trial", "records.jsonl")
    assert record.digest == hashlib.sha256(b'{"id":"A","text":"first"}').hexdigest()
    assert (record.sha256, record.start, record.end) == (received.sha256, 0, len(own))
    assert record.received_at == AT
    assert record.trial is not None
    assert record.trial.brief_summary.content == "first"
    assert record.publication is None


def test_the_same_bytes_are_no_new_version() -> None:
    received, drafts = document("A first", "B one")
    first = admit(drafts, {}, received, AT)
    assert admit(drafts, held(first), received, AT) == ()


def test_a_neighbour_that_changes_does_not_change_a_record() -> None:
    received, drafts = document("A first", "B one")
    first = admit(drafts, {}, received, AT)
    received, drafts = document("B a much longer text", "A first", "C new")
    second = admit(drafts, held(first), received, AT)
    assert [(r.record_id, r.version) for r in second] == [("s:B", 2), ("s:C", 1)]


def test_versions_count_on_from_the_highest_held() -> None:
    received, drafts = document("A third")
    existing = {"s:A": [(7, "x"), (3, "y")], "other:A": [(9, "z")]}
    assert [r.version for r in admit(drafts, existing, received, AT)] == [8]


def test_repetitions_inside_one_document() -> None:
    received, drafts = document("A first", "A first", "A second", "B one", "A first")
    records = admit(drafts, {}, received, AT)
    assert [(r.record_id, r.version) for r in records] == [("s:A", 1), ("s:A", 2), ("s:B", 1)]
    assert admit(drafts, held(records), received, AT) == ()


def test_enrichment_reads_the_text_of_pages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def enrich(body: Any, text: str) -> Any:
        texts.append(text)
        return Publication(title=stated("enriched", "e/1")) if text else body

    monkeypatch.setattr(versions, "enrich", enrich)
    page = Received("page.txt", "\ufeff[link] a {page}".encode())
    drafts = [Draft("page", "P", Publication(), 0, len(page.data), PartialDate(2021))]
    (record,) = admit(drafts, {}, page, AT)
    assert texts == ["[link] a {page}"]
    assert (record.kind, record.trial, record.title) == ("publication", None, "enriched")
    assert record.stated == PartialDate(2021)
    one = Received("one.json", b'\xef\xbb\xbf {"id": 1}\n')
    admit([Draft("s", "1", Trial(), 0, len(one.data))], {}, one, AT)
    received, drafts = document("A first", "B one")
    admit(drafts, {}, received, AT)
    article = Received("one.json", b'\xef\xbb\xbf {"id": 1}\n')
    admit([Draft("s", "1", Publication(), 0, len(article.data))], {}, article, AT)
    assert texts[1:] == [""]  # an article in JSON has no running text, a trial needs none


@pytest.mark.parametrize(
    "other",
    [
        b'{"id":"A","text":"first line\\nsecond"}',
        b'{\n  "id": "A",\r\n\t"text": "first line\\n\\r\\nsecond"\n}',
        b'{"id":"A","text":"first line second"}',
    ],
)
def test_white_space_is_no_change(other: bytes) -> None:
    assert digest_of("s", other) == digest_of("s", b'{"id":"A","text":"first line\\n second"}')
    assert digest_of("s", other) != digest_of("s", b'{"id":"A","text":"first line\\n third"}')


def test_what_a_source_counts_up_by_itself_is_no_change() -> None:
    first = b'{"protocolSection":{"a":1},"derivedSection":{"versionHolder":"2026-01-01"}}'
    second = first.replace(b"2026-01-01", b"2026-02-02")
    assert digest_of("ctgov", first) == digest_of("ctgov", second)
    assert digest_of("other", first) != digest_of("other", second)
    assert digest_of("ctgov", first) != digest_of("ctgov", first.replace(b'"a":1', b'"a":2'))


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (0, 0), (3, 2), (0, 10**6)])
def test_a_draft_outside_its_document_is_an_error_of_the_program(start: int, end: int) -> None:
    received, _ = document("A first")
    with pytest.raises(ValueError, match="outside its document"):
        admit([Draft("s", "A", Trial(), start, end)], {}, received, AT)


def test_a_time_without_zone_is_an_error_of_the_program() -> None:
    received, drafts = document("A first")
    with pytest.raises(ValueError, match="time zone"):
        admit(drafts, {}, received, dt.datetime(2021, 3, 4))  # noqa: DTZ001


def version(number: int, last_change: PartialDate | None, record_id: str = "s:A") -> Record:
    return Record(record_id, number, "s", "A", "trial", "", "", 0, 1, "f", AT, last_change)


@pytest.mark.parametrize(
    ("stated_dates", "speaks"),
    [
        ([None, None], 2),
        ([PartialDate(2021, 5), PartialDate(2021, 4, 30)], 1),
        ([PartialDate(2021, 5), PartialDate(2021, 5)], 2),
        ([PartialDate(2021, 5, 2), PartialDate(2021, 5)], 1),
        ([PartialDate(2021, 5, 1), PartialDate(2021, 5)], 2),  # may be the same day: the later one
        ([PartialDate(2021), None], 1),
        ([None, PartialDate(2021)], 2),
        ([PartialDate(2021), PartialDate(2022), None], 2),
    ],
)
def test_the_latest_stated_version_speaks(
    stated_dates: list[PartialDate | None], speaks: int
) -> None:
    records = [version(number + 1, date) for number, date in enumerate(stated_dates)]
    assert [r.version for r in current(records)] == [speaks]
    assert [r.version for r in current(reversed(records))] == [speaks]


@given(st.permutations(range(6)))
def test_one_version_a_record_in_the_order_of_mention(order: list[int]) -> None:
    records = [version(n // 2 + 1, None, f"s:{n % 2}") for n in range(6)]
    shuffled = [records[n] for n in order]
    chosen = current(shuffled)
    assert [r.version for r in chosen] == [3, 3]
    assert [r.record_id for r in chosen] == list(dict.fromkeys(r.record_id for r in shuffled))
