"""Design matrices: categories, missing values, columns that follow from others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialweave.stats.regression import design_matrix
from trialweave.stats.regression.design import dependent_columns


def test_numbers_and_categories_become_columns() -> None:
    design = design_matrix({"dose": [1, 2.5, 3], "design": ["b", "a", "c"], "blind": [True, 0, 1]})
    assert design.names == ("intercept", "dose", "design: b", "design: c", "blind")
    assert design.terms == ("intercept", "dose", "design", "design", "blind")
    assert design.levels == {"design": ("a", "b", "c")}
    assert design.intercept
    assert design.x.tolist() == [[1, 1, 1, 0, 1], [1, 2.5, 0, 0, 0], [1, 3, 0, 1, 1]]


def test_reference_is_chosen() -> None:
    design = design_matrix({"g": ["b", "a", "c"]}, reference={"g": "b"})
    assert design.names == ("intercept", "g: a", "g: c")
    assert design.levels == {"g": ("b", "a", "c")}
    grades = design_matrix({"grade": [1, 2, 3]}, reference={"grade": 2})
    assert grades.names == ("intercept", "grade: 1", "grade: 3")
    with pytest.raises(ValueError, match="no category 'd'"):
        design_matrix({"g": ["b", "a"]}, reference={"g": "d"})
    with pytest.raises(ValueError, match="no moderator"):
        design_matrix({"g": ["b", "a"]}, reference={"h": "a"})


def test_without_intercept_the_first_categorical_keeps_all() -> None:
    design = design_matrix(
        {"x": [1, 2, 3], "g": ["a", "b", "a"], "h": ["u", "v", "v"]}, intercept=False
    )
    assert design.names == ("x", "g: a", "g: b", "h: v")
    assert not design.intercept
    assert design.x[:, 1:].tolist() == [[1, 0, 0], [0, 1, 1], [1, 0, 1]]
    assert design.at({"x": [5], "g": ["b"], "h": ["u"]}).tolist() == [[5, 0, 1, 0]]


def test_missing_moderators_are_nan() -> None:
    design = design_matrix({"x": [1, None, math.nan], "g": ["a", None, "b"], "h": [math.nan, 1, 2]})
    assert np.isnan(design.x[:, 1]).tolist() == [False, True, True]
    assert np.isnan(design.x[:, 2]).tolist() == [False, True, False]
    assert np.isnan(design.x[:, 3]).tolist() == [True, False, False]
    new = design.at({"x": [None], "g": [None], "h": [1]})  # type: ignore[list-item]
    assert np.isnan(new).tolist() == [[False, True, True, False]]


def test_only_an_intercept() -> None:
    design = design_matrix({}, k=3)
    assert design.x.tolist() == [[1.0], [1.0], [1.0]]
    assert design.at({}).tolist() == [[1.0]]
    assert design_matrix({}, k=2, intercept=False).x.shape == (2, 0)


def test_new_values_must_fit() -> None:
    design = design_matrix({"x": [1, 2], "g": ["a", "b"]})
    with pytest.raises(ValueError, match="for nothing else"):
        design.at({"x": [1]})
    with pytest.raises(ValueError, match=r"no category \['z'\]"):
        design.at({"x": [1], "g": ["z"]})


@pytest.mark.parametrize(
    ("moderators", "k", "message"),
    [
        ({"x": [1, 2], "z": [1, 2, 3]}, None, "not \\[2, 3\\]"),
        ({"x": [1, 2]}, 3, "not \\[2, 3\\]"),
        ({}, None, "one value for each study"),
        ({"x": "abc"}, None, "not one text"),
    ],
)
def test_unequal_moderators_are_refused(moderators: dict, k: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        design_matrix(moderators, k=k)


def test_dependent_columns_are_named_by_position() -> None:
    one, x = np.ones(5), np.arange(5.0)
    x2 = x**2
    assert dependent_columns(np.stack([one, x, x2], axis=1)) == ()
    assert dependent_columns(np.stack([one, x, 3 * x - 2, x2, x2 + x], axis=1)) == (2, 4)
    assert dependent_columns(np.stack([one, 7 * one], axis=1)) == (1,)
    assert dependent_columns(np.stack([one, 0 * one], axis=1)) == (1,)
    assert dependent_columns(np.stack([one, 1e5 + x], axis=1)) == ()
    assert dependent_columns(np.stack([one, 1e11 + x], axis=1)) == (1,)
    assert dependent_columns(np.stack([1e-200 * one, 1e200 * x], axis=1)) == ()
