"""Releases laid out as names: their words numbered, and those in the same words put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.terms._arrays import Ints, Packed, Sequences, Words, ragged
from trialweave.terms.ambiguity import CERTAIN, SYMBOLS, WRITTEN_EXACTLY, entries, judged
from trialweave.terms.judging import NEVER
from trialweave.terms.lexicon import (
    FILLERS,
    LONGEST_WORD,
    MOST_WORDS,
    REWORDED,
    SCOPES,
    STANDING,
    everyday_names,
    names_of,
    qualifying,
    reduced,
    rooted,
)
from trialweave.terms.names import About, Laid
from trialweave.terms.normal import fold
from trialweave.terms.term import Release, Scope

__all__ = ["lay_out"]

_AT_ONCE: Final = 20_000  # names whose words are in memory
_LISTED_WORDS: Final = 3  # the list of ambiguous names has none of more


class _Gathered(NamedTuple):
    """Names by the row, and their terms."""

    texts: list[str]
    term_of: list[int]
    standing: list[int]
    nothing: list[int]  # names of terms that only qualify others
    terms: list[str]
    kinds: list[str]  # by term
    vocabulary_of: list[int]  # by term
    own: int


class _Read(NamedTuple):
    """The folded words of all names: word k of name i is words[numbers[starts[i] + k]]."""

    words: list[str]
    numbers: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def lay_out(releases: Sequence[Release], scopes: frozenset[Scope] = STANDING) -> Laid:
    """All names of these releases that have one of these scopes, obsolete terms left out.

    Takes some 3 µs a name. Raises OverflowError beyond 2 GB of names.
    """
    gathered = _gathered(releases, scopes)
    read = _read(gathered.texts)
    every = np.arange(len(gathered.texts))
    written, sequences = _sequences(read, every[read.sizes > 0], reduced, any_order=0)
    kinds, kind_of = _kinds(gathered.kinds)
    called = [each.vocabulary for each in releases]
    flags = _flags(gathered, read, written, sequences, called)
    described = np.array([kind in REWORDED for kind in kinds], np.bool_)[kind_of]
    fit = (
        described[np.array(gathered.term_of, np.int64)]
        & (read.sizes > 1)
        & (flags & (NEVER | WRITTEN_EXACTLY) == 0)
    )
    roots, descriptions = _sequences(
        _without_fillers(read), every[fit], rooted, any_order=3, least=2
    )
    return Laid(
        About([(each.vocabulary, each.version) for each in releases], kinds, gathered.own),
        Packed.of(gathered.terms),
        (np.array(gathered.vocabulary_of, np.uint16), kind_of),
        Packed.of(gathered.texts),
        (
            np.array(gathered.term_of, np.int32),
            np.array(gathered.standing, np.uint8),
            flags,
        ),
        written,
        sequences,
        roots,
        descriptions,
    )


def _gathered(releases: Sequence[Release], scopes: frozenset[Scope]) -> _Gathered:
    rank = {scope: i for i, scope in enumerate(SCOPES)}
    found = _Gathered([], [], [], [], [], [], [], 0)
    for place, release in enumerate(releases):
        naming_nothing = qualifying(release)
        for term in release.terms:
            names = names_of(term, scopes)
            if not names:
                continue
            if term.id in naming_nothing:
                found.nothing.extend(range(len(found.texts), len(found.texts) + len(names)))
            found.texts.extend([name.text for name in names])
            found.standing.extend([rank[name.scope] for name in names])
            found.term_of.extend([len(found.terms)] * len(names))
            found.terms.append(term.id)
            found.kinds.append(term.kind)
            found.vocabulary_of.append(place)
    own = len(found.texts)
    naming = list(found.texts)
    for i in found.nothing:
        naming[i] = ""
    for said, meant in everyday_names(naming, found.term_of, found.vocabulary_of):
        found.texts.append(said)
        found.term_of.append(meant)
        found.standing.append(rank["exact"])
    return found._replace(own=own)


def _kinds(kinds: Sequence[str]) -> tuple[list[str], npt.NDArray[np.uint16]]:
    numbers = {kind: i for i, kind in enumerate(dict.fromkeys(kinds))}
    return list(numbers), np.fromiter(map(numbers.__getitem__, kinds), np.uint16, len(kinds))


class _Numbers(dict[str, int]):
    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def _read(texts: Sequence[str]) -> _Read:
    words = _Numbers()
    numbers: list[npt.NDArray[np.int32]] = []
    sizes: list[npt.NDArray[np.int64]] = []
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        parts: list[str] = []
        # A name's words are counted in one piece with those of its neighbours.
        folded = fold(" ".join(some))
        at = 0
        count = np.empty(len(some), np.int64)
        for i, length in enumerate(map(len, some)):
            own = folded[at : at + length].split()
            count[i] = len(own)
            parts += own
            at += length + 1
        numbers.append(np.fromiter(map(words.__getitem__, parts), np.int32, len(parts)))
        sizes.append(count)
    size = np.concatenate(sizes) if sizes else np.zeros(0, np.int64)
    every = np.concatenate(numbers) if numbers else np.zeros(0, np.int32)
    return _Read(list(words), every, np.cumsum(size) - size, size)


def _without_fillers(read: _Read) -> _Read:
    content = np.array([word not in FILLERS for word in read.words], np.bool_)[read.numbers]
    before = np.concatenate(([0], np.cumsum(content)))
    starts = before[read.starts]
    return _Read(
        read.words, read.numbers[content], starts, before[read.starts + read.sizes] - starts
    )


def _sequences(
    read: _Read, names: Ints, reduce: Callable[[str], str], *, any_order: int, least: int = 1
) -> tuple[Words, Sequences]:
    """The different sequences of reduced words of some names that have at least so many.

    Those of at most `any_order` words count as one in whatever order they have them.
    """
    names = names[read.sizes[names] >= least]
    sizes = read.sizes[names]
    held = read.numbers[ragged(read.starts[names], sizes)]
    starts = np.cumsum(sizes) - sizes
    used = np.flatnonzero(np.bincount(held, minlength=len(read.words)))
    forms = [reduce(read.words[i]) for i in used.tolist()]
    ordered = sorted(set(forms))
    places = {form: i for i, form in enumerate(ordered)}
    number = np.zeros(len(read.words), np.int64)
    number[used] = np.fromiter(map(places.__getitem__, forms), np.int64, len(forms))
    words = number[held]
    for size in range(2, any_order + 1):
        rows = starts[sizes == size][:, None] + np.arange(size)
        words[rows] = np.sort(words[rows], axis=1)
    which, some = _distinct(words, starts, sizes, len(ordered))
    return Words.of(ordered), _ordered(words, starts[some], sizes[some], names, which, len(ordered))


def _distinct(words: Ints, starts: Ints, sizes: Ints, count: int) -> tuple[Ints, Ints]:
    """Which sequence each row has, and one row of each: word by word, as a tree would grow."""
    node = np.zeros(len(sizes), np.int64)
    longer = np.arange(len(sizes))
    for depth in range(int(sizes.max(initial=0))):
        longer = longer[sizes[longer] > depth]
        key = node[longer] * count + words[starts[longer] + depth]
        node[longer] = np.unique(key, return_inverse=True)[1]
    key = node * (int(sizes.max(initial=0)) + 1) + sizes
    _, some, which = np.unique(key, return_index=True, return_inverse=True)
    return which, some


def _ordered(
    words: Ints, starts: Ints, sizes: Ints, names: Ints, which: Ints, count: int
) -> Sequences:
    """Sequences in the order of their rarest word, with the names of each."""
    flat = words[ragged(starts, sizes)]
    rank = np.empty(count, np.int64)
    by_rarity = np.argsort(np.bincount(flat, minlength=count), kind="stable")
    rank[by_rarity] = np.arange(count)
    if len(sizes):
        rarest = by_rarity[np.minimum.reduceat(rank[flat], np.cumsum(sizes) - sizes)]
    else:
        rarest = np.zeros(0, np.int64)
    order = np.argsort(rarest, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    sequence = place[which]
    members = np.concatenate(([0], np.cumsum(np.bincount(sequence, minlength=len(order)))))
    homes = np.concatenate(([0], np.cumsum(np.bincount(rarest, minlength=count))))
    return Sequences(
        words[ragged(starts[order], sizes[order])].astype(np.int32),
        np.concatenate(([0], np.cumsum(sizes[order]))).astype(np.int32),
        homes.astype(np.int32),
        members.astype(np.int32),
        names[np.argsort(sequence, kind="stable")].astype(np.int32),
    )


def _flags(
    gathered: _Gathered,
    read: _Read,
    written: Words,
    sequences: Sequences,
    called: Sequence[str],
) -> npt.NDArray[np.uint8]:
    """How far each name is believed: see `ambiguity`. `called` are the vocabularies' names."""
    flags = np.zeros(len(gathered.texts), np.uint8)
    flags[(read.sizes == 0) | (read.sizes > MOST_WORDS)] = NEVER
    flags[gathered.nothing] = NEVER
    long = np.array([len(word) > LONGEST_WORD for word in read.words], np.bool_)
    if long.any():
        names = np.repeat(np.arange(len(read.sizes)), read.sizes)
        flags[names[long[read.numbers]]] = NEVER
    listed = _listed(written, sequences)
    doubtful = ~_certain(gathered, read)
    doubtful[list(listed)] = True
    doubtful &= flags == 0
    for i in np.flatnonzero(doubtful).tolist():
        kind = gathered.kinds[gathered.term_of[i]]
        found = listed.get(i)
        treatment = ""
        if found:
            own = f"@{called[gathered.vocabulary_of[gathered.term_of[i]]]}"
            treatment = found.get(own, found.get(kind, found.get("*", "")))
        scope = SCOPES[gathered.standing[i]]
        flag = judged(gathered.texts[i], kind, scope, int(read.sizes[i]), treatment)
        flags[i] = NEVER if flag is None else flag
    return flags


