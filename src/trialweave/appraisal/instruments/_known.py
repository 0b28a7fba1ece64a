"""What is known of a study when its forms are filled: values, passages, and how they combine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from trialweave.model import Check, Finding, Notice, Passage, Record, Study, Value
from trialweave.model.assessment import Evidence, Prefilled
from trialweave.records.concepts import Leaf, leaves, text_of
from trialweave.results.families import family_of

__all__ = [
    "DEATHS",
    "Known",
    "Part",
    "found_in",
    "joined",
    "of_check",
    "of_leaf",
    "one_of",
    "stated",
]

DEATHS: Final = frozenset(("mortality", "survival"))
"""Two families of one result: who did not survive, died."""
_TEXTS: Final = frozenset(("study_design", "brief_summary", "detailed_description", "sections"))
_LONGEST: Final = 500_000  # characters of one text that are searched
_BEFORE: Final = 160  # characters of the sentence shown before what was found, and after it
_AFTER: Final = 200
_SHOWN: Final = 300  # characters of a piece of evidence
_MOST: Final = 6  # pieces of evidence of one suggestion
_STOP: Final = re.compile(r"[.;!?]\s|\n")


@dataclass(frozen=True)
class Known:
    """A study with its records, findings, checks and notices; `outcome` is that of the result
    assessed, "" where the study is."""

    study: Study
    records: Sequence[Record]
    findings: Sequence[Finding]
    checks: Sequence[Check]
    notices: Sequence[Notice]
    outcome: str = ""

    @property
    def of_outcome(self) -> list[Finding]:
        """The findings of the assessed outcome, by its family or its wording."""
        asked = " ".join(self.outcome.split()).casefold()
        if not asked:
            return []
        families = {finding.family.casefold() for finding in self.findings if finding.family}
        family = asked if asked in families else family_of(self.outcome).casefold()
        meant = DEATHS if family in DEATHS else {family}
        return [
            finding
            for finding in self.findings
            if (finding.family and finding.family.casefold() in meant)
            or " ".join(finding.outcome.split()).casefold() == asked
        ]


class Part(NamedTuple):
    """One thing that bears on a question: what it suggests ("" for nothing), why, and where."""

    answer: str
    reason: str
    evidence: tuple[Evidence, ...]


def joined(item: str, rule: str, parts: Sequence[Part], order: Sequence[str] = ()) -> Prefilled:
    """Several parts as one suggestion: the first answer in `order` that any of them has.

    Without an order they must agree: where they suggest different answers there is none.
    """
    said = {part.answer for part in parts if part.answer}
    if order:
        answer = next((each for each in order if each in said), "")
    else:
        answer = said.pop() if len(said) == 1 else ""
    reasons = dict.fromkeys(part.reason for part in parts)
    if len(said) > 0 and not answer:
        reasons = {"what stands in the records points to different answers": None} | reasons
    evidence = tuple(dict.fromkeys(each for part in parts for each in part.evidence))
    return Prefilled(item, answer, "; ".join(reasons), rule, evidence[:_MOST])


def stated(record: Record, concept: str) -> Iterator[Leaf]:
    """The stated values of one concept of a record."""
    for leaf in leaves(record):
        if leaf.concept == concept and leaf.value:
            yield leaf


def of_leaf(record: Record, leaf: Leaf) -> Evidence:
    """A value as evidence."""
    text = f"{leaf.label}: {text_of(leaf.value)}" if leaf.label else text_of(leaf.value)
    return Evidence(record.record_id, leaf.address, _cut(text), leaf.value.passage)


def one_of(record: Record, concept: str) -> tuple[Evidence, ...]:
    """The stated values of one concept of a record as evidence."""
    return tuple(of_leaf(record, leaf) for leaf in stated(record, concept))[:_MOST]


def of_check(check: Check, address: str = "") -> Evidence:
    """What re-computation says, at the finding that it is about."""
    place = check.passages[0] if check.passages else None
    return Evidence(check.record_id, check.finding_id or address, _cut(check.statement), place)


def found_in(known: Known, pattern: re.Pattern[str]) -> tuple[Evidence, ...]:
    """The sentences of the study's texts in which a pattern is found; of each text the first."""
    found = []
    for record in known.records:
        for leaf in leaves(record):
            if leaf.concept not in _TEXTS or not isinstance(leaf.value.content, str):
                continue
            text = leaf.value.content[:_LONGEST]
            match = pattern.search(text)
            if match is None:
                continue
            start, end = _sentence(text, *match.span())
            place = _place(leaf.value, start, end)
            said = " ".join(text[start:end].split())
            found.append(Evidence(record.record_id, leaf.address, _cut(said), place))
    return tuple(found[:_MOST])


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the sentence about a span, or as much of it as is shown."""
    first = max(0, start - _BEFORE)
    for stop in _STOP.finditer(text, first, start):
        first = stop.end()
    stop_after = _STOP.search(text, end, end + _AFTER)
    return first, stop_after.start() + 1 if stop_after else min(len(text), end + _AFTER)


def _place(value: Value[Any], start: int, end: int) -> Passage | None:
    """Where a part of a text stands; the whole value's passage where it is not as received."""
    whole = value.passage
    if whole is None or value.raw is not None or whole.start < 0:
        return whole
    exact = whole.end - whole.start == len(value.content or "")
    return Passage(whole.start + start, whole.start + end) if exact else whole


def _cut(text: str) -> str:
    text = " ".join(text[: 4 * _SHOWN].split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
