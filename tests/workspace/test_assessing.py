"""Reviewers' answers through the whole house: taken down, kept, weighed, agreed, exported."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from trialweave.errors import NotADecision, NotFound, WorkspaceError
from trialweave.faces import cli
from trialweave.stats.agreement import kappa
from trialweave.workspace import Workspace

ONE, TWO = "NCT09300001", "NCT09300002"
LOW = {"1.2": "Y", "1.1": "Y", "1.3": "N"}


def record(number: str, **design: Any) -> dict[str, Any]:
    """An invented registration with a masked design and dates."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"Rye bread {number[-1]}"},
            "statusModule": {
                "startDateStruct": {"date": "2031-03-01", "type": "ACTUAL"},
                "studyFirstSubmitDate": "2031-01-10",
                "lastUpdatePostDateStruct": {"date": "2032-05-01"},
            },
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": {
                    "allocation": design.get("allocation", "RANDOMIZED"),
                    "maskingInfo": {
                        "masking": "DOUBLE",
                        "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
                    },
                },
            },
        }
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two registrations of two trials."""
    folder = tmp_path_factory.mktemp("two")
    second = record(TWO, allocation="NON_RANDOMIZED")
    (folder / "two.json").write_text(json.dumps({"studies": [record(ONE), second]}))
    assert Workspace(folder / "held").add(folder / "two.json").new == 2
    return folder / "held"


@pytest.fixture
def workspace(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of it."""
    monkeypatch.delenv("TRIALWEAVE_REVIEWER", raising=False)
    shutil.copytree(built, tmp_path / "held")
    return Workspace(tmp_path / "held")


def rob2(workspace: Workspace, answers: dict[str, str], by: str = "Ada", **said: Any) -> Any:
    asked = {"identifier": ONE, "outcome": "mortality", "because": "I read it."} | said
    return workspace.assess(asked.pop("identifier"), "rob2", answers=answers, by=by, **asked)


def items(view: Any) -> dict[str, Any]:
    return {each.item.number: each for domain in view.domains for each in domain.items}


def domains(view: Any) -> dict[str, Any]:
    return {domain.code: domain for domain in view.domains}


def test_a_form_is_filled_with_what_stands_and_nothing_is_taken_down(workspace: Workspace) -> None:
    view = workspace.assess(ONE, "RoB 2", outcome="mortality")
    found = items(view)
    assert found["2.1"].suggested.answer == "PN"
    assert found["2.2"].suggested.answer == "PY"
    assert found["4.3"].suggested.answer == "PN"
    assert found["3.1"].suggested is None
    assert {each.how for each in found.values()} == {"open"}
    assert (view.overall, view.cautions, view.reviewers) == ("", (), ())
    assert [d.judgement for d in view.domains] == [""] * 5  # a suggestion never judges
    for each in found.values():
        for place in each.suggested.evidence if each.suggested else ():
            assert workspace.why(ONE, place.address).entries
    assert not (workspace.root / "assessments.jsonl").exists()
    (caution,) = workspace.assess(TWO).cautions
    assert caution.text == "non-randomised"
    assert items(workspace.assess(ONE))["2.2"].suggested.answer == "no"  # registered before


def test_answers_lead_to_judgements_and_survive_a_rebuild(workspace: Workspace) -> None:
    view = rob2(workspace, {"1.2": " y "})
    assert (items(view)["1.2"].holds, items(view)["1.2"].how) == ("Y", "one reviewer")
    assert domains(view)["D1"].open == ("1.1",)
    assert view.taken == (1,)
    assert view.wanted[0] == "1.1"
    view = rob2(workspace, {"1.1": "PY", "1.3": "N"}, because="The\x1b[31m\nprotocol\u202e.")
    assert domains(view)["D1"].proposed == domains(view)["D1"].judgement == "low"
    assert items(view)["1.3"].given[0].because == "The [31m protocol ."
    workspace.rebuild()
    again = Workspace(workspace.root).assess(ONE.lower(), "rob2", outcome=" Mortality ")
    assert domains(again)["D1"].judgement == "low"
    assert workspace.assess(ONE, "rob2", outcome="survival").reviewers == ()  # another result
    assert workspace.assess(TWO, "rob2", outcome="mortality").reviewers == ()


