"""What servers ask of those who ask: the headers, and the bodies that say why."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.live.body import Damaged, TooMuch, mismatch, server_said, unpack
from trialweave.live.pace import gap_of, retry_after
from trialweave.publish.text import visible

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, None),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": said}, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "gap"),
    [
        ({}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 40)}, 40.0),
        ({"x-ratelimit-remaining": "4", "x-ratelimit-reset": "30"}, 6.0),
        ({"x-ratelimit-remaining": "4", "x-ratelimit-reset": "86400"}, 60.0),
        ({"x-ratelimit-remaining": "4000", "x-ratelimit-reset": "30"}, 0.0),
        ({"x-ratelimit-remaining": "0"}, 0.0),
        ({"ratelimit-remaining": "1", "ratelimit-reset": "8"}, 4.0),
        ({"ratelimit": '"day";r=0;t=12'}, 12.0),
        ({"ratelimit": "limit=10, remaining=3, reset=8"}, 2.0),
        ({"x-rate-limit-limit": "5", "x-rate-limit-interval": "10s"}, 2.0),
        ({"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"}, 0.0),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "-1"}, 0.0),
    ],
)
def test_gap_that_headers_ask_for(headers: dict[str, str], gap: float) -> None:
    assert gap_of(headers, NOW) == pytest.approx(gap)


NAMES = (
    "retry-after",
    "ratelimit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-rate-limit-limit",
    "x-rate-limit-interval",
)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60) | st.integers().map(str)))
def test_no_header_is_too_strange(headers: dict[str, str]) -> None:
    assert gap_of(headers, NOW) >= 0.0
    wait = retry_after(headers, NOW)
    assert wait is None or wait >= 0.0


@given(st.binary(max_size=400), st.integers(1, 9), st.integers(0, 400))
def test_unpacks_what_was_packed_and_no_part_of_it(data: bytes, size: int, cut: int) -> None:
    packed = gzip.compress(data)
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert unpack(pieces, "gzip") == data
    assert unpack([data], "") == data
    early = packed[: min(cut, len(packed) - 1)]
    if early:
        with pytest.raises(Damaged):
            unpack([early], "gzip")
    if data:
        with pytest.raises(TooMuch):
            unpack(pieces, "gzip", largest=len(data) - 1)


@given(st.binary(max_size=300), st.sampled_from(["", "json", "xml", "text"]))
def test_no_body_is_too_strange(data: bytes, expect: str) -> None:
    for said in (mismatch(data, expect), server_said(data)):
        assert visible(said, lines=False) == said
        assert len(said) < 250


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "too long"}', "too long"),
        (b'{"error": {"errors": [{"reason": "quota"}]}}', "quota"),
        (b'{"status": 400, "detail": null}', ""),
        (b"plain\nwords", "plain words"),
        (b"<html><head><title>Bad &lt;Gateway&gt;</title><body>x", "Bad <Gateway>"),
        (b"<p>No <b>title</b></p>", "No title"),
        (b"", ""),
    ],
)
def test_message_of_the_server(body: bytes, said: str) -> None:
    assert server_said(body) == said


@pytest.mark.parametrize(
    ("body", "expect", "fine"),
    [
        (b'\xef\xbb\xbf {"a": "<html>"}', "json", True),
        (b"[]", "json", True),
        (b'{"a": 1', "json", False),
        (b"", "json", False),
        (b"<error/>", "json", False),
        (b'<?xml version="1.0"?>\n<trials><html/></trials>', "xml", True),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html/>', "xml", False),
        (b"<trials><trial>", "xml", False),
        (b"<trials><a b='", "xml", False),
        (b"{}", "xml", False),
        (b"", "text", True),
        (b"a <html> of text", "text", True),
        (b"<HTML>", "text", False),
        (b"<html>", "", True),
    ],
)
def test_form_that_was_asked_for(body: bytes, expect: str, fine: bool) -> None:
    assert (mismatch(body, expect) == "") is fine
