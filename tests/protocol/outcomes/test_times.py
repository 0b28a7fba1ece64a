"""Time expressions as registers word them: points, windows, recurrences, events, anchors."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.protocol.outcomes import read_times


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("day 9", (9.0,)),
        ("12 weeks", (84.0,)),
        ("6 months", (183.0,)),
        ("1 year", (365.0,)),
        ("two years", (731.0,)),
        ("36 hours", (1.5,)),
        ("D3, D9 and W2", (3.0, 9.0, 14.0)),
        ("3months", (91.0,)),
        ("days 2, 4 and 8", (2.0, 4.0, 8.0)),
        ("2, 4 & 8 weeks", (14.0, 28.0, 56.0)),
        ("day 2, 4 8", (2.0, 4.0, 8.0)),
        ("0-2-5 days", (0.0, 2.0, 5.0)),
        ("0--2--5- 8-11 days", (0.0, 2.0, 5.0, 8.0, 11.0)),
        ("the 2nd, 4th and 8th week", (14.0, 28.0, 56.0)),
        ("first and 20 days after the operation", (0.0, 20.0)),
        ("Baseline, 6 weeks, 12 weeks, 6, 12 months", (0.0, 42.0, 84.0, 183.0, 365.0)),
        ("day 1, 4, 7 and 1, 3, 6 months after surgery", (1.0, 4.0, 7.0, 30.0, 91.0, 183.0)),
        ("15, 27 weeks, 18, 24 months", (105.0, 189.0, 548.0, 731.0)),
        ("Day 28, 60, and year 1 and 2", (28.0, 60.0, 365.0, 731.0)),
        ("12 weeks (± 3 days)", (84.0,)),
        ("30 days plus or minus 2 days", (30.0,)),
        ("before and 3 months after treatment", (0.0, 91.0)),
        ("pre-operatively and at week 6", (0.0, 42.0)),
        ("at randomisation, day 5", (0.0, 5.0)),
        ("5 days before surgery", (-5.0,)),
        ("24 and/or 48 weeks", (168.0, 336.0)),
        ("day of 3, 6 and 9", (3.0, 6.0, 9.0)),
        ("７ days", (7.0,)),
    ],
)
def test_points(text: str, points: tuple[float, ...]) -> None:
    found = read_times(text)
    assert (found.points, found.window, found.recurring, found.unread) == (points, None, None, ())


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("from baseline to day 9", (0.0, 9.0)),
        ("day 2 to day 30", (2.0, 30.0)),
        ("Day 1 - 21+3", (1.0, 21.0)),
        ("3-6 months", (91.0, 183.0)),
        ("between 1 and 6 months", (30.0, 183.0)),
        ("between day 2 and day 9", (2.0, 9.0)),
        ("from baseline (0W) to 12 weeks after treatment", (0.0, 84.0)),
        ("between baseline and week 12 after treatment", (0.0, 84.0)),
        ("month 1 through month 24", (30.0, 731.0)),
        ("up to 28 days", (0.0, 28.0)),
        ("within 48 hours", (0.0, 2.0)),
        ("by week 24", (0.0, 168.0)),
        ("during the first 14 days", (0.0, 14.0)),
        ("until day 40", (0.0, 40.0)),
        ("over approximately 2 weeks", (0.0, 14.0)),
        ("watched for 28 days after treatment", (0.0, 28.0)),
        ("21 days of the treatment period", (0.0, 21.0)),
        ("from randomisation until 5 years", (0.0, 1826.0)),
        ("day -7 to 28", (-7.0, 28.0)),
        ("through study completion, an average of 1 year", (0.0, 365.0)),
    ],
)
def test_windows(text: str, window: tuple[float, float]) -> None:
    found = read_times(text)
    assert (found.window, found.points) == (window, ())


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("every 24 hours", 1.0),
        ("daily", 1.0),
        ("twice daily", 0.5),
        ("every other week", 14.0),
        ("weekly until week 6", 7.0),
        ("every 3 months for 2 years", 91.3125),
        ("at intervals of 2 weeks", 14.0),
        ("with 3-day intervals", 3.0),
        ("8 hourly", 0.333333),
        ("once a month", 30.4375),
    ],
)
def test_recurrences(text: str, days: float) -> None:
    assert read_times(text).recurring == pytest.approx(days)


def test_a_recurrence_may_have_an_end() -> None:
    assert read_times("weekly until week 6").window == (0.0, 42.0)


@pytest.mark.parametrize(
    ("text", "events", "points"),
    [
        ("at discharge", [("discharge", 0.0)], ()),
        ("9 days after discharge", [("discharge", 9.0)], ()),
        ("baseline, day 3 and at dischargefrom hospital", [("discharge", 0.0)], (0.0, 3.0)),
        ("up to 30 days after discharge", [("discharge", 30.0)], ()),
        ("6 hours after each infusion", [("each infusion", 0.25)], ()),
        ("10 and 20 days after the last dose", [("last dose", 10.0), ("last dose", 20.0)], ()),
        ("7 days before the second infusion", [("second infusion", -7.0)], ()),
        ("end of treatment", [("end of treatment", 0.0)], ()),
        ("until death", [("death", 0.0)], ()),
    ],
)
def test_events(text: str, events: list[tuple[str, float]], points: tuple[float, ...]) -> None:
    found = read_times(text)
    assert ([event[:2] for event in found.events], found.points) == (events, points)
    assert found.window is None


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("28 days after randomisation", "randomisation"),
        ("week 4 post first infusion", "first infusion"),
        ("3 months following surgery", "surgery"),
        ("day 5 after symptom onset", "symptom onset"),
        ("day 5 from enrolment", "enrolment"),
        ("day 5", None),
    ],
)
def test_anchors(text: str, anchor: str | None) -> None:
    assert read_times(text).anchor == anchor


@pytest.mark.parametrize(
    "text",
    [
        "saturation above 94% maintained for 24 hours",
        "PaO2/FiO2 and FEV1",
        "CTCAE v4.0",
        "SF-36 and NEWS2 of COVID-19 patients",
        "participants aged over 18 years",
        "at least 48 hours",
        "2031",
        "a score of 5",
        "",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert not read_times(text)


def test_what_is_not_understood_is_kept() -> None:
    found = read_times("week 7, post infusion #1")
    assert [("week 7, post infusion #1"[a:b]) for a, b in found.unread] == ["1"]
    assert read_times("x" * 5000 + " day 3").truncated


WORDS = st.sampled_from(
    [
        "day",
        "days",
        "1",
        "2nd",
        "14",
        "week",
        "months",
        "-",
        "to",
        ",",
        "and",
        "baseline",
        "within",
        "every",
        "after",
        "discharge",
        "first",
        "each",
        "infusion",
        "±",
        "+",
        "(",
        ")",
        "until",
        "from",
        "between",
        "h",
        "0",
        "daily",
        "before",
        "３",
        "\u202e",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=100)))
def test_spans_lie_in_the_text(text: str) -> None:
    found = read_times(text)
    for _, (start, end) in found.spans:
        assert 0 <= start < end <= len(text)
    for event in found.events:
        assert 0 <= event.start < event.end <= len(text)
    assert list(found.points) == sorted(set(found.points))
    assert found.window is None or found.window[0] < found.window[1]


@pytest.mark.parametrize("piece", ["1, ", "day ", "1 to ", "after the ", "- ", "every 2 ", "(("])
def test_hostile_length(piece: str) -> None:
    begun = time.process_time()
    read_times((piece * 100_000)[:100_000])
    assert time.process_time() - begun < 1.0
