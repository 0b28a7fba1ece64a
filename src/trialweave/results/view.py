"""A sentence with what was found in it: tokens, groups, shares, and how they are joined."""

from __future__ import annotations

import bisect
import copy
import re
from collections.abc import Collection, Sequence
from typing import Protocol

from trialweave.results.arm_names import ArmNames
from trialweave.results.counts import find_shares
from trialweave.results.groups import Mention, find_groups
from trialweave.results.tokens import Token, legible, tokenise

__all__ = ["Piece", "SentenceView"]


class Piece(Protocol):
    """What stands in a sentence for one group: a share of persons, a mean or a median."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def form(self) -> str: ...
    @property
    def noun(self) -> tuple[int, int]: ...
    @property
    def inner(self) -> Mention | None: ...
    @property
    def size(self) -> float | None: ...
    @property
    def complete(self) -> bool: ...


_STRONG = frozenset({"versus", "vs", "than", "against"})
_WEAK = frozenset({"and", "while", "whereas", "but", ",", "or"})
_MAX_SHARES = 60


class SentenceView:
    """A sentence's tokens with what was found in them; positions are token indices."""

    def __init__(
        self,
        text: str,
        offset: int,
        product: Collection[str],
        names: ArmNames | None = None,
        *,
        slashed: bool = False,
    ) -> None:
        self.text = legible(text, slashed=slashed)
        self.offset = offset
        self.names = names or ArmNames()
        self.tokens = tokenise(self.text)
        self.groups = find_groups(self.tokens, product, names)
        self.shares = find_shares(self.tokens, self.groups)[:_MAX_SHARES]
        self.pieces: Sequence[Piece] = self.shares
        self.depth = _depths(self.tokens)
        self._starts = self._find_starts()
        self._ends = self._find_ends()
        self.respectively = any(token.low == "respectively" for token in self.tokens)

    def over(self, pieces: Sequence[Piece]) -> SentenceView:
        """The same sentence, with other figures than its shares to be matched with groups."""
        other = copy.copy(self)
        other.pieces = pieces[:_MAX_SHARES]
        other._starts = other._find_starts()
        return other

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def groups_between(self, first: int, last: int) -> list[Mention]:
        return [g for g in self.groups if g.first >= first and g.last <= last]

    def label(self, group: Mention | None) -> str:
        """The group as the sentence writes it; "" where the sentence leaves it unnamed."""
        if group is None or not group.label:
            return ""
        tokens = self.tokens
        words = self.text[tokens[group.first].start : tokens[group.last - 1].end]
        return re.sub(r"^(?:with|for|on)\s+(?:the\s+)?", "", " ".join(words.split()))

    def behind_link(self, index: int, stop: int) -> int:
        """Behind the first comma or "and" from `index` on, before `stop`; `index` if there is none.

        What another share is of starts there: "(71%) recovered, 3 (13%) remained ill".
        """
        for position in range(index, stop):
            if self.low(position) in _WEAK:
                return position + 1
        return index

    def has(self, first: int, last: int, kinds: tuple[str, ...]) -> bool:
        return any(token.kind in kinds for token in self.tokens[max(first, 0) : last])

    def link(self, first: int, last: int) -> tuple[int, bool] | None:
        """Where two shares are joined between `first` and `last`: index and whether strongly."""
        weak = None
        for index in range(first, last):
            low = self.low(index)
            if low in _STRONG or (
                low in ("compared", "comparison", "opposed", "contrast", "relative")
                and self.low(index + 1) in ("with", "to")
            ):
                return index, True
            if low in _WEAK:
                weak = index
        return None if weak is None else (weak, False)

    def clause_start(self, index: int) -> int:
        """The token behind the last semicolon, colon or concluding P value before `index`.

        A colon before the first share leads up to it ("Mortality: 3/10 versus 6/10").
        """
        position = bisect.bisect_right(self._starts, index) - 1
        return self._starts[position] if position >= 0 else 0

    def clause_end(self, index: int) -> int:
        """The next semicolon outside brackets; one before a P value or effect does not end."""
        position = bisect.bisect_left(self._ends, index)
        return self._ends[position] if position < len(self._ends) else len(self.tokens)

    def _find_starts(self) -> list[int]:
        starts: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.low in (";", ":") and self.depth[index] == 0:
                heading = token.low == ":" and not any(s.first < index for s in self.pieces)
                if not heading:
                    starts.append(index + 1)
            elif token.kind in ("p", "effect"):
                after = index + 1
                while self.low(after) in (")", "]"):
                    after += 1
                if self.low(after) in ("and", "but", ",", "while", "whereas", ";"):
                    starts.append(after)
        return starts

    def _find_ends(self) -> list[int]:
        ends = []
        for index, token in enumerate(self.tokens):
            if token.low == ";" and self.depth[index] == 0:
                following = self.tokens[index + 1].kind if index + 1 < len(self.tokens) else ""
                if following not in ("p", "effect"):
                    ends.append(index)
        return ends


def _depths(tokens: Sequence[Token]) -> list[int]:
    """How many brackets are open at each token."""
    depths = []
    depth = 0
    for token in tokens:
        if token.low in ("(", "["):
            depth += 1
        depths.append(depth)
        if token.low in (")", "]"):
            depth = max(depth - 1, 0)
    return depths
