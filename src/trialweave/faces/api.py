"""The operations as JSON under /api/v1: the same views as Python, terminal and pages answer with.

Keys may be added within version 1 and are never renamed or removed. Every error has one shape,
``{"error": {"type", "what", "where", "next_step", "status"}}``.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from trialweave.faces import api_protocol, api_terms, deciding
from trialweave.faces.api_shape import PREFIX, answer, asks, complete, refuses, says
from trialweave.faces.as_of import asked_day
from trialweave.faces.asked import (
    Address,
    Asked,
    AssessedBy,
    Character,
    Explained,
    Field,
    FigureForm,
    FigureName,
    Filters,
    JsonPath,
    Kind,
    Limit,
    Offset,
    Only,
    Page,
    RecordId,
    ResultOf,
    ReuseKind,
    Risk,
    SavedName,
    ShortText,
    StudyId,
    Version,
    Words,
    asked_filters,
    workspace_of,
)
from trialweave.faces.deciding import DecisionAsked, Verb, in_turn, json_of
from trialweave.live.report import Follow
from trialweave.publish.assessment_views import AssessmentsView, AssessmentView
from trialweave.publish.certainty_view import CertaintyView
from trialweave.publish.conflicts import ConflictsView
from trialweave.publish.corrections import CorrectionsView
from trialweave.publish.findings import FindingsView
from trialweave.publish.findings_table import SummaryRow
from trialweave.publish.reuse import ReuseView
from trialweave.publish.views import (
    CheckView,
    DecisionReport,
    DecisionsView,
    DocumentView,
    HistoryView,
    LinkView,
    SearchView,
    StatusView,
    StudyView,
    Why,
)
from trialweave.synthesis import Question, Synthesis
from trialweave.synthesis.exploration import Exploration
from trialweave.synthesis.listing import QuestionsView

__all__ = ["describe", "router", "undated"]

MEDIA = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
"""The media types of the forms of a figure."""


class FindingsTable(msgspec.Struct, frozen=True):
    """The rows of a summary of findings."""

    rows: tuple[SummaryRow, ...]


class FollowsView(msgspec.Struct, frozen=True):
    """The fetches that an update repeats, the oldest first."""

    follows: tuple[Follow, ...]


_VIEWS = (
    *(StatusView, SearchView, StudyView, CheckView, LinkView, Why, DocumentView, HistoryView),
    *(
        ReuseView,
        ConflictsView,
        DecisionsView,
        DecisionAsked,
        DecisionReport,
        Synthesis,
        FollowsView,
        QuestionsView,
    ),
    *(Exploration, CertaintyView, FindingsTable),
    *(AssessmentView, AssessmentsView),
    *(FindingsView, CorrectionsView),
)


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI description with the schemas of the views."""
    complete(app, (*_VIEWS, *api_terms.VIEWS, *api_protocol.VIEWS))


router = APIRouter(
    prefix=PREFIX, default_response_class=Response, dependencies=[Depends(asked_day)]
)
undated = APIRouter(prefix=PREFIX, default_response_class=Response)
"""What is the same whatever the day: it is not about records, or holds on every day."""


@router.get("/status", responses=says(StatusView))
def status(request: Request) -> Response:
    """What the workspace holds."""
    return answer(workspace_of(request).status())


@router.get("/search", responses=says(SearchView, 404))
def search(
    request: Request,
    q: Words = "",
    filters: Filters = [],  # noqa: B006  FastAPI copies defaults
    limit: Limit = 20,
    offset: Offset = 0,
) -> Response:
    """Studies by words, numbers and filters, with facets."""
    found = workspace_of(request).search(
        q, filters=asked_filters(filters), limit=limit, offset=offset
    )
    return answer(found)


@router.get("/study/{identifier:path}", responses=says(StudyView, 404))
def study(request: Request, identifier: StudyId) -> Response:
    """One study, concept by concept."""
    return answer(workspace_of(request).show(identifier))


@router.get("/check/{identifier:path}", responses=says(CheckView, 404))
def check(request: Request, identifier: StudyId) -> Response:
    """A study's findings and what re-computing them gave."""
    return answer(workspace_of(request).check(identifier))


@router.get("/findings/{identifier:path}", responses=says(FindingsView, 404))
def findings(request: Request, identifier: StudyId, family: ShortText = "") -> Response:
    """A study's findings as a table, each cell with where it stands."""
    return answer(workspace_of(request).findings(identifier, family=family))


@router.get("/corrections", responses=says(CorrectionsView, 404))
def corrections(request: Request) -> Response:
    """What people said of findings, and how they agree."""
    return answer(workspace_of(request).corrections())


@router.get("/links/{identifier:path}", responses=says(LinkView, 404))
def links(request: Request, identifier: StudyId) -> Response:
    """Why a study's records belong together, or were kept apart."""
    return answer(workspace_of(request).links(identifier))


@router.get("/why/{identifier:path}", responses=says(Why, 404))
def why(request: Request, identifier: StudyId, address: Address) -> Response:
    """Where a value comes from."""
    return answer(workspace_of(request).why(identifier, address))


@router.get("/history/{identifier:path}", responses=says(HistoryView, 404))
def history(request: Request, identifier: StudyId) -> Response:
    """The versions of a study's records, or of one record, and what changed when."""
    return answer(workspace_of(request).history(identifier))


@router.get("/conflicts", responses=says(ConflictsView, 404))
def conflicts(
    request: Request, field: Field = "", kind: Kind = "", limit: Page = 100, offset: Offset = 0
) -> Response:
    """Where records of a study differ, study by study."""
    return answer(workspace_of(request).conflicts(field, kind, limit=limit, offset=offset))


