"""The pages of assessments: a form question by question, and all that is judged.

The address holds what is assessed, and which question; the form what is answered: post, redirect,
get, under the same guard as decisions. What others answered is folded away, so that reviewers can
answer independently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trialweave.errors import NotADecision, TrialweaveError
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import AssessedBy, workspace_of
from trialweave.faces.deciding import fields_of, in_turn, keep_reviewer
from trialweave.faces.layout import path_of, query_of
from trialweave.faces.problems import Problem, problem_of
from trialweave.faces.web import page
from trialweave.publish.assessment_views import of_one, unread
from trialweave.publish.assessments import instrument_of
from trialweave.publish.traffic_light import signs, svg

if TYPE_CHECKING:
    from trialweave.model.assessment import Prefilled
    from trialweave.publish.assessment_views import (
        AnswerRow,
        AssessmentsView,
        AssessmentView,
        JudgedRow,
    )
    from trialweave.workspace import Workspace

__all__ = ["router"]

_LISTED = 200  # rows of the list of assessments
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)
StudyName = Annotated[str, Path(max_length=500)]
Outcome = Annotated[str, Query(max_length=200)]
ItemName = Annotated[str, Query(max_length=20)]


class Typed(NamedTuple):
    """What stands in the form."""

    answer: str = ""
    because: str = ""
    by: str = ""
    role: str = "reviewer"


class Group(NamedTuple):
    """What is judged with one instrument, and the signs of its judgements."""

    name: str
    title: str
    signs: tuple[tuple[str, str], ...]
    rows: list[JudgedRow]


class Asked(NamedTuple):
    """The question, domain or overall judgement that a form is about, and the one after it."""

    number: str
    asks: str
    answers: tuple[tuple[str, str], ...]
    given: tuple[AnswerRow, ...]
    suggested: Prefilled | None = None
    when: str = ""
    then: str = ""


@router.get("/assessments")
def every(request: Request, instrument: AssessedBy = "") -> Response:
    """What is judged, as traffic lights and as a table, and how reviewers agree."""
    view = workspace_of(request).assessments(instrument)
    return page(request, "assessments.html", view=view, chosen=instrument, groups=_groups(view))


@router.get("/assessments/lights.svg")
def lights(request: Request, instrument: AssessedBy = "rob2") -> Response:
    """The judgements of one instrument as a picture."""
    held = instrument_of(instrument)
    rows = workspace_of(request).assessments(held.name).rows[:_LISTED]
    if not rows:
        raise NotADecision("nothing is assessed with it yet.", next_step="Answer something first.")
    return Response(svg(held, rows), media_type="image/svg+xml")


@router.get("/assess/{identifier:path}")
def form(
    request: Request,
    identifier: StudyName,
    instrument: AssessedBy = "inspect-sr",
    outcome: Outcome = "",
    item: ItemName = "",
    taken: ItemName = "",
) -> Response:
    """The form; `item` is the question to answer, `taken` one just answered."""
    return _form(request, identifier, (instrument, outcome), (item, taken), Typed(), None)


@router.post("/assess/{identifier:path}")
async def answered(
    request: Request,
    identifier: StudyName,
    instrument: AssessedBy = "inspect-sr",
    outcome: Outcome = "",
    item: ItemName = "",
) -> Response:
    """Take an answer down and lead on to the next question."""
    fields = await fields_of(request)
    typed = Typed(*(fields.get(name, "") for name in Typed._fields))

    def answer(held: Workspace) -> AssessmentView:
        if typed.role not in ("reviewer", "adjudicator"):
            raise NotADecision("the role is missing.", next_step="Say as whom you answer.")
        if not typed.answer:
            raise NotADecision("nothing was chosen.", next_step="Choose an answer.")
        if not typed.by.strip():  # who started the server is not who answers
            raise NotADecision("the name is missing.", next_step="Say who answers.")
        return held.assess(
            identifier,
            instrument,
            outcome=outcome,
            answers={item: "" if typed.answer == "taken back" else typed.answer},
            because=typed.because,
            by=typed.by,
            adjudicator=typed.role == "adjudicator",
        )

    try:
        view = await in_turn(request, answer)
    except TrialweaveError as error:
        problem = problem_of(error)
        return await run_in_threadpool(
            _form, request, identifier, (instrument, outcome), (item, ""), typed, problem
        )
    then = _next(view, item)
    query = query_of({"instrument": instrument, "outcome": outcome, "item": then, "taken": item})
    done = RedirectResponse(f"{path_of('assess', identifier)}{query}#{'now' if then else ''}", 303)
    keep_reviewer(done, typed.by)
    return done


def _form(
    request: Request,
    identifier: str,
    of: tuple[str, str],
    items: tuple[str, str],
    typed: Typed,
    problem: Problem | None,
) -> Response:
    instrument, outcome = of
    item, taken = items
    workspace = workspace_of(request)
    held = instrument_of(instrument)
    if held.per_result and not outcome.strip():
        found = workspace.check(identifier)
        families = tuple(dict.fromkeys(each.family for each in found.findings if each.family))
        return page(
            request, "assess.html", study=found.study, view=None, families=families,
            chosen=held.name, problem=None,
        )  # fmt: skip
    view = workspace.assess(identifier, instrument, outcome=outcome)
    return page(
        request,
        "assess.html",
        200 if problem is None else problem.status,
        study=view.study,
        view=view,
        of_one=of_one,
        unread=unread(view),
        any_of_one=any(map(of_one, view.domains)),
        chosen=held.name,
        now=_asked(view, item) if item else None,
        done=_asked(view, taken) if taken else None,
        typed=typed,
        problem=problem,
    )


def _asked(view: AssessmentView, number: str) -> Asked | None:
    """What is asked under a number, a domain's code or "overall"; None where nothing is."""
    every = _everything(view)
    at = next((i for i, each in enumerate(every) if each.number == number), None)
    if at is None:
        return None
    then = every[at + 1].number if at + 1 < len(every) else ""
    return every[at]._replace(then=then)


def _everything(view: AssessmentView) -> list[Asked]:
    """All that can be answered, in its order."""
    words = dict(view.words)
    judged = tuple((each, each) for each in view.judgements)
    every: list[Asked] = []
    for domain in view.domains:
        every += [
            Asked(
                number=each.item.number,
                asks=each.item.asks,
                answers=tuple((answer, words.get(answer, "")) for answer in each.item.answers),
                given=each.given,
                suggested=each.suggested,
                when=each.item.when,
            )
            for each in domain.items
        ]
        every.append(Asked(domain.code, f"Judge: {domain.name}", judged, domain.given))
    every.append(Asked("overall", "Judge overall", judged, view.given))
    return every


def _next(view: AssessmentView, item: str) -> str:
    """What who has just answered `item` has still to answer: in its domain, after it, at all."""
    order = [each.number for each in _everything(view)]
    after = order[order.index(item) + 1 :] if item in order else []
    domain = item.removeprefix("D").partition(".")[0]
    near = [each for each in view.wanted if each.startswith((f"{domain}.", f"D{domain}"))]
    return next(iter([*near, *(each for each in after if each in view.wanted), *view.wanted]), "")


def _groups(view: AssessmentsView) -> list[Group]:
    """What is judged, instrument by instrument."""
    names = dict.fromkeys(row.instrument for row in view.rows)
    groups = []
    for key in names:
        held = instrument_of(key.partition("/")[0])
        rows = [row for row in view.rows if row.instrument == key]
        groups.append(Group(held.name, held.title, signs(held), rows[:_LISTED]))
    return groups
