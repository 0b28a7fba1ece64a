"""The three forms of one ClinicalTrials.gov record, and the documents that hold them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial, Value
from trialweave.sources import read, read_all
from trialweave.sources.ctgov import forms as ctgov

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ctgov"
V2 = (FIXTURES / "v2.json").read_bytes()
CLASSIC = (FIXTURES / "classic.json").read_bytes()
FLAT = (FIXTURES / "flat.jsonl").read_bytes()
FORMS = {"v2": V2, "classic": CLASSIC, "flat": FLAT}


def drafts(data: bytes) -> tuple[Draft, ...]:
    result = read_all(Received("a document", data))
    assert result.problems == ()
    return result.drafts


def trial(data: bytes, position: int = 0) -> Trial:
    body = drafts(data)[position].body
    assert isinstance(body, Trial)
    return body


def contents(item: Any) -> Any:
    """Contents and missingness alone, without raw texts, passages and rules."""
    if isinstance(item, Value):
        return item.missingness.value, contents(item.content)
    if isinstance(item, tuple):
        return tuple(contents(part) for part in item)
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return {name: contents(getattr(item, name)) for name in item.__struct_fields__}
    return item


def values(item: Any) -> Iterator[Value[Any]]:
    if isinstance(item, Value):
        yield item
        yield from values(item.content)
    elif isinstance(item, tuple):
        for part in item:
            yield from values(part)
    elif hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        for name in item.__struct_fields__:
            yield from values(getattr(item, name))


def resolve(record: Any, path: str) -> Any:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        record = record[int(index)] if index else record[name]
    return record


def check_passages(data: bytes, draft: Draft) -> int:
    """Hold every stated value against the JSON at its path."""
    record = json.loads(data[draft.start : draft.end])
    held = 0
    for value in values(draft.body):
        if value.passage is None:
            assert not value or value.content is False  # what only an absence says
            continue
        there = resolve(record, value.passage.path)
        if not value or isinstance(value.content, tuple):
            continue
        if value.rule in ("ctgov.sites/1", "ctgov.results/1"):  # counts and labels of ours
            continue
        if value.passage.start >= 0:
            there = there[value.passage.start : value.passage.end]
        expected = value.raw if value.raw is not None else value.content
        if value.content is True and isinstance(there, (dict, list)):
            continue  # results are posted where their section is
        if isinstance(there, list):
            there = ", ".join(there)
        if isinstance(there, bool):
            assert expected in (there, "yes" if there else "no")
        elif value.rule == "ctgov.identifier/1" and value.raw is None:
            assert str(value.content).lower() in str(there).lower()
        else:
            assert str(there) == str(expected), value
        held += 1
    return held


def test_the_forms_of_one_record_say_the_same() -> None:
    v2, classic, flat = (trial(data) for data in (V2, CLASSIC, FLAT))
    for name in Trial.__struct_fields__:
        ours, theirs = contents(getattr(v2, name)), contents(getattr(classic, name))
        if name == "eligibility_text":  # kept as received: one has list marks, one has not
            assert ours != theirs
        else:
            assert ours == theirs, name
    differing = {
        name
        for name in Trial.__struct_fields__
        if contents(getattr(classic, name)) != contents(getattr(flat, name))
    }
    # No flow in the flat form; parts that cannot be put together; domains of numbers
    assert differing == {
        *("arms", "interventions", "secondary_outcomes", "secondary_ids"),
        *("results", "other"),
        *("participant_flow", "adverse_events"),
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_value_stands_where_its_passage_says(form: str) -> None:
    for draft in drafts(FORMS[form]):
        assert check_passages(FORMS[form], draft) >= 8
    assert check_passages(FORMS[form], drafts(FORMS[form])[0]) >= 80


@pytest.mark.shared
@pytest.mark.parametrize(
    "folder", ["ctgov_v2", "ctgov_classic_fullstudies", "ctgov_msc_studyfields"]
)
def test_values_of_real_records_stand_where_their_passages_say(shared: Path, folder: str) -> None:
    for path in sorted((shared / "data" / "registries" / folder).iterdir()):
        data = path.read_bytes()
        for draft in read_all(Received("unnamed", data)).drafts[:60]:
            assert check_passages(data, draft) >= 3


@pytest.mark.parametrize("form", FORMS)
def test_identity_and_date_of_a_record(form: str) -> None:
    draft = drafts(FORMS[form])[0]
    assert (draft.source, draft.identifier) == ("ctgov", "NCT99990001")
    assert draft.stated == PartialDate(2033, 4, 5)
    assert json.loads(FORMS[form][draft.start : draft.end])


@pytest.mark.parametrize("form", FORMS)
def test_names_of_people_are_nowhere(form: str) -> None:
    body = trial(FORMS[form])
    assert body.contacts.missingness is Missingness.WITHHELD
    assert body.contacts.passage is not None
    assert body.contacts.content is None
    texts = [value.content for value in values(body)] + [value.raw for value in values(body)]
    written = " ".join(text for text in texts if isinstance(text, str))
    assert "Nobody Here" not in written
    assert "Nobody Else" not in written


def test_what_the_record_says() -> None:
    body = trial(V2)
    assert body.primary_id.content == "NCT99990001"
    assert body.phase.content == ("1", "2")
    assert body.phase.raw == "PHASE2, PHASE1"
    assert body.overall_status.content == "unknown"
    assert body.overall_status.raw == "UNKNOWN"
    assert body.status_date.content == PartialDate(2033, 4)
    assert body.start_date.content == PartialDate(2031, 2)
    assert body.start_date_type.content == "actual"
    assert body.completion_date_type.content == "estimated"
    assert body.registration_date.content == PartialDate(2031, 1, 7)
    assert body.results_date.content == PartialDate(2033, 3, 20)
    assert (body.enrollment.content, body.enrollment_type.content) == (23, "actual")
    assert body.minimum_age.content == 18.0
    assert body.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert body.maximum_age.raw == "N/A"
    assert body.healthy_volunteers.content is False
    assert body.masking.content == "double"
    who = [value.content for value in body.who_masked.content or ()]
    assert who == ["participant", "outcomes assessor"]
    assert body.sponsor_class.content == "government"
    assert body.brief_summary.content == "Cells against fever. Ratio <= 300 at entry."
    assert body.brief_summary.raw == r"Cells against fever. Ratio \<= 300 at entry."
    assert [value.content for value in body.countries.content or ()] == ["Utopia", "Erewhon"]
    assert body.site_count.content == 3
    assert body.has_results.content is True
    assert body.funding.missingness is Missingness.NO_FIELD
    assert body.ethics_review.missingness is Missingness.NO_FIELD
    criteria = [value.content for value in body.inclusion_criteria.content or ()]
    assert criteria == ["Adults with invented fever", "Ratio <= 300 mmHg"]
    others = {label.label: label.value.content for label in body.other}
    assert others["last known status"] == "active, closed"
    assert others["first posted"] == "2031-01-12"
    assert others["retraction notice, PubMed number"] == "99000003"


def test_numbers_beside_the_registers_own() -> None:
    numbers = trial(V2).secondary_ids.content or ()
    assert [(n.value.content, n.scheme, n.kind) for n in numbers] == [
        ("LUMEN-01", "", "organisation's own number"),
        ("2031-012345-67", "eudract", "EudraCT number"),
        ("IRCT20310102012345N1", "irct", "registry identifier: IRCT"),
        ("GRANT/77", "", "other grant or funding number: Invented Fund"),
        ("NCT99990009", "nct", "former number"),
    ]


def test_references_with_the_numbers_in_their_citation() -> None:
    first, second = trial(V2).references.content or ()
    assert (first.pmid.content, first.doi.content) == ("99000001", "10.5555/lumen.2033.1")
    assert first.kind.content == "result"
    assert second.doi.missingness is Missingness.NOT_REPORTED


def test_a_study_that_is_no_trial_has_no_phase_to_report() -> None:
    body = trial(FLAT, 1)
    assert body.study_type.content == "observational"
    for name in ("phase", "allocation", "masking", "intervention_model", "primary_purpose"):
        assert getattr(body, name).missingness is Missingness.NOT_APPLICABLE
    assert body.enrollment_type.content == "estimated"
    assert body.has_results.missingness is Missingness.NOT_REPORTED  # unknown is not no
    assert body.conditions.missingness is Missingness.NOT_REPORTED
    assert body.inclusion_criteria.missingness is Missingness.UNREADABLE
    others = {label.label: label.value.content for label in body.other}
    assert others["observational model"] == "cohort"


def flat(**fields: list[str]) -> Trial:
    record = {"NCTId": ["NCT99990003"], "BriefTitle": ["T"], **fields}
    return trial(json.dumps(record).encode())


def test_lists_of_the_flat_form_are_never_put_together_by_guess() -> None:
    body = flat(
        PrimaryOutcomeMeasure=["a", "b"],
        PrimaryOutcomeTimeFrame=["1 day", "2 days"],
        PrimaryOutcomeDescription=["of a or of b"],
        BriefTitle=["one title", "and another"],
        ArmGroupLabel=["x", "y"],
        ArmGroupInterventionName=["Drug: d", "Drug: e"],
    )
    first, second = body.primary_outcomes.content or ()
    assert (first.time_frame.content, second.time_frame.content) == ("1 day", "2 days")
    for outcome in (first, second):
        assert outcome.description.missingness is Missingness.UNREADABLE
    assert body.public_title.missingness is Missingness.UNREADABLE
    # two arms and two interventions could still be both of one arm
    for arm in body.arms.content or ():
        assert arm.interventions.missingness is Missingness.UNREADABLE
    kept = [(label.label, label.value.content) for label in body.other]
    assert ("PrimaryOutcomeDescription", "of a or of b") in kept
    assert ("ArmGroupInterventionName", "Drug: e") in kept


def test_arms_and_interventions_are_matched_where_two_lists_leave_no_doubt() -> None:
    fields = {
        "ArmGroupLabel": ["both", "none", "one"],
        "InterventionName": ["d", "e"],
        "InterventionType": ["Drug", "Drug"],
        "ArmGroupInterventionName": ["Drug: d", "Drug: e", "Drug: e"],
        "InterventionArmGroupLabel": ["both", "both", "one"],
    }
    body = flat(**fields)
    assert [arm.interventions.content for arm in body.arms.content or ()] == [
        ("d", "e"),
        None,
        ("e",),
    ]
    assert [i.arm_labels.content for i in body.interventions.content or ()] == [
        ("both",),
        ("both", "one"),
    ]
    disagreeing = flat(**{**fields, "InterventionArmGroupLabel": ["both", "one", "one"]})
    for arm in disagreeing.arms.content or ():
        assert arm.interventions.missingness is Missingness.UNREADABLE


def test_pubmed_numbers_survive_an_uncertain_citation() -> None:
    body = flat(
        ReferenceCitation=["A. 2001.", "B. 2002."],
        ReferenceType=["result", "result"],
        ReferencePMID=["99000005"],
    )
    references = body.references.content or ()
    assert [reference.citation.content for reference in references] == [
        "A. 2001.",
        "B. 2002.",
        None,
    ]
    assert [reference.pmid.content for reference in references] == [None, None, "99000005"]
    assert references[2].kind.content == "result"
    assert references[0].pmid.missingness is Missingness.UNREADABLE


def test_documents_of_many_records() -> None:
    one = json.dumps(json.loads(V2)).encode()
    two = one.replace(b"NCT99990001", b"NCT99990002")
    study = json.dumps(json.loads(CLASSIC)["FullStudiesResponse"]["FullStudies"][0]).encode()
    flat_one, flat_two = FLAT.strip().split(b"\n")
    documents = {
        b"%b\r\n\n  %b\n" % (one, two): (one, two),
        b'\xef\xbb\xbf{"totalCount": 2, "studies": [%b,\n %b], "nextPageToken": "x"}'
        % (one, two): (one, two),
        b"[%b, %b]" % (one, two): (one, two),
        b'{"studies": [\n%b\n]}' % one: (one,),
        b"[%b]" % study: (json.dumps(json.loads(study)["Study"]).encode(),),
        b'{"FullStudy": %b}\n{"FullStudy": %b}' % (study, study): (
            json.dumps(json.loads(study)["Study"]).encode(),
        )
        * 2,
        b'{"StudyFieldsResponse": {"StudyFields": [%b, %b]}}' % (flat_one, flat_two): (
            flat_one,
            flat_two,
        ),
        b"[%b,%b]" % (flat_one, flat_two): (flat_one, flat_two),
    }
    for document, records in documents.items():
        found = drafts(document)
        assert [document[draft.start : draft.end] for draft in found] == list(records)
        assert ctgov.recognise(Received("", document))


def test_a_record_keeps_its_bytes_whatever_its_neighbours() -> None:
    one = json.dumps(json.loads(V2)).encode()
    other = one.replace(b"NCT99990001", b"NCT99990002").replace(b"Lumenocel", b"L")
    alone = drafts(one)[0]
    beside = drafts(b'{"studies":[%b,%b]}' % (other, one))[1]
    assert beside.body == alone.body


def test_one_bad_record_does_not_sink_its_neighbours() -> None:
    one = json.dumps(json.loads(V2)).encode()
    bad = {
        b'{"protocolSection": {"identificationModule": {"briefTitle": "x"}}}': NoIdentifier,
        b'{"protocolSection": {"identificationModule": {"nctId": "NCT12"}}}': NoIdentifier,
        b'{"protocolSection": {"conditionsModule": {"conditions": "fever"}}}': NoIdentifier,
        b'{"protocolSection": {"conditionsModule": {"conditions": ["fever": 1]}}}': Unreadable,
        one[:500]: Unreadable,
    }
    for record, error in bad.items():
        result = read_all(Received("many", b"%b\n%b\n%b" % (one, record, one)))
        assert len(result.drafts) == 2
        assert [type(problem) for problem in result.problems] == [error]
        assert "many, record 2" in str(result.problems[0])
        assert len(read(Received("many", b"%b\n%b" % (one, record)))) == 1
        with pytest.raises(error):
            read(Received("alone", record))


def test_a_damaged_first_line_does_not_hide_the_others() -> None:
    one = json.dumps(json.loads(V2)).encode()
    result = read_all(Received("many", one[:300] + b"\n" + one + b"\n" + one))
    assert (len(result.drafts), len(result.problems)) == (2, 1)


def test_wrong_kinds_in_the_classic_form_are_unreadable_there() -> None:
    page = json.loads(CLASSIC)
    listed = page["FullStudiesResponse"]["FullStudies"]
    text = json.dumps(listed[0])
    whole = drafts(json.dumps(listed[0]["Study"]).encode())[0].body
    assert isinstance(whole, Trial)
    for name, wrong, concepts in (
        ("ConditionList", "fever", {"conditions"}),
        ("ArmGroupList", {"ArmGroup": ["an arm"]}, {"arms"}),
        (
            "LocationList",
            {"Location": {"LocationCity": "x"}},
            {"sites", "site_count", "countries"},
        ),
    ):
        broken = json.loads(text)
        for module in broken["Study"]["ProtocolSection"].values():
            if name in module:
                module[name] = wrong
        page["FullStudiesResponse"]["FullStudies"] = [broken, json.loads(text), {"Study": None}, 7]
        result = read_all(Received("page", json.dumps(page).encode()))
        assert [type(problem) for problem in result.problems] == [Unreadable] * 2
        trial = result.drafts[0].body
        assert isinstance(trial, Trial)
        changed = {
            field
            for field in whole.__struct_fields__
            if getattr(trial, field) != getattr(whole, field)
        }
        assert concepts <= changed
        for concept in concepts:
            value = getattr(trial, concept)
            assert value.missingness is Missingness.UNREADABLE
            assert value.passage.path.startswith("ProtocolSection.")
            assert value.raw


def test_a_page_without_studies_says_so() -> None:
    for page in (
        b'{"totalCount": 0, "studies": []}',
        b'{"FullStudiesResponse": {"NStudiesFound": 0}}',
    ):
        with pytest.raises(Unreadable, match="holds no studies"):
            read(Received("page", page))
