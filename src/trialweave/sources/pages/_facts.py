"""Design facts that several portals state in the same way, read into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from trialweave.errors import NoIdentifier, Unreadable
from trialweave.model import (
    Draft,
    Intervention,
    Missingness,
    Publication,
    Received,
    RegistryNumber,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.dates import PartialDate
from trialweave.model.identifiers import SCHEMES, Mention, find, normalise
from trialweave.sources.ctgov.words import word
from trialweave.sources.pages import _words
from trialweave.sources.pages._lines import Line, Page, Segment, read_lines
from trialweave.sources.pages._saved import Shown
from trialweave.sources.pages.phases import phases

__all__ = [
    "age_limits",
    "coded",
    "date",
    "draft",
    "interventions",
    "open_page",
    "phase",
    "registry_number",
    "registry_numbers",
    "understood",
    "worded",
]

T = TypeVar("T")

_TYPED = re.compile(rf"(?:^|(?<=[\s,;|]))({_words.INTERVENTION_TYPE})\s*:\s+", re.MULTILINE)


def open_page(source: str, received: Received) -> Page:
    """The page's lines; raises Unreadable where there are none."""
    lines = received.lines if isinstance(received, Shown) else read_lines(received.text)
    if not lines:
        raise Unreadable("the page is empty.", where=received.name)
    return Page(source, received.text, lines)


def draft(
    received: Received,
    page: Page,
    body: Trial | Publication,
    identifier: str | None,
    *,
    last_change: PartialDate | None = None,
) -> Draft:
    """The whole page as one record; raises NoIdentifier where it names none."""
    if not identifier:
        raise NoIdentifier(
            "the page names no registry number and no DOI where its form has them.",
            where=received.name,
            next_step="Save the whole page again.",
        )
    return Draft(page.source, identifier, body, 0, len(received.data), last_change)


def coded(
    page: Page, field: str, segment: Segment | None, meaning: Callable[[str], T | None]
) -> Value[T]:
    """A field whose words `meaning` turns into a content of the model."""
    if segment is None:
        return page.silent(field)
    if not segment.lines:
        return page.absent(field, segment.heading.start, segment.heading.end)
    return understood(page, field, segment.lines[0].start, segment.lines[-1].end, meaning)


def understood(
    page: Page, field: str, start: int, end: int, meaning: Callable[[str], T | None]
) -> Value[T]:
    """The content that the words at `start` to `end` mean; unreadable where they are unknown."""
    quoted = page.quote(field, start, end)
    words = quoted.content or page.text[start:end]
    content = meaning(words)
    if content is not None:
        return page.value(field, content, start, end)
    if quoted:
        return page.absent(field, start, end, Missingness.UNREADABLE)
    return page.absent(field, start, end, quoted.missingness)


def worded(page: Page, field: str, start: int, end: int) -> Value[str]:
    """One of a register's own words for a kind of thing, as records of that register spell it."""
    return understood(
        page, field, start, end, lambda text: None if _words.missing(text) else word(text)
    )


def phase(page: Page, lines: Sequence[Line]) -> Value[tuple[str, ...]]:
    """The phases that the given lines state together."""
    return understood(page, "phase", lines[0].start, lines[-1].end, phases)


def date(page: Page, field: str, segment: Segment | None) -> Value[PartialDate]:
    """A date field."""
    return coded(page, field, segment, parse_date)


def age_limits(page: Page, segment: Segment | None) -> tuple[Value[float], Value[float]]:
    """The lower and the upper limit of age; a limit the phrase leaves open does not apply."""
    if segment is None:
        return page.silent("minimum_age"), page.silent("maximum_age")
    if not segment.lines:
        at = segment.heading.start, segment.heading.end
        return page.absent("minimum_age", *at), page.absent("maximum_age", *at)
    start, end = segment.lines[0].start, segment.lines[-1].end
    limits = _words.ages(page.text[start:end])
    if limits is None:
        why = _words.missing(page.text[start:end]) or Missingness.UNREADABLE
        return (
            page.absent("minimum_age", start, end, why),
            page.absent("maximum_age", start, end, why),
        )

    def limit(field: str, years: float | None) -> Value[float]:
        if years is None:
            return page.absent(field, start, end, Missingness.NOT_APPLICABLE)
        return page.value(field, years, start, end)

    return limit("minimum_age", limits.minimum), limit("maximum_age", limits.maximum)


def registry_number(page: Page, line: Line) -> RegistryNumber:
    """An identifier with what the page calls it in parentheses after it."""
    kind = ""
    if line.text.endswith(")") and (at := line.text.rfind("(")) > 0:
        kind = line.text[at + 1 : -1].strip()
        line = line.part(0, at)
    identifier = normalise(line.text)
    scheme = identifier.scheme if identifier else ""
    content = identifier.value if identifier else " ".join(line.text.split())
    return RegistryNumber(page.value("identifiers", content, line.start, line.end), scheme, kind)


def registry_numbers(page: Page, start: int, end: int) -> tuple[RegistryNumber, ...]:
    """Each trial registry's number in the running text from `start` to `end`, once."""
    seen: dict[str, RegistryNumber] = {}
    for mention in _registered(find(page.text[start:end])):
        value = page.value(
            "registrations",
            mention.identifier.value,
            start + mention.start,
            start + mention.end,
        )
        seen.setdefault(mention.identifier.value, RegistryNumber(value, mention.identifier.scheme))
    return tuple(seen.values())


def _registered(mentions: Iterator[Mention]) -> Iterator[Mention]:
    return (m for m in mentions if SCHEMES[m.identifier.scheme].registry)


def interventions(
    page: Page, lines: Sequence[Line], *, run_on: bool = False
) -> tuple[list[Line], list[Intervention]]:
    """What stands before the first "Type: name" of each line, and the pairs themselves.

    A line holds one pair, unless the site runs them on.
    """
    before: list[Line] = []
    found: list[Intervention] = []
    for line in lines:
        marks = list(_TYPED.finditer(line.text))
        if not run_on:
            marks = [mark for mark in marks[:1] if mark.start() == 0]
        head = line.part(0, marks[0].start() if marks else len(line.text))
        if head.text:
            before.append(head)
        for place, mark in enumerate(marks):
            end = marks[place + 1].start() if place + 1 < len(marks) else len(line.text)
            kind = line.part(mark.start(1), mark.end(1))
            found.append(_intervention(page, kind, line.part(mark.end(), end)))
    return before, found


def _intervention(page: Page, kind: Line, name: Line) -> Intervention:
    values: dict[str, Any] = {"type": worded(page, "interventions", kind.start, kind.end)}
    if name.text:
        values["name"] = page.quote("interventions", name.start, name.end)
    else:
        values["name"] = page.absent("interventions", kind.start, kind.end)
    return Intervention(**values)
