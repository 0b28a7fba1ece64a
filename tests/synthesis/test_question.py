"""Questions come back from their files unchanged, and impossible ones are refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import Unreadable
from trialweave.synthesis import Question
from trialweave.synthesis.question import (
    CHOICES,
    ESTIMATOR_OF,
    INTERVALS,
    MEASURES,
    MODELS,
    POOLED_BY,
    TAU2_ESTIMATORS,
    from_json,
    from_toml,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_POOLED = [
    (model, measure) for model in MODELS for measure in POOLED_BY.get(model, MEASURES)
]  # fmt: skip
QUESTIONS = st.sampled_from(_POOLED).flatmap(
    lambda pooled: st.builds(
        Question,
        outcome=TEXT.filter(lambda text: bool(text.strip())),
        title=TEXT,
        measure=st.just(pooled[1]),
        model=st.just(pooled[0]),
        tau2=st.sampled_from(TAU2_ESTIMATORS),
        interval=st.sampled_from([one for one in INTERVALS if one not in ESTIMATOR_OF]),
        prediction=st.sampled_from(
            [one for one in CHOICES["prediction"] if one not in ESTIMATOR_OF]
        ),
        zero_cells=st.sampled_from(CHOICES["zero_cells"]),
        level=st.floats(0.5, 0.999),
        designs=st.sampled_from(["randomised", "comparative"]),
        registered=st.sampled_from(CHOICES["registered"]),
        time=st.sampled_from(["longest", "nearest 28 days", "nearest 0.5 days", "7 to 28 days"]),
        population=TEXT,
        product=TEXT,
        cell_source=TEXT,
        dose=st.sampled_from(["", " ", "1e6 to 5e6 cells/kg", "up to 15 mL"]),
        comparator=TEXT,
        subgroup=st.sampled_from(CHOICES["subgroup"]),
        exclude=st.lists(TEXT, max_size=3).map(tuple),
        without_flagged=st.booleans(),
        with_retracted=st.booleans(),
    )
)


@settings(max_examples=40)
@given(QUESTIONS)
def test_a_question_comes_back_from_its_file(question: Question) -> None:
    assert from_toml(question.to_toml()) == question
    assert from_json(question.to_json()) == question


@pytest.mark.parametrize(
    ("choices", "needed"),
    [
        ({"interval": "KR", "tau2": "DL"}, "REML"),
        ({"interval": "PL"}, "ML"),
        ({"prediction": "KR", "tau2": "PM"}, "REML"),
    ],
)
def test_what_goes_with_one_estimator_only(choices: dict[str, str], needed: str) -> None:
    with pytest.raises(ValueError, match=f"goes with tau2 '{needed}'"):
        Question("mortality", **choices)  # type: ignore[arg-type]
    fitting = Question("mortality", **{**choices, "tau2": needed})  # type: ignore[arg-type]
    assert from_toml(fitting.to_toml()) == fitting
    assert Question("mortality", model="common", **choices).model == "common"  # type: ignore[arg-type]


def test_defaults_fill_a_short_file() -> None:
    assert from_toml('outcome = "mortality"') == Question("mortality")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "outcome",
        'outcome = ""',
        "outcome = 3",
        'outcome = "x"\nmeasure = "XX"',
        'outcome = "x"\ntau2 = "XX"',
        'outcome = "x"\ninterval = "t"',
        'outcome = "x"\nlevel = 95',
        'outcome = "x"\nlevel = nan',
        'outcome = "x"\ntime = "sometime"',
        'outcome = "x"\ntime = "28 to 14 days"',
        'outcome = "x"\nmodel = "XX"',
        'outcome = "x"\nmodel = "Peto"',
        'outcome = "x"\nmodel = "GLMM"\nmeasure = "RD"',
        'outcome = "x"\nmodel = "MH"\nmeasure = "HR"',
        'outcome = "x"\nmodel = "beta-binomial"\nmeasure = "MD"',
        'outcome = "x"\ndose = "many cells"',
        'outcome = "x"\nregistered = "late"',
        'outcome = "x"\nsubgroup = "age"',
        'outcome = "x"\nzero_cells = "some"',
        'outcome = "x"\nprediction = "k"',
        "level = " + "9" * 5000,
        'outcome = "x"\nmeasurre = "RR"',
        "x = " + "[" * 3000,
        "a" + ".a" * 9000 + " = 1",
    ],
)
def test_what_is_no_question_is_refused_by_name(text: str) -> None:
    with pytest.raises(Unreadable, match=r"^q\.toml: "):
        from_toml(text, "q.toml")


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 5000, b"{}", b'{"outcome": "x", "a": 1}'])
def test_json_that_is_no_question_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        from_json(data)


def test_target_days() -> None:
    assert math.isinf(Question("x").target_days)
    assert Question("x", time="nearest 28 days").target_days == 28


def test_windows() -> None:
    assert Question("x").window == (0, math.inf)
    assert Question("x", time="nearest 28 days").window == (0, math.inf)
    window = Question("x", time="7 to 28.5 days")
    assert window.window == (7, 28.5)
    assert math.isinf(window.target_days)
    assert Question("x", time="7 to 7 days").window == (7, 7)


def test_a_model_says_what_it_pools() -> None:
    with pytest.raises(ValueError, match="model 'Peto' pools OR, not RR"):
        Question("x", model="Peto")
    for model, measures in POOLED_BY.items():
        assert {Question("x", model=model, measure=one).measure for one in measures} == set(
            measures
        )
    for measure in MEASURES:
        assert Question("x", model="Bayes", measure=measure).measure == measure
