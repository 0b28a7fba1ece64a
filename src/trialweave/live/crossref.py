"""Crossref, live: the best-ranked works of a search, and single works by their DOI.

Any of the words makes a work match, so that a search matches millions, ranked by how well they
do. Only the first `MOST` are taken, which every page says. They are asked for by their rank:
Crossref's cursors die after some minutes, a rank can be asked for on any day.
Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import re

import msgspec

from trialweave.live import _answers
from trialweave.live._answers import Natural, Offset
from trialweave.live.api import Api, Client, Page

__all__ = ["API", "MOST", "record", "search"]

MOST = 2000  # works of one search; Crossref itself ends at 10,000 that are asked for by rank

_NAME = "crossref"
_TITLE = "Crossref"
_SCHEMES = ("doi",)
_SIZE = 100
_OPERATOR = re.compile(r"(?:^|[\s(])(?:AND|OR|NOT)(?:[\s)]|$)")


class _Works(msgspec.Struct):
    items: list[msgspec.Raw]
    total: Natural = msgspec.field(name="total-results")


class _List(msgspec.Struct):
    message: _Works


class _Work(msgspec.Struct):
    doi: str = msgspec.field(name="DOI")


class _One(msgspec.Struct):
    message: _Work


def search(client: Client, query: str, token: str) -> Page:
    """One page of the works that Crossref ranks best for the words of a query."""
    at = _answers.place(token, Offset, _TITLE)
    size = max(1, min(_SIZE, MOST - at.offset))
    answer = client.get(
        "/works",
        {"query.bibliographic": query, "rows": str(size), "offset": str(at.offset)} | _about_us(),
        expect="json",
    )
    found = _answers.decoded(answer, _List, _TITLE).message
    count, total = len(found.items), min(found.total, MOST)
    if total and not count and not at.offset:
        what = f"there is no item though {found.total} are promised"
        raise _answers.changed(_TITLE, what, answer.url)
    done = at.offset + count
    return _answers.listed(
        _NAME,
        at.page,
        "json",
        answer,
        count=count,
        total=total,
        position=Offset(done, at.page + 1) if count and done < total else None,
        note=_note(query, found.total),
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The work of one DOI; None where Crossref has none."""
    doi = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    answer = client.get(
        f"/works/{_answers.segment(doi)}", _about_us(), expect="json", missing_ok=True
    )
    if answer.status >= 400:
        return None
    told = _answers.decoded(answer, _One, _TITLE).message.doi.lower()
    return _answers.single(
        _NAME,
        doi,
        "json",
        answer,
        "" if told == doi else f"served under {_answers.named([told])}, to which {doi} leads",
    )


def _about_us() -> dict[str, str]:
    """What puts a request into the pool of those who say who they are."""
    contact = _answers.contact()
    return {"mailto": contact} if contact else {}


def _note(query: str, matched: int) -> str:
    """What of the search people should know: it is a ranking, cut off, without operators."""
    notes = []
    if matched > MOST:
        notes.append(f"Crossref ranks {matched:,} works; the {MOST:,} ranked best are taken")
    if _OPERATOR.search(query):
        notes.append("Crossref takes AND, OR and NOT for words like any other")
    return "; ".join(notes)


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://api.crossref.org",
    schemes=_SCHEMES,
    search=search,
    record=record,
)
