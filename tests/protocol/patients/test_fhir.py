"""Patients out of FHIR: every shape of document, every kind of resource, and what is left out."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, UnknownKind, Unreadable, WrongEncoding
from trialweave.model import PartialDate
from trialweave.protocol.patients.facts import Fact, Patient, Range
from trialweave.protocol.patients.fhir import read_patients

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1961-04-02",
           "name": [{"family": "Invented"}], "telecom": [{"value": "+00 000"}]}  # fmt: skip
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"


def concept(code: str = "", system: str = LOINC, text: str = "", display: str = "") -> Any:
    coding = [{"system": system, "code": code, "display": display}] if code else []
    return {"coding": coding} | ({"text": text} if text else {})


def observation(identifier: str, code: str, value: float, unit: str, **more: Any) -> Any:
    return {
        "resourceType": "Observation", "id": identifier, "status": "final",
        "subject": {"reference": "Patient/p1"}, "code": concept(code, display=f"name of {code}"),
        "effectiveDateTime": "2026-06-20T08:30:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    } | more  # fmt: skip


def bundle(*resources: Any, kind: str = "collection", base: str = "") -> bytes:
    entries = [
        {"fullUrl": f"{base}{each['resourceType']}/{each.get('id', i)}", "resource": each}
        for i, each in enumerate(resources)
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def only(*resources: Any) -> Patient:
    (found,) = read_patients(bundle(PATIENT, *resources))
    return found


def one(*resources: Any) -> Fact:
    (fact,) = only(*resources).facts
    return fact


def left(*resources: Any) -> list[tuple[str, str]]:
    found = only(*resources)
    assert found.facts == ()
    return [(each.resource, each.reason) for each in found.left_out]


CREATININE = observation("o1", "2160-0", 1.2, "mg/dL")


@pytest.mark.parametrize(
    "kind", ["collection", "transaction", "batch", "searchset", "document", "message", "history"]
)
def test_bundles_of_any_type(kind: str) -> None:
    (found,) = read_patients(bundle(PATIENT, CREATININE, kind=kind))
    assert (found.identifier, found.sex, found.birth) == ("p1", "female", PartialDate(1961, 4, 2))
    (fact,) = found.facts
    assert (fact.concept, fact.value, fact.unit) == ("creatinine", 1.2, "mg/dL")
    assert (fact.start, fact.clock) == (PartialDate(2026, 6, 20), "08:30:00")
    assert (fact.resource, fact.path) == ("Observation/o1", "valueQuantity")
    assert "Invented" not in repr(found)
    assert "+00" not in repr(found)


def test_lines_of_resources_and_bundles_in_bundles() -> None:
    lines = "\n".join(map(json.dumps, (PATIENT, CREATININE))).encode()
    assert read_patients(lines) == read_patients(bundle(PATIENT, CREATININE))
    inner = json.loads(bundle(CREATININE))
    assert len(read_patients(bundle(PATIENT, inner))[0].facts) == 1


@pytest.mark.parametrize(
    ("base", "reference"),
    [
        ("", "Patient/p1"),
        ("https://example.org/fhir/", "https://example.org/fhir/Patient/p1"),
        ("https://example.org/fhir/", "Patient/p1"),
        ("https://example.org/fhir/", "https://elsewhere.org/Patient/p1/_history/3"),
        ("urn:", "urn:Patient/p1"),
    ],
)
def test_references_relative_absolute_and_by_urn(base: str, reference: str) -> None:
    told = CREATININE | {"subject": {"reference": reference}}
    (found,) = read_patients(bundle(PATIENT, told, base=base))
    assert len(found.facts) == 1


def test_a_list_of_resources_is_read_too() -> None:
    listed = json.dumps([PATIENT, CREATININE]).encode()
    assert read_patients(listed) == read_patients(bundle(PATIENT, CREATININE))


def test_several_patients_get_their_own_facts() -> None:
    second = PATIENT | {"id": "p2", "gender": "male", "birthDate": "1990"}
    theirs = observation("o2", "2160-0", 2.0, "mg/dL", subject={"reference": "Patient/p2"})
    a, b = read_patients(bundle(PATIENT, second, CREATININE, theirs))
    assert [each.value for each in a.facts] == [1.2]
    assert [each.value for each in b.facts] == [2.0]
    assert b.birth == PartialDate(1990)


def test_what_names_no_patient_is_left_out_and_said() -> None:
    for subject in ({}, {"subject": {"reference": "Patient/nobody"}}, {"subject": 3}):
        told = {k: v for k, v in CREATININE.items() if k != "subject"} | subject
        found = only(told)
        assert found.facts == ()
        assert ("Observation/o1", "it names no patient of this document") in [
            (each.resource, each.reason) for each in found.left_out
        ]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_entered_in_error_does_not_count(status: str) -> None:
    assert left(CREATININE | {"status": status}) == [("Observation/o1", status.replace("-", " "))]


def test_of_several_versions_the_latest_counts() -> None:
    old = CREATININE | {"meta": {"versionId": "1", "lastUpdated": "2026-06-20T09:00:00Z"}}
    new = observation("o1", "2160-0", 0.9, "mg/dL", status="corrected")
    new["meta"] = {"versionId": "2", "lastUpdated": "2026-06-21T09:00:00Z"}
    for order in ((old, new), (new, old)):
        assert one(*order).value == 0.9
    wrong = new | {"status": "entered-in-error"}
    assert left(old, wrong) == [("Observation/o1", "entered in error")]


def test_what_a_history_deletes_is_gone() -> None:
    told = json.loads(bundle(PATIENT, CREATININE, kind="history"))
    told["entry"].insert(0, {"request": {"method": "DELETE", "url": "Observation/o1"}})
    (found,) = read_patients(json.dumps(told).encode())
    assert found.facts == ()


def test_components_are_facts_of_their_own() -> None:
    pressure = {
        "resourceType": "Observation", "id": "bp", "status": "final",
        "subject": {"reference": "Patient/p1"}, "code": concept("85354-9"),
        "effectivePeriod": {"start": "2026-06-19", "end": "2026-06-20"},
        "component": [
            {"code": concept("8480-6"), "valueQuantity": {"value": 141, "code": "mm[Hg]"}},
            {"code": concept("8462-4"), "valueQuantity": {"value": 88, "unit": "mmHg"}},
        ],
    }  # fmt: skip
    found = only(pressure).facts
    assert [(each.concept, each.value, each.unit) for each in found] == [
        ("sbp", 141, "mm[Hg]"), ("dbp", 88, "mm[Hg]"),
    ]  # fmt: skip
    assert found[1].path == "component[1].valueQuantity"
    assert (found[0].start, found[0].end) == (PartialDate(2026, 6, 19), PartialDate(2026, 6, 20))


def test_values_of_every_type() -> None:
    def value(**told: Any) -> Fact:
        bare = {k: v for k, v in CREATININE.items() if k != "valueQuantity"}
        return one(bare | told)

    assert value(valueQuantity={"value": 5, "comparator": "<", "unit": "mg/L"}).comparator == "<"
    positive = value(valueCodeableConcept=concept("10828004", SNOMED))
    assert positive.value is True
    assert value(valueCodeableConcept=concept(text="Not detected")).value is False
    assert value(valueCodeableConcept=concept(text="High flow oxygen")).value == "High flow oxygen"
    assert value(valueString="negative").value is False
    assert value(valueBoolean=True).value is True
    assert value(valueInteger=3).value == 3.0
    ratio = {"numerator": {"value": 80, "unit": "mm[Hg]"}, "denominator": {"value": 0.4}}
    assert (value(valueRatio=ratio).value, value(valueRatio=ratio).unit) == (200, "mm[Hg]")


def test_limits_of_normal_count_in_the_unit_of_the_result_alone() -> None:
    def normal(*ranges: Any) -> Range | None:
        return one(CREATININE | {"referenceRange": list(ranges)}).normal

    high = {"high": {"value": 1.1, "unit": "mg/dL"}}
    assert normal(high) == Range(None, 1.1)
    assert normal({"high": {"value": 97, "unit": "umol/L"}}) is None
    assert normal({"type": concept("critical", "x")} | high, {"low": {"value": 0.5}}) == (
        Range(0.5, None)
    )
    assert normal({}) is None


def test_a_result_without_a_value_says_why() -> None:
    bare = {k: v for k, v in CREATININE.items() if k != "valueQuantity"}
    absent = concept("not-performed", "x", display="Not performed")
    assert left(bare | {"dataAbsentReason": absent}) == [
        ("Observation/o1", "without a value: Not performed")
    ]
    assert left(bare | {"status": "registered"})[0][1] == "registered, without a result yet"
    for broken in (
        {"value": "high"},
        {"value": True},
        {"unit": "x"},
        {"value": 1, "comparator": "~"},
    ):
        assert left(bare | {"valueQuantity": broken})[0][1] == "without a value"


def test_a_weight_of_nothing_is_no_weight() -> None:
    assert left(observation("w", "29463-7", 0, "kg"))[0][1].endswith("cannot be 0 or less")
    assert one(observation("w", "29463-7", 61, "kg")).value == 61


def condition(**more: Any) -> Any:
    return {
        "resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
        "code": concept("44054006", SNOMED, display="Diabetes mellitus type 2"),
        "onsetDateTime": "2019-05",
    } | more  # fmt: skip


def test_conditions_that_hold_are_over_refuted_or_unconfirmed() -> None:
    state = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    active = one(condition(clinicalStatus=concept("active", state)))
    assert (active.kind, active.ongoing, active.over) == ("condition", True, False)
    assert active.start == PartialDate(2019, 5)
    over = one(condition(clinicalStatus=concept("resolved", state)))
    assert (over.ongoing, over.over) == (False, True)
    ended = one(condition(abatementDateTime="2020-01-01"))
    assert (ended.over, ended.end) == (True, PartialDate(2020, 1, 1))
    refuted = one(condition(verificationStatus=concept("refuted", state)))
    assert (refuted.absent, refuted.ongoing) == (True, False)
    suspected = one(condition(verificationStatus=concept("provisional", state)))
    assert (suspected.planned, suspected.absent) == (True, False)
    assert left(condition(verificationStatus=concept("entered-in-error", state)))
    assert left(condition(code={})) == [("Condition/c1", "it does not say what it is")]


def drug(kind: str, **more: Any) -> Any:
    return {
        "resourceType": kind, "id": "m1", "subject": {"reference": "Patient/p1"},
        "status": "completed", "medicationCodeableConcept": concept(text="Dexamethasone"),
    } | more  # fmt: skip


def test_drugs_stated_given_and_ordered() -> None:
    stated = one(drug("MedicationStatement", status="active", effectiveDateTime="2026-06-01"))
    assert (stated.ongoing, stated.planned, stated.label) == (True, False, "Dexamethasone")
    assert one(drug("MedicationStatement", status="not-taken")).absent
    r5 = {k: v for k, v in drug("MedicationStatement").items() if not k.startswith("medication")}
    r5 |= {"medication": {"concept": concept(text="Aspirin")}, "status": "recorded"}
    assert one(r5).label == "Aspirin"
    given_ = one(drug("MedicationAdministration", occurenceDateTime="2026-06-02"))
    assert (given_.planned, given_.start) == (False, PartialDate(2026, 6, 2))
    assert one(drug("MedicationAdministration", status="not-done")).absent
    ordered = one(drug("MedicationRequest", authoredOn="2026-06-03", intent="order"))
    assert (ordered.planned, ordered.start) == (True, PartialDate(2026, 6, 3))
    assert left(drug("MedicationRequest", doNotPerform=True))[0][1] == "an order not to give it"


def test_drugs_by_reference_contained_and_absolute() -> None:
    bare = {k: v for k, v in drug("MedicationStatement").items() if not k.startswith("medication")}
    named = {"resourceType": "Medication", "id": "d", "code": concept(text="Heparin")}
    inside = bare | {"contained": [named], "medicationReference": {"reference": "#d"}}
    assert one(inside).label == "Heparin"
    outside = bare | {"medicationReference": {"reference": "Medication/d"}}
    (found,) = read_patients(bundle(PATIENT, named, outside))
    assert [each.label for each in found.facts] == ["Heparin"]
    r5 = bare | {"contained": [named], "medication": {"reference": {"reference": "#d"}}}
    assert one(r5).label == "Heparin"
    shown = bare | {"medicationReference": {"reference": "#gone", "display": "Insulin"}}
    assert one(shown).label == "Insulin"
    assert left(bare | {"medicationReference": {"reference": "#m1"}})


def test_procedures_vaccines_and_allergies() -> None:
    base = {"id": "x", "subject": {"reference": "Patient/p1"}, "status": "completed"}
    done = {"resourceType": "Procedure", "code": concept("40617009", SNOMED), **base}
    found = one(done | {"performedPeriod": {"start": "2026-06-27"}})
    assert (found.concept, found.start) == ("mechanical_ventilation", PartialDate(2026, 6, 27))
    assert one(done | {"status": "not-done"}).absent
    assert one(done | {"status": "in-progress", "occurrenceDateTime": "2026-06-27"}).ongoing
    asked = one(done | {"resourceType": "ServiceRequest", "status": "active"})
    assert asked.planned
    shot = {"resourceType": "Immunization", "vaccineCode": concept(text="Vaccine"), **base}
    assert one(shot | {"occurrenceDateTime": "2026-01"}).kind == "drug"
    none = {"resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "Patient/p1"}}
    assert one(none | {"code": concept("716186003", SNOMED, text="No known allergy")}).absent


def test_kinds_that_are_not_read_are_counted() -> None:
    found = only({"resourceType": "Claim"}, {"resourceType": "Claim"}, {"resourceType": "Coverage"})
    assert [(each.resource, each.reason) for each in found.left_out] == [
        ("Claim", "2 of a kind that is not read"), ("Coverage", "1 of a kind that is not read"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"<Bundle/>", Unreadable, "XML"),
        (b"", Unreadable, "not JSON"),
        (b'{"a": 1', Unreadable, "not JSON"),
        (b'{"resourceType": "Patient"}\n{"a"', Unreadable, "line 2"),
        (b"[1, 2]", UnknownKind, "no FHIR"),
        (b'{"studies": []}', UnknownKind, "no FHIR"),
        (bundle(CREATININE), UnknownKind, "no Patient"),
        (b"\xff\xfe{}", WrongEncoding, "UTF-8"),
        (b"[" * 200_000, Hostile, "deep"),
    ],
)
def test_what_is_no_patient_is_refused_and_says_why(
    data: bytes, error: type[InputError], told: str
) -> None:
    with pytest.raises(error, match=told) as raised:
        read_patients(data, "given.json")
    assert raised.value.where == "given.json"
    assert raised.value.next_step


def test_bundles_nested_too_deep_are_refused() -> None:
    inner: Any = PATIENT
    for _ in range(20):
        inner = {"resourceType": "Bundle", "entry": [{"resource": inner}]}
    with pytest.raises(Hostile):
        read_patients(json.dumps(inner).encode())


def test_references_in_a_circle_end() -> None:
    ring = {"resourceType": "Medication", "id": "m", "ingredient": {"reference": "#m"}}
    around = drug("MedicationStatement", contained=[ring | {"code": concept(text="Heparin")}])
    del around["medicationCodeableConcept"]
    around["medicationReference"] = {"reference": "#m"}
    panel = observation("o1", "2160-0", 1, "mg/dL", hasMember=[{"reference": "Observation/o1"}])
    itself = observation("o2", "2160-0", 1, "mg/dL", subject={"reference": "Observation/o2"})
    found = only(around, panel, itself)
    assert [each.label for each in found.facts] == ["Heparin", "name of 2160-0"]
    assert [each.resource for each in found.left_out] == ["Observation/o2"]


def test_the_order_of_entries_changes_no_fact() -> None:
    resources = [observation(f"o{i}", "2160-0", 1 + i / 10, "mg/dL") for i in range(8)]
    (expected,) = read_patients(bundle(PATIENT, *resources))
    mixed = [PATIENT, *resources]
    random.Random(4).shuffle(mixed)
    (found,) = read_patients(bundle(*mixed))
    assert set(found.facts) == set(expected.facts)


_LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_broken_records_give_facts_or_an_error_and_never_a_traceback(data: st.DataObject) -> None:
    told = json.loads(bundle(PATIENT, CREATININE, condition(), drug("MedicationStatement")))
    for _ in range(data.draw(st.integers(1, 4))):
        at: Any = told
        while isinstance(at, dict | list) and at:
            key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
                at[key] = data.draw(_LEAVES | st.lists(_LEAVES, max_size=2))
                break
            at = at[key]
    try:
        for each in read_patients(json.dumps(told).encode()):
            assert isinstance(each, Patient)
    except InputError:
        pass
