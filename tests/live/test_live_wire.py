"""The adapters through the real client, against a server on loopback: what travels, and how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_stub import Asked, Said

from trialweave.errors import FetchFailed
from trialweave.live import crossref, ctis, euctr, europepmc, isrctn, openalex, pubmed
from trialweave.live.api import Api
from trialweave.model import Received
from trialweave.sources import read_all

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
QUERY = 'Moos & "Fieber" = 100 % + #1 ?x=y; æ\u2028 ../..'

ISRCTN_XML = (FIXTURES / "europe" / "isrctn.xml").read_bytes()
EUCTR_TEXT = (FIXTURES / "europe" / "euctr.txt").read_bytes()
CTIS_JSON = (FIXTURES / "europe" / "ctis_new.json").read_bytes()
PUBMED_XML = (FIXTURES / "literature" / "pubmed.xml").read_bytes()
EPMC_JSON = (FIXTURES / "literature" / "europepmc.json").read_bytes()
ALEX_JSON = (FIXTURES / "literature" / "openalex.json").read_bytes()
LISTED = {"pagination": {"totalRecords": 1}, "data": [{"ctNumber": "2031-512345-67-01"}]}
WORK = {"DOI": "10.5555/c.7", "type": "journal-article", "prefix": "10.5555", "title": ["Moss"]}
WORKS = {"message-type": "work-list", "message": {"total-results": 1, "items": [WORK]}}
IDS = ["90000001", "90000002", "90000003"]

Scripts = dict[str, Said]
SCRIPTS: dict[str, tuple[Api, str, Scripts]] = {
    "ctis": (
        ctis.API,
        "",
        {"/search": Said(json=LISTED), "/retrieve/2031-512345-67-01": Said(body=CTIS_JSON)},
    ),
    "euctr": (
        euctr.API,
        "query",
        {
            "/search": Said(body="<p>1 result(s) found for: x</p>"),
            "/rest/download/full": Said(body=EUCTR_TEXT),
        },
    ),
    "isrctn": (isrctn.API, "q", {"/query/format/default": Said(body=ISRCTN_XML)}),
    "pubmed": (
        pubmed.API,
        "term",
        {
            "/esearch.fcgi": Said(json={"esearchresult": {"count": "3", "idlist": IDS}}),
            "/efetch.fcgi": Said(body=PUBMED_XML),
        },
    ),
    "europepmc": (europepmc.API, "query", {"/search": Said(body=EPMC_JSON)}),
    "crossref": (crossref.API, "query.bibliographic", {"/works": Said(json=WORKS)}),
    "openalex": (
        openalex.API,
        "search",
        {"/works": Said(body=ALEX_JSON.replace(b'"per_page"', b'"next_cursor":null,"per_page"'))},
    ),
}

ENDS = {
    "ctis": f"{ctis.CAP:,}, split",
    "pubmed": f"{pubmed.MOST:,}, split",
    "crossref": f"{crossref.MOST:,} best-ranked, said so",
}

ClientOf = Callable[..., Any]


def scripted(stub: Any, name: str) -> tuple[Api, str]:
    api, key, scripts = SCRIPTS[name]
    for path, said in scripts.items():
        stub.on(path, said)
    return api, key


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_query_arrives_as_it_was_written(stub: Any, client_of: ClientOf, name: str) -> None:
    api, key = scripted(stub, name)
    query = '{"containAll": "Moos & \\"Fieber\\" #1 æ"}' if name == "ctis" else QUERY
    page = api.search(client_of(api), query, "")
    first: Asked = stub.asked[0]
    if name == "ctis":
        assert first.json["searchCriteria"] == {"containAll": 'Moos & "Fieber" #1 æ'}
    else:
        assert first.params[key] == query
    drafts = read_all(Received(page.name, page.data, page.url)).drafts
    assert {draft.source for draft in drafts} == {name}
    assert page.count >= 1
    assert page.url.startswith(stub.base)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_page_for_people_in_the_place_of_an_answer_fails(
    stub: Any, client_of: ClientOf, name: str
) -> None:
    api, _, scripts = SCRIPTS[name]
    for path in scripts:
        stub.on(path, Said(body="<!doctype html><html><title>Down for today</title></html>"))
    with pytest.raises(FetchFailed, match=r"Down for today|how many trials match"):
        api.search(client_of(api), "moss", "")


@pytest.mark.parametrize(("api", "status"), [(ctis.API, 403), (openalex.API, 403)])
def test_what_means_slower_is_waited_out(
    stub: Any, client_of: ClientOf, time: Any, api: Api, status: int
) -> None:
    path, said = next(iter(SCRIPTS[api.name][2].items()))
    scripted(stub, api.name)
    stub.on(path, Said(status), Said(status), said)
    assert api.search(client_of(api), "moss", "").count == 1
    assert sum(time.slept) > api.interval


@pytest.mark.parametrize(
    ("api", "value", "path"),
    [
        (crossref.API, "10.5555/a(1)%2f;b", "/works/10.5555%2Fa%281%29%252f%3Bb"),
        (openalex.API, "10.5555/a(1)%2f;b", "/works/doi:10.5555%2Fa%281%29%252f%3Bb"),
        (crossref.API, "10.5555/a/b&rows=9", "/works/10.5555%2Fa%2Fb%26rows%3D9"),
    ],
)
def test_a_doi_travels_as_one_segment(
    stub: Any, client_of: ClientOf, api: Api, value: str, path: str
) -> None:
    assert api.record(client_of(api), "doi", value) is None  # the stub knows nothing of it
    assert [asked.path for asked in stub.asked] == [path]
    assert set(stub.asked[0].params) == set()


def test_a_record_that_is_not_there_is_no_failure(stub: Any, client_of: ClientOf) -> None:
    assert isrctn.record(client_of(isrctn.API), "isrctn", "ISRCTN00000007") is None
    stub.on("/search", Said(json={"pagination": {"totalRecords": 0}, "data": []}))
    assert ctis.record(client_of(ctis.API), "ctis", "2031-512345-67") is None
    assert stub.asked[-1].path == "/retrieve/2031-512345-67-00"


def test_the_reference_page_says_what_the_adapters_do() -> None:
    page = (FIXTURES.parents[1] / "docs" / "reference" / "live-sources.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    table = {row[1].strip("`"): row for row in rows if len(row) == 6 and row[1].startswith("`")}
    words = {"PubMed number": "pmid", "DOI": "doi", "EU CT number": "ctis"}
    words |= {"PMC number": "pmcid", "EudraCT number": "eudract", "ISRCTN number": "isrctn"}
    for api, size in (
        (ctis.API, ctis._SIZE),
        (euctr.API, euctr._SIZE),
        (isrctn.API, isrctn._SIZE),
        (pubmed.API, pubmed._SIZE),
        (europepmc.API, europepmc._SIZE),
        (crossref.API, crossref._SIZE),
        (openalex.API, openalex._SIZE),
    ):
        title, _, schemes, records, seconds, end = table[api.name]
        assert title.startswith(f"[{api.title}](#")
        assert tuple(words[name] for name in schemes.split(", ")) == api.schemes
        assert (int(records.split()[0]), float(seconds)) == (size, api.interval)
        assert api.base in page
        assert end == ENDS.get(api.name, "–")
