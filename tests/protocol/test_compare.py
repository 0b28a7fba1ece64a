"""Studies side by side, their schedules, and the evidence map; all records are invented."""

from __future__ import annotations

import datetime as dt
from typing import Any

from trialweave.model import Arm, Intervention, Outcome, Record, Study, Trial, Value, stated
from trialweave.protocol.compare import Described, compare, design_of, evidence_map
from trialweave.protocol.timeline import timeline


def said(content: Any) -> Value[Any]:
    return stated(content, "t/1")


def described(number: str, trial: Trial) -> Described:
    record = Record(
        record_id=f"t:{number}", version=1, source="t", identifier=number, kind="trial", digest="",
        sha256="", start=0, end=0, name="", received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        trial=trial,
    )  # fmt: skip
    return Described(Study(number, f"Study {number}", (record.record_id,), ()), [record])


def outcome(measure: str, frame: str) -> Outcome:
    return Outcome(measure=said(measure), time_frame=said(frame))


CELLS = Trial(
    interventions=said(
        (
            Intervention(
                name=said("UC-MSC"),
                description=said("2 x 106 cells/kg IV on days 0 and 3"),
                arm_labels=said(("Cells",)),
            ),
            Intervention(name=said("Placebo"), arm_labels=said(("Placebo",))),
        )
    ),
    arms=said(
        (
            Arm(label=said("Cells"), type=said("experimental")),
            Arm(label=said("Placebo"), type=said("placebo comparator")),
        )
    ),
    study_type=said("interventional"),
    allocation=said("randomised"),
    masking=said("double"),
    enrollment=said(40),
    sex=said("all"),
    primary_outcomes=said((outcome("All-cause mortality", "28 days"), outcome("Rash", ""))),
)
VESICLES = Trial(
    interventions=said(
        (
            Intervention(
                name=said("Exosomes"),
                description=said(
                    "140 mg inhaled once daily for 5 days, reckoned for a weight of 70 kg"
                ),
            ),
        )
    ),
    intervention_model=said("single group"),
    study_type=said("interventional"),
    sex=said("all"),
    primary_outcomes=said((outcome("Death", "day 28"), outcome("Mortality", "day 90"))),
)
SILENT = Trial(allocation=said("randomised"))


def rows(*trials: Trial) -> dict[str, Any]:
    told = compare([described(str(at), trial) for at, trial in enumerate(trials)])
    return {row.concept: row for row in told.rows}


def test_a_row_differs_where_two_studies_state_different_things() -> None:
    told = rows(CELLS, VESICLES)
    assert told["kind"].differs is True
    assert told["sex"].differs is False
    assert told["cell_source"].differs is None  # the second states none
    assert [one.text for one in told["kind"].cells[1].stated] == ["vesicles"]


def test_what_nobody_states_is_unknown() -> None:
    told = rows(CELLS, SILENT)
    assert told["allocation"].differs is False
    assert told["masking"].differs is None
    assert told["dose"].cells[1].stated == ()


def test_a_cell_has_its_address_and_repairs() -> None:
    (dose,) = rows(CELLS)["dose"].cells[0].stated
    assert (dose.text, dose.address, dose.note, dose.record_id) == (
        "2e6 cells/kg", "interventions[0].description", "superscript repaired", "t:0",
    )  # fmt: skip


def test_doses_on_common_scales_or_why_not() -> None:
    told = rows(CELLS, VESICLES)
    (per_dose,) = told["dose_per_dose"].cells[0].stated
    assert (per_dose.text, per_dose.key) == ("unknown", "")
    assert "no weight is stated" in per_dose.note
    (per_kg,) = told["dose_per_kg"].cells[1].stated
    assert (per_kg.text, per_kg.note) == ("2 mg/kg", "per kg at the stated weight of 70 kg")
    assert told["dose_total"].cells[1].stated[0].text == "700 mg"


def test_comparator_arms_and_time_points() -> None:
    told = rows(CELLS, VESICLES)
    assert [one.text for one in told["comparator"].cells[0].stated] == ["Placebo"]
    assert told["arms"].cells[0].stated[0].text == "2: Cells, Placebo"
    assert [one.text for one in told["time_points"].cells[1].stated] == ["days 28", "days 90"]
    assert told["schedule"].cells[0].stated[0].text == "2 doses; days 0, 3"


