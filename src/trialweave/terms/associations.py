"""Which terms occur together in records more often than their frequencies explain.

In goes which document has which term; out come, for every pair of terms with enough support, the
counts, the expected count, two measures of likeness for display, the information component with
its interval for ranking, and a P value with its false discovery rate over all pairs that could
have been. The expected count is corrected for the length of records: long records alone make any
two terms meet. Nothing here reads a text or a vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, csr_array
from scipy.special import gammainc, gammaincinv

from trialweave.stats.discovery import discovery_rates

__all__ = [
    "Associations",
    "History",
    "ancestor_pairs",
    "associate",
    "history",
    "incidence",
    "length_correction",
    "once",
    "shared_documents",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WORK: Final = 30_000_000  # products of entries at a time, which bounds the memory of a block


@dataclass(frozen=True, eq=False)
class Associations:
    """Pairs of terms, the highest lower limit of the information component first.

    `a < b` are columns of the incidence; `together` is the number of documents with both, `p` the
    upper Poisson tail at the expected count, `q` the false discovery rate at which the pair would
    be found, `related` whether the pair was named as related beforehand. `counts` has the documents
    of every term, `documents` is how many documents the filter left, `possible` how many pairs were
    tested in principle, `kappa` the correction for length. The methods give one number for every
    pair.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    together: NDArray[np.int32]
    p: Floats
    q: Floats
    related: NDArray[np.bool_]
    counts: Ints
    documents: int
    possible: int
    kappa: float

    def __len__(self) -> int:
        return len(self.a)

    def expected(self) -> Floats:
        """The count expected of independent terms: κ·n_a·n_b/N, never above the rarer's count."""
        return _expected(self.counts[self.a], self.counts[self.b], self.documents, self.kappa)

    def cosine(self) -> Floats:
        """n_ab/√(n_a·n_b) (Ochiai)."""
        product = self.counts[self.a].astype(float) * self.counts[self.b]
        return np.asarray(self.together / np.sqrt(product), float)

    def phi(self) -> Floats:
        """The correlation of the two columns; NaN where a term is in every document."""
        first = self.counts[self.a].astype(float)
        second, size = self.counts[self.b].astype(float), float(self.documents)
        spread = np.sqrt(first * (size - first)) * np.sqrt(second * (size - second))
        shared = size * self.together - first * second
        blank = np.full(len(self), np.nan)
        return np.asarray(np.divide(shared, spread, out=blank, where=spread > 0), float)

    def component(self) -> Floats:
        """The information component, log2((n_ab + ½)/(E + ½)); 0 where nothing is known.

        Norén, Hopstadius, Bate, Stat Methods Med Res 2013;22:57-69.
        """
        return _component(self.together, self.expected())

    def limits(self) -> tuple[Floats, Floats]:
        """Lower and upper 95% limits of the information component (IC025 and IC975).

        Logarithms of the quantiles of a gamma law of shape n_ab + ½ and rate E + ½ (Norén and
        others 2013).
        """
        return _limits(self.together, self.expected())

    def take(self, chosen: NDArray[Any] | slice) -> Associations:
        """Some of the pairs, by index or mask; their `q` stays that of all."""
        return replace(
            self,
            a=self.a[chosen],
            b=self.b[chosen],
            together=self.together[chosen],
            p=self.p[chosen],
            q=self.q[chosen],
            related=self.related[chosen],
        )

    def of(self, term: int) -> Associations:
        """The pairs of one term, in the same order."""
        return self.take((self.a == term) | (self.b == term))


class History(NamedTuple):
    """Counts of pairs of terms up to and with each date; the last axis is `dates`.

    `undated` documents are in no count.
    """

    dates: NDArray[Any]
    together: Ints  # (pairs, dates)
    first: Ints
    second: Ints
    documents: Ints  # (dates,)
    kappa: Floats
    undated: int

    def component(self) -> Floats:
        """The information component at each date."""
        return _component(self.together, self._expected())

    def limits(self) -> tuple[Floats, Floats]:
        """Its lower and upper 95% limits at each date."""
        return _limits(self.together, self._expected())

    def _expected(self) -> Floats:
        return _expected(self.first, self.second, self.documents, self.kappa)


def incidence(documents: ArrayLike, terms: ArrayLike, shape: tuple[int, int]) -> csr_array:
    """Documents by terms, out of one entry for each mention; a term counts once in a document.

    Raises ValueError where the two differ in length or an index lies outside the shape.
    """
    rows, columns = np.asarray(documents, np.int64), np.asarray(terms, np.int64)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError("documents and terms must be two vectors of one length")
    for index, size, name in ((rows, shape[0], "document"), (columns, shape[1], "term")):
        if index.size and not (index.min() >= 0 and index.max() < size):
            raise ValueError(f"a {name} lies outside the shape {shape}")
    found = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    found.sum_duplicates()
    found.data[:] = 1
    return found


