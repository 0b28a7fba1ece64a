"""Sketches, what studies share by them, and the exact runs behind it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import (
    ArmResult,
    Effect,
    Finding,
    Link,
    Outcome,
    Passage,
    PValue,
    Received,
    Record,
    Study,
    Value,
    stated,
)
from trialweave.records import admit
from trialweave.sources import read
from trialweave.studies._common_runs import common_runs, words_of
from trialweave.studies._figures import figures
from trialweave.studies._sharing import COMMON, sharing
from trialweave.studies._sketch import (
    MARK,
    _least,
    _winnowed,
    mark_of,
    marks_of,
    mostly_letters,
    prose,
    sketch,
    unpacked,
)
from trialweave.studies.reuse import Side, alike, figures_in_both, text_in_both

NONE = np.empty(0, np.uint64)


def invented(words: int, seed: int) -> str:
    """Prose of made-up words in sentences of a dozen, no two texts alike."""
    draw = random.Random(seed)
    syllables = ("ba", "do", "fe", "gi", "ku", "la", "mo", "ne", "ri", "su", "ta", "vo")
    made = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(words)]
    sentences = [" ".join(made[at : at + 12]) for at in range(0, words, 12)]
    return ". ".join(each.capitalize() for each in sentences) + "."


SHARED = invented(120, 1)


def side(*records: Record) -> Side:
    number = records[0].identifier
    return Side(Study(number, "", tuple(each.record_id for each in records), (number,)), records)


def compared(one: Record, other: Record, links: Sequence[Link] = (), common: Any = NONE) -> Any:
    return text_in_both(side(one), side(other), (one, other), common, links)


# -- sketches ---------------------------------------------------------------------------------


def test_hashes_are_the_same_in_every_process_and_on_every_machine() -> None:
    assert hex(int(marks_of(b"thequickbrownfoxjumpsoverthelazydog")[0])) == "0xd5742a668a947a1c"
    assert hex(mark_of("SD 52.31 11.24")) == "0x565edbab616acea0"


def test_marks_are_of_every_run_of_letters() -> None:
    assert len(marks_of(b"x" * (MARK - 1))) == 0
    twice = marks_of(mostly_letters(SHARED) * 2)
    period = len(mostly_letters(SHARED))
    assert (twice[: len(twice) - period] == twice[period:]).all()
    assert len(np.unique(marks_of(mostly_letters(SHARED)))) == period - MARK + 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.data())
def test_the_least_of_each_window(values: list[int], data: Any) -> None:
    window = data.draw(st.integers(1, len(values)))
    naive = [min(values[at : at + window]) for at in range(len(values) - window + 1)]
    assert _least(np.array(values, np.uint64), window).tolist() == naive


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_a_long_shared_run_shares_a_mark_however_long_the_texts(seed: int) -> None:
    short = invented(60, seed) + SHARED
    long = invented(3000, seed + 1) + SHARED + invented(3000, seed + 2)
    assert len(np.intersect1d(_winnowed(short, 0), _winnowed(long, 0))) >= 1
    assert set(_winnowed(long, 60)) <= set(marks_of(mostly_letters(long)).tolist())


def test_case_punctuation_blanks_accents_and_forms_of_letters_do_not_count() -> None:
    plain = mostly_letters("After 3 hours the dose – naive patients")
    assert mostly_letters("AFTER  3 hours: the “dose”; naïve\u00a0patients!") == plain
    assert mostly_letters("ｄｏｓｅ ﬁve") == b"dosefive"
    assert mostly_letters("数据 共享") == "数据共享".encode()
    assert mostly_letters("a\ud800b") == b"ab"


def test_text_of_all_characters_takes_linear_time() -> None:
    every = "".join(chr(code) for code in range(0x20, 0x18000) if not 0xD800 <= code < 0xE000)
    assert len(mostly_letters(every)) > 50_000


def test_a_sketch_is_small_and_holds_text_and_figures(make: SimpleNamespace) -> None:
    long = make.registration("NCT09000001", brief_summary=invented(20_000, 3))
    found = [finding(f"{n}.31 11.{n}") for n in range(10, 99)]
    packed = sketch(long, found)
    assert len(packed) <= 960
    assert len(unpacked(packed).figures) == 40
    assert len(unpacked(packed).text) > 40
    assert sketch(make.registration("NCT09000001")) == bytes(8)
    assert len(unpacked(b"").text) == 0


def test_prose_is_what_somebody_wrote(make: SimpleNamespace) -> None:
    both = make.registration("NCT09000001", public_title="A title", eligibility_text="Adults")
    assert [each.address for each in prose(both)] == ["eligibility_text"]
    article = make.article("pubmed:1", sections=[("Methods", "We did."), ("", "It is so.")])
    assert [each.address for each in prose(article)] == ["sections[0].text", "sections[1].text"]


# -- pairs ------------------------------------------------------------------------------------


def shared_of(held: dict[int, list[int]], least: int = 1) -> Any:
    marks = [mark for each in held.values() for mark in each]
    owners = [owner for owner, each in held.items() for _ in each]
    return sharing(np.array(marks, np.uint64), np.array(owners, np.int64), least=least)


def test_pairs_are_counted_once_a_study() -> None:
    told = shared_of({0: [7, 7, 1 << 63], 1: [7, 1 << 63, 5], 2: [5, 9]})
    assert [tuple(pair) for pair in told.pairs] == [(0, 1, 2), (1, 2, 1)]
    assert [tuple(pair) for pair in shared_of({0: [7], 1: [7]}, 2).pairs] == []
    assert shared_of({}).pairs == ()


def test_what_many_studies_have_makes_no_pair() -> None:
    every = {at: [1, 100 + at] for at in range(COMMON + 1)}
    told = shared_of(every)
    assert told.pairs == ()
    assert told.common.tolist() == [1]
    del every[0]
    assert len(shared_of(every).pairs) == COMMON * (COMMON - 1) // 2


def test_a_study_that_shares_with_all_others_keeps_the_nearest() -> None:
    marks = iter(range(1, 10**6))
    held: dict[int, list[int]] = {0: []}
    for other in range(1, 60):
        held[other] = [next(marks) for _ in range(other)]
        held[0] += held[other]
    told = shared_of(held)
    assert {pair.b for pair in told.pairs} == set(range(40, 60))


def test_studies_are_alike_by_the_sketches_of_their_records(make: SimpleNamespace) -> None:
    texts = {"NCT09000001": SHARED, "NCT09000002": invented(90, 5) + SHARED, "NCT09000003": ""}
    records = [make.registration(key, brief_summary=text) for key, text in texts.items()]
    records.append(make.registration("ISRCTN09000001", brief_summary=SHARED))
    at = {each.record_id: place for each, place in zip(records, (0, 1, 2, 0), strict=True)}
    found = alike([(each.record_id, sketch(each)) for each in records], at)
    assert [(pair.a, pair.b) for pair in found.texts.pairs] == [(0, 1)]
    assert found.records(["register:none", "register:NCT09000001"], ["register:NCT09000002"]) == (
        "register:NCT09000001",
        "register:NCT09000002",
    )


# -- runs -------------------------------------------------------------------------------------


def test_runs_are_exact_in_both_records(make: SimpleNamespace) -> None:
    one = make.registration("NCT09000001", brief_summary=f"Before it. {SHARED} After it.")
    other = make.registration(
        "NCT09000002", detailed_description=f"{invented(30, 2)} {SHARED.upper()}"
    )
    told = compared(one, other)
    assert told.words == 120
    (run,) = told.texts
    for piece, record in ((run.a, one), (run.b, other)):
        content = getattr(record.about, piece.address).content
        assert content[piece.start : piece.end] == piece.text
        assert piece.text.casefold() == SHARED.rstrip(".").casefold()
    assert "100%" not in told.statement
    assert f"{100 * 120 / told.words_a:.0f}% of the text of register:NCT09000001" in told.statement


def test_words_are_in_one_run_only_and_runs_stay_in_their_part() -> None:
    def words(*texts: str) -> Any:
        return words_of([SimpleNamespace(value=stated(text, "test/1")) for text in texts])  # type: ignore[misc]

    eight = "one two three four five six seven eight"
    once, twice = words(eight), words(f"{eight} {eight}")
    assert [run.words for run in common_runs(once, twice)] == [8]
    assert [run.words for run in common_runs(twice, once)] == [8]
    assert [run.words for run in common_runs(twice, twice)] == [16]
    halves = words("one two three four", "five six seven eight")
    assert common_runs(halves, once) == []
    assert common_runs(words("有 患者 知情同意书签署前"), words("患者知情同意书签署前")) != []


def test_monotonous_text_takes_linear_time() -> None:
    text = "again " * 40_000
    one = words_of([SimpleNamespace(value=stated(text, "test/1"))])  # type: ignore[list-item]
    other = words_of([SimpleNamespace(value=stated(text[: 6 * 9_999], "test/1"))])  # type: ignore[list-item]
    assert sum(run.words for run in common_runs(one, other)) == 9_999


def test_passages_are_exact_where_the_value_is_as_received(make: SimpleNamespace) -> None:
    def of(**place: Any) -> Record:
        value = stated(f"Head. {SHARED}", "test/1", **place)
        record: Record = make.registration("NCT09000001", brief_summary="")
        return make.record("register:NCT09000001", type(record.about)(brief_summary=value))  # type: ignore[no-any-return]

    other = make.registration("NCT09000002", brief_summary=SHARED)
    length = len(f"Head. {SHARED}")
    (run,) = compared(of(path="a.b"), other).texts
    assert (run.a.passage.path, run.a.passage.start) == ("a.b", 6)
    (run,) = compared(of(span=(100, 100 + length)), other).texts
    assert (run.a.passage.start, run.a.passage.end) == (106, 100 + length - 1)
    (run,) = compared(of(span=(100, 900), raw="as it came"), other).texts
    assert (run.a.passage.start, run.a.passage.end) == (100, 900)


def test_little_templates_and_standard_sentences_are_not_reported(make: SimpleNamespace) -> None:
    def pair(text: str, *, more: int = 0) -> Any:
        return [
            make.registration(f"NCT0900000{at}", brief_summary=f"{text} {invented(more, at)}")
            for at in (1, 2)
        ]

    assert compared(*pair(SHARED)).words == 120
    assert compared(*pair(invented(48, 4))) is None
    assert compared(*pair(invented(72, 4), more=900)) is None
    every = np.unique(marks_of(mostly_letters(SHARED)))
    assert compared(*pair(SHARED), common=every) is None
    consent = " ".join(
        f"Women of childbearing potential use contraception {word} until the last visit."
        for word in invented(30, 9).replace(".", "").split()
    )
    assert compared(*pair(consent)) is None


# -- what explains it -------------------------------------------------------------------------


def related(make: SimpleNamespace, one: dict[str, Any], other: dict[str, Any], **more: Any) -> Any:
    records = [
        make.registration(number, brief_summary=SHARED, **said)
        for number, said in (("NCT09000001", one), ("NCT09000002", other))
    ]
    return compared(*records, **more).relation


def link(kind: Any, relation: str = "same trial") -> Link:
    return Link("register:NCT09000001", "register:NCT09000002", kind, relation, 0.6, (), "test/1")


def test_different_institutions_explain_nothing(make: SimpleNamespace) -> None:
    one = {"primary_sponsor": "Amber Bay Hospital", "secondary_sponsors": ["Lorzan Pharma"]}
    other = {"primary_sponsor": "University Hospital of Corvel", "sites": [("Selected site", "")]}
    told = related(make, one, other | {"secondary_sponsors": ["Other Pharma Ltd"]})
    assert told == "different institutions"
    assert related(make, one, {}) == "not known"
    long = {"primary_sponsor": "Amber Lorzan Dunmor Hospital"}
    assert related(make, long, {"primary_sponsor": "Corvel Zorho Amber"}) == told


def test_one_institution_explains_it(make: SimpleNamespace) -> None:
    one = {"primary_sponsor": "Amber Bay Hospital"}
    for other in (
        {"primary_sponsor": "AMBER BAY HOSPITAL"},
        {"primary_sponsor": "Foundation of Amber Bay"},
        {"primary_sponsor": "Corvel", "secondary_sponsors": ["Amber Bay"]},
        {"primary_sponsor": "Corvel", "sites": [("Amber Bay Hospital", "Corvel")]},
    ):
        assert related(make, one, other) == "same institution"


def test_people_in_common_explain_it_and_are_not_named(make: SimpleNamespace) -> None:
    one = {"primary_sponsor": "Amber Bay", "people": ("0a1b2", "ffff0")}
    other = {"primary_sponsor": "Corvel", "people": ("0a1b2",)}
    assert related(make, one, other) == "same people"


def test_numbers_names_and_links_explain_it(make: SimpleNamespace) -> None:
    one, other = {"primary_sponsor": "Amber Bay"}, {"primary_sponsor": "Corvel"}
    named = one | {"secondary_ids": ["NCT09000002"]}
    assert related(make, named, other) == "one names the other"
    third = {"secondary_ids": ["ISRCTN09000009"]}
    assert related(make, one | third, other | third) == "one programme"
    called = {"acronym": "LAMPOIL"}
    assert related(make, one | called, other | called) == "one programme"
    title = {"public_title": "Lamp oil against night fever in the aged"}
    assert related(make, one | title, other | title) == "perhaps one trial"
    assert related(make, one, other, links=[link("candidate")]) == "perhaps one trial"
    parts = link("candidate", "parts of one programme")
    assert related(make, one, other, links=[parts]) == "one programme"
    assert related(make, one, other, links=[link("rejected")]) == "different institutions"


def test_articles_and_reviews_are_told_apart(make: SimpleNamespace) -> None:
    trial = make.registration("NCT09000001", brief_summary=SHARED, primary_sponsor="Amber Bay")
    article = make.article("pubmed:1", title="Lamp oil", sections=[("Methods", SHARED)])
    assert compared(trial, article).relation == "article and registration"
    review = make.article("pubmed:2", title="Oil: a systematic review", sections=[("", SHARED)])
    assert compared(trial, review).relation == "review"
    names = ["Ada Corvel", "Bo Zorho"]
    wrote = [
        make.article(f"pubmed:{at}", title=f"Oil {at}", sections=[("", SHARED)], authors=names)
        for at in (3, 4)
    ]
    assert compared(*wrote).relation == "same people"


# -- figures ----------------------------------------------------------------------------------


def finding(*printed: str, number: str = "NCT09000001", at: int = 1, **more: Any) -> Finding:
    arms = []
    for each in printed:
        mean, sd = each.split()
        arms.append(
            ArmResult("arm", mean=float(mean), sd=float(sd), mean_printed=mean, sd_printed=sd)
        )
    name = f"register:{number}"
    return Finding(f"{name}#{at}", name, "walking", kind="continuous", arms=tuple(arms), **more)


def counted(events: int, n: int, at: int = 1, origin: Any = "stated") -> Finding:
    arm = ArmResult("arm", events=events, n=n, events_origin=origin, n_origin="stated")
    return Finding(f"register:1#{at}", "register:1", "death", arms=(arm,))


def shown(*found: Finding) -> list[str]:
    return [each.shown for each in figures(found)]


def test_common_figures_tell_nothing() -> None:
    assert shown(counted(0, 20), counted(20, 20), counted(7, 14), counted(30, 100)) == []
    assert shown(counted(123, 456, origin="recovered")) == []
    assert shown(finding("5 2")) == []
    assert shown(finding("5.0 0.0")) == []
    below = Finding("a#1", "a", "x", kind="p only", p=PValue("<", "0.001"))
    exact = Finding("a#2", "a", "x", kind="p only", p=PValue("=", "0.0317"))
    assert shown(below, exact) == ["P = 0.0317"]
    effect = Effect("RR", "0.62", "0.45", "0.86")
    assert shown(Finding("a#3", "a", "x", kind="effect", effect=effect)) == [
        "RR 0.62 (0.45 to 0.86)"
    ]


def results(make: SimpleNamespace, one: Sequence[Finding], other: Sequence[Finding]) -> Any:
    records = [
        make.registration(number, primary_sponsor=sponsor)
        for number, sponsor in (("NCT09000001", "Amber Bay"), ("NCT09000002", "Corvel"))
    ]
    return figures_in_both(side(records[0]), side(records[1]), (one, other), NONE, ())


def test_figures_equal_to_the_digit_are_reported(make: SimpleNamespace) -> None:
    three = ["52.31 11.24", "47.85 10.96", "312.4 45.27"]
    found = results(make, [finding(*three)], [finding(*three, number="NCT09000002")])
    assert [each.shown for each in found.figures] == [
        "312.4 (SD 45.27)",
        "47.85 (SD 10.96)",
        "52.31 (SD 11.24)",
    ]
    assert found.relation == "different institutions"
    assert found.statement.startswith("3 reported figures stand in both to the digit")
    assert results(make, [finding(*three)], [finding(*three[:2])]) is None
    rounded = ["52.3 11.24", "47.85 10.9", "312.4 45.3"]
    assert results(make, [finding(*three)], [finding(*rounded)]) is None


def test_the_sides_of_a_pair_can_be_exchanged(make: SimpleNamespace) -> None:
    three = ("52.31 11.24", "47.85 10.96", "312.4 45.27")
    places = [Passage(path="here"), Passage(path="there")]
    found = results(
        make,
        [finding(*three, passage=places[0])],
        [finding(*three, number="NCT09000002", passage=places[1])],
    )
    turned = found.turned()
    assert (turned.study_a, turned.record_a) == ("NCT09000002", "register:NCT09000002")
    assert [(each.passage_a, each.passage_b) for each in turned.figures] == [
        (places[1], places[0])
    ] * 3
    assert {each.finding_a for each in turned.figures} == {"register:NCT09000002#1"}
    one = make.registration("NCT09000001", brief_summary=SHARED)
    other = make.registration("NCT09000002", detailed_description=f"More. {SHARED}")
    text = compared(one, other)
    assert text.turned().texts[0].concept_a == "detailed_description"
    assert text.turned().texts[0].a == text.texts[0].b
    assert (text.turned().words_a, text.words_a) == (text.words_b, text.turned().words_b)
    assert text.turned().turned() == text
    assert turned.turned() == found


def test_many_figures_meet_by_chance(make: SimpleNamespace) -> None:
    def p_values(seed: int) -> list[Finding]:
        draw = random.Random(seed)
        texts = {f"0.{draw.randint(100, 999)}" for _ in range(250)}
        return [
            Finding(f"a#{at}", "a", "x", kind="p only", p=PValue("=", text))
            for at, text in enumerate(sorted(texts))
        ]

    one, other = p_values(1), p_values(2)
    assert len({each.p.text for each in one if each.p} & {e.p.text for e in other if e.p}) > 30
    assert results(make, one, other) is None
    sizes = [[counted(events, 143, at) for at, events in enumerate(range(first, 140, 2))]
             for first in (1, 3)]  # fmt: skip
    assert results(make, *sizes) is None


def test_outcomes_and_lists_count_as_prose(make: SimpleNamespace) -> None:
    one = make.registration("NCT09000001")
    outcome = Outcome(measure=stated("Walking", "test/1"), description=stated(SHARED, "test/1"))
    body = type(one.about)(
        primary_outcomes=stated((outcome,), "test/1"),
        inclusion_criteria=stated((stated("Adults", "test/1"), Value()), "test/1"),
    )
    record = make.record("register:NCT09000001", body)
    assert [each.address for each in prose(record)] == [
        "inclusion_criteria[0]",
        "primary_outcomes[0].measure",
        "primary_outcomes[0].description",
    ]


@pytest.mark.shared
def test_two_trials_of_one_description_share_text_and_are_no_twins(shared: Any) -> None:
    path = shared / "data/registries/ctgov_msc_studyfields/msc.jsonl"
    received = Received(path.name, path.read_bytes())
    wanted = ("NCT05019287", "NCT04753476")
    lines = [line for line in received.data.splitlines() if any(n.encode() in line for n in wanted)]
    received = Received(path.name, b"\n".join(lines))
    when = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    found = {each.identifier: each for each in admit(read(received), {}, received, when)}
    told = compared(*(found[number] for number in wanted))
    assert told.relation == "different institutions"
    assert told.words > 200
    held = sum(run.words for run in told.texts if run.concept_a == "detailed_description")
    whole = words_of([each for each in prose(found[wanted[0]]) if each.address[:8] == "detailed"])
    assert held > len(whole) / 2
