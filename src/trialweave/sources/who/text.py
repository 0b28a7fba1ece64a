"""Cells of a register's export: what stands where in a document, and how to read it.

A `Cell` is a stretch of the received text as it stands there, escapes and all, so that any part
of it can be pointed at. `Cell.read` makes text for reading of it: escapes undone, line breaks and
list items instead of markup, mojibake repaired, runs of blanks closed. What a word is looked for
in is `flat`: the same text with the same length, in which markup has become blanks.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from trialweave.model import Passage

__all__ = ["Cell", "clean", "unmangled"]

Escape = Literal["", "csv", "xml"]

_TAGS = (
    "br|p|div|span|ul|ol|li|b|i|u|em|strong|sup|sub|table|tbody|tr|td|th|font|a|h[1-6]|hr|small|pre"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,300}})?\s{{0,3}}/?\s{{0,3}}>", re.IGNORECASE)
_BREAKING = re.compile(r"</?(?:br|p|div|li|tr|table|h[1-6]|ul|ol|hr)\b", re.IGNORECASE)
# A line break beside a ``<br>`` is the same break, written twice
_TWICE = re.compile(
    r"[\r\n]\s{0,10}<br\s?/?\s?>(?:\s{0,10}[\r\n])?|<br\s?/?\s?>\s{0,10}[\r\n]", re.I
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_CUT = re.compile(r"&(?:amp;)?[#A-Za-z0-9]{0,31}$")  # an escape that a part would end inside of
_ESCAPED = re.compile(r"&(?:amp;)?(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_SECTION = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*+(?:-->|\Z)")
_BULLETS = ("‚Ä¢", "â€¢")  # what both kinds of mojibake make of "•"
_CARRIAGE = "_x000D_"  # what spreadsheets write for a carriage return
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_BLANKS = re.compile(r"[^\S\n]{2,}|[\t\xa0\u3000]")
_EDGES = re.compile(r" ?\n ?")
_LINES = re.compile(r"\n{3,}")

# UTF-8 that was read as Mac Roman or Windows-1252: a lead byte and what may follow it. Only leads
# of Latin letters, Greek letters and punctuation, which is what registers' texts have.
_LEADS = {2: (0xC2, 0xC3, 0xCE, 0xCF), 3: (0xE2,)}


class Cell(NamedTuple):
    """A stretch of a document: its characters as received, and where they begin.

    In documents that are no text (workbooks) `path` tells the cell, and `start` counts in its text;
    -1 where only the cell as a whole can be told.
    """

    raw: str
    start: int = -1
    escape: Escape = ""
    path: str = ""

    def passage(self, start: int = 0, end: int | None = None) -> Passage:
        """Where characters `start` to `end` of the cell stand."""
        if self.start < 0:
            return Passage(path=self.path)
        last = len(self.raw) if end is None else end
        return Passage(self.start + start, self.start + last, self.path)

    def part(self, start: int, end: int) -> Cell:
        """A part of the cell without the blanks around it."""
        if self.escape == "xml" and (opened := _CUT.search(self.raw, max(start, end - 40), end)):
            whole = _ESCAPED.match(self.raw, opened.start())
            end = max(end, whole.end()) if whole else end
        raw = self.raw[start:end]
        bare = raw.lstrip()
        first = start + len(raw) - len(bare)
        at = self.start if self.start < 0 else self.start + first
        return Cell(bare.rstrip(), at, self.escape, self.path)

    def read(self) -> str:
        """The text for reading."""
        return clean(unescaped(self.raw, self.escape))

    def flat(self) -> str:
        """The text with markup blanked out, character for character."""
        return _flat(self.raw, self.escape)

    def split(self, separator: re.Pattern[str]) -> Iterator[Cell]:
        """The parts that are not blank between matches in the flat text."""
        flat = self.flat()
        at = 0
        for match in separator.finditer(flat):
            if flat[at : match.start()].strip():
                yield self.trimmed(flat, at, match.start())
            at = match.end()
        if flat[at:].strip():
            yield self.trimmed(flat, at, len(flat))

    def trimmed(self, flat: str, start: int, end: int) -> Cell:
        """A part without blanked-out markup at its edges."""
        piece = flat[start:end]
        left = len(piece) - len(piece.lstrip())
        return self.part(start + left, start + len(piece.rstrip()))


def unescaped(raw: str, escape: Escape) -> str:
    """What the form of the document wrote otherwise than it means."""
    if escape == "csv":
        return raw.replace('""', '"') if '"' in raw else raw
    if escape == "xml" and ("&" in raw or "<!" in raw):
        if "<![CDATA[" not in raw:
            if "<!--" in raw:
                raw = _COMMENT.sub("", raw)
            return _resolved(raw)
        parts = []
        at = 0
        while (opens := raw.find("<![CDATA[", at)) >= 0:
            closes = raw.find("]]>", opens)
            closes = len(raw) if closes < 0 else closes
            parts += [_resolved(_COMMENT.sub("", raw[at:opens])), raw[opens + 9 : closes]]
            at = closes + 3
        return "".join((*parts, _resolved(_COMMENT.sub("", raw[at:]))))
    return raw


def _resolved(text: str) -> str:
    return _REFERENCE.sub(lambda match: _character(match.group()), text) if "&" in text else text


@functools.lru_cache(1024)
def _character(reference: str) -> str:
    text = html.unescape(reference)
    return text if text == "\n" or text.isprintable() or text.isspace() else " "


def clean(text: str) -> str:
    """Text for reading: line breaks for markup, no double escapes, no runs of blanks."""
    if _CARRIAGE in text:
        text = text.replace(_CARRIAGE, "")
    if "&" in text:
        text = _resolved(_resolved(text))  # registers escape what is escaped
    if "<" in text:
        text = _TWICE.sub(_once, text)
        text = _TAG.sub(lambda tag: "\n" if _BREAKING.match(tag.group()) else "", text)
    if not text.isascii():
        text = unmangled(text)
    if not text.isprintable():
        text = _BLANKS.sub(" ", _BREAKS.sub("\n", text))
    elif "  " in text:
        text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _LINES.sub("\n\n", _EDGES.sub("\n", text))
    return text.strip()


def _once(match: re.Match[str]) -> str:
    return match.group().replace("\r", " ").replace("\n", " ")


def _padded(text: str, length: int) -> str:
    return text[:length].ljust(length)


def _flat(raw: str, escape: Escape) -> str:
    """As `clean`, but no character changes its place."""
    text = raw
    if escape == "csv" and '""' in text:
        text = text.replace('""', '" ')
    if escape == "xml" and "<!" in text:
        text = _SECTION.sub(lambda match: " " * len(match.group()), text)
    for _ in range(2):  # "&lt;br&gt;" is a tag, "&amp;#8805;" a sign
        if "&" in text:
            text = _REFERENCE.sub(
                lambda match: _padded(_character(match.group()), len(match.group())), text
            )
            text = re.sub(r"& {4}(#?\w{1,31};)", r"&\1    ", text)
            text = re.sub(r"< {3}(/?\w{1,6} ?/?)> {3}", r"      <\1>", text)
    if _CARRIAGE in text:
        text = text.replace(_CARRIAGE, " " * len(_CARRIAGE))
    if "<" in text:
        text = _TWICE.sub(_once, text)
        text = _TAG.sub(
            # the break last: what follows on the line keeps its own indentation
            lambda tag: ("\n" if _BREAKING.match(tag.group()) else "").rjust(len(tag.group())),
            text,
        )
    if not text.isascii():
        for mangled in _BULLETS:
            text = text.replace(mangled, "•  ")
    if not text.isprintable():
        text = text.replace("\r\n", " \n").replace("\r", "\n").replace("\u2028", "\n")
    return text


def _byte_maps() -> tuple[dict[str, int], dict[str, int]]:
    """What each character was as a byte, read as Mac Roman and as Windows-1252."""
    mac = {bytes((code,)).decode("mac_roman"): code for code in range(0x80, 0x100)}
    windows = {}
    for code in range(0x80, 0x100):
        try:
            windows[bytes((code,)).decode("cp1252")] = code
        except UnicodeDecodeError:  # five bytes that Windows leaves open stay controls
            windows[chr(code)] = code
    return mac, windows


_MAPS = _byte_maps()


def _mangled(table: dict[str, int]) -> re.Pattern[str]:
    """What looks like a character of UTF-8 that was read by a table."""

    def any_of(codes: Callable[[int], bool]) -> str:
        return "[" + "".join(re.escape(sign) for sign, code in table.items() if codes(code)) + "]"

    follows = any_of(lambda code: code < 0xC0)
    return re.compile(
        "|".join(
            f"{any_of(leads.__contains__)}{follows}{{{length - 1}}}"
            for length, leads in sorted(_LEADS.items(), reverse=True)
        )
    )


_MANGLED = tuple(_mangled(table) for table in _MAPS)


def unmangled(text: str) -> str:
    """Text in which UTF-8 that was read as Mac Roman or Windows-1252 is right again.

    "Dise√±o" is "Diseño", "â‰¥" is "≥". Only sequences that are whole characters of UTF-8 change,
    and only those of one of the two tables: a text was mangled by one program.
    """
    for pattern, table in zip(_MANGLED, _MAPS, strict=True):
        repaired = pattern.sub(functools.partial(_repaired, table), text)
        if repaired != text:
            return repaired
    return text


def _repaired(table: dict[str, int], match: re.Match[str]) -> str:
    try:
        return bytes(table[character] for character in match.group()).decode("utf-8")
    except UnicodeDecodeError:
        return match.group()
