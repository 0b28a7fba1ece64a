"""What a request asks of patients and trials: its parameters with their limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator

from trialweave.errors import TooLarge
from trialweave.faces.term_words import day_asked
from trialweave.protocol.patients.facts import FactKind
from trialweave.protocol.patients.fhir import read_patients

if TYPE_CHECKING:
    from trialweave.publish.eligibility import MatchView
    from trialweave.workspace import Workspace

__all__ = [
    "COHORT_KINDS", "FHIR_KINDS", "KINDS_WORDS", "Complete", "Fresh", "MapFacet", "ScreenedTrial",
    "ScreeningDay", "Trials", "matched_few",
]  # fmt: skip

MOST_PEOPLE: Final = 100  # that one request holds against trials; `screen` takes cohorts
FHIR_KINDS: Final = (
    "application/fhir+json", "application/json", "application/fhir+ndjson", "application/x-ndjson",
)  # fmt: skip
COHORT_KINDS: Final = (*FHIR_KINDS, "text/csv")
KINDS_WORDS: Final[dict[FactKind, str]] = {
    "condition": "conditions", "drug": "drugs", "procedure": "procedures", "allergy": "allergies",
}  # fmt: skip
"""Kinds of facts of which a record may be known to hold everything."""

Trials = Annotated[
    list[str],
    Query(alias="trial", max_length=100, description="A study, by any number; repeatable."),
]
ScreenedTrial = Annotated[
    str, Query(alias="trial", max_length=500, description="The study, by any number.")
]
ScreeningDay = Annotated[
    dt.date | None,
    BeforeValidator(day_asked),
    Query(alias="on", description="The day of screening, else today: 2026-06-30."),
]
Fresh = Annotated[
    float, Query(ge=0, le=36_525, description="For so many days results count; 30 else.")
]
Complete = Annotated[
    list[FactKind],
    Query(max_length=10, description="A kind of which the document has everything; repeatable."),
]
MapFacet = Annotated[str, Query(max_length=200, description="Only cells of this one.")]


def matched_few(
    workspace: Workspace,
    data: bytes,
    trials: list[str],
    day: dt.date | None,
    fresh: float,
    complete: list[FactKind],
    limit: int,
) -> MatchView:
    """Hold the few patients of a document against trials. TooLarge where they are many."""
    people = len(read_patients(data))
    if people > MOST_PEOPLE:
        raise TooLarge(
            f"there are {people:,} patients in it; {MOST_PEOPLE} are the most here.",
            where="the document",
            next_step="Screen a cohort against one trial, or use trialweave match in a terminal.",
        )
    return workspace.match(
        data, trials=trials, day=day, fresh_days=fresh, complete=complete, limit=limit
    )
