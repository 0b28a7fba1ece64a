"""What people decided about pairs of records, and what follows from it for the studies.

The latest decision of each person about a pair counts. One of an adjudicator overrides those of
reviewers. Where they differ the pair is in dispute and nothing follows. Records decided apart are
never in one study, whatever chain leads from one to the other; records decided together are in
one, unless that would bring together two decided apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from itertools import combinations
from typing import Final, Literal

import msgspec

from trialweave.model import Decision, Link, Signal
from trialweave.studies.clusters import Partition, between, giving_way

__all__ = [
    "RULE",
    "Contradiction",
    "Standing",
    "contradictions",
    "join_decided",
    "latest",
    "person",
    "shown_name",
    "standings",
    "with_decisions",
]

RULE: Final = "decision/1"
DECIDED: Final = 40.0  # bits: a person outweighs identifiers, which count 20
Outcome = Literal["together", "apart", "in dispute"]
_Pair = tuple[str, str]
_DOMAIN: Final = re.compile(r"@[^\s<>()@]*")


class Standing(msgspec.Struct, frozen=True):
    """What holds of a pair of records, and the decisions that it follows from, by number.

    `adjudicated` is whether they are those of adjudicators.
    """

    record_a: str
    record_b: str
    outcome: Outcome
    adjudicated: bool
    counted: tuple[Decision, ...]

    @property
    def pair(self) -> _Pair:
        """The two records."""
        return self.record_a, self.record_b

    @property
    def told(self) -> str:
        """In words: who decided what, and when."""
        who = " and ".join(f"{shown_name(each.who)} ({each.at:%Y-%m-%d})" for each in self.counted)
        return f"{self.record_a} and {self.record_b} were decided {self.outcome} by {who}"


class Contradiction(msgspec.Struct, frozen=True):
    """Records decided apart that a chain of decisions puts together. Apart holds."""

    apart: Standing
    together: tuple[Standing, ...]


def person(who: str) -> str:
    """By which two names are of one person: case and blanks do not tell people apart."""
    return " ".join(who.casefold().split())


def shown_name(who: str) -> str:
    """A name as it is shown: of an e-mail address only what stands before the @."""
    return _DOMAIN.sub("", who).strip() or "somebody"


def latest(decisions: Iterable[Decision]) -> dict[_Pair, dict[str, Decision]]:
    """The latest decision of each person about each pair, by `person`; not those withdrawn."""
    found: dict[_Pair, dict[str, Decision]] = defaultdict(dict)
    for each in sorted(decisions, key=lambda each: each.number):
        found[each.pair][person(each.who)] = each
    return {
        pair: standing
        for pair, by_person in sorted(found.items())
        if (standing := {who: d for who, d in by_person.items() if d.verdict != "withdrawn"})
    }


def standings(decisions: Iterable[Decision]) -> tuple[Standing, ...]:
    """What holds of each pair, in the order of their records; pairs without a decision that
    still stands are left out."""
    found = []
    for (a, b), by_person in latest(decisions).items():
        above = [each for each in by_person.values() if each.role == "adjudicator"]
        counted = sorted(above or by_person.values(), key=lambda each: each.number)
        verdicts = {each.verdict for each in counted}
        outcome: Outcome = "in dispute"
        if len(verdicts) == 1:
            outcome = "together" if "together" in verdicts else "apart"
        found.append(Standing(a, b, outcome, bool(above), tuple(counted)))
    return tuple(found)


def contradictions(
    standing: Sequence[Standing], present: Collection[str]
) -> tuple[Contradiction, ...]:
    """Records that are here and decided apart, yet a chain of such decided together joins them."""
    together = [each for each in _here(standing, present) if each.outcome == "together"]
    near: dict[str, set[str]] = defaultdict(set)
    for each in together:
        near[each.record_a].add(each.record_b)
        near[each.record_b].add(each.record_a)
    found = []
    for each in _here(standing, present):
        if each.outcome == "apart" and each.record_a in near and each.record_b in near:
            nodes = between(near, each.record_a, each.record_b)
            chain = tuple(one for one in together if nodes.issuperset(one.pair))
            if chain:
                found.append(Contradiction(each, chain))
    return tuple(found)


def join_decided(
    partition: Partition, standing: Sequence[Standing], present: Collection[str]
) -> dict[_Pair, str]:
    """Forbid what was decided apart, join what was decided together; which of those could not be
    joined, and why.

    Decisions of adjudicators go before those of reviewers. The numbers of one register of records
    decided together are those of one registration from then on.
    """
    here = _here(standing, present)
    for each in here:
        if each.outcome == "apart":
            partition.forbid(*each.pair, each.told)
    withheld: dict[_Pair, str] = {}
    joined = False
    for adjudicated in (True, False):
        tier = [e for e in here if e.outcome == "together" and e.adjudicated == adjudicated]
        roots = {each.pair: _roots(partition, each.pair) for each in tier}
        against = giving_way(partition, roots.values())
        for pair, root in roots.items():
            if why := against.get(root):
                withheld[pair] = why
            else:
                partition.join(*pair)
                joined = True
    if joined:
        partition.equate(_one_registration(partition))
    return withheld


def _here(standing: Iterable[Standing], present: Collection[str]) -> list[Standing]:
    return [each for each in standing if each.record_a in present and each.record_b in present]


def _roots(partition: Partition, pair: _Pair) -> _Pair:
    a, b = partition.root(pair[0]), partition.root(pair[1])
    return (a, b) if a < b else (b, a)


def _one_registration(partition: Partition) -> list[tuple[str, frozenset[str]]]:
    """Numbers of one register that are in one cluster although none of its records states both,
    as classes by register."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for root, members in partition.members.items():
        if len(members) < 2:
            continue
        for scheme, sets in partition.claims[root].items():
            if any(not one & other for one, other in combinations(sets, 2)):
                found[scheme].append(frozenset().union(*sets))
    classes = []
    for scheme, groups in sorted(found.items()):
        merged: list[frozenset[str]] = []
        for each in groups:
            for other in [one for one in merged if one & each]:
                merged.remove(other)
                each |= other
            merged.append(each)
        classes += [(scheme, each) for each in sorted(merged, key=sorted)]
    return classes


