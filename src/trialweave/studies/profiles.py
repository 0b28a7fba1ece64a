"""What linking needs to know of each record, and how common each fact is among all records."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialweave.model import Finding, PartialDate, Passage, Record, Trial, Value
from trialweave.records.places import country_of, normalise_country
from trialweave.studies.identities import Identity, identity
from trialweave.studies.words import background, product_words, severities, words

__all__ = ["Corpus", "Profile", "Size", "profile", "survey"]


@dataclass(frozen=True, slots=True)
class Size:
    """A number of participants: `how` is "actual", "estimated", "stated" or "recovered"."""

    n: int
    how: str
    told: str  # in words: "29 enrolled (actual)", "14 + 15 = 29 recovered from percentages"
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One record as the model sees it; empty sets and None where it states nothing."""

    identity: Identity
    record: Record
    titles: tuple[frozenset[str], ...]
    product: frozenset[str]
    condition: frozenset[str]
    bag: frozenset[str]  # all of the above
    severity: frozenset[str]
    source: frozenset[str]  # of cells: "menstrual", "umbilical"
    countries: Mapping[str, str]  # code -> how it is known, in words
    country_stated: bool
    phases: frozenset[str]
    allocation: str
    masking: str
    sizes: tuple[Size, ...]
    sponsor: frozenset[str]
    start: PartialDate | None
    completion: PartialDate | None
    published: PartialDate | None

    @property
    def id(self) -> str:
        return self.record.record_id


_CELL_SOURCES: Final[Mapping[str, str]] = {
    "umbilical": "umbilical cord",
    "wharton": "umbilical cord",
    "marrow": "bone marrow",
    "adipose": "adipose tissue",
    "menstrual": "menstrual blood",
    "endometrial": "menstrual blood",
    "placenta": "placenta",
    "decidua": "placenta",
    "amniotic": "amnion",
    "dental": "dental pulp",
    "pulp": "dental pulp",
}
_INSTITUTION_WORDS: Final = """
university hospital institute center centre medical science research department faculty
college school clinic foundation national state first second third affiliated health
general medicine ltd inc co company pharmaceutical corporation limited group people public
trust city provincial province central academy international universitario universitaria
hospitalier fundacion instituto investigacion universitat universidad universite
"""
_INSTITUTION: Final = frozenset(_INSTITUTION_WORDS.split())
_SITES: Final = 5  # of many sites, how many tell the sponsor's surroundings


def _texts(value: Value[tuple[Value[str], ...]]) -> list[str]:
    return [item.content for item in value.content or () if item.content]


def _countries(record: Record, about: Trial, institutions: Sequence[str]) -> dict[str, str]:
    """Countries with how they are known; stated ones exclude those inferred from names."""
    stated: dict[str, str] = {}
    for name in _texts(about.countries):
        if code := normalise_country(name):
            stated.setdefault(code, f"{name.strip()}")
    for site in about.sites.content or ():
        if site.country.content and (code := normalise_country(site.country.content)):
            stated.setdefault(code, f"{site.country.content.strip()} (site)")
    if stated:
        return stated
    inferred: dict[str, str] = {}
    for text in (*institutions, record.title):
        hits = country_of(text[:500])
        named = [hit for hit in hits if hit.how == "name"] or hits
        for hit in named:
            inferred.setdefault(hit.iso2, f"“{hit.name}” in “{text.strip()[:80]}”")
        if inferred:
            break
    return inferred


def _sponsor_words(names: Iterable[str]) -> frozenset[str]:
    """Telling words of institutions' names, and initials as ``^tums``."""
    found: set[str] = set()
    for name in names:
        name = name[:200]
        parts = words(name)
        found.update(part for part in parts if part not in _INSTITUTION and len(part) > 2)
        found.update(f"^{mark.casefold()}" for mark in re.findall(r"\b[A-Z]{3,8}\b", name))
        initials = "".join(word[0] for word in re.findall(r"[^\W\d_]{3,}", name)).casefold()
        if 3 <= len(initials) <= 8:
            found.add(f"^{initials}")
    return frozenset(found)


