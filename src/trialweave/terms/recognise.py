"""Terms of vocabularies in a text: where, which, by what rule, and what is said of them.

    found = recogniser(lay_out(releases), texts)
    found.mentions("No history of acute renal failure.", field="eligibility.exclusion")

Each vocabulary is recognised as if it were alone: its longest names, leftmost first. So a further
vocabulary never takes a mention from another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from trialweave.terms._arrays import packed_parts, unpacked_parts
from trialweave.terms.abbreviations import introduced
from trialweave.terms.ambiguity import in_context
from trialweave.terms.assertion import context
from trialweave.terms.automaton import Automaton, numbers, unknown
from trialweave.terms.judging import Counted, Names, best, by_rule
from trialweave.terms.laying import lay_out
from trialweave.terms.lexicon import STANDING
from trialweave.terms.mention import Mention
from trialweave.terms.names import Laid, checked, label
from trialweave.terms.normal import fold
from trialweave.terms.passage import (
    BLOCK,
    Meetings,
    Passage,
    blocks,
    broken,
    joins,
    shared_words,
    short_forms,
)
from trialweave.terms.pruning import Engines, Looked, all_engines, engines_for, engines_of_words
from trialweave.terms.term import Release, Scope

__all__ = ["Recogniser", "build", "recogniser"]

_NEAR: Final = 80  # characters to either side in which a symbol's context is looked for


_Place = tuple[int, int, int]
_Found = dict[_Place, Names]
"""Start, end counted from 0 downwards, and distrust of the rule; for each vocabulary the best name.

