"""Figures of lines that follow single studies: as they arrived, and each left out in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

import numpy as np

from trialweave.publish.figures.drawing import Drawing
from trialweave.publish.figures.forest import MEASURES
from trialweave.publish.figures.lined import Column, Line, Lined, lined_spec
from trialweave.publish.figures.scattered import Points, points_of
from trialweave.publish.numbers import number_text, p_text, rounded
from trialweave.publish.text import fold
from trialweave.stats.effects import back_transform
from trialweave.stats.exploring import cumulative, leave_one_out
from trialweave.stats.pooling import IntervalMethod, Method, Pooled
from trialweave.synthesis.answer import Synthesis

__all__ = ["cumulative_plot", "leave_one_out_plot"]


def cumulative_plot(synthesis: Synthesis, years: Mapping[str, int | None]) -> Drawing:
    """The pooled effect as studies arrived; `years` by label, studies without one come last."""
    points = points_of(synthesis)
    order = np.array([years.get(label) or np.nan for label in points.labels], dtype=float)
    arrival = np.argsort(order, kind="stable")
    found = cumulative(points.yi, points.se**2, order, **_options(synthesis))
    labels = []
    for at, i in enumerate(arrival.tolist()):
        label, year = points.labels[i], years.get(points.labels[i])
        dated = label if year is None or str(year) in label else f"{label} ({year})"
        labels.append(f"and {dated}" if at else dated)
    return _plot(synthesis, "cumulative", "Cumulative meta-analysis", tuple(labels), found)


def leave_one_out_plot(synthesis: Synthesis) -> Drawing:
    """The pooled effect without each study in turn."""
    points: Points = points_of(synthesis)
    found = leave_one_out(points.yi, points.se**2, **_options(synthesis))
    labels = tuple(f"without {label}" for label in points.labels)
    return _plot(synthesis, "leave-one-out", "Without each study in turn", labels, found)


def _options(synthesis: Synthesis) -> dict[str, object]:
    question = synthesis.question
    common = question.model != "random"
    tau2 = cast("Method", "CE" if common else question.tau2)
    interval = cast("IntervalMethod", "Wald" if common else question.interval)
    return {"tau2": tau2, "interval": interval, "level": question.level, "tau2_interval": False}


def _plot(
    synthesis: Synthesis,
    name: Literal["cumulative", "leave-one-out"],
    title: str,
    labels: tuple[str, ...],
    found: Pooled,
) -> Drawing:
    question = synthesis.question
    shown = [
        [float(x) for x in back_transform(question.measure, np.array(column))]
        for column in zip(found.estimate, found.low, found.high, strict=True)
    ]
    lines, rows = [], []
    for i, (label, (estimate, low, high)) in enumerate(zip(labels, shown, strict=True)):
        effect = f"{number_text(estimate)} [{number_text(low)}, {number_text(high)}]"
        i2 = None if np.isnan(found.i2[i]) else float(found.i2[i])
        p = None if np.isnan(found.p[i]) else float(found.p[i])
        cells = (effect, p_text(p), "–" if i2 is None else f"{rounded(i2, 0)}%")
        lines.append(Line("study", label, cells, (estimate, low, high)))
        rows.append((fold(label), int(found.k[i]), estimate, low, high, p, i2))
    pooled = synthesis.pooled
    told = question.model in ("random", "common")
    foot = () if told else ("Pooled here by inverse variance, a common effect, unlike the answer",)
    whole = f"{title}: {fold(question.outcome)}"
    spec = lined_spec(
        Lined(
            title=whole,
            first="Study",
            measure=question.measure,
            columns=(
                Column(MEASURES[question.measure], f"[{100 * question.level:.4g}% CI]"),
                Column("P"),
                Column("I²"),
            ),
            lines=tuple(lines),
            foot=foot,
            dashed=None if pooled is None else pooled.estimate,
        )
    )
    words = "".join(f"{text}. " for text in (whole, *foot)) + " ".join(
        f"{fold(line.label)}: {line.cells[0]}, {line.cells[1]}." for line in lines
    )
    head = ("study", "studies", question.measure, "low", "high", "p", "i2_percent")
    return Drawing(name, whole, words, spec, head, tuple(rows))
