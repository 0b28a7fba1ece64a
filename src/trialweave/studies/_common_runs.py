"""Runs of words that stand in two records, found exactly, with their places in both.

Seeds of some words are looked up by hash and extended to both sides, the longest first where there
are several: running Karp-Rabin matching (Karp & Rabin, IBM J Res Dev 1987;31:249-260) and greedy
tiling (Wise, University of Sydney TR 463, 1993). Time is linear in the length of the texts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from trialweave.studies._sketch import Prose, mostly_letters

__all__ = ["LEAST_RUN", "Run", "Words", "common_runs", "words_of"]

LEAST_RUN: Final = 8
"""Words of the shortest run that counts: shorter ones are turns of phrase."""
_PLACES: Final = 8  # of one seed in one record that are tried
_MOST: Final = 60_000  # words of one record

# A word of letters and digits; where words are not parted by blanks each sign is one.
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_END: Final = re.compile(r"[.;!?。；！？](?=\s|$)|[\n\r]")


class Word(NamedTuple):
    """A word in one form, where it stands: `part` of the record, characters `start` to `end`."""

    text: str
    part: int
    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class Words:
    """The words of a record's prose, part after part, and its sentences as they are hashed."""

    parts: Sequence[Prose]
    words: Sequence[Word]
    sentences: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.words)


class Run(NamedTuple):
    """`words` consecutive words, the same from `a` in the one record and from `b` in the other."""

    a: int
    b: int
    words: int


def words_of(parts: Sequence[Prose]) -> Words:
    """The words of texts, in order; of very long ones the beginning."""
    found: list[Word] = []
    sentences: list[bytes] = []
    kept: list[Prose] = []
    for part in parts:
        if len(found) >= _MOST:
            break
        text = part.value.content or ""
        ends = [match.end() for match in _END.finditer(text)]
        ends.append(len(text) + 1)
        at, begin = 0, 0
        place = len(kept)
        kept.append(part)
        for match in _WORD.finditer(text):
            if len(found) >= _MOST:
                break
            while match.start() >= ends[at]:
                sentences.append(mostly_letters(text[begin : ends[at]]))
                begin = ends[at]
                at += 1
            plain = _plain(match.group())
            if plain:
                found.append(Word(plain, place, match.start(), match.end(), len(sentences)))
        sentences.append(mostly_letters(text[begin:]))
    return Words(kept, found, sentences)


@functools.lru_cache(maxsize=1 << 16)
def _plain(word: str) -> str:
    return mostly_letters(word).decode()


def common_runs(one: Words, other: Words) -> list[Run]:
    """Runs of at least `LEAST_RUN` words within single parts, in the order of `other`.

    Each word of either record is in at most one run.
    """
    seeds: dict[tuple[str, ...], list[int]] = {}
    first, second = _texts(one), _texts(other)
    for at in range(len(first) - LEAST_RUN + 1):
        if one.words[at].part == one.words[at + LEAST_RUN - 1].part:
            places = seeds.setdefault(tuple(first[at : at + LEAST_RUN]), [])
            if len(places) < _PLACES:
                places.append(at)
    taken = bytearray(len(first))
    runs: list[Run] = []
    at, last = 0, len(second) - LEAST_RUN
    while at <= last:
        best = Run(0, at, 0)
        if other.words[at].part == other.words[at + LEAST_RUN - 1].part:
            for place in seeds.get(tuple(second[at : at + LEAST_RUN]), ()):
                length = _extent(one, other, first, second, place, at, taken)
                if length > best.words:
                    best = Run(place, at, length)
        if best.words >= LEAST_RUN:
            runs.append(best)
            taken[best.a : best.a + best.words] = b"\x01" * best.words
            at += best.words
        else:
            at += 1
    return runs


def _texts(words: Words) -> list[str]:
    return [word.text for word in words.words]


def _extent(
    one: Words,
    other: Words,
    first: Sequence[str],
    second: Sequence[str],
    a: int,
    b: int,
    taken: bytearray,
) -> int:
    part_a, part_b = one.words[a].part, other.words[b].part
    length = 0
    most = min(len(first) - a, len(second) - b)
    while (
        length < most
        and not taken[a + length]
        and first[a + length] == second[b + length]
        and one.words[a + length].part == part_a
        and other.words[b + length].part == part_b
    ):
        length += 1
    return length
