"""Roots that mean the same in a description: adjectives of organs, common synonyms.

The lists are our own: `alike.txt` holds for descriptions of several words, and only between names
and texts; `everyday.tsv` says what texts have for names that vocabularies spell otherwise.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from trialweave.terms.normal import root

__all__ = ["everyday", "groups_alike", "same_root"]


def _lines(file: str) -> list[str]:
    text = Path(__file__).with_name(file).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def everyday() -> tuple[tuple[str, str], ...]:
    """What texts say, and the name that vocabularies have for it, both in lower case."""
    return tuple(
        (said, meant)
        for said, _, meant in (line.partition("\t") for line in _lines("everyday.tsv"))
    )


@cache
def groups_alike() -> tuple[str, ...]:
    """Words that can stand for each other, with blanks between them, as the list has them."""
    return tuple(_lines("alike.txt"))


@cache
def _synonyms() -> dict[str, str]:
    """Each root that has one of another form, and the root that stands for both."""
    found: dict[str, str] = {}
    for line in groups_alike():
        roots = [root(each) for each in line.split()]
        for each in roots:
            found.setdefault(each, roots[0])
    return found


def same_root(form: str) -> str:
    """The root that stands for all of its kind; itself, for most."""
    return _synonyms().get(form, form)
