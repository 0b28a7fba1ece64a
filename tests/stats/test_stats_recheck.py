"""The benchmark of re-checks compares equals: both sides give the same P."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from trialweave.stats.tables import fisher

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "recheck.py"


@pytest.fixture(scope="module")
def recheck() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recheck", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_at_once_are_scipys_one_by_one(recheck: ModuleType) -> None:
    tables = recheck.invented(300, 120, seed=8)
    assert fisher(*tables) == pytest.approx(recheck.loop(tables), rel=1e-10)


def test_the_table_is_printed(recheck: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    recheck.compare(400, 50, 60, seed=1)
    shown = capsys.readouterr().out
    assert "Fisher, 400 tables at once" in shown
    assert "ratio" in shown
