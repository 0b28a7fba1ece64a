"""Criteria as a table: a row a leaf, in CSV that no spreadsheet runs. Nothing is lost in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window
from trialweave.protocol.exports.common import clean, decimal

__all__ = ["HEADER", "table"]

HEADER: Final = (
    "criterion", "section", "population", "kind", "introduced_by", "asked_of_items", "path", "what",
    "concept", "operator", "low", "high", "low_belongs", "high_belongs", "unit", "assumed_unit",
    "values", "present", "event_kind", "at", "how", "window", "minimum", "written", "flags",
    "start", "end", "text",
)  # fmt: skip
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "＝", "＋", "－", "＠")


def table(criteria: Sequence[Criterion]) -> str:
    """The table. `path` leads to the leaf ("all.1.any.2", "" where it is the whole condition), and
    `text` is the criterion's in its first row. Text that a spreadsheet might take for a formula has
    a ' before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # so that a lone \r is quoted too
    writer.writerow(HEADER)
    for one in criteria:
        first = True
        for path, leaf in _paths(one.tree, ""):
            row = _row(one, path, leaf) | ({"text": one.text} if first else {})
            writer.writerow([_safe(row.get(name, "")) for name in HEADER])
            first = False
    return out.getvalue()


def _paths(node: Node, path: str) -> Iterator[tuple[str, Leaf]]:
    """The leaves of a tree with the way to each."""
    stack: list[tuple[Node, str]] = [(node, path)]
    while stack:
        one, way = stack.pop()
        lead = f"{way}." if way else ""
        if isinstance(one, tree.All | tree.Any | tree.AtLeast):
            name = {tree.All: "all", tree.Any: "any"}.get(type(one), "")
            if isinstance(one, tree.AtLeast):
                name = f"at least {one.number}"
            stack += [
                (each, f"{lead}{name}.{i}") for i, each in reversed([*enumerate(one.items, 1)])
            ]
        elif isinstance(one, tree.Not):
            stack.append((one.item, f"{lead}not"))
        elif isinstance(one, tree.If):
            stack += [(one.then, f"{lead}then"), (one.condition, f"{lead}if")]
        else:
            yield way, one


def _row(one: Criterion, path: str, leaf: Leaf) -> dict[str, str | int]:
    names = [each.name for each in one.flags if each.start < leaf.end and leaf.start < each.end]
    row: dict[str, str | int] = {
        "criterion": one.number,
        "section": one.section,
        "population": one.population,
        "kind": one.kind,
        "introduced_by": one.group if one.group >= 0 else "",
        "asked_of_items": one.of_group or "",
        "path": path,
        "start": leaf.start,
        "end": leaf.end,
        "flags": " ".join(dict.fromkeys([*names, *getattr(leaf, "flags", ())])),
    }
    if isinstance(leaf, tree.Opaque):
        return row | {"what": "not understood", "written": leaf.text}
    row["concept"] = leaf.concept
    if isinstance(leaf, tree.Compare):
        row |= {
            "what": "compare",
            "operator": leaf.operator,
            "low": decimal(leaf.low),
            "unit": leaf.unit,
            "assumed_unit": leaf.assumed_unit,
            "at": leaf.at,
            "how": leaf.qualifier,
            "window": _window(leaf.window),
            "written": leaf.written,
        }
        if leaf.high is not None:
            low_in, high_in = ("yes" if each else "no" for each in leaf.inclusive)
            row |= {"high": decimal(leaf.high), "low_belongs": low_in, "high_belongs": high_in}
        return row
    if isinstance(leaf, tree.InSet):
        values = " | ".join(
            decimal(each) if isinstance(each, float) else str(each) for each in leaf.values
        )
        return row | {"what": "in set", "values": values, "how": leaf.qualifier}
    return row | {
        "what": "event",
        "present": "yes" if leaf.present else "no",
        "event_kind": leaf.kind,
        "window": _window(leaf.window),
        "minimum": _window(leaf.minimum),
    }


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    high = f" to {decimal(window.high)}" if window.high is not None else ""
    anchor = f" of {window.anchor}" if window.anchor else ""
    return f"{window.relation} {decimal(window.value)}{high} {window.unit}{anchor}"


def _safe(cell: str | int) -> str | int:
    if isinstance(cell, int):
        return cell
    text = clean(cell)
    if text.startswith("-") and text[1:].replace(".", "", 1).isdecimal():
        return text  # a number
    return f"'{text}" if text.lstrip(" ").startswith(_RUNS) else text
