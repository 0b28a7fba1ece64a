"""A study of one invented record, with findings made by hand."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.appraisal import appraise
from trialweave.model import ArmResult, Check, Finding, Record, Study, Trial, stated

VALIDATION = Path(__file__).resolve().parents[2] / "validation"

Checked = Callable[..., list[Check]]


def validation(name: str) -> ModuleType:
    """A script of ``validation/``, which may import others of that folder."""
    if str(VALIDATION) not in sys.path:
        sys.path.append(str(VALIDATION))
    return importlib.import_module(name)


def group(
    role: str, events: int | None = None, n: int | None = None, percent: str = "", **more: Any
) -> ArmResult:
    """One group; counts and sizes count as stated unless `more` says otherwise."""
    more.setdefault("events_origin", "stated" if events is not None else "")
    more.setdefault("n_origin", "stated" if n is not None else "")
    return ArmResult(role=role, events=events, n=n, percent=percent, **more)  # type: ignore[arg-type]


def result(*arms: Any, ordinal: int = 1, record: str = "page:one", **fields: Any) -> Finding:
    """A finding of counts."""
    fields.setdefault("outcome", "fever")
    return Finding(finding_id=f"{record}#{ordinal}", record_id=record, arms=arms, **fields)


def registered(record_id: str, enrollment: int | None) -> Record:
    """A record that states no more than an enrolment."""
    trial = Trial() if enrollment is None else Trial(enrollment=stated(enrollment, "test/1"))
    return Record(
        record_id=record_id, version=1, source="page", identifier=record_id, kind="trial",
        digest="", sha256="", start=0, end=0, name="x", trial=trial,
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip


def run_checks(
    *findings: Finding, rule: str | None = None, enrolled: dict[str, int] | None = None
) -> list[Check]:
    """Run one check (or all) on findings of ``page:one``, with enrolments by record id."""
    names = dict.fromkeys(["page:one", *(enrolled or {})])
    records = {name: registered(name, (enrolled or {}).get(name)) for name in names}
    study = Study("S1", "invented", tuple(names), ())
    return list(appraise(study, records, findings, only=[rule] if rule else None))


@pytest.fixture
def checked() -> Checked:
    """`run_checks`, for tests that need no more."""
    return run_checks
