"""Posted results: denominators, roles, figures, flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import Missingness, Received, ReportedOutcome, Trial
from trialweave.sources import read

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ctgov"


@pytest.fixture
def record() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FIXTURES / "v2.json").read_bytes())
    return loaded


def trial(record: dict[str, Any]) -> Trial:
    body = read(Received("x", json.dumps(record).encode()))[0].body
    assert isinstance(body, Trial)
    return body


def outcomes(record: dict[str, Any]) -> tuple[ReportedOutcome, ...]:
    return trial(record).results.content or ()


def test_counts_of_participants(record: dict[str, Any]) -> None:
    death = outcomes(record)[0]
    assert death.type.content == "primary"
    assert death.parameter.content == "Count of Participants"
    cells = [(arm.label, arm.role, arm.events.content, arm.n.content) for arm in death.arms]
    assert cells == [("LUMENOCEL", "treatment", 2, 12), ("Saline", "control", 5, 11)]
    analysis = death.analyses[0]
    assert analysis.groups == ("LUMENOCEL", "Saline")
    assert (analysis.p_value.content, analysis.estimate.content) == ("0.19", "0.37")
    assert (analysis.lower.content, analysis.level.content) == ("0.09", "95")


def test_means_and_figures_that_cannot_be_read(record: dict[str, Any]) -> None:
    morning, other, evening, last = outcomes(record)[1].arms
    assert (morning.mean.content, morning.dispersion.content) == (3.1, 1.2)
    assert (morning.dispersion_type, morning.category) == ("SD", "Morning: Seated")
    assert other.role == "unknown"  # no arm is called "Saline (as treated)"
    assert other.dispersion.content == 1000.5
    assert evening.mean.missingness is Missingness.NOT_REPORTED
    assert evening.mean.raw == "NA"
    assert last.mean.missingness is Missingness.UNREADABLE
    assert last.mean.raw == "4,4"


def test_a_class_with_its_own_denominators_lends_none(record: dict[str, Any]) -> None:
    _, _, evening, last = outcomes(record)[1].arms
    assert evening.n.content == 9
    assert last.n.missingness is Missingness.NOT_REPORTED  # not the 11 of the whole measure


def test_deaths_and_adverse_events(record: dict[str, Any]) -> None:
    deaths, serious, other = outcomes(record)[2:]
    assert [outcome.type.content for outcome in (deaths, serious, other)] == [
        "mortality",
        "adverse event",
        "adverse event",
    ]
    assert [(arm.events.content, arm.n.content) for arm in deaths.arms] == [(3, 12), (5, 11)]
    assert [(arm.role, arm.events.content) for arm in serious.arms] == [
        ("treatment", 4),
        ("control", 6),
    ]
    assert other.note == "frequency threshold 5%"
    assert deaths.note == ""


@pytest.mark.parametrize(
    ("parameter", "unit", "value", "field", "content"),
    [
        ("COUNT_OF_PARTICIPANTS", "Participants", "7", "events", 7),
        ("NUMBER", "participants", "7", "events", 7),
        ("NUMBER", "Number of patients", "7", "events", 7),
        ("NUMBER", "percentage of participants", "58.30", "percent", "58.30"),
        ("NUMBER", "% of treated patients", "58.3", "percent", "58.3"),
        ("NUMBER", "participants per year", "7", "number", 7.0),
        ("NUMBER", "events", "7", "number", 7.0),
        ("COUNT_OF_UNITS", "lesions", "7", "number", 7.0),
        ("MEAN", "participants", "7", "mean", 7.0),
        ("MEDIAN", "days", "7", "median", 7.0),
        ("LEAST_SQUARES_MEAN", "days", "7", "number", 7.0),
        ("GEOMETRIC_MEAN", "days", "7", "number", 7.0),
        ("SOMETHING_NEW", "days", "7", "number", 7.0),
    ],
)
def test_which_field_a_figure_belongs_into(
    record: dict[str, Any], parameter: str, unit: str, value: str, field: str, content: object
) -> None:
    measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    measure |= {"paramType": parameter, "unitOfMeasure": unit}
    measure["classes"][0]["categories"][0]["measurements"][0]["value"] = value
    cell = outcomes(record)[0].arms[0]
    for name in ("events", "percent", "mean", "median", "number"):
        held = getattr(cell, name)
        assert held.content == (content if name == field else None)


def test_a_count_that_is_no_whole_number_is_not_rounded(record: dict[str, Any]) -> None:
    measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    measure["classes"][0]["categories"][0]["measurements"][0]["value"] = "2.5"
    cell = outcomes(record)[0].arms[0]
    assert cell.events.missingness is Missingness.UNREADABLE
    assert cell.events.raw == "2.5"


def test_figures_about_lesions_have_no_participants_as_denominator(record: dict[str, Any]) -> None:
    measure = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    measure["denomUnitsSelected"] = "lesions"
    assert outcomes(record)[0].arms[0].n.missingness is Missingness.NOT_APPLICABLE
    measure["denoms"][0]["units"] = "lesions"
    del measure["denomUnitsSelected"]
    assert outcomes(record)[0].arms[0].n.missingness is Missingness.NOT_REPORTED


@pytest.mark.parametrize(
    ("type_", "role"),
    [
        ("EXPERIMENTAL", "treatment"),
        ("ACTIVE_COMPARATOR", "control"),
        ("PLACEBO_COMPARATOR", "control"),
        ("SHAM_COMPARATOR", "control"),
        ("NO_INTERVENTION", "control"),
        ("OTHER", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_role_is_that_of_the_registered_arm(
    record: dict[str, Any], type_: str | None, role: str
) -> None:
    record["protocolSection"]["armsInterventionsModule"]["armGroups"][0]["type"] = type_
    assert outcomes(record)[0].arms[0].role == role


def test_two_arms_of_one_name_give_no_role(record: dict[str, Any]) -> None:
    arms = record["protocolSection"]["armsInterventionsModule"]["armGroups"]
    arms[2]["label"] = "lumenocel "
    assert outcomes(record)[0].arms[0].role == "unknown"
    assert [arm.size.content for arm in trial(record).arms.content or ()] == [None, 11, None]


def test_sizes_of_arms_come_from_those_who_started(record: dict[str, Any]) -> None:
    sizes = [arm.size for arm in trial(record).arms.content or ()]
    assert [size.content for size in sizes] == [12, 11, None]
    assert sizes[0].passage is not None
    assert sizes[0].passage.path.endswith("milestones[0].achievements[0].numSubjects")


def test_no_size_where_the_flow_leaves_doubt(record: dict[str, Any]) -> None:
    flow = record["resultsSection"]["participantFlowModule"]
    later = {
        "title": "Extension",
        "milestones": [
            {"type": "STARTED", "achievements": [{"groupId": "FG000", "numSubjects": "20"}]}
        ],
    }
    flow["periods"].append(later)
    assert [arm.size.content for arm in trial(record).arms.content or ()] == [None, 11, None]
    flow["groups"][1]["title"] = "Saline group"
    assert [arm.size.content for arm in trial(record).arms.content or ()] == [None, None, None]
    first = flow["periods"][0]["milestones"]
    flow["periods"] = [{"milestones": [first[0], first[0]]}]
    assert [arm.size.content for arm in trial(record).arms.content or ()] == [None, None, None]
