"""The vocabularies of a workspace: added, listed, compared, and whole after a crash."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import (
    Hostile,
    InputError,
    NotFound,
    UnknownKind,
    Unreadable,
    WorkspaceError,
)
from trialweave.faces.cli import run
from trialweave.terms import shelf, shipped
from trialweave.terms.reading import read_vocabulary
from trialweave.terms.tables import Table
from trialweave.workspace import Workspace


@pytest.fixture(autouse=True)
def _nothing_ships(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what a test adds is on the shelf; what ships is tested by itself."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path_factory.mktemp("empty"))
    monkeypatch.setattr(shelf, "_held", OrderedDict())


def _obo(version: str, count: int = 100, first: str = "glow") -> bytes:
    terms = [
        f"[Term]\nid: CL:{i}\nname: {first if i == 0 else f'cell {i}'}\n" for i in range(count)
    ]
    return (
        f"format-version: 1.2\ndata-version: {version}\nontology: cl\n\n".encode()
        + "\n".join(terms).encode()
    )


def _file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_added_listed_and_read(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    assert workspace.vocabularies() == ()
    assert not workspace.root.exists()
    added = workspace.add_vocabulary(_file(tmp_path, "cl.obo", _obo("2031-01-01")))
    assert (added.new, added.changes) == (True, None)
    one = added.release
    assert (one.vocabulary, one.version, one.terms, one.names) == ("CL", "2031-01-01", 100, 100)
    assert (one.files, one.licence, one.links) == (("cl.obo",), "CC BY 4.0", 0)
    assert workspace.vocabularies() == (one,)
    assert workspace.vocabulary("cl") == read_vocabulary(_obo("2031-01-01"))
    again = workspace.add_vocabulary([str(tmp_path / "cl.obo")])
    assert (again.new, again.release) == (False, one)
    folder = tmp_path / "w/vocabularies/CL/2031-01-01"
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json",
        "release.msgpack.zst",
    ]
    assert one.packed == (folder / "release.msgpack.zst").stat().st_size < one.size


def test_the_newest_is_by_date_else_by_coming(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for version in ("2031-02-01", "2031-01-01", "draft 2", "draft 1"):
        workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo(version)), version=version)
    order = [one.version for one in workspace.vocabularies()]
    assert order == ["draft 2", "draft 1", "2031-01-01", "2031-02-01"]
    assert workspace.vocabulary("CL").version == "2031-02-01"


def test_a_twentieth_is_taken_and_told(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    added = workspace.add_vocabulary(_file(tmp_path, "b.obo", _obo("2031-02-01", 104, "shine")))
    assert added.changes is not None
    assert (added.changes.old, added.changes.count, added.changes.asks) == ("2031-01-01", 5, False)


def test_over_a_twentieth_waits_for_a_person(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    new = _file(tmp_path, "b.obo", _obo("2031-02-01", 106))
    with pytest.raises(
        InputError, match=r"^6\.0% of CL 2031-01-01 would change: 6 added"
    ) as caught:
        workspace.add_vocabulary(new)
    assert "--accept" in caught.value.next_step
    assert len(workspace.vocabularies()) == 1
    added = workspace.add_vocabulary(new, accept=True)
    assert (added.new, added.release.version) == (True, "2031-02-01")
    assert [one.version for one in workspace.vocabularies()] == ["2031-01-01", "2031-02-01"]
    assert len(workspace.vocabulary("CL").terms) == 106
    assert len(workspace.vocabulary("CL", "2031-01-01").terms) == 100
    changes = workspace.vocabulary_changes("CL@2031-01-01", "CL")
    assert len(changes.added) == 6
    back = workspace.vocabulary_changes("CL@2031-02-01", str(tmp_path / "a.obo"))
    assert len(back.retired) == 6


def test_names_that_are_not_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(NotFound, match="no vocabulary 'CL' on the shelf"):
        workspace.vocabulary("CL")
    workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    with pytest.raises(NotFound, match="'CL' of 1999") as caught:
        workspace.vocabulary("CL", "1999")
    assert caught.value.next_step == "There are 2031-01-01."
    with pytest.raises(NotFound, match="no such file"):
        workspace.add_vocabulary(tmp_path / "none.obo")
    other = _file(tmp_path, "x.csv", b"id,name\n1,x\n")
    with pytest.raises(InputError, match="no term in common"):
        workspace.vocabulary_changes("CL", str(other))


def test_another_content_under_the_same_version_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    other = _file(tmp_path, "b.obo", _obo("2031-01-01", first="shine"))
    with pytest.raises(InputError, match="CL 2031-01-01 is on the shelf with other content"):
        workspace.add_vocabulary(other)
    named = workspace.add_vocabulary(other, version="2031 b/../..", name="CL")
    assert workspace.vocabulary("CL", "2031 b/../..").terms[0].name == "shine"
    assert (tmp_path / "vocabularies/CL/2031-b-..-").is_dir() or named.new
    assert not (tmp_path / "vocabularies/release.msgpack.zst").exists()
    with pytest.raises(InputError, match="cannot name a vocabulary"):
        workspace.add_vocabulary(other, name="..")


def test_archives_bring_several_files_and_bombs_none(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("readme.txt", "Dear all,\n")
        book.writestr("llt.asc", "99000001$Blue glow$99000002$$$$$$$Y$$\n")
        book.writestr("pt.asc", "99000002$Glow$$99000009$$$$$$$$\n")
    workspace = Workspace(tmp_path / "w")
    path = _file(tmp_path, "meddra_99.zip", packed.getvalue())
    added = workspace.add_vocabulary(path, version="99.0")
    assert (added.release.vocabulary, added.release.terms) == ("MedDRA", 2)
    assert added.release.files[1] == "llt.asc (in meddra_99.zip)"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("cl.obo", bytes(80_000_000))
    with pytest.raises(Hostile):
        workspace.add_vocabulary(_file(tmp_path, "bomb.zip", packed.getvalue()))
    with pytest.raises(Unreadable):
        workspace.add_vocabulary(_file(tmp_path, "cut.zip", packed.getvalue()[:900]))
    with pytest.raises(UnknownKind, match="no form"):
        workspace.add_vocabulary(_file(tmp_path, "letter.txt", b"Dear all,\n"))
    assert len(workspace.vocabularies()) == 1


def test_damage_is_said(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.add_vocabulary(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    folder = tmp_path / "vocabularies/CL/2031-01-01"
    data = (folder / "release.msgpack.zst").read_bytes()
    (folder / "release.msgpack.zst").write_bytes(data[:-1])
    with pytest.raises(WorkspaceError, match="it is not what was written"):
        workspace.vocabulary("CL")
    (folder / "release.msgpack.zst").unlink()
    with pytest.raises(WorkspaceError, match="cannot read the vocabulary"):
        workspace.vocabulary("CL")
    (folder / "manifest.json").write_text("{")
    with pytest.raises(WorkspaceError, match="damaged"):
        workspace.vocabularies()


_ADDS = """
import sys
from pathlib import Path
from trialweave.terms import shelf
from trialweave.terms.reading import read_vocabulary
data = Path(sys.argv[2]).read_bytes()
release = read_vocabulary(data)
print("ready", flush=True)
for number in range(100000):
    shelf.add(Path(sys.argv[1]), read_vocabulary(data, version=str(number)), [(str(number), data)])
