"""Deaths and adverse events in ClinicalTrials.gov's legacy XML, in the shape of version 2.

The XML has no totals by group: rows named "Total, serious adverse events" and the like hold them,
in a category of their own. A vocabulary or a way of assessment that most terms share is stated
once for the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialweave.sources._xml import Node
from trialweave.sources.ctgov import results_shape as shape
from trialweave.sources.ctgov.xml_spans import Spans

__all__ = ["events_of", "groups_of"]

# Rows that count the participants with any event, as the XML calls them
_TOTALS = {
    "total, all-cause mortality": "deaths",
    "total, serious adverse events": "serious",
    "total, other adverse events": "other",
}


def groups_of(node: Node, spans: Spans, to: str, name: str = "groups") -> tuple[shape.Group, ...]:
    """The groups of a table."""
    return tuple(
        shape.Group(
            child.attrib.get("group_id"),
            spans.text(child, "title", to=f"{at}.title"),
            spans.block(child, "description", to=f"{at}.description"),
        )
        for child, at in spans.items(node, "group_list", "group", to=f"{to}.{name}")
    )


def events_of(node: Node, spans: Spans, to: str) -> shape.Events:
    """Deaths and events by group, from the rows of totals, and the single terms."""
    spans.hold(to, node)
    groups = groups_of(node, spans, to, "eventGroups")
    spans.hold(f"{to}.eventGroups", node)
    order = {group.id: position for position, group in reversed([*enumerate(groups)])}
    counts: list[dict[str, str | None]] = [{} for _ in groups]
    found: dict[str, list[shape.Event]] = {"serious": [], "other": []}
    for kind, terms in found.items():
        part = node.child(f"{kind}_events")
        if part is None:
            continue
        for event, system in _rows(part):
            title = event.child("sub_title")
            named = spans.words(title)[0] if title is not None else ""
            total = _TOTALS.get(named.lower())
            if total is not None:
                _total(event, spans, total, order, counts, to)
                continue
            at = f"{to}.{kind}Events[{len(terms)}]"
            spans.hold(at, event)
            terms.append(_term(event, part, spans, named, system))
    return shape.Events(
        spans.text(node, "other_events", "frequency_threshold", to=f"{to}.frequencyThreshold"),
        spans.text(node, "time_frame", to=f"{to}.timeFrame"),
        spans.block(node, "desc", to=f"{to}.description"),
        tuple(
            shape.EventGroup(group.title, id=group.id, description=group.description, **counted)
            for group, counted in zip(groups, counts, strict=True)
        ),
        tuple(found["serious"]) or None,
        tuple(found["other"]) or None,
    )


def _rows(part: Node) -> Iterator[tuple[Node, Node | None]]:
    """The events of a table, each with the title of its category."""
    listed = part.child("category_list")
    for category in listed.children("category") if listed is not None else ():
        rows = category.child("event_list")
        for event in rows.children("event") if rows is not None else ():
            yield event, category.child("title")


def _total(
    event: Node,
    spans: Spans,
    name: str,
    order: Mapping[Any, int],
    counts: list[dict[str, str | None]],
    to: str,
) -> None:
    for counted in event.children("counts"):
        position = order.get(counted.attrib.get("group_id"), -1)
        if position < 0:
            continue
        at = f"{to}.eventGroups[{position}].{name}Num"
        counts[position][f"{name}_num_affected"] = spans.attribute(
            counted, "subjects_affected", f"{at}Affected"
        )
        counts[position][f"{name}_num_at_risk"] = spans.attribute(
            counted, "subjects_at_risk", f"{at}AtRisk"
        )


def _term(event: Node, part: Node, spans: Spans, named: str, system: Node | None) -> shape.Event:
    def text(node: Node | None) -> str | None:
        return (spans.words(node)[0] or None) if node is not None else None

    title = event.child("sub_title")
    vocabulary = title.attrib.get("vocab") if title is not None else None
    return shape.Event(
        named or None,
        text(system),
        vocabulary or text(part.child("default_vocab")),
        text(event.child("assessment")) or text(part.child("default_assessment")),
        text(event.child("description")),
        tuple(
            shape.EventCount(
                counted.attrib.get("group_id"),
                counted.attrib.get("events"),
                counted.attrib.get("subjects_affected"),
                counted.attrib.get("subjects_at_risk"),
            )
            for counted in event.children("counts")
        ),
    )
