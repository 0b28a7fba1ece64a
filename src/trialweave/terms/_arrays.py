"""Flat arrays for names by the hundred thousand: loaded as they lie, no object for each name."""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = [
    "ALIGNED",
    "Ints",
    "Packed",
    "Sequences",
    "Words",
    "packed_parts",
    "ragged",
    "unpacked_parts",
]

Ints = npt.NDArray[np.integer[Any]]
Parts = dict[str, npt.NDArray[Any]]
ALIGNED: Final = 8
"""Bytes; where an array starts is a multiple of it."""
_LENGTH: Final = struct.Struct("<I")
_TYPES: Final = frozenset(("uint8", "uint16", "int32", "uint32", "bool"))


class Packed:
    """Strings in one piece of UTF-8: the i-th is text[ends[i-1]:ends[i]]."""

    __slots__ = ("_at", "_text", "ends", "text")

    def __init__(self, text: npt.NDArray[np.uint8], ends: Ints) -> None:
        self.text = text
        self.ends = ends
        self._text = memoryview(text)  # type: ignore[arg-type]
        self._at = memoryview(ends)  # type: ignore[arg-type]

    @classmethod
    def of(cls, strings: Sequence[str]) -> Packed:
        """Pack them. Raises OverflowError where they are over 2 GB together."""
        whole = "".join(strings)
        text = whole.encode("utf-8", "surrogatepass")
        if len(text) > np.iinfo(np.int32).max:
            raise OverflowError("names of more than 2 GB cannot be laid out")
        sizes: Iterable[int] = map(len, strings)
        if len(text) != len(whole):
            sizes = [
                len(each) if each.isascii() else len(each.encode("utf-8", "surrogatepass"))
                for each in strings
            ]
        ends = np.cumsum(np.fromiter(sizes, np.int32, len(strings)), dtype=np.int32)
        return cls(np.frombuffer(text, np.uint8), ends)

    def __len__(self) -> int:
        return len(self._at)

    def __getitem__(self, i: int) -> str:
        start = self._at[i - 1] if i else 0
        return str(self._text[start : self._at[i]], "utf-8", "surrogatepass")


class Words:
    """Different words in the order of the alphabet; a word's place is its number."""

    __slots__ = ("_by_hash", "_hashes", "by_hash", "hashes", "words")

    def __init__(self, words: Packed, hashes: Ints, by_hash: Ints) -> None:
        self.words = words
        self.hashes = hashes
        self.by_hash = by_hash
        self._hashes = memoryview(hashes)  # type: ignore[arg-type]
        self._by_hash = memoryview(by_hash)  # type: ignore[arg-type]

    @classmethod
    def of(cls, words: Sequence[str]) -> Words:
        """From different words in the order of the alphabet."""
        hashes = np.fromiter(map(_hash, words), np.uint32, len(words))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        return cls(Packed.of(words), hashes[order], order)

    def __len__(self) -> int:
        return len(self.words)

    def number(self, word: str) -> int:
        """The number of a word, -1 if it is none of these."""
        wanted = _hash(word)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            number: int = self._by_hash[at]
            if self.words[number] == word:
                return number
            at += 1
        return -1

    def starting(self, prefix: str) -> range:
        """The numbers of the words that start so."""
        first = bisect_left(self.words, prefix)
        past = bisect_left(self.words, prefix + "\U0010ffff", first)
        return range(first, past)

    def parts(self, name: str) -> Parts:
        """Its arrays, for `packed_parts`."""
        return {
            f"{name}.text": self.words.text,
            f"{name}.ends": self.words.ends,
            f"{name}.hashes": self.hashes,
            f"{name}.by_hash": self.by_hash,
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, npt.NDArray[Any]], name: str) -> Words:
        words = Packed(parts[f"{name}.text"], parts[f"{name}.ends"])
        return cls(words, parts[f"{name}.hashes"], parts[f"{name}.by_hash"])


