"""What is known of terms here: by the vocabularies in use, and by the mentions of a generation."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from trialweave.model.annotation import VARIANT
from trialweave.publish.state import State
from trialweave.publish.terms.counted import Key, Mentioned, mentioned, mentions_table
from trialweave.publish.terms.menu import menu_of, menus_of, preference
from trialweave.publish.terms.shelves import Entry, Shelves, reference
from trialweave.publish.terms.views import MENU, TermRef, TermRow
from trialweave.publish.text import fold
from trialweave.store.mentions import codes, words_in

__all__ = ["Counts", "Known", "known", "reference_of", "squash"]

_GENES = 2_000  # whose variants stay in memory


def squash(text: str) -> str:
    """A name in any case, with one blank for each run of them."""
    return " ".join(text.casefold().split())


class Counts(NamedTuple):
    """How many studies name a term or one of some terms, and in how many mentions."""

    studies: int
    mentions: int


class Known:
    """The mentions of a generation and the vocabularies of its workspace: see `known`."""

    def __init__(self, found: Mentioned, names: dict[str, tuple[int, ...]], shelves: Shelves):
        self.mentioned = found
        self.shelves = shelves
        self._names = names
        self.variants: dict[str, tuple[TermRow, ...]] = {}  # of genes, by symbol

    def keep_variants(self, gene: str, rows: tuple[TermRow, ...]) -> None:
        """Note what is known to vary in a gene; of many genes the last are held."""
        if len(self.variants) >= _GENES:
            self.variants.clear()
        self.variants[gene] = rows

    def entry(self, vocabulary: str, identifier: str) -> Entry | None:
        """A term by vocabulary and id; None where neither knows it.

        An id that was merged into another is that other.
        """
        book = self.shelves.book(vocabulary)
        if book is not None:
            place = book.place(identifier)
            if place >= 0:
                return book.entry(place)
        at = self.mentioned.index.get((vocabulary, identifier))
        return None if at is None else self._of_mentions(at)

    def _of_mentions(self, at: int) -> Entry:
        vocabulary, identifier = self.mentioned.terms[at]
        kind = "variant" if vocabulary == VARIANT else ""
        return Entry(vocabulary, identifier, self.mentioned.names[at], kind)

    @functools.cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every term that is mentioned, in the order of `Mentioned.terms`."""
        found = []
        for at, (vocabulary, identifier) in enumerate(self.mentioned.terms):
            book = self.shelves.book(vocabulary)
            place = book.place(identifier) if book is not None else -1
            known = book.entry(place) if book is not None and place >= 0 else self._of_mentions(at)
            # What was merged since keeps its own id here, by which its mentions are found.
            found.append(known._replace(id=identifier))
        return tuple(found)

    @functools.cached_property
    def in_menus(self) -> npt.NDArray[np.bool_]:
        """Which of the lists, in the order of `MENU`, each mentioned term stands in."""
        places = {menu: place for place, menu in enumerate(MENU)}
        found = np.zeros((len(self.entries), len(MENU)), np.bool_)
        for at, entry in enumerate(self.entries):
            for menu in menus_of(entry.vocabulary, entry.kind, entry.id):
                found[at, places[menu]] = True
        return found

    @functools.cached_property
    def by_studies(self) -> npt.NDArray[np.int64]:
        """The places of the mentioned terms: those that most studies name first, then by name."""
        names = [(squash(entry.name), *preference(entry.vocabulary)) for entry in self.entries]
        by_name = sorted(range(len(names)), key=names.__getitem__)
        order = np.array(by_name, np.int64)
        return order[np.argsort(-self.mentioned.studies_of_term[order], kind="stable")]

    @functools.cached_property
    def searched(self) -> tuple[str, ...]:
        """The id and all names of each mentioned term, squashed, a line each."""
        found = [[squash(each.id), squash(each.name)] for each in self.entries]
        for name, places in self._names.items():
            for at in places:
                found[at].append(name)
        return tuple("\n".join(each) for each in found)

    def counts(self, keys: Iterable[Key]) -> Counts:
        """The studies and mentions of one of some terms, whatever is said there."""
        index = self.mentioned.index
        places = [index[key] for key in keys if key in index]
        if not places:
            return Counts(0, 0)
        if len(places) == 1:
            (at,) = places
            found = self.mentioned.studies_of_term[at], self.mentioned.mentions_of_term[at]
            return Counts(int(found[0]), int(found[1]))
        rows = self.mentioned.of_terms(places)
        return Counts(len(np.unique(self.mentioned.study_of_row[rows])), len(rows))

    def row(self, entry: Entry, *also: Key) -> TermRow:
        """A term with its counts, those of further keys for the same thing among them."""
        counts = self.counts([(entry.vocabulary, entry.id), *also])
        return TermRow(reference_of(entry), counts.studies, counts.mentions)

    def named(self, name: str) -> tuple[Entry, ...]:
        """The mentioned terms that a mention's name, in any case, is of."""
        return tuple(self.entry(*self._key(at)) or self._of_mentions(at) for at in self._at(name))

    def _key(self, at: int) -> Key:
        return self.mentioned.terms[at]

    def _at(self, name: str) -> tuple[int, ...]:
        return self._names.get(squash(name), ())

    def naming(self, words: str, limit: int) -> tuple[Entry, ...]:
        """The mentioned terms of which a name has all words given, most studies first."""
        asked = squash(words).split()
        found: set[int] = set()
        for name, places in self._names.items():
            if all(word in name for word in asked):
                found.update(places)
        studies = self.mentioned.studies_of_term
        best = sorted(found, key=lambda at: (-studies[at], *preference(self._key(at)[0]), at))
        return tuple(self.entry(*self._key(at)) or self._of_mentions(at) for at in best[:limit])

    @functools.cached_property
    def by_reference(self) -> dict[str, tuple[int, ...]]:
        """The mentioned terms by their ids as `reference` writes them."""
        found: dict[str, tuple[int, ...]] = {}
        for at, (vocabulary, identifier) in enumerate(self.mentioned.terms):
            spelled = reference(identifier, vocabulary)
            found[spelled] = (*found.get(spelled, ()), at)
        return found

    def best_first(self, entries: Iterable[Entry], asked: str = "") -> list[Entry]:
        """Entries, each once: those in use before retired ones, those that studies name before
        others, those that are called as was `asked` before those of which that is another name,
        then by the number of studies, then in the order of `menu.ORDER`."""
        name = squash(asked)

        def key(entry: Entry) -> tuple[bool, bool, bool, int, int, str, str]:
            studies = self.counts([(entry.vocabulary, entry.id)]).studies
            called = squash(entry.name) == name
            place = preference(entry.vocabulary)
            return entry.obsolete, not studies, not called, -studies, *place, entry.id

        return sorted(dict.fromkeys(entries), key=key)


