"""What a newcomer mistypes, and what the program answers: what, where, next, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import NothingToPool, TrialweaveError
from trialweave.faces.layout import flags_once, next_step_of
from trialweave.faces.question_form import question_of
from trialweave.model import Check, Finding


def _run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "from trialweave.faces.cli import main; main()", *arguments]
    return subprocess.run(call, capture_output=True, text=True, cwd=folder, check=False)


def _error(*arguments: str, capsys: Any) -> dict[str, Any]:
    from trialweave.faces import cli

    code = cli.run([*arguments, "--json"])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)["error"]
    assert said["exit_code"] == code
    assert said["next_step"], arguments
    return said


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ((), 2, "Name a command"),
        (("chek", "X"), 2, "Did you mean 'check'"),
        (("add",), 2, "Name files"),
        (("show", "X"), 17, "the workspace is empty"),
        (("document", "X", "--start", "3"), 2, "--start and --end go together"),
        (("pool", "--measure", "XX"), 2, "measure 'XX' is not one of"),
        (("pool", "--level", "95"), 2, "level 95.0 is outside"),
        (("pool", "--designs", "all"), 2, "'all' is not one of"),
        (("pool", "--figure", "plot.pdf"), 2, "plot.pdf"),
        (("search", "--filter", "phases"), 2, "write field=value"),
        (("--workspace", "file", "status"), 17, "Not a directory"),
        (("export", "--out", "file", "--workspace", "none"), 17, "there is no such folder"),
        (("show", "X", "--as-of", "yesterday"), 2, "is not a day of the calendar"),
        (("show", "X", "--as-of", "2021-02-30"), 2, "write it as 2021-12-31"),
        (("fetch", " "), 2, "one argument is empty"),
        (("history",), 2, "Missing argument"),
        (("fetch", "NCT01234567", "fever"), 2, "in two calls"),
        (("follows", "--forget", "1"), 16, "has the number 1"),
    ],
)
def test_each_error_says_what_and_what_next(
    call: tuple[str, ...],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x")
    said = _error(*call, capsys=capsys)
    assert said["exit_code"] == code
    assert words in said["what"]
    assert "Value error" not in said["what"]
    assert "Invalid value: " not in said["what"]


def test_alone_it_prints_its_help_and_help_takes_a_command(tmp_path: Path) -> None:
    alone = _run(folder=tmp_path)
    assert alone.returncode == 2
    assert alone.stdout.startswith("Usage: trialweave")
    assert not alone.stderr
    helped = _run("help", "pool", folder=tmp_path)
    assert helped.returncode == 0
    assert helped.stdout.startswith("Usage: trialweave pool")


def test_a_folder_that_cannot_be_written_is_an_error_not_a_traceback(
    workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from trialweave.faces import cli_call

    def refuse(*_: Any) -> Any:
        raise FileExistsError(17, "File exists", "taken")

    workspace.export = refuse
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    for call in (["export", "--out", "taken"], ["demo", "--out", "taken"]):
        said = _error(*call, capsys=capsys)
        assert said == {
            "type": "WorkspaceError",
            "what": "cannot be written: File exists.",
            "where": "taken",
            "next_step": "Name another folder with --out.",
            "exit_code": 17,
        }


def test_a_fault_of_the_program_is_still_one_json_object(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from trialweave.faces import cli_call

    def fail() -> Any:
        raise KeyError("inside")

    workspace.status = fail
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    assert _error("status", capsys=capsys)["type"] == "InternalError"


def test_nobody_reads_on_and_the_call_ends_quietly(tmp_path: Path) -> None:
    program = "import sys; from trialweave.faces.cli_paper import paper_on\n"
    program += "paper = paper_on()\nfor n in range(100_000): paper.line(str(n))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as call:
        assert call.stdout is not None
        assert call.stderr is not None
        call.stdout.readline()
        call.stdout.close()
        assert call.stderr.read() == b""
    assert call.returncode == 141


def test_a_flag_told_of_two_findings_is_said_once() -> None:
    one = Finding(finding_id="a#1", record_id="a", outcome="death", rule="r/1")
    two = msgspec.structs.replace(one, finding_id="b#1", record_id="b")
    flag = Check(
        check_id="1", study_id="s", record_id="a", finding_id="a#1", rule="p", verdict="flag",
        statement="cannot be reproduced",
    )  # fmt: skip
    same = msgspec.structs.replace(flag, record_id="b", finding_id="b#1")
    other = msgspec.structs.replace(flag, statement="another")
    said = flags_once([one, two], [flag, same, other])
    assert [found.check for found in said] == [flag, other]
    assert said[0].holds_for == "2 findings, of 2 records"
    assert said[1].holds_for == ""


def test_methods_are_known_in_either_case() -> None:
    asked = question_of({"outcome": "mortality", "measure": "or", "tau2": "dl", "interval": "hk"})
    assert (asked.measure, asked.tau2, asked.interval) == ("OR", "DL", "HK")


def test_an_error_without_advice_gets_that_of_its_kind() -> None:
    assert "mortality" in next_step_of(NothingToPool("none"))
    assert next_step_of(TrialweaveError("x", next_step="Do this.")) == "Do this."


def test_another_method_is_told_which_there_are(client: Any) -> None:
    answer = client.request("POST", "/api/v1/status")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
