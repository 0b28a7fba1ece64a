"""Behind an answer in a workspace: figures, certainty with reviewers, tables, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trialweave.errors import NotADecision, NotFound
from trialweave.publish.figures.catalogue import FIGURES
from trialweave.synthesis import Question
from trialweave.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path_factory.mktemp("exploring"))
    made.add_corpus()
    made.save("mortality", Question("mortality", title="Death by any cause"))
    return made


def test_an_answer_by_name_by_question_and_by_itself(workspace: Workspace) -> None:
    by_name = workspace.explore("mortality")
    assert by_name == workspace.explore(Question("mortality"))
    assert by_name == workspace.explore(workspace.pool(outcome="mortality"))
    assert by_name == workspace.explore()
    assert by_name.k == workspace.pool().k
    assert workspace.explore("mortality", relative_reduction=0.2).sequential is not None


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure(workspace: Workspace, name: str) -> None:
    figure = workspace.drawing(name, "mortality")
    assert figure.name == name
    assert figure.rows
    json.dumps(figure.spec, allow_nan=False)


def test_the_flow_counts_the_workspace(workspace: Workspace) -> None:
    boxes = {str(row[1]) for row in workspace.drawing("flow", "mortality").rows}
    status = workspace.status()
    assert f"Records gathered (n = {status.records})" in boxes
    assert f"Studies (n = {status.studies})" in boxes
    assert f"Studies pooled (n = {workspace.pool().k})" in boxes
    numbers = {text.split(" (n = ")[0]: text for text in boxes}
    told = int(numbers["Studies with a result for the outcome"].split("= ")[1][:-1])
    without = int(numbers["Studies without one"].split("= ")[1][:-1])
    left = int(numbers["Studies left out"].split("= ")[1][:-1])
    assert told + without == status.studies
    assert told == workspace.pool().k + left


def test_what_does_not_exist_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="no figure is called"):
        workspace.drawing("pie")
    with pytest.raises(NotFound):
        workspace.explore("nowhere")
    with pytest.raises(ValueError, match="no column"):
        workspace.drawing("forest", columns=("colour",))


def test_reviewers_rate_and_an_adjudicator_decides(workspace: Workspace) -> None:
    draft = workspace.certainty("mortality")
    assert draft.name == "mortality"
    assert draft.title == "Death by any cause"
    assert {one.how for one in draft.domains} == {"open"}
    one = workspace.certainty(
        "mortality", ratings={"indirectness": "serious"}, because="other products", by="A"
    )
    held = {each.domain: each for each in one.domains}["indirectness"]
    assert (held.holds, held.how, held.because) == ("serious", "one reviewer", "other products")
    two = workspace.certainty(
        "mortality", ratings={"indirectness": "not serious"}, because="same enough", by="B"
    )
    held = {each.domain: each for each in two.domains}["indirectness"]
    assert (held.holds, held.how) == ("not judged", "in dispute")
    assert "indirectness" in two.open
    last = workspace.certainty(
        "mortality", ratings={"indirectness": "very serious"}, because="decided", by="C",
        adjudicator=True,
    )  # fmt: skip
    held = {each.domain: each for each in last.domains}["indirectness"]
    assert (held.holds, held.how) == ("very serious", "adjudicated")
    assert len(held.said) == 3
    assert workspace.certainty("mortality") == last
    back = workspace.certainty("mortality", ratings={"indirectness": ""}, because="no", by="C")
    assert {each.domain: each for each in back.domains}["indirectness"].how == "in dispute"
    assert workspace.certainty(Question("mortality")).domains[2].how == "open"
    lines = (workspace.root / "certainty.jsonl").read_text().splitlines()
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("asked", "ratings", "because"),
    [
        ("mortality", {"colour": "serious"}, "x"),
        ("mortality", {"imprecision": "grave"}, "x"),
        ("mortality", {"imprecision": "serious"}, ""),
        (None, {"imprecision": "serious"}, "x"),
    ],
)
def test_ratings_that_cannot_be_taken_down(
    workspace: Workspace, asked: str | None, ratings: dict[str, str], because: str
) -> None:
    before = workspace.certainty("mortality")
    with pytest.raises(NotADecision):
        workspace.certainty(asked, ratings=ratings, because=because, by="A")
    assert workspace.certainty("mortality") == before


def test_the_table_of_findings_and_its_files(workspace: Workspace, tmp_path: Path) -> None:
    for form, first in ((".html", b"<!DOCTYPE"), (".docx", b"PK"), (".csv", b"outcome,")):
        file = tmp_path / f"table{form}"
        (row,) = workspace.summary_of_findings(["mortality"], export=file)
        assert file.read_bytes().startswith(first)
    assert row.outcome == "Death by any cause"
    assert row.studies == workspace.pool().k
    assert row.certainty == workspace.certainty("mortality").level
    two = workspace.summary_of_findings(["mortality", "mortality"], control_risk=0.1)
    assert [each.absolute.control for each in two if each.absolute] == [100.0, 100.0]
    with pytest.raises(NotADecision, match="forms of this export"):
        workspace.summary_of_findings("mortality", export=tmp_path / "table.pdf")


def test_files_for_other_programs(workspace: Workspace, tmp_path: Path) -> None:
    files = workspace.hand_on("mortality", tmp_path / "out")
    names = {file.relative_to(tmp_path / "out").as_posix() for file in files}
    assert names == {
        "revman/Study information.csv", "revman/Study arms.csv", "revman/Study results.csv",
        "revman/Risk of bias.csv", "metafor.R", "answer.json", "question.toml", "studies.csv",
    }  # fmt: skip
    again = workspace.pool(workspace.question(tmp_path / "out" / "question.toml"))
    told = json.loads((tmp_path / "out" / "answer.json").read_text())
    assert again.pooled is not None
    assert told["pooled"]["estimate"] == again.pooled.estimate
