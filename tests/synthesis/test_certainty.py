"""The draft of certainty: each limit of each domain, and what is left to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from trialweave.synthesis import Chosen, Estimate, Question, Selection, Synthesis, pool
from trialweave.synthesis.answer import Light
from trialweave.synthesis.certainty import DOMAINS, Certainty, certainty, level_of
from trialweave.synthesis.choose import LeftOut

TABLES = [(10, 100, 20, 100), (12, 100, 24, 100), (9, 90, 18, 91)]
Make = Callable[..., Chosen]


def answer(chosen: Make, **more: Any) -> Synthesis:
    some = tuple(chosen(f"S{i}", *table, **more) for i, table in enumerate(TABLES))
    return pool(Question("mortality"), Selection(some, ()))


def rating(found: Certainty, domain: str) -> tuple[str, str]:
    one = next(each for each in found.ratings if each.domain == domain)
    return one.concern, one.reason


def with_(view: Synthesis, **changes: Any) -> Synthesis:
    """The answer with other numbers of the pooled effect."""
    assert view.pooled is not None
    inner = {k: changes.pop(k) for k in ("i2",) if k in changes}
    spread = msgspec.structs.replace(view.pooled.heterogeneity, **inner)
    pooled: Estimate = msgspec.structs.replace(view.pooled, heterogeneity=spread, **changes)
    return msgspec.structs.replace(view, pooled=pooled)


def test_design_sets_the_start(chosen: Make) -> None:
    assert certainty(answer(chosen)).start == "high"
    assert certainty(answer(chosen, allocation="non-randomised")).start == "low"
    assert certainty(answer(chosen, allocation="")).start == "low"
    assert [one.domain for one in certainty(answer(chosen)).ratings] == list(DOMAINS)


@pytest.mark.parametrize(
    ("start", "steps", "level"),
    [("high", 0, "high"), ("high", 1, "moderate"), ("high", 9, "very low"), ("low", 1, "very low"),
     ("low", -1, "low")],
)  # fmt: skip
def test_levels(start: Any, steps: int, level: str) -> None:
    assert level_of(start, steps) == level


@pytest.mark.parametrize(
    ("judged", "concern"),
    [
        (("low", "low", "high"), "not serious"),
        (("high", "high", "low"), "very serious"),
        (("low", "some concerns", "high"), "serious"),
        (("", "", "low"), "not judged"),
        (("low", "low", ""), "not serious"),
    ],
)
def test_risk_of_bias_goes_by_weight(chosen: Make, judged: Any, concern: str) -> None:
    view = answer(chosen)
    rows = tuple(
        msgspec.structs.replace(row, lights=(Light("D1", "low"), Light("D2", text)) if text else ())
        for row, text in zip(view.rows, judged, strict=True)
    )
    found = certainty(msgspec.structs.replace(view, rows=rows))
    assert rating(found, "risk of bias")[0] == concern
    assert ("risk of bias" in found.open) == (concern == "not judged")


def test_the_overall_judgement_stands_before_the_domains(chosen: Make) -> None:
    view = answer(chosen)
    lights = (Light("D1", "some concerns"), Light("D2", "some concerns"), Light("overall", "high"))
    rows = tuple(msgspec.structs.replace(row, lights=lights) for row in view.rows)
    found = certainty(msgspec.structs.replace(view, rows=rows))
    assert rating(found, "risk of bias")[0] == "very serious"
    better = tuple(
        msgspec.structs.replace(row, lights=(*lights[:2], Light("overall", "low")))
        for row in view.rows
    )
    found = certainty(msgspec.structs.replace(view, rows=better))
    assert rating(found, "risk of bias")[0] == "not serious"


@pytest.mark.parametrize(
    ("changes", "concern"),
    [
        ({"i2": 50.0, "prediction_low": 0.4, "prediction_high": 0.9}, "not serious"),
        ({"i2": 50.1, "prediction_low": 0.4, "prediction_high": 0.9}, "serious"),
        ({"i2": 75.1, "prediction_low": 0.4, "prediction_high": 0.9}, "serious"),
        ({"i2": 75.1, "prediction_low": 0.2, "prediction_high": 1.2}, "very serious"),
        ({"i2": 75.0, "prediction_low": 0.2, "prediction_high": 1.2}, "serious"),
        ({"i2": 40.1, "prediction_low": 0.2, "prediction_high": 1.2}, "serious"),
        ({"i2": 40.0, "prediction_low": 0.2, "prediction_high": 1.2}, "not serious"),
        ({"i2": 10.0, "prediction_low": None, "prediction_high": None}, "not serious"),
        ({"i2": None}, "not judged"),
    ],
)
def test_inconsistency(chosen: Make, changes: Any, concern: str) -> None:
    view = with_(answer(chosen), low=0.4, high=0.9, **changes)
    assert rating(certainty(view), "inconsistency")[0] == concern


@pytest.mark.parametrize(
    ("low", "high", "needed", "concern"),
    [
        (0.4, 0.9, None, "not serious"),
        (0.4, 0.9, 581.0, "not serious"),
        (0.4, 0.9, 582.0, "serious"),
        (0.80, 1.20, None, "not serious"),
        (0.80, 1.20, 582.0, "serious"),
        (0.75, 1.20, None, "serious"),
        (0.80, 1.25, None, "serious"),
        (0.75, 1.25, None, "very serious"),
        (None, None, None, "serious"),
    ],
)
def test_imprecision_of_ratios(
    chosen: Make, low: float, high: float, needed: float, concern: str
) -> None:
    view = with_(answer(chosen), low=low, high=high)
    assert view.treated + view.controls == 581
    assert rating(certainty(view, needed=needed), "imprecision")[0] == concern


@pytest.mark.parametrize(
    ("measure", "low", "high", "concern"),
    [
        ("SMD", -0.4, 0.4, "not serious"),
        ("SMD", -0.5, 0.4, "serious"),
        ("SMD", -0.5, 0.5, "very serious"),
        ("SMD", 0.1, 0.5, "not serious"),
        ("MD", -3.0, 2.0, "serious"),
        ("MD", 1.0, 2.0, "not serious"),
    ],
)
def test_imprecision_of_differences(
    chosen: Make, measure: str, low: float, high: float, concern: str
) -> None:
    view = with_(answer(chosen), measure=measure, low=low, high=high)
    assert rating(certainty(view), "imprecision")[0] == concern
    few = msgspec.structs.replace(view, treated=199, controls=200)
    if low > 0:
        assert rating(certainty(few), "imprecision")[0] == "serious"


def test_publication_bias_needs_ten_studies(chosen: Make) -> None:
    view = answer(chosen)
    assert rating(certainty(view, asymmetry=0.01), "publication bias")[0] == "not judged"
    many = msgspec.structs.replace(view, k=10)
    assert rating(certainty(many), "publication bias")[0] == "not judged"
    assert rating(certainty(many, asymmetry=0.0999), "publication bias")[0] == "serious"
    assert rating(certainty(many, asymmetry=0.1), "publication bias")[0] == "not serious"
    silent = Selection(view.selection.chosen, (LeftOut("x", "x", "no result", "none"),))
    told = certainty(msgspec.structs.replace(many, selection=silent), asymmetry=0.5)
    assert rating(told, "publication bias")[1].endswith("1 studies at hand report no result for "
                                                       "this outcome.")  # fmt: skip


def test_the_level_follows_from_the_domains(chosen: Make) -> None:
    view = with_(answer(chosen), low=0.7, high=1.3, i2=80.0, prediction_low=0.1, prediction_high=4)
    found = certainty(view)
    assert [one.steps for one in found.ratings] == [0, 2, 0, 2, 0]
    assert found.level == "very low"
    assert found.open == ("risk of bias", "indirectness", "publication bias")
    assert "'mortality'" in rating(found, "indirectness")[1]
    one = pool(Question("mortality"), Selection((chosen("A", 3, 30, 6, 31),), ()))
    alone = certainty(one)
    assert rating(alone, "imprecision")[0] == "serious"
    assert rating(alone, "inconsistency")[0] == "not judged"
