"""Families that a user adds, and the page on those that are built in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialweave.errors import Unreadable
from trialweave.model import Finding
from trialweave.results.families import FAMILIES, MEASURED, family_of
from trialweave.results.vocabulary import (
    Vocabulary,
    own_family,
    parse_families,
    read_families,
    with_families,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "outcome-families.md"
OWN = """
[[family]]
name = "grip strength"
wordings = ["hand-grip", "grip strength", "dynamomet*"]

[[family]]
name = "Mortality"
wordings = ["exitus"]
"""


@pytest.mark.parametrize(
    ("wording", "family"),
    [
        ("Grip strength at 12 weeks", "grip strength"),
        ("HAND GRIP", "grip strength"),
        ("handgrip", ""),
        ("dynamometry of the right hand", "grip strength"),
        ("grip strengthening", ""),
        ("exitus letalis", "mortality"),
        ("grip strength or death", ""),
        ("death", "mortality"),
        ("", ""),
    ],
)
def test_own_wordings(wording: str, family: str) -> None:
    assert own_family(wording, parse_families(OWN)) == family


def test_own_families_are_given_to_findings(tmp_path: Path) -> None:
    path = tmp_path / "families.toml"
    path.write_text(OWN, encoding="utf-8")
    vocabulary = read_families(path)
    assert vocabulary.names == ("grip strength", "mortality")
    grip, death = Finding("1", "r", "Hand grip"), Finding("2", "r", "Death", family="mortality")
    assert [f.family for f in with_families([grip, death], vocabulary)] == [
        "grip strength",
        "mortality",
    ]
    assert with_families([grip], Vocabulary()) == (grip,)


@pytest.mark.parametrize(
    "text",
    [
        "family = 3",
        "[[family]]\nname = 'x'",
        "[[family]]\nname = 'x'\nwordings = []",
        "[[family]]\nname = ''\nwordings = ['a']",
        "[[family]]\nname = 'x'\nwordings = [3]",
        "[[family]]\nname = 'x'\nwordings = ['...']",
        "[[family]]\nname = 'x'\nwordings = ['a*b']",
        "[[family",
        "[[family]]\nname = 'x'\nwordings = ['" + "a" * 300 + "']",
    ],
)
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_families(text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        read_families(tmp_path / "none.toml")


def _rows() -> list[tuple[str, str, list[str]]]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\| ([^|`]+) \| (counted|measured) \| (`.+`) \|", line):
            found.append((match[1], match[2], re.findall(r"`([^`]+)`", match[3])))
    return found


def test_the_page_has_every_family_and_its_wordings_are_recognised() -> None:
    rows = _rows()
    assert {name for name, _, _ in rows} == {name for name, _ in FAMILIES if name}
    for name, kind, wordings in rows:
        assert (name in MEASURED) == (kind == "measured"), name
        for wording in wordings:
            assert family_of(wording) == name, wording
