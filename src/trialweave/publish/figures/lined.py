"""A figure of lines: a name, columns of text, and an interval on a shared axis.

Forest plots, cumulative plots and plots of what changes a result are laid out by it, as reviews
print them: squares whose area is proportional to a weight, horizontal lines with arrows where the
axis cuts them, a diamond for what is pooled, a bar for a prediction interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from trialweave.publish.figures.axis import Axis, Span, axis_for
from trialweave.publish.figures.drawing import base
from trialweave.publish.figures.page import INK, LINE, PLOT, ROW, SOFT, Page
from trialweave.publish.text import fold

__all__ = ["Column", "Line", "Lined", "lined_spec"]

_CHAR = 5.9  # px, a generous mean width of a character
_GAP = 16.0  # px, between columns
_LIGHT = 19.0  # px, of one traffic light with its gap
_MOST = 260.0  # px, of a column of text; longer text is cut by the drawing

Kind = Literal["study", "pooled", "prediction", "heading"]


class Column(NamedTuple):
    """A column: two lines of heading; whether it stands left of the plot; whether it is lights."""

    name: str
    under: str = ""
    left: bool = False
    lights: bool = False


@dataclass(frozen=True)
class Line:
    """One line: `cells` has a text for each column, lights one of "+", "−", "×", "?" each."""

    kind: Kind
    label: str
    cells: tuple[str, ...] = ()
    span: Span = (None, None, None)
    weight: float | None = None


@dataclass(frozen=True)
class Lined:
    """Everything a figure of lines shows. `dashed` is an effect to draw a line through."""

    title: str
    first: str  # heading of the names
    measure: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    sides: tuple[str, str] = ("", "")
    foot: tuple[str, ...] = ()
    dashed: float | None = None


def lined_spec(figure: Lined) -> dict[str, Any]:
    """The figure as a Vega-Lite specification: a plain dict that JSON can hold."""
    lines = figure.lines
    axis = axis_for(figure.measure, [line.span for line in lines])
    places = _places(lines)
    bottom = (places[-1] if places else 0.0) + 0.75
    page = Page(axis, bottom)
    page.line_at(axis.null, 0, bottom, stroke=INK)
    if figure.dashed is not None:
        page.line_at(figure.dashed, 0, bottom, stroke=LINE, dash=[3, 3])
    _marks(page, lines, places)
    left, right = _words(page, figure, places)
    page.across(-2, left, right)
    _below(page, figure, axis, bottom, left)
    return base(PLOT, bottom * ROW, page.layers)


def _places(lines: Sequence[Line]) -> list[float]:
    """The middle of each line, in rows; what is pooled stands a little apart."""
    places, at = [], 0.5
    for i, line in enumerate(lines):
        if line.kind == "pooled" or (line.kind == "heading" and i):
            at += 0.25
        places.append(at)
        at += 1.0
    return places


def _marks(page: Page, lines: Sequence[Line], places: Sequence[float]) -> None:
    studies = [(line, y) for line, y in zip(lines, places, strict=True) if line.kind == "study"]
    page.squares([(line.span[0], y, line.weight) for line, y in studies])
    for line, y in studies:
        estimate, low, high = line.span
        page.interval(low, high, y, width=1.2, ink=INK)
        if estimate is not None:  # seen even where the weight is too small for a square
            page.line_at(estimate, y - 0.16, y + 0.16, stroke=INK)
    for line, y in zip(lines, places, strict=True):
        estimate, low, high = line.span
        if line.kind == "pooled" and estimate is not None:
            page.diamond(low, estimate, high, y)
        elif line.kind == "prediction":
            page.interval(low, high, y, width=5, ink=SOFT)


def _width(texts: Sequence[str]) -> float:
    return min(max((len(text) for text in texts), default=0) * _CHAR, _MOST)


def _words(page: Page, figure: Lined, places: Sequence[float]) -> tuple[float, float]:
    """Every column; gives where they begin and end."""
    x = -22.0
    for at in reversed(range(len(figure.columns))):
        if figure.columns[at].left:
            x -= _column(page, figure, places, at, x) + _GAP
    labels = [fold(line.label) for line in figure.lines]
    start = min(x, -22.0) - max(_width(labels), 110.0)
    strong = ("pooled", "heading")
    for bold in (False, True):
        some = [
            (y, label)
            for y, label, line in zip(places, labels, figure.lines, strict=True)
            if (line.kind in strong) == bold
        ]
        if some:
            page.text(some, start, limit=_MOST + 8, weight="bold" if bold else "normal")
    page.text([(-48, fold(figure.title))], start, size=13, weight="bold", pixels=True)
    page.text([(-11, figure.first)], start, weight="bold", pixels=True)
    end = PLOT + 18.0
    for at, column in enumerate(figure.columns):
        if not column.left:
            width = _wide(figure, at)
            _column(page, figure, places, at, end + width)
            end += width + _GAP
    return start, end - _GAP


def _wide(figure: Lined, at: int) -> float:
    column = figure.columns[at]
    texts = [line.cells[at] for line in figure.lines if line.cells]
    if column.lights:
        return max(max(map(len, texts), default=1) * _LIGHT, len(column.name) * _CHAR)
    return max(_width([*texts, column.name, column.under]), 40.0)


def _column(page: Page, figure: Lined, places: Sequence[float], at: int, right: float) -> float:
    """One column that ends at `right` px; gives its width."""
    column, width = figure.columns[at], _wide(figure, at)
    with_cells = [(y, line) for y, line in zip(places, figure.lines, strict=True) if line.cells]
    if column.lights:
        page.text([(-11, column.name)], right - width, weight="bold", pixels=True)
        page.lights([(y, line.cells[at]) for y, line in with_cells], right - width, _LIGHT)
        return width
    if column.under:
        page.text([(-24, column.name)], right, align="right", weight="bold", pixels=True)
        page.text([(-11, column.under)], right, align="right", pixels=True)
    else:
        page.text([(-11, column.name)], right, align="right", weight="bold", pixels=True)
    for bold in (False, True):
        some = [(y, line.cells[at]) for y, line in with_cells if (line.kind == "pooled") == bold]
        if some:
            page.text(some, right, align="right", weight="bold" if bold else "normal")
    return width


def _below(page: Page, figure: Lined, axis: Axis, bottom: float, left: float) -> None:
    floor = bottom * ROW
    middle = axis.share(axis.null) * PLOT
    for text, x, align in ((figure.sides[0], -8, "right"), (figure.sides[1], 8, "left")):
        if text:
            page.text([(floor + 32, text)], middle + x, align=align, ink=SOFT, pixels=True)
    page.text(
        [(floor + 56 + 15 * i, fold(line)) for i, line in enumerate(figure.foot)],
        left,
        pixels=True,
    )
