"""FHIR R4 and R6: criteria as a Group.

R4's Group (HL7 FHIR Release 4, 4.0.1, 2019) is a flat list of characteristics which all hold; each
can be excluded and has one quantity, range, code or truth value. R6 (6.0.0-ballot4, first full
ballot) adds how characteristics combine, their times and lengths, and descriptions; a combination
within another is a contained Group that a characteristic refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window, leaves
from trialweave.protocol.exports.common import Losses, Named, asked, shown
from trialweave.protocol.exports.fhir_values import (
    Element,
    after,
    date_of,
    quantity,
    reach,
    string,
    typed,
)

__all__ = ["group_r4", "group_r6"]


def group_r4(criteria: Sequence[Criterion], named: Named, losses: Losses) -> Element:
    """A descriptive Group of R4: people with all of these characteristics."""
    made: Element = {
        "resourceType": "Group",
        "identifier": [{"value": string(named.identifier)}],
        "active": True,
        "type": "person",
        "actual": False,
        "name": string(named.title or named.identifier),
    }
    found = [
        _flat_characteristic(leaf, exclude, one.criterion, losses)
        for one in asked(criteria, losses)
        for leaf, exclude in _flat(
            one.node, one.criterion.section == "exclusion", one.criterion, losses
        )
    ]
    return made | ({"characteristic": found} if found else {})


def _flat(node: Node, exclude: bool, one: Criterion, losses: Losses) -> Iterator[tuple[Leaf, bool]]:
    """The leaves that a flat list can hold: of what is asked for all parts, of what is excluded
    each alternative. Any other combination is one characteristic, in words."""
    if isinstance(node, tree.Not):
        yield from _flat(node.item, not exclude, one, losses)
    elif isinstance(node, tree.Any if exclude else tree.All):
        for each in node.items:
            yield from _flat(each, exclude, one, losses)
    elif isinstance(node, tree.All | tree.Any | tree.AtLeast | tree.If):
        found = list(leaves(node))
        for leaf in found:
            what = f"how its conditions combine: {shown(node)}"
            losses.note(one, what, "one characteristic, in words", leaf)
        words = tree.Opaque(shown(node), one.start, one.end)
        yield words, exclude
    else:
        yield node, exclude


def _flat_characteristic(leaf: Leaf, exclude: bool, one: Criterion, losses: Losses) -> Element:
    code, value = typed(leaf, one, losses)
    window = getattr(leaf, "window", None)
    if isinstance(window, Window):
        text = f"the time: {window.relation.replace('_', ' ')} {window.value:g} {window.unit}"
        losses.note(one, text, "no time", leaf)
    if isinstance(leaf, tree.Event) and leaf.minimum is not None:
        losses.note(one, "how long it lasts", "that it is there", leaf)
    return {"code": code} | value | {"exclude": exclude}


class _Contained(NamedTuple):
    """The Groups within the one that is made."""

    groups: list[Element]

    def add(self, group: Element) -> str:
        """Take one in; how a characteristic refers to it."""
        self.groups.append(group | {"id": f"g{len(self.groups) + 1}"})
        return f"#g{len(self.groups)}"


def group_r6(criteria: Sequence[Criterion], named: Named, losses: Losses) -> Element:
    """A definitional Group of R6: each criterion is a characteristic with its own words."""
    contained = _Contained([])
    found = [
        _nested(one.node, one.criterion.section == "exclusion", one.criterion, losses, contained)
        | {"description": string(one.criterion.text)}
        for one in asked(criteria, losses)
    ]
    made: Element = {
        "resourceType": "Group",
        "identifier": [{"value": string(named.identifier)}],
        "title": string(named.title or named.identifier),
        "status": "draft",
        **date_of(named.date),
        "type": "person",
        "membership": "definitional",
        "combinationMethod": "all-of",
    }
    if contained.groups:
        made["contained"] = contained.groups
    return made | ({"characteristic": found} if found else {})


def _nested(
    node: Node, exclude: bool, one: Criterion, losses: Losses, contained: _Contained
) -> Element:
    if isinstance(node, tree.Not):
        return _nested(node.item, not exclude, one, losses, contained)
    if isinstance(node, tree.If):
        either = tree.Any((tree.Not(node.condition), node.then))
        return _nested(either, exclude, one, losses, contained)
    if isinstance(node, tree.All | tree.Any | tree.AtLeast):
        method = "all-of" if isinstance(node, tree.All) else "any-of"
        group: Element = {"resourceType": "Group", "type": "person", "membership": "definitional"}
        if isinstance(node, tree.AtLeast):
            method = "at-least"
            group["combinationThreshold"] = node.number
        group["combinationMethod"] = method
        parts = [_nested(each, False, one, losses, contained) for each in node.items]
        if not parts:
            return _nested(
                tree.Opaque(one.text, one.start, one.end), exclude, one, losses, contained
            )
        group["characteristic"] = parts
        reference = {"reference": contained.add(group)}
        return {"code": {"text": "member of"}, "valueReference": reference, "exclude": exclude}
    code, value = typed(node, one, losses)
    return {"code": code} | value | _times(node, one, losses) | {"exclude": exclude}


def _times(leaf: Leaf, one: Criterion, losses: Losses) -> Element:
    """When a leaf is to hold (timing), and for how long (duration)."""
    made: Element = {}
    windows = [getattr(leaf, "window", None), getattr(leaf, "minimum", None)]
    for window in windows:
        if not isinstance(window, Window):
            continue
        if window.relation == "for_at_least":
            made["durationRange"] = {"low": quantity(window.value, window.unit)}
            continue
        span = reach(window, one, losses, leaf)
        text = f"{window.relation.replace('_', ' ')} {window.value:g} {window.unit}"
        event = after(window)
        if span is None:
            losses.note(one, f"a time that has no form: {text}", "its words", leaf)
        made["timing"] = [
            ({"contextCode": event} if event else {})
            | ({"offsetRange": span} if span else {})
            | {"text": text}
        ]
    return made
