"""Names of many vocabularies, laid out for recognition: in arrays, with two automata over them.

The first automaton finds names word by word, but for inflection. The second finds descriptions
(diseases, phenotypes) by the roots of their words, in any order that language has for them. Both
name a sequence by its number; `Groups` say which names have that sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, permutations
from typing import Final

import msgspec
import numpy as np

from trialweave.terms.ambiguity import HPO_ROOT, MODIFIERS, WRITTEN_EXACTLY, entries, judged
from trialweave.terms.automaton import UNKNOWN, WIDTH, Automaton, code
from trialweave.terms.equivalents import everyday, same_root
from trialweave.terms.normal import canonical, fold, inflection, root
from trialweave.terms.term import Name, Release, Scope, Term

__all__ = ["FILLERS", "Codes", "Groups", "Lexicon", "Packed", "compile_names", "reduced", "rooted"]

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
_REWORDED: Final = frozenset(("phenotype", "disease", "finding", "adverse event"))
_LONGEST_NAME: Final = 150  # characters; longer ones are systematic names that no text has
_MOST_WORDS: Final = 12
_LONGEST_WORD: Final = 60
_REMEMBERED: Final = 400_000  # words of texts whose codes are kept
_MARK: Final = "\x02"  # no folded text has it


class Codes(dict[str, bytes]):
    """The code of each word of a text; worked out at its first sight, kept while there is room."""

    def __init__(self, numbers: dict[str, int], reduce: Callable[[str], str]) -> None:
        super().__init__()
        self.numbers = numbers
        self._reduce = reduce

    def __missing__(self, word: str) -> bytes:
        if len(word) > _LONGEST_WORD:
            return UNKNOWN
        place = self.numbers.get(self._reduce(word))
        found = UNKNOWN if place is None else code(place)
        if len(self) < _REMEMBERED:
            self[word] = found
        return found


class Packed(msgspec.Struct, frozen=True):
    """Strings in one piece: the i-th is text[ends[i-1]:ends[i]], in UTF-8."""

    text: bytes
    ends: bytes  # int32

    @classmethod
    def of(cls, strings: Sequence[str]) -> Packed:
        parts = [each.encode("utf-8", "surrogatepass") for each in strings]
        ends = np.cumsum(np.fromiter(map(len, parts), np.int32, len(parts)), dtype=np.int32)
        return cls(b"".join(parts), ends.tobytes())


class Groups(msgspec.Struct, frozen=True):
    """Which names have the i-th sequence: names[ends[i-1]:ends[i]]."""

    ends: bytes  # int32
    names: bytes  # int32

    @classmethod
    def of(cls, sequence: np.ndarray, names: np.ndarray, count: int) -> Groups:
        order = np.argsort(sequence, kind="stable")
        sizes = np.bincount(sequence, minlength=count)
        return cls(
            np.cumsum(sizes, dtype=np.int32).tobytes(), names[order].astype(np.int32).tobytes()
        )


class Lexicon(msgspec.Struct, frozen=True):
    """Everything that recognition needs, in a form that is stored as it is."""

    vocabularies: tuple[tuple[str, str], ...]  # name and version
    terms: Packed
    vocabulary_of: bytes  # uint8, by term
    names: Packed
    term_of: bytes  # int32, by name
    standing: bytes  # uint8, by name: index of its scope in SCOPES
    flags: bytes  # uint8, by name: see `ambiguity`
    words: bytes  # one a line; the line's number is the word's
    roots: bytes
    groups: Groups
    reworded_groups: Groups
    automaton: bytes
    reworded: bytes


def reduced(word: str) -> str:
    """What the first automaton compares of a folded word."""
    return inflection(canonical(word))


def rooted(word: str) -> str:
    """What the second automaton compares of a folded word."""
    return same_root(root(canonical(word)))


def _all_names(
    releases: Sequence[Release], scopes: frozenset[Scope]
) -> Iterator[tuple[int, Term, Name]]:
    for place, release in enumerate(releases):
        passed_over = _modifiers(release)
        for term in release.terms:
            if not term.obsolete and term.id not in passed_over:
                for name in term.names:
                    if name.scope in scopes and 1 < len(name.text) <= _LONGEST_NAME:
                        yield place, term, name


def _modifiers(release: Release) -> frozenset[str]:
    """The terms at or below one that only qualifies others."""
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


def compile_names(
    releases: Sequence[Release],
    occurring: Iterable[str] | None = None,
    scopes: frozenset[Scope] = STANDING,
) -> Lexicon:
    """The lexicon of these releases' names of these scopes, obsolete terms left out.

    With `occurring`, only names all of whose words are among these (of a corpus, as they stand in
    it). Raises ValueError if there are more different words than `automaton.LIMIT`.
    """
    texts: list[str] = []
    term_of: list[int] = []
    standing: list[int] = []
    terms: list[str] = []
    kinds: list[str] = []
    vocabulary_of: list[int] = []
    rank = {scope: i for i, scope in enumerate(SCOPES)}
    last: Term | None = None
    for place, term, name in _all_names(releases, scopes):
        if term is not last:
            last = term
            terms.append(term.id)
            kinds.append(term.kind)
            vocabulary_of.append(place)
        texts.append(name.text)
        term_of.append(len(terms) - 1)
        standing.append(rank[name.scope])

    for said, meant in _everyday(texts, term_of, vocabulary_of):
        texts.append(said)
        term_of.append(meant)
        standing.append(rank["exact"])
    parts = _words_of(texts)
    known = None if occurring is None else _forms(occurring, reduced)
    numbers, sequences = _sequences(parts, reduced, known)
    listed = _listed(numbers)
    flags = bytearray(len(texts))
    kept: list[int] = []
    rewordable: list[int] = []
    for i, sequence in enumerate(sequences):
        kind = kinds[term_of[i]]
        # Of a description, other words can occur than its own.
        pruned = UNKNOWN in sequence
        if not sequence or len(sequence) > _MOST_WORDS * WIDTH:
            continue
        if pruned and kind not in _REWORDED:
            continue
        treatments = listed.get(_sorted(sequence)) if len(sequence) <= 3 * WIDTH else None
        treatment = "" if treatments is None else treatments.get(kind, treatments.get("*", ""))
        scope = SCOPES[standing[i]]
        flag = judged(texts[i], kind, scope, len(sequence) // WIDTH, treatment)
        if flag is not None:
            flags[i] = flag
            if not pruned:
                kept.append(i)
            if kind in _REWORDED and len(sequence) > WIDTH and not flag & WRITTEN_EXACTLY:
                rewordable.append(i)
    used = sorted({*kept, *rewordable})
    place_of = {name: i for i, name in enumerate(used)}
    automaton, groups = _automaton((sequences[i] for i in kept), [place_of[name] for name in kept])
    roots, reworded, reworded_groups = _reworded(
        [texts[i] for i in rewordable], [place_of[name] for name in rewordable], occurring
    )
    return Lexicon(
        tuple((each.vocabulary, each.version) for each in releases),
        Packed.of(terms),
        bytes(vocabulary_of),
        Packed.of([texts[i] for i in used]),
        np.array([term_of[i] for i in used], np.int32).tobytes(),
        bytes(standing[i] for i in used),
        bytes(flags[i] for i in used),
        "\n".join(numbers).encode("utf-8"),
        "\n".join(roots).encode("utf-8"),
        groups,
        reworded_groups,
        automaton.to_bytes(),
        reworded.to_bytes(),
    )


def _everyday(
    texts: Sequence[str], term_of: Sequence[int], vocabulary_of: Sequence[int]
) -> list[tuple[str, int]]:
    """What texts say for a name, and the terms that have the name: see `everyday.tsv`."""
    pairs = everyday()
    asked = {each for pair in pairs for each in pair}
    held: dict[tuple[str, int], int] = {}
    for text, term in zip(texts, term_of, strict=True):
        lowered = text.lower()
        if lowered in asked:
            held.setdefault((lowered, vocabulary_of[term]), term)
    return [
        (said, held[meant, vocabulary])
        for vocabulary in sorted(set(vocabulary_of))
        for said, meant in pairs
        if (meant, vocabulary) in held and (said, vocabulary) not in held
    ]


def _sorted(sequence: bytes) -> bytes:
    if len(sequence) == WIDTH:
        return sequence
    return b"".join(sorted(sequence[i : i + WIDTH] for i in range(0, len(sequence), WIDTH)))


def _listed(numbers: Sequence[str]) -> dict[bytes, dict[str, str]]:
    """The treatment of listed names by kind, whatever the order and the endings of their words."""
    codes = {form: code(i) for i, form in enumerate(numbers, 1)}
    found: dict[bytes, dict[str, str]] = {}
    for entry in entries():
        parts = [codes.get(reduced(word), UNKNOWN) for word in fold(entry.name).split()]
        found.setdefault(b"".join(sorted(parts)), {})[entry.kind] = entry.treatment
    return found


def _words_of(texts: Sequence[str]) -> list[str]:
    """The folded words of all texts, with a mark after each text."""
    folded = fold(" ".join(texts))
    pieces: list[str] = []
    at = 0
    for length in map(len, texts):
        pieces.append(folded[at : at + length])
        at += length + 1
    return f" {_MARK} ".join([*pieces, ""]).split()


def _forms(words: Iterable[str], reduce: Callable[[str], str]) -> frozenset[str]:
    return frozenset(reduce(each) for text in words for each in fold(text).split())


def _sequences(
    parts: Sequence[str], reduce: Callable[[str], str], known: frozenset[str] | None
) -> tuple[list[str], list[bytes]]:
    """The distinct reduced words in the order of their numbers, and each text's sequence."""
    numbers: dict[str, int] = {}
    codes: dict[str, bytes] = {_MARK: b"\0"}
    for word in dict.fromkeys(parts):
        if word in codes:
            continue
        form = reduce(word)
        if len(word) > _LONGEST_WORD or (known is not None and form not in known):
            codes[word] = UNKNOWN
        else:
            codes[word] = code(numbers.setdefault(form, len(numbers) + 1))
    return list(numbers), b"".join(map(codes.__getitem__, parts)).split(b"\0")[:-1]


