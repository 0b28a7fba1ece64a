"""Duplicates among references: what is one, what only looks like it, and that nothing is lost."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import Labelled, PartialDate, Publication, Section, Value, stated
from trialweave.studies.bibliography import same_journal
from trialweave.studies.deduplication import Outcome, Reference, deduplicate

TITLE = "Lamp oil against night fever in imaginary adults of Atlantis: a randomised trial"


def say(content: Any) -> Value[Any]:
    return stated(content, "test/1")


def reference(file: str = "a.ris", place: int = 1, **said: Any) -> Reference:
    """A reference; what is not said is a full one."""
    full: dict[str, Any] = {
        "title": TITLE, "authors": ("Doe, Ann B.", "Roe, Bob"), "year": 2031,
        "journal": "Invented Journal of Imaginary Medicine", "volume": "12", "pages": "101-9",
    }  # fmt: skip
    full |= said
    told = {
        name: say(full[name])
        for name in ("title", "journal", "volume", "doi", "pmid", "kind")
        if full.get(name)
    }
    if full.get("authors"):
        told["authors"] = say(tuple(say(name) for name in full["authors"]))
    if full.get("year"):
        told["published"] = say(PartialDate(full["year"]))
    if full.get("abstract"):
        told["sections"] = say((Section("", say(full["abstract"]), part="abstract"),))
    labels = {"pages": "Pages", "issue": "Issue"}
    other = tuple(Labelled(labels[name], say(full[name])) for name in labels if full.get(name))
    return Reference(file, place, Publication(**told, other=other))


def removed(*references: Reference) -> int:
    found = deduplicate(references)
    assert len(found.kept) + found.removed == len(references)
    return found.removed


ONE = [
    {"title": TITLE.upper() + "."},
    {"title": TITLE.replace("randomised", "randomized")},
    {"title": TITLE.partition(":")[0]},
    {"title": "Lamp oil agianst night fever in imaginary adults of Atlantis: a randomised trial"},
    {"journal": "Invent J Imag Med", "authors": ("Doe AB", "Roe B")},
    {"authors": ("Ann B. Doe",), "pages": "101"},
    {"year": 2032, "volume": "", "pages": ""},  # online in one year, in print the next
    {"doi": "10.5555/lamp.1"},
    {"doi": "https://doi.org/10.5555/LAMP.1", "pmid": "90000001", "journal": ""},
]
TWO = [
    {"kind": "Conference Abstract", "pages": "S44", "volume": "9"},
    {"title": "Erratum: " + TITLE, "pages": "210"},
    {"title": "Correction to: " + TITLE, "pages": "210", "kind": "Published Erratum"},
    {"kind": "preprint", "journal": "medRxiv", "volume": "", "pages": ""},
    {"title": "Lamp oil against night fever in unborn whales of Atlantis", "pages": "300"},
    {"authors": ("Poe, Cid",), "year": 2019, "journal": "Dream Surgery", "volume": "3"},
]


@pytest.mark.parametrize("said", ONE)
def test_one_reference_in_two_exports(said: dict[str, Any]) -> None:
    assert removed(reference(), reference("b.ris", **said)) == 1


@pytest.mark.parametrize("said", TWO)
def test_what_is_another_report(said: dict[str, Any]) -> None:
    found = deduplicate([reference(), reference("b.ris", **said)])
    assert (found.removed, found.probable) == (0, ())


@pytest.mark.parametrize(
    ("title", "one", "other"),
    [
        ("Part {}: the lamp in ancient medicine of Atlantis", "I", "II"),
        ("Lamp oil in imaginary adults of Atlantis after {} months", "12", "24"),
        ("The lamps of Atlantis, {} report of the survey", "first", "second"),
    ],
)
def test_parts_of_a_series_are_not_duplicates(title: str, one: str, other: str) -> None:
    first = reference(title=title.format(one), pages="")
    assert removed(first, reference("b.ris", title=title.format(other), pages="")) == 0
    assert removed(first, reference("b.ris", title=title.format(one) + ".", pages="")) == 1


def test_numbers_that_differ_are_for_a_person() -> None:
    found = deduplicate([reference(doi="10.5555/a.1"), reference("b.ris", doi="10.5555/a.2")])
    assert found.removed == 0
    (pair,) = found.probable
    assert pair.against == "they have different DOIs"


def test_one_doi_and_nothing_else_in_common_is_for_a_person() -> None:
    other = reference(
        "b.ris", doi="10.5555/a.1", title="Whales", pages="7", authors=("Poe, Cid",), volume="2"
    )
    found = deduplicate([reference(doi="10.5555/a.1"), other])
    assert found.removed == 0
    assert found.probable[0].against == "their titles have little in common"


def test_abstracts_of_one_supplement_share_its_doi() -> None:
    abstracts = [
        reference(
            "a.ris", at, title=f"Poster {at}: lamp oil in group {at}", doi="10.5555/supplement"
        )
        for at in range(60)
    ]
    unpaged = [
        reference("a.ris", at, title=f"Poster {at} on lamp oil", doi="10.5555/s", pages="")
        for at in range(60)
    ]
    assert removed(*abstracts) == removed(*unpaged) == 0


def test_what_fits_two_that_exclude_each_other_joins_neither() -> None:
    a = reference(doi="10.5555/a.1", volume="", pages="")
    b = reference("b.ris", doi="10.5555/a.2", volume="", pages="")
    unclear = reference("c.ris", volume="", pages="")
    found = deduplicate([a, b, unclear])
    assert found.removed == 0
    assert any("resembles another" in pair.against for pair in found.probable)


def test_a_bare_title_is_for_a_person_and_kept() -> None:
    bare = {"authors": (), "year": None, "journal": "", "volume": "", "pages": ""}
    assert removed(reference(**bare), reference("b.ris", **bare)) == 0
    editorials = [
        reference("a.ris", at, title="Editorial", authors=(), pages=str(at)) for at in range(200)
    ]
    assert removed(*editorials) == 0


def test_the_most_complete_is_kept_and_each_duplicate_has_its_reason() -> None:
    plain = reference("a.ris")
    whole = reference("b.ris", doi="10.5555/lamp.1", pmid="90000001", abstract="Oil helps.")
    numbered = reference("c.ris", pmid="90000001", title="")
    found = deduplicate([plain, whole, numbered])
    (group,) = found.groups
    assert group.kept == 1
    reasons = {one.index: (one.reason, one.of) for one in group.duplicates}
    assert reasons[2] == ("both have the PubMed number 90000001", 1)
    assert reasons[0][0].startswith("same title, first author, year, journal, volume, first page")
    assert [each.kept for each in found.counts] == [0, 1, 0]


def test_counts_by_file_add_up() -> None:
    doi = "10.5555/lamp.1"
    found = deduplicate(
        [
            reference("a.ris", 1, doi=doi),
            reference("a.ris", 2, doi=doi),
            reference("b.ris", 1, doi=doi),
        ]
    )
    told = [(one.file, one.identified, one.within, one.across, one.kept) for one in found.counts]
    assert told in (
        [("a.ris", 2, 1, 0, 1), ("b.ris", 1, 0, 1, 0)],
        [("a.ris", 2, 1, 1, 0), ("b.ris", 1, 0, 0, 1)],
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The New Journal of Lamps", "New J Lamps", True),
        ("NJL", "New Journal of Lamps", True),
        ("Lamps (London)", "Lamps", True),
        ("New Journal of Lamps", "Old Journal of Lamps", False),
        ("Lamps", "Whales", False),
        ("", "Whales", None),
    ],
)
def test_abbreviated_journals(one: str, other: str, same: bool | None) -> None:
    assert same_journal(one, other) is same


_SAID = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", TITLE, TITLE.upper(), TITLE + " II", "Editorial"]),
        "doi": st.sampled_from(["", "", "10.5555/a.1", "10.5555/a.2"]),
        "pmid": st.sampled_from(["", "", "90000001", "90000002"]),
        "year": st.sampled_from([None, 2031, 2032]),
        "authors": st.sampled_from([(), ("Doe, Ann",), ("Doe A", "Roe B"), ("Poe, Cid",)]),
        "volume": st.sampled_from(["", "12", "13"]),
        "pages": st.sampled_from(["", "101-9", "S7"]),
        "kind": st.sampled_from(["", "Conference Abstract", "preprint", "Published Erratum"]),
        "file": st.sampled_from(["a.ris", "b.csv"]),
    }
)  # fmt: skip


def _by_content(found: Outcome, names: list[str]) -> set[frozenset[str]]:
    groups = [
        frozenset([names[group.kept], *(names[one.index] for one in group.duplicates)])
        for group in found.groups
    ]
    return set(groups)


@settings(max_examples=150, deadline=None)
@given(st.lists(_SAID, max_size=9), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_does_not_matter(
    said: list[dict[str, Any]], mixing: random.Random
) -> None:
    given_ = [reference(place=at, **one) for at, one in enumerate(said)]
    found = deduplicate(given_)
    duplicates = [one.index for group in found.groups for one in group.duplicates]
    assert sorted([*found.kept, *duplicates]) == list(range(len(given_)))
    assert sum(one.kept for one in found.counts) == len(found.kept)
    assert all({pair.a, pair.b} <= set(found.kept) for pair in found.probable)
    for group in found.groups:  # no group holds two DOIs
        dois = {given_[at].publication.doi.content for at in (group.kept, *(
            one.index for one in group.duplicates))} - {None}  # fmt: skip
        assert len(dois) <= 1
    mixed = list(range(len(given_)))
    mixing.shuffle(mixed)
    again = deduplicate([given_[at] for at in mixed])
    # References of one content are interchangeable, so they are compared by content.
    contents = [str(sorted(one.items(), key=str)) for one in said]
    assert _by_content(found, contents) == _by_content(again, [contents[at] for at in mixed])
    assert len(again.kept) == len(found.kept)
