"""Figures of points: the funnel plot, Baujat's plot, and GOSH (every subset of the studies)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trialweave.publish.csv_table import Cell
from trialweave.publish.figures.axis import axis_for
from trialweave.publish.figures.drawing import Drawing, base
from trialweave.publish.figures.forest import MEASURES
from trialweave.publish.figures.page import INK, SIZE, SOFT
from trialweave.publish.numbers import number_text, rounded
from trialweave.publish.text import cut, fold
from trialweave.stats._arrays import FloatArray
from trialweave.stats.effects import is_ratio
from trialweave.stats.exploring import baujat, gosh
from trialweave.synthesis.answer import Synthesis

__all__ = ["Points", "baujat_plot", "funnel_plot", "gosh_plot", "points_of"]

_WIDTH, _HEIGHT = 420, 320
_SHADES = ((2.575829, "#d9d9d9"), (1.959964, "#ebebeb"), (1.644854, "#ffffff"))  # P 0.01 0.05 0.1
_CONTOURS = "Light grey: P 0.05 to 0.10 of a study against no effect; dark grey: 0.01 to 0.05"
_MOST_DRAWN = 20_000  # points


class Points(NamedTuple):
    """The pooled studies on the scale of the model: labels, effects, standard errors."""

    labels: tuple[str, ...]
    yi: FloatArray
    se: FloatArray


def points_of(synthesis: Synthesis) -> Points:
    """The studies with an estimable effect; ratios as logarithms."""
    measure = synthesis.question.measure
    z = _normal(synthesis.question.level)
    labels, yi, se = [], [], []
    for row in synthesis.rows:
        if row.estimate is None or row.low is None or row.high is None:
            continue
        low, middle, high = (_held(measure, x) for x in (row.low, row.estimate, row.high))
        if math.isfinite(low) and math.isfinite(high) and high > low:
            labels.append(fold(row.label))
            yi.append(middle)
            se.append((high - low) / (2.0 * z))
    return Points(tuple(labels), np.array(yi), np.array(se))


def _normal(level: float) -> float:
    from scipy import special

    return float(special.ndtri(0.5 + level / 2.0))


def _held(measure: str, value: float) -> float:
    if not is_ratio(measure):
        return value
    return math.log(value) if value > 0 else -math.inf


def _shown(measure: str, value: float) -> float:
    return math.exp(min(value, 700.0)) if is_ratio(measure) else value


def _quantity(name: str, title: str, *, scale: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "field": name,
        "type": "quantitative",
        "scale": {"zero": False, "nice": True, **(scale or {})},
        "axis": {"title": title, "grid": False, "labelColor": INK, "titleColor": INK,
                 "labelFontSize": SIZE - 1, "titleFontSize": SIZE, "titleFontWeight": "normal"},
    }  # fmt: skip


def _titled(title: str) -> dict[str, Any]:
    mark = {"type": "text", "align": "left", "fontSize": 13, "fontWeight": "bold", "fill": INK}
    where = {"x": {"value": 0}, "y": {"value": -16}}
    text = {"text": {"field": "text", "type": "nominal"}}
    return {"data": {"values": [{"text": title}]}, "mark": mark, "encoding": {**where, **text}}


def _noted(text: str) -> dict[str, Any]:
    """A line below the axis and its title."""
    layer = _titled(text)
    layer["mark"] |= {"fontSize": SIZE - 1, "fontWeight": "normal", "fill": SOFT}
    layer["encoding"]["y"] = {"value": _HEIGHT + 48}
    return layer


def _title(synthesis: Synthesis, kind: str) -> str:
    return f"{kind}: {fold(synthesis.question.outcome)}"


def funnel_plot(synthesis: Synthesis) -> Drawing:
    """Effect against standard error, with the pseudo 95% region about the pooled effect.

    About no effect, light grey is where a single study's P lies between 0.05 and 0.10, dark grey
    where between 0.01 and 0.05 (contour-enhanced, Peters et al., J Clin Epidemiol
    2008;61:991-996).
    """
    measure, points = synthesis.question.measure, points_of(synthesis)
    pooled = synthesis.pooled
    centre = None if pooled is None else _held(measure, pooled.estimate)
    deepest = 1.1 * float(points.se.max(initial=0.1))
    null = 0.0

    def out(middle: float, z: float, se: float) -> tuple[float, float]:
        return _shown(measure, middle - z * se), _shown(measure, middle + z * se)

    spans = [(_shown(measure, y), None, None) for y in points.yi]
    ends = [out(null if centre is None else centre, 1.96, deepest)]
    axis = axis_for(measure, [*spans, *((None, low, high) for low, high in ends)])
    x = _quantity("x", MEASURES[measure], scale={**axis.scale()})
    x["axis"]["values"], x["axis"]["format"] = list(axis.ticks), ".12~g"
    y = _quantity(
        "y", "Standard error", scale={"domain": [0, deepest], "reverse": True, "nice": False}
    )
    layers: list[dict[str, Any]] = []
    steps = [deepest * i / 40 for i in range(41)]
    for z, shade in _SHADES:
        values = []
        for se in steps:
            low, high = out(null, z, se)
            values.append({"x": axis.clip(low), "x2": axis.clip(high), "y": se})
        area = {
            "type": "area",
            "orient": "horizontal",
            "fill": shade,
            "fillOpacity": 1,
            "line": False,
        }
        layers.append(
            {"data": {"values": values}, "mark": area,
             "encoding": {"x": x, "x2": {"field": "x2"}, "y": y}}
        )  # fmt: skip
    if centre is not None:
        for sign in (-1, 0, 1):
            line = [
                {"x": end, "y": se}
                for se in steps
                if not axis.beyond(end := _shown(measure, centre + sign * 1.959964 * se))
            ]
            mark = {"type": "line", "stroke": SOFT, "strokeDash": [4, 3] if sign else [1, 0]}
            layers.append({"data": {"values": line}, "mark": mark, "encoding": {"x": x, "y": y}})
    dots = [
        {"x": _shown(measure, yi), "y": se, "study": label}
        for label, yi, se in zip(points.labels, points.yi.tolist(), points.se.tolist(), strict=True)
    ]
    layers += [_dots(dots, x, y), _titled(_title(synthesis, "Funnel plot")), _noted(_CONTOURS)]
    rows: list[tuple[Cell, ...]] = [(dot["study"], dot["x"], dot["y"]) for dot in dots]
    words = (
        f"Funnel plot of {len(dots)} studies: {MEASURES[measure].lower()} across, standard error "
        "upwards to smaller ones. "
        + " ".join(f"{dot['study']}: {number_text(dot['x'])}, standard error "
                   f"{rounded(dot['y'], 3)}." for dot in dots)
    )  # fmt: skip
    spec = base(_WIDTH, _HEIGHT, layers)
    head = ("study", measure, "standard_error")
    return Drawing("funnel", _title(synthesis, "Funnel plot"), words, spec, head, tuple(rows))


def _dots(values: Sequence[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Points that say their study when pointed at."""
    mark = {"type": "point", "filled": True, "fill": INK, "opacity": 0.85, "size": 42}
    tips = [{"field": name, "type": "nominal"} for name in ("study",)]
    tips += [{"field": name, "type": "quantitative", "format": ".3g"} for name in ("x", "y")]
    return {
        "data": {"values": list(values)},
        "mark": mark,
        "encoding": {"x": x, "y": y, "tooltip": tips},
    }


