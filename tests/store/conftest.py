"""Invented records for the tests of the store: no trial of this kind was ever run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from trialweave.model import (
    Arm,
    Finding,
    Intervention,
    Missingness,
    PartialDate,
    Publication,
    Record,
    RegistryNumber,
    Trial,
    Value,
    stated,
)
from trialweave.store import tables

AT = dt.datetime(2021, 3, 4, 5, 6, 7, 890000, tzinfo=dt.UTC)


def make_record(
    number: int,
    version: int = 1,
    *,
    last_change: PartialDate | None = None,
    publication: bool = False,
    padding: str = "",
) -> Record:
    """A record whose content is told by its number."""
    trial = Trial(
        primary_id=stated(f"REG{number:05d}", "reg.id/1", path="id"),
        secondary_ids=stated(
            (RegistryNumber(stated(f"ALT-{number}", "reg.alt/1", path="alt[0]")),), "reg.alt/1"
        ),
        public_title=stated(f"Placenta cells against fever, part {number}", "reg.title/1"),
        countries=stated((stated("Ruritania", "reg.c/1"), Value(), stated("ایران", "reg.c/1")), ""),
        phase=stated(("1", "2"), "reg.phase/1", raw="Phase 1/2"),
        enrollment=stated(10 + number, "reg.n/1", span=(4, 6)),
        minimum_age=stated(18.5, "reg.age/1"),
        maximum_age=Value(missingness=Missingness.NOT_APPLICABLE, raw="no limit"),
        overall_status=Value(missingness=Missingness.UNREADABLE, raw="?"),
        has_results=stated(False, "reg.r/1"),
        start_date=stated(PartialDate(2020, 2), "reg.start/1"),
        interventions=stated((Intervention(name=stated("cells", "reg.i/1")), Intervention()), ""),
        arms=stated((Arm(label=stated("A", "reg.arm/1")),), "reg.arm/1"),
        conditions=stated((), "reg.cond/1"),
        detailed_description=stated(f"text {number} version {version} {padding}", "reg.d/1"),
    )
    article = Publication(title=stated(f"Article {number}", "p/1"), doi=stated("10.1/x", "p/1"))
    return Record(
        record_id=f"reg:REG{number:05d}",
        version=version,
        source="reg",
        identifier=f"REG{number:05d}",
        kind="publication" if publication else "trial",
        digest=f"{number:032d}{version:032d}",
        sha256="ab" * 32,
        start=number * 10,
        end=number * 10 + 9,
        name="records.json",
        received_at=AT,
        stated=last_change,
        trial=None if publication else trial,
        publication=article if publication else None,
    )


def write_records(
    folder: Path,
    records: Sequence[Record],
    findings: Sequence[Sequence[Finding]] = (),
    study_of: Mapping[str, str] | None = None,
    as_of: dt.date | None = None,
) -> None:
    """Write a part of these records, all in the versions that they have, and what follows of it."""
    folder.mkdir(exist_ok=True)
    part = tables.PartWriter(folder, 1)
    for start in range(0, len(records), 7):  # several batches, whatever the number
        some = records[start : start + 7]
        found = findings[start : start + 7] or [()] * len(some)
        facts = [record.record_id.encode() for record in some]
        batch = tables.batch_of(some, found, facts=facts, searched=facts)
        part.add(batch, [record.version for record in some])
    heads = part.close()
    assert heads is not None
    marked = tables.marked(heads, as_of)
    tables.write_heads(folder, marked)
    tables.write_trials(folder, marked, study_of or {})
    tables.write_findings(folder, marked, study_of or {})


@pytest.fixture(name="write")
def write_fixture() -> Callable[..., None]:
    """The function that writes records into the folder of a generation."""
    return write_records


@pytest.fixture(name="make_record")
def make_record_fixture() -> Callable[..., Record]:
    """The function that invents a record."""
    return make_record


@pytest.fixture
def records() -> tuple[Record, ...]:
    """Some forty records, one with three versions, one an article."""
    return (
        *(make_record(number) for number in range(40)),
        make_record(7, 2, last_change=PartialDate(2021, 5)),
        make_record(7, 3, last_change=PartialDate(2021, 4, 30)),
        make_record(50, publication=True),
    )
