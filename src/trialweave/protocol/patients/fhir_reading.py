"""From resources of FHIR R4 and R5 to facts, each kind of resource by its own rules.

A drug that was requested is planned, one that was administered or stated is taken; a diagnosis that
is not confirmed is suspected. What was
entered in error, cancelled or never measured is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.protocol.patients.codes import concept_of
from trialweave.protocol.patients.facts import Fact, FactKind, LeftOut
from trialweave.protocol.patients.fhir_values import (
    Coded,
    Times,
    coded,
    held,
    items,
    normal_of,
    text,
    times,
)

__all__ = ["READ", "Resource", "facts_of"]

Content = Mapping[str, Any]
Read = Fact | LeftOut
_VOID: Final = frozenset(("entered-in-error", "cancelled", "nullified"))
_NO_KNOWN: Final = frozenset(("716186003", "409137002", "428607008", "160244002"))
_MOST_PARTS: Final = 200


class Resource(NamedTuple):
    """A resource with its own name ("Observation/12"), and how to get what it refers to."""

    name: str
    content: Content
    lookup: Callable[[object], Content | None]


def facts_of(one: Resource) -> Iterator[Read]:
    """The facts of a resource, or why it does not count."""
    status = text(one.content.get("status"))
    if status in _VOID:
        yield LeftOut(one.name, status.replace("-", " "))
        return
    reader = READ.get(text(one.content.get("resourceType")))
    if reader is not None:
        yield from reader(one)


def _observation(one: Resource) -> Iterator[Read]:
    content = one.content
    if text(content.get("status")) == "registered":
        yield LeftOut(one.name, "registered, without a result yet")
        return
    told = coded(content.get("code"))
    when = times(content, "effective")
    found = 0
    for place, part in [("", content), *_components(content)]:
        named = coded(part.get("code")) if place else told
        value = held(part)
        if value is None:
            continue
        found += 1
        concept = concept_of(named.codes, named.label)
        number = isinstance(value.value, float)
        yield Fact(
            "measurement",
            concept,
            named.label,
            named.codes,
            _plausible(concept, value.value),
            value.comparator,
            value.unit,
            normal_of(part, value.unit) if number else None,
            when.start,
            when.end,
            when.clock,
            resource=one.name,
            path=f"{place}{value.element}",
        )
    if not found:
        absent = coded(content.get("dataAbsentReason")).label
        yield LeftOut(one.name, f"without a value{f': {absent}' if absent else ''}")


def _components(content: Content) -> list[tuple[str, Content]]:
    parts = list(items(content.get("component") or []))[:_MOST_PARTS]
    return [(f"component[{i}].", part) for i, part in enumerate(parts)]


def _plausible(concept: str, value: float | str | bool) -> float | str | bool | None:
    """A value that no living person has is no value: a weight of 0."""
    zero = concept in ("weight", "height", "bmi", "creatinine", "fio2")
    if zero and isinstance(value, float) and value <= 0:
        return None
    return value


def _condition(one: Resource) -> Iterator[Read]:
    content = one.content
    verified = _code(content.get("verificationStatus"))
    if verified == "entered-in-error":
        yield LeftOut(one.name, "entered in error")
        return
    when = times(content, "onset")
    ended = times(content, "abatement").start
    state = _code(content.get("clinicalStatus"))
    over = ended is not None or state in ("inactive", "remission", "resolved")
    yield from _fact(
        one,
        "condition",
        coded(content.get("code")),
        Times(when.start, ended or when.end, when.clock),
        "code",
        absent=verified == "refuted",
        ongoing=not over and verified != "refuted",
        over=over,
        planned=verified in ("unconfirmed", "provisional", "differential"),
    )


def _stated_drug(one: Resource) -> Iterator[Read]:
    status = text(one.content.get("status"))
    adherence = one.content.get("adherence")
    taking = _code(adherence.get("code")) if isinstance(adherence, dict) else ""
    when = times(one.content, "effective")
    yield from _fact(
        one, "drug", _drug(one), when, "medication", absent=_not_taken(status, taking),
        ongoing=status in ("active", "recorded") and when.end is None,
    )  # fmt: skip


def _not_taken(status: str, taking: str) -> bool:
    return status == "not-taken" or taking in ("not-taking", "never-taken")


def _given_drug(one: Resource) -> Iterator[Read]:
    status = text(one.content.get("status"))
    when = times(one.content, "effective", "occurence", "occurrence")
    yield from _fact(
        one, "drug", _drug(one), when, "medication", absent=status == "not-done",
        ongoing=status == "in-progress",
    )  # fmt: skip


def _requested_drug(one: Resource) -> Iterator[Read]:
    if one.content.get("doNotPerform") is True:
        yield LeftOut(one.name, "an order not to give it")
        return
    start = times(one.content, "authoredOn").start or times(one.content, "authored").start
    yield from _fact(one, "drug", _drug(one), Times(start), "medication", planned=True)


def _vaccine(one: Resource) -> Iterator[Read]:
    when = times(one.content, "occurrence")
    absent = text(one.content.get("status")) == "not-done"
    yield from _fact(
        one, "drug", coded(one.content.get("vaccineCode")), when, "vaccineCode", absent=absent
    )


def _procedure(one: Resource) -> Iterator[Read]:
    status = text(one.content.get("status"))
    when = times(one.content, "performed", "occurrence")
    yield from _fact(
        one, "procedure", coded(one.content.get("code")), when, "code",
        absent=status == "not-done", planned=status in ("preparation", "on-hold"),
        ongoing=status == "in-progress",
    )  # fmt: skip


def _ordered(one: Resource) -> Iterator[Read]:
    if one.content.get("doNotPerform") is True or text(one.content.get("status")) == "revoked":
        yield LeftOut(one.name, "not to be done")
        return
    when = times(one.content, "occurrence", "authoredOn")
    told = coded(one.content.get("code"))
    yield from _fact(one, "procedure", told, when, "code", planned=True)


def _allergy(one: Resource) -> Iterator[Read]:
    verified = _code(one.content.get("verificationStatus"))
    if verified == "entered-in-error":
        yield LeftOut(one.name, "entered in error")
        return
    told = coded(one.content.get("code"))
    none = any(each.code in _NO_KNOWN for each in told.codes)
    when = times(one.content, "onset")
    yield from _fact(
        one, "allergy", told, when, "code", absent=none or verified == "refuted",
        ongoing=_code(one.content.get("clinicalStatus")) in ("", "active"),
    )  # fmt: skip


def _fact(
    one: Resource, kind: FactKind, told: Coded, when: Times, path: str, **more: bool
) -> Iterator[Read]:
    if not told.label:
        yield LeftOut(one.name, "it does not say what it is")
        return
    fact = Fact(
        kind, concept_of(told.codes, ""), told.label, told.codes, start=when.start, end=when.end,
        clock=when.clock, resource=one.name, path=path,
    )  # fmt: skip
    yield msgspec.structs.replace(fact, **more)


def _drug(one: Resource) -> Coded:
    """The drug of a statement, whichever way it names it."""
    content = one.content
    direct = coded(content.get("medicationCodeableConcept"))
    if direct.label:
        return direct
    medication = content.get("medication")
    if isinstance(medication, dict) and (told := coded(medication)).label:
        return told
    reference = content.get("medicationReference")
    if reference is None and isinstance(medication, dict):
        reference = medication.get("reference")
    found = one.lookup(reference)
    if found is not None and (told := coded(found.get("code"))).label:
        return told
    shown = reference.get("display") if isinstance(reference, dict) else ""
    return Coded(text(shown), ())


def _code(value: object) -> str:
    told = coded(value)
    return told.codes[0].code if told.codes else ""


READ: Final[dict[str, Callable[[Resource], Iterator[Read]]]] = {
    "Observation": _observation,
    "Condition": _condition,
    "MedicationStatement": _stated_drug,
    "MedicationUsage": _stated_drug,
    "MedicationAdministration": _given_drug,
    "MedicationRequest": _requested_drug,
    "Immunization": _vaccine,
    "Procedure": _procedure,
    "ServiceRequest": _ordered,
    "AllergyIntolerance": _allergy,
}
"""The kinds of resource that are read; `MedicationUsage` was the name in drafts of R5."""
