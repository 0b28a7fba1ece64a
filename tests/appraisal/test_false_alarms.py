"""Honest reports are not flagged and are read as they are; planted errors are found.

A small, seeded part of ``validation/false_alarms.py``; the full run is described in
``docs/evaluation/checks.md``.
"""

from __future__ import annotations

import random
from types import ModuleType

import pytest

from .conftest import validation


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return validation("false_alarms")


def test_honest_findings_are_not_flagged(simulation: ModuleType) -> None:
    tally = simulation.honest(250, seed=11)
    assert tally.flags == []
    for rule in ("percent-attainable", "p-value", "effect"):
        assert tally.verdicts[rule, "consistent"] > 20  # the checks did run


@pytest.mark.parametrize(
    "test", ["Fisher, doubled", "chi-square (N - 1)", "likelihood ratio", "Wald, log OR"]
)
def test_p_values_of_rarer_tests_are_not_flagged(simulation: ModuleType, test: str) -> None:
    assert simulation.honest_rarer(25, seed=12, only=test)[test].flags == []


def test_honest_texts_are_read_as_they_are_and_not_flagged(simulation: ModuleType) -> None:
    reading = simulation.texts(80, seed=13)
    assert reading.wrong == []
    assert reading.tally.flags == []
    assert reading.found > 0.85 * reading.comparisons
    assert reading.whole > 0.7 * reading.comparisons


def test_a_wrong_reading_would_be_noticed(simulation: ModuleType) -> None:
    """The comparison with the truth itself can fail."""
    said = simulation.sentence(simulation.Table(3, 20, 9, 21), 0, random.Random(1))
    other = simulation.Table(9, 20, 3, 21)
    read = simulation.read_findings(simulation.record(41, said.text))
    assert not any(simulation._wrong(read[0], said))
    swapped = simulation.Said(said.family, other, said.p, None, said.text)
    assert any(
        "count of treatment 3, not 9" in word for word in simulation._wrong(read[0], swapped)
    )


def test_planted_errors_are_found(simulation: ModuleType) -> None:
    share = {name: f / n for name, (n, f, _) in simulation.planted(30, seed=14).items()}
    for name, least in {
        "percentage 2 to 20 points off, count and size stated": 1.0,
        "the same, size alone stated": 0.5,
        "count one too high, percentage right": 0.8,
        "size a tenth off, count and percentage right": 0.8,
        "percentages of the two groups exchanged": 1.0,
        "P ten times too small": 0.95,
        "P ten times too large": 0.95,
        "RR or OR off by a factor 0.5 to 2": 0.75,
    }.items():
        assert share[name] >= least, name
