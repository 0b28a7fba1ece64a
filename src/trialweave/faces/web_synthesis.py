"""The page of a synthesis: a form whose address is the analysis, the answer, and what is behind it.

Without scripts the form is sent and the page comes anew. With them `static/synthesis.js` asks for
the same page whenever something is ticked or chosen, and puts the answer in its place.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from trialweave.errors import InputError, NothingToPool
from trialweave.faces import layout
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import asked_question, workspace_of
from trialweave.faces.policies import SCRIPTED
from trialweave.faces.problems import Problem, problem_of
from trialweave.faces.question_fields import (
    MEASURES,
    choices,
    further_is_used,
    query,
    query_pairs,
)
from trialweave.faces.web import page
from trialweave.publish.figures.catalogue import FIGURES
from trialweave.publish.figures.forest import COLUMNS
from trialweave.synthesis import Chosen, LeftOut, Question, Row, Synthesis
from trialweave.synthesis.answer import Subgroup
from trialweave.synthesis.effects import COUNT_MEASURES

__all__ = ["COLUMN_NAMES", "FIGURE_NAMES", "Hidden", "router", "shown_columns"]

COLUMN_NAMES = {
    "groups": "both groups", "effect": "effects", "weight": "weights", "bias": "risk of bias",
}  # fmt: skip
FIGURE_NAMES = {
    "forest": "Forest plot", "funnel": "Funnel plot", "baujat": "Baujat plot",
    "cumulative": "Cumulative", "leave-one-out": "Leave one out",
    "gosh": "Every subset (GOSH)", "flow": "Flow of records",
}  # fmt: skip
FIGURE_SAYS = {
    "funnel": "Effects against their standard errors.",
    "baujat": "Which studies make the heterogeneity, and which move the pooled effect.",
    "cumulative": "The pooled effect as the studies came in, by year.",
    "leave-one-out": "The pooled effect without each study in turn.",
    "gosh": "The pooled effect and I² of subsets of the studies: all, or a sample of them.",
    "flow": "From records to pooled studies, as PRISMA 2020 draws it.",
}
_MEANS = ("MD", "SMD", "ROM")
Hidden = Annotated[
    list[str], Query(max_length=8, description="Columns that the forest plot goes without.")
]
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


class Unasked(NamedTuple):
    """What a form was filled with that makes no question, and why."""

    fields: dict[str, Any]
    problem: Problem


def _asked(**fields: Any) -> Question | Unasked:
    """The question of a form; what was filled in where it makes none, so that it can be mended."""
    try:
        return asked_question(**fields)
    except InputError as error:
        return Unasked(fields | {"exclude": fields.get("without") or ()}, problem_of(error))


# The form has the fields of every request that asks a question; FastAPI reads them here.
_asked.__signature__ = inspect.signature(asked_question, eval_str=True)  # type: ignore[attr-defined]


@router.get("/synthesis")
def synthesis(
    request: Request,
    asked: Annotated[Any, Depends(_asked)],
    hide: Hidden = [],  # noqa: B006  FastAPI copies defaults
) -> Response:
    """One outcome pooled; where nothing can be pooled, the form and why."""
    hidden = [name for name in COLUMNS if name in hide]
    if isinstance(asked, Unasked):
        return _page(request, asked.problem.status, asked.fields, hidden, problem=asked.problem)
    fields = msgspec.structs.asdict(asked)
    try:
        view = workspace_of(request).pool(asked)
    except NothingToPool as error:
        return _page(request, 422, fields, hidden, asked, problem=problem_of(error))
    return _page(request, 200, fields, hidden, asked, view=view, **_shown(view, hidden))


def shown_columns(hide: list[str]) -> tuple[str, ...]:
    """The columns of the forest plot that were not hidden."""
    return tuple(name for name in COLUMNS if name not in hide)


def _page(
    request: Request,
    status: int,
    fields: Mapping[str, Any],
    hidden: list[str],
    question: Question | None = None,
    *,
    view: Synthesis | None = None,
    problem: Problem | None = None,
    **content: Any,
) -> Response:
    answer = page(
        request,
        "synthesis.html",
        status,
        asked_of=fields,
        question=question,
        query="" if question is None else query(question),
        address="" if question is None else query(question, *(("hide", one) for one in hidden)),
        query_all="" if question is None else _all_studies(question, hidden),
        measures=MEASURES,
        choices=choices(),
        further=further_is_used(fields),
        families=_families(),
        products=_told(view, "product"),
        sources=_told(view, "cell_source"),
        view=view,
        problem=problem,
        **content,
    )
    answer.headers["content-security-policy"] = SCRIPTED
    return answer


def _all_studies(question: Question, hidden: list[str]) -> str:
    pairs = query_pairs(question, everything=True)
    return layout.query_of([*pairs, *(("hide", one) for one in hidden)])


def _families() -> list[str]:
    from trialweave.results.families import FAMILIES

    return sorted({name for name, _ in FAMILIES if name})


def _told(view: Synthesis | None, what: str) -> list[str]:
    """What the studies at hand tell of their product or cell source, to choose from."""
    if view is None:
        return []
    left = (one.contrast for one in view.selection.left_out)
    known = (getattr(one, what) for one in (*view.selection.chosen, *left) if one is not None)
    return sorted({name for name in known if name})


class Block(NamedTuple):
    """Rows of the table that stand together: all, or those of one subgroup.

    `lines` are pooled studies and, where they were left out on request, others.
    """

    name: str
    subgroup: Subgroup | None
    lines: tuple[Row | LeftOut, ...]


def _shown(view: Synthesis, hidden: list[str]) -> dict[str, Any]:
    measure = view.question.measure
    chosen = {one.study_id: one for one in view.selection.chosen}
    left = sorted(view.selection.left_out, key=lambda one: one.kind)
    notes = dict.fromkeys((*view.notes, *(view.pooled.notes if view.pooled else ())))
    told = {each.said for each in view.undecided}
    lights = list(dict.fromkeys(one.domain for row in view.rows for one in row.lights))
    units = {one.unit for one in view.selection.chosen if one.unit}
    return {
        "chosen": chosen,
        "label_of": {row.study_id: row.label for row in view.rows},
        "blocks": list(_blocks(view)),
        "further_excluded": _placeless(view),
        "counts": measure in COUNT_MEASURES,
        "means": measure in _MEANS,
        "unit": units.pop() if measure == "MD" and len(units) == 1 else "",
        "domains": lights,
        "light_of": {
            row.study_id: {one.domain: one.judgement for one in row.lights} for row in view.rows
        },
        "notes": [note for note in notes if note not in told],
        "groups": [
            (group, list(found))
            for group, found in groupby(view.sensitivity, key=lambda one: one.group)
        ],
        "left": [(kind, list(found)) for kind, found in groupby(left, key=lambda one: one.kind)],
        "alternative_text": _spoken(view),
        "told_text": _told_text(view),
        "asked_words": [
            f"{name.replace('_', ' ')}: {value}" for name, value in query_pairs(view.question)
        ],
        "columns": [(name, COLUMN_NAMES[name], name in hidden) for name in COLUMNS],
        "figures": [
            (name, FIGURE_NAMES[name], FIGURE_SAYS[name]) for name in FIGURES if name != "forest"
        ],
        "hide_query": layout.query_of(
            [*query_pairs(view.question), *(("hide", one) for one in hidden)]
        ),
    }


def _blocks(view: Synthesis) -> Iterator[Block]:
    """The studies in their order, those left out on request in the places that they had."""
    known = {one.study_id: one for one in view.selection.chosen}
    out = [one for one in _on_request(view) if one.contrast is not None]

    def place(line: Row | LeftOut) -> tuple[int, str, str]:
        one = known[line.study_id] if isinstance(line, Row) else line.contrast
        year = one.year if one is not None else None
        return year or 9999, line.label.casefold(), line.study_id

    if view.subgroups is None:
        yield Block("", None, tuple(sorted((*view.rows, *out), key=place)))
        return
    for group in view.subgroups.groups:
        rows = [row for row in view.rows if _group(row) == group.name]
        own = [
            one for one in out if one.contrast is not None and _group(one.contrast) == group.name
        ]
        yield Block(group.name, group, tuple(sorted((*rows, *own), key=place)))


def _group(one: Row | Chosen) -> str:
    return one.group or "not told"


def _on_request(view: Synthesis) -> list[LeftOut]:
    return [one for one in view.selection.left_out if one.kind == "excluded"]


def _placeless(view: Synthesis) -> list[LeftOut]:
    """Studies left out on request that have no numbers, or whose subgroup is gone with them."""
    placed = {line.study_id for block in _blocks(view) for line in block.lines}
    return [one for one in _on_request(view) if one.study_id not in placed]


def _told_text(view: Synthesis) -> str:
    """The answer in a sentence, for who cannot see that it changed."""
    found = view.pooled
    studies = layout.plural(view.k, "study", "studies")
    if found is None:
        return f"{studies}; nothing is pooled."
    said = layout.interval(found.estimate, found.low, found.high)
    return f"Pooled {found.measure} {said}, {studies}."


def _spoken(view: Synthesis) -> str:
    """The forest plot in words, for who cannot see it."""
    question, found = view.question, view.pooled
    said = [f"Forest plot of {question.outcome}, {question.measure}, {view.k} studies."]
    if found is not None:
        said.append(f"Pooled {layout.interval(found.estimate, found.low, found.high)}.")
        if found.prediction_low is not None:
            low, high = found.prediction_low, found.prediction_high
            said.append(f"Prediction interval {layout.spread(low, high)}.")
    said.append("The same numbers follow as a table.")
    return " ".join(said)
