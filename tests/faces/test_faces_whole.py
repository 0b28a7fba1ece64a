"""The faces over a real workspace: invented records go in, and every value leads to its passage."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.faces import cli
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
