"""The flow of records and studies into a synthesis, as PRISMA 2020 draws it.

Boxes and arrows of a review of records that were gathered and woven: Page MJ et al., BMJ
2021;372:n71. Everything counted is of the workspace and of the decisions kept in it; what happened
before (searches, screening elsewhere) is not known here and is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from trialweave.publish.figures.drawing import Drawing, base
from trialweave.publish.figures.page import INK, SIZE, SOFT
from trialweave.publish.text import fold

__all__ = ["Flow", "flow_diagram"]

_WIDTH, _LINE, _GAP, _BOX, _SIDE = 620, 15, 26, 290, 290


class Flow(msgspec.Struct, frozen=True):
    """Counts of records by source, what was set aside, and studies; all as plain numbers.

    `records` are those gathered, by the name of their source; `repeats` are records that tell of a
    study another record tells of; `studies` is what they were woven into; `aside` counts studies
    left out by the reason; `pooled` those in the answer, told by `reports` records.
    """

    records: dict[str, int]
    repeats: int
    studies: int
    aside: dict[str, int]
    pooled: int
    reports: int
    decided: int = 0  # links that people decided


def flow_diagram(flow: Flow, *, title: str = "Flow of records and studies") -> Drawing:
    """Boxes downwards for what stays, beside them what is set aside."""
    total = sum(flow.records.values())
    sources = [f"{fold(name)} (n = {count:,})" for name, count in flow.records.items()]
    without = {kind: n for kind, n in flow.aside.items() if kind == "no result"}
    others = {kind: n for kind, n in flow.aside.items() if kind != "no result"}
    told = flow.studies - sum(without.values())
    decided = [f"by decisions of people: {flow.decided:,}"] if flow.decided else []
    steps: list[tuple[str, list[str], list[str]]] = [
        ("Identification", [f"Records gathered (n = {total:,})", *sources], []),
        (
            "Weaving",
            [f"Studies (n = {flow.studies:,})"],
            [f"Further records of a study already there (n = {flow.repeats:,})", *decided],
        ),
        (
            "Eligibility",
            [f"Studies with a result for the outcome (n = {told:,})"],
            [f"Studies without one (n = {sum(without.values()):,})"],
        ),
        (
            "Included",
            [f"Studies pooled (n = {flow.pooled:,})", f"Reports of them (n = {flow.reports:,})"],
            [
                f"Studies left out (n = {sum(others.values()):,})",
                *(f"{fold(kind)} (n = {n:,})" for kind, n in others.items()),
            ],
        ),
    ]
    layers: list[dict[str, Any]] = []
    y = 24.0
    for at, (_, kept, aside) in enumerate(steps):
        height = _LINE * max(len(kept), len(aside)) + 12.0
        layers += _box(0.0, y, _BOX, height, kept)
        if aside:
            layers += _box(_WIDTH - _SIDE, y, _SIDE, height, aside)
            layers.append(_arrow(_BOX, y + height / 2, _WIDTH - _SIDE, y + height / 2, "right"))
        if at < len(steps) - 1:
            layers.append(_arrow(_BOX / 2, y + height, _BOX / 2, y + height + _GAP, "down"))
        y += height + _GAP
    layers.append(_text(0.0, 6.0, fold(title), weight="bold", size=13))
    rows = [(phase, text, "kept") for phase, kept, _ in steps for text in kept]
    rows += [(phase, text, "set aside") for phase, _, aside in steps for text in aside]
    words = ". ".join(
        f"{phase}: {'; '.join(kept)}" + (f". Set aside: {'; '.join(aside)}" if aside else "")
        for phase, kept, aside in steps
    )
    spec = base(_WIDTH, y, layers)
    return Drawing("flow", fold(title), f"{words}.", spec, ("phase", "box", "what"), tuple(rows))


def _value(x: float, y: float) -> dict[str, Any]:
    return {"x": {"value": x}, "y": {"value": y}}


def _box(x: float, y: float, width: float, height: float, lines: Sequence[str]) -> list[Any]:
    mark = {"type": "rect", "fill": "white", "stroke": SOFT, "cornerRadius": 3}
    ends = {"x2": {"value": x + width}, "y2": {"value": y + height}}
    box = {"data": {"values": [{}]}, "mark": mark, "encoding": {**_value(x, y), **ends}}
    words = [
        _text(x + 10, y + 6 + _LINE * (i + 0.5), text, weight="normal" if i else "bold")
        for i, text in enumerate(lines)
    ]
    return [box, *words]


def _text(x: float, y: float, text: str, *, weight: str, size: int = SIZE) -> dict[str, Any]:
    mark = {
        "type": "text", "align": "left", "baseline": "middle", "fill": INK,
        "fontWeight": weight, "fontSize": size, "limit": _BOX - 18,
    }  # fmt: skip
    field = {"text": {"field": "text", "type": "nominal"}}
    return {
        "data": {"values": [{"text": text}]},
        "mark": mark,
        "encoding": {**_value(x, y), **field},
    }


def _arrow(x: float, y: float, x2: float, y2: float, way: str) -> dict[str, Any]:
    rule = {"type": "rule", "stroke": SOFT, "strokeWidth": 1.2}
    ends = {"x2": {"value": x2}, "y2": {"value": y2}}
    head = {"type": "point", "shape": f"triangle-{way}", "filled": True, "fill": SOFT, "size": 50}
    data: dict[str, Any] = {"data": {"values": [{}]}}
    tip = _value(x2 - 3, y2) if way == "right" else _value(x2, y2 - 3)
    return {
        "layer": [
            {**data, "mark": rule, "encoding": {**_value(x, y), **ends}},
            {**data, "mark": {**head, "opacity": 1}, "encoding": tip},
        ]
    }
