"""From what a user names to files: folders and paths that cannot be read say so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import TooLarge, Unreadable
from trialweave.intake import documents, expand


def test_an_empty_folder_is_not_a_missing_one(tmp_path: Path) -> None:
    """Nor is one with hidden files alone."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden" / ".git").mkdir(parents=True)
    (tmp_path / "hidden" / ".git" / "config").write_bytes(b"x")
    files, refused = expand([tmp_path / "empty", tmp_path / "hidden", tmp_path / "absent"])
    assert files == []
    assert [(one.name, one.error) for one in refused] == [
        ("empty", "Unreadable"),
        ("hidden", "Unreadable"),
        ("absent", "NotFound"),
    ]
    assert "holds no files" in refused[0].message
    assert "no such file" in refused[2].message


def test_an_unreadable_folder_is_named_and_its_neighbours_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the top, and deep inside."""
    (tmp_path / "in" / "locked").mkdir(parents=True)
    (tmp_path / "in" / "open.json").write_bytes(b"{}")
    scandir = os.scandir

    def refusing(path: Any) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    files, refused = expand([tmp_path / "in"])
    assert files == [tmp_path / "in" / "open.json"]
    assert [one.error for one in refused] == ["Unreadable"]
    assert "locked: cannot be read: Permission denied" in refused[0].message
    assert [one.error for one in expand([tmp_path / "in" / "locked"])[1]] == ["Unreadable"]


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b", "~", "[", "**/**/[!"])
def test_odd_paths_are_refused_not_raised(path: str) -> None:
    """Too long for the system, with NUL, half a pattern."""
    files, refused = expand([path])
    assert files == []
    assert refused[0].error in ("NotFound", "Unreadable")


def test_files_keep_their_order_and_come_once(tmp_path: Path) -> None:
    """Folders in the order of names, deeper ones in their place; linked folders are left."""
    for name in ("b/2.txt", "b/1.txt", "a/x.txt", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    files, refused = expand([tmp_path / "c.txt", tmp_path, tmp_path / "b" / "*.txt"])
    names = [file.relative_to(tmp_path).as_posix() for file in files]
    assert names == ["c.txt", "a/x.txt", "b/1.txt", "b/2.txt"]
    assert refused == []


def test_what_is_no_file_is_an_error_not_a_wait(tmp_path: Path) -> None:
    """A pipe, a folder, nothing; a file of 2 GB that is no list of lines."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "absent"):
        (error,) = documents(path)
        assert isinstance(error, Unreadable)
    with (tmp_path / "holes.json").open("wb") as file:
        file.truncate(2_000_000_000)
    (error,) = documents(tmp_path / "holes.json")
    assert isinstance(error, TooLarge)
    assert "2.0 GB" in str(error)
