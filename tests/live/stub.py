"""A scripted HTTP server on loopback, for tests of live sources.

    with Stub() as stub:
        stub.on("/studies", Said(json={"studies": []}))            # every time
        stub.on("/studies", Said(status=503), Said(json={...}), pageToken="b")
        client = ...  # with `stub.base` as the base address
        assert [asked.params.get("pageToken") for asked in stub.asked] == [None, "b"]

A script is a path, the query parameters a request must have besides (the script that names most
of them wins, the later one among equals), and the answers in turn; the last one is given for ever.
An answer may also be a function that takes what was `Asked` and gives what is to be `Said`. What
has no script gets a 404 that says so. Every request is kept in `asked`, with body and time.
"""

from __future__ import annotations

import json as json_format
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Asked", "Said", "Stub"]


@dataclass(frozen=True)
class Asked:
    """One request as it came: path without query, decoded parameters, small-letter headers."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float  # time.monotonic()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json_format.loads(self.body)


@dataclass(frozen=True)
class Said:
    """One answer. `json` is encoded and given its type; `cut` closes the connection after so many
    bytes of the body while Content-Length promises all of it; `delay` is in seconds."""

    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    cut: int | None = None
    delay: float = 0.0

    @property
    def data(self) -> bytes:
        """The body as bytes."""
        if self.json is not None:
            return json_format.dumps(self.json).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


Answer = Said | Callable[[Asked], Said]


class Stub:
    """The server; start it with ``with``."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._scripts: list[tuple[str, dict[str, str], list[Answer]]] = []
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stub._answer(self)

            def do_POST(self) -> None:
                stub._answer(self)

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def base(self) -> str:
        """The base address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, *answers: Answer, **params: str) -> None:
        """Script the answers to a path; a further script for the same path and parameters replaces
        the earlier."""
        with self._lock:
            self._scripts.append((path, params, list(answers)))

    def asks(self, path: str = "") -> list[Asked]:
        """The requests to one path, or all."""
        return [asked for asked in self.asked if not path or asked.path == path]

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _said(self, asked: Asked) -> Said:
        with self._lock:
            self.asked.append(asked)
            fitting = [
                (len(params), number)
                for number, (path, params, _) in enumerate(self._scripts)
                if path == asked.path and params.items() <= asked.params.items()
            ]
            if not fitting:
                return Said(404, f"the stub has no script for {asked.path} {asked.params}")
            answers = self._scripts[max(fitting)[1]][2]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Said) else answer(asked)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        at = time.monotonic()
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        said = self._said(
            Asked(
                method=handler.command,
                path=parts.path,
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in handler.headers.items()},
                body=handler.rfile.read(length),
                at=at,
            )
        )
        if said.delay:
            time.sleep(said.delay)
        data = said.data
        headers = {"Content-Length": str(len(data)), "Connection": "close"}
        if said.json is not None:
            headers["Content-Type"] = "application/json"
        handler.close_connection = True
        try:
            handler.send_response(said.status)
            for name, value in (headers | said.headers).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(data if said.cut is None else data[: said.cut])
        except OSError:
            pass  # the client went away, as it may
