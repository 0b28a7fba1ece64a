"""The benchmark runs, and its two sides agree; nothing is timed here."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_benchmark_of_pooling_runs(capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "benchmarks" / "pool.py"
    spec = importlib.util.spec_from_file_location("benchmark_pool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rates = module.main(20, 1, 0.0)
    assert "statsmodels" in capsys.readouterr().out
    assert len(rates) == 7
    assert all(rate > 0 for rate in rates.values())


def test_the_benchmark_of_synthesis_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.setenv("PATH", "")  # without R, whose rows are then left out
    module = importlib.import_module("synthesis")
    ratios = module.main(20, 0.0, 2)
    assert "beside statsmodels" in capsys.readouterr().out
    assert len(ratios) == 4
    assert all(ratio > 0 for ratio in ratios.values())
