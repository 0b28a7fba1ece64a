"""What is known of two studies that makes it ordinary for their records to say the same."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from trialweave.model import Link, Record, Study
from trialweave.model.reuse import ReuseRelation
from trialweave.studies._common_runs import Words, words_of
from trialweave.studies._sketch import prose
from trialweave.studies._team import people_of
from trialweave.studies.facts import institutions_of, is_person, sponsor_words
from trialweave.studies.identities import Identity, identity
from trialweave.studies.particulars import acronyms_of
from trialweave.studies.words import background, words

__all__ = ["Acquaintance", "Side", "acquaintance"]

_RECORDS: Final = 12  # of one study that are looked at
_SITES: Final = 20
_KEPT: Final = 2000  # words of a record that are kept for the next comparison
_TITLE: Final = 0.75  # of the telling words of two titles, from which on they are nearly the same
_TITLE_WORDS: Final = 4
_ARTICLE: Final = frozenset(("doi", "pmid"))
# Of what kind an institution is, or what stands where its name is not told.
_KINDS_LISTED: Final = """
pharma pharmaceutical pharmaceuticals biopharma biotech biotechnology bioscience biosciences
therapeutic therapeutics vaccine vaccines laboratory laboratories labs science sciences life
selected site sites investigational investigative investigator trial trials unit gmbh llc plc
spa holding holdings international private clinical bio network council ministry board authority
consortium association society dean
"""
_KINDS: Final = frozenset(_KINDS_LISTED.split())
_FREQUENT: Final = 1 / 100  # a word of a name that trials in general say of themselves


@dataclass(frozen=True)
class Side:
    """One of the two studies with its records, best-identified first; what is read off them is
    kept, since a study is compared with several."""

    study: Study
    records: Sequence[Record]
    _read: dict[str, Words] = field(default_factory=dict, repr=False, compare=False)

    def words(self, record: Record) -> Words:
        """The words of the prose of one of its records."""
        held = self._read.get(record.record_id)
        if held is None:
            held = words_of(list(prose(record)))
            if len(held) <= _KEPT:
                self._read[record.record_id] = held
        return held

    @functools.cached_property
    def identities(self) -> Sequence[Identity]:
        """What names its records."""
        return [identity(record) for record in self.records[:_RECORDS]]

    @functools.cached_property
    def numbers(self) -> set[str]:
        """Registrations that its records name."""
        named = (each.identifier for one in self.identities for each in one.named)
        return {each.value for each in named if each.scheme not in _ARTICLE}

    @functools.cached_property
    def cited(self) -> set[str]:
        """Articles among its records' references."""
        return {each.identifier.value for one in self.identities for each in one.cited}

    @functools.cached_property
    def codes(self) -> set[str]:
        """Numbers of no known register."""
        return {code for one in self.identities for code in one.codes if len(code) > 5}

    @functools.cached_property
    def people(self) -> frozenset[str]:
        """Digests of the names of people."""
        records = self.records[:_RECORDS]
        return frozenset().union(*(people_of(each, institutions_of(each)) for each in records))

    @functools.cached_property
    def acronyms(self) -> frozenset[str]:
        """Short names as stated: titles abbreviate products, too."""
        records = self.records[:_RECORDS]
        return frozenset().union(*(acronyms_of(each.about, ()) for each in records))

    @functools.cached_property
    def titles(self) -> set[frozenset[str]]:
        """The telling words of each title that has some."""
        about = (record.about for record in self.records[:_RECORDS])
        titles = (title for each in about for title in (each.public_title, each.scientific_title))
        found = (frozenset(words(title.content, limit=600)) for title in titles if title.content)
        return {each for each in found if len(each) >= _TITLE_WORDS}

    @functools.cached_property
    def institutions(self) -> Sequence[tuple[str, str, set[str]]]:
        """Sponsors, collaborators and sites, each once: as named, folded, and its telling words."""
        found: dict[str, None] = {}
        for record in self.records[:_RECORDS]:
            about = record.about
            names = [about.primary_sponsor, *(about.secondary_sponsors.content or ())[:_SITES]]
            names += [site.facility for site in (about.sites.content or ())[:_SITES]]
            found.update((name.content, None) for name in names if name.content)
        return [(name, _fold(name), _telling(name)) for name in found]


