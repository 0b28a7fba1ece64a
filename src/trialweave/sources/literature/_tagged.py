"""Records of tagged lines, as reference managers and MEDLINE write them, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Record", "Tagged", "labelled", "read_records"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BLANKS = " \t\u00a0"

# Labels inside a running abstract: in capitals, or one of the usual words, before a colon
_LABEL = re.compile(
    r"(?:(?<=[.?!:;)\]%]\s)|(?<=[.?!:;)\]%]\s\s)|(?<=\n)|\A)\s{0,12}"
    r"(?P<label>[A-Z][A-Z]{2,20}[A-Z ,/&'()-]{0,60}"
    r"|(?:Background|Introduction|Context|Rationale|Objectives?|Aims?|Purpose|Methods?|Design"
    r"|Setting|Participants|Patients|Interventions?|(?:Main )?Outcome measures?|Measurements?"
    r"|(?:Main )?Results?|Findings|Conclusions?|Discussion|Interpretation|Limitations?|Funding"
    r"|(?:Clinical )?Trial registration|Registration)(?: and [A-Za-z]{3,20}){0,2})"
    r"\s?:\s+(?=\S)"
)


class Tagged(NamedTuple):
    """One field: its tag, and the characters of what stands behind it, further lines included."""

    tag: str
    start: int
    end: int


class Record(NamedTuple):
    """The fields of one record, which stands in characters `start` to `end`."""

    fields: tuple[Tagged, ...]
    start: int
    end: int

    def all(self, *tags: str) -> list[Tagged]:
        """The fields of some tags, in the order of the tags, then of the record."""
        return [each for tag in tags for each in self.fields if each.tag == tag]


def read_records(
    text: str, tag: re.Pattern[str], first: str, last: str = "", *, indented: bool = False
) -> Iterator[Record]:
    """The records of a document. A line that `tag` does not match goes on with the field before.

    A record begins at the tag `first`, and ends at the tag `last` if there is one. Where `indented`
    is true, a line that goes on begins with a blank, and others between are no part of the record.
    Linear in the length of the text.
    """
    fields: list[Tagged] = []
    begin = end = -1
    for line in _LINE.finditer(text):
        start, stop = line.span()
        while stop > start and text[stop - 1] in "\r\n":
            stop -= 1
        if start == stop:
            continue
        match = tag.match(text, start, stop)
        if match is None:
            goes_on = not indented or text[start] in _BLANKS
            if fields and goes_on and text[start:stop].strip():
                name, since, _ = fields[-1]
                fields[-1] = Tagged(name, since, stop)
                end = stop
            continue
        name = match[1].upper()
        if name == first:
            if fields:
                yield Record(tuple(fields), begin, end)
            fields, begin = [], start
        if begin < 0:
            continue
        end = stop
        if name == last:
            yield Record(tuple(fields), begin, end)
            fields, begin = [], -1
            continue
        fields.append(Tagged(name, match.end(), stop))
    if fields:
        yield Record(tuple(fields), begin, end)


def labelled(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The parts of an abstract: label, and the span of its text; without labels, one part."""
    part = text[start:end]
    marks = list(_LABEL.finditer(part))
    edges = [(mark["label"].strip(), mark.start(), mark.end()) for mark in marks]
    if not edges or part[: edges[0][1]].strip():
        edges.insert(0, ("", 0, 0))
    for index, (label, _, begin) in enumerate(edges):
        stop = edges[index + 1][1] if index + 1 < len(edges) else len(part)
        if part[begin:stop].strip():
            yield label, start + begin, start + stop
