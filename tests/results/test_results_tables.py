"""Findings out of posted results tables and extraction sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

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
from trialweave.sources.ctgov.results_tables import field_of

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


def test_a_part_of_the_patients_gets_no_size_of_the_whole_group(sheet: Sheet) -> None:
    """Neither a row of one kind of patients, nor a row about eyes, nor a named population."""
    whole = ReportedOutcome(
        title=said("Death"),
        arms=(arm("cells", "treatment", events=2, n=20), arm("saline", "control", events=5, n=20)),
    )
    by_kind = ReportedOutcome(
        title=said("Discharged"),
        arms=tuple(
            arm(label, role, category=kind, percent="25")
            for kind in ("Men", "Women")
            for label, role in (("cells", "treatment"), ("saline", "control"))
        ),
    )
    eyes = Value[int](None, Missingness.NOT_APPLICABLE, None, "test/1")
    of_eyes = ReportedOutcome(
        title=said("Cure"),
        arms=(ReportedArm(label="cells", role="treatment", percent=said("25"), n=eyes),),
    )
    named = ReportedOutcome(
        title=said("Recovery"),
        population=said("those ventilated"),
        arms=(arm("cells", "treatment", percent="25"),),
    )
    plain = ReportedOutcome(title=said("Fever"), arms=(arm("cells", "treatment", percent="25"),))
    again = msgspec.structs.replace(whole, title=said("Stroke"))
    findings = read_findings(sheet(whole, again, by_kind, of_eyes, named, plain))
    *parts, last = findings[2:]
    assert len(parts) == 4
    assert {(a.n, a.events) for finding in parts for a in finding.arms} == {(None, None)}
    assert (last.arms[0].n, last.arms[0].events) == (20, 5)  # of everybody it is still worked out


def test_sizes_of_a_part_do_not_become_those_of_the_group(sheet: Sheet) -> None:
    by_kind = ReportedOutcome(
        title=said("Discharged"),
        arms=tuple(
            arm("cells", "treatment", category=kind, events=3, n=8) for kind in ("Men", "Women")
        ),
    )
    plain = ReportedOutcome(title=said("Fever"), arms=(arm("cells", "treatment", percent="25"),))
    last = read_findings(sheet(by_kind, plain))[-1]
    assert (last.arms[0].n, last.arms[0].events) == (None, None)


def test_a_row_that_states_its_own_sizes_does_not_have_the_table_s(sheet: Sheet) -> None:
    def told(category: str) -> list[tuple[int | None, int | None]]:
        arms = tuple(
            arm(label, role, category=category, percent="25", n=n)
            for label, role, n in (("cells", "treatment", 20), ("saline", "control", 24))
        )
        (finding,) = read_findings(sheet(ReportedOutcome(title=said("Death"), arms=arms)))
        return [(a.n, a.events) for a in finding.arms]

    assert told("Ventilated (n=8, 12)") == [(None, None), (None, None)]
    assert told("Everybody (n = 20; n = 24)") == [(20, 5), (24, 6)]
    assert told("Everybody (N=44)") == [(20, 5), (24, 6)]


def test_an_outcome_counted_in_parts_is_not_the_outcome(sheet: Sheet) -> None:
    def families(*categories: str) -> list[str]:
        arms = tuple(arm("cells", category=category, events=2, n=20) for category in categories)
        return [f.family for f in read_findings(sheet(ReportedOutcome(said("Status"), arms=arms)))]

    assert families("Severe: Death", "Moderate: Death") == ["", ""]
    assert families("Total: Death", "Severe: Death", "Moderate: Death") == ["mortality", "", ""]
    assert families("Day 7: Death", "Month 3 after infusion: Death") == ["mortality", "mortality"]
    assert families("Outcome: Death", "Outcome: Discharge")[0] == "mortality"


@pytest.mark.parametrize(
    ("parameter", "unit", "number", "told"),
    [
        ("Number", "percentage of participants", 25.0, ("25", 5)),
        ("Least Squares Mean", "percentage of participants", 25.0, ("", None)),
        ("Geometric Mean", "Percent of patients", 25.0, ("", None)),
        ("Number", "participants per 100 persons", 25.0, ("", None)),
        ("Number", "Percentage of participants with a response", 25.0, ("", None)),
        ("Number", "proportion of participants", 1.0, ("", None)),
        ("Number", "participants", 5.0, ("", 5)),
    ],
)
def test_only_a_share_or_a_number_of_persons_is_one(
    sheet: Sheet, parameter: str, unit: str, number: float, told: tuple[str, int | None]
) -> None:
    """A mean, a model's estimate, a rate and a proportion are turned into no count."""
    cell = arm("cells", "treatment", number=number, n=20)
    analysis = ReportedAnalysis(p_value=said("0.04"))  # so that the outcome is told in any case
    outcome = ReportedOutcome(
        title=said("Response"), parameter=said(parameter), unit=said(unit), arms=(cell,),
        analyses=(analysis,),
    )  # fmt: skip
    (finding,) = read_findings(sheet(outcome))
    assert (finding.arms[0].percent, finding.arms[0].events) == told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("SD", {"sd": 2.4, "sd_printed": "2.40"}),
        ("Standard Deviation", {"sd": 2.4, "sd_printed": "2.40"}),
        ("SE", {"se": 2.4, "se_printed": "2.40"}),
        ("geometric CV", {}),
        ("", {}),
    ],
)
def test_a_spread_is_only_what_the_record_says(
    sheet: Sheet, kind: str, told: dict[str, Any]
) -> None:
    cell = ReportedArm(
        label="cells", n=said(20), dispersion_type=kind,
        mean=stated(-10.5, "test/1", path="results", raw="\u221210.50"),
        dispersion=stated(2.4, "test/1", path="results", raw="2.40"),
    )  # fmt: skip
    outcome = ReportedOutcome(
        title=said("Change From Baseline in Score"), unit=said("points"), arms=(cell,)
    )
    (finding,) = read_findings(sheet(outcome))
    (got,) = finding.arms
    spreads = {name: getattr(got, name) for name in ("sd", "se", "sd_printed", "se_printed")}
    assert {name: value for name, value in spreads.items() if value} == told
    assert (got.mean, got.mean_printed) == (-10.5, "-10.50")
    assert (finding.unit, finding.change) == ("points", True)


