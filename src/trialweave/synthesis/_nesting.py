"""Whether a question's text is nested far deeper than any question, before it is parsed: parsers
take seconds, or all of the stack, for what takes a few thousand characters to write."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["too_deep"]

_DEEPEST: Final = 4  # brackets within brackets; the list of studies left out needs one
# Strings and comments; one that is never closed goes to the end, so that nothing is tried twice.
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?|#[^\n]*",
    re.DOTALL,
)
_DOTTED: Final = re.compile(r"(?:\.[\s\w-]{0,80}){5}")  # a.b.c: tables within tables


def too_deep(text: str) -> bool:
    """Whether brackets stand more than four deep in each other, or a key has many dotted parts;
    strings and comments of TOML and JSON left aside."""
    plain = _STRING.sub("", text)
    if _DOTTED.search(plain):
        return True
    depth = 0
    for mark in re.findall(r"[\[\]{}]", plain):
        depth += 1 if mark in "[{" else -1
        if depth > _DEEPEST:
            return True
    return False
