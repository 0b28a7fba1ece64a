"""The commands about what disagrees and what repeats: `conflicts`, `dedupe`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import (
    AsOf,
    Folder,
    Json,
    Limit,
    Offset,
    WrongCall,
    call_of,
    progress_bar,
    rest_of_list,
    write_file,
)
from trialweave.faces.layout import plural, probability
from trialweave.publish.notices import kinds_of, marks_of, notices_by_statement
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.model import Notice, Report
    from trialweave.publish.conflicts import ConflictsView, FieldConflict
    from trialweave.publish.dedupe import DedupeView, ReferenceRow

__all__ = ["mark", "notices", "register", "reports"]

_LONG = 200  # characters of one value
_LISTED = 15  # groups and pairs of references that are printed


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (conflicts, dedupe):
        app.command()(command)


def conflicts(
    context: typer.Context,
    field: Annotated[
        str, typer.Option(metavar="FIELD", help="Only of this field: enrollment, masking …")
    ] = "",
    paper: Annotated[bool, typer.Option("--paper", help="Only paper against registry.")] = False,
    registry: Annotated[
        bool, typer.Option("--registry", help="Only registry against registry.")
    ] = False,
    limit: Limit = 20,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show where records of a study differ."""
    if paper and registry:
        raise WrongCall("Say --paper or --registry, not both; without either all are shown.")
    kind = "paper against registry" if paper else "registry against registry" if registry else ""
    call = call_of(context, json, workspace, as_of)
    view = call.open().conflicts(field, kind, limit=limit, offset=offset)
    call.answer(view, lambda sheet: _conflicts(sheet, view))


def _conflicts(paper: Paper, view: ConflictsView) -> None:
    asked = " ".join(part for part in (view.field, view.kind) if part)
    paper.line((plural(view.total, "conflict"), "bold"), f"  {asked}" if asked else "")
    study = ""
    for each in view.conflicts:
        if each.study_id != study:
            paper.blank()
            paper.line((each.study_id, "bold"), f"  {cut(fold(each.study_title), 100)}")
            study = each.study_id
        _conflict(paper, each)
    rest_of_list(paper, view.offset, len(view.conflicts), view.total)
    for because in dict.fromkeys(each.because for each in view.conflicts):
        fields = dict.fromkeys(one.concept for one in view.conflicts if one.because == because)
        paper.blank()
        paper.line((f"▸ preferred for {', '.join(fields)}: {because}", "dim"))
    if len(view.by_field) > 1:
        counts = " · ".join(f"{name} ({count})" for name, count in view.by_field.items())
        paper.blank()
        paper.line(("--field ", "dim"), counts, hang=8)
    for name, count in view.by_kind.items():
        paper.line((f"{name}: {count}", "dim"))


def _conflict(paper: Paper, each: FieldConflict) -> None:
    paper.line(
        (each.title, "bold yellow"), (f"  {each.concept}  {', '.join(each.kinds)}", "dim"), indent=2
    )
    for told in each.standings:
        said = cut("; ".join(map(fold, told.texts)), _LONG)
        paper.line(
            ("▸ " if told.preferred else "  ", "green"),
            (said, "bold" if told.preferred else ""),
            (f"  {told.source_title}, {told.record_id} {told.addresses[0]}", "dim"),
            indent=4,
            hang=4,
        )
    if each.note:
        paper.line(each.note, indent=6)


def mark(kinds: Sequence[str]) -> str:
    """Kinds of notices in a few words for a line; "" where there are none."""
    return f"※ {', '.join(kinds)}" if kinds else ""


def notices(paper: Paper, found: Sequence[Notice]) -> None:
    """Retractions and corrections, each once with the records that lean on the article."""
    for notice, records in notices_by_statement(found):
        grave = notice.kind != "correction"
        paper.line(
            (f"※ {notice.kind}  ", "bold red" if grave else "bold yellow"),
            f"{fold(notice.statement)}; it concerns {', '.join(records[:6])}",
            f" and {len(records) - 6} more" if len(records) > 6 else "",
            indent=2,
        )


