"""The page on which a person decides about two records: post, redirect, get.

The address holds the two records, the form what is decided of them. Where that cannot be taken
down, the page comes again with what was typed and with the reason.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trialweave.errors import NotADecision, NotFound, TrialweaveError
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import workspace_of
from trialweave.faces.deciding import (
    VERBS,
    DecisionAsked,
    Verb,
    decide,
    desk_of,
    fields_of,
    in_turn,
    keep_reviewer,
)
from trialweave.faces.layout import path_of
from trialweave.faces.problems import Problem, problem_of
from trialweave.faces.web import page
from trialweave.faces.web_study import Weighed, weighed
from trialweave.publish.views import DecisionRow, LinkView, RecordRow
from trialweave.store.decisions import cleaned
from trialweave.studies.decided import shown_name

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["router"]

_TWICE: Final = dt.timedelta(minutes=1)  # within which a form sent again is one sent twice

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)
Name = Annotated[str, Query(min_length=1, max_length=500)]
Study = Annotated[str, Query(max_length=500)]


class Typed(NamedTuple):
    """What stands in the form."""

    a: str
    b: str
    study: str = ""  # whose page to go back to
    verdict: str = ""
    because: str = ""
    by: str = ""
    role: str = ""


class Side(NamedTuple):
    """One of the two: what it was called, and the record and study of that name, if it is here."""

    name: str
    study_id: str
    record: RecordRow | None


@router.get("/decide")
def form(request: Request, a: Name, b: Name, study: Study = "") -> Response:
    """The two records side by side, what is known of their link, and the form."""
    desk_of(request)
    return _form(request, Typed(a, b, study), None)


@router.post("/decide")
async def decided(request: Request, a: Name, b: Name, study: Study = "") -> Response:
    """Take the decision down and lead on to what follows from it."""
    fields = await fields_of(request)
    typed = Typed(
        a,
        b,
        study,
        fields.get("verdict", ""),
        fields.get("because", ""),
        fields.get("by", ""),
        fields.get("role", ""),
    )
    asked = DecisionAsked(a, b, typed.because, typed.by, typed.role == "adjudicator")
    try:
        verb = VERBS.get(typed.verdict)
        if verb is None:
            raise NotADecision("nothing was chosen.", next_step="Say what the two records are of.")
        if typed.role not in ("reviewer", "adjudicator"):
            raise NotADecision("the role is missing.", next_step="Say as whom you decide.")
        number = await in_turn(request, lambda held: _taken_down(held, verb, asked))
    except TrialweaveError as error:
        problem = problem_of(error)
        return await run_in_threadpool(_form, request, typed, problem)
    target = await run_in_threadpool(_leads_to, workspace_of(request), study, number)
    answer = RedirectResponse(target, 303)
    keep_reviewer(answer, typed.by)
    return answer


def _taken_down(held: Workspace, verb: Verb, asked: DecisionAsked) -> int:
    """The number of the decision; that of the last one, where it is this one, sent twice."""
    view = held.decisions()
    last = view.entries[-1] if view.entries else None
    if last is not None and last.number not in view.waiting and _same(last, verb, asked):
        return last.number
    return decide(held, verb, asked).entry.number


def _same(last: DecisionRow, verb: Verb, asked: DecisionAsked) -> bool:
    return (
        VERBS[last.verdict] == verb
        and sorted((asked.a, asked.b)) == [last.record_a, last.record_b]
        and last.because == cleaned(asked.because)
        and last.who == shown_name(cleaned(asked.by))
        and (last.role == "adjudicator") == asked.adjudicator
        and dt.datetime.now(dt.UTC) - last.at < _TWICE
    )


def _leads_to(workspace: Workspace, study: str, number: int) -> str:
    """The page from which it was decided, with a word of what was done."""
    if study and _links(workspace, study) is not None:
        return f"{path_of('study', study)}?decided={number}#decided"
    return f"/decisions?decided={number}#decided"


def _form(request: Request, typed: Typed, problem: Problem | None) -> Response:
    told = _told(workspace_of(request), typed)
    status = problem.status if problem is not None else 200
    return page(request, "decide.html", status, typed=typed, problem=problem, **told)


def _told(workspace: Workspace, typed: Typed) -> dict[str, Any]:
    """What is known of the two: their records, their link, and what was decided of them."""
    views = [_links(workspace, name) for name in (typed.a, typed.b)]
    sides = [_side(name, view) for name, view in zip((typed.a, typed.b), views, strict=True)]
    names = sorted(side.record.record_id if side.record else side.name for side in sides)
    found: Weighed | None = None
    outlook: tuple[str, ...] = ()
    if (view := views[0]) is not None:
        for link, would_change in zip(view.links, view.outlooks, strict=True):
            if sorted((link.record_a, link.record_b)) == names:
                found, outlook = weighed(link), would_change
    try:
        entries = workspace.decisions().entries
    except TrialweaveError:  # said when the form is sent
        entries = ()
    before = [each for each in entries if [each.record_a, each.record_b] == names]
    return {"sides": sides, "found": found, "outlook": outlook, "before": before}


def _links(workspace: Workspace, name: str) -> LinkView | None:
    try:
        return workspace.links(name)
    except NotFound:
        return None


def _side(name: str, view: LinkView | None) -> Side:
    if view is None:
        return Side(name, "", None)
    asked = name.strip().casefold()
    rows = (row for row in view.records if row.record_id.casefold() == asked)
    return Side(name, view.study.study_id, next(rows, None))
