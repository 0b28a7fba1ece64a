"""The way back from a value to the received text, whatever the text looks like."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import NotFound, WrongEncoding
from trialweave.model import Passage, Received, Record
from trialweave.records.passages import Located, excerpt, locate, visible

AT = dt.datetime(2021, 3, 4, tzinfo=dt.UTC)


def record_of(received: Received, start: int = 0, end: int | None = None) -> Record:
    end = len(received.data) if end is None else end
    return Record("s:1", 1, "s", "1", "trial", "", received.sha256, start, end, "f", AT)


def at(text: str | bytes, path: str, start: int = -1, end: int = -1) -> Located:
    data = text if isinstance(text, bytes) else text.encode()
    received = Received("record.json", data)
    return locate(received, record_of(received), Passage(start, end, path))


RECORD = """{ "id" : "X1", "n":12,
  "design": {"phases": ["PHASE1", "PHASE2"], "open": true, "none": null},
  "text": "line\\none \\u2265 5 \\ud83d\\ude00 \\"q\\" \\\\ end", "list": [[1, 2], {"a": [-1.5e3]}],
  "id2": "}{][", "phases": "decoy", "sch\\u006fn": "ja" }"""


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("id", "X1"),
        ("n", "12"),
        ("design", '{"phases": ["PHASE1", "PHASE2"], "open": true, "none": null}'),
        ("design.phases", '["PHASE1", "PHASE2"]'),
        ("design.phases[0]", "PHASE1"),
        ("design.phases[1]", "PHASE2"),
        ("design.open", "true"),
        ("design.none", "null"),
        ("list[0][1]", "2"),
        ("list[1].a[0]", "-1.5e3"),
        ("id2", "}{]["),
        ("id2[0]", "}{]["),
        ("phases", "decoy"),
        ("schon", "ja"),
        ("text", 'line\\none \\u2265 5 \\ud83d\\ude00 \\"q\\" \\\\ end'),
    ],
)
def test_a_path_gives_the_raw_text_of_the_value(path: str, match: str) -> None:
    assert at(RECORD, path).match == match


@pytest.mark.parametrize(
    ("span", "match"),
    [
        ((0, 4), "line"),
        ((4, 5), "\\n"),
        ((0, 8), "line\\none"),
        ((9, 12), "\\u2265 5"),
        ((13, 14), "\\ud83d\\ude00"),
        ((15, 18), '\\"q\\"'),
        ((19, 20), "\\\\"),
        ((21, 24), "end"),
        ((24, 24), ""),
        ((4, 4), ""),
    ],
)
def test_a_span_inside_a_string_counts_escapes_as_one(span: tuple[int, int], match: str) -> None:
    assert at(RECORD, "text", *span).match == match
    assert json.loads(f'"{match}"') == json.loads(RECORD)["text"][slice(*span)]


@pytest.mark.parametrize(
    "path",
    [
        "absent",
        "design.absent",
        "design.phases[2]",
        "design[0].phases[9]",
        "id[1]",
        "id.x",
        "n.x",
        "[0].id.x",
        "",
        "a[",
        "[x]",
        "..",
        ".".join("a" * 100),
    ],
)
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    with pytest.raises(NotFound, match="s:1: there is nothing at"):
        at(RECORD, path)


@pytest.mark.parametrize("span", [(0, 25), (5, 4), (25, 26)])
def test_a_span_outside_its_string_is_told(span: tuple[int, int]) -> None:
    with pytest.raises(NotFound):
        at(RECORD, "text", *span)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a"', '{"a":', '{"a":"x', '{"a":["x"', "[", "nonsense", '{"b":[,],"a"', "]"]
)
def test_what_is_no_json_is_told(text: str) -> None:
    for path in ("a", "a[0]", "[1]"):
        with pytest.raises(NotFound):
            at(text, path)


def test_the_last_of_two_equal_keys_speaks_as_for_every_parser() -> None:
    text = '{"a": {"b": 1}, "a": {"b": 2}, "\\u0061": {"b": 3}}'
    assert at(text, "a.b").match == str(json.loads(text)["a"]["b"])


def test_a_record_is_looked_for_in_its_own_bytes() -> None:
    lines = ['{"t": "été"}', '{"t": "naïve ≥ 5"}', '{"t": "x"}']
    received = Received("records.jsonl", "\n".join(lines).encode())
    start = len(lines[0].encode()) + 1
    record = record_of(received, start, start + len(lines[1].encode()))
    located = locate(received, record, Passage(path="t", start=6, end=7))
    assert (located.text, located.match) == (lines[1], "≥")
    assert at(b"\xef\xbb\xbf" + b'{"t": "x"}', "t").match == "x"


def test_a_page_is_its_whole_text() -> None:
    received = Received("page.txt", "\ufeffبیمار: ۲۹ نفر\r\nEnrolled".encode())
    located = locate(received, record_of(received), Passage(7, 9))
    assert located.match == "۲۹"
    assert located.text == received.text
    for span in ((-1, -1), (0, 10**9), (9, 7), (-3, 2)):
        with pytest.raises(NotFound):
            locate(received, record_of(received), Passage(*span))


def test_only_the_document_itself_will_do() -> None:
    one, other = Received("a", b'{"a": 1}'), Received("a", b'{"a": 2}')
    with pytest.raises(ValueError, match="not read from this document"):
        locate(other, record_of(one), Passage(path="a"))
    with pytest.raises(WrongEncoding):
        at(b'{"a": "\xff"}', "a")


KEY_SIGNS = st.characters(exclude_characters=".[]", exclude_categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters=".[]", exclude_categories=["Cs"]), min_size=1),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def paths(value: Any, path: str = "") -> list[tuple[str, Any]]:
    found = [(path, value)] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, f"{path}[{index}]")
    return found


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]), st.data())
def test_every_path_of_any_json_is_found(
    value: Any, ascii_only: bool, indent: Any, data: st.DataObject
) -> None:
    document = {"root": value}
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    received = Received("r.json", text.encode("utf-8", "surrogatepass"))
    for path, inner in paths(document):
        located = locate(received, record_of(received), Passage(path=path))
        if isinstance(inner, str):
            assert json.loads(f'"{located.match}"', strict=False) == inner
            first = data.draw(st.integers(0, len(inner)))
            last = data.draw(st.integers(first, len(inner)))
            part = locate(received, record_of(received), Passage(first, last, path))
            assert json.loads(f'"{part.match}"', strict=False) == inner[first:last]
        else:
            assert json.loads(located.match) == inner


@pytest.mark.parametrize(
    "text",
    [
        '{"x": ' + "[" * 200_000 + "]" * 200_000 + ', "a": {"b": 1}}',
        '{"x": "' + '\\"' * 300_000 + '", "a": {"b": 1}}',
        '{"x": [' + '"\\\\",' * 200_000 + '1], "a": {"b": 1}}',
        "{" + '"k": {"b": 2},' * 60_000 + '"a": {"b": 1}}',
        "{" + '"\\u006b": "",' * 60_000 + '"a": {"b": 1}}',
    ],
)
def test_hostile_shapes_cost_no_more_than_their_length(text: str) -> None:
    started = time.process_time()
    assert at(text, "a.b").match == "1"
    assert time.process_time() - started < 5.0  # were it quadratic: minutes
    with pytest.raises(NotFound):
        at(text[:-20], "a.b")


def test_an_excerpt_is_cut_at_words_and_marked() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    start = text.index("six")
    cut = excerpt(Located(text, start, start + 3), around=12)
    assert (cut.before, cut.match, cut.after) == ("…four five ", "six", " seven…")
    whole = excerpt(Located(text, start, start + 3), around=1000)
    assert whole.before + whole.match + whole.after == text
    unbroken = excerpt(Located("x" * 100, 50, 51), around=10)
    assert (unbroken.before, unbroken.after) == ("…" + "x" * 10, "x" * 10 + "…")
    long = excerpt(Located("y" * 5000, 0, 5000), longest=50)
    assert len(long.match) == 50
    assert long.match.endswith("…")


def test_an_excerpt_shows_what_would_hide() -> None:
    text = "safe\x1b[2J\u202egnp.exe\u2066\x00\x9b \u200f\u200cOK\r\nnext\u2028line\ud800"
    shown = excerpt(Located(text, 0, len(text)))
    assert shown.match == (
        "safe\u241b[2J\ufffdgnp.exe\ufffd\u2400\ufffd \u200f\u200cOK\nnext\nline\ufffd"
    )


@given(st.text())
def test_making_visible_keeps_every_position(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert visible(shown) == shown
    shown.encode()
