"""The same thing in other vocabularies, and the places of a term in the tree of its own."""

from __future__ import annotations

from typing import Final

from trialweave.publish.terms.known import Known, reference_of
from trialweave.publish.terms.menu import menu_of
from trialweave.publish.terms.shelves import Book, Entry, reference
from trialweave.publish.terms.views import Menu, Path, TermRow
from trialweave.terms.annotate import registered_form
from trialweave.terms.tree import Tree

__all__ = ["alike", "narrower_of", "paths_of"]

_ALIKE: Final = 30
_PATHS: Final = 6
_DEEPEST: Final = 40
_NARROWER: Final = 300
_ILL: Final = frozenset({"disease", "phenotype", "adverse event", "finding", "behavior", "process"})
_KINDS: Final[dict[Menu, frozenset[str]]] = {
    "Mutation": frozenset({"variant"}),
    "Gene": frozenset({"gene", "protein"}),
    "Protein": frozenset({"gene", "protein", "chemical"}),
    "Drug": frozenset({"chemical", "drug", "protein", "cell", "food"}),
    "Cell": frozenset({"cell", "anatomy"}),
    "HPO": _ILL,
    "Disease": _ILL,
    "Adverse event": _ILL,
}
"""What vocabularies of one subject have the same thing as, by the kind of that."""
_META: Final = "umls:"  # an id that two vocabularies give for the same concept


def alike(here: Known, entry: Entry) -> tuple[Entry, ...]:
    """The terms of other vocabularies that are the same thing, those that studies name first.

    By cross references of either side, by a concept of the UMLS that both name, or by an equal
    preferred name. A variant is never the same as what is no variant.
    """
    book = here.shelves.book(entry.vocabulary)
    place = book.place(entry.id) if book is not None else -1
    own = reference(entry.id, entry.vocabulary)
    said = book.alike(place) if book is not None and place >= 0 else []
    variant = entry.kind == "variant"
    found: dict[Entry, None] = {}
    for name, one in here.shelves.listed.items():
        possible = one.terms and name != entry.vocabulary and _fits(entry, name)
        other = here.shelves.book(name) if possible else None
        if other is None:
            continue
        places = {at: None for each in said for at in other.identified(each)}
        places |= dict.fromkeys(other.saying_same(own))
        places |= {at: None for each in said if each.startswith(_META)
                   for at in other.saying_same(each)}  # fmt: skip
        found |= {other.entry(at): None for at in places}
    found |= dict.fromkeys(_called_so(here, entry))
    fitting = (
        each
        for each in found
        if each.vocabulary != entry.vocabulary
        and _fits(entry, each.vocabulary)
        and (each.kind == "variant") == variant
        and not each.obsolete
    )
    return tuple(here.best_first(fitting, entry.name)[:_ALIKE])


def _fits(entry: Entry, vocabulary: str) -> bool:
    """Whether a vocabulary can have the same thing: no disease is a gene, no cell a drug."""
    if not entry.kind:
        return True
    kinds = _KINDS.get(menu_of(vocabulary))
    return kinds is None or entry.kind in kinds


def _called_so(here: Known, entry: Entry) -> list[Entry]:
    """The terms with the same preferred name but for case, spelling and inflection."""
    form = registered_form(entry.name)
    named = (here.entry(name, one) for name, one, _ in here.shelves.names().find(entry.name))
    return [each for each in named if each is not None and registered_form(each.name) == form]


def paths_of(book: Book, identifier: str) -> tuple[Path, ...]:
    """Ways from the top of the tree to a term, at most six; a cycle is not gone round."""
    tree = book.tree
    start = tree.index.get(identifier)
    if start is None:
        return ()
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[int, ...]] = [(start,)]
    while waiting and len(found) < _PATHS:
        way = waiting.pop()
        above = [one for one in _broader(tree, way[-1]) if one not in way]
        if above and len(way) <= _DEEPEST:
            waiting += [(*way, one) for one in reversed(above)]
        elif len(way) > 1:
            found.append(way)
    return tuple(
        Path(tuple(reference_of(book.entry(one)) for one in reversed(way[1:]))) for way in found
    )


def narrower_of(here: Known, book: Book, identifier: str) -> tuple[TermRow, ...]:
    """The terms right below one, each with its own counts, those that studies name first."""
    tree = book.tree
    at = tree.index.get(identifier)
    if at is None:
        return ()
    below = tree.below[tree.begins[at] : tree.begins[at + 1]].tolist()
    rows = [here.row(book.entry(place)) for place in dict.fromkeys(below)]
    return tuple(sorted(rows, key=lambda row: (-row.studies, row.term.name))[:_NARROWER])


def _broader(tree: Tree, place: int) -> list[int]:
    found: list[int] = tree.above[tree.starts[place] : tree.starts[place + 1]].tolist()
    return found
