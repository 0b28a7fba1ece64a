"""The operations on eligibility and protocols as JSON. Matching takes a document and keeps none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from trialweave.faces.api_shape import PREFIX, answer, says
from trialweave.faces.as_of import asked_day
from trialweave.faces.asked import Limit, Offset, Page, ShortText, StudyId, workspace_of
from trialweave.faces.match_asked import (
    COHORT_KINDS,
    FHIR_KINDS,
    Complete,
    Fresh,
    MapFacet,
    ScreenedTrial,
    ScreeningDay,
    Trials,
    matched_few,
)
from trialweave.faces.receiving import MULTIPART, of_patients, received
from trialweave.protocol.exports import FORMS
from trialweave.protocol.patients.relaxing import End, Relaxed
from trialweave.publish.comparing import (
    ComparisonView,
    EvidenceMapView,
    InterventionsView,
    OutcomesView,
)
from trialweave.publish.criteria_export import CriteriaExport
from trialweave.publish.eligibility import CriteriaView, MatchView, ScreeningView

__all__ = ["VIEWS", "router"]

router = APIRouter(
    prefix=PREFIX, default_response_class=Response, dependencies=[Depends(asked_day)]
)
VIEWS = (
    CriteriaView, MatchView, ScreeningView, ComparisonView, EvidenceMapView, InterventionsView,
    OutcomesView, CriteriaExport, Relaxed,
)  # fmt: skip
"""What the routes answer with, for their description."""


def _takes(kinds: tuple[str, ...]) -> dict[str, Any]:
    """What a route takes as its body, for its description."""
    file = {"type": "string", "format": "binary"}
    content: dict[str, Any] = {kind: {"schema": {"type": "string"}} for kind in kinds}
    content |= {kind: {"schema": {"type": "object"}} for kind in kinds if kind.endswith("json")}
    form = {"type": "object", "required": ["file"], "properties": {"file": file}}
    content[MULTIPART] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}


@router.get("/criteria/{identifier:path}/export/{form}", responses=says(CriteriaExport, 404))
def export_criteria(
    request: Request,
    identifier: StudyId,
    form: Annotated[str, Path(max_length=20, description="The form: " + ", ".join(FORMS))],
) -> Response:
    """The criteria of a study as a file of a form, and what it cannot say."""
    return answer(workspace_of(request).export_criteria(identifier, form))


@router.get("/criteria/{identifier:path}", responses=says(CriteriaView, 404))
def criteria(request: Request, identifier: StudyId) -> Response:
    """The eligibility criteria of a study as trees of conditions."""
    return answer(workspace_of(request).criteria(identifier))


@router.get("/interventions/{identifier:path}", responses=says(InterventionsView, 404))
def interventions(request: Request, identifier: StudyId) -> Response:
    """What is given in each arm: products, doses, routes, schedules."""
    return answer(workspace_of(request).interventions(identifier))


@router.get("/outcomes/{identifier:path}", responses=says(OutcomesView, 404))
def outcomes(request: Request, identifier: StudyId) -> Response:
    """The registered outcomes, with instruments and time points in days."""
    return answer(workspace_of(request).outcomes(identifier))


@router.get("/compare", responses=says(ComparisonView, 404))
def compare(
    request: Request,
    identifiers: Annotated[
        list[str],
        Query(
            alias="id", min_length=1, max_length=50,
            description="A study, by any number; two to twelve.",
        ),
    ],
) -> Response:  # fmt: skip
    """Studies side by side, their schedules, and which outcomes meet."""
    return answer(workspace_of(request).compare([each[:500] for each in identifiers]))


@router.get("/evidence-map", responses=says(EvidenceMapView, 404))
def evidence_map(
    request: Request,
    product: MapFacet = "",
    outcome: MapFacet = "",
    design: MapFacet = "",
    limit: Page = 50,
    offset: Offset = 0,
) -> Response:
    """How many studies by product, family of outcomes and design, and which."""
    found = workspace_of(request).evidence_map(
        product=product, outcome=outcome, design=design, limit=limit, offset=offset
    )
    return answer(found)


@router.post(
    "/match", responses=says(MatchView, 403, 404, 413, 415), openapi_extra=_takes(FHIR_KINDS)
)
async def match(
    request: Request,
    trials: Trials = [],  # noqa: B006  FastAPI copies defaults
    on: ScreeningDay = None,
    fresh: Fresh = 30.0,
    complete: Complete = [],  # noqa: B006
    limit: Limit = 20,
) -> Response:
    """Hold the patients of a FHIR document against some trials, or all; nothing of it is kept."""
    data = (await received(request, FHIR_KINDS)).data
    workspace = workspace_of(request)
    found = await of_patients(
        lambda: answer(matched_few(workspace, data, trials, on, fresh, complete, limit))
    )
    return found


@router.post(
    "/screen", responses=says(ScreeningView, 403, 404, 413, 415), openapi_extra=_takes(COHORT_KINDS)
)
async def screen(
    request: Request,
    trial: ScreenedTrial,
    on: ScreeningDay = None,
    fresh: Fresh = 30.0,
    complete: Complete = [],  # noqa: B006  FastAPI copies defaults
) -> Response:
    """Hold a cohort, as CSV or FHIR, against one trial; nothing of it is kept."""
    data = (await received(request, COHORT_KINDS)).data
    workspace = workspace_of(request)
    found = await of_patients(
        lambda: answer(workspace.screen(data, trial, day=on, fresh_days=fresh, complete=complete))
    )
    return found


@router.post(
    "/relax", responses=says(Relaxed, 403, 404, 413, 415), openapi_extra=_takes(COHORT_KINDS)
)
async def relax(
    request: Request,
    trial: ScreenedTrial,
    criterion: Annotated[int, Query(ge=0, le=1_000_000, description="The criterion’s number.")],
    values: Annotated[
        list[float],
        Query(alias="value", min_length=1, max_length=50, description="A bound; repeatable."),
    ],
    concept: ShortText = "",
    end: End = "high",
    on: ScreeningDay = None,
    fresh: Fresh = 30.0,
    complete: Complete = [],  # noqa: B006  FastAPI copies defaults
) -> Response:
    """What a cohort comes to with other bounds of one criterion; nothing of it is kept."""
    data = (await received(request, COHORT_KINDS)).data
    workspace = workspace_of(request)
    found = await of_patients(
        lambda: answer(
            workspace.relax(
                data,
                trial,
                criterion,
                values,
                concept=concept,
                end=end,
                day=on,
                fresh_days=fresh,
                complete=complete,
            )
        )
    )
    return found
