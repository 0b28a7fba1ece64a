"""Values of European registers' records: a content, where it stands, the rule used.

A `Piece` is a stretch of a received text, or of one string in a JSON record. A field in which
nothing stands is "not reported"; a concept that a register has no field for stays `Value()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from trialweave.model import (
    Labelled,
    Missingness,
    Outcome,
    PartialDate,
    Passage,
    RegistryNumber,
    Value,
    parse_date,
)
from trialweave.model.identifiers import normalise
from trialweave.sources.ctgov import words as ctgov_words
from trialweave.sources.ctgov.criteria import split
from trialweave.sources.who.text import Cell

__all__ = ["Piece", "Texts", "Unread", "Values"]

T = TypeVar("T")
Texts = Value[tuple[Value[str], ...]]

_STATED = Missingness.STATED
_UNREADABLE = Missingness.UNREADABLE
_LONGEST = 60  # characters; no registry number is longer
_HEADING = "Inclusion criteria:\n"  # the splitter of criteria wants one
# What these registers write into a field that is left open
_OPEN = frozenset(
    {
        "nil known",
        "not known",
        "none known",
        "not provided at time of registration",
        "plain english summary of protocol not provided at time of registration",
        "not provided at registration",
        "not specified",
        "information not present in eudract",
        "n/a",
        "na",
        "-",
        "none",
    }
)


class Piece(Cell):
    """A `Cell` whose parts can be told inside a string of a JSON record, too."""

    __slots__ = ()

    def passage(self, start: int = 0, end: int | None = None) -> Passage:
        """Where characters `start` to `end` of the piece stand."""
        end = len(self.raw) if end is None else end
        if self.start < 0:
            whole = start == 0 and end == len(self.raw)
            return Passage(path=self.path) if whole else Passage(start, end, self.path)
        return Passage(self.start + start, self.start + end, self.path)

    def part(self, start: int, end: int) -> Piece:
        """A part of the piece without the blanks around it."""
        raw = self.raw[start:end]
        bare = raw.lstrip()
        first = max(self.start, 0) + start + len(raw) - len(bare)
        return Piece(bare.rstrip(), first, self.escape, self.path)


class Unread(Piece):
    """What stands in the place of a text and is none: a field that holds another type than ever."""

    __slots__ = ()


class Values:
    """Makes the values of one register, whose short name begins the name of each rule."""

    def __init__(self, register: str) -> None:
        self.register = register
        self._absent: dict[str, Value[Any]] = {}

    def rule(self, name: str) -> str:
        """A rule's full name."""
        return f"{self.register}.{name}/1"

    def absent(self, name: str = "text") -> Value[Any]:
        """The register has the field, and the record leaves it open."""
        value = self._absent.get(name)
        if value is None:
            value = Value(None, Missingness.NOT_REPORTED, None, self.rule(name))
            self._absent[name] = value
        return value

    def unread(self, piece: Cell, name: str) -> Value[Any]:
        """Something stands there that could not be understood."""
        return Value(None, _UNREADABLE, piece.passage(), self.rule(name), piece.raw)

    def text(self, piece: Cell | None, name: str = "text") -> Value[str]:
        """A text for reading; words that only say that nothing is entered are "not reported"."""
        if piece is None:
            return self.absent(name)
        if isinstance(piece, Unread):
            return self.unread(piece, name)
        content = piece.read()
        if not content:
            return self.absent(name)
        if len(content) < 80 and content.casefold().strip(" .") in _OPEN:
            return Value(
                None, Missingness.NOT_REPORTED, piece.passage(), self.rule(name), piece.raw
            )
        raw = None if content == piece.raw else piece.raw
        return Value(content, _STATED, piece.passage(), self.rule(name), raw)

    def word(
        self, piece: Cell | None, read: Callable[[str], T | Missingness | None], name: str = "word"
    ) -> Value[T]:
        """What `read` makes of a field; None and Missingness are why it makes nothing of it."""
        if isinstance(piece, Unread):
            return self.unread(piece, name)
        if piece is None or not (stands := piece.read()):
            return self.absent(name)
        found = read(stands) if len(stands) <= 600 else None
        if found is None:
            found = _UNREADABLE
            if stands.casefold().strip(" .") in _OPEN:
                found = Missingness.NOT_REPORTED
        if isinstance(found, Missingness):
            return Value(None, found, piece.passage(), self.rule(name), piece.raw)
        return Value(found, _STATED, piece.passage(), self.rule(name), piece.raw)

    def date(self, piece: Cell | None) -> Value[PartialDate]:
        """A date as precise as it was stated; a time zone's midnight stays the day written."""
        return self.word(piece, parse_date, "date")

    def count(self, piece: Cell | None) -> Value[int]:
        """A number of participants."""
        return self.word(piece, ctgov_words.count, "count")

    def flag(self, piece: Cell | None) -> Value[bool]:
        """Yes or no."""
        return self.word(piece, ctgov_words.yes_no, "flag")

    def derived(self, content: T, piece: Cell, name: str) -> Value[T]:
        """A content that follows from what stands at `piece`."""
        return Value(content, _STATED, piece.passage(), self.rule(name), piece.raw)

    def listed(self, pieces: Iterable[Cell], name: str = "list") -> Texts:
        """A list of texts, each once, each with its own passage."""
        found: dict[str, Value[str]] = {}
        unread: Unread | None = None
        for piece in pieces:
            value = self.text(piece)
            if value.content:
                found.setdefault(value.content.casefold(), value)
            elif isinstance(piece, Unread):
                unread = piece
        if unread is not None and not found:
            return self.unread(unread, name)
        return self.several(tuple(found.values()), name)

    def several(self, items: tuple[T, ...], name: str = "list") -> Value[tuple[T, ...]]:
        """A list of values or parts, which stands where its first item does."""
        if not items:
            return self.absent(name)
        return Value(items, _STATED, _first(items), self.rule(name))

    def criteria(self, piece: Piece | None) -> Texts:
        """One criterion an item where the text lists items a line; else the text as one."""
        if isinstance(piece, Unread):
            return self.unread(piece, "criteria")
        if piece is None or not self.text(piece):
            return self.absent("criteria")
        flat = piece.flat()
        sections = split(_HEADING + flat) if "\n" in flat else None
        shift = len(_HEADING)
        parts = [
            piece.part(max(first - shift, 0), last - shift)
            for section in sections or ()
            for first, last in section.items
            if last > shift
        ]
        values = [self.text(part) for part in parts or [piece]]
        return self.several(tuple(value for value in values if value), "criteria")

    def outcomes(self, items: Sequence[Outcome]) -> Value[tuple[Outcome, ...]]:
        """Registered outcomes of which the measure is stated."""
        told = tuple(
            item
            for item in items
            if item.measure or item.description or item.measure.missingness is _UNREADABLE
        )
        return self.several(told)

    def number(self, piece: Cell | None, kind: str, scheme: str = "") -> RegistryNumber | None:
        """A registry number; the scheme is told by its form, or by the field it stands in."""
        value = self.text(piece, "identifier")
        if piece is None or not value.content:
            return None
        found = None
        if len(value.content) <= _LONGEST:
            found = (normalise(value.content, scheme) if scheme else None) or normalise(
                value.content
            )
        if found is None or found.scheme in ("doi", "pmid", "nl"):
            return RegistryNumber(value, "", kind)
        raw = None if found.value == piece.raw else piece.raw
        stated = Value(found.value, _STATED, piece.passage(), self.rule("identifier"), raw)
        return RegistryNumber(stated, found.scheme, kind)

    def labelled(self, pairs: Iterable[tuple[str, Cell | None]]) -> list[Labelled]:
        """What no concept covers, each under its label."""
        found = []
        for label, piece in pairs:
            value = self.text(piece)
            if value:
                found.append(Labelled(label, value))
        return found


def _first(items: tuple[Any, ...]) -> Passage | None:
    """Where the first item stands, or the first part of it."""
    item = items[0]
    if isinstance(item, Value):
        return item.passage
    parts = (getattr(item, name) for name in item.__struct_fields__)
    return next((part.passage for part in parts if isinstance(part, Value) and part.passage), None)
