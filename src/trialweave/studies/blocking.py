"""Which pairs of records are worth comparing: those that share something telling.

Never all pairs: each record has a bounded number of keys, each key joins a bounded number of
records, and of each record's partners only those with the most keys in common are kept. Work and
memory grow linearly with the number of records.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile

__all__ = ["candidate_pairs"]

_BLOCK: Final = 30  # a key that joins more records than this joins nothing
_SINGLE: Final = 8  # rare words that are keys by themselves
_COMBINED: Final = 10  # words that are keys two by two
_INSTITUTIONS: Final = 4  # words of institutions' names that are keys with others
_PARTNERS: Final = 30
_AT_ONCE: Final = 2_000_000  # pairs of a record and a member of one of its blocks

Ints: TypeAlias = npt.NDArray[np.signedinteger]


def _keys(each: Profile, corpus: Corpus) -> Iterable[tuple[Hashable, int]]:
    """Keys with their say: how much sharing one speaks for looking closer."""
    ranked = sorted(each.bag, key=lambda word: (-corpus.bits(word), word))
    for word in ranked[:_SINGLE]:
        yield ("word", word), 2
    telling = [word for word in ranked if corpus.word[word] > 1][:_COMBINED]
    for pair in itertools.combinations(sorted(telling), 2):
        yield ("words", pair), 2
    # Names of products may be long lists in which the words of the title are lost.
    heading = frozenset().union(*each.titles)
    entitled = [word for word in ranked if word in heading and corpus.word[word] > 1]
    for pair in itertools.combinations(sorted(entitled[:_COMBINED]), 2):
        yield ("words", pair), 2
    for title in each.titles:
        if len(title) > 2:
            yield ("title", title), 4
    for name in sorted(each.acronyms)[:3]:
        yield ("acronym", name), 4
    institutions = sorted(each.sponsor, key=lambda word: (-corpus.sponsor_bits(word), word))
    for word in institutions[:_INSTITUTIONS]:
        for said in telling[:4]:
            yield ("sponsor", word, said), 2
    for pair in itertools.combinations(sorted(institutions[:_INSTITUTIONS]), 2):
        yield ("sponsors", pair), 1
    for known in each.sizes:
        yield ("size", known.n), 1
        for code in sorted(each.countries)[:3]:
            yield ("size", known.n, code), 1
        for word in telling[:4]:
            yield ("size", known.n, word), 2
    if each.start is not None:
        for code in sorted(each.countries)[:3]:
            yield ("start", str(each.start), code), 1
    identity = each.identity
    for number, _ in identity.articles:
        yield ("number", str(number)), 20
    for cited in identity.cited[:100]:
        yield ("number", str(cited.identifier)), 20
    if identity.own is not None:
        yield ("number", str(identity.own)), 20
    for named in identity.named:
        yield ("number", str(named.identifier)), 20
    for code in identity.codes:
        yield ("code", code), 20


def candidate_pairs(profiles: Sequence[Profile], corpus: Corpus) -> Ints:
    """Pairs of positions in `profiles` as an array of two columns, the smaller first, in order."""
    records, keys, says = _entries(profiles, corpus)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    opens = np.append(True, keys[1:] != keys[:-1]) if len(keys) else np.zeros(0, bool)
    del keys
    sizes = np.diff(np.append(np.flatnonzero(opens), len(order)))
    shared = (sizes > 1) & (sizes <= _BLOCK)
    order = order[np.repeat(shared, sizes)]  # block by block
    sizes = sizes[shared]
    starts = np.append(0, np.cumsum(sizes))
    members = records[order]
    block = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    back = np.argsort(order, kind="stable")  # record by record again
    records, block, says = members[back], block[back], says[order][back]
    found = [
        _partners(records[part], block[part], says[part], members, starts, len(profiles))
        for part in _slices(records, sizes[block])
    ]
    codes = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return np.stack(np.divmod(codes, max(len(profiles), 1)), axis=1)


def _entries(profiles: Sequence[Profile], corpus: Corpus) -> tuple[Ints, Ints, Ints]:
    """Every record with its keys and their say, record by record; keys as hashes of 64 bits."""
    records, keys, says = array("i"), array("q"), array("b")
    for at, each in enumerate(profiles):
        own = dict(_keys(each, corpus))
        records.extend([at] * len(own))
        keys.extend(map(hash, own))
        says.extend(own.values())
    return np.asarray(records), np.asarray(keys), np.asarray(says)


def _slices(records: Ints, sizes: Ints) -> Iterator[slice]:
    """Whole records at a time, so that their blocks together hold some million members."""
    if not len(records):
        return
    ends = np.flatnonzero(np.append(records[1:] != records[:-1], True)) + 1
    reached = np.cumsum(sizes)
    start = before = 0
    for end in ends.tolist():
        total = int(reached[end - 1])
        if total - before >= _AT_ONCE or end == len(records):
            yield slice(start, end)
            start, before = end, total


def _partners(
    records: Ints, block: Ints, says: Ints, members: Ints, starts: Ints, count: int
) -> Ints:
    """The best partners of some records, each pair as first × count + second."""
    sizes = starts[block + 1] - starts[block]
    inside = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    others = members[np.repeat(starts[block], sizes) + inside]
    own = np.repeat(records.astype(np.int64), sizes)
    apart = own != others
    codes, inverse = np.unique(own[apart] * count + others[apart], return_inverse=True)
    say = np.bincount(inverse, np.repeat(says, sizes)[apart]).astype(np.int64)
    first, second = np.divmod(codes, count)
    order = np.lexsort((second, -say, first))
    first, second, say = first[order], second[order], say[order]
    rank = np.arange(len(first)) - np.searchsorted(first, first)
    kept = (rank < _PARTNERS) & (say > 1)
    first, second = first[kept], second[kept]
    return np.minimum(first, second) * count + np.maximum(first, second)
