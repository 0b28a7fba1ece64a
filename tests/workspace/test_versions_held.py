"""Versions through the whole house: what is kept, what changed when, and what held on a day."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NotFound, WorkspaceError
from trialweave.store import _merging, generations
from trialweave.workspace import Workspace

NUMBER = "NCT09000001"


def record(number: str = NUMBER, **said: Any) -> dict[str, Any]:
    """An invented registration as the register's interface gives it."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": number,
                "briefTitle": said.get("title", f"Lamp oil against night fever {number}"),
            },
            "statusModule": {
                "overallStatus": said.get("status", "RECRUITING"),
                "startDateStruct": {"date": "2020-06", "type": "ACTUAL"},
                "completionDateStruct": {"date": said.get("completion", "2021-03-31")},
                "lastUpdatePostDateStruct": {"date": said.get("on", "2020-05-01")},
            },
            "descriptionModule": {"briefSummary": said.get("summary", "First line.\nSecond.")},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "enrollmentInfo": {"count": said.get("size", 40), "type": "ESTIMATED"},
            },
            "outcomesModule": {
                "primaryOutcomes": [
                    {"measure": measure, "timeFrame": "28 days"}
                    for measure in said.get("outcomes", ("Death",))
                ]
            },
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": said.get("export", "2026-01-01")}},
    }


