"""Many sequences of words, found in a text at once.

Words are few and texts are long, so that both are written in codes of words first: three bytes
each (four where words are over two million), the first above 127 and the others below, so that no
code is found across two others. An Aho-Corasick automaton (Communications of the ACM 1975, 18:
333-340) over these codes is a third of the size of one over letters, respects words without asking,
and sees two words as one wherever they were given the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import daachorse
import numpy as np
import numpy.typing as npt

__all__ = ["LIMIT", "WIDTH", "Automaton", "code", "codes", "numbers", "unknown", "width_for"]

WIDTH: Final = 3
_BASE: Final = 127
LIMIT: Final = 128 * _BASE * _BASE - 1
"""So many different words can be told apart by codes of the usual width."""


def width_for(words: int) -> int:
    """How many bytes a code must have for so many words."""
    width = WIDTH
    while words >= 128 * _BASE ** (width - 1):
        width += 1
    return width


def code(number: int, width: int = WIDTH) -> bytes:
    """The code of a word, from its number: 1 and above, 0 for every word that no name has.

    Raises ValueError for a number that has no code of this width.
    """
    digits = bytearray(width)
    rest = number
    for place in range(width - 1, 0, -1):
        rest, digit = divmod(rest, _BASE)
        digits[place] = 1 + digit
    if not 0 <= rest < 128:
        limit = 128 * _BASE ** (width - 1) - 1
        raise ValueError(f"{number:,} is not a number of a word: from 1 to {limit:,}")
    digits[0] = 128 + rest
    return bytes(digits)


def unknown(width: int = WIDTH) -> bytes:
    """The code of every word that no name has."""
    return code(0, width)


def codes(given: npt.NDArray[np.integer[Any]], width: int) -> npt.NDArray[np.uint8]:
    """The codes of many numbers: an array of their shape and one dimension more."""
    made = np.empty((*given.shape, width), np.uint8)
    rest = given.astype(np.int64)
    for place in range(width - 1, 0, -1):
        rest, digit = np.divmod(rest, _BASE)
        made[..., place] = 1 + digit
    made[..., 0] = 128 + rest
    return made


def numbers(written: bytes, width: int) -> npt.NDArray[np.int64]:
    """The numbers of words, from their joined codes."""
    digits = np.frombuffer(written, np.uint8).reshape(-1, width).astype(np.int64)
    worth = _BASE ** np.arange(width - 1, -1, -1)
    found: npt.NDArray[np.int64] = digits @ worth
    found -= 127 * worth[0] + worth.sum()
    return found


class Automaton:
    """Finds every sequence that it was made of; sequences are joined codes."""

    def __init__(self, machine: daachorse.DoubleArrayAhoCorasick | None) -> None:
        self._machine = machine

    @classmethod
    def of(cls, sequences: Sequence[bytes]) -> Automaton:
        """From sequences; what is found is named by its place among them."""
        if not sequences:
            return cls(None)
        return cls(daachorse.DoubleArrayAhoCorasick(list(sequences), use_prefilter=False))

    def find(self, written: bytes) -> list[tuple[int, int, int]]:
        """First byte, byte after the last, and which sequence: every occurrence, by its end."""
        if self._machine is None:
            return []
        found: list[tuple[int, int, int]] = self._machine.find_overlapping(written)
        return found

    def to_bytes(self) -> bytes:
        """For `from_bytes`; empty if nothing is looked for."""
        return b"" if self._machine is None else bytes(self._machine.serialize())

    @classmethod
    def from_bytes(cls, data: bytes) -> Automaton:
        """What `to_bytes` gave. Raises ValueError if it cannot be read."""
        return cls(daachorse.DoubleArrayAhoCorasick.deserialize(data) if data else None)
