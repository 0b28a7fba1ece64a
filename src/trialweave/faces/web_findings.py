"""The page of a study's findings: the table, each figure a link to where it stands."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import ShortText, StudyId, workspace_of
from trialweave.faces.web import page
from trialweave.model import Passage
from trialweave.publish.findings import FindingCell

__all__ = ["router"]

_SHOWN = 300  # rows of one page
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


@router.get("/findings/{identifier:path}")
def findings(request: Request, identifier: StudyId, family: ShortText = "") -> Response:
    """The findings of a study, also those that people rejected."""
    view = workspace_of(request).findings(identifier, family=family)
    return page(
        request,
        "findings.html",
        view=view,
        shown=view.findings[:_SHOWN],
        left_out=max(len(view.findings) - _SHOWN, 0),
        place=_place,
    )


def _place(cell: FindingCell) -> Passage | None:
    if cell.start < 0 and not cell.path:
        return None
    return Passage(cell.start, cell.end, cell.path)
