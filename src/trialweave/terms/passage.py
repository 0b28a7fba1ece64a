"""A text as recognition reads it: its words with their places, and what no name reaches across."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.terms.lexicon import FILLERS
from trialweave.terms.normal import words as places

__all__ = [
    "BLOCK",
    "ITEMS",
    "Meetings",
    "Passage",
    "blocks",
    "broken",
    "joins",
    "shared_words",
    "short_forms",
]

_HARD: Final = re.compile(r"[.;:!?](?=\s)|\n(?=[ \t]*(?:\n|[-*•]|\d{1,3}[.)]))")
_SOFT: Final = re.compile(r"[,()\[\]]")
_AHEAD: Final = 5  # characters behind a passage that say what a line's end in it is
_JOINING: Final = frozenset(("and", "or", "nor"))
_FEW_WORDS: Final = 50  # up to so many are sooner found one by one
_ONE: Final = 0x9E37_79B1  # odd numbers that spread others
_OTHER: Final = 0x85EB_CA77
_LARGEST_TABLE: Final = 24  # bits
_SHORT: Final = re.compile(r"[^\W_][\w\-/+.]*")
_WITHIN: Final = re.compile(r"[\w\-/+.]")
BLOCK: Final = 1_000_000
"""Characters read at once, which bounds the memory."""
_FEW: Final = 20  # short forms that are looked for one by one, not at every word


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """The pieces in which a text is read: at most `BLOCK` characters, and where each starts.

    They are cut at a line's end or a blank where there is one.
    """
    at = 0
    while at < len(text):
        end = at + BLOCK
        if end < len(text):
            cut = max(text.rfind("\n", at, end), at)
            cut = cut if cut > at else text.rfind(" ", at, end)
            end = cut + 1 if cut > at else end
        yield at, text[at:end]
        at = end


def broken(text: str, start: int, end: int, marks: int = 0, ending: bool = False) -> bool:
    """Whether text[start:end] has more commas and brackets than `marks`, or ends in between.

    A sentence ends in it, an item of a list or a paragraph; with `ending`, an end of sentence is
    part of the name ("St. John's wort"). It starts and ends with a word.
    """
    at = start
    for _ in range(marks + 1):
        found = _SOFT.search(text, at, end)
        if found is None:
            break
        at = found.end()
    else:
        return True
    if ending:
        return False
    ends = _HARD.search(text, start, end + _AHEAD)
    return ends is not None and ends.start() < end


class Passage(NamedTuple):
    """A text, and its folded words with their places."""

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    content: list[int]  # the words that are not fillers

    @classmethod
    def of(cls, text: str, folded: str, words: list[str]) -> Passage:
        """Of a text, its folded form, and the words of that."""
        content = [i for i, word in enumerate(words) if word not in FILLERS]
        if len(words) > _FEW_WORDS:
            _, starts, ends = places(folded)
            return cls(text, words, starts.tolist(), ends.tolist(), content)
        firsts: list[int] = []
        pasts: list[int] = []
        at = 0
        for word in words:
            at = folded.index(word, at)
            firsts.append(at)
            at += len(word)
            pasts.append(at)
        return cls(text, words, firsts, pasts, content)


class Meetings(NamedTuple):
    """Which two words follow one another in a description; now and then one pair too many."""

    table: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, descriptions: Sequence[npt.NDArray[np.integer[Any]]]) -> Meetings:
        """From numbers of words by the row, an array for each length."""
        pairs = sum(rows.shape[0] * (rows.shape[1] - 1) for rows in descriptions)
        size = 1 << max(10, min(_LARGEST_TABLE, (32 * pairs).bit_length()))
        table = np.zeros(size, np.bool_)
        for rows in descriptions:
            for i in range(rows.shape[1] - 1):
                one, other = rows[:, i].astype(np.int64), rows[:, i + 1].astype(np.int64)
                table[(one * _ONE ^ other * _OTHER) & (size - 1)] = True
        return cls(table)

    def has(
        self, one: npt.NDArray[np.integer[Any]], other: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.bool_]:
        """Whether each of these words is followed by that of the others."""
        places = (one.astype(np.int64) * _ONE ^ other.astype(np.int64) * _OTHER) & (
            len(self.table) - 1
        )
        found: npt.NDArray[np.bool_] = self.table[places]
        return found


_REACH: Final = 3  # content words to either side of "and" that can share one
ITEMS: Final = 4
"""Items of a list before "and" that are looked at."""


class Shared(NamedTuple):
    """Words as they belong together though others stand between them; -1 parts the groups."""

    places: list[int]  # indices of words
    joint: list[int]  # for each place, the index of its "and"; both of its sides must take part


def joins(words: Sequence[str]) -> list[int]:
    """Where "and", "or" and "nor" stand among the words."""
    if _JOINING.isdisjoint(words):
        return []
    return [i for i, word in enumerate(words) if word in _JOINING]


def shared_words(
    passage: Passage, joints: Sequence[int], roots: Sequence[int], met: memoryview
) -> Shared:
    """What "renal and hepatic failure" says of the kidney, and "pain in knees or hips" of hips.

    `joints` are the joining words. Where `met`, of `Meetings`, has no word of the one side before
    one of the other, nothing is looked at; `roots` are the numbers of the content words.
    """
    places: list[int] = []
    joint: list[int] = []
    content = passage.content
    for k in joints:
        at = bisect_left(content, k)
        if not _can_share(passage, at, roots, met):
            continue
        left = _side(passage, content[max(0, at - _REACH) : at][::-1], k)[::-1]
        right = _side(passage, content[at + 1 : at + 1 + _REACH], k)
        if not left or not right:
            continue
        groups = [left + right[1:], left[:-1] + right]
        if len(right) > 2:
            groups.append(left + right[2:])
        if len(right) > 1:
            groups.extend([item, *right[1:]] for item in _items(passage, at))
        for group in groups:
            if len(group) > 1:
                places.extend((*group, -1))
                joint.extend([k] * (len(group) + 1))
    return Shared(places, joint)


def _can_share(passage: Passage, at: int, roots: Sequence[int], met: memoryview) -> bool:
    """Whether a word of the one side meets one of the other when what is between is left out."""
    last = len(roots) - 1
    if not 0 < at < last:
        return False
    mask = len(met) - 1
    if at > 1 and met[(roots[at - 2] * _ONE ^ roots[at + 1] * _OTHER) & mask]:
        return True
    if at + 2 > last:
        return False
    second = roots[at + 2] * _OTHER
    before = roots[at - 1] * _ONE
    if met[(before ^ second) & mask]:
        return True
    if at + 3 <= last and met[(before ^ roots[at + 3] * _OTHER) & mask]:
        return True
    first = max(0, at - 3 * ITEMS)
    start, end = passage.ends[passage.content[first]], passage.starts[passage.content[at - 1]]
    return passage.text.find(",", start, end) >= 0 and any(
        met[(root * _ONE ^ second) & mask] for root in roots[first : at - 1]
    )


def _side(passage: Passage, indices: Sequence[int], k: int) -> list[int]:
    """The words from "and" outwards, up to the first break; a comma may stand beside "and"."""
    text = passage.text
    taken: list[int] = []
    before = k
    for i in indices:
        first, last = min(i, before), max(i, before)
        start, end = passage.ends[first], passage.starts[last]
        marks = 1 if before == k else 0
        if text[start:end] != " " and broken(text, start, end, marks):
            break
        taken.append(i)
        before = i
    return taken


def _items(passage: Passage, at: int) -> list[int]:
    """The last words of the items before the one that "and" follows: A of "A, B, and C"."""
    found: list[int] = []
    content = passage.content
    for place in range(at - 1, max(0, at - 3 * ITEMS), -1):
        before, i = content[place - 1], content[place]
        between = passage.text[passage.ends[before] : passage.starts[i]]
        if ";" in between or ". " in between:
            break
        if "," in between:
            found.append(before)
            if len(found) == ITEMS:
                break
    return found


def short_forms(text: str, shorts: Collection[str]) -> list[tuple[int, int, str]]:
    """Where the short forms stand in a text: start, end, which; also with a plural's s."""
    found: list[tuple[int, int, str]] = []
    for first, past in _stretches(text, shorts):
        token = _SHORT.search(text, first, past)
        if token is None:
            continue
        written = token.group()
        if _known(written, token.start(), shorts, found):
            continue
        if "-" in written or "/" in written:
            at = token.start()
            for part in re.split("[-/]", written):
                _known(part, at, shorts, found)
                at += len(part) + 1
        elif written[-1] == ".":
            _known(written.rstrip("."), token.start(), shorts, found)
    return found


def _stretches(text: str, shorts: Collection[str]) -> Iterator[tuple[int, int]]:
    """The stretches without a blank that can have one of the short forms, in order."""
    wanted = sorted(short for short in shorts if " " not in short)
    if not wanted:
        return
    if len(wanted) > _FEW:
        yield from (token.span() for token in _SHORT.finditer(text))
        return
    any_of = re.compile("|".join(map(re.escape, wanted)))
    past = 0
    while (found := any_of.search(text, past)) is not None:
        first = found.start()
        while first > past and _WITHIN.match(text, first - 1):
            first -= 1
        past = found.end()
        while past < len(text) and _WITHIN.match(text, past):
            past += 1
        yield first, past


def _known(
    written: str, at: int, shorts: Collection[str], found: list[tuple[int, int, str]]
) -> bool:
    short = written if written in shorts else written[:-1] if written[-1:] == "s" else ""
    if short and short in shorts:
        found.append((at, at + len(written), short))
        return True
    return False
