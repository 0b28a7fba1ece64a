"""Short forms that a text introduces itself: "acute respiratory distress syndrome (ARDS)".

After Schwartz & Hearst, A simple algorithm for identifying abbreviation definitions in biomedical
text, Pacific Symposium on Biocomputing 2003: 451-462: the letters of the short form are looked for
from the right in the words before the bracket, the first of them at the start of a word. Each
bracket looks back over a bounded stretch, so the work grows with the length of the text only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Introduced", "introduced"]

_LONGEST_SHORT: Final = 12  # characters
_BRACKET: Final = re.compile(r"[(\[]\s*([^()\[\]\n;,]{2,100}?)\s*(?=[)\];,])")
_SHORT: Final = re.compile(r"[^\W_][\w\-/+.α-ω]{1,11}(?: [^\W_]{1,4})?").fullmatch
_SHORT_BEFORE: Final = re.compile(r"([^\W_][\w\-/+]{1,11})\s*$")
_WORD_START: Final = re.compile(r"(?<![^\W_])[^\W_]")
_STOPS: Final = re.compile(r"[.;:!?]\s|[()\[\]\n]")


class Introduced(NamedTuple):
    """Where a long form stands (start, end), and the short form introduced for it."""

    start: int
    end: int
    short: str


def introduced(text: str) -> Iterator[Introduced]:
    """Each short form that the text introduces, with its long form's place, in text order."""
    if "(" not in text and "[" not in text:
        return
    for bracket in _BRACKET.finditer(text):
        inside = bracket.group(1)
        if _is_short(inside):
            found = _before(text, bracket.start(), inside)
            if found is not None:
                yield found
                continue
        if " " not in inside:
            continue
        before = _SHORT_BEFORE.search(text[max(0, bracket.start() - 14) : bracket.start()])
        if before is not None and _is_short(before.group(1)):
            start = bracket.start(1)
            at = _matched(before.group(1), inside)
            if at == 0:
                yield Introduced(start, start + len(inside), before.group(1))


def _is_short(text: str) -> bool:
    """Two to twelve characters, at most two words, a capital or a digit among its letters."""
    return (
        len(text) <= _LONGEST_SHORT
        and _SHORT(text) is not None
        and any(each.isalpha() for each in text)
        and any(each.isupper() or each.isdigit() for each in text)
    )


def _before(text: str, bracket: int, short: str) -> Introduced | None:
    letters = sum(each.isalnum() for each in short)
    words = min(letters + 5, letters * 2)
    first = max(0, bracket - 30 * words)
    for stop in _STOPS.finditer(text, first, bracket):
        first = stop.end()
    stretch = text[first:bracket].rstrip()
    starts = [each.start() for each in _WORD_START.finditer(stretch)]
    if len(starts) > words:
        cut = starts[-words]
        first, stretch = first + cut, stretch[cut:]
    at = _matched(short, stretch)
    if at is None or len(stretch) - at <= len(short):
        return None
    return Introduced(first + at, first + len(stretch), short)


def _matched(short: str, long: str) -> int | None:
    """Where the long form starts in a stretch that ends with it, or None."""
    at = len(long)
    lower = long.lower()
    if len(lower) != len(long):
        return None
    wanted = [each for each in short.lower() if each.isalnum()]
    for place in range(len(wanted) - 1, -1, -1):
        at -= 1
        while at >= 0 and (
            lower[at] != wanted[place] or (place == 0 and at > 0 and lower[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    return at
