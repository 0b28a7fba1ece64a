"""ISRCTN, live: the register's XML, a page of a search at a time or one record.

Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import msgspec

from trialweave.live import _answers
from trialweave.live._answers import Natural
from trialweave.live._census import census
from trialweave.live.api import Api, Client, Page

__all__ = ["API", "record", "search"]

_NAME = "isrctn"
_TITLE = "ISRCTN"
_SCHEMES = ("isrctn",)
_SIZE = 100  # trials a page, some 18 KB each
_WANTED = frozenset({("trial", "isrctn")})


class _Place(msgspec.Struct):
    """How many trials came before, on how many pages."""

    offset: Natural = 0
    page: Natural = 1


def search(client: Client, query: str, token: str) -> Page:
    """One page of the trials that match a query in the register's own language."""
    at = _answers.place(token, _Place, _TITLE)
    answer = client.get(
        "/query/format/default",
        {"q": query, "limit": str(_SIZE), "offset": str(at.offset)},
        expect="xml",
    )
    found = census(answer, _WANTED, _TITLE)
    if found.root != "allTrials":
        what = f"<{found.root}> stands in the place of <allTrials>"
        raise _answers.changed(_TITLE, what, answer.url)
    written = found.attributes.get("totalCount", "")
    if not (written.isascii() and written.isdigit()):
        raise _answers.changed(_TITLE, "<allTrials> has no totalCount", answer.url)
    total, count = int(written), found.counts["fullTrial"]
    if total and not count and not at.offset:
        what = f"there is no <fullTrial> though {total} are promised"
        raise _answers.changed(_TITLE, what, answer.url)
    done = at.offset + count
    return Page(
        name=_answers.file_name(_NAME, f"{at.page:04}", "xml"),
        data=answer.data if count else b"",
        url=_answers.origin(answer.url),
        count=count,
        total=total,
        next=_answers.token_of(_Place(done, at.page + 1)) if count and done < total else "",
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The record of one ISRCTN number; None where the register has none."""
    number = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    answer = client.get(
        f"/trial/{_answers.segment(number)}/format/default", expect="xml", missing_ok=True
    )
    if answer.status >= 400:
        return None
    found = census(answer, _WANTED, _TITLE)
    numbers = found.texts.get(("trial", "isrctn"), [])
    if found.root == "allTrials" and not numbers:
        return None
    if [digits.upper().removeprefix("ISRCTN") for digits in numbers] != [number[6:]]:
        what = f"it holds {', '.join(numbers) or 'no trial'}, not {number}"
        raise _answers.changed(_TITLE, what, answer.url)
    return Page(
        name=_answers.file_name(_NAME, number, "xml"),
        data=answer.data,
        url=_answers.origin(answer.url),
        count=1,
        total=1,
    )


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://www.isrctn.com/api",
    schemes=_SCHEMES,
    search=search,
    record=record,
)
