"""What people say of findings, through the whole house: taken down, applied, kept, shown."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import NotADecision, NotFound, WorkspaceError
from trialweave.model import ArmResult, Correction, Finding, Passage
from trialweave.results import read_findings
from trialweave.results.cells import cell_of, cells_of, figures_of, normal, with_cell
from trialweave.store.corrections import chained
from trialweave.studies.corrected import settle
from trialweave.synthesis.groups import counts
from trialweave.workspace import Workspace

RECORD = "medline:pmid:90000001"
DEATHS, TUBES = f"{RECORD}#1", f"{RECORD}#2"
ARTICLE = """
PMID- 90000001
OWN - NLM
STAT- MEDLINE
DP  - 2031
TI  - Invented cells for an invented fever: a randomised trial.
AB  - BACKGROUND: Fever is invented. METHODS: We randomised 40 patients to cells
      (n=20) or placebo (n=20). RESULTS: At day 28, 3 of 20 patients in the cell
      group died versus 9 of 20 in the placebo group (P = 0.04). Intubation was
      needed in 4 of 20 patients in the cell group versus 8 of 20 in the placebo
      group. CONCLUSIONS: Of those treated, 15
      went home.
AU  - Noone N
PT  - Randomized Controlled Trial
"""
OTHER = """
PMID- 90000002
OWN - NLM
STAT- MEDLINE
DP  - 2033
TI  - Rye bread for toothache in sailors: randomised comparison with biscuit.
AB  - RESULTS: Within 28 days, 5 of 60 sailors in the bread group died versus 8 of 61 in
      the placebo group.
AU  - Nobody A
PT  - Randomized Controlled Trial
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two invented articles, to be copied."""
    folder = tmp_path_factory.mktemp("two")
    path = folder / "two.nbib"
    path.write_text(ARTICLE + OTHER)
    assert Workspace(folder / "held").add(path).new == 2
    return folder / "held"


@pytest.fixture
def workspace(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two invented articles, the first with two findings."""
    monkeypatch.delenv("TRIALWEAVE_REVIEWER", raising=False)
    return Workspace(shutil.copytree(two, tmp_path / "held"))


def correct(workspace: Workspace, finding: str = DEATHS, **said: Any) -> Any:
    cells = said.pop("cells", {"a.n": "21"})
    return workspace.correct(finding, cells, **{"because": "So it is.", "by": "Ada"} | said)


def row(workspace: Workspace, finding: str = DEATHS) -> Any:
    found = workspace.findings(finding.rpartition("#")[0]).findings
    return next(each for each in found if each.finding_id == finding)


def cell(workspace: Workspace, name: str, finding: str = DEATHS) -> Any:
    told = row(workspace, finding)
    every = (*told.cells, *(each for arm in told.arms for each in arm.cells))
    return next(each for each in every if each.name == name)


def test_the_table_tells_each_cell_with_its_span(workspace: Workspace) -> None:
    told = row(workspace)
    assert (told.state, told.family, told.time, told.p) == (
        "as read",
        "mortality",
        "28 days",
        "= 0.04",
    )
    assert [cell(workspace, f"{arm}.events").text for arm in "ab"] == ["3", "9"]
    start, end = cell(workspace, "a.events").start, cell(workspace, "a.events").end
    shown = workspace.document(RECORD, start=start, end=end)
    assert "3 of 20 patients" in " ".join(shown.text[shown.start : shown.end].split())
    assert cell(workspace, "a.role").origin == "classified"
    assert workspace.why(RECORD, told.address).entries
    assert [
        each.finding_id for each in workspace.findings(RECORD, family="Mortality").findings
    ] == [DEATHS]
    with pytest.raises(NotFound, match="stroke"):
        workspace.findings(RECORD, family="stroke")


def test_what_a_person_says_is_used_and_what_was_read_is_shown(workspace: Workspace) -> None:
    before = workspace.pool(outcome="mortality")
    assert [(each.treatment.events, each.treatment.n) for each in before.rows] == [(3, 20), (5, 60)]
    said = correct(workspace, cells={"a.n": "21", "time": "60 days"})
    assert [each.outcome for each in said.standings] == ["corrected", "corrected"]
    told = cell(workspace, "a.n")
    assert (told.text, told.read, told.origin) == ("21", "20", "by hand")
    after = workspace.pool(outcome="mortality")
    mine = next(each for each in after.rows if each.treatment.n == 21)
    assert counts(mine.treatment, mine.control) == (3, 21, 9, 20)
    computed = [c for c in workspace.check(RECORD).checks if c.finding_id == DEATHS]
    assert any("3/21 v 9/20" in each.statement for each in computed)
    (finding,) = [f for f in workspace.check(RECORD).findings if f.finding_id == DEATHS]
    assert finding.time_days == 60
    entries = workspace.why(RECORD, DEATHS).entries
    assert any("21, read 20, by Ada: So it is." in each.text for each in entries)
    other = workspace.check("90000002").checks
    assert other
    assert any("5/60 v 8/61" in each.statement for each in other)


