"""The API: every operation as JSON, one shape of errors, and a description that is complete."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from trialweave.faces import cli
from trialweave.faces.server import HEADERS

STUDY = "NCT09999999"
SLASHED = "CTRI/2031/01/000001"
RECORD = "page:invented-hospital"
ROUTES = {
    "status": "/api/v1/status",
    "search": "/api/v1/search?q=cells&filter=phases%3D2",
    "show": f"/api/v1/study/{STUDY}",
    "check": f"/api/v1/check/{STUDY}",
    "links": f"/api/v1/links/{STUDY}",
    "why": f"/api/v1/why/{STUDY}?address=enrollment",
    "document": f"/api/v1/document/{RECORD}?start=3&end=9",
    "pool": "/api/v1/synthesis?outcome=mortality&measure=OR",
    "forest": "/api/v1/synthesis/forest.svg",
}
# The server only reads: these have a command and a Python method, and on purpose no route.
WRITING = {"add", "add_corpus", "export"}
COMMAND_OF = {"add_corpus": "add", "forest": "pool"}  # add --corpus, pool --figure


def operations() -> set[str]:
    """The public methods of a workspace."""
    from trialweave.workspace import Workspace

    return {
        name
        for name, member in inspect.getmembers(Workspace, inspect.isfunction)
        if not name.startswith("_")
    }


def test_every_operation_has_a_command_and_every_reading_one_a_route() -> None:
    commands = {str(command.callback.__name__) for command in cli.app.registered_commands}  # type: ignore[union-attr]
    assert {COMMAND_OF.get(name, name) for name in operations()} <= commands
    assert operations() - WRITING == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_answers(client: Any, name: str) -> None:
    answer = client.get(ROUTES[name])
    assert answer.status_code == 200
    if name == "forest":
        assert answer.headers["content-type"] == "image/svg+xml"
        assert client.get("/api/v1/synthesis/forest.png").content.startswith(b"\x89PNG")
    else:
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json(), dict)


def test_the_api_answers_what_the_command_line_prints(
    client: Any, workspace: Any, monkeypatch: Any, capfd: Any
) -> None:
    from trialweave.faces import cli_call

    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    for name, arguments in {
        "show": [STUDY],
        "check": [STUDY],
        "why": [STUDY, "enrollment"],
        "pool": ["--outcome", "mortality", "--measure", "OR"],
    }.items():
        cli.run([name, *arguments, "--json"])
        assert json.loads(capfd.readouterr().out) == client.get(ROUTES[name]).json()


@pytest.mark.parametrize("kind", ["study", "check", "links"])
def test_numbers_with_slashes_are_found(client: Any, kind: str) -> None:
    for written in (SLASHED, SLASHED.replace("/", "%2F")):
        found = client.get(f"/api/v1/{kind}/{written}").json()
        assert found["study"]["study_id"] == STUDY


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/v1/study/nope", 404, "NotFound"),
        ("/api/v1/why/nope?address=phase", 404, "NotFound"),
        (f"/api/v1/why/{STUDY}?address=no_such", 404, "NotFound"),
        (f"/api/v1/why/{STUDY}", 422, "InvalidRequest"),
        ("/api/v1/document/nope", 404, "NotFound"),
        ("/api/v1/search?limit=101", 422, "InvalidRequest"),
        ("/api/v1/search?offset=-1", 422, "InvalidRequest"),
        ("/api/v1/search?filter=phase", 400, "InputError"),
        ("/api/v1/search?q=" + "x" * 501, 422, "InvalidRequest"),
        ("/api/v1/synthesis?measure=HR", 400, "InputError"),
        ("/api/v1/synthesis?outcome=%20", 400, "InputError"),
        ("/api/v1/synthesis?outcome=hair", 422, "NothingToPool"),
        ("/api/v1/synthesis/forest.pdf", 422, "InvalidRequest"),
        ("/api/v1/nope", 404, "NotFound"),
        ("/api/v2/status", 404, "NotFound"),
    ],
)
def test_errors_have_one_shape(client: Any, path: str, status: int, kind: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"type", "what", "where", "next_step", "status"}
    assert (error["type"], error["status"]) == (kind, status)
    assert error["what"]


def test_head_is_get_without_the_body(client: Any) -> None:
    for path in ("/", "/api/v1/status", "/api/v1/nope"):
        whole, head = client.get(path), client.request("HEAD", path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_only_reading_is_served(client: Any) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/api/v1/status")
        assert answer.status_code == 405
        assert answer.json()["error"]["type"] == "MethodNotAllowed"


def test_what_goes_wrong_inside_is_not_told(workspace: Any, client_of: Any) -> None:
    def broken() -> None:
        raise RuntimeError("secret of the inside")

    workspace.status = broken
    client = client_of(workspace)
    for path in ("/api/v1/status", "/about"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/v1/status", "/", "/nope", "/static/trialweave.css"])
def test_every_answer_has_the_security_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8765", True),
        ("evil.example", False),
        ("evil.example:8765", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_only_names_of_this_machine_are_answered(client: Any, host: str, allowed: bool) -> None:
    answer = client.get("/api/v1/status", headers={"host": host})
    assert answer.status_code == (200 if allowed else 400)


def test_other_names_are_answered_where_allowed(workspace: Any, client_of: Any) -> None:
    client = client_of(workspace, ["Review.example"], "http://review.example")
    assert client.get("/api/v1/status").status_code == 200


def test_the_description_is_complete(client: Any) -> None:
    described = client.get("/api/v1/openapi.json").json()
    served = {path.partition("?")[0] for path in ROUTES.values()}
    assert len(described["paths"]) == len(served)
    schemas = described["components"]["schemas"]
    text = json.dumps(described)
    for reference in set(_references(described)):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for view in ("StudyView", "SearchView", "CheckView", "LinkView", "Why", "Synthesis"):
        assert view in schemas
    assert "HTTPValidationError" not in text
    for path, methods in described["paths"].items():
        assert set(methods) == {"get"}, path
        assert "422" in methods["get"]["responses"]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for part in node.values() for found in _references(part)]
    if isinstance(node, list):
        return [found for part in node for found in _references(part)]
    return []


def test_no_page_of_documentation_needs_another_host(client: Any) -> None:
    for path in ("/docs", "/redoc", "/api/v1/docs"):
        assert client.get(path).status_code == 404
