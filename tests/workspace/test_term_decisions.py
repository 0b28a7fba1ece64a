"""What people say of terms: taken down, applied, withdrawn, kept through every update."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trialweave.errors import NotADecision, NotFound, WorkspaceError
from trialweave.workspace import Workspace

PAGE = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT09200001", "briefTitle": "Cells for ARDS"},
        "conditionsModule": {"conditions": ["ARDS", "Sepsis"], "keywords": ["Storm", "ards; ARDS"]},
        "eligibilityModule": {"eligibilityCriteria": "Exclusion Criteria:\n\n* Sepsis\n* STORM\n"},
    }
}


def page(number: int, *conditions: str) -> bytes:
    told = json.loads(json.dumps(PAGE))
    told["protocolSection"]["identificationModule"]["nctId"] = f"NCT0920000{number}"
    if conditions:
        told["protocolSection"]["conditionsModule"]["conditions"] = list(conditions)
    return json.dumps(told).encode()


@pytest.fixture
def held(tmp_path: Path) -> Workspace:
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_bytes(page(number))
    made = Workspace(tmp_path / "w")
    made.add([tmp_path / "1.json", tmp_path / "2.json"])
    return made


def rows(
    held: Workspace, term: str, record: str = "ctgov:NCT09200001"
) -> list[tuple[str, bool, int]]:
    table = held._state().mentions.to_pylist()
    return [
        (each["field"], each["stands"], each["decided"])
        for each in table
        if each["term"] == term and each["record_id"] == record
    ]


SEPSIS = "D018805"
CRITERION = "exclusion_criteria[0]"


def test_words_are_denied_a_term_everywhere_and_stay_visible(held: Workspace) -> None:
    before = rows(held, SEPSIS)
    assert before
    assert all(stands and not decided for _, stands, decided in before)
    report = held.say_term("sepsis", f"MeSH:{SEPSIS}", because="not here", is_not=True, by="Ada")
    assert (report.entry.verdict, report.entry.state, report.standing) == ("is not", "holds", 0)
    assert report.rejected == report.entry.mentions == 2 * len(before)
    assert rows(held, SEPSIS) == [(field, False, 1) for field, _, _ in before]
    assert SEPSIS not in {each.term.id for each in held.mentions("NCT09200001")}


def test_words_are_given_a_term_and_it_is_taken_back(held: Workspace) -> None:
    held.say_term("Storm", "MeSH:D000080424", because="it is said so here", by="Ada")
    found = rows(held, "D000080424")
    assert {field for field, _, decided in found if decided} == {
        "keywords[0]", "exclusion_criteria[1]",
    }  # fmt: skip
    told = {each.address: each for each in held.mentions("NCT09200001") if each.decided}
    assert told["exclusion_criteria[1]"].assertion == "excluded"
    with pytest.raises(NotADecision, match="said nothing"):
        held.withdraw_term(1, because="no", by="Bob")
    report = held.withdraw_term(1, because="it is not", by="ada")
    assert (report.entry.verdict, report.entry.of) == ("withdrawn", 1)
    assert rows(held, "D000080424") == []
    with pytest.raises(NotADecision):
        held.withdraw_term(1, because="again", by="Ada")


def test_one_place_alone(held: Workspace) -> None:
    report = held.say_term(
        "Sepsis", f"MeSH:{SEPSIS}", because="a heading", is_not=True,
        record="ctgov:NCT09200001", field=CRITERION, by="Ada",
    )  # fmt: skip
    assert (report.entry.start, report.entry.end, report.rejected) == (0, 6, 1)
    assert {field: stands for field, stands, _ in rows(held, SEPSIS)} == {
        "conditions[1]": True, CRITERION: False,
    }  # fmt: skip
    assert all(stands for _, stands, _ in rows(held, SEPSIS, "ctgov:NCT09200002"))


def test_a_place_is_named_by_its_start_where_the_words_stand_twice(held: Workspace) -> None:
    where = {"record": "ctgov:NCT09200001", "field": "keywords[1]", "because": "so", "by": "Ada"}
    with pytest.raises(NotADecision, match="stand at 6"):
        held.say_term("ARDS", "MeSH:D012128", start=0, **where)
    with pytest.raises(NotADecision, match="nowhere"):
        held.say_term("Nothing", "MeSH:D012128", **where)
    assert held.say_term("ARDS", "MeSH:D012128", **where).entry.start == 6
    with pytest.raises(NotFound, match="no text at"):
        held.say_term("ARDS", "MeSH:D012128", **where | {"field": "acronym"})
    with pytest.raises(NotFound):
        held.say_term("ARDS", "MeSH:D012128", **where | {"record": "ctgov:NCT00000000"})
    with pytest.raises(NotADecision, match="a record and one of its fields"):
        held.say_term("ARDS", "MeSH:D012128", **where | {"field": ""})
    with pytest.raises(NotADecision, match="reason"):
        held.say_term("ARDS", "MeSH:D012128", because=" ", by="Ada")
    with pytest.raises(NotFound):
        held.say_term("ARDS", "no such term at all", because="so", by="Ada")


def test_what_was_said_holds_for_records_that_come_later_and_after_a_rebuild(
    held: Workspace, tmp_path: Path
) -> None:
    held.say_term("sepsis", f"MeSH:{SEPSIS}", because="so", is_not=True, by="Ada")
    held.say_term("Storm", "MeSH:D000080424", because="so", by="Ada")
    (tmp_path / "3.json").write_bytes(page(3))
    held.add(tmp_path / "3.json")
    third = "ctgov:NCT09200003"
    assert {stands for _, stands, _ in rows(held, SEPSIS, third)} == {False}
    assert rows(held, "D000080424", third)
    before = held._state().mentions.to_pylist()
    held.rebuild()
    after = held._state().mentions.to_pylist()
    assert sorted(map(repr, after)) == sorted(map(repr, before))


def test_records_that_are_as_they_were_keep_their_mentions(
    held: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialweave.pipeline import annotating

    asked: list[list[str]] = []
    true = annotating._found

    def seen(staging: object, wanted: list[str], rules: object) -> object:
        asked.append(list(wanted))
        return true(staging, wanted, rules)  # type: ignore[arg-type]

    monkeypatch.setattr(annotating, "_found", seen)
    (tmp_path / "3.json").write_bytes(page(3, "Pneumonia"))
    held.add(tmp_path / "3.json")
    held.say_term(
        "Sepsis", f"MeSH:{SEPSIS}", because="so", is_not=True,
        record="ctgov:NCT09200002", field="conditions[1]", by="Ada",
    )  # fmt: skip
    held.say_term("ARDS", "MeSH:D012128", because="so", is_not=True, by="Ada")
    held.say_term("Storm", "MeSH:D000080424", because="so", by="Ada")
    held.annotate()
    assert [sorted(each) for each in asked] == [
        ["ctgov:NCT09200003"],
        ["ctgov:NCT09200002"],
        ["ctgov:NCT09200001", "ctgov:NCT09200002", "ctgov:NCT09200003"],
        ["ctgov:NCT09200001", "ctgov:NCT09200002", "ctgov:NCT09200003"],
        [],
    ]


def test_another_vocabulary_has_all_looked_for_anew_and_decisions_hold(
    held: Workspace, tmp_path: Path
) -> None:
    held.say_term("sepsis", f"MeSH:{SEPSIS}", because="so", is_not=True, by="Ada")
    own = "id\tname\tsynonyms\nOWN:1\tstorm\t\nOWN:2\tsepsis\t\n"
    (tmp_path / "own.tsv").write_text(own)
    held.add_vocabulary(tmp_path / "own.tsv", name="Own", version="1")
    for one in held.vocabularies_in_use():  # so that there is little to lay out
        if one.vocabulary not in ("MeSH", "Own"):
            held.switch_vocabulary(one.vocabulary, on=False)
    assert rows(held, "OWN:1") == []
    found = held.annotate()
    assert {field for field, _, _ in rows(held, "OWN:1")} == {
        "keywords[0]",
        "exclusion_criteria[1]",
    }
    assert {stands for _, stands, _ in rows(held, SEPSIS)} == {False}
    assert all(stands for _, stands, _ in rows(held, "OWN:2"))
    assert "Own 1" in found.vocabularies
    assert (found.records, found.rejected) == (2, len(rows(held, SEPSIS)) * 2)


def test_reviewers_who_differ_are_shown_and_nothing_follows(held: Workspace) -> None:
    asked = {"words": "sepsis", "term": f"MeSH:{SEPSIS}", "because": "so"}
    held.say_term(**asked, is_not=True, by="Ada")
    report = held.say_term(**asked, by="Bob")
    assert report.entry.state == "in dispute"
    assert all(stands and not decided for _, stands, decided in rows(held, SEPSIS))
    held.say_term(**asked, is_not=True, by="Eve", adjudicator=True)
    view = held.term_decisions()
    assert [each.state for each in view.entries] == ["overruled", "overruled", "holds"]
    (row,) = view.agreement
    assert (row.reviewer_a, row.reviewer_b, row.pairs, row.agreed) == ("Ada", "Bob", 1, 0)
    assert view.waiting == ()


def test_the_list_is_exported_and_tampering_is_said(held: Workspace, tmp_path: Path) -> None:
    held.say_term("sepsis", f"MeSH:{SEPSIS}", because="=1+1", is_not=True, by="a@example.org")
    held.term_decisions(export=tmp_path / "t.jsonl")
    held.term_decisions(export=tmp_path / "t.csv")
    assert (tmp_path / "t.jsonl").read_bytes() == (held.root / "terms.jsonl").read_bytes()
    table = (tmp_path / "t.csv").read_text()
    assert "'=1+1" in table
    assert "example.org" not in table
    path = held.root / "terms.jsonl"
    path.write_bytes(path.read_bytes().replace(b"is not", b"is"))
    with pytest.raises(WorkspaceError, match="line 1 of the term decisions"):
        held.term_decisions()
    with pytest.raises(WorkspaceError):
        held.annotate()


def test_the_state_of_an_earlier_day_is_asked_and_not_changed(held: Workspace) -> None:
    import datetime as dt

    today = held.as_of(dt.datetime.now(dt.UTC).date())
    assert rows(today, SEPSIS)
    with pytest.raises(WorkspaceError, match="earlier day"):
        today.say_term("sepsis", f"MeSH:{SEPSIS}", because="so", by="Ada")
    with pytest.raises(WorkspaceError):
        today.annotate()
