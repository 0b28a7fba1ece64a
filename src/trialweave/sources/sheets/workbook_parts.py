"""The parts of a workbook's file: unpacked in steps, within limits, and read as XML with care."""

from __future__ import annotations

import functools
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from trialweave.errors import Hostile, InputError, TooLarge, Unreadable
from trialweave.model import Received

__all__ = ["DAMAGE", "DEEPEST", "Parts", "Strings", "local", "parser_of", "plain", "too_deep"]

_LARGEST = 512 * 1024 * 1024  # bytes of the parts that are unpacked, together
_HARMLESS = 16 * 1024 * 1024  # bytes below which no ratio is suspicious
_RATIO = 200  # sheets shrink to a tenth or a thirtieth; what shrinks more holds one thing repeated
_MOST_TEXT = 256 * 1024 * 1024  # characters of all cells; a shared text counts where it is used
_MOST_PARTS = 20_000
DEEPEST = 64  # elements in each other; a sheet has six
_STEP = 1 << 18
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNFIT = re.compile("[\0\ud800-\udfff]")

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, struct.error),
    *(KeyError, IndexError, ValueError, RuntimeError, expat.ExpatError),
)
"""What the readers of the standard library raise for files that are not as they should be."""

Attributes = dict[str, str]


@functools.lru_cache(256)
def local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def plain(text: str) -> str:
    """A text without the escapes that workbooks have for characters that XML cannot hold."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        text = _UNFIT.sub("\ufffd", text)
    return text


def too_deep() -> Hostile:
    """What to raise where elements stand in each other more than `DEEPEST` deep."""
    return Hostile("the workbook's XML is nested absurdly deep.")


def _entity(*_: Any) -> None:
    raise Hostile("the workbook's XML declares entities, which are never needed.")


def parser_of(
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> Any:
    """A parser that refuses entities and looks nothing up; depth is for `start` to watch."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = _entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    if text is not None:
        parser.CharacterDataHandler = text
        parser.buffer_text = True
    return parser


class Parts:
    """The parts of one file, and what reading them has cost so far.

    Raises `errors.InputError`, or one of `DAMAGE`, which `damaged` turns into one.
    """

    def __init__(self, received: Received) -> None:
        self.name = received.name
        self._archive = zipfile.ZipFile(io.BytesIO(received.data))
        self._parts = {info.filename.lower(): info for info in self._archive.infolist()}
        if len(self._parts) > _MOST_PARTS:
            raise Hostile("the workbook has an absurd number of parts.", where=self.name)
        self._unpacked = 0
        self._characters = 0

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    def damaged(self, error: Exception) -> InputError:
        """The error for people."""
        if isinstance(error, InputError):
            return type(error)(error.what, where=self.name, next_step=error.next_step)
        if isinstance(error, RuntimeError) and "password" in str(error):
            return Unreadable(
                "the workbook is locked by a password.",
                where=self.name,
                next_step="Save it without one.",
            )
        return Unreadable(
            f"the workbook is damaged: {str(error)[:200] or type(error).__name__}.",
            where=self.name,
            next_step="Open it in a spreadsheet program and save it again as .xlsx.",
        )

    def pieces(self, part: str) -> Iterator[bytes]:
        """The bytes of a part in steps; none where there is no such part."""
        info = self._parts.get(part.lower())
        if info is None:
            return
        size, packed = info.file_size, max(info.compress_size, 1)
        if size > _HARMLESS and size > _RATIO * packed:
            raise Hostile(f"{part} unpacks to {size // packed} times its size, as no sheet does.")
        self._unpacked += size
        if self._unpacked > _LARGEST:
            raise TooLarge(
                f"its sheets unpack to more than {_LARGEST >> 20} MB.",
                next_step="Save the sheets as CSV.",
            )
        with self._archive.open(info) as stream:
            while piece := stream.read(_STEP):
                yield piece

    def count(self, characters: int) -> None:
        """Count characters of cells against what all may have."""
        self._characters += characters
        if self._characters > _MOST_TEXT:
            raise Hostile(
                f"the cells hold more than {_MOST_TEXT >> 20} million characters.",
                next_step="Save the sheets as CSV.",
            )

    def elements(self, part: str, *wanted: str) -> list[tuple[str, Attributes]]:
        """The elements of some names in a small part, in order, with their attributes."""
        found: list[tuple[str, Attributes]] = []
        depth = 0

        def start(name: str, attributes: Attributes) -> None:
            nonlocal depth
            depth += 1
            if depth > DEEPEST:
                raise too_deep()
            name = local(name)
            if name in wanted:
                found.append((name, {local(key): value for key, value in attributes.items()}))

        def end(_: str) -> None:
            nonlocal depth
            depth -= 1

        parser = parser_of(start, end)
        piece = b""
        for piece in self.pieces(part):
            parser.Parse(piece, False)
        if piece:
            parser.Parse(b"", True)
        return found

    def targets(self, part: str) -> dict[str, str]:
        """Which part each relationship of a part leads to; links out of the file are left out."""
        folder, name = posixpath.split(part)
        found = {}
        for _, each in self.elements(f"{folder}/_rels/{name}.rels", "Relationship"):
            if each.get("TargetMode") != "External" and "Id" in each and "Target" in each:
                target = each["Target"].replace("\\", "/")
                path = target if target.startswith("/") else f"{folder}/{target}"
                found[each["Id"]] = posixpath.normpath(path).lstrip("/")
        return found


class Strings:
    """The texts that cells share, read only as far as they are asked for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._texts: list[str] = []
        self._pieces: list[str] = []
        self._reading = self._phonetic = False
        self._depth = 0
        self._source = self._bytes()
        self._parser = parser_of(self._open, self._close, self._text)

    def _bytes(self) -> Iterator[bytes]:
        yield from self._parts.pieces("xl/sharedStrings.xml")
        yield b""

    def _open(self, name: str, _: Attributes) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise too_deep()
        name = local(name)
        if name == "rPh":  # how a word is pronounced
            self._phonetic = True
        self._reading = name == "t" and not self._phonetic

    def _text(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)

    def _close(self, name: str) -> None:
        self._depth -= 1
        name = local(name)
        self._reading = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            text = plain("".join(self._pieces))
            self._pieces.clear()
            self._parts.count(len(text))
            self._texts.append(text)

    def get(self, number: int) -> str | None:
        """The text of that number; None where there is none."""
        while number >= len(self._texts):
            piece = next(self._source, None)
            if piece is None:
                return None
            self._parser.Parse(piece, not piece)
        return self._texts[number] if number >= 0 else None
