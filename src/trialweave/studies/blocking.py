"""Which pairs of records are worth comparing: those that share something telling.

Never all pairs: each record has a bounded number of keys, each key joins a bounded number of
records, and of each record's partners only those with the most keys in common are kept. Work and
memory grow linearly with the number of records. Keys are numbers that another process, and
another day, gives as well, so that those of records that have not changed can be kept.
"""

from __future__ import annotations

import functools
import itertools
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile

__all__ = ["MARK", "Keys", "candidate_pairs", "keys_of"]

_BLOCK: Final = 30  # a key that joins more records than this joins nothing
_SINGLE: Final = 8  # rare words that are keys by themselves
_COMBINED: Final = 10  # words that are keys two by two
_INSTITUTIONS: Final = 4  # words of institutions' names that are keys with others
_PARTNERS: Final = 30
_AT_ONCE: Final = 1_000_000  # pairs of a record and a member of one of its blocks

Ints: TypeAlias = npt.NDArray[np.signedinteger]


MARK: Final = hash((1, 2))
"""Changes with the interpreter's way to hash numbers, on which keys depend."""


@dataclass(frozen=True)
class Keys:
    """The keys of all records with their say: how much sharing one speaks for looking closer.

    Three arrays of one length, record by record: the record's position, the key, its say.
    """

    records: Ints
    keys: Ints
    says: Ints


@functools.lru_cache(maxsize=1 << 17)
def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=7).digest())


def _key(kind: str, *parts: str) -> int:
    return hash((_number(kind), *map(_number, parts)))


def _keys(each: Profile, corpus: Corpus) -> Iterable[tuple[int, int]]:
    ranked = sorted(each.bag, key=lambda word: (-corpus.bits(word), word))
    for word in ranked[:_SINGLE]:
        yield _key("word", word), 2
    telling = [word for word in ranked if corpus.word.get(word, 0) > 1][:_COMBINED]
    for one, other in itertools.combinations(sorted(telling), 2):
        yield _key("words", one, other), 2
    # Names of products may be long lists in which the words of the title are lost.
    heading = frozenset().union(*each.titles)
    entitled = [word for word in ranked if word in heading and corpus.word.get(word, 0) > 1]
    for one, other in itertools.combinations(sorted(entitled[:_COMBINED]), 2):
        yield _key("words", one, other), 2
    for title in each.titles:
        if len(title) > 2:
            yield _key("title", *sorted(title)), 4
    for name in sorted(each.acronyms)[:3]:
        yield _key("acronym", name), 4
    institutions = sorted(each.sponsor, key=lambda word: (-corpus.sponsor_bits(word), word))
    for word in institutions[:_INSTITUTIONS]:
        for said in telling[:4]:
            yield _key("sponsor", word, said), 2
    for one, other in itertools.combinations(sorted(institutions[:_INSTITUTIONS]), 2):
        yield _key("sponsors", one, other), 1
    for known in each.sizes:
        yield _key("size", str(known.n)), 1
        for code in sorted(each.countries)[:3]:
            yield _key("size in", str(known.n), code), 1
        for word in telling[:4]:
            yield _key("size of", str(known.n), word), 2
    if each.start is not None:
        for code in sorted(each.countries)[:3]:
            yield _key("start", str(each.start), code), 1
    identity = each.identity
    numbers = [number for number, _ in identity.articles]
    numbers += [cited.identifier for cited in identity.cited[:100]]
    numbers += [] if identity.own is None else [identity.own]
    numbers += [named.identifier for named in identity.named]
    for number in numbers:
        yield _key("number", str(number)), 20
    for code in identity.codes:
        yield _key("code", code), 20


def keys_of(profiles: Iterable[Profile], corpus: Corpus) -> Keys:
    """The keys of records; their positions are those in `profiles`."""
    records, keys, says = array("i"), array("q"), array("b")
    for at, each in enumerate(profiles):
        own = dict(_keys(each, corpus))
        records.extend([at] * len(own))
        keys.extend(own)
        says.extend(own.values())
    return Keys(np.asarray(records), np.asarray(keys), np.asarray(says))


def candidate_pairs(held: Keys, count: int, fresh: Ints | None = None) -> Ints:
    """Pairs of positions of `count` records: an array of two columns, the smaller first, in order.

    With `fresh`, positions of some records, only the pairs that these choose.
    """
    records, keys, says = held.records, held.keys, held.says
    if fresh is not None:
        chosen = np.zeros(count, bool)
        chosen[fresh] = True
        wanted = np.unique(keys[chosen[records]])
        here = _within(keys, wanted)
        records, keys, says = records[here], keys[here], says[here]
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
    if fresh is not None:
        choosing = chosen[records]
        records, block, says = records[choosing], block[choosing], says[choosing]
    found = [
        _partners(records[part], block[part], says[part], members, starts, count)
        for part in _slices(records, sizes[block])
    ]
    codes = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return np.stack(np.divmod(codes, max(count, 1)), axis=1)


def _within(values: Ints, wanted: Ints) -> npt.NDArray[np.bool_]:
    """Which values are among the `wanted`, which are sorted."""
    if not len(wanted):
        return np.zeros(len(values), bool)
    at = np.minimum(np.searchsorted(wanted, values), len(wanted) - 1)
    return np.equal(wanted[at], values)


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
