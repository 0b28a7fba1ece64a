"""Tables of a full text, laid out: spans, both table models, notes, and hostile markup."""

from __future__ import annotations

import time

import pytest

from trialweave.model import ArticleTable, Draft, Publication, Received
from trialweave.sources.literature import _jats_tables, jats

HEAD = (
    '<article article-type="research-article"><front><article-meta>'
    '<article-id pub-id-type="pmid">90000099</article-id></article-meta></front><body>'
    "<sec><title>Results</title><table-wrap><label>Table 1.</label><caption><p>Outcomes</p>"
    "</caption>"
)
TAIL = "</table-wrap></sec></body></article>"


def read(markup: str, foot: str = "") -> tuple[str, Publication]:
    received = Received("invented.xml", (HEAD + markup + foot + TAIL).encode())
    (draft,) = jats.read_each(received)
    assert isinstance(draft, Draft)
    assert isinstance(draft.body, Publication)
    return received.text, draft.body


def tables(markup: str, foot: str = "") -> tuple[ArticleTable, ...]:
    return read(markup, foot)[1].tables.content or ()


def grid(markup: str) -> list[tuple[int, int, int, int, str]]:
    (table,) = tables(markup)
    return [(c.row, c.column, c.rows, c.columns, c.text) for c in table.cells]


def test_spans_move_what_stands_behind_and_below() -> None:
    markup = (
        '<table><thead><tr><th rowspan="2">Item</th><th colspan="2">Vapour</th><th>P</th></tr>'
        "<tr><th>n</th><th>%</th></tr></thead>"
        '<tbody><tr><td rowspan="2">Fits</td><td>3</td><td>15</td><td/></tr>'
        "<tr><td>4</td><td>20</td><td>0.5</td></tr></tbody></table>"
    )
    (table,) = tables(markup)
    assert (table.head, table.rows, table.columns) == (2, 4, 4)
    assert grid(markup) == [
        (0, 0, 2, 1, "Item"), (0, 1, 1, 2, "Vapour"), (0, 3, 1, 1, "P"),
        (1, 1, 1, 1, "n"), (1, 2, 1, 1, "%"),
        (2, 0, 2, 1, "Fits"), (2, 1, 1, 1, "3"), (2, 2, 1, 1, "15"),
        (3, 1, 1, 1, "4"), (3, 2, 1, 1, "20"), (3, 3, 1, 1, "0.5"),
    ]  # fmt: skip


def test_named_columns_of_the_other_table_model() -> None:
    markup = (
        '<oasis:table xmlns:oasis="urn:x"><oasis:tgroup cols="3">'
        '<oasis:colspec colname="c1"/><oasis:colspec colname="c2"/><oasis:colspec colname="c3"/>'
        '<oasis:thead><oasis:row><oasis:entry colname="c1" morerows="1">Item</oasis:entry>'
        '<oasis:entry namest="c2" nameend="c3">Groups</oasis:entry></oasis:row>'
        '<oasis:row><oasis:entry colname="c2">A</oasis:entry><oasis:entry>B</oasis:entry>'
        "</oasis:row></oasis:thead><oasis:tbody><oasis:row><oasis:entry>Fits</oasis:entry>"
        "<oasis:entry>1</oasis:entry><oasis:entry>2</oasis:entry></oasis:row></oasis:tbody>"
        "</oasis:tgroup></oasis:table>"
    )
    assert grid(markup) == [
        (0, 0, 2, 1, "Item"), (0, 1, 1, 2, "Groups"), (1, 1, 1, 1, "A"), (1, 2, 1, 1, "B"),
        (2, 0, 1, 1, "Fits"), (2, 1, 1, 1, "1"), (2, 2, 1, 1, "2"),
    ]  # fmt: skip
    _, body = read(markup)
    assert [each.label for each in body.other if "Table" in each.label] == ["Table 1"]