def reports(paper: Paper, found: Sequence[Report], noticed: Sequence[Notice]) -> None:
    """One line a report: what it is, and the records that tell it."""
    for report in found:
        kinds = marks_of(report, noticed)
        parts = [f"{part.record_id} ({part.role})" for part in report.parts[:8]]
        more = f" and {len(report.parts) - 8} more" if len(report.parts) > 8 else ""
        paper.line(
            (report.kind, "cyan"),
            f"  {report.report_id}  ",
            (", ".join(parts) + more, "dim"),
            *([(f"  {mark(kinds)}", "bold red")] if kinds else []),
            indent=2,
            hang=4,
        )
    if kinds_of(noticed):
        notices(paper, noticed)


def dedupe(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE", help="RIS, nbib, BibTeX, CSV, XLSX, PubMed XML.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the kept ones as RIS.")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", metavar="FILE", help="Write each decision as a row of CSV."),
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Remove duplicates from lists of references."""
    from trialweave.faces.cli_paper import paper_on
    from trialweave.workspace import Workspace

    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json) as progress:
        found = Workspace.dedupe(paths, progress=progress)
    if out is not None:
        write_file(out, found.ris().encode("utf-8", "replace"))
    if decisions is not None:
        write_file(decisions, found.decisions().encode("utf-8", "replace"))
    call.answer(found.view, lambda paper: _deduped(paper, found.view, out, decisions))
    if not call.json:
        aside = paper_on(sys.stderr)
        for refused in found.view.refused:
            message = refused.message.removeprefix(f"{refused.name}: ")
            aside.line(("refused  ", "bold red"), (f"{refused.name}: ", "bold"), message)
    raise typer.Exit(found.view.exit_code)


def _deduped(paper: Paper, view: DedupeView, out: Path | None, decisions: Path | None) -> None:
    paper.line(
        (f"{plural(view.identified, 'reference')} identified", "bold"),
        f", {plural(view.removed, 'duplicate')} removed, {view.kept} kept",
    )
    if not view.identified:
        return
    paper.table(
        ("file", "identified", "duplicates within", "of other files", "kept"),
        [
            (fold(one.file), *map(str, (one.identified, one.duplicates_within)),
             *map(str, (one.duplicates_of_others, one.kept)))
            for one in view.files
        ],
        numbers=(1, 2, 3, 4),
    )  # fmt: skip
    if view.groups:
        paper.heading(f"Duplicates: {plural(len(view.groups), 'group')}")
    for group in view.groups[:_LISTED]:
        _reference(paper, "kept ", group.kept)
        for one in group.duplicates:
            sure = "" if one.probability == 1 else f" ({probability(one.probability)})"
            _reference(paper, "  =  ", one.reference, f"{one.reason}{sure}")
    if view.probable:
        paper.heading(f"To look at: {plural(len(view.probable), 'pair')}, both kept")
    for pair in view.probable[:_LISTED]:
        _reference(paper, "     ", pair.a)
        against = f", but {pair.against}" if pair.against else ""
        said = f"{pair.why}{against} ({probability(pair.probability)})"
        _reference(paper, "  ?  ", pair.b, said)
    if max(len(view.groups), len(view.probable)) > _LISTED:
        paper.line((f"The first {_LISTED} of each are shown; --decisions writes all", "dim"))
    for path in (out, decisions):
        if path is not None:
            paper.line(f"Written: {path}")
    if out is None:
        paper.line(("Nothing was written; --out FILE writes the kept references.", "dim"))


def _reference(paper: Paper, lead: str, row: ReferenceRow, why: str = "") -> None:
    told = ", ".join(part for part in (fold(row.author), str(row.year or "")) if part)
    paper.line(
        (lead, "green"),
        cut(fold(row.title) or row.doi or row.pmid, 90),
        f"  {told}" if told else "",
        (f"  {row.file} {row.number}", "dim"),
        f"  {fold(why)}" if why else "",
        indent=2,
        hang=5,
    )
