"""Countries in texts whose parts stand between commas."""

from __future__ import annotations

import re

__all__ = ["between_commas", "is_turned"]

_COMMA = re.compile("[,，、]")
# What is written behind a country's name: "Korea, Republic of", "Taiwan, Province of China"
_TURNED = re.compile(
    r"(?:the )?(?:[^\W\d_][\w'’.-]{0,20} ){0,4}(?:republic|states?|kingdom|islands?) of(?: the)?"
    r"|province of china|occupied",
    re.IGNORECASE,
)


def is_turned(part: str) -> bool:
    """Whether words behind a comma are of the country's name that stands before it."""
    return len(part) <= 120 and _TURNED.fullmatch(part.strip()) is not None


def between_commas(text: str) -> list[tuple[int, int]]:
    """The spans between commas, blanks and all, where "Korea, Republic of" is one."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in (*(match.start() for match in _COMMA.finditer(text)), len(text)):
        if found and is_turned(text[start:end]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        start = end + 1
    return found