@router.get("/reuse", responses=says(ReuseView, 404))
def reuse(
    request: Request,
    study: Only = "",
    kind: ReuseKind = "",
    explained: Explained = False,
    limit: Page = 100,
    offset: Offset = 0,
) -> Response:
    """Text and results that stand in records of two studies, pair by pair."""
    found = workspace_of(request).reuse(
        study, kind=kind, explained=explained, limit=limit, offset=offset
    )
    return answer(found)


@router.get("/decisions", responses=says(DecisionsView, 404))
def decisions(request: Request) -> Response:
    """What people decided about which records belong together, and how they agree."""
    return answer(workspace_of(request).decisions())


@router.get("/assess/{identifier:path}", responses=says(AssessmentView, 404))
def assess(
    request: Request,
    identifier: StudyId,
    instrument: AssessedBy = "inspect-sr",
    outcome: ResultOf = "",
) -> Response:
    """The form of an instrument: what is suggested, what reviewers answered, what is judged."""
    return answer(workspace_of(request).assess(identifier, instrument, outcome=outcome))


@router.get("/assessments", responses=says(AssessmentsView, 404))
def assessments(request: Request, instrument: AssessedBy = "") -> Response:
    """All that reviewers answered, what is judged of each study, and how they agree."""
    return answer(workspace_of(request).assessments(instrument))


@router.get("/document/{record_id:path}", responses=says(DocumentView, 404))
def document(
    request: Request,
    record_id: RecordId,
    version: Version = None,
    start: Character = -1,
    end: Character = -1,
    path: JsonPath = "",
) -> Response:
    """A record's text as received but for contact data, with a passage of it."""
    found = workspace_of(request).document(
        record_id, version=version, start=start, end=end, path=path
    )
    return answer(found)


@router.get("/synthesis", responses=says(Synthesis, 404))
def synthesis(request: Request, question: Asked) -> Response:
    """One outcome pooled over the studies, with heterogeneity, sensitivity and what is left out."""
    return answer(workspace_of(request).pool(question))


@router.get("/answer/{name}", responses=says(Synthesis, 404))
def saved_answer(request: Request, name: SavedName) -> Response:
    """The answer to a saved question; nothing is kept of it."""
    return answer(workspace_of(request).answer(name, keep=False))


@undated.get("/questions", responses=says(QuestionsView))
def questions(request: Request) -> Response:
    """The saved questions, each with the last answer that was kept."""
    return answer(workspace_of(request).questions())


@router.get(
    "/synthesis/forest.{form}",
    responses={
        200: {
            "description": "The forest plot.",
            "content": {"image/svg+xml": {}, "image/png": {}},
        },
        **refuses(400, 404, 422, 503),
    },
)
def forest(request: Request, form: Literal["svg", "png"], question: Asked) -> Response:
    """The forest plot of a synthesis, as SVG or PNG."""
    return drawn(request, form, question)


@router.get("/exploration", responses=says(Exploration, 404))
def exploration(
    request: Request, question: Asked, control_risk: Risk = None, reduction: Risk = None
) -> Response:
    """Behind one pooled outcome: single studies, asymmetry, moderators, looks."""
    found = workspace_of(request).explore(
        question, control_risk=control_risk, relative_reduction=reduction
    )
    return answer(found)


@router.get("/certainty", responses=says(CertaintyView, 404))
def certainty(request: Request, question: Asked) -> Response:
    """The draft of the certainty of one pooled outcome, by GRADE."""
    return answer(workspace_of(request).certainty(question))


@router.get("/sof", responses=says(FindingsTable, 404))
def sof(request: Request, question: Asked, control_risk: Risk = None) -> Response:
    """The summary of findings of one pooled outcome."""
    rows = workspace_of(request).summary_of_findings(question, control_risk=control_risk)
    return answer(FindingsTable(rows))


@router.get(
    "/figure/{name}.{form}",
    responses={
        200: {"description": "A figure.", "content": {"image/svg+xml": {}, "text/csv": {}}},
        **refuses(400, 404, 422, 503),
    },
)
def figure(request: Request, name: FigureName, form: FigureForm, question: Asked) -> Response:
    """A figure of one pooled outcome, as an image, as its specification, or as its table."""
    made = workspace_of(request).drawing(name, question)
    return Response(made.as_form(form), media_type=MEDIA[form])


def drawn(request: Request, form: Literal["svg", "png"], question: Question) -> Response:
    """The forest plot that answers a question, as an image."""
    workspace = workspace_of(request)
    figure = workspace.forest(workspace.pool(question))
    if form == "svg":
        return Response(figure.svg, media_type="image/svg+xml")
    return Response(figure.png, media_type="image/png")


@undated.get("/follows", responses=says(FollowsView))
def follows(request: Request) -> Response:
    """What the workspace follows."""
    return answer(FollowsView(workspace_of(request).follows()))


def _decides(verb: Verb, told: str) -> None:
    """The route of one verdict; all three take the same."""

    async def decide(request: Request) -> Response:
        asked = await json_of(request)
        return answer(await in_turn(request, lambda held: deciding.decide(held, verb, asked)))

    decide.__name__, decide.__doc__ = verb, told
    undated.post(
        f"/{verb}",
        responses=says(DecisionReport, 403, 404, 413, 415),
        openapi_extra=asks(DecisionAsked),
    )(decide)


_decides("link", "Decide that two records are of one trial.")
_decides("unlink", "Decide that two records are of two trials.")
_decides("withdraw", "Take back what one decided of two records.")
