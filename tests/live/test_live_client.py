"""The polite client against a server on loopback: what it repeats, refuses, waits for, admits."""

from __future__ import annotations

import dataclasses
import email.utils
import gzip
import logging
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from live_stub import Said

from trialweave import __version__
from trialweave.errors import FetchFailed
from trialweave.live.api import Api, Page
from trialweave.live.client import ATTEMPTS, HttpClient, Refused, _same_place
from trialweave.live.pace import Pace


def _nothing(*_: Any) -> Page:
    raise AssertionError("not asked here")


API = Api("toy", "Toy Register", "https://toy.invalid/api", ("nct",), _nothing, _nothing, 1.0)
FINE = Said(json={"fine": True})
Make = Callable[..., HttpClient]


def test_says_who_asks_and_what_for(stub: Any, client_of: Make) -> None:
    stub.on("/x", FINE)
    client = client_of(API, TRIALWEAVE_CONTACT="mailto:team@example.org)\r\nEvil: 1")
    answer = client.get("x", {"q": "a & b=c", "api_key": "secret"}, expect="json")
    asked = stub.asked[0]
    assert asked.params == {"q": "a & b=c", "api_key": "secret"}
    assert asked.headers["user-agent"] == (
        f"trialweave/{__version__} (+mailto:team@example.orgEvil: 1)"
    )
    assert asked.headers["accept-encoding"] == "gzip"
    assert answer.url == f"{stub.base}/x?q=a%20%26%20b%3Dc"  # the key is for the source alone
    assert answer.headers["content-type"] == "application/json"


def test_password_of_a_mirror_is_not_shown(stub: Any, client_of: Make) -> None:
    stub.on("/x", FINE)
    mirror = f"http://me:secret@127.0.0.1:{stub.port}"
    client = client_of(API, TRIALWEAVE_URL_TOY=mirror)
    assert client.get("x").url == f"{stub.base}/x"
    assert stub.asked[0].headers["authorization"].startswith("Basic ")
    with pytest.raises(Refused) as caught:
        client.get("y")
    assert "secret" not in str(caught.value)


def test_body_is_sent_as_json(stub: Any, client_of: Make) -> None:
    stub.on("/search", FINE)
    client_of(API).post("/search", {"page": 1}, expect="json")
    assert (stub.asked[0].method, stub.asked[0].json) == ("POST", {"page": 1})


def test_a_second_between_requests_of_one_host(stub: Any, client_of: Make, time: Any) -> None:
    stub.on("/x", FINE)
    client = client_of(API)
    for _ in range(3):
        client.get("x")
    assert time.slept == pytest.approx([1.0, 1.0])


def test_interval_of_a_mirror(stub: Any, client_of: Make, time: Any) -> None:
    stub.on("/x", FINE)
    client = client_of(API, TRIALWEAVE_FETCH_INTERVAL="0.25")
    client.get("x")
    client.get("x")
    assert time.slept == pytest.approx([0.25])


@pytest.mark.parametrize("said", ["-1", "soon", "nan", "1e9"])
def test_interval_that_is_none(client_of: Make, said: str) -> None:
    with pytest.raises(FetchFailed, match="TRIALWEAVE_FETCH_INTERVAL"):
        client_of(API, TRIALWEAVE_FETCH_INTERVAL=said)


@pytest.mark.parametrize(
    "base", ["file:///etc/passwd", "ftp://x/", "toy.invalid", "http://[", "https://"]
)
def test_base_that_is_none(client_of: Make, base: str) -> None:
    with pytest.raises(FetchFailed, match="TRIALWEAVE_URL_TOY"):
        client_of(API, TRIALWEAVE_URL_TOY=base)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_busy_then_fine(stub: Any, client_of: Make, time: Any, status: int) -> None:
    stub.on("/x", Said(status), Said(status), FINE)
    assert client_of(API).get("x", expect="json").status == 200
    assert len(stub.asked) == 3
    assert 1.0 <= time.slept[0] <= 1.5  # the backoff doubles, with up to half of it at random
    assert 2.0 <= time.slept[1] <= 3.0


def test_busy_for_good(stub: Any, client_of: Make, time: Any) -> None:
    stub.on("/x", Said(503, json={"error": {"message": "down for \x1b[31mmaintenance"}}))
    with pytest.raises(FetchFailed, match="down for ⟨U\\+001B⟩") as caught:
        client_of(API).get("x", {"q": "moss"})
    assert "it answers 503" in caught.value.what
    assert f"({ATTEMPTS} attempts)" in caught.value.what
    assert caught.value.where == f"Toy Register, GET {stub.base}/x?q=moss"
    assert len(stub.asked) == ATTEMPTS
    assert sum(time.slept) < 60


