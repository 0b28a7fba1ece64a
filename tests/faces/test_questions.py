"""The commands about saved questions and tables, on the invented workspace."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.faces import cli, cli_call
from trialweave.faces.cli_paper import paper_on
from trialweave.faces.cli_pool import pooled
from trialweave.faces.question_form import question_of
from trialweave.live.report import UpdateReport
from trialweave.synthesis import Question, pool_table
from trialweave.synthesis.changes import Changes, Difference
from trialweave.synthesis.listing import QuestionRow, QuestionsView
from trialweave.workspace import _saved

AT = dt.datetime(2031, 2, 3, 4, 5, tzinfo=dt.UTC)
TABLE = "study,ai,n1i,ci,n2i,group\nOne,4,40,9,41,x\nTwo,12,100,30,98,x\nThree,0,25,6,24,y\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(workspace: Any, monkeypatch: Any, capfd: Any, tmp_path: Path) -> Run:
    """Run the command line on a workspace that keeps questions; exit code, output, errors."""
    workspace.root = tmp_path / "held"
    workspace.save = lambda name, question: _saved.save(workspace.root, name, question)
    workspace.question = lambda name: _saved.read(_saved.path_of(workspace.root, name))
    workspace.answer = lambda name, keep=True: workspace.pool(workspace.question(name))
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(TABLE)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        out, err = capfd.readouterr()
        return code, " ".join(out.split()), " ".join(err.split())

    return call


def asked(run: Run, *arguments: str) -> Any:
    code, out, _ = run("pool", *arguments, "--json")
    assert code == 0, out
    return json.loads(out)["question"]


def test_save_change_and_answer_a_question(run: Run, workspace: Any) -> None:
    choices = ("--measure", "or", "--title", "Deaths", "--model", "peto")
    code, out, _ = run("pool", "--save", "deaths", *choices)
    assert code == 0
    assert "Pooled OR" in out
    said = f"Question saved as {workspace.root / 'questions' / 'deaths.toml'}"
    assert "".join(out.split()).endswith("".join(said.split()))  # a long path is broken in two
    saved = workspace.question("deaths")
    assert saved == Question("mortality", title="Deaths", measure="OR", model="Peto")
    assert asked(run, "deaths") == json.loads(saved.to_json())
    changed = asked(run, "deaths", "--level", "0.9", "--without-flagged")
    assert changed == json.loads(saved.to_json()) | {"level": 0.9, "without_flagged": True}
    assert workspace.question("deaths") == saved
    run("pool", "deaths", "--save", "other", "--model", "MH", "--time", "7 to 40 days")
    other = workspace.question("other")
    assert (other.model, other.title, other.time) == ("MH", "Deaths", "7 to 40 days")
    assert run("pool", "deaths", "--measure", "RR")[0] == 2  # Peto pools no risk ratios
    assert run("pool", "none")[0] == 16
    assert run("pool", "--save", "../x")[0] == 19


def test_a_base_is_changed_by_what_is_given_alone() -> None:
    base = Question("mortality", exclude=("A",), measure="OR")
    assert question_of({}, base) == base
    assert question_of({"without": ["B", "B"]}, base).exclude == ("B",)
    assert question_of({"outcome": " survival "}, base).outcome == "survival"
    assert question_of({"zero_cells": "ALL", "prediction": "hk"}, base).prediction == "HK"
    with pytest.raises(ValueError, match="outcome is empty"):
        question_of({})


def test_a_table_is_pooled(run: Run) -> None:
    code, out, _ = run("pool", "own.csv", "--measure", "OR", "--interval", "wald")
    assert code == 0
    for words in (
        "Own, OR 3 studies: 16 of 165 treated, 45 of 163 controls",
        "By group",
        "y 1 0.06 (0.00",
        "Between subgroups: Q",
        "What changes it: leave one out",
        "Odds ratios were pooled as logarithms",
    ):
        assert words in out
    code, _, err = run("pool", "own.csv", "--product", "cells", "--without-flagged")
    assert code == 2
    assert "nothing that --product, --without-flagged could choose from" in err
    for extra in (("--save", "x"), ("--as-of", "2031-01-01")):
        assert run("pool", "own.csv", *extra)[0] == 2
    assert run("pool", "own.csv", "--model", "XX")[0] == 2
    code, _, err = run("pool", "missing.csv")
    assert code == 16
    assert "missing.csv: cannot be read" in err
    Path("bad.csv").write_text(TABLE + "Four,9,3,1,1,x\n")
    code, out, _ = run("pool", "bad.csv", "--json")
    assert code == 11
    assert json.loads(out)["error"]["what"] == "line 5, column ai: 9 events of 3."


def test_saved_questions_are_listed(run: Run, workspace: Any) -> None:
    workspace.questions = lambda: QuestionsView(())
    assert "No question is saved yet" in run("questions")[1]
    found = workspace.pool(Question("mortality"))
    workspace.questions = lambda: QuestionsView(
        (
            QuestionRow("bad", None, problem="bad.toml: no TOML."),
            QuestionRow("deaths", Question("mortality", title="Deaths")),
            QuestionRow("old", Question("mortality"), AT, "d" * 64, 3, found.pooled),
            QuestionRow("single", Question("mortality"), AT, "e" * 64, 1),
        )
    )
    _, out, _ = run("questions")
    assert "bad bad.toml: no TOML." in out
    assert "deaths Deaths not answered yet" in out
    assert "old mortality, RR RR 0." in out
    assert ", 3 studies; answered 2031-02-03 04:05, data dddddddddddd" in out
    assert "single mortality, RR RR 1 study; answered" in out
    assert len(json.loads(run("questions", "--json")[1])["questions"]) == 4


def test_what_changed_is_told(run: Run, workspace: Any) -> None:
    found = workspace.pool(Question("mortality")).pooled
    told = (
        Changes("first", "Title", AT, "d", None, "", (), 3, found),
        Changes("same", "", AT, "d", AT, "d", (), 3, found),
        Changes("data", "", AT, "e", AT, "d", (), 3, found),
        Changes("none", "", AT, "", AT, "d", (), problem="no study can be pooled."),
        Changes(
            "other", "", AT, "e", AT, "d",
            (
                Difference("number", "events, treated", "3", "4", "version 2", "S", "Noone 2031"),
                Difference("new study", "", "", "0.5 (0.2 to 0.9)", "", "T", "Two 2032"),
            ),
            3, found,
        ),
    )  # fmt: skip
    names: list[str] = []

    def update(name: str = "", *, progress: Any = None) -> UpdateReport:
        names.append(name)
        return UpdateReport((), None, 0, told)

    workspace.update = update
    code, out, _ = run("update")
    assert code == 0
    for words in (
        "first Title RR 0.",
        "answered for the first time",
        "nothing changed since 2031-02-03 04:05: the data are the same",
        "nothing changed since 2031-02-03 04:05: other data, the same answer",
        "not answered no study can be pooled.",
        "2 differences since 2031-02-03 04:05:",
        "number Noone 2031 events, treated: 3 → 4 (version 2)",
        "new study Two 2032: nothing → 0.5 (0.2 to 0.9)",
    ):
        assert words in out, words
    told_json = json.loads(run("update", "other", "--json")[1])
    assert told_json["questions"][0]["name"] == "first"
    assert names == ["", "other"]


def test_other_measures_have_their_words_and_axes(capfd: Any) -> None:
    means = [
        {"study": "A", "m1": 50.0, "sd1": 9.0, "n1": 30, "m2": 40.0, "sd2": 8.0, "n2": 31},
        {"study": "B", "m1": 55.0, "sd1": 9.0, "n1": 20, "m2": 51.0, "sd2": 8.0, "n2": 21},
    ]
    pooled(paper_on(), pool_table(means))
    out = " ".join(capfd.readouterr().out.split())
    assert "Table, MD 2 studies: 50 treated, 52 controls" in out
    assert "50.00 ± 9.00 (n 30)" in out
    ratios = [{"study": "A", "yi": -0.5, "vi": 0.1}, {"study": "B", "yi": 0.1, "vi": 0.2}]
    pooled(paper_on(), pool_table(ratios, measure="HR", model="common"))
    out = " ".join(capfd.readouterr().out.split())
    assert "Table, HR 2 studies study" in out
    assert "τ² 0.00" not in out.partition("What changes it")[0]
    none = [{"study": name, "a": 3, "n1": 20, "c": 0, "n2": 15} for name in "AB"]
    answer = pool_table(none, model="MH")
    assert msgspec.json.encode(answer)
    pooled(paper_on(), answer)
    assert "The pooled effect is not defined" in capfd.readouterr().out


def test_names_and_effects_have_room_beside_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    table = tmp_path / "stay.csv"
    table.write_text(
        "study,m1,sd1,n1,m2,sd2,n2\nAlder,5.1,2,40,6,2.2,41\nBirch,4,1,30,5.5,1.4,28\n"
    )
    for width in (80, 100, 116, 140):
        monkeypatch.setenv("COLUMNS", str(width))
        assert cli.run(["pool", str(table), "--measure", "MD"]) == 0
        out = capsys.readouterr().out
        assert "Alder" in out
        assert "−0.90 (−1.82 to 0.02)" in out, width
