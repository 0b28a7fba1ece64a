"""Laid out names are had from where they are had soonest."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trialweave.errors import WorkspaceError
from trialweave.terms import ready, shelf, shipped
from trialweave.terms.laid import Laid, lay_out
from trialweave.terms.names import label
from trialweave.terms.term import Name, Release, Term

ILLS = Release("Ills", "2026", "", "", (Term("I1", (Name("Fever", "preferred"),), "disease"),))
GENES = Release("Genes", "7", "", "", (Term("G1", (Name("BRCA1", "symbol"),), "gene"),))


class Shelf:
    """Some vocabularies in use, and how often one of them was read."""

    def __init__(self) -> None:
        self.releases = [ILLS, GENES]
        self.read = 0

    def in_use(self, root: Path | None) -> tuple[shelf.Shelved, ...]:
        moment = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        return tuple(shelf.packed(each, [], moment)[0] for each in self.releases)

    def load_one(self, root: Path | None, one: shelf.Shelved) -> Release:
        self.read += 1
        return next(each for each in self.releases if each.vocabulary == one.vocabulary)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf()
    monkeypatch.setattr(shelf, "in_use", made.in_use)
    monkeypatch.setattr(shelf, "load_one", made.load_one)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    ready._held.clear()
    yield made
    ready._held.clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def kept(root: Path) -> list[str]:
    folder = root / shelf.FOLDER / ".laid"
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def terms(laid: Laid) -> list[str]:
    return [each.term for text in ("fever", "BRCA1", "oedema") for each in laid.find(text)]


def test_the_package_has_its_names_laid_out_by_the_present_rules() -> None:
    start = label("names", ready.key(None))
    with (shipped.FOLDER / ready.SHIPPED).open("rb") as file:
        assert file.read(len(start)) == start, "lay them out again: scripts/vocabularies --names"


def test_laid_out_once_and_kept(used: Shelf, root: Path) -> None:
    said: list[str] = []
    laid = ready.laid_for(root, progress=said.append)
    assert terms(laid) == ["I1", "G1"]
    assert said == [
        "reading the names of Ills 2026", "reading the names of Genes 7", "laying out their names",
    ]  # fmt: skip
    assert kept(root) == [ready.key(root)]
    assert ready.laid_for(root, progress=said.append) is laid
    ready._held.clear()
    assert terms(ready.laid_for(root, progress=said.append)) == ["I1", "G1"]
    assert used.read == 2
    assert len(said) == 3


def test_what_is_damaged_is_made_again(used: Shelf, root: Path) -> None:
    ready.laid_for(root)
    path = root / shelf.FOLDER / ".laid" / ready.key(root)
    whole = path.read_bytes()
    for damaged in (b"", whole[:-5], whole[:100], b"\0" * 5000):
        path.write_bytes(damaged)
        ready._held.clear()
        before = used.read
        assert terms(ready.laid_for(root)) == ["I1", "G1"]
        assert used.read == before + 2
        assert path.read_bytes() == whole


def test_other_vocabularies_have_other_names(used: Shelf, root: Path) -> None:
    ready.laid_for(root)
    folder = root / shelf.FOLDER / ".laid"
    (folder / ".0123-1").write_bytes(b"unfinished")
    (folder / ".0123-2").write_bytes(b"left")
    os.utime(folder / ".0123-2", (1, 1))
    before = ready.key(root)
    used.releases = [ILLS]
    assert ready.key(root) != before
    assert terms(ready.laid_for(root)) == ["I1"]
    assert kept(root) == [".0123-1", ready.key(root)]


def test_the_package_has_the_names_of_its_own(used: Shelf, root: Path) -> None:
    (shipped.FOLDER / ready.SHIPPED).write_bytes(ready.packed_names())
    used.read = 0
    assert terms(ready.laid_for(None)) == terms(ready.laid_for(root)) == ["I1", "G1"]
    assert used.read == 0
    used.releases = [GENES]
    assert terms(ready.laid_for(root)) == ["G1"]
    assert used.read == 1
    assert kept(root) == [ready.key(root)]


def test_without_a_workspace_nothing_is_kept(used: Shelf, root: Path) -> None:
    assert terms(ready.laid_for(None)) == ["I1", "G1"]
    assert not root.exists()


def test_a_workspace_that_takes_nothing(
    used: Shelf, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes, *, scratch: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(ready, "write", full)
    assert terms(ready.laid_for(root)) == ["I1", "G1"]
    assert kept(root) == []


def test_damage_of_the_shelf_is_said(
    used: Shelf, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(root: Path | None, one: shelf.Shelved) -> Release:
        raise WorkspaceError("the vocabulary is damaged")

    monkeypatch.setattr(shelf, "load_one", damaged)
    with pytest.raises(WorkspaceError, match="damaged"):
        ready.laid_for(root)
    assert kept(root) == []


def test_few_stay_in_memory(used: Shelf, root: Path) -> None:
    first = ready.laid_for(root)
    used.releases = [ILLS]
    second = ready.laid_for(root)
    used.releases = [GENES, ILLS]
    assert ready.laid_for(root) is first
    used.releases = [GENES]
    ready.laid_for(root)
    assert len(ready._held) == 2
    used.releases = [ILLS]
    assert ready.laid_for(root) is not second


def test_the_key(used: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    some = used.in_use(None)
    key = ready.key_of(some)
    assert len(key) == 16
    assert int(key, 16)
    assert ready.key_of(reversed(some)) == key
    assert len({key, ready.key_of(some[:1]), ready.key_of(some[1:]), ready.key_of(())}) == 4
    monkeypatch.setattr(ready, "rules", lambda: "others")
    assert ready.key_of(some) != key


def test_stored_names_are_those_that_were_asked_for(used: Shelf, root: Path) -> None:
    path = root / shelf.FOLDER / ".laid" / ready.key(root)
    path.parent.mkdir(parents=True)
    path.write_bytes(lay_out([ILLS]).to_bytes("another"))
    assert terms(ready.laid_for(root)) == ["I1", "G1"]
