"""The commands on eligibility: criteria and their exports, a patient, a cohort, other bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.faces import cli, cli_call

from .patients import COHORT, NAME, patient

STUDY = "NCT09999999"


@pytest.fixture
def run(workspace: Any, monkeypatch: Any, capfd: Any, tmp_path: Path) -> Any:
    monkeypatch.setattr(cli_call, "open_workspace", lambda root: workspace)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("p.json").write_bytes(patient())
    Path("c.csv").write_bytes(COHORT)

    def call(*arguments: str, code: int = 0) -> str:
        assert cli.run(arguments) == code
        said = capfd.readouterr()
        text: str = said.out + said.err
        assert "\x1b" not in text
        assert NAME not in text
        assert max(map(len, text.splitlines()), default=0) <= 80 or "--json" in arguments
        return text

    return call


def test_criteria_with_conditions_and_an_export_with_its_losses(run: Any) -> None:
    text = run("criteria", STUDY)
    assert "SpO2 ≤ 93 %" in text
    assert "⟨U+001B⟩" in text
    assert "What it cannot say" in run("criteria", STUDY, "--export", "cql", "--to", "a.cql")
    assert "define" in Path("a.cql").read_text("utf-8")
    assert "Nothing is lost" in run("criteria", STUDY, "--export", "csv")
    assert "--to goes with --export" in run("criteria", STUDY, "--to", "x", code=2)
    assert "is no form" in run("criteria", STUDY, "--export", "odt", code=19)


def test_a_patient_against_one_trial_shows_every_criterion(run: Any) -> None:
    text = run("match", "p.json", STUDY, "--on", "2026-06-25", "--complete", "condition")
    assert "Observation/o0 90 %" in text
    assert "complete: condition" in text
    assert "to know" in text
    whole = json.loads(run("match", "p.json", "--on", "2026-06-25", "--json"))
    assert whole["trials"] == 2
    assert whole["without"] == 1
    assert "is not a day" in run("match", "p.json", "--on", "soon", code=2)
    assert "no such file" in run("match", "gone.json", code=16)


def test_a_cohort_and_other_bounds(run: Any) -> None:
    text = run("screen", "c.csv", STUDY, "--on", "2026-06-25", "--people")
    assert "Of 3 people 0 eligible, 1 undetermined, 2 ineligible" in text
    assert "<b>shoe" in text
    assert "as written" in run("relax", "c.csv", STUDY, "1", "100", "--on", "2026-06-25")
    run("relax", "c.csv", STUDY, "0", "100", code=2)
