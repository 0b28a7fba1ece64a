"""Records whose every text is an attack, through everything that shows them.

What a record says may be shown to a reader, and may do nothing: not to the terminal, not to the
browser, not to the spreadsheet that opens an export. Nor may a huge record make a huge page.
"""

from __future__ import annotations

import asyncio
import csv
import functools
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from trialweave.faces import cli
from trialweave.faces.server import create_app
from trialweave.workspace import Workspace

FIXTURES = Path(__file__).parents[1] / "fixtures"
PAYLOAD = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
    '<a href="javascript:alert(4)" style="x">x</a>"\'></title></textarea></style>{{7*7}}{% raw %}'
    "\x1b[31m\x1b]8;;http://evil.example/\x07link\x1b]8;;\x07\x9b31m\u202eRTL\u2066\0\u200b"
    "[bold]m[/bold]:smile:\r=1+1"
)
FORMULAS = ('=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(A1)", "\t=1")
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ELEMENTS = re.compile(
    "html|head|meta|title|link|body|a|header|div|img|form|label|input|optgroup|button|nav|main|footer|p|br|"
    "h[1-3]|section|article|[uod]l|li|d[td]|details|summary|table|t(?:head|body|foot|r|h|d)|span|"
    "strong|em|b|bdi|q|mark|pre|code|blockquote|time|ins|svg|path|select|option|datalist|fieldset|"
    "legend|figure|figcaption|aside"
)
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "poster", "data")


def _poisoned(found: Any, key: str = "") -> Any:
    """The same JSON, the payload behind every text but the ids that hold it together."""
    if isinstance(found, dict):
        return {name: _poisoned(value, name) for name, value in found.items()}
    if isinstance(found, list):
        return [_poisoned(value, key) for value in found]
    kept = key in ("nctId", "groupId") or (key == "id" and str(found)[1:3] == "G0")
    return found + PAYLOAD if isinstance(found, str) and not kept else found


