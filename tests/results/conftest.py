"""A record of an invented article, from labelled sections, each with its span in one text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from trialweave.model import Publication, Record, Section, Trial, stated

Article = Callable[..., tuple[str, Record]]


def build(
    *sections: tuple[str, str], title: str = "", trial: Trial | None = None
) -> tuple[str, Record]:
    """The received text and the record: each section's heading stands on a line before its text."""
    text = ""
    made = []
    for label, body in sections:
        text += f"{label}\n"
        made.append(Section(label, stated(body, "test/1", span=(len(text), len(text) + len(body)))))
        text += f"{body}\n"
    publication = Publication(
        title=stated(title, "test/1"),
        sections=stated(tuple(made), "test/1"),
        trial=trial or Trial(),
    )
    return text, record_of(publication=publication)


def record_of(publication: Publication | None = None, trial: Trial | None = None) -> Record:
    """A record of an invented article or registry entry."""
    return Record(
        record_id="page:invented", version=1, source="page", identifier="invented",
        kind="publication" if publication else "trial", digest="", sha256="", start=0, end=0,
        name="invented.txt", received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        publication=publication, trial=trial,
    )  # fmt: skip


@pytest.fixture
def bare() -> Callable[..., Record]:
    """Builds a record from ready-made sections."""
    return lambda *sections: record_of(Publication(sections=stated(sections, "test/1")))


@pytest.fixture
def sheet() -> Callable[..., Record]:
    """Builds a registry record from reported outcomes, and a `Trial`'s other fields."""
    return lambda *outcomes, **fields: record_of(
        trial=Trial(results=stated(outcomes, "test/1"), **fields)
    )


@pytest.fixture
def article() -> Article:
    """Builds ``(received text, record)`` from ``(label, text)`` sections."""
    return build
