"""No participant is counted twice: rows that may tell of the same people, and which one stays.

Within a study one comparison is chosen, whatever number of reports repeat it. Two studies can
still share participants: an article that reports two registered trials is a study of its own
beside both. Such studies share a registry number that they state as theirs, or an article. Where
nothing but likeness speaks for it, and too little of it to join them, a person has to say: until
then both count, and the answer names them (`undecided`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from trialweave.model import Link, Notice, Record
from trialweave.model.identifiers import Identifier
from trialweave.studies.asserted import UMBRELLA
from trialweave.studies.identities import identity
from trialweave.studies.notices import EXCLUDING
from trialweave.studies.reports import reports
from trialweave.studies.scoring import CANDIDATE

__all__ = [
    "Names",
    "Undecided",
    "called",
    "claim",
    "names_of",
    "not_used",
    "shared",
    "undecided",
    "which_stay",
]


@dataclass(frozen=True)
class Names:
    """By what numbers a study can be known: registrations at hand, numbers stated, articles."""

    owned: frozenset[Identifier]
    registered: frozenset[Identifier]
    articles: frozenset[Identifier]


def names_of(records: Iterable[Record]) -> Names:
    """The numbers that the records of a study state as their own."""
    known = [identity(record) for record in records]
    owned = frozenset(each.own for each in known if each.own is not None)
    stated = frozenset(number for each in known for number in each.stated)
    articles = frozenset(number for each in known for number, _ in each.articles)
    return Names(owned, owned | stated, articles)


def shared(one: Names, other: Names, crowded: frozenset[Identifier]) -> tuple[Identifier, ...]:
    """The numbers by which two studies may tell of the same participants; empty where none do.

    A number in `crowded` (of a programme or platform) counts only where one of the studies is
    that registration. Two studies with one article and different registrations are apart.
    """
    both = one.registered & other.registered
    trials = {
        number
        for number in both
        if number not in crowded or number in one.owned or number in other.owned
    }
    articles = one.articles & other.articles
    if articles and not trials and _apart(one, other):
        articles = frozenset()
    found = trials | articles
    return tuple(sorted(found, key=lambda number: (number.scheme, number.value)))


def _apart(one: Names, other: Names) -> bool:
    """Whether both state numbers of one register, and none in common."""
    mine = {number.scheme for number in one.registered}
    return any(number.scheme in mine for number in other.registered) and not (
        one.registered & other.registered
    )


def which_stay(
    rows: Sequence[str], names: Mapping[str, Names]
) -> dict[str, tuple[str, tuple[Identifier, ...]]]:
    """Of studies that may share participants, those to leave out: the study that stays, and the
    numbers in common.

    `rows` are study ids in the order in which they claim a place (see `claim`). Every study left
    out overlaps one that stays, and no two that stay overlap.
    """
    holders: dict[Identifier, list[str]] = {}
    for row in rows:
        for number in names[row].registered:
            holders.setdefault(number, []).append(row)
    crowded = frozenset(number for number, held in holders.items() if len(held) > UMBRELLA)
    kept: dict[Identifier, list[str]] = {}
    out: dict[str, tuple[str, tuple[Identifier, ...]]] = {}
    for row in rows:
        own = names[row]
        numbers = sorted(own.registered | own.articles, key=lambda it: (it.scheme, it.value))
        near = dict.fromkeys(other for number in numbers for other in kept.get(number, ()))
        for other in near:
            if found := shared(own, names[other], crowded):
                out[row] = (other, found)
                break
        else:
            for number in numbers:
                kept.setdefault(number, []).append(row)
    return out


def claim(names: Names) -> tuple[bool, int]:
    """Sorts studies: registrations at hand first, then who states fewest numbers of one register,
    so that an article of two trials gives way to the trials."""
    schemes = [number.scheme for number in names.registered]
    return not names.owned, max((schemes.count(scheme) for scheme in set(schemes)), default=0)


def called(number: Identifier) -> str:
    """A number for a sentence: those of articles say what they are."""
    article = number.scheme in ("doi", "pmid")
    return f"{number.scheme.upper()} {number}" if article else str(number)


def not_used(records: Sequence[Record], notices: Sequence[Notice]) -> dict[str, Notice]:
    """The records of reports that were retracted or withdrawn, each with the notice.

    The retraction of an article concerns its whole report: its preprint, pages and extractions
    tell the same numbers. The withdrawal of a preprint leaves the article as it is.
    """
    excluding = {notice.record_id: notice for notice in notices if notice.kind in EXCLUDING}
    found: dict[str, Notice] = {}
    if not excluding:
        return found
    for report in reports(records):
        told = [part for part in report.parts if part.record_id in excluding]
        whole = next((part for part in told if part.role != "preprint"), None)
        for part in report.parts:
            if part.record_id in excluding:
                found[part.record_id] = excluding[part.record_id]
            elif whole is not None:
                found[part.record_id] = excluding[whole.record_id]
    return found


class Undecided(msgspec.Struct, frozen=True):
    """Two pooled studies that may be one: a record of each, and the probability of their link.

    `why` says what speaks for it, `said` is the whole note.
    """

    study_a: str
    study_b: str
    record_a: str
    record_b: str
    probability: float
    why: str
    said: str


def undecided(
    rows: Sequence[tuple[str, str, Sequence[str]]], links: Iterable[Link]
) -> tuple[Undecided, ...]:
    """The pooled studies that a candidate link of at least even odds joins, the likeliest first.

    `rows` are pooled studies: id, label, and ids of records. Of several links between two studies
    the likeliest is told.
    """
    row_of = {name: at for at, (_, _, names) in enumerate(rows) for name in names}
    likeliest: dict[tuple[int, int], Link] = {}
    for link in links:
        if link.kind != "candidate" or link.probability < CANDIDATE:
            continue
        if link.record_a in row_of and link.record_b in row_of:
            one, other = sorted((row_of[link.record_a], row_of[link.record_b]))
            known = likeliest.get((one, other))
            if one != other and (known is None or link.probability > known.probability):
                likeliest[one, other] = link
    found = [_undecided(rows[one], rows[other], link) for (one, other), link in likeliest.items()]
    return tuple(sorted(found, key=lambda each: (-each.probability, each.record_a, each.record_b)))


def _undecided(
    one: tuple[str, str, Sequence[str]], other: tuple[str, str, Sequence[str]], link: Link
) -> Undecided:
    a, b = link.record_a, link.record_b
    if a not in one[2]:
        a, b = b, a
    named = " and ".join(
        label if label == study_id else f"{label} ({study_id})"
        for study_id, label, _ in (one, other)
    )
    why = f"people differ about {a} and {b}"
    if all(signal.name != "in dispute" for signal in link.signals):
        chance = _probability(link.probability)
        why = f"{a} and {b} are linked as a candidate, with a probability of {chance}"
    said = (
        f"{named} may be one trial, whose participants then count twice: {why}. A person decides: "
        f"trialweave link {shlex.quote(a)} {shlex.quote(b)} --because REASON, or unlink."
    )
    return Undecided(one[0], other[0], a, b, link.probability, why, said)


def _probability(chance: float) -> str:
    """Two decimals, and never certain."""
    return ">0.99" if chance >= 0.995 else f"{chance:.2f}"
