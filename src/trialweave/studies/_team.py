"""Who runs a trial and where: people by digests of their names, and sites by place.

Neither is ever evidence against a pair: records name different people for different ends (a leader,
a contact, authors), and list the sites of different days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from trialweave.model import Record, Trial, Value
from trialweave.model.persons import people_digests
from trialweave.studies.facts import is_person, place_words

__all__ = ["people_of", "sites_of"]

_AUTHORS: Final = (10, 5)  # of an article's authors, the first and the last
_SITES: Final = 200  # that are looked at
_KEPT: Final = 60  # cities, and facilities


def people_of(record: Record, institutions: Iterable[Value[str]]) -> frozenset[str]:
    """Digests (`model.persons`) of those whom a record names: leaders and contacts of the trial,
    those of its `institutions` that are people, first and last authors of an article."""
    first, last = _AUTHORS
    publication = record.publication
    authors = () if publication is None else publication.authors.content or ()
    shown: Sequence[Value[str]] = authors
    if len(authors) > first + last:
        shown = (*authors[:first], *authors[-last:])
    names = [each.content for each in shown]
    names += [each.content for each in institutions if is_person(each.content or "")]
    return people_digests(names) | frozenset(record.people)


def sites_of(about: Trial) -> frozenset[str]:
    """Cities as ``@riga`` and facilities by their telling words and city: ``amber bay @riga``."""
    cities: dict[str, None] = {}
    facilities: dict[str, None] = {}
    for site in (about.sites.content or ())[:_SITES]:
        words = place_words(site.city.content or "")
        city = f"@{' '.join(words)}" if words else ""
        if city:
            cities[city] = None
        name = site.facility.content or ""
        telling = sorted(_telling(name, words)) if not is_person(name) else []
        if telling:
            facilities[" ".join([*telling, city]).strip()] = None
    return frozenset([*cities][:_KEPT] + [*facilities][:_KEPT])


# What stands in the place of a facility's name where a sponsor does not tell it
_UNTOLD_LISTED: Final = "site investigational investigative investigator local private"
_UNTOLD: Final = frozenset(_UNTOLD_LISTED.split())


def _telling(name: str, city: Iterable[str]) -> set[str]:
    """Words of a facility's name beyond its kind, its city and its number."""
    words = set(place_words(name, telling=True)) - set(city) - _UNTOLD
    return {word for word in words if not any(map(str.isdigit, word))}
