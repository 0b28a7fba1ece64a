"""Records joined into studies, under what must not be joined.

Two records that claim different numbers of one register are two registrations, and people decide
that records are of two trials: no chain of links puts such records into one study.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final

from trialweave.studies.asserted import Claim
from trialweave.studies.identities import Identity
from trialweave.studies.scoring import CANDIDATE, PROBABLE, Judgement, probability

__all__ = ["Partition", "apart", "between", "giving_way", "join_asserted", "join_probable"]

_Claims = dict[str, set[frozenset[str]]]
_Pair = tuple[str, str]


class Partition:
    """Records in clusters; a cluster is known by the first of its record ids."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._parent: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}
        self.claims: dict[str, _Claims] = {}
        self._apart: dict[str, list[tuple[str, str, str]]] = {}  # by root: mine, theirs, why
        for each in identities:
            self._parent[each.id] = each.id
            self.members[each.id] = [each.id]
            self.claims[each.id] = {scheme: {values} for scheme, values in each.claims.items()}

    def root(self, record_id: str) -> str:
        """The cluster of a record."""
        while self._parent[record_id] != record_id:
            self._parent[record_id] = self._parent[self._parent[record_id]]
            record_id = self._parent[record_id]
        return record_id

    def join(self, a: str, b: str) -> None:
        """Put the clusters of two records together."""
        first, second = sorted((self.root(a), self.root(b)))
        if first == second:
            return
        self._parent[second] = first
        self.members[first].extend(self.members.pop(second))
        for scheme, values in self.claims.pop(second).items():
            self.claims[first].setdefault(scheme, set()).update(values)
        if second in self._apart:
            self._apart.setdefault(first, []).extend(self._apart.pop(second))

    def forbid(self, a: str, b: str, why: str) -> None:
        """Two records that must never be in one cluster, as a person decided."""
        self._apart.setdefault(self.root(a), []).append((a, b, why))
        self._apart.setdefault(self.root(b), []).append((b, a, why))

    def equate(self, classes: Sequence[tuple[str, frozenset[str]]]) -> None:
        """Take the numbers of each class, with its register, for those of one registration."""
        known = {(scheme, value): values for scheme, values in classes for value in values}
        for root, claims in self.claims.items():
            for scheme in {scheme for scheme, _ in classes} & set(claims):
                self.claims[root][scheme] = {
                    values.union(*(known.get((scheme, value), ()) for value in values))
                    for values in claims[scheme]
                }

    def forbidden(self) -> list[tuple[str, str, str]]:
        """Pairs of clusters that must stay two, each with the reason."""
        return sorted(
            (why, root, self.root(theirs))
            for root, pairs in self._apart.items()
            for mine, theirs, why in pairs
            if mine < theirs
        )

    def decided(self, roots: Iterable[str]) -> str:
        """Two records of these clusters that were decided apart, in words; "" where there are
        none."""
        if not self._apart:
            return ""
        within = set(roots)
        reasons = (
            why
            for root in within & self._apart.keys()
            for _, theirs, why in self._apart[root]
            if self.root(theirs) in within
        )
        return min(reasons, default="")

    def barred(self, roots: Iterable[str]) -> str:
        """Why these clusters cannot be one, by decision or by numbers; "" where they can."""
        roots = tuple(roots)
        return self.decided(roots) or self.conflict(roots)

    def conflict(self, roots: Iterable[str]) -> str:
        """Two numbers of one register among these clusters, in words; "" where there are none."""
        merged: _Claims = {}
        for root in roots:
            for scheme, values in self.claims[root].items():
                merged.setdefault(scheme, set()).update(values)
        for scheme in sorted(merged):
            for one, other in combinations(sorted(merged[scheme], key=sorted), 2):
                if not one & other:
                    return f"{min(one)} and {min(other)} are two registrations of one register"
        return ""


def apart(a: Identity, b: Identity) -> str:
    """Why two records cannot be one trial, by their numbers; "" where they can."""
    mine, theirs = a.claims, b.claims
    for scheme in sorted(set(mine) & set(theirs)):
        if not mine[scheme] & theirs[scheme]:
            one, other = min(mine[scheme]), min(theirs[scheme])
            return f"{one} and {other} are two registrations of one register"
    return ""


