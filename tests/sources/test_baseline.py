"""Baseline characteristics out of posted results: as printed, and never taken for an outcome."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.model import (
    Baseline,
    BaselineCell,
    Characteristic,
    Missingness,
    Received,
    Record,
    Trial,
    Value,
)
from trialweave.records.posted import rows
from trialweave.results import read_findings
from trialweave.sources import read_all

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "agreement"
FORMS = ["v2.json", "classic.json", "legacy.xml"]


def read(data: bytes) -> Trial:
    (draft,) = read_all(Received("x", data)).drafts
    assert isinstance(draft.body, Trial)
    return draft.body


def start(trial: Trial) -> Baseline:
    assert trial.baseline.content is not None
    return trial.baseline.content


@pytest.fixture
def record() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FIXTURES / "v2.json").read_bytes())
    return loaded


def first(record: dict[str, Any]) -> Characteristic:
    return start(read(json.dumps(record).encode())).measures[0]


def cells(measure: Characteristic, row: int = 0) -> tuple[BaselineCell, ...]:
    content = measure.rows[row].content
    assert content is not None
    return content.cells


@pytest.mark.parametrize("form", FORMS)
def test_groups_and_figures(form: str) -> None:
    told = start(read((FIXTURES / form).read_bytes()))
    assert [(g.label.content, g.role, g.size.content) for g in told.groups] == [
        ("Cells", "treatment", 21),
        ("Saline", "control", 19),
        ("Total", "total", 40),
    ]
    weight, oxygen, sex = told.measures
    assert (weight.kind, weight.dispersion_type, weight.unit.content) == ("mean", "SD", "kg")
    # digits as printed: 70.10 is not 70.1; of the class's 20, not of all 21
    assert cells(weight)[0] == BaselineCell(0, "70.10", "9.2", n=20)
    assert (oxygen.kind, oxygen.dispersion_type) == ("median", "IQR")
    assert cells(oxygen) == (
        BaselineCell(0, "6", "", "4", "9", 21),  # of the whole table, having no number of its own
        BaselineCell(1, "NA", n=19),
    )
    assert sex.kind == "events"
    assert [row.content.category for row in sex.rows if row.content] == ["Female", "Male"]
    assert [cell.value for cell in cells(sex, 1)] == ["13", "10", "23"]


def test_rows_stand_where_they_say() -> None:
    text = (FIXTURES / "legacy.xml").read_bytes().decode()
    for measure in start(read(text.encode())).measures:
        for row in measure.rows:
            assert row.passage is not None
            assert row.content is not None
            told = text[row.passage.start : row.passage.end]
            assert told.startswith("<category>")
            assert all(f'value="{cell.value}"' in told for cell in row.content.cells)


def test_figures_about_other_units_have_no_participants(record: dict[str, Any]) -> None:
    module = record["resultsSection"]["baselineCharacteristicsModule"]
    module["typeUnitsAnalyzed"] = "eyes"
    module["denoms"].append({"units": "eyes", "counts": [{"groupId": "BG000", "value": "42"}]})
    module["measures"][0]["denomUnitsSelected"] = "eyes"
    told = start(read(json.dumps(record).encode()))
    assert told.unit.content == "eyes"
    assert (told.groups[0].size.content, told.groups[0].units.content) == (21, 42)
    assert cells(told.measures[0])[0].n is Missingness.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("parameter", "unit", "kind"),
    [
        ("COUNT_OF_PARTICIPANTS", "Participants", "events"),
        ("NUMBER", "participants", "events"),
        ("NUMBER", "percentage of participants", "percent"),
        ("MEAN", "years", "mean"),
        ("GEOMETRIC_MEAN", "years", "number"),
        ("SOMETHING_NEW", "years", "number"),
    ],
)
def test_what_kind_of_figure_it_is(
    record: dict[str, Any], parameter: str, unit: str, kind: str
) -> None:
    measures = record["resultsSection"]["baselineCharacteristicsModule"]["measures"]
    measures[0] |= {"paramType": parameter, "unitOfMeasure": unit}
    assert first(record).kind == kind


@pytest.mark.parametrize("form", FORMS)
def test_no_finding_comes_from_a_baseline(form: str) -> None:
    trial = read((FIXTURES / form).read_bytes())

    def findings(body: Trial) -> list[Any]:
        at = dt.datetime(2033, 1, 1, tzinfo=dt.UTC)
        held = Record("s:a", 1, "ctgov", "a", "trial", "d", "h", 0, 1, "n", at, trial=body)
        return [msgspec.to_builtins(finding) for finding in read_findings(held)]

    bare = msgspec.structs.replace(
        trial, baseline=Value(), participant_flow=Value(), adverse_events=Value()
    )
    assert findings(trial) == findings(bare)
    assert len(findings(trial)) == 4  # the outcome, and three totals


def test_told_row_by_row() -> None:
    told = dict(rows(read((FIXTURES / "v2.json").read_bytes()), "baseline", whole=False))
    assert told["baseline[0]"].content == "population: All who were randomized"
    assert told["baseline[1]"].content == "Cells: 21"
    assert told["baseline[4]"].content == (
        "Weight (mean, SD, kg): Cells 70.10 (9.2), n = 20; Saline 68.5 (10), n = 19; "
        "Total 69.3 (9.6), n = 39"
    )
    assert told["baseline[6]"].content == (
        "Sex: Female, Male: Female: Cells 8 of 21; Saline 9 of 19; Total 17 of 40"
    )