def once(found: csr_array, groups: ArrayLike) -> csr_array:
    """Documents of one group as one, with the terms of any: near-identical protocols count once.

    `groups` has a whole number for each document; rows come in the order of those numbers.
    """
    labels, group = np.unique(np.asarray(groups), return_inverse=True)
    if group.shape != (found.shape[0],):
        raise ValueError("groups must have one number for each document")
    entries = found.tocoo()
    return incidence(group[entries.row], entries.col, (len(labels), found.shape[1]))


def length_correction(found: csr_array) -> float:
    """κ = N·ΣL²/(ΣL)² with L the number of terms of a document; 1 where all are equally long.

    Where a document's chance of each term is in proportion to its length, the expected number of
    documents with both of two independent terms is κ·n_a·n_b/N (the sum over documents of the
    product of the two chances; Chung, Lu, Ann Comb 2002;6:125-145, for such graphs). NaN where no
    document has a term.
    """
    lengths = np.diff(found.indptr).astype(float)
    total = lengths.sum()
    return float(len(lengths) * (lengths @ lengths) / total**2) if total else float("nan")


def associate(
    found: csr_array,
    *,
    documents: ArrayLike | None = None,
    terms: ArrayLike | None = None,
    support: int = 5,
    related: ArrayLike | None = None,
    corrected: bool = True,
) -> Associations:
    """Every pair of terms that `support` documents or more share, tested and ranked.

    `found` is `incidence`'s; `documents` and `terms` are masks of what counts (a filter, a
    vocabulary). `related` are pairs of columns that belong together by definition (an ancestor,
    the same thing in another vocabulary), (k, 2): they are marked, not left out. P is the chance of
    as many shared documents or more under a Poisson law with the expected count (0 if it is below
    what a float can hold); q is after
    Benjamini and Hochberg (J R Stat Soc B 1995;57:289-300) with every pair of terms that occur
    counted as a test, those below the support as if their P were 1, so that a threshold of support
    buys nothing. `corrected=False` leaves the length of records out of account; it exists to show
    what that does. Raises ValueError for masks of the wrong length or a support below 1.
    """
    if support < 1:
        raise ValueError("support must be 1 or more")
    chosen = _filtered(found, documents, terms)
    counts = np.bincount(chosen.indices, minlength=found.shape[1]).astype(np.int64)
    kappa = length_correction(chosen) if corrected else 1.0
    a, b, together = _pairs(chosen, counts, support)
    size, present = chosen.shape[0], int(np.count_nonzero(counts))
    possible = present * (present - 1) // 2
    expected = _expected(counts[a], counts[b], size, kappa)
    p = gammainc(together, expected)
    q = discovery_rates(p, possible)
    lower = _limits(together, expected)[0]
    order = np.lexsort((b, a, -lower))
    marked = _marked(a, b, found.shape[1], related)
    found_pairs = Associations(a, b, together, p, q, marked, counts, size, possible, kappa)
    return found_pairs.take(order)


def shared_documents(
    found: csr_array, a: int, b: int, documents: ArrayLike | None = None
) -> NDArray[np.int64]:
    """The rows that have both terms: exactly those that `together` counts under the same filter."""
    both = np.intersect1d(_rows_of(found, a), _rows_of(found, b))
    if documents is not None:
        both = both[_mask(documents, found.shape[0], "documents")[both]]
    return np.asarray(both, np.int64)


def history(found: csr_array, dates: ArrayLike, pairs: ArrayLike) -> History:
    """The counts of pairs of terms, (k, 2), up to each date that a document has.

    `dates` is one datetime64 for each document, NaT where it is unknown.
    """
    when = np.asarray(dates, "datetime64[D]")
    if when.shape != (found.shape[0],):
        raise ValueError("dates must have one date for each document")
    wanted = np.asarray(pairs, np.int64).reshape(-1, 2)
    known = ~np.isnat(when)
    steps = np.unique(when[known])
    lengths = np.diff(found.indptr).astype(float)

    def until(rows: NDArray[np.int64]) -> Ints:
        inside = np.sort(when[rows[known[rows]]])
        return np.asarray(np.searchsorted(inside, steps, side="right"), np.int64)

    every = np.flatnonzero(known)
    order = every[np.argsort(when[every], kind="stable")]
    total = np.concatenate([[0.0], np.cumsum(lengths[order])])
    squares = np.concatenate([[0.0], np.cumsum(lengths[order] ** 2)])
    size = until(every)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = size * squares[size] / total[size] ** 2
    rows = {int(term): _rows_of(found, int(term)) for term in np.unique(wanted)}
    shape = (len(wanted), len(steps))
    together, first, second = (np.zeros(shape, np.int64) for _ in range(3))
    for at, (a, b) in enumerate(wanted.tolist()):
        together[at] = until(np.intersect1d(rows[a], rows[b]))
        first[at], second[at] = until(rows[a]), until(rows[b])
    return History(steps, together, first, second, size, kappa, int(np.count_nonzero(~known)))


