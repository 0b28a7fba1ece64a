"""The terms that studies name, by menu."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from trialweave.errors import NotFound
from trialweave.publish.state import State
from trialweave.publish.terms.known import Known, known, squash
from trialweave.publish.terms.lookup import suggested
from trialweave.publish.terms.views import MENU, Count, TermList, TermRow
from trialweave.publish.text import cut, fold

__all__ = ["suggestions", "term_list"]

_MOST: Final = 1_000  # rows of one page
_NEAR: Final = 50
_LONGEST: Final = 300  # characters of a query that count


def term_list(
    state: State, root: Path, menu: str = "", query: str = "", limit: int = 50, offset: int = 0
) -> TermList:
    """The terms of a menu, or of all, that studies name: see `Workspace.terms`."""
    of_menu = {each.casefold(): each for each in MENU}
    if menu and menu.casefold() not in of_menu:
        raise NotFound(
            f"there is no list {cut(fold(menu), 40)!r} of terms.",
            next_step=f"There are {', '.join(MENU)}.",
        )
    asked = of_menu.get(menu.casefold(), "")
    here = known(state, root)
    fit = _matching(here, squash(query[:_LONGEST]).split())
    counts = [int((fit & each).sum()) for each in here.in_menus.T]
    if asked:
        fit = fit & here.in_menus[:, MENU.index(asked)]
    found = here.by_studies[fit[here.by_studies]]
    first = max(offset, 0)
    rows = tuple(
        here.row(here.entries[at]) for at in found[first : first + min(max(limit, 0), _MOST)]
    )
    return TermList(
        menu=asked,
        query=query,
        total=len(found),
        offset=first,
        rows=rows,
        counts=tuple(Count(name, number) for name, number in zip(MENU, counts, strict=True)),
        generation=state.generation.number,
    )


def suggestions(state: State, root: Path, text: str, limit: int = 10) -> tuple[TermRow, ...]:
    """Terms near what is typed: see `Workspace.suggest_terms`."""
    here = known(state, root)
    return tuple(here.row(each) for each in suggested(here, text, min(limit, _NEAR)))


def _matching(here: Known, words: list[str]) -> np.ndarray:
    """Which terms have every word in their id or one of their names."""
    if not words:
        return np.ones(len(here.entries), np.bool_)
    return np.fromiter(
        (all(word in text for word in words) for text in here.searched),
        np.bool_,
        len(here.entries),
    )
