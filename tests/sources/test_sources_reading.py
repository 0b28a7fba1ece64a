"""Recognising documents, and refusing what none can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, UnknownKind, Unreadable, WrongEncoding
from trialweave.model import Received
from trialweave.sources import SOURCES, read_all, recognise

FIXTURES = sorted(
    path
    for path in (Path(__file__).resolve().parents[1] / "fixtures").glob("*/*")
    if path.parent.name in ("ctgov", "pages", "extraction") and path.is_file()
)


def test_names_of_sources_are_short_and_their_own() -> None:
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names)
    assert "ctgov" in names
    assert all(name.isascii() and 2 <= len(name) <= 24 for name in names)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_no_document_is_of_two_sources(path: Path) -> None:
    received = Received("without a name", path.read_bytes())
    assert len([source.name for source in SOURCES if source.recognise(received)]) == 1


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF file"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"some text\0and more", "NUL bytes"),
        (b"just some words", "no record of a known kind"),
        (b'{"a": 1}', "JSON of no known form"),
        (b"[1, 2]", "JSON of no known form"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines of no known form"),
        (b'<?xml version="1.0"?>\n<thing/>', "XML or HTML of no known form"),
        (b"<!DOCTYPE html><html></html>", "XML or HTML of no known form"),
    ],
)
def test_unknown_kinds_are_named_with_the_known_ones(data: bytes, looks: str) -> None:
    with pytest.raises(UnknownKind, match=looks) as caught:
        read_all(Received("file.bin", data))
    assert "file.bin" in str(caught.value)
    if "known form" in looks:
        assert "ClinicalTrials.gov" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_empty_documents(data: bytes) -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_all(Received("x", data))


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{\0", b"\xfe\xff\0{", b"caf\xe9", b'{"a": "\xc3"}', "é".encode("utf-16-le")]
)
def test_other_encodings(data: bytes) -> None:
    with pytest.raises((WrongEncoding, UnknownKind)):
        read_all(Received("x", data))


@pytest.mark.parametrize("blank", [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n "])
@pytest.mark.parametrize("begin", [b'<?xml version="1.0"?>', b""])
def test_entity_bombs(blank: bytes, begin: bytes) -> None:
    bomb = blank + begin + b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    with pytest.raises(Hostile, match="entities"):
        read_all(Received("x", bomb))


@pytest.mark.parametrize("data", [b"[" * 6_000, b'{"a":' * 6_000, b"[" * 6_000 + b"]" * 6_000])
def test_deep_json_of_no_known_form(data: bytes) -> None:
    with pytest.raises(Hostile, match="deep"):
        read_all(Received("x", data))


@pytest.mark.parametrize("data", [b'{"a": 1', b'{"a": tru}', b'[{"a": 1}, ', b'{"a": 1}}'])
def test_damaged_json_of_no_known_form(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_all(Received("x", data))


def test_text_in_brackets_is_no_damaged_json() -> None:
    with pytest.raises(UnknownKind, match="no record of a known kind"):
        recognise(Received("x", b"[Skip to content] Some page"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    code = 10
    try:
        read_all(Received("x", data))
    except InputError as error:
        code = error.exit_code
    assert 10 <= code <= 19