"""


def test_killed_at_any_moment_the_shelf_is_whole(tmp_path: Path) -> None:
    data = _file(tmp_path, "cl.obo", _obo("2031-01-01", 500))
    root = tmp_path / "w"
    for wait in (0.03,):
        child = subprocess.Popen(
            [sys.executable, "-c", _ADDS, str(root), str(data)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for one in shelf.shelved(root):
            assert len(shelf.load(root, "CL", one.version).terms) == 500
    (root / "vocabularies/.scratch-1").mkdir(parents=True)
    (root / "vocabularies/.scratch-1/release.msgpack.zst").write_bytes(b"half")
    shelf.add(root, read_vocabulary(data.read_bytes()), [("cl.obo", data.read_bytes())])
    assert not list((root / "vocabularies").glob(".scratch-*"))


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = read_vocabulary(_obo("2031-01-01"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        shelf.add(tmp_path, release, [("a", b"a")])
    assert [path.name for path in (tmp_path / "vocabularies").iterdir() if path.is_dir()] in (
        ["CL"],
        [],
    )
    assert shelf.shelved(tmp_path) == ()


def _call(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_on_the_command_line(tmp_path: Path, capsys: Any) -> None:
    where = ("--workspace", str(tmp_path / "w"))
    old = str(_file(tmp_path, "a.obo", _obo("2031-01-01")))
    code, out, _ = _call(capsys, *where, "vocab", "add", old)
    assert code == 0
    assert "CL 2031-01-01: 100 terms, 100 names\n" in out
    assert "CC BY 4.0" in out
    assert "it was there already" in _call(capsys, *where, "vocab", "add", old)[1]
    new = str(_file(tmp_path, "b.obo", _obo("2031-02-01", 120, "shine")))
    code, out, err = _call(capsys, *where, "vocab", "add", new)
    assert (code, out) == (19, "")
    assert "21.0% of CL 2031-01-01 would change: 20 added, 1 renamed" in " ".join(err.split())
    code, out, _ = _call(capsys, "vocab", "diff", "CL", new, *where)
    assert code == 0
    assert "CL 2031-01-01 to 2031-02-01: 21 terms changed (21.0%)" in out
    assert "over 5%" in out
    assert "glow → shine" in out
    assert "and 10 more; all with --json" in out
    code, out, _ = _call(capsys, *where, "--json", "vocab", "add", new, "--accept")
    assert code == 0
    assert json.loads(out)["changes"]["count"] == 21
    code, out, _ = _call(capsys, *where, "vocab", "list", "--json")
    assert [one["version"] for one in json.loads(out)["vocabularies"]] == [
        "2031-01-01",
        "2031-02-01",
    ]
    assert json.loads(out)["in_use"] == ["CL@2031-02-01"]
    lines = [line.split() for line in _call(capsys, *where, "vocab", "list")[1].splitlines()]
    assert lines[1:] == [
        ["CL", "2031-01-01", "workspace", "100", "100", "CC", "BY", "4.0"],
        ["CL", "2031-02-01", "workspace", "in", "use", "120", "120", "CC", "BY", "4.0"],
    ]


def test_a_plain_table_on_the_command_line(tmp_path: Path, capsys: Any) -> None:
    table = str(_file(tmp_path, "mine.csv", b"tox,said\nA,glow\n"))
    where = ("--workspace", str(tmp_path / "w"))
    call = ("vocab", "add", table, "--column", "id=tox", "--column", "name=said", *where)
    named = ("--name", "Mine", "--release", "7", "--terms", "sign", "--form", "table")
    assert _call(capsys, *call, *named)[0] == 0
    (term,) = Workspace(tmp_path / "w").vocabulary("mine", "7").terms
    assert (term.id, term.name, term.kind) == ("A", "glow", "sign")
    code, _, err = _call(capsys, "vocab", "add", table, "--column", "colour=tox", *where)
    assert code == 2
    assert "'colour=tox' is not FIELD=NAME" in err
    assert _call(capsys, "vocab", "add", table, "--form", "xls", *where)[0] == 2


def test_views_are_json(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    added = workspace.add_vocabulary(
        _file(tmp_path, "a.csv", b"k,name\n1,x\n"), table=Table({"id": "k"})
    )
    assert json.loads(msgspec.json.encode(added))["release"]["vocabulary"] == "a"


@pytest.mark.shared
def test_collected_vocabularies_are_read_whole(shared: Path) -> None:
    folder = shared / "data/vocab"
    hpo = read_vocabulary(folder / "hpo/hp.obo.gz")
    assert (hpo.vocabulary, hpo.version, len(hpo.terms)) == ("HPO", "2025-01-16", 19_484)
    assert sum(term.obsolete for term in hpo.terms) == 450
    assert hpo.notes == ()
    events = read_vocabulary(folder / "adverse_event/ctcae_v5_terms_grades.tsv")
    assert (len(events.terms), events.version) == (837 + 26, "5.0")