def ancestor_pairs(parents: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Every (term, ancestor) of a vocabulary, by the parents of each term; (k, 2).

    A term is no ancestor of its own, even where the tree has a cycle.
    """
    pairs: list[tuple[int, int]] = []
    for term, nearest in enumerate(parents):
        seen: set[int] = set()
        waiting = list(nearest)
        while waiting:
            above = waiting.pop()
            if above not in seen and above != term:
                seen.add(above)
                waiting.extend(parents[above])
        pairs.extend((term, above) for above in sorted(seen))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _mask(mask: ArrayLike, length: int, name: str) -> NDArray[np.bool_]:
    given = np.asarray(mask)
    if given.shape != (length,) or given.dtype != np.bool_:
        raise ValueError(f"{name} must be a mask of {length} truth values")
    return given


def _filtered(found: csr_array, documents: ArrayLike | None, terms: ArrayLike | None) -> csr_array:
    """The chosen rows, with the entries of the chosen columns; columns keep their numbers."""
    if documents is not None:
        found = found[np.flatnonzero(_mask(documents, found.shape[0], "documents"))]
    if terms is None:
        return found
    kept = _mask(terms, found.shape[1], "terms")[found.indices]
    before = np.concatenate([[0], np.cumsum(kept)])[found.indptr].astype(found.indptr.dtype)
    return csr_array((found.data[kept], found.indices[kept], before), shape=found.shape)


def _rows_of(found: csr_array, term: int) -> NDArray[np.int64]:
    if not 0 <= term < found.shape[1]:
        raise ValueError(f"there is no term {term}")
    entries = np.flatnonzero(found.indices == term)
    return np.asarray(np.searchsorted(found.indptr, entries, side="right") - 1, np.int64)


def _pairs(
    found: csr_array, counts: Ints, support: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """The pairs of columns that share `support` rows or more, `a < b`, and how many they share.

    Terms below the support cannot take part. The others stand the most frequent first; each block
    of them meets only itself and what comes behind, which halves the work.
    """
    order = np.argsort(-counts, kind="stable")[: int(np.count_nonzero(counts >= support))]
    columns: csc_array = found.tocsc()[:, order]
    columns.data = np.ones(columns.nnz, np.int32)
    lengths = np.bincount(columns.indices, minlength=found.shape[0])
    blocks = [_block(columns, *span, support) for span in _spans(columns, lengths)]
    if not blocks:
        none = np.empty(0, np.int32)
        return none, none, none
    first, second, together = (np.concatenate(part) for part in zip(*blocks, strict=True))
    names = order.astype(np.int32)
    one, other = names[first], names[second]
    return np.minimum(one, other), np.maximum(one, other), together


def _spans(columns: csc_array, lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of columns whose products with all others stay below a bound, or single columns."""
    work = np.concatenate([[0], np.cumsum(lengths[columns.indices])])[columns.indptr]
    start = 0
    while start < columns.shape[1]:
        end = int(np.searchsorted(work, work[start] + _WORK, side="right")) - 1
        end = max(end, start + 1)
        yield start, end
        start = end


def _block(
    columns: csc_array, start: int, end: int, support: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    behind = columns[:, start:].tocsr()
    product = (columns[:, start:end].T.tocsr() @ behind).tocsr()
    kept = np.flatnonzero(product.data >= support)
    first = np.searchsorted(product.indptr, kept, side="right").astype(np.int32) - 1
    second = product.indices[kept]
    above = second > first
    shift = np.int32(start)
    return first[above] + shift, second[above] + shift, product.data[kept[above]]


def _expected(first: Ints, second: Ints, size: int | Ints, kappa: float | Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = kappa * (first.astype(float) * second / size)
    return np.minimum(expected, np.minimum(first, second))


def _component(together: NDArray[Any], expected: Floats) -> Floats:
    component: Floats = np.log2((together + 0.5) / (expected + 0.5))
    return component


def _limits(together: NDArray[Any], expected: Floats) -> tuple[Floats, Floats]:
    """Exact quantiles of the gamma posterior, computed once for each count that occurs.

    The closed approximations in use for them are up to 0.05 too low.
    """
    counts = np.flatnonzero(np.bincount(together.ravel()))
    base, last = np.log2(expected + 0.5), counts.max(initial=0)
    limits = []
    for share in (0.025, 0.975):
        quantile = np.full(last + 1, np.nan)
        quantile[counts] = np.log2(gammaincinv(counts + 0.5, share))
        limits.append(quantile[together] - base)
    return limits[0], limits[1]


def _marked(
    a: NDArray[np.int32], b: NDArray[np.int32], terms: int, related: ArrayLike | None
) -> NDArray[np.bool_]:
    if related is None:
        return np.zeros(len(a), np.bool_)
    named = np.sort(np.asarray(related, np.int64).reshape(-1, 2), axis=1)
    marked: NDArray[np.bool_] = np.isin(
        a.astype(np.int64) * terms + b, named[:, 0] * terms + named[:, 1]
    )
    return marked
