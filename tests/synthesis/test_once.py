"""No participant counts twice, and retracted articles do not count: from records to rows."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import (
    ArmResult,
    Finding,
    Publication,
    Record,
    RegistryNumber,
    Related,
    Trial,
    Value,
    stated,
)
from trialweave.model.identifiers import Identifier
from trialweave.studies import weave
from trialweave.studies.identities import identity
from trialweave.studies.notices import notices
from trialweave.synthesis import Question, Selection, choose, pool
from trialweave.synthesis.groups import counts
from trialweave.synthesis.once import Names, claim, shared, which_stay
from trialweave.synthesis.question import from_toml

ARTICLE, PREPRINT = "10.5555/lamp.1", "10.1101/2031.01.02.99999"
ONE, TWO = "NCT99000001", "NCT99000002"


def say(content: Any) -> Value[Any]:
    return stated(content, "test/1")


def record(
    record_id: str,
    *,
    doi: str = "",
    numbers: Iterable[str] = (),
    own: str = "",
    related: tuple[str, str] | None = None,
) -> Record:
    source, _, name = record_id.partition(":")
    trial = Trial(allocation=say("randomised"), primary_id=say(own) if own else Value())
    publication = None
    if not own:
        publication = Publication(
            title=say(f"Invented report {record_id}"),
            doi=say(doi) if doi else Value(),
            registrations=say(tuple(RegistryNumber(say(one)) for one in numbers)),
            relations=say((Related(related[0], doi=say(related[1])),)) if related else Value(),
            trial=trial,
        )
    return Record(
        record_id, 1, source, name, "trial" if own else "publication", "0", "0", 0, 1, "invented",
        dt.datetime(2031, 1, 1, tzinfo=dt.UTC), trial=trial if own else None,
        publication=publication,
    )  # fmt: skip


def result(record_id: str, treated: tuple[int, int], controls: tuple[int, int]) -> Finding:
    arms = tuple(
        ArmResult(label, role, events, n, events_origin="stated", n_origin="stated")  # type: ignore[arg-type]
        for label, role, (events, n) in (
            ("oil", "treatment", treated),
            ("none", "control", controls),
        )
    )
    return Finding(
        f"{record_id}#1", record_id, "death", "mortality", "count", time_days=28, arms=arms
    )


def chosen(records: list[Record], *findings: Finding, **asked: Any) -> Selection:
    told = {one.record_id: [f for f in findings if f.record_id == one.record_id] for one in records}
    woven = weave(records, told)
    study_of = {name: study.study_id for study in woven.studies for name in study.record_ids}
    by_study: dict[str, list[Any]] = {}
    for notice in notices(map(identity, records), study_of):
        by_study.setdefault(notice.study_id, []).append(notice)
    question = Question("mortality", **asked)
    return choose(question, woven.studies, records, findings, (), by_study)


def test_four_reports_of_one_trial_are_one_row() -> None:
    records = [
        record("ctgov:1", own=ONE),
        record("pubmed:1", doi=ARTICLE, numbers=[ONE]),
        record("crossref:p", doi=PREPRINT, related=("is-preprint-of", ARTICLE)),
        record("extraction:doe2031", doi=ARTICLE),
        record("news:1", doi=ARTICLE),
    ]
    numbers = ((3, 30), (6, 31))
    found = chosen(records, *(result(one.record_id, *numbers) for one in records))
    (row,) = found.chosen
    assert counts(row.treatment, row.control) == (3, 30, 6, 31)
    assert len(row.agreeing) == 4


def test_an_article_of_two_trials_gives_way_to_the_trials() -> None:
    records = [
        record("ctgov:1", own=ONE),
        record("ctgov:2", own=TWO),
        record("pubmed:1", doi=ARTICLE, numbers=[ONE, TWO]),
    ]
    both = result("pubmed:1", (8, 70), (12, 70))
    single = [result("ctgov:1", (3, 30), (5, 30)), result("ctgov:2", (5, 40), (7, 40))]
    found = chosen(records, both, *single)
    assert {row.study_id for row in found.chosen} == {ONE, TWO}
    (left,) = (one for one in found.left_out if one.kind == "counted already")
    assert left.contrast is not None
    assert "both state NCT9900000" in left.why
    # With the results of one trial alone the article still shares its participants.
    found = chosen(records, both, single[0])
    assert [row.study_id for row in found.chosen] == [ONE]
    # Where no trial has results of its own, the article stands for both.
    found = chosen(records, both)
    assert [(row.treatment.n, row.control.n) for row in found.chosen] == [(70, 70)]


def test_what_comes_back_in_another_analysis_is_not_counted_twice_either() -> None:
    records = [record("ctgov:1", own=ONE), record("ctgov:2", own=TWO)]
    article = record("pubmed:1", doi=ARTICLE, numbers=[ONE, TWO])
    assert article.publication is not None
    open_ = Trial(allocation=say("non-randomised"))
    body = msgspec.structs.replace(article.publication, trial=open_)
    records.append(msgspec.structs.replace(article, publication=body))
    found = [result("pubmed:1", (8, 70), (12, 70)), result("ctgov:1", (3, 30), (5, 30)),
             result("ctgov:2", (5, 40), (7, 40))]  # fmt: skip
    selection = chosen(records, *found)
    answer = pool(Question("mortality"), selection)
    (row,) = (one for one in answer.sensitivity if one.name == "all comparative designs")
    assert row.k == 2


def test_two_trials_of_one_article_in_a_sheet_stay_two() -> None:
    records = [
        record("extraction:a", doi=ARTICLE, numbers=[ONE]),
        record("extraction:b", doi=ARTICLE, numbers=[TWO]),
    ]
    found = chosen(
        records, result("extraction:a", (1, 20), (2, 20)), result("extraction:b", (2, 20), (3, 20))
    )
    assert len(found.chosen) == 2


def retracted() -> list[Record]:
    return [
        record("pubmed:1", doi=ARTICLE, numbers=[ONE], related=("RetractionIn", "10.5555/lamp.9")),
        record("extraction:doe2031", doi=ARTICLE),
        record("crossref:p", doi=PREPRINT, related=("is-preprint-of", ARTICLE)),
    ]


def test_a_retracted_report_is_left_out_with_its_preprint_and_extraction() -> None:
    records = retracted()
    results = [result(one.record_id, (3, 30), (6, 31)) for one in records]
    found = chosen(records, *results)
    assert not found.chosen
    (left,) = found.left_out
    assert left.kind == "retracted"
    assert "10.5555/lamp.9" in left.why
    (row,) = chosen(records, *results, with_retracted=True).chosen
    assert [notice.kind for notice in row.notices][:1] == ["retraction"]


def test_posted_results_stand_where_the_article_was_retracted() -> None:
    records = [record("ctgov:1", own=ONE), *retracted()]
    results = [result(one.record_id, (9, 90), (9, 91)) for one in retracted()]
    found = chosen(records, *results, result("ctgov:1", (3, 30), (6, 31)))
    (row,) = found.chosen
    assert (row.finding_id, row.treatment.n) == ("ctgov:1#1", 30)
    assert "not used" in row.why
    answer = pool(Question("mortality"), found)
    assert answer.rows[0].notices == ("retraction",)
    assert any("notices" in note for note in answer.notes)


def test_a_correction_is_told_and_changes_nothing() -> None:
    records = [record("pubmed:1", doi=ARTICLE, related=("ErratumIn", "10.5555/lamp.9"))]
    (row,) = chosen(records, result("pubmed:1", (3, 30), (6, 31))).chosen
    assert [notice.kind for notice in row.notices] == ["correction"]


def test_a_withdrawn_preprint_leaves_its_article() -> None:
    records = [
        record("pubmed:1", doi=ARTICLE, numbers=[ONE]),
        record(
            "crossref:p", doi=PREPRINT, numbers=[ONE], related=("withdrawal in", "10.1101/2031.9")
        ),
    ]
    results = [result("pubmed:1", (3, 30), (6, 31)), result("crossref:p", (4, 40), (9, 41))]
    (row,) = chosen(records, *results).chosen
    assert row.treatment.n == 30


_ARTICLES = [Identifier("doi", f"10.5555/{name}") for name in "abc"]
_NUMBERS = [Identifier("nct", f"NCT9900000{at}") for at in range(1, 5)]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Names]:
    some = st.frozensets(st.sampled_from(_NUMBERS), max_size=3)
    names = {}
    for at in range(draw(st.integers(0, 7))):
        owned, stated_ = draw(some), draw(some)
        articles = draw(st.frozensets(st.sampled_from(_ARTICLES), max_size=2))
        names[f"S{at}"] = Names(owned, owned | stated_, articles)
    return names


@given(worlds())
def test_of_rows_that_stay_no_two_share_participants(names: dict[str, Names]) -> None:
    rows = sorted(names, key=lambda row: (*claim(names[row]), row))
    out = which_stay(rows, names)
    stay = [row for row in rows if row not in out]
    for one, other in itertools.combinations(stay, 2):
        assert not shared(names[one], names[other], frozenset())
    for row, (other, numbers) in out.items():
        assert other in stay
        assert set(numbers) <= (names[row].registered | names[row].articles)


def test_a_number_of_a_programme_overlaps_its_registration_alone() -> None:
    platform = Identifier("nct", ONE)
    row = Names(frozenset(), frozenset({platform}), frozenset())
    names = {f"S{at}": row for at in range(30)}
    assert which_stay(list(names), names) == {}
    names["R"] = Names(frozenset({platform}), frozenset({platform}), frozenset())
    assert len(which_stay(["R", *(f"S{at}" for at in range(30))], names)) == 30


@pytest.mark.parametrize("switch", [True, False])
def test_the_question_keeps_the_switch(switch: bool) -> None:
    question = Question("mortality", with_retracted=switch)
    assert from_toml(question.to_toml()) == question
