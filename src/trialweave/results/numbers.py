"""Numbers as texts print them: in words, with decimal commas, middle dots and thousands marks.

Printed decimals stay text, because how many digits were printed is part of what was said.
"""

from __future__ import annotations

import re

__all__ = ["plain_decimal", "whole_number"]

# fmt: off
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on

_WORDS: dict[str, int] = {word: number for number, word in enumerate(_UNITS)}
for _i, _ten in enumerate(_TENS):
    _WORDS[_ten] = 20 + 10 * _i
    for _j, _unit in enumerate(_UNITS[1:10], start=1):
        _WORDS[f"{_ten}-{_unit}"] = 20 + 10 * _i + _j

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")


def whole_number(text: str) -> int | None:
    """The whole number that a word or digits state ("24", "1,052", "Forty-four"); else None."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 9 else None
    if _GROUPED.fullmatch(text) and len(text) <= 12:
        return int(text.replace(",", ""))
    return _WORDS.get(text.lower().replace("‐", "-").replace("‑", "-"))


def plain_decimal(text: str) -> str:
    """A printed decimal with a full stop and a leading digit: ``0,05``, ``0·05``, ``.05``."""
    text = re.sub(r"[,·⋅∙/]", ".", text.strip(), count=1)
    return "0" + text if text.startswith(".") else text
