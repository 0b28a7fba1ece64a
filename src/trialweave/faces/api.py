"""The operations as JSON under /api/v1: the same views as Python, terminal and pages answer with.

Keys may be added within version 1 and are never renamed or removed. Every error has one shape,
``{"error": {"type", "what", "where", "next_step", "status"}}``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from trialweave.errors import InputError, NotFound, NothingToPool, TrialweaveError, WorkspaceError
from trialweave.faces.as_of import asked_day, day_of
from trialweave.faces.layout import next_step_of, parse_filters, question_of
from trialweave.live.report import Follow
from trialweave.publish.conflicts import ConflictsView
from trialweave.publish.views import (
    CheckView,
    DecisionsView,
    DocumentView,
    HistoryView,
    LinkView,
    SearchView,
    StatusView,
    StudyView,
    Why,
)
from trialweave.studies.reconciliation import KINDS
from trialweave.synthesis import Question, Synthesis
from trialweave.synthesis.question import INTERVALS, MEASURES, TAU2_ESTIMATORS

if TYPE_CHECKING:
    from trialweave.faces.as_of import Days
    from trialweave.workspace import Workspace

__all__ = ["Problem", "describe", "problem_of", "refuse", "router", "undated"]

PREFIX = "/api/v1"
DESIGNS = ("randomised", "comparative")
_REF = "#/components/schemas/{name}"


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, where, and what to do; `status` is the HTTP status."""

    type: str
    what: str
    where: str
    next_step: str
    status: int


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The one shape of errors."""

    error: Problem


class FollowsView(msgspec.Struct, frozen=True):
    """The fetches that an update repeats, the oldest first."""

    follows: tuple[Follow, ...]


_VIEWS = (
    *(StatusView, SearchView, StudyView, CheckView, LinkView, Why, DocumentView, HistoryView),
    *(ConflictsView, DecisionsView, Synthesis, FollowsView, ErrorAnswer),
)


def problem_of(error: Exception) -> Problem:
    """An exception as the problem to answer with; nothing of the inside is told."""
    if isinstance(error, TrialweaveError):
        status = 400
        for kind, code in ((NotFound, 404), (NothingToPool, 422), (WorkspaceError, 503)):
            if isinstance(error, kind):
                status = code
        where = error.where
        if isinstance(error, WorkspaceError):  # a path of this machine is nobody else's business
            where = where.replace("\\", "/").rstrip("/").rpartition("/")[2]
        return Problem(type(error).__name__, error.what, where, next_step_of(error), status)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        return Problem("InvalidRequest", f"{what}.", where, "", 422)
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(phrase.replace(" ", ""), f"{phrase.lower()}.", "", "", error.status_code)
    return Problem(
        "InternalError",
        "something went wrong inside Trialweave.",
        "",
        "The server's terminal says more; please report it.",
        500,
    )


def answer(view: object) -> Response:
    """A view as JSON."""
    return Response(msgspec.json.encode(view), media_type="application/json")


def refuse(problem: Problem) -> Response:
    """A problem as JSON."""
    return Response(
        msgspec.json.encode(ErrorAnswer(problem)), problem.status, media_type="application/json"
    )


def _says(view: type, *errors: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer, for its description."""
    said = (view.__doc__ or "").split("\n")[0]
    return {
        200: {"description": said, "content": _content(view)},
        **_errors(400, *errors, 422, 503),
    }


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = _content(ErrorAnswer)
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def _content(view: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=view.__name__)}}}


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI description with the schemas of the views."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = generate()
            _, schemas = msgspec.json.schema_components(_VIEWS, ref_template=_REF)
            known = described.setdefault("components", {}).setdefault("schemas", {})
            known.update(schemas)
            for unused in ("HTTPValidationError", "ValidationError"):
                known.pop(unused, None)
        return app.openapi_schema or generate()

    app.openapi = openapi  # type: ignore[method-assign]


router = APIRouter(
    prefix=PREFIX, default_response_class=Response, dependencies=[Depends(asked_day)]
)
undated = APIRouter(prefix=PREFIX, default_response_class=Response)
"""What is not about records, and is the same whatever the day."""

StudyId = Annotated[str, Path(max_length=500, description="Any number of the study.")]
RecordId = Annotated[str, Path(max_length=500, description="A record's id.")]
Words = Annotated[str, Query(max_length=500, description="Words and numbers to find.")]
Filters = Annotated[
    list[str],
    Query(
        alias="filter",
        max_length=50,
        description="field=value; repeatable.",
        json_schema_extra={"items": {"type": "string", "pattern": r"^\s*[a-z_]+\s*=.*\S"}},
    ),
]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Address = Annotated[str, Query(max_length=500, description="A concept, an item or a finding.")]
Version = Annotated[int | None, Query(ge=1)]
Character = Annotated[int, Query(ge=-1)]
JsonPath = Annotated[str, Query(max_length=500, description="A path into a JSON record.")]
Field = Annotated[str, Query(max_length=100, description="Only this item: enrollment, masking …")]
Kind = Annotated[str, Query(max_length=100, description="Only between these: " + ", ".join(KINDS))]
Page = Annotated[int, Query(ge=1, le=1000)]
Outcome = Annotated[
    str,
    Query(
        max_length=200,
        description="Family of outcomes to pool.",
        json_schema_extra={"pattern": r"\S"},
    ),
]
Measure = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(MEASURES)})]
Tau2 = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(TAU2_ESTIMATORS)})]
Interval = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(INTERVALS)})]
Designs = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(DESIGNS)})]
Time = Annotated[
    str,
    Query(
        max_length=200,
        description="Which follow-up to prefer: longest, or nearest N days.",
        json_schema_extra={"pattern": r"^(longest|nearest [0-9]{1,5} days)$"},
    ),
]
Level = Annotated[float, Query(ge=0.5, le=0.999)]
ShortText = Annotated[str, Query(max_length=200)]
Without = Annotated[
    list[str], Query(max_length=1000, description="Studies to leave out; repeatable.")
]
WithoutFlagged = Annotated[bool, Query(description="Leave out studies with a flag.")]
WithRetracted = Annotated[bool, Query(description="Use articles that were retracted, too.")]


