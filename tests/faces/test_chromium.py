"""The pages as a browser shows them: headless Chromium, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    "",
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1280,2400",
)  # fmt: skip
STUDY = "NCT09999999"
RECORD = "page:invented-hospital"

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(
        not CHROMIUM, reason="no chromium on the PATH: the pages were not looked at"
    ),
]
Look = Callable[..., tuple[str, list[str]]]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Open an address in the browser; the page's DOM after rendering, and what the console said."""
    profile = tmp_path_factory.mktemp("chromium")

    def open_page(address: str, *more: str) -> tuple[str, list[str]]:
        call = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *more, "--dump-dom", address]
        done = subprocess.run(call, capture_output=True, text=True, timeout=90, check=True)
        console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        return done.stdout, console

    return open_page


@pytest.fixture
def address(workspace: Any, client_of: Any) -> Iterator[str]:
    """The invented workspace, served on a port of this machine."""
    import socket

    import uvicorn

    from trialweave.faces.server import create_app

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(workspace), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Red, green, blue of the top left corner; there every filter of PNG leaves it as it is."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return tuple(zlib.decompressobj().decompress(data, 4)[1:4])


def test_the_study_page_renders_with_its_values_and_flags(
    look: Look, address: str, tmp_path: Path
) -> None:
    picture = tmp_path / "study.png"
    dom, console = look(f"{address}/study/{STUDY}")
    look(f"{address}/study/{STUDY}", f"--screenshot={picture}")
    assert console == []
    assert re.search(r"<h1[^>]*><bdi[^>]*>Invented cells for an invented fever", dom)
    assert "cannot be reproduced from 3 of 20 against 9 of 20." in dom
    assert "<script" not in dom
    assert first_pixel(picture.read_bytes()) == (0x17, 0x45, 0x5C)  # the bar: the style is on


def test_the_history_renders_and_its_links_keep_the_day(look: Look, address: str) -> None:
    dom, console = look(f"{address}/history/{STUDY}?as_of=2031-01-01")
    assert console == []
    assert re.search(r'<tbody class="set-off">.*?Enrolment.*?>30<.*?>40<', dom, re.DOTALL)
    (record,) = re.findall(r'href="(/record/[^"]*version=1[^"]*path=size[^"]*)"', dom)
    dom, console = look(address + record.replace("&amp;", "&"))
    assert console == []
    assert "As the records stood on <time>2031-01-01</time>" in dom
    assert '<mark id="passage"' in dom


def test_the_passage_is_highlighted_in_the_received_text(look: Look, address: str) -> None:
    dom, console = look(f"{address}/record/{RECORD}?start=32&end=46#passage")
    assert console == []
    assert re.search(r'<mark id="passage"[^>]*>Forty patients</mark>', dom)


def test_the_console_would_tell_of_a_breach(look: Look, tmp_path: Path) -> None:
    """What the tests above rely on: a refused script or style shows up in the console."""
    page = tmp_path / "page.html"
    page.write_text(
        "<meta http-equiv='content-security-policy' content=\"default-src 'none'\">"
        "<p style='color: red'>x</p><script>document.title = 'ran'</script>"
    )
    _, console = look(page.as_uri())
    assert any("Content Security Policy" in line for line in console)
