"""Of all names those that a corpus can have, in automata that find them.

A text can only have the names all of whose words it has, each beside the next. Word for word that
is looked up in the laid out names, which gives few thousand of half a million in a moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, permutations
from typing import Final, NamedTuple

import numpy as np

from trialweave.terms._arrays import Ints, Sequences
from trialweave.terms.automaton import Automaton, codes, numbers, unknown
from trialweave.terms.judging import NEVER
from trialweave.terms.lexicon import FILLERS, MOST_WORDS, Codes
from trialweave.terms.names import Laid
from trialweave.terms.normal import fold
from trialweave.terms.passage import BLOCK, ITEMS, Meetings, blocks, joins

__all__ = ["Engines", "Looked", "all_engines", "engines_for", "engines_of_words"]

_BITS: Final = 31  # no number of a word has more
_Rows = list[tuple[Ints, Ints]]
"""Numbers of words by the row, and the sequence that each row is of; a pair for each length."""


class Looked(NamedTuple):
    """An automaton, and the sequence of `Sequences` that each of its patterns stands for."""

    automaton: Automaton
    sequences: Ints

    @classmethod
    def of(cls, rows: _Rows, width: int) -> Looked:
        """An automaton that finds these rows, their words in codes of this width."""
        patterns: list[bytes] = []
        for some, _ in rows:
            joined, size = codes(some + 1, width).tobytes(), some.shape[1] * width
            patterns += [joined[i : i + size] for i in range(0, len(joined), size)]
        which = [np.zeros(0, np.int32), *(each for _, each in rows)]
        return cls(Automaton.of(patterns), np.concatenate(which).astype(np.int32))


class Engines(NamedTuple):
    """What finds names word by word, what finds descriptions in any order, and what can meet."""

    written: Looked
    reworded: Looked
    meetings: Meetings


def all_engines(laid: Laid) -> Engines:
    """Of all names that passages count as."""
    every = np.arange(len(laid.sequences), dtype=np.int64)
    described = np.arange(len(laid.descriptions), dtype=np.int64)
    return _engines(laid, _rows(laid.sequences, _believed(laid, every)), _orders(laid, described))


def engines_of_words(laid: Laid, texts: Iterable[str]) -> Engines:
    """Of the names whose words all occur in some texts, wherever they stand."""
    words = {word for text in texts for _, block in blocks(text) for word in fold(block).split()}
    some = laid.sequences.made_of(_known(laid.codes, words, laid.width))
    described = laid.descriptions.made_of(_known(laid.root_codes, words, laid.width))
    return _engines(laid, _rows(laid.sequences, _believed(laid, some)), _orders(laid, described))


class _Seen:
    """The different words of some texts, and which of them can follow one another in a name."""

    def __init__(self) -> None:
        self.words: list[Ints] = [np.zeros(0, np.int64)]
        self.pairs: list[Ints] = [np.zeros((0, 2), np.int64)]

    def add(self, found: Ints, pairs: Sequence[Ints]) -> None:
        """Take in the numbers of words, and pairs of them by the row."""
        self.words.append(np.unique(found))
        every = np.concatenate(pairs)
        one, other = np.divmod(np.unique((every[:, 0] << _BITS) + every[:, 1]), 1 << _BITS)
        self.pairs.append(np.stack((one, other), axis=1))

    def known(self) -> Ints:
        """The different numbers of words that names have, counted from 0."""
        return _different(np.concatenate(self.words))


def engines_for(laid: Laid, texts: Iterable[str]) -> Engines:
    """Of the names that these very texts can have."""
    apart = unknown(laid.width)
    seen, reworded_seen = _Seen(), _Seen()
    for some in _batches(block for text in texts for _, block in blocks(text)):
        written: list[bytes] = []
        reworded: list[bytes] = []
        joints: list[int] = []  # places among the content words
        at = 0
        for words in some:
            written.append(b"".join(map(laid.codes.__getitem__, words)))
            roots = b"".join(map(laid.root_codes.__getitem__, words))
            reworded.append(roots)
            if found := joins(words):
                content = [i for i, word in enumerate(words) if word not in FILLERS]
                joints.extend(at + bisect_left(content, k) for k in found)
            at += len(roots) // laid.width + 1
        one = numbers(apart.join(written), laid.width)
        seen.add(one, [_pairs(one)])
        other = numbers(apart.join(reworded), laid.width)
        reworded_seen.add(other, [_pairs(other), *_across(other, np.array(joints, np.int64))])
    written_rows = _rows(laid.sequences, _believed(laid, laid.sequences.made_of(seen.known())))
    reworded_rows = _orders(laid, laid.descriptions.made_of(reworded_seen.known()))
    return _engines(
        laid,
        _meeting(written_rows, Meetings.of(seen.pairs)),
        _meeting(reworded_rows, Meetings.of(reworded_seen.pairs)),
    )


def _batches(texts: Iterable[str]) -> Iterator[list[list[str]]]:
    """The words of texts, so many texts at once as make up a block, which bounds the memory."""
    batch: list[list[str]] = []
    size = 0
    for text in texts:
        batch.append(fold(text).split())
        size += len(text)
        if size >= BLOCK:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _engines(laid: Laid, written: _Rows, reworded: _Rows) -> Engines:
    return Engines(
        Looked.of(written, laid.width),
        Looked.of(reworded, laid.width),
        Meetings.of([rows + 1 for rows, _ in reworded]),
    )


def _known(known: Codes, words: Iterable[str], width: int) -> Ints:
    return _different(numbers(b"".join(map(known.__getitem__, words)), width))


def _different(found: Ints) -> Ints:
    """The different numbers of words that names have, counted from 0."""
    different: Ints = np.unique(found)
    return different[different > 0] - 1


def _pairs(found: Ints) -> Ints:
    """Each word and the next, by the row."""
    return np.stack((found[:-1], found[1:]), axis=1)


def _across(found: Ints, joints: Ints) -> list[Ints]:
    """The words that `passage.shared_words` can put beside one another, by the row."""
    pairs: list[Ints] = []
    steps = [(-2, 1), (-1, 3), *((-i, 2) for i in range(1, 3 * ITEMS + 1))]
    for left, right in steps:
        fit = joints[(joints + left >= 0) & (joints + right < len(found))]
        pairs.append(np.stack((found[fit + left], found[fit + right]), axis=1))
    return pairs


def _meeting(rows: _Rows, met: Meetings) -> _Rows:
    """The rows each of whose words meets the next."""
    kept: _Rows = []
    for some, which in rows:
        fit = np.ones(len(some), np.bool_)
        for i in range(some.shape[1] - 1):
            fit &= met.has(some[:, i] + 1, some[:, i + 1] + 1)
        kept.append((some[fit], which[fit]))
    return kept


def _believed(laid: Laid, some: Ints) -> Ints:
    """Those of some sequences that have a name which passages count as."""
    some = some[laid.sequences.sizes[some] <= MOST_WORDS]
    if not len(some):
        return some
    starts = laid.sequences.members[some]
    sizes = laid.sequences.members[some + 1] - starts
    believed = laid.flags[laid.sequences.names_of_all(some)] != NEVER
    return some[np.logical_or.reduceat(believed, np.cumsum(sizes) - sizes)]


def _rows(sequences: Sequences, some: Ints) -> _Rows:
    starts = sequences.starts[some]
    sizes = sequences.starts[some + 1] - starts
    found: _Rows = []
    for size in np.flatnonzero(np.bincount(sizes)).tolist():
        same = sizes == size
        found.append((sequences.words[starts[same][:, None] + np.arange(size)], some[same]))
    return found


def _orders(laid: Laid, some: Ints) -> _Rows:
    """Descriptions in every order in which language puts their words."""
    return [
        (
            np.concatenate([rows[:, order] for order in _orders_of(rows.shape[1])]),
            np.tile(which, len(_orders_of(rows.shape[1]))),
        )
        for rows, which in _rows(laid.descriptions, some)
    ]


def _orders_of(n: int) -> Sequence[tuple[int, ...]]:
    """The orders in which language puts so many words of a description.

    Up to three words in every order; of more, each part of the end moved to the front ("carcinoma
    of the head of the pancreas"), with and without the first word staying where it is.
    """
    every = tuple(range(n))
    if n > 6:
        return [every]
    if n <= 3:
        return list(permutations(every))
    moved = chain(
        (every[i:] + every[:i] for i in range(n)),
        (every[:1] + every[i:] + every[1:i] for i in range(2, n)),
    )
    return sorted(set(moved))
