"""What was packed comes out again, in order and under its names; damage never comes out in part."""

from __future__ import annotations

import io
import random
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, Unreadable
from trialweave.intake import Limits, documents
from trialweave.model import Received

Pack = Callable[[Iterable[tuple[str, bytes]]], bytes]
Take = Callable[..., list[Received | InputError]]
KINDS = ("zip", "stored zip", "tar", "GNU tar", "tar.gz", "tar.zst", "tar.bz2", "tar.xz")
SINGLE = ("gz", "zst", "bz2", "xz")

part = st.text("abcXYZ019-_ é漢\N{GRINNING FACE}", min_size=1, max_size=40)
path = st.lists(part, min_size=1, max_size=3).map("/".join)
content = st.binary(max_size=2000).map(b"<".__add__) | st.just(b"")
packable = st.lists(st.tuples(path, content), min_size=1, max_size=6, unique_by=lambda one: one[0])

THREE = [("a/x.xml", b"<x/>"), ("b/x.xml", b"<x>2</x>" * 90), ("y.json", b'{"y": 1}')]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(members=packable)
def test_what_was_packed_comes_back(
    several: dict[str, Pack], take: Take, kind: str, members: list[tuple[str, bytes]]
) -> None:
    """Any names and contents, by any packer."""
    given = take(several[kind](members))
    assert [(one.name, one.data) for one in given if isinstance(one, Received)] == [
        (f"{name.split('/')[-1]} (in pack)", data) for name, data in members
    ]


@pytest.mark.parametrize("kind", SINGLE)
@settings(max_examples=30, deadline=None)
@given(pieces=st.lists(content, min_size=1, max_size=4))
def test_a_stream_of_several_frames_is_one_document(
    single: dict[str, Callable[[bytes], bytes]], take: Take, kind: str, pieces: list[bytes]
) -> None:
    """As `cat a.gz b.gz` and parallel compressors make them."""
    packed = b"".join(single[kind](piece) for piece in pieces)
    (given,) = take(packed, name=f"x.json.{kind}")
    assert given == Received(f"x.json (in x.json.{kind})", b"".join(pieces))


@pytest.mark.parametrize("kind", [*KINDS, *SINGLE])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mutated_archive_is_whole_or_refused(
    several: dict[str, Pack],
    single: dict[str, Callable[[bytes], bytes]],
    take: Take,
    kind: str,
    data: st.DataObject,
) -> None:
    """Bytes flipped, put in, left out: documents, or one typed error, and never some of both.

    What only lost its end gives all that was packed, or the error.
    """
    good = several[kind](THREE) if kind in several else single[kind](THREE[1][1])
    at = data.draw(st.integers(0, len(good) - 1))
    what = data.draw(st.sampled_from(["cut", "flip", "insert", "omit"]))
    some = data.draw(st.binary(min_size=1, max_size=30))
    bad = {
        "cut": good[: max(at, 512) if len(good) > 512 else max(at, 30)],
        "flip": good[:at] + bytes([good[at] ^ (some[0] or 1)]) + good[at + 1 :],
        "insert": good[:at] + some + good[at:],
        "omit": good[:at] + good[at + len(some) :],
    }[what]
    given = take(bad)
    errors = [one for one in given if isinstance(one, InputError)]
    assert len(errors) in (0, len(given))
    assert len(errors) <= 1
    if what == "cut" and not errors:
        assert given == take(good)


