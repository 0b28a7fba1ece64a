"""Dates of registers' exports: several shapes in one column, two calendars, spreadsheets' damage.

What is written is kept, and what it should have been is a suggestion beside it, except for the
Persian (Jalali) calendar: a date of IRCT in 1399 can only be of that calendar, so it is converted,
with the text as received beside it. Conversion after K. M. Borkowski, "The Persian calendar for
3000 years", Earth, Moon, and Planets 74 (1996) 223-230, whose table of breaks holds to 3177.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import NamedTuple

from trialweave.model import PartialDate, parse_date

__all__ = [
    "ReadDate",
    "damaged_phase",
    "from_jalali",
    "read_date",
    "to_jalali",
]

_LONGEST = 60  # characters; no date is longer
_BETWEEN = 621  # years from the Persian to the Gregorian count
_FIRST, _LAST = 1900, 2100  # a register's dates lie between these years
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00:00(?:\.0{1,9})?Z?")
_SHORT_MONTH = re.compile(r"(\d{1,2})[-\s]([A-Za-z]{3})[-\s](\d{4})")
_DOTTED_MONTH = re.compile(r"(?<=[A-Za-z])\.(?=\s)")
_JALALI = re.compile(r"(1[34]\d{2})[-/](\d{1,2})[-/](\d{1,2})")

# Years in which the Persian calendar's rhythm of leap years breaks (Borkowski, table 2)
_BREAKS = (
    *(-61, 9, 38, 199, 426, 686, 756, 818, 1111, 1181, 1210, 1635),
    *(2060, 2097, 2192, 2262, 2324, 2394, 2456, 3178),
)


class ReadDate(NamedTuple):
    """What a text says: `date` is None where it cannot be read.

    `calendar` is "jalali" where the date was converted from it. `suggested` is what the record
    should rather say, with the `reason`; "" where nothing is wrong.
    """

    date: PartialDate | None
    calendar: str = ""
    suggested: str = ""
    reason: str = ""
    whole_day: bool = False  # written with the hour 00:00:00, as spreadsheets do


@functools.lru_cache(16384)
def read_date(text: str) -> ReadDate:
    """Read one date, day first where digits could mean either.

    A year or a month of the Persian calendar, without a day, stays unread.
    """
    bare = text.strip()
    if len(bare) > _LONGEST:
        return ReadDate(None)
    if jalali := _JALALI.fullmatch(bare):
        year, month, day = (int(part) for part in jalali.groups())
        date = from_jalali(year, month, day)
        if date is None:
            return ReadDate(None, "jalali")
        return ReadDate(PartialDate(date.year, date.month, date.day), "jalali")
    midnight = _MIDNIGHT.fullmatch(bare)
    if short := _SHORT_MONTH.fullmatch(bare):  # 01-Jun-2020
        bare = " ".join(short.groups())
    date_read = parse_date(midnight[1] if midnight else _DOTTED_MONTH.sub("", bare))
    if date_read is None:
        return ReadDate(None)
    if date_read.year > _LAST:
        return _twice_converted(date_read)
    return ReadDate(date_read, whole_day=midnight is not None)


def _twice_converted(date: PartialDate) -> ReadDate:
    """A Gregorian date that was taken for a Persian one, and converted again."""
    if not _FIRST + _BETWEEN <= date.year <= _LAST + _BETWEEN or not date.day:
        return ReadDate(date, reason=f"the year {date.year} is after {_LAST}")
    year, month, day = to_jalali(date.earliest)
    try:
        suggested = PartialDate(year, month, day)
    except ValueError:  # Persian months have days that Gregorian ones lack
        suggested = PartialDate(year, month)
    return ReadDate(
        date,
        suggested=str(suggested),
        reason=(
            f"the year {date.year} is {_BETWEEN} too late: a Gregorian date seems to have been "
            "converted from the Persian calendar a second time"
        ),
    )


@functools.lru_cache(256)
def _new_year(year: int) -> tuple[int, int]:
    """Where the Persian year begins: the day of March of the Gregorian year `year` + 621; and
    the years since the last leap year."""
    leap, before, jump = -14, _BREAKS[0], 0
    for after in _BREAKS[1:]:
        jump = after - before
        if year < after:
            break
        leap += jump // 33 * 8 + jump % 33 // 4
        before = after
    n = year - before
    leap += n // 33 * 8 + (n % 33 + 3) // 4
    if jump % 33 == 4 and jump - n == 4:
        leap += 1
    gregorian = year + _BETWEEN
    march = 20 + leap - (gregorian // 4 - (gregorian // 100 + 1) * 3 // 4 - 150)
    if jump - n < 6:
        n = n - jump + (jump + 4) // 33 * 33
    since = ((n + 1) % 33 - 1) % 4
    return march, since


def from_jalali(year: int, month: int, day: int) -> dt.date | None:
    """The Gregorian date of a Persian one; None where that calendar has no such day."""
    if not (_BREAKS[0] <= year < _BREAKS[-1] and 1 <= month <= 12 and day >= 1):
        return None
    march, since = _new_year(year)
    longest = 31 if month <= 6 else 30 if month <= 11 or since == 0 else 29
    if day > longest:
        return None
    passed = (month - 1) * 31 - max(month - 7, 0)
    return dt.date(year + _BETWEEN, 3, march) + dt.timedelta(days=passed + day - 1)


def to_jalali(date: dt.date) -> tuple[int, int, int]:
    """The Persian year, month and day of a Gregorian date (years 560 to 3798)."""
    year = date.year - _BETWEEN
    start = dt.date(date.year, 3, _new_year(year)[0])
    if date < start:
        year -= 1
        start = dt.date(date.year - 1, 3, _new_year(year)[0])
    passed = (date - start).days
    if passed < 186:
        return year, passed // 31 + 1, passed % 31 + 1
    passed -= 186
    return year, passed // 30 + 7, passed % 30 + 1


_AS_DATE = re.compile(
    r"\d{4}-(?P<month>\d{2})-(?P<day>\d{2})(?:[T ]00:00:00)?"
    r"|(?P<day2>\d{1,2})[-\s](?P<name>jan|feb|mar|apr)[a-z]{0,6}(?:[-\s]\d{2,4})?"
    r"|(?P<name2>jan|feb|mar|apr)[a-z]{0,6}[-\s](?P<day3>\d{1,2})"
    r"|(?P<first>\d{1,2})/(?P<second>\d{1,2})/\d{2,4}",
    re.IGNORECASE,
)
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4}
_EPOCH = dt.date(1899, 12, 30)  # of spreadsheets' day numbers


@functools.lru_cache(512)
def damaged_phase(text: str) -> str | None:
    """The phase "2-3" that a spreadsheet turned into a date ("2020-03-02", "2-Mar", 43892).

    None where the text is no date of two neighbouring numbers from 1 to 4.
    """
    bare = text.strip()
    if len(bare) > _LONGEST:
        return None
    if re.fullmatch(r"4\d{4}", bare):
        date = _EPOCH + dt.timedelta(days=int(bare))
        numbers = {date.day, date.month}
    elif match := _AS_DATE.fullmatch(bare):
        if match["month"]:
            numbers = {int(match["month"]), int(match["day"])}
        elif match["first"]:
            numbers = {int(match["first"]), int(match["second"])}
        else:
            name = (match["name"] or match["name2"]).lower()
            numbers = {_MONTHS[name], int(match["day2"] or match["day3"])}
    else:
        return None
    low, high = min(numbers), max(numbers)
    return f"{low}-{high}" if low >= 1 and high == low + 1 <= 4 else None
