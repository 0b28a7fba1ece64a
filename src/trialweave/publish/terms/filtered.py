"""The studies that a filter leaves, with their terms and all pairs of terms tested.

Which mentions count, which studies, and from when: one answer for a page, its history and its
reports. The whole matrix of a filter is tested at once and kept for a while, since every term's
page under this filter needs its false discovery rates.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from trialweave.model.annotation import ROLES, Assertion
from trialweave.publish.state import State
from trialweave.publish.terms.clusters import counted_once, protocol_groups, repeating
from trialweave.publish.terms.counted import Key, Mentioned, mentioned
from trialweave.publish.terms.described import record_places
from trialweave.publish.terms.known import Known

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from trialweave.terms.associations import Associations

__all__ = [
    "HAVING",
    "Days",
    "Filter",
    "Filtered",
    "Places",
    "began",
    "exploded",
    "filtered",
    "in_words",
    "ranks",
    "tested",
]

Places = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
HAVING: Final[tuple[Assertion, ...]] = ("present", "hypothetical", "history")
"""What counts as a study having a term: what it negates or excludes does not."""
_HELD: Final = 12  # filters that are kept for each generation
_PAIRS: Final = 5_000_000  # that are kept in all, of some 30 bytes each
_ENTRIES: Final = 20_000_000  # of matrices that are kept in all, of some 16 bytes each


class Filter(NamedTuple):
    """What counts. No role means any. `condition` are terms, by place in `Mentioned.terms`: a study
    must have one of them as a condition; None asks for none. `since` and `until` are days on which
    studies began, both within."""

    roles: tuple[str, ...] = ()
    assertions: tuple[str, ...] = HAVING
    condition: tuple[int, ...] | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, eq=False)
class Filtered:
    """What a filter leaves of a generation.

    `studies` are places in `Mentioned.studies`, rising, and the rows of both matrices; `every` has
    each term of each study, `found` each term once for near-identical protocols of one sponsor,
    by the earliest; `days` are the rows' beginnings, `repeats` says which repeat an earlier one.
    `undated` studies were left out for want of a day, where one was asked for.
    """

    studies: Places
    every: csr_array
    found: csr_array
    days: Days
    repeats: npt.NDArray[np.bool_]
    undated: int

    @property
    def merged(self) -> int:
        """How many studies repeat an earlier one."""
        return int(np.count_nonzero(self.repeats))


def began(state: State) -> Days:
    """The first day that each study's start can mean, else of its registration; NaT for neither."""
    days = mentioned(state).about.started.copy()
    table = state.generation.table("trials", ["record_id", "registration_date_earliest"])
    places = record_places(state)
    for name, day in zip(*(column.to_pylist() for column in table.columns), strict=True):
        place = places.get(name, (-1, 0))[0]
        if place >= 0 and day is not None and np.isnat(days[place]):
            days[place] = day
    return days


def ranks(known: Mentioned, days: Days) -> tuple[Places, Places]:
    """The studies from the earliest to the latest, undated ones last, and the rank of each.

    Studies of one day stand by their ids, so that no other order of studies changes anything.
    """
    by_name = np.argsort(np.array(known.studies, object), kind="stable")
    order = by_name[np.argsort(days[by_name], kind="stable")]  # NaT sorts last
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return order, rank


def exploded(here: Known, term: Key) -> tuple[int, ...]:
    """A term and all narrower ones that are mentioned, by place in `Mentioned.terms`."""
    vocabulary, identifier = term
    book = here.shelves.book(vocabulary)
    names = {identifier} if book is None else book.tree.explode([identifier]) | {identifier}
    found = (here.mentioned.index.get((vocabulary, name)) for name in names)
    return tuple(sorted(place for place in found if place is not None))


def filtered(state: State, by: Filter) -> Filtered:
    """The studies and terms that a filter leaves; the last filters of a generation are kept.

    Raises ValueError for a role or an assertion that there is not.
    """
    held = _holder(state)
    with held.lock:
        if by in held.filtered:
            held.filtered.move_to_end(by)
            return held.filtered[by]
    made = _filtered(state, by)
    with held.lock:
        held.filtered[by] = made
        while len(held.filtered) > 1 and (
            len(held.filtered) > _HELD
            or sum(each.every.nnz for each in held.filtered.values()) > _ENTRIES
        ):
            held.filtered.popitem(last=False)
    return made


def tested(state: State, by: Filter, support: int) -> Associations:
    """Every pair of terms that `support` studies of the filter or more share, with its tests.

    Raises ValueError for a support below 1.
    """
    from trialweave.terms.associations import associate

    held = _holder(state)
    with held.lock:
        if (by, support) in held.tested:
            held.tested.move_to_end((by, support))
            return held.tested[by, support]
    made = associate(filtered(state, by).found, support=support)
    with held.lock:
        held.tested[by, support] = made
        while len(held.tested) > 1 and (
            len(held.tested) > _HELD or sum(map(len, held.tested.values())) > _PAIRS
        ):
            held.tested.popitem(last=False)
    return made


class _Holder:
    """What of a generation is computed once: when studies began, and the last filters."""

    def __init__(self, state: State) -> None:
        known = mentioned(state)
        self.days = began(state)
        self.order, self.rank = ranks(known, self.days)
        self.groups = protocol_groups(state, self.order)
        self.lock = threading.Lock()
        self.filtered: OrderedDict[Filter, Filtered] = OrderedDict()
        self.tested: OrderedDict[tuple[Filter, int], Associations] = OrderedDict()


_holders: WeakKeyDictionary[State, _Holder] = WeakKeyDictionary()
_holding = threading.Lock()


def _holder(state: State) -> _Holder:
    with _holding:
        found = _holders.get(state)
        if found is None:
            found = _holders[state] = _Holder(state)
        return found


def _filtered(state: State, by: Filter) -> Filtered:
    known, held = mentioned(state), _holder(state)
    kept = np.ones(len(known.studies), np.bool_)
    if by.condition is not None:
        about = known.of_terms(by.condition)
        fits = known.chosen(("condition",), by.assertions)[about]
        kept &= np.isin(np.arange(len(kept)), known.study_of_row[about[fits]])
    undated = 0
    if by.since is not None or by.until is not None:
        dated = ~np.isnat(held.days)
        undated = int(np.count_nonzero(kept & ~dated))
        kept &= dated
        if by.since is not None:
            kept &= held.days >= np.datetime64(by.since)
        if by.until is not None:
            kept &= held.days <= np.datetime64(by.until)
    studies = np.flatnonzero(kept)
    every = known.incidence(by.roles or None, by.assertions)[studies]
    grouped, rank = held.groups[studies], held.rank[studies]
    return Filtered(
        studies=studies,
        every=every,
        found=counted_once(every, grouped, rank),
        days=held.days[studies],
        repeats=repeating(grouped, rank),
        undated=undated,
    )


def in_words(by: Filter, condition: str = "") -> str:
    """A filter for people; "" for none. `condition` is what the asked term is called."""
    parts = []
    if by.roles:
        roles = [role for role in ROLES if role in by.roles]
        parts.append("named as " + " or ".join(roles))
    if set(by.assertions) != set(HAVING):
        parts.append("mentions that are " + " or ".join(by.assertions))
    if by.condition is not None:
        parts.append(f"studies of {condition}")
    if by.since is not None:
        parts.append(f"begun {by.since} or later")
    if by.until is not None:
        parts.append(f"begun {by.until} or earlier")
    return "; ".join(parts)