def test_a_form_sent_twice_is_one_answer(workspace: Workspace) -> None:
    rob2(workspace, {"1.2": "Y"})
    assert rob2(workspace, {"1.2": "Y"}).taken == ()
    assert rob2(workspace, {"1.2": "Y"}, because="Once more.").taken == (2,)
    assert len(workspace.assessments().entries) == 2


def test_reviewers_differ_and_an_adjudicator_settles(workspace: Workspace) -> None:
    rob2(workspace, LOW)
    view = rob2(workspace, LOW | {"1.2": "N"}, by="Ben")
    assert (items(view)["1.2"].how, items(view)["1.2"].holds) == ("in dispute", "")
    assert items(view)["1.1"].how == "agreed"
    assert domains(view)["D1"].judgement == ""
    assert workspace.assessments().rows[0].disputes == ("1.2",)
    view = rob2(workspace, {"1.2": "NI"}, by="Cem", adjudicator=True)
    assert (items(view)["1.2"].how, items(view)["1.2"].holds) == ("adjudicated", "NI")
    assert domains(view)["D1"].judgement == "some concerns"
    view = rob2(workspace, {"1.2": ""}, by=" cem ")
    assert items(view)["1.2"].how == "in dispute"
    with pytest.raises(NotADecision, match=r"nothing to 1\.2 that still stands"):
        rob2(workspace, {"1.2": ""}, by="Cem")


def test_what_people_judge_goes_before_what_the_answers_come_to(workspace: Workspace) -> None:
    view = rob2(workspace, LOW | {"D1": "High"})
    (first,) = (domain for domain in view.domains if domain.code == "D1")
    assert (first.proposed, first.holds, first.judgement) == ("low", "high", "high")
    view = rob2(workspace, {"D1": "low"}, by="Ben")
    assert (domains(view)["D1"].how, domains(view)["D1"].judgement) == ("in dispute", "")
    rest = {"2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y", "4.1": "N", "4.2": "N", "4.3": "N"}
    rest |= {"5.1": "Y", "5.2": "N", "5.3": "N"}
    assert rob2(workspace, rest).overall == ""  # one domain is in dispute
    assert rob2(workspace, {"D1": "low"}).overall == "low"
    view = rob2(workspace, {"overall": "high"})
    assert (view.overall, view.how) == ("high", "one reviewer")
    assert view.wanted == ()


def test_nothing_but_people_judges_by_inspect_sr(workspace: Workspace) -> None:
    everything = dict.fromkeys(items(workspace.assess(ONE)), "no")
    view = workspace.assess(ONE, answers=everything, because="I looked.", by="Ada")
    assert [d.judgement for d in view.domains] == [""] * 4
    assert view.wanted == ("D1", "D2", "D3", "D4", "overall")
    judged = {f"D{n}": "no concerns" for n in range(1, 5)}
    assert workspace.assess(ONE, answers=judged, because="I looked.", by="Ada").overall == ""
    view = workspace.assess(ONE, answers={"overall": "Some Concerns"}, because="So.", by="Ada")
    assert view.overall == "some concerns"


@pytest.mark.parametrize(
    "said",
    [
        {"answers": {"9.1": "Y"}}, {"answers": {"1.1": "maybe"}}, {"answers": {"3.2": "NI"}},
        {"answers": {"D1": "no concerns"}}, {"because": " \n"}, {"because": "x" * 2001},
        {"by": "\x7f", "answers": {"1.1": "Y"}}, {"by": "y" * 101}, {"outcome": ""},
        {"outcome": "z" * 201}, {"answers": {"1.1": "Y", " 1.1 ": "N"}},
    ],
)  # fmt: skip
def test_what_cannot_be_taken_down(workspace: Workspace, said: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"answers": {"1.1": "Y"}, "by": "Ada"} | said
    with pytest.raises(NotADecision) as caught:
        rob2(workspace, **asked)
    assert caught.value.next_step
    assert workspace.assessments().entries == ()


