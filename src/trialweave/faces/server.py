"""The web application: pages and API over one workspace, behind a guard.

The server fetches nothing, and by default answers only to the names of this machine, so that no
page elsewhere can reach it under a name of its own (DNS rebinding). It reads, and where that is
allowed takes the decisions of people, by POST from its own pages and as JSON (`faces.deciding`).
Every answer carries a content security policy: without scripts, but where `faces.policies` names
another.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialweave.errors import TrialweaveError, WorkspaceError
from trialweave.faces import (
    api,
    api_protocol,
    api_terms,
    web,
    web_assess,
    web_compare,
    web_decide,
    web_eligibility,
    web_exploration,
    web_figures,
    web_findings,
    web_questions,
    web_synthesis,
    web_terms,
)
from trialweave.faces.as_of import Days
from trialweave.faces.deciding import Desk, from_here
from trialweave.faces.policies import STRICT
from trialweave.faces.problems import Problem, Refused, problem_of, refuse
from trialweave.faces.receiving import PRIVATE, refused_length

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["Guard", "create_app", "serve"]

METHODS = ("GET", "HEAD", "POST")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
HEADERS = {
    "content-security-policy": STRICT,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Lets through what asks for one of the names we answer to; puts the headers on all answers."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():  # a page may bring a policy of its own
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", keeping)
            elif asked == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        asked = scope["method"]
        keeping = "no-store" if scope["path"] in PRIVATE else "no-cache"
        if asked == "HEAD":  # routes know GET; the answer is the same without its body
            scope = {**scope, "method": "GET"}
        problem = self._problem(asked, scope["path"], Headers(scope=scope))
        if problem is not None:
            answer = refuse(problem)
            if problem.status == 405:
                answer.headers["allow"] = ", ".join(METHODS)
            await answer(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    def _problem(self, method: str, path: str, headers: Headers) -> Problem | None:
        """Why a request is not let through."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _without_port(hosts[0]) not in self.names:
            return Problem(
                "UnknownHost",
                "this server does not answer to the name it was called by.",
                "",
                "Open it as http://127.0.0.1, or start it with --allow-host NAME.",
                400,
            )
        if method not in METHODS:
            return Problem("MethodNotAllowed", "method not allowed.", "", "", 405)
        if method == "POST" and from_here(headers) is False:
            return Problem(
                "NotFromHere",
                "a page of another site made this request.",
                "",
                "Decide on the pages of this server itself.",
                403,
            )
        return refused_length(path, headers) if method == "POST" else None


def _without_port(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def create_app(workspace: Workspace, names: Sequence[str] = (), *, deciding: bool = False) -> Guard:
    """The application over a workspace; `names` are host names to answer to besides this
    machine's own, `deciding` is whether people may decide with it."""
    from trialweave import __version__

    app = FastAPI(
        title="Trialweave",
        summary="Studies woven from records of clinical trials, re-computed and pooled.",
        version=__version__,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.days = Days(workspace)
    app.state.desk = Desk(allowed=deciding and workspace.day is None)
    app.include_router(api.router)
    app.include_router(api_terms.router)
    app.include_router(api_protocol.router)
    app.include_router(api.undated)
    app.include_router(web.router)
    app.include_router(web_decide.router)
    app.include_router(web_assess.router)
    app.include_router(web_findings.router)
    app.include_router(web_terms.router)
    app.include_router(web_eligibility.router)
    app.include_router(web_compare.router)
    for synthesis in (web_synthesis, web_exploration, web_figures, web_questions):
        app.include_router(synthesis.router)
    static = Path(__file__).parent / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    api.describe(app)

    def failed(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        in_api = request.url.path.startswith("/api/")
        answer = refuse(problem) if in_api else web.error_page(request, problem)
        answer.headers.update(getattr(error, "headers", None) or {})  # Allow, where a method is not
        return answer

    for kind in (TrialweaveError, Refused, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, failed)
    return Guard(app, (*LOCAL_NAMES, *names))


def serve(
    workspace: Workspace,
    host: str,
    port: int,
    names: Sequence[str],
    ready: Callable[[str, bool], None],
    deciding: bool | None = None,
) -> None:
    """Serve until interrupted; `ready` is told the address as soon as it is bound, and whether
    people may decide.

    Where `deciding` does not say, they may if nobody but this machine is answered: the address is
    a loopback one, and there are no `names`. WorkspaceError where the address cannot be had.
    """
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise WorkspaceError(
            f"cannot listen there: {error.strerror or error}.",
            where=f"{host}:{port}",
            next_step=(
                "Choose another with --port, or --port 0 for any free one."
                if error.errno in (errno.EADDRINUSE, errno.EACCES)
                else "Name an address of this machine with --host; 127.0.0.1 is for it alone."
            ),
        ) from None
    shown = f"[{host}]" if ":" in host else host
    if deciding is None:
        deciding = not names and _loopback(listening.getsockname()[0])
    deciding = deciding and workspace.day is None
    app = create_app(workspace, (shown, *names), deciding=deciding)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, ws="none"
    )
    ready(f"http://{shown}:{listening.getsockname()[1]}/", deciding)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
