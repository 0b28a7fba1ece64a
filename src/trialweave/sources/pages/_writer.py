"""Writes the reading text of a page, and remembers which characters of the source write it."""

from __future__ import annotations

import json
import re

from trialweave.sources.pages._markup import escape, reference
from trialweave.sources.pages._reading import Spans

__all__ = ["Writer"]

_JOIN = 4_096  # pieces of text that are joined at a time

_WORD = r"(?:[^ \t\r\n\f&]++|&(?![#A-Za-z]))"
_BIT = re.compile(rf"(?P<run>{_WORD}(?:{_WORD}| (?=[^ \t\r\n\f]))*+)|(?P<space>[ \t\r\n\f]++)|&")
# Signs that no line of text has; one blank for one, so that places stay right
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_CONTROLS_IN_LINES = {code: sign for code, sign in _CONTROLS.items() if code not in (9, 10, 13)}


class Writer:
    """The text that is written so far, and what is due before the next sign."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.spans = Spans(source)
        self.pieces: list[str] = []
        self.chunks: list[str] = []
        self.last = ""  # the sign written last; "" at the beginning of a line or cell
        self.breaks = 0  # line breaks and tabs that are due before the next sign
        self.tabs = 0
        self.bullet = -1  # where the tag of a list's item stands whose text comes next

    def write(self, piece: str, start: int) -> None:
        """Signs that the source writes as they are from `start` on, behind the breaks due."""
        if self.last == "":
            self._write_breaks()
        self.spans.add(len(piece), start)
        self._append(piece)

    def sign(self, piece: str, start: int) -> None:
        """A sign or two that the markup at `start` stands for."""
        if self.last == "":
            self._write_breaks()
        self.spans.sign(len(piece), start)
        self._append(piece)

    def _append(self, piece: str) -> None:
        self.pieces.append(piece)
        self.last = piece[-1]
        if len(self.pieces) >= _JOIN:
            self.chunks.append("".join(self.pieces))
            self.pieces.clear()

    def _write_breaks(self) -> None:
        if len(self.spans) and (due := "\t" * self.tabs or "\n" * self.breaks):
            self.spans.breaks(len(due))
            self._append(due)
        self.breaks = self.tabs = 0
        if self.bullet >= 0:
            self.spans.sign(2, self.bullet)
            self._append("• ")
            self.bullet = -1

    def due(self, breaks: int) -> None:
        """A block begins or ends here; at the beginning of a cell that breaks nothing."""
        if not self.tabs:
            self.breaks = max(self.breaks, breaks)
        self.last = ""

    def new_line(self) -> int:
        """A line of its own begins; gives where its first sign will stand."""
        self.tabs, self.breaks, self.bullet, self.last = 0, 1, -1, ""
        return len(self.spans) + 1 if len(self.spans) else 0

    def shown(self, start: int, end: int) -> None:
        """Text of the page: blanks closed, references resolved."""
        source = self.source
        position = start
        while position < end:
            match = _BIT.match(source, position, end)
            assert match is not None  # one of its alternatives takes any character
            position = match.end()
            if run := match["run"]:
                self.write(run if run.isprintable() else run.translate(_CONTROLS), match.start())
            elif match["space"]:
                if self.last not in ("", " "):
                    self.write(" ", position - 1)
            else:
                position = self._reference(match.start(), end)

    def verbatim(self, start: int, end: int) -> None:
        """Text whose line breaks stay."""
        source = self.source
        while start < end:
            at = source.find("&", start, end)
            stop = at if at >= 0 else end
            if start < stop:
                self.write(source[start:stop].translate(_CONTROLS_IN_LINES), start)
            start = stop if at < 0 else self._reference(at, end)

    def _reference(self, at: int, end: int) -> int:
        """Write what a reference means; gives where it ends."""
        found = reference(self.source, at, end)
        if found is None:
            self.write("&", at)
            return at + 1
        sign = found[0].translate(_CONTROLS)
        if sign and not (sign == " " and self.last in ("", " ")):
            self.sign(sign, at)
        return found[1]

    def string(self, start: int, end: int) -> tuple[str, int, int]:
        """A string of JSON on a line of its own, its escapes resolved."""
        pieces = []
        begin = self.new_line()
        while start < end:
            at = self.source.find("\\", start, end)
            stop = at if at >= 0 else end
            if start < stop:
                pieces.append(self.source[start:stop].translate(_CONTROLS))
                self.write(pieces[-1], start)
            if at >= 0:
                written = escape(self.source, at)
                pieces.append(_unescaped(written))
                self.sign(pieces[-1], at)
                stop += len(written)
            start = stop
        return "".join(pieces), begin, len(self.spans)


def _unescaped(written: str) -> str:
    """What an escape in a string of JSON means; a blank where that is a control or no sign."""
    try:
        sign = str(json.loads(f'"{written}"'))
    except ValueError:
        return " "
    return sign if len(sign) == 1 and (sign.isprintable() or sign == "\xa0") else " "
