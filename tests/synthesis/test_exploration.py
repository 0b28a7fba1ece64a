"""Looking behind an answer: each number is that of the method it names, and edges are said."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from trialweave.stats.bias import egger, harbord, trim_and_fill
from trialweave.stats.effects import effect
from trialweave.stats.exploring import influence
from trialweave.stats.sequential import size_for_risks
from trialweave.synthesis import Chosen, Group, Question, Selection, Synthesis, pool
from trialweave.synthesis.exploration import Exploration, explore, fitting_asymmetry

Make = Callable[..., Chosen]
TABLES = [
    (10, 100, 20, 100), (30, 400, 50, 410), (2, 30, 9, 31), (0, 25, 5, 24), (7, 60, 11, 58),
    (45, 500, 60, 490),
]  # fmt: skip


def answer(chosen: Make, tables: list = TABLES, **question: object) -> Synthesis:
    some = tuple(chosen(f"S{i}", *table, year=2020 + i) for i, table in enumerate(tables))
    return pool(Question("mortality", **question), Selection(some, ()))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(chosen: Make) -> Exploration:
    return explore(answer(chosen), relative_reduction=0.2)


def test_single_studies(found: Exploration) -> None:
    yi, vi = effect("RR", *zip(*TABLES, strict=True))
    want = influence(yi, vi)
    for i, row in enumerate(found.studies):
        assert row.study_id == f"S{i}"
        assert row.cook == pytest.approx(want.cook[i])
        assert row.residual == pytest.approx(want.residual[i])
        assert row.influential == want.influential[i]
    assert sum(row.hat or 0 for row in found.studies) == pytest.approx(1)


def test_asymmetry_by_the_test_that_fits(chosen: Make, found: Exploration) -> None:
    want = harbord(*zip(*TABLES, strict=True), measure="RR")
    assert [test.name for test in found.tests] == ["Harbord", "Peters", "Egger", "Begg"]
    assert [test.fits for test in found.tests] == [True, False, False, False]
    assert fitting_asymmetry(answer(chosen)) == pytest.approx(want.p)  # type: ignore[union-attr]
    assert any("fewer than ten" in note for note in found.tests[0].notes)
    assert fitting_asymmetry(answer(chosen, TABLES[:2])) is None
    other = explore(answer(chosen, measure="RD"))
    yi, vi = effect("RD", *zip(*TABLES, strict=True))
    assert fitting_asymmetry(answer(chosen, measure="RD")) == pytest.approx(egger(yi, vi).p)  # type: ignore[union-attr]
    assert [test.name for test in other.tests] == ["Egger", "Begg"]


def test_what_may_be_missing(found: Exploration) -> None:
    yi, vi = effect("RR", *zip(*TABLES, strict=True))
    want = trim_and_fill(yi, vi)
    one = found.adjusted[0]
    assert one.estimate == pytest.approx(float(np.exp(want.adjusted.estimate)))  # type: ignore[union-attr]
    assert one.told == f"{want.k0} studies filled in on the {want.side}"  # type: ignore[union-attr]
    assert [each.name.split(" (")[0] for each in found.adjusted] == [
        "trim and fill", "limit meta-analysis", "PET-PEESE",
        "selection model, step at P = 0.025", "selection model, beta weights",
    ]  # fmt: skip


def test_moderators_alone_and_further_ones(chosen: Make) -> None:
    dose = {f"S{i}": float(i % 3) for i in range(5)}
    source = {f"S{i}": "cord" if i % 2 else "marrow" for i in range(6)}
    found = explore(answer(chosen), moderators={"dose": dose, "source": source})
    rows = {row.moderator: row for row in found.moderators}
    assert list(rows) == ["year", "size", "dose", "source: marrow"]
    assert rows["dose"].k == 5
    assert rows["year"].k == 6
    for row in rows.values():
        assert row.permuted_p is not None
        assert 0 < row.permuted_p <= 1
    same = explore(answer(chosen), moderators={"one": {f"S{i}": 1.0 for i in range(6)}})
    assert same.moderators[-1].estimate is None
    assert same.moderators[-1].notes


def test_looks(chosen: Make, found: Exploration) -> None:
    looked = found.sequential
    assert looked is not None
    cells = [sum(column) for column in zip(*TABLES, strict=True)]
    risk = cells[2] / cells[3]
    assert looked.control_risk == pytest.approx(risk)
    plain = size_for_risks(risk, 0.8 * risk, alpha=0.05)
    assert looked.required == pytest.approx(plain / (1 - looked.diversity), rel=1e-6)
    assert [look.label for look in looked.looks] == [f"S{i}" for i in range(6)]
    assert looked.looks[-1].participants == sum(n1 + n2 for _, n1, _, n2 in TABLES)
    last = looked.looks[-1]
    assert last.low is not None
    assert last.high is not None
    assert last.estimate is not None
    assert last.low < last.estimate < last.high
    assert "random effects (REML)" in looked.notes[0]
    other = explore(answer(chosen), control_risk=0.5, relative_reduction=0.2).sequential
    assert other is not None
    assert other.control_risk == 0.5
    assert explore(answer(chosen)).sequential is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        explore(answer(chosen), relative_reduction=1.0)


def test_another_model_than_the_answers_is_said(chosen: Make) -> None:
    assert explore(answer(chosen)).notes == ()
    assert "by the model 'MH'" in explore(answer(chosen, model="MH")).notes[0]


def test_what_cannot_be_looked_at(chosen: Make) -> None:
    two = explore(answer(chosen, TABLES[:2]), relative_reduction=0.2)
    assert (two.k, two.studies, two.tests, two.adjusted) == (2, (), (), ())
    assert "need three studies" in two.notes[0]
    assert two.sequential is not None
    never = explore(answer(chosen, [(3, 20, 0, 20)] * 3), relative_reduction=0.2)
    assert never.sequential is None
    assert "The risk of the control groups is 0 or 1" in never.notes[-1]
    means = [
        chosen("M", 0, 0, 0, 0, study_id=f"M{i}", kind="continuous",
               treatment=Group("t", 20 + i, None, 5.0 + i, 2.0),
               control=Group("c", 21, None, 6.0, 2.1))
        for i in range(3)
    ]  # fmt: skip
    measured = pool(Question("stay", measure="SMD"), Selection(tuple(means), ()))
    looked = explore(measured, relative_reduction=0.2)
    assert looked.sequential is None
    assert "events in two groups only" in looked.notes[-1]
    assert looked.tests[0].name == "Egger, modified standard errors"
    assert looked.tests[0].fits


def test_everything_can_be_told_as_json(chosen: Make, found: Exploration) -> None:
    assert b"NaN" not in msgspec.json.encode(found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Exploration) == found
    equal = explore(answer(chosen, [(10, 100, 20, 100)] * 4), relative_reduction=0.2)
    msgspec.json.encode(equal)
    assert any("not" in note for test in equal.tests for note in test.notes)
