"""What the tests of live sources share: the stub server as a module of the name `live_stub`, a
started one as a fixture, a clock that does not wait, and none of the settings of whoever runs them.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.live.api import Api
from trialweave.live.client import HttpClient
from trialweave.live.pace import Clock, Pace


def _load(name: str) -> Any:
    """A helper of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("stub.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Stub = _load("live_stub").Stub

START = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


class FakeTime:
    """Time that passes only where somebody sleeps; `slept` are the seconds, one by one."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._at = 0.0
        self._lock = threading.Lock()
        self.clock = Clock(lambda: self._at, lambda: START + self._at, self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._at += seconds


@pytest.fixture(autouse=True)
def _plain_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("TRIALWEAVE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def stub() -> Iterator[Any]:
    """A started stub server."""
    with Stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    """A clock for `Pace`, `fetch` and `update`."""
    return FakeTime()


@pytest.fixture
def client_of(stub: Any, time: FakeTime) -> Iterator[Callable[..., HttpClient]]:
    """Makes the client of an `Api` at the stub; settings by keyword: TRIALWEAVE_CONTACT=…"""
    opened = []

    def make(api: Api, largest: int = 1 << 20, **settings: str) -> HttpClient:
        environ = {f"TRIALWEAVE_URL_{api.name.upper()}": stub.base, **settings}
        client = HttpClient(api, pace=Pace(time.clock), environ=environ, largest=largest)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()
