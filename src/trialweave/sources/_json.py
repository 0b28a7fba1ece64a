"""Takes a JSON document apart into its records, without building what nobody reads.

A record keeps its own bytes: what stands before, between and after the records of a search page,
a list or a file of JSON lines is not part of any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from trialweave.errors import Hostile, InputError, Unreadable

__all__ = ["BOM", "Piece", "decode", "lines", "locate", "looks_like_json", "refused", "whole"]

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_VALUE = b'"{[]}-0123456789tfn'


class Piece(NamedTuple):
    """The bytes of a document from `start` to `end`."""

    start: int
    end: int


def whole(data: bytes) -> Piece:
    """The document without byte order mark and blanks around it."""
    start = len(BOM) if data.startswith(BOM) else 0
    end = len(data)
    while start < end and data[start] in _BLANK:
        start += 1
    while end > start and data[end - 1] in _BLANK:
        end -= 1
    return Piece(start, end)


def looks_like_json(data: bytes) -> bool:
    """Whether a document begins like a JSON object or list."""
    piece = whole(data)
    head = data[piece.start : piece.start + 4096]
    if head[:1] not in (b"{", b"["):
        return False
    rest = head[1:].lstrip(_BLANK)[:1]
    return rest in (b'"', b"}") if head[:1] == b"{" else rest != b"" and rest in _VALUE


def lines(data: bytes) -> Iterator[Piece]:
    """The lines that are not blank."""
    at, end = whole(data)
    while at < end:
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        first, last = at, stop
        while first < last and data[first] in _BLANK:
            first += 1
        while last > first and data[last - 1] in _BLANK:
            last -= 1
        if first < last:
            yield Piece(first, last)
        at = stop + 1


def locate(data: bytes, records: Sequence[msgspec.Raw], start: int = 0) -> list[Piece]:
    """Where the records of a decoded document stand in its bytes, in one forward scan."""
    pieces = []
    at = start
    for record in records:
        raw = bytes(record)
        # The record is the next, or after a key or two the next but few, object or list
        found = at
        for _ in range(4):
            found = data.find(raw[:1], found)
            if found < 0 or data.startswith(raw, found):
                break
            found += 1
        if found < 0 or not data.startswith(raw, found):
            found = data.index(raw, at)
        at = found + len(raw)
        pieces.append(Piece(found, at))
    return pieces


def decode(decoder: msgspec.json.Decoder[T], content: bytes | msgspec.Raw, where: str) -> T:
    """Decode, or raise the `InputError` that says what is wrong with the content."""
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise refused(error, where, len(memoryview(content))) from None


def refused(error: Exception, where: str, end: int) -> InputError:
    """An error of decoding as one of ours; the content ends at byte `end` of the document."""
    if isinstance(error, RecursionError):
        return Hostile("the JSON is nested absurdly deep.", where=where)
    if isinstance(error, msgspec.ValidationError):
        message = str(error)
        if "of length <=" in message:
            return Hostile(f"a list is absurdly long: {message}.", where=where)
        return Unreadable(
            f"something else stands where the form has its own: {message}.", where=where
        )
    if isinstance(error, UnicodeDecodeError):
        return Unreadable(f"text that is not valid UTF-8: {error}.", where=where)
    message = str(error)
    if "truncated" in message:
        message = f"the JSON ends in the middle (at byte {end})"
    return Unreadable(f"{message or 'the JSON is malformed'}.", where=where)
