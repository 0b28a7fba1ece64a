"""Questions in files: what is read, what is refused and how, and that comments stay."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from trialweave.errors import (
    Hostile,
    NotFound,
    TooLarge,
    TrialweaveError,
    UnknownKind,
    Unreadable,
    WrongEncoding,
)
from trialweave.synthesis import Question
from trialweave.synthesis.question import from_toml
from trialweave.synthesis.saved import LARGEST, changed, read, template

from .test_question import QUESTIONS

SHORT = 'outcome = "mortality"\n'


def written(folder: Path, data: bytes | str, name: str = "q.toml") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_both_forms_are_read(tmp_path: Path) -> None:
    question = Question("mortality", exclude=("NCT00000001",))
    assert read(written(tmp_path, question.to_toml())) == question
    assert read(written(tmp_path, question.to_json(), "q.JSON")) == question
    assert read(str(written(tmp_path, b"\xef\xbb\xbf" + SHORT.encode()))) == Question("mortality")


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (SHORT, "q.yaml", UnknownKind),
        (SHORT, "q", UnknownKind),
        (SHORT + "#" * (LARGEST + 1 - len(SHORT)), "q.toml", TooLarge),
        (SHORT.encode() + b"# \xff", "q.toml", WrongEncoding),
        ("x = " + "[" * 5 + "]" * 5, "q.toml", Hostile),
        ("x = " + "[" * 30_000, "q.toml", Hostile),
        ("[" * 30_000, "q.json", Hostile),
        ('{"a":' * 10_000, "q.json", Hostile),
        ("x = [[[[]]]]", "q.toml", Unreadable),
        ("", "q.toml", Unreadable),
        ("", "q.json", Unreadable),
        ("level = " + "9" * 5000, "q.toml", Unreadable),
        ("a" + ".a" * 5 + " = 1", "q.toml", Hostile),
        ("a" + ".a" * 20_000 + " = 1", "q.toml", Hostile),
        ('a . "b" . "b".\'c\'.d.e = 1', "q.toml", Hostile),
        ("a.b.c.d.e = 1", "q.toml", Unreadable),
        ('outcome = "x"\nmeasure = "MD"\nmodel = "Peto"', "q.toml", Unreadable),
    ],
)
def test_what_is_no_question_is_refused_by_type_and_name(
    tmp_path: Path, data: bytes | str, name: str, error: type[TrialweaveError]
) -> None:
    path = written(tmp_path, data, name)
    with pytest.raises(error) as caught:
        read(path)
    assert type(caught.value) is error
    assert name in str(caught.value)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path, SHORT + "#" * (LARGEST - len(SHORT)))) == Question("mortality")


def test_brackets_in_strings_and_comments_are_not_depth(tmp_path: Path) -> None:
    text = "outcome = \"[[[[[[\"\ntitle = '{{{{{{'  # ((([[[[[[\n"
    assert read(written(tmp_path, text)).title == "{{{{{{"
    long = 'outcome = "x"\ntitle = """\n[[[[[[ ..... \\""" ]\n"""'
    assert read(written(tmp_path, long)).title == '[[[[[[ ..... """ ]\n'


def test_no_file_and_no_plain_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / "nothing.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(Unreadable):
        read(tmp_path / "folder.toml")


@settings(max_examples=25)
@given(QUESTIONS)
def test_a_template_is_the_question_and_explains_each_line(question: Question) -> None:
    text = template(question)
    assert from_toml(text) == question
    lines = text.split("\n")
    for name in question.__struct_fields__:
        (at,) = [i for i, line in enumerate(lines) if line.startswith(f"{name} = ")]
        assert lines[at - 1].startswith("# ")


@settings(max_examples=25)
@given(QUESTIONS, QUESTIONS)
def test_changing_a_file_keeps_its_comments(one: Question, other: Question) -> None:
    text = template(one)
    again = changed(text, other)
    assert from_toml(again) == other
    for line in text.split("\n"):
        if line.startswith("#"):
            assert line in again.split("\n")
    assert changed(text, one) == text


def test_order_spacing_and_comments_behind_values_stay() -> None:
    text = (
        '# mine\nmeasure="OR"   # not "RR" # sic\n\noutcome = "mortality"\n'
        'exclude = [\n "a",  # one\n "b # b"\n]  # two\n"title" = """\nx = 1\n"""'
    )
    question = from_toml(text)
    assert question.exclude == ("a", "b # b")
    assert changed(text, question) == text
    other = msgspec.structs.replace(question, measure="RD", exclude=("a",), level=0.9)
    assert changed(text, other) == (
        '# mine\nmeasure = "RD"   # not "RR" # sic\n\noutcome = "mortality"\n'
        'exclude = ["a"]  # two\n"title" = """\nx = 1\n"""\nlevel = 0.9\n'
    )
    with pytest.raises(Unreadable):
        changed("outcome", question)


def test_a_choice_back_at_its_default_is_written_where_it_is_named_only() -> None:
    question = Question("mortality")
    assert changed(SHORT, question) == SHORT
    assert changed(SHORT + 'measure = "OR"\n', question) == SHORT + 'measure = "RR"\n'
