"""Whatever is handed in: a clear error that names file and reason, and the others still added."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trialweave import corpus
from trialweave.errors import WorkspaceError
from trialweave.workspace import Workspace

GOOD = next(path for path in corpus.files() if path.name == "veeva.txt")

BOMB = """<?xml version="1.0"?>
<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<trial><main>&c;&c;&c;</main></trial>"""

CASES = {
    "shopping.txt": (b"Milk, bread and a little patience.\n", "UnknownKind", 10),
    "photo.bin": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), "UnknownKind", 10),
    "empty.json": (b"", "Unreadable", 11),
    "blank.txt": (b" \n\t \n", "Unreadable", 11),
    "cut.json": (b'{"protocolSection": {"identificationModule": {"nctId": "NCT0', "Unreadable", 11),
    "latin1.txt": ("ClinicalTrials.Veeva\n\nÉtude".encode("latin-1"), "WrongEncoding", 12),
    "nameless.json": (
        b'{"protocolSection": {"identificationModule": {"briefTitle": "A trial"}}}',
        "NoIdentifier",
        14,
    ),
    "deep.json": (b'{"protocolSection":' + b"[" * 5000 + b"]" * 5000 + b"}", "Hostile", 15),
    "bomb.xml": (BOMB.encode(), "Hostile", 15),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_with_reason_and_the_good_one_still_added(tmp_path: Path, name: str) -> None:
    """One bad document: named, explained, its exit code told, its neighbour taken."""
    content, error, code = CASES[name]
    bad = tmp_path / name
    bad.write_bytes(content)
    report = Workspace(tmp_path / "w").add([bad, GOOD])
    assert [(one.name, one.error, one.exit_code) for one in report.refused] == [(name, error, code)]
    assert name in report.refused[0].message
    assert len(report.refused[0].message) > len(name) + 10
    assert "Traceback" not in report.refused[0].message
    assert len(report.added) == 1
    assert report.exit_code == code


def test_several_kinds_of_refusal_have_a_code_of_their_own(tmp_path: Path) -> None:
    """Nothing taken, nothing written: not even the workspace's folder."""
    for name, (content, _, _) in CASES.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    report = Workspace(tmp_path / "w").add(tmp_path / "in")
    assert len(report.refused) == len(CASES)
    assert report.exit_code == 19
    assert report.generation == 0
    assert not (tmp_path / "w").exists()


def test_a_document_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    """2 GB, mostly holes: refused by its size alone."""
    big = tmp_path / "export.json"
    with big.open("wb") as file:
        file.truncate(2_000_000_000)
    report = Workspace(tmp_path / "w").add([big])
    assert (report.refused[0].error, report.exit_code) == ("TooLarge", 13)
    assert "2.0 GB" in report.refused[0].message


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    """A missing file, a pattern without matches, a pipe."""
    os.mkfifo(tmp_path / "pipe")
    report = Workspace(tmp_path / "w").add(
        [tmp_path / "absent.json", tmp_path / "*.nothing", tmp_path / "pipe"]
    )
    assert [one.error for one in report.refused] == ["NotFound", "NotFound", "Unreadable"]


def test_folders_and_patterns_are_taken_once_each(tmp_path: Path) -> None:
    """A folder and a pattern that mean the same file add it once; hidden files rest."""
    folder = tmp_path / "in" / "deeper"
    folder.mkdir(parents=True)
    (folder / "page.txt").write_bytes(GOOD.read_bytes())
    (folder / ".hidden.txt").write_bytes(GOOD.read_bytes())
    report = Workspace(tmp_path / "w").add([tmp_path / "in", tmp_path / "in" / "**" / "*.txt"])
    assert (report.documents, len(report.added), report.refused) == (1, 1, ())


def test_adding_again_changes_nothing(tmp_path: Path) -> None:
    """The same bytes, under the same name or another: same generation, same archive."""
    workspace = Workspace(tmp_path / "w")
    first = workspace.add(GOOD)
    copy = tmp_path / "copy.txt"
    copy.write_bytes(GOOD.read_bytes())
    kept = sorted((tmp_path / "w").rglob("*"))
    again = workspace.add([GOOD, copy])
    assert (again.added, again.unchanged, again.generation) == ((), 2, first.generation)
    assert sorted((tmp_path / "w").rglob("*")) == kept


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    """Asking before adding is an error with a next step, and creates nothing."""
    workspace = Workspace(tmp_path / "w")
    with pytest.raises(WorkspaceError, match="trialweave add"):
        workspace.search("anything")
    assert workspace.status().records == 0
    assert not (tmp_path / "w").exists()
