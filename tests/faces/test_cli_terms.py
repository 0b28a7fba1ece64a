"""The commands on terms: what they print, ask and refuse."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialweave.faces import cli, cli_call
from trialweave.publish.terms.views import TermRef

from .fake_terms import FEVER, mention

Run = Callable[..., tuple[int, str, str]]
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def run(monkeypatch: Any, capfd: Any, workspace: Any) -> Run:
    """Run a command over the invented workspace; exit code, output, errors."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)

    def call(*arguments: str, columns: int = 100) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        capfd.readouterr()
        code = cli.run(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return call


def _flat(text: str) -> str:
    return " ".join(text.split())


def _asked(workspace: Any, operation: str) -> Any:
    return [told for name, told in workspace.asked if name == operation][-1]


def test_everything_that_is_known_of_a_term(run: Run) -> None:
    code, out, err = run("term", "invented", "fever")
    assert (code, err) == (0, "")
    for said in (
        "Invented fever HPO HP:0099001",
        "Heat that nobody has.",
        "note A note.",
        "also fever, invented; تب",
        "abbreviation IF",
        "in the tree Abnormal heat",
        "narrower Night fever (3), Dots",
        "same thing Invented cells (5), MeSH D999001",
        "vocabulary 2031-05-06; free to use; cite it",
        "cite Ada and others, Invented Terms 2031",
        "40 studies: 1 name the term itself, the others one of 2 narrower terms",
        "as condition 1, outcome 1, other text 1",
        "said to be present 2, excluded 1",
        "with 4 publications, 6 findings",
        "in Ruritania (3),",
        "2029 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 12",
        "«Invented fever» by day 28",
        "4 further mentions",
        "2 of 40 shown; the next with --offset 2",
        "FVR1, 2 studies: rs99900001 (1); p.Val99Met; 9 more",
        "and 11 more genes",
        "Invented cells 7 12 9 0.83 (−0.41 to 1.72) 0.02 0.67, 0.31",
        "Night fever 7 12 9 0.83 (−0.41 to 1.72) 0.21 0.67, – narrower",
        "Of 40 studies; 2 studies counted as one with a near-identical one",
    ):
        assert said in _flat(out)


@pytest.mark.parametrize("columns", [40, 100])
@pytest.mark.parametrize(
    "arguments",
    [
        ["term", "HP:0099001"],
        ["term", "HP:0099001", "--with", "D999001"],
        ["term", "HGNC:99901"],
        ["terms", "list"],
        ["terms", "report", "--since", "2026-01-01"],
        ["terms", "suggest", "fev"],
        ["terms", "mentions", "NCT09999999"],
    ],
)
def test_lines_keep_to_the_terminal_and_steer_nothing(
    run: Run, arguments: list[str], columns: int
) -> None:
    code, out, _ = run(*arguments, columns=columns)
    assert code == 0
    assert not STEERING.search(out)
    assert max(map(len, out.splitlines())) <= max(columns, 40)


def test_a_narrow_terminal_gets_lines_instead_of_columns(run: Run) -> None:
    _, out, _ = run("term", "HP:0099001", columns=80)
    said = "7 of 12 and 9, 3.70 expected · IC 0.83 (−0.41 to 1.72) · q 0.02 · cosine, φ 0.67, 0.31"
    assert said in _flat(out)
    _, out, _ = run("terms", "report", "--since", "2026-01-01", columns=80)
    assert "2 before, 10 since · ratio 4.20 (1.10 to 15.30) · q 0.04" in _flat(out)
    assert "0 before, 3 since · new" in _flat(out)


def test_every_option_reaches_its_operation(run: Run, workspace: Any) -> None:
    run(
        "term", "HP:0099001", "--in", "HPO", "--no-explode", "--role", "outcome", "--role", "text",
        "--assertion", "excluded", "--related", "adverse event", "--condition", "fever",
        "--since", "2020-01-01", "--until", "2021-01-01", "--support", "3", "--all-pairs",
        "--limit", "7", "--offset", "3",
    )  # fmt: skip
    assert _asked(workspace, "term") == (
        "HP:0099001", "HPO", False, ("outcome", "text"), ("excluded",), 7, 3,
    )  # fmt: skip
    assert _asked(workspace, "related_terms") == (
        "HP:0099001", "HPO", "Adverse event", ("outcome", "text"), ("excluded",), "fever",
        dt.date(2020, 1, 1), dt.date(2021, 1, 1), 3, True, 7,
    )  # fmt: skip
    run("terms", "list", "hpo", "--query", "fev", "--limit", "3", "--offset", "1")
    assert _asked(workspace, "terms") == ("HPO", "fev", 3, 1)
    run("terms", "report", "--since", "2026-01-01", "--until", "2026-02-01", "--country", "X",
        "--menu", "gene", "--limit", "9")  # fmt: skip
    asked = (dt.date(2026, 1, 1), dt.date(2026, 2, 1), "X", "Gene", 9)
    assert _asked(workspace, "terms_report") == asked
    run("terms", "suggest", "fe", "v", "--limit", "2")
    assert _asked(workspace, "suggest_terms") == ("fe v", 2)
    run("term", "HP:0099001", "--as-of", "2029-01-01")
    assert ("as_of", dt.date(2029, 1, 1)) in workspace.asked


def test_two_terms_together(run: Run, workspace: Any) -> None:
    code, out, _ = run("term", "HP:0099001", "--with", "D999001", "--with-in", "MeSH")
    assert code == 0
    assert "Invented fever with Invented cells" in out
    assert "NCT09999999, CTRI/2031/01/000001" in _flat(out)
    assert "not counted, as they repeat one of the same sponsor" in _flat(out)
    assert "2031-03-01 7 12 9 39 0.83 (−0.41 to 1.72)" in _flat(out)
    _, out, _ = run("term", "HP:0099001", "--with", "HP:0099000", "--condition", "fever")
    assert "No study here names both, condition fever." in out
    _, out, _ = run("term", "HP:0099001", "--with", "D999001", "--json")
    told = json.loads(out)
    assert list(told) == ["term", "other", "row", "related", "history"]
    assert len(told["row"]["studies"]) == told["row"]["n_ab"] == 7


def test_where_there_is_nothing_it_is_said(run: Run, workspace: Any) -> None:
    _, out, _ = run("term", "HP:0099000")
    assert "in its place: HP:0099001" in out
    assert "1 study names this term here: fewer than 5 studies in common" in _flat(out)
    assert "--all-pairs shows those of fewer studies" in out
    _, out, _ = run("term", "HP:0099001", "--related", "Protein")
    assert "No Protein term stands in 5 or more studies together with this one." in _flat(out)
    _, out, _ = run("terms", "suggest", "zzz")
    assert "No term is called so, or nearly." in out
    _, out, _ = run("terms", "report", "--since", "2026-01-01", "--menu", "Cell")
    assert "No term rose or is new." in out
    _, out, _ = run("terms", "list", "Protein")
    assert out.startswith("0 Protein terms")
    workspace.mentions = lambda identifier: ()
    _, out, _ = run("terms", "mentions", "NCT09999999")
    assert "No term was recognised in its records." in out


def test_terms_of_a_study_stand_by_role_each_once(run: Run, workspace: Any) -> None:
    _, out, _ = run("terms", "mentions", "NCT09999999")
    assert re.findall(r"^(\w+)$", out, re.MULTILINE) == ["Condition", "Outcome"]
    assert "Invented fever HPO HP:0099001 2 times" in _flat(out)
    assert "outcome, negated" in _flat(out)
    same = TermRef("HPO", FEVER.id, "Another name", "phenotype", "HPO")
    workspace.mentions = lambda identifier: (mention("text"), mention("text", term=same))
    _, out, _ = run("terms", "mentions", "NCT09999999")
    assert "2 times" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["term"], 2, "Missing argument"),
        (["term", "nope"], 16, "no term is called 'nope'."),
        (["term", "HP:0099001", "--with", "nope"], 16, "no term is called 'nope'."),
        (["term", "x", "--related", "Hero"], 2, "--related 'Hero' is not one of MeSH"),
        (["term", "x", "--since", "2021-02-30"], 2, "--since '2021-02-30' is not a day"),
        (["term", "x", "--until", ""], 2, "--until names no day"),
        (["term", "x", "--support", "0"], 2, "--support"),
        (["terms", "list", "Hero"], 2, "MENU 'Hero' is not one of"),
        (["terms", "report"], 2, "--since"),
        (["terms", "report", "--since", "2026-01-01", "--menu", "x"], 2, "--menu 'x' is not"),
        (["terms", "export", "folder"], 2, "Name terms, or a kind of terms with --all."),
    ],
)
def test_errors_have_their_exit_codes(run: Run, arguments: list[str], code: int, said: str) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert said in _flat(err)


def test_errors_are_told_as_json_too(run: Run) -> None:
    code, out, _ = run("term", "nope", "--json")
    assert (code, json.loads(out)["error"]["exit_code"]) == (16, 16)


def test_export_says_where_to_look(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    code, out, _ = run("terms", "export", str(folder), "HP:0099001", "--all", "gene")
    assert code == 0
    assert "Written: 2 terms in" in out
    assert (folder / "index.html").is_file()
    code, out, _ = run("terms", "export", str(folder), "HP:0099001", "--json")
    told = json.loads(out)
    assert [one["term"]["id"] for one in told["terms"]] == ["HP:0099001"]
    (tmp_path / "note.txt").write_text("mine")
    code, out, err = run("terms", "export", str(tmp_path), "HP:0099001")
    assert (code, out) == (17, "")
    assert "nothing was written there" in " ".join(err.split())