def _automaton(sequences: Iterable[bytes], names: Sequence[int]) -> tuple[Automaton, Groups]:
    every = list(sequences)
    distinct = {each: i for i, each in enumerate(dict.fromkeys(every))}
    of = np.fromiter(map(distinct.__getitem__, every), np.int64, len(every))
    return (
        Automaton.of(list(distinct)),
        Groups.of(of, np.asarray(names, np.int64), len(distinct)),
    )


def _reworded(
    texts: Sequence[str], names: Sequence[int], occurring: Iterable[str] | None
) -> tuple[list[str], Automaton, Groups]:
    parts = [each for each in _words_of(texts) if each not in FILLERS]
    known = None if occurring is None else _forms(occurring, rooted)
    roots, sequences = _sequences(parts, rooted, known)
    pairs = [
        (order, names[i])
        for i, sequence in enumerate(sequences)
        if len(sequence) > WIDTH and UNKNOWN not in sequence
        for order in _orders(sequence)
    ]
    automaton, groups = _automaton((each for each, _ in pairs), [name for _, name in pairs])
    return roots, automaton, groups


def _orders(sequence: bytes) -> Iterable[bytes]:
    """The orders in which language puts the words of a description.

    Up to three words in every order; of more, each part of the end moved to the front ("carcinoma
    of the head of the pancreas"), with and without the first word staying where it is.
    """
    words = [sequence[i : i + WIDTH] for i in range(0, len(sequence), WIDTH)]
    n = len(words)
    if n > 6:
        return (sequence,)
    if n <= 3:
        return {b"".join(each) for each in permutations(words)}
    first, rest = words[:1], words[1:]
    return {
        b"".join(each)
        for each in chain(
            (words[i:] + words[:i] for i in range(n)),
            (first + rest[i:] + rest[:i] for i in range(1, n - 1)),
        )
    }
