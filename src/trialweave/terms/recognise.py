"""Terms of vocabularies in a text: where, which, by what rule, and what is said of them.

    recogniser = build(releases)
    recogniser.mentions("No history of acute renal failure.", field="eligibility.exclusion")

Each vocabulary is recognised as if it were alone: its longest names, leftmost first. So a further
vocabulary never takes a mention from another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from trialweave.terms.abbreviations import introduced
from trialweave.terms.ambiguity import IN_CONTEXT, NEEDS_CONTEXT, NOT_CAPITALS, WRITTEN_EXACTLY
from trialweave.terms.assertion import context
from trialweave.terms.automaton import UNKNOWN, WIDTH, Automaton
from trialweave.terms.lexicon import (
    STANDING,
    Codes,
    Groups,
    Lexicon,
    Packed,
    compile_names,
    reduced,
    rooted,
)
from trialweave.terms.mention import Mention, Rule
from trialweave.terms.normal import fold, words
from trialweave.terms.passage import Passage, shared_words, short_forms
from trialweave.terms.term import Release, Scope

__all__ = ["Recogniser", "build"]

_FORMAT: Final = b"trialweave-terms-1\n"
_BLOCK: Final = 1_000_000  # characters read at once, which bounds the memory
_NEAR: Final = 80  # characters to either side in which a symbol's context is looked for


class _Found(NamedTuple):
    start: int
    end: int
    name: int
    rule: Rule


class _Strings:
    """Reads a `Packed` without unpacking it."""

    def __init__(self, packed: Packed) -> None:
        self._text = packed.text
        self._ends = memoryview(packed.ends).cast("i")

    def __getitem__(self, i: int) -> str:
        start = self._ends[i - 1] if i else 0
        return self._text[start : self._ends[i]].decode("utf-8", "surrogatepass")


class _Names:
    """Reads `Groups` without unpacking them."""

    def __init__(self, groups: Groups) -> None:
        self._ends = memoryview(groups.ends).cast("i")
        self._names = memoryview(groups.names).cast("i")

    def __getitem__(self, i: int) -> memoryview:
        return self._names[self._ends[i - 1] if i else 0 : self._ends[i]]


def _numbers(lines: bytes) -> dict[str, int]:
    text = lines.decode("utf-8")
    return {} if not text else {word: i for i, word in enumerate(text.split("\n"), 1)}


class Recogniser:
    """Finds every name of its vocabularies in a text. Made by `build` or `from_bytes`."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.vocabularies = lexicon.vocabularies
        self._terms = _Strings(lexicon.terms)
        self._names = _Strings(lexicon.names)
        self._term_of = memoryview(lexicon.term_of).cast("i")
        self._codes = Codes(_numbers(lexicon.words), reduced)
        self._roots = Codes(_numbers(lexicon.roots), rooted)
        self._groups = _Names(lexicon.groups)
        self._reworded_groups = _Names(lexicon.reworded_groups)
        self._automaton = Automaton.from_bytes(lexicon.automaton)
        self._reworded = Automaton.from_bytes(lexicon.reworded)

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`."""
        return _FORMAT + msgspec.msgpack.encode(self._lexicon)

    @classmethod
    def from_bytes(cls, data: bytes) -> Recogniser:
        """What `to_bytes` gave. Raises ValueError if it is of another version, or damaged."""
        if not data.startswith(_FORMAT):
            raise ValueError("these are not names laid out by this version; build them again")
        try:
            lexicon = msgspec.msgpack.decode(memoryview(data)[len(_FORMAT) :], type=Lexicon)
        except msgspec.DecodeError as error:
            raise ValueError(f"the stored names are damaged; build them again: {error}") from None
        return cls(lexicon)

    def mentions(self, text: str, field: str = "", *, nested: bool = False) -> list[Mention]:
        """Every mention in a text, in its order, one for each vocabulary that has the name.

        `field` is the name of the text's field in its record; text of a field with "exclu" in its
        name lists exclusion criteria. With `nested`, also the shorter names within longer ones that
        end as they do: "schwannoma" of "vestibular schwannoma". A text of more than a million
        characters is read in pieces, cut at a line's end or a blank; nothing is carried across.
        """
        if len(text) > _BLOCK:
            return [
                msgspec.structs.replace(each, start=each.start + at, end=each.end + at)
                for at, block in _blocks(text)
                for each in self.mentions(block, field, nested=nested)
            ]
        found, starts, ends = words(fold(text))
        if not found:
            return []
        passage = Passage.of(text, found, starts.tolist(), ends.tolist())
        chosen = self._chosen(self._abbreviated(passage, self._believed(passage)), nested)
        if not chosen:
            return []
        said = context(text, passage.words, passage.starts, passage.ends, field)
        made: list[Mention] = []
        for start, end, name, rule in chosen:
            term = self._term_of[name]
            vocabulary, version = self.vocabularies[self._lexicon.vocabulary_of[term]]
            made.append(
                Mention(
                    start, end, self._terms[term], vocabulary, version, self._names[name],
                    self._rule(text[start:end], name, rule), said.of(start, end), field,
                )
            )  # fmt: skip
        return made

    def spans(self, text: str) -> list[tuple[int, int, int]]:
        """First word, word after the last, and sequence: what the first automaton finds, unjudged.

        For measuring, and for pruning: no rule of case, context or length is applied.
        """
        codes = b"".join(map(self._codes.__getitem__, fold(text).split()))
        return self._automaton.find(codes)

    def _believed(self, passage: Passage) -> list[_Found]:
        """All names found, of every vocabulary, that pass what is asked of them."""
        found: list[_Found] = []
        starts, ends = passage.starts, passage.ends
        codes = b"".join(map(self._codes.__getitem__, passage.words))
        for first, past, sequence in self._automaton.find(codes):
            start, end = starts[first // WIDTH], ends[past // WIDTH - 1]
            for name in self._groups[sequence]:
                if self._passes(passage, start, end, name, past - first > WIDTH):
                    found.append(_Found(start, end, name, "inflected"))
        places = passage.content
        codes = b"".join([self._roots[passage.words[i]] for i in places])
        for first, past, sequence in self._reworded.find(codes):
            start, end = starts[places[first // WIDTH]], ends[places[past // WIDTH - 1]]
            if past - first > WIDTH and passage.broken(start, end, 0, False):
                continue
            for name in self._reworded_groups[sequence]:
                found.append(_Found(start, end, name, "reworded"))
        shared = shared_words(passage)
        roots = [UNKNOWN if i < 0 else self._roots[passage.words[i]] for i in shared.places]
        for first, past, sequence in self._reworded.find(b"".join(roots)):
            chosen = shared.places[first // WIDTH : past // WIDTH]
            joint = shared.joint[first // WIDTH]
            if min(chosen) < joint < max(chosen):
                start, end = starts[min(chosen)], ends[max(chosen)]
                for name in self._reworded_groups[sequence]:
                    found.append(_Found(start, end, name, "shared word"))
        return found

    def _passes(self, passage: Passage, start: int, end: int, name: int, several: bool) -> bool:
        flags = self._lexicon.flags[name]
        if several and passage.broken(start, end, 0, False):
            written = self._names[name]
            marks = sum(map(written.count, ",()[]"))
            if passage.broken(start, end, marks, any(mark in written for mark in ".:;")):
                return False
        if not flags:
            return True
        surface = passage.text[start:end]
        if flags & WRITTEN_EXACTLY and not _as_written(surface, self._names[name]):
            return False
        if flags & NOT_CAPITALS and surface.isupper():
            return False
        if flags & NEEDS_CONTEXT:
            near = passage.text[max(0, start - _NEAR) : end + _NEAR]
            return IN_CONTEXT.search(near) is not None
        return True

    def _abbreviated(self, passage: Passage, found: list[_Found]) -> list[_Found]:
        """The same, with the short forms that the text introduces meaning what it says they do."""
        pairs = list(introduced(passage.text))
        if not pairs:
            return found
        by_end: dict[int, list[_Found]] = {}
        for each in found:
            by_end.setdefault(each.end, []).append(each)
        meaning: dict[str, list[_Found]] = {}
        for start, end, short in pairs:
            named = [each for each in by_end.get(end, ()) if each.start <= start]
            meaning.setdefault(short, named)
        places = short_forms(passage.text, meaning)
        taken = {(start, end) for start, end, _ in places}
        kept = [each for each in found if (each.start, each.end) not in taken]
        for start, end, short in places:
            best = self._best(meaning[short])
            kept.extend(_Found(start, end, each.name, "abbreviation") for each in best)
        return kept

    def _best(self, found: Iterable[_Found]) -> list[_Found]:
        """Of names that end at one place, for each vocabulary the longest."""
        best: dict[int, _Found] = {}
        for each in sorted(found, key=self._order):
            best.setdefault(self._lexicon.vocabulary_of[self._term_of[each.name]], each)
        return list(best.values())

    def _order(self, found: _Found) -> tuple[int, int, int, int, int]:
        return (
            found.start,
            -found.end,
            _TRUST[found.rule],
            self._lexicon.standing[found.name],
            found.name,
        )

    def _chosen(self, found: list[_Found], nested: bool) -> list[_Found]:
        """For each vocabulary the leftmost and longest, none across another."""
        past: dict[int, int] = {}
        last: dict[int, int] = {}
        chosen: list[_Found] = []
        shared: set[tuple[int, int, int]] = set()
        for each in sorted(found, key=self._order):
            vocabulary = self._lexicon.vocabulary_of[self._term_of[each.name]]
            if each.rule == "shared word":
                place = (vocabulary, each.start, each.end)
                if place not in shared:
                    shared.add(place)
                    chosen.append(each)
            elif each.start >= past.get(vocabulary, 0) or (
                nested and each.end == past[vocabulary] and each.start != last[vocabulary]
            ):
                past[vocabulary] = each.end
                last[vocabulary] = each.start
                chosen.append(each)
        return chosen

    def _rule(self, surface: str, name: int, rule: Rule) -> Rule:
        if rule != "inflected":
            return rule
        written = self._names[name]
        if surface == written:
            return "as written"
        return "folded" if fold(surface).split() == fold(written).split() else "inflected"


_TRUST: Final[dict[Rule, int]] = {
    "as written": 0,
    "folded": 0,
    "inflected": 0,
    "abbreviation": 1,
    "reworded": 2,
    "shared word": 3,
}


def _as_written(surface: str, name: str) -> bool:
    """Letter by letter, hyphens and blanks aside; a symbol may have the plural's s."""
    if surface == name:
        return True
    one = "".join(filter(str.isalnum, surface))
    other = "".join(filter(str.isalnum, name))
    return one == other or (one == other + "s" and len(other) > 1)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of at most `_BLOCK` characters, and where each starts."""
    at = 0
    while at < len(text):
        end = at + _BLOCK
        if end < len(text):
            cut = max(text.rfind("\n", at, end), at)
            cut = cut if cut > at else text.rfind(" ", at, end)
            end = cut + 1 if cut > at else end
        yield at, text[at:end]
        at = end


def build(
    releases: Sequence[Release],
    occurring: Iterable[str] | None = None,
    scopes: frozenset[Scope] = STANDING,
) -> Recogniser:
    """A recogniser of all names of these releases that have one of these scopes.

    With `occurring` (the words of a corpus) it knows only the names that these words can make up,
    which finds the same in that corpus and takes a fraction of the time and room.
    """
    return Recogniser(compile_names(releases, occurring, scopes))