def reference_of(entry: Entry) -> TermRef:
    """A term as views have it; what is registered is shown on one line."""
    kind, identifier = entry.kind, entry.id
    menu = menu_of(entry.vocabulary, kind, identifier)
    return TermRef(entry.vocabulary, identifier, fold(entry.name) or identifier, kind, menu)


_held: WeakKeyDictionary[State, tuple[tuple[str, ...], Known]] = WeakKeyDictionary()
_holding = threading.Lock()


def known(state: State, root: Path) -> Known:
    """What is known of terms; held as long as its `State`, and the vocabularies in use, stay.

    Raises WorkspaceError where the generation has no mentions, or a vocabulary is damaged.
    """
    shelves = Shelves(root)
    in_use = tuple(one.sha256 for one in shelves.listed.values())
    with _holding:
        held = _held.get(state)
        if held is not None and held[0] == in_use:
            return held[1]
    found = mentioned(state)
    made = Known(found, _names(state, found), shelves)
    with _holding:
        _held[state] = in_use, made
    return made


def _names(state: State, found: Mentioned) -> dict[str, tuple[int, ...]]:
    """The terms of each name that a mention has, by the squashed name."""
    table = mentions_table(state)
    words = words_in(table, "name")
    column = np.asarray(codes(table, "name").to_numpy(), np.int64)
    count = max(len(words), 1)
    pairs = np.unique(found.term_of_row.astype(np.int64) * count + column[found.rows])
    named: dict[str, list[int]] = {}
    for term, word in zip((pairs // count).tolist(), (pairs % count).tolist(), strict=True):
        places = named.setdefault(squash(words[word]), [])
        if not places or places[-1] != term:
            places.append(term)
    return {name: tuple(places) for name, places in named.items()}
