"""Saved questions through the whole house: kept, answered again, and what changed and why."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from trialweave.errors import (
    InputError,
    NotFound,
    TooLarge,
    Unreadable,
    WorkspaceError,
    WrongEncoding,
)
from trialweave.synthesis import Light, Question
from trialweave.synthesis.changes import Changes
from trialweave.workspace import Workspace

ARTICLE = """
PMID- {pmid}
OWN - NLM
STAT- MEDLINE
DP  - {year}
TI  - {title}: a randomised trial.
AB  - METHODS: We randomised {both} patients to {given} (n={n}) or placebo (n={n}). RESULTS: At day
      28, {a} of {n} patients in the {given} group died versus {c} of {n} in the placebo group.
AU  - {author} N
PT  - Randomized Controlled Trial
"""
ONE = ARTICLE.format(
    pmid=90000001, year=2031, title="Invented cells for an invented fever", given="cell",
    n=20, both=40, a=3, c=9, author="Noone",
)  # fmt: skip
TWO = ARTICLE.format(
    pmid=90000002, year=2033, title="Rye bread for toothache in sailors", given="bread",
    n=60, both=120, a=5, c=8, author="Nobody",
)  # fmt: skip
THREE = ARTICLE.format(
    pmid=90000003, year=2034, title="Cold baths against melancholia of millers", given="bath",
    n=35, both=70, a=4, c=6, author="Niemand",
)  # fmt: skip
ASKED = Question("mortality", title="Deaths")


def write(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        paths.append(folder / f"{name}.nbib")
        paths[-1].write_text(text)
    return paths


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("living")
    assert Workspace(folder / "held").add(write(folder, one=ONE, two=TWO)).new == 2
    return folder / "held"


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Workspace:
    """Two invented articles."""
    return Workspace(shutil.copytree(built, tmp_path / "held"))


def lines(workspace: Workspace, name: str = "deaths") -> list[bytes]:
    return (workspace.root / "questions" / f"{name}.answers.jsonl").read_bytes().splitlines()


def changed(workspace: Workspace, name: str = "deaths") -> Changes:
    (told,) = workspace.update(name).questions
    return told


def test_a_question_is_kept_with_its_answers(workspace: Workspace) -> None:
    assert workspace.questions().questions == ()
    path = workspace.save("Deaths", ASKED)
    assert path == workspace.root / "questions" / "deaths.toml"
    assert workspace.question("deaths") == workspace.question(path) == ASKED
    (row,) = workspace.questions().questions
    assert (row.name, row.question, row.answered) == ("deaths", ASKED, None)
    answer = workspace.answer("deaths")
    assert answer == workspace.pool(ASKED)
    assert len(lines(workspace)) == 1
    for name in ("deaths.toml", "questions/deaths.toml", path, str(path)):
        assert workspace.answer(name) == answer
    assert len(lines(workspace)) == 1  # the same answer is not kept twice
    (row,) = workspace.questions().questions
    assert (row.k, row.data, row.pooled) == (2, answer.data, answer.pooled)
    workspace.save("deaths", msgspec.structs.replace(ASKED, measure="OR"))
    assert workspace.answer("deaths", keep=False).question.measure == "OR"
    assert len(lines(workspace)) == 1
    elsewhere = workspace.root.parent / "elsewhere.json"
    elsewhere.write_bytes(ASKED.to_json())
    assert workspace.answer(elsewhere).question == ASKED
    assert [file.name for file in sorted(path.parent.glob("*.jsonl"))] == ["deaths.answers.jsonl"]


def test_what_changed_is_told_with_its_reason(workspace: Workspace, tmp_path: Path) -> None:
    workspace.save("deaths", ASKED)
    first = changed(workspace)
    assert (first.before, first.differences, first.k, first.title) == (None, (), 2, "Deaths")
    again = changed(workspace)
    assert again.before is not None
    assert again.same_data
    assert again.differences == ()

    workspace.add(write(tmp_path, three=THREE))
    told = changed(workspace)
    assert not told.same_data
    assert [one.kind for one in told.differences] == ["new study", "pooled"]
    new, pooled = told.differences
    assert new.label == "N 2034"
    assert new.why == "its records are new: medline:pmid:90000003 (version 1)"
    assert pooled.why == "2 studies before, 3 now"
    assert pooled.was != pooled.now

    finding = workspace.answer("deaths").rows[0].finding_id
    workspace.correct(finding, {"a.events": "4"}, because="Table 2 says so.", by="Ada")
    number = changed(workspace).differences[0]
    assert (number.kind, number.what, number.was, number.now) == (
        "number", "events, treated", "3", "4",
    )  # fmt: skip
    assert number.label == "N 2031"
    assert "put right by hand: a.events of " in number.why
    assert "Table 2 says so." in number.why

    workspace.add(write(tmp_path, newer=ONE.replace("9 of 20", "8 of 20")))
    told = changed(workspace)
    by_what = {one.what: one for one in told.differences if one.kind == "number"}
    assert (by_what["events, controls"].was, by_what["events, controls"].now) == ("9", "8")
    assert "medline:pmid:90000001 has version 2, was 1" in by_what["events, controls"].why
    assert "no longer put right: a.events" in by_what["events, treated"].why

    out = workspace.answer("deaths").rows[1]
    asked = msgspec.structs.replace(ASKED, exclude=(out.study_id,))
    workspace.save("deaths", asked)
    told = changed(workspace)
    assert [one.kind for one in told.differences] == ["question", "study gone", "pooled"]
    assert (told.differences[0].what, told.differences[0].now) == ("exclude", out.study_id)
    assert told.differences[1].why == "it is left out: left out on request"
    workspace.save("deaths", ASKED)
    back = changed(workspace).differences[1]
    assert back.kind == "new study"
    assert back.why == "it was left out before: left out on request"
    kept = [msgspec.json.decode(line) for line in lines(workspace)]
    assert len({each["answer"]["data"] for each in kept}) == 4


def test_update_answers_every_question(workspace: Workspace) -> None:
    workspace.save("deaths", ASKED)
    workspace.save("hair", Question("hair loss"))
    (workspace.root / "questions" / "broken.toml").write_text("outcome")
    report = workspace.update()
    assert report.fetches == ()
    told = {one.name: one for one in report.questions}
    assert list(told) == ["broken", "deaths", "hair"]
    assert told["deaths"].problem == ""
    assert told["hair"].problem.startswith("no study can be pooled for 'hair loss'")
    assert told["broken"].problem.startswith("broken.toml: no TOML")
    rows = {row.name: row for row in workspace.questions().questions}
    assert rows["broken"].question is None
    assert rows["broken"].problem == told["broken"].problem
    with pytest.raises(NotFound, match="no question is saved as 'other'"):
        workspace.update("other")


def test_what_a_crash_left_is_dropped_and_damage_is_told(workspace: Workspace) -> None:
    workspace.save("deaths", ASKED)
    workspace.answer("deaths")
    file = workspace.root / "questions" / "deaths.answers.jsonl"
    whole = file.read_bytes()
    for cut in (1, 100, len(whole) - 1):
        file.write_bytes(whole + whole[:cut])
        assert workspace.questions().questions[0].k == 2
        assert changed(workspace).differences == ()
    workspace.save("deaths", msgspec.structs.replace(ASKED, measure="OR"))
    workspace.answer("deaths")
    assert file.read_bytes().startswith(whole)
    assert len(lines(workspace)) == 2
    file.write_bytes(b"{" * 200_000)  # no whole line, longer than one block is read back
    workspace.answer("deaths")
    assert len(lines(workspace)) == 1
    file.write_bytes(b"{}\n")
    with pytest.raises(WorkspaceError, match="the last answer kept is damaged"):
        workspace.answer("deaths")
    assert "damaged" in changed(workspace).problem


def test_names_and_files_that_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("", "../deaths", "a b", "x" * 65, "-x", "ö"):
        with pytest.raises(InputError, match="cannot name a question"):
            workspace.save(name, ASKED)
    with pytest.raises(NotFound):
        workspace.question("deaths")
    with pytest.raises(NotFound):
        workspace.question("../../deaths.toml")
    cases: tuple[tuple[bytes, type[Exception]], ...] = (
        (b"\xff", WrongEncoding),
        (b"x = 1", Unreadable),
        (b" " * 70_000, TooLarge),
    )
    for data, kind in cases:
        (tmp_path / "q.toml").write_bytes(data)
        with pytest.raises(kind):
            workspace.question(tmp_path / "q.toml")


def test_an_earlier_day_keeps_nothing(workspace: Workspace) -> None:
    workspace.save("deaths", ASKED)
    then = workspace.as_of(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
    assert then.answer("deaths").k == 2
    assert not (workspace.root / "questions" / "deaths.answers.jsonl").exists()
    for operation in (lambda: then.save("x", ASKED), then.update):
        with pytest.raises(WorkspaceError, match="for today"):
            operation()


def test_the_same_data_give_the_same_answer_bit_for_bit(tmp_path: Path) -> None:
    articles = write(tmp_path, one=ONE, two=TWO, three=THREE)
    answers = []
    for number, parts in enumerate((([0, 1, 2],), ([2], [1, 0]))):
        held = Workspace(tmp_path / f"held{number}")
        for part in parts:
            held.add([articles[i] for i in part])
        answers.append(msgspec.json.encode(held.pool(ASKED)))
    assert answers[0] == answers[1]
    assert len(msgspec.json.decode(answers[0])["data"]) == 64


def test_risk_of_bias_as_people_judged_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIALWEAVE_REVIEWER", raising=False)
    before = workspace.pool(ASKED)
    one = before.rows[0].study_id
    for outcome, overall in (("Mortality", "high"), ("survival", "low")):
        judged = {"D1": "low", "overall": overall}
        workspace.assess(
            one, "rob2", outcome=outcome, answers=judged, because="So it is.", by="Ada"
        )
    after = workspace.pool(ASKED)
    assert after.rows[0].lights[0] == Light("D1", "low")
    assert after.rows[0].lights[-1] == Light("overall", "high")
    assert after.rows[1].lights == ()
    assert after.data != before.data
    names = [row.name for row in after.sensitivity if row.group == "studies"]
    assert "as asked, without high risk of bias" in names
