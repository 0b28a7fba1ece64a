"""The pages: server-rendered, without scripts, every value a link to where it stands.

A page asks one operation of the workspace and fills one template. Template expressions are
escaped as HTML, after `publish.text.visible` has made control characters and directional
overrides visible; no template marks anything as safe.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from trialweave.faces import layout, term_words
from trialweave.faces.as_of import asked_day_of_page, carried, day_of
from trialweave.faces.asked import (
    Address,
    Character,
    Field,
    Filters,
    JsonPath,
    Kind,
    Offset,
    Page,
    RecordId,
    StudyId,
    Version,
    Words,
    asked_filters,
    workspace_of,
)
from trialweave.faces.deciding import Desk, reviewer_of
from trialweave.faces.problems import Problem
from trialweave.faces.study_criteria import who_may
from trialweave.faces.study_terms import study_terms
from trialweave.faces.web_history import history_page
from trialweave.faces.web_reconciled import conflicts_page, decisions_page, done_of, kind_words
from trialweave.faces.web_study import study_page
from trialweave.publish.numbers import group_text, number_text, p_text
from trialweave.publish.text import cut, fold, visible

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["error_page", "page", "router", "templates"]

WINDOW = 200_000  # characters of a received text on one page, about the passage asked for
Number = Annotated[int, Query(ge=0, le=1_000_000_000)]
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


@functools.cache
def templates() -> Any:
    """The environment in which every page is filled: escaped, and made visible."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(cut=cut, fold=fold)
    environment.globals.update(
        {name: getattr(told, name) for told in (layout, term_words) for name in told.__all__},
        facet_label=_facet_label,
        kind_words=kind_words,
        group_text=group_text,
        number_text=number_text,
        p_text=p_text,
        int_=lambda count: f"{count:,}".replace(",", " "),
    )
    return environment


def _facet_label(facet: str, value: str) -> str:
    """What to call a value of a facet."""
    from trialweave.publish.state import SOURCE_TITLES
    from trialweave.records.places import country_name

    if facet == "countries":
        return country_name(value)
    if facet == "has_flags":
        return {"yes": "with a flag", "no": "without"}.get(value, value)
    return SOURCE_TITLES.get(value, value) if facet == "sources" else value


def _shown(value: Any) -> Any:
    """Every expression of a template passes here before it is escaped."""
    if value is None:
        return ""
    return visible(value) if type(value) is str else value


