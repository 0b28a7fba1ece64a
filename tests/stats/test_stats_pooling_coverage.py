"""The simulation that defends the defaults, in short."""

from __future__ import annotations

import importlib
import itertools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_what_the_documents_say_of_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "validation")
    coverage = importlib.import_module("coverage_of_pooling")
    found = list(itertools.islice(coverage.cells(1500), 15))
    assert {cell.k for cell in found} == {2, 3, 5}
    for cell in found:
        # studies alike: Hartung-Knapp is exact for every τ² (the standard error is 0.6 points)
        assert cell.means["HK"] == pytest.approx(0.95, abs=0.025)
        assert cell.means["HK-adhoc"] >= cell.means["HK"]
        assert cell.computed == 1
    large = [cell for cell in found if cell.tau2 == 9.0]
    assert all(cell.means["Wald"] < 0.91 for cell in large)
    for cell in found:
        if cell.k > 2 and cell.tau2 > 0:
            shares = [cell.predictions[name] for name in ("normal", "k-1", "k-2")]
            assert shares == sorted(shares)
            assert shares[0] < shares[1]
    again, once_more = (next(coverage.cells(50)) for _ in range(2))
    assert again.means == once_more.means
