"""Cells and dates: reading without losing the place, calendars, spreadsheets' damage."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import PartialDate
from trialweave.sources.who.dates import damaged_phase, from_jalali, read_date, to_jalali
from trialweave.sources.who.text import Cell, clean, unmangled


@pytest.mark.parametrize(
    ("raw", "escape", "content"),
    [
        ("a<br>b<br/ >c_x000D_\nd", "", "a\nb\nc\nd"),
        ("SpO2 &amp;#8804; 93% &lt;br&gt; cough", "xml", "SpO2 ≤ 93%\ncough"),
        ('the ""young"" ones', "csv", 'the "young" ones'),
        ("one\rtwo\u2028three\r\nfour", "", "one\ntwo\nthree\nfour"),
        ("age <18 and >5", "", "age <18 and >5"),
        ("padded" + " " * 2000 + "title", "", "padded title"),
        ("<![CDATA[a &lt; b]]> &amp; c<!-- no -->", "xml", "a < b & c"),
        ("Dise√±o ¬Æ ‚â• 5", "", "Diseño ® ≥ 5"),
        ("Kangarooâ„¢ Ã©tude â‰¥ 3", "", "Kangaroo™ étude ≥ 3"),
        ("É” and Ångström, naïve", "", "É” and Ångström, naïve"),
    ],
)
def test_text_for_reading(raw: str, escape: str, content: str) -> None:
    assert Cell(raw, 0, escape).read() == content  # type: ignore[arg-type]


@given(
    st.lists(
        st.sampled_from(
            [
                *("a", " ", "\n", "\r", "\u2028", "<br>", "&lt;br&gt;", "&amp;#8805;", "&#8805;"),
                *("_x000D_", '""', "<", ">", "&", ";", "é", "<![CDATA[", "]]>", "<!--", "-->"),
            ]
        )
    ).map("".join),
    st.sampled_from(["", "csv", "xml"]),
)
def test_flat_text_keeps_every_place(raw: str, escape: str) -> None:
    cell = Cell(raw, 5, escape)  # type: ignore[arg-type]
    assert len(cell.flat()) == len(raw)
    for part in cell.split(re.compile(";")):
        assert raw[part.start - 5 :].startswith(part.raw)
        assert part.raw == part.raw.strip()


@pytest.mark.parametrize("sign", ["&gt;", "&#8805;", "&amp;#8805;", "&amp;gt;"])
def test_a_part_never_ends_inside_an_escape(sign: str) -> None:
    cell = Cell(f"a {sign}; {sign} b{sign}  ", 0, "xml")
    parts = [part.raw for part in cell.split(re.compile(";"))]
    assert parts == [f"a {sign}", f"{sign} b{sign}"]


@given(st.text())
def test_cleaning_ends(text: str) -> None:
    assert clean(clean(text)) == clean(clean(clean(text)))
    assert unmangled(text) is not None


@pytest.mark.parametrize("table", ["mac_roman", "cp1252"])
def test_mangled_text_is_repaired(table: str) -> None:
    text = "años – “µ ≥"
    assert unmangled(text.encode().decode(table)) == text


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("27/01/2020", (2020, 1, 27)),
        ("2020-02-17", (2020, 2, 17)),
        ("2020/02/17", (2020, 2, 17)),
        ("January 25, 2020", (2020, 1, 25)),
        ("June 2020", (2020, 6)),
        ("3 February 2020", (2020, 2, 3)),
        ("Aug. 06, 2019", (2019, 8, 6)),
        ("01-Jun-2020", (2020, 6, 1)),
        ("20200127", (2020, 1, 27)),
        ("2020-06-01 00:00:00", (2020, 6, 1)),
        ("1399/02/14", (2020, 5, 3)),
        ("1399-12-30", (2021, 3, 20)),
    ],
)
def test_dates(text: str, date: tuple[int, ...]) -> None:
    found = read_date(text)
    assert found.date == PartialDate(*date)
    assert not found.reason


@pytest.mark.parametrize(
    "text", ["", "31/02/2020", "1398-12-30", "4/7/2020 10:40:56 AM", "1399", "soon", "9" * 500]
)
def test_unreadable_dates(text: str) -> None:
    assert read_date(text).date is None


def test_a_date_converted_twice_is_kept_and_told() -> None:
    found = read_date("2641-06-14")
    assert found.date == PartialDate(2641, 6, 14)
    assert found.suggested == "2020-03-24"
    assert "621" in found.reason
    assert read_date("2150-01-01").reason
    assert not read_date("2150-01-01").suggested


@pytest.mark.parametrize(
    ("persian", "gregorian"),
    [  # Iranian new years and ends of leap years, as the calendar authority announced them
        ((1400, 1, 1), (2021, 3, 21)),
        ((1403, 1, 1), (2024, 3, 20)),
        ((1403, 12, 30), (2025, 3, 20)),
        ((1404, 1, 1), (2025, 3, 21)),
        ((1357, 11, 22), (1979, 2, 11)),
    ],
)
def test_persian_calendar(persian: tuple[int, int, int], gregorian: tuple[int, int, int]) -> None:
    assert from_jalali(*persian) == dt.date(*gregorian)
    assert to_jalali(dt.date(*gregorian)) == persian


@given(st.dates(dt.date(1000, 1, 1), dt.date(3700, 1, 1)))
def test_persian_calendar_there_and_back(date: dt.date) -> None:
    assert from_jalali(*to_jalali(date)) == date


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("2020-02-01 00:00:00", "1-2"),
        ("2020-03-02", "2-3"),
        ("2-Mar", "2-3"),
        ("1-Feb-20", "1-2"),
        ("Feb-01", "1-2"),
        ("43892", "2-3"),
        ("3/2/2020", "2-3"),
        ("2020-06-01", None),
        ("2-3", None),
        ("", None),
    ],
)
def test_phase_that_became_a_date(text: str, phase: str | None) -> None:
    assert damaged_phase(text) == phase
