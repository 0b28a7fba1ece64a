"""Europe PMC, live: core records by search; for one article its full text, where that is open.

The full text is what holds most numbers, so a single article comes as that (JATS, read by its own
source) where Europe PMC gives it, else as its core record; the page's note says which. Core
records add little that PubMed and Crossref do not give for the same article.
Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import re

import msgspec

from trialweave.errors import FetchFailed
from trialweave.live import _answers
from trialweave.live._answers import Cursor, Natural
from trialweave.live._census import Census, census
from trialweave.live.api import Answer, Api, Client, Page
from trialweave.model.identifiers import normalise

__all__ = ["API", "record", "search"]

_NAME = "europepmc"
_TITLE = "Europe PMC"
_SCHEMES = ("pmid", "doi")
_SIZE = 500  # records a page, some 10 KB each; the service gives up to 1,000
_PMCID = re.compile(r"PMC[0-9]{1,10}", re.ASCII | re.IGNORECASE)
_WANTED = frozenset({("article-meta", "article-id")})


class _Article(msgspec.Struct):
    id: str
    source: str
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    open: str = msgspec.field(name="isOpenAccess", default="")
    inside: str = msgspec.field(name="inEPMC", default="")

    def has(self, scheme: str, value: str) -> bool:
        """Whether the article states an identifier as its own."""
        told = {"doi": self.doi, "pmid": self.pmid, "pmcid": self.pmcid}[scheme]
        if scheme == "pmcid":
            return told.upper() == value
        known = normalise(told, scheme)
        return known is not None and known.value == value


class _Articles(msgspec.Struct):
    result: list[_Article]


class _Found(msgspec.Struct):
    hits: Natural = msgspec.field(name="hitCount")
    results: _Articles = msgspec.field(name="resultList")
    cursor: str = msgspec.field(name="nextCursorMark", default="")


def search(client: Client, query: str, token: str) -> Page:
    """One page of the core records that match a query in the service's own language."""
    at = _answers.place(token, Cursor, _TITLE)
    answer, found = _ask(client, query, at.cursor, _SIZE)
    count = len(found.results.result)
    if found.hits and not count and at.cursor == "*":
        what = f"there is no result though {found.hits} are promised"
        raise _answers.changed(_TITLE, what, answer.url)
    # At the end the service gives the cursor that it was asked for
    goes_on = bool(count and found.cursor and found.cursor != at.cursor)
    return _answers.listed(
        _NAME,
        at.page,
        "json",
        answer,
        count=count,
        total=found.hits,
        position=Cursor(found.cursor, at.page + 1) if goes_on else None,
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The full text or the core record of one article; None where Europe PMC has neither.

    The scheme "pmcid" is `live.numbers`'s.
    """
    if scheme == "pmcid":
        known = value.strip().upper()
        if not _PMCID.fullmatch(known):
            raise FetchFailed(f"{value[:60]!a} is no PMC number.", where=_TITLE)
        query = f"PMCID:{known}"
    else:
        known = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
        quoted = known.replace("\\", "\\\\").replace('"', '\\"')
        query = f'DOI:"{quoted}"' if scheme == "doi" else f"EXT_ID:{known} AND SRC:MED"
    answer, found = _ask(client, query, "*", 25)
    own = [each for each in found.results.result if each.has(scheme, known)]
    if not own:
        return None
    best = next((each for each in own if each.pmcid), own[0])
    wants = scheme == "pmcid" or "Y" in (best.open.upper(), best.inside.upper())
    if wants and _PMCID.fullmatch(best.pmcid):
        page = _full_text(client, best.pmcid.upper())
        if page is not None:
            return page
    if len(found.results.result) > 1:  # what else matched is not what was asked for
        answer, found = _ask(client, f'EXT_ID:"{best.id}" AND SRC:"{best.source}"', "*", 25)
        if [each.id for each in found.results.result] != [best.id]:
            what = f"{len(found.results.result)} records for {best.source}:{best.id}"
            raise _answers.changed(_TITLE, what, answer.url)
    return _answers.single(
        _NAME, known, "json", answer, "the core record; Europe PMC gives no open full text"
    )


def _ask(client: Client, query: str, cursor: str, size: int) -> tuple[Answer, _Found]:
    answer = client.get(
        "/search",
        {
            "query": query,
            "format": "json",
            "resultType": "core",
            "cursorMark": cursor,
            "pageSize": str(size),
        },
        expect="json",
    )
    return answer, _answers.decoded(answer, _Found, _TITLE)


def _full_text(client: Client, pmcid: str) -> Page | None:
    """The full text, None where the service does not give it away."""
    answer = client.get(f"/{pmcid}/fullTextXML", expect="xml", missing_ok=True)
    if answer.status >= 400:
        return None
    found = census(answer, _WANTED, _TITLE)
    if found.root != "article" or pmcid not in _own_numbers(found):
        what = f"the full text is not the article {pmcid}"
        raise _answers.changed(_TITLE, what, answer.url)
    return _answers.single(_NAME, pmcid, "xml", answer, f"the full text of {pmcid}")


def _own_numbers(found: Census) -> set[str]:
    """The identifiers of an article; its PMC number is written with and without letters."""
    texts = found.texts.get(("article-meta", "article-id"), [])
    return {text.upper() for text in texts} | {f"PMC{text}" for text in texts if text.isdigit()}


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://www.ebi.ac.uk/europepmc/webservices/rest",
    schemes=(*_SCHEMES, "pmcid"),
    search=search,
    record=record,
    interval=0.5,
)
