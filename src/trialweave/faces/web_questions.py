"""The page of saved questions: each with its last answer, and what the last update changed."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import workspace_of
from trialweave.faces.question_fields import query
from trialweave.faces.web import page
from trialweave.synthesis.changes import Difference
from trialweave.synthesis.listing import QuestionRow

__all__ = ["router"]

_ASKED = ("population", "product", "cell_source", "dose", "comparator")
_TOLD = 40  # differences of one question on the page
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


class Listed(NamedTuple):
    """One saved question as the page shows it."""

    row: QuestionRow
    query: str
    asks: tuple[str, ...]
    differences: tuple[Difference, ...]
    further: int


@router.get("/questions")
def questions(request: Request) -> Response:
    """The saved questions."""
    listed = [_listed(row) for row in workspace_of(request).questions().questions]
    return page(request, "questions.html", listed=listed)


def _listed(row: QuestionRow) -> Listed:
    asked = row.question
    said: list[str] = []
    if asked is not None:
        said = [f"{name.replace('_', ' ')}: {getattr(asked, name)}" for name in _ASKED
                if getattr(asked, name)]  # fmt: skip
        said.append(asked.designs)
        said += [f"without {len(asked.exclude)} named studies"] if asked.exclude else []
    told = row.changes.differences if row.changes is not None else ()
    return Listed(
        row,
        query(asked) if asked is not None else "",
        tuple(said),
        told[:_TOLD],
        max(len(told) - _TOLD, 0),
    )