def test_it_survives_rebuilds_and_additions(workspace: Workspace, tmp_path: Path) -> None:
    correct(workspace)
    workspace.reject(TUBES, because="Of a subgroup.", by="Ada")
    workspace.rebuild()
    assert cell(workspace, "a.n").text == "21"
    assert row(workspace, TUBES).state == "rejected"
    assert workspace.why(RECORD, TUBES).entries[0].match
    assert [each.finding_id for each in workspace.check(RECORD).findings] == [DEATHS]
    more = tmp_path / "more.nbib"
    more.write_text(ARTICLE.replace("90000001", "90000003"))
    workspace.add(more)
    assert cell(workspace, "a.n").text == "21"
    assert workspace.corrections().waiting == ()
    workspace.undo(1, because="A slip.", by="ada")
    assert cell(workspace, "a.n").text == "20"
    assert any("3/20 v 9/20" in each.statement for each in workspace.check(RECORD).checks)
    assert [each.state for each in workspace.corrections().entries] == [
        "withdrawn",
        "holds",
        "holds",
    ]


def test_another_version_of_the_record_is_not_corrected(
    workspace: Workspace, tmp_path: Path
) -> None:
    correct(workspace)
    path = tmp_path / "new.nbib"
    path.write_text(ARTICLE.replace("3 of 20", "2 of 20"))
    workspace.add(path)
    assert cell(workspace, "a.n").text == "20"
    (misfit,) = workspace.findings(RECORD).misfits
    assert (misfit.number, misfit.why) == (1, "the record has another version now")
    assert [each.state for each in workspace.corrections().entries] == ["does not fit"]


