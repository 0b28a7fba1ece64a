"""Received bytes come back exactly, or not at all."""

from __future__ import annotations

import datetime as dt
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import WorkspaceError
from trialweave.model import Received
from trialweave.store.archive import Archive, base_name

AT = dt.datetime(2021, 3, 4, 5, 6, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 1000])
def test_bytes_come_back(archive: Archive, data: bytes) -> None:
    received = Received("page.txt", data)
    assert not archive.has(received.sha256)
    assert archive.keep(received, AT)
    assert archive.has(received.sha256)
    again = archive.read(received.sha256)
    assert (again.name, again.data) == ("page.txt", data)
    assert archive.addresses() == (received.sha256,)
    assert archive.verify() == ()


def test_the_same_bytes_are_kept_once_under_their_first_name(
    archive: Archive, tmp_path: Path
) -> None:
    first = Received("first.json", b"{}")
    assert archive.keep(first, AT)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    assert not archive.keep(Received("second.json", b"{}"), LATER)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    kept = archive.kept(first.sha256)
    assert (kept.name, kept.size, kept.received_at) == ("first.json", 2, AT)


def test_a_document_kept_anew_takes_the_later_name_and_time(archive: Archive) -> None:
    first = Received("first.json", b"{}")
    archive.keep(first, AT)
    assert not archive.keep(Received("second.json", b"{}"), LATER, anew=True)
    kept = archive.kept(first.sha256)
    assert (kept.name, kept.received_at) == ("second.json", LATER)
    assert archive.verify() == ()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("/home/someone/secret/page.txt", "page.txt"),
        ("C:\\Users\\someone\\page.txt", "page.txt"),
        ("../../etc/passwd", "passwd"),
        ("folder/", "folder"),
        ("", "unnamed"),
        ("/", "unnamed"),
        ("a\x1b[31m\u202eb.txt", "a\ufffd[31m\ufffdb.txt"),
        ("پرونده\u200cها.txt", "پرونده\u200cها.txt"),
        ("\udcff.txt", "\ufffd.txt"),
    ],
)
def test_only_a_harmless_base_name_is_kept(archive: Archive, name: str, kept: str) -> None:
    received = Received(name, b"content")
    archive.keep(received, AT)
    assert archive.read(received.sha256).name == kept


@given(st.text())
def test_a_base_name_is_never_a_path(name: str) -> None:
    kept = base_name(name)
    assert 0 < len(kept) <= 255
    assert not {"/", "\\", "\n", "\x00"} & set(kept)
    kept.encode()


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "AB" * 32, "ab" * 31])
def test_an_address_is_a_digest(archive: Archive, address: str) -> None:
    with pytest.raises(WorkspaceError, match="not the address"):
        archive.read(address)


def test_any_flipped_byte_is_found(archive: Archive, tmp_path: Path) -> None:
    received = Received("page.txt", b"enrolled 29 patients, " * 40)
    archive.keep(received, AT)
    packed = next(tmp_path.rglob("*.zst"))
    whole = packed.read_bytes()
    harmless = 0
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            flipped = bytearray(whole)
            flipped[place] ^= bit
            packed.write_bytes(flipped)
            problems = archive.verify()
            if problems:
                assert packed.name in problems[0]
            else:  # a bit without meaning in the frame's header
                assert archive.read(received.sha256).data == received.data
                harmless += 1
    assert harmless < 5
    packed.write_bytes(whole[:-1])
    assert len(archive.verify()) == 1
    assert packed.name in archive.verify()[0]
    packed.unlink()
    assert packed.name in archive.verify()[0]


def test_a_damaged_note_is_found_and_the_document_can_be_kept_again(
    archive: Archive, tmp_path: Path
) -> None:
    received = Received("page.txt", b"text")
    archive.keep(received, AT)
    note = next(tmp_path.rglob("*.json"))
    for damage in (b"", b"{}", note.read_bytes().replace(b'"size":4', b'"size":5')):
        note.write_bytes(damage)
        assert len(archive.verify()) == 1
    note.unlink()
    assert not archive.has(received.sha256)
    assert archive.keep(received, LATER)
    assert archive.verify() == ()


def test_a_header_that_claims_terabytes_costs_nothing(archive: Archive, tmp_path: Path) -> None:
    received = Received("page.txt", b"text" * 100)
    archive.keep(received, AT)
    packed = next(tmp_path.rglob("*.zst"))
    # magic, then a frame header with an 8-byte content size of 2**60
    packed.write_bytes(b"\x28\xb5\x2f\xfd\xe0" + (2**60).to_bytes(8, "little") + b"\x01\x00\x00")
    with pytest.raises(WorkspaceError, match="size"):
        archive.read(received.sha256)


@pytest.mark.parametrize("refused", ["fsync", "replace"])
def test_a_full_disk_keeps_nothing_half(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    received = Received("page.txt", b"text")
    with monkeypatch.context() as patch:
        patch.setattr(os, refused, full)
        with pytest.raises(WorkspaceError, match="No space left"):
            archive.keep(received, AT)
    assert not archive.has(received.sha256)
    assert not list(tmp_path.rglob("*.tmp"))
    assert archive.keep(received, AT)
    assert archive.read(received.sha256).data == b"text"


def test_what_a_dead_writer_left_is_swept(archive: Archive, tmp_path: Path) -> None:
    received = Received("page.txt", b"text")
    archive.sweep()  # nothing there yet
    archive.keep(received, AT)
    left = next(tmp_path.rglob("*.zst")).with_suffix(".zst.tmp")
    left.write_bytes(b"half")
    assert archive.verify() == ()
    archive.sweep()
    assert not left.exists()
    assert archive.read(received.sha256).data == b"text"


def test_threads_do_not_share_a_decompressor(archive: Archive) -> None:
    documents = [Received(f"{n}.txt", bytes([n]) * 50_000) for n in range(8)]
    for document in documents:
        archive.keep(document, AT)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for got, sent in zip(
                pool.map(archive.read, [d.sha256 for d in documents]), documents, strict=True
            ):
                assert got.data == sent.data
