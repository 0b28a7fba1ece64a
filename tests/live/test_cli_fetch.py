"""The commands that fetch: what arguments mean, what is written where, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from live_stub import Said
from msgspec.structs import fields
from typer.testing import CliRunner, Result

from trialweave.errors import NotFound
from trialweave.faces import cli_fetch
from trialweave.faces.cli_call import Call
from trialweave.live import ctgov, fetching, follows
from trialweave.model import Received
from trialweave.publish.views import AddReport

APIS = {"ctgov": ctgov.API}


class Desk:
    """A workspace that fetches from the stub, and keeps nothing."""

    def __init__(self, root: Path, told: dict[str, Any]) -> None:
        self.root, self.told = root, told
        self.calls: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []

    def _take(self, documents: Iterable[Received]) -> AddReport:
        blank = {one.name: 0 if one.type is int else () for one in fields(AddReport)}
        return AddReport(**blank | {"documents": len(list(documents))})

    def fetch(
        self, *, query: str, identifiers: Sequence[str], sources: Sequence[str], progress: Any
    ) -> Any:
        self.calls.append((query, tuple(identifiers), tuple(sources)))
        return fetching.fetch(
            self.root,
            query=query,
            identifiers=identifiers,
            sources=sources,
            take=self._take,
            **self.told,
        )

    def update(self, name: str = "", *, progress: Any) -> Any:
        return fetching.update(self.root, take=self._take, **self.told)

    def follows(self) -> Any:
        return follows.followed(self.root)

    def forget(self, number: int) -> Any:
        return follows.forget(self.root, number)


Run = Callable[..., Result]


@pytest.fixture
def desk(tmp_path: Path, stub: Any, time: Any) -> Desk:
    environ = {"TRIALWEAVE_URL_CTGOV": stub.base}
    return Desk(tmp_path / "ws", {"apis": APIS, "clock": time.clock, "environ": environ})


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    app = typer.Typer()

    @app.callback()
    def before(context: typer.Context) -> None:
        context.obj = Call(desk.root, json=False)

    cli_fetch.register(app)
    monkeypatch.setattr("trialweave.faces.cli_call.open_workspace", lambda root: desk)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def studies(*numbers: int, total: int) -> Said:
    told = [
        {"protocolSection": {"identificationModule": {"nctId": f"NCT{n:08d}"}}} for n in numbers
    ]
    return Said(json={"studies": told, "totalCount": total})


def test_query_or_numbers(run: Run, desk: Desk, stub: Any) -> None:
    stub.on("/studies", studies(total=0))
    assert run("fetch", "moss AND lichen", "--from", "ctgov").exit_code == 0
    run(
        "fetch", "NCT00000001", "10.1000/182", "PMID 12345", "--from", " ctgov, ", "--from", "ctgov"
    )
    assert desk.calls == [
        ("moss AND lichen", (), ("ctgov",)),
        ("", ("NCT00000001", "10.1000/182", "PMID 12345"), ("ctgov", "ctgov")),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("NCT00000001", "moss"), "'moss' is no number of a record, and 'NCT00000001' is one"),
        (("moss", "AND", "lichen"), "put quotes around"),
        (("moss", "--from", ","), "names no source"),
        ((), "Missing argument"),
    ],
)
def test_calls_that_cannot_be_meant(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("fetch", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_unknown_source_is_an_error_of_ours(run: Run) -> None:
    assert isinstance(run("fetch", "moss", "--from", "ctgv").exception, NotFound)


def test_what_came_and_what_not(run: Run, stub: Any) -> None:
    stub.on("/studies", studies(1, 2, total=2))
    result = run("fetch", "moss")
    assert result.exit_code == 0
    assert "“moss”\n  ClinicalTrials.gov: 2 of 2, complete\n" in result.stdout
    assert result.stderr == ""

    stub.on("/studies", studies(1, 2, total=3))
    result = run("fetch", "moss")
    assert result.exit_code == 21
    assert "ClinicalTrials.gov: 2 of 3, incomplete" in result.stdout
    assert "Nothing was added." in result.stdout
    assert "incomplete  ClinicalTrials.gov: 1 of the records it promised" in result.stderr

    result = run("fetch", "NCT00000009")
    assert result.exit_code == 16
    assert "not found  NCT00000009 is not found at any source asked" in result.stderr

    stub.on("/studies", Said(400, "Bad \x1b[31mquery"))
    result = run("fetch", "moss", "--json")
    assert result.exit_code == 20
    (source,) = json.loads(result.stdout)["sources"]
    assert source["outcome"] == "failed"
    assert "\x1b" not in result.output


def test_follows_update_forget(run: Run, stub: Any) -> None:
    assert "Nothing is followed" in run("follows").stdout
    assert "Nothing is followed yet" in run("update").stdout
    stub.on("/studies", studies(1, total=1))
    run("fetch", "moss")
    run("fetch", "lichen")
    result = run("update")
    assert result.exit_code == 0
    assert result.stdout.count("1 of 1, complete") == 2
    assert "1  “moss”\n   ctgov: 1  complete on 2023-11-14" in run("follows").stdout
    result = run("follows", "--forget", "1", "--json")
    told = json.loads(result.stdout)
    assert told["forgotten"]["query"] == "moss"
    assert [one["query"] for one in told["follows"]] == ["lichen"]
    assert isinstance(run("follows", "--forget", "7").exception, NotFound)
