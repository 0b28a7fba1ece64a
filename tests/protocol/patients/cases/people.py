"""FHIR resources of invented people, small; the shapes are those of R4 unless they say R5."""

from __future__ import annotations

import json
from typing import Any, Final

__all__ = [
    "ABSOLUTE", "DAY", "FORMS", "Resource", "allergy", "bundle", "coded", "condition", "given",
    "lab", "ordered", "patient", "procedure", "said", "taken", "vaccine",
]  # fmt: skip

DAY: Final = "2026-06-30"
_RECENT: Final = "2026-06-25"
_UCUM: Final = "http://unitsofmeasure.org"
_SYSTEMS: Final = {"loinc": "http://loinc.org", "snomed": "http://snomed.info/sct"}
ABSOLUTE: Final = "https://records.invalid/fhir/"

Resource = dict[str, Any]


def coded(code: str = "", text: str = "", system: str = "loinc") -> Resource:
    """A CodeableConcept of a code, a text, or both."""
    coding = [{"system": _SYSTEMS[system], "code": code}] if code else []
    return {"coding": coding} | ({"text": text} if text else {})


def patient(born: str = "1971-03-09", sex: str = "female", **more: Any) -> Resource:
    """Somebody of 55 years on the day of screening, unless said."""
    told = {"birthDate": born} if born else {}
    return {"resourceType": "Patient", "gender": sex} | told | more


def lab(code: str, value: float, unit: str, on: str = _RECENT, **more: Any) -> Resource:
    """A result: `code` is of LOINC, or a text where it is none."""
    named = coded(code) if code[:1].isdigit() else coded(text=code)
    quantity: Resource = {"value": value}
    if unit:
        quantity |= {"unit": unit, "system": _UCUM, "code": unit}
    dated = {"effectiveDateTime": on} if on else {}
    shape = {"resourceType": "Observation", "status": "final", "code": named}
    limits = more.pop("high", None)
    if limits is not None:
        more["referenceRange"] = [{"high": {"value": limits, "unit": unit, "code": unit}}]
    comparator = more.pop("comparator", None)
    if comparator:
        quantity["comparator"] = comparator
    return shape | dated | {"valueQuantity": quantity} | more


def said(code: str, text: str, on: str = _RECENT, **more: Any) -> Resource:
    """A result in words."""
    named = coded(code) if code[:1].isdigit() else coded(text=code)
    dated = {"effectiveDateTime": on} if on else {}
    shape = {"resourceType": "Observation", "status": "final", "code": named}
    return shape | dated | {"valueCodeableConcept": coded(text=text)} | more


def condition(
    text: str, onset: str = "", state: str = "active", sure: str = "confirmed", **more: Any
) -> Resource:
    """A diagnosis."""
    shape: Resource = {
        "resourceType": "Condition", "code": coded(text=text),
        "verificationStatus": {"coding": [{"code": sure}]},
    }  # fmt: skip
    if state:
        shape["clinicalStatus"] = {"coding": [{"code": state}]}
    return shape | ({"onsetDateTime": onset} if onset else {}) | more


def given(text: str, on: str, **more: Any) -> Resource:
    """A drug that was administered."""
    shape = {"resourceType": "MedicationAdministration", "status": "completed"}
    return shape | {"medicationCodeableConcept": coded(text=text), "effectiveDateTime": on} | more


def taken(text: str, since: str = "", until: str = "", **more: Any) -> Resource:
    """A drug that somebody says is taken."""
    status = "completed" if until else "active"
    period = {k: v for k, v in (("start", since), ("end", until)) if v}
    shape = {"resourceType": "MedicationStatement", "status": status, "effectivePeriod": period}
    return shape | {"medicationCodeableConcept": coded(text=text)} | more


def ordered(text: str, on: str) -> Resource:
    """A drug that was prescribed."""
    shape = {"resourceType": "MedicationRequest", "status": "active", "intent": "order"}
    return shape | {"medicationCodeableConcept": coded(text=text), "authoredOn": on}


def procedure(text: str, start: str, end: str = "", status: str = "completed") -> Resource:
    """Something that was done."""
    period = {"start": start} | ({"end": end} if end else {})
    shape = {"resourceType": "Procedure", "status": status, "code": coded(text=text)}
    return shape | {"performedPeriod": period}


def vaccine(text: str, on: str) -> Resource:
    """A vaccination."""
    shape = {"resourceType": "Immunization", "status": "completed"}
    return shape | {"vaccineCode": coded(text=text), "occurrenceDateTime": on}


def allergy(text: str, **more: Any) -> Resource:
    """An allergy."""
    return {"resourceType": "AllergyIntolerance", "code": coded(text=text)} | more


def _named(resources: dict[str, Resource], link: str = "Patient/me") -> list[Resource]:
    made: list[Resource] = []
    for name, each in resources.items():
        if each["resourceType"] == "Patient":
            made.append({"id": "me"} | each)
            continue
        subject = "patient" if "vaccine" in name or "allergy" in name else "subject"
        made.append({"id": name, subject: {"reference": link}} | each)
    return made


def bundle(resources: dict[str, Resource], kind: str = "collection", link: str = "") -> bytes:
    """A bundle of a kind, whose resources name the patient by a relative reference or `link`."""
    entries = [
        {"fullUrl": f"{ABSOLUTE}{each['resourceType']}/{each['id']}", "resource": each}
        for each in _named(resources, link or "Patient/me")
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def _lines(resources: dict[str, Resource]) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in _named(resources))


def _urns(resources: dict[str, Resource]) -> bytes:
    urn = "urn:uuid:6f0c2f6e-0000-4000-8000-00000000000a"
    entries = []
    for each in _named(resources, urn):
        own = urn if each["resourceType"] == "Patient" else f"urn:uuid:{each['id']}"
        entries.append({"fullUrl": own, "resource": {k: v for k, v in each.items() if k != "id"}})
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def _second(resources: dict[str, Resource]) -> bytes:
    """Beside somebody else, whose results are all different and come first."""
    other: list[Resource] = [{"resourceType": "Patient", "id": "you", "gender": "male"}]
    for name, each in resources.items():
        if each["resourceType"] == "Observation" and "valueQuantity" in each:
            value = each["valueQuantity"] | {"value": 1000 * each["valueQuantity"]["value"] + 1}
            mixed = each | {"valueQuantity": value, "subject": {"reference": "Patient/you"}}
            other.append({"id": f"{name}-you"} | mixed)
    entries = [{"resource": each} for each in (*other, *_named(resources))]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


FORMS: Final = {
    "collection": bundle,
    "searchset": lambda given: bundle(given, "searchset"),
    "absolute": lambda given: bundle(given, "batch", f"{ABSOLUTE}Patient/me"),
    "urns": _urns,
    "lines": _lines,
    "second": _second,
}
"""The forms of a document: each makes it of a patient's resources."""
