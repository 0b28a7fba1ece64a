"""PubMed, live: efetch's XML, two hundred articles a page, or one article.

esearch gives the numbers of all articles that match, up to 9,999; a search that matches more is
split by the day on which PubMed took the article in, of which each article has exactly one. The
numbers still to fetch are kept in the token: they stay the same while PubMed grows, and a fetch
that broke off goes on after any time, which NCBI's history server would not allow.
Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from trialweave.errors import FetchFailed
from trialweave.live import _answers
from trialweave.live._answers import Natural
from trialweave.live._census import census
from trialweave.live.api import Answer, Api, Client, Page
from trialweave.model import Draft, Publication, Received
from trialweave.publish.text import cut, fold
from trialweave.sources.literature import pubmed

__all__ = ["API", "MOST", "record", "search"]

MOST = 9999  # articles of one search that esearch lists

_NAME = "pubmed"
_TITLE = "PubMed"
_SCHEMES = ("pmid", "doi")
_SIZE = 200
_DAYS = (dt.date(1781, 1, 1), dt.date(2100, 12, 31))  # before the oldest article, after all
_ROOT = "PubmedArticleSet"
_WANTED = frozenset(
    {("MedlineCitation", "PMID"), ("BookDocument", "PMID"), ("eFetchResult", "ERROR")}
)


class _Span(msgspec.Struct):
    """Some days, and how many articles that match came to PubMed on them."""

    first: dt.date
    last: dt.date
    count: Natural = 0


class _Place(msgspec.Struct):
    """What is still to fetch: the numbers known, then the spans of days not yet asked for."""

    ids: list[str] = []
    spans: list[_Span] = []
    total: Natural = 0
    page: Natural = 1


class _Missed(msgspec.Struct):
    phrases: list[str] = msgspec.field(name="phrasesnotfound", default_factory=list)
    fields: list[str] = msgspec.field(name="fieldsnotfound", default_factory=list)


class _Result(msgspec.Struct):
    count: Natural | None = None
    idlist: list[str] | None = None
    translation: str = msgspec.field(name="querytranslation", default="")
    missed: _Missed | None = msgspec.field(name="errorlist", default=None)
    error: str = msgspec.field(name="ERROR", default="")


class _Answered(msgspec.Struct):
    result: _Result | None = msgspec.field(name="esearchresult", default=None)
    error: str = ""


class _Listed(msgspec.Struct):
    """What esearch says: how many match, the numbers of the first of them, and how it read us."""

    count: int
    ids: list[str]
    translation: str
    missed: list[str]
    url: str


def search(client: Client, query: str, token: str) -> Page:
    """One page of the articles that match a query in PubMed's own language."""
    at = _answers.place(token, _Place, _TITLE)
    notes: list[str] = []
    if not token:
        found = _list(client, query, MOST)
        notes = _notes(found)
        if not found.count:
            name = _answers.file_name(_NAME, "0001", "xml")
            return Page(name, b"", found.url, 0, 0, note="; ".join(notes))
        at.total = found.count
        if found.count <= MOST:
            at.ids = found.ids
        else:
            at.spans = _spans(client, query)
            at.total = max(found.count, sum(span.count for span in at.spans))
            notes.append(f"asked for in {len(at.spans)} parts, by the day of entry into PubMed")
    while at.spans and not at.ids:
        span = at.spans.pop(0)
        found = _list(client, query, MOST, span)
        if found.count > MOST:
            raise FetchFailed(
                f"{found.count:,} articles match now where {span.count:,} did, too many to list.",
                where=_TITLE,
                next_step="Start the search again from its first page.",
            )
        at.ids, at.total = found.ids, at.total + found.count - span.count
    if not at.ids:
        return Page(f"{_NAME}-{at.page:04}.xml", b"", API.base, 0, at.total)
    asked, at.ids = at.ids[:_SIZE], at.ids[_SIZE:]
    answer, numbers = _fetch(client, asked)
    came = set(numbers)
    if missing := [number for number in asked if number not in came]:
        told = _answers.named(missing)
        notes.append(f"PubMed lists but does not give {len(missing)} articles: {told}")
    following = _Place(at.ids, at.spans, at.total, at.page + 1)
    return _answers.listed(
        _NAME,
        at.page,
        "xml",
        answer,
        count=len(numbers),
        total=at.total,
        position=following if at.ids or at.spans else None,
        note="; ".join(notes),
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """One article by its PubMed number or DOI; None where PubMed has none."""
    known = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    number = known if scheme == "pmid" else _number_of(client, known)
    if not number:
        return None
    answer, numbers = _fetch(client, [number])
    if not numbers:
        return None
    if numbers != [number]:
        raise _answers.changed(_TITLE, f"it holds {', '.join(numbers[:3])}, not {number}",
                               answer.url)  # fmt: skip
    if scheme == "doi" and not _states(answer, known):
        return None  # a DOI that PubMed does not know is looked for as words
    return _answers.single(_NAME, number, "xml", answer)


def _number_of(client: Client, doi: str) -> str:
    """The number of the article with a DOI, "" where there is not exactly one."""
    quoted = doi.replace('"', " ")
    found = _list(client, f'"{quoted}"[doi]', 2)
    return found.ids[0] if found.count == 1 and not found.missed else ""


def _states(answer: Answer, doi: str) -> bool:
    """Whether an article that came has this DOI."""
    drafts = pubmed.read_each(Received("", answer.data))
    bodies = [draft.body for draft in drafts if isinstance(draft, Draft)]
    return any(isinstance(body, Publication) and body.doi.content == doi for body in bodies)


def _spans(client: Client, query: str) -> list[_Span]:
    """Spans of days, none with more articles than esearch lists, that hold all that match."""
    waiting, spans = [_Span(*_DAYS)], []
    while waiting:
        span = waiting.pop()
        span.count = _list(client, query, 0, span).count
        if span.count > MOST and span.first == span.last:
            raise FetchFailed(
                f"{span.count:,} articles of this search came to PubMed on one day, {span.first}; "
                f"it lists no more than {MOST:,}.",
                where=_TITLE,
                next_step="Narrow the search.",
            )
        if span.count > MOST:
            middle = span.first + (span.last - span.first) // 2
            waiting += [_Span(middle + dt.timedelta(days=1), span.last), _Span(span.first, middle)]
        elif span.count:
            spans.append(span)
    return spans


def _list(client: Client, query: str, most: int, span: _Span | None = None) -> _Listed:
    """The numbers of articles that match, at most so many; of those that came in a span of days."""
    params = {"db": "pubmed", "term": query, "retmode": "json", "retmax": str(most)}
    if span is not None:
        first, last = (f"{day:%Y/%m/%d}" for day in (span.first, span.last))
        params |= {"datetype": "edat", "mindate": first, "maxdate": last}
    answer = client.get("/esearch.fcgi", params | _about_us(), expect="json")
    said = _answers.decoded(answer, _Answered, _TITLE)
    result = said.result or _Result()
    if said.error or result.error:
        raise FetchFailed(
            f"the search was refused: {cut(fold(said.error or result.error), 200)}.",
            where=_TITLE,
            next_step="Check the query.",
        )
    if result.count is None or result.idlist is None:
        missing = "esearchresult.count" if result.count is None else "esearchresult.idlist"
        raise _answers.changed(_TITLE, f"{missing} is missing", answer.url)
    ids = list(dict.fromkeys(result.idlist))
    if not all(each.isascii() and each.isdigit() for each in ids):
        raise _answers.changed(_TITLE, "a number in idlist is none", answer.url)
    if len(ids) < min(result.count, most):
        what = f"idlist has {len(ids)} of {min(result.count, most)} numbers"
        raise _answers.changed(_TITLE, what, answer.url)
    missed = [*result.missed.phrases, *result.missed.fields] if result.missed else []
    return _Listed(result.count, ids, result.translation, missed, _answers.origin(answer.url))


def _fetch(client: Client, numbers: list[str]) -> tuple[Answer, list[str]]:
    """The articles of some numbers, and the numbers of those that came."""
    params = {"db": "pubmed", "id": ",".join(numbers), "retmode": "xml"}
    answer = client.get("/efetch.fcgi", params | _about_us(), expect="xml")
    found = census(answer, _WANTED, _TITLE)
    if found.root != _ROOT:
        said = found.text("eFetchResult", "ERROR")
        what = f"<{found.root}> stands in the place of <{_ROOT}>" + (f" ({said})" if said else "")
        raise _answers.changed(_TITLE, what, answer.url)
    came = [
        *found.texts.get(("MedlineCitation", "PMID"), []),
        *found.texts.get(("BookDocument", "PMID"), []),
    ]
    if len(came) != found.counts["PubmedArticle"] + found.counts["PubmedBookArticle"]:
        raise _answers.changed(_TITLE, "there are articles without a PMID", answer.url)
    return answer, list(dict.fromkeys(came))


def _notes(found: _Listed) -> list[str]:
    notes = []
    if found.translation:
        notes.append(f"PubMed read the query as: {fold(found.translation)}")
    if found.missed:
        notes.append(f"PubMed knows nothing of: {_answers.named(found.missed)}")
    return notes


def _about_us() -> dict[str, str]:
    """Who asks, as NCBI wants to know."""
    told = {
        "tool": "trialweave",
        "email": _answers.contact(),
        "api_key": _answers.setting("NCBI_API_KEY"),
    }
    return {name: value for name, value in told.items() if value}


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
    schemes=_SCHEMES,
    search=search,
    record=record,
    interval=0.34,
)