def test_status_that_means_slower_here(stub: Any, client_of: Make) -> None:
    stub.on("/x", Said(403), FINE)
    with pytest.raises(Refused) as caught:
        client_of(API).get("x")
    assert caught.value.status == 403
    stub.on("/y", Said(403), FINE)
    assert client_of(dataclasses.replace(API, throttles=frozenset({403}))).get("y").status == 200


def test_retry_after_seconds_and_date(stub: Any, client_of: Make, time: Any) -> None:
    date = email.utils.formatdate(time.clock.now() + 7 + 50, usegmt=True)
    stub.on(
        "/x",
        Said(429, headers={"Retry-After": "7"}),
        Said(503, headers={"Retry-After": date}),
        FINE,
    )
    client_of(API).get("x")
    assert time.slept == pytest.approx([7.0, 50.0], abs=1.0)


def test_retry_after_that_is_too_long(stub: Any, client_of: Make, time: Any) -> None:
    stub.on("/x", Said(429, headers={"Retry-After": "3600"}), FINE)
    with pytest.raises(FetchFailed, match="until 2023-11-14 23:14 UTC"):
        client_of(API).get("x")
    assert len(stub.asked) == 1
    assert time.slept == []


def test_slows_down_before_the_limit(stub: Any, client_of: Make, time: Any) -> None:
    headers = {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "30"}
    stub.on("/x", Said(json={}, headers=headers), FINE)
    client = client_of(API)
    client.get("x")
    client.get("x")
    assert time.slept == pytest.approx([15.0])


def test_refusal_is_not_repeated(stub: Any, client_of: Make) -> None:
    stub.on("/x", Said(400, "Missing closing bracket in `query.term`" + "!" * 500))
    with pytest.raises(Refused, match="Missing closing bracket") as caught:
        client_of(API).get("x", {"query.term": "(a"})
    assert caught.value.status == 400
    assert len(caught.value.what) < 160
    assert len(stub.asked) == 1


def test_missing_is_an_answer_where_that_is_fine(stub: Any, client_of: Make) -> None:
    stub.on("/gone", Said(410, "<html>"))
    client = client_of(API)
    assert client.get("none", expect="json", missing_ok=True).status == 404
    assert client.get("gone", expect="json", missing_ok=True).status == 410
    with pytest.raises(Refused):
        client.get("none")


PAGE = (
    "\n<!DOCTYPE html><html><head><title>Sorry &amp; \x1b]0;x\x07 back soon"
    + "z" * 300
    + "</title>"
)


@pytest.mark.parametrize("expect", ["json", "xml", "text"])
def test_page_for_people_with_status_200(stub: Any, client_of: Make, expect: str) -> None:
    body = {"json": '{"a": 1}', "xml": "<a/>", "text": "Summary\n"}[expect]
    stub.on("/x", Said(body=PAGE), Said(body=body))
    assert client_of(API).get("x", expect=expect).data == body.encode()
    stub.on("/y", Said(body=PAGE))
    with pytest.raises(FetchFailed, match="titled “Sorry & ⟨U") as caught:
        client_of(API).get("y", expect=expect)
    assert len(stub.asks("/y")) == ATTEMPTS // 2
    assert str(caught.value).isprintable()
    assert len(caught.value.what) < 220


def test_cut_connection(stub: Any, client_of: Make) -> None:
    stub.on("/x", Said(json={"long": "x" * 5000}, cut=100), Said(json={}, cut=0), FINE)
    assert client_of(API).get("x", expect="json").data == FINE.data
    stub.on("/y", Said(json={}, cut=0))
    with pytest.raises(FetchFailed, match="cut"):
        client_of(API).get("y")
    assert len(stub.asks("/y")) == ATTEMPTS


PACKED = {"Content-Encoding": "gzip"}


def test_packed_answers(stub: Any, client_of: Make) -> None:
    text = b'{"much": "' + b"data " * 10_000 + b'"}'
    packed = gzip.compress(text)
    early = packed[: len(packed) // 2]
    broken = bytearray(packed)
    broken[-6] ^= 0xFF  # the checksum
    two = gzip.compress(text[:50]) + gzip.compress(text[50:])
    stub.on(
        "/x",
        Said(body=early, headers=PACKED),
        Said(body=bytes(broken), headers=PACKED),
        Said(body=packed, headers=PACKED),
        Said(body=two, headers=PACKED),
    )
    client = client_of(API)
    assert client.get("x", expect="json").data == text
    assert len(stub.asked) == 3
    assert client.get("x", expect="json").data == text


def test_end_that_only_the_form_tells(stub: Any, client_of: Make) -> None:
    stub.on("/j", Said(body='{"studies": [{"a": 1}'), FINE)
    stub.on("/x", Said(body="<trials><trial>"), Said(body="<trials/>"))
    client = client_of(API)
    assert client.get("j", expect="json").data == FINE.data
    assert client.get("x", expect="xml").data == b"<trials/>"


def test_answer_over_the_limit(stub: Any, client_of: Make) -> None:
    stub.on("/announced", Said(body=b"x" * 2000))
    swelling = gzip.compress(b"x" * 2000)
    stub.on("/swelling", Said(body=swelling, headers=PACKED))
    assert len(swelling) < 1000
    for path in ("announced", "swelling"):
        with pytest.raises(FetchFailed, match="too large"):
            client_of(API, largest=1000).get(path)
        assert len(stub.asks("/" + path)) == 1


def test_bomb_is_not_unpacked(stub: Any, client_of: Make) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(40)) + packer.flush()
    stub.on("/x", Said(body=bomb, headers=PACKED))
    with pytest.raises(FetchFailed, match="swell"):
        client_of(API, largest=1 << 30).get("x")


