"""Lost operators read from a fresher copy of the same record, which may still have its signs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Compare,
    Criterion,
    Flag,
    If,
    Node,
    Not,
    Section,
    leaves,
)

__all__ = ["with_copy"]

_DOUBTFUL = frozenset(("operator_repaired", "operator_ambiguous"))


class _Key(NamedTuple):
    section: Section
    concept: str
    low: float
    high: float | None
    unit: str


def _key(section: Section, leaf: Compare) -> _Key:
    return _Key(section, leaf.concept, leaf.low, leaf.high, leaf.unit)


def with_copy(criteria: Iterable[Criterion], fresher: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """The criteria with doubtful operators settled by another copy of the record's text.

    Looked for are comparisons of the same measure with the same numbers and unit in the same
    section, whose sign in the copy is not itself in doubt. Where the copy has one such sign it is
    taken, and flagged as operator_repaired with this reason; where it differs from what had been
    told from the measure, conflict_with_copy says so. All else stays as it is.
    """
    known: dict[_Key, set[tuple[str, tuple[bool, bool]]]] = {}
    for one in fresher:
        for leaf in leaves(one.tree):
            if isinstance(leaf, Compare) and not _DOUBTFUL.intersection(leaf.flags):
                held = known.setdefault(_key(one.section, leaf), set())
                held.add((leaf.operator, leaf.inclusive))
    return tuple(_settled(one, known) for one in criteria)


def _settled(
    criterion: Criterion, known: dict[_Key, set[tuple[str, tuple[bool, bool]]]]
) -> Criterion:
    flags = list(criterion.flags)

    def settle(leaf: Compare) -> Compare:
        signs = known.get(_key(criterion.section, leaf), set())
        if not _DOUBTFUL.intersection(leaf.flags) or len(signs) != 1:
            return leaf
        ((sign, inclusive),) = signs
        names = [name for name in leaf.flags if name not in _DOUBTFUL]
        reason = f"a fresher copy of the record has {sign!r}"
        if "operator_repaired" in leaf.flags and leaf.operator != sign:
            flags.append(
                Flag(
                    "conflict_with_copy", f"{reason}; told from the measure was {leaf.operator!r}",
                    leaf.start, leaf.end, leaf.written, sign,
                )
            )  # fmt: skip
            names.append("conflict_with_copy")
        if sign != "=":
            flags.append(
                Flag("operator_repaired", reason, leaf.start, leaf.end, leaf.written, sign)
            )
            names.append("operator_repaired")
        return msgspec.structs.replace(leaf, operator=sign, inclusive=inclusive, flags=tuple(names))

    tree = _mapped(criterion.tree, settle)
    if tree is criterion.tree:
        return criterion
    return msgspec.structs.replace(criterion, tree=tree, flags=tuple(flags))


def _mapped(node: Node, settle: Callable[[Compare], Compare]) -> Node:
    """The tree with its comparisons settled; the same object where none changed."""
    if isinstance(node, Compare):
        return settle(node)
    if isinstance(node, All | Any | AtLeast):
        items = tuple(_mapped(one, settle) for one in node.items)
        if all(a is b for a, b in zip(items, node.items, strict=True)):
            return node
        return msgspec.structs.replace(node, items=items)
    if isinstance(node, Not):
        item = _mapped(node.item, settle)
        return node if item is node.item else Not(item)
    if isinstance(node, If):
        condition, then = _mapped(node.condition, settle), _mapped(node.then, settle)
        if condition is node.condition and then is node.then:
            return node
        return If(condition, then)
    return node
