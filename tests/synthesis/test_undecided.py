"""Pooled studies that may be one: the answer says which, how likely, and who decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.faces import cli
from trialweave.model import Link, LinkKind, Signal
from trialweave.synthesis.once import undecided
from trialweave.workspace import Workspace

ROWS = [
    ("NCT1", "Alba 2030", ("ctgov:1", "pubmed:1")),
    ("10.5555/b", "10.5555/b", ("page:b c",)),
    ("NCT3", "Clara 2031", ("ctgov:3",)),
]


def _link(a: str, b: str, probability: float, kind: LinkKind = "candidate", *seen: Signal) -> Link:
    return Link(a, b, kind, "same trial", probability, seen, "model/2")


def test_candidates_between_pooled_studies_are_told_the_likeliest_first() -> None:
    links = [
        _link("ctgov:1", "ctgov:3", 0.5),
        _link("ctgov:1", "page:b c", 0.62),
        _link("page:b c", "pubmed:1", 0.8125),
        _link("ctgov:1", "pubmed:1", 0.9),  # within one study
        _link("ctgov:1", "ctgov:9", 0.9),  # of which one is not pooled
    ]
    first, second = undecided(ROWS, links)
    assert (first.study_a, first.study_b) == ("NCT1", "10.5555/b")
    assert (first.record_a, first.record_b, first.probability) == ("pubmed:1", "page:b c", 0.8125)
    assert first.said == (
        "Alba 2030 (NCT1) and 10.5555/b may be one trial, whose participants then count twice: "
        "pubmed:1 and page:b c are linked as a candidate, with a probability of 0.81. A person "
        "decides: trialweave link pubmed:1 'page:b c' --because REASON, or unlink."
    )
    assert (second.study_b, second.probability) == ("NCT3", 0.5)


@pytest.mark.parametrize("kind", ["decided", "asserted", "probable", "rejected"])
def test_what_is_settled_is_not_told(kind: Any) -> None:
    assert undecided(ROWS, [_link("ctgov:1", "ctgov:3", 0.9, kind)]) == ()
    assert undecided(ROWS, [_link("ctgov:1", "ctgov:3", 0.4999)]) == ()


def test_a_dispute_and_what_is_held_back_are_told_as_such() -> None:
    (told,) = undecided(
        ROWS, [_link("ctgov:1", "ctgov:3", 0.5, "candidate", Signal("in dispute", 0.0, "two"))]
    )
    assert told.why == "people differ about ctgov:1 and ctgov:3"
    (told,) = undecided(ROWS, [_link("ctgov:1", "ctgov:3", 0.9999)])
    assert "with a probability of >0.99" in told.why


def _report(key: str, events: int) -> str:
    counts = [{"events": events, "n": 40 * events}, {"events": 9, "n": 41}]
    result = {"outcome": "mortality", "treatment": counts[0], "control": counts[1], "days": 28}
    return json.dumps(
        {
            "format": "trialweave.report/1",
            "key": key,
            "kind": "report",
            "label": key.title(),
            "title": f"{key} bark",
            "doi": f"10.5555/{key}",
            "design": "RCT",
            "product": key,
            "control": f"no {key}",
            "sources": ["invented"],
            "results": [result | {"source": "invented"}],
        }
    )


def test_the_answer_the_terminal_and_the_page_say_so(
    tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient

    from trialweave.faces.server import create_app

    path = tmp_path / "sheet.jsonl"
    path.write_text("\n".join(_report(key, n) for n, key in enumerate(("alder", "birch"), 3)))
    held = Workspace(tmp_path / "held")
    assert held.add(path).new == 2
    assert held.pool().undecided == ()
    pair = ("extraction:alder", "extraction:birch")
    held.link(*pair, because="One size.", by="Ada")
    held.unlink(*pair, because="Two oils.", by="Bo")
    answer = held.pool()
    (told,) = answer.undecided
    assert (told.record_a, told.record_b) == pair
    assert answer.notes[-1] == told.said

    monkeypatch.setenv("COLUMNS", "400")
    root = str(held.root)
    assert cli.run(["pool", "--json", "--workspace", root]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["notes"][-1], said["undecided"][0]["said"]) == (told.said, told.said)
    assert cli.run(["pool", "--workspace", root]) == 0
    assert " ".join(told.said.split()) in " ".join(capfd.readouterr().out.split())
    for deciding in (True, False):
        app = create_app(held, deciding=deciding)
        page = TestClient(app, "http://127.0.0.1").get("/synthesis").text
        assert "1 pair of these studies may be one trial" in page
        assert told.why in page
        assert ("/decide?a=extraction%3Aalder&amp;b=extraction%3Abirch" in page) == deciding
        assert page.count("--because REASON") == (not deciding)

    held.unlink(*pair, because="Two oils.", by="Cy", adjudicator=True)
    assert held.pool().undecided == ()
