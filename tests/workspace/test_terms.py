"""The operations on terms: pages, lists, suggestions, and the mentions of a study."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from trialweave.errors import NotFound, WorkspaceError
from trialweave.model import Annotation
from trialweave.publish.terms.views import MENU, TermList, TermPage
from trialweave.store.mentions import rows_of
from trialweave.terms import shelf, shipped
from trialweave.workspace import Workspace

from ..publish.terms.invented import workspace


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Six trials and five vocabularies; none that ship."""
    folder = tmp_path_factory.mktemp("terms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "FOLDER", folder / "none")
        yield workspace(folder)


def test_a_page_is_what_json_can_say(world: Workspace) -> None:
    told = world.term("Invented fever", roles=("condition",), limit=2)
    assert (told.total, len(told.studies), told.asked) == (3, 2, "Invented fever")
    assert msgspec.json.decode(msgspec.json.encode(told), type=TermPage) == told
    assert world.term("invented fever", vocabulary="MeSH").term.id == "D990001"
    with pytest.raises(NotFound, match="no term is called"):
        world.term("moon")


def test_lists_by_menu_most_frequent_first(world: Workspace) -> None:
    every = world.terms()
    assert every.total == len(every.rows) == 11
    ranked = [(-row.studies, row.term.name.casefold()) for row in every.rows]
    assert ranked == sorted(ranked)
    assert {each.label: each.studies for each in every.counts if each.studies} == {
        "MeSH": 2, "HPO": 2, "Drug": 1, "Gene": 1, "SNP": 1, "Mutation": 1, "As registered": 4,
    }  # fmt: skip
    assert tuple(each.label for each in every.counts) == MENU
    drugs = world.terms("drug")
    assert (drugs.menu, [row.term.name for row in drugs.rows]) == ("Drug", ["Reed Oil"])
    assert (drugs.rows[0].studies, drugs.rows[0].mentions) == (1, 2)
    assert msgspec.json.decode(msgspec.json.encode(drugs), type=TermList) == drugs
    assert world.terms("Protein").rows == ()
    with pytest.raises(NotFound, match="There are MeSH, HPO"):
        world.terms("Poems")


def test_words_of_any_name_or_of_the_id(world: Workspace) -> None:
    assert [row.term.id for row in world.terms(query="FEVER reed").rows] == ["HP:0090001"]
    assert [row.term.id for row in world.terms("MeSH", "d990002").rows] == ["D990002"]
    found = world.terms(query="fever")
    assert {row.term.id for row in found.rows} == {"HP:0090001", "HP:0090002", "D990001"}
    counts = {each.label: each.studies for each in found.counts if each.studies}
    assert counts == {"MeSH": 1, "HPO": 2}
    assert world.terms(query="nobody says this").total == 0
    page = world.terms(limit=2, offset=1)
    assert (page.rows, page.total) == (world.terms().rows[1:3], 11)
    assert world.terms(limit=0).rows == world.terms(offset=99).rows == ()


def test_all_mentions_of_a_study_in_the_order_of_its_fields(world: Workspace) -> None:
    told = world.mentions("NCT09100004")
    assert [(each.address, each.term.id) for each in told] == [
        ("conditions[0]", "heat"),
        ("primary_outcomes[0].measure", "HGNC:99901"),
        ("primary_outcomes[1].measure", "rs99900001"),
        ("primary_outcomes[2].measure", "HGNC:99901"),
        ("primary_outcomes[2].measure", "FVR1 p.Val99Met"),
    ]
    assert {each.study_id for each in told} == {"NCT09100004"}
    assert told[1].before + told[1].match + told[1].after == "Expression of the FVR1 gene"
    with pytest.raises(NotFound):
        world.mentions("NCT09999999")


def test_suggestions_count_studies(world: Workspace) -> None:
    told = world.suggest_terms("night", 5)
    assert [(row.term.id, row.studies, row.mentions) for row in told] == [("HP:0090002", 2, 3)]
    assert world.suggest_terms("") == ()


def test_a_mention_that_people_rejected_is_not_counted(world: Workspace) -> None:
    state = world._state()
    rows = state.mentions.to_pylist()
    rejected = [
        Annotation(**(row | {"stands": row["record_id"] != "ctgov:NCT09100006"})) for row in rows
    ]
    other = Workspace(world.root)
    other._state().__dict__["mentions"] = rows_of(rejected)
    assert [each.study_id for each in other.term("moon broth").studies] == ["NCT09100005"]
    assert other.mentions("NCT09100006") == ()
    assert world.term("moon broth").total == 2


def test_a_mention_that_its_record_no_longer_has_is_shown_by_itself(world: Workspace) -> None:
    moved = Annotation(
        "ctgov:NCT09100002", "conditions[7]", "condition", 5, 16, "Night fever", "HPO",
        "HP:0090002", "Night fever", "as written", decided=3,
    )  # fmt: skip
    other = Workspace(world.root)
    other._state().__dict__["mentions"] = rows_of([moved])
    (shown,) = other.mentions("NCT09100002")
    assert (shown.before, shown.match, shown.after, shown.decided) == ("", "Night fever", "", 3)


def test_a_vocabulary_that_is_off_leaves_its_mentions_a_page(world: Workspace) -> None:
    shelf.switch(world.root, "HPO", on=False)
    try:
        told = world.term("HP:0090002")
        assert (told.term.name, told.total, told.version) == ("Night fever", 2, "")
        assert told.narrower == told.paths == ()
        assert world.term("night fever").term.id == "HP:0090002"
    finally:
        shelf.switch(world.root, "HPO", on=True)
    assert world.term("HP:0090002").version == "2031"


def test_an_empty_workspace_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(WorkspaceError, match="empty"):
        Workspace(tmp_path_factory.mktemp("empty")).terms()
