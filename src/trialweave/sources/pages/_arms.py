"""Arms as portals list them: a label, its type, then "Description:" and "Treatment:"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from trialweave.model import Arm, Intervention, Value
from trialweave.sources.ctgov.words import word
from trialweave.sources.pages._lines import Line, Page

__all__ = ["read_arms", "untyped"]

_TYPE = re.compile(
    r"(Experimental|Active Comparator|Placebo Comparator|Sham Comparator|No Intervention|Other)"
    r"\s+(?:group|arm)",
    re.IGNORECASE,
)
_DESCRIPTION = re.compile(r"Description:?", re.IGNORECASE)
_TREATMENT = re.compile(r"Treatments?:?", re.IGNORECASE)


def untyped(page: Page, line: Line) -> Intervention:
    """An intervention that is named without a type."""
    return Intervention(name=page.quote("interventions", line.start, line.end))


def read_arms(page: Page, lines: Sequence[Line]) -> Value[tuple[Arm, ...]]:
    """The arms under the sentence that counts them; not reported where none is listed."""
    if not lines:
        return page.silent("arms")
    arms = []
    i = 0
    while i < len(lines):
        end = i + 1
        while end < len(lines) and not _begins(lines, end):
            end += 1
        arms.append(_arm(page, lines[i:end]))
        i = end
    return page.value("arms", tuple(arms), lines[0].start, lines[-1].end)


def _is(pattern: re.Pattern[str], lines: Sequence[Line], i: int) -> bool:
    return i < len(lines) and pattern.fullmatch(lines[i].text) is not None


def _begins(lines: Sequence[Line], i: int) -> bool:
    """Whether line `i` is an arm's label: its type, or "Description:", stands right under it."""
    if _is(_DESCRIPTION, lines, i) or _is(_TREATMENT, lines, i):
        return False
    if _is(_TYPE, lines, i + 1):
        # A label may itself read like a type; then the line above it is no label.
        return not _is(_TYPE, lines, i + 2)
    if not _is(_DESCRIPTION, lines, i + 1):
        return False
    return not _is(_TYPE, lines, i)


def _arm(page: Page, lines: Sequence[Line]) -> Arm:
    label = lines[0]
    values: dict[str, Any] = {
        "label": page.quote("arms", label.start, label.end),
        "type": page.silent("arms"),
        "description": page.silent("arms"),
        "interventions": page.silent("arms"),
    }
    i = 1
    if i < len(lines) and (match := _TYPE.fullmatch(lines[i].text)):
        kind = word(" ".join(match[1].split()))
        values["type"] = page.value("arms", kind, lines[i].start, lines[i].end)
        i += 1
    if _is(_DESCRIPTION, lines, i):
        heading = lines[i]
        start = i + 1
        i = start
        while i < len(lines) and not _is(_TREATMENT, lines, i):
            i += 1
        values["description"] = (
            page.quote("arms", lines[start].start, lines[i - 1].end)
            if i > start
            else page.absent("arms", heading.start, heading.end)
        )
    if _is(_TREATMENT, lines, i):
        names = lines[i + 1 :]
        if names:
            values["interventions"] = page.value(
                "arms",
                tuple(" ".join(name.text.split()) for name in names),
                names[0].start,
                names[-1].end,
            )
        else:
            values["interventions"] = page.absent("arms", lines[i].start, lines[i].end)
    return Arm(**values)
