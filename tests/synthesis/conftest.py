"""Makers of invented studies, records and findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from trialweave.model import (
    ArmResult,
    Finding,
    Missingness,
    PartialDate,
    Publication,
    Record,
    Study,
    Trial,
    Value,
    stated,
)
from trialweave.synthesis import Chosen, Group

Cell = tuple[int | None, int | None]


def value(content: Any) -> Value[Any]:
    """A stated value, or "not reported" for None."""
    if content is None:
        return Value(missingness=Missingness.NOT_REPORTED)
    return stated(content, "test/1")


class Made:
    """A small world of studies: `study()` adds one, `finding()` a result of a record."""

    def __init__(self) -> None:
        self.studies: list[Study] = []
        self.records: list[Record] = []
        self.findings: list[Finding] = []

    def record(
        self,
        name: str,
        *,
        allocation: str | None = "randomised",
        label: str | None = None,
        year: int = 2030,
        source: str = "extraction",
        report_of: str | None = None,
        trial: Trial | None = None,
        as_trial: bool = False,
        version: int = 1,
        enrollment: int | None = None,
    ) -> str:
        """Add a record; returns its id."""
        record_id = f"{source}:{name}"
        about = trial or Trial(allocation=value(allocation), enrollment=value(enrollment))
        publication = Publication(
            citation=value(label or name.title()),
            published=value(PartialDate(year)),
            report_of=value(report_of),
            trial=about,
        )
        self.records.append(
            Record(
                record_id, version, source, name, "trial" if as_trial else "publication",
                f"{name}{version}", "", 0, 1, "sheet", dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
                trial=about if as_trial else None, publication=None if as_trial else publication,
            )
        )  # fmt: skip
        return record_id

    def study(self, *record_ids: str) -> str:
        """Weave records into one study; returns its id."""
        study = Study(record_ids[0].upper(), "", record_ids, (record_ids[0].upper(),))
        self.studies.append(study)
        return study.study_id

    def finding(
        self,
        record_id: str,
        treatment: Cell | None,
        control: Cell | None,
        *,
        outcome: str = "all-cause mortality",
        family: str = "mortality",
        days: float | None = 28,
        labels: tuple[str, str] = ("cells", "saline"),
        origin: Any = "stated",
        arms: tuple[ArmResult, ...] = (),
        kind: Any = "count",
        population: str = "",
        rule: str = "",
    ) -> str:
        """Add a finding of one or two groups; returns its id."""
        made = list(arms)
        for role, cell, label in (
            ("treatment", treatment, labels[0]),
            ("control", control, labels[1]),
        ):
            if cell is not None:
                made.append(
                    ArmResult(
                        label, role, cell[0], cell[1],
                        events_origin=origin, n_origin="stated",
                    )  # type: ignore[arg-type]
                )  # fmt: skip
        number = sum(finding.record_id == record_id for finding in self.findings)
        finding_id = f"{record_id}#{number}"
        self.findings.append(
            Finding(
                finding_id, record_id, outcome, family, kind,
                time_days=days, arms=tuple(made), population=population, rule=rule,
            )
        )  # fmt: skip
        return finding_id


@pytest.fixture
def made() -> Made:
    """An empty world."""
    return Made()


@pytest.fixture(scope="session")
def chosen() -> Callable[..., Chosen]:
    """A maker of chosen comparisons from four numbers."""

    def make(label: str, a: int, n1: int, c: int, n2: int, **more: Any) -> Chosen:
        fields: dict[str, Any] = {
            "study_id": label, "label": label, "year": 2030, "finding_id": f"{label}#0",
            "finding_ids": (f"{label}#0",), "outcome": "death", "time": "", "time_days": None,
            "treatment": Group("cells", n1, a), "control": Group("saline", n2, c),
            "allocation": "randomised", "allocation_from": "", "turned": False, "recovered": (),
            "flags": (), "own_flags": (), "why": "",
        }  # fmt: skip
        return Chosen(**{**fields, **more})

    return make
