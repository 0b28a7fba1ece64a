"""Limits of age as criteria word them, for records whose fields for age are open.

What is found here is a suggestion beside an open field, never its content: criteria also speak of
the ages of others. A text that gives two groups different limits gives none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["AgeLimits", "ages_in"]

_LONGEST = 20_000  # characters that are looked at
_CONTEXT = 60  # characters around a number in which words decide what it counts


class AgeLimits(NamedTuple):
    """Limits in years, None where the text sets none; they stand at `start` to `end`."""

    minimum: float | None
    maximum: float | None
    start: int
    end: int


_UNIT = r"(?P<unit>years?|yrs?|y/?o|months?)"
_ABOVE = (
    r"(?:>\s?=?|≥|=|at least|over|above|older than|more than|greater than(?: or equal to)?"
    r"|minimum|from)"
)
_BELOW = r"(?:<\s?=?|≤|=|less than|under|below|younger than|up to|not (?:more|older) than)"
_RANGE = re.compile(
    rf"(?:{_ABOVE}\s?)?(?<!\d)(?P<low>\d{{1,3}})\s?(?P<unit_low>years?|yrs?|y/?o|months?)?"
    rf"(?: old| of age)?\s?(?:[-–—]|to|and|,? but)\s?"
    rf"(?:{_BELOW}(?: or = to)?\s?)?(?P<high>\d{{1,3}})\s?{_UNIT}\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    rf"{_ABOVE}\s?(?P<low>\d{{1,3}})\s?{_UNIT}\b|(?<!\d)(?P<low2>\d{{1,3}})\s?(?P<unit2>years?|yrs?|months?)"
    r"(?: old| of age)?,?\s(?:or|and)\s(?:older|over|above|more|elder|up)",
    re.IGNORECASE,
)
_HIGH = re.compile(
    rf"{_BELOW}\s?(?P<high>\d{{1,3}})\s?{_UNIT}\b|(?<!\d)(?P<high2>\d{{1,3}})\s?(?P<unit2>years?|yrs?|months?)"
    r"(?: old| of age)?,?\s(?:or|and)\s(?:younger|under|below|less)",
    re.IGNORECASE,
)
_OF_AGE = re.compile(r"\bage[ds]?\b|\bold\b|\bbetween\b|\badults?\b|\bolder\b|\bof age\b")
_OF_OTHERS = re.compile(
    r"\bconsent|\bassent|\bparents?\b|\bguardian|\bhistory\b|\bwithin\b|\bpast\b|\blast\b"
    r"|\bprevious|\bfor\s?$|\bduration\b|\bsince\b|\bdiagnos|\bif\b|\bmenses\b|\bmenopaus"
)
# EUCTR's table of age groups, which is of anybody's trial
_GROUPS = re.compile(r"are the trial subjects under 18|f\.1\.2 adults")
_BOUNDARY = re.compile(r"[.;\n•]\s|\n|<br")


def ages_in(text: str) -> AgeLimits | None:
    """The limits of age that inclusion criteria set; None where they set none, or several."""
    text = text[:_LONGEST]
    small = text.lower()
    if len(small) != len(text):  # a few letters are two in small; places must hold
        small = text
    found = list(_stated(_GROUPS.split(small, maxsplit=1)[0]))
    limits = {(each.minimum, each.maximum) for each in found}
    ranges = {pair for pair in limits if None not in pair}
    lows = {low for low, _ in limits if low is not None}
    highs = {high for _, high in limits if high is not None}
    if not found or len(ranges) > 1 or len(lows) > 1 or len(highs) > 1:
        return None
    low, high = next(iter(lows), None), next(iter(highs), None)
    if low is not None and high is not None and low > high:
        return None
    return AgeLimits(low, high, found[0].start, found[-1].end)


def _stated(small: str) -> Iterator[AgeLimits]:
    taken = 0
    for match in sorted(
        (m for pattern in (_RANGE, _LOW, _HIGH) for m in pattern.finditer(small)),
        key=lambda m: (m.start(), -m.end()),
    ):
        if match.start() < taken or not _counts_age(small, *match.span()):
            continue
        taken = match.end()
        groups = match.groupdict()
        unit = groups.get("unit") or groups.get("unit2")
        low = _years(groups.get("low") or groups.get("low2"), groups.get("unit_low") or unit)
        high = _years(groups.get("high") or groups.get("high2"), unit)
        if all(limit is None or limit <= 120 for limit in (low, high)):
            yield AgeLimits(low, high, *match.span())


def _years(number: str | None, unit: str | None) -> float | None:
    months = unit is not None and unit.startswith("month")
    return None if number is None else round(int(number) / (12 if months else 1), 6)


def _counts_age(small: str, start: int, end: int) -> bool:
    """Whether the words about a number speak of the age of those who take part."""
    before = _BOUNDARY.split(small[max(0, start - _CONTEXT) : start])[-1]
    after = _BOUNDARY.split(small[end : end + 30])[0]
    return not _OF_OTHERS.search(before) and bool(
        _OF_AGE.search(before + small[start:end]) or _OF_AGE.search(after)
    )
