"""The invented patients of `cases`: every verdict against what was decided by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _cases() -> ModuleType:
    folder = Path(__file__).with_name("cases")
    place = folder / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        "patient_cases_tested", place, submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["patient_cases_tested"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = _cases()

BEYOND = {
    # Words alone do not tell that it is an instance; vocabularies do, or are asked to.
    ("breast cancer of 2023", "cancer"): "not met",
    ("carboplatin ten days ago", "chemo"): "unknown",
    # Hours are compared as written: of two zones the later is not known.
    ("the later across time zones", "spo2"): "not met",
    # The mass of the molecule is not in the table of concepts.
    ("NT-proBNP in pmol/L", "bnp"): "unknown",
    # "ALT or AST" may be read as both.
    ("ALT above five times", "liver"): "not met",
    ("ALT high, its limit not stated", "liver"): "not met",
    ("ALT unknown, AST ten times", "liver"): "unknown",
}
"""Where something else may be said, and what: each is a known shortfall."""


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: f"{case.trial}, {case.what}")
def test_verdicts_are_as_decided_by_hand(case: Any) -> None:
    found, outcome = cases.held(case)
    assert {each.key for each in found} == set(case.expected)
    for each in found:
        told = (case.what, each.key, each.verdict)
        if each.understood == "full":
            allowed = (each.expected, BEYOND.get((case.what, each.key), each.expected))
            assert each.verdict.outcome in allowed, told
        elif (case.what, each.key) not in BEYOND:
            assert each.verdict.outcome in (each.expected, "unsupported", "unknown"), told
    if outcome == "eligible":
        assert cases.outcome_expected(case) == "eligible"


def test_there_are_enough_cases_and_each_differs_from_the_others() -> None:
    assert len(cases.CASES) >= 60
    names = [(case.trial, case.what) for case in cases.CASES]
    assert len(set(names)) == len(names)
    said = {each for case in cases.CASES for each in case.expected.values()}
    assert said == {"met", "not met", "unknown", "conflict", "unsupported"}
    assert {case.form for case in cases.CASES} == set(cases.FORMS)
