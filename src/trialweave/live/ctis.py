"""EU Clinical Trials Information System, live: whole records, twenty a page.

The search gives summaries alone, in an order that shifts between its pages. So all numbers that
match are listed first, each once, and kept in the token; then the record of each is asked for. A
page is a list of records, each of them byte for byte as it came.

The service ends every search at 10,000 trials without a word. A search that promises as many is
split by the trials' status, of which each has one, and then by phase.
Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

from trialweave.errors import FetchFailed
from trialweave.live import _answers
from trialweave.live._answers import Natural
from trialweave.live._ctis_query import criteria_of
from trialweave.live.api import Answer, Api, Client, Page
from trialweave.model import Received
from trialweave.sources.europe import ctis

__all__ = ["API", "CAP", "record", "search"]

CAP = 10_000  # trials at which the service ends a search

_NAME = "ctis"
_TITLE = "EU CTIS"
_SCHEMES = ("ctis",)
_LISTED = 100  # summaries a page
_SIZE = 20  # records a page
_CODES = {"status": tuple(range(1, 13)), "trialPhaseCode": tuple(range(1, 12))}
_BOM = b"\xef\xbb\xbf"

_Criteria = dict[str, Any]


class _Place(msgspec.Struct):
    """The numbers whose records are still to fetch."""

    waiting: list[str] = []
    total: Natural = 0
    page: Natural = 1


class _Pagination(msgspec.Struct):
    total: Natural = msgspec.field(name="totalRecords")


class _Summary(msgspec.Struct):
    number: str = msgspec.field(name="ctNumber")


class _Found(msgspec.Struct):
    pagination: _Pagination
    data: list[_Summary] | None


def search(client: Client, query: str, token: str) -> Page:
    """One page of the records of the trials that match a query."""
    at = _answers.place(token, _Place, _TITLE)
    notes: list[str] = []
    if not token:
        at, parts = _plan(client, criteria_of(query))
        if parts > 1:
            notes.append(f"asked for in {parts} parts, as CTIS ends a search at {CAP:,} trials")
        if len(at.waiting) < at.total:
            notes.append(f"CTIS lists {len(at.waiting)} of the {at.total} trials that it promises")
    asked, waiting = at.waiting[:_SIZE], at.waiting[_SIZE:]
    records, missing = [], []
    url = f"{API.base}/retrieve/"
    for number in asked:
        answer = _retrieve(client, number)
        if answer is None:
            missing.append(number)
        else:
            records.append(_bytes(answer))
            url = _answers.origin(answer.url).removesuffix(number)
    if missing:
        told = _answers.named(missing)
        notes.append(f"CTIS lists but does not give {len(missing)} trials: {told}")
    following = _Place(waiting, at.total, at.page + 1)
    return Page(
        name=_answers.file_name(_NAME, f"{at.page:04}", "json"),
        data=b"[" + b",\n".join(records) + b"]" if records else b"",
        url=url,  # each number of the page behind it is the address of its record
        count=len(records),
        total=at.total,
        next=_answers.token_of(following) if waiting else "",
        note="; ".join(notes),
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The record of one EU CT number, in its latest submission; None where CTIS has none."""
    known = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    found = _ask(client, {"number": known}, 1, _LISTED)[1].data or []
    numbers = [each.number for each in found if each.number.startswith(known)]
    number = max(numbers, default=f"{known}-00")
    answer = _retrieve(client, number)
    if answer is None:
        return None
    return _answers.single(_NAME, number, "json", answer)


def _plan(client: Client, criteria: _Criteria) -> tuple[_Place, int]:
    """The numbers of all trials that match, and in how many parts they were asked for."""
    promised = _ask(client, criteria, 1, 1)[1].pagination.total
    parts = _parts(client, criteria, promised)
    numbers: dict[str, None] = {}
    for part, total in parts:
        numbers |= _numbers(client, part, total)
    # A trial of a status or phase not known here is in the promise and in none of the parts
    total = max(promised, sum(total for _, total in parts))
    return _Place(list(numbers), total), len(parts)


def _parts(client: Client, criteria: _Criteria, total: int) -> list[tuple[_Criteria, int]]:
    """The search, or searches that make it up, each below the cap, with what they promise."""
    if not total:
        return []
    if total < CAP:
        return [(criteria, total)]
    for key, known in _CODES.items():
        codes = list(criteria.get(key) or known)
        if len(codes) > 1:
            middle = len(codes) // 2
            halves = [criteria | {key: codes[:middle]}, criteria | {key: codes[middle:]}]
            totals = [_ask(client, half, 1, 1)[1].pagination.total for half in halves]
            return [
                part
                for half, its in zip(halves, totals, strict=True)
                for part in _parts(client, half, its)
            ]
    raise FetchFailed(
        f"{total:,} trials of one status and one phase match; CTIS ends a search at {CAP:,}.",
        where=_TITLE,
        next_step="Narrow the search.",
    )


def _numbers(client: Client, criteria: _Criteria, total: int) -> dict[str, None]:
    """The numbers of a search below the cap, as many as its pages give, each once.

    What slips from one page to another while they are read is looked for from the other end.
    """
    numbers: dict[str, None] = {}
    for direction in ("DESC", "ASC"):
        for page in range(1, -(-total // _LISTED) + 1):
            answer, found = _ask(client, criteria, page, _LISTED, direction)
            if not found.data:
                if page == 1:
                    what = f"there is no trial in data though {total} are promised"
                    raise _answers.changed(_TITLE, what, answer.url)
                break
            numbers |= dict.fromkeys(each.number for each in found.data)
        if len(numbers) >= total:
            break
    return numbers


def _ask(
    client: Client, criteria: _Criteria, page: int, size: int, direction: str = "DESC"
) -> tuple[Answer, _Found]:
    body = {
        "pagination": {"page": page, "size": size},  # the first page is 1
        "sort": {"property": "decisionDate", "direction": direction},
        "searchCriteria": criteria,
    }
    answer = client.post("/search", body, expect="json")
    return answer, _answers.decoded(answer, _Found, _TITLE)


def _retrieve(client: Client, number: str) -> Answer | None:
    """The record of a number as the service writes it, None where it has none."""
    answer = client.get(f"/retrieve/{_answers.segment(number)}", expect="json", missing_ok=True)
    if answer.status >= 400:
        return None
    told = _answers.decoded(answer, _Summary, _TITLE).number
    if told != number:
        raise _answers.changed(_TITLE, f"it holds {told[:40]!a}, not {number}", answer.url)
    if not ctis.recognise(Received(number, answer.data)):
        what = "there is neither authorizedPartI nor ctPublicStatusCode in it"
        raise _answers.changed(_TITLE, what, answer.url)
    return answer


def _bytes(answer: Answer) -> bytes:
    """A record without what may stand around it."""
    return answer.data.removeprefix(_BOM).strip()


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://euclinicaltrials.eu/ctis-public-api",
    schemes=_SCHEMES,
    search=search,
    record=record,
    interval=0.5,
    throttles=frozenset({403}),
)
