"""ClinicalTrials.gov's tables: the same trial as the other forms say, and no more than they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trialweave.errors import NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial
from trialweave.sources import read_all, recognise
from trialweave.sources.ctgov import table as ctgov_csv

RECORD: dict[str, Any] = {
    "hasResults": True,
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT09990001",
            "briefTitle": 'Invented Cells, "Young" Ones',
            "acronym": "YOUNG",
            "orgStudyIdInfo": {"id": "INV-7"},
            "secondaryIdInfos": [{"id": "2021-009999-29", "type": "EUDRACT_NUMBER"}],
        },
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING",
            "startDateStruct": {"date": "2021-06", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2022-03-01"},
            "completionDateStruct": {"date": "2022-09-30"},
            "studyFirstSubmitDate": "2021-04-30",
            "studyFirstPostDateStruct": {"date": "2021-05-05"},
            "resultsFirstPostDateStruct": {"date": "2023-01-12"},
            "lastUpdatePostDateStruct": {"date": "2023-02-13"},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Invented Hospital", "class": "OTHER"},
            "collaborators": [{"name": "Cells, Inc."}, {"name": "Second Clinic"}],
        },
        "descriptionModule": {"briefSummary": "Whether cells help at \\>= 90 days."},
        "conditionsModule": {"conditions": ["Pneumonia, Viral", "ARDS"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2", "PHASE3"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {
                    "masking": "DOUBLE",
                    "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
                },
            },
            "enrollmentInfo": {"count": 81, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "interventions": [
                {"type": "BIOLOGICAL", "name": "Cells: young|old"},
                {"type": "DIETARY_SUPPLEMENT", "name": "Saline"},
            ]
        },
        "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years", "maximumAge": "75 Years"},
        "contactsLocationsModule": {
            "locations": [
                {"facility": "Clinic, North", "city": "Seoul", "country": "Korea, Republic of"},
                {"facility": "Clinic", "city": "Lima", "country": "Peru"},
            ]
        },
    },
}

PRESENT = {
    "NCT Number": "NCT09990001",
    "Study Title": 'Invented Cells, "Young" Ones',
    "Study URL": "https://clinicaltrials.gov/study/NCT09990001",
    "Acronym": "YOUNG",
    "Study Status": "ACTIVE_NOT_RECRUITING",
    "Brief Summary": "Whether cells help at \\>= 90 days.",
    "Study Results": "YES",
    "Conditions": "Pneumonia, Viral|ARDS",
    "Interventions": "BIOLOGICAL: Cells: young|old|DIETARY_SUPPLEMENT: Saline",
    "Primary Outcome Measures": "Death, of any cause, Day 28|Stay, in days, Day 60",
    "Secondary Outcome Measures": "",
    "Sponsor": "Invented Hospital",
    "Collaborators": "Cells, Inc.|Second Clinic",
    "Sex": "ALL",
    "Age": "ADULT, OLDER_ADULT",
    "Phases": "PHASE2|PHASE3",
    "Enrollment": "81",
    "Funder Type": "OTHER",
    "Study Type": "INTERVENTIONAL",
    "Study Design": "Allocation: RANDOMIZED | Intervention Model: PARALLEL | "
    "Masking: DOUBLE (PARTICIPANT, OUTCOMES_ASSESSOR) | Primary Purpose: TREATMENT",
    "Other IDs": "INV-7|2021-009999-29",
    "Start Date": "2021-06",
    "Primary Completion Date": "2022-03-01",
    "Completion Date": "2022-09-30",
    "First Posted": "2021-05-05",
    "Results First Posted": "2023-01-12",
    "Last Update Posted": "2023-02-13",
    "Locations": "Clinic, North, Seoul, 07000, Korea, Republic of|Clinic, Lima, Peru",
    "Study Documents": "",
}
CLASSIC = {
    "Rank": "1",
    "NCT Number": "NCT09990001",
    "Title": 'Invented Cells, "Young" Ones',
    "Acronym": "YOUNG",
    "Status": "Active, not recruiting",
    "Study Results": "Has Results",
    "Conditions": "Pneumonia, Viral|ARDS",
    "Interventions": "Biological: Cells: young|old|Dietary Supplement: Saline",
    "Outcome Measures": "Death|Stay",
    "Sponsor/Collaborators": "Invented Hospital|Cells, Inc.|Second Clinic",
    "Gender": "All",
    "Age": "18 Years to 75 Years   (Adult, Older Adult)",
    "Phases": "Phase 2|Phase 3",
    "Enrollment": "81",
    "Funded Bys": "Other",
    "Study Type": "Interventional",
    "Study Designs": "Allocation: Randomized|Intervention Model: Parallel Assignment|"
    "Masking: Double (Participant, Outcomes Assessor)|Primary Purpose: Treatment",
    "Other IDs": "INV-7|2021-009999-29",
    "Start Date": "June 2021",
    "Primary Completion Date": "March 1, 2022",
    "Completion Date": "September 30, 2022",
    "First Posted": "May 5, 2021",
    "Results First Posted": "January 12, 2023",
    "Last Update Posted": "February 13, 2023",
    "Locations": "Clinic, North, Seoul, Korea, Republic of|Clinic, Lima, Peru",
    "Study Documents": "",
    "URL": "https://ClinicalTrials.gov/show/NCT09990001",
}
SAME = (
    *("primary_id", "public_title", "acronym", "overall_status", "conditions", "interventions"),
    *("primary_sponsor", "sponsor_class", "secondary_sponsors", "sex", "phase", "study_type"),
    *("allocation", "intervention_model", "primary_purpose", "masking", "who_masked"),
    *("enrollment", "start_date", "primary_completion_date", "completion_date", "has_results"),
    *("results_date", "last_update", "countries", "site_count"),
)


def table(*rows: dict[str, str], separator: str = ",") -> Received:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & {'"', separator, "\n"} else text

    lines = [list(rows[0]), *(row.values() for row in rows)]
    text = "".join(separator.join(map(cell, line)) + "\n" for line in lines)
    return Received("t.csv", text.encode())


def only(received: Received) -> Trial:
    assert recognise(received).name == "ctgov"
    result = read_all(received)
    assert not result.problems
    (draft,) = result.drafts
    assert draft.source == "ctgov"
    assert isinstance(draft.body, Trial)
    return draft.body


def said(item: Any) -> Any:
    """What is stated, without where and as received."""
    if hasattr(item, "missingness"):
        if item.missingness is Missingness.NO_FIELD:
            return None
        return item.missingness, said(item.content), item.rule
    if isinstance(item, tuple):
        return tuple(said(part) for part in item)
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return tuple(said(getattr(item, name)) for name in item.__struct_fields__)
    return item


@pytest.fixture(scope="module")
def version_2() -> Trial:
    return only(Received("v2.json", json.dumps(RECORD).encode()))


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("form", [PRESENT, CLASSIC], ids=["present", "classic"])
def test_all_forms_say_the_same(version_2: Trial, form: dict[str, str], separator: str) -> None:
    trial = only(table(form, separator=separator))
    for concept in SAME:
        if concept == "interventions":
            names = [(i.type.content, i.name.content) for i in trial.interventions.content or ()]
            assert names == [
                *(("biological", "Cells: young|old"), ("dietary supplement", "Saline"))
            ]
            continue
        assert said(getattr(trial, concept)) == said(getattr(version_2, concept)), concept
    if form is CLASSIC:
        for concept in ("minimum_age", "maximum_age"):
            assert said(getattr(trial, concept)) == said(getattr(version_2, concept)), concept
    else:
        assert said(trial.brief_summary) == said(version_2.brief_summary)
    numbers = {number.value.content for number in trial.secondary_ids.content or ()}
    assert numbers == {"INV-7", "2021-009999-29"}


@pytest.mark.parametrize("form", [PRESENT, CLASSIC], ids=["present", "classic"])
def test_everything_points_where_it_stands(
    form: dict[str, str], points: Callable[[str, Any], int]
) -> None:
    received = table(form)
    assert points(received.text, only(received)) > 40


def test_what_a_table_cannot_tell_is_not_guessed() -> None:
    trial = only(table(PRESENT))
    unknown, unread = Missingness.NO_FIELD, Missingness.UNREADABLE
    for concept in (
        *("minimum_age", "maximum_age", "registration_date", "start_date_type", "arms"),
        *("enrollment_type", "inclusion_criteria", "contacts", "keywords", "funding"),
    ):
        assert getattr(trial, concept).missingness is unknown, concept
    assert trial.secondary_outcomes.missingness is Missingness.NOT_REPORTED
    assert trial.other_outcomes.missingness is unknown  # a column that was not chosen
    outcomes = trial.primary_outcomes.content or ()
    assert [outcome.measure.content for outcome in outcomes] == [
        *("Death, of any cause, Day 28", "Stay, in days, Day 60")
    ]
    assert {outcome.time_frame.missingness for outcome in outcomes} == {unread}
    site = (trial.sites.content or ())[0]
    assert (site.country.content, site.facility.missingness, site.facility.raw) == (
        *("Korea, Republic of", unread),
        "Clinic, North, Seoul, 07000, Korea, Republic of",
    )
    other = {(item.label, item.value.content) for item in trial.other}
    assert {("groups of age", "ADULT, OLDER_ADULT"), ("first posted", "2021-05-05")} <= other
    classic = only(table(CLASSIC))
    assert classic.primary_outcomes.missingness is unread
    assert [i.value.content for i in classic.other if i.label == "outcome measure"] == [
        *("Death", "Stay")
    ]


@pytest.mark.parametrize(
    ("age", "low", "high"),
    [
        ("18 Years and older   (Adult, Older Adult)", 18, Missingness.NOT_APPLICABLE),
        ("up to 17 Years   (Child)", Missingness.NOT_APPLICABLE, 17),
        ("6 Months to 20 Years   (Child, Adult)", 0.5, 20),
        ("Child, Adult, Older Adult", Missingness.NO_FIELD, Missingness.NO_FIELD),
        ("", Missingness.NOT_REPORTED, Missingness.NOT_REPORTED),
    ],
)
def test_limits_of_age(age: str, low: Any, high: Any) -> None:
    trial = only(table(CLASSIC | {"Age": age}))
    for value, expected in ((trial.minimum_age, low), (trial.maximum_age, high)):
        assert (value.content if value else value.missingness) == expected


def test_small_print() -> None:
    none = {"Study Design": "Allocation: NA|Intervention Model: SINGLE_GROUP|Masking: NONE"}
    trial = only(table(PRESENT | none | {"Study Results": "NO", "Funder Type": "OTHER|INDUSTRY"}))
    assert (trial.masking.content, trial.allocation.content) == ("none", "not applicable")
    assert trial.has_results.content is False
    assert trial.sponsor_class.missingness is Missingness.UNREADABLE
    seen = {
        "Study Type": "OBSERVATIONAL",
        "Phases": "",
        "Study Design": "Observational Model: COHORT",
    }
    trial = only(table(PRESENT | seen | {"Enrollment": "many", "Results First Posted": "null"}))
    assert trial.phase.missingness is Missingness.NOT_APPLICABLE
    assert trial.enrollment.missingness is Missingness.UNREADABLE
    assert trial.results_date.missingness is Missingness.NOT_REPORTED


def test_a_table_of_the_chosen_columns(books: ModuleType) -> None:
    header = ["NCT Number", "Study Title", "Study Status", "Start Date", "My notes"]
    row = ["NCT09990001", "T", "COMPLETED", books.Dated(44348, 1), "see NCT09990002"]
    later = ["NCT09990003", "T", "COMPLETED", books.Dated(44348, 3), None]
    data = books.workbook({"ctg-studies": [header, row, later, ["x", "T"], [None, "T"]]})
    result = read_all(Received("t.xlsx", data))
    one, two = (draft.body for draft in result.drafts if isinstance(draft.body, Trial))
    assert one.overall_status.content == two.overall_status.content == "completed"
    assert [item.value.content for item in one.other] == ["see NCT09990002"]
    assert [s.suggested for s in one.suggestions] == ["2021-06"]
    assert two.start_date.content == PartialDate(2021, 6)
    assert [type(problem) for problem in result.problems] == [NoIdentifier, NoIdentifier]


@pytest.mark.parametrize(
    "text",
    [
        "NCT Number,My notes\nNCT09990001,x\n",
        "Title,Status,URL\na,b,c\n",
        "NCT Number and Status and Phases are the columns.\n",
        '{"NCT Number": 1, "Phases": 2, "Status": 3}',
    ],
)
def test_other_tables_are_not_the_registers(text: str) -> None:
    assert not ctgov_csv.recognise(Received("x.csv", text.encode()))


def test_hostile_tables() -> None:
    sound = table(PRESENT).data
    wide = sound + b"," * 100_000
    assert [type(each) for each in ctgov_csv.read_each(Received("t", wide))] == [Draft, Unreadable]
    long = table(PRESENT | {"Brief Summary": "x" * 200_000})  # over the limit of Python's csv
    assert len(only(long).brief_summary.content or "") == 200_000
    formula = only(table(PRESENT | {"Acronym": '=HYPERLINK("http://x.org")'}))
    assert formula.acronym.content == '=HYPERLINK("http://x.org")'
    error = only(table(PRESENT | {"Enrollment": "#REF!"}))
    assert error.enrollment.missingness is Missingness.UNREADABLE
    open_ = list(ctgov_csv.read_each(Received("t", sound + b'NCT09990002,"never closed\n')))
    assert [type(each) for each in open_] == [Draft, Unreadable]


SOUND = table(PRESENT, PRESENT | {"NCT Number": "NCT09990002"}).data


@settings(max_examples=200, deadline=None)
@given(
    at=st.integers(0, len(SOUND)),
    length=st.integers(0, 60),
    put=st.text('",;\n\r\t|:() aé<>&-', max_size=30).map(str.encode),
)
@example(at=SOUND.index(b" Republic of"), length=0, put=b"|")  # a place that ends with a comma
def test_damage_is_told(
    at: int,
    length: int,
    put: bytes,
    outcome: Callable[[Received], Any],
    points: Callable[[str, Any], int],
) -> None:
    received = Received("t.csv", SOUND[:at] + put + SOUND[at + length :])
    drafts, problems = outcome(received)
    assert len(drafts) + len(problems) >= 1
    for draft in drafts:
        assert draft.identifier.startswith("NCT")
        assert points(received.text, draft.body) > 0


def test_the_fixture_of_version_2_is_no_table() -> None:
    path = Path(__file__).resolve().parents[1] / "fixtures" / "ctgov" / "v2.json"
    assert not ctgov_csv.recognise(Received("v2.json", path.read_bytes()))
