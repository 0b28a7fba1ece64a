"""PubMed, live: listing, splitting by days, fetching, single articles."""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.errors import FetchFailed
from trialweave.live import pubmed


def _load(name: str) -> ModuleType:
    """A helper of this folder, which is no package."""
    key = f"trialweave_tests_live_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


asking = _load("asking")
reply = asking.reply

DOCTYPE = (
    '<?xml version="1.0" ?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
    '1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
)


def article(number: str, doi: str = "") -> str:
    """An article that quotes another, whose number must not be taken for its own."""
    ids = f'<ArticleId IdType="pubmed">{number}</ArticleId>'
    ids += f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID><Article>'
        f"<ArticleTitle>Moss {number} &agrave; la carte</ArticleTitle></Article>"
        "<CommentsCorrectionsList><CommentsCorrections><PMID>11111111</PMID></CommentsCorrections>"
        f"</CommentsCorrectionsList></MedlineCitation><PubmedData><ArticleIdList>{ids}"
        "</ArticleIdList></PubmedData></PubmedArticle>"
    )


def articles(*inside: str) -> tuple[int, bytes]:
    return reply(f"{DOCTYPE}<PubmedArticleSet>{''.join(inside)}</PubmedArticleSet>")


class Medline:
    """Articles by number, with the day on which each came in."""

    def __init__(self, held: dict[str, dt.date]) -> None:
        self.held = held
        self.dois: dict[str, str] = {}
        self.lost: set[str] = set()
        self.more: dict[str, Any] = {}

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        params = asked.params
        assert params["db"] == "pubmed"
        assert params["tool"] == "trialweave"
        if asked.path == "/efetch.fcgi":
            numbers = [each for each in params["id"].split(",") if each not in self.lost]
            return articles(*(article(each, self.dois.get(each, "")) for each in numbers))
        assert asked.path == "/esearch.fcgi"
        found = list(self.held)
        if quoted := re.fullmatch(r'"(.*)"\[doi\]', params["term"]):
            found = [number for number in found if self.dois.get(number) == quoted[1]]
        if "mindate" in params:
            assert params["datetype"] == "edat"
            first, last = (params[name].replace("/", "-") for name in ("mindate", "maxdate"))
            found = [each for each in found if first <= self.held[each].isoformat() <= last]
        listed = found[: min(int(params["retmax"]), 9_999)]
        told = {"count": str(len(found)), "retmax": params["retmax"], "idlist": listed}
        return reply({"header": {}, "esearchresult": told | self.more})


def held(count: int, day: dt.date = dt.date(2020, 5, 1)) -> dict[str, dt.date]:
    return {str(90_000_000 + n): day + dt.timedelta(days=n % 400) for n in range(count)}


def client_of(said: Any) -> Any:
    return asking.Scripted(pubmed.API, said)


def test_pages_which_our_reader_takes() -> None:
    client = client_of(Medline(held(430)))
    pages = asking.pages(pubmed.API, client, "moss AND fever")
    assert [(page.count, page.total) for page in pages] == [(200, 430), (200, 430), (30, 430)]
    numbers = [draft.identifier for page in pages for draft in asking.read(page, "pubmed")]
    assert numbers == [f"pmid:{each}" for each in held(430)]
    searches = [asked for asked in client.asked if asked.path == "/esearch.fcgi"]
    assert [asked.params["term"] for asked in searches] == ["moss AND fever"]


def test_nothing_found_is_complete_and_says_how_the_query_was_read() -> None:
    medline = Medline({})
    medline.more = {
        "querytranslation": '"moss"[All Fields]',
        "errorlist": {"phrasesnotfound": ["feverr"], "fieldsnotfound": []},
    }
    page = pubmed.search(client_of(medline), "moss feverr", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")
    assert 'read the query as: "moss"[All Fields]' in page.note
    assert "knows nothing of: feverr" in page.note


def test_a_search_beyond_what_is_listed_is_split_by_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed, "MOST", 100)
    old = {"10000001": dt.date(1809, 1, 1)}
    medline = Medline(old | held(350))
    client = client_of(medline)
    pages = asking.pages(pubmed.API, client, "moss")
    numbers = [draft.identifier for page in pages for draft in asking.read(page, "pubmed")]
    assert sorted(numbers) == sorted(f"pmid:{each}" for each in medline.held)
    assert {page.total for page in pages} == {351}
    assert re.search(r"asked for in \d parts", pages[0].note)
    parts = [a for a in client.asked if a.path == "/esearch.fcgi" and a.params["retmax"] == "100"]
    assert all("mindate" in asked.params for asked in parts[1:])
    assert len(parts) < 12


