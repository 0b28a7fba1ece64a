"""The pages: every route, well-formed, escaped, without scripts, linked to where values stand."""

from __future__ import annotations

import datetime as dt
import html
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from trialweave.errors import WorkspaceError
from trialweave.faces.as_of import carried
from trialweave.publish.views import DecisionsView, StatusView

STUDY = "NCT09999999"
RECORD = "page:invented-hospital"
PAGES = [
    "/",
    "/search",
    "/search?q=cells&filter=phase%3D1",
    "/search?q=nothing&filter=phase%3D1",
    f"/study/{STUDY}",
    "/study/CTRI/2031/01/000001",
    f"/why/{STUDY}?address=enrollment",
    f"/findings/{STUDY}",
    f"/findings/{STUDY}?family=mortality",
    f"/history/{STUDY}",
    f"/history/ctgov:{STUDY}",
    f"/history/{RECORD}",
    f"/record/{RECORD}",
    f"/record/{RECORD}?start=32&end=46",
    f"/record/ctgov:{STUDY}?path=size",
    "/synthesis",
    f"/synthesis?outcome=mortality&measure=RD&without={STUDY}&without_flagged=true",
    "/synthesis?outcome=mortality&with_retracted=true",
    "/synthesis?outcome=mortality&subgroup=product&without=NCT08880002&hide=weight",
    "/synthesis?outcome=mortality&model=Bayes&prediction=k-2&tau2=PM&level=0.9",
    "/synthesis/exploration?outcome=mortality&reduction=0.3",
    "/synthesis/certainty?outcome=mortality&control_risk=0.2",
    "/synthesis/figure/forest?outcome=mortality&hide=weight",
    *(f"/synthesis/figure/{name}" for name in ("funnel", "baujat", "cumulative", "gosh", "flow")),
    "/questions",
    "/about",
    "/conflicts",
    "/conflicts?field=arms&kind=paper+against+registry&limit=10&offset=20",
    "/conflicts?field=enrollment&kind=paper+against+paper",
    "/decisions",
    "/decisions?offset=200",
    f"/assess/{STUDY}",
    f"/assess/{STUDY}?item=4.9",
    f"/assess/{STUDY}?instrument=rob2",
    f"/assess/{STUDY}?instrument=rob2&outcome=mortality&item=1.2",
    "/assessments",
    "/assessments?instrument=rob2",
    "/terms",
    "/terms?menu=hpo&q=fever&limit=2&offset=4",
    "/terms?menu=Protein",
    "/terms/find",
    "/terms/find?q=fevers",
    "/terms/find?q=Invented+fever",
    "/terms/report",
    "/terms/report?since=2026-01-01&until=2026-06-30&country=Ruritania&menu=HPO",
    "/term/HPO/HP:0099001",
    "/term/HPO/HP:0099001?own=true&role=outcome&assertion=excluded&limit=1&offset=1",
    "/term/HPO/HP:0099001?related=MeSH&condition=fever&since=2020-01-01&support=2",
    "/term/HPO/HP:0099001?with=D999001&with_in=MeSH&offset=1",
    "/term/HPO/HP:0099001?with=HP%3A0099000",
    "/term/HPO/HP:0099000?all_pairs=true",
    "/term/HGNC/HGNC:99901",
    "/term?q=..&vocabulary=own%2Fwords",
    f"/criteria/{STUDY}",
    "/match",
    f"/match?trial={STUDY}",
    "/screen",
    "/compare",
    f"/compare?id={STUDY}",
    f"/compare?id={STUDY}+NCT08880001",
    f"/compare?id={STUDY}&id=NCT08880001&id=NCT08880009",
    "/evidence-map",
    "/evidence-map?product=cells&outcome=mortality&limit=1",
    "/evidence-map?product=nothing",
    f"/study/{STUDY}?as_of=2029-06-01",
    f"/history/{STUDY}?as_of=2029-06-01",
    "/search?q=cells&filter=phase%3D1&as_of=2029-06-01",
]
FAILING = {
    "/nope": 404,
    "/history/nope?as_of=2029-06-01": 404,
    "/search?as_of=yesterday": 422,
    "/study/nope": 404,
    "/why/nope?address=phase": 404,
    f"/why/{STUDY}": 422,
    "/record/nope": 404,
    "/synthesis?outcome=hair": 422,
    "/synthesis?measure=XX": 400,
    "/synthesis?model=Peto&without=NCT08880002": 400,
    "/synthesis/figure/nope": 422,
    "/synthesis/exploration?reduction=2": 422,
    "/synthesis/certainty?outcome=hair": 422,
    "/search?limit=101": 422,
    "/conflicts?field=no_such": 404,
    "/conflicts?offset=-1": 422,
    "/decisions?offset=x": 422,
    "/assess/nope": 404,
    f"/assess/{STUDY}?instrument=nope": 404,
    "/search?filter=x": 400,
    "/criteria/nope": 404,
    "/criteria/NCT08880009": 404,
    f"/criteria/{STUDY}/export/nope": 400,
    f"/compare?id={STUDY}&id=nope": 404,
    f"/compare?id={STUDY}&id=CTRI/2031/01/000001": 400,
    "/evidence-map?limit=0": 422,
    "/term": 422,
    "/term/HPO/nope": 404,
    "/term/HPO/HP:0099001?role=x": 422,
    "/term/HPO/HP:0099001?with=nope": 404,
    "/term/HPO/HP:0099001?since=yesterday": 422,
    "/terms?menu=x": 422,
    "/terms/report?since=2026-02-30": 422,
    "/static/nope.css": 404,
    "/static/%2e%2e/web.py": 404,
}
PAIR = f"a=ctgov:{STUDY}&b={RECORD}"
DECIDING = [
    f"/study/{STUDY}?decided=1",
    f"/study/{STUDY}?decided=99",
    "/decisions?decided=2",
    "/decisions?decided=4",
    f"/decide?{PAIR}&study={STUDY}",
    f"/decide?a=CTRI/2031/01/000001&b={RECORD}",
    "/decide?a=page:gone&b=%3Cscript%3E",
    "/synthesis",
]
SCRIPT = "/static/synthesis.js"
POLICY = "content-security-policy"
VOID = ("area", "br", "col", "hr", "img", "input", "link", "meta", "wbr")


