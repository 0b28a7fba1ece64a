"""Ways through trees that are tangled, and vocabularies laid out as columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialweave.publish.terms.alike import paths_of
from trialweave.publish.terms.shelves import Book, Shelves
from trialweave.terms import shelf, shipped
from trialweave.terms.term import Link, Release, Term

from .invented import release, term


@pytest.fixture(autouse=True)
def _nothing_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "none")


def book(root: Path, *terms: Term, links: tuple[Link, ...] = ()) -> Book:
    made: Release = release("Knots", *terms, links=links)
    shelf.add(root, made, [("knots", repr(made).encode())])
    found = Shelves(root).book("knots")
    assert found is not None
    return found


def names(knots: Book, identifier: str) -> set[tuple[str, ...]]:
    return {tuple(each.id for each in path.terms) for path in paths_of(knots, identifier)}


def test_a_cycle_is_not_gone_round(tmp_path: Path) -> None:
    knots = book(
        tmp_path,
        term("K1", "one", parents=("K3",)),
        term("K2", "two", parents=("K1",)),
        term("K3", "three", parents=("K2",)),
        term("K4", "four", parents=("K2", "K9")),
        term("K5", "five", parents=("K5",)),
    )
    assert names(knots, "K4") == {("K3", "K1", "K2")}
    assert names(knots, "K1") == {("K2", "K3")}
    assert names(knots, "K5") == names(knots, "nowhere") == set()


def test_of_a_thousand_ways_six_are_told(tmp_path: Path) -> None:
    terms = [term("L0a", "a"), term("L0b", "b")]
    for level in range(1, 30):
        above = (f"L{level - 1}a", f"L{level - 1}b")
        terms += [term(f"L{level}{side}", f"{side} {level}", parents=above) for side in "ab"]
    told = paths_of(book(tmp_path, *terms), "L29a")
    assert len(told) == len(set(told)) == 6
    assert {len(path.terms) for path in told} == {29}


def test_columns_say_what_the_release_says(tmp_path: Path) -> None:
    links = (
        Link("K1", "gene", "NCBIGene:1", "ONE", "first"),
        Link("K2", "gene", "NCBIGene:1", "ONE", "second"),
        Link("K2", "gene", "NCBIGene:2", "TWO"),
        Link("K2", "disease", "", "a knot"),
    )
    terms = (
        term("K1", "One knot", alike=("MSH:D1", "UMLS:C1"), former=("K0",), kind="knot"),
        term("K2", "two", obsolete=True, alike=("MESH:d1",)),
    )
    knots = book(tmp_path, *terms, links=links)
    assert [knots.place(each) for each in ("K1", "k1", "K0", "K2", "K3")] == [0, 0, 0, 1, -1]
    assert knots.entry(0) == ("Knots", "K1", "One knot", "knot", False)
    assert knots.entry(1).obsolete
    assert knots.saying_same("mesh:d1") == (0, 1)
    assert knots.alike(0) == ["mesh:d1", "umls:c1"]
    assert knots.named("ONE KNOT") == (0,)
    assert [knots.term(0), knots.term(1)] == list(terms)
    assert knots.links_of("K2") == links[1:]
    assert knots.links_to("ncbigene:1") == links[:2]
    assert knots.links_to(label="a knot") == links[3:]
    assert knots.links_to("ncbigene:1", "TWO") == links[:3]
    assert knots.links_to() == knots.links_of("K9") == ()
    assert knots.terms_labelled("ONE") == ("K1", "K2")
    groups = [knots.links_at(places) for places in knots.linked(["K1", "K2"], "gene")]
    assert groups == [links[:2], links[2:3]]
    assert knots.linked(["K1"], "disease") == knots.linked(["K9"], "gene") == []
    assert Shelves(tmp_path).book("ropes") is None
