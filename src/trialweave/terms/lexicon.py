"""Which names of a vocabulary count, and what is compared of their words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import msgspec

from trialweave.terms.ambiguity import HPO_ROOT, IN_CONTEXT, MODIFIERS, entries, judged
from trialweave.terms.automaton import code, unknown
from trialweave.terms.equivalents import everyday, groups_alike, same_root
from trialweave.terms.normal import canonical, fold, inflection, root
from trialweave.terms.term import Name, Release, Scope, Term

__all__ = [
    "FILLERS",
    "LONGEST_NAME",
    "LONGEST_WORD",
    "MOST_WORDS",
    "REWORDED",
    "SCOPES",
    "STANDING",
    "Codes",
    "everyday_names",
    "names_of",
    "qualifying",
    "reduced",
    "rooted",
    "rules",
]

_SUBSTANCES: Final = frozenset(("chemical", "drug"))
_OPTICAL: Final = re.compile(r"^\((?:[-+±]|\+/-|\+-)\)|\((?:[-+±]|\+/-|\+-)\)-?$")
SCOPES: Final[tuple[Scope, ...]] = (
    "preferred", "symbol", "exact", "abbreviation", "narrow", "related", "broad",
)  # fmt: skip
"""In the order in which one name of several terms is given to one of them."""
STANDING: Final[frozenset[Scope]] = frozenset(("preferred", "exact", "symbol", "abbreviation"))
"""The scopes whose names stand for their term by themselves."""
FILLERS: Final = frozenset(
    ("of", "the", "a", "an", "in", "at", "to", "on", "its", "his", "her", "their", "both", "this",
     "that", "these", "those")
)  # fmt: skip
REWORDED: Final = frozenset(("phenotype", "disease", "finding", "adverse event"))
"""The kinds of term whose names are descriptions: found in other orders and forms too."""
LONGEST_NAME: Final = 150
"""Characters; longer names are systematic ones that no text has."""
MOST_WORDS: Final = 12
"""Words of a name that is looked for in texts."""
LONGEST_WORD: Final = 60
"""Characters of a word that is looked for in texts."""
_REMEMBERED: Final = 400_000  # words of texts whose codes are kept


def reduced(word: str) -> str:
    """What is compared of a folded word."""
    return inflection(canonical(word))


def rooted(word: str) -> str:
    """What is compared of a folded word where a description is reworded."""
    return same_root(root(canonical(word)))


class Codes(dict[str, bytes]):
    """The code of each word of a text; worked out at its first sight, kept while there is room."""

    def __init__(
        self,
        number: Callable[[str], int],
        reduce: Callable[[str], str],
        width: int,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """`number` says which word a reduced one is, -1 for none; `without` have no code at all."""
        super().__init__(dict.fromkeys(without, b""))
        self._number = number
        self._reduce = reduce
        self._width = width
        self._unknown = unknown(width)

    def __missing__(self, word: str) -> bytes:
        if len(word) > LONGEST_WORD:
            return self._unknown
        found = code(self._number(self._reduce(word)) + 1, self._width)
        if len(self) < _REMEMBERED:
            self[word] = found
        return found


def names_of(term: Term, scopes: frozenset[Scope]) -> list[Name]:
    """The names of a term that count: none of an obsolete one, of one letter, or too long.

    Variants are read by grammar. A name of one optical form has, but for its signs, the words of
    the plain name ("(-)-ketamine"); a synonym of capitals that stands in small letters too ("CAN",
    "can") is a symbol. Neither counts.
    """
    if term.obsolete or term.kind == "variant":
        return []
    optical = term.kind in _SUBSTANCES
    capitals = {name.text for name in term.names if name.text.isupper()}
    return [
        name
        for name in term.names
        if name.scope in scopes
        and 1 < len(name.text) <= LONGEST_NAME
        and not (optical and _OPTICAL.search(name.text))
        and not (len(name.text) <= 5 and name.text.islower() and name.text.upper() in capitals)
    ]


def qualifying(release: Release) -> frozenset[str]:
    """The terms of a release that only qualify others, and name nothing by themselves."""
    if release.vocabulary != "HPO":
        return frozenset()
    found = set(MODIFIERS)
    below: dict[str, list[str]] = {}
    for term in release.terms:
        for parent in term.parents:
            below.setdefault(parent, []).append(term.id)
    waiting = list(MODIFIERS - {HPO_ROOT})
    while waiting:
        for each in below.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def everyday_names(
    texts: Sequence[str], term_of: Sequence[int], vocabulary_of: Sequence[int]
) -> list[tuple[str, int]]:
    """What texts say for a name, and the terms that have the name: see `everyday.tsv`."""
    pairs = everyday()
    asked = {each for pair in pairs for each in pair}
    held: dict[tuple[str, int], int] = {}
    for i, lowered in enumerate(map(str.lower, texts)):
        if lowered in asked:
            held.setdefault((lowered, vocabulary_of[term_of[i]]), term_of[i])
    return [
        (said, held[meant, vocabulary])
        for vocabulary in sorted({vocabulary for _, vocabulary in held})
        for said, meant in pairs
        if (meant, vocabulary) in held and (said, vocabulary) not in held
    ]


_PROBES: Final = (
    "Crohn’s disease", "Tumours", "metastases", "IL-6", "γ-interferon", "œdema", "e\u0301dema",
    "diabetic ketoacidoses", "haemorrhagic", "HbA1c", "BRCA1", "Ca", "IV", "CD4+ cells", "گریپ",
)  # fmt: skip


@cache
def rules() -> str:
    """A check value of all that decides how names are laid out: the lists, and what words become.

    Names that were laid out by other lists, or by a normal form that differs for an everyday word,
    are thus known to be.
    """
    said = [each for pair in everyday() for each in pair]
    words = sorted({word for text in (*said, *_PROBES) for word in fold(text).split()})
    scopes: tuple[Scope, ...] = ("exact", "symbol")
    decided = (
        entries(),
        everyday(),
        groups_alike(),
        [(reduced(word), rooted(word)) for word in words],
        [judged(text, kind, scope, len(text.split()), "")
         for text in _PROBES for kind in ("gene", "disease") for scope in scopes],
        (SCOPES, sorted(FILLERS), sorted(REWORDED), LONGEST_NAME, MOST_WORDS, LONGEST_WORD),
        (HPO_ROOT, sorted(MODIFIERS), IN_CONTEXT.pattern),
    )  # fmt: skip
    return hashlib.blake2b(msgspec.msgpack.encode(decided), digest_size=8).hexdigest()