def test_criteria_are_told_by_who_reads_them() -> None:
    studies = [described("a", CELLS), described("b", VESICLES)]
    told = compare(studies, criteria=lambda trial: {"severity": str(bool(trial.allocation))})
    (row,) = [row for row in told.rows if row.concept == "criteria: severity"]
    assert (row.differs, row.cells[0].stated[0].address) == (True, "eligibility_text")


def test_outcomes_that_meet() -> None:
    told = compare([described("a", CELLS), described("b", VESICLES)])
    assert [(pair.address_b, pair.verdict) for pair in told.outcomes] == [
        ("primary_outcomes[0]", "same"), ("primary_outcomes[1]", "other time"),
    ]  # fmt: skip
    assert (told.study_ids, told.titles) == (("a", "b"), ("Study a", "Study b"))


def test_timeline_by_arm() -> None:
    told = timeline(CELLS)
    cells, placebo, death, rash = told.lanes
    assert [(mark.kind, mark.start, mark.reckoned) for mark in cells.marks] == [
        ("dose", 0.0, False), ("dose", 3.0, False),
    ]  # fmt: skip
    assert (cells.label, cells.role) == ("Cells", "tested")
    assert (placebo.marks, placebo.untimed, placebo.role) == ((), ("Placebo",), "comparator")
    assert [(mark.kind, mark.start) for mark in death.marks] == [("measurement", 28.0)]
    assert rash.untimed == ("Rash",)
    assert (told.first, told.last) == (0.0, 28.0)


def given_as(description: str) -> list[tuple[str, float, float, bool]]:
    item = Intervention(name=said("MSC"), description=said(description))
    (lane,) = timeline(Trial(interventions=said((item,)))).lanes
    return [(mark.kind, mark.start, mark.end, mark.reckoned) for mark in lane.marks]


def test_days_that_are_reckoned_are_marked() -> None:
    assert given_as("3 infusions of 1e6 cells, every 2 weeks") == [
        ("dose", day, day, True) for day in (0.0, 14.0, 28.0)
    ]
    assert given_as("5 mg weekly for 3 weeks") == [
        ("dose", day, day, True) for day in (0.0, 7.0, 14.0)
    ]
    assert given_as("5 mg twice daily for 10 days") == [("treatment", 0.0, 9.0, True)]
    assert given_as("single dose of 5 mg") == [("dose", 0.0, 0.0, True)]
    assert given_as("8 mg for the first day then 4 mg daily for 5 days") == [
        ("treatment", 0.0, 0.0, True), ("treatment", 1.0, 5.0, True),
    ]  # fmt: skip
    assert given_as("5 mg") == []


def test_windows_and_events_are_marked() -> None:
    trial = Trial(
        primary_outcomes=said((outcome("Fever", "up to 9 days, 4 days after discharge"),))
    )
    (lane,) = timeline(trial).lanes
    assert [(mark.kind, mark.start, mark.end) for mark in lane.marks] == [
        ("observation", 0.0, 9.0), ("event", 4.0, 4.0),
    ]  # fmt: skip
    assert timeline(Trial()).lanes == ()


def test_evidence_map_leaves_no_study_out() -> None:
    studies = [described("a", CELLS), described("b", VESICLES), described("c", SILENT)]
    told = evidence_map(studies)
    assert [(one.product, one.outcome, one.design, one.study_ids) for one in told] == [
        ("cells", "mortality", "randomised, masked", ("a",)),
        ("cells", "other", "randomised, masked", ("a",)),
        ("not stated", "not stated", "randomised, masking not stated", ("c",)),
        ("vesicles", "mortality", "single group", ("b",)),
    ]


def test_designs() -> None:
    def design(**fields: str) -> str:
        return design_of(Trial(**{name: said(content) for name, content in fields.items()}))

    assert design(study_type="Observational") == "observational"
    assert design(allocation="randomised", masking="none") == "randomised, open"
    assert design(allocation="non-randomised") == "non-randomised"
    assert design(intervention_model="single arm", allocation="non-randomised") == "single group"
    assert design() == "not stated"


def test_nothing_to_compare() -> None:
    told = compare([])
    assert (told.study_ids, told.outcomes, all(row.differs is None for row in told.rows)) == (
        (), (), True,
    )  # fmt: skip
