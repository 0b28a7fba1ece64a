"""The tree of a release, and what changed between two."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.terms.changes import ASKS_ABOVE, Change, diff
from trialweave.terms.term import Name, Release, Term
from trialweave.terms.tree import tree


def _term(identifier: str, *parents: str, name: str = "", **more: object) -> Term:
    names = (Name(name or identifier, "preferred"),)
    return Term(identifier, names, parents=parents, **more)  # type: ignore[arg-type]


def _release(*terms: Term, version: str = "1") -> Release:
    return Release("X", version, "", "", terms)


DIAMOND = [_term("a"), _term("b", "a"), _term("c", "a"), _term("d", "b", "c"), _term("e", "d", "a")]


def test_ancestors_and_descendants_come_nearest_first_and_once() -> None:
    found = tree(DIAMOND)
    assert found.ancestors("e") == ("a", "d", "b", "c")
    assert found.ancestors("d") == ("b", "c", "a")
    assert found.descendants("a") == ("b", "c", "e", "d")
    assert found.descendants("e") == ()
    assert found.ancestors("a") == ()
    assert found.ancestors("z") == found.descendants("z") == ()
    assert found.explode(["c", "z"]) == {"c", "d", "e"}
    assert found.explode([]) == frozenset()


def test_depth_is_by_the_nearest_root() -> None:
    found = tree(DIAMOND)
    assert found.depths().tolist() == [0, 1, 1, 2, 1]
    assert found.depth("d") == 2
    with pytest.raises(KeyError):
        found.depth("z")


def test_cycles_end_every_walk_and_are_named() -> None:
    terms = [_term("r"), _term("a", "c"), _term("b", "a"), _term("c", "b"), _term("d", "c", "r")]
    terms += [_term("e", "e"), _term("f", "g"), _term("g", "f", "r")]
    found = tree(terms)
    assert found.ancestors("a") == ("c", "b")
    assert found.descendants("a") == ("b", "c", "d")
    assert found.depths().tolist() == [0, -1, -1, -1, 1, 0, 2, 1]
    assert found.cycles() == (("a", "b", "c"), ("f", "g"))
    assert tree(DIAMOND).cycles() == tree([_term("a")]).cycles() == tree([]).cycles() == ()
    assert tree([]).depths().tolist() == []


def test_parents_by_former_ids_and_unknown_ones() -> None:
    found = tree([_term("a", former=("old",)), _term("b", "old", "gone")])
    assert found.ancestors("b") == ("a",)
    assert found.unknown == (("b", "gone"),)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, n - 1), max_size=4, unique=True), min_size=n, max_size=n
        )
    )
)
def test_walks_say_what_walking_step_by_step_says(parents: list[list[int]]) -> None:
    found = tree([_term(str(i), *map(str, above)) for i, above in enumerate(parents)])
    for start in range(len(parents)):
        met, waiting = set(), [start]
        while waiting:
            for above in parents[waiting.pop()]:
                if above not in met:
                    met.add(above)
                    waiting.append(above)
        met.discard(start)
        assert {int(one) for one in found.ancestors(str(start))} == met
        assert len(found.ancestors(str(start))) == len(met)
        for one in met:
            assert str(start) in found.descendants(str(one))
    cyclic = {one for cycle in found.cycles() for one in cycle}
    for one in found.ids:
        through = any(one in found.ancestors(above) for above in found.ancestors(one))
        assert (one in cyclic) == through


def test_large_trees_are_fast() -> None:
    terms = [_term("0")] + [_term(str(i), str(i // 2), str(i // 3)) for i in range(1, 50_000)]
    begun = time.perf_counter()
    found = tree(terms)
    assert len(found.descendants("0")) == 49_999
    for i in range(0, 50_000, 500):
        found.ancestors(str(i))
    assert found.depths().max() <= 16
    assert time.perf_counter() - begun < 2


def test_a_long_chain_is_walked_in_time() -> None:
    found = tree([_term("0"), *(_term(str(i), str(i - 1)) for i in range(1, 5_000))])
    begun = time.perf_counter()
    assert len(found.ancestors("4999")) == 4_999
    assert found.depth("4999") == 4_999
    assert time.perf_counter() - begun < 3


def test_diff_names_each_change() -> None:
    kept = [_term(f"k{i}") for i in range(94)]
    old = _release(
        *kept,
        _term("r", name="Old name"),
        _term("m", "k1"),
        _term("x", name="gone"),
        _term("y", name="taken over"),
        _term("z", name="replaced"),
        _term("dead", obsolete=True),
        _term("back", obsolete=True),
        _term("both", "k1", name="Both"),
    )
    new = _release(
        *kept,
        _term("r", name="New name"),
        _term("m", "k2", numbers=("A.1",)),
        _term("t", former=("y",)),
        _term("z", obsolete=True, replaced_by="t"),
        _term("back"),
        _term("both", "k2", name="Other"),
        version="2",
    )
    changes = diff(old, new)
    assert (changes.vocabulary, changes.old, changes.new) == ("X", "1", "2")
    assert changes.added == (Change("t", "t", now="t"), Change("back", "back", now="back"))
    assert changes.renamed == (
        Change("r", "New name", "Old name", "New name"),
        Change("both", "Other", "Both", "Other"),
    )
    assert changes.retired == (Change("x", "gone", "gone"),)
    assert changes.merged == (
        Change("y", "taken over", "taken over", "t"),
        Change("z", "replaced", "replaced", "t"),
    )
    assert changes.moved == (Change("m", "m", "k1", "A.1, k2"), Change("both", "Other", "k1", "k2"))
    assert changes.count == 8
    assert changes.share == 8 / 100
    assert changes.asks


@pytest.mark.parametrize(("gone", "asks"), [(4, False), (5, False), (6, True)])
def test_more_than_a_twentieth_asks(gone: int, asks: bool) -> None:
    terms = [_term(str(i)) for i in range(100)]
    changes = diff(_release(*terms), _release(*terms[gone:]))
    assert (changes.share, changes.asks) == (gone / 100, asks)
    assert ASKS_ABOVE == 0.05


def test_nothing_changes_in_itself_and_everything_from_nothing() -> None:
    same = diff(_release(*DIAMOND), _release(*DIAMOND[::-1]))
    assert (same.count, same.share, same.asks) == (0, 0, False)
    first = diff(_release(), _release(*DIAMOND))
    assert (first.count, first.share, first.asks) == (5, 1, True)
    none = diff(_release(), _release())
    assert (none.count, none.share, none.asks) == (0, 0, False)
