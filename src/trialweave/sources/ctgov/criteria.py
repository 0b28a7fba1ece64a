"""Splits the one eligibility text of a ClinicalTrials.gov record into criteria.

The register has one field for all criteria. Nearly all records write the headings "Inclusion
Criteria:" and "Exclusion Criteria:" into it; version 2 marks list items with ``*`` or numbers,
the older forms give one item a line. An item under an item stays with the item it belongs to
where the text shows that by indentation. Text before the first heading belongs to neither list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

__all__ = ["Criterion", "Section", "plain", "split"]

Kind = Literal["inclusion", "exclusion"]


Criterion = tuple[int, int]  # one item at characters start to end of the text as received


class Section(NamedTuple):
    """One heading's kind and the items under it."""

    kind: Kind
    items: list[Criterion]


# Looked for around "riteri", which is ten times faster than looking for it everywhere
_NAMED = re.compile(
    r"(?P<non>non[- ])?(?P<kind>in|ex)clu(?:sion|ding)[ \xa0]{1,3}criteri(?:a|on|um)s?\b",
    re.IGNORECASE,
)
_REACH = len("non-inclusion   c")
_MARKS = re.compile(r"[\s*#•·\-–—\[(]*(?:(?:[A-Z]\.)?[\dIVXivx]{1,4}(?:\.\d{1,2}){0,3}[.)]*\s?)?")
# Words that make a line a sentence about criteria, not their heading
_SENTENCE = re.compile(
    r"\b(?:not|no|none|of|all|any|must|meets?|met|are|is|apply|may|without|fulfil\w*|"
    r"satisf\w*|according|current|than|notes?|see|documented|absence)\b",
    re.IGNORECASE,
)
_SENTENCE_AFTER = re.compile(
    r"\b(?:not|must|meets?|met|are|is|was|were|will|have|has|may|apply|applies|comments?|refers?)\b"
    r"|^#|^\d",
    re.IGNORECASE,
)
_FOLLOWING = re.compile(
    r"\bfollowing (?:in|ex)clu(?:sion|ding) criteria\b[^\n]{0,80}:$", re.IGNORECASE
)
_INLINE = re.compile(r"(?<=[.;:,\s])(?:Inclusion|Exclusion|INCLUSION|EXCLUSION) C\w{7}\s?:")

_BULLETS = frozenset("*•·▪●○◦‣➢-–—(")
# "E. coli" has no mark, "-5" neither
_MARK = re.compile(
    r"(?:[*•·▪●○◦‣➢]+|[-–—]+(?=[\sA-Za-z])|"
    r"\(?(?:\d{1,3}[.)]|[a-z][.)]|[A-Z]\)|[ivx]{2,4}[.)])(?=\s))[ \t]*(?=\S)"
)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>~|^&=])")


def plain(text: str) -> str:
    r"""The text without version 2's Markdown escapes: ``\>= 4`` is ``>= 4``."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


class _Heading(NamedTuple):
    kind: Kind
    start: int  # of the line, or of the heading inside a line
    end: int  # where the heading ends and items begin


def _names(text: str) -> Iterator[re.Match[str]]:
    """Where "inclusion criteria" or the like is written, in order."""
    small, capital = text.find("riteri"), text.find("RITERI")
    done = 0
    while small >= 0 or capital >= 0:
        if capital < 0 or 0 <= small < capital:
            at = small
            small = text.find("riteri", at + 6)
        else:
            at = capital
            capital = text.find("RITERI", at + 6)
        named = _NAMED.search(text, max(done, at - _REACH), at + 10)
        if named is not None:
            done = named.end()
            yield named


def _headings(text: str) -> Iterator[_Heading]:
    line_end = -1
    for named in _names(text):
        kind: Kind = (
            "inclusion" if named["kind"].lower() == "in" and not named["non"] else "exclusion"
        )
        if named.start() < line_end:
            if _INLINE.match(text, named.start()):
                yield _Heading(kind, named.start(), text.index(":", named.end()) + 1)
            continue
        line_start = text.rfind("\n", 0, named.start()) + 1
        line_end = text.find("\n", named.end())
        if line_end < 0:
            line_end = len(text)
        if (end := _heading_end(text, line_start, line_end, named)) is not None:
            yield _Heading(kind, line_start, end)
        elif _INLINE.match(text, named.start()):
            yield _Heading(kind, named.start(), text.index(":", named.end()) + 1)


def _heading_end(text: str, start: int, end: int, named: re.Match[str]) -> int | None:
    """Where a heading ends that begins its line; None where the line is no heading."""
    before = text[start : named.start()]
    after = text[named.end() : end]
    if not before and after in (":", "", " :"):  # as nearly all are
        return end
    lead = before[marks.end() :] if (marks := _MARKS.match(before)) else before
    if len(lead) > 60 or len(lead.split()) > 5 or _SENTENCE.search(lead):
        line = text[start:end].rstrip()
        return end if len(line) <= 200 and _FOLLOWING.search(line) else None
    if after.rstrip().endswith(":") and len(after) <= 120:
        return None if _SENTENCE_AFTER.match(after.strip()) else end
    head, colon, rest = after.partition(":")
    if colon:
        if len(head) > 100 or (lead and len(lead.split()) > 3):
            return None
        return named.end() + len(head) + 1 if rest.strip(" )*:") else end
    head = head.strip().rstrip("*_]) ")
    if not head:
        return end
    if lead or len(head) > 80 or head.endswith((".", ";", ",")) or _SENTENCE_AFTER.search(head):
        return None
    return end


def split(text: str) -> list[Section] | None:
    """The sections with headings, in order; None where the text has no heading.

    Linear in the length of the text.
    """
    headings = list(_headings(text))
    if not headings:
        return None
    ends = [heading.start for heading in headings[1:]] + [len(text)]
    return [
        Section(heading.kind, _items(text, heading.end, end))
        for heading, end in zip(headings, ends, strict=True)
    ]


# Where a line's text begins and ends, its indentation and that of its text, and whether it has a
# list mark
_Line = tuple[int, int, int, int, bool]


def _lines(text: str, start: int, end: int) -> list[_Line]:
    """The lines that are not blank."""
    lines = []
    at = start
    for line in text[start:end].split("\n"):
        bare = line.strip()
        if bare:
            indent = 0 if bare is line else len(line) - len(line.lstrip())
            first = at + indent
            last = first + len(bare)
            width = 0
            if bare.startswith("* ") and bare[2].isalnum():  # most lines of version 2
                width = 2
            elif not "A" <= bare[0] <= "Z" or bare[1:2] == ")":  # most others have no mark
                mark = _MARK.match(bare)
                width = mark.end() if mark else 0
            lines.append((first + width, last, indent, indent + width, width > 0))
        at += len(line) + 1
    return lines


def _items(text: str, start: int, end: int) -> list[Criterion]:
    lines = _lines(text, start, end)
    margins = [indent for _, _, indent, _, marked in lines if marked]
    if not margins or (not lines[0][4] and 2 * len(margins) < len(lines)):
        return [line[:2] for line in lines]
    # Numbers may be aligned to the right ("  9." above " 10."), so of an item both the mark and the
    # text are further in than those of the items that it belongs to.
    margin, column = min(margins), min(at for _, _, _, at, marked in lines if marked)
    items: list[Criterion] = []
    before = -1  # where the line before ends
    for first, last, indent, at, marked in lines:
        wrapped = not marked and text.count("\n", before, first) == 1
        inside = indent > margin and (not marked or at > column)
        if items and (inside or wrapped):
            items[-1] = (items[-1][0], last)
        else:
            items.append((first, last))
        before = last
    return items
