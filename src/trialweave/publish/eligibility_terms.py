"""Whether a fact is an instance of words, by the vocabularies in use: "diabetes mellitus" covers
"type 2 diabetes", because the one term stands above the other in a tree.

Names and trees are opened when first asked for. What vocabularies do not know is None, and never
counts as a no. Something else is a fact only where that is plain: two diseases or procedures that
have no narrow term above both in any tree, two substances, a drug or procedure where a disease is
asked for. That matters for records which are said to name everything, and for no others. Classes
of drugs cut across trees, so that a drug outside of a class may still be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from trialweave.protocol.patients.facts import Code, Fact, FactKind
from trialweave.protocol.patients.happened import EMPTY
from trialweave.publish.terms.shelves import Shelves, reference
from trialweave.terms.normal import fold

__all__ = ["covering", "terms_of"]

_TREES: Final = ("MONDO", "DOID", "MeSH", "HPO")
_DISEASES: Final = frozenset(("MONDO", "DOID"))
_SUBSTANCES: Final = "UNII"
_NARROW: Final = 200  # terms below one that is above two things, for them to be near each other
_SYSTEMS: Final = {"snomed": "SNOMEDCT", "icd10": "ICD10CM"}
_IN_BRACKETS: Final = re.compile(r"\s*\([^()]{1,60}\)\s*\Z")
_STRENGTH: Final = re.compile(r"\s+\d.*\Z", re.DOTALL)
_LONGEST: Final = 300  # characters of a label that may be a name
_SHORTEST: Final = 5  # characters of a label that is no abbreviation
_MOST: Final = 20_000  # answers that are kept

Terms = frozenset[tuple[str, str]]
"""Terms as (vocabulary, id)."""


def covering(
    root: Path, known: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> Callable[[str, Fact], bool | None]:
    """How to tell whether a fact is an instance of words, by what a workspace uses.

    The first question opens names and trees, which takes a second or two; answers are kept.
    `known` are words with their terms, as `terms_of` found them before.
    """
    return _Covering(root, known or {}).covers


def terms_of(root: Path, words: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The terms that words name, by the words; () where they name none."""
    found = _Covering(root, {})
    return {each: tuple(sorted(found.terms(each))) for each in words}


class _Covering:
    """The vocabularies as far as they were asked, and the answers."""

    def __init__(self, root: Path, known: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self._root = root
        self._shelves: Shelves | None = None
        self._known = known
        self._named: dict[str, Terms] = {}
        self._broader: dict[tuple[str, tuple[Code, ...]], tuple[Terms, Terms]] = {}
        self._above: dict[tuple[str, str], frozenset[str]] = {}
        self._sizes: dict[tuple[str, str], int] = {}
        self._answers: dict[tuple[str, FactKind, str, tuple[Code, ...]], bool | None] = {}

    def covers(self, words: str, fact: Fact) -> bool | None:
        """Whether the fact is, or is a kind of, what the words name; None where that is unknown."""
        key = words, fact.kind, fact.label, fact.codes
        if key not in self._answers:
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[key] = self._answer(words, fact)
        return self._answers[key]

    def _answer(self, words: str, fact: Fact) -> bool | None:
        wanted = self.terms(words)
        if not wanted:
            return None
        if fact.kind != "condition" and self._all_diseases(wanted):
            return False
        have, above = self._with_broader(fact)
        if not have:
            return None
        if not wanted.isdisjoint(above):
            return True
        return False if self._something_else(fact, wanted, have) else None

    @staticmethod
    def _all_diseases(wanted: Terms) -> bool:
        names = {name for name, _ in wanted}
        return not names.isdisjoint(_DISEASES) and _SUBSTANCES not in names

    def _something_else(self, fact: Fact, wanted: Terms, have: Terms) -> bool:
        shared = {name for name, _ in wanted} & {name for name, _ in have}
        if fact.kind == "drug":
            return _SUBSTANCES in shared
        if len(fact.label) < _SHORTEST:
            return False  # an abbreviation, which may mean several things
        return bool(shared & set(_TREES)) and not any(
            self._near(name, one, other)
            for name, one in wanted
            for vocabulary, other in have
            if vocabulary == name and name in _TREES
        )

    def _near(self, name: str, one: str, other: str) -> bool:
        """Whether a narrow term stands above both, or one above the other."""
        above, also = self._ancestors(name, one), self._ancestors(name, other)
        common = above & also
        return one in also or other in above or any(self._size(name, c) <= _NARROW for c in common)

    def _size(self, name: str, identifier: str) -> int:
        key = name, identifier
        if key not in self._sizes:
            book = self._books.book(name)
            self._sizes[key] = len(book.tree.explode([identifier])) if book is not None else 0
        return self._sizes[key]

    @property
    def _books(self) -> Shelves:
        if self._shelves is None:
            self._shelves = Shelves(self._root)
        return self._shelves

    def terms(self, text: str) -> Terms:
        """The terms that a text names as a whole, of trees and of substances."""
        held = self._named.get(text)
        if held is None:
            if len(self._named) >= _MOST:
                self._named.clear()
            known = self._known.get(text)
            held = self._found(text) if known is None else frozenset(map(_pair, known))
            self._named[text] = held
        return held

    def _found(self, text: str) -> Terms:
        names = self._books.names()
        for form in _forms(text):
            found = frozenset(
                (each.vocabulary, each.term)
                for each in names.find(form)
                if each.vocabulary in _TREES or each.vocabulary == _SUBSTANCES
            )
            if found:
                return found
        return frozenset()

    def _coded(self, codes: tuple[Code, ...]) -> Terms:
        found: set[tuple[str, str]] = set()
        for each in codes:
            system = _SYSTEMS.get(each.system)
            if system is None:
                continue
            for name in ("MONDO", "DOID"):
                book = self._books.book(name)
                if book is not None:
                    places = book.saying_same(reference(each.code, system))
                    found.update((name, book.entry(place).id) for place in places)
        return frozenset(found)

    def _with_broader(self, fact: Fact) -> tuple[Terms, Terms]:
        """The terms that a fact is of, and these with all that stand above them."""
        key = fact.label, fact.codes
        held = self._broader.get(key)
        if held is None:
            if len(self._broader) >= _MOST:
                self._broader.clear()
            have = self.terms(fact.label) | self._coded(fact.codes)
            above = {
                (name, each)
                for name, identifier in have
                if name in _TREES
                for each in self._ancestors(name, identifier)
            }
            held = self._broader[key] = (have, have | above)
        return held

    def _ancestors(self, name: str, identifier: str) -> frozenset[str]:
        key = name, identifier
        if key not in self._above:
            book = self._books.book(name)
            found = frozenset(book.tree.ancestors(identifier)) if book is not None else frozenset()
            self._above[key] = found
        return self._above[key]


def _pair(term: Sequence[str]) -> tuple[str, str]:
    return term[0], term[1]


def _forms(text: str) -> Iterator[str]:
    """A text as a name: whole, without brackets or a strength at its end, without words that
    do not say which."""
    if len(text) > _LONGEST:
        return
    yield text
    bare = _IN_BRACKETS.sub("", text)
    if bare != text:
        yield bare
    weak = _STRENGTH.sub("", bare)
    if weak != bare:
        yield weak
    telling = " ".join(word for word in fold(bare).split() if word not in EMPTY)
    if telling and telling != bare:
        yield telling
