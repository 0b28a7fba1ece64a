"""The forest plot: what is drawn where, nothing obeyed that a record says, and words beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from trialweave.publish.figures.axis import axis_for
from trialweave.publish.figures.forest import alternative, forest, forest_spec
from trialweave.publish.numbers import number_text, p_text, rounded
from trialweave.synthesis import Chosen, Group, Question, Selection, Synthesis, pool

SVG = "{http://www.w3.org/2000/svg}"
TABLES = [(4, 40, 9, 41), (12, 100, 30, 98), (1, 25, 6, 24), (30, 210, 29, 190)]


def chosen(label: str, a: int, n1: int, c: int, n2: int, flags: tuple[str, ...] = ()) -> Chosen:
    return Chosen(
        f"id-{label}", label, 2030, "f", ("f",), "o", "", None, Group("t", n1, a),
        Group("c", n2, c),
        "randomised", "", False, (), flags, (), "",
    )  # fmt: skip


def answer(
    *tables: tuple[int, int, int, int], labels: list[str] | None = None, **question: Any
) -> Synthesis:
    names = labels or [f"Study {i}" for i in range(len(tables))]
    some = tuple(chosen(name, *table) for name, table in zip(names, tables, strict=True))
    asked = Question(**{"outcome": "mortality", **question})
    return pool(asked, Selection(some, ()))


def layers(spec: dict[str, Any], kind: str, **fields: Any) -> Iterator[dict[str, Any]]:
    for layer in spec["layer"]:
        mark = layer["mark"]
        if mark["type"] == kind and all(mark.get(name) == value for name, value in fields.items()):
            yield layer


def texts(spec: dict[str, Any]) -> list[str]:
    return [value["text"] for layer in layers(spec, "text") for value in layer["data"]["values"]]


def test_squares_have_areas_in_proportion_to_weights() -> None:
    view = answer(*TABLES)
    (squares,) = layers(forest_spec(view), "point", shape="square")
    drawn = squares["data"]["values"]
    assert [value["x"] for value in drawn] == [row.estimate for row in view.rows]
    shares = [value["area"] / drawn[0]["area"] for value in drawn]
    weights = [row.weight or 0 for row in view.rows]
    assert shares == pytest.approx([weight / weights[0] for weight in weights])


def test_the_diamond_spans_the_pooled_interval() -> None:
    view = answer(*TABLES)
    (diamond,) = layers(forest_spec(view), "area")
    left, middle, right = diamond["data"]["values"]
    found = view.pooled
    assert found is not None
    assert (left["x"], middle["x"], right["x"]) == (found.low, found.estimate, found.high)
    assert left["y"] == pytest.approx(left["y2"])
    assert right["y"] == pytest.approx(right["y2"])
    assert middle["y"] < middle["y2"]


def test_every_number_stands_in_the_columns() -> None:
    view = answer(*TABLES)
    written = texts(forest_spec(view))
    for expected in ("4/40", "9/41", "47/375", "74/353", "Study 2", "Prediction interval", "100%"):
        assert expected in written
    assert any(text.startswith("Heterogeneity: τ² = ") and "I² = " in text for text in written)
    row = view.rows[0]
    effect = f"{number_text(row.estimate)} [{number_text(row.low)}, {number_text(row.high)}]"
    assert effect in written


def test_cut_intervals_get_arrows() -> None:
    view = answer((1, 500, 90, 500), (30, 210, 29, 190), (3, 8, 0, 9))
    spec = forest_spec(view)
    axis = axis_for("RR", [(row.estimate, row.low, row.high) for row in view.rows])
    cut = sum(1 for row in view.rows if row.high is not None and row.high > axis.high)
    assert cut == 1
    assert len(list(layers(spec, "point", shape="triangle-right"))) >= cut
    assert not list(layers(forest_spec(answer(*TABLES)), "point", shape="triangle-left"))
    for layer in layers(spec, "rule"):
        for value in layer["data"]["values"]:
            assert all(axis.low <= value[x] <= axis.high for x in ("x", "x2") if x in value)


def test_one_study_has_no_diamond_and_no_weight() -> None:
    spec = forest_spec(answer(TABLES[0]))
    assert not list(layers(spec, "area"))
    written = texts(spec)
    assert "–" in written
    assert not any(text.startswith(("Random effects", "Heterogeneity")) for text in written)


def test_studies_without_estimate_are_named_and_not_drawn() -> None:
    spec = forest_spec(answer(*TABLES[:2], (0, 20, 0, 20)))
    assert "not estimable" in texts(spec)
    assert "0/20" in texts(spec)
    (squares,) = layers(spec, "point", shape="square")
    assert len(squares["data"]["values"]) == 2
    assert "16/140" in texts(spec)  # the total is of the studies that are pooled


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        ("mortality", "← Favours treatment"),
        ("survival", "← Favours control"),
        ("oxygenation", "← Less with treatment"),
    ],
)
def test_sides_are_named_only_where_it_is_known_which_is_better(outcome: str, left: str) -> None:
    assert left in texts(forest_spec(answer(*TABLES, outcome=outcome)))


def test_flags_are_marked() -> None:
    some = (chosen("A", *TABLES[0], ("c1",)), chosen("B", *TABLES[1]))
    written = texts(forest_spec(pool(Question("mortality"), Selection(some, ()))))
    assert "A †" in written
    assert "B" in written
    assert any(text.startswith("† ") for text in written)


def test_risk_differences_have_a_linear_axis_around_none() -> None:
    spec = forest_spec(answer(*TABLES, measure="RD"))
    scales = [
        layer["encoding"]["x"]["scale"]
        for layer in spec["layer"]
        if "scale" in layer["encoding"].get("x", {})
    ]
    assert {scale["type"] for scale in scales} == {"linear"}
    low, high = scales[0]["domain"]
    assert low < 0 < high


def test_drawing(tmp_path: Any) -> None:
    """A well-formed picture with words for who does not see it, and nothing live in it."""
    hostile = '<script>alert("x")</script> & "quoted" \x1b[31m\x00 {{7*7}} \u202egpj.exe'
    labels = [hostile, "datum.x + 1", "Ünïcödé 2030", "سلام 2030"]
    view = answer(*TABLES, labels=labels, outcome="<b>death</b>")
    figure = forest(view)
    assert figure.png.startswith(b"\x89PNG\r\n\x1a\n")
    root = etree.fromstring(figure.svg.encode(), etree.XMLParser(resolve_entities=False))
    assert root.tag == f"{SVG}svg"
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    assert "Pooled over 4 studies" in (root[1].text or "")
    assert "<b>death</b>" in (root[0].text or "")
    tags = {element.tag for element in root.iter()}
    assert not tags & {f"{SVG}{name}" for name in ("script", "a", "image", "foreignObject")}
    assert not any(name.startswith("on") for e in root.iter() for name in e.attrib)
    drawn = "".join(root.itertext())
    assert '<script>alert("x")' in drawn
    assert "datum.x + 1" in drawn
    assert not any(ord(char) < 32 and char not in "\n" for char in drawn)
    assert "\u202e" not in drawn
    assert forest(view) == figure


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["RR", "OR", "RD"]),
    st.text(max_size=80),
)
def test_any_tables_give_a_specification_that_json_can_hold(
    tables: list[tuple[int, int, int, int]], measure: str, label: str
) -> None:
    made = [(a, a + b + 1, c, c + d + 1) for a, b, c, d in tables]
    made[0] = (3, 10, 4, 11)  # so that there is something to pool
    view = answer(*made, labels=[label] * len(made), measure=measure)
    spec = forest_spec(view)
    json.dumps(spec, allow_nan=False)
    for layer in spec["layer"]:
        for channel, low_high in (("x", True), ("y", False)):
            scale = layer["encoding"].get(channel, {}).get("scale")
            if scale and low_high:
                low, high = scale["domain"]
                assert low < high
                assert all(math.isfinite(x) for x in (low, high))
    title, words = alternative(view)
    assert title
    assert words


@pytest.mark.parametrize(
    ("measure", "spans"),
    [
        ("RR", [(1.0, 0.9, 1.1)]),
        ("OR", [(1e-7, 1e-12, 1e-2), (1e6, 2.0, 1e12)]),
        ("RR", [(None, None, None)]),
        ("RD", [(0.0, 0.0, 0.0)]),
        ("RD", [(-0.0001, -0.0002, 0.0001)]),
        ("RD", [(-1.0, -1.2, 0.5)]),
    ],
)
def test_axes(measure: str, spans: list[Any]) -> None:
    axis = axis_for(measure, spans)
    assert axis.low < axis.null < axis.high
    assert 2 <= len(axis.ticks) <= 12
    assert axis.null in axis.ticks
    for estimate, low, high in spans:
        if estimate is not None:
            assert not axis.beyond(estimate)
        for limit in (low, high):
            if limit is not None:
                assert not axis.beyond(axis.clip(limit))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0.00"),
        (0.625, "0.63"),
        (0.6249999999999999, "0.63"),
        (-0.155, "−0.16"),
        (0.004, "0.004"),
        (0.00001, "<0.0001"),
        (12.345, "12.35"),
        (99.96, "100"),
        (242.4, "242"),
        (41591.0, "41591"),
        (8e11, "8e11"),
        (-1e-9, ">−0.0001"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_p_values() -> None:
    assert [p_text(p) for p in (None, 0.00001, 0.0049, 0.026, 0.995, 1.0)] == [
        "P undefined",
        "P < 0.0001",
        "P = 0.0049",
        "P = 0.03",
        "P = 1.00",
        "P = 1.00",
    ]
    assert rounded(-0.001, 2) == "0.00"
