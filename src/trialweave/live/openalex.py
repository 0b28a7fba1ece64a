"""OpenAlex, live: works by search, and single works by DOI or PubMed number.

Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import msgspec

from trialweave.live import _answers
from trialweave.live._answers import Cursor, Natural
from trialweave.live.api import Api, Client, Page

__all__ = ["API", "record", "search"]

_NAME = "openalex"
_TITLE = "OpenAlex"
_SCHEMES = ("doi", "pmid")
_SIZE = 100  # the most that the service gives


class _Meta(msgspec.Struct):
    count: Natural
    next_cursor: str | None


class _List(msgspec.Struct):
    meta: _Meta
    results: list[msgspec.Raw]


class _One(msgspec.Struct):
    id: str
    display_name: str | None
    publication_year: int | None


def search(client: Client, query: str, token: str) -> Page:
    """One page of the works whose title, abstract or full text matches a query."""
    at = _answers.place(token, Cursor, _TITLE)
    answer = client.get(
        "/works",
        {"search": query, "per_page": str(_SIZE), "cursor": at.cursor} | _about_us(),
        expect="json",
    )
    found = _answers.decoded(answer, _List, _TITLE)
    count, cursor = len(found.results), found.meta.next_cursor or ""
    if found.meta.count and not count and at.cursor == "*":
        what = f"there is no result though {found.meta.count} are promised"
        raise _answers.changed(_TITLE, what, answer.url)
    goes_on = bool(count and cursor and cursor != at.cursor)
    return _answers.listed(
        _NAME,
        at.page,
        "json",
        answer,
        count=count,
        total=found.meta.count,
        position=Cursor(cursor, at.page + 1) if goes_on else None,
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The work of one DOI or PubMed number; None where OpenAlex has none."""
    known = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    answer = client.get(
        f"/works/{scheme}:{_answers.segment(known)}", _about_us(), expect="json", missing_ok=True
    )
    if answer.status >= 400:
        return None
    _answers.decoded(answer, _One, _TITLE)
    return _answers.single(_NAME, known, "json", answer)


def _about_us() -> dict[str, str]:
    """The key that OpenAlex wants for more than a few searches a day, and whom to write to."""
    told = {"api_key": _answers.setting("OPENALEX_API_KEY"), "mailto": _answers.contact()}
    return {name: value for name, value in told.items() if value}


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://api.openalex.org",
    schemes=_SCHEMES,
    search=search,
    record=record,
    throttles=frozenset({403}),
)
