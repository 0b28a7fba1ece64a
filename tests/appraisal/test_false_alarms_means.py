"""Honest means, intervals and statistics are not flagged; planted errors are found.

A small, seeded part of ``validation/false_alarms_means.py``; the full run is described in
``docs/evaluation/checks.md``.
"""

from __future__ import annotations

import warnings
from types import ModuleType

import pytest

from .conftest import validation


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return validation("false_alarms_means")


def test_honest_reports_are_not_flagged(simulation: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy's, of spreads near 0
        tallies = simulation.honest(8, seed=21)
    assert {name: tally.flags for name, tally in tallies.items() if tally.flags} == {}
    seen = {
        rule for t in tallies.values() for rule, verdict in t.verdicts if verdict == "consistent"
    }
    assert seen >= {
        "p-value-means", "mean-difference", "interval", "p-interval", "grim", "grimmer", "debit",
        "sd-bounds", "test-statistic",
    }  # fmt: skip


def test_planted_errors_are_found(simulation: ModuleType) -> None:
    share = {name: f / n for name, (n, f, _) in simulation.planted(20, seed=22).items()}
    for name, least in {
        "P of a named t test ten times too small or too large": 0.7,
        "last digit of a score's mean changed, two decimals, 5 to 30 patients": 0.6,
        "mean difference five to nine standard errors off": 0.6,
        "decimal point of an odds ratio lost": 1.0,
        "P < 0.001 beside an interval about no effect": 0.95,
    }.items():
        assert share[name] >= least, name