def page(request: Request, template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A filled template; its links and forms keep to the day that was asked for."""
    served: Workspace = request.app.state.days.served
    desk: Desk = request.app.state.desk
    asked_day = day_of(request)
    about = {
        "path": request.url.path,
        "asked": request.query_params.get("q", ""),
        "day": asked_day or served.day,
        "back": "" if asked_day is None else _without_day(request),
        "back_to": served.day,
        "deciding": desk.allowed and asked_day is None,
        "token": desk.token,
        "reviewer": reviewer_of(request),
    }
    text = templates().get_template(template).render(about, **content)
    return HTMLResponse(carried(text, asked_day), status)


def _without_day(request: Request) -> str:
    """The same page without a day, as an address relative to it."""
    pairs: list[tuple[str, object]] = list(request.query_params.multi_items())
    return layout.query_of([pair for pair in pairs if pair[0] != "as_of"]) or "?"


def error_page(request: Request, problem: Problem) -> Response:
    """A problem as a page."""
    return page(request, "error.html", problem.status, problem=problem)


@router.get("/")
def home(request: Request) -> Response:
    """The search box, what the workspace holds, and ways in."""
    workspace = workspace_of(request)
    held = workspace.status()
    facets = workspace.search("", limit=1).facets if held.records else {}
    return page(request, "home.html", held=held, facets=facets)


@router.get("/search")
def search(
    request: Request,
    q: Words = "",
    filters: Filters = [],  # noqa: B006  FastAPI copies defaults
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Offset = 0,
) -> Response:
    """Studies found, with facets."""
    asked = asked_filters(filters)
    found = workspace_of(request).search(q, filters=asked, limit=limit, offset=offset)

    def address(
        *, add: tuple[str, str] | None = None, drop: tuple[str, str] | None = None, skip: int = 0
    ) -> str:
        pairs = [
            (name, value)
            for name, values in asked.items()
            for value in values
            if (name, value) != drop
        ]
        if add is not None and add not in pairs:
            pairs.append(add)
        query: list[tuple[str, object]] = [("q", q)]
        query += [("filter", f"{name}={value}") for name, value in pairs]
        query += [("limit", limit if limit != 20 else ""), ("offset", skip or "")]
        return "/search" + layout.query_of(query)

    kept = [("q", q), *(("filter", text) for text in filters), ("limit", limit)]
    return page(request, "search.html", found=found, limit=limit, address=address, kept=kept)


@router.get("/study/{identifier:path}")
def study(request: Request, identifier: StudyId, decided: Number = 0) -> Response:
    """One study; `decided` is a decision just made, which is then told of."""
    workspace = workspace_of(request)
    view = workspace.show(identifier)
    done = done_of(workspace, decided) if decided else None
    shared = workspace.reuse(identifier, explained=True, limit=10)
    return page(
        request, "study.html", done=done, reuse=shared,
        named_terms=study_terms(workspace, identifier), who=who_may(workspace, identifier),
        **study_page(view),
    )  # fmt: skip


@router.get("/why/{identifier:path}")
def why(request: Request, identifier: StudyId, address: Address) -> Response:
    """Where a value stands, in each record that states it."""
    return page(request, "why.html", view=workspace_of(request).why(identifier, address))


@router.get("/history/{identifier:path}")
def history(request: Request, identifier: StudyId) -> Response:
    """The versions of a study's records, and what changed when."""
    view = workspace_of(request).history(identifier)
    return page(request, "history.html", **history_page(view))


@router.get("/conflicts")
def conflicts(
    request: Request, field: Field = "", kind: Kind = "", limit: Page = 50, offset: Offset = 0
) -> Response:
    """Where records of a study differ, their values side by side."""
    workspace = workspace_of(request)
    return page(request, "conflicts.html", **conflicts_page(workspace, field, kind, limit, offset))


@router.get("/decisions")
def decisions(request: Request, offset: Offset = 0, decided: Number = 0) -> Response:
    """What people decided, what is in dispute, and how they agree."""
    workspace = workspace_of(request)
    told = decisions_page(workspace.decisions(), offset)
    done = done_of(workspace, decided) if decided else None
    return page(request, "decisions.html", done=done, **told)


@router.get("/record/{record_id:path}")
def record(
    request: Request,
    record_id: RecordId,
    version: Version = None,
    start: Character = -1,
    end: Character = -1,
    path: JsonPath = "",
) -> Response:
    """A record's text as received, the passage marked."""
    workspace = workspace_of(request)
    view = workspace.document(record_id, version=version, start=start, end=end, path=path)
    several = view.record.versions > 1
    versions = [
        each
        for told in (workspace.history(view.record.record_id).records if several else ())
        for each in told.versions
    ]
    marked = 0 <= view.start <= view.end <= len(view.text)
    first, last = (view.start, view.end) if marked else (0, 0)
    opens = max(0, first - WINDOW // 2)
    closes = min(len(view.text), last + WINDOW // 2 if marked else WINDOW)
    return page(
        request,
        "record.html",
        view=view,
        versions=versions,
        marked=marked,
        before=view.text[opens:first],
        passage=view.text[first:last],
        after=view.text[last:closes],
        left_before=opens,
        left_after=len(view.text) - closes,
    )


@router.get("/about")
def about(request: Request) -> Response:
    """What was read from where, licences, and what a flag means."""
    from trialweave import __version__
    from trialweave.corpus import NOTICE

    return page(
        request,
        "about.html",
        held=workspace_of(request).status(),
        components=_components(),
        version=__version__,
        notice=NOTICE,
    )


class Component(NamedTuple):
    """One library that the program stands on, as installed."""

    name: str
    version: str
    licence: str


@functools.cache
def _components() -> tuple[Component, ...]:
    """The declared dependencies with the licences that they state."""
    from importlib.metadata import PackageNotFoundError, metadata, requires

    found = []
    for requirement in requires("trialweave") or ():
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match is None or "extra ==" in requirement:
            continue
        try:
            told = metadata(match[0])
        except PackageNotFoundError:
            continue
        classified = [
            line.rpartition(" :: ")[2]
            for line in told.get_all("Classifier") or ()
            if line.startswith("License ::")
        ]
        names = ("License-Expression", "License")
        stated = [text for name in names for text in told.get_all(name) or () if len(text) < 80]
        licence = stated[0] if stated else ", ".join(classified)
        found.append(Component(told["Name"], told["Version"], licence or "see its package"))
    return tuple(found)
