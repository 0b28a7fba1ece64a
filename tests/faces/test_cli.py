"""The command line: every command, its JSON, its errors, and what it lets through."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from trialweave.faces import cli, cli_call, cli_pool
from trialweave.faces.cli_paper import Paper, ink

STUDY = "NCT09999999"
RECORD = "page:invented-hospital"
COMMANDS = {
    "add": ["add", "one.txt"],
    "status": ["status"],
    "search": ["search", "cells", "--filter", "phases=2"],
    "show": ["show", STUDY],
    "check": ["check", STUDY],
    "links": ["links", STUDY],
    "why": ["why", STUDY, "enrollment"],
    "document": ["document", RECORD, "--start", "3", "--end", "9"],
    "history": ["history", STUDY],
    "follows": ["follows"],
    "rebuild": ["rebuild"],
    "pool": ["pool", "--outcome", "mortality"],
    "export": ["export", "--out", "{tmp}/out"],
    "demo": ["demo", "--out", "{tmp}/out"],
}
# C0 but the newline, DEL, C1: what a terminal obeys. Ours are none either, without colour.
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Done(NamedTuple):
    """What one call did."""

    code: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture
def call(workspace: Any, monkeypatch: Any, capfdbinary: Any, tmp_path: Path) -> Call:
    """Run the command line on the invented workspace."""
    opened: list[Path] = []

    def open_fake(root: Path) -> Any:
        opened.append(Path(root))
        workspace.root = Path(root)
        return workspace

    monkeypatch.setattr(cli_call, "open_workspace", open_fake)
    monkeypatch.delenv("TRIALWEAVE_WORKSPACE", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        out = io.TextIOWrapper(io.BytesIO(), "utf-8")
        err = io.TextIOWrapper(io.BytesIO(), "utf-8")
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        code = cli.run([argument.replace("{tmp}", str(tmp_path)) for argument in arguments])
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
        return Done(code, *texts)

    run.opened = opened  # type: ignore[attr-defined]
    return run


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("before", [True, False])
def test_every_command_answers_with_one_json_object(call: Call, name: str, before: bool) -> None:
    arguments = ["--json", *COMMANDS[name]] if before else [*COMMANDS[name], "--json"]
    done = call(*arguments)
    assert done.code == 0
    assert isinstance(json.loads(done.out), dict)
    assert done.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_that_a_terminal_obeys_gets_through(call: Call, name: str) -> None:
    done = call(*COMMANDS[name])
    assert done.code == 0
    assert len(done.out) > 5
    assert not OBEYED.findall(done.out + done.err)


@pytest.mark.parametrize("name", ["search", "show", "check", "document"])
def test_markup_and_scripts_are_shown_as_they_are(call: Call, name: str) -> None:
    done = call(*COMMANDS[name])
    joined = re.sub(r"\s+", "", done.out)
    assert "[bold]rich[/bold]" in joined
    assert "<script>alert(1)</script>{{7*7}}" in joined
    assert "⟨U+001B⟩[31mred" in joined


def test_check_shows_all_the_arithmetic(call: Call) -> None:
    out = " ".join(call("check", STUDY).out.split())
    assert (
        "Deaths, day 28: cells: 3 of 20 (15%) [size recovered] against salt water: 9 of 20" in out
    )
    assert "recovered cells: 3 is 15% of 20 only" in out
    assert "⚑ flag P < 0.001 cannot be reproduced from 3 of 20 against 9 of 20." in out
    assert "Fisher, two-sided 3/20 v 9/20 P = 0.082 no" in out
    assert "cannot be checked A log-rank test needs the times of death." in out
    assert "would explain it the P value is of another comparison" in out


def test_why_marks_the_match_and_names_source_date_and_rule(call: Call) -> None:
    out = call("why", STUDY, "enrollment").out
    assert "»Forty patients«" in out
    for said in (
        "Hospital page",
        "2031-05-06 07:08 UTC",
        "page.txt",
        "characters 32 to 46",
        "page/1",
    ):
        assert said in out


def test_show_says_what_is_missing_and_where_sources_differ(call: Call) -> None:
    out = call("show", STUDY).out
    assert re.search(r"Summary\s+brief_summary\n.*not reported", out)
    assert "Enrolment  ≠ conflict" in out
    assert "Countries  = agree" in out
    assert "probable 0.97" in out


def test_long_texts_are_cut_unless_asked_whole(call: Call) -> None:
    assert call("show", STUDY).out.count("A long story of a fever") < 20
    assert call("show", STUDY, "--whole").out.count("story") == 60


def test_links_tell_evidence_for_and_against(call: Call) -> None:
    out = call("links", STUDY).out
    assert "for +3.2  country: both say Ruritania" in out
    assert "against -1.5  size: 40 against 44" in out


def test_document_marks_the_passage(call: Call) -> None:
    assert "A pag»e of a«n invented" in call("document", RECORD, "--start", "5", "--end", "11").out


def test_pool_draws_the_studies_and_the_pooled_line(call: Call) -> None:
    done = call("pool")
    rows = [line for line in done.out.splitlines() if "┼" in line or "│" in line]
    assert any(line.startswith("  ALBA") and "■" in line and "4/30" in line for line in rows)
    assert any("Pooled" in line and "◆" in line for line in rows)
    assert "NCT09999999 ⚑" in done.out
    assert re.search(
        r"Pooled RR 0\.\d\d \(0\.\d\d to \d\.\d\d\)  95% interval, 3 studies, P =", done.out
    )
    assert "CLARA NCT08880003: not known to be randomised" in done.out
    without = json.loads(
        call("pool", "--without-flagged", "--without", "ALBA", "--json").out or "{}"
    )
    assert without.get("error", {}).get("type") == "NotFound"  # no study is called by its label
    fewer = json.loads(call("pool", "--without-flagged", "--json").out)
    assert [row["label"] for row in fewer["rows"]] == ["ALBA", "BRUNO <b>", "DORA"]


def test_pool_writes_the_figure(call: Call, tmp_path: Path) -> None:
    assert call("pool", "--figure", "{tmp}/f.svg").code == 0
    assert (tmp_path / "f.svg").read_text().startswith("<svg")
    assert call("pool", "--figure", "{tmp}/f.png").code == 0
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert call("pool", "--figure", "{tmp}/f.pdf").code == 2
    assert call("pool", "--figure", "{tmp}/no/such/f.svg").code == 17


def test_refusals_are_named_and_set_the_exit_code(call: Call) -> None:
    done = call("add", "good.txt", "bad.bin")
    assert done.code == 10
    assert "1 refused" in done.out
    assert done.err.startswith("refused  bad.bin: no source recognises it.")
    assert not OBEYED.findall(done.err)
    told = json.loads(call("add", "bad.bin", "--json").out)
    assert told["refused"][0]["name"] == "bad.bin"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nope"], 16),
        (["why", STUDY, "no_such_concept"], 16),
        (["document", "nope"], 16),
        (["pool", "--outcome", "hair loss"], 18),
        (["shw"], 2),
        (["show"], 2),
        (["show", STUDY, "--nope"], 2),
        (["add"], 2),
        (["add", "x", "--corpus"], 2),
        (["search", "x", "--filter", "phases"], 2),
        (["search", "x", "--limit", "1000"], 2),
        (["pool", "--measure", "XX"], 2),
        (["pool", "--tau2", "magic"], 2),
        (["pool", "--time", "soon"], 2),
        (["show", "\udcff"], 2),
    ],
)
def test_errors_have_exit_codes_and_no_traceback(
    call: Call, arguments: list[str], code: int
) -> None:
    plain = call(*arguments)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("error  ")
    assert "Traceback" not in plain.err
    told = call(*arguments, "--json")
    assert (told.code, told.err) == (code, "")
    error = json.loads(told.out)["error"]
    assert error["exit_code"] == code
    assert error["what"]


def test_the_workspace_is_named_by_option_variable_or_default(call: Any, monkeypatch: Any) -> None:
    call("status")
    monkeypatch.setenv("TRIALWEAVE_WORKSPACE", "from-variable")
    call("status")
    call("--workspace", "before", "status")
    call("--workspace", "before", "status", "--workspace", "after")
    assert [path.name for path in call.opened] == [
        ".trialweave", "from-variable", "before", "after",
    ]  # fmt: skip


def test_words_after_search_are_one_query(call: Call, workspace: Any) -> None:
    call("search", "cells", "in", "fever", "--filter", "phases=2", "--filter", "phases=3")
    asked = dict(workspace.asked)["search"]
    assert asked == ("cells in fever", {"phases": ["2", "3"]}, 20, 0)


def test_demo_tells_the_whole_story(call: Call) -> None:
    out = call("demo", "--out", "{tmp}/out").out
    places = [
        out.index(said)
        for said in (
            "read ", "woven ", "checked ", "probable 0.97", "⚑ flag", "Fisher, two-sided",
            "Mortality, randomised studies", "Pooled RR", "without studies that have a flag",
            "manifest.json", "serve",
        )
    ]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.parametrize("width", [20, 40, 71, 72, 100, 200])
def test_no_line_is_wider_than_the_terminal(call: Call, monkeypatch: Any, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    from rich.cells import cell_len

    for name in ("show", "check", "pool", "search", "why", "links"):
        lines = call(*COMMANDS[name]).out.splitlines()
        assert max(map(cell_len, lines)) <= max(width, 28), name


def test_rich_markup_in_text_is_text() -> None:
    out = io.StringIO()
    paper = Paper(Console(file=out, width=60, force_terminal=True, color_system="truecolor"))
    paper.line("[red]not red[/red] [link=file:///etc]no link[/link] :smile: \x1b]8;;x\x07")
    assert "[red]not red[/red] [link=file:///etc]no link[/link] :smile:" in out.getvalue()
    assert "\x1b]8" not in out.getvalue()
    assert ink("a\nb").plain == "a b"


def test_ends_of_the_axis_hold_the_plot() -> None:
    scale = cli_pool.Scale(-1.0, 1.0, False, 29)
    assert [scale.column(value) for value in (-1.0, 0.0, 1.0)] == [0, 14, 28]
    assert (scale.column(-9.0), scale.column(9.0)) == (-1, 29)


def test_start_up_is_light() -> None:
    """What a first `--help` loads: none of the libraries that take long."""
    heavy = ("scipy", "numpy", "pyarrow", "duckdb", "tantivy", "fastapi", "vl_convert", "lxml")
    code = (
        "import sys; from trialweave.faces import cli; code = cli.run(['--help']);"
        f"print([name for name in {heavy!r} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_a_reader_that_goes_away_makes_no_noise() -> None:
    code = "import sys; sys.argv[1:] = ['--help']; from trialweave.faces.cli import main; main()"
    pipe = subprocess.PIPE
    first = subprocess.Popen([sys.executable, "-c", code], stdout=pipe, stderr=pipe)
    assert first.stdout is not None
    first.stdout.close()
    assert first.communicate(timeout=20)[1] == b""
