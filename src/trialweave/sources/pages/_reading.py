"""The text of a page as a reader sees it, with the way back to the characters that write it.

A page's markup becomes lines: blocks stand on lines of their own, cells of a row are parted by
tabs, items of a list begin with "• ", references are the signs they mean, and what a browser does
not show (scripts, styles, comments, navigation, hidden parts) is not there. A number that is raised
behind a digit keeps that as "^": 10<sup>6</sup> is not 106. Behind the page's own text stand,
each on a line, the contents of attributes and embedded data that records are read from (`extras`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from trialweave.model import Passage
from trialweave.sources.pages._markup import escape, reference, tag_end

__all__ = ["Cell", "Extra", "Heading", "Reading", "Spans"]

T = TypeVar("T")


_SIGN = 1 << 31
_PLACE = _SIGN - 1


def _place(written: int) -> int:
    return written & _PLACE


class Heading(NamedTuple):
    """A heading of a level from 1 to 6."""

    level: int
    start: int
    end: int


class Cell(NamedTuple):
    """A cell of a table's row, or a term (`head`) or description of a definition list."""

    start: int
    end: int
    head: bool = False
    layout: bool = False  # holds a table of its own


class Extra(NamedTuple):
    """The content of an attribute or of a string in embedded data: `name` tells which."""

    name: str
    start: int
    end: int


class Spans:
    """Which characters of a source write which characters of a text that is made piece by piece.

    A piece is either as written, character for character, or some markup that stands for a sign or
    two (`sign`): a reference, an escape in a string, a tag that makes a bullet. Between pieces
    there may be breaks, which nothing writes. A piece costs eight bytes: what a sign's markup is,
    and how long, is read again from the source when it is asked for.
    """

    __slots__ = ("_at", "_from", "_length", "_source", "extras_from")

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = array("I")  # where each piece begins in the text
        self._from = array("I")  # and where in the source; with _SIGN where it is a sign's markup
        self._length = 0
        self.extras_from = 0  # the first piece that is not in the order of the page

    def __len__(self) -> int:
        return self._length

    def add(self, length: int, start: int) -> None:
        """A piece of `length` that the source writes as it is from `start` on."""
        at, began = self._at, self._from
        if (
            len(at) == self.extras_from
            or began[-1] >= _SIGN
            or began[-1] + self._length - at[-1] != start
        ):
            at.append(self._length)
            began.append(start)
        self._length += length

    def sign(self, length: int, start: int) -> None:
        """A sign that the markup at `start` stands for."""
        self._at.append(self._length)
        self._from.append(start | _SIGN)
        self._length += length

    def breaks(self, length: int) -> None:
        """Line breaks or tabs, which never stand at the end of a passage."""
        self._length += length

    def begin_extras(self) -> None:
        """From here on pieces come from elsewhere in the source, in its order again."""
        self.extras_from = len(self._at)

    def outward(self, start: int, end: int) -> tuple[int, int]:
        """Where characters `start` to `end` of the text are written in the source."""
        first = max(bisect_right(self._at, start) - 1, 0)
        last = max(bisect_left(self._at, end) - 1, 0)
        begin, stop = self._from[first], self._from[last]
        begin = begin - _SIGN if begin >= _SIGN else begin + start - self._at[first]
        if stop >= _SIGN:
            stop = self._markup(stop - _SIGN)[0]
        else:
            stop += end - self._at[last]
        return begin, stop

    def inward(self, start: int, end: int) -> tuple[int, int] | None:
        """The characters of the text that the source writes at `start` to `end`, if any."""
        for low, high in ((0, self.extras_from), (self.extras_from, len(self._at))):
            first = bisect_right(self._from, start, low, high, key=_place) - 1
            last = bisect_left(self._from, end, low, high, key=_place) - 1
            if first < low or last < first:
                continue
            begin, stop = self._inner(first, start, False), self._inner(last, end, True)
            if begin is not None and stop is not None:
                return begin, stop
        return None

    def _inner(self, piece: int, position: int, is_end: bool) -> int | None:
        at, begin = self._at[piece], self._from[piece]
        after = self._at[piece + 1] if piece + 1 < len(self._at) else self._length
        if begin < _SIGN:
            inner = at + position - begin
            return inner if inner <= after - (not is_end) else None
        stop, size = self._markup(begin - _SIGN)
        if position > stop - (not is_end):
            return None
        return at + size if is_end else at

    def _markup(self, start: int) -> tuple[int, int]:
        """Where the markup of a sign at `start` ends, and how many signs it is."""
        source = self._source
        if source[start] == "\\":
            return start + len(escape(source, start)), 1
        if source[start] == "<":
            return tag_end(source, start), 2 if source[start + 1] in "lL" else 1
        found = reference(source, start, len(source))
        return (found[1], len(found[0])) if found else (start + 1, 1)


@dataclass(frozen=True)
class Reading:
    """A page for reading: `text`, what of it is the page's own (`body`), and how it is built.

    All places are characters of `text`; `outward` leads from there to the received document.
    """

    text: str
    body: tuple[int, int]
    title: tuple[int, int]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[tuple[int, int], ...]  # what is set apart as labels are: bold, <label>
    extras: tuple[Extra, ...]
    data: tuple[Any, ...]  # embedded JSON-LD, whose leaves stand among the extras
    spans: Spans

    def outward(self, item: T) -> T:
        """The same with passages in the received document, for passages in this text."""
        return cast(T, _moved(item, self._out))

    def inward(self, item: T) -> T:
        """The same with passages in this text, for passages in the received document."""
        return cast(T, _moved(item, self._in))

    def _out(self, passage: Passage) -> Passage:
        if not 0 <= passage.start < passage.end <= len(self.text):
            return passage
        return Passage(*self.spans.outward(passage.start, passage.end))

    def _in(self, passage: Passage) -> Passage:
        if passage.start < 0:
            return passage
        place = self.spans.inward(passage.start, passage.end)
        return Passage(*place) if place is not None else passage


def _moved(item: Any, move: Any) -> Any:
    if isinstance(item, Passage):
        return move(item)
    if isinstance(item, tuple):
        return tuple(_moved(part, move) for part in item)
    if isinstance(item, msgspec.Struct):
        changes = {}
        for name in item.__struct_fields__:
            before = getattr(item, name)
            after = _moved(before, move)
            if after is not before and after != before:
                changes[name] = after
        return msgspec.structs.replace(item, **changes) if changes else item
    return item
