"""A generation's mentions as arrays: which study names which term, in which role, and how.

Made once for each generation (see `mentioned`), out of the table's own codes, so that a question
about any term is a comparison of whole numbers. Rows that do not stand, and rows of records that
are in no study, are left out.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, get_args
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trialweave.errors import WorkspaceError
from trialweave.model.annotation import ROLES, Assertion
from trialweave.publish.state import State
from trialweave.publish.terms.described import Codes, Described, described, record_places
from trialweave.store.mentions import codes, words_in

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["ASSERTIONS", "Key", "Mentioned", "mentioned", "mentions_table"]

Key: TypeAlias = tuple[str, str]
"""A term: its vocabulary, and the id that it has there."""
Places: TypeAlias = npt.NDArray[np.int64]
ASSERTIONS: Final[tuple[Assertion, ...]] = get_args(Assertion)


@dataclass(frozen=True, eq=False)
class Mentioned:
    """The mentions that stand, one place in each array a mention, by study and then term.

    `terms[term_of_row[i]]` is the term of mention i, `studies[study_of_row[i]]` the study,
    `ROLES[roles[i]]` and `ASSERTIONS[assertions[i]]` what stands in the table, and `rows[i]` the
    row there. `names` has a term's name as its mentions have it most often: what a vocabulary
    prefers may differ. `about` has what is known of each study, `months` among it.
    """

    studies: tuple[str, ...]
    terms: tuple[Key, ...]
    names: tuple[str, ...]
    rows: Places
    study_of_row: Codes
    term_of_row: Codes
    roles: npt.NDArray[np.int8]
    assertions: npt.NDArray[np.int8]
    about: Described

    @property
    def months(self) -> Codes:
        """The month of each study's start, year·12 + month - 1; -1 where unknown."""
        return self.about.months

    @functools.cached_property
    def index(self) -> dict[Key, int]:
        """The place of each term in `terms`."""
        return {key: place for place, key in enumerate(self.terms)}

    @functools.cached_property
    def studies_of_term(self) -> Places:
        """In how many studies each term is named, in whichever way."""
        pairs = self.study_of_row.astype(np.int64) * len(self.terms) + self.term_of_row
        once = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
        return np.bincount(once % max(len(self.terms), 1), minlength=len(self.terms))

    @functools.cached_property
    def mentions_of_term(self) -> Places:
        """How many mentions each term has."""
        return np.bincount(self.term_of_row, minlength=len(self.terms))

    @functools.cached_property
    def _by_term(self) -> tuple[Places, Places]:
        """The mentions in the order of their terms, and where those of each term start."""
        order = np.argsort(self.term_of_row, kind="stable")
        starts = np.zeros(len(self.terms) + 1, np.int64)
        np.cumsum(self.mentions_of_term, out=starts[1:])
        return order, starts

    def of_terms(self, places: Collection[int]) -> Places:
        """The mentions of some terms, in the order of studies."""
        order, starts = self._by_term
        found = [order[starts[place] : starts[place + 1]] for place in places]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def chosen(
        self, roles: Collection[str] | None = None, assertions: Collection[str] | None = None
    ) -> npt.NDArray[np.bool_]:
        """Whether each mention has one of the roles and one of the assertions; None means any.

        Raises ValueError for a role or an assertion that there is not.
        """
        fit = np.ones(len(self.rows), np.bool_)
        if roles is not None:
            fit &= np.isin(self.roles, _places_of(roles, ROLES, "role"))
        if assertions is not None:
            fit &= np.isin(self.assertions, _places_of(assertions, ASSERTIONS, "assertion"))
        return fit

    def incidence(
        self, roles: Collection[str] | None = None, assertions: Collection[str] | None = None
    ) -> csr_array:
        """Studies by terms, 1 where a mention of these roles and assertions names the term.

        None means any. Raises ValueError for a role or an assertion that there is not.
        """
        from trialweave.terms.associations import incidence

        fit = self.chosen(roles, assertions)
        shape = len(self.studies), len(self.terms)
        return incidence(self.study_of_row[fit], self.term_of_row[fit], shape)


