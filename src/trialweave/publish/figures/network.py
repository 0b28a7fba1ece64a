"""The network plot: treatments as circles, direct comparisons as lines."""

from __future__ import annotations

import math

from trialweave.publish.figures.drawing import Drawing, base
from trialweave.publish.figures.page import INK, LINE, SIZE
from trialweave.publish.text import cut, fold
from trialweave.stats.network import Geometry, Layout, positions

__all__ = ["network_plot"]

_SIDE = 420
_CIRCLE = 900.0  # px², of the treatment with most participants
_LINE = 9.0  # px, of the comparison with most studies


def network_plot(shape: Geometry, *, title: str = "Network", layout: Layout = "circle") -> Drawing:
    """Area of a circle in proportion to its participants (or studies, where some do not tell),
    width of a line to its studies."""
    places = positions(shape, layout)
    at = {node.treatment: place for node, place in zip(shape.nodes, places.tolist(), strict=True)}
    told = all(math.isfinite(node.participants) for node in shape.nodes)
    sizes = [node.participants if told else node.studies for node in shape.nodes]
    largest = max(sizes, default=1.0) or 1.0
    most = max((edge.studies for edge in shape.edges), default=1)
    span = {"domain": [-1.35, 1.35], "nice": False}
    x = {"field": "x", "type": "quantitative", "scale": span, "axis": None}
    y = {"field": "y", "type": "quantitative", "scale": span, "axis": None}
    layers = []
    for edge in shape.edges:
        (x1, y1), (x2, y2) = at[edge.first], at[edge.second]
        mark = {
            "type": "rule",
            "stroke": LINE,
            "strokeWidth": max(1.0, _LINE * edge.studies / most),
        }
        layers.append(
            {
                "data": {"values": [{"x": x1, "y": y1, "x2": x2, "y2": y2}]},
                "mark": mark,
                "encoding": {"x": x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "y2"}},
            }
        )
    nodes = [
        {
            "x": at[node.treatment][0], "y": at[node.treatment][1],
            "tx": 1.17 * at[node.treatment][0], "ty": 1.17 * at[node.treatment][1],
            "area": max(60.0, _CIRCLE * size / largest),
            "text": cut(fold(node.treatment), 30), "studies": node.studies,
        }
        for node, size in zip(shape.nodes, sizes, strict=True)
    ]  # fmt: skip
    tips = [{"field": "text", "type": "nominal"}, {"field": "studies", "type": "quantitative"}]
    area = {"field": "area", "type": "quantitative", "scale": None, "legend": None}
    circle = {"type": "point", "shape": "circle", "filled": True, "fill": INK, "opacity": 1}
    dots = {"x": x, "y": y, "size": area, "tooltip": tips}
    layers.append({"data": {"values": nodes}, "mark": circle, "encoding": dots})
    words_at = {"x": {**x, "field": "tx"}, "y": {**y, "field": "ty"}}
    name = {"type": "text", "fontSize": SIZE, "fill": INK}
    text = {"text": {"field": "text", "type": "nominal"}}
    layers.append({"data": {"values": nodes}, "mark": name, "encoding": {**words_at, **text}})
    said = [f"{fold(node.treatment)}: {node.studies} studies." for node in shape.nodes]
    said += [
        f"{fold(edge.first)} against {fold(edge.second)}: {edge.studies} studies."
        for edge in shape.edges
    ]
    rows = tuple(
        (edge.first, edge.second, edge.studies,
         edge.participants if math.isfinite(edge.participants) else None)
        for edge in shape.edges
    )  # fmt: skip
    head = ("first", "second", "studies", "participants")
    words = f"{fold(title)}: {len(shape.nodes)} treatments. " + " ".join(said)
    return Drawing("network", fold(title), words, base(_SIDE, _SIDE, layers), head, rows)
