"""The commands by which people put findings right: `correct`, `confirm`, `reject`, `enter`, `undo`,
`corrections`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import AsOf, Folder, Json, WrongCall, call_of
from trialweave.faces.cli_decide import Adjudicate, Because, By
from trialweave.faces.cli_findings import finding_lines
from trialweave.faces.layout import plural
from trialweave.publish.numbers import rounded
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.publish.corrections import (
        CorrectionReport,
        CorrectionRow,
        CorrectionsView,
    )
    from trialweave.studies.corrected import Standing

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


def _said(cells: Sequence[str]) -> dict[str, str]:
    told = {}
    for each in cells:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise WrongCall(f"{each!r} is no cell; write CELL=VALUE, as in a.events=7.")
        told[name.strip()] = text.strip()
    return told


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
    call = call_of(context, json, workspace)
    said = call.open().correct(
        finding, _said(cells), because=because, by=by, adjudicator=adjudicate
    )
    call.answer(said, lambda paper: _report(paper, said))


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
    call = call_of(context, json, workspace)
    said = call.open().confirm(finding, cells or (), because=because, by=by, adjudicator=adjudicate)
    call.answer(said, lambda paper: _report(paper, said))


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
    call = call_of(context, json, workspace)
    said = call.open().reject(finding, because=because, by=by, adjudicator=adjudicate)
    call.answer(said, lambda paper: _report(paper, said))


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
    call = call_of(context, json, workspace)
    said = call.open().enter(
        record,
        _said(cells),
        because=because,
        quote=quote,
        source=source,
        by=by,
        adjudicator=adjudicate,
    )
    call.answer(said, lambda paper: _report(paper, said))


def undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `corrections` lists it.")],
    because: Because,
    by: By = "",
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Take back what you said of a finding."""
    call = call_of(context, json, workspace)
    said = call.open().undo(number, because=because, by=by)
    call.answer(said, lambda paper: _report(paper, said))


def corrections(
    context: typer.Context,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them: .jsonl, whole, or .csv.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """List what people said of findings, and how they agree."""
    if export is not None and export.suffix.lower() not in (".csv", ".jsonl"):
        raise WrongCall(f"{str(export)!r} is neither .csv nor .jsonl, the forms of --export.")
    call = call_of(context, json, workspace, as_of)
    view = call.open().corrections(export=export)
    call.answer(view, lambda paper: _corrections(paper, view))


def _report(paper: Paper, said: CorrectionReport) -> None:
    if said.dropped:
        paper.line("A line that a crash had cut off was dropped: ", cut(fold(said.dropped), 120))
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
    role = ", adjudicating" if entry.role == "adjudicator" else ""
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
        (f"  {fold(entry.who)}{role}, {entry.at:%Y-%m-%d %H:%M} UTC", "dim"),
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


def _corrections(paper: Paper, view: CorrectionsView) -> None:
    if not view.entries:
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
        said = f"{row.agreed} of {plural(row.pairs, 'cell')} ({rounded(100 * row.observed, 0)}%)"
        if row.kappa is None:
            said += f"; κ is not defined: {row.note}"
        else:
            said += f"; Cohen’s κ {rounded(row.kappa, 2)} of whether the reading is right"
        paper.line(f"{fold(row.reviewer_a)} and {fold(row.reviewer_b)}: {said}", indent=2)
    if view.waiting:
        numbers = ", ".join(map(str, view.waiting))
        paper.line(f"Not applied yet: {numbers}. The next one or a rebuild does it.")
    if view.cut:
        paper.line("A crash cut a line off, which says nothing: ", cut(fold(view.cut), 120))
    if view.written:
        paper.line(f"Written: {view.written}")