def test_what_there_is_not(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no instrument"):
        workspace.assess(ONE, "nonesuch")
    with pytest.raises(NotFound):
        workspace.assess("NCT09399999")
    with pytest.raises(NotADecision, match="takes no outcome"):
        workspace.assess(ONE, outcome="mortality")
    with pytest.raises(WorkspaceError):
        Workspace(tmp_path / "nowhere").assess(ONE)
    assert Workspace(tmp_path / "nowhere").assessments().entries == ()
    import datetime as dt

    then = workspace.as_of(dt.date(2033, 1, 1))
    assert then.assess(ONE).study.study_id == ONE
    with pytest.raises(WorkspaceError, match="earlier day"):
        then.assess(ONE, answers={"1.1": "no"}, because="So.", by="Ada")


def test_answers_stay_with_the_study_when_it_is_joined_with_another(workspace: Workspace) -> None:
    rob2(workspace, LOW)
    rob2(workspace, {"1.2": "N"}, by="Ben", identifier=TWO)
    workspace.link(ONE, TWO, because="One trial.", by="Ada")
    view = workspace.assess(TWO, "rob2", outcome="mortality")
    assert view.reviewers == ("Ada", "Ben")
    assert items(view)["1.2"].how == "in dispute"
    assert len(workspace.assessments().rows) == 1
    workspace.unlink(ONE, TWO, because="Two.", by="Ada")
    assert workspace.assess(TWO, "rob2", outcome="mortality").reviewers == ("Ben",)


def test_agreement_is_cohens_kappa_of_what_both_answered(workspace: Workspace) -> None:
    rob2(workspace, LOW)
    rob2(workspace, LOW | {"1.3": "Y"}, by="Ben")
    rob2(workspace, {"1.2": "N", "1.1": "Y"}, identifier=TWO)
    rob2(workspace, {"1.2": "N"}, by="Ben", identifier=TWO)
    rob2(workspace, {"1.3": "N"}, by="Ben", adjudicator=True)  # knowing the other's: not counted
    rows = {row.item: row for row in workspace.assessments("rob2").agreement}
    assert (rows["1.2"].pairs, rows["1.2"].agreed, rows["1.2"].kappa) == (2, 2, 1.0)
    assert (rows["1.1"].pairs, rows["1.1"].kappa) == (1, None)  # of TWO only Ada answered it
    whole = rows["all questions"]
    # Y-Y, Y-Y, N-Y on the first study; N-N on the second.
    assert (whole.pairs, whole.agreed) == (4, 3)
    assert whole.kappa == pytest.approx(kappa([[2, 0], [1, 1]]).kappa)
    # Ada: low and high; Ben, by his own answers as a reviewer: some concerns and high.
    assert (rows["D1"].pairs, rows["D1"].agreed) == (2, 1)
    assert "overall" not in rows
    assert workspace.assessments("inspect-sr").agreement == ()


def test_the_list_is_chained_and_tampering_is_found(workspace: Workspace, tmp_path: Path) -> None:
    rob2(workspace, LOW, by="Ada <ada@example.org>")
    assert "example.org" not in repr(workspace.assessments())
    path = workspace.root / "assessments.jsonl"
    data = path.read_bytes()
    target = tmp_path / "copy.jsonl"
    workspace.assessments(export=target)
    assert target.read_bytes() == data
    assert len(data.splitlines()) == 3
    path.write_bytes(data.replace(b'"N"', b'"Y"', 1))
    with pytest.raises(WorkspaceError, match="line 3 of the reviewers' answers"):
        workspace.assess(ONE)
    path.write_bytes(data + b'{"number":4,"at":"20')  # a crash
    assert workspace.assessments().cut.startswith('{"number":4')
    view = rob2(workspace, {"1.3": "PN"}, by="Ben")
    assert view.dropped.startswith('{"number":4')
    assert path.read_bytes().startswith(data)
    assert workspace.assessments().cut == ""


def test_answers_as_tables(workspace: Workspace, tmp_path: Path) -> None:
    rob2(workspace, {"1.2": "Y"}, because="=cmd()", by="@Ada")
    target = tmp_path / "answers.csv"
    assert workspace.assessments(export=target).written == str(target)
    (row,) = csv.DictReader(io.StringIO(target.read_text()))
    assert (row["item"], row["answer"], row["study"], row["outcome"]) == (
        "1.2",
        "Y",
        ONE,
        "mortality",
    )
    assert row["because"] == "'=cmd()"  # no spreadsheet runs it
    workspace.assessments(export=tmp_path / "answers.xlsx")
    with zipfile.ZipFile(tmp_path / "answers.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=cmd()" in sheet
    with pytest.raises(NotADecision, match="forms of this export"):
        workspace.assessments(export=tmp_path / "answers.svg")
    with pytest.raises(WorkspaceError):
        workspace.assessments(export=tmp_path / "no" / "answers.csv")


def test_judgements_as_traffic_lights(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotADecision, match="nothing is assessed"):
        workspace.assessments(export=tmp_path / "x.svg", judgements=True)
    rob2(workspace, LOW, outcome="<b>deaths</b> & 'pain'")
    rob2(workspace, {"1.2": "N"}, identifier=TWO)
    workspace.assessments(export=tmp_path / "x.csv", judgements=True)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))
    assert [(row["Study"], row["D1"], row["D2"], row["Overall"]) for row in rows] == [
        (ONE, "Low", "", ""), (TWO, "High", "", "")]  # fmt: skip
    workspace.assessments(export=tmp_path / "x.svg", judgements=True)
    picture = ElementTree.fromstring((tmp_path / "x.svg").read_text())
    space = {"s": "http://www.w3.org/2000/svg"}
    desc = picture.find("s:desc", space)
    assert desc is not None
    assert f"{TWO}, mortality: D1 high, D2 not judged" in (desc.text or "")
    assert "<b>deaths</b> & 'pain'" in (desc.text or "")
    told = [each.text for each in picture.findall("s:text", space)]
    assert told.count("+") == 2  # one judgement and the legend: no light without its sign
    assert told.count("×") == 2
    workspace.assessments(export=tmp_path / "x.txt", judgements=True)
    text = (tmp_path / "x.txt").read_text()
    assert re.search(rf"{TWO}, mortality +×  +\?  +\?  +\?  +\?  \? not judged", text)
    workspace.assess(ONE, answers={"1.1": "no"}, because="So.", by="Ada")
    with pytest.raises(NotADecision, match="several instruments"):
        workspace.assessments(export=tmp_path / "x.svg", judgements=True)
    workspace.assessments("inspect-sr", export=tmp_path / "y.xlsx", judgements=True)
    assert zipfile.is_zipfile(tmp_path / "y.xlsx")


