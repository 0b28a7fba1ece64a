"""The commands about findings: their table, and the check of a study's or of a file's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.errors import NotFound, TooLarge, WorkspaceError
from trialweave.faces.cli_call import AsOf, Call, Folder, Identifier, Json, WrongCall, call_of
from trialweave.faces.layout import plural, with_checks
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.live.extractor import Model
    from trialweave.model import Check, Finding
    from trialweave.publish.checking import CheckedRecord, FileCheck, Quoted
    from trialweave.publish.findings import ArmRow, FindingCell, FindingRow, FindingsView

__all__ = ["finding_lines", "register"]

_LARGEST = 64 * 1024 * 1024  # bytes on standard input
_ENDINGS = (".txt", ".text", ".md", ".pdf", ".xml", ".html", ".htm", ".json", ".nbib", ".csv")
_STATES = {"corrected": "cyan", "entered": "cyan", "rejected": "bold yellow"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (check, findings):
        app.command()(command)


def check(
    context: typer.Context,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Any number of the study; or a file, or - for what comes on standard input.",
        ),
    ],
    with_model: Annotated[
        str,
        typer.Option(
            "--with-model", metavar="URL", help="Of a file: ask a language model there, too."
        ),
    ] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Which model.")] = "",
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Compute the findings of a study, or of a file, again."""
    from trialweave.faces import cli_check

    call = call_of(context, json, workspace, as_of)
    if bool(with_model) != bool(model):
        raise WrongCall("--with-model and --model go together: an address and a name.")
    path = Path(identifier)
    if identifier == "-" or path.is_file():
        _check_file(call, identifier, with_model, model)
        return
    if with_model:
        raise WrongCall("--with-model is for a file, or for - and standard input.")
    try:
        view = call.open().check(identifier)
    except (NotFound, WorkspaceError) as error:
        if path.is_dir():
            raise NotFound(
                "that is a folder, and no study here answers to its name.",
                where=identifier,
                next_step="Name one file of it, or add it: trialweave add.",
            ) from error
        if path.suffix.lower() in _ENDINGS:
            raise NotFound(
                "there is no such file, and no study here answers to that name.",
                where=identifier,
                next_step="Check the spelling.",
            ) from error
        raise
    call.answer(view, lambda paper: cli_check.check(paper, view))


def _check_file(call: Call, name: str, with_model: str, model: str) -> None:
    from trialweave.workspace import check_bytes, check_file

    if call.day is not None:
        raise WrongCall("--as-of is about the records of the workspace, and not about a file.")
    asked: Model | None = None
    if with_model:
        from trialweave.live.extractor import model_at

        asked = model_at(with_model, model)
    if name == "-":
        data = sys.stdin.buffer.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise TooLarge(
                f"more than {_LARGEST:,} bytes.",
                where="standard input",
                next_step="Save it as a file and check that.",
            )
        view = check_bytes(data, "standard input", model=asked)
    else:
        view = check_file(name, model=asked)
    call.answer(view, lambda paper: _checked_file(paper, view))
    raise typer.Exit(view.exit_code)


def _checked_file(paper: Paper, view: FileCheck) -> None:
    for each in view.records:
        _checked_record(paper, each)
    for refused in view.refused:
        message = refused.message.removeprefix(f"{refused.name}: ")
        paper.line(("refused  ", "bold red"), (f"{refused.name}: ", "bold"), message)


def _checked_record(paper: Paper, each: CheckedRecord) -> None:
    row = each.record
    title = row.title if row.title != row.identifier else row.file_name
    paper.line((cut(fold(title), 200), "bold"), (f"  {row.source_title}", "dim"))
    flags = sum(check.verdict == "flag" for check in each.checks)
    paper.line(
        f"{plural(len(each.findings), 'finding')}; {plural(len(each.checks), 'check')}"
        + (f": {plural(flags, 'flag')}" if flags else "")
    )
    if not each.findings:
        paper.line("It states no result that could be read as numbers.")
    _told(paper, each.findings, each.checks, each.quotes)
    answer = each.model
    if answer is not None:
        asked = plural(answer.requests, "request")
        paper.heading(f"Apart from that, by {fold(answer.rule)} ({asked})")
        if not answer.findings:
            paper.line("Nothing of its answers was found in the text.")
        _told(paper, answer.findings, answer.checks, answer.quotes)
        for said in answer.refused:
            paper.line(("refused  ", "yellow"), fold(said), indent=2)
    paper.blank()


