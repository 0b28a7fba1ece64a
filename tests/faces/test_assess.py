"""The pages of assessments: one question at a time, under the guard of decisions."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from trialweave.workspace import Workspace

ONE = "NCT09400001"
FORM = f"/assess/{ONE}?instrument=rob2&outcome=mortality"
HERE = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": ONE, "briefTitle": "Rye <bread>"},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "NONE"}},
            },
        }
    }
    (folder / "one.json").write_text(json.dumps({"studies": [record]}))
    assert Workspace(folder / "held").add(folder / "one.json").new == 1
    return folder / "held"


@pytest.fixture
def held(built: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(built, tmp_path / "held")
    return Workspace(tmp_path / "held")


@pytest.fixture
def browser(held: Workspace, client_of: Any) -> Any:
    """A client of a server that takes answers."""
    return client_of(held, deciding=True)


def post(client: Any, item: str = "1.2", headers: Any = HERE, **fields: str) -> Any:
    from urllib.parse import urlencode

    typed = {"answer": "PY", "because": "Central & hidden.", "by": "Ada", "role": "reviewer"}
    content = urlencode(typed | fields)
    return client.request("POST", f"{FORM}&item={item}", content=content, headers=headers)


def test_an_answer_is_taken_down_and_leads_on(browser: Any, held: Workspace) -> None:
    page = browser.get(f"{FORM}&item=1.2").text
    assert 'method="post"' in page
    assert "PY: probably yes" in page
    answer = post(browser)
    assert answer.status_code == 303
    target = answer.headers["location"]
    assert target.endswith("&item=1.1&taken=1.2#now")
    after = browser.get(target.partition("#")[0]).text
    assert "Taken down:" in after
    assert "1.1 Random sequence of allocation?" in after
    assert "Central &amp; hidden." in after
    (entry,) = held.assessments().entries
    assert (entry.item, entry.answer, entry.who) == ("1.2", "PY", "Ada")
    assert post(browser).status_code == 303  # sent twice
    assert len(held.assessments().entries) == 1
    back = post(browser, answer="taken back", because="I misread.")
    assert back.status_code == 303
    assert held.assess(ONE, "rob2", outcome="mortality").reviewers == ()


def test_what_others_answered_is_folded_away(browser: Any) -> None:
    post(browser, because="Of Ada’s own.")
    page = browser.get(f"{FORM}&item=1.2").text
    before = page[: page.index("Of Ada’s own.")]
    assert before.rindex("<details>") > before.rfind("</details>")


def test_a_judgement_can_be_given_and_overridden(browser: Any, held: Workspace) -> None:
    assert post(browser, "D1", answer="some concerns").status_code == 303
    assert post(browser, "D1", answer="low", by="Ben").status_code == 303
    assert "in dispute" in browser.get(FORM).text
    post(browser, "D1", answer="high", by="Cem", role="adjudicator")
    assert held.assess(ONE, "rob2", outcome="mortality").domains[0].judgement == "high"
    every = browser.get("/assessments").text
    assert re.search(r"<td>high</td>", every)
    picture = browser.get("/assessments/lights.svg?instrument=rob2")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(picture.text).tag.endswith("svg")
    assert browser.get("/assessments/lights.svg?instrument=inspect-sr").status_code == 400


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"answer": ""}, "nothing was chosen"),
        ({"because": " "}, "the reason is missing"),
        ({"by": " "}, "the name is missing"),
        ({"role": "boss"}, "the role is missing"),
        ({"answer": "maybe"}, "is no answer to 1.2"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    browser: Any, held: Workspace, fields: dict[str, str], what: str
) -> None:
    answer = post(browser, **{"because": "Typed <b>so</b>."} | fields)
    assert answer.status_code == 400
    assert what in answer.text
    assert "Nothing was taken down:" in answer.text
    if "because" not in fields:
        assert "Typed &lt;b&gt;so&lt;/b&gt;." in answer.text
    assert held.assessments().entries == ()


def test_the_guard_of_decisions_guards_answers(
    browser: Any, held: Workspace, client_of: Any
) -> None:
    plain = {"content-type": HERE["content-type"]}
    assert post(browser, headers=plain).status_code == 403  # neither from here nor with the token
    assert post(browser, headers=plain | {"sec-fetch-site": "cross-site"}).status_code == 403
    assert post(browser, headers=plain | {"origin": "http://evil.example"}).status_code == 403
    assert post(browser, headers=HERE | {"content-type": "text/plain"}).status_code == 415
    token = re.search(r'name="token" value="([^"]+)"', browser.get(f"{FORM}&item=1.2").text)
    assert token is not None
    reader = client_of(held)
    assert post(reader).status_code == 403
    assert 'method="post"' not in reader.get(f"{FORM}&item=1.2").text
    assert "This server only reads." in reader.get(f"{FORM}&item=1.2").text
    dated = browser.request(
        "POST", f"{FORM}&item=1.2&as_of=2030-01-01", content="answer=Y", headers=HERE
    )
    assert dated.status_code == 400
    assert held.assessments().entries == ()
    assert post(browser, headers=plain, token=token[1]).status_code == 303


def test_a_result_is_asked_for_first(browser: Any) -> None:
    page = browser.get(f"/assess/{ONE}?instrument=rob2").text
    assert "Which result?" in page
    assert browser.get(f"/api/v1/assess/{ONE}?instrument=rob2").status_code == 400
    found = browser.get(f"/api/v1/assess/{ONE}?instrument=rob2&outcome=mortality").json()
    assert found["domains"][1]["items"][0]["suggested"]["answer"] == "Y"  # nobody is masked
