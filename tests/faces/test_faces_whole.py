"""The faces over a real workspace: invented records go in, and every value leads to its passage."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from trialweave.faces import cli
from trialweave.faces.term_words import mention_url, term_url
from trialweave.workspace import Workspace

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOSTILE = (
    "<script>alert(1)</script>{{7*7}}\x1b[31mred\x1b[0m\u202egnp.exe\u202c [bold]x[/bold] "
    "<img src=x onerror=alert(2)>"
)
RECORD = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT09999998",
            "briefTitle": f"An invented trial {HOSTILE}",
            "orgStudyIdInfo": {"id": HOSTILE},
        },
        "statusModule": {"overallStatus": "COMPLETED", "startDateStruct": {"date": "2031-02"}},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": HOSTILE, "class": "OTHER"}},
        "descriptionModule": {"briefSummary": f"Nobody was treated. {HOSTILE}"},
        "conditionsModule": {"conditions": [HOSTILE]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2"],
            "enrollmentInfo": {"count": 36, "type": "ACTUAL"},
        },
        "eligibilityModule": {"eligibilityCriteria": f"Inclusion Criteria:\n\n* {HOSTILE}"},
    },
    "hasResults": False,
}
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with invented pages and registry records, one of them hostile."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "hostile.json").write_bytes(msgspec.json.encode(RECORD))
    workspace = Workspace(folder / "woven")
    report = workspace.add(
        [*sorted((FIXTURES / "pages").glob("*.txt")), FIXTURES / "ctgov/v2.json", folder]
    )
    assert report.refused == ()
    return workspace


def _json(capfd: Any, held: Workspace, *arguments: str) -> Any:
    capfd.readouterr()
    assert cli.run([*arguments, "--json", "--workspace", str(held.root)]) == 0
    return json.loads(capfd.readouterr().out)


def test_the_commands_agree_with_the_workspace(held: Workspace, capfd: Any) -> None:
    assert _json(capfd, held, "status") == msgspec.to_builtins(held.status())
    found = _json(capfd, held, "search", "invented", "--limit", "100")
    assert found["total"] == len(found["hits"]) > 0
    study = found["hits"][0]["study_id"]
    assert _json(capfd, held, "show", study)["study"]["study_id"] == study
    assert _json(capfd, held, "why", "NCT09999998", "enrollment")["entries"][0]["text"] == "36"


@pytest.mark.parametrize(
    "address",
    ["https://clinicaltrials.gov/study/NCT09999998?tab=history", "www.example.org/nct09999998"],
)
def test_an_address_finds_its_study(held: Workspace, client_of: Any, address: str) -> None:
    assert held.show(address).study.study_id == "NCT09999998"
    assert client_of(held).get("/study/" + address.partition("?")[0]).status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "NCT09999998", "--whole"],
        ["search", "invented"],
        ["why", "NCT09999998", "conditions"],
        ["document", "ctgov:NCT09999998"],
        ["links", "NCT09999998"],
        ["check", "NCT09999998"],
        ["history", "NCT09999998"],
    ],
)
def test_hostile_records_do_not_reach_the_terminal(
    held: Workspace, capfd: Any, arguments: list[str]
) -> None:
    assert cli.run([*arguments, "--workspace", str(held.root)]) == 0
    out = capfd.readouterr().out
    assert "NCT09999998" in out
    assert not STEERING.findall(out)


def test_hostile_records_do_not_reach_the_page(held: Workspace, client_of: Any) -> None:
    client = client_of(held)
    for path in (
        "/",
        "/search?q=invented",
        "/study/NCT09999998",
        "/why/NCT09999998?address=conditions",
        "/record/ctgov:NCT09999998",
    ):
        text = client.get(path).text
        assert "<script" not in text
        assert "onerror=alert(2)>" not in text
        assert not STEERING.findall(text)
    assert "&lt;script&gt;" in client.get("/study/NCT09999998").text


def test_every_value_on_every_study_page_opens_its_passage(held: Workspace, client_of: Any) -> None:
    client = client_of(held)
    values = passages = 0
    for hit in held.search("", limit=100).hits:
        page = client.get(f"/study/{hit.study_id}").text
        links = set(re.findall(r'<a class="value[^"]*" href="([^"#]*)', page))
        assert links
        for link in sorted(links)[:15]:
            values += 1
            why = client.get(html.unescape(link))
            assert why.status_code == 200, link
            told = re.findall(r"<mark>(.*?)</mark>.*?(/record/[^\"]*)#passage", why.text, re.DOTALL)
            for match, record in told[:1]:
                text = client.get(html.unescape(record)).text
                marked = re.search(r'<mark id="passage"[^>]*>(.*?)</mark>', text, re.DOTALL)
                assert marked is not None, record
                shown, said = (" ".join(html.unescape(part).split()) for part in (marked[1], match))
                assert (
                    shown.startswith(said.rstrip("…")[:200].strip())
                    or hit.study_id == "NCT09999998"
                )
                passages += 1
    assert values > 100
    assert passages > 0.8 * values


def test_every_value_in_conflict_opens_what_its_record_says(
    held: Workspace, client_of: Any
) -> None:
    client = client_of(held)
    page = client.get("/conflicts").text
    told = re.findall(r'<a class="value" href="([^"#]*)#([^"]*)"[^>]*><bdi[^>]*>(.*?)</bdi>', page)
    assert len(told) >= 4
    for link, record, said in told:
        why = client.get(html.unescape(link)).text
        _, _, after = why.partition(f'id="{html.escape(unquote(record))}"')
        own = after.partition("</article>")[0]
        assert f">{said.rstrip('…')}" in own, link
    found = held.conflicts()
    assert client.get("/api/v1/conflicts").content == msgspec.json.encode(found)


def test_what_people_decide_is_read_on_page_and_in_the_api(client_of: Any, tmp_path: Path) -> None:
    own = Workspace(tmp_path / "own")
    own.add([FIXTURES / "ctgov/v2.json", *sorted((FIXTURES / "pages").glob("*.txt"))])
    study = next(
        view
        for hit in own.search("", limit=100).hits
        if len((view := own.show(hit.study_id)).records) > 1
    )
    pair = study.study.record_ids[:2]
    own.link(*pair, because=f"One number. {HOSTILE}", by="Ada")
    client = client_of(own)
    (link,) = (
        one for one in client.get(f"/api/v1/links/{pair[0]}").json()["links"]
        if {one["record_a"], one["record_b"]} == set(pair)
    )  # fmt: skip
    assert link["kind"] == "decided"
    assert '<span class="kind decided">decided</span>' in client.get(f"/study/{pair[0]}").text
    own.unlink(*pair, because="Other patients.", by="Bo")
    for page in (client.get("/decisions").text, client.get("/decisions?as_of=2999-01-01").text):
        assert "1 pair in dispute" in page
        assert "<script" not in page
        assert not STEERING.findall(page)
    assert client.get("/api/v1/decisions").content == msgspec.json.encode(own.decisions())


def test_every_term_of_every_study_has_its_page_and_every_mention_its_passage(
    held: Workspace, client_of: Any, capfd: Any
) -> None:
    client = client_of(held)
    terms = {}
    for study in held.search("", limit=100).hits:
        page = client.get(f"/study/{study.study_id}").text
        passages = {}
        for each in held.mentions(study.study_id):
            terms[each.term.vocabulary, each.term.id] = each.term
            passages[mention_url(each)] = each.match
            assert html.escape(term_url(each.term)) in page
        for address, match in list(passages.items())[::10]:
            answer = client.get(address)
            assert answer.status_code == 200
            if "script" not in match:
                assert match in html.unescape(answer.text)
    registered = {name for vocabulary, name in terms if vocabulary == "As registered"}
    assert any("script" in name for name in registered)
    for term in [*list(terms.values())[::30], terms["As registered", max(registered, key=len)]]:
        answer = client.get(term_url(term))
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert not STEERING.findall(answer.text)
    found = _json(capfd, held, "terms", "list", "as registered", "--limit", "1000")
    assert {row["term"]["id"] for row in found["rows"]} == registered
