"""Dates as precise as they were stated."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import PartialDate, parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020", (2020, 0, 0)),
        ("2020-06", (2020, 6, 0)),
        ("2020-06-30", (2020, 6, 30)),
        ("2020/6/3", (2020, 6, 3)),
        ("20200630", (2020, 6, 30)),
        ("2020-06-30T12:30:00.000Z", (2020, 6, 30)),
        ("2020-06-30 12:30", (2020, 6, 30)),
        ("30/06/2020", (2020, 6, 30)),
        ("30.6.2020", (2020, 6, 30)),
        ("30-06-2020", (2020, 6, 30)),
        ("04/05/2020", (2020, 5, 4)),
        ("June 2020", (2020, 6, 0)),
        ("Sept. 2020", (2020, 9, 0)),
        ("June 8, 2020", (2020, 6, 8)),
        ("June 08 2020", (2020, 6, 8)),
        ("June 1st, 2020", (2020, 6, 1)),
        ("8 June 2020", (2020, 6, 8)),
        ("3rd Feb. 2020", (2020, 2, 3)),
        ("8-Jun-2020", (2020, 6, 8)),
        ("2020 Jun", (2020, 6, 0)),
        ("2020 Jun 8", (2020, 6, 8)),
        (" MAY 2020\n", (2020, 5, 0)),
        ("29 February 2020", (2020, 2, 29)),
        ("2020-06-00", (2020, 6, 0)),
        ("2641-06-14", (2641, 6, 14)),
    ],
)
def test_dates_that_can_be_read(text: str, expected: tuple[int, int, int]) -> None:
    assert parse_date(text) == PartialDate(*expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "N/A",
        "06/30/2020",  # month first: never swapped
        "2020-13",
        "2020-06-31",
        "29 February 2021",
        "June 31, 2020",
        "Juno 2020",
        "1399/02/14",  # another calendar
        "۱۳۹۹/۰۲/۱۴",
        "٢٠٢٠-٠٦",
        "2020-06/30",
        "20/06",
        "June",
        "6/20",
        "2020 10:30",
        "20200631",
        "12345678",
        "June 2020 or later",
        "2020-06-30T12:30" + "0" * 1000,
        "0000-00-00",
        "2020-00-05",
    ],
)
def test_dates_that_cannot(text: str) -> None:
    assert parse_date(text) is None


def test_precision_is_kept_and_never_imputed() -> None:
    month = PartialDate(2020, 2)
    assert month.precision == "month"
    assert str(month) == "2020-02"
    assert (month.earliest, month.latest) == (dt.date(2020, 2, 1), dt.date(2020, 2, 29))
    year = PartialDate(2021)
    assert (year.precision, str(year)) == ("year", "2021")
    assert (year.earliest, year.latest) == (dt.date(2021, 1, 1), dt.date(2021, 12, 31))
    day = PartialDate(2021, 3, 4)
    assert day.precision == "day"
    assert day.earliest == day.latest == dt.date(2021, 3, 4)
    assert year < PartialDate(2021, 1) < day


@pytest.mark.parametrize(
    "parts", [(0,), (10_000,), (2020, 13), (2020, -1), (2020, 0, 1), (2021, 2, 29), (2020, 6, 31)]
)
def test_impossible_dates_cannot_be_made(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        PartialDate(*parts)


@given(st.dates(min_value=dt.date(1900, 1, 1)))
def test_every_day_is_read_in_every_way_of_writing(day: dt.date) -> None:
    expected = PartialDate(day.year, day.month, day.day)
    for written in (
        *(day.isoformat(), day.strftime("%Y/%m/%d"), day.strftime("%d/%m/%Y")),
        *(day.strftime("%B %d, %Y"), day.strftime("%d %b %Y"), day.strftime("%Y %b %d")),
    ):
        year = f"{day.year:04d}"
        assert parse_date(written.replace(str(day.year), year)) == expected
    assert parse_date(str(PartialDate(day.year, day.month))) == PartialDate(day.year, day.month)
    assert parse_date(str(expected)) == expected


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or found.earliest <= found.latest
