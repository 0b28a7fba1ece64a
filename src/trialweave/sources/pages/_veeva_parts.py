"""Where the parts of a ClinicalTrials.Veeva page begin and end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from trialweave.sources.pages import _words
from trialweave.sources.pages._lines import Line, Page, Segment, segments

__all__ = ["COPYRIGHT", "ENROLLED", "Zones", "zones"]

_HEAD = {
    "status and phase": "status",
    "conditions": "conditions",
    "condition": "conditions",
    "treatments": "treatments",
    "treatment": "treatments",
    "study type": "study_type",
    "funder types": "funder",
    "funder type": "funder",
    "identifiers": "identifiers",
    "identifier": "identifiers",
    "collaborators": "collaborators",
    "collaborator": "collaborators",
}
_DETAILS = {
    "about": "about",
    "full description": "description",
    "enrollment": "enrollment",
    "sex": "sex",
    "ages": "ages",
    "age": "ages",
    "volunteers": "volunteers",
    "inclusion criteria": "inclusion",
    "exclusion criteria": "exclusion",
    "inclusion and exclusion criteria": "criteria",
    "eligibility criteria": "criteria",
}
_TAIL = {
    "trial documents": "documents",
    "trial document": "documents",
    "trial contacts and locations": "locations",
    "central trial contact": "contacts",
    "central trial contacts": "contacts",
}
_SOURCED = re.compile(r"Data sourced from\b", re.IGNORECASE)
COPYRIGHT = re.compile(r"(?:©|\(c\))?\s?(Copyright|©)\s*", re.IGNORECASE)
ENROLLED = re.compile(
    r"([\d,]{1,13})\s+(?:(estimated|expected|planned|actual)\s+)?"
    r"(?:patients?|participants?|people|volunteers?|subjects?|individuals?)\b.{0,40}",
    re.IGNORECASE,
)


class Zones(NamedTuple):
    head: tuple[Line, ...]
    parts: dict[str, Segment]
    design: Segment | None
    sourced: Line | None
    copyright: Line | None


def zones(page: Page) -> Zones:
    """Cut the page at its headings; a heading counts only in the part where the site has it."""
    lines = page.lines
    labels: dict[int, str] = {}
    sourced = copyright_line = None
    end = len(lines)
    vocabulary = _HEAD
    details_at = next(
        (i for i, line in enumerate(lines) if line.key == "details and patient eligibility"), -1
    )
    facts_at = _first_fact(lines, details_at + 1)
    for i, line in enumerate(lines):
        key = line.key
        if sourced is None and _SOURCED.match(line.text):
            sourced = line
            end = min(end, i)
        elif copyright_line is None and i > 3 and COPYRIGHT.match(line.text):
            copyright_line = line
            end = min(end, i)
        elif i >= end:
            continue
        elif i == details_at:
            labels[i] = "details"
            vocabulary = _DETAILS
        elif i > details_at >= 0 and i < facts_at:
            if _DETAILS.get(key) in {"about", "description"} and key not in labels.values():
                labels[i] = _DETAILS[key]
        elif key == "trial design" and "design" not in labels.values():
            labels[i] = "design"
            vocabulary = _TAIL
        elif key in _TAIL:
            labels[i] = _TAIL[key]
            vocabulary = _TAIL
        elif key in vocabulary and vocabulary[key] not in labels.values():
            labels[i] = vocabulary[key]
    head, parts = segments(lines[:end], {i: name for i, name in labels.items() if i < end})
    return Zones(head, parts, parts.get("design"), sourced, copyright_line)


def _first_fact(lines: Sequence[Line], start: int) -> int:
    """Where enrolment, sex, ages or volunteers first stand with a content that fits.

    Before it stands free text, in which a line that looks like a heading is only text.
    """
    if not start:
        return 0
    for i in range(start, len(lines) - 1):
        key, below = lines[i].key, lines[i + 1].text
        if (
            (key == "enrollment" and ENROLLED.match(below))
            or (key == "sex" and len(below) < 20 and _words.sex(below))
            or (key in {"ages", "age"} and len(below) < 60 and _words.ages(below) is not None)
            or (key == "volunteers" and _words.healthy_volunteers(below) is not None)
        ):
            return i
    return start
