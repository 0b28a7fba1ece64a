"""How likely two references are one: the model of likeness for references.

As in `scoring`, weights are log2 likelihood ratios that add up (Fellegi and Sunter, J Am Stat Assoc
1969;64:1183-1210). The weights are assumptions, rounded by hand and set out in
docs/how-to/dedupe.md. What one of the two does not state is no evidence.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from trialweave.studies._references import Features, in_supplement
from trialweave.studies.bibliography import same_journal

__all__ = ["DUPLICATE", "PROBABLE", "RULE", "Judged", "Lists", "judge", "same_number"]

RULE: Final = "reference/1"
BY_NUMBER: Final = "reference-number/1"
DUPLICATE: Final = 0.99
PROBABLE: Final = 0.5
_FIELD: Final = 1000  # a few references stand for at least so many
_NUMBER: Final = 30.0  # bits of a DOI or PubMed number in common
_TITLE: Final = 14.0  # the most that a title may weigh
_RARE: Final = 1 / 200
_OTHER_TITLE: Final = 0.75  # share of the telling words below which titles are two
_SAME_TITLE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Judged:
    """A compared pair. `why` tells what agrees, `against` what keeps them two, "" where nothing."""

    a: int
    b: int
    bits: float
    verdict: Literal["duplicate", "probable", "apart"]
    why: str
    against: str = ""
    rule: str = RULE

    @property
    def probability(self) -> float:
        """1 for a number in common, else that of the model, never quite 1."""
        if self.rule == BY_NUMBER:
            return 1.0
        return min(round(_chance(self.bits), 4), 0.9999)

    def other(self, at: int) -> int:
        """The partner of one of the two."""
        return self.b if at == self.a else self.a

    def kept_apart(self, against: str) -> Judged:
        """The same pair, held back for a person."""
        return replace(self, verdict="probable", against=against, rule=RULE)


@dataclass(frozen=True)
class Lists:
    """How often each word stands in the titles of all references together."""

    references: int
    held: Counter[str]

    @classmethod
    def of(cls, features: Sequence[Features]) -> Lists:
        """Count the words of all titles."""
        held: Counter[str] = Counter()
        for each in features:
            held.update(each.bag)
        return cls(len(features), held)

    def bits(self, word: str) -> float:
        """How much a word tells: -log2 of its share, drawn towards an assumed one in 200."""
        return -math.log2((self.held[word] + 20 * _RARE) / (self.references + 20))

    @property
    def prior(self) -> float:
        """Log2 odds of two references being one before they are compared."""
        return -math.log2(max(self.references, _FIELD))


def same_number(name: str, number: str, a: int, b: int, one: Features, other: Features) -> Judged:
    """Two references of one DOI or PubMed number, and what contradicts it: supplements whose
    abstracts share a DOI, numbers that were copied to the wrong reference."""
    called = "DOI" if name == "doi" else "PubMed number"
    why = f"both have the {called} {number}"
    against = ""
    if name == "doi" and one.pmid and other.pmid and one.pmid != other.pmid:
        against = "their PubMed numbers differ"
    elif one.kind and other.kind and one.kind != other.kind:
        against = f"{one.kind} and {other.kind} are different reports"
    elif one.title and other.title and not _near(one, other):
        against = "their titles have little in common"
    return Judged(a, b, _NUMBER, "duplicate", why, against, BY_NUMBER)


def _chance(bits: float) -> float:
    return 1 / (1 + math.exp2(-max(min(bits, 60.0), -60.0)))


def _near(one: Features, other: Features) -> bool:
    """Whether titles can be of one article: half of the words of the shorter, unless numbers or
    pages tell them apart. A translated title is left to a person: abstracts share pages too."""
    if one.title == other.title or one.title.startswith(other.title[:40]):
        return True
    if one.page and other.page and one.page != other.page:
        return False
    mine, theirs = set(one.numbers), set(other.numbers)
    if mine - theirs and theirs - mine:
        return False
    least = min(len(one.bag), len(other.bag))
    return bool(least) and len(one.bag & other.bag) / least >= 1 / 2


def judge(a: int, b: int, one: Features, other: Features, lists: Lists) -> Judged:
    """Compare two references by title, authors, year, journal, volume and page."""
    weight, said, alike = _title(one, other, lists)
    bits = lists.prior + weight
    told, agreeing = [said] if said else [], 0
    for name, part, agrees in _parts(one, other):
        bits += part
        agreeing += agrees
        if agrees:
            told.append(name)
    against = _different(one, other)
    why = "same " + ", ".join(told) if told else ""
    chance = _chance(bits)
    verdict: Literal["duplicate", "probable", "apart"] = "apart"
    if against == _REPORTS:
        return Judged(a, b, bits, "apart", why, against)
    if alike and chance >= PROBABLE:
        sure = chance >= DUPLICATE and agreeing >= 2 and not against
        verdict = "duplicate" if sure else "probable"
    return Judged(a, b, bits, verdict, why, against)


def _title(one: Features, other: Features, lists: Lists) -> tuple[float, str, bool]:
    """Weight of the titles, what is said of them, and whether they may be one."""
    if not one.title or not other.title:
        return 0.0, "", bool(one.page and other.page)
    if one.title == other.title:
        return min(0.6 * _mass(one.bag, lists), _TITLE), "title", True
    shorter, longer = sorted((one, other), key=lambda each: len(each.title))
    if len(shorter.title) >= 30 and longer.title.startswith(shorter.title):
        weight = min(0.5 * _mass(shorter.bag, lists), 0.8 * _TITLE)
        return weight, "title (one without subtitle)", True
    shared = _mass(one.bag & other.bag, lists)
    most = max(_mass(one.bag, lists), _mass(other.bag, lists))
    share = shared / most if most else 0.0
    if share < _OTHER_TITLE:
        # Misspelt words share nothing; letters do.
        if share < 0.4 or abs(len(one.title) - len(other.title)) > 12:
            return -8.0, "", False
        letters = difflib.SequenceMatcher(None, one.title[:300], other.title[:300], autojunk=False)
        if letters.quick_ratio() < 0.95 or letters.ratio() < 0.95:
            return -8.0, "", False
        share = _OTHER_TITLE
    weight = min(0.6 * shared, _TITLE) * (1.0 if share >= _SAME_TITLE else 0.6)
    return weight, f"title but for some words ({share:.0%})", True


def _mass(words: frozenset[str], lists: Lists) -> float:
    return sum(map(lists.bits, sorted(words)))


def _parts(one: Features, other: Features) -> Iterator[tuple[str, float, bool]]:
    """Name, weight and whether it agrees, of everything but the title that both state."""
    if one.authors and other.authors:
        first = bool(one.authors[0] & other.authors[0])
        yield "first author", (4.0 if first else -7.0), first
        many = len(one.authors) > 1 and len(other.authors) > 1
        if many and len(one.authors) == len(other.authors) and one.authors[-1] & other.authors[-1]:
            yield "last author", 2.0, False
    if one.year and other.year:
        apart = abs(one.year - other.year)
        # Online in one year, printed in the next.
        yield "year", (2.5, 0.0, -3.0)[apart] if apart < 3 else -8.0, apart == 0
    journal = same_journal(one.journal, other.journal)
    if journal is not None:
        yield "journal", 2.5 if journal else -5.0, journal
    if one.volume and other.volume:
        yield "volume", 2.5 if one.volume == other.volume else -3.0, one.volume == other.volume
    if one.page and other.page:
        if one.page == other.page:
            yield "first page", 4.0, True
        elif one.page.isdigit() == other.page.isdigit():
            yield "first page", -5.0, False  # else one may be the number of an article
    if one.registered and other.registered and not one.registered & other.registered:
        yield "registry number", -6.0, False


_REPORTS: Final = "they are different reports"


def _different(one: Features, other: Features) -> str:
    """What makes two references two, however alike; "" where nothing does."""
    if _kinds_differ(one, other):
        return _REPORTS
    if one.numbers != other.numbers and one.title != other.title:
        # Parts I and II, 12 and 24 months; what only one title has may stand in its subtitle.
        mine, theirs = set(one.numbers), set(other.numbers)
        if mine - theirs and theirs - mine:
            return _REPORTS
        return "a number stands in the title of one alone"
    if one.doi and other.doi and one.doi != other.doi:
        return "they have different DOIs"
    if one.pmid and other.pmid and one.pmid != other.pmid:
        return "they have different PubMed numbers"
    return ""


def _kinds_differ(one: Features, other: Features) -> bool:
    """Whether one is an abstract, a notice or a preprint and the other is not.

    Databases call one thing by several kinds, so the same place in print makes them one.
    """
    placed = bool(one.page and one.page == other.page and one.volume == other.volume)
    if placed and one.journal and same_journal(one.journal, other.journal) is not False:
        return False
    if one.kind != other.kind:
        return True
    apart = one.page and other.page and one.page != other.page
    return bool(apart and in_supplement(one) != in_supplement(other))
