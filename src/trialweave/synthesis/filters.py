"""Which studies a question asks for: population, product, cell source, comparator, dose,
registration. A filter only ever leaves out, and unknown is not no: a study of which no record
tells what is asked is left out as "not told"."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from trialweave.model import Record, Study
from trialweave.synthesis._described import (
    mentions,
    population_texts,
    severities_of,
    tokens,
)
from trialweave.synthesis.doses import band, dose_range, shown
from trialweave.synthesis.products import (
    Given,
    broad,
    comparator_texts,
    given,
    is_within,
    kind_alone,
    kinds_in,
    product_texts,
    sources_in,
)
from trialweave.synthesis.question import Question
from trialweave.synthesis.registration import Registered, registered

__all__ = ["Described", "Filtered", "Traits", "refused", "traits_of"]

Filtered = Literal["population", "product", "cell source", "comparator", "dose", "registration"]
_Why = tuple[Filtered, str] | None


class Traits(NamedTuple):
    """What sets a study apart, each in the words under which studies are put together, "" where no
    record tells; `read_from` says where each was read."""

    product: str
    cell_source: str
    dose: str
    registration: str
    read_from: tuple[str, ...]


class Described:
    """A study's records and what is read of them, each but once and only where it is asked."""

    def __init__(self, study: Study, records: Sequence[Record], control: str = "") -> None:
        self.study, self.records, self.control = study, records, control

    @functools.cached_property
    def given(self) -> Given:
        return given(self.records)

    @functools.cached_property
    def registered(self) -> Registered:
        return registered(self.study, self.records)


def traits_of(one: Described) -> Traits:
    """Product, cell source, order of magnitude of the dose, and registration of a study."""
    product, source, doses, dose = one.given
    read = [
        f"{name}: {told}"
        for name, told in (("product", product), ("cell source", source), ("dose", dose))
        if told is not None
    ]
    when = one.registered
    if when.when:
        read.append(f"registration: {when.why}")
    return Traits(
        " + ".join(product.names) if product is not None else "",
        " + ".join(sorted({broad(name) for name in source.names})) if source is not None else "",
        band(doses),
        when.when,
        tuple(read),
    )


def refused(question: Question, one: Described) -> _Why:
    """Why a study is not what the question asks for, by the first filter that says so."""
    for wanted, check in (
        (question.population, _population),
        (question.product, _product),
        (question.cell_source, _cell_source),
        (question.comparator, _comparator),
        (question.dose, _dose),
        (question.registered, _registration),
    ):
        if wanted.strip() and (why := check(wanted.strip(), one)) is not None:
            return why
    return None


def _population(wanted: str, one: Described) -> _Why:
    texts = population_texts(one.records)
    if not texts:
        return "population", "not told: no record states a condition or a title"
    if mentions(texts, wanted):
        return None
    if severities_of([wanted]) and not severities_of(texts):
        return "population", "not told how severe the participants' condition was"
    return "population", f"no condition or title mentions {wanted!r}"


def _product(wanted: str, one: Described) -> _Why:
    texts = product_texts(one.records)
    if not texts:
        return "product", "not told: no record states what is given"
    kinds, told = kinds_in(wanted), one.given.product
    if kinds and (told is None or not kinds & set(told.names)):
        is_given = str(told) if told is not None else "not told"
        return "product", f"no intervention mentions {wanted!r}: the product is {is_given}"
    if kind_alone(wanted) or mentions(texts, wanted):
        return None
    return "product", f"no intervention mentions {wanted!r}"


def _cell_source(wanted: str, one: Described) -> _Why:
    told = one.given.source
    if told is None:
        return "cell source", "not told: no record says where the cells come from"
    asked = sources_in(wanted, alone=True)
    if not asked:
        if mentions(told.names, wanted):
            return None
        return "cell source", f"the cells come from {told}, not from {wanted!r}"
    if any(is_within(name, source) for name in told.names for source in asked):
        return None
    if any(is_within(source, name) for name in told.names for source in asked):
        return "cell source", f"not told whether from {wanted!r}: only {told}"
    return "cell source", f"the cells come from {told}"


_CARE: Final = {
    "therapy": "care", "treatment": "care", "management": "care", "usual": "standard",
    "routine": "standard", "conventional": "standard", "regular": "standard",
}  # fmt: skip
_FUNCTION: Final = frozenset(("of", "the", "and", "a"))
_SAYS_NOTHING: Final = _FUNCTION | {"control", "group", "arm", "comparator", "other", "active"}


def _comparator(wanted: str, one: Described) -> _Why:
    """One text must say it all: "standard" here and "care" there are not standard care."""
    said = [_care(text) for text in (*comparator_texts(one.records), one.control)]
    asked = _care(wanted) - _FUNCTION
    if any(asked <= words for words in said):
        return None
    if not any(words - _SAYS_NOTHING for words in said):
        return "comparator", "not told: no record says what the control group received"
    return "comparator", f"no control group is said to receive {wanted!r}"


def _care(text: str) -> frozenset[str]:
    return frozenset(_CARE.get(word, word) for word in tokens(text))


def _dose(wanted: str, one: Described) -> _Why:
    asked, doses, read = dose_range(wanted), one.given.doses, one.given.dose
    if read is None:
        return "dose", "not told: no record states a dose that can be read"
    where = f"({read.record_id}, {read.field})"
    alike = [dose for dose in doses if dose.unit == asked.unit]
    if not alike:
        said = ", ".join(map(shown, doses))
        return "dose", f"not told in {asked.unit}: {said} {where}"
    outside = [shown(dose) for dose in alike if not asked.holds(dose)]
    if not outside:
        return None
    return "dose", f"{', '.join(outside)} {where} is not within {wanted}"


def _registration(wanted: str, one: Described) -> _Why:
    told = one.registered
    if told.when == wanted:
        return None
    return "registration", told.why if told.when else f"not told: {told.why}"
