"""Findings out of posted results tables and extraction sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trialweave.model import (
    Arm,
    Missingness,
    Record,
    ReportedAnalysis,
    ReportedArm,
    ReportedOutcome,
    Value,
    stated,
)
from trialweave.results import read_findings

Sheet = Callable[..., Record]


def said(content: Any, rule: str = "test/1") -> Value[Any]:
    return stated(content, rule, path="results")


def arm(label: str, role: str = "unknown", category: str = "", **cells: Any) -> ReportedArm:
    values = {name: said(content) for name, content in cells.items()}
    return ReportedArm(label=label, role=role, category=category, **values)  # type: ignore[arg-type]


def test_a_sheet_row_becomes_one_finding(sheet: Sheet) -> None:
    outcome = ReportedOutcome(
        title=said("all-cause mortality at longest follow-up"),
        time_frame=said("31 days"),
        arms=(
            arm("cells", "treatment", events=2, n=14),
            arm("saline", "control", events=7, n=13),
        ),
        source="table 2",
    )
    (finding,) = read_findings(sheet(outcome))
    assert (finding.family, finding.time_days, finding.source) == ("mortality", 31.0, "table 2")
    assert [(a.role, a.events, a.n, a.events_origin) for a in finding.arms] == [
        ("treatment", 2, 14, "stated"),
        ("control", 7, 13, "stated"),
    ]


def test_no_results_no_findings(sheet: Sheet) -> None:
    assert read_findings(sheet()) == ()


def test_categories_are_findings_of_their_own(sheet: Sheet) -> None:
    arms = [
        arm(label, role, category=category, events=events, n=20)
        for label, role, events in (("cells", "treatment", 3), ("saline", "control", 6))
        for category in ("Week 4", "Week 12")
    ]
    findings = read_findings(sheet(ReportedOutcome(title=said("Mortality"), arms=tuple(arms))))
    assert [(f.time_days, f.family) for f in findings] == [(28.0, "mortality"), (84.0, "mortality")]


def test_a_part_of_an_outcome_is_not_the_outcome(sheet: Sheet) -> None:
    arms = tuple(
        arm("cells", category=category, events=2, n=20) for category in ("Mild", "Moderate")
    )
    findings = read_findings(sheet(ReportedOutcome(title=said("Adverse events"), arms=arms)))
    assert [f.family for f in findings] == ["", ""]


def test_counts_posted_as_numbers_and_percentages_by_their_unit(sheet: Sheet) -> None:
    counted = ReportedOutcome(
        title=said("Death"),
        parameter=said("Count of Participants"),
        unit=said("Participants"),
        arms=(arm("cells", number=3.0, n=20),),
    )
    shared = ReportedOutcome(
        title=said("Discharged"),
        parameter=said("Number"),
        unit=said("percentage of participants"),
        arms=(
            ReportedArm(
                label="cells",
                number=stated(35.0, "test/1", path="results", raw="35.0"),
                n=said(20),
            ),
        ),
    )
    first, second = read_findings(sheet(counted, shared))
    assert first.arms[0].events == 3
    assert (second.arms[0].percent, second.arms[0].events) == ("35.0", 7)
    assert second.arms[0].events_origin == "recovered"


def test_percentages_of_survival_without_counts_are_left_alone(sheet: Sheet) -> None:
    outcome = ReportedOutcome(
        title=said("Overall survival"), arms=(arm("cells", percent="60.0", n=20),)
    )
    (finding,) = read_findings(sheet(outcome))
    assert finding.arms[0].events is None
    assert "Kaplan-Meier" in finding.note


def test_means_are_continuous_and_keep_their_standard_deviation(sheet: Sheet) -> None:
    cell = ReportedArm(
        label="cells", n=said(9), mean=said(71.9), dispersion=said(8.5),
        dispersion_type="Standard Deviation",
    )  # fmt: skip
    (finding,) = read_findings(sheet(ReportedOutcome(title=said("FEV1"), arms=(cell,))))
    assert finding.kind == "continuous"
    assert (finding.arms[0].mean, finding.arms[0].sd) == (71.9, 8.5)


def test_roles_come_from_registered_types_then_words_then_the_partner(sheet: Sheet) -> None:
    registered = stated(
        (
            Arm(label=said("Product Q"), type=said("Experimental")),
            Arm(label=said("Fluid"), type=said("Placebo Comparator")),
        ),
        "test/1",
    )
    both = (arm("Product Q", events=1, n=10), arm("Fluid", events=2, n=10))
    deaths = ReportedOutcome(title=said("Death"), arms=both)
    (finding,) = read_findings(sheet(deaths, arms=registered))
    assert [a.role for a in finding.arms] == ["treatment", "control"]
    beside = (arm("Product Q", events=1, n=10), arm("Usual care", events=2, n=10))
    (finding,) = read_findings(sheet(ReportedOutcome(title=said("Death"), arms=beside)))
    assert [a.role for a in finding.arms] == ["treatment", "control"]
    everybody = (arm("Total", events=3, n=20), arm("Usual care", events=2, n=10))
    (finding,) = read_findings(sheet(ReportedOutcome(title=said("Death"), arms=everybody)))
    assert [a.role for a in finding.arms] == ["unknown", "control"]


def test_the_only_analysis_gives_p_and_effect(sheet: Sheet) -> None:
    analysis = ReportedAnalysis(
        method=said("Regression, Logistic"), p_value=said("<0.001"),
        parameter=said("Odds Ratio (OR)"), estimate=said("2.5"), lower=said("1.1"),
        upper=said("5.7"), level=said("95"),
    )  # fmt: skip
    outcome = ReportedOutcome(
        title=said("Response"), arms=(arm("cells", events=9, n=20),), analyses=(analysis,)
    )
    (finding,) = read_findings(sheet(outcome))
    assert finding.p is not None
    assert (finding.p.operator, finding.p.text, finding.p.test) == (
        "<",
        "0.001",
        "Regression, Logistic",
    )
    assert finding.effect is not None
    assert (finding.effect.measure, finding.effect.adjusted) == ("OR", True)
    two = ReportedOutcome(
        title=said("Response"), arms=(arm("cells", events=9, n=20),), analyses=(analysis, analysis)
    )
    assert read_findings(sheet(two))[0].p is None


def test_what_a_reviewer_noted_as_printed_is_taken_from_the_note(sheet: Sheet) -> None:
    outcome = ReportedOutcome(
        title=said("28-day mortality"),
        arms=(arm("cells", "treatment", events=1, n=15), arm("usual", "control", events=4, n=31)),
        note="table prints 4 (8.51%) in the control column; p=0.65",
    )
    (finding,) = read_findings(sheet(outcome))
    assert [a.percent for a in finding.arms] == ["", "8.51"]
    assert finding.p is not None
    assert finding.p.text == "0.65"


def test_numbers_that_a_reviewer_worked_out_are_not_stated(sheet: Sheet) -> None:
    cell = ReportedArm(
        label="cells", role="treatment", n=said(20),
        events=said(7, "extraction.derived/1"), percent=said("34"),
    )  # fmt: skip
    (finding,) = read_findings(sheet(ReportedOutcome(title=said("Death"), arms=(cell,))))
    assert finding.arms[0].events_origin == "recovered"
    assert finding.arms[0].n_origin == "stated"


def test_values_that_are_missing_are_survived(sheet: Sheet) -> None:
    empty = Value(missingness=Missingness.NOT_REPORTED)
    cell = ReportedArm(label="cells", n=empty, events=empty, percent=empty)
    assert (
        read_findings(
            sheet(
                ReportedOutcome(title=empty, arms=(cell,)),
            )
        )
        == ()
    )
    assert read_findings(sheet(ReportedOutcome())) == ()
