"""Who conducts a trial, where, and in which arms: institutions, people, sites, groups.

Trials of one team share institutions, people and sites; `scoring` bounds their sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from trialweave.model import Signal
from trialweave.studies._weights import MOST, SPONSOR_DEPEND, positive, signal
from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile

__all__ = [
    "OTHER_ARMS",
    "SAME_ARMS",
    "SAME_PERSON",
    "SAME_SITE",
    "arms",
    "investigator",
    "site",
    "sponsor",
]

SAME_PERSON: Final = 0.4  # of records of one trial that both name people, how many share one
SAME_SITE: Final = 0.6  # of those that both list sites, how many share one that they call alike
OTHER_ARMS: Final = -1.0  # bits, of another number: registers leave out controls, and count strata


def _country_bits(a: Profile, b: Profile, corpus: Corpus) -> float:
    """What sharing the rarest common country tells; 0 where there is none."""
    shares = [corpus.country_share(code) for code in a.countries if code in b.countries]
    return -math.log2(min(shares)) if shares else 0.0


def sponsor(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Telling words of sponsors, collaborators, sites and the page's institution.

    Within one country a word is worth what it tells beyond the country: in a small one, the
    capital's name stands in every institution's.
    """
    if not a.sponsor or not b.sponsor:
        return
    both = sorted(a.sponsor & b.sponsor, key=lambda word: (-corpus.sponsor_bits(word), word))
    if both:
        known = _country_bits(a, b, corpus)
        bits = sum(max(corpus.sponsor_bits(word) - known, 0.0) for word in both)
        weight = min(SPONSOR_DEPEND * bits, MOST["sponsor"])
        said = ", ".join(
            word.removeprefix("^").upper() if word[0] == "^" else word for word in both[:6]
        )
        yield signal("sponsor", weight, f"institutions share: {said}")
    elif a.identity.record.kind == b.identity.record.kind == "trial":
        # The publisher of a page need not be the sponsor.
        yield signal("sponsor", -2.0, "no telling word of the institutions in common")


def investigator(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A person whom both name; of several the rarest. Of many names one is soon shared."""
    both = a.people & b.people
    if both:
        share = min(corpus.person_share(each) for each in both) * min(len(a.people), len(b.people))
        weight = positive("investigator", SAME_PERSON, share)
        yield signal("investigator", weight, "the same investigator is named in both")


def _own_words(site: str) -> list[str]:
    """The words of a facility without its city, or of a city."""
    facility, _, city = site.partition("@")
    return (facility or city).split()


def site(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A facility or a city of both; of several the rarest, and what it tells beyond the country.

    What the names of the institutions have told already is not told again: neither a facility that
    they name nor its city.
    """
    both = a.sites & b.sites
    named = a.sponsor & b.sponsor if both else frozenset()
    told = {each for each in both if named.issuperset(_own_words(each))}
    told |= {f"@{each.partition('@')[2]}" for each in told}
    untold = both - told
    if not untold:
        return
    rarest = min(untold, key=lambda each: (corpus.site_share(each), each))
    fewest = min(sum((x[0] == "@") is (rarest[0] == "@") for x in each.sites) for each in (a, b))
    share = corpus.site_share(rarest) * fewest
    within = min(share * 2 ** _country_bits(a, b, corpus), 1.0)
    facility, at, city = rarest.partition("@")  # a facility may bear a person's name: not told
    kind = "the same facility is a site of both" if facility else "sites in the same city"
    said = f"{kind}: {city}" if at else kind
    yield signal("site", positive("site", SAME_SITE, within), said)


_ALIKE: Final = 0.5  # of the less telling arm's bits, how many the other has too
SAME_ARMS: Final = 1.0  # bits, where every arm under test finds its like
_NONE_ALIKE: Final = -1.0  # where none does; arms are labelled in many ways


def arms(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Arms one by one: their number, the ratio of their sizes, and what each receives."""
    one, other = a.arms, b.arms
    if not one.count or not other.count:
        return
    said = f"{one.count} and {other.count} arms"
    if one.count != other.count:
        yield signal("arms", OTHER_ARMS, said)
    elif one.ratio and one.ratio == other.ratio:
        weight = positive("arms", 0.7, corpus.arms_share(one.ratio))
        yield signal("arms", weight, f"both have {one.count} arms, of sizes as {one.ratio}")
    elif one.ratio and other.ratio:
        yield signal("arms", -0.5, f"{said}, of sizes as {one.ratio} and as {other.ratio}")
    else:
        weight = positive("arms", 0.8, corpus.arms_share(str(one.count)))
        yield signal("arms", weight, f"both have {one.count} arms")
    yield from _received(one.given, other.given, corpus)


def _received(
    a: tuple[frozenset[str], ...], b: tuple[frozenset[str], ...], corpus: Corpus
) -> Iterable[Signal]:
    """Arm against arm by what is given; controls that tell nothing are left out."""
    one, other = ([words for words in given if words] for given in (a, b))
    if not one or not other or min(len(a), len(b)) < 2:
        return
    alike = [[j for j, there in enumerate(other) if _alike(here, there, corpus)] for here in one]
    fewer, found = min(len(one), len(other)), _matched(alike)
    said = f"{found} of {fewer} arms under test receive alike"
    if found == fewer:
        yield signal("arm contents", SAME_ARMS, said)
    elif not found:
        yield signal("other arms", _NONE_ALIKE, said)


def _alike(one: frozenset[str], other: frozenset[str], corpus: Corpus) -> bool:
    shared = sum(map(corpus.bits, sorted(one & other)))
    least = min(sum(map(corpus.bits, sorted(words))) for words in (one, other))
    return shared >= _ALIKE * least


def _matched(alike: Sequence[Sequence[int]]) -> int:
    """How many arms find one of their own (augmenting paths; a dozen arms at most)."""
    of: dict[int, int] = {}

    def placed(i: int, tried: set[int]) -> bool:
        for j in alike[i]:
            if j not in tried:
                tried.add(j)
                if j not in of or placed(of[j], tried):
                    of[j] = i
                    return True
        return False

    return sum(placed(i, set()) for i in range(len(alike)))
