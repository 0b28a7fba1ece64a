"""When a change was made, relative to dates that may be partial, planned or only once stated."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from trialweave.model import PartialDate, Record, Trial, stated
from trialweave.records.history import changes

AT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def version(n: int, size: int, **said: Any) -> Record:
    values: dict[str, Any] = {
        name: stated(content, "test/1", path=name) for name, content in said.items()
    }
    body = Trial(enrollment=stated(size, "test/1", path="size"), **values)
    return Record(
        record_id="r:1", version=n, source="r", identifier="1", kind="trial",
        name="r.json", sha256="0" * 64, digest=str(n), start=0, end=1, received_at=AT, trial=body,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("edge", "on", "told"),
    [
        ((2030, 6), (2030, 5, 31), "before the start (2030-06)"),
        ((2030, 6), (2030, 6, 30), "in the month of the start (2030-06)"),
        ((2030, 6), (2030, 7, 1), "after the start (2030-06)"),
        ((2030,), (2030, 12, 31), "in the year of the start (2030)"),
        ((2030, 6, 9), (2030, 6, 9), "on the day of the start (2030-06-09)"),
    ],
)
def test_a_partial_date_covers_all_its_days(
    edge: tuple[int, ...], on: tuple[int, int, int], told: str
) -> None:
    after = version(2, 60, start_date=PartialDate(*edge))
    (change,) = (c for c in changes(version(1, 40), after, dt.date(*on)) if c.after == "60")
    assert change.relative == (told,)


def test_a_plan_is_told_as_one() -> None:
    """After a planned completion the trial need not be complete."""
    planned = {"completion_date": PartialDate(2031, 3), "completion_date_type": "estimated"}
    on = dt.date(2031, 5, 1)
    told = {
        how: changes(version(1, 40, **planned), version(2, 60, **said), on)[0].relative
        for how, said in {
            "still planned": planned,
            "come": {**planned, "completion_date_type": "actual"},
            "no longer stated": {},
        }.items()
    }
    assert told == {
        "still planned": ("after the planned completion (2031-03)",),
        "come": ("after the completion (2031-03)",),
        "no longer stated": ("after the planned completion (2031-03)",),
    }
