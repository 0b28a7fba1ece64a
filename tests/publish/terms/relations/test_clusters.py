"""Near-identical protocols: against comparing all pairs, and what a group is."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.publish.terms.clusters import (
    counted_once,
    groups,
    near_identical,
    protocol_groups,
    repeating,
)
from trialweave.terms.associations import incidence


def matrix(sets: list[set[int]], width: int = 60) -> Any:
    entries = [(row, term) for row, terms in enumerate(sets) for term in sorted(terms)]
    rows, columns = zip(*entries, strict=True) if entries else ((), ())
    return incidence(np.array(rows, int), np.array(columns, int), (len(sets), width))


SETS = st.lists(
    st.tuples(
        st.integers(-1, 2), st.sampled_from([0, 20, 40]), st.sets(st.integers(0, 59), max_size=5)
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(drawn=SETS, least=st.sampled_from([0.6, 0.8, 0.9, 1.0]))
def test_pairs_are_those_of_comparing_all(drawn: Any, least: float) -> None:
    """Sets around three cores of twelve terms, of three owners and of none."""
    owners = np.array([owner for owner, _, _ in drawn])
    sets = [set(range(core, core + 12)) ^ more for _, core, more in drawn]
    by_hand = {
        (one, other)
        for other in range(len(sets))
        for one in range(other)
        if owners[one] == owners[other] >= 0
        and min(len(sets[one]), len(sets[other])) >= 10
        and len(sets[one] & sets[other]) >= least * len(sets[one] | sets[other]) - 1e-9
    }
    found = near_identical(matrix(sets), owners, least)
    assert sorted(map(tuple, found.tolist())) == sorted(by_hand)


def test_no_chain_makes_a_group() -> None:
    # Each is like its neighbour, the first and the last are not alike.
    sets = [set(range(start, start + 20)) for start in (0, 2, 4)]
    found = groups(matrix(sets), ["Harbour Clinic"] * 3, np.arange(3))
    assert found.tolist() == [0, 0, 2]
    assert groups(matrix(sets), ["Harbour Clinic"] * 3, np.array([1, 0, 2])).tolist() == [1, 1, 1]


def test_only_one_sponsor_makes_a_group() -> None:
    sets = [set(range(20))] * 5
    names = ["Harbour Pharma Ltd.", "Reed Institute", "", "Harbour Pharma, Inc.", ""]
    assert groups(matrix(sets), names, np.arange(5)).tolist() == [0, 1, 2, 0, 4]
    few = matrix([set(range(9))] * 2)
    assert groups(few, ["Reed Institute"] * 2, np.arange(2)).tolist() == [0, 1]
    # What no word tells apart is compared as it stands.
    general = ["General Hospital", "GENERAL  hospital", "National Hospital"]
    assert groups(matrix(sets[:3]), general, np.arange(3))[:2].tolist() == [0, 0]


@settings(max_examples=30, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(st.integers(0, 3), st.sets(st.integers(0, 7), max_size=8)), min_size=1, max_size=9
    ),
    order=st.randoms(use_true_random=False),
)
def test_each_term_counts_once_in_a_group(drawn: Any, order: Any) -> None:
    grouped = np.array([group for group, _ in drawn])
    sets = [terms for _, terms in drawn]
    rank = list(range(len(sets)))
    order.shuffle(rank)
    found = counted_once(matrix(sets), grouped, np.array(rank)).toarray()
    for group in set(grouped.tolist()):
        rows = [row for row in range(len(sets)) if grouped[row] == group]
        rows.sort(key=rank.__getitem__)
        met: set[int] = set()
        for row in rows:
            assert set(np.flatnonzero(found[row])) == sets[row] - met
            met |= sets[row]
        assert repeating(grouped, np.array(rank))[rows].tolist() == [False] + [True] * (
            len(rows) - 1
        )


def test_groups_of_a_generation_are_found_once(invented: Any, study: Any) -> None:
    template = [f"Squalls:Q{at}" for at in range(20)]
    state = invented(study(name, template, sponsor="Reed Institute") for name in ("A", "B"))
    found = protocol_groups(state, np.array([1, 0]))
    assert found.tolist() == [1, 1]
    assert protocol_groups(state, np.array([1, 0])) is found
