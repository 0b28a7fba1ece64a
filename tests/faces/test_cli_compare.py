"""The commands on protocols: studies side by side, the map, what is given and measured."""

from __future__ import annotations

import json
from typing import Any

from .test_cli_match import STUDY, run

__all__ = ["run"]
OTHER = "NCT08880001"


def test_side_by_side(run: Any) -> None:
    text = run("compare", STUDY, OTHER)
    assert "Dose  differs" in text
    assert "Schedule of NCT09999999" in text
    assert "Outcomes that meet" in text
    assert "Kind of product  same" in text
    assert "Kind of product" not in run("compare", STUDY, OTHER, "--differing")
    rows = json.loads(run("compare", STUDY, OTHER, "--json"))["comparison"]["rows"]
    assert {row["differs"] for row in rows} == {True, False, None}
    assert "2 to 12" in run("compare", STUDY, STUDY, code=19)


def test_the_map_lists_studies_of_a_cell(run: Any) -> None:
    assert "Studies" not in run("evidence-map")
    text = run("evidence-map", "--product", "cells", "--limit", "1")
    assert "1 of 2 shown" in text


def test_what_is_given_and_measured(run: Any) -> None:
    text = run("interventions", STUDY)
    assert "1e6 cells/kg" in text
    assert "days 0, 3, 6" in text
    assert "days 28" in run("outcomes", STUDY)
    assert "states what is given" in run("interventions", "NCT08880009")
