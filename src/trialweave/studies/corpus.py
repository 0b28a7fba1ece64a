"""How common facts are among the records at hand: what an agreement is worth depends on it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trialweave.model import PartialDate
from trialweave.studies.profiles import Profile
from trialweave.studies.words import background

__all__ = ["Corpus", "survey"]

STATED: Final = ""  # under this name, how many records state such a fact at all
RATIO: Final = ":"  # and how many state sizes of all arms


@dataclass(frozen=True)
class Corpus:
    """How common facts are. Frequencies are those among the records at hand, drawn towards an
    assumed one as if `SEEN` more records had been seen: a handful of records says little."""

    SEEN = 20

    records: int
    word: Mapping[str, int]
    sponsor: Mapping[str, int]
    country: Mapping[str, int]
    phases: Mapping[frozenset[str], int]
    allocation: Mapping[str, int]
    masking: Mapping[str, int]
    size: Mapping[int, int]
    started: Mapping[tuple[int, int], int]
    acronym: Mapping[str, int]
    outcome: Mapping[str, int]
    ages: Mapping[str, int]
    dose: Mapping[str, int]
    person: Mapping[str, int]
    site: Mapping[str, int]
    arms: Mapping[str, int]
    _bits: dict[str, float] = field(default_factory=dict, repr=False)
    _mass: dict[str, float] = field(default_factory=dict, repr=False)

    def _share(self, count: int, assumed: float, records: int | None = None) -> float:
        """The chance that an unrelated record has the fact; the pair itself does not count.

        `records` are those that state such a fact, where only some do; else all.
        """
        others = max((self.records if records is None else records) - 2, 0)
        return (max(count - 2, 0) + self.SEEN * assumed) / (others + self.SEEN)

    def bits(self, word: str) -> float:
        """Information in a shared title, product or condition word, at most 10 bits."""
        known = self._bits.get(word)
        if known is None:
            share = self._share(self.word.get(word, 0), background(word))
            known = self._bits[word] = min(-math.log2(share), 10.0)
        return known

    def mass(self, profile: Profile) -> float:
        """Information in all words of a record."""
        known = self._mass.get(profile.id)
        if known is None:
            known = self._mass[profile.id] = sum(map(self.bits, sorted(profile.bag)))
        return known

    def sponsor_bits(self, word: str) -> float:
        """Information in a shared word of institutions' names, at most 10 bits."""
        return min(-math.log2(self._share(self.sponsor.get(word, 0), 1 / 200)), 10.0)

    def outcome_bits(self, word: str) -> float:
        """Information in a shared word of primary outcomes, at most 10 bits."""
        share = self._share(self.outcome.get(word, 0), background(word))
        return min(-math.log2(share), 10.0)

    def acronym_share(self, name: str) -> float:
        """How common a short name of a trial is; 1 in 200 is assumed."""
        return self._share(self.acronym.get(name, 0), 1 / 200)

    def ages_share(self, ages: str) -> float:
        """How common limits of age are; 1 in 3 is assumed for adults, else 1 in 20."""
        return self._share(self.ages.get(ages, 0), 1 / 3 if ages == "18-" else 1 / 20)

    def dose_share(self, dose: str) -> float:
        """How common an amount is; 1 in 50 is assumed."""
        return self._share(self.dose.get(dose, 0), 1 / 50)

    def person_share(self, digest: str) -> float:
        """How common a name is where people are named; 1 in 200 is assumed."""
        return self._share(self.person.get(digest, 0), 1 / 200, self.person.get(STATED, 0))

    def site_share(self, site: str) -> float:
        """How common a site is where sites are listed; 1 in 100 is assumed of a city, 1 in 400 of
        a facility."""
        assumed = 1 / 100 if site[0] == "@" else 1 / 400
        return self._share(self.site.get(site, 0), assumed, self.site.get(STATED, 0))

    def arms_share(self, arms: str) -> float:
        """How common a number of arms ("2") is where arms are listed, or a ratio of sizes ("1:1")
        where they have sizes; 1 in 2 is assumed for two arms and "1:1", 1 in 5 for one arm, else
        1 in 10."""
        assumed = 1 / 2 if arms in ("2", "1:1") else 1 / 5 if arms == "1" else 1 / 10
        known = self.arms.get(RATIO if ":" in arms else STATED, 0)
        return self._share(self.arms.get(arms, 0), assumed, known)

    def country_share(self, code: str) -> float:
        """How common trials of a country are; 1 in 20 is assumed."""
        return self._share(self.country.get(code, 0), 1 / 20)

    def phase_share(self, phases: frozenset[str]) -> float:
        """How common a set of phases is; 1 in 5 is assumed."""
        return self._share(self.phases.get(phases, 0), 1 / 5)

    def allocation_share(self, allocation: str) -> float:
        """How common an allocation is; 3 in 5 is assumed for randomised, else 1 in 4."""
        assumed = 3 / 5 if allocation == "randomised" else 1 / 4
        return self._share(self.allocation.get(allocation, 0), assumed)

    def masking_share(self, masking: str) -> float:
        """How common a masking is; 1 in 4 is assumed."""
        return self._share(self.masking.get(masking, 0), 1 / 4)

    def size_share(self, n: int) -> float:
        """How common a number of participants is: round ones are, 31 is not."""
        assumed = 1 / 40 if n % 10 == 0 else 1 / 80 if n % 2 == 0 and n <= 100 else 1 / 200
        return self._share(self.size.get(n, 0), assumed)

    def start_share(self, date: PartialDate) -> float:
        """How many trials start within a month; 1 in 60 is assumed."""
        return self._share(self.started.get((date.year, date.month), 0), 1 / 60)


def survey(profiles: Iterable[Profile]) -> Corpus:
    """Count how common each fact is among the records."""
    records = 0
    word: Counter[str] = Counter()
    sponsor: Counter[str] = Counter()
    country: Counter[str] = Counter()
    size: Counter[int] = Counter()
    phases: Counter[frozenset[str]] = Counter()
    allocation: Counter[str] = Counter()
    masking: Counter[str] = Counter()
    started: Counter[tuple[int, int]] = Counter()
    acronym: Counter[str] = Counter()
    outcome: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    dose: Counter[str] = Counter()
    person: Counter[str] = Counter()
    site: Counter[str] = Counter()
    arms: Counter[str] = Counter()
    for each in profiles:
        records += 1
        acronym.update(each.acronyms)
        outcome.update(each.outcomes)
        ages.update([each.ages] if each.ages else ())
        dose.update(each.doses)
        person.update({*each.people, STATED} if each.people else ())
        site.update({*each.sites, STATED} if each.sites else ())
        arms.update([str(each.arms.count), STATED] if each.arms.count else ())
        arms.update([each.arms.ratio, RATIO] if each.arms.ratio else ())
        word.update(each.bag)
        sponsor.update(each.sponsor)
        country.update(each.countries.keys())
        size.update({known.n for known in each.sizes})
        phases.update([each.phases] if each.phases else ())
        allocation.update([each.allocation] if each.allocation else ())
        masking.update([each.masking] if each.masking else ())
        started.update([(each.start.year, each.start.month)] if each.start else ())
    return Corpus(
        records=records,
        word=word,
        sponsor=sponsor,
        country=country,
        phases=phases,
        allocation=allocation,
        masking=masking,
        size=size,
        started=started,
        acronym=acronym,
        outcome=outcome,
        ages=ages,
        dose=dose,
        person=person,
        site=site,
        arms=arms,
    )
