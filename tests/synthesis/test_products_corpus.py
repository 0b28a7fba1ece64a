"""Products, cell sources and doses of the embedded corpus against the tables of facts."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path

import pytest

from trialweave import corpus
from trialweave.model import Received
from trialweave.records.versions import admit
from trialweave.sources import read_all
from trialweave.synthesis.products import Given, given

# The table's words for the kinds and sources, keyed by hand.
KINDS = {
    "cells": {"cells"}, "secretome": {"secretome"}, "exosomes": {"vesicles"},
    "cells; cells+extracellular vesicles": {"cells", "vesicles"},
}  # fmt: skip
SOURCES = {
    "umbilical cord": {"umbilical cord"}, "umbilical cord/Wharton jelly": {"Wharton's jelly"},
    "menstrual": {"menstrual blood"}, "perinatal": {"perinatal tissue"},
    "bone marrow": {"bone marrow"}, "adipose": {"adipose tissue"}, "placenta": {"placenta"},
    "umbilical cord; placenta": {"placenta", "umbilical cord"}, "": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def read() -> dict[str, Given]:
    """What is read of each extracted report, by its key."""
    (path,) = [each for each in corpus.files() if each.suffix == ".jsonl"]
    received = Received(path.name, path.read_bytes())
    records = admit(
        read_all(received).drafts, {}, received, dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    )
    return {record.record_id.partition(":")[2]: given([record]) for record in records}


@pytest.fixture
def facts(shared: Path) -> list[dict[str, str]]:
    with (shared / "data" / "msc_covid" / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.shared
def test_products_and_sources_equal_the_facts(
    read: dict[str, Given], facts: list[dict[str, str]]
) -> None:
    assert len(facts) > 40
    for row in facts:
        found = read[row["study_key"]]
        assert found.product is not None
        assert set(found.product.names) == KINDS[row["product"]], row["study_key"]
        sources = set(found.source.names) if found.source is not None else set()
        assert sources == SOURCES[row["cell_source"]], row["study_key"]


@pytest.mark.shared
def test_doses_equal_the_facts(read: dict[str, Given], facts: list[dict[str, str]]) -> None:
    """The first number with its power of ten, read by a pattern of the table's own."""
    told = [row for row in facts if row["dose_per_infusion"]]
    assert len(told) > 25
    for row in told:
        text = row["dose_per_infusion"].replace(",", "")
        numbers = re.match(r"([\d.]+)(?:-([\d.]+))?(e\d+)?", text)
        assert numbers is not None
        power = numbers[3] or ""
        low, high = (float(f"{each or numbers[1]}{power}") for each in numbers.groups()[:2])
        dose = read[row["study_key"]].doses[0]
        assert (dose.low, dose.high) == (pytest.approx(low), pytest.approx(high)), row["study_key"]
        assert dose.unit.endswith("/kg") is ("/kg" in text.partition(" then ")[0])
