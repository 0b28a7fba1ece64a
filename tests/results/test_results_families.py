"""Outcome families and time points: what a wording names, and when it must name nothing."""

from __future__ import annotations

import time

import pytest

from trialweave.results import DEATH_COMPLEMENT, family_of, time_days
from trialweave.results.families import FAMILIES, counts_events, is_estimate


@pytest.mark.parametrize(
    ("wording", "family"),
    [
        ("all-cause mortality at longest follow-up", "mortality"),
        ("28-day mortality", "mortality"),
        ("Death from any cause", "mortality"),
        ("patients who did not survive", "mortality"),
        ("mortality in mechanically ventilated patients", "mortality"),
        ("there was a survival rate of", "survival"),
        ("Number of participants alive at day 60", "survival"),
        ("SAE (patients with >=1)", "serious adverse events"),
        ("Number of Participants With Serious Adverse Events", "serious adverse events"),
        ("AE (patients with >=1)", "adverse events"),
        ("severe adverse events", "severe adverse events"),
        ("invasive ventilation (intubated)", "invasive ventilation"),
        ("were intubated", "invasive ventilation"),
        ("clinical improvement (six-point scale)", "clinical improvement"),
        ("length of hospital stay", "hospital stay"),
        ("C-reactive protein", "CRP"),
        ("improved oxygen levels", "oxygenation"),
    ],
)
def test_a_wording_names_its_family(wording: str, family: str) -> None:
    assert family_of(wording) == family


@pytest.mark.parametrize(
    "wording",
    [
        "death or myocardial infarction",
        "composite of intubation and death",
        "stroke, death, or readmission",
        "survived without ventilation",
        "did not require intubation",
        "graft survival",
        "an adverse event which resulted in death",
        "fatal adverse events",
        "serious adverse events (number of events)",
        "adverse events after day 14",
        "Other (not including serious) adverse events",
        "time to clinical recovery",
        "scored by the DAS28-CRP criteria",
        "cancer survivors indicated",
        "",
    ],
)
def test_composites_negations_and_parts_name_no_family(wording: str) -> None:
    assert family_of(wording) == ""


def test_narrower_deaths_are_not_mortality() -> None:
    assert family_of("cardiovascular death") == "cause-specific mortality"
    assert family_of("deaths after day 28 and up to 12 months") == "mortality after a landmark"


def test_the_complement_of_survival_is_a_family_of_the_table() -> None:
    names = {name for name, _ in FAMILIES}
    assert set(DEATH_COMPLEMENT) | set(DEATH_COMPLEMENT.values()) <= names


@pytest.mark.parametrize(
    ("wording", "days"),
    [
        ("Within 28 days", 28.0),
        ("72 h", 3.0),
        ("6 months", 182.5),
        ("12 months", 365.0),
        ("Day 28", 28.0),
        ("D28", 28.0),
        ("at 1 year", 365.0),
        ("two years", 730.0),
        ("28-day mortality", 28.0),
        ("Day 01 to Day 30", 30.0),
        ("0-14 days", 14.0),
        ("day 28 to 12 months", 365.0),
        ("From baseline to week 24", 168.0),
        ("every 2 days for 6 days, at day 28", 28.0),
        ("2 year/end of study", 730.0),
    ],
)
def test_time_points_in_days(wording: str, days: float) -> None:
    assert time_days(wording) == days


@pytest.mark.parametrize(
    "wording",
    [
        "Days 7, 14 and 28",
        "day 1 and day 7",
        "24 and 48 weeks",
        "25 to 75 years old",
        "adverse events after D14",
        "long-term follow-up",
        "",
    ],
)
def test_no_time_or_several_times_give_none(wording: str) -> None:
    assert time_days(wording) is None


def test_counting_events_and_estimating_are_told_apart_from_counting_persons() -> None:
    assert counts_events("serious adverse events (number of events)")
    assert not counts_events("Number of Participants With Adverse Events")
    assert is_estimate("Kaplan-Meier survival at 2 years")
    assert is_estimate("3-year overall survival")
    assert not is_estimate("survival rate")


@pytest.mark.parametrize(
    "piece", ["death or ", "day 1 to ", "number of a ", "no need for ", "x-associated "]
)
def test_time_stays_linear_on_hostile_wordings(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    family_of(text)
    time_days(text)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("deaths among patients older than 65 years", None),
        ("patients aged 65 years or older", None),
        ("patients aged over 70 years who died within 90 days", 90.0),
        ("younger than 18 years", None),
        ("6-month-old infants", None),
        ("infants older than 6 months", None),
        ("65 years and older, at one year", 365.0),
    ],
)
def test_an_age_is_no_time_point(text: str, days: float | None) -> None:
    assert time_days(text) == days


def test_a_wish_is_no_death() -> None:
    assert family_of("Wish to be dead") != "mortality"
    assert family_of("dead at 28 days") == "mortality"