def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def ragged(starts: Ints, sizes: Ints) -> Ints:
    """The indices of all members of some groups: starts[0], starts[0] + 1, …, starts[1], …"""
    ends = np.cumsum(sizes, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    found: Ints = np.arange(total, dtype=np.int64)
    found += np.repeat(starts - (ends - sizes), sizes)
    return found


class Sequences:
    """Different sequences of words, each with the names that are written so.

    They lie in the order of their rarest word, `homes` saying where each word's end: so that those
    of a text are found by looking at few more than occur in it.
    """

    __slots__ = ("_members", "_names", "homes", "members", "names", "starts", "words")

    def __init__(self, words: Ints, starts: Ints, homes: Ints, members: Ints, names: Ints) -> None:
        self.words = words  # numbers of words; sequence i has words[starts[i]:starts[i + 1]]
        self.starts = starts
        self.homes = homes  # word w is the rarest of sequences homes[w] to homes[w + 1]
        self.members = members  # sequence i is that of names[members[i]:members[i + 1]]
        self.names = names
        self._members = memoryview(members)  # type: ignore[arg-type]
        self._names = memoryview(names)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Ints:
        """How many words each has."""
        sizes: Ints = np.diff(self.starts)
        return sizes

    def names_of(self, i: int) -> list[int]:
        """The names of one sequence, in their order."""
        return self._names[self._members[i] : self._members[i + 1]].tolist()

    def names_of_all(self, some: Ints) -> Ints:
        """The names of some sequences."""
        starts = self.members[some]
        found: Ints = self.names[ragged(starts, self.members[some + 1] - starts)]
        return found

    def made_of(self, words: Ints) -> Ints:
        """The sequences all of whose words are among these (different) ones, in order."""
        if not len(words):
            return np.zeros(0, np.int64)
        there = np.zeros(len(self.homes), np.bool_)
        there[words] = True
        first = self.homes[words]
        some = ragged(first, self.homes[words + 1] - first)
        if not len(some):
            return some
        starts = self.starts[some]
        sizes = self.starts[some + 1] - starts
        all_there = there[self.words[ragged(starts, sizes)]]
        found = some[np.logical_and.reduceat(all_there, np.cumsum(sizes) - sizes)]
        found.sort()
        return found

    def equal(self, words: Sequence[int], *, in_order: bool = True) -> list[int]:
        """The sequences of just these words; at most one if it is to be in this order."""
        wanted = np.array(words)
        found: list[int] = []
        for word in dict.fromkeys(words):
            some = np.arange(self.homes[word], self.homes[word + 1])
            some = some[self.starts[some + 1] - self.starts[some] == len(words)]
            rows = self.words[self.starts[some][:, None] + np.arange(len(words))]
            if in_order:
                same = (rows == wanted).all(axis=1)
            else:
                same = (np.sort(rows, axis=1) == np.sort(wanted)).all(axis=1)
            found.extend(some[same].tolist())
        return found

    def parts(self, name: str) -> Parts:
        """Its arrays, for `packed_parts`."""
        return {
            f"{name}.words": self.words,
            f"{name}.starts": self.starts,
            f"{name}.homes": self.homes,
            f"{name}.members": self.members,
            f"{name}.names": self.names,
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, npt.NDArray[Any]], name: str) -> Sequences:
        each = ("words", "starts", "homes", "members", "names")
        return cls(*(parts[f"{name}.{one}"] for one in each))


class _Array(msgspec.Struct, frozen=True, array_like=True):
    name: str
    kind: str
    size: int  # bytes
    squeezed: str = ""  # the kind of its steps, where these stand for it


class _Head(msgspec.Struct, frozen=True, array_like=True):
    arrays: list[_Array]
    about: msgspec.Raw


def packed_parts(about: object, parts: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays of one dimension in one piece, with what is to be known of them."""
    each = {name: np.ascontiguousarray(array) for name, array in parts.items()}
    listed = [_Array(name, array.dtype.name, array.nbytes) for name, array in each.items()]
    return _joined(about, listed, list(each.values()))


def squeezed_parts(about: object, parts: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The same, in a form that compresses to half: numbers that only rise by their steps."""
    listed: list[_Array] = []
    arrays: list[npt.NDArray[Any]] = []
    for name, array in parts.items():
        kind, steps = array.dtype.name, ""
        if array.dtype.itemsize > 1 and len(array):
            rises = np.diff(array.astype(np.int64), prepend=0)
            if rises.min() >= 0:
                array = rises.astype(np.min_scalar_type(int(rises.max())))
                steps = array.dtype.name
        listed.append(_Array(name, kind, array.nbytes, steps))
        arrays.append(array)
    return _joined(about, listed, arrays)


def _joined(about: object, listed: list[_Array], arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    head = msgspec.msgpack.encode(_Head(listed, msgspec.Raw(msgspec.msgpack.encode(about))))
    pieces = [_LENGTH.pack(len(head)), head]
    at = len(head) + _LENGTH.size
    for array in arrays:
        pieces.append(bytes(-at % ALIGNED))
        pieces.append(array.tobytes())
        at += -at % ALIGNED + array.nbytes
    return b"".join(pieces)


def unpacked_parts(data: bytes | memoryview) -> tuple[msgspec.Raw, Parts]:
    """What was packed; arrays that were not squeezed stay where they lie.

    Raises ValueError for damage.
    """
    view = memoryview(data)
    try:
        (size,) = _LENGTH.unpack(view[: _LENGTH.size])
        at = size + _LENGTH.size
        head = msgspec.msgpack.decode(view[_LENGTH.size : at], type=_Head)
    except (struct.error, msgspec.MsgspecError) as error:
        raise ValueError(f"their head cannot be read: {error}") from None
    parts: Parts = {}
    for each in head.arrays:
        at += -at % ALIGNED
        held = each.squeezed or each.kind
        if not {held, each.kind} <= _TYPES or not 0 <= each.size <= len(view) - at:
            raise ValueError(f"{each.name} is cut off")
        array = np.require(np.frombuffer(view[at : at + each.size], held), None, "A")
        parts[each.name] = np.cumsum(array, dtype=each.kind) if each.squeezed else array
        at += each.size
    if at != len(view):
        raise ValueError("more follows than they say")
    return head.about, parts
