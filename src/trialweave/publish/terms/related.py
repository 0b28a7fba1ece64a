"""The terms that stand in the same studies as one, more often than their frequencies explain.

Every number of a row is of the studies that the filter leaves, and the row names those with both
terms. A near-identical protocol of the same sponsor counts a term once; what goes together by
definition stands apart, behind what is ranked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from trialweave.publish.state import State
from trialweave.publish.terms.counted import Key
from trialweave.publish.terms.filtered import (
    HAVING,
    Filter,
    Filtered,
    Places,
    exploded,
    filtered,
    in_words,
    tested,
)
from trialweave.publish.terms.known import Known, known, reference_of
from trialweave.publish.terms.marks import marks_of
from trialweave.publish.terms.menu import menus_of
from trialweave.publish.terms.views import (
    PairHistory,
    PairPoint,
    Related,
    RelatedView,
    TermRef,
)

if TYPE_CHECKING:
    import datetime as dt

    from scipy.sparse import csr_array

    from trialweave.terms.associations import Associations

__all__ = ["SUPPORT", "related", "related_history"]

SUPPORT: Final = 5
"""Fewer studies with both terms than this are not ranked unless asked for."""
_MOST: Final = 1_000  # rows of a menu


def related(
    state: State,
    root: Path,
    term: TermRef,
    *,
    menu: str = "",
    roles: Sequence[str] = (),
    assertions: Sequence[str] = HAVING,
    condition: TermRef | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    support: int = SUPPORT,
    all_pairs: bool = False,
    limit: int = 20,
) -> RelatedView:
    """The terms related to `term`, the highest IC025 first, at most `limit` of each menu.

    Terms count as mentioned, without narrower ones. `roles` are those of the mentions of both
    terms, all where empty; `condition` leaves the studies that have it, or a narrower term, as a
    condition; `since` and `until` those that began (or were registered, where no start is known)
    on these days or between. False discovery rates are over every pair of terms that occur under
    the filter, whatever is shown. With `all_pairs` rows of less support are shown as well; they
    were no tests, and their rate is 1. Marked rows stand last, and have a `limit` of their own.
    Raises ValueError for a role or an assertion that there is not, or a support below 1.
    """
    here = known(state, root)
    by = _filter(here, roles, assertions, condition, since, until)
    left = filtered(state, by)
    pairs = tested(state, by, support)
    place = here.mentioned.index.get((term.vocabulary, term.id), -1)
    mine = pairs.of(place)
    if all_pairs and place >= 0:
        mine = _with_rare(left, mine, place)
    other = np.where(mine.a == place, mine.b, mine.a)
    marks = marks_of(state, here, place) if place >= 0 else {}
    shown, total = _shown(here, other, marks, menu, max(0, min(limit, _MOST)))
    rows = _rows(here, left, mine, place, other, shown)
    counted = int(pairs.counts[place]) if place >= 0 else 0
    return RelatedView(
        term=term,
        n=pairs.documents,
        n_a=counted,
        kappa=1.0 if math.isnan(pairs.kappa) else pairs.kappa,
        possible=pairs.possible,
        support=support,
        merged=left.merged,
        filter=in_words(by, condition.name if condition else ""),
        rows=rows,
        notes=_notes(left, support, all_pairs),
        total=total,
    )


def related_history(
    state: State,
    root: Path,
    term: TermRef,
    other: TermRef,
    *,
    roles: Sequence[str] = (),
    assertions: Sequence[str] = HAVING,
    condition: TermRef | None = None,
) -> PairHistory:
    """The counts of two terms up to each day on which a study began that has one of them.

    Cumulative over the studies that the filter leaves: the last point has the numbers of `related`
    but for studies without a day, which are in none. Raises ValueError as `related`.
    """
    from trialweave.terms.associations import history

    here = known(state, root)
    by = _filter(here, roles, assertions, condition, None, None)
    left = filtered(state, by)
    keys: tuple[Key, ...] = tuple((each.vocabulary, each.id) for each in (term, other))
    places = [here.mentioned.index.get(key, -1) for key in keys]
    points: tuple[PairPoint, ...] = ()
    undated = int(np.count_nonzero(np.isnat(left.days)))
    if min(places) >= 0:
        found = history(left.found, left.days, [places])
        changes = np.diff(found.first[0] + found.second[0], prepend=0) > 0
        centre = found.component()[0]
        low, high = (limit[0] for limit in found.limits())
        points = tuple(
            PairPoint(
                day=found.dates[at].item(),
                n_ab=int(found.together[0, at]),
                n_a=int(found.first[0, at]),
                n_b=int(found.second[0, at]),
                n=int(found.documents[at]),
                ic=float(centre[at]),
                ic025=float(low[at]),
                ic975=float(high[at]),
            )
            for at in np.flatnonzero(changes)
        )
    return PairHistory(
        term=term,
        other=other,
        filter=in_words(by, condition.name if condition else ""),
        undated=undated,
        merged=left.merged,
        points=points,
    )


def _filter(
    here: Known,
    roles: Sequence[str],
    assertions: Sequence[str],
    condition: TermRef | None,
    since: dt.date | None,
    until: dt.date | None,
) -> Filter:
    about = exploded(here, (condition.vocabulary, condition.id)) if condition else None
    return Filter(tuple(sorted(set(roles))), tuple(sorted(set(assertions))), about, since, until)


def _with_rare(left: Filtered, mine: Associations, place: int) -> Associations:
    """The pairs of a term with those below the support, whose P counts as 1 in the rates."""
    from scipy.special import gammainc

    having = _having(left.found, place)
    together = np.bincount(left.found[having].indices, minlength=left.found.shape[1])
    together[place] = 0
    together[np.where(mine.a == place, mine.b, mine.a)] = 0
    other = np.flatnonzero(together)
    bare = replace(
        mine,
        a=np.minimum(other, place).astype(np.int32),
        b=np.maximum(other, place).astype(np.int32),
        together=together[other].astype(np.int32),
        p=np.zeros(len(other)),
        q=np.ones(len(other)),
        related=np.zeros(len(other), np.bool_),
    )
    rare = replace(bare, p=np.asarray(gammainc(bare.together, bare.expected())))
    joined = replace(
        mine,
        a=np.concatenate([mine.a, rare.a]),
        b=np.concatenate([mine.b, rare.b]),
        together=np.concatenate([mine.together, rare.together]),
        p=np.concatenate([mine.p, rare.p]),
        q=np.concatenate([mine.q, rare.q]),
        related=np.concatenate([mine.related, rare.related]),
    )
    return joined.take(np.lexsort((joined.b, joined.a, -joined.limits()[0])))


class _Shown(NamedTuple):
    """A row to be shown: its place among the term's pairs, and its mark."""

    at: int
    mark: str


