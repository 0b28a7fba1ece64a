"""What holds for every text: places, coverage, no exception, bounded work."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.protocol.criteria import read_criteria, read_criterion
from trialweave.protocol.criteria.concepts import concepts
from trialweave.protocol.criteria.parse import LONGEST
from trialweave.protocol.criteria.text import plain
from trialweave.protocol.criteria.tree import Compare, Criterion, Event, Opaque, leaves

PIECES = [
    "ALT", "AST", "platelets", "age", "SpO2", "NYHA class", "ECOG", "Child-Pugh", "pregnant", "men",
    ">", "≥", "<=", "=", "less than", "at least", "between", "and", "or", "if", ",", ";", ".", "(",
    ")", "18", "3.5", "1,500", "50.000", "x 109/L", "x ULN", "mg/dL", "years", "months", "%", "III",
    "A", "within", "the past", "prior to", "for at least", "history of stroke", "no", "İ", "％",
    "\n- ", "1. ", "Inclusion Criteria:", "Exclusion Criteria:", "donor", "10^9", "−2", "½", "³ 18",
    "\u202e", "\x00", "\U0001f600", "at least two of the following:", "unless", "160/100 mmHg",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join) | st.text(max_size=120)
SECTIONS = st.sampled_from(["", "inclusion", "exclusion"])


@settings(max_examples=100, deadline=None)
@given(TEXTS, SECTIONS)
def test_every_character_is_in_a_leaf(text: str, section: str) -> None:
    """The leaves of a criterion cover it, and stand within it."""
    criterion = read_criterion(text, section=section, whole=text)
    covered = bytearray(len(text))
    for leaf in leaves(criterion.tree):
        assert 0 <= leaf.start <= leaf.end <= len(text)
        covered[leaf.start : leaf.end] = b"\x01" * (leaf.end - leaf.start)
        if isinstance(leaf, Opaque):
            assert leaf.text == text[leaf.start : leaf.end]
        if isinstance(leaf, Compare):
            assert leaf.operator in (">", ">=", "<", "<=", "=", "between")
            assert (leaf.high is None) == (leaf.operator != "between")
    assert all(covered)


@settings(max_examples=100, deadline=None)
@given(TEXTS, SECTIONS)
def test_items_stand_where_they_say(text: str, section: str) -> None:
    """Items are in order, do not overlap, and their places are of the text given."""
    at = 0
    for number, one in enumerate(read_criteria(text, section=section)):
        assert one.number == number
        assert one.start >= at
        assert text[one.start : one.end] == one.text
        assert one.group < number
        at = one.end
        for leaf in leaves(one.tree):
            assert one.start <= leaf.start <= leaf.end <= one.end
        for flag in one.flags:
            assert one.start <= flag.start <= flag.end <= one.end


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_plain_keeps_places(text: str) -> None:
    """Plain text is as long as the text."""
    assert len(plain(text)) == len(text)


def test_criteria_are_data() -> None:
    """They are written to JSON and read back."""
    for one in read_criteria("Inclusion Criteria:\n- ALT > 3 x ULN or stroke within 3 months"):
        assert msgspec.json.decode(msgspec.json.encode(one), type=Criterion) == one


@pytest.mark.parametrize(
    "text",
    [
        "ALT > 3 x ULN, " * 6_700, "1" * 100_000, "1 " * 50_000, "age of " * 14_000,
        "within 6 months " * 6_000, "(" * 50_000 + ")" * 50_000, "less than or equal to " * 4_500,
        "NYHA class I or " * 6_000, "upper limit of " * 6_600, "1-2-3-4-" * 12_000, " " * 100_000,
        "in the past week " * 6_000, "\n" * 100_000, "a, b or c within 3 d; " * 4_500,
    ],
)  # fmt: skip
def test_long_texts_take_bounded_time(text: str) -> None:
    """100,000 characters of anything, far below a second on any machine."""
    begun = time.process_time()
    read_criteria(text, section="inclusion")
    read_criterion(text, section="exclusion")
    assert time.process_time() - begun < 3


def test_long_criterion_is_cut_and_flagged() -> None:
    """What stands behind the limit is kept as text."""
    text = "Age > 20 years " + "and so on " * 3_000
    criterion = read_criterion(text)
    assert [flag.name for flag in criterion.flags] == ["truncated"]
    assert max(leaf.end for leaf in leaves(criterion.tree)) == len(text) > LONGEST


def test_many_and_deep() -> None:
    """5,000 criteria, and lists 50 deep."""
    assert len(read_criteria("Inclusion Criteria:\n" + "- Age > 20 years\n" * 5_000)) == 5_000
    deep = "\n".join(" " * i + f"- level {i}:" for i in range(50)) + "\n" + " " * 50 + "- Sepsis"
    found = read_criteria(deep)
    assert len(found) == 51
    assert found[-1].group == 49


def test_table_of_concepts() -> None:
    """Names are unique, ranges are in order, kinds are known."""
    kinds = {
        "demographic", "lab", "vital", "score", "anthropometric", "prognosis", "duration",
        "support", "imaging", "exposure", "reproductive",
    }  # fmt: skip
    seen: dict[str, str] = {}
    for name, each in concepts().items():
        assert each.kind in kinds, name
        assert each.low <= each.high, name
        for synonym in each.synonyms:
            assert seen.setdefault(synonym, name) == name, synonym
    assert len(concepts()) >= 250


@pytest.mark.shared
def test_gold_spans(shared: Path) -> None:
    """On real criteria no comparison stands outside its criterion, and damage is never silent."""
    for file in sorted((shared / "data/eligibility/gold/shared/eligibility").glob("*.json")):
        text = json.loads(file.read_text("utf-8"))["text"]
        for one in read_criteria(text):
            for leaf in leaves(one.tree):
                assert one.start <= leaf.start <= leaf.end <= one.end
                if isinstance(leaf, Compare) and "operator_repaired" in leaf.flags:
                    assert any(flag.name == "operator_repaired" for flag in one.flags)
                if isinstance(leaf, Event):
                    assert leaf.concept
