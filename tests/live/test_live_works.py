"""Europe PMC, Crossref and OpenAlex, live."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.errors import FetchFailed
from trialweave.live import crossref, europepmc, openalex

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "literature"


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
HOSTILE = "10.5555/../a?b#c&rows=9%2f;(x)"

# -- Europe PMC ----------------------------------------------------------------------------

JATS = (FIXTURES / "jats.xml").read_text("utf-8")


def core(number: int, **more: str) -> dict[str, Any]:
    told = {"id": str(number), "source": "MED", "pmid": str(number), "doi": f"10.5555/e.{number}"}
    return {**told, "title": f"Moss {number}", "authorString": "Moos A.", **more}


class EuropePmc:
    """Cursors are places in a list; at the end the cursor comes back that was asked for."""

    def __init__(self, results: list[dict[str, Any]], hits: int | None = None) -> None:
        self.results = results
        self.hits = len(results) if hits is None else hits
        self.texts: dict[str, str] = {}

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        if asked.path != "/search":
            text = self.texts.get(asked.path)
            return asking.MISSING if text is None else reply(text)
        params = asked.params
        assert (params["format"], params["resultType"]) == ("json", "core")
        start = 0 if params["cursorMark"] == "*" else int(params["cursorMark"][1:])
        end = min(start + int(params["pageSize"]), len(self.results))
        cursor = params["cursorMark"] if start == end else f"c{end}"
        found = {"result": self.results[start:end]}
        return reply({"version": "6.9", "hitCount": self.hits, "nextCursorMark": cursor,
                      "resultList": found})  # fmt: skip


def epmc(said: Any) -> Any:
    return asking.Scripted(europepmc.API, said)


def test_europepmc_pages_which_our_reader_takes() -> None:
    client = epmc(EuropePmc([core(90_000_000 + n) for n in range(503)]))
    pages = asking.pages(europepmc.API, client, "moss AND fever")
    assert [(page.count, page.total) for page in pages] == [(500, 503), (3, 503), (0, 503)]
    numbers = [d.body.pmid.content for page in pages[:2] for d in asking.read(page, "europepmc")]
    assert numbers == [str(90_000_000 + n) for n in range(503)]
    assert {asked.params["query"] for asked in client.asked} == {"moss AND fever"}


def test_europepmc_nothing_found_is_complete() -> None:
    page = europepmc.search(epmc(EuropePmc([])), "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")


def test_europepmc_a_total_that_differs_stands() -> None:
    pages = asking.pages(europepmc.API, epmc(EuropePmc([core(90000001)], 9)), "moss")
    assert (sum(page.count for page in pages), pages[-1].total) == (1, 9)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"version": "6.9"}), "`hitCount`"),
        (reply({"hitCount": 1}), "`resultList`"),
        (reply({"hitCount": 1, "resultList": {"results": []}}), "`result`"),
        (reply({"hitCount": 1, "resultList": {"result": [{"pmid": "1"}]}}), "`id`"),
        (reply({"hitCount": 1, "resultList": {"result": []}}), "no result though 1"),
        (reply({"hitCount": None, "resultList": {"result": []}}), "hitCount"),
    ],
)
def test_europepmc_of_another_form_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    with pytest.raises(FetchFailed, match=missing):
        europepmc.search(epmc(lambda _: answer), "moss", "")


def full_text(number: str) -> str:
    own = re.sub(r"<article-id[^>]*>[^<]*</article-id>", "", JATS)
    return own.replace(
        "<article-meta>", f'<article-meta><article-id pub-id-type="pmc">{number}</article-id>', 1
    )


@pytest.mark.parametrize("number", ["PMC99000081", "99000081"])
def test_europepmc_open_article_comes_as_full_text(number: str) -> None:
    service = EuropePmc([core(90000081, pmcid="PMC99000081", isOpenAccess="Y", inEPMC="Y")])
    service.texts["/PMC99000081/fullTextXML"] = full_text(number)
    for scheme, value in (("doi", "10.5555/E.90000081"), ("pmid", "90000081")):
        page = europepmc.record(epmc(service), scheme, value)
        assert page is not None
        assert len(asking.read(page, "jats")) == 1
        assert page.note == "the full text of PMC99000081"
    client = epmc(service)
    assert europepmc.record(client, "pmcid", "pmc99000081") is not None
    assert client.asked[0].params["query"] == "PMCID:PMC99000081"


def test_europepmc_else_as_core_record() -> None:
    closed = EuropePmc([core(90000081, pmcid="PMC99000081", isOpenAccess="N", inEPMC="N")])
    client = epmc(closed)
    page = europepmc.record(client, "pmid", "90000081")
    assert page is not None
    assert [d.body.pmid.content for d in asking.read(page, "europepmc")] == ["90000081"]
    assert "no open full text" in page.note
    assert len(client.asked) == 1
    withheld = EuropePmc([core(90000081, pmcid="PMC99000081", isOpenAccess="Y")])
    page = europepmc.record(epmc(withheld), "pmid", "90000081")
    assert page is not None
    assert len(asking.read(page, "europepmc")) == 1


def test_europepmc_full_text_of_another_article_is_refused() -> None:
    service = EuropePmc([core(90000081, pmcid="PMC99000081", isOpenAccess="Y")])
    for text in (full_text("PMC99000082"), "<error>none</error>", full_text("1")[:-20]):
        service.texts["/PMC99000081/fullTextXML"] = text
        with pytest.raises(FetchFailed, match=r"PMC99000081|no whole XML"):
            europepmc.record(epmc(service), "pmid", "90000081")


def test_europepmc_takes_only_the_article_that_has_the_identifier() -> None:
    assert europepmc.record(epmc(EuropePmc([core(1)])), "doi", "10.5555/e.2") is None
    assert europepmc.record(epmc(EuropePmc([])), "doi", "10.5555/e.2") is None

    def said(asked: Any) -> tuple[int, bytes]:
        alone = asked.params["query"] == 'EXT_ID:"90000002" AND SRC:"MED"'
        both = [core(90000001), core(90000002)]
        return EuropePmc(both[1:] if alone else both)(asked)

    page = europepmc.record(epmc(said), "doi", "10.5555/e.90000002")
    assert page is not None
    assert [d.body.pmid.content for d in asking.read(page, "europepmc")] == ["90000002"]


def test_europepmc_queries_hold_identifiers_in_quotation_marks() -> None:
    client = epmc(EuropePmc([]))
    europepmc.record(client, "doi", HOSTILE + "\\")
    assert re.fullmatch(r'DOI:"(?:[^"\\]|\\.)*"', client.asked[0].params["query"])
    for scheme, value in (("pmcid", "PMC1/../x"), ("pmid", "1 OR 2"), ("doi", '10.1/x"y')):
        client = epmc(EuropePmc([]))
        with pytest.raises(FetchFailed):
            europepmc.record(client, scheme, value)
        assert client.asked == []


# -- Crossref ------------------------------------------------------------------------------


def work(number: int) -> dict[str, Any]:
    told = {"DOI": f"10.5555/c.{number}", "type": "journal-article", "prefix": "10.5555"}
    return {**told, "title": [f"Moss {number}"]}


class Crossref:
    def __init__(self, held: int, promised: int | None = None) -> None:
        self.held = held
        self.promised = held if promised is None else promised

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        params = asked.params
        start, rows = int(params["offset"]), int(params["rows"])
        assert start + rows <= 10_000
        items = [work(n) for n in range(start, min(start + rows, self.held))]
        message = {"total-results": self.promised, "items": items, "items-per-page": rows}
        return reply({"status": "ok", "message-type": "work-list", "message": message})


def cr(said: Any) -> Any:
    return asking.Scripted(crossref.API, said)


def test_crossref_pages_which_our_reader_takes() -> None:
    client = cr(Crossref(130))
    pages = asking.pages(crossref.API, client, "moss fever")
    assert [(page.count, page.total, page.note) for page in pages] == [
        (100, 130, ""),
        (30, 130, ""),
    ]
    dois = [draft.body.doi.content for page in pages for draft in asking.read(page, "crossref")]
    assert dois == [f"10.5555/c.{n}" for n in range(130)]
    assert {asked.params["query.bibliographic"] for asked in client.asked} == {"moss fever"}


def test_crossref_takes_the_best_ranked_and_says_so() -> None:
    pages = asking.pages(crossref.API, cr(Crossref(1_234_567)), "moss AND fever")
    assert sum(page.count for page in pages) == crossref.MOST == 2_000
    assert {page.total for page in pages} == {2_000}
    assert "ranks 1,234,567 works; the 2,000 ranked best are taken" in pages[0].note
    assert "AND, OR and NOT" in pages[0].note


def test_crossref_nothing_found_is_complete() -> None:
    page = crossref.search(cr(Crossref(0)), "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")


def test_crossref_ends_where_it_gives_no_more() -> None:
    pages = asking.pages(crossref.API, cr(Crossref(100, 150)), "moss")
    assert [(page.count, page.total) for page in pages] == [(100, 150), (0, 150)]


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"status": "failed", "message": [{"type": "x"}]}), "message"),
        (reply({"message": {"items": []}}), "`total-results`"),
        (reply({"message": {"total-results": 1}}), "`items`"),
        (reply({"message": {"total-results": 1, "items": {}}}), "items"),
        (reply({"message": {"total-results": 1, "items": []}}), "no item though 1"),
    ],
)
def test_crossref_of_another_form_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    with pytest.raises(FetchFailed, match=missing):
        crossref.search(cr(lambda _: answer), "moss", "")


def test_crossref_one_work() -> None:
    told = reply({"status": "ok", "message-type": "work", "message": work(7)})
    client = cr(lambda _: told)
    page = crossref.record(client, "doi", "10.5555/C.7")
    assert page is not None
    assert (client.asked[0].path, page.note) == ("/works/10.5555%2Fc.7", "")
    assert [draft.body.doi.content for draft in asking.read(page, "crossref")] == ["10.5555/c.7"]
    page = crossref.record(client, "doi", "10.5555/old")
    assert page is not None
    assert page.note == "served under 10.5555/c.7, to which 10.5555/old leads"
    assert crossref.record(cr(lambda _: asking.MISSING), "doi", "10.5555/c.8") is None
    with pytest.raises(FetchFailed, match="`DOI`"):
        crossref.record(cr(lambda _: reply({"message": {}})), "doi", "10.5555/c.8")


# -- OpenAlex ------------------------------------------------------------------------------


def alex(number: int) -> dict[str, Any]:
    name = f"Moss {number}"
    return {
        "id": f"https://openalex.org/W99{number:06}",
        "doi": f"https://doi.org/10.5555/o.{number}",
        "display_name": name,
        "title": name,
        "publication_year": 2030,
    }


class OpenAlex:
    def __init__(self, held: int) -> None:
        self.held = held

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        params = asked.params
        assert int(params["per_page"]) <= 100
        start = 0 if params["cursor"] == "*" else int(params["cursor"][1:])
        end = min(start + int(params["per_page"]), self.held)
        cursor = None if start == end else f"c{end}"
        meta = {"count": self.held, "per_page": 100, "next_cursor": cursor}
        return reply({"meta": meta, "results": [alex(n) for n in range(start, end)]})


def oa(said: Any) -> Any:
    return asking.Scripted(openalex.API, said)


def test_openalex_pages_which_our_reader_takes() -> None:
    client = oa(OpenAlex(130))
    pages = asking.pages(openalex.API, client, "moss AND fever")
    assert [(page.count, page.total) for page in pages] == [(100, 130), (30, 130), (0, 130)]
    dois = [d.body.doi.content for page in pages[:2] for d in asking.read(page, "openalex")]
    assert dois == [f"10.5555/o.{n}" for n in range(130)]
    assert {asked.params["search"] for asked in client.asked} == {"moss AND fever"}


def test_openalex_nothing_found_is_complete() -> None:
    page = openalex.search(oa(OpenAlex(0)), "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"results": []}), "`meta`"),
        (reply({"meta": {"next_cursor": None}, "results": []}), "`count`"),
        (reply({"meta": {"count": 2}, "results": []}), "`next_cursor`"),
        (reply({"meta": {"count": 2, "next_cursor": None}}), "`results`"),
        (reply({"meta": {"count": 2, "next_cursor": None}, "results": []}), "no result though 2"),
        (reply({"meta": {"count": 2, "next_cursor": [3]}, "results": []}), "next_cursor"),
    ],
)
def test_openalex_of_another_form_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    if b'"next_cursor": 3' in answer[1]:
        missing = "next_cursor|no result"
    with pytest.raises(FetchFailed, match=missing):
        openalex.search(oa(lambda _: answer), "moss", "")


def test_openalex_one_work() -> None:
    client = oa(lambda _: reply(alex(7)))
    for scheme, value, path in (
        ("doi", "10.5555/O.7", "/works/doi:10.5555%2Fo.7"),
        ("pmid", "PMID 90000007", "/works/pmid:90000007"),
    ):
        page = openalex.record(client, scheme, value)
        assert page is not None
        assert client.asked[-1].path == path
        assert [d.body.doi.content for d in asking.read(page, "openalex")] == ["10.5555/o.7"]
    assert openalex.record(oa(lambda _: asking.MISSING), "doi", "10.5555/o.8") is None
    with pytest.raises(FetchFailed, match="`id`"):
        openalex.record(oa(lambda _: reply({})), "doi", "10.5555/o.8")


@pytest.mark.parametrize("api", [crossref.API, openalex.API], ids=["crossref", "openalex"])
def test_a_doi_is_one_segment_of_the_path(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWEAVE_CONTACT", "someone@example.org")
    monkeypatch.setenv("OPENALEX_API_KEY", "0123secret")
    for value in ("10.5555/../../a", "10.5555/a%2fb;(x)&rows=9", "10.5555/\ud800"):
        client = asking.Scripted(api, lambda _: asking.MISSING)
        assert api.record(client, "doi", value) is None
        path = client.asked[0].path.removeprefix("/works/").removeprefix("doi:")
        assert re.fullmatch(r"[A-Za-z0-9._%~-]+", path)
        assert client.asked[0].params["mailto"] == "someone@example.org"
    page = api.search(
        asking.Scripted(api, Crossref(1) if api is crossref.API else OpenAlex(1)), "moss", ""
    )
    assert "example.org" not in page.url
    assert "secret" not in page.url
    assert "moss" in page.url


def test_fixtures_are_what_the_tests_build_on() -> None:
    """The three shapes here have the keys of the fixtures that our readers are tested with."""
    for name, keys in (("europepmc", core(1)), ("openalex", alex(1))):
        told = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
        first = (told.get("resultList", {}).get("result") or told.get("results"))[0]
        assert keys.keys() <= first.keys()