def test_an_article_that_comes_in_between_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed, "MOST", 100)
    medline = Medline(held(150))
    client = client_of(medline)
    first = pubmed.search(client, "moss", "")
    medline.held["99000001"] = dt.date(2020, 9, 26)
    rest = []
    token = first.next
    while token:
        rest.append(pubmed.search(client, "moss", token))
        token = rest[-1].next
    assert rest[-1].total == 151
    assert first.count + sum(page.count for page in rest) == 151


def test_too_many_of_one_day_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed, "MOST", 100)
    medline = Medline(dict.fromkeys(held(120), dt.date(2020, 5, 1)))
    with pytest.raises(FetchFailed, match="on one day, 2020-05-01"):
        pubmed.search(client_of(medline), "moss", "")


def test_an_article_that_is_listed_but_not_given_is_named() -> None:
    medline = Medline(held(5))
    medline.lost.add("90000003")
    page = pubmed.search(client_of(medline), "moss", "")
    assert (page.count, page.total) == (4, 5)
    assert "does not give 1 articles: 90000003" in page.note


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"header": {}}), "esearchresult.count is missing"),
        (reply({"esearchresult": {"idlist": []}}), "esearchresult.count is missing"),
        (reply({"esearchresult": {"count": "0"}}), "esearchresult.idlist is missing"),
        (reply({"esearchresult": {"count": "x", "idlist": []}}), "count"),
        (reply({"esearchresult": {"count": "3", "idlist": ["1", "2"]}}), "2 of 3 numbers"),
        (reply({"esearchresult": {"count": "1", "idlist": ["1&db=x"]}}), "a number in idlist"),
        (reply({"esearchresult": {"ERROR": "Search Backend failed"}}), "Search Backend failed"),
        (reply({"error": "API rate limit exceeded"}), "API rate limit exceeded"),
    ],
)
def test_another_form_of_list_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    with pytest.raises(FetchFailed, match=missing):
        pubmed.search(client_of(lambda _: answer), "moss", "")


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "<html>"),
        (reply("<eFetchResult><ERROR>Empty id list</ERROR></eFetchResult>"), "Empty id list"),
        (reply(DOCTYPE + "<PubmedArticleSet>" + article("90000000")), "no whole XML"),
        (articles("<PubmedArticle><Citation/></PubmedArticle>"), "without a PMID"),
        (reply("<ArticleSet/>"), "<ArticleSet> stands in the place of <PubmedArticleSet>"),
    ],
)
def test_another_form_of_articles_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    listed = Medline(held(1))
    client = client_of(lambda a: listed(a) if a.path == "/esearch.fcgi" else answer)
    with pytest.raises(FetchFailed, match=missing):
        pubmed.search(client, "moss", "")


def test_one_article_by_its_number() -> None:
    client = client_of(Medline({}))
    page = pubmed.record(client, "pmid", "PMID: 90000007")
    assert page is not None
    assert [draft.identifier for draft in asking.read(page, "pubmed")] == ["pmid:90000007"]
    assert pubmed.record(client_of(lambda _: articles()), "pmid", "90000007") is None
    with pytest.raises(FetchFailed, match="not 90000008"):
        pubmed.record(client_of(lambda _: articles(article("90000007"))), "pmid", "90000008")


def test_one_article_by_its_doi() -> None:
    medline = Medline(held(3))
    medline.dois["90000001"] = "10.5555/moss.1"
    client = client_of(medline)
    page = pubmed.record(client, "doi", "https://doi.org/10.5555/MOSS.1")
    assert page is not None
    assert [draft.identifier for draft in asking.read(page, "pubmed")] == ["10.5555/moss.1"]
    assert client.asked[0].params["term"] == '"10.5555/moss.1"[doi]'
    assert pubmed.record(client, "doi", "10.5555/fern.1") is None


def test_a_doi_that_finds_another_article_or_several_finds_none() -> None:
    """PubMed looks for the words of a DOI that it does not know."""

    def other(asked: Any) -> tuple[int, bytes]:
        if asked.path == "/esearch.fcgi":
            return reply({"esearchresult": {"count": 1, "idlist": ["90000001"]}})
        return articles(article("90000001", "10.5555/other"))

    assert pubmed.record(client_of(other), "doi", "10.5555/moss.1") is None
    several = reply({"esearchresult": {"count": 2, "idlist": ["90000001", "90000002"]}})
    client = client_of(lambda _: several)
    assert pubmed.record(client, "doi", "10.5555/moss.1") is None
    assert len(client.asked) == 1


def test_keys_and_contact_are_sent_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWEAVE_CONTACT", "someone@example.org")
    monkeypatch.setenv("NCBI_API_KEY", "0123secret")
    client = client_of(Medline(held(1)))
    page = pubmed.search(client, "moss", "")
    assert all(asked.params["api_key"] == "0123secret" for asked in client.asked)
    assert all(asked.params["email"] == "someone@example.org" for asked in client.asked)
    assert "secret" not in page.url
    assert "example.org" not in page.url
    assert "id=90000000" in page.url
