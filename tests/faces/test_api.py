"""The API: every operation as JSON, one shape of errors, and a description that is complete."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer

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
    "findings": f"/api/v1/findings/{STUDY}?family=mortality",
    "corrections": "/api/v1/corrections",
    "links": f"/api/v1/links/{STUDY}",
    "why": f"/api/v1/why/{STUDY}?address=enrollment",
    "history": f"/api/v1/history/{STUDY}",
    "conflicts": "/api/v1/conflicts?field=enrollment&limit=10",
    "reuse": f"/api/v1/reuse?study={STUDY}",
    "decisions": "/api/v1/decisions",
    "assess": f"/api/v1/assess/{STUDY}?instrument=rob2&outcome=mortality",
    "assessments": "/api/v1/assessments?instrument=rob2",
    "document": f"/api/v1/document/{RECORD}?start=3&end=9",
    "pool": "/api/v1/synthesis?outcome=mortality&measure=OR",
    "forest": "/api/v1/synthesis/forest.svg",
    "answer": "/api/v1/answer/deaths",
    "explore": "/api/v1/exploration?reduction=0.2&control_risk=0.3",
    "certainty": "/api/v1/certainty?outcome=mortality",
    "summary_of_findings": "/api/v1/sof?control_risk=0.3",
    "drawing": "/api/v1/figure/leave-one-out.svg?outcome=mortality",
    "term": "/api/v1/term?q=HP:0099001&role=condition&limit=2",
    "related_terms": "/api/v1/term/related?q=HP:0099001&menu=mesh&support=2",
    "term_history": "/api/v1/term/history?q=HP:0099001&with=D999001",
    "terms": "/api/v1/terms?menu=HPO&q=fever",
    "terms_report": "/api/v1/terms/report?since=2026-01-01",
    "suggest_terms": "/api/v1/terms/suggest?q=fev",
    "mentions": f"/api/v1/mentions/{STUDY}",
    "term_decisions": "/api/v1/terms/decisions",
    "criteria": f"/api/v1/criteria/{STUDY}",
    "export_criteria": f"/api/v1/criteria/{STUDY}/export/cql",
    "interventions": f"/api/v1/interventions/{STUDY}",
    "outcomes": f"/api/v1/outcomes/{STUDY}",
    "compare": f"/api/v1/compare?id={STUDY}&id=NCT08880001",
    "evidence_map": "/api/v1/evidence-map?product=cells",
    "questions": "/api/v1/questions",
    "follows": "/api/v1/follows",
}
UNDATED = {"follows", "questions"}  # the same on every day
DECIDING = {"link", "unlink", "withdraw"}
MATCHING = {"match", "screen", "relax"}  # by POST, and dated; tested with api_protocol
# The server takes nothing in: these have a command and a Python method, and on purpose no route.
WRITING = {"add", "add_corpus", "export", "rebuild", "fetch", "update", "forget"}
WRITING |= {"dedupe"}  # reads files of the asker's own machine, and no workspace
WRITING |= {"correct", "confirm", "reject", "enter", "undo"}  # of findings
WRITING |= {"vocabularies", "vocabulary", "vocabulary_changes", "add_vocabulary"}
WRITING |= {"vocabularies_in_use", "update_vocabularies", "switch_vocabulary"}
WRITING |= {"say_term", "withdraw_term", "annotate"}  # of terms
WRITING |= {"hand_on"}  # into a folder of the asker
WRITING |= {"save", "question"}  # the questions' files, of the machine that holds them
# add --corpus, pool --figure, follows --forget; --as-of stands at every command that reads.
COMMAND_OF = {"add_corpus": "add", "forest": "pool", "forget": "follows", "as_of": "status"}
COMMAND_OF |= dict.fromkeys(("answer", "question", "save"), "pool")
COMMAND_OF |= dict.fromkeys(
    ("vocabularies", "vocabulary", "vocabulary_changes", "add_vocabulary", "vocabularies_in_use",
     "update_vocabularies", "switch_vocabulary"), "vocab"
)  # fmt: skip
COMMAND_OF |= {"drawing": "figure", "summary_of_findings": "sof"}
COMMAND_OF |= dict.fromkeys(("related_terms", "term_history"), "term")
COMMAND_OF |= {"export_criteria": "criteria"}
COMMAND_OF |= dict.fromkeys(("terms_report", "suggest_terms", "mentions"), "terms")
COMMAND_OF |= dict.fromkeys(("say_term", "withdraw_term", "annotate", "term_decisions"), "terms")


def operations() -> set[str]:
    """The public methods of a workspace."""
    from trialweave.workspace import Workspace

    return {
        name
        for name, member in inspect.getmembers(Workspace, inspect.isfunction)
        if not name.startswith("_")
    }


def test_every_operation_has_a_command_and_those_that_read_or_decide_a_route() -> None:
    commands = {str(command.callback.__name__) for command in cli.app.registered_commands}  # type: ignore[union-attr]
    commands |= set(typer.main.get_command(cli.app).commands)  # groups of commands, too
    assert {COMMAND_OF.get(name, name) for name in operations()} <= commands
    routes = set(ROUTES) | DECIDING | MATCHING
    assert operations() - WRITING - {"as_of"} == routes  # as_of is a parameter


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_answers(client: Any, name: str) -> None:
    answer = client.get(ROUTES[name])
    assert answer.status_code == 200
    if name in ("forest", "drawing"):
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
        "history": [STUDY],
        "why": [STUDY, "enrollment"],
        "conflicts": ["--field", "enrollment", "--limit", "10"],
        "decisions": [],
        "pool": ["--outcome", "mortality", "--measure", "OR"],
    }.items():
        cli.run([name, *arguments, "--json"])
        assert json.loads(capfd.readouterr().out) == client.get(ROUTES[name]).json()


def test_retracted_articles_are_used_on_request_alone(client: Any) -> None:
    for asked, meant in (("", False), ("?with_retracted=true", True)):
        question = client.get(f"/api/v1/synthesis{asked}").json()["question"]
        assert question["with_retracted"] is meant


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
        ("/api/v1/conflicts?limit=1001", 422, "InvalidRequest"),
        ("/api/v1/conflicts?field=no_such", 404, "NotFound"),
        ("/api/v1/search?offset=-1", 422, "InvalidRequest"),
        ("/api/v1/search?filter=phase", 400, "InputError"),
        ("/api/v1/search?q=" + "x" * 501, 422, "InvalidRequest"),
        ("/api/v1/synthesis?measure=XX", 400, "InputError"),
        ("/api/v1/synthesis?outcome=%20", 400, "InputError"),
        ("/api/v1/synthesis?model=XX", 400, "InputError"),
        ("/api/v1/answer/nope", 404, "NotFound"),
        ("/api/v1/answer/..%2Fnope", 404, "NotFound"),
        ("/api/v1/answer/Nope.toml", 422, "InvalidRequest"),
        ("/api/v1/synthesis?outcome=hair", 422, "NothingToPool"),
        ("/api/v1/synthesis/forest.pdf", 422, "InvalidRequest"),
        ("/api/v1/history/nope", 404, "NotFound"),
        ("/api/v1/status?as_of=", 422, "InvalidRequest"),
        ("/api/v1/status?as_of=1609372800", 422, "InvalidRequest"),
        ("/api/v1/status?as_of=2021-02-30", 422, "InvalidRequest"),
        ("/api/v1/status?as_of=2021-12-31T00:00", 422, "InvalidRequest"),
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


def test_every_route_about_records_answers_as_of_a_day(workspace: Any, client_of: Any) -> None:
    client = client_of(workspace)
    described = client.get("/api/v1/openapi.json").json()["paths"]
    dated = {
        path
        for path, methods in described.items()
        if any(one["name"] == "as_of" for one in methods.get("get", {}).get("parameters", ()))
    }
    deciding = {f"/api/v1/{verb}" for verb in DECIDING | MATCHING}
    assert set(described) - dated == {f"/api/v1/{name}" for name in UNDATED} | deciding
    day = dt.date(2029, 6, 1)
    for name, path in ROUTES.items():
        client = client_of(workspace)
        workspace.asked.clear()
        client.get(path)
        assert ("as_of", day) not in workspace.asked
        for _ in range(3):
            answer = client.get(f"{path}{'&' if '?' in path else '?'}as_of={day}")
            assert answer.status_code == 200
        assert workspace.asked.count(("as_of", day)) == (name not in UNDATED)  # opened once


def test_days_stay_open_and_see_what_is_added(tmp_path: Path, client_of: Any) -> None:
    from trialweave.workspace import Workspace

    held = Workspace(tmp_path / "held")
    _add(held, "2030-01-01", 40)
    client = client_of(held)
    size = f"/api/v1/why/{STUDY}?address=enrollment&as_of="
    sizes = [client.get(size + day).json()["entries"][0]["text"] for day in ("2030-06-01",) * 2]
    _add(held, "2030-05-01", 60)
    _add(held, "2031-05-01", 31)
    sizes += [
        client.get(size + day).json()["entries"][0]["text"]
        for day in ("2030-06-01", "2030-04-30", "2031-05-01")
    ]
    assert sizes == ["40", "40", "60", "40", "31"]
    shutil.rmtree(held.root / "views")  # as the least used do, where many days are asked for
    assert client.get(size + "2030-04-30").json()["entries"][0]["text"] == "40"
    for day in ("1999-12-31", "0001-01-01"):
        assert client.get(size + day).status_code == 404
    assert client.get(size + "9999-12-31").json()["entries"][0]["text"] == "31"


def _add(held: Any, on: str, size: int) -> None:
    said = {
        "identificationModule": {"nctId": STUDY, "briefTitle": "Invented"},
        "statusModule": {"lastUpdatePostDateStruct": {"date": on}},
        "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": size}},
    }
    path = held.root.parent / f"{on}.json"
    path.write_text(json.dumps({"protocolSection": said}))
    assert held.add(path).new == 1


def test_contact_data_are_not_to_be_had(client: Any, workspace: Any) -> None:
    client.get(f"/api/v1/document/{RECORD}?contacts=true")
    client.get(f"/record/{RECORD}?contacts=true")
    assert [asked for asked in workspace.asked if asked[0] == "document"] == [
        ("document", (RECORD, False))
    ] * 2


def test_head_is_get_without_the_body(client: Any) -> None:
    for path in ("/", "/api/v1/status", "/api/v1/nope"):
        whole, head = client.get(path), client.request("HEAD", path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_other_methods_are_refused(client: Any) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = client.request(method, "/api/v1/status")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
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
    assert len(described["paths"]) == len(served) + len(DECIDING | MATCHING)
    schemas = described["components"]["schemas"]
    text = json.dumps(described)
    for reference in set(_references(described)):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for view in (
        *("StudyView", "SearchView", "CheckView", "LinkView", "Why", "Synthesis"),
        *("ConflictsView", "DecisionsView", "DecisionReport", "DecisionAsked", "Report", "Notice"),
    ):
        assert view in schemas
    assert "HTTPValidationError" not in text
    for path, methods in described["paths"].items():
        method = "post" if path.rpartition("/")[2] in DECIDING | MATCHING else "get"
        assert set(methods) == {method}, path
        assert "422" in methods[method]["responses"]
        assert ("requestBody" in methods[method]) == (method == "post")


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
