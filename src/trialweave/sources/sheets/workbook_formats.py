"""What a number in a workbook is shown as: number formats, and dates as far as they are shown.

A spreadsheet keeps a date as a number of days, and only the format tells how much of it was ever
written: "June 2020", typed into a cell, is kept as 43983 and shown by the format ``mmm-yy``. So a
date is read as precisely as its format shows it, and never to the day where no day is shown.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Literal, NamedTuple

__all__ = ["Format", "format_of", "shown"]

# Formats that a workbook names by number alone (ECMA-376, part 1, 18.8.30), as far as they matter
_BUILT_IN = {
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm",
    19: "h:mm:ss",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-m-d"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\[\]]*\]', re.DOTALL)
_RUNS = re.compile(r"y+|m+|d+|h+|s+|a/p|am/pm|e+|b+")
_DIGITS = re.compile(r"0{2,20}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LAST = 2_958_466  # the day after 31 December 9999
_EPOCH = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
_EPOCH_1904 = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)


class Format(NamedTuple):
    """What a number format shows: `date` holds "y", "m", "d" and "t" for the time of day.

    `digits` is how many digits a whole number is filled up to with zeros; `code` the format.
    """

    code: str = ""
    date: frozenset[Literal["y", "m", "d", "t"]] = frozenset()
    digits: int = 0


@functools.lru_cache(512)
def format_of(number: int, code: str = "") -> Format:
    """Read a number format; `code` is "" where the workbook names it by number alone."""
    code = (code or _BUILT_IN.get(number, ""))[:200]
    if not code:
        return Format()
    first = _QUOTED.sub("", code.lower()).partition(";")[0]
    if _DIGITS.fullmatch(first):
        return Format(code, digits=len(first))
    if "general" in first or re.search(r"[0#?]e\+", first):
        return Format(code)
    found: set[Literal["y", "m", "d", "t"]] = set()
    runs = _RUNS.findall(first)
    for place, run in enumerate(runs):
        before = runs[place - 1] if place else ""
        after = runs[place + 1] if place + 1 < len(runs) else ""
        if run[0] in "hsa" or (run[0] == "m" and (before[:1] == "h" or after[:1] == "s")):
            found.add("t")
        elif run[0] in "yeb":
            found.add("y")
        else:
            found.add("m" if run[0] == "m" else "d")
    return Format(code, frozenset(found))


def shown(written: str, form: Format, *, since_1904: bool) -> str:
    """A number as text: a date as precisely as its format shows it, else its digits.

    A whole day is ``2020-06-01 00:00:00``, as tables saved from spreadsheets write it; a month and
    year ``2020-06``; a day without a year ``2-Mar``. Numbers have the 15 digits that spreadsheets
    keep; one that is written in powers of ten stays so, for the digits behind it are lost.
    """
    try:
        number = float(written)
    except ValueError:
        return written
    if form.date & {"y", "m", "d"} and 0 < number < _LAST:
        return _date(number, form, since_1904)
    if form.digits and number.is_integer() and number >= 0:
        return f"{int(number):0{form.digits}d}"
    plain = f"{number:.15g}"
    if "e" in plain and "e" not in written.lower() and len(written) <= 40:
        return written
    return plain.replace("e", "E") if "n" not in plain else written  # no "inf", no "nan"


def _date(number: float, form: Format, since_1904: bool) -> str:
    epoch = _EPOCH_1904 if since_1904 else _EPOCH
    if not since_1904 and number < 60:  # 1900 had no 29 February, which spreadsheets believe
        number += 1
    try:
        at = epoch + dt.timedelta(days=int(number), seconds=round(number % 1 * 86_400))
    except OverflowError:
        return f"{number:.15g}"
    if "y" not in form.date:
        parts = (f"{at.day}" * ("d" in form.date), _MONTHS[at.month - 1] * ("m" in form.date))
        return "-".join(filter(None, parts))
    if "m" not in form.date:
        return f"{at.year:04d}"
    if "d" not in form.date:
        return f"{at.year:04d}-{at.month:02d}"
    return at.strftime("%Y-%m-%d %H:%M:%S") if at.year >= 1000 else f"{number:.15g}"