def with_decisions(
    links: MutableMapping[_Pair, Link],
    partition: Partition,
    standing: Sequence[Standing],
    withheld: Mapping[_Pair, str],
    present: Collection[str],
) -> None:
    """Put what was decided into the links, with who, when and why; the evidence that they had
    before stays beside it."""
    for each in _here(standing, present):
        links[each.pair] = _link(each, links.get(each.pair), partition, withheld.get(each.pair))


def _link(each: Standing, before: Link | None, partition: Partition, held_back: str | None) -> Link:
    signals = tuple(map(_signal, each.counted))
    relation = before.relation if before is not None else "same trial"
    others = tuple(s for s in (before.signals if before is not None else ()) if not _of_ours(s))
    a, b = each.pair
    one = partition.root(a) == partition.root(b)
    if each.outcome == "apart":
        return Link(a, b, "rejected", "two trials", 0.0, (*signals, *others), RULE)
    if each.outcome == "together" and one:
        relation = "same trial" if relation == "two trials" else relation
        return Link(a, b, "decided", relation, 1.0, (*signals, *others), RULE)
    told = f"in dispute: {len(each.counted)} people decided differently, so nothing was applied"
    name = "in dispute"
    if each.outcome == "together":
        name, told = "held back", held_back or "another decision stands against it"
    else:
        signals = tuple(msgspec.structs.replace(signal, weight=0.0) for signal in signals)
    signals = (*signals, *others, Signal(name, 0.0, told))
    if before is not None and one:  # joined by what there is beside the decisions
        return Link(a, b, before.kind, relation, before.probability, signals, before.rule)
    chance = before.probability if before is not None and before.kind == "candidate" else 0.5
    return Link(a, b, "candidate", relation, chance, signals, RULE)


def _of_ours(signal: Signal) -> bool:
    """Whether a signal only says that a decision held the link back: the link now says it."""
    return signal.name == "held back" or signal.evidence.startswith("held back: ")


def _signal(each: Decision) -> Signal:
    weight = DECIDED if each.verdict == "together" else -DECIDED
    role = "" if each.role == "reviewer" else ", adjudicating,"
    told = f"{shown_name(each.who)}{role} decided {each.verdict} on {each.at:%Y-%m-%d}"
    return Signal("decision", weight, f"{told}: {each.because}")
