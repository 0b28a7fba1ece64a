"""The body of an answer: unpacked within limits, and told apart from a page for people."""

from __future__ import annotations

import html
import io
import re
import zlib
from collections.abc import Iterable
from typing import Any
from xml.parsers import expat

import msgspec

from trialweave.publish.text import cut, fold

__all__ = ["LARGEST_ANSWER", "Damaged", "TooMuch", "mismatch", "server_said", "unpack"]

LARGEST_ANSWER = 512 * 1024 * 1024
"""Bytes that an answer may have, unpacked: as many as a document (`intake.LARGEST_DOCUMENT`)."""

_PIECE = 1 << 20  # bytes unpacked at a time
_HARMLESS = 32 << 20  # bytes below which no ratio is suspicious
_RATIO = 250  # text of records packs to a tenth; deflate's limit, reached by nonsense, is 1,032
_HEAD = 1 << 16  # bytes in which a page's title stands
_QUOTED = 120  # characters of what others wrote that a message repeats
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,500}>")
_PAGE = re.compile(
    rb"(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE
)
_EARLY_ENDS = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_PROLOGUE = re.compile(rb"<\?xml[^>]{0,200}\?>\s*")


class Damaged(Exception):
    """The packed body ends early, or is not what its header says: it may come whole next time."""


class TooMuch(Exception):
    """The body is larger than any answer should be; the message says how."""


def unpack(pieces: Iterable[bytes], encoding: str, *, largest: int = LARGEST_ANSWER) -> bytes:
    """The body of an answer out of the pieces that come, unpacked as its Content-Encoding says.

    Never holds much more than `largest` bytes. Raises TooMuch beyond that, or where packed bytes
    swell as those of records never do, and Damaged where they end early or make no sense.
    """
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflated(pieces, zlib.MAX_WBITS | 32)  # 32: either header
    elif encoding not in ("", "identity"):
        raise Damaged(f"it is packed as {fold(encoding)[:40]!r}, which was not asked for")
    whole = io.BytesIO()
    for piece in pieces:
        if whole.tell() + len(piece) > largest:
            raise TooMuch(f"it is larger than {largest // (1 << 20)} MB")
        whole.write(piece)
    return whole.getvalue()


def _inflated(pieces: Iterable[bytes], bits: int) -> Iterable[bytes]:
    packed = unpacked = 0
    inflater = zlib.decompressobj(bits)
    try:
        for piece in pieces:
            packed += len(piece)
            while True:
                some = inflater.decompress(piece, _PIECE)
                unpacked += len(some)
                if unpacked > max(_HARMLESS, packed * _RATIO):
                    raise TooMuch(f"{packed} packed bytes swell to more than {unpacked}")
                if some:
                    yield some
                piece = inflater.unconsumed_tail
                if inflater.eof and inflater.unused_data.startswith(_GZIP):
                    piece = inflater.unused_data  # members of a stream may follow each other
                    inflater = zlib.decompressobj(bits)
                elif not piece and len(some) < _PIECE:
                    break
    except zlib.error as error:
        raise Damaged("its packed body is damaged") from error
    if packed and not inflater.eof:
        raise Damaged("its packed body ends early")


def mismatch(data: bytes, expect: str) -> str:
    """Why a body cannot be what was asked for, in words; "" where it can.

    `expect` as for `api.Client.get`. Looks at form alone: that it is no page for people, and that
    JSON and XML end where they must.
    """
    if not expect:
        return ""
    start = data[:_HEAD].removeprefix(_BOM).lstrip()
    if _PAGE.match(_PROLOGUE.sub(b"", start, count=1)):
        title = _title(data)
        return f"a page for people came instead of {expect}" + (
            f", titled “{title}”" if title else ""
        )
    if expect == "text":
        return ""
    if not start:
        return "an empty body came"
    if expect == "xml":
        if not start.startswith(b"<"):
            return f"no XML came, but “{_quoted(start)}”"
        return "the XML ends early" if _breaks_off(data) else ""
    try:
        msgspec.json.decode(data.removeprefix(_BOM), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return f"no whole JSON came, but “{_quoted(start)}”"
    return ""


def _breaks_off(data: bytes) -> bool:
    """Whether XML ends before its root does; what else is wrong is for its reader to say."""
    try:
        expat.ParserCreate().Parse(data, True)
    except expat.ExpatError as error:
        return error.code in _EARLY_ENDS
    except (ValueError, LookupError):  # an encoding that nobody knows
        return False
    return False


def server_said(data: bytes) -> str:
    """The server's own message in the body of an error: printable, short; "" where none."""
    start = data[:_HEAD].removeprefix(_BOM)
    try:
        told = _message(msgspec.json.decode(start))
    except (msgspec.DecodeError, RecursionError, ValueError):
        told = ""
        if not start.lstrip().startswith((b"{", b"[")):
            told = _title(start) or _TAGS.sub(" ", start.decode("utf-8", "replace"))
    return cut(fold(told), _QUOTED)


def _message(told: Any, depth: int = 4) -> str:
    if isinstance(told, str):
        return told
    if isinstance(told, list) and told and depth:
        return _message(told[0], depth - 1)
    if isinstance(told, dict) and depth:
        for name in ("message", "detail", "error", "errors", "errMsg", "reason", "title"):
            if said := _message(told.get(name), depth - 1):
                return said
    return ""


def _title(data: bytes) -> str:
    found = _TITLE.search(data[:_HEAD].decode("utf-8", "replace"))
    return cut(fold(html.unescape(found[1])), _QUOTED) if found else ""


def _quoted(start: bytes) -> str:
    return cut(fold(start[:400].decode("utf-8", "replace")), 60)
