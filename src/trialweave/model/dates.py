"""Dates as precise as they were stated, and no more."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Literal

import msgspec

__all__ = ["PartialDate", "parse_date"]

_MONTHS = {
    name.casefold(): number
    for number in range(1, 13)
    for name in (calendar.month_name[number], calendar.month_abbr[number])
} | {"sept": 9}

_ISO = re.compile(
    r"(\d{4})(?:([-/])(\d{1,2})(?:\2(\d{1,2})(?:[T ]\d{2}:\d{2}[^\n]*)?)?)?", re.ASCII
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
_MONTH_NAMED = re.compile(
    r"([A-Za-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})", re.ASCII
)
_DAY_MONTH_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})", re.ASCII
)
_YEAR_MONTH_NAMED = re.compile(r"(\d{4})\s+([A-Za-z]{3,9})\.?(?:\s+(\d{1,2}))?", re.ASCII)

# No trial is older. A year before it is one of another calendar: 1399 in Iran is 2020 and 2021.
_FIRST_YEAR = 1900
_LONGEST = 60  # characters of a timestamp


class PartialDate(msgspec.Struct, frozen=True, order=True, gc=False, omit_defaults=True):
    """A Gregorian year, year and month, or day; month and day are 0 where not stated."""

    year: int
    month: int = 0
    day: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError(f"year {self.year} is outside 1..9999")
        if not 0 <= self.month <= 12:
            raise ValueError(f"month {self.month} is outside 1..12")
        if self.day:
            if not self.month:
                raise ValueError("a day needs a month")
            if not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
                raise ValueError(f"{self.year}-{self.month:02d} has no day {self.day}")

    @property
    def precision(self) -> Literal["year", "month", "day"]:
        """How precisely the date was stated."""
        return "day" if self.day else "month" if self.month else "year"

    @property
    def earliest(self) -> dt.date:
        """The first day that the date can mean."""
        return dt.date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> dt.date:
        """The last day that the date can mean."""
        month = self.month or 12
        return dt.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        text = f"{self.year:04d}"
        if self.month:
            text += f"-{self.month:02d}"
        if self.day:
            text += f"-{self.day:02d}"
        return text


def parse_date(text: str) -> PartialDate | None:
    """Read a date as registries and articles write it; None where it cannot be read safely.

    Understood: ``2020-06``, ``2020-06-30``, ``2020/06/30``, ``20200630``, ``30/06/2020``,
    ``June 2020``, ``June 30, 2020``, ``30 June 2020``, ``30-Jun-2020``, ``2020 Jun 30``, ``2020``,
    and ISO timestamps. ``04/05/2020`` is read day first, as the WHO's data set and the EU do; a
    month over 12 makes it unreadable, not swapped. A month or day of 0 is one that is not stated.
    Years before 1900 are unreadable: they are those of another calendar.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    parts = _parts(text)
    if parts is None or parts[0] < _FIRST_YEAR:
        return None
    try:
        return PartialDate(*parts)
    except ValueError:
        return None


def _parts(text: str) -> tuple[int, int, int] | None:
    """Year, month and day as written, of which the last two may be 0."""
    if match := _ISO.fullmatch(text):
        return int(match[1]), int(match[3] or 0), int(match[4] or 0)
    if match := _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DAY_FIRST.fullmatch(text):
        return int(match[4]), int(match[3]), int(match[1])
    if match := _MONTH_NAMED.fullmatch(text):
        name, day, year = match.groups()
    elif match := _DAY_MONTH_NAMED.fullmatch(text):
        day, name, year = match.groups()
    elif match := _YEAR_MONTH_NAMED.fullmatch(text):
        year, name, day = match.groups()
    else:
        return None
    number = _MONTHS.get(name.casefold())
    return (int(year), number, int(day or 0)) if number else None
