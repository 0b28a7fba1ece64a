"""Figures beside the forest plot: what they show is what was computed, in picture, table, words."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from trialweave.publish.figures.axis import axis_for
from trialweave.publish.figures.drawing import FORMS, Drawing
from trialweave.publish.figures.flow import Flow, flow_diagram
from trialweave.publish.figures.forest import COLUMNS, drawing
from trialweave.publish.figures.network import network_plot
from trialweave.publish.figures.one_by_one import cumulative_plot, leave_one_out_plot
from trialweave.publish.figures.scattered import baujat_plot, funnel_plot, gosh_plot, points_of
from trialweave.stats.effects import effect
from trialweave.stats.network import geometry, pair_contrasts
from trialweave.stats.pooling import pool as pool_effects
from trialweave.synthesis import (
    Chosen,
    Group,
    Question,
    Selection,
    Subgroup,
    Subgroups,
    Synthesis,
    pool,
)
from trialweave.synthesis.answer import Light

TABLES = [(4, 40, 9, 41), (12, 100, 30, 98), (1, 25, 6, 24), (30, 210, 29, 190), (0, 20, 0, 22)]


def answer(measure: str = "RR", label: str = "Study") -> Synthesis:
    some = tuple(
        Chosen(
            f"id-{i}", f"{label} {i}", 2030, "f", ("f",), "o", "", None, Group("t", n1, a),
            Group("c", n2, c), "randomised", "", False, (), (), (), "",
        )
        for i, (a, n1, c, n2) in enumerate(TABLES)
    )  # fmt: skip
    return pool(Question("mortality", measure=measure), Selection(some, ()))  # type: ignore[arg-type]


def every(view: Synthesis) -> Iterator[Drawing]:
    yield drawing(view)
    yield funnel_plot(view)
    yield baujat_plot(view)
    yield gosh_plot(view)
    yield cumulative_plot(view, {"Study 3": 2001})
    yield leave_one_out_plot(view)


def table(figure: Drawing) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(figure.csv())))


def texts(spec: dict[str, Any]) -> list[str]:
    layers = [inner for layer in spec["layer"] for inner in layer.get("layer", [layer])]
    return [
        value["text"]
        for layer in layers
        if layer["mark"]["type"] == "text"
        for value in layer["data"]["values"]
    ]


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_points_are_the_studies_on_the_scale_of_the_model(measure: str) -> None:
    found = points_of(answer(measure))
    rows = TABLES if measure == "RD" else TABLES[:4]
    yi, vi = effect(measure, *zip(*rows, strict=True))  # type: ignore[arg-type]
    assert found.yi == pytest.approx(yi)
    assert found.se == pytest.approx(np.sqrt(vi))
    assert found.labels == tuple(f"Study {i}" for i in range(len(rows)))


def test_every_figure_has_a_table_words_and_a_specification_that_json_holds() -> None:
    hostile = '</script><script>alert("x")</script>\x1b[31m=1+1'
    for figure in every(answer(label=hostile)):
        json.dumps(figure.spec, allow_nan=False)
        assert figure.rows
        assert all(len(row) == len(figure.head) for row in figure.rows)
        assert figure.words.endswith(".")
        assert not any(cell[:1] in "=+@" for row in csv.reader(io.StringIO(figure.csv()))
                       for cell in row if cell)  # fmt: skip


def test_forms_of_one_figure() -> None:
    figure = leave_one_out_plot(answer(label='</script><b>"'))
    made = {form: figure.as_form(form) for form in FORMS}
    assert made["svg"].startswith(b"<svg")
    assert made["png"].startswith(b"\x89PNG")
    assert made["pdf"].startswith(b"%PDF")
    assert json.loads(made["json"]) == figure.spec
    assert made["csv"].decode() == figure.csv()
    page = made["html"].decode()
    assert page.count("</script>") == 2  # of the page itself; a label cannot end a script
    assert "\\u003c/script>" in page
    assert "http-equiv" not in page


def test_leaving_one_out_and_adding_up() -> None:
    view = answer()
    yi, vi = effect("RR", *zip(*TABLES[:4], strict=True))
    less = table(leave_one_out_plot(view))
    assert [row["study"] for row in less] == [f"without Study {i}" for i in range(4)]
    without = pool_effects(np.delete(yi, 2), np.delete(vi, 2))
    assert float(less[2]["RR"]) == pytest.approx(math.exp(without.estimate))
    assert float(less[2]["low"]) == pytest.approx(math.exp(without.low))
    added = table(cumulative_plot(view, {"Study 3": 2001, "Study 1": 1999}))
    assert [row["study"] for row in added] == [
        "Study 1 (1999)", "and Study 3 (2001)", "and Study 0", "and Study 2",
    ]  # fmt: skip
    assert view.pooled is not None
    assert float(added[-1]["RR"]) == pytest.approx(view.pooled.estimate)
    assert [row["studies"] for row in added] == ["1", "2", "3", "4"]


def test_a_figure_says_where_its_model_is_not_the_answers() -> None:
    view = answer()
    said = "Pooled here by inverse variance, a common effect, unlike the answer"
    assert said not in texts(leave_one_out_plot(view).spec)
    other = msgspec.structs.replace(
        view, question=msgspec.structs.replace(view.question, model="MH")
    )
    for figure in (leave_one_out_plot(other), cumulative_plot(other, {})):
        assert said in texts(figure.spec)
        assert said in figure.words


def test_the_funnel_narrows_about_the_pooled_effect() -> None:
    view = answer()
    figure = funnel_plot(view)
    lines = [layer for layer in figure.spec["layer"] if layer["mark"]["type"] == "line"]
    assert len(lines) == 3
    assert view.pooled is not None
    middle = lines[1]["data"]["values"]
    assert {round(point["x"], 9) for point in middle} == {round(view.pooled.estimate, 9)}
    first, last = lines[0]["data"]["values"][0], lines[0]["data"]["values"][-1]
    ratio = math.log(last["x"] / first["x"]) / (last["y"] - first["y"])
    assert ratio == pytest.approx(-1.959964)
    areas = [layer for layer in figure.spec["layer"] if layer["mark"]["type"] == "area"]
    assert [area["mark"]["fill"] for area in areas] == ["#d9d9d9", "#ebebeb", "#ffffff"]


def test_every_subset_is_drawn_once() -> None:
    figure = gosh_plot(answer())
    assert len(figure.rows) == 2**4 - 1 - 4
    assert "11 subsets of 4 studies, pooled effects" in figure.words


def test_subgroups_and_lights_stand_in_the_forest_plot() -> None:
    view = answer()
    lights = (Light("randomisation", "low"), Light("measurement", "high"), Light("x", ""))
    rows = tuple(
        msgspec.structs.replace(row, group="a" if i < 2 else "b", lights=lights if i else ())
        for i, row in enumerate(view.rows)
    )
    groups = (Subgroup("a", 2, view.pooled), Subgroup("b", 2, None))
    view = msgspec.structs.replace(
        view, rows=rows, subgroups=Subgroups("cell source", groups, 1.5, 1, 0.22)
    )
    figure = drawing(view)
    written = texts(figure.spec)
    assert "cell source: a" in written
    assert "Subgroup (2)" in written
    assert written.count("×") == 4
    assert written.count("?") == 4
    assert "Test for subgroup differences: Q = 1.50, df = 1, P = 0.22" in written
    assert any("in the order randomisation, measurement, x" in text for text in written)
    assert "b, 2 studies: not pooled" in figure.words
    assert table(figure)[1]["risk_of_bias"] == "randomisation: low; measurement: high; x: "
    areas = [layer for layer in figure.spec["layer"] if layer["mark"]["type"] == "area"]
    assert len(areas) == 2  # of subgroup a, and of all
    plain = drawing(view, columns=("effect",))
    assert "Weight" not in texts(plain.spec)
    assert "Treatment" not in texts(plain.spec)
    assert "×" not in texts(plain.spec)
    assert len(table(plain)) == len(table(figure))
    with pytest.raises(ValueError, match=f"there are {', '.join(COLUMNS)}"):
        drawing(view, columns=("colour",))


def test_axes_of_differences_hold_every_estimate() -> None:
    axis = axis_for("MD", [(-120.0, -180.0, -60.0), (15.0, -5000.0, 5000.0)])
    assert axis.low <= -180.0
    assert axis.high >= 15.0
    assert axis.beyond(5000.0)
    assert len(axis.ticks) <= 10
    assert 0.0 in axis.ticks
    assert axis_for("SMD", []).low < 0 < axis_for("SMD", []).high
    assert axis_for("HR", [(0.5, 0.2, 1.1)]).log


def test_the_flow_adds_up() -> None:
    flow = Flow({"A": 300, "B": 140}, 88, 352, {"no result": 300, "design": 32}, 20, 41, 3)
    boxes = {row[1]: row[2] for row in flow_diagram(flow).rows}
    assert boxes["Records gathered (n = 440)"] == "kept"
    assert boxes["Studies with a result for the outcome (n = 52)"] == "kept"
    assert boxes["Studies left out (n = 32)"] == "set aside"
    assert boxes["by decisions of people: 3"] == "set aside"
    assert boxes["Studies pooled (n = 20)"] == "kept"
    assert "Set aside: Studies without one (n = 300)" in flow_diagram(flow).words


def test_a_network_is_drawn_with_its_counts() -> None:
    pairs = [("s1", "a", "b", 0.1, 0.2), ("s2", "a", "b", 0.2, 0.2), ("s3", "b", "c", 0.3, 0.1)]
    study, first, second, te, se = zip(*pairs, strict=True)
    figure = network_plot(geometry(pair_contrasts(study, first, second, te, se)))
    assert [row[:3] for row in figure.rows] == [("a", "b", 2), ("b", "c", 1)]
    rules = [layer for layer in figure.spec["layer"] if layer["mark"]["type"] == "rule"]
    widths = [layer["mark"]["strokeWidth"] for layer in rules]
    assert widths[0] == 2 * widths[1]
    assert "a against b: 2 studies." in figure.words
    assert figure.svg().startswith("<svg")
