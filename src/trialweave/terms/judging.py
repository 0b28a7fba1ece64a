"""Which names a passage counts as, once its words are those of a name.

What was decided for a wording holds wherever it stands, and is kept: all recognisers of the same
names share it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from trialweave.terms.ambiguity import NEEDS_CONTEXT, NOT_CAPITALS, WRITTEN_EXACTLY
from trialweave.terms.mention import Rule
from trialweave.terms.normal import fold
from trialweave.terms.passage import broken

if TYPE_CHECKING:
    from trialweave.terms.names import Laid

__all__ = ["NEVER", "Counted", "Judge", "Names", "best", "by_rule"]

NEVER: Final = 128
"""The flag of a name that is looked up, but that no passage counts as."""
_REMEMBERED: Final = 200_000  # judgements of wordings that are kept
_LONGEST_REMEMBERED: Final = 200  # characters of a wording whose judgement is kept


class Counted(msgspec.Struct, frozen=True, gc=False):
    """A name that a passage counts as, and why."""

    vocabulary: int
    standing: int
    name: int
    term: str
    text: str
    flags: int
    rule: Rule


Names = tuple[Counted, ...]
"""For each vocabulary the best name, those of the best standing first."""


class Judge:
    """Judges the passages that have the words of a name."""

    def __init__(self, laid: Laid) -> None:
        self._laid = laid
        self._flags = memoryview(laid.flags)  # type: ignore[arg-type]
        self._term_of = memoryview(laid.term_of)  # type: ignore[arg-type]
        self._standing = memoryview(laid.standing)  # type: ignore[arg-type]
        self._vocabulary_of = memoryview(laid.vocabulary_of)  # type: ignore[arg-type]
        self._written: dict[int, Names] = {}
        self._described: dict[tuple[int, Rule], Names] = {}
        self.judged: dict[tuple[int, str], tuple[Names, Names]] = {}
        """What `written` gave for a sequence in a wording, where it holds at every place."""

    def written(
        self, text: str, start: int, end: int, sequence: int, several: bool
    ) -> tuple[Names, Names]:
        """What text[start:end] counts as, without and with a context of genes near it.

        It has the words of this sequence; `several` says whether these are more than one.
        """
        found = self._first(text, start, end, sequence, several)
        surface = text[start:end]
        # What a line's end in it means is said by what follows it.
        if end - start <= _LONGEST_REMEMBERED and "\n" not in surface:
            if len(self.judged) >= _REMEMBERED:
                self.judged.clear()
            self.judged[sequence, surface] = found
        return found

    def described(self, sequence: int, rule: Rule) -> Names:
        """What a passage counts as that has the words of this description in another order."""
        found = self._described.get((sequence, rule))
        if found is None:
            names = self._laid.descriptions.names_of(sequence)
            found = best(self._counted(name, rule) for name in names)
            if len(self._described) >= _REMEMBERED:
                self._described.clear()
            self._described[sequence, rule] = found
        return found

    def _first(
        self, text: str, start: int, end: int, sequence: int, several: bool
    ) -> tuple[Names, Names]:
        candidates = self._written.get(sequence)
        if candidates is None:
            candidates = tuple(
                self._counted(name, "inflected")
                for name in self._laid.sequences.names_of(sequence)
                if self._flags[name] != NEVER
            )
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            self._written[sequence] = candidates
        surface = text[start:end]
        parted = several and broken(text, start, end)
        every: list[Counted] = []
        for each in candidates:
            flags, name = each.flags, each.text
            if parted:
                marks = sum(map(name.count, ",()[]"))
                if broken(text, start, end, marks, any(mark in name for mark in ".:;")):
                    continue
            if flags:
                if flags & WRITTEN_EXACTLY and not _as_written(surface, name):
                    continue
                if flags & NOT_CAPITALS and surface.isupper():
                    continue
            every.append(each)
        if not every:
            return (), ()
        words: list[str] = []
        if any(each.text != surface for each in every):
            words = fold(surface).split()
        sure = [each for each in every if not each.flags & NEEDS_CONTEXT]
        certain = _ruled(best(sure), surface, words)
        return certain, certain if len(sure) == len(every) else _ruled(best(every), surface, words)

    def _counted(self, name: int, rule: Rule) -> Counted:
        laid = self._laid
        term = self._term_of[name]
        return Counted(
            self._vocabulary_of[term], self._standing[name], name, laid.terms[term],
            laid.names[name], self._flags[name], rule,
        )  # fmt: skip


def best(names: Iterable[Counted]) -> Names:
    """For each vocabulary the best name, by its standing, then by its place."""
    found: dict[int, Counted] = {}
    for each in sorted(names, key=_standing):
        found.setdefault(each.vocabulary, each)
    return tuple(found.values())


def by_rule(names: Iterable[Counted], rule: Rule) -> Names:
    """The same names, by another rule, those of the best standing first."""
    return tuple(_as(each, rule) for each in sorted(names, key=_standing))


def _standing(name: Counted) -> tuple[int, int]:
    return name.standing, name.name


def _ruled(names: Names, surface: str, words: list[str]) -> Names:
    return tuple(_as(each, _rule(surface, each.text, words)) for each in names)


def _as(each: Counted, rule: Rule) -> Counted:
    return Counted(
        each.vocabulary, each.standing, each.name, each.term, each.text, each.flags, rule
    )


def _rule(surface: str, written: str, words: list[str]) -> Rule:
    if surface == written:
        return "as written"
    return "folded" if words == fold(written).split() else "inflected"


def _as_written(surface: str, name: str) -> bool:
    """Letter by letter, hyphens and blanks aside; a symbol may have the plural's s."""
    if surface == name:
        return True
    one = "".join(filter(str.isalnum, surface))
    other = "".join(filter(str.isalnum, name))
    return one == other or (one == other + "s" and len(other) > 1)
