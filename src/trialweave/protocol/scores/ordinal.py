"""Ordinal scales of COVID-19: what their levels mean, and which levels of another they can be.

Trials name "the ordinal scale" and mean one of several; some count towards death, some away from
it. A level is what states of a person it holds (`STATES`); a level of one scale is a level of
another only where they share a state, so the answer is a set.

SOURCES: `who-2020-02`: WHO R&D Blueprint, COVID-19 Therapeutic Trial Synopsis, 18 February 2020
(0 to 8). `who-cps`: WHO Working Group on the Clinical Characterisation and Management of COVID-19
infection. Lancet Infect Dis. 2020;20:e192-e197 (0 to 10). `niaid-8`: Beigel JH, Tomashek KM, Dodd
LE, et al. N Engl J Med. 2020;383:1813-1826 (1 to 8; the registered protocol counts the other way,
`niaid-8-reversed`). `seven-point`: Cao B, Wang Y, Wen D, et al. N Engl J Med. 2020;382:1787-1799.
`seven-point-reversed`: Goldman JD, Lye DCB, Hui DS, et al. N Engl J Med. 2020;383:1827-1837.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["MEANINGS", "STATES", "ScaleVersion", "State", "levels", "mapped", "meaning"]

ScaleVersion = Literal[
    "who-2020-02", "who-cps", "niaid-8", "niaid-8-reversed", "seven-point", "seven-point-reversed"
]


class State(NamedTuple):
    """How a person is, as finely as any of the scales tells, and the level of each scale."""

    name: str
    who_2020_02: int
    who_cps: int
    niaid_8: int
    seven_point: int
    seven_point_reversed: int


STATES: Final = (
    State("not infected", 0, 0, 1, 1, 7),
    State("infected without symptoms", 1, 1, 1, 1, 7),
    State("ill at home, not limited", 1, 2, 1, 1, 7),
    State("ill at home, limited but independent", 2, 2, 2, 2, 7),
    State("ill at home, needs help", 2, 3, 2, 2, 7),
    State("in hospital, no oxygen, no further care needed", 3, 4, 3, 3, 6),
    State("in hospital, no oxygen, care needed", 3, 4, 4, 3, 5),
    State("oxygen by mask or prongs", 4, 5, 5, 4, 4),
    State("high flow or non-invasive ventilation", 5, 6, 6, 5, 3),
    State("ventilated, P/F 150 and more, no other support", 6, 7, 7, 6, 2),
    State("ventilated, P/F 150 and more, dialysis or ECMO", 7, 7, 7, 6, 2),
    State("ventilated, P/F 150 and more, vasopressors", 7, 8, 7, 6, 2),
    State("ventilated, P/F below 150, no other support", 6, 8, 7, 6, 2),
    State("ventilated, P/F below 150, vasopressors, dialysis or ECMO", 7, 9, 7, 6, 2),
    State("dead", 8, 10, 8, 7, 1),
)
"""Home oxygen is not among them: the WHO's scales do not say where it belongs."""

MEANINGS: Final[dict[ScaleVersion, str]] = {
    "who-2020-02": "WHO ordinal scale for clinical improvement, February 2020: 0 to 8",
    "who-cps": "WHO clinical progression scale, June 2020: 0 to 10",
    "niaid-8": "NIAID eight categories: 1 at home to 8 dead",
    "niaid-8-reversed": "NIAID eight categories as registered: 1 dead to 8 at home",
    "seven-point": "seven categories: 1 at home to 7 dead",
    "seven-point-reversed": "seven categories: 1 dead to 7 at home",
}


def _level(state: State, version: ScaleVersion) -> int:
    if version == "who-2020-02":
        return state.who_2020_02
    if version == "who-cps":
        return state.who_cps
    if version == "seven-point":
        return state.seven_point
    if version == "seven-point-reversed":
        return state.seven_point_reversed
    if version in ("niaid-8", "niaid-8-reversed"):
        return state.niaid_8 if version == "niaid-8" else 9 - state.niaid_8
    raise ValueError(f"no such scale: {version}")


def levels(version: ScaleVersion) -> tuple[int, ...]:
    """The levels of a scale, rising. Raises ValueError for a scale that is not one of these."""
    return tuple(sorted({_level(state, version) for state in STATES}))


def meaning(version: ScaleVersion, level: int) -> tuple[str, ...]:
    """The states that a level holds. Raises ValueError for a level that the scale has not."""
    held = tuple(state.name for state in STATES if _level(state, version) == level)
    if not held:
        raise ValueError(f"{version} has no level {level}")
    return held


def mapped(level: int, from_: ScaleVersion, to: ScaleVersion) -> tuple[int, ...]:
    """The levels of another scale that a level can be, rising; one where the definitions settle it.

    Raises ValueError for a level that the scale has not.
    """
    held = meaning(from_, level)
    return tuple(sorted({_level(state, to) for state in STATES if state.name in held}))
