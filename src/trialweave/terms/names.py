"""Names of many vocabularies as they are kept for recognition and for looking them up.

All that does not depend on a corpus is decided here once: which names are written in the same
words, which of them may be believed, which are descriptions. It is held in flat arrays that load
as they lie.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from trialweave.terms._arrays import (
    ALIGNED,
    Ints,
    Packed,
    Sequences,
    Words,
    packed_parts,
    ragged,
    squeezed_parts,
    unpacked_parts,
)
from trialweave.terms.automaton import width_for
from trialweave.terms.judging import Judge
from trialweave.terms.lexicon import FILLERS, LONGEST_NAME, Codes, reduced, rooted, rules
from trialweave.terms.normal import fold

__all__ = ["FORMAT", "About", "Laid", "NamedTerm", "checked", "label"]

FORMAT: Final = 2
"""Raised whenever the arrays, or the rules that fill them, change in a way `rules` cannot see."""
_LARGEST: Final = 8 * 1024**3  # bytes, unpacked
_PREFERRED: Final = 0


class NamedTerm(NamedTuple):
    """A term that has a name."""

    vocabulary: str
    term: str
    name: str


class About(msgspec.Struct, frozen=True, array_like=True):
    """What arrays cannot say of laid out names."""

    vocabularies: list[tuple[str, str]]  # name, version
    kinds: list[str]
    own: int  # names that vocabularies have; those that follow are what texts say for them


def label(what: str, key: str) -> bytes:
    """The first line of a file: its content, its format, the rules it was made by, its key.

    It is filled up so that numbers behind it lie where a processor can read them.
    """
    line = f"trialweave {what} {FORMAT} {rules()} {key}".encode("ascii")
    return line + b" " * (-(len(line) + 1) % ALIGNED) + b"\n"


class Laid:
    """Names of some vocabularies, laid out. Made by `laid.lay_out` or `from_bytes`."""

    def __init__(
        self,
        about: About,
        terms: Packed,
        term_arrays: tuple[Ints, Ints],
        names: Packed,
        name_arrays: tuple[Ints, Ints, Ints],
        words: Words,
        sequences: Sequences,
        roots: Words,
        descriptions: Sequences,
    ) -> None:
        self._about = about
        self.vocabularies = tuple((name, version) for name, version in about.vocabularies)
        """Name and version of each."""
        self.terms = terms
        self.vocabulary_of, self.kind_of = term_arrays  # by term
        self.names = names
        self.term_of, self.standing, self.flags = name_arrays  # by name
        self.words = words  # as `lexicon.reduced` makes them
        self.sequences = sequences
        self.roots = roots  # as `lexicon.rooted` makes them
        self.descriptions = descriptions
        """The sequences of roots of descriptions, without fillers, two and three in any order."""
        self.width = width_for(max(len(words), len(roots)))
        self.codes = Codes(words.number, reduced, self.width)
        """The code of each word of a text."""
        self.root_codes = Codes(roots.number, rooted, self.width, FILLERS)
        self.judge = Judge(self)

    def to_bytes(self, key: str = "", level: int = 3) -> bytes:
        """Everything, compressed, for `from_bytes`; `key` says what it was made of.

        `level` is of zstd: 3 takes half a second, 19 half a minute.
        """
        packer = zstandard.ZstdCompressor(level=level, write_checksum=True)
        return label("names", key) + packer.compress(squeezed_parts(self._about, self._parts()))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, key: str = "") -> Laid:
        """What `to_bytes` gave under this key.

        Raises ValueError if it is damaged, or laid out from other things or by other rules.
        """
        start = label("names", key)
        view = memoryview(data)
        if bytes(view[: len(start)]) != start:
            raise ValueError("these names were laid out by other rules, or from others")
        try:
            content = zstandard.ZstdDecompressor().decompress(
                view[len(start) :], max_output_size=_LARGEST
            )
        except zstandard.ZstdError as error:
            raise ValueError(f"the laid out names are damaged: {error}") from None
        return cls.unpacked(content)

    def packed(self) -> bytes:
        """Everything as it lies in memory, for `unpacked`."""
        return packed_parts(self._about, self._parts())

    def _parts(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "terms.text": self.terms.text,
            "terms.ends": self.terms.ends,
            "vocabulary_of": self.vocabulary_of,
            "kind_of": self.kind_of,
            "names.text": self.names.text,
            "names.ends": self.names.ends,
            "term_of": self.term_of,
            "standing": self.standing,
            "flags": self.flags,
            **self.words.parts("words"),
            **self.sequences.parts("sequences"),
            **self.roots.parts("roots"),
            **self.descriptions.parts("descriptions"),
        }

    @classmethod
    def unpacked(cls, data: bytes | memoryview) -> Laid:
        """What `packed` gave, where it lies; from `to_bytes`, as it was before it was squeezed.

        Raises ValueError if it is damaged.
        """
        try:
            head, parts = unpacked_parts(data)
            about = msgspec.msgpack.decode(head, type=About)
            return cls._of(about, parts)
        except (KeyError, IndexError, msgspec.MsgspecError, ValueError) as error:
            raise ValueError(f"the laid out names are damaged: {error}") from None

    @classmethod
    def _of(cls, about: About, parts: Mapping[str, npt.NDArray[Any]]) -> Laid:
        return cls(
            about,
            Packed(parts["terms.text"], parts["terms.ends"]),
            (parts["vocabulary_of"], parts["kind_of"]),
            Packed(parts["names.text"], parts["names.ends"]),
            (parts["term_of"], parts["standing"], parts["flags"]),
            Words.from_parts(parts, "words"),
            Sequences.from_parts(parts, "sequences"),
            Words.from_parts(parts, "roots"),
            Sequences.from_parts(parts, "descriptions"),
        )

    def find(self, text: str) -> list[NamedTerm]:
        """The terms one of whose names is the whole text but for case, spelling and inflection.

        Whatever the vocabulary, and whether or not a passage would count as the name. A preferred
        name goes before others, then vocabularies are in their order.
        """
        parts = fold(text[: 4 * LONGEST_NAME]).split()
        if not parts or len(text) > 4 * LONGEST_NAME:
            return []
        numbers = [self.words.number(reduced(word)) for word in parts]
        if min(numbers) < 0:
            return []
        names = [name for i in self.sequences.equal(numbers) for name in self.sequences.names_of(i)]
        return self._terms_of(np.array(names, np.int64), len(names))

    def suggest(self, text: str, limit: int = 10) -> list[NamedTerm]:
        """At most `limit` terms with a name that has all words of the text.

        The last word may be the beginning of one. Preferred names go first, then shorter ones.
        """
        parts = fold(text[: 4 * LONGEST_NAME]).split()
        if not parts or limit < 1:
            return []
        last = parts.pop()
        beginnings = {last, reduced(last)}
        among = np.zeros(len(self.words) + 1, np.bool_)
        for beginning in beginnings:
            numbers = self.words.starting(beginning)
            among[numbers.start : numbers.stop] = True
        some = self._sequences_with(among)
        for word in parts:
            number = self.words.number(reduced(word))
            if number < 0 or not len(some):
                return []
            some = self._among(some, number)
        names = self.sequences.names_of_all(some)
        return self._terms_of(names, limit)

    def _sequences_with(self, among: npt.NDArray[np.bool_]) -> Ints:
        places = np.flatnonzero(among[self.sequences.words])
        found = np.searchsorted(self.sequences.starts, places, "right") - 1
        return found[np.flatnonzero(np.diff(found, prepend=-1))]

    def _among(self, some: Ints, word: int) -> Ints:
        starts = self.sequences.starts[some]
        sizes = self.sequences.starts[some + 1] - starts
        same = self.sequences.words[ragged(starts, sizes)] == word
        return some[np.logical_or.reduceat(same, np.cumsum(sizes) - sizes)]

    def _terms_of(self, names: Ints, limit: int) -> list[NamedTerm]:
        """The terms of some names, each once, by its best one."""
        names = names[names < self._about.own]
        lengths = np.diff(self.names.ends, prepend=0)[names]
        order = np.lexsort((names, lengths, self.standing[names] != _PREFERRED))
        found: dict[int, NamedTerm] = {}
        for name in names[order].tolist():
            term = int(self.term_of[name])
            if term not in found:
                vocabulary, _ = self.vocabularies[self.vocabulary_of[term]]
                found[term] = NamedTerm(vocabulary, self.terms[term], self.names[name])
                if len(found) == limit:
                    break
        return list(found.values())


def checked(data: bytes | memoryview) -> str:
    """A check value that is quick to have for hundreds of megabytes."""
    return f"{zlib.adler32(data):08x}"
