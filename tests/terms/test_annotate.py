"""The mentions of a record: of vocabularies, by grammar, and what is in neither."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import Annotation, Intervention, Record, TermDecision, Trial, Value, stated
from trialweave.model.annotation import AS_REGISTERED, VARIANT
from trialweave.terms.annotate import annotated, registered_form
from trialweave.terms.decided import Ruled, form_of, places_of, ruled, term_standings
from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.term import Name, Release, Term

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def term(identifier: str, *names: str, kind: str = "disease") -> Term:
    return Term(identifier, tuple(Name(each, "exact") for each in names), kind)


RELEASES = (
    Release("A", "1", "", "", (term("A:1", "sepsis"), term("A:2", "acute kidney injury"))),
    Release("B", "1", "", "", (term("B:1", "sepsis", "septicaemia"),)),
)


def known(texts: Iterable[str]) -> Recogniser:
    return build(RELEASES, texts)


def text(content: str) -> Value[str]:
    return stated(content, "test/1", path="x")


def trial(**fields: object) -> Record:
    return Record(
        "x:1", 1, "x", "1", "trial", "d", "s", 0, 1, "n", AT, trial=Trial(**fields)
    )  # fmt: skip


def conditions(*names: str) -> Record:
    return trial(conditions=stated(tuple(map(text, names)), "test/1", path="x"))


def found(record: Record, rules: Ruled | None = None) -> list[Annotation]:
    return list(annotated([record], known, rules))


def short(record: Record, rules: Ruled | None = None) -> list[tuple[str, str, str]]:
    return [(each.vocabulary, each.term, each.matched) for each in found(record, rules)]


def test_each_vocabulary_has_its_own_mention_with_its_place_and_role() -> None:
    one, other = found(conditions("Severe sepsis"))[:2]
    assert (one.vocabulary, one.term, one.name) == ("A", "A:1", "sepsis")
    assert (other.vocabulary, other.term) == ("B", "B:1")
    assert (one.field, one.role, one.start, one.end, one.matched) == (
        "conditions[0]", "condition", 7, 13, "sepsis",
    )  # fmt: skip
    assert (one.record_id, one.assertion, one.stands, one.decided) == ("x:1", "present", True, 0)


def test_what_no_vocabulary_has_as_a_whole_is_a_term_of_its_own() -> None:
    assert short(conditions("Sepsis")) == [("A", "A:1", "Sepsis"), ("B", "B:1", "Sepsis")]
    assert short(conditions("The sepsis"))[-1] == ("B", "B:1", "sepsis")
    assert short(conditions("Cells, Infusions"))[-1] == (
        AS_REGISTERED, "cell infusion", "Cells, Infusions",
    )  # fmt: skip
    assert short(conditions("Severe Sepsis"))[-1] == (
        AS_REGISTERED, "severe sepsis", "Severe Sepsis",
    )  # fmt: skip
    assert short(conditions("—", "12")) == []


def test_only_listed_names_are_terms_of_their_own() -> None:
    told = Intervention(name=text("Some cells"), description=text("Given to all"))
    record = trial(public_title=text("Anything"), interventions=stated((told,), "test/1", path="x"))
    assert short(record) == [(AS_REGISTERED, "some cell", "Some cells")]


def test_variants_are_found_by_grammar_and_viral_ones_have_no_gene() -> None:
    record = trial(public_title=text("BRAF V600E mutation, rs1801133, spike N501Y of SARS-CoV-2"))
    assert short(record) == [
        (VARIANT, "BRAF p.Val600Glu", "V600E"),
        (VARIANT, "rs1801133", "rs1801133"),
        (VARIANT, "p.Asn501Tyr (virus)", "N501Y"),
    ]
    assert all(each.rule.startswith("grammar: ") for each in found(record))


def test_the_same_words_are_excluded_in_one_field_and_present_in_another() -> None:
    listed = stated((text("Sepsis"),), "test/1", path="x")
    record = trial(conditions=listed, exclusion_criteria=listed)
    assert {(each.field, each.assertion) for each in found(record)} == {
        ("conditions[0]", "present"),
        ("exclusion_criteria[0]", "excluded"),
    }


def test_a_short_form_holds_in_all_fields_of_its_record() -> None:
    record = trial(
        public_title=text("AKI in the ward"),
        conditions=stated((text("AKI"),), "test/1", path="x"),
        brief_summary=text("Acute kidney injury (AKI) is treated; nothing (XY) else."),
    )
    made = [(each.field, each.term, each.rule) for each in found(record)]
    assert made == [
        ("public_title", "A:2", "abbreviation"),
        ("conditions[0]", "A:2", "abbreviation"),
        ("brief_summary", "A:2", "folded"),
        ("brief_summary", "A:2", "abbreviation"),
    ]
    alone = found(conditions("AKI"))
    assert [each.vocabulary for each in alone] == [AS_REGISTERED]


def test_a_long_form_is_the_stretch_that_has_the_initials() -> None:
    known_terms = (
        Release("C", "1", "", "", (term("C:1", "anaemia"), term("C:2", "elevated blood pressure"))),
        Release("D", "1", "", "", (term("D:1", "aplastic anaemia"),)),
    )

    def read(content: str) -> set[tuple[str, str]]:
        made = annotated(
            [trial(public_title=text(content))], lambda texts: build(known_terms, texts)
        )
        return {(each.term, each.matched) for each in made if each.rule == "abbreviation"}

    # Of "aplastic anaemia (AA)" the anaemia alone is not the long form, though it has the letters.
    assert read("Aplastic anaemia (AA) was seen; AA again") == {("D:1", "AA")}
    # Blood pressure is, and no vocabulary names it; that it is elevated is not what BP says.
    assert read("Elevated blood pressure (BP), and BP") == set()


def test_a_field_that_says_otherwise_means_what_it_says() -> None:
    record = trial(
        brief_summary=text("Acute kidney injury (SEP)."), public_title=text("Sepsis (SEP): SEP")
    )
    title = [(each.start, each.term) for each in found(record) if each.field == "public_title"]
    assert title == [(0, "A:1"), (0, "B:1"), (8, "A:1"), (8, "B:1"), (14, "A:1"), (14, "B:1")]


def test_registered_forms_bring_spellings_together() -> None:
    assert registered_form("Mesenchymal Stem-Cells") == registered_form("mesenchymal stem cell")
    assert registered_form("Tumour cells") == registered_form("tumor cell")
    assert registered_form("123 – 4") == registered_form("") == ""
    assert len(registered_form("word " * 1000)) <= 300


@given(st.lists(st.text(max_size=60), max_size=4))
def test_every_mention_is_what_stands_at_its_place(texts: list[str]) -> None:
    record = conditions(*texts, "acute kidney injury; septicaemia", "V600E in BRAF")
    for each in found(record):
        content = record.trial.conditions.content[int(each.field[11:-1])].content
        assert content[each.start : each.end] == each.matched


# -- what people say ---------------------------------------------------------------------------


def said(
    number: int, verdict: str, words: str, term_id: str = "A:1", who: str = "Ada", **more: object
) -> TermDecision:
    place = {"record_id": "", "field": "", "start": -1, "end": -1, "role": "reviewer", "of": 0}
    return TermDecision(
        number=number, at=AT, who=who, verdict=verdict, words=words, vocabulary=term_id[0],
        term=term_id, name="a name", because="so", previous="", **(place | more),
    )  # fmt: skip


HERE = {"record_id": "x:1", "field": "conditions[0]", "start": 0, "end": 6}


def decided(record: Record, *entries: TermDecision) -> list[tuple[str, str, bool, int]]:
    made = found(record, ruled(entries))
    return [(each.term, each.matched, each.stands, each.decided) for each in made]


def test_a_rejected_mention_stays_and_does_not_stand() -> None:
    assert decided(conditions("Sepsis"), said(1, "is not", "sepsis")) == [
        ("A:1", "Sepsis", False, 1),
        ("B:1", "Sepsis", True, 0),
    ]


def test_words_can_be_given_a_term_wherever_they_stand() -> None:
    record = conditions("SIRS", "sirs and xSIRS", "No SIRS.")
    made = found(record, ruled([said(1, "is", "SIRS")]))
    by_hand = [each for each in made if each.decided]
    assert [(each.field, each.start, each.end) for each in by_hand] == [
        ("conditions[0]", 0, 4),
        ("conditions[2]", 3, 7),
    ]
    assert [each.assertion for each in by_hand] == ["present", "negated"]
    assert {(each.rule, each.name) for each in by_hand} == {("said by a person", "a name")}


def test_longer_words_are_the_same_in_any_capitals() -> None:
    rules = ruled([said(1, "is", "Blood  Poisoning")])
    made = found(conditions("blood-poisoning"), rules)
    assert ("A:1", "blood-poisoning", 1) in {(e.term, e.matched, e.decided) for e in made}


def test_what_is_said_of_one_place_goes_before_what_is_said_of_all() -> None:
    record = conditions("Sepsis", "Sepsis")
    entries = said(1, "is not", "sepsis"), said(2, "is", "Sepsis", **HERE)
    stands = [row for row in decided(record, *entries) if row[0] == "A:1"]
    assert stands == [("A:1", "Sepsis", True, 2), ("A:1", "Sepsis", False, 1)]


def test_a_place_is_denied_though_the_words_are_given_a_term() -> None:
    record = conditions("Shock!", "Shock!")
    here = HERE | {"end": 5}
    entries = said(1, "is", "shock"), said(2, "is not", "Shock", **here)
    made = [each for each in found(record, ruled(entries)) if each.term == "A:1"]
    assert [(each.field, each.decided) for each in made] == [("conditions[1]", 1)]


def test_a_mention_is_added_at_one_place_while_the_words_stand_there() -> None:
    here = HERE | {"end": 5}
    entry = said(1, "is", "Shock", **here)
    assert ("A:1", "Shock", True, 1) in decided(conditions("Shock"), entry)
    assert all(row[3] == 0 for row in decided(conditions("Other"), entry))


def test_nothing_follows_from_a_dispute_until_an_adjudicator_speaks() -> None:
    differ = said(1, "is not", "sepsis"), said(2, "is", "Sepsis", who="Bob")
    (standing,) = term_standings(differ)
    assert standing.outcome == "in dispute"
    assert decided(conditions("Sepsis"), *differ)[0] == ("A:1", "Sepsis", True, 0)
    settled = (*differ, said(3, "is not", "sepsis", who="Eve", role="adjudicator"))
    (standing,) = term_standings(settled)
    assert (standing.outcome, standing.adjudicated, standing.number) == ("is not", True, 3)
    assert decided(conditions("Sepsis"), *settled)[0] == ("A:1", "Sepsis", False, 3)


def test_the_latest_of_a_person_counts_and_what_is_withdrawn_does_not() -> None:
    first, second = said(1, "is", "sepsis"), said(2, "is not", "sepsis", who=" ada ")
    assert term_standings([second, first])[0].outcome == "is not"
    assert term_standings([first, said(2, "withdrawn", "sepsis", of=1)]) == ()


@pytest.mark.parametrize(
    ("text_", "words", "places"),
    [
        ("MSC and MSCs, msc", "MSC", [(0, 3)]),
        ("Stem cells; stem  cells", "stem cells", [(0, 10), (12, 23)]),
        ("stemcells", "stem cells", []),
        ("a (b) c", "(b)", [(3, 4)]),
        ("anything", "—", []),
    ],
)
def test_where_words_stand(text_: str, words: str, places: list[tuple[int, int]]) -> None:
    assert list(places_of(text_, words)) == places


def test_forms_of_short_names_keep_their_capitals() -> None:
    assert form_of("MSC") == "MSC"
    assert form_of("Pain") == form_of("pain") == "pain"
    assert form_of("SARS-CoV-2") == "sars cov 2"
