"""Takes texts out of an XML record and notes, under version 2's paths, where they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from trialweave.sources._xml import Node, Piece
from trialweave.sources.ctgov.study import MAX_ITEMS

__all__ = ["Spans", "block"]

_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")


def block(text: str) -> str:
    """A text block for reading: paragraphs stay, wrapping and indentation go."""
    return "\n\n".join(" ".join(part.split()) for part in _PARAGRAPH.split(text)).strip()


def _pieces(node: Node) -> Iterator[Piece]:
    for part in node.parts:
        if isinstance(part, Piece):
            yield part
        else:
            yield from _pieces(part)


class Spans:
    """The characters of a document that each path of one record stands for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at: dict[str, tuple[int, int]] = {}
        self._holding: set[str] = set()  # paths of what holds texts, and is none
        # Pieces of a text: where they begin in it, how long they are, received from, to
        self._inside: dict[str, list[tuple[int, int, int, int]]] = {}

    def note(self, path: str, start: int, end: int) -> None:
        """Say where a path stands."""
        self._at[path] = (start, end)

    def hold(self, path: str, node: Node) -> None:
        """Say which element a path that is no text stands for."""
        self._at[path] = (node.start, node.end)
        self._holding.add(path)

    def same(self, path: str, other: str) -> None:
        """Say that a path stands where another does."""
        self._at[path] = self._at[other]

    def between(self, start: int, end: int) -> str:
        """The received characters."""
        return self._text[start:end]

    def find(self, path: str, start: int = -1, end: int = -1) -> tuple[tuple[int, int], bool]:
        """Where a path stands, else what holds it, and which of both; (0, 0) where nothing does.

        With `start` and `end`, where these characters of its text stand.
        """
        shorter = path
        while shorter and shorter not in self._at:
            shorter = shorter[: max(shorter.rfind("."), shorter.rfind("["), 0)]
        if not shorter:
            return (0, 0), False
        inside = self._inside.get(path)
        if start < 0 or inside is None:
            return self._at[shorter], shorter == path and path not in self._holding
        return (self._received(inside, start, False), self._received(inside, end, True)), True

    @staticmethod
    def _received(inside: list[tuple[int, int, int, int]], place: int, is_end: bool) -> int:
        """The received place of a place in the decoded text."""
        index = bisect_right(inside, (place - is_end, 1 << 62)) - 1
        begins, length, first, last = inside[max(index, 0)]
        if last - first != length:  # an entity, of which there is no part
            return last if is_end else first
        return min(first + place - begins, last)

    def words(self, node: Node) -> tuple[str, tuple[int, int]]:
        """An element's text on one line, and the characters that write it."""
        pieces = list(_pieces(node))
        content = " ".join("".join(piece.text for piece in pieces).split())
        return content, self._trimmed(node)

    def _trimmed(self, node: Node) -> tuple[int, int]:
        raw = self._text[node.inner : node.stop]
        bare = raw.strip()
        start = node.inner + len(raw) - len(raw.lstrip())
        return (start, start + len(bare)) if bare else (node.start, node.end)

    def own(self, node: Node, to: str) -> str | None:
        """An element's text."""
        content, (start, end) = self.words(node)
        if not content:
            return None
        self._at[to] = (start, end)
        return content

    def text(self, node: Node, *tags: str, to: str) -> str | None:
        """The text of the first element at the end of a path of names."""
        child = node.child(*tags)
        return self.own(child, to) if child is not None else None

    def block(self, node: Node, *tags: str, to: str) -> str | None:
        """The text block of the first element at the end of a path of names."""
        child = node.child(*tags)
        if child is None:
            return None
        child = child.child("textblock") or child
        content = block("".join(piece.text for piece in _pieces(child)))
        if not content:
            return None
        self._at[to] = self._trimmed(child)
        return content

    def verbatim(self, node: Node, *tags: str, to: str) -> str | None:
        """A text as it is, any part of which can be found again."""
        child = node.child(*tags)
        if child is None:
            return None
        pieces = list(_pieces(child))
        content = "".join(piece.text for piece in pieces)
        if not content.strip():
            return None
        inside, at = [], 0
        for piece in pieces:
            inside.append((at, len(piece.text), piece.start, piece.end))
            at += len(piece.text)
        self._at[to] = self._trimmed(child)
        self._inside[to] = inside
        return content

    def attribute(self, node: Node, name: str, to: str) -> str | None:
        """An attribute, which stands in the element's tag."""
        value = node.attrib.get(name)
        if not value or not value.strip():
            return None
        tag = self._text[node.start : node.inner]
        found = re.search(rf"\b{name}\s{{0,9}}=\s{{0,9}}[\"']", tag)
        if found is not None and tag.startswith(value, found.end()):
            start = node.start + found.end()
            bare = value.strip()
            start += len(value) - len(value.lstrip())
            self._at[to] = (start, start + len(bare))
        else:
            self._at[to] = (node.start, node.inner)
        return " ".join(value.split())

    def texts(self, node: Node, *tags: str, to: str) -> tuple[str, ...] | None:
        """The texts of all elements at the end of a path of names."""
        found: list[str] = []
        for child, _ in self.items(node, *tags, to=to):
            if len(found) < MAX_ITEMS and (content := self.own(child, f"{to}[{len(found)}]")):
                found.append(content)
        return tuple(found) or None

    def items(self, node: Node, *tags: str, to: str) -> Iterator[tuple[Node, str]]:
        """All elements at the end of a path of names, each with its path."""
        holder = node.child(*tags[:-1]) if len(tags) > 1 else node
        if holder is None:
            return
        for index, child in enumerate(holder.children(tags[-1])):
            if not index:
                self.hold(to, child)
            self.hold(f"{to}[{index}]", child)
            yield child, f"{to}[{index}]"
