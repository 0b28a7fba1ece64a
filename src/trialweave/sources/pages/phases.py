"""Phases as fields, titles and sentences word them: "Phase 1/2a", "phases I & II", "N/A"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.model import PHASES

__all__ = ["mentions", "phases"]

_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
# A number that counts something else ("phase 2, 3 mg", "phase 1 and 2 arms") is no phase.
_NUMBER = (
    r"(?:[1-4]|iv|i{1,3})[abc]?(?![0-9a-z%])"
    r"(?![-\s]?(?:mg|ml|g|kg|days?|weeks?|months?|years?|hours?|doses?|arms?|groups?|patients?)\b)"
)
_PHASE = re.compile(
    r"(?P<early>early\s+phase\s*(?:1|i)\b|phase\s*0(?![0-9]))"
    r"|(?P<na>\bn\.?/a\b|\bnot applicable\b)"
    rf"|\bphases?\s*+(?:[-:]\s*+)?(?P<numbers>{_NUMBER}"
    rf"(?:\s*(?:/|&|\+|and|or|to|-|–)\s*(?:phases?\s*)?{_NUMBER}){{0,3}})",
    re.IGNORECASE,
)
_ONE_NUMBER = re.compile(r"[1-4]|iv|i{1,3}", re.IGNORECASE)


def mentions(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Each mention of a phase in a running text: the phases, sorted, and its span."""
    for match in _PHASE.finditer(text):
        if match["early"]:
            found = {"early1"}
        elif match["na"]:
            found = {"not applicable"}
        else:
            numbers = re.sub(r"(?i)phases?", "", match["numbers"])
            found = {_ROMAN.get(number.lower(), number) for number in _ONE_NUMBER.findall(numbers)}
        yield tuple(phase for phase in PHASES if phase in found), *match.span()


def phases(text: str) -> tuple[str, ...] | None:
    """The phases a field names, sorted; None where it names none.

    "N/A" is a phase of its own ("not applicable"): registers say so of trials without drugs.
    Phase 0 and Early Phase 1 are one in ClinicalTrials.gov.
    """
    found = {phase for mention in mentions(text) for phase in mention[0]}
    return tuple(phase for phase in PHASES if phase in found) or None
