"""ClinicalTrials.gov, API version 2: searches in its own syntax, and records by NCT number.

A page is the register's own search page, which `sources.ctgov` reads. The register gives a total
with the first page only, and a token also after a last page that happens to be full: the page
behind it is empty. Its tokens die when it refreshes its data, on working days.
No limit is published; its robots.txt asks for a second between requests.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import msgspec

from trialweave.errors import FetchFailed
from trialweave.live._answers import changed, decoded
from trialweave.live.api import Answer, Api, Client, Page

__all__ = ["API"]

_TITLE = "ClinicalTrials.gov"
_PAGE_SIZE = 200  # of at most 1,000: records with results have 100 KB and more


class _Identification(msgspec.Struct):
    nct: str = msgspec.field(name="nctId")


class _Protocol(msgspec.Struct):
    identification: _Identification = msgspec.field(name="identificationModule")


class _Study(msgspec.Struct):
    protocol: _Protocol = msgspec.field(name="protocolSection")


class _Found(msgspec.Struct):
    studies: list[_Study]
    next: str = msgspec.field(name="nextPageToken", default="")
    total: int | None = msgspec.field(name="totalCount", default=None)


def _search(client: Client, query: str, token: str) -> Page:
    """One page of a search; `query` is an expression of the register's own syntax."""
    params = {"format": "json", "query.term": query, "pageSize": str(_PAGE_SIZE)}
    params |= {"pageToken": token} if token else {"countTotal": "true"}
    answer = client.get("studies", params, expect="json")
    found = decoded(answer, _Found, _TITLE)
    if not token and found.total is None:
        raise changed(_TITLE, "the first page has no `totalCount`", answer.url)
    part = hashlib.sha256(f"{query}\n{token}".encode()).hexdigest()[:8]
    return Page(
        name=f"ctgov-search-{part}.json",
        data=answer.data,
        url=answer.url,
        count=len(found.studies),
        total=found.total,
        next=found.next,
    )


def _record(client: Client, scheme: str, value: str) -> Page | None:
    """One record; an obsolete number leads to the record that replaced it, and a note says so."""
    answer = client.get(
        f"studies/{quote(value, safe='')}", {"format": "json"}, expect="json", missing_ok=True
    )
    if answer.status in (404, 410):
        return None
    study = decoded(answer, _Study, _TITLE)
    nct = study.protocol.identification.nct
    note = f"{value} is served under {nct}, which replaces it" if nct != value else ""
    return Page(f"{_file(nct, answer)}.json", answer.data, answer.url, 1, 1, note=note)


def _file(nct: str, answer: Answer) -> str:
    """The number as a file's name."""
    if nct.isascii() and nct.isalnum() and len(nct) <= 20:
        return nct
    raise FetchFailed(
        f"the record names itself {nct[:20]!r}, which is no NCT number.",
        where=f"{_TITLE}, {answer.url}",
    )


API = Api(
    name="ctgov",
    title=_TITLE,
    base="https://clinicaltrials.gov/api/v2",
    schemes=("nct",),
    search=_search,
    record=_record,
    dies=frozenset({400, 404, 410}),
)
