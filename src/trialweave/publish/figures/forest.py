"""The forest plot of a synthesis, with subgroups, prediction interval, flags and risk of bias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trialweave.publish.csv_table import Cell
from trialweave.publish.figures.drawing import Drawing, Figure
from trialweave.publish.figures.lined import Column, Line, Lined, lined_spec
from trialweave.publish.numbers import group_text, number_text, p_text, rounded
from trialweave.publish.text import fold
from trialweave.synthesis.answer import Estimate, Row, Subgroup, Synthesis
from trialweave.synthesis.groups import together

__all__ = ["COLUMNS", "alternative", "drawing", "forest", "forest_spec"]

COLUMNS = ("groups", "effect", "weight", "bias")
"""What can stand beside the plot; risk of bias stands there only where somebody judged it."""

MEASURES = {
    "RR": "Risk ratio", "OR": "Odds ratio", "RD": "Risk difference", "MD": "Mean difference",
    "SMD": "Standardised mean difference", "ROM": "Ratio of means", "HR": "Hazard ratio",
}  # fmt: skip
_MODELS = {
    "common": "Common effect", "MH": "Common effect, Mantel-Haenszel", "Peto": "Peto",
    "GLMM": "Random effects, binomial-normal", "beta-binomial": "Beta-binomial",
    "Bayes": "Random effects, Bayes",
}  # fmt: skip
_INTERVALS = {
    "HK": "Hartung-Knapp", "HK-adhoc": "Hartung-Knapp, ad hoc", "HK-ci": "Hartung-Knapp or Wald",
    "KR": "Kenward-Roger", "PL": "profile likelihood", "Wald": "Wald",
}  # fmt: skip
_SIGNS = {"low": "+", "some concerns": "−", "high": "×"}
_BETTER_LESS = frozenset(
    (
        "mortality", "adverse events", "serious adverse events", "related adverse events",
        "invasive ventilation", "ecmo", "icu admission", "readmission", "hospital admission",
        "disease progression", "infection", "thromboembolism", "bleeding", "stroke", "fracture",
        "myocardial infarction", "relapse", "hospital stay", "icu stay", "ventilation duration",
    )
)  # fmt: skip
_BETTER_MORE = frozenset(
    (
        "survival", "clinical improvement", "symptom remission", "recovery", "extubation",
        "hospital discharge", "clinical cure", "viral clearance", "remission",
        "treatment response",
    )
)  # fmt: skip


def forest(synthesis: Synthesis, columns: Sequence[str] = COLUMNS) -> Figure:
    """Draw the plot as SVG and PNG."""
    return drawing(synthesis, columns).draw()


def drawing(synthesis: Synthesis, columns: Sequence[str] = COLUMNS) -> Drawing:
    """The plot before it is drawn, with `columns` of `COLUMNS` beside it; its table has them all.

    Raises ValueError for a column that does not exist.
    """
    title, words = alternative(synthesis)
    head = (
        *("study", "subgroup", "treatment", "control", synthesis.question.measure, "low", "high"),
        *("weight_percent", "flags", "notices", "risk_of_bias"),
    )
    rows = [_table_row(row) for row in synthesis.rows]
    for line in _pooled_lines(synthesis):
        cells: tuple[Cell, ...] = (line.label, "", "", "", *line.span)
        rows.append((*cells, None, None, "", ""))
    return Drawing("forest", title, words, forest_spec(synthesis, columns), head, tuple(rows))


def _table_row(row: Row) -> tuple[Cell, ...]:
    return (
        *(row.label, row.group, group_text(row.treatment), group_text(row.control)),
        *(row.estimate, row.low, row.high, row.weight, len(row.flags), ", ".join(row.notices)),
        "; ".join(f"{light.domain}: {light.judgement}" for light in row.lights),
    )


def _pooled_lines(synthesis: Synthesis) -> Iterator[Line]:
    if synthesis.subgroups is not None:
        for group in synthesis.subgroups.groups:
            if group.pooled is not None:
                yield Line("pooled", group.name, span=_span(group.pooled))
    pooled = synthesis.pooled
    if pooled is not None:
        yield Line("pooled", _model(synthesis), span=_span(pooled))
        if pooled.prediction_low is not None:
            span = (None, pooled.prediction_low, pooled.prediction_high)
            yield Line("prediction", "Prediction interval", span=span)


def _span(one: Row | Estimate) -> tuple[float | None, float | None, float | None]:
    return one.estimate, one.low, one.high


def alternative(synthesis: Synthesis) -> tuple[str, str]:
    """Title and text alternative: the pooled result, heterogeneity, and each study's numbers."""
    measure = MEASURES[synthesis.question.measure].lower()
    title = f"Forest plot: {fold(synthesis.question.outcome)}, {measure}"
    said = []
    pooled = synthesis.pooled
    if pooled is not None:
        said.append(f"Pooled over {pooled.k} studies: {measure} {_effect_text(pooled)}")
        if pooled.prediction_low is not None:
            said.append(f"Prediction interval {_prediction_text(pooled)}")
        said.append(_heterogeneity_text(pooled))
    if synthesis.subgroups is not None:
        said += [_subgroup_text(group) for group in synthesis.subgroups.groups]
        said.append(_between_text(synthesis))
    for row in synthesis.rows:
        both = f"{group_text(row.treatment)} against {group_text(row.control)}"
        said.append(f"{fold(row.label)}: {both}, {_effect_text(row)}")
    return title, ". ".join(said) + "."


