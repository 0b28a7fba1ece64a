"""What people decide holds, whatever identifiers and likeness say, in whatever order it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.model import Decision, Link, Record
from trialweave.studies import Weave, weave
from trialweave.studies.clusters import between
from trialweave.studies.decided import contradictions, shown_name, standings

A, B, C, D = (f"register:NCT0100000{n}" for n in (1, 2, 3, 4))


def decide(*said: tuple[str, ...]) -> list[Decision]:
    """Decisions as (record, verdict, record, who, role), the last two with defaults."""
    made = []
    for number, (a, verdict, b, *more) in enumerate(said, 1):
        who, role = [*more, *("Ada", "reviewer")[len(more) :]]
        pair = sorted((a, b))
        at = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
        made.append(Decision(number, at, who, role, verdict, *pair, "as I read it", ""))  # type: ignore[arg-type]
    return made


def groups(woven: Weave) -> set[frozenset[str]]:
    return {frozenset(each.record_ids) for each in woven.studies}


def link(woven: Weave, a: str, b: str) -> Link:
    pair = tuple(sorted((a, b)))
    (found,) = [each for each in woven.links if (each.record_a, each.record_b) == pair]
    return found


def told(woven: Weave, a: str, b: str) -> str:
    return "; ".join(f"{each.name}: {each.evidence}" for each in link(woven, a, b).signals)


@pytest.fixture
def trials(make: SimpleNamespace) -> list[Record]:
    """Four registrations of one register that have nothing in common."""
    return [
        make.registration(name.partition(":")[2], public_title=title)
        for name, title in zip(
            (A, B, C, D), ("Chalk", "Sleep by harps", "Ice hoods", "Oat"), strict=True
        )
    ]


def test_together_joins_even_two_registrations_of_one_register(
    make: SimpleNamespace, trials: list[Record]
) -> None:
    articles = [make.article(f"x:{n}", registrations=[f"NCT0100000{n}"]) for n in (1, 2, 3)]
    woven = weave([*trials, *articles], {}, decide((A, "together", B)))
    assert groups(woven) == {frozenset({A, B, "x:1", "x:2"}), frozenset({C, "x:3"}), frozenset({D})}
    found = link(woven, A, B)
    assert (found.kind, found.probability, found.rule) == ("decided", 1.0, "decision/1")
    assert told(woven, A, B) == "decision: Ada decided together on 2031-01-01: as I read it"
    assert link(woven, A, "x:1").kind == "asserted"


def test_apart_outweighs_an_identifier(make: SimpleNamespace, trials: list[Record]) -> None:
    article = make.article("x:1", registrations=["NCT01000001"])
    assert frozenset({A, "x:1"}) in groups(weave([*trials, article], {}))
    woven = weave([*trials, article], {}, decide((A, "apart", "x:1")))
    assert frozenset({A}) in groups(woven)
    found = link(woven, A, "x:1")
    assert (found.kind, found.probability) == ("rejected", 0.0)
    assert [signal.name for signal in found.signals] == ["decision", "registry number"]


def test_apart_frees_the_other_claim_of_an_article_on_two_trials(
    make: SimpleNamespace, trials: list[Record]
) -> None:
    article = make.article("x:1", registrations=["NCT01000001", "NCT01000002"])
    assert frozenset({"x:1"}) in groups(weave([*trials, article], {}))
    woven = weave([*trials, article], {}, decide((B, "apart", "x:1")))
    assert frozenset({A, "x:1"}) in groups(woven)


def test_of_a_chain_the_weaker_link_gives_way_and_says_so(
    make: SimpleNamespace, trials: list[Record]
) -> None:
    article = make.article("x:1", "10.5555/x", registrations=["NCT01000001"])
    page = make.article("y:1", "10.5555/x")
    held = [*trials, article, page]
    assert frozenset({A, "x:1", "y:1"}) in groups(weave(held, {}))
    woven = weave(held, {}, decide((A, "apart", "y:1")))
    # One DOI is more certain than a number that an article states.
    assert frozenset({"x:1", "y:1"}) in groups(woven)
    gave = link(woven, A, "x:1")
    assert gave.kind == "candidate"
    said = f"held back: {A} and y:1 were decided apart by Ada (2031-01-01)"
    assert gave.signals[-1].evidence == said


def test_of_equally_strong_links_none_is_preferred(make: SimpleNamespace) -> None:
    pages = [make.article(f"{name}:1", "10.5555/x") for name in "abcd"]  # all are linked to a:1
    woven = weave(pages, {}, decide(("b:1", "apart", "c:1")))
    assert groups(woven) == {frozenset({"a:1", "d:1"}), frozenset({"b:1"}), frozenset({"c:1"})}
    again = decide(("b:1", "apart", "c:1"), ("a:1", "together", "c:1"))
    woven = weave(pages, {}, again)
    assert groups(woven) == {frozenset({"a:1", "c:1", "d:1"}), frozenset({"b:1"})}


def test_likely_links_give_way_and_say_so(make: SimpleNamespace) -> None:
    said: dict[str, Any] = {
        "public_title": "Amber thyme honey secretome in severe frostbite",
        "interventions": ["Amber thyme honey secretome"],
        "countries": ["Iceland"],
        "enrollment": 31,
        "start_date": (2019, 5, 4),
    }
    one = make.registration("NCT01000001", **said)
    two = make.registration("ChiCTR2000000002", **said)
    three = make.registration("ISRCTN00000035", **{**said, "start_date": (2019, 6, 20)})
    held = [one, two, three]
    assert len(weave(held, {}).studies) == 1
    woven = weave(held, {}, decide((two.record_id, "apart", three.record_id)))
    assert not any({two.record_id, three.record_id} <= group for group in groups(woven))
    assert any(
        "were decided apart" in told(woven, one.record_id, other.record_id)
        for other in (two, three)
    )


def test_reviewers_who_differ_change_nothing(make: SimpleNamespace, trials: list[Record]) -> None:
    article = make.article("x:1", registrations=["NCT01000001"])
    held = [*trials, article]
    differ = decide((A, "together", B), (A, "apart", B, "Ben"), (A, "apart", "x:1"))
    woven = weave(held, {}, [*differ, *decide((A, "together", "x:1", "Ben"))])
    assert groups(woven) == groups(weave(held, {}))
    assert link(woven, A, B).kind == "candidate"
    assert told(woven, A, B).count("as I read it") == 2
    assert link(woven, A, "x:1").kind == "asserted"
    assert "in dispute" in told(woven, A, "x:1")


def test_an_adjudicator_settles_and_the_latest_of_each_person_counts() -> None:
    said = decide(
        (A, "apart", B),
        (B, "apart", A, "ben"),
        (A, "together", B, "Cy", "adjudicator"),
        (A, "together", C),
        (A, "withdrawn", C),
        (A, "together", D),
        (A, "apart", D, "  ADA "),
    )
    held = {each.pair: (each.outcome, each.adjudicated) for each in standings(said)}
    assert held == {(A, B): ("together", True), (A, D): ("apart", False)}
    more = [*said, *decide((A, "apart", B, "Di", "adjudicator"))]
    assert standings(more)[0].outcome == "in dispute"


def test_contradicting_decisions_are_reported_and_apart_wins(trials: list[Record]) -> None:
    said = decide((A, "together", B), (B, "together", C), (A, "apart", C), (C, "together", D))
    woven = weave(trials, {}, said)
    assert groups(woven) == {frozenset({A}), frozenset({B}), frozenset({C, D})}
    (found,) = contradictions(standings(said), {A, B, C, D})
    assert found.apart.counted == (said[2],)
    assert [each.counted for each in found.together] == [(said[0],), (said[1],)]
    assert link(woven, A, B).kind == "candidate"
    assert "held back: " in told(woven, A, B)
    # An adjudicator's decision stays where a reviewer's gives way.
    said[0] = decide((A, "together", B, "Cy", "adjudicator"))[0]
    assert groups(weave(trials, {}, said)) == {frozenset({A, B}), frozenset({C, D})}


def test_decisions_about_absent_records_rest(trials: list[Record]) -> None:
    said = decide(("gone:1", "together", A), ("gone:1", "apart", B), ("gone:2", "apart", "gone:3"))
    assert weave(trials, {}, said) == weave(trials, {})
    assert contradictions(standings(said), {A, B}) == ()


def test_a_split_registration_names_one_study(make: SimpleNamespace) -> None:
    forms = [make.registration("NCT01000001", source=name) for name in ("b", "a", "c")]
    split = decide(("a:NCT01000001", "apart", "c:NCT01000001"))
    woven = weave(forms, {}, split)
    assert {each.study_id: each.record_ids for each in woven.studies} == {
        "NCT01000001": ("a:NCT01000001", "b:NCT01000001"),
        "c:NCT01000001": ("c:NCT01000001",),
    }


def test_no_more_than_the_name_of_an_address_is_shown() -> None:
    assert shown_name("Ada <ada.l@example.org>") == "Ada <ada.l>"
    assert shown_name("ada@example.org") == "ada"
    assert shown_name("@") == "somebody"


def _paths(near: dict[str, set[str]], at: str, goal: str, seen: list[str]) -> Iterable[list[str]]:
    if at == goal:
        yield seen
        return
    for each in near.get(at, ()):
        if each not in seen:
            yield from _paths(near, each, goal, [*seen, each])


@settings(deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=14))
def test_between_is_what_walking_every_path_finds(edges: set[tuple[str, str]]) -> None:
    near: dict[str, set[str]] = {}
    for a, b in edges:
        if a != b:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
    walked = {node for path in _paths(near, "a", "b", ["a"]) for node in path}
    assert between(near, "a", "b") == walked | {"a", "b"}


def test_a_long_chain_is_no_burden() -> None:
    names = [str(n) for n in range(50_000)]
    near: dict[str, set[str]] = {name: set() for name in names}
    for a, b in pairwise(names):
        near[a].add(b)
        near[b].add(a)
    assert len(between(near, "10", "40000")) == 39_991


_NUMBERS = ["NCT01000001", "NCT01000002", "ISRCTN00000035", "ChiCTR2000000002"]
_IDS = [*(f"register:{number}" for number in _NUMBERS), *(f"x:{n}" for n in range(5))]
_Verdicts = st.sampled_from(["together", "together", "apart", "withdrawn"])


@st.composite
def _worlds(draw: Any) -> dict[str, Any]:
    """Who states which number and DOI, and who decided what; each person once about each pair."""
    pairs = st.tuples(st.sampled_from(_IDS), st.sampled_from(_IDS), st.sampled_from("AB"))
    said = draw(st.dictionaries(pairs, st.tuples(_Verdicts, st.booleans()), max_size=8))
    once = {(*sorted((a, b)), who): what for (a, b, who), what in sorted(said.items()) if a != b}
    return {
        "crossed": draw(st.lists(st.sampled_from(_NUMBERS), min_size=4, max_size=4)),
        "named": draw(
            st.lists(st.sets(st.sampled_from(_NUMBERS), max_size=2), min_size=5, max_size=5)
        ),
        "dois": draw(st.lists(st.integers(0, 3), min_size=5, max_size=5)),
        "alike": draw(st.booleans()),
        "said": [
            (a, verdict, b, who, "adjudicator" if adjudicator else "reviewer")
            for (a, b, who), (verdict, adjudicator) in once.items()
        ],
        "order": draw(st.permutations(range(9))),
        "later": draw(st.permutations(range(len(once)))),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=_worlds())
def test_decisions_hold_and_their_order_does_not_matter(
    make: SimpleNamespace, world: dict[str, Any]
) -> None:
    like: dict[str, Any] = {"countries": ["Iceland"], "enrollment": 31, "start_date": (2019, 5, 4)}
    like["public_title"] = "Amber thyme honey secretome in severe frostbite"
    records = [
        make.registration(number, secondary_ids=[other], **(like if world["alike"] else {}))
        for number, other in zip(_NUMBERS, world["crossed"], strict=True)
    ]
    for n, (named, doi) in enumerate(zip(world["named"], world["dois"], strict=True)):
        stated = f"10.5555/{doi}" if doi else ""
        records.append(make.article(f"x:{n}", stated, registrations=sorted(named)))
    said = world["said"]
    woven = weave(records, {}, decide(*said))
    shuffled = [records[place] for place in world["order"]]
    again = weave(shuffled, {}, decide(*[said[place] for place in world["later"]])[::-1])
    assert again.studies == woven.studies
    assert [(k.record_a, k.record_b, k.kind, k.probability) for k in again.links] == [
        (k.record_a, k.record_b, k.kind, k.probability) for k in woven.links
    ]
    study_of = {name: each.study_id for each in woven.studies for name in each.record_ids}
    assert sorted(name for each in woven.studies for name in each.record_ids) == sorted(_IDS)
    assert len({each.study_id for each in woven.studies}) == len(woven.studies)
    standing = standings(decide(*said))
    against = {one.pair for found in contradictions(standing, set(_IDS)) for one in found.together}
    for each in standing:
        joined = study_of[each.record_a] == study_of[each.record_b]
        kind = link(woven, *each.pair).kind
        if each.outcome == "apart":
            assert not joined
            assert kind == "rejected"
        elif each.outcome == "together" and each.pair not in against:
            assert joined
            assert kind == "decided"
    for each in woven.links:
        if each.kind in ("asserted", "probable", "decided"):
            assert study_of[each.record_a] == study_of[each.record_b]
