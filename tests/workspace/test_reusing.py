"""Shared text and figures through the whole house: workspace, terminal, API, page."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from trialweave.appraisal.reuse import appraise_reuse
from trialweave.errors import NotFound
from trialweave.faces.cli import run
from trialweave.faces.server import create_app
from trialweave.model import Link
from trialweave.pipeline.reusing import _between
from trialweave.studies._sharing import Pair, Shared
from trialweave.workspace import Workspace

TEXT = (
    "Lamp oil calms the night fever of old sailors in a way that nobody has explained so far. "
    "Earlier voyages suggest that two spoons in the evening suffice when the wind blows from the "
    "north. The oil is pressed cold from the seeds of the tall reed and kept in dark bottles. "
    "Every sailor writes down the hours of sleep, and a mate counts the coughs before the watch "
    "begins. After three weeks the captain compares both groups without knowing the bottles."
)
TABLE = [("52.31", "11.24", "47.85", "10.96"), ("312.4", "45.27", "298.6", "44.91")]


def registration(number: str, sponsor: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    on = more.pop("on", "2020-01-01")
    made: dict[str, Any] = {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"The trial {number[-2:]}"},
            "statusModule": {"lastUpdatePostDateStruct": {"date": on}},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": sponsor}},
            "descriptionModule": {"detailedDescription": text},
        }
    }
    if more.pop("results", False):
        made["hasResults"] = True
        made["resultsSection"] = {"outcomeMeasuresModule": {"outcomeMeasures": measures()}}
    return made


def measures() -> list[dict[str, Any]]:
    groups = [{"id": "OG000", "title": "Oil"}, {"id": "OG001", "title": "Control"}]
    found = []
    for title, row in zip(("Sleep", "Coughs"), TABLE, strict=True):
        cells = [
            {"groupId": "OG000", "value": row[0], "spread": row[1]},
            {"groupId": "OG001", "value": row[2], "spread": row[3]},
        ]
        sizes = [{"groupId": group["id"], "value": "31"} for group in groups]
        found.append(
            {
                "type": "PRIMARY",
                "title": title,
                "paramType": "MEAN",
                "dispersionType": "STANDARD_DEVIATION",
                "groups": groups,
                "denoms": [{"units": "Participants", "counts": sizes}],
                "classes": [{"categories": [{"measurements": cells}]}],
            }
        )
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("reuse")
    records = {
        "one": registration("NCT09000001", "Amber Bay Hospital", results=True),
        "one-later": registration(
            "NCT09000001", "Amber Bay Hospital", results=True, on="2021-01-01"
        ),
        "other": registration("NCT09000002", "Corvel Institute", f"In brief. {TEXT}", results=True),
        "third": registration("NCT09000003", "Amber Bay Hospital", f"{TEXT} And so on."),
        "none": registration("NCT09000004", "Zorho Clinic", "Something else altogether."),
    }
    for name, record in records.items():
        (folder / f"{name}.json").write_text(json.dumps(record))
    held = Workspace(folder / "w")
    held.add([folder / f"{name}.json" for name in records])
    return held


def test_pairs_with_and_without_an_explanation(workspace: Workspace) -> None:
    view = workspace.reuse()
    pairs = {(row.reuse.kind, row.a.study_id, row.b.study_id) for row in view.rows}
    assert pairs == {
        ("results", "NCT09000001", "NCT09000002"),
        ("text", "NCT09000001", "NCT09000002"),
        ("text", "NCT09000002", "NCT09000003"),
    }
    assert (view.total, view.by_kind) == (3, {"text": 3, "results": 1})
    assert view.by_relation == {"different institutions": 3, "same institution": 1}
    every = workspace.reuse(explained=True)
    assert [row.explained for row in every.rows] == [False, False, False, True]
    assert workspace.reuse("NCT09000004", explained=True).total == 0
    with pytest.raises(NotFound):
        workspace.reuse(kind="pictures")
    with pytest.raises(NotFound):
        workspace.reuse("NCT09999999")


def test_of_a_study_its_own_side_comes_first_and_spans_are_its_own(workspace: Workspace) -> None:
    for number in ("NCT09000001", "NCT09000002"):
        (row,) = workspace.reuse(number, kind="text").rows[:1]
        assert row.a.study_id == number
        (text,) = row.reuse.texts[:1]
        for piece, side in ((text.a, row.a), (text.b, row.b)):
            assert piece.passage is not None
            told = workspace.document(
                side.record_id,
                start=piece.passage.start,
                end=piece.passage.end,
                path=piece.passage.path,
            )
            assert told.text[told.start : told.end] == piece.text == TEXT.rstrip(".")


def test_figures_stand_with_their_findings(workspace: Workspace) -> None:
    (row,) = workspace.reuse(kind="results").rows
    assert {each.shown for each in row.reuse.figures} == {
        "52.31 (SD 11.24)",
        "47.85 (SD 10.96)",
        "312.4 (SD 45.27)",
        "298.6 (SD 44.91)",
    }
    held = {each.finding_id for each in workspace.show("NCT09000002").findings}
    assert {each.finding_b for each in row.reuse.figures} <= held


def test_checks_are_notes_and_only_of_what_nothing_explains(workspace: Workspace) -> None:
    view = workspace.check("NCT09000002")
    told = [check for check in view.checks if check.rule.endswith("-reuse")]
    assert sorted((check.rule, check.verdict) for check in told) == [
        ("results-reuse", "note"),
        ("text-reuse", "note"),
        ("text-reuse", "note"),
    ]
    assert all(check.record_id == "ctgov:NCT09000002" and check.innocent for check in told)
    assert len({check.check_id for check in told}) == 3
    assert workspace.status().flags == 0
    only = appraise_reuse([row.reuse for row in workspace.reuse().rows], only={"results-reuse"})
    assert {check.rule for check in only} == {"results-reuse"}
    with pytest.raises(ValueError, match="no check is called"):
        appraise_reuse([], only={"p-value"})


def test_later_records_are_compared_with_earlier_ones(workspace: Workspace, tmp_path: Path) -> None:
    late = registration("NCT09000005", "Dunmor Hospice", TEXT)
    (tmp_path / "late.json").write_text(json.dumps(late))
    before = workspace.reuse().total
    shutil.copytree(workspace.root, tmp_path / "w")
    workspace = Workspace(tmp_path / "w")
    workspace.add([tmp_path / "late.json"])
    assert {row.b.study_id for row in workspace.reuse("NCT09000005").rows} == {
        "NCT09000001",
        "NCT09000002",
        "NCT09000003",
    }
    assert workspace.reuse().total == before + 3


def test_links_between_two_studies_are_found_in_either_direction() -> None:
    shared = Shared((Pair(0, 1, 3),), np.empty(0, np.uint64))
    links = [
        Link(*ends, "candidate", "same trial", 0.6, (), "test/1")
        for ends in (("a", "b"), ("b", "a"), ("a", "c"), ("a", "elsewhere"))
    ]
    held = _between(links, {"a": 0, "b": 1, "c": 2}, (shared,))
    assert held == {(0, 1): links[:2]}


def test_terminal(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(workspace.root)]
    assert run(["reuse", *at]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "3 pairs of studies" in told
    assert "words stand in both" in told
    assert "same institution (1)" in told
    assert run(["reuse", "NCT09000002", "--all", *at]) == 0
    assert "detailed_description from 10" in " ".join(capsys.readouterr().out.split())
    assert run(["reuse", "--limit", "1", *at]) == 0
    assert "--offset 1" in capsys.readouterr().out
    assert run(["reuse", "--offset", "9", *at]) == 0
    assert "none is left" in capsys.readouterr().out
    assert run(["reuse", "--kind", "results", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 1


def test_api_and_page(workspace: Workspace) -> None:
    async def ask() -> list[httpx.Response]:
        over = httpx.ASGITransport(app=create_app(workspace))
        async with httpx.AsyncClient(transport=over, base_url="http://127.0.0.1") as client:
            return [
                await client.get(
                    "/api/v1/reuse", params={"study": "NCT09000001", "explained": True}
                ),
                await client.get("/api/v1/reuse", params={"kind": "pictures"}),
                await client.get("/study/NCT09000002"),
                await client.get("/study/NCT09000004"),
            ]

    answer, refused, page, plain = asyncio.run(ask())
    assert [row["b"]["study_id"] for row in answer.json()["rows"]] == [
        "NCT09000002",
        "NCT09000002",
        "NCT09000003",
    ]
    assert refused.status_code == 404
    assert "Shared with other studies" in page.text
    assert "detailed_description from 10" in page.text
    assert "Shared with other studies" not in plain.text
