"""The operations on terms as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from trialweave.faces.api_shape import PREFIX, answer, says
from trialweave.faces.as_of import asked_day
from trialweave.faces.asked import Limit, Offset, Page, ShortText, StudyId, workspace_of
from trialweave.faces.term_asked import (
    AllPairs,
    Assertions,
    DayAsked,
    MenuAsked,
    Roles,
    Support,
    TermId,
    Vocabulary,
)
from trialweave.faces.term_words import LEAST, day_asked
from trialweave.publish.terms.decisions import TermDecisionsView
from trialweave.publish.terms.views import (
    MentionView,
    PairHistory,
    RelatedView,
    TermList,
    TermPage,
    TermReport,
    TermRow,
)

__all__ = ["VIEWS", "router"]

router = APIRouter(
    prefix=PREFIX, default_response_class=Response, dependencies=[Depends(asked_day)]
)


class TermsSuggested(msgspec.Struct, frozen=True):
    """Terms that are called so, or nearly."""

    terms: tuple[TermRow, ...]


class MentionsView(msgspec.Struct, frozen=True):
    """The mentions of terms in a study's records."""

    mentions: tuple[MentionView, ...]


VIEWS = (
    TermPage,
    TermList,
    RelatedView,
    PairHistory,
    TermReport,
    TermsSuggested,
    MentionsView,
    TermDecisionsView,
)
"""What the routes answer with, for their description."""

Required = Annotated[dt.date, BeforeValidator(day_asked), Query(description="A day: 2021-12-31.")]


@router.get("/term", responses=says(TermPage, 404))
def term(
    request: Request,
    q: TermId,
    vocabulary: Vocabulary = "",
    explode: Annotated[bool, Query(description="Studies of narrower terms, too.")] = True,
    role: Roles = [],  # noqa: B006  FastAPI copies defaults
    assertion: Assertions = [],  # noqa: B006
    limit: Limit = 20,
    offset: Offset = 0,
) -> Response:
    """A term: its names, place, studies with mentions, genes and counts."""
    found = workspace_of(request).term(
        q, vocabulary=vocabulary, explode=explode, roles=tuple(role),
        assertions=tuple(assertion), limit=limit, offset=offset,
    )  # fmt: skip
    return answer(found)


@router.get("/term/related", responses=says(RelatedView, 404))
def related(
    request: Request,
    q: TermId,
    vocabulary: Vocabulary = "",
    menu: MenuAsked = "",
    role: Roles = [],  # noqa: B006
    assertion: Assertions = [],  # noqa: B006
    condition: ShortText = "",
    since: DayAsked = None,
    until: DayAsked = None,
    support: Support = LEAST,
    all_pairs: AllPairs = False,
    limit: Page = 20,
) -> Response:
    """Terms that stand in the same studies, with counts, intervals and tests."""
    found = workspace_of(request).related_terms(
        q, vocabulary=vocabulary, menu=menu, roles=tuple(role), assertions=tuple(assertion),
        condition=condition, since=since, until=until, support=support, all_pairs=all_pairs,
        limit=limit,
    )  # fmt: skip
    return answer(found)


@router.get("/term/history", responses=says(PairHistory, 404))
def history(
    request: Request,
    q: TermId,
    with_term: Annotated[
        str, Query(alias="with", max_length=2000, description="The other term’s id, or a name.")
    ],
    vocabulary: Vocabulary = "",
    with_in: Vocabulary = "",
    role: Roles = [],  # noqa: B006
    condition: ShortText = "",
) -> Response:
    """How two terms came to stand together, day by day."""
    found = workspace_of(request).term_history(
        q, with_term, vocabulary=vocabulary, with_vocabulary=with_in, roles=tuple(role),
        condition=condition,
    )  # fmt: skip
    return answer(found)


@router.get("/terms", responses=says(TermList, 404))
def terms(
    request: Request,
    menu: MenuAsked = "",
    q: ShortText = "",
    limit: Page = 50,
    offset: Offset = 0,
) -> Response:
    """The terms of one kind that studies name, the most frequent first."""
    return answer(workspace_of(request).terms(menu, q, limit=limit, offset=offset))


@router.get("/terms/report", responses=says(TermReport, 404))
def report(
    request: Request,
    since: Required,
    until: DayAsked = None,
    country: ShortText = "",
    menu: MenuAsked = "",
    limit: Page = 50,
) -> Response:
    """What rose and what is new among the studies that began since a day."""
    return answer(
        workspace_of(request).terms_report(
            since, until=until, country=country, menu=menu, limit=limit
        )
    )


@router.get("/terms/decisions", responses=says(TermDecisionsView, 404))
def term_decisions(request: Request) -> Response:
    """What people said of words and terms, what holds, and how they agree."""
    return answer(workspace_of(request).term_decisions())


@router.get("/terms/suggest", responses=says(TermsSuggested))
def suggest(request: Request, q: TermId, limit: Limit = 10) -> Response:
    """Terms that are called so, or nearly."""
    return answer(TermsSuggested(tuple(workspace_of(request).suggest_terms(q, limit))))


@router.get("/mentions/{identifier:path}", responses=says(MentionsView, 404))
def mentions(request: Request, identifier: StudyId) -> Response:
    """The terms that a study names, and where."""
    return answer(MentionsView(tuple(workspace_of(request).mentions(identifier))))
