"""Ordinal scales of COVID-19: the levels of one that a level of another can be."""

from __future__ import annotations

from typing import get_args

import pytest

from trialweave.protocol.scores.ordinal import MEANINGS, ScaleVersion, levels, mapped, meaning

VERSIONS: tuple[ScaleVersion, ...] = get_args(ScaleVersion)


@pytest.mark.parametrize(
    ("level", "from_", "to", "expected"),
    [
        (0, "who-2020-02", "who-cps", (0,)),
        (1, "who-2020-02", "who-cps", (1, 2)),
        (2, "who-2020-02", "who-cps", (2, 3)),
        (3, "who-2020-02", "who-cps", (4,)),
        (4, "who-2020-02", "who-cps", (5,)),
        (5, "who-2020-02", "who-cps", (6,)),
        (6, "who-2020-02", "who-cps", (7, 8)),
        (7, "who-2020-02", "who-cps", (7, 8, 9)),
        (8, "who-2020-02", "who-cps", (10,)),
        (2, "who-cps", "who-2020-02", (1, 2)),
        (9, "who-cps", "who-2020-02", (7,)),
        (8, "who-cps", "who-2020-02", (6, 7)),
        (3, "who-2020-02", "niaid-8", (3, 4)),
        (7, "niaid-8", "who-2020-02", (6, 7)),
        (1, "niaid-8", "niaid-8-reversed", (8,)),
        (8, "niaid-8", "niaid-8-reversed", (1,)),
        (5, "niaid-8", "seven-point", (4,)),
        (7, "seven-point", "seven-point-reversed", (1,)),
        (1, "seven-point", "seven-point-reversed", (7,)),
        (2, "seven-point-reversed", "who-cps", (7, 8, 9)),
        (1, "seven-point", "who-cps", (0, 1, 2)),
        (2, "seven-point", "who-cps", (2, 3)),
        (3, "seven-point", "niaid-8", (3, 4)),
        (5, "seven-point-reversed", "niaid-8", (4,)),
        (6, "seven-point-reversed", "niaid-8", (3,)),
        (7, "seven-point-reversed", "who-2020-02", (0, 1, 2)),
        (6, "seven-point", "who-2020-02", (6, 7)),
        (7, "niaid-8", "who-cps", (7, 8, 9)),
        (1, "niaid-8", "who-2020-02", (0, 1)),
        (7, "who-cps", "who-2020-02", (6, 7)),
        (5, "seven-point", "seven-point-reversed", (3,)),
        (4, "seven-point", "seven-point-reversed", (4,)),
    ],
)
def test_mapped(
    level: int, from_: ScaleVersion, to: ScaleVersion, expected: tuple[int, ...]
) -> None:
    assert mapped(level, from_, to) == expected


@pytest.mark.parametrize(
    ("version", "first", "last", "dead"),
    [("who-2020-02", 0, 8, 8), ("who-cps", 0, 10, 10), ("niaid-8", 1, 8, 8),
     ("niaid-8-reversed", 1, 8, 1), ("seven-point", 1, 7, 7), ("seven-point-reversed", 1, 7, 1)],
)  # fmt: skip
def test_levels_are_without_gaps_and_death_is_alone(
    version: ScaleVersion, first: int, last: int, dead: int
) -> None:
    assert levels(version) == tuple(range(first, last + 1))
    assert meaning(version, dead) == ("dead",)


@pytest.mark.parametrize("from_", VERSIONS)
@pytest.mark.parametrize("to", VERSIONS)
def test_a_mapping_holds_both_ways(from_: ScaleVersion, to: ScaleVersion) -> None:
    for level in levels(from_):
        assert mapped(level, from_, from_) == (level,)
        for other in mapped(level, from_, to):
            assert level in mapped(other, to, from_)


def test_what_no_scale_has_is_refused() -> None:
    assert set(MEANINGS) == set(VERSIONS)
    with pytest.raises(ValueError, match="no level 11"):
        mapped(11, "who-cps", "niaid-8")
    with pytest.raises(ValueError, match="no such scale"):
        levels("who")  # type: ignore[arg-type]
