"""Posted results in the EU register's JSON: end points, flow, baseline, adverse events."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import (
    AdverseEvents,
    Baseline,
    BaselineCell,
    EventCount,
    Missingness,
    ParticipantFlow,
    Received,
    Record,
    ReportedOutcome,
    Trial,
    Value,
)
from trialweave.records.passages import locate
from trialweave.records.versions import admit
from trialweave.results import read_findings
from trialweave.sources import read_all
from trialweave.sources.europe._euctr_codes import arm_role, dispersion, organ_system, parameter

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "europe" / "euctr_results.json"


def loaded() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(FIXTURE.read_bytes())
    return record


def held(record: dict[str, Any]) -> tuple[Received, Record]:
    received = Received("x", json.dumps(record).encode())
    result = read_all(received)
    assert result.problems == ()
    (made,) = admit(result.drafts, {}, received, dt.datetime(2033, 1, 1, tzinfo=dt.UTC))
    return received, made


def trial(record: dict[str, Any] | None = None) -> Trial:
    _, made = held(record or loaded())
    assert made.trial is not None
    return made.trial


def outcomes(body: Trial) -> tuple[ReportedOutcome, ...]:
    return body.results.content or ()


def test_arms_and_who_is_masked() -> None:
    body = trial()
    arms = body.arms.content or ()
    assert [(arm.label.content, arm.type.content, arm.size.content) for arm in arms] == [
        ("Cells", "experimental", 21),
        ("Saline", "placebo comparator", 19),
    ]
    assert [who.content for who in body.who_masked.content or ()] == [
        "participant",
        "outcomes assessor",
    ]
    assert body.enrollment.content == 44  # planned; who took part stands apart
    others = {item.label: item.value.content for item in body.other}
    assert others["took part, all countries"] == "40"
    assert (others["took part, adults"], others["took part, adolescents"]) == ("38", "0")
    (reference,) = body.references.content or ()
    assert reference.pmid.content == "99000077"
    assert body.limitations.content == "Stopped early for want of cells."


def test_counted_end_point_with_its_analysis() -> None:
    death = outcomes(trial())[0]
    assert (death.type.content, death.parameter.content) == ("primary", "Count of Participants")
    assert [(a.label, a.role, a.category, a.events.content, a.n.content) for a in death.arms] == [
        ("Cells", "treatment", "", 3, 21),
        ("Saline", "control", "", 5, 19),
    ]
    (analysis,) = death.analyses
    assert analysis.groups == ("Cells", "Saline")
    assert (analysis.method.content, analysis.p_value.content) == ("fisher exact", "<0.001")
    assert (analysis.parameter.content, analysis.estimate.content) == ("risk ratio", "0.54")
    assert (analysis.lower.content, analysis.level.content) == ("0.15", "95")


def test_a_category_is_of_the_number_that_its_name_tells() -> None:
    young, old, _, also_old = outcomes(trial())[1].arms
    assert (young.percent.content, young.n.content) == ("50.0", 12)
    # "Old (n=9)" tells one number for two groups: nobody knows what the percentages are of
    for cell in (old, also_old):
        assert cell.n.missingness is Missingness.UNREADABLE
        assert cell.percent.missingness is Missingness.UNREADABLE
    assert old.percent.raw == "33.3"


def test_a_category_without_a_number_is_of_all_analysed() -> None:
    record = loaded()
    for category in record["endPoints"]["endPoint"][1]["categories"]["category"]:
        category["name"] = category["name"].partition(" (")[0]
    cells = outcomes(trial(record))[1].arms
    assert [cell.n.content for cell in cells] == [21, 21, 19, 19]


def test_sets_of_subjects_and_intervals() -> None:
    (cell,) = outcomes(trial())[2].arms
    assert (cell.label, cell.role, cell.n.content) == ("Per protocol", "unknown", 30)
    assert (cell.number.content, cell.dispersion_type) == (9.5, "90% CI")
    assert (cell.lower.content, cell.upper.content) == (8.0, 11.0)


def test_flow() -> None:
    told = trial().participant_flow.content
    assert isinstance(told, ParticipantFlow)
    rows = [row.content for row in told.rows]
    assert [
        (row.name, row.reason, [(c.group, c.count) for c in row.counts]) for row in rows if row
    ] == [
        ("started", False, [(0, 21), (1, 19)]),
        ("Second dose", False, [(0, 20), (1, 19)]),
        ("completed", False, [(0, 17), (1, 14)]),
        ("Death", True, [(0, 3), (1, 5)]),
        ("consent withdrawn", True, [(0, 1)]),
    ]


def test_baseline() -> None:
    told = trial().baseline.content
    assert isinstance(told, Baseline)
    assert [(g.label.content, g.role, g.size.content) for g in told.groups] == [
        ("Cells", "treatment", 21),
        ("Saline", "control", 19),
        ("Total", "total", None),
    ]
    age, sex, oxygen = told.measures  # what has no figures is left out
    assert (age.kind, age.dispersion_type) == ("mean", "SD")
    assert age.rows[0].content is not None
    assert age.rows[0].content.cells[0] == BaselineCell(0, "48.40", "9.1", n=21)
    assert sex.kind == "events"
    assert sex.rows[1].content is not None
    assert [(c.group, c.value) for c in sex.rows[1].content.cells] == [
        (0, "13"),
        (1, "10"),
        (2, "23"),
    ]
    assert oxygen.rows[0].content is not None
    assert oxygen.rows[0].content.cells == (BaselineCell(0, "6", "", "4", "9", 21),)


def test_adverse_events() -> None:
    body = trial()
    told = body.adverse_events.content
    assert isinstance(told, AdverseEvents)
    assert [(g.label.content, g.role) for g in told.groups] == [
        ("Saline", "control"),
        ("Cells", "treatment"),
    ]
    sepsis, fever = [row.content for row in told.rows.content or ()]
    assert sepsis is not None
    assert fever is not None
    assert sepsis.organ_system == "Infections and infestations"
    assert (sepsis.vocabulary, sepsis.assessment) == ("MedDRA 24.0", "systematic")
    assert sepsis.counts == (EventCount(0, 6, 19, 7), EventCount(1, 4, 21, 4))
    assert fever.organ_system == "EUTCT 999"
    assert fever.counts == (EventCount(1, 7, 21, Missingness.UNREADABLE),)
    deaths = outcomes(body)[3]
    assert deaths.type.content == "mortality"
    assert [(a.role, a.events.content, a.n.content) for a in deaths.arms] == [
        ("control", 5, 19),
        ("treatment", 3, 21),
    ]


def test_findings_are_read_like_any_other() -> None:
    _, made = held(loaded())
    found = {finding.outcome: finding for finding in read_findings(made)}
    death = found["Death from any cause"]
    assert (death.family, death.kind) == ("mortality", "count")
    assert [(arm.events, arm.n) for arm in death.arms] == [(3, 21), (5, 19)]
    assert death.effect is not None
    assert (death.effect.measure, death.effect.estimate) == ("RR", "0.54")
    young = found["Response: Young (n = 12, 11)"]
    assert [(arm.events, arm.n) for arm in young.arms] == [(6, 12), (3, 11)]
    assert "Response: Old (n=9)" not in found


def test_every_passage_leads_somewhere() -> None:
    received, made = held(loaded())

    def walk(item: Any) -> int:
        if isinstance(item, Value):
            if item.passage is not None:
                assert locate(received, made, item.passage).match
            return (item.passage is not None) + walk(item.content)
        if isinstance(item, tuple):
            return sum(map(walk, item))
        if hasattr(item, "__struct_fields__") and not hasattr(item, "precision"):
            return sum(walk(getattr(item, name)) for name in item.__struct_fields__)
        return 0

    assert walk(made.trial) > 100


def test_without_results_nothing_is_claimed() -> None:
    record = {k: v for k, v in loaded().items() if k[1:2].isdigit() or k.startswith("f4")}
    body = trial(record)
    for name in ("results", "participant_flow", "baseline", "adverse_events", "arms"):
        assert getattr(body, name) == Value(), name


@pytest.mark.parametrize("junk", ["", [], {}, 7, None, [None, "x", 3], {"a": {"a": "b"}}])
@pytest.mark.parametrize(
    "table", ["subjectDisposition", "baselineCharacteristics", "endPoints", "adverseEvents"]
)
def test_tables_of_another_type(table: str, junk: Any) -> None:
    record = loaded() | {table: junk}
    result = read_all(Received("x", json.dumps(record).encode()))
    assert len(result.drafts) + len(result.problems) == 1


def test_words_of_codes() -> None:
    assert parameter("MEASURE_TYPE.arithmetic") == "Mean"
    assert parameter("MEASURE_TYPE.newKind") is None
    assert dispersion("DISPERSION.standardError", "") == "SE"
    assert dispersion("ENDPOINT_DISPERSION.na", "") == ""
    assert organ_system("100000004849") == "Cardiac disorders"
    assert arm_role("ARM_TYPE.activeComp") == "control"
    assert arm_role("ARM_TYPE.other") == "unknown"


@pytest.mark.shared
def test_a_real_record(shared: Path) -> None:
    path = shared / "data" / "registries" / "euctr" / "2016-004489-24-DE.json"
    (draft,) = read_all(Received("x", path.read_bytes())).drafts
    body = draft.body
    assert isinstance(body, Trial)
    received = json.loads(path.read_bytes())
    told = body.adverse_events.content
    assert told is not None
    listed = received["adverseEvents"]
    terms = (
        listed["seriousAdverseEvents"]["seriousAdverseEvent"]
        + listed["nonSeriousAdverseEvents"]["nonSeriousAdverseEvent"]
    )
    rows = [row.content for row in told.rows.content or ()]
    assert [row.term for row in rows if row] == [term["term"] for term in terms]
    assert all(not row.organ_system.startswith("EUTCT") for row in rows if row)
    assert len(outcomes(body)) == len(received["endPoints"]["endPoint"]) + 3
