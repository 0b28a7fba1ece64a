"""Conflicts, reports and notices through the whole house, as of a day too; lists of references."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NotFound
from trialweave.faces.cli import run
from trialweave.workspace import Workspace

NUMBER, TWIN = "NCT09000001", "ISRCTN09000001"


def registration(on: str, size: int, kind: str = "ESTIMATED") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": NUMBER, "briefTitle": "Lamp oil against night fever"},
            "statusModule": {
                "overallStatus": "COMPLETED",
                "lastUpdatePostDateStruct": {"date": on},
            },
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
                "enrollmentInfo": {"count": size, "type": kind},
            },
        }
    }


def article(pmid: int, doi: str, title: str, text: str = "", more: str = "") -> str:
    abstract = f"<Abstract><AbstractText>{text}</AbstractText></Abstract>" if text else ""
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>'
        f"<ArticleTitle>{title}</ArticleTitle>{abstract}"
        f'<ELocationID EIdType="doi">{doi}</ELocationID></Article>{more}</MedlineCitation>'
        "</PubmedArticle>"
    )


TEXT = (
    f"Methods: In this randomised open-label trial ({NUMBER}), 58 patients were randomised. "
    "Results: 3 of 29 (10%) patients in the oil group and 6 of 29 (21%) in the control group died."
)
NOTE = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn">'
    "<RefSource>Inv J</RefSource><PMID>90000009</PMID></CommentsCorrections>"
    "</CommentsCorrectionsList>"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    held = Workspace(tmp_path / "w")
    (tmp_path / "old.json").write_text(json.dumps(registration("2019-05-01", 60)))
    (tmp_path / "new.json").write_text(json.dumps(registration("2020-05-01", 61, "ACTUAL")))
    (tmp_path / "articles.xml").write_text(
        "<PubmedArticleSet>"
        + article(90000001, "10.5555/lamp.1", "Lamp oil against night fever", TEXT, NOTE)
        + article(90000009, "10.5555/lamp.9", "Retraction: Lamp oil against night fever")
        + "</PubmedArticleSet>"
    )
    held.add([tmp_path / name for name in ("old.json", "new.json", "articles.xml")])
    return held


def test_conflicts_of_a_workspace_and_of_a_day(workspace: Workspace) -> None:
    found = workspace.conflicts(kind="paper against registry")
    told = {one.concept: {each.texts for each in one.standings} for one in found.conflicts}
    assert told == {"enrollment": {("61",), ("58",)}, "masking": {("double",), ("none",)}}
    (sizes,) = workspace.conflicts("enrollment").conflicts
    assert [each.record_id for each in sizes.standings if each.preferred] == [
        "pubmed:10.5555/lamp.1"
    ]
    assert "article's sentence" in sizes.because
    earlier = workspace.as_of(dt.date(2019, 6, 1))
    assert earlier.conflicts("enrollment").total == 0  # the article was received later
    assert workspace.conflicts(limit=1, offset=1).conflicts[0].concept == "enrollment"
    assert workspace.conflicts(limit=0).total == 2
    with pytest.raises(NotFound, match="enrollment"):
        workspace.conflicts("enrolment")
    with pytest.raises(NotFound):
        workspace.conflicts(kind="cat against dog")


def test_the_same_is_said_where_the_study_is_shown(workspace: Workspace) -> None:
    view = workspace.show(NUMBER)
    rows = {row.concept: row for row in view.concepts}
    assert rows["enrollment"].agreement == "conflict"
    (preferred,) = (cell for cell in rows["enrollment"].cells if cell.preferred)
    assert preferred.text == "58"
    assert "preference.enrolment/1" in rows["enrollment"].because
    assert [one.kind for one in view.reports] == ["registration", "article"]
    assert {part.role for part in view.reports[1].parts} == {"article", "retraction"}


def test_a_retraction_is_told_wherever_the_study_is(workspace: Workspace, capsys: Any) -> None:
    (notice,) = workspace.show(NUMBER).notices
    assert (notice.kind, notice.notice_id) == ("retraction", "pubmed:10.5555/lamp.9")
    assert workspace.check(NUMBER).notices == (notice,)
    assert workspace.search("lamp").hits[0].notices == ("retraction",)
    asked = ["--workspace", str(workspace.root)]
    for command in (["show", NUMBER], ["check", NUMBER], ["search", "lamp"]):
        assert run([*command, *asked]) == 0
        assert "※ retraction" in capsys.readouterr().out
    assert run(["pool", *asked]) == 18
    assert "1 retracted" in capsys.readouterr().err
    assert run(["pool", "--with-retracted", *asked]) == 0
    out = capsys.readouterr().out
    assert "retraction of an article" in out
    assert "3/29" in out


def test_conflicts_on_the_command_line(workspace: Workspace, capsys: Any) -> None:
    asked = ["--workspace", str(workspace.root)]
    assert run(["conflicts", "--field", "masking", "--paper", *asked]) == 0
    assert "▸ double" in capsys.readouterr().out
    assert run(["conflicts", "--registry", *asked]) == 0
    assert "0 conflicts" in capsys.readouterr().out
    assert run(["conflicts", "--registry", "--paper", *asked]) == 2


RIS = """TY  - JOUR
TI  - Lamp oil against night fever in imaginary adults of Atlantis
AU  - Doe, Ann
PY  - 2031
JF  - Invented Journal
VL  - 12
SP  - 101
N1  - kept as it came
AB  - Oil helps.
ER  - 

TY  - JOUR
TI  - Whales that nobody has a number for
ER  - 
"""
CSV = """Title,Authors,Year,Journal,Volume,DOI,Abstract
"Lamp Oil against Night Fever in Imaginary Adults of Atlantis.","Doe A",2031,Invented Journal,12,10.5555/lamp.1,
"=Wolves, in an unsafe cell","Roe B",2030,Invented Journal,11,,
"""  # noqa: E501 - a row of a table


def test_lists_of_several_databases(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "embase.ris").write_text(RIS)
    (tmp_path / "scopus.csv").write_text(CSV)
    (tmp_path / "note.txt").write_text("Milk and bread")
    out, rows = tmp_path / "unique.ris", tmp_path / "rows.csv"
    files = [str(tmp_path / name) for name in ("embase.ris", "scopus.csv")]
    assert run(["dedupe", *files, "--out", str(out), "--decisions", str(rows)]) == 0
    said = capsys.readouterr().out
    assert "4 references identified, 1 duplicate removed, 3 kept" in said
    unique = out.read_text()
    assert "N1  - kept as it came" in unique
    assert "DO  - 10.5555/lamp.1" in unique  # taken over from the duplicate
    assert "Whales that nobody has a number for" in unique
    again = Workspace.dedupe(out).view
    assert (again.identified, again.removed, again.refused) == (3, 0, ())
    table = list(csv.DictReader(io.StringIO(rows.read_text())))
    assert [row["decision"] for row in table].count("duplicate") == 1
    assert table[3]["title"].startswith("'=")
    assert run(["dedupe", *files, str(tmp_path / "note.txt"), "--json"]) == 10
    view = json.loads(capsys.readouterr().out)
    assert (view["identified"], len(view["refused"])) == (4, 1)
    assert [one["file"] for one in view["files"]] == ["embase.ris", "scopus.csv"]


def test_registrations_and_nothing_are_no_references(tmp_path: Path) -> None:
    (tmp_path / "trial.json").write_text(json.dumps(registration("2019-05-01", 60)))
    view = Workspace.dedupe([tmp_path / "trial.json", tmp_path / "nowhere.ris"]).view
    assert (view.identified, view.kept, len(view.refused)) == (0, 0, 2)
