"""What is known of one person: facts with their dates, and where each of them stands."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from trialweave.model import PartialDate
from trialweave.terms.normal import canonical, fold, inflection

__all__ = ["Code", "Fact", "FactKind", "LeftOut", "Patient", "Range", "words_of"]

FactKind = Literal["measurement", "condition", "drug", "procedure", "allergy", "history"]


class Code(NamedTuple):
    """A code of a code system: "loinc", "snomed", "icd10", "rxnorm", "atc", or its address."""

    system: str
    code: str


class Range(NamedTuple):
    """Limits of normal that a result states for itself, in its own unit; None where one is open."""

    low: float | None
    high: float | None


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One thing that a record states of a person.

    `concept` is the name that criteria use for it ("creatinine", "pregnancy"), "" where none fits;
    `label` what the record calls it. `value` is a number, a text or a truth value, None where the
    fact is that something is or was there; `comparator` is < <= > >= where a result is only known
    to lie beyond `value`. `unit` is UCUM as given. `start` and `end` are the days on which it
    holds, None where unknown; `clock` is the time of day of `start` where given ("14:30"), to tell
    the later of two. What is `ongoing` has not ended, what is `over` has, also where it is not
    known when; of most drugs and old entries neither is known. `absent` says that it is not so ("no
    known allergies", a refuted diagnosis). `planned` drugs and procedures were ordered, and are not
    known to have been given; a `planned` condition is suspected, and not confirmed. `resource` and
    `path` say where the value stands ("Observation/12", "valueQuantity.value").
    """

    kind: FactKind
    concept: str
    label: str
    codes: tuple[Code, ...] = ()
    value: float | str | bool | None = None
    comparator: str = ""
    unit: str = ""
    normal: Range | None = None
    start: PartialDate | None = None
    end: PartialDate | None = None
    clock: str = ""
    ongoing: bool = False
    over: bool = False
    absent: bool = False
    planned: bool = False
    resource: str = ""
    path: str = ""


class LeftOut(msgspec.Struct, frozen=True):
    """Something of the record that does not count, and why: "entered in error", "superseded by
    Observation/13", "without a value: not performed"."""

    resource: str
    reason: str


class Patient(msgspec.Struct, frozen=True, dict=True):
    """One person. `sex` is administrative. `facts` are in the order of the record."""

    identifier: str
    birth: PartialDate | None
    sex: Literal["female", "male", "other", ""]
    facts: tuple[Fact, ...]
    left_out: tuple[LeftOut, ...] = ()
    birth_path: str = ""
    sex_path: str = ""
    deceased: bool = False

    @functools.cached_property
    def by_concept(self) -> Mapping[str, tuple[Fact, ...]]:
        """The facts of each concept."""
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            if fact.concept:
                found.setdefault(fact.concept, []).append(fact)
        return {name: tuple(facts) for name, facts in found.items()}

    @functools.cached_property
    def by_word(self) -> Mapping[str, frozenset[int]]:
        """Which facts, by their place, have a word in their label; measurements have none."""
        found: dict[str, set[int]] = {}
        for place, fact in enumerate(self.facts):
            if fact.kind != "measurement":
                for word in words_of(fact.label):
                    found.setdefault(word, set()).add(place)
        return {word: frozenset(places) for word, places in found.items()}


@functools.lru_cache(maxsize=50_000)
def words_of(text: str) -> frozenset[str]:
    """The words of a text but for case, accents and inflection; a disorder is a disease."""
    found = (inflection(canonical(word)) for word in fold(text[:2_000]).split())
    return frozenset("disease" if word in _ILL else word for word in found)


_ILL = frozenset(("disease", "disorder", "condition", "illness"))
