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

_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:[T ]\d{2}:\d{2}.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_MONTH_NAMED = re.compile(r"([A-Za-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})")
_DAY_MONTH_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})")


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

    Understood: ``2020-06``, ``2020-06-30``, ``2020/06/30``, ``20200630``, ``30/06/2020`` (day
    first, and never where day and month could be swapped: see below), ``June 2020``,
    ``June 30, 2020``, ``30 June 2020``, ``2020``, and ISO timestamps. ``04/05/2020`` is read day
    first, as the WHO's data set and the EU do; a month over 12 makes it unreadable, not swapped.
    """
    text = text.strip()
    try:
        if match := _ISO.fullmatch(text):
            year, month, day = match.groups()
            return PartialDate(int(year), int(month or 0), int(day or 0))
        if match := _COMPACT.fullmatch(text):
            year, month, day = match.groups()
            return PartialDate(int(year), int(month), int(day))
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year = match.groups()
            return PartialDate(int(year), int(month), int(day))
        if match := _MONTH_NAMED.fullmatch(text):
            name, day, year = match.groups()
            if number := _MONTHS.get(name.casefold()):
                return PartialDate(int(year), number, int(day or 0))
        if match := _DAY_MONTH_NAMED.fullmatch(text):
            day, name, year = match.groups()
            if number := _MONTHS.get(name.casefold()):
                return PartialDate(int(year), number, int(day))
    except ValueError:
        return None
    return None