def _sizes(about: Trial, findings: Sequence[Finding]) -> tuple[Size, ...]:
    """Stated enrolment first; else the size of the arms, stated or recovered by findings."""
    sizes: list[Size] = []
    enrolled = about.enrollment
    if enrolled.content:
        kind = about.enrollment_type.content
        told = f"{enrolled.content} enrolled" if kind == "actual" else f"{enrolled.content}"
        told += f" ({kind})" if kind else " participants stated"
        sizes.append(Size(enrolled.content, kind or "stated", told, enrolled.passage))
    arms = [arm.size.content for arm in about.arms.content or () if arm.size.content]
    if len(arms) > 1 and len(arms) == len(about.arms.content or ()):
        told = " + ".join(map(str, arms)) + f" = {sum(arms)} in the arms"
        sizes.append(Size(sum(arms), "stated", told))
    best: tuple[int, Size] | None = None
    for finding in findings:
        groups = [arm for arm in finding.arms if arm.n and arm.role != "total"]
        if not groups or len(groups) != len([a for a in finding.arms if a.role != "total"]):
            continue
        numbers = [arm.n or 0 for arm in groups]
        recovered = any(arm.n_origin == "recovered" for arm in groups)
        total = sum(numbers)
        if best is None or total > best[0]:
            told = " + ".join(map(str, numbers)) + (f" = {total}" if len(numbers) > 1 else "")
            told += " recovered from the results" if recovered else " in the results"
            at = next((arm.passage for arm in groups if arm.passage), finding.passage)
            best = (total, Size(total, "recovered" if recovered else "stated", told, at))
    if best is not None:
        sizes.append(best[1])
    unique: dict[int, Size] = {}
    for size in sizes:
        unique.setdefault(size.n, size)
    return tuple(unique.values())[:2]


def profile(record: Record, findings: Sequence[Finding] = ()) -> Profile:
    """Read off a record what the signals compare."""
    about = record.about
    publication = record.publication
    titles = [about.public_title.content, about.scientific_title.content]
    if publication is not None:
        titles.append(publication.title.content)
    sets = {frozenset(words(title, limit=600)) for title in titles if title}
    names = [item.name.content or "" for item in (about.interventions.content or ())[:20]]
    product = frozenset(product_words(" . ".join(names)))
    conditions = _texts(about.conditions)[:20]
    condition = frozenset(words(" . ".join(conditions), limit=600))
    head = " . ".join([title for title in titles if title] + names)
    told = " . ".join([title for title in titles if title] + conditions)
    told += f" . {about.severity.content or ''}"
    institutions = [about.primary_sponsor.content or "", *_texts(about.secondary_sponsors)[:5]]
    if publication is not None:
        institutions.append(publication.publisher.content or "")
    sites = (about.sites.content or ())[:_SITES]
    institutions.extend(site.facility.content or "" for site in sites)
    institutions = [name for name in institutions if name]
    cities = [site.city.content for site in sites if site.city.content]
    bag = frozenset().union(*sets) | product | condition
    return Profile(
        identity=identity(record),
        record=record,
        titles=tuple(sorted(sets, key=sorted)),
        product=product,
        condition=condition,
        bag=bag,
        severity=severities(told),
        source=frozenset(_CELL_SOURCES[word] for word in words(head) if word in _CELL_SOURCES),
        countries=_countries(record, about, [*institutions, *cities]),
        country_stated=bool(about.countries.content or any(s.country.content for s in sites)),
        phases=frozenset(about.phase.content or ()) - {"not applicable"},
        allocation=about.allocation.content or "",
        masking=about.masking.content or "",
        sizes=_sizes(about, findings),
        sponsor=_sponsor_words(institutions),
        start=about.start_date.content,
        completion=about.completion_date.content or about.primary_completion_date.content,
        published=publication.published.content if publication is not None else None,
    )


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

    def _share(self, count: int, assumed: float) -> float:
        """The chance that an unrelated record has the fact; the pair itself does not count."""
        others = max(self.records - 2, 0)
        return (max(count - 2, 0) + self.SEEN * assumed) / (others + self.SEEN)

    def bits(self, word: str) -> float:
        """Information in a shared title, product or condition word, at most 10 bits."""
        return min(-math.log2(self._share(self.word.get(word, 0), background(word))), 10.0)

    def sponsor_bits(self, word: str) -> float:
        """Information in a shared word of institutions' names, at most 10 bits."""
        return min(-math.log2(self._share(self.sponsor.get(word, 0), 1 / 200)), 10.0)

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
        """How common a number of participants is: round ones are, 29 is not."""
        assumed = 1 / 40 if n % 10 == 0 else 1 / 80 if n % 2 == 0 and n <= 100 else 1 / 200
        return self._share(self.size.get(n, 0), assumed)

    def start_share(self, date: PartialDate) -> float:
        """How many trials start within a month; 1 in 60 is assumed."""
        return self._share(self.started.get((date.year, date.month), 0), 1 / 60)


def survey(profiles: Sequence[Profile]) -> Corpus:
    """Count how common each fact is among the records."""
    word: Counter[str] = Counter()
    sponsor: Counter[str] = Counter()
    country: Counter[str] = Counter()
    size: Counter[int] = Counter()
    for each in profiles:
        word.update(each.bag)
        sponsor.update(each.sponsor)
        country.update(each.countries.keys())
        size.update({known.n for known in each.sizes})
    return Corpus(
        records=len(profiles),
        word=word,
        sponsor=sponsor,
        country=country,
        phases=Counter(each.phases for each in profiles if each.phases),
        allocation=Counter(each.allocation for each in profiles if each.allocation),
        masking=Counter(each.masking for each in profiles if each.masking),
        size=size,
        started=Counter((each.start.year, each.start.month) for each in profiles if each.start),
    )
