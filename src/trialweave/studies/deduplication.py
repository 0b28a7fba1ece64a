"""Which references of several lists are one, and why: identifiers first, then a documented model.

Nothing is lost: every reference is either kept or a duplicate of one that is kept. Pairs that only
may be one are left for a person. The outcome does not depend on the order of files or references.
A conference abstract and its full paper, an erratum and its article, a preprint and its article,
and two parts of a series are different reports, however alike they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from trialweave.model import Publication
from trialweave.studies._pairs import candidate_pairs
from trialweave.studies._references import Features, features_of
from trialweave.studies._resemblance import RULE, Judged, Lists, judge, same_number

__all__ = [
    "RULE",
    "Duplicate",
    "Group",
    "Outcome",
    "Probable",
    "Reference",
    "SourceCount",
    "deduplicate",
]

_AMBIGUOUS: Final = 2.0  # bits by which one of two exclusive partners must be the better


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: the file it stands in, its place there from 1, and what it says.

    `own` is its text as received where it can be handed on as it is (RIS), else "".
    """

    file: str
    place: int
    publication: Publication
    own: str = ""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A reference that is removed: its index, that of the reference which shows it, and why."""

    index: int
    of: int
    reason: str
    probability: float
    rule: str


@dataclass(frozen=True, slots=True)
class Group:
    """References that are one: the index of the kept one, and the duplicates."""

    kept: int
    duplicates: tuple[Duplicate, ...]


@dataclass(frozen=True, slots=True)
class Probable:
    """Two references, both kept, that may be one: for a person to look at."""

    a: int
    b: int
    probability: float
    why: str
    against: str  # what kept them apart; "" where the evidence is only too little


@dataclass(frozen=True, slots=True)
class SourceCount:
    """Of one file: references identified, duplicates within it, and of other files; the rest."""

    file: str
    identified: int
    within: int
    across: int
    kept: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the references: `groups` of two or more, `kept` indices in the order given,
    `probable` pairs of kept references, and counts by file as PRISMA asks for them."""

    references: tuple[Reference, ...]
    kept: tuple[int, ...]
    groups: tuple[Group, ...]
    probable: tuple[Probable, ...]
    counts: tuple[SourceCount, ...]

    @property
    def removed(self) -> int:
        """How many references are duplicates."""
        return len(self.references) - len(self.kept)


def deduplicate(references: Sequence[Reference]) -> Outcome:
    """Tell duplicates among references. Time grows a little faster than their number."""
    given = tuple(references)
    features = [features_of(each.publication) for each in given]
    order = sorted(range(len(given)), key=lambda at: (features[at].key, given[at].file, at))
    lists = Lists.of(features)
    clusters = _Clusters(features, order)
    probable: dict[tuple[int, int], Judged] = {}
    _join_numbers(clusters, features, order, probable)
    _join_alike(clusters, features, order, lists, probable)
    groups = [
        _group(members, given, features, clusters.edges)
        for members in clusters.members()
        if len(members) > 1
    ]
    removed = {one.index for group in groups for one in group.duplicates}
    standing = {one.index: group.kept for group in groups for one in group.duplicates}
    kept = tuple(at for at in range(len(given)) if at not in removed)
    return Outcome(
        references=given,
        kept=kept,
        groups=tuple(sorted(groups, key=lambda group: group.kept)),
        probable=_probable(probable, standing),
        counts=_counts(given, groups),
    )


_EXCLUSIVE: Final = (
    "they have different DOIs",
    "they have different PubMed numbers",
    "they are different reports",
)


class _Clusters:
    """References joined so far; two that exclude each other are never in one."""

    def __init__(self, features: Sequence[Features], order: Sequence[int]) -> None:
        self._place = {at: place for place, at in enumerate(order)}
        self._parent = list(range(len(features)))
        self._members = {at: [at] for at in range(len(features))}
        self._stated = [
            tuple({text} - {""} for text in (each.doi, each.pmid, each.kind)) for each in features
        ]
        self.edges: dict[int, list[Judged]] = defaultdict(list)

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def exclude(self, a: int, b: int) -> str:
        """Why two clusters cannot be one; "" where they can."""
        ours, theirs = self._stated[self.root(a)], self._stated[self.root(b)]
        for what, one, other in zip(_EXCLUSIVE, ours, theirs, strict=True):
            if one and other and not one & other:
                return what
        return ""

    def join(self, judged: Judged) -> None:
        self.edges[judged.a].append(judged)
        self.edges[judged.b].append(judged)
        first, second = self.root(judged.a), self.root(judged.b)
        if first == second:
            return
        if self._place[second] < self._place[first]:
            first, second = second, first
        self._parent[second] = first
        self._members[first].extend(self._members.pop(second))
        for one, other in zip(self._stated[first], self._stated[second], strict=True):
            one |= other

    def members(self) -> Iterable[list[int]]:
        return self._members.values()


