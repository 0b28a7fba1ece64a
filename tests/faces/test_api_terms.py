"""The routes on terms: their parameters, their answers, their errors."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgspec
import pytest

from trialweave.faces import cli, cli_call
from trialweave.faces.server import create_app
from trialweave.publish.terms.views import RelatedView, TermList, TermPage, TermReport

from .conftest import Client, FakeWorkspace

TERM = "/api/v1/term?q=HP:0099001"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """One invented workspace for all tests, as making an application takes most of their time."""
    return FakeWorkspace(tmp_path_factory.mktemp("held") / "woven")


@pytest.fixture(scope="module")
def client(held: FakeWorkspace) -> Client:
    """The application over it."""
    return Client(create_app(held))  # type: ignore[arg-type]


@pytest.fixture
def workspace(held: FakeWorkspace) -> FakeWorkspace:
    """It, with nothing asked yet."""
    held.asked.clear()
    return held


def _asked(workspace: Any, operation: str) -> Any:
    return [told for name, told in workspace.asked if name == operation][-1]


def test_every_parameter_reaches_its_operation(client: Any, workspace: Any) -> None:
    client.get(
        f"{TERM}&vocabulary=HPO&explode=false&role=outcome&role=text&assertion=excluded"
        "&limit=7&offset=3"
    )
    assert _asked(workspace, "term") == (
        "HP:0099001", "HPO", False, ("outcome", "text"), ("excluded",), 7, 3,
    )  # fmt: skip
    client.get(
        "/api/v1/term/related?q=HP:0099001&vocabulary=HPO&menu=adverse+event&role=outcome"
        "&assertion=negated&condition=fever&since=2020-01-01&until=2021-01-01&support=3"
        "&all_pairs=true&limit=500"
    )
    assert _asked(workspace, "related_terms") == (
        "HP:0099001", "HPO", "Adverse event", ("outcome",), ("negated",), "fever",
        dt.date(2020, 1, 1), dt.date(2021, 1, 1), 3, True, 500,
    )  # fmt: skip
    client.get("/api/v1/terms?menu=gene&q=fv&limit=3&offset=2")
    assert _asked(workspace, "terms") == ("Gene", "fv", 3, 2)
    client.get("/api/v1/terms/report?since=2026-01-01&until=2026-02-01&country=X&menu=hpo&limit=4")
    asked = (dt.date(2026, 1, 1), dt.date(2026, 2, 1), "X", "HPO", 4)
    assert _asked(workspace, "terms_report") == asked
    client.get("/api/v1/terms/suggest?q=fe%20v&limit=2")
    assert _asked(workspace, "suggest_terms") == ("fe v", 2)


def test_answers_are_the_views_whole(client: Any) -> None:
    for path, view in (
        (TERM, TermPage),
        ("/api/v1/term/related?q=HP:0099001", RelatedView),
        ("/api/v1/terms", TermList),
        ("/api/v1/terms/report?since=2026-01-01", TermReport),
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        decoded = msgspec.json.decode(answer.content, type=view)
        assert msgspec.json.encode(decoded) == answer.content
    history = client.get("/api/v1/term/history?q=HP:0099001&with=D999001&with_in=MeSH").json()
    assert [point["n_ab"] for point in history["points"]] == [0, 2, 7]
    assert history["other"]["id"] == "D999001"


def test_the_command_line_prints_the_same(
    client: Any, workspace: Any, monkeypatch: Any, capfd: Any
) -> None:
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    for arguments, path in (
        (["terms", "list", "HPO"], "/api/v1/terms?menu=HPO"),
        (["terms", "report", "--since", "2026-01-01"], "/api/v1/terms/report?since=2026-01-01"),
        (["terms", "suggest", "fev"], "/api/v1/terms/suggest?q=fev"),
        (["terms", "mentions", "NCT09999999"], "/api/v1/mentions/NCT09999999"),
    ):
        assert cli.run([*arguments, "--json"]) == 0
        assert json.loads(capfd.readouterr().out) == client.get(path).json()
    assert cli.run(["term", "HP:0099001", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["term"] == client.get(TERM).json()
    assert told["related"] == client.get("/api/v1/term/related?q=HP:0099001").json()


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/v1/term", 422, "InvalidRequest"),
        ("/api/v1/term?q=nope", 404, "NotFound"),
        (f"{TERM}&role=hero", 422, "InvalidRequest"),
        (f"{TERM}&assertion=maybe", 422, "InvalidRequest"),
        (f"{TERM}&limit=0", 422, "InvalidRequest"),
        ("/api/v1/term?q=" + "x" * 2001, 422, "InvalidRequest"),
        ("/api/v1/term/related?q=nope", 404, "NotFound"),
        ("/api/v1/term/related?q=HP:0099001&support=0", 422, "InvalidRequest"),
        ("/api/v1/term/related?q=HP:0099001&menu=x", 422, "InvalidRequest"),
        ("/api/v1/term/related?q=HP:0099001&since=2020", 422, "InvalidRequest"),
        ("/api/v1/term/history?q=HP:0099001", 422, "InvalidRequest"),
        ("/api/v1/term/history?q=HP:0099001&with=nope", 404, "NotFound"),
        ("/api/v1/terms?menu=x", 422, "InvalidRequest"),
        ("/api/v1/terms/report", 422, "InvalidRequest"),
        ("/api/v1/terms/report?since=2026-02-30", 422, "InvalidRequest"),
        ("/api/v1/terms/suggest", 422, "InvalidRequest"),
    ],
)
def test_errors_have_the_one_shape(client: Any, path: str, status: int, kind: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["type"], error["status"]) == (kind, status)
    assert error["what"]


def test_what_may_be_asked_is_described(client: Any) -> None:
    described = client.get("/api/v1/openapi.json").json()
    parameters = {
        one["name"]: one for one in described["paths"]["/api/v1/term/related"]["get"]["parameters"]
    }
    assert "Adverse event" in parameters["menu"]["description"]
    assert "condition" in str(parameters["role"]["schema"])
    for view in ("TermPage", "RelatedView", "PairHistory", "TermReport", "MentionView"):
        assert view in described["components"]["schemas"]
