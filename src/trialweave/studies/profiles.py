"""What linking needs to know of each record."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final, overload

import msgspec
import numpy as np
import numpy.typing as npt

from trialweave.model import Finding, PartialDate, Passage, Record
from trialweave.studies._arms import Arms, arms_of
from trialweave.studies._team import people_of, sites_of
from trialweave.studies.facts import (
    Country,
    Size,
    countries_of,
    institutions_of,
    product_names,
    sizes_of,
    sponsor_words,
    texts,
)
from trialweave.studies.identities import Identity, identity
from trialweave.studies.particulars import acronyms_of, ages_of, doses_of, outcome_words
from trialweave.studies.words import product_words, severities, words

__all__ = ["Packed", "Profile", "profile"]


class Profile(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One record as the model sees it; empty sets and None where it states nothing."""

    identity: Identity
    titles: tuple[frozenset[str], ...]
    product: frozenset[str]
    condition: frozenset[str]
    bag: frozenset[str]  # all of the above
    severity: frozenset[str]
    source: frozenset[str]  # of cells: "menstrual blood", "umbilical cord"
    form: frozenset[str]  # "cells", "exosomes", "secretome", of those named
    countries: Mapping[str, Country]
    phases: frozenset[str]
    allocation: str
    masking: str
    sizes: tuple[Size, ...]
    sponsor: frozenset[str]
    start: PartialDate | None
    published: PartialDate | None
    passages: Mapping[str, Passage]  # by name of signal: where the fact stands
    acronyms: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()  # words of the primary ones
    completed: PartialDate | None = None
    ages: str = ""  # "18-65", "18-" without a limit
    doses: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()  # digests of names
    sites: frozenset[str] = frozenset()  # "@riga", "amber bay @riga"
    arms: Arms = Arms()

    @property
    def id(self) -> str:
        """The record's id."""
        return self.identity.record.record_id


class Packed(Sequence[Profile]):
    """Profiles in the order of their ids, encoded, of which only some are unpacked at a time.

    Unpacked, a hundred thousand would take some gigabytes. `ids` and `identities` are at hand.
    """

    def __init__(self, encoded: Iterable[bytes]) -> None:
        decode = self._decode = msgspec.msgpack.Decoder(Profile).decode
        identity_of = msgspec.msgpack.Decoder(_Named).decode
        named = [(identity_of(each).identity, each) for each in encoded]
        named.sort(key=lambda it: it[0].id)
        self.identities = [identity for identity, _ in named]
        self.ids = tuple(identity.id for identity in self.identities)
        held = self._encoded = [each for _, each in named]

        @functools.lru_cache(maxsize=2048)
        def unpacked(at: int) -> Profile:  # without `self`, so that all goes with the last user
            return decode(held[at])

        self._unpacked = unpacked

    @classmethod
    def of(cls, profiles: Iterable[Profile]) -> Packed:
        """Packed ones of those at hand; equal ones are encoded equally."""
        return cls(map(msgspec.msgpack.Encoder(order="deterministic").encode, profiles))

    @functools.cached_property
    def digests(self) -> npt.NDArray[np.uint64]:
        """A number for each profile as it was encoded, which tells whether it is another."""
        found = b"".join(blake2b(each, digest_size=8).digest() for each in self._encoded)
        return np.frombuffer(found, np.uint64)

    def __len__(self) -> int:
        return len(self._encoded)

    @overload
    def __getitem__(self, at: int) -> Profile: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Profile]: ...
    def __getitem__(self, at: int | slice) -> Profile | Sequence[Profile]:
        if isinstance(at, slice):
            return [self._unpacked(each) for each in range(*at.indices(len(self)))]
        return self._unpacked(at)

    def __iter__(self) -> Iterator[Profile]:
        return map(self._decode, self._encoded)


class _Named(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The beginning of a profile."""

    identity: Identity


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
_FORMS: Final = {"cell": "cells", "exosome": "exosomes", "secretome": "secretome"}


def profile(record: Record, findings: Sequence[Finding] = ()) -> Profile:
    """Read off a record what the signals compare."""
    about = record.about
    publication = record.publication
    titles = [about.public_title.content, about.scientific_title.content]
    if publication is not None:
        titles.append(publication.title.content)
    sets = {frozenset(words(title, limit=600)) for title in titles if title}
    names = product_names(about)
    product = frozenset(product_words(" . ".join(names)))
    conditions = texts(about.conditions)[:20]
    condition = frozenset(words(" . ".join(conditions), limit=600))
    heading = set(words(" . ".join([title for title in titles if title] + names)))
    told = " . ".join([title for title in titles if title] + conditions)
    told += f" . {about.severity.content or ''}"
    institutions = institutions_of(record)
    bag = frozenset().union(*sets) | product | condition
    return Profile(
        identity=identity(record),
        titles=tuple(sorted(sets, key=sorted)),
        product=product,
        condition=condition,
        bag=bag,
        severity=severities(told),
        source=frozenset(_CELL_SOURCES[word] for word in heading if word in _CELL_SOURCES),
        form=frozenset(_FORMS[word] for word in heading if word in _FORMS),
        countries=countries_of(record),
        phases=frozenset(about.phase.content or ()) - {"not applicable"},
        allocation=about.allocation.content or "",
        masking=about.masking.content or "",
        sizes=sizes_of(about, findings),
        sponsor=sponsor_words(name.content or "" for name in institutions),
        start=about.start_date.content,
        published=publication.published.content if publication is not None else None,
        passages=_passages(record),
        acronyms=acronyms_of(about, titles) - product,  # a code of the product is none
        outcomes=outcome_words(about),
        completed=about.completion_date.content,
        ages=ages_of(about),
        doses=doses_of(about),
        people=people_of(record, institutions),
        sites=sites_of(about),
        arms=arms_of(about),
    )


def _passages(record: Record) -> dict[str, Passage]:
    about, publication = record.about, record.publication
    title = about.public_title if publication is None else publication.title
    outcomes = about.primary_outcomes.content or ()
    products, conditions = about.interventions.content or (), about.conditions.content or ()
    places = {
        "title": title.passage,
        "product": products[0].name.passage if products else title.passage,
        "condition": conditions[0].passage if conditions else title.passage,
        "phase": about.phase.passage,
        "allocation": about.allocation.passage,
        "masking": about.masking.passage,
        "start": about.start_date.passage,
        "ages": about.minimum_age.passage,
        "completion": about.completion_date.passage,
        "acronym": about.acronym.passage if about.acronym else title.passage,
        "outcome": outcomes[0].measure.passage if outcomes else None,
        "published": publication.published.passage if publication is not None else None,
        "sponsor": next((name.passage for name in institutions_of(record)), None),
        "site": about.sites.passage,
        "arms": about.arms.passage,
    }
    return {name: passage for name, passage in places.items() if passage is not None}
