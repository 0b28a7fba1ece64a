"""Which studies share marks of their sketches: an inverted index in arrays, without pairs of all.

Marks that many studies have are templates, and make no pairs. Time and memory grow with the marks,
not with their square: a mark makes at most `COMMON`² / 2 pairs, the rarest marks come first, and
no more pairs are made than `_BUDGET` a study.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.studies._sketch import Marks

__all__ = ["COMMON", "Gathered", "Pair", "Shared", "sharing"]

COMMON: Final = 10
"""What stands in more studies than these is a template, or common knowledge, and not counted."""
_BUDGET: Final = 200  # pairs a study
_PARTNERS: Final = 20  # of one study that are looked at, those that share most
_SLICES: Final = 16

_Owners = npt.NDArray[np.int64]


class Pair(NamedTuple):
    """Two studies by their places, the first smaller, and how many marks they share."""

    a: int
    b: int
    marks: int


class Shared(NamedTuple):
    """Pairs in their order, and the marks that more than `COMMON` studies have, rising."""

    pairs: Sequence[Pair]
    common: Marks


def sharing(marks: Marks, owners: _Owners, *, least: int) -> Shared:
    """The pairs of studies that share at least `least` marks; `owners` has the study of each."""
    studies = int(owners.max()) + 1 if len(owners) else 0
    by_size: dict[int, list[npt.NDArray[np.int64]]] = {}
    common: list[Marks] = []
    slices = (marks >> np.uint64(60)).astype(np.uint8)
    for at in range(_SLICES):  # a slice at a time, so that little is sorted at once
        here = slices == at
        held, of = marks[here], owners[here]
        order = np.lexsort((of, held))
        held, of = held[order], of[order]
        new = np.ones(len(held), bool)
        new[1:] = (held[1:] != held[:-1]) | (of[1:] != of[:-1])  # once a study
        held, of = held[new], of[new]
        starts = np.flatnonzero(np.concatenate(([True], held[1:] != held[:-1])))[: len(held)]
        sizes = np.diff(np.append(starts, len(held)))
        common.append(held[starts[sizes > COMMON]])
        for size in range(2, COMMON + 1):
            groups = starts[sizes == size]
            if len(groups):
                by_size.setdefault(size, []).append(of[groups[:, None] + np.arange(size)])
    found = _counted(by_size, studies)
    return Shared(_best(found, least, studies), np.concatenate([*common, np.empty(0, np.uint64)]))


def _counted(
    by_size: dict[int, list[npt.NDArray[np.int64]]], studies: int
) -> tuple[_Owners, npt.NDArray[np.int64]]:
    """Each pair as one number, and how many marks it shares; the rarest marks first."""
    budget = _BUDGET * studies
    keys: list[npt.NDArray[np.int64]] = []
    for size in sorted(by_size):
        groups = np.concatenate(by_size[size])
        left, right = np.triu_indices(size, 1)
        groups = groups[: budget // len(left)]
        budget -= len(groups) * len(left)
        keys.append((groups[:, left] * studies + groups[:, right]).ravel())
    if not keys:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    made, counts = np.unique(np.concatenate(keys), return_counts=True)
    return made, counts


def _best(
    found: tuple[_Owners, npt.NDArray[np.int64]], least: int, studies: int
) -> tuple[Pair, ...]:
    keys, counts = found
    enough = counts >= least
    keys, counts = keys[enough], counts[enough]
    met: dict[int, int] = {}
    kept: list[Pair] = []
    for at in np.lexsort((keys, -counts)):
        a, b = divmod(int(keys[at]), studies)
        if max(met.get(a, 0), met.get(b, 0)) < _PARTNERS:
            met[a], met[b] = met.get(a, 0) + 1, met.get(b, 0) + 1
            kept.append(Pair(a, b, int(counts[at])))
    return tuple(sorted(kept))


class Gathered:
    """Marks of many records one after the other, in little more memory than they take."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._owners: list[int] = []
        self._ends: list[int] = [0]

    def add(self, owner: int, marks: Marks) -> None:
        """The marks of one more record, and the place of its study."""
        self._held += marks.astype("<u8", copy=False).tobytes()
        self._owners.append(owner)
        self._ends.append(self._ends[-1] + len(marks))

    def shared(self, least: int) -> Shared:
        """See `sharing`."""
        return sharing(self._marks(), self._owner_of_each(), least=least)

    def having(self, marks: Marks) -> set[int]:
        """The studies that have any of the marks."""
        if not len(marks):
            return set()
        return set(self._owner_of_each()[np.isin(self._marks(), marks)].tolist())

    def of(self, record: int) -> Marks:
        """The marks of one record, by its place among those added."""
        return self._marks()[self._ends[record] : self._ends[record + 1]]

    def _owner_of_each(self) -> _Owners:
        return np.repeat(np.array(self._owners, np.int64), np.diff(self._ends))

    def _marks(self) -> Marks:
        return np.frombuffer(self._held, "<u8").astype(np.uint64, copy=False)
