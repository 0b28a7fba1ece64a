"""What the words of an extraction sheet mean in the model: design, masking, phase."""

from __future__ import annotations

import re
from typing import Literal

from trialweave.model import MASKINGS

__all__ = ["allocation_of", "masking_of", "phases_of"]

_ALLOCATION: dict[str, Literal["randomised", "non-randomised", "not applicable"]] = {
    "rct": "randomised",
    "randomised": "randomised",
    "nrct": "non-randomised",
    "non-randomised": "non-randomised",
    "single-arm": "not applicable",
    "case report": "not applicable",
    "case series": "not applicable",
}
_MASKING_WORDS = {
    "open-label": "none",
    "open": "none",
    "none": "none",
    "unblinded": "none",
    **{f"{level}{tail}": level for level in MASKINGS[1:] for tail in ("", "-blind", "-masked")},
}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_PHASE = re.compile(r"(early\s?)?([1-4]|iv|i{1,3})[abc]?", re.IGNORECASE)


def allocation_of(
    design: str,
) -> Literal["randomised", "non-randomised", "not applicable"] | None:
    """How patients were allocated; None where the design does not say it."""
    return _ALLOCATION.get(design.strip().casefold())


def masking_of(text: str) -> str | None:
    """One of MASKINGS; None where no level is named, or several."""
    words = re.split(r"[\s,;()]+", text.strip().casefold())
    levels = {_MASKING_WORDS[word] for word in words if word in _MASKING_WORDS}
    return levels.pop() if len(levels) == 1 else None


def phases_of(text: str) -> tuple[str, ...] | None:
    """``1/2a`` is phases 1 and 2; None where a part of the text is no phase."""
    text = re.sub(r"(?i)\bphases?\b", " ", text).strip()
    if text.casefold() in ("n/a", "not applicable"):
        return ("not applicable",)
    found = set()
    for part in re.split(r"[/,&+–-]| and ", text):
        match = _PHASE.fullmatch(part.strip())
        if match is None:
            return None
        number = _ROMAN.get(match[2].casefold(), match[2])
        if match[1] and number != "1":
            return None
        found.add("early1" if match[1] else number)
    return tuple(sorted(found, key=lambda phase: phase.removeprefix("early")))
