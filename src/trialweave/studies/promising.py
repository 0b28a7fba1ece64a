"""Of many pairs of records, those whose comparison can come to anything, without comparing them.

For every pair an upper bound of the bits that `scoring.judge` can find is summed in arrays: exact
for words, severity, phase, allocation and size of disagreement, and the most that agreement can
weigh elsewhere. A pair below even odds at its bound is below them in fact. Nothing that is told of
any pair depends on this module but the time it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from trialweave.studies._weights import MOST, SPONSOR_DEPEND, positive
from trialweave.studies.conduct import SAME_ARMS, SAME_PERSON, SAME_SITE
from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile
from trialweave.studies.scoring import OWN_CAP, TEAM_CAP, TOPIC_CAP, prior
from trialweave.studies.signals import OTHER_COUNTRY, OTHER_START
from trialweave.studies.subject import CONTAINED, WORDS_DEPEND

__all__ = ["LOOKED_AT", "Bounds", "promising"]

LOOKED_AT: Final = 0.2  # share of telling words below which a pair is not compared in full
_AT_ONCE: Final = 100_000  # pairs
_ROUNDED: Final = 0.1  # bits: signals are rounded to hundredths, bounds are not
_LATE: Final = np.iinfo(np.int32).max

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]


class _Words:
    """Which records have which words, so that the bits of shared ones sum up for many pairs."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._bits: list[float] = []
        self._flat: list[int] = []
        self._ends: list[int] = []

    def add(self, words: Iterable[str], bits: Callable[[str], float]) -> None:
        """The words of the next record; `bits` gives what sharing one tells."""
        ids = self._ids
        for word in words:
            known = ids.get(word)
            if known is None:
                known = ids[word] = len(self._bits)
                self._bits.append(bits(word))
            self._flat.append(known)
        self._ends.append(len(self._flat))

    def close(self) -> None:
        """Into arrays, after the last record."""
        self._words = np.asarray(self._flat, np.int64)
        ends = np.asarray(self._ends, np.int64)
        self.counts = np.diff(ends, prepend=0)
        self._starts = ends - self.counts
        self._weights = np.asarray(self._bits, np.float64)
        self._width = max(len(self._bits), 1)
        records = np.repeat(np.arange(len(ends)), self.counts)
        self._held = np.sort(records * self._width + self._words)
        self.mass = np.bincount(records, self._weights[self._words], len(ends))
        self._flat, self._ids = [], {}

    def shared(self, a: Ints, b: Ints) -> Floats:
        """Bits of the words that both records of each pair have."""
        if not len(self._held):
            return np.zeros(len(a))
        fewer = self.counts[a] <= self.counts[b]
        one, other = np.where(fewer, a, b), np.where(fewer, b, a)
        counts = self.counts[one]
        pair = np.repeat(np.arange(len(a)), counts)
        inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        words = self._words[np.repeat(self._starts[one], counts) + inside]
        sought = other[pair] * self._width + words
        at = np.minimum(np.searchsorted(self._held, sought), len(self._held) - 1)
        weights = self._weights[words] * (self._held[at] == sought)
        return np.asarray(np.bincount(pair, weights, len(a)), np.float64)


class _Kinds:
    """A fact of each record as a number: 0 where unknown, equal where equal."""

    def __init__(self) -> None:
        self._ids: dict[object, int] = {}
        self.of: list[int] = []
        self.weights: list[float] = [0.0]

    def add(self, fact: object, weight: float) -> None:
        """The fact of the next record, and what agreeing in it weighs."""
        if not fact:
            self.of.append(0)
            return
        known = self._ids.setdefault(fact, len(self.weights))
        if known == len(self.weights):
            self.weights.append(weight)
        self.of.append(known)

    def close(self) -> tuple[Ints, Floats]:
        """The numbers by record, and the weights by number."""
        return np.asarray(self.of, np.int64), np.asarray(self.weights)


