"""ClinicalTrials.gov's enumerations, ages and figures in all their spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import MASKINGS, PHASES, STATUSES, PartialDate
from trialweave.sources.ctgov import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EARLY_PHASE1", ("early1",)),
        ("Early Phase 1", ("early1",)),
        ("PHASE3", ("3",)),
        ("Phase 2/Phase 3", ("2", "3")),
        ("NA", ("not applicable",)),
        ("N/A", ("not applicable",)),
        ("Not Applicable", ("not applicable",)),
        ("Phase 5", None),
        ("2", None),
    ],
)
def test_phase(text: str, expected: tuple[str, ...] | None) -> None:
    assert words.phase(text) == expected
    assert expected is None or set(expected) <= set(PHASES)


@pytest.mark.parametrize(
    ("code", "written", "expected"),
    [
        ("NOT_YET_RECRUITING", "Not yet recruiting", "planned"),
        ("RECRUITING", "Recruiting", "recruiting"),
        ("ENROLLING_BY_INVITATION", "Enrolling by invitation", "enrolling by invitation"),
        ("ACTIVE_NOT_RECRUITING", "Active, not recruiting", "active, closed"),
        ("SUSPENDED", "Suspended", "suspended"),
        ("COMPLETED", "Completed", "completed"),
        ("TERMINATED", "Terminated", "terminated"),
        ("WITHDRAWN", "Withdrawn", "withdrawn"),
        ("NO_LONGER_AVAILABLE", "No longer available", "no longer available"),
        ("UNKNOWN", "Unknown status", "unknown"),
        ("AVAILABLE", "Available", "other"),
        ("TEMPORARILY_NOT_AVAILABLE", "Temporarily not available", "other"),
        ("APPROVED_FOR_MARKETING", "Approved for marketing", "other"),
        ("WITHHELD", "Withheld", "other"),
    ],
)
def test_status(code: str, written: str, expected: str) -> None:
    assert words.status(code) == words.status(written) == expected
    assert expected in STATUSES


@pytest.mark.parametrize(
    ("code", "written", "expected"),
    [
        ("NONE", "None (Open Label)", "none"),
        ("SINGLE", "Single", "single"),
        ("DOUBLE", "Double", "double"),
        ("TRIPLE", "Triple", "triple"),
        ("QUADRUPLE", "Quadruple", "quadruple"),
    ],
)
def test_masking(code: str, written: str, expected: str) -> None:
    assert words.masking(code) == words.masking(written) == expected
    assert expected in MASKINGS


@pytest.mark.parametrize(
    ("code", "written", "expected"),
    [
        ("PLACEBO_COMPARATOR", "Placebo Comparator", "placebo comparator"),
        ("NO_INTERVENTION", "No Intervention", "no intervention"),
        ("SINGLE_GROUP", "Single Group Assignment", "single group"),
        ("CROSSOVER", "Crossover Assignment", "crossover"),
        ("BASIC_SCIENCE", "Basic Science", "basic science"),
        ("COMBINATION_PRODUCT", "Combination Product", "combination product"),
        ("BEHAVIORAL", "Behavioral", "behavioural"),
        ("EXPANDED_ACCESS", "Expanded Access", "expanded access"),
        ("CASE_CONTROL", "Case-Control", "case-control"),
        ("OTHER_PRE_SPECIFIED", "Other Pre-specified", "other pre-specified"),
    ],
)
def test_words_of_no_closed_list(code: str, written: str, expected: str) -> None:
    assert words.word(code) == words.word(written) == expected


def test_short_lists() -> None:
    assert words.allocation("RANDOMIZED") == words.allocation("Randomized") == "randomised"
    assert words.allocation("NON_RANDOMIZED") == words.allocation("Non-Randomized")
    assert words.allocation("NA") == words.allocation("N/A") == "not applicable"
    assert words.allocation("by the moon") is None
    assert words.date_type("ESTIMATED") == words.date_type("Anticipated") == "estimated"
    assert words.date_type("Estimate") == "estimated"
    assert words.yes_no("Accepts Healthy Volunteers") is True
    assert words.yes_no("perhaps") is None
    assert words.sex("Both") == words.sex("ALL") == "all"
    assert words.dispersion("INTER_QUARTILE_RANGE") == "IQR"
    assert words.dispersion("95% Confidence Interval") == "95% CI"
    assert words.dispersion("CONFIDENCE_90") == "90% CI"
    assert words.dispersion("Something new") == "Something new"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("18 Years", 18.0),
        ("1 Year", 1.0),
        ("6 Months", 0.5),
        ("52 Weeks", 52 * 7 / 365.2425),
        ("14 Days", 14 / 365.2425),
        ("12 Hours", 12 / 24 / 365.2425),
        ("30 Minutes", 30 / 1440 / 365.2425),
        ("eighteen", None),
        ("18", None),
        ("18 moons", None),
        ("-1 Years", None),
    ],
)
def test_age(text: str, years: float | None) -> None:
    assert words.age(text) == (pytest.approx(years, abs=1e-6) if years is not None else None)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("12", 12.0),
        ("-0.50", -0.5),
        ("1,234.5", 1234.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("7,31", None),
        ("<0.1", None),
        ("NaN", None),
        ("inf", None),
        ("1e999", None),
        ("٣", None),
        ("1_000", None),
        ("", None),
        (10**400, None),
        (3, 3.0),
    ],
)
def test_number(content: str | int, expected: float | None) -> None:
    assert words.number(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [("0", 0), (0, 0), ("12.0", 12), ("12.5", None), (-1, None), ("-1", None), (2**40, None)],
)
def test_count(content: str | int, expected: int | None) -> None:
    assert words.count(content) == expected


@given(st.text(max_size=60))
def test_any_text_is_read_or_not_read(text: str) -> None:
    for read, kind in (
        *((words.phase, tuple), (words.status, str), (words.masking, str)),
        *((words.allocation, str), (words.sex, str), (words.date, PartialDate)),
        *((words.age, float), (words.number, float), (words.count, int)),
        *((words.yes_no, bool), (words.word, str)),
    ):
        content = read(text)
        assert content is None or isinstance(content, kind)
