"""What a request asks: its parameters with their limits, its question, its day's workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Path, Query, Request

from trialweave.errors import InputError
from trialweave.faces.as_of import day_of
from trialweave.faces.layout import parse_filters
from trialweave.faces.question_form import question_of
from trialweave.studies.reconciliation import KINDS
from trialweave.synthesis import Question
from trialweave.synthesis.question import (
    DESIGNS,
    INTERVALS,
    MEASURES,
    MODELS,
    PREDICTIONS,
    REGISTERED,
    SUBGROUPS,
    TAU2_ESTIMATORS,
    ZERO_CELLS,
)

if TYPE_CHECKING:
    from trialweave.faces.as_of import Days
    from trialweave.workspace import Workspace

StudyId = Annotated[str, Path(max_length=500, description="Any number of the study.")]
RecordId = Annotated[str, Path(max_length=500, description="A record's id.")]
SavedName = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The name of a saved question.")
]
Words = Annotated[str, Query(max_length=500, description="Words and numbers to find.")]
Filters = Annotated[
    list[str],
    Query(
        alias="filter",
        max_length=50,
        description="field=value; repeatable.",
        json_schema_extra={"items": {"type": "string", "pattern": r"^\s*[a-z_]+\s*=.*\S"}},
    ),
]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Address = Annotated[str, Query(max_length=500, description="A concept, an item or a finding.")]
Version = Annotated[int | None, Query(ge=1)]
Character = Annotated[int, Query(ge=-1)]
JsonPath = Annotated[str, Query(max_length=500, description="A path into a JSON record.")]
Field = Annotated[str, Query(max_length=100, description="Only this item: enrollment, masking …")]
Kind = Annotated[str, Query(max_length=100, description="Only between these: " + ", ".join(KINDS))]
Page = Annotated[int, Query(ge=1, le=1000)]
Only = Annotated[str, Query(max_length=500, description="Only of this study, by any number.")]
ReuseKind = Annotated[str, Query(max_length=20, description="text or results; both where empty.")]
Explained = Annotated[bool, Query(description="Also what one sponsor or programme explains.")]
AssessedBy = Annotated[str, Query(max_length=50, description="The instrument: inspect-sr, rob2.")]
ResultOf = Annotated[str, Query(max_length=200, description="Of what the result is; for rob2.")]
Outcome = Annotated[
    str,
    Query(
        max_length=200,
        description="Family of outcomes to pool.",
        json_schema_extra={"pattern": r"\S"},
    ),
]
Measure = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(MEASURES)})]
Tau2 = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(TAU2_ESTIMATORS)})]
Interval = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(INTERVALS)})]
Model = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(MODELS)})]
Prediction = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(PREDICTIONS)})]
ZeroCells = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(ZERO_CELLS)})]
Registered = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(REGISTERED)})]
Subgroup = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(SUBGROUPS)})]
Designs = Annotated[str, Query(max_length=20, json_schema_extra={"enum": list(DESIGNS)})]
Time = Annotated[
    str,
    Query(
        max_length=200,
        description="Which follow-up: longest, nearest N days, or N to M days.",
        json_schema_extra={
            "pattern": r"^(longest|nearest [0-9]{1,5} days|[0-9]{1,4} to 9[0-9]{4} days)$"
        },
    ),
]
Level = Annotated[float, Query(ge=0.5, le=0.999)]
ShortText = Annotated[str, Query(max_length=200)]
Dose = Annotated[str, Query(max_length=200, description="A range: 1e6 to 5e6 cells/kg.")]
Without = Annotated[
    list[str], Query(max_length=1000, description="Studies to leave out; repeatable.")
]
WithoutFlagged = Annotated[bool, Query(description="Leave out studies with a flag.")]
WithRetracted = Annotated[bool, Query(description="Use articles that were retracted, too.")]


Risk = Annotated[float | None, Query(gt=0, lt=1, description="A proportion: 0.2 is a fifth.")]
FigureName = Annotated[
    Literal["forest", "funnel", "baujat", "cumulative", "leave-one-out", "gosh", "flow"],
    Path(description="Which figure."),
]
FigureForm = Annotated[Literal["svg", "png", "pdf", "json", "csv"], Path(description="Its form.")]


def asked_filters(texts: list[str]) -> dict[str, list[str]]:
    """The filters of a request; InputError where one is malformed."""
    try:
        return parse_filters(texts)
    except ValueError as error:
        raise InputError(str(error)) from None


def asked_question(
    outcome: Outcome = "mortality",
    measure: Measure = "RR",
    model: Model = "random",
    tau2: Tau2 = "REML",
    interval: Interval = "HK",
    prediction: Prediction = "k-1",
    zero_cells: ZeroCells = "only0",
    level: Level = 0.95,
    designs: Designs = "randomised",
    registered: Registered = "",
    time: Time = "longest",
    population: ShortText = "",
    product: ShortText = "",
    cell_source: ShortText = "",
    dose: Dose = "",
    comparator: ShortText = "",
    subgroup: Subgroup = "",
    without: Without = [],  # noqa: B006  FastAPI copies defaults
    without_flagged: WithoutFlagged = False,
    with_retracted: WithRetracted = False,
) -> Question:
    """The question of a request; InputError where a choice is unknown."""
    try:
        return question_of(
            {
                "outcome": outcome,
                "measure": measure,
                "model": model,
                "tau2": tau2,
                "interval": interval,
                "prediction": prediction,
                "zero_cells": zero_cells,
                "level": level,
                "designs": designs,
                "registered": registered,
                "time": time,
                "population": population,
                "product": product,
                "cell_source": cell_source,
                "dose": dose,
                "comparator": comparator,
                "subgroup": subgroup,
                "without": without,
                "without_flagged": without_flagged,
                "with_retracted": with_retracted,
            }
        )
    except ValueError as error:
        raise InputError(f"{error}.") from None


Asked = Annotated[Question, Depends(asked_question)]


def workspace_of(request: Request) -> Workspace:
    """The workspace that is served, as of the day that a request asks about."""
    days: Days = request.app.state.days
    return days.on(day_of(request))
