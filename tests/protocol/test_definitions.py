"""Definitions written by hand: the syntax of conditions, files, and patients as their tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings

from trialweave.errors import Hostile, InputError, NotFound, TooLarge, Unreadable, WrongEncoding
from trialweave.model import PartialDate
from trialweave.protocol import conditions
from trialweave.protocol.criteria import read_criteria
from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Compare,
    Criterion,
    Event,
    If,
    InSet,
    Node,
    Not,
    Opaque,
    Window,
)
from trialweave.protocol.definitions import check_definition, read_definition, written
from trialweave.protocol.patients.facts import Range

from .criteria_generated import TREES, lists_of_criteria

EXAMPLES = Path(__file__).parents[1] / "fixtures/definitions"
HEAD = 'day = 2031-06-30\n[[criterion]]\nsection = "inclusion"\n'
ADULT = f"{HEAD}condition = 'age >= 18 a'\n"


# -- the syntax --------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_what_is_written_reads_back(node: Node) -> None:
    assert conditions.read(conditions.written(node)) == conditions.bare(node)


@settings(max_examples=40, deadline=None)
@given(lists_of_criteria())
def test_a_file_of_criteria_reads_back(criteria: tuple[Criterion, ...]) -> None:
    if not criteria:
        return
    folder = EXAMPLES  # no patient names a file
    found = _read(written(criteria, identifier="it's", title='a "title"\n'), folder)
    assert (found.identifier, found.title) == ("it's", 'a "title"\n')
    for one, read in zip(criteria, found.criteria, strict=True):
        assert conditions.bare(read.tree) == conditions.bare(one.tree)
        for name in ("number", "section", "population", "kind", "heading", "group", "of_group"):
            assert getattr(read, name) == getattr(one, name)


def _read(text: str, folder: Path):  # type: ignore[no-untyped-def]
    import tomllib

    from trialweave.protocol.definitions import _definition

    return _definition(tomllib.loads(text), text, folder / "definition.toml")


def test_what_was_read_of_a_text_can_be_put_right_by_hand(tmp_path: Path) -> None:
    text = (
        "Inclusion Criteria:\n- SpO2 = 93 %, aged = 18\n- Fever\nExclusion Criteria:\n- eGFR < 30"
    )
    criteria = read_criteria(text)
    path = tmp_path / "own.toml"
    path.write_text(written(criteria), "utf-8")
    assert "[operator_" in path.read_text("utf-8")
    assert [each.text for each in read_definition(path).criteria] == [e.text for e in criteria]


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("age >= 18 a and spo2 < 94 % within the past 2 d", All((
            Compare("age", ">=", 18.0, 0, 0, unit="a"),
            Compare("spo2", "<", 94.0, 0, 0, unit="%",
                    window=Window("within_past", 2.0, "d", 0, 0)),
        ))),
        ("SpO2 ≤ 93 % or (age ≥ 65 years and not pregnancy)", Any((
            Compare("spo2", "<=", 93.0, 0, 0, unit="%"),
            All((Compare("age", ">=", 65.0, 0, 0, unit="a"),
                 Not(Event("pregnancy", True, 0, 0, kind="reproductive")))),
        ))),
        ("18 ≤ Age < 75 years", Compare("age", "between", 18.0, 0, 0, 75.0, (True, False), "a")),
        ("alt > 3 × ULN", Compare("alt", ">", 3.0, 0, 0, unit="{xULN}")),
        ("crp =< 5 mg/L? (worst) (\"serum\") [unit_assumed]", Compare(
            "crp", "<=", 5.0, 0, 0, assumed_unit="mg/L", at="worst", qualifier="serum",
            flags=("unit_assumed",))),
        ("nyha in {III, 4, \"b c\"} (\"now\")", InSet("nyha", ("III", 4.0, "b c"), 0, 0, "now")),
        ("no drug: aspirin not for the last 2 to 4 weeks of first dose", Event(
            "aspirin", False, 0, 0, Window("at_least_before", 2.0, "wk", 0, 0, 4.0, "first_dose"),
            kind="drug")),
        ("diabetes for at least 3 mo within the next 1 a", Event(
            "diabetes", True, 0, 0, Window("within_next", 1.0, "a", 0, 0),
            Window("for_at_least", 3.0, "mo", 0, 0))),
        ("if sex in {female} then no pregnancy", If(
            InSet("sex", ("female",), 0, 0),
            Event("pregnancy", False, 0, 0, kind="reproductive"))),
        ("at least 2 of: a; b or c; \"d?\"?", AtLeast(2, (
            Event("a", True, 0, 0),
            Any((Event("b", True, 0, 0), Event("c", True, 0, 0))),
            Opaque("d?", 0, 0)))),
        ("“any words”? and all of: x", All((
            Opaque("any words", 0, 0), All((Event("x", True, 0, 0),))))),
        ('"a \\"b\\" \\u00e9\\n\\\\"?', Opaque('a "b" é\n\\', 0, 0)),
        ('"odd measure" > -1.5e3', Compare("odd measure", ">", -1500.0, 0, 0)),
        ("drug: aspirin", Event("aspirin", True, 0, 0, kind="drug")),
        ('no event: "pregnancy"', Event("pregnancy", False, 0, 0)),
    ],
)  # fmt: skip
def test_conditions_as_people_write_them(text: str, node: Node) -> None:
    assert conditions.read(text) == node


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: expected a condition, found the end."),
        ("age >=", "line 1, column 7: expected a number, with a point before its decimals, found"),
        ("age >= 18,5 a", "line 1, column 10: expected"),
        (
            "age >= 18 a\nand sp02 < 94 %",
            "line 2, column 5: expected a measure that is known",
        ),
        ("spo2 < 94 % within 2 d", 'column 20: expected "the", found “2”.'),
        ("stroke within the last 2 d", 'column 19: expected "past" or "next"'),
        ("stroke within the past 2 moons", "column 26: expected a unit of time"),
        ("stroke within the past 2 d of birth", "column 31: expected one of screening,"),
        ("age >= 18 a foo", 'column 13: expected "and", "or" or the end, found “foo”.'),
        ("(age > 3 a", 'column 11: expected ")", found the end.'),
        ("crp > 10 blobs", "column 10: expected a unit (UCUM, as mmol/L), found “blobs”."),
        ('stroke or "abc', 'column 11: expected a closing ", found'),
        ("stroke or “abc", "column 11: expected a closing ”, found"),
        ("at least 5 of: a; b", "column 10: expected a whole number from 1 to 2"),
        ("18 > age > 5 a", "column 4: expected < or <=, as in 18 <= age < 75 a, found “>”."),
        ("18 <= age 5", "column 11: expected one of > >= < <= ="),
        ("crp > 5 mg/L (now)", "column 15: expected any, latest, worst, baseline, or how"),
        ("crp > 5 mg/L [operator_repaired, odd]", "column 34: expected a flag"),
        ("nyha in {III IV}", 'column 14: expected ",", found “IV”.'),
        ("nyha in {(}", 'column 10: expected a value or "}"'),
        ("nyha in {III} (now)", "column 16: expected how it is measured, in quotes"),
        ("no disease: stroke", "column 11: expected one of event, condition,"),
        ("if a or b", 'column 6: expected "then", found “or”.'),
        ("(" * 200 + "a" + ")" * 200, "expected no more than 100 conditions within each other"),
        ("not " * 200 + "a", "expected no more than 100 conditions within each other"),
        ("any of: " * 200 + "a", "expected no more than 100 conditions within each other"),
        ("a" * 100_001, "100,000 are the most"),
    ],
)
def test_errors_say_where_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as error:
        conditions.read(text)
    assert said in str(error.value)


def test_what_has_no_words_is_kept_as_text() -> None:
    odd = Compare("spo2", "~", 1.0, 0, 0)
    infinite = Compare("spo2", ">", float("inf"), 0, 0)
    strange = Compare("spo2", ">", 1.0, 0, 0, unit="furlongs")
    event = Event("stroke", True, 0, 0, Window("sometime", 1.0, "d", 0, 0))
    for leaf in (odd, infinite, strange, event):
        assert isinstance(conditions.read(conditions.written(leaf)), Opaque)
    deep: Node = Event("stroke", True, 0, 0)
    for _ in range(300):
        deep = AtLeast(1, (deep,))
    assert "nested too deep" in conditions.written(deep)
    conditions.read(conditions.written(deep))


# -- files and patients ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lamp-oil", "night-fever"])
def test_examples_agree_with_their_patients(name: str) -> None:
    checked = check_definition(EXAMPLES / f"{name}.toml")
    wrong = [
        (each.name, one.number, one.expected, one.verdict)
        for each in checked.results
        for one in each.answers
        if not one.agrees
    ]
    assert wrong == []
    assert checked.agrees
    assert len(checked.results) >= 2


def test_a_wrong_answer_is_a_result(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    patient = '[[patient]]\nname = "x"\nbirth = 2031-01-01\n'
    path.write_text(ADULT + patient + 'expected = { 1 = "met" }\noutcome = "eligible"\n', "utf-8")
    checked = check_definition(path)
    (tested,) = checked.results
    assert not checked.agrees
    assert not tested.agrees
    assert (tested.expected, tested.outcome) == ("eligible", "ineligible")
    (answer,) = tested.answers
    assert (answer.expected, answer.verdict and answer.verdict.outcome) == ("met", "not met")
    assert not answer.agrees


def test_an_answer_to_what_is_never_asked_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    donor = "[[criterion]]\nsection = 'inclusion'\npopulation = 'donor'\ntext = 'aged'\n"
    patient = '[[patient]]\nname = "x"\nexpected = { 2 = "met" }\n'
    path.write_text(ADULT + donor + patient, "utf-8")
    last = check_definition(path).results[0].answers[-1]
    assert (last.number, last.verdict, last.agrees) == (2, None, False)


def test_facts_as_written(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        ADULT
        + """[[patient]]