def test_in_the_terminal(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.run([*arguments, "--workspace", str(workspace.root)])
        out = capsys.readouterr()
        return code, out.out, out.err

    code, out, _ = run("assess", ONE, "--instrument", "rob2", "--outcome", "mortality")
    assert code == 0
    assert "suggested PN: participants are among those stated to be masked" in out
    assert f"trialweave why {ONE} masking" in out
    code, out, _ = run(
        "assess", ONE, "--instrument", "rob2", "--outcome", "mortality", "--answer", "1.2=NI",
        "--because", "Not told.", "--by", "Ada",
    )  # fmt: skip
    assert code == 0
    assert "Taken down: 1 answer (1)" in out
    assert "Not told." not in out  # others answer on their own
    assert "Still wanted of you: 1.3" in out
    code, out, _ = run("assess", ONE, "--instrument", "rob2", "--outcome", "mortality", "--answers")
    assert "Ada: NI  Not told." in out
    code, out, _ = run("assessments")
    assert f"{ONE}, mortality  rob2/2019  by Ada" in out
    assert run("assess", ONE, "--answer", "1.1", "--because", "x")[0] == 2
    assert run("assess", ONE, "--because", "x")[0] == 2
    assert run("assessments", "--judgements")[0] == 2
    assert run("assess", ONE, "--instrument", "rob2")[0] == 22
