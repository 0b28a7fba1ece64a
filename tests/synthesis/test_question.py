"""Questions come back from their files unchanged, and impossible ones are refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import Unreadable
from trialweave.synthesis import Question
from trialweave.synthesis.question import (
    INTERVALS,
    MEASURES,
    TAU2_ESTIMATORS,
    from_json,
    from_toml,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
QUESTIONS = st.builds(
    Question,
    outcome=TEXT.filter(lambda text: bool(text.strip())),
    measure=st.sampled_from(MEASURES),
    tau2=st.sampled_from(TAU2_ESTIMATORS),
    interval=st.sampled_from(INTERVALS),
    level=st.floats(0.5, 0.999),
    designs=st.sampled_from(["randomised", "comparative"]),
    time=st.sampled_from(["longest", "nearest 28 days", "nearest 0.5 days"]),
    product=TEXT,
    exclude=st.lists(TEXT, max_size=3).map(tuple),
    without_flagged=st.booleans(),
)


@given(QUESTIONS)
def test_a_question_comes_back_from_its_file(question: Question) -> None:
    assert from_toml(question.to_toml()) == question
    assert from_json(question.to_json()) == question


def test_defaults_fill_a_short_file() -> None:
    assert from_toml('outcome = "mortality"') == Question("mortality")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "outcome",
        'outcome = ""',
        "outcome = 3",
        'outcome = "x"\nmeasure = "HR"',
        'outcome = "x"\ntau2 = "XX"',
        'outcome = "x"\ninterval = "t"',
        'outcome = "x"\nlevel = 95',
        'outcome = "x"\nlevel = nan',
        'outcome = "x"\ntime = "sometime"',
        'outcome = "x"\nmeasurre = "RR"',
        "x = " + "[" * 3000,
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