def asked_filters(texts: list[str]) -> dict[str, list[str]]:
    """The filters of a request; InputError where one is malformed."""
    try:
        return parse_filters(texts)
    except ValueError as error:
        raise InputError(str(error)) from None


def asked_question(
    outcome: Outcome = "mortality",
    measure: Measure = "RR",
    tau2: Tau2 = "REML",
    interval: Interval = "HK",
    level: Level = 0.95,
    designs: Designs = "randomised",
    time: Time = "longest",
    product: ShortText = "",
    without: Without = [],  # noqa: B006  FastAPI copies defaults
    without_flagged: WithoutFlagged = False,
    with_retracted: WithRetracted = False,
) -> Question:
    """The question of a request; InputError where a choice is unknown."""
    try:
        return question_of(
            {
                "outcome": outcome,
                "measure": measure,
                "tau2": tau2,
                "interval": interval,
                "level": level,
                "designs": designs,
                "time": time,
                "product": product,
                "without": without,
                "without_flagged": without_flagged,
                "with_retracted": with_retracted,
            }
        )
    except ValueError as error:
        raise InputError(f"{error}.") from None


Asked = Annotated[Question, Depends(asked_question)]


def workspace_of(request: Request) -> Workspace:
    """The workspace that is served, as of the day that a request asks about."""
    days: Days = request.app.state.days
    return days.on(day_of(request))


@router.get("/status", responses=_says(StatusView))
def status(request: Request) -> Response:
    """What the workspace holds."""
    return answer(workspace_of(request).status())


@router.get("/search", responses=_says(SearchView, 404))
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


@router.get("/study/{identifier:path}", responses=_says(StudyView, 404))
def study(request: Request, identifier: StudyId) -> Response:
    """One study, concept by concept."""
    return answer(workspace_of(request).show(identifier))


@router.get("/check/{identifier:path}", responses=_says(CheckView, 404))
def check(request: Request, identifier: StudyId) -> Response:
    """A study's findings and what re-computing them gave."""
    return answer(workspace_of(request).check(identifier))


@router.get("/links/{identifier:path}", responses=_says(LinkView, 404))
def links(request: Request, identifier: StudyId) -> Response:
    """Why a study's records belong together, or were kept apart."""
    return answer(workspace_of(request).links(identifier))


@router.get("/why/{identifier:path}", responses=_says(Why, 404))
def why(request: Request, identifier: StudyId, address: Address) -> Response:
    """Where a value comes from."""
    return answer(workspace_of(request).why(identifier, address))


@router.get("/history/{identifier:path}", responses=_says(HistoryView, 404))
def history(request: Request, identifier: StudyId) -> Response:
    """The versions of a study's records, or of one record, and what changed when."""
    return answer(workspace_of(request).history(identifier))


@router.get("/conflicts", responses=_says(ConflictsView, 404))
def conflicts(
    request: Request, field: Field = "", kind: Kind = "", limit: Page = 100, offset: Offset = 0
) -> Response:
    """Where records of a study differ, study by study."""
    return answer(workspace_of(request).conflicts(field, kind, limit=limit, offset=offset))


@router.get("/decisions", responses=_says(DecisionsView, 404))
def decisions(request: Request) -> Response:
    """What people decided about which records belong together, and how they agree."""
    return answer(workspace_of(request).decisions())


@router.get("/document/{record_id:path}", responses=_says(DocumentView, 404))
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


@router.get("/synthesis", responses=_says(Synthesis, 404))
def synthesis(request: Request, question: Asked) -> Response:
    """One outcome pooled over the studies, with heterogeneity, sensitivity and what is left out."""
    return answer(workspace_of(request).pool(question))


@router.get(
    "/synthesis/forest.{form}",
    responses={
        200: {
            "description": "The forest plot.",
            "content": {"image/svg+xml": {}, "image/png": {}},
        },
        **_errors(400, 404, 422, 503),
    },
)
def forest(request: Request, form: Literal["svg", "png"], question: Asked) -> Response:
    """The forest plot of a synthesis, as SVG or PNG."""
    return drawn(request, form, question)


def drawn(request: Request, form: Literal["svg", "png"], question: Question) -> Response:
    """The forest plot that answers a question, as an image."""
    workspace = workspace_of(request)
    figure = workspace.forest(workspace.pool(question))
    if form == "svg":
        return Response(figure.svg, media_type="image/svg+xml")
    return Response(figure.png, media_type="image/png")


@undated.get("/follows", responses=_says(FollowsView))
def follows(request: Request) -> Response:
    """What the workspace follows."""
    return answer(FollowsView(workspace_of(request).follows()))