_made: WeakKeyDictionary[State, Mentioned] = WeakKeyDictionary()
_making = threading.Lock()


def mentioned(state: State) -> Mentioned:
    """The mentions of a generation; made once, and held as long as its `State`.

    Raises WorkspaceError where the generation is older than the table of mentions.
    """
    with _making:
        found = _made.get(state)
        if found is None:
            found = _made[state] = _mentioned(state)
        return found


def mentions_table(state: State) -> pa.Table:
    """The table of mentions. Raises WorkspaceError where the generation has none."""
    try:
        return state.mentions
    except WorkspaceError:
        if state.generation.has("mentions"):
            raise
        raise WorkspaceError(
            "no terms were looked for in these records yet.",
            where=str(state.generation.path),
            next_step="Derive everything anew from what was received: trialweave rebuild.",
        ) from None


def _mentioned(state: State) -> Mentioned:
    table = mentions_table(state)
    places = record_places(state)
    owners = np.array(
        [places.get(name, (-1, 0))[0] for name in words_in(table, "record_id")], np.int32
    )
    if len(table):
        studies = owners[_numbers(table, "record_id")]
        stand = table.column("stands").to_numpy() & (studies >= 0)
        rows = np.flatnonzero(stand)
    else:
        studies, rows = np.zeros(0, np.int32), np.zeros(0, np.int64)
    terms, names, term_of_row = _terms(table, rows)
    studies = studies[rows]
    order = np.lexsort((rows, term_of_row, studies))
    return Mentioned(
        studies=tuple(each.study_id for each in state.studies),
        terms=terms,
        names=names,
        rows=rows[order],
        study_of_row=studies[order],
        term_of_row=term_of_row[order],
        roles=_recoded(table, "role", ROLES)[rows][order],
        assertions=_recoded(table, "assertion", ASSERTIONS)[rows][order],
        about=described(state),
    )


def _terms(table: pa.Table, rows: Places) -> tuple[tuple[Key, ...], tuple[str, ...], Codes]:
    """The distinct terms of some rows, in the order of vocabulary and id, with their names."""
    vocabularies, ids = words_in(table, "vocabulary"), words_in(table, "term")
    names = words_in(table, "name")
    pairs = _numbers(table, "vocabulary")[rows] * max(len(ids), 1) + _numbers(table, "term")[rows]
    distinct, at = np.unique(pairs, return_inverse=True)
    keys = [
        (vocabularies[pair // max(len(ids), 1)], ids[pair % max(len(ids), 1)])
        for pair in distinct.tolist()
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = np.empty(len(keys), np.int32)
    place[order] = np.arange(len(keys), dtype=np.int32)
    of_row = place[at]
    called = of_row.astype(np.int64) * max(len(names), 1) + _numbers(table, "name")[rows]
    forms, counts = np.unique(called, return_counts=True)
    owners, spelled = np.divmod(forms, max(len(names), 1))
    by_count = np.lexsort((spelled, -counts, owners))
    _, first = np.unique(owners[by_count], return_index=True)
    best = spelled[by_count][first].tolist()
    return tuple(keys[each] for each in order), tuple(names[each] for each in best), of_row


def _numbers(table: pa.Table, name: str) -> Places:
    return np.asarray(codes(table, name).to_numpy(), np.int64)


def _recoded(table: pa.Table, name: str, known: tuple[str, ...]) -> npt.NDArray[np.int8]:
    """A column by place in `known`; -1 for a word that a later version of the program wrote."""
    of = {word: place for place, word in enumerate(known)}
    places = np.array([of.get(word, -1) for word in words_in(table, name)], np.int8)
    return places[_numbers(table, name)]


def _places_of(asked: Collection[str], known: tuple[str, ...], what: str) -> list[int]:
    for one in asked:
        if one not in known:
            raise ValueError(f"{one!r} is no {what}; they are {', '.join(known)}")
    return [known.index(one) for one in asked]
