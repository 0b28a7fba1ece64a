"""What changes the answer: which rows the table has, and that they are what they say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from trialweave.synthesis import Chosen, LeftOut, Light, Question, Selection, Synthesis, pool

Maker = Callable[..., Chosen]

TABLES = [(4, 40, 9, 41), (12, 100, 30, 98), (1, 25, 6, 24), (30, 210, 29, 190), (7, 33, 5, 35)]


def rows_of(found: Synthesis, group: str) -> dict[str, Any]:
    return {row.name: row for row in found.sensitivity if row.group == group}


def estimate(rows: tuple[Chosen, ...], **choices: Any) -> float:
    pooled = pool(Question("x", **choices), Selection(rows, ())).pooled
    assert pooled is not None
    return pooled.estimate


def test_one_part_at_a_time(chosen: Maker) -> None:
    products = ["cells", "cells", "secretome", "", "cells"]
    rows = tuple(
        chosen(f"S{i}", *table, product=product, dose="one dose")
        for i, (table, product) in enumerate(zip(TABLES, products, strict=True))
    )
    found = pool(Question("x"), Selection(rows, ()))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Synthesis) == found
    parts = rows_of(found, "product")
    assert [(name, row.k) for name, row in parts.items()] == [
        ("cells", 3), ("secretome", 1), ("not told", 1),
    ]  # fmt: skip
    cells = tuple(row for row in rows if row.product == "cells")
    assert parts["cells"].estimate == pytest.approx(estimate(cells), rel=1e-9)
    assert parts["secretome"].note == "one study: its own result"
    assert not any(row.as_asked for row in parts.values())
    assert rows_of(found, "dose") == rows_of(found, "cell source") == {}
    assert [row.group for row in found.sensitivity] == (
        ["studies"] * 6 + ["product"] * 3 + ["method"] * 6 + ["leave one out"] * 5
    )


def test_registered_before_enrolment(chosen: Maker) -> None:
    when = ["before enrolment", "before enrolment", "after enrolment began"]
    rows = tuple(
        chosen(f"S{i}", *table, registration=told)
        for i, (table, told) in enumerate(zip(TABLES, when, strict=False))
    )
    found = rows_of(pool(Question("x"), Selection(rows, ())), "studies")
    assert found["as asked, registered before enrolment"].k == 2
    assert "as asked, whenever registered" not in found
    late = LeftOut("S2", "S2", "registration", "", rows[2])
    asked = Selection(rows[:2], (late,))
    found = rows_of(pool(Question("x", registered="before enrolment"), asked), "studies")
    assert found["as asked, registered before enrolment"].as_asked
    assert found["as asked, whenever registered"].k == 3
    assert found["as asked, whenever registered"].estimate == pytest.approx(
        estimate(rows), rel=1e-9
    )
    assert found["all comparative designs"].k == found["randomised only"].k == 2


def test_high_risk_of_bias(chosen: Maker) -> None:
    rows = tuple(chosen(f"S{i}", *table) for i, table in enumerate(TABLES[:4]))
    lights = {
        "S0": (Light("D1", "high"), Light("overall", "high")),
        "S1": (Light("D1", "high"), Light("overall", "some concerns")),
        "S2": (Light("overall", "low"),),
    }
    question = Question("x", subgroup="risk of bias")
    found = pool(question, Selection(rows, ()), lights=lights)
    (row,) = [row for row in found.sensitivity if "risk of bias" in row.name]
    assert (row.name, row.k) == ("as asked, without high risk of bias", 3)
    assert row.estimate == pytest.approx(estimate(rows[1:]), rel=1e-9)
    assert [one.group for one in found.rows] == ["high", "some concerns", "low", "not judged"]
    assert found.rows[0].lights == lights["S0"]
    assert found.subgroups is not None
    assert [one.name for one in found.subgroups.groups] == [
        "high", "low", "not judged", "some concerns",
    ]  # fmt: skip


def test_methods_for_odds_ratios_with_a_zero_cell(chosen: Maker) -> None:
    tables = [*TABLES, (0, 30, 4, 31)]
    rows = tuple(chosen(f"S{i}", *table) for i, table in enumerate(tables))
    found = rows_of(pool(Question("x", measure="OR"), Selection(rows, ())), "method")
    assert list(found) == [
        "random effects (REML), Hartung-Knapp interval",
        "random effects (REML), Wald interval",
        "random effects (REML), Hartung-Knapp, never narrower by its factor (ad hoc) interval",
        "random effects (DL), Hartung-Knapp interval",
        "common effect, inverse variance",
        "common effect, Mantel-Haenszel, nothing added to zero cells",
        "common effect, Peto's one-step odds ratio",
        "beta-binomial model, nothing added to zero cells",
        "random effects (REML), 0.5 added in every study",
        "random effects (REML), added in proportion to the groups where a cell is zero",
        "random effects (REML), nothing added to zero cells",
    ]
    assert [name for name, row in found.items() if row.as_asked] == list(found)[:1]
    assert found["random effects (REML), nothing added to zero cells"].k == 5
    for name, choices in (
        ("random effects (REML), 0.5 added in every study", {"zero_cells": "all"}),
        ("common effect, inverse variance", {"model": "common"}),
        ("common effect, Peto's one-step odds ratio", {"model": "Peto"}),
        ("random effects (DL), Hartung-Knapp interval", {"tau2": "DL"}),
    ):
        expected = estimate(rows, measure="OR", **choices)
        assert found[name].estimate == pytest.approx(expected, rel=1e-9), name
    assert found["common effect, inverse variance"].tau2 is None
    by_dl = rows_of(pool(Question("x", tau2="DL"), Selection(rows, ())), "method")
    assert "random effects (REML), Hartung-Knapp interval" in by_dl
    full = rows_of(
        pool(Question("x", measure="OR"), Selection((*rows[:5], chosen("F", 9, 9, 5, 9)), ())),
        "method",
    )
    assert "beta-binomial model, nothing added to zero cells" not in full
    assert "random effects (REML), nothing added to zero cells" in full


def test_nothing_left_is_said(chosen: Maker) -> None:
    rows = tuple(chosen(f"S{i}", *table, flags=("f",)) for i, table in enumerate(TABLES[:3]))
    found = rows_of(pool(Question("x"), Selection(rows, ())), "studies")
    empty = found["randomised, without studies with any flag"]
    assert (empty.k, empty.estimate, empty.note) == (0, None, "no study is left")
    two = pool(Question("x"), Selection(rows[:2], ()))
    assert rows_of(two, "leave one out") == {}


def test_a_hundred_studies_answer_in_time(chosen: Maker) -> None:
    """The whole table, 100 times leaving one out among it; the best of three, on a busy machine."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(100):
        n1, n2 = (int(n) for n in rng.integers(20, 200, 2))
        a, c = int(rng.binomial(n1, 0.1)), int(rng.binomial(n2, 0.15))
        rows.append(chosen(f"S{i}", a, n1, c, n2, product=f"p{i % 5}", dose=f"d{i % 4}"))
    selection = Selection(tuple(rows), ())
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        found = pool(Question("x", measure="OR"), selection)
        taken.append(time.perf_counter() - start)
    assert len(rows_of(found, "leave one out")) == 100
    assert min(taken) < 0.3
