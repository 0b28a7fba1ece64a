"""The page of a synthesis: a form whose address is the analysis, the plot, and its table twin."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from trialweave.errors import NothingToPool
from trialweave.faces import layout
from trialweave.faces.api import drawn
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import Asked, workspace_of
from trialweave.faces.problems import problem_of
from trialweave.faces.web import page
from trialweave.synthesis import Question, Synthesis

__all__ = ["router"]

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


@router.get("/synthesis")
def synthesis(request: Request, question: Asked) -> Response:
    """One outcome pooled; where nothing can be pooled, the form and why."""
    try:
        view = workspace_of(request).pool(question)
    except NothingToPool as error:
        return page(
            request, "synthesis.html", 422, view=None, problem=problem_of(error), **_form(question)
        )
    return page(
        request, "synthesis.html", view=view, problem=None, **_form(question), **_shown(view)
    )


@router.get("/synthesis/forest.{form}")
def forest(request: Request, form: Literal["svg", "png"], question: Asked) -> Response:
    """The plot of the page."""
    return drawn(request, form, question)


def _form(question: Question) -> dict[str, Any]:
    """What the form offers, and the query string that asks the question again."""
    from trialweave.results.families import FAMILIES
    from trialweave.synthesis.question import INTERVALS, MEASURES, TAU2_ESTIMATORS

    return {
        "question": question,
        "query": layout.query_of(asked(question)),
        "choices": {
            "measure": MEASURES,
            "tau2": TAU2_ESTIMATORS,
            "interval": INTERVALS,
            "designs": ("randomised", "comparative"),
        },
        "families": sorted({name for name, _ in FAMILIES if name}),
        "query_all": layout.query_of(asked(question, everything=True)),
    }


def asked(question: Question, *, everything: bool = False) -> list[tuple[str, object]]:
    """The query that asks a question, without defaults; with `everything`, leaving no study out."""
    pairs: list[tuple[str, object]] = [("outcome", question.outcome)]
    for field in msgspec.structs.fields(Question):
        value = getattr(question, field.name)
        if field.name not in ("outcome", "exclude") and value != field.default:
            pairs.append((field.name, "true" if value is True else value))
    return pairs + ([] if everything else [("without", name) for name in question.exclude])


def _shown(view: Synthesis) -> dict[str, Any]:
    chosen = {one.study_id: one for one in view.selection.chosen}
    left = sorted(view.selection.left_out, key=lambda one: one.kind)
    return {
        "chosen": chosen,
        "label_of": {row.study_id: row.label for row in view.rows},
        "groups": [
            (group, list(found))
            for group, found in groupby(view.sensitivity, key=lambda one: one.group)
        ],
        "left": [(kind, list(found)) for kind, found in groupby(left, key=lambda one: one.kind)],
        "excluded": [one for one in view.selection.left_out if one.kind == "excluded"],
        "alternative_text": _spoken(view),
        "flagged": [row for row in view.rows if row.flags],
    }


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
