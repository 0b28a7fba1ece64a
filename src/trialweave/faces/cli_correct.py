"""The commands by which people put findings right: `correct`, `confirm`, `reject`, `enter`, `undo`,
`corrections`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Folder, Json, WrongCall, call_of
from trialweave.faces.cli_findings import finding_lines
from trialweave.faces.cli_said import (
    Adjudicate,
    Because,
    By,
    agreement_text,
    cut_off,
    foot,
    listing,
    signature,
    told_of_each,
)
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from trialweave.faces.cli_paper import Paper
    from trialweave.publish.corrections import (
        CorrectionReport,
        CorrectionRow,
        CorrectionsView,
    )
    from trialweave.studies.corrected import Standing
    from trialweave.workspace import Workspace

__all__ = ["register"]

_OUTCOMES = {"in dispute": "bold yellow", "rejected": "cyan", "corrected": "cyan"}

FindingId = Annotated[
    str, typer.Argument(metavar="FINDING", help="Its id, as `findings` and `check` print it.")
]
Cells = Annotated[
    list[str],
    typer.Argument(metavar="CELL=VALUE", help="a.events=7 b.n=15 p='< 0.05'; empty: b.n="),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (correct, confirm, reject, enter, undo, corrections):
        app.command()(command)


def _cells(texts: Sequence[str]) -> dict[str, str]:
    return told_of_each(texts, "CELL=VALUE", "a.events=7")


def _say(
    context: typer.Context,
    json: bool,
    workspace: Path | None,
    take_down: Callable[[Workspace], CorrectionReport],
) -> None:
    call = call_of(context, json, workspace)
    said = take_down(call.open())
    call.answer(said, lambda paper: _report(paper, said))


def correct(
    context: typer.Context,
    finding: FindingId,
    cells: Cells,
    because: Because,
    by: By = "",
    adjudicate: Adjudicate = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Say what cells of a finding hold."""
    told = _cells(cells)

    def take_down(held: Workspace) -> CorrectionReport:
        return held.correct(finding, told, because=because, by=by, adjudicator=adjudicate)

    _say(context, json, workspace, take_down)


def confirm(
    context: typer.Context,
    finding: FindingId,
    because: Because,
    cells: Annotated[
        list[str] | None,
        typer.Argument(metavar="CELL", help="a.events b.n …; none: that it is a finding."),
    ] = None,
    by: By = "",
    adjudicate: Adjudicate = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Say that a finding, or cells of it, are right as read."""
    if valued := [each for each in cells or () if "=" in each]:
        name = valued[0].partition("=")[0]
        raise WrongCall(f"{valued[0]!r} says a value; name the cell alone: {name}.")

    def take_down(held: Workspace) -> CorrectionReport:
        return held.confirm(finding, cells or (), because=because, by=by, adjudicator=adjudicate)

    _say(context, json, workspace, take_down)


def reject(
    context: typer.Context,
    finding: FindingId,
    because: Because,
    by: By = "",
    adjudicate: Adjudicate = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Say that what was read is no finding of the record."""

    def take_down(held: Workspace) -> CorrectionReport:
        return held.reject(finding, because=because, by=by, adjudicator=adjudicate)

    _say(context, json, workspace, take_down)


def enter(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="As `show` names it.")],
    cells: Cells,
    because: Because,
    quote: Annotated[
        str, typer.Option(metavar="WORDS", help="The record's own words for it, word for word.")
    ] = "",
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Where it is from, if not in the record's words.")
    ] = "",
    by: By = "",
    adjudicate: Adjudicate = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Enter a finding by hand."""
    told = _cells(cells)

    def take_down(held: Workspace) -> CorrectionReport:
        where = {"quote": quote, "source": source}
        return held.enter(record, told, because=because, by=by, adjudicator=adjudicate, **where)

    _say(context, json, workspace, take_down)


def undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `corrections` lists it.")],
    because: Because,
    by: By = "",
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Take back what you said of a finding."""
    _say(context, json, workspace, lambda held: held.undo(number, because=because, by=by))


def _report(paper: Paper, said: CorrectionReport) -> None:
    cut_off(paper, said.dropped)
    for entry in said.entries:
        _entry(paper, entry)
    for standing in said.standings:
        _standing(paper, standing)
    for misfit in said.misfits:
        paper.line(("does not fit  ", "bold yellow"), f"{misfit.number}: {misfit.why}")
    if said.finding is not None:
        paper.blank()
        finding_lines(paper, said.finding)
    if said.study is not None:
        paper.line((f"Next: trialweave check {shlex.quote(said.study.study_id)}", "dim"))


def _entry(paper: Paper, entry: CorrectionRow) -> None:
    says = fold(entry.says) or "empty"
    told = {
        "cell": f"{entry.cell} is {says} (read {fold(entry.read) or 'nothing'})",
        "withdrawn": f"takes {entry.of} back",
    }.get(entry.verdict, entry.verdict)
    where = f"{entry.record_id}: {cut(fold(entry.outcome), 60)}"
    paper.line(
        (f"{entry.number}  ", "dim"),
        (told, "bold"),
        f"  {where}",
        signature(entry),
        ("" if entry.state == "holds" else f"  {entry.state}", "yellow"),
    )
    paper.line(fold(entry.because), indent=4)
    if entry.quote:
        paper.line(("quotes  ", "dim"), f"“{cut(fold(entry.quote), 200)}”", indent=4)


def _standing(paper: Paper, standing: Standing) -> None:
    says = f" {fold(standing.says) or 'empty'}" if standing.outcome == "corrected" else ""
    paper.line(
        (f"{standing.outcome}{says}", _OUTCOMES.get(standing.outcome, "green")),
        f"  {standing.finding_id} {standing.cell}".rstrip(),
        (f"  by {', '.join(map(str, standing.counted))}", "dim"),
        ("  nothing is applied until an adjudicator says" if _open(standing) else "", "yellow"),
        indent=2,
    )


def _open(standing: Standing) -> bool:
    return standing.outcome == "in dispute"


def _corrections(paper: Paper, view: CorrectionsView, there: bool) -> None:
    if not there:
        paper.line("Nothing is here: there is no such folder. Check --workspace.")
    elif not view.entries:
        paper.line("Nobody has said anything of a finding yet. trialweave findings ID shows them.")
    for entry in view.entries:
        _entry(paper, entry)
    if view.standings:
        paper.heading("What holds")
        for standing in view.standings:
            _standing(paper, standing)
    for misfit in view.misfits:
        paper.line(("does not fit  ", "bold yellow"), f"{misfit.number}: {misfit.why}")
    if view.agreement:
        paper.heading("Agreement of reviewers")
    for row in view.agreement:
        said = agreement_text(row, "cell", " of whether the reading is right")
        paper.line(said, indent=2)
    foot(paper, left=view.cut, written=view.written, waiting=view.waiting)


corrections = listing(
    "corrections", "List what people said of findings, and how they agree.", _corrections
)
