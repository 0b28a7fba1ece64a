"""A text as recognition reads it: its words with their places, and what no name reaches across."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from trialweave.terms.lexicon import FILLERS

__all__ = ["Passage", "shared_words", "short_forms"]

_HARD: Final = re.compile(r"[.;:!?](?=\s)|\n(?=[ \t]*(?:\n|[-*•]|\d{1,3}[.)]))")
_SOFT: Final = re.compile(r"[,()\[\]]")
_JOINING: Final = frozenset(("and", "or", "nor"))
_SHORT: Final = re.compile(r"[^\W_][\w\-/+.]*")


class Passage(NamedTuple):
    """A text, its folded words with their places, and its punctuation."""

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    hard: list[int]  # ends of sentences, items of lists
    soft: list[int]  # commas and brackets
    content: list[int]  # the words that are not fillers

    @classmethod
    def of(cls, text: str, words: list[str], starts: list[int], ends: list[int]) -> Passage:
        """Of a text, the folded words in it, and where each starts and ends."""
        return cls(
            text,
            words,
            starts,
            ends,
            [each.start() for each in _HARD.finditer(text)],
            [each.start() for each in _SOFT.finditer(text)],
            [i for i, word in enumerate(words) if word not in FILLERS],
        )

    def broken(self, start: int, end: int, marks: int, ending: bool) -> bool:
        """Whether text[start:end] has more commas and brackets than `marks`, or ends in between.

        With `ending`, an end of sentence is part of the name ("St. John's wort").
        """
        at = bisect_left(self.soft, start)
        if at + marks < len(self.soft) and self.soft[at + marks] < end:
            return True
        if ending:
            return False
        at = bisect_left(self.hard, start)
        return at < len(self.hard) and self.hard[at] < end


_REACH: Final = 3  # content words to either side of "and" that can share one
_ITEMS: Final = 4  # items of a list before "and"


class Shared(NamedTuple):
    """Words as they belong together though others stand between them; -1 parts the groups."""

    places: list[int]  # indices of words
    joint: list[int]  # for each place, the index of its "and"; both of its sides must take part


def shared_words(passage: Passage) -> Shared:
    """What "renal and hepatic failure" says of the kidney, and "pain in knees or hips" of hips."""
    places: list[int] = []
    joint: list[int] = []
    content = passage.content
    for at, k in enumerate(content):
        if passage.words[k] not in _JOINING:
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


def _side(passage: Passage, indices: Sequence[int], k: int) -> list[int]:
    """The words from "and" outwards, up to the first break; a comma may stand beside "and"."""
    taken: list[int] = []
    before = k
    for i in indices:
        first, last = min(i, before), max(i, before)
        marks = 1 if before == k else 0
        if passage.broken(passage.ends[first], passage.starts[last], marks, False):
            break
        taken.append(i)
        before = i
    return taken


def _items(passage: Passage, at: int) -> list[int]:
    """The last words of the items before the one that "and" follows: A of "A, B, and C"."""
    found: list[int] = []
    content = passage.content
    for place in range(at - 1, max(0, at - 3 * _ITEMS), -1):
        before, i = content[place - 1], content[place]
        between = passage.text[passage.ends[before] : passage.starts[i]]
        if ";" in between or ". " in between:
            break
        if "," in between:
            found.append(before)
            if len(found) == _ITEMS:
                break
    return found


def short_forms(text: str, shorts: Collection[str]) -> list[tuple[int, int, str]]:
    """Where the short forms stand in a text: start, end, which; also with a plural's s."""
    found: list[tuple[int, int, str]] = []
    for token in _SHORT.finditer(text):
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


def _known(
    written: str, at: int, shorts: Collection[str], found: list[tuple[int, int, str]]
) -> bool:
    short = written if written in shorts else written[:-1] if written[-1:] == "s" else ""
    if short and short in shorts:
        found.append((at, at + len(written), short))
        return True
    return False
