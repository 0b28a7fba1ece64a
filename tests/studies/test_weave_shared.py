"""The five pages and the registry records behind them, read and woven for real."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest

from trialweave.model import Finding, Received, Record
from trialweave.records import admit
from trialweave.results import read_findings
from trialweave.sources import read
from trialweave.studies import Weave, weave

pytestmark = pytest.mark.shared
_RECEIVED = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


@cache
def _records(path: Path) -> tuple[Record, ...]:
    received = Received(path.name, path.read_bytes())
    return admit(read(received), {}, received, _RECEIVED)


def _weave(*paths: Path) -> tuple[Weave, dict[str, Record]]:
    records = [record for path in paths for record in _records(path)]
    findings: dict[str, list[Finding]] = {
        record.record_id: list(read_findings(record)) for record in records
    }
    return weave(records, findings), {record.record_id: record for record in records}


def _by_source(records: dict[str, Record], source: str) -> str:
    return next(name for name, record in records.items() if record.source == source)


def test_five_pages_make_four_studies(shared: Path) -> None:
    woven, records = _weave(*sorted((shared / "seeds").glob("*.txt")))
    news, portal = _by_source(records, "news"), _by_source(records, "ctv")
    assert {frozenset(study.record_ids) for study in woven.studies} == {
        frozenset((news, portal)),
        frozenset((_by_source(records, "medpath"),)),
        frozenset((_by_source(records, "covidresearchtrials"),)),
        frozenset((_by_source(records, "summary"),)),
    }
    (link,) = woven.links
    assert {link.record_a, link.record_b} == {news, portal}
    assert link.kind == "probable"
    signals = {signal.name: signal for signal in link.signals}
    assert {"product", "condition", "severity", "phase", "masking"} <= set(signals)
    assert "14 + 15 = 29" in signals["enrolment"].evidence
    assert signals["enrolment"].passage_a is not None
    assert signals["enrolment"].passage_b is not None
    # The five-patient series has no registration: it goes by its DOI.
    assert sorted(study.study_id[:3] for study in woven.studies) == ["10.", "IRC", "NCT", "NCT"]


def test_among_917_registrations_nothing_else_is_joined(shared: Path) -> None:
    seeds = sorted((shared / "seeds").glob("*.txt"))
    woven, records = _weave(*seeds, shared / "data/registries/ctgov_msc_studyfields/msc.jsonl")
    joined = [study for study in woven.studies if len(study.record_ids) > 1]
    assert len(woven.studies) == len(records) - 3
    news = next(study for study in joined if _by_source(records, "news") in study.record_ids)
    assert news.study_id == records[_by_source(records, "ctv")].identifier
    assert len(news.record_ids) == 3
    link = next(
        each
        for each in woven.links
        if {each.record_a, each.record_b} == {f"ctgov:{news.study_id}", _by_source(records, "news")}
    )
    assert link.kind == "probable"
    told = {signal.name: signal.evidence for signal in link.signals}
    assert "IR" in told["country"]
    assert "derived" in told["reference"]
    # One for each record of the registration, and none of any other of the 917.
    assert sum(each.kind == "probable" for each in woven.links) == 2
