"""The lines of a saved page, and values cut out of them with their character spans."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from trialweave.model import Missingness, Passage, Value
from trialweave.sources.pages import _words

__all__ = ["Fields", "Line", "Page", "Segment", "collapse", "read_lines", "segments", "split_spans"]

T = TypeVar("T")
Fields = dict[str, Any]  # values by the names of the concepts they belong to

_AT_ONCE = 1 << 14  # characters that are taken apart into words at once
_BLANK = re.compile(r"\s")
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
# What may pad a line: blanks, and the invisible marks that browsers and bidirectional text leave.
_PADDING = " \t\x0b\x0c\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
_PADDING += "\u200a\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u3000\ufeff"
_MARKER = re.compile(
    r"(?:[•‣◦▪●○■∙·*–—-]\s+|\(?\d{1,3}[.)](?:\s+|(?=[A-Z]))|\(?[a-z][.)]\s+|[•‣◦▪●])"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank, without its padding: characters `start` to `end`."""

    text: str
    start: int
    end: int
    gap: bool  # a blank line stands before it

    @property
    def key(self) -> str:
        """The line as a label is compared: case and blanks folded."""
        text = collapse(self.text)
        parts = range(0, len(text), _AT_ONCE)  # all at once takes twelve bytes for each character
        return "".join([text[at : at + _AT_ONCE].casefold() for at in parts])

    def item(self) -> Line:
        """The line without the bullet or number that marks it as an item of a list."""
        match = _MARKER.match(self.text)
        if not match or match.end() == len(self.text):
            return self
        return self.part(match.end(), len(self.text))

    def part(self, start: int, end: int) -> Line:
        """Characters `start` to `end` of this line, without padding."""
        text = self.text[start:end]
        left = len(text) - len(text.lstrip(_PADDING))
        text = text.strip(_PADDING)
        begin = self.start + start + left
        return Line(text, begin, begin + len(text), self.gap)

    def pieces(self, separator: str) -> list[Line]:
        """The parts between occurrences of one character; empty ones stay, to keep their places."""
        cuts = [-1, *(i for i, c in enumerate(self.text) if c == separator), len(self.text)]
        return [self.part(a + 1, b) for a, b in itertools.pairwise(cuts)]


def collapse(text: str) -> str:
    """Each run of blanks as one space."""
    if len(text) <= _AT_ONCE:
        return " ".join(text.split())
    parts: list[str] = []  # a list of all words takes many times the text
    start = 0
    while start < len(text):
        blank = _BLANK.search(text, start + _AT_ONCE)
        end = blank.start() if blank else len(text)
        if part := " ".join(text[start:end].split()):
            parts.append(part)
        start = end
    return " ".join(parts)


def read_lines(text: str) -> tuple[Line, ...]:
    """All lines that are not blank, whatever ends them."""
    lines = []
    previous_end = 0
    for match in _LINE.finditer(text):
        raw = match.group()
        body = raw.strip(_PADDING)
        if not body:
            continue
        start = match.start() + len(raw) - len(raw.lstrip(_PADDING))
        between = text[previous_end : match.start()].replace("\r\n", "\n")
        gap = sum(between.count(mark) for mark in "\n\r\u2028\u2029") > 1
        lines.append(Line(body, start, start + len(body), gap))
        previous_end = start + len(body)
    return tuple(lines)


@dataclass(frozen=True)
class Segment:
    """A heading and the lines under it, up to the next heading."""

    heading: Line
    lines: tuple[Line, ...]


def segments(
    lines: Sequence[Line], labels: Mapping[int, str]
) -> tuple[tuple[Line, ...], dict[str, Segment]]:
    """What stands before the first heading, and the segment of each heading by its name.

    `labels` gives the names of those lines that are headings, by their position; where a heading
    comes twice, the first one counts and the second one's lines are added to it.
    """
    order = sorted(labels)
    head = tuple(lines[: order[0]]) if order else tuple(lines)
    found: dict[str, Segment] = {}
    for place, start in enumerate(order):
        end = order[place + 1] if place + 1 < len(order) else len(lines)
        body = tuple(lines[start + 1 : end])
        name = labels[start]
        if name in found:
            body = found[name].lines + body
            found[name] = Segment(found[name].heading, body)
        else:
            found[name] = Segment(lines[start], body)
    return head, found


