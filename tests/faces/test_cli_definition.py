"""`definition`: criteria by hand are tested by the patients beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trialweave.faces import cli

GIVEN = Path(__file__).parents[1] / "fixtures/definitions/night-fever.toml"


def test_patients_that_come_out_as_expected(capfd: Any) -> None:
    assert cli.run(["definition", str(GIVEN)]) == 0
    told = capfd.readouterr().out
    assert "2 patients, all as expected." in told
    assert cli.run(["definition", str(GIVEN), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["agrees"], len(found["results"])) == (True, 2)


def test_a_patient_who_does_not_is_named_and_ends_in_1(tmp_path: Path, capfd: Any) -> None:
    text = GIVEN.read_text("utf-8").replace('"ineligible"', '"eligible"')
    (tmp_path / "d.toml").write_text(text, "utf-8")
    assert cli.run(["definition", str(tmp_path / "d.toml")]) == 1
    told = capfd.readouterr().out
    assert "otherwise" in told
    assert "expected eligible" in told
    assert "1 patient came out otherwise than expected." in told


def test_a_file_that_is_not_there_says_so(tmp_path: Path, capfd: Any) -> None:
    assert cli.run(["definition", str(tmp_path / "none.toml")]) == 16
    assert "next" in capfd.readouterr().err
