"""Words that are quoted are found where they stand, in records of every kind, and nowhere else."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from trialweave.model import Received, Record
from trialweave.records.concepts import leaves
from trialweave.records.passages import locate
from trialweave.records.quoting import quoted, span_of
from trialweave.records.versions import harmonised
from trialweave.sources import read_all

FIXTURES = Path(__file__).parents[1] / "fixtures"


def first(name: str) -> tuple[Received, Record]:
    received = Received(name, (FIXTURES / name).read_bytes())
    drafts = read_all(received).drafts[:1]
    return received, next(iter(harmonised(drafts, received, dt.datetime.now(dt.UTC))))


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("ctgov/v2.json", False),  # a line break is written \\n there
        ("europe/euctr.json", True),
        ("literature/medline.nbib", True),
        ("literature/jats.xml", False),  # words that markup parts are found with the markup
        ("pages/news_plain.txt", True),
        ("tables/ctgov_present.csv", True),
        ("tables/portal.xlsx", False),  # a cell is found as a whole
    ],
)
def test_what_a_record_says_is_found_in_it(name: str, exact: bool) -> None:
    received, record = first(name)
    tried = 0
    for leaf in leaves(record):
        said = leaf.value.raw if leaf.value.raw is not None else leaf.value.content
        if not isinstance(said, str) or leaf.value.passage is None or len(said.split()) < 5:
            continue
        quote = "  ".join(said.split()[1:5])
        passage = quoted(received, record, quote)
        assert passage is not None, leaf.address
        match = locate(received, record, passage).match
        tried += 1
        if exact:
            assert match.split() == quote.split()
    assert tried
    assert quoted(received, record, "words that nobody ever wrote here") is None
    assert quoted(received, record, " \n ") is None


def test_blanks_alone_may_differ() -> None:
    text = "At day 28,\n   3 of\t20 died; 13 of 20 lived."
    assert span_of(text, "3  of 20") == (14, 21)
    assert span_of(text, "3 of 20 lived") is None  # thirteen did
    assert span_of("13 of 20.5", "13 of 20") is None
    assert span_of("0.13 of 20", "13 of 20") is None
    assert span_of("of 13 of 20.", "13 of 20") == (3, 11)
    assert span_of(text, "3 OF 20") is None
    assert span_of(text, "3of 20") is None


def test_hostile_text_takes_linear_time() -> None:
    start = time.process_time()
    assert span_of("a " * 500_000, "a b") is None
    assert span_of("a" + " " * 500_000, "a b") is None
    assert time.process_time() - start < 2
