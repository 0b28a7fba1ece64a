"""Pages saved as HTML: what is text, where it stands, and the known kinds of page."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import WrongEncoding
from trialweave.model import Passage, Received, Trial, Value
from trialweave.records import admit
from trialweave.records.enrich import suggestions
from trialweave.sources import SOURCES, read_all
from trialweave.sources.pages import reading_of
from trialweave.sources.pages._marks import kind_of
from trialweave.sources.pages._reading import Reading

PAGES = Path(__file__).resolve().parents[1] / "fixtures" / "pages"
TEXTS = sorted(PAGES.glob("*.txt"))
HTML = sorted((PAGES / "html").glob("*.html"))
Assert = Callable[[str, Any], int]


def page(markup: str) -> Received:
    return Received("page.html", f"<!DOCTYPE html>{markup}".encode())


def read(markup: str) -> str:
    reading = reading_of(page(markup))
    assert reading is not None
    return reading.text


def load(name: str) -> Received:
    return Received(name, (PAGES / "html" / name).read_bytes())


def reading_at(received: Received) -> Reading:
    reading = reading_of(received)
    assert reading is not None
    return reading


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a <b>bold</b>  and\n<i>raised</i> word", "a bold and raised word"),
        ("one<br>two<br/><br>three", "one\ntwo\n\nthree"),
        ("<ul><li>one<li><p>two</ul>", "• one\n\n• two"),
        ("<table><tr><th>a<td>b<tr><td>c<td><td>d</table>", "a\tb\nc\t\td"),
        ("<pre>kept  as\nit is &amp;</pre>", "kept  as\nit is &"),
        ("&lt;p&gt; &amp;amp; &copy 5 &ge;&#8805;&#x2265; &notin; &nosuch; AT&T", None),
        ("p < 0.05 and a<b", "p < 0.05 and a"),
        ("<script>a</script >b<script>c</scripty></script>d", "bd"),
        ("<SCRIPT>x='</p>'</SCRIPT>y<style>z</style>", "y"),
        ("a<!-- b --><!--> c --!>d<!-- <!-- --> e<!x>f<?y?>g</>h", "a c --!>d efgh"),
        ("<!--[if IE]>old<![endif]-->new<![if !IE]>all<![endif]>", "newall"),
        ("<svg><title>s</title><text>t</text></svg><![CDATA[u]]>v", "v"),
        ("<nav>n<div>m</div></nav>a<div role=navigation>n</div>b", "a\nb"),
        ("<p hidden>a</p><p style='color:red;display : none'>b</p><p style='x'>c</p>", "c"),
        ("<div><span hidden>never closed</div>shown", "shown"),
        ("<template>a</template><noscript>b</noscript><select><option>c</select>d", "d"),
        ("10<sup>6</sup> m<sup>2</sup> CO<sub>2</sub> 5<sup> &minus;3</sup>", "10^6 m2 CO2 5^ −3"),
        ("<title>T &amp; t</title>body", "T & t\n\nbody"),
        ("<img src='data:text/html,<p>x</p>' alt='y'>z", "z"),
        ("a\x1b[31mb\x07c", "a [31mb c"),
        ("<a href=x?a=1>one</a><a title='>'>two</a><a title=\"never>three", "onetwothree"),
    ],
)
def test_what_is_shown(markup: str, shown: str | None) -> None:
    if shown is None:
        shown = "<p> &amp; © 5 ≥≥≥ ∉ &nosuch; AT&T"
    assert read(markup) == shown


def test_parts_of_a_page() -> None:
    received = page(
        "<title>T</title><h1>One<h3>Two &amp;</h3><dl><dt>a<dt>b<dd>c<dd>d</dl>"
        "<table><tr><td>x<td><table><tr><td>y</table></table><b>mark</b>"
        "<link rel='x canonical' href='https://a.example/?b=1&amp;c'>"
    )
    reading = reading_at(received)
    text = reading.text
    assert text[slice(*reading.title)] == "T"
    assert [(h.level, text[h.start : h.end].strip()) for h in reading.headings] == [
        (1, "One"),
        (3, "Two &"),
    ]
    rows = [[text[c.start : c.end].strip() for c in row] for row in reading.rows]
    assert rows == [["b", "c"], ["b", "d"], ["y"], ["x", "y"]]
    assert [row[-1].layout for row in reading.rows] == [False, False, False, True]
    assert [(e.name, text[e.start : e.end]) for e in reading.extras] == [
        ("canonical", "https://a.example/?b=1&c")
    ]
    assert "a.example" not in text[slice(*reading.body)]


MARKUP = st.lists(
    st.sampled_from(
        (
            *("word", " ", "\n  ", "é≤", "😀", "<", ">", "&", "&amp;", "&lt", "&#65;", "&#1;"),
            *("&notin;", "&fjlig;", "&bogus;", "<p>", "</p>", "<br>", "<b>", "</b>", "<sup>", "5"),
            *("</sup>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</td>", "</table>"),
            *("<h2>", "</h2>", "<dl>", "<dt>", "<dd>", "<pre>", "</pre>", "<!--", "-->", "<nav>"),
            *("</nav>", "<script>", "</script>", "<a b='", "'", '"', "=", "<svg>", "</svg>"),
            *(
                "<title>",
                "</title>",
                "<link rel=canonical href='https://a.example/&amp;'>",
                "\u2028",
            ),
            *('<script type="application/ld+json">{"a":["\\u00e9\\n\\"b", 1]}</script>', "\x0b"),
            *("<div hidden>", "</div>", "\u202e", "<![CDATA[", "]]>", "<?x", "</", "<p", "•"),
        )
    ),
    max_size=40,
).map("".join)


def decoded(source: str) -> str:
    """What a stretch of markup that writes one sign means."""
    if source.startswith("\\") and len(source) > 1:
        return str(msgspec.json.decode(f'"{source}"')) if source[1] != "n" else " "
    return html.unescape(source)


@settings(max_examples=400, deadline=None)
@given(markup=MARKUP)
def test_each_sign_is_written_where_it_says(markup: str) -> None:
    received = page(markup)
    reading = reading_at(received)
    for i, sign in enumerate(reading.text):
        if sign.isspace():
            continue
        start, end = reading.spans.outward(i, i + 1)
        assert 0 <= start < end <= len(received.text)
        source = received.text[start:end]
        if source.startswith("<"):
            assert sign in "•^_<"
            assert (sign == "<") == (source == "<")
        elif sign not in source:
            assert sign in decoded(source)
        if len(decoded(source)) == 1:
            place = reading.spans.inward(start, end)
            assert place is not None
            assert reading.text[slice(*place)].strip() == sign


@settings(max_examples=200, deadline=None)
@given(markup=MARKUP, data=st.data())
def test_passages_go_out_and_come_back(markup: str, data: st.DataObject) -> None:
    reading = reading_at(page(markup))
    words = [m.span() for m in re.finditer(r"[^\s•<>&^_ﬁfj]+", reading.text)]
    if not words:
        return
    first, last = sorted(data.draw(st.lists(st.sampled_from(words), min_size=2, max_size=2)))
    if last[0] >= reading.body[1] > first[0]:
        return  # from the page into what stands behind it
    passage = Passage(first[0], last[1])
    value = Value("x", passage=passage)
    out = reading.outward(value)
    assert out.passage is not None
    assert out.passage.start < out.passage.end
    assert reading.inward(out) == value


# --- the known kinds -----------------------------------------------------------------------------


def as_html(text: str) -> str:
    """A page that shows a text: a paragraph for lines that stand together, a list for bullets."""
    noise = ("<!-- <p>no</p> -->", "<script>'Status'</script>", "", "<svg><title>x</title></svg>")
    blocks = []
    for number, block in enumerate(re.split(r"\n\s*\n", text.strip())):
        lines = [html.escape(line.strip(), quote=False) for line in block.splitlines()]
        items = ["•" in line[:2] for line in lines]
        shown = "".join(
            f"<li>{line[1:].strip()}</li>" if item else f"<div><span>{line}</span></div>\n"
            for line, item in zip(lines, items, strict=True)
        )
        blocks.append(f"<section>{noise[number % len(noise)]}{shown}</section>")
    return f"<html><body>{''.join(blocks)}</body></html>"


def contents(item: Any) -> Any:
    """Contents and missingness alone."""
    if isinstance(item, Value):
        return (item.missingness, contents(item.content))
    if isinstance(item, tuple):
        return tuple(contents(part) for part in item)
    if isinstance(item, str):
        return re.sub(r"[•\s]+", " ", item).strip()
    if hasattr(item, "__struct_fields__") and not isinstance(item, Passage):
        return {name: contents(getattr(item, name)) for name in item.__struct_fields__}
    return item


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_page_says_the_same_as_text_and_as_html(path: Path, assert_spans: Assert) -> None:
    text = Received("page.txt", path.read_bytes())
    saved = page(as_html(text.text))
    assert kind_of(saved) == kind_of(text)
    before, after = read_all(text).drafts, read_all(saved).drafts
    assert [draft.identifier for draft in before] == [draft.identifier for draft in after]
    for one, other in zip(before, after, strict=True):
        assert contents(one.body) == contents(other.body)
        assert 0 <= other.start < other.end <= len(saved.data)
        reading = reading_at(saved)
        assert assert_spans(reading.text, reading.inward(other.body)) >= 10


def test_a_page_as_a_site_builds_it(assert_spans: Assert) -> None:
    received = load("veeva.html")
    (draft,) = read_all(received).drafts
    it = draft.body
    assert isinstance(it, Trial)
    assert (draft.source, draft.identifier) == ("ctv", "NCT99000011")
    assert it.public_title.content == "Inhaled Testamycin in Lake Fever (LAGOON)"
    assert it.primary_sponsor.content == "Northshore Biologics"
    assert it.phase.content == ("3",)
    assert it.brief_summary.content == "Testamycin < placebo? 5 x 10^6 CFU & more."
    passage = it.brief_summary.passage
    assert passage is not None
    assert received.text[passage.start : passage.end] == (
        "Testamycin &lt; placebo? 5 x 10<sup>6</sup> CFU &amp; more."
    )
    assert [v.content for v in it.inclusion_criteria.content or ()] == [
        "Lake fever proven by culture",
        "Weight of 4 kg or more",
    ]
    assert it.contacts.passage is not None
    assert "555" in received.text[it.contacts.passage.start : it.contacts.passage.end]
    reading = reading_at(received)
    assert assert_spans(reading.text, reading.inward(it)) > 30


def test_facts_in_the_text_of_a_page_stand_in_its_markup() -> None:
    text = (PAGES / "news_registered.txt").read_text("utf-8")
    received = page(as_html(text).replace("64 adults", "<b>64</b>&nbsp;adults"))
    (record,) = admit(read_all(received).drafts, {}, received, dt.datetime.now(dt.UTC))
    found = record.publication
    assert found is not None
    enrollment = found.trial.enrollment
    assert enrollment.content == 64
    assert enrollment.passage is not None
    assert received.text[enrollment.passage.start : enrollment.passage.end] == "64"
    assert found.trial.allocation.content == "randomised"


@pytest.mark.parametrize("path", HTML, ids=lambda path: path.name)
def test_no_page_is_of_two_sources(path: Path) -> None:
    received = Received("without a name", path.read_bytes())
    assert len([source.name for source in SOURCES if source.recognise(received)]) == 1


# --- encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("windows-1256", "تجربة سريرية"),
        ("iso-8859-1", "essai à l’étude".replace("’", "'")),
        ("iso-2022-jp", "臨床試験"),
    ],
)
def test_other_encodings_are_refused_by_name(encoding: str, words: str) -> None:
    markup = f"<!DOCTYPE html><meta charset={encoding}><h1>NCT99000011 {words}</h1>"
    with pytest.raises(WrongEncoding, match=f"written in {encoding}.*iconv -f {encoding}"):
        read_all(Received("old.html", markup.encode(encoding)))


def test_a_converted_page_keeps_its_old_declaration() -> None:
    markup = "<!DOCTYPE html><meta charset=windows-1256><h1>NCT99000011 کارآزمایی</h1>"
    (draft,) = read_all(Received("new.html", markup.encode())).drafts
    assert draft.identifier == "NCT99000011"


def test_repairs_of_a_page_stand_in_its_markup() -> None:
    markup = (
        "<!DOCTYPE html><h1>NCT99000011</h1><h2>Inclusion criteria</h2>"
        "<ul><li>Cough &amp; <b>SpO2</b> = 93%</li></ul>"
    )
    received = Received("page.html", markup.encode())
    (record,) = admit(read_all(received).drafts, {}, received, dt.datetime.now(dt.UTC))
    (found,) = suggestions(record, received)
    assert found.received == "SpO2 = 93%"
    assert found.passage is not None
    assert received.text[found.passage.start : found.passage.end] == "SpO2</b> = 93%"