def test_another_reading_is_not_corrected(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed extractor: it reads another size, puts another finding first, or finds less."""
    correct(workspace)
    workspace.reject(TUBES, because="Of a subgroup.", by="Ada")

    def later(change: Any) -> None:
        monkeypatch.setattr(sys.modules["trialweave.pipeline.prepare"], "read_findings", change)
        workspace.rebuild()

    def first(record: Any, _: Any) -> Any:
        """One more before the others: every ordinal is another."""
        read = read_findings(record)
        more = msgspec.structs.replace(read[0], outcome="Fever", family="")
        numbered = enumerate((more, *read), 1)
        return tuple(
            msgspec.structs.replace(each, finding_id=f"{record.record_id}#{at}")
            for at, each in numbered
        )

    later(first)
    assert cell(workspace, "a.n", f"{RECORD}#1").text == "20"
    assert cell(workspace, "a.n", f"{RECORD}#2").text == "21"
    assert row(workspace, f"{RECORD}#3").state == "rejected"

    def other(record: Any, _: Any) -> Any:
        return tuple(with_cell(each, "a.n", "19") for each in read_findings(record))

    later(other)
    assert cell(workspace, "a.n").text == "19"
    assert row(workspace, TUBES).state == "as read"
    assert [each.number for each in workspace.corrections().misfits] == [1, 2]

    def beside(record: Any, _: Any) -> Any:
        """Two of one outcome at one place, of which another now reads what was corrected."""
        one, *rest = read_findings(record)
        moved = with_cell(one, "a.n", "18")
        twin = msgspec.structs.replace(one, finding_id=f"{record.record_id}#9", time="day 7")
        return (moved, *rest, twin)

    later(beside)
    assert cell(workspace, "a.n", f"{RECORD}#9").text == "20"
    assert 1 in [each.number for each in workspace.corrections().misfits]
    later(lambda record, _: ())
    assert workspace.findings(RECORD).findings == ()
    assert [each.number for each in workspace.corrections().misfits] == [1, 2]
    later(read_findings)
    assert cell(workspace, "a.n").text == "21"
    assert workspace.corrections().misfits == ()


def test_reviewers_differ_and_an_adjudicator_settles(workspace: Workspace) -> None:
    correct(workspace)
    said = correct(workspace, by="Ben", cells={"a.n": "22"})
    assert [(each.outcome, each.counted) for each in said.standings] == [("in dispute", (1, 2))]
    assert (cell(workspace, "a.n").text, cell(workspace, "a.n").disputed) == ("20", True)
    said = correct(workspace, by="Cy", cells={"a.n": "22"}, adjudicator=True)
    assert [(each.outcome, each.says, each.adjudicated) for each in said.standings] == [
        ("corrected", "22", True)
    ]
    assert workspace.corrections().disputes == ()
    workspace.reject(TUBES, because="No.", by="Ada")
    said = workspace.confirm(TUBES, because="It is one.", by="Ben")
    assert [each.outcome for each in said.standings] == ["in dispute"]
    assert row(workspace, TUBES).state == "as read"


def test_agreement_is_of_whether_the_reading_is_right(workspace: Workspace) -> None:
    names = ("a.events", "a.n", "b.events", "b.n")
    for who, texts in (("Ada", ("3", "21", "9", "21")), ("Ben", ("3", "21", "9", "20"))):
        correct(workspace, by=who, cells=dict(zip(names, texts, strict=True)))
    (told,) = workspace.corrections().agreement
    # po = 3/4; Ada calls 2 of 4 wrong, Ben 1 of 4: pe = 1/2·1/4 + 1/2·3/4 = 1/2; κ = 1/2.
    assert (told.pairs, told.agreed, told.observed, told.kappa) == (4, 3, 0.75, 0.5)


def test_a_finding_entered_by_hand(workspace: Workspace) -> None:
    cells = {
        "outcome": "Discharged by day 28",
        "time": "28 days",
        "a.label": "cells",
        "a.role": "treatment",
        "a.events": "15",
        "a.n": "20",
    }
    said = workspace.enter(
        RECORD, cells, quote="Of those treated, 15 went  home", because="Not read.", by="Ada"
    )
    made = said.finding
    assert (made.state, made.family, made.kind) == ("entered", "hospital discharge", "count")
    shown = workspace.document(RECORD, start=made.start, end=made.end)
    quoted = " ".join(shown.text[shown.start : shown.end].split())
    assert quoted == "Of those treated, 15 went home"
    (finding,) = [f for f in workspace.check(RECORD).findings if f.finding_id == made.finding_id]
    assert (finding.time_days, finding.arms[0].events_origin) == (28, "stated")
    assert finding.arms[0].n_origin == "recovered"  # the quote does not print it
    said = correct(workspace, made.finding_id, by="Ben", cells={"a.n": "19"})
    assert cell(workspace, "a.n", made.finding_id).text == "19"
    assert cell(workspace, "a.events", made.finding_id).text == "15"
    workspace.enter(RECORD, cells, source="A letter of the authors.", because="Asked.", by="Ada")
    workspace.rebuild()
    assert [each.state for each in workspace.findings(RECORD).findings] == [
        *["as read"] * 2,
        *["entered"] * 2,
    ]
    said = workspace.undo(1, because="A slip.", by="Ada")
    assert said.finding is None
    assert [each.number for each in workspace.corrections().misfits] == [2]


@pytest.mark.parametrize(
    ("cells", "about"),
    [
        ({"outcome": "Death", "a.events": "3"}, {"quote": "4 of 20 patients died"}),
        ({"outcome": "Death", "a.events": "3"}, {}),
        ({"a.events": "3"}, {"source": "x"}),
        ({"outcome": "Death"}, {"source": "x"}),
        ({"outcome": "Death", "b.events": "3"}, {"source": "x"}),
        ({"outcome": "Death", "a.events": "three"}, {"source": "x"}),
        ({"outcome": "Death", "a.colour": "3"}, {"source": "x"}),
    ],
)
def test_what_cannot_be_entered(
    workspace: Workspace, cells: dict[str, str], about: dict[str, str]
) -> None:
    with pytest.raises(NotADecision) as caught:
        workspace.enter(RECORD, cells, because="x", by="Ada", **about)
    assert caught.value.next_step
    assert workspace.corrections().entries == ()


@pytest.mark.parametrize(
    "said",
    [
        {"cells": {"c.n": "3"}},
        {"cells": {"a.n": "-3"}},
        {"cells": {"a.n": "1,000"}},
        {"cells": {"a.role": "nurse"}},
        {"cells": {"p": "1.2"}},
        {"cells": {}},
        {"because": " "},
        {"by": "\x7f"},
    ],
)
def test_what_cannot_be_corrected(workspace: Workspace, said: dict[str, Any]) -> None:
    with pytest.raises(NotADecision):
        correct(workspace, **said)
    with pytest.raises(NotFound):
        correct(workspace, f"{RECORD}#9")
    with pytest.raises(NotADecision, match="still holds"):
        workspace.undo(1, because="x", by="Ada")
    assert workspace.corrections().entries == ()


def test_a_damaged_list_is_found(workspace: Workspace) -> None:
    correct(workspace)
    path = workspace.root / "corrections.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"says":"21"', b'"says":"12"'))
    for call in (workspace.corrections, lambda: correct(workspace)):
        with pytest.raises(WorkspaceError, match="line 1 of the corrections"):
            call()
    path.write_bytes(b"")
    with pytest.raises(WorkspaceError, match="not the same"):
        correct(workspace)
    path.write_bytes(whole + b'{"number":2,"at":"20')
    assert workspace.corrections().cut.startswith('{"number":2')
    assert correct(workspace, by="Ben").dropped
    assert len(workspace.corrections().entries) == 2


def test_nothing_is_said_in_the_past(workspace: Workspace) -> None:
    import datetime as dt

    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    with pytest.raises(WorkspaceError, match="earlier day"):
        correct(workspace.as_of(tomorrow))


def test_exports_run_nothing(workspace: Workspace, tmp_path: Path) -> None:
    correct(workspace, cells={"outcome": "=1+1", "a.label": "@cells"}, because="+2")
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("csv", "jsonl", "xlsx")}
    for path in paths.values():
        assert workspace.findings(RECORD, export=path).written == str(path)
    (told, _) = csv.DictReader(io.StringIO(paths["csv"].read_text("utf-8")))
    assert (told["outcome"], told["a.label"], told["because"][:3]) == ("'=1+1", "'@cells", "'+2")
    assert (told["a.events"], told["state"]) == ("3", "corrected")
    lines = paths["jsonl"].read_text("utf-8").splitlines()
    assert json.loads(lines[0])["outcome"] == "=1+1"
    with zipfile.ZipFile(paths["xlsx"]) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert '<t xml:space="preserve">=1+1</t>' in sheet
    calamine = pytest.importorskip("python_calamine")
    rows = calamine.CalamineWorkbook.from_path(paths["xlsx"]).get_sheet_by_index(0).to_python()
    head = rows[0]
    assert len(rows) == 3
    assert rows[1][head.index("outcome")] == "=1+1"
    assert rows[1][head.index("a.events")] == 3
    workspace.corrections(export=tmp_path / "log.jsonl")
    kept = (workspace.root / "corrections.jsonl").read_bytes()
    assert (tmp_path / "log.jsonl").read_bytes() == kept
    workspace.corrections(export=tmp_path / "log.csv")
    assert "'+2" in (tmp_path / "log.csv").read_text("utf-8")
    with pytest.raises(NotADecision):
        workspace.findings(RECORD, export=tmp_path / "out.pdf")


def test_cells_are_read_and_put_alike() -> None:
    arm = ArmResult("cells", "treatment", 3, 20, "15.0", events_origin="stated", n_origin="stated")
    finding = Finding("x#1", "x", "Death", arms=(arm, ArmResult(mean=1.5, mean_printed="1.50")))
    told = cells_of(finding)
    assert (told["a.events"], told["a.percent"], told["b.mean"]) == ("3", "15.0", "1.50")
    for name, text in told.items():
        assert normal(name, text) == text
        assert with_cell(finding, name, text) == finding
    changed = with_cell(finding, "b.mean", "2.00")
    assert (changed.arms[1].mean, changed.arms[1].mean_printed) == (2.0, "2.00")
    assert cell_of(with_cell(finding, "p", normal("p", "<0.001")), "p") == "< 0.001"
    assert figures_of(changed) != figures_of(finding)
    emptied = with_cell(finding, "a.events", "")
    assert (emptied.arms[0].events, emptied.arms[0].events_origin) == (None, "")


def test_what_was_worked_out_of_a_corrected_number_does_not_stay() -> None:
    arm = ArmResult(
        "cells", "treatment", 8, 14, "57", events_origin="recovered", n_origin="recovered"
    )
    finding = Finding("x#1", "x", "survival", arms=(arm,), passage=Passage(1, 2))
    about = {
        "who": "Ada", "role": "reviewer", "verdict": "cell", "record_id": "x",
        "record_digest": "d", "passage": Passage(1, 2), "outcome": "survival",
        "figures": figures_of(finding), "cell": "a.n", "read": "14", "says": "15",
        "quote": "", "source": "", "of": 0, "because": "x",
    }  # fmt: skip
    import datetime as dt

    entry: Correction = chained((), at=dt.datetime.now(dt.UTC), **about)
    (settled,) = settle("x", "d", [finding], [entry]).findings
    assert (settled.arms[0].n, settled.arms[0].events) == (15, None)
    assert [each.cell for each in settled.edits] == ["a.n", "a.events"]
    unfounded = msgspec.structs.replace(
        finding, arms=(msgspec.structs.replace(arm, events=None, events_origin=""),)
    )
    said = chained((), at=dt.datetime.now(dt.UTC), **about | {"cell": "a.events", "read": ""})
    (settled,) = settle("x", "d", [unfounded], [said]).findings
    assert (settled.arms[0].n, settled.arms[0].events) == (14, 15)  # it did not rest on a count
    twice = settle("x", "d", [finding, finding], [entry])
    assert [each.why for each in twice.misfits] == ["more than one finding there says the same"]
