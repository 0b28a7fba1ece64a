"""FHIR R5: criteria as an EvidenceVariable.

HL7 FHIR Release 5 (5.0.0, 2023), resource EvidenceVariable: characteristics that all apply, each
of them defined by a type and a value or by a combination of others, with its time from an event.
Guidance since then (Evidence Based Medicine on FHIR, 2026) uses Group instead: see `fhir_group`.
"""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window
from trialweave.protocol.exports.common import Losses, Named, asked
from trialweave.protocol.exports.fhir_values import (
    Element,
    after,
    date_of,
    quantity,
    reach,
    string,
    typed,
)

__all__ = ["evidence_variable"]


def evidence_variable(criteria: Sequence[Criterion], named: Named, losses: Losses) -> Element:
    """The resource; each criterion is a characteristic with its own words as description."""
    found = []
    for one in asked(criteria, losses):
        inner = _of(one.node, one.criterion, losses)
        if one.criterion.section == "exclusion":
            inner = _excluded(inner)
        about = {
            "linkId": str(one.criterion.number),
            "description": string(one.criterion.text),
        }
        found.append(about | inner)
    made: Element = {
        "resourceType": "EvidenceVariable",
        "identifier": [{"value": string(named.identifier)}],
        "title": string(named.title or named.identifier),
        "status": "draft",
        **date_of(named.date),
        "actual": False,
    }
    return made | ({"characteristic": found} if found else {})


def _of(node: Node, one: Criterion, losses: Losses) -> Element:
    if isinstance(node, tree.Not):
        return _excluded(_of(node.item, one, losses))
    if isinstance(node, tree.If):
        return _of(tree.Any((tree.Not(node.condition), node.then)), one, losses)
    if isinstance(node, tree.All | tree.Any | tree.AtLeast):
        parts = [_of(each, one, losses) for each in node.items]
        if not parts:
            return _of(tree.Opaque(one.text, one.start, one.end), one, losses)
        method = "all-of" if isinstance(node, tree.All) else "any-of"
        made: Element = {"code": method}
        if isinstance(node, tree.AtLeast):
            made = {"code": "at-least", "threshold": node.number}
        return {"definitionByCombination": made | {"characteristic": parts}}
    if isinstance(node, tree.Opaque):
        code, _ = typed(node, one, losses)
        return {"definitionCodeableConcept": code}
    code, value = typed(node, one, losses)
    return {"definitionByTypeAndValue": {"type": code} | value} | _times(node, one, losses)


def _excluded(inner: Element) -> Element:
    """Its contrary; what is excluded already goes into a combination of its own."""
    if inner.get("exclude"):
        inner = {"definitionByCombination": {"code": "all-of", "characteristic": [inner]}}
    return inner | {"exclude": True}


def _times(leaf: Leaf, one: Criterion, losses: Losses) -> Element:
    """When a leaf is to hold (timeFromEvent), and for how long (duration)."""
    made: Element = {}
    windows = [getattr(leaf, "window", None), getattr(leaf, "minimum", None)]
    for window in windows:
        if not isinstance(window, Window):
            continue
        if window.relation == "for_at_least":
            made["durationQuantity"] = quantity(window.value, window.unit, ">=")
            continue
        span = reach(window, one, losses, leaf)
        text = f"{window.relation.replace('_', ' ')} {window.value:g} {window.unit}"
        event = after(window)
        if span is None:
            losses.note(one, f"a time that has no form: {text}", "its words", leaf)
        made["timeFromEvent"] = [
            ({"description": text})
            | ({"eventCodeableConcept": event} if event else {})
            | ({"range": span} if span else {})
        ]
    return made
