"""The tree of a release, which is a graph: a term may have several broader ones.

Arrays hold it, so that a query walks whole levels at once. Nothing here loops where the release
has a cycle: each term is met once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from trialweave.terms.term import Term

__all__ = ["Tree", "tree"]

Places: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tree:
    """Broader and narrower terms by place in `ids`; made by `tree`.

    `starts[i]:starts[i + 1]` of `above` are the broader terms of term i; `begins` and `below` say
    the same downwards. `unknown` are parents that the release does not hold: (term, parent).
    """

    ids: tuple[str, ...]
    index: dict[str, int]
    starts: Places
    above: Places
    begins: Places
    below: Places
    unknown: tuple[tuple[str, str], ...]

    def ancestors(self, identifier: str) -> tuple[str, ...]:
        """All broader terms, nearest first; () for one that is not in the tree.

        A term inside a cycle is no ancestor of itself.
        """
        return self._walk(identifier, self.starts, self.above)

    def descendants(self, identifier: str) -> tuple[str, ...]:
        """All narrower terms, nearest first, without the term itself."""
        return self._walk(identifier, self.begins, self.below)

    def explode(self, identifiers: Iterable[str]) -> frozenset[str]:
        """The terms themselves and all that are narrower than one of them."""
        found = [self.index[one] for one in identifiers if one in self.index]
        met = _reached(np.array(found, dtype=np.int64), self.begins, self.below)
        return frozenset(self.ids[place] for level in met for place in level)

    def depths(self) -> npt.NDArray[np.int32]:
        """Steps from the nearest term without a broader one, by place in `ids`.

        -1 where none is above: the members of a cycle that nothing leads into.
        """
        depths = np.full(len(self.ids), -1, dtype=np.int32)
        roots = np.flatnonzero(np.diff(self.starts) == 0)
        for depth, level in enumerate(_reached(roots, self.begins, self.below)):
            depths[level] = depth
        return depths

    def depth(self, identifier: str) -> int:
        """Steps from the nearest term without a broader one; -1 where there is none.

        Raises KeyError for a term that is not in the tree. For many terms take `depths`.
        """
        return int(self.depths()[self.index[identifier]])

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Terms that are broader than themselves: the members of each cycle, in the file's order.

        The strongly connected components of more than one term.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        count = len(self.ids)
        if not len(self.above):
            return ()
        graph = csr_array(
            (np.ones(len(self.above), dtype=np.int8), self.above, self.starts),
            shape=(count, count),
        )
        _, labels = connected_components(graph, directed=True, connection="strong")
        sizes = np.bincount(labels)
        groups: dict[int, list[str]] = {}
        for place in np.flatnonzero(sizes[labels] > 1):
            groups.setdefault(int(labels[place]), []).append(self.ids[place])
        return tuple(tuple(group) for group in groups.values())

    def _walk(self, identifier: str, starts: Places, neighbours: Places) -> tuple[str, ...]:
        place = self.index.get(identifier)
        if place is None:
            return ()
        levels = _reached(np.array([place], dtype=np.int64), starts, neighbours)
        return tuple(self.ids[one] for level in levels[1:] for one in level)


def tree(terms: Sequence[Term]) -> Tree:
    """The tree of some terms, O(terms + parents). Retired terms are in it, as the release has them.

    A parent that is named by a former id is the term which took it over.
    """
    ids = tuple(term.id for term in terms)
    index = {identifier: place for place, identifier in enumerate(ids)}
    moved = {former: place for place, term in enumerate(terms) for former in term.former}
    narrower: list[int] = []
    broader: list[int] = []
    unknown = []
    for place, term in enumerate(terms):
        for parent in term.parents:
            found = index.get(parent, moved.get(parent, -1))
            if found < 0:
                unknown.append((term.id, parent))
            elif found != place:
                narrower.append(place)
                broader.append(found)
    down, up = np.array(narrower, dtype=np.int64), np.array(broader, dtype=np.int64)
    starts, above = _rows(down, up, len(ids))
    begins, below = _rows(up, down, len(ids))
    return Tree(ids, index, starts, above, begins, below, tuple(unknown))


def _rows(sources: Places, targets: Places, count: int) -> tuple[Places, Places]:
    """Edges as compressed rows: where each source's targets start, and the targets."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=count), out=starts[1:])
    return starts, targets[np.argsort(sources, kind="stable")]


def _reached(begin: Places, starts: Places, neighbours: Places) -> list[Places]:
    """The places in reach, level by level, each once; the first level is `begin`."""
    met = np.zeros(len(starts) - 1, dtype=np.bool_)
    level = np.unique(begin)
    met[level] = True
    levels = []
    while len(level):
        levels.append(level)
        counts = starts[level + 1] - starts[level]
        ends = np.cumsum(counts)
        total = int(ends[-1])
        offsets = np.arange(total) - np.repeat(ends - counts, counts)
        found = np.unique(neighbours[np.repeat(starts[level], counts) + offsets])
        level = found[~met[found]]
        met[level] = True
    return levels
