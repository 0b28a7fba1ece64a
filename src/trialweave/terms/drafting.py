"""Putting a release together out of what a file says, term by term, with notes on what was left.

Readers hand over texts as the file has them. What is left out is counted here, and named in the
release's notes with a few examples: nothing is dropped in silence. One pass, linear in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from trialweave.errors import Unreadable
from trialweave.terms.about import about
from trialweave.terms.term import Link, Name, Release, Scope, Term

__all__ = ["LONGEST_DEFINITION", "LONGEST_NAME", "Drafts", "tidy"]

LONGEST_NAME = 1_000
"""Characters of a name; systematic names of chemicals reach several hundred."""
LONGEST_DEFINITION = 20_000
"""Characters of a definition; the longest scope notes of MeSH have some 3,000."""
_EXAMPLES = 3
_JOINERS = "\u200c\u200d"  # between letters of Persian and of Indian scripts
_SHOWN = 60  # characters of an example


def tidy(text: str) -> str:
    """The text with single spaces and without control characters; else as it stands."""
    if text.isprintable() and "  " not in text:  # most are so, and no other space is printable
        return text.strip(" ")
    text = " ".join(text.split())
    if text.isprintable():
        return text
    kept = (sign for sign in text if sign.isprintable() or sign in _JOINERS)
    return " ".join("".join(kept).split())


def _once(ids: Collection[str], own: str = "") -> tuple[str, ...]:
    """Ids in their order, each once, without "" and the term's own."""
    if not ids:
        return ()
    kept = dict.fromkeys(ids)
    kept.pop("", None)
    kept.pop(own, None)
    return tuple(kept)


class Drafts:
    """Collects the terms of one file. Not shared between threads."""

    def __init__(self, vocabulary: str = "", version: str = "") -> None:
        self.vocabulary = vocabulary
        self.version = version
        self._terms: dict[str, Term] = {}
        self._links: list[Link] = []
        self._notes: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._terms) + len(self._links)

    def note(self, what: str, example: str = "") -> None:
        """Count something that was left out or is odd; `what` reads as "3 × what: a, b, c"."""
        count = self._counts.get(what, 0)
        self._counts[what] = count + 1
        if example and count < _EXAMPLES:
            cut = example if len(example) <= _SHOWN else f"{example[:_SHOWN]}…"
            self._notes.setdefault(what, []).append(tidy(cut))

    def take(
        self,
        identifier: str,
        names: Iterable[tuple[str, Scope]],
        *,
        kind: str = "",
        definition: str = "",
        parents: Collection[str] = (),
        numbers: Collection[str] = (),
        alike: Collection[str] = (),
        obsolete: bool = False,
        replaced_by: str = "",
        former: Collection[str] = (),
    ) -> None:
        """Add a term. The first of `names` is the preferred one; a name is kept once.

        Left out, with a note: a term without an id, a second one of the same id, names of one
        character besides the preferred one, names over `LONGEST_NAME`. Too long a definition is
        cut.
        """
        identifier = tidy(identifier)
        if not identifier:
            self.note("terms without an id", next((text for text, _ in names), ""))
            return
        if identifier in self._terms:
            self.note("ids stand twice; the first was taken", identifier)
            return
        kept: dict[str, Name] = {}
        for text, scope in names:
            text = tidy(text)
            if not text or text in kept:
                continue
            if len(text) == 1 and kept:
                self.note("names of one character were left out", f"{text} ({identifier})")
                continue
            if len(text) > LONGEST_NAME:
                self.note(f"names over {LONGEST_NAME:,} characters were left out", identifier)
                continue
            kept[text] = Name(text, scope)
        if definition:
            if len(definition) > LONGEST_DEFINITION:
                self.note(f"definitions were cut at {LONGEST_DEFINITION:,} characters", identifier)
                definition = definition[:LONGEST_DEFINITION]
            definition = tidy(definition)
        self._terms[identifier] = Term(
            identifier,
            tuple(kept.values()),
            kind,
            definition,
            _once(parents, identifier),
            _once(numbers),
            _once(alike),
            obsolete,
            replaced_by,
            _once(former, identifier),
        )

    def link(self, term: str, relation: str, other: str, label: str = "", note: str = "") -> None:
        """Add what the release says of a term and something of another vocabulary."""
        self._links.append(Link(term, relation, other, tidy(label), tidy(note)))

    def notes(self) -> tuple[str, ...]:
        """One sentence each, in the order of their first cause."""
        said = []
        for what, count in self._counts.items():
            examples = self._notes.get(what, [])
            more = ", …" if count > len(examples) > 0 else ""
            told = f": {', '.join(examples)}{more}" if examples else ""
            said.append(f"{count:,} × {what}{told}.")
        return tuple(said)

    def release(self) -> Release:
        """What was collected. Raises Unreadable where it is nothing."""
        if not len(self):
            raise Unreadable("the file holds no terms.")
        known = about(self.vocabulary)
        return Release(
            self.vocabulary,
            self.version,
            known.licence,
            known.citation,
            tuple(self._terms.values()),
            self.notes(),
            tuple(self._links),
        )