def add(
    workspace: Workspace, name: str, *records: dict[str, Any], indent: int | None = None
) -> int:
    """Add a file of these records; how many of them were new."""
    path = workspace.root.parent / name
    path.write_text(json.dumps({"studies": list(records), "totalCount": 9}, indent=indent))
    return workspace.add(path).new


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One trial in three versions, and another in one."""
    held = Workspace(tmp_path / "held")
    assert add(held, "first.json", record(), record("NCT09000002", on="2019-01-01")) == 2
    assert add(held, "third.json", record(on="2021-04-02", size=31, status="COMPLETED")) == 1
    second = record(on="2020-09-15", size=60, outcomes=("Hospital stay", "Death"))
    assert add(held, "second.json", second) == 1
    return held


def test_white_space_and_days_of_export_are_no_new_version(workspace: Workspace) -> None:
    before = workspace.status().generation
    again = record(summary="First line.\n\n  Second.", export="2026-02-02")
    assert add(workspace, "again.json", again, indent=2) == 0
    assert workspace.status().generation == before
    assert add(workspace, "other.json", record(summary="First line. Third.")) == 1


def test_history_tells_fields_and_when_they_changed(workspace: Workspace) -> None:
    (told,) = workspace.history(NUMBER).records
    assert [(v.version, v.valid_from.isoformat(), v.current) for v in told.versions] == [
        (1, "2020-05-01", False),
        (3, "2020-09-15", False),
        (2, "2021-04-02", True),
    ]
    first, second, third = told.versions
    assert first.changes == ()
    changed = {change.concept: change for change in second.changes}
    assert set(changed) == {"enrollment", "primary_outcomes"}
    assert (changed["enrollment"].before, changed["enrollment"].after) == ("40", "60")
    assert changed["primary_outcomes"].kind == "added"
    assert changed["primary_outcomes"].after == "Hospital stay; 28 days"
    assert changed["enrollment"].relative == (
        "after the start (2020-06)",
        "before the completion (2021-03-31)",
    )
    later = {change.concept: change for change in third.changes}
    assert set(later) == {"enrollment", "overall_status", "primary_outcomes"}
    assert later["overall_status"].relative == ()
    assert later["enrollment"].relative[1] == "after the completion (2021-03-31)"
    passage = later["enrollment"].passage_before
    assert passage is not None
    shown = workspace.document(told.record_id, version=3, path=passage.path)
    assert shown.text[shown.start : shown.end] == "60"


def test_a_record_can_be_asked_for_alone(workspace: Workspace) -> None:
    (told,) = workspace.history(f"ctgov:{NUMBER}").records
    assert told.record_id == f"ctgov:{NUMBER}"
    with pytest.raises(NotFound):
        workspace.history("NCT09999999")


@pytest.mark.parametrize(
    ("day", "size", "versions"),
    [
        ("2020-05-01", "40", 1),
        ("2020-09-14", "40", 1),
        ("2020-09-15", "60", 2),
        ("2021-04-02", "31", 3),
    ],
)
def test_every_query_answers_as_of_a_day(
    workspace: Workspace, day: str, size: str, versions: int
) -> None:
    then = workspace.as_of(dt.date.fromisoformat(day))
    assert then.search("lamp").total == 2
    assert next(hit.enrollment for hit in then.search(NUMBER).hits) == size
    (entry,) = then.why(NUMBER, "enrollment").entries
    assert entry.text == size
    row = next(row for row in then.show(NUMBER).concepts if row.concept == "enrollment")
    assert [cell.text for cell in row.cells] == [size]
    later = dt.date.fromisoformat(day) < dt.date(2020, 9, 15)
    assert len(then.history(NUMBER).records[0].versions) == (
        1 if later else 2 if size == "60" else 3
    )
    assert then.status().records == 2


def test_before_anything_held_there_is_nothing(workspace: Workspace) -> None:
    assert workspace.as_of(dt.date(2019, 6, 1)).status().records == 1
    with pytest.raises(NotFound):
        workspace.as_of(dt.date(2019, 6, 1)).show(NUMBER)
    with pytest.raises(NotFound, match="no record here is known to have held"):
        workspace.as_of(dt.date(2018, 12, 31)).search("lamp")
    then = workspace.as_of(dt.date(2020, 6, 1))
    for change in (lambda: then.add("x"), lambda: then.fetch("lamp"), then.update, then.rebuild):
        with pytest.raises(WorkspaceError, match="earlier day"):
            change()


def test_states_of_days_are_kept_while_their_generation_is(workspace: Workspace) -> None:
    views = workspace.root / "views"
    for day in ("2020-06-01", "2020-07-01", "2020-12-01"):
        workspace.as_of(dt.date.fromisoformat(day)).status()
    assert len(list(views.iterdir())) == 2  # the first two days share a state
    then = workspace.as_of(dt.date(2020, 6, 1))
    then.status()
    (oldest,) = views.glob("*-as-of-2020-05-01")
    os.utime(oldest, (1e9, 1e9))
    then.status()  # what is asked for is used, and the least used give way
    assert oldest.stat().st_mtime > 1e9
    workspace.as_of(dt.date(2030, 1, 1)).status()  # the live one serves
    assert len(list(views.iterdir())) == 2
    for size in range(generations._KEPT):
        add(workspace, "more.json", record("NCT09000003", size=size + 1))
    assert list(views.iterdir()) == []


def test_parts_are_carried_over_and_not_written_again(workspace: Workspace) -> None:
    live = workspace.root / "generations" / f"{workspace.status().generation:06d}"
    parts = sorted(path.name for path in (live / "parts").glob("*.bodies.parquet"))
    assert parts == [f"{number:06d}.bodies.parquet" for number in (1, 2, 3)]
    before = {path.name: path.stat().st_ino for path in (live / "parts").iterdir()}
    add(workspace, "more.json", record("NCT09000003"))
    live = workspace.root / "generations" / f"{workspace.status().generation:06d}"
    after = {path.name: path.stat().st_ino for path in (live / "parts").iterdir()}
    assert after.items() >= before.items()


def test_many_small_parts_become_one(workspace: Workspace, monkeypatch: Any) -> None:
    monkeypatch.setattr(_merging, "MOST_PARTS", 3)
    before = workspace.history(NUMBER).records, workspace.show("NCT09000002").concepts
    generation = workspace.status().generation
    assert add(workspace, "more.json", record("NCT09000003")) == 1
    folders = [workspace.root / "generations" / f"{n:06d}" for n in (generation, generation + 1)]
    files = [sorted(path.name for path in (folder / "parts").iterdir()) for folder in folders]
    assert [len(names) for names in files] == [9, 3]
    assert files[1][0] == "000005.bodies.parquet"
    assert (workspace.history(NUMBER).records, workspace.show("NCT09000002").concepts) == before
    assert workspace.show("NCT09000003").records[0].version == 1
    assert workspace.search("lamp").total == 3
    assert add(workspace, "again.json", record("NCT09000003"), record("NCT09000004")) == 1


def test_a_rebuild_keeps_the_order_of_one_call(tmp_path: Path) -> None:
    held = Workspace(tmp_path / "held")
    files = []
    for size in range(8):
        path = tmp_path / f"{size}.json"
        path.write_text(json.dumps(record(size=size + 1)))  # all of one date
        files.append(path)
    assert held.add(files).new == 8
    before = held.history(NUMBER).records
    held.rebuild()
    assert held.history(NUMBER).records == before


def test_a_rebuild_gives_the_same_from_what_was_received(workspace: Workspace) -> None:
    before = workspace.history(NUMBER).records, workspace.show("NCT09000002").concepts
    report = workspace.rebuild()
    assert (report.new, report.refused) == (4, ())
    assert (workspace.history(NUMBER).records, workspace.show("NCT09000002").concepts) == before
    with pytest.raises(WorkspaceError, match="empty"):
        Workspace(workspace.root / "none").rebuild()


def test_nothing_received_during_a_rebuild_is_forgotten(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Workspace(workspace.root)
    monkeypatch.setattr(other._generations, "_wait", 0.0)
    refused: list[str] = []

    def meanwhile(done: int, total: int, name: str) -> None:
        if not refused:
            with pytest.raises(WorkspaceError, match="another process is writing") as told:
                add(other, "more.json", record("NCT09000003"))
            refused.append(str(told.value))

    assert workspace.rebuild(progress=meanwhile).new == 4
    assert refused
    assert add(other, "more.json", record("NCT09000003")) == 1
    assert workspace.status().records == 3


def test_what_broke_off_before_its_commit_counts_from_when_it_came_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = record(size=7, on="2022-01-01"), record(size=8, on="2022-01-01")

    def full(*_: Any) -> None:
        raise WorkspaceError("the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(generations.Generations, "commit", full)
        with pytest.raises(WorkspaceError, match="full"):
            add(workspace, "broken.json", early)
    assert add(workspace, "late.json", late) == 1
    assert add(workspace, "again.json", early) == 1
    before = workspace.history(NUMBER).records
    assert [version.version for version in before[0].versions if version.current] == [5]
    assert workspace.rebuild().new == 6
    assert workspace.history(NUMBER).records == before


def test_a_workspace_of_another_format_says_how_to_go_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialweave.store import formats

    monkeypatch.setitem(formats.FORMATS, "records", "parts 99")
    with pytest.raises(WorkspaceError, match="trialweave rebuild"):
        workspace.status()
    with pytest.raises(WorkspaceError, match="trialweave rebuild"):
        add(workspace, "more.json", record("NCT09000003"))
    assert workspace.rebuild().new == 4
    assert workspace.status().records == 2


def test_several_processes_give_what_one_gives(tmp_path: Path) -> None:
    files = []
    for part in range(3):
        path = tmp_path / f"{part}.json"
        numbers = [f"NCT0900{part}{n:03d}" for n in range(5)]
        path.write_text(json.dumps({"studies": [record(number) for number in numbers]}))
        files.append(path)
    (tmp_path / "bad.json").write_text('{"studies": [')
    one, two = Workspace(tmp_path / "one"), Workspace(tmp_path / "two")
    reports = (
        one.add([*files, tmp_path / "bad.json"]),
        two.add([*files, tmp_path / "bad.json"], processes=2),
    )
    assert [report.new for report in reports] == [15, 15]
    assert [[refusal.error for refusal in report.refused] for report in reports] == [
        ["Unreadable"]
    ] * 2
    for hit in one.search("", limit=100).hits:
        assert one.show(hit.study_id).concepts == two.show(hit.study_id).concepts


def test_a_primary_outcome_that_changed_is_checked(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    add(workspace, "a.json", record(outcomes=("Death from fever",), on="2020-05-01"))
    assert not _of_outcomes(workspace)
    add(workspace, "b.json", record(outcomes=("Hours of sleep",), on="2021-02-01"))
    (told,) = _of_outcomes(workspace)
    assert "2020-05-01 and 2021-02-01" in told.statement
    assert ["Death from fever" in each.inputs for each in told.attempts] == [True, False]
    add(workspace, "c.json", record("NCT09000009"))  # another study: what was found stays
    assert _of_outcomes(workspace) == [told]
    between = record(outcomes=("Death from fever", "Fever"), on="2020-09-09")
    add(workspace, "d.json", between)  # an older version comes later: told anew
    assert len(_of_outcomes(workspace)) == 2


def _of_outcomes(workspace: Workspace) -> list[Any]:
    checks = workspace.check(NUMBER).checks
    return [each for each in checks if each.rule == "registered-primary-outcome"]
