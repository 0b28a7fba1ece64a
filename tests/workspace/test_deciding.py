"""People's decisions through the whole house: taken down, applied, kept, shown, exported."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NotADecision, NotFound, WorkspaceError
from trialweave.faces import cli
from trialweave.store import tables
from trialweave.store.generations import Generations
from trialweave.workspace import Workspace, _saying

ONE, TWO, THREE = "NCT09100001", "NCT09100002", "NCT09100003"


def record(number: str) -> dict[str, Any]:
    """An invented registration as the register's interface gives it."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"Rye bread {number[-1]}"},
            "statusModule": {"lastUpdatePostDateStruct": {"date": f"202{number[-1]}-05-01"}},
            "designModule": {"studyType": "INTERVENTIONAL"},
        }
    }


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Three registrations that have nothing to do with each other."""
    monkeypatch.delenv("TRIALWEAVE_REVIEWER", raising=False)
    path = tmp_path / "three.json"
    path.write_text(json.dumps({"studies": [record(number) for number in (ONE, TWO, THREE)]}))
    held = Workspace(tmp_path / "held")
    assert held.add(path).new == 3
    return held


def joined(workspace: Workspace, one: str, other: str) -> bool:
    return workspace.show(one).study == workspace.show(other).study


def link(workspace: Workspace, one: str, other: str, **said: Any) -> Any:
    return workspace.link(one, other, **{"because": "One protocol.", "by": "Ada"} | said)


def unlink(workspace: Workspace, one: str, other: str, **said: Any) -> Any:
    return workspace.unlink(one, other, **{"because": "Two protocols.", "by": "Ada"} | said)


def test_a_decision_is_applied_and_survives_rebuild_and_add(
    workspace: Workspace, tmp_path: Path
) -> None:
    parts = sorted(path.name for path in workspace.root.rglob("parts/*"))
    said = link(
        workspace, f" {TWO.lower()} ", f"ctgov:{ONE}", because="One\x1b[31m\nprotocol\u202e."
    )
    assert said.entry.because == "One [31m protocol ."
    assert (said.entry.record_a, said.entry.record_b) == (f"ctgov:{ONE}", f"ctgov:{TWO}")
    assert (said.pair.outcome, said.pair.joined) == ("together", True)
    assert [study.study_id for study in said.studies] == [ONE]
    assert joined(workspace, ONE, TWO)
    assert sorted({path.name for path in workspace.root.rglob("parts/*")}) == parts
    (shown,) = workspace.links(TWO).links
    assert shown.kind == "decided"
    assert "Ada decided together on 20" in shown.signals[0].evidence
    workspace.rebuild()
    assert joined(workspace, ONE, TWO)
    more = tmp_path / "more.json"
    more.write_text(json.dumps({"studies": [record("NCT09100004")]}))
    workspace.add(more)
    assert joined(workspace, ONE, TWO)
    assert workspace.decisions().waiting == ()


def test_a_number_stands_for_the_record_that_bears_it(workspace: Workspace) -> None:
    link(workspace, ONE, TWO)
    with pytest.raises(NotADecision, match="both stand for the record"):
        unlink(workspace, TWO, f"https://clinicaltrials.gov/study/{TWO}")
    said = unlink(workspace, ONE, TWO)  # although one study answers to both
    assert said.pair.outcome == "apart"
    assert not joined(workspace, ONE, TWO)
    with pytest.raises(NotFound):
        link(workspace, ONE, "NCT09100009")
    assert len(workspace.decisions().entries) == 2


@pytest.mark.parametrize(
    "said", [{"because": " \n\x1b"}, {"because": "x" * 2001}, {"by": "y" * 101}, {"by": "\x7f"}]
)
def test_what_cannot_be_taken_down(workspace: Workspace, said: dict[str, str]) -> None:
    with pytest.raises(NotADecision) as caught:
        link(workspace, ONE, TWO, **said)
    assert caught.value.next_step
    assert workspace.decisions().entries == ()


def test_who_decides(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWEAVE_REVIEWER", "Ben <ben@example.org>")
    said = link(workspace, ONE, TWO, by="")
    assert said.entry.who == "Ben <ben>"
    assert "example.org" not in repr(workspace.links(ONE)) + repr(workspace.decisions())
    assert b"ben@example.org" in (workspace.root / "decisions.jsonl").read_bytes()
    monkeypatch.delenv("TRIALWEAVE_REVIEWER")
    assert _saying.reviewer(lambda: "login") == "login"

    def nameless() -> str:
        raise KeyError("no such account")

    assert _saying.reviewer(nameless) == ""


def test_reviewers_differ_and_an_adjudicator_settles(workspace: Workspace) -> None:
    link(workspace, ONE, TWO)
    said = unlink(workspace, TWO, ONE, by="Ben")
    assert (said.pair.outcome, said.pair.counted) == ("in dispute", (1, 2))
    assert not joined(workspace, ONE, TWO)
    assert [pair.counted for pair in workspace.decisions().disputes] == [(1, 2)]
    said = link(workspace, ONE, TWO, by="Cy", adjudicator=True)
    assert (said.pair.adjudicated, said.pair.joined) == (True, True)
    view = workspace.decisions()
    assert view.disputes == ()
    (row,) = view.agreement  # of reviewers alone
    assert (row.reviewer_a, row.reviewer_b, row.pairs, row.agreed) == ("Ada", "Ben", 1, 0)
    said = workspace.withdraw(ONE, TWO, because="A slip.", by="cy")
    assert said.pair.outcome == "in dispute"
    with pytest.raises(NotADecision, match="still stands"):
        workspace.withdraw(ONE, TWO, because="A slip.", by="Cy")
    workspace.withdraw(ONE, TWO, because="A slip.", by="Ada")
    said = workspace.withdraw(ONE, TWO, because="A slip.", by="Ben")
    assert said.pair is None
    assert len(workspace.decisions().entries) == 6


def test_agreement_beyond_chance(workspace: Workspace) -> None:
    pairs = [(ONE, TWO), (ONE, THREE), (TWO, THREE)]
    for (one, other), ada, ben in zip(pairs, "++-", "+--", strict=True):
        for who, verdict in (("Ada", ada), ("Ben", ben)):
            (link if verdict == "+" else unlink)(workspace, one, other, by=who)
    (row,) = workspace.decisions().agreement
    # po = 2/3; pe = 2/3·1/3 + 1/3·2/3 = 4/9; κ = (2/9)/(5/9).
    assert (row.pairs, row.agreed, row.kappa) == (3, 2, pytest.approx(0.4))
    assert row.lower is not None
    assert row.lower < 0.4


def test_contradictions_are_reported_when_they_are_made(workspace: Workspace) -> None:
    link(workspace, ONE, TWO)
    link(workspace, TWO, THREE)
    said = unlink(workspace, ONE, THREE)
    (conflict,) = said.conflicts
    assert (conflict.apart, conflict.together) == ((3,), (1, 2))
    assert workspace.decisions().conflicts == (conflict,)
    assert workspace.status().studies == 3


def test_nothing_is_decided_in_the_past_and_all_of_it_holds_there(workspace: Workspace) -> None:
    import datetime as dt

    link(workspace, ONE, TWO)
    past = workspace.as_of(dt.date(2022, 6, 1))
    with pytest.raises(WorkspaceError, match="earlier day"):
        link(past, ONE, TWO)
    assert past.status().records == 2
    assert joined(past, ONE, TWO)
    assert past.decisions().waiting == ()
    unlink(workspace, TWO, THREE)
    assert [pair.joined for pair in past.decisions().resting] == [None]


def test_a_damaged_list_stops_writing_and_not_reading(workspace: Workspace, tmp_path: Path) -> None:
    link(workspace, ONE, TWO)
    path = workspace.root / "decisions.jsonl"
    whole = path.read_bytes()
    for damaged in (whole.replace(b"One", b"Two"), b""):
        path.write_bytes(damaged)
        for call in (
            lambda: link(workspace, ONE, THREE),
            workspace.decisions,
            lambda: workspace.add(_more(tmp_path)),
        ):
            with pytest.raises(WorkspaceError) as caught:
                call()
            assert "back" in caught.value.next_step
        assert joined(workspace, ONE, TWO)
    workspace.rebuild()  # goes on with what is there: nothing
    assert not joined(workspace, ONE, TWO)
    path.write_bytes(whole)
    assert workspace.decisions().waiting == (1,)
    workspace.rebuild()
    assert joined(workspace, ONE, TWO)


def _more(folder: Path) -> Path:
    path = folder / "more.json"
    path.write_text(json.dumps({"studies": [record("NCT09100005")]}))
    return path


def test_what_a_crash_cut_off_is_dropped_and_told(workspace: Workspace) -> None:
    link(workspace, ONE, TWO)
    path = workspace.root / "decisions.jsonl"
    with path.open("ab") as file:
        file.write(b'{"number":2,"at":"2031-0')
    assert workspace.decisions().cut.endswith("2031-0")
    said = link(workspace, ONE, THREE)
    assert (said.entry.number, said.dropped) == (2, '{"number":2,"at":"2031-0')
    assert path.read_bytes().count(b"\n") == 2
    assert workspace.decisions().cut == ""


def test_where_deriving_fails_nothing_is_taken_down(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(workspace, ONE, TWO)
    before = (workspace.root / "decisions.jsonl").read_bytes()

    def full(*_: Any) -> None:
        raise WorkspaceError("no space left.")

    with monkeypatch.context() as patched:
        patched.setattr(tables, "write_links", full)
        with pytest.raises(WorkspaceError, match="no space"):
            unlink(workspace, ONE, TWO)
    assert (workspace.root / "decisions.jsonl").read_bytes() == before
    assert joined(workspace, ONE, TWO)
    with monkeypatch.context() as patched:  # as where the machine fails between the two
        patched.setattr(Generations, "commit", full)
        with pytest.raises(WorkspaceError, match="no space"):
            unlink(workspace, ONE, TWO)
    assert joined(workspace, ONE, TWO)
    assert workspace.decisions().waiting == (2,)
    link(workspace, TWO, THREE)
    assert not joined(workspace, ONE, TWO)
    assert workspace.decisions().waiting == ()


def test_exports(workspace: Workspace, tmp_path: Path) -> None:
    link(workspace, ONE, TWO, because="=1+1", by="ada@example.org")
    out = tmp_path / "out.jsonl"
    assert workspace.decisions(export=out).written == str(out)
    assert out.read_bytes() == (workspace.root / "decisions.jsonl").read_bytes()
    workspace.decisions(export=tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert (row["because"], row["who"], row["holds_now"]) == ("'=1+1", "ada", "together")
    with pytest.raises(NotADecision):
        workspace.decisions(export=tmp_path / "out.txt")
    with pytest.raises(WorkspaceError):
        workspace.decisions(export=tmp_path / "absent" / "out.csv")


def _run(capfd: Any, workspace: Workspace, *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = cli.run([*arguments, "--workspace", str(workspace.root)])
    said = capfd.readouterr()
    return code, said.out, said.err


def test_the_commands(workspace: Workspace, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = _run(capfd, workspace, "decisions")
    assert (code, "Nobody has decided" in out) == (0, True)
    assert _run(capfd, workspace, "link", ONE, TWO)[0] == 2  # no reason
    code, out, _ = _run(capfd, workspace, "link", ONE, TWO, "--because", "Same.", "--by", "Ada")
    assert (code, f"{ONE}  2 records" in out) == (0, True)
    code, out, _ = _run(capfd, workspace, "unlink", ONE, TWO, "--because", "No.", "--by", "Ben")
    assert "nothing is applied" in out
    code, out, _ = _run(capfd, workspace, "links", ONE)
    assert "Ada decided together" in out
    assert "Ben decided apart" in out
    assert f"trialweave link ctgov:{ONE} ctgov:{TWO} --because" in out
    assert f"trialweave unlink ctgov:{ONE} ctgov:{TWO} --because" in out
    code, out, _ = _run(capfd, workspace, "decisions", "--json")
    view = json.loads(out)
    assert view["entries"][1]["previous"] == view["entries"][0]["digest"]
    code, out, _ = _run(
        capfd, workspace, "link", ONE, TWO, "--because", "x", "--by", "Cy", "--adjudicate", "--json"
    )
    assert json.loads(out)["pair"]["adjudicated"] is True
    code, out, _ = _run(capfd, workspace, "withdraw", ONE, TWO, "--because", "x", "--by", "Cy")
    assert "in dispute" in out
    code, out, _ = _run(capfd, workspace, "decisions")
    assert "Ada and Ben: 0 of 1 pair (0%)" in out
    code, _, err = _run(capfd, workspace, "unlink", ONE, f"ctgov:{ONE}", "--because", "x")
    assert (code, "both stand for" in err) == (22, True)
    code, _, err = _run(
        capfd, workspace, "--as-of", "2023-01-01", "link", ONE, TWO, "--because", "x"
    )
    assert (code, "earlier day" in err) == (17, True)


def test_two_at_once_both_get_in_or_are_told(workspace: Workspace) -> None:
    import sys

    program = (
        "import sys\nfrom trialweave.workspace import Workspace\nw = Workspace(sys.argv[1])\n"
        "w._generations._wait = 60\n"
        "for _ in range(3): w.link(sys.argv[2], sys.argv[3], because='x', by=sys.argv[4])\n"
    )
    calls = [
        subprocess.Popen([sys.executable, "-c", program, str(workspace.root), ONE, other, who])
        for other, who in ((TWO, "Ada"), (THREE, "Ben"))
    ]
    assert [call.wait(120) for call in calls] == [0, 0]
    view = workspace.decisions()
    assert [each.number for each in view.entries] == [1, 2, 3, 4, 5, 6]
    assert view.waiting == ()
    assert workspace.status().studies == 1
