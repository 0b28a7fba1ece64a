"""Which pairs of terms go together by definition, so that finding them together is no finding.

A term and what is broader or narrower in a vocabulary's tree; the same thing in two vocabularies;
two terms that are read from the same words of a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from trialweave.publish.state import State
from trialweave.publish.terms.alike import alike
from trialweave.publish.terms.counted import Mentioned, mentions_table
from trialweave.publish.terms.known import Known
from trialweave.store.mentions import codes
from trialweave.terms.annotate import registered_form

__all__ = ["MARKS", "marks_of"]

Places = npt.NDArray[np.int64]
MARKS: Final = ("same thing", "broader", "narrower", "same words")
"""The first that holds is the mark. "same words": of the rarer one's studies most have it where
the other is named, in words that overlap ("limb ischaemia" in "critical limb ischaemia")."""
_MOST: Final = 0.8  # of the rarer term's studies
_LONGEST: Final = 200  # characters of a name that can overlap others


def marks_of(state: State, here: Known, place: int) -> dict[int, str]:
    """The mark of every term, by place in `Mentioned.terms`, that has one beside the term asked.

    "broader" are terms broader than it. Of a vocabulary that is not in use only names and words
    tell. The same thing is one that either vocabulary refers to, one of an equal name but for
    case, order and inflection, or one found at the same places of texts.
    """
    spans = _spans(state, here.mentioned)
    places = spans.overlapping(place)
    same = {at for at, exact in places.items() if exact and _across(here.mentioned, place, at)}
    same.update(_named_alike(here, place), _referred(here, place))
    broader, narrower = _kin(here, {place, *same})
    found = dict.fromkeys(places, "same words")
    found.update(dict.fromkeys(narrower, "narrower"))
    found.update(dict.fromkeys(broader, "broader"))
    found.update(dict.fromkeys(same, "same thing"))
    found.pop(place, None)
    return found


def _across(known: Mentioned, one: int, other: int) -> bool:
    return known.terms[one][0] != known.terms[other][0]


def _named_alike(here: Known, place: int) -> Iterator[int]:
    """Terms of other vocabularies with an equal name."""
    for at in _forms(here)[_form(here.entries[place].name)]:
        if _across(here.mentioned, place, at):
            yield at


_formed: WeakKeyDictionary[Known, dict[tuple[str, ...], list[int]]] = WeakKeyDictionary()


def _forms(here: Known) -> dict[tuple[str, ...], list[int]]:
    """The mentioned terms by the form of their preferred names; made once."""
    found = _formed.get(here)
    if found is None:
        found = defaultdict(list)
        for at, entry in enumerate(here.entries):
            found[_form(entry.name)].append(at)
        _formed[here] = found
    return found


def _form(name: str) -> tuple[str, ...]:
    """The words of a name, inflection taken off, in alphabetical order; its own where it has none.

    MeSH has "Diabetes Mellitus, Type 2" for what others call type 2 diabetes mellitus.
    """
    return tuple(sorted(registered_form(name).split())) or (name,)


def _referred(here: Known, place: int) -> Iterator[int]:
    """Mentioned terms that are the same thing by what vocabularies say: see `alike`."""
    keys = ((each.vocabulary, each.id) for each in alike(here, here.entries[place]))
    yield from (here.mentioned.index[key] for key in keys if key in here.mentioned.index)


def _kin(here: Known, terms: set[int]) -> tuple[set[int], set[int]]:
    """Mentioned terms that are broader, and narrower, than one of some terms."""
    index = here.mentioned.index
    broader: set[int] = set()
    narrower: set[int] = set()
    for vocabulary, identifier in (here.mentioned.terms[at] for at in sorted(terms)):
        book = here.shelves.book(vocabulary)
        if book is not None:
            above = ((vocabulary, each) for each in book.tree.ancestors(identifier))
            below = ((vocabulary, each) for each in book.tree.descendants(identifier))
            broader.update(index[key] for key in above if key in index)
            narrower.update(index[key] for key in below if key in index)
    return broader - terms, narrower - terms


class _Spans:
    """Where each mention stands, in an order in which those of one text are neighbours."""

    def __init__(self, state: State, known: Mentioned) -> None:
        table = mentions_table(state).select(["record_id", "field", "start", "end"])
        record, field = (
            np.asarray(codes(table, name).to_numpy(), np.int64)[known.rows]
            for name in ("record_id", "field")
        )
        start, end = (
            np.asarray(table.column(name).to_numpy(), np.int64)[known.rows]
            for name in ("start", "end")
        )
        fields = int(field.max(initial=0)) + 1
        self._width = int(end.max(initial=0)) + _LONGEST + 1
        _, text = np.unique(record * fields + field, return_inverse=True)
        self._begins = text * self._width + start + _LONGEST
        self._length = (end - start).astype(np.int32)
        self._order = np.argsort(self._begins, kind="stable")
        self._sorted = self._begins[self._order]
        self._known = known

    def overlapping(self, place: int) -> dict[int, bool]:
        """The terms that are read from words of this one, or around them, in most studies of the
        rarer of the two; whether, in most, from exactly the same words."""
        mine = self._known.of_terms([place])
        mine = mine[self._length[mine] <= _LONGEST]
        first = np.searchsorted(self._sorted, self._begins[mine] - _LONGEST, "right")
        last = np.searchsorted(self._sorted, self._begins[mine] + self._length[mine], "left")
        counts = last - first
        at = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        other, one = self._order[at], np.repeat(mine, counts)
        meets = self._begins[other] + self._length[other] > self._begins[one]
        exact = (self._begins[other] == self._begins[one]) & (
            self._length[other] == self._length[one]
        )
        overlap, same = self._studies(other[meets]), self._studies(other[exact])
        total = self._known.studies_of_term
        least = _MOST * np.minimum(total, total[place])
        found = np.flatnonzero((overlap > 0) & (overlap >= least))
        return {int(term): bool(same[term] >= least[term]) for term in found if term != place}

    def _studies(self, mentions: Places) -> Places:
        """In how many studies each term has one of some mentions."""
        terms = len(self._known.terms)
        pairs = np.unique(
            self._known.study_of_row[mentions].astype(np.int64) * terms
            + self._known.term_of_row[mentions]
        )
        return np.bincount(pairs % max(terms, 1), minlength=terms)


_made: WeakKeyDictionary[State, _Spans] = WeakKeyDictionary()


def _spans(state: State, known: Mentioned) -> _Spans:
    found = _made.get(state)
    if found is None:
        found = _made[state] = _Spans(state, known)
    return found
