"""What stands behind an answer, each on its page: exploration; certainty and its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BeforeValidator
from starlette.responses import HTMLResponse, Response

from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import Asked, workspace_of
from trialweave.faces.question_fields import query, query_pairs
from trialweave.faces.web import page
from trialweave.publish.findings_table import SummaryRow
from trialweave.publish.numbers import rounded

__all__ = ["Share", "router"]

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


def _share(text: object) -> float | None:
    """A number between 0 and 1; a field of a form that was left empty asks for nothing."""
    if text is None or text == "":
        return None
    try:
        found = float(str(text))
    except ValueError:
        found = 0.0
    if not 0.0 < found < 1.0:
        raise ValueError("not a number between 0 and 1")
    return found


Share = Annotated[float | None, BeforeValidator(_share), Query()]


@router.get("/synthesis/exploration")
def exploration(
    request: Request, question: Asked, reduction: Share = None, control_risk: Share = None
) -> Response:
    """Diagnostics of an answer; none of them changes it."""
    workspace = workspace_of(request)
    answer = workspace.pool(question)
    found = workspace.explore(answer, control_risk=control_risk, relative_reduction=reduction)
    return page(
        request,
        "exploration.html",
        question=question,
        view=answer,
        found=found,
        query=query(question),
        kept=query_pairs(question),
        reduction=reduction,
        control_risk=control_risk,
        counts=question.measure in ("RR", "OR", "RD"),
    )


@router.get("/synthesis/certainty")
def certainty(request: Request, question: Asked, control_risk: Share = None) -> Response:
    """The draft of certainty, domain by domain, and the row of the summary of findings."""
    workspace = workspace_of(request)
    answer = workspace.pool(question)
    (row,) = workspace.summary_of_findings(answer, control_risk=control_risk)
    return page(
        request,
        "certainty.html",
        question=question,
        view=workspace.certainty(answer),
        row=row,
        risks=_risks(row),
        query=query(question),
        with_risk=query(question, ("control_risk", control_risk)),
        kept=query_pairs(question),
        control_risk=control_risk,
    )


def _risks(row: SummaryRow) -> Mapping[str, Any] | None:
    """Events per 1,000 as they are printed; None where the measure has none."""
    one = row.absolute
    return None if one is None else {
        "control": rounded(one.control, 0),
        "treated": rounded(one.treated, 0),
        "difference": _more_or_fewer(one.difference),
        "low": _more_or_fewer(one.low - one.control),
        "high": _more_or_fewer(one.high - one.control),
    }  # fmt: skip


def _more_or_fewer(difference: float) -> str:
    return f"{rounded(abs(difference), 0)} {'more' if difference >= 0 else 'fewer'}"