def _told(
    paper: Paper,
    findings: Sequence[Finding],
    checks: Sequence[Check],
    quotes: dict[str, Quoted],
) -> None:
    from trialweave.faces import cli_check
    from trialweave.faces.layout import finding_text

    for finding, done in with_checks(findings, checks):
        paper.blank()
        if finding is None:
            paper.line(("Of the record as a whole", "bold"))
        else:
            paper.line((fold(finding_text(finding)), "bold"))
            quote = quotes.get(finding.finding_id)
            if quote is not None:
                where = f"{quote.path} " if quote.path else ""
                span = f"characters {quote.start} to {quote.end}  " if quote.start >= 0 else ""
                paper.line((where + span, "dim"), f"“{cut(fold(quote.match), 300)}”", indent=2)
            for arm in finding.arms:
                if arm.recovery:
                    name = arm.label or arm.role
                    paper.line(("recovered  ", "cyan"), f"{name}: {fold(arm.recovery)}", indent=2)
        for one in done:
            cli_check.one_check(paper, one)


def findings(
    context: typer.Context,
    identifier: Identifier,
    family: Annotated[
        str, typer.Option(metavar="FAMILY", help="Only of this family of outcomes: mortality …")
    ] = "",
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table: .csv, .xlsx or .jsonl.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show the findings of a study as a table."""
    if export is not None and export.suffix.lower() not in (".csv", ".jsonl", ".xlsx"):
        raise WrongCall(f"{str(export)!r} is none of .csv, .xlsx, .jsonl, the forms of --export.")
    call = call_of(context, json, workspace, as_of)
    view = call.open().findings(identifier, family=family, export=export)
    call.answer(view, lambda paper: _findings(paper, view))


def _findings(paper: Paper, view: FindingsView) -> None:
    paper.line((fold(view.study.title), "bold"))
    total = sum(view.families.values())
    shown = f"{len(view.findings)} of " if view.family else ""
    paper.line(f"{shown}{plural(total, 'finding')}")
    if not total:
        paper.line("No record of this study states a result that could be read as numbers.")
    for row in view.findings:
        paper.blank()
        finding_lines(paper, row)
    for misfit in view.misfits:
        said = f"correction {misfit.number} of {misfit.record_id} is not applied: {misfit.why}"
        paper.line(("does not fit  ", "bold yellow"), said)
    if view.written:
        paper.line(f"Written: {view.written}")
    elif view.findings:
        command = f"trialweave why {view.study.study_id} '{view.findings[0].address}'"
        paper.blank()
        paper.line((f"The sentence behind a finding: {command}", "dim"))


def finding_lines(paper: Paper, row: FindingRow) -> None:
    """One finding: its groups with their figures, its place, and what people said of it."""
    head = ", ".join(part for part in (row.outcome or "outcome not named", row.time) if part)
    state = [] if row.state == "as read" else [(f"  {row.state}", _STATES[row.state])]
    family = f"  [{fold(row.family)}]" if row.family else ""
    paper.line((fold(head), "bold"), (family, "cyan"), *state)
    told = [row.finding_id, row.source_title, _span(row), row.rule, fold(row.population)]
    paper.line(("  ".join(part for part in told if part), "dim"), indent=2)
    if row.arms:
        paper.table(
            ("", "group", "role", "figures", "where"),
            [
                (arm.letter, fold(arm.label), arm.role, _figures(arm), _span(_first(arm, row)))
                for arm in row.arms
            ],
        )
    for label, text in (("effect", row.effect), ("P", row.p), ("taken from", row.source)):
        if text:
            paper.field(label, fold(text))
    for edit in row.edits:
        by = f", by {', '.join(map(fold, edit.who))}" if edit.who else ""
        paper.line(
            (f"{edit.cell}  ", "cyan"),
            f"{fold(edit.says) or 'empty'}, read {fold(edit.read) or 'nothing'}{by}: ",
            fold(edit.because),
            indent=2,
        )
    disputed = [cell.name for cell in _cells_of(row) if cell.disputed]
    if disputed:
        paper.line(("in dispute  ", "bold yellow"), ", ".join(disputed), indent=2)
    if row.because:
        paper.line((f"{row.state}  ", "yellow"), fold(row.because), indent=2)


def _cells_of(row: FindingRow) -> list[FindingCell]:
    return [*row.cells, *(cell for arm in row.arms for cell in arm.cells)]


def _figures(arm: ArmRow) -> str:
    """``events 7 · n 14 (recovered) · percent 50``."""
    parts = []
    for cell in arm.cells:
        name = cell.name.partition(".")[2]
        if name not in ("label", "role"):
            known = "" if cell.origin == "stated" else f" ({cell.origin})"
            parts.append(f"{name} {cell.text or 'empty'}{known}")
    return " · ".join(parts)


def _first(arm: ArmRow, row: FindingRow) -> FindingCell | FindingRow:
    return arm.cells[0] if arm.cells else row


def _span(place: FindingCell | FindingRow) -> str:
    span = f"{place.start}–{place.end}" if place.start >= 0 else ""
    return " ".join(part for part in (place.path, span) if part)