def test_each_cell_tells_its_characters_and_how_far_it_is_set_in() -> None:
    text, body = read(
        "<table><tr><td>&#x2003;Fits</td><td> 3&#160;(15) </td></tr></table>",
        "<table-wrap-foot><fn><p>Values are n (%).</p></fn></table-wrap-foot>",
    )
    (table,) = body.tables.content or ()
    first, second = table.cells
    assert (first.text, first.indent, second.indent) == ("Fits", 2, 0)
    assert text[second.passage.start : second.passage.end] == "3&#160;(15)"
    assert [note.content for note in table.notes] == ["Values are n (%)."]
    assert table.caption.content == "Outcomes"


def test_signs_of_notes_are_no_digits() -> None:
    markup = (
        '<table><tr><td>0.001<xref ref-type="table-fn">2</xref></td><td>2.7<sup>b</sup></td>'
        "<td>10<sup>6</sup></td><td><sup>a</sup> men</td></tr></table>"
    )
    assert [cell[4] for cell in grid(markup)] == ["0.001^2", "2.7^b", "10^6", "a men"]


def test_a_table_in_a_cell_is_not_the_table() -> None:
    inner = "<table><tr><td>inner</td></tr></table>"
    assert [c[4] for c in grid(f"<table><tr><td>outer{inner}</td></tr></table>")] == ["outer"]


def test_a_picture_is_no_table() -> None:
    _, body = read('<graphic href="t.jpg"/>')
    assert not body.tables
    assert "picture" in body.other[-1].label


@pytest.mark.parametrize(
    "markup",
    [
        "<table/>",
        "<table><thead/><tbody><tr/><tr/></tbody></table>",
        "<table><tr><td/><td> </td></tr></table>",
    ],
)
def test_no_words_no_table(markup: str) -> None:
    assert tables(markup) == ()


def test_spans_reach_no_further_than_the_table() -> None:
    huge = '<td colspan="1000000000" rowspan="1">x</td>'
    assert grid(f"<table><tr>{huge}</tr><tr><td>a</td><td>b</td></tr></table>") == [
        (0, 0, 1, 2, "x"), (1, 0, 1, 1, "a"), (1, 1, 1, 1, "b"),
    ]  # fmt: skip
    tall = '<td rowspan="99999999999999999999">x</td>'
    assert grid(f"<table><tr>{tall}<td>a</td></tr><tr><td>b</td></tr></table>") == [
        (0, 0, 2, 1, "x"), (0, 1, 1, 1, "a"), (1, 1, 1, 1, "b"),
    ]  # fmt: skip
    assert grid('<table><tr><td colspan="-3" rowspan="zero">x</td></tr></table>') == [
        (0, 0, 1, 1, "x")
    ]
    (reaching,) = tables('<table><tr><td rowspan="0">x</td></tr><tr><td>y</td></tr></table>')
    assert [(c.row, c.column, c.rows) for c in reaching.cells] == [(0, 0, 2), (1, 1, 1)]


def test_what_is_too_large_is_kept_as_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jats_tables, "MOST_CELLS", 1_000)
    monkeypatch.setattr(_jats_tables, "MOST_TABLES", 5)
    wide = "<table><tr>" + "<td>1</td>" * 2_000 + "</tr></table>"
    long = "<table>" + "<tr><td>1</td><td>1</td></tr>" * 1_000 + "</table>"
    for markup in (wide, long):
        _, body = read(markup)
        (table,) = body.tables.content or ()
        assert table.cells == ()
        assert (body.other[-1].value.content or "").count("1") > 1_999
    assert len(tables("<table><tr><td>1</td></tr></table>" * 20)) == 5


@pytest.mark.parametrize(
    "markup",
    [
        "<table><tr>" + '<td colspan="1000000000" rowspan="1000000000">1</td>' * 2_000 + "</tr>"
        + "<tr><td>1</td></tr>" * 2_000 + "</table>",
        "<table><tr><td>" + "12 (3) " * 100_000 + "</td></tr></table>",
        "<table><tr><td>x</td></tr></table>" * 3_000,
        "<table><tr><td>" * 60 + "x" + "</td></tr></table>" * 60,
    ],
)  # fmt: skip
def test_hostile_tables_take_linear_time(markup: str) -> None:
    start = time.process_time()
    read(markup)
    assert time.process_time() - start < 2 + 2 * len(markup) / 1e6
