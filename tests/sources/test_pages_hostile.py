"""Damaged pages: typed errors, right spans, and time in step with length."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, WrongEncoding
from trialweave.model import Draft, Received
from trialweave.sources.pages import SOURCES, _article, _words, phases
from trialweave.sources.pages._lines import Line, collapse
from trialweave.sources.pages._marks import kind_of
from trialweave.sources.who import text as who_text

PAGES = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "pages").glob("*.txt"))
TEXTS = [path.read_text("utf-8") for path in PAGES]
BITS = (
    *("\n", "\r\n", "\t", " ", "\u200f", "|", "=", "(", ")", ": ", ";", "•", "0", "9" * 30),
    *("NCT00000000", "10.1/x", "Phase 2", "Time:", "Drug: ", "Not available", "Status", "۱۲"),
)


def page_text(stem: str) -> str:
    """The text of one invented page."""
    return next(path for path in PAGES if path.stem == stem).read_text("utf-8")


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A page cut short, with pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(0, 4))):
        a = draw(st.integers(0, len(text)))
        b = min(len(text), a + draw(st.integers(0, 120)))
        piece = draw(st.sampled_from((*BITS, text[a:b] * 2, "")))
        text = text[:a] + piece + text[b:]
    if draw(st.booleans()):
        text = text[: draw(st.integers(0, len(text)))]
    return text


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(text=page_text("veeva_observational").replace("(No funding)", "()"))
@example(text=page_text("summary_vancouver").replace("2031;7", "0000;7"))
@example(text=page_text("medpath_sparse").split("6 weeks")[0])
@given(text=damaged())
def test_damaged_pages(text: str, assert_spans: Callable[[str, Any], int]) -> None:
    received = Received("damaged.txt", text.encode("utf-8", "surrogatepass"))
    assert sum(source.recognise(received) for source in SOURCES) <= 1
    for source in SOURCES:  # read by each, recognised or not
        drafts: tuple[Draft, ...] = ()
        with contextlib.suppress(InputError):
            drafts = tuple(source.read(received))
        for draft in drafts:
            assert draft.identifier
            assert 0 <= draft.start < draft.end <= len(received.data)
            assert_spans(received.text, draft.body)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_page_is_of_one_kind(path: Path) -> None:
    kind = kind_of(Received("x", path.read_bytes()))
    stems = {
        "veeva": "ctv",
        "medpath": "medpath",
        "terms": "covidresearchtrials",
        "news": "news",
        "summary": "summary",
    }
    assert kind == stems[path.stem.split("_")[0]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Methods\n\nResults\n\nConclusion\n\nReferences\n\n1. Some article.",
        '{"Lead Sponsor": "MedPath", "Registration Number": 1, "Study Type": "Status"}',
        "We registered the trial at ClinicalTrials.Veeva. Status and phase: unknown.",
        "Background\n\nMethods\n\nConclusion\n\nStudy Objective",
    ],
)
def test_other_texts_are_of_no_kind(text: str) -> None:
    assert kind_of(Received("x", text.encode())) is None


def test_wrong_encoding_is_named(page: Callable[[str], Received]) -> None:
    broken = Received("bad.txt", page("veeva_recruiting").data.replace(b"Lake", b"L\xffke"))
    source = next(source for source in SOURCES if source.recognise(broken))
    with pytest.raises(WrongEncoding, match=r"bad\.txt"):
        tuple(source.read(broken))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_time_grows_with_length_only(path: Path) -> None:
    text = path.read_text("utf-8")
    middle = text.index("\n", len(text) // 2)
    for filler in (
        " ",
        "(",
        "Time:",
        "Drug: ",
        "a, ",
        "; ",
        "Phase 1/",
        "\n",
        "Bee, A., ",
        "Methods: ",
    ):
        long = text[:middle] + "\n" + filler * (60_000 // len(filler)) + text[middle:]
        received = Received(path.name, long.encode())
        began = time.perf_counter()
        for source in SOURCES:
            if source.recognise(received):
                with contextlib.suppress(InputError):
                    tuple(source.read(received))
        assert time.perf_counter() - began < 2.0, filler


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (_article._BETWEEN, "A" + " " * 100_000 + "B"),  # the square took half a minute
        (phases._PHASE, "phase" + " " * 100_000 + "B"),
        (who_text._COMMENT, "<!--" * 25_000),
    ],
)
def test_long_runs_take_linear_time(pattern: re.Pattern[str], text: str) -> None:
    started = time.process_time()
    assert len(list(pattern.finditer(text))) <= 1
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("84 participants in 2 patient groups", 84),
        ("12 500 patients", 12_500),
        ("1,200", 1200),
        ("1.500 participants", None),  # a thousand and a half, or one and a half
        ("10 to 20 participants", None),
        ("none", None),
    ],
)
def test_a_count_is_of_people_and_one(text: str, count: int | None) -> None:
    assert _words.count(text) == count


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Double-blind", "double"),
        ("None (Open label)", "none"),
        ("Single group, observer-blind", None),
        ("Double dummy", None),
    ],
)
def test_words_that_are_not_of_masking(text: str, level: str | None) -> None:
    assert _words.masking(text) == level


def test_long_lines_are_folded_as_short_ones() -> None:
    text = "Ab \u00a0" * 20_000
    assert collapse(text) == " ".join(text.split())
    assert Line(text, 0, len(text), False).key == " ".join(text.split()).casefold()
    names = _article._BETWEEN.split("Ada North , Bo West and Cy East; and Di South & Ed")
    assert names == ["Ada North", "Bo West", "Cy East", "Di South", "Ed"]
