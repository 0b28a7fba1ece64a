"""The text of elements as it is read, with the way back to the received characters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from trialweave.sources._xml import Node, Piece

__all__ = ["Flow", "flow"]

_UNTIDY = re.compile(r"\s\s|[^\S ]")
_RUN = re.compile(r"\s+|\S+")
_POWER = re.compile(r"[-+−–]?\d+")


class Flow:
    """A text cleaned for reading, and where its characters come from."""

    __slots__ = ("_at", "_segments", "text")

    def __init__(self, text: str, segments: list[tuple[int, int, int, bool]]) -> None:
        self.text = text
        self._segments = segments
        self._at = [segment[0] for segment in segments]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The received characters behind characters `start` to `end` of the text."""
        at, first, last, exact = self._segments[bisect_right(self._at, start) - 1]
        begin = first + (start - at) if exact else first
        at, first, last, exact = self._segments[bisect_right(self._at, end - 1) - 1]
        return begin, (first + (end - at) if exact else last)


# Elements that are no running text where they stand
_APART = frozenset(
    (
        *("table-wrap", "table-wrap-group", "table", "fig", "fig-group", "graphic", "media"),
        *("inline-graphic", "tex-math", "object-id", "supplementary-material"),
        *("alt-text", "long-desc"),
    )
)
_BLOCKS = frozenset(
    (
        *("p", "list", "list-item", "def-list", "def-item", "def", "term", "disp-quote", "sec"),
        *("disp-formula", "title", "break", "td", "th", "tr", "label", "caption", "subtitle"),
        *("article-title", "source", "year", "volume", "fpage", "comment", "pub-id", "contrib"),
        *("surname", "string-name", "collab", "AbstractText"),
    )
)


def flow(*nodes: Node, skip: frozenset[str] = _APART, marks: bool = False) -> Flow:
    """The text of elements: blanks collapsed, powers as ``10^6``, raised references in brackets.

    With `marks`, for cells of tables, references to notes and all that is raised stand behind
    ``^``, so that no such sign is taken for a digit of the number before it. Inserted signs are
    never more than the tags they stand for.
    """
    out: list[str] = []
    segments: list[tuple[int, int, int, bool]] = []
    length = 0
    blank = True  # nothing, or a blank, stands before

    def put(text: str, start: int, end: int) -> None:
        nonlocal length, blank
        exact = len(text) == end - start
        tokens: Iterable[tuple[str, int]]
        if exact and _UNTIDY.search(text) is None:
            tokens = [(text[1:], 1)] if blank and text[:1] == " " else [(text, 0)]
        else:
            tokens = ((found.group(), found.start()) for found in _RUN.finditer(text))
        for token, offset in tokens:
            if not token:
                continue
            if token.isspace():
                if blank:
                    continue
                token = " "
            if exact:
                at, first, last, going_on = segments[-1] if segments else (0, 0, -1, False)
                if not (going_on and last == end and first - at == start + offset - length):
                    segments.append((length, start + offset, end, True))
            else:
                segments.append((length, start, end, False))
            out.append(token)
            length += len(token)
            blank = token[-1] == " "

    def sign(text: str, at: int) -> None:
        nonlocal length, blank
        segments.append((length, at, at, False))
        out.append(text)
        length += len(text)
        blank = False

    def gap(at: int) -> None:
        nonlocal length, blank
        if not blank:
            segments.append((length, at, at, False))
            out.append(" ")
            length += 1
            blank = True

    def walk(node: Node) -> None:
        for part in node.parts:
            if isinstance(part, Piece):
                put(part.text, part.start, part.end)
            elif part.tag in skip:
                continue
            elif marks and part.tag in ("sup", "xref"):
                before = out[-1][-1:] if out else ""
                if before not in ("", " ", "^", "[", "(") and _plain(part).strip():
                    sign("^", part.start)
                walk(part)
            elif part.tag in ("sup", "sub") or _is_raised(part):
                raised = _plain(part).strip()
                before = out[-1][-1:] if out else ""
                if _is_citation(part) and before and before not in "[(, ":
                    sign("[", part.start)
                    walk(part)
                    sign("]", part.end)
                    continue
                if part.tag == "sup" and before.isalnum() and _POWER.fullmatch(raised):
                    sign("^", part.start)
                elif part.tag == "sub" and before.isdigit() and raised[:1].isdigit():
                    sign("_", part.start)
                walk(part)
            elif part.tag in _BLOCKS:
                gap(part.start)
                walk(part)
                gap(part.end)
            else:
                walk(part)

    for node in nodes:
        walk(node)
        gap(node.stop)
    text = "".join(out)
    return Flow(text.rstrip(" "), segments)


def _plain(node: Node) -> str:
    parts = [part.text if isinstance(part, Piece) else _plain(part) for part in node.parts]
    return "".join(parts)


def _is_raised(node: Node) -> bool:
    """A cross-reference whose whole content is raised."""
    return node.tag == "xref" and next(node.children("sup"), None) is not None


def _is_citation(node: Node) -> bool:
    """Whether a raised part is the number of a reference or note, not a part of the text."""
    if node.tag == "xref":
        return True
    return next(node.children("xref"), None) is not None