def _subgroup_text(group: Subgroup) -> str:
    told = "not pooled" if group.pooled is None else _effect_text(group.pooled)
    return f"{fold(group.name)}, {group.k} studies: {told}"


def _between_text(synthesis: Synthesis) -> str:
    found = synthesis.subgroups
    if found is None or found.q is None:
        return "Whether the subgroups differ cannot be tested"
    q = rounded(found.q, 2)
    return f"Test for subgroup differences: Q = {q}, df = {found.df}, {p_text(found.p)}"


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


def _model(synthesis: Synthesis) -> str:
    question = synthesis.question
    if question.model == "random":
        return f"Random effects ({question.tau2}, {_INTERVALS[question.interval]})"
    return _MODELS[question.model]


def forest_spec(synthesis: Synthesis, columns: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """The plot as a Vega-Lite specification: a plain dict that JSON can hold."""
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise ValueError(f"no column {unknown[0]!r}; there are {', '.join(COLUMNS)}")
    question = synthesis.question
    measure = MEASURES[question.measure]
    outcome = fold(question.outcome)
    lit = any(row.lights for row in synthesis.rows)
    shown = [name for name in COLUMNS if name in columns and (name != "bias" or lit)]
    found = synthesis.pooled
    return lined_spec(
        Lined(
            title=f"{outcome[:1].upper()}{outcome[1:]}: {measure.lower()}",
            first="Study",
            measure=question.measure,
            columns=tuple(_columns(synthesis, shown)),
            lines=tuple(_lines(synthesis, shown)),
            sides=_sides(synthesis),
            foot=tuple(_foot(synthesis)),
            dashed=None if found is None else found.estimate,
        )
    )


def _columns(synthesis: Synthesis, shown: Sequence[str]) -> Iterator[Column]:
    question = synthesis.question
    under = "mean ± SD (n)" if question.measure in ("MD", "SMD", "ROM") else "events/n"
    if "groups" in shown:
        yield Column("Treatment", under, left=True)
        yield Column("Control", under, left=True)
    if "effect" in shown:
        yield Column(MEASURES[question.measure], f"[{100 * question.level:.4g}% CI]")
    if "weight" in shown:
        yield Column("Weight")
    if "bias" in shown:
        yield Column("Risk of bias", lights=True)


def _lines(synthesis: Synthesis, shown: Sequence[str]) -> Iterator[Line]:
    subgroups = synthesis.subgroups
    if subgroups is None:
        yield from (_study(row, shown) for row in synthesis.rows)
    else:
        for group in subgroups.groups:
            rows = [row for row in synthesis.rows if (row.group or "not told") == group.name]
            yield Line("heading", f"{subgroups.by}: {group.name}")
            yield from (_study(row, shown) for row in rows)
            if group.pooled is not None:
                share = sum(row.weight or 0.0 for row in rows)
                yield _pooled(f"Subgroup ({group.k})", group.pooled, rows, share, shown)
    pooled = synthesis.pooled
    if pooled is None:
        return
    yield _pooled(_model(synthesis), pooled, synthesis.rows, 100.0, shown)
    if pooled.prediction_low is not None:
        cells = _cells(shown, "", "", _prediction_text(pooled), "", "")
        span = (None, pooled.prediction_low, pooled.prediction_high)
        yield Line("prediction", "Prediction interval", cells, span)


def _cells(
    shown: Sequence[str], treatment: str, control: str, effect: str, weight: str, lights: str
) -> tuple[str, ...]:
    both = {
        "groups": (treatment, control),
        "effect": (effect,),
        "weight": (weight,),
        "bias": (lights,),
    }
    return tuple(text for name in shown for text in both[name])


def _study(row: Row, shown: Sequence[str]) -> Line:
    label = fold(row.label) + (" †" if row.flags else "") + (" ‡" if row.notices else "")
    weight = "–" if row.weight is None else f"{rounded(row.weight, 1)}%"
    lights = "".join(_SIGNS.get(light.judgement, "?") for light in row.lights)
    groups = group_text(row.treatment), group_text(row.control)
    cells = _cells(shown, *groups, _effect_text(row), weight, lights)
    return Line("study", label, cells, _span(row), row.weight)


def _pooled(
    label: str, pooled: Estimate, rows: Sequence[Row], share: float, shown: Sequence[str]
) -> Line:
    """What is pooled, with events and sizes of the studies in it."""
    used = [row for row in rows if row.estimate is not None]
    totals = (
        group_text(together([row.treatment for row in used])),
        group_text(together([row.control for row in used])),
    )
    weight = "100%" if share == 100.0 else f"{rounded(share, 1)}%"
    cells = _cells(shown, *totals, _effect_text(pooled), weight, "")
    return Line("pooled", label, cells, _span(pooled))


def _sides(synthesis: Synthesis) -> tuple[str, str]:
    outcome = synthesis.question.outcome
    if outcome in _BETTER_LESS:
        return "← Favours treatment", "Favours control →"
    if outcome in _BETTER_MORE:
        return "← Favours control", "Favours treatment →"
    return "← Less with treatment", "More with treatment →"


def _foot(synthesis: Synthesis) -> Iterator[str]:
    """Heterogeneity, the test, and what the marks mean."""
    pooled = synthesis.pooled
    if pooled is not None:
        yield _heterogeneity_text(pooled)
        t = "z" if pooled.df is None else f"t, df = {pooled.df:g}"
        yield f"Test of the pooled effect ({t}): {p_text(pooled.p)}"
    if synthesis.subgroups is not None:
        yield _between_text(synthesis)
    if any(row.flags for row in synthesis.rows):
        yield "† a check of this study's reported figures gave a flag: see its checks"
    if any(row.notices for row in synthesis.rows):
        kinds = sorted({kind for row in synthesis.rows for kind in row.notices})
        yield f"‡ an article of this study has a notice ({', '.join(kinds)})"
    judged = next((row.lights for row in synthesis.rows if row.lights), ())
    if judged:
        names = ", ".join(light.domain for light in judged)
        yield f"Risk of bias: + low, − some concerns, × high, ? not judged; in the order {names}"
