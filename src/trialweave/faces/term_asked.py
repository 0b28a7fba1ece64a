"""What a request about terms asks: its parameters with their limits."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, NamedTuple

from fastapi import Depends, Query
from pydantic import BeforeValidator

from trialweave.faces.asked import Limit, Offset, ShortText
from trialweave.faces.term_words import LEAST, day_asked, menu_asked
from trialweave.model.annotation import Assertion, Role
from trialweave.publish.terms.views import MENU

__all__ = [
    "AllPairs",
    "Asked",
    "Assertions",
    "DayAsked",
    "MenuAsked",
    "PageAsked",
    "Roles",
    "Support",
    "TermId",
    "Vocabulary",
]

TermId = Annotated[str, Query(max_length=2000, description="A term’s id, or any of its names.")]
Vocabulary = Annotated[
    str, Query(max_length=200, description="Only in this vocabulary: MeSH, HPO …")
]
DayAsked = Annotated[
    dt.date | None, BeforeValidator(day_asked), Query(description="A day: 2021-12-31.")
]
MenuAsked = Annotated[
    str,
    BeforeValidator(menu_asked),
    Query(description="Only terms of this kind: " + ", ".join(MENU) + "."),
]
Roles = Annotated[
    list[Role], Query(alias="role", max_length=6, description="Only in this role; repeatable.")
]
Assertions = Annotated[
    list[Assertion],
    Query(alias="assertion", max_length=5, description="Only where this is said; repeatable."),
]
Support = Annotated[int, Query(ge=1, le=100_000, description="Studies that must name both terms.")]
AllPairs = Annotated[bool, Query(description="Pairs of less support, too, which are not tested.")]


class Asked(NamedTuple):
    """What a page of a term is asked besides the term."""

    own: bool
    roles: tuple[Role, ...]
    assertions: tuple[Assertion, ...]
    limit: int
    offset: int
    related: str
    condition: str
    since: dt.date | None
    until: dt.date | None
    support: int
    all_pairs: bool
    with_term: str
    with_in: str

    def pairs(self) -> list[tuple[str, object]]:
        """As pairs of a query, what is as always left out."""
        return [
            ("own", "true" if self.own else ""),
            *(("role", one) for one in self.roles),
            *(("assertion", one) for one in self.assertions),
            ("limit", self.limit if self.limit != 20 else ""),
            ("offset", self.offset or ""),
            *self.related_pairs(),
        ]

    def related_pairs(self) -> list[tuple[str, object]]:
        """Those of them that say which related terms, of which studies."""
        return [
            ("related", self.related),
            ("condition", self.condition),
            ("since", self.since or ""),
            ("until", self.until or ""),
            ("support", self.support if self.support != LEAST else ""),
            ("all_pairs", "true" if self.all_pairs else ""),
        ]


def asked_of(
    own: Annotated[bool, Query(description="Not in its narrower terms.")] = False,
    role: Roles = [],  # noqa: B006  FastAPI copies defaults
    assertion: Assertions = [],  # noqa: B006
    limit: Limit = 20,
    offset: Offset = 0,
    related: MenuAsked = "",
    condition: ShortText = "",
    since: DayAsked = None,
    until: DayAsked = None,
    support: Support = LEAST,
    all_pairs: AllPairs = False,
    with_term: Annotated[str, Query(alias="with", max_length=2000)] = "",
    with_in: Vocabulary = "",
) -> Asked:
    """The parameters of a term's page."""
    return Asked(
        own, tuple(role), tuple(assertion), limit, offset, related, condition, since, until,
        support, all_pairs, with_term, with_in,
    )  # fmt: skip


PageAsked = Annotated[Asked, Depends(asked_of)]