class Acquaintance(NamedTuple):
    """The first explanation that holds, and why, for people."""

    relation: ReuseRelation
    because: str


def acquaintance(a: Side, b: Side, links: Sequence[Link]) -> Acquaintance:
    """What explains two studies' sharing, the nearest first; `links` are those between them.

    People are compared by digests of their names (`model.persons`).
    """
    nearest = itertools.chain(
        _linked(links),
        _named(a, b),
        _programme(a, b),
        _review(a, b),
        _people(a, b),
        _of_kinds(a, b),
        _institutions(a, b),
        _alike(a, b),
    )
    for found in nearest:
        return found
    if not a.institutions or not b.institutions:
        return Acquaintance("not known", "not both name an institution")
    return Acquaintance("different institutions", "the records name different institutions")


def _linked(links: Sequence[Link]) -> Iterator[Acquaintance]:
    for link in links:
        if link.relation == "parts of one programme":
            yield Acquaintance("one programme", "perhaps parts of one programme (a candidate link)")
        elif link.kind in ("asserted", "probable", "candidate"):
            told = f"{link.kind} link, kept apart" if link.kind != "candidate" else "candidate link"
            yield Acquaintance("perhaps one trial", f"perhaps one trial ({told})")


def _named(a: Side, b: Side) -> Iterator[Acquaintance]:
    """Numbers of the other, numbers of the same third registration, and other numbers of both."""
    for one, other in ((a, b), (b, a)):
        theirs = {name.casefold() for name in (other.study.study_id, *other.study.identifiers)}
        for name in sorted(one.numbers | one.cited | one.codes):
            if name.casefold() in theirs:
                told = f"a record of {one.study.study_id} names {name}"
                yield Acquaintance("one names the other", told)
    for name in sorted(a.numbers & b.numbers):
        yield Acquaintance("one programme", f"records of both name {name}")
    for name in sorted(a.codes & b.codes):
        yield Acquaintance("same institution", f"records of both state the number {name.upper()}")


def _programme(a: Side, b: Side) -> Iterator[Acquaintance]:
    for name in sorted(a.acronyms & b.acronyms):
        yield Acquaintance("one programme", f"both are called {name.upper()}")


def _review(a: Side, b: Side) -> Iterator[Acquaintance]:
    if any(each.review for each in (*a.identities, *b.identities)):
        yield Acquaintance("review", "one is a review or comment, which retells others' trials")


def _people(a: Side, b: Side) -> Iterator[Acquaintance]:
    both = len(a.people & b.people)
    if both:
        told = "a person" if both == 1 else "people"
        yield Acquaintance("same people", f"they name {told} in common (compared by digest)")


def _of_kinds(a: Side, b: Side) -> Iterator[Acquaintance]:
    kinds = [{record.kind for record in side.records} for side in (a, b)]
    if "trial" not in kinds[0] & kinds[1] and kinds[0] != kinds[1]:
        told = "one is known from an article or page alone, which may tell of the other"
        yield Acquaintance("article and registration", told)


def _institutions(a: Side, b: Side) -> Iterator[Acquaintance]:
    for name, folded, mine in a.institutions:
        for their_name, their_folded, theirs in b.institutions:
            both = mine & theirs
            if folded == their_folded:
                yield Acquaintance("same institution", f"both name {_quoted(name)}")
            elif both and 2 * len(both) >= min(len(mine), len(theirs)):
                told = f"{_quoted(name)} and {_quoted(their_name)} share: {', '.join(sorted(both))}"
                yield Acquaintance("same institution", told)


def _alike(a: Side, b: Side) -> Iterator[Acquaintance]:
    for mine, theirs in itertools.product(a.titles, b.titles):
        if len(mine & theirs) >= _TITLE * len(mine | theirs):
            yield Acquaintance("perhaps one trial", "their titles are the same, or nearly so")


def _telling(name: str) -> set[str]:
    """Words of an institution's name that other institutions' names do not have."""
    if is_person(name):
        return set()
    found = sponsor_words((name,))
    return {
        word.removeprefix("^")
        for word in found
        if background(word) < _FREQUENT and (word[0] != "^" or len(word) > 4)
    } - _KINDS


def _quoted(name: str) -> str:
    return f"“{' '.join(name.split())[:80]}”"


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())
