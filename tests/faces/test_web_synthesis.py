"""The pages of synthesis: every choice, studies ticked, figures, exploration, files."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.faces.policies import ALONE, SANDBOXED, SCRIPTED, STRICT
from trialweave.faces.question_fields import further_is_used, query
from trialweave.publish.figures.catalogue import FIGURES
from trialweave.synthesis import Light, Question
from trialweave.synthesis.question import CHOICES, from_toml

from .browser import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
POLICY = "content-security-policy"


def _table(text: str) -> str:
    found = re.search(r'<table class="studies">.*?</table>', text, re.DOTALL)
    assert found is not None
    return found[0]


def test_the_form_offers_every_choice_and_is_filled_with_the_question(client: Any) -> None:
    asked = Question(
        "mortality", measure="OR", model="MH", prediction="HK", zero_cells="all", level=0.9,
        designs="comparative", time="nearest 28 days", subgroup="designs",
    )  # fmt: skip
    text = client.get("/synthesis" + query(asked)).text
    for name, known in CHOICES.items():
        found = re.search(rf'<select id="{name}".*?</select>', text, re.DOTALL)
        assert found is not None
        values = re.findall(r'<option value="([^"]*)"( selected)?', found[0])
        assert [value for value, _ in values] == list(known)
        assert [value for value, chosen in values if chosen] == [getattr(asked, name)]
    for name in ("population", "product", "cell_source", "dose", "comparator", "time", "outcome"):
        value = getattr(asked, name)
        assert re.search(rf'<input id="{name}" name="{name}"[^>]*value="{value}"', text)
    assert '<details class="further" id="further" open>' in text


def test_a_newcomer_sees_six_fields(client: Any) -> None:
    text = client.get("/synthesis").text
    before = text[text.index('id="question"') : text.index('<details class="further"')]
    assert len(re.findall(r"<(?:input|select) ", before)) == 6
    assert 'id="further">' in text
    assert not further_is_used(msgspec.structs.asdict(Question("x", population="y", measure="OR")))
    assert further_is_used(msgspec.structs.asdict(Question("x", dose="1 to 2 mL")))
    assert not further_is_used(msgspec.structs.asdict(Question("x", exclude=("a",), title="t")))


def test_a_question_that_cannot_be_is_shown_with_its_form(client: Any) -> None:
    answer = client.get("/synthesis?model=Peto&measure=RR&product=cells&without=NCT08880002")
    assert answer.status_code == 400
    assert "model &#39;Peto&#39; pools OR, not RR." in answer.text
    assert 'value="cells"' in answer.text
    assert '<option value="Peto" selected>' in answer.text
    assert 'name="without" value="NCT08880002" checked' in answer.text


def test_the_query_of_a_question_is_the_question(client: Any) -> None:
    asked = Question(
        "mortality", title="not part of it", measure="RD", dose="1e6 to 5e6 cells/kg",
        without_flagged=True, exclude=("NCT08880001", "NCT08880002"),
    )  # fmt: skip
    shown = query(asked)
    assert shown == (
        "?outcome=mortality&measure=RD&dose=1e6+to+5e6+cells%2Fkg&without_flagged=true"
        "&without=NCT08880001&without=NCT08880002"
    )
    file = client.get(f"/synthesis/files/question.toml{shown}")
    assert file.headers["content-disposition"] == 'attachment; filename="question.toml"'
    assert from_toml(file.text) == msgspec.structs.replace(asked, title="")


def test_a_study_left_out_keeps_its_place(client: Any) -> None:
    order = r'name="without" value="(NCT\d+)"( checked)?'
    plain = re.findall(order, _table(client.get("/synthesis").text))
    text = client.get("/synthesis?without=NCT08880002").text
    ticked = re.findall(order, _table(text))
    assert [name for name, _ in ticked] == [name for name, _ in plain]
    assert [name for name, checked in ticked if checked] == ["NCT08880002"]
    assert [name for name, checked in plain if checked] == []
    assert 'id="address" href="/synthesis?outcome=mortality&amp;without=NCT08880002"' in text
    assert re.search(
        r'data-told="Pooled RR 0\.\d\d \(0\.\d\d to 1?\d*\.\d\d\), \d studies\."', text
    )


def test_subgroups_are_groups_of_rows_with_their_pooled_line_and_the_test(client: Any) -> None:
    text = client.get("/synthesis?designs=comparative&subgroup=designs").text
    table = _table(text)
    heads = re.findall(r'<th scope="rowgroup"[^>]*><bdi[^>]*>([^<]*)</bdi> <span[^>]*>(\d)', table)
    assert heads == [("Non-randomised", "1"), ("Randomised", "3")] or len(heads) >= 2
    assert table.count("Pooled in this subgroup") >= 1
    assert re.search(r"Between the subgroups: Q [\d.]+ on \d df, P", text)
    assert len(re.findall(r'name="without"', table)) == len(
        re.findall(r'name="without"', _table(client.get("/synthesis?designs=comparative").text))
    )


def test_risk_of_bias_stands_in_words_beside_its_signs(workspace: Any, client_of: Any) -> None:
    plain = workspace.pool

    def judged(question: Any = None, **changes: Any) -> Any:
        found = plain(question, **changes)
        first = msgspec.structs.replace(
            found.rows[0], lights=(Light("D1", "some concerns"), Light("overall", "high"))
        )
        return msgspec.structs.replace(found, rows=(first, *found.rows[1:]))

    assert "Risk of bias</th>" not in client_of(workspace).get("/synthesis").text
    workspace.pool = judged
    table = _table(client_of(workspace).get("/synthesis").text)
    assert "Risk of bias</th>" in table
    assert '<span aria-hidden="true">−</span><span class="unseen">D1: some concerns; ' in table
    assert '<span aria-hidden="true">×</span><span class="unseen">overall: high; ' in table
    assert "D1: not judged" in table


def test_scripts_are_allowed_on_the_page_of_a_synthesis_alone(client: Any) -> None:
    assert client.get("/synthesis").headers[POLICY] == SCRIPTED
    for path in ("/synthesis/exploration", "/synthesis/figure/funnel", "/questions", "/search"):
        assert client.get(path).headers[POLICY] == STRICT
        assert "<script" not in client.get(path).text
    script = client.get("/static/synthesis.js").text
    assert "innerHTML" not in script
    assert "eval" not in script


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_has_words_a_table_and_files(client: Any, name: str) -> None:
    text = client.get(f"/synthesis/figure/{name}").text
    assert '<section aria-labelledby="table">' in text
    assert re.search(r"<h2 id=\"words\">.*?<p><bdi dir=\"auto\">.{40}", text, re.DOTALL)
    table = client.get(f"/synthesis/{name}.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    rows = len(table.text.splitlines()) - 1
    assert text.count('<th scope="row">') == min(rows, 500) or '"' in table.text
    assert json.loads(client.get(f"/synthesis/{name}.json").text)["$schema"].startswith("https://")


def test_pictures_are_shown_and_the_interactive_figure_is_kept_apart(client: Any) -> None:
    drawn = client.get("/synthesis/funnel.svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.headers[POLICY] == STRICT
    assert "content-disposition" not in drawn.headers
    assert client.get("/synthesis/funnel.png").content.startswith(b"\x89PNG")
    assert client.get("/synthesis/funnel.pdf").content.startswith(b"%PDF")
    alive = client.get("/synthesis/funnel.html")
    assert alive.headers[POLICY] == SANDBOXED
    assert alive.headers[POLICY].startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in alive.headers[POLICY]
    assert alive.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert client.get("/synthesis/nope.svg").status_code == 422


def test_columns_of_the_forest_plot_can_be_hidden(client: Any, workspace: Any) -> None:
    asked: list[Any] = []
    plain = workspace.drawing

    def drawing(name: str, question: Any, *, columns: Any) -> Any:
        asked.append(columns)
        return plain(name, question, columns=columns)

    workspace.drawing = drawing
    text = client.get("/synthesis?hide=weight&hide=groups&hide=nope").text
    assert 'src="/synthesis/forest.svg?outcome=mortality&amp;hide=groups&amp;hide=weight"' in text
    assert 'name="hide" value="weight" checked' in text
    client.get("/synthesis/forest.csv?hide=weight")
    assert asked == [("groups", "effect", "bias")]


def test_files_to_take_along(client: Any) -> None:
    packed = client.get("/synthesis/files/revman.zip")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert sorted(archive.namelist()) == [
            "Risk of bias.csv", "Study arms.csv", "Study information.csv", "Study results.csv",
        ]  # fmt: skip
        assert b"ALBA" in archive.read("Study results.csv")
    assert packed.content == client.get("/synthesis/files/revman.zip").content
    assert "rma" in client.get("/synthesis/files/metafor.R").text
    summary = client.get("/synthesis/files/summary.html")
    assert summary.headers[POLICY] == ALONE
    assert "per 1,000" in summary.text
    assert client.get("/synthesis/files/summary.docx").content.startswith(b"PK")
    risk = client.get("/synthesis/files/summary.csv?control_risk=0.25").text.splitlines()[1]
    assert ",250.0," in risk
    assert client.get("/synthesis/files/nope").status_code == 422


def test_exploration_has_its_tables_and_looks_where_asked(client: Any) -> None:
    text = client.get("/synthesis/exploration").text
    for part in ("single", "asymmetry", "adjusted", "moderators", "looks"):
        assert f'<h2 id="{part}">' in text
    assert "Share of required" not in text
    asked = client.get("/synthesis/exploration?reduction=0.3&control_risk=").text
    assert "Share of required" in asked
    assert "30% fewer events than" in asked
    assert '<input type="hidden" name="outcome" value="mortality">' in asked
    assert client.get("/synthesis/exploration?reduction=1").status_code == 422


def test_certainty_tells_each_domain_and_effects_per_1000(client: Any) -> None:
    text = client.get("/synthesis/certainty?control_risk=0.4").text
    for domain in ("Risk of bias", "Inconsistency", "Indirectness", "Imprecision", "Publication"):
        assert re.search(rf'<th scope="row">{domain}', text)
    assert "400 per 1,000" in text
    assert "summary.docx?outcome=mortality&amp;control_risk=0.4" in text


def test_saved_questions_tell_their_answers_and_what_changed(client: Any) -> None:
    text = client.get("/questions").text
    assert 'href="/synthesis?outcome=mortality">' in text
    assert "4 studies, nothing pooled" in text
    assert re.search(r"<td><bdi[^>]*>3</bdi></td><td><bdi[^>]*>4</bdi></td>", text)
    assert "This file is no question:" in text
    assert "trialweave update hostile" in text


@pytest.fixture
def served(workspace: Any) -> Iterator[str]:
    """The invented workspace on a port of this machine."""
    import uvicorn

    from trialweave.faces.server import create_app

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(workspace), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.mark.chromium
@pytest.mark.skipif(not CHROMIUM, reason="no chromium on the PATH: nothing was ticked")
def test_a_tick_changes_the_answer_in_place(served: str, tmp_path: Path) -> None:
    browser = Browser(CHROMIUM, tmp_path / "profile")
    try:
        browser.open(f"{served}/synthesis")
        before = browser.run("document.querySelector('#found > .pooled').textContent")
        browser.run("window.same = 1; document.querySelector('#columns').open = true")
        browser.run(
            "(box => { box.focus(); box.click(); })"
            "(document.querySelector('.studies input[value=NCT08880003], .studies input'))"
        )
        browser.until("location.search.includes('without=')")
        assert browser.run("window.same") == 1  # the page was not left
        assert browser.run("document.querySelector('#found > .pooled').textContent") != before
        assert browser.run("document.activeElement.name + document.activeElement.checked") == (
            "withouttrue"
        )
        assert browser.run("document.querySelector('#columns').open") is True
        assert browser.run("document.getElementById('told').textContent").startswith("Pooled RR")
        assert browser.run("history.length") == 2
        browser.run(
            "(field => { field.value = 'Peto'; "
            "field.dispatchEvent(new Event('change', {bubbles: true})); })"
            "(document.getElementById('model'))"
        )
        browser.until("document.getElementById('found').textContent.includes('pools OR, not RR')")
        assert [line for line in browser.console if "400" not in line] == []
        address = f"{served}/synthesis/funnel.html"
        browser.open(address)
        browser.until("document.querySelector('#figure svg')")
        assert browser.run("origin") == "null"
        assert [line for line in browser.console if "'error'" in line] == []
    finally:
        browser.close()