class Strict(HTMLParser):
    """Reads a page as a strict reader would, and collects what matters."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside_labels: list[dict[str, str]] = []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"an attribute twice in <{tag}>")
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if "label" in self.open:
            self.inside_labels.append(attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def all(self, name: str) -> list[dict[str, str]]:
        """The attributes of all elements of one name."""
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize("path", [*PAGES, *FAILING])
def test_pages_are_whole_and_harmless(client: Any, path: str) -> None:
    _whole_and_harmless(client.get(path), FAILING.get(path, 200))


@pytest.mark.parametrize("path", DECIDING)
def test_pages_with_forms_are_whole_and_harmless(workspace: Any, client_of: Any, path: str) -> None:
    client = client_of(workspace, deciding=True)
    _whole_and_harmless(client.get(path), 200)
    page = Strict(client.get(path).text)
    posting = [form for form in page.all("form") if form.get("method") == "post"]
    assert posting or "/decide" not in path
    for form in posting:
        assert form["action"].startswith("/decide?a=")
    tokens = [field for field in page.all("input") if field.get("name") == "token"]
    assert len(tokens) == len(posting)
    for field in (*page.all("input"), *page.all("textarea")):
        if field.get("name") in ("because", "by", "verdict", "role"):
            assert "required" in field
            assert field in page.inside_labels


def _whole_and_harmless(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Strict(answer.text)
    assert page.problems == []
    assert all(script == {"src": SCRIPT, "defer": ""} for script in page.all("script"))
    assert not page.all("script") or "script-src 'self';" in answer.headers[POLICY]
    for tag, attributes in page.tags:
        assert not {name for name in attributes if name.startswith("on") or name == "style"}, tag
        for name in ("href", "src", "action"):
            address = attributes.get(name, "")
            assert urlsplit(address).scheme in ("", "data")
            assert not address.startswith("//")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in page.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids
    assert all("alt" in attributes for attributes in page.all("img"))
    assert len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"] == "en"


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_label(client: Any, path: str) -> None:
    page = Strict(client.get(path).text)
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for tag, attributes in page.tags:
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            assert attributes.get("id") in labelled or attributes in page.inside_labels


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: Any, path: str) -> None:
    seen, drawn = set(), set()
    for attributes in Strict(client.get(path).text).all("a"):
        if attributes["href"] == "?":
            continue
        address = urljoin(path, attributes["href"])
        without_fragment = address.partition("#")[0] or path
        if without_fragment in seen or "NCT0888" in without_fragment:
            continue
        seen.add(without_fragment)
        figure = re.match(r"/synthesis/[\w./-]+\.\w+", without_fragment)
        if figure is not None:  # drawn in tests of their own; here one of them stands for all
            if drawn or path != "/synthesis":
                continue
            drawn.add(figure[0])
        assert client.get(without_fragment).status_code == 200, address


DAY = "2029-06-01"


def _addresses(page: Strict) -> list[str]:
    return [
        a.get("href") or a["src"] for a in (*page.all("a"), *page.all("link"), *page.all("img"))
    ]


@pytest.mark.parametrize("path", [path for path in PAGES if "as_of" not in path])
def test_a_day_is_kept_by_every_link_and_form(client: Any, path: str) -> None:
    plain = Strict(client.get(path).text)
    text = client.get(f"{path}{'&' if '?' in path else '?'}as_of={DAY}").text
    dated = Strict(text)
    assert f"As the records stood on <time>{DAY}</time>" in text
    addresses = _addresses(dated)
    addresses.remove(f"?{urlsplit(path).query}")  # the way back to today
    for before, after in zip(_addresses(plain), addresses, strict=True):
        if before.startswith("/") and not before.startswith("/static/") and "as_of" not in before:
            one, other = urlsplit(before), urlsplit(after)
            assert (other.path, other.fragment) == (one.path, one.fragment)
            assert parse_qs(other.query) == parse_qs(one.query) | {"as_of": [DAY]}
        else:
            assert after == before
    kept = {"type": "hidden", "name": "as_of", "value": DAY}
    onward = [form for form in dated.all("form") if "action" in form]
    assert [tag for _, tag in dated.tags].count(kept) == len(onward) > 0


def test_another_day_is_asked_for_by_a_form_that_keeps_the_search(client: Any) -> None:
    page = Strict(client.get(f"/search?q=cells&filter=phase%3D1&limit=10&as_of={DAY}").text)
    fields = [(a["name"], a["value"]) for a in page.all("input") if a["name"] != "as_of"]
    assert fields[1:] == [("q", "cells"), ("filter", "phase=1"), ("limit", "10")]
    (field,) = (a for a in page.all("input") if a["type"] == "date")
    assert field["value"] == DAY
    assert client.get("/search?q=cells&as_of=").status_code == 200  # the field sent empty


def test_values_that_look_like_links_are_left_alone() -> None:
    value = 'href="/x" src="/y" <form action="/z">'
    page = f'<a href="/study/1#a">{html.escape(value)}</a><img src="/p?q=1"><a href="#b">'
    day = dt.date(2029, 6, 1)
    assert carried(page, day) == page.replace("/1#", f"/1?as_of={DAY}#").replace(
        "?q=1", f"?q=1&amp;as_of={DAY}"
    )
    assert carried(page, None) == page


def test_a_served_day_is_said_and_is_what_others_lead_back_to(
    workspace: Any, client_of: Any
) -> None:
    client = client_of(workspace.as_of(dt.date(2028, 1, 1)))
    text = client.get("/about").text
    assert "As the records stood on <time>2028-01-01</time>." in text
    assert "Back to" not in text
    assert 'href="/search"' in text
    assert ">Back to 2028-01-01</a>" in client.get(f"/about?as_of={DAY}").text


def test_history_shows_both_sides_with_their_passages(client: Any) -> None:
    text = client.get(f"/history/{STUDY}").text
    rows = {
        re.sub(r"<[^>]*>", "", name).strip(): [
            (html.unescape(address), " ".join(re.sub(r"<[^>]*>", "", said).split()))
            for address, said in re.findall(r'<a class="value" href="([^"]*)"[^>]*>(.*?)</a>', row)
        ]
        for name, row in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', text, re.DOTALL)
    }
    record = f"/record/ctgov:{STUDY}?version="
    assert rows["Enrolment"] == [
        (f"{record}2&path=size#passage", "30"),
        (f"{record}1&path=size#passage", "40"),
    ]
    (outcome,) = (told for name, told in rows.items() if name.startswith("Primary outcomes"))
    assert outcome[1] == (f"{record}1&path=o%5B0%5D.measure#passage", "Death; 28 days")
    assert text.count("Conditions <span") == 20
    assert "11 further changes" in text  # of twenty conditions and a description, ten are open
    longer, _ = rows["Description"]
    assert longer[1].startswith("…")
    assert longer[1].endswith("fever.")
    assert len(longer[1]) < 140
    assert text.count("Whole text") == 2


def test_history_sets_off_what_weighs_and_says_when(client: Any) -> None:
    text = client.get(f"/history/{STUDY}").text
    set_off = re.findall(r'<tbody class="set-off">(.*?)</tbody>', text, re.DOTALL)
    assert len(set_off) == 1
    said = " ".join(re.sub(r"<[^>]*>", " ", set_off[0]).split())
    assert said.startswith("Changed after the start (2029-03)")
    for name in ("Enrolment", "Primary outcomes"):
        assert f'<th scope="row">{name}' in set_off[0]
        assert text.count(f'<th scope="row">{name}') == set_off[0].count(f'<th scope="row">{name}')
    assert "Description" not in set_off[0]
    assert "The earliest version that is held." in text
    assert f'href="/study/{STUDY}?as_of=2030-02-01">The study on that day' in text


def test_history_is_linked_where_there_is_one(client: Any, workspace: Any) -> None:
    assert f'href="/history/{STUDY}"' in client.get(f"/study/{STUDY}").text
    assert f'href="/history/ctgov:{STUDY}"' in client.get(f"/record/ctgov:{STUDY}").text
    assert "/history/" not in client.get(f"/record/{RECORD}").text
    text = client.get(f"/history/{RECORD}").text
    assert "One version of each record is held" in text
    assert "<table" not in text


@pytest.mark.parametrize(
    ("old", "new", "shared"),
    [
        ("500", "1000", ("", "")),
        ("a b c", "a x c", ("a ", " c")),
        ("a b", "a b c", ("a b", "")),
        ("b c", "a b c", ("", "b c")),
        ("same", "same", ("same", "")),
        ("2017-12", "2018-12", ("", "")),
        ("", "new", ("", "")),
        ("a a a", "a a", ("a a", "")),
    ],
)
def test_where_two_texts_differ_is_told_in_whole_words(
    old: str, new: str, shared: tuple[str, str]
) -> None:
    from trialweave.faces.web_history import _apart

    start, end = _apart(old, new)
    for text in (old, new):
        assert (text[:start], text[len(text) - end :]) == shared


@pytest.mark.parametrize(
    "path",
    [
        *(f"/study/{STUDY}", "/search?q=cells", f"/record/{RECORD}", "/"),
        *("/conflicts", "/decisions"),
    ],
)
def test_hostile_text_is_shown_and_never_obeyed(client: Any, path: str) -> None:
    text = client.get(path).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{7*7}}" in text
    assert "49" not in re.sub(r"[0-9a-f]{64}", "", text)  # no template ran on it
    assert "⟨U+001B⟩" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "&amp;amp;" in text or path == "/"


def test_what_was_asked_comes_back_escaped(client: Any) -> None:
    asked = '"><script>alert(1)</script>{{7*7}}\u202e\x1b'
    text = client.get("/search", params={"q": asked}).text
    assert "<script>" not in text
    assert "&#34;&gt;&lt;script&gt;" in text
    text = client.get("/study/" + "<script>alert(1)</script>").text
    assert "<script>" not in text
    text = client.get("/synthesis", params={"outcome": asked}).text
    assert "<script>" not in text


def test_each_value_of_a_study_leads_to_where_it_stands(client: Any) -> None:
    page = Strict(client.get(f"/study/{STUDY}").text)
    values = [a["href"] for a in page.all("a") if "value" in a.get("class", "").split()]
    asked = {urlsplit(href).query for href in values}
    for address in ("enrollment", "countries%5B0%5D", "arms%5B0%5D.label", "ethics_review"):
        assert f"address={address}" in asked
    assert all(href.startswith("/why/") for href in values)


def test_a_study_shows_agreement_missing_words_flags_and_suggestions(client: Any) -> None:
    text = client.get(f"/study/{STUDY}").text
    assert re.search(r'id="row-enrollment" class="conflict"', text)
    assert re.search(r'id="row-countries" class="agree"', text)
    assert re.search(r'class="value missing"[^>]*><bdi dir="auto">not applicable</bdi>', text)
    assert re.search(r"Summary <span[^>]*>ClinicalTrials.gov: not reported", text)
    assert "P &lt; 0.001 cannot be reproduced from 3 of 20 against 9 of 20." in text
    assert "2 calculations tried, none agreeing with what is stated" in text
    assert "size recovered: 3 is 15% of 20 only" in text
    assert "<ins>O2 ≤ 90</ins>" in text
    assert "probable 0.97" in text


def _words(markup: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", markup).split()))


def test_what_a_person_decided_has_no_probability(client: Any) -> None:
    kinds = re.findall(
        r'<span class="kind (\w+)">([^<]*)</span>', client.get(f"/study/{STUDY}").text
    )
    assert kinds == [("probable", "probable 0.97"), ("decided", "decided")]


def test_a_retraction_stands_above_all_with_what_it_concerns(client: Any) -> None:
    text = client.get(f"/study/{STUDY}").text
    block = re.search(r'<section class="flags notices".*?</section>', text, re.DOTALL)
    assert block is not None
    assert block.start() < text.index('id="flags"')
    retraction, correction = re.findall(r"<li>(.*?)</li>", block[0], re.DOTALL)
    assert _words(retraction).startswith("retraction Retracted: <script>")
    assert f'href="/record/ctgov:{STUDY}"' in retraction  # both records, said once
    assert f'href="/record/{RECORD}?start=32&amp;end=46#passage"' in retraction
    assert _words(correction).startswith("correction A figure was corrected. Concerns page:")
    (report,) = re.findall(r'<li><span class="kind">registration</span>(.*?)</li>', text)
    assert f'href="/record/{RECORD}"' in report
    assert report.count("kind notice") == 2
    badges = re.findall(r'"badge notice">([^<]*)', client.get("/search?q=cells").text)
    assert badges == ["retraction", "correction"]


def test_conflicts_stand_side_by_side_and_lead_to_where_they_stand(
    client: Any, workspace: Any
) -> None:
    text = client.get("/conflicts").text
    page = Strict(text)
    values = [a["href"] for a in page.all("a") if a.get("class") == "value"]
    assert values[:2] == [
        f"/why/{STUDY}?address=enrollment#ctgov%3A{STUDY}",
        f"/why/{STUDY}?address=enrollment#page%3Ainvented-hospital",
    ]
    assert f"/why/{STUDY}?address=arms%5B3%5D.label#page%3Ainvented-hospital" in values
    assert text.count(f'href="/study/{STUDY}"') == 1  # a study's conflicts stand together
    assert "2 further records" in text
    assert "article against register" in text
    assert "One is planned, another actual." in text
    assert "Preferred: registers before pages" in text
    assert 'rel="next" href="/conflicts?offset=50"' in text
    assert ("conflicts", ("", "", 50, 0)) in workspace.asked


def test_conflicts_are_narrowed_by_item_and_by_who_differs(client: Any, workspace: Any) -> None:
    text = client.get("/conflicts?field=arms&kind=paper+against+registry&limit=10&offset=20").text
    assert ("conflicts", ("arms", "paper against registry", 10, 20)) in workspace.asked
    assert '<option value="arms" selected>Arms (60)</option>' in text
    assert '<option value="paper against registry" selected>Article against register (60)' in text
    assert "60 conflicts about Arms, article against register" in _words(text)
    asked = "/conflicts?field=arms&amp;kind=paper+against+registry&amp;limit=10&amp;offset="
    assert f'rel="prev" href="{asked}10"' in text
    assert f'rel="next" href="{asked}30"' in text
    assert f'href="/api/v1{asked}20"' in text
    text = client.get("/conflicts?field=enrollment&kind=paper+against+paper").text
    assert "No records of one study differ so." in text
    assert '<option value="enrollment" selected>Enrolment (0)</option>' in text


def test_decisions_show_disputes_agreement_and_what_rests(client: Any) -> None:
    text = client.get("/decisions").text
    said = _words(text)
    assert "1 pair in dispute" in said
    assert "Ada : together (number 1)" in said
    assert "In one study by other evidence." in said
    assert "Apart: Ada : apart (number 3) . Against: Ada : together (number 1) ." in said
    assert "Ada and Bo 12 10 0.83 0.63 0.20 to 1.00" in said
    assert "Ada and Cy 3 3 1.00 not defined not defined all judged alike" in said
    assert "not yet applied: 1 decision, by number 4." in said
    rows = re.findall(r'<tr>\s*<td class="n">(\d)</td>(.*?)</tr>', text, re.DOTALL)
    assert [number for number, _ in rows] == ["4", "3", "2", "1"]
    told = dict(rows)
    assert f'href="/record/{RECORD}"' in told["1"]
    assert "/record/" not in told["3"]
    assert "rests: a record is not here" in told["3"]
    assert "/record/" not in told["4"]
    later = client.get("/decisions?offset=200").text
    assert 'rel="prev" href="/decisions?offset=100"' in later


def test_without_decisions_the_page_says_how_to_decide(workspace: Any, client_of: Any) -> None:
    none = DecisionsView((), (), (), (), (), (), (), "", 0)
    workspace.decisions = lambda: none
    text = client_of(workspace).get("/decisions").text
    assert "Nobody has decided anything here yet" in text
    assert "<table" not in text


def test_the_passage_is_marked_in_the_received_text(client: Any) -> None:
    text = client.get(f"/record/{RECORD}?start=32&end=46").text
    assert '<mark id="passage" tabindex="-1">Forty patients</mark> in Ruritania' in text
    assert 'id="passage"' not in client.get(f"/record/{RECORD}").text
    assert 'id="passage"' not in client.get(f"/record/{RECORD}?start=9&end=3").text


def test_why_leads_to_the_passage(client: Any) -> None:
    text = client.get(f"/why/{STUDY}?address=enrollment").text
    assert "<mark>Forty patients</mark>" in text
    assert f"/record/{RECORD}?version=1&amp;start=32&amp;end=46#passage" in text


def test_a_very_long_text_is_shown_about_its_passage(
    client: Any, workspace: Any, monkeypatch: Any
) -> None:
    from trialweave.faces import web

    monkeypatch.setattr(web, "WINDOW", 20)
    text = client.get(f"/record/{RECORD}?start=32&end=46").text
    shown = re.search(r'<pre class="document"[^>]*>(.*?)</pre>', text, re.DOTALL)
    assert shown is not None
    assert 30 < len(re.sub(r"<[^>]*>", "", shown[1])) <= 34
    assert "22 characters before this are left out here" in text


def test_facets_and_filters_are_links(client: Any, workspace: Any) -> None:
    text = client.get("/search?q=cells&filter=phase%3D1&limit=10").text
    assert 'href="/search?q=cells&amp;filter=phase%3D1&amp;filter=phase%3D2&amp;limit=10"' in text
    assert 'href="/search?q=cells&amp;limit=10"' in text  # the chip that takes the filter away
    assert (
        'rel="next" href="/search?q=cells&amp;filter=phase%3D1&amp;limit=10&amp;offset=10"' in text
    )
    assert ("search", ("cells", {"phase": ["1"]}, 10, 0)) in workspace.asked


def test_the_address_of_a_synthesis_is_the_analysis(client: Any) -> None:
    text = client.get("/synthesis?outcome=mortality&without=NCT08880001&designs=comparative").text
    assert 'name="without" value="NCT08880001" checked' in text
    assert 'name="without" value="NCT08880002">' in text
    assert '<option value="comparative" selected>' in text
    query = "outcome=mortality&amp;designs=comparative&amp;without=NCT08880001"
    assert f'src="/synthesis/forest.svg?{query}"' in text
    assert f'href="/api/v1/synthesis?{query}"' in text
    assert 'href="/synthesis?outcome=mortality&amp;designs=comparative">With all studies' in text
    assert "The same numbers follow as a table." in text


def test_an_empty_workspace_says_what_to_do(workspace: Any, client_of: Any) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        raise WorkspaceError("the workspace is empty.", next_step="Add records first.")

    workspace.status = lambda: StatusView("woven", 0, 0, 0, 0, 0, 0, 0, {})
    workspace.search = workspace.pool = nothing
    client = client_of(workspace)
    assert "Nothing has been read yet" in client.get("/").text
    for path in ("/search", "/synthesis"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "Add records first." in answer.text


TEXT_ON = [
    ("ink", "paper"), ("ink", "raised"), ("ink", "sunk"), ("quiet", "paper"), ("quiet", "raised"),
    ("quiet", "sunk"), ("quiet", "flag-soft"), ("ink", "flag-soft"), ("link", "paper"),
    ("link", "raised"), ("link", "sunk"), ("link", "flag-soft"), ("flag", "flag-soft"),
    ("flag", "raised"), ("note", "note-soft"), ("note", "raised"), ("ink", "note-soft"),
    ("quiet", "note-soft"), ("good", "raised"), ("good", "good-soft"), ("mark-ink", "mark"),
    ("bar-ink", "bar"), ("paper", "link"),
]  # fmt: skip


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(client: Any, scheme: str) -> None:
    sheet = client.get("/static/trialweave.css").text
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    )
    colours = light if scheme == "light" else dark
    for ink, ground in TEXT_ON:
        bright, dim = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)
