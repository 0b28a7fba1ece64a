"""ISRCTN, live: the register's XML, a page of a search at a time or one record.

Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

from trialweave.live import _answers
from trialweave.live._answers import Offset
from trialweave.live._census import census
from trialweave.live.api import Api, Client, Page

__all__ = ["API", "record", "search"]

_NAME = "isrctn"
_TITLE = "ISRCTN"
_SCHEMES = ("isrctn",)
_SIZE = 100  # trials a page, some 18 KB each
_WANTED = frozenset({("trial", "isrctn")})


def search(client: Client, query: str, token: str) -> Page:
    """One page of the trials that match a query in the register's own language."""
    at = _answers.place(token, Offset, _TITLE)
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
    return _answers.listed(
        _NAME,
        at.page,
        "xml",
        answer,
        count=count,
        total=total,
        position=Offset(done, at.page + 1) if count and done < total else None,
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
    return _answers.single(_NAME, number, "xml", answer)


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://www.isrctn.com/api",
    schemes=_SCHEMES,
    search=search,
    record=record,
)