def baujat_plot(synthesis: Synthesis) -> Drawing:
    """Which studies make the heterogeneity, and which move the pooled effect (Baujat 2002)."""
    points = points_of(synthesis)
    found = baujat(points.yi, points.se**2)
    values: list[dict[str, Any]] = [
        {"x": float(across), "y": float(up), "study": label, "text": cut(label, 24)}
        for label, across, up in zip(
            points.labels, found.heterogeneity, found.influence, strict=True
        )
        if math.isfinite(across) and math.isfinite(up)
    ]
    x = _quantity("x", "Share in Cochran’s Q", scale={"zero": True})
    y = _quantity("y", "Influence on the pooled effect", scale={"zero": True})
    mark = {"type": "text", "align": "left", "dx": 6, "fontSize": SIZE - 1, "fill": INK}
    names = {
        "data": {"values": values},
        "mark": mark,
        "encoding": {"x": x, "y": y, "text": {"field": "text", "type": "nominal"}},
    }
    title = _title(synthesis, "Baujat plot")
    spec = base(_WIDTH, _HEIGHT, [_dots(values, x, y), names, _titled(title)])
    rows = tuple((value["study"], value["x"], value["y"]) for value in values)
    words = f"Baujat plot of {len(values)} studies, under a common effect. " + " ".join(
        f"{value['study']}: share in Q {rounded(value['x'], 2)}, influence "
        f"{rounded(value['y'], 2)}."
        for value in values
    )
    return Drawing("baujat", title, words, spec, ("study", "q_share", "influence"), rows)


def gosh_plot(synthesis: Synthesis) -> Drawing:
    """The pooled effect and I² of every subset of two studies and more (Olkin 2012)."""
    measure, points = synthesis.question.measure, points_of(synthesis)
    found = gosh(points.yi, points.se**2)
    some = np.flatnonzero(found.size > 1)
    drawn = some[:: max(1, math.ceil(some.size / _MOST_DRAWN))]
    shown = [(_shown(measure, found.estimate[i]), float(found.i2[i])) for i in drawn.tolist()]
    values = [{"x": x, "y": y} for x, y in shown]
    scale = {"type": "log", "nice": False} if is_ratio(measure) else {"nice": True}
    x = _quantity("x", MEASURES[measure], scale=scale)
    y = _quantity("y", "I², %", scale={"domain": [0, 100]})
    fade = min(0.8, max(0.12, 100.0 / (len(values) + 1)))
    mark = {"type": "point", "filled": True, "fill": INK, "opacity": fade, "size": 12}
    cloud = {"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y}}
    title = _title(synthesis, "Every subset of the studies")
    middle = sorted(x for x, _ in shown)
    words = (
        f"{some.size} subsets of {len(points.labels)} studies"
        + ("" if found.complete else ", drawn at random")
        + (f", pooled effects {_ends(middle)}." if middle else ".")
    )
    rows = tuple((int(found.size[i]), *pair) for i, pair in zip(drawn.tolist(), shown, strict=True))
    spec = base(_WIDTH, _HEIGHT, [cloud, _titled(title)])
    return Drawing("gosh", title, words, spec, ("studies", measure, "i2_percent"), rows)


def _ends(values: list[float]) -> str:
    """Of sorted values the least, the largest and the middle one."""
    low, middle, high = values[0], values[len(values) // 2], values[-1]
    return f"{number_text(low)} to {number_text(high)}, the middle one {number_text(middle)}"
