"""The survey of XML records against a tree of known fields; attributes are names with ``@``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers import expat

from trialweave.model import Received
from trialweave.sources._source import FieldNote
from trialweave.sources._xml import Seen
from trialweave.sources.known import ENOUGH, MUCH, Found
from trialweave.sources.known.json import Known, Tree

__all__ = ["survey", "survey_names"]

_BOM = b"\xef\xbb\xbf"
_TAG = re.compile(r"<[^>]*>?")
_NOBODYS = ("xmlns", "xml:", "xsi:")  # attributes that say nothing of a trial
_DEEPEST = 250


class _Stop(Exception):
    """The rest of the document is left to the reader, which says what is wrong with it."""


class _Survey:
    """Goes through a document beside the tree, without building anything."""

    def __init__(
        self,
        found: Found,
        trees: dict[str, Tree],
        inline: frozenset[str],
        data: bytes,
        fold: Callable[[str], str] | None,
    ) -> None:
        self.found = found
        self.trees = trees
        self.inline = inline
        self.data = data
        self.fold = fold
        # The open elements: what is known of them, path, names inside, place, what is new inside
        self.stack: list[tuple[Known, str, set[str], int, list[tuple[str, str]]]] = []
        self.skipped = 0  # elements open inside of one into which nobody looks
        self.always: dict[int, str] = {}
        for tree in trees.values():
            self.always |= _always(tree.root, "")
        self.missing = set(self.always)
        self.hits: set[int] = set()
        self.whole = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.UseForeignDTD(True)
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartElementHandler = self.opened
        self.parser.EndElementHandler = self.closed
        self.parser.EntityDeclHandler = self.declared

    def declared(self, *_: object) -> None:
        raise _Stop

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if self.skipped:
            self.skipped += 1
            if self.skipped > _DEEPEST:
                raise _Stop
            return
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if not self.stack:
            tree = self.trees.get(tag)
            if tree is not None:
                self.found.record()
                self._push(tree.root, "", attributes)
            return
        known, path, names, _, new = self.stack[-1]
        names.add(tag)
        inner = known.inside.get(tag)
        if inner is None:
            self.skipped = 1
            if tag not in self.inline:
                if known.kind == "object":
                    new.append((f"{path}.{tag}" if path else tag, self._excerpt()))
                else:
                    self.found.retyped(path, self._excerpt())
        elif inner.kind == "any":
            self.skipped = 1
        else:
            self._push(inner, f"{path}.{tag}" if path else tag, attributes)
        if inner is not None and inner.always:
            self.hits.add(id(inner))

    def _push(self, known: Known, path: str, attributes: dict[str, str]) -> None:
        self.stack.append((known, path, set(), self.parser.CurrentByteIndex, []))
        for name, value in attributes.items():
            if f"@{name}" not in known.inside and not name.startswith(_NOBODYS):
                here = f"{path}.@{name}" if path else f"@{name}"
                lacking = [each for each in known.inside if each.startswith("@")]
                self.found.new(here, value, set(lacking) - {f"@{each}" for each in attributes})

    def _excerpt(self) -> str:
        """Some of the text of the element that opens."""
        index = self.parser.CurrentByteIndex
        head = self.data[index : index + 400].decode("utf-8", "replace")
        told = _TAG.sub(" ", head.partition("</")[0])
        return " ".join(told.split())

    def closed(self, _: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        if not self.stack:
            return
        known, path, names, start, new = self.stack.pop()
        for here, excerpt in new:
            if self.fold is not None:
                names = {self.fold(name) for name in names}
            self.found.new(here, excerpt, known.inside.keys() - names)
        if not names and known.kind == "object" and not known.or_text and path:
            inner = self.data[start : self.parser.CurrentByteIndex].partition(b">")[2]
            if any(not name.startswith("@") for name in known.inside) and inner.strip():
                self.found.retyped(path, inner[:400].decode("utf-8", "replace"))
        if not self.stack:
            self.missing -= self.hits
            self.whole += len(self.hits) >= MUCH * len(self.always)
            self.hits.clear()


def _always(known: Known, path: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, inner in known.inside.items():
        here = f"{path}.{name}" if path else name
        if inner.always and not inner.inside:
            found[id(inner)] = here
        found |= _always(inner, here)
    return found


def _is_known(seen: dict[str, Any], known: Known, inline: frozenset[str]) -> bool:
    """Whether all paths that were seen are as known; in doubt, not."""
    for name, inside in seen.items():
        if name == "#":
            elements = any(not each.startswith("@") for each in known.inside)
            if known.kind == "object" and elements and not known.or_text:
                return False
        elif name.startswith("@"):
            if name not in known.inside and not name[1:].startswith(_NOBODYS):
                return False
        elif name not in inline:
            inner = known.inside.get(name)
            if inner is None or (inner.kind != "any" and not _is_known(inside, inner, inline)):
                return False
    return True


def _has_all(seen: dict[str, Any], known: Known, fold: Callable[[str], str] | None) -> bool:
    """Whether all that every record has was seen in one of them."""
    if fold is not None:
        seen = {fold(name): inside for name, inside in seen.items()}
    return all(
        (not inner.always or name in seen) and _has_all(seen.get(name) or {}, inner, fold)
        for name, inner in known.inside.items()
    )


def _nothing_new(
    kept: Seen | None,
    trees: dict[str, Tree],
    inline: frozenset[str],
    fold: Callable[[str], str] | None,
) -> bool:
    """Whether reading has seen already that all is as known."""
    if kept is None or not kept.whole or not kept.records or not kept.root.keys() <= trees.keys():
        return False
    return all(
        _is_known(inside, trees[tag].root, inline)
        and (kept.records < ENOUGH or _has_all(inside, trees[tag].root, fold))
        for tag, inside in kept.root.items()
    )


def survey(
    source: str,
    received: Received,
    trees: dict[str, Tree],
    inline: frozenset[str] = frozenset(),
    fold: Callable[[str], str] | None = None,
) -> tuple[FieldNote, ...]:
    """What of a document's records, elements by the names of `trees`, is not as known.

    Elements of `inline` are markup of running text, wherever they stand; `fold` makes of a name
    the one that it is known by, where names are not compared letter by letter. Where the document
    breaks, the survey ends: the reader says so. A document that has just been read, and in which
    nothing unknown was seen, is not gone through again.
    """
    if _nothing_new(vars(received).get(Seen.KEPT), trees, inline, fold):
        return ()
    data = received.data.removeprefix(_BOM)
    found = Found(source)
    state = _Survey(found, trees, inline, data, fold)
    with contextlib.suppress(_Stop, expat.ExpatError, ValueError):
        state.parser.Parse(data, True)
    if found.records >= ENOUGH and state.whole >= ENOUGH:
        for key, path in state.always.items():
            if key in state.missing:
                found.gone(path)
    return found.notes()


def survey_names(
    source: str,
    records: Iterable[Iterable[str]],
    known: frozenset[str],
    always: frozenset[str] = frozenset(),
    examples: dict[str, str] | None = None,
) -> tuple[FieldNote, ...]:
    """The same for records that are lists of names without depth: columns of a table, tags."""
    found = Found(source)
    missing, whole = set(always), 0
    for names in records:
        has = set(names)
        found.record()
        for name in sorted(has - known):
            found.new(name, (examples or {}).get(name), known - has)
        missing -= has
        whole += len(has & always) >= MUCH * len(always)
    if whole >= ENOUGH:
        for name in sorted(missing):
            found.gone(name)
    return found.notes()
