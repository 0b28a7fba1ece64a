"""A tree of conditions as text."""

from __future__ import annotations

import math
import re
from typing import Final

from msgspec.structs import replace

from trialweave.protocol.conditions.words import (
    ANCHORS,
    DEEPEST,
    FLAGS,
    KINDS,
    MOMENTS,
    RELATIONS,
    RESERVED,
    TIMES,
    is_unit,
    kind_of,
)
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.tree import Leaf, Node, Window

__all__ = ["bare", "number_text", "quoted", "written"]

_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_'-]*(?: [A-Za-z][A-Za-z0-9_'-]*)*")
_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*")
_ESCAPED: Final = re.compile('[\\\\"\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]')


def written(node: Node) -> str:
    """The text of a tree, on one line: "spo2 <= 93 % or (age >= 65 a and not pregnancy)".

    What the syntax has no words for is given as text that is not understood, never left out.
    """
    return _of(node, 0)


def bare(node: Node) -> Node:
    """A tree without what the syntax leaves out: where its leaves stand in a trial's text, how
    their bounds were written there, and what says nothing (whether the ends of a single bound
    belong to it)."""
    if isinstance(node, tree.All):
        return tree.All(tuple(map(bare, node.items)))
    if isinstance(node, tree.Any):
        return tree.Any(tuple(map(bare, node.items)))
    if isinstance(node, tree.AtLeast):
        return tree.AtLeast(node.number, tuple(map(bare, node.items)))
    if isinstance(node, tree.Not):
        return tree.Not(bare(node.item))
    if isinstance(node, tree.If):
        return tree.If(bare(node.condition), bare(node.then))
    if isinstance(node, tree.Compare):
        ends = node.inclusive if node.operator == "between" else (True, True)
        return replace(
            node, start=0, end=0, written="", inclusive=ends, window=_unplaced(node.window)
        )
    if isinstance(node, tree.Event):
        window, minimum = _unplaced(node.window), _unplaced(node.minimum)
        if minimum is None and window is not None and window.relation == "for_at_least":
            window, minimum = None, window
        return replace(node, start=0, end=0, window=window, minimum=minimum)
    return replace(node, start=0, end=0)


def _unplaced(window: Window | None) -> Window | None:
    return None if window is None else replace(window, start=0, end=0)


def _of(node: Node, depth: int) -> str:
    if depth >= DEEPEST // 2:  # in parentheses, each is two deep
        return f"{quoted('nested too deep')}?"
    if isinstance(node, tree.Not):
        return f"not {_inner(node.item, depth)}"
    if isinstance(node, tree.If):
        return f"if {_inner(node.condition, depth)} then {_inner(node.then, depth)}"
    if isinstance(node, tree.All | tree.Any | tree.AtLeast):
        parts = [_inner(each, depth) for each in node.items]
        if isinstance(node, tree.AtLeast):
            return f"at least {node.number} of: {'; '.join(parts)}".rstrip()
        word = "all" if isinstance(node, tree.All) else "any"
        if len(parts) < 2:
            return f"{word} of: {'; '.join(parts)}".rstrip()
        return (" and " if word == "all" else " or ").join(parts)
    return _leaf(node)


def _inner(node: Node, depth: int) -> str:
    text = _of(node, depth + 1)
    several = isinstance(node, tree.All | tree.Any | tree.AtLeast | tree.If)
    return f"({text})" if several else text


def _leaf(leaf: Leaf) -> str:
    if isinstance(leaf, tree.Opaque):
        return f"{quoted(leaf.text)}?"
    if isinstance(leaf, tree.InSet):
        return f"{_concept(leaf.concept)} in {{{', '.join(map(_member, leaf.values))}}}" + (
            f" ({quoted(leaf.qualifier)})" if leaf.qualifier else ""
        )
    said = _compare(leaf) if isinstance(leaf, tree.Compare) else _event(leaf)
    return said or f"{quoted(f'{leaf.concept}: cannot be written')}?"


def _compare(leaf: tree.Compare) -> str:
    """ "" where the syntax has no words for it."""
    numbers = (leaf.low,) if leaf.high is None else (leaf.low, leaf.high)
    if not all(map(math.isfinite, numbers)) or not _known(leaf.window):
        return ""
    if (leaf.operator == "between") == (leaf.high is None) or leaf.at not in MOMENTS:
        return ""
    unit = leaf.unit or leaf.assumed_unit
    if (leaf.unit and leaf.assumed_unit) or (unit and not is_unit(unit)):
        return ""
    if not set(leaf.flags) <= set(FLAGS):
        return ""
    name = _concept(leaf.concept)
    if leaf.high is not None:
        first, last = ("<=" if each else "<" for each in leaf.inclusive)
        said = f"{number_text(leaf.low)} {first} {name} {last} {number_text(leaf.high)}"
    elif leaf.operator in (">", ">=", "<", "<=", "="):
        said = f"{name} {leaf.operator} {number_text(leaf.low)}"
    else:
        return ""
    said += f" {unit}{'' if leaf.unit else '?'}" if unit else ""
    said += f" ({leaf.at})" if leaf.at != "any" else ""
    said += f" ({quoted(leaf.qualifier)})" if leaf.qualifier else ""
    said += _window(leaf.window)
    return said + (f" [{', '.join(leaf.flags)}]" if leaf.flags else "")


def _event(leaf: tree.Event) -> str:
    """ "" where the syntax has no words for it."""
    if leaf.kind not in KINDS or not _known(leaf.window) or not _known(leaf.minimum):
        return ""
    if leaf.minimum is not None and leaf.minimum.relation != "for_at_least":
        return ""
    name = _name(leaf.concept)
    kind = "" if leaf.kind == kind_of(leaf.concept) else f"{leaf.kind}: "
    absent = "" if leaf.present else "no "
    return f"{absent}{kind}{name}{_window(leaf.minimum)}{_window(leaf.window)}"


def _known(window: Window | None) -> bool:
    return window is None or (
        window.relation in RELATIONS
        and window.unit in TIMES
        and (not window.anchor or window.anchor in ANCHORS)
        and math.isfinite(window.value)
        and (window.high is None or math.isfinite(window.high))
    )


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    high = f" to {number_text(window.high)}" if window.high is not None else ""
    anchor = f" of {window.anchor}" if window.anchor else ""
    words = " ".join(RELATIONS[window.relation])
    return f" {words} {number_text(window.value)}{high} {window.unit}{anchor}"


def _concept(name: str) -> str:
    return name if name == "sex" or concept_of(name) is not None else quoted(name)


def _name(text: str) -> str:
    plain = _BARE.fullmatch(text) is not None and not RESERVED & set(text.casefold().split())
    return text if plain and len(text) <= 200 else quoted(text)


def _member(value: str | float) -> str:
    if isinstance(value, str):
        return value if _VALUE.fullmatch(value) else quoted(value)
    return number_text(value)


def number_text(value: float) -> str:
    """A number with all its digits, and no more: 18, 0.1, 1e+22."""
    whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else repr(float(value))


def quoted(text: str) -> str:
    """A text in quotes, on one line."""

    def escape(found: re.Match[str]) -> str:
        character = found[0]
        return f"\\{character}" if character in '\\"' else f"\\u{ord(character):04x}"

    return f'"{_ESCAPED.sub(escape, text)}"'