@pytest.mark.parametrize(
    ("kind", "limits"),
    [("95% CI", "CI"), ("IQR", "IQR"), ("range", "range"), ("Full Range", "range"), ("SD", "")],
)
def test_what_the_limits_are(sheet: Sheet, kind: str, limits: str) -> None:
    values = {"median": said(5.0), "lower": said(2.0), "upper": said(9.0)}
    cell = ReportedArm(label="cells", dispersion_type=kind, **values)
    (finding,) = read_findings(sheet(ReportedOutcome(title=said("Stay"), arms=(cell,))))
    assert (finding.arms[0].limits, finding.arms[0].median) == (limits, 5.0)
    assert (finding.change, finding.arms[0].mean_printed) == (False, "")


@pytest.mark.parametrize(
    ("title", "change"),
    [
        ("Change in CRP", True), ("Mean change of the score at week 4", True),
        ("Percent Change From Baseline", True), ("Time to change of treatment", False),
        ("CRP at week 4", False), ("Changed dressings", False),
    ],
)  # fmt: skip
def test_changes_by_their_title(sheet: Sheet, title: str, change: bool) -> None:
    cell = ReportedArm(label="cells", mean=said(5.0))
    (finding,) = read_findings(sheet(ReportedOutcome(title=said(title), arms=(cell,))))
    assert finding.change is change


@pytest.mark.parametrize(
    ("title", "events"),
    [
        ("Percentage of Participants With a Response", None),
        ("Proportion of patients who recovered", None),
        ("Number and Percentage of Participants With a Response", 5),
        ("Participants With a Response", 5),
    ],
)
def test_participants_under_the_title_of_a_share_are_no_count(
    sheet: Sheet, title: str, events: int | None
) -> None:
    outcome = ReportedOutcome(
        title=said(title), parameter=said("Number"), unit=said("participants"),
        arms=(arm("cells", "treatment", number=5.0, n=20),),
        analyses=(ReportedAnalysis(p_value=said("0.04")),),
    )  # fmt: skip
    (finding,) = read_findings(sheet(outcome))
    assert finding.arms[0].events == events


def test_the_field_of_a_figure_by_parameter_unit_and_title() -> None:
    share = "Percentage of Participants With a Response"
    assert field_of("Number", "participants", share) == "number"
    assert field_of("Number", "participants", "Participants With a Response") == "events"
    assert field_of("Number", "participants", "Number and Percentage of Participants") == "events"
    assert field_of("Count of Participants", "Participants", share) == "events"
    assert field_of("Number", "percentage of participants", share) == "percent"