def _components(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    left, found = set(near), []
    for start in sorted(near):
        if start not in left:
            continue
        component, front = {start}, [start]
        while front:
            for other in near[front.pop()] - component:
                component.add(other)
                front.append(other)
        left -= component
        found.append(component)
    return found


def join_asserted(
    partition: Partition, claims: Sequence[Claim]
) -> tuple[list[Claim], list[Claim], dict[tuple[str, str], str]]:
    """Join what identifiers assert, the most certain rule first.

    Returns the claims that hold, those that do not, and why those do not. Where one record would
    join two registrations of one register (an article that reports two trials), none of its
    claims to them holds; the outcome does not depend on the order of the records.
    """
    held: list[Claim] = []
    dropped: list[Claim] = []
    reasons: dict[tuple[str, str], str] = {}
    for tier in sorted({claim.tier for claim in claims}):
        good: list[Claim] = []
        for claim in claims:
            if claim.tier == tier:
                (dropped if claim.umbrella else good).append(claim)
        good, parted = _not_decided(partition, good, reasons, _direct)
        good, bad = _consistent(partition, good, reasons)
        good, chains = _not_decided(partition, good, reasons, giving_way)
        dropped += [*parted, *bad, *chains]
        held.extend(good)
        for claim in good:
            partition.join(claim.a, claim.b)
    return held, dropped, reasons


def between(near: Mapping[str, set[str]], one: str, other: str) -> set[str]:
    """The nodes on the simple paths from one to another, with both; each edge between two of them
    is on such a path. `near` tells the neighbours of each node.

    They are the nodes that share a biconnected component with an edge drawn between the two:
    Hopcroft J, Tarjan R. Commun ACM 1973;16:372-378.
    """
    index, low = {one: 0, other: 1}, {other: 1}
    stack = [other]
    work = [(other, one, iter(near.get(other, ())))]
    while work:
        node, parent, rest = work[-1]
        fresh = next((each for each in rest if _met(index, low, node, parent, each)), None)
        if fresh is not None:
            index[fresh] = low[fresh] = len(index)
            stack.append(fresh)
            work.append((fresh, node, iter(near.get(fresh, ()))))
            continue
        work.pop()
        if node == other:
            break
        low[parent] = min(low[parent], low[node])
        if low[node] >= index[parent]:
            while stack.pop() != node:
                pass
    return {one, *stack}


def _met(index: Mapping[str, int], low: dict[str, int], node: str, parent: str, each: str) -> bool:
    """Whether a neighbour is a new node; one that is known lowers what `node` can reach."""
    if each not in index:
        return True
    if each != parent:
        low[node] = min(low[node], index[each])
    return False


def giving_way(partition: Partition, pairs: Iterable[_Pair]) -> dict[_Pair, str]:
    """Which of these links, all equally strong, lie on a chain between records decided apart.

    None of a chain is believed rather than another; what is left can be joined in any order.
    `pairs` are of clusters; so is what comes back, with the reasons.
    """
    forbidden = partition.forbidden()
    if not forbidden:
        return {}
    near: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        if a != b:
            near[a].add(b)
            near[b].add(a)
    found: dict[_Pair, str] = {}
    for why, one, other in forbidden:
        if one in near and other in near:
            nodes = between(near, one, other)
            for node in nodes:
                for each in near[node] & nodes:
                    found.setdefault(_ordered(node, each), why)
    return found


def _direct(partition: Partition, pairs: Iterable[_Pair]) -> dict[_Pair, str]:
    """Which of these links join records decided apart by themselves."""
    return {pair: why for pair in pairs if pair[0] != pair[1] and (why := partition.decided(pair))}


def _not_decided(
    partition: Partition,
    claims: Sequence[Claim],
    reasons: dict[_Pair, str],
    rule: Callable[[Partition, Iterable[_Pair]], Mapping[_Pair, str]],
) -> tuple[list[Claim], list[Claim]]:
    """Split claims of one tier into those that stand beside what people decided and the others."""
    rooted = [_ordered(partition.root(claim.a), partition.root(claim.b)) for claim in claims]
    against = rule(partition, rooted)
    good, bad = [], []
    for claim, pair in zip(claims, rooted, strict=True):
        if why := against.get(pair):
            reasons[claim.a, claim.b] = f"held back: {why}"
            bad.append(claim)
        else:
            good.append(claim)
    return good, bad


def _consistent(
    partition: Partition, claims: Sequence[Claim], reasons: dict[tuple[str, str], str]
) -> tuple[list[Claim], list[Claim]]:
    """Split the claims of one tier into those that can stand together and the others."""
    rooted = [(claim, partition.root(claim.a), partition.root(claim.b)) for claim in claims]
    suspect: set[str] = set()
    for component in _components((a, b) for _, a, b in rooted if a != b):
        if partition.conflict(component):
            suspect |= component
    near: dict[str, set[str]] = defaultdict(set)
    for _, a, b in rooted:
        if a in suspect and a != b:
            near[a].add(b)
            near[b].add(a)
    # A pivot is named together with clusters that exclude each other.
    pivots = {root: why for root in near if (why := partition.conflict(near[root]))}
    good: list[tuple[Claim, str, str]] = []
    bad: list[Claim] = []
    for claim, a, b in rooted:
        why = ""
        if a in suspect and a != b:
            why = partition.conflict((a, b))
            for pivot, other in ((a, b), (b, a)):
                if not why and pivot in pivots:
                    rivals = near[pivot] - {other}
                    clashes = (partition.conflict((other, rival)) for rival in sorted(rivals))
                    why = next(filter(None, clashes), "")
        if why:
            reasons[claim.a, claim.b] = why
            bad.append(claim)
        else:
            good.append((claim, a, b))
    for component in _components((a, b) for _, a, b in good if a != b):
        if why := partition.conflict(component):  # a longer chain: none of it is believed
            for claim, a, _ in good:
                if a in component:
                    reasons[claim.a, claim.b] = why
                    bad.append(claim)
            good = [entry for entry in good if entry[1] not in component]
    return [claim for claim, _, _ in good], bad


_FACTS: Final = (("country", "country"), ("enrolment", "size"), ("start", "dates"))


def hard_facts(judgement: Judgement) -> bool:
    """Countries and sizes and dates all speak against the pair."""
    weights = {signal.name: signal.weight for signal in judgement.signals}
    return all(weights.get(name, 0.0) <= -1.0 for name, _ in _FACTS)


def join_probable(
    partition: Partition, judgements: Mapping[tuple[str, str], Judgement]
) -> dict[tuple[str, str], str]:
    """Join what the model holds for probable, the surest first; why others were not joined.

    Clusters joined by identifiers are cores. Two groups of cores join only if every core of the
    one and every core of the other have a comparison of at least even odds: no chain of weak
    links makes a study.
    """
    cores = dict(partition.members)
    core_of = {record: core for core, records in cores.items() for record in records}
    best: dict[tuple[str, str], float] = {}
    for (a, b), judgement in judgements.items():
        pair = (min(core_of[a], core_of[b]), max(core_of[a], core_of[b]))
        best[pair] = max(best.get(pair, judgement.bits), judgement.bits)
    groups = {core: {core} for core in cores}  # by root
    held_back: dict[tuple[str, str], str] = {}
    for pair, bits in sorted(best.items(), key=lambda item: (-item[1], item[0])):
        a, b = partition.root(pair[0]), partition.root(pair[1])
        if a == b or probability(bits) < PROBABLE:
            continue
        why = partition.barred((a, b))
        if not why:
            for one in sorted(groups[a]):
                for other in sorted(groups[b]):
                    key = (min(one, other), max(one, other))
                    if probability(best.get(key, -60.0)) < CANDIDATE:
                        why = f"{one} and {other}, then in one study, do not resemble each other"
        if why:
            held_back[pair] = why
            continue
        together = groups.pop(a) | groups.pop(b)
        partition.join(a, b)
        groups[partition.root(a)] = together
    return {
        key: held_back[pair]
        for key in judgements
        if (pair := _ordered(core_of[key[0]], core_of[key[1]])) in held_back
    }


def _ordered(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
