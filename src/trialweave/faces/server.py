"""The web application: pages and API over one workspace, behind a guard, reading only.

The server answers GET and HEAD, fetches nothing, and by default answers only to the names of this
machine, so that no page elsewhere can reach it under a name of its own (DNS rebinding). Every
answer carries a content security policy without scripts.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialweave.errors import TrialweaveError, WorkspaceError
from trialweave.faces import api, web, web_synthesis
from trialweave.faces.api import Problem, problem_of
from trialweave.faces.as_of import Days

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["Guard", "create_app", "serve"]

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
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
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            elif asked == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        asked = scope["method"]
        if asked == "HEAD":  # routes know GET; the answer is the same without its body
            scope = {**scope, "method": "GET"}
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        name = _without_port(hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
        if name not in self.names:
            problem = Problem(
                "UnknownHost",
                "this server does not answer to the name it was called by.",
                "",
                "Open it as http://127.0.0.1, or start it with --allow-host NAME.",
                400,
            )
            await api.refuse(problem)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)


def _without_port(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def create_app(workspace: Workspace, names: Sequence[str] = ()) -> Guard:
    """The application over a workspace; `names` are host names to answer to besides this
    machine's own."""
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
    app.include_router(api.router)
    app.include_router(api.undated)
    app.include_router(web.router)
    app.include_router(web_synthesis.router)
    static = Path(__file__).parent / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    api.describe(app)

    def failed(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        in_api = request.url.path.startswith("/api/")
        answer = api.refuse(problem) if in_api else web.error_page(request, problem)
        answer.headers.update(getattr(error, "headers", None) or {})  # Allow, where a method is not
        return answer

    for kind in (TrialweaveError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, failed)
    return Guard(app, (*LOCAL_NAMES, *names))


def serve(
    workspace: Workspace,
    host: str,
    port: int,
    names: Sequence[str],
    ready: Callable[[str], None],
) -> None:
    """Serve until interrupted; `ready` is told the address as soon as it is bound.

    WorkspaceError where the address cannot be had.
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
    app = create_app(workspace, (shown, *names))
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    ready(f"http://{shown}:{listening.getsockname()[1]}/")
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
