"""Invented protocols for the faces: the real operations on eligibility over three small trials."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trialweave.errors import NotFound
from trialweave.model import (
    Arm,
    Intervention,
    Outcome,
    PartialDate,
    Record,
    Study,
    Trial,
    stated,
)
from trialweave.workspace._comparing import Comparing
from trialweave.workspace._matching import Matching

HOSTILE = (
    "<script>alert(1)</script>{{7*7}}\x1b[31mred\x1b]0;title\x07\u202egnp.exe\u202c"
    "\"onmouseover=alert(2) '[bold]rich[/bold] &amp; <img src=x onerror=alert(3)>"
)
STUDY_ID, OTHER, BARE = "NCT09999999", "NCT08880001", "NCT08880009"
RULE = "ctgov/1"


def _texts(name: str, *texts: str) -> Any:
    return stated(
        tuple(stated(text, RULE, path=f"{name}[{n}]") for n, text in enumerate(texts)), RULE
    )


def _record(number: str, title: str, **body: Any) -> Record:
    digest = hashlib.sha256(number.encode()).hexdigest()
    return Record(
        record_id=f"ctgov:{number}", version=1, source="ctgov", identifier=number, kind="trial",
        digest=digest, sha256=digest, start=0, end=9, name="ctgov.txt",
        received_at=dt.datetime(2031, 5, 6, tzinfo=dt.UTC), stated=PartialDate(2030, 2),
        trial=Trial(
            primary_id=stated(number, RULE), public_title=stated(title, RULE, path="title"), **body
        ),
    )  # fmt: skip


def _given(name: str, text: str) -> Any:
    one = Intervention(
        name=stated(name, RULE, path="i[0]"), description=stated(text, RULE, path="i[0].d"),
        arm_labels=stated(("Cells",), RULE),
    )  # fmt: skip
    return stated((one,), RULE)


def _measured(measure: str, frame: str) -> Any:
    one = Outcome(
        measure=stated(measure, RULE, path="o[0].measure"),
        time_frame=stated(frame, RULE, path="o[0].time"),
    )
    return stated((one,), RULE)


_ARMS = stated(
    (
        Arm(label=stated("Cells", RULE, path="a[0]"), type=stated("experimental", RULE)),
        Arm(label=stated("Salt water", RULE, path="a[1]"), type=stated("placebo comparator", RULE)),
    ),
    RULE,
)
RECORDS = (
    _record(
        STUDY_ID,
        f"Invented cells for an invented fever {HOSTILE}",
        allocation=stated("randomised", RULE, path="allocation"),
        enrollment=stated(40, RULE, path="size"),
        arms=_ARMS,
        minimum_age=stated(18.0, RULE, path="age", raw="18 years"),
        inclusion_criteria=_texts(
            "in", "SpO2 ≤ 93 %", "Age of 18 years or older", f"Fever {HOSTILE}", "PaO2/FiO2 = 300"
        ),
        exclusion_criteria=_texts("ex", "Pregnancy or breast-feeding", "Creatinine > 150 umol/L"),
        interventions=_given(
            "Invented mesenchymal stem cells",
            f"1 x 10^6 cells/kg intravenously on days 0, 3 and 6. {HOSTILE}",
        ),
        primary_outcomes=_measured(f"Death {HOSTILE}", "28 days"),
    ),
    _record(
        OTHER,
        "Trial ALBA",
        allocation=stated("non-randomised", RULE, path="allocation"),
        enrollment=stated(60, RULE, path="size"),
        arms=_ARMS,
        inclusion_criteria=_texts("in", "SpO2 < 90 %"),
        interventions=_given(
            "Invented mesenchymal stem cells", "5 x 10^7 cells intravenously, a single dose."
        ),
        primary_outcomes=_measured("Death from any cause", "day 28 and day 90"),
    ),
    _record(BARE, "Trial BARE"),
)
STUDIES = tuple(
    Study(
        record.identifier, record.about.public_title.content or "", (record.record_id,),
        (record.identifier, *(("CTRI/2031/01/000001",) if record.identifier == STUDY_ID else ())),
    )
    for record in RECORDS
)  # fmt: skip


def _find(identifier: str) -> Study:
    for study in STUDIES:
        if identifier in (*study.identifiers, *study.record_ids):
            return study
    raise NotFound(f"no study answers to '{identifier}'.", next_step="trialweave search finds it.")


def _members(study: Study) -> tuple[Record, ...]:
    return tuple(record for record in RECORDS if record.record_id in study.record_ids)


class FakeProtocol:
    """The real operations, whose state is made here and not read from a store."""

    root: Path

    def _state(self) -> Any:
        return SimpleNamespace(
            studies=STUDIES, find=_find, members=_members, records=lambda: RECORDS,
            generation=SimpleNamespace(number=3, path="generations/000003"), live="none",
        )  # fmt: skip

    criteria: Any = Matching.criteria
    match: Any = Matching.match
    screen: Any = Matching.screen
    relax: Any = Matching.relax
    _cohort: Any = Matching._cohort
    compare: Any = Comparing.compare
    evidence_map: Any = Comparing.evidence_map
    interventions: Any = Comparing.interventions
    outcomes: Any = Comparing.outcomes
    export_criteria: Any = Comparing.export_criteria
