"""The reference pages say what the program says: options, routes, parameters, statuses."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from trialweave.faces.cli import app
from trialweave.faces.server import create_app
from trialweave.workspace import Workspace

REFERENCE = Path(__file__).parents[2] / "docs/reference"
ROOT: Any = typer.main.get_command(app)
COMMANDS: dict[str, Any] = {"trialweave": ROOT, **ROOT.commands}
# The server takes nothing in.
WRITING = {"add", "add_corpus", "export", "rebuild", "fetch", "update", "forget"}
WRITING |= {"dedupe"}  # reads files of the asker's own machine, and no workspace
WRITING |= {"correct", "confirm", "reject", "enter", "undo"}  # of findings
WRITING |= {"hand_on"}  # into a folder of the asker
WRITING |= {"save", "question"}  # the questions' files, of the machine that holds them
# pool FILE, pool --save, add --corpus, pool --figure, follows --forget; --as-of of all that read.
OPTIONS = {"answer", "question", "save", "add_corpus", "forest", "forget", "as_of"}
OPTIONS |= {"drawing", "summary_of_findings", "hand_on"}  # figure, sof, hand-on
OPTIONS |= {"related_terms", "term_history"}  # term, term --with
OPTIONS |= {"terms_report", "suggest_terms", "mentions"}  # terms report, suggest, mentions
OPTIONS |= {"say_term", "withdraw_term", "annotate", "term_decisions"}  # terms is, withdraw …
WRITING |= {"say_term", "withdraw_term", "annotate"}
OPTIONS |= {"export_criteria", "evidence_map"}  # criteria --export, evidence-map

# vocab list, add, update, diff, off, on: of the asker's own files
VOCAB = {"vocabularies", "vocabularies_in_use", "vocabulary", "add_vocabulary"}
VOCAB |= {"update_vocabularies", "switch_vocabulary", "vocabulary_changes"}
WRITING |= VOCAB
OPTIONS |= VOCAB


def _help(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    arguments = ["--help"] if name == "trialweave" else [name, "--help"]
    ROOT.main(args=arguments, prog_name="trialweave", standalone_mode=False)
    return str(capsys.readouterr().out)


def _sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", (REFERENCE / page).read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_its_section_and_no_other_has() -> None:
    assert list(_sections("commands.md")) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_stand_there_as_help_prints_them(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    block = re.search(r"```text\n(.*?)```", _sections("commands.md")[name], re.DOTALL)
    assert block is not None
    assert block[1].split() == _help(name, monkeypatch, capsys).split()


def _described(tmp_path: Path) -> Any:
    guard: Any = create_app(Workspace(tmp_path))
    return guard.app.openapi()


def test_routes_parameters_and_answers_of_the_api(tmp_path: Path) -> None:
    sections = _sections("api.md")
    rows = re.findall(r"^\| `(/api\S+)` \| `(\w+)` \| (.+) \|$", sections["Routes"], re.MULTILINE)
    paths = _described(tmp_path)["paths"]
    assert [route for route, _, _ in rows] == list(paths)
    for route, _, answers in rows:
        (method,) = paths[route].values()
        content = method["responses"]["200"]["content"]
        if "application/json" in content:
            schema = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert answers == f"`{schema}`"
    told = set()
    for who, names in re.findall(r"^\| ([a-z, -]+) \| (`.+?) \|", sections["Parameters"], re.M):
        told |= {(one, name) for one in who.split(", ") for name in re.findall(r"`(\w+)`", names)}
    asked = set()
    for route, methods in paths.items():
        name = "forest" if "forest" in route else route.split("/")[3]
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query":
                asked.add((name, parameter["name"]))
    assert told == asked


def test_every_status_that_is_described_is_explained(tmp_path: Path) -> None:
    explained = set(re.findall(r"^\| (\d{3}) \|", _sections("api.md")["Errors"], re.MULTILINE))
    for methods in _described(tmp_path)["paths"].values():
        for method in methods.values():
            assert set(method["responses"]) - {"200"} <= explained


def test_what_a_decision_is_asked_with_is_explained(tmp_path: Path) -> None:
    keys = re.findall(r"^\| (`.+?) \|", _sections("api.md")["Deciding"], re.MULTILINE)
    asked = _described(tmp_path)["components"]["schemas"]["DecisionAsked"]
    assert {name for key in keys for name in re.findall(r"`(\w+)`", key)} == set(
        asked["properties"]
    )
    assert set(asked["required"]) == set(asked["properties"]) - {"adjudicator"}


def test_every_operation_has_its_command_and_its_route() -> None:
    operations = {
        name
        for name, _ in inspect.getmembers(Workspace, inspect.isfunction)
        if not name.startswith("_")
    }
    sections = _sections("api.md")
    routes = set(re.findall(r"^\| `/\S+` \| `(\w+)` \|", sections["Routes"], re.MULTILINE))
    assert routes == operations - WRITING - {"as_of"}  # a parameter of every route
    assert operations - OPTIONS <= set(COMMANDS)
