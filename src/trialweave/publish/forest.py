"""The forest plot of a synthesis: a Vega-Lite specification, and its drawing as SVG and PNG.

Laid out as reviews print it: squares whose area is proportional to the weight, horizontal lines
for the studies' intervals (arrows where cut), a diamond for the pooled effect, a bar for the
prediction interval, counts on the left, effects and weights on the right. It is drawn in black
and grey on white, so that print and dark pages show the same. Text of records is data of the
specification: it is never part of an expression or of markup.
"""

from __future__ import annotations

import html
import zlib
from dataclasses import dataclass
from typing import Any

from trialweave.publish.forest_axis import Span, axis_for
from trialweave.publish.forest_page import FONT, INK, LINE, PLOT, ROW, SIZE, SOFT, Page
from trialweave.publish.numbers import group_text, number_text, p_text, rounded
from trialweave.publish.text import fold
from trialweave.synthesis.answer import Estimate, Row, Synthesis
from trialweave.synthesis.groups import together

__all__ = ["Figure", "alternative", "forest", "forest_spec"]

VEGA_LITE = "6.4"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_CHAR = 5.9  # px, a generous mean width of a character at that size
_MAX_PIXELS = 40e6  # of the PNG

_MEASURES = {"RR": "Risk ratio", "OR": "Odds ratio", "RD": "Risk difference"}
_INTERVALS = {"HK": "Hartung-Knapp", "HK-adhoc": "Hartung-Knapp, ad hoc", "Wald": "Wald"}
_BETTER_LESS = frozenset(
    (
        "mortality", "adverse events", "serious adverse events", "related adverse events",
        "invasive ventilation", "ecmo", "icu admission", "readmission", "hospital admission",
        "disease progression", "infection", "thromboembolism", "bleeding", "stroke", "fracture",
        "myocardial infarction", "relapse",
    )
)  # fmt: skip
_BETTER_MORE = frozenset(
    (
        "survival", "clinical improvement", "symptom remission", "recovery", "extubation",
        "hospital discharge", "clinical cure", "viral clearance", "remission",
        "treatment response",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One drawing: `svg` as text with title and description, `png` as bytes at twice the size."""

    svg: str
    png: bytes


def forest(synthesis: Synthesis) -> Figure:
    """Draw the plot. The PNG is twice the size of the SVG, less where that would be huge."""
    import vl_convert

    spec = forest_spec(synthesis)
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    pixels = (PLOT + 700.0) * (spec["height"] + 200.0)
    png = vl_convert.svg_to_png(svg, scale=min(2.0, (_MAX_PIXELS / pixels) ** 0.5))
    return Figure(_described(svg, synthesis), png)


def _described(svg: str, synthesis: Synthesis) -> str:
    """The SVG with a title and a description for those who do not see it."""
    title, text = alternative(synthesis)
    head, tag, rest = svg.partition(">")
    name = f"forest-{zlib.crc32(text.encode()):08x}"  # several figures may stand on one page
    words = (
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-desc">{html.escape(text)}</desc>'
    )
    return f'{head} role="img" aria-labelledby="{name}-title {name}-desc"{tag}{words}{rest}'


def alternative(synthesis: Synthesis) -> tuple[str, str]:
    """Title and text alternative: the pooled result, heterogeneity, and each study's numbers."""
    measure = _MEASURES[synthesis.question.measure].lower()
    title = f"Forest plot: {fold(synthesis.question.outcome)}, {measure}"
    said = []
    pooled = synthesis.pooled
    if pooled is not None:
        said.append(f"Pooled over {pooled.k} studies: {measure} {_effect_text(pooled)}")
        if pooled.prediction_low is not None:
            said.append(f"Prediction interval {_prediction_text(pooled)}")
        said.append(_heterogeneity_text(pooled))
    for row in synthesis.rows:
        both = f"{group_text(row.treatment)} against {group_text(row.control)}"
        said.append(f"{fold(row.label)}: {both}, {_effect_text(row)}")
    return title, ". ".join(said) + "."


def _effect_text(one: Row | Estimate) -> str:
    if one.estimate is None:
        return "not estimable"
    return f"{number_text(one.estimate)} [{number_text(one.low)}, {number_text(one.high)}]"


def _prediction_text(pooled: Estimate) -> str:
    return f"[{number_text(pooled.prediction_low)}, {number_text(pooled.prediction_high)}]"


def _heterogeneity_text(pooled: Estimate) -> str:
    found = pooled.heterogeneity
    tau2 = f"τ² = {_small(found.tau2)}"
    if found.tau2_low is not None and found.tau2_high is not None:
        tau2 += f" [{_small(found.tau2_low)}, {_small(found.tau2_high)}]"
    i2 = "–" if found.i2 is None else f"{rounded(found.i2, 0)}%"
    q = "–" if found.q is None else rounded(found.q, 2)
    return f"Heterogeneity: {tau2}; I² = {i2}; Q = {q}, df = {found.q_df}, {p_text(found.q_p)}"


def _small(value: float | None) -> str:
    """τ², which on the scale of risk differences may be 1e-5."""
    if value is None:
        return "–"
    return rounded(value, 2) if value == 0 or value >= 0.1 else f"{value:.2g}"


def forest_spec(synthesis: Synthesis) -> dict[str, Any]:
    """The plot as a Vega-Lite specification: a plain dict that JSON can hold."""
    pooled = synthesis.pooled
    spans: list[Span] = [(row.estimate, row.low, row.high) for row in synthesis.rows]
    if pooled is not None:
        spans.append((pooled.estimate, pooled.low, pooled.high))
        spans.append((None, pooled.prediction_low, pooled.prediction_high))
    axis = axis_for(synthesis.question.measure, spans)
    predicted = pooled is not None and pooled.prediction_low is not None
    studies = len(synthesis.rows)
    bottom = studies + 0.25 + (pooled is not None) + predicted
    page = Page(axis, bottom)
    page.line_at(axis.null, 0, bottom, stroke=INK)
    if pooled is not None:
        page.line_at(pooled.estimate, 0, studies + 0.5, stroke=LINE, dash=[3, 3])
    page.squares(synthesis.rows)
    for i, row in enumerate(synthesis.rows):
        page.interval(row.low, row.high, i + 0.5, width=1.2, ink=INK)
        if row.estimate is not None:  # seen even where the weight is too small for a square
            page.line_at(row.estimate, i + 0.34, i + 0.66, stroke=INK)
    if pooled is not None:
        page.diamond(pooled.low, pooled.estimate, pooled.high, studies + 0.75)
        if predicted:
            low, high = pooled.prediction_low, pooled.prediction_high
            page.interval(low, high, studies + 1.75, width=5, ink=SOFT)
    _write(page, synthesis)
    return {
        "$schema": _SCHEMA,
        "width": PLOT,
        "height": bottom * ROW,
        "padding": 12,
        "background": "white",
        "config": {"view": {"stroke": None}, "font": FONT, "text": {"fontSize": SIZE}},
        "layer": page.layers,
    }


def _write(page: Page, synthesis: Synthesis) -> None:
    """Every word and number of the plot, and the lines between its parts."""
    question, rows, pooled = synthesis.question, synthesis.rows, synthesis.pooled
    labels = [
        fold(row.label) + (" †" if row.flags else "") + (" ‡" if row.notices else "")
        for row in rows
    ]
    pooled_label = f"Random effects ({question.tau2}, {_INTERVALS[question.interval]})"
    longest = max(map(len, [*labels, pooled_label if pooled else "", "Prediction interval"]))
    label_width = min(max(longest * _CHAR, 110.0), 280.0)
    effects = [_effect_text(row) for row in rows]
    if pooled is not None:
        effects.append(_effect_text(pooled))
    effect_width = max(max(map(len, effects)) * _CHAR, 100.0)
    control = -22.0
    treatment = control - 78.0
    label = treatment - 66.0 - label_width
    effect = PLOT + 18.0 + effect_width
    weight = effect + 62.0
    places = [i + 0.5 for i in range(len(rows))]
    studies = len(rows)
    page.text(list(zip(places, labels, strict=True)), label, limit=label_width + 8)
    for x, cells in (
        (treatment, [group_text(row.treatment) for row in rows]),
        (control, [group_text(row.control) for row in rows]),
        (effect, effects[:studies]),
        (weight, ["–" if row.weight is None else f"{rounded(row.weight, 1)}%" for row in rows]),
    ):
        page.text(list(zip(places, cells, strict=True)), x, align="right")
    if pooled is not None:
        at = studies + 0.75
        page.across((studies + 0.15) * ROW, label, -12.0)
        page.across((studies + 0.15) * ROW, PLOT + 12.0, weight)
        bold: dict[str, Any] = {"weight": "bold"}
        page.text([(at, pooled_label)], label, limit=label_width + 8, **bold)
        totals = _totals(rows)
        page.text([(at, totals[0])], treatment, align="right", **bold)
        page.text([(at, totals[1])], control, align="right", **bold)
        page.text([(at, effects[-1])], effect, align="right", **bold)
        page.text([(at, "100%")], weight, align="right", **bold)
        if pooled.prediction_low is not None:
            page.text([(at + 1, "Prediction interval")], label)
            page.text([(at + 1, _prediction_text(pooled))], effect, align="right")
    _head(page, synthesis, label, treatment, control, effect, weight)
    _foot(page, synthesis, label)


def _totals(rows: tuple[Row, ...]) -> tuple[str, str]:
    """Events and sizes of the pooled studies; those that are not estimable do not count."""
    used = [row for row in rows if row.estimate is not None]
    return (
        group_text(together([row.treatment for row in used])),
        group_text(together([row.control for row in used])),
    )


def _head(
    page: Page,
    synthesis: Synthesis,
    label: float,
    treatment: float,
    control: float,
    effect: float,
    weight: float,
) -> None:
    question = synthesis.question
    measure = _MEASURES[question.measure]
    bold: dict[str, Any] = {"weight": "bold", "pixels": True}
    outcome = fold(question.outcome)
    title = f"{outcome[:1].upper()}{outcome[1:]}: {measure.lower()}"
    page.text([(-48, title)], label, size=13, **bold)
    page.text([(-11, "Study")], label, **bold)
    for x, name in ((treatment, "Treatment"), (control, "Control")):
        page.text([(-24, name)], x, align="right", **bold)
        page.text([(-11, "events/n")], x, align="right", pixels=True)
    page.text([(-24, measure)], effect, align="right", **bold)
    level = f"[{100 * question.level:.4g}% CI]"
    page.text([(-11, level)], effect, align="right", pixels=True)
    page.text([(-11, "Weight")], weight, align="right", **bold)
    page.across(-2, label, weight)


def _foot(page: Page, synthesis: Synthesis, label: float) -> None:
    """Below the axis: which side is better, heterogeneity, the test, the marks' meaning."""
    question, pooled = synthesis.question, synthesis.pooled
    floor = _bottom(synthesis) * ROW
    if question.outcome in _BETTER_LESS:
        sides = ("← Favours treatment", "Favours control →")
    elif question.outcome in _BETTER_MORE:
        sides = ("← Favours control", "Favours treatment →")
    else:
        sides = ("← Less with treatment", "More with treatment →")
    middle = page.axis.share(page.axis.null) * PLOT
    page.text([(floor + 32, sides[0])], middle - 8, align="right", ink=SOFT, pixels=True)
    page.text([(floor + 32, sides[1])], middle + 8, ink=SOFT, pixels=True)
    lines = []
    if pooled is not None:
        lines.append(_heterogeneity_text(pooled))
        t = "z" if pooled.df is None else f"t, df = {pooled.df:g}"
        lines.append(f"Test of the pooled effect ({t}): {p_text(pooled.p)}")
    if any(row.flags for row in synthesis.rows):
        lines.append("† a check of this study's reported figures gave a flag: see its checks")
    if any(row.notices for row in synthesis.rows):
        kinds = sorted({kind for row in synthesis.rows for kind in row.notices})
        lines.append(f"‡ an article of this study has a notice ({', '.join(kinds)})")
    page.text(
        [(floor + 56 + 15 * i, line) for i, line in enumerate(lines)],
        label,
        ink=INK,
        pixels=True,
    )


def _bottom(synthesis: Synthesis) -> float:
    pooled = synthesis.pooled
    predicted = pooled is not None and pooled.prediction_low is not None
    return len(synthesis.rows) + 0.25 + (pooled is not None) + predicted