name = "x"
birth = "1980-05"
sex = "other"
facts = [
  { measurement = "SpO2", value = 93, unit = "percent", comparator = "<", normal = [95, 100] },
  { measurement = "crp", value = 3, unit = "mg/L", date = "unknown" },
  { condition = "diabetes" },
  { condition = "stroke", date = 2030-01-01, end = "2030", over = true },
  { drug = "aspirin", absent = true },
]
""",
        "utf-8",
    )
    person = read_definition(path).patients[0].patient
    spo2, crp, diabetes, stroke, aspirin = person.facts
    assert (person.birth, person.sex) == (PartialDate(1980, 5), "other")
    assert (spo2.concept, spo2.value, spo2.unit, spo2.comparator) == ("spo2", 93.0, "%", "<")
    assert (spo2.start, spo2.normal) == (PartialDate(2031, 6, 30), Range(95.0, 100.0))
    assert crp.start is None
    assert diabetes.ongoing
    assert not stroke.ongoing
    assert (stroke.start, stroke.end) == (PartialDate(2030, 1, 1), PartialDate(2030))
    assert (aspirin.kind, aspirin.absent, aspirin.start) == ("drug", True, None)


PATIENT = ADULT + '[[patient]]\nname = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = ", "not TOML"),
        ("", "there is no criterion"),
        ("criterion = 3", "criterion is no list of tables"),
        ("titel = 'x'\n" + ADULT, "'titel' is no key here. Did you mean title?"),
        ("title = 3\n" + ADULT, "title is no text"),
        ("[[criterion]]\ntext = 'x'", "criterion 1: 'section' is missing"),
        (
            "[[criterion]]\nsection = 'both'\ntext = 'x'",
            "section is 'both'; it is one of",
        ),
        (HEAD, "neither a text nor a condition"),
        (
            HEAD + "condition = 'age >='",
            "criterion 1 (line 4): condition, line 1, column 7:",
        ),
        (HEAD + "condition = 'age > 1'\nkind = 'x'", "kind is 'x'"),
        (ADULT + "number = 'x'", "number is no whole number"),
        (ADULT + ADULT.partition("\n")[2] + "number = 1", "two criteria with the number 1"),
        (ADULT + "group = 4", "is in the group of 4, which is none before it"),
        ("fresh_days = -1\n" + ADULT, "fresh_days is no number"),
        ("complete = ['x']\n" + ADULT, "complete is no list of measurement"),
        (PATIENT.partition("\n")[2], "the day of screening is missing"),
        ("day = 3\n" + ADULT.partition("\n")[2], "day is no date"),
        (ADULT + "[[patient]]\nsex = 'male'", "'name' is missing"),
        (PATIENT + "sex = 'm'", "sex is 'm'; it is one of female"),
        (PATIENT + "birth = 'soon'", "birth is no date"),
        (PATIENT + "expected = 1", "expected is no table"),
        (PATIENT + "expected = { 9 = 'met' }", "there is no criterion 9"),
        (
            PATIENT + "expected = { 1 = 'yes' }",
            "'yes' is expected of criterion 1; it is",
        ),
        (PATIENT + "outcome = 'in'", "outcome is 'in'"),
        (PATIENT + "facts = 1", "facts is no list"),
        (PATIENT + "facts = [{ value = 1 }]", "patient x, fact 1: it names not one of"),
        (
            PATIENT + "facts = [{ measurement = 'spo3', value = 1 }]",
            "no measure is called 'spo3'.",
        ),
        (PATIENT + "facts = [{ measurement = 'spo2' }]", "a measurement has no value"),
        (PATIENT + "facts = [{ measurement = 'spo2', value = [] }]", "neither a number nor a text"),
        (
            PATIENT + "facts = [{ measurement = 'spo2', value = 1, unit = 'x y' }]",
            "'x y' is no unit",
        ),
        (PATIENT + "facts = [{ drug = 'x', comparator = '~' }]", "comparator is '~'"),
        (PATIENT + "facts = [{ drug = 'x', normal = [1] }]", "normal is no list of two"),
        (PATIENT + "facts = [{ drug = 'x', absent = 1 }]", "absent is neither true nor false"),
        (PATIENT + "file = '../x.json'", "not the name of a file beside"),
        (PATIENT + "file = 'x.json'\nsex = 'male'", "there is a file, and sex beside it"),
        (PATIENT + "file = 'x.json'", "there is no file 'x.json' beside the definition"),
    ],
)
def test_errors_of_files_name_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises((InputError, NotFound)) as error:
        read_definition(path)
    assert said in str(error.value)
    assert str(error.value).startswith("own.toml")


def test_hostile_files(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    with pytest.raises(NotFound):
        read_definition(path)
    path.write_bytes(b"title = '\xff'")
    with pytest.raises(WrongEncoding):
        read_definition(path)
    path.write_bytes(b"#" * ((4 << 20) + 1))
    with pytest.raises(TooLarge):
        read_definition(path)
    path.write_text("x = " + "[" * 100_000, "utf-8")
    with pytest.raises((Hostile, Unreadable)):
        read_definition(path)


def test_a_patient_of_several_has_to_be_named(tmp_path: Path) -> None:
    people = '{"resourceType": "Patient", "id": "a"}\n{"resourceType": "Patient", "id": "b"}\n'
    (tmp_path / "two.json").write_text(people, "utf-8")
    path = tmp_path / "own.toml"
    path.write_text(PATIENT + "file = 'two.json'\npatient = 'b'", "utf-8")
    assert read_definition(path).patients[0].patient.identifier == "b"
    path.write_text(PATIENT + "file = 'two.json'", "utf-8")
    with pytest.raises(Unreadable, match="one of a, b"):
        read_definition(path)


def test_without_patients_no_day_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ADULT.partition("\n")[2], "utf-8")
    checked = check_definition(path)
    assert checked.agrees
    assert checked.results == ()
    assert checked.definition.setting.day == dt.date.min
    assert checked.definition.identifier == "own"
