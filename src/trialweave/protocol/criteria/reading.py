"""Whole eligibility texts and lists of criteria, read item by item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from trialweave.protocol.criteria.parse import UNDAMAGED, parse
from trialweave.protocol.criteria.repair import Damage, damage
from trialweave.protocol.criteria.split import items
from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Criterion,
    Flag,
    If,
    Node,
    Not,
    Opaque,
    Population,
    Section,
    leaves,
)

__all__ = ["Covered", "coverage", "read_criteria", "read_criterion", "read_listed"]

_SECTIONS: Final[dict[str, Section]] = {"inclusion": "inclusion", "exclusion": "exclusion"}


class Covered(msgspec.Struct, frozen=True):
    """How much of a list of criteria was understood.

    `full`, `partial` and `none` count criteria; `conditions` leaves that are understood, `opaque`
    leaves that are not; `characters` is the share of the characters in understood leaves.
    """

    criteria: int
    full: int
    partial: int
    none: int
    conditions: int
    opaque: int
    characters: float


def read_criteria(text: str, *, section: str = "") -> tuple[Criterion, ...]:
    """Every item of an eligibility text in order: criteria, headings, definitions.

    `section` ("inclusion" or "exclusion") is that of text without a heading of its own. Places are
    characters of `text`. Never raises on any text; what cannot be read is opaque.
    """
    hurt = damage(text)
    found = items(text, _SECTIONS.get(section, "unknown"))
    made = []
    for number, item in enumerate(found):
        here = text[item.start : item.end]
        if item.kind == "criterion":
            made.append(
                _criterion(
                    number, here, item.start, item.section, item.population, hurt,
                    item.heading, item.group, item.of_group,
                )
            )  # fmt: skip
        else:
            made.append(
                Criterion(
                    number, item.section, item.population, here, item.start, item.end,
                    Opaque(here, item.start, item.end), "none", item.kind, item.heading,
                    item.group, item.of_group,
                )
            )  # fmt: skip
    return tuple(made)


def read_listed(inclusion: Sequence[str], exclusion: Sequence[str]) -> tuple[Criterion, ...]:
    """Criteria that are listed already, one text each; places are characters of that text.

    Damage to signs is judged over all items together.
    """
    hurt = damage("\n".join([*inclusion, *exclusion]))
    pairs: list[tuple[Section, str]] = [("inclusion", one) for one in inclusion]
    pairs += [("exclusion", one) for one in exclusion]
    return tuple(
        _criterion(number, text, 0, section, _population(text), hurt)
        for number, (section, text) in enumerate(pairs)
    )


def read_criterion(text: str, *, section: str = "", whole: str = "") -> Criterion:
    """One criterion; `whole` is the text it stands in, which may show damage to signs."""
    hurt = damage(whole) if whole else UNDAMAGED
    return _criterion(0, text, 0, _SECTIONS.get(section, "unknown"), _population(text), hurt)


def _population(text: str) -> Population:
    head = text[:14].lower()
    return (
        "donor"
        if head.startswith(("donor", "the donor"))
        else "recipient"
        if head.startswith(("recipient", "the recipient"))
        else "patient"
    )


def _criterion(
    number: int,
    text: str,
    start: int,
    section: Section,
    population: Population,
    hurt: Damage,
    heading: str = "",
    group: int = -1,
    of_group: int = 0,
) -> Criterion:
    parsed = parse(text, section, hurt)
    tree = _moved(parsed.tree, start) if start else parsed.tree
    flags = tuple(_moved_flag(flag, start) for flag in parsed.flags) if start else parsed.flags
    return Criterion(
        number, section, population, text, start, start + len(text), tree, parsed.coverage,
        "criterion", heading, group, of_group, flags,
    )  # fmt: skip


def _moved_flag(flag: Flag, by: int) -> Flag:
    return msgspec.structs.replace(flag, start=flag.start + by, end=flag.end + by)


def _moved(node: Node, by: int) -> Node:
    """The tree with its places counted from the start of the whole text."""
    if isinstance(node, All | Any):
        return type(node)(tuple(_moved(one, by) for one in node.items))
    if isinstance(node, AtLeast):
        return AtLeast(node.number, tuple(_moved(one, by) for one in node.items))
    if isinstance(node, Not):
        return Not(_moved(node.item, by))
    if isinstance(node, If):
        return If(_moved(node.condition, by), _moved(node.then, by))
    changed = {"start": node.start + by, "end": node.end + by}
    for name in ("window", "minimum"):
        window = getattr(node, name, None)
        if window is not None:
            changed[name] = msgspec.structs.replace(
                window, start=window.start + by, end=window.end + by
            )
    return msgspec.structs.replace(node, **changed)


def coverage(criteria: Iterable[Criterion]) -> Covered:
    """How much of the criteria was understood; headings and definitions are not counted."""
    counts = {"full": 0, "partial": 0, "none": 0}
    conditions = opaque = understood = total = 0
    for one in criteria:
        if one.kind != "criterion":
            continue
        counts[one.coverage] += 1
        total += len(one.text)
        unread = 0
        for leaf in leaves(one.tree):
            if isinstance(leaf, Opaque):
                opaque += 1
                unread += leaf.end - leaf.start
            else:
                conditions += 1
        understood += max(0, len(one.text) - unread)
    share = understood / total if total else 0.0
    return Covered(
        sum(counts.values()),
        counts["full"],
        counts["partial"],
        counts["none"],
        conditions,
        opaque,
        share,
    )
