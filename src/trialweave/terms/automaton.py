"""Many sequences of words, found in a text at once.

Words are few and texts are long, so that both are written in codes of words first: three bytes
each, the first above 127 and the others below, so that no code is found across two others. An
Aho-Corasick automaton (Communications of the ACM 1975, 18: 333-340) over these codes is a third of
the size of one over letters, respects words without asking, and sees two words as one wherever
they were given the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import daachorse

__all__ = ["LIMIT", "UNKNOWN", "WIDTH", "Automaton", "code"]

WIDTH: Final = 3
_BASE: Final = 127
LIMIT: Final = 128 * _BASE * _BASE - 1
"""So many different words can be told apart."""
UNKNOWN: Final = b"\x80\x01\x01"
"""The code of every word that no name has."""


def code(number: int) -> bytes:
    """The code of a word, from its number (1 and above). Raises ValueError beyond `LIMIT`."""
    if not 0 < number <= LIMIT:
        raise ValueError(f"{number:,} is not a number of a word: from 1 to {LIMIT:,}")
    rest, low = divmod(number, _BASE)
    high, middle = divmod(rest, _BASE)
    return bytes((128 + high, 1 + middle, 1 + low))


class Automaton:
    """Finds every sequence that it was made of; sequences are joined codes."""

    def __init__(self, machine: daachorse.DoubleArrayAhoCorasick | None) -> None:
        self._machine = machine

    @classmethod
    def of(cls, sequences: Sequence[bytes]) -> Automaton:
        """From different sequences; what is found is named by its place among them."""
        if not sequences:
            return cls(None)
        return cls(daachorse.DoubleArrayAhoCorasick(list(sequences), use_prefilter=False))

    def find(self, codes: bytes) -> list[tuple[int, int, int]]:
        """First byte, byte after the last, and which sequence: every occurrence, by its end."""
        if self._machine is None:
            return []
        found: list[tuple[int, int, int]] = self._machine.find_overlapping(codes)
        return found

    def to_bytes(self) -> bytes:
        """For `from_bytes`; empty if nothing is looked for."""
        return b"" if self._machine is None else bytes(self._machine.serialize())

    @classmethod
    def from_bytes(cls, data: bytes) -> Automaton:
        """What `to_bytes` gave. Raises ValueError if it cannot be read."""
        return cls(daachorse.DoubleArrayAhoCorasick.deserialize(data) if data else None)