def _certain(gathered: _Gathered, read: _Read) -> npt.NDArray[np.bool_]:
    """The names that `judged` believes for sure unless they are listed; most of all."""
    plain = [word.isascii() and not word.isdecimal() for word in read.words]
    letters = np.array([len(word) if word.isascii() else 0 for word in read.words], np.int64)
    before = np.concatenate(([0], np.cumsum(letters[read.numbers])))
    length = before[read.starts + read.sizes] - before[read.starts]
    before = np.concatenate(([0], np.cumsum(np.array(plain, np.bool_)[read.numbers])))
    lettered = before[read.starts + read.sizes] > before[read.starts]
    symbols = np.array([scope in SYMBOLS for scope in SCOPES], np.bool_)
    symbol = symbols[np.array(gathered.standing, np.int64)]
    certain: npt.NDArray[np.bool_] = lettered & (length >= CERTAIN) & ~symbol
    return certain


def _listed(written: Words, sequences: Sequences) -> dict[int, dict[str, str]]:
    """The treatment by kind of listed names, whatever the order and ends of their words."""
    found: dict[int, dict[str, str]] = {}
    for entry in entries():
        numbers = [written.number(reduced(word)) for word in fold(entry.name).split()]
        if 0 < len(numbers) <= _LISTED_WORDS and min(numbers) >= 0:
            for sequence in sequences.equal(numbers, in_order=False):
                for name in sequences.names_of(sequence):
                    found.setdefault(name, {})[entry.kind] = entry.treatment
    return found
