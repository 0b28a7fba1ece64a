"""JSON and XML records seen as one kind of tree, in which every leaf knows where it stands.

Registers' XML is also passed on as JSON, in which an element that stands once is an object and
one that is repeated is a list of them; a caller need not know which it has.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import msgspec

from trialweave.errors import Hostile
from trialweave.sources._xml import Node
from trialweave.sources.europe._values import Piece, Unread

__all__ = ["Branch", "JsonBranch", "XmlBranch", "one"]

_LONGEST = 200  # bytes of what could not be understood
_MOST = 100_000  # items in one list of one record; the longest real ones hold some hundreds


class Branch(Protocol):
    """A part of a record."""

    def branches(self, *names: str) -> list[Branch]:
        """The parts at the end of a path of names, however often each is repeated."""

    def cells(self, *names: str) -> list[Piece]:
        """The texts at the end of a path of names, without those that are blank."""

    def attribute(self, name: str) -> Piece | None:
        """An attribute of an element."""


def _excerpt(value: Any) -> str:
    """The beginning of what stands in a field, as JSON writes it."""
    return msgspec.json.encode(value)[:_LONGEST].decode("utf-8", "ignore")


def one(branch: Branch, *names: str) -> Piece | None:
    """The first text at the end of a path of names."""
    found = branch.cells(*names)
    return found[0] if found else None


class JsonBranch:
    """An object of a decoded JSON record, at a path."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: str = "") -> None:
        self.value = value
        self.path = path

    def _at(self, names: tuple[str, ...], lost: list[JsonBranch] | None = None) -> list[JsonBranch]:
        """What stands at the end of a path; `lost` gets what stands in the way of it."""
        here = [self]
        for name in names:
            found: list[JsonBranch] = []
            for branch in here:
                value = branch.value
                if not isinstance(value, dict) or name not in value:
                    if lost is not None and branch is not self and not isinstance(value, dict):
                        lost.append(branch)
                    continue
                path = f"{branch.path}.{name}" if branch.path else name
                inner = value[name]
                if isinstance(inner, list):
                    if len(found) + len(inner) > _MOST:
                        raise Hostile("a list is absurdly long.")
                    found += [JsonBranch(item, f"{path}[{i}]") for i, item in enumerate(inner)]
                else:
                    found.append(JsonBranch(inner, path))
            here = found
        return here

    def branches(self, *names: str) -> list[Branch]:
        """See `Branch`."""
        return [branch for branch in self._at(names) if isinstance(branch.value, dict)]

    def cells(self, *names: str) -> list[Piece]:
        """See `Branch`. Numbers, true and false are told as JSON writes them."""
        found = []
        lost: list[JsonBranch] = []
        for branch in self._at(names, lost):
            value, path = branch.value, branch.path
            if isinstance(value, dict):  # an element with attributes
                key = next((key for key in ("#text", "_text", "value") if key in value), "")
                if not key:
                    lost.append(branch)
                    continue
                value, path = value.get(key), f"{path}.{key}"
            if isinstance(value, bool):
                value = "true" if value else "false"
            elif isinstance(value, (int, float)):
                value = str(value)[:40]
            if isinstance(value, str) and value.strip():
                found.append(Piece(value, path=path))
            elif isinstance(value, list):
                lost.append(branch)
        if not found:
            found = [
                Unread(_excerpt(each.value), path=each.path) for each in lost[:1] if each.value
            ]
        return found

    def attribute(self, name: str) -> Piece | None:
        """See `Branch`."""
        for key in (name, f"@{name}", f"_{name}"):
            if isinstance(self.value, dict) and isinstance(self.value.get(key), str):
                found = self.cells(key)
                return found[0] if found else None
        return None


class XmlBranch:
    """An element of a received XML document."""

    __slots__ = ("node", "text")

    def __init__(self, node: Node, text: str) -> None:
        self.node = node
        self.text = text

    def _at(self, names: tuple[str, ...]) -> list[Node]:
        here = [self.node]
        for name in names:
            here = [child for node in here for child in node.children(name)]
        return here

    def branches(self, *names: str) -> list[Branch]:
        """See `Branch`."""
        return [XmlBranch(node, self.text) for node in self._at(names)]

    def cells(self, *names: str) -> list[Piece]:
        """See `Branch`."""
        found = []
        for node in self._at(names):
            piece = Piece(self.text[node.inner : node.stop], node.inner, "xml")
            piece = piece.part(0, len(piece.raw))
            if piece.raw and piece.read():
                found.append(piece)
        return found

    def attribute(self, name: str) -> Piece | None:
        """See `Branch`."""
        value = self.node.attrib.get(name)
        if not value or not value.strip():
            return None
        # Where it stands in the tag; an escaped value stands for the whole tag
        tag = self.text[self.node.start : self.node.inner]
        named = re.search(rf"[\s:]{re.escape(name)}\s{{0,9}}=\s{{0,9}}[\"']", tag)
        if named is None or not tag.startswith(value, named.end()):
            return None
        at = self.node.start + named.end()
        return Piece(value, at, "xml").part(0, len(value))
