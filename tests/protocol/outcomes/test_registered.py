"""Outcomes read from fields or from one run-together text, and whether two are the same."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import Outcome, Trial, stated
from trialweave.protocol.outcomes import (
    Registered,
    of_trial,
    outcome_family,
    read_outcome,
    same_outcome,
    split_outcome,
)


def test_fields() -> None:
    found = read_outcome(
        "Change in SOFA score", "Baseline, day 3 and day 9", "by CTCAE", method="Bedside chart"
    )
    assert found.measure == "Change in SOFA score"
    assert (found.timepoints_days, found.window_days) == ((0.0, 3.0, 9.0), None)
    assert (found.instrument, found.aggregation) == ("Bedside chart", "mean change")
    assert found.flags == ()


@pytest.mark.parametrize(
    ("text", "measure", "points", "window", "instrument"),
    [
        ("Oedema. Timepoint: Before and on day 4. Method of measurement: Ruler.",
         "Oedema", (0.0, 4.0), None, "Ruler"),
        ("Return to work, at 3 monthsTimepoint: Baseline and 5 weeks",
         "Return to work, at 3 months", (0.0, 35.0), None, None),
        ("Description: deaths within 20 days Measure: Deaths Time: Day 01 to Day 20",
         "Deaths", (), (1.0, 20.0), None),
        ("Relapse by week 30 [Time Frame: From study entry to week 30]",
         "Relapse by week 30", (), (0.0, 210.0), None),
        ("Distress on the Kessler scale [Baseline, 9 weeks]",
         "Distress on the Kessler scale", (0.0, 63.0), None, None),
        ("Toxin level [Timeframe Day 1, 3, 5 immunoassay ]",
         "Toxin level", (1.0, 3.0, 5.0), None, None),
        ("Cough (0 to 10). Measurement time: at baseline and, 9 days later",
         "Cough (0 to 10)", (0.0, 9.0), None, None),
    ],
)  # fmt: skip
def test_one_text(
    text: str,
    measure: str,
    points: tuple[float, ...],
    window: tuple[float, float] | None,
    instrument: str | None,
) -> None:
    found = read_outcome(text)
    assert (found.measure, found.timepoints_days, found.window_days, found.instrument) == (
        measure, points, window, instrument,
    )  # fmt: skip
    assert found.flags == ()


def test_what_a_time_frame_says_beyond_times_is_kept() -> None:
    assert read_outcome("Health", "SF-36 at week 7, infusion #1").unread == ("1",)


def test_times_of_a_measure_are_flagged() -> None:
    found = read_outcome("28-day mortality")
    assert (found.timepoints_days, found.flags) == ((28.0,), ("times read from the measure",))
    assert read_outcome("Time from randomisation to death").timepoints_days == ()
    assert read_outcome("Time from randomisation to death").events == ()


@pytest.mark.parametrize(
    ("text", "instrument", "version"),
    [
        ("events graded by CTCAE v5.0", "CTCAE", "5.0"),
        ("NCI-CTCAE version 4.03", "CTCAE", "4.03"),
        ("Common Terminology Criteria for Adverse Events (CTCAE) v4", "CTCAE", "4"),
        ("Sequential Organ Failure Assessment (SOFA) score", "SOFA", None),
        ("increase of the PaO2/FiO2 ratio", "PaO2/FiO2", None),
        ("NEWS2", "NEWS2", None),
        ("in the news", None, None),
        ("WHO 8-point ordinal scale", "WHO ordinal scale", "8-point"),
        ("a seven-category ordinal scale", "ordinal scale", "7-point"),
        ("EQ-5D-5L", "EQ-5D", "5L"),
        ("APACHE II score", "APACHE II", None),
        ("DASS 21 and Karnofsky Performance Scale", "DASS-21|Karnofsky", None),
        ("pain on a visual analogue scale", "VAS", None),
        ("6-minute walk test", "6MWT", None),
    ],
)
def test_instruments(text: str, instrument: str | None, version: str | None) -> None:
    found = read_outcome(text)
    assert (found.instrument, found.instrument_version) == (instrument, version)


@pytest.mark.parametrize(
    ("method", "instrument"),
    [
        ("Spirometer.", "Spirometer"),
        ("It is recorded by a thermometer.", "thermometer"),
        ("By checking the chart", "chart"),
        ("Ruler, scales, CT scan.", None),  # a list is no one instrument
        ("Number of people who cough.", None),
        ("One word after another until there are far too many of them", None),
        ("", None),
    ],
)
def test_a_method_in_its_own_words(method: str, instrument: str | None) -> None:
    assert read_outcome("Cough", "day 3", method=method).instrument == instrument


@pytest.mark.parametrize(
    ("measure", "aggregation"),
    [
        ("Time to discharge", "time to event"),
        ("Mortality rate", "proportion"),
        ("Respiratory rate", None),
        ("Number of infections", "count"),
        ("Area under the curve of CRP", "area under curve"),
        ("Duration of fever", "duration"),
        ("Cumulative incidence of relapse", "cumulative incidence"),
    ],
)
def test_aggregation(measure: str, aggregation: str | None) -> None:
    assert read_outcome(measure, "day 3").aggregation == aggregation


def test_of_a_trial() -> None:
    def outcome(measure: str, frame: str) -> Outcome:
        return Outcome(measure=stated(measure, "t/1"), time_frame=stated(frame, "t/1"))

    trial = Trial(
        primary_outcomes=stated((outcome("Fever", "day 2"),), "t/1"),
        secondary_outcomes=stated((outcome("Cough", "day 3"), outcome("Rash", "")), "t/1"),
    )
    told = of_trial(trial)
    assert [(kind, address, read.timepoints_days) for kind, address, read in told] == [
        ("primary", "primary_outcomes[0]", (2.0,)),
        ("secondary", "secondary_outcomes[0]", (3.0,)),
        ("secondary", "secondary_outcomes[1]", ()),
    ]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (("All-cause mortality", "28 days"), ("Death from any cause", "Day 28"), "same"),
        (("Survival", "day 28"), ("Mortality", "within 28 days"), "same"),
        (("Mortality", "28 days"), ("Mortality", "day 90"), "other time"),
        (("Mortality", "28 days"), ("Mortality", ""), "unclear"),
        (("Pain (VAS)", "6 months"), ("Pain (WOMAC)", "6 months"), "other instrument"),
        (("Mortality", "day 9"), ("Fever", "day 9"), "different"),
        (("Grip strength of the hand", "day 9"), ("Skin colour", "day 9"), "different"),
        (("Level", "day 9"), ("Grip strength", "day 9"), "unclear"),
        (("Grip strength of hand", "at discharge"), ("Strength of grip", "discharge"), "same"),
        (("Grip strength of hand", "daily"), ("Strength of grip", "every day"), "same"),
    ],
)
def test_same_outcome(one: tuple[str, str], other: tuple[str, str], verdict: str) -> None:
    found = same_outcome(read_outcome(*one), read_outcome(*other))
    assert (found.verdict, bool(found.reason)) == (verdict, True)


def test_survival_counts_as_mortality() -> None:
    assert outcome_family(read_outcome("Overall survival")) == "mortality"


TEXTS = st.sampled_from(
    ["Mortality", "Death", "SOFA score", "Pain (VAS)", "Cough", "Level", "", "grip strength left"]
)
FRAMES = st.sampled_from(["", "day 28", "up to 28 days", "daily", "6 months", "at discharge"])


@given(TEXTS, FRAMES, TEXTS, FRAMES)
def test_sameness_is_symmetric(one: str, first: str, other: str, second: str) -> None:
    mine, theirs = read_outcome(one, first), read_outcome(other, second)
    assert same_outcome(mine, theirs) == same_outcome(theirs, mine)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.text(max_size=60), st.text(max_size=60))
def test_never_raises_and_places_lie_in_the_text(measure: str, frame: str, told: str) -> None:
    texts = {"measure": measure, "time_frame": frame, "description": told}
    found = read_outcome(measure, frame, told)
    assert isinstance(found, Registered)
    for place in found.places:
        assert 0 <= place.start < place.end <= len(texts[place.field])


@given(
    st.lists(st.sampled_from(["Timepoint: ", "[", "]", "Method of measurement: ", "day 3 ", "x "]))
)
def test_split_parts_lie_in_the_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    spans = sorted(split_outcome(text).values())
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_long_text_is_cut_and_said_so() -> None:
    assert "text cut" in read_outcome("Cough " * 10_000, "day 3").flags