def _join_numbers(
    clusters: _Clusters,
    features: Sequence[Features],
    order: Sequence[int],
    probable: dict[tuple[int, int], Judged],
) -> None:
    """Join what has a DOI or PubMed number in common, unless something else contradicts."""
    for name in ("doi", "pmid"):
        held: dict[str, list[int]] = defaultdict(list)
        for at in order:
            if number := getattr(features[at], name):
                held[number].append(at)
        for number, sharing in sorted(held.items()):
            heads: list[int] = []  # of those that contradict each other: titles of one supplement
            titled: dict[str, int] = {}
            for at in sharing:
                own = titled.get(features[at].title)
                near = heads[:_HEADS] if own is None else [own]
                for head in near:
                    judged = same_number(name, number, head, at, features[head], features[at])
                    against = judged.against or clusters.exclude(head, at)
                    if not against:
                        clusters.join(judged)
                        break
                    if len(heads) <= _HEADS:
                        probable[_pair(head, at)] = judged.kept_apart(against)
                else:
                    heads.append(at)
                    titled.setdefault(features[at].title, at)


_HEADS: Final = 20  # contradicting references of one number that are listed pair by pair


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _join_alike(
    clusters: _Clusters,
    features: Sequence[Features],
    order: Sequence[int],
    lists: Lists,
    probable: dict[tuple[int, int], Judged],
) -> None:
    """Join what the model holds for one, the surest first."""
    place = {at: number for number, at in enumerate(order)}
    sure: list[Judged] = []
    for a, b in candidate_pairs(features, order, lists):
        if clusters.root(a) == clusters.root(b):
            continue
        judged = judge(a, b, features[a], features[b], lists)
        if judged.verdict == "apart":
            continue
        if judged.verdict == "duplicate" and not judged.against:
            if against := clusters.exclude(a, b):
                probable.setdefault(_pair(a, b), judged.kept_apart(against))
            else:
                sure.append(judged)
        else:
            probable.setdefault(_pair(a, b), judged)
    ambiguous = _ambiguous(clusters, sure)
    sure.sort(key=lambda one: (-one.bits, *sorted((place[one.a], place[one.b]))))
    for judged in sure:
        if clusters.root(judged.a) == clusters.root(judged.b):
            clusters.join(judged)
            continue
        against = ambiguous.get(_pair(judged.a, judged.b)) or clusters.exclude(judged.a, judged.b)
        if against:
            probable.setdefault(_pair(judged.a, judged.b), judged.kept_apart(against))
        else:
            clusters.join(judged)


def _ambiguous(clusters: _Clusters, sure: Sequence[Judged]) -> dict[tuple[int, int], str]:
    """Pairs in which a reference could as well belong to another that excludes the first."""
    best: dict[int, dict[int, float]] = defaultdict(dict)
    for judged in sure:
        a, b = clusters.root(judged.a), clusters.root(judged.b)
        best[a][b] = max(best[a].get(b, judged.bits), judged.bits)
        best[b][a] = max(best[b].get(a, judged.bits), judged.bits)
    found: dict[tuple[int, int], str] = {}
    for judged in sure:
        for one, other in ((judged.a, judged.b), (judged.b, judged.a)):
            one, other = clusters.root(one), clusters.root(other)
            bits = best[one][other]
            for rival, theirs in best[one].items():
                near = theirs >= bits - _AMBIGUOUS
                if rival != other and near and clusters.exclude(rival, other):
                    said = "it resembles another reference as much, and those two are not one"
                    found[_pair(judged.a, judged.b)] = said
    return found


def _group(
    members: Sequence[int],
    references: Sequence[Reference],
    features: Sequence[Features],
    edges: dict[int, list[Judged]],
) -> Group:
    """The most complete reference is kept; of equally complete ones the outcome is by content."""

    def rank(at: int) -> tuple[object, ...]:
        return (*features[at].lacks, features[at].key, references[at].file, references[at].place)

    kept = min(members, key=rank)
    inside = set(members)
    duplicates = []
    for at in sorted(inside - {kept}):
        shown = [judged for judged in edges[at] if judged.a in inside and judged.b in inside]
        best = min(shown, key=lambda it: (it.other(at) != kept, -it.bits, rank(it.other(at))))
        duplicates.append(Duplicate(at, best.other(at), best.why, best.probability, best.rule))
    return Group(kept, tuple(duplicates))


def _probable(
    probable: dict[tuple[int, int], Judged], standing: dict[int, int]
) -> tuple[Probable, ...]:
    """Pairs of kept references, each once with its best evidence, the likeliest first."""
    best: dict[tuple[int, int], Judged] = {}
    for (a, b), judged in sorted(probable.items()):
        a, b = standing.get(a, a), standing.get(b, b)
        if a == b:
            continue
        pair = _pair(a, b)
        if pair not in best or judged.bits > best[pair].bits:
            best[pair] = judged
    told = [
        Probable(a, b, judged.probability, judged.why, judged.against)
        for (a, b), judged in best.items()
    ]
    return tuple(sorted(told, key=lambda one: (-one.probability, one.a, one.b)))


def _counts(references: Sequence[Reference], groups: Sequence[Group]) -> tuple[SourceCount, ...]:
    """By file, in the order in which files come: of a group's references in a file all but one
    are duplicates within it, and that one is a duplicate of another file's unless it is kept."""
    identified: dict[str, int] = defaultdict(int)
    within: dict[str, int] = defaultdict(int)
    across: dict[str, int] = defaultdict(int)
    for each in references:
        identified[each.file] += 1
    for group in groups:
        here: dict[str, int] = defaultdict(int)
        for at in (group.kept, *(one.index for one in group.duplicates)):
            here[references[at].file] += 1
        for file, count in here.items():
            within[file] += count - 1
            across[file] += file != references[group.kept].file
    return tuple(
        SourceCount(file, count, within[file], across[file], count - within[file] - across[file])
        for file, count in identified.items()
    )
