"""Small faults of diagnostics and subsets that other tests would let pass."""

from __future__ import annotations

import numpy as np
import pytest

from trialweave.stats.exploring import gosh, influence, shrunken


@pytest.mark.parametrize(("last", "marked"), [(3.02, []), (3.05, [39]), (-3.05, [39])])
def test_the_limit_of_dffits_alone_marks(last: float, marked: list[int]) -> None:
    # 40 equal studies: DFFITS is last/√40, its limit 3/√39 = 0.4804; Cook's distance is 0.23
    y = np.zeros(40)
    y[-1] = last
    found = influence(y, np.ones(40), tau2="CE")
    assert found.dffits[-1] == pytest.approx(last / np.sqrt(40))
    assert np.flatnonzero(found.influential).tolist() == marked


def test_one_subset_too_many_is_not_complete() -> None:
    found = gosh([0.1, 0.4], [0.1, 0.2], subsets=2)
    assert not found.complete
    assert len(found.estimate) == 2


def test_the_sample_of_subsets_is_that_of_seed_1() -> None:
    y, v = np.linspace(-1, 1, 12), np.full(12, 0.2)
    one, other = gosh(y, v, subsets=50), gosh(y, v, subsets=50, seed=1)
    assert one.members.tolist() == other.members.tolist()


def test_studies_without_a_positive_variance_are_in_no_subset() -> None:
    found = gosh([0.1, 0.4, 0.2, 0.3], [0.1, 0.0, -0.5, 0.2])
    assert found.members.any(axis=0).tolist() == [True, False, False, True]
    assert len(found.estimate) == 3
    assert found.notes == ("Without a usable effect and variance, and in no subset: 2.",)


def test_the_own_effect_of_a_single_study_is_the_mean() -> None:
    found = shrunken([0.3], [0.5])
    assert found.estimate.tolist() == pytest.approx([0.3])
    assert found.se.tolist() == pytest.approx([np.sqrt(0.5)])
