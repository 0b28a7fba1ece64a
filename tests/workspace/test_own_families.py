"""Families of outcomes that a workspace adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialweave.errors import Unreadable, WorkspaceError
from trialweave.pipeline.families import FILE
from trialweave.workspace import Workspace

ABSTRACT = """PMID- 90000001
TI  - Lamp oil against night fever
AB  - RESULTS: Sneezing occurred in 12 of 40 patients in the treatment group and in
      20 of 41 patients in the control group.
PT  - Journal Article
"""
OWN = """[[family]]
name = "sneezing"
wordings = ["sneez*"]
"""


def _families(workspace: Workspace) -> set[str]:
    return set(workspace.findings("90000001").families)


@pytest.fixture
def abstract(tmp_path: Path) -> Path:
    path = tmp_path / "abstract.nbib"
    path.write_text(ABSTRACT)
    return path


def test_a_file_in_the_workspace(tmp_path: Path, abstract: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.add(abstract)
    assert _families(workspace) == {"none"}
    (workspace.root / FILE).write_text(OWN)
    other = tmp_path / "other.nbib"
    other.write_text(ABSTRACT.replace("90000001", "90000002"))
    with pytest.raises(WorkspaceError, match="rebuild"):
        workspace.add(other)
    workspace.rebuild()
    assert _families(workspace) == {"sneezing"}
    assert workspace.add(other).new == 1
    names = ("medline:pmid:90000001", "medline:pmid:90000002")
    workspace.unlink(*names, because="Two trials.", by="ann")  # keeps what is noted
    (workspace.root / FILE).unlink()
    abstract.write_text(ABSTRACT.replace("90000001", "90000003"))
    with pytest.raises(WorkspaceError, match="families"):
        workspace.add(abstract)


def test_one_that_cannot_be_read(tmp_path: Path, abstract: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.root.mkdir()
    for wrong in (b"[[family]]", b"\xff\xfe", b"family = 3"):
        (workspace.root / FILE).write_bytes(wrong)
        with pytest.raises(Unreadable, match=FILE):
            workspace.add(abstract)
    assert not (workspace.root / "CURRENT").exists()
