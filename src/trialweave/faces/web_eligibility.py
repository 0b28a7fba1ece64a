"""The pages on who may take part: the criteria of a study, a patient or a cohort against them.

What is sent to be matched is answered in the same response, and neither kept nor logged
(`faces.receiving`); so the pages filter what they show by style sheet alone, not by asking again.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final, NamedTuple, get_args

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import HTMLResponse, Response

from trialweave.errors import InputError, TrialweaveError
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import StudyId, workspace_of
from trialweave.faces.match_asked import KINDS_WORDS, matched_few
from trialweave.faces.problems import Problem, Refused, problem_of
from trialweave.faces.protocol_figures import funnel
from trialweave.faces.receiving import LONGEST, Received, form_of, of_patients
from trialweave.faces.study_criteria import SECTION_WORDS, blocks
from trialweave.faces.term_words import day_asked
from trialweave.faces.web import page
from trialweave.protocol.exports import FORMS, Loss
from trialweave.protocol.patients.facts import FactKind

__all__ = ["router"]

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)
_LIMITS: Final = (10, 20, 50, 100)
_ROWS: Final = 2_000  # criteria on one page
_PEOPLE: Final = 500  # people in the list of a cohort
_ECHOED: Final = 200_000  # characters of a pasted text that its form shows again
FormName = Annotated[str, Path(max_length=20)]
_PARTED: Final = re.compile(r"[\s,;]+")


class FormTold(NamedTuple):
    """A form of export, and what of these criteria it cannot say."""

    name: str
    title: str
    losses: tuple[Loss, ...]


class Typed(NamedTuple):
    """What stands in the form; a file has to be chosen again, as browsers want it."""

    trials: str = ""
    text: str = ""
    on: str = ""
    fresh: str = "30"
    complete: tuple[FactKind, ...] = ()
    limit: int = 20
    criterion: str = ""
    bounds: str = ""


class Asked(NamedTuple):
    """What a form asks."""

    data: bytes
    trials: list[str]
    day: dt.date | None
    fresh: float
    complete: list[FactKind]
    limit: int
    criterion: int
    bounds: list[float]


@router.get("/criteria/{identifier:path}/export/{form}")
def export(request: Request, identifier: StudyId, form: FormName) -> Response:
    """The criteria as a file of a form."""
    made = workspace_of(request).export_criteria(identifier, form)
    headers = {"content-disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


@router.get("/criteria/{identifier:path}")
def criteria(request: Request, identifier: StudyId) -> Response:
    """The criteria of a study, each with what was understood of it."""
    workspace = workspace_of(request)
    view = workspace.criteria(identifier)
    forms = [
        FormTold(name, one.title, workspace.export_criteria(identifier, name).losses)
        for name, one in FORMS.items()
    ]
    return page(
        request,
        "eligibility.html",
        view=view,
        blocks=list(blocks(view, view.rows[:_ROWS])),
        left=max(0, len(view.rows) - _ROWS),
        forms=forms,
    )


@router.get("/match")
def match_form(request: Request, trial: str = "") -> Response:
    """The form to hold a patient against trials."""
    return _page(request, "match.html", Typed(trial[:500]))


@router.get("/screen")
def screen_form(request: Request, trial: str = "") -> Response:
    """The form to hold a cohort against one trial."""
    return _page(request, "screen.html", Typed(trial[:500]))


@router.post("/match")
async def match(request: Request) -> Response:
    """Patients against trials, criterion by criterion."""
    return await _answered(request, "match.html", _matched)


@router.post("/screen")
async def screen(request: Request) -> Response:
    """A cohort against one trial: who remains, and what bars how many."""
    return await _answered(request, "screen.html", _screened)


async def _answered(request: Request, template: str, work: Any) -> Response:
    """The page with its answer, or again with the form and the reason."""
    brought = await form_of(request)
    typed = _typed(brought)

    def answered() -> Response:
        try:
            request.state.day = day_asked(brought.field("as_of"))
            return _page(request, template, typed, **work(request, _asked(brought)))
        except (TrialweaveError, ValueError) as error:
            said = InputError(f"{error}.") if isinstance(error, ValueError) else error
            problem = problem_of(said)
            return _page(request, template, typed, problem.status, problem=problem)

    try:
        return await of_patients(answered)
    except Refused as error:
        problem = error.problem
        return _page(request, template, typed, problem.status, problem=problem)


def _matched(request: Request, asked: Asked) -> dict[str, Any]:
    view = matched_few(
        workspace_of(request), asked.data, asked.trials, asked.day, asked.fresh, asked.complete,
        asked.limit,
    )  # fmt: skip
    return {"view": view, "sections": SECTION_WORDS}


def _screened(request: Request, asked: Asked) -> dict[str, Any]:
    if len(asked.trials) != 1:
        raise InputError("a cohort is held against one trial.", next_step="Name one.")
    view = workspace_of(request).screen(
        asked.data, asked.trials[0], day=asked.day, fresh_days=asked.fresh, complete=asked.complete
    )
    relaxed = None
    if asked.bounds:
        relaxed = workspace_of(request).relax(
            asked.data, asked.trials[0], asked.criterion, asked.bounds, day=asked.day,
            fresh_days=asked.fresh, complete=asked.complete,
        )  # fmt: skip
    return {
        "view": view,
        "relaxed": relaxed,
        "funnel": funnel(view.screening),
        "people": view.screening.people[:_PEOPLE],
        "people_left": max(0, view.screening.total - _PEOPLE),
        "sections": SECTION_WORDS,
    }


def _page(
    request: Request,
    template: str,
    typed: Typed,
    status: int = 200,
    *,
    problem: Problem | None = None,
    **content: Any,
) -> Response:
    told = {"view": None, **content}
    return page(
        request, template, status, typed=typed, problem=problem, kinds=KINDS_WORDS,
        limits=_LIMITS, most=LONGEST >> 20, **told,
    )  # fmt: skip


def _typed(brought: Received) -> Typed:
    text = brought.text[: _ECHOED + 1].decode("utf-8", "replace") if not brought.file else ""
    return Typed(
        brought.field("trial")[:500],
        text if len(text) <= _ECHOED else "",
        brought.field("on")[:10],
        brought.field("fresh")[:10] or "30",
        _complete(brought),
        _limit(brought),
        brought.field("criterion")[:10],
        brought.field("bounds")[:200],
    )


def _asked(brought: Received) -> Asked:
    """What the form asks. InputError where a field is none."""
    if not brought.data.strip():
        raise InputError("there is no document.", next_step="Choose a file, or paste its text.")
    try:
        fresh = float(brought.field("fresh") or 30)
        bounds = [float(each) for each in _PARTED.split(brought.field("bounds")) if each]
        number = int(brought.field("criterion") or 0)
    except ValueError:
        raise InputError(
            "one of the fields is no number.",
            next_step="Days, the criterion and the bounds are numbers.",
        ) from None
    if bounds and number < 1:
        raise InputError("the bounds are of no criterion.", next_step="Say of which, by number.")
    return Asked(
        brought.data,
        [each for each in _PARTED.split(brought.field("trial")) if each][:100],
        day_asked(brought.field("on")),
        fresh,
        list(_complete(brought)),
        _limit(brought),
        number - 1,
        bounds[:50],
    )


def _complete(brought: Received) -> tuple[FactKind, ...]:
    kinds: tuple[FactKind, ...] = get_args(FactKind)
    return tuple(kind for kind in kinds if kind in brought.fields.get("complete", ()))


def _limit(brought: Received) -> int:
    said = brought.field("limit")
    return int(said) if said in map(str, _LIMITS) else 20