def split_spans(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Spans of the parts between matches of `pattern` that are more than blanks."""
    start = 0
    for match in pattern.finditer(text):
        if text[start : match.start()].strip(_PADDING):
            yield start, match.start()
        start = match.end()
    if text[start:].strip(_PADDING):
        yield start, len(text)


def _tidy(text: str) -> str:
    """Blanks collapsed within lines; one line break, or two for a paragraph, between them."""
    parts: list[str] = []
    for line in read_lines(text):
        if parts:
            parts.append("\n\n" if line.gap else "\n")
        parts.append(collapse(line.text))
    return "".join(parts)


@dataclass(frozen=True)
class Page:
    """A saved page: its text, its lines, and the source whose name its rules carry."""

    source: str
    text: str
    lines: tuple[Line, ...]
    version: int = 1

    def rule(self, field: str) -> str:
        """The name and version of the rule that reads `field`."""
        return f"{self.source}.{field}/{self.version}"

    def value(self, field: str, content: T, start: int, end: int) -> Value[T]:
        """A stated content whose words as received are characters `start` to `end`."""
        raw = self.text[start:end]
        return Value(
            content,
            Missingness.STATED,
            Passage(start, end),
            self.rule(field),
            None if content == raw else raw,
        )

    def quote(self, field: str, start: int, end: int) -> Value[str]:
        """The words at `start` to `end`; the reason, where they say that nothing is stated."""
        if start >= end:
            return self.silent(field)
        content = _tidy(self.text[start:end])
        if (why := _words.missing(content)) is not None:
            return self.absent(field, start, end, why)
        return self.value(field, content, start, end)

    def absent(
        self, field: str, start: int, end: int, why: Missingness = Missingness.NOT_REPORTED
    ) -> Value[Any]:
        """No content, for a reason that stands at `start` to `end`."""
        return Value(None, why, Passage(start, end), self.rule(field), self.text[start:end])

    def silent(self, field: str) -> Value[Any]:
        """No content: pages of this kind carry the field, and this one leaves it out."""
        return Value(None, Missingness.NOT_REPORTED, None, self.rule(field))

    def withheld(self, field: str, start: int, end: int) -> Value[Any]:
        """Personal data that stay in the archive; the passage says where, and nothing is kept."""
        return Value(None, Missingness.WITHHELD, Passage(start, end), self.rule(field))

    def of(self, field: str, segment: Segment | None) -> Value[str]:
        """The text of a segment; not reported where it is empty, absent or says so."""
        if segment is None:
            return self.silent(field)
        if not segment.lines:
            return self.absent(field, segment.heading.start, segment.heading.end)
        return self.quote(field, segment.lines[0].start, segment.lines[-1].end)

    def listed(
        self, field: str, segment: Segment | None, *, bullets: bool = True
    ) -> Value[tuple[Value[str], ...]]:
        """Each line of a segment as a value of its own."""
        if segment is None:
            return self.silent(field)
        if not segment.lines:
            return self.absent(field, segment.heading.start, segment.heading.end)
        start, end = segment.lines[0].start, segment.lines[-1].end
        if (why := _words.missing(_tidy(self.text[start:end]))) is not None:
            return self.absent(field, start, end, why)
        items = [line.item() if bullets else line for line in segment.lines]
        if len(items) == 1 and segment.lines[0].text[:1] in "(0123456789":
            items = list(segment.lines)  # one line may hold a whole numbered list
        return self.value(
            field, tuple(self.quote(field, item.start, item.end) for item in items), start, end
        )
