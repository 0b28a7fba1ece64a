"""What goes wrong, as every face of the server says it: one shape, with what to do next."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from trialweave.errors import NotFound, NothingToPool, TrialweaveError, WorkspaceError
from trialweave.faces.layout import next_step_of

__all__ = ["ErrorAnswer", "Problem", "Refused", "problem_of", "refuse"]


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, where, and what to do; `status` is the HTTP status."""

    type: str
    what: str
    where: str
    next_step: str
    status: int


class Refused(Exception):
    """A request that is not answered, for a reason that no operation of the workspace knows."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The one shape of errors."""

    error: Problem


def problem_of(error: Exception) -> Problem:
    """An exception as the problem to answer with; nothing of the inside is told."""
    if isinstance(error, Refused):
        return error.problem
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


def refuse(problem: Problem) -> Response:
    """A problem as JSON."""
    return Response(
        msgspec.json.encode(ErrorAnswer(problem)), problem.status, media_type="application/json"
    )
