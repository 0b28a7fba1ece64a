"""The parts of a forest plot as layers of a Vega-Lite specification: squares, lines, words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialweave.publish.figures.axis import Axis

__all__ = ["INK", "LINE", "PLOT", "ROW", "SIZE", "SOFT", "Page"]

SIZE = 11  # px, of text
PLOT = 300  # px, width of the plotting region
ROW = 20  # px
INK, SOFT, LINE = "#111111", "#555555", "#9a9a9a"
_FILL = "#8f8f8f"
_SQUARE = 13.0  # px, side of the largest square
_LIGHTS = {
    "+": ("#1a7f37", "#ffffff"),
    "−": ("#f2c037", "#1b1b1b"),
    "×": ("#c62828", "#ffffff"),
    "?": ("#5f6670", "#ffffff"),
}
_TEXT = {"field": "text", "type": "nominal"}


class Page:
    """Layers in the making. Vertical places are rows, counted from the first study's top."""

    def __init__(self, axis: Axis, bottom: float) -> None:
        self.axis = axis
        self.layers: list[dict[str, Any]] = []
        self._x = {
            "type": "quantitative",
            "scale": axis.scale(),
            "axis": axis.guide(INK, SIZE - 1),
        }
        self._y = {
            "type": "quantitative",
            "scale": {"domain": [0, bottom], "reverse": True, "nice": False, "zero": False},
            "axis": None,
        }

    def add(
        self, values: list[dict[str, Any]], mark: dict[str, Any], encoding: dict[str, Any]
    ) -> None:
        """One layer; channels given as field names become quantitative positions."""
        channels: dict[str, Any] = {}
        for channel, what in encoding.items():
            if isinstance(what, dict):
                channels[channel] = what
            elif channel in ("x2", "y2"):
                channels[channel] = {"field": what}
            else:
                shared = self._x if channel == "x" else self._y
                channels[channel] = {"field": what, **shared}
        self.layers.append({"data": {"values": values}, "mark": mark, "encoding": channels})

    def line_at(
        self, x: float, top: float, bottom: float, *, stroke: str, dash: list[int] | None = None
    ) -> None:
        mark = {"type": "rule", "stroke": stroke, "strokeWidth": 0.9, "strokeDash": dash or [1, 0]}
        values = [{"x": x, "y": top, "y2": bottom}]
        self.add(values, mark, {"x": "x", "y": "y", "y2": "y2"})

    def squares(self, points: Sequence[tuple[float | None, float, float | None]]) -> None:
        """Effect, place and weight: area in proportion to it, the largest of `_SQUARE` px.

        Where nothing has a weight all are of half that area.
        """
        largest = max((weight or 0.0 for _, _, weight in points), default=0.0)
        values = [
            {"x": estimate, "y": y, "area": _SQUARE**2 * share}
            for estimate, y, weight in points
            if estimate is not None and (share := (weight or 0.0) / largest if largest else 0.5)
        ]
        mark = {"type": "point", "shape": "square", "filled": True, "opacity": 1, "fill": _FILL}
        area = {"field": "area", "type": "quantitative", "scale": None, "legend": None}
        self.add(values, mark, {"x": "x", "y": "y", "size": area})

    def lights(self, rows: Sequence[tuple[float, str]], left: float, step: float) -> None:
        """Traffic lights, a circle with a sign each; the sign tells, also without colour."""
        across = {"field": "px", "type": "quantitative", "scale": None, "axis": None}
        for sign, (fill, ink) in _LIGHTS.items():
            values = [
                {"px": left + step * (i + 0.5), "y": y, "text": sign}
                for y, signs in rows
                for i, one in enumerate(signs)
                if one == sign
            ]
            if values:
                circle = {"type": "point", "shape": "circle", "filled": True, "opacity": 1}
                self.add(values, {**circle, "fill": fill, "size": 170}, {"x": across, "y": "y"})
                text = {"type": "text", "fill": ink, "fontWeight": "bold", "fontSize": 12}
                self.add(values, text, {"x": across, "y": "y", "text": _TEXT})

    def interval(
        self, low: float | None, high: float | None, y: float, *, width: float, ink: str
    ) -> None:
        """A horizontal line; an arrowhead where the axis cuts it."""
        if low is None or high is None:
            return
        axis = self.axis
        mark = {"type": "rule", "stroke": ink, "strokeWidth": width}
        values = [{"x": axis.clip(low), "x2": axis.clip(high), "y": y}]
        self.add(values, mark, {"x": "x", "x2": "x2", "y": "y"})
        self.arrows(low, high, y, ink)

    def arrows(self, low: float, high: float, y: float, ink: str) -> None:
        """Arrowheads at the limits of the axis beyond which `low` or `high` lie."""
        ends = [(low, "triangle-left", -3), (high, "triangle-right", PLOT + 3)]
        for value, shape, edge in ends:
            if self.axis.beyond(value):
                mark = {"type": "point", "shape": shape, "filled": True, "opacity": 1, "fill": ink}
                self.add(
                    [{"y": y}],
                    {**mark, "size": 60},
                    {"x": {"value": edge}, "y": "y"},
                )

    def diamond(
        self, low: float | None, estimate: float, high: float | None, y: float, half: float = 0.36
    ) -> None:
        """The pooled effect and its interval; where the axis cuts it, the tip is cut off."""
        if low is None or high is None:
            return
        axis = self.axis
        middle = axis.share(estimate)

        def height(x: float, tip: float) -> float:
            across = middle - axis.share(tip)
            return half * (axis.share(x) - axis.share(tip)) / across if across else half

        points = [
            (axis.clip(low), height(axis.clip(low), low)),
            (estimate, half),
            (axis.clip(high), height(axis.clip(high), high)),
        ]
        values = [{"x": x, "y": y - h, "y2": y + h} for x, h in points]
        mark = {
            "type": "area", "fill": INK, "fillOpacity": 1, "line": False,
            "stroke": INK, "strokeWidth": 0.6,
        }  # fmt: skip
        self.add(values, mark, {"x": "x", "y": "y", "y2": "y2"})
        self.arrows(low, high, y, INK)

    def text(
        self,
        items: list[tuple[float, str]],
        x: float,
        *,
        align: str = "left",
        weight: str = "normal",
        ink: str = INK,
        limit: float = 0,
        size: int = SIZE,
        pixels: bool = False,
    ) -> None:
        """Texts in one column at `x` px; places are rows, or px below the plot's top."""
        mark = {
            "type": "text", "align": align, "baseline": "middle", "fill": ink,
            "fontWeight": weight, "fontSize": size,
        }  # fmt: skip
        if limit:
            mark["limit"] = limit
        if pixels:
            for y, content in items:
                encoding = {"x": {"value": x}, "y": {"value": y}, "text": _TEXT}
                self.add([{"text": content}], mark, encoding)
            return
        values = [{"y": y, "text": content} for y, content in items]
        self.add(values, mark, {"x": {"value": x}, "y": "y", "text": _TEXT})

    def across(self, y: float, left: float, right: float) -> None:
        """A thin line over all columns, `y` px below the plot's top."""
        mark = {"type": "rule", "stroke": INK, "strokeWidth": 0.7}
        encoding = {"x": {"value": left}, "x2": {"value": right}, "y": {"value": y}}
        self.add([{}], mark, encoding)
