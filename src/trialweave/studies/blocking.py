"""Which pairs of records are worth comparing: those that share something telling.

Never all pairs: each record has a bounded number of keys, each key joins a bounded number of
records, and of each record's partners only those with the most keys in common are kept. Work and
memory grow linearly with the number of records.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile

__all__ = ["candidate_pairs"]

_BLOCK: Final = 30  # a key that joins more records than this joins nothing
_SINGLE: Final = 8  # rare words that are keys by themselves
_COMBINED: Final = 10  # words that are keys two by two
_PARTNERS: Final = 30


def _keys(each: Profile, corpus: Corpus) -> Iterable[tuple[Hashable, int]]:
    """Keys with their say: how much sharing one speaks for looking closer."""
    ranked = sorted(each.bag, key=lambda word: (-corpus.bits(word), word))
    for word in ranked[:_SINGLE]:
        yield ("word", word), 2
    telling = [word for word in ranked if corpus.word[word] > 1][:_COMBINED]
    for pair in itertools.combinations(sorted(telling), 2):
        yield ("words", pair), 2
    for title in each.titles:
        if len(title) > 2:
            yield ("title", title), 4
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


def candidate_pairs(profiles: Sequence[Profile], corpus: Corpus) -> list[tuple[int, int]]:
    """Pairs of positions in `profiles`, the smaller first, in order."""
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    says: list[dict[Hashable, int]] = []
    for at, each in enumerate(profiles):
        keys = dict(_keys(each, corpus))
        says.append(keys)
        for key in keys:
            blocks[key].append(at)
    pairs: set[tuple[int, int]] = set()
    for at, keys in enumerate(says):
        partners: Counter[int] = Counter()
        for key, say in keys.items():
            block = blocks[key]
            if 1 < len(block) <= _BLOCK:
                for other in block:
                    partners[other] += say
        del partners[at]
        best = sorted(partners.items(), key=lambda item: (-item[1], item[0]))[:_PARTNERS]
        pairs.update((min(at, other), max(at, other)) for other, say in best if say > 1)
    return sorted(pairs)
