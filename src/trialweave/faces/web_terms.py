"""The pages of terms: a term with its studies and relatives, lists by kind, and what rose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trialweave.errors import NotFound
from trialweave.faces.as_of import asked_day_of_page, day_of
from trialweave.faces.asked import Offset, ShortText, workspace_of
from trialweave.faces.layout import path_of, query_of
from trialweave.faces.term_asked import Asked, DayAsked, MenuAsked, PageAsked, TermId, Vocabulary
from trialweave.faces.term_pair import by_year, pair_of
from trialweave.faces.term_words import (
    ROLE_WORDS,
    bars,
    mention_url,
    names_by_scope,
    term_query,
    term_url,
)
from trialweave.faces.web import page
from trialweave.publish.terms.views import MENU

if TYPE_CHECKING:
    from trialweave.publish.terms.views import (
        Count,
        Related,
        RelatedView,
        TermPage,
        TermRef,
    )
    from trialweave.workspace import Workspace

__all__ = ["EACH", "NO_LINKS", "router", "term_content"]

_OPEN_GENES, _MOST_GENES = 10, 60  # of a phenotype: open on the page, and behind them
EACH = 10
"""Related terms of one kind, where all kinds are shown."""
_RELATED = 200  # of the kind asked for
_SHARED = 25  # studies of one page that name both terms
_POINTS = 200  # days of their history, the latest
_NEAR = 20  # terms with a name like the one asked for

router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


class Filter(NamedTuple):
    """A role or assertion by which the studies of a term can be narrowed, chosen or not."""

    label: str
    studies: int
    address: str
    chosen: bool


class Group(NamedTuple):
    """Related terms of one kind: those that are ranked, those that go together by definition, and
    whether there are more of the former."""

    menu: str
    ranked: tuple[Related, ...]
    marked: tuple[Related, ...]
    more: bool


def _nowhere(_: object) -> str:
    return ""


NO_LINKS: dict[str, Any] = {
    "to_term": _nowhere,
    "to_study": _nowhere,
    "to_findings": _nowhere,
    "to_why": _nowhere,
    "to_shared": _nowhere,
}
"""Where nothing leads anywhere: a page takes it and says otherwise of what does."""


_LINKS: dict[str, Any] = {
    "to_term": term_url,
    "to_study": lambda study_id: path_of("study", study_id),
    "to_findings": lambda study_id: path_of("findings", study_id),
    "to_why": mention_url,
    "to_shared": _nowhere,
}


@router.get("/terms")
def terms(
    request: Request,
    menu: MenuAsked = "",
    q: ShortText = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Offset = 0,
) -> Response:
    """The kinds of terms, and the terms of one kind, the most frequent first."""
    found = workspace_of(request).terms(menu, q, limit=limit, offset=offset)

    def at(skip: int) -> str:
        pairs = {"menu": menu, "q": q, "limit": limit if limit != 50 else "", "offset": skip or ""}
        return "/terms" + query_of(pairs)

    return page(request, "terms.html", found=found, limit=limit, at=at, **_LINKS)


@router.get("/terms/find")
def find(request: Request, q: TermId = "") -> Response:
    """The page of the term that is called so; where several are, or none, a choice."""
    workspace = workspace_of(request)
    asked = q.strip()
    rows: Sequence[Any] = ()
    several = False
    if asked:
        try:
            view = workspace.term(asked, limit=1)
        except NotFound:
            rows = workspace.suggest_terms(asked, _NEAR)
        else:
            if not view.others:
                return RedirectResponse(term_url(view.term, ("as_of", day_of(request))), 303)
            several, rows = True, (_row_of(view), *view.others)
    found: dict[str, Any] = {"rows": rows, "several": several, "asked": asked}
    return page(request, "terms_find.html", **found, **_LINKS)


def _row_of(view: TermPage) -> Any:
    from trialweave.publish.terms.views import TermRow

    return TermRow(view.term, view.total, 0)


@router.get("/terms/report")
def report(
    request: Request,
    since: DayAsked = None,
    until: DayAsked = None,
    country: ShortText = "",
    menu: MenuAsked = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """What rose and what is new since a day; the form alone where no day is named."""
    found = None
    if since is not None:
        found = workspace_of(request).terms_report(
            since, until=until, country=country, menu=menu, limit=limit
        )
    asked = {"since": since, "until": until, "country": country, "menu": menu}
    return page(request, "terms_report.html", found=found, asked_report=asked, menus=MENU, **_LINKS)


@router.get("/term")
def term_by_query(
    request: Request, q: TermId, asked: PageAsked, vocabulary: Vocabulary = ""
) -> Response:
    """A term by any name or id: for ids that no path keeps as they are."""
    return _term(request, q, vocabulary, asked)


@router.get("/term/{vocabulary}/{identifier:path}")
def term(
    request: Request,
    vocabulary: Annotated[str, Path(max_length=200)],
    identifier: Annotated[str, Path(max_length=2000)],
    asked: PageAsked,
) -> Response:
    """A term by its vocabulary and its id there."""
    return _term(request, identifier, vocabulary, asked)


def _term(request: Request, identifier: str, vocabulary: str, asked: Asked) -> Response:
    workspace = workspace_of(request)
    view = workspace.term(
        identifier,
        vocabulary=vocabulary,
        explode=not asked.own,
        roles=asked.roles,
        assertions=asked.assertions,
        limit=asked.limit,
        offset=asked.offset,
    )
    if asked.with_term:
        return _shared(request, workspace, view, asked)
    related = workspace.related_terms(
        view.term.id,
        vocabulary=view.term.vocabulary,
        all_pairs=asked.all_pairs,
        limit=_RELATED if asked.related else EACH,
        **_filters_of(asked),
    )

    def address(**changes: object) -> str:
        return _address(view.term, asked, **changes)

    def shared_at(row: Related) -> str:
        named = {"with": row.term.id, "with_in": row.term.vocabulary, "offset": "", "related": ""}
        return address(**named)

    apart = ("condition", "since", "until", "support", "all_pairs")
    here = term_url(view.term)
    kept = [pair for pair in asked.pairs() if pair[0] not in apart and pair[1] != ""]
    if "?" in here:  # a form drops the query of its address
        kept += term_query(view.term)
    return page(
        request,
        "term.html",
        **term_content(view, related, asked.related),
        live=True,
        limit=asked.limit,
        narrowed=bool(asked.roles or asked.assertions),
        filters=(
            ("As", _filters(view.roles, "role", asked, view.term)),
            ("Said to be", _filters(view.assertions, "assertion", asked, view.term)),
        ),
        address=address,
        action=here.partition("?")[0],
        kept=kept,
        day_kept=[*kept, *((name, text) for name, text in asked.pairs() if name in apart)],
        menus=MENU,
        asked_related=asked,
        related_narrowed=bool(asked.condition or asked.since or asked.until),
        json_query=term_query(view.term),
        json_related=[*term_query(view.term), ("menu", asked.related)],
        **_LINKS | {"to_shared": shared_at},
    )


def _filters_of(asked: Asked) -> dict[str, Any]:
    """Which related terms, of which studies, as `related_terms` takes it."""
    return {
        "menu": asked.related,
        "roles": asked.roles,
        "assertions": asked.assertions,
        "condition": asked.condition,
        "since": asked.since,
        "until": asked.until,
        "support": asked.support,
    }


def _shared(request: Request, workspace: Workspace, view: TermPage, asked: Asked) -> Response:
    """The studies that name this term and another one, and no others."""
    found = pair_of(workspace, view.term, asked.with_term, asked.with_in, **_filters_of(asked))
    other, skip = found.other, asked.offset

    def shared_at(offset: int) -> str:
        named = {"with": other.id, "with_in": other.vocabulary, "offset": offset or ""}
        return _address(view.term, asked, **named)

    shown = found.row.studies[skip : skip + _SHARED] if found.row else ()
    return page(
        request,
        "term_shared.html",
        view=view,
        other=other,
        related=found.related,
        row=found.row,
        titles={name: workspace.show(name).study.title for name in shown},
        skip=skip,
        most=_SHARED,
        shared_at=shared_at,
        points=found.history.points[-_POINTS:],
        undated=found.history.undated,
        years=bars(by_year(found.history)),
        **_LINKS | {"to_shared": lambda row: "#studies"},
    )


def _address(ref: TermRef, asked: Asked, **changes: object) -> str:
    kept = [pair for pair in asked.pairs() if pair[0] not in changes]
    return term_url(ref, *kept, *changes.items())


def _filters(counts: Sequence[Count], name: str, asked: Asked, ref: TermRef) -> tuple[Filter, ...]:
    chosen: set[str] = set(asked.roles if name == "role" else asked.assertions)
    words = ROLE_WORDS if name == "role" else {}
    return tuple(
        Filter(
            words.get(one.label, one.label),
            one.studies,
            _address(ref, asked, offset="", **{name: "" if one.label in chosen else one.label}),
            one.label in chosen,
        )
        for one in counts
    )


def term_content(view: TermPage, related: RelatedView, menu: str = "") -> dict[str, Any]:
    """What `term_body.html` shows of a term, for a page and for a static report alike."""
    return {
        "view": view,
        "related": related,
        "menu": menu,
        "names": names_by_scope(view.names),
        "years": bars(view.years),
        "groups": _groups(related, menu),
        "open_genes": _OPEN_GENES,
        "most_genes": _MOST_GENES,
    }


def _groups(related: RelatedView, menu: str) -> tuple[Group, ...]:
    """The related terms by kind, in the order of the menu; of one kind as asked for."""
    of: dict[str, list[Related]] = {name: [] for name in ([menu] if menu else MENU)}
    for row in related.rows:
        of[menu or row.term.menu].append(row)
    found = []
    for name, rows in of.items():
        ranked = tuple(row for row in rows if not row.mark)
        marked = tuple(row for row in rows if row.mark)
        if rows:
            found.append(Group(name, ranked, marked, not menu and len(ranked) >= EACH))
    return tuple(found)
