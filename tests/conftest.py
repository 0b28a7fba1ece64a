"""Fixtures for all tests. The real records stay outside the repository: see `shared`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TRIALWEAVE_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs the real records where they are absent."""
    if (SHARED / "data").is_dir():
        return
    skip = pytest.mark.skip(reason=f"no real records here: {SHARED} does not exist")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records; tests that use it are marked `shared`."""
    return SHARED
