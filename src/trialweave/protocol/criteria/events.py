"""What stands with a window of time: diagnoses, drugs, procedures, and promises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from trialweave.protocol.criteria.reproductive import CONTRACEPTION, REPRODUCTIVE
from trialweave.protocol.criteria.tree import Event, Window

__all__ = ["coordinated", "happenings"]

_MOST: Final = 12
"""Events that one window is given to; more than that is a list nobody meant as such."""
_PROMISE: Final = re.compile(
    r"\b(?:agree\w{0,4}|willing\w{0,4}|commit\w{0,4}|refrain\w{0,3}|abstain\w{0,3}"
    r"|consent\w{0,3}|compl(?:y|iance)|able\s+to|availab\w+|follow-?\s?up|return|attend"
    r"|unwilling|refus\w{1,3}|unable\s+to)\b"
)
_CLAUSE: Final = re.compile(r"[;•·]|\n\s*(?=[-*•\n])|(?<!i\.e)(?<!e\.g)(?<!\betc)[.:](?=\s|\Z)")
_HEAD: Final = re.compile(
    r"(?:[\s\W]*\b(?:patients?|subjects?|participants?|individuals?|persons?|people|those|who"
    r"|that|which|whose|have|has|had|having|with|been|were|was|is|are|be|being|any|the|a|an|and"
    r"|or|but|also|must|will|should|may|of|in|at|for|to|on|other|either|both|women|men|adults"
    r"|currently|if|as|from|by|known|documented|such|following|evidence|not|no|without|never"
    r"|using|use|used|within|received|receiving|taking|taken|he|she|they|it|his|her|previous"
    r"|previously|prior|recent|recently|current|past|history|did|do|does|exposure|exposed"
    r"|presence|least|more|than|less|one|diagnosis|diagnosed|treated|treatment|receipt"
    r"|participation|participated|experienced|undergone|underwent|undergoing|occurring|occurred"
    r"|established|confirmed|active|stable|dose|regimen|therapy|duration|treatment|new|onset"
    r"|clinically|significant|severe|chronic|acute|major|systemic|requiring|required|planned"
    r"|scheduled|expected|anticipated)\b)+\s*"
)
_BARE_HEAD: Final = re.compile(
    r"(?:[\s\W]*\b(?:patients?|subjects?|participants?|individuals?|persons?|people|those|who"
    r"|that|which|whose|have|has|had|having|with|been|were|was|is|are|be|being|any|the|a|an|and"
    r"|or|but|also|must|will|should|may|women|men|adults|if|as|from|known|documented|he|she"
    r"|they|it|his|her|not|no|without|never|did|do|does|either)\b)+\s*"
)
_NEGATED: Final = re.compile(
    r"\b(?:no|not|never|without|free\s+(?:of|from)|absence\s+of|naive|none|nor|has\s+not"
    r"|have\s+not|hasn't|haven't)\b"
)
_SERIES: Final = re.compile(r"\s*(?:,\s*(?:and/or|or|and)\b|,|;|\band/or\b|\bor\b|/(?=\s))\s*")
_MORE: Final = re.compile(
    r"(?:greater|higher|more|less|above|below|older|younger|equal|fewer|longer|lower|other"
    r"|worse|both|without|not|any\s+other|similar|equivalent|its|their|related|any)\b"
)
_ADJECTIVE: Final = re.compile(
    r"(?:\w+(?:al|ic|ed|ive|ous|ary|ory|ble|ent|ant|ior|ing|ern|oid|ral|lar|tic)|use|oral|iv"
    r"|current|past|prior|major|minor|known|severe|recent|any|other|one|two|more|less|history"
    r"|acute|first|second|live|high|low|new|same|greater|active|inhaled|topical|day|week|month"
    r"|year|drug|alcohol|substance|tobacco|nicotine|chemical|solvent)\Z"
)


def happenings(
    plain_text: str, received: str, found: Sequence[Window], taken: Sequence[tuple[int, int]]
) -> list[Event]:
    """What each window is said of, one event for each part of a series ("surgery or trauma")."""
    events: list[Event] = []
    edge = 0
    for i, window in enumerate(found):
        left = max(edge, _clause_start(plain_text, window.start))
        for _, stop in taken:
            if stop <= window.start:
                left = max(left, stop)
        right = _clause_end(plain_text, window.end)
        if i + 1 < len(found):
            right = min(right, found[i + 1].start)
        for begin, _ in taken:
            if begin >= window.end:
                right = min(right, begin)
        start, stop = _phrase(plain_text, left, window.start)
        if start >= stop:
            start, stop = _phrase(plain_text, window.end, right)
        parts = coordinated(plain_text, start, stop) if start < stop else []
        edge = window.end
        if not parts:
            continue
        edge = max(edge, parts[-1][1])
        negated = _NEGATED.search(plain_text, left, parts[0][0]) is not None
        long = window.relation == "for_at_least"
        kind = _kind(plain_text[left:right], window)
        if kind == "reproductive":
            parts = [(parts[0][0], parts[-1][1])]
        for begin, end in parts[:_MOST]:
            if kind == "event" and REPRODUCTIVE.search(plain_text, begin, end):
                continue  # stands as an event of its own
            events.append(
                Event(
                    "contraception" if kind == "reproductive" else received[begin:end],
                    not negated,
                    begin,
                    end,
                    None if long else window,
                    window if long else None,
                    kind,
                )
            )
    return events


def _kind(clause: str, window: Window) -> str:
    """What somebody promises for the trial is no event of their history."""
    if CONTRACEPTION.search(clause):
        return "reproductive"
    if window.relation != "within_past" and _PROMISE.search(clause):
        return "commitment"
    return "event"


def _clause_start(plain_text: str, at: int) -> int:
    begin = max(0, at - 400)
    last = begin
    for match in _CLAUSE.finditer(plain_text, begin, at):
        if match[0] != ":" or match.end() < at - 1:
            last = match.end()
    return last


def _clause_end(plain_text: str, at: int) -> int:
    match = _CLAUSE.search(plain_text, at, min(len(plain_text), at + 300))
    return match.start() if match else min(len(plain_text), at + 300)


def _phrase(plain_text: str, start: int, stop: int) -> tuple[int, int]:
    """The words between two places without those that only lead to them; empty without nouns."""
    if _HEAD.fullmatch(plain_text, start, stop):
        return stop, stop
    if head := _BARE_HEAD.match(plain_text, start, stop):
        start = head.end()
    while start < stop and not plain_text[start].isalnum():
        start += 1
    while start < stop and not (plain_text[stop - 1].isalnum() or plain_text[stop - 1] in ")%]"):
        stop -= 1
    return (start, stop) if any(c.isalpha() for c in plain_text[start:stop]) else (stop, stop)


def coordinated(plain_text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """The parts of a series of things; the whole where it is none."""
    cuts = []
    depth = 0
    last = start
    for i in range(start, stop):
        depth += (plain_text[i] in "([") - (plain_text[i] in ")]")
        if depth or i < last or plain_text[i] not in ", ;/":
            continue
        if match := _SERIES.match(plain_text, i, stop):
            cuts.append(match.span())
            last = match.end()
    if not cuts or not any(
        "or" in plain_text[a:b] or ";" in plain_text[a:b] or "/" in plain_text[a:b] for a, b in cuts
    ):
        return [(start, stop)]
    parts = []
    at = start
    for a, b in cuts:
        if _MORE.match(plain_text, b):
            continue
        words = plain_text[at:a].split()
        if not words or (len(words) <= 2 and _ADJECTIVE.match(words[-1])):
            continue
        parts.append((at, a))
        at = b
    if at < stop:
        parts.append((at, stop))
    return parts
