"""Lengths of time and small numbers as protocols write them, in days.

A month is 30.4375 days and a year 365.25, the Gregorian mean; what is counted in months or years
is rounded to whole days, since nobody means the fraction.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "NUMBER_WORD",
    "ORDINAL_WORD",
    "UNIT",
    "days_in",
    "folded",
    "length",
    "ordinal",
    "small_number",
]

_TO_TWENTY: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
_TENS: Final = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_CARDINAL: Final = {
    **{word: number for number, word in enumerate(_TO_TWENTY)}, **_TENS,
    "once": 1, "twice": 2, "thrice": 3, "single": 1, "a": 1, "an": 1, "half": 0.5, "both": 2,
}  # fmt: skip
_TO_TWELFTH: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
)  # fmt: skip
_ORDINALS: Final = {word: number for number, word in enumerate(_TO_TWELFTH, 1)}

NUMBER_WORD: Final = "|".join(sorted((*_TO_TWENTY, *_TENS), key=len, reverse=True))
"""Alternatives of a pattern: "one" to "twenty" and the tens."""

ORDINAL_WORD: Final = "|".join(_ORDINALS)
"""Alternatives of a pattern: "first" to "twelfth"."""

UNIT: Final = (
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|mon(?:th|the|thes|ths)|mounths?"
    r"|moths?|mths?|mnths?|mos?|years?|yrs?|[hdwmy])"
)
"""A unit of time in a pattern; one letter is a unit only where a number stands right beside it."""

_DAYS: Final = {"min": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
_ROUNDED: Final = frozenset("my")

# One character for one, so that places in the folded text are places in the text.
_FOLD: Final = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000\t\n\r\v\f", " "),
        **dict.fromkeys("‐‑‒–—―−－﹣", "-"),
        **dict.fromkeys("～〜∼", "~"),
        **dict.fromkeys("，、", ","),
        **dict.fromkeys("；", ";"),
        **dict.fromkeys("：", ":"),
        **dict.fromkeys("（", "("),
        **dict.fromkeys("）", ")"),
        **dict.fromkeys("×✕✖╳", "×"),
        **dict.fromkeys("µμ", "u"),
        **dict.fromkeys("‘’´`", "'"),
        **dict.fromkeys("“”", '"'),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    }
)


def folded(text: str) -> str:
    """The text with one spelling of blanks, dashes, brackets and digits, of the same length."""
    return text.translate(_FOLD)


def days_in(unit: str) -> float:
    """The days of a unit as `UNIT` matches it: "hrs", "Weeks", "M" (months, not minutes)."""
    name = unit.lower()
    return _DAYS["min"] if name.startswith("min") else _DAYS[name[0]]


def length(number: float, unit: str) -> float:
    """A length of time in days; whole days where it is counted in months or years.

    >>> length(6, "months"), length(12, "hours")
    (183.0, 0.5)
    """
    days = number * days_in(unit)
    name = unit.lower()
    if name[0] in _ROUNDED and not name.startswith("min") and days >= 1:
        return float(int(days + 0.5))
    return round(days, 6)


def small_number(text: str) -> float | None:
    """The number that digits or a word tell: "14", "1.5", "0,5", "two", "twice"; else None."""
    word = text.strip().lower()
    if word in _CARDINAL:
        return float(_CARDINAL[word])
    if re.fullmatch(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?", word):
        return float(word.replace(",", "."))
    return ordinal(word)


def ordinal(text: str) -> float | None:
    """The number of an ordinal: "3rd", "third"; else None."""
    word = text.strip().lower()
    if word in _ORDINALS:
        return float(_ORDINALS[word])
    match = re.fullmatch(r"([0-9]{1,4})(?:st|nd|rd|th)", word)
    return float(match[1]) if match else None
