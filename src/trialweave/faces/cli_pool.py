"""A synthesis as lines: forest plot in text, pooled effect, what changes it, what is left out."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialweave.faces.cli_paper import Paper
from trialweave.faces.layout import decimals, interval, plural, small, small_spread, spread
from trialweave.publish.numbers import group_text, p_text
from trialweave.publish.text import cut, fold
from trialweave.synthesis.effects import COUNT_MEASURES, is_ratio

if TYPE_CHECKING:
    from trialweave.synthesis import Estimate, Synthesis

__all__ = ["Scale", "forest", "heterogeneity", "pooled", "pooled_line"]

_WIDE = 96  # columns of a terminal that has room for a plot of 25
_MEANS = 24  # more where means and standard deviations stand in the groups' columns
_WIDER = 116  # and for one of 33, and the studies' numbers beside their names


class Scale(NamedTuple):
    """From effects to `columns`, ratios on a logarithmic axis; no effect is in the middle."""

    low: float
    high: float
    ratio: bool
    columns: int

    @property
    def null(self) -> int:
        """The column of no effect."""
        return self.columns // 2

    def column(self, value: float) -> int:
        """The column of an effect, -1 or `columns` where it lies outside."""
        at = math.log(value) if self.ratio and value > 0 else value
        if self.ratio and value <= 0:
            return -1
        share = (at - self.low) / (self.high - self.low)
        return max(-1, min(self.columns, round(share * (self.columns - 1))))


def pooled(paper: Paper, view: Synthesis, figure: Path | None = None) -> None:
    """Everything a synthesis says."""
    question = view.question
    paper.line(
        (f"{question.outcome.capitalize()}, {question.measure}", "bold"),
        f"  {plural(view.k, 'study', 'studies')}{_people(view)}",
    )
    paper.blank()
    forest(paper, view)
    paper.blank()
    pooled_line(paper, view)
    if view.pooled is not None:
        heterogeneity(paper, view.pooled)
    _subgroups(paper, view)
    paper.line(view.method)
    for note in dict.fromkeys((*view.notes, *(view.pooled.notes if view.pooled else ()))):
        paper.line(("note  ", "cyan"), note, hang=6)
    _sensitivity(paper, view)
    _left_out(paper, view)
    if figure is not None:
        paper.blank()
        paper.line(f"Forest plot written to {figure}")


def _people(view: Synthesis) -> str:
    """How many people the studies hold, and how many had the event, where that is told."""
    if not view.treated and not view.controls:
        return ""
    if view.question.measure not in COUNT_MEASURES:
        return f": {view.treated} treated, {view.controls} controls"
    return (
        f": {view.events_treated} of {view.treated} treated, "
        f"{view.events_controls} of {view.controls} controls"
    )


def pooled_line(paper: Paper, view: Synthesis) -> None:
    """The pooled effect in one sentence."""
    found = view.pooled
    if found is None:
        alone = "One study: nothing is pooled; its own result stands above."
        none = "The pooled effect is not defined; the notes say why."
        paper.line((alone if view.k == 1 else none, "bold"))
        return
    level = _level(view)
    paper.line(
        (f"Pooled {found.measure} {interval(found.estimate, found.low, found.high)}", "bold"),
        f"  {level} interval, {found.k} studies"
        + (f", {p_text(found.p)}" if found.p is not None else ""),
    )
    if found.prediction_low is not None:
        said = spread(found.prediction_low, found.prediction_high)
        paper.line(f"A new study’s true effect may lie anywhere from {said} ({level} prediction).")


def _level(view: Synthesis) -> str:
    return f"{100 * view.question.level:.4g}%"


def heterogeneity(paper: Paper, found: Estimate) -> None:
    """How much the studies differ."""
    seen = found.heterogeneity
    parts = []
    if seen.tau2_high is not None:
        parts.append(f"τ² {small(seen.tau2)} ({small_spread(seen.tau2_low, seen.tau2_high)})")
    if seen.i2 is not None:
        low, high = decimals(seen.i2_low, 0), decimals(seen.i2_high, 0)
        ends = f" ({low} to {high})" if seen.i2_high is not None else ""
        parts.append(f"I² {decimals(seen.i2, 0)}%{ends}")
    if seen.q is not None:
        parts.append(f"Q {decimals(seen.q, 1)} on {seen.q_df} df, {p_text(seen.q_p)}")
    paper.line(" · ".join(parts))


def forest(paper: Paper, view: Synthesis) -> None:
    """The studies with their counts and effects, drawn where there is room."""
    measure = view.question.measure
    measured = any(row.treatment.mean is not None for row in view.rows)
    room = _WIDE + (_MEANS if measured else 0)
    draw = paper.width >= room and paper.console.encoding.lower().startswith("utf")
    scale = _scale(view, 33 if paper.width >= _WIDER else 25)
    head = ["study", "treated", "controls", "weight", *([_axis(scale)] if draw else [])]
    rows = []
    for row in view.rows:
        flag = (" ⚑" if row.flags else "") + (" ※" if row.notices else "")
        label = fold(row.label)
        if paper.width >= _WIDER and label != row.study_id:
            label = f"{label} {row.study_id}"
        weight = f"{decimals(row.weight, 1)}%" if row.weight is not None else "–"
        plot = [_drawn(scale, row.low, row.estimate, row.high, "■")] if draw else []
        rows.append(
            [
                cut(label, 40 if paper.width >= _WIDER else 24) + flag,
                group_text(row.treatment),
                group_text(row.control),
                weight,
                *plot,
                interval(row.estimate, row.low, row.high),
            ]
        )
    found = view.pooled
    if found is not None:
        plot = [_drawn(scale, found.low, found.estimate, found.high, "◆")] if draw else []
        effect = interval(found.estimate, found.low, found.high)
        rows.append(["Pooled", "", "", "100%", *plot, effect])
        if found.prediction_low is not None:
            low, high = found.prediction_low, found.prediction_high
            plot = [_drawn(scale, low, None, high, "")] if draw else []
            rows.append(["Prediction", "", "", "", *plot, spread(low, high)])
    paper.table(
        [*head, f"{measure} ({_level(view)} interval)"],
        rows,
        numbers=(1, 2, 3),
        whole=(4, 5),
    )
    if any(row.flags for row in view.rows):
        paper.line(("⚑ has a flag: trialweave check ID gives the arithmetic", "dim"), indent=2)
    for row in view.rows:
        if row.notices:
            paper.line(
                (f"※ {cut(fold(row.label), 40)}: {', '.join(row.notices)} of an article; "
                 f"trialweave show {row.study_id} tells more", "dim"),
                indent=2,
            )  # fmt: skip


def _scale(view: Synthesis, columns: int) -> Scale:
    """An axis that holds the intervals as far as sensible, alike to both sides of no effect."""
    ratio = is_ratio(view.question.measure)
    ends: list[float] = []
    for row in view.rows:
        ends += [end for end in (row.low, row.high) if end is not None]
    if ratio:
        logs = [math.log(end) for end in ends if end > 0]
        reach = min(max((abs(value) for value in logs), default=1.0), math.log(20))
        low, high = -max(reach, math.log(2)), max(reach, math.log(2))
    else:
        reach = max((abs(value) for value in ends), default=1.0) or 1.0
        if view.question.measure == "RD":
            reach = max(min(reach, 1.0), 0.1)
        low, high = -reach, reach
    return Scale(low, high, ratio, columns)


def _axis(scale: Scale) -> str:
    """The numbers above the plot: both ends and the null."""
    ends = (math.exp(scale.low), 1.0, math.exp(scale.high))
    if not scale.ratio:
        ends = (scale.low, 0.0, scale.high)
    left, middle, right = (f"{end:.2g}".replace("-", "−") for end in ends)
    line = left.ljust(scale.null - len(middle) // 2) + middle
    return line + right.rjust(scale.columns - len(line))


def _drawn(
    scale: Scale, low: float | None, estimate: float | None, high: float | None, mark: str
) -> str:
    """One row of the plot: interval, estimate and the line of no effect."""
    cells = [" "] * scale.columns
    cells[scale.null] = "│"
    if low is not None and high is not None:
        first, last = scale.column(low), scale.column(high)
        for at in range(max(first, 0), min(last, scale.columns - 1) + 1):
            cells[at] = "┼" if at == scale.null else "─"
        cells[max(first, 0)] = "◀" if first < 0 else "├"
        cells[min(last, scale.columns - 1)] = "▶" if last >= scale.columns else "┤"
    if estimate is not None and mark:
        cells[max(0, min(scale.columns - 1, scale.column(estimate)))] = mark
    return "".join(cells).rstrip()


def _subgroups(paper: Paper, view: Synthesis) -> None:
    """Each subgroup's pooled effect, and the test whether they differ."""
    seen = view.subgroups
    if seen is None:
        return
    paper.heading(f"By {seen.by}")
    rows = []
    for one in seen.groups:
        found = one.pooled
        own = [row for row in view.rows if (row.group or "not told") == one.name]
        alone = next((row for row in own if row.estimate is not None), None)
        effect = interval(found.estimate, found.low, found.high) if found is not None else ""
        if found is None and one.k == 1 and alone is not None:
            effect = interval(alone.estimate, alone.low, alone.high)
        i2 = found.heterogeneity.i2 if found is not None else None
        rows.append(
            (fold(one.name), str(one.k), effect or "not defined",
             f"{decimals(i2, 0)}%" if i2 is not None else "",
             "one study: its own result" if one.k == 1 else "")
        )  # fmt: skip
    paper.table(("", "studies", view.question.measure, "I²", ""), rows, numbers=(1, 3), whole=(2,))
    if seen.q is not None:
        said = f"Between subgroups: Q {decimals(seen.q, 1)} on {seen.df} df, {p_text(seen.p)}"
        paper.line(said, indent=2)
    for note in seen.notes:
        paper.line((note, "dim"), indent=2)