def _shown(
    here: Known, other: Places, marks: dict[int, str], menu: str, limit: int
) -> tuple[list[_Shown], int]:
    """The first of each menu, marked ones behind; and how many unmarked ones there are in all."""
    ranked: list[_Shown] = []
    apart: list[_Shown] = []
    total, seen = 0, Counter[tuple[str, bool]]()
    for at, place in enumerate(other.tolist()):
        entry = here.entries[place]
        menus = menus_of(entry.vocabulary, entry.kind, entry.id)
        if menu and menu not in menus:
            continue
        mark = marks.get(place, "")
        total += not mark
        stands = menu or menus[0], bool(mark)
        if seen[stands] < limit:
            seen[stands] += 1
            (apart if mark else ranked).append(_Shown(at, mark))
    return ranked + apart, total


def _rows(
    here: Known,
    left: Filtered,
    mine: Associations,
    place: int,
    other: Places,
    shown: Sequence[_Shown],
) -> tuple[Related, ...]:
    if not shown:
        return ()
    chosen = mine.take(np.array([each.at for each in shown], np.int64))
    expected, cosine, phi = chosen.expected(), chosen.cosine(), chosen.phi()
    centre, (low, high) = chosen.component(), chosen.limits()
    both = _Both(here, left, place)
    rows = []
    for row, each in enumerate(shown):
        at = int(other[each.at])
        studies, repeats = both.with_term(at)
        rows.append(
            Related(
                term=reference_of(here.entries[at]),
                n_ab=int(chosen.together[row]),
                n_a=int(chosen.counts[place]),
                n_b=int(chosen.counts[at]),
                n=chosen.documents,
                expected=float(expected[row]),
                cosine=float(cosine[row]),
                phi=None if math.isnan(phi[row]) else float(phi[row]),
                ic=float(centre[row]),
                ic025=float(low[row]),
                ic975=float(high[row]),
                p=float(chosen.p[row]),
                q=float(chosen.q[row]),
                mark=each.mark,
                studies=studies,
                repeats=repeats,
            )
        )
    return tuple(rows)


class _Both:
    """The studies that have one term, by each of their other terms."""

    def __init__(self, here: Known, left: Filtered, place: int) -> None:
        self._names = here.mentioned.studies
        self._of = [
            (left.studies[having], matrix[having].tocsc())
            for matrix in (left.found, left.every)
            for having in (_having(matrix, place),)
        ]

    def with_term(self, other: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those that count, and those that repeat one for either term; both by id."""
        counted, every = (
            {
                self._names[study]
                for study in studies[
                    columns.indices[columns.indptr[other] : columns.indptr[other + 1]]
                ].tolist()
            }
            for studies, columns in self._of
        )
        return tuple(sorted(counted)), tuple(sorted(every - counted))


def _having(matrix: csr_array, column: int) -> Places:
    """The rows that have a column."""
    entries = np.flatnonzero(matrix.indices == column)
    return np.asarray(np.searchsorted(matrix.indptr, entries, "right") - 1, np.int64)


def _notes(left: Filtered, support: int, all_pairs: bool) -> tuple[str, ...]:
    notes = []
    if left.merged:
        notes.append(
            f"{left.merged:,} studies repeat an earlier one of the same sponsor in nearly all "
            "terms: a term that both have counts once"
        )
    if left.undated:
        notes.append(
            f"{left.undated:,} studies are left out because no day is known on which they "
            "began or were registered"
        )
    if all_pairs and support > 1:
        notes.append(
            f"rows of fewer than {support} studies with both terms were not tested: q is 1"
        )
    return tuple(notes)
