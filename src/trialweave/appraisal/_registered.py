"""Which records of a study are registrations and which are reports, and what reports call primary.

Registrations are registers' own entries; a page or a copy speaks for one only where the study holds
no own entry of it. Reports are articles and pages that retell one. Reviewers' sheets are neither.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from trialweave.appraisal._context import Context
from trialweave.model import Outcome, Passage, Record
from trialweave.records.preference import is_copy, side_of
from trialweave.studies.identities import identity

__all__ = ["Said", "called", "ordered", "outcome_text", "registrations", "reports"]

_LONGEST = 500_000  # characters of a section
_MOST_CALLED = 20  # such sentences of a section
_MOST_OF_ONE = 400  # characters of an outcome that a sentence states
_CALLED = re.compile(
    r"\b(?P<kind>primary|secondary)\s(?:\w{1,20}\s){0,2}?(?:outcomes?|end-?\s?points?)"
    r"(?:\s(?:measures?|variables?))?(?:\s\([^()]{0,60}\))?\s(?:of\s(?:the|this|our)\s\w{1,12}\s)?"
    r"(?:was|were|is|are|included?|comprised|consisted\sof)\s(?:defined\sas\s|the\s)?",
    re.IGNORECASE,
)
_NO_STATEMENT = re.compile(
    r"\s?(?:not\b|no\b|met\b|reached|achieved|similar|analy[sz]ed|compared|assessed|significant|"
    r"improved|reduced|lower|higher|available|missing|evaluated|tested|different|also\b|observed|"
    r"as follows|seen\b|found\b|in\b|\d[\d.,]*\s?%)",
    re.IGNORECASE,
)
_END = re.compile(r"[.;](?=\s|$)|\n\n")


class Said(NamedTuple):
    """A part of a text, with its passage."""

    text: str
    passage: Passage | None


def registrations(context: Context) -> list[Record]:
    """One record for each registration of the study, in the study's order."""
    records = [
        record
        for name in context.study.record_ids
        if (record := context.records.get(name)) is not None
        and record.trial is not None
        and side_of(record) in ("registry", "page")
    ]
    if len(records) < 2:  # as most are: which number it has does not matter
        return records
    found: dict[object, Record] = {}
    for record in records:
        key = identity(record).own or record.record_id
        held = found.get(key)
        if held is None or (is_copy(held) and not is_copy(record)):
            found[key] = record
    return list(found.values())


def reports(context: Context) -> list[Record]:
    """Articles, and pages that retell one, in the study's order."""
    records = (context.records.get(name) for name in context.study.record_ids)
    return [r for r in records if r is not None and side_of(r) == "article"]


def ordered(context: Context, record: Record) -> list[Record]:
    """All versions of a record that are at hand, the earliest first."""
    known = {each.version: each for each in context.versions.get(record.record_id, ())}
    known[record.version] = record
    return sorted(known.values(), key=lambda each: each.precedence)


def called(record: Record, kind: str) -> list[Said]:
    """What a report's sentences call its primary or secondary outcomes.

    Taken is what follows "the primary outcome was" to the end of the sentence; sentences that tell
    how it came out instead of what it is are left out.
    """
    publication = record.publication
    found: list[Said] = []
    if publication is None:
        return found
    for section in publication.sections.content or ():
        value = section.text
        text = value.raw if value.raw is not None else value.content
        if not text:
            continue
        whole = value.passage
        exact = whole is not None and whole.start >= 0 and whole.end - whole.start == len(text)
        for start, end in itertools.islice(_spans(text[:_LONGEST], kind), _MOST_CALLED):
            place = whole
            if exact and whole is not None:
                place = Passage(whole.start + start, whole.start + end)
            found.append(Said(text[start:end], place))
    return found


def _spans(text: str, kind: str) -> Iterator[tuple[int, int]]:
    for match in _CALLED.finditer(text):
        if match["kind"].lower() != kind or _NO_STATEMENT.match(text, match.end()):
            continue
        end = _END.search(text, match.end(), match.end() + _MOST_OF_ONE)
        stop = end.start() if end else min(len(text), match.end() + _MOST_OF_ONE)
        if stop - match.end() > 3:
            yield match.end(), stop


def outcome_text(outcome: Outcome) -> str:
    """Measure and time frame of a registered outcome."""
    return "; ".join(filter(None, (outcome.measure.content, outcome.time_frame.content)))
