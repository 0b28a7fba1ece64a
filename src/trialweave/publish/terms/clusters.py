"""Near-identical protocols of one sponsor, so that a template is not counted as many findings.

In go the terms of studies and the names of their sponsors; out comes which studies repeat which. A
study repeats another where both have the same primary sponsor and their sets of terms are nearly
equal. What it repeats is then counted once, by the earliest study that has it; a term that it has
alone counts still, so that no term is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from trialweave.publish.state import State
from trialweave.publish.terms.counted import mentioned
from trialweave.studies.facts import place_words
from trialweave.terms.normal import fold

__all__ = ["LIKENESS", "counted_once", "groups", "near_identical", "protocol_groups", "repeating"]

Places = npt.NDArray[np.int64]
LIKENESS: Final = 0.8
"""Terms in both of all terms in either (Jaccard) from which two protocols are nearly the same; what
was measured stands in docs/evaluation/terms.md."""
_FEWEST: Final = 10  # terms; of fewer, likeness says little
_AT_ONCE: Final = 1_000  # studies that are compared with all others at a time


def protocol_groups(state: State, order: Places) -> Places:
    """The group of each study, the place of its earliest; made once for each generation.

    `order` has the studies by their beginning. All standing mentions of a study make its set.
    """
    with _making:
        found = _made.get(state)
        if found is None:
            known = mentioned(state)
            found = groups(known.incidence(), known.about.sponsor, order)
            _made[state] = found
        return found


_made: WeakKeyDictionary[State, Places] = WeakKeyDictionary()
_making = threading.Lock()


def groups(found: csr_array, sponsors: Sequence[str], order: Places) -> Places:
    """For each row of `found` (studies by terms) the first in `order` that it repeats, or itself.

    Each joins the first that nothing before it resembles; so no chain of likenesses makes a group.
    Studies without a sponsor repeat none.
    """
    leader = np.arange(found.shape[0])
    near: dict[int, list[int]] = {}
    for one, other in near_identical(found, _owners(sponsors)).tolist():
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    met: set[int] = set()
    for study in order.tolist():
        if study in near and study not in met:
            mine = [other for other in near[study] if other not in met]
            leader[mine] = study
            met.update(mine, (study,))
    return leader


def near_identical(found: csr_array, owners: Places, least: float = LIKENESS) -> Places:
    """The pairs of rows of one owner whose sets are alike by `least` (Jaccard) or more; (k, 2).

    An owner below 0 is none. Two sets so alike share one of the |x| - ⌈least·|x|⌉ + 1 rarest
    members of each (Chaudhuri, Ganti, Kaushik, ICDE 2006), so that only such pairs are compared.
    """
    sizes = np.diff(found.indptr).astype(np.int64)
    several = np.bincount(owners[owners >= 0], minlength=1)[np.maximum(owners, 0)] > 1
    taking_part = (owners >= 0) & several & (sizes >= _FEWEST)
    rows = np.repeat(np.arange(found.shape[0]), sizes)
    kept = taking_part[rows]
    rows, columns = rows[kept], found.indices[kept].astype(np.int64)
    # A member counts within its owner: how many of the owner's studies have it.
    _, member, common = np.unique(
        owners[rows] * found.shape[1] + columns, return_inverse=True, return_counts=True
    )
    ordered = np.lexsort((member, common[member], rows))
    rows, member = rows[ordered], member[ordered]
    starts = np.searchsorted(rows, rows)
    length = sizes[rows] - np.ceil(least * sizes[rows] - 1e-9).astype(np.int64) + 1
    rare = (np.arange(len(rows)) - starts < length) & (common[member] > 1)
    shape = (found.shape[0], len(common))
    marks = coo_array((np.ones(rare.sum(), np.int32), (rows[rare], member[rare])), shape).tocsr()
    pairs = [_alike(found, sizes, each, least) for each in _candidates(marks)]
    return np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)


def _candidates(marks: csr_array) -> Iterator[Places]:
    """The pairs of rows that share a mark, the first smaller; some rows at a time."""
    others = marks.T.tocsr()
    having = np.flatnonzero(np.diff(marks.indptr))
    for start in range(0, len(having), _AT_ONCE):
        some = having[start : start + _AT_ONCE]
        shared = (marks[some] @ others).tocoo()
        one, other = some[shared.row], shared.col.astype(np.int64)
        yield np.stack([one, other], axis=1)[one < other]


def _alike(found: csr_array, sizes: Places, pairs: Places, least: float) -> Places:
    kept = []
    for start in range(0, len(pairs), 10 * _AT_ONCE):
        one, other = pairs[start : start + 10 * _AT_ONCE].T
        both = np.asarray(found[one].multiply(found[other]).sum(axis=1)).ravel()
        either = sizes[one] + sizes[other] - both
        kept.append(pairs[start : start + 10 * _AT_ONCE][both >= least * either - 1e-9])
    return np.concatenate(kept) if kept else pairs


def _owners(sponsors: Sequence[str]) -> Places:
    """A number for each sponsor, by the telling words of its name; -1 where none is stated."""
    of: dict[object, int] = {}
    found = np.full(len(sponsors), -1, np.int64)
    for study, name in enumerate(sponsors):
        form = frozenset(place_words(name, telling=True)) or " ".join(fold(name[:200]).split())
        if form:
            found[study] = of.setdefault(form, len(of))
    return found


def counted_once(found: csr_array, grouped: Places, rank: Places) -> csr_array:
    """Without the terms that a study of the same group and of a lower rank has, too.

    `grouped` and `rank` have a number for each row. Of each group each term is left once.
    """
    entries = found.tocoo()
    _, group, members = np.unique(grouped, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(members[group[entries.row]] > 1)
    row, column = entries.row[shared], entries.col[shared]
    order = np.lexsort((rank[row], column, group[row]))
    pair = group[row][order].astype(np.int64) * found.shape[1] + column[order]
    again = np.zeros(found.nnz, np.bool_)
    again[shared[order[1:]]] = pair[1:] == pair[:-1]
    starts = np.concatenate([[0], np.cumsum(~again)])[found.indptr]
    return csr_array((found.data[~again], found.indices[~again], starts), shape=found.shape)


def repeating(grouped: Places, rank: Places) -> npt.NDArray[np.bool_]:
    """Whether each study has one of a lower rank in its group."""
    order = np.lexsort((rank, grouped))
    found = np.zeros(len(grouped), np.bool_)
    found[order[1:]] = grouped[order[1:]] == grouped[order[:-1]]
    return found