def test_archives_in_archives(several: dict[str, Pack], take: Take) -> None:
    """Three deep, of all kinds; the name tells where a document is from."""
    inner = several["zip"]([("n.xml", b"<n/>")])
    middle = several["tar.gz"]([("inner.zip", inner), ("m.xml", b"<m/>")])
    outer = several["tar.zst"]([("middle.tgz", middle), ("o.xml", b"<o/>")])
    assert take(outer, name="outer.tar.zst") == [
        Received("n.xml (in inner.zip, in middle.tgz, in outer.tar.zst)", b"<n/>"),
        Received("m.xml (in middle.tgz, in outer.tar.zst)", b"<m/>"),
        Received("o.xml (in outer.tar.zst)", b"<o/>"),
    ]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_hidden_members_are_passed_over(several: dict[str, Pack], take: Take, kind: str) -> None:
    """What macOS adds, and what a folder's listing would hide; a leading ``./`` hides nothing."""
    litter = ["__MACOSX/a/._x.xml", ".DS_Store", "a/.git/config.json", ".hidden.xml"]
    members = [*((name, b"\0\1") for name in litter), ("./a/x.xml", b"<x/>")]
    assert take(several[kind](members)) == [Received("x.xml (in pack)", b"<x/>")]
    (error,) = take(several[kind](members[:-1]))
    assert isinstance(error, Unreadable)
    assert "holds no documents" in str(error)


@pytest.mark.parametrize(
    "members",
    [
        [("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")],
        [("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<document/>")],
        [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<a/>")],
        [("mimetype", b"application/epub+zip"), ("OEBPS/a.xhtml", b"<html/>")],
    ],
    ids=["xlsx", "docx", "odt", "epub"],
)
def test_office_files_are_documents(
    several: dict[str, Pack], take: Take, members: list[tuple[str, bytes]]
) -> None:
    """Given whole, alone and inside an archive; sources decide what they are."""
    file = several["stored zip"](members)
    assert take(file, name="book") == [Received("book", file)]
    assert take(several["tar.gz"]([("b/book", file)])) == [Received("book (in pack)", file)]


def test_names_stay_short_and_printable(several: dict[str, Pack], take: Take) -> None:
    """The archive keeps 255 characters; right-to-left marks do not turn a name round."""
    assert take(b"{}", name="p" * 250) == [Received("p" * 250, b"{}")]
    long = "n" * 3000 + ".xml"
    inner = several["zip"]([(long, b"<a/>"), ("evil\u202elmx.exe", b"<b/>")])
    first, second = take(several["tar"]([("i" * 300 + ".zip", inner)]), name="o" * 200 + ".tar")
    assert isinstance(first, Received)
    assert isinstance(second, Received)
    assert len(first.name) <= 255
    assert first.name.startswith("nnn")
    assert ".xml (in iii" in first.name
    assert first.name.endswith(".tar)")
    assert second.name.startswith("evil�lmx.exe (")


def test_nothing_appears_on_the_disk_under_a_name(
    several: dict[str, Pack], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ZIP in an archive is put into a temporary file without a name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    inner = several["stored zip"]([("x.xml", b"<x/>" * 5000)])
    file = tmp_path / "outer.tgz"
    file.write_bytes(several["tar.gz"]([("inner.zip", inner)]))
    for one in documents(file, limits=Limits(part=1000)):
        assert isinstance(one, Received)
        assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("kind", ["zip", "tar.zst", "nested"])
def test_memory_is_that_of_the_largest_document(
    several: dict[str, Pack], tmp_path: Path, kind: str
) -> None:
    """16 documents of half a megabyte: a few of them at a time, whatever packs them."""
    members = [(f"{n}.json", b"<" + random.Random(n).randbytes(1 << 19)) for n in range(16)]
    file = tmp_path / "pack"
    if kind == "nested":
        file.write_bytes(several["tar"]([("in.zip", several["stored zip"](members))]))
    else:
        file.write_bytes(several[kind](members))
    expected = sum(len(data) for _, data in members)
    del members
    tracemalloc.start()
    total = sum(
        len(one.data)
        for one in documents(file, limits=Limits(part=1 << 18))
        if isinstance(one, Received)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == expected
    assert peak < expected / 3


def test_a_document_that_an_unusual_but_sound_zip_holds(take: Take) -> None:
    """A comment, ZIP64 records that repeat the plain ones, sizes behind the content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.comment = b"Downloaded today. PK\x05\x07"
        with book.open("x.xml", "w", force_zip64=True) as member:
            member.write(b"<x/>")
    assert take(out.getvalue()) == [Received("x.xml (in pack)", b"<x/>")]