def _sensitivity(paper: Paper, view: Synthesis) -> None:
    for group, found in groupby(view.sensitivity, key=lambda one: one.group):
        paper.heading(f"What changes it: {group}")
        rows = [
            (
                fold(one.name),
                str(one.k),
                interval(one.estimate, one.low, one.high),
                small(one.tau2) if one.tau2 is not None else "",
                f"{decimals(one.i2, 0)}%" if one.i2 is not None else "",
                "; ".join(text for text in ("as asked" * one.as_asked, one.note) if text),
            )
            for one in found
        ]
        paper.table(
            ("", "studies", view.question.measure, "τ²", "I²", ""),
            rows,
            numbers=(1, 3, 4),
            whole=(2,),
        )


def _left_out(paper: Paper, view: Synthesis) -> None:
    left = view.selection.left_out
    if not left:
        return
    paper.heading(f"Left out: {plural(len(left), 'study', 'studies')}")
    by_kind = sorted(left, key=lambda one: one.kind)
    for kind, found in groupby(by_kind, key=lambda one: one.kind):
        out = list(found)
        if kind == "no result":
            names = ", ".join(one.study_id for one in out[:12])
            more = f" and {len(out) - 12} more" if len(out) > 12 else ""
            paper.line((f"{kind}  ", "cyan"), f"{len(out)}: {names}{more}", indent=2)
            continue
        for one in out:
            name = one.study_id if one.label == one.study_id else f"{one.label} {one.study_id}"
            paper.line((f"{kind}  ", "cyan"), f"{fold(name)}: {fold(one.why)}", indent=2)