In the order of these keys the leftmost comes first, of these the longest, then the most trusted.
"""
_WRITTEN, _INTRODUCED, _REWORDED, _SHARED = range(4)


class Recogniser:
    """Finds every name of its vocabularies in a text. Made by `recogniser` or `from_bytes`."""

    def __init__(self, laid: Laid, engines: Engines) -> None:
        self.laid = laid
        self.vocabularies = laid.vocabularies
        self._engines = engines
        self._judge = laid.judge
        self._width = laid.width
        self._written = engines.written.automaton
        self._reworded = engines.reworded.automaton
        self._sequences = memoryview(engines.written.sequences)  # type: ignore[arg-type]
        self._descriptions = memoryview(engines.reworded.sequences)  # type: ignore[arg-type]
        self._met = memoryview(engines.meetings.table)  # type: ignore[arg-type]

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`: large, and loaded in a moment."""
        parts: dict[str, npt.NDArray[Any]] = {
            "laid": np.frombuffer(self.laid.packed(), np.uint8),
            "meetings": self._engines.meetings.table,
        }
        for name, looked in (("written", self._engines[0]), ("reworded", self._engines[1])):
            parts[name] = np.frombuffer(looked.automaton.to_bytes(), np.uint8)
            parts[f"{name}.sequences"] = looked.sequences
        content = packed_parts(None, parts)
        return label("recogniser", checked(content)) + content

    @classmethod
    def from_bytes(cls, data: bytes) -> Recogniser:
        """What `to_bytes` gave. Raises ValueError if it is of another version, or damaged."""
        start, _, _ = data[:200].partition(b"\n")
        content = memoryview(data)[len(start) + 1 :]
        if start + b"\n" != label("recogniser", checked(content)):
            raise ValueError("these names are damaged, or not of this version; build them again")
        _, parts = unpacked_parts(content)
        written, reworded = (
            Looked(Automaton.from_bytes(parts[name].tobytes()), parts[f"{name}.sequences"])
            for name in ("written", "reworded")
        )
        laid = Laid.unpacked(memoryview(parts["laid"]))  # type: ignore[arg-type]
        return cls(laid, Engines(written, reworded, Meetings(parts["meetings"])))

    def mentions(
        self,
        text: str,
        field: str = "",
        *,
        nested: bool = False,
        known: Mapping[str, Names] | None = None,
    ) -> list[Mention]:
        """Every mention in a text, in its order, one for each vocabulary that has the name.

        `field` is the name of the text's field in its record; text of a field with "exclu" in its
        name lists exclusion criteria. With `nested`, also the shorter names within longer ones that
        end as they do: "schwannoma" of "vestibular schwannoma". `known` are the short forms that
        other texts of the record introduce (see `introduces`). A text of more than a million
        characters is read in pieces, cut at a line's end or a blank; nothing is carried across.
        """
        if len(text) > BLOCK:
            return [
                msgspec.structs.replace(each, start=each.start + at, end=each.end + at)
                for at, block in blocks(text)
                for each in self.mentions(block, field, nested=nested, known=known)
            ]
        passage, found = self._found(text)
        found = _abbreviated(text, found, known or {})
        if not found:
            return []
        chosen = self._chosen(found, nested)
        said = context(text, passage.words, passage.starts, passage.ends, field)
        called_so = self.vocabularies
        made: list[Mention] = []
        for start, end, names in chosen:
            assertion = said.of(start, end)
            for each in names:
                called, version = called_so[each.vocabulary]
                made.append(
                    Mention(
                        start, end, each.term, called, version, each.text, each.rule, assertion,
                        field,
                    )
                )  # fmt: skip
        return made

    def introduces(self, text: str) -> dict[str, Names]:
        """The short forms that a text introduces for names, with these names."""
        if len(text) > BLOCK or not any(True for _ in introduced(text)):
            return {}
        found = self._found(text)[1]
        return {short: names for short, names in _introduced(text, found).items() if names}

    def _found(self, text: str) -> tuple[Passage, _Found]:
        """All that a text names, before what it says of short forms."""
        folded = fold(text)
        parts = folded.split()
        written = self._written.find(b"".join(map(self.laid.codes.__getitem__, parts)))
        roots = b"".join(map(self.laid.root_codes.__getitem__, parts))
        reworded = self._reworded.find(roots)
        joints = joins(parts)
        passage = Passage.of(text, folded, parts)
        if not written and not reworded and not joints:
            return passage, {}
        found = self._believed(passage, written)
        self._add_reworded(passage, reworded, found)
        if joints:
            self._add_shared(passage, joints, roots, found)
        return passage, found

    def spans(self, text: str) -> list[tuple[int, int, int]]:
        """First byte, byte after the last, and pattern: what the first automaton finds, unjudged.

        For measuring: no rule of case, context or length is applied.
        """
        known = self.laid.codes
        return self._written.find(b"".join(map(known.__getitem__, fold(text).split())))

    def _believed(self, passage: Passage, hits: Iterable[tuple[int, int, int]]) -> _Found:
        """The names written in a text, of every vocabulary, that pass what is asked of them."""
        text, starts, ends, width = passage.text, passage.starts, passage.ends, self._width
        judged, sequences = self._judge.judged, self._sequences
        found: _Found = {}
        for first, past, pattern in hits:
            start, end = starts[first // width], ends[past // width - 1]
            sequence = sequences[pattern]
            counted = judged.get((sequence, text[start:end]))
            if counted is None:
                several = past - first > width
                counted = self._judge.written(text, start, end, sequence, several)
            sure, with_context = counted
            if with_context is not sure and in_context(text[max(0, start - _NEAR) : end + _NEAR]):
                sure = with_context
            if sure:
                found[start, -end, _WRITTEN] = sure
        return found

    def _add_reworded(
        self, passage: Passage, hits: Iterable[tuple[int, int, int]], found: _Found
    ) -> None:
        content, width = passage.content, self._width
        for first, past, pattern in hits:
            start = passage.starts[content[first // width]]
            end = passage.ends[content[past // width - 1]]
            if not broken(passage.text, start, end):
                names = self._judge.described(self._descriptions[pattern], "reworded")
                _add(found, (start, -end, _REWORDED), names)

    def _add_shared(
        self, passage: Passage, joints: Sequence[int], written: bytes, found: _Found
    ) -> None:
        width = self._width
        shared = shared_words(passage, joints, numbers(written, width).tolist(), self._met)
        if not shared.places:
            return
        known, none = self.laid.root_codes, unknown(width)
        roots = [none if i < 0 else known[passage.words[i]] for i in shared.places]
        for first, past, pattern in self._reworded.find(b"".join(roots)):
            chosen = shared.places[first // width : past // width]
            joint = shared.joint[first // width]
            if min(chosen) < joint < max(chosen):
                start, end = passage.starts[min(chosen)], passage.ends[max(chosen)]
                names = self._judge.described(self._descriptions[pattern], "shared word")
                _add(found, (start, -end, _SHARED), names)

    def _chosen(self, found: _Found, nested: bool) -> list[tuple[int, int, list[Counted]]]:
        """For each vocabulary the leftmost and longest, none across another."""
        past = [0] * len(self.vocabularies)
        last = [-1] * len(self.vocabularies)
        chosen: list[tuple[int, int, list[Counted]]] = []
        for start, minus, distrust in sorted(found):
            end = -minus
            names: list[Counted] = []
            for name in found[start, minus, distrust]:
                vocabulary = name.vocabulary
                if distrust == _SHARED:
                    names.append(name)
                elif start >= past[vocabulary] or (
                    nested and end == past[vocabulary] and start != last[vocabulary]
                ):
                    past[vocabulary] = end
                    last[vocabulary] = start
                    names.append(name)
            if names:
                chosen.append((start, end, names))
        return chosen


def _add(found: _Found, place: _Place, names: Names) -> None:
    held = found.get(place)
    found[place] = names if held is None or held is names else best((*held, *names))


def _initials(text: str) -> str:
    return "".join(word[0] for word in fold(text).split())


def _letters(short: str) -> str:
    """The letters of a short form, without the ending of a plural."""
    bare = short[:-1] if short[-1:] == "s" and short[:-1].isupper() else short
    return "".join(each for each in bare.lower() if each.isalnum())


def _introduced(text: str, found: _Found) -> dict[str, Names]:
    """The short forms that a text introduces, with the names of their long forms, if any."""
    by_end: dict[int, list[_Place]] = {}
    for place in found:
        by_end.setdefault(-place[1], []).append(place)
    meaning: dict[str, Names] = {}
    for start, end, short in introduced(text):
        if short in meaning:
            continue
        places = sorted(place for place in by_end.get(end, ()) if place[0] <= start)
        # Where a stretch has just these initials it is the long form, whole and no more.
        starts = {start, *(place[0] for place in places)}
        exact = [at for at in starts if _initials(text[at:end]) == _letters(short)]
        longest: dict[int, Counted] = {}
        for place in places:
            if not exact or place[0] == min(exact):
                for name in found[place]:
                    longest.setdefault(name.vocabulary, name)
        meaning[short] = by_rule(longest.values(), "abbreviation") if longest else ()
    return meaning


def _abbreviated(text: str, found: _Found, known: Mapping[str, Names]) -> _Found:
    """The same, with short forms meaning what the text, or else its record, says they do."""
    meaning = {**known, **_introduced(text, found)}
    if not meaning:
        return found
    places = short_forms(text, meaning)
    taken = {(start, -end) for start, end, _ in places}
    kept = {place: names for place, names in found.items() if place[:2] not in taken}
    for start, end, short in places:
        if meaning[short]:
            kept[start, -end, _INTRODUCED] = meaning[short]
    return kept


def recogniser(laid: Laid, occurring: Iterable[str] | None, *, words: bool = False) -> Recogniser:
    """What finds the names that these texts can have, or all names.

    In these texts (each as it will be read: a field of a record) it finds just what one of all
    names does, and is made in a moment; all names take seconds. With `words`, `occurring` are words
    of a corpus, and every text made of these may be read.
    """
    if occurring is None:
        return Recogniser(laid, all_engines(laid))
    return Recogniser(laid, (engines_of_words if words else engines_for)(laid, occurring))


def build(
    releases: Sequence[Release],
    occurring: Iterable[str] | None = None,
    scopes: frozenset[Scope] = STANDING,
) -> Recogniser:
    """A recogniser of all names of these releases that have one of these scopes.

    With `occurring` (the words of a corpus) only of the names that these can make up.
    """
    return recogniser(lay_out(releases, scopes), occurring, words=True)