def test_packing_that_was_not_asked_for(stub: Any, client_of: Make) -> None:
    stub.on("/x", Said(body=b"?", headers={"Content-Encoding": "br"}))
    with pytest.raises(FetchFailed, match="'br'"):
        client_of(API).get("x")


def test_redirect_within_the_host(stub: Any, client_of: Make, time: Any) -> None:
    stub.on("/old", Said(301, headers={"Location": "/new?format=json"}))
    stub.on("/new", FINE)
    answer = client_of(API).get("old", expect="json")
    assert answer.url == f"{stub.base}/new?format=json"
    assert time.slept == pytest.approx([1.0])  # a redirect is a request as any other


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/new",
        "http://127.0.0.1:1/new",
        "https://127.0.0.1:{port}/new",
        "file:///etc/passwd",
        "//evil.invalid/new",
        "http://[",
        "",
    ],
)
def test_redirect_elsewhere_is_refused(stub: Any, client_of: Make, target: str) -> None:
    stub.on("/old", Said(302, headers={"Location": target.format(port=stub.port)}))
    with pytest.raises(Refused, match="TRIALWEAVE_URL_TOY"):
        client_of(API).get("old")
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("http://a.example/x", "https://A.example/y", True),
        ("https://a.example/x", "https://a.example:443/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://a.example/x", "https://a.example.evil.invalid/x", False),
        ("https://a.example/x", "https://a.example@evil.invalid/x", False),
        ("http://a.example:8080/x", "https://a.example/x", False),
    ],
)
def test_one_host(here: str, there: str, same: bool) -> None:
    assert _same_place(here, there) is same


def test_redirects_without_end(stub: Any, client_of: Make) -> None:
    stub.on("/x", Said(302, headers={"Location": "/x"}))
    with pytest.raises(FetchFailed, match="more than 5 times"):
        client_of(API).get("x")
    assert len(stub.asked) == 6


def test_only_the_host_of_the_source_is_asked(stub: Any, client_of: Make) -> None:
    stub.on("/x", FINE)
    client = client_of(API)
    client.get("https://toy.invalid/api/x?a=1")  # the source's own base, at the mirror
    assert stub.asked[0].params == {"a": "1"}
    client.get(f"{stub.base}/x")
    for url in ("https://elsewhere.invalid/x", "http://localhost/x", "studies/../../x", "%2e%2e/x"):
        with pytest.raises(FetchFailed):
            client.get(url)
    assert len(stub.asked) == 2


def test_nobody_listens(client_of: Make, time: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    client = client_of(API, TRIALWEAVE_URL_TOY=f"http://127.0.0.1:{port}")
    with pytest.raises(FetchFailed, match="cannot be reached"):
        client.get("x")
    assert len(time.slept) == ATTEMPTS // 2 - 1


def test_no_answer_in_time(stub: Any, client_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialweave.live.client._READ", 0.05)
    stub.on("/x", Said(delay=0.3), FINE)
    assert client_of(API).get("x").status == 200


def test_answer_that_drips(stub: Any, client_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialweave.live.client._WHOLE", -1.0)
    stub.on("/x", FINE)
    with pytest.raises(FetchFailed, match="not whole after"):
        client_of(API).get("x")


def test_what_one_client_is_told_holds_for_all_of_the_host(stub: Any, time: Any) -> None:
    stub.on("/x", Said(429, headers={"Retry-After": "30"}), FINE)
    stub.on("/y", FINE)
    pace = Pace(time.clock)
    environ = {"TRIALWEAVE_URL_TOY": stub.base}
    with HttpClient(API, pace=pace, environ=environ) as one:
        one.get("x")
    with HttpClient(API, pace=pace, environ=environ) as other:
        other.get("y")
    assert time.slept == pytest.approx([30.0, 1.0])


def test_nothing_is_written_on_waits(
    stub: Any, client_of: Make, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a program that configures none
    stub.on("/x", Said(503), FINE)
    client_of(API).get("x")
    assert capfd.readouterr() == ("", "")


def test_import_opens_no_client() -> None:
    code = (
        "import sys, trialweave.live.fetching;"
        "sys.exit(bool({'httpx2', 'stamina', 'tenacity'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
