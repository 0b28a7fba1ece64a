"""The page of a term: its studies, how they name it, and what stands around the mentions."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.errors import NotFound
from trialweave.model.annotation import ROLES
from trialweave.publish.terms.counted import ASSERTIONS
from trialweave.publish.terms.page import term_page
from trialweave.publish.terms.views import Count, TermPage
from trialweave.records.addresses import BLOT
from trialweave.terms.fields import field_texts
from trialweave.workspace import Workspace

NUMBERS = {n: f"NCT0910000{n}" for n in range(1, 7)}


def page(world: Workspace, asked: str, **more: object) -> TermPage:
    return term_page(world._state(), world.root, asked, **more)  # type: ignore[arg-type]


def test_studies_of_a_term_and_of_all_that_is_narrower(world: Workspace) -> None:
    whole = page(world, "Invented fever")
    assert (whole.term.vocabulary, whole.term.id) == ("HPO", "HP:0090001")
    assert (whole.total, whole.own, whole.descendants, whole.exploded) == (4, 3, 2, True)
    # Those with the condition first, the newest of them first; the one that excludes it last.
    assert [each.study_id for each in whole.studies] == [NUMBERS[n] for n in (6, 2, 1, 3)]
    alone = page(world, "Invented fever", explode=False)
    assert (alone.total, alone.own, alone.exploded) == (3, 3, False)
    assert [each.study_id for each in alone.studies] == [NUMBERS[n] for n in (6, 1, 3)]


def test_counts_by_role_assertion_year_and_country(world: Workspace) -> None:
    whole = page(world, "Invented fever")
    assert whole.roles == (
        Count("condition", 3), Count("outcome", 1), Count("criterion", 1), Count("text", 1),
    )  # fmt: skip
    assert whole.assertions == (
        Count("present", 3), Count("excluded", 1), Count("hypothetical", 1),
    )  # fmt: skip
    assert whole.years == (Count("2020", 1), Count("2021", 2), Count("2022", 1))
    assert whole.countries == (Count("Spain", 3), Count("France", 2))
    assert page(world, "FVR1").years == (Count("not stated", 1),)


def test_filters_narrow_the_studies_and_leave_the_other_ways_to_be_chosen(world: Workspace) -> None:
    excluded = page(world, "Invented fever", assertions=["excluded"])
    assert [each.study_id for each in excluded.studies] == [NUMBERS[3]]
    assert excluded.assertions == page(world, "Invented fever").assertions
    assert excluded.roles == (Count("criterion", 1),)
    assert excluded.notes == ("The studies here name it only to exclude or to deny it.",)
    outcome = page(world, "Invented fever", roles=["outcome"], assertions=["present"])
    assert [each.study_id for each in outcome.studies] == [NUMBERS[1]]
    nothing = page(world, "Invented fever", roles=["comparator"])
    assert (nothing.total, nothing.notes) == (0, ("No study here names it in this way.",))
    for wrong in ({"roles": ["hero"]}, {"assertions": ["perhaps"]}):
        with pytest.raises(NotFound, match="Ask for one of"):
            page(world, "Invented fever", **wrong)


def test_a_study_tells_how_it_names_the_term(world: Workspace) -> None:
    first = next(s for s in page(world, "Invented fever").studies if s.study_id == NUMBERS[1])
    assert (first.title, first.status, first.phase) == ("Reed oil against heat", "completed", "2")
    assert (first.enrollment, first.start, first.countries) == ("41", "2020-03-01", ("France",))
    assert (first.roles, first.assertions) == (
        ("condition", "outcome", "text"), ("present", "hypothetical"),
    )  # fmt: skip
    assert [each.address for each in first.mentions] == [
        "conditions[0]", "primary_outcomes[0].measure", "brief_summary",
    ]  # fmt: skip
    assert first.more_mentions == 0
    condition, outcome, summary = first.mentions
    assert (condition.match, condition.term.id, condition.label) == (
        "Invented fever", "HP:0090001", "Conditions",
    )  # fmt: skip
    assert (outcome.before, outcome.match, outcome.after, outcome.term.id) == (
        "Time to the end of ", "night fever", "", "HP:0090002",
    )  # fmt: skip
    assert summary.before == f"Write to {BLOT * len('ada@reed.example.org')} if "


def test_definition_names_and_the_places_in_the_tree(world: Workspace) -> None:
    fever = page(world, "HP:0090001")
    assert fever.definition == "Heat that nobody has."
    assert [(each.text, each.scope) for each in fever.names] == [
        ("Invented fever", "preferred"), ("Reed fever", "exact"),
    ]  # fmt: skip
    assert (fever.version, fever.licence, fever.citation) == ("2031", "HPO licence", "Ada, HPO")
    assert [(row.term.name, row.studies) for row in fever.narrower] == [
        ("Night fever", 2), ("Fever of sailors", 0),
    ]  # fmt: skip
    sailors = page(world, "HP:0090003")
    ways = {tuple(each.name for each in path.terms) for path in sailors.paths}
    assert ways == {
        ("Abnormal heat", "Invented fever"), ("Abnormal heat", "Invented fever", "Night fever"),
    }  # fmt: skip
    assert sailors.notes == ("No study here names it; it is known from HPO 2031.",)
    assert page(world, "HP:0090000").paths == ()


def test_the_same_thing_elsewhere_by_reference_concept_and_name(world: Workspace) -> None:
    # MeSH by an equal name, MONDO by a concept of the UMLS that both name.
    assert [row.term.id for row in page(world, "HP:0090001").alike] == ["D990001", "MONDO:0099001"]
    # HPO by that concept, MeSH by MONDO's cross reference.
    assert [row.term.id for row in page(world, "MONDO:0099001").alike] == ["HP:0090001", "D990001"]
    assert page(world, "Reed oil").alike == ()


def test_a_retired_term_says_what_replaces_it_and_a_merged_one_is_that(world: Workspace) -> None:
    assert page(world, "Swamp ague").obsolete == "HP:0090001"
    assert page(world, "HP:0090012").term.id == "HP:0090002"
    assert page(world, "HP:0090002").obsolete == ""


def test_how_texts_write_it(world: Workspace) -> None:
    # "night fever" and "Night fever" are one spelling, shown as more studies have it.
    told = {each.label.casefold(): each.studies for each in page(world, "HP:0090001").spellings}
    assert told == {"invented fever": 2, "night fever": 2, "reed fever": 1}


def test_what_was_registered_has_a_page(world: Workspace) -> None:
    broth = page(world, "moon broths")
    assert (broth.term.vocabulary, broth.term.id, broth.total) == ("As registered", "moon broth", 2)
    assert broth.term.menu == "As registered"
    assert {each.label for each in broth.spellings} in ({"Moon broths", "Moon Broth"},)


def test_pages_of_studies(world: Workspace) -> None:
    whole = page(world, "Invented fever")
    second = page(world, "Invented fever", limit=1, offset=1)
    assert second.studies == whole.studies[1:2]
    assert (second.total, second.offset, second.years) == (4, 1, whole.years)
    assert page(world, "Invented fever", limit=0).studies == ()
    assert page(world, "Invented fever", offset=99).studies == ()
    assert page(world, "Invented fever", limit=-1, offset=-5).offset == 0


def squeezed(text: str) -> str:
    return re.sub(f"[{BLOT}]+|\\s+", " ", text)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.sampled_from(
        ["HP:0090000", "HP:0090001", "HP:0090002", "D990001", "D990002", "HGNC:99901", "moon broth",
         "rs99900001", "VAR_990001", "VAR_990003", "MONDO:0099001", "OMIM:990009"]
    ),
    roles=st.sets(st.sampled_from(ROLES)),
    assertions=st.sets(st.sampled_from(ASSERTIONS)),
    step=st.integers(1, 4),
)  # fmt: skip
def test_invariants(
    world: Workspace, asked: str, roles: set[str], assertions: set[str], step: int
) -> None:
    state = world._state()
    filters = {"roles": sorted(roles), "assertions": sorted(assertions)}
    whole = page(world, asked, **filters)
    paged = [
        each
        for at in range(0, whole.total + step, step)
        for each in page(world, asked, limit=step, offset=at, **filters).studies
    ]
    assert len({each.study_id for each in paged}) == len(paged) == whole.total
    alone = page(world, asked, explode=False, **filters)
    assert {each.study_id for each in alone.studies} <= {each.study_id for each in whole.studies}
    assert alone.total == alone.own == whole.own <= whole.total
    assert sum(each.studies for each in whole.years) == whole.total
    for study in whole.studies:
        assert set() < set(study.roles) <= (roles or set(ROLES))
        assert set() < set(study.assertions) <= (assertions or set(ASSERTIONS))
        for mention in study.mentions:
            (record,) = state.records([mention.record_id])
            texts = {each.field: squeezed(blotted(each.text)) for each in field_texts(record)}
            shown = (mention.before + mention.match + mention.after).strip("…")
            assert squeezed(shown) in texts[mention.address]
            assert max(len(mention.before), len(mention.after)) <= 61  # with "…"


def blotted(text: str) -> str:
    return text.replace("ada@reed.example.org", BLOT)