def _report(key: str, label: str) -> str:
    """One line of an extraction sheet: a result that does not add up, of a study of that name."""
    return json.dumps(
        {
            "format": "trialweave.report/1",
            "key": key,
            "kind": "report",
            "label": label,
            "title": label,
            "doi": f"10.5555/{key}",
            "design": "RCT",
            "notes": [PAYLOAD],
            "product": PAYLOAD,
            "control": PAYLOAD,
            "sources": ["javascript:alert(5)"],
            "results": [
                {
                    "outcome": "mortality",
                    "treatment": {"events": 4, "n": 40, "percent": "17.0"},
                    "control": {"events": 9, "n": 41, "percent": "22"},
                    "days": 28,
                    "p": "0.0001",
                    "source": PAYLOAD,
                    "note": PAYLOAD,
                }
            ],
        }
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace that holds nothing but hostile records."""
    folder = tmp_path_factory.mktemp("hostile")
    record = json.loads((FIXTURES / "ctgov/v2.json").read_text("utf-8"))
    (folder / "one.json").write_text(json.dumps(_poisoned(record)), "utf-8")
    page = (FIXTURES / "pages/veeva_recruiting.txt").read_text("utf-8")
    attack = PAYLOAD.replace("\0", "")  # bytes with NUL are no text, and refused as such
    lines = [line + attack if len(line) > 40 else line for line in page.split("\n")]
    (folder / "<img src=x>.txt").write_text("\n".join(lines), "utf-8", newline="")
    sheet = [_report(f"line{n}", text) for n, text in enumerate((PAYLOAD, *FORMULAS))]
    (folder / "sheet.jsonl").write_text("\n".join(sheet), "utf-8")
    record["protocolSection"]["identificationModule"] = {"nctId": "NCT99990077", "briefTitle": "x"}
    del record["protocolSection"]["referencesModule"]
    record["protocolSection"]["conditionsModule"]["conditions"] = [f"c{n}" for n in range(2500)]
    record["protocolSection"]["outcomesModule"]["secondaryOutcomes"] = [
        {"measure": f"m{n}", "description": "d", "timeFrame": "t"} for n in range(5000)
    ]
    record["protocolSection"]["descriptionModule"]["briefSummary"] = "words " * 20_000
    (folder / "huge.json").write_text(json.dumps(record), "utf-8")
    made = Workspace(folder / "workspace")
    report = made.add(folder)
    assert len(report.added) == 9
    return made


def _ids(workspace: Workspace) -> list[str]:
    return [hit.study_id for hit in workspace.search("", limit=100).hits]


@functools.cache
def _app(root: Path) -> Any:
    return create_app(Workspace(root))


def _get(workspace: Workspace, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=_app(workspace.root))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def _pages(workspace: Workspace) -> list[str]:
    paths = ["/", "/search", "/search?q=%3Cscript%3E", "/synthesis", "/about", "/study/%3Csvg%3E"]
    paths.append("/search?q=x&filter=sources%3D%3Cscript%3E")
    for study_id in _ids(workspace):
        view = workspace.show(study_id)
        paths.append(f"/study/{study_id}")
        paths += [f"/record/{row.record_id}" for row in view.records]
        paths += [f"/why/{study_id}?address=title", f"/why/{study_id}?address=arms[0].label"]
        paths += [f"/why/{study_id}?address={f.finding_id.replace('#', '%23')}"
                  for f in view.findings[:1]]  # fmt: skip
    return paths


def test_pages_hold_nothing_that_runs(workspace: Workspace) -> None:
    seen = ""
    for path in _pages(workspace):
        answer = _get(workspace, path)
        assert answer.status_code in (200, 404, 400), path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        policy = answer.headers["content-security-policy"]
        assert "script-src" not in policy or "script-src 'self';" in policy, path
        assert not OBEYED.search(answer.text), path
        for node in LexborHTMLParser(answer.text).css("*"):
            if node.tag == "script":  # the page's own file, and nothing written in the page
                assert str(node.attributes["src"]).startswith("/static/"), path
                assert not node.text(), path
                assert "script-src 'self';" in policy, path
                continue
            assert ELEMENTS.fullmatch(node.tag), (path, node.tag)
            for name, value in node.attributes.items():
                assert not name.startswith("on"), (path, node.html)
                assert name != "style", (path, node.html)
                if name in ADDRESSES:
                    assert re.match(r"[/#?]|https://[\w.-]+/", value or ""), (path, node.html)
        seen += answer.text
    assert "{{7*7}}" in seen  # the payload did get there, as text
    assert "&lt;script&gt;alert(1)" in seen


def test_figures_hold_nothing_that_runs(workspace: Workspace) -> None:
    answer = _get(workspace, "/synthesis/forest.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for node in etree.fromstring(answer.content).iter(etree.Element):
        assert etree.QName(node).localname not in ("script", "foreignObject", "a", "image")
        assert not [name for name in node.attrib if "href" in name or name.startswith("on")]


def test_api_answers_are_json_that_no_browser_takes_for_a_page(workspace: Workspace) -> None:
    for study_id in _ids(workspace):
        for route in ("study", "check", "links"):
            answer = _get(workspace, f"/api/v1/{route}/{study_id}")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            answer.json()


def _commands(workspace: Workspace) -> list[list[str]]:
    calls = [["status"], ["search", "<script>"], ["search"], ["pool"], ["show", PAYLOAD[:200]]]
    for study_id in _ids(workspace):
        calls += [["show", study_id], ["check", study_id], ["links", study_id]]
        calls += [["why", study_id, "title"], ["why", study_id, PAYLOAD[74:100]]]
        calls += [["document", row.record_id] for row in workspace.links(study_id).records]
    return calls


def test_no_byte_steers_the_terminal(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    seen = ""
    for call in _commands(workspace):
        streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", streams[0])
            patched.setattr(sys, "stderr", streams[1])
            code = cli.run(["--workspace", str(workspace.root), *call])
        assert code in (0, 16), call
        for stream in streams:
            stream.flush()
            text = stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
            assert not OBEYED.search(text), call
            seen += text
    assert "⟨U+001B⟩]8;;" in seen  # the payload did get there, made visible


def test_no_exported_cell_runs_in_a_spreadsheet(workspace: Workspace, tmp_path: Path) -> None:
    cells = 0
    for path in workspace.export(tmp_path / "out"):
        if path.suffix != ".csv":
            continue
        text = path.read_bytes().decode("utf-8")
        for row in csv.reader(io.StringIO(text, newline="")):
            for cell in row:
                cells += 1
                number = re.fullmatch(r"-?[0-9.]+(e[-+]?[0-9]+)?", cell)
                assert number or not cell.lstrip().startswith(("=", "+", "-", "@")), cell
                assert "\0" not in cell
    assert cells > 100


def test_a_huge_record_makes_no_huge_page(workspace: Workspace) -> None:
    cells = sum(len(row.cells) for row in workspace.show("NCT99990077").concepts)
    assert cells > 15_000
    answer = _get(workspace, "/study/NCT99990077")
    assert len(answer.text) < 2_000_000
    assert "further entries are left out here" in answer.text
    assert len(LexborHTMLParser(answer.text).css("tr, li")) < 2000