class _Marks:
    """Small sets as bits of machine words."""

    def __init__(self, width: int = 1) -> None:
        self._ids: dict[str, int] = {}
        self._width = width
        self._of: list[list[int]] = []

    def add(self, members: Iterable[str]) -> None:
        row = [0] * self._width
        for member in members:
            # More kinds than bits share bits: two sets may seem to meet, never seem not to.
            known = self._ids.setdefault(member, len(self._ids)) % (63 * self._width)
            row[known // 63] |= 1 << (known % 63)
        self._of.append(row)

    def close(self) -> Ints:
        return np.asarray(self._of, np.int64).reshape(len(self._of), self._width)


def _meet(marks: Ints, a: Ints, b: Ints) -> tuple[Bools, Bools]:
    """Whether both sets have members, and whether they have one in common."""
    one, other = marks[a], marks[b]
    both: Bools = np.any(one != 0, axis=1) & np.any(other != 0, axis=1)
    meet: Bools = np.any((one & other) != 0, axis=1)
    return both, meet


class Bounds:
    """What bounds the comparison of any two of the records, in arrays."""

    def __init__(self, profiles: Iterable[Profile], corpus: Corpus) -> None:
        self._prior = prior(corpus).weight
        self._bag, self._sponsor = _Words(), _Words()
        self._people, self._sites = _Words(), _Words()
        phases, allocation, masking, ages = _Kinds(), _Kinds(), _Kinds(), _Kinds()
        in_phase, severe, origin = _Marks(), _Marks(), _Marks()
        countries, named = _Marks(4), _Words()
        rows: list[tuple[float, ...]] = []
        numbers: list[tuple[int, str, bool]] = []

        def person(name: str) -> float:
            return positive("investigator", SAME_PERSON, corpus.person_share(name))

        def place(name: str) -> float:
            return positive("site", SAME_SITE, corpus.site_share(name))

        for at, each in enumerate(profiles):
            self._bag.add(each.bag, corpus.bits)
            self._sponsor.add(each.sponsor, corpus.sponsor_bits)
            self._people.add(each.people, person)
            self._sites.add(each.sites, place)
            named.add(each.acronyms, lambda _: 1.0)
            phase, masked = corpus.phase_share(each.phases), corpus.masking_share(each.masking)
            phases.add(each.phases, positive("phase", 0.85, phase))
            chosen = corpus.allocation_share(each.allocation)
            allocation.add(each.allocation, positive("allocation", 0.95, chosen))
            masking.add(each.masking, positive("masking", 0.7, masked))
            ages.add(each.ages, positive("ages", 0.7, corpus.ages_share(each.ages)))
            in_phase.add(sorted(each.phases))
            severe.add(sorted(each.severity))
            origin.add(sorted(each.source))
            countries.add(sorted(each.countries))
            rows.append(_row(each, corpus))
            numbers += [(at, str(number), False) for number, _ in each.identity.articles]
            numbers += [(at, str(cited.identifier), True) for cited in each.identity.cited]
        for held in (self._bag, self._sponsor, self._people, self._sites, named):
            held.close()
        self._named = named
        self._phases, self._allocation = phases.close(), allocation.close()
        self._masking, self._ages = masking.close(), ages.close()
        self._in_phase, self._severe = in_phase.close(), severe.close()
        self._origin, self._countries = origin.close(), countries.close()
        self._rows = np.asarray(rows, np.float64).reshape(len(rows), len(_COLUMNS)).T
        self._count = max(len(rows), 1)
        self._cites = _citing(numbers, self._count)

    def __call__(self, pairs: Ints) -> Bools:
        """Which of the pairs may come to at least even odds, or share a name or a reference."""
        kept = [self._kept(pairs[at : at + _AT_ONCE]) for at in range(0, len(pairs), _AT_ONCE)]
        return np.concatenate(kept) if kept else np.zeros(0, bool)

    def most(self, pairs: Ints) -> Floats:
        """The most bits that each of the pairs can come to, but for `_ROUNDED`."""
        return self._bounded(pairs)[0]

    def _kept(self, pairs: Ints) -> Bools:
        most, worth, named = self._bounded(pairs)
        return worth & (named | (most >= -_ROUNDED))

    def _bounded(self, pairs: Ints) -> tuple[Floats, Bools, Bools]:
        """The most bits, whether words or a reference make it worth a look, a common name."""
        a, b = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
        cites = np.isin(np.minimum(a, b) * self._count + np.maximum(a, b), self._cites)
        shared = self._bag.shared(a, b)
        least = np.minimum(self._bag.mass[a], self._bag.mass[b])
        share = np.divide(shared, least, out=np.zeros(len(a)), where=least > 0)
        worth = (share >= LOOKED_AT - 1e-9) | cites
        named = self._named.shared(a, b) > 0
        most = self._about(a, b, shared, share, cites, named) + self._facts(a, b)
        return most, worth, named

    def _about(
        self, a: Ints, b: Ints, shared: Floats, share: Floats, cites: Bools, named: Bools
    ) -> Floats:
        x, y = np.asarray(CONTAINED).T
        about = np.minimum(WORDS_DEPEND * shared, np.interp(share, x, y))
        outcomes, mentions = self._rows[_AT["outcomes"]], self._rows[_AT["mentions"]]
        arms = self._rows[_AT["arms"]]
        about += SAME_ARMS * (arms[a] * arms[b])
        about += 5.0 * named + 9.0 * cites + 3.0 * (outcomes[a] * outcomes[b])
        about += 2.0 * np.maximum(mentions[a], mentions[b])
        most: Floats = np.minimum(about, TOPIC_CAP + OWN_CAP)
        return most

    def _facts(self, a: Ints, b: Ints) -> Floats:
        bits = np.full(len(a), self._prior)
        both, meet = _meet(self._severe, a, b)
        bits += np.where(both, np.where(meet, 1.0, -2.5), 0.0)
        both, meet = _meet(self._origin, a, b)
        bits += np.where(both & ~meet, -5.0, 0.0)
        level, most = self._rows[_AT["level"]], self._rows[_AT["country"]]
        both, meet = _meet(self._countries, a, b)
        same, other = np.minimum(most[a], most[b]), np.maximum(level[a], level[b])
        bits += np.where(both, np.where(meet, same, other), 0.0)
        both, meet = _meet(self._in_phase, a, b)
        bits += _agreeing(self._phases, a, b, np.where(meet, -0.5, -3.0))
        bits += _agreeing(self._allocation, a, b, np.full(len(a), -0.5))
        bits += _agreeing(self._masking, a, b, np.full(len(a), 0.5))
        codes = self._rows[_AT["codes"]]
        bits += 6.0 * (codes[a] * codes[b])
        completed, doses = self._rows[_AT["completed"]], self._rows[_AT["doses"]]
        arms = self._rows[_AT["arms"]]
        bits += 3.0 * (completed[a] * completed[b]) + MOST["dose"] * (doses[a] * doses[b])
        bits += MOST["arms"] * (arms[a] * arms[b])
        bits += _agreeing(self._ages, a, b, np.full(len(a), -1.0))
        return bits + self._institutions(a, b) + self._sizes(a, b) + self._starts(a, b)

    def _institutions(self, a: Ints, b: Ints) -> Floats:
        shared, trial = self._sponsor.shared(a, b), self._rows[_AT["trial"]]
        both = (self._sponsor.counts[a] > 0) & (self._sponsor.counts[b] > 0)
        none = np.where((trial[a] * trial[b]) > 0, -2.0, 0.0)
        common = np.minimum(SPONSOR_DEPEND * shared, MOST["sponsor"])
        team = np.where(both, np.where(shared > 0, common, none), 0.0)
        team += np.minimum(self._people.shared(a, b), MOST["investigator"])
        team += np.minimum(self._sites.shared(a, b), MOST["site"])
        return np.minimum(team, TEAM_CAP)

    def _sizes(self, a: Ints, b: Ints) -> Floats:
        sizes = self._rows[[_AT["size"], _AT["second size"]]]
        weights = self._rows[[_AT["size bits"], _AT["second bits"]]]
        best = np.full(len(a), -2.5)
        for one in range(2):
            for other in range(2):
                n, m = sizes[one][a], sizes[other][b]
                ratio = np.maximum(n, m) / np.maximum(np.minimum(n, m), 1.0)
                apart = np.where(ratio <= 1.1, 0.5, np.where(ratio <= 2, -1.0, -2.5))
                found = np.where(n == m, np.maximum(weights[one][a], 0.0), apart)
                best = np.maximum(best, np.where((n < 0) | (m < 0), -2.5, found))
        return np.where((sizes[0][a] < 0) | (sizes[0][b] < 0), 0.0, best)

    def _starts(self, a: Ints, b: Ints) -> Floats:
        early, late = self._rows[_AT["start"]], self._rows[_AT["start ends"]]
        apart = np.maximum(early[b] - late[a], early[a] - late[b])
        near, day = self._rows[_AT["start bits"]], self._rows[_AT["day bits"]]
        bits = np.select(
            [apart <= 31, apart <= 92, apart <= 366],
            [near[a], np.full(len(a), OTHER_START[0]), np.full(len(a), OTHER_START[1])],
            OTHER_START[2],
        )
        same = (early[a] == early[b]) & (late[a] == late[b])
        bits = np.where(same, np.maximum(bits, day[a]), bits)
        return np.where((late[a] == _LATE) | (late[b] == _LATE), 0.0, bits)


_COLUMNS: Final = (
    "level",
    "country",
    "size",
    "second size",
    "size bits",
    "second bits",
    "start",
    "start ends",
    "start bits",
    "day bits",
    "outcomes",
    "mentions",
    "codes",
    "completed",
    "doses",
    "arms",
    "trial",
)
_AT: Final = {name: place for place, name in enumerate(_COLUMNS)}


def _row(each: Profile, corpus: Corpus) -> tuple[float, ...]:
    """The numbers of one record, in the order of `_COLUMNS`."""
    sizes = [float(known.n) for known in each.sizes]
    bits = [positive("enrolment", 0.75, corpus.size_share(known.n)) for known in each.sizes]
    start, near, day = each.start, 0.0, 0.0
    if start is not None:
        share = corpus.start_share(start)
        near = positive("start", 0.7, 2 * share)
        day = positive("same day", 0.2, share / 30)
    shares = [corpus.country_share(code) for code in each.countries]
    return (
        max((OTHER_COUNTRY[known.how] for known in each.countries.values()), default=0.0),
        max((positive("country", 0.95, share) for share in shares), default=MOST["country"]),
        *[*sizes, -1.0, -1.0][:2],
        *[*bits, 0.0, 0.0][:2],
        float(start.earliest.toordinal()) if start is not None else 0.0,
        float(start.latest.toordinal()) if start is not None else float(_LATE),
        near,
        day,
        float(bool(each.outcomes)),
        float(any(not named.own for named in each.identity.named)),
        float(bool(each.identity.codes)),
        float(each.completed is not None),
        float(bool(each.doses)),
        float(each.arms.count > 0),
        float(each.identity.record.kind == "trial"),
    )


def _agreeing(kinds: tuple[Ints, Floats], a: Ints, b: Ints, differing: Floats) -> Floats:
    """What a fact weighs: as agreed, `differing` where both state it otherwise, else nothing."""
    of, weights = kinds
    one, other = of[a], of[b]
    known = (one > 0) & (other > 0)
    return np.where(known, np.where(one == other, weights[one], differing), 0.0)


def _citing(numbers: Sequence[tuple[int, str, bool]], count: int) -> Ints:
    """Pairs of which one cites the article that the other is, as smaller × count + larger."""
    articles: dict[str, list[int]] = {}
    for at, number, cited in numbers:
        if not cited:
            articles.setdefault(number, []).append(at)
    found = {
        min(at, article) * count + max(at, article)
        for at, number, cited in numbers
        if cited
        for article in articles.get(number, ())[:1000]
    }
    return np.asarray(sorted(found), np.int64)


def promising(profiles: Sequence[Profile], corpus: Corpus, pairs: Ints) -> Ints:
    """The rows of `pairs` (two columns of positions in `profiles`) that are worth comparing."""
    return pairs[Bounds(profiles, corpus)(pairs)]
