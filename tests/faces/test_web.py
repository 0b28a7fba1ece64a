"""The pages: every route, well-formed, escaped, without scripts, linked to where values stand."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from trialweave.errors import WorkspaceError
from trialweave.publish.views import StatusView

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
    f"/record/{RECORD}",
    f"/record/{RECORD}?start=32&end=46",
    f"/record/ctgov:{STUDY}?path=size",
    "/synthesis",
    f"/synthesis?outcome=mortality&measure=RD&without={STUDY}&without_flagged=true",
    "/about",
]
FAILING = {
    "/nope": 404,
    "/study/nope": 404,
    "/why/nope?address=phase": 404,
    f"/why/{STUDY}": 422,
    "/record/nope": 404,
    "/synthesis?outcome=hair": 422,
    "/synthesis?measure=HR": 400,
    "/search?limit=101": 422,
    "/search?filter=x": 400,
    "/static/nope.css": 404,
    "/static/%2e%2e/web.py": 404,
}
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
    answer = client.get(path)
    assert answer.status_code == FAILING.get(path, 200)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Strict(answer.text)
    assert page.problems == []
    assert not page.all("script")
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
        if tag in ("input", "select"):
            assert attributes.get("id") in labelled or attributes in page.inside_labels


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: Any, path: str) -> None:
    seen = set()
    for attributes in Strict(client.get(path).text).all("a"):
        address = urljoin(path, attributes["href"])
        without_fragment = address.partition("#")[0] or path
        if without_fragment in seen or "NCT0888" in without_fragment:
            continue
        seen.add(without_fragment)
        assert client.get(without_fragment).status_code == 200, address


@pytest.mark.parametrize("path", [f"/study/{STUDY}", "/search?q=cells", f"/record/{RECORD}", "/"])
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
