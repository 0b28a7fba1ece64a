"""JSON that a page embeds for machines (JSON-LD), as a tree whose leaves keep their places."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Leaf", "Tree", "parse", "trials", "types_of"]

_DEEPEST = 64
_MOST_LEAVES = 5_000
_TOKEN = re.compile(
    r'[ \t\r\n\ufeff]*+(?:(?P<sign>[{}\[\],:])|"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    r"|(?P<word>[-+.0-9A-Za-z]++))",
    re.DOTALL,
)
_WRAPPED = re.compile(r"\s*+(?:<!--|/\*\s?<!\[CDATA\[\s?\*/|(?://\s?)?<!\[CDATA\[)?")
_WORDS = {"true": "true", "false": "false", "null": ""}
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_STUDIES = frozenset({"MedicalTrial", "MedicalStudy", "MedicalObservationalStudy"})


class Leaf(NamedTuple):
    """A string, number or truth as text, at characters `start` to `end`."""

    text: str
    start: int
    end: int


Tree = dict[str, "Tree"] | list["Tree"] | Leaf


class _Malformed(Exception):
    """The data is no JSON, or is too deep or large to be a description of a page."""


def parse(
    source: str, start: int, end: int, place: Callable[[int, int], tuple[str, int, int]]
) -> Tree | None:
    """The tree of a block of JSON at `start` to `end`; None where it cannot be read.

    `place` is told where each leaf stands, without quotes, and gives its text and the place that
    the leaf shall carry. Repeated keys: the first counts.
    """
    opened = _WRAPPED.match(source, start, end)
    try:
        return _built(_leaves(source, opened.end() if opened else start, end), place)
    except (_Malformed, ValueError):
        return None


def _leaves(source: str, position: int, end: int) -> Iterator[tuple[str, str, int, int]]:
    """Signs and leaves in order: kind, text as written, place."""
    while match := _TOKEN.match(source, position, end):
        position = match.end()
        kind = match.lastgroup
        assert kind is not None  # each alternative is a group
        yield kind, match[kind], *match.span(kind)


def _built(
    parts: Iterator[tuple[str, str, int, int]],
    place: Callable[[int, int], tuple[str, int, int]],
) -> Tree | None:
    stack: list[dict[str, Tree] | list[Tree]] = []
    keys: list[str | None] = []
    count = 0
    for kind, text, start, end in parts:
        node: Tree
        if kind == "sign" and text in ",:":
            continue
        if kind == "sign" and text in "}]":
            if not stack or isinstance(stack[-1], dict) != (text == "}"):
                raise _Malformed
            node = stack.pop()
            keys.pop()
            if not stack:
                return node
            continue
        if kind == "string" and stack and isinstance(stack[-1], dict) and keys[-1] is None:
            key = str(json.loads(f'"{text}"', strict=False))
            keys[-1] = key.encode("utf-8", "replace").decode()  # half a pair is no character
            continue
        if kind == "sign":
            if len(stack) == _DEEPEST:
                raise _Malformed
            node = {} if text == "{" else []
        else:
            count += 1
            if count > _MOST_LEAVES or not (stack and _is_leaf(kind, text)):
                raise _Malformed
            node = Leaf(*place(start, end)) if start < end else Leaf("", -1, -1)
        if stack:
            _put(stack[-1], keys, node)
        if not isinstance(node, Leaf):
            stack.append(node)
            keys.append(None)
    return None


def _is_leaf(kind: str, text: str) -> bool:
    return kind == "string" or text in _WORDS or _NUMBER.fullmatch(text) is not None


def _put(into: dict[str, Tree] | list[Tree], keys: list[str | None], node: Tree) -> None:
    if isinstance(into, list):
        into.append(node)
        return
    key = keys[-1]
    if key is None:
        raise _Malformed
    into.setdefault(key, node)
    keys[-1] = None


def types_of(node: Tree) -> frozenset[str]:
    """The types of schema.org that a node says it is of, without namespace."""
    if not isinstance(node, dict):
        return frozenset()
    stated = node.get("@type", node.get("type"))
    leaves = stated if isinstance(stated, list) else [stated]
    return frozenset(
        re.split(r"[/:#]", leaf.text.strip())[-1] for leaf in leaves if isinstance(leaf, Leaf)
    )


def nodes(tree: Tree) -> Iterator[dict[str, Tree]]:
    """Every object in a tree, outer ones first."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(reversed(list(node.values())))
        elif isinstance(node, list):
            stack.extend(reversed(node))


def trials(tree: Tree) -> list[dict[str, Tree]]:
    """The medical trials and studies that a tree describes (schema.org's types)."""
    return [node for node in nodes(tree) if types_of(node) & _STUDIES]
