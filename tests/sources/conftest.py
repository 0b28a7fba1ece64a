"""Fixtures for the tests of sources."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.model import Draft, Received
from trialweave.sources.pages import SOURCES

PAGES = Path(__file__).resolve().parents[1] / "fixtures" / "pages"


def _module(name: str) -> ModuleType:
    """A helper of this folder, which is no package."""
    key = f"trialweave_tests_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[key] = module
        spec.loader.exec_module(module)
    return sys.modules[key]


@pytest.fixture(scope="session")
def assert_spans() -> Callable[[str, Any], int]:
    """Holds every value of a record against the received text."""
    function: Callable[[str, Any], int] = _module("walk").assert_spans
    return function


@pytest.fixture(scope="session")
def points() -> Callable[[str, Any], int]:
    """Holds every value of a record that has a passage against the words there."""
    function: Callable[[str, Any], int] = _module("walk").points
    return function


@pytest.fixture(scope="session")
def outcome() -> Callable[[Received], Any]:
    """The drafts and problems of any document, held to what is promised."""
    function: Callable[[Received], Any] = _module("walk").outcome
    return function


@pytest.fixture(scope="session")
def walk_values() -> Callable[[Any], list[tuple[str, Any]]]:
    """Every value in a record with its address."""
    values = _module("walk").values
    return lambda body: list(values(body))


@pytest.fixture(scope="session")
def page() -> Callable[[str], Received]:
    """An invented page by the name of its file."""

    def load(name: str) -> Received:
        return Received(f"{name}.txt", (PAGES / f"{name}.txt").read_bytes())

    return load


@pytest.fixture(scope="session")
def read_page(assert_spans: Callable[[str, Any], int]) -> Callable[[Received], tuple[Draft, ...]]:
    """Reads a page by the one source that recognises it, and checks all its passages."""

    def read(received: Received) -> tuple[Draft, ...]:
        names = [source for source in SOURCES if source.recognise(received)]
        assert len(names) == 1, [source.name for source in names]
        drafts = tuple(names[0].read(received))
        for draft in drafts:
            assert draft.source == names[0].name
            assert assert_spans(received.text, draft.body) >= 10
        return drafts

    return read


@pytest.fixture(scope="session")
def books() -> ModuleType:
    """What writes workbooks for tests."""
    return _module("books")
