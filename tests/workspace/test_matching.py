"""Patients and cohorts against the trials of a workspace."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from trialweave.errors import InputError
from trialweave.protocol.patients.facts import Code, Fact
from trialweave.publish.eligibility_terms import covering, terms_of
from trialweave.workspace import Workspace

DAY = dt.date(2026, 6, 30)
TRIALS = 25
COHORT = (
    b"id,sex,birth date,spo2 [%],malignancy\nA,f,1980,90,no\nB,m,1951-01,90,no\nC,f,1990,97,yes\n"
)


def trial(number: int) -> bytes:
    """A trial that takes people up to 40 and some years."""
    text = (
        f"Inclusion Criteria:\n\n* Age 18 to {40 + number} years\n* SpO2 < 94%\n\n"
        "Exclusion Criteria:\n\n* Malignancy within the past 5 years\n"
    )
    told = {
        "identificationModule": {
            "nctId": f"NCT093{number:05d}",
            "briefTitle": f"Invented trial {number}",
        },
        "eligibilityModule": {"eligibilityCriteria": text},
    }
    return json.dumps({"protocolSection": told}).encode()


def patient(tumour: str) -> bytes:
    me = {"subject": {"reference": "Patient/p"}}
    unit = {"value": 91, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    resources = [
        {"resourceType": "Patient", "id": "p", "birthDate": "1975-02-02", "gender": "female"},
        {"resourceType": "Observation", "id": "o", "status": "final", "valueQuantity": unit,
         "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
         "effectiveDateTime": "2026-06-25", **me},
        {"resourceType": "Condition", "id": "c", "code": {"text": tumour},
         "clinicalStatus": {"coding": [{"code": "active"}]}, "onsetDateTime": "2025-03", **me},
    ]  # fmt: skip
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("matching")
    paths = []
    for number in range(TRIALS):
        paths.append(folder / f"{number}.json")
        paths[-1].write_bytes(trial(number))
    made = Workspace(folder / "w")
    made.add(paths)
    return made


def test_all_trials_come_to_what_each_comes_to_by_itself(held: Workspace) -> None:
    source = patient("Asthma")
    whole = held.match(source, day=DAY, complete=["condition", "drug", "procedure"], limit=TRIALS)
    (one,) = whole.patients
    assert (whole.trials, one.eligible + one.undetermined + one.ineligible) == (TRIALS, TRIALS)
    assert (one.eligible, one.ineligible) == (14, 11)  # 51 years: from trial 11 on
    for each in (one.trials[0], one.trials[-1]):
        (alone,) = held.match(
            source, trials=[each.study_id], day=DAY, complete=["condition", "drug", "procedure"]
        ).patients
        assert alone.trials == (each,)
    assert [each.outcome for each in one.trials] == ["eligible"] * 14 + ["ineligible"] * 11
    few = held.match(source, day=DAY, limit=3).patients[0]
    assert [each.outcome for each in few.trials] == ["undetermined"] * 3


def test_a_tumour_is_a_malignancy_by_the_vocabularies(held: Workspace) -> None:
    (one,) = held.match(patient("Carcinoma of lung"), day=DAY).patients
    assert one.ineligible == TRIALS
    last = one.trials[0].criteria[-1]
    assert (last.verdict.outcome, last.verdict.evidence[0].resource) == ("met", "Condition/c")


def test_a_cohort_is_screened_and_one_bound_of_it_relaxed(held: Workspace) -> None:
    asked = {"day": DAY, "complete": ["condition", "drug", "procedure"]}
    found = held.screen(COHORT, "NCT09300010", **asked).screening  # type: ignore[arg-type]
    assert (found.eligible, found.undetermined, found.ineligible) == (1, 0, 2)
    curve = held.relax(COHORT, "NCT09300010", 0, [40, 80], **asked)  # type: ignore[arg-type]
    assert (curve.criterion.number, curve.written) == (found.funnel[0].criterion.number, 50)
    assert [each.eligible for each in curve.series] == [0, 2]
    with pytest.raises(InputError, match="no criterion 99"):
        held.relax(COHORT, "NCT09300010", 99, [1])


def condition(label: str, *codes: Code) -> Fact:
    return Fact("condition", "", label, tuple(codes))


def test_what_vocabularies_say_of_words_and_facts(tmp_path: Path) -> None:
    covers = covering(tmp_path)
    for words, fact, expected in (
        ("diabetes mellitus", condition("Type 2 diabetes mellitus"), True),
        ("diabetes mellitus", condition("T2D", Code("snomed", "44054006")), True),
        ("any other malignancy", condition("Carcinoma of lung (disorder)"), True),
        # That it is active no vocabulary says: the engine asks the record.
        ("active malignancy", condition("Carcinoma of lung (disorder)"), None),
        ("type 2 diabetes mellitus", condition("Diabetes mellitus"), None),
        ("stroke", condition("Asthma"), False),
        ("pneumonia", condition("Asthma"), None),  # near: both of the lung
        ("stroke", condition("Grumbling of the quux"), None),
        ("grumbling of the quux", condition("Asthma"), None),
        ("stroke", Fact("procedure", "", "Something done"), False),
        ("heparin", Fact("drug", "", "Enoxaparin 40 mg"), True),
        ("rituximab", Fact("drug", "", "Aspirin 100 mg"), False),
        ("corticosteroids", Fact("drug", "", "Dexamethasone"), None),
        ("x" * 1_000, condition("Asthma"), None),
    ):
        assert covers(words, fact) is expected, (words, fact.label)
        assert covers(words, fact) is expected
    known = terms_of(tmp_path, ["stroke", "grumbling of the quux"])
    assert known["stroke"]
    assert known["grumbling of the quux"] == ()
    again = covering(tmp_path, known)
    assert again("stroke", condition("Ischemic stroke")) is True
    assert again("grumbling of the quux", condition("Asthma")) is None
